"""A model as a folder of plain files, written whole or not at all, read exactly or not at all.

``vectors.npy`` and ``context_vectors.npy`` are arrays that `numpy.load` reads without us,
``vocabulary.txt`` and ``words.json`` have a word and a count for each of their rows (`word_list`),
``rare_words.txt`` and ``rare_words.json`` those of words without a row, ``contexts.txt`` and
``contexts.json`` those of the contexts of a model of pairs, and ``model.json`` holds the
parameters, versions and the other files' digests. No pickle anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from negsamp.files.folder import Format, check_is_target, explained, open_folder, write_folder
from negsamp.files.npy import is_plain, read_array, read_shape
from negsamp.files.word_list import CONTEXTS, RARE, encode_some, encode_words, read_words

__all__ = ["MODEL", "ModelFiles", "check_matrix", "read_model", "write_model"]

ARRAYS = ("vectors", "context_vectors")
# Columns of V numbers or of one, which only some models have: normalisers, a noise distribution of
# the user's own and that of the contexts of pairs, and in checkpoints the optimizer's sums of
# squares and which rows are frozen.
OF_CONTEXTS = ("noise", "context_noise", "squares_out")  # which has V' numbers after pairs
COLUMNS = ("log_z", *OF_CONTEXTS, "squares_in", "squares_log_z", "frozen")
# Arrays of the epoch with the lowest held-out loss, in checkpoints; each is like the one it names.
BEST = {f"best_{name}": name for name in ("log_z", *ARRAYS)}
TYPES = {
    **dict.fromkeys(COLUMNS, np.dtype(np.float64)),
    **dict.fromkeys(("log_z", *ARRAYS, *BEST), np.dtype(np.float32)),
    "frozen": np.dtype(np.uint8),
}
MODEL = Format(
    "negsamp model 1",
    "a model",
    ("vocabulary.txt", *(f"{name}.npy" for name in ARRAYS)),
    ("words.json", *RARE, *CONTEXTS, *(f"{name}.npy" for name in (*COLUMNS, *BEST))),
)
LARGEST_VECTOR = 100_000  # numbers, as many as the parameter vector_size allows

WordsAndCounts = tuple[Sequence[Any], Any]


class ModelFiles(NamedTuple):
    """What a model's folder holds."""

    words: list[Any]
    counts: np.ndarray  # (V,) int64
    arrays: dict[str, np.ndarray]
    about: dict[str, Any]  # all of ``model.json``
    rare: Callable[[], WordsAndCounts] | None  # words without a row, parsed when they are needed
    contexts: WordsAndCounts | None  # after pairs


def write_model(
    folder: str | os.PathLike[str],
    words: Sequence[Hashable],
    counts: np.ndarray,
    arrays: dict[str, np.ndarray],
    about: dict[str, Any],
    rare: WordsAndCounts | None = None,
    contexts: WordsAndCounts | None = None,
) -> None:
    """Write a model to a folder, which is new, empty, or holds an older model, which is replaced.

    Counts are integers, 1 or more. Arrays are finite: ``"vectors"`` and
    ``"context_vectors"``, each (V, d) float32; perhaps ``"log_z"``, (1, 1) or (V, 1) float32;
    others of `COLUMNS`, (V, 1), but ``"squares_log_z"`` in the shape of ``"log_z"``; those of
    `BEST` in the shape of the array that each is the best of. `about` is what else ``model.json``
    holds, as JSON values. Of the `rare` words those are written that files can hold. After pairs,
    `contexts` are the V' words of the output rows, and there is ``"context_noise"``. ValueError for
    what `read_model` would refuse; nothing is left then.
    """
    target = check_is_target(folder, MODEL)
    files: dict[str, Any] = {**encode_words(words, counts)}
    if rare is not None:
        files |= encode_some(*rare)
    found = {name: (array.dtype, array.shape) for name, array in arrays.items()}
    rows = _check_shapes(found, contexts is not None)
    if contexts is not None:
        files |= encode_words(*contexts, files=CONTEXTS)
    for name, V, those in zip(
        ARRAYS, rows, (words, contexts[0] if contexts else words), strict=True
    ):
        if V != len(those):
            raise ValueError(f"there are {len(those)} words, and '{name}.npy' has {V} rows")
    files |= {f"{name}.npy": array for name, array in arrays.items()}
    write_folder(target, MODEL, files, about)


