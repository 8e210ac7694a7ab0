"""Phrases: scores against a loop and against gensim, joined text, files."""

import gzip
import json
import math
import os
import re
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_bigrams import neighbours

from negsamp import (
    CorpusError,
    NotFittedError,
    Phrases,
    SavedModelError,
    Word2Vec,
)
from negsamp.cli import main
from negsamp.corpus import reading as corpus
from negsamp.corpus import stream
from negsamp.corpus.phrases import bigrams

LETTERS = st.sampled_from(["a", "b", "c", "d", "of", "the"])
CORPORA = st.lists(st.lists(LETTERS, max_size=9), min_size=1, max_size=12)
CONNECTORS = frozenset({"of", "the"})
LEE = "data/lee_background.txt"


def loop_fit(sentences, *, min_count, threshold, scoring, connector_words, passes):
    """`Phrases.fit` in loops over words: scores of all phrases, and the sentences joined."""
    scores, counts = {}, Counter()
    for _ in range(passes):
        words = Counter(chain.from_iterable(sentences))
        total = words.total()
        pairs = Counter(
            (s[a], "_".join(s[a + 1 : b]), s[b])
            for s in sentences
            for a, b in neighbours(s, connector_words, 8)
        )
        different = len(set(words) - connector_words) + len(pairs)
        table = set()
        for (a, between, b), n in pairs.items():
            if scoring == "default":
                score = (n - min_count) / (words[a] * words[b]) * different
            else:
                p, chance = n / total, words[a] / total * (words[b] / total)
                score = math.log(p / chance) / -math.log(p)
            if n >= min_count and score > threshold:
                table.add((a, between, b))
                name = "_".join(filter(None, (a, between, b)))
                scores[name] = max(scores.get(name, score), score)
                counts[name] += n
        sentences = [loop_join(s, table, connector_words) for s in sentences]
    return scores, counts, sentences


def loop_join(sentence, table, connector_words):
    found = dict(neighbours(sentence, connector_words, 8))
    place, out = 0, []
    while place < len(sentence):
        end = found.get(place, place)
        if (sentence[place], "_".join(sentence[place + 1 : end]), sentence[end]) in table:
            out.append("_".join(sentence[place : end + 1]))
            place = end
        else:
            out.append(sentence[place])
        place += 1
    return out


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
    scores, counts, joined = loop_fit(sentences, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bigrams, "READ_AT_ONCE", read)
        patch.setattr(bigrams, "KEYS_AT_ONCE", read)
        patch.setattr(corpus, "BYTES_PER_BLOCK", 8 * read)
        phrases.fit(sentences)
        assert phrases.phrases_ == pytest.approx(scores, rel=1e-12)
        assert phrases.counts_ == counts
        assert list(phrases.transform(sentences)) == joined
        assert list(phrases.transform(path)) == [s for s in joined if s]
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
    joined = list(ours.transform(sentences))
    assert joined == list(theirs[sentences])
    # what joining from left to right leaves over is not in gensim's other dict
    used = {token for sentence in joined for token in sentence if "_" in token}
    assert used == set(theirs.find_phrases(sentences))
    assert any("_of_" in phrase or "_the_" in phrase for phrase in used) == bool(connector_words)


def test_two_passes_are_two_of_gensim():
    models = pytest.importorskip("gensim.models.phrases")
    sentences = random_text(1)
    first = models.Phrases(sentences, min_count=3, threshold=1.5)
    second = models.Phrases(first[sentences], min_count=3, threshold=1.5)
    ours = Phrases(min_count=3, threshold=1.5, passes=2).fit(sentences)
    joined = list(ours.transform(sentences))
    assert joined == list(second[first[sentences]])
    assert max(token.count("_") for sentence in joined for token in sentence) == 3
    found = second.find_phrases(first[sentences])
    assert {name: ours.phrases_[name] for name in found} == pytest.approx(found, rel=1e-12)


