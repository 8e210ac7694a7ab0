"""The full softmax on blocks: each center meets all rows of the output matrix.

`negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from negsamp.core.blocks import Block
from negsamp.core.optimizers import Gradients

__all__ = ["SoftmaxKernel", "softmax_bytes"]

# Scores that are in memory at a time: a hundredth of a second of work, some ten megabytes.
SCORES_AT_ONCE = 1 << 22


def _centers_at_once(V: int) -> int:
    return max(16, SCORES_AT_ONCE // V)


def softmax_bytes(V: int, d: int) -> int:
    """Bytes of the scores and gradients that `SoftmaxKernel` has in memory at a time."""
    return 4 * (3 * V * _centers_at_once(V) + V * d)


class SoftmaxKernel:
    """Gradients of the full softmax (`negsamp.core.objectives.softmax`) on blocks.

    With the centers C (n, d) of a slice, S = C W_outᵀ holds the scores of all rows, and P its
    softmax. A center with contexts o of weights a is a row of T = Σ a [row = o]; then
    G = T − P Σ a is −∂loss/∂S, and G W_out and Gᵀ C are what the vectors want.

    Parameters
    ----------
    objective : negsamp.core.objectives.softmax.Softmax
        What turns scores into G, and says their loss.
    """

    def __init__(self, objective: Any) -> None:
        self.objective = objective

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are.

        ``outputs`` has one row for each word, the sum over all centers; ``output_squares`` are sums
        of squares over the centers.
        """
        V, d = W_out.shape
        g_centers = np.empty((block.left.size, d), W_in.dtype)
        g_outputs, squares = np.zeros_like(W_out), np.zeros(V, W_out.dtype)
        for some, C, contexts, weights in _centers(W_in, block, V):
            S = C @ W_out.T
            self.objective.turn_rows(S, contexts, weights)
            np.matmul(S, W_out, out=g_centers[some])
            g_outputs += S.T @ C
            np.square(S, out=S)
            squares += np.einsum("id,id->i", C, C) @ S
        center_squares = np.einsum("id,id->i", g_centers, g_centers)
        lengths = np.sqrt(np.einsum("id,id->i", g_outputs, g_outputs))
        rows = np.arange(V, dtype=np.int32)
        return Gradients(
            g_centers, g_outputs, center_squares, squares, output_rows=rows, output_lengths=lengths
        )

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of a block, summed over its pairs, in nats."""
        loss = 0.0
        for _, C, contexts, weights in _centers(W_in, block, len(W_out)):
            S = C @ W_out.T
            loss += self.objective.rows_loss(S, contexts, weights)
        return loss


def _centers(W_in: np.ndarray, block: Block, V: int) -> Any:
    """Slices of the centers: which, their vectors, and ids and weights of their contexts."""
    w, n = block.window, block.left.size
    contexts = sliding_window_view(block.tokens, 2 * w + 1, axis=1).reshape(n, 2 * w + 1)
    centers, weights = block.centers.reshape(-1), block.center_weights(W_in.dtype)
    step = _centers_at_once(V)
    for at in range(0, n, step):
        some = slice(at, min(at + step, n))
        yield some, W_in[centers[some]], contexts[some], weights[some]
