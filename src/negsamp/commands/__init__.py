"""One file a command, each with ``add``, which tells argparse of it."""

from negsamp.commands import convert, diagnose, evaluate, explore, phrases, plot, similar, train

__all__ = ["COMMANDS"]

COMMANDS = (train, diagnose, phrases, similar, evaluate, convert, plot, explore)
