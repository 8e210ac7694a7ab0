"""The corpus in partitions: files that all workers see, cut at line ends, or Dask's documents."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from negsamp.checks import glimpse
from negsamp.corpus.containers import check_corpus, items_of
from negsamp.corpus.decoding import check_encoding
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.corpus.token_kinds import kind_of
from negsamp.corpus.unpacking import open_texts
from negsamp.errors import CorpusError

__all__ = [
    "Files",
    "Piece",
    "cut_files",
    "documents_of",
    "files_of",
    "files_or_fault",
    "list_files",
    "named_files",
]

UNPACKED = 3  # bytes of text for one of a packed file, as a guess
SEARCHED = 1 << 20  # bytes in which the end of a line is looked for before white space will do
BLOCK = 1 << 16
# Encodings in which a byte may be a line end, or a part of something else, by what stood before it
UNCUT = ("utf-7", "iso2022", "hz")

Piece = tuple[str, tuple[int, int] | None]  # a file, and the bytes of it, or None for all


class Files(NamedTuple):
    """The files of a corpus as a worker sees them."""

    paths: tuple[str, ...]
    sizes: tuple[int, ...]


def named_files(corpus: Any) -> list[str] | None:
    """The absolute paths and patterns that a corpus consists of; None for a collection of Dask's.

    CorpusError for what is neither.
    """
    names = [corpus] if isinstance(corpus, (str, os.PathLike)) else corpus
    if isinstance(names, (list, tuple)) and names:
        if all(isinstance(name, (str, os.PathLike)) for name in names):
            return [os.path.abspath(os.fsdecode(name)) for name in names]
    if hasattr(type(corpus), "to_delayed"):
        check_corpus(corpus)
        return None
    raise CorpusError(
        f"corpus is {glimpse(corpus)}, a {kind_of(corpus)}; it must be a path, a folder, a pattern "
        "or a list of paths that the workers see, or a dask.bag of documents: "
        "dask.bag.from_sequence(corpus, npartitions=4) makes one of a list"
    )


def list_files(names: Sequence[str]) -> Files:
    """List the files that paths and patterns name, as the worker sees them that runs this."""
    files = text_files([*map(Path, names)])
    assert files is not None
    for path in files.paths:
        if not os.path.isfile(path):
            raise CorpusError(f"corpus names {path!r}, a pipe or a device, which is read only once")
    return Files(files.paths, tuple(map(os.path.getsize, files.paths)))


def files_or_fault(names: Sequence[str]) -> Files | tuple[bool, str]:
    """What `list_files` finds, or whether a file is missing and what is wrong.

    An OSError of a worker would be taken for one of the network.
    """
    try:
        return list_files(names)
    except (OSError, ValueError) as error:
        return isinstance(error, FileNotFoundError), str(error)


def cut_files(files: Files, parts: int, encoding: str) -> list[list[Piece]]:
    """Share the bytes of files out to some parts, in order; a worker runs this.

    Plain files are cut at line ends, or at white space where a line is very long; the others stay
    whole. A part may be empty.
    """
    is_cut = _cuts(check_encoding(encoding))
    plain = [is_cut and _is_plain(path) for path in files.paths]
    weights = [
        size * (1 if one else UNPACKED) for size, one in zip(files.sizes, plain, strict=True)
    ]
    ends = [*accumulate(weights)]
    begins = [end - weight for end, weight in zip(ends, weights, strict=True)]
    total, cuts = ends[-1], [(0, 0)]  # files and places in them
    for part in range(1, parts):
        target = part * total / parts
        file = next(number for number, end in enumerate(ends) if end > target or end == total)
        at = int(target) - begins[file]
        if plain[file]:
            place = _line_start(files.paths[file], at, files.sizes[file])
            cut = (file, place) if place < files.sizes[file] else (file + 1, 0)
        else:
            cut = (file + (2 * at >= weights[file]), 0)
        cuts.append(max(cut, cuts[-1]))
    cuts.append((len(files.paths), 0))
    return [[*_between(files, *pair)] for pair in pairwise(cuts)]


def _between(files: Files, begin: tuple[int, int], end: tuple[int, int]) -> Iterator[Piece]:
    for number in range(begin[0], min(end[0] + 1, len(files.paths))):
        first = begin[1] if number == begin[0] else 0
        last = end[1] if number == end[0] else files.sizes[number]
        if first == 0 and last == files.sizes[number]:
            yield files.paths[number], None
        elif first < last:
            yield files.paths[number], (first, last)


def _cuts(encoding: str) -> bool:
    """Whether a text in an encoding may be cut behind the byte of a line feed or space."""
    is_ascii = "\n \t\r".encode(encoding, "replace") == b"\n \t\r"
    return is_ascii and not encoding.startswith(UNCUT)


def _is_plain(path: str) -> bool:
    """Whether a file is a text that is not packed; CorpusError if it is no text."""
    with closing(open_texts(path)) as texts:
        return not next(texts).kind


def _line_start(path: str, at: int, size: int) -> int:
    """The place of the first line that begins at byte `at` or later, or of a token."""
    spaces: list[int] = []  # the first
    with open(path, "rb") as file:
        place = max(at - 1, 0)
        file.seek(place)
        while place < size and (block := file.read(BLOCK)):
            lines = [found for mark in b"\n\r" if (found := block.find(mark)) >= 0]
            if lines:
                return place + min(lines) + 1
            if not spaces:
                found = min((i for mark in b" \t" if (i := block.find(mark)) >= 0), default=-1)
                spaces += [place + found + 1] if found >= 0 else []
            place += len(block)
            if spaces and place - at > SEARCHED:
                return spaces[0]
    return spaces[0] if spaces and size - at > SEARCHED else size


def files_of(pieces: Sequence[Piece]) -> TextFiles:
    """The files of a partition, for `read_corpus`."""
    paths = tuple(path for path, _ in pieces)
    return TextFiles(paths, paths, tuple(span for _, span in pieces))


def documents_of(parts: Sequence[Any]) -> Iterator[Any]:
    """The documents of some partitions of a collection, one after the other."""
    return chain.from_iterable(map(items_of, parts))
