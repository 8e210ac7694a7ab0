"""The time that a run will take: what was tried, scaled up, by a clock that the test winds."""

import numpy as np
import pytest

from negsamp import Word2Vec
from negsamp.core.blocks import BlockShape
from negsamp.corpus.stream import TokenStream
from negsamp.training import timing
from negsamp.training.progress import Progress
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings
from negsamp.training.timing import expected_seconds

STREAM = TokenStream(np.zeros(100, np.int32), np.array([0, 100]))
KEEP = np.ones(1, np.float32)


class Clock:
    """Stands still unless it is moved on."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def schedule_of(blocks, epochs=3):
    """Of updates of 10 centers, so many an epoch: 16 runs of them."""
    settings = Settings.checked(Word2Vec(window=2, epochs=epochs).get_params())
    return Schedule(settings, 2, BlockShape(1, 10, 1, 16), 10.0 * blocks, seed=0)


def training(clock, t, update, start=0.0, first=0.0, together=1):
    """A run whose updates take so long, the first of each run and of all longer.

    After so many, and at the end of each run, the observer is told.
    """

    def train(observer):
        clock.now += first
        for epoch in range(t.settings.epochs):
            for block in range(t.blocks_an_epoch):
                run, place = divmod(block, t.blocks_a_run)
                clock.now += update + start * (place == 0)
                if (place + 1) % together == 0 or place + 1 == t.blocks_a_run:
                    observer.on_block(Progress(epoch=epoch, run=run, block=place + 1), 0.025)

    return train


@pytest.mark.parametrize("seconds", [1e-9, 0.5, 5.0])
def test_expected_seconds_scales_updates_up(clock, seconds):
    t = schedule_of(blocks=320)  # 20 a run
    # what goes before the first update, say processes that start, is not counted
    expected, tried = expected_seconds(
        training(clock, t, 0.25, first=50.0), t, STREAM, KEEP, seconds
    )
    assert expected == pytest.approx(3 * 320 * 0.25)
    assert tried == max(0.25, seconds if seconds > 0.01 else 0)


@pytest.fixture
def slow_to_read(clock, monkeypatch):
    """Each run of blocks takes two seconds to read, and the text has so many."""

    def slow_to_read(runs):
        def read(*arguments):
            for _ in range(runs):
                clock.now += 2.0
                yield

        monkeypatch.setattr(timing, "iter_windows", read)

    return slow_to_read


# a second ends within the first run; twenty reach into the third
@pytest.mark.parametrize("seconds", [1.0, 20.0])
@pytest.mark.parametrize("runs", [1, 5])
def test_expected_seconds_counts_the_beginning_of_each_run(clock, slow_to_read, runs, seconds):
    slow_to_read(runs)
    t = schedule_of(blocks=320)
    train = training(clock, t, 0.25, start=2.0)
    expected, _ = expected_seconds(train, t, STREAM, KEEP, seconds)
    assert expected == pytest.approx(3 * (320 * 0.25 + 16 * 2.0))


@pytest.mark.parametrize("start", [0.0, 2.0])
@pytest.mark.parametrize("together", [8, 20])  # of 20 a run
def test_expected_seconds_counts_updates_that_are_told_together(
    clock, slow_to_read, together, start
):
    slow_to_read(16 if start else 0)
    t = schedule_of(blocks=320)
    train = training(clock, t, 0.25, start=start, together=together)
    expected, _ = expected_seconds(train, t, STREAM, KEEP, 1e-9)
    assert expected == pytest.approx(3 * (320 * 0.25 + 16 * start))


def test_expected_seconds_of_runs_of_one_update(clock, slow_to_read):
    slow_to_read(10)
    t = schedule_of(blocks=10)
    assert t.blocks_a_run == 1
    train = training(clock, t, 0.25, start=2.0)
    assert expected_seconds(train, t, STREAM, KEEP, 5.0)[0] == pytest.approx(3 * 10 * 2.25)


def test_expected_seconds_of_a_run_that_ends_in_time_are_those_it_took(clock):
    t = schedule_of(blocks=10)
    train = training(clock, t, 0.5, first=1.0)
    assert expected_seconds(train, t, STREAM, KEEP, 60.0) == (16.0, 16.0)
