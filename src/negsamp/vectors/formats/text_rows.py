"""Lines of a word and its numbers, read and written some thousand numbers at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from negsamp.vectors.formats.decimals import NUMBER, RowError, format_rows, parse_rows
from negsamp.vectors.formats.sources import (
    LONGEST_WORD,
    Collector,
    Source,
)
from negsamp.vectors.formats.writing import row_chunks

__all__ = [
    "longest_line",
    "read_number_rows",
    "read_text_rows",
    "shortest_rows",
    "write_text_rows",
]

BLOCK = 1 << 18  # bytes: with what is computed from them they fit into a core's cache
MOST_PER_NUMBER = 40  # bytes of a number and a separator; %.17g writes 25 at most
SWAPPED = bytes.maketrans(b"\t ", b" \t")
# What gives away bytes that are no text: in tens of float32 there is always one.
CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r"))


def longest_line(d: int) -> int:
    """Bytes that a line of a word and `d` numbers may have."""
    return LONGEST_WORD + MOST_PER_NUMBER * d + 1000


def shortest_rows(n_rows: int, d: int) -> int:
    """Bytes that so many lines have at least: a word of one, and a separator before each digit."""
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
    """Read the lines of a word and `d` numbers that a source has left.

    The last `d` fields are the numbers and what is before them is the word, which may have spaces.

    Parameters
    ----------
    source : Source
    d : int
    collector : Collector
        Takes what is read.
    line : int
        Number of the first line to come, counted from 1.
    most : int, optional
        Lines that there may be.
    is_all : bool
        Whether more of them are an error, or not looked at.
    beginning : bytes
        What of it has been read already.

    Raises
    ------
    VectorFileError
        That names the line.
    """
    for lines in _blocks(source, longest_line(d), line, beginning):
        wanted = lines if most is None else lines[: most - collector.n_rows]
        if wanted:
            collector.add(*_parse_lines(source, wanted, d, line), _places(line))
            line += len(wanted)
        if len(wanted) < len(lines) and is_all:
            raise source.fault(
                f"the header promises {most} vectors, and here is another", line=line
            )
        if collector.n_rows == most and not is_all:
            return


def read_number_rows(
    source: Source, d: int, collector: Collector, words: Sequence[bytes], beginning: bytes
) -> None:
    """Read lines of `d` numbers with tabs between them, one for each word.

    Raises
    ------
    VectorFileError
        That names the line.
    """
    line = 1
    for lines in _blocks(source, longest_line(d), line, beginning):
        if line + len(lines) > len(words) + 1:
            raise source.fault(
                f"there are {len(words)} words, and here is another row", line=len(words) + 1
            )
        text = b"\n".join([*lines, b""]).translate(SWAPPED)
        try:
            rows = parse_rows(text, len(lines), d)
        except RowError as error:
            raise source.fault(str(error), line=line + error.row) from error
        collector.add(words[line - 1 : line - 1 + len(lines)], rows, _places(line))
        line += len(lines)
    if line <= len(words):
        raise source.fault(f"it ends, and there are {len(words)} words", line=line)


def write_text_rows(
    file: BinaryIO, words: Sequence[bytes], matrix: np.ndarray, separator: str = " "
) -> None:
    """Write lines of a word and its numbers, with as many digits as tell them apart.

    Parameters
    ----------
    file : binary file
    words : sequence of bytes, length V
        Each with the separator behind it, or empty.
    matrix : ndarray, shape (V, d)
    separator : str
        From one number to the next.
    """
    for start, rows in row_chunks(matrix):
        numbers = format_rows(rows, separator)
        lines = [
            word + row.encode("ascii") + b"\n"
            for word, row in zip(words[start : start + len(rows)], numbers, strict=True)
        ]
        file.write(b"".join(lines))


def _places(line: int) -> Callable[[int], Any]:
    return lambda i: {"line": line + i}


def _blocks(source: Source, most: int, line: int, pending: bytes) -> Iterator[list[bytes]]:
    """Whole lines without their ends, about a block of bytes at a time."""
    while True:
        block = source.read(BLOCK)
        content = pending + block
        cut = content.rfind(b"\n") + 1 if block else len(content)
        pending = content[cut:]
        if len(pending) > most:
            raise source.fault(
                f"it has more than {most} bytes and no end{_hint(pending)}",
                line=line + content.count(b"\n"),
            )
        if cut:
            whole = content[:cut]
            if b"\r" in whole:
                whole = whole.replace(b"\r\n", b"\n")
            lines = whole.split(b"\n")
            if not lines[-1]:
                lines.pop()
            line += len(lines)
            yield lines
        if not block:
            return


def _parse_lines(
    source: Source, lines: list[bytes], d: int, first: int
) -> tuple[list[bytes], np.ndarray]:
    words, numbers = [], []
    for line in lines:
        word, _, rest = line.partition(b" ")
        words.append(word)
        numbers.append(rest)
    text = b"\n".join([*numbers, b""])
    if numbers[0].endswith(b" "):  # as word2vec.c writes behind each number
        text = text.replace(b" \n", b"\n")
    try:
        return words, parse_rows(text, len(lines), d)
    except RowError:
        pass  # some line is odd or wrong; from here each is looked at
    for i, line in enumerate(lines):
        try:
            words[i], numbers[i] = _split_line(line, d)
        except ValueError as error:
            raise source.fault(f"{error}{_hint(line)}", line=first + i) from error
    try:
        return words, parse_rows(b"\n".join([*numbers, b""]), len(lines), d)
    except RowError as error:
        raise source.fault(f"{error}{_hint(lines[error.row])}", line=first + error.row) from error


def _split_line(line: bytes, d: int) -> tuple[bytes, bytes]:
    """The word, and the last `d` fields."""
    line = line.removesuffix(b" ")
    fields = line.rsplit(b" ", d)
    if not line:
        raise ValueError(f"it is empty; a word and {d} numbers are needed")
    if len(fields) <= d:
        tab = ", with tabs; one space must stand before each number" if b"\t" in line else ""
        raise ValueError(f"it has {len(fields) - 1} numbers; {d} are needed{tab}")
    word = fields[0]
    if b" " in word and NUMBER.fullmatch(last := word.rpartition(b" ")[2]):
        raise ValueError(
            f"it has more than {d} numbers, or a word that ends in {last.decode()!r:.60} after a "
            "space"
        )
    return word, b" ".join(fields[1:])


def _hint(line: bytes) -> str:
    if len(line.translate(None, CONTROL)) < len(line):
        return "; its bytes are no text, so the file may be in the binary form (binary=True)"
    return ""
