"""The kernel for explicit pairs against the reference, which shares no line with it."""

import numpy as np
import pytest

from negsamp.core import reference
from negsamp.core.kernels import pairs as pair_kernel
from negsamp.core.kernels.pairs import PairBlock, PairKernel
from negsamp.core.objectives.sgns import SGNS

FIELDS = ("centers", "outputs", "center_squares", "output_squares")
V, V_OUT, D = 7, 11, 6  # few words, so that every block repeats each of them


def random_block(shape, negative=5, seed=0, dtype=np.float64):
    (G, L, N), rng = shape, np.random.default_rng(seed)
    weights = rng.gamma(0.5, size=(G, L))
    weights[rng.random((G, L)) < 0.2] = 0
    return PairBlock(
        rng.integers(0, V, (G, L)).astype(np.int32),
        rng.integers(0, V_OUT, (G, L)).astype(np.int32),
        weights.astype(dtype),
        rng.integers(0, V_OUT, (G, N)).astype(np.int32),
        negative,
    )


def matrices(dtype=np.float64, scale=1.0):
    rng = np.random.default_rng(1)
    return tuple((scale * rng.normal(size=(n, D))).astype(dtype) for n in (V, V_OUT))


SHAPES = pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 16), (3, 64, 8), (40, 64, 2)], ids=str)


@SHAPES
@pytest.mark.parametrize("negative", [1, 5])
@pytest.mark.parametrize("at_once", [2048, 100])
def test_gradients_equal_the_reference(monkeypatch, shape, negative, at_once):
    monkeypatch.setattr(pair_kernel, "PAIRS_AT_ONCE", at_once)
    W, block = matrices(), random_block(shape, negative)
    fast = PairKernel(SGNS(), shape, D, np.float64).gradients(*W, block)
    slow = reference.gradients(*W, block)
    heavy = np.where(block.weights > 0, block.weights, 1).ravel()
    for side in ("center", "output"):  # a weight counts as so many occurrences
        lengths, squares = getattr(fast, f"{side}_lengths"), getattr(fast, f"{side}_squares")
        np.testing.assert_allclose(lengths, np.sqrt(getattr(slow, f"{side}_squares")), rtol=1e-10)
        squares[: len(heavy)] *= heavy
    for name in FIELDS:
        a, b = getattr(fast, name), getattr(slow, name)
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * np.abs(b).max())
    assert len(fast.outputs) == len(block.output_rows)


@SHAPES
def test_loss_equals_the_reference(shape):
    W, block = matrices(), random_block(shape)
    fast = PairKernel(SGNS(), shape, D, np.float64).loss(*W, block)
    np.testing.assert_allclose(fast, reference.loss(*W, block).sum(), rtol=1e-12)


def test_kernel_gives_the_same_again_after_another_block():
    shape = (3, 32, 8)
    W, kernel = matrices(), PairKernel(SGNS(), shape, D, np.float64)
    first = [getattr(kernel.gradients(*W, random_block(shape)), name).copy() for name in FIELDS]
    kernel.loss(*W, random_block(shape, seed=2))
    kernel.gradients(*W, random_block(shape, seed=3))
    again = kernel.gradients(*W, random_block(shape))
    for a, name in zip(first, FIELDS, strict=True):
        np.testing.assert_array_equal(a, getattr(again, name))


def test_scores_of_any_size_stay_finite_in_float32():
    shape = (2, 16, 4)
    W, block = matrices(np.float32, scale=1e3), random_block(shape, dtype=np.float32)
    kernel = PairKernel(SGNS(), shape, D)
    g = kernel.gradients(*W, block)
    assert all(np.isfinite(getattr(g, name)).all() for name in FIELDS)
    assert g.centers.dtype == np.float32
    assert np.isfinite(kernel.loss(*W, block))
    slow = reference.gradients(*(w.astype(float) for w in W), block)
    # scores of 10⁶ are rounded by 0.1, which is nothing but near 0
    np.testing.assert_allclose(g.outputs, slow.outputs, atol=1e-3 * np.abs(slow.outputs).max())
