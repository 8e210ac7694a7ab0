"""Words of any kind come back the same; lists that are damaged are refused by their line."""

import datetime
import json
import re
from collections import namedtuple
from enum import Enum, IntEnum, StrEnum

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import fix_digests
from test_model_folder import assert_holds, write

from negsamp.errors import SavedModelError
from negsamp.files import word_list
from negsamp.files.model_folder import read_model
from negsamp.files.word_list import texts_of

SPELLINGS = st.text(
    st.integers(0, 0x10FFFF).map(chr)  # lone surrogates are among them
    | st.sampled_from(
        'ab \n\r\t\0\x1c\x85\xa0\u2028\u3000\u200f\u0627\ufeff"\\{}😀\ud83d\ude00\udcff'
    ),
    max_size=6,
)
WORDS = st.recursive(
    SPELLINGS
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.binary(max_size=5),
    lambda words: st.lists(words, max_size=3).map(tuple),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model"


@given(words=st.lists(WORDS, max_size=12, unique=True))
@example(words=["", " ", "\n", "\r", "a\nb", "a\rb", "\0", "a 1", "1", 1, "1 1", "True", "1.0"])
@example(words=["שלום", "مرحبا", "\u202eabc", "😀", "e\u0301", "é", "\ufeff", "ß", "한국"])
@example(words=["\ud83d\ude00", "😀", "\udcff", ("\ud83d\ude00", "\udc00")])
@example(words=[b"", b"\xff\n", (), ((),), ("a", (1, (2.5, b"b"))), -0.0, 1e300, 10**100, True])
@example(words=['{"tuple":[]}', '""', "\\u0020", '{"tuple":[1]}', (1,)])
@example(words=[10**100 + i for i in range(50)])  # which words.json has to hold too
@example(words=[(i, " " * i, (True, 1.5, b"\xff" * i), "\ud800" * i) for i in range(50)])
@example(words=[])
@example(words=["a\nb"])  # two words in lines of their own, if these are looked at all together
@example(words=["a", "b\n"])
@example(words=["a", "", "b"])
@example(words=["a", ""])
@settings(max_examples=200)
def test_words_come_back_the_same(module_folder, words):
    write(module_folder, words)
    assert_holds(module_folder, words)
    lines = (module_folder / "vocabulary.txt").read_bytes().decode().split("\n")
    assert len(lines) == len(words) + 1
    assert all(len(line.split()) == 2 for line in lines[:-1])


def test_ordinary_words_are_lines_that_anyone_can_read(tmp_path):
    folder = write(tmp_path / "model", ["the", "지미", "naïve", "\ufeffx", "a\0b"])
    text = (folder / "vocabulary.txt").read_text("utf-8")
    assert text == "the 5\n지미 4\nnaïve 3\n\ufeffx 2\na\0b 1\n"
    assert not (folder / "words.json").exists()


class Spelling(str):
    __slots__ = ()

    def __format__(self, _):
        return "what format makes of it"


class Colour(StrEnum):
    RED = "red"
    PALE = "pale red"


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        (Spelling("a"), "a"),
        (Spelling("a b"), "a b"),
        (Colour.RED, "red"),
        ((Colour.PALE,), ("pale red",)),
        (np.str_("new york"), "new york"),
        (np.str_("york"), "york"),
        (np.int8(-3), -3),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.bool_(True), True),
        (np.bytes_(b"x"), b"x"),
        ((np.int64(1), np.str_("a")), (1, "a")),
    ],
    ids=repr,
)
def test_words_of_other_types_come_back_as_equal_ones_of_python(tmp_path, word, plain):
    assert word == plain
    assert_holds(write(tmp_path / "model", ["first", word]), ["first", plain])


Point = namedtuple("Point", "x y")
Size = IntEnum("Size", "S M")


@pytest.mark.parametrize(
    "word",
    [
        *[None, object(), 1j, float("inf"), float("nan"), frozenset("a"), range(3)],
        *[datetime.date(2000, 1, 1), np.datetime64("2000-01-01")],
        *[Point(1, 2), Size.S, Enum("Kind", "A").A],
    ],
    ids=lambda word: re.sub(" at 0x.*", "", repr(word)),
)
def test_words_of_other_kinds_are_named_before_anything_is_written(tmp_path, word):
    for bad in (word, ("a", (word,))):
        with pytest.raises(
            ValueError, match=r"^the word .* is an? \w+, which cannot be saved; str,"
        ):
            write(tmp_path / "new" / "model", ["a", "b c", bad])
    assert list(tmp_path.iterdir()) == []


# Lists that are damaged


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "model", ["a", 7, "c"])


def refuse(folder, message, lines=None, apart=None):
    for name, content in (("vocabulary.txt", lines), ("words.json", apart)):
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
            fix_digests(folder)
    with pytest.raises(SavedModelError, match=message):
        read_model(folder)


