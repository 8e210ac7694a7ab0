"""Rows moved by SGD and AdaGrad, against loops."""

import numpy as np
import pytest

from negsamp.core import optimizers as updates
from negsamp.core.optimizers import OPTIMIZERS, SGD, RowAdaGrad, add_rows

V, D = 7, 5


def squares_of(gradients):
    return (gradients**2).sum(axis=1)


def batch(n=60, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, V - 1, n).astype(np.int32)  # the last row never occurs
    return rng.normal(size=(V, D)).astype(dtype), rows, rng.normal(size=(n, D)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("fast", [True, False])
def test_add_rows_equals_a_loop(dtype, fast):
    matrix, rows, values = batch(dtype=dtype)
    scale = np.linspace(-1, 2, len(rows)).astype(dtype)
    expected = matrix.astype(np.float64)
    for i, row in enumerate(rows):
        expected[row] += scale[i] * values[i].astype(np.float64)
    add_rows(matrix, rows, values, scale, fast=fast)
    # sixty additions of numbers near 1, each rounded to half a unit
    np.testing.assert_allclose(matrix, expected, atol=200 * np.finfo(dtype).eps)


def test_add_rows_has_its_fast_way():
    assert updates.csc_matvecs is not None, "SciPy moved its sparse product: training is slow"


def test_add_rows_without_the_fast_way(monkeypatch):
    matrix, rows, values = batch()
    slow, scale = matrix.copy(), np.ones(len(rows))
    add_rows(matrix, rows, values, scale)
    monkeypatch.setattr(updates, "csc_matvecs", None)
    add_rows(slow, rows, values, scale)
    np.testing.assert_allclose(matrix, slow, rtol=1e-13)


def test_sgd_moves_by_alpha_times_the_sum():
    matrix, rows, gradients = batch()
    expected = matrix.copy()
    for row, gradient in zip(rows, gradients, strict=True):
        expected[row] += 0.1 * gradient
    SGD(V).apply(matrix, rows, gradients, squares_of(gradients), 0.1)
    np.testing.assert_allclose(matrix, expected, rtol=1e-12)


def test_adagrad_equals_its_formula_over_two_batches():
    matrix, rows, gradients = batch()
    expected, squares, rule = matrix.copy(), np.zeros(V), RowAdaGrad(V)
    for alpha in (0.1, 0.05):
        for row in range(V):
            mine = gradients[rows == row]
            squares[row] += (mine**2).sum()
            rate = alpha * np.sqrt(rule.REFERENCE / (rule.FLOOR + squares[row]))
            expected[row] += rate * mine.sum(axis=0)
        rule.apply(matrix, rows, gradients, squares_of(gradients), alpha)
    np.testing.assert_allclose(matrix, expected, rtol=1e-12)
    np.testing.assert_allclose(rule.squares, squares, rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_max_step_bounds_each_row_and_leaves_short_steps_alone(name):
    matrix, rows, gradients = batch()
    gradients[rows != 2] *= 0.1
    gradients[rows == 2] *= 10_000
    free, bound = matrix.copy(), matrix.copy()
    squares = squares_of(gradients)
    OPTIMIZERS[name](V).apply(free, rows, gradients, squares, 0.1)
    OPTIMIZERS[name](V, max_step=3.0).apply(bound, rows, gradients, squares, 0.1)
    moved = np.linalg.norm(bound - matrix, axis=1)
    wanted = np.linalg.norm(free - matrix, axis=1)
    assert wanted[2] > 3 >= moved[2] > 0
    others = np.arange(V) != 2
    np.testing.assert_allclose(bound[others], free[others], rtol=1e-12)
    # shortened, not turned
    direction = (bound - matrix)[2] / moved[2]
    np.testing.assert_allclose(direction, (free - matrix)[2] / wanted[2], rtol=1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_max_step_forgets_the_batch_before(name):
    matrix, rows, gradients = batch()
    rule = OPTIMIZERS[name](V, max_step=1.0)
    squares = squares_of(gradients)
    rule.apply(matrix.copy(), rows, 100 * gradients, 1e4 * squares, 0.1)
    small = matrix.copy()
    rule.apply(small, rows, 1e-6 * gradients, 1e-12 * squares, 0.1)
    fresh = matrix.copy()
    again = OPTIMIZERS[name](V)
    if name == "adagrad":
        again.squares[:] = rule.squares - np.bincount(rows, 1e-12 * squares, minlength=V)
    again.apply(fresh, rows, 1e-6 * gradients, 1e-12 * squares, 0.1)
    np.testing.assert_allclose(small - matrix, fresh - matrix, rtol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_update_touches_no_other_row(name):
    matrix, rows, gradients = batch()
    before = matrix.copy()
    OPTIMIZERS[name](V, max_step=2.0).apply(matrix, rows, gradients, squares_of(gradients), 0.1)
    np.testing.assert_array_equal(matrix[-1], before[-1])
    assert (matrix[:-1] != before[:-1]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("size", [2, 3, 10])
def test_shares_add_up_to_the_whole_to_the_bit(name, size, dtype):
    matrix, rows, gradients = batch(dtype=dtype)
    squares = squares_of(gradients)
    alone, shared = matrix.copy(), matrix.copy()
    whole = OPTIMIZERS[name](V, max_step=0.5)
    parts = [OPTIMIZERS[name](V, max_step=0.5) for _ in range(size)]
    for alpha in (0.1, 0.01):
        whole.apply(alone, rows, gradients, squares, alpha)
        for rank in reversed(range(size)):
            parts[rank].apply(shared, rows, gradients, squares, alpha, share=(rank, size))
    assert shared.tobytes() == alone.tobytes() != matrix.tobytes()


@pytest.mark.parametrize("fast", [True, False])
def test_a_share_leaves_the_rows_of_others_alone(fast):
    matrix, rows, gradients = batch()
    before = matrix.copy()
    SGD(V).apply(matrix, rows, gradients, squares_of(gradients), 0.1, share=(1, 3), fast=fast)
    moved = (matrix != before).any(axis=1)
    assert moved.tolist() == [False, True, False, False, True, False, False]
