"""What readers of vectors have in common, whatever the format.

A `Source` gives the bytes of a file, plain or gzip, and knows how many there can be; a `Collector`
takes words and rows as they arrive.
"""

from __future__ import annotations

import codecs
import gzip
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from negsamp.checks import is_integer
from negsamp.errors import VectorFileError
from negsamp.files.npy import open_file
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = [
    "LARGEST_VECTOR",
    "LONGEST_WORD",
    "TYPES",
    "Collector",
    "Source",
    "check_options",
    "opened",
    "room_unpacked",
]

LARGEST_VECTOR = 100_000  # numbers, as many as the parameter vector_size allows
LONGEST_WORD = 1 << 16  # bytes
GZIP_MAGIC = b"\x1f\x8b"
# Vectors unpack to 2 or 3 times their bytes, zeros to 1000 times; beyond 64 MiB, 100 are allowed.
FREE_UNPACKED, MOST_TIMES = 1 << 26, 100
DEFLATE_TIMES = 1032  # what the format can do at most
NUMBERS_AT_FIRST = 1 << 17
TYPES = tuple(map(np.dtype, ("float16", "float32", "float64")))
DUPLICATES = ("error", "first")
# What encodings must leave as it is, for lines and fields are found before words are decoded.
STRUCTURE = " \t\r\n0123456789"


class Source:
    """The bytes of a file, unpacked, from its beginning to its end.

    Parameters
    ----------
    file : binary file
    name : str
        Of the file, for messages.
    room : int
        Bytes that there are, or for a gzip file bytes that there may be.
    is_packed : bool
        Whether it is gzip.

    Attributes
    ----------
    position : int
        Bytes given out.
    """

    def __init__(self, file: BinaryIO, name: str, room: int, is_packed: bool) -> None:
        self.name, self.room, self.is_packed = name, room, is_packed
        self.position = 0
        self._file = file

    def read(self, size: int) -> bytes:
        """The next bytes, fewer than `size` only at the end."""
        content = self._file.read(size)
        self.position += len(content)
        if self.position > self.room:
            raise self.fault(
                f"it unpacks to more than the {self.room} bytes allowed for its size"
                if self.is_packed
                else "it is being written"
            )
        return content

    def readline(self, most: int) -> bytes:
        """The next line with its end, or of a longer one the first `most` bytes."""
        line = self._file.readline(most)
        self.position += len(line)
        return line

    def fault(self, message: str, line: int | None = None, byte: int | None = None) -> Exception:
        """An error that names the file and a place, counted from line 1 and from byte 0."""
        places = {"line": line, "byte": byte}
        place = "".join(f", {unit} {at}" for unit, at in places.items() if at is not None)
        return VectorFileError(f"{self.name!r}{place}: {message}")


def room_unpacked(size: int) -> int:
    """Bytes that a packed file of `size` bytes may unpack to."""
    return min(FREE_UNPACKED + MOST_TIMES * size, DEFLATE_TIMES * size)


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Source]:
    """Open a file, which may be gzip (told by its first bytes).

    Raises
    ------
    OSError
        If it cannot be opened or read; FileNotFoundError if there is none.
    VectorFileError
        If it is no plain file, or no whole gzip file.
    """
    name = os.fspath(path)
    try:
        raw = open_file(path)
    except ValueError as error:
        raise VectorFileError(str(error)) from error
    with raw:
        size = os.fstat(raw.fileno()).st_size
        is_packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        raw.seek(0)
        if not is_packed:
            yield Source(raw, name, size, False)
            return
        try:
            with gzip.open(raw) as unpacked:
                yield Source(unpacked, name, room_unpacked(size), True)  # type: ignore[arg-type]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise VectorFileError(f"{name!r} is not a whole gzip file: {error}") from error


def check_options(
    limit: Any = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    on_duplicate: str = "error",
    datatype: Any = np.float32,
) -> np.dtype:
    """Check the options of a reader, by their names; returns `datatype` as a dtype.

    Raises
    ------
    ValueError
        That names the option, its value and what is allowed.
    """
    if limit is not None and not (is_integer(limit) and limit >= 1):
        raise ValueError(f"limit is {limit!r}; it must be an integer, 1 or more, or None")
    try:
        if STRUCTURE.encode(encoding) != STRUCTURE.encode("ascii"):
            raise LookupError
    except (LookupError, TypeError, UnicodeError):
        raise ValueError(
            f"encoding is {encoding!r}; it must be one that Python knows and that has ASCII "
            "characters as ASCII bytes"
        ) from None
    try:
        codecs.lookup_error(errors)
    except (LookupError, TypeError):
        raise ValueError(
            f"errors is {errors!r}; it must be 'strict', 'ignore', 'replace' or another codec "
            "error handler"
        ) from None
    if on_duplicate not in DUPLICATES:
        raise ValueError(f"on_duplicate is {on_duplicate!r}; it must be 'error' or 'first'")
    try:
        dtype = np.dtype(datatype)
    except TypeError:
        dtype = np.dtype(object)
    if datatype is None or dtype not in TYPES:
        raise ValueError(f"datatype is {datatype!r}; it must be float16, float32 or float64")
    return dtype


