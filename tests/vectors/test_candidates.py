"""Answers among some rows only, and the cosines of all of them, against all answers."""

import tracemalloc

import numpy as np
import pytest

from negsamp import KeyedVectors, UnknownWordError
from negsamp.vectors import cosines
from negsamp.vectors.candidates import candidates

WORDS = [f"w{i}" for i in range(50)]
ROWS = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
AMONG = ["w40", "w3", "w21", "w3", "w0", "w17"]
METHODS = {
    "most_similar": lambda kv, *words, **options: kv.most_similar(list(words), **options),
    "negative": lambda kv, *words, **options: kv.most_similar(negative=list(words), **options),
    "cosmul": lambda kv, *words, **options: kv.most_similar_cosmul(list(words), "w9", **options),
    "batch": lambda kv, *words, **options: kv.most_similar_batch([list(words)], **options)[0],
    "by_word": lambda kv, *words, **options: kv.similar_by_word(words[0], **options),
    "by_key": lambda kv, *words, **options: kv.similar_by_key(key=words[0], **options),
    "by_vector": lambda kv, *words, **options: kv.similar_by_vector(ROWS[3], **options),
}
EACH = pytest.mark.parametrize("ask", METHODS.values(), ids=METHODS)


@pytest.fixture
def kv():
    return KeyedVectors(WORDS, ROWS)


@EACH
@pytest.mark.parametrize("topn", [0, 1, 3, 100])
def test_answers_among_some_are_those_of_all_that_are_among_them(kv, ask, topn):
    expected = [answer for answer in ask(kv, "w3", topn=50) if answer[0] in AMONG]
    assert ask(kv, "w3", topn=topn, among=AMONG) == expected[:topn]
    assert len(expected) == (4 if ask is not METHODS["by_vector"] else 5)


@EACH
def test_answers_among_rows_are_those_of_all_that_are_among_them(kv, ask):
    if ask in (METHODS["most_similar"], METHODS["negative"]):
        for start, end in ((0, 20), (7, 30), (7, None), (49, 99), (99, None)):
            words = WORDS[start:end]
            expected = [answer for answer in ask(kv, "w8", topn=50) if answer[0] in words]
            assert ask(kv, "w8", topn=50, clip_start=start, clip_end=end) == expected
    else:
        with pytest.raises(TypeError, match="clip_start"):
            ask(kv, "w8", clip_start=3)
    expected = [answer for answer in ask(kv, "w8", topn=50) if answer[0] in WORDS[:20]]
    assert ask(kv, "w8", topn=50, restrict_vocab=20) == expected


def test_equal_cosines_among_some_are_in_row_order():
    kv = KeyedVectors("abcd", np.array([[1, 0], [2, 0], [3, 0], [0, 1]]))
    assert [key for key, _ in kv.most_similar("a", among=["d", "c", "b"])] == ["b", "c", "d"]
    # the query is no answer, and another word of the same vector is
    assert kv.most_similar("a", topn=1, among=["a", "c"]) == [("c", 1)]
    assert kv.most_similar("a", among="a") == kv.most_similar("a", topn=0) == []


@EACH
def test_no_topn_gives_the_scores_of_all(kv, ask):
    scores = ask(kv, "w3", topn=None)
    assert (scores.shape, scores.dtype) == ((50,), np.float32)
    found = dict(ask(kv, "w3", topn=50))
    expected = [found.get(word, score) for word, score in zip(WORDS, scores, strict=True)]
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)  # of a float32 product
    first = ask(kv, "w3", topn=None, restrict_vocab=7)
    np.testing.assert_allclose(first, scores[:7], rtol=1e-5, atol=1e-6)
    some = ask(kv, "w3", topn=None, among=AMONG)
    assert some.dtype == np.float32
    np.testing.assert_allclose(some, scores[[40, 3, 21, 3, 0, 17]], rtol=1e-5, atol=1e-6)


def test_no_topn_gives_the_queries_too(kv):
    assert kv.most_similar("w3", topn=None)[3] == pytest.approx(1, abs=1e-6)
    assert kv.most_similar("w3", topn=None, among=["w4", "w3"])[1] == 1
    np.testing.assert_allclose(kv.most_similar("w3", topn=None), 1 - kv.distances("w3"), atol=1e-6)
    clipped = kv.most_similar("w3", topn=None, clip_start=2, clip_end=9)
    np.testing.assert_allclose(clipped, kv.most_similar("w3", topn=None)[2:9], atol=1e-6)
    double = KeyedVectors(WORDS, ROWS.astype(float)).most_similar("w3", topn=None)
    assert double.dtype == np.float64


@pytest.mark.parametrize("scores", [1, 75, 10**6])
def test_no_topn_is_the_same_for_many_queries(monkeypatch, kv, scores):
    monkeypatch.setattr(cosines, "_SCORES", scores)
    for options in ({}, {"among": AMONG}, {"restrict_vocab": 9}):
        found = kv.most_similar_batch(WORDS, topn=None, **options)
        for word, some in zip(WORDS, found, strict=True):
            np.testing.assert_array_equal(some, kv.most_similar(word, topn=None, **options))
    assert kv.most_similar_batch(WORDS[:3], topn=0) == [[], [], []]


@EACH
def test_unknown_candidates_are_named(kv, ask):
    with pytest.raises(UnknownWordError, match=r"^'x', 7 are not among the 50 words"):
        ask(kv, "w3", among=["w3", "x", "w4", 7, "x"])
    with pytest.raises(UnknownWordError, match=r"^'w3x' is not .*; the nearest spelling is 'w3'$"):
        ask(kv, "w3", among="w3x")


def test_rows_are_named_in_one_way(kv):
    for options in (
        {"restrict_vocab": 3, "among": ["w1"]},
        {"clip_end": 3, "among": ["w1"]},
        {"clip_start": 3, "restrict_vocab": 9},
        {"clip_start": 3, "restrict_vocab": 9, "among": []},
    ):
        with pytest.raises(ValueError, match="give one of restrict_vocab, among, and clip_start"):
            kv.most_similar("w3", **options)
    for options, message in (
        ({"clip_start": -1}, "clip_start is -1; it must be an integer, 0 or more"),
        ({"clip_start": None}, "clip_start is None; it must be an integer, 0 or more"),
        ({"clip_end": 0}, "clip_end is 0; it must be an integer, 1 or more, or None"),
        ({"clip_end": 2.5}, "clip_end is 2.5; it must be an integer"),
        ({"clip_start": 7, "clip_end": 7}, "clip_start is 7; it must be less than clip_end, 7"),
    ):
        with pytest.raises(ValueError, match=message):
            kv.most_similar("w3", **options)


def test_candidates_that_are_consecutive_are_no_copy(kv):
    for some in (candidates(kv), candidates(kv, 9), candidates(kv, clip_start=5, clip_end=99)):
        assert np.shares_memory(some.vectors, kv.vectors)
    assert not np.shares_memory(candidates(kv, among=AMONG).vectors, kv.vectors)


def test_few_candidates_take_little_memory():
    vectors = np.random.default_rng(0).normal(size=(50_000, 100)).astype(np.float32)
    kv = KeyedVectors(range(50_000), vectors)
    tracemalloc.start()
    kv.most_similar(3, among=range(0, 50_000, 500))
    kv.most_similar(3, topn=None, among=range(0, 50_000, 500))
    assert kv._norms is None, "no norm of another row was needed"
    kv.most_similar(3, topn=None)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 10_000_000, "the matrix has 20 million bytes"
