"""Messages of the library in the words of the command line: options as they are typed.

The library says ``sample=0`` and "min_count is -1"; here this is ``--sample 0`` and "--min-count
is -1". It happens to all that a command says on stderr: errors, warnings and what is logged.
"""

from __future__ import annotations

import argparse
import logging
import re
import shlex
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

__all__ = ["Wording", "report", "telling"]

LONGEST = 1000  # characters of a message; more is a value that nobody reads
# What says on the command line what a parameter says that no command has.
OTHER_WAYS = {
    "binary=True": "a name that ends in .bin",
    "binary=False": "a name that ends in .txt",
}
# Functions of the library, and what calls them on the command line.
FUNCTIONS = {
    "is read by load_glove_format": "is read if its name ends in .glove",
    "Word2Vec.save or save_projector wrote": "negsamp train and convert wrote",
}
VALUE = r"""(?:'[^']*'|"[^"]*"|-?[\w.+]+(?:-\w+)*)"""


class Wording:
    """Turns a message of the library into one with a command's options.

    An option that the command lacks is one of `elsewhere`, ``negsamp convert``, which reads with it
    and writes what any command reads.
    """

    def __init__(self, command: argparse.ArgumentParser, elsewhere: argparse.ArgumentParser):
        self._own, others = _options(command), _options(elsewhere)
        self._others = {name: others[name] for name in others.keys() - self._own.keys()}

    @cached_property
    def _parts(self) -> re.Pattern[str]:
        names = "|".join(map(re.escape, sorted({*self._own, *self._others, "binary"})))
        own = "|".join(map(re.escape, self._own))
        compound = "|".join(re.escape(name) for name in self._own if "_" in name) or "(?!)"
        apart = r"(?<![\w.-])"
        return re.compile(
            rf"{apart}(?P<name>{names})=(?P<value>{VALUE})(?P<more>(?: or {VALUE}(?!=))*)"
            rf"|^(?P<first>{own})(?= (?:is|has|holds|must)\b)"
            rf"|{apart}(?P<told>{own})(?= is (?:[-\d'\"\[(]|None\b|nan\b|inf\b|True\b|False\b))"
            rf"|{apart}(?P<compound>{compound})\b(?!=)"
            rf"|(?<!\w)(?:'[^']*'|\"[^\"]*\")"  # a value, which stays as it is
        )

    def __call__(self, message: str) -> str:
        """Return the message with options for parameters."""
        said = self._parts.sub(self._typed, message).replace(", or None", ", or be left out")
        for function, command in FUNCTIONS.items():
            said = said.replace(function, command)
        return said

    def _typed(self, found: re.Match[str]) -> str:
        parts = found.groupdict()
        if name := parts["first"] or parts["told"] or parts["compound"]:
            return self._own[name][0]
        if not (name := parts["name"]):
            return found[0]
        values = [parts["value"], *re.findall(f" or ({VALUE})", parts["more"])]
        typed = " or ".join(self._assigned(name, value.strip("'\"")) for value in values)
        return f"negsamp convert with {typed}" if name in self._others else typed

    def _assigned(self, name: str, value: str) -> str:
        if (other := OTHER_WAYS.get(f"{name}={value}")) is not None:
            return other
        option, const = self._own.get(name) or self._others.get(name) or (name, None)
        if const is not None:
            return option if value == str(const) else f"no {option}"
        return f"{option}={value}" if value.startswith("-") else f"{option} {shlex.quote(value)}"


def _options(parser: argparse.ArgumentParser) -> dict[str, tuple[str, Any]]:
    """The options of a command by parameter, each with the value that it stands for, if any."""
    return {
        action.dest: (max(action.option_strings, key=len), action.const)
        for action in parser._actions
        if action.option_strings and action.dest != "help"
    }


@contextmanager
def telling(wording: Wording) -> Iterator[None]:
    """Write warnings and what is logged as lines of the command line while this lasts."""
    logger, show = logging.getLogger("negsamp"), warnings.showwarning
    handler = _Handler(wording)
    is_ours = not logger.hasHandlers()  # a program that calls `main` may have its own
    if is_ours:
        logger.addHandler(handler)

    def tell(message: Warning | str, *_: Any) -> None:
        _print("warning", wording(str(message)))

    warnings.showwarning = tell  # type: ignore[assignment]
    try:
        yield
    finally:
        warnings.showwarning = show
        if is_ours:
            logger.removeHandler(handler)


class _Handler(logging.Handler):
    def __init__(self, wording: Wording):
        super().__init__(logging.WARNING)
        self._wording = wording

    def emit(self, record: logging.LogRecord) -> None:
        _print("warning", self._wording(record.getMessage()))


def report(error: BaseException, wording: Any = str) -> None:
    """Write an error as one line on stderr."""
    message = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        message = ": ".join([error.strerror, *([repr(error.filename)] if error.filename else [])])
    _print("error", wording(message))


def _print(kind: str, message: str) -> None:
    line = " ".join(message.splitlines())
    if len(line) > LONGEST:
        line = f"{line[: LONGEST - 200]} … {line[-200:]}"
    if sys.stderr is not None:  # print would write to stdout
        print(f"negsamp: {kind}:", line, file=sys.stderr)
