"""InfoNCE: which of K + 1 rows is the context, and which were drawn as noise?

With a = s − log U(row), the score s = u · v_c less the logarithm of the noise probability,

    loss = −log ( exp(a_o) / (exp(a_o) + Σ_k exp(a_k)) )                             [1]_, eq. 4

so that ∂loss/∂a is the softmax over these rows, less 1 for the context. Where `nce` asks of each
row by itself, true or noise, this asks of all of them together, and needs no partition function. At
its minimum s = log p(row | c) up to a number that may differ from center to center; exp(a)
estimates the density ratio p(row | c) / U(row) up to a factor ([1]_, eq. 2).

N = m K noise words stand for K as m sets of K: the loss is the mean over the sets.

References
----------
.. [1] A. van den Oord, Y. Li, O. Vinyals, "Representation Learning with Contrastive Predictive
   Coding", 2018, arXiv:1807.03748.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logsumexp

__all__ = ["loss", "row_shift", "score_gradients"]


def row_shift(noise: np.ndarray, negative: int) -> np.ndarray:
    """What is subtracted from the scores of each row, log U(row).

    Parameters
    ----------
    noise : ndarray, shape (V,)
        U, the noise distribution. Where it is 0, the shift is −∞ and the loss 0.
    negative : int
        K, without influence.

    Returns
    -------
    ndarray, shape (V,) float64
    """
    with np.errstate(divide="ignore"):
        return np.log(noise)


def loss(positive: np.ndarray, negative: np.ndarray, weight: float = 1.0) -> np.ndarray:
    """Loss of each pair.

    Parameters
    ----------
    positive : ndarray, shape (P,)
        Shifted scores of the contexts, a_o.
    negative : ndarray, shape (P, N)
        Shifted scores of the noise words, a_k, one set of K after the other.
    weight : float
        K / N, one by the number of sets.

    Returns
    -------
    ndarray, shape (P,)
        Nats, in the dtype of the scores.
    """
    return np.logaddexp(0, _noise(negative, weight) - positive[:, None]).mean(axis=1)


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
        ∂loss/∂a_o, the mean over sets of p_o − 1 = −σ(log Σ_k exp(a_k) − a_o).
    ndarray, shape (P, N)
        ∂loss/∂a_k = p_k / m in its set.
    """
    noise = _noise(negative, weight)
    P, m = noise.shape
    total = np.logaddexp(positive[:, None], noise)
    sets = negative.reshape(P, m, negative.shape[1] // m)
    p_noise = np.exp(sets - total[:, :, None]) / negative.dtype.type(m)
    return -expit(noise - positive[:, None]).mean(axis=1), p_noise.reshape(negative.shape)


def _noise(negative: np.ndarray, weight: float) -> np.ndarray:
    """log Σ_k exp(a_k) of each set, (P, m)."""
    P, N = negative.shape
    m = round(1 / weight)
    return logsumexp(negative.reshape(P, m, N // m), axis=2)
