"""Noise-contrastive estimation.

A row of the vocabulary is either the true context of a center c, or one of K noise words drawn from
U. With the score s = u · v_c and γ_c, the logarithm of the partition function Σ_row exp(s),

    P(1 | row, c) = σ(s − γ_c − log K·U(row))                               [1]_, eq. 3; [2]_, eq. 8
    loss = −log P(1 | o, c) − Σ_k log (1 − P(1 | k, c))

At its minimum s − γ_c = log p(row | c), whatever K and U are. The functions below take a, the
scores from which γ_c and `row_shift` are subtracted, so that ∂loss/∂a_o = σ(a_o) − 1 and
∂loss/∂a_k = σ(a_k), and ∂loss/∂γ_c is minus the sum of these.

References
----------
.. [1] M. Gutmann, A. Hyvärinen, "Noise-contrastive estimation: A new estimation principle for
   unnormalized statistical models", AISTATS 2010.
.. [2] A. Mnih, Y. W. Teh, "A fast and simple algorithm for training neural probabilistic language
   models", ICML 2012.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

__all__ = ["loss", "row_shift", "score_gradients"]


def row_shift(noise: np.ndarray, negative: int) -> np.ndarray:
    """What is subtracted from the scores of each row, log K·U(row).

    Parameters
    ----------
    noise : ndarray, shape (V,)
        U, the noise distribution. Where it is 0, a row is never noise, its shift is −∞ and its
        loss 0.
    negative : int
        K.

    Returns
    -------
    ndarray, shape (V,) float64
    """
    with np.errstate(divide="ignore"):
        return np.log(noise) + np.log(negative)


def loss(positive: np.ndarray, negative: np.ndarray, weight: float = 1.0) -> np.ndarray:
    """Loss of each pair.

    Parameters
    ----------
    positive : ndarray, shape (P,)
        Shifted scores of the contexts, a_o.
    negative : ndarray, shape (P, N)
        Shifted scores of the noise words, a_k.
    weight : float
        Weight of each noise word: K / N where N words stand for K.

    Returns
    -------
    ndarray, shape (P,)
        Nats, in the dtype of the scores.
    """
    p_true, p_noise = log_expit(positive), log_expit(-negative)
    return -p_true - weight * p_noise.sum(axis=1)


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
        ∂loss/∂a_o = −P(0 | o, c).
    ndarray, shape (P, N)
        ∂loss/∂a_k = weight · P(1 | k, c).
    """
    return -expit(-positive), weight * expit(negative)
