"""Epochs: from a token stream to two trained matrices.

The stream is cut into runs of blocks, and a block is one update: the gradients of its groups are
taken side by side by the workers, from the same parameters, and then each worker adds those of the
rows that it owns, in the order in which they stand in the block. So the result is the same to the
bit for any number of workers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from negsamp.blockshape import BlockShape
from negsamp.exact_kernels import HierarchicalKernel, SoftmaxKernel
from negsamp.huffman import HuffmanTree
from negsamp.kernel import BlockKernel, gradient_layout
from negsamp.objectives import SAMPLED
from negsamp.pairs import Block, Windows, block_run, iter_windows, window_weights
from negsamp.sampling import AliasTable
from negsamp.team import Team, run_alone, run_team
from negsamp.updates import OPTIMIZERS, Gradients, NormalizerRule
from negsamp.vocabulary import TokenStream

__all__ = [
    "Trainer",
    "TrainingDivergedError",
    "objective_arrays",
    "training_arrays",
]


class TrainingDivergedError(ArithmeticError):
    """The loss is no longer finite."""


# Starting a worker process takes as long as training some hundred thousand tokens.
TOKENS_WORTH_A_WORKER = 500_000


def _ignore(*_: Any) -> None:
    """What happens where nobody asked to be told."""


def training_arrays(
    W_in: np.ndarray,
    W_out: np.ndarray,
    stream: TokenStream,
    keep: np.ndarray,
    noise: AliasTable,
    of_objective: dict[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Name the arrays that `Trainer.train` works on.

    Parameters
    ----------
    W_in, W_out : ndarray, shape (V, d)
        Input (center) and output (context) vectors at the beginning.
    stream : TokenStream
    keep : ndarray, shape (V,) float32
        Probability that an occurrence of each word is kept.
    noise : AliasTable
    of_objective : dict, optional
        From `objective_arrays`.
    """
    return {
        **(of_objective or {}),
        "W_in": W_in,
        "W_out": W_out,
        "ids": stream.ids,
        "offsets": stream.offsets,
        "keep": keep,
        "threshold": noise.threshold,
        "alias": noise.alias,
    }


