"""The bytes of a text become UTF-8, and what is wrong with them is named with its place."""

from __future__ import annotations

import codecs
import unicodedata
from typing import Any

import numpy as np

from negsamp.corpus.unpacking import Text
from negsamp.errors import CorpusError, EncodingError

__all__ = ["Decoder", "check_encoding"]

LINE_FEED = ord("\n")
# Marks at the beginning of a text, the encodings that have them, and those that read the rest; the
# mark of UTF-32 begins as that of UTF-16 does.
MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030", "gb18030"),
)
WIDE = {"utf-32-le": 4, "utf-32-be": 4, "utf-16-le": 2, "utf-16-be": 2}
# Characters that texts have, though they are control characters.
USUAL_CONTROLS = frozenset("\t\n\v\f\r\x1b\x1c\x1d\x1e\x1f\x85")
CONTROLS = np.array([code for code in range(32) if chr(code) not in USUAL_CONTROLS])
# A tenth of random bytes are control characters, of all kinds; a text may have one as a separator.
MANY_CONTROLS, KINDS_OF_CONTROLS = 0.02, 4
UNUSUAL = frozenset(["Cc", "Cn", "Co"])
# Shares in UTF-16: unusual characters at most; bytes that differ between even and odd places at
# least, which is 0.7 for Chinese, 0.9 for other scripts, and 0 where characters take one byte; and
# high bytes below 32 of an alphabet that has them, where punctuation has others.
FEW_UNUSUAL, WIDE_DISTANCE, LOW_BYTES = 0.01, 0.6, 0.8


def check_encoding(encoding: Any) -> str:
    """Return Python's name of a text's encoding; ValueError if there is no such encoding."""
    try:
        found = codecs.lookup(encoding)
        found.incrementaldecoder("strict").decode(b"", True)
        if not found._is_text_encoding:
            raise LookupError
    except (LookupError, TypeError, ValueError):
        raise ValueError(
            f"encoding is {encoding!r:.60}; it must be an encoding that Python knows, such as "
            "'utf-8', 'utf-16', 'latin-1' or 'gb18030'"
        ) from None
    return "utf-8" if found.name == "utf-8-sig" else found.name


class Decoder:
    """Bytes of a text, a piece at a time, as UTF-8.

    `encoding` is what `check_encoding` returned. A mark of the encoding is read and left out:
    `marked` says whether there was one. CorpusError if the text is in another encoding or is none.
    """

    def __init__(self, text: Text, encoding: str, errors: str) -> None:
        self._name, self._encoding, self._errors = text.name, encoding, errors
        mark, encoding = _read_as(text, encoding)
        self.marked = bool(mark)
        text.read(len(mark))
        self._start = text.start
        self._offset, self._lines = text.start + len(mark), 1  # of the next piece, in the text
        self._is_utf8 = encoding == "utf-8"
        self._codec = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        # others are looked at where they are not UTF-8
        is_checked = not (self._is_utf8 and errors == "strict") and encoding not in WIDE
        if is_checked and not _is_utf8(text.head):
            self._check_is_text(text.head)

    def decode(self, piece: bytes, final: bool) -> bytes:
        """Return the UTF-8 of the next bytes, but for a character that is cut.

        EncodingError names the byte and line where the text is not in its encoding.
        """
        held = self._decoder.getstate()[0]  # a character that was cut
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            at = error.start - len(held)
            self._check_is_text(piece)
            before = (held + piece)[: error.start]
            lines = self._lines + self._line_feeds(before, before.decode(self._codec, "ignore"))
            name = "UTF-8" if self._is_utf8 else self._encoding
            where = f" from byte {self._start} on" if self._start else ""
            raise EncodingError(
                f"{self._name} is not {name} at byte {self._offset + at} (line {lines}{where}): "
                f"{error.reason}; encoding= names another encoding, such as 'latin-1', and "
                "errors='replace' or 'ignore' reads on"
            ) from None
        self._offset += len(piece)
        self._text = text  # freed at once, its memory would be taken anew: 2.3 times slower
        self._lines += self._line_feeds(piece, text)
        if self._is_utf8 and self._errors == "strict":
            return piece
        return text.encode("utf-8", "surrogatepass")

    def _line_feeds(self, piece: bytes, text: str) -> int:
        """Return how many line feeds there are; `bytes.count` takes five times as long."""
        if self._is_utf8:
            return int(np.count_nonzero(np.frombuffer(piece, dtype=np.uint8) == LINE_FEED))
        return text.count("\n")

    def _check_is_text(self, piece: bytes) -> None:
        """Refuse bytes that are not in the text's encoding if they are no text in any other."""
        counts = np.bincount(np.frombuffer(piece, dtype=np.uint8), minlength=256)[CONTROLS]
        if counts.sum() > MANY_CONTROLS * len(piece) and (counts > 0).sum() >= KINDS_OF_CONTROLS:
            raise CorpusError(
                f"{self._name} is no text, or packed in a way that is not known: {counts.sum()} of "
                f"{len(piece)} bytes are control characters"
            )


def _read_as(text: Text, encoding: str) -> tuple[bytes, str]:
    """Return the mark at the beginning of a text, and the encoding of what follows it."""
    found = next((mark for mark in MARKS if text.head.startswith(mark[0])), None)
    if found is not None:
        mark, family, of_rest = found
        if encoding not in (family, of_rest):
            raise EncodingError(
                f"{text.name} begins with the mark of {family}, but encoding is {encoding!r}; "
                f"encoding={family!r} reads it"
            )
        return mark, of_rest
    wide = _wide_encoding(text.head) if b"\0" in text.head else None
    if encoding in ("utf-16", "utf-32"):
        of_rest = f"{encoding}-le"
        return b"", wide if wide and wide.startswith(encoding) else of_rest
    if wide is not None and wide != encoding:
        raise EncodingError(
            f"{text.name} is {wide} by its first bytes, but encoding is {encoding!r}; "
            f"encoding={wide!r} reads it"
        )
    return b"", encoding


def _wide_encoding(head: bytes) -> str | None:
    """Return in which encoding of two or four bytes a text is by its first bytes, if it is in one.

    Read in the right one, they are characters that texts have. Of UTF-16, the bytes at even and odd
    places differ, unlike those of other texts; if it is UTF-8 as well, it is in an alphabet, such
    as Latin or Cyrillic, whose high bytes are below 32.
    """
    is_utf8 = _is_utf8(head)
    best, most = None, (1 - FEW_UNUSUAL, 0)
    for encoding, width in WIDE.items():
        units = head[: len(head) // width * width]
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(units)
        except UnicodeDecodeError:
            continue
        if len(text) < 2:
            continue
        pairs = np.frombuffer(units, np.uint8).reshape(-1, 2)
        even, odd = (np.bincount(pairs[:, i], minlength=256) for i in (0, 1))
        high = odd if encoding.endswith("le") else even
        if width == 2 and np.abs(even - odd).sum() < WIDE_DISTANCE * len(units):
            continue
        if width == 2 and is_utf8 and high[:32].sum() < LOW_BYTES * high.sum():
            continue
        score = 1 - sum(map(_is_unusual, text)) / len(text), sum(map(str.isascii, text))
        if score > most:
            best, most = encoding, score
    return best


def _is_unusual(character: str) -> bool:
    return character not in USUAL_CONTROLS and unicodedata.category(character) in UNUSUAL


def _is_utf8(head: bytes) -> bool:
    """Whether bytes are UTF-8, but for a character that is cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
