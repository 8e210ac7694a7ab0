"""A model as a folder of plain files, written whole or not at all, read exactly or not at all.

``vectors.npy`` and ``context_vectors.npy`` are arrays that `numpy.load` reads without us,
``vocabulary.txt`` has a line ``word count`` for each of their rows, and ``model.json`` holds the
parameters, versions and the other files' digests. A word that such a line cannot carry (a number,
a tuple, a string with white space) stands in ``words.json`` under its row; its line in
``vocabulary.txt`` then has its JSON form without white space. No pickle anywhere.

A folder may come from a stranger. Names are those listed here, links may not lead out of it, and
what is allocated is in proportion to bytes that are there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from negsamp.arrayfile import (
    flush_to_disk,
    open_file,
    read_array,
    read_bytes,
    read_shape,
    sync_folder,
    write_array,
)
from negsamp.strictjson import parse_json
from negsamp.wordfile import count_lines, encode_words, most_apart, read_words

__all__ = ["SavedModelError", "check_target", "read_model", "write_model"]

FORMAT = "negsamp model 1"
ARRAYS = ("vectors", "context_vectors")
# What only some models have, columns of V numbers or of one: normalisers, a noise distribution of
# the user's own, and in checkpoints the optimizer's sums of squares and which rows are frozen.
COLUMNS = ("log_z", "noise", "squares_in", "squares_out", "squares_log_z", "frozen")
SINGLE = ("log_z", *ARRAYS)
TYPES = {name: np.dtype(np.float32 if name in SINGLE else np.float64) for name in ARRAYS + COLUMNS}
TYPES["frozen"] = np.dtype(np.uint8)
# In checkpoints, the like of others: those of the epoch with the lowest held-out loss.
BEST = {f"best_{name}": name for name in SINGLE}
TYPES |= dict.fromkeys(BEST, np.dtype(np.float32))
NEEDED = ("vocabulary.txt", *(f"{name}.npy" for name in ARRAYS))
OPTIONAL = ("words.json", *(f"{name}.npy" for name in (*COLUMNS, *BEST)))
LARGEST_VECTOR = 100_000  # numbers, as many as the parameter vector_size allows
# Of model.json: a million epochs, as many as are allowed, have as many losses.
LONGEST_RECORD = 1 << 25  # bytes
MOST_ITEMS = 1_100_000
MOST_CONTAINERS = 1000
AT_ONCE = 1 << 20  # numbers looked at together


class SavedModelError(ValueError):
    """A folder that holds no whole model; the message says what is wrong with it."""


def check_target(folder: str | os.PathLike[str]) -> Path:
    """Check that `write_model` may write a folder.

    Parameters
    ----------
    folder : path
        A new folder, an empty one, or one that holds an older model and nothing else.

    Returns
    -------
    pathlib.Path
        The folder, absolute, links followed.

    Raises
    ------
    FileExistsError
        If it is a file, or holds anything that is not a model.
    """
    target = Path(folder).resolve()
    if target.is_dir():
        if any(target.iterdir()) and not _is_model(target):
            raise FileExistsError(
                f"folder {str(target)!r} holds something that is not a model; choose another name"
            )
    elif target.exists():
        raise FileExistsError(f"folder {str(target)!r} is a file; choose another name")
    return target


def write_model(
    folder: str | os.PathLike[str],
    words: Sequence[Hashable],
    counts: np.ndarray,
    arrays: dict[str, np.ndarray],
    about: dict[str, Any],
) -> None:
    """Write a model to a folder, which appears complete or not at all.

    Parameters
    ----------
    folder : path
        A new folder, an empty one, or one that holds an older model, which is replaced.
    words : sequence, length V
    counts : ndarray, shape (V,)
        Integers, 1 or more, falling.
    arrays : dict
        ``"vectors"`` and ``"context_vectors"``, each (V, d) float32; perhaps ``"log_z"``, (1, 1) or
        (V, 1) float32, and others of `COLUMNS`, (V, 1) float64, but ``"squares_log_z"`` in the
        shape of ``"log_z"`` and ``"frozen"`` (V, 1) uint8; those of `BEST` are as what they are the
        best of. Finite.
    about : dict
        What else ``model.json`` shall hold; JSON values.

    Raises
    ------
    FileExistsError
        If the folder holds anything that is not a model.
    ValueError
        If anything is such that `read_model` would refuse it.
    """
    target = check_target(folder)
    lines, apart = encode_words(words, counts)
    V = _check_shapes({name: (array.dtype, array.shape) for name, array in arrays.items()})
    if V != len(words):
        raise ValueError(f"there are {len(words)} words, and 'vectors.npy' has {V} rows")
    for name, array in arrays.items():
        _check_finite(name, array)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        os.chmod(new, 0o777 & ~_umask())
        _write(new / "vocabulary.txt", lines)
        if apart:
            _write(new / "words.json", apart)
        for name in arrays:
            write_array(new / f"{name}.npy", arrays[name])
        digests = {file.name: _digest(file).hexdigest() for file in sorted(new.iterdir())}
        versions = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        }
        record = {"format": FORMAT, **about, "versions": versions, "sha256": digests}
        content = json.dumps(record, indent=1, allow_nan=False).encode()
        if len(content) > LONGEST_RECORD:
            raise ValueError(f"'model.json' has {len(content)} bytes; {LONGEST_RECORD} are allowed")
        _parse_record(content)
        _write(new / "model.json", content)
        _replace(target, new)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def read_model(
    folder: str | os.PathLike[str],
) -> tuple[list[Any], np.ndarray, dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_model` wrote.

    Returns
    -------
    words : list, length V
    counts : ndarray, shape (V,) int64
    arrays : dict of ndarray
        As they were given to `write_model`.
    about : dict
        All of ``model.json``.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    SavedModelError
        If a file is missing or damaged, or if the parts do not agree.
    OSError
        If a file cannot be read.
    MemoryError
        If all of it is there and the machine has no room for it.
    """
    path = Path(folder)
    if not path.is_dir():
        raise FileNotFoundError(f"{str(path)!r} is not a folder, so it holds no model")
    about, files = _read_about(path)
    stored = {name: files[f"{name}.npy"] for name in TYPES if f"{name}.npy" in files}
    shapes = {name: _explained(file, read_shape, file) for name, file in stored.items()}
    V = _explained(path, _check_shapes, shapes)
    digests = about["sha256"]
    # who claims many rows must have as many lines before the rows are looked at
    lines = files["vocabulary.txt"]
    digest = hashlib.sha256()
    n_lines = _explained(lines, count_lines, lines, V, digest.update)
    _check_digest(path / "vocabulary.txt", digest, digests)
    if n_lines != V:
        raise SavedModelError(
            f"{str(path / 'vocabulary.txt')!r} has {n_lines} lines, and 'vectors.npy' has {V} rows"
        )
    apart = files.get("words.json")
    if apart and apart.stat().st_size > (most := most_apart(lines.stat().st_size, V)):
        raise SavedModelError(f"{str(apart)!r} is longer than such words need, {most} bytes")
    for name in files:
        if name != "vocabulary.txt":
            digest = _explained(files[name], _digest, files[name])
            _check_digest(path / name, digest, digests)
    try:
        words, counts = read_words(lines, apart, V)
    except ValueError as error:
        raise SavedModelError(str(error)) from error
    arrays = {}
    for name, file in stored.items():
        array = arrays[name] = _explained(file, read_array, file)
        if (array.dtype, array.shape) != (TYPES[name], shapes[name][1]):
            raise SavedModelError(f"{str(file)!r} has changed while it was read")
        _explained(file, _check_finite, name, array)
    return words, counts, arrays, about


