"""Epochs: from a token stream to two trained matrices.

The stream is cut into runs of blocks, and a block is one update: the gradients of its groups are
taken side by side by the workers, from the same parameters, and then each worker adds those of the
rows that it owns, in the order in which they stand in the block. So the result is the same to the
bit for any number of workers. Where other programs are in the way, workers take the work of a block
by turns (`negsamp.training.turns`), and the result is still the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from negsamp.core.blocks import block_run
from negsamp.core.optimizers import OPTIMIZERS, Gradients, Layout, NormalizerRule
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import iter_windows
from negsamp.corpus.stream import TokenStream
from negsamp.training.arrays import Arrays, TextArrays
from negsamp.training.interrupts import Interrupts
from negsamp.training.likelihood import text_blocks
from negsamp.training.limits import are_words_alike, best_epoch, is_exhausted
from negsamp.training.progress import Observer, Progress, finite
from negsamp.training.schedule import Schedule
from negsamp.training.turns import Turns, turns_layout
from negsamp.training.workers import Team

__all__ = ["HELD_OUT", "Job", "scratch_layout", "shared_layout", "train_epochs"]

logger = logging.getLogger(__name__)

# How far a row may move in one update: about as far as a grown row is long. Of the rows of ordinary
# text one in a hundred reaches it. Measured, see docs/performance.md.
MAX_STEP = 2.0
# How long the mean of the output vectors may become where the objective ignores it: about 4 at the
# defaults, without end under plain SGD.
LONGEST_MEAN = 10.0
# Groups of held-out text whose noise is drawn together, and what tells their random numbers from
# those of the epochs.
GROUPS_AT_ONCE, HELD_OUT = 64, 2**31


@dataclass
class Job:
    """What a worker is told: the schedule, where to begin, and how much of `max_time` is gone.

    The observer and the interrupts stay in the caller's process.
    """

    schedule: Schedule
    progress: Progress
    observer: Observer = field(default_factory=Observer)
    interrupts: Interrupts = field(default_factory=Interrupts)
    seconds_before: float = 0.0

    def __post_init__(self) -> None:
        self.began = perf_counter() - self.seconds_before

    def __reduce__(self) -> Any:
        return Job, (self.schedule, self.progress)


def scratch_layout(schedule: Schedule, arrays: TextArrays) -> Layout:
    """Names, shapes and dtypes of what workers share besides the arrays, all zero at first."""
    d, dtype = arrays.W_in.shape[1], arrays.W_in.dtype
    objective, shape = schedule.settings.objective, schedule.shape
    gradients = objective.gradient_layout(arrays, len(arrays.W_in), shape, schedule.reach, d, dtype)
    groups = 0
    if arrays.held_ids is not None:
        size = shape.group_size * GROUPS_AT_ONCE
        groups = -(-len(arrays.held_ids) // size) * GROUPS_AT_ONCE
    return shared_layout(schedule, gradients, groups)


def shared_layout(schedule: Schedule, gradients: Layout, held_out: int) -> Layout:
    """That of a run with such gradients, and so many blocks that are held out."""
    layout = {f"g_{name}": spec for name, spec in gradients.items()}
    if held_out:
        layout["held_losses"] = ((held_out,), np.float64)
    if schedule.limits.max_seconds is not None:
        layout["clock"] = ((1,), np.float64)
    return layout | turns_layout(schedule, gradients)


def train_epochs(
    team: Team, shared: dict[str, np.ndarray], job: Job, kind: type[_Worker] | None = None
) -> None:
    """Train what is left of a run; the program that each worker runs.

    `shared` holds `Arrays`, which are changed in place, and what `scratch_layout` names. `kind` is
    the kind of worker, by default that for text.
    """
    worker = (kind or _Worker)(team, shared, job)
    progress, epochs = job.progress, job.schedule.settings.epochs
    job.observer.on_start(worker.arrays, progress)
    # Long rows would make each small product a task for all cores, and so for each worker: that
    # takes ten times as long, and rounds differently.
    with threadpool_limits(1, user_api="blas"):
        while progress.epoch < epochs and not progress.finished:
            with worker.turns or nullcontext():
                worker.train_blocks()
            worker.end_epoch()
            if job.observer.on_epoch_end(progress):
                worker.end_run()


class _Worker:
    """One member of the team, its kernel and the rules for the rows that it owns.

    What is particular to text is in `_kernels`, `_runs`, `_blocks`, `_part` and
    `_held_out_blocks`.
    """

    arrays_kind: type[Arrays] = TextArrays

    def __init__(self, team: Team, shared: dict[str, np.ndarray], job: Job) -> None:
        s = job.schedule.settings
        arrays: Any = self.arrays_kind.of_dict(shared)
        self.team, self.job, self.schedule, self.arrays = team, job, job.schedule, arrays
        self.noise = AliasTable.from_table(arrays.threshold, arrays.alias)
        self.W_in, self.W_out = arrays.W_in, arrays.W_out
        names = [name for name in Gradients._fields if f"g_{name}" in shared]
        self.kernel, self.probe = self._kernels(
            Gradients(**{name: shared[f"g_{name}"] for name in names})
        )
        self.turns: Turns | None = None
        if team.mutex and "turn_cells" in shared:
            self.turns = Turns(team, shared, self.schedule.shape.groups, self.kernel)
        self.goes_by_turns = False
        self.weights = job.schedule.weights
        rule = OPTIMIZERS[s.optimizer]
        moves = None if arrays.frozen is None else arrays.frozen == 0
        sides = (arrays.squares_in, moves), (arrays.squares_out, None)
        self.rules = [rule(len(side[0]), MAX_STEP, *side, s.epochs) for side in sides]
        squares = arrays.squares_log_z
        self.log_z_rule = NormalizerRule(np.zeros(0) if squares is None else squares)
        self.clock, self.held_losses = shared.get("clock"), shared.get("held_losses")
        self.alpha, self.is_time_up = s.alpha, False

    def train_blocks(self) -> None:
        """Train on what is left of an epoch, or on as much as there is time for."""
        t, p = self.schedule, self.job.progress
        start = p.run, p.block
        for number, run in enumerate(self._runs(p.epoch)):
            if number < start[0]:
                continue  # its random numbers had to be drawn again
            first = start[1] if number == start[0] else 0
            blocks = enumerate(self._blocks(number, run))
            for index, block in islice(blocks, first, None):
                place = number * t.blocks_a_run + index
                loss, pairs = p.loss, p.pairs
                if sample := self._sample(place, block):
                    loss += self._finite("the loss", self.probe.loss(self.W_in, self.W_out, sample))
                    pairs += sample.pair_weight
                g = self.kernel.gradients(self.W_in, self.W_out, block)
                with self.job.interrupts.held():
                    self._step(block, g, t.done(p.epoch, place))
                    p.run, p.block, p.loss, p.pairs = number, index + 1, loss, pairs
                    if self.turns and index == first:
                        self.turns.begin_run()
                    if self.turns and self.goes_by_turns:
                        self._train_by_turns(self.turns, blocks)
                self.job.observer.on_block(p, self.alpha)
                if self.is_time_up:
                    return
            if self.turns:
                self.turns.end_run(p.block - first - 1)

    def _train_by_turns(self, turns: Turns, blocks: Iterator[tuple[int, Any]]) -> None:
        """Train on the rest of a run; others may finish any block without this member."""
        t, p = self.schedule, self.job.progress
        for index, block in blocks:
            place = p.run * t.blocks_a_run + index
            sample = self._sample(place, block)
            self.alpha = t.learning_rate(t.done(p.epoch, place))
            loss = sample and partial(self.probe.loss, self.W_in, self.W_out, sample)
            turns.take_pieces(block, self.W_in, self.W_out, loss, index)
            g = None
            for rank in turns.take_shares():
                if g is None:
                    self._check(g := turns.gradients(block))
                self._move_rows(rank, block, g)
            p.block = index + 1
            if sample:
                p.loss += self._finite("the loss", float(turns.losses[index]))
                p.pairs += sample.pair_weight

    def end_epoch(self) -> None:
        """Note what an epoch came to, and whether it was the last."""
        t, p = self.schedule, self.job.progress
        held_out = [] if self.held_losses is None else [self._held_out_loss(self.W_in)]
        losses, is_alike = [*p.validation_losses, *held_out], False
        if t.limits.patience is not None:
            mean = self.W_in.mean(axis=0, dtype=np.float64, keepdims=True)
            of_mean = self._held_out_loss(mean.astype(self.W_in.dtype))
            is_alike = are_words_alike(losses, of_mean)
        if self.is_time_up and self.team.rank == 0:
            logger.info("max_time: the time is up %s", t.place(p))
        with self.job.interrupts.held():
            if t.settings.objective.ignores_shift:
                self._hold_mean()
            p.end_epoch()
            p.validation_losses, p.alike = losses, p.epoch if is_alike else p.alike
            is_last = p.epoch == t.settings.epochs or self.is_time_up
            p.finished = is_last or is_exhausted(losses, t.limits.patience, p.alike)
            if t.limits.patience is not None:
                self._keep_best()

    def end_run(self) -> None:
        """End the run with the epoch that has just ended, which only the caller's process knows."""
        t, p = self.schedule, self.job.progress
        if p.finished:
            return
        logger.info(
            "a callback ended the training after epoch %d of %d", p.epoch, t.settings.epochs
        )
        with self.job.interrupts.held():
            p.finished = True
            if t.limits.patience is not None:
                self._keep_best()
            self.team.stop()  # the others have begun with the next epoch, and changed nothing yet

    def _kernels(self, into: Gradients) -> tuple[Any, Any]:
        """The kernel for this worker's share of a block, and one for what the loss is taken of."""
        t, arrays, d, dtype = self.schedule, self.arrays, self.W_in.shape[1], self.W_in.dtype
        kernel, groups = t.settings.objective.kernel, self.team.share(t.shape.groups)
        # one group is enough for the loss, so that each worker knows it by itself
        return (
            kernel(arrays, t.shape, t.reach, d, dtype, into, groups),
            kernel(arrays, (1, *t.shape[1:]), t.reach, d, dtype),
        )

    def _runs(self, epoch: int) -> Iterator[Any]:
        """What the runs of an epoch are cut from."""
        return iter_windows(
            TokenStream(self.arrays.ids, self.arrays.offsets).pieces(),
            self.schedule.reach,
            self.schedule.shape.batch_size * self.schedule.blocks_a_run,
            self._rng(epoch, 0),
            shrink_windows=False,  # the weights do it
            keep=self.arrays.keep,
            held_out=self.arrays.held_out,
        )

    def _blocks(self, number: int, run: Any) -> Iterator[Any]:
        """The blocks of a run."""
        rng, K = self._rng(self.job.progress.epoch, 1, number), self.schedule.settings.negative
        return block_run(run, self.schedule.shape, K, self.noise, rng, self.weights)

    def _sample(self, place: int, block: Any) -> Any:
        """The part of a block whose loss is measured, None of most blocks."""
        is_measured = place % self.schedule.blocks_a_measurement == 0
        return self._part(block) if is_measured or not self.job.progress.pairs else None

    def _part(self, block: Any) -> Any:
        """The part of a block that is measured: a group, the first of all that has a pair."""
        group = 0
        if not self.job.progress.pairs:
            group = int((block.left + block.right).any(axis=1).argmax())
        return block.part(slice(group, group + 1))

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.schedule.seed, spawn_key=key))

    def _step(self, block: Any, g: Gradients, done: float) -> None:
        t, limit = self.schedule, self.schedule.limits.max_seconds
        if self.clock is not None and limit is not None and self.team.rank == 0:
            self.clock[0] = (perf_counter() - self.job.began) / limit
        self.team.barrier()
        self._check(g)
        if self.clock is not None:  # the same for all, until the next barrier
            gone = float(self.clock[0])
            self.is_time_up = gone >= 1
            done = max(done, gone * t.whole)
        self.goes_by_turns = bool(self.turns and self.turns.are_wanted)
        self.alpha = t.learning_rate(done)
        self._move_rows(self.team.rank, block, g)
        self.team.barrier()

    def _check(self, g: Gradients) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(g.center_squares.sum() + g.output_squares.sum())
        self._finite("a gradient", total)

    def _move_rows(self, rank: int, block: Any, g: Gradients) -> None:
        """Move the rows of a member's share along the gradients of a block."""
        alpha, (sides, share) = self.alpha, self.team.rows_to_move(rank)
        if 0 in sides:
            rows, squares, lengths = block.center_rows, g.center_squares, g.center_lengths
            self.rules[0].apply(
                self.W_in, rows, g.centers, squares, alpha, share=share, lengths=lengths
            )
        if 1 in sides:
            rows = block.output_rows if g.output_rows is None else g.output_rows
            squares, lengths = g.output_squares, g.output_lengths
            self.rules[1].apply(
                self.W_out, rows, g.outputs, squares, alpha, share=share, lengths=lengths
            )
        if (log_z := self.arrays.log_z) is not None and rank == 0:
            assert g.log_z is not None
            rows = block.center_rows if len(log_z) > 1 else np.zeros_like(block.center_rows)
            self.log_z_rule.apply(log_z, rows, g.log_z, alpha / self.schedule.settings.alpha)

    def _hold_mean(self) -> None:
        """Subtract the mean from the output vectors in place, if it is long.

        The gradients of these objectives sum to 0 over the output rows, but steps do not if some of
        them are shortened, so that all rows together would drift and no gradient bring them back.
        """
        mean = self.W_out.mean(axis=0, dtype=np.float64)
        self.team.barrier()  # nobody moves a row before all have the mean
        if np.linalg.norm(mean) > LONGEST_MEAN:
            self.W_out[self.team.rank :: self.team.size] -= mean.astype(self.W_out.dtype)
        self.team.barrier()

    def _held_out_loss(self, W_in: np.ndarray) -> float:
        """Mean loss in nats per pair of what is held out, with the same noise each time.

        Each worker computes the losses of its groups, and all of them the sum. `W_in` may have a
        single row, for all words: kernels take the last row for ids beyond it.
        """
        place, pairs, losses = 0, 0.0, self.held_losses
        assert losses is not None
        for place, block in enumerate(self._held_out_blocks()):
            if place % self.team.size == self.team.rank:
                losses[place] = self.probe.loss(W_in, self.W_out, block)
            pairs += block.pair_weight
        self.team.barrier()
        total = float(losses[: place + 1].sum())
        self.team.barrier()  # nobody writes others before all have the sum
        return self._finite("the held-out loss", total / pairs)

    def _held_out_blocks(self) -> Iterator[Any]:
        """What is held out, in blocks for the probe."""
        t, a, rng = self.schedule, self.arrays, partial(self._rng, HELD_OUT)
        stream, shape = TokenStream(a.held_ids, a.held_offsets), (1, *t.shape[1:])
        K, noise, weights = t.settings.negative, self.noise, self.weights
        return text_blocks(stream, t.reach, shape, GROUPS_AT_ONCE, K, noise, weights, rng)

    def _keep_best(self) -> None:
        """Copy what the best epoch so far has learned; at the end, go back to it."""
        p = self.job.progress
        if self.team.rank:
            return  # all other workers wait, or are done
        is_best = best_epoch(p.validation_losses, p.alike) == p.epoch
        for name, learned in self.arrays.learned().items():
            best = getattr(self.arrays, f"best_{name}")
            if is_best:
                best[...] = learned
            elif p.finished:
                learned[...] = best

    def _finite(self, what: str, value: float) -> float:
        """The value, which must be finite; it is the same for every worker."""
        t = self.schedule
        place = partial(t.place, self.job.progress)
        return finite(what, value, place, t.settings, t.shape.batch_size)
