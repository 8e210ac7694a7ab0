"""The suffix says the format, both ways."""

import datetime
import enum
import re
import uuid

import numpy as np
import pytest

from negsamp import (
    KeyedVectors,
    SavedModelError,
    VectorFileError,
    Word2Vec,
    load_word2vec_format,
    open_vectors,
    save_glove_format,
    save_npz,
    save_safetensors,
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
@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f4"])
def test_vectors_come_back_by_the_suffix(tmp_path, name, dtype):
    kv = sample(dtype)
    save_vectors(kv, tmp_path / name)
    native = np.dtype(dtype).newbyteorder("=")
    back = open_vectors(tmp_path / name, datatype=native)
    assert back.index_to_key == WORDS
    assert back.vectors.dtype == native
    assert back.vectors.tobytes() == kv.vectors.astype(native).tobytes()
    has_counts = name.endswith(WITH_COUNTS)
    assert (back.counts is not None) == has_counts
    assert not has_counts or back.counts.tolist() == [*range(len(WORDS))]
    short = open_vectors(str(tmp_path / name), limit=2, datatype=np.float16)
    assert short.index_to_key == ["the", "größe"]
    assert short.vectors.tobytes() == kv.vectors[:2].astype(np.float16).tobytes()


@pytest.mark.parametrize("name", ["v.txt.gz", "v.npz", "v.safetensors"])
def test_same_vectors_give_the_same_bytes(tmp_path, name):
    for folder in ("a", "b"):
        save_vectors(sample(), tmp_path / folder / name)
    content = (tmp_path / "a" / name).read_bytes()
    assert content == (tmp_path / "b" / name).read_bytes()
    assert not name.endswith(".gz") or content[4:8] == bytes(4), "it has no time in it"


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
    known = r"known are \.txt and \.vec .*, \.bin .* \.npz, \.safetensors.*folder"
    with pytest.raises(ValueError, match=rf"suffix is unknown; {known}"):
        save_vectors(sample(), tmp_path / name)
    for content in (b"", b"just words\n", b"\x00\x01 1.5\n"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(VectorFileError, match=rf"suffix is unknown, and its first.*{known}"):
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


@pytest.mark.parametrize("name", ["v.emb", "v", "v.model", "v.w2v", "v.zip", "V.NPZ.GZ"])
@pytest.mark.parametrize("form", ["v.txt", "v.bin", "v.glove", "v.npz", "v.safetensors"])
def test_file_with_another_suffix_is_known_by_its_content(tmp_path, name, form):
    save_vectors(sample(), tmp_path / form)
    (tmp_path / form).rename(tmp_path / name)
    back = open_vectors(tmp_path / name)
    assert back.index_to_key == WORDS
    assert back.vectors.tobytes() == sample().vectors.tobytes()
    if form in ("v.txt", "v.bin"):
        assert load_word2vec_format(tmp_path / name).index_to_key == WORDS


@pytest.mark.parametrize(
    ("name", "reason"), [("v.npz", "row 1: .*; row 2: .*; row 4"), ("v.safetensors", "row 1: ")]
)
def test_rows_of_arrays_can_be_left_out(tmp_path, name, reason):
    vectors = np.arange(12, dtype=np.float32).reshape(6, 2)
    vectors[2, 1] = np.nan
    words = b"".join([b"a", b"\xff", b"b", b"c", b"a", b"d"])
    arrays = {
        "vectors": vectors,
        "words": np.frombuffer(words, np.uint8),
        "offsets": np.arange(7),
        "counts": np.arange(6, 0, -1),
    }
    if name == "v.npz":
        np.savez(tmp_path / name, **arrays)
    else:
        pytest.importorskip("safetensors.numpy").save_file(arrays, tmp_path / name)
    with pytest.raises(VectorFileError, match="row 1: its word is not UTF-8"):
        open_vectors(tmp_path / name)
    with pytest.warns(UserWarning, match=rf"skipped 3 rows: {reason}"):
        kv = open_vectors(tmp_path / name, on_error="skip")
    assert kv.index_to_key == ["a", "c", "d"]
    assert kv.vectors.tolist() == [[0, 1], [6, 7], [10, 11]]
    assert kv.counts.tolist() == [6, 3, 1]


@pytest.mark.parametrize("counts", [True, False])
def test_lines_of_a_projector_can_be_left_out(tmp_path, counts):
    words = (
        ["a\t6", "b", "c\t4", "d\t3", "", "e\t1"] if counts else ["a", "b\t1", "c", "d", "", "e"]
    )
    heading = ["word\tcount"] * counts
    (tmp_path / "metadata.tsv").write_text("\n".join([*heading, *words, "", ""]))
    (tmp_path / "vectors.tsv").write_text("1\t2\n3\t4\n5\t6\n7\tx\n8\t9\n10\t11\n\n")
    with pytest.raises(VectorFileError, match=r"metadata\.tsv', line \d: it must be a word"):
        open_vectors(tmp_path)
    with pytest.warns(UserWarning, match=r"vectors\.tsv': skipped 3 rows: line \d: it must be"):
        kv = open_vectors(tmp_path, on_error="skip")
    assert kv.index_to_key == ["a", "c", "e"]
    assert kv.vectors.tolist() == [[1, 2], [5, 6], [10, 11]]
    assert (kv.counts.tolist() if counts else kv.counts) == ([6, 4, 1] if counts else None)


class Color(enum.Enum):
    RED = 1
    BLUE = 2


KEYS = {
    "int": ([7, -3, 10**20], str, int),
    "numpy": ([np.int64(7), np.int64(8)], str, int),
    "float": ([0.5, 1e300], str, float),
    "date": ([datetime.date(2024, 5, 1)], str, datetime.date.fromisoformat),
    "time": (
        [datetime.datetime(2024, 5, 1, 12)],
        lambda key: key.isoformat(),
        datetime.datetime.fromisoformat,
    ),
    "uuid": ([uuid.UUID(int=5)], str, uuid.UUID),
    "enum": ([Color.RED, Color.BLUE], lambda key: key.name, Color.__getitem__),
    "mixed": (["a", 7], str, lambda text: int(text) if text.isdigit() else text),
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(
    "name", ["v.txt", "v.bin", "v.glove", "v.npz", "v.safetensors", "v.projector"]
)
def test_keys_that_are_not_str_are_written_as_text_and_made_again(tmp_path, name, kind):
    keys, write, read = KEYS[kind]
    kv = KeyedVectors(keys, np.full((len(keys), 2), 1.5, np.float32))
    with pytest.raises(
        ValueError, match=r"\(row \d\) is of type .*; this format has only str.*keys="
    ):
        save_vectors(kv, tmp_path / name)
    assert not list(tmp_path.iterdir())
    save_vectors(kv, tmp_path / name, keys=write)
    assert all(isinstance(key, str) for key in open_vectors(tmp_path / name).index_to_key)
    assert open_vectors(tmp_path / name, keys=read).index_to_key == keys


@pytest.mark.parametrize("name", ["v.txt", "v.npz", "v.projector"])
@pytest.mark.parametrize(
    "key", [7, np.int32(7), 0.5, True, b"a", ("a", 1), datetime.datetime(2024, 5, 1), Color.RED]
)
def test_advice_for_a_key_writes_it(tmp_path, name, key):
    kv = KeyedVectors(["a", key], np.ones((2, 2), np.float32))
    with pytest.raises(ValueError, match="keys=") as caught:
        save_vectors(kv, tmp_path / name)
    [write] = re.findall(r"keys=(.*) writes", str(caught.value))
    save_vectors(kv, tmp_path / name, keys=eval(write))
    read = re.findall(r"and keys=(\w+) makes", str(caught.value))
    assert bool(read) == (type(key) in (int, float, np.int32))
    back = open_vectors(tmp_path / name)
    assert len(back) == 2
    assert not read or eval(read[0])(back.index_to_key[1]) == key


def test_folder_keeps_keys_or_makes_text_of_them(tmp_path):
    kv = KeyedVectors([7, datetime.date(2024, 5, 1)], np.ones((2, 2), np.float32))
    with pytest.raises(ValueError, match=r"which cannot be saved.*save\(folder, keys=str\)"):
        kv.save(tmp_path / "v")
    kv.save(tmp_path / "v", keys=str)
    assert open_vectors(tmp_path / "v").index_to_key == ["7", "2024-05-01"]
    assert open_vectors(tmp_path / "v", keys=len).index_to_key == [1, 10]
    with pytest.raises(ValueError, match="keys made no key of '2024-05-01'"):
        open_vectors(tmp_path / "v", keys=int)


@pytest.mark.parametrize("word", ["", "new york"])
def test_word_that_text_cannot_carry_is_carried_by_those_that_are_named(tmp_path, word):
    kv = KeyedVectors(["a", word], np.eye(2, dtype=np.float32))
    for name in ("v.txt", "v.bin", "v.glove"):
        named = "KeyedVectors.save, save_npz and save_safetensors can"
        with pytest.raises(ValueError, match=rf"cannot carry; {named}"):
            save_vectors(kv, tmp_path / name)
    kv.save(tmp_path / "v")
    save_npz(kv, tmp_path / "v.npz")
    save_safetensors(kv, tmp_path / "v.safetensors")
    for name in ("v", "v.npz", "v.safetensors"):
        assert open_vectors(tmp_path / name).index_to_key == ["a", word]