def objective_arrays(
    objective: str,
    counts: np.ndarray,
    noise: np.ndarray,
    negative: int,
    normalizer: str | None = None,
) -> dict[str, np.ndarray]:
    """What an objective needs beside the two matrices.

    Parameters
    ----------
    objective : str
        A name in `negsamp.objectives.OBJECTIVES`.
    counts, noise : ndarray, shape (V,)
        Occurrences of each word, falling, and the noise distribution.
    negative : int
        K.
    normalizer : str, optional
        Of ``"nce"``: one γ for all centers (``"global"``), one for each (``"center"``), or 0
        (``"fixed"``). Learned ones begin with log V, the normaliser of scores that are all 0.

    Returns
    -------
    dict of ndarray
        ``"row_shift"`` (V,) and ``"log_z"`` (1, 1) or (V, 1), float32; or the arrays of a
        `HuffmanTree`; or nothing.
    """
    if objective == "hierarchical":
        tree = HuffmanTree(counts)
        return {"tree_offsets": tree.offsets, "tree_nodes": tree.nodes, "tree_signs": tree.signs}
    arrays = {}
    if objective in SAMPLED:
        shift = SAMPLED[objective].row_shift(noise, negative)
        if shift is not None:
            arrays["row_shift"] = shift.astype(np.float32)
    if objective == "nce" and normalizer != "fixed":
        size = len(counts) if normalizer == "center" else 1
        arrays["log_z"] = np.full((size, 1), np.log(len(counts)), np.float32)
    return arrays


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
        A name in `negsamp.updates.OPTIMIZERS`.
    alpha, min_alpha : float
        Learning rate per pair at the first token and at the last.
    epochs : int
    workers : int
        Processes at most; a small corpus takes fewer. The result does not depend on it.
    seed : int
        Entropy of every random number.
    kept_tokens : float
        Tokens expected an epoch, after subsampling.
    objective : str
        A name in `negsamp.objectives.OBJECTIVES`. Those that draw no noise train in one process.
    max_step : float
        How far a row may move in one update: about as far as a grown row is long. Of the rows of
        ordinary text one in a hundred reaches it. Measured, see docs/performance.md.
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
    objective: str = "sgns"
    max_step: float = 2.0

    def train(
        self,
        arrays: dict[str, np.ndarray],
        raw_words: int,
        on_start: Callable[[dict[str, np.ndarray]], Any] = _ignore,
        on_epoch_end: Callable[[int, float], Any] = _ignore,
        progress: bool | None = None,
        children: Sequence[Any] = (),
    ) -> dict[str, np.ndarray]:
        """Train two matrices, and what else the objective has to learn.

        Parameters
        ----------
        arrays : dict of ndarray
            From `training_arrays`. Several workers empty it, so that what it holds need not be in
            memory twice.
        raw_words : int
            Words of the corpus, for the progress bar's words/s.
        on_start : callable
            Called with the arrays that training changes in place, as they are returned.
        on_epoch_end : callable
            Called with the epoch's number, from 0, and its loss in nats per pair.
        progress : bool, optional
            Show a progress bar; None shows it on a terminal only.
        children : sequence
            Worker processes that `negsamp.team.start_children` started ahead.

        Returns
        -------
        dict of ndarray
            ``"W_in"`` and ``"W_out"`` (V, d), and ``"log_z"`` if that is learned.

        Raises
        ------
        TrainingDivergedError
            If the loss is not finite.
        TeamError
            If a worker process dies.
        """
        d, dtype = arrays["W_in"].shape[1], arrays["W_in"].dtype
        sampled = self.objective in SAMPLED
        layout = gradient_layout(self.shape, self.reach, d, dtype) if sampled else {}
        scratch = {f"g_{name}": spec for name, spec in layout.items()}
        enough = int(self.kept_tokens * self.epochs / TOKENS_WORTH_A_WORKER)
        members = max(1, min(self.workers, self.shape.groups, enough))
        # on Windows children cannot open the parent's temporary file
        if sys.platform == "win32" or not sampled:
            members = 1
        with tqdm(
            total=raw_words * self.epochs,
            unit=" words",
            unit_scale=True,
            disable=None if progress is None else not progress,
        ) as bar:
            job = _Job(self, bar, raw_words / self.kept_tokens, on_start, on_epoch_end)
            if members == 1:
                more = {name: np.zeros(*spec) for name, spec in scratch.items()}
                run_alone(_train, arrays | more, job)
                return _learned(arrays)
            shared = run_team(_train, members, arrays, job, scratch, children)
            return {name: array.copy() for name, array in _learned(shared).items()}

    def learning_rate(self, centers_done: float) -> float:
        """Linear decay from `alpha` to `min_alpha` over the tokens of all epochs."""
        left = 1 - centers_done / (self.kept_tokens * self.epochs)
        return self.min_alpha + (self.alpha - self.min_alpha) * max(left, 0.0)

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
    """What each worker is told; the bar and the callback stay with the caller's process."""

    trainer: Trainer
    bar: Any = None
    words_a_center: float = 0.0
    on_start: Callable[[dict[str, np.ndarray]], Any] = _ignore
    on_epoch_end: Callable[[int, float], Any] = _ignore

    def for_children(self) -> _Job:
        return _Job(self.trainer)


def _learned(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: arrays[name] for name in ("W_in", "W_out", "log_z") if name in arrays}


def _train(team: Team, arrays: dict[str, np.ndarray], job: _Job) -> None:
    """The program that each worker runs."""
    worker = _Worker(team, arrays, job)
    job.on_start(_learned(arrays))
    loss = (1 + job.trainer.negative) * float(np.log(2.0))  # of scores that are all zero
    # Long rows would make each small product a task for all cores, and so for each worker: that
    # takes ten times as long, and rounds differently.
    with threadpool_limits(1, user_api="blas"):
        for epoch in range(job.trainer.epochs):
            loss = worker.train_epoch(epoch, loss)
            job.on_epoch_end(epoch, loss)


