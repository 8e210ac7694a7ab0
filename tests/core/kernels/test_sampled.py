"""The fast kernel against the reference, which shares no line with it."""

from dataclasses import replace

import numpy as np
import pytest

from negsamp.core import reference
from negsamp.core.blocks import Block, block_run
from negsamp.core.kernels import sampled as kernel_module
from negsamp.core.kernels import tiles
from negsamp.core.kernels.sampled import BlockKernel, gradient_layout
from negsamp.core.objectives import Extras, objective_of
from negsamp.core.objectives.sgns import SGNS
from negsamp.core.optimizers import OPTIMIZERS, Gradients
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import iter_windows, token_pieces, window_weights

FIELDS = ("centers", "outputs", "center_squares", "output_squares")
V, D = 11, 6  # few words, so that every block repeats each of them


def random_block(shape, window, negative=5, seed=0, shrink=True):
    """A block as training makes it: sentence ends anywhere, the last tokens padding."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 3 * window + 3, size=200)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    n = shape[0] * shape[1] - 3
    offsets = np.append(offsets[offsets < n], n)
    ids = rng.integers(0, V, n).astype(np.int32)
    (run,) = iter_windows(
        token_pieces(ids, offsets), window, shape[0] * shape[1], rng, shrink_windows=False
    )
    noise = AliasTable(np.arange(1, V + 1))
    (block,) = block_run(run, shape, negative, noise, rng, window_weights(window, shrink))
    return block.narrowed()


def matrices(dtype=np.float64, scale=1.0):
    return (scale * np.random.default_rng(0).normal(size=(2, V, D))).astype(dtype)


SHAPES = pytest.mark.parametrize("shape", [(1, 4, 1, 4), (3, 32, 2, 8), (2, 60, 5, 3)], ids=str)
# the objectives that sample noise, with all that is subtracted from their scores
OBJECTIVES = pytest.mark.parametrize(
    "objective", ["sgns", "nce, fixed", "nce, global", "nce, center", "infonce"]
)
WINDOWS = pytest.mark.parametrize("window", [1, 2, 5, 8, 11, 20, 40])  # odd and even, above a group


def negative(objective, shape):
    """K: any, but InfoNCE's noise words are whole sets of it, here two or one."""
    N = shape[3]
    return 5 if objective != "infonce" else N // 2 if N % 2 == 0 else N


def both_ways(objective, shape, window):
    """A kernel for an objective, and what the reference has to know of it."""
    name, _, normalizer = objective.partition(", ")
    objective = objective_of(name, normalizer or None)
    noise = np.arange(1.0, V + 1) / (V * (V + 1) / 2)
    row_shift = objective.row_shift(noise, 5)
    log_z = np.random.default_rng(7).normal(1, 0.5, V)
    log_z = {"center": log_z[:, None], "global": log_z[:1, None]}.get(normalizer)
    extras = Extras(row_shift=row_shift, log_z=log_z)
    kernel = objective.kernel(extras, shape, window, D, np.float64)
    about = (objective, row_shift, None if log_z is None else np.broadcast_to(log_z[:, 0], V))
    return kernel, about


@pytest.fixture(params=[(1, 0), (6, 10**6), (6, 100)], ids="{0[0]} a tile, small {0[1]}".format)
def tile(request, monkeypatch):
    """Both tile sizes, whatever this machine would choose, and products of noise cut in parts."""
    size, largest = request.param
    monkeypatch.setattr(tiles, "tile_size", lambda: size)
    monkeypatch.setattr(tiles, "LARGEST_SMALL", largest)
    monkeypatch.setattr(tiles, "SHORT", 0)


@SHAPES
@WINDOWS
@OBJECTIVES
@pytest.mark.parametrize("shrink", [True, False])
def test_gradients_equal_the_reference(tile, shape, window, objective, shrink):
    W_in, W_out = matrices()
    block = random_block(shape, window, negative(objective, shape), shrink=shrink)
    kernel, about = both_ways(objective, shape, window)
    fast = kernel.gradients(W_in, W_out, block)
    slow = reference.gradients(W_in, W_out, block, *about)
    compared = FIELDS if about[2] is None else (*FIELDS, "log_z")
    for name in compared:
        a, b = getattr(fast, name), getattr(slow, name)
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * np.abs(b).max())


