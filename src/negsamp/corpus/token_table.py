"""Give the tokens of a text rows: equal rows to equal tokens, in the order in which they are met.

A word of at most 15 bytes is a key of 16, its bytes and its length, so that equal keys are equal
words: the hash says where to look and never decides. `WordTable` answers for a block of tokens at
a time. Most are found where their hash points, by one gather and one comparison; only the others
are looked for in the slots behind. Longer words are few; a `dict` holds them, and the words whose
slots are taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from negsamp.corpus.tokenizing import Tokens, split_blocks

__all__ = ["Found", "WordTable", "table_of"]

SHORT = 15  # bytes; with the length they make a key
LONG_KEY = 255  # the length byte of every longer word's key, which stands in no slot
PROBES = 8  # slots looked at, one after the other, before the dict takes a word
SLOTS_PER_ROW = 4  # the fewer words share a neighbourhood, the more are found at once
FIRST_SLOTS = 1 << 21  # memory that is never written to is never taken
NEW_SLOTS = 1 << 18  # where the new words of one block are looked for
# Multiply-shift hashing of two 64-bit halves; odd constants without pattern, from the
# fractional parts of the golden ratio and of the square root of 2.
FACTORS = np.array([0x9E3779B97F4A7C15, 0x6A09E667F3BCC909], dtype=np.uint64)
BOTH = 0x0101  # two bytes of truth, read as one number

_by_length = np.zeros((2, SHORT + 2, 16), dtype=np.uint8)
for _length in range(SHORT + 1):
    _by_length[0, _length, :_length] = 255
    _by_length[1, _length, SHORT] = _length
_by_length[1, SHORT + 1, SHORT] = LONG_KEY
# What to keep of 16 bytes, and what to add: a row for each length, the last for all above 15.
MASKS, LENGTHS = _by_length.view(np.uint64)


class Found(NamedTuple):
    """What a first look at the tokens of a block tells; the rows of missing ones are wrong."""

    rows: np.ndarray  # (n,) int32
    missing: np.ndarray  # (m,) int64, the tokens that were not found, in order
    keys: np.ndarray  # (m, 2) uint64, theirs


class WordTable:
    """Words by row, in the order in which they are met; row 0 is no word.

    `find` only reads, so that another thread may call it while this one calls `add`.
    """

    def __init__(self) -> None:
        self.n_rows = 1  # given so far, row 0 and those of forgotten words included
        self._forgotten = 0
        # long words, and short ones that found no slot; in a larger table those may find one too
        self._others: dict[bytes, int] = {}
        self._first_new = np.empty(NEW_SLOTS, dtype=np.int32)
        self._make_slots(FIRST_SLOTS, np.empty((0, 2), dtype=np.uint64))

    def __len__(self) -> int:
        return self.n_rows - 1 - self._forgotten

    def find(self, block: Tokens) -> Found:
        """Look the tokens of a block up where their hashes point, for `add`."""
        slots, known = self._table
        keys = _keys(block)
        rows = slots.take(_hashes(keys, slots))
        missing = np.flatnonzero(~_equal(known.take(rows, axis=0), keys))
        return Found(rows, missing, keys.take(missing, axis=0))

    def look_up(self, block: Tokens) -> np.ndarray:
        """Return the row of each token of a block, 0 for one that is no word: (n,) int32."""
        found = self.find(block)
        given = self._in_slots(block, found)
        others = np.flatnonzero(given < 0)
        spelled = _spelled(block, found.missing[others])
        given[others] = [self._others.get(word, 0) for word in spelled]
        found.rows[found.missing] = given
        return found.rows

    def add(self, block: Tokens, found: Found) -> np.ndarray:
        """Return the row of each token of a block, new words having the next ones: (n,) int32.

        `found` is what `find` returned for the block. It does no harm that words have been added
        since then, but none may have been forgotten.
        """
        given = self._in_slots(block, found)
        new = np.flatnonzero(given <= 0)  # tokens of new words, and of those that the dict has
        keys = found.keys.take(new, axis=0)
        tokens = found.missing.take(new)
        first, seen = self._first_of_each(block, tokens, keys, given.take(new) < 0)

        words = np.flatnonzero(first == np.arange(len(first)))
        base, end = self.n_rows, self.n_rows + len(words)
        numbers = np.zeros(len(new), dtype=np.int32)
        numbers[words] = np.arange(base, end)
        given[new] = np.where(first < 0, -first, numbers.take(first, mode="wrap"))
        if end > len(self._keys):
            self._make_slots(1 << (SLOTS_PER_ROW * end - 1).bit_length(), self._keys[:base])
        self._keys[base:end] = keys.take(words, axis=0)  # before the slots, which may be being read
        self.n_rows = end
        self._fill_slots(base)
        self._others.update(zip(seen, numbers[list(seen.values())].tolist(), strict=True))
        found.rows[found.missing] = given
        return found.rows

    def rows(self) -> np.ndarray:
        """Return the rows of all words, rising: (n_words,) int64."""
        return np.flatnonzero(_lengths(self._keys[: self.n_rows]))

    def forget_all_but(self, rows: np.ndarray) -> None:
        """Forget all words but those of these rows; the rows of the others are not used again."""
        is_kept = np.zeros(self.n_rows, dtype=bool)
        is_kept[rows] = True
        self._forgotten = self.n_rows - 1 - len(rows)
        self._others = {word: row for word, row in self._others.items() if is_kept[row]}
        self._keys[: self.n_rows][~is_kept] = 0
        self._make_slots(len(self._slots), self._keys[: self.n_rows])

    def words(self, rows: np.ndarray) -> list[str]:
        """Spell the words of some rows, (n,) of int.

        A lone surrogate is what the bytes of one become, though they are not UTF-8.
        """
        keys = self._keys[rows]
        spelled = _spelled_keys(keys)
        is_long = _lengths(keys) == LONG_KEY
        if is_long.any():
            words = {row: word for word, row in self._others.items()}
            for i in np.flatnonzero(is_long).tolist():
                spelled[i] = words[int(rows[i])]
        # no token holds a space, and one long text is decoded faster than many words
        return b" ".join(spelled).decode("utf-8", "surrogatepass").split(" ") if spelled else []

    def _in_slots(self, block: Tokens, found: Found) -> np.ndarray:
        """Return the rows of tokens that were not found: 0 is a new word, −1 one for the dict."""
        given = np.full(len(found.missing), -1, dtype=np.int32)
        pending = np.flatnonzero(block.lengths.take(found.missing) <= SHORT)
        wanted = found.keys.take(pending, axis=0)
        places = _hashes(wanted, self._slots)
        for _ in range(PROBES):
            if not len(pending):
                break
            rows = self._slots.take(places)
            is_told = _equal(self._keys.take(rows, axis=0), wanted) | (rows == 0)
            given[pending[is_told]] = rows[is_told]
            left = np.flatnonzero(~is_told)
            pending, wanted = pending[left], wanted.take(left, axis=0)
            places = (places[left] + 1) & (len(self._slots) - 1)
        return given

    def _first_of_each(
        self, block: Tokens, tokens: np.ndarray, keys: np.ndarray, is_other: np.ndarray
    ) -> tuple[np.ndarray, dict[bytes, int]]:
        """Find for each of some tokens the first that is equal, or −row for a word of the dict.

        The dict that is returned has the words that were told by their spelling, and their first
        tokens: those that the slots cannot tell, and those whose hashes are those of other words.
        """
        places = _hashes(keys, self._first_new)
        # of equal places the last assignment stays
        self._first_new[places[::-1]] = np.arange(len(tokens), dtype=np.int32)[::-1]
        first = self._first_new.take(places)
        unsure = np.flatnonzero(is_other | ~_equal(keys.take(first, axis=0), keys))
        known, seen = self._others, dict[bytes, int]()
        spelled = zip(_spelled(block, tokens[unsure]), unsure.tolist(), strict=True)
        first[unsure] = [-known[w] if w in known else seen.setdefault(w, i) for w, i in spelled]
        return first, seen

    def _make_slots(self, n_slots: int, keys: np.ndarray) -> None:
        """Make a table of so many slots, a power of two, and write the words of `keys` into it.

        Row 0 stands for an empty slot. Its key is that of no token, as no token has length 0.
        """
        self._slots = np.zeros(n_slots, dtype=np.int32)
        self._keys = np.zeros((n_slots // SLOTS_PER_ROW, 2), dtype=np.uint64)
        self._keys[: len(keys)] = keys
        self._fill_slots(1)
        # replaced as a pair, so that another thread reads two that belong together
        self._table = self._slots, self._keys

    def _fill_slots(self, first_row: int) -> None:
        """Write short words into free slots, those met first where they are looked for first."""
        lengths = _lengths(self._keys[first_row : self.n_rows])
        rows = first_row + np.flatnonzero((lengths > 0) & (lengths <= SHORT))[::-1]
        places = _hashes(self._keys.take(rows, axis=0), self._slots)
        for _ in range(PROBES):
            if not len(rows):
                return
            free = np.flatnonzero(self._slots.take(places) == 0)
            self._slots[places[free]] = rows[free]  # the last stays, the lowest row
            lost = np.flatnonzero(self._slots.take(places) != rows)
            rows, places = rows[lost], (places[lost] + 1) & (len(self._slots) - 1)
        self._others.update(zip(_spelled_keys(self._keys[rows]), rows.tolist(), strict=True))


def table_of(words: Iterable[Any]) -> tuple[WordTable, np.ndarray]:
    """Make a table of those words that a text can hold.

    The array, (n_rows,) int32, says where the word of each row stands in `words`; −1 for row 0.
    """
    places, spelled = [-1], []
    for place, word in enumerate(words):
        if isinstance(word, str) and word.split() == [word]:
            places.append(place)
            spelled.append(str.encode(word, "utf-8", "surrogatepass"))
    table = WordTable()
    for block in split_blocks([b" ".join([*spelled, b""])]):
        table.add(block, table.find(block))
    return table, np.array(places, dtype=np.int32)


def _keys(block: Tokens) -> np.ndarray:
    """Return the keys of tokens, (n, 2) uint64: equal where the tokens are, if they are short."""
    buffer = block.buffer
    windows = np.ndarray((len(buffer) - SHORT,), "V16", buffer, 0, (1,))  # 16 bytes from each on
    keys = windows[block.starts].view(np.uint64).reshape(-1, 2)
    lengths = np.minimum(block.lengths, SHORT + 1)
    keys &= MASKS.take(lengths, axis=0)
    keys |= LENGTHS.take(lengths, axis=0)
    return keys


def _lengths(keys: np.ndarray) -> np.ndarray:
    """Return the length bytes of keys, (n,) uint8."""
    return keys.view(np.uint8)[:, SHORT]


def _hashes(keys: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """Return where to look for keys first, (n,) int64."""
    mixed = keys[:, 0] * FACTORS[0]
    mixed += keys[:, 1] * FACTORS[1]
    mixed >>= np.uint64(65 - len(slots).bit_length())
    return mixed.view(np.int64)


def _equal(keys: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return whether keys are equal, (n,) bool; `all(axis=1)` takes ten times as long."""
    return (keys == others).view(np.uint16).ravel() == BOTH


def _spelled(block: Tokens, tokens: np.ndarray) -> list[bytes]:
    starts, lengths = block.starts[tokens].tolist(), block.lengths[tokens].tolist()
    return [block.text[at : at + n] for at, n in zip(starts, lengths, strict=True)]


def _spelled_keys(keys: np.ndarray) -> list[bytes]:
    """Return the bytes of short words."""
    data, lengths = keys.tobytes(), _lengths(keys).tolist()
    return [data[16 * i : 16 * i + length] for i, length in enumerate(lengths)]
