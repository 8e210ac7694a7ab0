"""Noise-contrastive estimation.

A row of the vocabulary is either the true context of a center c, or one of K noise words drawn from
U. With the score s = u · v_c and γ_c, the logarithm of the partition function Σ_row exp(s),

    P(1 | row, c) = σ(s − γ_c − log K·U(row))                               [1]_, eq. 3; [2]_, eq. 8
    loss = −log P(1 | o, c) − Σ_k log (1 − P(1 | k, c))

At its minimum s − γ_c = log p(row | c), whatever K and U are. With a, the scores less γ_c and
`row_shift`, this is the loss of `sgns` on a, and ∂loss/∂γ_c is minus the sum of ∂loss/∂a.

References
----------
.. [1] M. Gutmann, A. Hyvärinen, "Noise-contrastive estimation: A new estimation principle for
   unnormalized statistical models", AISTATS 2010.
.. [2] A. Mnih, Y. W. Teh, "A fast and simple algorithm for training neural probabilistic language
   models", ICML 2012.
"""

from __future__ import annotations

import numpy as np

from negsamp.checks import glimpse
from negsamp.core.objectives.base import Objective, Trained, all_scores, normalizers
from negsamp.core.objectives.sgns import SGNS

__all__ = ["NCE", "NORMALIZERS"]

NORMALIZERS = ("global", "center", "fixed")


class NCE(SGNS):
    """`SGNS` on scores that are less what noise and normaliser account for.

    Parameters
    ----------
    normalizer : str
        One γ for all centers (``"global"``), one for each (``"center"``), or 0 (``"fixed"``).
    """

    name = "nce"
    has_normalizer = True
    with_shift = Objective.with_shift
    pmi_offset = Objective.pmi_offset

    def __init__(self, normalizer: str = "global") -> None:
        super().__init__()
        self.normalizer = normalizer

    def with_normalizer(self, normalizer: str | None) -> NCE:
        """The same with another γ."""
        if normalizer is None:
            return self
        if normalizer not in NORMALIZERS:
            kind = ValueError if isinstance(normalizer, (str, int, float)) else TypeError
            raise kind(
                f"nce_normalizer is {glimpse(normalizer)}; it must be one of "
                + ", ".join(map(repr, NORMALIZERS))
                + ", or None"
            )
        return NCE(normalizer)

    def n_normalizers(self, V: int) -> int:
        """1, V or 0."""
        return {"global": 1, "center": V, "fixed": 0}[self.normalizer]

    def row_shift(self, noise: np.ndarray, negative: int) -> np.ndarray:
        """log K·U(row); where U is 0, a row is never noise, its shift is −∞ and its loss 0."""
        with np.errstate(divide="ignore"):
            return np.log(noise) + np.log(negative)

    def log_probabilities(self, model: Trained, centers: np.ndarray) -> np.ndarray:
        """s − γ_c; the probabilities sum to about 1."""
        return all_scores(model, centers) - normalizers(model, centers)[:, None]
