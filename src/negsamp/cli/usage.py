"""How a command refuses its arguments, and how it is ended."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Terminated", "UsageError", "check_at_least", "check_output"]


class UsageError(Exception):
    """Arguments that argparse or a check refuses."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def check_at_least(name: str, value: int, low: int) -> None:
    """Refuse the value of an option that is too small."""
    if value < low:
        raise UsageError(f"argument --{name}: it is {value}; it must be {low} or more")


def check_output(output: Path, force: bool) -> None:
    """Refuse to write over a folder, or over a file without --force."""
    if output.is_dir():
        raise UsageError(f"output {str(output)!r} is a folder; choose another name")
    if output.exists() and not force:
        raise UsageError(f"output {str(output)!r} exists; --force replaces it")
