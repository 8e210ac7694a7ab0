"""The fast step on explicit (center, context) pairs, whose noise words groups of them share.

A group is L pairs in any order: C (L, d) holds the input vectors of their centers, O (L, d) the
output vectors of their contexts, Z (N, d) those of the noise words that they share, a the weights
of the pairs and K the noise words that each is meant to have. With scores s = Σ_d C ∘ O and
S = C Zᵀ, what −∂loss/∂score is and what it is for the rows are

    g = a σ(−s)        G = −(K / N) a σ(S)
    g_center = g O + G Z        g_context = g C        g_noise = Gᵀ C

for SGNS, so three small matrix products a group. Where an objective has a shift for each row or a
normaliser γ, they are subtracted from the scores first. How scores become g and G is for the
objective to say (`negsamp.core.objectives`). `negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from negsamp.core.blocks import Pairs, Scores
from negsamp.core.optimizers import Gradients, Layout

__all__ = ["PairBlock", "PairKernel", "pair_layout"]

# Pairs whose vectors are in the buffers at a time, and how many floats these are at most.
PAIRS_AT_ONCE, FLOATS_AT_ONCE = 1024, 1024 * 100


@dataclass(frozen=True)
class PairBlock:
    """What one step trains on: G groups of L pairs and the noise words that each group shares.

    Attributes
    ----------
    centers, contexts : ndarray, shape (G, L) int32
        Rows of W_in and of W_out, which may have other numbers of rows.
    weights : ndarray, shape (G, L)
        Weight of each pair's loss, 0 or more.
    noise : ndarray, shape (G, N) int32
        Rows of W_out.
    negative : int
        K: N noise words weigh K / N each.
    """

    centers: np.ndarray
    contexts: np.ndarray
    weights: np.ndarray
    noise: np.ndarray
    negative: int

    @property
    def tokens(self) -> np.ndarray:
        """One slot a pair, for its context: (G, L)."""
        return self.contexts

    @property
    def center_rows(self) -> np.ndarray:
        """Row of W_in of each pair, (G·L,) int32."""
        return self.centers.reshape(-1)

    @property
    def output_rows(self) -> np.ndarray:
        """Row of W_out of each pair, then noise word, (G·L + G·N,) int32."""
        return np.concatenate([self.contexts.reshape(-1), self.noise.reshape(-1)])

    def part(self, groups: slice) -> PairBlock:
        """Some of the groups, as a block of their own."""
        return PairBlock(
            self.centers[groups],
            self.contexts[groups],
            self.weights[groups],
            self.noise[groups],
            self.negative,
        )

    @property
    def pair_weight(self) -> float:
        """Sum of the weights of the pairs."""
        return float(self.weights.sum(dtype=float))

    def pairs(self) -> Pairs:
        """What the block means: every pair with its noise words."""
        (G, L), N = self.centers.shape, self.noise.shape[1]
        slots, group = np.arange(G * L), np.repeat(np.arange(G), L)
        return Pairs(
            self.center_rows,
            self.contexts.reshape(-1),
            self.noise[group],
            self.weights.reshape(-1).astype(np.float64),
            self.negative / N,
            slots,
            slots,
            group[:, None] * N + np.arange(N),
        )


def pair_layout(shape: tuple[int, int, int], vector_size: int, dtype: Any = np.float32) -> Layout:
    """The arrays of `Gradients` for blocks of (G, L, N)."""
    G, L, N = shape
    more = "log_z", "center_lengths", "output_lengths"
    return Gradients.layout(G * L, G * (L + N), vector_size, dtype, *more)


class PairKernel:
    """Gradients of a sampled objective on blocks of G groups or fewer, in buffers allocated once.

    A pair of weight a stands for a occurrences of its words: its ‖g‖² in ``center_squares`` and
    ``output_squares`` is divided by a, so that it is the sum of theirs.

    Parameters
    ----------
    objective : negsamp.core.objectives.Objective
    shape : tuple of int
        G, L and N: groups, pairs a group, and noise words that they share.
    vector_size : int
        d.
    dtype : dtype
        Of the matrices: float32, or float64 in tests.
    into : Gradients, optional
        Where gradients are written; arrays of its own if None.
    share : callable, optional
        Which of n groups this kernel computes, ``share(n)``; all of them if None.
    row_shift, log_z : ndarray, optional
        As in `negsamp.core.kernels.sampled.BlockKernel`.
    """

    def __init__(
        self,
        objective: Any,
        shape: tuple[int, int, int],
        vector_size: int,
        dtype: Any = np.float32,
        into: Gradients | None = None,
        share: Callable[[int], slice] | None = None,
        row_shift: np.ndarray | None = None,
        log_z: np.ndarray | None = None,
    ) -> None:
        _, L, N = shape
        self.objective, self._shape = objective, (L, N, vector_size)
        self._into = (
            Gradients.empty(pair_layout(shape, vector_size, dtype)) if into is None else into
        )
        self._share, self._has_log_z = share or slice, log_z is not None
        self._buffers = cache(
            lambda groups: _Buffers((groups, L, N), vector_size, dtype, row_shift, log_z)
        )
        self._slices = cache(self._make_slices)

    def beside(self, groups: int, into: Gradients) -> PairKernel:
        """A kernel for so many groups that writes elsewhere, and has the buffers of this one."""
        other = copy(self)
        other._into, other._share = into, slice
        other._slices = cache(other._make_slices)
        return other

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: PairBlock) -> Gradients:
        """Gradients of a block's loss at the parameters as they are, for the groups of this kernel.

        They are in buffers, of all groups, that the next call overwrites.
        """
        slices, found = self._slices(len(block.noise))
        for some, buffers, targets, rows, normalizers in slices:
            part = block.part(some)
            self.objective.turn(buffers.score(W_in, W_out, part))
            if normalizers is not None:
                buffers.normalizer_gradients(normalizers)
            buffers.multiply_back(*targets)
            for g, squares, lengths in rows:
                np.vecdot(g, g, out=squares)
                np.sqrt(squares, out=lengths)
            occurrences = np.where(part.weights > 0, part.weights, 1).reshape(-1)
            for _, squares, _ in rows[:2]:
                squares /= occurrences
        return found

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: PairBlock) -> float:
        """Loss of the groups of this kernel, summed over weighted pairs, in nats."""
        loss = 0.0
        for some, buffers, *_ in self._slices(len(block.noise))[0]:
            loss += self.objective.block_loss(buffers.score(W_in, W_out, block.part(some)))
        return loss

    def _make_slices(self, G: int) -> tuple[list[Any], Gradients]:
        """Slices of G groups, each with its buffers and where its gradients go; those of all."""
        L, N, d = self._shape
        n_log_z = G * L if self._has_log_z else None
        sizes = *[G * L, G * (L + N)] * 2, n_log_z, None, G * L, G * (L + N)
        arrays = zip(self._into, sizes, strict=True)
        found: Any = Gradients._make(None if n is None else a[:n] for a, n in arrays)  # type: ignore[index]
        first, last, _ = self._share(G).indices(G)
        step = max(1, round(min(PAIRS_AT_ONCE, FLOATS_AT_ONCE / d) / L))
        slices = []
        for at in range(first, last, step):
            some = slice(at, min(at + step, last))
            of_pairs = slice(some.start * L, some.stop * L)
            of_noise = slice(G * L + some.start * N, G * L + some.stop * N)
            centers = found.centers, found.center_squares, found.center_lengths
            outputs = found.outputs, found.output_squares, found.output_lengths
            rows = [tuple(a[of_pairs] for a in centers)]
            rows += [tuple(a[r] for a in outputs) for r in (of_pairs, of_noise)]
            targets = [g.reshape(some.stop - some.start, -1, d) for g, *_ in rows]
            normalizers = found.log_z[of_pairs] if self._has_log_z else None
            buffers = self._buffers(some.stop - some.start)
            slices.append((some, buffers, targets, rows, normalizers))
        return slices, found


class _Buffers:
    """The arrays of some groups, and what is computed from one to the next."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        vector_size: int,
        dtype: Any,
        row_shift: np.ndarray | None,
        log_z: np.ndarray | None,
    ) -> None:
        (G, L, N), d = shape, vector_size
        self.row_shift, self.log_z = row_shift, log_z
        self.centers, self.contexts = np.empty((2, G, L, d), dtype)
        self.noise = np.empty((G, N, d), dtype)
        self.scores, self.noise_scores = np.empty((G, L), dtype), np.empty((G, L, N), dtype)

    def score(self, W_in: np.ndarray, W_out: np.ndarray, block: PairBlock) -> Scores:
        """Gather vectors and take their scores, which are views of buffers."""
        # mode="clip" writes straight into `out`, the default goes through a copy
        np.take(W_in, block.centers, axis=0, out=self.centers, mode="clip")
        np.take(W_out, block.contexts, axis=0, out=self.contexts, mode="clip")
        np.take(W_out, block.noise, axis=0, out=self.noise, mode="clip")
        np.einsum("gld,gld->gl", self.centers, self.contexts, out=self.scores)
        np.matmul(self.centers, self.noise.swapaxes(1, 2), out=self.noise_scores)
        if self.row_shift is not None:
            self.scores -= self.row_shift[block.contexts]
            self.noise_scores -= self.row_shift[block.noise][:, None]
        if self.log_z is not None:
            rows = block.centers if len(self.log_z) > 1 else np.zeros((1, 1), np.intp)
            normalizers = self.log_z[rows, 0]
            self.scores -= normalizers
            self.noise_scores -= normalizers[:, :, None]
        weights = block.weights[:, :, None].astype(self.scores.dtype)
        noise_weight = block.negative / block.noise.shape[1]
        contexts = self.scores[:, :, None]  # one a pair
        return Scores(contexts, weights, self.noise_scores, weights, noise_weight)

    def normalizer_gradients(self, out: np.ndarray) -> None:
        """−∂loss/∂γ of each pair: γ is subtracted from each score."""
        of_noise = self.noise_scores.sum(axis=2).reshape(-1)
        np.add(self.scores.reshape(-1), of_noise, out=out)
        np.negative(out, out=out)

    def multiply_back(
        self, g_centers: np.ndarray, g_contexts: np.ndarray, g_noise: np.ndarray
    ) -> None:
        """From −∂loss/∂score to −∂loss/∂row."""
        g, G = self.scores[:, :, None], self.noise_scores
        np.matmul(G, self.noise, out=g_centers)
        np.matmul(G.swapaxes(1, 2), self.centers, out=g_noise)
        np.multiply(g, self.centers, out=g_contexts)
        self.contexts *= g
        g_centers += self.contexts
