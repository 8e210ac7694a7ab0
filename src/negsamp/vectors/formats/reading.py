"""What readers of vectors have in common, whatever the format."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from negsamp.checks import check_error_handler, check_integer, check_path
from negsamp.errors import VectorFileError
from negsamp.files.reading import open_file
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
    "shown",
    "suffix_of",
]

LARGEST_VECTOR = 100_000  # numbers, as many as the parameter vector_size allows
LONGEST_WORD = 1 << 16  # bytes
TYPES = tuple(map(np.dtype, ("float16", "float32", "float64")))
GZIP_MAGIC = b"\x1f\x8b"
# Vectors unpack to 2 or 3 times their bytes, zeros to 1000 times; beyond 64 MiB, 100 are allowed.
FREE_UNPACKED, MOST_TIMES = 1 << 26, 100
DEFLATE_TIMES = 1032  # what the format can do at most
NUMBERS_AT_FIRST = 1 << 17
# Encodings must leave these as they are: lines and fields are found before words are decoded.
STRUCTURE = " \t\r\n0123456789"


class Source:
    """The bytes of a file, unpacked, from its beginning to its end.

    `room` is the number of bytes that there are, or for a gzip file that there may be; `position`
    is the number of bytes that have been read.
    """

    def __init__(self, file: BinaryIO, name: str, room: int, is_packed: bool) -> None:
        self.name, self.room, self.is_packed = name, room, is_packed
        self.position = 0
        self._file = file

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than `size` only at the end."""
        content = self._file.read(size)
        self.position += len(content)
        if self.position > self.room:
            raise self.fault(f"it goes on beyond the {self.room} bytes allowed for its size")
        return content

    def readline(self, most: int) -> bytes:
        """Return the next line with its end, or of a longer one the first `most` bytes."""
        line = self._file.readline(most)
        self.position += len(line)
        return line

    def fault(self, message: str, place: str = "") -> VectorFileError:
        """Make an error that names the file and a place in it, such as "line 1" or "byte 0"."""
        return VectorFileError(f"{self.name!r}{place and f', {place}'}: {message}")


def room_unpacked(size: int) -> int:
    """Return the number of bytes that a packed file of `size` bytes may unpack to."""
    return min(FREE_UNPACKED + MOST_TIMES * size, DEFLATE_TIMES * size)


def suffix_of(path: str | os.PathLike[str]) -> tuple[str, bool]:
    """Return the suffix of a name without ``.gz``, in lower case, and whether ``.gz`` was there."""
    check_path(path)
    name = Path(path).name.lower()
    return Path(name.removesuffix(".gz")).suffix, name.endswith(".gz")


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Source]:
    """Open a file, which its first bytes may show to be gzip."""
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


@dataclass(frozen=True)
class Options:
    """The options of a reader, as in `load_word2vec_format`, once they are checked."""

    limit: int | None
    encoding: str
    errors: str
    on_duplicate: str
    dtype: np.dtype


def check_options(
    limit: Any = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    on_duplicate: str = "error",
    datatype: Any = np.float32,
) -> Options:
    """Check the options of a reader; ValueError if one is out of range."""
    check_integer("limit", limit, 1, optional=True)
    try:
        if STRUCTURE.encode(encoding) != STRUCTURE.encode("ascii"):
            raise LookupError
    except (LookupError, TypeError, UnicodeError):
        raise ValueError(
            f"encoding is {encoding!r:.60}; it must be one that Python knows and that has ASCII "
            "characters as ASCII bytes"
        ) from None
    check_error_handler(errors)
    if on_duplicate not in ("error", "first"):
        raise ValueError(f"on_duplicate is {on_duplicate!r:.60}; it must be 'error' or 'first'")
    try:
        dtype = np.dtype(datatype)
    except TypeError:
        dtype = np.dtype(object)
    if datatype is None or dtype not in TYPES:
        raise ValueError(f"datatype is {datatype!r:.60}; it must be float16, float32 or float64")
    return Options(limit, encoding, errors, on_duplicate, dtype)


class Collector:
    """Takes words and rows of `d` numbers as they arrive, in memory in proportion to them.

    `expected` is the number of rows that will come, or None if nobody knows; unless the file is
    packed, its size must have proven that there can be as many. `n_rows` counts those that have
    come, with those that were left out.
    """

    def __init__(self, source: Source, d: int, expected: int | None, options: Options) -> None:
        self.n_rows = 0
        self._source, self._expected, self._options = source, expected, options
        self._rows: dict[str, int] = {}
        self._few = max(1, NUMBERS_AT_FIRST // d)
        n = self._few if expected is None else expected
        self._matrix = np.empty((min(n, self._few) if source.is_packed else n, d), options.dtype)

    def add(
        self, words: Sequence[bytes], rows: np.ndarray, unit: str, places: Sequence[int]
    ) -> None:
        """Take words and their rows, (n, d), and name the line or byte of one that is refused."""
        with np.errstate(over="ignore"):
            rows = rows.astype(self._matrix.dtype, copy=False)
        is_finite = np.isfinite(rows)
        if not is_finite.all():
            i, k = (int(index[0]) for index in np.nonzero(~is_finite))
            raise self._source.fault(
                f"number {k + 1} of the row of {shown(words[i])} is {rows[i, k]} in {rows.dtype}; "
                "numbers must be finite",
                f"{unit} {places[i]}",
            )
        kept = []
        for i, word in enumerate(words):
            n_before = len(self._rows)
            try:
                key = self._decode(word)
                row = self._rows.setdefault(key, n_before)
                if len(self._rows) > n_before:
                    kept.append(i)
                elif self._options.on_duplicate == "error":
                    raise ValueError(
                        f"the word {key!r:.60} is there already (row {row}); "
                        "on_duplicate='first' leaves such rows out"
                    )
            except ValueError as error:
                raise self._source.fault(str(error), f"{unit} {places[i]}") from error
        start, end = len(self._rows) - len(kept), len(self._rows)
        if end > len(self._matrix):
            most = end + max(end // 4, self._few)
            self._resize(most if self._expected is None else min(most, self._expected))
        self._matrix[start:end] = rows if len(kept) == len(words) else rows[kept]
        self.n_rows += len(words)

    def finish(self) -> KeyedVectors:
        """Return the words and vectors that have come."""
        self._resize(len(self._rows))
        return KeyedVectors(list(self._rows), self._matrix)

    def _resize(self, n: int) -> None:
        self._matrix.resize((n, self._matrix.shape[1]), refcheck=False)

    def _decode(self, word: bytes) -> str:
        encoding = self._options.encoding
        if len(word) > LONGEST_WORD:
            raise ValueError(f"a word has {len(word)} bytes; {LONGEST_WORD} are allowed")
        try:
            key = word.decode(encoding, self._options.errors)
        except UnicodeError as error:
            raise ValueError(
                f"the word {shown(word)} is not {encoding}: {error.__class__.__name__}; "
                "errors='replace' or 'ignore' reads on"
            ) from error
        if not key:
            raise ValueError(f"a word is empty{f' without what is not {encoding}' if word else ''}")
        return key


def shown(content: bytes) -> str:
    """Return bytes as they are shown in a message."""
    return repr(content.decode("utf-8", "backslashreplace"))[:60]
