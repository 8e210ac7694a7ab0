"""The arrays that training works on: their names, shapes, and what happens to each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np

from negsamp.core.objectives import Extras

__all__ = ["GOES_ON", "LEARNED", "SAVED", "Arrays", "PairArrays", "TextArrays"]


def _file(name: str, *, learned: bool = False, column: bool = False) -> dict[str, Any]:
    """What is said of a field that checkpoints have as ``<name>.npy``.

    What is `learned` has a twin ``best_…`` of the epoch with the lowest held-out loss. A `column`
    is of one dimension here and of shape (n, 1) in its file.
    """
    return {"file": name, "learned": learned, "column": column}


@dataclass(kw_only=True)
class Arrays(Extras):
    """What training works on, beside what the objective needs.

    Several workers share all of it. An array that a run does without is None.
    """

    # Input vectors of the words as centers, and output vectors as contexts: (V, d) float32
    W_in: np.ndarray = field(metadata=_file("vectors", learned=True))
    W_out: np.ndarray = field(metadata=_file("context_vectors", learned=True))
    log_z: np.ndarray | None = field(default=None, metadata=_file("log_z", learned=True))
    # The optimizer's sums of squares: (V,) float64, or the shape of `log_z`
    squares_in: np.ndarray = field(metadata=_file("squares_in", column=True))
    squares_out: np.ndarray = field(metadata=_file("squares_out", column=True))
    squares_log_z: np.ndarray | None = field(
        default=None, metadata=_file("squares_log_z", column=True)
    )
    # 1 for the rows of `W_in` that stay as they are: (V,) uint8
    frozen: np.ndarray | None = field(default=None, metadata=_file("frozen", column=True))
    # Those of the epoch with the lowest held-out loss
    best_W_in: np.ndarray | None = field(default=None, metadata=_file("best_vectors"))
    best_W_out: np.ndarray | None = field(default=None, metadata=_file("best_context_vectors"))
    best_log_z: np.ndarray | None = field(default=None, metadata=_file("best_log_z"))
    # The noise distribution, an `AliasTable`: (V,)
    threshold: np.ndarray
    alias: np.ndarray

    def as_dict(self) -> dict[str, np.ndarray]:
        """All arrays that there are, by name."""
        return {name: array for name, array in vars(self).items() if array is not None}

    @classmethod
    def of_dict(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The record of arrays by name, among which there may be others."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: arrays[name] for name in names if name in arrays})

    def learned(self) -> dict[str, np.ndarray]:
        """What is learned, by name."""
        arrays = self.as_dict()
        return {name: arrays[name] for name in LEARNED if name in arrays}

    def to_files(self) -> dict[str, np.ndarray]:
        """What a checkpoint holds, by the names of its files, each of two dimensions."""
        arrays = self.as_dict()
        return {
            about["file"]: arrays[name][:, None] if about["column"] else arrays[name]
            for name, about in SAVED.items()
            if name in arrays
        }

    def take_from_files(self, files: Mapping[str, np.ndarray]) -> None:
        """Put what the files of a checkpoint hold in the place of what is here."""
        for name, about in SAVED.items():
            if (array := files.get(about["file"])) is not None:
                setattr(self, name, array[:, 0] if about["column"] else array)

    def apart(self, copied: Callable[[np.ndarray], np.ndarray] = np.copy) -> Self:
        """The same, with copies of what a checkpoint holds and of what the objective needs."""
        of_objective = {field.name for field in fields(Extras)}
        arrays = self.as_dict()
        names = arrays.keys() & (SAVED.keys() | of_objective)
        return replace(self, **{name: copied(arrays[name]) for name in names})

    @property
    def extras(self) -> Extras:
        """What the objective needs, alone."""
        return Extras(**{field.name: getattr(self, field.name) for field in fields(Extras)})


@dataclass(kw_only=True)
class TextArrays(Arrays):
    """What training on text works on."""

    # The text, a `TokenStream`: (n_tokens,) and (n_sentences + 1,)
    ids: np.ndarray
    offsets: np.ndarray
    keep: np.ndarray  # probability that an occurrence of each word is kept: (V,) float32
    # Begin and end of each part of the text that is held out, in tokens, (n, 2) int64, and what
    # stands there, subsampled, as a `TokenStream`
    held_out: np.ndarray | None = None
    held_ids: np.ndarray | None = None
    held_offsets: np.ndarray | None = None


@dataclass(kw_only=True)
class PairArrays(Arrays):
    """What training on pairs works on; V and V' words are centers and contexts."""

    # The pairs that are trained and those that are held out, each a row of `W_in` and one of
    # `W_out`, (P, 2) int32, and their weights, (P,) float32; None if all are 1
    pairs: np.ndarray
    weights: np.ndarray | None = None
    held_pairs: np.ndarray | None = None
    held_weights: np.ndarray | None = None
    ends: np.ndarray  # where each part of `pairs` ends that is mixed by itself: (n,) int64


# The fields that a checkpoint holds and what `_file` says of them, and those that are learned.
SAVED = {field.name: field.metadata for field in fields(Arrays) if field.metadata}
LEARNED = [name for name, about in SAVED.items() if about["learned"]]
# Those that a later call of `Word2Vec.partial_fit` goes on from.
GOES_ON = [*LEARNED, "squares_in", "squares_out", "squares_log_z"]
