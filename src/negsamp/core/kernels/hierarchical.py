"""Hierarchical softmax on blocks: each context's path meets the centers around it.

`negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from negsamp.core.blocks import Block
from negsamp.core.huffman import HuffmanTree
from negsamp.core.optimizers import Gradients

__all__ = ["HierarchicalKernel"]


class HierarchicalKernel:
    """Gradients of hierarchical softmax (`negsamp.core.objectives.hierarchical`) on blocks.

    Seen from a context: the inner nodes N (ℓ, d) on its path meet the centers C (2w + 1, d) around
    it, so that S = N Cᵀ holds all their scores, and two more products give both gradients. Tokens
    whose paths are about as long go together, filled up with steps of sign 0.

    Parameters
    ----------
    objective : negsamp.core.objectives.hierarchical.HierarchicalSoftmax
        What turns scores into their gradients, and says their loss.
    tree : HuffmanTree
        Over V words; W_out has V rows, of which the last belongs to no node and stays as it is.
    """

    # tokens whose products are taken in one call, and tokens in a slice
    TOGETHER, TOKENS_AT_ONCE = 64, 1024

    def __init__(self, objective: Any, tree: HuffmanTree) -> None:
        self.objective = objective
        self.tree = tree
        self.lengths = tree.lengths

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are.

        Rows of ``outputs`` that only fill up a path are those of node V − 1.
        """
        w, d, M = block.window, W_in.shape[1], block.tokens.size
        g_centers = np.zeros((M + 2 * w, d), W_in.dtype)
        g_outputs, rows = [], []
        for tokens, order, C, A in self._slices(W_in, block):
            g_windows = np.empty((len(order), 2 * w + 1, d), W_in.dtype)
            for some, nodes, signs in self._paths(block.token_rows[tokens], order):
                N, windows = W_out[nodes], C[some]
                G = np.matmul(N, windows.swapaxes(1, 2))
                signs = signs[:, :, None].astype(G.dtype)
                self.objective.turn_paths(G, signs, A[some][:, None])
                g_outputs.append(np.matmul(G, windows).reshape(-1, d))
                rows.append(nodes.reshape(-1))
                g_windows[some] = np.matmul(G.swapaxes(1, 2), N)
            for k in range(2 * w + 1):  # what each token gives to the center k − w places on
                g_centers[tokens.start + k : tokens.stop + k] += g_windows[:, k]
        g_centers, outputs = g_centers[w : w + M], np.concatenate(g_outputs)
        return Gradients(
            np.ascontiguousarray(g_centers),
            outputs,
            np.einsum("id,id->i", g_centers, g_centers),
            np.einsum("id,id->i", outputs, outputs),
            output_rows=np.concatenate(rows),
        )

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of a block, summed over its pairs, in nats."""
        loss = 0.0
        for tokens, order, C, A in self._slices(W_in, block):
            for some, nodes, signs in self._paths(block.token_rows[tokens], order):
                S = np.matmul(W_out[nodes], C[some].swapaxes(1, 2))
                loss += self.objective.paths_loss(S, signs[:, :, None], A[some][:, None])
        return loss

    def _slices(self, W_in: np.ndarray, block: Block) -> Any:
        """Slices of the tokens: which, in what order to take them, the vectors of the centers
        around each (n, 2w + 1, d), and the weights that it has for them (n, 2w + 1).
        """
        w, rows, (G, L) = block.window, block.token_rows, block.left.shape
        M, columns = len(rows), 2 * w + 1
        # the weight of the context k places before or after a center is, seen from the context,
        # that of the center at the mirrored place
        of_centers = np.zeros((M + 2 * w, columns), W_in.dtype)
        inner = of_centers[w : w + M].reshape(G, L + 2 * w, columns)[:, w : w + L]
        inner[...] = block.center_weights(W_in.dtype).reshape(G, L, columns)
        place = np.arange(columns)
        A = of_centers[np.arange(M)[:, None] + place, columns - 1 - place]
        padded = np.concatenate([np.zeros(w, np.int32), rows, np.zeros(w, np.int32)])
        for at in range(0, M, self.TOKENS_AT_ONCE):
            tokens = slice(at, min(at + self.TOKENS_AT_ONCE, M))
            order = np.argsort(self.lengths[rows[tokens]], kind="stable")
            C = sliding_window_view(W_in[padded[at : tokens.stop + 2 * w]], columns, axis=0)
            yield tokens, order, C.swapaxes(1, 2), A[tokens]

    def _paths(self, words: np.ndarray, order: np.ndarray) -> Any:
        """Tokens that go together: which, their nodes and signs, (n, ℓ) each."""
        tree = self.tree
        for first in range(0, len(order), self.TOGETHER):
            some = order[first : first + self.TOGETHER]
            start, lengths = tree.offsets[words[some]], self.lengths[words[some]]
            step = np.arange(lengths.max())
            places = np.minimum(start[:, None] + step, len(tree.nodes) - 1)
            is_step = step < lengths[:, None]
            nodes = np.where(is_step, tree.nodes[places], np.int32(len(tree) - 1))
            yield some, nodes, np.where(is_step, tree.signs[places], np.int8(0))
