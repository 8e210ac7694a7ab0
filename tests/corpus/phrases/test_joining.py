"""Phrases are joined in sentences and in text, and a file is written whole or not at all."""

import gzip
import os

import numpy as np
import pytest

from negsamp import CorpusError, Phrases
from negsamp.corpus import reading


@pytest.fixture(scope="module")
def new_york():
    corpus = [["new", "york", "is", "large"], ["in", "new", "york"], ["is", "new"], ["york"]]
    return Phrases(min_count=1, threshold=0.4).fit(corpus * 3)


def test_no_phrase_leaves_the_text_as_it_is(tmp_path):
    phrases = Phrases().fit([["a", "b"], ["c"]])
    assert phrases.phrases_ == {}
    assert list(phrases.transform([["a", "b"], [], ("c",)])) == [["a", "b"], [], ["c"]]
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    phrases.write([["a", "b"], [], ["c"]], target)
    assert target.read_bytes() == b"a b\nc\n"
    source.write_text(" \n\n")
    phrases.write(source, target)
    assert target.read_bytes() == b""


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


@pytest.mark.parametrize("delimiter", ["_", "__", "‿"])
def test_write_keeps_lines_and_joins_over_any_white_space(tmp_path, delimiter):
    text = "new york\r\n\r\n\u2003new\u3000york  is größe\nnew\nyork a\tnew\x1fyork".encode()
    source, target = tmp_path / "in.txt", tmp_path / "deep" / "out.txt"
    source.write_bytes(text)
    phrases = Phrases(1, 0.1, delimiter=delimiter).fit([["new", "york"]] * 2 + [["new"], ["york"]])
    with pytest.MonkeyPatch.context() as patch:
        for size in (1, 7, 1 << 19):
            patch.setattr(reading, "BYTES_PER_BLOCK", size)
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
    with pytest.raises(ValueError, match=r"path is '.*', in the corpus's folder '.*; choose an"):
        new_york.write(tmp_path, tmp_path / "out.txt")
    with pytest.raises(ValueError, match="the corpus itself"):
        new_york.write([source, tmp_path / "*.txt"], source)
    assert source.read_text() == "new york"
    assert os.listdir(tmp_path) == ["in.txt"]


def test_several_files_in_an_encoding_are_joined_as_one(tmp_path, new_york):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a").write_text("large new", "utf-16")
    (folder / "b").write_text("york is new york é\n", "utf-16-be")
    with pytest.raises(CorpusError, match="encoding='utf-16' reads it"):
        new_york.write(folder, tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()
    new_york.write(folder, tmp_path / "out.txt", encoding="utf-16")
    assert (tmp_path / "out.txt").read_text("utf-8") == "large new\nyork is new_york é\n"
    found = list(new_york.transform(str(folder / "*"), encoding="utf-16"))
    assert found == [["large", "new"], ["york", "is", "new_york", "é"]]
    phrases = Phrases(min_count=1, threshold=0.1)
    expected = phrases.fit([["large", "new"], ["york", "is", "new", "york", "é"]]).phrases_
    assert phrases.fit(folder, encoding="utf-16").phrases_ == expected
