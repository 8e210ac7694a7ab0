"""The suffix says the format, both ways."""

import numpy as np
import pytest

from negsamp import (
    KeyedVectors,
    SavedModelError,
    Word2Vec,
    open_vectors,
    save_glove_format,
    save_vectors,
)
from negsamp.vectors.formats import WITH_COUNTS

NAMES = ["v.txt", "v.vec", "v.bin", "v.glove", "v.npz", "v.safetensors", "v.projector"]
NAMES += ["v.txt.gz", "v.vec.GZ", "v.BIN.gz", "v.glove.gz", "V.TXT", "a.b.c.bin"]


WORDS = ["the", "größe", "고양이", "1.5", "x\x00", "a\xa0b", "</s>", "\u3000x"]


def sample(dtype=np.float32):
    vectors = np.random.default_rng(0).standard_normal((len(WORDS), 3)).astype(dtype)
    vectors[-1] = 0
    return KeyedVectors(WORDS, vectors, range(len(WORDS)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_vectors_come_back_by_the_suffix(tmp_path, name, dtype):
    kv = sample(dtype)
    save_vectors(kv, tmp_path / name)
    back = open_vectors(tmp_path / name, datatype=dtype)
    assert back.index_to_key == WORDS
    assert back.vectors.dtype == dtype
    assert back.vectors.tobytes() == kv.vectors.tobytes()
    has_counts = name.endswith(WITH_COUNTS)
    assert (back.counts is not None) == has_counts
    assert not has_counts or back.counts.tolist() == [*range(len(WORDS))]
    short = open_vectors(str(tmp_path / name), limit=2, datatype=np.float16)
    assert short.index_to_key == ["the", "größe"]
    assert short.vectors.tobytes() == kv.vectors[:2].astype(np.float16).tobytes()


def test_text_without_a_header_is_told_by_its_first_line(tmp_path):
    save_glove_format(sample(), tmp_path / "v.txt")
    assert open_vectors(tmp_path / "v.txt").vectors.tobytes() == sample().vectors.tobytes()


def test_folder_of_a_model_is_opened(tmp_path):
    model = Word2Vec(vector_size=3, min_count=1, epochs=1, workers=1, seed=1, sample=0)
    model.fit([["a", 7, ("b", 1)]] * 5).save(tmp_path / "model")
    kv = open_vectors(tmp_path / "model")
    assert kv.index_to_key == model.wv.index_to_key
    assert kv.vectors.tobytes() == model.wv.vectors.tobytes()
    assert kv.counts.tolist() == [5, 5, 5]
    half = open_vectors(tmp_path / "model", limit=2, datatype=np.float16)
    assert half.vectors.shape == (2, 3)
    assert half.vectors.dtype == np.float16
    with pytest.raises(SavedModelError, match="lacks the file"):
        open_vectors(tmp_path)


@pytest.mark.parametrize("name", ["v", "v.gz", "v.model", "v.npz.gz", "v.safetensors.gz", ".txt"])
def test_unknown_suffix_lists_what_is_known(tmp_path, name):
    known = r"unknown; known are \.txt and \.vec .*, \.bin .* \.npz, \.safetensors.*folder"
    with pytest.raises(ValueError, match=known):
        save_vectors(sample(), tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match=known):
        open_vectors(tmp_path / name)


@pytest.mark.parametrize("name", ["v.txt", "v.npz", "missing"])
def test_missing_file_is_named(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=name):
        open_vectors(tmp_path / name)


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.npz", "v.safetensors", "v.projector"])
def test_numbers_out_of_range_of_float16_are_refused(tmp_path, name):
    kv = KeyedVectors(["a", "b"], np.array([[1], [1e6]], np.float32))
    save_vectors(kv, tmp_path / name)
    with pytest.raises(ValueError, match=r"'b'.*float16"):
        open_vectors(tmp_path / name, datatype=np.float16)


def test_bad_option_is_named(tmp_path):
    with pytest.raises(ValueError, match="limit is 0"):
        open_vectors(tmp_path / "v.npz", limit=0)
    with pytest.raises(ValueError, match="datatype is 'int8'"):
        open_vectors(tmp_path / "v.npz", datatype="int8")
