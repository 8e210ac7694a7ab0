"""One file, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from negsamp.arrayfile import flush_to_disk, sync_folder

__all__ = ["check_file_target", "write_whole"]


def check_file_target(path: str | os.PathLike[str], suffixes: Sequence[str]) -> Path:
    """Check, before the work, that `write_whole` may write a file.

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


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file, which appears complete or not at all; an older one is replaced.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is untouched.
    """
    target = Path(path).resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            flush_to_disk(file)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
    sync_folder(target.parent)


def _either(suffixes: Sequence[str]) -> str:
    *others, last = suffixes
    return f"{', '.join(others)} or {last}" if others else last


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
