"""Objectives, a file each: the equation, its gradient on scores, and what a score means afterwards.

A new one is a file here and a line in the list below. Begin with `sgns`; `base` says what an
objective can say of itself, and what it need not say. This package imports `negsamp.core.kernels`,
and asks nobody for an objective's name.
"""

from __future__ import annotations

from typing import Any

from negsamp.core.objectives.base import ExactObjective, Extras, Objective, Trained
from negsamp.core.objectives.hierarchical import HierarchicalSoftmax
from negsamp.core.objectives.infonce import InfoNCE
from negsamp.core.objectives.nce import NCE, NORMALIZERS
from negsamp.core.objectives.sgns import SGNS, usual_shift
from negsamp.core.objectives.softmax import Softmax

__all__ = [
    "NORMALIZERS",
    "OBJECTIVES",
    "ExactObjective",
    "Extras",
    "Objective",
    "Trained",
    "objective_of",
]

OBJECTIVES: dict[str, Objective] = {
    objective.name: objective
    for objective in (
        SGNS(),
        NCE(),
        InfoNCE(),
        Softmax(),
        HierarchicalSoftmax(),
    )
}


def objective_of(
    given: Any, normalizer: str | None = None, shift: float | None = 0.0, negative: int = 5
) -> Objective:
    """The objective that the parameters `objective`, `nce_normalizer`, `shift`, `negative` say.

    `given` is a name in `OBJECTIVES`, or an objective of the caller's own, whose shift stays as it
    is if `shift` is None.
    """
    if shift is None and given == "sgns":
        shift = usual_shift(negative)
    objective = given if isinstance(given, Objective) else OBJECTIVES[given]
    return objective.with_normalizer(normalizer).with_shift(shift)
