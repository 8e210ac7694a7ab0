"""Hierarchical softmax: the context as a path through a binary tree.

Words are the leaves of a Huffman tree. From the root to the leaf o there are inner nodes n, each
with a row of the output matrix, and at each the path goes on to one child or the other; with the
sign ± 1 for that and the score s = u_n · v_c,

    loss = −log p(o | c) = −Σ_n log σ(±s_n)                                          [1]_, eq. 3

so that ∂loss/∂s_n = −(±σ(∓s_n)). As σ(s) + σ(−s) = 1 at each node, the probabilities of all leaves
sum to 1. A path has about log₂ V nodes, fewer for frequent words.

References
----------
.. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
   Compositionality", NIPS 2013, section 2.1.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

__all__ = ["loss", "score_gradients"]


def loss(scores: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Loss of each step of a path; that of a pair is the sum over its path.

    Parameters
    ----------
    scores : ndarray
        Scores s of inner nodes, of any shape.
    signs : ndarray
        1 or −1: which child the path goes on to; 0 for no step.

    Returns
    -------
    ndarray
        Nats, in the dtype of the scores.
    """
    return -np.abs(signs) * log_expit(signs * scores)


def score_gradients(scores: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Gradient of `loss` with respect to the scores.

    Parameters
    ----------
    scores, signs
        As in `loss`.

    Returns
    -------
    ndarray
        −sign · σ(−sign · s).
    """
    return -signs * expit(-signs * scores)
