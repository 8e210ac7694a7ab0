"""Safetensors written and read without the package, and read and written by it."""

import json

import numpy as np
import pytest
from oracles import allocating

from negsamp import KeyedVectors, VectorFileError, load_safetensors, save_safetensors

KV = KeyedVectors(
    ["the", "new york", "größe", "\t\n", "x\x00"],
    np.random.default_rng(0).standard_normal((5, 3), np.float32),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "v.safetensors"


def test_numbers_begin_at_multiples_of_their_size(path):
    save_safetensors(KeyedVectors(KV.index_to_key, KV.vectors, range(5)), path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0
    header = json.loads(content[8 : 8 + length])
    for name, size in {"counts": 8, "offsets": 8, "vectors": 4}.items():
        assert header[name]["data_offsets"][0] % size == 0


def changed(path, change):
    """The file with another header; returns that."""
    save_safetensors(KV, path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h["vectors"].update(dtype="BF16"), "has the dtype 'BF16'; it must be of F16"),
        (lambda h: h["vectors"].update(dtype=["F32"]), "has the dtype"),
        (lambda h: h["vectors"].update(dtype="F64"), "it must stand at"),
        (lambda h: h["vectors"].update(shape=[10**6, 10**6]), r"it must stand at \[48, 4000000000"),
        (lambda h: h["vectors"].update(shape=[-5, -3]), "has the shape"),
        (lambda h: h["vectors"].update(shape=[True, 15]), "has the shape"),
        (lambda h: h["vectors"].update(shape=[5.0, 3]), "has the shape"),
        (lambda h: h["vectors"].update(shape=15), "has the shape 15"),
        (lambda h: h["vectors"].update(shape=[1] * 9), "has the shape"),
        (lambda h: h["vectors"].update(shape=[3, 5]), "'offsets' has 6 numbers, and 'vectors' has"),
        (lambda h: h["vectors"].update(shape=[15]), "it must have two dimensions"),
        (lambda h: h["vectors"].update(data_offsets=[0, 60]), "it must stand at"),
        (lambda h: h["vectors"].update(data_offsets=[56, 116]), "it must stand at"),
        (lambda h: h["vectors"].update(data_offsets=[48]), "it must have two"),
        (lambda h: h["vectors"].update(more=1), "must have dtype, shape and data_offsets"),
        (lambda h: h.update(vectors=7), "must have dtype, shape and data_offsets"),
        (lambda h: h.update(more=h["vectors"]), "'more' has shape|'vectors' has shape"),
        (lambda h: h.pop("words"), "its tensors have 108 bytes, and 130 are there"),
        (lambda h: h.update(x=h.pop("vectors")), "it has 'offsets', 'words', 'x'; it must have"),
        (lambda h: h.update({"x" * 70_000: 1}), "its header has 7.... bytes"),
        (lambda h: h.update(x=[[]] * 200), "are allowed"),
    ],
)
def test_header_that_lies_is_refused_and_allocates_nothing(path, change, message):
    changed(path, change)
    with allocating(2_000_000), pytest.raises(VectorFileError, match=message) as caught:
        load_safetensors(path)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "content",
    [
        *[b"", b"\5", bytes(8), b"\xff" * 8 + b"{}", b"\2" + bytes(7) + b"[]"],
        *[b"\2" + bytes(7) + b"{}", b"\2" + bytes(7) + b"{", b"\3" + bytes(7) + b" {}"],
    ],
)
def test_other_files_are_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(VectorFileError, match="is no safetensors file of vectors"):
        load_safetensors(path)


@pytest.mark.parametrize("change", [-1, 1])
def test_file_of_another_length_is_refused(path, change):
    save_safetensors(KV, path)
    content = path.read_bytes()
    path.write_bytes(content + b"x" if change > 0 else content[:-1])
    with pytest.raises(VectorFileError, match=r"have 130 bytes, and 1(29|31) are there"):
        load_safetensors(path)


def test_numbers_that_are_not_finite_are_refused(path):
    save_safetensors(KV, path)
    content = path.read_bytes()
    nan = np.float32(np.nan).tobytes()
    one = KV.vectors[2, 1].tobytes()
    path.write_bytes(content.replace(one, nan))
    with pytest.raises(VectorFileError, match=r"the vector of 'größe' \(row 2\) is not finite"):
        load_safetensors(path)
