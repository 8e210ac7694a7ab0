"""word2vec's two forms: others read what is written and are read, and no damage passes."""

import gzip
import re
from unittest import mock

import numpy as np
import pytest
from oracles import allocating

from negsamp import (
    KeyedVectors,
    VectorFileError,
    Word2Vec,
    load_glove_format,
    load_word2vec_format,
    open_vectors,
    save_word2vec_format,
)

WORDS = ["the", "größe", "고양이", "x\x00", "\u3000", "1.5", "a b".replace(" ", "\xa0"), "</s>"]
FORMS = ["v.txt", "v.vec", "v.bin", "v.txt.gz", "v.bin.gz"]


def sample(dtype=np.float32, d=5, words=WORDS):
    vectors = np.random.default_rng(0).standard_normal((len(words), d)).astype(dtype)
    vectors[0] = 0
    return KeyedVectors(words, vectors)


def same(a, b):
    return a.index_to_key == b.index_to_key and a.vectors.tobytes() == b.vectors.tobytes()


@pytest.fixture
def file(tmp_path):
    def write(content, name="v.txt"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def binary(rows, header=None, end=b""):
    """Content of a binary file: words and their numbers."""
    d = len(rows[0][1])
    content = header or b"%d %d\n" % (len(rows), d)
    for word, numbers in rows:
        content += word + b" " + np.array(numbers, "<f4").tobytes() + end
    return content


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_many_blocks_equal_one(tmp_path, name):
    kv = sample(d=30, words=[f"w{i}" for i in range(2000)])
    save_word2vec_format(kv, tmp_path / name)
    assert same(load_word2vec_format(tmp_path / name), kv)
    first = load_word2vec_format(tmp_path / name, limit=1500)
    assert first.index_to_key == kv.index_to_key[:1500]
    assert first.vectors.tobytes() == kv.vectors[:1500].tobytes()
    with (
        mock.patch("negsamp.vectors.formats.text_rows.BLOCK", 1000),
        mock.patch("negsamp.vectors.formats.word2vec_binary.BLOCK", 1000),
    ):
        assert same(load_word2vec_format(tmp_path / name), kv)


def test_gensim_reads_what_is_written(tmp_path):
    gensim = pytest.importorskip("gensim.models")
    kv = sample(words=["the", "größe", "고양이", "\u3000x", "1.5"])
    for name in FORMS:
        save_word2vec_format(kv, tmp_path / name)
        theirs = gensim.KeyedVectors.load_word2vec_format(tmp_path / name, binary=".bin" in name)
        assert same(theirs, kv)


@pytest.mark.parametrize(
    "name",
    [
        *("word2vec_c.bin", "word2vec_c.txt", "gensim-korean.bin"),
        *("gensim.bin", "gensim.txt", "gensim.txt.gz"),
    ],
)
def test_gensim_reads_the_same_in_files_of_others(shared, name):
    gensim = pytest.importorskip("gensim.models")
    path = shared(f"interop/{name}")
    theirs = gensim.KeyedVectors.load_word2vec_format(path, binary=".bin" in name)
    assert same(load_word2vec_format(path), theirs)


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_newlines_behind_binary_vectors_are_told(file, end, n):
    # 10 is the newline's byte: in the numbers and at their ends it must not mislead
    numbers = np.frombuffer(b"\n" * 8, "<f4")
    rows = [(word, numbers) for word in (b"a", b"b", b"c")[:n]]
    content = binary(rows, end=end)
    kv = load_word2vec_format(file(content, "v.bin"))
    assert kv.index_to_key == ["a", "b", "c"][:n]
    assert kv.vectors.tobytes() == b"\n" * 8 * n
    if end:
        kv = load_word2vec_format(file(content[:-1], "v.bin"))
        assert len(kv) == n, "the last newline may be missing"


def test_binary_newlines_must_be_everywhere_or_nowhere(file):
    rows = [(b"a", [1, 2]), (b"b", [1, 2]), (b"c", [1, 2])]
    content = binary(rows, end=b"\n")
    with pytest.raises(VectorFileError, match="byte 25: a newline must stand behind each vector"):
        load_word2vec_format(file(content[:25] + content[26:], "v.bin"))
    content = binary(rows)
    with pytest.raises(VectorFileError, match="byte 24: a newline must stand behind each vector"):
        load_word2vec_format(file(content[:24] + b"\n" + content[24:], "v.bin"))


def test_trailing_spaces_and_windows_line_ends_are_read(file):
    for content in (
        b"2 2\na 1.5 2.5 \nb 3 -4.5 \n",
        b"2 2\r\na 1.5 2.5\r\nb 3 -4.5\r\n",
        b"\xef\xbb\xbf2 2 \r\na 1.5 2.5 \r\nb 3 -4.5 \r\n",
        b"2 2\na 1.5 2.5\nb 3 -4.5",
        b"2 2\na 1.5 2.5\nb 3 -4.5 ",
    ):
        kv = load_word2vec_format(file(content))
        assert kv.index_to_key == ["a", "b"]
        assert kv.vectors.tolist() == [[1.5, 2.5], [3, -4.5]]


def test_words_with_spaces_are_read_from_text(file):
    kv = load_word2vec_format(file(b"4 2\na 1 2\nnew york 3 4\n at x  5 6\n. . 7 8\n"))
    assert kv.index_to_key == ["a", "new york", "at x", ". ."]
    assert kv.vectors.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"2 2\n10 000 1 2\nb 3 4\n", ["10 000", "b"]),
        (b"2 2\n10 000 1 2\n20 000 3 4\n", ["10 000", "20 000"]),
        (b"2 2\nroute 66 1 2\nb 3 4\n", ["route 66", "b"]),
        (b"2 2\nb 1 2\n7 1.5 3 4\n", ["b", "7 1.5"]),
        (b"2 2\na  1  2\nb   3 4\n", ["a", "b"]),
        (b"2 2\na\t1\t2\nb\t3\t4\n", ["a", "b"]),
        (b"2\t2\na 1\t2\nb \t3 \t4\t\n", ["a", "b"]),
        (b"2 2\nnew york\t1 2\nb\tc 3 4\n", ["new york", "b\tc"]),
        (b"2 2\n  a 1 2\n\tb 3 4\n", ["a", "b"]),
        (b"2 2\n 1 2\nb 3 4\n", ["", "b"]),
        (b"2 2\n\t1\t2\nb\t3\t4\n", ["", "b"]),
        (b"2 2\na 1 2\nb 3 4\n\n", ["a", "b"]),
        (b"2 2\na 1 2 \r\nb 3 4  \r\n\r\n \t\r\n", ["a", "b"]),
        ("2 2\na\xa0b 1 2\n\u2003 3 4\n".encode(), ["a\xa0b", "\u2003"]),
        (b"2 2\nb 1 2\nnew 1 york 3 4", ["b", "new 1 york"]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"on_error": "skip"}, {"limit": 2}, {"limit": 9}])
