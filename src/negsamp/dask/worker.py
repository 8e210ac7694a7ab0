"""What Dask's workers are asked to do; each of these functions is a task.

A worker holds the parameters of a run as they are after a number of rounds. They are the result of
the task `hold`, so that they go when the client does, and are found here by the name of the run. A
task that needs them after another number of rounds raises `LacksParameters`, and the client, which
has them too, gives them anew.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np
from distributed import get_worker
from distributed.system import MEMORY_LIMIT

from negsamp.dask.merging import Changes, apply, find_changes, merge
from negsamp.dask.partitions import Piece, documents_of, files_of
from negsamp.dask.rounds import TOKENS_WORTH_A_CORE, Round, piece_of, train_piece
from negsamp.dask.words import Part, Words, encode, read_part
from negsamp.training.arrays import TextArrays
from negsamp.training.schedule import Schedule
from negsamp.training.workers import can_start_children, start_children

__all__ = [
    "LacksParameters",
    "Parameters",
    "Told",
    "encode_part",
    "held_number",
    "memory_limit",
    "hold",
    "merge_shard",
    "read_documents",
    "read_files",
    "shard_of",
    "take",
    "train",
]


class LacksParameters(RuntimeError):
    """A worker has not the parameters that a task needs, as it is new or was ahead of it."""


class Parameters:
    """The parameters of a run after some rounds, on one worker, and processes that help it.

    These end with the piece that they help to train, and so others wait for the next one.
    """

    def __init__(self, number: int, arrays: TextArrays, schedule: Schedule, helpers: int) -> None:
        self.number, self.arrays, self.schedule = number, arrays, schedule
        self._n_helpers, self._owned = helpers, ExitStack()
        weakref.finalize(self, self._owned.close)
        self.start_helpers()

    def start_helpers(self) -> None:
        """End the processes that there are, and start those that wait for the next piece."""
        self._owned.close()
        self.helpers = self._owned.enter_context(start_children(self._n_helpers))

    def __reduce__(self) -> Any:
        return object, ()  # nobody else needs them


class Told(NamedTuple):
    """What a worker tells of a piece that it has trained."""

    loss: float  # a sum, in nats
    pairs: float
    tokens: int


_held: weakref.WeakValueDictionary[str, Parameters] = weakref.WeakValueDictionary()
# One piece at a time is trained on a worker, with all the cores that it has, and the parameters
# stay as they are meanwhile.
_lock = threading.Lock()


def read_files(
    pieces: Sequence[Piece], max_vocab_size: int | None, errors: str, encoding: str
) -> tuple[Words, Part]:
    """Read a partition of files."""
    corpus: Any = files_of(pieces) if pieces else []
    return read_part(corpus, max_vocab_size, errors, encoding, *_resources())


def read_documents(
    parts: Sequence[Any], max_vocab_size: int | None, errors: str, encoding: str
) -> tuple[Words, Part]:
    """Read a partition of documents: partitions of a collection of Dask's."""
    return read_part(documents_of(parts), max_vocab_size, errors, encoding, *_resources())


def encode_part(read: tuple[Words, Part], vocabulary: Words) -> Part:
    """Write a partition as the ids of the vocabulary."""
    return encode(read, vocabulary, _resources()[1])


def hold(
    run: str, number: int, arrays: dict[str, np.ndarray], schedule: Schedule, tokens: float
) -> Parameters:
    """Hold the parameters of a run after a number of rounds, for pieces of so many tokens."""
    cores = min(schedule.settings.workers or 1024, _resources()[0])
    most = cores if can_start_children() else 1
    helpers = max(0, min(most, int(tokens / TOKENS_WORTH_A_CORE)) - 1)
    _held[run] = found = Parameters(number, TextArrays.of_dict(arrays).apart(), schedule, helpers)
    return found


def held_number(run: str) -> int | None:
    """After how many rounds the parameters are that this worker holds, None if it has none."""
    found = _held.get(run)
    return None if found is None else found.number


def train(
    run: str, number: int, part: Part, partition: int, place: Round, shards: int
) -> tuple[Told, list[Changes]]:
    """Train a partition's piece of a round, and return what it has changed, in shards."""
    with _lock:
        held = _parameters(run, number)
        piece = piece_of(part.stream, place.part)
        arrays, key = held.arrays, (number, partition)
        try:
            trained = train_piece(held.schedule, arrays, piece, place.place, key, held.helpers)
        finally:
            if held.helpers:
                held.start_helpers()
        after = arrays if trained.arrays is None else trained.arrays
        changes = find_changes(arrays.as_dict(), after.as_dict(), shards)
    return Told(trained.loss, trained.pairs, trained.tokens), changes


def shard_of(trained: tuple[Told, list[Changes]], shard: int) -> tuple[Told, Changes]:
    """One shard of what a piece has changed, and what is told of the piece."""
    told, changes = trained
    return told, changes[shard]


def merge_shard(*some: tuple[Told, Changes]) -> tuple[list[Told], Changes]:
    """Merge a shard of what all pieces have changed."""
    return [told for told, _ in some], merge([changes for _, changes in some])


def take(run: str, number: int, *merged: tuple[list[Told], Changes]) -> tuple[str, int]:
    """Take what a round came to into the parameters of this worker.

    Returns its address, and how many bytes it has sent to others until now.
    """
    worker = get_worker()
    with _lock:
        held = _held.get(run)
        if held is None or held.number != number + 1:  # else it was asked before
            held = _parameters(run, number)
            held.number = -1  # while they are changed
            for _, changes in merged:
                apply(vars(held.arrays), changes)
            held.number = number + 1
    return worker.address, worker.transfer_outgoing_bytes_total


def _parameters(run: str, number: int) -> Parameters:
    held = _held.get(run)
    if held is None or held.number != number:
        raise LacksParameters(f"round {number} of run {run} on {get_worker().address}")
    return held


def _resources() -> tuple[int, str]:
    """The cores of this worker, and the folder that it may write to."""
    worker = get_worker()
    return worker.state.nthreads, worker.local_directory


def memory_limit(dask_worker: Any) -> int:
    """The bytes of memory that a worker may use."""
    return dask_worker.memory_manager.memory_limit or MEMORY_LIMIT
