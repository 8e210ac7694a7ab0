"""What may end a run early: how it is said, and how long it is."""

import numpy as np
import pytest

from negsamp.training.limits import (
    Limits,
    are_words_alike,
    best_epoch,
    checked_limits,
    is_exhausted,
    parse_duration,
    read_limits,
)


@pytest.mark.parametrize(
    ("spelled", "seconds"),
    [
        (90, 90),
        (0.5, 0.5),
        (np.float32(2), 2),
        ("90", 90),
        ("90s", 90),
        ("1.5 sec", 1.5),
        ("10min", 600),
        ("10m", 600),
        ("1h30m", 5400),
        (" 2 d 12 H ", 216_000),
        ("1d1h1min1s", 90_061),
    ],
)
def test_durations_are_read(spelled, seconds):
    assert parse_duration(spelled) == seconds


NAN, INF = float("nan"), float("inf")
DURATIONS = [0, -1, "0", "0s", NAN, INF, "", "min", "10 weeks", "30m1h", "1e3s", "-5"]
BAD = [
    *((ValueError, "max_time", bad, "seconds above 0, or as") for bad in DURATIONS),
    *((TypeError, "max_time", bad, "seconds above 0") for bad in (True, [1], b"1s", 1j)),
    *((ValueError, "validation", bad, "a share") for bad in (0, -0.1, 0.51, 1, NAN, INF, "0.1")),
    *((TypeError, "validation", bad, "a share") for bad in (True, [0.1])),
    *((ValueError, "patience", bad, "an integer") for bad in (0, -1, 1.5, "2")),
    (TypeError, "patience", True, "an integer"),
]


@pytest.mark.parametrize(("error", "name", "bad", "allowed"), BAD)
def test_what_is_no_limit_is_refused(error, name, bad, allowed):
    with pytest.raises(error, match=f"{name} is .*; it must be {allowed}"):
        checked_limits(**{"validation": 0.1, "patience": None, "max_time": None, name: bad})
    with pytest.raises(ValueError, match="patience is 2 without validation"):
        checked_limits(None, 2, None)


def test_what_is_written_is_read():
    for limits in (
        Limits(),
        checked_limits(0.1, 3, "1h"),
        checked_limits(np.float64(0.5), None, 2),
    ):
        assert read_limits({"limits": limits.record()}) == limits
    assert read_limits({}) == Limits()


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {},
        {"validation": None, "patience": None},
        {"validation": None, "patience": 1, "max_seconds": None},
        {"validation": 2, "patience": None, "max_seconds": None},
        {"validation": None, "patience": None, "max_seconds": -1},
        {"validation": None, "patience": None, "max_seconds": [], "more": 1},
    ],
)
def test_odd_records_are_refused(record):
    with pytest.raises((ValueError, TypeError)):
        read_limits({"limits": record})


def test_patience_is_counted_from_the_lowest_loss():
    assert not is_exhausted([], 1)
    assert not is_exhausted([3, 2, 1], 1)
    assert is_exhausted([1, 2], 1)
    assert is_exhausted([1, 1], 1)  # no lower
    assert not is_exhausted([3, 1, 2], 2)
    assert is_exhausted([3, 1, 2, 2], 2)
    assert not is_exhausted([1, 2, 3, 4], None)


@pytest.mark.parametrize(
    ("losses", "alike", "best"),
    [
        ([], 0, 0),
        ([3, 1, 2], 0, 2),
        ([3, 1, 1], 0, 2),  # the first of equals
        ([3, 1, 2], 1, 2),
        ([3, 1, 2], 2, 2),
        ([3, 1, 2], 3, 3),
        ([3, 1, 2, 1.5, 1.8], 3, 4),
    ],
)
def test_best_epoch_is_none_of_those_in_which_words_were_alike(losses, alike, best):
    assert best_epoch(losses, alike) == best
    for patience in (1, 2, 3):
        assert is_exhausted(losses, patience, alike) == (len(losses) - best >= patience)


@pytest.mark.parametrize(
    ("losses", "of_mean", "alike"),
    [
        ([4.16], 4.16, True),
        ([2.79, 2.78, 2.785], 2.78, True),
        ([2.78, 2.79], 2.785, True),
        ([2.78, 2.74], 2.79, False),  # words tell their contexts
        ([2.78, 2.82], 2.81, False),  # learned by heart
        ([2.5, 2.78], 2.78, False),
    ],
)
def test_words_are_alike_while_one_vector_would_do(losses, of_mean, alike):
    assert are_words_alike(losses, of_mean) == alike
