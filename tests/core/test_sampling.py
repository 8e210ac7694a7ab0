"""Distributions by formula and by hand; the alias table exactly; draws by chi-square.

Draws have a fixed seed, so a test either always passes or never does: a chi-square test that does
not reject at 1e-3 was given the right distribution, or would have failed once in a thousand seeds.
"""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from negsamp.core.sampling import (
    AliasTable,
    keep_probabilities,
    noise_probabilities,
    noise_weights,
    share_of_usual,
    subsampling_threshold,
)

COUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=30)

# Keep-probabilities


@given(counts=COUNTS, sample=st.floats(1e-8, 10))
@example(counts=[1], sample=1e-5)
def test_keep_probabilities_equal_the_formula(counts, sample):
    expected = []
    for count in counts:
        f = count / sum(counts)
        expected.append(min(math.sqrt(sample / f) + sample / f, 1))
    kept = keep_probabilities(counts, sample)
    assert kept.dtype == np.float32
    np.testing.assert_allclose(kept, expected, rtol=2e-7)  # rounded to float32


def test_keep_probabilities_by_hand():
    # f = 0.9 and t = 0.009: √0.01 + 0.01; f = 0.1: √0.09 + 0.09
    np.testing.assert_allclose(keep_probabilities([900, 100], 0.009), [0.11, 0.39], rtol=2e-7)


