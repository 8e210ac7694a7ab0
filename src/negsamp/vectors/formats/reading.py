"""What readers of vectors have in common, whatever the format."""

from __future__ import annotations

import os
import warnings
from array import array
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from negsamp.checks import check_choice, check_error_handler, check_integer, check_path
from negsamp.errors import VectorFileError
from negsamp.files.kinds import BEGINNING, foreign_kind
from negsamp.files.reading import open_file
from negsamp.vectors.formats.packed import SUFFIXES, UNPACKING, packing_of, unpacked
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = [
    "LARGEST_VECTOR",
    "LONGEST_WORD",
    "OUT_OF_STEP",
    "TYPES",
    "Collector",
    "Options",
    "Skipped",
    "Source",
    "check_options",
    "converted",
    "opened",
    "shown",
    "suffix_of",
]

LARGEST_VECTOR = 100_000  # numbers, as many as the parameter vector_size allows
LONGEST_WORD = 1 << 16  # bytes
TYPES = tuple(map(np.dtype, ("float16", "float32", "float64")))
NUMBERS_AT_FIRST = 1 << 17
# Encodings must leave these as they are: lines and fields are found before words are decoded.
STRUCTURE = " \t\r\n0123456789"
MOST_SHOWN = 3  # skipped rows
OUT_OF_STEP = (
    "a wrong header, numbers that are not float32, or a word with a space or line end puts the "
    "rows out of step with the bytes"
)


class Source:
    """The bytes of a file, unpacked, from its beginning to its end.

    `room` is the number of bytes that there are, or for a packed file that there may be; `position`
    is the number of bytes that have been read.
    """

    def __init__(self, file: BinaryIO, name: str, room: int, is_packed: bool) -> None:
        self.name, self.room, self.is_packed = name, room, is_packed
        self.position = 0
        self._file = file
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """Return the next bytes, fewer than `size` only at the end, which stay to be read."""
        if len(self._ahead) < size:
            self._ahead += self._file.read(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than `size` only at the end."""
        content, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(content) < size:
            content += self._file.read(size - len(content))
        self.position += len(content)
        if self.position > self.room:
            raise self.fault(f"it goes on beyond the {self.room} bytes allowed for its size")
        return content

    def readline(self, most: int) -> bytes:
        """Return the next line with its end, or of a longer one the first `most` bytes."""
        end = self._ahead.find(b"\n", 0, most) + 1 or min(most, len(self._ahead))
        line, self._ahead = self._ahead[:end], self._ahead[end:]
        if not line.endswith(b"\n") and len(line) < most:
            line += self._file.readline(most - len(line))
        self.position += len(line)
        return line

    def fault(self, message: str, place: str = "") -> VectorFileError:
        """Make an error that names the file and a place in it, such as "line 1" or "byte 0"."""
        return VectorFileError(f"{self.name!r}{place and f', {place}'}: {message}")


def suffix_of(path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return the suffix of a name without that of packing, in lower case, and that of packing."""
    check_path(path)
    name = Path(path).name.lower()
    packing = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")
    return Path(name.removesuffix(packing)).suffix, packing


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Source]:
    """Open a file, which its first bytes may show to be packed.

    VectorFileError says what it is if these show it to be something else than vectors.
    """
    try:
        raw = open_file(path)
    except ValueError as error:
        raise VectorFileError(str(error)) from error
    name = os.fspath(path)
    how = "zip"  # the only one that fails before it is read
    with ExitStack() as stack:
        stack.enter_context(raw)
        size = os.fstat(raw.fileno()).st_size
        try:
            file, room, how = unpacked(stack, raw, name, size)
            source = Source(file, name, room, bool(how))
            _check_kind(source, how)
            yield source
        except UNPACKING as error:
            # bz2 raises an OSError without a number where data is damaged
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise VectorFileError(f"{name!r} is not a whole {how} file: {error}") from error


def _check_kind(source: Source, how: str) -> None:
    """Check that a file's beginning is not that of something else than vectors."""
    beginning = source.peek(BEGINNING)
    kind = foreign_kind(beginning, source.name)
    if how and packing_of(beginning):
        kind = f"packed twice, by {how} and {packing_of(beginning)}; unpack it once"
    elif beginning[5:10] == b'\0\0\0{"':  # behind the length of a header
        kind = "a safetensors file, which load_safetensors reads"
    if kind is not None:
        raise source.fault(f"it is {kind}")


@dataclass(frozen=True)
class Options:
    """The options of a reader, as in `load_word2vec_format`, once they are checked."""

    limit: int | None
    encoding: str
    errors: str
    on_duplicate: str
    dtype: np.dtype
    on_error: str
    keys: Callable[[str], Any] | None


