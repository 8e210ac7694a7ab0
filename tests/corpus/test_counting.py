"""One pass counts and encodes as `collections.Counter` and two plain loops would."""

import functools
import gzip
import itertools
import os
import random
import subprocess
import sys
import tracemalloc
from collections import Counter
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_tokenizing import tokens_of

from negsamp.corpus import counting, stream
from negsamp.corpus import reading as corpus
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.decoding import CONTROLS, KINDS_OF_CONTROLS
from negsamp.corpus.tokenizing import split_blocks
from negsamp.errors import CorpusError

CORPORA = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=12), max_size=12)
CHUNK_SIZES = st.integers(1, 20)


@contextmanager
def chunks_of(size):
    """Read an iterable by about so many tokens, a file by so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "TOKENS_PER_CHUNK", size)
        patch.setattr(corpus, "BYTES_PER_BLOCK", size)
        yield patch


class AtOnce(Executor):
    """A thread that is always faster."""

    def submit(self, call, *args):
        future = Future()
        future.set_result(call(*args))
        return future


def naive(sentences, min_count=1):
    """Words, their counts, and the sentences as ids."""
    counter = Counter(itertools.chain.from_iterable(sentences))
    words = sorted(
        (word for word in counter if counter[word] >= min_count),
        key=lambda word: (-counter[word], word),
    )
    return words, [counter[word] for word in words], naive_ids(sentences, words)


def naive_ids(sentences, words):
    rows = {word: row for row, word in enumerate(words)}
    encoded = [[rows[token] for token in tokens if token in rows] for tokens in sentences]
    return [ids for ids in encoded if ids]


def assert_is_stream_of(stream, sentences):
    assert [ids.tolist() for ids in stream] == sentences
    assert stream.offsets.tolist() == np.cumsum([0, *map(len, sentences)]).tolist()
    assert len(stream) == len(stream.ids) == stream.offsets[-1]
    assert stream.n_sentences == len(sentences)
    assert (stream.ids.dtype, stream.offsets.dtype) == (np.int32, np.int64)


# Counting and encoding


@given(sentences=CORPORA, min_count=st.integers(0, 5), size=CHUNK_SIZES)
@settings(max_examples=300)
def test_read_corpus_equals_counter_and_loops(sentences, min_count, size):
    words, counts, encoded = naive(sentences, min_count)
    with chunks_of(size):
        if not words:
            with pytest.raises(CorpusError, match=r"the corpus is empty|no word is seen"):
                read_corpus(sentences, min_count)
            return
        vocabulary, stream = read_corpus(sentences, min_count)
    assert vocabulary.words == words
    assert vocabulary.counts.tolist() == counts
    assert vocabulary.counts.dtype == np.int64
    assert vocabulary.index == {word: row for row, word in enumerate(words)}
    assert vocabulary.raw_words == sum(map(len, sentences))
    assert_is_stream_of(stream, encoded)


def test_read_corpus_of_korean_lines(shared, write_bytes):
    with gzip.open(shared("data/kowiki-lines.txt.gz"), "rt", encoding="utf-8") as file:
        text = "".join(itertools.islice(file, 20_000))
    words, counts, encoded = naive([line.split() for line in text.split("\n")], 5)
    with chunks_of(10_007):  # a prime, so that chunks end anywhere in a line
        vocabulary, stream = read_corpus(write_bytes(text.encode(), packed=True), 5)
    assert (vocabulary.words, vocabulary.counts.tolist()) == (words, counts)
    assert_is_stream_of(stream, encoded)
    assert "있다" in vocabulary


@given(
    text=st.text(st.sampled_from("aab\x00한😀\ud800  \n\u3000\x85") | st.characters(), max_size=60),
    min_count=st.integers(1, 3),
    size=CHUNK_SIZES,
    workers=st.integers(1, 3),
    packed=st.booleans(),
)
@settings(max_examples=200)
def test_read_corpus_of_a_file_equals_that_of_lists(
    write_bytes, text, min_count, size, workers, packed
):
    assume(len({*map(ord, text)} & {*CONTROLS}) < KINDS_OF_CONTROLS)  # others are no text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    path = write_bytes(text.encode("utf-8", "surrogatepass"), packed)

    def result(corpus, **options):
        try:
            vocabulary, stream = read_corpus(corpus, min_count, **options)
        except CorpusError as error:
            return str(error)
        counts = vocabulary.counts.tolist(), vocabulary.raw_words
        return vocabulary.words, counts, [ids.tolist() for ids in stream]

    with chunks_of(size):
        of_file = result(path, errors="surrogatepass", workers=workers)
        assume("by its first bytes" not in str(of_file))  # NULs beside others look like UTF-16
        assert of_file == result([line.split() for line in lines])


@pytest.mark.parametrize("workers", [1, 2])
def test_read_corpus_of_a_file_takes_memory_for_its_ids_only(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(stream, "SEGMENT", 1 << 20)
    path = tmp_path / "corpus.txt"
    path.write_text(" ".join([f"{i:0599}" for i in range(1000)] * 100))  # 60 MB
    tracemalloc.start()
    assert len(read_corpus(path, workers=workers)[1]) == 100_000
    assert tracemalloc.get_traced_memory()[1] < 40e6
    tracemalloc.stop()


def test_read_corpus_takes_any_hashable_for_a_token():
    Colour = Enum("Colour", "RED BLUE")
    tokens = ["a", 7, 2.5, ("a", 1), b"a", frozenset("a"), Colour.RED, Colour.BLUE, range(3), ""]
    sentences = [tokens, tokens[:4], [("a", 1)]]
    vocabulary, stream = read_corpus(sentences, 1)
    assert Counter(dict(zip(vocabulary.words, vocabulary.counts, strict=True))) == Counter(
        itertools.chain(*sentences)
    )
    assert [vocabulary.decode(ids) for ids in stream] == sentences


def test_read_corpus_takes_equal_tokens_for_one_word():
    vocabulary, stream = read_corpus([[1, 1.0, True, np.int8(1), np.array([1, 1])[0]]], 1)
    assert len(vocabulary) == 1
    assert stream.ids.tolist() == [0] * 5
    mixed = [np.array(["a", "b"]), ["a", np.str_("b")]]
    assert read_corpus(mixed, 1)[0].counts.tolist() == [2, 2]


# The order of words


def test_word_order_of_kinds_that_do_not_compare():
    tokens = ["b", "a", 10, 9, ("a", 1), (2, "b"), b"b", b"a", 1 + 2j]
    orders = [random.Random(seed).sample(tokens, len(tokens)) for seed in range(20)]
    results = [read_corpus([order], 1)[0].words for order in orders]
    assert all(words == results[0] for words in results)


def test_word_order_of_words_without_order_or_text_is_that_of_the_corpus():
    # their default repr holds an address, which differs from run to run
    words = [object() for _ in range(50)]
    random.Random(0).shuffle(words)
    assert read_corpus([words, words], 1)[0].words == words


class Dotted(NamedTuple):
    """A kind that does not compare, and shows what it holds."""

    inner: object


ODD = Enum("ODD", {f"w{i}": frozenset([f"w{i}", "x", "y"]) for i in range(40)})


@pytest.mark.parametrize(
    "odd",
    [
        lambda name: frozenset([name, "x", "y", "z"]),
        lambda name: (frozenset([name, "x", "y", "z"]), "a"),
        lambda name: Dotted(frozenset([name, "x", "y"])),
        lambda name: eval("lambda: name", {"name": name}),
        lambda name: functools.partial(print, name),
        lambda name: (object(), name),
        lambda name: ODD[name],
    ],
)
def test_word_order_of_what_shows_a_set_or_an_address_is_that_of_the_corpus(odd):
    names = [f"w{i}" for i in range(40)]
    random.Random(1).shuffle(names)
    words = [odd(name) for name in names]
    found = read_corpus([[1, *words], [*words, 1, "a"]], 1)[0].words
    assert [word for word in found if word in words] == words


def test_word_order_is_the_same_for_any_hash_seed():
    code = (
        "from negsamp import Word2Vec, Phrases, random_walks\n"
        "from hashlib import sha256\n"
        "def digest(corpus, **more):\n"
        "    m = Word2Vec(4, min_count=1, sample=0, epochs=1, seed=1, **more).fit(corpus)\n"
        "    print([sorted(w) if type(w) is frozenset else w for w in m.wv.index_to_key])\n"
        "    print(sha256(m.vectors_.tobytes()).hexdigest())\n"
        "sets = [[frozenset(['x', 'y', f'z{i}']), i] for i in range(30)]\n"
        "digest(sets, workers=1); digest(sets * 200, workers=2)\n"
        "graph = {c: {d: 1 for d in 'abcde' if d > c} for c in 'abcde'}\n"
        "digest([[c, frozenset(d), len(d)] for c, d in graph.items()])\n"
        "texts = ['new york of the city', 'the bank of england', 'new york city'] * 9\n"
        "p = Phrases(min_count=1, threshold=1e-3, connector_words={'of', 'the', 'a'}, passes=2)\n"
        "print(p.fit(texts).phrases_, list(p.transform(texts[:3])))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in range(2)
    }
    assert len(outputs) == 1


# A bound on the words counted


@given(
    sentences=CORPORA.filter(any),
    min_count=st.integers(1, 3),
    bound=st.integers(1, 9),
    size=CHUNK_SIZES,
    workers=st.integers(1, 2),
    as_file=st.booleans(),
)
@example(  # the last b are found before the first is forgotten
    sentences=[[*"aaaab"], [*"ccca"], [*"aaaa"], [*"bbbbb"]],
    min_count=1,
    bound=2,
    size=8,
    workers=2,
    as_file=True,
)
@settings(max_examples=150)
def test_max_vocab_size_forgets_the_rarest_words_after_each_piece(
    write_bytes, sentences, min_count, bound, size, workers, as_file
):
    with chunks_of(size) as patch:
        patch.setattr(counting, "ThreadPoolExecutor", lambda threads: AtOnce())
        if as_file:
            source = write_bytes("\n".join(map(" ".join, sentences)).encode())
            pieces = [tokens_of(block) for block in split_blocks(corpus.read_blocks(source))]
        else:
            source = sentences
            pieces = [itertools.chain(*chunk) for chunk in corpus.read_chunks(source)]
        counts, kept = Counter(), []
        for tokens in map(list, pieces):
            counts.update(tokens)
            kept += tokens
            if len(counts) > bound:
                most = dict(counts.most_common(bound))  # of equal counts the first met
                counts = Counter({token: n for token, n in counts.items() if token in most})
                kept = [token for token in kept if token in most]
        expected = [word for word in counts if counts[word] >= min_count]
        if not expected:
            with pytest.raises(CorpusError, match="no word is seen"):
                read_corpus(source, min_count, bound, workers=workers)
            return
        vocabulary, stream = read_corpus(source, min_count, bound, workers=workers)
    assert vocabulary.words == sorted(expected, key=lambda word: (-counts[word], word))
    assert vocabulary.counts.tolist() == [counts[word] for word in vocabulary.words]
    assert vocabulary.decode(stream.ids) == [token for token in kept if token in expected]
    assert vocabulary.raw_words == sum(map(len, sentences))


# What cannot be counted


@pytest.mark.parametrize(
    ("name", "low", "value"),
    [("max_vocab_size", 1, 0), ("max_vocab_size", 1, True), ("min_count", 0, -1)],
)
def test_bounds_out_of_range(name, low, value):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; it must be an integer, {low} or"):
        read_corpus([["a"]], **{name: value})


@pytest.mark.parametrize(
    "empty",
    [
        *([], [[]], [[], ()], iter(()), np.empty(0), np.empty((3, 0))),
        *(b"", b"\n\n", b" \t\r\n\xe3\x80\x80", b"\xef\xbb\xbf"),
    ],
)
def test_empty_corpus_is_refused(write_bytes, empty):
    with pytest.raises(CorpusError, match=r"^the corpus is empty: it holds no token$"):
        read_corpus(write_bytes(empty) if isinstance(empty, bytes) else empty, 1)


def test_corpus_of_rare_words_says_the_highest_count():
    with pytest.raises(
        CorpusError, match="min_count=5 times: the most frequent of 3 is seen 4 times"
    ):
        read_corpus([["a"] * 4, ["b", "c", "b"]])


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (None, r"None; a token may not be None or NaN; .* if t is not None\] for s in .*"),
        (float("nan"), r"nan; a token may not be None or NaN; .* if t == t\] for s in corpus\] .*"),
        (np.float32("nan"), "nan; a token may not be None or NaN; .*"),
        (np.datetime64("NaT", "s"), r".*NaT.*; a token may not be None or NaN; .*"),
        (Decimal("NaN"), r"Decimal\('NaN'\); a token may not be None or NaN; .*"),
        (["c"], r"\['c'\], which is not hashable; a token must be"),
        ({"c": 1}, r"\{'c': 1\}, which is not hashable; a token must be"),
        ({"c"}, r"\{'c'\}, which is not hashable; a token must be"),
        (("c", []), r"\('c', \[\]\), which is not hashable; a token must be"),
        (np.zeros(2), r"array\(\[0., 0.\]\), which is not hashable; a token must be"),
        (["c" * 1000], r"\['c{58}, which is not hashable; a token must be"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_bad_token_is_named_with_its_place(token, shown, size):
    sentences = [["a", "b"], [], ["b"], ["a", "b", token, None], ["c", "d"]]
    with (
        chunks_of(size),
        pytest.raises(CorpusError, match=f"^token 2 of sentence 3 is {shown}$"),
    ):
        read_corpus(sentences, 1)


@pytest.mark.parametrize("as_file", [True, False])
def test_forgetting_words_is_logged_once(tmp_path, monkeypatch, caplog, as_file):
    monkeypatch.setattr("negsamp.corpus.reading.BYTES_PER_BLOCK", 50)
    monkeypatch.setattr("negsamp.corpus.reading.TOKENS_PER_CHUNK", 10)
    sentences = [[f"w{i % 40}", "a", "a"] for i in range(100)]
    path = tmp_path / "text"
    path.write_text("\n".join(map(" ".join, sentences)))
    read_corpus(path if as_file else sentences, 1, max_vocab_size=41)
    assert caplog.text == ""
    read_corpus(path if as_file else sentences, 1, max_vocab_size=5)
    assert caplog.text.count("more than max_vocab_size=5 different words") == 1


# --- max_final_vocab


@pytest.mark.parametrize("most", [1, 2, 3, 7, 8, 9, 100])
@pytest.mark.parametrize("min_count", [0, 1, 3, 5])
@pytest.mark.parametrize("as_file", [False, True])
def test_max_final_vocab_keeps_the_most_frequent_of_what_min_count_keeps(
    tmp_path, most, min_count, as_file
):
    # words of equal counts too, so that the bound falls among them
    counts = {"a": 9, "b": 7, "c": 7, "d": 7, "e": 4, "f": 3, "g": 1, "h": 1}
    sentences = [[word] * n + ["a"] for word, n in counts.items()]
    corpus = sentences
    if as_file:
        corpus = tmp_path / "corpus.txt"
        corpus.write_text("\n".join(map(" ".join, sentences)))
    whole, _ = read_corpus(sentences, min_count)
    vocabulary, stream = read_corpus(corpus, min_count, max_final_vocab=most)
    assert vocabulary.words == whole.words[:most]
    assert vocabulary.counts.tolist() == whole.counts[:most].tolist()
    assert vocabulary.raw_words == whole.raw_words
    assert np.bincount(stream.ids).tolist() == vocabulary.counts.tolist()
    kept = set(vocabulary.words)
    expected = [[word for word in sentence if word in kept] for sentence in sentences]
    assert [vocabulary.decode(ids) for ids in stream] == [words for words in expected if words]


@pytest.mark.parametrize("most", [0, -1, 2.0, True, "5"])
def test_max_final_vocab_out_of_range_is_named(most):
    with pytest.raises(ValueError, match=r"max_final_vocab is .*an integer, 1 or more, or None"):
        read_corpus([["a", "b"]], max_final_vocab=most)
