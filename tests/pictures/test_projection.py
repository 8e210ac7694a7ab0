"""Points of a plane against the definitions: exact components, gradients, neighbours kept."""

import numpy as np
import pytest
from scipy.special import log_expit

from negsamp.pictures import projection
from negsamp.pictures.projection import METHODS, neg_tsne, pca, project, tsne


@pytest.fixture
def rows():
    """200 rows of three very different variances, turned, off the origin."""
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    return (rng.normal(size=(200, 5)) * [9, 4, 1, 0.1, 0.01]) @ turn + 7


@pytest.fixture
def clusters():
    """20 clusters of 12 rows of lengths from 1 to 100, in 30 dimensions, and each row's cluster."""
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(20), 12)
    found = rng.normal(size=(20, 30))[labels] + 0.3 * rng.normal(size=(240, 30))
    return (found * rng.uniform(1, 100, size=(240, 1))).astype(np.float32), labels


def share_of_own_cluster(points, labels):
    """Mean share of each point's 10 nearest that are of its cluster; by chance 0.05."""
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    nearest = np.argsort(squares, axis=1)[:, :10]
    return (labels[nearest] == labels[:, None]).mean()


def test_pca_has_the_eigenvalues_of_the_covariance_as_variances(rows):
    points = pca(rows, 5)
    covariance = np.cov(points.T, bias=True)
    expected = np.linalg.eigvalsh(np.cov(rows.T, bias=True))[::-1]
    np.testing.assert_allclose(covariance, np.diag(expected), atol=1e-12 * expected[0])
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)


def test_pca_of_a_large_matrix_or_in_another_order_is_the_same(rows, monkeypatch):
    expected = pca(rows, 3)
    np.testing.assert_allclose(pca(rows[::-1], 3)[::-1], expected, atol=1e-10)
    monkeypatch.setattr(projection, "AT_ONCE", 64)
    np.testing.assert_allclose(pca(rows, 3), expected, atol=1e-9)


@pytest.mark.parametrize("at_once", [1, 1 << 22])
def test_pca_components_beyond_the_rank_are_0(monkeypatch, at_once):
    monkeypatch.setattr(projection, "AT_ONCE", at_once)
    line = np.outer([1.0, 2, 4], [3, 4])
    points = pca(line, 3)
    np.testing.assert_allclose(points[:, 0], 5 * (np.array([1, 2, 4]) - 7 / 3), rtol=1e-12)
    np.testing.assert_array_equal(points[:, 1:], 0)
    np.testing.assert_array_equal(pca([[3.0, 4.0]]), [[0, 0]])


def test_neg_tsne_forces_are_the_gradient_of_negative_samplings_loss():
    rng = np.random.default_rng(2)
    points, noise = rng.normal(size=(6, 2)), rng.normal(size=(4, 2))
    neighbors = np.array([[1, 2], [0, 2], [5, 3], [4, 0], [3, 5], [0, 1]])

    def log_odds(a, b):
        return -np.log1p(((a - b) ** 2).sum(axis=-1))

    def pair_loss(y):
        return -log_expit(log_odds(y[:, None], y[neighbors])).sum()

    def noise_loss(y):
        return -log_expit(-log_odds(y[:, None], noise[None])).sum()

    for force, loss in (
        (projection._attraction(points, neighbors), pair_loss),
        (-projection._repulsion(points, noise), noise_loss),
    ):
        direction = rng.normal(size=points.shape)
        slope = (loss(points + 1e-6 * direction) - loss(points - 1e-6 * direction)) / 2e-6
        np.testing.assert_allclose((force * direction).sum(), slope, rtol=1e-7)


@pytest.mark.parametrize("layout", [neg_tsne, tsne])
def test_layouts_keep_clusters_together(clusters, layout):
    if layout is tsne:
        pytest.importorskip("sklearn", reason="t-SNE needs scikit-learn")
    vectors, labels = (array[: 96 if layout is tsne else None] for array in clusters)
    assert share_of_own_cluster(layout(vectors, seed=1), labels) > 0.9


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 1), (5, 4)])
def test_project_takes_few_rows_and_few_dimensions(method, shape):
    if method == "tsne":
        pytest.importorskip("sklearn", reason="t-SNE needs scikit-learn")
    vectors = np.random.default_rng(3).normal(size=shape)
    vectors[-1] = 0
    points = project(vectors, method, seed=1)
    assert points.shape == (shape[0], 2)
    assert points.dtype == np.float64
    assert np.isfinite(points).all()


def test_project_does_not_mind_the_length_of_rows(clusters):
    vectors, _ = clusters
    long = vectors.astype(np.float64) * 1e200
    np.testing.assert_allclose(project(long, "pca"), project(vectors, "pca"), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pca([1.0, 2.0]), r"vectors has shape \(2,\)"),
        (lambda: pca(np.empty((0, 3))), r"vectors has shape \(0, 3\)"),
        (lambda: pca([[1.0, np.nan]]), "vectors holds a number that is not finite"),
        (lambda: pca([[1.0]], 0), "n_components is 0; it must be an integer, 1 or more"),
        (lambda: neg_tsne([[np.inf]]), "vectors holds a number that is not finite"),
        (lambda: project([[1.0]], "umap"), "method is 'umap'; it must be one of 'pca', "),
    ],
)
def test_projection_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
