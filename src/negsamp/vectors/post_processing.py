"""What the literature recommends to do with vectors after training; each function makes new ones.

docs/claims.md has what each gains and loses. `KeyedVectors.unit_vectors` has vectors of length 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from negsamp.checks import check_integer, glimpse
from negsamp.vectors.cosines import working_dtype
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.word_vectors import check_keyed_vectors, first_rows

__all__ = ["all_but_the_top", "wv_plus_context"]

ROWS_AT_ONCE = 1 << 12  # converted together, so that a memory map stays one


def all_but_the_top(kv: KeyedVectors, n_components: int | None = None) -> KeyedVectors:
    """Remove the mean of all vectors and the directions in which they vary most.

    With the mean μ and the first D principal components u_1 … u_D of the V vectors, each word
    counting once, a vector v becomes

        v′ = ṽ − Σ_i (u_i · ṽ) u_i,   ṽ = v − μ

    as in algorithm 1 of [1]_. (There the sum has u_i · v, which moves all words by one vector more;
    here the mean is 0 afterwards.)

    Parameters
    ----------
    kv : KeyedVectors
        V words with vectors of d numbers.
    n_components : int, optional
        D, from 0, which takes away the mean alone, to less than both d and V − 1. None takes d/100,
        rounded, and 1 or more, which is the rule of section 2.3 of [1]_.

    Returns
    -------
    KeyedVectors
        New vectors of the same words, with their counts, as float32 or what is more exact in `kv`.
        Those who ask a model's contexts (`Word2Vec.predict_context`) need the vectors as they were.

    Raises
    ------
    TypeError, ValueError
        If `kv` is something else, D is out of range, or a vector is not finite.

    References
    ----------
    .. [1] J. Mu, P. Viswanath, "All-but-the-Top: Simple and Effective Postprocessing for Word
       Representations", ICLR 2018.

    Examples
    --------
    >>> from negsamp import KeyedVectors, all_but_the_top
    >>> kv = KeyedVectors(["x", "y", "z", "w"], [[9, 1], [7, -1], [-7, 1], [-5, -1]])
    >>> all_but_the_top(kv).vectors[:, 1].round(6).tolist()
    [1.0, -1.0, 1.0, -1.0]
    """
    check_keyed_vectors("kv", kv)
    V, d = kv.vectors.shape
    check_integer("n_components", n_components, 0, optional=True)
    D = max(1, round(d / 100)) if n_components is None else int(n_components)
    if D >= min(V - 1, d):
        raise ValueError(
            f"n_components is {glimpse(n_components)}, and {D} components would leave nothing of "
            f"{V} vectors of {d} numbers; there must be fewer than both {V} - 1 and {d}"
        )
    first_rows(kv, None)  # which names a vector that is not finite
    mean, moments = np.zeros(d), np.zeros((d, d))
    for rows in _some_rows(V):
        mean += kv.vectors[rows].sum(axis=0, dtype=float) / V
    for rows in _some_rows(V):
        centred = kv.vectors[rows] - mean
        moments += centred.T @ centred
    top = np.linalg.eigh(moments).eigenvectors[:, d - D :]  # by rising eigenvalue
    vectors = np.empty((V, d), working_dtype(kv.vectors))
    for rows in _some_rows(V):
        centred = kv.vectors[rows] - mean
        vectors[rows] = centred - centred @ top @ top.T
    return KeyedVectors(kv.index_to_key, vectors, kv.counts)


def wv_plus_context(model: Any) -> KeyedVectors:
    """Add each word's output vector to its input vector: v_w + u_w.

    The cosine of two sums tells both whether two words have the same contexts (v·v and u·u) and
    whether they are each other's contexts (v·u), as in section 3.3 of [1]_.

    Parameters
    ----------
    model : Word2Vec
        A fitted model with an output vector for each word.

    Returns
    -------
    KeyedVectors
        New vectors of the words of ``model.wv``, in their order and with their counts.

    Raises
    ------
    TypeError, NotFittedError
        If `model` is something else, or is not fitted yet.
    AttributeError
        If its output vectors are no words' (``objective="hierarchical"``).
    ValueError
        If its contexts are not the same words, as they may be after `Word2Vec.fit_pairs`.

    References
    ----------
    .. [1] O. Levy, Y. Goldberg, I. Dagan, "Improving Distributional Similarity with Lessons Learned
       from Word Embeddings", TACL 2015.

    Examples
    --------
    >>> from negsamp import Word2Vec, wv_plus_context
    >>> model = Word2Vec(vector_size=10, min_count=1, sample=0, workers=1, seed=1)
    >>> model = model.fit(50 * ["cats eat fish", "dogs eat fish"])
    >>> both = wv_plus_context(model)
    >>> bool(np.allclose(both["cats"], model.wv["cats"] + model.context_wv["cats"]))
    True
    """
    if not hasattr(type(model), "context_wv"):
        raise TypeError(f"model is a {type(model).__name__}; it must be a fitted Word2Vec")
    wv, contexts = model.wv, model.context_wv
    for some, others, what in ((wv, contexts, "a center"), (contexts, wv, "a context")):
        lone = next((key for key in some if key not in others), None)
        if lone is not None:
            raise ValueError(
                f"{glimpse(lone)} is {what} of this model's pairs and not both; only where the "
                "centers and the contexts are the same words can their vectors be added"
            )
    return KeyedVectors(wv.index_to_key, wv.vectors + contexts[wv.index_to_key], wv.counts)


def _some_rows(n: int) -> Iterator[slice]:
    return (slice(start, start + ROWS_AT_ONCE) for start in range(0, n, ROWS_AT_ONCE))
