"""Phrases: scores and joined text against loops and against gensim, and what `fit` refuses."""

import math
import os
import re
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_bigrams import joined, neighbours

from negsamp import CorpusError, NotFittedError, Phrases
from negsamp.corpus import reading, stream
from negsamp.corpus.phrases import bigrams

LETTERS = st.sampled_from(["a", "b", "c", "d", "of", "the"])
CORPORA = st.lists(st.lists(LETTERS, max_size=9), min_size=1, max_size=12)
CONNECTORS = frozenset({"of", "the"})


def loop_fit(sentences, *, min_count, threshold, scoring, connector_words, passes):
    """`Phrases.fit` in loops over words: scores of all phrases, and the sentences joined."""
    scores, counts = {}, Counter()
    for _ in range(passes):
        words = Counter(chain.from_iterable(sentences))
        total = words.total()
        pairs = Counter(
            tuple(s[a : b + 1]) for s in sentences for a, b in neighbours(s, connector_words, 8)
        )
        different = len(set(words) - connector_words) + len(pairs)
        table = {}
        for pair, n in pairs.items():
            a, b, name = words[pair[0]], words[pair[-1]], "_".join(pair)
            if scoring == "default":
                score = (n - min_count) / (a * b) * different
            else:
                p, chance = n / total, a / total * (b / total)
                score = math.log(p / chance) / -math.log(p)
            if n >= min_count and score > threshold:
                table[pair] = name
                scores[name] = max(scores.get(name, score), score)
                counts[name] += n
        sentences = [[unit for unit, _ in joined(s, table, connector_words, 8)] for s in sentences]
    return scores, counts, sentences


IDIOMS = ["w50 w51", "w50 w52 w53 w54", "w7 of w8", "w55 of the w56", "w9 w3", "w3 w57", "of w58"]


def random_text(seed=0, n=300):
    """Sentences of words in Zipf's proportions, and of some words that come together."""
    rng = np.random.default_rng(seed)
    words = [*(f"w{i}" for i in range(60)), "of", "the"]
    rows = np.where(rng.random((n, 9)) < 0.2, -1, rng.zipf(1.3, size=(n, 9)) % len(words))
    lengths = rng.integers(1, 10, size=n)
    return [
        " ".join(words[i] if i >= 0 else rng.choice(IDIOMS) for i in row[:length]).split()
        for row, length in zip(rows, lengths, strict=True)
    ]


@given(
    sentences=CORPORA,
    min_count=st.integers(1, 3),
    how=st.sampled_from([("default", 0.3), ("default", 2), ("npmi", -0.5), ("npmi", 0.3)]),
    connector_words=st.sampled_from([frozenset(), CONNECTORS]),
    passes=st.integers(1, 3),
    read=st.integers(1, 9),
)
@settings(max_examples=40)
def test_phrases_equal_loops(write_bytes, sentences, min_count, how, connector_words, passes, read):
    scoring, threshold = how
    options = {
        "min_count": min_count,
        "threshold": threshold,
        "scoring": scoring,
        "connector_words": connector_words,
        "passes": passes,
    }
    phrases = Phrases(**options)
    path = write_bytes("\n".join(map(" ".join, sentences)).encode())
    if not any(sentences):
        with pytest.raises(CorpusError, match="the corpus is empty"):
            phrases.fit(sentences)
        return
    scores, counts, expected = loop_fit(sentences, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bigrams, "READ_AT_ONCE", read)
        patch.setattr(bigrams, "KEYS_AT_ONCE", read)
        patch.setattr(reading, "BYTES_PER_BLOCK", 8 * read)
        phrases.fit(sentences)
        assert phrases.phrases_ == pytest.approx(scores, rel=1e-12)
        assert phrases.counts_ == counts
        assert list(phrases.transform(sentences)) == expected
        assert list(phrases.transform(path)) == [s for s in expected if s]
        of_file = Phrases(**options).fit(path)
    assert of_file.phrases_ == phrases.phrases_
    assert list(of_file.phrases_) == list(phrases.phrases_) == list(phrases.counts_)


