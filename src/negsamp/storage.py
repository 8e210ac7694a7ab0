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
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from negsamp.arrayfile import sync_folder

__all__ = ["SavedModelError", "check_target", "read_model", "write_model"]

FORMAT = "negsamp model 1"
ARRAYS = ("vectors", "context_vectors")
# What only some models have, columns of V numbers or of one: normalisers, a noise distribution of
# the user's own, and in checkpoints the optimizer's sums of squares.
COLUMNS = ("log_z", "noise", "squares_in", "squares_out", "squares_log_z")


class SavedModelError(ValueError):
    """A folder that holds no whole model; the message says what is wrong with it."""


def check_target(folder: str | os.PathLike[str]) -> Path:
    """Check that `write_model` may write a folder.

    Parameters
    ----------
    folder : path
        A new folder, an empty one, or one that holds an older model and nothing else.

    Returns
    -------
    pathlib.Path
        The folder, absolute, links followed.

    Raises
    ------
    FileExistsError
        If it is a file, or holds anything that is not a model.
    """
    target = Path(folder).resolve()
    if target.is_dir():
        if any(target.iterdir()) and not _is_model(target):
            raise FileExistsError(
                f"folder {str(target)!r} holds something that is not a model; choose another name"
            )
    elif target.exists():
        raise FileExistsError(f"folder {str(target)!r} is a file; choose another name")
    return target


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
        ``"vectors"`` and ``"context_vectors"``, each (V, d); perhaps some of `COLUMNS`, each (V, 1)
        or (1, 1).
    about : dict
        What else ``model.json`` shall hold; JSON values.

    Raises
    ------
    FileExistsError
        If the folder holds anything that is not a model.
    ValueError
        If a word cannot be written so that it comes back the same.
    """
    target = check_target(folder)
    lines, apart = _encode_words(words, counts)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        os.chmod(new, 0o777 & ~_umask())
        _write(new / "vocabulary.txt", "".join(lines).encode())
        if apart:
            _write(new / "words.json", json.dumps(apart).encode())
        for name in arrays:
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
    arrays : dict of ndarray
        As they were given to `write_model`.
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
    if len(set(words)) < len(words):
        [(twice, _)] = Counter(words).most_common(1)
        raise SavedModelError(f"{str(path / 'vocabulary.txt')!r} holds {twice!r} more than once")
    arrays = {name: _read_array(path / f"{name}.npy", len(words)) for name in ARRAYS}
    widths = [array.shape[1] for array in arrays.values()]
    if len(set(widths)) > 1:
        raise SavedModelError(f"the arrays in {str(path)!r} have vectors of {widths} numbers")
    for name in COLUMNS:
        if f"{name}.npy" in about["sha256"]:
            arrays[name] = _read_array(path / f"{name}.npy", len(words), column=True)
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
        *(f"{name}.npy" for name in COLUMNS),
    }:
        raise SavedModelError(
            f"{str(path / 'model.json')!r} must have the digests of {', '.join(needed[1:])}, and "
            f"of words.json and {', '.join(f'{name}.npy' for name in COLUMNS)} if there are such"
        )
    _check_present(path, digests)
    return about


def _check_present(path: Path, names: Any) -> None:
    for name in names:
        if not (path / name).is_file():
            raise SavedModelError(f"{str(path)!r} lacks the file {name}")


def _is_model(folder: Path) -> bool:
    """Whether a folder holds a model and nothing else, so that nothing of value is replaced."""
    is_file = {file.name: file.is_file() for file in folder.iterdir()}
    arrays = (f"{name}.npy" for name in ARRAYS + COLUMNS)
    known = {"model.json", "vocabulary.txt", "words.json", *arrays}
    if not {"model.json"} <= set(is_file) <= known or not all(is_file.values()):
        return False
    try:
        return json.loads((folder / "model.json").read_text("utf-8"))["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        return False


def _replace(target: Path, new: Path) -> None:
    """Give a finished folder its name; an older model makes way, and comes back on failure."""
    sync_folder(new)
    if not target.exists():
        os.rename(new, target)
        sync_folder(target.parent)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    try:
        os.rename(target, old / target.name)
        try:
            os.rename(new, target)
        except BaseException:
            os.rename(old / target.name, target)
            raise
        sync_folder(target.parent)
    finally:
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _encode_words(
    words: Sequence[Hashable], counts: np.ndarray
) -> tuple[list[str], dict[str, Any]]:
    lines: list[str] = []
    apart: dict[str, Any] = {}
    for row, (word, count) in enumerate(zip(words, counts.tolist(), strict=True)):
        word = _plain(word)
        if _fits_a_line(word):
            lines.append(f"{word} {count}\n")
        else:
            apart[str(row)] = _to_json(word)
            shown = json.dumps(apart[str(row)], separators=(",", ":")).replace(" ", "\\u0020")
            lines.append(f"{shown} {count}\n")
    return lines, apart


def _plain(word: Any) -> Any:
    """NumPy's scalars as Python's own, and any kind of str (an Enum, say) as the str it equals."""
    if isinstance(word, np.generic):
        word = word.item()
    return str.__str__(word) if isinstance(word, str) else word


def _fits_a_line(word: Any) -> bool:
    return isinstance(word, str) and word.split() == [word] and not _has_surrogates(word)


def _has_surrogates(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return True
    return False


def _to_json(word: Any) -> Any:
    """A JSON value that `_from_json` turns into an equal word."""
    word = _plain(word)
    if isinstance(word, str):
        # JSON would take a pair of lone surrogates for one character
        return {"characters": [*map(ord, word)]} if _has_surrogates(word) else word
    if type(word) in (bool, int):
        return word
    if type(word) is float and np.isfinite(word):
        return word
    if type(word) is bytes:
        return {"bytes": word.hex()}
    if type(word) is tuple:
        return {"tuple": [_to_json(item) for item in word]}
    raise ValueError(
        f"the word {word!r:.60} is a {type(word).__name__}, which cannot be saved; str, int, "
        "finite float, bool, bytes and tuples of these can"
    )


def _from_json(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)):
        return value
    [(kind, content)] = value.items()
    if kind == "bytes":
        return bytes.fromhex(content)
    if kind == "characters":
        return "".join(map(chr, content))
    if kind == "tuple":
        return tuple(map(_from_json, content))
    raise ValueError(f"{kind!r} is no kind of word")


def _decode_words(path: Path, has_apart: bool) -> tuple[list[Any], np.ndarray]:
    words: list[Any] = []
    counts: list[int] = []
    with open(path / "vocabulary.txt", "rb") as file:  # as text, "\r" would end a line too
        try:
            for line in file:
                word, count = line.decode().split()
                counts.append(int(count))
                if not 0 <= counts[-1] < 2**63:
                    raise ValueError("no count")
                words.append(word)
        except ValueError as error:
            raise SavedModelError(
                f"line {len(words) + 1} of {str(path / 'vocabulary.txt')!r} is not 'word count'"
            ) from error
    if has_apart:
        try:
            for row, value in json.loads((path / "words.json").read_text("utf-8")).items():
                if not 0 <= int(row) < len(words):
                    raise ValueError(f"there is no row {row}")
                words[int(row)] = _from_json(value)
        except (ValueError, AttributeError, TypeError, OverflowError) as error:
            raise SavedModelError(f"{str(path / 'words.json')!r} is damaged: {error}") from error
    return words, np.array(counts, dtype=np.int64)


def _read_array(path: Path, n_words: int, column: bool = False) -> np.ndarray:
    try:
        with open(path, "rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
    except ValueError as error:
        raise SavedModelError(f"{str(path)!r} is damaged: {error}") from error
    if column and array.shape in ((1, 1), (n_words, 1)) and array.dtype.kind == "f":
        return array
    if column or array.ndim != 2 or len(array) != n_words or array.dtype.kind != "f":
        raise SavedModelError(
            f"{str(path)!r} has shape {array.shape} and type {array.dtype}, but vocabulary.txt has "
            f"{n_words} words, each with a row of floats"
        )
    return array


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
