"""How well a trained objective says what stands in a text that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from negsamp.core.blocks import BlockShape, block_run
from negsamp.core.objectives import objective_of
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import iter_windows, window_weights
from negsamp.corpus.stream import TokenStream
from negsamp.errors import CorpusError
from negsamp.training.state import extras_of

__all__ = ["mean_log_likelihood"]

# Where the noise draws start: the same for every model, whatever its own seed.
SEED = 0
# Groups of a block, their centers, and how many noise words these share at least. In training fewer
# will do; here more of them make the mean depend less on the draw.
GROUPS, GROUP_SIZE, NOISE_WORDS = 16, 64, 64
BLOCKS_A_RUN = 16


def mean_log_likelihood(
    params: Mapping[str, Any],
    W_in: np.ndarray,
    W_out: np.ndarray,
    stream: TokenStream,
    noise: np.ndarray,
    about: Mapping[str, np.ndarray],
) -> float:
    """Minus the mean loss of an objective over all pairs of a text.

    Parameters
    ----------
    params : mapping
        Those of `Word2Vec`; of account are the objective, ``window``, ``shrink_windows`` and
        ``negative``.
    W_in, W_out : ndarray, shape (V, d)
    stream : TokenStream
        The text, in rows of these.
    noise : ndarray, shape (V,) float64
        The noise distribution.
    about : mapping
        From `negsamp.training.state.objective_arrays`, as training left it.

    Returns
    -------
    float
        Nats per pair, pairs weighing as in training; no token is subsampled. Noise words come from
        a fixed seed, so that the same text gives the same number.

    Raises
    ------
    CorpusError
        If the text has no pair.
    """
    objective = objective_of(params["objective"], params["nce_normalizer"])
    negative = int(params["negative"])
    longest = stream.longest_sentence
    if longest < 2:
        raise CorpusError(
            f"there is no pair to score: none of the {stream.n_sentences} sentences that have a "
            "known word has two"
        )
    window = int(params["window"])
    reach = min(window, longest - 1)
    weights = window_weights(window, bool(params["shrink_windows"]), reach)
    # whole sets of K, for infonce
    n_noise = negative * -(-NOISE_WORDS // negative) if objective.draws_noise else 0
    shape = BlockShape(GROUPS, GROUP_SIZE, 1, n_noise)
    kernel = objective.kernel(extras_of(about), shape, reach, W_in.shape[1], W_in.dtype)
    table, rng = AliasTable(noise), np.random.default_rng(SEED)
    n_blocks = -(-len(stream) // shape.batch_size)
    size = shape.batch_size * min(n_blocks, BLOCKS_A_RUN)
    loss = pairs = 0.0
    with threadpool_limits(1, user_api="blas"):
        for run in iter_windows(stream.pieces(), reach, size, rng, False):
            for block in block_run(run, shape, negative, table, rng, weights):
                loss += kernel.loss(W_in, W_out, block)
                pairs += block.pair_weight
    return -loss / pairs
