"""The projector's two files: tabs between numbers, a word a line, a heading with counts."""

from unittest import mock

import numpy as np
import pytest

from negsamp import KeyedVectors, VectorFileError, load_projector, save_projector


def test_files_are_those_that_the_projector_expects(tmp_path):
    kv = KeyedVectors(["a", "b c"], np.array([[0.5, -1], [2, 1e-5]], np.float32), [10**15, 1])
    save_projector(kv, tmp_path / "p")
    assert (tmp_path / "p" / "vectors.tsv").read_bytes() == b"0.5\t-1\n2\t9.99999975e-06\n"
    words = b"word\tcount\na\t1000000000000000\nb c\t1\n"
    assert (tmp_path / "p" / "metadata.tsv").read_bytes() == words
    assert load_projector(tmp_path / "p").counts.tolist() == [10**15, 1]
    save_projector(KeyedVectors(["a", "b c"], kv.vectors), tmp_path / "q")
    assert (tmp_path / "q" / "metadata.tsv").read_bytes() == b"a\nb c\n", "no heading over one"
    assert load_projector(tmp_path / "q").counts is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p", "q"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a\tb"], r"holds '\\t'"),
        (["\u3000 "], r"is white space, which the projector leaves out"),
        ([], "kv has no words"),
    ],
)
def test_word_that_cannot_be_carried_is_refused_at_saving(tmp_path, words, message):
    with pytest.raises(ValueError, match=message):
        save_projector(KeyedVectors(words, np.ones((len(words), 2))), tmp_path / "p")
    assert not list(tmp_path.iterdir())


def test_nothing_is_replaced_and_nothing_half_written(tmp_path):
    kv = KeyedVectors(["a"], np.ones((1, 2)))
    (tmp_path / "p").mkdir()
    with pytest.raises(FileExistsError, match="is there already; choose another name"):
        save_projector(kv, tmp_path / "p")
    with (
        mock.patch("os.fsync", side_effect=[None, None, OSError(28, "No space left")]),
        pytest.raises(OSError, match="No space left"),
    ):
        save_projector(kv, tmp_path / "q")
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


@pytest.mark.parametrize(
    ("vectors", "words", "message"),
    [
        (b"1\t2\n3\t4\n", b"a\n", "vectors.tsv', line 2: there are 1 words, and here is another"),
        (b"1\t2\n3\t4\n", b"a\nb\nc\n", "vectors.tsv', line 1: it has no room for 3 rows"),
        (b"1\t2\n3.50\t4\n", b"a\nb\nc\n", "vectors.tsv', line 3: it ends, and there are 3 words"),
        (b"1\t2\n3\n", b"a\nb\n", "vectors.tsv', line 1: it has no room"),
        (b"1\t2\n3.000\n", b"a\nb\n", "vectors.tsv', line 2: it has 1 numbers; 2"),
        (b"1\t2\n3 4\n", b"a\nb\n", "vectors.tsv', line 2: it has 1 numbers; 2"),
        (b"1\t2\n3\t4\n", b"a\na\n", "vectors.tsv', line 2: the word 'a' is there already"),
        (b"1\t2\n3\t4\n", b"a\tb\nc\td\n", "metadata.tsv', line 1: its heading has 2 columns"),
        (b"1\t2\n3\t4\n", b"a\nc\td\n", "metadata.tsv', line 2: it must be a word"),
        (b"1\t2\n", b"word\tcount\na\n", "metadata.tsv', line 2: it must be a word, a tab and a"),
        (b"\t" * 100_001 + b"\n", b"a\n", "vectors.tsv', line 1: it has 100002 numbers"),
    ],
)
def test_bad_file_is_named(tmp_path, vectors, words, message):
    (tmp_path / "vectors.tsv").write_bytes(vectors)
    (tmp_path / "metadata.tsv").write_bytes(words)
    with pytest.raises(VectorFileError, match=message):
        load_projector(tmp_path)


def test_missing_file_is_named(tmp_path):
    (tmp_path / "vectors.tsv").write_bytes(b"1\t2\n")
    with pytest.raises(FileNotFoundError, match=r"metadata\.tsv"):
        load_projector(tmp_path)
