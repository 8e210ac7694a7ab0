"""Keys as text that people can read."""

from __future__ import annotations

import re
from collections.abc import Hashable

__all__ = ["label_of"]

# What breaks a line or shows nothing: controls, line ends of Unicode, halves of characters.
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def label_of(key: Hashable) -> str:
    """Return a string that can be shown as it is, and any other key as Python writes it."""
    if isinstance(key, str) and key.strip() and not UNSHOWN.search(key):
        return key
    return ascii(key) if isinstance(key, str) else repr(key)
