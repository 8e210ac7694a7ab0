"""The text format of GloVe: that of word2vec without its header."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from negsamp.files.atomic import writing
from negsamp.vectors.formats.reading import LARGEST_VECTOR, Collector, check_options, opened
from negsamp.vectors.formats.text_rows import longest_line, read_text_rows, write_text_rows
from negsamp.vectors.formats.word2vec import HEADER
from negsamp.vectors.formats.writing import NO_SPACES, check_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["has_header", "load_glove_format", "save_glove_format"]

MARK = "\ufeff".encode()  # a byte order mark, which some editors write first
BEGINNING = 200  # bytes


def load_glove_format(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    on_duplicate: str = "error",
    datatype: Any = np.float32,
) -> KeyedVectors:
    """Read a text file of vectors that has no header, as GloVe writes it.

    Parameters
    ----------
    path : path
        Plain or gzip, as its first bytes say. The word of the first line has no spaces: all fields
        behind it are numbers, as many as every vector has.
    limit, encoding, errors, on_duplicate, datatype
        As in `load_word2vec_format`.

    Returns
    -------
    KeyedVectors
        Its keys are str; it has no counts. A word may have spaces: the last d fields are the
        numbers.

    Raises
    ------
    OSError
        If the file cannot be read.
    VectorFileError
        If it is not such a file; names the line. A first line of two integers is taken for
        word2vec's header.
    ValueError
        If an option is out of range.
    MemoryError
        If the file is whole and the machine has no room for its vectors.
    """
    options = check_options(limit, encoding, errors, on_duplicate, datatype)
    with opened(path) as source:
        most = longest_line(LARGEST_VECTOR)
        first = source.readline(most).removeprefix(MARK)
        if len(first) >= most and not first.endswith(b"\n"):
            raise source.fault(f"it has more than {most} bytes and no end", "line 1")
        if HEADER.fullmatch(first):
            raise source.fault(
                "it is two integers, as in the header of word2vec's text form, which "
                "load_word2vec_format reads",
                "line 1",
            )
        d = first.rstrip(b" \r\n").count(b" ")
        if not 1 <= d <= LARGEST_VECTOR:
            raise source.fault(
                f"it has {d} fields behind a word, apart by one space each; there must be 1 to "
                f"{LARGEST_VECTOR} numbers" + (", and it has tabs" if b"\t" in first else ""),
                "line 1",
            )
        collector = Collector(source, d, None, options)
        read_text_rows(source, d, collector, 1, limit, is_all=False, beginning=first)
        return collector.finish()


def save_glove_format(kv: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors as text without a header, with enough digits for all bits of any type.

    Counts are not written.

    Parameters
    ----------
    kv : KeyedVectors
        It must have a word. Its keys must be str, not empty, and without white space of ASCII.
    path : path
        An older file of that name is replaced when the new one is complete. With the suffix
        ``.gz`` it is packed.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError
        If `kv` is not a `KeyedVectors`.
    ValueError
        If the format cannot carry a key or a vector, or if the first line would be taken for a
        header; nothing has been written then.
    """
    words, matrix = check_vectors(kv, NO_SPACES)
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
    """Return whether a text file's first line is two integers, as in word2vec's form.

    Raises
    ------
    OSError, VectorFileError
        As in `load_glove_format`.
    """
    with opened(path) as source:
        line = source.readline(BEGINNING)
    return line.endswith(b"\n") and HEADER.fullmatch(line) is not None
