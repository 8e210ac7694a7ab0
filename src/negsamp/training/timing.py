"""How long a training run will take, from training for a moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import islice, pairwise

import numpy as np

from negsamp.core.windows import iter_windows
from negsamp.corpus.stream import TokenStream
from negsamp.training.progress import Observer, Progress
from negsamp.training.schedule import Schedule

__all__ = ["expected_seconds"]

# When updates were done, which run of which epoch they are of, and how many of it are done.
Mark = tuple[float, tuple[int, int], int]


class _Enough(Exception):
    """Training was tried for long enough."""


class _Marker(Observer):
    """Notes when updates were done, and ends training after some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.marks: list[Mark] = []

    @property
    def tried(self) -> float:
        # the first is not timed: worker processes may only just have started
        return self.marks[-1][0] - self.marks[0][0]

    def on_block(self, progress: Progress, alpha: float) -> None:
        self.marks.append((time.perf_counter(), (progress.epoch, progress.run), progress.block))
        if self.tried >= self._seconds:
            raise _Enough


def expected_seconds(
    train: Callable[[Observer], None],
    schedule: Schedule,
    stream: TokenStream,
    keep: np.ndarray,
    seconds: float,
) -> tuple[float, float]:
    """Train for some seconds, at least two updates, and scale that up to the whole.

    `train` is `Run.train`, and `keep` the probabilities of `keep_probabilities`. Return the seconds
    that all epochs are expected to take, with the machine as busy as it was, and the seconds that
    were tried: those of the whole run if it is as short as that.
    """
    beginning, marker = _beginning(schedule, stream, keep), _Marker(seconds)
    began = time.perf_counter()
    try:
        train(marker)
    except _Enough:
        return _scaled(marker.marks, beginning, schedule), marker.tried
    taken = time.perf_counter() - began
    return taken, taken


def _scaled(marks: list[Mark], beginning: float, schedule: Schedule) -> float:
    """From when some updates were done to the time of all epochs."""
    t, taken = schedule, np.diff([when for when, *_ in marks])
    done = [e * t.blocks_an_epoch + r * t.blocks_a_run + block for _, (e, r), block in marks]
    blocks = np.maximum(np.diff(done), 1)
    goes_on = np.array([one == next_one for (_, one, _), (_, next_one, _) in pairwise(marks)])
    if goes_on.any():
        update = float(taken[goes_on].sum() / blocks[goes_on].sum())
    else:  # the beginnings of runs are in it
        update, beginning = float(taken.sum() / blocks.sum()), 0.0
    updates = max(schedule.kept_tokens / schedule.shape.batch_size, 1.0)
    runs = math.ceil(updates / schedule.blocks_a_run)
    return schedule.settings.epochs * (updates * update + runs * beginning)


def _beginning(schedule: Schedule, stream: TokenStream, keep: np.ndarray) -> float:
    """Seconds that it takes to read, subsample and cut a run of blocks."""
    size, rng = schedule.shape.batch_size * schedule.blocks_a_run, np.random.default_rng(0)
    runs = iter_windows(stream.pieces(), schedule.reach, size, rng, False, keep)
    began = time.perf_counter()
    n = sum(1 for _ in islice(runs, 2))
    return (time.perf_counter() - began) / max(n, 1)
