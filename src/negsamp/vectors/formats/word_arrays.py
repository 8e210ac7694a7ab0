"""Words, vectors and counts as four arrays, for files that hold arrays by name.

``vectors`` (V, d) of float16, float32 or float64; ``words`` (n,) uint8, all words as UTF-8 one
after the other; ``offsets`` (V + 1,) int64, where each begins and the last ends; ``counts`` (V,)
int64 where there are counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np

from negsamp.checks import first_row_not_finite
from negsamp.errors import VectorFileError
from negsamp.files.kinds import kind_of_file
from negsamp.vectors.formats.reading import (
    LARGEST_VECTOR,
    LONGEST_WORD,
    Options,
    Skipped,
    converted,
)
from negsamp.vectors.formats.writing import check_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["NAMES", "arrays_of", "check_arrays", "explaining", "vectors_of"]

TYPES = {
    "vectors": ("float16", "float32", "float64"),
    "words": ("uint8",),
    "offsets": ("int64",),
    "counts": ("int64",),
}
NAMES = tuple(TYPES)  # the last is optional


def arrays_of(kv: KeyedVectors, keys: Callable[[Any], str] | None = None) -> dict[str, np.ndarray]:
    """Return the arrays that hold some vectors; `keys` makes text of keys that are not str."""
    words, matrix = check_vectors(kv, "", keys)
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=offsets[1:])
    arrays = {
        "vectors": matrix,
        "words": np.frombuffer(b"".join(words), np.uint8),
        "offsets": offsets,
    }
    if kv.counts is not None:
        arrays["counts"] = kv.counts
    return arrays


@contextmanager
def explaining(
    path: str | os.PathLike[str], what: str, faults: tuple[type[Exception], ...] = (ValueError,)
) -> Iterator[None]:
    """Raise a VectorFileError for a file of another kind, or in which something is wrong."""
    kind, name = kind_of_file(path), os.fspath(path)
    if kind is not None:
        raise VectorFileError(f"{name!r}: it is {kind}")
    try:
        yield
    except VectorFileError:
        raise
    except faults as error:
        # zipfile shows names of members whole, which may have 64 KiB
        raise VectorFileError(f"{name!r} is no {what}: {error!s:.500}") from error


def check_arrays(found: Mapping[str, tuple[np.dtype, tuple[int, ...]]]) -> None:
    """Check names, types and shapes, before any of the arrays is read."""
    if {*found} | {"counts"} != {*NAMES}:
        raise ValueError(
            f"it has {', '.join(map(repr, sorted(found))):.200}; it must have vectors, words, "
            "offsets, and may have counts"
        )
    for name, (dtype, shape) in found.items():
        is_flat = name != "vectors"
        if dtype.newbyteorder("=").name not in TYPES[name] or len(shape) != 2 - is_flat:
            raise ValueError(
                f"{name!r} has shape {shape} and type {dtype}; it must have "
                f"{'one dimension' if is_flat else 'two dimensions'} of {' or '.join(TYPES[name])}"
            )
    V, d = found["vectors"][1]
    if not 1 <= d <= LARGEST_VECTOR:
        raise ValueError(
            f"'vectors' has shape {(V, d)}; vectors have 1 to {LARGEST_VECTOR} numbers"
        )
    for name, length in (("offsets", V + 1), ("counts", V)):
        if name in found and found[name][1] != (length,):
            raise ValueError(
                f"{name!r} has {found[name][1][0]} numbers, and 'vectors' has {V} rows"
            )


def vectors_of(arrays: Mapping[str, np.ndarray], name: str, options: Options) -> KeyedVectors:
    """Return the vectors in arrays that `check_arrays` has let pass.

    Rows that are refused are errors, or left out, as the options say; `name` is the file's.
    """
    offsets, text = arrays["offsets"], arrays["words"].tobytes()
    # compared, not subtracted, which could wrap around
    if offsets[0] != 0 or offsets[-1] != len(text) or (offsets[1:] < offsets[:-1]).any():
        raise ValueError(
            f"'offsets' must rise from 0 to {len(text)}, the number of bytes in 'words'"
        )
    skipped = Skipped(name, options.on_error)
    matrix = arrays["vectors"]
    has_odd = first_row_not_finite(matrix) is not None
    places: list[Any] = offsets.tolist()
    rows: dict[Any, int] = {}
    for row, (start, end) in enumerate(pairwise(places)):
        try:
            if end - start > LONGEST_WORD:
                raise ValueError(f"a word has {end - start} bytes; {LONGEST_WORD} are allowed")
            try:
                word = text[start:end].decode()
            except UnicodeDecodeError as error:
                raise ValueError(f"its word is not UTF-8: {error.reason}") from error
            if has_odd and not np.isfinite(matrix[row]).all():
                raise ValueError(f"the vector of {word!r:.60} is not finite: {matrix[row]!s:.60}")
            key = converted(word, options.keys)
            if rows.setdefault(key, row) != row:
                raise ValueError(f"the word {key!r:.60} is there already (row {rows[key]})")
        except ValueError as error:
            skipped.refuse(str(error), f"row {row}")
    skipped.tell(len(rows))
    counts = arrays.get("counts")
    if len(rows) < len(matrix):
        kept = list(rows.values())
        matrix, counts = matrix[kept], None if counts is None else counts[kept]
    return KeyedVectors(list(rows), matrix, counts)
