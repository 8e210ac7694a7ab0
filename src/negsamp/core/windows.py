"""From a stream of ids to (center, context) pairs, and to the blocks that the kernel trains on.

A `Block` is a run of consecutive centers with their window radii and the noise words that they
share. `Block.pairs` spells out what it means, pair by pair; `reference` trains on that list and
`kernel` on the block itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from negsamp.errors import CorpusError

__all__ = [
    "Windows",
    "iter_windows",
    "skipgram_pairs",
    "token_pieces",
    "window_weights",
]

READ_AT_ONCE = 1 << 18  # tokens


@dataclass(frozen=True)
class Windows:
    """Consecutive centers and how far each one's window reaches.

    Attributes
    ----------
    tokens : ndarray, shape (B + 2w,) int32
        Ids; the first w and the last w are contexts only.
    left, right : ndarray, shape (B,) int32
        How many tokens before and after each center are its contexts, at most w.
    """

    tokens: np.ndarray
    left: np.ndarray
    right: np.ndarray

    @property
    def window(self) -> int:
        """The largest radius w that fits."""
        return (len(self.tokens) - len(self.left)) // 2

    def pair_slots(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of each pair's center in (B,) and context in (B + 2w,), by center, then place.

        Returns
        -------
        center_slots, context_slots : ndarray, shape (P,) intp
        """
        w = self.window
        place = np.arange(-w, w + 1)
        inside = (place >= -self.left[:, None].astype(int)) & (place <= self.right[:, None])
        inside[:, w] = False
        centers, columns = np.nonzero(inside)
        return centers, centers + columns


def window_weights(
    window: int, shrink_windows: bool = True, reach: int | None = None
) -> np.ndarray:
    """Weight of a pair by the place of its context, from −w to w: (2w + 1,) float64.

    word2vec draws each center's radius uniformly from 1 … w, so that a context at distance δ is
    trained with probability (w + 1 − δ) / w. Training it always, with that weight, has the same
    expected gradient and less variance. All weights are 1 if `shrink_windows` is false. That of
    the center itself is 0. With a `reach` below w, only those from −reach to reach.
    """
    reach = window if reach is None else reach
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
    """Generate the (center, context) pairs of a corpus of ids, for any model that wants pairs.

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
        If `window` or `chunk_size` is less than 1.
    """
    for name, value in (("window", window), ("chunk_size", chunk_size)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value!r}; it must be an integer, 1 or more")
    pieces = sentences.pieces() if hasattr(sentences, "pieces") else _pieces_of(sentences)
    generator = np.random.default_rng(rng)
    for run in iter_windows(pieces, int(window), chunk_size, generator, shrink_windows, keep):
        centers, contexts = run.pair_slots()
        if len(centers):
            yield run.tokens[centers + run.window], run.tokens[contexts]


