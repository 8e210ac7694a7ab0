"""One file, written whole or not at all."""

from __future__ import annotations

import gzip
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from negsamp.files.npy import flush_to_disk, sync_folder

__all__ = ["check_file_target", "writing"]


def check_file_target(path: str | os.PathLike[str], suffixes: Sequence[str]) -> Path:
    """Check, before the work, that `writing` may write a file.

    Parameters
    ----------
    path : path
        A new file, or an older one, in a folder that exists.
    suffixes : sequence of str
        The endings that its name may have, in lower case, with the dot.

    Returns
    -------
    pathlib.Path
        The file, absolute, links followed.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    FileNotFoundError, NotADirectoryError
        If there is no such folder.
    IsADirectoryError
        If the file is a folder.
    OSError
        If the folder cannot be written to.
    """
    target = Path(path).resolve()
    if target.suffix.lower() not in suffixes:
        raise ValueError(f"output is {os.fspath(path)!r}; its name must end in {_either(suffixes)}")
    if target.is_dir():
        raise IsADirectoryError(f"output {str(target)!r} is a folder; it must be a file")
    # os.access knows nothing of read-only file systems and lets root pass
    tempfile.TemporaryFile(dir=target.parent).close()
    return target


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write a file that takes its name only when it is complete; what had the name stays till then.

    Parameters
    ----------
    path : path
        With the suffix ``.gz``, what is written is packed; the same bytes give the same file.

    Raises
    ------
    OSError
        If it cannot be written; IsADirectoryError if it is a folder.
    ValueError
        If something that is no file has the name.
    """
    target = Path(path).resolve()
    if target.is_dir():
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder; it must be a file")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise ValueError(f"{os.fspath(path)!r} is a pipe, device or socket; it must be a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name:.50}-{secrets.token_hex(8)}")
    try:
        with open(aside, "xb") as raw:
            if target.suffix.lower() == ".gz":
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                    yield packed  # type: ignore[misc]
            else:
                yield raw
            flush_to_disk(raw)
        if target.exists():
            shutil.copymode(target, aside)
        os.replace(aside, target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _either(suffixes: Sequence[str]) -> str:
    *others, last = suffixes
    return f"{', '.join(others)} or {last}" if others else last
