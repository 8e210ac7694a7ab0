"""Epochs on explicit pairs: from `PairData` to two trained matrices, in one process.

A pair whose weight is w times the mean stands in an epoch as ⌈w / 4⌉ entries of equal weights: so a
heavy pair is met at many places and does not fill an update. Entries are shuffled for each epoch.
Only the ratios of weights matter: the entries' mean is made 1, for which the learning rate is
meant. In AdaGrad's sums an entry of weight a counts as a occurrences, so that two entries of weight
1 are the same as one of weight 2.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from negsamp.core.kernels.pairs import PairBlock, PairKernel
from negsamp.core.optimizers import OPTIMIZERS, Gradients
from negsamp.core.sampling import AliasTable
from negsamp.corpus.pairs import PairData
from negsamp.errors import TrainingInterrupted
from negsamp.training.initial_vectors import initial_vectors
from negsamp.training.interrupts import Interrupts
from negsamp.training.progress import Observer, Progress, finite, progress_bar, show_loss
from negsamp.training.settings import Settings

__all__ = ["PairRun", "choose_pair_shape", "split_weights"]

# A group as in training on text: 16 noise words for the pairs of K = 5, more for more.
GROUP, NOISE_WORDS = 64, 16
LARGEST_BATCH, FLOATS_PER_BATCH = 8192, 2**20
UPDATES_PER_EPOCH = 200
# Of the most frequent word in one update: of text it is 64, each a center of some six pairs.
OCCURRENCES_PER_BATCH = 384
MAX_STEP = 2.0
HEAVIEST = 4.0  # entry, in means


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


class PairRun:
    """A run on pairs, which keeps its progress and the seconds of training up to date.

    W_in is (V, d) and W_out (V', d) float32; `noise`, the noise distribution, is (V',) float64.
    """

    def __init__(self, settings: Settings, data: PairData) -> None:
        s = self.settings = settings
        self.data = data
        self._seed = int(np.random.SeedSequence(s.seed).entropy)  # type: ignore[arg-type]
        V, V_out = len(data.center_words), len(data.context_words)
        self.W_in = initial_vectors(V, s.vector_size, self._seed)
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
        self.shape = choose_pair_shape(
            len(self._entries), share, s.vector_size, s.negative, s.batch_size
        )
        self._kernels: dict[tuple[int, int, int], PairKernel] = {}
        rule = OPTIMIZERS[s.optimizer]
        self._rules = [rule(rows, MAX_STEP, epochs=s.epochs) for rows in (V, V_out)]
        self._updates = -(-len(self._entries) // (self.shape[0] * self.shape[1]))
        self.progress, self.train_seconds = Progress(), 0.0

    def train(self, observer: Observer) -> None:
        """Train to the end; the observer is told of the ends of epochs and of the run."""
        epochs, began = self.settings.epochs, time.perf_counter()
        bar = progress_bar(len(self._entries) * epochs, " pairs", self.settings.progress)
        try:
            with bar, threadpool_limits(1, user_api="blas"), Interrupts() as interrupts:
                while self.progress.epoch < epochs:
                    self._train_epoch(bar, interrupts)
                    self.train_seconds = time.perf_counter() - began
                    if observer.on_epoch_end(self.progress):
                        break
        except KeyboardInterrupt as error:
            raise TrainingInterrupted(self.place) from error
        finally:
            self.train_seconds = time.perf_counter() - began
            observer.on_stop()

    @property
    def place(self) -> str:
        """Where the run is, in words."""
        return self.progress.place(self.settings.epochs, self.progress.block / self._updates)

    def _train_epoch(self, bar: Any, interrupts: Interrupts) -> None:
        s, p, n, updates = self.settings, self.progress, len(self._entries), self._updates
        G, L, N = self.shape
        # of so many updates, one has its loss taken; all of them where there are few
        each = int(np.clip(updates // 64, 1, 16))
        for number, block in enumerate(self._blocks()):
            shape, loss, weight = (len(block.noise), L, N), p.loss, p.pairs
            if shape not in self._kernels:
                self._kernels[shape] = PairKernel(s.objective, shape, s.vector_size)
            kernel = self._kernels[shape]
            if number % each == 0:
                loss += self._finite("the loss", kernel.loss(self.W_in, self.W_out, block))
                weight += float(block.weights.sum(dtype=float))
            g = kernel.gradients(self.W_in, self.W_out, block)
            left = 1 - (p.epoch + number / updates) / s.epochs
            alpha = s.min_alpha + (s.alpha - s.min_alpha) * left
            with interrupts.held():
                self._step(block, g, alpha)
                p.block, p.loss, p.pairs = number + 1, loss, weight
            bar.update(min(G * L, n - number * G * L))
            show_loss(bar, p, alpha)
        with interrupts.held():
            p.end_epoch()

    def _blocks(self) -> Iterator[PairBlock]:
        """The blocks of an epoch; the last has fewer groups, filled up with pairs of weight 0."""
        G, L, N = self.shape
        data, K = self.data, self.settings.negative
        seed = np.random.SeedSequence(self._seed, spawn_key=(self.progress.epoch,))
        rng = np.random.default_rng(seed)
        order = rng.permutation(self._entries)
        noise = AliasTable(self.noise)
        for at in range(0, len(order), G * L):
            some = order[at : at + G * L]
            weights = self._weights[some]
            if lacking := -len(some) % L:
                some = np.append(some, np.zeros(lacking, some.dtype))
                weights = np.append(weights, np.zeros(lacking, weights.dtype))
            yield PairBlock(
                data.centers[some].reshape(-1, L),
                data.contexts[some].reshape(-1, L),
                weights.reshape(-1, L),
                noise.draw(rng, (len(some) // L, N)),
                K,
            )

    def _step(self, block: PairBlock, g: Gradients, alpha: float) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            total = g.center_squares.sum() + g.output_squares.sum()
        self._finite("a gradient", float(total))
        a = block.weights.reshape(-1)
        heavy = np.where(a > 0, a, 1)
        rows, squares = block.centers.reshape(-1), g.center_squares
        self._rules[0].apply(
            self.W_in, rows, g.centers, squares / heavy, alpha, lengths=np.sqrt(squares)
        )
        rows, squares = block.output_rows, g.output_squares.copy()
        squares[: len(a)] /= heavy
        self._rules[1].apply(
            self.W_out, rows, g.outputs, squares, alpha, lengths=np.sqrt(g.output_squares)
        )

    def _finite(self, what: str, value: float) -> float:
        G, L, _ = self.shape
        return finite(what, value, lambda: self.place, self.settings, G * L)
