"""A folder of plain files with a record of them, which appears whole or not at all.

``model.json`` says what the folder is (its format) and has the SHA-256 of every other file. A
folder may come from a stranger: it has only files that its format names, links may not lead out of
it, and no more is allocated than is in proportion to the bytes that are there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy

from negsamp.checks import check_path, first_row_not_finite
from negsamp.errors import SavedModelError
from negsamp.files.atomic import writing_folder
from negsamp.files.kinds import kind_of_file
from negsamp.files.npy import read_array, write_array
from negsamp.files.reading import digest_of, read_bytes
from negsamp.files.strict_json import parse_json

__all__ = ["Format", "SavedFolder", "check_is_target", "explained", "open_folder", "write_folder"]

RECORD = "model.json"
# Limits of the record: a million epochs, as many as are allowed, have as many losses.
LONGEST_RECORD = 1 << 25  # bytes
MOST_ITEMS = 1_100_000
MOST_CONTAINERS = 1000


class Format(NamedTuple):
    """A kind of folder: its name in the record and in messages, its files beside the record."""

    name: str
    what: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]


class SavedFolder(NamedTuple):
    """A folder whose record, `about`, has been read; `digests` are those of the other files."""

    path: Path
    kind: Format
    about: dict[str, Any]
    digests: dict[str, str]

    def read(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function with the place of a file; its ValueError becomes a SavedModelError."""
        place = _place_of(self.path, name)
        return explained(place, function, place, *args)

    def read_bytes(self, name: str, most: int | None) -> bytes:
        """Read a file of at most so many bytes, which must have the digest of the record."""
        content = self.read(name, read_bytes, most)
        self._check_digest(name, hashlib.sha256(content).hexdigest())
        return content

    def read_array(self, name: str) -> np.ndarray:
        """Read an array, which must have the digest of the record and be finite."""
        self._check_digest(name, self.read(name, digest_of))
        array = self.read(name, read_array)
        explained(self.path / name, _check_finite, name, array)
        return array

    def _check_digest(self, name: str, digest: str) -> None:
        if digest != self.digests[name]:
            raise SavedModelError(
                f"{str(self.path / name)!r} is not the file that was saved: its SHA-256 differs "
                f"from the one in {RECORD}"
            )


def open_folder(folder: str | os.PathLike[str], *kinds: Format) -> SavedFolder:
    """Read the record of a folder that is of one of some kinds.

    FileNotFoundError if there is no such folder; SavedModelError if the record is missing, is no
    JSON, says another format or has digests of other files.
    """
    check_path(folder, "folder")
    path = Path(folder)
    if path.is_file():
        what = kind_of_file(path)
        told = f"it is {what}" if what else "open_vectors reads files of vectors"
        raise NotADirectoryError(f"{str(path)!r} is a file, and a saved model is a folder; {told}")
    if not path.is_dir():
        raise FileNotFoundError(f"{str(path)!r} is not a folder, so it holds no model")
    record = _place_of(path, RECORD)
    about = explained(record, _parse_record, record, what="is not JSON")
    named = about.get("format") if isinstance(about, dict) else None
    kind = next((kind for kind in kinds if kind.name == named), None)
    if kind is None:
        allowed = " or ".join(repr(kind.name) for kind in kinds)
        raise SavedModelError(
            f"{str(path / RECORD)!r} says {named!r:.60} as its format; it must be {allowed}"
        )
    digests = about.get("sha256")
    needed, known = {*kind.needed}, {*kind.needed, *kind.optional}
    if not isinstance(digests, dict) or not needed <= {*digests} <= known:
        raise SavedModelError(
            f"{str(path / RECORD)!r} must have the digests of {', '.join(kind.needed)}, and may "
            f"have those of {', '.join(kind.optional)}"
        )
    return SavedFolder(path, kind, about, digests)


