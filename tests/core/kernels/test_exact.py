"""The full softmax and hierarchical softmax on blocks, against the reference."""

import numpy as np
import pytest
from test_sampled import D, V, matrices, random_block

from negsamp.core import reference
from negsamp.core.huffman import HuffmanTree
from negsamp.core.kernels import hierarchical as hierarchical_kernel
from negsamp.core.kernels import softmax as softmax_kernel
from negsamp.core.objectives import Extras
from negsamp.core.objectives.hierarchical import HierarchicalSoftmax
from negsamp.core.objectives.softmax import Softmax

TREE = HuffmanTree(np.arange(V, 0, -1) ** 2)
OBJECTIVES = {"softmax": Softmax(), "hierarchical": HierarchicalSoftmax()}
REFERENCES = {
    "softmax": (reference.softmax_gradients, reference.softmax_loss, ()),
    "hierarchical": (reference.hierarchical_gradients, reference.hierarchical_loss, (TREE,)),
}


def kernel_of(name, shape, window, dtype=np.float64, **options):
    tree = TREE.offsets, TREE.nodes, TREE.signs
    extras = Extras(**dict(zip(("tree_offsets", "tree_nodes", "tree_signs"), tree, strict=True)))
    return OBJECTIVES[name].kernel(extras, shape, window, D, dtype, **options)


EVERY = pytest.mark.parametrize("name", REFERENCES)
SHAPES = pytest.mark.parametrize("shape", [(1, 4, 1, 0), (3, 32, 2, 0), (2, 60, 1, 0)], ids=str)
WINDOWS = pytest.mark.parametrize("window", [1, 2, 5, 11, 40])


@pytest.fixture(autouse=True, params=["one slice", "many slices"])
def slices(request, monkeypatch):
    """Large and small slices: 16 centers of the softmax, 3 tokens of the tree, and a small top."""
    if request.param == "many slices":
        monkeypatch.setattr(softmax_kernel, "SCORES_AT_ONCE", 1)
        monkeypatch.setattr(softmax_kernel, "PARTS", 2)
        monkeypatch.setattr(hierarchical_kernel, "TOP", 3)
        monkeypatch.setattr(hierarchical_kernel, "TOGETHER", 3)
        monkeypatch.setattr(hierarchical_kernel, "TILE", 4)


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
    gradients, _, about = REFERENCES[name]
    fast = kernel_of(name, shape, window).gradients(W_in, W_out, block)
    if name == "softmax":
        slow = gradients(W_in, W_out, block)
        slow_rows = np.tile(np.arange(V), block.left.size)
    else:
        top = hierarchical_kernel.top_size(V)
        slow = gradients(W_in, W_out, block, *about, top)
        paths = [TREE.nodes[TREE.offsets[w] : TREE.offsets[w + 1]] for w in block.token_rows]
        slow_rows = np.concatenate([*[np.arange(V - 1 - top, V - 1)] * block.left.size, *paths])
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
    _, loss, about = REFERENCES[name]
    kernel = kernel_of(name, shape, window)
    expected = loss(*matrices(), block, *about).sum()
    np.testing.assert_allclose(kernel.loss(*matrices(), block), expected, rtol=1e-12)


@EVERY
def test_kernels_keep_float32_and_survive_extreme_scores(name):
    W_in, W_out = (30 * matrices()).astype(np.float32)  # scores of several thousand
    block = random_block((3, 32, 2, 0), 5)
    kernel = kernel_of(name, (3, 32, 2, 0), 5, np.float32)
    g = kernel.gradients(W_in, W_out, block)
    for array in g[:4]:
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert np.isfinite(kernel.loss(W_in, W_out, block))
    exact = kernel_of(name, (3, 32, 2, 0), 5).gradients(*(30 * matrices()), block)
    np.testing.assert_allclose(g.centers, exact.centers, rtol=1e-3, atol=0.1)


@EVERY
def test_lengths_of_outputs_are_those_of_the_sums(name):
    g = kernel_of(name, (3, 32, 2, 0), 5).gradients(*matrices(), random_block((3, 32, 2, 0), 5))
    np.testing.assert_allclose(g.output_lengths, np.linalg.norm(g.outputs, axis=1), rtol=1e-12)
    assert (g.output_lengths[:3] ** 2 != g.output_squares[:3]).all()


@EVERY
@pytest.mark.parametrize("window", [2, 5, 40])
@pytest.mark.parametrize("workers", [2, 3])
def test_kernels_of_some_groups_together_give_the_same_bits(name, window, workers):
    shape, W = (5, 32, 2, 0), matrices().astype(np.float32)
    block = random_block(shape, window)
    whole = kernel_of(name, shape, window, np.float32)
    expected = whole.gradients(*W, block)
    other = kernel_of(name, shape, window, np.float32)
    other.gradients(*W, random_block(shape, window, seed=1))  # leaves its numbers
    into, loss = other.all, 0.0
    for part in range(workers):
        groups = slice(part * 5 // workers, (part + 1) * 5 // workers)
        kernel = kernel_of(name, shape, window, np.float32, into=into, groups=groups)
        found = kernel.gradients(*W, block)
        loss += kernel.loss(*W, block)
    for a, b in zip(found, expected, strict=True):
        assert (a is b is None) or a.tobytes() == b.tobytes()
    np.testing.assert_allclose(loss, whole.loss(*W, block), rtol=1e-6)


def test_row_beyond_the_tree_gets_no_gradient():
    g = kernel_of("hierarchical", (3, 32, 2, 0), 5).gradients(
        *matrices(), random_block((3, 32, 2, 0), 5)
    )
    rows = g.output_rows
    assert (rows == V - 1).any() == (hierarchical_kernel.TOP == 3)
    assert not g.outputs[rows == V - 1].any()
