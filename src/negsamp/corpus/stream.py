"""A corpus as ids: gathered a piece at a time, counted, and translated once the words are known.

A large corpus goes to files as it comes: what is in memory does not grow with it.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.core.windows import token_pieces
from negsamp.files.npy import ArrayWriter, check_room

__all__ = [
    "SEGMENT",
    "Folder",
    "Spool",
    "StreamBuilder",
    "TokenStream",
    "forget_pages",
    "spill_folder",
]

# Where files go: a folder, or a function that makes one when it is first called.
Folder = str | os.PathLike[str] | Callable[[], Path]


# Numbers in one piece of memory: a little above the 32 MB from which the C library always gives
# memory back to the system, so that what is translated is not in memory twice.
SEGMENT = (1 << 23) + 4096
# Segments that stay in memory where there is a folder for the others.
SEGMENTS_IN_MEMORY = 4
# Ids counted or translated at a time, so that what that takes is small.
STEP = 1 << 17


@dataclass(frozen=True)
class TokenStream:
    """A corpus as ids.

    Parameters
    ----------
    ids : ndarray, shape (n_tokens,) int32
        Vocabulary rows, sentence after sentence; uint16 if they are mapped from a file and that is
        enough.
    offsets : ndarray, shape (n_sentences + 1,) int64
        Sentence i is ``ids[offsets[i]:offsets[i + 1]]`` and has at least one token.

    Attributes
    ----------
    n_sentences, longest_sentence : int
        The number of sentences, and the tokens of the longest.

    Examples
    --------
    >>> from negsamp import TokenStream
    >>> stream = TokenStream(np.int32([0, 1, 2, 0, 1]), np.int64([0, 3, 5]))
    >>> stream.n_sentences, stream.longest_sentence
    (2, 3)
    >>> stream.ids[stream.offsets[1] : stream.offsets[2]].tolist()
    [0, 1]
    """

    ids: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_sentences(self) -> int:
        """Number of sentences that kept at least one token."""
        return len(self.offsets) - 1

    @property
    def longest_sentence(self) -> int:
        """Tokens in the longest sentence."""
        longest = 0
        for first in range(0, self.n_sentences, STEP):
            longest = max(longest, int(np.diff(self.offsets[first : first + STEP + 1]).max()))
            forget_pages(self.offsets)
        return longest

    def counts(self, V: int) -> np.ndarray:
        """Count how often each word occurs.

        Parameters
        ----------
        V : int
            The number of words.

        Returns
        -------
        ndarray, shape (V,) int64
            0 for words that do not occur.

        Examples
        --------
        >>> stream.counts(4).tolist()
        [2, 2, 1, 0]
        """
        counts = np.zeros(V, np.int64)
        for ids, _ in self.pieces():
            counts += np.bincount(ids, minlength=V)
        return counts

    def pieces(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Go through the corpus once, a quarter of a million tokens at a time.

        What was read of a mapped file is taken out of memory.

        Yields
        ------
        tokens : ndarray, shape (n,) int32
            A copy of the tokens.
        starts : ndarray, shape (m,) int64
            Where in them sentences begin, rising.

        Examples
        --------
        >>> [(tokens, starts)] = stream.pieces()
        >>> tokens.tolist(), starts.tolist()
        ([0, 1, 2, 0, 1], [0, 3])
        """
        for piece in token_pieces(self.ids, self.offsets):
            forget_pages(self.ids)
            forget_pages(self.offsets)
            yield piece

    def digest(self) -> str:
        """Compute the SHA-256 of ids and sentence ends, whatever their types.

        Returns
        -------
        str
            64 hexadecimal digits.

        Examples
        --------
        >>> len(stream.digest())
        64
        """
        found = hashlib.sha256()
        for array, kind in ((self.ids, "<i4"), (self.offsets, "<i8")):
            for at in range(0, len(array), STEP):
                found.update(array[at : at + STEP].astype(kind).tobytes())
                forget_pages(array)
        return found.hexdigest()

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the sentences, each an array of ids."""
        for start, stop in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield self.ids[start:stop]


def forget_pages(array: np.ndarray) -> None:
    """Take what was read of a mapped file out of this process's memory; other arrays stay."""
    if isinstance(array, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
        array._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


@contextmanager
def spill_folder() -> Iterator[Path]:
    """A temporary folder for a corpus that does not stay in memory.

    Nothing may map its files when the context ends: Windows removes no file that is mapped.
    """
    with tempfile.TemporaryDirectory(prefix="negsamp-", ignore_cleanup_errors=True) as name:
        try:
            yield Path(name)
        except BaseException as error:
            reason: BaseException | None = error
            while reason and sys.platform == "win32":  # tracebacks keep what functions had
                traceback.clear_frames(reason.__traceback__)
                reason = reason.__context__
            raise


class StreamBuilder:
    """Provisional ids and sentence ends of a corpus, piece by piece.

    The files of a large corpus go to the folder; without one, everything is in memory. The stream
    is written to the folder in any case if `keep` is true.
    """

    def __init__(self, folder: Folder | None = None, keep: bool = False) -> None:
        find = folder if callable(folder) or folder is None else partial(Path, folder)
        self._folder, self._keep = find, keep
        self._ids = Spool(np.int32, find, SEGMENT)
        # there are fewer sentences than tokens
        self._ends = Spool(np.int64, find, max(1, SEGMENT // 8))
        self._counts = np.zeros(0, dtype=np.int64)
        self._counted = 0

    @property
    def n_tokens(self) -> int:
        return self._ids.size

    def add(self, ids: np.ndarray, lengths: np.ndarray, continues: bool = False) -> None:
        """Add the ids of some sentences, (n,) int32, and the sentences' lengths in tokens.

        The first length may be the rest of a sentence that continued; the last sentence goes on
        with what is added next if it `continues`. An OSError says that the folder's disk has no
        room.
        """
        ends = self.n_tokens + np.cumsum(lengths)
        self._ends.append(ends[:-1] if continues else ends)
        self._ids.append(ids)

    def counts(self) -> np.ndarray:
        """Return how often each id has been added, (largest id + 1,) int64."""
        while self._counted < self.n_tokens:
            # to count fewer tokens at a time than there are ids would mostly add zeros
            ids = next(self._ids.pieces(max(STEP, len(self._counts)), self._counted))
            seen = np.bincount(ids, minlength=len(self._counts))
            seen[: len(self._counts)] += self._counts
            self._counts = seen
            self._counted += len(ids)
        return self._counts

    def build(self, rows: np.ndarray) -> TokenStream:
        """Map ids to their `rows`, drop those of row −1, and the sentences that this empties.

        The stream is mapped from ``ids.npy`` and ``offsets.npy`` in the folder if the corpus is
        large or is to be kept. The builder is taken apart as it goes, so that the corpus is in
        memory about once.
        """
        self._ends.append(np.array([self.n_tokens]))  # of a text that ends within a line
        kept_ids: _MemoryWriter | ArrayWriter
        offsets: _MemoryWriter | ArrayWriter
        if self._keep or self._ids.spilled or self._ends.spilled:
            assert self._folder is not None
            narrow = int(rows.max(initial=0)) < 1 << 16
            folder = self._folder()
            kept_ids = ArrayWriter(folder / "ids.npy", np.uint16 if narrow else np.int32)
            offsets = ArrayWriter(folder / "offsets.npy", np.int64)
        else:
            kept_ids = _MemoryWriter(self.n_tokens, np.int32)
            offsets = _MemoryWriter(self._ends.size + 1, np.int64)
        with closing(self), closing(kept_ids), closing(offsets):
            self._translate(rows, kept_ids, offsets)
            return TokenStream(kept_ids.finish(), offsets.finish())

    def close(self) -> None:
        """Remove the files of provisional ids."""
        self._ids.close()
        self._ends.close()

    def _translate(self, rows: np.ndarray, kept_ids: Any, offsets: Any) -> None:
        more_ends = self._ends.pieces(STEP, forget=True)
        ends = np.zeros(0, dtype=np.int64)  # those not reached yet
        start = kept = last_offset = 0
        offsets.append(np.zeros(1, dtype=np.int64))
        for ids in self._ids.pieces(STEP, forget=True):
            stop = start + len(ids)
            while not len(ends) or ends[-1] < stop:
                ends = np.concatenate([ends, next(more_ends)])
            ids = rows.take(ids)
            is_kept = ids >= 0
            kept_before = np.concatenate([[0], np.cumsum(is_kept)])
            reached = np.searchsorted(ends, stop, side="right")
            new = kept + kept_before[ends[:reached] - start]
            new = new[np.diff(new, prepend=last_offset) > 0]
            last_offset = int(new[-1]) if len(new) else last_offset
            offsets.append(new)
            kept_ids.append(ids[is_kept])
            kept += int(kept_before[-1])
            start, ends = stop, ends[reached:]


class Spool:
    """Numbers that are appended and read in order; they go to files once they are many."""

    def __init__(self, dtype: Any, folder: Callable[[], Path] | None, segment: int) -> None:
        self.size = 0
        self.spilled = False
        self._dtype, self._folder, self._segment = np.dtype(dtype), folder, segment
        self._segments: list[Any] = []  # arrays, paths of files, None for what is forgotten

    def append(self, values: np.ndarray) -> None:
        while len(values):
            at = self.size % self._segment
            if at == 0:
                self._spill()
                self._segments.append(np.empty(self._segment, dtype=self._dtype))
            piece, values = values[: self._segment - at], values[self._segment - at :]
            self._segments[-1][at : at + len(piece)] = piece
            self.size += len(piece)

    def pieces(self, step: int, start: int = 0, forget: bool = False) -> Iterator[np.ndarray]:
        """Yield the numbers from a place on, `step` or fewer at a time.

        If they are to be forgotten, a segment is dropped once it is read.
        """
        for number in range(start // self._segment, len(self._segments)):
            first = number * self._segment
            segment = self._segments[number]
            if isinstance(segment, Path):
                segment = np.memmap(segment, self._dtype, "r")
            segment = segment[: self.size - first]
            for at in range(max(start - first, 0), len(segment), step):
                yield segment[at : at + step]
            del segment
            if forget:
                self._drop(number)

    def taken(self) -> np.ndarray:
        """Return all numbers as one array, and forget them here."""
        if len(self._segments) == 1:  # as it is; memory that was never written to was never taken
            return self._segments.pop()[: self.size]
        return np.concatenate([np.empty(0, self._dtype), *self.pieces(self._segment, forget=True)])

    def close(self) -> None:
        """Remove the files that are left."""
        for number in range(len(self._segments)):
            self._drop(number)

    def _drop(self, number: int) -> None:
        segment, self._segments[number] = self._segments[number], None
        if isinstance(segment, Path):
            with suppress(PermissionError):  # it is mapped, on Windows; the folder goes later
                segment.unlink(missing_ok=True)

    def _spill(self) -> None:
        """Write the last segment to a file, if there are enough in memory."""
        if self._folder is None or len(self._segments) < SEGMENTS_IN_MEMORY:
            return
        segment = self._segments[-1]
        # half of it is for the translated ids
        folder = self._folder()
        check_room(folder, 2 * segment.nbytes, "this part of the corpus")
        path = folder / f"{self._dtype}-{len(self._segments) - 1}"
        segment.tofile(path)
        self._segments[-1] = path
        self.spilled = True


class _MemoryWriter:
    """An `ArrayWriter` in memory; n is the most that will be appended."""

    def __init__(self, n: int, dtype: Any) -> None:
        self._array = np.empty(n, dtype)  # memory that is never written to is never taken
        self._size = 0

    def append(self, values: np.ndarray) -> None:
        self._array[self._size : self._size + len(values)] = values
        self._size += len(values)

    def finish(self) -> np.ndarray:
        self._array.resize(self._size, refcheck=False)  # gives the rest back without a copy
        return self._array

    def close(self) -> None:
        """Nothing to close."""