@SHAPES
@WINDOWS
@OBJECTIVES
def test_loss_equals_the_reference(shape, window, objective):
    W_in, W_out = matrices()
    block = random_block(shape, window, negative(objective, shape))
    kernel, about = both_ways(objective, shape, window)
    fast = kernel.loss(W_in, W_out, block)
    np.testing.assert_allclose(fast, reference.loss(W_in, W_out, block, *about).sum(), rtol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("max_step", [np.inf, 1.0, 1e-3])
def test_step_equals_the_reference(optimizer, max_step):
    shape, window = (3, 32, 2, 8), 5
    fast, slow = matrices(), matrices()
    rules = [[OPTIMIZERS[optimizer](V, max_step) for _ in "io"] for _ in "fs"]
    kernel = BlockKernel(SGNS(), shape, window, D, np.float64)
    for seed in range(3):
        block = random_block(shape, window, seed=seed)
        apply(fast, rules[0], block, kernel.gradients(*fast, block), fast=True)
        apply(slow, rules[1], block, reference.gradients(*slow, block), fast=False)
    np.testing.assert_allclose(fast, slow, rtol=1e-10, atol=1e-12)
    assert np.abs(fast - matrices()).max() > 1e-5


def apply(W, rules, block, g, fast, alpha=0.025):
    """The update that training makes of a block's gradients."""
    rules[0].apply(W[0], block.center_rows, g.centers, g.center_squares, alpha, fast=fast)
    rules[1].apply(W[1], block.output_rows, g.outputs, g.output_squares, alpha, fast=fast)


@pytest.mark.parametrize("n_groups", [1, 3])
def test_a_kernel_takes_blocks_with_narrow_and_wide_windows_in_turns(n_groups):
    shape, window = (n_groups, 4, 1, 3), 70
    tokens = np.random.default_rng(3).integers(0, V, n_groups * (4 + 2 * window)).astype(np.int32)
    weights, noise = window_weights(window), np.arange(n_groups * 3).reshape(-1, 1, 3) % V
    kernel = BlockKernel(SGNS(), shape, window, D, np.float64)
    for reach in (70, 0, 5, 33, 8, 9, 70):
        radii = np.full((n_groups, 4), reach)
        radii[0, 1] = 0
        sides = tokens.reshape(n_groups, -1), radii, radii
        block = Block(*sides, weights, noise.astype(np.int32), 5)
        fast, slow = (f(*matrices(), block) for f in (kernel.gradients, reference.gradients))
        sums = np.zeros((2, V, D))
        np.add.at(sums[0], block.output_rows if reach > 32 else fast.output_rows, fast.outputs)
        np.add.at(sums[1], block.output_rows, slow.outputs)
        np.testing.assert_allclose(*sums, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(fast.centers, slow.centers, rtol=1e-10, atol=1e-10)
        exact = reference.loss(*matrices(), block).sum()
        np.testing.assert_allclose(kernel.loss(*matrices(), block), exact, rtol=1e-12)
        assert (fast.output_rows is None) == (reach > 32)


def test_kernel_gives_the_same_again_after_another_block():
    shape, window = (3, 32, 2, 8), 5
    W_in, W_out = matrices()
    about = SGNS(), shape, window, D, np.float64
    kernel = BlockKernel(*about)
    gradients = kernel.gradients(W_in, W_out, random_block(shape, window, seed=1))
    first = [getattr(gradients, name).copy() for name in FIELDS]
    kernel.loss(W_in, W_out, random_block(shape, window, seed=2))
    other, fresh = random_block(shape, window, seed=3, shrink=False), BlockKernel(*about)
    for a, b in zip(*(k.gradients(W_in, W_out, other)[:4] for k in (kernel, fresh)), strict=True):
        np.testing.assert_array_equal(a, b)
    again = kernel.gradients(W_in, W_out, random_block(shape, window, seed=1))
    for a, b in zip(first, again[: len(FIELDS)], strict=True):
        np.testing.assert_array_equal(a, b)


def test_centers_without_contexts_get_no_gradient():
    shape, window = (2, 16, 1, 4), 5
    block = random_block(shape, window)
    none = np.zeros_like(block.left)
    empty = replace(block, left=none, right=none)
    assert empty.pair_weight == 0
    gradients = BlockKernel(SGNS(), shape, window, D, np.float64).gradients(*matrices(), empty)
    for name in FIELDS:
        assert not getattr(gradients, name).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1.0, 30.0])  # scores of a few units, of several thousand
