"""Files that are packed, known by their first bytes: gzip, bzip2, xz, and zip with one member."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zipfile
import zlib
from contextlib import ExitStack
from typing import Any, BinaryIO

from negsamp.errors import VectorFileError

__all__ = ["SUFFIXES", "UNPACKING", "packing_of", "room_unpacked", "unpacked"]

SUFFIXES = (".gz", ".bz2", ".xz", ".zip")
MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zip": re.compile(rb"PK(?:\x03\x04|\x05\x06)"),
}
LONGEST_MAGIC = 10  # bytes
# What is raised by a packed file that is damaged.
UNPACKING: tuple[type[Exception], ...] = (
    *(EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile),
    NotImplementedError,  # a method of packing that zipfile does not have
)
# Vectors unpack to 2 or 3 times their bytes, zeros to 1000 times; beyond 64 MiB, 100 are allowed.
FREE_UNPACKED, MOST_TIMES = 1 << 26, 100
DEFLATE_TIMES = 1032  # what the format can do at most


def room_unpacked(size: int, is_deflated: bool = True) -> int:
    """Return the number of bytes that a packed file of `size` bytes may unpack to."""
    most = FREE_UNPACKED + MOST_TIMES * size
    return min(most, DEFLATE_TIMES * size) if is_deflated else most


def packing_of(beginning: bytes) -> str:
    """Return how a file is packed that begins so, or ""."""
    return next((name for name, magic in MAGIC.items() if magic.match(beginning)), "")


def unpacked(stack: ExitStack, raw: BinaryIO, name: str, size: int) -> tuple[BinaryIO, int, str]:
    """Return the content of a file of `size` bytes, the bytes it may have, and how it is packed.

    The last is "" for a file that is not packed. VectorFileError if it is a zip archive that does
    not have one member; otherwise damage shows when the content is read.
    """
    how = packing_of(raw.read(LONGEST_MAGIC))
    raw.seek(0)
    room = room_unpacked(size, how in ("gzip", "zip"))
    content: Any = raw
    if how == "zip":
        archive = stack.enter_context(zipfile.ZipFile(raw))
        content = stack.enter_context(_only_member(archive, name))
    elif how:
        opener: Any = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}[how]
        content = stack.enter_context(opener(raw))
    return content, room if how else size, how


def _only_member(archive: zipfile.ZipFile, name: str) -> Any:
    """Open the one file that is in an archive; folders and what macOS adds do not count."""
    infos = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    members = [info.filename for info in infos]
    if any(member.endswith(".npy") for member in members):
        reason = "it is a NumPy archive, which load_npz reads"
    elif not members:
        reason = "it is a zip archive without a file in it"
    elif len(members) > 1:
        shown = ", ".join(map(repr, members[:8]))[:300] + (", …" if len(members) > 8 else "")
        reason = (
            f"it is a zip archive of {len(members)} files, {shown}; one can be read when it is "
            f"unpacked: zipfile.ZipFile({name!r}).extract({members[0]!r})"
        )
    elif infos[0].flag_bits & 1:
        reason = f"its member {members[0]!r:.60} is encrypted"
    else:
        return archive.open(infos[0])
    raise VectorFileError(f"{name!r}: {reason}")
