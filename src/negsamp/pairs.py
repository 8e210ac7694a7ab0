"""From a stream of ids to (center, context) pairs, and to the blocks that the kernel trains on.

A `Block` is a run of consecutive centers with their window radii and the noise words that they
share. `Block.pairs` spells out what it means, pair by pair; `reference` trains on that list and
`kernel` on the block itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from negsamp.corpus import CorpusError
from negsamp.sampling import AliasTable
from negsamp.stream import forget_pages

__all__ = [
    "Block",
    "Pairs",
    "Windows",
    "block_run",
    "iter_windows",
    "skipgram_pairs",
    "window_weights",
]

READ_AT_ONCE = 1 << 18  # tokens


class Pairs(NamedTuple):
    """Explicit training pairs.

    Attributes
    ----------
    centers, contexts : ndarray, shape (P,) int32
        Vocabulary rows.
    negatives : ndarray, shape (P, N) int32
        Each pair's noise words.
    weights : ndarray, shape (P,) float64
        Weight of each pair's loss.
    noise_weight : float
        Weight of each noise word within it, K / N, so that N words count as K.
    center_slots, context_slots : ndarray, shape (P,)
        Which token, of the G·(L + 2w) in the block, the center or context is.
    noise_slots : ndarray, shape (P, N)
        Which draw, of the G·H·N, each noise word is.
    """

    centers: np.ndarray
    contexts: np.ndarray
    negatives: np.ndarray
    weights: np.ndarray
    noise_weight: float
    center_slots: np.ndarray
    context_slots: np.ndarray
    noise_slots: np.ndarray


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


@dataclass(frozen=True)
class Block:
    """What one step trains on: G groups of L consecutive centers and the noise words they share.

    Attributes
    ----------
    tokens : ndarray, shape (G, L + 2w) int32
        Ids; the first w and the last w of each group are contexts only.
    left, right : ndarray, shape (G, L) int32
        How many tokens before and after each center are its contexts, at most w.
    weights : ndarray, shape (2w + 1,) float64
        Weight of a pair by the place of its context, from w before the center to w after it; 0 at
        the place of the center, which is not its own context.
    noise : ndarray, shape (G, H, N) int32
        A group's centers in H equal parts; the centers of a part share its N noise words. N is 0
        for objectives that draw none.
    negative : int
        K: N noise words weigh K / N each for each pair, so that the expected gradient is that of K
        independent noise words a pair.
    """

    tokens: np.ndarray
    left: np.ndarray
    right: np.ndarray
    weights: np.ndarray
    noise: np.ndarray
    negative: int

    @property
    def window(self) -> int:
        """The largest radius w that fits."""
        return (self.tokens.shape[1] - self.left.shape[1]) // 2

    @property
    def centers(self) -> np.ndarray:
        """Ids of the centers, (G, L) int32."""
        return self.tokens[:, self.window : self.window + self.left.shape[1]]

    @property
    def token_rows(self) -> np.ndarray:
        """Row of W_in and W_out of each token, (G·(L + 2w),) int32."""
        return self.tokens.reshape(-1)

    @property
    def output_rows(self) -> np.ndarray:
        """Row of W_out of each token, then noise word, (G·(L + 2w) + G·H·N,) int32."""
        return np.concatenate([self.token_rows, self.noise.reshape(-1)])

    def part(self, groups: slice) -> Block:
        """Some of the groups, as a block of their own."""
        tokens, left, right = self.tokens[groups], self.left[groups], self.right[groups]
        return replace(self, tokens=tokens, left=left, right=right, noise=self.noise[groups])

    @property
    def has_full_windows(self) -> bool:
        """Whether no sentence ends near a center, so that each has 2w contexts."""
        return bool(min(self.left.min(), self.right.min()) == self.window)

    @property
    def pair_weight(self) -> float:
        """Sum of the weights of the positive pairs."""
        w = self.window
        before, after = np.cumsum(self.weights[:w][::-1]), np.cumsum(self.weights[w + 1 :])
        before, after = np.append(0, before), np.append(0, after)
        return float(before[self.left].sum() + after[self.right].sum())

    def pairs(self) -> Pairs:
        """What the block means: every pair with its noise words."""
        (G, L), (_, H, N), width = self.left.shape, self.noise.shape, self.tokens.shape[1]
        w = self.window
        slots = [
            Windows(self.tokens[g], self.left[g], self.right[g]).pair_slots() for g in range(G)
        ]
        centers = np.concatenate([c for c, _ in slots])
        contexts = np.concatenate([o for _, o in slots])
        group = np.repeat(np.arange(G), [len(c) for c, _ in slots])
        part = group * H + centers // (L // H)
        center_slots, context_slots = group * width + w + centers, group * width + contexts
        return Pairs(
            self.token_rows[center_slots],
            self.token_rows[context_slots],
            self.noise.reshape(G * H, N)[part],
            self.weights[context_slots - center_slots + w],
            self.negative / max(N, 1),
            center_slots,
            context_slots,
            part[:, None] * N + np.arange(N),
        )


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
    sentences: object,
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
    ids, offsets = _as_stream(sentences)
    generator = np.random.default_rng(rng)
    for run in iter_windows(ids, offsets, int(window), chunk_size, generator, shrink_windows, keep):
        centers, contexts = run.pair_slots()
        if len(centers):
            yield run.tokens[centers + run.window], run.tokens[contexts]


def _as_stream(sentences: object) -> tuple[np.ndarray, np.ndarray]:
    if hasattr(sentences, "ids") and hasattr(sentences, "offsets"):
        return sentences.ids, sentences.offsets
    rows = [np.asarray(sentence) for sentence in sentences]  # type: ignore[attr-defined]
    for number, row in enumerate(rows):
        if row.ndim != 1 or (row.size and not np.issubdtype(row.dtype, np.integer)):
            raise CorpusError(f"sentence {number} must be a sequence of integer ids")
    ids = np.concatenate([np.empty(0, np.int32), *rows]).astype(np.int32)
    return ids, np.cumsum([0, *map(len, rows)], dtype=np.int64)


def iter_windows(
    ids: np.ndarray,
    offsets: np.ndarray,
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
    ids : ndarray, shape (n_tokens,) int32
    offsets : ndarray, shape (n_sentences + 1,) int64
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
    for begin in range(0, len(ids), READ_AT_ONCE):
        end = min(begin + READ_AT_ONCE, len(ids))
        tokens = np.array(ids[begin:end], dtype=np.int32)
        first, last = np.searchsorted(offsets, [begin, end])
        new_starts = offsets[first:last] - begin
        forget_pages(ids)
        forget_pages(offsets)
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


def block_run(
    run: Windows,
    shape: tuple[int, int, int, int],
    negative: int,
    noise: AliasTable,
    rng: np.random.Generator,
    weights: np.ndarray | None = None,
) -> Iterator[Block]:
    """Cut a run of windows into blocks, each of groups from all over the run, and draw their noise.

    Neighbouring text repeats its rare words; groups that stand far apart make a block's gradients
    more alike to those of tokens drawn at random, so that larger blocks stay stable.

    Parameters
    ----------
    run : Windows
        Its number of centers is a multiple of G·L.
    shape : tuple of int
        G, L, H and N, see `Block`.
    negative : int
        K.
    noise : AliasTable
    rng : numpy.random.Generator
    weights : ndarray, shape (2w + 1,), optional
        See `Block`; 1 for all if None.

    Yields
    ------
    Block
    """
    (G, L, H, N), w = shape, run.window
    weights = window_weights(w, False) if weights is None else weights
    n = len(run.left) // (G * L)
    drawn = noise.draw(rng, (n, G, H, N))
    tokens = sliding_window_view(run.tokens, L + 2 * w)[::L].reshape(G, n, L + 2 * w)
    left, right = run.left.reshape(G, n, L), run.right.reshape(G, n, L)
    for b in range(n):
        block = np.ascontiguousarray(tokens[:, b])  # once, for all the views of it
        yield Block(block, left[:, b], right[:, b], weights, drawn[b], negative)
