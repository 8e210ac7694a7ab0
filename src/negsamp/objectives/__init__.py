"""The losses, each a short file of pure functions on scores s = v_center · u_row."""

from types import ModuleType

from negsamp.objectives import sgns

__all__ = ["OBJECTIVES"]

OBJECTIVES: dict[str, ModuleType] = {"sgns": sgns}
