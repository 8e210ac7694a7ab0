"""Parameters of Phrases: what is refused, and with which words."""

import math
import re

import numpy as np
import pytest

from negsamp import Phrases

CORPUS = [["new", "york", "is", "large"], ["in", "new", "york"], ["large", "new"]] * 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "min_count is 0; it must be an integer, 1 or more"),
        ({"min_count": 2**63}, "min_count is 9223372036854775808; it must be an integer"),
        ({"passes": 0}, "passes is 0; it must be an integer, from 1 to 20"),
        ({"max_vocab_size": 0}, "max_vocab_size is 0"),
        ({"threshold": math.nan}, "threshold is nan; it must be a finite number above 0"),
        ({"threshold": 0}, "threshold is 0"),
        ({"threshold": 1.01, "scoring": "npmi"}, "threshold is 1.01; of 'npmi' it must be from −1"),
        ({"scoring": "pmi"}, "scoring is 'pmi'; it must be 'default' or 'npmi'"),
        ({"delimiter": ""}, "delimiter is ''"),
        ({"delimiter": "a\nb"}, "delimiter is 'a\\nb'"),
        ({"delimiter": "\t"}, "delimiter is '\\t'"),
        ({"threshold": []}, "threshold has 0 values and passes is None; it must be one number, or"),
        ({"threshold": [2, 1], "passes": 3}, "threshold has 2 values and passes is 3"),
        (
            {"threshold": [2, 0]},
            "threshold is [2, 0]; it must be a finite number above 0, or a list",
        ),
        ({"threshold": "10"}, "threshold is '10'"),
        ({"scoring": len}, "scoring is builtins.len, which must take worda_count, wordb_count"),
        ({"scoring": np.zeros(2)}, "scoring is array([0., 0.])"),
        ({"joining": "last"}, "joining is 'last'; it must be one of 'first', 'best'"),
        ({"connector_words": [["of"]]}, "connector_words is [['of']]; it must be a list of words"),
        ({"connector_words": "of"}, "connector_words is 'of'; it must be a list of words"),
        ({"connector_words": None}, "connector_words is None"),
        ({"connector_words": ["of", ""]}, "connector_words holds ''"),
        ({"connector_words": ["o_f"]}, "connector_words holds 'o_f'"),
        ({"connector_words": map(str, range(201))}, "connector_words has 201 words; 200 are"),
    ],
)
def test_parameters_are_checked(options, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        Phrases(**options)


@pytest.mark.parametrize("corpus", [CORPUS * 1000, iter(CORPUS), tuple(CORPUS), "text.txt"])
def test_a_corpus_is_no_parameter(corpus):
    with pytest.raises(TypeError, match=r"^min_count is .*: Phrases\(\)\.fit\(corpus\)$") as raised:
        Phrases(corpus)
    assert len(str(raised.value)) < 200
    with pytest.raises(TypeError) as raised:
        Phrases(corpus, min_count=5, threshold=0.3, connector_words=["of", "the"] * 90)
    line = str(raised.value).rpartition(": ")[2]
    names = {"Phrases": Phrases, "corpus": CORPUS, "connector_words": ["of"]}
    assert eval(line, names).phrases_ == {"new_york": 1 / 3}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sentences", r"a corpus goes to fit: Phrases\(\).fit\(sentences\)"),
        ("common_terms", "write connector_words"),
        ("progress_per", "leave it out"),
        ("treshold", "did you mean threshold"),
        ("x", "there are min_count, threshold, "),
    ],
)
def test_unknown_parameters_are_answered(name, message):
    with pytest.raises(TypeError, match=f"Phrases has no parameter '{name}'; {message}"):
        Phrases(**{name: CORPUS})
    with pytest.raises(TypeError, match=message):
        Phrases().set_params(**{name: CORPUS})


@pytest.mark.parametrize(
    "name", ["min_count", "threshold", "scoring", "delimiter", "connector_words", "passes"]
)
def test_errors_show_a_glimpse_of_a_value(name):
    with pytest.raises((TypeError, ValueError), match=f"^{name} ") as raised:
        Phrases(**{name: CORPUS * 1000})
    assert len(str(raised.value)) < 250


def test_parameters_are_got_and_set():
    phrases = Phrases(3, connector_words=["of"])
    assert phrases.get_params()["connector_words"] == {"of"}
    assert Phrases(**phrases.get_params()).get_params() == phrases.get_params()
    assert phrases.set_params(threshold=[2, 1], connector_words=["the"]) is phrases
    assert (phrases.threshold, phrases.connector_words) == ([2, 1], {"the"})
    with pytest.raises(ValueError, match="passes is 0"):
        phrases.set_params(min_count=9, passes=0)
    assert phrases.min_count == 3
