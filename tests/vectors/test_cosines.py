"""The rows that are found are those of exact arithmetic, however close the scores are."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from negsamp.vectors import cosines
from negsamp.vectors.cosines import (
    closer_rows,
    cosines_of_each,
    exact_cosines,
    nearest,
    nearest_neighbors,
    row_norms,
    unit_rows,
)

SIZES = [1, 2, 7, 100, 301]


def crowd(d, n=400, seed=0):
    """Rows that differ in their last bits, and a query near to all: float32 cannot rank them."""
    rng = np.random.default_rng(seed)
    center = rng.normal(size=d)
    rows = (center + 3e-7 * rng.normal(size=(n, d))).astype(np.float32)
    query = center + 0.1 * rng.normal(size=d)
    return rows, query / np.linalg.norm(query)


def exact(row, query):
    """The square of a cosine with its sign; all sums and products exact."""
    row, query = ([Fraction(float(x)) for x in numbers] for numbers in (row, query))
    product = sum(x * y for x, y in zip(row, query, strict=True))
    return product * abs(product) / sum(x * x for x in row)


@pytest.mark.parametrize("d", [2, 7, 100])
def test_nearest_ranks_what_float32_cannot(d):
    rows, query = crowd(d)
    norms = row_norms(rows)
    [(found, scores)] = nearest(rows, norms, query[None], [[]], 20)
    [rough] = cosines_of_each(rows, norms, query[None])
    by_product = np.argsort(-rough, kind="stable")[:20]
    assert set(found) != set(by_product), "else this tests nothing"
    expected = sorted(range(len(rows)), key=lambda row: -exact(rows[row], query))[:20]
    # of scores that float64 cannot tell apart either, the order is left open
    values = [exact(rows[row], query) for row in found]
    assert all(a >= b - Fraction(1, 10**15) for a, b in itertools.pairwise(values))
    assert values[-1] >= exact(rows[expected[-1]], query) - Fraction(1, 10**15)
    assert np.all(np.diff(scores) <= 0)


@pytest.mark.parametrize("d", SIZES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
def test_cosines_are_within_half_the_error_that_is_allowed_for(d, dtype):
    rng = np.random.default_rng(d)
    rows = (20 * rng.normal(size=(300, d))).astype(dtype)
    rows[7] = 0
    queries = rng.normal(size=(4, d))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    norms = row_norms(rows)
    true = exact_cosines(rows, np.arange(300), queries)
    for found, expected in zip(cosines_of_each(rows, norms, queries), true, strict=True):
        assert found.dtype == np.result_type(dtype, np.float32)
        error = cosines._error(rows, norms) / 2
        np.testing.assert_allclose(found, expected, rtol=0, atol=error)
        assert found[7] == expected[7] == 0


@pytest.mark.parametrize("d", SIZES)
def test_exact_cosines_equal_exact_sums(d):
    rng = np.random.default_rng(d)
    rows, query = rng.normal(size=(20, d)).astype(np.float32), rng.normal(size=d)
    query /= np.linalg.norm(query)
    [found] = exact_cosines(rows, np.arange(20), query[None])
    for row, score in zip(rows, found, strict=True):
        value = exact(row, query)
        assert score == pytest.approx(math.copysign(math.sqrt(abs(value)), value), abs=1e-14)


@pytest.mark.parametrize("d", SIZES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cosines_and_norms_of_a_row_do_not_depend_on_the_others(monkeypatch, d, dtype):
    rows = np.random.default_rng(d).normal(size=(50, d)).astype(dtype)
    queries = np.random.default_rng(1).normal(size=(3, d)) / d
    norms = row_norms(rows)
    whole = exact_cosines(rows, np.arange(50), queries)
    for some in ([3], [49, 3, 0], [3] * 7, [*range(1, 18)]):
        found = exact_cosines(rows, np.array(some), queries)
        assert found.tobytes() == whole[:, some].tobytes()
        assert exact_cosines(rows, np.array(some), queries[1:2]).tobytes() == found[1].tobytes()
    monkeypatch.setattr(cosines, "_NUMBERS", 3 * d)
    assert row_norms(rows).tobytes() == norms.tobytes()
    assert exact_cosines(rows, np.arange(50), queries).tobytes() == whole.tobytes()
    columns = np.asfortranarray(rows)
    assert exact_cosines(columns, np.arange(50), queries).tobytes() == whole.tobytes()


def test_closer_rows_ranks_what_float32_cannot():
    rows, query = crowd(30)
    norms = row_norms(rows)
    [scores] = exact_cosines(rows, np.arange(len(rows)), query[None])
    [rough] = cosines_of_each(rows, norms, query[None])
    for place in (0, 17, 200):
        expected = np.flatnonzero(scores > scores[place])
        assert closer_rows(rows, norms, query, scores[place]).tolist() == expected.tolist()
        assert set(expected) != set(np.flatnonzero(rough > np.float32(scores[place])))


def test_nearest_gives_equal_rows_in_order():
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(6, 20)).astype(np.float32)
    which = rng.integers(6, size=500)
    rows = kinds[which]
    for query in rng.normal(size=(5, 20)):
        query /= np.linalg.norm(query)
        [(found, scores)] = nearest(rows, row_norms(rows), query[None], [[]], 300)
        values = [exact(kind, query) for kind in kinds]
        expected = sorted(range(500), key=lambda row: -values[which[row]])[:300]
        assert found.tolist() == expected
        assert len(set(scores)) == len(set(which[expected]))


@pytest.mark.parametrize("pairs", [1, 130, 1 << 22])
def test_nearest_neighbors_are_others_and_of_equal_ones_the_first(monkeypatch, pairs):
    monkeypatch.setattr(cosines, "_PAIRS", pairs)
    rng = np.random.default_rng(0)
    plain, tied = rng.normal(size=(60, 5)), rng.integers(-1, 2, size=(60, 2))  # zeros too
    for vectors in (plain, tied, np.ones((60, 3))):
        units = unit_rows(vectors, row_norms(vectors))
        rows = np.array([7, 59, 0, 7, *range(20)])
        for k in (1, 6, 59):
            found = nearest_neighbors(units, rows, k)
            for row, own in zip(found, rows, strict=True):
                scores = units @ units[own]
                # products of floats near each other may round apart in a product of matrices
                keys = [(i == own, -round(score, 12), i) for i, score in enumerate(scores)]
                assert sorted(row) == sorted(i for *_, i in sorted(keys)[:k])
