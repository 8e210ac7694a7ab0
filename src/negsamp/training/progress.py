"""How far a run has come, and who follows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from negsamp.errors import TrainingDivergedError
from negsamp.training.arrays import Arrays
from negsamp.training.settings import Settings

__all__ = ["Observer", "Progress", "finite", "progress_bar", "show_loss"]


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
    # Means of each epoch that is done, in nats per pair; the second of what is held out.
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    alike: int = 0  # the last epoch after which words were alike, see `limits.are_words_alike`
    finished: bool = False  # which may come before the last epoch

    def end_epoch(self, empty: float = 0.0) -> None:
        """Note the mean loss of an epoch, which is `empty` where no pair was measured."""
        self.losses.append(self.loss / self.pairs if self.pairs else empty)
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

    def on_epoch_end(self, progress: Progress) -> None:
        """An epoch has ended."""

    def on_stop(self) -> None:
        """Training has ended, for whatever reason."""


def progress_bar(total: int, unit: str, show: bool | None, initial: int = 0) -> Any:
    """A progress bar; if `show` is None, on a terminal only."""
    disable = None if show is None else not show
    return tqdm(total=total, unit=unit, unit_scale=True, disable=disable, initial=initial)


def show_loss(bar: Any, progress: Progress, alpha: float) -> None:
    """Write the mean loss of this epoch and the learning rate beside a bar."""
    loss = progress.loss / (progress.pairs or 1.0)
    bar.set_postfix_str(f"loss {loss:.3f}, alpha {alpha:.4f}", refresh=False)


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
