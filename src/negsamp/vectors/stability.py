"""How far models agree on which words are near: the neighbours that they share.

Models that differ only in their seed find different neighbours for many words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from negsamp.checks import check_integer, glimpse
from negsamp.vectors.cosines import nearest_neighbors
from negsamp.vectors.key_containers import keys_in
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["Stability", "stability"]


@dataclass(frozen=True)
class Stability:
    """What `stability` finds.

    Attributes
    ----------
    words, topn : list, int
        The W words that were compared, and the number of each one's neighbours.
    overlaps, jaccards : ndarray, shape (W,) float64
        A word's neighbours that two models have in common, as a share of `topn` and of those that
        either model has; means over all pairs of models, in [0, 1].
    pairs : ndarray, shape (M, M) float64
        Mean overlap of each two of the M models, 1 on the diagonal.
    mean, mean_jaccard : float
        Means of `overlaps` and `jaccards`.

    Examples
    --------
    >>> from negsamp import KeyedVectors, Stability, stability
    >>> a = KeyedVectors(["x", "y", "z"], [[1, 0], [1, 1], [0, 3]])
    >>> b = KeyedVectors(["x", "y", "z"], [[1, 0], [1, 2], [0, 3]])
    >>> found = stability([a, b], topn=1)
    >>> found
    Stability(mean=0.667, mean_jaccard=0.667, 3 words, 2 models, topn=1)
    >>> isinstance(found, Stability), found.pairs.shape
    (True, (2, 2))
    """

    words: list[Any]
    topn: int
    overlaps: np.ndarray
    jaccards: np.ndarray
    pairs: np.ndarray

    @property
    def mean(self) -> float:
        """Mean of `overlaps`."""
        return float(self.overlaps.mean())

    @property
    def mean_jaccard(self) -> float:
        """Mean of `jaccards`."""
        return float(self.jaccards.mean())

    def least(self, n: int = 10) -> list[tuple[Any, float]]:
        """Return the words of the lowest overlap, the lowest first.

        Parameters
        ----------
        n : int
            How many, 1 or more.

        Returns
        -------
        list of (word, float)
            The words and their overlaps.

        Examples
        --------
        >>> found.least(1), found.most(1)
        ([('y', 0.0)], [('x', 1.0)])
        """
        return self._extreme(self.overlaps, n)

    def most(self, n: int = 10) -> list[tuple[Any, float]]:
        """Return the words of the highest overlap, the highest first.

        Parameters
        ----------
        n : int
            How many, 1 or more.

        Returns
        -------
        list of (word, float)
            The words and their overlaps.
        """
        return self._extreme(-self.overlaps, n)

    def _extreme(self, keys: np.ndarray, n: int) -> list[tuple[Any, float]]:
        check_integer("n", n, 1)
        best = np.argsort(keys, kind="stable")[: int(n)].tolist()
        return [(self.words[i], float(self.overlaps[i])) for i in best]

    def __repr__(self) -> str:
        return (
            f"Stability(mean={self.mean:.3f}, mean_jaccard={self.mean_jaccard:.3f}, "
            f"{len(self.words)} words, {len(self.pairs)} models, topn={self.topn})"
        )


def stability(models: Iterable[Any], words: Any = None, topn: int = 10) -> Stability:
    """Compare the nearest neighbours of words across models, of several seeds for instance.

    Neighbours are by cosine, equal cosines in the order of the first model's rows, among the words
    that all models have. The share that two models have in common is the stability of [1]_ (there
    in per cent); its value rises with `topn` and falls with the number of words.

    Parameters
    ----------
    models : iterable of KeyedVectors or Word2Vec
        Two or more; the dimensions of their vectors may differ.
    words : container of hashable, optional
        Words to compare; all that the models have in common if None.
    topn : int
        Neighbours of each word; fewer than the words that all models have.

    Returns
    -------
    Stability
        The share of common neighbours of each word, and of each two models.

    Raises
    ------
    TypeError, ValueError
        If a model is something else, or if there are too few models or words.
    UnknownWordError
        If a model does not have one of the words.

    References
    ----------
    .. [1] L. Wendlandt, J. K. Kummerfeld, R. Mihalcea, "Factors Influencing the Surprising
       Instability of Word Embeddings", NAACL 2018, section 3.

    Examples
    --------
    >>> from negsamp import KeyedVectors, stability
    >>> a = KeyedVectors(["x", "y", "z"], [[1, 0], [1, 1], [0, 3]])
    >>> b = KeyedVectors(["x", "y", "z"], [[1, 0], [1, 2], [0, 3]])
    >>> stability([a, b], topn=1).overlaps
    array([1., 0., 1.])
    """
    check_integer("topn", topn, 1)
    if not isinstance(models, Iterable) or isinstance(models, KeyedVectors):
        raise TypeError(f"models is {glimpse(models)}; it must be a list of two or more")
    vectors = [model.wv if hasattr(type(model), "wv") else model for model in models]
    for kv in vectors:
        if not isinstance(kv, KeyedVectors):
            raise TypeError(
                f"models holds a {type(kv).__name__}; it must hold KeyedVectors or Word2Vec"
            )
    if len(vectors) < 2:
        raise ValueError(f"models has {len(vectors)} of them; two or more can be compared")
    others = vectors[1:]
    common = [key for key in vectors[0].index_to_key if all(key in other for other in others)]
    if len(common) <= topn:
        raise ValueError(
            f"topn is {topn}; it must be less than the number of words that all models have, "
            f"{len(common)}"
        )
    asked = common if words is None else keys_in(vectors[0], "words", words)
    if asked is None:
        raise TypeError(f"words is {words!r:.60}; it must be a list of words")
    if not asked:
        raise ValueError("words is empty; there is nothing to compare")
    for kv in vectors:
        asked = [kv.index_to_key[row] for row in kv.rows(asked)]
    n = int(topn)
    place = {word: i for i, word in enumerate(common)}
    queries = np.array([place[word] for word in asked])
    units = (kv.unit_vectors[[kv.row(word) for word in common]] for kv in vectors)
    found = [nearest_neighbors(of_model, queries, n) for of_model in units]

    total, jaccards = np.zeros(len(asked), dtype=np.int64), np.zeros(len(asked))
    pairs = np.eye(len(found))
    chosen = list(combinations(range(len(found)), 2))
    for i, j in chosen:
        both = np.sort(np.concatenate([found[i], found[j]], axis=1), axis=1)
        shared = np.count_nonzero(both[:, 1:] == both[:, :-1], axis=1)
        total += shared
        jaccards += shared / (2 * n - shared)
        pairs[i, j] = pairs[j, i] = shared.mean() / n
    overlaps = total / (n * len(chosen))
    return Stability(asked, n, overlaps, jaccards / len(chosen), pairs)
