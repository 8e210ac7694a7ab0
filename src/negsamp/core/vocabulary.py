"""The words of a corpus and how often each occurs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import check_integer, checked_counts, glimpse
from negsamp.core.rare_words import RareWords

__all__ = ["Growth", "Vocabulary"]


class Growth(NamedTuple):
    """What a further text adds to a vocabulary."""

    words: list[Any]  # that have a row from now on, behind the others
    counts: np.ndarray  # of all words, those before and these: (V,) int64
    raw_words: int  # tokens read in all
    rare: Mapping[Any, int]  # the counts of other words that were seen, 0 for those of `words`
    most_rare: int  # rare words that are remembered


class Vocabulary:
    """The words of a corpus by falling count, words of equal count in order of the words.

    Words that `Word2Vec.partial_fit` adds stand behind the others, in an order of their own.

    Parameters
    ----------
    words : sequence of hashable
        Each word once. A word's place is its id, the row of its vectors.
    counts : array_like, shape (V,) int64
        How often each was seen.
    raw_words : int, optional
        Tokens read in all, with those that are not in `words`.
    rare : RareWords, optional
        Words that were seen too rarely, as far as they are remembered.

    Attributes
    ----------
    words, counts, raw_words, rare
        As above: list, ndarray, int and RareWords.
    index : dict
        Each word's id.

    Raises
    ------
    TypeError, ValueError
        If `words` is no iterable, `counts` or `raw_words` are no integers of 0 or more, `counts`
        has another shape, or a word is there twice.

    Examples
    --------
    >>> from negsamp import Vocabulary
    >>> vocabulary = Vocabulary(["the", "cat", "sat"], [6, 3, 2], raw_words=15)
    >>> vocabulary, vocabulary.index["cat"], "mat" in vocabulary
    (Vocabulary(3 words, 11 of 15 tokens), 1, False)
    """

    def __init__(
        self,
        words: Sequence[Hashable],
        counts: Any,
        raw_words: int | None = None,
        rare: RareWords | None = None,
    ) -> None:
        if not isinstance(words, Iterable):
            raise TypeError(f"words is {glimpse(words)}; it must hold a word for each count")
        self.words = list(words)
        self.counts = checked_counts(counts, len(self.words))
        self.index = {word: row for row, word in enumerate(self.words)}
        if len(self.index) != len(self.words):
            raise ValueError("words holds a word more than once")
        check_integer("raw_words", raw_words, 0, optional=True)
        self.raw_words = int(self.counts.sum() if raw_words is None else raw_words)
        self.rare = RareWords() if rare is None else rare
        self.is_shared = False  # others may have it, so that it must not grow in place

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.words)

    def __contains__(self, word: Hashable) -> bool:
        return word in self.index

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words, {self.counts.sum()} of {self.raw_words} tokens)"

    def decode(self, ids: Any) -> list[Any]:
        """Return the words of some ids.

        Parameters
        ----------
        ids : array_like of int
            Rows.

        Returns
        -------
        list of hashable
            As long as `ids`.

        Raises
        ------
        IndexError
            If an id is no row of this vocabulary; −1 is none.

        Examples
        --------
        >>> vocabulary.decode([1, 2])
        ['cat', 'sat']
        """
        rows = np.asarray(ids).ravel()
        wrong = rows[(rows < 0) | (rows >= len(self))]
        if len(wrong):
            raise IndexError(f"ids holds {wrong[0]}; it must hold rows from 0 to {len(self) - 1}")
        return [self.words[row] for row in rows.tolist()]

    def copy(self) -> Vocabulary:
        """Return the same, which does not grow with this one.

        Returns
        -------
        Vocabulary
            With lists, counts and rare words of its own.

        Examples
        --------
        >>> vocabulary.copy().words
        ['the', 'cat', 'sat']
        """
        new = copy(self)
        new.words, new.index, new.rare = [*self.words], self.index.copy(), self.rare.copy()
        new.is_shared = False
        return new

    def grow(self, growth: Growth) -> Callable[[], None]:
        """Add what another text had, in place; the function that is returned takes it back.

        It takes time in proportion to what is added.
        """
        V, counts, raw_words = len(self.words), self.counts, self.raw_words
        rare = self.rare.update(growth.rare, growth.most_rare)
        self.words += growth.words
        self.index.update(zip(growth.words, range(V, len(self.words)), strict=True))
        self.counts, self.raw_words = growth.counts, growth.raw_words

        def take_back() -> None:
            del self.words[V:]
            for word in growth.words:
                del self.index[word]
            self.counts, self.raw_words = counts, raw_words
            self.rare.update(rare, len(self.rare.counts) + len(rare))

        return take_back
