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
from negsamp.updates import Gradients

__all__ = ["TILE", "BlockKernel", "gradient_layout"]

TILE = 16  # T: centers whose windows share one product


def gradient_layout(
    shape: tuple[int, int, int], window: int, vector_size: int, dtype: Any = np.float32
) -> dict[str, tuple[tuple[int, ...], Any]]:
    """Names, shapes and dtypes of the arrays of `Gradients` for blocks of (G, L, N)."""
    (G, L, N), d = shape, vector_size
    centers, outputs = G * L, G * (L + 2 * window) + G * N
    shapes = ((centers, d), (outputs, d), (centers,), (outputs,))
    return {name: (size, dtype) for name, size in zip(Gradients._fields, shapes, strict=True)}


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
    into : Gradients, optional
        Where gradients are written; arrays of its own if None.
    groups : slice
        The groups that this kernel computes; all of them unless others do the rest.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        window: int,
        vector_size: int,
        dtype: Any = np.float32,
        into: Gradients | None = None,
        groups: slice = slice(None),
    ) -> None:
        (G, L, N), w, d, T = shape, window, vector_size, TILE
        if into is None:
            layout = gradient_layout(shape, window, vector_size, dtype)
            into = Gradients(**{name: np.empty(*spec) for name, spec in layout.items()})
        self.groups, self.all = groups, into
        contexts = G * (L + 2 * w)
        self.g_centers = into.centers.reshape(G, L, d)[groups]
        self.g_contexts = into.outputs[:contexts].reshape(G, L + 2 * w, d)[groups]
        self.g_noise = into.outputs[contexts:].reshape(G, N, d)[groups]
        self.squares = (
            into.center_squares.reshape(G, L)[groups],
            into.output_squares[:contexts].reshape(G, L + 2 * w)[groups],
            into.output_squares[contexts:].reshape(G, N)[groups],
        )
        G, tiles, width = len(self.g_centers), L // T, T + 2 * w
        self.C = np.empty((G, L, d), dtype)
        self.O = np.empty((G, L + 2 * w, d), dtype)
        self.Z = np.empty((G, N, d), dtype)
        # overlapping tiles of the tokens that the windows of T centers can reach
        group, row, item = self.O.strides
        overlapping = (G, tiles, width, d), (group, T * row, row, item)
        self.O_tiles = as_strided(self.O, *overlapping)
        self.g_context_tiles = as_strided(self.g_contexts, *overlapping)
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
        self.g_centers_noise = np.empty((G, L, d), dtype)
        self.g_tiles = np.empty((G, tiles, width, d), dtype)

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
        block = block.part(self.groups)
        self._score(W_in, W_out, block)
        # −∂loss/∂s is σ(−s) for contexts; for noise, whose scores here are −s, it is −σ(s)
        _weighted_sigmoid(self.scores, self.mask)
        _weighted_sigmoid(self.S_noise, self._noise_weights(block))
        self.S.fill(0)
        self.band[...] = self.scores.reshape(self.band.shape)
        self._multiply_back()
        for g, squares in zip(
            (self.g_centers, self.g_contexts, self.g_noise), self.squares, strict=True
        ):
            np.einsum("gid,gid->gi", g, g, out=squares)
        return self.all

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> np.ndarray:
        """Loss of each of this kernel's groups, summed over its pairs: nats, (groups,) float64."""
        block = block.part(self.groups)
        self._score(W_in, W_out, block)
        positive = (self.mask * log_expit(self.scores)).reshape(len(self.C), -1)
        noise = self._noise_weights(block) * log_expit(self.S_noise)
        return -(positive.sum(axis=1, dtype=float) + noise.sum(axis=(1, 2), dtype=float))

    def _score(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> None:
        # mode="clip" writes straight into `out`, the default goes through a copy
        np.take(W_in, block.centers, axis=0, out=self.C, mode="clip")
        np.take(W_out, block.tokens, axis=0, out=self.O, mode="clip")
        np.take(W_out, block.noise, axis=0, out=self.Z, mode="clip")
        np.negative(self.Z, out=self.Z)  # so that noise scores come out as −s
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
        np.negative(self.g_noise, out=self.g_noise)
        np.matmul(self.S.swapaxes(2, 3), self.C_tiles, out=self.g_tiles)
        # neighbouring tiles reach the same tokens: T columns at a time the tiles do not overlap
        T, width = self.S.shape[2:]
        self.g_contexts[:, self.C.shape[1] :] = 0
        for first in range(0, width, T):
            part = self.g_tiles[:, :, first : first + T]
            sums = self.g_context_tiles[:, :, first : first + T]
            np.add(sums, part, out=sums) if first else np.copyto(sums, part)


def _weighted_sigmoid(s: np.ndarray, weights: np.ndarray) -> None:
    """Turn scores into weights · σ(−s) = weights / (1 + eˢ), in place."""
    with np.errstate(over="ignore"):  # e⁸⁹ = ∞ gives σ = 0, as it should
        np.exp(s, out=s)
    s += 1
    np.divide(weights, s, out=s)
