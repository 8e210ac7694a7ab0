"""Words and counts as lines of text; what a line cannot carry, as JSON beside it.

A line is ``word count``. A word with white space, or one that is no string, has its JSON form in
the line, and stands in a second file under its row: that file says which lines are to be read so.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.arrayfile import open_file, read_bytes
from negsamp.strictjson import LONGEST_INTEGER, parse_json

__all__ = ["count_lines", "encode_words", "most_apart", "read_words"]

# Bytes of a line: a token may have as many, and its count is 20 more.
LONGEST_LINE = (1 << 24) + 32
DEEPEST_TUPLE = 50
LARGEST_INTEGER = 10**LONGEST_INTEGER - 1
# Python's hashes of numbers are known to all: who makes many that are alike makes a dict slow.
MOST_OF_A_HASH = 100
BLOCK = 1 << 20
COUNT = re.compile(r"[1-9][0-9]{0,18}")


def encode_words(words: Sequence[Hashable], counts: Any) -> tuple[bytes, bytes]:
    """The contents of the two files; the second is empty where it is not needed.

    Parameters
    ----------
    words : sequence, length V
        str, int, finite float, bool, bytes and tuples of these.
    counts : array_like, shape (V,)
        1 or more, falling.

    Raises
    ------
    ValueError
        If a word or a count cannot be written so that it comes back the same.
    """
    numbers = np.asarray(counts)
    if numbers.dtype.kind not in "iu":
        raise ValueError(f"counts has type {numbers.dtype}; it must be integers")
    _check_falling(numbers)
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


def count_lines(path: Path, most: int, update: Callable[[bytes], Any]) -> int:
    """Count a file's lines and show its blocks to `update`.

    Raises
    ------
    ValueError
        If there are more than `most`, or if one is too long; as soon as that is known.
    """
    n_lines = open_bytes = 0
    with open_file(path) as file:
        while block := file.read(BLOCK):
            update(block)
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


def read_words(path: Path, apart: Path | None, V: int) -> tuple[list[Any], np.ndarray]:
    """Read V words and counts.

    Parameters
    ----------
    path : pathlib.Path
        Of the lines.
    apart : pathlib.Path or None
        Of the words that no line can carry.
    V : int
        Number of lines, as `count_lines` has found it.

    Returns
    -------
    words : list, length V
    counts : ndarray, shape (V,) int64

    Raises
    ------
    ValueError
        That names the file and the line.
    """
    words: list[Any] = []
    counts = np.empty(V, np.int64)
    with open_file(path) as file:
        for row in range(V):
            try:
                word, counts[row] = _parse_line(file.readline(LONGEST_LINE + 1))
            except (ValueError, OverflowError) as error:
                raise ValueError(f"line {row + 1} of {str(path)!r} is not 'word count'") from error
            words.append(word)
        size = file.tell()
        if file.read(1):
            raise ValueError(f"{str(path)!r} has more lines than there are vectors, {V}")
    try:
        _check_falling(counts)
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is damaged: {error}") from error
    if apart is not None:
        try:
            _put_apart(words, apart, size)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{str(apart)!r} is damaged: {error}") from error
    if len(set(words)) < len(words):
        [(twice, _)] = Counter(words).most_common(1)
        raise ValueError(f"{str(path)!r} holds {twice!r:.60} more than once")
    return words, counts


def most_apart(size: int, V: int) -> int:
    """Bytes that the second file may have beside V lines of `size` bytes."""
    return 2 * size + 32 * V + 2  # a value has at most twice the bytes of its line, a key 25


def _check_falling(counts: np.ndarray) -> None:
    wrong = (counts < 1) | (counts > np.append(counts[:1], counts[:-1]))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"the count of row {row} is {counts[row]}; counts are 1 or more and do not rise"
        )


def _parse_line(line: bytes) -> tuple[str, int]:
    text = line.decode()
    word, count = text.split(None, 2)  # no long list, however many there are
    if text != f"{word} {count}\n" or not COUNT.fullmatch(count):
        raise ValueError
    return word, int(count)


def _put_apart(words: list[Any], path: Path, size: int) -> None:
    """Put the words of the second file in their rows; `size` bytes has the first."""
    found = parse_json(read_bytes(path, most_apart(size, len(words))))
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