def test_separators_and_words_without_doubt_are_read(file, content, words, options):
    kv = load_word2vec_format(file(content), **options)
    assert kv.index_to_key == words
    assert kv.vectors.tolist() == [[1, 2], [3, 4]]


def test_file_of_many_blocks_with_tabs_equals_one_with_spaces(tmp_path, monkeypatch):
    kv = sample(d=30, words=[f"w{i}" for i in range(500)])
    save_word2vec_format(kv, tmp_path / "v.txt")
    header, _, rows = (tmp_path / "v.txt").read_bytes().partition(b"\n")
    rows = rows.replace(b" ", b"\t").replace(b"\n", b" \r\n") + b"\r\n" * 3000
    (tmp_path / "v.txt").write_bytes(header + b"\n" + rows)
    monkeypatch.setattr("negsamp.vectors.formats.text_rows.BLOCK", 1000)
    assert same(load_word2vec_format(tmp_path / "v.txt"), kv)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: it is ''; it must be two integers"),
        (b"a 1 2\n", "line 1: it is 'a 1 2"),
        (b"2 2", "line 1: it is '2 2'; it must be two integers"),
        (b"-1 2\n", "two integers"),
        (b"1 0\n", "line 1: the header says 0 dimensions; 1 to 100000"),
        (b"1 100001\n", "the header says 100001 dimensions"),
        (b" " * 70 + b"\n", "two integers"),
        (b"900000000 300\na 1 2\n", "line 1: the header promises 900000000 vectors of 300 numbers"),
        (b"3 2\na 1 2\n\nb 1.000 2.000\n", "line 3: it is empty; a word and 2 numbers are needed"),
        (b"2 2\na 1 2\nb 1.25\n", "line 3: it has 1 numbers; 2 are needed"),
        (b"2 2\na 1 2\nb\t1\tx\n", "line 3: number 2 is 'x', which is no decimal number"),
        (b"3 2\na 1 2 3\nb 1 2 3\nc 1 2\n", "line 2: it has more than 2 numbers, as most lines"),
        (b"3 3\na 1 2 3b 4 5 6\nc 7 8 9\n", "line 2: it has the numbers of two rows: a line end"),
        (b"2 2\na 1 2 3\nb 1 2 3\n", "line 2: it has more than 2 numbers, as most lines have"),
        (b"2 2\na 1 2\nb 1 2\nc 1 2\n", "line 4: the header promises 2 vectors, and here is"),
        (b"2 2\na 1 2\nb 1 2\n\nc 1 2\n", "line 4: the header promises 2 vectors, and here is"),
        (b"2 2\na 1 2.00000\n", "line 3: it ends, and 1 of 2 vectors are missing"),
        (b"2 2\na 1 2\nb 1 nan\n", "line 3: number 2 is 'nan'; numbers must be finite"),
        (b"2 2\na 1 2\nb 1 1e39\n", "line 3: number 2 of the row of 'b' is inf in float32"),
        (b"2 2\na 1 2\n234.5\n", "line 3: it has 0 numbers; 2 are needed"),
        (b"2 2\na 1 2\na 3 4\n", "line 3: the word 'a' is there already"),
        (b"2 2\na 1 2\n\xff 3 4\n", "line 3: the word .* is not utf-8"),
        (b"1 1\n" + b"x" * 70_000 + b" 1\n", "line 2: a word has 70000 bytes; 65536"),
        (b"1 1\n" + b"x" * 600_000, "line 2: it has more than 66576 bytes and no end"),
    ],
)
def test_bad_text_is_named_by_its_line(file, content, message):
    path = file(content)
    with pytest.raises(VectorFileError, match=message) as caught:
        load_word2vec_format(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500
    with pytest.raises(VectorFileError, match=message.removesuffix(" follow")):
        load_word2vec_format(file(content, "v.txt.gz"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (binary([(b"a", [1, 2])], b"2 2\n") + b"b ", "line 1: the header promises 2 vectors"),
        (binary([(b"a", [1, 2])], b"2 2\n") + b"b" * 20, "byte 14: it ends, and 1 of 2 vectors"),
        (binary([(b"a", [1, 2]), (b"b", [1, 2])]) + b"x", "byte 24: it has more than the 2 vec"),
        (binary([(b"a", [1, 2])], b"0 2\n"), "byte 4: it has more than the 0 vectors"),
        (binary([(b"a", [1, 2]), (b"b", [1, np.nan])]), "byte 14: number 2 of the row of 'b' is n"),
        (binary([(b"a", [1, 2]), (b"b", [np.inf, 1])]), "byte 14: number 1 of the row of 'b' is i"),
        (binary([(b"a", [1, 2]), (b"a", [1, 3])]), "byte 14: the word 'a' is there already"),
        (binary([(b"a", [1, 2]), (b"\xff", [1, 3])]), "byte 14: the word .* is not utf-8"),
        (b"1 2\n" + b"x" * 70_000 + b" 12345678", "byte 4: 65536 bytes without a space follow"),
        (b"1 2\n\na 12345678", "byte 4: a newline must stand"),
    ],
)
def test_bad_binary_is_named_by_its_byte(file, content, message):
    with pytest.raises(VectorFileError, match=message):
        load_word2vec_format(file(content, "v.bin"))


@pytest.mark.parametrize("load", [load_word2vec_format, open_vectors])
def test_file_of_the_other_form_is_named_with_what_reads_it(tmp_path, load):
    save_word2vec_format(sample(), tmp_path / "v.txt", binary=True)
    save_word2vec_format(sample(), tmp_path / "v.bin", binary=False)
    for name, message in (
        ("v.txt", r"line \d: .*may be in .* binary form"),
        ("v.bin", "line 2: its"),
    ):
        with pytest.raises(VectorFileError, match=message) as caught:
            load(tmp_path / name)
        [line] = re.findall(r"load_word2vec_format\(.*?\)", str(caught.value))
        assert same(eval(line, {**globals(), "path": tmp_path / name}), sample())


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_binary_overrides_the_suffix(tmp_path, name):
    is_binary = name == "v.txt"
    save_word2vec_format(sample(), tmp_path / name, binary=is_binary)
    assert same(load_word2vec_format(tmp_path / name, binary=is_binary), sample())
    with pytest.raises(VectorFileError):
        load_word2vec_format(tmp_path / name)


def test_unknown_suffix_asks_for_the_form_at_saving(tmp_path):
    with pytest.raises(ValueError, match=r"suffix is none of .txt, .vec, .bin, with or without"):
        save_word2vec_format(sample(), tmp_path / "vectors")
    for binary in (True, False):
        save_word2vec_format(sample(), tmp_path / "vectors", binary=binary)
        assert same(load_word2vec_format(tmp_path / "vectors"), sample())


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_duplicates_may_be_left_out(file, name):
    rows = [(b"a", [1, 2]), (b"b", [3, 4]), (b"a", [5, 6]), (b"c", [7, 8]), (b"b", [9, 9])]
    text = b"5 2\n" + b"".join(b"%s %d %d\n" % (word, *numbers) for word, numbers in rows)
    path = file(binary(rows) if name == "v.bin" else text, name)
    kv = load_word2vec_format(path, on_duplicate="first")
    assert kv.index_to_key == ["a", "b", "c"]
    assert kv.vectors.tolist() == [[1, 2], [3, 4], [7, 8]]
    assert kv.vectors.base is None or kv.vectors.base.shape == (3, 2), "no room is wasted"
    kv = load_word2vec_format(path, on_duplicate="first", limit=3)
    assert kv.index_to_key == ["a", "b"], "limit counts rows"


def test_words_that_are_not_utf8_go_by_errors_and_encoding(file):
    path = file("2 1\nna\u00efve 1\ncaf\u00e9 2\n".encode("latin-1"))
    assert load_word2vec_format(path, encoding="latin-1").index_to_key == ["naïve", "café"]
    assert load_word2vec_format(path, errors="ignore").index_to_key == ["nave", "caf"]
    assert load_word2vec_format(path, errors="replace").index_to_key == ["na\ufffdve", "caf\ufffd"]
    with pytest.raises(VectorFileError, match="a word is empty without what is not utf-8"):
        load_word2vec_format(file(b"1 1\n\xff 1.5\n"), errors="ignore")


def test_limit_reads_the_beginning_of_a_cut_file(file):
    content = binary([(b"w%d" % i, [i, i]) for i in range(9)])
    kv = load_word2vec_format(file(content[:60], "v.bin"), limit=3)
    assert kv.vectors.tolist() == [[0, 0], [1, 1], [2, 2]]
    kv = load_word2vec_format(file(b"9 1\na 1\nb 2\nc x\n"), limit=2)
    assert kv.index_to_key == ["a", "b"]
    assert len(load_word2vec_format(file(b"2 1\na 1\nb 2\n"), limit=5)) == 2


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"binary": "no"}, "binary is 'no'; it must be True, False or None"),
        ({"limit": 0}, "limit is 0; it must be an integer, 1 or more"),
        ({"limit": 1.5}, "limit is 1.5"),
        ({"limit": True}, "limit is True"),
        ({"encoding": "utf-16"}, "encoding is 'utf-16'"),
        ({"encoding": "klingon"}, "encoding is 'klingon'"),
        ({"errors": "hope"}, "errors is 'hope'"),
        ({"on_duplicate": "last"}, "on_duplicate is 'last'; it must be one of 'error', 'first'"),
        ({"on_error": "ignore"}, "on_error is 'ignore'; it must be one of 'raise', 'skip'"),
        ({"datatype": np.int32}, "datatype is .*; it must be float16, float32 or float64"),
        ({"datatype": None}, "datatype is None"),
        ({"datatype": "nonsense"}, "datatype is 'nonsense'"),
    ],
)
def test_bad_option_is_named_before_the_file_is_opened(tmp_path, option, message):
    with pytest.raises(ValueError, match=message):
        load_word2vec_format(tmp_path / "missing.txt", **option)


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("new york", r"the word 'new york' \(row 1\) holds ' '"),
        ("a\tb", r"holds '\\t'"),
        ("a\n", r"holds '\\n'"),
        ("\x0c", r"holds '\\x0c'"),
        ("", r"the word '' \(row 1\) is empty, which this format cannot carry"),
        ("x" * 65537, "has 65537 bytes; this format has words of at most 65536"),
        ("\ud800", "has a lone surrogate"),
        (7, r"the key 7 \(row 1\) is of type int; this format has only str: keys=str writes '7'"),
        (("a", "b"), r"is of type tuple; .*keys=lambda key: str\(key\).replace\(' ', '_'\)"),
        (b"a", "is of type bytes"),
    ],
)
def test_key_that_cannot_be_carried_is_refused_at_saving(tmp_path, name, key, message):
    (tmp_path / name).write_text("older")
    with pytest.raises(ValueError, match=message):
        save_word2vec_format(KeyedVectors(["a", key], np.ones((2, 2))), tmp_path / name)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["older"]


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.array([[1, np.nan]]), r"the vector of 'a' \(row 0\) is not finite"),
        (np.array([[1, 2]]), "vectors has type int64; float16, float32 or float64"),
        (np.ones((1, 0)), "vectors of 1 to 100000 numbers"),
        (np.ones((1, 100_001), np.float16), "vectors of 1 to 100000 numbers"),
    ],
)
def test_vectors_that_cannot_be_carried_are_refused_at_saving(tmp_path, vectors, message):
    with pytest.raises(ValueError, match=message):
        save_word2vec_format(KeyedVectors(["a"], vectors), tmp_path / "v.txt")
    assert not list(tmp_path.iterdir())


