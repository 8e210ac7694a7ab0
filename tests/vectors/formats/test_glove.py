"""Text without a header: its first line says how many numbers there are."""

import gzip

import numpy as np
import pytest

from negsamp import KeyedVectors, VectorFileError, load_glove_format, save_glove_format
from negsamp.vectors.formats.glove import has_header


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # an open file
def test_gensim_reads_what_is_written(tmp_path):
    gensim = pytest.importorskip("gensim.models")
    kv = KeyedVectors(["the", "größe"], np.array([[1.5, 1e-7], [-3, 1 / 3]], np.float32))
    save_glove_format(kv, tmp_path / "v.txt")
    theirs = gensim.KeyedVectors.load_word2vec_format(tmp_path / "v.txt", no_header=True)
    assert theirs.index_to_key == kv.index_to_key
    assert theirs.vectors.tobytes() == kv.vectors.tobytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b". . . 1 2\nb 3 4\n", [". . .", "b"]),
        (b"at name@domain.com 1 2\nat x@y.z 3 4\n\n", ["at name@domain.com", "at x@y.z"]),
        (b"a\t1\t2\nb\t3\t4\n", ["a", "b"]),
        (b"a  1  2\nb  3 4\n", ["a", "b"]),
        (b" 1.0 2\nb 3 4\n", ["", "b"]),
        (b"7 1 2\n8 3 4\n", ["7", "8"]),
    ],
)
def test_number_of_numbers_is_what_the_first_lines_say(tmp_path, content, words):
    (tmp_path / "v.txt").write_bytes(content)
    kv = load_glove_format(tmp_path / "v.txt")
    assert kv.index_to_key == words
    assert kv.vectors.tolist() == [[1, 2], [3, 4]]


def test_first_line_may_be_left_out_too(tmp_path):
    (tmp_path / "v.txt").write_bytes(b"a list of vectors\na 1 2\nb 1 2 3\n\nc 3 4\n")
    reasons = (
        "line 1: it has 3 numbers|line 1: number 1.*; line 3: it has more .*; line 4: it is empty"
    )
    with pytest.warns(UserWarning, match=rf"skipped 3 rows: {reasons}"):
        kv = load_glove_format(tmp_path / "v.txt", on_error="skip")
    assert kv.index_to_key == ["a", "c"]
    assert kv.vectors.tolist() == [[1, 2], [3, 4]]


def test_words_with_spaces_and_other_line_ends_are_read(tmp_path):
    path = tmp_path / "v.txt"
    path.write_bytes(b"\xef\xbb\xbf, 1 2\r\n. . 3 4\r\nat a@b.c 5 6")
    kv = load_glove_format(path)
    assert kv.index_to_key == [",", ". .", "at a@b.c"]
    assert kv.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the file is empty"),
        (b"word\n", "line 1: it has 0 numbers behind a word"),
        (b"a,1.5,2.5\n", "line 1: it has 0 numbers behind a word.*, and it has commas"),
        (b"3 2\na 1 2\n", "line 1: it is two integers, .* load_word2vec_format reads"),
        (b"new york 1 2\nb 1 2 3\n", "line 2: it has more than 2 numbers, or a word"),
        (b"a" + b" 1" * 100_001 + b"\n", "line 1: it has 100001 numbers"),
        (b"a" + b"1" * 5_000_000, "line 1: it has more than 4066536 bytes and no end"),
    ],
)
def test_bad_line_is_named(tmp_path, content, message):
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    with pytest.raises(VectorFileError, match=message):
        load_glove_format(path)


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        ([], np.ones((0, 2)), "kv has no words"),
        (["a b"], np.ones((1, 2)), "holds ' '"),
        (["\ufeffa"], np.ones((1, 2)), "begins with a byte order mark"),
        (["7"], np.full((1, 1), 3.0), "such a line is taken for a header"),
    ],
)
def test_what_cannot_be_carried_is_refused_at_saving(tmp_path, words, vectors, message):
    with pytest.raises(ValueError, match=message):
        save_glove_format(KeyedVectors(words, vectors), tmp_path / "v.txt")
    assert not list(tmp_path.iterdir())


def test_one_number_that_is_no_integer_is_no_header(tmp_path):
    kv = KeyedVectors(["7", "8"], np.array([[1.5], [2]], np.float32))
    save_glove_format(kv, tmp_path / "v.txt")
    assert load_glove_format(tmp_path / "v.txt").vectors.tolist() == [[1.5], [2]]
    assert not has_header(tmp_path / "v.txt")


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"3 2\nx", True), (b"3 2", False), (b"3 2 \r\n", True), (b"3 2 1\n", False), (b"", False)],
)
def test_header_is_two_integers(tmp_path, content, expected):
    for packed in (content, gzip.compress(content)):
        (tmp_path / "v").write_bytes(packed)
        assert has_header(tmp_path / "v") == expected
