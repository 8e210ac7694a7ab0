"""Words that are too rare for a vocabulary, with their counts, as more text may come."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

__all__ = ["REMEMBERED", "RareWords"]

# Rare words that are remembered where no parameter says how many: some 150 MB at most.
REMEMBERED = 1_000_000


class RareWords:
    """Words that are seen too rarely to have a row, and how often each was seen.

    They are in the order in which they were seen last. `read` returns them and their counts when
    they are first asked for, so that they take little memory where nobody does.
    """

    def __init__(self, read: Any = None) -> None:
        self._read = read
        self._counts: dict[Any, int] | None = {} if read is None else None

    @classmethod
    def of(cls, words: Sequence[Hashable], counts: np.ndarray) -> RareWords:
        """Those words with those counts, (n,)."""
        if {*map(type, words)} != {str} or any("\n" in word for word in words):  # type: ignore[operator]
            return cls(partial(_as_given, words, counts))
        return cls.of_lines("\n".join(words).encode("utf-8", "surrogatepass"), counts)  # type: ignore[arg-type]

    @classmethod
    def of_lines(cls, lines: bytes, counts: np.ndarray) -> RareWords:
        """Words that are strings, with a line end between them."""
        return cls(partial(_of_lines, lines, counts))

    @property
    def counts(self) -> dict[Any, int]:
        """The count of each word, those seen last at the end."""
        if self._counts is None:
            words, counts = self._read()
            self._counts = dict(zip(words, np.asarray(counts).tolist(), strict=True))
            self._read = None
        return self._counts

    def copy(self) -> RareWords:
        """The same, which does not change with this one."""
        new = RareWords(self._read)
        new._counts = None if self._counts is None else self._counts.copy()
        return new

    def update(self, changes: Mapping[Any, int], most: int) -> dict[Any, int]:
        """Set the counts of words in place, 0 for those that are rare no more.

        No more than `most` words stay, of which those go that were not seen for longest. Return
        what `update` must be given to take it all back.
        """
        counts, before = self.counts, {}
        for word, n in changes.items():
            before[word] = counts.pop(word, 0)
            if n:
                counts[word] = n
        for word in [*islice(counts, max(0, len(counts) - most))]:
            n = counts.pop(word)
            before.setdefault(word, n)
        return before


def _as_given(words: Sequence[Any], counts: np.ndarray) -> tuple[Sequence[Any], np.ndarray]:
    return words, counts


def _of_lines(lines: bytes, counts: np.ndarray) -> tuple[Sequence[Any], np.ndarray]:
    words = lines.decode("utf-8", "surrogatepass").split("\n") if len(counts) else []
    return words, counts
