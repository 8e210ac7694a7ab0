"""One archive that NumPy reads alone; damaged or made up by strangers, it is refused."""

import io
import struct
import tracemalloc
import zipfile
from itertools import pairwise

import numpy as np
import pytest

from negsamp import KeyedVectors, VectorFileError, load_npz, save_npz

WORDS = ["the", "new york", "größe", "\t\n", "x\x00", "7"]


def sample(dtype=np.float32, counts=None):
    vectors = np.random.default_rng(0).standard_normal((len(WORDS), 4)).astype(dtype)
    return KeyedVectors(WORDS, vectors, counts)


def arrays(**other):
    text = [word.encode() for word in WORDS]
    offsets = np.cumsum([0, *map(len, text)])
    own = {
        "vectors": sample().vectors,
        "words": np.frombuffer(b"".join(text), np.uint8),
        "offsets": offsets,
    }
    return {name: array for name, array in {**own, **other}.items() if array is not None}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "v.npz"


@pytest.mark.parametrize("counts", [None, [9, 8, 7, 0, 2**40, 1]])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_vectors_come_back_as_they_were(path, dtype, counts):
    kv = sample(dtype, counts)
    save_npz(kv, path)
    back = load_npz(path)
    assert back.index_to_key == WORDS
    assert back.vectors.dtype == np.dtype(dtype).newbyteorder("=")
    assert back.vectors.tobytes() == kv.vectors.astype(back.vectors.dtype).tobytes()
    assert (back.counts if counts is None else back.counts.tolist()) == counts


def test_numpy_reads_it_alone(path):
    save_npz(sample(counts=range(6)), path)
    with np.load(path, allow_pickle=False) as z:
        words, offsets = z["words"], z["offsets"]
        spelled = [bytes(words[a:b]).decode() for a, b in pairwise(offsets)]
        assert spelled == WORDS
        assert z["vectors"].tobytes() == sample().vectors.tobytes()
        assert z["counts"].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saved_is_read(path, save):
    save(path, **arrays(counts=np.arange(6)))
    assert load_npz(path).vectors.tobytes() == sample().vectors.tobytes()


def test_same_vectors_give_the_same_bytes(path):
    save_npz(sample(), path)
    first = path.read_bytes()
    save_npz(sample(), path)
    assert path.read_bytes() == first


