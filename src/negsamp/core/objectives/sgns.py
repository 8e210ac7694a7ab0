"""Skip-gram with negative sampling.

For a center c, its context o and noise words k, with scores s = u · v_c − `shift`,

    loss = −log σ(s_o) − Σ_k log σ(−s_k)                                              [1]_, eq. 4

so that ∂loss/∂s_o = σ(s_o) − 1 and ∂loss/∂s_k = σ(s_k). At its minimum
s = log p(c, o) / (p(c) · p_noise(o)) − log K: the pointwise mutual information, shifted [2]_. The
papers have a `shift` of 0. Another one is the same loss of vectors that have one more number each,
1 in v and −`shift` in u, which is held: most pairs are met less often than chance would have it,
and vectors that can say so with this number need no large part in common for it. With log K,
u · v_c is the pointwise mutual information itself.

References
----------
.. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
   Compositionality", NIPS 2013.
.. [2] O. Levy, Y. Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NIPS 2014,
   eq. 10.
"""

from __future__ import annotations

import math
from copy import copy
from typing import Any

import numpy as np
from scipy.special import expit, log_expit

from negsamp.core.blocks import Scores
from negsamp.core.objectives.base import Objective, Trained, all_scores

__all__ = ["SGNS", "usual_shift"]


def usual_shift(negative: int) -> float:
    """The shift that gives the best vectors, measured in docs/performance.md: 1 + log K."""
    return 1 + math.log(negative)


class SGNS(Objective):
    """Each row by itself: is it the context, or noise?

    Parameters
    ----------
    shift : float
        Subtracted from the products of vectors, which the methods take for scores.
    """

    name = "sgns"

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    @property
    def noise_is_weak(self) -> bool:  # type: ignore[override]
        """Whether σ(s) of a noise word is far below ½ at first."""
        return self.shift >= 1

    def with_shift(self, shift: float | None) -> Objective:
        """The same with another shift; None leaves it as it is."""
        if shift is None:
            return self
        other = copy(self)
        other.shift = float(shift)
        return other

    def pmi_offset(self, negative: int) -> float | None:
        """`shift` − log K."""
        return self.shift - math.log(negative)

    def loss(self, positive: np.ndarray, negative: np.ndarray, weight: float = 1.0) -> np.ndarray:
        """−log σ(s_o) − weight · Σ_k log σ(−s_k)."""
        positive, negative = positive - self.shift, negative - self.shift
        return -log_expit(positive) - weight * log_expit(-negative).sum(axis=-1)

    def score_gradients(
        self, positive: np.ndarray, negative: np.ndarray, weight: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """∂loss/∂s_o = σ(s_o) − 1 = −σ(−s_o), and ∂loss/∂s_k = weight · σ(s_k)."""
        positive, negative = positive - self.shift, negative - self.shift
        return -expit(-positive), weight * expit(negative)

    def turn(self, scores: Scores) -> None:
        """Turn scores in place into A · σ(−s) for contexts of weight A and −A · σ(s) for noise."""
        s = scores
        if self.shift:
            np.subtract(s.contexts, self.shift, out=s.contexts)
        np.negative(s.noise, out=s.noise)
        _weighted_sigmoid(s.contexts, s.weights)
        # σ(s − c) = 1 / (1 + eᶜ⁻ˢ) = e⁻ᶜ / (e⁻ᶜ + e⁻ˢ), without a pass over all scores
        one = np.exp(-self.shift)
        weights = -(s.pair_weights * s.noise.dtype.type(s.noise_weight * one))
        _weighted_sigmoid(s.noise, weights, s.noise.dtype.type(one))

    def block_loss(self, scores: Scores) -> float:
        """Loss of all pairs, in nats: contexts by themselves, noise words once a center."""
        s = scores
        weights = s.pair_weights * s.noise.dtype.type(s.noise_weight)
        positive = (s.weights * _softplus(self.shift - s.contexts)).sum(dtype=float)
        return float(positive + (weights * _softplus(s.noise - self.shift)).sum(dtype=float))

    def pair_scores(self, model: Trained, centers: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """s, the pointwise mutual information less log K."""
        return super().pair_scores(model, centers, contexts) - self.shift

    def log_probabilities(self, model: Trained, centers: np.ndarray) -> np.ndarray:
        """s + log K·U, from the minimum above; the probabilities sum to about 1."""
        s = all_scores(model, centers) - self.shift
        with np.errstate(divide="ignore"):
            return s + np.log(model.negative) + np.log(model.noise)


def _weighted_sigmoid(s: np.ndarray, weights: np.ndarray, one: Any = 1) -> None:
    """Turn scores into weights / (one + eˢ), which is weights · σ(−s), in place."""
    with np.errstate(over="ignore"):  # e⁸⁹ = ∞ gives σ = 0, as it should
        np.exp(s, out=s)
    s += one
    np.divide(weights, s, out=s)


def _softplus(s: np.ndarray) -> np.ndarray:
    """log(1 + eˢ), which is −log σ(−s), in an eighth of the time of `log_expit`."""
    return np.maximum(s, 0) + np.log(1 + np.exp(-np.abs(s)))
