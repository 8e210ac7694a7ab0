"""Changes of rows: what a piece of training moved, and how several become one.

Two changes a and b of a row that came from the same parameters become

    (1 − a·b / 2‖a‖²) a + (1 − a·b / 2‖b‖²) b

which is their sum where they are orthogonal and their mean where they are equal [1]_. A row that
only one of them moved keeps its whole change. Its sums of squares add, but shrink as its steps do,
so that a row whose steps were shortened goes on at the rate that these have earned. Several changes
are merged in a tree whose shape depends on their number alone, so that the result does not depend
on who merged what.

References
----------
.. [1] S. Maleki et al., "Scaling Distributed Training with Adaptive Summation", MLSys 2021,
   equation 5; here row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["SUMS", "Change", "Changes", "adasum", "apply", "find_changes", "merge"]

# What is merged, by the name of its array, and the optimizer's sums of squares for it
SUMS = {"W_in": "squares_in", "W_out": "squares_out", "log_z": "squares_log_z"}
ROWS_AT_ONCE = 1 << 14


class Change(NamedTuple):
    """How rows of an array have changed; the others have not."""

    rows: np.ndarray  # (n,) int32, rising
    steps: np.ndarray  # (n, d) or (n,), in the dtype of the array


Changes = dict[str, Change]  # by the name of the array


def find_changes(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], shards: int
) -> list[Changes]:
    """Find what has changed, in shards: row r belongs to shard ``r % shards``.

    Frequent words have the first rows and always move, so that neighbouring rows must go to
    different shards for these to be of a size.
    """
    found: list[Changes] = [{} for _ in range(shards)]
    for name in (*SUMS, *SUMS.values()):
        if name not in before:
            continue
        old, new = before[name], after[name]
        rows = _moved(old, new)
        for shard, changes in enumerate(found):
            some = rows[rows % shards == shard]
            changes[name] = Change(some, new[some] - old[some])
    return found


def _moved(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The rows that differ, rising: (n,) int32."""
    differs = np.zeros(len(old), bool)
    for at in range(0, len(old), ROWS_AT_ONCE):
        some = old[at : at + ROWS_AT_ONCE] != new[at : at + ROWS_AT_ONCE]
        differs[at : at + ROWS_AT_ONCE] = some.any(axis=tuple(range(1, some.ndim)))
    return np.flatnonzero(differs).astype(np.int32)


def merge(changes: Sequence[Changes]) -> Changes:
    """Merge what several pieces have changed from the same parameters, in a tree of fixed shape."""
    while len(changes) > 1:
        pairs = [changes[at : at + 2] for at in range(0, len(changes), 2)]
        changes = [_merge_two(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return changes[0]


def _merge_two(a: Changes, b: Changes) -> Changes:
    found = {}
    for name, sums in SUMS.items():
        if name in a:
            found[name], *shares = adasum(a[name], b[name])
            both = (_shrunk(of[sums], *share) for of, share in zip((a, b), shares, strict=True))
            found[sums] = add(*both)
    return found


Shares = tuple[np.ndarray, np.ndarray]  # rows, rising, and the share of its step that each keeps


def adasum(a: Change, b: Change) -> tuple[Change, Shares, Shares]:
    """Merge two changes of one array, (n, d) each, by Adasum, row by row.

    Return the change, and how the rows that both of them moved have shrunk in each.
    """
    in_a, in_b = _common(a.rows, b.rows)
    one, other = a.steps[in_a], b.steps[in_b]
    product = np.einsum("nd,nd->n", one, other)
    found, rows = add(a, b), a.rows[in_a]
    common = found.steps[places := np.searchsorted(found.rows, rows)]
    shares = []
    for steps in (one, other):
        squares = np.einsum("nd,nd->n", steps, steps)
        # a step too small for its square is added as it is
        half = np.divide(product, 2 * squares, out=np.zeros_like(squares), where=squares > 0)
        steps *= half[:, None]
        common -= steps
        shares.append((rows, 1 - half))
    found.steps[places] = common
    return found, shares[0], shares[1]


def _shrunk(sums: Change, rows: np.ndarray, shares: np.ndarray) -> Change:
    """Sums of squares of which some rows keep a share, of a half to all."""
    places, of_rows = _common(sums.rows, rows)
    steps = sums.steps.copy()
    steps[places] *= np.clip(shares[of_rows], 0.5, 1)
    return Change(sums.rows, steps)


def add(a: Change, b: Change) -> Change:
    """Add two changes of one array."""
    is_moved = np.zeros(max(a.rows.max(initial=-1), b.rows.max(initial=-1)) + 1, bool)
    is_moved[a.rows] = is_moved[b.rows] = True
    rows = np.flatnonzero(is_moved).astype(np.int32)
    steps = np.zeros((len(rows), *a.steps.shape[1:]), a.steps.dtype)
    steps[np.searchsorted(rows, a.rows)] = a.steps
    steps[np.searchsorted(rows, b.rows)] += b.steps
    return Change(rows, steps)


def _common(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the numbers that two rising arrays have in common stand in each."""
    place = np.searchsorted(b, a)
    in_a = np.flatnonzero(place < len(b))
    in_a = in_a[b[place[in_a]] == a[in_a]]
    return in_a, place[in_a]


def apply(arrays: Mapping[str, np.ndarray], changes: Changes) -> None:
    """Add changes to arrays in place."""
    for name, change in changes.items():
        arrays[name][change.rows] += change.steps
