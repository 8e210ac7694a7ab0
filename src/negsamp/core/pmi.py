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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

__all__ = ["Start", "add_pair_vectors", "add_pmi_vectors", "pmi_bytes"]

# Pairs that are drawn at most, as (center, context) and (context, center); the most frequent words,
# of which the decomposition is made; how many more components it has, and how often it is refined.
# Measured, see docs/performance.md.
PAIRS, FREQUENT, MORE, ROUNDS = 12_000_000, 4096, 10, 2
NEAREST = 2  # words on either side at least, of whom pairs are drawn
PARTS, WINDOWS = 64, 8  # of a long text, from which pairs are drawn; that each has at least
# The sum of squared gradients that an occurrence adds to a row of W_in and W_out. Measured.
SQUARES_IN, SQUARES_OUT = 36.0, 61.0
PER_PAIR = 1 / 36  # of that for a pair alone, as gradients of an occurrence's six add up
PIECE, DRAWN_AT_ONCE = 1 << 22, 1 << 18  # pairs that are looked at together, and windows
ROWS_AT_ONCE = 1 << 11
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
    of `window_weights`, as far as `_nearest` takes them, and tokens stay with the probabilities
    `keep`, which leaves about `kept` of them. `noise` is the distribution of noise words, (V,).
    What is added to u · v is the logarithm of p(context | center) / noise, plus `offset`, times
    `scale` squared. The sums of squares grow as if these tokens had been trained. The result does
    not depend on the number of threads.
    """
    weights = _nearest(weights, kept)
    V, reach = len(start.W_in), len(weights) // 2
    C = min(FREQUENT, V)
    share = PAIRS / weights.sum() / max(kept, 1.0)
    tokens, segments = _sample(*text, keep, share, reach, rng)
    seen = np.bincount(tokens, minlength=V)
    halves = _halves(tokens, segments, weights[reach + 1 :], (V, C), rng, threads)
    del tokens, segments
    as_context = _log(noise) - offset
    _add_components(start, halves, lambda h: _positive_pmi(h, as_context, C), scale, rng, threads)
    start.squares_in[...] += SQUARES_IN * seen
    start.squares_out[...] += SQUARES_OUT * seen


def add_pair_vectors(
    start: Start,
    pairs: np.ndarray,
    weights: np.ndarray | None,
    noise: np.ndarray,
    offset: float,
    scale: float,
    rng: np.random.Generator,
    threads: int = 1,
) -> None:
    """Add vectors that are known from explicit pairs to those of `start`, in place.

    `pairs` are rows of `start.W_in` and of `start.W_out`, (n, 2) int32, in which frequent words
    have small numbers, and `weights` are how often each was met, (n,), or None if once. `noise` is
    the distribution of noise words, (V',). What is added, and the rest, is as in `add_pmi_vectors`.
    """
    sizes = len(start.W_in), len(start.W_out)
    share = min(1.0, PAIRS / max(1, len(pairs)))
    places = [np.zeros(0, np.intp)]
    for at in range(0, len(pairs), PIECE):
        chance = rng.random(min(PIECE, len(pairs) - at), dtype=np.float32)
        places.append(at + np.flatnonzero(chance < share))
    some = np.concatenate(places)
    rows, columns = np.asarray(pairs[some]).T
    n = np.ones(len(some), np.float32) if weights is None else np.asarray(weights[some])
    start.squares_in[...] += PER_PAIR * SQUARES_IN * np.bincount(rows, n, sizes[0])
    start.squares_out[...] += PER_PAIR * SQUARES_OUT * np.bincount(columns, n, sizes[1])
    times = np.maximum(np.rint(n), 1).astype(np.int64)
    first = n * (rng.binomial(times, 0.5) / times).astype(np.float32)
    halves = [csr_matrix((part, (rows, columns)), sizes) for part in (first, n - first)]
    as_context = _log(noise) - offset
    _add_components(start, halves, lambda h: _pmi_of_pairs(h, as_context), scale, rng, threads)


def _nearest(weights: np.ndarray, kept: float) -> np.ndarray:
    """Weights of the windows of which pairs are drawn, (2r + 1,), from those of wider ones.

    The r nearest words on either side are those that make `PAIRS` pairs in `kept` tokens, since
    they tell more of what a word is. Where all words weigh the same, the order may not matter, and
    all are taken.
    """
    reach = len(weights) // 2
    beside = weights[reach + 1 :]
    enough = 1 + int(np.searchsorted(2 * kept * np.cumsum(beside), PAIRS))
    r = reach if beside.min() == beside.max() else min(max(NEAREST, enough), reach)
    return weights[reach - r : reach + r + 1]


def pmi_bytes(V: int, d: int, kept: float, weights: np.ndarray) -> int:
    """About how much memory `add_pmi_vectors` takes, rather too much than too little."""
    weights = _nearest(weights, kept)
    tokens, C = min(kept, PAIRS / weights.sum()), min(FREQUENT, V)
    pairs = tokens * float(weights.sum())
    drawing, decomposing = 36 * tokens + 2.5 * pairs, 80 * C * min(d + MORE, C)
    matrices = 2 * pairs + 7 * min(pairs, 2 * C * C)
    return int(max(drawing, matrices, 4 * pairs + decomposing))


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


Rows = Callable[[slice], csr_matrix]


class Matrix(NamedTuple):
    """The pointwise mutual information of centers and contexts, of which one is frequent.

    The functions make some rows, since all of them together are large.
    """

    frequent: csr_matrix  # (C, C') float32: both are
    centers: Rows  # of (V − C, C'): the other centers, and frequent contexts
    contexts: Rows  # of (V' − C', C): the other contexts, and frequent centers


def _halves(
    tokens: np.ndarray,
    segments: np.ndarray,
    weights: np.ndarray,
    size: tuple[int, int],
    rng: np.random.Generator,
    threads: int = 1,
) -> list[Half]:
    """Draw the pairs of windows, of which some weigh less, and halve them by chance.

    `weights` has that of the distances 1, 2, …, and `size` is V and C.
    """
    V, C = size
    kind = np.int32 if V * C < 2**31 else np.int64
    longest = int(np.bincount(segments).max(initial=0))
    pairs, lock = np.zeros((2, len(tokens)), np.int32), Lock()  # of each token

    def draws() -> Iterator[tuple[int, float, int, np.ndarray]]:
        for distance, weight in enumerate(weights[: max(longest - 1, 1)], 1):
            n = len(tokens[distance:])
            for at in range(0, max(n, 1), DRAWN_AT_ONCE):
                drawn = rng.random(min(DRAWN_AT_ONCE, n - at), dtype=np.float32)
                yield distance, weight, at, drawn

    def keys_of(draw: tuple[int, float, int, np.ndarray]) -> list[np.ndarray]:
        distance, weight, at, drawn = draw
        here, there = (slice(i, i + len(drawn)) for i in (at, at + distance))
        drawn[segments[here] != segments[there]] = np.inf
        keys = []
        for side, low in enumerate((0, weight / 2)):
            is_drawn = (drawn >= low) & (drawn < low + weight / 2)
            with lock:
                pairs[side, here] += is_drawn
                pairs[side, there] += is_drawn
            a, b = tokens[here][is_drawn], tokens[there][is_drawn]
            smaller, larger = np.minimum(a, b), np.maximum(a, b)
            some = smaller < C
            keys.append(larger[some] * kind(C) + smaller[some])
        return keys

    with ThreadPoolExecutor(threads) as pool:
        halves = [*zip(*pool.map(keys_of, draws()), strict=True)]
    totals = [np.bincount(tokens, each, V) for each in pairs]
    return [Half(np.concatenate(halves.pop(0)), total) for total in totals]


def _log(noise: np.ndarray) -> np.ndarray:
    """The logarithm of a distribution; what is no noise word has no PMI."""
    with np.errstate(divide="ignore"):
        return np.where(noise > 0, np.log(noise), np.inf).astype(np.float32)


def _positive(counts: csr_matrix, value: np.ndarray) -> csr_matrix:
    """What is positive of values of pairs that were met n times, times n / (n + 1), in place.

    See P. Pantel, D. Lin, "Discovering Word Senses from Text", KDD 2002.
    """
    n = counts.data
    counts.data = n / (n + 1) * np.clip(value, 0, HIGHEST)
    counts.eliminate_zeros()
    return counts


def _rows_of(counts: csr_matrix) -> np.ndarray:
    """The row of each number that a matrix holds."""
    return np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))


def _positive_pmi(half: Half, as_context: np.ndarray, C: int) -> Matrix:
    """max(log n(w, c) / n(w) − as_context(c), 0) of pairs of words, shortened."""
    keys, V = half.keys, len(half.totals)
    keys.sort()
    as_center = np.log(np.maximum(half.totals, 1)).astype(np.float32)

    def counts(first: int, last: int) -> csr_matrix:
        """How often words of these numbers were met with more frequent ones."""
        begin, end = np.searchsorted(keys, np.array([first, last], keys.dtype) * C)
        some = keys[begin:end]
        places = np.flatnonzero(np.diff(some, prepend=-1))
        n = np.diff(places, append=len(some)).astype(np.float32)
        larger, smaller = np.divmod(some[places], keys.dtype.type(C))
        bounds = np.searchsorted(larger, np.arange(first, last + 1, dtype=larger.dtype))
        return csr_matrix((n, smaller.astype(np.int32), bounds), (last - first, C))

    def known(n: csr_matrix, first: int) -> csr_matrix:
        by_chance = as_center[first + _rows_of(n)] + as_context[n.indices]
        return _positive(n, np.log(n.data) - by_chance)

    def rest(rows: slice) -> csr_matrix:
        return known(counts(C + rows.start, min(C + rows.stop, V)), C + rows.start)

    few = counts(0, C)
    few = few + few.T.tocsr()  # pairs count both ways
    return Matrix(known(few, 0), rest, rest)


def _pmi_of_pairs(half: csr_matrix, as_context: np.ndarray) -> Matrix:
    """The same of how often centers were met with contexts, (V, V'), which is changed."""
    half.sum_duplicates()  # which not all versions of SciPy do when a matrix is made
    half.eliminate_zeros()
    totals = np.asarray(half.sum(axis=1)).ravel()[_rows_of(half)]
    _positive(half, np.log(half.data) - np.log(totals) - as_context[half.indices])
    C, C_out = (min(FREQUENT, size) for size in half.shape)
    centers, contexts = half[C:, :C_out], half[:C, C_out:].T.tocsr()
    return Matrix(half[:C, :C_out], centers.__getitem__, contexts.__getitem__)


def _add_components(
    start: Start,
    halves: list[Any],
    known: Callable[[Any], Matrix],
    scale: float,
    rng: np.random.Generator,
    threads: int,
) -> None:
    """Add vectors to those of `start`, in place: components of what is known from the first half.

    Their products are those of its matrix, times `scale` squared. `halves` is emptied.
    """
    with ThreadPoolExecutor(threads) as pool, threadpool_limits(1, user_api="blas"):
        fitted, held = map(known, halves)  # in turn, as each takes much memory
        halves.clear()  # they are large
        d, (C, C_out) = start.W_in.shape[1], fitted.frequent.shape
        left, right, S, T = _components(fitted.frequent, held.frequent, d, rng, _in_blocks(pool))
        T = np.maximum(T, 0)
        # a row of U is one of M V / S; both halves tell of it
        rank, back = len(T), scale * np.sqrt(T) / (S + T)
        start.W_in[:C, :rank] += ((fitted.frequent + held.frequent) @ right) * back
        start.W_out[:C_out, :rank] += right * (scale * np.sqrt(T))

        def fill(
            one: Rows, other: Rows, n_rows: int, *targets: tuple[np.ndarray, np.ndarray]
        ) -> None:
            def fill_rows(begin: int) -> None:
                rows = slice(begin, begin + ROWS_AT_ONCE)
                both = one(rows) + other(rows)
                for matrix, basis in targets:
                    matrix[rows, :rank] += (both @ basis) * back

            list(pool.map(fill_rows, range(0, n_rows, ROWS_AT_ONCE)))

        centers, contexts = (start.W_in[C:], right), (start.W_out[C_out:], left)
        if fitted.contexts is fitted.centers:
            fill(fitted.centers, held.centers, len(centers[0]), centers, contexts)
        else:
            fill(fitted.centers, held.centers, len(centers[0]), centers)
            fill(fitted.contexts, held.contexts, len(contexts[0]), contexts)


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
    """Left and right vectors, (C, r) and (C', r), and what they are worth.

    S, (r,), are the singular values of the first matrix, largest first, and T, (r,), what the
    components come to in the second; r is at most d.
    """
    C, smaller = fitted.shape[1], min(fitted.shape)
    turned = fitted.T.tocsr()
    right = rng.standard_normal((C, min(d + MORE, smaller)), dtype=np.float32)
    for _ in range(ROUNDS):
        right = np.linalg.qr(apply(turned, apply(fitted, right)))[0]
    U, S, Vt = np.linalg.svd(apply(fitted, right), full_matrices=False)
    rank = min(d, int(np.count_nonzero(S > 1e-5 * S[:1].sum())))
    left, right, S = U[:, :rank], right @ Vt[:rank].T, S[:rank]
    return left, right, S, np.einsum("ij,ij->j", left, apply(held, right))
