"""One NumPy archive, which `numpy.load` reads without us and without pickle.

Its members are the arrays of `negsamp.vectors.formats.word_arrays`, as ``.npy`` files in a zip
archive. A member's sizes are held against the file's before anything is read of it.
"""

from __future__ import annotations

import io
import math
import os
import struct
import zipfile
import zlib
from typing import Any, cast

import numpy as np

from negsamp.errors import VectorFileError
from negsamp.files.atomic import writing
from negsamp.files.npy import open_file, read_header
from negsamp.vectors.formats.reading import room_unpacked
from negsamp.vectors.formats.word_arrays import NAMES, arrays_of, check_arrays, vectors_of
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["load_npz", "save_npz"]

END_SIZE = 22  # bytes of an archive's end, if it has no comment
MOST_AT_ONCE = 1 << 19  # bytes; the list of four members has 300, and NumPy asks for 2**18
DATE = (1980, 1, 1, 0, 0, 0)  # the first there is, so that the same vectors give the same bytes


def load_npz(path: str | os.PathLike[str]) -> KeyedVectors:
    """Read what `save_npz` wrote, or such arrays saved by `numpy.savez` or `savez_compressed`.

    Returns
    -------
    KeyedVectors
        With their type and counts.

    Raises
    ------
    OSError
        If the file cannot be read.
    VectorFileError
        If it is not such a file or is damaged.
    MemoryError
        If the file is whole and the machine has no room for its vectors.
    """
    name = os.fspath(path)
    try:
        with (
            open_file(path) as file,
            _ShortReads(cast(Any, file)) as reader,
            zipfile.ZipFile(reader) as archive,
        ):
            return vectors_of(_read_arrays(archive, _checked_members(reader, archive)))
    except (
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        RuntimeError,  # an encrypted member, or as NotImplementedError one of an odd kind
    ) as error:
        # zipfile shows names of members whole, which may have 64 KiB
        raise VectorFileError(f"{name!r} is no archive of vectors: {error!s:.500}") from error


def save_npz(kv: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors, words and counts to one archive.

    Words come out of it by ``bytes(words[offsets[i] : offsets[i + 1]]).decode()``.

    Parameters
    ----------
    kv : KeyedVectors
        Its keys must be str and not empty.
    path : path
        An older file of that name is replaced when the new one is complete.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError
        If `kv` is not a `KeyedVectors`.
    ValueError
        If the format cannot carry a key or a vector; nothing has been written then.
    """
    arrays = arrays_of(kv)
    with (
        writing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", DATE)
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(
                    member, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False
                )


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
            found[name] = _read_shape(member, info)
    check_arrays(found)
    arrays = {}
    for name, info in members.items():
        with archive.open(info) as member:
            array = np.lib.format.read_array(member, allow_pickle=False)
        arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return arrays


def _read_shape(member: Any, info: zipfile.ZipInfo) -> tuple[np.dtype, tuple[int, ...]]:
    try:
        dtype, shape = read_header(member)
    except ValueError as error:
        raise ValueError(f"{info.filename!r}: {error}") from error
    wanted = math.prod(shape) * dtype.itemsize
    found = info.file_size - member.tell()
    if found != wanted:
        raise ValueError(
            f"{info.filename!r} promises {wanted} bytes of numbers, shape {shape} and type "
            f"{dtype}, and {found} follow"
        )
    return dtype, shape
