"""Texts in any encoding are read as Python reads them; another encoding is seen and named."""

import codecs
import random
import re

import pytest

from negsamp import Word2Vec, read_corpus
from negsamp.corpus import reading
from negsamp.corpus.reading import read_blocks
from negsamp.errors import CorpusError, EncodingError

ENGLISH = "the cat sat on the mat\nit was “warm”\n" * 40
RUSSIAN = "кот сидел на ковре\nбыло тепло\n" * 40
CHINESE = "一只猫坐在垫子上\n天气很暖和 这里有一只狗\n" * 40
TEXTS = {
    "english": ENGLISH,
    "russian": RUSSIAN,
    "chinese": CHINESE,
    "greek": "η γάτα κάθισε στο χαλί\n" * 40,
    "arabic": "جلست القطة على السجادة\n" * 40,
    "hebrew": "החתול ישב על השטיח\n" * 40,
    "hindi": "बिल्ली चटाई पर बैठ गई\n" * 40,
    "thai": "แมวนั่งบนเสื่อ\n" * 40,
    "korean": "고양이가 매트 위에 앉았다\n" * 40,
    "japanese": "猫がマットの上に座った\n" * 40,
    "emoji": "a 😀 b 😺\n" * 40,
    "short": "hi",
    "one line": "a b c d " * 9,
}
WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


def read(path, **options):
    return b"".join(read_blocks(path, **options)).decode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 19])
@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *((encoding, ENGLISH + CHINESE) for encoding in ("utf-8", "utf-8-sig", "UTF8", *WIDE)),
        *((encoding, "\ufeffa 😀\r\n\u3000ü") for encoding in ("utf-8", "gb18030", *WIDE)),
        *((encoding, "a 😀\r\n\u3000ü") for encoding in ("utf-16", "utf-32", "gb18030", "utf-7")),
        ("latin-1", "für éa\xa0b\n"),
        ("cp1252", "für “a”\n"),
        ("koi8-r", RUSSIAN),
        ("shift_jis", "猫が座った\n"),
        ("iso-2022-jp", "猫が座った\nabc\n"),
        ("ascii", "a b\n"),
    ],
)
def test_text_is_read_as_python_decodes_it(write_bytes, monkeypatch, encoding, text, size):
    monkeypatch.setattr(reading, "BYTES_PER_BLOCK", size)
    text = text if size > 9 else text[:40] + text[-40:]
    found = read(write_bytes(text.encode(encoding)), encoding=encoding)
    assert found == text.removeprefix("\ufeff")


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_utf16_and_utf32_without_a_mark_are_seen_and_the_advice_helps(write_bytes, encoding, text):
    path = write_bytes(text.encode(encoding))
    for options in ({}, {"errors": "ignore"}, {"encoding": "latin-1"}):
        with pytest.raises(EncodingError, match=f"is {encoding} by its first bytes") as error:
            read(path, **options)
        assert "errors=" not in str(error.value)
    advice = re.search("encoding='([^']*)' reads it$", str(error.value))[1]
    assert read(path, encoding=advice) == text
    family = encoding[:6]
    assert read(path, encoding=family) == text
    other = encoding.replace("-le", "-xx").replace("-be", "-le").replace("-xx", "-be")
    with pytest.raises(CorpusError, match=f"is {encoding} by its first bytes"):
        read(path, encoding=other)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("order", ["le", "be"])
def test_mark_of_another_encoding_is_seen_and_the_advice_helps(write_bytes, encoding, text, order):
    path = write_bytes(("\ufeff" + text).encode(f"{encoding}-{order}"))
    for options in ({}, {"errors": "replace"}, {"encoding": "cp1252"}):
        with pytest.raises(EncodingError, match=f"begins with the mark of {encoding}") as error:
            read(path, **options)
    advice = re.search("encoding='([^']*)' reads it$", str(error.value))[1]
    assert read(path, encoding=advice) == text
    assert read(path, encoding=f"{encoding}-{order}") == text


def test_mark_of_utf8_is_no_latin1(write_bytes):
    path = write_bytes(codecs.BOM_UTF8 + b"a b")
    with pytest.raises(EncodingError, match="mark of utf-8, but encoding is 'iso8859-1'"):
        read(path, encoding="latin-1")


