"""A path or an iterable becomes chunks of sentences, read once, in order.

A text file holds one sentence a line, tokens apart by white space as `str.split` sees it; a file
of one endless line, as text8 is, is one sentence and is still read in chunks of bounded size.
Nothing here counts or encodes: `vocabulary` does.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

__all__ = ["Chunk", "CorpusError", "read_chunks"]

CHARACTERS_PER_CHUNK = 1 << 21
TOKENS_PER_CHUNK = 1 << 18
# iterable, but one token or in no order
NOT_SEQUENCES = (str, bytes, bytearray, set, frozenset, Mapping, np.ndarray)
GZIP_MAGIC = b"\x1f\x8b"


class CorpusError(ValueError):
    """A corpus that cannot be trained on; the message says what and where."""


class Chunk(NamedTuple):
    """Some sentences of a corpus, in order.

    Attributes
    ----------
    sentences : list of sequences of tokens
    continues : bool
        Whether the last sentence goes on in the next chunk.
    """

    sentences: list[Any]
    continues: bool


def read_chunks(corpus: Any, errors: str = "strict") -> Iterator[Chunk]:
    """Read a corpus once, from its beginning to its end.

    Parameters
    ----------
    corpus : str, path, or iterable of token sequences
        A path names a UTF-8 text file, plain or gzip (told by its first bytes), one sentence a
        line. A sequence of tokens is a list, tuple, NumPy array or any other iterable but a `str`.
    errors : str
        What happens to bytes that are not UTF-8: ``"strict"``, ``"ignore"``, ``"replace"``, or
        another name that `codecs.lookup_error` knows.

    Yields
    ------
    Chunk

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If the path names no file.
    CorpusError
        If the bytes are not UTF-8 or not a whole gzip file, or if a sentence is a `str` or no
        sequence, or if the iterable raises.
    """
    if isinstance(corpus, (str, os.PathLike)):
        return _read_file(_checked_path(corpus), _checked_errors(errors))
    if isinstance(corpus, (bytes, bytearray)) or not isinstance(corpus, Iterable):
        raise CorpusError(
            f"corpus is a {type(corpus).__name__}; it must be a path or an iterable of token lists"
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


def _checked_errors(errors: str) -> str:
    try:
        codecs.lookup_error(errors)
    except (LookupError, TypeError):
        raise ValueError(
            f"errors is {errors!r}; it must be 'strict', 'ignore', 'replace' or another codec "
            "error handler"
        ) from None
    return errors


def _read_file(path: Path, errors: str) -> Iterator[Chunk]:
    try:
        # utf-8-sig is UTF-8 that drops the byte order mark that some editors write first
        with _open(path) as file, io.TextIOWrapper(file, "utf-8-sig", errors) as text:
            yield from _split(text)
    except UnicodeDecodeError:
        raise CorpusError(_describe_bad_bytes(path, errors)) from None
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


def _split(file: IO[str]) -> Iterator[Chunk]:
    rest = ""
    while text := file.read(CHARACTERS_PER_CHUNK):
        sentences = [line.split() for line in (rest + text).split("\n")]
        # the last token may go on in what is not yet read
        rest = "" if text[-1].isspace() else sentences[-1].pop()
        yield Chunk(sentences, continues=True)
    yield Chunk([[rest] if rest else []], continues=False)


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
            offset += len(block)
            lines += block.count(b"\n")


def _read_iterable(corpus: Iterable[Any]) -> Iterator[Chunk]:
    sentences: list[list[Hashable]] = []
    size = 0
    for number, sentence in enumerate(_naming_faults(corpus)):
        sentences.append(_tokens(sentence, number))
        size += 1 + len(sentences[-1])
        if size >= TOKENS_PER_CHUNK:
            yield Chunk(sentences, continues=False)
            sentences, size = [], 0
    yield Chunk(sentences, continues=False)


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
    if isinstance(sentence, np.ndarray) and sentence.ndim == 1:
        return sentence.tolist()
    if not isinstance(sentence, Iterable) or isinstance(sentence, NOT_SEQUENCES):
        raise CorpusError(
            f"sentence {number} is {_described(sentence)}; it must be a sequence of tokens"
            + ("; split it first" if isinstance(sentence, (str, bytes)) else "")
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
