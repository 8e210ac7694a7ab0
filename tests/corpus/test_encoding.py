"""Another corpus becomes the ids of known words as plain loops would make them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_counting import CHUNK_SIZES, CORPORA, assert_is_stream_of, chunks_of, naive, naive_ids

from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.encoding import encode_corpus
from negsamp.errors import CorpusError

TEXTS = st.text(st.sampled_from("aabcd가한😀  \n\n\r\t\u3000\x85"), max_size=80)


@given(known=CORPORA.filter(any), other=CORPORA, min_count=st.integers(1, 2), size=CHUNK_SIZES)
@settings(max_examples=200)
def test_encode_equals_loops_and_leaves_unknown_tokens_out(known, other, min_count, size):
    words, counts, _ = naive(known, min_count)
    vocabulary = Vocabulary(words, counts)
    with chunks_of(size):
        assert_is_stream_of(encode_corpus(vocabulary, other), naive_ids(other, words))
    assert vocabulary.words == words
    assert len(vocabulary.index) == len(words), "an unknown token was taken in"


@given(text=TEXTS, size=CHUNK_SIZES)
def test_encode_of_a_file_equals_that_of_its_lines(write_bytes, text, size):
    vocabulary = Vocabulary(["a", "가"], [2, 1])
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    with chunks_of(size):
        stream = encode_corpus(vocabulary, write_bytes(text.encode()))
    assert_is_stream_of(stream, naive_ids([line.split() for line in lines], ["a", "가"]))


def test_encode_of_a_file_by_words_that_are_no_text(write_bytes):
    words = [7, "", "a", b"b", "b", ("a",), "x y", "a\0", "한국어" * 9, np.str_("c"), "\ud800"]
    vocabulary = Vocabulary(words, range(len(words), 0, -1))
    path = write_bytes(f"a b 7 a\0 c x y 한국어\n{'한국어' * 9} d a".encode())
    stream = encode_corpus(vocabulary, path)
    assert [ids.tolist() for ids in stream] == [[2, 4, 7, 9], [8, 2]]
    path = write_bytes(b"\xed\xa0\x80")
    assert encode_corpus(vocabulary, path, errors="surrogatepass").ids.tolist() == [10]


def test_encode_of_several_files_and_another_encoding(tmp_path):
    for name, text in (("a", "é b"), ("b", "c é\nc")):
        (tmp_path / name).write_text(text, "latin-1")
    stream = encode_corpus(Vocabulary(["é", "c"], [2, 1]), tmp_path, encoding="latin-1")
    assert [ids.tolist() for ids in stream] == [[0], [1, 0], [1]]


def test_encode_of_a_file_by_no_words(write_bytes):
    assert len(encode_corpus(Vocabulary([], []), write_bytes(b"a b"))) == 0


def test_encode_of_many_unknown_words():
    vocabulary = Vocabulary(["a", "b"], [2, 1])
    sentences = [[f"unknown{i}", "b", f"unknown{i // 2}", "a"] for i in range(100)]
    with chunks_of(8):
        assert_is_stream_of(encode_corpus(vocabulary, sentences), [[1, 0]] * 100)


def test_encode_names_a_token_that_is_not_hashable():
    with pytest.raises(CorpusError, match=r"^token 1 of sentence 1 is \['x'\], which is not hash"):
        encode_corpus(Vocabulary(["a"], [1]), [["a"], ["a", ["x"]]])