def _check_digest(path: Path, digest: Any, digests: Mapping[str, Any]) -> None:
    if digest.hexdigest() != digests[path.name]:
        raise SavedModelError(
            f"{str(path)!r} is not the file that was saved: its SHA-256 differs from the one in "
            "model.json"
        )


def _read_about(path: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    """What ``model.json`` says, and where the files are whose digests it has."""
    record, *_ = [_place(path, name) for name in ("model.json", *NEEDED)]
    content = _explained(record, read_bytes, record, LONGEST_RECORD)
    about = _explained(record, _parse_record, content, what="is not JSON")
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise SavedModelError(f"{str(path / 'model.json')!r} does not say {FORMAT!r} as its format")
    digests = about.get("sha256")
    if not isinstance(digests, dict) or not {*NEEDED} <= {*digests} <= {*NEEDED, *OPTIONAL}:
        raise SavedModelError(
            f"{str(path / 'model.json')!r} must have the digests of {', '.join(NEEDED)}, and "
            f"of {', '.join(OPTIONAL[:-1])} and {OPTIONAL[-1]} if there are such"
        )
    return about, {n: _place(path, n) for n in (*NEEDED, *OPTIONAL) if n in digests}


def _place(folder: Path, name: str) -> Path:
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


def _explained(path: Path, function: Any, *args: Any, what: str = "is damaged") -> Any:
    """What a function returns; its ValueError is a SavedModelError that names the file."""
    try:
        return function(*args)
    except ValueError as error:
        raise SavedModelError(f"{str(path)!r} {what}: {error}") from error


def _parse_record(content: bytes) -> Any:
    return parse_json(content, MOST_CONTAINERS, MOST_ITEMS)


def _is_model(folder: Path) -> bool:
    """Whether a folder holds a model and nothing else, so that nothing of value is replaced."""
    is_file = {file.name: file.is_file() for file in folder.iterdir()}
    known = {"model.json", *NEEDED, *OPTIONAL}
    if not {"model.json"} <= set(is_file) <= known or not all(is_file.values()):
        return False
    try:
        return _parse_record(read_bytes(folder / "model.json", LONGEST_RECORD))["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        return False


def _check_shapes(found: Mapping[str, tuple[np.dtype, tuple[int, ...]]]) -> int:
    """The number V of words, if types and shapes of the arrays agree."""
    for name, (dtype, shape) in found.items():
        if dtype.newbyteorder("=") != TYPES[name] or len(shape) != 2:
            raise ValueError(
                f"'{name}.npy' has shape {shape} and type {dtype}; it must have two dimensions of "
                f"{TYPES[name]}"
            )
    (V, d), other = (found[name][1] for name in ARRAYS)
    if other != (V, d):
        raise ValueError(
            f"'vectors.npy' has shape {(V, d)} and 'context_vectors.npy' has shape {other}; they "
            "must be the same"
        )
    if not 1 <= d <= LARGEST_VECTOR:
        raise ValueError(
            f"'vectors.npy' has shape {(V, d)}; vectors have 1 to {LARGEST_VECTOR} numbers"
        )
    for name in COLUMNS:
        shapes = {(1, 1), (V, 1)} if name.endswith("log_z") else {(V, 1)}
        if name in found and found[name][1] not in shapes:
            raise ValueError(f"'{name}.npy' has shape {found[name][1]}, and there are {V} words")
    for name, like in BEST.items():
        if name in found and found[name][1] != found.get(like, (None, ()))[1]:
            raise ValueError(f"'{name}.npy' has shape {found[name][1]}, unlike '{like}.npy'")
    return V


def _check_finite(name: str, array: np.ndarray) -> None:
    rows = max(1, AT_ONCE // max(1, array.shape[1]))
    for start in range(0, len(array), rows):
        is_finite = np.isfinite(array[start : start + rows]).all(axis=1)
        if not is_finite.all():
            row = start + int(is_finite.argmin())
            raise ValueError(f"row {row} of '{name}.npy' is not finite: {array[row]!s:.60}")


def _replace(target: Path, new: Path) -> None:
    """Give a finished folder its name; an older model makes way, and comes back on failure."""
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


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        flush_to_disk(file)


def _digest(path: Path) -> Any:
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
