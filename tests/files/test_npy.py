"""Arrays come back as they were, and damaged files are refused before anything is allocated."""

import os

import numpy as np
import pytest
from oracles import allocating

from negsamp.files.npy import (
    ArrayWriter,
    check_room,
    read_array,
    read_header,
    read_shape,
    write_array,
)

ARRAYS = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.zeros((0, 5)),
    np.array(7, dtype=np.int64),
    np.arange(5, dtype=np.uint16)[::2],
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([np.nan, -0.0, np.inf]),
    np.ones((1,) * 64, dtype=np.int8),
    np.zeros((0, 2**40), dtype=np.float16),
]


def header_of(shape, descr="'<f4'", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


def with_header(path, header, body=b""):
    text = header.encode("latin1") + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body)
    return path


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_array_comes_back_as_it_was(tmp_path, array, mmap):
    path = tmp_path / "a.npy"
    write_array(path, array)
    back = read_array(path, mmap)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()
    np.testing.assert_array_equal(np.load(path), array)
    assert isinstance(back, np.memmap) == (mmap and array.size > 0)


@pytest.mark.parametrize("pieces", [[], [0], [3, 0, 1000], [70_000]])
def test_writer_equals_one_array(tmp_path, pieces):
    writer = ArrayWriter(tmp_path / "a.npy", np.uint16)
    values = [np.arange(n, dtype=np.int32) for n in pieces]
    for piece in values:
        writer.append(piece)
    written = writer.finish()
    expected = np.concatenate([np.zeros(0, np.uint16), *values]).astype(np.uint16)
    assert written.dtype == np.uint16
    assert written.tolist() == expected.tolist() == np.load(tmp_path / "a.npy").tolist()


def test_check_room_says_what_would_not_fit(tmp_path):
    check_room(tmp_path, 1, "nothing much")
    with pytest.raises(OSError, match=r"the moon takes 10{18} bytes in .* where \d+ are free"):
        check_room(tmp_path, 10**18, "the moon")


def test_numbers_of_another_byte_order_come_back_in_this_machines(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3, dtype=">i4"))
    back = read_array(tmp_path / "a.npy")
    assert back.dtype == np.int32
    assert back.tolist() == [0, 1, 2]


@pytest.mark.parametrize("change", [-1, 1, -48], ids=["short", "long", "empty"])
def test_file_of_another_length_than_promised_is_refused(tmp_path, change):
    path = tmp_path / "a.npy"
    write_array(path, ARRAYS[0])
    content = path.read_bytes()
    path.write_bytes(content + b"x" if change > 0 else content[:change])
    with pytest.raises(ValueError, match=r"promises 48 bytes of numbers, shape \(3, 4\)"):
        read_array(path)


def test_promise_of_terabytes_allocates_nothing(tmp_path):
    path = with_header(tmp_path / "a.npy", header_of("(1000000, 1000000)"), b"1234")
    with allocating(1_000_000), pytest.raises(ValueError, match="4000000000000 bytes of numbers"):
        read_array(path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (header_of("(1,)", "'|O'"), "integers or floats"),
        (header_of("(1,)", "'<U9'"), "integers or floats"),
        (header_of("(1,)", "[('a', '<f4')]"), "integers or floats"),
        (header_of("(1, 1)", order="True"), "C order"),
        (header_of("(-1, -1)"), "must be non-negative"),
        (header_of("(0, -1)"), "must be non-negative"),
        (header_of("(1.5,)"), "shape is not valid"),
        (header_of("(1)"), "shape is not valid"),
        (header_of("(True,)"), "an integer is required"),
        (header_of("(" + "1, " * 65 + ")"), "maximum supported dimension"),
        (header_of("(0, 999999999999, 999999999)"), "array is too big"),
        (header_of("(0, 1%s)" % ("0" * 500)), "dimension exceeded"),
        (header_of("(01,)"), "Cannot parse"),
        (header_of("(1,)", "'<f4\\d'"), "Cannot parse|not a valid|not understood"),
        (header_of("(1,)", "()"), "range"),
        (header_of("(1,)", "{}"), ""),
        (header_of("(1,)", "['<f4']"), ""),
        (header_of("(1,)", "'(' * 9"), "malformed"),
        ("{'descr': '<f4', 'shape': (1,)}", "correct keys"),
        ("{1: 2, 'descr': 3}", ""),
        ("(" * 900, ""),
        (header_of("{" * 300), ""),  # a MemoryError without words
        ("-" * 900 + "1", ""),
        ("__import__('os')", "malformed"),
        ("'" + "x" * 1000 + "'", r"length \(1003\) is large"),
    ],
)
def test_odd_headers_are_refused(tmp_path, header, message):
    path = with_header(tmp_path / "a.npy", header, bytes(4))
    with pytest.raises(ValueError, match=rf"^(it does not begin as|its header says).*{message}"):
        read_array(path)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04 an archive", b"x" * 100])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"does not begin as a \.npy file"):
        read_array(tmp_path / "a.npy")


@pytest.mark.parametrize("mmap", [False, True])
def test_what_is_no_file_is_refused_without_waiting(tmp_path, mmap):
    with pytest.raises(IsADirectoryError, match="is a folder; it must be a file"):
        read_array(tmp_path, mmap)
    with pytest.raises(FileNotFoundError):
        read_array(tmp_path / "nowhere", mmap)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", os.devnull):
            with pytest.raises(ValueError, match="is a pipe, device or socket"):
                read_array(path, mmap)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_shape_is_told_without_reading(tmp_path, array):
    write_array(tmp_path / "a.npy", array)
    assert read_shape(tmp_path / "a.npy") == (array.dtype, array.shape)
    with open(tmp_path / "a.npy", "ab") as file:
        file.write(b"x")
    with pytest.raises(ValueError, match="promises"):
        read_shape(tmp_path / "a.npy")


def test_error_of_the_disk_is_not_taken_for_damage():
    class Broken:
        def read(self, n):
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        read_header(Broken())
