"""One NumPy archive, which `numpy.load` reads without us and without pickle.

Its members are the arrays of `negsamp.vectors.formats.word_arrays`, as ``.npy`` files in a zip
archive. A member's sizes are held against the file's before anything is read of it.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import numpy as np

from negsamp.files.atomic import writing
from negsamp.files.npy import read_header
from negsamp.files.reading import open_file
from negsamp.vectors.formats.packed import room_unpacked
from negsamp.vectors.formats.reading import check_options
from negsamp.vectors.formats.word_arrays import (
    NAMES,
    arrays_of,
    check_arrays,
    explaining,
    vectors_of,
)
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["is_archive", "load_npz", "save_npz"]

END_SIZE = 22  # bytes of an archive's end, if it has no comment
MOST_AT_ONCE = 1 << 19  # bytes; the list of four members has 300, and NumPy asks for 2**18
# RuntimeError is for an encrypted member, or as NotImplementedError for one of an odd kind.
UNZIPPING = (EOFError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error)
DATE = (1980, 1, 1, 0, 0, 0)  # the first there is, so that the same vectors give the same bytes


def load_npz(
    path: str | os.PathLike[str],
    *,
    on_error: str = "raise",
    keys: Callable[[str], Any] | None = None,
) -> KeyedVectors:
    """Read what `save_npz` wrote, or such arrays saved by `numpy.savez`.

    Parameters
    ----------
    path : path
        The archive.
    on_error : {"raise", "skip"}
        Whether a row is an error whose word is not UTF-8, too long or there already, or whose
        numbers are not finite, or is left out, with one warning. Other damage is always an error.
    keys : callable, optional
        Makes a key of each word, as in `load_word2vec_format`.

    Returns
    -------
    KeyedVectors
        The vectors have the type that they had, and their counts.

    Raises
    ------
    OSError, VectorFileError, ValueError, MemoryError
        As `open_vectors`.

    Examples
    --------
    >>> from negsamp import KeyedVectors, load_npz, save_npz
    >>> save_npz(KeyedVectors(["tea", "rice"], [[0.1, 2], [3, 0.5]], counts=[7, 4]), "kv.npz")
    >>> load_npz("kv.npz").get_count("rice")
    4
    """
    options = check_options(on_error=on_error, keys=keys)
    with (
        explaining(path, "archive of vectors", (ValueError, *UNZIPPING)),
        open_file(path) as file,
        _ShortReads(cast(Any, file)) as reader,
        zipfile.ZipFile(reader) as archive,
    ):
        arrays = _read_arrays(archive, _checked_members(reader, archive))
        return vectors_of(arrays, os.fspath(path), options)


def save_npz(
    kv: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    keys: Callable[[Any], str] | None = None,
) -> None:
    """Write vectors, words and counts to one archive.

    Words come out of it by ``bytes(words[offsets[i] : offsets[i + 1]]).decode()``.

    Parameters
    ----------
    kv : KeyedVectors
        Its keys must be str.
    path : path
        The archive, which replaces an older one.
    keys : callable, optional
        Makes text of the keys that are not str, as in `save_vectors`.

    Raises
    ------
    OSError, TypeError, ValueError
        As `save_vectors`.

    Examples
    --------
    >>> from negsamp import KeyedVectors, save_npz
    >>> save_npz(KeyedVectors(["tea", "rice"], [[0.1, 2], [3, 0.5]]), "kv.npz")
    >>> sorted(np.load("kv.npz"))
    ['offsets', 'vectors', 'words']
    """
    arrays = arrays_of(kv, keys)
    with writing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", DATE)
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(
                    member, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False
                )


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a zip archive of ``.npy`` files."""
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            return bool(names) and all(name.endswith(".npy") for name in names)
    except (ValueError, *UNZIPPING):
        return False


class _ShortReads(io.BufferedReader):
    """A file that refuses to read much at once, because zipfile reads a list of members whole."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MOST_AT_ONCE:
            raise ValueError(f"its list of members has {size} bytes; {MOST_AT_ONCE} are allowed")
        return super().read(size)


def _checked_members(
    file: io.BufferedReader, archive: zipfile.ZipFile
) -> dict[str, zipfile.ZipInfo]:
    """Return the members by array, if their names are known and their bytes can be there."""
    known = {f"{name}.npy": name for name in NAMES}
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(set(names)) < len(names) or not set(names) <= set(known):
        raise ValueError(f"its members are {', '.join(map(repr, names)):.200}")
    size = os.fstat(file.fileno()).st_size
    file.seek(size - END_SIZE)
    first = min((info.header_offset for info in infos), default=0)
    if first or not file.read().startswith(b"PK\5\6"):
        raise ValueError("there are bytes before its first member or behind its end")
    room = room_unpacked(size)
    for info in infos:
        is_stored = info.compress_type == zipfile.ZIP_STORED
        if not is_stored and info.compress_type != zipfile.ZIP_DEFLATED:
            raise ValueError(f"{info.filename!r} is packed by method {info.compress_type}")
        if is_stored and info.compress_size != info.file_size:
            raise ValueError(f"{info.filename!r} is not packed and has two sizes")
        room -= info.file_size
        most = info.file_size if is_stored else room_unpacked(info.compress_size)
        if info.header_offset + info.compress_size > size or info.file_size > most or room < 0:
            raise ValueError(f"{info.filename!r} promises far more than its own bytes can hold")
    return {known[info.filename]: info for info in infos}


def _read_arrays(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
) -> dict[str, np.ndarray]:
    found = {}
    for name, info in members.items():
        with archive.open(info) as member:
            try:
                found[name] = read_header(cast(BinaryIO, member), info.file_size)
            except ValueError as error:
                raise ValueError(f"{info.filename!r}: {error}") from error
    check_arrays(found)
    arrays = {}
    for name, info in members.items():
        with archive.open(info) as member:
            array = np.lib.format.read_array(member, allow_pickle=False)
        arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return arrays
