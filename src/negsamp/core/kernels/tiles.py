"""Windows as tiles: small matrix products of some centers and all tokens around them.

A tile is T consecutive centers and the T + 2w tokens that their windows reach. One product of a
(T, d) and a (d, width) matrix, where width is T + 2w rounded up, has the scores of all of them.
Most belong to a center and a token of its window, and the others get the weight 0. Center r of a
tile meets the tokens r … r + 2w of it. If a tile has T (width + 1) numbers, of which the product
fills the first T · width, then these stand in row r of an array (T, width + 1), in columns 0 … 2w:
so the scores of all tokens are one array (M, width + 1), whatever T is.

The gradients of contexts need the same numbers from the other side: row j has those of the centers
j − w … j + w, one row down and one column to the left at each step. They are copied into the tiles
of a second array, which is 0 elsewhere.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from threadpoolctl import threadpool_info

__all__ = ["Tiles", "WideWindows", "is_wide", "tile_size"]

# Where OpenBLAS multiplies small matrices as they lie, without packing them first, T = 6 is fastest
# (16 tokens for windows of 5); elsewhere T = 1, see docs/performance.md.
SMALL_PRODUCTS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
CENTERS_A_TILE = 6
# Windows reaching farther than this are not cut into tiles where they are wider than a group.
WIDE = 32


@cache
def tile_size() -> int:
    """T, which follows from the kernel of BLAS, so that a machine always rounds in the same way."""
    kernels = {library.get("architecture") for library in threadpool_info()}
    return CENTERS_A_TILE if kernels & SMALL_PRODUCTS else 1


def is_wide(group_size: int, window: int) -> bool:
    """Whether most tokens of a group are there for the windows of a few centers."""
    return window > WIDE and group_size <= 2 * window


class Tiles:
    """Scores of M consecutive tokens with those around them, and what gradients become of them.

    Attributes
    ----------
    C, O : ndarray, shape (M, d)
        Input and output vectors of the tokens.
    scores : ndarray, shape (M, width + 1)
        Of each token as a center: those of its window in columns 0 … 2w, from left to right. The
        others belong to no pair. Where a window does not reach, or a token is no center, the row
        must be 0 before `contexts_from` and `centers_from`.
    """

    def __init__(self, M: int, window: int, vector_size: int, dtype: Any) -> None:
        w, d, T = window, vector_size, tile_size()
        width = -(-(T + 2 * w) // 4) * 4
        # zeros beyond both ends
        vectors = np.zeros((2, M + width, d), dtype)
        S, S_skewed = np.zeros((2, w + M + w, width + 1), dtype)
        self.C, self.O = vectors[:, w : w + M]
        self.scores = S[w : w + M]
        self._tiles_of_C = _tiles(self.C, M, T, T, d)
        self._windows_of_C, self._windows_of_O = (_tiles(X, M, T, width, d) for X in vectors)
        self._tiles_of_S = _tiles(self.scores, M, T, T, width)
        self._tiles_of_skewed = _tiles(S_skewed, M, T, T, width)
        self._skewed = S_skewed[:M, : 2 * w + 1]
        row, item = S.strides
        self._columns = as_strided(S[:, 2 * w :], self._skewed.shape, (row, row - item))
        self._transposed = [X.swapaxes(1, 2) for X in self._windows_of_O]
        self._T = T

    def score(self) -> None:
        """Take the scores of `C` and `O`."""
        for C, windows, S in zip(self._tiles_of_C, self._transposed, self._tiles_of_S, strict=True):
            np.matmul(C, windows, out=S)

    def parts_of(self, gradients: np.ndarray) -> list[np.ndarray]:
        """The tiles of an array (M, d), for `centers_from` and `contexts_from`."""
        return _tiles(gradients, len(gradients), self._T, self._T, gradients.shape[1])

    def centers_from(self, out: list[np.ndarray]) -> None:
        """Gradients of the rows of `C`, where `scores` holds those of the scores."""
        for S, windows, g in zip(self._tiles_of_S, self._windows_of_O, out, strict=True):
            np.matmul(S, windows, out=g)

    def contexts_from(self, out: list[np.ndarray]) -> None:
        """Gradients of the rows of `O`, where `scores` holds those of the scores."""
        np.copyto(self._skewed, self._columns)
        for S, windows, g in zip(self._tiles_of_skewed, self._windows_of_C, out, strict=True):
            np.matmul(S, windows, out=g)


class WideWindows:
    """What `Tiles` does, for G groups of L centers whose windows are wider than a group.

    A group is one tile: the product of its centers and all of its L + 2w tokens. `C` and `scores`
    have the rows of the centers only, G·L, and `O` those of the tokens, G·(L + 2w).
    """

    def __init__(self, G: int, L: int, window: int, vector_size: int, dtype: Any) -> None:
        d, width = vector_size, L + 2 * window
        self.C, self.O = np.zeros((G * L, d), dtype), np.zeros((G * width, d), dtype)
        self.scores = np.zeros((G * L, width + 1), dtype)
        self._C, self._O = self.C.reshape(G, L, d), self.O.reshape(G, width, d)
        self._S = self.scores.reshape(G, -1)[:, : L * width].reshape(G, L, width)

    def score(self) -> None:
        """Take the scores of `C` and `O`."""
        np.matmul(self._C, self._O.swapaxes(1, 2), out=self._S)

    def parts_of(self, gradients: np.ndarray) -> np.ndarray:
        """The groups of an array (n, d), for `centers_from` and `contexts_from`."""
        return gradients.reshape(len(self._C), -1, gradients.shape[1])

    def centers_from(self, out: np.ndarray) -> None:
        """Gradients of the rows of `C`, where `scores` holds those of the scores."""
        np.matmul(self._S, self._O, out=out)

    def contexts_from(self, out: np.ndarray) -> None:
        """Gradients of the rows of `O`, where `scores` holds those of the scores."""
        np.matmul(self._S.swapaxes(1, 2), self._C, out=out)


def _tiles(X: np.ndarray, M: int, T: int, rows: int, columns: int) -> list[np.ndarray]:
    """Views (tiles, rows, columns) on X, each T rows after the last; a shorter tile comes last.

    A row of a tile begins `columns` numbers after the row before.
    """
    strides = (T * X.strides[0], columns * X.itemsize, X.itemsize)
    last = M % T if rows == T else rows
    shapes = [(0, M // T, rows), (M // T * T, 1, last)]
    return [as_strided(X[at:], (n, r, columns), strides) for at, n, r in shapes if n and at < M]