def test_float64_is_kept_by_text_and_rounded_by_binary(tmp_path):
    kv = sample(np.float64)
    save_word2vec_format(kv, tmp_path / "v.bin")
    rounded = KeyedVectors(WORDS, kv.vectors.astype(np.float32))
    assert same(load_word2vec_format(tmp_path / "v.bin"), rounded)
    kv = KeyedVectors(["a", "b"], np.array([[1.0], [1e39]]))
    with pytest.raises(ValueError, match=r"'b' \(row 1\) has numbers out of range of float32"):
        save_word2vec_format(kv, tmp_path / "v.bin")
    save_word2vec_format(kv, tmp_path / "v.txt")
    assert same(load_word2vec_format(tmp_path / "v.txt", datatype=np.float64), kv)


def test_what_is_no_keyed_vectors_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"kv is a dict; it must be a KeyedVectors"):
        save_word2vec_format({"a": [1]}, tmp_path / "v.txt")
    with pytest.raises(TypeError, match=r"kv is a Word2Vec; .* a KeyedVectors; give its \.wv"):
        save_word2vec_format(Word2Vec(), tmp_path / "v.txt")


def test_damaged_gzip_is_named(file):
    path = file(b"1 1\na 1.5\n", "v.txt.gz")
    packed = path.read_bytes()
    cut = [packed[:n] for n in (-9, -2, 5)]
    for damaged in (*cut, packed[:-8] + b"\0" * 8, packed + b"more"):
        path.write_bytes(damaged)
        with pytest.raises(VectorFileError, match="is not a whole gzip file"):
            load_word2vec_format(path)


