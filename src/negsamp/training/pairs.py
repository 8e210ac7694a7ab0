"""Epochs on explicit pairs: from `PairData` to two trained matrices, in one process.

A pair whose weight is w times the mean stands in an epoch as ⌈w / 4⌉ entries of equal weights: a
heavy pair is met at many places and fills no update, a light one is one entry. Entries are shuffled
anew for each epoch. Only the ratios of weights matter: the entries' mean is made 1, for which the
learning rate is meant. In AdaGrad's sums an entry of weight a counts as a occurrences, so that two
entries of weight 1 are the same as one of weight 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from negsamp.core.kernels.pairs import PairBlock, PairKernel
from negsamp.core.objectives import objective_of
from negsamp.core.optimizers import OPTIMIZERS, Gradients
from negsamp.core.sampling import AliasTable, custom_noise, noise_probabilities
from negsamp.corpus.pairs import PairData
from negsamp.errors import TrainingDivergedError
from negsamp.training.interrupts import Interrupts
from negsamp.training.state import initial_vectors

__all__ = ["PairRun", "check_pair_parameters", "choose_pair_shape", "split_weights"]

# A group as in training on text: 16 noise words for the pairs of K = 5, more for more.
GROUP, NOISE_WORDS = 64, 16
LARGEST_BATCH, FLOATS_PER_BATCH = 8192, 2**20
UPDATES_PER_EPOCH = 200
# Of the most frequent word in one update: of text it is 64, each a center of some six pairs.
OCCURRENCES_PER_BATCH = 384
MAX_STEP = 2.0
HEAVIEST = 4.0  # entry, in means


def check_pair_parameters(params: Mapping[str, Any]) -> None:
    """Refuse what training on pairs cannot do.

    Raises
    ------
    ValueError
    """
    if not objective_of(params["objective"], params["nce_normalizer"]).trains_pairs:
        raise ValueError(f"objective is {params['objective']!r}; fit_pairs trains 'sgns' only")


def choose_pair_shape(
    entries: int, largest_share: float, vector_size: int, negative: int, batch_size: int | None
) -> tuple[int, int, int]:
    """Groups, pairs a group and noise words a group of one update.

    Parameters
    ----------
    entries : int
        Of an epoch.
    largest_share : float
        Share of their weight that the most frequent word of either side has.
    vector_size, negative : int
        d and K.
    batch_size : int, optional
        Pairs in one update, rounded up to whole groups; chosen if None.
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
    """Pairs as entries that are about equally heavy.

    Parameters
    ----------
    weights : ndarray, shape (P,) float64
        Above 0.

    Returns
    -------
    copies : ndarray, shape (P,) int64
        Entries of each pair, ⌈w / (`HEAVIEST` · mean)⌉; fewer than 1.25 P in all.
    entry_weights : ndarray, shape (P,) float32
        Weight of each of a pair's entries; 1 in the mean over all entries.
    """
    share = weights / weights.max()  # whose sum and quotients are in range
    ratio = share / share.mean()
    copies = np.maximum(np.ceil(ratio / HEAVIEST), 1).astype(np.int64)
    each = ratio / copies
    return copies, (each * (copies.sum() / ratio.sum())).astype(np.float32)


