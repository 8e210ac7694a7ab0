"""How far a run has come, and who follows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tqdm.auto import tqdm

from negsamp.training.arrays import Arrays

__all__ = ["Observer", "Progress", "progress_bar"]


@dataclass
class Progress:
    """How far a run has come: together with its arrays, all that it takes to continue.

    Attributes
    ----------
    epoch, run, block : int
        The epochs, the runs of blocks of this epoch and the blocks of this run that are done.
    loss, pairs : float
        Sums over the blocks of this epoch whose loss was measured, in nats and in pairs.
    losses : list of float
        Mean loss of each epoch that is done, in nats per pair.
    validation_losses : list of float
        Mean held-out loss after each epoch, if a part of the corpus is held out.
    finished : bool
        Whether the run is at its end, which may come before its last epoch.
    """

    epoch: int = 0
    run: int = 0
    block: int = 0
    loss: float = 0.0
    pairs: float = 0.0
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    finished: bool = False

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
