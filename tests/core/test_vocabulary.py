"""A vocabulary holds words, counts and rows that agree."""

import numpy as np
import pytest

from negsamp.core.rare_words import RareWords
from negsamp.core.vocabulary import Growth, Vocabulary


@pytest.mark.parametrize("row", [-1, 2])
def test_decode_refuses_a_row_that_is_not_there(row):
    with pytest.raises(IndexError, match=f"ids holds {row}; it must hold rows from 0 to 1"):
        Vocabulary(["a", "b"], [2, 1]).decode([0, row, 1])


def test_decode_of_nothing_is_nothing():
    assert Vocabulary(["a"], [1]).decode([]) == []


def test_vocabulary_contents():
    counts = np.array([5, 2])
    vocabulary = Vocabulary(("a", 7), counts, raw_words=9)
    counts[:] = 0
    assert vocabulary.counts.tolist() == [5, 2]
    assert (len(vocabulary), vocabulary.raw_words, vocabulary.index) == (2, 9, {"a": 0, 7: 1})
    assert "a" in vocabulary
    assert 7 in vocabulary
    assert 0 not in vocabulary
    assert repr(vocabulary) == "Vocabulary(2 words, 7 of 9 tokens)"
    assert Vocabulary(["a", "b"], [5, 2]).raw_words == 7


def test_vocabulary_refuses_parts_that_do_not_agree():
    with pytest.raises(ValueError, match=r"counts has shape \(1,\); it must be \(2,\), one a word"):
        Vocabulary(["a", "b"], [1])
    with pytest.raises(ValueError, match="words holds a word more than once"):
        Vocabulary(["a", "b", "a"], [2, 1, 1])


def test_vocabulary_grows_in_place_and_can_be_taken_back():
    vocabulary = Vocabulary(["a", "b"], [5, 2], 9, RareWords.of(["c", "d"], np.array([1, 1])))
    before, copied = vocabulary.copy(), vocabulary.copy()
    growth = Growth(["c"], np.array([5, 3, 2]), 12, {"c": 0, "e": 1}, 5)
    take_back = vocabulary.grow(growth)
    assert vocabulary.words == [*vocabulary.index] == ["a", "b", "c"]
    assert vocabulary.index["c"] == 2
    assert vocabulary.counts.tolist() == [5, 3, 2]
    assert (vocabulary.raw_words, vocabulary.rare.counts) == (12, {"d": 1, "e": 1})
    take_back()
    for one in (vocabulary, copied):
        assert (one.words, one.index, one.raw_words) == (before.words, before.index, 9)
        assert one.counts.tolist() == [5, 2]
        assert one.rare.counts == {"c": 1, "d": 1}
