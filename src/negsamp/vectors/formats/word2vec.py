"""The two formats of word2vec.c, which gensim writes too.

A header line ``V d``; then each word, a space and its `d` numbers: in the text form as decimals
with spaces between them, a word a line; in the binary form as little-endian float32, after which
word2vec.c writes a newline and gensim does not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, BinaryIO

import numpy as np

from negsamp.checks import glimpse
from negsamp.files.atomic import writing
from negsamp.files.kinds import BEGINNING
from negsamp.vectors.formats.reading import (
    LARGEST_VECTOR,
    LONGEST_WORD,
    Collector,
    Options,
    Skipped,
    Source,
    check_options,
    opened,
    shown,
    suffix_of,
)
from negsamp.vectors.formats.text_rows import (
    NUMBER,
    is_plain_text,
    longest_line,
    read_text_rows,
    write_text_rows,
)
from negsamp.vectors.formats.word2vec_binary import NUMBERS, read_binary_rows
from negsamp.vectors.formats.writing import NO_SPACES, check_finite, check_vectors, row_chunks
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["HEADER", "load_word2vec_format", "save_word2vec_format"]

LONGEST_HEADER = 64  # bytes
HEADER = re.compile(rb"(?:\xef\xbb\xbf)?\s*(\d{1,18})\s+(\d{1,18})\s*", re.ASCII)
COUNT = re.compile(rb"\d{1,18}")
MOST_LOOKED_AT = 3  # rows, to tell the text form
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
    on_error: str = "raise",
    keys: Callable[[str], Any] | None = None,
    fvocab: str | os.PathLike[str] | None = None,
) -> KeyedVectors:
    """Read a file that word2vec.c, gensim or `save_word2vec_format` wrote.

    Errors are those of `open_vectors`; a `VectorFileError` names the line or the byte.

    Parameters
    ----------
    path : path
        Plain, gzip, bzip2, xz, or zip with one member, as its first bytes say.
    binary : bool, optional
        The form; None goes by the suffix: ``.txt`` and ``.vec`` are text, ``.bin`` is binary, each
        with or without ``.gz`` or the like behind it. With another suffix, the first rows tell.
    limit : int, optional
        Read the first so many rows and look at no more. Those that are left out count.
    encoding : str
        Encoding of the words; one in which ASCII characters are ASCII bytes.
    errors : str
        How words that are not in this encoding are handled: ``"strict"``, ``"ignore"``,
        ``"replace"`` or another codec error handler.
    on_duplicate : {"error", "first"}
        Whether a word that comes again is an error, or its row is left out.
    datatype : dtype
        Type of the matrix: float32, or float16 for half the memory, or float64.
    on_error : {"raise", "skip"}
        Whether a row that cannot be read is an error, or left out: one warning then has the number
        of such rows and the first few with their reasons. Rows of the text form are read to the end
        of the file, whatever number of them the header promises. A row of the binary form is left
        out for its word or its numbers; where rows are out of step with the bytes, none can be.
    keys : callable, optional
        Makes a key of each word, as `int` does where integers were written with ``keys=str``.
    fvocab : path, optional
        A file of counts, with lines ``word count``, as word2vec.c's ``-save-vocab`` and gensim
        write. Each word of the vectors must be in it; with ``on_error="skip"`` one that is not has
        the count 0.

    Returns
    -------
    KeyedVectors
        Its keys are str, or what `keys` makes of them; it has counts if there is `fvocab`. In the
        text form a word may have spaces: the last d fields are the numbers. Spaces and tabs stand
        between fields, one or more.

    Warns
    -----
    UserWarning
        If rows were left out, or if a few rows of the binary form have numbers far from the others.

    Examples
    --------
    >>> from negsamp import load_word2vec_format
    >>> with open("vectors.txt", "w") as file:
    ...     for line in ["2 3", "the 0.5 1 0", "of 0.25 -1 2"]:
    ...         print(line, file=file)
    >>> kv = load_word2vec_format("vectors.txt")
    >>> kv["of"]
    array([ 0.25, -1.  ,  2.  ], dtype=float32)
    """
    options = check_options(limit, encoding, errors, on_duplicate, datatype, on_error, keys)
    is_binary = _is_binary(path, binary)
    is_strict = on_error == "raise"
    with opened(path) as source:
        V, d = _read_header(source)
        has_text = is_text(source, d)
        if is_binary is None:
            is_binary = not has_text and not is_plain_text(source.peek(BEGINNING))
        n = V if limit is None else min(V, int(limit))
        # a word has a separator behind it; a number has a digit and a separator
        least = n * (1 + NUMBERS.itemsize * d) if is_binary else n * (1 + 2 * d) - 1
        has_room = least <= source.room - source.position
        if is_strict and not has_room:
            raise source.fault(
                f"the header promises {V} vectors of {d} numbers; {n} of them need {least} bytes, "
                f"and {source.room - source.position} "
                + ("at most can be in it" if source.is_packed else "follow"),
                "line 1",
            )
        if is_binary and has_text and n:
            raise source.fault(
                "its rows are in the text form, which load_word2vec_format(path, binary=False) "
                "reads",
                "line 2",
            )
        is_known = has_room and (is_strict or is_binary)
        collector = Collector(source, d, n if is_known else None, options)
        if is_binary:
            read_binary_rows(source, n, V, d, collector)
        else:
            most, is_all = (n, n == V) if is_strict else (limit, limit is None)
            read_text_rows(source, d, collector, 2, most, is_all, is_sure=True)
            n_missing = n - collector.n_rows
            if n_missing < 0:  # read on, since the header may be what is wrong
                reason = f"the header promises {n} vectors, and {collector.n_rows} lines follow"
                collector.skipped.refuse(reason, "line 1", 0)
            if n_missing > 0:
                collector.skipped.refuse(
                    f"it ends, and {n_missing} of {n} vectors are missing",
                    f"line {collector.n_rows + 2}",
                    n_missing,
                )
        kv = collector.finish()
        if fvocab is None:
            return kv
        return KeyedVectors(kv.index_to_key, kv.vectors, _counts(fvocab, kv, collector, options))


def save_word2vec_format(
    kv: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    binary: bool | None = None,
    keys: Callable[[Any], str] | None = None,
    fvocab: str | os.PathLike[str] | None = None,
) -> None:
    """Write vectors so that word2vec's tools, gensim and `load_word2vec_format` read them.

    Counts are written only to `fvocab`. The text form has enough digits for all bits of any type;
    the binary form is float32, to which float64 is rounded. Errors are those of `save_vectors`.

    Parameters
    ----------
    kv : KeyedVectors
        Its keys must be str, not empty, and without white space of ASCII.
    path : path
        With the suffix ``.gz`` the file is packed.
    binary : bool, optional
        The form; None goes by the suffix: ``.txt`` and ``.vec`` are text, ``.bin`` is binary.
    keys : callable, optional
        Makes text of the keys that are not str, as in `save_vectors`.
    fvocab : path, optional
        Where lines ``word count`` are written. ValueError if there are no counts.

    Examples
    --------
    >>> from negsamp import KeyedVectors, save_word2vec_format
    >>> kv = KeyedVectors(["the", "of"], [[0.5, 1, 0], [0.25, -1, 2]], counts=[7, 4])
    >>> save_word2vec_format(kv, "vectors.txt", fvocab="counts.txt")
    >>> print(open("vectors.txt").read() + open("counts.txt").read(), end="")
    2 3
    the 0.5 1 0
    of 0.25 -1 2
    the 7
    of 4
    """
    is_binary = _is_binary(path, binary)
    if is_binary is None:
        raise ValueError(
            f"path is {os.fspath(path)!r}, whose suffix is none of {', '.join(IS_BINARY)}, with or "
            "without .gz; binary=True or False says which form it has"
        )
    words, matrix = check_vectors(kv, NO_SPACES, keys)
    if fvocab is not None and kv.counts is None:
        raise ValueError("fvocab is given, and these vectors have no counts")
    if is_binary and matrix.dtype == np.float64:
        check_finite(matrix, kv.index_to_key, NUMBERS)
    with ExitStack() as stack:
        file = stack.enter_context(writing(path))
        file.write(b"%d %d\n" % matrix.shape)
        write = _write_binary if is_binary else write_text_rows
        write(file, [word + b" " for word in words], matrix)
        if fvocab is not None and kv.counts is not None:
            pairs = zip(words, kv.counts.tolist(), strict=True)
            stack.enter_context(writing(fvocab)).write(b"".join([b"%s %d\n" % x for x in pairs]))


def _is_binary(path: str | os.PathLike[str], binary: bool | None) -> bool | None:
    """Return the form that is asked for, or that the suffix says; None if it says none."""
    if binary is not None:
        if not isinstance(binary, (bool, np.bool_)):
            raise ValueError(f"binary is {glimpse(binary)}; it must be True, False or None")
        return bool(binary)
    return IS_BINARY.get(suffix_of(path)[0])


def _read_header(source: Source) -> tuple[int, int]:
    line = source.readline(LONGEST_HEADER)
    match = HEADER.fullmatch(line)
    if not match or not line.endswith(b"\n"):
        hint = " (a file without them is read by load_glove_format)" * is_plain_text(line)
        raise source.fault(
            f"it is {shown(line)}; it must be two integers, the number of words and that of "
            f"dimensions{hint}",
            "line 1",
        )
    V, d = map(int, match.groups())
    if not 1 <= d <= LARGEST_VECTOR:
        raise source.fault(
            f"the header says {d} dimensions; 1 to {LARGEST_VECTOR} are allowed", "line 1"
        )
    return V, d


def is_text(source: Source, d: int) -> bool:
    """Whether the first rows to come are words and `d` decimals each, or have only characters."""
    content = source.peek(longest_line(d))
    *lines, last = content.split(b"\n")
    if len(content) < longest_line(d) and last.strip():
        lines.append(last)  # the file ends in it
    rows = [line.split() for line in lines[:MOST_LOOKED_AT]]
    if not rows:
        return False
    return all(len(row) >= d and all(map(NUMBER.fullmatch, row[-d:])) for row in rows)


def _counts(
    fvocab: str | os.PathLike[str], kv: KeyedVectors, collector: Collector, options: Options
) -> list[int]:
    """Read the counts of words from lines ``word count``."""
    found: dict[Any, int] = {}
    skipped = Skipped(os.fspath(fvocab), options.on_error)
    with opened(fvocab) as source:
        lines = iter(lambda: source.readline(LONGEST_WORD + 64), b"")
        for number, line in enumerate(lines, 1):
            word, *count = line.strip(b" \t\r\n").rsplit(None, 1)[-2:] or [b""]
            try:
                if len(count) != 1 or not COUNT.fullmatch(count[0]):
                    raise ValueError(f"it is {shown(line)}; it must be a word and its count")
                found.setdefault(collector.key_of(word), int(count[0]))
            except ValueError as error:
                skipped.refuse(str(error), f"line {number}")
    for row, key in enumerate(kv.index_to_key):
        if key not in found:
            skipped.refuse(f"there is no count of the word {key!r:.60}", f"row {row}")
    skipped.tell(len(found))
    return [found.get(key, 0) for key in kv.index_to_key]


def _write_binary(file: BinaryIO, words: list[bytes], matrix: np.ndarray) -> None:
    for start, rows in row_chunks(matrix):
        pairs = zip(words[start : start + len(rows)], rows.astype(NUMBERS), strict=True)
        file.write(b"".join([word + row.tobytes() for word, row in pairs]))
