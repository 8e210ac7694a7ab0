"""What formats check before they write vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from negsamp.checks import first_row_not_finite, is_integer, is_real
from negsamp.files.word_list import texts_of
from negsamp.vectors.formats.reading import LARGEST_VECTOR, LONGEST_WORD, TYPES
from negsamp.vectors.word_vectors import check_keyed_vectors

__all__ = ["NO_SPACES", "check_finite", "check_vectors", "row_chunks"]

NUMBERS_AT_ONCE = 1 << 16
NO_SPACES = " \t\n\r\v\f"  # at these, readers cut a line into words or strip it


def check_vectors(
    kv: Any, refused: str = "", keys: Callable[[Any], str] | None = None
) -> tuple[list[bytes], np.ndarray]:
    """Check what is to be written, and return the words as UTF-8 and the matrix.

    Words with one of the characters `refused` are an error, and so are keys that are not str,
    unless `keys` makes text of them. The empty word is one if any character is refused.
    """
    check_keyed_vectors("kv", kv)
    matrix = kv.vectors
    if matrix.dtype.newbyteorder("=") not in TYPES:
        raise ValueError(
            f"vectors has type {matrix.dtype}; float16, float32 or float64 can be saved"
        )
    if not 1 <= kv.vector_size <= LARGEST_VECTOR:
        raise ValueError(
            f"vectors has shape {matrix.shape}; vectors of 1 to {LARGEST_VECTOR} numbers can be "
            "saved"
        )
    check_finite(matrix, kv.index_to_key)
    words = []
    for row, word in enumerate(texts_of(kv.index_to_key, keys)):
        key = kv.index_to_key[row]
        try:
            words.append(_encode(word, refused))
        except ValueError as error:
            which = f"word {str(key)!r:.60}" if isinstance(key, str) else f"key {key!r:.60}"
            if isinstance(word, str) and not isinstance(key, str):
                which += f", which keys makes {word!r:.60} of,"
            raise ValueError(f"the {which} (row {row}) {error}") from None
    return words, matrix


def check_finite(matrix: np.ndarray, words: Sequence[Any], dtype: Any = None) -> None:
    """Check that all numbers are finite, and are so in another type."""
    row = first_row_not_finite(matrix, dtype)
    if row is not None:
        is_own = dtype is None
        fault = "is not finite" if is_own else f"has numbers out of range of {np.dtype(dtype)}"
        raise ValueError(
            f"the vector of {words[row]!r:.60} (row {row}) {fault}: {matrix[row]!s:.60}"
        )


def row_chunks(matrix: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Give the rows in order, some at a time, with the first one's number."""
    n = max(1, NUMBERS_AT_ONCE // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), n):
        yield start, np.asarray(matrix[start : start + n])


def _encode(word: Any, refused: str) -> bytes:
    if not isinstance(word, str):
        raise ValueError(f"is of type {type(word).__name__}; {_way_on(word, refused)}")
    if refused and not word:
        raise ValueError(
            "is empty, which this format cannot carry; KeyedVectors.save, save_npz and "
            "save_safetensors can"
        )
    for character in refused:
        if character in word:
            raise ValueError(
                f"holds {character!r}, which this format cannot carry; KeyedVectors.save, save_npz "
                "and save_safetensors can"
            )
    try:
        encoded = str.encode(word)
    except UnicodeEncodeError:
        raise ValueError("has a lone surrogate, which UTF-8 cannot carry") from None
    if len(encoded) > LONGEST_WORD:
        raise ValueError(
            f"has {len(encoded)} bytes; this format has words of at most {LONGEST_WORD}"
        )
    return encoded


def _way_on(key: Any, refused: str) -> str:
    """What to write where a key is no str."""
    text = str(key)
    told = f"this format has only str: keys=str writes {text!r:.60}"
    if any(character in text for character in refused):
        text = text.replace(" ", "_")
        told = (
            "this format has only str without white space: "
            f"keys=lambda key: str(key).replace(' ', '_') writes {text!r:.60}"
        )
    if is_integer(key) or is_real(key):
        kind = "int" if is_integer(key) else "float"
        return f"{told}, and keys={kind} makes the key of it again when it is read"
    return told
