"""The fast step on a `Block`: matrix-vector products for the windows, matrices for the noise.

With the tokens of a block laid end to end, C (M, d) holds their input vectors and O (M, d) their
output vectors, and the window of token i is rows i − w … i + w: a view, no copy. So with weights A

    S[i] = O[i − w : i + w + 1] · C[i]                    scores of center i
    G    = A ∘ (1 − σ(S))                                 what −∂loss/∂S is for contexts in SGNS
    g_center[i]  = Σ_k G[i, k] · O[i − w + k]
    g_context[j] = Σ_k G[j − w + k, 2w − k] · C[j − w + k]

where A is 0 outside a center's window, so that what stands next to the tokens of a group does not
matter. The N noise words Z of n centers take three small matrix products: C Zᵀ, G Z, Gᵀ C. Where an
objective has a shift for each row or a normaliser γ, they are subtracted from S first.

How scores S become G is for the objective to say (`negsamp.core.objectives`); all else is the same
for all that draw noise words. `negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from negsamp.core.blocks import Block, Scores
from negsamp.core.optimizers import Gradients

__all__ = ["FLOATS_AT_ONCE", "TOKENS_AT_ONCE", "BlockKernel", "gradient_layout"]


def gradient_layout(
    shape: tuple[int, int, int, int], window: int, vector_size: int, dtype: Any = np.float32
) -> dict[str, tuple[tuple[int, ...], Any]]:
    """Names, shapes and dtypes of the arrays of `Gradients` for blocks of (G, L, H, N)."""
    (G, L, H, N), d = shape, vector_size
    tokens = G * (L + 2 * window)
    outputs = tokens + G * H * N
    shapes = {
        "centers": (tokens, d),
        "outputs": (outputs, d),
        "center_squares": (tokens,),
        "output_squares": (outputs,),
        "log_z": (tokens,),
    }
    return {name: (size, dtype) for name, size in shapes.items()}


# How many tokens are in the buffers at a time, and how many floats in their input vectors: few
# enough for a core's cache, and so many that a dozen calls to NumPy are nothing beside their work.
TOKENS_AT_ONCE, FLOATS_AT_ONCE = 2048, 2048 * 100


class BlockKernel:
    """Gradients of a sampled objective on blocks of one shape, in buffers allocated once.

    Parameters
    ----------
    objective : negsamp.core.objectives.Objective
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
    row_shift : ndarray, shape (V,), optional
        Subtracted from the scores of each output row.
    log_z : ndarray, shape (V, 1) or (1, 1), optional
        γ, subtracted from the scores of each center, or of all, as it is at each call.
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
        row_shift: np.ndarray | None = None,
        log_z: np.ndarray | None = None,
    ) -> None:
        (G, L, H, N), w = shape, window
        if into is None:
            layout = gradient_layout(shape, window, vector_size, dtype)
            into = Gradients(**{name: np.empty(*spec) for name, spec in layout.items()})
        self.objective, self.all = objective, into
        mine = _rows(slice(*groups.indices(G)), L + 2 * w)
        into.centers[mine] = 0  # and stays so beside centers
        if into.log_z is not None:
            into.log_z[mine] = 0
        first, last, _ = groups.indices(G)
        at_once = min(TOKENS_AT_ONCE, FLOATS_AT_ONCE / vector_size)
        step = max(1, round(at_once / (L + 2 * w)))
        buffers = {
            n: _Buffers((n, L, H, N), w, vector_size, dtype, row_shift, log_z)
            for n in {min(step, last - at) for at in range(first, last, step)}
        }
        self.slices = []
        for at in range(first, last, step):
            some = slice(at, min(at + step, last))
            tokens, noise = _rows(some, L + 2 * w), _rows(some, H * N, G * (L + 2 * w))
            targets = [(into.centers[tokens], into.center_squares[tokens])]
            targets += [(into.outputs[r], into.output_squares[r]) for r in (tokens, noise)]
            normalizers = None if log_z is None or into.log_z is None else into.log_z[tokens]
            self.slices.append((some, buffers[some.stop - some.start], targets, normalizers))

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are, for the groups of this kernel.

        They are in buffers, of all groups, that the next call overwrites.
        """
        full = block.has_full_windows
        for groups, buffers, targets, normalizers in self.slices:
            self.objective.turn(buffers.score(W_in, W_out, block.part(groups), full))
            if normalizers is not None:
                buffers.normalizer_gradients(normalizers)
            buffers.multiply_back(*(g for g, _ in targets))
            for g, squares in targets:
                np.einsum("id,id->i", g, g, out=squares)
        return self.all

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of this kernel's groups, summed over their pairs, in nats."""
        loss = 0.0
        for groups, buffers, *_ in self.slices:
            scores = buffers.score(W_in, W_out, block.part(groups), block.has_full_windows)
            loss += self.objective.block_loss(scores)
        return loss


def _rows(groups: slice, each: int, before: int = 0) -> slice:
    return slice(before + groups.start * each, before + groups.stop * each)