def test_archive_without_words_comes_back(path):
    save_npz(KeyedVectors([], np.ones((0, 3))), path)
    assert load_npz(path).vectors.shape == (0, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vectors": None}, "it must have|members|it has"),
        ({"more": np.ones(1)}, "its members are .*'more.npy'"),
        ({"vectors": np.ones((6, 4), np.int32)}, r"'vectors' has shape \(6, 4\) and type int32"),
        ({"vectors": np.ones(6, np.float32)}, r"'vectors' has shape \(6,\)"),
        ({"vectors": np.ones((6, 0))}, "vectors have 1 to 100000 numbers"),
        ({"vectors": np.ones((5, 4))}, "'offsets' has 7 numbers, and 'vectors' has 5 rows"),
        ({"vectors": np.full((6, 4), np.nan)}, r"the vector of 'the' \(row 0\) is not finite"),
        ({"vectors": np.array([["a"]])}, "'vectors.npy': .* must be integers or floats"),
        ({"words": np.ones(3, np.int64)}, "'words' has shape"),
        ({"words": np.full(24, 255, np.uint8)}, "'offsets' must rise from 0 to 24"),
        ({"words": np.full(27, 255, np.uint8)}, "'offsets' must rise|is not UTF-8"),
        ({"offsets": np.zeros(7, np.int64)}, "'offsets' must rise from 0"),
        ({"offsets": np.array([0, 2**63 - 1, -(2**63), -1, 3, 4, 23])}, "'offsets' must rise"),
        ({"offsets": np.arange(7.0)}, "'offsets' has shape .* of int64"),
        ({"counts": np.ones(5, np.int64)}, "'counts' has 5 numbers, and 'vectors' has 6 rows"),
        (
            {"words": np.frombuffer(b"aabcdef", np.uint8), "offsets": np.r_[0:6, 7]},
            "'a' more than once",
        ),
        (
            {"words": np.zeros(70_000, np.uint8), "offsets": np.r_[0:6, 70_000]},
            "a word has 69995 bytes; 65536 are allowed",
        ),
    ],
)
def test_odd_arrays_are_refused(path, change, message):
    np.savez(path, **arrays(**change))
    with pytest.raises(VectorFileError, match=message) as caught:
        load_npz(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 600


def with_member(path, name, content, **changes):
    """An archive whose one member's directory entry is changed."""
    with zipfile.ZipFile(path, "w") as archive:
        for key, array in arrays().items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            archive.writestr(f"{key}.npy", content if key == name else buffer.getvalue())
        for field, value in changes.items():
            setattr(archive.getinfo(f"{name}.npy"), field, value)


HEADER = b"{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 100000)}\n"
PROMISE = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(HEADER)) + HEADER


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        (PROMISE, {}, "'vectors.npy' promises 40000000000 bytes of numbers"),
        (b"", {}, "'vectors.npy': it does not begin as"),
        (PROMISE, {"file_size": 40_000_000_000}, "is not packed and has two sizes"),
        (PROMISE, {"file_size": 10, "compress_size": 10}, "'vectors.npy'"),
        (PROMISE, {"compress_type": zipfile.ZIP_DEFLATED, "file_size": 99_999}, "far more"),
        (PROMISE, {"compress_type": zipfile.ZIP_LZMA}, "is packed by method 14"),
        (PROMISE, {"compress_size": 9**9, "file_size": 9**9}, "promises far more"),
        (PROMISE, {"header_offset": 30}, "bytes before its first member"),
        (PROMISE, {"filename": "../../vectors.npy"}, "its members are"),
        (PROMISE, {"filename": "words.npy"}, "its members are|differ"),
        (PROMISE, {"flag_bits": 1}, "encrypted"),
        (PROMISE, {"CRC": 1}, "vectors.npy"),
    ],
)
def test_directory_that_lies_is_refused_and_allocates_nothing(path, content, changes, message):
    with_member(path, "vectors", content, **changes)
    load_npz_refuses(path, message)


def load_npz_refuses(path, message):
    """The archive is refused, and little is allocated."""
    tracemalloc.start()
    try:
        with pytest.raises(VectorFileError, match=message):
            load_npz(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_long_name_of_a_member_is_not_shown_whole(path):
    save_npz(KeyedVectors(WORDS, np.ones((6, 5000), np.float32)), path)
    content = bytearray(path.read_bytes())
    content[26:28] = (60_000).to_bytes(2, "little")
    path.write_bytes(content)
    with pytest.raises(VectorFileError, match="File name in directory") as caught:
        load_npz(path)
    assert len(str(caught.value)) < 1000


def test_checksum_of_numbers_is_compared(path):
    save_npz(sample(), path)
    content = bytearray(path.read_bytes())
    at = content.index(sample().vectors.tobytes())
    content[at] ^= 1
    path.write_bytes(content)
    load_npz_refuses(path, "Bad CRC-32 for file 'vectors.npy'")


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 200, b"PK\5\6" + bytes(18)])
def test_other_files_are_refused(path, content):
    path.write_bytes(content)
    load_npz_refuses(path, "is no archive of vectors")


def test_end_of_the_archive_must_be_whole(path):
    save_npz(sample(), path)
    content = path.read_bytes()
    for damaged in (content[:-1], content + b"x", b"x" + content, content[:-40]):
        path.write_bytes(damaged)
        load_npz_refuses(path, "is no archive of vectors")


def test_long_list_of_members_is_not_read(path):
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(11_000):
            archive.writestr(f"{i}", b"")
    load_npz_refuses(path, "its list of members has .* bytes; 524288 are allowed")


def test_large_archives_end_is_read(path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    save_npz(sample(), path)
    assert b"PK\6\6" in path.read_bytes(), "it has the end of a large archive"
    monkeypatch.undo()
    assert load_npz(path).vectors.tobytes() == sample().vectors.tobytes()


@pytest.mark.parametrize("key", [7, "", "\ud800", ("a",)])
def test_key_that_cannot_be_carried_is_refused_at_saving(tmp_path, path, key):
    with pytest.raises(ValueError, match=r"\(row 1\)"):
        save_npz(KeyedVectors(["a", key], np.ones((2, 1))), path)
    assert not list(tmp_path.iterdir())
