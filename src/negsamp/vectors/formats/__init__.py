"""Vectors in the files of other programs, a module for each format.

Begin with `word2vec`; `open_vectors` and `save_vectors` choose a module by a name's suffix.
`reading`, `writing`, `text_rows` and `word_arrays` are what they share, and docs/file-formats.md
says what each format carries. This package imports `negsamp.vectors` and what is below it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import check_path
from negsamp.vectors.formats.glove import (
    count_numbers,
    has_header,
    load_glove_format,
    save_glove_format,
)
from negsamp.vectors.formats.npz import is_archive, load_npz, save_npz
from negsamp.vectors.formats.projector import VECTORS, load_projector, save_projector
from negsamp.vectors.formats.reading import (
    LARGEST_VECTOR,
    check_options,
    converted,
    opened,
    shown,
    suffix_of,
)
from negsamp.vectors.formats.safetensors import is_safetensors, load_safetensors, save_safetensors
from negsamp.vectors.formats.text_rows import is_plain_text, longest_line
from negsamp.vectors.formats.word2vec import (
    HEADER,
    IS_BINARY,
    load_word2vec_format,
    save_word2vec_format,
)
from negsamp.vectors.formats.writing import check_finite
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["WITH_COUNTS", "open_vectors", "save_vectors", "saver_for"]

TEXTS = (".txt", ".vec", ".bin", ".glove")  # these may have .gz behind them
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
    on_error: str = "raise",
    keys: Callable[[str], Any] | None = None,
) -> KeyedVectors:
    """Read vectors of any format that negsamp knows.

    Parameters
    ----------
    path : path
        A folder that `Word2Vec.save`, `KeyedVectors.save` or `save_projector` wrote, or a file
        whose suffix says what it is: ``.txt`` or ``.vec`` (word2vec's text if the first line is two
        integers, else GloVe's), ``.glove``, ``.bin`` (word2vec's binary form), each with or without
        ``.gz``, ``.bz2``, ``.xz`` or ``.zip`` behind it; ``.npz``; ``.safetensors``. A file with
        another suffix, or none, is known by its first bytes or lines.
    limit : int, optional
        Keep only so many rows, the first ones.
    encoding, errors, on_duplicate : str
        As in `load_word2vec_format`; they do not apply to formats other than word2vec's and
        GloVe's.
    datatype : dtype, optional
        Type of the matrix: float16, float32 or float64. By default it is float32 for text and
        word2vec's binary form, and the type in the file for the others.
    on_error : {"raise", "skip"}
        Whether a row that cannot be read is an error, or left out with one warning; see
        `load_word2vec_format`, `load_npz` and `load_projector`. In a folder that `save` wrote no
        row can be left out, since each file has its digest.
    keys : callable, optional
        Makes a key of each word, as `int` does where integers were written with ``keys=str``.

    Returns
    -------
    KeyedVectors
        It has counts if the file has them.

    Raises
    ------
    OSError
        If there is no such file or folder, or if it cannot be read.
    VectorFileError, SavedModelError
        If it is damaged, or not what its suffix says.
    ValueError
        If an option is out of range.
    MemoryError
        If the file is whole and the machine has no room for its vectors.

    Warns
    -----
    UserWarning
        If rows were left out.

    Examples
    --------
    >>> from negsamp import KeyedVectors, open_vectors, save_vectors
    >>> kv = KeyedVectors(["tea", "rice"], np.float32([[0.1, 2], [3, 0.5]]), counts=[7, 4])
    >>> for name in ["kv.txt", "kv.bin", "kv.glove.gz", "kv.npz", "kv.safetensors"]:
    ...     save_vectors(kv, name)
    ...     assert (open_vectors(name).vectors == kv.vectors).all()
    >>> open_vectors("kv.npz").counts.tolist(), open_vectors("kv.txt").counts
    ([7, 4], None)
    """
    options: dict[str, Any] = {
        "limit": limit,
        "encoding": encoding,
        "errors": errors,
        "on_duplicate": on_duplicate,
        "datatype": np.float32 if datatype is None else datatype,
    }
    rows: dict[str, Any] = {"on_error": on_error, "keys": keys}
    check_options(**options, **rows)
    check_path(path)
    place = Path(path)
    if place.is_dir():
        if (place / VECTORS).exists():
            kv = load_projector(place, datatype=options["datatype"], **rows)
            return _shortened(kv, limit, None)
        return _shortened(_with_keys(KeyedVectors.load(place), keys), limit, datatype)
    if not place.exists():
        raise FileNotFoundError(f"there is no file or folder {os.fspath(path)!r}")
    suffix, packing = suffix_of(place)
    form = _form_of(place) if packing or suffix not in SAVERS else suffix
    if form == ".npz":
        return _shortened(load_npz(path, **rows), limit, datatype)
    if form == ".safetensors":
        return _shortened(load_safetensors(path, **rows), limit, datatype)
    if form == ".glove" or (form in (".txt", ".vec") and not has_header(place)):
        return load_glove_format(path, **options, **rows)
    binary = form == ".bin" if suffix in IS_BINARY else None
    return load_word2vec_format(path, binary=binary, **options, **rows)


def _form_of(path: Path) -> str:
    """Return the suffix of a file's format, which its name does not say."""
    suffix, _ = suffix_of(path)
    if suffix in TEXTS:
        return suffix
    if is_archive(path):
        return ".npz"
    if is_safetensors(path):
        return ".safetensors"
    with opened(path) as source:
        line = source.readline(longest_line(LARGEST_VECTOR))
        if HEADER.fullmatch(line):
            return ".txt"
        if is_plain_text(line) and count_numbers(line):
            return ".glove"
        raise source.fault(
            f"its suffix is unknown, and its first line, {shown(line)}, is neither two integers "
            f"nor a word and numbers; known are {KNOWN}, and folders that Word2Vec.save or "
            "save_projector wrote"
        )


