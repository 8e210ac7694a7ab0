"""An objective from outside, in about ten lines, through `Word2Vec`."""

import copy
import pickle

import numpy as np
import pytest

from negsamp import Objective, Word2Vec, check_gradients
from negsamp.core.objectives import OBJECTIVES


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
    return Word2Vec(**{**settings, "objective": Squares(), **params}).fit(corpus())


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


def test_it_trains_the_same_wherever_it_is_defined(monkeypatch, caplog):
    class Local(Squares):
        """One that cannot be pickled."""

    monkeypatch.setattr("negsamp.training.schedule.TOKENS_WORTH_A_WORKER", 1)
    one, two = (fit(workers=n, batch_size=512) for n in (1, 2))
    assert not caplog.records
    with caplog.at_level("INFO", "negsamp"):
        local = fit(objective=Local(), workers=2, batch_size=512)
    assert "objective Local() trains in one process" in caplog.text
    for model in (two, local):
        assert model.vectors_.tobytes() == one.vectors_.tobytes()


def test_it_is_neither_saved_nor_written_in_checkpoints(tmp_path):
    model = fit(epochs=1)
    message = (
        r"objective is Squares\(\), and a saved model or checkpoint names one of 'sgns', 'nce'"
    )
    with pytest.raises(ValueError, match=message):
        model.save(tmp_path / "model")
    with pytest.raises(ValueError, match=message):
        Word2Vec(objective=Squares()).fit("no such file", checkpoint=tmp_path / "run")
    assert not list(tmp_path.iterdir())
    # an object that a name stands for is as good as the name
    fit(epochs=1, objective=OBJECTIVES["infonce"]).save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").objective == "infonce"


def test_it_is_copied_with_the_model():
    model = fit(epochs=1)
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again.score_pairs(["a0"], ["b0"]) == model.score_pairs(["a0"], ["b0"])
        assert "objective=Squares()" in repr(again)


def test_a_class_is_not_an_object():
    with pytest.raises(
        TypeError, match=r"^objective is <class .*, or an object of a subclass of neg"
    ):
        fit(objective=Squares)