class PairRun:
    """A run on pairs.

    Parameters
    ----------
    params : mapping
        Those of `Word2Vec`.
    data : PairData

    Attributes
    ----------
    W_in, W_out : ndarray, shapes (V, d) and (V', d) float32
    noise : ndarray, shape (V',) float64
        The noise distribution.
    losses : list of float
        Mean loss of each epoch, in nats per pair.
    epoch : int
        Epochs done.
    """

    def __init__(self, params: Mapping[str, Any], data: PairData) -> None:
        p = self.params = params
        self.data = data
        self._objective = objective_of(p["objective"], p["nce_normalizer"])
        seed = None if p["seed"] is None else int(p["seed"])
        self._seed = int(np.random.SeedSequence(seed).entropy)  # type: ignore[arg-type]
        d, K = int(p["vector_size"]), int(p["negative"])
        V, V_out = len(data.center_words), len(data.context_words)
        self.W_in, _ = initial_vectors(V, d, self._seed)
        self.W_out = np.zeros((V_out, d), np.float32)
        w = data.context_weights
        if p["noise"] is None:
            self.noise = noise_probabilities(w / w.min(), p["ns_exponent"])
        else:
            self.noise = custom_noise(p["noise"], w)
        copies, self._weights = split_weights(data.weights)
        pairs = np.arange(len(copies), dtype=np.int32 if len(copies) < 2**31 else np.int64)
        self._entries = np.repeat(pairs, copies)
        heaviest = max(
            float(np.bincount(ids, data.weights).max()) for ids in (data.centers, data.contexts)
        )
        share = heaviest / float(data.weights.sum())
        batch = None if p["batch_size"] is None else int(p["batch_size"])
        self.shape = choose_pair_shape(len(self._entries), share, d, K, batch)
        self._kernels: dict[int, PairKernel] = {}
        rule = OPTIMIZERS[p["optimizer"]]
        self._rules = rule(V, MAX_STEP), rule(V_out, MAX_STEP)
        self.losses: list[float] = []
        self.epoch, self._done = 0, 0.0

    def train(self, on_epoch_end: Callable[[], Any], show_bar: bool | None) -> None:
        """Train to the end.

        Parameters
        ----------
        on_epoch_end : callable
            Called after each epoch, the attributes being up to date then.
        show_bar : bool, optional
            As in `Trainer.train`.

        Raises
        ------
        TrainingDivergedError
            If numbers are no longer finite; the matrices are those before them.
        KeyboardInterrupt
            After Ctrl-C, between two updates.
        """
        epochs = int(self.params["epochs"])
        bar = tqdm(
            total=len(self._entries) * epochs,
            unit=" pairs",
            unit_scale=True,
            disable=None if show_bar is None else not show_bar,
        )
        with bar, threadpool_limits(1, user_api="blas"), Interrupts() as interrupts:
            while self.epoch < epochs:
                self._train_epoch(bar, interrupts)
                on_epoch_end()

    @property
    def place(self) -> str:
        """Where the run is, in words."""
        epochs = self.params["epochs"]
        if self.epoch == epochs:
            return f"at the end of its {epochs} epochs"
        return f"in epoch {self.epoch + 1} of {epochs}, after {100 * self._done:.0f} % of it"

    def _train_epoch(self, bar: Any, interrupts: Interrupts) -> None:
        p, n = self.params, len(self._entries)
        loss, weight, self._done = 0.0, 0.0, 0.0
        G, L, _ = self.shape
        updates = -(-n // (G * L))
        # of so many updates, one has its loss taken; all of them where there are few
        each = int(np.clip(updates // 64, 1, 16))
        for number, block in enumerate(self._blocks()):
            kernel = self._kernel(len(block.noise))
            if number % each == 0:
                loss += self._finite("the loss", kernel.loss(self.W_in, self.W_out, block))
                weight += float(block.weights.sum(dtype=float))
            g = kernel.gradients(self.W_in, self.W_out, block)
            left = 1 - (self.epoch + number / updates) / p["epochs"]
            alpha = p["min_alpha"] + (p["alpha"] - p["min_alpha"]) * left
            with interrupts.held():
                self._step(block, g, alpha)
                self._done = (number + 1) / updates
            bar.update(min(G * L, n - number * G * L))
            shown = f"loss {loss / weight:.3f}, alpha {alpha:.4f}"
            bar.set_postfix_str(shown, refresh=False)
        with interrupts.held():
            self.losses.append(loss / weight)
            self.epoch, self._done = self.epoch + 1, 0.0

    def _blocks(self) -> Iterator[PairBlock]:
        """The blocks of an epoch; the last has fewer groups, filled up with pairs of weight 0."""
        G, L, N = self.shape
        data, K = self.data, int(self.params["negative"])
        seed = np.random.SeedSequence(self._seed, spawn_key=(self.epoch,))
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

    def _kernel(self, groups: int) -> PairKernel:
        if groups not in self._kernels:
            shape = (groups, *self.shape[1:])
            self._kernels[groups] = PairKernel(self._objective, shape, self.W_in.shape[1])
        return self._kernels[groups]

    def _step(self, block: PairBlock, g: Gradients, alpha: float) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            total = g.center_squares.sum() + g.output_squares.sum()
        self._finite("a gradient", float(total))
        a = block.weights.reshape(-1)
        heavy = np.where(a > 0, a, 1)
        squares = g.center_squares / heavy, g.output_squares.copy()
        squares[1][: len(a)] /= heavy
        rows = block.centers.reshape(-1), block.output_rows
        lengths = np.sqrt(g.center_squares), np.sqrt(g.output_squares)
        matrices, gradients = (self.W_in, self.W_out), (g.centers, g.outputs)
        for side, rule in enumerate(self._rules):
            rule.apply(
                matrices[side],
                rows[side],
                gradients[side],
                squares[side],
                alpha,
                lengths=lengths[side],
            )

    def _finite(self, what: str, value: float) -> float:
        if not np.isfinite(value):
            p, (G, L, _) = self.params, self.shape
            raise TrainingDivergedError(
                f"training diverged {self.place}: {what} is not finite, and the vectors are those "
                f"before it. alpha is {p['alpha']} and batch_size {G * L}; smaller ones may help"
            )
        return value
