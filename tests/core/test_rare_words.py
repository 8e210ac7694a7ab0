"""Rare words are remembered in the order in which they were seen, up to a bound."""

import pickle

import numpy as np
import pytest

from negsamp.core.rare_words import RareWords


@pytest.mark.parametrize(
    "words",
    [
        *[[], ["a"], ["b", "", "한"], ["\ud800", "a b"], ["a\nb", "c"]],
        *[[1, ("a", None), b"x"], ["a", 1]],
    ],
)
def test_words_come_back_with_their_counts(words):
    rare = RareWords.of(words, np.arange(1, len(words) + 1))
    expected = dict(zip(words, range(1, len(words) + 1), strict=True))
    for each in (pickle.loads(pickle.dumps(rare)), rare.copy(), rare, rare.copy()):
        assert each.counts == expected
        assert [*each.counts] == words
        assert pickle.loads(pickle.dumps(each)).counts == expected


def test_update_sets_counts_and_can_be_taken_back():
    rare = RareWords.of(["a", "b", "c"], np.array([1, 2, 3]))
    before = rare.copy()
    taken = rare.update({"b": 4, "new": 1, "a": 0}, most=10)
    assert [*rare.counts.items()] == [("c", 3), ("b", 4), ("new", 1)]
    rare.update(taken, most=10)
    assert rare.counts == before.counts == {"a": 1, "b": 2, "c": 3}


def test_those_that_were_not_seen_for_longest_are_forgotten():
    rare = RareWords.of(list("abcd"), np.array([9, 1, 1, 1]))
    taken = rare.update({"b": 2, "x": 1}, most=3)
    assert rare.counts == {"d": 1, "b": 2, "x": 1}
    rare.update(taken, most=10)
    assert rare.counts == {"a": 9, "b": 1, "c": 1, "d": 1}
    rare.update({}, most=0)
    assert rare.counts == {}


def test_copy_does_not_change_with_the_other():
    rare = RareWords.of(["a"], np.array([1]))
    copies = [rare.copy(), rare.copy()]
    rare.update({"a": 3, "b": 1}, most=9)
    copies[1].update({"c": 1}, most=9)
    assert [copy.counts for copy in copies] == [{"a": 1}, {"a": 1, "c": 1}]
