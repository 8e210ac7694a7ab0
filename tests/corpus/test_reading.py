"""Text read in blocks of any size is the text read whole; what cannot be read says where."""

import gzip
import itertools
import os
import tracemalloc
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, dok_array

from negsamp.corpus import reading as corpus
from negsamp.corpus import unpacking
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.reading import read_blocks, read_chunks
from negsamp.corpus.text_files import text_files
from negsamp.errors import CorpusError

TEXTS = st.text(
    # with NUL a short text may be UTF-16 too
    st.sampled_from("\ufeff\u3000\x85\x01 ab\n\n\ré한\u0301😀")
    | st.characters(min_codepoint=1, max_codepoint=0xD7FF)
    | st.characters(min_codepoint=0xE000),
    max_size=60,
)


def read(path, **options):
    return b"".join(read_blocks(path, **options))


def joined(chunks):
    """Sentences of chunks."""
    return [list(sentence) for chunk in chunks for sentence in chunk]


# Files


@given(text=TEXTS, size=st.integers(1, 7), packed=st.booleans())
@example(text="\ufeffone two", size=1, packed=True)
@example(text="\ufeff", size=1, packed=False)
@example(text="\ufeff\ufeffone", size=2, packed=False)
@settings(max_examples=300)
def test_file_comes_whole_in_blocks_of_any_size(write_bytes, text, size, packed):
    path = write_bytes(text.encode(), packed)
    for errors in ("strict", "replace"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(corpus, "BYTES_PER_BLOCK", size)
            assert read(path, errors=errors).decode() == text.removeprefix("\ufeff")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("mark", "lengths"), [("", [100_003, 49_997]), ("\ufeff", [100_000, 50_000])]
)
def test_file_of_one_endless_line_comes_in_blocks_of_these_lengths(
    write_bytes, monkeypatch, packed, mark, lengths
):
    # what `max_vocab_size` forgets depends on the lengths
    monkeypatch.setattr(corpus, "BYTES_PER_BLOCK", 100_000)
    text = b"word " * 50_000
    blocks = list(read_blocks(write_bytes(mark.encode() + text, packed)))
    assert b"".join(blocks) == text
    assert [*map(len, blocks)] == [lengths[0], 100_000, lengths[1], 0]


@pytest.mark.parametrize("name", ["text", "text.txt", "text.gz"])
@pytest.mark.parametrize(
    "content",
    [
        b"a b\nc d",
        gzip.compress(b"a b\nc d", mtime=0),
        gzip.compress(b"a b\n", mtime=0) + gzip.compress(b"c d", mtime=0),
    ],
    ids=["plain", "gzip", "two gzip members"],
)
def test_file_is_gzip_by_its_content_not_by_its_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path / name) == b"a b\nc d"


