"""The two files of the TensorBoard Embedding Projector, in a folder of their own.

``vectors.tsv`` has a row a line, tabs between its numbers; ``metadata.tsv`` has the words, a line
each, or where there are counts a heading ``word<TAB>count`` and a line of the two for each word.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import check_path
from negsamp.files.atomic import writing_folder
from negsamp.vectors.formats.reading import (
    LARGEST_VECTOR,
    LONGEST_WORD,
    Collector,
    Source,
    check_options,
    opened,
)
from negsamp.vectors.formats.text_rows import longest_line, read_number_rows, write_text_rows
from negsamp.vectors.formats.writing import check_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["VECTORS", "load_projector", "save_projector"]

VECTORS, METADATA = "vectors.tsv", "metadata.tsv"
HEADING = [b"word", b"count"]
COUNT = re.compile(rb"[0-9]{1,18}")
LONGEST_LINE = LONGEST_WORD + 32  # bytes
REFUSED = "\t\n\r\v\f"


def save_projector(kv: KeyedVectors, folder: str | os.PathLike[str]) -> None:
    """Write a folder whose two files https://projector.tensorflow.org loads.

    Errors are those of `save_vectors`, and FileExistsError if something has the folder's name.

    Parameters
    ----------
    kv : KeyedVectors
        It must have a word. Its keys must be str without tabs and line ends, and more than white
        space.
    folder : path
        A new folder.
    """
    words, matrix = check_vectors(kv, REFUSED)
    for row, word in enumerate(kv.index_to_key):
        if not str(word).strip():
            raise ValueError(
                f"the word {word!r:.60} (row {row}) is white space, which the projector leaves out"
            )
    if not words:
        raise ValueError("kv has no words; there must be one or more")
    check_path(folder)
    target = Path(folder).resolve()
    if target.exists():
        raise FileExistsError(f"folder {str(target)!r} is there already; choose another name")
    with writing_folder(target) as new:
        with open(new / VECTORS, "wb") as file:
            write_text_rows(file, [b""] * len(words), matrix, "\t")
        if kv.counts is not None:
            counts = kv.counts.tolist()
            words = [b"%s\t%d" % pair for pair in zip(words, counts, strict=True)]
            words.insert(0, b"\t".join(HEADING))
        (new / METADATA).write_bytes(b"\n".join([*words, b""]))


def load_projector(folder: str | os.PathLike[str], *, datatype: Any = np.float32) -> KeyedVectors:
    """Read what `save_projector` wrote.

    Errors are those of `open_vectors`; a `VectorFileError` names the file and the line.

    Parameters
    ----------
    folder : path
    datatype : dtype
        Type of the matrix: float16, float32 or float64.

    Returns
    -------
    KeyedVectors
        Its keys are str; it has counts if they are there.
    """
    options = check_options(datatype=datatype)
    with opened(Path(folder) / METADATA) as source:
        words, counts = _read_words(source)
    with opened(Path(folder) / VECTORS) as source:
        first = source.readline(longest_line(LARGEST_VECTOR))
        d = first.count(b"\t") + 1
        if d > LARGEST_VECTOR:
            raise source.fault(f"it has {d} numbers; {LARGEST_VECTOR} are allowed", "line 1")
        if len(words) * 2 * d - 1 > source.room:
            raise source.fault(f"it has no room for {len(words)} rows of {d} numbers", "line 1")
        collector = Collector(source, d, len(words), options)
        read_number_rows(source, d, collector, words, first)
        kv = collector.finish()
    return KeyedVectors(kv.index_to_key, kv.vectors, counts)


def _read_words(source: Source) -> tuple[list[bytes], list[int] | None]:
    words: list[bytes] = []
    counts: list[int] | None = None
    for number, line in enumerate(iter(lambda: source.readline(LONGEST_LINE), b""), 1):
        word, *columns = line.removesuffix(b"\n").removesuffix(b"\r").split(b"\t")
        if number == 1 and columns:
            if [word, *columns] != HEADING:
                raise source.fault(
                    f"its heading has {len(columns) + 1} columns; one column without a heading "
                    "may be there, or the columns 'word' and 'count'",
                    "line 1",
                )
            counts = []
            continue
        if len(columns) != (counts is not None) or not all(map(COUNT.fullmatch, columns)):
            raise source.fault(
                "it must be a word" + (", a tab and a count" if counts is not None else ""),
                f"line {number}",
            )
        words.append(word)
        if counts is not None:
            counts += map(int, columns)
    return words, counts
