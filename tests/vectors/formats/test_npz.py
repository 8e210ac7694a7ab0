"""One archive that NumPy reads alone; damaged or made up by strangers, it is refused."""

import io
import struct
import zipfile
from unittest import mock

import numpy as np
import pytest
from oracles import allocating

from negsamp import KeyedVectors, VectorFileError, load_npz, save_npz
from negsamp.vectors.formats.word_arrays import arrays_of

KV = KeyedVectors(
    ["the", "new york", "größe"], np.random.default_rng(0).standard_normal((3, 4), np.float32)
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "v.npz"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": np.ones(1)}, "its members are .*'more.npy'"),
        ({"vectors": np.array([["a"]])}, "'vectors.npy': .* must be integers or floats"),
        ({"vectors": np.array([[None]])}, "'vectors.npy': .* must be integers or floats"),
        ({"vectors": np.asfortranarray(KV.vectors)}, "'vectors.npy': .* in C order"),
    ],
)
def test_odd_member_is_refused(path, change, message):
    np.savez(path, **{**arrays_of(KV), **change})
    load_npz_refuses(path, message)


def with_member(path, name, content, **changes):
    """An archive whose one member's directory entry is changed."""
    with zipfile.ZipFile(path, "w") as archive:
        for key, array in arrays_of(KV).items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            archive.writestr(f"{key}.npy", content if key == name else buffer.getvalue())
        for field, value in changes.items():
            setattr(archive.getinfo(f"{name}.npy"), field, value)


def promise(shape, n_bytes=0):
    """A member of fewer bytes than its header says."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(n_bytes)


PROMISE = promise((100_000, 100_000))
LONG = promise((1000, 10_000), 100_000)


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        (PROMISE, {}, "'vectors.npy': the header promises 40000000000 bytes"),
        (b"", {}, "'vectors.npy': it does not begin as"),
        (PROMISE, {"file_size": 40_000_000_000}, "is not packed and has two sizes"),
        (PROMISE, {"file_size": 10, "compress_size": 10}, "'vectors.npy'"),
        (PROMISE, {"compress_type": zipfile.ZIP_DEFLATED, "file_size": 99_999}, "far more"),
        (PROMISE, {"compress_type": zipfile.ZIP_LZMA}, "is packed by method 14"),
        (PROMISE, {"compress_size": 9**9, "file_size": 9**9}, "promises far more"),
        (LONG, {"file_size": 40_000_068, "compress_size": 40_000_068}, "promises far more"),
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
    with allocating(2_000_000), pytest.raises(VectorFileError, match=message):
        load_npz(path)


def test_members_that_are_too_large_together_are_refused(path):
    zeros = np.zeros((10, 25_000), np.float32)
    np.savez_compressed(path, vectors=zeros, words=zeros.view(np.uint8).ravel())
    with mock.patch("negsamp.vectors.formats.packed.FREE_UNPACKED", 1 << 20):
        load_npz_refuses(path, "'words.npy' promises far more")


def test_long_name_of_a_member_is_not_shown_whole(path):
    save_npz(KeyedVectors(KV.index_to_key, np.ones((3, 5000), np.float32)), path)
    content = bytearray(path.read_bytes())
    content[26:28] = (60_000).to_bytes(2, "little")
    path.write_bytes(content)
    with pytest.raises(VectorFileError, match="File name in directory") as caught:
        load_npz(path)
    assert len(str(caught.value)) < 1000


def test_checksum_of_numbers_is_compared(path):
    save_npz(KV, path)
    content = bytearray(path.read_bytes())
    at = content.index(KV.vectors.tobytes())
    content[at] ^= 1
    path.write_bytes(content)
    load_npz_refuses(path, "Bad CRC-32 for file 'vectors.npy'")


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 200, b"PK\5\6" + bytes(18)])
def test_other_files_are_refused(path, content):
    path.write_bytes(content)
    load_npz_refuses(path, "is no archive of vectors")


def test_end_of_the_archive_must_be_whole(path):
    save_npz(KV, path)
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
    save_npz(KV, path)
    assert b"PK\6\6" in path.read_bytes(), "it has the end of a large archive"
    monkeypatch.undo()
    assert load_npz(path).vectors.tobytes() == KV.vectors.tobytes()
