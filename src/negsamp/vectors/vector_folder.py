"""Words and their vectors as a folder of plain files, and those of a model's folder.

``vectors.npy`` is an array of any real type, ``vocabulary.txt`` has a line ``word count`` for each
of its rows (see `files.word_list`), and ``model.json`` the digests of the two. Where no word was
counted, all counts are 0.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
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
    write_folder,
)
from negsamp.files.model_folder import LARGEST_VECTOR, MODEL, check_finite, word_writers, words_of
from negsamp.files.npy import TYPES, read_array, read_shape, write_array
from negsamp.files.word_list import encode_words

__all__ = ["read_vectors", "write_vectors"]

FILES = ("vocabulary.txt", "vectors.npy")
VECTORS = Format("negsamp vectors 1", FILES, ("words.json",))


def write_vectors(
    folder: str | os.PathLike[str],
    words: Sequence[Hashable],
    counts: np.ndarray | None,
    vectors: np.ndarray,
) -> None:
    """Write words and vectors to a folder, which appears complete or not at all.

    Parameters
    ----------
    folder : path
        A new folder, an empty one, or one that holds older vectors and nothing else.
    words : sequence, length V
    counts : ndarray, shape (V,), or None
        Integers, 0 or more.
    vectors : ndarray, shape (V, d)
        Integers or floats of at most 8 bytes, finite.

    Raises
    ------
    FileExistsError
        If the folder holds anything that is not vectors alone, a model too.
    ValueError
        If anything is such that `read_vectors` would refuse it.
    """
    target = check_is_target(folder, VECTORS, "word vectors alone")
    _check_shape(vectors.dtype, vectors.shape, None)
    numbers = np.zeros(len(words), np.int64) if counts is None else counts
    lines, apart = encode_words(words, numbers, falling=False)
    check_finite("vectors", vectors)
    writers = word_writers(lines, apart)
    writers["vectors.npy"] = partial(write_array, array=vectors)
    write_folder(target, VECTORS, writers, {})


def read_vectors(
    folder: str | os.PathLike[str], mmap: bool
) -> tuple[np.ndarray, Callable[[], tuple[list[Any], np.ndarray | None]]]:
    """Read what `write_vectors` wrote, or the words and vectors of a model.

    Parameters
    ----------
    folder : path
    mmap : bool
        Map the matrix, read-only, in place of reading it; its numbers are not looked at then.

    Returns
    -------
    vectors : ndarray, shape (V, d)
    words_and_counts : callable
        Returns the list of V words, and (V,) int64, or None where all counts are 0. It parses
        what was read and checked here, and depends on no file.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    SavedModelError
        If a file is missing or damaged, or if the parts do not agree; from `words_and_counts` if
        a line that has the right digest is none.
    OSError
        If a file cannot be read.
    MemoryError
        If all of it is there and the machine has no room for it.
    """
    path = Path(folder)
    about = read_record(path)
    kind = {form.name: form for form in (VECTORS, MODEL)}.get(str(about.get("format")))
    if kind is None:
        raise SavedModelError(
            f"{str(path / 'model.json')!r} says {about.get('format')!r:.60} as its format; it must "
            f"be {VECTORS.name!r} or {MODEL.name!r}"
        )
    digests = digests_of(path, kind, about)
    names = [*FILES, *(name for name in VECTORS.optional if name in digests)]
    files = {name: place_of(path, name) for name in names}
    file = files["vectors.npy"]
    found = explained(file, read_shape, file)
    V = explained(file, _check_shape, *found, np.float32 if kind is MODEL else None)
    words_and_counts = words_of(path, files, digests, V, falling=kind is MODEL)
    if not mmap:
        check_digest(path / "vectors.npy", explained(file, digest_of, file), digests)
    vectors = explained(file, read_array, file, mmap)
    if (vectors.dtype.newbyteorder("="), vectors.shape) != (found[0].newbyteorder("="), found[1]):
        raise SavedModelError(f"{str(file)!r} has changed while it was read")
    if not mmap:
        explained(file, check_finite, "vectors", vectors)
    return vectors, partial(_without_zeros, words_and_counts)


def _without_zeros(
    words_and_counts: Callable[[], tuple[list[Any], np.ndarray]],
) -> tuple[list[Any], np.ndarray | None]:
    words, counts = words_and_counts()
    return words, counts if counts.any() else None


def _check_shape(dtype: np.dtype, shape: tuple[int, ...], wanted: Any) -> int:
    """The number V of rows."""
    is_wanted = dtype in TYPES.values() if wanted is None else dtype.newbyteorder("=") == wanted
    if not is_wanted or len(shape) != 2 or not 1 <= shape[1] <= LARGEST_VECTOR:
        kinds = "integers or floats of at most 8 bytes" if wanted is None else np.dtype(wanted)
        raise ValueError(
            f"'vectors.npy' has shape {shape} and type {dtype}; it must have two dimensions of "
            f"{kinds}, and vectors of 1 to {LARGEST_VECTOR} numbers"
        )
    return shape[0]
