"""How well a trained objective predicts a text that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from negsamp.core.blocks import Block, BlockShape, block_run
from negsamp.core.objectives import Trained
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import iter_windows, window_weights
from negsamp.corpus.stream import TokenStream
from negsamp.errors import CorpusError
from negsamp.training.settings import Settings

__all__ = ["mean_log_likelihood", "text_blocks", "text_log_likelihoods"]

# Where the noise draws start: the same for every model, whatever its own seed.
SEED = 0
# Groups of a block, their centers, and how many noise words these share at least. In training fewer
# will do; here more of them make the mean depend less on the draw.
GROUPS, GROUP_SIZE, NOISE_WORDS = 16, 64, 64
BLOCKS_A_RUN = 16
# Where each text is scored by itself: short ones fill a group, and have more noise words for that.
TEXT_GROUP, TEXT_NOISE_WORDS = 32, 256


def text_blocks(
    stream: TokenStream,
    reach: int,
    shape: tuple[int, int, int, int],
    blocks_a_run: int,
    negative: int,
    noise: AliasTable,
    weights: np.ndarray,
    rng_of_run: Callable[[int], np.random.Generator],
) -> Iterator[Block]:
    """Every token of a text as a center of a block, with noise words drawn for it.

    The groups of `blocks_a_run` blocks are mixed, and their noise is drawn by the generator that
    `rng_of_run` gives for the number of the run; the rest is as in `negsamp.core.blocks.block_run`.
    """
    size, no_rng = shape[0] * shape[1] * blocks_a_run, np.random.default_rng(0)
    # the weights shrink the windows, so nothing is drawn for these
    runs = iter_windows(stream.pieces(), reach, size, no_rng, shrink_windows=False)
    for number, run in enumerate(runs):
        yield from block_run(run, shape, negative, noise, rng_of_run(number), weights)


def mean_log_likelihood(settings: Settings, trained: Trained, stream: TokenStream) -> float:
    """Minus the mean loss of an objective over all pairs of a text, in nats per pair.

    Pairs weigh as in training, and no token is subsampled. Noise words come from a fixed seed, so
    that the same text gives the same number.
    """
    longest = stream.longest_sentence
    if longest < 2:
        raise CorpusError(
            f"there is no pair to score: none of the {stream.n_sentences} sentences that have a "
            "known word has two"
        )
    scorer = _Scorer(settings, trained, GROUPS, GROUP_SIZE, NOISE_WORDS)
    mixed = min(-(-len(stream) // scorer.shape.batch_size), BLOCKS_A_RUN)
    with threadpool_limits(1, user_api="blas"):
        return scorer.mean(stream, mixed)


def text_log_likelihoods(
    settings: Settings, trained: Trained, texts: Iterable[np.ndarray]
) -> np.ndarray:
    """`mean_log_likelihood` of each text by itself, (n,) float64; nan where there is no pair.

    A text is the ids of its known tokens, one sentence. All have the same noise words, so that a
    text's number depends on no other text.
    """
    scorer = _Scorer(settings, trained, 1, TEXT_GROUP, TEXT_NOISE_WORDS)
    found = []
    with threadpool_limits(1, user_api="blas"):
        for ids in texts:
            stream = TokenStream(ids, np.array([0, len(ids)]))
            found.append(scorer.mean(stream) if len(ids) > 1 else np.nan)
    return np.array(found, np.float64)


class _Scorer:
    """What takes the mean of a text, with a kernel for each reach that is met."""

    def __init__(
        self, settings: Settings, trained: Trained, groups: int, size: int, noise_words: int
    ) -> None:
        self.settings, self.trained = settings, trained
        objective, K = settings.objective, settings.negative
        # whole sets of K, for infonce
        n_noise = K * -(-noise_words // K) if objective.draws_noise else 0
        self.shape = BlockShape(groups, size, 1, n_noise)
        self.table = AliasTable(trained.noise)
        self.kernel = lru_cache(maxsize=8)(self._kernel)

    def _kernel(self, reach: int) -> Any:
        W_in, extras = self.trained.W_in, self.trained.extras
        objective = self.settings.objective
        return objective.kernel(extras, self.shape, reach, W_in.shape[1], W_in.dtype)

    def mean(self, stream: TokenStream, blocks_a_run: int = 1) -> float:
        """Minus the mean loss of a text that has a pair."""
        s, rng = self.settings, np.random.default_rng(SEED)
        reach = min(s.window, stream.longest_sentence - 1)
        weights, kernel = window_weights(s.window, s.shrink_windows, reach), self.kernel(reach)
        loss = pairs = 0.0
        for block in text_blocks(
            stream, reach, self.shape, blocks_a_run, s.negative, self.table, weights, lambda _: rng
        ):
            loss += kernel.loss(self.trained.W_in, self.trained.W_out, block)
            pairs += block.pair_weight
        return -loss / pairs
