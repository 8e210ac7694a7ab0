"""The two files of the TensorBoard Embedding Projector, in a folder of their own.

``vectors.tsv`` has a row a line, tabs between its numbers; ``metadata.tsv`` has the words, a line
each, or where there are counts a heading ``word<TAB>count`` and a line of the two for each word.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import check_path
from negsamp.files.atomic import writing_folder
from negsamp.vectors.formats.reading import (
    LARGEST_VECTOR,
    LONGEST_WORD,
    Collector,
    Skipped,
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


def save_projector(
    kv: KeyedVectors,
    folder: str | os.PathLike[str],
    *,
    keys: Callable[[Any], str] | None = None,
) -> None:
    """Write a folder whose two files https://projector.tensorflow.org loads.

    Parameters
    ----------
    kv : KeyedVectors
        It must have a word. Its keys must be str without tabs and line ends, and more than white
        space.
    folder : path
        A new folder.
    keys : callable, optional
        Makes text of the keys that are not str, as in `save_vectors`.

    Raises
    ------
    FileExistsError
        If something has the folder's name.
    OSError, TypeError, ValueError
        As `save_vectors`.

    Examples
    --------
    >>> from negsamp import KeyedVectors, load_projector, save_projector
    >>> save_projector(KeyedVectors(["tea", "rice"], [[0.5, 2], [3, 0.25]]), "projector")
    >>> load_projector("projector")["tea"].tolist()
    [0.5, 2.0]
    """
    words, matrix = check_vectors(kv, REFUSED, keys)
    for row, word in enumerate(words):
        if not word.decode().strip():
            raise ValueError(
                f"the word {word.decode()!r:.60} (row {row}) is white space, which the projector "
                "leaves out"
            )
    if not words:
        raise ValueError("kv has no words; there must be one or more")
    check_path(folder, "folder")
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


def load_projector(
    folder: str | os.PathLike[str],
    *,
    datatype: Any = np.float32,
    on_error: str = "raise",
    keys: Callable[[str], Any] | None = None,
) -> KeyedVectors:
    """Read what `save_projector` wrote.

    Parameters
    ----------
    folder : path
        The folder.
    datatype : dtype
        Type of the matrix: float16, float32 or float64.
    on_error : {"raise", "skip"}
        Whether a line of one of the files that cannot be read is an error, or left out with its
        line in the other file, with one warning.
    keys : callable, optional
        Makes a key of each word, as in `load_word2vec_format`.

    Returns
    -------
    KeyedVectors
        Its keys are str, or what `keys` makes of them; it has counts if they are there.

    Raises
    ------
    OSError, VectorFileError, ValueError, MemoryError
        As `open_vectors`; a `VectorFileError` names the file and the line.

    Examples
    --------
    >>> from negsamp import KeyedVectors, load_projector, save_projector
    >>> save_projector(KeyedVectors(["tea"], [[0.5, 2]], counts=[7]), "projector")
    >>> load_projector("projector", datatype="float64").counts.tolist()
    [7]
    """
    options = check_options(datatype=datatype, on_error=on_error, keys=keys)
    check_path(folder, "folder")
    with opened(Path(folder) / METADATA) as source:
        skipped = Skipped(source.name, on_error)
        words, counts = _read_words(source, skipped)
    with opened(Path(folder) / VECTORS) as source:
        first = source.readline(longest_line(LARGEST_VECTOR))
        d = first.count(b"\t") + 1
        if d > LARGEST_VECTOR:
            raise source.fault(f"it has {d} numbers; {LARGEST_VECTOR} are allowed", "line 1")
        if len(words) * 2 * d - 1 > source.room:
            raise source.fault(f"it has no room for {len(words)} rows of {d} numbers", "line 1")
        skipped.name = source.name
        collector = Collector(source, d, len(words), options, skipped)
        read_number_rows(source, d, collector, words, first)
        kv = collector.finish()
    if counts is None:
        return kv
    return KeyedVectors(
        kv.index_to_key, kv.vectors, [counts[line - 1] for line in collector.places]
    )


def _read_words(source: Source, skipped: Skipped) -> tuple[list[bytes | None], list[int] | None]:
    """Return words and perhaps counts by line; where a line was refused, None and 0."""
    words: list[bytes | None] = []
    counts: list[int] | None = None
    n_empty = 0  # lines before this one, perhaps the last of the file
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
        is_empty = not word and not columns
        is_right = len(columns) == (counts is not None) and all(map(COUNT.fullmatch, columns))
        reason = "it must be a word" + (", a tab and a count" if counts is not None else "")
        if n_empty and not is_empty:
            skipped.refuse(f"it is empty; {reason}", f"line {number - n_empty}", n_empty)
        if not is_right and not is_empty:
            skipped.refuse(reason, f"line {number}")
        n_empty = n_empty + 1 if is_empty else 0
        words.append(word if is_right and not is_empty else None)
        if counts is not None:
            counts.append(int(columns[0]) if is_right and not is_empty else 0)
    del words[len(words) - n_empty :]
    return words, counts
