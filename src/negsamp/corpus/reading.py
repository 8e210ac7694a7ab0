"""A path becomes blocks of UTF-8 text, an iterable chunks of sentences; read once, in order.

A text file holds one sentence a line, tokens apart by white space as `str.split` sees it; a file
of one endless line, as text8 is, is one sentence and is still read in blocks of bounded size.
`tokens` finds the tokens in a block; nothing here counts or encodes: `vocabulary` does.
"""

from __future__ import annotations

import codecs
import gzip
import os
import re
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import check_error_handler
from negsamp.errors import CorpusError, EncodingError

__all__ = [
    "is_path",
    "read_beginning",
    "read_blocks",
    "read_chunks",
]

# A block and what is computed from it fit into a core's cache.
BYTES_PER_BLOCK = 1 << 19
TOKENS_PER_CHUNK = 1 << 18
# A token is in memory whole: without a bound, a small gzip file of zeros would take all there is.
LONGEST_TOKEN = 1 << 24
LAST_SPACE = re.compile(r"\s(?=\S*\Z)")
# iterable, but one token or in no order
NOT_SEQUENCES = (bytes, bytearray, set, frozenset, Mapping, np.ndarray)
GZIP_MAGIC = b"\x1f\x8b"


def is_path(corpus: Any) -> bool:
    """Whether a corpus is the name of a file."""
    return isinstance(corpus, (str, os.PathLike))


def read_blocks(path: str | os.PathLike[str], errors: str = "strict") -> Iterator[bytes]:
    """Read a text file once, from its beginning to its end.

    Parameters
    ----------
    path : str or path
        A UTF-8 text file, plain or gzip (told by its first bytes). A byte order mark is left out.
    errors : str
        What happens to bytes that are not UTF-8: ``"strict"``, ``"ignore"``, ``"replace"``, or
        another name that `codecs.lookup_error` knows.

    Yields
    ------
    bytes
        UTF-8 that goes on in the next block, cut anywhere. Where `errors` makes lone surrogates,
        they are encoded as if they were characters (``"surrogatepass"``).

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If the path names no file.
    OSError
        If the file cannot be read.
    CorpusError
        If the bytes are not UTF-8 or not a whole gzip file, or if a token has more than 16 MiB.
    """
    checked = _checked_path(path)
    check_error_handler(errors)
    return _read_file(checked, errors)


def read_beginning(path: str | os.PathLike[str], size: int) -> tuple[bytes, float]:
    """The first bytes of a text, and about which share of the file they are.

    Parameters
    ----------
    path : str or path
        A text file, plain or gzip.
    size : int
        Bytes of text to read.

    Returns
    -------
    bytes
    float
        Above 0, 1 for a file that has no more.
    """
    with open(_checked_path(path), "rb") as file:
        is_packed = file.peek(2)[:2] == GZIP_MAGIC
        text = gzip.open(file).read(size) if is_packed else file.read(size)
        return text, max(file.tell(), 1) / max(os.fstat(file.fileno()).st_size, 1)


def read_chunks(corpus: Any) -> Iterator[list[Any]]:
    """Read an iterable once, from its beginning to its end.

    Parameters
    ----------
    corpus : iterable of token sequences or str
        A sequence of tokens is a list, tuple, NumPy array or any other iterable; a `str` is split
        at white space.

    Yields
    ------
    list of list of hashable
        Some sentences, in order.

    Raises
    ------
    CorpusError
        If a sentence is no sequence, or if the iterable raises.
    """
    if isinstance(corpus, (bytes, bytearray)) or not isinstance(corpus, Iterable):
        raise CorpusError(
            f"corpus is a {type(corpus).__name__}; it must be a path or an iterable of token lists"
        )
    if hasattr(corpus, "tocsr"):  # its rows would be taken for tokens
        raise CorpusError(
            f"corpus is a {type(corpus).__name__}, a sparse matrix; it must be a path or an "
            "iterable of token lists"
        )
    return _read_iterable(corpus)


def _checked_path(corpus: str | os.PathLike[str]) -> Path:
    path = Path(corpus)
    try:
        exists = path.exists()
    except (OSError, ValueError):  # a name longer than the file system takes, or with a NUL
        exists = False
    if not exists:
        shown = f"{str(path)[:60]}…" if len(str(path)) > 200 else str(path)
        hint = "; a text goes in as a list of token lists" if " " in shown else ""
        raise FileNotFoundError(f"corpus names the file {shown!r}, which does not exist{hint}")
    if path.is_dir():
        raise IsADirectoryError(f"corpus names {str(path)!r}, which is a folder; it must be a file")
    return path


