"""The fast SGNS step on a `Block`: three matrix products for the windows, three for the noise.

For T consecutive centers C (T, d) and the T + 2w tokens O (T + 2w, d) that their windows can
reach, one product S = C Oᵀ holds every score; with G = mask ∘ (label − σ(S)) two more, G O and
Gᵀ C, hold the gradients. Scores outside the windows are computed and thrown away: that is cheaper
than not computing them. The noise words of a group of centers are a second, smaller O that all of
the group share.

What it computes does not depend on T. `reference` says the same pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.special import log_expit

from negsamp.pairs import Block
from negsamp.updates import SGD, Gradients

__all__ = ["BlockKernel"]

TILE = 16  # T: centers whose windows share one product


class BlockKernel:
    """Gradients of SGNS on blocks of one shape, in buffers allocated once.

    Parameters
    ----------
    shape : tuple of int
        G, L and N: groups, centers a group (a multiple of `TILE`), noise words a group.
    window, vector_size : int
        w and d.
    dtype : dtype
        Of the matrices: float32, or float64 in tests.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        window: int,
        vector_size: int,
        dtype: Any = np.float32,
    ) -> None:
        (G, L, N), w, d, T = shape, window, vector_size, TILE
        tiles, width = L // T, T + 2 * w
        self.C = np.empty((G, L, d), dtype)
        self.O = np.empty((G, L + 2 * w, d), dtype)
        self.Z = np.empty((G, N, d), dtype)
        # overlapping tiles of the tokens that the windows of T centers can reach
        group, row, item = self.O.strides
        self.O_tiles = as_strided(self.O, (G, tiles, width, d), (group, T * row, row, item))
        self.C_tiles = self.C.reshape(G, tiles, T, d)
        self.S = np.empty((G, tiles, T, width), dtype)
        self.S_noise = np.empty((G, L, N), dtype)
        # center i of a tile has its contexts in columns i … i + 2w of S: a skewed band
        self.band = as_strided(
            self.S,
            (G * tiles, T, 2 * w + 1),
            (T * width * item, (width + 1) * item, item),
        )
        self.scores = np.empty((G * L, 2 * w + 1), dtype)
        self.mask = np.empty((G * L, 2 * w + 1), dtype)
        self.place = np.arange(-w, w + 1, dtype=np.int16)
        self.g_centers = np.empty((G, L, d), dtype)
        self.g_centers_noise = np.empty((G, L, d), dtype)
        self.g_tiles = np.empty((G, tiles, width, d), dtype)
        self.g_outputs = np.zeros((G * (L + 2 * w) + G * N, d), dtype)
        self.g_contexts = self.g_outputs[: G * (L + 2 * w)].reshape(self.O.shape)
        self.g_context_tiles = as_strided(self.g_contexts, self.O_tiles.shape, self.O_tiles.strides)
        self.g_noise = self.g_outputs[G * (L + 2 * w) :].reshape(self.Z.shape)

    def step(
        self,
        W_in: np.ndarray,
        W_out: np.ndarray,
        rules: tuple[SGD, SGD],
        block: Block,
        alpha: float,
    ) -> None:
        """Train both matrices in place on one block.

        Parameters
        ----------
        W_in, W_out : ndarray, shape (V, d)
        rules : pair of SGD or RowAdaGrad
            What moves the rows of W_in, and of W_out.
        block : Block
        alpha : float
            Learning rate per pair.
        """
        centers, outputs = self.gradients(W_in, W_out, block)
        rules[0].apply(W_in, block.center_rows, centers, alpha)
        rules[1].apply(W_out, block.output_rows, outputs, alpha)

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are.

        Parameters
        ----------
        W_in, W_out : ndarray, shape (V, d)
            Input (center) and output (context) vectors.
        block : Block

        Returns
        -------
        Gradients
            Views of buffers that the next call overwrites.
        """
        self._score(W_in, W_out, block)
        # label − σ(s), where σ(−s) = 1 / (1 + eˢ): σ(−s) for contexts, σ(−s) − 1 for noise
        for s in (self.scores, self.S_noise):
            with np.errstate(over="ignore"):  # e⁸⁹ = ∞ gives σ(−s) = 0, as it should
                np.exp(s, out=s)
            s += 1
            np.reciprocal(s, out=s)
        self.scores *= self.mask
        self.S.fill(0)
        self.band[...] = self.scores.reshape(self.band.shape)
        self.S_noise -= 1
        self.S_noise *= self._noise_weights(block)
        self._multiply_back()
        return Gradients(self.g_centers.reshape(-1, self.g_outputs.shape[1]), self.g_outputs)

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of a block in nats, summed over its pairs."""
        self._score(W_in, W_out, block)
        positive = np.sum(self.mask * log_expit(self.scores), dtype=np.float64)
        noise = np.sum(self._noise_weights(block) * log_expit(-self.S_noise), dtype=np.float64)
        return -float(positive + noise)

    def _score(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> None:
        # mode="clip" writes straight into `out`, the default goes through a copy
        np.take(W_in, block.centers, axis=0, out=self.C, mode="clip")
        np.take(W_out, block.tokens, axis=0, out=self.O, mode="clip")
        np.take(W_out, block.noise, axis=0, out=self.Z, mode="clip")
        np.matmul(self.C_tiles, self.O_tiles.swapaxes(2, 3), out=self.S)
        np.matmul(self.C, self.Z.swapaxes(1, 2), out=self.S_noise)
        self.scores.reshape(self.band.shape)[...] = self.band
        left = block.left.reshape(-1, 1).astype(np.int16)
        right = block.right.reshape(-1, 1).astype(np.int16)
        inside = self.place >= -left
        inside &= self.place <= right
        np.copyto(self.mask, inside)
        self.mask[:, block.window] = 0  # a center is not its own context

    def _noise_weights(self, block: Block) -> np.ndarray:
        """Each center's pairs times K / N, (G, L, 1)."""
        pairs = (block.left + block.right)[:, :, None]
        return (pairs * (block.negative / block.noise.shape[1])).astype(self.C.dtype)

    def _multiply_back(self) -> None:
        """From score gradients in S and S_noise to vector gradients."""
        np.matmul(self.S, self.O_tiles, out=self.g_centers.reshape(self.C_tiles.shape))
        np.matmul(self.S_noise, self.Z, out=self.g_centers_noise)
        self.g_centers += self.g_centers_noise
        np.matmul(self.S_noise.swapaxes(1, 2), self.C, out=self.g_noise)
        np.matmul(self.S.swapaxes(2, 3), self.C_tiles, out=self.g_tiles)
        # neighbouring tiles reach the same tokens: T columns at a time the tiles do not overlap
        T, width = self.S.shape[2:]
        self.g_contexts[:, self.C.shape[1] :] = 0
        for first in range(0, width, T):
            part = self.g_tiles[:, :, first : first + T]
            sums = self.g_context_tiles[:, :, first : first + T]
            np.add(sums, part, out=sums) if first else np.copyto(sums, part)
