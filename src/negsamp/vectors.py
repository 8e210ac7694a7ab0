"""Words, their matrix, and questions asked of the two.

`KeyedVectors` knows nothing of files or of training. It is immutable: the unit rows that queries
need are computed once, so the matrix must not change under them.
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["KeyedVectors", "UnknownWordError"]


class UnknownWordError(KeyError):
    """A word that the vocabulary does not have; the message names the nearest spelling."""

    def __init__(self, key: Any, words: Sequence[Hashable] = ()) -> None:
        super().__init__(key)
        self.words = words

    def __str__(self) -> str:
        # Compared only here: it takes long, and who asks in a `try` does not read it.
        key = self.args[0]
        near: list[str] = []
        if isinstance(key, str):
            spellings = [word for word in self.words if isinstance(word, str)]
            near = difflib.get_close_matches(key, spellings, n=1, cutoff=0.6)
        hint = "".join(f"; the nearest spelling is {word!r}" for word in near)
        return f"{key!r} is not among the {len(self.words)} words of the vocabulary{hint}"


class KeyedVectors:
    """Word vectors that answer questions.

    Parameters
    ----------
    keys : sequence of hashable
        One key a row, without repetition. A key is never taken for a row number.
    vectors : array_like, shape (V, d)
        One row a key. Kept as it is (a memory map stays one), seen through a read-only view.
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
        If the shapes do not agree or a key appears twice.
    """

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
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        if len(self.key_to_index) != len(self.index_to_key):
            twice = next(k for i, k in enumerate(self.index_to_key) if self.key_to_index[k] != i)
            raise ValueError(f"keys holds {twice!r} more than once; each key may stand for one row")
        self.counts = None if counts is None else np.array(counts, dtype=np.int64)
        if self.counts is not None and self.counts.shape != (len(self),):
            raise ValueError(f"counts has shape {self.counts.shape}; it must be ({len(self)},)")
        matrix.flags.writeable = False
        self.vectors: np.ndarray = matrix

    @property
    def vector_size(self) -> int:
        """Number of dimensions d."""
        return int(self.vectors.shape[1])

    @cached_property
    def norms(self) -> np.ndarray:
        """Euclidean norm of each row, (V,), read-only."""
        wide = np.result_type(self._dtype, np.float64)  # where squares of float32 stay in range
        norms = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=wide))
        norms = norms.astype(self._dtype)
        norms.flags.writeable = False
        return norms

    @cached_property
    def unit_vectors(self) -> np.ndarray:
        """The rows scaled to norm 1 (zero rows stay zero), (V, d), read-only.

        Raises
        ------
        ValueError
            If the norm of a row is not finite.
        """
        bad = np.flatnonzero(~np.isfinite(self.norms))
        if len(bad):
            raise ValueError(
                f"the vector of {self.index_to_key[bad[0]]!r} has the norm {self.norms[bad[0]]}; "
                "it must be finite"
            )
        norms = np.where(self.norms > 0, self.norms, 1)
        unit = np.divide(self.vectors, norms[:, None], dtype=self._dtype)
        unit.flags.writeable = False
        return unit

    @property
    def _dtype(self) -> np.dtype:
        """What queries compute in: at least float32."""
        return np.result_type(self.vectors.dtype, np.float32)

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: Hashable) -> bool:
        return key in self.key_to_index

    def __getitem__(self, key: Any) -> np.ndarray:
        """Vector of a key, (d,); of a list of keys, (n, d)."""
        if isinstance(key, list):
            return self.vectors[[self.row(k) for k in key]]
        return self.vectors[self.row(key)]

    def __repr__(self) -> str:
        return f"KeyedVectors({len(self)} words, {self.vector_size} dimensions)"

    def __reduce__(self) -> Any:
        # a copy is made anew, so that its matrix is read-only too
        return type(self), (self.index_to_key, np.asarray(self.vectors), self.counts)

    def get_vector(self, key: Hashable, norm: bool = False) -> np.ndarray:
        """Vector of `key`, (d,), scaled to norm 1 with ``norm=True``.

        Raises
        ------
        UnknownWordError
            If `key` is not in the vocabulary.
        """
        return (self.unit_vectors if norm else self.vectors)[self.row(key)]

    def similarity(self, key1: Hashable, key2: Hashable) -> float:
        """Cosine of the angle between two keys' vectors, in [−1, 1].

        Raises
        ------
        UnknownWordError
            If one of the two is not in the vocabulary.
        """
        cosine = self.unit_vectors[self.row(key1)] @ self.unit_vectors[self.row(key2)]
        return float(np.clip(cosine, -1, 1))

    def most_similar(
        self, positive: Any = (), negative: Any = (), topn: int = 10
    ) -> list[tuple[Any, float]]:
        """Keys whose vectors point most nearly where the query does.

        The query is the mean of the unit vectors of `positive` and of the negated unit vectors of
        `negative` (3CosAdd [1]_); the keys of the query are never an answer.

        Parameters
        ----------
        positive, negative : key or vector, or list of these
            A vector is an array of shape (d,); it is scaled to norm 1 like the others.
        topn : int
            How many answers, at least 1; where the vocabulary has fewer, all of them come back.

        Returns
        -------
        list of (key, float)
            The answers and their cosines, the nearest first, equal cosines in row order.

        Raises
        ------
        UnknownWordError
            If a key is not in the vocabulary.
        ValueError
            If there is no query, if it is the zero vector, or if `topn` is out of range.

        References
        ----------
        .. [1] T. Mikolov, W. Yih, G. Zweig, "Linguistic Regularities in Continuous Space Word
           Representations", NAACL 2013, section 4.
        """
        if not isinstance(topn, (int, np.integer)) or topn < 1:
            raise ValueError(f"topn is {topn!r}; it must be an integer, 1 or more")
        terms = [(1.0, term) for term in _as_list(positive)]
        terms += [(-1.0, term) for term in _as_list(negative)]
        if not terms:
            raise ValueError("positive and negative are both empty; most_similar needs a query")
        asked = [self.row(term) for _, term in terms if not isinstance(term, np.ndarray)]
        query = sum(sign * self._unit(term) for sign, term in terms)
        length = np.linalg.norm(query)
        if not length > 0:
            raise ValueError("the query is the zero vector; it has no direction to compare with")
        cosines = self.unit_vectors @ (query / length).astype(self._dtype)
        np.clip(cosines, -1, 1, out=cosines)
        cosines[asked] = -np.inf
        best = _largest(cosines, min(int(topn), len(self) - len(set(asked))))
        return [(self.index_to_key[row], float(cosines[row])) for row in best]

    def _unit(self, term: Any) -> np.ndarray:
        """Unit vector of a key or of a vector."""
        if not isinstance(term, np.ndarray):
            return self.unit_vectors[self.row(term)]
        if term.shape != (self.vector_size,) or not np.isfinite(term).all():
            raise ValueError(
                f"a query vector of shape {term.shape} was given; it must be ({self.vector_size},) "
                "and finite"
            )
        wide = term.astype(np.float64)
        length = np.linalg.norm(wide)
        return wide / length if length > 0 else wide

    def row(self, key: Any) -> int:
        try:
            return self.key_to_index[key]
        except (KeyError, TypeError):
            raise UnknownWordError(key, self.index_to_key) from None


def _as_list(terms: Any) -> list[Any]:
    """One key or vector as a list of one; a list or tuple of them as a list.

    A tuple stands for its items, as in gensim: to ask for a tuple key, put it in a list.
    """
    if isinstance(terms, (list, tuple)):
        return list(terms)
    if isinstance(terms, np.ndarray) and terms.ndim == 2:
        return list(terms)
    return [terms]


def _largest(scores: np.ndarray, n: int) -> np.ndarray:
    """Rows of the n largest scores, largest first, ties by row: (n,) intp."""
    if n <= 0:
        return np.empty(0, dtype=np.intp)
    threshold = np.partition(scores, len(scores) - n)[len(scores) - n]
    candidates = np.flatnonzero(scores >= threshold)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:n]
