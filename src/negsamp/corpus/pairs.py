"""Explicit (center, context) pairs as ids of two vocabularies, with their weights.

Pairs are read once, whatever holds them. Those of more than some gigabytes go to files as they
come, so that what is in memory does not grow with them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.pair_forms import LARGEST, GivenPairs, Side, Weights, read_given
from negsamp.corpus.token_kinds import advice_on_tokens
from negsamp.errors import CorpusError

__all__ = ["PIECE", "PairData", "Piece", "read_pairs"]

logger = logging.getLogger(__name__)

PIECE = 1 << 20  # pairs of files that are in memory together

Piece = tuple[np.ndarray, np.ndarray, np.ndarray]  # rows of centers and contexts, and weights


@dataclass(frozen=True)
class PairData:
    """Pairs of words, whose vocabularies are in order of falling weight.

    A word's count is the weight of its pairs, rounded, and at least 1.
    """

    center_words: Vocabulary
    context_words: Vocabulary
    center_weights: np.ndarray  # (V,) float64, sum of the weights of each center's pairs
    context_weights: np.ndarray  # (V',) float64, the same of contexts
    size: int  # pairs
    largest: float  # weight of a pair
    total: float  # weight of all pairs
    is_large: bool  # too large for the memory
    # Yields them once more: (n,) int32 rows of each side and (n,) float64 weights above 0
    pieces: Callable[[], Iterator[Piece]]

    @property
    def centers(self) -> np.ndarray:
        """Rows of `center_words`, (P,) int32."""
        return np.concatenate([piece[0] for piece in self.pieces()])

    @property
    def contexts(self) -> np.ndarray:
        """Rows of `context_words`, (P,) int32."""
        return np.concatenate([piece[1] for piece in self.pieces()])

    @property
    def weights(self) -> np.ndarray:
        """(P,) float64, above 0."""
        return np.concatenate([piece[2] for piece in self.pieces()])

    def digest(self) -> str:
        """Return the SHA-256 of rows and weights."""
        found = hashlib.sha256()
        for piece in self.pieces():
            for at in range(0, len(piece[0]), PIECE):
                for array, kind in zip(piece, ("<i4", "<i4", "<f8"), strict=True):
                    found.update(array[at : at + PIECE].astype(kind).tobytes())
        return found.hexdigest()


def read_pairs(given: GivenPairs, min_count: float, folder: Path | None = None) -> PairData:
    """Encode (center, context) pairs as ids; what is given is as in `Word2Vec.fit_pairs`.

    Words whose pairs weigh less than `min_count` in all are left out on either side, with their
    pairs. An error names the argument and the place in it. Large ones go to files in the folder.
    """
    sides, weights = (Side("centers", folder), Side("contexts", folder)), Weights(folder)
    read_given(given, sides, weights)
    n = sides[0].ids.size
    is_large = any(spool.spilled for spool in (sides[0].ids, sides[1].ids, weights.spool))
    numbers = [side.ids for side in sides] + [weights.spool] * weights.are_given
    whole = None if is_large else [spool.taken() for spool in numbers]

    def encoded() -> Iterator[Piece]:
        pieces: Any = [whole] if whole else zip(*(s.pieces(PIECE) for s in numbers), strict=True)
        for centers, contexts, *w in pieces:
            yield centers, contexts, w[0] if w else np.ones(len(centers))

    seen, total = _sums(encoded(), sides)
    if not np.isfinite(total):
        raise ValueError("weights sums to more than a float can hold; scale it down")
    if not total:
        why = f"the weights of all {n} are 0" if n else "none is given"
        raise CorpusError(f"there is no pair to train on: {why}")
    enough = [(weight >= min_count) & (weight > 0) for weight in seen]

    def kept() -> Iterator[Piece]:
        for centers, contexts, w in encoded():
            stays = (w > 0) & enough[0][centers] & enough[1][contexts]
            if stays.all():
                yield centers, contexts, w
            else:
                yield centers[stays], contexts[stays], w[stays]

    frequent = kept if is_large else _in_memory(kept())
    size, largest = 0, 0.0
    for _, _, w in frequent():
        size, largest = size + len(w), max(largest, float(w.max(initial=0)))
    if not size:
        raise CorpusError(
            f"no pair is left with min_count={min_count}: the pairs of the most frequent center "
            f"weigh {seen[0].max():g} in all, those of the most frequent context "
            f"{seen[1].max():g}; min_count=0 keeps all pairs"
        )
    sums, weight = _sums(frequent(), sides)
    ranked = [side.ranked(of_words) for side, of_words in zip(sides, sums, strict=True)]
    raw = round(min(total, LARGEST))
    centers, contexts = (Vocabulary(words, counts, raw) for words, counts, _, _ in ranked)
    for side, words in zip(sides, (centers, contexts), strict=True):
        for advice in advice_on_tokens(words, strings=f"map(str, {side.name})"):
            logger.warning("%s", advice)

    def final() -> Iterator[Piece]:
        for *ids, w in frequent():
            rows_in, rows_out = (ranks[i] for i, (_, _, ranks, _) in zip(ids, ranked, strict=True))
            yield rows_in, rows_out, w

    pieces = final if is_large else _in_memory(final())
    of_words = ranked[0][3], ranked[1][3]
    return PairData(centers, contexts, *of_words, size, largest, weight, is_large, pieces)


def _in_memory(pieces: Iterator[Piece]) -> Callable[[], Iterator[Piece]]:
    return partial(iter, [*pieces])


def _sums(pieces: Iterable[Piece], sides: tuple[Side, Side]) -> tuple[list[np.ndarray], float]:
    """Weight of the pairs of each word of both sides, and of all."""
    sums, total = [np.zeros(len(side.table)) for side in sides], 0.0
    with np.errstate(over="ignore"):
        for centers, contexts, w in pieces:
            for ids, of_words in zip((centers, contexts), sums, strict=True):
                of_words += np.bincount(ids, w, len(of_words))
            total += float(w.sum())
    return sums, total
