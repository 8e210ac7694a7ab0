"""Words and their vectors as a folder of plain files, and those of a model's folder.

``vectors.npy`` is an array of any real type, ``vocabulary.txt`` has a line ``word count`` for each
of its rows (see `files.word_list`), and ``model.json`` the digests of the two. Where no word was
counted, all counts are 0.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np

from negsamp.files.folder import Format, check_is_target, explained, open_folder, write_folder
from negsamp.files.model_folder import MODEL, check_matrix
from negsamp.files.npy import read_array, read_shape
from negsamp.files.word_list import encode_words, read_words

__all__ = ["read_vectors", "write_vectors"]

VECTORS = Format(
    "negsamp vectors 1",
    "word vectors alone",
    ("vocabulary.txt", "vectors.npy"),
    ("words.json",),
)


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
    target = check_is_target(folder, VECTORS)
    check_matrix(vectors.dtype, vectors.shape)
    numbers = np.zeros(len(words), np.int64) if counts is None else counts
    files = {**encode_words(words, numbers, falling=False), "vectors.npy": vectors}
    write_folder(target, VECTORS, files, {})


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
    saved = open_folder(folder, VECTORS, MODEL)
    file, wanted = "vectors.npy", np.float32 if saved.kind is MODEL else None
    if mmap:  # before the words, whose digest tells if another folder has taken this one's place
        vectors = saved.read(file, read_array, True)
        dtype, shape = vectors.dtype, vectors.shape
    else:
        dtype, shape = saved.read(file, read_shape)
    V = explained(saved.path / file, check_matrix, dtype, shape, wanted)
    words_and_counts = read_words(saved, V, falling=saved.kind is MODEL)
    if not mmap:
        vectors = saved.read_array(file)
    return vectors, partial(_without_zeros, words_and_counts)


def _without_zeros(
    words_and_counts: Callable[[], tuple[list[Any], np.ndarray]],
) -> tuple[list[Any], np.ndarray | None]:
    words, counts = words_and_counts()
    return words, counts if counts.any() else None
