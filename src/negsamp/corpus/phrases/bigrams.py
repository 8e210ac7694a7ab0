"""Neighbours in a corpus of ids: counted exactly in parts, and joined from left to right.

A unit is a word, or a phrase that was joined before, as an id. Two units are neighbours if nothing
stands between them but connector words ("of", "the"), which then belong to the pair. Words have no
spelling here: `phrase_detection` and `joining` have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from negsamp.corpus.stream import TokenStream, forget_pages

__all__ = [
    "MOST_CONNECTORS",
    "MOST_CONNECTOR_WORDS",
    "Bigrams",
    "Connectors",
    "Joiner",
    "Units",
    "count_bigrams",
    "stream_units",
]

MOST_CONNECTORS = 8  # in a row within a phrase
# so many that a row of them is the digits of a number of 63 bits: 201^8 < 2^63
MOST_CONNECTOR_WORDS = 200
KEYS_AT_ONCE = 1 << 23  # pairs sorted together
READ_AT_ONCE = 1 << 18  # tokens


class Units(NamedTuple):
    """A piece of a corpus, n units."""

    ids: np.ndarray  # (n,) int64
    begins: np.ndarray  # (n,) bool, whether a sentence begins with the unit
    sizes: np.ndarray  # (n,) int64, how many tokens of the text the unit has taken up

    def part(self, which: slice) -> Units:
        """Some of the units."""
        return Units(self.ids[which], self.begins[which], self.sizes[which])

    def after(self, before: Units | None) -> Units:
        """These units behind others."""
        if before is None:
            return self
        return Units(*map(np.concatenate, zip(before, self, strict=True)))


class Bigrams(NamedTuple):
    """P pairs of neighbours that are frequent, all (P,) int64, and the number of all pairs."""

    left: np.ndarray
    right: np.ndarray
    codes: np.ndarray  # the connector words between the two, see `Connectors.neighbours`
    counts: np.ndarray
    distinct: int  # how many different pairs there are, rare ones included


class Connectors:
    """Which units are connector words, at most `MOST_CONNECTOR_WORDS`, and rows of them as numbers.

    A row of connector words is the digits of a number to the base C + 1, a digit from 1 to C each;
    the number is the row's code, 0 for none.
    """

    def __init__(self, ids: Sequence[int] | np.ndarray) -> None:
        self.ids = np.unique(np.asarray(ids, dtype=np.int64))
        self._base = len(self.ids) + 1
        self._known = np.append(self.ids, -1)  # so that each search ends at an id

    def neighbours(self, units: Units) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places of neighbours in a piece, left and right, and their codes: three of (P,) int64."""
        if not len(self.ids):
            left = np.flatnonzero(~units.begins[1:])
            return left, left + 1, np.zeros(len(left), dtype=np.int64)
        digits = self._digits(units.ids)
        content = np.flatnonzero(digits == 0)
        sentence = np.cumsum(units.begins)[content]
        gaps = np.diff(content) - 1
        near = np.flatnonzero((sentence[1:] == sentence[:-1]) & (gaps <= MOST_CONNECTORS))
        left, right, gaps = content[near], content[near + 1], gaps[near]
        codes = np.zeros(len(near), dtype=np.int64)
        for place in range(1, int(gaps.max(initial=0)) + 1):
            wide = np.flatnonzero(gaps >= place)
            codes[wide] = codes[wide] * self._base + digits[left[wide] + place]
        return left, right, codes

    def code(self, ids: Sequence[int]) -> int:
        """The code of some connector words in a row."""
        code = 0
        for digit in self._digits(np.asarray(ids, dtype=np.int64)).tolist():
            code = code * self._base + digit
        return code

    def spell(self, code: int) -> list[int]:
        """The connector words of a code, as ids."""
        found: list[int] = []
        while code:
            code, digit = divmod(code, self._base)
            found.insert(0, int(self.ids[digit - 1]))
        return found

    def open_from(self, units: Units) -> int:
        """The place from which on a piece may have neighbours in what follows it."""
        n = len(units.ids)
        first = max(0, n - MOST_CONNECTORS - 1)
        content = np.flatnonzero(self._digits(units.ids[first:]) == 0)
        return first + int(content[-1]) if len(content) else n

    def _digits(self, ids: np.ndarray) -> np.ndarray:
        """1 … C for connector words, 0 for other units, (n,) int64."""
        place = np.searchsorted(self.ids, ids)
        return np.where(self._known[place] == ids, place + 1, 0)


def stream_units(stream: TokenStream) -> Iterator[tuple[Units, bool]]:
    """A stream in pieces of bounded size, each with whether it is the last."""
    for at in range(0, len(stream), READ_AT_ONCE):
        end = min(at + READ_AT_ONCE, len(stream))
        ids = np.array(stream.ids[at:end], dtype=np.int64)
        first, last = np.searchsorted(stream.offsets, [at, end])
        begins = np.zeros(end - at, dtype=bool)
        begins[stream.offsets[first:last] - at] = True
        forget_pages(stream.ids)
        forget_pages(stream.offsets)
        yield Units(ids, begins, np.ones(end - at, dtype=np.int64)), end == len(stream)