def test_phrases_of_lee_are_those_of_gensim(shared):
    models = pytest.importorskip("gensim.models.phrases")
    path = shared(LEE)
    sentences = [line.split() for line in path.read_text("utf-8").lower().splitlines()]
    ours = Phrases().fit(sentences)
    theirs = models.Phrases(sentences)
    assert ours.phrases_ == pytest.approx(theirs.export_phrases(), rel=1e-12)
    assert "new_south" in ours.phrases_ or "new_york" in ours.phrases_


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

    monkeypatch.setattr("negsamp.corpus.phrases.model.count_bigrams", counted)
    found = Phrases(3, 1.5, passes=3).fit(corpus)
    assert mapped == [True] * 3
    assert found.phrases_ == expected.phrases_
    assert max(name.count("_") for name in found.phrases_) == 3


def test_phrases_are_sorted_by_count():
    phrases = Phrases(min_count=2, threshold=0.5).fit(random_text())
    keys = [(-phrases.counts_[name], -score) for name, score in phrases.phrases_.items()]
    assert keys == sorted(keys)
    assert len(set(keys)) > 5


def test_no_phrase_leaves_the_text_as_it_is(tmp_path):
    phrases = Phrases().fit([["a", "b"], ["c"]])
    assert phrases.phrases_ == {}
    assert list(phrases.transform([["a", "b"], [], ("c",)])) == [["a", "b"], [], ["c"]]
    phrases.write([["a", "b"], [], ["c"]], tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_bytes() == b"a b\nc\n"


@pytest.fixture(scope="module")
def new_york():
    corpus = [["new", "york", "is", "large"], ["in", "new", "york"], ["is", "new"], ["york"]]
    return Phrases(min_count=1, threshold=0.4).fit(corpus * 3)


def test_transform_of_other_corpora(new_york):
    assert set(new_york.phrases_) >= {"new_york"}
    unseen = [["old", "new", "york", 7, ("x",), "new"], np.array(["new", "york"])]
    assert list(new_york.transform(iter(unseen))) == [
        ["old", "new_york", 7, ("x",), "new"],
        ["new_york"],
    ]
    assert list(new_york.transform([[(1, 2)], [(3, 4)]])) == [[(1, 2)], [(3, 4)]]
    with pytest.raises(CorpusError, match="a token that is no word"):
        list(new_york.transform([["new", ["york"]]]))
    with pytest.raises(FileNotFoundError):
        new_york.transform("no such file")


def test_transform_streams(new_york):
    def endless():
        while True:
            yield ["new", "york"] * 50_000

    sentences = new_york.transform(endless())
    for _ in range(3):
        assert next(sentences) == ["new_york"] * 50_000


def test_transform_feeds_word2vec(new_york):
    model = Word2Vec(vector_size=4, min_count=1, epochs=1, workers=1, seed=1)
    model.fit(new_york.transform([["york", "new", "york"]] * 5))
    assert set(model.wv.index_to_key) == {"york", "new_york"}


@pytest.mark.parametrize("delimiter", ["_", "__", "‿"])
def test_write_keeps_lines_and_joins_over_any_white_space(tmp_path, delimiter):
    text = "new york\r\n\r\n\u2003new\u3000york  is größe\nnew\nyork a\tnew\x1fyork".encode()
    source, target = tmp_path / "in.txt", tmp_path / "deep" / "out.txt"
    source.write_bytes(text)
    phrases = Phrases(1, 0.1, delimiter=delimiter).fit([["new", "york"]] * 2 + [["new"], ["york"]])
    with pytest.MonkeyPatch.context() as patch:
        for size in (1, 7, 1 << 19):
            patch.setattr(corpus, "BYTES_PER_BLOCK", size)
            phrases.write(source, target)
            expected = "new_york\nnew_york is größe\nnew\nyork a new_york\n"
            assert target.read_text("utf-8") == expected.replace("_", delimiter)
    assert os.listdir(target.parent) == ["out.txt"]


def test_write_keeps_an_endless_line(tmp_path, new_york):
    source, target = tmp_path / "in.txt", tmp_path / "out.txt.gz"
    source.write_text("a new york " * 100_000)
    new_york.write(source, target)
    content = gzip.decompress(target.read_bytes())
    assert content == b"a new_york " * 99_999 + b"a new_york\n"
    again = tmp_path / "again.gz"
    new_york.write(source, again)
    assert again.read_bytes() == target.read_bytes()


def test_write_of_an_empty_text_is_empty(tmp_path, new_york):
    (tmp_path / "in.txt").write_text(" \n\n")
    new_york.write(tmp_path / "in.txt", tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_bytes() == b""


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        (["new york"], "sentence 1 has the token 'new york', which cannot be written"),
        (["a", ""], "sentence 1 has the token ''"),
        (["\u2003"], "sentence 1 has the token"),
        (["a", 7], "sentence 1 cannot be written as text: .*int"),
        (["\ud800"], "sentence 1 cannot be written as text: .*surrogates"),
    ],
)
def test_write_is_whole_or_not_at_all(tmp_path, new_york, sentence, message):
    target = tmp_path / "out.txt"
    target.write_text("before")
    with pytest.raises(CorpusError, match=message):
        new_york.write([["new", "york"], sentence], target)
    assert target.read_text() == "before"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_write_refuses_what_it_would_lose(tmp_path, new_york):
    source = tmp_path / "in.txt"
    source.write_text("new york")
    with pytest.raises(ValueError, match="the corpus itself"):
        new_york.write(source, tmp_path / "." / "in.txt")
    with pytest.raises(IsADirectoryError):
        new_york.write(source, tmp_path)
    assert source.read_text() == "new york"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "min_count is 0; it must be an integer, 1 or more"),
        ({"min_count": 2.5}, "min_count is 2.5"),
        ({"passes": 0}, "passes is 0; it must be an integer, from 1 to 20"),
        ({"passes": True}, "passes is True"),
        ({"max_vocab_size": 0}, "max_vocab_size is 0"),
        ({"threshold": math.nan}, "threshold is nan; it must be a finite number above 0"),
        ({"threshold": 0}, "threshold is 0"),
        ({"threshold": "1"}, "threshold is '1'"),
        ({"threshold": 1.01, "scoring": "npmi"}, "threshold is 1.01; of 'npmi' it must be from −1"),
        ({"threshold": math.nan, "scoring": "npmi"}, "threshold is nan"),
        ({"scoring": "pmi"}, "scoring is 'pmi'; it must be 'default' or 'npmi'"),
        ({"delimiter": ""}, "delimiter is ''"),
        ({"delimiter": "a b"}, "delimiter is 'a b'"),
        ({"delimiter": 5}, "delimiter is 5"),
        ({"connector_words": ["of", ""]}, "connector_words holds ''"),
        ({"connector_words": ["o_f"]}, "connector_words holds 'o_f'"),
        ({"connector_words": [3]}, "connector_words holds 3"),
        ({"connector_words": map(str, range(201))}, "connector_words has 201 words; 200 are"),
    ],
)
def test_parameters_are_checked(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Phrases(**options)


@pytest.mark.parametrize("words", ["of", None])
def test_connector_words_are_several(words):
    with pytest.raises(TypeError, match=r"connector_words is .* a list of words"):
        Phrases(connector_words=words)


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        (["new_york"], "the corpus has the word 'new_york', which contains the delimiter '_'"),
        (["a", 5], "the corpus has the token 5"),
        ([""], "the corpus has the token ''"),
        ([None], "a token may not be None"),
    ],
)
def test_fit_refuses_tokens(new_york, sentence, message):
    phrases = Phrases()
    with pytest.raises(CorpusError, match=message):
        phrases.fit([sentence])
    with pytest.raises(NotFittedError):
        phrases.phrases_  # noqa: B018


