"""How long a training run will take, from training for a moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import islice, pairwise

import numpy as np

from negsamp.core.windows import iter_windows
from negsamp.corpus.stream import TokenStream
from negsamp.training.epochs import Trainer
from negsamp.training.state import Progress, Watch

__all__ = ["expected_seconds"]

Mark = tuple[float, tuple[int, int]]  # when an update was done, and which run of which epoch it is


class _Enough(Exception):
    """Training was tried for long enough."""


def expected_seconds(
    train: Callable[[Watch], None],
    trainer: Trainer,
    stream: TokenStream,
    keep: np.ndarray,
    seconds: float,
) -> tuple[float, float]:
    """Train for a moment and scale that up to the whole.

    Parameters
    ----------
    train : callable
        Trains, as `Trainer.train` does, and tells the `Watch` that it is given. An exception of the
        watch ends it.
    trainer : Trainer
    stream : TokenStream
    keep : ndarray, shape (V,) float32
    seconds : float
        How long, above 0; two updates at least.

    Returns
    -------
    float
        Seconds that all epochs are expected to take, with the machine as busy as it was.
    float
        Seconds of it that were tried: all of them where the run is as short as that.
    """
    beginning = _beginning(trainer, stream, keep)
    marks: list[Mark] = []

    def on_block(progress: Progress) -> None:
        # the first is not timed: worker processes may only just have started
        marks.append((time.perf_counter(), (progress.epoch, progress.run)))
        if marks[-1][0] - marks[0][0] >= seconds:
            raise _Enough

    began = time.perf_counter()
    try:
        train(Watch(on_block=on_block))
    except _Enough:
        return _scaled(marks, beginning, trainer), marks[-1][0] - marks[0][0]
    taken = time.perf_counter() - began
    return taken, taken


def _scaled(marks: list[Mark], beginning: float, trainer: Trainer) -> float:
    """From when some updates were done to the time of all epochs."""
    taken = np.diff([when for when, _ in marks])
    goes_on = np.array([one == next_one for (_, one), (_, next_one) in pairwise(marks)])
    if goes_on.any():
        update = float(taken[goes_on].mean())
    else:  # each update is a run of its own, and its beginning in its time
        update, beginning = float(taken.mean()), 0.0
    updates = max(trainer.kept_tokens / trainer.shape.batch_size, 1.0)
    runs = math.ceil(updates / trainer.blocks_a_run)
    return trainer.epochs * (updates * update + runs * beginning)


def _beginning(trainer: Trainer, stream: TokenStream, keep: np.ndarray) -> float:
    """Seconds that it takes to read, subsample and cut a run of blocks."""
    size, rng = trainer.shape.batch_size * trainer.blocks_a_run, np.random.default_rng(0)
    runs = iter_windows(stream.pieces(), trainer.reach, size, rng, False, keep)
    began = time.perf_counter()
    n = sum(1 for _ in islice(runs, 2))
    return (time.perf_counter() - began) / max(n, 1)