def _read_file(path: Path, errors: str) -> Iterator[bytes]:
    try:
        with _open(path) as file:
            yield from _checked_tokens(path, _gathered(_checked_text(file, errors)))
    except UnicodeDecodeError:
        raise EncodingError(_describe_bad_bytes(path, errors)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorpusError(f"{str(path)!r} is not a whole gzip file: {error}") from error


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """The bytes of a file, unpacked. It is opened once, so that a pipe can be read too."""
    with open(path, "rb") as file:
        if file.peek(2)[:2] == GZIP_MAGIC:
            with gzip.open(file) as unpacked:
                yield unpacked
        else:
            yield file


def _checked_text(file: Any, errors: str) -> Iterator[bytes]:
    """A file's bytes, if they are UTF-8, else what an error handler makes of them."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    raw = file.read(len(codecs.BOM_UTF8))  # which some editors write first
    if raw == codecs.BOM_UTF8:
        raw = b""
    while raw := raw + file.read1(BYTES_PER_BLOCK):
        text = decoder.decode(raw)
        yield raw if errors == "strict" else text.encode("utf-8", "surrogatepass")
        raw = b""
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks: an unpacked file and a pipe come in small pieces."""
    block: list[bytes] = []
    size = 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= BYTES_PER_BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _checked_tokens(path: Path, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks, as long as none of them goes on with too long a token."""
    read = open_bytes = 0
    for block in blocks:
        read += len(block)
        open_bytes += len(block)
        last = max(block.rfind(b" "), block.rfind(b"\n"))
        if last >= 0:
            open_bytes = len(block) - last - 1
        # other white space is looked for only where there is none of the common kinds
        elif found := LAST_SPACE.search(text := block.decode("utf-8", "ignore")):
            open_bytes = len(text[found.end() :].encode())
        if open_bytes > LONGEST_TOKEN:
            raise CorpusError(
                f"{str(path)!r} has no white space in the {open_bytes} bytes up to byte {read}; a "
                f"token has at most {LONGEST_TOKEN}"
            )
        yield block


def _describe_bad_bytes(path: Path, errors: str) -> str:
    """Where a file stops being UTF-8. Reads it again: only the error pays for that."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    offset, lines = 0, 1
    if not path.is_file():
        return f"{str(path)!r} is not UTF-8"  # a pipe has no beginning to go back to
    with _open(path) as file:
        while True:
            block = file.read1(1 << 20)  # not `read`, which sees the end of a cut gzip file first
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                at = error.start - pending
                lines += block[: max(at, 0)].count(b"\n")
                return (
                    f"{str(path)!r} is not UTF-8 at byte {offset + at} (line {lines}): "
                    f"{error.reason}; errors='replace' or 'ignore' reads on"
                )
            if not block:
                return f"{str(path)!r} has changed while it was read"
            offset += len(block)
            lines += block.count(b"\n")


def _read_iterable(corpus: Iterable[Any]) -> Iterator[list[Any]]:
    sentences: list[list[Hashable]] = []
    size = 0
    for number, sentence in enumerate(_naming_faults(corpus)):
        sentences.append(_tokens(sentence, number))
        size += 1 + len(sentences[-1])
        if size >= TOKENS_PER_CHUNK:
            yield sentences
            sentences, size = [], 0
    yield sentences


def _naming_faults(corpus: Iterable[Any]) -> Iterator[Any]:
    """The corpus itself; an exception of its own says after how many sentences it came."""
    done = 0
    try:
        for sentence in corpus:
            yield sentence
            done += 1
    except Exception as error:
        raise CorpusError(
            f"the corpus raised {type(error).__name__} after {done} sentences: {error}"
        ) from error


def _tokens(sentence: Any, number: int) -> list[Hashable]:
    """A sentence as a list of its own: the caller may use its object again for the next one."""
    if isinstance(sentence, str):
        return sentence.split()  # type: ignore[return-value]
    if isinstance(sentence, np.ndarray) and sentence.ndim == 1:
        return sentence.tolist()
    if not isinstance(sentence, Iterable) or isinstance(sentence, NOT_SEQUENCES):
        raise CorpusError(
            f"sentence {number} is {_described(sentence)}; it must be a sequence of tokens"
            + ("; decode it first" if isinstance(sentence, (bytes, bytearray)) else "")
        )
    try:
        return list(sentence)
    except Exception as error:
        raise CorpusError(f"sentence {number} raised {type(error).__name__}: {error}") from error


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.ndim} dimensions"
    text = repr(value)
    return f"the {type(value).__name__} {text if len(text) <= 60 else text[:60] + '…'}"
