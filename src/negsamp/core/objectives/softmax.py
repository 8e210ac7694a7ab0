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

import numpy as np
from scipy.special import logsumexp, softmax

__all__ = ["loss", "score_gradients"]


def loss(scores: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """Loss of each pair.

    Parameters
    ----------
    scores : ndarray, shape (P, V)
        Of each pair's center and every row.
    contexts : ndarray, shape (P,) int32
        Rows of the contexts.

    Returns
    -------
    ndarray, shape (P,)
        Nats, in the dtype of the scores.
    """
    return logsumexp(scores, axis=1) - scores[np.arange(len(scores)), contexts]


def score_gradients(scores: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """Gradient of `loss` with respect to the scores, p(row | c) − [row = o].

    Parameters
    ----------
    scores, contexts
        As in `loss`.

    Returns
    -------
    ndarray, shape (P, V)
    """
    gradients = softmax(scores, axis=1)
    gradients[np.arange(len(scores)), contexts] -= 1
    return gradients
