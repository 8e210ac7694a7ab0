"""Arrays in ``.npy`` files, which may come from strangers.

A file's size is compared with what its header promises before anything is allocated, and nothing is
unpickled.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
from typing import Any

import numpy as np

__all__ = ["ArrayWriter", "check_room", "flush_to_disk", "read_array", "sync_folder", "write_array"]

MAGIC_AND_LENGTH = 10  # bytes: magic, version 1.0, and the header's length in two bytes
LONGEST_HEADER = 1000  # bytes; those of plain arrays have 118


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
    """
    with open(path, "rb") as file:
        dtype, shape = _read_header(file)
        start, size = file.tell(), os.fstat(file.fileno()).st_size
        wanted = math.prod(shape) * dtype.itemsize
        if size - start != wanted:
            raise ValueError(
                f"the header promises {wanted} bytes of numbers, shape {shape} and type {dtype}, "
                f"and {size - start} follow"
            )
        if mmap and wanted:
            return np.memmap(path, dtype, "r", start, shape)
        array = np.fromfile(file, dtype, math.prod(shape))
    if array.nbytes != wanted:
        raise ValueError(f"the file ended after {array.nbytes} of {wanted} bytes of numbers")
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


def _read_header(file: Any) -> tuple[np.dtype, tuple[int, ...]]:
    start = file.read(MAGIC_AND_LENGTH)
    if len(start) < MAGIC_AND_LENGTH or start[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError("it does not begin as a .npy file of version 1.0 does")
    length = int.from_bytes(start[8:], "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"its header has {length} bytes; {LONGEST_HEADER} are allowed")
    file.seek(8)
    try:
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # NumPy's parser raises many kinds for odd headers
        raise ValueError(f"its header is damaged: {error}") from error
    if is_fortran or dtype.kind not in "iuf" or dtype.itemsize > 8 or min(shape, default=0) < 0:
        raise ValueError(
            f"its header says type {dtype}, shape {shape}, Fortran order {is_fortran}; it must be "
            "integers or floats of at most 8 bytes in C order"
        )
    return dtype, shape
