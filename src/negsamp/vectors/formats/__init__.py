"""Vectors from files and to them, one file here for each format.

`open_vectors` and `save_vectors` go by a name's suffix; what each format carries is told in
docs/file-formats.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.errors import VectorFileError
from negsamp.vectors.formats.glove import has_header, load_glove_format, save_glove_format
from negsamp.vectors.formats.npz import load_npz, save_npz
from negsamp.vectors.formats.projector import VECTORS, load_projector, save_projector
from negsamp.vectors.formats.reading import check_options
from negsamp.vectors.formats.safetensors import load_safetensors, save_safetensors
from negsamp.vectors.formats.word2vec import load_word2vec_format, save_word2vec_format
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = [
    "WITH_COUNTS",
    "VectorFileError",
    "load_glove_format",
    "load_npz",
    "load_projector",
    "load_safetensors",
    "load_word2vec_format",
    "open_vectors",
    "save_glove_format",
    "save_npz",
    "save_projector",
    "save_safetensors",
    "save_vectors",
    "save_word2vec_format",
    "saver_for",
]

# What a suffix says, of a file to be written and, but for the header of .txt, of one to be read.
TEXT = (".txt", ".vec", ".bin", ".glove")
SAVERS: dict[str, Callable[..., None]] = {
    ".txt": save_word2vec_format,
    ".vec": save_word2vec_format,
    ".bin": save_word2vec_format,
    ".glove": save_glove_format,
    ".npz": save_npz,
    ".safetensors": save_safetensors,
    ".projector": save_projector,
}
WITH_COUNTS = (".npz", ".safetensors", ".projector")
KNOWN = (
    ".txt and .vec (word2vec's text), .bin (its binary form) and .glove, each with or without .gz, "
    ".npz, .safetensors"
)


def open_vectors(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    on_duplicate: str = "error",
    datatype: Any = None,
) -> KeyedVectors:
    """Read vectors of any format that negsamp knows.

    Parameters
    ----------
    path : path
        A folder that `Word2Vec.save`, `KeyedVectors.save` or `save_projector` wrote, or a file
        whose suffix says what it is: ``.txt`` or ``.vec`` (word2vec's text if the first line is two
        integers, else GloVe's), ``.glove``, ``.bin`` (word2vec's binary form), each perhaps with
        ``.gz`` behind it; ``.npz``; ``.safetensors``.
    limit : int, optional
        Keep the first so many rows.
    encoding, errors, on_duplicate : str
        As in `load_word2vec_format`, for its formats and GloVe's; the others know their own.
    datatype : dtype, optional
        Of the matrix: float16, float32 or float64. None is float32 for text and word2vec's binary
        form, and the type in the file for the others.

    Returns
    -------
    KeyedVectors
        With counts if the format has them.

    Raises
    ------
    OSError
        If there is nothing of that name or it cannot be read.
    VectorFileError, SavedModelError
        If it is damaged or of another kind.
    ValueError
        If the suffix is unknown, or an option out of range.
    MemoryError
        If all of it is there and the machine has no room for it.
    """
    dtype = check_options(
        limit, encoding, errors, on_duplicate, np.float32 if datatype is None else datatype
    )
    place = Path(path)
    if place.is_dir():
        if (place / VECTORS).exists():
            return _shortened(load_projector(place, datatype=dtype), limit, None)
        return _shortened(KeyedVectors.load(place), limit, datatype)
    suffix, is_packed = _suffix(place)
    if not place.exists():
        raise FileNotFoundError(f"there is no file or folder {os.fspath(path)!r}")
    if suffix in TEXT:
        options: dict[str, Any] = {
            "limit": limit,
            "encoding": encoding,
            "errors": errors,
            "on_duplicate": on_duplicate,
            "datatype": dtype,
        }
        if suffix == ".glove" or (suffix != ".bin" and not has_header(place)):
            return load_glove_format(path, **options)
        return load_word2vec_format(path, binary=suffix == ".bin", **options)
    if suffix == ".npz" and not is_packed:
        return _shortened(load_npz(path), limit, datatype)
    if suffix == ".safetensors" and not is_packed:
        return _shortened(load_safetensors(path), limit, datatype)
    raise ValueError(
        f"path is {os.fspath(path)!r}, whose suffix is unknown; known are {KNOWN}, and folders "
        "that Word2Vec.save or save_projector wrote"
    )


def save_vectors(kv: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors in the format that a name's suffix says.

    Parameters
    ----------
    kv : KeyedVectors
    path : path
        ``.txt`` or ``.vec`` for word2vec's text, ``.bin`` for its binary form, ``.glove`` for text
        without a header, each perhaps with ``.gz`` behind it; ``.npz``; ``.safetensors``; or a
        folder ``.projector``.

    Raises
    ------
    OSError
        If it cannot be written.
    TypeError
        If `kv` is no `KeyedVectors`.
    ValueError
        If the suffix is unknown, or a key or vector such as the format cannot carry; before
        anything is written.
    """
    saver_for(path)(kv, path)


def saver_for(path: str | os.PathLike[str]) -> Callable[..., None]:
    """The function that writes what a name's suffix says.

    Raises
    ------
    ValueError
        If the suffix is unknown.
    """
    suffix, is_packed = _suffix(Path(path))
    if suffix not in SAVERS or (is_packed and suffix not in TEXT):
        raise ValueError(
            f"path is {os.fspath(path)!r}, whose suffix is unknown; known are {KNOWN} and, for a "
            "folder, .projector"
        )
    return SAVERS[suffix]


def _suffix(path: Path) -> tuple[str, bool]:
    """What is written behind a name, in small letters, and whether ``.gz`` came after it."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix, name.endswith(".gz")


def _shortened(kv: KeyedVectors, limit: int | None, datatype: Any) -> KeyedVectors:
    """The first rows of vectors, in another type."""
    if limit is None and datatype is None:
        return kv
    matrix = kv.vectors[:limit]
    if datatype is not None and matrix.dtype != datatype:
        with np.errstate(over="ignore"):
            matrix = matrix.astype(datatype)
        is_finite = np.isfinite(matrix).all(axis=1)
        if not is_finite.all():
            word = kv.index_to_key[int(is_finite.argmin())]
            raise ValueError(f"the vector of {word!r:.60} is out of range of {matrix.dtype}")
    elif limit is not None:
        matrix = matrix.copy()  # so that the rest can go
    counts = None if kv.counts is None else kv.counts[:limit]
    return KeyedVectors(kv.index_to_key[:limit], matrix, counts)