def _with_keys(kv: KeyedVectors, keys: Callable[[str], Any] | None) -> KeyedVectors:
    if keys is None:
        return kv
    made = [converted(key, keys) for key in kv.index_to_key]
    return KeyedVectors(made, kv.vectors, kv.counts)


def save_vectors(
    kv: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    keys: Callable[[Any], str] | None = None,
) -> None:
    """Write vectors in the format that the suffix of a name says.

    Parameters
    ----------
    kv : KeyedVectors
        What to write.
    path : path
        ``.txt`` or ``.vec`` for word2vec's text, ``.bin`` for its binary form, ``.glove`` for text
        without a header, each with or without ``.gz`` behind it; ``.npz``; ``.safetensors``; or
        ``.projector`` for a folder. An older file of that name is replaced when the new one is
        complete; an older ``.projector`` is not.
    keys : callable, optional
        Makes text of the keys that are not str, as `str` does of integers, dates and UUIDs, or
        ``lambda key: key.name`` of an enum. Without it such keys are refused.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError
        If `kv` is not a `KeyedVectors`, or `keys` no function.
    ValueError
        If the suffix is unknown, if the format cannot carry a key or a vector, or if two keys
        become the same text; nothing has been written then.

    Examples
    --------
    >>> from negsamp import KeyedVectors, open_vectors, save_vectors
    >>> items = KeyedVectors([1001, 1002], [[0.5, 2], [3, 0.25]])
    >>> save_vectors(items, "items.txt", keys=str)
    >>> open_vectors("items.txt", keys=int).index_to_key
    [1001, 1002]
    """
    saver_for(path)(kv, path, keys=keys)


def saver_for(path: str | os.PathLike[str]) -> Callable[..., None]:
    """Return the function that writes what a name's suffix says; ValueError if it is unknown."""
    suffix, packing = suffix_of(path)
    if suffix not in SAVERS or (packing and (packing != ".gz" or suffix not in TEXTS)):
        raise ValueError(
            f"path is {os.fspath(path)!r}, whose suffix is unknown; known are {KNOWN} and, for a "
            "folder, .projector"
        )
    return SAVERS[suffix]


def _shortened(kv: KeyedVectors, limit: int | None, datatype: Any) -> KeyedVectors:
    """Return the first rows of vectors, in another type."""
    if limit is None and datatype is None:
        return kv
    matrix = kv.vectors[:limit]
    if datatype is not None and matrix.dtype != datatype:
        check_finite(matrix, kv.index_to_key, datatype)
        matrix = matrix.astype(datatype)
    elif limit is not None:
        matrix = matrix.copy()  # so that the rest can go
    counts = None if kv.counts is None else kv.counts[:limit]
    return KeyedVectors(kv.index_to_key[:limit], matrix, counts)
