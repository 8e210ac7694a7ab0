"""Contexts that a model expects and items that it recommends, against loops and against gensim."""

from functools import cache

import numpy as np
import pytest
from scipy.special import logsumexp

from negsamp import NotFittedError, UnknownWordError, Word2Vec
from negsamp.core.objectives import OBJECTIVES
from negsamp.word2vec import predictions

SETTINGS = {"vector_size": 6, "min_count": 1, "sample": 0, "epochs": 10, "workers": 1, "seed": 1}


def corpus():
    rng = np.random.default_rng(0)
    topics = [[f"{topic}{i}" for i in range(6)] for topic in "ab"]
    return [rng.choice([*topics[i % 2], "the", "the", "the"], 12).tolist() for i in range(400)]


@cache
def model_of(objective):
    return Word2Vec(**{**SETTINGS, "objective": objective}).fit(corpus())


@pytest.fixture
def model():
    return model_of("sgns")


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_pmi_is_the_probability_less_that_of_the_noise(objective):
    model = model_of(objective)
    counts = model.vocabulary_.counts
    noise = dict(zip(model.vocabulary_.words, counts**0.75 / (counts**0.75).sum(), strict=True))
    log_p = dict(model.predict_context(["a1", "the"], topn=99))
    found = model.predict_context(["a1", "the"], topn=99, by="pmi")
    assert len(found) == len(counts)
    assert [value for _, value in found] == sorted((value for _, value in found), reverse=True)
    for word, value in found:
        assert value == pytest.approx(log_p[word] - np.log(noise[word]), abs=1e-9)


def test_pmi_of_sgns_is_its_score_and_the_order_of_gensim(model):
    words = list(model.wv)
    for center in ("a1", "the"):
        found = model.predict_context(center, topn=99, by="pmi")
        scores = dict(zip(words, model.score_pairs([center] * len(words), words), strict=True))
        for word, value in found:
            assert value == pytest.approx(scores[word] + np.log(5), abs=1e-9)
    by_probability, by_pmi = (
        [word for word, _ in model.predict_context("a1", topn=99, by=by)]
        for by in ("probability", "pmi")
    )
    assert by_probability[0] == "the"
    assert by_pmi.index("the") > 0


def test_pmi_is_the_order_of_gensim(model):
    theirs = pytest.importorskip("gensim.models").Word2Vec(
        corpus(), sg=1, vector_size=6, min_count=1, sample=0, seed=1
    )
    # the same vectors
    rows = [model.wv.key_to_index[word] for word in theirs.wv.index_to_key]
    theirs.wv.vectors[:] = model.vectors_[rows]
    theirs.syn1neg[:] = model.context_vectors_[rows]
    for words in (["a1"], ["the"], ["b1", "the", "b2"], ["a1", "unknown", "b2"]):
        expected = [word for word, _ in theirs.predict_output_word(words, topn=99)]
        assert [word for word, _ in model.predict_context(words, topn=99, by="pmi")] == expected


def test_unknown_words_are_left_out_where_others_are_left(model):
    expected = model.predict_context(["a1", "b2"])
    assert model.predict_context(["a1", "x", None, "b2"]) == expected
    some = dict(model.predict_context({"b2", "a1", "x"}))
    assert some == pytest.approx(dict(expected))
    with pytest.raises(UnknownWordError, match=r"^'x' is not among the 13 words"):
        model.predict_context(["a1", "x"], ignore_missing=False)
    for words in (["x", "y"], "x", ["x"], np.array(["x", "y"])):
        with pytest.raises(UnknownWordError, match=r"^'x'(, 'y' are| is) not among the 13 words"):
            model.predict_context(words)


@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        np.array,
        iter,
        lambda words: dict.fromkeys(words).keys(),
        lambda words: pytest.importorskip("pandas").Series(words),
        lambda words: pytest.importorskip("pyarrow").array(words),
    ],
)
def test_words_stand_in_any_container(model, kind):
    words, others = ["a1", "the", "b2"], ["a2", "b1", "the"]
    assert model.predict_context(kind(words)) == model.predict_context(words)
    found = model.score_pairs(kind(words), kind(others))
    np.testing.assert_array_equal(found, model.score_pairs(words, others))


def test_bad_questions_are_named(model):
    with pytest.raises(ValueError, match="by is 'frequency'; it must be one of 'probability', 'pm"):
        model.predict_context("a1", by="frequency")
    with pytest.raises(ValueError, match="words is empty"):
        model.predict_context(np.array([], str))
    with pytest.raises(TypeError, match=r"centers is \{'a1'\}; it must be a list of words"):
        model.score_pairs({"a1"}, ["a2"])


