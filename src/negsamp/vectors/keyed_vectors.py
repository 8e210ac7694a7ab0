"""Words, their matrix, and questions asked of the two.

`KeyedVectors` is the container; the questions are functions in `queries`, files are read
and written by `vector_folder`. It is immutable: the norms that queries need are computed
once, so the matrix must not change under them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from negsamp.checks import is_integer
from negsamp.errors import UnknownWordError
from negsamp.vectors import queries
from negsamp.vectors.cosines import row_norms, unit_rows, working_dtype
from negsamp.vectors.terms import searched, unit_terms
from negsamp.vectors.vector_folder import read_vectors, write_vectors

__all__ = ["KeyedVectors"]


class KeyedVectors:
    """Word vectors that answer questions.

    Parameters
    ----------
    keys : sequence of hashable
        One key a row, without repetition. A key is never taken for a row number.
    vectors : array_like, shape (V, d)
        One row a key, of real numbers. Kept as it is (a memory map stays one), seen through a
        read-only view.
    counts : array_like, shape (V,) int64, optional
        How often each word was seen.

    Attributes
    ----------
    index_to_key : list
        The keys by row.
    key_to_index : dict
        Each key's row.
    vectors : ndarray, shape (V, d)
        Read-only.
    counts : ndarray, shape (V,) int64, or None

    Raises
    ------
    ValueError
        If the shapes do not agree, a key appears twice, or `vectors` holds no real numbers.
    """

    def __init__(
        self,
        keys: Sequence[Hashable],
        vectors: Any,
        counts: Sequence[int] | np.ndarray | None = None,
    ) -> None:
        matrix = np.asanyarray(vectors).view()
        self._unread: Callable[[], tuple[list[Any], np.ndarray | None]] | None = None
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
            raise ValueError(f"keys holds {twice!r} more than once; each key may stand for one row")
        self.counts = None if counts is None else np.array(counts, dtype=np.int64)
        if self.counts is not None and self.counts.shape != (len(matrix),):
            raise ValueError(f"counts has shape {self.counts.shape}; it must be ({len(matrix)},)")
        matrix.flags.writeable = False
        self.vectors: np.ndarray = matrix

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write words, vectors and counts to a folder of plain files.

        ``vectors.npy`` (`numpy.load` reads it, memory-mapped too), ``vocabulary.txt`` (a word and
        its count a line, in the order of the rows; without counts all are 0) and ``model.json``
        with the digests of the two. The folder appears complete or not at all. `Word2Vec.save`
        keeps what training needs too.

        Parameters
        ----------
        folder : path
            A new folder, an empty one, or one of older vectors, which is replaced.

        Raises
        ------
        FileExistsError
            If the folder holds anything else, a trained model too.
        ValueError
            If a word is of a kind that cannot be written and read back, a count is below 0, or a
            vector is not finite, has no numbers, more than 100 000, or such as no file has.
        """
        write_vectors(folder, self.index_to_key, self.counts, self.vectors)

    @classmethod
    def load(cls, folder: str | os.PathLike[str], mmap: bool = False) -> KeyedVectors:
        """Read what `KeyedVectors.save` or `Word2Vec.save` wrote.

        Parameters
        ----------
        folder : path
        mmap : bool
            Map the matrix, read-only, in place of reading it, and read the words when the first
            of them is asked for: a million words are there at once, and processes share them.
            Sizes and the words' digest are checked as always, but the matrix is not looked at, so
            neither its digest is checked nor that its numbers are finite.

        Returns
        -------
        KeyedVectors
            Of a model its vectors (`Word2Vec.load` reads the context vectors too).

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        SavedModelError
            If a file is missing or damaged, or if the parts do not agree.
        OSError
            If a file cannot be read.
        """
        vectors, words_and_counts = read_vectors(folder, mmap)
        if not mmap:
            words, counts = words_and_counts()
            return cls(words, vectors, counts)
        kv = cls([], np.empty((0, vectors.shape[1])))
        for name in ("index_to_key", "key_to_index", "counts"):
            del kv.__dict__[name]
        vectors.flags.writeable = False
        kv.vectors, kv._unread = vectors, words_and_counts
        return kv

    most_similar = queries.most_similar
    most_similar_batch = queries.most_similar_batch
    most_similar_cosmul = queries.most_similar_cosmul
    similar_by_key = similar_by_word = queries.similar_by_word
    similar_by_vector = queries.similar_by_vector
    similarity = queries.similarity
    distance = queries.distance
    distances = queries.distances
    n_similarity = queries.n_similarity
    closer_than = queries.closer_than
    rank = queries.rank
    doesnt_match = queries.doesnt_match
    relative_cosine_similarity = queries.relative_cosine_similarity
    get_mean_vector = queries.get_mean_vector

    @cached_property
    def index_to_key(self) -> list[Any]:  # these three are set by __init__ or read here
        return self._read()["index_to_key"]

    @cached_property
    def key_to_index(self) -> dict[Any, int]:
        return self._read()["key_to_index"]

    @cached_property
    def counts(self) -> np.ndarray | None:
        return self._read()["counts"]

    def _read(self) -> dict[str, Any]:
        unread = self._unread
        if unread is not None:  # no other thread has come first
            words, counts = unread()
            rows = {key: row for row, key in enumerate(words)}
            self.__dict__.update(index_to_key=words, key_to_index=rows, counts=counts)
            self._unread = None
        return self.__dict__

    @cached_property
    def has_tuple_keys(self) -> bool:
        """Whether a tuple is among the keys; a question's tuples are then keys, too."""
        return any(isinstance(key, tuple) for key in self.index_to_key)

    @property
    def vector_size(self) -> int:
        """Number of dimensions d."""
        return int(self.vectors.shape[1])

    @cached_property
    def norms(self) -> np.ndarray:
        """Euclidean norm of each row, (V,), read-only."""
        norms = row_norms(self.vectors)
        norms.flags.writeable = False
        return norms

    @cached_property
    def unit_vectors(self) -> np.ndarray:
        """The rows scaled to norm 1 (zero rows stay zero), (V, d), read-only.

        No method needs this second matrix; it is made when it is first asked for.

        Raises
        ------
        ValueError
            If the norm of a row is not finite.
        """
        unit = unit_rows(*searched(self, None))
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
            if not all(b is None or is_integer(b) for b in (key.start, key.stop, key.step)):
                raise TypeError(f"{key} is no slice of rows; its bounds must be integers")
            counts = None if self.counts is None else self.counts[key]
            return KeyedVectors(self.index_to_key[key], self.vectors[key], counts)
        return self.vectors[self.row(key)]

    def __repr__(self) -> str:
        return f"KeyedVectors({len(self)} words, {self.vector_size} dimensions)"

    def __reduce__(self) -> Any:
        # a copy is made anew, so that its matrix is read-only too
        return type(self), (self.index_to_key, np.asarray(self.vectors), self.counts)

    def row(self, key: Any) -> int:
        """Row of a key.

        Raises
        ------
        UnknownWordError
            If `key` is not in the vocabulary.
        """
        try:
            return self.key_to_index[key]
        except (KeyError, TypeError):
            raise UnknownWordError(key, self.index_to_key) from None

    def get_index(self, key: Any, default: Any = None) -> Any:
        """Row of a key; `default`, if it is not None, where there is no such key.

        An integer is a key like any other here. (gensim takes one that is no key for a row.)

        Raises
        ------
        UnknownWordError
            If `key` is not in the vocabulary and `default` is None.
        """
        try:
            return self.row(key)
        except UnknownWordError:
            if default is None:
                raise
            return default

    def get_count(self, key: Any) -> int:
        """How often a word was seen; gensim's ``get_vecattr(key, "count")``.

        Raises
        ------
        UnknownWordError
            If `key` is not in the vocabulary.
        ValueError
            If the vectors have no counts.
        """
        if self.counts is None:
            raise ValueError("these vectors have no counts")
        return int(self.counts[self.row(key)])

    def get_vector(self, key: Hashable, norm: bool = False) -> np.ndarray:
        """Vector of `key`, (d,) read-only, scaled to norm 1 with ``norm=True``.

        Raises
        ------
        UnknownWordError
            If `key` is not in the vocabulary.
        ValueError
            With ``norm=True``, if the vector's norm is not finite.
        """
        vector = self.vectors[self.row(key)]
        if norm:
            [unit] = unit_terms(self, [key], zeros=True)
            vector = unit.astype(working_dtype(self.vectors))
            vector.flags.writeable = False
        return vector
