"""What an objective has to say, so that the reference, the kernels and the model ask nobody else.

An objective that draws noise words is two equations on scores s = u · v: the loss of a context's
score and of those of its noise words, and the gradient of that. All else has a default here:

    class Squares(Objective):
        def loss(self, positive, negative, weight=1.0):
            return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)

        def score_gradients(self, positive, negative, weight=1.0):
            return -2 * (1 - positive), weight * 2 * negative

`negsamp.core.gradient_check.check_gradients` holds the two equations against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from negsamp.checks import glimpse
from negsamp.core.blocks import Scores
from negsamp.core.kernels.sampled import BlockKernel, gradient_layout, groups_at_once
from negsamp.core.kernels.tiles import is_wide
from negsamp.core.optimizers import Gradients, Layout

__all__ = ["ExactObjective", "Extras", "Objective", "Trained", "all_scores", "normalizers"]

# Scores that are in memory at a time when a model is asked.
SCORES_AT_ONCE = 1 << 24


@dataclass(kw_only=True)
class Extras:
    """What an objective needs beside the two matrices; None is what it does not need.

    Attributes
    ----------
    row_shift : ndarray, shape (V,) float32
        Subtracted from the scores of each output row.
    log_z : ndarray, shape (1, 1) or (V, 1) float32
        γ, subtracted from the scores of all centers, or of each; it is learned.
    tree_offsets, tree_nodes, tree_signs : ndarray
        The arrays of a `negsamp.core.huffman.HuffmanTree`.
    """

    row_shift: np.ndarray | None = None
    log_z: np.ndarray | None = None
    tree_offsets: np.ndarray | None = None
    tree_nodes: np.ndarray | None = None
    tree_signs: np.ndarray | None = None


class Trained(NamedTuple):
    """What training leaves.

    Attributes
    ----------
    W_in, W_out : ndarray, shape (V, d)
        Input (center) and output (context) vectors.
    extras : Extras
    noise : ndarray, shape (V,)
        The noise distribution.
    negative : int
        K.
    """

    W_in: np.ndarray
    W_out: np.ndarray
    extras: Extras
    noise: np.ndarray
    negative: int


class Objective:
    """A loss on the scores of a context and its noise words.

    Two equations are enough: `loss` and `score_gradients`, on scores s = u · v. All else has a
    default; docs/how-it-works.md says what a model with an objective of its own can do.

    Attributes
    ----------
    name : str
        In messages, and for those of this package the value of ``Word2Vec(objective=…)``.
    draws_noise : bool
        Whether there are noise words.
    noise_is_weak : bool
        Whether the scores of noise words begin far below 0, so that these pull little.
    ignores_shift : bool
        Whether a vector that is added to all output rows alike makes no difference.
    has_normalizer : bool
        Whether γ, the logarithm of the partition function, is a part of it.
    outputs_are_words : bool
        Whether the output rows belong to words.
    grows : bool
        Whether words may be added to what was trained, by ``Word2Vec.partial_fit``.
    least_words : int
        Words that a vocabulary must have.

    Examples
    --------
    Scores of 1 for contexts and of 0 for noise words are wanted:

    >>> from negsamp import Objective, Word2Vec
    >>> class Squares(Objective):
    ...     def loss(self, positive, negative, weight=1.0):
    ...         return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)
    ...
    ...     def score_gradients(self, positive, negative, weight=1.0):
    ...         return -2 * (1 - positive), 2 * weight * negative
    >>> Squares().loss(np.array([0.5]), np.array([[1.0, 0.0]])).tolist()
    [1.25]
    >>> model = Word2Vec(10, objective=Squares(), min_count=1, sample=0, workers=1, seed=1)
    >>> model.fit(50 * ["cats eat fish", "dogs eat fish"]).wv.most_similar("cats", topn=1)[0][0]
    'dogs'
    """

    name: str = ""
    draws_noise: bool = True
    noise_is_weak: bool = False
    ignores_shift: bool = False
    has_normalizer: bool = False
    outputs_are_words: bool = True
    grows: bool = True
    least_words: int = 1

    def __init_subclass__(cls) -> None:
        if "name" not in vars(cls):
            cls.name = cls.__name__.lower()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    # --- the two equations

    def loss(self, positive: np.ndarray, negative: np.ndarray, weight: float = 1.0) -> np.ndarray:
        """Loss of each pair.

        Parameters
        ----------
        positive : ndarray, shape S
            Scores of the contexts, s_o.
        negative : ndarray, shape (..., N)
            Scores of the noise words, s_k; all but its last axis broadcast against S.
        weight : float
            Weight of each noise word: K / N where N words stand for K.

        Returns
        -------
        ndarray, shape S
            Nats, in the dtype of the scores.
        """
        raise NotImplementedError

    def score_gradients(
        self, positive: np.ndarray, negative: np.ndarray, weight: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the gradients of `loss` with respect to the scores.

        Parameters
        ----------
        positive, negative, weight
            As in `loss`.

        Returns
        -------
        ndarray, shape S
            ∂loss/∂s_o.
        ndarray, shape (..., N)
            ∂loss/∂s_k. Where it does not depend on s_o, in the shape of `negative`.

        Examples
        --------
        >>> Squares().score_gradients(np.array([0.5]), np.array([[1.0, 0.0]]))
        (array([-1.]), array([[2., 0.]]))
        """
        raise NotImplementedError

    # --- what the kernels call

    def turn(self, scores: Scores) -> None:
        """Turn scores in place into what −∂loss/∂score is, summed over the pairs.

        This follows from `score_gradients`; an objective may say the same in fewer passes.

        Parameters
        ----------
        scores : Scores
            Of the contexts and noise words of a block, with the weights of the pairs; see
            ``core/blocks.py``.
        """
        s = scores
        g_contexts, g_noise = self.score_gradients(s.contexts, s.noise[:, :, None], s.noise_weight)
        np.multiply(s.weights, -g_contexts, out=s.contexts)
        if g_noise.shape[2] == 1:
            np.multiply(s.pair_weights, -g_noise[:, :, 0], out=s.noise)
        else:
            np.einsum("glc,glcn->gln", s.weights, -g_noise, out=s.noise)

    def block_loss(self, scores: Scores) -> float:
        """Loss of all pairs, in nats."""
        losses = self.loss(scores.contexts, scores.noise[:, :, None], scores.noise_weight)
        return float((scores.weights * losses).sum(dtype=float))

    def kernel(
        self,
        extras: Extras,
        shape: tuple[int, int, int, int],
        reach: int,
        vector_size: int,
        dtype: Any = np.float32,
        into: Gradients | None = None,
        groups: slice = slice(None),
    ) -> Any:
        """The kernel for blocks of a shape, with the methods and parameters of `BlockKernel`."""
        return BlockKernel(
            self, shape, reach, vector_size, dtype, into, groups, extras.row_shift, extras.log_z
        )

    def gradient_layout(
        self,
        extras: Extras,
        V: int,
        shape: tuple[int, int, int, int],
        reach: int,
        vector_size: int,
        dtype: Any,
    ) -> Layout:
        """Shapes and dtypes of the gradients that several workers write side by side, by name."""
        return gradient_layout(shape, reach, vector_size, dtype)

    def update_bytes(
        self, shape: tuple[int, int, int, int], reach: int, V: int, d: int
    ) -> tuple[int, int]:
        """Memory of one update: bytes of its gradients, and of the buffers of each worker."""
        (G, L, H, N), group = shape, shape[1] + 2 * reach
        layout = gradient_layout(shape, reach, d).values()
        gradients = sum(int(np.prod(size)) * np.dtype(kind).itemsize for size, kind in layout)
        together = min(G, groups_at_once(shape, reach, d))
        scores = L * (group + 1) if is_wide(L, reach) else group * (2 * reach + 8)
        # for each token three vectors and its noise words, their scores, and three times those of
        # contexts; and for one more group, whose loss is measured, its gradients too
        noise = H * N * d // L
        floats = together * (group * (3 * d + noise + N) + 3 * scores) + group * (5 * d + 2 * noise)
        return gradients, 4 * floats

    # --- what it needs

    def noise_multiple(self, negative: int) -> int:
        """The noise words that centers share are a multiple of this; 0 where none is drawn."""
        return int(self.draws_noise)

    def with_normalizer(self, normalizer: str | None) -> Objective:
        """The objective with the parameter `nce_normalizer`; a ValueError if it has no such γ."""
        if normalizer is not None:
            raise ValueError(
                f"nce_normalizer is {glimpse(normalizer)} with objective {self.name!r}; "
                "only 'nce' has a normaliser: leave it None"
            )
        return self

    def with_shift(self, shift: float | None) -> Objective:
        """The objective with the parameter `shift`; a ValueError if it has none."""
        if shift:
            raise ValueError(
                f"shift is {glimpse(shift)} with objective {self.name!r}; only the scores of "
                "'sgns' are shifted: leave it None"
            )
        return self

    def n_normalizers(self, V: int) -> int:
        """Numbers γ that are learned for V words."""
        return 0

    def row_shift(self, noise: np.ndarray, negative: int) -> np.ndarray | None:
        """Compute what is subtracted from the scores of each output row, if anything is.

        Parameters
        ----------
        noise : ndarray, shape (V,)
            U, the noise distribution.
        negative : int
            K, the number of noise words.

        Returns
        -------
        ndarray, shape (V,), or None
            Log K·U for ``"nce"``; None where nothing is.
        """
        return None

    def pmi_offset(self, negative: int) -> float | None:
        """Compute what u · v is above the pointwise mutual information at the loss's minimum.

        Parameters
        ----------
        negative : int
            K, the number of noise words.

        Returns
        -------
        float or None
            `shift` − log K for ``"sgns"``; None where u · v is something else.
        """
        return None

    def extras(self, counts: np.ndarray, noise: np.ndarray, negative: int) -> Extras:
        """What is needed beside the two matrices, as it is at the beginning of a run.

        `counts` has the occurrences of each center, falling, (V,); the others as in `row_shift`.
        """
        shift, n = self.row_shift(noise, negative), self.n_normalizers(len(counts))
        return Extras(
            row_shift=None if shift is None else shift.astype(np.float32),
            # the normaliser of scores that are all 0
            log_z=np.full((n, 1), np.log(len(noise)), np.float32) if n else None,
        )

    def working_bytes(self, V: int, d: int) -> int:
        """Bytes of scores and gradients that grow with V times the batch."""
        return 0

    # --- what a score means, once it is trained

    def pair_scores(self, model: Trained, centers: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """Say what was learned of (center, context) pairs: s − γ here.

        Parameters
        ----------
        model : Trained
            Matrices and what belongs to them, as training left them.
        centers, contexts : ndarray, shape (P,) int
            Rows of the input and of the output matrix.

        Returns
        -------
        ndarray, shape (P,) float64
            What `Word2Vec.score_pairs` returns.
        """
        v, u = model.W_in[centers].astype(float), model.W_out[contexts].astype(float)
        return np.einsum("pd,pd->p", v, u) - normalizers(model, centers)

    def log_probabilities(self, model: Trained, centers: np.ndarray) -> np.ndarray:
        """Compute log p(context | center) of every output row: the softmax of s here.

        Parameters
        ----------
        model : Trained
            Matrices and what belongs to them, as training left them.
        centers : ndarray, shape (n,) int
            Rows of the input matrix.

        Returns
        -------
        ndarray, shape (n, V) float64
            What `Word2Vec.predict_context` ranks by.
        """
        s = all_scores(model, centers)
        return s - logsumexp(s, axis=1)[:, None]


class ExactObjective(Objective):
    """An objective that draws no noise, so that a pair has a probability.

    Its equations and its kernel are its own.
    """

    draws_noise = False

    def pair_scores(self, model: Trained, centers: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """log p(context | center), the pairs of some centers at a time."""
        found, step = np.empty(len(centers)), max(1, SCORES_AT_ONCE // len(model.W_out))
        kinds, place = np.unique(centers, return_inverse=True)
        by_center = np.argsort(place, kind="stable")
        for at in range(0, len(kinds), step):
            some = by_center[slice(*np.searchsorted(place[by_center], [at, at + step]))]
            log_p = self.log_probabilities(model, kinds[at : at + step])
            found[some] = log_p[place[some] - at, contexts[some]]
        return found


def all_scores(model: Trained, centers: np.ndarray) -> np.ndarray:
    """Scores of centers and all output rows, (n_centers, V) float64."""
    return model.W_in[centers].astype(float) @ model.W_out.T.astype(float)


def normalizers(model: Trained, centers: np.ndarray) -> np.ndarray:
    """γ of each center, (n,); 0 where there is none."""
    log_z = model.extras.log_z
    if log_z is None:
        return np.zeros(len(centers))
    return log_z[centers if len(log_z) > 1 else np.zeros_like(centers), 0]
