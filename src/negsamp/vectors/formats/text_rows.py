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

from negsamp.vectors.formats.reading import LONGEST_WORD, Collector, Source, shown
from negsamp.vectors.formats.writing import row_chunks

__all__ = [
    "NUMBER",
    "format_rows",
    "longest_line",
    "parse_rows",
    "read_number_rows",
    "read_text_rows",
    "shortest_rows",
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
DIGITS = {np.dtype(np.float16): 5, np.dtype(np.float32): 9, np.dtype(np.float64): 17}
# Bytes that are not in text: in tens of float32 there is always one.
CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r"))


def longest_line(d: int) -> int:
    """Return how many bytes a line of a word and `d` numbers may have."""
    return LONGEST_WORD + MOST_PER_NUMBER * d + 1000


def shortest_rows(n_rows: int, d: int) -> int:
    """Return how few bytes the lines can have: a word of one, a separator before each digit."""
    return n_rows * (2 + 2 * d) - 1


def read_text_rows(
    source: Source,
    d: int,
    collector: Collector,
    line: int,
    most: int | None = None,
    is_all: bool = True,
    beginning: bytes = b"",
) -> None:
    """Read lines of a word and `d` numbers, which the collector takes.

    The last `d` fields are the numbers and what is before them is the word, which may have spaces.
    The first line to come has the number `line`, and its `beginning` may have been read already.
    More lines than `most` are an error if the file should be read to its end (`is_all`), and else
    are not looked at.
    """
    for lines in _blocks(source, longest_line(d), line, beginning):
        wanted = lines if most is None else lines[: most - collector.n_rows]
        if wanted:
            words, rows = _parse_lines(source, wanted, d, line)
            collector.add(words, rows, "line", range(line, line + len(wanted)))
            line += len(wanted)
        if len(wanted) < len(lines) and is_all:
            raise source.fault(
                f"the header promises {most} vectors, and here is another", f"line {line}"
            )
        if collector.n_rows == most and not is_all:
            return


def read_number_rows(
    source: Source, d: int, collector: Collector, words: Sequence[bytes], beginning: bytes
) -> None:
    """Read lines of `d` numbers with tabs between them, one for each word."""
    line = 1
    for lines in _blocks(source, longest_line(d), line, beginning):
        end = line + len(lines)
        if end > len(words) + 1:
            raise source.fault(
                f"there are {len(words)} words, and here is another row", f"line {len(words) + 1}"
            )
        rows = parse_rows(lines, d, source, line, "\t")
        collector.add(words[line - 1 : end - 1], rows, "line", range(line, end))
        line = end
    if line <= len(words):
        raise source.fault(f"it ends, and there are {len(words)} words", f"line {line}")


def write_text_rows(
    file: BinaryIO, words: Sequence[bytes], matrix: np.ndarray, separator: str = " "
) -> None:
    """Write lines of a word, which has its separator with it, and the numbers of a row."""
    for start, rows in row_chunks(matrix):
        numbers = format_rows(rows, separator)
        lines = [
            word + row.encode("ascii") + b"\n"
            for word, row in zip(words[start : start + len(rows)], numbers, strict=True)
        ]
        file.write(b"".join(lines))


def format_rows(rows: np.ndarray, separator: str = " ") -> list[str]:
    """Return each row of floats, (n, d), as text from which the same bits come back."""
    form = separator.join([f"%.{DIGITS[rows.dtype]}g"] * rows.shape[1])
    return [form % tuple(row) for row in rows.tolist()]


def parse_rows(
    rows: Sequence[bytes], d: int, source: Source, first: int, separator: str = " "
) -> np.ndarray:
    """Return the numbers of rows, (n, d) float64, each finite and correctly rounded.

    One separator stands between numbers. The first row that is anything else is named in an error
    by its line, counted from that of the `first` row.
    """
    numbers = _load_numbers(rows, d, separator)
    if numbers is None:
        numbers = np.array(_each(lambda row: _check_row(row, d, separator), rows, source, first))
    return numbers


def _load_numbers(rows: Sequence[bytes], d: int, separator: str) -> np.ndarray | None:
    """Return the numbers, or None if a row is not `d` finite decimal numbers."""
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


def _parse_lines(
    source: Source, lines: list[bytes], d: int, first: int
) -> tuple[list[bytes], np.ndarray]:
    split = [line.removesuffix(b" ").partition(b" ") for line in lines]
    numbers = _load_numbers([row for _, _, row in split], d, " ")
    if numbers is None:  # some line is wrong, or has a word with spaces
        split = _each(lambda line: _split_line(line, d), lines, source, first)
        numbers = parse_rows([row for _, _, row in split], d, source, first)
    return [word for word, _, _ in split], numbers


def _each(
    function: Callable[[bytes], Any], lines: Sequence[bytes], source: Source, first: int
) -> list[Any]:
    """Return what a function gives for each line; its errors are raised with the line's number."""
    found = []
    for line, content in enumerate(lines, first):
        try:
            found.append(function(content))
        except ValueError as error:
            raise source.fault(f"{error}{_hint(content)}", f"line {line}") from error
    return found


def _split_line(line: bytes, d: int) -> tuple[bytes, bytes, bytes]:
    """Split a line into the word, a space and the last `d` fields."""
    line = line.removesuffix(b" ")
    word, *fields = line.rsplit(b" ", d)
    if not line:
        raise ValueError(f"it is empty; a word and {d} numbers are needed")
    if len(fields) < d:
        tab = ", with tabs; one space must stand before each number" if b"\t" in line else ""
        raise ValueError(f"it has {len(fields)} numbers; {d} are needed{tab}")
    if b" " in word and NUMBER.fullmatch(last := word.rpartition(b" ")[2]):
        raise ValueError(
            f"it has more than {d} numbers, or a word that ends in {last.decode()!r:.60} after a "
            "space"
        )
    return word, b" ", b" ".join(fields)


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
    is_text = len(line.translate(None, CONTROL)) == len(line)
    hint = "; its bytes are not text, so the file may be in word2vec's binary form (binary=True)"
    return "" if is_text else hint
