"""Kinds of tokens: Python's value of a scalar, what is missing, and what no file can hold."""

import dataclasses
import datetime
import logging
import re
import uuid
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction

import numpy as np
import pytest

from negsamp import Word2Vec
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.encoding import encode_corpus
from negsamp.corpus.token_kinds import advice_on_tokens, is_missing, python_value
from negsamp.files.word_list import encode_words


class Colour(Enum):
    RED = 1


class Name(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


class Node:
    """An object that is equal to no other."""


@dataclasses.dataclass(frozen=True)
class Point:
    x: int


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("a", "a"),
        (7, 7),
        (np.str_("a"), "a"),
        (np.int8(7), 7),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.bool_(True), True),
        (np.bytes_(b"a"), b"a"),
        (np.datetime64("2020-01-01", "ns"), np.datetime64("2020-01-01", "ns")),
        (np.timedelta64(3, "ns"), np.timedelta64(3, "ns")),
        (Name.RED, Name.RED),
        (("a", 1), ("a", 1)),
        (frozenset("a"), frozenset("a")),
    ],
)
def test_python_value_is_that_of_a_scalar(token, value):
    found = python_value(token)
    assert found == value
    assert type(found) is type(value)
    assert read_corpus([[token, token]], 1)[0].words == [value]


def test_python_value_of_pyarrow_and_pandas_scalars():
    pa, pd = pytest.importorskip("pyarrow"), pytest.importorskip("pandas")
    strings, numbers = list(pa.array(["a", "b", "a"])), list(pa.array([1, 2]))
    vocabulary, stream = read_corpus([strings, ["a", "b"], numbers, [2]], 1)
    assert {type(word) for word in vocabulary.words} == {str, int}
    assert vocabulary.index.keys() == {"a", "b", 1, 2}
    assert vocabulary.counts.sum() == len(stream) == 8
    ids = encode_corpus(vocabulary, [strings[::2]]).ids
    assert ids.tolist() == [vocabulary.index["a"]] * 2
    day = pd.Timestamp("2020-01-01")
    assert python_value(day) is day
    assert read_corpus([[day, datetime.datetime(2020, 1, 1)]], 1)[0].counts.tolist() == [2]


def test_python_value_that_is_no_token_is_refused():
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(
        ValueError, match=r"^token 1 of sentence 0 is None; a token may not be None"
    ):
        read_corpus([["a", pa.scalar(None, pa.string())]], 1)
    with pytest.raises(ValueError, match=r"^token 0 of sentence 0 is .*, which is not hashable"):
        read_corpus([[pa.scalar(["a"])]], 1)


@pytest.mark.parametrize(
    "value", [None, float("nan"), np.float16("nan"), Decimal("nan"), np.datetime64("NaT", "D")]
)
def test_is_missing_knows_none_and_any_nan(value):
    assert is_missing(value)


def test_is_missing_knows_what_pandas_has():
    pd = pytest.importorskip("pandas")
    assert is_missing(pd.NA)
    assert is_missing(pd.NaT)


@pytest.mark.parametrize("value", ["", "nan", 0, False, (None,), np.zeros(2), object()])
def test_is_missing_takes_nothing_else(value):
    assert not is_missing(value)


WORDS = ["a", "", " ", "\ud800", 7, 2**70, True, 0.5, b"a", (), ("a", (1, b"")), Name.RED]
WORDS += [Colour.RED, Number.ONE, Point(1), Node(), datetime.date(2020, 1, 1), uuid.UUID(int=1)]
WORDS += [frozenset("a"), Fraction(1, 2), Decimal(1), 1j, range(3), ("a", uuid.UUID(int=1)), print]
WORDS += [np.datetime64("2020-01-01"), int, float("inf"), ("a", float("-inf"))]


