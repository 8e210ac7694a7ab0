"""Checks of values that every room shares, with the messages of those that fail."""

from __future__ import annotations

import codecs
import errno
import math
import os
import reprlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

__all__ = [
    "check_choice",
    "check_error_handler",
    "check_flags",
    "check_integer",
    "check_path",
    "checked_counts",
    "class_only",
    "first_row_not_finite",
    "glimpse",
    "is_integer",
    "is_real",
    "random_generator",
]

NUMBERS_AT_ONCE = 1 << 20
LONGEST_PATH = 4096  # characters, the most that Linux takes
WIDTH = 60  # characters of a value that an error shows
SHORT = reprlib.Repr()
SHORT.maxlevel, SHORT.maxlong, SHORT.maxstring, SHORT.maxother = 4, 2 * WIDTH, 2 * WIDTH, 4 * WIDTH
SHORT.maxlist = SHORT.maxtuple = SHORT.maxset = SHORT.maxfrozenset = SHORT.maxdict = WIDTH
NO_BOUND = 2**31 - 1  # an upper bound from here on is not worth a mention


def glimpse(value: Any) -> str:
    """A value as an error shows it: its repr in one line, of which a long one is cut.

    Of a large object, the repr is not made as a whole.
    """
    try:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and math.prod(map(int, shape)) > WIDTH:
            return f"a {type(value).__name__} of shape {shape}"
        if isinstance(value, (str, bytes, bytearray)):
            shown = repr(value[: WIDTH + 1])
        else:
            shown = SHORT.repr(value)
    except Exception:  # whatever an object of the caller's raises
        return f"a {type(value).__name__}"
    shown = " ".join(shown.split())
    return shown if len(shown) <= WIDTH else shown[:WIDTH] + "…"


def check_path(path: str | os.PathLike[str], name: str = "path") -> None:
    """Check that something is a path; a TypeError if it is none.

    A text of many lines is an OSError, as the system's own would show all of it.
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(text, str):
        raise TypeError(f"{name} is {glimpse(path)}; it must be a path, as a str or Path")
    if len(text) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), text[:WIDTH] + "…")


if TYPE_CHECKING:
    class_only = classmethod
else:

    class class_only(classmethod):
        """A classmethod that makes an object, and refuses to be called on one that is there.

        That one would stay as it is, and the new one be lost.
        """

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            if instance is None:
                return super().__get__(instance, owner)
            name, made = self.__func__.__name__, type(instance).__name__

            def refuse(*_: Any, **__: Any) -> None:
                raise TypeError(
                    f"{name} makes a new {made} and leaves this one as it is; write "
                    f"new = {made}.{name}(...)"
                )

            return refuse


def is_integer(value: Any) -> bool:
    """Whether a value is an integer, and no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_real(value: Any, finite: bool = True) -> bool:
    """Whether a value is a real number, and no bool."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        return False
    try:
        return not finite or math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False


def check_integer(
    name: str, value: Any, low: int, high: int | None = None, optional: bool = False
) -> None:
    """Check that a parameter is an integer from `low` to `high`, or None if it is optional.

    Raises
    ------
    ValueError
        If it is not; the message has the name, the value and what is allowed.
    """
    if optional and value is None:
        return
    if not is_integer(value) or value < low or (high is not None and value > high):
        is_bounded = high is not None and high < NO_BOUND
        allowed = f"from {low} to {high}" if is_bounded else f"{low} or more"
        raise ValueError(
            f"{name} is {glimpse(value)}; it must be an integer, {allowed}{', or None' * optional}"
        )


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Check that a parameter is one of some strings; a ValueError that names all of them."""
    if not isinstance(value, str) or value not in choices:
        allowed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} is {glimpse(value)}; it must be one of {allowed}")


def check_flags(**flags: Any) -> None:
    """Check that parameters are True or False; a ValueError that names one which is not."""
    for name, value in flags.items():
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"{name} is {glimpse(value)}; it must be True or False")


def checked_counts(counts: Any, n: int) -> np.ndarray:
    """Return counts of n words as an array of their own, (n,) int64.

    Raises
    ------
    ValueError
        If they are no integers, 0 or more, or not as many.
    """
    whole, are_counts = np.zeros(0, np.int64), False
    try:
        given = np.asarray(counts)
        if given.dtype.kind in "iuf" or (
            given.dtype == object and all(map(is_integer, given.flat))
        ):
            with np.errstate(invalid="ignore"):
                whole = np.array(given, dtype=np.int64)
            are_counts = bool(np.all((whole == given) & (whole >= 0)))
    except (ValueError, OverflowError):  # rows of several lengths; more than int64 holds
        pass
    if not are_counts:
        raise ValueError(f"counts is {glimpse(counts)}; it must hold integers, 0 or more")
    if whole.shape != (n,):
        raise ValueError(f"counts has shape {whole.shape}; it must be ({n},), one a word")
    return whole


def random_generator(name: str, seed: Any) -> np.random.Generator:
    """The generator of a seed or of itself; a TypeError if it is neither."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} is {glimpse(seed)}; it must be an integer, 0 or more, a "
            "numpy.random.Generator, or None"
        ) from None


def check_error_handler(errors: Any) -> None:
    """Check that `errors` names a handler of errors in text; ValueError if not."""
    try:
        codecs.lookup_error(errors)
    except (LookupError, TypeError, ValueError):
        raise ValueError(
            f"errors is {glimpse(errors)}; it must be 'strict', 'ignore', 'replace' or another "
            "codec error handler"
        ) from None


def first_row_not_finite(array: Any, dtype: Any = None) -> int | None:
    """Return the first row that holds a NaN or an infinity, or None if all numbers are finite.

    Parameters
    ----------
    array : ndarray, shape (n, ...)
        It is read some rows at a time, so that it may be a map of a large file.
    dtype : dtype, optional
        The type that the numbers must be finite in; by default the array's own.
    """
    rows = max(1, NUMBERS_AT_ONCE // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), rows):
        with np.errstate(over="ignore"):
            some = np.asarray(array[start : start + rows], dtype)
        is_finite = np.isfinite(some)
        if not is_finite.all():
            return start + int(is_finite.reshape(len(some), -1).all(axis=1).argmin())
    return None
