"""Paths, lists, folders and patterns name files in an order, and whatever names none is refused."""

import collections
import os
import re
from pathlib import Path

import numpy as np
import pytest

from negsamp import Word2Vec, read_corpus
from negsamp.corpus.text_files import text_files
from negsamp.errors import CorpusError

TEXTS = {
    "b.txt": "b b\n",
    "a.txt": "a a",
    "c/b.txt": "c c\r\n",
    "c/a": "",
    "c-d.txt": "d d",
    ".hidden": "x x\n",
    ".git/x.txt": "x x\n",
}
IN_ORDER = ["a.txt", "b.txt", "c/a", "c/b.txt", "c-d.txt"]


@pytest.fixture
def folder(tmp_path):
    for name, text in TEXTS.items():
        path = tmp_path / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
    return tmp_path / "texts"


def names_of(corpus, folder):
    found = text_files(corpus)
    return [Path(path).relative_to(folder).as_posix() for path in found.paths]


def test_folder_names_its_files_and_those_of_its_folders_in_order(folder, caplog):
    assert names_of(folder, folder) == IN_ORDER
    assert names_of(f"{folder}{os.sep}", folder) == IN_ORDER
    assert names_of([folder], folder) == IN_ORDER
    assert "2 hidden files or folders and links to folders are left out" in caplog.text
    assert ".git" in caplog.text
    assert ".hidden" in caplog.text


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["a.txt", "b.txt", "c-d.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("?.txt", ["a.txt", "b.txt"]),
        ("*", ["a.txt", "b.txt", "c-d.txt"]),
        ("*/*", ["c/a", "c/b.txt"]),
        ("**", IN_ORDER),
        ("**/*.txt", ["a.txt", "b.txt", "c/b.txt", "c-d.txt"]),
    ],
)
def test_pattern_names_the_files_that_it_matches(folder, monkeypatch, pattern, expected):
    assert names_of(str(folder / pattern), folder) == expected
    assert names_of([folder / pattern], folder) == expected
    monkeypatch.chdir(folder)
    found = text_files(pattern)
    assert [*map(Path, found.paths)] == [*map(Path, expected)]
    monkeypatch.chdir("/")
    assert names_of(found.recorded, folder) == expected


def test_pattern_that_is_the_name_of_a_file_is_that_file(folder, monkeypatch):
    monkeypatch.chdir(folder)
    Path("[ab].txt").write_text("e")
    assert text_files("[ab].txt").paths == ("[ab].txt",)
    assert text_files("[ab].txt").recorded == str(folder / "[ab].txt")


def test_pattern_is_kept_from_a_working_folder_with_signs_of_patterns(tmp_path, monkeypatch):
    folder = tmp_path / "texts [1]"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    monkeypatch.chdir(folder)
    recorded = text_files("*.txt").recorded
    monkeypatch.chdir(tmp_path)
    assert names_of(recorded, folder) == ["a.txt"]


def test_list_keeps_its_order_and_names_files_folders_and_patterns(folder, monkeypatch):
    paths = [folder / "b.txt", folder / "c", folder / "[a].txt", str(folder / "b.txt")]
    assert names_of(paths, folder) == ["b.txt", "c/a", "c/b.txt", "a.txt", "b.txt"]
    assert names_of(tuple(paths), folder) == names_of(paths, folder)
    assert names_of(paths[::-1], folder) == ["b.txt", "a.txt", "c/a", "c/b.txt", "b.txt"]
    assert text_files([folder / "b.txt"]).recorded == str(folder / "b.txt")
    with os.scandir(folder / "c") as entries:
        assert sorted(names_of([*entries], folder)) == ["c/a", "c/b.txt"]


@pytest.mark.parametrize("corpus", [[], ["a b"], ["a"], [["a.txt"]], (), iter([]), {}, None, 3])
def test_sentences_name_no_files(corpus):
    assert text_files(corpus) is None


# What names no files


@pytest.mark.parametrize("names", [["a.txt", "b.txt"], ["b.txt"], ["c/a"], ["c"], ["no.txt.gz"]])
def test_list_of_names_is_refused_and_the_advice_helps(folder, names):
    corpus = [str(folder / name) for name in names] if names[0] != "c" else [str(folder / "c")]
    with pytest.raises(CorpusError, match="all of them name files, such as ") as error:
        text_files(corpus)
    advice = re.search(r"\[.* in corpus\]", str(error.value))[0]
    paths = eval(advice, {"pathlib": __import__("pathlib"), "corpus": corpus})
    assert paths == [*map(Path, corpus)]
    if "no" not in names[0]:
        assert names_of(paths, folder)


