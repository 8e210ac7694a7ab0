"""The losses, each a short file of pure functions on scores s = u_row · v_center.

Those of `SAMPLED` take the scores of a context and of noise words, less `row_shift`; `softmax`
takes those of every row, and `hierarchical` those of the inner nodes of a tree.
"""

from types import ModuleType

from negsamp.core.objectives import hierarchical, infonce, nce, sgns, softmax

__all__ = ["OBJECTIVES", "SAMPLED"]

SAMPLED: dict[str, ModuleType] = {"sgns": sgns, "nce": nce, "infonce": infonce}
OBJECTIVES: dict[str, ModuleType] = {**SAMPLED, "softmax": softmax, "hierarchical": hierarchical}
