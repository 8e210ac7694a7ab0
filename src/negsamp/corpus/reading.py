"""A path becomes blocks of UTF-8 text, an iterable chunks of sentences; read once, in order.

A line is a sentence; a file of one endless line, as text8 is, is still read in blocks of bounded
size. `tokenizing` finds the tokens in a block.
"""

from __future__ import annotations

import codecs
import gzip
import os
import zlib
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import check_error_handler
from negsamp.corpus.containers import check_corpus, items_of, tokens_of
from negsamp.errors import CorpusError, EncodingError

__all__ = ["is_path", "read_beginning", "read_blocks", "read_chunks"]

# A block and what is computed from it fit into a core's cache.
BYTES_PER_BLOCK = 1 << 19
TOKENS_PER_CHUNK = 1 << 18
GZIP_MAGIC = b"\x1f\x8b"
LINE_FEED = ord("\n")


def is_path(corpus: Any) -> bool:
    """Whether a corpus is the name of a file."""
    return isinstance(corpus, (str, os.PathLike))


def read_blocks(path: str | os.PathLike[str], errors: str = "strict") -> Iterator[bytes]:
    """Read a text file once, plain or gzip, in blocks of UTF-8 that are cut anywhere.

    A byte order mark is left out. `errors` names the handler of bytes that are not UTF-8, as in
    `bytes.decode`; lone surrogates that it makes are encoded as if they were characters
    (``"surrogatepass"``). A path that names no file and an unknown handler are errors at once.
    CorpusError says where the bytes are not UTF-8, or that they are not a whole gzip file.
    """
    path = _checked_path(path)
    check_error_handler(errors)
    return _read_file(path, errors)


def read_beginning(path: str | os.PathLike[str], size: int) -> tuple[bytes, float]:
    """Return the first `size` bytes of a text, and about which share of the file they are.

    The share is above 0, and 1 for a file that has no more. The file is plain or gzip.
    """
    path = _checked_path(path)
    with _open(path) as (file, text):
        beginning = text.read(size)
        return beginning, max(file.tell(), 1) / max(os.fstat(file.fileno()).st_size, 1)


def read_chunks(corpus: Any) -> Iterator[list[Any]]:
    """Read an iterable of token sequences once, in lists of some sentences, lists of tokens.

    A sequence is a list, tuple, NumPy array or any other iterable; a `str` is split at white space.
    So is a column of a table. CorpusError names a container that is no corpus, a sentence that is
    no sequence, and what the iterable raises.
    """
    check_corpus(corpus)
    return _read_iterable(corpus)


def _checked_path(corpus: str | os.PathLike[str]) -> Path:
    path = Path(corpus)
    if not os.path.exists(path):  # `Path.exists` raises for a name that is too long
        shown = f"{str(path)[:60]}…" if len(str(path)) > 200 else str(path)
        hint = "; a text goes in as a list of token lists" if " " in shown else ""
        raise FileNotFoundError(f"corpus names the file {shown!r}, which does not exist{hint}")
    if path.is_dir():
        raise IsADirectoryError(f"corpus names {str(path)!r}, which is a folder; it must be a file")
    return path


@contextmanager
def _open(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a file and its text, unpacked; it is opened once, so that a pipe can be read too."""
    with open(path, "rb") as file:
        is_packed = file.peek(2)[:2] == GZIP_MAGIC
        yield file, gzip.open(file) if is_packed else file


def _read_file(path: Path, errors: str) -> Iterator[bytes]:
    """Yield the blocks of a file, or what an error handler makes of bytes that are not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    offset, lines = 0, 1  # of the block, in the file
    block = held = b""
    try:
        with _open(path) as (_, file):
            # some editors write a byte order mark first
            block = file.read(BYTES_PER_BLOCK + len(codecs.BOM_UTF8))
            if block.startswith(codecs.BOM_UTF8):
                offset, block = len(codecs.BOM_UTF8), block.removeprefix(codecs.BOM_UTF8)
            while True:
                held = decoder.getstate()[0]  # a character that was cut
                text = decoder.decode(block, final=not block)
                yield block if errors == "strict" else text.encode("utf-8", "surrogatepass")
                if not block:
                    return
                offset += len(block)
                lines += _line_feeds(block)
                block = file.read(BYTES_PER_BLOCK)
    except UnicodeDecodeError as error:
        at = error.start - len(held)
        lines += _line_feeds(block[: max(at, 0)])
        raise EncodingError(
            f"{str(path)!r} is not UTF-8 at byte {offset + at} (line {lines}): {error.reason}; "
            "errors='replace' or 'ignore' reads on"
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorpusError(f"{str(path)!r} is not a whole gzip file: {error}") from error


def _line_feeds(block: bytes) -> int:
    """Return how many line feeds there are; `bytes.count` takes five times as long."""
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == LINE_FEED))


def _read_iterable(corpus: Iterable[Any]) -> Iterator[list[Any]]:
    sentences: list[list[Hashable]] = []
    size = 0
    for number, sentence in enumerate(_naming_faults(corpus)):
        sentences.append(tokens_of(sentence, number, corpus))
        size += 1 + len(sentences[-1])
        if size >= TOKENS_PER_CHUNK:
            yield sentences
            sentences, size = [], 0
    yield sentences


def _naming_faults(corpus: Iterable[Any]) -> Iterator[Any]:
    """Yield the sentences; an exception of the corpus itself says after how many it came."""
    done = 0
    try:
        for sentence in items_of(corpus):
            yield sentence
            done += 1
    except Exception as error:
        raise CorpusError(
            f"the corpus raised {type(error).__name__} after {done} sentences: {error}"
        ) from error
