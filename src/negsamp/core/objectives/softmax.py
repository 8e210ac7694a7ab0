"""The full softmax: how probable is the context among all words?

With scores s = u · v_c of a center c and every row u of the output matrix,

    loss = −log p(o | c) = −s_o + log Σ_row exp(s_row)                               [1]_, eq. 2

so that ∂loss/∂s is p(row | c), less 1 for the context. It costs O(V) a pair, and is what the other
objectives avoid.

References
----------
.. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
   Compositionality", NIPS 2013.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax

from negsamp.core.kernels.softmax import PARTS, SoftmaxKernel, softmax_bytes, softmax_layout
from negsamp.core.objectives.base import ExactObjective, Extras
from negsamp.core.optimizers import Layout

__all__ = ["Softmax"]


class Softmax(ExactObjective):
    """A context among all words."""

    name = "softmax"
    ignores_shift = True

    def loss(self, scores: np.ndarray, contexts: np.ndarray) -> np.ndarray:  # type: ignore[override]
        """Loss of each pair in nats, (P,), in the dtype of the scores.

        `scores` (P, V) are those of each pair's center and every row, `contexts` (P,) the rows of
        the contexts.
        """
        return logsumexp(scores, axis=1) - scores[np.arange(len(scores)), contexts]

    def score_gradients(  # type: ignore[override]
        self, scores: np.ndarray, contexts: np.ndarray
    ) -> np.ndarray:
        """p(row | c) − [row = o], (P, V)."""
        gradients = softmax(scores, axis=1)
        gradients[np.arange(len(scores)), contexts] -= 1
        return gradients

    def turn_rows(self, scores: np.ndarray, contexts: np.ndarray, weights: np.ndarray) -> None:
        """Turn scores in place into what −∂loss/∂score is, Σ a [row = o] − p(row | c) Σ a.

        `scores` (n, V) are those of n centers and every row, `contexts` (n, C) the rows of their
        contexts, and `weights` (n, C) the weights a of these.
        """
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores *= -(weights.sum(axis=1) / scores.sum(axis=1))[:, None]
        np.add.at(scores, (np.arange(len(scores))[:, None], contexts), weights)

    def rows_loss(self, scores: np.ndarray, contexts: np.ndarray, weights: np.ndarray) -> float:
        """Loss of all pairs in nats, with the arguments of `turn_rows`."""
        log_p = np.take_along_axis(scores, contexts, axis=1) - logsumexp(scores, axis=1)[:, None]
        return -float((weights * log_p).sum(dtype=float))

    def kernel(self, extras: Extras, *args: Any, **options: Any) -> SoftmaxKernel:
        """The kernel for blocks of a shape."""
        return SoftmaxKernel(self, *args, **options)

    def gradient_layout(
        self,
        extras: Extras,
        V: int,
        shape: tuple[int, int, int, int],
        reach: int,
        vector_size: int,
        dtype: Any,
    ) -> Layout:
        """Some times all rows."""
        return softmax_layout(shape, V, vector_size, dtype)

    def update_bytes(
        self, shape: tuple[int, int, int, int], reach: int, V: int, d: int
    ) -> tuple[int, int]:
        """The scores of a slice of the block are there until those of the next are."""
        G, L = shape[:2]
        scores = min(2 * softmax_bytes(V, 0) // 3, 5 * V * G * L)
        gradients = 4 * (d + 3) * (min(PARTS, G) * V + G * L)
        return gradients, scores + 8 * V * d + 4 * G * L * (2 * reach + 1)

    def working_bytes(self, V: int, d: int) -> int:
        """Those of `SoftmaxKernel`."""
        return softmax_bytes(V, d)
