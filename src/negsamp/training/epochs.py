"""Epochs: from a token stream to two trained matrices.

The stream is cut into runs of blocks, and a block is one update: the gradients of its groups are
taken side by side by the workers, from the same parameters, and then each worker adds those of the
rows that it owns, in the order in which they stand in the block. So the result is the same to the
bit for any number of workers.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter
from typing import Any, NoReturn

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from negsamp.core.blocks import Block, BlockShape, block_run
from negsamp.core.objectives import OBJECTIVES, Objective
from negsamp.core.optimizers import OPTIMIZERS, Gradients, NormalizerRule
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import Windows, iter_windows, token_pieces, window_weights
from negsamp.corpus.stream import TokenStream
from negsamp.errors import TrainingDivergedError
from negsamp.training.interrupts import Interrupts
from negsamp.training.limits import is_exhausted
from negsamp.training.state import LEARNED, STATE, Progress, Watch, extras_of
from negsamp.training.workers import Team, run_alone, run_team

__all__ = ["Trainer"]

logger = logging.getLogger(__name__)

# Starting a worker process takes as long as training some hundred thousand tokens.
TOKENS_WORTH_A_WORKER = 500_000
# How long the mean of the output vectors may become where the objective ignores it: about 4 at the
# defaults, without end under plain SGD.
LONGEST_MEAN = 10.0
# Groups of held-out text whose noise is drawn together, and what tells their random numbers from
# those of the epochs.
GROUPS_AT_ONCE, HELD_OUT = 64, 2**31


@dataclass(frozen=True)
class Trainer:
    """The settings of a training run.

    Parameters
    ----------
    window, negative : int
        w and K.
    reach : int
        Largest distance of a context: w, or less where no sentence is that long.
    shrink_windows : bool
    shape : BlockShape
    optimizer : str
        A name in `negsamp.core.optimizers.OPTIMIZERS`.
    alpha, min_alpha : float
        Learning rate per pair at the first token and at the last.
    epochs : int
    workers : int
        Processes at most; a small corpus takes fewer. The result does not depend on it.
    seed : int
        Entropy of every random number.
    kept_tokens : float
        Tokens expected an epoch, after subsampling.
    objective : Objective
        Those that draw no noise train in one process.
    max_step : float
        How far a row may move in one update: about as far as a grown row is long. Of the rows of
        ordinary text one in a hundred reaches it. Measured, see docs/performance.md.
    patience : int, optional
        Epochs without a lower held-out loss after which training ends; the vectors are then those
        of the best epoch. Needs `validation_arrays`.
    max_seconds : float, optional
        Training ends after the first update that ends later.
    seconds_before : float
        How many of them are gone.
    """

    window: int
    reach: int
    negative: int
    shrink_windows: bool
    shape: BlockShape
    optimizer: str
    alpha: float
    min_alpha: float
    epochs: int
    workers: int
    seed: int
    kept_tokens: float
    objective: Objective = OBJECTIVES["sgns"]
    max_step: float = 2.0
    patience: int | None = None
    max_seconds: float | None = None
    seconds_before: float = 0.0

    def train(
        self,
        arrays: dict[str, np.ndarray],
        raw_words: int,
        watch: Watch | None = None,
        progress: Progress | None = None,
        show_bar: bool | None = None,
        children: Sequence[Any] = (),
    ) -> None:
        """Train two matrices, and what else the objective has to learn.

        Parameters
        ----------
        arrays : dict of ndarray
            From `training_arrays`. Several workers empty it, so that what it holds need not be in
            memory twice.
        raw_words : int
            Words of the corpus, for the progress bar's words/s.
        watch : Watch, optional
            Who is told.
        progress : Progress, optional
            Where to go on, with arrays as they were there; the beginning if None.
        show_bar : bool, optional
            Show a progress bar; None shows it on a terminal only.
        children : sequence
            Worker processes that `negsamp.training.workers.start_children` started ahead.

        Raises
        ------
        TrainingDivergedError
            If numbers are no longer finite.
        TeamError
            If a worker process dies.
        """
        watch, progress = watch or Watch(), progress or Progress()
        d, dtype = arrays["W_in"].shape[1], arrays["W_in"].dtype
        layout = self.objective.gradient_layout(self.shape, self.reach, d, dtype)
        scratch = {f"g_{name}": spec for name, spec in layout.items()}
        if "held_ids" in arrays:
            scratch["held_losses"] = ((self.held_out_groups(len(arrays["held_ids"])),), np.float64)
        if self.max_seconds is not None:
            scratch["clock"] = ((1,), np.float64)
        began = perf_counter() - self.seconds_before
        members = self.members
        live: dict[str, np.ndarray] = {}

        def on_start(state: dict[str, np.ndarray], start: Progress) -> None:
            live.update(state)
            watch.on_start(state, start)

        bar = tqdm(
            total=raw_words * self.epochs,
            unit=" words",
            unit_scale=True,
            disable=None if show_bar is None else not show_bar,
            initial=round(raw_words * self.epochs * self.share_done(progress)),
        )
        try:
            with bar, Interrupts() as interrupts:
                told = replace(watch, on_start=on_start)
                words_a_center = raw_words / self.kept_tokens
                job = _Job(self, progress, bar, words_a_center, told, interrupts.held, began)
                if members == 1:
                    more = {name: np.zeros(*spec) for name, spec in scratch.items()}
                    run_alone(_train, arrays | more, job)
                else:
                    run_team(_train, members, arrays, job, scratch, children)
        finally:
            if live:
                owned = {
                    name: array.copy() if members > 1 else array for name, array in live.items()
                }
                live.clear()
                watch.on_stop(owned)

    def share_done(self, progress: Progress) -> float:
        """Which share of the whole run is done, 0 … 1."""
        blocks = progress.run * self.blocks_a_run + progress.block
        return (progress.epoch + min(blocks / self.blocks_an_epoch, 1.0)) / self.epochs

    def place(self, progress: Progress) -> str:
        """Where a run is, in words."""
        if progress.epoch == self.epochs:
            return f"at the end of its {self.epochs} epochs"
        share = self.share_done(progress) * self.epochs - progress.epoch
        return f"in epoch {progress.epoch + 1} of {self.epochs}, after {100 * share:.0f} % of it"

    def learning_rate(self, centers_done: float) -> float:
        """Linear decay from `alpha` to `min_alpha` over the tokens of all epochs."""
        left = 1 - centers_done / (self.kept_tokens * self.epochs)
        return self.min_alpha + (self.alpha - self.min_alpha) * max(left, 0.0)

    def held_out_groups(self, n: int) -> int:
        """Groups that n held-out tokens fill, those of the last piece included."""
        size = self.shape.group_size * GROUPS_AT_ONCE
        return -(-n // size) * GROUPS_AT_ONCE

    @property
    def members(self) -> int:
        """Processes that train."""
        # on Windows children cannot open the parent's temporary file
        if sys.platform == "win32" or not self.objective.draws_noise:
            return 1
        enough = int(self.kept_tokens * self.epochs / TOKENS_WORTH_A_WORKER)
        return max(1, min(self.workers, self.shape.groups, enough))

    @cached_property
    def blocks_an_epoch(self) -> int:
        """Blocks expected an epoch."""
        return max(1, round(self.kept_tokens / self.shape.batch_size))

    @cached_property
    def blocks_a_run(self) -> int:
        """Blocks whose groups are mixed."""
        return int(np.clip(self.blocks_an_epoch // 16, 1, 64))

    @cached_property
    def blocks_a_measurement(self) -> int:
        """Of so many blocks, one has its loss taken; all of them in a small corpus."""
        return int(np.clip(self.blocks_an_epoch // 64, 1, 16))


@dataclass(frozen=True)
class _Job:
    """What each worker is told; the bar and the watch stay with the caller's process."""

    trainer: Trainer
    progress: Progress
    bar: Any = None
    words_a_center: float = 0.0
    watch: Watch = field(default_factory=Watch)
    held: Callable[[], AbstractContextManager[None]] = nullcontext
    began: float = 0.0  # by the clock of the caller's process

    def for_children(self) -> _Job:
        return _Job(self.trainer, self.progress)


