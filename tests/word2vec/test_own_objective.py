"""An objective from outside, in about ten lines, through `Word2Vec`."""

import numpy as np

from negsamp import Objective, Word2Vec, check_gradients


class Squares(Objective):
    """Scores want to be 1 for contexts and 0 for noise words."""

    def loss(self, positive, negative, weight=1.0):
        return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)

    def score_gradients(self, positive, negative, weight=1.0):
        return -2 * (1 - positive), 2 * weight * negative


def corpus():
    rng = np.random.default_rng(0)
    topics = [[f"{topic}{i}" for i in range(10)] for topic in "ab"]
    return [rng.choice(topics[i % 2], size=8).tolist() for i in range(2000)]


def fit(**params):
    settings = {"min_count": 1, "sample": 0, "vector_size": 16, "workers": 1, "seed": 1}
    return Word2Vec(objective=Squares(), **{**settings, **params}).fit(corpus())


def test_it_trains():
    assert check_gradients(Squares()) < 1e-7
    model = fit()
    for word in ("a0", "b7"):
        assert {near[0] for near, _ in model.wv.most_similar(word, topn=9)} == {word[0]}
    assert model.loss_history_[-1] < model.loss_history_[0]
    # the least squares: n(c, o) / (n(c, o) + K n(c) U(o)), 2 / (2 + K) for words of a topic
    same, other = model.score_pairs(["a0", "a1"], ["a3", "b3"])
    np.testing.assert_allclose([same, other], [2 / 7, 0], atol=0.05)
    assert {near[0] for near, _ in model.predict_context("a0", topn=10)} == {"a"}
