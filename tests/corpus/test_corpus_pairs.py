"""Explicit pairs as ids: what is read, and what is refused."""

import numpy as np
import pytest

from negsamp import CorpusError
from negsamp.corpus import pair_forms
from negsamp.corpus.pair_forms import GivenPairs
from negsamp.corpus.pairs import read_pairs as read_given

CENTERS = ["b", "a", "b", ("c", 1), "a", "b"]
CONTEXTS = ["x", "y", "x", "b", "x", 3]
WEIGHTS = [1.0, 2.0, 0.5, 0.25, 0.0, 4.0]


def read_pairs(centers, contexts, weights, min_count, **more):
    return read_given(GivenPairs(centers, contexts, weights, **more), min_count)


def spelled(data):
    words = data.center_words.words, data.context_words.words
    rows = zip(data.centers.tolist(), data.contexts.tolist(), data.weights.tolist(), strict=True)
    return [(words[0][c], words[1][o], w) for c, o, w in rows]


@pytest.mark.parametrize("at_once", [1, 4, 1 << 16])
@pytest.mark.parametrize(
    "form",
    [
        lambda: (CENTERS, CONTEXTS, WEIGHTS),
        lambda: (iter(CENTERS), (c for c in CONTEXTS), np.array(WEIGHTS)),
        lambda: (CENTERS, iter(CONTEXTS), (w for w in WEIGHTS)),
        lambda: (zip(CENTERS, CONTEXTS, WEIGHTS, strict=True), None, None),
        lambda: ([list(p) for p in zip(CENTERS, CONTEXTS, WEIGHTS, strict=True)], None, None),
    ],
    ids=["lists", "iterators", "mixed", "tuples", "lists of three"],
)
def test_every_form_is_read_alike(monkeypatch, at_once, form):
    monkeypatch.setattr(pair_forms, "AT_ONCE", at_once)
    data = read_pairs(*form(), 0)
    expected = [p for p in zip(CENTERS, CONTEXTS, WEIGHTS, strict=True) if p[2]]
    assert spelled(data) == expected
    assert data.center_words.words == ["b", "a", ("c", 1)]
    assert data.context_words.words == [3, "y", "x", "b"]
    assert data.center_words.counts.tolist() == [6, 2, 1]  # 5.5, 2, 0.25
    assert data.context_weights.tolist() == [4.0, 2.0, 1.5, 0.25]
    assert data.centers.dtype == data.contexts.dtype == np.int32
    assert data.center_words.raw_words == data.context_words.raw_words == 8


def test_arrays_of_numbers_and_strings_hold_python_words():
    data = read_pairs(np.array([7, 7, 2]), np.array(["x", "y", "y"]), None, 0)
    words = data.center_words.words + data.context_words.words
    assert [*map(type, words)] == [int, int, str, str]
    assert spelled(data) == [(7, "x", 1.0), (7, "y", 1.0), (2, "y", 1.0)]


def test_min_count_holds_on_both_sides_and_is_of_weights():
    # "a" weighs 3 and "c" 2.5 as centers; as contexts "x" 3.5 and "y" 2
    data = read_pairs(["a", "a", "c", "c"], ["x", "y", "x", "y"], [2, 1, 1.5, 1], 2.6)
    assert spelled(data) == [("a", "x", 2.0)]
    assert data.context_weights.tolist() == [2.0]
    with pytest.raises(CorpusError, match=r"min_count=5: .* center weigh 3 in .* context 3.5"):
        read_pairs(["a", "a", "c", "c"], ["x", "y", "x", "y"], [2, 1, 1.5, 1], 5)


def test_a_word_that_loses_all_its_pairs_is_no_word():
    # "a" is frequent enough, but not one of its contexts
    data = read_pairs(["a", "a", "b", "b"], ["p", "q", "x", "x"], None, 2)
    assert (data.center_words.words, data.context_words.words) == (["b"], ["x"])


def test_weights_of_any_size_give_counts():
    data = read_pairs(["a", "b"], ["x", "y"], [1e300, 1e-300], 0)
    assert data.center_words.counts.tolist() == [2**62, 1]
    assert data.weights.tolist() == [1e300, 1e-300]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ((["a", "b"], ["x"]), ValueError, "centers has 2 words and contexts 1; they come in pairs"),
        ((iter("abc"), ["x"]), ValueError, "centers has 3 words and contexts 1"),
        ((["a"], (c for c in "xyz")), ValueError, "centers has 1 words and contexts 3"),
        (("ab", ["x", "y"]), TypeError, "centers is 'ab'; it must be an iterable of words"),
        ((["x", "y"], 3), TypeError, "contexts is 3; it must be an iterable of words"),
        ((np.zeros((2, 2)), ["x", "y"]), ValueError, r"centers has shape \(2, 2\)"),
        ((["a", None], ["x", "y"]), CorpusError, r"centers\[1\] is None; a word may not be None"),
        ((["a", "b"], [1.5, np.nan]), CorpusError, r"contexts\[1\] is nan; a word may not be"),
        ((["a", ["b"]], ["x", "y"]), CorpusError, r"centers\[1\] is \['b'\], which is not hashab"),
        (([], []), CorpusError, "no pair to train on: none is given"),
        ((["ab", "cd"],), ValueError, r"pair 0 is 'ab'; all must be \(center, context\), or all"),
        (([("a", "x"), ("a", "x", 1)],), ValueError, r"pair 1 is \('a', 'x', 1\); all must be"),
        (([("a", "x"), ("a",)],), ValueError, r"pair 1 is \('a',\); all must be"),
        ((3,), TypeError, "centers is 3; without contexts it must be an iterable of tuples, a tab"),
        (("ab",), FileNotFoundError, "names the file 'ab', which does not exist"),
        (([("a", "x")], None, [1]), ValueError, "weights is given without contexts"),
        ((["a"], ["x"], [1, 2]), ValueError, r"weights has shape \(2,\); it must be \(1,\)"),
        ((["a"], ["x"], 2.0), TypeError, "weights is 2.0; it must be an array of numbers, or None"),
        ((["a"], ["x"], ["heavy"]), ValueError, "weights holds what is no number"),
        ((["a", "b"], ["x", "y"], [1, -0.5]), ValueError, r"weights\[1\] is -0.5; it must be fin"),
        ((["a", "b"], ["x", "y"], [np.nan, 1]), ValueError, r"weights\[0\] is nan; it must be fin"),
        (([("a", "x", 1), ("a", "x", np.inf)],), ValueError, r"weights\[1\] is inf; it must be fi"),
        ((["a", "b"], ["x", "y"], [1e308, 1e308]), ValueError, "sums to more than a float can ho"),
        ((["a", "b"], ["x", "y"], [0, 0]), CorpusError, "the weights of all 2 are 0"),
    ],
)
def test_what_cannot_be_trained_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        read_pairs(*given, *[None] * (3 - len(given)), 0)


def test_places_are_counted_from_the_first_pair(monkeypatch):
    monkeypatch.setattr(pair_forms, "AT_ONCE", 3)
    words = list("abcdefg")
    with pytest.raises(CorpusError, match=r"contexts\[5\] is None"):
        read_pairs(words, [*"xyxyx", None, "x"], None, 0)
    with pytest.raises(ValueError, match=r"pair 5 is \('f',\)"):
        read_pairs([(w, "x") if w != "f" else ("f",) for w in words], None, None, 0)
