"""Rows of decimal numbers from text and to it, whole blocks at a time.

A number of few digits and no exponent, which nearly all are, is an integer below 2⁵³ over a power
of ten that float64 holds exactly, so that one division rounds it correctly [1]_. Its digits are
read eight at a time, as one 64-bit word. Other numbers take the way over `float`.

References
----------
.. [1] W. D. Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990, section 3.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

__all__ = ["NUMBER", "RowError", "format_rows", "parse_rows"]

LONGEST_NUMBER = 1000  # characters; %f writes 317 for the largest float64
NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
NOT_FINITE = re.compile(rb"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
# Digits that tell each value of a type from its neighbours: ⌈1 + p·log10(2)⌉ of p bits. With so
# many for float32, reading through float64 rounds twice and still ends at the same bits: the text
# is within 5e-9 of the value, and where rounding turns is 3e-8 away.
DIGITS = {np.dtype(np.float16): 5, np.dtype(np.float32): 9, np.dtype(np.float64): 17}
PAD = 16  # bytes before the text, so that a word of 8 or two of them may end anywhere in it
MOST_WHOLE, MOST_FRACTION, MOST_DIGITS = 8, 16, 18
TENS = 10 ** np.arange(MOST_FRACTION + 1, dtype=np.int64)
# Of a word that ends in n digits: the bytes of the digits; for n above 8, all.
KEEP = np.array(
    [(1 << 64) - (1 << (64 - 8 * min(n, 8))) for n in range(MOST_FRACTION + 1)], np.uint64
)
PLAIN = np.zeros(256, bool)
PLAIN[[*b"0123456789.\n "]] = True


class RowError(ValueError):
    """A row that is not so many numbers; ``row`` says which."""

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row


def parse_rows(text: bytes, n_rows: int, d: int) -> np.ndarray:
    """Read rows of numbers.

    Parameters
    ----------
    text : bytes
        `n_rows` lines, each with its end, of `d` numbers with one space from each to the next.
    n_rows, d : int
        1 or more.

    Returns
    -------
    ndarray, shape (n_rows, d) float64
        Each correctly rounded, finite.

    Raises
    ------
    RowError
        For the first row that is anything else.
    """
    raw = np.frombuffer(b"0" * PAD + text, np.uint8)
    ends = np.flatnonzero((raw == 32) | (raw == 10))  # of each number, (n_rows · d,)
    is_last = raw[ends] == 10
    is_regular = len(ends) == n_rows * d and is_last[d - 1 :: d].all()
    if not is_regular or np.count_nonzero(is_last) != n_rows:
        raise _wrong_length(text, d)
    starts = np.append(PAD, ends[:-1] + 1)
    dots, is_odd = _find_dots(raw, starts, ends)
    is_negative = raw[starts] == 45
    n_whole = dots - starts - is_negative
    n_fraction = np.maximum(ends - dots - 1, 0)
    is_odd |= (n_whole < 1) | (n_whole > MOST_WHOLE) | (n_fraction > MOST_FRACTION)
    is_odd |= n_whole + n_fraction > MOST_DIGITS
    # what is no digit, point or separator may only be the sign
    others = np.flatnonzero(~PLAIN[raw[PAD:]]) + PAD
    if len(others):
        number = np.searchsorted(ends, others)
        is_sign = (others == starts[number]) & is_negative[number]
        is_odd[number[~is_sign]] = True
    odd = np.flatnonzero(is_odd)
    if len(odd):
        # any number that is there takes their places until theirs are known
        dots[odd], n_whole[odd], n_fraction[odd] = PAD, 0, 0
    words = np.ndarray(len(raw) - 7, "V8", raw, strides=(1,))
    integers = _digits(words, ends - 8, n_fraction)
    integers += 10**8 * _digits(words, np.maximum(ends - 16, 0), np.maximum(n_fraction - 8, 0))
    scale = TENS[n_fraction]
    integers += scale * _digits(words, dots - 8, n_whole)
    values = integers / scale
    odd = np.append(odd, np.flatnonzero(integers >= 2**53))
    np.negative(values, out=values, where=is_negative)
    for i in np.sort(odd).tolist():
        values[i] = _parse_one(raw[starts[i] : ends[i]].tobytes(), *divmod(i, d))
    return values.reshape(n_rows, d)


def format_rows(rows: np.ndarray, separator: str = " ") -> list[str]:
    """Write each row as text from which the same bits come back.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        float16, float32 or float64.
    separator : str
        From one number to the next.

    Returns
    -------
    list of str, length n
    """
    form = separator.join([f"%.{DIGITS[rows.dtype]}g"] * rows.shape[1])
    return [form % tuple(row) for row in rows.tolist()]


def _find_dots(raw: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[Any, Any]:
    """Where each number's point is, or its end if it has none, and which have several."""
    dots = np.flatnonzero(raw == 46)
    if len(dots) == len(ends) and ((starts <= dots) & (dots < ends)).all():
        return dots, np.zeros(len(ends), bool)
    first = np.searchsorted(dots, starts)
    n_dots = np.searchsorted(dots, ends) - first
    return np.where(n_dots, np.append(dots, PAD)[first], ends), n_dots > 1


def _digits(words: np.ndarray, places: np.ndarray, n: np.ndarray) -> np.ndarray:
    """The integers that the last n ≤ 8 characters of words are; of longer ones, the last 8."""
    x = words[places].view("<u8") & KEEP[n]
    x &= np.uint64(0x0F0F0F0F0F0F0F0F)
    # 8 digits to 4 pairs, 2 fours, 1 eight: each step adds 10ᵏ times a lane to the next
    x *= np.uint64(1 + (10 << 8))
    x >>= np.uint64(8)
    x &= np.uint64(0x00FF00FF00FF00FF)
    x *= np.uint64(1 + (100 << 16))
    x >>= np.uint64(16)
    x &= np.uint64(0x0000FFFF0000FFFF)
    x *= np.uint64(1 + (10_000 << 32))
    x >>= np.uint64(32)
    return x.view(np.int64)


def _parse_one(number: bytes, row: int, column: int) -> float:
    place = f"number {column + 1}"
    if NUMBER.fullmatch(number) and len(number) <= LONGEST_NUMBER:
        value = float(number)
        if math.isfinite(value):
            return value
        raise RowError(row, f"{place} is {_shown(number)}, out of range")
    if NOT_FINITE.fullmatch(number):
        raise RowError(row, f"{place} is {_shown(number)}; numbers must be finite")
    if not number:
        raise RowError(row, f"{place} is missing: there are two separators in a row")
    raise RowError(row, f"{place} is {_shown(number)}, which is no decimal number")


def _wrong_length(text: bytes, d: int) -> RowError:
    lines = text.split(b"\n")
    for row, line in enumerate(lines[:-1]):
        found = line.count(b" ") + 1 if line else 0
        if found != d:
            return RowError(row, f"it has {found} numbers; {d} are needed")
    return RowError(len(lines) - 1, f"there are {len(lines) - 1} rows")


def _shown(number: bytes) -> str:
    return repr(number.decode("ascii", "backslashreplace"))[:60]
