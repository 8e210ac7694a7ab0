"""How well a trained objective predicts a text that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from negsamp.core.blocks import Block, BlockShape, block_run
from negsamp.core.objectives import Trained
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import iter_windows, window_weights
from negsamp.corpus.stream import TokenStream
from negsamp.errors import CorpusError
from negsamp.training.settings import Settings

__all__ = ["mean_log_likelihood", "text_blocks"]

# Where the noise draws start: the same for every model, whatever its own seed.
SEED = 0
# Groups of a block, their centers, and how many noise words these share at least. In training fewer
# will do; here more of them make the mean depend less on the draw.
GROUPS, GROUP_SIZE, NOISE_WORDS = 16, 64, 64
BLOCKS_A_RUN = 16


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
    objective, K = settings.objective, settings.negative
    reach = min(settings.window, longest - 1)
    weights = window_weights(settings.window, settings.shrink_windows, reach)
    # whole sets of K, for infonce
    n_noise = K * -(-NOISE_WORDS // K) if objective.draws_noise else 0
    shape = BlockShape(GROUPS, GROUP_SIZE, 1, n_noise)
    W_in, W_out, extras, noise, _ = trained
    kernel = objective.kernel(extras, shape, reach, W_in.shape[1], W_in.dtype)
    rng, table = np.random.default_rng(SEED), AliasTable(noise)
    mixed = min(-(-len(stream) // shape.batch_size), BLOCKS_A_RUN)
    blocks = text_blocks(stream, reach, shape, mixed, K, table, weights, lambda _: rng)
    loss = pairs = 0.0
    with threadpool_limits(1, user_api="blas"):
        for block in blocks:
            loss += kernel.loss(W_in, W_out, block)
            pairs += block.pair_weight
    return -loss / pairs
