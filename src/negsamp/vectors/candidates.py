"""The rows that may be answers to a question."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import check_integer
from negsamp.vectors.cosines import cosines_of_each, exact_cosines, three_cos_mul
from negsamp.vectors.key_containers import keys_in
from negsamp.vectors.word_vectors import WordVectors, some_rows

__all__ = ["Candidates", "candidates"]


class Candidates(NamedTuple):
    """Some rows, ascending, with their vectors and norms."""

    rows: range | np.ndarray  # n of them; an array is intp
    vectors: np.ndarray  # (n, d), a view where the rows are consecutive
    norms: np.ndarray  # (n,)
    order: np.ndarray | slice  # the place of each row that was asked for, in its order

    def places(self, rows: list[int]) -> list[int]:
        """Return where some rows stand, those that are here."""
        if isinstance(self.rows, range):
            return [row - self.rows.start for row in rows if row in self.rows]
        return np.flatnonzero(np.isin(self.rows, rows)).tolist()

    def cosines(self, query: np.ndarray) -> np.ndarray:
        """Return the cosines with a query (d,), in the order that was asked for."""
        if isinstance(self.rows, range):
            return next(cosines_of_each(self.vectors, self.norms, query[None]))
        [cosines] = exact_cosines(self.vectors, np.arange(len(self.vectors)), query[None])
        return cosines[self.order].astype(self.norms.dtype)

    def cos_mul(self, positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
        """Return the `three_cos_mul` with terms (P, d) and (N, d), as `cosines` does."""
        every = np.arange(len(self.vectors))
        scores = three_cos_mul(
            *(exact_cosines(self.vectors, every, terms) for terms in (positive, negative))
        )
        return scores[self.order].astype(self.norms.dtype)


def candidates(
    kv: WordVectors,
    restrict_vocab: int | None = None,
    clip_start: int = 0,
    clip_end: int | None = None,
    among: Any = None,
) -> Candidates:
    """Return the candidates that parameters of `KeyedVectors.most_similar` name.

    Raises
    ------
    ValueError
        If a number is out of range, or rows are named in two ways.
    UnknownWordError
        If a key of `among` is not in the vocabulary.
    """
    check_integer("restrict_vocab", restrict_vocab, 1, optional=True)
    check_integer("clip_start", clip_start, 0)
    check_integer("clip_end", clip_end, 1, optional=True)
    is_clipped = clip_start > 0 or clip_end is not None
    if (restrict_vocab is not None) + is_clipped + (among is not None) > 1:
        raise ValueError(
            "give one of restrict_vocab, among, and clip_start with clip_end; "
            "restrict_vocab=n is clip_end=n"
        )
    if among is not None:
        keys = keys_in(kv, "among", among)
        asked = np.array(kv.rows([among] if keys is None else keys), np.intp)
        rows, order = np.unique(asked, return_inverse=True)
        return Candidates(rows, *some_rows(kv, rows), order)
    if clip_end is not None and clip_start >= clip_end:
        raise ValueError(f"clip_start is {clip_start}; it must be less than clip_end, {clip_end}")
    end = restrict_vocab if clip_end is None else clip_end
    several = range(len(kv))[clip_start:end]
    return Candidates(several, *some_rows(kv, several), slice(None))