def _pieces_of(sentences: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rows = [np.asarray(sentence) for sentence in sentences]
    for number, row in enumerate(rows):
        if row.ndim != 1 or (row.size and not np.issubdtype(row.dtype, np.integer)):
            raise CorpusError(f"sentence {number} must be a sequence of integer ids")
    ids = np.concatenate([np.empty(0, np.int32), *rows]).astype(np.int32)
    return token_pieces(ids, np.cumsum([0, *map(len, rows)], dtype=np.int64))


def token_pieces(
    ids: np.ndarray, offsets: np.ndarray, size: int = READ_AT_ONCE
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Go through a stream once, some tokens at a time.

    Parameters
    ----------
    ids : ndarray, shape (n_tokens,)
    offsets : ndarray, shape (n_sentences + 1,) int64
        Sentence i is ``ids[offsets[i]:offsets[i + 1]]``.
    size : int
        Tokens in a piece.

    Yields
    ------
    tokens : ndarray, shape (n,) int32
        A copy.
    starts : ndarray, shape (m,) int64
        Where in the piece sentences begin, rising.
    """
    for begin in range(0, len(ids), size):
        tokens = np.array(ids[begin : begin + size], dtype=np.int32)
        first, last = np.searchsorted(offsets, [begin, begin + len(tokens)])
        yield tokens, offsets[first:last] - begin


def iter_windows(
    pieces: Iterable[tuple[np.ndarray, np.ndarray]],
    window: int,
    size: int,
    rng: np.random.Generator,
    shrink_windows: bool = True,
    keep: np.ndarray | None = None,
    held_out: np.ndarray | None = None,
) -> Iterator[Windows]:
    """Go through a stream once and cut it into runs of `size` centers.

    Parameters
    ----------
    pieces : iterable
        As `token_pieces` yields them.
    window : int
    size : int
        Centers a run. The last one is filled with tokens of id 0 that have no contexts.
    rng, shrink_windows, keep
        As in `skipgram_pairs`.
    held_out : ndarray, shape (n, 2) int64, optional
        Begin and end of parts that are left out, in tokens, rising; no window reaches over one.

    Yields
    ------
    Windows
        Together every center once, in order.
    """
    # The buffer begins with w tokens that are contexts only; a sentence start at position i closes
    # the sentence before it.
    buffer = np.zeros(window, dtype=np.int32)
    starts = np.zeros(0, dtype=np.int64)
    begin = 0
    for tokens, new_starts in pieces:
        end = begin + len(tokens)
        stays = None
        if keep is not None:
            stays = rng.random(len(tokens), dtype=np.float32) < np.take(keep, tokens)
        if held_out is not None:
            is_left, cuts = _outside(held_out, begin, end)
            new_starts = np.union1d(new_starts, cuts)
            stays = is_left if stays is None else stays & is_left
        if stays is not None:
            kept = np.flatnonzero(stays)
            tokens = tokens[kept]
            new_starts = np.searchsorted(kept, new_starts)
        begin = end
        starts = np.concatenate([starts, new_starts + len(buffer)])
        buffer = np.concatenate([buffer, tokens])
        done = window
        while done + size + window <= len(buffer):
            yield _window_run(buffer, starts, done, size, window, rng, shrink_windows)
            done += size
        buffer, starts = buffer[done - window :], _from(starts, done - window)
    left_over = len(buffer) - window
    starts = np.append(starts, len(buffer))
    padding = np.zeros(window + -left_over % size, dtype=np.int32)
    buffer = np.concatenate([buffer, padding])
    for done in range(window, window + left_over, size):
        run = _window_run(buffer, starts, done, size, window, rng, shrink_windows)
        real = window + left_over - done
        run.left[real:] = run.right[real:] = 0
        yield run


def _outside(held_out: np.ndarray, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the tokens from `begin` to `end`, which are not held out, (n,) bool, and where parts that
    are begin: there a sentence ends.
    """
    first = np.searchsorted(held_out[:, 1], begin, side="right")
    last = np.searchsorted(held_out[:, 0], end)
    parts = np.clip(held_out[first:last] - begin, 0, end - begin)
    steps = np.zeros(end - begin + 1, np.int8)
    steps[parts[:, 0]] = 1
    steps[parts[:, 1]] -= 1  # 0 where the next part begins at once
    return np.cumsum(steps[:-1]) == 0, parts[:, 0]


def _from(starts: np.ndarray, first: int) -> np.ndarray:
    """Sentence starts in a buffer that lost its first tokens."""
    return starts[np.searchsorted(starts, first) :] - first


def _window_run(
    buffer: np.ndarray,
    starts: np.ndarray,
    done: int,
    size: int,
    window: int,
    rng: np.random.Generator,
    shrink_windows: bool,
) -> Windows:
    i = np.arange(done, done + size)
    first = np.searchsorted(starts, done - window)
    last = np.searchsorted(starts, done + size + window, side="right")
    near = starts[first:last]
    if shrink_windows:
        radius = rng.integers(1, window, size=size, dtype=np.int32, endpoint=True)
    else:
        radius = np.full(size, window, dtype=np.int32)
    tokens = buffer[done - window : done + size + window]
    if not len(near):
        return Windows(tokens, radius, radius.copy())
    # one edge beyond reach at either end, so that each center lies between two
    edges = np.concatenate([[done - window], near, [done + size + window]])
    lengths = np.diff(np.clip(edges, done, done + size))
    start, stop = np.repeat(edges[:-1], lengths), np.repeat(edges[1:], lengths)
    left, right = np.minimum(radius, i - start), np.minimum(radius, stop - 1 - i)
    return Windows(tokens, left.astype(np.int32), right.astype(np.int32))
