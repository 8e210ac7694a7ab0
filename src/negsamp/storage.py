"""A model as a folder of plain files, written whole or not at all.

``vectors.npy`` and ``context_vectors.npy`` are arrays that `numpy.load` reads without us,
``vocabulary.txt`` has a line ``word count`` for each of their rows, and ``model.json`` holds the
parameters, versions and the other files' digests. A word that such a line cannot carry (a number,
a tuple, a string with white space) stands in ``words.json`` under its row; its line in
``vocabulary.txt`` then has its JSON form without white space. No pickle anywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy

__all__ = ["SavedModelError", "read_model", "write_model"]

FORMAT = "negsamp model 1"
ARRAYS = ("vectors", "context_vectors")


class SavedModelError(ValueError):
    """A folder that holds no whole model; the message says what is wrong with it."""


def write_model(
    folder: str | os.PathLike[str],
    words: Sequence[Hashable],
    counts: np.ndarray,
    arrays: dict[str, np.ndarray],
    about: dict[str, Any],
) -> None:
    """Write a model to a folder, which appears complete or not at all.

    Parameters
    ----------
    folder : path
        A new folder, an empty one, or one that holds an older model, which is replaced.
    words : sequence, length V
    counts : ndarray, shape (V,)
    arrays : dict
        ``"vectors"`` and ``"context_vectors"``, each (V, d).
    about : dict
        What else ``model.json`` shall hold; JSON values.

    Raises
    ------
    FileExistsError
        If the folder holds anything that is not a model.
    ValueError
        If a word cannot be written so that it comes back the same.
    """
    target = Path(folder).absolute()
    _check_target(target)
    lines, apart = _encode_words(words, counts)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        os.chmod(new, 0o777 & ~_umask())
        _write(new / "vocabulary.txt", "".join(lines).encode())
        if apart:
            _write(new / "words.json", json.dumps(apart).encode())
        for name in ARRAYS:
            with open(new / f"{name}.npy", "wb") as file:
                np.save(file, np.ascontiguousarray(arrays[name]), allow_pickle=False)
                _flush(file)
        digests = {file.name: _digest(file) for file in sorted(new.iterdir())}
        versions = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        }
        record = {"format": FORMAT, **about, "versions": versions, "sha256": digests}
        _write(new / "model.json", json.dumps(record, indent=1).encode())
        _replace(target, new)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def read_model(
    folder: str | os.PathLike[str],
) -> tuple[list[Any], np.ndarray, dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_model` wrote.

    Returns
    -------
    words : list, length V
    counts : ndarray, shape (V,) int64
    arrays : dict of ndarray, each (V, d)
    about : dict
        All of ``model.json``.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    SavedModelError
        If a file is missing or damaged, or if the parts do not agree.
    """
    path = Path(folder)
    if not path.is_dir():
        raise FileNotFoundError(f"{str(path)!r} is not a folder, so it holds no model")
    about = _read_about(path)
    for name, digest in about["sha256"].items():
        if _digest(path / name) != digest:
            raise SavedModelError(
                f"{str(path / name)!r} is not the file that was saved: its SHA-256 differs from "
                "the one in model.json"
            )
    words, counts = _decode_words(path, "words.json" in about["sha256"])
    try:
        arrays = {name: np.load(path / f"{name}.npy", allow_pickle=False) for name in ARRAYS}
    except ValueError as error:
        raise SavedModelError(f"{str(path)!r} holds an array that is damaged: {error}") from error
    for name, array in arrays.items():
        if array.ndim != 2 or len(array) != len(words) or array.shape != arrays[ARRAYS[0]].shape:
            raise SavedModelError(
                f"{path / name}.npy has shape {array.shape}, but vocabulary.txt has "
                f"{len(words)} words and {ARRAYS[0]}.npy has shape {arrays[ARRAYS[0]].shape}"
            )
    return words, counts, arrays, about


def _read_about(path: Path) -> dict[str, Any]:
    needed = ["model.json", "vocabulary.txt", *(f"{name}.npy" for name in ARRAYS)]
    _check_present(path, needed)
    try:
        about = json.loads((path / "model.json").read_text("utf-8"))
    except ValueError as error:
        raise SavedModelError(f"{str(path / 'model.json')!r} is not JSON: {error}") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise SavedModelError(f"{str(path / 'model.json')!r} does not say {FORMAT!r} as its format")
    digests = about.get("sha256")
    if not isinstance(digests, dict) or not set(needed[1:]) <= set(digests) <= {
        *needed[1:],
        "words.json",
    }:
        raise SavedModelError(f"{str(path / 'model.json')!r} lacks the digests of the other files")
    _check_present(path, digests)
    return about


