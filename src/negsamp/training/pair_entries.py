"""What training on pairs goes through in an epoch: entries, of which a heavy pair has several.

A pair whose weight is w times the mean stands in an epoch as ⌈w / 4⌉ entries of equal weights: so a
heavy pair is met at many places and does not fill an update. Only the ratios of weights matter: the
entries' mean is made 1, for which the learning rate is meant.

More entries than fit into memory are dealt out to parts of a file at random, once; in each epoch
the parts come in another order, and each is shuffled.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.corpus.pairs import PairData
from negsamp.errors import CorpusError
from negsamp.files.npy import check_room

__all__ = ["Entries", "split_weights"]

HEAVIEST = 4.0  # entry, in means
PART = 1 << 23  # entries that are shuffled together, if there are too many for the memory


def split_weights(
    weights: np.ndarray, largest: float | None = None, mean: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of positive weights, (P,), as entries that are about equally heavy.

    Return how many entries each pair has, ⌈w / (`HEAVIEST` · mean)⌉, (P,) int64, fewer than 1.25 P
    in all; and the weight of each of them in means, (P,) float64. The largest weight, and the mean
    in units of it, are those of these pairs if they are None.
    """
    share = weights / (weights.max() if largest is None else largest)  # quotients are in range
    ratio = share / (share.mean() if mean is None else mean)
    copies = np.maximum(np.ceil(ratio / HEAVIEST), 1).astype(np.int64)
    return copies, ratio / copies


class Entries:
    """Makes the entries of pairs, those of held-out pairs by themselves."""

    def __init__(self, data: PairData, share: float | None, seed: int, folder: Path) -> None:
        self.data, self.share, self.seed, self.folder = data, share, seed, folder

    def arrays(self) -> dict[str, np.ndarray]:
        """Those of `PairArrays` that hold pairs."""
        data, n, total = self.data, 0, 0.0
        for _, w in self._pieces(is_held=False):
            n, total = n + len(w), total + float((w / data.largest).sum())
        if not n or (n == data.size and self.share is not None):
            raise CorpusError(
                f"validation is {self.share}, and of the {data.size} pairs none would be "
                f"{'held out' if n else 'left to train on'}"
            )
        self.mean = total / n
        copies = mass = 0.0
        for _, w in self._pieces(is_held=False):
            of_each, _ = split_weights(w, data.largest, self.mean)
            copies, mass = (
                copies + of_each.sum(),
                mass + float((w / data.largest / self.mean).sum()),
            )
        self.scale = copies / mass
        n_parts = -(-int(copies) // PART) if data.is_large else 1
        found = self._written("", int(copies), n_parts)
        if self.share is not None:
            found |= self._written("held_", data.size - n, 1)
            del found["held_ends"]
        return found

    def _pieces(self, is_held: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs (n, 2) int32 and their weights; a share of each piece is held out."""
        rng = self._rng(0)
        for centers, contexts, w in self.data.pieces():
            rows = np.column_stack([centers, contexts])
            if self.share is None:
                yield rows, w
                continue
            # of each 1 / share consecutive pairs, one
            n, held = max(1, round(self.share * len(w))), np.zeros(len(w), bool)
            edges = np.arange(n + 1) * len(w) // n
            held[edges[:-1] + (rng.random(n) * np.diff(edges)).astype(np.int64)] = True
            yield rows[held == is_held], w[held == is_held]

    def _written(self, name: str, n: int, n_parts: int) -> dict[str, np.ndarray]:
        """Write n entries, or n pairs that are held out, dealt out to parts at random."""
        sizes = np.zeros(n_parts, np.int64)
        for part, _, _ in self._dealt(name, n_parts):
            sizes += np.bincount(part, minlength=n_parts)
        ends = np.cumsum(sizes)
        pairs = self._array(f"{name}pairs", (n, 2), np.int32)
        weights = self._array(f"{name}weights", (n,), np.float32)
        place = ends - sizes
        for part, rows, w in self._dealt(name, n_parts):
            order = np.argsort(part, kind="stable")
            edges = np.append(0, np.cumsum(np.bincount(part, minlength=n_parts)))
            for number in np.unique(part).tolist():
                some = order[edges[number] : edges[number + 1]]
                to = slice(place[number], place[number] + len(some))
                pairs[to], weights[to] = rows[some], w[some]
                place[number] += len(some)
        found = {f"{name}pairs": pairs, f"{name}weights": weights, f"{name}ends": ends}
        if not isinstance(weights, np.memmap) and (weights == 1).all():
            del found[f"{name}weights"]
        return found

    def _dealt(
        self, name: str, n_parts: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Entries with the part of each, some at a time: (n,) int, (n, 2) int32, (n,) float32."""
        rng = self._rng(1)
        for rows, w in self._pieces(is_held=bool(name)):
            copies, each = split_weights(w, self.data.largest, self.mean)
            each = each * self.scale
            if name:
                each = each * copies
            else:
                rows, each = np.repeat(rows, copies, axis=0), np.repeat(each, copies)
            part = (
                rng.integers(n_parts, size=len(each)) if n_parts > 1 else np.zeros(len(each), int)
            )
            yield part, rows, each.astype(np.float32)

    def _array(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        if not self.data.is_large:
            return np.empty(shape, dtype)
        check_room(self.folder, int(np.prod(shape)) * np.dtype(dtype).itemsize, "the pairs")
        path = self.folder / f"{name}.npy"
        return np.lib.format.open_memmap(path, "w+", dtype=dtype, shape=shape)

    def _rng(self, key: int) -> np.random.Generator:
        return np.random.default_rng(
            np.random.SeedSequence(self.seed, spawn_key=(2**31, 2**31, key))
        )