@pytest.mark.parametrize("kind", ["list", "tuple", "deque", "array", "pandas", "polars"])
def test_names_in_other_containers_are_refused(folder, kind):
    kinds = {"list": list, "tuple": tuple, "deque": collections.deque, "array": np.array}
    as_kind = kinds.get(kind) or pytest.importorskip(kind).Series
    corpus = as_kind([str(folder / "a.txt"), str(folder / "b.txt")])
    with pytest.raises(CorpusError, match=r"of 2 str, .* but all of them name files, such as"):
        read_corpus(corpus, 1)
    assert text_files(as_kind(["a b", "c"])) is None


@pytest.mark.parametrize("corpus", [["a.txt", "b"], ["see a.txt", "b.txt"], ["and/or"], ["."]])
def test_list_of_sentences_that_end_as_names_is_none_of_files(folder, monkeypatch, corpus):
    monkeypatch.chdir(folder)
    assert text_files(corpus) is None


def test_list_of_paths_and_sentences_is_refused(folder):
    with pytest.raises(CorpusError, match="list of paths, but number 1 is a list; files and sent"):
        text_files([folder / "a.txt", ["a", "b"]])
    for sentence in (["a", "b"], "a b"):
        with pytest.raises(CorpusError, match=r"^sentence 1 is the path '.*: sorted\(paths\)$"):
            read_corpus([sentence, folder / "a.txt"], 1)


def test_iterable_of_paths_is_refused_and_the_advice_helps(folder):
    for paths in (folder.glob("*.txt"), iter([folder / "a.txt"])):
        with pytest.raises(CorpusError, match=r"files go in as a list: sorted\(paths\)$"):
            read_corpus(paths, 1)
    vocabulary, _ = read_corpus(sorted(folder.glob("*.txt")), 1)
    assert vocabulary.words == ["a", "b", "d"]


@pytest.mark.parametrize("kind", [str, Path])
def test_path_that_names_nothing(tmp_path, kind):
    with pytest.raises(FileNotFoundError, match=r"'.*nowhere\.txt', which does not exist$"):
        text_files(kind(tmp_path / "nowhere.txt"))
    with pytest.raises(FileNotFoundError, match=r"'.*nowhere\.txt', which does not exist$"):
        text_files([tmp_path, tmp_path / "nowhere.txt"][1:])
    with pytest.raises(FileNotFoundError, match=r"pattern '.*\*\.txt', which matches no file$"):
        text_files(kind(tmp_path / "*.txt"))


def test_path_that_is_empty_or_on_the_net():
    with pytest.raises(FileNotFoundError, match="the file '', which does not exist"):
        text_files("")
    with pytest.raises(FileNotFoundError, match="a file on the net must be downloaded first"):
        text_files("s3://bucket/corpus.txt")


@pytest.mark.parametrize(
    "text", ["the cat sat on the mat", "a b\0c", "many words " * 1000, "what? a [b] *", "a?\0 b"]
)
def test_path_that_is_a_text_says_how_a_text_goes_in(text):
    with pytest.raises(FileNotFoundError, match="a text goes in as a list of token lists") as e:
        text_files(text)
    assert len(str(e.value)) < 400


def test_pattern_that_matches_folders_only_says_how_to_go_on(folder):
    with pytest.raises(FileNotFoundError, match=r"matches no file; '.*' matches what") as error:
        text_files(str(folder / "[c]"))
    pattern = re.search("; '(.*)' matches", str(error.value))[1]
    assert names_of(pattern, folder) == ["c/a", "c/b.txt"]


def test_folder_without_files_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"which holds no file$"):
        text_files(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / ".DS_Store").touch()
    with pytest.raises(CorpusError, match=r"no file but 1 hidden ones and links$"):
        text_files(tmp_path)


def test_folder_with_a_pipe_or_a_link_is_not_read_on(folder, caplog):
    os.symlink(folder / "c", folder / "link")
    assert names_of(folder, folder) == IN_ORDER
    assert "link" in caplog.text
    os.symlink(folder / "nothing", folder / "dead.txt")
    with pytest.raises(CorpusError, match=r"dead\.txt' is a pipe, a device or a link to nothing"):
        text_files(folder)
    os.remove(folder / "dead.txt")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
        with pytest.raises(CorpusError, match="pipe' is a pipe, a device or a link to nothing"):
            text_files(folder)


@pytest.mark.parametrize("argument", ["cache", "checkpoint"])
def test_fit_refuses_to_write_into_the_folder_that_it_reads(folder, tmp_path, argument):
    model = Word2Vec(4, min_count=1, sample=0, epochs=1)
    with pytest.raises(ValueError, match=f"{argument} is '.*new', in the corpus's folder"):
        model.fit(folder, **{argument: folder / "c" / "new"})
    assert not (folder / "c" / "new").exists()
    model.fit(folder, **{argument: tmp_path / "texts-ids"})
    model.fit(folder, **{argument: folder / ".hidden-ids"})
