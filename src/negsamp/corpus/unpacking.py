"""A file is opened as one text or several, unpacked as its first bytes show, whatever its name.

What is packed in other ways, or is no text at all, is named for what it is and refused.
"""

from __future__ import annotations

import bz2
import gzip
import logging
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from negsamp.errors import CorpusError

__all__ = ["Text", "open_texts"]

logger = logging.getLogger(__name__)

HEAD = 1 << 16  # bytes that show what a file is
CHUNK = 1 << 16  # packed bytes read at a time
# Packed bytes that `zstandard` is given at a time: they may unpack to 32 000 times as many.
SMALL_CHUNK = 1 << 10
# What the readers of packed files raise; an OSError with a number is the disk's.
DAMAGES = (EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)

PACKED = {
    "gzip": rb"\x1f\x8b",
    "bz2": rb"BZh[1-9](1AY&SY|\x17rE8P\x90|1A?Y?&?S?\Z)",
    "xz": rb"\xfd7zXZ\x00",
    "lzma": rb"\x5d\x00\x00.{7}(\x00{3}|\xff{3})",
    "zstd": rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18",
    "zip": rb"PK(\x03\x04|\x05\x06|\x07\x08)",
}
UNPACK = "unpack it first"
COLUMN = "load it, and give the column that has the texts"
EXTRACT = "write its text to a plain file first"
OTHERS = {
    "a tar archive": (rb".{257}ustar", "unpack it into a folder, and give the folder"),
    "a 7z archive": (rb"7z\xbc\xaf\x27\x1c", UNPACK),
    "a RAR archive": (rb"Rar!\x1a\x07", UNPACK),
    "packed by lz4": (rb"\x04\x22\x4d\x18", UNPACK),
    "packed by lzip": (rb"LZIP\x01", UNPACK),
    "packed by compress": (rb"\x1f[\x9d\xa0]", UNPACK),
    "packed by snappy": (rb"\xff\x06\x00\x00sNaPpY", UNPACK),
    "a Parquet file": (rb"PAR1\x15", COLUMN),
    "an Arrow file": (rb"ARROW1\x00\x00|\xff{4}.{2}\x00\x00", COLUMN),
    "an Avro file": (rb"Obj\x01", COLUMN),
    "an HDF5 file": (rb"\x89HDF\r\n\x1a\n", COLUMN),
    "an SQLite database": (rb"SQLite format 3\x00", COLUMN),
    "a pickle": (rb"\x80[\x02-\x05]", "load it, and give the sentences"),
    "a NumPy array": (rb"\x93NUMPY", "load it, and give the sentences"),
    "a PDF document": (rb"%PDF-\d", EXTRACT),
    "an RTF document": (rb"\{\\rtf1", EXTRACT),
    "an Office document": (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", EXTRACT),
    "a picture": (rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a", "it holds no text"),
    "a model of fastText": (rb"\xba\x16\x4f\x2f", "it holds no text"),
}
# Documents that are zip files, by a member that they have.
DOCUMENTS = {
    "[Content_Types].xml": "an Office document",
    "mimetype": "an OpenDocument or EPUB file",
    "META-INF/MANIFEST.MF": "a Java archive",
}
# Names in a zip file that are hidden, as in a folder, or what macOS adds.
HIDDEN = re.compile(r"(^|/)(\.|__MACOSX/)")
ENCRYPTED = 1  # a bit of a member's flags


class Text:
    """The bytes of a text from its beginning to its end; `head` are the first of them.

    `name` is how messages call it, `consumed` tells how many bytes of the file have been read for
    it and for the texts before it, and a packed text has the file's name and `kind`. It begins at
    byte `start` of the file.
    """

    def __init__(
        self,
        file: Any,
        name: str,
        consumed: Callable[[], int],
        packed: str = "",
        kind: str = "",
        start: int = 0,
    ) -> None:
        self.name, self.consumed, self.start = name, consumed, start
        self._file, self._packed, self.kind = file, packed, kind
        self._ahead = b""
        self.head = self._ahead = self.read(HEAD)

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than `size` only at the end."""
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        try:
            return ahead + self._file.read(size - len(ahead))
        except DAMAGES as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            message = f"{self._packed} is not a whole {self.kind} file: {error}"
            raise CorpusError(message) from error


class _Section:
    """Bytes of a file from one place to another, as a file."""

    def __init__(self, file: Any, begin: int, end: int) -> None:
        file.seek(begin)
        self._file, self._left = file, end - begin

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left))
        self._left -= len(piece)
        return piece


def open_texts(path: str, span: tuple[int, int] | None = None) -> Generator[Text, None, None]:
    """Yield the texts of a file, each to be read before the next: one, or each member of a zip.

    It is opened once, so that a pipe can be read too. CorpusError if it is packed in a way that is
    not known, damaged, or no text; ImportError if a package to unpack it is missing. With a `span`,
    the file is plain, and the text is what stands from one byte to another.
    """
    with open(path, "rb") as file:
        name = repr(path)
        if span is not None:
            yield Text(_Section(file, *span), name, file.tell, start=span[0])
            return
        consumed = file.tell if file.seekable() else lambda: 0
        text = Text(file, name, consumed)
        kind = _packed_as(text.head)
        if kind == "zip":
            yield from _members(file, name)
            return
        if kind:
            # of a file, gzip needs `read` only
            unpacked: Any = gzip.GzipFile(fileobj=text) if kind == "gzip" else _Unpacked(text, kind)  # type: ignore[call-overload]
            text = Text(unpacked, name, consumed, name, kind)
        _check_no_other(text, kind)
        yield text


def _packed_as(head: bytes) -> str | None:
    return next((kind for kind, magic in PACKED.items() if re.match(magic, head, re.S)), None)


def _check_no_other(text: Text, kind: str | None) -> None:
    """Refuse what is known to be something else than a text, or packed once more."""
    if kind and (inner := _packed_as(text.head)):
        raise CorpusError(f"{text.name} is packed twice, as {inner} in {kind}; {UNPACK}")
    for other, (magic, way_on) in OTHERS.items():
        if re.match(magic, text.head, re.S):
            raise CorpusError(f"{text.name} is {other} and no text; {way_on}")


def _members(file: Any, name: str) -> Iterator[Text]:
    """Yield the members of a zip file in order of their names, but for folders and hidden ones."""
    if not file.seekable():
        raise CorpusError(f"{name} is a zip file in a pipe, and its list is at its end; {UNPACK}")
    try:
        archive = zipfile.ZipFile(file)
        members = [info for info in archive.infolist() if not info.is_dir()]
    except (*DAMAGES, ValueError, LookupError, struct.error) as error:
        raise CorpusError(f"{name} is not a whole zip file: {error}") from error
    with archive:
        for member, document in DOCUMENTS.items():
            if member in archive.NameToInfo:
                raise CorpusError(f"{name} is {document} and no text; {EXTRACT}")
        shown = [info for info in members if not HIDDEN.search(info.filename)]
        if len(shown) < len(members):
            left_out = len(members) - len(shown)
            logger.warning(
                "corpus %s: %d hidden members of the zip file are left out", name, left_out
            )
        if not shown:
            raise CorpusError(f"{name} is a zip file that holds no text")
        before = 0
        for info in sorted(shown, key=lambda info: info.filename.split("/")):
            member = f"{info.filename!r} in {name}"
            if info.flag_bits & ENCRYPTED:
                raise CorpusError(f"{member} is encrypted; {UNPACK}, with its password")
            consumed = partial(_consumed, file, before - info.header_offset)
            try:
                unpacked = archive.open(info)
            except NotImplementedError as error:
                message = f"{member} is packed in a way that is not known; {UNPACK}"
                raise CorpusError(message) from error
            except (*DAMAGES, ValueError, LookupError, struct.error) as error:
                raise CorpusError(f"{name} is not a whole zip file: {error}") from error
            with unpacked:
                text = Text(unpacked, member, consumed, name, "zip")
                _check_no_other(text, "zip")
                yield text
            before += info.compress_size


def _consumed(file: Any, start: int) -> int:
    return start + file.tell()


class _Unpacked:
    """A file of one or several packed streams, one after the other, as one.

    The readers of the standard library end in silence where a later stream is damaged; this does
    not. Zeros between streams and after them are padding.
    """

    def __init__(self, file: Text, kind: str) -> None:
        self._file, self._new = file, _decompressor_of(kind)
        self._stream = self._new()

    def read(self, size: int) -> bytes:
        pieces: list[bytes] = []
        while size > 0:
            packed = b""
            if self._stream.eof:
                packed = self._stream.unused_data.lstrip(b"\0")
                while not packed:
                    if not (chunk := self._file.read(CHUNK)):
                        return b"".join(pieces)
                    packed = chunk.lstrip(b"\0")
                self._stream = self._new()
            elif self._stream.needs_input and not (packed := self._file.read(CHUNK)):
                raise EOFError("it ends within its data")
            try:
                pieces.append(self._stream.decompress(packed, size))
            except MemoryError:
                raise
            except Exception as error:  # zstd has a kind of its own, of each of its packages
                raise EOFError(str(error)) from error
            size -= len(pieces[-1])
        return b"".join(pieces)


class _Zstandard:
    """A stream of the package zstandard, with the interface of the standard library's."""

    def __init__(self, stream: Any) -> None:
        self.unused_data = b""
        self._stream = stream
        self._packed = self._unpacked = b""

    @property
    def eof(self) -> bool:
        return self._stream.eof and not self._unpacked

    @property
    def needs_input(self) -> bool:
        return not self._packed and not self._unpacked

    def decompress(self, packed: bytes, size: int) -> bytes:
        self._packed += packed
        if not self._unpacked:
            some, self._packed = self._packed[:SMALL_CHUNK], self._packed[SMALL_CHUNK:]
            self._unpacked = self._stream.decompress(some)
            if self._stream.eof:
                self.unused_data = self._stream.unused_data + self._packed
        piece, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return piece


def _decompressor_of(kind: str) -> Callable[[], Any]:
    """Return what makes a decompressor of one stream."""
    if kind == "bz2":
        return bz2.BZ2Decompressor
    if kind in ("xz", "lzma"):
        return lzma.LZMADecompressor
    for package in ("compression.zstd", "backports.zstd", "zstandard"):
        try:
            module = import_module(package)
        except ImportError:
            continue
        if package == "zstandard":
            return lambda: _Zstandard(module.ZstdDecompressor().decompressobj())
        return module.ZstdDecompressor
    raise ImportError(
        "zstd is read by Python 3.14 and later, and before by a package: pip install backports.zstd"
    )
