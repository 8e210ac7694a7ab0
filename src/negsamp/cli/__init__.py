"""The command line: arguments only, and whatever goes wrong as one line on stderr.

Each command is a file with its `DESCRIPTION`, arguments and `run`; begin with `similar`.
The names, types and defaults of options are read from the functions that they go to, see `options`;
only the help is written here. This package may import all others, and no package imports it.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from negsamp.cli.usage import Terminated, UsageError
from negsamp.cli.wording import Wording, report, telling
from negsamp.errors import TeamError, TrainingDivergedError, TrainingInterrupted, UnknownWordError
from negsamp.version import __version__

__all__ = ["main"]

COMMANDS = {
    "train": "learn vectors from a text and save them",
    "diagnose": "tell what training on a text would be like",
    "phrases": "join words that often stand together into phrases",
    "similar": "show the words nearest to a word",
    "evaluate": "score vectors by analogies and word pairs",
    "convert": "read vectors in one format and write them in another",
    "plot": "draw words as a map, or the loss of a run",
    "explore": "make a page with a map of the words, their neighbours and analogies",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse would print the usage, eight lines for `train`, above the one that matters
        raise UsageError(f"{message}; see {self.prog} --help")


# What the user can put right (status 2), and what the machine or the numbers did (status 1).
# ValueError covers bad parameters, CorpusError and SavedModelError.
WRONG_INPUT = (
    UsageError,
    ValueError,
    UnknownWordError,
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)
FAILURES = (OSError, MemoryError, TeamError, TrainingDivergedError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, of the process's arguments if there are no others; return the exit status.

    It is 1 for a failure such as a full disk, 2 for arguments, files or words that are wrong, 130
    after Ctrl-C, 141 where the reader of the output has gone, and 143 after SIGTERM.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a word that the terminal's encoding lacks must not end the output
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.stderr is None:  # whoever called closed it; NumPy 2.0 wants it when it is imported
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    wording: Callable[[str], str] = str
    try:
        try:
            argv = sys.argv[1:] if argv is None else argv
            # what commands import takes longer than the rest of the help
            arguments = _parser(any(word in COMMANDS for word in argv[:1])).parse_args(argv)
            wording = arguments.wording
            with telling(arguments.wording):
                return arguments.run(arguments) or 0
        finally:
            _flush_output()
    except KeyboardInterrupt as error:
        if not isinstance(error, TrainingInterrupted):
            print("negsamp: interrupted", file=sys.stderr)
        is_terminated = isinstance(error, Terminated) or isinstance(error.__cause__, Terminated)
        return 143 if is_terminated else 130
    except BrokenPipeError:
        return 141
    except WRONG_INPUT as error:
        report(error, wording)
        return 2
    except ImportError as error:
        if error.name is not None:
            raise
        report(error, wording)  # ours: a package of an extra is not installed
        return 2
    except FAILURES as error:
        report(error, wording)
        return 1


def _flush_output() -> None:
    if sys.stdout is None:  # whoever called closed it
        return
    try:
        sys.stdout.flush()
    except OSError:
        # what is still in the buffer goes nowhere, or Python would try again at exit and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _parser(with_arguments: bool = True) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="negsamp",
        description="Skip-gram word vectors with negative sampling.",
        epilog="negsamp COMMAND --help shows the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"negsamp {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        of_command = commands.add_parser(name, allow_abbrev=False, help=summary)
        if with_arguments:
            command = import_module(f"{__name__}.{name}")
            of_command.description = command.DESCRIPTION
            command.add_arguments(of_command)
            of_command.set_defaults(run=command.run)
    for of_command in commands.choices.values():
        of_command.set_defaults(wording=Wording(of_command, commands.choices["convert"]))
    return parser
