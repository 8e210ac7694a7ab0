"""Skip-gram with negative sampling in plain loops: to be read, and to hold the kernels against.

`train` is the whole algorithm in forty lines. The functions after it take one step on a block, pair
by pair: the objective turns scores into gradients, and the chain rule of the bilinear score
s = u · v carries those to the vectors: ∂loss/∂v = Σ ∂loss/∂s · u and ∂loss/∂u = ∂loss/∂s · v.
Nothing here is fast, and nothing is shared with the kernels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from negsamp.core.blocks import Block, Pairs
from negsamp.core.huffman import HuffmanTree
from negsamp.core.objectives import OBJECTIVES, Objective
from negsamp.core.objectives.hierarchical import HierarchicalSoftmax
from negsamp.core.objectives.softmax import Softmax
from negsamp.core.optimizers import Gradients
from negsamp.core.sampling import AliasTable, keep_probabilities, noise_probabilities

__all__ = [
    "gradients",
    "hierarchical_gradients",
    "hierarchical_loss",
    "loss",
    "softmax_gradients",
    "softmax_loss",
    "train",
]

SOFTMAX, HIERARCHICAL = Softmax(), HierarchicalSoftmax()


def train(
    sentences: Sequence[Sequence[int]],
    V: int,
    vector_size: int = 20,
    window: int = 5,
    negative: int = 5,
    epochs: int = 5,
    alpha: float = 0.025,
    min_alpha: float = 1e-4,
    sample: float = 1e-3,
    ns_exponent: float = 0.75,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Train SGNS pair by pair with stochastic gradient descent [1]_.

    Parameters
    ----------
    sentences : sequence of sequences of int
        Ids from 0 to V − 1; each of these must occur.
    V : int
    vector_size, window, negative, epochs, alpha, min_alpha, sample, ns_exponent, seed
        As in `negsamp.Word2Vec`.

    Returns
    -------
    W_in, W_out : ndarray, shape (V, vector_size) float64
        Input (center) and output (context) vectors.

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
       Compositionality", NIPS 2013.
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(np.concatenate(sentences), minlength=V)
    keep = keep_probabilities(counts, sample)
    noise = AliasTable(noise_probabilities(counts, ns_exponent))
    W_in = (rng.random((V, vector_size)) - 0.5) / vector_size
    W_out = np.zeros((V, vector_size))
    done = 0
    for _ in range(epochs):
        for sentence in sentences:
            rate = alpha + (min_alpha - alpha) * done / (epochs * counts.sum())
            done += len(sentence)
            words = [word for word in sentence if rng.random() < keep[word]]
            for i, center in enumerate(words):
                radius = int(rng.integers(1, window + 1))
                for j in range(max(0, i - radius), min(len(words), i + radius + 1)):
                    if j == i:
                        continue
                    v, step = W_in[center], np.zeros(vector_size)
                    rows = [words[j], *noise.draw(rng, negative)]
                    for row, label in zip(rows, [1] + [0] * negative, strict=True):
                        g = label - expit(W_out[row] @ v)  # −∂loss/∂score
                        step += g * W_out[row]
                        W_out[row] += rate * g * v
                    W_in[center] += rate * step
    return W_in, W_out


def loss(
    W_in: np.ndarray,
    W_out: np.ndarray,
    block: Block,
    objective: Objective = OBJECTIVES["sgns"],
    row_shift: np.ndarray | None = None,
    log_z: np.ndarray | None = None,
) -> np.ndarray:
    """Loss in nats of each pair of a block, times the pair's weight, (P,).

    For an objective that draws noise words. `row_shift` (V,) is subtracted from the scores of each
    row, and `log_z` (V,), γ, from all scores of each center.
    """
    pairs = block.pairs()
    positive, negative = _scores(W_in, W_out, pairs, row_shift, log_z)
    return pairs.weights * objective.loss(positive, negative, pairs.noise_weight)


def gradients(
    W_in: np.ndarray,
    W_out: np.ndarray,
    block: Block,
    objective: Objective = OBJECTIVES["sgns"],
    row_shift: np.ndarray | None = None,
    log_z: np.ndarray | None = None,
) -> Gradients:
    """The direction in which each occurrence of a block moves its row; see `loss`."""
    pairs = block.pairs()
    positive, negative = _scores(W_in, W_out, pairs, row_shift, log_z)
    g_positive, g_negative = objective.score_gradients(positive, negative, pairs.noise_weight)
    g_positive, g_negative = pairs.weights * g_positive, pairs.weights[:, None] * g_negative
    d = W_in.shape[1]
    g_centers = np.zeros((len(block.center_rows), d), W_in.dtype)
    g_contexts = np.zeros((block.tokens.size, d), W_out.dtype)
    g_noise = np.zeros((block.noise.size, d), W_out.dtype)
    g_log_z = np.zeros(len(block.center_rows), W_in.dtype)
    for p in range(len(pairs.centers)):
        v, u = W_in[pairs.centers[p]], W_out[pairs.contexts[p]]
        g_centers[pairs.center_slots[p]] -= g_positive[p] * u
        g_contexts[pairs.context_slots[p]] -= g_positive[p] * v
        g_log_z[pairs.center_slots[p]] += g_positive[p]
        for k, slot in enumerate(pairs.noise_slots[p]):
            g_centers[pairs.center_slots[p]] -= g_negative[p, k] * W_out[pairs.negatives[p, k]]
            g_noise[slot] -= g_negative[p, k] * v
            g_log_z[pairs.center_slots[p]] += g_negative[p, k]
    return _with_squares(g_centers, np.concatenate([g_contexts, g_noise]), g_log_z)


def softmax_loss(W_in: np.ndarray, W_out: np.ndarray, block: Block) -> np.ndarray:
    """As `loss`, of the full softmax."""
    pairs = block.pairs()
    scores = W_in[pairs.centers] @ W_out.T
    return pairs.weights * SOFTMAX.loss(scores, pairs.contexts)


def softmax_gradients(W_in: np.ndarray, W_out: np.ndarray, block: Block) -> Gradients:
    """As `gradients`, of the full softmax: each center is an occurrence of every output row.

    ``outputs`` has the V rows of each center, one center after the other.
    """
    pairs = block.pairs()
    V, d = W_out.shape
    g_centers = np.zeros((len(block.center_rows), d), W_in.dtype)
    g_outputs = np.zeros((len(block.center_rows), V, d), W_out.dtype)
    for p in range(len(pairs.centers)):
        v, slot = W_in[pairs.centers[p]], pairs.center_slots[p]
        g = pairs.weights[p] * SOFTMAX.score_gradients((W_out @ v)[None], pairs.contexts[[p]])[0]
        g_centers[slot] -= g @ W_out
        g_outputs[slot] -= np.outer(g, v)
    return _with_squares(g_centers, g_outputs.reshape(-1, d))


def hierarchical_loss(
    W_in: np.ndarray, W_out: np.ndarray, block: Block, tree: HuffmanTree
) -> np.ndarray:
    """As `loss`, of hierarchical softmax; `W_out` has a row for each inner node."""
    pairs = block.pairs()
    losses = np.zeros(len(pairs.centers))
    for p in range(len(pairs.centers)):
        nodes, signs = _path(tree, pairs.contexts[p])
        losses[p] = HIERARCHICAL.loss(W_out[nodes] @ W_in[pairs.centers[p]], signs).sum()
    return pairs.weights * losses


def hierarchical_gradients(
    W_in: np.ndarray, W_out: np.ndarray, block: Block, tree: HuffmanTree, top: int
) -> Gradients:
    """As `gradients`, of hierarchical softmax: an occurrence is a node on the path of a token.

    Of the last `top` nodes that were joined, an occurrence is a center. ``outputs`` has these nodes
    for each center, one center after the other, and then the path of each token, where the same
    nodes have no gradient.
    """
    pairs = block.pairs()
    ends, first = np.cumsum(tree.lengths[block.token_rows]), len(tree) - 1 - top
    g_top = np.zeros((len(block.center_rows), top, W_out.shape[1]), W_out.dtype)
    g_centers = np.zeros((len(block.center_rows), W_in.shape[1]), W_in.dtype)
    g_outputs = np.zeros((ends[-1], W_out.shape[1]), W_out.dtype)
    for p in range(len(pairs.centers)):
        nodes, signs = _path(tree, pairs.contexts[p])
        v = W_in[pairs.centers[p]]
        g = pairs.weights[p] * HIERARCHICAL.score_gradients(W_out[nodes] @ v, signs)
        end, slot, is_top = ends[pairs.context_slots[p]], pairs.center_slots[p], nodes >= first
        g_centers[slot] -= g @ W_out[nodes]
        g_outputs[end - len(nodes) : end] -= np.outer(np.where(is_top, 0, g), v)
        g_top[slot, nodes[is_top] - first] -= np.outer(g[is_top], v)
    return _with_squares(g_centers, np.concatenate([g_top.reshape(-1, W_out.shape[1]), g_outputs]))


def _path(tree: HuffmanTree, word: int) -> tuple[np.ndarray, np.ndarray]:
    steps = slice(tree.offsets[word], tree.offsets[word + 1])
    return tree.nodes[steps], tree.signs[steps]


def _with_squares(
    centers: np.ndarray, outputs: np.ndarray, log_z: np.ndarray | None = None
) -> Gradients:
    return Gradients(centers, outputs, (centers**2).sum(axis=1), (outputs**2).sum(axis=1), log_z)


def _scores(
    W_in: np.ndarray,
    W_out: np.ndarray,
    pairs: Pairs,
    row_shift: np.ndarray | None,
    log_z: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    v = W_in[pairs.centers]
    positive = np.einsum("pd,pd->p", v, W_out[pairs.contexts])
    negative = np.einsum("pd,pnd->pn", v, W_out[pairs.negatives])
    if row_shift is not None:
        positive -= row_shift[pairs.contexts]
        negative -= row_shift[pairs.negatives]
    if log_z is not None:
        positive -= log_z[pairs.centers]
        negative -= log_z[pairs.centers][:, None]
    return positive, negative
