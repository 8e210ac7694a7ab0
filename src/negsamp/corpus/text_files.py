"""Which files a corpus names: a path, a list of paths, a folder or a pattern.

A folder stands for all files in it and in its folders, in order of their names; a pattern, as in
`glob`, for the files that it matches, in the same order. A list keeps its own order.
"""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.errors import CorpusError

__all__ = ["TextFiles", "text_files"]

logger = logging.getLogger(__name__)

# What the names of texts end in: a list whose sentences all end so was meant as a list of paths.
SUFFIXES = (".txt", ".text", ".tok", ".gz", ".bz2", ".xz", ".zip", ".zst")
SHOWN = 3  # names in one message


@dataclass(frozen=True)
class TextFiles:
    """The files of a corpus, in order.

    Attributes
    ----------
    paths : tuple of str
        The files.
    named : tuple of str
        The absolute paths and patterns that the corpus consists of; they name the same files later.
    spans : tuple of (int, int) or None, optional
        Of each file, the bytes that are read, if these are not all; only of plain files.
    """

    paths: tuple[str, ...]
    named: tuple[str, ...]
    spans: tuple[tuple[int, int] | None, ...] | None = None

    @property
    def recorded(self) -> str | list[str]:
        """What names the files, to be written down: a path or pattern, or a list of them."""
        return self.named[0] if len(self.named) == 1 else [*self.named]

    @property
    def are_regular(self) -> bool:
        """Whether the files can be read again: none of them is a pipe or a device."""
        return all(map(os.path.isfile, self.paths))

    @property
    def size(self) -> int:
        """Bytes of the files, as they are on the disk; those of pipes are not known."""
        return sum(os.path.getsize(path) for path in self.paths if os.path.isfile(path))

    def check_apart(self, name: str, path: str | os.PathLike[str]) -> None:
        """Check that what is written to `path`, the argument `name`, is no part of the corpus.

        ValueError if it is one of the files, or in one of the folders and not hidden there.
        """
        target = Path(path).resolve()
        if target.is_file() and any(os.path.samefile(target, file) for file in self.paths):
            raise ValueError(f"{name} is {os.fspath(path)!r}, the corpus itself; choose another")
        for folder in filter(os.path.isdir, self.named):
            inside = Path(folder).resolve()
            if not target.is_relative_to(inside):
                continue
            if not any(part.startswith(".") for part in target.relative_to(inside).parts):
                raise ValueError(
                    f"{name} is {os.fspath(path)!r}, in the corpus's folder {folder!r}, and would "
                    "be read as a part of it next time; choose another"
                )


def text_files(corpus: Any) -> TextFiles | None:
    """Return the files that a corpus names; None if it is no path and no list of paths.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or none that the pattern matches.
    CorpusError
        If a folder holds no file, or one that is a pipe or a device; if a list has something else
        beside paths, or its sentences are all names of files.
    """
    if isinstance(corpus, TextFiles):
        return corpus
    if isinstance(corpus, (str, os.PathLike)):
        return _files_named([corpus])
    if not isinstance(corpus, (list, tuple)) or not _has_paths(corpus):
        _check_no_names(corpus)
        return None
    for number, path in enumerate(corpus):
        if not isinstance(path, (str, os.PathLike)):
            raise CorpusError(
                f"corpus is a list of paths, but number {number} is a {type(path).__name__}; files "
                "and sentences go into different corpora"
            )
    return _files_named(corpus)


def _files_named(names: Iterable[str | os.PathLike[str]]) -> TextFiles:
    """Return the files of some paths and patterns, as `text_files` does."""
    named = [os.fsdecode(name) for name in names]
    paths = [path for name in named for path in _files_of(name)]
    return TextFiles(tuple(paths), tuple(map(_absolute, named)))


