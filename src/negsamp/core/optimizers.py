"""How gradients of single occurrences become changes of matrix rows.

A batch is one summed update from frozen parameters: each occurrence of a word brings a gradient,
and occurrences of the same word add up. Plain SGD scales all of them alike; row-wise AdaGrad gives
each row its own falling rate [1]_. Both bound how far a row may move in one batch: pair-by-pair
training sees each change at once and slows down by itself, a batch does not.

References
----------
.. [1] J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and
   Stochastic Optimization", JMLR 12, 2011; here with one accumulator a row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

try:  # compiled and about thirty times faster than np.add.at, but not public
    from scipy.sparse._sparsetools import csc_matvecs
except ImportError:  # pragma: no cover
    csc_matvecs = None

__all__ = ["OPTIMIZERS", "SGD", "Gradients", "NormalizerRule", "RowAdaGrad", "add_rows"]


class Gradients(NamedTuple):
    """The direction in which each occurrence in a block wants its row to go: −∂loss/∂row.

    Attributes
    ----------
    centers : ndarray, shape (G·(L + 2w), d)
        For the rows of W_in that ``block.token_rows`` names; 0 where a token is no center.
    outputs : ndarray, shape (G·(L + 2w) + G·H·N, d)
        For the rows of W_out that ``block.output_rows`` names: contexts, then noise; or those that
        `output_rows` here names, as many as there are.
    center_squares, output_squares : ndarray, shapes (G·(L + 2w),) and (G·(L + 2w) + G·H·N,)
        Squared lengths of the above, ‖g‖².
    log_z : ndarray, shape (G·(L + 2w),), optional
        For the normalisers γ of the centers, where they are learned; 0 where a token is no center.
    output_rows : ndarray, int32, optional
        Row of W_out of each row of `outputs`, for objectives without noise.
    output_lengths : ndarray, optional
        ‖g‖, where a row of `outputs` is a sum over occurrences and `output_squares` the sum of
        their ‖g‖².
    """

    centers: np.ndarray
    outputs: np.ndarray
    center_squares: np.ndarray
    output_squares: np.ndarray
    log_z: np.ndarray | None = None
    output_rows: np.ndarray | None = None
    output_lengths: np.ndarray | None = None


def add_rows(
    matrix: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    scale: np.ndarray,
    chosen: np.ndarray | None = None,
    fast: bool = True,
) -> None:
    """Add scaled rows to a matrix in place, repeated rows adding up.

    ``matrix[rows[i]] += scale[i] * values[i]`` for every chosen i, in this order.

    Parameters
    ----------
    matrix : ndarray, shape (V, d)
        C-contiguous.
    rows : ndarray, shape (m,) int32
        Row of each chosen i, 0 … V − 1; not checked.
    values : ndarray, shape (n, d)
        C-contiguous, dtype of `matrix`.
    scale : ndarray, shape (m,)
        Scale of each chosen i, dtype of `matrix`.
    chosen : ndarray, shape (n,) bool, optional
        Which i, m of them; all if None.
    fast : bool
        Use SciPy's sparse product: the (V, n) matrix with ``scale[i]`` at (rows[i], i), and no
        entry in the columns that are not chosen, times `values`. False for the public way.
    """
    if fast and csc_matvecs is not None:
        n, (V, d) = len(values), matrix.shape
        columns = np.arange(n + 1, dtype=np.int32)  # where the entries of each column begin
        if chosen is not None:
            np.cumsum(chosen, out=columns[1:])
        csc_matvecs(V, n, d, columns, rows, scale, values.reshape(-1), matrix.reshape(-1))
    else:
        values = values if chosen is None else values[chosen]
        np.add.at(matrix, rows, scale[:, None] * values)


class SGD:
    """Plain stochastic gradient descent: rows move by the learning rate times their gradients.

    Parameters
    ----------
    n_rows : int
        V.
    max_step : float
        How far a row may move in one batch: where the lengths of its occurrences' steps add up to
        more, all of them are shortened alike.
    squares : ndarray, shape (n_rows,) float64, optional
        What a rule remembers of the past, changed in place; this one remembers nothing.
    moves : ndarray, shape (n_rows,) bool, optional
        Rows that move; the others stay as they are, to the bit. All of them if None.
    """

    def __init__(
        self,
        n_rows: int,
        max_step: float = np.inf,
        squares: np.ndarray | None = None,
        moves: np.ndarray | None = None,
    ) -> None:
        self.max_step, self.moves = max_step, moves
        self.lengths = np.zeros(n_rows)

    def apply(
        self,
        matrix: np.ndarray,
        rows: np.ndarray,
        gradients: np.ndarray,
        squares: np.ndarray,
        alpha: float,
        *,
        share: tuple[int, int] = (0, 1),
        lengths: np.ndarray | None = None,
        fast: bool = True,
    ) -> None:
        """Move rows of `matrix` in place along the gradients of a batch.

        Parameters
        ----------
        matrix : ndarray, shape (V, d)
        rows : ndarray, shape (n,) int32
            The row of each occurrence.
        gradients : ndarray, shape (n, d)
            The direction in which each occurrence wants its row to go.
        squares : ndarray, shape (n,)
            Squared length of each gradient.
        alpha : float
            Learning rate per pair.
        share : tuple of int
            (r, s): move only rows r, r + s, r + 2s … Whoever moves the others, and when, the sums
            are the same to the bit.
        lengths : ndarray, shape (n,), optional
            Length of each gradient, where `squares` is not its square.
        fast : bool
            See `add_rows`.
        """
        rank, size = share
        chosen = None
        lengths = np.sqrt(squares) if lengths is None else lengths
        if size > 1:
            chosen = rows % size == rank
        if self.moves is not None:
            moves = self.moves[rows]
            chosen = moves if chosen is None else chosen & moves
        if chosen is not None:
            places = np.flatnonzero(chosen)  # twice as fast as a mask to take from
            rows, squares, lengths = rows[places], squares[places], lengths[places]
        index = rows.astype(np.intp)
        scale = self._rates(index, squares, alpha)
        if self.max_step < np.inf:
            self.lengths[index] = 0
            np.add.at(self.lengths, index, (scale * lengths).astype(np.float64))
            steps = np.maximum(self.lengths[index], self.max_step).astype(squares.dtype)
            scale *= squares.dtype.type(self.max_step) / steps
        add_rows(matrix, rows, gradients, scale, chosen, fast)

    def _rates(self, index: np.ndarray, squares: np.ndarray, alpha: float) -> np.ndarray:
        """Rate of each occurrence, dtype of `squares`."""
        return np.full_like(squares, alpha)


class RowAdaGrad(SGD):
    """AdaGrad with one accumulator a row [1]_.

    G[row] += ‖g‖² for each occurrence of the batch, then the row moves by
    alpha · √(`REFERENCE` / (`FLOOR` + G[row])) times the sum of its g.

    Parameters
    ----------
    n_rows, max_step, moves
        As for `SGD`.
    squares : ndarray, shape (V,) float64, optional
        G, changed in place; zeros at first if None.
    """

    # At FLOOR + G = REFERENCE a row moves as under plain SGD; a fresh row moves 5.7 times as fast.
    # Both values are measured, see docs/performance.md.
    REFERENCE = 25_600.0
    FLOOR = 800.0

    def __init__(
        self,
        n_rows: int,
        max_step: float = np.inf,
        squares: np.ndarray | None = None,
        moves: np.ndarray | None = None,
    ) -> None:
        super().__init__(n_rows, max_step, moves=moves)
        self.squares = np.zeros(n_rows) if squares is None else squares

    def _rates(self, index: np.ndarray, squares: np.ndarray, alpha: float) -> np.ndarray:
        np.add.at(self.squares, index, squares.astype(np.float64))
        roots = np.sqrt(self.squares[index].astype(squares.dtype) + self.FLOOR)
        return squares.dtype.type(alpha * np.sqrt(self.REFERENCE)) / roots


class NormalizerRule:
    """AdaGrad on single numbers, for the normalisers γ of noise-contrastive estimation.

    The gradient g of a number is the sum over its occurrences in the batch; then G += g², and the
    number moves by rate · g / √(1 + G). So it moves by `rate` at most, however often it occurs.

    Parameters
    ----------
    squares : ndarray, shape (n_numbers,) float64
        G, zeros at first; changed in place.
    """

    def __init__(self, squares: np.ndarray) -> None:
        self.squares = squares

    def apply(
        self, numbers: np.ndarray, rows: np.ndarray, gradients: np.ndarray, rate: float
    ) -> None:
        """Move numbers in place along the gradients of a batch.

        Parameters
        ----------
        numbers : ndarray, shape (n_numbers, 1)
        rows : ndarray, shape (n,) int32
            Which number each occurrence wants to change.
        gradients : ndarray, shape (n,)
            The direction in which it wants that.
        rate : float
            The largest step.
        """
        touched, place = np.unique(rows, return_inverse=True)
        g = np.bincount(place, weights=gradients)
        self.squares[touched] += g**2
        numbers[touched, 0] += rate * g / np.sqrt(1 + self.squares[touched])


OPTIMIZERS: dict[str, type[SGD]] = {"adagrad": RowAdaGrad, "sgd": SGD}
