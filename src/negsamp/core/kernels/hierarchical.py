"""Hierarchical softmax on blocks: each context's path meets the centers around it.

`negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from negsamp.core.blocks import Block
from negsamp.core.huffman import HuffmanTree
from negsamp.core.kernels.tiles import is_wide
from negsamp.core.optimizers import Gradients

__all__ = ["HierarchicalKernel"]


class HierarchicalKernel:
    """Gradients of hierarchical softmax (`negsamp.core.objectives.hierarchical`) on blocks.

    Seen from a context: the inner nodes N (ℓ, d) on its path meet the centers C (2w + 1, d) around
    it, so that S = N Cᵀ holds all their scores, and two more products give both gradients. Tokens
    whose paths are about as long go together, filled up with steps of sign 0. Where windows are
    wider than a group, C holds the centers of the group, (L, d).

    Parameters
    ----------
    objective : negsamp.core.objectives.hierarchical.HierarchicalSoftmax
        What turns scores into their gradients, and says their loss.
    tree : HuffmanTree
        Over V words; W_out has V rows, of which the last belongs to no node and stays as it is.
    """

    # tokens whose products are taken in one call; tokens in a slice, and floats in its windows
    TOGETHER, TOKENS_AT_ONCE, FLOATS_AT_ONCE = 64, 1024, 1 << 23

    def __init__(self, objective: Any, tree: HuffmanTree) -> None:
        self.objective = objective
        self.tree = tree
        self.lengths = tree.lengths

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are.

        Rows of ``outputs`` that only fill up a path are those of node V − 1.
        """
        block = block.narrowed()
        w, d, (n_groups, L) = block.window, W_in.shape[1], block.left.shape
        g_tokens = np.zeros((block.tokens.size + 2 * w, d), W_in.dtype)
        # the rows of centers, after the first w
        g_centers = g_tokens[w : w + block.tokens.size].reshape(n_groups, -1, d)[:, w : w + L]
        g_outputs, rows = [], []
        for tokens, order, C, A in self._slices(W_in, block):
            g_windows = np.empty(C.shape, W_in.dtype)
            for some, nodes, signs in self._paths(block.token_rows[tokens], order):
                N, windows = W_out[nodes], C[some]
                G = np.matmul(N, windows.swapaxes(1, 2))
                signs = signs[:, :, None].astype(G.dtype)
                self.objective.turn_paths(G, signs, A[some][:, None])
                g_outputs.append(np.matmul(G, windows).reshape(-1, d))
                rows.append(nodes.reshape(-1))
                g_windows[some] = np.matmul(G.swapaxes(1, 2), N)
            if is_wide(L, w):
                g_centers[tokens.start // block.tokens.shape[1]] += g_windows.sum(axis=0)
                continue
            for k in range(2 * w + 1):  # what each token gives to the center k − w places on
                g_tokens[tokens.start + k : tokens.stop + k] += g_windows[:, k]
        centers, outputs = g_centers.reshape(-1, d), np.concatenate(g_outputs)
        return Gradients(
            centers,
            outputs,
            np.einsum("id,id->i", centers, centers),
            np.einsum("id,id->i", outputs, outputs),
            output_rows=np.concatenate(rows),
        )

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of a block, summed over its pairs, in nats."""
        loss, block = 0.0, block.narrowed()
        for tokens, order, C, A in self._slices(W_in, block):
            for some, nodes, signs in self._paths(block.token_rows[tokens], order):
                S = np.matmul(W_out[nodes], C[some].swapaxes(1, 2))
                loss += self.objective.paths_loss(S, signs[:, :, None], A[some][:, None])
        return loss

    def _slices(self, W_in: np.ndarray, block: Block) -> Any:
        """Slices of the tokens: which, in what order to take them, the vectors of the centers
        around each (n, 2w + 1, d) or of all in its group (n, L, d), and the weights that it has
        for them.
        """
        w, rows, (G, L) = block.window, block.token_rows, block.left.shape
        M, columns, width = len(rows), 2 * w + 1, L + 2 * w
        if is_wide(L, w):
            # center i of a group has the token i + k at place k
            padded = np.zeros((G, L, 2 * width), W_in.dtype)
            padded[:, :, L : L + columns] = block.center_weights(W_in.dtype).reshape(G, L, -1)
            step, item = max(1, self.FLOATS_AT_ONCE // (L * W_in.shape[1])), padded.itemsize
            strides = (2 * width * L * item, item, (2 * width - 1) * item)
            A = as_strided(padded[:, :, L:], (G, width, L), strides)
            C = np.broadcast_to(W_in[block.centers][:, None], (G, width, L, W_in.shape[1]))
            for g in range(G):
                for at in range(0, width, step):
                    some = slice(at, min(at + step, width))
                    tokens = slice(g * width + some.start, g * width + some.stop)
                    order = np.argsort(self.lengths[rows[tokens]], kind="stable")
                    yield tokens, order, C[g, some], A[g, some]
            return
        # the weight of the context k places before or after a center is, seen from the context,
        # that of the center at the mirrored place
        of_centers = np.zeros((M + 2 * w, columns), W_in.dtype)
        inner = of_centers[w : w + M].reshape(G, L + 2 * w, columns)[:, w : w + L]
        inner[...] = block.center_weights(W_in.dtype).reshape(G, L, columns)
        place = np.arange(columns)
        A = of_centers[np.arange(M)[:, None] + place, columns - 1 - place]
        padded = np.concatenate([np.zeros(w, np.int32), rows, np.zeros(w, np.int32)])
        step = min(self.TOKENS_AT_ONCE, max(1, self.FLOATS_AT_ONCE // (columns * W_in.shape[1])))
        for at in range(0, M, step):
            tokens = slice(at, min(at + step, M))
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
