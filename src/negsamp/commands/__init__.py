"""One file a command, each with ``add``, which tells argparse of it."""

from negsamp.commands import convert, evaluate, explore, phrases, plot, similar, train

__all__ = ["COMMANDS"]

COMMANDS = (train, phrases, similar, evaluate, convert, plot, explore)