def count_bigrams(
    stream: TokenStream, counts: np.ndarray, connectors: Connectors, min_count: int
) -> Bigrams:
    """Count the neighbours of a stream with `counts` (U,) of its units, exactly.

    The units are cut into ranges, and the stream is read once for each of them to count the pairs
    whose left unit is in the range. So memory is bounded, and no pair is forgotten. The pairs are
    sorted by left unit, code and right unit; those seen less than `min_count` times are left out.
    """
    codes = np.zeros(1, dtype=np.int64)
    if len(connectors.ids):
        for _, _, found in _pieces(stream, connectors):
            codes = np.union1d(codes, found)
    width = len(codes) * len(counts)
    frequent: list[np.ndarray] = []  # left units, codes with right units, counts
    distinct = 0
    for low, high in _ranges(counts, width):
        tally = _Tally(min(KEYS_AT_ONCE, int(counts[low:high].sum())) + READ_AT_ONCE)
        for left, right, between in _pieces(stream, connectors):
            inside = np.flatnonzero((left >= low) & (left < high))
            keys = (left[inside] - low) * width + right[inside]
            if len(codes) > 1:
                keys += np.searchsorted(codes, between[inside]) * len(counts)
            tally.add(keys)
        keys, seen = tally.result()
        distinct += len(keys)
        is_frequent = seen >= min_count
        # codes of all ranges need more bits than there are: the parts are taken out range by range
        left, rest = np.divmod(keys[is_frequent], width)
        frequent.append(np.stack([left + low, rest, seen[is_frequent]]))
    left, rest, seen = np.concatenate(frequent, axis=1)
    between, right = np.divmod(rest, len(counts))
    return Bigrams(left, right, codes[between], seen, distinct)


