"""Explicit (center, context) pairs as ids of two vocabularies, with their weights."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import glimpse
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.containers import check_column, items_of
from negsamp.corpus.counting import rank_words
from negsamp.corpus.token_dict import TokenDict
from negsamp.corpus.token_kinds import advice_on_tokens
from negsamp.errors import CorpusError

__all__ = ["PairData", "read_pairs"]

logger = logging.getLogger(__name__)

AT_ONCE = 1 << 16  # pairs encoded together


class PairData(NamedTuple):
    """Pairs of words, whose vocabularies are in order of falling weight.

    A word's count is the weight of its pairs, rounded, and at least 1.
    """

    centers: np.ndarray  # (P,) int32, rows of center_words
    contexts: np.ndarray  # (P,) int32, rows of context_words
    weights: np.ndarray  # (P,) float64, above 0
    center_words: Vocabulary
    context_words: Vocabulary
    context_weights: np.ndarray  # (V',) float64, sum of the weights of each context's pairs
    given: int  # weight of all pairs that were given, rounded


def read_pairs(centers: Any, contexts: Any, weights: Any, min_count: float) -> PairData:
    """Encode (center, context) pairs as ids; the arguments are as in `Word2Vec.fit_pairs`.

    Words whose pairs weigh less than `min_count` in all are left out on either side, with their
    pairs. An error names the argument and the place in it.
    """
    sides = _Side("centers"), _Side("contexts")
    if contexts is None:
        if weights is not None:
            raise ValueError("weights is given without contexts; tuples hold their own weights")
        weights = _read_tuples(centers, sides)
    else:
        _read_columns(centers, contexts, sides)
    ids = [side.ids() for side in sides]
    w = _checked_weights(weights, len(ids[0]))
    if not w.any():
        why = f"the weights of all {len(w)} are 0" if len(w) else "none is given"
        raise CorpusError(f"there is no pair to train on: {why}")
    given = float(w.sum())
    seen = [np.bincount(i, w, len(s.table)) for i, s in zip(ids, sides, strict=True)]
    enough = [(weight >= min_count) & (weight > 0) for weight in seen]
    stays = (w > 0) & enough[0][ids[0]] & enough[1][ids[1]]
    if not stays.any():
        raise CorpusError(
            f"no pair is left with min_count={min_count}: the pairs of the most frequent center "
            f"weigh {seen[0].max():g} in all, those of the most frequent context {seen[1].max():g}"
        )
    w = w[stays]
    (rows_in, words_in, _), (rows_out, words_out, sums) = (
        side.sorted(i[stays], w) for i, side in zip(ids, sides, strict=True)
    )
    for side, words in zip(sides, (words_in, words_out), strict=True):
        for advice in advice_on_tokens(words, strings=f"map(str, {side.name})"):
            logger.warning("%s", advice)
    return PairData(rows_in, rows_out, w, words_in, words_out, sums, round(given))


class _Side:
    """The words of one side, by provisional ids in the order in which they are met."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.table = TokenDict()
        self._pieces = [np.empty(0, np.int32)]
        self.met = 0

    def add(self, words: list[Any]) -> None:
        named = ((f"{self.name}[{at}]", word) for at, word in enumerate(words, self.met))
        self._pieces.append(self.table.add(words, len(words), named, kind="word"))
        self.met += len(words)

    def ids(self) -> np.ndarray:
        return np.concatenate(self._pieces)

    def sorted(
        self, ids: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, Vocabulary, np.ndarray]:
        """Return the final rows of the pairs that stay, their words, and the words' weights."""
        seen = np.bincount(ids, weights, len(self.table))
        words, rows, ranks = rank_words(self.table, np.flatnonzero(seen), seen)
        counts = np.maximum(np.rint(np.minimum(seen[rows], 2.0**62)), 1).astype(np.int64)
        return ranks[ids], Vocabulary(words, counts), seen[rows]


def _read_columns(centers: Any, contexts: Any, sides: tuple[_Side, _Side]) -> None:
    columns = [_words("centers", centers), _words("contexts", contexts)]
    while any(chunks := [list(islice(column, AT_ONCE)) for column in columns]):
        for side, chunk in zip(sides, chunks, strict=True):
            side.add(chunk)
    if sides[0].met != sides[1].met:
        raise ValueError(
            f"centers has {sides[0].met} words and contexts {sides[1].met}; they come in pairs"
        )


def _words(name: str, given: Any) -> Iterator[Any]:
    check_column(name, given)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{name} is {glimpse(given)}; it must be an iterable of words")
    if isinstance(given, np.ndarray):
        if given.ndim != 1:
            raise ValueError(f"{name} has shape {given.shape}; it must be (P,)")
        # Python's own numbers and strings, some at a time
        pieces = range(0, len(given), AT_ONCE)
        return chain.from_iterable(given[at : at + AT_ONCE].tolist() for at in pieces)
    return items_of(given)


def _read_tuples(pairs: Any, sides: tuple[_Side, _Side]) -> list[Any] | None:
    """Add pairs to both sides; return their weights, None where they have none."""
    check_column("centers", pairs)
    if isinstance(pairs, (str, bytes)) or not isinstance(pairs, Iterable):
        raise TypeError(
            f"centers is {glimpse(pairs)}; without contexts it must be an iterable of tuples"
        )
    source, size = iter(pairs), 0
    weights: list[Any] = []
    while chunk := list(islice(source, AT_ONCE)):
        for at, pair in enumerate(chunk, sides[0].met):
            length = len(pair) if isinstance(pair, (tuple, list)) else 0
            size = size or length
            if length not in (2, 3) or length != size:
                raise ValueError(
                    f"pair {at} is {glimpse(pair)}; all must be (center, context), or all "
                    "(center, context, weight)"
                )
        columns = list(zip(*chunk, strict=True))
        for side, column in zip(sides, columns, strict=False):
            side.add(list(column))
        weights += columns[2] if size == 3 else ()
    return weights if size == 3 else None


def _checked_weights(weights: Any, n: int) -> np.ndarray:
    if weights is None:
        return np.ones(n)
    check_column("weights", weights)
    if not isinstance(weights, (np.ndarray, list, tuple)):
        if isinstance(weights, (str, bytes)) or not isinstance(weights, Iterable):
            raise TypeError(
                f"weights is {glimpse(weights)}; it must be an array of numbers, or None"
            )
        weights = list(items_of(weights))
    try:
        checked = np.array(weights, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("weights holds what is no number") from None
    if checked.shape != (n,):
        raise ValueError(f"weights has shape {checked.shape}; it must be ({n},), one a pair")
    is_bad = ~(np.isfinite(checked) & (checked >= 0))
    if is_bad.any():
        place = int(is_bad.argmax())
        raise ValueError(f"weights[{place}] is {checked[place]}; it must be finite, 0 or more")
    with np.errstate(over="ignore"):
        if not np.isfinite(checked.sum()):
            raise ValueError("weights sums to more than a float can hold; scale it down")
    return checked
