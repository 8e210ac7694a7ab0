"""Words as text for people to read."""

from __future__ import annotations

import re
from collections.abc import Hashable

__all__ = ["label_of"]

# What would break a line or show nothing: controls, line ends of Unicode, halves of characters.
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def label_of(key: Hashable) -> str:
    """The text that stands for a key of `KeyedVectors`.

    A string as it is, unless it is blank or holds what cannot be shown; that, and any other key,
    as Python writes it.

    Examples
    --------
    >>> label_of("größe"), label_of(7), label_of("two\\nlines"), label_of("")
    ('größe', '7', "'two\\\\nlines'", "''")
    """
    if isinstance(key, str) and key.strip() and not UNSHOWN.search(key):
        return key
    return ascii(key) if isinstance(key, str) else repr(key)
