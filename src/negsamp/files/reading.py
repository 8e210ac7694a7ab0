"""Files that may come from strangers: pipes and devices are refused, and sizes have a bound."""

from __future__ import annotations

import hashlib
import os
import stat
from io import BufferedReader

from negsamp.checks import check_path

__all__ = ["check_is_file", "digest_of", "open_file", "read_bytes"]


def check_is_file(path: str | os.PathLike[str]) -> None:
    """Check that a path leads to a regular file; FileNotFoundError if there is nothing.

    IsADirectoryError if it is a folder; ValueError if it is a pipe, a device or a socket, which may
    have no end or never answer.
    """
    check_path(path)
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder; it must be a file")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{os.fspath(path)!r} is a pipe, device or socket; it must be a file")


def open_file(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a regular file to read its bytes; raises as `check_is_file` does."""
    check_is_file(path)
    return open(path, "rb")


def read_bytes(path: str | os.PathLike[str], most: int | None = None) -> bytes:
    """Read a whole file; ValueError if it has more than `most` bytes, before they are read."""
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            raise ValueError(f"it has {size} bytes; {most} are allowed")
        return file.read(size)


def digest_of(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
