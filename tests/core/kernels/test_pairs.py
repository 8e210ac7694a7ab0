"""The kernel for explicit pairs against the reference, which shares no line with it."""

import numpy as np
import pytest

from negsamp.core import reference
from negsamp.core.kernels import pairs as pair_kernel
from negsamp.core.kernels.pairs import PairBlock, PairKernel, pair_layout
from negsamp.core.objectives.infonce import InfoNCE
from negsamp.core.objectives.nce import NCE
from negsamp.core.objectives.sgns import SGNS
from negsamp.core.optimizers import Gradients

FIELDS = ("centers", "outputs", "center_squares", "output_squares")
MORE = ("row_shift", "log_z")
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


@pytest.mark.parametrize("share", [None, lambda n: slice(n // 3, n)])
@pytest.mark.parametrize(
    "objective", [NCE("global"), NCE("center"), NCE("fixed"), InfoNCE()], ids=str
)
def test_shifts_and_normalizers_are_those_of_the_reference(objective, share):
    shape, rng = (6, 16, 10), np.random.default_rng(2)
    W, block = matrices(), random_block(shape)
    noise = rng.dirichlet(np.ones(V_OUT))
    extras = vars(objective.extras(np.ones(V, int), noise, 5))
    more = {name: None if (a := extras[name]) is None else a.astype(float) for name in MORE}
    if more["log_z"] is not None:  # what scores of 0 come to
        np.testing.assert_allclose(more["log_z"], np.log(V_OUT), rtol=1e-6)
        more["log_z"] += rng.normal(size=more["log_z"].shape)
    kernel = PairKernel(objective, shape, D, np.float64, share=share, **more)
    if (log_z := more["log_z"]) is not None:
        more["log_z"] = np.broadcast_to(log_z[:, 0], V)
    fast, slow = kernel.gradients(*W, block), reference.gradients(*W, block, objective, **more)
    first = 0 if share is None else 2
    own = slice(16 * first, 96)
    of_noise = slice(96 + 10 * first, None)
    for name, rows in (("centers", own), ("outputs", own), ("outputs", of_noise), ("log_z", own)):
        if name == "log_z" and more["log_z"] is None:
            continue
        a, b = getattr(fast, name)[rows], getattr(slow, name)[rows]
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * np.abs(b).max())
    if share is None:
        expected = reference.loss(*W, block, objective, **more).sum()
        np.testing.assert_allclose(kernel.loss(*W, block), expected, rtol=1e-10)


@pytest.mark.parametrize("groups", [1, 3, 7])
def test_blocks_of_fewer_groups_need_no_other_kernel(groups):
    W, kernel = matrices(), PairKernel(SGNS(), (7, 8, 4), D, np.float64)
    kernel.gradients(*W, random_block((7, 8, 4)))
    block = random_block((groups, 8, 4), seed=5)
    own = PairKernel(SGNS(), (groups, 8, 4), D, np.float64).gradients(*W, block)
    for a, b in zip(kernel.gradients(*W, block), own, strict=True):
        assert (a is b is None) or a.tobytes() == b.tobytes()


def test_kernel_beside_another_gives_the_same_bits_elsewhere():
    shape = (7, 8, 4)
    W, block, kernel = matrices(), random_block(shape), PairKernel(SGNS(), shape, D, np.float64)
    into = Gradients.empty(pair_layout((3, 8, 4), D, np.float64))
    part = block.part(slice(2, 5))
    other = kernel.beside(3, into).gradients(*W, part)
    assert np.shares_memory(other.centers, into.centers)
    for a, b in zip(other, kernel.gradients(*W, part), strict=True):
        assert (a is b is None) or (a.tobytes() == b.tobytes() and not np.shares_memory(a, b))


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