def test_a_word_that_is_never_noise_has_no_pmi():
    noise = np.ones(13)
    noise[4] = 0
    model = Word2Vec(**{**SETTINGS, "noise": noise}).fit(corpus())
    *_, last = model.predict_context("a1", topn=99, by="pmi")
    assert last == (model.wv.index_to_key[4], -np.inf)


@pytest.mark.parametrize("at_once", [1, 30, 1 << 24])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_recommended_items_have_the_mean_probability_of_the_history(
    monkeypatch, objective, at_once
):
    monkeypatch.setattr(predictions, "SCORES_AT_ONCE", at_once)
    model = model_of(objective)
    history = ["a1", "the", "b2", "a1"]
    log_p = [dict(model.predict_context(item, topn=99)) for item in history]
    expected = {w: logsumexp([p[w] for p in log_p]) - np.log(4) for w in model.wv}
    found = model.recommend(history, topn=99)
    assert [item for item, _ in found] == sorted(
        expected.keys() - set(history), key=expected.__getitem__, reverse=True
    )
    assert dict(found) == pytest.approx({item: expected[item] for item, _ in found})
    assert model.recommend(history, topn=3) == found[:3]
    assert model.recommend(history, topn=0) == []
    assert len(model.recommend(history)) == 10
    whole = model.recommend(history, topn=None)
    np.testing.assert_allclose(whole, [expected[item] for item in model.wv])


@pytest.mark.parametrize("exclude", [["a2", "a3", "none"], {"a2", "a3"}, iter(["a3", "a2", "a2"])])
def test_excluded_items_are_not_recommended_either(model, exclude):
    expected = [pair for pair in model.recommend(["a1"], 99) if pair[0] not in ("a2", "a3")]
    assert model.recommend(["a1"], 99, exclude) == expected
    assert "the" not in dict(model.recommend("a1", 99, "the"))
    assert model.recommend(["a1"], 99, [*model.wv]) == []


@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        np.array,
        iter,
        lambda items: dict.fromkeys(items).keys(),
        lambda items: pytest.importorskip("pandas").Series(items, index=[7, 8, 9]),
        lambda items: pytest.importorskip("pyarrow").array(items),
    ],
)
def test_a_history_stands_in_any_container(model, kind):
    expected = model.recommend(["a1", "b2"], exclude=["the", "x", "b1"])
    assert model.recommend(kind(["a1", "x", "b2"]), exclude=kind(["the", "x", "b1"])) == expected


def test_recommended_items_are_the_keys_that_were_bought():
    baskets = [[7, 8], [(7, "kg"), b"x", 9.5], [7, 9.5], [8, (7, "kg")]] * 20
    model = Word2Vec(**SETTINGS).fit(baskets)
    for history in ([7], 7, np.array([7, 8]), [(7, "kg")], (7, "kg")):
        found = {item for item, _ in model.recommend(history, exclude=[9.5, 3])}
        asked = {(7, "kg")} if "kg" in str(history) else {7, *np.atleast_1d(history).tolist()}
        assert found == set(model.wv) - asked - {9.5}


def test_users_are_recommended_items_of_their_pairs():
    pairs = [
        (f"user {i}", f"{'ab'[i % 2]}{j % 5}", 2.0) for i in range(20) for j in range(i, i + 4)
    ]
    model = Word2Vec(**{**SETTINGS, "epochs": 30, "alpha": 0.2}).fit_pairs(pairs)
    seen = [item for user, item, _ in pairs if user == "user 0"]
    found = model.recommend("user 0", exclude=seen)
    assert len(found) == len(model.context_wv) - len(seen)
    assert found[0][0] == "a4"
    assert len(model.recommend("user 0", topn=None)) == len(model.context_wv)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([["x", "y"]], UnknownWordError, r"^'x', 'y' are not among the 13 words"),
        (["x"], UnknownWordError, r"^'x' is not among the 13 words"),
        ([[None]], UnknownWordError, r"^None is not among the 13 words"),
        ([None], UnknownWordError, r"^None is not among the 13 words"),
        ([[["a1", "a2"], ["b1"]]], TypeError, r"^history holds \['a1', 'a2'\]; it must hold items"),
        ([["a1"], 3, [["a2"]]], TypeError, r"^exclude holds \['a2'\]; it must hold items"),
        ([["a1"], -1], ValueError, r"^topn is -1; it must be an integer, 0 or more, or None$"),
        ([["a1"], True], ValueError, r"^topn is True; "),
    ],
)
def test_recommend_refuses(model, arguments, error, message):
    with pytest.raises(error, match=message):
        model.recommend(*arguments)
    with pytest.raises(NotFittedError):
        Word2Vec().recommend(*arguments)


@pytest.mark.parametrize("history", [[], (), np.array([]), iter([])])
def test_recommend_refuses_an_empty_history(model, history):
    with pytest.raises(ValueError, match="history is empty; it needs an item or more"):
        model.recommend(history)
