"""Windows as tiles, against plain loops."""

import numpy as np
import pytest

from negsamp.core.kernels import tiles
from negsamp.core.kernels.tiles import Tiles, halves, tile_size

D = 3


@pytest.fixture(params=[1, 2, 6, 7])
def size(request, monkeypatch):
    monkeypatch.setattr(tiles, "tile_size", lambda: request.param)
    return request.param


def filled(G, L, window):
    """Tiles of random vectors."""
    rng, M = np.random.default_rng(L), G * (L + 2 * window)
    found = Tiles(G, L, window, D, np.float64)
    found.C[...], found.O[...] = rng.normal(size=(2, M, D))
    return found


def pairs_of(G, L, window):
    """Place of each center, among all tokens, of each token around it, and the score's column."""
    for group in range(G):
        for i in range(group * (L + 2 * window) + window, (group + 1) * (L + 2 * window) - window):
            for j in range(i - window, i + window + 1):
                yield i, j, j - i + window


# fewer centers than a tile has, whole tiles, and some that are left
SIZES = pytest.mark.parametrize(("G", "L"), [(1, 1), (2, 5), (1, 12), (3, 15), (1, 43)])
WINDOWS = pytest.mark.parametrize("window", [1, 2, 5, 8])


@SIZES
@WINDOWS
def test_scores_equal_loops(size, G, L, window):
    found = filled(G, L, window)
    for _ in range(2):  # also in buffers that were used before
        found.score()
        for i, j, column in pairs_of(G, L, window):
            assert found.scores[i, column] == pytest.approx(found.C[i] @ found.O[j], abs=1e-12)
    beside = np.delete(found.scores, [i for i, _, _ in pairs_of(G, L, window)], axis=0)
    assert len(beside) == 2 * G * window
    assert not beside.any()


@SIZES
@WINDOWS
def test_gradients_equal_loops(size, G, L, window):
    found, rng = filled(G, L, window), np.random.default_rng(0)
    for _ in range(2):
        found.score()  # fills what belongs to no pair, too
        found.scores[...] = 0
        centers, contexts = np.zeros((2, *found.C.shape))
        for i, j, column in pairs_of(G, L, window):
            g = found.scores[i, column] = rng.normal()
            centers[i] += g * found.O[j]
            contexts[j] += g * found.C[i]
        centers = centers.reshape(G, -1, D)[:, window : window + L].reshape(-1, D)
        g_centers, g_contexts = np.full_like(centers, np.nan), np.full_like(contexts, np.nan)
        of_centers, of_contexts = found.targets(g_centers, g_contexts)
        found.contexts_from(of_contexts)
        found.centers_from(of_centers)
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


@pytest.mark.parametrize(
    ("size", "product", "expected"),
    [
        (6, (128, 100, 48), 1),
        (6, (128, 100, 80), 2),
        (6, (128, 300, 64), 4),
        (6, (50, 300, 512), 2),  # not halved once more: 25 rows are odd
        (1, (128, 300, 64), 1),
        (6, (128, 48, 300, True), 8),  # 16 · 48 ≤ 1200
        (6, (128, 48, 100, True), 1),  # short rows
        (6, (16, 64, 2000, True), 4),  # 4 · 64 · 2000 ≤ 10⁶, although 16 · 64 ≤ 1200
        (1, (128, 48, 300, True), 1),
    ],
)
def test_rows_are_halved_until_a_product_is_small(monkeypatch, size, product, expected):
    monkeypatch.setattr(tiles, "tile_size", lambda: size)
    assert halves(*product) == expected
