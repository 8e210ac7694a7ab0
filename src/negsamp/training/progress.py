"""How far a run has come, and who follows it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from negsamp.core.sampling import subsampling_threshold
from negsamp.errors import TrainingDivergedError
from negsamp.training.arrays import Arrays
from negsamp.training.settings import Settings

__all__ = [
    "Observer",
    "Progress",
    "explain_empty_epochs",
    "finite",
    "losses_of_json",
    "losses_to_json",
    "progress_bar",
    "show_loss",
]


@dataclass
class Progress:
    """How far a run has come: together with its arrays, all that it takes to continue."""

    # The epochs, the runs of blocks of this epoch and the blocks of this run that are done.
    epoch: int = 0
    run: int = 0
    block: int = 0
    # Sums over the blocks of this epoch whose loss was measured, in nats and in pairs.
    loss: float = 0.0
    pairs: float = 0.0
    # Means of each epoch that is done, in nats per pair, nan where no pair was left; the second of
    # what is held out.
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    alike: int = 0  # the last epoch after which words were alike, see `limits.are_words_alike`
    finished: bool = False  # which may come before the last epoch

    @property
    def mean_loss(self) -> float:
        """The mean loss of this epoch until now, in nats per pair; nan if there was no pair."""
        return self.loss / self.pairs if self.pairs else math.nan

    def end_epoch(self) -> None:
        """Note the mean loss of an epoch and begin the next one."""
        self.losses.append(self.mean_loss)
        self.epoch, self.run, self.block, self.loss, self.pairs = self.epoch + 1, 0, 0, 0.0, 0.0

    def place(self, epochs: int, share: float) -> str:
        """Where a run of some epochs is, in words, when this share of an epoch is done."""
        if self.epoch == epochs:
            return f"at the end of its {epochs} epochs"
        return f"in epoch {self.epoch + 1} of {epochs}, after {100 * share:.0f} % of it"


class Observer:
    """Follows a run: its methods are called in the caller's process, between two updates.

    Those of this class do nothing; a subclass overrides what it needs.
    """

    def on_start(self, arrays: Arrays, progress: Progress) -> None:
        """Training begins on these arrays, and will change them in place."""

    def on_block(self, progress: Progress, alpha: float) -> None:
        """A block was trained, at the learning rate `alpha`."""

    def on_epoch_end(self, progress: Progress) -> bool:
        """An epoch has ended; return whether training shall end with it."""
        return False

    def on_stop(self) -> None:
        """Training has ended, for whatever reason."""


def progress_bar(total: int, unit: str, show: bool | None, initial: int = 0) -> Any:
    """A progress bar; if `show` is None, on a terminal only."""
    disable = None if show is None else not show
    return tqdm(total=total, unit=unit, unit_scale=True, disable=disable, initial=initial)


def show_loss(bar: Any, progress: Progress, alpha: float) -> None:
    """Write the mean loss of this epoch and the learning rate beside a bar."""
    bar.set_postfix_str(f"loss {progress.mean_loss:.3f}, alpha {alpha:.4f}", refresh=False)


def finite(
    what: str, value: float, place: Callable[[], str], settings: Settings, batch_size: int
) -> float:
    """The value, if it is finite; else a TrainingDivergedError says where and what may help."""
    if np.isfinite(value):
        return value
    better = "" if settings.optimizer == "adagrad" else " or optimizer='adagrad'"
    raise TrainingDivergedError(
        f"training diverged {place()}: {what} is not finite, and the vectors are those before it. "
        f"alpha is {settings.alpha} and batch_size {batch_size}; smaller ones{better} may help"
    )


def losses_to_json(losses: Sequence[float]) -> list[float | None]:
    """Losses as JSON values, which have null where an epoch had no pair."""
    return [None if math.isnan(loss) else loss for loss in losses]


def losses_of_json(values: Sequence[float | None]) -> list[float]:
    """The losses of which `losses_to_json` made these."""
    return [math.nan if value is None else float(value) for value in values]


def explain_empty_epochs(
    losses: Sequence[float], counts: np.ndarray, keep: np.ndarray, sample: float | None
) -> str | None:
    """Say how many epochs had no pair, why, and what to change; None if all had one.

    `keep` are the probabilities of `keep_probabilities` for the words that are seen `counts` times.
    """
    empty = sum(map(math.isnan, losses))
    if not empty:
        return None
    what = f"{empty} of {len(losses)} epochs had no pair to train on, so their loss is nan"
    if empty == len(losses):
        what = "nothing was trained: no epoch had a pair, so its loss is nan"
    total, kept = int(counts.sum()), float(counts @ keep)
    if kept < 0.99 * total:
        threshold = subsampling_threshold(counts, sample)
        return (
            f"{what}; sample={threshold:g} takes out frequent words and keeps about {kept:.1f} of "
            f"{total} tokens an epoch: sample=0 keeps all of them"
        )
    return f"{what}; a smaller share for validation or a longer max_time leaves more of the corpus"