@pytest.mark.parametrize("word", WORDS)
def test_advice_on_tokens_names_what_no_file_can_hold(word):
    advice = [*advice_on_tokens(Vocabulary(["b", word], [2, 1]))]
    try:
        encode_words([word], [1])
    except ValueError:
        [text] = advice
        assert text.startswith("words such as ")
        assert type(word).__name__ in text
        assert len(text) < 400
    else:
        assert bool(advice) == (word == "")


@pytest.mark.parametrize("word", [Node(), (lambda: 1), Node, (1).__class__])
def test_advice_on_tokens_names_what_is_hashed_by_identity(word):
    [text] = advice_on_tokens(Vocabulary([word], [1]))
    assert "hashed by identity: another object" in text


@pytest.mark.parametrize("word", [Colour.RED, Point(1), uuid.UUID(int=1), frozenset("a")])
def test_advice_on_tokens_helps(word):
    corpus = [[word, "a"], ["a", word]]
    [text] = advice_on_tokens(read_corpus(corpus, 1)[0])
    assert "identity" not in text
    again = eval(re.search(r"\[\[.*\]", text)[0])
    assert not [*advice_on_tokens(read_corpus(again, 1)[0])]


def test_advice_on_tokens_offers_to_leave_empty_ones_out():
    corpus = [text.split(" ") for text in ("a  b", " a b c")]
    vocabulary = read_corpus(corpus, 1)[0]
    assert vocabulary.words == ["", "a", "b", "c"]
    [text] = advice_on_tokens(vocabulary)
    assert text.startswith("the empty string is a word, seen 2 times")
    again = eval(re.search(r"\[\[.*\]", text)[0])
    assert read_corpus(again, 1)[0].words == ["a", "b", "c"]


def test_advice_on_tokens_names_each_kind_once():
    words = [*map(uuid.UUID, (f"{i:032}" for i in range(9))), datetime.date(2020, 1, 1), "a", 3]
    advice = [*advice_on_tokens(Vocabulary(words, [1] * len(words)))]
    assert [re.search(r"\(([^()]*)\) can", text)[1] for text in advice] == [
        "uuid UUID",
        "datetime date",
    ]


def advice_logged(caplog, train, *corpus):
    caplog.clear()
    model = Word2Vec(4, min_count=1, sample=0, epochs=1, workers=1, seed=1)
    with caplog.at_level(logging.WARNING, "negsamp"):
        getattr(model, train)(*corpus)
    return [record.getMessage() for record in caplog.records if "words such" in record.getMessage()]


def test_training_tells_of_words_that_no_file_can_hold(caplog):
    centers, contexts = [Point(1), "b"], ["a", Point(2)]
    assert len(advice_logged(caplog, "fit", [centers, contexts])) == 1
    told = advice_logged(caplog, "fit_pairs", centers, contexts)
    assert [re.search(r"map\(.*\)", text)[0] for text in told] == [
        "map(str, centers)",
        "map(str, contexts)",
    ]
    assert advice_logged(caplog, "fit_pairs", map(str, centers), map(str, contexts)) == []
    assert advice_logged(caplog, "fit", [[1, ("a", 2)], [2.5, b"b"]]) == []


def test_diagnosis_tells_of_words_that_no_file_or_only_a_saved_model_can_hold(caplog):
    corpus = [[Point(1), "a", 7, ("a", 2)], ["b", Point(2)]]
    with caplog.at_level(logging.WARNING, "negsamp"):
        advice = Word2Vec(4, min_count=1, sample=0, workers=1).diagnose(corpus, seconds=0.01).advice
    told = [text for text in advice if text.startswith("words such as ")]
    assert [re.search(r"\(([^()]*)\) (can|are)", text).groups() for text in told] == [
        ("test_token_kinds Point", "can"),
        ("int", "are"),
        ("tuple", "are"),
    ]
    assert not caplog.records
    again = [[str(t) for t in s] for s in corpus]
    advice = Word2Vec(4, min_count=1, sample=0, workers=1).diagnose(again, seconds=0).advice
    assert not any("words such as" in text for text in advice)