def _check_present(path: Path, names: Any) -> None:
    for name in names:
        if not (path / name).is_file():
            raise SavedModelError(f"{str(path)!r} lacks the file {name}")


def _check_target(target: Path) -> None:
    if target.is_dir():
        if any(target.iterdir()) and not _is_model(target):
            raise FileExistsError(
                f"folder {str(target)!r} holds something that is not a model; choose another name"
            )
    elif target.exists():
        raise FileExistsError(f"folder {str(target)!r} is a file; choose another name")


def _is_model(folder: Path) -> bool:
    """Whether a folder holds a model and nothing else, so that nothing of value is replaced."""
    names = {file.name for file in folder.iterdir()}
    known = {"model.json", "vocabulary.txt", "words.json", *(f"{name}.npy" for name in ARRAYS)}
    if not {"model.json"} <= names <= known:
        return False
    try:
        return json.loads((folder / "model.json").read_text("utf-8"))["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        return False


def _replace(target: Path, new: Path) -> None:
    """Give a finished folder its name; an older model makes way, and comes back on failure."""
    if not target.exists():
        os.rename(new, target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    os.rename(target, old / target.name)
    try:
        os.rename(new, target)
    except BaseException:
        os.rename(old / target.name, target)
        raise
    finally:
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _encode_words(
    words: Sequence[Hashable], counts: np.ndarray
) -> tuple[list[str], dict[str, Any]]:
    lines: list[str] = []
    apart: dict[str, Any] = {}
    for row, (word, count) in enumerate(zip(words, counts.tolist(), strict=True)):
        if _fits_a_line(word):
            lines.append(f"{word} {count}\n")
        else:
            apart[str(row)] = _to_json(word)
            shown = json.dumps(apart[str(row)], separators=(",", ":")).replace(" ", "\\u0020")
            lines.append(f"{shown} {count}\n")
    return lines, apart


def _fits_a_line(word: Any) -> bool:
    if not isinstance(word, str) or word.split() != [word]:
        return False
    try:
        word.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _to_json(word: Any) -> Any:
    """A JSON value that `_from_json` turns into an equal word."""
    if isinstance(word, np.generic):
        word = word.item()
    if isinstance(word, (str, bool, int)) and type(word) in (str, bool, int):
        return word
    if type(word) is float and np.isfinite(word):
        return word
    if type(word) is bytes:
        return {"bytes": word.hex()}
    if type(word) is tuple:
        return {"tuple": [_to_json(item) for item in word]}
    raise ValueError(
        f"the word {word!r:.60} is a {type(word).__name__}, which cannot be saved; str, int, "
        "float, bool, bytes and tuples of these can"
    )


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        (kind, content), *rest = value.items()
        if rest or kind not in ("bytes", "tuple"):
            raise ValueError("an unknown kind of word")
        return bytes.fromhex(content) if kind == "bytes" else tuple(map(_from_json, content))
    if isinstance(value, list) or value is None:
        raise ValueError("an unknown kind of word")
    return value


def _decode_words(path: Path, has_apart: bool) -> tuple[list[Any], np.ndarray]:
    words: list[Any] = []
    counts: list[int] = []
    # only "\n" ends a line: universal newlines would take "\r" for one
    with open(path / "vocabulary.txt", encoding="utf-8", newline="\n") as file:
        try:
            for line in file:
                word, count = line.split()
                words.append(word)
                counts.append(int(count))
        except ValueError as error:
            raise SavedModelError(
                f"line {len(words) + 1} of {str(path / 'vocabulary.txt')!r} is not 'word count'"
            ) from error
    if has_apart:
        try:
            for row, value in json.loads((path / "words.json").read_text("utf-8")).items():
                words[int(row)] = _from_json(value)
        except (ValueError, IndexError, AttributeError, TypeError) as error:
            raise SavedModelError(f"{str(path / 'words.json')!r} is damaged: {error}") from error
    return words, np.array(counts, dtype=np.int64)


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        _flush(file)


def _flush(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
