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

from negsamp.corpus.pairs import PIECE, PairData, Piece
from negsamp.corpus.stream import forget_pages
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
    """Makes the entries of pairs, and keeps those of a share of them apart."""

    def __init__(self, data: PairData, share: float | None, seed: int, folder: Path) -> None:
        self.data, self.share, self.seed, self.folder = data, share, seed, folder

    def arrays(self) -> dict[str, np.ndarray]:
        """Those of `PairArrays` that hold pairs."""
        data, n, total = self.data, 0, 0.0
        for *_, w in self._pieces(is_held=False):
            n, total = n + len(w), total + float((w / data.largest).sum())
        if not n or (n == data.size and self.share is not None):
            raise CorpusError(
                f"validation is {self.share}, and of the {data.size} pairs none would be "
                f"{'held out' if n else 'left to train on'}"
            )
        self.mean = total / n
        copies = mass = 0.0
        for *_, w in self._pieces(is_held=False):
            of_each, _ = split_weights(w, data.largest, self.mean)
            copies += of_each.sum()
            mass += float((w / data.largest / self.mean).sum())
        self.scale = copies / mass
        found = self._written("", int(copies), -(-int(copies) // PART) if data.is_large else 1)
        if self.share is not None:
            found |= self._written("held_", data.size - n, 1)
            del found["held_ends"]
        return found

    def _pieces(self, is_held: bool) -> Iterator[Piece]:
        """The pairs that are held out, a share of each piece, or the others."""
        rng = self._rng(0)
        for piece in self.data.pieces():
            if self.share is None:
                yield piece
                continue
            # of each 1 / share consecutive pairs, one
            size = len(piece[0])
            n, held = max(1, round(self.share * size)), np.zeros(size, bool)
            edges = np.arange(n + 1) * size // n
            held[edges[:-1] + (rng.random(n) * np.diff(edges)).astype(np.int64)] = True
            centers, contexts, w = (array[held == is_held] for array in piece)
            yield centers, contexts, w

    def _written(self, name: str, n: int, n_parts: int) -> dict[str, np.ndarray]:
        """Write n entries, or n pairs that are held out, dealt out to parts at random."""
        sizes = np.zeros(n_parts, np.int64)
        for part, *_ in self._dealt(name, n_parts):
            sizes += np.bincount(part, minlength=n_parts)
        ends = np.cumsum(sizes)
        pairs = self._array(f"{name}pairs", (n, 2), np.int32)
        weights = self._array(f"{name}weights", (n,), np.float32)
        place = ends - sizes
        for part, *entries in self._dealt(name, n_parts):
            order = np.argsort(part, kind="stable")
            edges = np.append(0, np.cumsum(np.bincount(part, minlength=n_parts)))
            for number in np.flatnonzero(np.diff(edges)).tolist():
                some = order[edges[number] : edges[number + 1]]
                to = slice(place[number], place[number] + len(some))
                pairs[to, 0], pairs[to, 1], weights[to] = (array[some] for array in entries)
                place[number] += len(some)
        forget_pages(pairs)
        forget_pages(weights)
        found = {f"{name}pairs": pairs, f"{name}weights": weights, f"{name}ends": ends}
        if not self.data.is_large and (weights == 1).all():
            del found[f"{name}weights"]
        return found

    def _dealt(self, name: str, n_parts: int) -> Iterator[tuple[np.ndarray, ...]]:
        """The part of each entry, its rows of centers and contexts, and weight, some at a time."""
        rng = self._rng(1)
        for piece in self._pieces(is_held=bool(name)):
            for at in range(0, len(piece[0]), PIECE):
                centers, contexts, w = (array[at : at + PIECE] for array in piece)
                copies, each = split_weights(w, self.data.largest, self.mean)
                each = each * self.scale
                if name:  # as it is
                    copies, each = np.ones_like(copies), each * copies
                part = rng.integers(n_parts, size=copies.sum()) if n_parts > 1 else None
                entries = [np.repeat(a, copies) for a in (centers, contexts, each)]
                yield np.zeros(len(entries[0]), int) if part is None else part, *entries

    def _array(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        if not self.data.is_large:
            return np.empty(shape, dtype)
        check_room(self.folder, int(np.prod(shape)) * np.dtype(dtype).itemsize, "the pairs")
        path = self.folder / f"{name}.npy"
        return np.lib.format.open_memmap(path, "w+", dtype=dtype, shape=shape)

    def _rng(self, key: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(2**31, key)))
