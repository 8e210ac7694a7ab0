"""The full softmax on blocks: each center meets all rows of the output matrix.

`negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from negsamp.core.blocks import Block
from negsamp.core.optimizers import Gradients, Layout

__all__ = ["SoftmaxKernel", "softmax_bytes", "softmax_layout"]

# Scores that are in memory at a time: a hundredth of a second of work, some ten megabytes.
SCORES_AT_ONCE = 1 << 22
PARTS = 4  # of a block, at most, whose gradients of the output rows are summed apart


def _centers_at_once(V: int) -> int:
    return max(16, SCORES_AT_ONCE // V)


def softmax_bytes(V: int, d: int) -> int:
    """Bytes of the scores and gradients that `SoftmaxKernel` has in memory at a time."""
    return 4 * (3 * V * _centers_at_once(V) + PARTS * V * d)


def softmax_layout(
    shape: tuple[int, int, int, int], V: int, vector_size: int, dtype: Any
) -> Layout:
    """The arrays of `Gradients` for blocks of a shape."""
    G, L, _, _ = shape
    more = "output_rows", "output_lengths"
    return Gradients.layout(G * L, min(PARTS, G) * V, vector_size, dtype, *more)


class SoftmaxKernel:
    """Gradients of the full softmax (`negsamp.core.objectives.softmax`) on blocks.

    With the centers C (n, d) of a slice, S = C W_outᵀ holds the scores of all rows, and P its
    softmax. A center with contexts o of weights a is a row of T = Σ a [row = o]; then
    G = T − P Σ a is −∂loss/∂S, and G W_out and Gᵀ C are what the vectors want.

    Parameters
    ----------
    objective : negsamp.core.objectives.softmax.Softmax
        What turns scores into G, and says their loss.
    shape, window, vector_size, dtype, into, groups
        As those of `negsamp.core.kernels.sampled.BlockKernel`. ``outputs`` has V rows for each of
        the parts of the block; a worker computes those that begin in its groups.
    """

    def __init__(
        self,
        objective: Any,
        shape: tuple[int, int, int, int],
        window: int,
        vector_size: int,
        dtype: Any = np.float32,
        into: Gradients | None = None,
        groups: slice = slice(None),
    ) -> None:
        self.objective, self.shape, self.all = objective, shape, into
        G, mine = shape[0], range(*groups.indices(shape[0]))
        n = min(PARTS, G)
        edges = [G * part // n for part in range(n + 1)]
        self.parts = [
            (part, slice(*edges[part : part + 2])) for part in range(n) if edges[part] in mine
        ]

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are, for the parts of this kernel.

        They are in buffers, of all groups, that the next call overwrites. ``outputs`` has one row
        for each word, the sum over the centers of a part; ``output_squares`` are sums of squares
        over these.
        """
        (V, d), L = W_out.shape, block.left.shape[1]
        if self.all is None:
            self.all = Gradients.empty(softmax_layout(self.shape, V, d, W_out.dtype))
        g = self.all
        assert g.output_rows is not None
        assert g.output_lengths is not None
        for part, groups in self.parts:
            g_centers = g.centers[groups.start * L : groups.stop * L]
            rows = slice(part * V, (part + 1) * V)
            g_outputs, squares = g.outputs[rows], g.output_squares[rows]
            g_outputs[...], squares[...] = 0, 0
            for some, C, contexts, weights in _centers(W_in, block.part(groups), V):
                S = C @ W_out.T
                self.objective.turn_rows(S, contexts, weights)
                np.matmul(S, W_out, out=g_centers[some])
                g_outputs += S.T @ C
                np.square(S, out=S)
                squares += np.einsum("id,id->i", C, C) @ S
            of_centers = g.center_squares[groups.start * L : groups.stop * L]
            np.einsum("id,id->i", g_centers, g_centers, out=of_centers)
            g.output_lengths[rows] = np.sqrt(np.einsum("id,id->i", g_outputs, g_outputs))
            g.output_rows[rows] = np.arange(V)
        return g

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of the parts of this kernel, summed over their pairs, in nats."""
        loss = 0.0
        for _, groups in self.parts:
            for _, C, contexts, weights in _centers(W_in, block.part(groups), len(W_out)):
                S = C @ W_out.T
                loss += self.objective.rows_loss(S, contexts, weights)
        return loss


def _centers(W_in: np.ndarray, block: Block, V: int) -> Any:
    """Slices of the centers: which, their vectors, and ids and weights of their contexts."""
    block = block.narrowed()
    w, n = block.window, block.left.size
    contexts = sliding_window_view(block.tokens, 2 * w + 1, axis=1).reshape(n, 2 * w + 1)
    centers, weights = block.centers.reshape(-1), block.center_weights(W_in.dtype)
    step = _centers_at_once(V)
    for at in range(0, n, step):
        some = slice(at, min(at + step, n))
        C = W_in.take(centers[some], axis=0, mode="clip")
        yield some, C, contexts[some], weights[some]