def test_max_vocab_size_bounds_the_words(caplog):
    words = [f"w{i}" for i in range(300)]
    corpus = [[word, "new", "york"] for word in words for _ in range(300)]
    found = Phrases(threshold=0.9, scoring="npmi", max_vocab_size=50).fit(corpus)
    assert "max_vocab_size=50" in caplog.text
    assert "new_york" in found.phrases_


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


# Files


def test_save_and_load(tmp_path):
    odd = {"w50": "[{größe", "w51": '"\\\ud800', "the": "b c"}
    sentences = [[odd.get(word, word) for word in sentence] for sentence in random_text()]
    path = tmp_path / "new" / "phrases.json"
    phrases = Phrases(
        np.int64(3), np.float32(1.5), connector_words=["of", "b c"], passes=2, max_vocab_size=None
    ).fit(sentences)
    assert any("[" in name for name in phrases.phrases_)
    phrases.save(path)
    phrases.save(path)
    assert os.listdir(path.parent) == ["phrases.json"]
    loaded = Phrases.load(path)
    assert list(loaded.phrases_.items()) == list(phrases.phrases_.items())
    assert loaded.counts_ == phrases.counts_
    assert list(loaded.transform(sentences)) == list(phrases.transform(sentences))
    assert vars(loaded).keys() == vars(phrases).keys()
    assert (loaded.connector_words, loaded.passes) == ({"of", "b c"}, 2)
    assert loaded.save(tmp_path / "again") is None
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_save_and_load_many_brackets(tmp_path):
    corpus = [[f"[{i}", f"{{{i}"] for i in range(300)] * 2
    phrases = Phrases(1, 0.1, delimiter="{[" * 200).fit(corpus)
    phrases.save(tmp_path / "phrases.json")
    assert len(Phrases.load(tmp_path / "phrases.json").phrases_) == 300


