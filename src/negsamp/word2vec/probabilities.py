"""What the scores of each objective say about pairs, once it is trained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import log_expit, logsumexp

from negsamp.core.huffman import HuffmanTree

__all__ = ["context_log_probabilities", "pair_scores"]

# Scores that are in memory at a time.
AT_ONCE = 1 << 24


def pair_scores(
    objective: str,
    W_in: np.ndarray,
    W_out: np.ndarray,
    centers: np.ndarray,
    contexts: np.ndarray,
    about: Mapping[str, np.ndarray],
) -> np.ndarray:
    """What an objective says of (center, context) pairs.

    Parameters
    ----------
    objective : str
        A name in `negsamp.core.objectives.OBJECTIVES`.
    W_in, W_out : ndarray, shape (V, d)
    centers, contexts : ndarray, shape (P,) intp
        Rows.
    about : mapping
        From `negsamp.training.epochs.objective_arrays`, as training left it.

    Returns
    -------
    ndarray, shape (P,) float64
        For ``"sgns"`` s, the pointwise mutual information less log K; for ``"nce"`` s − γ, an
        estimate of log p(context | center); for ``"infonce"`` s, the same up to a number for each
        center; for ``"softmax"`` and ``"hierarchical"`` log p(context | center) itself.
    """
    if objective in ("softmax", "hierarchical"):
        found = np.empty(len(centers))
        step = max(1, AT_ONCE // len(W_out))
        kinds, place = np.unique(centers, return_inverse=True)
        by_center = np.argsort(place, kind="stable")
        for at in range(0, len(kinds), step):
            log_p = context_log_probabilities(
                objective, W_in, W_out, kinds[at : at + step], np.ones(1), 1, about
            )
            first, last = np.searchsorted(place[by_center], [at, at + step])
            some = by_center[first:last]
            found[some] = log_p[place[some] - at, contexts[some]]
        return found
    s = np.einsum("pd,pd->p", W_in[centers].astype(float), W_out[contexts].astype(float))
    return s - _normalizers(objective, centers, about)


def context_log_probabilities(
    objective: str,
    W_in: np.ndarray,
    W_out: np.ndarray,
    centers: np.ndarray,
    noise: np.ndarray,
    negative: int,
    about: Mapping[str, np.ndarray],
) -> np.ndarray:
    """log p(context | center) of every word as a context, by an objective's own account.

    Parameters
    ----------
    objective, W_in, W_out, about
        As in `pair_scores`.
    centers : ndarray, shape (n,) intp
        Rows.
    noise : ndarray, shape (V,)
        The noise distribution; of no account but for ``"sgns"``.
    negative : int
        K, likewise.

    Returns
    -------
    ndarray, shape (n, V) float64
        Probabilities of a center sum to 1 for ``"infonce"``, ``"softmax"`` and ``"hierarchical"``;
        for ``"nce"``, exp(s − γ), and ``"sgns"``, K·U·exp(s), about so after enough training.
    """
    s = W_in[centers].astype(float) @ W_out.T.astype(float)
    if objective == "hierarchical":
        tree = _tree(about)
        steps = log_expit(tree.signs * s[:, tree.nodes])
        return np.add.reduceat(steps, tree.offsets[:-1], axis=1)
    if objective in ("softmax", "infonce"):
        return s - logsumexp(s, axis=1)[:, None]
    if objective == "sgns":
        with np.errstate(divide="ignore"):
            return s + np.log(negative) + np.log(noise)
    return s - _normalizers(objective, centers, about)[:, None]


def _normalizers(
    objective: str, centers: np.ndarray, about: Mapping[str, np.ndarray]
) -> np.ndarray:
    """γ of each center, (n,); 0 where there is none."""
    log_z = about.get("log_z")
    if objective != "nce" or log_z is None:
        return np.zeros(len(centers))
    return log_z[centers, 0] if len(log_z) > 1 else np.full(len(centers), log_z[0, 0])


def _tree(about: Mapping[str, np.ndarray]) -> HuffmanTree:
    return HuffmanTree.from_arrays(*(about[f"tree_{n}"] for n in ("offsets", "nodes", "signs")))