def test_gradients_are_as_exact_as_their_dtype(dtype, scale):
    shape, window = (3, 32, 2, 8), 5
    W, block = matrices(dtype, scale), random_block(shape, window)
    kernel = BlockKernel(SGNS(), shape, window, D, dtype)
    exact = reference.gradients(*W.astype(np.float64), block)
    # sums of some hundred terms of size `scale`, from scores of size scale²
    atol = 300 * scale**2 * np.finfo(dtype).eps
    for a, b in zip(kernel.gradients(*W, block)[:4], exact[:4], strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=atol)
    assert np.isfinite(kernel.loss(*W, block))


@pytest.mark.parametrize("at_once", [1, 84, 1000])
@pytest.mark.parametrize("limit", ["TOKENS_AT_ONCE", "FLOATS_AT_ONCE"])
@pytest.mark.parametrize("parts", [2, 3])
def test_kernels_of_some_groups_together_give_the_same_bits(monkeypatch, parts, limit, at_once):
    shape, window = (5, 32, 2, 8), 5
    W = matrices(dtype=np.float32)
    block = random_block(shape, window)
    layout = gradient_layout(shape, window, D)
    whole = BlockKernel(SGNS(), shape, window, D)
    at_once *= D if limit == "FLOATS_AT_ONCE" else 1
    monkeypatch.setattr(kernel_module, limit, at_once)  # one, two or all groups
    into = Gradients(**{name: np.full(size, np.nan, kind) for name, (size, kind) in layout.items()})
    loss = 0.0
    for part in range(parts):
        groups = slice(part * 5 // parts, (part + 1) * 5 // parts)
        kernel = BlockKernel(SGNS(), shape, window, D, into=into, groups=groups)
        loss += kernel.loss(*W, block)
        kernel.gradients(*W, block)
    for a, b in zip(into[:4], whole.gradients(*W, block)[:4], strict=True):
        assert a.tobytes() == b.tobytes()
    np.testing.assert_allclose(loss, whole.loss(*W, block), rtol=1e-6)


def test_kernel_beside_another_gives_the_same_bits_elsewhere():
    shape, window = (5, 32, 2, 8), 5
    W, block = matrices(dtype=np.float32), random_block(shape, window)
    whole = BlockKernel(SGNS(), shape, window, D, groups=slice(2))
    expected = whole.gradients(*W, block)
    layout = gradient_layout((4, *shape[1:]), window, D)  # with more room than is needed
    into = Gradients(**{name: np.full(size, np.nan, kind) for name, (size, kind) in layout.items()})
    before = expected.centers[:64].copy()
    found = whole.beside(2, into).gradients(*W, block.part(slice(2)))
    assert found.centers is into.centers
    assert expected.centers[:64].tobytes() == before.tobytes()
    assert found.centers[:64].tobytes() == expected.centers[:64].tobytes()
    tokens, noise = 2 * 42, 2 * 16
    assert found.outputs[:tokens].tobytes() == expected.outputs[:tokens].tobytes()
    of_noise = expected.outputs[5 * 42 : 5 * 42 + noise]
    assert found.outputs[tokens : tokens + noise].tobytes() == of_noise.tobytes()


def test_kernel_takes_full_windows_again_after_shorter_ones():
    # the weights of full windows are kept from one block to the next
    shape, window = (2, 16, 1, 4), 3
    short = random_block(shape, window)
    full = replace(short, left=np.full((2, 16), 3), right=np.full((2, 16), 3))
    assert short.left.min() < 3
    kernel = BlockKernel(SGNS(), shape, window, D, np.float64)
    for block in (full, full, short, full):
        assert block.has_full_windows == (block is full)
        np.testing.assert_allclose(
            kernel.loss(*matrices(), block),
            reference.loss(*matrices(), block).sum(),
            rtol=1e-12,
        )
        fast, slow = kernel.gradients(*matrices(), block), reference.gradients(*matrices(), block)
        for name in FIELDS:
            np.testing.assert_allclose(
                getattr(fast, name), getattr(slow, name), rtol=1e-10, atol=1e-12
            )