@pytest.fixture
def record(tmp_path):
    """Contents of a file that can be loaded, and a function that loads others."""
    sentences = [["a", "of", "b", "c", "d"]] * 5
    phrases = Phrases(1, 0.1, connector_words=["of"], passes=2).fit(sentences)
    phrases.save(tmp_path / "phrases.json")
    return json.loads((tmp_path / "phrases.json").read_text())


def changed(record, path, value):
    *parents, last = path
    inner = record
    for key in parents:
        inner = inner[key]
    if value is KeyError:
        del inner[last]
    else:
        inner[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["format"], "negsamp phrases 2", "does not say 'negsamp phrases 1'"),
        (["parameters"], [], "its parameters must be min_count, "),
        (["parameters", "passes"], KeyError, "its parameters must be min_count, "),
        (["parameters", "min_count"], 0, "min_count is 0"),
        (["parameters", "connector_words"], "of", "its connector_words must be a list"),
        (["parameters", "connector_words"], [["of"]], "unhashable"),
        (["parameters", "passes"], 1, "it must have 1 to 1 passes"),
        (["passes"], {}, "it must have 1 to 2 passes"),
        (["passes"], [], "it must have 1 to 2 passes"),
        (["passes", 0], [], "pass 0 must have first, between"),
        (["passes", 0, "first"], KeyError, "pass 0 must have first, between"),
        (["passes", 0, "first", 0], 5, "first of pass 0 must be a list of str"),
        (["passes", 0, "counts", 0], True, "counts of pass 0 must be a list of int"),
        (["passes", 0, "counts", 0], 0, "counts of pass 0 must be 1 or more"),
        (["passes", 0, "scores"], [1.0], "scores of pass 0 has another length"),
        (["passes", 0, "first", 0], "x_y", "pass 0 has 'x_y', which is no word and no phrase"),
        (["passes", 0, "last", 0], "", "pass 0 has '', which is no word"),
        (["passes", 0, "last", 0], "of", "pass 0 has 'of', a connector word, at an end"),
        (["passes", 0, "between", 0], "x", "pass 0 has 'x', which is no connector words"),
        (["passes", 0, "between", 0], "of" + "_of" * 8, "which is no connector words"),
    ],
)
def test_load_refuses_what_save_does_not_write(tmp_path, record, path, value, message):
    changed(record, path, value)
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(record))
    with pytest.raises(SavedModelError, match=re.escape(message)) as raised:
        Phrases.load(file)
    assert str(file) in str(raised.value)


