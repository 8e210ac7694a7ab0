"""Rows of word2vec's binary form: a word, a space, little-endian float32, perhaps a newline.

Nothing in a row says how long it is. A word with a space, numbers of another type or a wrong header
put all that follows out of step, so these are looked for: the last row must end where the file
does, and numbers that only make sense some bytes later are those of a word that goes on.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Iterator

import numpy as np

from negsamp.errors import VectorFileError
from negsamp.vectors.formats.reading import LONGEST_WORD, OUT_OF_STEP, Collector, Source, shown
from negsamp.vectors.formats.text_rows import is_plain_text

__all__ = ["NUMBERS", "read_binary_rows"]

NUMBERS = np.dtype("<f4")
BLOCK = 1 << 20  # bytes
LONGEST_REST = 256  # bytes of a word behind a space that are looked for
# Trained numbers are in this range or 0 (one in 10⁵ of N(0, 0.01²) is below it); of the bits of a
# float32 that begins between two others, one in eight is.
USUAL = (np.float32(1e-7), np.float32(1e3))
# Out of these, a row is warned of: times the median of the rows' largest numbers, and any number.
FAR_ABOVE, TINY = 1e6, 1e-25


class _CutRowError(Exception):
    """The file ends before a row does, whose place the error has."""


def read_binary_rows(source: Source, n: int, V: int, d: int, collector: Collector) -> None:
    """Read the first `n` of `V` rows, which the collector takes.

    A row whose word or number is refused can be left out, as the next begins behind it in any case;
    rows that are out of step cannot. Where a row is an error the rest is looked at too, to tell if
    rows are out of step.
    """
    steps, rows = _Steps(source, d, collector.encoding), _Rows(source, NUMBERS.itemsize * d)
    fault: VectorFileError | None = None
    try:
        for content, at, places in rows.blocks(n):
            numbers, behind_unusual = steps.look(content, at, places)
            if fault is None:
                words = [content[begin:space] for begin, space in places]
                odd = behind_unusual
                if not is_plain_text(b"".join(words)):
                    odd |= {i for i, word in enumerate(words) if not is_plain_text(word)}
                try:
                    collector.add(words, numbers, "byte", [at + begin for begin, _ in places], odd)
                except VectorFileError as error:
                    fault = error
        if fault is not None:
            for content, at, places in rows.blocks(V):
                steps.look(content, at, places)
        if n == V or fault is not None:
            rows.check_end()
    except _CutRowError as error:
        n_missing = V - steps.n_rows
        reason, place = f"it ends, and {n_missing} of {V} vectors are missing", str(error)
        if fault is not None or 2 * steps.n_unusual > steps.n_rows:
            raise source.fault(f"{reason}; {OUT_OF_STEP}", place) from fault
        steps.finish(fault)
        collector.skipped.refuse(reason, place, n_missing)
        return
    steps.finish(fault)
    if fault is not None:
        raise fault


class _Rows:
    """Finds where words and numbers of `size` bytes begin, one behind the other."""

    def __init__(self, source: Source, size: int) -> None:
        self._source, self._size = source, size
        self._block = max(BLOCK, 2 * (size + LONGEST_WORD + LONGEST_REST))
        self._at = source.position  # where the content begins
        self._content = source.read(self._block)
        self._is_whole = len(self._content) < self._block
        space = self._content.find(b" ", 0, LONGEST_WORD + 1)
        # the block holds all of the first vector and what is behind it
        self._has_newlines = self._content.startswith(b"\n", space + 1 + size)
        self._done = 0

    def blocks(self, n: int) -> Iterator[tuple[bytes, int, list[tuple[int, int]]]]:
        """Give blocks of bytes, the byte where they begin, and where words begin and end in them.

        There are `n` rows with those that were given before. Behind each row there are
        `LONGEST_REST` more bytes, or all that are left. _CutRowError has the byte of the row that
        is cut.
        """
        while self._done < n:
            content, at = self._content, self._at
            places: list[tuple[int, int]] = []
            start = 0
            for row in range(self._done, n):
                begin = start + (self._has_newlines and row > 0)
                space = content.find(b" ", begin, begin + LONGEST_WORD + 1)
                end = space + 1 + self._size
                if space < 0 and len(content) > begin + LONGEST_WORD:
                    raise self._source.fault(
                        f"{LONGEST_WORD} bytes without a space follow, which is no word; "
                        f"{OUT_OF_STEP}",
                        f"byte {at + begin}",
                    )
                if space < 0 or end + (0 if self._is_whole else LONGEST_REST) > len(content):
                    break
                if content.startswith(b"\n", start) != (begin > start):
                    raise self._source.fault(
                        "a newline must stand behind each vector or behind none; a word with a "
                        "space or line end, or a wrong header, puts newlines elsewhere",
                        f"byte {at + start}",
                    )
                if content.startswith(b"\r\n", start):
                    raise self._source.fault(
                        "a Windows line end stands behind a vector: the file was copied as text, "
                        "which changes bytes of its numbers",
                        f"byte {at + start}",
                    )
                places.append((begin, space))
                start = end
            self._done += len(places)
            is_cut = self._done < n and self._is_whole
            if not self._is_whole:
                more = self._source.read(self._block)
                self._is_whole = len(more) < self._block
                self._content = content[start:] + more
            else:
                self._content = content[start:]
            self._at += start
            yield content, at, places
            if is_cut:
                raise _CutRowError(f"byte {self._at}")

    def check_end(self) -> None:
        """Check that the file ends behind the last row."""
        if self._content not in (b"", b"\n" * self._has_newlines):
            raise self._source.fault(
                f"it has more than the {self._done} vectors that the header promises; "
                f"{OUT_OF_STEP}",
                f"byte {self._at}",
            )


class _Steps:
    """What tells that rows are out of step, though they end where the file does."""

    def __init__(self, source: Source, d: int, encoding: str) -> None:
        self._encoding = encoding
        self.n_rows = self.n_unusual = 0
        self._source, self._d = source, d
        self._n_swapped = self._n_shifted = 0
        self._shifted: tuple[str, int] | None = None  # what the first is, and its byte
        self._largest: list[np.ndarray] = []  # of each row
        self._tiny: list[int] = []  # rows with a tiny number
        self._places = array("q")

    def look(
        self, content: bytes, at: int, places: list[tuple[int, int]]
    ) -> tuple[np.ndarray, set[int]]:
        """Return the numbers of rows, (n, d) float32, and which rows are behind unusual ones."""
        size = NUMBERS.itemsize * self._d
        numbers = b"".join([content[space + 1 : space + 1 + size] for _, space in places])
        rows = np.frombuffer(numbers, NUMBERS).reshape(len(places), self._d)
        sizes = np.abs(rows)
        largest, least = sizes.max(axis=1, initial=0), sizes.min(axis=1, initial=1)
        # a row with a 0 is looked at again; a NaN is neither above nor below
        unusual = np.flatnonzero(~((largest <= USUAL[1]) & (least >= USUAL[0])))
        unusual = unusual[~_is_usual(rows[unusual])]
        odd = rows[unusual]
        self._n_swapped += int(_is_usual(odd.byteswap()).sum())
        for i in unusual.tolist():
            begin, space = places[i]
            k = _bytes_of_rest(content, space + 1, self._d, self._encoding)
            if k:
                rest = content[space + 1 : space + k]
                what = f"the word {shown(content[begin:space])} goes on with {shown(rest)}"
                self._shifted = self._shifted or (what, at + begin)
                self._n_shifted += 1
        self._tiny += (unusual[_has_tiny(odd)] + self.n_rows).tolist()
        self.n_rows += len(rows)
        self.n_unusual += len(unusual)
        self._largest.append(largest)
        self._places.extend([at + begin for begin, _ in places])
        return rows, set((unusual + 1).tolist())

    def finish(self, fault: VectorFileError | None) -> None:
        """Refuse or warn of rows that are out of step with the bytes.

        They may be why another row was refused, the `fault`.
        """
        # where most rows are unusual, and few of them for this reason, the numbers are like that
        if self._shifted and (
            2 * self.n_unusual <= self.n_rows or 10 * self._n_shifted >= self.n_unusual
        ):
            what, begin = self._shifted
            raise self._source.fault(
                f"{what} behind a space, which this form cannot carry: its numbers are usual "
                "ones only if they begin there; the text form can have such words",
                f"byte {begin}",
            )
        if 2 * self._n_swapped > self.n_rows:
            raise self._source.fault(
                "its numbers are usual ones only if their bytes are read in the other order "
                "(big-endian); this form is little-endian",
                f"byte {self._places[0]}",
            )
        if not self.n_rows:
            return
        largest = np.concatenate(self._largest)
        some = largest[largest > 0].astype(np.float64)  # so that no sum is too large
        with np.errstate(invalid="ignore"):  # of a signalling nan
            far = largest > FAR_ABOVE * (np.median(some) if len(some) else 1)
        odd = np.union1d(np.flatnonzero(far), np.array(self._tiny, np.intp))
        if 0 < len(odd) and 2 * max(len(odd), self.n_unusual) <= self.n_rows:
            told = (
                f"{len(odd)} of {self.n_rows} rows have numbers far from the others', the first up "
                f"to {largest[odd[0]]:.3g}; bytes may be missing or changed"
            )
            place = f"byte {self._places[odd[0]]}"
            if fault is not None:
                raise self._source.fault(f"{told}, or {OUT_OF_STEP}", place) from fault
            warnings.warn(f"{self._source.name!r}, {place}: {told}", stacklevel=5)


def _is_usual(rows: np.ndarray) -> np.ndarray:
    """Whether each row, (n, d), has only numbers of a usual size, or 0."""
    low, high = USUAL
    sizes = np.abs(rows)
    usual = ((sizes >= low) & (sizes <= high)) | (sizes == 0)
    return np.asarray(usual.all(axis=-1))


def _has_tiny(rows: np.ndarray) -> np.ndarray:
    """Whether each row, (n, d), has a number that is not 0 and next to it."""
    sizes = np.abs(rows)
    return np.asarray(((sizes > 0) & (sizes < TINY)).any(axis=-1))


def _bytes_of_rest(content: bytes, start: int, d: int, encoding: str) -> int:
    """How many bytes later numbers begin that are usual: behind text and a space, or 0."""
    size = NUMBERS.itemsize * d
    space = content.find(b" ", start, start + min(LONGEST_REST, size))
    while space >= 0:
        later = content[space + 1 : space + 1 + size]
        if len(later) == size and _is_usual(np.frombuffer(later, NUMBERS)) and any(later):
            return space + 1 - start if _is_text(content[start:space], encoding) else 0
        space = content.find(b" ", space + 1, start + min(LONGEST_REST, size))
    return 0


def _is_text(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeError:
        return False
    return is_plain_text(content)
