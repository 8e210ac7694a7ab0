"""Rows of words by their bytes: a hash table that answers for a block of tokens at a time.

A word of at most 15 bytes is a key of 16, its bytes and its length, so that equal keys are equal
words: the hash says where to look and never decides. Where a key stands is `slots`, open
addressing with a row in each slot; most tokens are found where their hash points, by one gather
and one comparison, and only the others are looked at in rounds. Longer words are few; a `dict`
holds them, and the few that find no slot.
"""

from __future__ import annotations

from itertools import compress
from typing import NamedTuple

import numpy as np

__all__ = ["Found", "WordTable"]

SHORT = 15  # bytes; with the length they make a key
LONG_KEY = 255  # the length byte of every longer word's key, which stands in no slot
PROBES = 8  # slots looked at, one after the other, before the dict takes a word
SLOTS_PER_ROW = 4  # the fewer words share a neighbourhood, the more are found at once
FIRST_SLOTS = 1 << 21  # memory that is never written to is never taken
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
    """What a first look at some tokens tells.

    Attributes
    ----------
    rows : ndarray, shape (n,) int32
        Row of each token; wrong for those of `missing`.
    missing : ndarray, shape (m,) int64
        Tokens not found, in order.
    keys : ndarray, shape (m, 2) uint64
        Their keys.
    """

    rows: np.ndarray
    missing: np.ndarray
    keys: np.ndarray


