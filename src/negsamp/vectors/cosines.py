"""Cosines of rows with queries, and the rows where they are largest; words are not known here.

A matrix product in the matrix's own precision finds the rows that may be among the best, as far as
the bound of its rounding tells; the cosines of these few are computed again in float64, each row by
itself. So an answer depends neither on how many questions are asked at once nor on where a row
lies, and equal rows have equal scores. The product is divided by the norms: no second matrix of
unit rows is needed, and the first may lie in a file.

Shapes: vectors (V, d), norms (V,), queries (B, d) float64 of length 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

__all__ = [
    "closer_rows",
    "cosines_of_each",
    "exact_cosines",
    "nearest",
    "nearest_by_product",
    "nearest_neighbors",
    "queries_at_once",
    "row_norms",
    "three_cos_mul",
    "unit_rows",
    "working_dtype",
]

# Numbers of the matrix that are converted at one time: 2 MB of float64, which caches hold.
_NUMBERS = 1 << 18
# Scores of one product: 64 MB of float32.
_SCORES = 1 << 24
# Scores of one product of rows with all rows, where several arrays of that size are alive: 16 MB.
_PAIRS = 1 << 22


def working_dtype(vectors: np.ndarray) -> np.dtype:
    """Return the type that products are computed in: the matrix's own, and at least float32."""
    return np.result_type(vectors.dtype, np.float32)


def row_norms(vectors: np.ndarray) -> np.ndarray:
    """Return each row's norm, (V,) in the working dtype, summed in float64; inf if out of range."""
    norms = np.empty(len(vectors), working_dtype(vectors))
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in _blocks(*vectors.shape):
            norms[rows] = _lengths(_wide(vectors[rows]))
    return norms


def unit_rows(vectors: np.ndarray, norms: np.ndarray) -> np.ndarray:
    """Return the rows scaled to norm 1, (V, d) in the dtype of `norms`; zero rows stay zero."""
    return np.divide(vectors, _divisors(norms)[:, None], dtype=norms.dtype)


