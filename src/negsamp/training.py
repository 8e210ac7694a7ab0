"""Epochs: from a token stream to two trained matrices.

The stream is cut into runs of blocks. Workers, which are threads, take the next run in turn and
train on it; they write to the same two matrices without a lock, as in Hogwild [1]_. NumPy lets go
of the interpreter lock inside its products, so threads are enough.

References
----------
.. [1] B. Recht, C. Ré, S. Wright, F. Niu, "Hogwild!: A Lock-Free Approach to Parallelizing
   Stochastic Gradient Descent", NIPS 2011.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from negsamp.kernel import TILE, BlockKernel
from negsamp.pairs import Windows, block_run, iter_windows
from negsamp.sampling import AliasTable
from negsamp.updates import OPTIMIZERS
from negsamp.vocabulary import TokenStream

__all__ = ["BlockShape", "Trainer", "TrainingDivergedError", "choose_block_shape"]


class TrainingDivergedError(ArithmeticError):
    """The loss is no longer finite."""


class BlockShape(NamedTuple):
    """How the centers of one update are arranged.

    Attributes
    ----------
    groups : int
        G, groups of consecutive centers, taken from places far apart.
    group_size : int
        L, centers a group.
    noise_words : int
        N, noise words that a group shares.
    """

    groups: int
    group_size: int
    noise_words: int

    @property
    def batch_size(self) -> int:
        """Centers in one update, G·L."""
        return self.groups * self.group_size


# Measured, see docs/performance.md: more centers an update, or a noise word, are faster and learn
# less from a token.
LARGEST_GROUPS, GROUP_SIZE, NOISE_WORDS = 16, 128, 32
# A small corpus still wants this many updates an epoch, ...
UPDATES_PER_EPOCH = 200
# ... and a word so frequent that it fills a batch wants small batches: it moves once in each.
OCCURRENCES_PER_BATCH = 64


def choose_block_shape(
    kept_tokens: float, largest_share: float, batch_size: int | None = None
) -> BlockShape:
    """Shape of the blocks for a corpus.

    Parameters
    ----------
    kept_tokens : float
        Tokens an epoch, after subsampling.
    largest_share : float
        Share of them that the most frequent word has.
    batch_size : int, optional
        Centers an update, rounded up to what the kernel can do; chosen if None.

    Returns
    -------
    BlockShape
    """
    if batch_size is None:
        wanted = min(
            kept_tokens / UPDATES_PER_EPOCH,
            OCCURRENCES_PER_BATCH / largest_share,
            LARGEST_GROUPS * GROUP_SIZE,
        )
    else:
        wanted = batch_size
    tiles = max(1, round(wanted / TILE)) if batch_size is None else -(-batch_size // TILE)
    # as many groups as tiles allow, up to the largest group
    group_tiles = min(GROUP_SIZE // TILE, max(1, round(np.sqrt(tiles / 2))))
    groups = max(1, -(-tiles // group_tiles))
    return BlockShape(groups, group_tiles * TILE, NOISE_WORDS)


@dataclass
class Trainer:
    """Everything that an epoch needs besides the matrices.

    Parameters
    ----------
    stream : TokenStream
    keep : ndarray, shape (V,) float32
        Probability that an occurrence of each word is kept.
    noise : AliasTable
    window, negative : int
        w and K.
    shrink_windows : bool
    shape : BlockShape
    optimizer : str
        A name in `negsamp.updates.OPTIMIZERS`.
    alpha, min_alpha : float
        Learning rate per pair at the first token and at the last.
    epochs, workers : int
    seed : numpy.random.SeedSequence
    """

    stream: TokenStream
    keep: np.ndarray
    noise: AliasTable
    window: int
    negative: int
    shrink_windows: bool
    shape: BlockShape
    optimizer: str
    alpha: float
    min_alpha: float
    epochs: int
    workers: int
    seed: np.random.SeedSequence

    # A row moves at most this far in one update: about the length of a grown row, and far above
    # what rows of ordinary text do. Measured, see docs/performance.md.
    MAX_STEP = 2.0

    def __post_init__(self) -> None:
        self.kept_tokens = float(self.keep[self.stream.ids].sum(dtype=np.float64))
        blocks = max(1, round(self.kept_tokens / self.shape.batch_size))
        self.blocks_per_run = int(np.clip(blocks // 16, 1, 64))
        self.blocks_per_measurement = int(np.clip(blocks // 64, 1, 64))

    def train(
        self,
        W_in: np.ndarray,
        W_out: np.ndarray,
        raw_words: int,
        on_epoch_end: Callable[[int, float], Any],
        progress: bool | None = None,
    ) -> None:
        """Train two matrices in place.

        Parameters
        ----------
        W_in, W_out : ndarray, shape (V, d)
            Input (center) and output (context) vectors.
        raw_words : int
            Words of the corpus, for the progress bar's words/s.
        on_epoch_end : callable
            Called with the epoch's number, from 0, and its loss in nats per pair.
        progress : bool, optional
            Show a progress bar; None shows it on a terminal only.

        Raises
        ------
        TrainingDivergedError
            If the loss is not finite.
        """
        update = OPTIMIZERS[self.optimizer]
        rules = update(len(W_in), self.MAX_STEP), update(len(W_out), self.MAX_STEP)
        with tqdm(
            total=raw_words * self.epochs,
            unit="words",
            unit_scale=True,
            desc="training",
            disable=None if progress is None else not progress,
        ) as bar:
            loss = (1 + self.negative) * np.log(2.0)  # of scores that are all zero
            for number in range(self.epochs):
                epoch = _Epoch(self, number, W_in, W_out, rules, bar, raw_words)
                epoch.work_all()
                bar.update(raw_words * (number + 1) - bar.n)
                if epoch.pairs:  # without a pair nothing moved
                    loss = epoch.mean_loss
                on_epoch_end(number, loss)

    def learning_rate(self, centers_done: float) -> float:
        """Linear decay from `alpha` to `min_alpha` over the tokens of all epochs."""
        left = 1 - centers_done / (self.kept_tokens * self.epochs)
        return self.min_alpha + (self.alpha - self.min_alpha) * max(left, 0.0)


class _Epoch:
    """One pass over the stream, shared by the workers."""

    def __init__(
        self,
        trainer: Trainer,
        number: int,
        W_in: np.ndarray,
        W_out: np.ndarray,
        rules: tuple[Any, Any],
        bar: Any,
        raw_words: int,
    ) -> None:
        self.trainer, self.number, self.bar = trainer, number, bar
        self.W_in, self.W_out, self.rules = W_in, W_out, rules
        self.words_per_center = raw_words / trainer.kept_tokens
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.loss, self.pairs = 0.0, 0
        self.runs = self._numbered_runs()

    @property
    def mean_loss(self) -> float:
        """Nats per pair over the blocks that were measured."""
        return self.loss / max(self.pairs, 1)

    def work_all(self) -> None:
        """Let every worker work until the stream is done; raise what one of them raised."""
        if self.trainer.workers == 1:
            self._work()
        else:
            threads = [
                threading.Thread(target=self._work, name=f"negsamp-{i}", daemon=True)
                for i in range(self.trainer.workers)
            ]
            try:
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            finally:  # Ctrl-C arrives here, in the main thread
                self.stop.set()
                for thread in threads:
                    if thread.ident is not None:
                        thread.join()
        if self.error is not None:
            raise self.error

    def _numbered_runs(self) -> Iterator[tuple[int, Windows]]:
        t = self.trainer
        seed = np.random.SeedSequence(t.seed.entropy, spawn_key=(self.number, 0))
        return enumerate(
            iter_windows(
                t.stream.ids,
                t.stream.offsets,
                t.window,
                t.shape.batch_size * t.blocks_per_run,
                np.random.default_rng(seed),
                t.shrink_windows,
                t.keep,
            )
        )

    def _work(self) -> None:
        try:
            kernel = BlockKernel(
                self.trainer.shape, self.trainer.window, self.W_in.shape[1], self.W_in.dtype
            )
            while not self.stop.is_set():
                with self.lock:
                    number, run = next(self.runs, (0, None))
                if run is None:
                    return
                self._train_run(kernel, number, run)
        except BaseException as error:  # kept for the caller's thread
            self.stop.set()
            with self.lock:
                self.error = self.error or error

    def _train_run(self, kernel: BlockKernel, number: int, run: Windows) -> None:
        t = self.trainer
        B, first = t.shape.batch_size, number * t.blocks_per_run
        seed = np.random.SeedSequence(t.seed.entropy, spawn_key=(self.number, 1, number))
        blocks = block_run(run, t.shape, t.negative, t.noise, np.random.default_rng(seed))
        loss, pairs = 0.0, 0
        for index, block in enumerate(blocks, first):
            if self.stop.is_set():
                return
            if index % t.blocks_per_measurement == 0:
                loss += kernel.loss(self.W_in, self.W_out, block)
                pairs += block.n_pairs
            alpha = t.learning_rate(self.number * t.kept_tokens + index * B)
            kernel.step(self.W_in, self.W_out, self.rules, block, alpha)
        if not np.isfinite(loss):
            raise TrainingDivergedError(
                f"the loss is {loss} in epoch {self.number + 1}; a smaller alpha or batch_size "
                "may help"
            )
        with self.lock:
            self.loss += loss
            self.pairs += pairs
            self.bar.update(round(len(run.left) * self.words_per_center))
            self.bar.set_postfix(loss=f"{self.mean_loss:.3f}", alpha=f"{alpha:.4f}", refresh=False)