def test_two_ways_to_a_phrase_are_one(tmp_path, record):
    rows = [[("a", "b"), ("b", "c")], [("a_b", "c"), ("a", "b_c")]]
    for number, pairs in enumerate(rows):
        first, last = map(list, zip(*pairs, strict=True))
        record["passes"][number] = {
            "first": first,
            "between": ["", ""],
            "last": last,
            "counts": [3, 5],
            "scores": [2.5, 1.5],
        }
    (tmp_path / "two.json").write_text(json.dumps(record))
    phrases = Phrases.load(tmp_path / "two.json")
    assert phrases.phrases_ == {"a_b_c": 2.5, "b_c": 1.5, "a_b": 2.5}
    assert phrases.counts_ == {"a_b_c": 8, "b_c": 5, "a_b": 3}
    assert list(phrases.transform([["a", "b", "c"]])) == [["a_b_c"]]


def test_load_refuses_a_phrase_twice(tmp_path, record):
    for name, values in record["passes"][0].items():
        record["passes"][0][name] = [*values, values[0]]
    (tmp_path / "twice.json").write_text(json.dumps(record))
    with pytest.raises(SavedModelError, match="pass 0 has a phrase twice"):
        Phrases.load(tmp_path / "twice.json")


def test_load_refuses_other_files(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError):
        Phrases.load(path)
    for content, message in ((b"", "Expecting value"), (b"[[" * 200, "are allowed")):
        path.write_bytes(content)
        with pytest.raises(SavedModelError, match=message):
            Phrases.load(path)


# The command


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("\n".join(map(" ".join, random_text())), encoding="utf-8")
    return path


def test_command_writes_what_the_library_does(tmp_path, text, capsys):
    output = tmp_path / "out.txt.gz"
    options = ["--min-count=3", "--threshold=.2", "--scoring=npmi", "--passes=2", "--delimiter=~"]
    more = ["--connector-words", "of", "the", "--max-vocab-size", "1000"]
    assert main(["phrases", str(text), "-o", str(output), *options, *more]) == 0
    phrases = Phrases(3, 0.2, "npmi", "~", ["of", "the"], 1000, 2).fit(text)
    lines = [line.split() for line in gzip.decompress(output.read_bytes()).decode().splitlines()]
    assert lines == list(phrases.transform(text))
    out, err = capsys.readouterr()
    head, *shown = out.splitlines()
    assert head == f"{output}: {len(phrases.phrases_)} phrases"
    assert [line.split()[2] for line in shown] == list(phrases.phrases_)[:10]
    count, score, best = shown[0].split()
    assert int(count) == phrases.counts_[best]
    assert float(score) == pytest.approx(phrases.phrases_[best], rel=1e-3)
    assert err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "nan"], "threshold is nan"),
        (["--delimiter", ""], "delimiter is ''"),
        ([], "exists; --force replaces it"),
        (["-o", "IN", "--force"], "is the corpus itself"),
        (["-o", "."], "is a folder"),
    ],
)
def test_command_refuses_before_it_reads(tmp_path, text, capsys, monkeypatch, options, message):

    def fit(self, corpus, *, errors="strict"):
        raise AssertionError("it was read")

    monkeypatch.setattr(Phrases, "fit", fit)
    output = tmp_path / "out.txt"
    output.write_text("before")
    options = [str(text) if option == "IN" else option for option in options]
    assert main(["phrases", str(text), "-o", str(output), *options]) == 2
    assert message in capsys.readouterr().err
    assert output.read_text() == "before"
    assert text.read_text().startswith("w")


def test_command_forced_replaces(tmp_path, text):
    output = tmp_path / "out.txt"
    output.write_text("before")
    assert main(["phrases", str(text), "-o", str(output), "--force"]) == 0
    assert output.read_text().startswith("w")
    assert main(["phrases", str(tmp_path / "none"), "-o", str(tmp_path / "new")]) == 2
    assert sorted(os.listdir(tmp_path)) == ["in.txt", "out.txt"]
