"""Corpora to start with: one that is downloaded and one that every installation already has.

`text8` is the usual benchmark, the first 10^8 characters of a cleaned English Wikipedia.
`docs_corpus` needs no network: it reads the documentation inside the installed Python packages.
Both leave nothing but English letters, in lower case.
"""

from __future__ import annotations

import ast
import hashlib
import http.client
import importlib.util
import logging
import os
import re
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from negsamp.errors import DatasetError, DownloadError
from negsamp.files.atomic import writing

__all__ = ["docs_corpus", "text8"]

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18  # bytes; large enough that Python's share of a download is not noticed


@dataclass(frozen=True)
class _Archive:
    """A published ``.zip`` file with one text: what both must be, sizes in bytes."""

    text: str
    text_size: int
    size: int
    sha256: str

    def fault(self, file: Any, source: str) -> str | None:
        """Say what is wrong with a file that should be this archive."""
        if (size := file.seek(0, os.SEEK_END)) != self.size:
            how = "truncated" if size < self.size else "too long"
            return f"{source} is {how}: expected {self.size} bytes, got {size}"
        file.seek(0)
        if (digest := hashlib.file_digest(file, "sha256").hexdigest()) != self.sha256:
            return f"{source} is broken: expected sha256 {self.sha256}, got {digest}"
        return None


_TEXT8 = _Archive(
    "text8",
    100_000_000,
    31_344_016,
    "a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",
)


def text8(
    cache_dir: str | os.PathLike[str] | None = None,
    *,
    url: str = "http://mattmahoney.net/dc/text8.zip",
    progress: bool = True,
    timeout: float = 30.0,
) -> Path:
    """Return the path of the text8 corpus, downloaded the first time that it is asked for.

    The file is one line of 17 005 207 tokens (253 854 types) of ``a``-``z`` and single spaces [1]_.

    Parameters
    ----------
    cache_dir : str or os.PathLike, optional
        Folder that keeps the corpus, created if need be. By default ``$NEGSAMP_CACHE`` or, where
        that is not set, a folder ``negsamp`` in the platform's place for a user's caches.
    url : str
        Where ``text8.zip`` is. A valid ``text8.zip`` in `cache_dir` is used instead.
    progress : bool
        Whether to show a progress bar during the download.
    timeout : float
        Seconds that the server may stay silent.

    Returns
    -------
    pathlib.Path
        The file ``text8`` in the cache folder.

    Raises
    ------
    DownloadError
        If there is no network or the server does not deliver; a RuntimeError.
    DatasetError
        If what was delivered is not text8, or if the cache folder cannot be written; a
        RuntimeError.
    ValueError
        If `timeout` is not positive or `url` is not a URL.

    References
    ----------
    .. [1] M. Mahoney, "About the Test Data", 2011,
       http://mattmahoney.net/dc/textdata.html

    Examples
    --------
    >>> from negsamp import Word2Vec, text8
    >>> model = Word2Vec().fit(text8())  # doctest: +SKIP
    """
    folder = _default_cache() if cache_dir is None else Path(cache_dir)
    return _fetch(_TEXT8, url, folder, progress, timeout)


def _fetch(archive: _Archive, url: str, folder: Path, progress: bool, timeout: float) -> Path:
    """Return the path of an archive's text in the cache folder, downloaded if it is not there.

    The archive's digest is verified before it is unpacked; afterwards only the text's length is.
    """
    if not timeout > 0:
        raise ValueError(f"timeout must be a positive number of seconds, got {timeout!r:.60}")
    cached = folder / archive.text
    length = _length(cached)
    if length == archive.text_size:
        return cached
    if length is not None:
        logger.warning("replacing %s: expected %d bytes, got %d", cached, archive.text_size, length)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _opened(archive, url, folder, progress, timeout) as zipped:
            with zipfile.ZipFile(zipped).open(archive.text) as text, writing(cached) as file:
                shutil.copyfileobj(text, file, _CHUNK)
    except OSError as error:
        # Windows does not replace a file that is open: another process was first, and its copy is
        # being read
        if _length(cached) != archive.text_size:
            message = f"cache_dir: cannot keep files in {str(folder)!r}: {error}"
            raise DatasetError(message) from error
    return cached


