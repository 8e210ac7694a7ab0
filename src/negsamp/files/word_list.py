"""Words and counts as lines of text; what a line cannot carry, as JSON beside it.

A line is ``word count``. A word with white space, or one that is no string, has its JSON form in
the line, and stands in a second file under its row: that file says which lines are to be read so.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.files.npy import open_file
from negsamp.files.strict_json import LONGEST_INTEGER, parse_json

__all__ = ["count_lines", "encode_words", "most_apart", "parse_words"]

# Bytes of a line: a token may have as many, and its count is 20 more.
LONGEST_LINE = (1 << 24) + 32
DEEPEST_TUPLE = 50
LARGEST_INTEGER = 10**LONGEST_INTEGER - 1
# Python's hashes of numbers are known to all: who makes many that are alike makes a dict slow.
MOST_OF_A_HASH = 100
BLOCK = 1 << 20
COUNT = re.compile(r"[1-9][0-9]{0,18}")
COUNT_OR_0 = re.compile(rf"0|{COUNT.pattern}")


def encode_words(
    words: Sequence[Hashable], counts: Any, falling: bool = True
) -> tuple[bytes, bytes]:
    """The contents of the two files; the second is empty where it is not needed.

    Parameters
    ----------
    words : sequence, length V
        str, int, finite float, bool, bytes and tuples of these.
    counts : array_like, shape (V,)
    falling : bool
        Whether counts must be 1 or more and not rise, or else 0 or more.

    Raises
    ------
    ValueError
        If a word or a count cannot be written so that it comes back the same.
    """
    numbers = np.asarray(counts)
    if numbers.dtype.kind not in "iu":
        raise ValueError(f"counts has type {numbers.dtype}; it must be integers")
    _check_counts(numbers, falling)
    lines: list[bytes] = []
    apart: dict[str, Any] = {}
    for row, (word, count) in enumerate(zip(words, numbers.tolist(), strict=True)):
        word = _plain(word)
        if not _fits_a_line(word):
            apart[str(row)] = _to_json(word)
            word = _shown(apart[str(row)])
        lines.append(f"{word} {count}\n".encode())
        if len(lines[-1]) > LONGEST_LINE:
            raise ValueError(
                f"the word {word!r:.60} takes {len(lines[-1])} bytes; {LONGEST_LINE} can be saved"
            )
    return b"".join(lines), json.dumps(apart).encode() if apart else b""


def count_lines(path: Path, most: int) -> int:
    """Count a file's lines.

    Raises
    ------
    ValueError
        If there are more than `most`, or if one is too long; as soon as that is known.
    """
    n_lines = open_bytes = 0
    with open_file(path) as file:
        while block := file.read(BLOCK):
            n_lines += block.count(b"\n")
            last = block.rfind(b"\n")
            open_bytes = open_bytes + len(block) if last < 0 else len(block) - last - 1
            if n_lines + bool(open_bytes) > most:
                raise ValueError(f"it has more lines than there are vectors, {most}")
            if open_bytes > LONGEST_LINE:
                raise ValueError(
                    f"line {n_lines + 1} has more than the {LONGEST_LINE} bytes allowed"
                )
    return n_lines + bool(open_bytes)


def parse_words(
    lines: bytes,
    apart: bytes | None,
    V: int,
    names: tuple[str, str],
    falling: bool = True,
) -> tuple[list[Any], np.ndarray]:
    """Read V words and counts.

    Parameters
    ----------
    lines : bytes
        The lines.
    apart : bytes or None
        The words that no line can carry.
    V : int
        Number of lines, as `count_lines` has found it.
    names : (str, str)
        What the two files are called in messages.
    falling : bool
        As in `encode_words`.

    Returns
    -------
    words : list, length V
    counts : ndarray, shape (V,) int64

    Raises
    ------
    ValueError
        That names the file and the line.
    """
    form = COUNT if falling else COUNT_OR_0
    found = _split_lines(lines, V, form)
    words, counts = _split_each_line(lines, V, form, names[0]) if found is None else found
    try:
        _check_counts(counts, falling)
    except ValueError as error:
        raise ValueError(f"{names[0]!r} is damaged: {error}") from error
    if apart is not None:
        try:
            _put_apart(words, apart)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{names[1]!r} is damaged: {error}") from error
    if len(set(words)) < len(words):
        [(twice, _)] = Counter(words).most_common(1)
        raise ValueError(f"{names[0]!r} holds {twice!r:.60} more than once")
    return words, counts


def most_apart(size: int, V: int) -> int:
    """Bytes that the second file may have beside V lines of `size` bytes."""
    return 2 * size + 32 * V + 2  # a value has at most twice the bytes of its line, a key 25


def _check_counts(counts: np.ndarray, falling: bool) -> None:
    least, allowed = (1, "1 or more and do not rise") if falling else (0, "0 or more")
    wrong = counts < least
    if falling:
        wrong |= counts > np.append(counts[:1], counts[:-1])
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"the count of row {row} is {counts[row]}; counts are {allowed}")


def _split_lines(
    content: bytes, V: int, form: re.Pattern[str]
) -> tuple[list[Any], np.ndarray] | None:
    """Words and counts, if all lines are as they must be; in passes over the whole content."""
    codes = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero((codes == 0x20) | (codes == 0x0A))  # in UTF-8 part of no other character
    is_in_turn = len(ends) == 2 * V and (codes[ends].reshape(V, 2) == (0x20, 0x0A)).all()
    if not is_in_turn or np.diff(ends[1::2], prepend=-1).max(initial=0) > LONGEST_LINE:
        return None
    try:
        text = content.decode()
        parts = text.split()
        # other white space is in no part, nor are two spaces together
        if len(parts) != 2 * V or " ".join([*parts, ""]) != text.replace("\n", " "):
            return None
        numbers = parts[1::2]
        if not all(map(form.fullmatch, numbers)):
            return None
        return parts[::2], np.array([*map(int, numbers)], np.int64)
    except (UnicodeDecodeError, OverflowError):
        return None


def _split_each_line(
    content: bytes, V: int, form: re.Pattern[str], name: str
) -> tuple[list[Any], np.ndarray]:
    """As `_split_lines`, one by one, to name the line that is wrong."""
    words: list[Any] = []
    counts = np.empty(V, np.int64)
    with BytesIO(content) as file:
        for row in range(V):
            try:
                line = file.readline(LONGEST_LINE + 1)
                word, counts[row] = _parse_line(line, form)
            except (ValueError, OverflowError) as error:
                raise ValueError(f"line {row + 1} of {name!r} is not 'word count'") from error
            words.append(word)
        if file.read(1):
            raise ValueError(f"{name!r} has more lines than there are vectors, {V}")
    return words, counts


def _parse_line(line: bytes, form: re.Pattern[str]) -> tuple[str, int]:
    text = line.decode()
    word, count = text.split(None, 2)  # no long list, however many there are
    if text != f"{word} {count}\n" or not form.fullmatch(count):
        raise ValueError
    return word, int(count)


def _put_apart(words: list[Any], content: bytes) -> None:
    """Put the words of the second file in their rows."""
    found = parse_json(content)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    for key, value in found.items():
        row = int(key) if COUNT.fullmatch(key) or key == "0" else -1
        if not 0 <= row < len(words):
            raise ValueError(f"there is no row {key!r:.60}")
        word = _from_json(value)
        if not _shown(value) == _shown(_to_json(word)) == words[row]:
            raise ValueError(f"row {row} is {word!r:.60} here and {words[row]!r:.60} in its line")
        words[row] = word
    hashes = np.fromiter(map(hash, words), np.int64, len(words))
    if len(hashes) and np.unique(hashes, return_counts=True)[1].max() > MOST_OF_A_HASH:
        raise ValueError(f"more than {MOST_OF_A_HASH} of its words have the same hash")


def _plain(word: Any) -> Any:
    """NumPy's scalars as Python's own, and any kind of str (an Enum, say) as the str it equals."""
    if isinstance(word, np.generic):
        word = word.item()
    return str.__str__(word) if isinstance(word, str) else word


def _fits_a_line(word: Any) -> bool:
    return isinstance(word, str) and word.split() == [word] and not _has_surrogates(word)


def _has_surrogates(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return True
    return False


def _shown(value: Any) -> str:
    """A JSON value without white space."""
    return json.dumps(value, separators=(",", ":")).replace(" ", "\\u0020")


def _to_json(word: Any, depth: int = 0) -> Any:
    """A JSON value that `_from_json` turns into an equal word."""
    word = _plain(word)
    if isinstance(word, str):
        # JSON would take a pair of lone surrogates for one character
        return {"characters": [*map(ord, word)]} if _has_surrogates(word) else word
    if type(word) is int and abs(word) > LARGEST_INTEGER:
        raise ValueError(
            f"a word is an integer of more than {LONGEST_INTEGER} digits, which cannot be saved"
        )
    if type(word) in (bool, int):
        return word
    if type(word) is float and np.isfinite(word):
        return word
    if type(word) is bytes:
        return {"bytes": word.hex()}
    if type(word) is tuple:
        if depth == DEEPEST_TUPLE:
            raise ValueError(
                f"a word is a tuple {depth + 1} levels deep, which cannot be saved; {depth} can"
            )
        return {"tuple": [_to_json(item, depth + 1) for item in word]}
    raise ValueError(
        f"the word {word!r:.60} is a {type(word).__name__}, which cannot be saved; str, int, "
        "finite float, bool, bytes and tuples of these can"
    )


def _from_json(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict) and len(value) == 1:
        [(kind, content)] = value.items()
        if kind == "bytes" and isinstance(content, str):
            return bytes.fromhex(content)
        if kind == "characters" and isinstance(content, list):
            if not all(type(code) is int and 0 <= code < 0x110000 for code in content):
                raise ValueError("'characters' holds what is no code of a character")
            return "".join(map(chr, content))
        if kind == "tuple" and isinstance(content, list):
            return tuple(map(_from_json, content))
    raise ValueError(f"{value!r:.60} is no kind of word")