class WordTable:
    """Words by row, in the order in which they are met; row 0 is no word.

    `find` only reads, so that several threads may call it while one calls `add`.

    Attributes
    ----------
    n_rows : int
        Rows given so far, row 0 and those of forgotten words included.
    """

    def __init__(self) -> None:
        self.n_rows = 1
        self._forgotten = 0
        # long words, and short ones that found no slot; in a larger table those may find one too
        self._others: dict[bytes, int] = {}
        # replaced as a pair, so that a reader in another thread has two that belong together
        self._slots, self._keys = self._table = _empty_table(FIRST_SLOTS)

    def __len__(self) -> int:
        """Number of words."""
        return self.n_rows - 1 - self._forgotten

    @property
    def has_forgotten(self) -> bool:
        """Whether words were forgotten."""
        return self._forgotten > 0

    def find(self, buffer: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> Found:
        """Look tokens up where their hashes point.

        Parameters
        ----------
        buffer : ndarray of uint8
            A text and at least 16 bytes more.
        starts, lengths : ndarray, shape (n,) int64
            The tokens' places in it, and their lengths in bytes, 1 or more.

        Returns
        -------
        Found
            For `add` or `look_up`.
        """
        slots, known = self._table
        keys = _keys(buffer, starts, lengths)
        rows = slots.take(_hashes(keys, slots))
        missing = np.flatnonzero(~_equal(known.take(rows, axis=0), keys))
        return Found(rows, missing, keys.take(missing, axis=0))

    def add(self, text: bytes, starts: np.ndarray, lengths: np.ndarray, found: Found) -> np.ndarray:
        """Give each token its row, and each new word the next one.

        Parameters
        ----------
        text : bytes
        starts, lengths : ndarray, shape (n,) int64
            As in `find`.
        found : Found
            What `find` returned for them; its rows are filled in, in place. Words added since do
            no harm, words forgotten since do.

        Returns
        -------
        ndarray, shape (n,) int32
        """
        missing, keys = found.missing, found.keys
        base, m = self.n_rows, len(missing)
        self._make_room(base + m)
        # a word that is new claims the row `base + i` for the first token i that holds it;
        # the claims become consecutive rows once all are known
        claimed = [np.zeros(0, dtype=np.int64)]
        given = np.zeros(m, dtype=np.int32)
        pending = np.flatnonzero(lengths[missing] <= SHORT)
        wanted = keys.take(pending, axis=0)
        places = _hashes(wanted, self._slots)
        for _ in range(PROBES):
            if not len(pending):
                break
            # of equal indices the last assignment stays: the first token's, turned round
            free = np.flatnonzero(self._slots.take(places) == 0)[::-1]
            self._slots[places[free]] = base + pending[free]
            claimed.append(places[free])
            rows = self._slots.take(places)
            is_claim = rows >= base
            there = self._keys.take(np.where(is_claim, 0, rows), axis=0)
            claims = np.flatnonzero(is_claim)
            there[claims] = keys.take(rows[claims] - base, axis=0)
            is_there = _equal(there, wanted)
            given[pending[is_there]] = rows[is_there]
            left = np.flatnonzero(~is_there)
            pending, wanted = pending[left], wanted.take(left, axis=0)
            places = (places[left] + 1) & (len(self._slots) - 1)

        others = np.flatnonzero(given == 0)
        spellings = _spellings(text, starts, lengths, missing[others])
        given[others] = list(map(self._others.setdefault, spellings, (base + others).tolist()))

        new = np.flatnonzero(given == np.arange(base, base + m))
        row_of_claim = np.zeros(m, dtype=np.int32)
        row_of_claim[new] = np.arange(base, base + len(new))
        self.n_rows += len(new)
        # keys before slots: another thread that meets a claim finds no key of a claim's row yet,
        # or that of the word whose row it is
        self._keys[base : self.n_rows] = keys.take(new, axis=0)
        touched = np.concatenate(claimed)
        self._slots[touched] = row_of_claim[self._slots[touched] - base]
        is_claim = given >= base
        given[is_claim] = row_of_claim[given[is_claim] - base]
        is_new = given[others] >= base
        self._others.update(compress(zip(spellings, given[others].tolist(), strict=True), is_new))
        found.rows[missing] = given
        return found.rows

    def look_up(
        self, text: bytes, starts: np.ndarray, lengths: np.ndarray, found: Found
    ) -> np.ndarray:
        """Give each token its row, and 0 to one that is no word. Parameters as in `add`."""
        missing, keys = found.missing, found.keys
        given = np.zeros(len(missing), dtype=np.int32)
        is_short = lengths[missing] <= SHORT
        pending = np.flatnonzero(is_short)
        wanted = keys.take(pending, axis=0)
        places = _hashes(wanted, self._slots)
        for _ in range(PROBES):
            rows = self._slots.take(places)
            is_there = _equal(self._keys.take(rows, axis=0), wanted)
            given[pending[is_there]] = rows[is_there]
            left = np.flatnonzero(~is_there & (rows > 0))
            pending, wanted = pending[left], wanted.take(left, axis=0)
            places = (places[left] + 1) & (len(self._slots) - 1)
        others = np.concatenate([pending, np.flatnonzero(~is_short)])
        spellings = _spellings(text, starts, lengths, missing[others])
        given[others] = [self._others.get(word, 0) for word in spellings]
        found.rows[missing] = given
        return found.rows

    def forget_all_but(self, rows: np.ndarray) -> None:
        """Forget words; their rows are not used again.

        Parameters
        ----------
        rows : ndarray of int
            The words to keep, in any order.
        """
        is_kept = np.zeros(self.n_rows, dtype=bool)
        is_kept[rows] = True
        self._forgotten = self.n_rows - 1 - len(rows)
        self._others = {word: row for word, row in self._others.items() if is_kept[row]}
        self._keys[: self.n_rows][~is_kept] = 0
        self._rebuild(len(self._slots))

    def words(self, rows: np.ndarray) -> list[str]:
        """Spell words, in the order of their rows (n,) of int.

        A lone surrogate is what the bytes of one become, though they are not UTF-8.
        """
        keys = self._keys[rows]
        data, lengths = keys.tobytes(), keys.view(np.uint8)[:, SHORT]
        spelled = [data[16 * i : 16 * i + length] for i, length in enumerate(lengths.tolist())]
        if (lengths == LONG_KEY).any():
            words = {row: word for word, row in self._others.items()}
            for i in np.flatnonzero(lengths == LONG_KEY).tolist():
                spelled[i] = words[int(rows[i])]
        # no token holds a space, and one long text is decoded faster than many words
        return b" ".join(spelled).decode("utf-8", "surrogatepass").split(" ") if spelled else []

    def _make_room(self, n_rows: int) -> None:
        if n_rows > len(self._keys):
            n_slots = len(self._slots)
            while n_rows > n_slots // SLOTS_PER_ROW:
                n_slots *= 2
            self._rebuild(n_slots)

    def _rebuild(self, n_slots: int) -> None:
        """Write the words into a table of so many slots, those met first where they are found."""
        slots, keys = _empty_table(n_slots)
        keys[: self.n_rows] = self._keys[: self.n_rows]
        lengths = keys.view(np.uint8)[:, SHORT]
        rows = np.flatnonzero((lengths > 0) & (lengths <= SHORT))[::-1]
        places = _hashes(keys[rows], slots)
        for _ in range(PROBES):
            free = slots[places] == 0
            slots[places[free]] = rows[free]  # the last stays, the lowest row
            lost = slots[places] != rows
            rows, places = rows[lost], (places[lost] + 1) & (n_slots - 1)
        data, sizes = keys[rows].tobytes(), lengths[rows].tolist()
        for i, (row, size) in enumerate(zip(rows.tolist(), sizes, strict=True)):
            self._others[data[16 * i : 16 * i + size]] = row
        self._slots, self._keys = self._table = slots, keys


def _empty_table(n_slots: int) -> tuple[np.ndarray, np.ndarray]:
    """Slots (n_slots,) int32, a power of two, and keys (n_rows, 2) uint64.

    Row 0 stands for an empty slot. Its key is that of no token, as no token has length 0.
    """
    slots = np.zeros(n_slots, dtype=np.int32)
    return slots, np.zeros((n_slots // SLOTS_PER_ROW, 2), dtype=np.uint64)


def _keys(buffer: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Keys of tokens, (n, 2) uint64: equal where the tokens are, if they are short."""
    windows = np.ndarray((len(buffer) - SHORT,), "V16", buffer, 0, (1,))  # 16 bytes from each on
    keys = windows[starts].view(np.uint64).reshape(-1, 2)
    lengths = np.minimum(lengths, SHORT + 1)
    keys &= MASKS.take(lengths, axis=0)
    keys |= LENGTHS.take(lengths, axis=0)
    return keys


def _hashes(keys: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """Where to look for keys first, (n,) int64."""
    mixed = keys[:, 0] * FACTORS[0]
    mixed += keys[:, 1] * FACTORS[1]
    mixed >>= np.uint64(65 - len(slots).bit_length())
    return mixed.view(np.int64)


def _equal(keys: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether keys are equal, (n,) bool; `all(axis=1)` takes ten times as long."""
    return (keys == others).view(np.uint16).ravel() == BOTH


def _spellings(
    text: bytes, starts: np.ndarray, lengths: np.ndarray, which: np.ndarray
) -> list[bytes]:
    first, size = starts[which].tolist(), lengths[which].tolist()
    return [text[start : start + n] for start, n in zip(first, size, strict=True)]
