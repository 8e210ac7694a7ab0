"""Blocks: what one update trains on, how large it is, and how it is arranged.

A `Block` is a run of consecutive centers with their window radii and the noise words that they
share. `Block.pairs` spells out what it means, pair by pair; `negsamp.core.reference` trains on that
list and the kernels on the block itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from negsamp.core.sampling import AliasTable
from negsamp.core.windows import Windows, context_places, window_weights

__all__ = ["Block", "BlockShape", "Pairs", "Scores", "block_run", "choose_block_shape"]

NARROWEST = 8  # tokens beside a group, at least, where windows are wider


class Pairs(NamedTuple):
    """Explicit training pairs, and where in a block each of their words stands."""

    centers: np.ndarray  # (P,) int32, vocabulary rows
    contexts: np.ndarray  # (P,) int32
    negatives: np.ndarray  # (P, N) int32, each pair's noise words
    weights: np.ndarray  # (P,) float64, of each pair's loss
    noise_weight: float  # K / N, of each noise word within it, so that N words count as K
    center_slots: np.ndarray  # (P,), which of the block's G·L centers it is
    context_slots: np.ndarray  # (P,), which of the block's G·(L + 2w) tokens the context is
    noise_slots: np.ndarray  # (P, N), which of the block's G·H·N draws each noise word is


@dataclass(frozen=True)
class Block:
    """What one step trains on: G groups of L consecutive centers and the noise words they share.

    A group's centers fall into H equal parts, and the centers of a part share N noise words. Each
    noise word weighs K / N for each pair, so that the expected gradient is that of K independent
    noise words a pair. N is 0 for objectives that draw none.
    """

    tokens: np.ndarray  # (G, L + 2w) int32, ids; a group's first w and last w are contexts only
    left: np.ndarray  # (G, L) int32, how many tokens before a center are its contexts, at most w
    right: np.ndarray  # (G, L) int32, how many after it
    weights: np.ndarray  # (2w + 1,) float64, of a pair by the place of its context; 0 at w
    noise: np.ndarray  # (G, H, N) int32
    negative: int  # K

    @property
    def window(self) -> int:
        """The largest radius w that fits."""
        return (self.tokens.shape[1] - self.left.shape[1]) // 2

    @property
    def centers(self) -> np.ndarray:
        """Ids of the centers, (G, L) int32."""
        return self.tokens[:, self.window : self.window + self.left.shape[1]]

    @property
    def center_rows(self) -> np.ndarray:
        """Row of W_in of each center, (G·L,) int32."""
        return self.centers.reshape(-1)

    @property
    def token_rows(self) -> np.ndarray:
        """Row of W_out of each token, (G·(L + 2w),) int32."""
        return self.tokens.reshape(-1)

    @property
    def output_rows(self) -> np.ndarray:
        """Row of W_out of each token, then noise word, (G·(L + 2w) + G·H·N,) int32."""
        return np.concatenate([self.token_rows, self.noise.reshape(-1)])

    def part(self, groups: slice) -> Block:
        """Some of the groups, as a block of their own."""
        tokens, left, right = self.tokens[groups], self.left[groups], self.right[groups]
        return replace(self, tokens=tokens, left=left, right=right, noise=self.noise[groups])

    def narrowed(self) -> Block:
        """The same pairs in groups with fewer tokens around them, if no window reaches so far.

        What is left beside a group is a power of two, so that there are few kinds of blocks.
        """
        reach = NARROWEST
        if self.window >= 2 * reach:
            farthest = max(self.left.max(), self.right.max())
            while reach < farthest:
                reach *= 2
        cut = self.window - reach
        if cut < reach:
            return self
        tokens = np.ascontiguousarray(self.tokens[:, cut:-cut])
        return replace(self, tokens=tokens, weights=self.weights[cut:-cut])

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

    def center_weights(self, dtype: Any) -> np.ndarray:
        """Weight of each place around each center, 0 beyond its window, (G·L, 2w + 1)."""
        places = context_places(self.left.reshape(-1), self.right.reshape(-1), self.window)
        return np.where(places, self.weights, 0).astype(dtype)

    def pairs(self) -> Pairs:
        """What the block means: every pair with its noise words."""
        (G, L), (_, H, N), width = self.left.shape, self.noise.shape, self.tokens.shape[1]
        group, center, place = np.nonzero(context_places(self.left, self.right, self.window))
        center_slots, context_slots = group * L + center, group * width + center + place
        part = group * H + center // (L // H)
        return Pairs(
            self.center_rows[center_slots],
            self.token_rows[context_slots],
            self.noise.reshape(G * H, N)[part],
            self.weights[place],
            self.negative / max(N, 1),
            center_slots,
            context_slots,
            part[:, None] * N + np.arange(N),
        )


class Scores(NamedTuple):
    """Scores of G groups of L centers, less what `Extras` subtract; changed in place."""

    contexts: np.ndarray  # (G, L, C), of each center and the C tokens around it
    weights: np.ndarray  # (G, L, C), of these pairs, 0 where there is none
    noise: np.ndarray  # (G, L, N), of each center and its N noise words
    # sums of `weights`, as noise words count once for each pair; (1, 1, 1) if all are alike
    pair_weights: np.ndarray  # (G, L, 1)
    noise_weight: float  # K / N: N noise words stand for K


class BlockShape(NamedTuple):
    """How the centers of one update are arranged."""

    groups: int  # G, groups of consecutive centers, taken from places far apart
    group_size: int  # L, centers a group
    parts: int  # H, parts of a group that share noise words
    noise_words: int  # N, noise words of a part

    @property
    def batch_size(self) -> int:
        """Centers in one update, G·L."""
        return self.groups * self.group_size


# Measured for windows of 5 and K = 5, see docs/performance.md: larger updates, larger parts and
# fewer noise words are faster and learn less from a token.
LARGEST_BATCH, LARGEST_GROUP, PART = 4096, 512, 128
# Noise words of a part in a run of so many tokens, at least and at most, and the power with which
# they follow how many times fewer tokens there are that their noise could be averaged over.
NOISE_WORDS, FEWEST, MOST, TOKENS, POWER = 44, 16, 256, 60e6, 0.25
# Where noise is weak, that is another power if there are fewer, but only in runs of so many epochs:
# shorter ones need no more than those of a large corpus.
WEAK_POWER, EPOCHS = 0.42, 5
FLOATS_PER_BATCH = 2**20  # so that gradients stay in the cache until they are added
UPDATES_PER_EPOCH = 200  # at least, so that a small corpus has some
UPDATES_PER_TEXT = 4  # at least, of a further text
OCCURRENCES_PER_BATCH = 64  # at most, of the most frequent word, which moves once in an update


def choose_block_shape(
    kept_tokens: float,
    largest_share: float,
    *,
    window: int = 5,
    negative: int = 5,
    vector_size: int = 100,
    batch_size: int | None = None,
    epochs: int = 1,
    noise_multiple: int = 1,
    noise_is_weak: bool = False,
    begins_well: bool = False,
    text_tokens: float | None = None,
) -> BlockShape:
    """Choose the shape of the blocks for a corpus.

    An epoch has `kept_tokens` tokens after subsampling, and the most frequent word has
    `largest_share` of them. A group has `window` tokens on either side that are contexts only, so
    wide windows need large groups. The more noise words a pair counts for (`negative`), the more
    pairs a center has, and the fewer tokens all epochs have, the more noise words a part must
    share: a multiple of `noise_multiple`, which is 0 for objectives that draw none. Where
    `noise_is_weak`, few epochs of a small corpus need no more than those of a large one, and many
    need more, but not if vectors begin well (`begins_well`). `batch_size`, in centers, is rounded
    up to what the kernel can do, and chosen if None. Where only a further part of the corpus is
    trained, after the others, it has `text_tokens`.
    """
    if batch_size is None:
        wanted = min(
            kept_tokens / UPDATES_PER_EPOCH,
            np.inf if text_tokens is None else text_tokens / UPDATES_PER_TEXT,
            OCCURRENCES_PER_BATCH / largest_share,
            LARGEST_BATCH,
            max(FLOATS_PER_BATCH / vector_size, LARGEST_BATCH / 4),
        )
    else:
        wanted = batch_size
    part = PART if wanted >= PART else max(1, round(wanted))
    n_parts = max(1, round(wanted / part)) if batch_size is None else -(-batch_size // part)
    # as many parts a group as groups, up to the largest group
    largest = LARGEST_GROUP // PART * -(-window // 5)
    parts = min(largest, max(1, round(np.sqrt(n_parts / 2))))
    # the noise of a center stands for K words in each of about w + 1 pairs
    more = np.sqrt(negative * (window + 1) / (5 * (5 + 1)))
    power, fewer = POWER, TOKENS / (kept_tokens * epochs)
    if noise_is_weak:
        share = min((epochs - 1) / (EPOCHS - 1), 1)
        weak_power = POWER if begins_well else WEAK_POWER
        power = weak_power * share**2 if fewer > 1 else POWER * share
    more *= fewer**power
    noise_words = 16 * round(float(np.clip(NOISE_WORDS * more, FEWEST, MOST)) / 16)
    noise_words = -(-noise_words // max(noise_multiple, 1)) * noise_multiple
    groups = -(-n_parts // parts)
    if batch_size is None and groups > 1:
        groups += groups % 2  # so that two workers have equal shares
    return BlockShape(groups, parts * part, parts, noise_words)


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
    more alike to those of tokens drawn at random, so that larger blocks stay stable. The run must
    have a multiple of G·L centers; `shape` is G, L, H, N, and `weights` are 1 if None, see `Block`.
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
