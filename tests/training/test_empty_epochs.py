"""Epochs in which no pair is left: their loss, what is said of them, and that the advice helps."""

import json
import math
import re
import warnings

import numpy as np
import pytest

from negsamp import CorpusError, Word2Vec

TOY = [["cats", "chase", "mice"], ["dogs", "chase", "cats"]]
SETTINGS = {"vector_size": 4, "min_count": 1, "epochs": 4, "workers": 1, "seed": 1}
NOTHING = "nothing was trained: no epoch had a pair"


def fit_warned(corpus, match, **params):
    with pytest.warns(RuntimeWarning, match=match) as caught:
        model = Word2Vec(**{**SETTINGS, **params}).fit(corpus)
    assert len(caught) == 1
    assert caught[0].filename == __file__  # it points at the caller's line
    return model


def fit_as_advised(corpus, message, **params):
    """Set what a message says; no warning may come."""
    name, value = re.search(r"(sample)=(0) keeps all", message).groups()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Word2Vec(**{**SETTINGS, **params, name: float(value)}).fit(corpus)
    assert np.isfinite(model.loss_history_).all()
    assert model.context_vectors_.any()


@pytest.mark.parametrize("objective", ["sgns", "nce", "infonce", "softmax", "hierarchical"])
@pytest.mark.parametrize("corpus", [TOY, [["a", "b"] * 6], [["a", "a", "a"]], ["x y"]], ids=str)
def test_no_pair_in_any_epoch_is_nan_and_a_warning_whose_advice_helps(corpus, objective):
    if objective in ("softmax", "hierarchical", "infonce") and corpus == [["a", "a", "a"]]:
        pytest.skip("one word")
    model = fit_warned(corpus, NOTHING, objective=objective, sample=1e-9)
    assert [math.isnan(loss) for loss in model.loss_history_] == [True] * 4
    with pytest.warns(RuntimeWarning) as caught:
        Word2Vec(**SETTINGS, objective=objective, sample=1e-9).fit(corpus)
    fit_as_advised(corpus, str(caught[0].message), objective=objective)


def test_no_pair_in_some_epochs_is_nan_in_those_and_one_warning():
    warning = r"^[1-7] of 8 epochs had no pair .*: sample=0 keeps"
    model = fit_warned(TOY * 10, warning, epochs=8, shift=0)
    empty = np.isnan(model.loss_history_)
    assert empty.any()
    assert not empty.all()
    # σ(0) = 1/2 of a pair and five noise words: vectors have hardly moved
    assert np.array(model.loss_history_)[~empty] == pytest.approx(6 * math.log(2), abs=0.05)


@pytest.mark.parametrize("batch_size", [1, 2, 300, None])
def test_an_epoch_with_a_pair_anywhere_has_a_loss(batch_size):
    # the only pair stands behind what is measured first, in a group of its own
    corpus = [["a"]] * 997 + [["b", "c"]] + [["a"]] * 2
    model = Word2Vec(**{**SETTINGS, "sample": 0}, batch_size=batch_size).fit(corpus)
    assert np.isfinite(model.loss_history_).all()
    assert model.context_wv["b"].any()


def test_pairs_of_every_epoch_have_a_loss():
    model = Word2Vec(**SETTINGS).fit_pairs([("a", "b", 1e-30), ("c", "d", 1)])
    assert np.isfinite(model.loss_history_).all()


def test_time_that_is_up_before_a_pair_is_nan():
    corpus = [["a"]] * 1000 + [["b", "c"]]
    with pytest.warns(RuntimeWarning, match=f"{NOTHING}.*a longer max_time"):
        model = Word2Vec(**{**SETTINGS, "sample": 0}).fit(corpus, max_time=1e-9)
    assert math.isnan(model.loss_history_[-1])


def test_a_nan_survives_files_and_a_resumed_run(tmp_path, stopped):
    settings = {**SETTINGS, "epochs": 12}
    whole = fit_warned(TOY * 10, "had no pair", epochs=12)
    folder = tmp_path / "run"

    def train():
        Word2Vec(**settings).fit(TOY * 10, checkpoint=folder, checkpoint_every=0)

    stopped(8, train)
    with pytest.warns(RuntimeWarning, match="had no pair"):
        resumed = Word2Vec.resume(folder, TOY * 10)
    assert np.isnan(whole.loss_history_).any()
    np.testing.assert_array_equal(resumed.loss_history_, whole.loss_history_)
    assert resumed.vectors_.tobytes() == whole.vectors_.tobytes()
    whole.save(tmp_path / "model")
    text = (tmp_path / "model" / "model.json").read_text()
    assert None in json.loads(text, parse_constant=pytest.fail)["loss_history"]
    again = Word2Vec.load(tmp_path / "model").loss_history_
    np.testing.assert_array_equal(again, whole.loss_history_)


def test_what_is_held_out_and_subsampled_away_names_sample():
    with pytest.raises(CorpusError, match=r"no pair would be held out; sample .*sample=0") as error:
        Word2Vec(**SETTINGS).fit(TOY * 3, validation=0.2)
    assert "sample=0 keeps" in str(error.value)
    model = Word2Vec(**SETTINGS, sample=0).fit(TOY * 3, validation=0.2)
    assert np.isfinite(model.validation_loss_history_).all()


def test_a_held_out_loss_stands_beside_an_epoch_without_a_pair():
    with pytest.warns(RuntimeWarning, match="of 8 epochs had no pair"):
        model = Word2Vec(**{**SETTINGS, "epochs": 8}).fit([["a", "b"] * 8] * 8, validation=0.5)
    assert np.isfinite(model.validation_loss_history_).all()
    assert len(model.validation_loss_history_) == len(model.loss_history_) == 8


@pytest.mark.parametrize(
    ("corpus", "advice"),
    [
        ([["a", "b"], ["a", "c"], ["a", "d"]], {"min_count": 1}),
        ([["x", "y"], ["x", "z"]] * 2 + [["x"]], {"min_count": 1}),
    ],
)
def test_rare_words_that_leave_no_pair_are_counted_and_the_advice_helps(corpus, advice):
    with pytest.raises(CorpusError, match=r"no pair.* tokens are too rare: with min_count=1 all"):
        Word2Vec(**{**SETTINGS, "min_count": 3}, sample=0).fit(corpus)
    Word2Vec(**{**SETTINGS, **advice}, sample=0).fit(corpus)


@pytest.mark.parametrize(("n_words", "is_told"), [(6, True), (2000, False)])
def test_little_that_is_left_is_logged(caplog, n_words, is_told):
    corpus = [list(map(str, range(n_words)))] * 40
    Word2Vec(**{**SETTINGS, "epochs": 1, "window": 1}).fit(corpus)
    assert ("sample=0 keeps all" in caplog.text) == is_told
