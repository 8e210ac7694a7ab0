"""What training works on, how far it has come, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from negsamp.core.objectives import Extras, Objective
from negsamp.core.sampling import AliasTable
from negsamp.corpus.stream import TokenStream

__all__ = [
    "BEST",
    "LEARNED",
    "STATE",
    "Progress",
    "Watch",
    "extras_of",
    "initial_vectors",
    "objective_arrays",
    "training_arrays",
]

# What training changes, or began with, and so what goes on from a checkpoint. A row of W_in that is
# "frozen" stays as it is; what is "best" is of the epoch with the lowest held-out loss.
LEARNED = ("W_in", "W_out", "log_z")
BEST = tuple(f"best_{name}" for name in LEARNED)
STATE = (*LEARNED, "squares_in", "squares_out", "squares_log_z", "frozen", *BEST)


@dataclass
class Progress:
    """How far a run has come: with the arrays, all that it takes to go on.

    Attributes
    ----------
    epoch, run, block : int
        Where the next block stands: epochs, runs of the epoch and blocks of the run are done.
    loss, pairs : float
        Sums over the blocks of the epoch whose loss was taken, in nats.
    losses : list of float
        Mean loss of each epoch that is done, in nats per pair.
    validation_losses : list of float
        Mean held-out loss after each epoch, where a part is held out.
    finished : bool
        Whether the run is at its end, which may be before its last epoch.
    """

    epoch: int = 0
    run: int = 0
    block: int = 0
    loss: float = 0.0
    pairs: float = 0.0
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    finished: bool = False


def _ignore(*_: Any) -> None:
    """What happens where nobody asked to be told."""


@dataclass(frozen=True)
class Watch:
    """Who is told of a run's events, each in the caller's process, between updates.

    Attributes
    ----------
    on_start : callable
        Called with the arrays of `STATE`, which training changes in place, and the `Progress` that
        follows them.
    on_block, on_epoch_end : callable
        Called with the `Progress` after each block and each epoch.
    on_stop : callable
        Called with the arrays when training has ended, however it did, and owns nothing more.
    """

    on_start: Callable[[dict[str, np.ndarray], Progress], Any] = _ignore
    on_block: Callable[[Progress], Any] = _ignore
    on_epoch_end: Callable[[Progress], Any] = _ignore
    on_stop: Callable[[dict[str, np.ndarray]], Any] = _ignore


def initial_vectors(V: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Small random input vectors and zero output vectors, as in word2vec, (V, d) each."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2**31,)))
    W_in = rng.random((V, d), dtype=np.float32)
    W_in -= np.float32(0.5)
    W_in /= np.float32(d)
    return W_in, np.zeros((V, d), dtype=np.float32)


def training_arrays(
    W_in: np.ndarray,
    W_out: np.ndarray,
    stream: TokenStream,
    keep: np.ndarray,
    noise: AliasTable,
    of_objective: dict[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Name the arrays that `Trainer.train` works on, at the beginning of a run.

    Parameters
    ----------
    W_in, W_out : ndarray, shape (V, d)
        Input (center) and output (context) vectors at the beginning.
    stream : TokenStream
    keep : ndarray, shape (V,) float32
        Probability that an occurrence of each word is kept.
    noise : AliasTable
    of_objective : dict, optional
        From `objective_arrays`.
    """
    squares = {f"squares_{side}": np.zeros(len(W_in)) for side in ("in", "out")}
    if of_objective and "log_z" in of_objective:
        squares["squares_log_z"] = np.zeros(len(of_objective["log_z"]))
    return {
        **(of_objective or {}),
        **squares,
        "W_in": W_in,
        "W_out": W_out,
        "ids": stream.ids,
        "offsets": stream.offsets,
        "keep": keep,
        "threshold": noise.threshold,
        "alias": noise.alias,
    }


def objective_arrays(
    objective: Objective, counts: np.ndarray, noise: np.ndarray, negative: int
) -> dict[str, np.ndarray]:
    """The arrays of an objective's `Extras`, by name, at the beginning of a run."""
    extras = objective.extras(counts, noise, negative)
    return {name: array for name, array in vars(extras).items() if array is not None}


def extras_of(arrays: Mapping[str, np.ndarray]) -> Extras:
    """The `Extras` among arrays."""
    return Extras(**{field.name: arrays.get(field.name) for field in fields(Extras)})