@pytest.mark.parametrize(
    "text",
    ["a\0b c\0d\n" * 9, "abc\0def\0" * 50, "\0", "a b\0", "ab\0cd\0ef\0" * 9, "猫\0 b\n" * 9],
)
def test_nul_in_a_text_does_not_make_it_utf16(write_bytes, text):
    assert read(write_bytes(text.encode())) == text


def test_encoding_that_is_wrong_says_what_helps(write_bytes):
    path = write_bytes("für alle\n".encode("latin-1") * 9)
    with pytest.raises(EncodingError, match=r"not UTF-8 at byte 1 \(line 1\): .*such as 'lat") as e:
        read(path)
    for option in re.findall(r"(encoding|errors)=.*?'([^']*)'", str(e.value)):
        assert "r alle" in read(path, **dict([option]))
    assert read(path, errors="ignore") == "fr alle\n" * 9


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1 << 19])
@pytest.mark.parametrize(
    ("encoding", "before", "bad"),
    [
        ("gb18030", "猫a\n座った\n" * 5, b"\xff"),
        ("gb18030", "猫a\n座", b"\x81\x30\x81"),
        ("shift_jis", "猫a\n座った\n", b"\x85\xff"),
        ("ascii", "a\nb\n", b"\xe4"),
        ("cp1252", "ä\nb\n", b"\x81"),
        ("utf-16-le", "猫 a\n😀\n" * 9, b"\0\xdc"),
        ("utf-16-be", "猫 a\n", b"\xd8"),
        ("utf-32-be", "猫 a\n", b"\0\x11\0\0"),
    ],
)
def test_bytes_that_are_not_in_the_encoding_are_named(
    write_bytes, monkeypatch, encoding, before, bad, size
):
    monkeypatch.setattr(reading, "BYTES_PER_BLOCK", size)
    content = before.encode(encoding) + bad
    with pytest.raises(UnicodeDecodeError) as oracle:
        content.decode(encoding)
    place = rf"is not {encoding} at byte {oracle.value.start} \(line {before.count(chr(10)) + 1}\)"
    with pytest.raises(EncodingError, match=place):
        read(write_bytes(content), encoding=encoding)
    found = read(write_bytes(content), encoding=encoding, errors="replace")
    assert found == content.decode(encoding, "replace")


@pytest.mark.parametrize("size", [200, 1000, 100_000])
def test_bytes_that_are_no_text_get_no_advice_on_errors(write_bytes, size):
    path = write_bytes(b"\xab\xcd" + random.Random(0).randbytes(size))
    for options in ({}, {"errors": "ignore"}, {"encoding": "latin-1"}):
        with pytest.raises(CorpusError, match="is no text, or packed in a way that is not kn") as e:
            read(path, **options)
        assert "errors" not in str(e.value)


def test_bytes_that_are_no_text_may_come_late(write_bytes):
    path = write_bytes(b"a b\n" * 300_000 + random.Random(0).randbytes(600_000))
    with pytest.raises(CorpusError, match="is no text, or packed in a way that is not known"):
        read(path)


@pytest.mark.parametrize("encoding", ["no such", "", None, 3, "rot13", "hex", "undefined", "a\0"])
def test_encoding_that_is_unknown_is_refused_before_reading(tmp_path, encoding):
    path = tmp_path / "text"
    path.write_text("a b c\n" * 9)
    model = Word2Vec(min_count=1)
    for use in (read_corpus, model.fit, model.diagnose, read_blocks):
        with pytest.raises(ValueError, match=r"^encoding is .*; it must be an encoding that P"):
            use(path, encoding=encoding)


def test_encodings_make_the_same_corpus(tmp_path):
    text = (ENGLISH + RUSSIAN + CHINESE) * 20
    expected = read_corpus([line.split() for line in text.splitlines()], 2)
    for encoding in ("utf-8", "utf-16", "utf-32-be", "gb18030"):
        path = tmp_path / encoding
        path.write_text(text, encoding)
        vocabulary, stream = read_corpus(path, 2, encoding=encoding)
        assert vocabulary.words == expected[0].words
        assert stream.digest() == expected[1].digest()
