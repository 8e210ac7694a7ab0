"""The terms of a question, words and arrays, as vectors and rows.

A word stands for its vector and an array of shape (d,) for itself; several terms stand in whatever
`terms_in` knows. `UnknownWordError` names words that are not there, and ValueError an array that is
no vector of d finite numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import check_flags, is_real
from negsamp.vectors.cosines import row_norms, unit_rows
from negsamp.vectors.key_containers import as_python, terms_in
from negsamp.vectors.word_vectors import WordVectors

__all__ = ["QueryTerms", "look_up", "mean_of", "query_of"]


class QueryTerms(NamedTuple):
    """Terms that were looked up: n keys and arrays, the rows of the keys, all vectors."""

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
    terms = [_plain(kv, term) for term in terms]
    words = [i for i, term in enumerate(terms) if not _is_vector(term)]
    rows = kv.rows([terms[i] for i in words])
    for i, row in zip(words, rows, strict=True):
        if as_python(terms[i]) is not terms[i]:
            terms[i] = kv.index_to_key[row]
    vectors = np.empty((len(terms), *shape))
    vectors[words] = kv.vectors[rows]
    for i in set(range(len(terms))) - set(words):
        term = terms[i]
        if term.shape != shape or term.dtype.kind not in "biuf" or not np.isfinite(term).all():
            raise ValueError(
                f"a query vector of shape {term.shape} was given; it must be {shape} and finite"
            )
        vectors[i] = term
    return QueryTerms(terms, rows, vectors)


def query_of(kv: WordVectors, positive: Any, negative: Any) -> tuple[np.ndarray, list[int]]:
    """Return the weighted sum of unit vectors, scaled to norm 1, (d,), and the words' rows."""
    weighted = [_weighted(kv, term, 1) for term in terms_in(kv, "positive", positive, True)]
    weighted += [_weighted(kv, term, -1) for term in terms_in(kv, "negative", negative, True)]
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
    kv: WordVectors,
    name: str,
    keys: Any,
    weights: Any,
    pre_normalize: bool,
    ignore_missing: bool,
) -> np.ndarray:
    """Return `KeyedVectors.get_mean_vector` in float64; `name` is that of `keys` in messages."""
    check_flags(pre_normalize=pre_normalize, ignore_missing=ignore_missing)
    terms = [_plain(kv, term) for term in terms_in(kv, name, keys, True)]
    factors = np.ones(len(terms)) if weights is None else _numbers(weights)
    if factors.shape != (len(terms),) or not np.isfinite(factors).all():
        raise ValueError(
            f"weights has shape {factors.shape}; it must be ({len(terms)},), one a key, and finite"
        )
    if weights is not None and isinstance(keys, (set, frozenset)):
        raise TypeError(f"{name} is a set, which has no order that weights could follow")
    is_left_out = np.array([ignore_missing and _is_missing(kv, term) for term in terms], bool)
    found = look_up(kv, [terms[i] for i in np.flatnonzero(~is_left_out)])
    factors = factors[~is_left_out]
    if not np.abs(factors).sum() > 0:
        why = "it is empty" if not terms else "all weights are 0"
        if is_left_out.any():
            why = f"{terms[int(is_left_out.argmax())]!r:.60} is not in the vocabulary"
        raise ValueError(f"{name} leaves no vector with a weight to take the mean of: {why}")
    units = found.units(zeros=True)  # which names what is not finite
    return factors @ (units if pre_normalize else found.vectors) / np.abs(factors).sum()


def _numbers(weights: Any) -> np.ndarray:
    try:
        if isinstance(weights, (Mapping, set, frozenset, str)):
            raise TypeError
        is_array = hasattr(type(weights), "__array__")
        return np.asarray(weights if is_array else [*weights], np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"weights is {weights!r:.60}; it must hold a number for each key") from None


def _plain(kv: WordVectors, term: Any) -> Any:
    """Return a vector that is no NumPy array, such as a row of a table, as one."""
    is_array = hasattr(type(term), "__array__") and not isinstance(term, (np.ndarray, np.generic))
    if is_array and type(term) not in kv.key_types:
        array = np.asarray(term)
        return array if array.dtype.kind == "f" else term
    return term


def _is_missing(kv: WordVectors, term: Any) -> bool:
    # what is not hashable is a mistake: a list in a list, for instance
    return isinstance(as_python(term), Hashable) and kv.get_index(term, -1) < 0


def _is_vector(term: Any) -> bool:
    return isinstance(term, np.ndarray) and (term.ndim > 0 or term.dtype.kind in "fc")


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
