"""Training on explicit pairs: the same runs as on text, with another source of blocks.

The entries that `negsamp.training.pair_entries` makes of the pairs are shuffled for each epoch and
cut into blocks. In AdaGrad's sums an entry of weight a counts as a occurrences, so that two entries
of weight 1 are the same as one of weight 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from negsamp.core.blocks import BlockShape
from negsamp.core.kernels.pairs import PairBlock, PairKernel, pair_layout
from negsamp.core.optimizers import Gradients
from negsamp.core.sampling import AliasTable
from negsamp.corpus.pair_forms import GivenPairs
from negsamp.corpus.pairs import PairData, read_pairs
from negsamp.corpus.stream import forget_pages
from negsamp.training.arrays import PairArrays
from negsamp.training.checkpoints import Saved, check_options
from negsamp.training.epochs import HELD_OUT, Job, _Worker, shared_layout, train_epochs
from negsamp.training.initial_vectors import WarmStart, initial_vectors, pair_start
from negsamp.training.limits import NO_LIMITS, Limits
from negsamp.training.pair_entries import Entries
from negsamp.training.run import LARGE_FILE, Run
from negsamp.training.schedule import Schedule, team_size
from negsamp.training.settings import Settings
from negsamp.training.workers import Team

__all__ = ["PairRun", "PairSchedule", "choose_pair_shape", "train_pairs"]

# A group as in training on text: 16 noise words for the pairs of K = 5, more for more.
GROUP, NOISE_WORDS = 64, 16
LARGEST_BATCH, FLOATS_PER_BATCH = 8192, 2**20
UPDATES_PER_EPOCH = 200
# Of the most frequent word in one update: of text it is 64, each a center of some six pairs.
OCCURRENCES_PER_BATCH = 384
PAIRS_WORTH_A_WORKER = 1_000_000  # which take as long as starting a process
GROUPS_MEASURED = 4  # of a block whose loss is measured, at most


def choose_pair_shape(
    entries: int,
    largest_share: float,
    vector_size: int,
    negative: int,
    batch_size: int | None,
    noise_multiple: int = 1,
) -> tuple[int, int, int]:
    """Groups, pairs a group and noise words a group of one update.

    An epoch has so many entries, and the most frequent word of either side the largest share of
    their weight. A `batch_size` is rounded up to whole groups, and the noise words to a multiple.
    """
    wanted: float = batch_size or min(
        entries / UPDATES_PER_EPOCH,
        OCCURRENCES_PER_BATCH / largest_share,
        LARGEST_BATCH,
        max(FLOATS_PER_BATCH / vector_size, LARGEST_BATCH / 4),
    )
    group = GROUP if wanted >= GROUP else max(1, round(wanted))
    noise_words = max(NOISE_WORDS, 8 * int(np.ceil(NOISE_WORDS / 8 * np.sqrt(negative / 5))))
    noise_words = -(-noise_words // noise_multiple) * noise_multiple
    return max(1, int(np.ceil(wanted / group))), group, noise_words


@dataclass(frozen=True)
class PairSchedule(Schedule):
    """The schedule of a run on pairs: `kept_tokens` are entries, and `done` counts epochs."""

    @classmethod
    def of_pairs(
        cls, settings: Settings, entries: int, largest_share: float, seed: int, limits: Limits
    ) -> PairSchedule:
        """The schedule for so many entries, with `largest_share` as in `choose_pair_shape`."""
        s, multiple = settings, settings.objective.noise_multiple(settings.negative)
        sizes = s.vector_size, s.negative, s.batch_size, multiple
        G, L, N = choose_pair_shape(entries, largest_share, *sizes)
        settings = replace(s, noise=None)  # workers have the noise as a table
        return cls(settings, 0, BlockShape(G, L, 1, N), float(entries), seed, limits)

    @property
    def whole(self) -> float:
        """All epochs."""
        return float(self.settings.epochs)

    def done(self, epoch: int, blocks: int) -> float:
        """How much is done after some epochs and blocks, in epochs."""
        return epoch + blocks / self.blocks_an_epoch

    @cached_property
    def members(self) -> int:
        """The number of processes that train."""
        enough = int(self.kept_tokens * self.settings.epochs) // PAIRS_WORTH_A_WORKER
        return team_size(self.settings, self.shape.groups, enough)

    @cached_property
    def blocks_an_epoch(self) -> int:
        """Blocks in an epoch, of which the last may have fewer groups."""
        return -(-int(self.kept_tokens) // self.shape.batch_size)

    @cached_property
    def blocks_a_measurement(self) -> int:
        """The loss of one block in so many is measured; that of all of them where there are few."""
        return int(np.clip(self.blocks_an_epoch // 64, 1, 16))


def train_pairs(team: Team, shared: dict[str, np.ndarray], job: Job) -> None:
    """Train what is left of a run; the program that each worker runs.

    `shared` holds `PairArrays`, which are changed in place, and what `PairRun` shares beside them.
    """
    train_epochs(team, shared, job, _PairWorker)


class _PairWorker(_Worker):
    """One member of the team, with blocks of pairs."""

    arrays_kind = PairArrays

    def _kernels(self, into: Gradients) -> tuple[PairKernel, PairKernel]:
        (G, L, _, N), a = self.schedule.shape, self.arrays
        objective, (d, dtype) = (
            self.schedule.settings.objective,
            (self.W_in.shape[1], self.W_in.dtype),
        )
        of_block, of_objective = (objective, (G, L, N), d, dtype), (a.row_shift, a.log_z)
        return (
            PairKernel(*of_block, into, self.team.share, *of_objective),
            PairKernel(*of_block, None, None, *of_objective),
        )

    def _runs(self, epoch: int) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
        """Entries of some blocks, shuffled, and the noise words of each of these."""
        t, rng, ends = self.schedule, self._rng(epoch), self.arrays.ends
        size, rest = t.shape.batch_size * t.blocks_a_run, np.empty(0, np.intp)
        parts = rng.permutation(len(ends)) if len(ends) > 1 else [0]
        for number, part in enumerate(parts, 1):
            begin, end = ends[part - 1] if part else 0, ends[part]
            order = rng.permutation(int(end - begin))
            order += begin
            order = np.concatenate([rest, order])
            n = len(order) if number == len(ends) else len(order) // size * size
            for at in range(0, n, size):
                some = order[at : min(at + size, n)]
                yield some, [self._noise_for(len(some) - b, rng) for b in self._begins(len(some))]
            rest = order[n:]
            for array in (self.arrays.pairs, self.arrays.weights):
                forget_pages(array)

    def _blocks(self, number: int, run: Any) -> Iterator[PairBlock]:
        order, noise = run
        a = self.arrays
        rows = _rows_of(a.pairs, order)
        weights = None if a.weights is None else a.weights.take(order)
        for at, words in zip(self._begins(len(order)), noise, strict=True):
            some = slice(at, at + self.schedule.shape.batch_size)
            yield self._block(rows[some], None if weights is None else weights[some], words)

    def _block(self, rows: np.ndarray, weights: np.ndarray | None, noise: np.ndarray) -> PairBlock:
        """A block of pairs (n, 2), filled up to whole groups with pairs of weight 0."""
        L = self.schedule.shape.group_size
        weights = np.ones(len(rows), np.float32) if weights is None else weights
        if lacking := -len(rows) % L:
            rows = np.concatenate([rows, np.repeat(self.arrays.pairs[:1], lacking, axis=0)])
            weights = np.append(weights, np.zeros(lacking, weights.dtype))
        centers, contexts = np.ascontiguousarray(rows.T).reshape(2, -1, L)
        K = self.schedule.settings.negative
        return PairBlock(centers, contexts, weights.reshape(-1, L), noise, K)

    def _begins(self, n: int) -> range:
        """Where the blocks of n entries begin."""
        return range(0, n, self.schedule.shape.batch_size)

    def _noise_for(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Noise words for the block that begins with n entries left, (G, N)."""
        G, L, _, N = self.schedule.shape
        return self.noise.draw(rng, (min(G, -(-n // L)), N))

    def _part(self, block: PairBlock) -> PairBlock:
        """The part of a block that is measured: a quarter, or all where blocks are few."""
        groups = len(block.noise)
        if self.schedule.blocks_an_epoch > 64:
            groups = min(-(-groups // 4), GROUPS_MEASURED)
        return block.part(slice(groups))

    def _held_out_blocks(self) -> Iterator[PairBlock]:
        a, rng = self.arrays, self._rng(HELD_OUT, 2)
        for at in self._begins(n := len(a.held_pairs)):
            some = slice(at, at + self.schedule.shape.batch_size)
            weights = None if a.held_weights is None else a.held_weights[some]
            yield self._block(a.held_pairs[some], weights, self._noise_for(n - at, rng))


def _rows_of(pairs: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Some rows of (P, 2) int32, each taken as one number, which is faster."""
    taken = np.asarray(pairs).view(np.int64)[:, 0].take(order)
    return taken.view(np.int32).reshape(-1, 2)


class PairRun(Run):
    """A run on pairs; the arguments are as in `Run`, and `pairs` are read when it is made."""

    program = staticmethod(train_pairs)
    unit = " pairs"

    def __init__(
        self,
        settings: Settings,
        pairs: GivenPairs,
        *,
        checkpoint: Path | None = None,
        checkpoint_every: float = 10.0,
        start: WarmStart | None = None,
        limits: Limits = NO_LIMITS,
        saved: Saved | None = None,
    ) -> None:
        if checkpoint:
            settings.record()  # refuses an objective that a checkpoint cannot name
        pairs.how.check()
        files = pairs.files
        check_options(files, None, checkpoint, checkpoint_every)
        self.settings = settings
        with ExitStack() as owned:
            is_large = pairs.size > PAIRS_WORTH_A_WORKER // settings.epochs
            if files is not None:
                is_large = files.size > LARGE_FILE
            folder = self._open(owned, is_large)()
            began = perf_counter()
            data = read_pairs(pairs, settings.min_count, folder)
            self.vocabulary, self.contexts = data.center_words, data.context_words
            self.corpus = {
                "path": None if files is None else files.recorded,
                **pairs.how._asdict(),
                "sha256": data.digest() if checkpoint else None,
            }
            entropy = self._begin(began, saved)
            self._prepare_pairs(data, entropy, limits, start, saved, folder)
            self._keep_checkpoints(checkpoint, checkpoint_every)
            self._owned = owned.pop_all()

    def _prepare_pairs(
        self,
        data: PairData,
        entropy: int,
        limits: Limits,
        start: WarmStart | None,
        saved: Saved | None,
        folder: Path,
    ) -> None:
        s, w = self.settings, data.context_weights
        if saved:
            self.context_noise = saved.model.arrays["context_noise"][:, 0]
        else:
            # where no noise is given, only ratios matter, and counts must be 1 or more
            self.context_noise = s.noise_distribution(w / w.min() if s.noise is None else w)
        table = AliasTable(self.context_noise)
        extras = s.objective.extras(self.vocabulary.counts, self.context_noise, s.negative)
        entries = Entries(data, limits.validation, entropy, folder).arrays()
        heaviest = max(float(w.max()), float(data.center_weights.max())) / data.total
        n = len(entries["pairs"])
        self._n_read = n
        self.schedule = t = PairSchedule.of_pairs(s, n, heaviest, entropy, limits)
        (V, V_out), d = (len(v) for v in (self.vocabulary, data.context_words)), s.vector_size
        arrays = PairArrays(
            **vars(extras),
            **entries,
            W_in=initial_vectors(V, d, entropy),
            W_out=np.zeros((V_out, d), np.float32),
            squares_in=np.zeros(V),
            squares_out=np.zeros(V_out),
            squares_log_z=None if extras.log_z is None else np.zeros(len(extras.log_z)),
            threshold=table.threshold,
            alias=table.alias,
        )
        G, L, _, N = t.shape
        held = 0 if arrays.held_pairs is None else -(-len(arrays.held_pairs) // (G * L))
        self._scratch = shared_layout(t, pair_layout((G, L, N), d), held)
        if start is None and saved is None:
            self._improve = pair_start(t, self.context_noise)
        self._set_up(arrays, start, saved)

    def _files(self, arrays: Any) -> dict[str, np.ndarray]:
        assert self.context_noise is not None
        noise = {"context_noise": self.context_noise[:, None]}
        if self.settings.noise is not None:
            noise["noise"] = noise["context_noise"]
        return {**arrays.to_files(), **noise}
