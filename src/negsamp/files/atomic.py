"""Files and folders that take their name when they are complete, or never.

Each is written beside its place, flushed to the disk, and renamed. Whatever stops the writer, what
had the name before stays until then.
"""

from __future__ import annotations

import gzip
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from negsamp.checks import check_path
from negsamp.files.reading import check_is_file

__all__ = ["check_file_target", "writing", "writing_folder"]


def check_file_target(path: str | os.PathLike[str], suffixes: Sequence[str]) -> Path:
    """Check, before the work begins, that `writing` may write a file, and return its real path.

    ValueError if its name has none of the suffixes, which are in lower case and have the dot;
    OSError if it is a folder, or lies in one that does not exist or cannot be written to.
    """
    check_path(path)
    target = Path(path).resolve()
    if target.suffix.lower() not in suffixes:
        *others, last = suffixes
        allowed = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"output is {os.fspath(path)!r}; its name must end in {allowed}")
    if target.is_dir():
        raise IsADirectoryError(f"output {str(target)!r} is a folder; it must be a file")
    try:
        # os.access knows nothing of read-only file systems and lets root pass
        tempfile.TemporaryFile(dir=target.parent).close()
    except OSError as error:  # which names the temporary file
        raise OSError(error.errno, error.strerror, str(target.parent)) from None
    return target


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write a file, which takes its name, or replaces an older one, only when it is complete.

    With the suffix ``.gz`` the content is compressed; the same content gives the same file. OSError
    if it cannot be written; ValueError if a pipe, a device or a socket has the name.
    """
    check_path(path)
    target = Path(path).resolve()
    if target.exists():
        check_is_file(path)
    aside = _place_beside(target)
    try:
        with open(aside, "xb") as raw:
            if target.suffix.lower() == ".gz":
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as compressed:
                    yield compressed  # type: ignore[misc]
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        if target.exists():
            shutil.copymode(target, aside)
        os.replace(aside, target)
    except BaseException as error:
        aside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(aside):
            raise OSError(error.errno, error.strerror, str(target)) from None
        raise
    _sync_folder(target.parent)


@contextmanager
def writing_folder(path: str | os.PathLike[str], replace: bool = False) -> Iterator[Path]:
    """Fill the folder that is yielded with files; it takes its name only when it is complete.

    An older folder of that name makes way if `replace` is set; if not, FileExistsError is raised.
    """
    check_path(path)
    target = Path(path).resolve()
    aside = _place_beside(target)
    aside.mkdir()
    try:
        yield aside
        for file in aside.iterdir():
            with open(file, "r+b") as written:
                os.fsync(written.fileno())
        _sync_folder(aside)
        old = _place_beside(target)
        if replace and target.exists():
            os.rename(target, old)
        try:
            os.rename(aside, target)
        except BaseException as error:
            if old.exists():
                os.rename(old, target)
            elif isinstance(error, OSError) and target.exists():
                message = f"folder {str(target)!r} is there already; choose another name"
                raise FileExistsError(message) from None
            raise
        _sync_folder(target.parent)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _place_beside(target: Path) -> Path:
    """A name that is not taken, in the same folder, and so on the same file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{target.name:.50}-{secrets.token_hex(8)}")


def _sync_folder(folder: Path) -> None:
    """Have the system write a folder's list of files."""
    if os.name == "nt":  # which cannot open a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
