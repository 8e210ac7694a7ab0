"""How a command refuses its arguments, and how it is ended."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from negsamp.files.atomic import check_file_target

__all__ = ["Terminated", "UsageError", "check_output", "check_picture"]


class UsageError(Exception):
    """Arguments that argparse or a check refuses."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def check_picture(arguments: argparse.Namespace, suffixes: Sequence[str]) -> Path:
    """Refuse options of a picture before vectors are read, and return the file to write."""
    target = check_file_target(arguments.output, suffixes)
    for name, low in (("top", 1), ("seed", 0)):
        if (value := getattr(arguments, name)) < low:
            raise UsageError(f"argument --{name}: it is {value}; it must be {low} or more")
    return target


def check_output(output: Path, force: bool) -> None:
    """Refuse to write over a folder, or over a file without --force."""
    if output.is_dir():
        raise UsageError(f"output {str(output)!r} is a folder; choose another name")
    if output.exists() and not force:
        raise UsageError(f"output {str(output)!r} exists; --force replaces it")
