"""The full softmax and hierarchical softmax on blocks, against the reference."""

import numpy as np
import pytest
from test_sampled import V, matrices, random_block

from negsamp.core import reference
from negsamp.core.huffman import HuffmanTree
from negsamp.core.kernels import softmax as softmax_kernel
from negsamp.core.kernels.hierarchical import HierarchicalKernel
from negsamp.core.kernels.softmax import SoftmaxKernel
from negsamp.core.objectives.hierarchical import HierarchicalSoftmax
from negsamp.core.objectives.softmax import Softmax

TREE = HuffmanTree(np.arange(V, 0, -1) ** 2)
KERNELS = {
    "softmax": (SoftmaxKernel(Softmax()), reference.softmax_gradients, reference.softmax_loss, ()),
    "hierarchical": (
        HierarchicalKernel(HierarchicalSoftmax(), TREE),
        reference.hierarchical_gradients,
        reference.hierarchical_loss,
        (TREE,),
    ),
}
EVERY = pytest.mark.parametrize("name", KERNELS)
SHAPES = pytest.mark.parametrize("shape", [(1, 4, 1, 0), (3, 32, 2, 0)], ids=str)
WINDOWS = pytest.mark.parametrize("window", [1, 2, 5, 11])


@pytest.fixture(autouse=True, params=["one slice", "many slices"])
def slices(request, monkeypatch):
    """Large and small slices: 16 centers of the softmax, 10 tokens of the tree, 3 together."""
    if request.param == "many slices":
        monkeypatch.setattr(softmax_kernel, "SCORES_AT_ONCE", 1)
        monkeypatch.setattr(HierarchicalKernel, "TOKENS_AT_ONCE", 10)
        monkeypatch.setattr(HierarchicalKernel, "TOGETHER", 3)


def total(rows, values):
    """Sum over the occurrences of each row; node V − 1 only fills up."""
    sums = np.zeros((V, *values.shape[1:]))
    np.add.at(sums, rows, values)
    return sums


@EVERY
@SHAPES
@WINDOWS
def test_gradients_equal_the_reference(name, shape, window):
    W_in, W_out = matrices()
    block = random_block(shape, window)
    kernel, gradients, _, about = KERNELS[name]
    fast, slow = kernel.gradients(W_in, W_out, block), gradients(W_in, W_out, block, *about)
    if name == "softmax":
        slow_rows = np.tile(np.arange(V), block.left.size)
    else:
        paths = [TREE.nodes[TREE.offsets[w] : TREE.offsets[w + 1]] for w in block.token_rows]
        slow_rows = np.concatenate(paths)
    rows = fast.output_rows
    for a, b in (
        (fast.centers, slow.centers),
        (fast.center_squares, slow.center_squares),
        (total(rows, fast.outputs), total(slow_rows, slow.outputs)),
        (total(rows, fast.output_squares), total(slow_rows, slow.output_squares)),
    ):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * np.abs(b).max())


@EVERY
@SHAPES
@WINDOWS
def test_loss_equals_the_reference(name, shape, window):
    block = random_block(shape, window)
    kernel, _, loss, about = KERNELS[name]
    expected = loss(*matrices(), block, *about).sum()
    np.testing.assert_allclose(kernel.loss(*matrices(), block), expected, rtol=1e-12)


@EVERY
def test_kernels_keep_float32_and_survive_extreme_scores(name):
    W_in, W_out = (30 * matrices()).astype(np.float32)  # scores of several thousand
    block = random_block((3, 32, 2, 0), 5)
    kernel = KERNELS[name][0]
    g = kernel.gradients(W_in, W_out, block)
    for array in g[:4]:
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert np.isfinite(kernel.loss(W_in, W_out, block))
    exact = kernel.gradients(*(30 * matrices()), block)
    np.testing.assert_allclose(g.centers, exact.centers, rtol=1e-3, atol=0.1)


def test_lengths_of_softmax_outputs_are_those_of_the_sums():
    g = KERNELS["softmax"][0].gradients(*matrices(), random_block((3, 32, 2, 0), 5))
    np.testing.assert_allclose(g.output_lengths, np.linalg.norm(g.outputs, axis=1), rtol=1e-12)
    assert (g.output_lengths**2 != g.output_squares).all()


def test_row_beyond_the_tree_gets_no_gradient():
    block = random_block((3, 32, 2, 0), 5)
    kernel = HierarchicalKernel(HierarchicalSoftmax(), TREE)
    g = kernel.gradients(*matrices(), block)
    rows = g.output_rows
    assert (rows == V - 1).any()
    assert not g.outputs[rows == V - 1].any()