def _pieces(
    stream: TokenStream, connectors: Connectors
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Left units, right units and codes of all neighbours, some at a time."""
    rest: Units | None = None
    for piece, _ in stream_units(stream):
        units = piece.after(rest)
        left, right, codes = connectors.neighbours(units)
        yield units.ids[left], units.ids[right], codes
        rest = units.part(slice(connectors.open_from(units), None))


def _ranges(counts: np.ndarray, width: int) -> Iterator[tuple[int, int]]:
    """Cut units into ranges that together occur `KEYS_AT_ONCE` times, or that are one unit."""
    total = np.cumsum(counts)
    widest = (2**63 - 1) // width  # whose keys fit into 63 bits
    low = before = 0
    while low < len(counts):
        high = int(np.searchsorted(total, before + KEYS_AT_ONCE, side="right"))
        high = min(max(high, low + 1), low + widest)
        yield low, high
        low, before = high, int(total[high - 1])


class _Tally:
    """Counts keys; in memory are the different ones, and `size` of those not yet counted."""

    def __init__(self, size: int) -> None:
        self._waiting = np.empty(size, dtype=np.int64)
        self._n = 0
        self._keys = self._counts = np.zeros(0, dtype=np.int64)

    def add(self, keys: np.ndarray) -> None:
        if self._n + len(keys) > len(self._waiting):
            self.result()
        self._waiting[self._n : self._n + len(keys)] = keys
        self._n += len(keys)

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """The different keys, rising, and how often each was added: two of (n,) int64."""
        waiting = self._waiting[: self._n]
        waiting.sort()
        # np.unique would sort a copy
        is_first = np.ones(self._n, dtype=bool)
        np.not_equal(waiting[1:], waiting[:-1], out=is_first[1:])
        first = np.flatnonzero(is_first)
        keys, counts = waiting[first], np.diff(first, append=self._n)
        self._n = 0
        if len(self._keys):
            known, known_counts = self._keys, self._counts
            self._keys = np.union1d(known, keys)
            self._counts = np.zeros(len(self._keys), dtype=np.int64)
            self._counts[np.searchsorted(self._keys, known)] = known_counts
            self._counts[np.searchsorted(self._keys, keys)] += counts
        else:
            self._keys, self._counts = keys, counts
        return self._keys, self._counts


class Joiner:
    """Joins a corpus that comes in pieces; of two pairs that overlap, one is joined.

    Ids of units are below `n_units`; `pairs`, (4, P) int64, are left units, right units, the codes
    between them, and the units that they become, each pair with its code once. Without `scores`,
    (P,) float64, pairs are joined from left to right, and a unit that is joined is taken. With
    them, the pair with the highest score of a sentence is joined first, the leftmost of equal ones.
    """

    def __init__(
        self, n_units: int, pairs: Any, connectors: Connectors, scores: Any = None
    ) -> None:
        left, right, codes, joined = np.asarray(pairs, dtype=np.int64)
        self._left, self._n_left = _ranks(n_units, left)
        self._right, self._n_right = _ranks(n_units, right)
        self._codes = np.unique(np.append(codes, 0))
        keys = self._keys(self._left[left], np.searchsorted(self._codes, codes), self._right[right])
        order = np.argsort(keys)
        # one more than there are, so that each search ends at a key
        self._known = np.append(keys[order], -1)
        self._joined = joined[order]
        self._scores = np.zeros(len(order))
        if scores is not None:
            self._scores[:] = np.asarray(scores, dtype=np.float64)[order]
        self._highest = self._scores.max(initial=-np.inf)
        self._connectors = connectors
        self._rest: Units | None = None

    def feed(self, units: Units, is_last: bool = False) -> Units:
        """Add a piece, and return the units that what follows cannot change; after the last, all.

        What is fed after a last piece begins anew.
        """
        units = units.after(self._rest)
        left, right, codes = self._connectors.neighbours(units)
        places = self._look_up(units.ids[left], units.ids[right], codes)
        hits = np.flatnonzero(places >= 0)
        left, right, places = left[hits], right[hits], places[hits]
        scores = self._scores[places]
        chosen, last_rise = _chosen(left, right, scores)

        n = len(units.ids)
        end = n if is_last else self._connectors.open_from(units)
        if len(right) and right[-1] == end and scores[-1] < self._highest:
            # a pair that follows may be above the last one, and change what rises to it
            settled = right[last_rise - 1] if last_rise and chosen[last_rise - 1] else -1
            end = int((right if settled == left[last_rise] else left)[last_rise])
            chosen[last_rise:] = False
        left, right, places = left[chosen], right[chosen], places[chosen]
        if len(right) and right[-1] == end:
            end = n  # the last unit is taken
        self._rest = None if is_last else units.part(slice(end, None))
        stays = np.ones(n, dtype=bool)
        stays[end:] = stays[right] = False
        gaps = right - left - 1
        for place in range(1, int(gaps.max(initial=0)) + 1):
            stays[left[gaps >= place] + place] = False
        ids = units.ids.copy()
        ids[left] = self._joined[places]
        places = np.flatnonzero(stays)
        tokens = np.concatenate([[0], np.cumsum(units.sizes[:end])])
        sizes = np.diff(tokens[places], append=tokens[-1])
        return Units(ids[places], units.begins[places], sizes)

    def _look_up(self, left: np.ndarray, right: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Which of the known pairs each pair is, −1 where it is none, (P,) int64."""
        found = np.full(len(left), -1, dtype=np.int64)
        left, right = self._left[left], self._right[right]
        maybe = np.flatnonzero((left >= 0) & (right >= 0))
        place = np.searchsorted(self._codes[:-1], codes[maybe])
        is_code = self._codes[place] == codes[maybe]
        maybe, place = maybe[is_code], place[is_code]
        keys = self._keys(left[maybe], place, right[maybe])
        place = np.searchsorted(self._known[:-1], keys)
        found[maybe] = np.where(self._known[place] == keys, place, -1)
        return found

    def _keys(self, left: np.ndarray, codes: np.ndarray, right: np.ndarray) -> np.ndarray:
        assert self._n_left * len(self._codes) * self._n_right < 2**63
        return (left * len(self._codes) + codes) * self._n_right + right


def _chosen(left: np.ndarray, right: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, int]:
    """Which of n pairs, in order, are joined, (n,) bool, and where the last rise begins.

    In a chain of pairs that overlap, the highest is joined, then the highest of those left over,
    and so on: on each way down from a peak that is every second pair, the peak included, and in a
    valley the pair that is so from both sides. Of equal pairs, the first is above the others.
    """
    n = len(left)
    is_chained = left[1:] == right[:-1]
    rises = is_chained & (scores[1:] > scores[:-1])
    order = np.arange(n)
    starts = np.ones(n, dtype=bool)  # no pair to the left that is above
    starts[1:] = ~is_chained | rises
    chosen = (order - np.maximum.accumulate(np.where(starts, order, 0))) % 2 == 0
    if rises.any():
        ends = np.append(~rises, True)  # no pair to the right that is above
        peaks = np.minimum.accumulate(np.where(ends, order, n)[::-1])[::-1]
        chosen &= (peaks - order) % 2 == 0
        return chosen, int(np.flatnonzero(np.append(True, ~rises))[-1])
    return chosen, n - 1


def _ranks(n_units: int, units: np.ndarray) -> tuple[np.ndarray, int]:
    """The rank of each unit among those that occur, −1 of others, (n_units,) int64."""
    found = np.unique(units)
    ranks = np.full(n_units, -1, dtype=np.int64)
    ranks[found] = np.arange(len(found))
    return ranks, len(found)
