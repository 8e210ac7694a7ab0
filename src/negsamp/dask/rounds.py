"""Rounds: which part of the corpus each trains, and the training of one partition's piece.

In a round every partition trains a piece of its tokens from the same parameters, by the ordinary
trainer at the learning rate of the piece's place in the whole run. What it changes is a function of
the parameters, the partition, the place and the seed, and of nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from negsamp.corpus.stream import TokenStream
from negsamp.training.arrays import TextArrays
from negsamp.training.epochs import Job, scratch_layout, train_epochs
from negsamp.training.progress import Observer, Progress
from negsamp.training.schedule import Schedule, team_size
from negsamp.training.workers import Team, run_team

__all__ = [
    "PieceSchedule",
    "Round",
    "Trained",
    "default_rounds",
    "piece_of",
    "plan_rounds",
    "train_piece",
]

MOST_BLOCKS_A_RUN = 64  # as in `Schedule`
MEASUREMENTS = 8  # of the loss, in a piece
# The place of a cut goes back to the beginning of its sentence, if that is not further away
NEAR = 10_000  # tokens
# Tokens that take longer to train than one more process, which waits for them, is told of them
TOKENS_WORTH_A_CORE = 50_000
# Rounds of a run at least, rounds that are enough, measured, see docs/scaling.md, and the tokens of
# a partition for which it is worth having so many
FEWEST, ENOUGH, SHORTEST = 80, 240, 25_000


class Round(NamedTuple):
    """A round: the part of an epoch that it trains, and of the whole run."""

    epoch: int  # from 0
    part: tuple[float, float]  # of the epoch: 0 … 1
    place: tuple[float, float]  # in the run: 0 … 1


def default_rounds(tokens: int, epochs: int, partitions: int, size: int) -> int:
    """How many rounds a run has, for matrices of `size` numbers each.

    More of them learn more from a token: `ENOUGH`, fewer of a small corpus, of which a partition
    trains `SHORTEST` tokens in a round, but `FEWEST` at least. There are more where a partition
    would train more tokens in a round than a matrix has numbers, which takes longer than what is
    done with these numbers.
    """
    of_each = tokens * epochs // partitions
    return max(FEWEST, min(ENOUGH, of_each // SHORTEST), of_each // size)


def plan_rounds(epochs: int, rounds: int) -> list[Round]:
    """Plan so many rounds, nearly alike, at least one an epoch; each is within an epoch."""
    plan = []
    for epoch in range(epochs):
        n = max(1, (epoch + 1) * rounds // epochs - epoch * rounds // epochs)
        for begin, end in pairwise([k / n for k in range(n + 1)]):
            place = (epoch + begin) / epochs, (epoch + end) / epochs
            plan.append(Round(epoch, (begin, end), place))
    return plan


def piece_of(stream: TokenStream, part: Sequence[float]) -> TokenStream:
    """The tokens of a part of an epoch, as a stream of their own."""
    begin, end = (_cut(stream, share) for share in part)
    first, last = np.searchsorted(stream.offsets, [begin, end])
    inside = stream.offsets[first:last]
    edges = np.unique(np.concatenate([[begin], inside, [end]])) - begin
    return TokenStream(stream.ids[begin:end], edges)


def _cut(stream: TokenStream, share: float) -> int:
    place = math.floor(share * len(stream))
    if place >= len(stream):
        return len(stream)
    start = int(stream.offsets[np.searchsorted(stream.offsets, place, side="right") - 1])
    return start if place - start <= NEAR else place


@dataclass(frozen=True)
class PieceSchedule(Schedule):
    """The schedule of one piece, trained as if it were the last epoch of the run."""

    span: tuple[float, float] = (0.0, 1.0)  # of the piece in the run
    variance: float = 0.0  # of the tokens that subsampling keeps

    def learning_rate(self, done: float) -> float:
        s, (begin, end) = self.settings, self.span
        share = done / self.kept_tokens - (s.epochs - 1)
        at = begin + (end - begin) * min(max(share, 0.0), 1.0)
        return s.min_alpha + (s.alpha - s.min_alpha) * (1 - at)

    def place(self, progress: Progress) -> str:
        begin, end = self.span
        share = max(self.share_done(progress) * self.settings.epochs - progress.epoch, 0.0)
        return f"after {100 * (begin + (end - begin) * share):.1f} % of the run"

    @cached_property
    def members(self) -> int:
        enough = int(self.kept_tokens / TOKENS_WORTH_A_CORE)
        return team_size(self.settings, self.shape.groups, enough)

    @cached_property
    def blocks_a_run(self) -> int:
        """As many as fill the runs, so that the last is not longer than what is left for it."""
        most = self.kept_tokens + 4 * math.sqrt(self.variance)
        blocks = max(1, math.ceil(most / self.shape.batch_size))
        return math.ceil(blocks / math.ceil(blocks / MOST_BLOCKS_A_RUN))

    @cached_property
    def blocks_a_measurement(self) -> int:
        return int(np.clip(self.blocks_an_epoch // MEASUREMENTS, 1, 32))


class Trained(NamedTuple):
    """What training a piece came to."""

    arrays: TextArrays | None  # None where there was nothing to train
    loss: float  # sum over the blocks that were measured, in nats
    pairs: float
    tokens: int


class _Losses(Observer):
    loss = pairs = 0.0

    def on_block(self, progress: Progress, alpha: float) -> None:
        self.loss, self.pairs = progress.loss, progress.pairs


def train_piece(
    schedule: Schedule,
    arrays: TextArrays,
    piece: TokenStream,
    place: tuple[float, float],
    key: tuple[int, ...],
    helpers: Sequence[Any] = (),
) -> Trained:
    """Train a piece of text from some parameters, which stay as they are.

    `place` is the piece's in the run, 0 … 1, and `key` tells its random numbers from others. The
    helpers are processes of `start_children`, which end with it; they make no difference to what is
    learned.
    """
    keep = arrays.keep[piece.ids].astype(np.float64)
    kept = float(keep.sum())
    if len(piece) < 2 or not kept:
        return Trained(None, 0.0, 0.0, len(piece))
    s = schedule
    words = np.random.SeedSequence(s.seed, spawn_key=key).generate_state(4)
    own = PieceSchedule(
        replace(s.settings, workers=1 + len(helpers), progress=False),
        s.reach,
        s.shape,
        kept,
        int.from_bytes(words.tobytes(), "little"),
        span=place,
        variance=float((keep * (1 - keep)).sum()),
    )
    observer = _Losses()
    job = Job(own, Progress(epoch=s.settings.epochs - 1), observer)
    mine = replace(arrays, ids=piece.ids, offsets=piece.offsets)
    scratch = scratch_layout(own, mine)
    if own.members == 1:
        shared = mine.apart().as_dict()
        shared |= {name: np.zeros(*spec) for name, spec in scratch.items()}
        train_epochs(Team(), shared, job)
    else:
        shared = run_team(train_epochs, own.members, mine.as_dict(), job, scratch, helpers)
    return Trained(TextArrays.of_dict(shared), observer.loss, observer.pairs, len(piece))
