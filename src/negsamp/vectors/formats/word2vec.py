"""The two formats of word2vec.c, which gensim writes too.

A header line ``V d``; then each word, a space and its `d` numbers: in the text form as decimals
with spaces between them, a word a line; in the binary form as little-endian float32, after which
word2vec.c writes a newline and gensim does not.
"""

from __future__ import annotations

import os
import re
from typing import Any, BinaryIO

import numpy as np

from negsamp.files.atomic import writing
from negsamp.vectors.formats.reading import (
    LARGEST_VECTOR,
    LONGEST_WORD,
    Collector,
    Source,
    check_options,
    opened,
    shown,
    suffix_of,
)
from negsamp.vectors.formats.text_rows import NUMBER, read_text_rows, write_text_rows
from negsamp.vectors.formats.writing import NO_SPACES, check_finite, check_vectors, row_chunks
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["HEADER", "load_word2vec_format", "save_word2vec_format"]

LONGEST_HEADER = 64  # bytes
HEADER = re.compile(rb"(?:\xef\xbb\xbf)?\s*(\d{1,18})\s+(\d{1,18})\s*", re.ASCII)
NUMBERS = np.dtype("<f4")
BLOCK = 1 << 20  # bytes
TEXT_BEGINNING = 1 << 12  # bytes that are looked at to tell the text form
IS_BINARY = {".txt": False, ".vec": False, ".bin": True}


def load_word2vec_format(
    path: str | os.PathLike[str],
    *,
    binary: bool | None = None,
    limit: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    on_duplicate: str = "error",
    datatype: Any = np.float32,
) -> KeyedVectors:
    """Read a file that word2vec.c, gensim or `save_word2vec_format` wrote.

    Errors are those of `open_vectors`; a `VectorFileError` names the line or the byte.

    Parameters
    ----------
    path : path
        Plain or gzip, as its first bytes say.
    binary : bool, optional
        The form; None goes by the suffix: ``.txt`` and ``.vec`` are text, ``.bin`` is binary, each
        with or without ``.gz`` behind it.
    limit : int, optional
        Read the first so many rows and look at no more.
    encoding : str
        Encoding of the words; one in which ASCII characters are ASCII bytes.
    errors : str
        How words that are not in this encoding are handled: ``"strict"``, ``"ignore"``,
        ``"replace"`` or another codec error handler.
    on_duplicate : {"error", "first"}
        Whether a word that comes again is an error, or its row is left out.
    datatype : dtype
        Type of the matrix: float32, or float16 for half the memory, or float64.

    Returns
    -------
    KeyedVectors
        Its keys are str; it has no counts. In the text form a word may have spaces: the last d
        fields are the numbers.
    """
    options = check_options(limit, encoding, errors, on_duplicate, datatype)
    is_binary = _is_binary(path, binary)
    with opened(path) as source:
        V, d = _read_header(source)
        n = V if limit is None else min(V, int(limit))
        # a word has a byte and a separator behind it; a number has a digit and a separator
        least = n * (2 + NUMBERS.itemsize * d) if is_binary else n * (2 + 2 * d) - 1
        if least > source.room - source.position:
            raise source.fault(
                f"the header promises {V} vectors of {d} numbers; {n} of them need {least} bytes, "
                f"and {source.room - source.position} "
                + ("at most can be in it" if source.is_packed else "follow"),
                "line 1",
            )
        collector = Collector(source, d, n, options)
        read = _read_binary if is_binary else _read_text
        read(source, n, d, n == V, collector)
        return collector.finish()


def save_word2vec_format(
    kv: KeyedVectors, path: str | os.PathLike[str], *, binary: bool | None = None
) -> None:
    """Write vectors so that word2vec's tools, gensim and `load_word2vec_format` read them.

    Counts are not written. The text form has enough digits for all bits of any type; the binary
    form is float32, to which float64 is rounded. Errors are those of `save_vectors`.

    Parameters
    ----------
    kv : KeyedVectors
        Its keys must be str, not empty, and without white space of ASCII.
    path : path
        With the suffix ``.gz`` the file is packed.
    binary : bool, optional
        The form; None goes by the suffix as in `load_word2vec_format`.
    """
    is_binary = _is_binary(path, binary)
    words, matrix = check_vectors(kv, NO_SPACES)
    if is_binary and matrix.dtype == np.float64:
        check_finite(matrix, kv.index_to_key, NUMBERS)
    with writing(path) as file:
        file.write(b"%d %d\n" % matrix.shape)
        write = _write_binary if is_binary else write_text_rows
        write(file, [word + b" " for word in words], matrix)