@pytest.fixture
def pipe(tmp_path):
    """Read a named pipe that is fed some bytes; who opens it a second time would wait for ever."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def pipe(content):
        with ThreadPoolExecutor(2) as pool:
            written = pool.submit(path.write_bytes, content)
            text = pool.submit(read, path)
            if not wait([text], timeout=60).done:
                path.write_bytes(b"")  # let go who waits
                pytest.fail("the pipe was opened twice")
            written.result()
            return text.result()

    return pipe


@pytest.mark.parametrize("packed", [False, True])
def test_file_may_be_a_pipe(pipe, packed):
    text = b"a b\nc d" * 50_000  # more than one buffer holds
    assert pipe(gzip.compress(text) if packed else text) == text


def test_file_that_is_a_pipe_and_not_utf8(pipe):
    with pytest.raises(CorpusError, match=r"pipe' is not UTF-8 at byte 2 \(line 2\): "):
        pipe(b"a\n\xff")


# Several files


@given(texts=st.lists(TEXTS.map(lambda text: text.replace("\ufeff", "")), min_size=1, max_size=5))
@settings(max_examples=30)
def test_files_come_in_the_blocks_of_one_file_that_joins_them(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("texts")
    for number, text in enumerate(texts):
        content = text.encode()
        (folder / f"{number}").write_bytes(gzip.compress(content) if number % 2 else content)
    joined = "".join(text + "\n" * (text != "" and text[-1] not in "\r\n") for text in texts[:-1])
    whole = folder.with_suffix(".txt")
    whole.write_bytes((joined + texts[-1]).encode())
    paths = sorted(folder.iterdir())
    for size in (1, 2, 5, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(corpus, "BYTES_PER_BLOCK", size)
            blocks = [block for block in read_blocks(folder) if block]
            assert blocks == [block for block in read_blocks(paths) if block]
            text = b"".join(blocks)
            # a file that follows one without a last line feed begins with one, if it is empty too
            assert text.rstrip(b"\n") == whole.read_bytes().rstrip(b"\n")
            if text == whole.read_bytes():
                assert blocks == [block for block in read_blocks(whole) if block]


def test_files_glue_no_words_and_no_sentences_together(tmp_path):
    for name, text in (
        ("a", b"one two"),
        ("b", b"\xef\xbb\xbfthree"),
        ("c", b""),
        ("d", b"four\r"),
    ):
        (tmp_path / name).write_bytes(text)
    assert read(tmp_path) == b"one two\nthree\nfour\r"
    _, stream = read_corpus(tmp_path, 1)
    assert stream.offsets.tolist() == [0, 2, 3, 4]


def test_files_are_opened_once_and_one_at_a_time(tmp_path, monkeypatch):
    for number in range(50):
        (tmp_path / f"{number:02}").write_bytes(b"a b\n")
    opened = []

    def counting(path, mode):
        assert all(file.closed for file in opened)
        opened.append(open(path, mode))
        return opened[-1]

    monkeypatch.setattr(unpacking, "open", counting, raising=False)
    assert read(tmp_path) == b"a b\n" * 50
    assert len(opened) == 50
    assert all(file.closed for file in opened)


def test_files_take_no_more_memory_where_they_are_more(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "BYTES_PER_BLOCK", 50_000)
    monkeypatch.setattr(unpacking, "HEAD", 1000)
    peaks = []
    for n in (20, 400):
        for number in range(n):
            (tmp_path / f"{number:03}").write_bytes(gzip.compress(b"a b c d\n" * 2500))
        files = text_files(tmp_path)
        tracemalloc.start()
        deque(read_blocks(files), maxlen=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


# Files that cannot be read


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("before", [0, 7, (1 << 20) - 1, 1 << 20, (1 << 20) + 5, 3 << 20])
@pytest.mark.parametrize(
    "bad",
    [b"\xff", b"\x80 more", b"\xe2\x82 cut", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf"],
    ids=["never", "continuation", "cut", "cut-at-the-end", "surrogate", "overlong"],
)
def test_file_that_is_not_utf8_says_byte_and_line(write_bytes, packed, before, bad):
    line = "ü한😀 text\n".encode()
    data = (line * (before // len(line) + 1))[:before]
    data = data.decode(errors="ignore").encode()
    data += b"x" * (before - len(data)) + bad
    with pytest.raises(UnicodeDecodeError) as oracle:
        data.decode()
    byte = oracle.value.start
    number = data[:byte].count(b"\n") + 1
    with pytest.raises(CorpusError, match=rf"not UTF-8 at byte {byte} \(line {number}\): \w") as e:
        read(write_bytes(data, packed))
    assert "errors='replace'" in str(e.value)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [("replace", "b\ufffdd"), ("ignore", "bd"), ("surrogateescape", "b\udcffd")],
)
@pytest.mark.parametrize("packed", [False, True])
def test_file_that_is_not_utf8_is_read_as_errors_says(write_bytes, errors, expected, packed):
    text = read(write_bytes(b"b\xffd", packed), errors=errors)
    assert text.decode("utf-8", "surrogatepass") == expected


def test_file_that_is_not_utf8_is_described_as_errors_sees_it(write_bytes):
    path = write_bytes(b"\xed\xa0\x80 \xff")  # a surrogate, which this handler lets pass
    with pytest.raises(CorpusError, match="at byte 4"):
        read(path, errors="surrogatepass")


@pytest.mark.parametrize("errors", ["no such handler", "", None, 3])
def test_file_refuses_an_unknown_error_handler(write_bytes, errors):
    with pytest.raises(ValueError, match=f"errors is {errors!r}; it must be 'strict'"):
        read_blocks(write_bytes(b"a"), errors)


PACKED = gzip.compress(" ".join(map(str, range(5000))).encode(), mtime=0)


@pytest.mark.parametrize(
    "damaged",
    [
        *(PACKED[:kept] for kept in (3, 12, 40, -9, -5, -1)),
        # another method, deflated data or checksum
        *(PACKED[:at] + bytes([PACKED[at] ^ 0xFF]) + PACKED[at + 1 :] for at in (2, 15, -6)),
    ],
)
def test_file_refuses_a_damaged_gzip(tmp_path, damaged):
    path = tmp_path / "damaged.gz"
    path.write_bytes(damaged)
    with pytest.raises(CorpusError, match=r"damaged\.gz' is not a whole gzip file"):
        read(path)


# Iterables

SENTENCES = [["a", "b"], [], ["c"], ["a", "d", "e"]]
KINDS = {
    "lists": lambda: SENTENCES,
    "tuples": lambda: tuple(map(tuple, SENTENCES)),
    "arrays": lambda: [np.array(sentence, dtype="U1") for sentence in SENTENCES],
    "object arrays": lambda: [np.array(sentence, dtype=object) for sentence in SENTENCES],
    "deques": lambda: deque(map(deque, SENTENCES)),
    "iterator": lambda: iter(SENTENCES),
    "generators": lambda: ((token for token in sentence) for sentence in SENTENCES),
    "values": lambda: {i: sentence for i, sentence in enumerate(SENTENCES)}.values(),
    "keys": lambda: (dict.fromkeys(sentence).keys() for sentence in SENTENCES),
}


@pytest.mark.parametrize("source", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 1000])
def test_iterable_of_any_kind_gives_its_sentences(monkeypatch, source, size):
    monkeypatch.setattr(corpus, "TOKENS_PER_CHUNK", size)
    assert joined(read_chunks(source())) == SENTENCES


def test_iterable_tokens_of_arrays_are_pythons_own():
    assert joined(read_chunks(np.arange(6).reshape(2, 3))) == [[0, 1, 2], [3, 4, 5]]
    mixed = [np.array(["word", 7], dtype=object), np.arange(1, dtype=np.int8)]
    types = [list(map(type, sentence)) for sentence in joined(read_chunks(mixed))]
    assert types == [[str, int], [int]]


def test_iterable_is_read_no_further_than_a_chunk_needs(monkeypatch):
    monkeypatch.setattr(corpus, "TOKENS_PER_CHUNK", 100)
    endless = itertools.count()
    next(read_chunks([i] * 9 for i in endless))
    assert next(endless) == 10  # ten sentences of nine tokens, and one each for the sentence


@pytest.mark.parametrize("kind", [list, deque, np.array])
def test_iterable_may_use_one_object_for_every_sentence(kind):
    def sentences():
        sentence = kind(["a", "b"])
        for i in range(4):
            sentence[0] = str(i)
            yield sentence

    assert joined(read_chunks(sentences())) == [[str(i), "b"] for i in range(4)]


# Iterables that cannot be read


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (3, "int"),
        (None, "NoneType"),
        (b"a b", "bytes"),
        (bytearray(), "bytearray"),
        (csr_matrix([[1.0, 0.0]]), "scipy csr_matrix, a sparse matrix"),
        (dok_array((2, 2)), "scipy dok_array, a sparse matrix"),  # a dict in some versions
    ],
)
def test_corpus_refuses_what_is_no_corpus(source, kind):
    with pytest.raises(CorpusError, match=f"corpus is a {kind}; it must be a path or an iterable"):
        read_chunks(source)


@pytest.mark.parametrize(
    ("bad", "shown"),
    [
        (b"bytes", "the bytes b'bytes'; it must be a sequence of tokens; decode it first: "),
        (7, "the int 7; it must be a sequence of tokens$"),
        (
            None,
            r"the NoneType None; it must be a sequence of tokens; \[s for s in corpus if s is not",
        ),
        (float("nan"), "the float nan; it must be"),
        ({"a", "b"}, r"the set \{'[ab]', '[ab]'\}; it must be"),
        (frozenset("a"), r"the frozenset frozenset\(\{'a'\}\); it must be"),
        ({"a": 1}, r"the dict \{'a': 1\}; it must be"),
        (np.zeros((2, 2)), "a ndarray of 2 dimensions; it must be"),
        (np.array(3), "a ndarray of 0 dimensions; it must be"),
        (b"x" * 10_000, "the bytes b'x{58}; it must be"),
    ],
)
def test_iterable_refuses_a_sentence_that_is_no_sequence(monkeypatch, bad, shown):
    monkeypatch.setattr(corpus, "TOKENS_PER_CHUNK", 1)
    with pytest.raises(CorpusError, match=f"^sentence 2 is {shown}"):
        list(read_chunks([["a"], [], bad, ["b"]]))


def test_iterable_splits_a_sentence_that_is_text_as_a_file_is_split():
    texts = ["the cat\tsat", "", " on\u2003the\nmat "]
    assert joined(read_chunks(texts)) == [["the", "cat", "sat"], [], ["on", "the", "mat"]]


def test_iterable_that_raises_midway_says_after_how_many_sentences(monkeypatch):
    monkeypatch.setattr(corpus, "TOKENS_PER_CHUNK", 1)

    def sentences():
        yield from SENTENCES
        raise KeyError("the database is gone")

    with pytest.raises(CorpusError, match="KeyError after 4 sentences: 'the database") as error:
        list(read_chunks(sentences()))
    assert isinstance(error.value.__cause__, KeyError)


def test_iterable_sentence_that_raises_midway_says_which():
    def tokens():
        yield "a"
        raise OSError("disk")

    with pytest.raises(CorpusError, match=r"^sentence 1 raised OSError: disk"):
        list(read_chunks([["b"], tokens()]))


def test_iterable_lets_an_interrupt_pass():
    def sentences():
        yield ["a"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(read_chunks(sentences()))
