"""Arrays in ``.npy`` files, which may come from strangers.

A file's size is compared with what its header promises before anything is allocated, and nothing is
unpickled or evaluated. `open_file`, `read_bytes` and `flush_to_disk` serve files of any kind.
"""

from __future__ import annotations

import errno
import math
import os
import re
import shutil
import stat
from typing import Any, BinaryIO

import numpy as np

__all__ = [
    "ArrayWriter",
    "check_room",
    "flush_to_disk",
    "open_file",
    "read_array",
    "read_bytes",
    "read_header",
    "read_shape",
    "sync_folder",
    "write_array",
]

MAGIC_AND_LENGTH = 10  # bytes: magic, version 1.0, and the header's length in two bytes
LONGEST_HEADER = 1000  # bytes; those of plain arrays have 118
MOST_DIMENSIONS = 32  # of every NumPy; 2.0 has 64
# As NumPy writes it.
NUMBER = r"(?:0|[1-9]\d{0,18})"
HEADER = re.compile(
    r"\{'descr': '([^'\\]*)', 'fortran_order': (True|False), "
    r"'shape': \(((?:N,|N(?:, N)+)?)\)(?:, )?\} *\n?".replace("N", NUMBER),
    re.ASCII,
)
TYPES = {
    f"{'|' if size == 1 else order}{kind}{size}": np.dtype(f"{order}{kind}{size}")
    for kind, sizes in (("i", (1, 2, 4, 8)), ("u", (1, 2, 4, 8)), ("f", (2, 4, 8)))
    for size in sizes
    for order in "<>"
}


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading its bytes, if it is one.

    Raises
    ------
    OSError
        If it cannot be opened: FileNotFoundError if there is none, IsADirectoryError if it is a
        folder.
    ValueError
        If it is a pipe, a device or a socket, which may have no end and may let wait for ever.
    """
    _check_is_file(path, os.stat(path))
    # a pipe that has taken the file's place meanwhile must not let wait
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = open(path, "rb", opener=lambda name, _: os.open(name, flags))
    try:
        _check_is_file(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def read_bytes(path: str | os.PathLike[str], most: int) -> bytes:
    """All of a file that has at most so many bytes.

    Raises
    ------
    OSError, ValueError
        As in `open_file`; ValueError if it has more.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(size + 1) if size <= most else b""  # so much is allocated
    if size > most:
        raise ValueError(f"it has {size} bytes; {most} are allowed")
    if len(content) != size:
        raise ValueError(f"it had {size} bytes and has {len(content)}: it is being written")
    return content


def read_shape(path: str | os.PathLike[str]) -> tuple[np.dtype, tuple[int, ...]]:
    """Type and shape of the array in a ``.npy`` file that is as long as these say.

    Raises
    ------
    OSError, ValueError
        As in `read_array`.
    """
    with open_file(path) as file:
        return _proven_header(file)


def read_array(path: str | os.PathLike[str], mmap: bool = False) -> np.ndarray:
    """Read an array of numbers from a ``.npy`` file, wholly or not at all.

    Parameters
    ----------
    path : path
    mmap : bool
        Map the file, read-only, in place of reading it.

    Returns
    -------
    ndarray
        Of integers or floats, C-contiguous, in native byte order unless mapped.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not such a file, or not as long as its header says.
    MemoryError
        If all of it is there and the machine has no room for it.
    """
    with open_file(path) as file:
        dtype, shape = _proven_header(file)
        size = math.prod(shape)
        if mmap and size:
            return np.memmap(file, dtype, "r", file.tell(), shape)
        array = np.fromfile(file, dtype, size)
    if array.size != size:
        raise ValueError(f"the file ended after {array.size} of {size} numbers")
    return array.reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def write_array(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Write an array to a ``.npy`` file, down to the disk."""
    with open(path, "wb") as file:
        np.lib.format.write_array(
            file, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False
        )
        flush_to_disk(file)


class ArrayWriter:
    """A ``.npy`` file that is written a piece at a time, its length known at the end.

    Parameters
    ----------
    path : path
        A new file.
    dtype : dtype
        Of its numbers.
    """

    def __init__(self, path: str | os.PathLike[str], dtype: Any) -> None:
        self.path, self.dtype = path, np.dtype(dtype)
        self._size = 0
        self._file = open(path, "wb")
        self._write_header(10**15)  # as long as that of any length

    def append(self, values: np.ndarray) -> None:
        """Write more numbers, (n,)."""
        self._size += len(values)
        values.astype(self.dtype, copy=False).tofile(self._file)

    def finish(self) -> np.ndarray:
        """Write the length and close the file; returns a map of it, (size,)."""
        self._file.seek(0)
        self._write_header(self._size)
        self.close()
        return read_array(self.path, mmap=True)

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()

    def _write_header(self, size: int) -> None:
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (size,)}
        np.lib.format.write_array_header_1_0(self._file, header)


def check_room(folder: str | os.PathLike[str], size: int, what: str) -> None:
    """Check that a folder's disk has room.

    Raises
    ------
    OSError
        ENOSPC, if fewer than `size` bytes are free; `what` says for what they would be.
    """
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(
            errno.ENOSPC,
            f"{what} takes {size} bytes in {os.fspath(folder)!r}, where {free} are free",
        )


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Have the system write a folder's list of files."""
    if os.name == "nt":  # which cannot open a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_to_disk(file: Any) -> None:
    """Have the system write what an open file holds."""
    file.flush()
    os.fsync(file.fileno())


def _check_is_file(path: str | os.PathLike[str], status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder; it must be a file")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{os.fspath(path)!r} is a pipe, device or socket; it must be a file")


def _proven_header(file: BinaryIO) -> tuple[np.dtype, tuple[int, ...]]:
    """Type and shape, once it is sure that the file has the bytes of such an array."""
    dtype, shape = read_header(file)
    wanted = math.prod(shape) * dtype.itemsize
    found = os.fstat(file.fileno()).st_size - file.tell()
    if found != wanted:
        raise ValueError(
            f"the header promises {wanted} bytes of numbers, shape {shape} and type {dtype}, "
            f"and {found} follow"
        )
    return dtype, shape


def read_header(file: BinaryIO) -> tuple[np.dtype, tuple[int, ...]]:
    """Type and shape that the beginning of a ``.npy`` file promises; the numbers follow.

    Raises
    ------
    ValueError
        If it is not such a beginning, of integers or floats in C order.
    """
    start = file.read(MAGIC_AND_LENGTH)
    if len(start) < MAGIC_AND_LENGTH or start[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError("it does not begin as a .npy file of version 1.0 does")
    length = int.from_bytes(start[8:], "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"its header has {length} bytes; {LONGEST_HEADER} are allowed")
    header = file.read(length).decode("latin1")
    match = HEADER.fullmatch(header)
    if len(header) < length or not match:
        raise ValueError(f"its header is damaged: {header!r:.200}")
    descr, is_fortran, dimensions = match.groups()
    dtype, shape = TYPES.get(descr), tuple(map(int, re.findall(r"\d+", dimensions)))
    if dtype is None or is_fortran == "True" or len(shape) > MOST_DIMENSIONS:
        raise ValueError(
            f"its header says type {descr!r:.60}, shape {shape}, Fortran order {is_fortran}; it "
            "must be integers or floats of at most 8 bytes in C order, in at most "
            f"{MOST_DIMENSIONS} dimensions"
        )
    if math.prod(filter(None, shape)) >= 2**59:  # which NumPy refuses beside a 0 too
        raise ValueError(f"its header says shape {shape}, which no array can have")
    return dtype, shape
