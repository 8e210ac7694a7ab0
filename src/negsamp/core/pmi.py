"""Vectors to begin with, from the pointwise mutual information of a sample of pairs.

At its minimum, the loss of skip-gram with negative sampling has u · v = PMI + offset [1]_, so that
vectors of low rank can be had from a singular value decomposition [2]_ before anything is trained.
Pairs are drawn from the text, and go by chance to one of two halves. M and M' are their matrices of
max(PMI + offset, 0), and M ≈ U S Vᵀ. What a component is worth is measured where it was not
fitted: t = uᵀ M' v, which is about s where it says something of the text, and about 0 where it is
noise. The vectors are U √T and V √T, for all words, by way of the frequent ones.

References
----------
.. [1] O. Levy, Y. Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NIPS 2014.
.. [2] N. Halko, P. Martinsson, J. Tropp, "Finding Structure with Randomness: Probabilistic
   Algorithms for Constructing Approximate Matrix Decompositions", SIAM Review, 2011, section 4.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

__all__ = ["Start", "add_pmi_vectors", "pmi_bytes"]

# Pairs that are drawn at most, as (center, context) and (context, center); the most frequent words,
# of which the decomposition is made; how many more components it has, and how often it is refined.
# Measured, see docs/performance.md.
PAIRS, FREQUENT, MORE, ROUNDS = 12_000_000, 4096, 10, 2
PARTS, WINDOWS = 64, 8  # of a long text, from which pairs are drawn; that each has at least
# The sum of squared gradients that an occurrence adds to a row of W_in and W_out. Measured.
SQUARES_IN, SQUARES_OUT = 36.0, 61.0
ROWS_AT_ONCE = 1 << 13
HIGHEST = 20.0  # of PMI; e²⁰ times as often as by chance


class Start(NamedTuple):
    """The arrays that are added to: input and output vectors, (V, d), and sums of squares, (V,)."""

    W_in: np.ndarray
    W_out: np.ndarray
    squares_in: np.ndarray
    squares_out: np.ndarray


def add_pmi_vectors(
    start: Start,
    text: tuple[np.ndarray, np.ndarray, np.ndarray],
    keep: np.ndarray,
    kept: float,
    weights: np.ndarray,
    noise: np.ndarray,
    offset: float,
    scale: float,
    rng: np.random.Generator,
    threads: int = 1,
) -> None:
    """Add vectors that are known from pairs to those of `start`, in place.

    `text` is ids (T,) int32, the words of largest counts first, where sentences begin and end, and
    the parts that are left out, as in `negsamp.core.windows.iter_windows`. Pairs have the weights
    of `window_weights`, and tokens stay with the probabilities `keep`, which leaves about `kept` of
    them. `noise` is the distribution of noise words, (V,). What is added to u · v is the logarithm
    of p(context | center) / noise, plus `offset`, times `scale` squared. The sums of squares grow
    as if these tokens had been trained. The result does not depend on the number of threads.
    """
    V, d = start.W_in.shape
    C, reach = min(FREQUENT, V), len(weights) // 2
    share = PAIRS / weights.sum() / max(kept, 1.0)
    tokens, segments = _sample(*text, keep, share, reach, rng)
    seen = np.bincount(tokens, minlength=V)
    halves = _halves(tokens, segments, weights[reach + 1 :], (V, C), rng)
    del tokens, segments
    with np.errstate(divide="ignore"):
        log_noise = np.where(noise > 0, np.log(noise), np.inf)  # what is no noise word has no PMI
    with ThreadPoolExecutor(threads) as pool, threadpool_limits(1, user_api="blas"):
        fitted, held = pool.map(lambda half: _positive_pmi(half, log_noise, C, offset), halves)
        del halves
        left, right, S, T = _components(fitted.frequent, held.frequent, d, rng, _in_blocks(pool))
        T = np.maximum(T, 0)
        # a row of U is one of M V / S; both halves tell of it
        rank, back = len(T), scale * np.sqrt(T) / (S + T)
        start.W_in[:C, :rank] += ((fitted.frequent + held.frequent) @ right) * back
        start.W_out[:C, :rank] += right * (scale * np.sqrt(T))

        def fill(begin: int) -> None:
            rows = slice(begin, begin + ROWS_AT_ONCE)
            both = fitted.rest[rows] + held.rest[rows]
            start.W_in[C:][rows, :rank] += (both @ right) * back
            start.W_out[C:][rows, :rank] += (both @ left) * back  # pairs count both ways

        list(pool.map(fill, range(0, V - C, ROWS_AT_ONCE)))
    start.squares_in[...] += SQUARES_IN * seen
    start.squares_out[...] += SQUARES_OUT * seen


def pmi_bytes(V: int, d: int, kept: float, weights: np.ndarray) -> int:
    """About how much memory `add_pmi_vectors` takes, rather too much than too little."""
    tokens, C = min(kept, PAIRS / weights.sum()), min(FREQUENT, V)
    pairs = tokens * float(weights.sum())
    # while pairs are counted, or their matrices and what is decomposed
    counting = 20 * tokens + 4 * pairs + 6 * min(pairs, V * C)
    return int(max(counting, 4 * pairs + 80 * C * min(d + MORE, C)))


def _sample(
    ids: np.ndarray,
    offsets: np.ndarray,
    left_out: np.ndarray,
    keep: np.ndarray,
    share: float,
    reach: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Subsampled tokens of a share of the text at most, from parts of all of it.

    Return them, (n,) int32, and the numbers of their segments, (n,) int32, which rise. Windows
    reach to the ends of a segment.
    """
    parts = int(np.clip(len(ids) * min(share, 1.0) / (WINDOWS * reach), 1, PARTS))
    step = max(1, -(-len(ids) // parts))
    size = min(step, math.ceil(step * share))
    edges = left_out.reshape(-1)  # a begin, its end, the next begin, …
    tokens, begins, last = [np.zeros(0, np.int32)], [np.zeros(0, bool)], -1
    for at in range(0, len(ids), step):
        some = np.asarray(ids[at : at + size])
        places = np.arange(at, at + len(some))
        past = np.searchsorted(edges, places, "right")
        stays = (rng.random(len(some), dtype=np.float32) < keep[some]) & (past % 2 == 0)
        if stays.any():
            segment = (np.searchsorted(offsets, places, "right") + past)[stays]
            if size < step:  # the next part does not go on where this ends
                segment += at
            tokens.append(some[stays])
            begins.append(np.diff(segment, prepend=last) != 0)
            last = segment[-1]
    return np.concatenate(tokens), np.cumsum(np.concatenate(begins), dtype=np.int32)


class Half(NamedTuple):
    """Pairs of which one word at least is of the C most frequent; they may be met several times."""

    keys: np.ndarray  # (n,) larger row · C + smaller row, int32 or int64
    totals: np.ndarray  # (V,) float64, pairs of each word with any other


class Matrix(NamedTuple):
    """The pointwise mutual information of words and the C most frequent ones."""

    frequent: csr_matrix  # (C, C) float32
    rest: csr_matrix  # (V − C, C) float32


def _halves(
    tokens: np.ndarray,
    segments: np.ndarray,
    weights: np.ndarray,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> list[Half]:
    """Draw the pairs of windows, of which some weigh less, and halve them by chance.

    `weights` has that of the distances 1, 2, …, and `size` is V and C.
    """
    V, C = size
    kind = np.int32 if V * C < 2**31 else np.int64
    keys: list[list[np.ndarray]] = [[], []]
    pairs = np.zeros((2, len(tokens)), np.int32)  # of each token
    longest = int(np.bincount(segments).max(initial=0))
    for distance, weight in enumerate(weights[: max(longest - 1, 1)], 1):
        near, far = tokens[:-distance], tokens[distance:]
        drawn = rng.random(len(near), dtype=np.float32)
        drawn[segments[:-distance] != segments[distance:]] = np.inf
        for side, low in enumerate((0, weight / 2)):
            places = np.flatnonzero((drawn >= low) & (drawn < low + weight / 2))
            a, b = near[places], far[places]
            pairs[side, places] += 1
            pairs[side, places + distance] += 1
            smaller, larger = np.minimum(a, b), np.maximum(a, b)
            some = np.flatnonzero(smaller < C)
            keys[side].append(larger[some] * kind(C) + smaller[some])
    totals = (np.bincount(tokens, each, V) for each in pairs)
    return [Half(np.concatenate(some), total) for some, total in zip(keys, totals, strict=True)]


def _positive_pmi(half: Half, log_noise: np.ndarray, C: int, offset: float) -> Matrix:
    """max(log p(c | w) / noise(c) + offset, 0) of pairs of words.

    Each is shortened by n / (n + 1) for a pair that was met n times (P. Pantel, D. Lin,
    "Discovering Word Senses from Text", KDD 2002).
    """
    keys, V = half.keys, len(half.totals)
    keys.sort()
    is_first = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    n = np.diff(np.flatnonzero(is_first), append=len(keys)).astype(np.float32)
    larger, smaller = np.divmod(keys[is_first], keys.dtype.type(C))
    smaller = smaller.astype(np.int32)
    n[larger == smaller] *= 2  # each of the two is a context of the other
    as_center = np.log(np.maximum(half.totals, 1)).astype(np.float32)
    as_context = (log_noise - offset).astype(np.float32)
    ends = np.searchsorted(larger, np.arange(V + 1, dtype=larger.dtype))
    log_n, n = np.log(n), n / (n + 1)

    def matrix(value: np.ndarray, some: slice, rows: slice) -> csr_matrix:
        value = n[some] * np.clip(log_n[some] - value, 0, HIGHEST)
        bounds = ends[rows.start : rows.stop + 1] - some.start
        parts = value, smaller[some].copy(), bounds  # as `eliminate_zeros` works in place
        found = csr_matrix(parts, (rows.stop - rows.start, C))
        found.eliminate_zeros()
        return found

    few, many = slice(0, int(ends[C])), slice(int(ends[C]), len(n))
    below = matrix(as_center[larger[few]] + as_context[smaller[few]], few, slice(0, C))
    above = as_center[smaller[few]] + as_context[larger[few]]
    above[larger[few] == smaller[few]] = np.inf
    rest = matrix(as_center[larger[many]] + as_context[smaller[many]], many, slice(C, V))
    return Matrix(below + matrix(above, few, slice(0, C)).T.tocsr(), rest)


Apply = Callable[[csr_matrix, np.ndarray], np.ndarray]


def _in_blocks(pool: ThreadPoolExecutor) -> Apply:
    """A product of a sparse matrix in as many threads as there are, with the same result."""

    def apply(matrix: csr_matrix, vectors: np.ndarray) -> np.ndarray:
        step = -(-matrix.shape[0] // 4)
        blocks = (matrix[at : at + step] for at in range(0, matrix.shape[0], step))
        return np.concatenate([*pool.map(lambda block: block @ vectors, blocks)])

    return apply


def _components(
    fitted: csr_matrix, held: csr_matrix, d: int, rng: np.random.Generator, apply: Apply
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Left and right vectors of the frequent words, (C, r) each, and what they are worth.

    S, (r,), are the singular values of the first matrix, largest first, and T, (r,), what the
    components come to in the second; r is at most d.
    """
    C = fitted.shape[0]
    turned = fitted.T.tocsr()
    right = rng.standard_normal((C, min(d + MORE, C)), dtype=np.float32)
    for _ in range(ROUNDS):
        right = np.linalg.qr(apply(turned, apply(fitted, right)))[0]
    U, S, Vt = np.linalg.svd(apply(fitted, right), full_matrices=False)
    rank = min(d, int(np.count_nonzero(S > 1e-5 * S[:1].sum())))
    left, right, S = U[:, :rank], right @ Vt[:rank].T, S[:rank]
    return left, right, S, np.einsum("ij,ij->j", left, apply(held, right))
