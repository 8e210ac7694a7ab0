"""Tokens found in bytes are those that `str.split` finds in the text, wherever it is cut."""

import re
import tracemalloc
from collections import deque

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from negsamp.corpus import tokenizing
from negsamp.corpus.tokenizing import PADDING, split_blocks
from negsamp.errors import CorpusError

WHITE_SPACE = "".join(filter(str.isspace, map(chr, range(0x110000))))
# As bytes, these begin or end as white space does: U+0084 and U+2007 … U+200B, kana, ogham.
NEIGHBOURS = "\x84\x86\x9f\xa1\u167f\u1681\u200b\u2010\u202e\u2030\u205e\u2060\u2fff\u3001\uff80"
TEXTS = st.text(
    st.sampled_from(WHITE_SPACE + NEIGHBOURS + "\x00\x01\x08\x0e\x1b\x7fab\n\r한😀\ud800\udc80")
    | st.characters(),
    max_size=60,
)


def encoded(text):
    return text.encode("utf-8", "surrogatepass")


def cut(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


def tokens_of(block):
    places = zip(block.starts.tolist(), block.lengths.tolist(), strict=True)
    return [block.text[at : at + n].decode("utf-8", "surrogatepass") for at, n in places]


def lines_of(blocks):
    """Lines that hold a token."""
    lines, ends = [[]], 0
    for block in split_blocks(blocks):
        tokens = iter(tokens_of(block))
        assert block.line_lengths.sum() == len(block.starts)
        assert len(block.buffer) == len(block.text) + PADDING
        assert not block.buffer[len(block.text) :].any()
        for length in block.line_lengths.tolist():
            lines[-1] += [next(tokens) for _ in range(length)]
            lines.append([])
        if block.continues:
            lines.pop()
        ends += not block.continues
    assert ends == 1, "only the last block ends the text"
    return [line for line in lines if line]


def expected(text):
    return [line.split() for line in re.split("\r\n|\r|\n", text) if line.split()]


@given(text=TEXTS, size=st.integers(1, 9))
@example(text="a\x85b\xa0c\u1680d\u2000e\u2028f\u202fg\u205fh\u3000i", size=1)
@example(text="a\0 a\0\0 \0 a", size=3)
@example(text="a\r\nb\rc\n\rd", size=2)
@example(text="\ud83d\ude00 \ud83d\u3000\ude00", size=4)
@example(text="".join(f"{'한' * n} {n}\n" for n in (1, 10, 3000, 5, 70_000, 2)), size=1000)
def test_tokens_equal_str_split_wherever_the_text_is_cut(text, size):
    assert lines_of(cut(encoded(text), size)) == expected(text)


def test_tokens_of_each_character_there_is():
    text = "".join(f"a{chr(code)}b{chr(code)}" for code in range(0x110000))
    assert [t for b in split_blocks(cut(encoded(text), 1 << 20)) for t in tokens_of(b)] == (
        text.split()
    )


@pytest.mark.parametrize("blocks", [[], [b""], [b"", b"", b""], [b" "], [b"\n", b"\r\n"]])
def test_tokens_of_nothing(blocks):
    assert lines_of(blocks) == []


def test_tokens_keep_empty_lines_apart():
    blocks = list(split_blocks([b"a b\n\nc\n"]))
    assert [(b.line_lengths.tolist(), b.continues) for b in blocks] == [
        ([2, 0, 1, 0], True),
        ([0], False),
    ]


def test_tokens_are_given_as_soon_as_they_end():
    blocks = split_blocks(iter([b"one tw", b"o three", b" four"]))
    assert [tokens_of(block) for block in blocks] == [["one"], ["two"], ["three"], ["four"]]


def test_long_token_is_looked_at_in_proportion_to_its_length():
    blocks = [b"x" * 100] * 4000
    looked_at = [block.text for block in split_blocks(blocks)]
    assert looked_at[-1] == b"x" * 400_000 + b" "
    assert sum(map(len, looked_at)) < 4 * 400_000


@pytest.mark.parametrize("filler", [b"\0", b"x", "한".encode(), "\u200b".encode()])
def test_endless_token_is_refused_in_bounded_memory(monkeypatch, filler):
    monkeypatch.setattr(tokenizing, "LONGEST_TOKEN", 1 << 18)
    blocks = [b"a b ", *[filler * 10_000] * 300]
    tracemalloc.start()
    with pytest.raises(CorpusError, match=r"no white space in the \d+ bytes up to byte \d+; a"):
        deque(split_blocks(blocks), maxlen=0)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_longest_token_that_is_allowed(monkeypatch):
    monkeypatch.setattr(tokenizing, "LONGEST_TOKEN", 100)
    assert lines_of(cut(b"a " + b"x" * 100 + b" b", 3)) == [["a", "x" * 100, "b"]]
    with pytest.raises(CorpusError, match="in the 101 bytes up to byte 103; a token has at most 1"):
        lines_of(cut(b"a " + b"x" * 101 + b" b", 1))
    assert lines_of(cut(b"a" * 70 + "\u3000".encode() + b"b" * 70, 50)) == [["a" * 70, "b" * 70]]
