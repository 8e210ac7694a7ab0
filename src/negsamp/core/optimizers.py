"""Optimizers: how the gradients of a batch change the rows of the matrices.

Each occurrence of a word in a batch brings a gradient, and those of the same word add up. Plain SGD
multiplies all of them by one learning rate; row-wise AdaGrad gives each row a rate of its own,
which falls as the row learns [1]_. Both limit how far a row may move in one batch, because the
gradients of a batch do not see what the others change, as they would pair by pair.

References
----------
.. [1] J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and
   Stochastic Optimization", JMLR 12, 2011. Here a row has one accumulator, not one a number.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy
from scipy.sparse import csc_array

try:  # private; a public way to the same bytes takes twice as long, see docs/performance.md
    from scipy.sparse._sparsetools import csc_matvecs
except ImportError:
    csc_matvecs = None

__all__ = ["OPTIMIZERS", "SGD", "Gradients", "Layout", "NormalizerRule", "RowAdaGrad", "add_rows"]

Layout = dict[str, tuple[tuple[int, ...], Any]]  # shape and dtype of arrays by name


class Gradients(NamedTuple):
    """The direction in which each occurrence in a block moves its row: −∂loss/∂row.

    With n = G·L centers in a block and m = G·(L + 2w) + G·H·N rows of W_out, unless `output_rows`
    names them. Where a row is a sum over occurrences, its ‖g‖² is the sum of theirs, and
    `center_lengths` or `output_lengths` holds the length of the sum.
    """

    centers: np.ndarray  # (n, d), for W_in[block.center_rows]
    outputs: np.ndarray  # (m, d), for W_out[block.output_rows]: contexts, then noise words
    center_squares: np.ndarray  # (n,), ‖g‖² of each row of `centers`
    output_squares: np.ndarray  # (m,), ‖g‖² of each row of `outputs`
    log_z: np.ndarray | None = None  # (n,), for the γ of the centers, where they are learned
    output_rows: np.ndarray | None = None  # (m,) int32, for objectives without noise words
    center_lengths: np.ndarray | None = None  # (n,)
    output_lengths: np.ndarray | None = None  # (m,)

    @staticmethod
    def layout(n: int, m: int, vector_size: int, dtype: Any, *more: str) -> Layout:
        """The arrays of n centers and m output rows, those that may be None only if named."""
        d = vector_size
        every: Layout = {
            "centers": ((n, d), dtype),
            "outputs": ((m, d), dtype),
            "center_squares": ((n,), dtype),
            "output_squares": ((m,), dtype),
            "log_z": ((n,), dtype),
            "output_rows": ((m,), np.int32),
            "center_lengths": ((n,), dtype),
            "output_lengths": ((m,), dtype),
        }
        names = "centers", "outputs", "center_squares", "output_squares", *more
        return {name: every[name] for name in names}

    @classmethod
    def empty(cls, layout: Layout) -> Gradients:
        """Arrays that are not filled."""
        return cls(**{name: np.empty(*spec) for name, spec in layout.items()})


def add_rows(
    matrix: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray | Sequence[np.ndarray],
    scale: np.ndarray,
    chosen: np.ndarray | None = None,
    fast: bool = True,
) -> None:
    """Add scaled rows to a matrix in place.

    ``matrix[rows[i]] += scale[i] * values[i]`` for each chosen i, in the order of i.

    `matrix` (V, d) and `values` (n, d), or arrays that have its rows one after another, are
    C-contiguous and of one dtype. `chosen`, (n,) bool, says which i are added, all if None; `rows`,
    int32 and not checked, and `scale`, of the dtype of `matrix`, have an entry for each of these.
    With `fast`, SciPy's private function is used if SciPy has it; the public one gives the same
    bytes.
    """
    # a product with a sparse (V, n) matrix that has scale[i] at (rows[i], i), stored by columns
    parts = [values] if isinstance(values, np.ndarray) else values
    n, (V, d) = sum(map(len, parts)), matrix.shape
    starts = np.arange(n + 1, dtype=np.int32)  # where the entries of each column begin
    if chosen is not None:
        np.cumsum(chosen, out=starts[1:])
    if fast and csc_matvecs:
        for part in parts:
            k, own = len(part), starts[: len(part) + 1]
            csc_matvecs(V, k, d, own, rows, scale, part.reshape(-1), matrix.reshape(-1))
            starts = starts[k:]
        return
    # A public product starts from zeros. The rows that change come first, with scale 1, so that the
    # same numbers are added in the same order.
    changed, places = np.unique(rows, return_inverse=True)
    k, first = len(changed), np.arange(len(changed))
    scales = np.append(np.ones(k, scale.dtype), scale)
    entries = scales, np.append(first, places), np.append(first, k + starts)
    terms = np.concatenate([matrix[changed], *parts])
    matrix[changed] = csc_array(entries, shape=(k, k + n)) @ terms


class SGD:
    """Plain stochastic gradient descent: a row moves by the learning rate times its gradients.

    In one batch, a row moves by `max_step` at most: where the lengths of its occurrences' steps add
    up to more, all of them are shortened by the same factor. `squares`, (V,) float64, is what an
    optimizer remembers of earlier batches, changed in place; plain SGD does not use it. Only the
    rows in `moves`, (V,) bool, move, all of them if None; the others keep their bytes. `epochs` is
    how often an optimizer meets the whole corpus, which plain SGD does not use either.
    """

    def __init__(
        self,
        n_rows: int,
        max_step: float = np.inf,
        squares: np.ndarray | None = None,
        moves: np.ndarray | None = None,
        epochs: int = 1,
    ) -> None:
        self.max_step, self.moves, self.epochs = max_step, moves, epochs
        self.squares = np.zeros(n_rows) if squares is None else squares
        self.lengths: np.ndarray | None = None  # of the rows' steps in a batch, (V,)
        if csc_matvecs is None:
            warnings.warn(
                f"SciPy {scipy.__version__} has no scipy.sparse._sparsetools.csc_matvecs: training "
                "takes about 1.4 times as long as with SciPy 1.17, and gives the same vectors",
                RuntimeWarning,
                stacklevel=2,
            )

    def apply(
        self,
        matrix: np.ndarray,
        rows: np.ndarray,
        gradients: np.ndarray | Sequence[np.ndarray],
        squares: np.ndarray,
        alpha: float,
        *,
        share: tuple[int, int] = (0, 1),
        lengths: np.ndarray | None = None,
        fast: bool = True,
    ) -> None:
        """Move rows of a matrix in place along the gradients of a batch.

        Each occurrence has the row of `matrix` (V, d) that it moves, in `rows` (n,) int32, the
        direction g in which it does, in `gradients` (n, d) or several arrays as in `add_rows`, and
        ‖g‖², in `squares` (n,); where this is not the square of the length of g, `lengths` (n,) has
        that. `alpha` is the learning rate per pair. With a `share` (r, s), only the rows r, r + s,
        r + 2s … move; their bytes do not depend on s. For `fast`, see `add_rows`.
        """
        rank, size = share
        lengths = np.sqrt(squares) if lengths is None else lengths
        chosen = None if self.moves is None else self.moves[rows]
        if size > 1:
            mine = rows % size == rank
            chosen = mine if chosen is None else chosen & mine
        if chosen is not None:
            places = np.flatnonzero(chosen)  # twice as fast as a mask to take from
            rows, squares, lengths = rows[places], squares[places], lengths[places]
        index = rows.astype(np.intp)
        scale = self._rates(index, squares, alpha)
        if self.max_step < np.inf:
            if self.lengths is None:
                self.lengths = np.zeros(len(matrix), scale.dtype)
            self.lengths[index] = 0
            np.add.at(self.lengths, index, scale * lengths)
            most = scale.dtype.type(self.max_step)
            scale *= most / np.maximum(self.lengths[index], most)
        add_rows(matrix, rows, gradients, scale, chosen, fast)

    def _rates(self, index: np.ndarray, squares: np.ndarray, alpha: float) -> np.ndarray:
        """Return the rate of each occurrence, in the dtype of `squares`."""
        return np.full_like(squares, alpha)


class RowAdaGrad(SGD):
    """AdaGrad with one accumulator G a row, which `SGD` keeps as `squares` [1]_.

    G[row] += ‖g‖² for each occurrence in the batch. Then the row moves by
    alpha / e · √(`REFERENCE` / (`FLOOR` + G[row] / e)) times the sum of its gradients g, where
    e = (`EPOCHS` + epochs) / (`EPOCHS` + 1).

    With n epochs, a row meets n times as many gradients, but they tell no more about it. With e = n
    it would move as far as in one epoch, as long as G is small and when it is large. Few epochs do
    not move it far enough for that, so that e is less than n.
    """

    # Measured, see docs/performance.md. In one epoch, a row moves as under plain SGD where
    # FLOOR + G = REFERENCE, and a new row 5 times as fast.
    REFERENCE, FLOOR, EPOCHS = 62_000.0, 2400.0, 7.0

    def _rates(self, index: np.ndarray, squares: np.ndarray, alpha: float) -> np.ndarray:
        e = (self.EPOCHS + self.epochs) / (self.EPOCHS + 1)
        np.add.at(self.squares, index, squares.astype(np.float64))
        # the same with a factor of e less under the root
        roots = np.sqrt(self.squares[index].astype(squares.dtype) + e * self.FLOOR)
        return squares.dtype.type(alpha * np.sqrt(self.REFERENCE / e)) / roots


class NormalizerRule:
    """AdaGrad on single numbers, for the normalisers γ of noise-contrastive estimation.

    The gradient g of a number is the sum over its occurrences in the batch. Then G += g², and the
    number moves by rate · g / √(1 + G): never further than `rate`, however often it occurs.
    `squares`, (n_numbers,) float64, is G, zeros before the first batch; it is changed in place.
    """

    def __init__(self, squares: np.ndarray) -> None:
        self.squares = squares

    def apply(
        self, numbers: np.ndarray, rows: np.ndarray, gradients: np.ndarray, rate: float
    ) -> None:
        """Move numbers in place along the gradients of a batch.

        `numbers` is (n_numbers, 1). `rows`, (n,) int32, says which of them each occurrence moves,
        and `gradients`, (n,), the direction; `rate` is the largest step.
        """
        touched, place = np.unique(rows, return_inverse=True)
        g = np.bincount(place, weights=gradients)
        self.squares[touched] += g**2
        numbers[touched, 0] += rate * g / np.sqrt(1 + self.squares[touched])


OPTIMIZERS: dict[str, type[SGD]] = {"adagrad": RowAdaGrad, "sgd": SGD}
