"""What formats check before they write vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from negsamp.vectors.formats.sources import LARGEST_VECTOR, LONGEST_WORD, TYPES
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["check_rows", "check_vectors", "encode_word", "row_chunks"]

NUMBERS_AT_ONCE = 1 << 16


def check_vectors(kv: Any) -> np.ndarray:
    """Check what is to be written; returns its matrix.

    Raises
    ------
    TypeError
        If it is no `KeyedVectors`.
    ValueError
        If the vectors are not of float16, float32 or float64, are too long or too short, or are
        not finite.
    """
    if not isinstance(kv, KeyedVectors):
        hint = "; that of a model is its .wv" if hasattr(kv, "wv") else ""
        raise TypeError(f"kv is a {type(kv).__name__}; it must be a KeyedVectors{hint}")
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
    check_rows(matrix, kv.index_to_key)
    return matrix


def check_rows(matrix: np.ndarray, words: Sequence[Any]) -> None:
    """Check that numbers are finite.

    Raises
    ------
    ValueError
        That names the first row's word.
    """
    for start, rows in row_chunks(matrix):
        is_finite = np.isfinite(rows).all(axis=1)
        if not is_finite.all():
            i = int(is_finite.argmin())
            raise ValueError(
                f"the vector of {words[start + i]!r:.60} (row {start + i}) is not finite: "
                f"{rows[i]!s:.60}"
            )


def row_chunks(matrix: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The rows in order, some at a time, with the first one's number."""
    n = max(1, NUMBERS_AT_ONCE // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), n):
        yield start, np.asarray(matrix[start : start + n])


def encode_word(word: Any, row: int, refused: Iterable[str] = "") -> bytes:
    """A word as UTF-8.

    Raises
    ------
    ValueError
        If it is no `str`, is empty or too long, holds one of the characters refused, or has a
        lone surrogate.
    """
    if not isinstance(word, str):
        raise ValueError(
            f"the key {word!r:.60} (row {row}) is a {type(word).__name__}; this format has only "
            "str, and a saved model has keys of other types too"
        )
    for character in refused:
        if character in word:
            raise ValueError(
                f"the word {str(word)!r:.60} (row {row}) holds {character!r}, which this format "
                "cannot carry"
            )
    try:
        encoded = str.encode(word)
    except UnicodeEncodeError:
        raise ValueError(
            f"the word {str(word)!r:.60} (row {row}) has a lone surrogate, which UTF-8 cannot carry"
        ) from None
    if not 1 <= len(encoded) <= LONGEST_WORD:
        raise ValueError(
            f"the word {str(word)!r:.60} (row {row}) has {len(encoded)} bytes; this format has "
            f"words of 1 to {LONGEST_WORD}"
        )
    return encoded
