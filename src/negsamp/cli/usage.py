"""What all commands share: how arguments are refused, and defaults that stand in signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["Terminated", "UsageError", "check_at_least", "default_of"]


class UsageError(Exception):
    """Arguments that argparse or a check refuses."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def default_of(function: Callable[..., Any], name: str) -> Any:
    """The default of a function's parameter, which an option then has too."""
    return inspect.signature(function).parameters[name].default


def check_at_least(name: str, value: int, low: int) -> None:
    """Refuse the value of an option that is too small."""
    if value < low:
        raise UsageError(f"argument --{name}: it is {value}; it must be {low} or more")
