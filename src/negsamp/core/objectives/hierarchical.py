"""Hierarchical softmax: the context as a path through a binary tree.

Words are the leaves of a Huffman tree. From the root to the leaf o there are inner nodes n, each
with a row of the output matrix, and at each the path goes on to one child or the other; with the
sign ± 1 for that and the score s = u_n · v_c,

    loss = −log p(o | c) = −Σ_n log σ(±s_n)                                          [1]_, eq. 3

so that ∂loss/∂s_n = −(±σ(∓s_n)). As σ(s) + σ(−s) = 1 at each node, the probabilities of all leaves
sum to 1. A path has about log₂ V nodes, fewer for frequent words.

References
----------
.. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
   Compositionality", NIPS 2013, section 2.1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import expit, log_expit

from negsamp.core.huffman import HuffmanTree
from negsamp.core.kernels.hierarchical import (
    TILE,
    TOGETHER,
    HierarchicalKernel,
    hierarchical_layout,
    top_size,
)
from negsamp.core.kernels.tiles import is_wide
from negsamp.core.objectives.base import ExactObjective, Extras, Trained, all_scores
from negsamp.core.optimizers import Layout

__all__ = ["HierarchicalSoftmax"]


class HierarchicalSoftmax(ExactObjective):
    """A context at the end of a path."""

    name = "hierarchical"
    outputs_are_words = False
    grows = False
    least_words = 2

    def loss(self, scores: np.ndarray, signs: np.ndarray) -> np.ndarray:  # type: ignore[override]
        """Loss of each step of a path in nats; that of a pair is the sum over its path.

        `scores` are those of inner nodes, in any shape. `signs` are 1 or −1, for the child that the
        path goes on to, and 0 for no step.
        """
        return -np.abs(signs) * log_expit(signs * scores)

    def score_gradients(  # type: ignore[override]
        self, scores: np.ndarray, signs: np.ndarray
    ) -> np.ndarray:
        """−sign · σ(−sign · s)."""
        return -signs * expit(-signs * scores)

    def turn_paths(self, scores: np.ndarray, signs: np.ndarray, weights: np.ndarray) -> None:
        """Turn scores in place into what −∂loss/∂score is, sign · A · σ(−sign · s).

        `scores` (n, ℓ, C) are those of ℓ inner nodes and the C centers around each of n contexts,
        `signs` (n, ℓ, 1) as in `loss`, and `weights` (n, 1, C) the weights A of the pairs.
        """
        scores *= signs
        with np.errstate(over="ignore"):  # e⁸⁹ = ∞ gives σ = 0, as it should
            np.exp(scores, out=scores)
        scores += 1
        np.divide(signs * weights, scores, out=scores)

    def turn_counts(self, scores: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> None:
        """The same for many pairs at once, positive · σ(−s) − negative · σ(s).

        `scores` (L, T) are those of L centers and T inner nodes, `positive` and `negative` (L, T)
        the weights of the contexts whose paths have the sign 1 and −1 there.
        """
        np.negative(scores, out=scores)
        with np.errstate(over="ignore"):
            np.exp(scores, out=scores)
        scores += 1
        np.divide(positive + negative, scores, out=scores)
        np.subtract(positive, scores, out=scores)

    def counts_loss(self, scores: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> float:
        """Loss of all pairs in nats, with the arguments of `turn_counts`."""
        losses = positive * log_expit(scores) + negative * log_expit(-scores)
        return -float(losses.sum(dtype=float))

    def paths_loss(self, scores: np.ndarray, signs: np.ndarray, weights: np.ndarray) -> float:
        """Loss of all pairs in nats, with the arguments of `turn_paths`."""
        return float((weights * self.loss(scores, signs)).sum(dtype=float))

    def extras(self, counts: np.ndarray, noise: np.ndarray, negative: int) -> Extras:
        """The tree."""
        tree = HuffmanTree(counts)
        return Extras(tree_offsets=tree.offsets, tree_nodes=tree.nodes, tree_signs=tree.signs)

    def kernel(self, extras: Extras, *args: Any, **options: Any) -> HierarchicalKernel:
        """The kernel for blocks of a shape; it needs the tree."""
        return HierarchicalKernel(self, _tree(extras), *args, **options)

    def gradient_layout(
        self,
        extras: Extras,
        V: int,
        shape: tuple[int, int, int, int],
        reach: int,
        vector_size: int,
        dtype: Any,
    ) -> Layout:
        """For paths as long as the longest."""
        return hierarchical_layout(_tree(extras), shape, reach, vector_size, dtype)

    def update_bytes(
        self, shape: tuple[int, int, int, int], reach: int, V: int, d: int
    ) -> tuple[int, int]:
        """As if the longest path had log₂ V nodes and some more."""
        (G, L), group, top = shape[:2], shape[1] + 2 * reach, top_size(V)
        rows = G * (L + top + group * int(4 + 1.1 * math.log2(V)))
        around = L if is_wide(L, reach) else TILE + 2 * reach
        # of a group: centers around each tile, scores at the top, and nodes of some tiles
        floats = group * (3 * around * d // TILE + 8 * top) + 30 * TILE * TOGETHER * (d + around)
        return 4 * rows * (d + 3), 4 * floats

    def log_probabilities(self, model: Trained, centers: np.ndarray) -> np.ndarray:
        """Sums over the steps of each word's path."""
        tree = _tree(model.extras)
        steps = log_expit(tree.signs * all_scores(model, centers)[:, tree.nodes])
        return np.add.reduceat(steps, tree.offsets[:-1], axis=1)


def _tree(extras: Extras) -> HuffmanTree:
    offsets, nodes, signs = extras.tree_offsets, extras.tree_nodes, extras.tree_signs
    assert offsets is not None
    assert nodes is not None
    assert signs is not None
    return HuffmanTree.from_arrays(offsets, nodes, signs)
