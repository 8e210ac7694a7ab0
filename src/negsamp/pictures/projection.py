"""Vectors as points of a plane: principal components, Neg-t-SNE and t-SNE.

Principal components are exact and linear, but two of a hundred hold little of what word vectors
know. The other two methods keep neighbours together. Neg-t-SNE needs NumPy only; its loss is the
one of `negsamp.core.objectives.sgns`, with −log(1 + ‖y_i − y_j‖²) in the place of a scalar product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from negsamp.checks import check_choice, check_integer
from negsamp.vectors import cosines

__all__ = ["METHODS", "nearest_neighbors", "neg_tsne", "pca", "project", "tsne"]

METHODS = ("pca", "negtsne", "tsne")
AT_ONCE = 1 << 22  # numbers worked on together
# Of Neg-t-SNE: chosen on 20 000 words of English Wikipedia; docs/pictures.md has the measurements.
N_NEIGHBORS = 15
N_NOISE = 100
SHARED_NOISE = 100  # rows drawn a step
N_STEPS = 200
RATE = 0.3
LONGEST_MOVE = 4.0  # of one coordinate in a step of rate 1
PERPLEXITY = 30.0  # of t-SNE, as scikit-learn has it


def pca(vectors: Any, n_components: int = 2) -> np.ndarray:
    """Centred coordinates of rows along their k principal components, (V, k) float64.

    They come from a singular value decomposition; of a large matrix, from the eigenvectors of its
    covariance (d, d), summed over chunks of rows, so that memory stays bounded. The largest entry
    of each component is positive, so that the same rows give the same points; beyond the rank all
    coordinates are 0.
    """
    matrix = _checked(vectors)
    check_integer("n_components", n_components, 1)
    V, d = matrix.shape
    mean = sum(chunk.sum(axis=0) for _, chunk in _chunks(matrix)) / V
    eps = np.finfo(np.float64).eps
    if matrix.size <= AT_ONCE:
        _, spread, axes = np.linalg.svd(matrix.astype(np.float64) - mean, full_matrices=False)
    else:
        covariance = np.zeros((d, d))
        for _, chunk in _chunks(matrix):
            chunk -= mean
            covariance += chunk.T @ chunk
        variances, columns = np.linalg.eigh(covariance)
        spread, axes = np.sqrt(np.maximum(variances[::-1], 0)), columns.T[::-1]
        eps = np.sqrt(eps)  # squares keep half of the digits
    # as numpy.linalg.matrix_rank decides
    is_there = spread > spread.max(initial=0.0) * max(V, d) * eps
    axes = axes[is_there][:n_components]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    points = np.zeros((V, int(n_components)))
    for rows, chunk in _chunks(matrix):
        points[rows, : len(axes)] = (chunk - mean) @ axes.T
    return points


def project(vectors: Any, method: str = "negtsne", seed: int | None = None) -> np.ndarray:
    """Map the directions of rows (V, d) to points of a plane, (V, 2) float64.

    The method is ``"pca"`` (of rows scaled to norm 1), ``"negtsne"`` or ``"tsne"``, which needs
    scikit-learn; random numbers of the last two start at `seed`.
    """
    check_choice("method", method, METHODS)
    if method == "pca":
        return pca(_unit_rows(vectors))
    return (neg_tsne if method == "negtsne" else tsne)(vectors, seed)


def nearest_neighbors(vectors: Any, n_neighbors: int) -> np.ndarray:
    """Find the 1 … V − 1 other rows of largest cosine with each row, (V, k) intp in no order."""
    unit = _unit_rows(vectors)
    return cosines.nearest_neighbors(unit, np.arange(len(unit)), n_neighbors)


def neg_tsne(vectors: Any, seed: int | None = None) -> np.ndarray:
    """Coordinates in which neighbours by cosine lie together, called as `project`: Neg-t-SNE, by
    S. Damrich et al., "From t-SNE to UMAP with contrastive learning", ICLR 2023, section 5.

    Each row makes a pair with each of its 15 nearest (of fewer than 300 rows, with one in 20, and 3
    at least), and a pair has 100 noise rows in expectation. With q = 1 / (1 + ‖y_i − y_j‖²) the
    loss of a pair is −log σ(log q), and that of noise −log σ(−log q). Gradient descent on all rows
    at once begins at the principal components; all rows share the noise of a step, as in training.
    Finding the neighbours takes time in proportion to V², the rest to V.
    """
    unit = _unit_rows(vectors)
    V = len(unit)
    start = pca(unit)
    points = (start / (start[:, 0].std() or 1)).astype(np.float32)
    if V < 3:
        return points.astype(np.float64)
    # more than a few of few would make one cluster of all
    k = min(N_NEIGHBORS, max(3, V // 20), V - 1)
    neighbors = nearest_neighbors(unit, k)
    rng = np.random.default_rng(seed)
    for step in range(N_STEPS):
        noise = points[rng.integers(0, V, SHARED_NOISE)]
        move = _repulsion(points, noise) * np.float32(k * N_NOISE / SHARED_NOISE)
        move -= _attraction(points, neighbors)
        np.clip(move, -LONGEST_MOVE, LONGEST_MOVE, out=move)
        points += np.float32(RATE * (1 - step / N_STEPS)) * move
    return points.astype(np.float64)


def _attraction(points: np.ndarray, neighbors: np.ndarray) -> np.ndarray:
    """Gradient of Σ −log σ(log q) = Σ log(2 + ‖Δ‖²) over all pairs, (V, 2)."""
    V, k = neighbors.shape
    tails = neighbors.ravel()
    difference = np.repeat(points, k, axis=0) - points[tails]
    difference *= (2 / (2 + np.einsum("ij,ij->i", difference, difference)))[:, None]
    gradient = difference.reshape(V, k, 2).sum(axis=1)
    for axis in range(2):
        gradient[:, axis] -= np.bincount(tails, difference[:, axis], V)
    return gradient


def _repulsion(points: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Minus the gradient of Σ −log σ(−log q) = Σ log(2 + ‖Δ‖²) − log(1 + ‖Δ‖²), (V, 2)."""
    force = np.empty_like(points)
    rows = max(1, AT_ONCE // len(noise))
    for start in range(0, len(points), rows):
        some = points[start : start + rows]
        squares = -2 * (some @ noise.T)
        squares += np.einsum("ij,ij->i", some, some)[:, None]
        squares += np.einsum("ij,ij->i", noise, noise)
        np.maximum(squares, 0, out=squares)  # rounding may leave less than 0
        weights = 2 / ((1 + squares) * (2 + squares))
        # Σ_m w_m (y − y_m)
        force[start : start + rows] = some * weights.sum(axis=1)[:, None] - weights @ noise
    return force


def tsne(vectors: Any, seed: int | None = None) -> np.ndarray:
    """Coordinates by scikit-learn's t-SNE, from the principal components; called as `project`."""
    unit = _unit_rows(vectors)
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        message = "t-SNE needs the package scikit-learn: pip install scikit-learn"
        raise ImportError(message) from error
    start = pca(unit)
    if len(unit) < 3:
        return start
    start *= 1e-4 / (start[:, 0].std() or 1)  # as the paper begins
    estimator = TSNE(
        perplexity=min(PERPLEXITY, (len(unit) - 1) / 3),
        init=start.astype(np.float32),
        learning_rate="auto",
        random_state=seed,
    )
    return estimator.fit_transform(unit).astype(np.float64)


def _checked(vectors: Any) -> np.ndarray:
    matrix = np.asarray(vectors)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(
            f"vectors has shape {matrix.shape}; it must have two dimensions, a row and a column at "
            "least"
        )
    for _, chunk in _chunks(matrix):
        if not np.isfinite(chunk).all():
            raise ValueError("vectors holds a number that is not finite")
    return matrix


def _chunks(matrix: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Slices of rows, and copies of these rows in float64."""
    step = max(1, AT_ONCE // matrix.shape[1])
    for start in range(0, len(matrix), step):
        rows = slice(start, start + step)
        yield rows, matrix[rows].astype(np.float64)


def _unit_rows(vectors: Any) -> np.ndarray:
    """Rows of norm 1 in float32; zero rows stay zero."""
    matrix = _checked(vectors)
    unit = np.empty(matrix.shape, dtype=np.float32)
    for rows, chunk in _chunks(matrix):
        chunk /= np.abs(chunk).max(axis=1, initial=1e-300, keepdims=True)  # squares stay in range
        norms = np.linalg.norm(chunk, axis=1, keepdims=True)
        unit[rows] = chunk / np.where(norms > 0, norms, 1)
    return unit
