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
import sys
import tempfile
import urllib.error
import urllib.request
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

__all__ = ["DatasetError", "DownloadError", "docs_corpus", "text8"]

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18  # bytes; large enough that Python's share of a download is not noticed


class DatasetError(RuntimeError):
    """A data set cannot be had as it should be; the message says what was expected."""


class DownloadError(DatasetError):
    """A data set cannot be fetched: no network, no such host, or the server refuses."""


@dataclass(frozen=True)
class _File:
    """What a file must be: its length in bytes and its digest in lower-case hexadecimal."""

    name: str
    size: int
    algorithm: str
    digest: str


_TEXT8_ZIP = _File(
    "text8.zip",
    31_344_016,
    "sha256",
    "a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",
)
_TEXT8 = _File("text8", 100_000_000, "md5", "3bea1919949baf155f99411df5fada7e")


def text8(
    cache_dir: str | os.PathLike[str] | None = None,
    *,
    url: str = "http://mattmahoney.net/dc/text8.zip",
    progress: bool = True,
    timeout: float = 30.0,
) -> Path:
    """Return the path of the text8 corpus, downloaded the first time that it is asked for.

    The file is one line of 17 005 207 tokens (253 854 types) of ``a``-``z`` and single spaces.

    Parameters
    ----------
    cache_dir : path, optional
        Folder that keeps the corpus, created if need be. By default ``$NEGSAMP_CACHE`` or, where
        that is not set, a folder ``negsamp`` in the platform's place for a user's caches.
    url : str
        Where ``text8.zip`` is. A valid ``text8.zip`` in `cache_dir` is used instead.
    progress : bool
        Whether a bar shows the download.
    timeout : float
        Seconds that the server may stay silent, above 0.

    Returns
    -------
    pathlib.Path
        The file ``text8`` in the cache folder.

    Raises
    ------
    DatasetError
        If what was delivered is not text8, or the cache folder cannot be written; its subclass
        DownloadError if there is no network or the server does not deliver.
    ValueError
        If `timeout` is not positive or `url` is not a URL.

    References
    ----------
    M. Mahoney, "About the Test Data", 2011, http://mattmahoney.net/dc/textdata.html
    """
    folder = _default_cache() if cache_dir is None else Path(cache_dir)
    return _fetch(_TEXT8, _TEXT8_ZIP, url, folder, progress, timeout)


def _fetch(
    text: _File, archive: _File, url: str, folder: Path, progress: bool, timeout: float
) -> Path:
    """As `text8`, for any text in a zip file.

    Its digest is verified when it is unpacked, afterwards its length alone. Work is done in a
    temporary folder inside the cache, and the finished file moves to its name in one step: an
    exception leaves nothing behind, and several processes may fetch the same archive at once.
    """
    if not timeout > 0:
        raise ValueError(f"timeout must be a positive number of seconds, got {timeout!r}")
    cached = folder / text.name
    try:
        length = cached.stat().st_size if cached.exists() else None
        if length == text.size:
            return cached
        if length is not None:
            logger.warning("replacing %s: expected %d bytes, got %d", cached, text.size, length)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f"{text.name}-") as scratch:
            zipped = folder / archive.name
            source = str(zipped)
            if not _is_intact(zipped, archive):
                zipped, source = Path(scratch, archive.name), url
                _download(url, zipped, archive, progress, timeout)
            unpacked = Path(scratch, text.name)
            _unpack(zipped, unpacked, text, source)
            try:
                os.replace(unpacked, cached)
            except PermissionError:
                # Windows does not replace a file that is open: another process was first, and its
                # copy is being read
                if cached.stat().st_size != text.size:
                    raise
    except OSError as error:
        raise DatasetError(f"cache_dir: cannot keep files in {str(folder)!r}: {error}") from error
    return cached


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


def _is_intact(path: Path, expected: _File) -> bool:
    try:
        with open(path, "rb") as file:
            for _ in _checked(_chunks(file.read), expected, str(path)):
                pass
    except FileNotFoundError:
        return False
    except (OSError, DatasetError) as error:
        logger.warning("not used: %s", error)
        return False
    return True


def _download(url: str, target: Path, expected: _File, progress: bool, timeout: float) -> None:
    try:
        response = urllib.request.urlopen(url, timeout=timeout)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        raise DownloadError(f"cannot download {url}: {error}") from error
    bar = tqdm(
        total=expected.size, desc=expected.name, unit="B", unit_scale=True, disable=not progress
    )
    with response, bar, open(target, "xb") as file:
        for chunk in _checked(_received(response, url), expected, url):
            file.write(chunk)
            bar.update(len(chunk))


def _unpack(zipped: Path, target: Path, expected: _File, source: str) -> None:
    name = f"{expected.name} in {source}"
    try:
        with zipfile.ZipFile(zipped) as archive, archive.open(expected.name) as member:
            with open(target, "xb") as file:
                file.writelines(_checked(_chunks(member.read), expected, name))
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(f"cannot read {name}: {error}") from error


def _chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    return iter(partial(read, _CHUNK), b"")


def _received(response: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    # Here errors of the connection can still be told from those of the disk.
    try:
        yield from _chunks(response.read)
    except http.client.IncompleteRead as error:
        yield error.partial  # too short, which _checked reports with both lengths
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(f"cannot download {url}: {error}") from error


def _checked(chunks: Iterable[bytes], expected: _File, source: str) -> Iterator[bytes]:
    """Pass chunks on; raise `DatasetError` where they are too long, too short or different."""
    digest = hashlib.new(expected.algorithm, usedforsecurity=False)
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > expected.size:
            raise DatasetError(f"{source} is too long: expected {expected.size} bytes, got more")
        digest.update(chunk)
        yield chunk
    if length < expected.size:
        raise DatasetError(f"{source} is truncated: expected {expected.size} bytes, got {length}")
    if digest.hexdigest() != expected.digest:
        raise DatasetError(
            f"{source} is broken: expected {expected.algorithm} {expected.digest}, "
            f"got {digest.hexdigest()}"
        )


def docs_corpus() -> list[list[str]]:
    """Return English that is already installed: the documentation of NumPy, SciPy and Python.

    The texts are the docstrings in the source files of NumPy and SciPy, tests left out, which are
    parsed and not imported; what those files pass to ``add_newdoc`` for compiled functions; and
    Python's help topics. Each text is taken once. Code in examples, an eighth of the tokens, is
    kept: it uses the words that the text explains.

    Returns
    -------
    list of list of str
        The lower-case words of ``a``-``z`` of each paragraph, in the same order every time. Blank
        lines separate paragraphs; full stops do not divide lists and phrases, of which docstrings
        have many.

    Raises
    ------
    DatasetError
        If the source files of NumPy or SciPy cannot be found.

    Notes
    -----
    Python 3.11.7, NumPy 2.4.6 and SciPy 1.17.1 give 1 033 437 tokens, 15 687 types, 7 217 of them
    seen 5 times or more, in 44 300 paragraphs, in 4 s on one core.
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
            warnings.simplefilter("ignore")  # invalid escapes are the packages' own affair
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
