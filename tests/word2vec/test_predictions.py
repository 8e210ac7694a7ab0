"""The contexts that a model expects, against loops over all pairs and against gensim."""

import numpy as np
import pytest

from negsamp import UnknownWordError, Word2Vec
from negsamp.core.objectives import OBJECTIVES

SETTINGS = {"vector_size": 6, "min_count": 1, "sample": 0, "epochs": 10, "workers": 1, "seed": 1}


def corpus():
    rng = np.random.default_rng(0)
    topics = [[f"{topic}{i}" for i in range(6)] for topic in "ab"]
    return [rng.choice([*topics[i % 2], "the", "the", "the"], 12).tolist() for i in range(400)]


@pytest.fixture(scope="module")
def model():
    return Word2Vec(**SETTINGS).fit(corpus())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_pmi_is_the_probability_less_that_of_the_noise(objective):
    model = Word2Vec(**{**SETTINGS, "objective": objective}).fit(corpus())
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
