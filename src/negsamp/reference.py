"""One step on explicit pairs, written to be read; what the fast kernel must agree with.

Nothing here is fast, and nothing is shared with `kernel`: scores are taken pair by pair, the
objective turns them into gradients, and the chain rule of the bilinear score s = u · v carries
those to the vectors: ∂loss/∂v = Σ ∂loss/∂s · u and ∂loss/∂u = ∂loss/∂s · v.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from negsamp.objectives import OBJECTIVES
from negsamp.pairs import Block, Pairs
from negsamp.updates import Gradients

__all__ = ["gradients", "loss"]


def loss(W_in: np.ndarray, W_out: np.ndarray, block: Block, objective: str = "sgns") -> np.ndarray:
    """Loss of each pair of a block, times the pair's weight.

    Parameters
    ----------
    W_in, W_out : ndarray, shape (V, d)
        Input (center) and output (context) vectors.
    block : Block
    objective : str
        A name in `negsamp.objectives.OBJECTIVES`.

    Returns
    -------
    ndarray, shape (P,)
        Nats.
    """
    pairs = block.pairs()
    positive, negative = _scores(W_in, W_out, pairs)
    return pairs.weights * _module(objective).loss(positive, negative, pairs.noise_weight)


def gradients(
    W_in: np.ndarray, W_out: np.ndarray, block: Block, objective: str = "sgns"
) -> Gradients:
    """The direction in which each occurrence of a block wants its row to go.

    Parameters
    ----------
    W_in, W_out, block, objective
        As in `loss`.

    Returns
    -------
    Gradients
        In the dtype of the matrices.
    """
    pairs = block.pairs()
    positive, negative = _scores(W_in, W_out, pairs)
    g_positive, g_negative = _module(objective).score_gradients(
        positive, negative, pairs.noise_weight
    )
    g_positive, g_negative = pairs.weights * g_positive, pairs.weights[:, None] * g_negative
    d = W_in.shape[1]
    g_centers = np.zeros((block.tokens.size, d), W_in.dtype)
    g_contexts = np.zeros((block.tokens.size, d), W_out.dtype)
    g_noise = np.zeros((block.noise.size, d), W_out.dtype)
    for p in range(len(pairs.centers)):
        v, u = W_in[pairs.centers[p]], W_out[pairs.contexts[p]]
        g_centers[pairs.center_slots[p]] -= g_positive[p] * u
        g_contexts[pairs.context_slots[p]] -= g_positive[p] * v
        for k, slot in enumerate(pairs.noise_slots[p]):
            g_centers[pairs.center_slots[p]] -= g_negative[p, k] * W_out[pairs.negatives[p, k]]
            g_noise[slot] -= g_negative[p, k] * v
    g_outputs = np.concatenate([g_contexts, g_noise])
    return Gradients(g_centers, g_outputs, (g_centers**2).sum(axis=1), (g_outputs**2).sum(axis=1))


def _scores(W_in: np.ndarray, W_out: np.ndarray, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    v = W_in[pairs.centers]
    positive = np.einsum("pd,pd->p", v, W_out[pairs.contexts])
    negative = np.einsum("pd,pnd->pn", v, W_out[pairs.negatives])
    return positive, negative


def _module(objective: str) -> ModuleType:
    return OBJECTIVES[objective]
