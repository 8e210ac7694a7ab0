"""Terms of a question as vectors: what a word, an array or a pair with a weight stands for.

`kv` is a `KeyedVectors`. A word stands for its vector, and an array of shape (d,) for itself; a
list, or a tuple at the top, holds several terms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from negsamp.checks import is_integer, is_real
from negsamp.vectors.cosines import row_norms, unit_rows

__all__ = [
    "as_list",
    "check_at_least_1",
    "check_restrict_vocab",
    "direction",
    "is_vector",
    "matrix_of",
    "most_frequent",
    "question_of",
    "rows_among",
    "searched",
    "unit_terms",
]


def question_of(kv: Any, positive: Any, negative: Any = ()) -> tuple[list[Any], list[float]]:
    """Terms and weights; the keys are known, and arrays are vectors."""
    weighted = [_weighted(kv, term, 1) for term in as_list(positive)]
    weighted += [_weighted(kv, term, -1) for term in as_list(negative)]
    if not weighted:
        raise ValueError("positive and negative are both empty; most_similar needs a query")
    terms, weights = zip(*weighted, strict=True)
    for term in terms:
        _check_vector(kv, term) if is_vector(term) else kv.row(term)
    return list(terms), list(weights)


def direction(kv: Any, terms: list[Any], weights: list[float]) -> np.ndarray:
    """Weighted sum of unit vectors, scaled to norm 1, (d,) float64."""
    query = np.array(weights) @ unit_terms(kv, terms)
    length = np.linalg.norm(query)
    # what rounding in float64 leaves of vectors that cancel is no direction either
    if not length > 1e-12 * np.abs(weights).sum():
        raise ValueError("the query is the zero vector; it has no direction to compare with")
    return query / length


def unit_terms(kv: Any, terms: list[Any], zeros: bool = False) -> np.ndarray:
    """Vectors of some terms scaled to norm 1, (n, d) float64; zeros stay, if they may."""
    matrix = matrix_of(kv, terms)
    norms = row_norms(matrix)
    for wrong, what in (
        (~np.isfinite(norms), "has the norm {}; it must be finite"),
        ((norms == 0) & (not zeros), "is the zero vector; it has no direction to compare with"),
    ):
        if wrong.any():
            term = terms[int(wrong.argmax())]
            name = "a query vector" if is_vector(term) else f"the vector of {term!r:.60}"
            raise ValueError(f"{name} {what.format(norms[wrong][0])}")
    return unit_rows(matrix, norms)


def matrix_of(kv: Any, terms: list[Any]) -> np.ndarray:
    """Vectors of some terms, (n, d) float64."""
    if not any(map(is_vector, terms)):
        rows = np.array([kv.row(term) for term in terms], dtype=np.intp)
        return np.asarray(kv.vectors[rows], np.float64)
    for term in filter(is_vector, terms):
        _check_vector(kv, term)
    vectors = [term if is_vector(term) else kv.vectors[kv.row(term)] for term in terms]
    return np.array(vectors, np.float64)


def rows_among(kv: Any, terms: list[Any], n_rows: int | None = None) -> list[int]:
    """Rows of the terms that are keys, if they are among the first ones."""
    rows = [kv.row(term) for term in terms if not is_vector(term)]
    return rows if n_rows is None else [row for row in rows if row < n_rows]


def searched(kv: Any, restrict_vocab: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The rows that answers come from, and their norms, which are finite."""
    check_restrict_vocab(restrict_vocab)
    vectors = kv.vectors[:restrict_vocab]
    is_there = len(vectors) == len(kv) or "norms" in kv.__dict__
    norms = kv.norms[:restrict_vocab] if is_there else row_norms(vectors)
    bad = np.flatnonzero(~np.isfinite(norms))
    if len(bad):
        raise ValueError(
            f"the vector of {kv.index_to_key[bad[0]]!r} has the norm {norms[bad[0]]}; "
            "it must be finite"
        )
    return vectors, norms


def check_restrict_vocab(restrict_vocab: int | None) -> None:
    """Check that a number of words is 1 or more, or None."""
    if restrict_vocab is not None:
        check_at_least_1("restrict_vocab", restrict_vocab, ", or None")


def check_at_least_1(name: str, value: Any, more: str = "") -> None:
    """Check that a parameter is an integer, 1 or more; `more` says what else it may be."""
    if not is_integer(value) or value < 1:
        raise ValueError(f"{name} is {value!r}; it must be an integer, 1 or more{more}")


def as_list(terms: Any) -> list[Any]:
    """One key or vector as a list of one; a list or tuple of them as a list; None as no term.

    A tuple stands for its items: to ask for a tuple key, put it in a list.
    """
    if terms is None:
        return []
    if isinstance(terms, (list, tuple)):
        return list(terms)
    if isinstance(terms, np.ndarray) and terms.ndim == 2:
        return list(terms)
    return [terms]


def is_vector(term: Any) -> bool:
    """Whether a term stands for itself."""
    return isinstance(term, np.ndarray)


def _weighted(kv: Any, term: Any, sign: int) -> tuple[Any, float]:
    is_pair = isinstance(term, tuple) and len(term) == 2 and is_real(term[1], finite=False)
    if not is_pair or kv.has_tuple_keys:
        return term, sign
    word, weight = term
    if not is_real(weight) or (sign < 0 < weight):
        allowed = "finite" if sign > 0 else "finite, and 0 or less in negative"
        raise ValueError(f"the weight of {word!r:.60} is {weight}; it must be {allowed}")
    return word, float(weight)


def _check_vector(kv: Any, vector: np.ndarray) -> None:
    is_number = vector.dtype.kind in "biuf"
    if vector.shape != (kv.vector_size,) or not is_number or not np.isfinite(vector).all():
        raise ValueError(
            f"a query vector of shape {vector.shape} was given; it must be "
            f"({kv.vector_size},) and finite"
        )


def most_frequent(kv: Any, n: int) -> np.ndarray:
    """Rows of the n most frequent words, or of the first where no word was counted."""
    if kv.counts is None:
        return np.arange(min(n, len(kv)))
    return np.argsort(-kv.counts, kind="stable")[:n]
