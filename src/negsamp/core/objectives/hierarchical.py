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
from negsamp.core.kernels.hierarchical import HierarchicalKernel
from negsamp.core.objectives.base import ExactObjective, Extras, Trained, all_scores

__all__ = ["HierarchicalSoftmax"]


class HierarchicalSoftmax(ExactObjective):
    """A context at the end of a path."""

    name = "hierarchical"
    outputs_are_words = False
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

    def paths_loss(self, scores: np.ndarray, signs: np.ndarray, weights: np.ndarray) -> float:
        """Loss of all pairs in nats, with the arguments of `turn_paths`."""
        return float((weights * self.loss(scores, signs)).sum(dtype=float))

    def extras(self, counts: np.ndarray, noise: np.ndarray, negative: int) -> Extras:
        """The tree."""
        tree = HuffmanTree(counts)
        return Extras(tree_offsets=tree.offsets, tree_nodes=tree.nodes, tree_signs=tree.signs)

    def kernel(self, extras: Extras, *_: Any, **__: Any) -> HierarchicalKernel:
        """One for blocks of any shape."""
        return HierarchicalKernel(self, _tree(extras))

    def update_bytes(
        self, shape: tuple[int, int, int, int], reach: int, V: int, d: int
    ) -> tuple[int, int]:
        """As if each path had log₂ V nodes; one group more has its loss measured."""
        tokens = (shape[0] + 1) * (shape[1] + 2 * reach)
        buffers = 4 * d * (2 * reach + 1) * 2 * min(tokens, HierarchicalKernel.TOKENS_AT_ONCE)
        return int(8 * d * tokens * (1 + math.log2(V))), buffers

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
