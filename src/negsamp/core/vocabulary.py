"""The words of a corpus and how often each occurs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np

__all__ = ["Vocabulary"]


class Vocabulary:
    """The words of a corpus by falling count, words of equal count in order of the words.

    Parameters
    ----------
    words : sequence of hashable
        Each word once. A word's place is its id, the row of its vectors.
    counts : array_like, shape (V,) int64
        How often each was seen.
    raw_words : int, optional
        Tokens read in all, with those that are not in `words`.

    Attributes
    ----------
    words, counts, raw_words
        As above: list, ndarray and int.
    index : dict
        Each word's id.
    """

    def __init__(
        self, words: Sequence[Hashable], counts: Any, raw_words: int | None = None
    ) -> None:
        self.words = list(words)
        self.counts = np.array(counts, dtype=np.int64)
        self.index = {word: row for row, word in enumerate(self.words)}
        if self.counts.shape != (len(self.words),):
            raise ValueError(
                f"counts has shape {self.counts.shape}; {len(self.words)} words need as many counts"
            )
        if len(self.index) != len(self.words):
            raise ValueError("words holds a word more than once")
        self.raw_words = int(self.counts.sum()) if raw_words is None else int(raw_words)

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.words)

    def __contains__(self, word: Hashable) -> bool:
        return word in self.index

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words, {self.counts.sum()} of {self.raw_words} tokens)"

    def decode(self, ids: Any) -> list[Any]:
        """Return the words of some ids, a list as long as `ids`.

        Raises
        ------
        IndexError
            If an id is no row of this vocabulary; −1 is none.
        """
        rows = np.asarray(ids).ravel()
        wrong = rows[(rows < 0) | (rows >= len(self))]
        if len(wrong):
            raise IndexError(f"ids holds {wrong[0]}; it must hold rows from 0 to {len(self) - 1}")
        return [self.words[row] for row in rows.tolist()]
