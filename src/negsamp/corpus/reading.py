"""Files become blocks of UTF-8 text, an iterable chunks of sentences; read once, in order.

A line is a sentence; a file of one endless line, as text8 is, is still read in blocks of bounded
size. `text_files` says which files a corpus names, `unpacking` opens them and `decoding` makes
UTF-8 of their bytes; `tokenizing` finds the tokens in a block.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Hashable, Iterable, Iterator
from contextlib import closing
from itertools import repeat
from typing import Any

from negsamp.checks import check_error_handler
from negsamp.corpus.containers import check_corpus, items_of, tokens_of
from negsamp.corpus.decoding import Decoder, check_encoding
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.corpus.unpacking import Text, open_texts
from negsamp.errors import CorpusError

__all__ = ["read_beginning", "read_blocks", "read_chunks"]

# A block and what is computed from it fit into a core's cache.
BYTES_PER_BLOCK = 1 << 19
TOKENS_PER_CHUNK = 1 << 18


def read_blocks(paths: Any, errors: str = "strict", encoding: str = "utf-8") -> Iterator[bytes]:
    """Read the texts of files once, in blocks of UTF-8 that are cut anywhere.

    `text_files` says which files `paths` names. The blocks are those of one file in which the texts
    stand one after the other, each beginning in a line of its own. Byte order marks are left out.
    `errors` names the handler of bytes that are not in their `encoding`, as in `bytes.decode`; lone
    surrogates that it makes are encoded as if they were characters (``"surrogatepass"``). Paths
    that name no file, an unknown handler and encoding are errors at once. CorpusError says where
    bytes are not in the encoding, or what a file is that is no text.
    """
    check_error_handler(errors)
    return _read_files(_files(paths), errors, check_encoding(encoding))


def read_beginning(paths: Any, size: int, encoding: str = "utf-8") -> tuple[bytes, float]:
    """Return UTF-8 of the first `size` bytes of the texts, and which share of the files these are.

    The share, of the packed bytes, is above 0, and 1 if there are no more.
    """
    files, encoding = _files(paths), check_encoding(encoding)
    pieces: list[bytes] = []
    before, total = 0, max(files.size, 1)
    for path in files.paths:
        with closing(open_texts(path)) as texts:
            for text in texts:
                decoder = Decoder(text, encoding, "replace")
                piece = text.read(size)
                pieces.append(decoder.decode(piece, False))
                size -= len(piece)
                if size <= 0:
                    return b"\n".join(pieces), min(max(before + text.consumed(), 1) / total, 1)
        before += os.path.getsize(path)
    return b"\n".join(pieces), 1


def read_chunks(corpus: Any) -> Iterator[list[Any]]:
    """Read an iterable of token sequences once, in lists of some sentences, lists of tokens.

    A sequence is a list, tuple, NumPy array or any other iterable; a `str` is split at white space.
    So is a column of a table. CorpusError names a container that is no corpus, a sentence that is
    no sequence, and what the iterable raises.
    """
    check_corpus(corpus)
    return _read_iterable(corpus)


def _read_files(files: TextFiles, errors: str, encoding: str) -> Iterator[bytes]:
    """Yield the blocks of files, or what an error handler makes of bytes that are wrong."""
    pieces: list[bytes] = []  # of a block
    # some editors write a byte order mark first
    missing = BYTES_PER_BLOCK + len(codecs.BOM_UTF8)
    is_first = ends_line = True
    for text in _opened(files):
        decoder = Decoder(text, encoding, errors)
        if is_first and decoder.marked:
            missing = BYTES_PER_BLOCK
        if not ends_line:
            pieces.append(b"\n")
            missing -= 1
        is_first, ends_line, piece = False, True, b"\n"
        while piece:
            if missing <= 0:
                yield b"".join(pieces)
                pieces, missing = [], BYTES_PER_BLOCK
            piece = text.read(missing)
            missing -= len(piece)
            if block := decoder.decode(piece, final=not piece):
                pieces.append(block)
                ends_line = block.endswith((b"\n", b"\r"))
    if last := b"".join(pieces):
        yield last
    yield b""


def _files(paths: Any) -> TextFiles:
    files = text_files(paths)
    assert files is not None
    return files


def _opened(files: TextFiles) -> Iterator[Text]:
    for path, span in zip(files.paths, files.spans or repeat(None), strict=False):
        with closing(open_texts(path, span)) as texts:
            yield from texts


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
