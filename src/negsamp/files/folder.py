"""A folder of plain files with a record of them, written whole or not at all.

``model.json`` says what the folder is (its format) and has the SHA-256 of every other file. A
folder may come from a stranger: names are those that its format has, links may not lead out of it,
and what is allocated is in proportion to bytes that are there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy

from negsamp.errors import SavedModelError
from negsamp.files.npy import flush_to_disk, open_file, read_bytes, sync_folder
from negsamp.files.strict_json import parse_json

__all__ = [
    "Format",
    "check_digest",
    "check_is_target",
    "digest_of",
    "digests_of",
    "explained",
    "place_of",
    "read_record",
    "write_bytes",
    "write_folder",
]

RECORD = "model.json"
# Of the record: a million epochs, as many as are allowed, have as many losses.
LONGEST_RECORD = 1 << 25  # bytes
MOST_ITEMS = 1_100_000
MOST_CONTAINERS = 1000


class Format(NamedTuple):
    """What a kind of folder is called, and the files it has beside the record."""

    name: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]


def check_is_target(folder: str | os.PathLike[str], kind: Format, what: str) -> Path:
    """Check that a folder may be written.

    Parameters
    ----------
    folder : path
        A new folder, an empty one, or one that holds an older one of the same kind and nothing
        else.
    kind : Format
    what : str
        What such a folder holds, for the message.

    Returns
    -------
    pathlib.Path
        The folder, absolute, links followed.

    Raises
    ------
    FileExistsError
        If it is a file, or holds anything else.
    """
    target = Path(folder).resolve()
    if target.is_dir():
        if any(target.iterdir()) and not _is_of_kind(target, kind):
            raise FileExistsError(
                f"folder {str(target)!r} holds something that is not {what}; choose another name"
            )
    elif target.exists():
        raise FileExistsError(f"folder {str(target)!r} is a file; choose another name")
    return target


def write_folder(
    target: Path,
    kind: Format,
    writers: Mapping[str, Callable[[Path], Any]],
    about: Mapping[str, Any],
) -> None:
    """Write files and their record to a folder, which appears complete or not at all.

    Parameters
    ----------
    target : pathlib.Path
        What `check_is_target` returned.
    kind : Format
    writers : mapping
        For each file a function that writes it, given its path.
    about : mapping
        What else the record shall hold; JSON values.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        os.chmod(new, 0o777 & ~_umask())
        for name, write in writers.items():
            write(new / name)
        digests = {file.name: digest_of(file).hexdigest() for file in sorted(new.iterdir())}
        versions = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        }
        record = {"format": kind.name, **about, "versions": versions, "sha256": digests}
        content = json.dumps(record, indent=1, allow_nan=False).encode()
        if len(content) > LONGEST_RECORD:
            raise ValueError(f"{RECORD!r} has {len(content)} bytes; {LONGEST_RECORD} are allowed")
        _parse_record(content)
        write_bytes(new / RECORD, content)
        _replace(target, new)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def read_record(path: Path) -> dict[str, Any]:
    """What the record of a folder says, ``"format"`` among other things.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    SavedModelError
        If the record is missing or is no JSON.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"{str(path)!r} is not a folder, so it holds no model")
    record = place_of(path, RECORD)
    content = explained(record, read_bytes, record, LONGEST_RECORD)
    about = explained(record, _parse_record, content, what="is not JSON")
    return about if isinstance(about, dict) else {}


def digests_of(path: Path, kind: Format, about: Mapping[str, Any]) -> dict[str, Any]:
    """The digests that a record has, by file.

    Raises
    ------
    SavedModelError
        If they are not of the files that such a folder has.
    """
    digests = about.get("sha256")
    needed, known = {*kind.needed}, {*kind.needed, *kind.optional}
    if not isinstance(digests, dict) or not needed <= {*digests} <= known:
        *others, last = kind.optional
        more = f"{', '.join(others)} and {last}" if others else last
        raise SavedModelError(
            f"{str(path / RECORD)!r} must have the digests of {', '.join(kind.needed)}, and of "
            f"{more} if there are such"
        )
    return digests


def place_of(folder: Path, name: str) -> Path:
    """Where a file of the folder is, links followed."""
    try:
        place = (folder / name).resolve(strict=True)
    except FileNotFoundError:
        raise SavedModelError(f"{str(folder)!r} lacks the file {name}") from None
    except (RuntimeError, OSError) as error:  # links in a circle are the first before Python 3.13
        if isinstance(error, OSError) and error.errno != errno.ELOOP:
            raise
        raise SavedModelError(f"{str(folder / name)!r} is a link to itself") from error
    if place.parent != folder.resolve():
        raise SavedModelError(
            f"{str(folder / name)!r} leads out of the folder, to {str(place)!r}; a model's files "
            "must be in its folder"
        )
    if not place.is_file():
        raise SavedModelError(f"{str(folder / name)!r} is a folder, pipe or device, and no file")
    return place


def check_digest(path: Path, digest: Any, digests: Mapping[str, Any]) -> None:
    """Check a file's digest against the record's.

    Raises
    ------
    SavedModelError
        If the two differ.
    """
    if digest.hexdigest() != digests[path.name]:
        raise SavedModelError(
            f"{str(path)!r} is not the file that was saved: its SHA-256 differs from the one in "
            "model.json"
        )


def explained(path: Path, function: Any, *args: Any, what: str = "is damaged") -> Any:
    """What a function returns; its ValueError is a SavedModelError that names the file."""
    try:
        return function(*args)
    except ValueError as error:
        raise SavedModelError(f"{str(path)!r} {what}: {error}") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, down to the disk."""
    with open(path, "wb") as file:
        file.write(content)
        flush_to_disk(file)


def digest_of(path: Path) -> Any:
    """SHA-256 of a file, as `hashlib` has it."""
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest


def _parse_record(content: bytes) -> Any:
    return parse_json(content, MOST_CONTAINERS, MOST_ITEMS)


def _is_of_kind(folder: Path, kind: Format) -> bool:
    """Whether a folder holds such files and nothing else, so that nothing of value is replaced."""
    is_file = {file.name: file.is_file() for file in folder.iterdir()}
    known = {RECORD, *kind.needed, *kind.optional}
    if not {RECORD} <= set(is_file) <= known or not all(is_file.values()):
        return False
    try:
        about = _parse_record(read_bytes(folder / RECORD, LONGEST_RECORD))
        return about["format"] == kind.name
    except (ValueError, KeyError, TypeError):
        return False


def _replace(target: Path, new: Path) -> None:
    """Give a finished folder its name; an older one makes way, and comes back on failure."""
    sync_folder(new)
    if not target.exists():
        os.rename(new, target)
        sync_folder(target.parent)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    try:
        os.rename(target, old / target.name)
        try:
            os.rename(new, target)
        except BaseException:
            os.rename(old / target.name, target)
            raise
        sync_folder(target.parent)
    finally:
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
