"""One file a command, each with ``add``, which tells argparse of it."""

from negsamp.commands import convert, similar, train

__all__ = ["COMMANDS"]

COMMANDS = (train, similar, convert)
