"""Rows moved by SGD and AdaGrad, against loops."""

import sys
import warnings
from importlib import util

import numpy as np
import pytest

from negsamp.core import optimizers
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


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_rows_from_several_arrays_are_added_to_the_same_bytes(share, fast):
    matrix, rows, values = batch(1000, dtype=np.float32)
    scale = np.linspace(-1, 2, len(rows)).astype(np.float32)
    chosen = np.random.default_rng(1).random(len(rows)) < share
    expected, some = matrix.copy(), (rows[chosen], scale[chosen])
    add_rows(expected, some[0], values, some[1], chosen)
    parts = np.split(values, [0, 1, 300, 300, 301, 999])
    add_rows(matrix, some[0], parts, some[1], chosen, fast)
    assert matrix.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.0], ids=["all", "half", "none"])
def test_private_and_public_sums_have_the_same_bytes(dtype, share):
    # sums of some 150 terms, which another order would round differently
    matrix, rows, values = batch(1000, dtype=dtype)
    rng = np.random.default_rng(1)
    chosen = rng.random(len(rows)) < share
    rows, scale = rows[chosen], rng.random(chosen.sum()).astype(dtype)
    private, public = matrix.copy(), matrix.copy()
    chosen = None if chosen.all() else chosen
    add_rows(private, rows, values, scale, chosen)
    add_rows(public, rows, values, scale, chosen, fast=False)
    assert private.tobytes() == public.tobytes()
    assert (private == matrix).all() == (len(rows) == 0)


def test_scipy_has_the_private_function():
    assert optimizers.csc_matvecs is not None, "SciPy moved it: training is slower, and says so"


def test_a_scipy_without_the_private_function_warns_once_and_gives_the_same_bytes(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse._sparsetools", None)  # cannot be imported
    spec = util.find_spec("negsamp.core.optimizers")
    other = util.module_from_spec(spec)
    spec.loader.exec_module(other)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        rules = [other.RowAdaGrad(V, 2.0) for _ in range(2)]
    assert [w.category for w in caught] == [RuntimeWarning]
    assert "no scipy.sparse._sparsetools.csc_matvecs: training takes" in str(caught[0].message)
    matrix, rows, gradients = batch(dtype=np.float32)
    slow = matrix.copy()
    for W, rule in ((matrix, RowAdaGrad(V, 2.0)), (slow, rules[0])):
        rule.apply(W, rows, gradients, squares_of(gradients), 0.1, share=(1, 2))
    assert slow.tobytes() == matrix.tobytes()


def test_sgd_moves_by_alpha_times_the_sum():
    matrix, rows, gradients = batch()
    expected = matrix.copy()
    for row, gradient in zip(rows, gradients, strict=True):
        expected[row] += 0.1 * gradient
    SGD(V).apply(matrix, rows, gradients, squares_of(gradients), 0.1)
    np.testing.assert_allclose(matrix, expected, rtol=1e-12)


@pytest.mark.parametrize("epochs", [1, 9, 49])
def test_adagrad_equals_its_formula_over_two_batches(epochs):
    matrix, rows, gradients = batch()
    expected, squares, rule = matrix.copy(), np.zeros(V), RowAdaGrad(V, epochs=epochs)
    e = {1: 1.0, 9: 2.0, 49: 7.0}[epochs]
    for alpha in (0.1, 0.05):
        for row in range(V):
            mine = gradients[rows == row]
            squares[row] += (mine**2).sum()
            rate = alpha / e * np.sqrt(62_000 / (2400 + squares[row] / e))
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
    again.squares[:] = rule.squares - np.bincount(rows, 1e-12 * squares, minlength=V)
    again.apply(fresh, rows, 1e-6 * gradients, 1e-12 * squares, 0.1)
    np.testing.assert_allclose(small - matrix, fresh - matrix, rtol=1e-6)


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
