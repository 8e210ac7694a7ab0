"""The text format of GloVe: that of word2vec without its header."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from negsamp.files.atomic import writing
from negsamp.vectors.formats.reading import (
    LARGEST_VECTOR,
    Collector,
    Source,
    check_options,
    opened,
)
from negsamp.vectors.formats.text_rows import NUMBER, longest_line, read_text_rows, write_text_rows
from negsamp.vectors.formats.word2vec import HEADER
from negsamp.vectors.formats.writing import NO_SPACES, check_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["count_numbers", "has_header", "load_glove_format", "save_glove_format"]

MARK = "\ufeff".encode()  # a byte order mark, which some editors write first
BEGINNING = 200  # bytes
MOST_LOOKED_AT = 20  # lines, to tell how many numbers each has


def load_glove_format(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    on_duplicate: str = "error",
    datatype: Any = np.float32,
    on_error: str = "raise",
    keys: Callable[[str], Any] | None = None,
) -> KeyedVectors:
    """Read a text file of vectors that has no header, as GloVe writes it.

    Errors are those of `open_vectors`; a `VectorFileError` names the line. A first line of two
    integers is taken for word2vec's header, and refused.

    Parameters
    ----------
    path : path
        Plain, gzip, bzip2, xz, or zip with one member, as its first bytes say. How many numbers
        each line has is what most of the first lines say; in a line of nothing but numbers, all
        but the first are these.
    limit, encoding, errors, on_duplicate, datatype, on_error, keys
        As in `load_word2vec_format`.

    Returns
    -------
    KeyedVectors
        Its keys are str, or what `keys` makes of them; it has no counts. A word may have spaces:
        the last d fields are the numbers. One whose last part is a number is refused, as it may be
        a row with a number too many.

    Examples
    --------
    >>> from negsamp import load_glove_format
    >>> with open("glove.txt", "w") as file:
    ...     print("the 0.5 -1.5", file=file)
    ...     print("of 0.25 1", file=file)
    >>> load_glove_format("glove.txt")["of"].tolist()
    [0.25, 1.0]
    """
    options = check_options(limit, encoding, errors, on_duplicate, datatype, on_error, keys)
    with opened(path) as source:
        beginning = _first_lines(source)
        first, *_ = beginning
        if HEADER.fullmatch(first):
            raise source.fault(
                "it is two integers, as in the header of word2vec's text form, which "
                "load_word2vec_format reads",
                "line 1",
            )
        found = [count_numbers(line) for line in beginning if line.strip()] or [0]
        d = max(found, key=found.count)
        if not 1 <= d <= LARGEST_VECTOR:
            commas = ", and it has commas" if b"," in first else ""
            raise source.fault(
                f"it has {d} numbers behind a word; there must be 1 to {LARGEST_VECTOR}, with "
                f"spaces or tabs between them{commas}"
                if first
                else "the file is empty",
                "line 1",
            )
        collector = Collector(source, d, None, options)
        read_text_rows(
            source, d, collector, 1, limit, is_all=limit is None, beginning=b"".join(beginning)
        )
        return collector.finish()


def _first_lines(source: Source) -> list[bytes]:
    """Read some lines, one or more, with their ends."""
    most = longest_line(LARGEST_VECTOR)
    lines = [source.readline(most).removeprefix(MARK)]
    if len(lines[0]) >= most and not lines[0].endswith(b"\n"):
        raise source.fault(f"it has more than {most} bytes and no end", "line 1")
    while lines[-1] and len(lines) < MOST_LOOKED_AT and sum(map(len, lines)) < most:
        lines.append(source.readline(most))
    return lines


def count_numbers(line: bytes) -> int:
    """Return how many numbers stand at the end of a line, behind a word."""
    fields = line.split()
    if line[:1] not in (b" ", b"\t"):
        del fields[:1]  # the word, which may be a number too
    n = 0
    while n < len(fields) and NUMBER.fullmatch(fields[-1 - n]):
        n += 1
    return n


def save_glove_format(
    kv: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    keys: Callable[[Any], str] | None = None,
) -> None:
    """Write vectors as text without a header, with enough digits for all bits of any type.

    Counts are not written. Errors are those of `save_vectors`; vectors whose first line would be
    taken for a header are refused too.

    Parameters
    ----------
    kv : KeyedVectors
        It must have a word. Its keys must be str, not empty, and without white space of ASCII.
    path : path
        With the suffix ``.gz`` the file is packed.
    keys : callable, optional
        Makes text of the keys that are not str, as in `save_vectors`.

    Examples
    --------
    >>> from negsamp import KeyedVectors, save_glove_format
    >>> save_glove_format(KeyedVectors(["the", "of"], [[0.5, -1.5], [0.25, 1]]), "kv.glove")
    >>> print(open("kv.glove").read(), end="")
    the 0.5 -1.5
    of 0.25 1
    """
    words, matrix = check_vectors(kv, NO_SPACES, keys)
    if not words:
        raise ValueError("kv has no words; without a header, there must be one or more")
    if words[0].startswith(MARK):
        raise ValueError(
            f"the first word, {kv.index_to_key[0]!r:.60}, begins with a byte order mark, which is "
            "no part of the word where a file begins with it"
        )
    if matrix.shape[1] == 1 and words[0].isdigit() and float(matrix[0, 0]).is_integer():
        raise ValueError(
            f"the first word is {kv.index_to_key[0]!r:.60} and its only number {matrix[0, 0]}: "
            "such a line is taken for a header"
        )
    with writing(path) as file:
        write_text_rows(file, [word + b" " for word in words], matrix)


def has_header(path: str | os.PathLike[str]) -> bool:
    """Return whether a text file's first line is two integers, as in word2vec's form."""
    with opened(path) as source:
        line = source.readline(BEGINNING)
    return line.endswith(b"\n") and HEADER.fullmatch(line) is not None
