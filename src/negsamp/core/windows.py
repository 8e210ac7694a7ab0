"""From a stream of ids to windows: the centers, and how far each one's contexts reach."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from negsamp.checks import check_flags, check_integer, glimpse, random_generator
from negsamp.errors import CorpusError

__all__ = [
    "Windows",
    "context_places",
    "iter_windows",
    "skipgram_pairs",
    "token_pieces",
    "window_weights",
]

READ_AT_ONCE = 1 << 18  # tokens
Piece = tuple[np.ndarray, np.ndarray]  # tokens, and where in them sentences start


@dataclass(frozen=True)
class Windows:
    """Consecutive centers and how far each one's window reaches."""

    tokens: np.ndarray  # (B + 2w,) int32, ids; the first w and the last w are contexts only
    left: np.ndarray  # (B,) int32, how many tokens before a center are its contexts, at most w
    right: np.ndarray  # (B,) int32, how many after it

    @property
    def window(self) -> int:
        """The largest radius w that fits."""
        return (len(self.tokens) - len(self.left)) // 2

    def pair_slots(self) -> tuple[np.ndarray, np.ndarray]:
        """Place of each pair's center in (B,) and of its context in (B + 2w,), (P,) intp each."""
        centers, places = np.nonzero(context_places(self.left, self.right, self.window))
        return centers, centers + places


def context_places(left: np.ndarray, right: np.ndarray, window: int) -> np.ndarray:
    """Whether each place from −w to w around each center is a context: (..., 2w + 1) bool."""
    place = np.arange(-window, window + 1)
    return (place >= -left[..., None]) & (place <= right[..., None]) & (place != 0)


def window_weights(
    window: float, shrink_windows: bool = True, reach: int | None = None
) -> np.ndarray:
    """Weight of a pair by the place of its context, from −w to w: (2w + 1,) float64.

    word2vec draws each center's radius uniformly from 1 … w, so that a context at distance δ is
    trained with probability (w + 1 − δ) / w. Training it always, with that weight, has the same
    expected gradient and less variance. All weights are 1 if `shrink_windows` is false; that of
    the center itself is 0. With a `reach` below w, the weights are those from −reach to reach.
    A w between two integers reaches as far as the larger one.
    """
    reach = math.ceil(window) if reach is None else reach
    distance = np.abs(np.arange(-reach, reach + 1))
    near = (window + 1 - distance) / window if shrink_windows else np.ones(2 * reach + 1)
    return np.where(distance > 0, near, 0.0)