@contextmanager
def _opened(
    archive: _Archive, url: str, folder: Path, progress: bool, timeout: float
) -> Iterator[Any]:
    """Open the intact archive that the folder holds, or else a temporary file of a download."""
    kept = folder / f"{archive.text}.zip"
    if kept.is_file():
        with open(kept, "rb") as file:
            if not (fault := archive.fault(file, str(kept))):
                yield file
                return
        logger.warning("not used: %s", fault)
    with tempfile.TemporaryFile(dir=folder) as download:
        received = _received(url, timeout)
        first = next(received, b"")  # the bar appears when there is a connection
        with tqdm(
            total=archive.size, desc=kept.name, unit="B", unit_scale=True, disable=not progress
        ) as bar:
            for chunk in chain([first], received):
                bar.update(download.write(chunk))
                if download.tell() > archive.size:
                    break
        if fault := archive.fault(download, url):
            raise DatasetError(fault)
        yield download


def _received(url: str, timeout: float) -> Iterator[bytes]:
    # only here can errors of the connection be told from those of the disk
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            while chunk := response.read(_CHUNK):
                yield chunk
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        raise DownloadError(f"cannot download {url}: {error}") from error


def _default_cache() -> Path:
    if chosen := os.environ.get("NEGSAMP_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        parent = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        parent = "~/Library/Caches"
    else:
        parent = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(parent).expanduser() / "negsamp"


def _length(path: Path) -> int | None:
    return os.path.getsize(path) if os.path.isfile(path) else None


def docs_corpus() -> list[list[str]]:
    """Return English that is already installed: the documentation of NumPy, SciPy and Python.

    The texts are the docstrings in the source files of NumPy and SciPy, which are parsed and not
    imported; what those files pass to ``add_newdoc`` for compiled functions; and Python's help
    topics. Tests are left out. A text that occurs more than once is counted once. Code in
    examples, an eighth of the tokens, is kept: it uses the words that the text explains.

    Returns
    -------
    list of list of str
        One list of lower-case tokens of ``a``-``z`` per paragraph, in the same order every time.
        A paragraph is what blank lines separate: it keeps to one subject, and much of a
        docstring is lists and phrases, which full stops do not divide.

    Raises
    ------
    DatasetError
        If the source files of NumPy or SciPy cannot be found.

    Notes
    -----
    Measured, one core: Python 3.11.7, NumPy 2.4.6 and SciPy 1.17.1 give 1 033 437 tokens,
    15 687 types, 7 217 of them seen 5 times or more, in 44 300 paragraphs, in 4 s.

    Examples
    --------
    >>> from negsamp import docs_corpus
    >>> paragraphs = docs_corpus()
    >>> len(paragraphs) > 20_000, "array" in {token for p in paragraphs for token in p}
    (True, True)
    """
    from pydoc_data.topics import topics  # 700 kB that nothing else here needs

    texts = dict.fromkeys([*_docstrings("numpy"), *_docstrings("scipy"), *topics.values()])
    paragraphs = (part for text in texts for part in re.split(r"\n\s*\n", text.lower()))
    return [tokens for part in paragraphs if (tokens := re.findall("[a-z]+", part))]


def _docstrings(package: str) -> Iterator[str]:
    spec = importlib.util.find_spec(package)  # a top-level package is located, not imported
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise DatasetError(f"docs_corpus: the package {package!r} is not installed as files")
    for folder in map(Path, folders):
        for path in sorted(folder.rglob("*.py")):
            # Tests have hardly any prose and would take two thirds of the time.
            if "tests" not in path.relative_to(folder).parts:
                yield from _docstrings_of_file(path)


def _docstrings_of_file(path: Path) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes in the packages
            tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # a template, or syntax of a later Python
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node, clean=False) or ""
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "add_newdoc":
            for part in ast.walk(node):
                value = part.value if isinstance(part, ast.Constant) else None
                if isinstance(value, str) and " " in value:  # otherwise a name, not a text
                    yield value
