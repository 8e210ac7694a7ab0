"""Blocks of UTF-8 text become tokens, as `str.split` sees them, without a Python string.

A token is a place and a length in the bytes: one comparison finds white space in a whole block.
`token_table` tells which tokens are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from negsamp.errors import CorpusError

__all__ = ["PADDING", "Tokens", "split_blocks"]

# Bytes that may be read behind the last token of a buffer.
PADDING = 16
# A token is in memory whole: without a bound, a small gzip file of zeros would take all there is.
LONGEST_TOKEN = 1 << 24
LINE_FEED, RETURN, SPACE = b"\n\r "
# The white space of `str.split` in one byte; U+0085 and U+00A0 take two.
IS_SPACE = np.array([chr(byte).isspace() and byte < 0x80 for byte in range(256)])
# The rest of it: its UTF-8 as numbers of 3 bytes, in order; U+0085 and U+00A0 with a zero behind.
WIDE_SPACES = np.array(
    sorted(
        int.from_bytes(chr(code).encode().ljust(3, b"\0"), "big")
        for code in range(0x80, 0x3001)
        if chr(code).isspace()
    )
)


class Tokens(NamedTuple):
    """The tokens of a block of text, in order.

    Token i is ``text[starts[i] : starts[i] + lengths[i]]``; no length is 0. In the buffer, white
    space of several bytes is spaces.
    """

    text: bytes
    buffer: np.ndarray  # (len(text) + PADDING,) uint8, the text and some zeros
    starts: np.ndarray  # (n,) int64
    lengths: np.ndarray  # (n,) int64, bytes
    line_lengths: np.ndarray  # (n_lines,) int64, tokens in each line
    continues: bool  # whether the last line goes on in the next block


def split_blocks(blocks: Iterable[bytes]) -> Iterator[Tokens]:
    """Find the tokens of a text that comes in blocks.

    Lines end where Python's universal newlines do: ``\\n``, ``\\r\\n`` or ``\\r``. A ``\\r\\n``
    counts as two line ends, with a line of no token between them. The text may be cut anywhere: a
    token that may go on waits for the next block. One of more than 16 MiB is a CorpusError.
    """
    rest = b""
    new: list[bytes] = []
    size = read = 0
    for block in blocks:
        new.append(block)
        size += len(block)
        read += len(block)
        # a token of many blocks is looked at again only when it may have doubled, so that it
        # takes time in proportion to its length and not to the square of that
        if size >= len(rest) or len(rest) + size > LONGEST_TOKEN:
            tokens, rest = _split(b"".join([rest, *new]))
            new, size = [], 0
            yield tokens
        if len(rest) > LONGEST_TOKEN:
            raise CorpusError(
                f"the corpus has no white space in the {len(rest)} bytes up to byte {read}; a "
                f"token has at most {LONGEST_TOKEN}"
            )
    # the space ends the last token
    yield _split(b"".join([rest, *new, b" "]))[0]._replace(continues=False)


def _split(text: bytes) -> tuple[Tokens, bytes]:
    """Return the tokens that end in a text, and what stands behind its last white space."""
    buffer = np.empty(len(text) + PADDING, dtype=np.uint8)
    within = buffer[: len(text)]
    within[:] = np.frombuffer(text, dtype=np.uint8)
    buffer[len(text) :] = 0
    if not text.isascii():
        _narrow_spaces(buffer)
    ends: np.ndarray = np.flatnonzero(within <= SPACE)
    ending = within[ends]
    is_space = IS_SPACE[ending]
    if not is_space.all():  # control characters, which tokens may hold
        ends, ending = ends[is_space], ending[is_space]
    starts = np.empty_like(ends)
    starts[:1] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    lengths = ends - starts
    rest = text[int(ends[-1]) + 1 :] if len(ends) else text

    lines = np.flatnonzero((ending == LINE_FEED) | (ending == RETURN)) + 1
    if not lengths.all():  # white space of several characters
        is_token = lengths > 0
        starts, lengths = starts[is_token], lengths[is_token]
        lines = np.cumsum(is_token)[lines - 1]
    line_lengths = np.diff(lines, prepend=0, append=len(starts))
    return Tokens(text, buffer, starts, lengths, line_lengths, continues=True), rest


def _narrow_spaces(buffer: np.ndarray) -> None:
    """Write spaces over the white space of several bytes, in place.

    All of it begins with C2, E1, E2 or E3, which are rare in most texts; only these are looked at.
    """
    starts = np.flatnonzero((buffer == 0xC2) | (buffer - np.uint8(0xE1) <= 2))
    codes = buffer[starts].astype(np.int64)
    is_pair = codes == 0xC2
    for place in (1, 2):
        codes = codes << 8 | buffer[starts + place]
    codes[is_pair] &= 0xFFFF00
    nearest = np.searchsorted(WIDE_SPACES[:-1], codes)
    is_space = WIDE_SPACES[nearest] == codes
    starts, is_pair = starts[is_space], is_pair[is_space]
    buffer[starts] = SPACE
    buffer[starts + 1] = SPACE
    buffer[starts[~is_pair] + 2] = SPACE
