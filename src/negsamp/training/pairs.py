"""Epochs on explicit pairs: from `PairData` to two trained matrices.

A pair whose weight is w times the mean stands in an epoch as ⌈w / 4⌉ entries of equal weights: so a
heavy pair is met at many places and does not fill an update. Entries are shuffled for each epoch.
Only the ratios of weights matter: the entries' mean is made 1, for which the learning rate is
meant. In AdaGrad's sums an entry of weight a counts as a occurrences, so that two entries of weight
1 are the same as one of weight 2.

Workers go in step as in training on text (`negsamp.training.epochs`), with the same result to the
bit for any number of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from negsamp.core.kernels.pairs import PairBlock, PairKernel, pair_layout
from negsamp.core.optimizers import OPTIMIZERS, Gradients, Layout
from negsamp.core.sampling import AliasTable
from negsamp.corpus.pairs import PairData
from negsamp.errors import TrainingInterrupted
from negsamp.training.initial_vectors import initial_vectors
from negsamp.training.interrupts import Interrupts
from negsamp.training.progress import Observer, Progress, finite, progress_bar, show_loss
from negsamp.training.schedule import team_size
from negsamp.training.settings import Settings
from negsamp.training.workers import Team, run_team

__all__ = ["PairJob", "PairRun", "choose_pair_shape", "split_weights", "train_pairs"]

# A group as in training on text: 16 noise words for the pairs of K = 5, more for more.
GROUP, NOISE_WORDS = 64, 16
LARGEST_BATCH, FLOATS_PER_BATCH = 8192, 2**20
UPDATES_PER_EPOCH = 200
# Of the most frequent word in one update: of text it is 64, each a center of some six pairs.
OCCURRENCES_PER_BATCH = 384
MAX_STEP = 2.0
HEAVIEST = 4.0  # entry, in means
PAIRS_WORTH_A_WORKER = 1_000_000  # which take as long as starting a process
GRADIENTS = ("centers", "outputs", "center_squares", "output_squares")


def choose_pair_shape(
    entries: int, largest_share: float, vector_size: int, negative: int, batch_size: int | None
) -> tuple[int, int, int]:
    """Groups, pairs a group and noise words a group of one update.

    An epoch has so many entries, and the most frequent word of either side the largest share of
    their weight. A `batch_size` is rounded up to whole groups.
    """
    wanted: float = batch_size or min(
        entries / UPDATES_PER_EPOCH,
        OCCURRENCES_PER_BATCH / largest_share,
        LARGEST_BATCH,
        max(FLOATS_PER_BATCH / vector_size, LARGEST_BATCH / 4),
    )
    group = GROUP if wanted >= GROUP else max(1, round(wanted))
    noise_words = max(NOISE_WORDS, 8 * int(np.ceil(NOISE_WORDS / 8 * np.sqrt(negative / 5))))
    return max(1, int(np.ceil(wanted / group))), group, noise_words


def split_weights(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of positive weights, (P,), as entries that are about equally heavy.

    Return how many entries each pair has, ⌈w / (`HEAVIEST` · mean)⌉, (P,) int64, fewer than 1.25 P
    in all; and the weight of each of them, (P,) float32, which is 1 in the mean over all entries.
    """
    share = weights / weights.max()  # whose sum and quotients are in range
    ratio = share / share.mean()
    copies = np.maximum(np.ceil(ratio / HEAVIEST), 1).astype(np.int64)
    each = ratio / copies
    return copies, (each * (copies.sum() / ratio.sum())).astype(np.float32)


@dataclass
class PairJob:
    """What a worker is told; the run and the interrupts stay in the caller's process."""

    settings: Settings
    shape: tuple[int, int, int]  # G, L, N
    seed: int
    updates: int  # of an epoch
    progress: Progress
    run: PairRun | None = None
    interrupts: Interrupts = field(default_factory=Interrupts)

    def __reduce__(self) -> Any:
        settings = replace(self.settings, noise=None)  # a function might not reach others
        return PairJob, (settings, self.shape, self.seed, self.updates, self.progress)

    @property
    def place(self) -> str:
        """Where the run is, in words."""
        p = self.progress
        return p.place(self.settings.epochs, p.block / self.updates)


def train_pairs(team: Team, shared: dict[str, np.ndarray], job: PairJob) -> None:
    """Train to the end; the program that each worker runs.

    `shared` holds what `PairRun` trains on and the gradients of a block.
    """
    worker, p = _Worker(team, shared, job), job.progress
    if job.run:
        job.run.on_start(shared)
    with threadpool_limits(1, user_api="blas"):
        while p.epoch < job.settings.epochs and not p.finished:
            worker.train_epoch()
            if job.run and job.run.on_epoch_end():
                p.finished = True
                team.stop()  # the others have begun with the next epoch, and changed nothing yet


