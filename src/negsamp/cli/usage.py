"""How a command refuses its arguments, and how it is ended."""

from __future__ import annotations

import argparse
import os
import shlex
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from negsamp.files.atomic import check_file_target

__all__ = [
    "Terminated",
    "UsageError",
    "check_can_make",
    "check_output",
    "check_picture",
    "is_one_of",
    "without_suffix",
]


# Suffixes of files that no command writes; other names, such as word2vec.model, are folders.
OTHER_FILES = (
    *(".emb", ".kv", ".w2v", ".npy", ".pkl", ".pickle", ".joblib", ".json", ".h5", ".pt", ".pth"),
    *(".csv", ".tsv", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar", ".parquet", ".arrow", ".html"),
)
VECTOR_FILES = (".bin", ".npz", ".safetensors", ".projector")


class UsageError(Exception):
    """Arguments that argparse or a check refuses."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def check_picture(arguments: argparse.Namespace, suffixes: Sequence[str]) -> Path:
    """Refuse options of a picture before vectors are read, and return the file to write."""
    target = check_file_target(arguments.output, suffixes)
    for name, low in (("top", 1), ("seed", 0)):
        if (value := getattr(arguments, name)) < low:
            raise UsageError(f"argument --{name}: it is {value}; it must be {low} or more")
    return target


def check_output(output: Path, force: bool, is_text: bool = True) -> None:
    """Refuse to write over a folder, or over a file without --force.

    A text has not the name of a file of another kind either.
    """
    if output.is_dir():
        raise UsageError(f"output {str(output)!r} is a folder; choose another name")
    gz = ".gz" * output.name.lower().endswith(".gz")
    plain = output.with_name(output.name[: len(output.name) - len(gz)])
    if is_text and (name := without_suffix(plain, (*OTHER_FILES, *VECTOR_FILES))) is not None:
        text = shlex.quote(str(output.with_name(f"{name}.txt{gz}")))
        raise UsageError(
            f"argument --output: {str(output)!r} has the suffix of a file of another kind, and "
            f"text is written; write -o {text}"
        )
    if output.exists() and not force:
        raise UsageError(f"output {str(output)!r} exists; --force replaces it")
    check_can_make(output.resolve())


def check_can_make(target: Path) -> None:
    """Refuse, before the work is done, a real path where nothing can be written after it."""
    above = next(parent for parent in target.parents if parent.exists())
    try:
        # os.access knows nothing of read-only file systems and lets root pass
        tempfile.TemporaryDirectory(dir=above).cleanup()
    except OSError as error:
        raise UsageError(
            f"output {str(target)!r}: nothing can be made in {str(above)!r}: {error.strerror}"
        ) from error


def is_one_of(path: Path, others: Iterable[str | os.PathLike[str]]) -> bool:
    """Whether a path leads to the file that one of others does, even if it is spelled otherwise."""
    for other in map(Path, others):
        are_there = path.exists() and other.exists()
        if path.samefile(other) if are_there else path.resolve() == other.resolve():
            return True
    return False


def without_suffix(output: Path, suffixes: Sequence[str] = OTHER_FILES) -> str | None:
    """A file's name without its suffixes, if the last is one of those; None if it is none."""
    name = output.name
    while (suffix := Path(name).suffix) and suffix.lower() in suffixes:
        name = name[: -len(suffix)]
    return None if name == output.name else name