@pytest.mark.parametrize("name", ["v.txt.gz", "v.bin.gz"])
@pytest.mark.parametrize("header", [b"90000000 1000\n", b"100000 5\n"])
def test_gzip_that_promises_more_than_it_can_hold_allocates_nothing(file, name, header):
    path = file(header + b"a 1 2 3 4 5\n", name)
    with allocating(1_000_000), pytest.raises(VectorFileError, match=r"at most can be in it"):
        load_word2vec_format(path)


def test_gzip_that_promises_what_it_might_hold_allocates_as_rows_come(file):
    noise = np.random.default_rng(0).bytes(20_000).hex().encode()
    rows = b"".join(b"%s 1 2 3 4 5\n" % noise[i : i + 40] for i in range(0, len(noise), 40))
    path = file(b"900000 5\n" + rows, "v.txt.gz")
    missing = "it ends, and 899000 of 900000 vectors are missing"
    with allocating(6_000_000), pytest.raises(VectorFileError, match=missing):
        load_word2vec_format(path)


def test_gzip_bomb_is_stopped(file):
    bomb = b"".join(b"w%d%s\n" % (i, b" 0" * 2000) for i in range(300))
    path = file(bomb[:-1], "v.txt.gz")
    room = 1 << 16
    with (
        mock.patch("negsamp.vectors.formats.packed.FREE_UNPACKED", room),
        pytest.raises(VectorFileError, match=r"goes on beyond the \d+ bytes allowed"),
    ):
        load_glove_format(path)
    assert load_glove_format(path).vectors.shape == (300, 2000)


