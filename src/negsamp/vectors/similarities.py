"""What vectors say of given terms: how alike they are, which is nearest, and their mean.

A word stands for its vector, and an array of shape (d,) for itself; `query_terms` looks them up.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from negsamp.vectors.cosines import (
    closer_rows,
    cosines_of_each,
    exact_cosines,
    row_norms,
    unit_rows,
    working_dtype,
)
from negsamp.vectors.key_containers import several_in, terms_in
from negsamp.vectors.query_terms import look_up, mean_of
from negsamp.vectors.word_vectors import WordVectors, first_rows

__all__ = ["Similarities"]


class Similarities(WordVectors):
    """Words and vectors that are compared; `KeyedVectors` looks for the nearest of all."""

    def get_vector(self, key: Hashable, norm: bool = False) -> np.ndarray:
        """Vector of `key`, (d,) read-only, scaled to norm 1 with ``norm=True``."""
        if not norm:
            return self.vectors[self.row(key)]
        [unit] = look_up(self, [key]).units(zeros=True).astype(working_dtype(self.vectors))
        unit.flags.writeable = False
        return unit

    def most_similar_to_given(self, key1: Any, keys_list: Any) -> Any:
        """Key of a list that is nearest to one term, of equal ones the first.

        It may be `key1` itself, if that is in the list; ``most_similar(key1, among=keys_list)``
        leaves it out, and gives several answers with their cosines.
        """
        found = look_up(self, terms_in(self, "keys_list", keys_list))
        if not found.terms:
            raise ValueError("keys_list is empty; there is no key to choose")
        unit = look_up(self, [key1]).units(zeros=True)
        [cosines] = exact_cosines(found.vectors, np.arange(len(found.terms)), unit)
        return found.terms[int(cosines.argmax())]

    def similarity(self, w1: Any, w2: Any) -> float:
        """Cosine of the angle between two vectors, in [−1, 1]; 0 where one is zero."""
        unit1, unit2 = look_up(self, [w1, w2]).units(zeros=True)
        return float(np.clip(unit1 @ unit2, -1, 1))

    def distance(self, w1: Any, w2: Any) -> float:
        """1 − `similarity`, in [0, 2]."""
        return 1 - self.similarity(w1, w2)

    def n_similarity(self, ws1: Any, ws2: Any, ignore_missing: bool = False) -> float:
        """Cosine of the means of the unscaled vectors of two lists.

        ``ignore_missing=True`` leaves out keys that are not in the vocabulary, as gensim does.
        """
        lists = {"ws1": ws1, "ws2": ws2}
        means = (mean_of(self, k, v, None, False, ignore_missing) for k, v in lists.items())
        return self.similarity(*means)

    def distances(self, word_or_vector: Any, other_words: Any = None) -> np.ndarray:
        """1 − the cosines of one term with a list of n others, (n,), or with all words, (V,).

        (gensim compares with all words if the list is empty, too.)
        """
        query = look_up(self, [word_or_vector]).units(zeros=True)
        if other_words is None:
            [cosines] = cosines_of_each(*first_rows(self, None), query)
        else:
            others = look_up(self, terms_in(self, "other_words", other_words)).units(zeros=True)
            [cosines] = exact_cosines(others, np.arange(len(others)), query)
        return (1 - cosines).astype(working_dtype(self.vectors), copy=False)

    @staticmethod
    def cosine_similarities(vector_1: Any, vectors_all: Any) -> np.ndarray:
        """Cosines of a vector, (d,), with the rows of a matrix, (n, d); (n,), 0 for a zero vector.

        They are float64 for float64 rows, and else float32.
        """
        query, rows = np.asarray(vector_1), np.asarray(vectors_all)
        if query.ndim != 1 or rows.ndim != 2 or rows.shape[1] != len(query):
            raise ValueError(
                f"vector_1 has shape {query.shape} and vectors_all {rows.shape}; they must be "
                "(d,) and (n, d)"
            )
        unit = unit_rows(query[None], row_norms(query[None])).astype(np.float64)
        [cosines] = exact_cosines(rows, np.arange(len(rows)), unit)
        return cosines.astype(working_dtype(rows), copy=False)

    def closer_than(self, key1: Any, key2: Any) -> list[Any]:
        """Keys, in row order, that are nearer to `key1` than `key2` is; not `key1` itself."""
        return [self.index_to_key[row] for row in self._closer(key1, key2)]

    def rank(self, key1: Any, key2: Any) -> int:
        """1 + the number of keys of `closer_than`."""
        return len(self._closer(key1, key2)) + 1

    def _closer(self, key1: Any, key2: Any) -> np.ndarray:
        query = look_up(self, [key1])
        unit = query.units()
        [[cosine]] = exact_cosines(look_up(self, [key2]).vectors, np.arange(1), unit)
        rows = closer_rows(*first_rows(self, None), unit[0], float(cosine))
        return rows[~np.isin(rows, query.rows)]

    def doesnt_match(self, words: Any) -> Any:
        """Term of a list whose vector has the smallest cosine with the mean of the unit vectors.

        Of equal ones it is the first. Words that are not in the vocabulary are an error; gensim
        leaves them out, though they may be what does not match.
        """
        terms, scores = self._centrality(words, True)
        return terms[int(scores.argmin())]

    def rank_by_centrality(self, words: Any, use_norm: bool = True) -> list[tuple[float, Any]]:
        """Cosines of the terms of a list with the mean of their unit vectors, the largest first.

        ``use_norm=False`` takes the vectors as they are, for the mean and for the product with
        it, scaled to norm 1. Words that are not in the vocabulary are an error; gensim leaves
        them out.
        """
        terms, scores = self._centrality(words, use_norm)
        order = np.argsort(-scores, kind="stable").tolist()
        return [(float(scores[i]), terms[i]) for i in order]

    def _centrality(self, words: Any, use_norm: bool) -> tuple[list[Any], np.ndarray]:
        found = look_up(self, several_in(self, "words", words))
        if not found.terms:
            raise ValueError("words is empty; there is no word to choose")
        units = found.units(zeros=True)
        vectors = units if use_norm else found.vectors
        mean = vectors.mean(axis=0, keepdims=True)
        [scores] = exact_cosines(vectors, np.arange(len(vectors)), mean)
        if not use_norm:
            scores *= row_norms(vectors)
        return found.terms, scores / max(np.linalg.norm(mean), np.finfo(float).tiny)

    def get_mean_vector(
        self,
        keys: Any,
        weights: Any = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> np.ndarray:
        """Weighted mean of some vectors, (d,).

        ValueError is raised if no key is left or all weights are 0. (gensim returns zeros.)

        Parameters
        ----------
        keys : key or vector, or several of these in a list or another container
        weights : array_like, shape (n,), optional
            One a key, finite, 1 by default. The sum is divided by that of their absolute values.
        pre_normalize, post_normalize : bool
            Scale each vector to norm 1 before (arrays too, which gensim leaves as they are), and
            the mean after.
        ignore_missing : bool
            Leave out keys that are not in the vocabulary, with their weights.
        """
        mean = mean_of(self, "keys", keys, weights, pre_normalize, ignore_missing)
        if post_normalize:
            [mean] = unit_rows(mean[None], row_norms(mean[None]))
        return mean.astype(working_dtype(self.vectors))
