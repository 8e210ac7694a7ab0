"""How large one update is, and how its centers and noise words are arranged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negsamp.objectives import SAMPLED

__all__ = ["BlockShape", "choose_block_shape"]


class BlockShape(NamedTuple):
    """How the centers of one update are arranged.

    Attributes
    ----------
    groups : int
        G, groups of consecutive centers, taken from places far apart.
    group_size : int
        L, centers a group.
    parts : int
        H, parts of a group that share noise words.
    noise_words : int
        N, noise words of a part.
    """

    groups: int
    group_size: int
    parts: int
    noise_words: int

    @property
    def batch_size(self) -> int:
        """Centers in one update, G·L."""
        return self.groups * self.group_size


# Measured for windows of 5 and K = 5, see docs/performance.md: larger updates, larger parts and
# fewer noise words are faster and learn less from a token.
LARGEST_BATCH, LARGEST_GROUP, PART, NOISE_WORDS = 8192, 256, 64, 16
# The gradients of an update want to stay in the cache until they are added.
FLOATS_PER_BATCH = 2**20
# A small corpus still wants this many updates an epoch, ...
UPDATES_PER_EPOCH = 200
# ... and a word so frequent that it fills a batch wants small batches: it moves once in each.
OCCURRENCES_PER_BATCH = 64


def choose_block_shape(
    kept_tokens: float,
    largest_share: float,
    *,
    window: int = 5,
    negative: int = 5,
    vector_size: int = 100,
    batch_size: int | None = None,
    objective: str = "sgns",
) -> BlockShape:
    """Shape of the blocks for a corpus.

    Parameters
    ----------
    kept_tokens : float
        Tokens an epoch, after subsampling.
    largest_share : float
        Share of them that the most frequent word has.
    window : int
        How far one reaches in this corpus; each group has so many tokens on either side that are
        contexts only, so a wide one wants large groups.
    negative : int
        K; the more noise words a pair counts for, and the more pairs a center has, the more of
        them must share it.
    vector_size : int
        d.
    batch_size : int, optional
        Centers an update, rounded up to what the kernel can do; chosen if None.
    objective : str
        A name in `negsamp.objectives.OBJECTIVES`: those that draw no noise get no noise words.

    Returns
    -------
    BlockShape
    """
    if batch_size is None:
        wanted = min(
            kept_tokens / UPDATES_PER_EPOCH,
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
    noise_words = max(NOISE_WORDS, 8 * int(np.ceil(NOISE_WORDS / 8 * more)))
    noise_words *= objective in SAMPLED
    if objective == "infonce":
        noise_words = -(-noise_words // negative) * negative  # sets of K
    groups = -(-n_parts // parts)
    if batch_size is None and groups > 1:
        groups += groups % 2  # so that two workers have equal shares
    return BlockShape(groups, parts * part, parts, noise_words)
