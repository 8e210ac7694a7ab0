"""Closed-form values and finite-difference gradients of every objective."""

import numpy as np
import pytest

from negsamp.objectives import OBJECTIVES, sgns

EVERY = pytest.mark.parametrize("name", OBJECTIVES)


def scores(seed=0, P=7, N=4, scale=2.0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, P), rng.normal(0, scale, (P, N))


def numeric_gradients(objective, positive, negative, weight, h=1e-6):
    """Central differences of the summed loss, one score at a time."""
    g_positive, g_negative = np.zeros_like(positive), np.zeros_like(negative)
    for array, gradient in ((positive, g_positive), (negative, g_negative)):
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h
            above = objective.loss(positive, negative, weight).sum()
            array[i] = kept - h
            below = objective.loss(positive, negative, weight).sum()
            array[i] = kept
            gradient[i] = (above - below) / (2 * h)
    return g_positive, g_negative


@EVERY
@pytest.mark.parametrize("weight", [1.0, 5 / 32])
def test_score_gradients_equal_finite_differences(name, weight):
    positive, negative = scores()
    exact = OBJECTIVES[name].score_gradients(positive, negative, weight)
    numeric = numeric_gradients(OBJECTIVES[name], positive, negative, weight)
    for a, b in zip(exact, numeric, strict=True):
        # central differences err by h² f'''/6 + ε f/h ≈ 1e-12 + 1e-9
        np.testing.assert_allclose(a, b, atol=1e-8)


def test_finite_differences_reject_a_wrong_gradient():
    positive, negative = scores()
    numeric, _ = numeric_gradients(sgns, positive, negative, 1.0)
    wrong = sgns.score_gradients(positive, negative)[0] * 1.0005
    assert not np.allclose(wrong, numeric, rtol=0, atol=1e-8)


def test_sgns_loss_of_zero_scores_is_k_plus_one_log_two():
    loss = sgns.loss(np.zeros(3), np.zeros((3, 5)))
    np.testing.assert_allclose(loss, 6 * np.log(2), rtol=1e-15)


def test_sgns_loss_by_hand():
    # σ(log 3) = 3/4 and σ(−log 4) = 1/5, so the loss is log 4/3 + ½ · log 5/4 at weight ½
    loss = sgns.loss(np.array([np.log(3.0)]), np.array([[-np.log(4.0)]]), weight=0.5)
    np.testing.assert_allclose(loss, np.log(4 / 3) + 0.5 * np.log(5 / 4), rtol=1e-14)


def test_sgns_is_stable_at_extreme_scores():
    positive, negative = np.array([-1e4, 1e4]), np.array([[1e4], [-1e4]])
    np.testing.assert_allclose(sgns.loss(positive, negative), [2e4, 0.0])
    g_positive, g_negative = sgns.score_gradients(positive, negative)
    np.testing.assert_allclose(g_positive, [-1, 0])
    np.testing.assert_allclose(g_negative, [[1], [0]])


@EVERY
def test_objective_keeps_float32(name):
    positive, negative = (s.astype(np.float32) for s in scores())
    assert OBJECTIVES[name].loss(positive, negative, 0.5).dtype == np.float32
    for gradient in OBJECTIVES[name].score_gradients(positive, negative, 0.5):
        assert gradient.dtype == np.float32
