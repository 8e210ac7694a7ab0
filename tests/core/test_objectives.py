"""Closed-form values of every objective; `gradient_check` holds the gradients against these."""

import sys

import numpy as np
import pytest
from scipy.special import log_softmax

from negsamp.core.blocks import Scores
from negsamp.core.objectives import OBJECTIVES
from negsamp.core.objectives.sgns import SGNS

SAMPLED = {name: o for name, o in OBJECTIVES.items() if o.draws_noise}
sgns, nce, infonce, softmax, hierarchical = OBJECTIVES.values()

EVERY = pytest.mark.parametrize("name", SAMPLED)


def scores(seed=0, P=7, N=4, scale=2.0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, P), rng.normal(0, scale, (P, N))


def test_sgns_loss_of_zero_scores_is_k_plus_one_log_two():
    loss = sgns.loss(np.zeros(3), np.zeros((3, 5)))
    np.testing.assert_allclose(loss, 6 * np.log(2), rtol=1e-15)


def test_sgns_loss_by_hand():
    # σ(log 3) = 3/4 and σ(−log 4) = 1/5, so the loss is log 4/3 + ½ · log 5/4 at weight ½
    loss = sgns.loss(np.array([np.log(3.0)]), np.array([[-np.log(4.0)]]), weight=0.5)
    np.testing.assert_allclose(loss, np.log(4 / 3) + 0.5 * np.log(5 / 4), rtol=1e-14)


def test_nce_loss_by_hand():
    # U = (½, ¼, ¼), K = 2, γ = log 4: a score of log 2 stands for p = ½. The context has the row 0,
    # P(1) = p / (p + K U) = ½ / (½ + 1) = 1/3; the noise words rows 1 and 2, with scores 0 and
    # p = ¼: P(0) = K U / (p + K U) = ½ / (¼ + ½) = 2/3 each.
    shift = nce.row_shift(np.array([0.5, 0.25, 0.25]), 2)
    positive = np.array([np.log(2.0) - np.log(4.0) - shift[0]])
    negative = np.zeros((1, 2)) - np.log(4.0) - shift[[1, 2]]
    expected = -np.log(1 / 3) - 2 * np.log(2 / 3)
    np.testing.assert_allclose(nce.loss(positive, negative), [expected], rtol=1e-14)


def test_infonce_loss_by_hand():
    # exp(a) = 1, 2 and 5: the context has 1/8; as two sets, 1/3 and 1/6
    positive, negative = np.zeros(1), np.log([[2.0, 5.0]])
    np.testing.assert_allclose(infonce.loss(positive, negative), [np.log(8)], rtol=1e-14)
    in_two = (np.log(3) + np.log(6)) / 2
    np.testing.assert_allclose(infonce.loss(positive, negative, 0.5), [in_two], rtol=1e-14)


def test_infonce_over_the_whole_vocabulary_is_the_softmax():
    # with every other row once as noise, and a uniform noise distribution, nothing is sampled
    s = np.random.default_rng(0).normal(0, 2, (1, 6))
    np.testing.assert_allclose(
        infonce.loss(s[:, 2], np.delete(s, 2, axis=1)), softmax.loss(s, np.array([2])), rtol=1e-14
    )


def test_softmax_loss_is_minus_log_probability():
    _, s = scores()
    losses = [softmax.loss(s, np.full(7, o)) for o in range(4)]
    np.testing.assert_allclose(np.transpose(losses), -log_softmax(s, axis=1), rtol=1e-12)


def test_hierarchical_loss_by_hand():
    # σ(log 3) = 3/4 to one child, 1/4 to the other; sign 0 is no step
    s = np.full((1, 3), np.log(3.0))
    losses = hierarchical.loss(s, np.array([[1, -1, 0]]))
    np.testing.assert_allclose(losses, [[np.log(4 / 3), np.log(4), 0]], rtol=1e-14, atol=0)


def test_a_row_that_is_never_noise_has_no_loss():
    for objective in (nce, infonce):
        shift = objective.row_shift(np.array([0.0, 1.0]), 5)
        assert shift[0] == -np.inf
        positive, negative = np.array([3.0]) - shift[:1], np.array([[1.0]]) - shift[1:]
        noise_alone = objective.loss(np.array([1e9]), negative)
        np.testing.assert_array_equal(objective.loss(positive, negative), noise_alone)
        g_positive, g_negative = objective.score_gradients(positive, negative)
        assert g_positive == 0
        assert np.isfinite(g_negative).all()


@EVERY
def test_objective_is_stable_at_extreme_scores(name):
    positive, negative = np.array([-1e4, 1e4]), np.array([[1e4], [-1e4]])
    np.testing.assert_allclose(SAMPLED[name].loss(positive, negative), [2e4, 0.0])
    g_positive, g_negative = SAMPLED[name].score_gradients(positive, negative)
    np.testing.assert_allclose(g_positive, [-1, 0])
    np.testing.assert_allclose(g_negative, [[1], [0]])


def test_exact_objectives_are_stable_at_extreme_scores():
    s, contexts = np.array([[1e4, -1e4], [1e4, -1e4]]), np.array([0, 1])
    np.testing.assert_allclose(softmax.loss(s, contexts), [0, 2e4])
    np.testing.assert_allclose(softmax.score_gradients(s, contexts), [[0, 0], [1, -1]])
    np.testing.assert_allclose(hierarchical.loss(s[0], np.array([1, 1])), [0, 1e4])
    np.testing.assert_allclose(hierarchical.score_gradients(s[0], np.array([1, 1])), [0, -1])


@EVERY
def test_objective_keeps_float32(name):
    positive, negative = (s.astype(np.float32) for s in scores())
    assert SAMPLED[name].loss(positive, negative, 0.5).dtype == np.float32
    for gradient in SAMPLED[name].score_gradients(positive, negative, 0.5):
        assert gradient.dtype == np.float32


def test_exact_objectives_keep_float32():
    s = scores()[1].astype(np.float32)
    contexts, signs = np.zeros(7, np.int32), np.ones((7, 4), np.int8)
    for array in (
        softmax.loss(s, contexts),
        softmax.score_gradients(s, contexts),
        hierarchical.loss(s, signs),
        hierarchical.score_gradients(s, signs),
    ):
        assert array.dtype == np.float32


def test_every_objective_says_its_equation_and_source():
    for objective in OBJECTIVES.values():
        text = sys.modules[type(objective).__module__].__doc__
        assert "loss = " in text
        assert ".. [1]" in text


@pytest.mark.parametrize("shift", [0.0, 2.6])
def test_loss_of_a_block_holds_for_scores_of_any_size(shift):
    noise = np.array([[-np.inf, -1e4, -90, -17, -1e-6, 0, 1e-6, 3, 17, 90, 1e4]], np.float32).T
    contexts, ones = -noise, np.ones((1, len(noise), 1), np.float32)
    expected = SGNS(shift).loss(contexts[:, 0].astype(float), noise.astype(float), 0.5).sum()
    scores = Scores(contexts[None], ones, noise[None], ones, 0.5)
    assert SGNS(shift).block_loss(scores) == pytest.approx(expected, rel=1e-6)