@pytest.mark.parametrize("connector_words", [frozenset(), CONNECTORS])
@pytest.mark.parametrize(("scoring", "threshold"), [("default", 1.5), ("npmi", 0.2)])
def test_phrases_are_those_of_gensim(scoring, threshold, connector_words):
    models = pytest.importorskip("gensim.models.phrases")
    sentences = random_text()
    options = {
        "min_count": 3,
        "threshold": threshold,
        "scoring": scoring,
        "connector_words": connector_words,
    }
    ours = Phrases(**options).fit(sentences)
    theirs = models.Phrases(sentences, **options)
    assert len(ours.phrases_) >= 8
    assert ours.phrases_ == pytest.approx(theirs.export_phrases(), rel=1e-12)
    found = list(ours.transform(sentences))
    assert found == list(theirs[sentences])
    # what joining from left to right leaves over is not in gensim's other dict
    used = {token for sentence in found for token in sentence if "_" in token}
    assert used == set(theirs.find_phrases(sentences))
    assert any("_of_" in phrase or "_the_" in phrase for phrase in used) == bool(connector_words)


def test_a_score_must_be_above_the_threshold():
    corpus = [["new", "york", "is"], ["in", "new", "york"], ["is", "new"]] * 5
    [score] = Phrases(threshold=0.1).fit(corpus).phrases_.values()
    assert Phrases(threshold=score).fit(corpus).phrases_ == {}
    assert len(Phrases(threshold=np.nextafter(score, 0)).fit(corpus).phrases_) == 1


def test_a_corpus_in_files_has_the_same_phrases(monkeypatch):
    corpus = random_text()
    expected = Phrases(3, 1.5, passes=3).fit(corpus)
    monkeypatch.setattr(stream, "SEGMENT", 100)
    mapped = []
    count = bigrams.count_bigrams

    def counted(ids, *arguments):
        mapped.append(isinstance(ids.ids, np.memmap))
        return count(ids, *arguments)

    monkeypatch.setattr("negsamp.corpus.phrases.bigrams.count_bigrams", counted)
    found = Phrases(3, 1.5, passes=3).fit(corpus)
    assert mapped == [True] * 3
    assert found.phrases_ == expected.phrases_
    assert max(name.count("_") for name in found.phrases_) == 3
    # the most frequent first, equal ones by score
    keys = [(-found.counts_[name], -score) for name, score in found.phrases_.items()]
    assert keys == sorted(keys)
    assert len(set(keys)) > 5


def test_max_vocab_size_bounds_the_words(caplog):
    words = [f"w{i}" for i in range(300)]
    corpus = [[word, "new", "york"] for word in words for _ in range(300)]
    found = Phrases(threshold=0.9, scoring="npmi", max_vocab_size=50).fit(corpus)
    assert "max_vocab_size=50" in caplog.text
    assert "new_york" in found.phrases_


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
        ({"delimiter": "a b"}, "delimiter is 'a b'"),
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


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        (["new_york"], "the corpus has the word 'new_york', which contains the delimiter '_'"),
        (["a", 5], "the corpus has the token 5"),
        ([""], "the corpus has the token ''"),
        ([None], "a token may not be None"),
    ],
)
def test_fit_refuses_tokens(sentence, message):
    phrases = Phrases()
    with pytest.raises(CorpusError, match=message):
        phrases.fit([sentence])
    with pytest.raises(NotFittedError):
        phrases.phrases_  # noqa: B018


def test_nothing_is_known_before_fit(tmp_path):
    for use in (
        lambda phrases: phrases.phrases_,
        lambda phrases: phrases.transform([["a"]]),
        lambda phrases: phrases.save(tmp_path / "p.json"),
        lambda phrases: phrases.write([["a"]], tmp_path / "out.txt"),
    ):
        with pytest.raises(NotFittedError, match=r"call fit\(corpus\) or load\(path\)"):
            use(Phrases())
    assert os.listdir(tmp_path) == []
    with pytest.raises(AttributeError, match="no attribute 'phrase'"):
        Phrases().phrase  # noqa: B018
