"""Words and their matrix, with a row for each word.

The matrix is read-only, so that the norms of its rows are computed once. It may lie in a file; its
words are then read when they are first needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from negsamp.checks import check_integer
from negsamp.errors import UnknownWordError
from negsamp.vectors.cosines import row_norms, unit_rows
from negsamp.vectors.vector_folder import read_vectors, write_vectors

__all__ = ["WordVectors", "first_rows", "most_frequent"]


class WordVectors:
    """Words, their vectors and their counts; `KeyedVectors` adds the questions."""

    # Reads words and counts that are not needed yet; None when they are known.
    _unread: Callable[[], tuple[list[Any], np.ndarray | None]] | None = None
    # The norms of the first rows, as many as a question has needed.
    _norms: np.ndarray | None = None

    def __init__(
        self,
        keys: Sequence[Hashable],
        vectors: Any,
        counts: Sequence[int] | np.ndarray | None = None,
    ) -> None:
        matrix = np.asanyarray(vectors).view()
        self.index_to_key = list(keys)
        if matrix.ndim != 2 or len(matrix) != len(self.index_to_key):
            raise ValueError(
                f"vectors has shape {matrix.shape}; {len(self.index_to_key)} keys need "
                f"({len(self.index_to_key)}, vector_size)"
            )
        if matrix.dtype.kind not in "biuf":
            raise ValueError(f"vectors has type {matrix.dtype}; it must be of real numbers")
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        if len(self.key_to_index) != len(self.index_to_key):
            twice = next(k for i, k in enumerate(self.index_to_key) if self.key_to_index[k] != i)
            raise ValueError(
                f"keys holds {twice!r:.60} more than once; each key may stand for one row"
            )
        self.counts = None if counts is None else np.array(counts, dtype=np.int64)
        if self.counts is not None and self.counts.shape != (len(matrix),):
            raise ValueError(f"counts has shape {self.counts.shape}; it must be ({len(matrix)},)")
        matrix.flags.writeable = False
        self.vectors: np.ndarray = matrix

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write words, vectors and counts to a folder of plain files.

        These are ``vectors.npy``, which `numpy.load` reads, ``vocabulary.txt`` with a word and its
        count on each line (0 without counts), and ``model.json`` with the digests of the two. The
        folder appears complete or not at all; it must be a new one, an empty one, or one of older
        vectors, which is replaced. `Word2Vec.save` keeps what training needs too.

        Raises
        ------
        FileExistsError
            If the folder holds anything else, a trained model too.
        ValueError
            If a word cannot be written and read back, a count is below 0, a vector is not finite,
            or the matrix has no columns, more than 100 000, or a type that no file has.
        """
        write_vectors(folder, self.index_to_key, self.counts, self.vectors)

    @classmethod
    def load(cls, folder: str | os.PathLike[str], mmap: bool = False) -> Self:
        """Read what `KeyedVectors.save` wrote, or the vectors of what `Word2Vec.save` wrote.

        Parameters
        ----------
        mmap : bool
            Map the matrix, read-only, instead of reading it, and parse the words when one is first
            needed: a million vectors are loaded at once, and processes share them. Sizes and the
            words' digest are checked as always, but not the matrix's digest or numbers.

        Raises
        ------
        OSError
            If a file cannot be read: FileNotFoundError if there is no such folder.
        SavedModelError
            If a file is missing or damaged, or if the parts do not agree.
        """
        vectors, words_and_counts = read_vectors(folder, mmap)
        if not mmap:
            words, counts = words_and_counts()
            return cls(words, vectors, counts)
        kv = cls.__new__(cls)
        kv.vectors, kv._unread = vectors, words_and_counts
        return kv

    @cached_property
    def index_to_key(self) -> list[Any]:
        return self._with_words().index_to_key

    @cached_property
    def key_to_index(self) -> dict[Any, int]:
        return self._with_words().key_to_index

    @cached_property
    def counts(self) -> np.ndarray | None:
        return self._with_words().counts

    def _with_words(self) -> Self:
        """Return the vectors themselves, with words that have been read and set."""
        unread = self._unread
        if unread is not None:  # another thread may have come first
            words, self.counts = unread()
            self.index_to_key, self.key_to_index = words, {key: i for i, key in enumerate(words)}
            self._unread = None
        return self

    @cached_property
    def has_tuple_keys(self) -> bool:
        """Whether a tuple is among the keys; a question's tuples are then keys, too."""
        return any(isinstance(key, tuple) for key in self.index_to_key)

    @property
    def vector_size(self) -> int:
        """Number of dimensions d."""
        return int(self.vectors.shape[1])

    @property
    def norms(self) -> np.ndarray:
        """Euclidean norm of each row, (V,), read-only."""
        return self._norms_of_first(len(self))

    def _norms_of_first(self, n: int) -> np.ndarray:
        norms = self._norms  # another thread may put fewer in its place
        if norms is None or len(norms) < n:
            norms = row_norms(self.vectors[:n])
            norms.flags.writeable = False
            self._norms = norms
        return norms[:n]

    @cached_property
    def unit_vectors(self) -> np.ndarray:
        """The rows scaled to norm 1 (zero rows stay zero), (V, d), read-only."""
        unit = unit_rows(*first_rows(self, None))
        unit.flags.writeable = False
        return unit

    def __len__(self) -> int:
        return len(self.vectors)

    def __contains__(self, key: Hashable) -> bool:
        return key in self.key_to_index

    def __getitem__(self, key: Any) -> Any:
        """Vector of a key, (d,); of a list of keys, (n, d); of a slice of rows, `KeyedVectors`.

        ``kv[:n]`` has the first n words, the most frequent ones, and copies no vector.
        """
        if isinstance(key, list):
            return self.vectors[[self.row(k) for k in key]]
        if isinstance(key, slice):
            counts = None if self.counts is None else self.counts[key]
            return type(self)(self.index_to_key[key], self.vectors[key], counts)
        return self.vectors[self.row(key)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} words, {self.vector_size} dimensions)"

    def __reduce__(self) -> Any:
        # A copy is made anew, so that its matrix is read-only too.
        return type(self), (self.index_to_key, np.asarray(self.vectors), self.counts)

    def row(self, key: Any) -> int:
        """Row of a key."""
        try:
            return self.key_to_index[key]
        except (KeyError, TypeError):
            raise UnknownWordError(key, self.index_to_key) from None

    def get_index(self, key: Any, default: Any = None) -> Any:
        """Row of a key; `default`, if it is not None, where there is no such key.

        An integer is a key like any other here. (gensim takes one that is no key for a row.)
        """
        try:
            return self.row(key)
        except UnknownWordError:
            if default is None:
                raise
            return default

    def get_count(self, key: Any) -> int:
        """How often a word was seen; ValueError if the vectors have no counts."""
        if self.counts is None:
            raise ValueError("these vectors have no counts")
        return int(self.counts[self.row(key)])


def first_rows(kv: WordVectors, n: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the first n rows (all for None) and their norms; ValueError if one is not finite."""
    check_integer("restrict_vocab", n, 1, optional=True)
    vectors = kv.vectors[:n]
    norms = kv._norms_of_first(len(vectors))
    bad = np.flatnonzero(~np.isfinite(norms))
    if len(bad):
        raise ValueError(
            f"the vector of {kv.index_to_key[bad[0]]!r:.60} has the norm {norms[bad[0]]}; "
            "it must be finite"
        )
    return vectors, norms


def most_frequent(kv: WordVectors, n: int) -> np.ndarray:
    """Return the rows of the n most frequent words, or the first n rows where none was counted."""
    if kv.counts is None:
        return np.arange(min(n, len(kv)))
    return np.argsort(-kv.counts, kind="stable")[:n]
