"""Words and vectors as arrays: both formats that hold them give back what they were given."""

from itertools import pairwise

import numpy as np
import pytest

from negsamp import KeyedVectors, VectorFileError, open_vectors, save_vectors
from negsamp.vectors.formats.word_arrays import arrays_of

WORDS = ["the", "new york", "größe", "\t\n", "x\x00", "7"]


def sample(dtype=np.float32, counts=None):
    vectors = np.random.default_rng(0).standard_normal((len(WORDS), 4)).astype(dtype)
    return KeyedVectors(WORDS, vectors, counts)


@pytest.fixture(params=["v.npz", "v.safetensors"])
def path(request, tmp_path):
    return tmp_path / request.param


@pytest.mark.parametrize("counts", [None, [9, 8, 7, 0, 2**40, 1]])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_vectors_come_back_as_they_were(path, dtype, counts):
    kv = sample(dtype, counts)
    save_vectors(kv, path)
    back = open_vectors(path)
    assert back.index_to_key == WORDS
    assert back.vectors.dtype == np.dtype(dtype).newbyteorder("=")
    assert back.vectors.tobytes() == kv.vectors.astype(back.vectors.dtype).tobytes()
    assert (back.counts if counts is None else back.counts.tolist()) == counts


def test_file_without_words_comes_back(path):
    save_vectors(KeyedVectors([], np.ones((0, 3))), path)
    assert open_vectors(path).vectors.shape == (0, 3)


@pytest.mark.parametrize("load", ["numpy", "safetensors.numpy"])
def test_others_read_the_arrays(tmp_path, load):
    package = pytest.importorskip(load)
    path = tmp_path / ("v.npz" if load == "numpy" else "v.safetensors")
    save_vectors(sample(counts=range(6)), path)
    arrays = package.load(path) if load == "numpy" else package.load_file(path)
    words, offsets = arrays["words"], arrays["offsets"]
    assert [bytes(words[a:b]).decode() for a, b in pairwise(offsets)] == WORDS
    assert arrays["vectors"].tobytes() == sample().vectors.tobytes()
    assert arrays["counts"].tolist() == [0, 1, 2, 3, 4, 5]
    if load == "numpy":
        arrays.close()


@pytest.mark.parametrize("save", ["savez", "savez_compressed", "safetensors.numpy"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays_that_others_wrote_are_read(tmp_path, save, dtype):
    kv = sample(dtype, range(6))
    path = tmp_path / "v.npz"
    if save == "safetensors.numpy":
        path = tmp_path / "v.safetensors"
        package = pytest.importorskip(save)
        package.save_file(arrays_of(kv), path, metadata={"by": "another"})
    else:
        getattr(np, save)(path, **arrays_of(kv))
    back = open_vectors(path)
    assert back.index_to_key == WORDS
    assert back.vectors.tobytes() == kv.vectors.tobytes()
    assert back.counts.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vectors": None}, "it has 'offsets', 'words'; it must have vectors, words, offsets"),
        ({"vectors": np.ones((6, 4), np.int32)}, r"'vectors' has shape \(6, 4\) and type int32"),
        ({"vectors": np.ones(6, np.float32)}, r"'vectors' has shape \(6,\)"),
        ({"vectors": np.ones((6, 0))}, "vectors have 1 to 100000 numbers"),
        ({"vectors": np.ones((5, 4))}, "'offsets' has 7 numbers, and 'vectors' has 5 rows"),
        ({"vectors": np.full((6, 4), np.nan)}, "row 0: the vector of 'the' is not finite"),
        ({"words": np.ones(3, np.int64)}, "'words' has shape"),
        ({"words": np.full(24, 255, np.uint8)}, "'offsets' must rise from 0 to 24"),
        ({"words": np.full(23, 255, np.uint8)}, "row 0: its word is not UTF-8"),
        ({"offsets": np.zeros(7, np.int64)}, "'offsets' must rise from 0"),
        ({"offsets": np.array([0, 2**63 - 1, -(2**63), -1, 3, 4, 23])}, "'offsets' must rise"),
        ({"offsets": np.arange(7.0)}, "'offsets' has shape .* of int64"),
        ({"counts": np.ones(5, np.int64)}, "'counts' has 5 numbers, and 'vectors' has 6 rows"),
        (
            {"words": np.frombuffer(b"aabcdef", np.uint8), "offsets": np.r_[0:6, 7]},
            r"row 1: the word 'a' is there already \(row 0\)",
        ),
        (
            {
                "words": np.arange(70_000, dtype=np.uint64).astype(np.uint8) % 128,
                "offsets": np.r_[0:3, 69_997:70_001],
            },
            "row 2: a word has 69995 bytes; 65536 are allowed",
        ),
    ],
)
def test_odd_arrays_are_refused(tmp_path, change, message):
    arrays = {k: v for k, v in {**arrays_of(sample()), **change}.items() if v is not None}
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(VectorFileError, match=message) as caught:
        open_vectors(tmp_path / "v.npz")
    assert str(tmp_path / "v.npz") in str(caught.value)
    assert len(str(caught.value)) < 600