def check_options(
    limit: Any = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    on_duplicate: str = "error",
    datatype: Any = np.float32,
    on_error: str = "raise",
    keys: Any = None,
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
    check_choice("on_duplicate", on_duplicate, ("error", "first"))
    try:
        dtype = np.dtype(datatype)
    except (TypeError, ValueError):
        dtype = np.dtype(object)
    if datatype is None or dtype not in TYPES:
        raise ValueError(f"datatype is {datatype!r:.60}; it must be float16, float32 or float64")
    check_choice("on_error", on_error, ("raise", "skip"))
    if keys is not None and not callable(keys):
        raise TypeError(
            f"keys is {keys!r:.60}; it must be a function that makes a key of a str, such as int"
        )
    return Options(limit, encoding, errors, on_duplicate, dtype, on_error, keys)


class Skipped:
    """Rows that are left out: each is an error, or with ``on_error="skip"`` counted."""

    def __init__(self, name: str, on_error: str) -> None:
        self.n = 0
        self.name = name
        self._is_error = on_error == "raise"
        self._first: list[str] = []

    def refuse(self, reason: str, place: str, n: int = 1) -> None:
        """Raise the error of a row, or count it (or `n` of them from there on)."""
        if self._is_error:
            raise VectorFileError(f"{self.name!r}, {place}: {reason}")
        if len(self._first) < MOST_SHOWN:
            self._first.append(f"{place}: {reason:.200}")
        self.n += n

    def tell(self, n_kept: int) -> None:
        """Warn of what was left out; VectorFileError if nothing else was there."""
        if not self._first:
            return
        more = "; …" * (self.n > len(self._first))
        told = f"skipped {self.n} row{'s' * (self.n != 1)}: {'; '.join(self._first)}{more}"
        if not n_kept:
            raise VectorFileError(f"{self.name!r}: no row is left, {told}")
        warnings.warn(f"{self.name!r}: {told}", stacklevel=4)


def converted(key: str, keys: Callable[[str], Any] | None) -> Any:
    """Return what the option `keys` makes of a key; ValueError if it fails."""
    if keys is None:
        return key
    try:
        made = keys(key)
        hash(made)
    except Exception as error:
        raise ValueError(
            f"keys made no key of {key!r:.60}: {type(error).__name__}: {error!s:.100}"
        ) from error
    return made


class Collector:
    """Takes words and rows of `d` numbers as they arrive, in memory in proportion to them.

    `expected` is the number of rows that will come, or None if nobody knows; unless the file is
    packed, its size must have proven that there can be as many. `n_rows` counts those that have
    come, with those that were left out; `places` has the lines or bytes of those that were kept.
    """

    def __init__(
        self,
        source: Source,
        d: int,
        expected: int | None,
        options: Options,
        skipped: Skipped | None = None,
    ) -> None:
        self.n_rows = 0
        self.places = array("q")
        self.skipped = skipped or Skipped(source.name, options.on_error)
        self.encoding = options.encoding
        self._expected, self._options = expected, options
        self._rows: dict[Any, int] = {}
        self._few = max(1, NUMBERS_AT_FIRST // d)
        n = self._few if expected is None else expected
        self._matrix = np.empty((min(n, self._few) if source.is_packed else n, d), options.dtype)

    def add(
        self,
        words: Sequence[bytes],
        rows: np.ndarray,
        unit: str,
        places: Sequence[int],
        odd: Container[int] = (),
    ) -> None:
        """Take words and their rows, (n, d); one that is refused is named by its line or byte.

        The words at the indices `odd` may be no words, so that no error handler would help.
        """
        with np.errstate(over="ignore"):
            rows = rows.astype(self._matrix.dtype, copy=False)
        is_finite = np.isfinite(rows).all(axis=1).tolist()
        kept = []
        for i, word in enumerate(words):
            n_before = len(self._rows)
            try:
                if not is_finite[i]:
                    k = int(np.isfinite(rows[i]).argmin())
                    raise ValueError(
                        f"number {k + 1} of the row of {shown(word)} is {rows[i, k]} in "
                        f"{rows.dtype}; numbers must be finite"
                    )
                key = self.key_of(word, i in odd)
                row = self._rows.setdefault(key, n_before)
                if len(self._rows) > n_before:
                    kept.append(i)
                elif self._options.on_duplicate == "error":
                    raise ValueError(
                        f"the word {key!r:.60} is there already (row {row}); "
                        "on_duplicate='first' leaves such rows out"
                    )
            except ValueError as error:
                self.skipped.refuse(str(error), f"{unit} {places[i]}")
        self.places.extend(places if len(kept) == len(words) else [places[i] for i in kept])
        start, end = len(self._rows) - len(kept), len(self._rows)
        if end > len(self._matrix):
            most = end + max(end // 4, self._few)
            self._resize(most if self._expected is None else min(most, self._expected))
        self._matrix[start:end] = rows if len(kept) == len(words) else rows[kept]
        self.n_rows += len(words)

    def finish(self) -> KeyedVectors:
        """Return the words and vectors that have come, after a warning of those left out."""
        self.skipped.tell(len(self._rows))
        self._resize(len(self._rows))
        return KeyedVectors(list(self._rows), self._matrix)

    def key_of(self, word: bytes, is_odd: bool = False) -> Any:
        """Return the key that bytes of the file stand for; ValueError if they are none."""
        encoding = self._options.encoding
        if len(word) > LONGEST_WORD:
            raise ValueError(f"a word has {len(word)} bytes; {LONGEST_WORD} are allowed")
        try:
            key = word.decode(encoding, self._options.errors)
        except UnicodeError as error:
            raise ValueError(
                f"the word {shown(word)} is not {encoding}: {error.__class__.__name__}; "
                + (OUT_OF_STEP if is_odd else "errors='replace' or 'ignore' reads on")
            ) from error
        if word and not key:
            raise ValueError(f"a word is empty without what is not {encoding}")
        return converted(key, self._options.keys)

    def _resize(self, n: int) -> None:
        self._matrix.resize((n, self._matrix.shape[1]), refcheck=False)


def shown(content: bytes) -> str:
    """Return bytes as they are shown in a message."""
    return repr(content.decode("utf-8", "backslashreplace"))[:60]