def test_pipes_and_folders_are_refused(tmp_path):
    with pytest.raises(IsADirectoryError):
        load_word2vec_format(tmp_path, binary=True)
    with pytest.raises(IsADirectoryError, match="is a folder; it must be a file"):
        save_word2vec_format(sample(), tmp_path, binary=True)
    with pytest.raises(VectorFileError, match="is a pipe, device or socket"):
        load_word2vec_format("/dev/null", binary=True)
    with pytest.raises(ValueError, match="is a pipe, device or socket"):
        save_word2vec_format(sample(), "/dev/null", binary=True)
    with pytest.raises(FileNotFoundError):
        load_word2vec_format(tmp_path / "missing.txt")


def test_memory_beside_the_matrix_is_bounded(tmp_path):
    kv = sample(d=500, words=[f"w{i}" for i in range(4_000)])  # 8 MB
    kv = KeyedVectors(kv.index_to_key, np.round(kv.vectors))
    for name in ("v.txt", "v.bin"):
        save_word2vec_format(kv, tmp_path / name)
        with allocating(kv.vectors.nbytes + 30_000_000):
            load_word2vec_format(tmp_path / name)


def test_rows_of_text_are_left_out_with_one_warning(file):
    rows = [
        b"a 1 2",
        b"b 1",
        b"c x 2",
        b"",
        b"d 1 nan",
        b"e 3 4",
        b"a 5 6",
        b"\xff 1 2",
        b"f 1e39 2",
    ]
    content = b"%d 2\n" % (len(rows) + 1) + b"\n".join([*rows, b"g 5 6", b""])
    reasons = "line 3: it has 1 numbers.*; line 4: number 1 is 'x'.*; line 5: it is empty"
    for name in ("v.txt", "v.txt.gz"):
        with pytest.warns(UserWarning, match=rf"skipped 7 rows: {reasons}.*; …$") as caught:
            kv = load_word2vec_format(file(content, name), on_error="skip")
        assert len(caught) == 1
        assert kv.index_to_key == ["a", "e", "g"]
        assert kv.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    with pytest.warns(UserWarning, match="skipped 1 row: line 3: it has 1 numbers"):
        kv = load_word2vec_format(file(content), on_error="skip", limit=2)
    assert kv.index_to_key == ["a"], "limit counts rows that are left out"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"4 1\na 1\nb 2\n", "skipped 2 rows: line 4: it ends, and 2 of 4 vectors are missing"),
        (b"1 1\na 1\nb 2\n", "skipped 0 rows: line 1: the header promises 1 vectors, and 2 lines"),
        (b"3 1\na 1\n" + b"x" * 90_000 + b"\nb 2\n", "skipped 1 row: line 3: it has 0 numbers"),
    ],
)
def test_wrong_count_of_rows_is_warned_of(file, content, message):
    with pytest.warns(UserWarning, match=message):
        kv = load_word2vec_format(file(content), on_error="skip")
    assert kv.index_to_key == ["a", "b"]


