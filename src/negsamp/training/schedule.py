"""How a run goes through its corpus: how large updates are, how many, and at what learning rate."""

from __future__ import annotations

import logging
import math
import pickle
import sys
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from negsamp.core.blocks import BlockShape, choose_block_shape
from negsamp.core.objectives import Objective
from negsamp.core.sampling import share_of_usual
from negsamp.core.windows import window_weights
from negsamp.training.limits import NO_LIMITS, Limits
from negsamp.training.progress import Progress
from negsamp.training.settings import Settings
from negsamp.training.workers import can_start_children

__all__ = ["Schedule", "team_size"]

logger = logging.getLogger(__name__)

# Starting a worker process takes as long as training some hundred thousand tokens.
TOKENS_WORTH_A_WORKER = 500_000


@dataclass(frozen=True)
class Schedule:
    """The settings of a run and what follows from them for its corpus."""

    settings: Settings
    reach: int  # largest distance of a context: the window, or less if no sentence is that long
    shape: BlockShape
    kept_tokens: float  # expected in an epoch, after subsampling
    seed: int  # entropy of every random number
    limits: Limits = NO_LIMITS
    rates: tuple[float, float] | None = None  # learning rates instead of `alpha` and `min_alpha`
    window: float | None = None  # what weighs contexts, instead of the setting

    @classmethod
    def of_corpus(
        cls,
        settings: Settings,
        counts: np.ndarray,
        longest_sentence: int,
        keep: np.ndarray,
        seed: int,
        limits: Limits = NO_LIMITS,
        all_counts: np.ndarray | None = None,
        rates: tuple[float, float] | None = None,
    ) -> Schedule:
        """The schedule for a corpus.

        `counts` are the occurrences of each word that are trained, (V,), and `keep` comes from
        `keep_probabilities`. The longest sentence has two tokens or more. For a further text, there
        are `all_counts`, those of all texts: its updates are like those of all in one run.
        """
        widest = min(settings.window, longest_sentence - 1)
        kept = counts * keep.astype(np.float64)
        of_all = kept if all_counts is None else all_counts * keep.astype(np.float64)
        tokens = float(kept.sum())
        # a further text goes on from vectors that there are
        is_short = all_counts is None and settings.pmi_offset(tokens) is not None
        shape = choose_block_shape(
            of_all.sum(),
            kept.max() / kept.sum(),
            text_tokens=None if all_counts is None else kept.sum(),
            window=widest,
            negative=settings.negative,
            vector_size=settings.vector_size,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            noise_multiple=settings.objective.noise_multiple(settings.negative),
            noise_is_weak=settings.objective.noise_is_weak,
            begins_well=is_short,
        )
        window = float(settings.window)
        if is_short and settings.shrink_windows:
            # where more is taken out than word2vec takes, windows reach farther in the text, and
            # what stands near tells more in few tokens
            window *= share_of_usual(counts, settings.sample)
        reach = min(math.ceil(window), widest)
        # workers have the noise as a table, and a function might not reach them
        settings = replace(settings, noise=None)
        return cls(settings, reach, shape, tokens, seed, limits, rates, window)

    def share_done(self, progress: Progress) -> float:
        """The share of the whole run that is done, 0 … 1."""
        blocks = progress.run * self.blocks_a_run + progress.block
        return (progress.epoch + min(blocks / self.blocks_an_epoch, 1.0)) / self.settings.epochs

    def place(self, progress: Progress) -> str:
        """Where a run is, in words."""
        epochs = self.settings.epochs
        return progress.place(epochs, self.share_done(progress) * epochs - progress.epoch)

    @property
    def whole(self) -> float:
        """How much the whole run is, in the unit of `done`."""
        return self.kept_tokens * self.settings.epochs

    def done(self, epoch: int, blocks: int) -> float:
        """How much is done after some epochs and blocks, in tokens."""
        # the last run may be longer than the text, or the text than expected
        return epoch * self.kept_tokens + min(blocks * self.shape.batch_size, self.kept_tokens)

    def learning_rate(self, done: float) -> float:
        """Linear decay from `alpha` to `min_alpha` over all epochs."""
        s, left = self.settings, 1 - done / self.whole
        first, last = self.rates or (s.alpha, s.min_alpha)
        return last + (first - last) * max(left, 0.0)

    @cached_property
    def weights(self) -> np.ndarray:
        """Weights of contexts by their place, (2 · reach + 1,) float64."""
        window = self.settings.window if self.window is None else self.window
        return window_weights(window, self.settings.shrink_windows, self.reach)

    @cached_property
    def members(self) -> int:
        """The number of processes that train."""
        enough = int(self.kept_tokens * self.settings.epochs / TOKENS_WORTH_A_WORKER)
        return team_size(self.settings, self.shape.groups, enough)

    @cached_property
    def blocks_an_epoch(self) -> int:
        """Blocks expected in an epoch."""
        return max(1, round(self.kept_tokens / self.shape.batch_size))

    @cached_property
    def blocks_a_run(self) -> int:
        """Blocks whose groups are mixed."""
        return int(np.clip(self.blocks_an_epoch // 16, 1, 64))

    @cached_property
    def blocks_a_measurement(self) -> int:
        """The loss of one block in so many is measured; that of all of them in a small corpus."""
        return int(np.clip(self.blocks_an_epoch // 64, 1, 32))


def team_size(settings: Settings, groups: int, enough: int) -> int:
    """The number of processes that train, where a block has so many groups.

    More than are `enough` for the work would take longer to start than they save.
    """
    members = max(1, min(settings.processes, groups, enough))
    if members > 1 and not can_start_children():
        logger.info(
            "training takes one process: this program, %r, is no Python that could start others",
            sys.executable,
        )
        return 1
    if members > 1 and not _reaches_other_processes(settings.objective):
        logger.info(
            "objective %r trains in one process: others cannot import it from a script or "
            "notebook, but from a module",
            settings.objective,
        )
        return 1
    return members


def _reaches_other_processes(objective: Objective) -> bool:
    try:
        sent = pickle.dumps(objective)
    except Exception:  # whatever the caller's own class raises
        return False
    return b"main__" not in sent  # theirs is another __main__ than the caller's
