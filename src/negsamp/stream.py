"""A corpus as ids: gathered a piece at a time, counted, and translated once the words are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["StreamBuilder", "TokenStream"]

# Ids in one piece of memory: a little above the 32 MB from which the C library always gives memory
# back to the system, so that what is translated is not in memory twice.
SEGMENT = (1 << 23) + 4096
# Ids counted or translated at a time, so that what that takes is small.
STEP = 1 << 17


@dataclass(frozen=True)
class TokenStream:
    """A corpus as ids.

    Attributes
    ----------
    ids : ndarray, shape (n_tokens,) int32
        Vocabulary rows, sentence after sentence.
    offsets : ndarray, shape (n_sentences + 1,) int64
        Sentence i is ``ids[offsets[i]:offsets[i + 1]]`` and has at least one token.
    """

    ids: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_sentences(self) -> int:
        """Number of sentences that kept at least one token."""
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[np.ndarray]:
        """Sentences, each an array of ids."""
        for start, stop in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield self.ids[start:stop]


class StreamBuilder:
    """Provisional ids and sentence lengths of a corpus, piece by piece.

    Attributes
    ----------
    n_tokens : int
    n_sentences : int
        Finished ones.
    """

    def __init__(self) -> None:
        self.n_tokens = 0
        self.n_sentences = 0
        self._segments: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []
        self._open = 0  # tokens so far of the sentence that is not finished
        self._counts = np.zeros(0, dtype=np.int64)
        self._counted = 0

    def add(self, ids: np.ndarray, lengths: np.ndarray, continues: bool = False) -> None:
        """Add some sentences.

        Parameters
        ----------
        ids : ndarray, shape (n,) int32
            Not negative.
        lengths : ndarray, shape (n_sentences,) int64
            The sentences' lengths in tokens; the first is the rest of one that continued.
        continues : bool
            Whether the last sentence goes on with what is added next.
        """
        while len(ids):
            at = self.n_tokens % SEGMENT
            if at == 0:
                self._segments.append(np.empty(SEGMENT, dtype=np.int32))
            piece, ids = ids[: SEGMENT - at], ids[SEGMENT - at :]
            self._segments[-1][at : at + len(piece)] = piece
            self.n_tokens += len(piece)
        lengths = lengths.copy()
        lengths[:1] += self._open
        self._open = 0
        if continues:
            self._open, lengths = int(lengths[-1]), lengths[:-1]
        self._lengths.append(lengths)
        self.n_sentences += len(lengths)

    def counts(self) -> np.ndarray:
        """How often each id has been added, (largest id + 1,) int64."""
        total = self._counts
        while self._counted < self.n_tokens:
            # to count fewer tokens at a time than there are ids would mostly add zeros
            ids = next(self._pieces(self._counted, max(STEP, len(total))))
            seen = np.bincount(ids, minlength=len(total))
            seen[: len(total)] += total
            total = seen
            self._counted += len(ids)
        self._counts = total
        return total

    def build(self, rows: np.ndarray) -> TokenStream:
        """Map ids, drop those without a row, and the sentences that this empties.

        Takes the builder apart as it goes, so that the corpus is in memory about once.

        Parameters
        ----------
        rows : ndarray of int32
            The row of each provisional id; −1 is none.

        Returns
        -------
        TokenStream
        """
        offsets = np.concatenate([[0], *self._lengths]).cumsum(dtype=np.int64)
        kept_before = np.zeros(len(offsets), dtype=np.int64)
        # memory that is never written to is never taken
        kept_ids = np.empty(self.n_tokens, dtype=np.int32)
        start = kept = 0
        for ids in self._pieces(0, STEP, forget=True):
            ids = rows.take(ids)
            is_kept = ids >= 0
            first, last = np.searchsorted(offsets, [start, start + len(ids)], side="right")
            if first < last:  # offsets in (start, start + len(ids)]
                inside = offsets[first:last] - start
                kept_before[first:last] = kept + np.cumsum(is_kept)[inside - 1]
            ids = ids[is_kept]
            kept_ids[kept : kept + len(ids)] = ids
            start += len(is_kept)
            kept += len(ids)
        kept_ids.resize(kept, refcheck=False)  # gives the rest back without a copy
        is_end = np.diff(kept_before, prepend=-1) > 0
        return TokenStream(kept_ids, kept_before[is_end])

    def _pieces(self, start: int, size: int, forget: bool = False) -> Iterator[np.ndarray]:
        """The ids from a place on, a number at a time, segments forgotten behind them if asked."""
        segments: list[np.ndarray | None] = [*self._segments]
        if forget:
            self._segments.clear()
        while start < self.n_tokens:
            number, at = divmod(start, SEGMENT)
            segment = segments[number]
            assert segment is not None
            yield segment[at : min(at + size, at + self.n_tokens - start)]
            start += min(size, SEGMENT - at)
            if forget and start % SEGMENT == 0:
                del segment
                segments[number] = None
