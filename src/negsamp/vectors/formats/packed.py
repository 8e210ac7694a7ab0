"""Words, vectors and counts as four arrays, for files that hold arrays by name.

``vectors`` (V, d) of float16, float32 or float64; ``words`` (n,) uint8, all words as UTF-8 one
after the other; ``offsets`` (V + 1,) int64, where each begins and the last ends; ``counts`` (V,)
int64 where there are counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from negsamp.vectors.formats.sources import LARGEST_VECTOR, LONGEST_WORD
from negsamp.vectors.formats.writing import check_rows, check_vectors, encode_word
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["NEEDED", "OPTIONAL", "check_packed", "pack", "unpack"]

NEEDED = ("vectors", "words", "offsets")
OPTIONAL = ("counts",)
TYPES = {
    "vectors": ("float16", "float32", "float64"),
    "words": ("uint8",),
    "offsets": ("int64",),
    "counts": ("int64",),
}


def pack(kv: KeyedVectors) -> dict[str, np.ndarray]:
    """The arrays of some vectors.

    Raises
    ------
    TypeError
        If `kv` is no `KeyedVectors`.
    ValueError
        If a key is no str, is empty, has more than 64 KiB or a lone surrogate, or if a vector is
        not finite.
    """
    matrix = check_vectors(kv)
    words = [encode_word(key, row) for row, key in enumerate(kv.index_to_key)]
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


def check_packed(found: Mapping[str, tuple[np.dtype, tuple[int, ...]]]) -> None:
    """Check names, types and shapes, before any of the arrays is read.

    Raises
    ------
    ValueError
        If they are not those of `pack`.
    """
    if not {*NEEDED} <= {*found} <= {*NEEDED, *OPTIONAL}:
        raise ValueError(
            f"it has {', '.join(map(repr, sorted(found))):.200}; it must have {', '.join(NEEDED)}, "
            f"and may have {', '.join(OPTIONAL)}"
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


def unpack(arrays: Mapping[str, np.ndarray]) -> KeyedVectors:
    """The vectors that `pack` made arrays of.

    Parameters
    ----------
    arrays : mapping
        Such as `check_packed` lets pass.

    Raises
    ------
    ValueError
        If the words are not UTF-8, not apart or not in order, or if a vector is not finite.
    """
    offsets, text = arrays["offsets"], arrays["words"].tobytes()
    # compared, not subtracted, which could wrap around
    if offsets[0] != 0 or offsets[-1] != len(text) or (offsets[1:] <= offsets[:-1]).any():
        raise ValueError(
            f"'offsets' must rise from 0 to {len(text)}, the number of bytes in 'words'"
        )
    longest = int(np.diff(offsets).max(initial=0))
    if longest > LONGEST_WORD:
        raise ValueError(f"a word has {longest} bytes; {LONGEST_WORD} are allowed")
    places: list[Any] = offsets.tolist()
    words = []
    for row, (start, end) in enumerate(pairwise(places)):
        try:
            words.append(text[start:end].decode())
        except UnicodeDecodeError as error:
            raise ValueError(f"the word of row {row} is not UTF-8: {error.reason}") from error
    if len(set(words)) < len(words):
        [(twice, _)] = Counter(words).most_common(1)
        raise ValueError(f"the word {twice!r:.60} is there more than once")
    check_rows(arrays["vectors"], words)
    return KeyedVectors(words, arrays["vectors"], arrays.get("counts"))