class _Buffers:
    """The arrays of some groups, and what is computed from one to the next."""

    def __init__(
        self,
        shape: tuple[int, int, int, int],
        window: int,
        vector_size: int,
        dtype: Any,
        row_shift: np.ndarray | None,
        log_z: np.ndarray | None,
    ) -> None:
        (G, L, H, N), w, d = shape, window, vector_size
        self.row_shift, self.log_z = row_shift, log_z
        M = G * (L + 2 * w)
        # OpenBLAS takes the rows of a matrix-vector product four at a time, and 12 faster than 11:
        # an odd w has one column more, whose weights are 0
        columns = 2 * w + 1 + w % 2
        self.C, self.C_windows = _overlapping(M, columns, w, d, dtype)
        self.O, self.O_windows = _overlapping(M, columns, w, d, dtype)
        self.Z = np.empty((G, H, N, d), dtype)
        band = np.zeros((M + columns, columns), dtype)
        row, item = band.strides
        # row j holds G[j − w + k, 2w − k]: one row down and one column to the left at each step
        self.S_of_contexts = as_strided(band[:, 2 * w :], (M, columns), (row, row - item))
        self.S_noise = np.empty((G, H, L // H, N), dtype)
        self.inner = slice(w, w + L)  # of a group's tokens, those that are centers
        self.A = np.zeros((M, columns), dtype)
        shifts, shift_windows = _overlapping(M, columns, w, 1, dtype)
        self.shifts = shifts[:, 0]
        parts = self.C, self.O_windows, band[w : w + M], self.A, shift_windows[:, :, 0]
        self.centers, self.center_windows, self.S, self.center_weights, self.center_shifts = (
            array.reshape(G, L + 2 * w, *array.shape[1:])[:, self.inner] for array in parts
        )
        strides = (self.centers.strides[0], L // H * d * item, d * item, item)
        self.C_parts = as_strided(self.centers, (G, H, L // H, d), strides)
        self.g_centers_noise = np.empty((G, L * d), dtype)
        self.pair_weights = np.empty((G, L, 1), dtype)
        self.place = np.arange(-w, w + 1, dtype=np.int16)
        self.full = False  # whether A is that of full windows

    def score(self, W_in: np.ndarray, W_out: np.ndarray, block: Block, full: bool) -> Scores:
        """Gather vectors and take their scores, which are views of buffers."""
        # mode="clip" writes straight into `out`, the default goes through a copy
        np.take(W_in, block.token_rows, axis=0, out=self.C, mode="clip")
        np.take(W_out, block.token_rows, axis=0, out=self.O, mode="clip")
        np.take(W_out, block.noise, axis=0, out=self.Z, mode="clip")
        np.matmul(self.center_windows, self.centers[..., None], out=self.S[..., None])
        np.matmul(self.C_parts, self.Z.swapaxes(2, 3), out=self.S_noise)
        if self.row_shift is not None:
            np.take(self.row_shift, block.token_rows, out=self.shifts, mode="clip")
            self.S -= self.center_shifts
            self.S_noise -= np.take(self.row_shift, block.noise)[:, :, None]
        if self.log_z is not None:
            centers = block.centers if len(self.log_z) > 1 else np.zeros_like(block.centers)
            normalizers = np.take(self.log_z, centers)
            self.S -= normalizers[:, :, None]
            self.S_noise -= normalizers.reshape(*self.S_noise.shape[:3], 1)
        if not (full and self.full):
            self._weigh(block, full)
        G, H, n, N = self.S_noise.shape
        noise = self.S_noise.reshape(G, H * n, N)
        return Scores(
            self.S, self.center_weights, noise, self.pair_weights, block.negative / max(N, 1)
        )

    def _weigh(self, block: Block, full: bool) -> None:
        """Weights of contexts, 0 where a window does not reach, and their sum for each center."""
        weights = block.weights.astype(self.A.dtype)
        A = self.A.reshape(len(self.Z), -1, self.A.shape[1])[:, self.inner, : len(weights)]
        if full:
            A[...] = weights
        else:
            inside = self.place >= -block.left.astype(np.int16)[:, :, None]
            inside &= self.place <= block.right.astype(np.int16)[:, :, None]
            np.multiply(inside, weights, out=A)
        np.sum(A, axis=2, keepdims=True, out=self.pair_weights)
        self.full = full

    def normalizer_gradients(self, out: np.ndarray) -> None:
        """−∂loss/∂γ of each center, 0 at the other tokens: γ is subtracted from each score."""
        G, L = self.S.shape[:2]
        inner = out.reshape(G, -1)[:, self.inner]
        np.add(self.S.sum(axis=2), self.S_noise.sum(axis=3).reshape(G, L), out=inner)
        np.negative(inner, out=inner)

    def multiply_back(
        self, g_centers: np.ndarray, g_contexts: np.ndarray, g_noise: np.ndarray
    ) -> None:
        """From −∂loss/∂score to −∂loss/∂row for the rows of C, O and Z."""
        G, d = len(self.Z), g_centers.shape[1]
        inner = g_centers.reshape(G, -1, d)[:, self.inner]
        np.matmul(self.S[:, :, None], self.center_windows, out=inner[:, :, None])
        np.matmul(self.S_of_contexts[:, None], self.C_windows, out=g_contexts[:, None])
        np.matmul(self.S_noise, self.Z, out=self.g_centers_noise.reshape(self.C_parts.shape))
        # the rows of a group end to end, so that NumPy's inner loop is long
        inner = g_centers.reshape(G, -1)[:, self.inner.start * d : self.inner.stop * d]
        inner += self.g_centers_noise
        np.matmul(self.S_noise.swapaxes(2, 3), self.C_parts, out=g_noise.reshape(self.Z.shape))


def _overlapping(
    M: int, columns: int, window: int, d: int, dtype: Any
) -> tuple[np.ndarray, np.ndarray]:
    """M rows of d, and a view (M, columns, d) of each row's window, zeros beyond both ends."""
    buffer = np.zeros((M + columns, d), dtype)
    row, item = buffer.strides
    return buffer[window : window + M], as_strided(buffer, (M, columns, d), (row, row, item))
