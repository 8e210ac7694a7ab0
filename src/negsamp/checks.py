"""What a value must be, and what is said when it is not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["is_integer", "is_real"]


def is_integer(value: Any) -> bool:
    """Whether a value is an integer, and no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_real(value: Any, finite: bool = True) -> bool:
    """Whether a value is a real number, and no bool."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        return False
    try:
        return not finite or math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False
