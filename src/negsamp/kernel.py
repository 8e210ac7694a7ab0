"""The fast SGNS step on a `Block`: matrix-vector products for the windows, matrices for the noise.

With the tokens of a block laid end to end, C (M, d) holds their input vectors and O (M, d) their
output vectors, and the window of token i is rows i − w … i + w: a view, no copy. So with weights A

    S[i] = O[i − w : i + w + 1] · C[i]                    scores of center i
    G    = A ∘ (1 − σ(S))                                 what −∂loss/∂S is for contexts
    g_center[i]  = Σ_k G[i, k] · O[i − w + k]
    g_context[j] = Σ_k G[j − w + k, 2w − k] · C[j − w + k]

where A is 0 outside a center's window, so that what stands next to the tokens of a group does not
matter. The N noise words Z of n centers take three small matrix products: C Zᵀ, G Z, Gᵀ C.

`reference` says the same pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.special import log_expit

from negsamp.pairs import Block
from negsamp.updates import Gradients

__all__ = ["BlockKernel", "gradient_layout"]


def gradient_layout(
    shape: tuple[int, int, int, int], window: int, vector_size: int, dtype: Any = np.float32
) -> dict[str, tuple[tuple[int, ...], Any]]:
    """Names, shapes and dtypes of the arrays of `Gradients` for blocks of (G, L, H, N)."""
    (G, L, H, N), d = shape, vector_size
    tokens = G * (L + 2 * window)
    outputs = tokens + G * H * N
    shapes = ((tokens, d), (outputs, d), (tokens,), (outputs,))
    return {name: (size, dtype) for name, size in zip(Gradients._fields, shapes, strict=True)}


# How many tokens are in the buffers at a time, and how many floats in their input vectors: few
# enough for a core's cache, and so many that a dozen calls to NumPy are nothing beside their work.
TOKENS_AT_ONCE, FLOATS_AT_ONCE = 2048, 2048 * 100


class BlockKernel:
    """Gradients of SGNS on blocks of one shape, in buffers allocated once.

    Parameters
    ----------
    shape : tuple of int
        G, L, H and N: groups, centers a group, parts of a group (H divides L) that share noise
        words, and noise words a part.
    window, vector_size : int
        w and d.
    dtype : dtype
        Of the matrices: float32, or float64 in tests.
    into : Gradients, optional
        Where gradients are written; arrays of its own if None.
    groups : slice
        The groups that this kernel computes; all of them unless others do the rest.
    """

    def __init__(
        self,
        shape: tuple[int, int, int, int],
        window: int,
        vector_size: int,
        dtype: Any = np.float32,
        into: Gradients | None = None,
        groups: slice = slice(None),
    ) -> None:
        (G, L, H, N), w = shape, window
        if into is None:
            layout = gradient_layout(shape, window, vector_size, dtype)
            into = Gradients(**{name: np.empty(*spec) for name, spec in layout.items()})
        self.all = into
        into.centers[_rows(slice(*groups.indices(G)), L + 2 * w)] = 0  # and stays so beside centers
        first, last, _ = groups.indices(G)
        at_once = min(TOKENS_AT_ONCE, FLOATS_AT_ONCE / vector_size)
        step = max(1, round(at_once / (L + 2 * w)))
        buffers = {
            n: _Buffers((n, L, H, N), w, vector_size, dtype)
            for n in {min(step, last - at) for at in range(first, last, step)}
        }
        self.slices = []
        for at in range(first, last, step):
            some = slice(at, min(at + step, last))
            tokens, noise = _rows(some, L + 2 * w), _rows(some, H * N, G * (L + 2 * w))
            targets = [(into.centers[tokens], into.center_squares[tokens])]
            targets += [(into.outputs[r], into.output_squares[r]) for r in (tokens, noise)]
            self.slices.append((some, buffers[some.stop - some.start], targets))

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are.

        Parameters
        ----------
        W_in, W_out : ndarray, shape (V, d)
            Input (center) and output (context) vectors.
        block : Block
            All groups; those of this kernel are computed.

        Returns
        -------
        Gradients
            Of all groups, in buffers that the next call overwrites.
        """
        full = block.has_full_windows
        for groups, buffers, targets in self.slices:
            buffers.score(W_in, W_out, block.part(groups), full)
            buffers.multiply_back(*(g for g, _ in targets))
            for g, squares in targets:
                np.einsum("id,id->i", g, g, out=squares)
        return self.all

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of this kernel's groups, summed over their pairs, in nats."""
        loss = 0.0
        for groups, buffers, _ in self.slices:
            buffers.score(W_in, W_out, block.part(groups), block.has_full_windows)
            loss += buffers.loss()
        return loss


def _rows(groups: slice, each: int, before: int = 0) -> slice:
    return slice(before + groups.start * each, before + groups.stop * each)


