"""The terms of a question, words and arrays, as vectors and rows.

A word stands for its vector and an array of shape (d,) for itself; a list, or a tuple that is not
itself in a list, holds several terms. `UnknownWordError` names a word that is not there, and
ValueError an array that is no vector of d finite numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import is_real
from negsamp.vectors.cosines import row_norms, unit_rows
from negsamp.vectors.word_vectors import WordVectors

__all__ = ["QueryTerms", "as_list", "look_up", "mean_of", "query_of"]


class QueryTerms(NamedTuple):
    """Terms that were looked up: n words and arrays, the rows of the words, all vectors."""

    terms: list[Any]
    rows: list[int]
    vectors: np.ndarray  # (n, d) float64

    def units(self, zeros: bool = False) -> np.ndarray:
        """Return the vectors scaled to norm 1, (n, d) float64; zeros stay, if they are allowed."""
        norms = row_norms(self.vectors)
        for wrong, what in (
            (~np.isfinite(norms), "has the norm {}; it must be finite"),
            ((norms == 0) & (not zeros), "is the zero vector; it has no direction to compare with"),
        ):
            if wrong.any():
                term = self.terms[int(wrong.argmax())]
                name = "a query vector" if _is_vector(term) else f"the vector of {term!r:.60}"
                raise ValueError(f"{name} {what.format(norms[wrong][0])}")
        return unit_rows(self.vectors, norms)


def look_up(kv: WordVectors, terms: list[Any]) -> QueryTerms:
    """Look terms up, each word once."""
    shape = (kv.vector_size,)
    rows = {i: kv.row(term) for i, term in enumerate(terms) if not _is_vector(term)}
    vectors = np.empty((len(terms), *shape))
    vectors[list(rows)] = kv.vectors[list(rows.values())]
    for i in set(range(len(terms))) - rows.keys():
        term = terms[i]
        if term.shape != shape or term.dtype.kind not in "biuf" or not np.isfinite(term).all():
            raise ValueError(
                f"a query vector of shape {term.shape} was given; it must be {shape} and finite"
            )
        vectors[i] = term
    return QueryTerms(terms, list(rows.values()), vectors)


def query_of(kv: WordVectors, positive: Any, negative: Any) -> tuple[np.ndarray, list[int]]:
    """Return the weighted sum of unit vectors, scaled to norm 1, (d,), and the words' rows."""
    weighted = [_weighted(kv, term, 1) for term in as_list(positive)]
    weighted += [_weighted(kv, term, -1) for term in as_list(negative)]
    if not weighted:
        raise ValueError("positive and negative are both empty; most_similar needs a query")
    terms, weights = zip(*weighted, strict=True)
    query = look_up(kv, list(terms))
    total = np.array(weights) @ query.units()
    length = np.linalg.norm(total)
    # What rounding in float64 leaves of vectors that cancel is no direction either.
    if not length > 1e-12 * np.abs(weights).sum():
        raise ValueError("the query is the zero vector; it has no direction to compare with")
    return total / length, query.rows


def mean_of(
    kv: WordVectors, keys: Any, weights: Any, pre_normalize: bool, ignore_missing: bool
) -> np.ndarray:
    """Return `KeyedVectors.get_mean_vector` in float64."""
    terms = as_list(keys)
    try:
        factors = np.ones(len(terms)) if weights is None else np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"weights is {weights!r:.60}; it must be an array of numbers") from None
    if factors.shape != (len(terms),) or not np.isfinite(factors).all():
        raise ValueError(
            f"weights has shape {factors.shape}; it must be ({len(terms)},), one a key, and finite"
        )
    if ignore_missing:
        known = [i for i, t in enumerate(terms) if _is_vector(t) or kv.get_index(t, -1) >= 0]
        terms, factors = [terms[i] for i in known], factors[known]
    if not np.abs(factors).sum() > 0:
        raise ValueError("keys leaves no vector with a weight to take the mean of")
    found = look_up(kv, terms)
    units = found.units(zeros=True)  # which names what is not finite
    return factors @ (units if pre_normalize else found.vectors) / np.abs(factors).sum()


def as_list(terms: Any) -> list[Any]:
    """Return one key or vector as a list of one, several as a list, and None as an empty list.

    A tuple stands for its items: to ask for a tuple key, put it in a list.
    """
    if terms is None:
        return []
    if isinstance(terms, (list, tuple)) or (isinstance(terms, np.ndarray) and terms.ndim == 2):
        return list(terms)
    return [terms]


def _is_vector(term: Any) -> bool:
    return isinstance(term, np.ndarray)


def _weighted(kv: WordVectors, term: Any, sign: int) -> tuple[Any, float]:
    """Return a term and its weight; a pair has a weight of its own, unless tuples are keys."""
    is_pair = isinstance(term, tuple) and len(term) == 2 and is_real(term[1], finite=False)
    if not is_pair or kv.has_tuple_keys:
        return term, sign
    word, weight = term
    if not is_real(weight) or (sign < 0 < weight):
        allowed = "finite" if sign > 0 else "finite, and 0 or less in negative"
        raise ValueError(f"the weight of {word!r:.60} is {weight}; it must be {allowed}")
    return word, float(weight)
