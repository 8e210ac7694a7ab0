"""How far models agree on which words are near: the neighbours that they share.

Models that differ only in their seed find different neighbours for many words. What is said of one
model's neighbours is worth as much as other models share of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from negsamp.checks import check_integer
from negsamp.vectors.cosines import nearest_neighbors
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["Stability", "stability"]


@dataclass(frozen=True)
class Stability:
    """What `stability` finds.

    Attributes
    ----------
    words : list
        The W words that were compared.
    topn : int
        Neighbours of each.
    overlaps : ndarray, shape (W,) float64
        Share of a word's neighbours that two models have in common, the mean over all pairs of
        models; 1 if they agree, 0 if they have none in common.
    jaccards : ndarray, shape (W,) float64
        Neighbours in common by neighbours that either model has, the mean over all pairs.
    pairs : ndarray, shape (M, M) float64
        Mean overlap of each two of the M models, 1 on the diagonal.
    """

    words: list[Any]
    topn: int
    overlaps: np.ndarray = field(repr=False)
    jaccards: np.ndarray = field(repr=False)
    pairs: np.ndarray = field(repr=False)

    @property
    def mean(self) -> float:
        """Mean of `overlaps`."""
        return float(self.overlaps.mean())

    @property
    def mean_jaccard(self) -> float:
        """Mean of `jaccards`."""
        return float(self.jaccards.mean())

    def least(self, n: int = 10) -> list[tuple[Any, float]]:
        """The n words of the lowest overlap, the lowest first, and their overlaps."""
        return self._extreme(self.overlaps, n)

    def most(self, n: int = 10) -> list[tuple[Any, float]]:
        """The n words of the highest overlap, the highest first, and their overlaps."""
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


def stability(
    models: Iterable[Any],
    words: Sequence[Hashable] | None = None,
    topn: int = 10,
) -> Stability:
    """Compare the nearest neighbours of words across models, of several seeds for instance.

    Neighbours are by cosine, equal cosines in the order of the first model's rows, among the words
    that all models have. The share that two models have in common is the stability of [1]_ (there
    in per cent); its value rises with `topn` and falls with the number of words.

    Parameters
    ----------
    models : iterable of KeyedVectors or Word2Vec
        Two or more; the dimensions of their vectors may differ.
    words : sequence of hashable, optional
        Words to compare; all that the models have in common if None.
    topn : int
        Neighbours of each word.

    Returns
    -------
    Stability

    Raises
    ------
    TypeError
        If a model is something else.
    ValueError
        If there are fewer than two models, no words, or not more than `topn` words that all models
        have.
    UnknownWordError
        If a model does not have one of the words.

    References
    ----------
    .. [1] L. Wendlandt, J. K. Kummerfeld, R. Mihalcea, "Factors Influencing the Surprising
       Instability of Word Embeddings", NAACL 2018, section 3.

    Examples
    --------
    >>> a = KeyedVectors(["x", "y", "z"], [[1, 0], [1, 1], [0, 3]])
    >>> b = KeyedVectors(["x", "y", "z"], [[1, 0], [1, 2], [0, 3]])
    >>> stability([a, b], topn=1).overlaps
    array([1., 0., 1.])
    """
    check_integer("topn", topn, 1)
    vectors = [_vectors(model) for model in models]
    if len(vectors) < 2:
        raise ValueError(f"models has {len(vectors)} of them; two or more can be compared")
    others = vectors[1:]
    common = [key for key in vectors[0].index_to_key if all(key in other for other in others)]
    if len(common) <= topn:
        raise ValueError(
            f"topn is {topn}; it must be less than the number of words that all models have, "
            f"{len(common)}"
        )
    if isinstance(words, (str, bytes)):
        raise TypeError(f"words is {words!r}; it must be a list of words")
    asked = common if words is None else list(words)
    if not asked:
        raise ValueError("words is empty; there is nothing to compare")
    for kv in vectors:
        for word in asked:
            kv.row(word)
    n = int(topn)
    place = {word: i for i, word in enumerate(common)}
    queries = np.array([place[word] for word in asked])
    found = [nearest_neighbors(_units(kv, common), queries, n) for kv in vectors]

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


def _vectors(model: Any) -> KeyedVectors:
    model = model.wv if hasattr(type(model), "wv") else model
    if not isinstance(model, KeyedVectors):
        raise TypeError(
            f"models holds a {type(model).__name__}; it must hold KeyedVectors or Word2Vec"
        )
    return model


def _units(kv: KeyedVectors, words: list[Any]) -> np.ndarray:
    """Return the unit vectors of some words, without a copy where these are all."""
    is_same = words == kv.index_to_key
    return kv.unit_vectors if is_same else kv.unit_vectors[[kv.row(word) for word in words]]
