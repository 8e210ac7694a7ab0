"""New vectors that are made of vectors: some of the words, or those of two vocabularies."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from negsamp.checks import check_flags
from negsamp.vectors.key_containers import keys_in
from negsamp.vectors.word_vectors import WordVectors, check_keyed_vectors

__all__ = ["Selections"]


class Selections(WordVectors):
    """Words and vectors of which others are made; `Similarities` compares them."""

    def subset(self, words: Any, ignore_missing: bool = False) -> Self:
        """Make new vectors of some words only, in their order, with copies of rows and counts.

        Parameters
        ----------
        words : container of hashable
            As in ``kv[words]``; other `KeyedVectors` and a `Vocabulary` hold their words. A word
            that is there twice is taken once.
        ignore_missing : bool
            Leave out words that are not in the vocabulary.

        Returns
        -------
        KeyedVectors
            With counts if these have them.

        Raises
        ------
        UnknownWordError
            If a word is not in the vocabulary, unless such words are to be left out.

        Examples
        --------
        >>> kv.subset(["queen", "prince", "king"], ignore_missing=True).index_to_key
        ['queen', 'king']
        """
        check_flags(ignore_missing=ignore_missing)
        keys = keys_in(self, "words", words)
        keys = [words] if keys is None else keys
        if ignore_missing:
            keys = [key for key in keys if self.get_index(key, -1) >= 0]
        rows = np.array(list(dict.fromkeys(self.rows(keys))), np.intp)
        counts = None if self.counts is None else self.counts[rows]
        return type(self)([self.index_to_key[row] for row in rows], self.vectors[rows], counts)

    def merged(self, other: WordVectors, replace: bool = False) -> Self:
        """New vectors of the words of both, first these and then those that only `other` has.

        Parameters
        ----------
        other : KeyedVectors
            Vectors of the same size; other seeds of training give other spaces, in which vectors
            mean something else. New words can be given as ``KeyedVectors(words, vectors)``.
        replace : bool
            Whether a word that both have takes the vector and the count of `other`. By default it
            keeps its own, as in gensim's `add_vectors`.

        Returns
        -------
        KeyedVectors
            With counts if both have them, in the dtype that holds both kinds of numbers.

        Raises
        ------
        TypeError, ValueError
            If `other` is something else, or its vectors have another size.

        Examples
        --------
        >>> kv.merged(KeyedVectors(["prince"], [[1, 1, 1]])).vectors.shape
        (6, 3)
        """
        check_keyed_vectors("other", other)
        check_flags(replace=replace)
        if other.vector_size != self.vector_size:
            raise ValueError(
                f"other has vectors of {other.vector_size} numbers, and these have "
                f"{self.vector_size}; they must have as many"
            )
        new = [row for row, key in enumerate(other) if key not in self]
        keys = self.index_to_key + [other.index_to_key[row] for row in new]
        shared = [row for row, key in enumerate(other) if key in self] if replace else []
        places = [self.key_to_index[other.index_to_key[row]] for row in shared]

        def both(own: np.ndarray, others: np.ndarray) -> np.ndarray:
            joined = np.concatenate([own, others[new]])
            joined[places] = others[shared]
            return joined

        has_counts = self.counts is not None and other.counts is not None
        counts = both(self.counts, other.counts) if has_counts else None  # type: ignore[arg-type]
        return type(self)(keys, both(self.vectors, other.vectors), counts)
