"""Skip-gram with negative sampling.

For a center c, its context o and noise words k, with scores s = u · v_c,

    loss = −log σ(s_o) − Σ_k log σ(−s_k)                                              [1]_, eq. 4

so that ∂loss/∂s_o = σ(s_o) − 1 and ∂loss/∂s_k = σ(s_k). At its minimum
s = log p(c, o) / (p(c) · p_noise(o)) − log K: the pointwise mutual information, shifted [2]_.

References
----------
.. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
   Compositionality", NIPS 2013.
.. [2] O. Levy, Y. Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NIPS 2014,
   eq. 10.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

__all__ = ["loss", "row_shift", "score_gradients"]


def row_shift(noise: np.ndarray, negative: int) -> None:
    """Nothing is subtracted from the scores: they come to hold the noise distribution and K."""


def loss(positive: np.ndarray, negative: np.ndarray, weight: float = 1.0) -> np.ndarray:
    """Loss of each pair.

    Parameters
    ----------
    positive : ndarray, shape (P,)
        Scores of the contexts, s_o.
    negative : ndarray, shape (P, N)
        Scores of the noise words, s_k.
    weight : float
        Weight of each noise word: K / N where N words stand for K.

    Returns
    -------
    ndarray, shape (P,)
        Nats, in the dtype of the scores.
    """
    return -log_expit(positive) - weight * log_expit(-negative).sum(axis=1)


def score_gradients(
    positive: np.ndarray, negative: np.ndarray, weight: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of `loss` with respect to the scores.

    Parameters
    ----------
    positive, negative, weight
        As in `loss`.

    Returns
    -------
    ndarray, shape (P,)
        ∂loss/∂s_o = σ(s_o) − 1 = −σ(−s_o).
    ndarray, shape (P, N)
        ∂loss/∂s_k = weight · σ(s_k).
    """
    return -expit(-positive), weight * expit(negative)
