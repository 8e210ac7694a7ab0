"""One file a command, each with ``add``, which tells argparse of it."""

from negsamp.commands import explore, plot, similar, train

__all__ = ["COMMANDS"]

COMMANDS = (train, similar, plot, explore)
