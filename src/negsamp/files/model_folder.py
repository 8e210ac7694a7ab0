"""A model as a folder of plain files, written whole or not at all, read exactly or not at all.

``vectors.npy`` and ``context_vectors.npy`` are arrays that `numpy.load` reads without us,
``vocabulary.txt`` has a line ``word count`` for each of their rows, and ``model.json`` holds the
parameters, versions and the other files' digests. A word that such a line cannot carry (a number,
a tuple, a string with white space) stands in ``words.json`` under its row; its line in
``vocabulary.txt`` then has its JSON form without white space. No pickle anywhere.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.errors import SavedModelError
from negsamp.files.folder import (
    Format,
    check_digest,
    check_is_target,
    digest_of,
    digests_of,
    explained,
    place_of,
    read_record,
    write_bytes,
    write_folder,
)
from negsamp.files.npy import read_array, read_bytes, read_shape, write_array
from negsamp.files.word_list import count_lines, encode_words, most_apart, parse_words

__all__ = [
    "LARGEST_VECTOR",
    "MODEL",
    "SavedModelError",
    "check_finite",
    "check_target",
    "read_model",
    "word_writers",
    "words_of",
    "write_model",
]

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
MODEL = Format(FORMAT, NEEDED, OPTIONAL)
LARGEST_VECTOR = 100_000  # numbers, as many as the parameter vector_size allows
AT_ONCE = 1 << 20  # numbers looked at together


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
    return check_is_target(folder, MODEL, "a model")


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
        check_finite(name, array)
    writers = word_writers(lines, apart)
    for name, array in arrays.items():
        writers[f"{name}.npy"] = partial(write_array, array=array)
    write_folder(target, MODEL, writers, about)


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
    about = read_record(path)
    if about.get("format") != FORMAT:
        raise SavedModelError(
            f"{str(path / 'model.json')!r} does not say {FORMAT!r} as its format, but "
            f"{about.get('format')!r:.60}"
        )
    needed = {name: place_of(path, name) for name in NEEDED}
    digests = digests_of(path, MODEL, about)
    files = needed | {name: place_of(path, name) for name in OPTIONAL if name in digests}
    stored = {name: files[f"{name}.npy"] for name in TYPES if f"{name}.npy" in files}
    shapes = {name: explained(file, read_shape, file) for name, file in stored.items()}
    V = explained(path, _check_shapes, shapes)
    # who claims many rows must have as many lines before the rows are looked at
    words_and_counts = words_of(path, files, digests, V)
    for name, file in stored.items():
        check_digest(path / f"{name}.npy", explained(file, digest_of, file), digests)
    words, counts = words_and_counts()
    arrays = {}
    for name, file in stored.items():
        array = arrays[name] = explained(file, read_array, file)
        if (array.dtype, array.shape) != (TYPES[name], shapes[name][1]):
            raise SavedModelError(f"{str(file)!r} has changed while it was read")
        explained(file, check_finite, name, array)
    return words, counts, arrays, about


def word_writers(lines: bytes, apart: bytes) -> dict[str, Callable[[Path], None]]:
    """How the files of words are written, from what `encode_words` returns."""
    writers: dict[str, Callable[[Path], None]]
    writers = {"vocabulary.txt": partial(write_bytes, content=lines)}
    if apart:
        writers["words.json"] = partial(write_bytes, content=apart)
    return writers


def words_of(
    path: Path, files: Mapping[str, Path], digests: Mapping[str, Any], V: int, falling: bool = True
) -> Callable[[], tuple[list[Any], np.ndarray]]:
    """Words and counts of a folder, which are parsed when they are called for.

    Sizes and digests are checked at once; what is called later depends on no file.

    Parameters
    ----------
    path : pathlib.Path
    files : mapping
        Where ``"vocabulary.txt"`` is, and ``"words.json"`` if there is one.
    digests : mapping
        Theirs, by name.
    V : int
        Number of rows.
    falling : bool
        Whether counts are 1 or more and do not rise, or else 0 or more.

    Raises
    ------
    SavedModelError
        That names the file, and when they are called for the line.
    """
    lines, apart = files["vocabulary.txt"], files.get("words.json")
    n_lines = explained(lines, count_lines, lines, V)
    content = explained(lines, read_bytes, lines, lines.stat().st_size)
    check_digest(path / "vocabulary.txt", hashlib.sha256(content), digests)
    if n_lines != V:
        raise SavedModelError(
            f"{str(path / 'vocabulary.txt')!r} has {n_lines} lines, and 'vectors.npy' has {V} rows"
        )
    more = None
    if apart is not None:
        most = most_apart(len(content), V)
        if apart.stat().st_size > most:
            raise SavedModelError(f"{str(apart)!r} is longer than such words need, {most} bytes")
        more = explained(apart, read_bytes, apart, most)
        check_digest(path / "words.json", hashlib.sha256(more), digests)
    return partial(_parse, content, more, V, (str(lines), str(apart)), falling)


def _parse(*args: Any) -> tuple[list[Any], np.ndarray]:
    try:
        return parse_words(*args)
    except ValueError as error:
        raise SavedModelError(str(error)) from error


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


def check_finite(name: str, array: np.ndarray) -> None:
    """Check that all numbers of an array (n, m) are finite, some rows at a time.

    Raises
    ------
    ValueError
        That names the file ``name.npy`` and the row.
    """
    rows = max(1, AT_ONCE // max(1, array.shape[1]))
    for start in range(0, len(array), rows):
        is_finite = np.isfinite(array[start : start + rows]).all(axis=1)
        if not is_finite.all():
            row = start + int(is_finite.argmin())
            raise ValueError(f"row {row} of '{name}.npy' is not finite: {array[row]!s:.60}")
