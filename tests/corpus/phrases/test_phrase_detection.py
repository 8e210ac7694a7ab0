"""Phrases: scores and joined text against loops and against gensim, and what `fit` refuses."""

import itertools
import math
import os
import pickle
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

LETTERS = st.sampled_from(["a", "b", "c", "d", "of", "the", "a_b", "b_of_c"])
CORPORA = st.lists(st.lists(LETTERS, max_size=9), min_size=1, max_size=12)
CONNECTORS = frozenset({"of", "the"})


def loop_fit(sentences, *, min_count, threshold, scoring, connector_words, joining):
    """`Phrases.fit` in loops over words: scores of all phrases, and the sentences joined."""
    scores, counts = {}, Counter()
    for least in threshold:
        words = Counter(chain.from_iterable(sentences))
        total = words.total()
        pairs = Counter(
            tuple(s[a : b + 1]) for s in sentences for a, b in neighbours(s, connector_words, 8)
        )
        different = len(set(words) - connector_words) + len(pairs)
        table, of_pass = {}, {}
        for pair, n in pairs.items():
            a, b, name = words[pair[0]], words[pair[-1]], "_".join(pair)
            if scoring == "default":
                score = (n - min_count) / (a * b) * different
            else:
                p, chance = n / total, a / total * (b / total)
                score = math.log(p / chance) / -math.log(p)
            if n >= min_count and score > least:
                table[pair], of_pass[pair] = name, score
                scores[name] = max(scores.get(name, score), score)
                counts[name] += n
        best = of_pass if joining == "best" else None
        sentences = [
            [unit for unit, _ in joined(s, table, connector_words, 8, best)] for s in sentences
        ]
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
    factors=st.lists(st.sampled_from([1.0, 0.5, 3.0]), min_size=1, max_size=3),
    joining=st.sampled_from(["first", "best"]),
    read=st.integers(1, 9),
)
@settings(max_examples=60)
def test_phrases_equal_loops(
    write_bytes, sentences, min_count, how, connector_words, factors, joining, read
):
    scoring, threshold = how
    options = {
        "min_count": min_count,
        "threshold": [threshold * factor for factor in factors if abs(threshold * factor) <= 1]
        or [threshold],
        "scoring": scoring,
        "connector_words": connector_words,
        "joining": joining,
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
@pytest.mark.parametrize("text", ["random", "lee"])
def test_phrases_are_those_of_gensim(shared, text, scoring, threshold, connector_words):
    models = pytest.importorskip("gensim.models.phrases")
    sentences = random_text()
    if text == "lee":
        lines = shared("data/lee_background.txt").read_text("utf-8").splitlines()
        sentences = [line.split() for line in lines]
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
    assert [ours[sentence] for sentence in sentences[:9]] == found[:9]
    # a second pass over what the first has joined, with the same delimiter
    again, twice = models.Phrases(found, **options), Phrases(**options, passes=2).fit(sentences)
    assert list(again[found]) == list(twice.transform(sentences)) != found
    # what joining from left to right leaves over is not in gensim's other dict
    used = {token for sentence in found for token in sentence if "_" in token}
    assert used == set(theirs.find_phrases(sentences))
    assert any("_of_" in phrase or "_the_" in phrase for phrase in used) == bool(connector_words)


def test_a_score_must_be_above_the_threshold():
    corpus = [["new", "york", "is"], ["in", "new", "york"], ["is", "new"]] * 5
    [score] = Phrases(threshold=0.1).fit(corpus).phrases_.values()
    assert Phrases(threshold=score).fit(corpus).phrases_ == {}
    assert len(Phrases(threshold=np.nextafter(score, 0)).fit(corpus).phrases_) == 1


@pytest.mark.usefixtures("files_in_use_stay")
def test_a_corpus_in_files_has_the_same_phrases(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
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
    assert not any(tmp_path.iterdir())
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


@pytest.mark.parametrize("joining", ["first", "best"])
def test_a_second_fit_is_a_second_pass(write_bytes, joining):
    sentences = random_text()
    first = Phrases(3, 3, joining=joining).fit(sentences)
    once = list(first.transform(sentences))
    second = Phrases(3, 1, joining=joining).fit(once)
    both = Phrases(3, [3, 1], joining=joining).fit(sentences)
    twice = list(both.transform(sentences))
    assert list(second.transform(first.transform(sentences))) == twice != once
    assert list(second.transform(write_bytes("\n".join(map(" ".join, once)).encode()))) == twice
    assert {**first.phrases_, **second.phrases_} == both.phrases_


@pytest.mark.parametrize(
    ("joining", "expected"), [("first", ["toys_r", "us"]), ("best", ["toys", "r_us"])]
)
def test_of_overlapping_pairs_the_first_or_the_best_is_joined(joining, expected):
    corpus = [["toys", "r", "us"]] * 6 + [["r", "us"]] * 4 + [["toys"]] * 20
    phrases = Phrases(1, 0.01, joining=joining).fit(corpus)
    assert phrases.phrases_["r_us"] > phrases.phrases_["toys_r"]
    assert phrases[["toys", "r", "us"]] == expected


def test_a_sentence_or_a_corpus_in_brackets():
    corpus = [["new", "york", "is", "large"], ["in", "new", "york"], ["large", "new"]] * 5
    phrases = Phrases(threshold=0.3).fit(corpus)
    words = ["in", "new", "york"]
    for sentence in (words, tuple(words), np.array(words), iter(words), (w for w in words)):
        assert phrases[sentence] == ["in", "new_york"]
    assert phrases[[7, "new", "york"]] == [7, "new_york"]
    assert phrases[[]] == phrases[()] == phrases[iter([])] == []
    expected = list(phrases.transform(corpus))
    for again in (corpus, tuple(corpus), iter(corpus), (s for s in corpus)):
        assert list(phrases[again]) == expected
    assert list(phrases[np.array([words, words])]) == [["in", "new_york"]] * 2
    assert list(phrases[["in", "new york"], ["new", "york"]]) == [["in", "new york"], ["new_york"]]
    with pytest.raises(CorpusError, match="sentence 0 is the set"):
        phrases[{"york"}]
    with pytest.raises(CorpusError, match="it must be a path or an iterable of token lists"):
        phrases[5]
    with pytest.raises(TypeError, match="not iterable"):
        list(phrases)


def test_transform_is_gone_through_again_where_the_corpus_is(tmp_path):
    corpus = [["new", "york", "is", "large"], ["in", "new", "york"], ["large", "new"]] * 5
    phrases = Phrases(threshold=0.3).fit(corpus)
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, corpus)))
    expected = [phrases[sentence] for sentence in corpus]
    for source in (corpus, path, str(path)):
        joined = phrases.transform(source)
        assert list(joined) == list(joined) == expected
        assert list(zip(joined, joined, strict=True)) == list(zip(expected, expected, strict=True))
        assert list(pickle.loads(pickle.dumps(joined))) == expected
    once = phrases.transform(iter(corpus))
    assert next(once) == expected[0]
    assert list(once) == expected[1:]
    assert list(once) == []