class _Worker:
    """One member of the team, its kernels and the rules for the rows that it owns."""

    def __init__(self, team: Team, shared: dict[str, np.ndarray], job: PairJob) -> None:
        s = job.settings
        self.team, self.job, self.shared = team, job, shared
        self.W_in, self.W_out = shared["W_in"], shared["W_out"]
        self.noise = AliasTable.from_table(shared["threshold"], shared["alias"])
        rule = OPTIMIZERS[s.optimizer]
        self.rules = [
            rule(len(shared[f"W_{side}"]), MAX_STEP, shared[f"squares_{side}"], epochs=s.epochs)
            for side in ("in", "out")
        ]
        self.kernels: dict[tuple[int, int, int], PairKernel] = {}

    def train_epoch(self) -> None:
        s, p, updates = self.job.settings, self.job.progress, self.job.updates
        # of so many updates, one has the loss of a quarter taken; where there are few, of all
        each, share = int(np.clip(updates // 64, 1, 16)), 4 if updates > 64 else 1
        for number, block in enumerate(self._blocks()):
            loss, weight = p.loss, p.pairs
            if number % each == 0 and self.team.rank == 0:  # the others do not show it
                sample = block.part(slice(-(-len(block.noise) // share)))
                probe = self._kernel(len(sample.noise), is_probe=True)
                loss += self._finite("the loss", probe.loss(self.W_in, self.W_out, sample))
                weight += float(sample.weights.sum(dtype=float))
            g = self._kernel(len(block.noise)).gradients(self.W_in, self.W_out, block)
            left = 1 - (p.epoch + number / updates) / s.epochs
            alpha = s.min_alpha + (s.alpha - s.min_alpha) * left
            with self.job.interrupts.held():
                self.step(block, g, alpha)
                p.block, p.loss, p.pairs = number + 1, loss, weight
            if self.job.run:
                self.job.run.on_block(alpha)
        with self.job.interrupts.held():
            p.end_epoch()

    def step(self, block: PairBlock, g: Gradients, alpha: float) -> None:
        """Move the rows of this worker along the gradients of all."""
        self.team.barrier()
        with np.errstate(over="ignore", invalid="ignore"):
            total = g.center_squares.sum() + g.output_squares.sum()
        self._finite("a gradient", float(total))
        a = block.weights.reshape(-1)
        heavy = np.where(a > 0, a, 1)
        sides, share = self.team.rows_to_move
        if 0 in sides:
            squares, lengths = g.center_squares / heavy, np.sqrt(g.center_squares)
            self.rules[0].apply(
                self.W_in,
                block.center_rows,
                g.centers,
                squares,
                alpha,
                share=share,
                lengths=lengths,
            )
        if 1 in sides:
            squares, lengths = g.output_squares.copy(), np.sqrt(g.output_squares)
            squares[: len(a)] /= heavy
            self.rules[1].apply(
                self.W_out,
                block.output_rows,
                g.outputs,
                squares,
                alpha,
                share=share,
                lengths=lengths,
            )
        self.team.barrier()

    def _blocks(self) -> Iterator[PairBlock]:
        """The blocks of an epoch; the last has fewer groups, filled up with pairs of weight 0."""
        (G, L, N), a, K = self.job.shape, self.shared, self.job.settings.negative
        seed = np.random.SeedSequence(self.job.seed, spawn_key=(self.job.progress.epoch,))
        rng = np.random.default_rng(seed)
        order = rng.permutation(a["entries"])
        for at in range(0, len(order), G * L):
            some = order[at : at + G * L]
            weights = a["weights"][some]
            if lacking := -len(some) % L:
                some = np.append(some, np.zeros(lacking, some.dtype))
                weights = np.append(weights, np.zeros(lacking, weights.dtype))
            yield PairBlock(
                a["centers"][some].reshape(-1, L),
                a["contexts"][some].reshape(-1, L),
                weights.reshape(-1, L),
                self.noise.draw(rng, (len(some) // L, N)),
                K,
            )

    def _kernel(self, groups: int, is_probe: bool = False) -> PairKernel:
        """That for this worker's share of a block with so many groups, or for all of them."""
        share = slice(0, groups) if is_probe else self.team.share(groups)
        key = groups, share.start, share.stop
        if key not in self.kernels:
            shape, d = (groups, *self.job.shape[1:]), self.W_in.shape[1]
            into = Gradients(**{name: self.shared[f"g_{name}"] for name in GRADIENTS})
            self.kernels[key] = PairKernel(
                self.job.settings.objective, shape, d, into=into, groups=share
            )
        return self.kernels[key]

    def _finite(self, what: str, value: float) -> float:
        G, L, _ = self.job.shape
        return finite(what, value, lambda: self.job.place, self.job.settings, G * L)


class PairRun:
    """A run on pairs, which keeps its progress and the seconds of training up to date.

    W_in is (V, d) and W_out (V', d) float32; `noise`, the noise distribution, is (V',) float64.
    While it trains, they are shared with its workers.
    """

    def __init__(self, settings: Settings, data: PairData) -> None:
        s = self.settings = settings
        self.data = data
        seed = int(np.random.SeedSequence(s.seed).entropy)  # type: ignore[arg-type]
        V, V_out = len(data.center_words), len(data.context_words)
        self.W_in = initial_vectors(V, s.vector_size, seed)
        self.W_out = np.zeros((V_out, s.vector_size), np.float32)
        w = data.context_weights
        # where no noise is given, only ratios matter, and counts must be 1 or more
        self.noise = s.noise_distribution(w / w.min() if s.noise is None else w)
        copies, self._weights = split_weights(data.weights)
        pairs = np.arange(len(copies), dtype=np.int32 if len(copies) < 2**31 else np.int64)
        self._entries = np.repeat(pairs, copies)
        heaviest = max(
            float(np.bincount(ids, data.weights).max()) for ids in (data.centers, data.contexts)
        )
        share = heaviest / float(data.weights.sum())
        shape = choose_pair_shape(
            len(self._entries), share, s.vector_size, s.negative, s.batch_size
        )
        updates = -(-len(self._entries) // (shape[0] * shape[1]))
        self.job = PairJob(s, shape, seed, updates, Progress())
        self.train_seconds = 0.0

    @property
    def progress(self) -> Progress:
        """How far the run has come."""
        return self.job.progress

    @property
    def members(self) -> int:
        """The number of processes that train."""
        enough = len(self._entries) * self.settings.epochs // PAIRS_WORTH_A_WORKER
        return team_size(self.settings, self.job.shape[0], enough)

    def arrays(self) -> dict[str, np.ndarray]:
        """What workers share, without the gradients."""
        table = AliasTable(self.noise)
        return {
            "W_in": self.W_in,
            "W_out": self.W_out,
            "squares_in": np.zeros(len(self.W_in)),
            "squares_out": np.zeros(len(self.W_out)),
            "centers": self.data.centers,
            "contexts": self.data.contexts,
            "entries": self._entries,
            "weights": self._weights,
            "threshold": table.threshold,
            "alias": table.alias,
        }

    def scratch(self) -> Layout:
        """Names, shapes and dtypes of the gradients of a block, which workers share too."""
        layout = pair_layout(self.job.shape, self.W_in.shape[1])
        return {f"g_{name}": spec for name, spec in layout.items()}

    def train(self, observer: Observer) -> None:
        """Train to the end; the observer is told of the ends of epochs and of the run."""
        self._observer, self._began = observer, time.perf_counter()
        total = len(self._entries) * self.settings.epochs
        self._bar = progress_bar(total, " pairs", self.settings.progress)
        arrays, scratch, members = self.arrays(), self.scratch(), self.members
        try:
            with self._bar, Interrupts() as interrupts:
                job = replace(self.job, run=self, interrupts=interrupts)
                if members == 1:
                    arrays |= {name: np.zeros(*spec) for name, spec in scratch.items()}
                    train_pairs(Team(), arrays, job)
                else:
                    run_team(train_pairs, members, arrays, job, scratch)
        except KeyboardInterrupt as error:
            raise TrainingInterrupted(self.job.place) from error
        finally:
            self.train_seconds = time.perf_counter() - self._began
            if members > 1:  # what others share goes with them
                self.W_in, self.W_out = self.W_in.copy(), self.W_out.copy()
            observer.on_stop()

    def on_start(self, shared: dict[str, np.ndarray]) -> None:
        """The workers begin on these arrays."""
        self.W_in, self.W_out = shared["W_in"], shared["W_out"]

    def on_block(self, alpha: float) -> None:
        """A block is trained."""
        (G, L, _), n = self.job.shape, len(self._entries)
        self._bar.update(min(G * L, n - (self.progress.block - 1) * G * L))
        show_loss(self._bar, self.progress, alpha)

    def on_epoch_end(self) -> bool:
        """An epoch has ended; return whether training shall end with it."""
        self.train_seconds = time.perf_counter() - self._began
        return self._observer.on_epoch_end(self.progress)
