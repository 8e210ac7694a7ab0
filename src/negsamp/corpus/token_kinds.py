"""Kinds of tokens: which are a Python value in another form, which are missing, which last.

A token is any hashable, so that its kind decides what becomes of it after training: whether it is
found again, in which order it stands among equals, and whether a file can hold it.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import math
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np

from negsamp.core.vocabulary import Vocabulary

__all__ = ["advice_on_tokens", "is_missing", "kind_of", "python_value", "text_of", "without"]

# What files hold of any value, but for an infinite float
SAVED = (str, int, float, bool, bytes)
DATES = (np.datetime64, np.timedelta64)
# What a repr shows of these is their value alone: no address, and no order of a set.
SHOWN = {*SAVED, complex, range, type(None), datetime.date, datetime.datetime, datetime.time}
SHOWN |= {datetime.timedelta, decimal.Decimal, fractions.Fraction, uuid.UUID}
SHOWN |= {pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath}


def python_value(token: Any) -> Any:
    """Return the Python value of a scalar of pyarrow, NumPy or torch; any other token as it is.

    NumPy's dates stay, since Python has none of their precision.
    """
    if type(token) in SAVED:
        return token
    if hasattr(token, "as_py"):
        return token.as_py()
    is_scalar = getattr(token, "shape", None) == () and hasattr(token, "item")
    return token.item() if is_scalar and not isinstance(token, DATES) else token


def is_missing(value: Any) -> bool:
    """Whether a value is None, a NaN of any kind, or the NA of pandas."""
    try:
        return value is None or bool(value != value)
    except Exception:  # NA does not say, nor does what is compared element by element
        return type(value).__name__ == "NAType"


def without(missing: Any, name: str) -> str:
    """Return the condition, as code, that what is called `name` is no such missing value."""
    if missing is None:
        return f"{name} is not None"
    return f"{name} is not pandas.NA" if type(missing).__name__ == "NAType" else f"{name} == {name}"


def kind_of(value: Any) -> str:
    """Return the name of a value's type, with the library that it is from."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    is_plain = library in ("builtins", "collections", "__main__", "numpy")
    return kind.__name__ if is_plain else f"{library} {kind.__name__}"


def text_of(token: Any) -> str:
    """Return a token's repr, or nothing if it may differ from run to run.

    It may where it shows an address or a set, whose order is that of its hashes.
    """
    return repr(token) if _is_shown(token) else ""


def _is_shown(token: Any) -> bool:
    if isinstance(token, tuple):
        return all(map(_is_shown, token))
    if isinstance(token, enum.Enum):
        return _is_shown(token.value)
    return type(token) in SHOWN or isinstance(token, np.generic)


def advice_on_tokens(
    vocabulary: Vocabulary,
    strict: bool = False,
    strings: str = "[[str(t) for t in s] for s in corpus]",
) -> Iterator[str]:
    """Say which words files cannot hold, or are equal to no other, and what to write instead.

    If `strict`, say it also of numbers, bytes and tuples, which a saved model holds; `strings` is
    the code that makes strings of all.
    """
    if "" in vocabulary.index:
        n = int(vocabulary.counts[vocabulary.index[""]])
        yield (
            f"the empty string is a word, seen {n} times: a text that is split at single spaces "
            "has it, and of all files only a saved model can hold it; text.split() makes none, and "
            "[[t for t in s if t != ''] for s in corpus] leaves it out"
        )
    examples: dict[type, Any] = {}
    for word in vocabulary.words:
        if not (isinstance(word, str) if strict else _can_be_saved(word)):
            examples.setdefault(type(word), word)
    for word in examples.values():
        such = f"words such as {word!r:.60} ({kind_of(word)})"
        if hash(word) in (id(word), object.__hash__(word)):
            yield (
                f"{such} are hashed by identity: another object that looks the same is another "
                "word, and no file can hold them; objects of a dataclass(frozen=True) are equal "
                "where their fields are, and strings are best"
            )
        else:
            files = "can be trained, but no file can hold them, and save will refuse them"
            if _can_be_saved(word):
                files = "are held by a saved model, but by no other format of vectors"
            yield f"{such} {files}; {strings} makes strings of them"


def _can_be_saved(word: Any) -> bool:
    """Whether `negsamp.files.word_list` can write a word."""
    if type(word) is tuple:
        return all(map(_can_be_saved, word))
    if type(word) is float:
        return math.isfinite(word)
    return type(word) in SAVED or isinstance(word, str)
