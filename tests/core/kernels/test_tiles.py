"""Windows as tiles, against plain loops."""

import numpy as np
import pytest

from negsamp.core.kernels import tiles
from negsamp.core.kernels.tiles import Tiles, tile_size

D = 3


@pytest.fixture(params=[1, 2, 6, 7])
def size(request, monkeypatch):
    monkeypatch.setattr(tiles, "tile_size", lambda: request.param)
    return request.param


def filled(M, window):
    """Tiles of random vectors."""
    rng = np.random.default_rng(M)
    found = Tiles(M, window, D, np.float64)
    found.C[...], found.O[...] = rng.normal(size=(2, M, D))
    return found


def pairs_of(M, window):
    """Each token as a center, each token of its window, and the column of their score."""
    for i in range(M):
        for j in range(max(0, i - window), min(M, i + window + 1)):
            yield i, j, j - i + window


# fewer tokens than a tile has, whole tiles, and some that are left
SIZES = pytest.mark.parametrize("M", [1, 5, 12, 15, 43])
WINDOWS = pytest.mark.parametrize("window", [1, 2, 5, 8])


@SIZES
@WINDOWS
def test_scores_equal_loops(size, M, window):
    found = filled(M, window)
    for _ in range(2):  # also in buffers that were used before
        found.score()
        for i, j, column in pairs_of(M, window):
            assert found.scores[i, column] == pytest.approx(found.C[i] @ found.O[j], abs=1e-12)


@SIZES
@WINDOWS
def test_gradients_equal_loops(size, M, window):
    found, rng = filled(M, window), np.random.default_rng(0)
    for _ in range(2):
        found.score()  # fills what belongs to no pair, too
        found.scores[...] = 0
        centers, contexts = np.zeros((2, M, D))
        for i, j, column in pairs_of(M, window):
            g = found.scores[i, column] = rng.normal()
            centers[i] += g * found.O[j]
            contexts[j] += g * found.C[i]
        g_centers, g_contexts = np.full((2, M, D), np.nan)
        found.contexts_from(found.parts_of(g_contexts))
        found.centers_from(found.parts_of(g_centers))
        np.testing.assert_allclose(g_centers, centers, atol=1e-12)
        np.testing.assert_allclose(g_contexts, contexts, atol=1e-12)


@pytest.mark.parametrize(
    ("architectures", "expected"),
    [(["SkylakeX"], 6), (["Haswell", "SapphireRapids"], 6), (["Haswell"], 1), (["Zen"], 1)],
)
def test_tile_size_follows_the_kernel_of_blas(monkeypatch, architectures, expected):
    found = [{"user_api": "openmp"}, *({"architecture": name} for name in architectures)]
    monkeypatch.setattr(tiles, "threadpool_info", lambda: found)
    assert tile_size.__wrapped__() == expected