def _has_paths(corpus: Sequence[Any]) -> bool:
    """Whether a list begins with a path, or with the name of a file that has paths after it."""
    if not corpus or not _is_name(corpus[0]):
        return bool(corpus) and isinstance(corpus[0], os.PathLike)
    return any(isinstance(path, os.PathLike) for path in corpus)


def _check_no_names(corpus: Any) -> None:
    """Refuse a list, array or column of strings that all name files."""
    is_array = isinstance(corpus, np.ndarray) and corpus.ndim == 1
    if not is_array and not isinstance(corpus, Sequence) and not hasattr(corpus, "to_list"):
        return  # it may be read only once
    names = [str(name) for name in takewhile(_is_name, corpus)]
    if names and len(names) == len(corpus):
        raise CorpusError(
            f"corpus is a {type(corpus).__name__} of {len(names)} str, which are sentences, but "
            f"all of them name files, such as {names[0]!r:.60}; files go in as paths: "
            "[pathlib.Path(name) for name in corpus]"
        )


def _is_name(sentence: Any) -> bool:
    if not isinstance(sentence, str):
        return False
    is_single = len(sentence.split(maxsplit=1)) == 1
    if sentence.lower().endswith(SUFFIXES):
        return is_single or os.path.isfile(sentence)
    return os.sep in sentence and os.path.exists(sentence)


def _absolute(name: str) -> str:
    """Return a name that means the same in another working folder."""
    if not os.path.exists(name):  # a pattern, unlike the folder that it is in
        return os.path.join(glob.escape(os.getcwd()), name)
    return os.path.abspath(name)


def _files_of(name: str) -> list[str]:
    """Return the files that one path or pattern names."""
    if os.path.isdir(name):
        return _in_folder(name)
    if os.path.exists(name):  # `Path.exists` raises for a name that is too long
        return [name]
    shown = f"{name[:60]}…" if len(name) > 200 else name
    hint = "; a text goes in as a list of token lists" if " " in shown else ""
    hint = "; a file on the net must be downloaded first" if "://" in shown else hint
    if not glob.has_magic(name) or "\0" in name:
        raise FileNotFoundError(f"corpus names the file {shown!r}, which does not exist{hint}")
    matches = glob.glob(name, recursive=True)
    files = _by_name(path for path in set(matches) if os.path.isfile(path))
    if not files:
        if matches:
            hint = f"; {os.path.join(name, '*')!r} matches what is in the folders that it matches"
        raise FileNotFoundError(f"corpus is the pattern {shown!r}, which matches no file{hint}")
    return files


def _in_folder(folder: str) -> list[str]:
    """Return all files of a folder and its folders that are not hidden, in order of their names."""
    files: list[str] = []
    left_out: list[str] = []
    for root, folders, names in os.walk(folder, onerror=_refuse):
        for name in names:
            (left_out if name.startswith(".") else files).append(os.path.join(root, name))
        for name in [*folders]:
            path = os.path.join(root, name)
            if name.startswith(".") or os.path.islink(path):
                left_out.append(path)
                folders.remove(name)
    for path in files:
        if not os.path.isfile(path):
            raise CorpusError(
                f"corpus names the folder {folder!r}, in which {path!r} is a pipe, a device or a "
                "link to nothing; take it out"
            )
    if left_out:
        logger.warning(
            "corpus folder %r: %d hidden files or folders and links to folders are left out: %s%s",
            folder,
            len(left_out),
            ", ".join(_by_name(left_out)[:SHOWN]),
            ", …" * (len(left_out) > SHOWN),
        )
    if not files:
        but = f" but {len(left_out)} hidden ones and links" if left_out else ""
        raise CorpusError(f"corpus names the folder {folder!r}, which holds no file{but}")
    return _by_name(files)


def _refuse(error: OSError) -> None:
    raise error


def _by_name(paths: Iterable[str]) -> list[str]:
    """Sort paths by the names of their folders, and then by their own."""
    return sorted(paths, key=lambda path: path.split(os.sep))