@pytest.mark.parametrize(
    "line",
    [
        *["c", "", " c 1", "c 1\r", "c  1", "c 1 ", "c 1 1", "c\u30001", "\u3000 1"],
        *["c 01", "c +1", "c 1_0", "c ١", "c one", "c 1.5", "c -1", "c 00"],
        *["c 9223372036854775808", "c 99999999999999999999"],
    ],
)
def test_line_that_is_no_word_and_count_is_named(folder, line):
    message = "vocabulary.txt' is damaged: line {} is not 'word count'"
    refuse(folder, message.format(3), f"a 3\n7 2\n{line}\n")
    refuse(folder, message.format(1), f"{line}\n7 2\nc 1\n")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"a 3\n7 2\n\xff 1\n", "is damaged: line 3 is not 'word count' in UTF-8"),
        (b"a 3\n7 2\nc 1\nd", "is damaged: line 4 is not"),
        (b"a 3\n7 2\nc 1", "has 2 lines, and 'vectors.npy' has 3 rows"),
        (b"a 3\n7 2\nc 1\nd 1\n", "has 4 lines, and 'vectors.npy' has 3 rows"),
        (b"", "has 0 lines, and 'vectors.npy' has 3 rows"),
        (b"a 3\n7 2\nc 0\n", "is damaged: the count of row 2 is 0; counts are 1 or more"),
        (b"a 3\n7 2\na 1\n", "holds 'a' more than once"),
    ],
)
def test_vocabulary_that_is_damaged(folder, lines, message):
    refuse(folder, f"vocabulary.txt' {message}", lines)


@pytest.mark.parametrize(
    "apart",
    [
        *["", "{", b"\xff", "[]", "3", '{"1": null}', '{"1": ["x"]}', '{"1": {}}', "[" * 5000],
        *['{"1": {"bytes": "0g"}}', '{"1": {"bytes": 3}}', '{"1": {"pickle": ""}}'],
        *['{"1": {"tuple": 3}}', '{"1": {"tuple": [null]}}', '{"1": {"tuple": [], "bytes": ""}}'],
        *[f'{{"1": {{"characters": [{code}]}}}}' for code in (-1, "9" * 20, '"a"')],
    ],
)
def test_words_json_that_is_damaged(folder, apart):
    refuse(folder, "words.json' is damaged: ", None, apart)


@pytest.mark.parametrize("key", ["3", "-1", "01", "+1", " 1", "1_0", "١", "1.0", "-0", "", "one"])
def test_words_json_with_a_key_that_is_no_row(folder, key):
    refuse(folder, "words.json' is damaged: there is no row", None, json.dumps({key: 7}))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('"b"', '"c"'),
        ("1", "true"),
        ("1", "1.0"),
        ('"b"', '{"characters": [98]}'),
        ('{"bytes":"FF"}', '{"bytes": "FF"}'),
        ('{"tuple":"ab"}', '{"tuple": "ab"}'),
        ('{"tuple":{"a":1}}', '{"tuple": {"a": 1}}'),
        ('{"characters":[true]}', '{"characters": [true]}'),
    ],
)
def test_words_whose_two_files_differ_are_refused(folder, line, value):
    refuse(folder, "words.json' is damaged: ", f"a 1\n{line} 1\nc 1\n", f'{{"1": {value}}}')


def test_words_json_that_is_too_long_or_names_a_word_twice_is_refused(folder):
    refuse(folder, "holds 'a' more than once", 'a 3\n"a" 2\nc 1\n', '{"1": "a"}')
    refuse(folder, r"words.json' is damaged: it has \d+ bytes; 224 are", None, " " * 225)


def test_line_that_is_too_long_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(word_list, "LONGEST_LINE", 5000)
    with pytest.raises(ValueError, match=r"the word 'x.* takes 5003 bytes; 5000 can be saved"):
        write(tmp_path / "model", ["x" * 5000])
    folder = write(tmp_path / "model", ["x" * 4990])
    refuse(folder, r"vocabulary.txt' is damaged: it has 5003 bytes; 5000 are", "x" * 5000 + " 1\n")


def test_tuples_are_written_and_read_to_a_depth(tmp_path, folder):
    word = ()
    for _ in range(word_list.DEEPEST_TUPLE - 1):
        word = (word,)
    assert_holds(write(tmp_path / "deep", [word]), [word])
    with pytest.raises(ValueError, match="a tuple 51 levels deep, which cannot be saved; 50 can"):
        write(tmp_path / "deeper", [(word,)])
    for levels in (51, 5000):
        value = '{"tuple":[' * levels + "]}" * levels
        refuse(folder, "words.json' is damaged: ", f"a 1\n{value} 1\nc 1\n", f'{{"1": {value}}}')


def test_integers_are_written_and_read_to_a_length(tmp_path):
    words = [10**4299, -(10**4300 - 1), (10**4299,)]
    assert_holds(write(tmp_path / "model", words), words)
    for word in (10**4300, -(10**5000), (10**4300,)):
        with pytest.raises(ValueError, match=r"limit .4300 digits. for integer string conversion"):
            write(tmp_path / "other", [word])


def test_texts_are_made_of_what_is_no_str():
    words = ["a", 7, ("b", 1)]
    assert texts_of(words, None) is words
    assert texts_of(words, str) == ["a", "7", "('b', 1)"]
    assert texts_of(words, lambda word: f"<{word}>")[:2] == ["a", "<7>"]


@pytest.mark.parametrize(
    ("words", "keys", "error", "message"),
    [
        ([7], "str", TypeError, "keys is 'str'; it must be a function .* such as str"),
        ([7], lambda word: word, ValueError, "keys made 7 of the key 7; it must make a str"),
        ([7], lambda word: word.name, ValueError, r"keys failed for the key 7 \(row 0\): .*name"),
        ([7, "7"], str, ValueError, r"the keys 7 \(row 0\) and '7' \(row 1\) both become '7'"),
        ([True, "x", "True"], str, ValueError, r"True \(row 0\) and 'True' \(row 2\) both become"),
    ],
)
def test_what_makes_no_text_is_refused(words, keys, error, message):
    with pytest.raises(error, match=message):
        texts_of(words, keys)
