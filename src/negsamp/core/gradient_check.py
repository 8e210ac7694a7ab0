"""Whether the gradient of an objective is that of its loss: central differences along random lines.

For anybody who writes an objective, of this package or of their own. What is checked is what
trains: the equations on scores, and the kernel's loss and gradients on a block of text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from negsamp.checks import glimpse, random_generator
from negsamp.core import reference
from negsamp.core.blocks import Block, block_run
from negsamp.core.objectives import Objective
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import iter_windows, token_pieces, window_weights

__all__ = ["check_gradients"]

V, D, WINDOW, NEGATIVE, SHAPE = 11, 6, 3, 2, (2, 16, 1)  # few words, so that a block repeats them
DIRECTIONS, STEP = 10, 1e-6


def check_gradients(objective: Objective, *, tolerance: float = 1e-6, seed: int = 0) -> float:
    """Hold an objective's gradients against its loss, in float64.

    Parameters
    ----------
    objective : Objective
        The object, as `Word2Vec` takes it.
    tolerance : float
        How far the change of the loss along a line may be from what the gradient says, by the
        length of the gradient. Central differences err by about 1e-9.
    seed : int
        Of the scores, vectors and lines.

    Returns
    -------
    float
        The largest error found, by the length of the gradient.

    Raises
    ------
    ValueError
        That says which gradient is not that of which loss, and by how much.

    Examples
    --------
    >>> from negsamp import Objective, check_gradients
    >>> class Squares(Objective):
    ...     def loss(self, positive, negative, weight=1.0):
    ...         return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)
    ...
    ...     def score_gradients(self, positive, negative, weight=1.0):
    ...         return -2 * (1 - positive), 2 * weight * negative
    >>> check_gradients(Squares()) < 1e-6
    True
    """
    rng = random_generator("seed", seed)
    errors = [_error_on_scores(objective, w, rng) for w in (1.0, 0.5) if objective.draws_noise]
    errors.append(("the kernel", *_error_on_a_block(objective, rng)))
    for what, error, of in errors:
        if not error <= tolerance:
            raise ValueError(
                f"{glimpse(objective)}: {what} is not the gradient of {of}; they differ by "
                f"{error:.1e} of its length, and {tolerance:.1e} is allowed"
            )
    return max(error for _, error, _ in errors)


def _error_on_scores(
    objective: Objective, weight: float, rng: np.random.Generator
) -> tuple[str, float, str]:
    """Of the two equations."""
    scores = rng.normal(0, 2, 7), rng.normal(0, 2, (7, 2 * NEGATIVE))
    gradients = objective.score_gradients(scores[0], scores[1], weight)
    shapes = [np.shape(g) for g in (objective.loss(scores[0], scores[1], weight), *gradients)]
    wanted = [(7,), (7,), (7, 2 * NEGATIVE)]
    if shapes != wanted:
        raise ValueError(
            f"{glimpse(objective)}: loss and score_gradients of 7 pairs with {2 * NEGATIVE} noise "
            f"words have the shapes {shapes}; they must be {wanted}"
        )

    def loss(positive: np.ndarray, negative: np.ndarray) -> float:
        return float(objective.loss(positive, negative, weight).sum())

    return "score_gradients", _error(loss, scores, gradients, rng), "loss"


def _error(
    loss: Callable[..., float],
    at: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> float:
    """Largest difference between the change of a loss along lines and what a gradient says."""
    worst, length = 0.0, np.sqrt(sum(float((g**2).sum()) for g in gradients))
    for _ in range(DIRECTIONS):
        line = [rng.normal(size=x.shape) for x in at]
        ends = [loss(*(x + h * d for x, d in zip(at, line, strict=True))) for h in (STEP, -STEP)]
        said = sum(float((g * d).sum()) for g, d in zip(gradients, line, strict=True))
        worst = np.maximum(worst, abs((ends[0] - ends[1]) / (2 * STEP) - said))
    return float(worst / max(length, 1e-3))


def _error_on_a_block(objective: Objective, rng: np.random.Generator) -> tuple[float, str]:
    """Of the kernel's gradients, and of its loss against the reference."""
    block = _random_block(2 * NEGATIVE if objective.draws_noise else 0, rng)
    shape, counts = (*SHAPE, block.noise.shape[2]), np.arange(V, 0, -1)
    extras = objective.extras(counts, counts / counts.sum(), NEGATIVE)
    extras = replace(extras, **{k: _double(v) for k, v in vars(extras).items()})
    at = [rng.normal(size=(V, D)), rng.normal(size=(V, D))]
    if extras.log_z is not None:
        at.append(extras.log_z)

    def kernel(log_z: np.ndarray | None = None) -> Any:
        return objective.kernel(replace(extras, log_z=log_z), shape, WINDOW, D, np.float64)

    def loss(W_in: np.ndarray, W_out: np.ndarray, *log_z: np.ndarray) -> float:
        return kernel(*log_z).loss(W_in, W_out, block)

    g = kernel(*at[2:]).gradients(at[0], at[1], block)
    gradients = [np.zeros_like(x) for x in at]
    np.subtract.at(gradients[0], block.center_rows, g.centers)
    rows = block.output_rows if g.output_rows is None else g.output_rows
    np.subtract.at(gradients[1], rows, g.outputs)
    if extras.log_z is not None:
        rows = block.center_rows if len(extras.log_z) > 1 else np.zeros_like(block.center_rows)
        np.subtract.at(gradients[2][:, 0], rows, g.log_z)
    if objective.draws_noise:
        log_z = None if extras.log_z is None else np.broadcast_to(extras.log_z[:, 0], V)
        plain = reference.loss(at[0], at[1], block, objective, extras.row_shift, log_z).sum()
        error = abs(loss(*at) - plain) / max(abs(plain), 1e-3)
        if not error <= 1e-9:
            return error, "loss, as its sum over a block is another"
    return _error(loss, at, gradients, rng), "the block's loss"


def _double(array: np.ndarray | None) -> np.ndarray | None:
    return array.astype(float) if array is not None and array.dtype == np.float32 else array


def _random_block(n_noise: int, rng: np.random.Generator) -> Block:
    """A block as training makes it: sentence ends anywhere, the last tokens padding."""
    G, L, H = SHAPE
    n = G * L - 3
    offsets = np.unique(np.append(rng.integers(0, n, 4), [0, n]))
    pieces = token_pieces(rng.integers(0, V, n).astype(np.int32), offsets)
    (run,) = iter_windows(pieces, WINDOW, G * L, rng, shrink_windows=False)
    shape, noise = (G, L, H, n_noise), AliasTable(np.arange(1, V + 1))
    (block,) = block_run(run, shape, NEGATIVE, noise, rng, window_weights(WINDOW))
    return block