def test_file_of_which_no_row_is_left_is_refused(file):
    with pytest.raises(VectorFileError, match="no row is left, skipped 2 rows: line 2: it has 0"):
        load_word2vec_format(file(b"2 2\nthis\nthat\n"), on_error="skip")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_counts_go_to_a_file_beside_and_come_back(tmp_path):
    kv = KeyedVectors(["the", "größe", "x"], sample(words=WORDS[:3]).vectors, [9, 5, 0])
    save_word2vec_format(kv, tmp_path / "v.bin", fvocab=tmp_path / "counts.txt")
    assert (tmp_path / "counts.txt").read_text("utf-8") == "the 9\ngröße 5\nx 0\n"
    back = load_word2vec_format(tmp_path / "v.bin", fvocab=tmp_path / "counts.txt")
    assert same(back, kv)
    assert back.counts.tolist() == [9, 5, 0]
    gensim = pytest.importorskip("gensim.models")
    paths = [str(tmp_path / name) for name in ("v.bin", "counts.txt")]
    theirs = gensim.KeyedVectors.load_word2vec_format(paths[0], fvocab=paths[1], binary=True)
    assert theirs.get_vecattr("the", "count") == 9
    theirs.save_word2vec_format(str(tmp_path / "v.txt"), fvocab=str(tmp_path / "theirs.txt"))
    again = load_word2vec_format(tmp_path / "v.txt", fvocab=tmp_path / "theirs.txt", limit=2)
    assert again.counts.tolist() == [9, 5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 3\nb\n", "line 2: it is 'b.*; it must be a word and its count"),
        (b"a 3\nb -1\n", "line 2: it is 'b -1"),
        (b"a 3\nc 2\n", "row 1: there is no count of the word 'b'"),
        (b"a 3\n\xff 1\nb 1\n", "line 2: the word .* is not utf-8"),
    ],
)
def test_bad_file_of_counts_is_named(file, tmp_path, content, message):
    counts = tmp_path / "counts.txt"
    counts.write_bytes(content)
    path = file(b"2 1\na 1\nb 2\n")
    with pytest.raises(VectorFileError, match=rf"counts\.txt', {message}"):
        load_word2vec_format(path, fvocab=counts)
    with pytest.warns(UserWarning, match=rf"skipped \d rows?: {message}"):
        kv = load_word2vec_format(path, fvocab=counts, on_error="skip")
    assert kv.counts.tolist() == [3, int(b"b 1\n" in content)]


def test_counts_that_are_not_there_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="fvocab is given, and these vectors have no counts"):
        save_word2vec_format(sample(), tmp_path / "v.bin", fvocab=tmp_path / "c.txt")
    assert not list(tmp_path.iterdir())
