"""Scores by a function of the user's: gensim's signature, errors, and files."""

import functools
import pickle
import re

import pytest
from test_phrase_detection import random_text

from negsamp import Phrases
from negsamp.cli import main


def share(worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count):
    """How many of the words' occurrences are in the pair."""
    return bigram_count / max(worda_count, wordb_count)


class OfPairs:
    """Scores by an object."""

    def __call__(self, bigram_count, **others):
        return float(bigram_count)


def test_own_functions_of_other_kinds():
    corpus = [["new", "york", "is"], ["in", "new", "york"], ["is", "new"]] * 5
    assert Phrases(1, 0.6, share).fit(corpus).phrases_ == {"new_york": 10 / 15}
    for scoring in (OfPairs(), lambda **counts: counts["bigram_count"]):
        assert Phrases(1, 9, scoring).fit(corpus).phrases_ == {"new_york": 10}
    tripled = functools.partial(lambda k, bigram_count, **others: k * bigram_count, 3)
    assert Phrases(1, 29, tripled).fit(corpus).phrases_ == {"new_york": 30}
    assert Phrases(1, 0, lambda **counts: float("-inf")).fit(corpus).phrases_ == {}


@pytest.mark.parametrize(
    ("name", "scorer", "threshold"),
    [("default", "original_scorer", 1.5), ("npmi", "npmi_scorer", 0.2)],
)
@pytest.mark.parametrize("connector_words", [frozenset(), frozenset({"of", "the"})])
def test_the_functions_of_gensim_are_taken(name, scorer, threshold, connector_words):
    models = pytest.importorskip("gensim.models.phrases")
    sentences = random_text()
    scorer = getattr(models, scorer)
    options = {"threshold": threshold, "connector_words": connector_words}
    named = Phrases(3, scoring=name, passes=2, **options).fit(sentences)
    called = Phrases(3, scoring=scorer, passes=2, **options).fit(sentences)
    assert called.phrases_ == pytest.approx(named.phrases_, rel=1e-12)
    theirs = models.Phrases(sentences, 3, scoring=share, **{**options, "threshold": 0.2})
    ours = Phrases(3, scoring=share, **{**options, "threshold": 0.2}).fit(sentences)
    frequent = {k: v for k, v in theirs.export_phrases().items() if theirs.vocab[k] >= 3}
    assert ours.phrases_ == frequent != {}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "1", True])
def test_a_score_must_be_a_number(value):
    message = f"scoring is .*<lambda>, which returned {value!r} for worda_count=2, wordb_count=1, "
    with pytest.raises(ValueError, match=re.escape(message).replace(r"\.\*", ".*")):
        Phrases(1, 1, lambda **counts: value).fit([["a", "b"], ["a"]])


@pytest.mark.parametrize("scoring", [lambda a, b: 1, len, lambda worda_count: 1])
def test_a_function_must_take_the_counts(scoring):
    with pytest.raises(ValueError, match="which must take worda_count, wordb_count, bigram_count"):
        Phrases(1, 1, scoring)


def test_what_a_function_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        Phrases(1, 1, lambda **counts: 1 / 0).fit([["a", "b"]])


def test_a_file_has_the_name_of_a_function(tmp_path):
    corpus = [["new", "york", "is"], ["in", "new", "york"], ["is", "new"]] * 5
    phrases = Phrases(1, 0.6, share).fit(corpus)
    copied = pickle.loads(pickle.dumps(phrases))
    assert copied.scoring is share
    path = tmp_path / "phrases.json"
    for written in (phrases, copied):
        written.save(path)
        loaded = Phrases.load(path)
        assert loaded.phrases_ == phrases.phrases_
        assert loaded[["new", "york"]] == ["new_york"]
        assert "scoring='test_scoring.share'" in repr(loaded)
        with pytest.raises(
            ValueError, match=r"'test_scoring\.share', a function of which the file"
        ):
            loaded.fit(corpus)
        loaded.save(tmp_path / "again.json")
        assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
        assert loaded.set_params(scoring=share).fit(corpus).phrases_ == phrases.phrases_
    path.write_text(path.read_text().replace("test_scoring.share", "pmi"))
    with pytest.raises(ValueError, match="scoring is 'pmi'; it must be 'default' or 'npmi'"):
        Phrases.load(path)


def test_the_command_names_scorings(capsys, tmp_path):
    assert main(["phrases", "in", "-o", str(tmp_path / "out"), "--scoring", "share"]) == 2
    assert "argument --scoring: invalid choice: 'share'" in capsys.readouterr().err
