"""Which tokens are in phrases, and which thresholds the passes have."""

import re

import numpy as np
import pytest

from negsamp import CorpusError, NotFittedError, Phrases

CORPUS = [["new", "york", "times"]] * 6 + [["new", "york"]] * 6 + [["of", "times"]]


def test_a_word_may_have_the_delimiter(caplog):
    corpus = [*CORPUS, ["snake_case", "_", "__init__", "new", "york"]]
    phrases = Phrases(threshold=0.2).fit(corpus)
    assert phrases.phrases_.keys() == {"new_york"}
    assert caplog.text == ""
    joined = phrases.transform([["snake_case", "new", "york", "_", "__init__"]])
    assert list(joined) == [["snake_case", "new_york", "_", "__init__"]]


@pytest.mark.parametrize("as_file", [False, True])
def test_a_phrase_spelled_as_a_word_is_one_word_with_it(write_bytes, caplog, as_file):
    """A second command finds the rest of the phrases that the first one has not joined."""
    corpus = [*CORPUS, *[["new_york", "times"]] * 6]
    source = write_bytes("\n".join(map(" ".join, corpus)).encode()) if as_file else corpus
    phrases = Phrases(threshold=[0.2, 0.05]).fit(source)
    assert "1 phrases are spelled as words of the corpus, such as 'new_york'" in caplog.text
    assert phrases.counts_ == {"new_york": 12, "new_york_times": 12}
    found = list(phrases.transform(source))
    assert found == [["new_york_times"]] * 6 + [["new_york"]] * 6 + [
        ["of", "times"],
        *[["new_york_times"]] * 6,
    ]


@pytest.mark.parametrize("other", [5, ("new", 1), "", b"new", 2.5])
def test_other_tokens_are_in_no_phrase(caplog, other):
    corpus = [["new", "york", other], [other, "new", "york"], [other], ["york"]] * 9
    phrases = Phrases(1, 0.01).fit(corpus)
    assert f"1 of 3 different tokens are in no phrase, such as {other!r}" in caplog.text
    assert phrases.phrases_.keys() == {"new_york"}
    assert phrases[["new", "york", other]] == ["new_york", other]
    assert list(phrases.transform(corpus[:2])) == [["new_york", other], [other, "new_york"]]


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ([5, ("a", 1)], r"has tokens such as 5 and no word, .*fit\(\[\[str\(token\) for token"),
        ([""], "has tokens such as '' and no word, a string that is not empty"),
        ([None], "a token may not be None"),
    ],
)
def test_fit_refuses_tokens(sentence, message):
    phrases = Phrases()
    with pytest.raises(CorpusError, match=message):
        phrases.fit([sentence])
    with pytest.raises(NotFittedError):
        phrases.phrases_  # noqa: B018


def test_advice_for_tokens_that_are_no_strings_helps():
    corpus = [[1, 2], [1, 2], [3, 4]] * 9
    with pytest.raises(CorpusError) as raised:
        Phrases(1, 0.1).fit(corpus)
    line = re.search(r"fit\(.*\)$", str(raised.value))[0]
    phrases = eval(f"Phrases(1, 0.1).{line}", {"Phrases": Phrases, "corpus": corpus, "str": str})
    assert phrases.phrases_.keys() == {"1_2", "3_4"}


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_each_pass_has_its_threshold(kind):
    falling = Phrases(1, kind([0.5, 0.1])).fit(CORPUS)
    assert falling.phrases_.keys() == {"new_york", "new_york_times"}
    assert Phrases(1, 0.5, passes=2).fit(CORPUS).phrases_.keys() == {"new_york"}
    assert Phrases(1, kind([0.5])).fit(CORPUS).phrases_.keys() == {"new_york"}
    # a pass that finds nothing does not end the search where a later one asks for less
    assert Phrases(1, kind([9, 0.5])).fit(CORPUS).phrases_.keys() == {"new_york"}
    assert Phrases(1, kind([0.5, 9, 0.1])).fit(CORPUS).phrases_.keys() == falling.phrases_.keys()
