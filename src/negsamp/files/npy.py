"""Arrays in ``.npy`` files, which may come from strangers.

NumPy parses a header; before anything is allocated, the size that it promises is compared with that
of the file. Only numbers are read, so nothing is unpickled.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
from typing import Any, BinaryIO

import numpy as np

from negsamp.files.reading import open_file

__all__ = [
    "ArrayWriter",
    "check_room",
    "is_plain",
    "read_array",
    "read_header",
    "read_shape",
    "write_array",
]

LONGEST_HEADER = 1000  # bytes; those of plain arrays have 118


def is_plain(dtype: np.dtype) -> bool:
    """Whether a type is one that is read: integers or floats of at most 8 bytes."""
    return dtype.kind in "iuf" and dtype.itemsize <= 8


def read_header(file: BinaryIO) -> tuple[np.dtype, tuple[int, ...]]:
    """Read type and shape of an array, which the beginning of a ``.npy`` file promises.

    Raises
    ------
    ValueError
        If it is no such beginning, or not of integers or floats in C order.
    """
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("it has another version than 1.0")
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file, LONGEST_HEADER)
        np.broadcast_to(np.zeros((), dtype), shape)  # which fails if no array can have this shape
    except OSError:
        raise
    except Exception as error:  # NumPy's parser has many for a header that is odd
        reason = str(error).partition("\n")[0]
        raise ValueError(f"it does not begin as a .npy file does: {reason:.200}") from error
    if not is_plain(dtype) or is_fortran:
        raise ValueError(
            f"its header says type {dtype.str!r:.60}, shape {shape}, Fortran order {is_fortran}; "
            "it must be integers or floats of at most 8 bytes in C order"
        )
    return dtype, shape


def read_shape(path: str | os.PathLike[str]) -> tuple[np.dtype, tuple[int, ...]]:
    """Read type and shape of the array in a ``.npy`` file; raises as `read_array` does."""
    with open_file(path) as file:
        return _proven_header(file)


def read_array(path: str | os.PathLike[str], mmap: bool = False) -> np.ndarray:
    """Read an array of integers or floats from a ``.npy`` file, or map it.

    Returns
    -------
    ndarray
        C-contiguous; if read, in native byte order; if mapped, read-only.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no such file, or not as long as its header says.
    """
    with open_file(path) as file:
        dtype, shape = _proven_header(file)
        size = math.prod(shape)
        if mmap and size:
            return np.memmap(file, dtype, "r", file.tell(), shape)
        array = np.fromfile(file, dtype, size)
    return array.reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def write_array(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Write an array to a ``.npy`` file."""
    with open(path, "wb") as file:
        np.lib.format.write_array(
            file, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False
        )


class ArrayWriter:
    """A new ``.npy`` file that is written a piece at a time; its length is known at the end."""

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
    """Check that a folder's disk has room for `size` bytes; OSError says `what` needs them."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(
            errno.ENOSPC,
            f"{what} takes {size} bytes in {os.fspath(folder)!r}, where {free} are free",
        )


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
