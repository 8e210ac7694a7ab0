"""One NumPy archive, which `numpy.load` reads without us and without pickle.

Its members are the arrays of `negsamp.vectors.formats.packed`, as ``.npy`` files in a zip archive.
"""

from __future__ import annotations

import math
import os
import struct
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np

from negsamp.errors import VectorFileError
from negsamp.files.atomic import writing
from negsamp.files.npy import open_file, read_header
from negsamp.vectors.formats.packed import NEEDED, OPTIONAL, check_packed, pack, unpack
from negsamp.vectors.formats.sources import room_unpacked
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["load_npz", "save_npz"]

END = struct.Struct("<4s4H2LH")  # of an archive
END_64 = struct.Struct("<4sQ2H2L4Q")  # the same where numbers are large
LOCATOR_64 = struct.Struct("<4sLQL")  # between the two
MOST_DIRECTORY = 4096  # bytes; four members have 300
MEMBER_HEADER = 30  # bytes, at least
BLOCK = 1 << 20
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
        If all of it is there and the machine has no room for it.
    """
    name = os.fspath(path)
    try:
        with open_file(path) as file:
            _check_directory(file)
            with zipfile.ZipFile(file) as archive:
                members = _checked_members(file, archive)
                return unpack(_read_members(archive, members))
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
        Its keys must be str, and not empty.
    path : path
        A file of that name is replaced when the new one is complete.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError
        If `kv` is no `KeyedVectors`.
    ValueError
        If a key or a vector is such as the format cannot carry; before anything is written.
    """
    arrays = pack(kv)
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


def _check_directory(file: BinaryIO) -> None:
    """Check that the list of members, which is read whole, is short and where it should be."""
    size = os.fstat(file.fileno()).st_size
    tail = min(size, END.size + LOCATOR_64.size + END_64.size)
    file.seek(size - tail)
    content = file.read(tail)
    if len(content) < END.size:
        raise ValueError("it is too short")
    magic, disk, first_disk, here, n, length, start, comment = END.unpack(content[-END.size :])
    at = size - END.size
    if magic != b"PK\5\6" or comment:
        raise ValueError("it does not end as a zip archive without a comment does")
    end_64, locator = content[: -END.size][: END_64.size], content[: -END.size][END_64.size :]
    if len(locator) == LOCATOR_64.size and locator.startswith(b"PK\6\7"):
        magic, own, *_, disk, first_disk, here, n, length, start = END_64.unpack(end_64)
        at -= END_64.size + LOCATOR_64.size
        if magic != b"PK\6\6" or own != END_64.size - 12:
            raise ValueError("its end is damaged")
    if disk or first_disk or here != n or n > len(NEEDED + OPTIONAL):
        raise ValueError(f"it has {n} members; {len(NEEDED + OPTIONAL)} are allowed")
    if length > MOST_DIRECTORY or start + length != at:
        raise ValueError("its list of members is too long or not at its end")
    file.seek(0)


def _checked_members(file: BinaryIO, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by array, if their names are known and their bytes are there, apart."""
    known = {f"{name}.npy": name for name in NEEDED + OPTIONAL}
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    names = [info.filename for info in infos]
    if len(set(names)) < len(names) or not set(names) <= set(known):
        raise ValueError(f"its members are {', '.join(map(repr, names)):.200}")
    room = room_unpacked(os.fstat(file.fileno()).st_size)
    ends = [info.header_offset for info in infos[1:]] + [archive.start_dir]
    for info, end in zip(infos, ends, strict=True):
        is_stored = info.compress_type == zipfile.ZIP_STORED
        if not is_stored and info.compress_type != zipfile.ZIP_DEFLATED:
            raise ValueError(f"{info.filename!r} is packed by method {info.compress_type}")
        if info.header_offset + MEMBER_HEADER + info.compress_size > end:
            raise ValueError(f"{info.filename!r} reaches into what is behind it")
        if is_stored and info.compress_size != info.file_size:
            raise ValueError(f"{info.filename!r} is not packed and has two sizes")
        if info.file_size > room_unpacked(info.compress_size) and not is_stored:
            raise ValueError(f"{info.filename!r} promises far more than its own bytes can hold")
        room -= info.file_size
    if room < 0:
        raise ValueError("its members unpack to far more than its own bytes")
    return {known[info.filename]: info for info in infos}


def _read_members(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
) -> dict[str, np.ndarray]:
    found = {}
    for name, info in members.items():
        with archive.open(info) as member:
            dtype, shape = found[name] = _read_shape(member, info)
    check_packed(found)
    arrays = {}
    for name, info in members.items():
        with archive.open(info) as member:
            dtype, shape = _read_shape(member, info)
            arrays[name] = np.empty(shape, dtype)
            _fill(member, arrays[name].reshape(-1).view(np.uint8).data)
        arrays[name] = arrays[name].astype(dtype.newbyteorder("="), copy=False)
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


def _fill(member: Any, view: memoryview) -> None:
    start = 0
    while block := member.read(BLOCK):  # to the end, where the checksum is compared
        view[start : start + len(block)] = block
        start += len(block)
    if start != len(view):
        raise ValueError(f"{member.name!r} ends after {start} of {len(view)} bytes of numbers")