class Collector:
    """Takes words and their rows as they arrive, in memory in proportion to them.

    Parameters
    ----------
    source : Source
        Where they come from.
    d : int
        Numbers a row.
    expected : int or None
        Rows that there shall be; None where nobody knows. The file's size must have proven that
        there can be as many if it is not packed.
    encoding, errors, on_duplicate : str
        As in `load_word2vec_format`.
    dtype : dtype
        Of the matrix.
    """

    def __init__(
        self,
        source: Source,
        d: int,
        expected: int | None,
        encoding: str,
        errors: str,
        on_duplicate: str,
        dtype: np.dtype,
    ) -> None:
        self.source, self.expected = source, expected
        self.encoding, self.errors, self.on_duplicate = encoding, errors, on_duplicate
        self.n_rows = 0  # that have come, those that are left out too
        self._rows: dict[str, int] = {}
        is_proven = expected is not None and not source.is_packed
        self._few = max(1, NUMBERS_AT_FIRST // d)
        n = expected if expected is not None else self._few
        self._matrix = np.empty((n if is_proven else min(n, self._few), d), dtype)

    def add(self, words: Sequence[bytes], rows: np.ndarray, place: Callable[[int], Any]) -> None:
        """Take words and their rows, (n, d); ``place(i)`` is where the i-th of them stands.

        Raises
        ------
        VectorFileError
            If a word is empty, too long, not in the encoding or there already, or if a number is
            not finite in the matrix's type.
        """
        with np.errstate(over="ignore"):
            rows = rows.astype(self._matrix.dtype, copy=False)
        is_finite = np.isfinite(rows).all(axis=1)
        if not is_finite.all():
            i = int(is_finite.argmin())
            k = int(np.isfinite(rows[i]).argmin())
            raise self.source.fault(
                f"number {k + 1} of the row of {_shown(words[i])} is {rows[i, k]} in {rows.dtype}; "
                "numbers must be finite",
                **place(i),
            )
        kept = []
        for i, word in enumerate(words):
            key, before = self._decode(word, i, place), len(self._rows)
            row = self._rows.setdefault(key, before)
            if len(self._rows) > before:
                kept.append(i)
            elif self.on_duplicate == "error":
                raise self.source.fault(
                    f"the word {key!r:.60} is there already (row {row}); "
                    "on_duplicate='first' leaves such rows out",
                    **place(i),
                )
        start, end = len(self._rows) - len(kept), len(self._rows)
        if end > len(self._matrix):
            self._grow(end)
        self._matrix[start:end] = rows if len(kept) == len(words) else rows[kept]
        self.n_rows += len(words)

    def finish(self) -> KeyedVectors:
        """The words and vectors that have come."""
        if len(self._rows) < len(self._matrix):
            self._matrix.resize((len(self._rows), self._matrix.shape[1]), refcheck=False)
        return KeyedVectors(list(self._rows), self._matrix)

    def _grow(self, needed: int) -> None:
        most = needed + max(needed // 4, self._few)
        if self.expected is not None:
            most = min(most, self.expected)
        self._matrix.resize((most, self._matrix.shape[1]), refcheck=False)

    def _decode(self, word: bytes, i: int, place: Callable[[int], Any]) -> str:
        if len(word) > LONGEST_WORD:
            raise self.source.fault(
                f"a word has {len(word)} bytes; {LONGEST_WORD} are allowed", **place(i)
            )
        try:
            key = word.decode(self.encoding, self.errors)
        except UnicodeError as error:
            raise self.source.fault(
                f"the word {_shown(word)} is not {self.encoding}: {error.__class__.__name__}; "
                "errors='replace' or 'ignore' reads on",
                **place(i),
            ) from error
        if not key:
            raise self.source.fault(
                f"a word is empty{f' without what is not {self.encoding}' if word else ''}",
                **place(i),
            )
        return key


def _shown(word: bytes) -> str:
    return repr(word.decode("utf-8", "backslashreplace"))[:60]