def check_is_target(folder: str | os.PathLike[str], kind: Format) -> Path:
    """Check that a folder may be written, and return its real path.

    It must be new or empty, or hold an older one of its kind and nothing else; FileExistsError if
    it is a file or holds anything else.
    """
    check_path(folder, "folder")
    target = Path(folder).resolve()
    if target.is_dir():
        other = _what_else(target, kind)
        if other is not None:
            raise FileExistsError(
                f"folder {str(target)!r} holds something that is not {kind.what}: {other}; choose "
                "another name"
            )
    elif target.exists():
        raise FileExistsError(f"folder {str(target)!r} is a file; choose another name")
    if _format_of(target.parent):
        beside = target.parent.with_name(f"{target.parent.name}-{target.name}")
        raise FileExistsError(
            f"folder {str(target)!r} would lie in that of a saved model, which must hold nothing "
            f"else; choose a name beside it, such as {str(beside)!r}"
        )
    return target


def write_folder(
    target: Path, kind: Format, files: Mapping[str, Any], about: Mapping[str, Any]
) -> None:
    """Write files and their record to a folder, which appears complete or not at all.

    The target is what `check_is_target` returned. A file's content is bytes, or for a ``.npy``
    file an array, which must be finite; `about` is what else the record holds, as JSON values.
    """
    for name, content in files.items():
        if not isinstance(content, bytes):
            _check_finite(name, content)
    with writing_folder(target, replace=True) as new:
        for name, content in files.items():
            if isinstance(content, bytes):
                (new / name).write_bytes(content)
            else:
                write_array(new / name, content)
        versions = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        }
        digests = {name: digest_of(new / name) for name in sorted(files)}
        record = {"format": kind.name, **about, "versions": versions, "sha256": digests}
        (new / RECORD).write_bytes(json.dumps(record, indent=1, allow_nan=False).encode())
        _parse_record(new / RECORD)  # what could not be read is not written


def explained(path: Path, function: Any, *args: Any, what: str = "is damaged") -> Any:
    """Call a function; its ValueError becomes a SavedModelError that names the file."""
    try:
        return function(*args)
    except ValueError as error:
        raise SavedModelError(f"{str(path)!r} {what}: {error}") from error


def _parse_record(path: Path) -> Any:
    return parse_json(read_bytes(path, LONGEST_RECORD), MOST_CONTAINERS, MOST_ITEMS)


def _check_finite(name: str, array: np.ndarray) -> None:
    row = first_row_not_finite(array)
    if row is not None:
        raise ValueError(f"row {row} of {name!r} is not finite: {array[row]!s:.60}")


def _place_of(folder: Path, name: str) -> Path:
    """Where a file of the folder is, with links followed."""
    try:
        place = Path(os.path.realpath(folder / name, strict=True))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ELOOP):
            raise
        raise SavedModelError(f"{str(folder)!r} lacks the file {name}") from error
    if place.parent != folder.resolve():
        raise SavedModelError(
            f"{str(folder / name)!r} leads out of the folder, to {str(place)!r}; a model's files "
            "must be in its folder"
        )
    if not place.is_file():
        raise SavedModelError(f"{str(folder / name)!r} is a folder, pipe or device, and no file")
    return place


def _what_else(folder: Path, kind: Format) -> str | None:
    """What a folder holds that is no older folder of a kind, which alone may be replaced."""
    files = sorted(folder.iterdir())
    if not files:
        return None
    name = _format_of(folder)
    if name and name != kind.name:
        is_model = name.startswith("negsamp model")
        hint = ", whose vectors KeyedVectors.load reads as they are" if is_model else ""
        return f"it is {name!r:.60}{hint}"
    known = {RECORD, *kind.needed, *kind.optional}
    odd = [file.name for file in files if file.name not in known or not file.is_file()]
    if odd:
        return f"{odd[0]!r:.100} is no part of it"
    try:
        open_folder(folder, kind)
    except SavedModelError as error:
        return str(error)
    return None


def _format_of(folder: Path) -> str | None:
    """The format that a folder's record names, if this library wrote it."""
    try:
        about = _parse_record(folder / RECORD)
    except (OSError, ValueError):
        return None
    name = about.get("format") if isinstance(about, dict) else None
    return name if isinstance(name, str) and name.startswith("negsamp ") else None
