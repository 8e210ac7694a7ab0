"""Pairs in files: columns, quotes, packing, and lines that are none."""

import bz2
import gzip
import io
import lzma
import re
import zipfile

import pytest

from negsamp import CorpusError
from negsamp.corpus import pair_files
from negsamp.corpus.pair_files import PairFormat, read_pair_files
from negsamp.corpus.text_files import text_files

ROWS = [("ann", "tea"), ("bob", "green tea"), ("größe", "3"), ("ann", "tea")]
WEIGHTS = [2.0, 0.5, 1e3, 0.0]


def spelled(rows=ROWS, weights=None, between="\t", end="\n"):
    lines = [between.join(row) for row in rows]
    if weights is not None:
        lines = [f"{line}{between}{weight!r}" for line, weight in zip(lines, weights, strict=True)]
    return "".join(line + end for line in lines)


def read(corpus, **how):
    centers, contexts, weights = [], [], []
    for some, others, w in read_pair_files(text_files(corpus), PairFormat(**how)):
        centers += some
        contexts += others
        weights += [None] if w is None else w.tolist()
    return [*zip(centers, contexts, strict=True)], weights if None not in weights else None


@pytest.fixture
def write(tmp_path):
    def write(content, name="pairs.tsv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["two columns", "three columns"])
@pytest.mark.parametrize("between", ["\t", ",", ";"], ids=["tab", "comma", "semicolon"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize("block", [1, 7, 1 << 19])
def test_columns_are_found(monkeypatch, write, weights, between, end, block):
    monkeypatch.setattr("negsamp.corpus.reading.BYTES_PER_BLOCK", block)
    path = write(spelled(ROWS, weights, between, end))
    how = {"delimiter": ";"} if between == ";" else {}
    assert read(path, **how) == (ROWS, weights)
    cut = write(spelled(ROWS, weights, between, end).rstrip("\r\n"))  # no end of the last line
    assert read(cut, **how) == (ROWS, weights)


def test_white_space_stands_between_columns_if_nothing_else_does(write):
    assert read(write("a  x 2\nb   y  3\n c z 1 \n")) == (
        [("a", "x"), ("b", "y"), ("c", "z")],
        [2.0, 3.0, 1.0],
    )


def test_blank_lines_are_left_out_and_lines_counted_all_the_same(write):
    assert read(write("\n \na\tx\n\n\nb\ty\n\n")) == ([("a", "x"), ("b", "y")], None)
    with pytest.raises(CorpusError, match=r"line 5 of '.*pairs.tsv' is 'b'"):
        read(write("\na\tx\n\n\nb\n"))
    assert read(write("\n\n"))[0] == []


def test_quotes_are_those_of_csv_between_commas_and_characters_between_tabs(write):
    lines = 'a,"x, y",2\n"b ""c""",z,1\n'
    assert read(write(lines)) == ([("a", "x, y"), ('b "c"', "z")], [2.0, 1.0])
    assert read(write('"\tthe\t2\n"a\tb"\t1\n')) == ([('"', "the"), ('"a', 'b"')], [2.0, 1.0])
    for line in ('a,"x\n', 'a,"x"y\n'):
        with pytest.raises(CorpusError, match=r"line 2 of .* in which a quote has no end"):
            read(write(f"a,x\n{line}"))


@pytest.mark.parametrize(
    ("packed", "name"),
    [
        (gzip.compress, "pairs.tsv.gz"),
        (bz2.compress, "pairs.tsv.bz2"),
        (lzma.compress, "pairs.xz"),
    ],
)
def test_packed_files_are_read(write, packed, name):
    assert read(write(packed(spelled(ROWS, WEIGHTS).encode()), name)) == (ROWS, WEIGHTS)


def test_members_of_a_zip_file_are_read(write):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.tsv", spelled(ROWS[:1]))
        archive.writestr("b.tsv", spelled(ROWS[1:]))
    assert read(write(content.getvalue(), "pairs.zip")) == (ROWS, None)


def test_several_files_are_one_and_each_has_its_own_delimiter(write, tmp_path):
    first, second = write(spelled(ROWS[:2]), "a.tsv"), write(spelled(ROWS[2:], None, ","), "b.csv")
    expected = ROWS, None
    assert read([first, second]) == expected
    assert read(tmp_path) == expected
    assert read(str(tmp_path / "*")) == expected
    assert read([second, first])[0] == ROWS[2:] + ROWS[:2]
    with pytest.raises(CorpusError, match=r"line 1 of '.*c.tsv' .*has 3 columns .*must have 2"):
        read([first, write(spelled(ROWS, WEIGHTS), "c.tsv")])


def test_other_encodings_are_read(write):
    assert read(write(spelled(), encoding="latin-1"), encoding="latin-1") == (ROWS, None)
    assert read(write(spelled(), encoding="utf-16"), encoding="utf-16") == (ROWS, None)
    assert read(write(b"\xef\xbb\xbf" + spelled().encode())) == (ROWS, None)
    bad = write(spelled().encode("latin-1"))
    with pytest.raises(CorpusError, match="is not UTF-8 at byte"):
        read(bad)
    assert read(bad, errors="ignore")[0][2] == ("gre", "3")


@pytest.mark.parametrize("block", [5, 1 << 19])
def test_header_is_left_out_of_each_file(monkeypatch, write, tmp_path, block):
    monkeypatch.setattr("negsamp.corpus.reading.BYTES_PER_BLOCK", block)
    lines = "user,item,times\n" + spelled(ROWS, WEIGHTS, ",")
    write(lines, "a.csv")
    with pytest.raises(
        CorpusError, match=r"line 1 .* weight 'times'; .*header=True leaves the fir"
    ):
        read(tmp_path)
    assert read(tmp_path, header=True) == (ROWS, WEIGHTS)
    with pytest.raises(CorpusError, match=r"line 6 of .* is 'a,b'"):
        read(write(lines + "a,b\n", "a.csv"), header=True)
    write(lines, "a.csv")
    write(lines, "b.csv")
    assert read(tmp_path, header=True) == (ROWS + ROWS, WEIGHTS + WEIGHTS)


@pytest.mark.parametrize("block", [9, 1 << 19])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a\tx", "which has 2 columns between tabs; it must have 3, as the first line has"),
        ("a\tx\nb\ty\t1\t2", "which has 2 columns between tabs"),  # as many as of two lines
        ("a\tx\t1\t", "which has 4 columns between tabs; it must have 3"),
        ("a x 1", "which has 1 column between tabs"),
        ("a\t\t1", "which has no context: nothing stands there"),
        ("\tx\t1", "which has no center"),
        ("a\tx\t", "which has no weight"),
    ],
)
def test_line_that_is_no_pair_is_named(monkeypatch, write, line, message, block):
    monkeypatch.setattr("negsamp.corpus.reading.BYTES_PER_BLOCK", block)
    path = write(spelled(ROWS, WEIGHTS) + line + "\n" + spelled(ROWS, WEIGHTS))
    named = re.escape(f"is {line.partition(chr(10))[0]!r}, ")
    with pytest.raises(CorpusError, match=f"^line 5 of '.*pairs.tsv' {named}.*{message}"):
        read(path)


@pytest.mark.parametrize("weight", ["-1", "nan", "inf", "heavy", "1,5", "1e999"])
def test_weight_that_is_none_is_named(write, weight):
    path = write(spelled(ROWS, WEIGHTS) + f"\na\tx\t{weight}\n")
    match = f"line 6 of .* has the weight '{weight}'; it must be a finite number, 0 or more$"
    with pytest.raises(CorpusError, match=match):
        read(path)


def test_first_line_must_have_two_or_three_columns(write):
    with pytest.raises(
        CorpusError, match=r"line 1 of .* has 4 columns .*; it must have two, cente"
    ):
        read(write("a\tb\tc\td\n"))
    with pytest.raises(CorpusError, match=r"line 2 of .* has 1 column between white space"):
        read(write("\nword\nword\n"))


def test_line_without_end_is_not_read_into_memory(monkeypatch, write):
    monkeypatch.setattr(pair_files, "LONGEST_LINE", 1000)
    monkeypatch.setattr("negsamp.corpus.reading.BYTES_PER_BLOCK", 100)
    with pytest.raises(CorpusError, match=r"line 2 of .* has more than 1000 bytes"):
        read(write("a\tx\n" + "b" * 5000))


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"delimiter": ""}, ValueError, "delimiter is ''; it must be one character, or None"),
        ({"delimiter": "::"}, ValueError, "delimiter is '::'"),
        ({"delimiter": 9}, TypeError, "delimiter is 9"),
        ({"delimiter": '"'}, ValueError, "delimiter is"),
        ({"header": "infer"}, TypeError, "header is 'infer'; it must be True or False"),
        ({"encoding": "no such"}, ValueError, "encoding is 'no such'"),
        ({"errors": "no such"}, ValueError, "errors is 'no such'"),
    ],
)
def test_format_is_checked(how, error, message):
    with pytest.raises(error, match=message):
        PairFormat(**how).check()


def test_numbers_of_lines_are_right_in_files_of_many_blocks(monkeypatch, write):
    monkeypatch.setattr("negsamp.corpus.reading.BYTES_PER_BLOCK", 64)
    rows = [(f"c{i}", f"o{i}") for i in range(500)]
    assert read(write(spelled(rows))) == (rows, None)
    rows[321] = ("c", "")
    with pytest.raises(CorpusError, match="line 322 of"):
        read(write(spelled(rows)))
