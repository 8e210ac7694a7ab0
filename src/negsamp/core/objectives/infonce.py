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

from negsamp.core.blocks import Scores
from negsamp.core.objectives.base import Objective

__all__ = ["InfoNCE"]


class InfoNCE(Objective):
    """A context among noise."""

    name = "infonce"
    ignores_shift = True

    def noise_multiple(self, negative: int) -> int:
        """Whole sets of K."""
        return negative

    def row_shift(self, noise: np.ndarray, negative: int) -> np.ndarray:
        """log U(row); where U is 0, the shift is −∞ and the loss 0."""
        with np.errstate(divide="ignore"):
            return np.log(noise)

    def loss(self, positive: np.ndarray, negative: np.ndarray, weight: float = 1.0) -> np.ndarray:
        """log (1 + Σ_k exp(a_k − a_o)), the mean over 1 / weight sets of noise words."""
        return np.logaddexp(0, _log_sums(negative, weight) - positive[..., None]).mean(axis=-1)

    def score_gradients(
        self, positive: np.ndarray, negative: np.ndarray, weight: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """∂loss/∂a_o, the mean over sets of p_o − 1 = −σ(log Σ_k exp(a_k) − a_o), and
        ∂loss/∂a_k = p_k / m in its set.
        """
        noise = _log_sums(negative, weight)
        total = np.logaddexp(positive[..., None], noise)
        p_noise = np.exp(_sets(negative, weight) - total[..., None])
        p_noise /= negative.dtype.type(noise.shape[-1])
        N = negative.shape[-1]
        return -expit(noise - positive[..., None]).mean(axis=-1), p_noise.reshape(
            *total.shape[:-1], N
        )

    def turn(self, scores: Scores) -> None:
        """Turn scores in place: with Z = Σ_k exp(a_k) of a set and R = A / (exp(a) + Z), into
        Z · R for contexts of weight A and −exp(a_k) · Σ R for noise, in the mean over the sets.
        """
        a, sets = scores.contexts, _sets(scores.noise, scores.noise_weight)
        top, Z = _exponentials(scores)
        with np.errstate(over="ignore"):  # a context far above all noise has no gradient
            positive = np.exp(a - top)
        a[...] = 0
        A = scores.weights / a.dtype.type(sets.shape[2])
        for k in range(sets.shape[2]):
            R = A / (positive + Z[:, :, k, None])
            sets[:, :, k] *= -R.sum(axis=2)[:, :, None]
            R *= Z[:, :, k, None]
            a += R

    def block_loss(self, scores: Scores) -> float:
        """Loss of all pairs, in nats."""
        top, Z = _exponentials(scores)
        a, A = scores.contexts - top, scores.weights / Z.shape[2]
        return sum(
            float((A * np.logaddexp(0, np.log(Z[:, :, k, None]) - a)).sum(dtype=float))
            for k in range(Z.shape[2])
        )


def _sets(noise: np.ndarray, weight: float) -> np.ndarray:
    """A view of noise words (..., N) as sets, (..., m, K)."""
    m = round(1 / weight)
    return noise.reshape(*noise.shape[:-1], m, noise.shape[-1] // m)


def _log_sums(noise: np.ndarray, weight: float) -> np.ndarray:
    """log Σ_k exp(a_k) of each set, (..., m)."""
    return logsumexp(_sets(noise, weight), axis=-1)


def _exponentials(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Turn scores of noise into exp(a_k − top), in place.

    Returns the largest score of each center, top (G, L, 1), and Z of its sets, (G, L, m).
    """
    s = scores.noise
    top = s.max(axis=2, keepdims=True)
    s -= top
    np.exp(s, out=s)
    # a set far below another one has no more than nothing, and no less
    Z = np.maximum(_sets(s, scores.noise_weight).sum(axis=3), np.finfo(s.dtype).tiny)
    return top, Z