class _Worker:
    """One member of the team, its kernel and the rules for the rows that it owns."""

    def __init__(self, team: Team, arrays: dict[str, np.ndarray], job: _Job) -> None:
        t = job.trainer
        self.team, self.job, self.trainer = team, job, t
        self.stream = TokenStream(arrays["ids"], arrays["offsets"])
        self.noise = AliasTable.from_table(arrays["threshold"], arrays["alias"])
        self.keep, self.W_in, self.W_out = arrays["keep"], arrays["W_in"], arrays["W_out"]
        self.log_z = arrays.get("log_z")
        self.kernel: BlockKernel | SoftmaxKernel | HierarchicalKernel
        self.probe: BlockKernel | SoftmaxKernel | HierarchicalKernel
        if t.objective in SAMPLED:
            names = gradient_layout(t.shape, t.reach, 1)
            into = Gradients(**{name: arrays[f"g_{name}"] for name in names})
            self.kernel = self._block_kernel(t.shape, arrays, into, team.share(t.shape.groups))
            # one group is enough for the loss, so that each worker knows it by itself
            self.probe = self._block_kernel((1, *t.shape[1:]), arrays)
        elif t.objective == "softmax":
            self.kernel = self.probe = SoftmaxKernel()
        else:
            tree = [arrays[f"tree_{name}"] for name in ("offsets", "nodes", "signs")]
            self.kernel = self.probe = HierarchicalKernel(HuffmanTree.from_arrays(*tree))
        beyond = t.window - t.reach
        self.weights = window_weights(t.window, t.shrink_windows)[beyond : -beyond or None]
        rule = OPTIMIZERS[t.optimizer]
        self.rules = rule(len(self.W_in), t.max_step), rule(len(self.W_out), t.max_step)
        self.log_z_rule = NormalizerRule(0 if self.log_z is None else len(self.log_z))

    def _block_kernel(
        self,
        shape: tuple[int, int, int, int],
        arrays: dict[str, np.ndarray],
        into: Gradients | None = None,
        groups: slice = slice(None),
    ) -> BlockKernel:
        return BlockKernel(
            shape,
            self.trainer.reach,
            self.W_in.shape[1],
            self.W_in.dtype,
            into,
            groups,
            self.trainer.objective,
            arrays.get("row_shift"),
            self.log_z,
        )

    def train_epoch(self, epoch: int, loss_before: float) -> float:
        """Train on the whole stream once; the loss in nats per pair of the blocks measured."""
        t, loss, pairs = self.trainer, 0.0, 0.0
        for number, run in enumerate(self._runs(epoch)):
            blocks = self._blocks(epoch, number, run)
            for index, block in enumerate(blocks, number * t.blocks_a_run):
                if index % t.blocks_a_measurement == 0:
                    sample = block.part(slice(1))
                    loss += self._measure(sample, epoch)
                    pairs += sample.pair_weight
                # the last run may be longer than the text, or the text than expected
                done = epoch * t.kept_tokens + min(index * t.shape.batch_size, t.kept_tokens)
                self._step(block, t.learning_rate(done))
            self._report(len(run.left), loss / max(pairs, 1.0), t.learning_rate(done))
        return loss / pairs if pairs else loss_before  # without a pair nothing moved

    def _runs(self, epoch: int) -> Iterator[Windows]:
        t = self.trainer
        return iter_windows(
            self.stream.ids,
            self.stream.offsets,
            t.reach,
            t.shape.batch_size * t.blocks_a_run,
            self._rng(epoch, 0),
            shrink_windows=False,  # the weights do it
            keep=self.keep,
        )

    def _blocks(self, epoch: int, number: int, run: Windows) -> Iterator[Block]:
        t = self.trainer
        rng = self._rng(epoch, 1, number)
        return block_run(run, t.shape, t.negative, self.noise, rng, self.weights)

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.trainer.seed, spawn_key=key))

    def _step(self, block: Block, alpha: float) -> None:
        t, g = self.trainer, self.kernel.gradients(self.W_in, self.W_out, block)
        self.team.barrier()
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

    def _measure(self, block: Block, epoch: int) -> float:
        """Loss of a block in nats, the same number for every worker."""
        loss = self.probe.loss(self.W_in, self.W_out, block)
        if not np.isfinite(loss):
            raise TrainingDivergedError(
                f"the loss is {loss} in epoch {epoch + 1}; a smaller alpha or batch_size may help"
            )
        return loss

    def _report(self, centers: int, loss: float, alpha: float) -> None:
        if self.job.bar is not None:
            bar = self.job.bar
            words = round(centers * self.job.words_a_center)
            bar.update(min(words, bar.total - bar.n))
            bar.set_postfix_str(f"loss {loss:.3f}, alpha {alpha:.4f}", refresh=False)