def _is_binary(path: str | os.PathLike[str], binary: bool | None) -> bool:
    if binary is not None:
        if not isinstance(binary, (bool, np.bool_)):
            raise ValueError(f"binary is {binary!r:.60}; it must be True, False or None")
        return bool(binary)
    suffix, _ = suffix_of(path)
    if suffix not in IS_BINARY:
        raise ValueError(
            f"path is {os.fspath(path)!r}, whose suffix is none of {', '.join(IS_BINARY)}, with or "
            "without .gz; binary=True or False says which form it has"
        )
    return IS_BINARY[suffix]


def _read_header(source: Source) -> tuple[int, int]:
    line = source.readline(LONGEST_HEADER)
    match = HEADER.fullmatch(line)
    if not match or not line.endswith(b"\n"):
        raise source.fault(
            f"it is {shown(line)}; it must be two integers, the number of words and that of "
            "dimensions (a file without them is read by load_glove_format)",
            "line 1",
        )
    V, d = map(int, match.groups())
    if not 1 <= d <= LARGEST_VECTOR:
        raise source.fault(
            f"the header says {d} dimensions; 1 to {LARGEST_VECTOR} are allowed", "line 1"
        )
    return V, d


def _read_text(source: Source, n: int, d: int, is_all: bool, collector: Collector) -> None:
    read_text_rows(source, d, collector, 2, n, is_all)
    if collector.n_rows < n:
        raise source.fault(
            f"it ends, and {n - collector.n_rows} of {n} vectors are missing",
            f"line {collector.n_rows + 2}",
        )


def _read_binary(source: Source, n: int, d: int, is_all: bool, collector: Collector) -> None:
    size = NUMBERS.itemsize * d
    block = max(BLOCK, 2 * (size + LONGEST_WORD))
    at = source.position  # where `content` begins
    content = source.read(block)
    if n and _is_text(content[:TEXT_BEGINNING], d):
        raise source.fault("its rows are in the text form, which binary=False reads", "line 2")
    space = content.find(b" ", 0, LONGEST_WORD + 1)
    # the block holds all of the first vector and what is behind it
    has_newlines = content.startswith(b"\n", space + 1 + size)
    while collector.n_rows < n:
        words: list[bytes] = []
        numbers: list[bytes] = []
        places: list[int] = []
        start = 0
        for row in range(collector.n_rows, n):
            begin = start + (has_newlines and row > 0)
            space = content.find(b" ", begin, begin + LONGEST_WORD + 1)
            end = space + 1 + size
            if space < 0 and len(content) > begin + LONGEST_WORD:
                raise source.fault(
                    f"{LONGEST_WORD} bytes without a space follow, which is no word",
                    f"byte {at + begin}",
                )
            if space < 0 or end > len(content):
                break
            if content.startswith(b"\n", start) != (begin > start):
                raise source.fault(
                    "a newline must stand behind each vector or behind none", f"byte {at + start}"
                )
            words.append(content[begin:space])
            numbers.append(content[space + 1 : end])
            places.append(at + begin)
            start = end
        if words:
            rows = np.frombuffer(b"".join(numbers), NUMBERS).reshape(len(words), d)
            collector.add(words, rows, "byte", places)
        at += start
        more = source.read(block)
        content = content[start:] + more
        if collector.n_rows < n and not more:
            raise source.fault(
                f"it ends, and {n - collector.n_rows} of {n} vectors are missing", f"byte {at}"
            )
    if is_all and content not in (b"", b"\n" * has_newlines):
        raise source.fault(
            f"it has more than the {n} vectors that the header promises", f"byte {at}"
        )


def _is_text(beginning: bytes, d: int) -> bool:
    """Whether a beginning has whole lines and each is a word and `d` decimals."""
    *lines, _ = beginning.split(b"\n")
    rows = [line.split() for line in lines]
    return bool(rows) and all(len(row) > d and all(map(NUMBER.fullmatch, row[-d:])) for row in rows)


def _write_binary(file: BinaryIO, words: list[bytes], matrix: np.ndarray) -> None:
    for start, rows in row_chunks(matrix):
        pairs = zip(words[start : start + len(rows)], rows.astype(NUMBERS), strict=True)
        file.write(b"".join([word + row.tobytes() for word, row in pairs]))
