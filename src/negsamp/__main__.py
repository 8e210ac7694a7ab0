"""``python -m negsamp`` is the command ``negsamp``."""

import sys

from negsamp.cli import main

if __name__ == "__main__":
    sys.exit(main())
