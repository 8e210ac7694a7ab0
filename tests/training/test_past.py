"""Arrays grow behind what they hold, and calls have random numbers of their own."""

import numpy as np
import pytest

from negsamp.training.past import ROOM, entropy_of, extended, later_rate


@pytest.mark.parametrize("shape", [(), (3,)])
def test_extended_has_both_parts(shape):
    one, more = (np.random.default_rng(k).random((5, *shape)) for k in (0, 1))
    np.testing.assert_array_equal(extended(one, more), np.concatenate([one, more]))
    np.testing.assert_array_equal(extended(one, more[:0]), one)


def test_extended_copies_once_in_a_while():
    array, rooms, rows = np.zeros((10, 2), np.float32), [], ROOM // 3
    for k in range(60):
        array = extended(array, np.full((rows, 2), k, np.float32))
        rooms.append(id(array.base))
    assert len(set(rooms)) < 8
    assert array[10:, 0].tolist() == np.repeat(np.arange(60), rows).tolist()


def others():
    array = extended(np.zeros((4, 2)), np.ones((2, 2)))
    yield array[1:]
    yield array[:, :1]
    yield array[::2]
    yield np.zeros((8, 3))[:4, :]
    yield np.frombuffer(bytes(64)).reshape(4, 2)


@pytest.mark.parametrize("array", [*others()])
def test_extended_leaves_what_is_no_such_view(array):
    before = np.array(array)
    base = None if not isinstance(array.base, np.ndarray) else array.base.copy()
    new = extended(array, np.full((2, array.shape[1]), 7.0))
    assert new[-1].tolist() == [7.0] * array.shape[1]
    np.testing.assert_array_equal(new[:-2], before)
    if base is not None:
        assert new.base is not array.base or array.shape == (4, 3)


def test_entropy_is_the_seed_and_then_another_for_each_call():
    assert entropy_of(7, 1) == 7
    drawn = [entropy_of(seed, calls) for seed in (7, 8, 2**128 - 1) for calls in (2, 3, 4)]
    assert len(set(drawn)) == 9
    assert all(0 <= each < 2**128 for each in drawn)
    assert entropy_of(None, 2) != entropy_of(None, 2)


def test_later_rate_falls_from_alpha_to_three_tenths():
    assert later_rate(0.5, 0) == later_rate(0.5, 10**6) == 0.5
    assert later_rate(0.5, 4 * 10**6) == 0.25
    assert later_rate(0.5, 10**9) == 0.15
