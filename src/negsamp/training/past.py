"""What earlier calls of `fit` and `partial_fit` have learned, from which a run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from negsamp.core.vocabulary import Vocabulary
from negsamp.training.arrays import GOES_ON

__all__ = ["NOTHING", "NO_SECONDS", "Before", "Past", "entropy_of", "extended", "later_rate"]

ROOM = 1024  # rows that are left free at least
# What tells the random numbers of later calls from those of epochs.
LATER = 2**31 + 1
# Tokens of all texts from which on later calls have a lower learning rate, and the lowest share.
# Measured, see docs/streams.md.
SLOWER_FROM, LOWEST_RATE = 1e6, 0.3
NO_SECONDS = {"read": 0.0, "train": 0.0}


class Before(NamedTuple):
    """What earlier calls came to."""

    losses: list[float]
    validation_losses: list[float]
    seconds: dict[str, float]


NOTHING = Before([], [], NO_SECONDS)


@dataclass
class Past:
    """What a run goes on from.

    The run changes the vocabulary and the arrays, those of `GOES_ON` by name, in place once it
    begins to train, and not before.
    """

    vocabulary: Vocabulary
    arrays: Mapping[str, np.ndarray]
    calls: int
    before: Before
    frozen: frozenset[Any] | bool = False  # words whose input vectors stay as they are

    def frozen_rows(self, V: int) -> np.ndarray | None:
        """1 for the rows that stay as they are, of V in all: (V,) uint8; None if all move."""
        if not self.frozen:
            return None
        rows, index = np.zeros(V, np.uint8), self.vocabulary.index
        if isinstance(self.frozen, bool):
            rows[: len(index)] = 1
        else:
            rows[[index[word] for word in self.frozen]] = 1
        return rows

    def extended(self, new: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The arrays with new rows behind the others; those that are not in `GOES_ON` are new."""
        goes_on = {name: extended(self.arrays[name], new[name]) for name in GOES_ON if name in new}
        return {**new, **goes_on}


def extended(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The rows of an array and behind them others.

    What it returns is a view of a larger array. If `array` is such a view itself, and there is room
    behind it, the new rows are written there, so that many small additions take little time.
    """
    V, n, room = len(array), len(rows), array.base
    has_room = (
        type(room) is np.ndarray
        and room.flags.owndata
        and room.dtype == array.dtype
        and room.shape[1:] == array.shape[1:]
        and room.ctypes.data == array.ctypes.data
        and array.flags.c_contiguous
        and len(room) >= V + n
    )
    if not has_room:
        # memory that is never written to is never taken
        room = np.empty((V + n + max(ROOM, V // 2), *array.shape[1:]), array.dtype)
        room[:V] = array
    assert room is not None
    room[V : V + n] = rows
    return room[: V + n]


def later_rate(alpha: float, raw_words: int) -> float:
    """The learning rate of later calls where so many tokens have been read, alpha · √(10⁶ / T).

    Not above alpha, and not below three tenths of it. Nobody knows which text is the last, towards
    which the rate could fall; but the more is known, the less one text should change of it.
    """
    return alpha * max(LOWEST_RATE, min(1.0, (SLOWER_FROM / max(raw_words, 1)) ** 0.5))


def entropy_of(seed: int | None, calls: int) -> int:
    """What a call's random numbers follow from: the seed, and in later calls which one it is."""
    entropy = np.random.SeedSequence(seed).entropy
    if calls > 1:
        later = np.random.SeedSequence(entropy, spawn_key=(LATER, calls))
        return int.from_bytes(later.generate_state(4).tobytes(), "little")
    assert isinstance(entropy, int)
    return entropy