def queries_at_once(n_rows: int) -> int:
    """Return how many queries one product with so many rows may have."""
    return max(1, _SCORES // max(1, n_rows))


def cosines_of_each(
    vectors: np.ndarray, norms: np.ndarray, queries: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield the cosines of all rows with each query, (V,) in `norms`' dtype, to within `_error`."""
    queries = queries.astype(norms.dtype)
    divisors = _divisors(norms)
    step = queries_at_once(len(vectors))
    for start in range(0, len(queries), step):
        part = queries[start : start + step]
        products = np.empty((len(part), len(vectors)), norms.dtype)
        for rows in _blocks(*vectors.shape):
            np.matmul(part, np.asarray(vectors[rows], norms.dtype).T, out=products[:, rows])
        products /= divisors
        yield from np.clip(products, -1, 1, out=products)


def exact_cosines(vectors: np.ndarray, rows: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Return the cosines of some rows (n,) with queries, (B, n) float64; 0 where a row is zero."""
    cosines = np.empty((len(queries), len(rows)))
    for part in _blocks(len(rows), vectors.shape[1]):
        chosen = _wide(vectors[rows[part]])
        lengths = _divisors(_lengths(chosen))
        for query, out in zip(queries, cosines, strict=True):
            # A matrix product would sum a row's terms in an order that depends on the others.
            out[part] = np.einsum("ij,j->i", chosen, query) / lengths
    return np.clip(cosines, -1, 1, out=cosines)


def nearest(
    vectors: np.ndarray,
    norms: np.ndarray,
    queries: np.ndarray,
    excluded: Iterable[list[int]],
    topn: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows of the `topn` largest cosines with each query, (n,) intp, and these cosines.

    The best come first, equal ones in row order. `excluded` has a list for each query of the rows
    that are no answer; rows beyond the last are ignored in it.
    """
    error = _error(vectors, norms)
    scores_of_each = cosines_of_each(vectors, norms, queries)
    for query, scores, rows_out in zip(queries, scores_of_each, excluded, strict=True):
        rows = _may_be_best(scores, scores + 2 * error, rows_out, topn)
        yield _sorted(rows, exact_cosines(vectors, rows, query[None])[0], topn)


def nearest_by_product(
    vectors: np.ndarray,
    norms: np.ndarray,
    positive: np.ndarray,
    negative: np.ndarray,
    excluded: list[int],
    topn: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the largest `three_cos_mul` with terms (P, d) and (N, d), as `nearest`."""
    (low, high), (low_below, high_below) = (
        _product_bounds(vectors, norms, queries) for queries in (positive, negative)
    )
    rows = _may_be_best(low / (high_below + 1e-6), high / (low_below + 1e-6), excluded, topn)
    scores = three_cos_mul(
        exact_cosines(vectors, rows, positive), exact_cosines(vectors, rows, negative)
    )
    return _sorted(rows, scores, topn)


def three_cos_mul(positive: Iterable[np.ndarray], negative: Iterable[np.ndarray]) -> Any:
    """Return ``Π (1 + cos x⁺)/2 / (Π (1 + cos x⁻)/2 + 1e−6)``, as `most_similar_cosmul` has it."""
    above, below = (math.prod((1 + c) / 2 for c in cosines) for cosines in (positive, negative))
    return above / (below + 1e-6)


def closer_rows(
    vectors: np.ndarray, norms: np.ndarray, query: np.ndarray, cosine: float
) -> np.ndarray:
    """Return the rows whose `exact_cosines` with `query` (d,) is above `cosine`, (n,)."""
    [scores] = cosines_of_each(vectors, norms, query[None])
    error = _error(vectors, norms)
    is_closer = scores > cosine + error
    unsure = np.flatnonzero(~is_closer & (scores >= cosine - error))
    is_closer[unsure] = exact_cosines(vectors, unsure, query[None])[0] > cosine
    return np.flatnonzero(is_closer)


def nearest_neighbors(units: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    """Return the k < V other rows of largest cosine with each of some rows (n,), (n, k) intp.

    They are in no order. Where several cosines equal the least, the first of their rows are taken.
    """
    found = np.empty((len(rows), k), dtype=np.intp)
    step = max(1, _PAIRS // len(units))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        cosines = units[some] @ units.T
        every = np.arange(len(some))
        cosines[every, some] = -np.inf
        best = np.argpartition(cosines, len(units) - k, axis=1)[:, -k:]
        least = cosines[every, best[:, 0]][:, None]
        for i in np.flatnonzero(np.count_nonzero(cosines >= least, axis=1) > k):
            is_nearer, is_least = cosines[i] > least[i], cosines[i] == least[i]
            best[i] = [*np.flatnonzero(is_nearer), *np.flatnonzero(is_least)][:k]
        found[start : start + step] = best
    return found


def _error(vectors: np.ndarray, norms: np.ndarray) -> float:
    """Return twice the largest distance of `cosines_of_each` from the true cosines.

    A sum of d products of unit vectors is off by d·eps/2 at most (Higham, "Accuracy and Stability
    of Numerical Algorithms", 2nd ed., equation 3.5), query, norm and quotient by eps/2 each.
    """
    return (vectors.shape[1] + 8) * float(np.finfo(norms.dtype).eps)


def _product_bounds(
    vectors: np.ndarray, norms: np.ndarray, queries: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return bounds of the product of a row's shifted cosines with all queries, twice (V,)."""
    error = _error(vectors, norms)
    low, high = np.ones((2, len(vectors)))
    for scores in cosines_of_each(vectors, norms, queries):
        shifted = (1 + scores.astype(np.float64)) / 2
        low *= np.maximum(shifted - error, 0)
        high *= shifted + error
    return low, high


def _may_be_best(lower: np.ndarray, upper: np.ndarray, excluded: list[int], n: int) -> np.ndarray:
    """Return the rows that may have one of the n largest scores, if bounds of them are given."""
    is_asked = np.zeros(len(lower), dtype=bool)
    is_asked[[row for row in excluded if row < len(lower)]] = True
    upper[is_asked] = lower[is_asked] = -np.inf
    n = min(n, len(lower) - int(is_asked.sum()))
    if n == 0:
        return np.empty(0, dtype=np.intp)
    # n rows have at least this, so whatever stays below it is behind them
    return np.flatnonzero(upper >= np.partition(lower, -n)[-n])


def _sorted(rows: np.ndarray, scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-scores, kind="stable")[:n]
    return rows[order], scores[order]


def _blocks(n_rows: int, d: int) -> Iterator[slice]:
    step = max(1, _NUMBERS // max(1, d))
    return (slice(start, start + step) for start in range(0, n_rows, step))


def _wide(rows: np.ndarray) -> np.ndarray:
    """Return rows in float64 or better, a row's numbers side by side."""
    return np.ascontiguousarray(rows, np.result_type(rows.dtype, np.float64))


def _lengths(rows: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def _divisors(norms: np.ndarray) -> np.ndarray:
    return np.where(norms > 0, norms, 1).astype(norms.dtype, copy=False)
