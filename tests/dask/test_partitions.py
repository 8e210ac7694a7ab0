"""Files are cut at line ends into partitions that have each token once, in order."""

import bz2
import gzip
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negsamp.corpus.counting import read_corpus
from negsamp.corpus.reading import read_blocks
from negsamp.dask import partitions as module
from negsamp.dask.partitions import cut_files, files_of, list_files, named_files
from negsamp.errors import CorpusError

LINES = "a b c\nd e\r\nf\n\ng h i j\rk\n" * 20


def sentences_of(pieces, encoding="utf-8"):
    if not pieces:
        return []
    try:
        vocabulary, stream = read_corpus(files_of(pieces), 1, encoding=encoding)
    except CorpusError:  # it may be empty
        return []
    return [vocabulary.decode(sentence) for sentence in stream]


def write(folder, texts):
    for number, text in enumerate(texts):
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{number}.txt").write_bytes(data)
    return [str(folder / f"{number}.txt") for number in range(len(texts))]


def assert_whole(paths, parts, encoding="utf-8"):
    """The partitions have the sentences of the files, in order; return how many each has."""
    files = list_files(paths)
    found = cut_files(files, parts, encoding)
    assert len(found) == parts
    each = [sentences_of(pieces, encoding) for pieces in found]
    whole = sentences_of([(path, None) for path in files.paths], encoding)
    assert [sentence for part in each for sentence in part] == whole
    return [len(part) for part in each]


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 40])
def test_cut_files_has_each_sentence_once(tmp_path, parts):
    texts = [LINES, "x y\n" * 3, "", "without an end", LINES[:-1], "\n\n\n", "p q r\n" * 90]
    sizes = assert_whole(write(tmp_path, texts), parts)
    if parts < 8:
        assert max(sizes) < 2.5 * sum(sizes) / parts


@given(
    st.lists(st.text("ab \n\r\té\u3000", max_size=60), min_size=1, max_size=4), st.integers(1, 6)
)
def test_cut_files_of_any_text(tmp_path_factory, texts, parts):
    assert_whole(write(tmp_path_factory.mktemp("texts"), texts), parts)


@pytest.mark.parametrize("encoding", ["latin-1", "gb18030", "shift_jis", "euc-jp", "cp1251"])
def test_cut_files_in_other_encodings(tmp_path, encoding):
    word = {"latin-1": "été", "cp1251": "слово"}.get(encoding, "日本語")
    [path] = write(tmp_path, [f"{word} b\nc {word}\n".encode(encoding) * 50])
    assert min(assert_whole([path], 4, encoding)) > 15


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7", "iso2022_jp", "cp037"])
def test_cut_files_leaves_whole_what_bytes_do_not_tell(tmp_path, encoding):
    text = "a b\nc d\n" if encoding == "cp037" else "日本 b\nc d\n"
    paths = write(tmp_path, [text.encode(encoding)] * 4)
    assert_whole(paths, 2, encoding)
    found = cut_files(list_files(paths), 2, encoding)
    assert found == [[(path, None) for path in paths[:2]], [(path, None) for path in paths[2:]]]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_cut_files_leaves_packed_ones_whole(tmp_path, pack):
    paths = write(tmp_path, [pack(LINES.encode())] * 4 + [LINES])
    sizes = assert_whole(paths, 3)
    assert all(sizes)
    # the last is known to be smaller than the others, unpacked
    spans = [span for pieces in cut_files(list_files(paths[:4]), 8, "utf-8") for _, span in pieces]
    assert spans == [None] * 4


def test_cut_files_cuts_an_endless_line_at_white_space(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SEARCHED", 64)
    monkeypatch.setattr(module, "BLOCK", 16)
    [path] = write(tmp_path, ["".join(f"word{i} " for i in range(1000))])
    found = cut_files(list_files([path]), 4, "utf-8")
    assert [len(pieces) for pieces in found] == [1] * 4
    words = [word for pieces in found for sentence in sentences_of(pieces) for word in sentence]
    assert words == [f"word{i}" for i in range(1000)]


def test_cut_files_of_one_token(tmp_path):
    [path] = write(tmp_path, ["x" * 1000])
    assert [len(pieces) for pieces in cut_files(list_files([path]), 3, "utf-8")] == [1, 0, 0]


def test_read_blocks_of_spans_names_the_byte_in_the_file(tmp_path):
    [path] = write(tmp_path, [b"a b\n" * 100 + b"c \xff d\n" + b"e f\n" * 100])
    found = cut_files(list_files([path]), 2, "utf-8")
    [at] = [pieces for pieces in found if pieces[0][1][0] <= 402 < pieces[0][1][1]]
    with pytest.raises(CorpusError, match=r"not UTF-8 at byte 402 \(line \d+"):
        list(read_blocks(files_of(at)))
    assert sentences_of(next(pieces for pieces in found if pieces is not at))


def test_cut_files_refuses_what_is_no_text(tmp_path):
    paths = write(tmp_path, [LINES, b"%PDF-1.7 a b\nc\n"])
    with pytest.raises(CorpusError, match=r"1\.txt' is a PDF document and no text"):
        cut_files(list_files(paths), 2, "utf-8")


@pytest.mark.parametrize("parts", [2, 5])
def test_list_files_knows_folders_and_patterns(tmp_path, parts):
    paths = write(tmp_path, [LINES] * 3)
    for names in ([str(tmp_path)], [str(tmp_path / "*.txt")], paths):
        assert list(list_files(names).paths) == paths


def test_list_files_takes_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="a pipe or a device"):
        list_files([str(tmp_path / "pipe")])


def test_named_files_are_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert named_files("part-*.txt") == [f"{tmp_path}/part-*.txt"]
    assert named_files([Path("a"), "b"]) == [f"{tmp_path}/a", f"{tmp_path}/b"]
    assert named_files(("a",)) == [f"{tmp_path}/a"]


@pytest.mark.parametrize("corpus", [[["a", "b"]], [], None, 7, iter(["a"]), {"a": 1}, {"a"}])
def test_named_files_refuses_other_corpora(corpus):
    with pytest.raises(CorpusError, match=r"it must be a path.*dask\.bag\.from_sequence"):
        named_files(corpus)


def test_named_files_knows_collections():
    bag = pytest.importorskip("dask.bag")
    assert named_files(bag.from_sequence([["a", "b"]] * 4, npartitions=2)) is None
    frame = pytest.importorskip("dask.dataframe")
    pandas = pytest.importorskip("pandas")
    table = frame.from_pandas(pandas.DataFrame({"text": ["a b", "c d"]}), npartitions=2)
    assert named_files(table["text"]) is None
    with pytest.raises(CorpusError, match=r"a table; .*corpus\['text'\]"):
        named_files(table)


def test_pieces_are_in_order(tmp_path):
    paths = write(tmp_path, [LINES] * 3)
    found = [piece for pieces in cut_files(list_files(paths), 5, "utf-8") for piece in pieces]
    places = [(path, (span or (0, len(LINES)))) for path, span in found]
    for (path, (_, end)), (other, (begin, _)) in pairwise(places):
        assert (path == other and end == begin) or (end == len(LINES) and begin == 0)
