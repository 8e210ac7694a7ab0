"""What formats check before they write vectors, and how a file appears whole or not at all."""

from __future__ import annotations

import gzip
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from negsamp.arrayfile import flush_to_disk, sync_folder
from negsamp.vectorfile import LARGEST_VECTOR, LONGEST_WORD, TYPES
from negsamp.vectors import KeyedVectors

__all__ = ["check_rows", "check_vectors", "encode_word", "row_chunks", "written_whole"]

NUMBERS_AT_ONCE = 1 << 16


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write a file that takes its name only when it is complete; what had the name stays till then.

    Parameters
    ----------
    path : path
        With the suffix ``.gz``, what is written is packed; the same bytes give the same file.

    Raises
    ------
    OSError
        If it cannot be written; IsADirectoryError if it is a folder.
    ValueError
        If something that is no file has the name.
    """
    target = Path(path).resolve()
    if target.is_dir():
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder; it must be a file")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise ValueError(f"{os.fspath(path)!r} is a pipe, device or socket; it must be a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name:.50}-{secrets.token_hex(8)}")
    try:
        with open(aside, "xb") as raw:
            if target.suffix.lower() == ".gz":
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                    yield packed  # type: ignore[misc]
            else:
                yield raw
            flush_to_disk(raw)
        if target.exists():
            shutil.copymode(target, aside)
        os.replace(aside, target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


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