def skipgram_pairs(
    sentences: Any,
    window: int = 5,
    *,
    shrink_windows: bool = True,
    keep: np.ndarray | None = None,
    rng: np.random.Generator | int | None = None,
    chunk_size: int = 1 << 16,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Generate the (center, context) pairs of a corpus of ids, for any model of pairs.

    Parameters
    ----------
    sentences : TokenStream, or sequence of arrays of ids
        No pair crosses a sentence end.
    window : int
        Largest distance between center and context, 1 or more tokens.
    shrink_windows : bool
        Draw each center's radius uniformly from 1 … `window`, as word2vec does, so that near
        contexts weigh more; else the radius is `window`.
    keep : ndarray, shape (V,), optional
        Probability that a token stays (see `keep_probabilities`); the others are taken out before
        windows are formed.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed for one.
    chunk_size : int
        Centers a chunk, so that memory is bounded: about ``2 * window * chunk_size`` pairs.

    Yields
    ------
    centers, contexts : ndarray, shape (P,) int32
        By center, contexts from left to right.

    Raises
    ------
    ValueError
        If `window` or `chunk_size` is less than 1, or `keep` has something else than probabilities.
    CorpusError
        If `sentences` is something else, or has an id for which `keep` has no probability.

    References
    ----------
    .. [1] T. Mikolov, K. Chen, G. Corrado, J. Dean, "Efficient Estimation of Word Representations
       in Vector Space", 2013, section 3.2.

    Examples
    --------
    >>> from negsamp import skipgram_pairs
    >>> sentences = [[0, 1, 2], [3, 0]]
    >>> [(centers, contexts)] = skipgram_pairs(sentences, window=1, shrink_windows=False)
    >>> centers.tolist(), contexts.tolist()
    ([0, 1, 1, 2, 3, 0], [1, 0, 2, 1, 0, 3])
    """
    check_integer("window", window, 1)
    check_integer("chunk_size", chunk_size, 1)
    check_flags(shrink_windows=shrink_windows)
    pieces = sentences.pieces() if hasattr(sentences, "pieces") else _pieces_of(sentences)
    generator = random_generator("rng", rng)
    if keep is not None:
        keep = _checked_keep(keep)
        pieces = _with_ids_below(len(keep), pieces)
    for run in iter_windows(pieces, int(window), chunk_size, generator, shrink_windows, keep):
        centers, contexts = run.pair_slots()
        if len(centers):
            yield run.tokens[centers + run.window], run.tokens[contexts]


def _checked_keep(keep: Any) -> np.ndarray:
    try:
        checked = np.asarray(keep, dtype=np.float64)
    except (TypeError, ValueError):
        checked = np.zeros((0, 0))
    if checked.ndim != 1 or not ((checked >= 0) & (checked <= 1)).all():
        raise ValueError(f"keep is {glimpse(keep)}; it must be (V,) probabilities, from 0 to 1")
    return checked


def _with_ids_below(V: int, pieces: Iterable[Piece]) -> Iterator[Piece]:
    for tokens, starts in pieces:
        is_wrong = (tokens < 0) | (tokens >= V)
        if is_wrong.any():
            wrong = tokens[is_wrong.argmax()]
            has = f"keep has {V} probabilities, from id 0 on"
            raise CorpusError(f"sentences has the id {wrong}; {has}")
        yield tokens, starts


def _pieces_of(sentences: Any) -> Iterator[Piece]:
    if not isinstance(sentences, Iterable):
        raise CorpusError(f"sentences is {glimpse(sentences)}; it must hold arrays of integer ids")
    rows = [np.asarray(sentence) for sentence in sentences]
    for number, row in enumerate(rows):
        if row.ndim != 1 or (row.size and not np.issubdtype(row.dtype, np.integer)):
            raise CorpusError(f"sentence {number} must be a sequence of integer ids")
    ids = np.concatenate([np.empty(0, np.int32), *rows]).astype(np.int32)
    return token_pieces(ids, np.cumsum([0, *map(len, rows)], dtype=np.int64))


def token_pieces(ids: np.ndarray, offsets: np.ndarray) -> Iterator[Piece]:
    """Go through a stream once, `READ_AT_ONCE` tokens at a time.

    Sentence i is ``ids[offsets[i]:offsets[i + 1]]``. A piece is a copy of its tokens, (n,) int32,
    and where in them sentences begin, (m,) int64, rising.
    """
    for begin in range(0, len(ids), READ_AT_ONCE):
        tokens = np.array(ids[begin : begin + READ_AT_ONCE], dtype=np.int32)
        first, last = np.searchsorted(offsets, [begin, begin + len(tokens)])
        yield tokens, offsets[first:last] - begin


def iter_windows(
    pieces: Iterable[Piece],
    window: int,
    size: int,
    rng: np.random.Generator,
    shrink_windows: bool = True,
    keep: np.ndarray | None = None,
    held_out: np.ndarray | None = None,
) -> Iterator[Windows]:
    """Go through a stream once and cut it into runs of `size` centers.

    The runs have every center once, in order; the last is filled with tokens of id 0 that have no
    contexts. `held_out`, (n, 2) int64, rising, has the begin and end of parts that are left out, in
    tokens; no window reaches over one. The other parameters are those of `skipgram_pairs`.
    """
    buffer, starts = np.zeros(window, dtype=np.int32), np.zeros(0, dtype=np.int64)
    width = window + size + window
    for tokens, new_starts in _filled(_kept(pieces, rng, keep, held_out), size, window):
        starts = np.concatenate([starts, new_starts + len(buffer)])
        buffer = np.concatenate([buffer, tokens])
        done = 0
        while done + width <= len(buffer):
            first, last = np.searchsorted(starts, [done, done + width])
            some = buffer[done : done + width], starts[first:last] - done
            yield _windows(*some, window, rng, shrink_windows)
            done += size
        buffer, starts = buffer[done:], starts[starts >= done] - done


def _kept(
    pieces: Iterable[Piece],
    rng: np.random.Generator,
    keep: np.ndarray | None,
    held_out: np.ndarray | None,
) -> Iterator[Piece]:
    """Take the tokens out that subsampling drops or that are held out."""
    end = 0
    for tokens, starts in pieces:
        begin, end = end, end + len(tokens)
        if keep is None:
            stays = np.ones(len(tokens), dtype=bool)
        else:
            stays = rng.random(len(tokens), dtype=np.float32) < np.take(keep, tokens)
        if held_out is not None:
            edges = held_out.reshape(-1)  # a begin, its end, the next begin, …
            first, last = np.searchsorted(edges, [begin, end])
            inside = edges[first:last] - begin
            is_left = np.arange(first, last + 1) % 2 == 0
            stays &= np.repeat(is_left, np.diff(inside, prepend=0, append=len(tokens)))
            starts = np.union1d(starts, inside[first % 2 :: 2])
        kept = np.flatnonzero(stays)
        yield tokens[kept], np.searchsorted(kept, starts)


def _filled(pieces: Iterable[Piece], size: int, window: int) -> Iterator[Piece]:
    """Add what fills the last run and the contexts after it; each token is its own sentence."""
    n = 0
    for tokens, starts in pieces:
        n += len(tokens)
        yield tokens, starts
    missing = -n % size + window
    yield np.zeros(missing, dtype=np.int32), np.arange(missing)


def _windows(
    tokens: np.ndarray,
    starts: np.ndarray,
    window: int,
    rng: np.random.Generator,
    shrink_windows: bool,
) -> Windows:
    i = np.arange(window, len(tokens) - window, dtype=np.int32)
    radius = np.full(len(i), window, dtype=np.int32)
    if shrink_windows:
        radius = rng.integers(1, window, size=len(i), dtype=np.int32, endpoint=True)
    # each center lies between the two edges of its sentence, or of the tokens
    edges: np.ndarray = np.concatenate([[0], starts, [len(tokens)]]).astype(np.int32)
    lengths: np.ndarray = np.diff(np.clip(edges, window, len(tokens) - window))
    first, last = np.repeat(edges[:-1], lengths), np.repeat(edges[1:] - 1, lengths)
    return Windows(tokens, np.minimum(radius, i - first), np.minimum(radius, last - i))
