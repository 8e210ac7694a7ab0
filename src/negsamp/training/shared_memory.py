"""Arrays in memory that processes share: one makes them, and others open them by their name.

On Windows it is memory that has a name for as long as a process uses it. Elsewhere it is a file, in
memory where the system offers that, which is gone with its processes where that can be.
"""

from __future__ import annotations

import errno
import math
import mmap
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import numpy as np

__all__ = ["Layout", "moved_out", "open_arrays", "shared_arrays"]

# Shape and dtype of each array. Types go to other processes as text: some functions of NumPy, as
# ``np.add.at``, are five times as slow with a dtype that was pickled.
Layout = dict[str, tuple[tuple[int, ...], str]]

OPEN_FILES = "/proc/self/fd"  # where Linux shows them; other processes can open them there
ALIGNMENT = 64  # bytes; a cache line
MOVED_AT_ONCE = 1 << 26  # bytes


@contextmanager
def shared_arrays(layout: Layout) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Arrays of zeros, and the name by which others open them within the context.

    This process may use the arrays for longer. OSError if there is no room for them.
    """
    size = _bytes(layout)
    if sys.platform == "win32":
        name = f"negsamp-{os.getpid()}-{secrets.token_hex(8)}"
        try:
            buffer = mmap.mmap(-1, size, tagname=name)
        except OSError as error:
            raise OSError(
                errno.ENOMEM,
                f"workers share {size} bytes, and Windows has no room for them in memory and "
                f"paging file ({error}); workers=1 shares none",
            ) from error
        yield name, _arrays(buffer, layout)
    else:
        with _file(size) as file:
            has_name = isinstance(file.name, str)
            name = file.name if has_name else f"/proc/{os.getpid()}/fd/{file.fileno()}"
            yield name, _arrays(mmap.mmap(file.fileno(), size), layout)


def open_arrays(name: str, layout: Layout) -> dict[str, np.ndarray]:
    """The arrays that another process shares."""
    size = _bytes(layout)
    if sys.platform == "win32":
        return _arrays(mmap.mmap(-1, size, tagname=name), layout)
    with open(name, "r+b") as file:
        return _arrays(mmap.mmap(file.fileno(), size), layout)


def moved_out(array: np.ndarray) -> np.ndarray:
    """A copy of an array, whose own memory is given back meanwhile if it is shared.

    So it is not in memory twice. What was shared is not used again: it may be zeros afterwards. A
    map of a file is left as it is.
    """
    buffer = cast(Any, array.base)
    is_shared = hasattr(buffer, "madvise") and not isinstance(array, np.memmap)
    if not is_shared or not hasattr(mmap, "MADV_REMOVE") or not array.nbytes:
        return np.array(array)
    copy = np.empty_like(array)
    first = array.ctypes.data - np.frombuffer(buffer, np.uint8).ctypes.data
    source, target = array.reshape(-1).view(np.uint8), copy.reshape(-1).view(np.uint8)
    given_back = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
    for at in range(0, array.nbytes, MOVED_AT_ONCE):
        end = min(at + MOVED_AT_ONCE, array.nbytes)
        target[at:end] = source[at:end]
        whole = (first + end) // mmap.PAGESIZE * mmap.PAGESIZE - given_back
        if whole > 0:
            with suppress(OSError):  # of a file on a disk that cannot have holes
                buffer.madvise(mmap.MADV_REMOVE, given_back, whole)
            given_back += whole
    return copy


def _file(size: int) -> Any:
    """A file of zeros that processes can map."""
    in_memory, on_disk = "/dev/shm", tempfile.gettempdir()
    has_room = os.path.isdir(in_memory) and shutil.disk_usage(in_memory).free > size
    folder = in_memory if has_room else on_disk
    free = shutil.disk_usage(folder).free
    if free <= size:  # a map of a file without room would end the process, not raise
        raise OSError(
            errno.ENOSPC,
            f"workers share {size} bytes, and {folder} has no room: {free} are free; workers=1 "
            "shares none",
        )
    file: Any
    if os.path.isdir(OPEN_FILES):  # without a name it is gone with the processes, however they end
        file = tempfile.TemporaryFile(dir=folder)
    else:
        file = tempfile.NamedTemporaryFile(prefix=f"negsamp-{os.getpid()}-", dir=folder)
    file.truncate(size)
    return file


def _arrays(buffer: mmap.mmap, layout: Layout) -> dict[str, np.ndarray]:
    if sys.platform != "win32" and hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # rows are met at random: large pages save look-ups
            buffer.madvise(mmap.MADV_HUGEPAGE)
    arrays, offset = {}, 0
    for name, (shape, dtype) in layout.items():
        arrays[name] = np.ndarray(shape, dtype, buffer, offset)
        offset += _padded(shape, dtype)
    return arrays


def _bytes(layout: Layout) -> int:
    return sum(_padded(*spec) for spec in layout.values())


def _padded(shape: tuple[int, ...], dtype: str) -> int:
    return max(1, -(-math.prod(shape) * np.dtype(dtype).itemsize // ALIGNMENT)) * ALIGNMENT