class _Buffers:
    """The arrays of some groups, and what is computed from one to the next."""

    def __init__(
        self, shape: tuple[int, int, int, int], window: int, vector_size: int, dtype: Any
    ) -> None:
        (G, L, H, N), w, d = shape, window, vector_size
        M = G * (L + 2 * w)
        # OpenBLAS takes the rows of a matrix-vector product four at a time, and 12 faster than 11:
        # an odd w has one column more, whose weights are 0
        columns = 2 * w + 1 + w % 2
        self.C, self.C_windows = _overlapping(M, columns, w, d, dtype)
        self.O, self.O_windows = _overlapping(M, columns, w, d, dtype)
        self.Z = np.empty((G, H, N, d), dtype)
        scores = np.zeros((M + columns, columns), dtype)
        self.S = scores[w : w + M]
        row, item = scores.strides
        # row j holds G[j − w + k, 2w − k]: one row down and one column to the left at each step
        self.S_of_contexts = as_strided(scores[:, 2 * w :], (M, columns), (row, row - item))
        self.S_noise = np.empty((G, H, L // H, N), dtype)
        self.inner = slice(w, w + L)  # of a group's tokens, those that are centers
        self.centers, self.center_windows, self.scores = (
            array.reshape(G, L + 2 * w, *array.shape[1:])[:, self.inner]
            for array in (self.C, self.O_windows, self.S)
        )
        strides = (self.centers.strides[0], L // H * d * item, d * item, item)
        self.C_parts = as_strided(self.centers, (G, H, L // H, d), strides)
        self.g_centers_noise = np.empty((G, L * d), dtype)
        self.A = np.zeros((M, columns), dtype)
        self.A_noise = np.empty((G, H, L // H, 1), dtype)
        self.place = np.arange(-w, w + 1, dtype=np.int16)
        self.full = False  # whether A is that of full windows

    def score(self, W_in: np.ndarray, W_out: np.ndarray, block: Block, full: bool) -> None:
        """Gather vectors and take their scores; those of noise come out as −s."""
        # mode="clip" writes straight into `out`, the default goes through a copy
        np.take(W_in, block.token_rows, axis=0, out=self.C, mode="clip")
        np.take(W_out, block.token_rows, axis=0, out=self.O, mode="clip")
        np.take(W_out, block.noise, axis=0, out=self.Z, mode="clip")
        np.matmul(self.center_windows, self.centers[..., None], out=self.scores[..., None])
        np.matmul(self.C_parts, self.Z.swapaxes(2, 3), out=self.S_noise)
        np.negative(self.S_noise, out=self.S_noise)
        if not (full and self.full):
            self._weigh(block, full)

    def _weigh(self, block: Block, full: bool) -> None:
        """Weights of contexts, 0 where a window does not reach, and of each center's noise, < 0."""
        weights = block.weights.astype(self.A.dtype)
        A = self.A.reshape(len(self.Z), -1, self.A.shape[1])[:, self.inner, : len(weights)]
        if full:
            A[...] = weights
        else:
            inside = self.place >= -block.left.astype(np.int16)[:, :, None]
            inside &= self.place <= block.right.astype(np.int16)[:, :, None]
            np.multiply(inside, weights, out=A)
        pairs = A.sum(axis=2).reshape(self.A_noise.shape)
        np.multiply(pairs, -block.negative / self.Z.shape[2], out=self.A_noise)
        self.full = full

    def multiply_back(
        self, g_centers: np.ndarray, g_contexts: np.ndarray, g_noise: np.ndarray
    ) -> None:
        """From scores to −∂loss/∂row for the rows of C, O and Z."""
        # −∂loss/∂s is σ(−s) for contexts; for noise, whose scores and weights are negated, −σ(s)
        _weighted_sigmoid(self.S, self.A)
        _weighted_sigmoid(self.S_noise, self.A_noise)
        G, d = len(self.Z), g_centers.shape[1]
        inner = g_centers.reshape(G, -1, d)[:, self.inner]
        np.matmul(self.scores[:, :, None], self.center_windows, out=inner[:, :, None])
        np.matmul(self.S_of_contexts[:, None], self.C_windows, out=g_contexts[:, None])
        np.matmul(self.S_noise, self.Z, out=self.g_centers_noise.reshape(self.C_parts.shape))
        # the rows of a group end to end, so that NumPy's inner loop is long
        inner = g_centers.reshape(G, -1)[:, self.inner.start * d : self.inner.stop * d]
        inner += self.g_centers_noise
        np.matmul(self.S_noise.swapaxes(2, 3), self.C_parts, out=g_noise.reshape(self.Z.shape))

    def loss(self) -> float:
        """Loss at the scores, in nats."""
        positive, noise = self.A * log_expit(self.S), self.A_noise * log_expit(self.S_noise)
        return float(noise.sum(dtype=float) - positive.sum(dtype=float))


def _overlapping(
    M: int, columns: int, window: int, d: int, dtype: Any
) -> tuple[np.ndarray, np.ndarray]:
    """M rows of d, and a view (M, columns, d) of each row's window, zeros beyond both ends."""
    buffer = np.zeros((M + columns, d), dtype)
    row, item = buffer.strides
    return buffer[window : window + M], as_strided(buffer, (M, columns, d), (row, row, item))


def _weighted_sigmoid(s: np.ndarray, weights: np.ndarray) -> None:
    """Turn scores into weights · σ(−s) = weights / (1 + eˢ), in place."""
    with np.errstate(over="ignore"):  # e⁸⁹ = ∞ gives σ = 0, as it should
        np.exp(s, out=s)
    s += 1
    np.divide(weights, s, out=s)
