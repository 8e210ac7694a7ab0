"""Pairs in text files: lines of two or three columns, center, context and perhaps a weight."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import check_error_handler, glimpse
from negsamp.corpus.decoding import check_encoding
from negsamp.corpus.reading import read_blocks
from negsamp.corpus.text_files import TextFiles
from negsamp.errors import CorpusError

__all__ = ["PairFormat", "read_pair_files"]

LONGEST_LINE = 1 << 24  # bytes; a line is in memory whole
LINE_FEED = ord("\n")
# What stands between columns, by the first line that has it; None is any white space.
NAMES = {"\t": "tabs", ",": "commas", None: "white space"}

Columns = tuple[list[str], list[str], np.ndarray | None]


class PairFormat(NamedTuple):
    """How files of pairs are read; see `Word2Vec.fit_pairs`."""

    encoding: str = "utf-8"
    errors: str = "strict"
    delimiter: str | None = None
    header: bool = False

    def check(self) -> None:
        """Raise a ValueError or TypeError that names what is not allowed."""
        check_encoding(self.encoding)
        check_error_handler(self.errors)
        d = self.delimiter
        if d is not None and not (isinstance(d, str) and len(d) == 1 and d not in '"\r\n'):
            kind = ValueError if isinstance(d, str) else TypeError
            raise kind(f"delimiter is {glimpse(d)}; it must be one character, or None")
        if not isinstance(self.header, (bool, np.bool_)):
            raise TypeError(f"header is {glimpse(self.header)}; it must be True or False")


def read_pair_files(files: TextFiles, how: PairFormat) -> Iterator[Columns]:
    """Read files once, some lines at a time: centers, contexts and weights, None if there are none.

    Files may be packed as texts may. A CorpusError names the file and the line of what is no pair.
    """
    wanted = 0  # columns, the same in all files
    for path in files.paths:
        lines = _Lines(repr(path), how, wanted)
        for number, text in _texts(path, how):
            if columns := lines.columns(text, number):
                yield columns
        wanted = lines.wanted


def _texts(path: str, how: PairFormat) -> Iterator[tuple[int, str]]:
    """Yield whole lines, each with its end, some together, and the number of the first of them."""
    rest, number = b"", 1
    for block in read_blocks(TextFiles((path,), (path,)), how.errors, how.encoding):
        # nothing is the end; a return may be the first half of a line's end
        rest += block if block or not rest or rest.endswith(b"\n") else b"\n"
        held = len(rest) - rest.endswith(b"\r")
        if b"\r" in rest[:held]:
            rest = rest[:held].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + rest[held:]
        end = rest.rfind(b"\n") + 1
        if len(rest) - end > LONGEST_LINE:
            raise CorpusError(
                f"line {number + rest.count(LINE_FEED)} of {path!r} has more than {LONGEST_LINE} "
                "bytes; a file of pairs has one in each line"
            )
        whole, rest = rest[:end], rest[end:]
        if whole:
            yield number, whole.decode("utf-8", "surrogatepass")
        number += whole.count(b"\n")


class _Lines:
    """The lines of a file, whose first says what stands between columns."""

    def __init__(self, name: str, how: PairFormat, wanted: int) -> None:
        self.name, self.how, self.wanted = name, how, wanted
        self.delimiter, self.is_first = how.delimiter, True

    def columns(self, text: str, number: int) -> Columns | None:
        """The columns of some lines, of which the first has this number; None if all are blank."""
        if self.is_first:
            if self.how.header and number == 1:
                text, number = text[text.index("\n") + 1 :], 2
            line = text.lstrip(" \n").partition("\n")[0]
            if not line:
                return None
            self.is_first = False
            if self.delimiter is None:
                self.delimiter = next((d for d in "\t," if d in line), None)
            if not self.wanted:
                self.wanted = len(self._fields(line))
                if self.wanted not in (2, 3):
                    self._refuse(number + text[: text.index(line)].count("\n"), line)
        columns = self._at_once(text)
        numbers: Any = range(number, number + text.count("\n"))
        if columns is None:
            columns, numbers = self._one_by_one(text, number)
        if not numbers:
            return None
        weights = None if self.wanted == 2 else self._weights(columns[2], numbers)
        return columns[0], columns[1], weights

    def _at_once(self, text: str) -> list[list[str]] | None:
        """The columns of lines that have as many as they must; None if one is not so plain."""
        d = self.delimiter
        if d is None or not d.isascii() or (d != "\t" and '"' in text):
            return None
        data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
        marks = np.flatnonzero((data == LINE_FEED) | (data == ord(d)))
        if len(marks) % self.wanted or not np.diff(marks, prepend=-1).min() > 1:
            return None
        is_end = (data[marks] == LINE_FEED).reshape(-1, self.wanted)
        if is_end[:, :-1].any() or not is_end[:, -1].all():
            return None
        fields = text.replace("\n", d).split(d)
        return [fields[at : -1 : self.wanted] for at in range(self.wanted)]

    def _one_by_one(self, text: str, number: int) -> tuple[list[Any], list[int]]:
        """The same of any lines, with the numbers of those that are not blank."""
        rows, numbers = [], []
        for at, line in enumerate(text.split("\n")[:-1], number):
            if not line.strip():
                continue
            fields = self._fields(line)
            if len(fields) != self.wanted or not all(fields):
                self._refuse(at, line)
            rows.append(fields)
            numbers.append(at)
        return [[*column] for column in zip(*rows, strict=True)], numbers

    def _fields(self, line: str) -> list[str]:
        if self.delimiter is None or self.delimiter == "\t" or '"' not in line:
            return line.split(self.delimiter)
        try:
            return next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return []

    def _refuse(self, number: int, line: str) -> None:
        fields, n = self._fields(line), self.wanted
        between = NAMES.get(self.delimiter, repr(self.delimiter))
        what = f"line {number} of {self.name} is {glimpse(line)}"
        if not fields:
            raise CorpusError(f"{what}, in which a quote has no end or no delimiter after it")
        if len(fields) == n and n in (2, 3):
            empty = ("center", "context", "weight")[fields.index("")]
            raise CorpusError(f"{what}, which has no {empty}: nothing stands there")
        allowed = f"it must have {n}, as the first line has"
        if n not in (2, 3):
            allowed = (
                "it must have two, center and context, or a weight too; of other tables, give "
                "the columns: fit_pairs(table['center'], table['context'])"
            )
        found = f"{len(fields)} column" + "s" * (len(fields) != 1)
        raise CorpusError(f"{what}, which has {found} between {between}; {allowed}")

    def _weights(self, spelled: list[str], numbers: Any) -> np.ndarray:
        try:
            weights = np.array(spelled, np.float64)
        except ValueError:
            weights = np.array([_number(text) for text in spelled])
        is_bad = ~(np.isfinite(weights) & (weights >= 0))
        if is_bad.any():
            at = int(is_bad.argmax())
            is_header = numbers[at] == 1 and bool(np.isnan(_number(spelled[at])))
            raise CorpusError(
                f"line {numbers[at]} of {self.name} has the weight {glimpse(spelled[at])}; it must "
                "be a finite number, 0 or more"
                + "; header=True leaves the first line of each file out"
                * is_header
            )
        return weights


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
