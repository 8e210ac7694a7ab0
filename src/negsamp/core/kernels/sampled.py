"""The fast step on a `Block`: small matrix products for the windows and for the noise.

With the tokens of a block laid end to end, C (M, d) holds their input vectors and O (M, d) their
output vectors, and the window of token i is rows i − w … i + w. So with weights A

    S[i, k] = O[i − w + k] · C[i]                         scores of center i
    G    = A ∘ (1 − σ(S))                                 what −∂loss/∂S is for contexts in SGNS
    g_center[i]  = Σ_k G[i, k] · O[i − w + k]
    g_context[j] = Σ_k G[j − w + k, 2w − k] · C[j − w + k]

where A is 0 outside a center's window, so that what stands next to the tokens of a group does not
matter; `negsamp.core.kernels.tiles` has these products. Blocks whose windows reach less far than
others have fewer tokens. The N noise words Z of n centers take three
more: C Zᵀ, G Z, Gᵀ C. Where an objective has a shift for each row or a normaliser γ, they are
subtracted from S first.

How scores S become G is for the objective to say (`negsamp.core.objectives`); all else is the same
for all that draw noise words. `negsamp.core.reference` says the same pair by pair.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from negsamp.core.blocks import Block, Scores
from negsamp.core.kernels.tiles import Tiles, WideWindows, halves, is_wide
from negsamp.core.optimizers import Gradients, Layout
from negsamp.core.windows import context_places

__all__ = ["BlockKernel", "gradient_layout", "groups_at_once"]


def gradient_layout(
    shape: tuple[int, int, int, int], window: int, vector_size: int, dtype: Any = np.float32
) -> Layout:
    """The arrays of `Gradients` for blocks of (G, L, H, N)."""
    G, L, H, N = shape
    outputs = G * (L + 2 * window) + G * H * N
    return Gradients.layout(G * L, outputs, vector_size, dtype, "log_z")


# How many tokens are in the buffers at a time, and how many floats in their input vectors: few
# enough for a core's cache, and so many that some dozen calls to NumPy are little beside the work.
TOKENS_AT_ONCE, FLOATS_AT_ONCE = 1024, 1024 * 100
WIDEST_LISTED = 16  # the widest windows of which all kinds are listed: some 10 000 numbers


def groups_at_once(shape: tuple[int, int, int, int], window: int, vector_size: int) -> int:
    """How many groups are in the buffers at a time."""
    tokens = min(TOKENS_AT_ONCE, FLOATS_AT_ONCE / vector_size)
    return max(1, round(tokens / (shape[1] + 2 * window)))


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
        if into is None:
            into = Gradients.empty(gradient_layout(shape, window, vector_size, dtype))
        self.objective, self.window = objective, window
        self._shape, self._into, self._groups = shape, into, groups
        self._vector_size, self._has_log_z = vector_size, log_z is not None
        self._buffers = cache(
            lambda n, w: _Buffers((n, *shape[1:]), w, vector_size, dtype, row_shift, log_z)
        )
        self._slices = cache(self._make_slices)

    def beside(self, groups: int, into: Gradients) -> BlockKernel:
        """A kernel for so many groups that writes elsewhere, and has the buffers of this one."""
        other = copy(self)
        other._shape, other._into, other._groups = (groups, *self._shape[1:]), into, slice(None)
        other._slices = cache(other._make_slices)
        return other

    def gradients(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
        """Gradients of a block's loss at the parameters as they are, for the groups of this kernel.

        They are in buffers, of all groups, that the next call overwrites.
        """
        block = block.narrowed()
        full = block.has_full_windows
        slices, found = self._slices(block.window)
        for groups, buffers, targets, rows, normalizers in slices:
            self.objective.turn(buffers.score(W_in, W_out, block, groups, full))
            if normalizers is not None:
                buffers.normalizer_gradients(normalizers)
            buffers.multiply_back(*targets)
            for g, squares in rows:
                np.vecdot(g, g, out=squares)
        is_narrow = block.window < self.window
        return found._replace(output_rows=block.output_rows) if is_narrow else found

    def loss(self, W_in: np.ndarray, W_out: np.ndarray, block: Block) -> float:
        """Loss of this kernel's groups, summed over their pairs, in nats."""
        block = block.narrowed()
        loss, full = 0.0, block.has_full_windows
        for groups, buffers, *_ in self._slices(block.window)[0]:
            loss += self.objective.block_loss(buffers.score(W_in, W_out, block, groups, full))
        return loss

    def _make_slices(self, window: int) -> tuple[list[Any], Gradients]:
        """For windows that reach so far: slices of the groups, each with its buffers and where its
        gradients go, and the gradients of all groups.
        """
        (G, L, H, N), w, into = self._shape, window, self._into
        outputs = G * (L + 2 * w) + G * H * N
        into = into._replace(
            outputs=into.outputs[:outputs], output_squares=into.output_squares[:outputs]
        )
        first, last, _ = self._groups.indices(G)
        step = groups_at_once(self._shape, w, self._vector_size)
        slices = []
        for at in range(first, last, step):
            some = slice(at, min(at + step, last))
            centers, tokens = _rows(some, L), _rows(some, L + 2 * w)
            noise = _rows(some, H * N, G * (L + 2 * w))
            rows = [(into.centers[centers], into.center_squares[centers])]
            rows += [(into.outputs[r], into.output_squares[r]) for r in (tokens, noise)]
            has_log_z = self._has_log_z and into.log_z is not None
            normalizers = into.log_z[centers] if has_log_z else None  # type: ignore[index]
            own = self._buffers(some.stop - some.start, w)
            slices.append((some, own, own.targets(*(g for g, _ in rows)), rows, normalizers))
        return slices, into


