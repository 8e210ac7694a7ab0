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
from negsamp.files.word_list import encode_words, read_words, texts_of

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
    keys: Callable[[Any], str] | None = None,
) -> None:
    """Write words and vectors to a folder, which appears complete or not at all.

    The folder must be new or empty, or hold older vectors and nothing else; FileExistsError if it
    holds anything else, a model too. Counts are integers, 0 or more; vectors (V, d) are finite
    integers or floats of at most 8 bytes. ValueError for what `read_vectors` would refuse.
    """
    target = check_is_target(folder, VECTORS)
    check_matrix(vectors.dtype, vectors.shape)
    numbers = np.zeros(len(words), np.int64) if counts is None else counts
    files = {**encode_words(texts_of(words, keys), numbers, least=0), "vectors.npy": vectors}
    write_folder(target, VECTORS, files, {})


def read_vectors(
    folder: str | os.PathLike[str], mmap: bool
) -> tuple[np.ndarray, Callable[[], tuple[list[Any], np.ndarray | None]]]:
    """Read what `write_vectors` wrote, or the words and vectors of a model.

    Returns the vectors (V, d), and a function that gives the list of V words and their counts,
    (V,) int64, or None where all are 0. It parses what was read and checked here, and depends on
    no file. With `mmap` the matrix is mapped, read-only, and its numbers are not looked at.

    FileNotFoundError if there is no such folder; SavedModelError if a file is missing or damaged,
    or if the parts do not agree, and from the function if a line with the right digest is none.
    """
    saved = open_folder(folder, VECTORS, MODEL)
    file, wanted = "vectors.npy", np.float32 if saved.kind is MODEL else None
    if mmap:  # before the words, whose digest tells if another folder has taken this one's place
        vectors = saved.read(file, read_array, True)
        dtype, shape = vectors.dtype, vectors.shape
    else:
        dtype, shape = saved.read(file, read_shape)
    V = explained(saved.path / file, check_matrix, dtype, shape, wanted)
    words_and_counts = read_words(saved, V, least=int(saved.kind is MODEL))
    if not mmap:
        vectors = saved.read_array(file)
    return vectors, partial(_without_zeros, words_and_counts)


def _without_zeros(
    words_and_counts: Callable[[], tuple[list[Any], np.ndarray]],
) -> tuple[list[Any], np.ndarray | None]:
    words, counts = words_and_counts()
    return words, counts if counts.any() else None