def read_model(folder: str | os.PathLike[str], mmap: bool = False) -> ModelFiles:
    """Read what `write_model` wrote.

    With `mmap` the two matrices are mapped, read-only, and their digests and numbers are not looked
    at; sizes, and all of the other files, are checked as always.

    FileNotFoundError if there is no such folder; SavedModelError if a file is missing or damaged,
    or if the parts do not agree.
    """
    saved = open_folder(folder, MODEL)
    files = {name: f"{name}.npy" for name in TYPES if f"{name}.npy" in saved.digests}
    # before the words, whose digest tells if another folder has taken this one's place
    mapped = {name: saved.read(files[name], read_array, True) for name in ARRAYS if mmap}
    shapes = {
        name: (mapped[name].dtype, mapped[name].shape)
        if name in mapped
        else saved.read(file, read_shape)
        for name, file in files.items()
    }
    has_contexts = CONTEXTS[0] in saved.digests
    V, V_out = explained(saved.path, _check_shapes, shapes, has_contexts)
    # a folder that claims many rows must have as many lines before the rows are read
    words, counts = read_words(saved, V)()
    contexts = read_words(saved, V_out, files=CONTEXTS)() if has_contexts else None
    arrays = {
        name: mapped[name] if name in mapped else saved.read_array(file)
        for name, file in files.items()
    }
    rare = read_words(saved, None, files=RARE) if RARE[0] in saved.digests else None
    return ModelFiles(words, counts, arrays, saved.about, rare, contexts)


def check_matrix(
    dtype: np.dtype, shape: tuple[int, ...], wanted: Any = None, name: str = "vectors"
) -> int:
    """Check type and shape of a matrix's file, and return the number of its rows.

    The type must be the one wanted, or by default any of integers or floats.
    """
    is_wanted = is_plain(dtype) if wanted is None else dtype.newbyteorder("=") == wanted
    if not is_wanted or len(shape) != 2 or not 1 <= shape[1] <= LARGEST_VECTOR:
        kinds = "integers or floats of at most 8 bytes" if wanted is None else np.dtype(wanted)
        raise ValueError(
            f"'{name}.npy' has shape {shape} and type {dtype}; it must have two dimensions of "
            f"{kinds}, and vectors of 1 to {LARGEST_VECTOR} numbers"
        )
    return shape[0]


def _check_shapes(
    found: Mapping[str, tuple[np.dtype, tuple[int, ...]]], has_contexts: bool
) -> tuple[int, int]:
    """The numbers V of words and V' of contexts, if types and shapes of the arrays agree."""
    V = V_out = check_matrix(*found["vectors"], np.float32)
    if has_contexts != ("context_noise" in found):
        raise ValueError("'context_noise.npy' belongs to the words in contexts.txt")
    if has_contexts:
        V_out = check_matrix(*found["context_vectors"], np.float32, "context_vectors")
    d = found["vectors"][1][1]
    log_z = [found["log_z"][1]] if "log_z" in found else []
    for name, (dtype, shape) in found.items():
        allowed: list[tuple[int, ...]] = [(V_out if name in OF_CONTEXTS else V, 1)]
        if (matrix := BEST.get(name, name)) in ARRAYS:
            allowed = [(V if matrix == "vectors" else V_out, d)]
        elif name == "log_z":
            allowed.append((1, 1))
        elif name.endswith("log_z"):
            allowed = log_z
        if dtype.newbyteorder("=") != TYPES[name] or shape not in allowed:
            raise ValueError(
                f"'{name}.npy' has shape {shape} and type {dtype}; it must have shape "
                f"{' or '.join(map(str, allowed))} and type {TYPES[name]}, as 'vectors.npy' has "
                f"{V} rows" + f" and 'context_vectors.npy' {V_out}" * has_contexts
            )
    return V, V_out