@pytest.mark.parametrize("sample", [0, 0.0, 1, 7.5, 1e308, 10**300])
def test_keep_probabilities_keep_everything(sample):
    kept = keep_probabilities([10**12, 3, 1], sample)
    assert kept.dtype == np.float32
    assert kept.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("tokens", "threshold"),
    [(2, 1e-3), (2_000_000, 1e-3), (4_000_000, 5e-4), (2 * 10**8, 1e-5), (10**12, 1e-5)],
)
def test_subsampling_threshold_follows_the_number_of_tokens(tokens, threshold):
    counts = np.array([tokens - tokens // 2, tokens // 2])
    assert subsampling_threshold(counts, None) == pytest.approx(threshold)
    assert subsampling_threshold(counts, 0.01) == 0.01
    assert subsampling_threshold(counts, 0) == 0
    expected = keep_probabilities(counts, threshold)
    np.testing.assert_array_equal(keep_probabilities(counts, None), expected)


def test_the_share_of_usual_is_1_where_as_much_is_kept_and_falls():
    counts = np.array([1_000_000, 600_000, 400_000])
    assert share_of_usual(counts, None) == share_of_usual(counts, 0) == 1
    # √(t/f) + t/f of word2vec's t = 1e-3 and of 1e-4, of a corpus of ten times as many tokens
    usual = sum(f * (np.sqrt(1e-3 / f) + 1e-3 / f) for f in (0.5, 0.3, 0.2))
    kept = sum(f * (np.sqrt(1e-4 / f) + 1e-4 / f) for f in (0.5, 0.3, 0.2))
    for of, sample in ((counts, 1e-4), (10 * counts, None), (np.append(10 * counts, 0), None)):
        assert share_of_usual(of, sample) == pytest.approx(kept / usual, rel=1e-6)


@pytest.mark.parametrize("sample", [-1e-9, math.nan, math.inf, -math.inf])
def test_keep_probabilities_refuse_a_sample_out_of_range(sample):
    with pytest.raises(ValueError, match=f"sample is {sample!r}; it must be a finite number, 0"):
        keep_probabilities([1], sample)


# The noise distribution


@given(counts=COUNTS, ns_exponent=st.floats(-3, 3))
def test_noise_is_proportional_to_a_power_of_the_counts(counts, ns_exponent):
    weights = [count**ns_exponent for count in counts]
    noise = noise_probabilities(counts, ns_exponent)
    assert noise.dtype == np.float64
    # the logarithm of 1e9, 21, times 3 loses 63 units in the last place
    np.testing.assert_allclose(noise, np.array(weights) / sum(weights), rtol=1e-13)


@pytest.mark.parametrize("ns_exponent", [5000, 1e300, 1e308, 10**300])
def test_noise_does_not_overflow(ns_exponent):
    counts = [10**15, 1000, 1]
    assert noise_probabilities(counts, ns_exponent).tolist() == [1, 0, 0]
    assert noise_probabilities(counts, -ns_exponent).tolist() == [0, 0, 1]


def test_noise_weights_are_those_given():
    weights = np.array([0.1, 0.7, 1 / 3])
    assert noise_weights(weights, np.ones(3)).tobytes() == weights.tobytes()
    assert noise_weights(lambda counts: 2 * counts, np.ones(3)).tolist() == [2, 2, 2]
    with pytest.raises(ValueError, match="noise has 3 numbers; it must have one for each of the 2"):
        noise_weights(weights, np.ones(2))


@pytest.mark.parametrize("ns_exponent", [math.nan, math.inf, -math.inf, 10**400])
def test_noise_refuses_an_exponent_that_is_not_finite(ns_exponent):
    with pytest.raises(
        ValueError, match=f"ns_exponent is {ns_exponent!r:.9}.*; it must be a finite"
    ):
        noise_probabilities([1], ns_exponent)


@pytest.mark.parametrize("counts", [[], [3, 0], [-1], [math.nan], [math.inf], [[1, 2]], 7])
@pytest.mark.parametrize("function", [noise_probabilities, lambda c: keep_probabilities(c, 1e-3)])
def test_counts_out_of_range_are_refused(function, counts):
    with pytest.raises(ValueError, match=r"^counts is .*; it must be \(V,\) finite numbers, 1"):
        function(counts)


# The alias table

WEIGHTS = st.one_of(
    st.lists(st.integers(0, 5), min_size=1, max_size=40),  # many cells of exactly the mean
    st.lists(st.floats(0, 1), min_size=1, max_size=40),
    st.lists(
        st.just(0.0) | st.floats(-300, 300).map(lambda exponent: 10**exponent),
        min_size=1,
        max_size=40,
    ),
).filter(any)


def assert_draws_from(table, weights):
    """The table's distribution is the weights', to what float32 thresholds can hold."""
    weights = np.asarray(weights, dtype=np.float64)
    weights = weights / weights.max()
    expected = weights / weights.sum()
    V = len(expected)
    assert len(table) == V
    assert (table.threshold.dtype, table.alias.dtype) == (np.float32, np.int32)
    assert ((table.threshold >= 0) & (table.threshold <= 1)).all()
    assert ((table.alias >= 0) & (table.alias < V)).all()
    # A threshold below 1 is rounded by 2⁻²⁵ at most; a cell has its own, and those it is the alias
    # of. 1e-11 is for float64 sums over 1e5 cells.
    roundings = 1 + np.bincount(table.alias, minlength=V)
    error = np.abs(table.probabilities() - expected)
    assert (error <= roundings * 2.0**-25 / V + 1e-11).all()
    assert (table.probabilities()[weights == 0] == 0).all()
    # what `probabilities` says is what the two arrays mean
    meant = [0.0] * V
    for cell in range(min(V, 40)):
        meant[cell] += float(table.threshold[cell]) / V
        meant[table.alias[cell]] += (1 - float(table.threshold[cell])) / V
    if V <= 40:
        np.testing.assert_allclose(table.probabilities(), meant, rtol=1e-12)


@given(weights=WEIGHTS)
@example(weights=[1, 0.5, 1.5])  # the first cell is exactly the mean
@example(weights=[1.5, 1, 0.5])
@example(weights=[0.5, 1, 1, 1.5])
@example(weights=[3])
@example(weights=[0, 0, 1e-300])
@example(weights=[1e-300, 1e300, 1e-300])
@example(weights=[5e-324, 0, 5e-324])  # the smallest number there is
@example(weights=[1.7e308, 1.7e308, 1.7e308])  # their sum is none
@example(weights=[0.1] * 7)
@settings(max_examples=500)
def test_alias_table_draws_from_its_weights(weights):
    assert_draws_from(AliasTable(weights), weights)


@pytest.mark.parametrize(
    "weights",
    [
        np.ones(100_000),
        np.arange(100_000),
        1 / np.arange(1, 100_001),
        np.where(np.arange(100_000) == 77, 1e300, 1e-300),
        10.0 ** np.random.default_rng(0).uniform(-300, 300, 100_000),
        np.random.default_rng(0).integers(0, 4, 100_000),
        np.random.default_rng(0).zipf(1.2, 100_000) ** 0.75,
    ],
    ids=["uniform", "linear", "harmonic", "one-giant", "any-size", "small-integers", "zipf"],
)
def test_alias_table_of_100_000_cells(weights):
    assert_draws_from(AliasTable(weights), weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([], r"probabilities has shape \(0,\); it must be \(V,\), V at least 1"),
        ([[1, 2]], r"probabilities has shape \(1, 2\)"),
        (3, r"probabilities has shape \(\)"),
        ([0, 0], "probabilities must be finite, 0 or more, and not all 0"),
        ([1, -1e-9], "probabilities must be finite, 0 or more"),
        ([1, math.nan], "probabilities must be finite, 0 or more"),
        ([1, math.inf], "probabilities must be finite, 0 or more"),
    ],
)
def test_alias_table_refuses_what_is_no_distribution(weights, message):
    with pytest.raises(ValueError, match=message):
        AliasTable(weights)


def test_alias_table_from_the_arrays_of_another():
    table = AliasTable([3, 0, 2, 1])
    again = AliasTable.from_table(table.threshold, table.alias)
    assert np.shares_memory(again.threshold, table.threshold)
    assert len(again) == 4
    first, second = (t.draw(np.random.default_rng(5), 100) for t in (table, again))
    np.testing.assert_array_equal(first, second)


# Draws


@pytest.mark.parametrize("shape", [7, (), (0,), (3, 4), (2, 3, 4)])
def test_draws_have_the_shape_asked_for(shape):
    drawn = AliasTable([1, 2, 3]).draw(np.random.default_rng(0), shape)
    assert drawn.shape == np.empty(shape).shape
    assert drawn.dtype == np.int32


@pytest.mark.parametrize(
    "weights",
    [
        [1, 1, 1, 1],
        [8, 4, 2, 1, 1],
        [1, 0.5, 1.5],
        noise_probabilities(np.geomspace(1, 1e4, 100)),
        noise_probabilities(np.geomspace(1, 1e4, 100), -0.5),
    ],
    ids=["uniform", "powers", "mean-first", "noise", "negative-exponent"],
)
def test_draws_follow_the_weights(weights):
    n = 200_000
    drawn = AliasTable(weights).draw(np.random.default_rng(20), (n // 10, 10)).ravel()
    expected = np.asarray(weights) / np.sum(weights) * n
    assert expected.min() > 5, "too few for a chi-square test"
    observed = np.bincount(drawn, minlength=len(weights))
    assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_draws_are_independent_of_each_other():
    drawn = AliasTable([8, 4, 2, 1, 1]).draw(np.random.default_rng(21), (100_000, 2))
    table = np.zeros((5, 5), dtype=int)
    np.add.at(table, (drawn[:, 0], drawn[:, 1]), 1)
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_draws_never_give_a_cell_of_weight_zero():
    class Zeros(np.random.Generator):
        def random(self, *args, **options):  # what comes once in 2²⁴ times
            return 0 * super().random(*args, **options)

    drawn = AliasTable([0, 1, 0]).draw(Zeros(np.random.PCG64(0)), 100)
    assert set(drawn) == {1}


def test_draws_depend_on_the_generator_alone():
    table = AliasTable([1.0, 2.0, 3.0])
    drawn = [table.draw(np.random.default_rng(7), (4, 5)) for _ in range(2)]
    np.random.default_rng(8).random(10)  # another one makes no difference
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert drawn[0].shape == (4, 5)
    assert drawn[0].dtype == np.int32
