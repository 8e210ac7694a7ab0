"""What vectors say of given terms: how alike they are, which is nearest, and their mean.

A word stands for its vector, and an array of shape (d,) for itself; `query_terms` looks them up.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from negsamp.checks import check_flags
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
from negsamp.vectors.selections import Selections
from negsamp.vectors.word_vectors import first_rows

__all__ = ["Similarities"]


class Similarities(Selections):
    """Words and vectors that are compared; `KeyedVectors` looks for the nearest of all."""

    def get_vector(self, key: Hashable, norm: bool = False) -> np.ndarray:
        """Return the vector of a key.

        Parameters
        ----------
        key : hashable
            A word.
        norm : bool
            Scale it to norm 1.

        Returns
        -------
        ndarray, shape (d,)
            Read-only; the row itself, unless it is scaled.

        Examples
        --------
        >>> kv.get_vector("apple", norm=True).tolist()
        [0.0, 0.0, -1.0]
        """
        check_flags(norm=norm)
        if not norm:
            return self.vectors[self.row(key)]
        [unit] = look_up(self, [key]).units(zeros=True).astype(working_dtype(self.vectors))
        unit.flags.writeable = False
        return unit

    def most_similar_to_given(self, key1: Any, keys_list: Any) -> Any:
        """Return the key of a list that is nearest to one term, of equal ones the first.

        It may be `key1` itself, if that is in the list; ``most_similar(key1, among=keys_list)``
        leaves it out, and gives several answers with their cosines.

        Parameters
        ----------
        key1 : key or vector
            The term.
        keys_list : container of keys or vectors
            One or more to choose from.

        Returns
        -------
        key or vector
            One of `keys_list`.

        Examples
        --------
        >>> kv.most_similar_to_given("king", ["woman", "queen", "apple"])
        'queen'
        """
        found = look_up(self, terms_in(self, "keys_list", keys_list))
        if not found.terms:
            raise ValueError("keys_list is empty; there is no key to choose")
        unit = look_up(self, [key1]).units(zeros=True)
        [cosines] = exact_cosines(found.vectors, np.arange(len(found.terms)), unit)
        return found.terms[int(cosines.argmax())]

    def similarity(self, w1: Any, w2: Any) -> float:
        """Return the cosine of the angle between two vectors.

        Parameters
        ----------
        w1, w2 : key or vector
            Words, or arrays of shape (d,).

        Returns
        -------
        float
            In [−1, 1]; 0 where a vector is zero.

        Examples
        --------
        >>> round(kv.similarity("king", "queen"), 3), round(kv.distance("king", "queen"), 3)
        (0.667, 0.333)
        """
        unit1, unit2 = look_up(self, [w1, w2]).units(zeros=True)
        return float(np.clip(unit1 @ unit2, -1, 1))

    def distance(self, w1: Any, w2: Any) -> float:
        """Return 1 − the `similarity` of two vectors.

        Parameters
        ----------
        w1, w2 : key or vector
            Words, or arrays of shape (d,).

        Returns
        -------
        float
            In [0, 2].
        """
        return 1 - self.similarity(w1, w2)

    def n_similarity(self, ws1: Any, ws2: Any, ignore_missing: bool = False) -> float:
        """Return the cosine of the means of the unscaled vectors of two lists.

        Parameters
        ----------
        ws1, ws2 : container of keys or vectors
            One or more in each.
        ignore_missing : bool
            Leave out keys that are not in the vocabulary, as gensim does.

        Returns
        -------
        float
            In [−1, 1].

        Examples
        --------
        >>> round(kv.n_similarity(["king", "queen"], ["man", "woman"]), 3)
        0.447
        """
        lists = {"ws1": ws1, "ws2": ws2}
        means = (mean_of(self, k, v, None, False, ignore_missing) for k, v in lists.items())
        return self.similarity(*means)

    def distances(self, word_or_vector: Any, other_words: Any = None) -> np.ndarray:
        """Return 1 − the cosines of one term with others, or with all words.

        Parameters
        ----------
        word_or_vector : key or vector
            The term.
        other_words : container of keys or vectors, optional
            The n others; None for all words. (gensim takes all if the list is empty, too.)

        Returns
        -------
        ndarray, shape (n,) or (V,)
            In [0, 2]; float64 for float64 vectors, and else float32.

        Examples
        --------
        >>> kv.distances("king", ["man", "apple"]).round(2).tolist()
        [0.42, 1.41]
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
        """Return the cosines of a vector with the rows of a matrix.

        Parameters
        ----------
        vector_1 : array_like, shape (d,)
            The vector.
        vectors_all : array_like, shape (n, d)
            The matrix.

        Returns
        -------
        ndarray, shape (n,)
            0 for a zero vector; float64 for float64 rows, and else float32.

        Raises
        ------
        ValueError
            If the shapes are others.

        Examples
        --------
        >>> KeyedVectors.cosine_similarities([3, 4], [[3, 4], [4, 3]]).round(2).tolist()
        [1.0, 0.96]
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
        """List the keys that are nearer to a term than another is.

        Parameters
        ----------
        key1, key2 : key or vector
            The term, and the one that bounds the distance.

        Returns
        -------
        list of keys
            In row order, without `key1` itself.

        Examples
        --------
        >>> kv.closer_than("king", "woman"), kv.rank("king", "woman")
        (['man', 'queen'], 3)
        """
        return [self.index_to_key[row] for row in self._closer(key1, key2)]

    def rank(self, key1: Any, key2: Any) -> int:
        """Return 1 + the number of keys of `closer_than`.

        Parameters
        ----------
        key1, key2 : key or vector
            As in `closer_than`.

        Returns
        -------
        int
            1 where no key is nearer to `key1` than `key2`.
        """
        return len(self._closer(key1, key2)) + 1

    def _closer(self, key1: Any, key2: Any) -> np.ndarray:
        query = look_up(self, [key1])
        unit = query.units()
        [[cosine]] = exact_cosines(look_up(self, [key2]).vectors, np.arange(1), unit)
        rows = closer_rows(*first_rows(self, None), unit[0], float(cosine))
        return rows[~np.isin(rows, query.rows)]

    def doesnt_match(self, words: Any) -> Any:
        """Return the term whose vector has the smallest cosine with the mean of the unit vectors.

        Parameters
        ----------
        words : container of keys or vectors
            One or more. Words that are not in the vocabulary are an error; gensim leaves them out,
            though they may be what does not match.

        Returns
        -------
        key or vector
            One of `words`, of equal ones the first.

        Examples
        --------
        >>> kv.doesnt_match(["king", "queen", "woman", "apple"])
        'apple'
        """
        terms, scores = self._centrality(words, True)
        return terms[int(scores.argmin())]

    def rank_by_centrality(self, words: Any, use_norm: bool = True) -> list[tuple[float, Any]]:
        """Sort the terms of a list by their cosines with the mean of their unit vectors.

        Parameters
        ----------
        words : container of keys or vectors
            One or more. Words that are not in the vocabulary are an error; gensim leaves them out.
        use_norm : bool
            False takes the vectors as they are, for the mean and for the product with it, scaled to
            norm 1.

        Returns
        -------
        list of (float, key)
            The largest cosine first.

        Examples
        --------
        >>> [key for _, key in kv.rank_by_centrality(["king", "queen", "woman", "apple"])]
        ['queen', 'king', 'woman', 'apple']
        """
        check_flags(use_norm=use_norm)
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
        """Return the weighted mean of some vectors.

        Parameters
        ----------
        keys : key or vector, or several of these in a list or another container
            The n terms.
        weights : array_like, shape (n,), optional
            One a key, finite, 1 by default. The sum is divided by that of their absolute values.
        pre_normalize, post_normalize : bool
            Scale each vector to norm 1 before (arrays too, which gensim leaves as they are), and
            the mean after.
        ignore_missing : bool
            Leave out keys that are not in the vocabulary, with their weights.

        Returns
        -------
        ndarray, shape (d,)
            Float64 for float64 vectors, and else float32.

        Raises
        ------
        ValueError
            If no key is left or all weights are 0. (gensim returns zeros.)

        Examples
        --------
        >>> kv.get_mean_vector(["king", "queen"], pre_normalize=False).tolist()
        [2.0, 0.0, 1.0]
        """
        check_flags(post_normalize=post_normalize)
        mean = mean_of(self, "keys", keys, weights, pre_normalize, ignore_missing)
        if post_normalize:
            [mean] = unit_rows(mean[None], row_norms(mean[None]))
        return mean.astype(working_dtype(self.vectors))