def test_a_sentence_that_is_given_as_a_corpus_is_told(caplog):
    phrases = Phrases(1, 0.1).fit([["new", "york"]] * 2)
    assert list(phrases.transform(["new", "york"])) == [["new"], ["york"]]
    assert "a list of 2 strings without white space, each a sentence of one word" in caplog.text
    assert phrases[["new", "york"]] == ["new_york"]  # as the warning says
    caplog.clear()
    list(phrases.transform(["new york", "york"]))
    list(phrases.transform(["york"]))
    assert caplog.text == ""
    Phrases().fit(["new", "york"])
    assert "every sentence has one token" in caplog.text


def test_a_space_may_be_the_delimiter(tmp_path):
    corpus = [["bank", "of", "new", "york"], ["new", "york"], ["new", "york city"], ["bank"]] * 3
    phrases = Phrases(1, 0.1, delimiter=" ", connector_words=["of"], passes=2).fit(corpus)
    assert phrases[corpus[0]] == ["bank of new york"]
    path = tmp_path / "text.txt"
    path.write_text("bank\u3000of new york\n\nnew  york bank\n")
    assert list(phrases.transform(path)) == [["bank of new york"], ["new york", "bank"]]
    with pytest.raises(ValueError, match="delimiter is ' ', and a text is split at white space"):
        phrases.write(corpus, tmp_path / "out.txt")
    assert os.listdir(tmp_path) == ["text.txt"]


def test_names_of_gensim_are_answered():
    corpus = [["new", "york", "is", "large"], ["in", "new", "york"], ["large", "new"]] * 5
    phrases = Phrases(threshold=0.3).fit(corpus)
    for name in ("export_phrases", "find_phrases", "freeze", "add_vocab", "vocab", "phrasegrams"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'; ") as raised:
            getattr(phrases, name)
        hint = str(raised.value).partition("; ")[2]
        if name == "find_phrases":
            code = hint.removeprefix("of a corpus: ")
            found = eval(code, {"phrases": phrases, "corpus": [["is", "new", "york"], ["york"]]})
            assert found == phrases.phrases_
    more = itertools.chain(corpus, [["in", "new", "york"]])
    assert phrases.fit(more).counts_ == {"new_york": 11}


def test_nothing_is_known_before_fit(tmp_path):
    for use in (
        lambda phrases: phrases.phrases_,
        lambda phrases: phrases.transform([["a"]]),
        lambda phrases: phrases[["a"]],
        lambda phrases: phrases.save(tmp_path / "p.json"),
        lambda phrases: phrases.write([["a"]], tmp_path / "out.txt"),
    ):
        with pytest.raises(NotFittedError, match=r"call fit\(corpus\) or load\(path\)"):
            use(Phrases())
    assert os.listdir(tmp_path) == []
    with pytest.raises(AttributeError, match="no attribute 'phrase'"):
        Phrases().phrase  # noqa: B018
