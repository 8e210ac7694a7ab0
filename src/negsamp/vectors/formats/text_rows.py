"""Lines of a word and its numbers, or of numbers alone, read and written a block at a time.

`numpy.loadtxt` reads the numbers. It would also take NaN, infinities and further white space, skip
empty lines, and name no line of the file; so it gets only text of the bytes that decimal numbers
have, and where it fails, or finds another number of rows or columns, each line is looked at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from negsamp.vectors.formats.reading import LONGEST_WORD, Collector, Skipped, Source, shown
from negsamp.vectors.formats.writing import row_chunks

__all__ = [
    "NUMBER",
    "is_plain_text",
    "longest_line",
    "read_number_rows",
    "read_text_rows",
    "write_text_rows",
]

BLOCK = 1 << 18  # bytes: with what is computed from them they fit into a core's cache
MOST_PER_NUMBER = 40  # bytes of a number and a separator; %.17g writes 25 at most
NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
NOT_FINITE = re.compile(rb"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
IN_NUMBERS = b"0123456789+-.eE"
# Digits that tell each value of a type from its neighbours: ⌈1 + p·log10(2)⌉ of p bits. With so
# many for float32, reading through float64 rounds twice and still ends at the same bits: the text
# is within 5e-9 of the value, and where rounding turns is 3e-8 away.
DIGITS = {np.float16: 5, np.float32: 9, np.float64: 17}
# Bytes that are not in text: in tens of float32 there is always one.
CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r"))


def longest_line(d: int) -> int:
    """Return how many bytes a line of a word and `d` numbers may have."""
    return LONGEST_WORD + MOST_PER_NUMBER * d + 1000


def read_text_rows(
    source: Source,
    d: int,
    collector: Collector,
    line: int,
    most: int | None = None,
    is_all: bool = True,
    beginning: bytes = b"",
    is_sure: bool = False,
) -> None:
    """Read lines of a word and `d` numbers, which the collector takes.

    The last `d` fields are the numbers and what is before them is the word, which may have spaces.
    The first line to come has the number `line`, and its `beginning` may have been read already.
    More lines than `most` are an error if the file should be read to its end (`is_all`), and else
    are not looked at. A word whose last part is a number is taken only if `d` is sure, and if not
    most words are like this, or its parts are all digits. Empty lines at the end do not count.
    """
    n_empty = 0  # lines before this one, perhaps the last of the file
    doubtful: list[int] = []
    for lines in _blocks(source, longest_line(d), line, beginning):
        n_full = len(lines)
        while n_full and not lines[n_full - 1].strip(b" \t"):
            n_full -= 1
        if n_full and n_empty:
            reason = f"it is empty; a word and {d} numbers are needed"
            collector.skipped.refuse(reason, f"line {line - n_empty}", n_empty)
            collector.n_rows += n_empty
            n_empty = 0
        wanted = lines[:n_full] if most is None else lines[: min(n_full, most - collector.n_rows)]
        if wanted:
            doubtful += _take_lines(collector, wanted, d, line, is_sure)
        if len(wanted) < n_full and is_all:
            raise source.fault(
                f"the header promises {most} vectors, and here is another",
                f"line {line + len(wanted)}",
            )
        line += len(lines)
        n_empty += len(lines) - n_full
        if collector.n_rows == most and not is_all:
            break
    if 2 * len(doubtful) > collector.n_rows:
        raise source.fault(
            f"it has more than {d} numbers, as most lines have: the header may promise too few",
            f"line {doubtful[0]}",
        )


def read_number_rows(
    source: Source, d: int, collector: Collector, words: Sequence[bytes | None], beginning: bytes
) -> None:
    """Read lines of `d` numbers with tabs between them, one for each word.

    Where a word is None, which was refused, the row is left out.
    """
    line = 1
    for lines in _blocks(source, longest_line(d), line, beginning):
        while lines and line + len(lines) > len(words) + 1 and not lines[-1]:
            lines.pop()  # an empty line at the end
        end = line + len(lines)
        if end > len(words) + 1:
            raise source.fault(
                f"there are {len(words)} words, and here is another row", f"line {len(words) + 1}"
            )
        places = [number for number in range(line, end) if words[number - 1] is not None]
        rows = [lines[number - line] for number in places]
        places, numbers = parse_rows(collector.skipped, rows, d, places, "\t")
        known = [words[number - 1] or b"" for number in places]
        collector.add(known, numbers, "line", places)
        line = end
    if line <= len(words):
        raise source.fault(f"it ends, and there are {len(words)} words", f"line {line}")


def write_text_rows(
    file: BinaryIO, words: Sequence[bytes], matrix: np.ndarray, separator: str = " "
) -> None:
    """Write lines of a word, which has its separator with it, and the numbers of a row.

    The same bits come back from them.
    """
    number = f"%.{DIGITS[matrix.dtype.type]}g"
    form = separator.join([number] * matrix.shape[1]) + "\n"
    for start, rows in row_chunks(matrix):
        pairs = zip(words[start : start + len(rows)], rows.tolist(), strict=True)
        file.write(b"".join([word + (form % tuple(row)).encode() for word, row in pairs]))


def parse_rows(
    skipped: Skipped, rows: list[bytes], d: int, places: list[int], separator: str = " "
) -> tuple[list[int], np.ndarray]:
    """Return the places of rows that are not refused, and their numbers, (n, d) float64.

    Each number is finite and correctly rounded. One separator stands between numbers. A row that
    is anything else is refused by the line that is its place.
    """
    numbers = _load_numbers(rows, d, separator)
    if numbers is None:
        places, found = _each(skipped, lambda row: _check_row(row, d, separator), rows, places)
        numbers = np.array(found, np.float64).reshape(len(found), d)
    return places, numbers


def _load_numbers(rows: Sequence[bytes], d: int, separator: str) -> np.ndarray | None:
    """Return the numbers, or None if a row is not `d` finite decimal numbers."""
    if not rows:
        return np.empty((0, d))
    others = b"".join(rows).translate(None, IN_NUMBERS + separator.encode())
    if others or not all(rows):
        return None
    try:
        numbers = np.loadtxt(rows, delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    return numbers if numbers.shape[1] == d and np.isfinite(numbers).all() else None


def _blocks(source: Source, most: int, line: int, pending: bytes) -> Iterator[list[bytes]]:
    """Give whole lines without their ends, about a block of bytes at a time."""
    while True:
        block = source.read(BLOCK)
        content = pending + block
        cut = content.rfind(b"\n") + 1 if block else len(content)
        pending = content[cut:]
        if len(pending) > most:
            line += content.count(b"\n")
            raise source.fault(
                f"it has more than {most} bytes and no end{_hint(pending)}", f"line {line}"
            )
        if cut:
            lines = content[:cut].replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
            line += len(lines)
            yield lines
        if not block:
            return


def _take_lines(
    collector: Collector, lines: list[bytes], d: int, first: int, is_sure: bool
) -> list[int]:
    """Give the collector the rows of lines; returns those whose word ends in a number."""
    places = [*range(first, first + len(lines))]
    split = [line.removesuffix(b" ").partition(b" ") for line in lines]
    words = [word for word, _, _ in split]
    doubts: list[bool] = []
    numbers = None
    if not any(b"\t" in word for word in words):
        numbers = _load_numbers([row for _, _, row in split], d, " ")
    if numbers is None:  # some line is wrong, or has a word with spaces or other separators
        found: Any
        try:
            found = [_split_line(line, d, is_sure) for line in lines]
            numbers = _load_numbers([row for _, row, _ in found], d, " ")
        except ValueError:
            pass
        if numbers is None:
            skipped = collector.skipped
            places, found = _each(skipped, lambda line: _read_line(line, d, is_sure), lines, places)
            numbers = np.array([row for _, row, _ in found], np.float64).reshape(len(found), d)
        words, doubts = [word for word, _, _ in found], [doubt for _, _, doubt in found]
    collector.add(words, numbers, "line", places)
    collector.n_rows += len(lines) - len(words)
    return [place for place, doubt in zip(places, doubts, strict=False) if doubt]


def _each(
    skipped: Skipped, function: Callable[[bytes], Any], rows: Sequence[bytes], places: list[int]
) -> tuple[list[int], list[Any]]:
    """Return what a function gives for each row, with the row's place.

    Those that it raises a ValueError for are refused.
    """
    kept, found = [], []
    for place, content in zip(places, rows, strict=True):
        try:
            found.append(function(content))
            kept.append(place)
        except ValueError as error:
            skipped.refuse(f"{error}{_hint(content)}", f"line {place}")
    return kept, found


def _read_line(line: bytes, d: int, is_sure: bool) -> tuple[bytes, list[float], bool]:
    word, row, doubt = _split_line(line, d, is_sure)
    return word, _check_row(row, d, " "), doubt


def _split_line(line: bytes, d: int, is_sure: bool) -> tuple[bytes, bytes, bool]:
    """Split a line into the word and its last `d` fields, and say if the word ends in a number.

    Spaces and tabs stand between fields, one or more.
    """
    word, *fields = line.removesuffix(b" ").rsplit(b" ", d)
    if len(fields) < d or b"" in fields or b"\t" in line:
        parts = line.rsplit(None, d)
        is_short = len(parts) <= d
        if is_short and len(parts) == d and line[:1] in (b" ", b"\t"):
            parts, is_short = [b"", *parts], False
        if not parts:
            raise ValueError(f"it is empty; a word and {d} numbers are needed")
        if is_short:
            raise ValueError(f"it has {len(parts) - 1} numbers; {d} are needed")
        word, *fields = parts
    word = word.strip(b" \t")
    parts = word.split() if b" " in word else []
    # 10 000 is a number in groups, and no row with a number too many
    doubt = bool(parts) and NUMBER.fullmatch(parts[-1]) is not None
    doubt = doubt and not (is_sure and b"".join(parts).isdigit())
    if doubt and not is_sure:
        raise ValueError(
            f"it has more than {d} numbers, or a word that ends in {parts[-1].decode()!r:.60} "
            "after a space"
        )
    if len(parts) > d >= 3 and all(map(NUMBER.fullmatch, parts[1:d])):
        raise ValueError("it has the numbers of two rows: a line end is missing")
    return word, b" ".join(fields), doubt


def _check_row(row: bytes, d: int, separator: str) -> list[float]:
    """Return the numbers of a row, or raise a ValueError that says what is wrong."""
    fields = row.split(separator.encode()) if row else []
    if len(fields) != d:
        raise ValueError(f"it has {len(fields)} numbers; {d} are needed")
    for i, field in enumerate(fields, 1):
        if not field:
            raise ValueError(f"number {i} is missing: there are two separators in a row")
        if NOT_FINITE.fullmatch(field):
            raise ValueError(f"number {i} is {shown(field)}; numbers must be finite")
        if not NUMBER.fullmatch(field):
            raise ValueError(f"number {i} is {shown(field)}, which is no decimal number")
        if not math.isfinite(float(field)):
            raise ValueError(f"number {i} is {shown(field)}, out of range")
    return [float(field) for field in fields]


def _hint(line: bytes) -> str:
    if is_plain_text(line):
        return ""
    return (
        "; its bytes are not text, so the file may be in word2vec's binary form, which "
        "load_word2vec_format(path, binary=True) reads"
    )


def is_plain_text(content: bytes) -> bool:
    """Whether bytes have none of the control characters that numbers in binary form have."""
    return len(content.translate(None, CONTROL)) == len(content)