def _train(team: Team, arrays: dict[str, np.ndarray], job: _Job) -> None:
    """The program that each worker runs."""
    worker = _Worker(team, arrays, job)
    job.watch.on_start({name: arrays[name] for name in STATE if name in arrays}, job.progress)
    # Long rows would make each small product a task for all cores, and so for each worker: that
    # takes ten times as long, and rounds differently.
    with threadpool_limits(1, user_api="blas"):
        while job.progress.epoch < job.trainer.epochs and not job.progress.finished:
            worker.train_epoch()
            job.watch.on_epoch_end(job.progress)


class _Worker:
    """One member of the team, its kernel and the rules for the rows that it owns."""

    def __init__(self, team: Team, arrays: dict[str, np.ndarray], job: _Job) -> None:
        t = job.trainer
        self.team, self.job, self.trainer, self.arrays = team, job, t, arrays
        self.stream = TokenStream(arrays["ids"], arrays["offsets"])
        self.noise = AliasTable.from_table(arrays["threshold"], arrays["alias"])
        self.keep, self.W_in, self.W_out = arrays["keep"], arrays["W_in"], arrays["W_out"]
        self.log_z = arrays.get("log_z")
        d, dtype = self.W_in.shape[1], self.W_in.dtype
        extras, names = extras_of(arrays), t.objective.gradient_layout(t.shape, t.reach, 1, dtype)
        into = Gradients(**{name: arrays[f"g_{name}"] for name in names}) if names else None
        groups = team.share(t.shape.groups)
        self.kernel = t.objective.kernel(extras, t.shape, t.reach, d, dtype, into, groups)
        # one group is enough for the loss, so that each worker knows it by itself
        self.probe = t.objective.kernel(extras, (1, *t.shape[1:]), t.reach, d, dtype)
        self.weights = window_weights(t.window, t.shrink_windows, t.reach)
        rule = OPTIMIZERS[t.optimizer]
        V, squares = len(self.W_in), (arrays["squares_in"], arrays["squares_out"])
        frozen = arrays.get("frozen")
        moves = (None if frozen is None else frozen == 0, None)  # those of W_out all move
        self.rules = [
            rule(V, t.max_step, some, which) for some, which in zip(squares, moves, strict=True)
        ]
        self.log_z_rule = NormalizerRule(arrays.get("squares_log_z", np.zeros(0)))
        self.clock = arrays.get("clock")
        self.alpha, self.is_time_up = t.alpha, False

    def train_epoch(self) -> None:
        """Train on what is left of an epoch."""
        t, p = self.trainer, self.job.progress
        self._train_blocks()
        # without a pair nothing moved; the loss of scores that are all zero
        before = p.losses[-1] if p.losses else (1 + t.negative) * float(np.log(2.0))
        held_out = [self._held_out_loss()] if "held_ids" in self.arrays else []
        if self.is_time_up and self.team.rank == 0:
            logger.info("max_time: the time is up %s", t.place(p))
        with self.job.held():
            if t.objective.ignores_shift:
                self._hold_mean()
            p.losses.append(p.loss / p.pairs if p.pairs else before)
            p.validation_losses += held_out
            p.epoch, p.run, p.block, p.loss, p.pairs = p.epoch + 1, 0, 0, 0.0, 0.0
            is_exhausted_now = is_exhausted(p.validation_losses, t.patience)
            p.finished = p.epoch == t.epochs or self.is_time_up or is_exhausted_now
            if t.patience is not None:
                self._keep_best()

    def _train_blocks(self) -> None:
        """What is left of an epoch, or as much as there is time for."""
        t, p = self.trainer, self.job.progress
        start = p.run, p.block
        for number, run in enumerate(self._runs(p.epoch)):
            if number < start[0]:
                continue  # its random numbers had to be drawn again
            done = p.epoch * t.kept_tokens
            for index, block in enumerate(self._blocks(p.epoch, number, run)):
                if (number, index) < start:
                    continue
                place = number * t.blocks_a_run + index
                loss, pairs = p.loss, p.pairs
                if place % t.blocks_a_measurement == 0:
                    sample = block.part(slice(1))
                    loss += self._measure(sample)
                    pairs += sample.pair_weight
                # the last run may be longer than the text, or the text than expected
                done = p.epoch * t.kept_tokens + min(place * t.shape.batch_size, t.kept_tokens)
                g = self.kernel.gradients(self.W_in, self.W_out, block)
                with self.job.held():
                    self._step(block, g, done)
                    p.run, p.block, p.loss, p.pairs = number, index + 1, loss, pairs
                self.job.watch.on_block(p)
                if self.is_time_up:
                    return
            self._report(len(run.left), p.loss / max(p.pairs, 1.0), self.alpha)

    def _runs(self, epoch: int) -> Iterator[Windows]:
        t = self.trainer
        return iter_windows(
            self.stream.pieces(),
            t.reach,
            t.shape.batch_size * t.blocks_a_run,
            self._rng(epoch, 0),
            shrink_windows=False,  # the weights do it
            keep=self.keep,
            held_out=self.arrays.get("held_out"),
        )

    def _blocks(self, epoch: int, number: int, run: Windows) -> Iterator[Block]:
        t = self.trainer
        rng = self._rng(epoch, 1, number)
        return block_run(run, t.shape, t.negative, self.noise, rng, self.weights)

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.trainer.seed, spawn_key=key))

    def _step(self, block: Block, g: Gradients, done: float) -> None:
        t = self.trainer
        if self.clock is not None and t.max_seconds is not None and self.team.rank == 0:
            self.clock[0] = (perf_counter() - self.job.began) / t.max_seconds
        self.team.barrier()
        self._check_finite(g)
        if self.clock is not None:  # the same for all, until the next barrier
            gone = float(self.clock[0])
            self.is_time_up = gone >= 1
            done = max(done, gone * t.kept_tokens * t.epochs)
        self.alpha = alpha = t.learning_rate(done)
        # of an even team one half moves the rows of W_in and the other those of W_out
        rank, size = self.team.rank, self.team.size
        sides = (0, 1) if size % 2 else (rank % 2,)
        share = (rank, size) if size % 2 else (rank // 2, size // 2)
        if 0 in sides:
            rows = block.token_rows
            self.rules[0].apply(self.W_in, rows, g.centers, g.center_squares, alpha, share=share)
        if 1 in sides:
            rows = block.output_rows if g.output_rows is None else g.output_rows
            squares, lengths = g.output_squares, g.output_lengths
            self.rules[1].apply(
                self.W_out, rows, g.outputs, squares, alpha, share=share, lengths=lengths
            )
        if self.log_z is not None and rank == 0:
            assert g.log_z is not None
            rows = block.token_rows if len(self.log_z) > 1 else np.zeros_like(block.token_rows)
            self.log_z_rule.apply(self.log_z, rows, g.log_z, alpha / t.alpha)
        self.team.barrier()

    def _hold_mean(self) -> None:
        """Take the mean off the output vectors in place, once it is long.

        The gradients of these objectives sum to 0 over the output rows, but steps do not where some
        of them are shortened: so all rows together drift to where no gradient brings them back.
        """
        mean = self.W_out.mean(axis=0, dtype=np.float64)
        self.team.barrier()  # nobody moves a row before all have the mean
        if np.linalg.norm(mean) > LONGEST_MEAN:
            self.W_out[self.team.rank :: self.team.size] -= mean.astype(self.W_out.dtype)
        self.team.barrier()

    def _held_out_loss(self) -> float:
        """Mean loss in nats per pair of what is held out, the same number for every worker.

        Its noise is the same each time. Each worker takes the losses of its groups, and all of them
        the sum.
        """
        t, losses = self.trainer, self.arrays["held_losses"]
        shape, place, pairs = (1, *t.shape[1:]), 0, 0.0
        runs = iter_windows(
            token_pieces(self.arrays["held_ids"], self.arrays["held_offsets"]),
            t.reach,
            t.shape.group_size * GROUPS_AT_ONCE,
            self._rng(HELD_OUT),
            shrink_windows=False,  # the weights do it
        )
        for number, run in enumerate(runs):
            rng = self._rng(HELD_OUT, number)
            for block in block_run(run, shape, t.negative, self.noise, rng, self.weights):
                if place % self.team.size == self.team.rank:
                    losses[place] = self.probe.loss(self.W_in, self.W_out, block)
                pairs += block.pair_weight
                place += 1
        self.team.barrier()
        loss = float(losses[:place].sum()) / pairs
        if not np.isfinite(loss):
            self._diverged("the held-out loss")
        return loss

    def _keep_best(self) -> None:
        """Note what was learned in the epoch that is the best so far; at the end, go back to it.

        All other workers wait, or are done.
        """
        p = self.job.progress
        if self.team.rank:
            return
        is_best = p.validation_losses.index(min(p.validation_losses)) == p.epoch - 1
        for name in LEARNED:
            if name in self.arrays:
                learned, best = self.arrays[name], self.arrays[f"best_{name}"]
                if is_best:
                    best[...] = learned
                elif p.finished:
                    learned[...] = best

    def _check_finite(self, g: Gradients) -> None:
        """Before anything is moved; every worker finds the same."""
        with np.errstate(over="ignore", invalid="ignore"):
            total = g.center_squares.sum() + g.output_squares.sum()
        if not np.isfinite(total):
            self._diverged("a gradient")

    def _measure(self, block: Block) -> float:
        """Loss of a block in nats, the same number for every worker."""
        loss = self.probe.loss(self.W_in, self.W_out, block)
        if not np.isfinite(loss):
            self._diverged("the loss")
        return loss

    def _diverged(self, what: str) -> NoReturn:
        t = self.trainer
        better = "" if t.optimizer == "adagrad" else " or optimizer='adagrad'"
        raise TrainingDivergedError(
            f"training diverged {t.place(self.job.progress)}: {what} is not finite, and the "
            f"vectors are those before it. alpha is {t.alpha} and batch_size "
            f"{t.shape.batch_size}; smaller ones{better} may help"
        )

    def _report(self, centers: int, loss: float, alpha: float) -> None:
        if self.job.bar is not None:
            bar = self.job.bar
            words = round(centers * self.job.words_a_center)
            bar.update(min(words, bar.total - bar.n))
            bar.set_postfix_str(f"loss {loss:.3f}, alpha {alpha:.4f}", refresh=False)
