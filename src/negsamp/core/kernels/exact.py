"""The full softmax and hierarchical softmax on a `Block`: objectives that draw no noise.

Both go through a block in slices, and have `gradients` and `loss` as `kernel.BlockKernel` has;
`reference` says the same pair by pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import log_expit, logsumexp

from negsamp.core.blocks import Block
from negsamp.core.huffman import HuffmanTree
from negsamp.core.optimizers import Gradients

__all__ = ["HierarchicalKernel", "SoftmaxKernel", "exact_kernel", "softmax_bytes"]

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
    """

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are.

        Parameters
        ----------
        W_in, W_out : ndarray, shape (V, d)
        block : Block

        Returns
        -------
        Gradients
            ``outputs`` has one row for each word, the sum over all centers; ``output_squares`` are
            sums of squares over the centers.
        """
        w, (G, L) = block.window, block.left.shape
        V, d = W_out.shape
        g_centers = np.zeros((G, L + 2 * w, d), W_in.dtype)
        inner = np.empty((G * L, d), W_in.dtype)
        g_outputs, squares = np.zeros_like(W_out), np.zeros(V, W_out.dtype)
        for some, C, contexts, weights in _centers(W_in, block, V):
            S = C @ W_out.T
            S -= S.max(axis=1, keepdims=True)
            np.exp(S, out=S)
            S *= -(weights.sum(axis=1) / S.sum(axis=1))[:, None]
            np.add.at(S, (np.arange(len(C))[:, None], contexts), weights)
            np.matmul(S, W_out, out=inner[some])
            g_outputs += S.T @ C
            np.square(S, out=S)
            squares += np.einsum("id,id->i", C, C) @ S
        g_centers[:, w : w + L] = inner.reshape(G, L, d)
        g_centers = g_centers.reshape(-1, d)
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
            log_p = np.take_along_axis(S, contexts, axis=1) - logsumexp(S, axis=1)[:, None]
            loss -= float((weights * log_p).sum(dtype=float))
        return loss


def _centers(W_in: np.ndarray, block: Block, V: int) -> Any:
    """Slices of the centers: which, their vectors, and ids and weights of their contexts."""
    w, n = block.window, block.left.size
    contexts = sliding_window_view(block.tokens, 2 * w + 1, axis=1).reshape(n, 2 * w + 1)
    centers, weights = block.centers.reshape(-1), _window_weights(block, W_in.dtype)
    step = _centers_at_once(V)
    for at in range(0, n, step):
        some = slice(at, min(at + step, n))
        yield some, W_in[centers[some]], contexts[some], weights[some]


def _window_weights(block: Block, dtype: Any) -> np.ndarray:
    """Weight of each place around each center, 0 beyond its window, (G·L, 2w + 1)."""
    w = block.window
    place = np.arange(-w, w + 1)
    left, right = block.left.reshape(-1, 1), block.right.reshape(-1, 1)
    return np.where((place >= -left) & (place <= right), block.weights, 0).astype(dtype)


class HierarchicalKernel:
    """Gradients of hierarchical softmax (`negsamp.core.objectives.hierarchical`) on blocks.

    Seen from a context: the inner nodes N (ℓ, d) on its path meet the centers C (2w + 1, d) around
    it, so that S = N Cᵀ holds all their scores, and two more products give both gradients. Tokens
    whose paths are about as long go together, filled up with steps of sign 0.

    Parameters
    ----------
    tree : HuffmanTree
        Over V words; W_out has V rows, of which the last belongs to no node and stays as it is.
    """

    # tokens whose products are taken in one call, and tokens in a slice
    TOGETHER, TOKENS_AT_ONCE = 64, 1024

    def __init__(self, tree: HuffmanTree) -> None:
        self.tree = tree
        self.lengths = tree.lengths

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are.

        Parameters
        ----------
        W_in, W_out : ndarray, shape (V, d)
        block : Block

        Returns
        -------
        Gradients
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
                # −∂loss/∂s = sign · A · σ(−sign · s) = sign · A / (1 + exp(sign · s))
                G *= signs
                with np.errstate(over="ignore"):  # e⁸⁹ = ∞ gives σ = 0, as it should
                    np.exp(G, out=G)
                G += 1
                np.divide(signs * A[some][:, None], G, out=G)
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
                S = np.matmul(W_out[nodes], C[some].swapaxes(1, 2)) * signs[:, :, None]
                losses = -log_expit(S) * (signs != 0)[:, :, None]
                loss += float((A[some][:, None] * losses).sum(dtype=float))
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
        inner[...] = _window_weights(block, W_in.dtype).reshape(G, L, columns)
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


def exact_kernel(
    objective: str, arrays: Mapping[str, np.ndarray]
) -> SoftmaxKernel | HierarchicalKernel:
    """The kernel of an objective that draws no noise.

    Parameters
    ----------
    objective : str
        ``"softmax"`` or ``"hierarchical"``.
    arrays : mapping
        From `negsamp.training.state.objective_arrays`, perhaps with others.
    """
    if objective == "softmax":
        return SoftmaxKernel()
    tree = [arrays[f"tree_{name}"] for name in ("offsets", "nodes", "signs")]
    return HierarchicalKernel(HuffmanTree.from_arrays(*tree))
