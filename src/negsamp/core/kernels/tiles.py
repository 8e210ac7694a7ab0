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

__all__ = ["Tiles", "WideWindows", "halves", "is_wide", "tile_size"]

# Where OpenBLAS multiplies small matrices as they lie, without packing them first, T = 6 is fastest
# (16 tokens for windows of 5); elsewhere T = 1, see docs/performance.md.
SMALL_PRODUCTS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
CENTERS_A_TILE = 6
# The largest products that are small there: so many multiplications, and so many numbers where the
# second matrix is transposed. With rows shorter than this the latter are no faster for being small.
LARGEST_SMALL, LARGEST_TRANSPOSED, SHORT = 10**6, 1200, 128
# Windows reaching farther than this are not cut into tiles where they are wider than a group.
WIDE = 32


@cache
def tile_size() -> int:
    """T, which follows from the kernel of BLAS, so that a machine always rounds in the same way."""
    kernels = {library.get("architecture") for library in threadpool_info()}
    return CENTERS_A_TILE if kernels & SMALL_PRODUCTS else 1


def halves(m: int, n: int, k: int, transposed: bool = False) -> int:
    """Into how many parts to cut the m rows of an (m, k) matrix that is multiplied by a (k, n) one.

    So many that each product is small, if they can be halved so often; 1 where none is small. The
    second matrix may be a `transposed` (n, k) one.
    """
    if tile_size() == 1 or (transposed and k < SHORT):
        return 1
    most = min(LARGEST_SMALL, LARGEST_TRANSPOSED * k) if transposed else LARGEST_SMALL
    parts = 1
    while m * n * k > most * parts and m % (2 * parts) == 0:
        parts *= 2
    return parts


def is_wide(group_size: int, window: int) -> bool:
    """Whether most tokens of a group are there for the windows of a few centers."""
    return window > WIDE and group_size <= 2 * window


class Tiles:
    """Scores of G groups of L centers, each among L + 2w tokens, and their gradients.

    The tokens of all groups stand end to end, M = G (L + 2w), and a group's first w and last w are
    contexts only.

    Attributes
    ----------
    C, O : ndarray, shape (M, d)
        Input and output vectors of the tokens.
    scores : ndarray, shape (M, width + 1)
        Of each center: those of its window in columns 0 … 2w, from left to right. The others belong
        to no pair. Where a window does not reach, the row must be 0 before `contexts_from` and
        `centers_from`; that of a token that is no center must be left as it is, 0.
    """

    def __init__(self, G: int, L: int, window: int, vector_size: int, dtype: Any) -> None:
        w, d, T, each = window, vector_size, tile_size(), L + 2 * window
        M, width = G * each, -(-(T + 2 * w) // 4) * 4
        # zeros beyond both ends
        vectors = np.zeros((2, M + width, d), dtype)
        S, S_skewed = np.zeros((2, w + M + w, width + 1), dtype)
        self.C, self.O = vectors[:, w : w + M]
        self.scores = S[w : w + M]
        # tiles end with their group, so that groups round alike wherever they are computed
        centers, tokens = (G, each, L, T), (G, each, each, T)
        self._C = _tiles(self.C[w:], *centers, T, d)
        self._S = _tiles(self.scores[w:], *centers, T, width)
        self._around_centers = _tiles(vectors[1, w:], *centers, width, d)
        self._S_skewed = _tiles(S_skewed, *tokens, T, width)
        self._around_contexts = _tiles(vectors[0], *tokens, width, d)
        self._skewed = S_skewed[:M, : 2 * w + 1]
        row, item = S.strides
        self._columns = as_strided(S[:, 2 * w :], self._skewed.shape, (row, row - item))
        self._transposed = [X.swapaxes(2, 3) for X in self._around_centers]
        self._targets = (G, L, L, T), tokens

    def score(self) -> None:
        """Take the scores of `C` and `O`."""
        for C, windows, S in zip(self._C, self._transposed, self._S, strict=True):
            np.matmul(C, windows, out=S)

    def targets(self, g_centers: np.ndarray, g_contexts: np.ndarray) -> tuple[Any, Any]:
        """Arrays (G·L, d) and (M, d) of gradients, as the methods below take them."""
        of_centers, of_contexts = self._targets
        T, d = of_centers[-1], g_centers.shape[1]
        return _tiles(g_centers, *of_centers, T, d), _tiles(g_contexts, *of_contexts, T, d)

    def centers_from(self, out: list[np.ndarray]) -> None:
        """Gradients of the centers' rows of `C`, where `scores` holds those of the scores."""
        for S, windows, g in zip(self._S, self._around_centers, out, strict=True):
            np.matmul(S, windows, out=g)

    def contexts_from(self, out: list[np.ndarray]) -> None:
        """Gradients of the rows of `O`, where `scores` holds those of the scores."""
        np.copyto(self._skewed, self._columns)
        for S, windows, g in zip(self._S_skewed, self._around_contexts, out, strict=True):
            np.matmul(S, windows, out=g)


class WideWindows:
    """What `Tiles` does, where windows are wider than a group.

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

    def targets(self, g_centers: np.ndarray, g_contexts: np.ndarray) -> tuple[Any, Any]:
        """Arrays (G·L, d) and (G·(L + 2w), d) of gradients, as the methods below take them."""
        return g_centers.reshape(self._C.shape), g_contexts.reshape(self._O.shape)

    def centers_from(self, out: np.ndarray) -> None:
        """Gradients of the rows of `C`, where `scores` holds those of the scores."""
        np.matmul(self._S, self._O, out=out)

    def contexts_from(self, out: np.ndarray) -> None:
        """Gradients of the rows of `O`, where `scores` holds those of the scores."""
        np.matmul(self._S.swapaxes(1, 2), self._C, out=out)


def _tiles(
    X: np.ndarray, G: int, each: int, n: int, T: int, rows: int, columns: int
) -> list[np.ndarray]:
    """Views (G, tiles, rows, columns) on X, each T rows after the last; a shorter tile comes last.

    They begin in G groups of n rows, a group `each` rows after the group before. A row of a tile
    begins `columns` numbers after the row before.
    """
    row, item = X.strides
    strides = (each * row, T * row, columns * item, item)
    last = n % T if rows == T else rows
    shapes = [(0, n // T, rows), (n // T * T, 1, last)]
    return [as_strided(X[at:], (G, k, r, columns), strides) for at, k, r in shapes if k and at < n]
