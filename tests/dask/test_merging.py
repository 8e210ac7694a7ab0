"""Changes of rows are found, merged by Adasum in a fixed tree, and applied."""

import numpy as np
import pytest

from negsamp.dask.merging import Change, adasum, add, apply, find_changes, merge

RNG = np.random.default_rng(1)


def change(rows, steps, dtype=np.float32):
    return Change(np.array(rows, np.int32), np.array(steps, dtype))


def adasum_of_rows(a, b):
    """Equation 5 of the paper, in float64."""
    a, b = np.array(a, float), np.array(b, float)
    return (1 - a @ b / (2 * a @ a)) * a + (1 - a @ b / (2 * b @ b)) * b


@pytest.mark.parametrize(
    ("a", "b", "merged"),
    [
        ([3, 0], [0, 4], [3, 4]),  # orthogonal changes add up
        ([3, 4], [3, 4], [3, 4]),  # of equal ones one stays
        ([2, 0], [4, 0], [3, 0]),  # parallel ones are averaged
        ([2, 0], [-2, 0], [0, 0]),
        ([0, 0], [1, 2], [1, 2]),
    ],
)
def test_adasum_of_known_rows(a, b, merged):
    found, *_ = adasum(change([5], [a]), change([5], [b]))
    assert found.rows.tolist() == [5]
    assert found.steps.tolist() == [merged]
    assert found.steps.dtype == np.float32


def test_adasum_of_random_rows_is_the_papers():
    a, b = RNG.normal(size=(2, 50, 7)).astype(np.float32)
    found, *_ = adasum(change(range(50), a), change(range(50), b))
    expected = [adasum_of_rows(*pair) for pair in zip(a, b, strict=True)]
    np.testing.assert_allclose(found.steps, expected, rtol=1e-5, atol=1e-6)  # float32


def test_adasum_keeps_the_change_of_a_row_that_one_moved():
    a, b = change([1, 4], [[1, 2], [3, 4]]), change([0, 4, 6], [[5, 6], [3, 4], [7, 8]])
    found, *_ = adasum(a, b)
    assert found.rows.tolist() == [0, 1, 4, 6]
    assert found.steps.tolist() == [[5, 6], [1, 2], [3, 4], [7, 8]]


def test_adasum_of_no_rows():
    none = change([], np.zeros((0, 2)))
    assert adasum(none, none)[0].steps.shape == (0, 2)
    assert adasum(none, change([3], [[1, 2]]))[0].rows.tolist() == [3]


@pytest.mark.parametrize("tiny", [1e-30, 1e-44])
def test_adasum_of_steps_whose_squares_vanish(tiny):
    found, *_ = adasum(change([0], [[tiny, 0]]), change([0], [[1, 1]]))
    assert np.isfinite(found.steps).all()
    np.testing.assert_allclose(found.steps, [[0.5, 1]], atol=0.51)


def test_add_adds_sums():
    a, b = change([0, 2], [1.0, 2.0], np.float64), change([2, 3], [4.0, 8.0], np.float64)
    found = add(a, b)
    assert (found.rows.tolist(), found.steps.tolist()) == ([0, 2, 3], [1, 6, 8])
    assert found.steps.dtype == np.float64


def arrays(V=40, d=3):
    return {
        "W_in": RNG.normal(size=(V, d)).astype(np.float32),
        "W_out": RNG.normal(size=(V, d)).astype(np.float32),
        "log_z": RNG.normal(size=(V, 1)).astype(np.float32),
        "squares_in": RNG.random(V),
        "squares_out": RNG.random(V),
        "squares_log_z": RNG.random(V),
    }


def moved(before, seed, share=0.5):
    rng, after = np.random.default_rng(seed), {}
    for name, array in before.items():
        steps = rng.normal(size=array.shape) * (rng.random(len(array)) < share).reshape(
            -1, *[1] * (array.ndim - 1)
        )
        after[name] = array + steps.astype(array.dtype)
    return after


def test_find_changes_has_the_rows_that_moved():
    before = arrays()
    after = {name: array.copy() for name, array in before.items()}
    after["W_in"][7, 2] += 1
    after["squares_out"][39] += 1
    [found] = find_changes(before, after, 1)
    rows = {name: change.rows.tolist() for name, change in found.items()}
    assert rows == {**{name: [] for name in before}, "W_in": [7], "squares_out": [39]}
    assert found["W_in"].rows.dtype == np.int32


def test_find_changes_leaves_out_what_the_run_has_not():
    before = {name: array for name, array in arrays().items() if "log_z" not in name}
    [found] = find_changes({**before, "keep": np.zeros(40)}, {**before, "keep": np.ones(40)}, 1)
    assert found.keys() == before.keys()


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_apply_gives_the_same_bytes_for_any_number_of_shards(shards):
    before = arrays()
    others = [moved(before, seed) for seed in range(5)]
    results = []
    for n in (shards, 1):
        state = {name: array.copy() for name, array in before.items()}
        found = [find_changes(before, other, n) for other in others]
        for shard in zip(*found, strict=True):
            apply(state, merge(shard))
        results.append(b"".join(array.tobytes() for array in state.values()))
    assert results[0] == results[1]


def test_apply_of_one_change_goes_where_it_went():
    before = arrays()
    after = moved(before, 1)
    apply(
        state := {name: array.copy() for name, array in before.items()},
        find_changes(before, after, 1)[0],
    )
    for name, array in after.items():
        np.testing.assert_allclose(state[name], array, rtol=1e-5, atol=1e-6)  # float32


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_merge_is_a_tree_of_neighbours(n):
    before = arrays()
    found = [find_changes(before, moved(before, seed), 1)[0] for seed in range(n)]
    changes = [each["W_in"] for each in found]
    while len(changes) > 1:
        pairs = [changes[at : at + 2] for at in range(0, len(changes), 2)]
        changes = [adasum(*pair)[0] if len(pair) == 2 else pair[0] for pair in pairs]
    merged = merge(found)["W_in"]
    assert merged.rows.tolist() == changes[0].rows.tolist()
    assert merged.steps.tobytes() == changes[0].steps.tobytes()


@pytest.mark.parametrize(
    ("a", "b", "sums"),
    [
        ([3, 0], [0, 4], 7 + 5),  # orthogonal steps stay, and so do their sums
        ([3, 4], [3, 4], (7 + 5) / 2),
        ([-1, 0], [1, 0], 7 + 5),  # shares are at most 1
        ([1, 0], [9, 0], 0.5 * 7 + (1 - 1 / 18) * 5),  # and a half at least
    ],
)
def test_merge_shrinks_sums_as_the_steps(a, b, sums):
    some = [
        {"W_in": change([2], [steps]), "squares_in": change([1, 2], [1.0, own], np.float64)}
        for steps, own in ((a, 7.0), (b, 5.0))
    ]
    merged = merge(some)["squares_in"]
    assert merged.rows.tolist() == [1, 2]
    np.testing.assert_allclose(merged.steps, [2.0, sums], rtol=1e-6)  # float32


def test_merge_of_equal_changes_is_one_of_them():
    before = arrays()
    [one] = find_changes(before, moved(before, 3, share=1.0), 1)
    merged = merge([one] * 4)
    for name, found in one.items():
        np.testing.assert_allclose(merged[name].steps, found.steps, rtol=1e-5)
