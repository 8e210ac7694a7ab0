"""Turns: while other programs are in the way, whoever has time takes the work of a block.

A member with a share of its own is waited for, and while another program has its core that takes
longer than a block. By turns, a block has pieces, whose gradients are taken at the parameters as
they are, and then shares of rows, which are moved. Each member begins with its own of both and goes
on with those that others have not begun. A piece that is not done in time is taken again, as it
comes to the same bytes; a share is moved by one member alone, for which the others wait. A member
that comes late finds that blocks are over.

What decides is written by the member that has the team's mutex. So a piece is done by the first who
says so, and was taken at the right parameters, as nobody moves a row until all pieces are done. Its
gradients are in arrays that nobody else writes, and stay there until the block is over: whoever is
late with the same piece disturbs nobody. And a share has one taker.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from negsamp.core.blocks import NARROWEST
from negsamp.core.optimizers import Gradients, Layout
from negsamp.training.schedule import Schedule
from negsamp.training.settings import available_cores
from negsamp.training.workers import Team

__all__ = ["Turns", "turns_layout"]

# A run is followed by one by turns if some member had less of a core than this in it, and a block
# took no longer than a member is away, in seconds. Ctrl-C waits for the end of the run.
WHOLE_CORE, LONGEST_BLOCK = 0.85, 0.03
FEWEST_BLOCKS = 8  # that tell how much of a core a member has
MOST_FLOATS = 2**22  # in the centers of a block: larger ones take longer than that, and much memory
PATIENCE = 1.2  # times as long as a piece takes
PIECES_A_MEMBER = 2  # at most


def turns_layout(schedule: Schedule, gradients: Layout) -> Layout:
    """Names, shapes and dtypes of what members share for turns, all zero at first.

    There are none for a single member, for more members than cores, which are in each other's way,
    for `max_time`, whose clock all read at a barrier, and for blocks whose parts have their rows in
    other places, or may be narrowed more than the whole.
    """
    groups, members = schedule.shape.groups, schedule.members
    is_small = schedule.shape.batch_size * schedule.settings.vector_size <= MOST_FLOATS
    has_parts = "output_rows" not in gradients and schedule.reach < 2 * NARROWEST
    has_cores = 1 < members <= available_cores()
    if not (has_cores and is_small and has_parts) or schedule.limits.max_seconds is not None:
        return {}
    pieces = _count_pieces(groups, members)
    most = -(-groups // pieces)
    layout: Layout = {
        f"turn_{name}": ((members, pieces, rows // groups * most, *more), dtype)
        for name, ((rows, *more), dtype) in gradients.items()
    }
    layout["turn_losses"] = ((schedule.blocks_a_run,), np.float64)
    return layout | {"turn_cells": ((1 + 4 * (pieces + 1) + 3 * members,), np.int64)}


def _count_pieces(groups: int, members: int) -> int:
    return members * min(PIECES_A_MEMBER, groups // members)


def _places(groups: int, n: int) -> list[slice]:
    """The groups of each of n pieces."""
    return [slice(i * groups // n, (i + 1) * groups // n) for i in range(n)]


def _offer_core() -> None:
    """Let another program have the core, if it is its turn, while nobody waits for this member."""
    thread_time()  # where Linux looks whether it is


class Turns:
    """One member's view of what `turns_layout` names, for blocks of so many groups or fewer.

    Blocks by turns have rising numbers. The cells hold, for each piece, the last block for which it
    was begun and done, when it was begun, in nanoseconds, and who has done it; for each share, the
    last block for which it was taken and moved; how much of a core each member had, in thousandths;
    and whether the first member wants turns. One more piece is the loss, which is measured for some
    blocks. As a context, it ends with the core that the member had before.
    """

    def __init__(self, team: Team, shared: dict[str, np.ndarray], groups: int, kernel: Any) -> None:
        assert team.mutex
        self.team, self.mutex, self.losses = team, team.mutex, shared["turn_losses"]
        size, n = team.size, _count_pieces(groups, team.size)
        # a memoryview reads one number four times as fast as an array does
        cells = shared["turn_cells"].data.cast("B").cast("q")
        edges = np.cumsum([0, 1, *[n + 1] * 4, *[size] * 3]).tolist()
        parts = [cells[begin:end] for begin, end in pairwise(edges)]
        self._wanted, self._begun, self._since, self._done, self._who, *parts = parts
        self._taken, self._moved, self._cores = parts
        own = team.share(n)
        others = [*range(own.start), *range(own.stop, n)]
        self._order = [*range(own.start, own.stop), *reversed(others), n]
        self._shares = [(team.rank + i) % size for i in range(size)]
        names = [name for name in Gradients._fields if f"turn_{name}" in shared]
        self._gradients = [
            [Gradients(**{x: shared[f"turn_{x}"][rank, i] for x in names}) for i in range(n)]
            for rank in range(size)
        ]
        both = zip(_places(groups, n), self._gradients[team.rank], strict=True)
        self._kernels = [kernel.beside(some.stop - some.start, into) for some, into in both]
        self._block, self._piece_seconds, self._began = 0, 0.0, (0.0, 0.0)
        self._cores[team.rank] = 1000
        self._allowed: set[int] = set()  # the cores, while this member stays on one of them

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> None:
        self._stay(False)

    @property
    def are_wanted(self) -> bool:
        """Whether a run goes by turns, to be read between the barriers of its first block."""
        return bool(self._wanted[0])

    def begin_run(self) -> None:
        """Begin to measure how much of a core this member has."""
        self._stay(self.are_wanted)
        self._began = perf_counter(), thread_time()

    def end_run(self, blocks: int) -> None:
        """Tell how much of a core this member had for so many blocks, since the run began.

        The first member says, before a barrier, whether the next run goes by turns; so far as it
        can know: others may not have told yet.
        """
        if blocks < FEWEST_BLOCKS:
            return
        seconds = perf_counter() - self._began[0]
        self._cores[self.team.rank] = int(1000 * (thread_time() - self._began[1]) / seconds)
        if self.team.rank == 0:
            is_short = seconds < LONGEST_BLOCK * blocks
            self._wanted[0] = is_short and min(self._cores) < 1000 * WHOLE_CORE

    def _stay(self, stays: bool) -> None:
        """Stay on one core, if there is none to spare, or let the system choose again.

        It would move workers and other programs to and fro, until all have the same share of a
        core, and each move empties caches.
        """
        if sys.platform != "linux" or stays == bool(self._allowed):
            return
        if stays:
            cores = sorted(os.sched_getaffinity(0))
            if len(cores) == self.team.size:
                self._allowed = {*cores}
                os.sched_setaffinity(0, {cores[self.team.rank]})
        else:
            os.sched_setaffinity(0, self._allowed)
            self._allowed = set()

    def _is_over(self) -> bool:
        """Whether all rows are moved."""
        if is_over := min(self._moved) >= self._block:
            self.team.fence()
        return is_over

    def take_pieces(
        self,
        block: Any,
        W_in: np.ndarray,
        W_out: np.ndarray,
        loss: Callable[[], float] | None,
        place: int,
    ) -> None:
        """Have the gradients of the next block taken, here or by others.

        If there is a `loss`, it is measured, and goes to that place of `losses`.
        """
        self._block += 1
        n, kernels = self._block, self._kernels
        places = _places(len(block.noise), len(kernels))

        def take(i: int) -> None:
            _offer_core()
            began, found = perf_counter(), 0.0
            self._since[i], self._begun[i] = int(1e9 * began), n
            if i < len(kernels):
                kernels[i].gradients(W_in, W_out, block.part(places[i]))
            elif loss:
                found = loss()
            taken = perf_counter() - began
            # unless this member itself was away
            self._piece_seconds = min(taken, 2 * self._piece_seconds or taken)
            with self.mutex:
                if self._done[i] < n:
                    self._done[i], self._who[i] = n, self.team.rank
                    if i == len(kernels):
                        self.losses[place] = found

        order = self._order if loss else self._order[:-1]
        for i in order:
            if self._begun[i] < n:
                take(i)
        for i in reversed(order):
            until = 1e-9 * self._since[i] + PATIENCE * self._piece_seconds
            if not self.team.wait_until(lambda i=i: self._done[i] >= n, until):  # type: ignore[misc]
                take(i)

    def take_shares(self) -> Iterator[int]:
        """The shares that this member has to move; at the end, all are moved."""
        n = self._block
        for i in self._shares:
            _offer_core()
            with self.mutex:
                is_free = self._taken[i] < n
                if is_free:
                    self._taken[i] = n
            if is_free:
                yield i
                with self.mutex:
                    self._moved[i] = n
        self.team.wait_until(self._is_over, math.inf)

    def gradients(self, block: Any) -> Gradients:
        """Those of a block, for which this member has taken a share.

        Arrays of rows, ``centers`` and ``outputs``, are lists of arrays that follow each other.
        """
        G, places = len(block.noise), _places(len(block.noise), len(self._kernels))
        centers, noise = (rows.size // G for rows in (block.center_rows, block.noise))
        contexts = len(block.output_rows) // G - noise
        found: dict[str, Any] = {}
        for name in self._gradients[0][0]._fields:
            ranges, of_noise = [], []
            for i, some in enumerate(places):
                array, k = getattr(self._gradients[self._who[i]][i], name), some.stop - some.start
                if array is None:
                    continue
                if name.startswith("output"):
                    m = contexts * k
                    ranges.append(array[:m])
                    of_noise.append(array[m : m + noise * k])
                else:
                    ranges.append(array[: centers * k])
            if ranges:
                ranges += of_noise
                found[name] = ranges if ranges[0].ndim == 2 else np.concatenate(ranges)
        return Gradients(**found)