def _rows(groups: slice, each: int, before: int = 0) -> slice:
    return slice(before + groups.start * each, before + groups.stop * each)


def _cut(X: np.ndarray, n: int) -> np.ndarray:
    """A view of (G, H, rows, columns) with the rows in n parts: (G, H, n, rows / n, columns)."""
    G, H, rows, columns = X.shape
    return X.reshape(G, H, n, rows // n, columns)  # to cut an axis takes no copy


class _WindowKinds:
    """Weights of every kind of window, which is how far it reaches to the left and to the right.

    Kind left · (w + 1) + right has the row `weights` (kinds, columns), 0 where a window does not
    reach, and their sum in `sums`. To look a row up takes a tenth of the time of making it.
    """

    def __init__(self, window: int, columns: int, dtype: Any) -> None:
        n = window + 1
        self.weights, self.sums = np.zeros((n * n, columns), dtype), np.zeros(n * n, dtype)
        left, right = np.divmod(np.arange(n * n), n)
        self.places = context_places(left, right, window)
        self.followed = np.zeros(2 * window + 1)

    def follow(self, weights: np.ndarray) -> None:
        """Take the weights of a window's places, (2w + 1,), unless they are those of before."""
        if np.array_equal(weights, self.followed):
            return
        rows = self.weights[:, : len(weights)]
        np.multiply(self.places, weights.astype(rows.dtype), out=rows)
        np.sum(rows, axis=1, out=self.sums)
        self.followed = weights.copy()


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
        self.row_shift, self.log_z, M = row_shift, log_z, G * (L + 2 * w)
        # the tokens of a group that have a row in C and in the scores
        self.scored = slice(w, w + L) if is_wide(L, w) else slice(0, L + 2 * w)
        self.tiles: Any = (WideWindows if is_wide(L, w) else Tiles)(G, L, w, d, dtype)
        R, columns = self.tiles.scores.shape
        self.Z = np.empty((G, H, N, d), dtype)
        self.S_noise = np.empty((G, H, L // H, N), dtype)
        self.A = np.zeros((R, columns), dtype)
        shifts = np.zeros(M + columns, dtype)
        self.shifts, item = shifts[w : w + M], shifts.itemsize
        first = w - self.scored.start
        self.inner = slice(first, first + L)  # of a group's rows, those of centers
        scores = self.tiles.scores.reshape(G, -1, columns)
        windows = as_strided(shifts, (M, columns), (item, item))
        self.center_shifts = windows.reshape(G, -1, columns)[:, w : w + L]
        self.centers, self.S, self.center_weights = (
            array.reshape(G, R // G, -1)[:, self.inner] for array in (self.tiles.C, scores, self.A)
        )
        strides = (self.centers.strides[0], L // H * d * item, d * item, item)
        self.C_parts = as_strided(self.centers, (G, H, L // H, d), strides)
        # views for the products: parts of rows, and what all of them meet
        some = halves(L // H, N, d, transposed=True)
        self.S_parts, self.C_scored = (_cut(X, some) for X in (self.S_noise, self.C_parts))
        some = halves(L // H, d, N)
        self.S_halves, self.C_halves = (_cut(X, some) for X in (self.S_noise, self.C_parts))
        self.noise_halves = halves(N, d, L // H)
        self.S_transposed = _cut(self.S_noise.swapaxes(2, 3), self.noise_halves)
        self.pair_weights = np.empty((G, L, 1), dtype)
        self.window, self.full = w, False  # `full`: whether A is that of full windows
        self.kinds = _WindowKinds(w, columns, dtype) if w <= WIDEST_LISTED else None
        self.kind_of_rows = np.zeros((G, R // G), np.intp)

    def score(
        self, W_in: np.ndarray, W_out: np.ndarray, block: Block, groups: slice, full: bool
    ) -> Scores:
        """Gather the vectors of some groups and take their scores, which are views of buffers."""
        tokens, words = block.tokens[groups], block.noise[groups]
        scored, tokens = tokens[:, self.scored].reshape(-1), tokens.reshape(-1)
        # mode="clip" writes straight into `out`, the default goes through a copy
        np.take(W_in, scored, axis=0, out=self.tiles.C, mode="clip")
        np.take(W_out, tokens, axis=0, out=self.tiles.O, mode="clip")
        np.take(W_out, words, axis=0, out=self.Z, mode="clip")
        self.tiles.score()
        np.matmul(self.C_scored, self.Z[:, :, None].swapaxes(3, 4), out=self.S_parts)
        if self.row_shift is not None:
            np.take(self.row_shift, tokens, out=self.shifts, mode="clip")
            self.S -= self.center_shifts
            self.S_noise -= np.take(self.row_shift, words)[:, :, None]
        if self.log_z is not None:
            centers = block.centers[groups] if len(self.log_z) > 1 else np.zeros((1, 1), np.intp)
            normalizers = np.broadcast_to(self.log_z[centers, 0], self.S.shape[:2])
            self.S -= normalizers[:, :, None]
            self.S_noise -= normalizers.reshape(*self.S_noise.shape[:3], 1)
        if not (full and self.full):
            self._weigh(block, groups, full)
        G, H, n, N = self.S_noise.shape
        noise = self.S_noise.reshape(G, H * n, N)
        # full windows have one weight, which takes half the time of one a center
        pair_weights = self.pair_weights[:1, :1] if full else self.pair_weights
        return Scores(self.S, self.center_weights, noise, pair_weights, block.negative / max(N, 1))

    def _weigh(self, block: Block, groups: slice, full: bool) -> None:
        """Weights of contexts, 0 where a window does not reach, and their sum for each center."""
        left, right, w = block.left[groups], block.right[groups], self.window
        if self.kinds:
            self.kinds.follow(block.weights)
            kind = np.multiply(left, w + 1, out=self.kind_of_rows[:, self.inner])
            kind += right
            np.take(self.kinds.weights, self.kind_of_rows.reshape(-1), 0, self.A, "clip")
            np.take(self.kinds.sums, kind, out=self.pair_weights[:, :, 0], mode="clip")
        else:
            place, A = np.arange(-w, w + 1), self.center_weights[:, :, : 2 * w + 1]
            inside = (place >= -left[:, :, None]) & (place <= right[:, :, None])
            np.multiply(inside, block.weights.astype(A.dtype), out=A)
            np.sum(A, axis=2, keepdims=True, out=self.pair_weights)
        self.full = full

    def normalizer_gradients(self, out: np.ndarray) -> None:
        """−∂loss/∂γ of each center: γ is subtracted from each score."""
        of_noise = self.S_noise.sum(axis=3).reshape(-1)
        np.add(self.S.sum(axis=2).reshape(-1), of_noise, out=out)
        np.negative(out, out=out)

    def targets(
        self, g_centers: np.ndarray, g_contexts: np.ndarray, g_noise: np.ndarray
    ) -> tuple[Any, ...]:
        """Views of arrays of gradients, as `multiply_back` fills them."""
        of_windows = self.tiles.targets(g_centers, g_contexts)
        of_noise = _cut(g_noise.reshape(self.Z.shape), self.noise_halves)
        return g_centers.reshape(len(self.Z), -1), *of_windows, of_noise

    def multiply_back(
        self, g_centers: np.ndarray, of_windows: Any, g_contexts: Any, g_noise: np.ndarray
    ) -> None:
        """From −∂loss/∂score to −∂loss/∂row for the rows of C, O and Z; C is overwritten."""
        self.tiles.contexts_from(g_contexts)
        np.matmul(self.S_transposed, self.C_parts[:, :, None], out=g_noise)
        self.tiles.centers_from(of_windows)
        # what is no longer needed is in the cache
        np.matmul(self.S_halves, self.Z[:, :, None], out=self.C_halves)
        # rows end to end, so that NumPy's inner loop is long
        d = self.Z.shape[3]
        of_noise = self.tiles.C.reshape(len(self.Z), -1)
        g_centers += of_noise[:, self.inner.start * d : self.inner.stop * d]
