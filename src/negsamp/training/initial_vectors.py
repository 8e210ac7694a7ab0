"""The vectors that training begins with, and words whose vectors stay as they are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from negsamp.checks import glimpse, is_integer
from negsamp.core.pmi import Start, add_pair_vectors, add_pmi_vectors
from negsamp.errors import UnknownWordError
from negsamp.training.arrays import PairArrays, TextArrays
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings, refuse_pmi
from negsamp.vectors.key_containers import as_python

__all__ = [
    "WarmStart",
    "checked_frozen",
    "checked_start",
    "initial_vectors",
    "pair_start",
    "pmi_start",
]

logger = logging.getLogger(__name__)

EXAMPLES = 5  # words that a message names
ROWS_AT_ONCE = 1 << 14  # copied together, so that a memory map stays one
PMI = 2**31 + 2  # what tells its random numbers from those of epochs


def initial_vectors(V: int, d: int, seed: int) -> np.ndarray:
    """Small random input vectors, as in word2vec, (V, d) float32."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2**31,)))
    W_in = rng.random((V, d), dtype=np.float32)
    W_in -= np.float32(0.5)
    W_in /= np.float32(d)
    return W_in


def pmi_start(
    schedule: Schedule, noise: np.ndarray, left_out: np.ndarray | None = None
) -> Callable[[TextArrays], None] | None:
    """What lets the arrays of a run begin with the pointwise mutual information of some pairs.

    None where the run begins with random vectors. `noise` is the distribution of noise words, and
    `left_out`, (n, 2), has the parts of the text that are not trained.
    """
    s, out = schedule.settings, np.zeros((0, 2), int) if left_out is None else left_out

    def add(into: Start, arrays: TextArrays, *how: Any) -> None:
        text, window = (arrays.ids, arrays.offsets, out), schedule.window
        if window is not None and window < s.window:
            message = "windows are of %.2f tokens, not %d: sample takes out more than 1e-3 would"
            logger.info(message, window, s.window)
        add_pmi_vectors(into, text, arrays.keep, schedule.kept_tokens, schedule.weights, *how)

    return _start_by(add, schedule, noise)


def pair_start(schedule: Schedule, noise: np.ndarray) -> Callable[[PairArrays], None] | None:
    """The same for a run on pairs, of which none are left out."""

    def add(into: Start, arrays: PairArrays, *how: Any) -> None:
        add_pair_vectors(into, arrays.pairs, arrays.weights, *how)

    return _start_by(add, schedule, noise)


def _start_by(
    add: Callable[..., None], schedule: Schedule, noise: np.ndarray
) -> Callable[[Any], None] | None:
    """What calls `add` with arrays that it adds to, all arrays, and how it is to be done."""
    s = schedule.settings
    offset = s.pmi_offset(schedule.kept_tokens)
    if offset is None:
        return None

    def fill(arrays: TextArrays | PairArrays) -> None:
        logger.info("training begins with the pointwise mutual information (init='pmi')")
        into = Start(arrays.W_in, arrays.W_out, arrays.squares_in, arrays.squares_out)
        rng = np.random.default_rng(np.random.SeedSequence(schedule.seed, spawn_key=(PMI,)))
        # the more epochs there are, the less do they need it, and the more can it harm
        add(into, arrays, noise, offset, 1 / s.epochs, rng, s.processes)

    return fill


@dataclass(frozen=True)
class WarmStart:
    """Input vectors to begin with, and the words that keep theirs; True for all of them."""

    index: Mapping[Hashable, int]
    vectors: np.ndarray
    frozen: frozenset[Hashable] | bool = frozenset()

    def fill(self, words: Mapping[Hashable, int], W_in: np.ndarray) -> np.ndarray | None:
        """Write the vectors of known words into `W_in` in place, whose rows `words` names.

        Return 1 for the rows that stay as they are, (V,) uint8; None if all move.
        """
        shared = [word for word in words if word in self.index]
        rows = np.fromiter((words[word] for word in shared), np.intp, len(shared))
        sources = np.fromiter((self.index[word] for word in shared), np.intp, len(shared))
        for at in range(0, len(shared), ROWS_AT_ONCE):
            some = slice(at, at + ROWS_AT_ONCE)
            with np.errstate(over="ignore"):  # what becomes infinite is named below
                taken = np.asarray(self.vectors[sources[some]]).astype(np.float32)
            is_finite = np.isfinite(taken).all(axis=1)
            if not is_finite.all():
                word = shared[at + int(is_finite.argmin())]
                raise ValueError(
                    f"init_vectors holds a vector of {glimpse(word)} that is not finite as float32"
                )
            W_in[rows[some]] = taken
        frozen = self.frozen
        is_frozen = [frozen if isinstance(frozen, bool) else word in frozen for word in shared]
        level = logging.INFO if shared else logging.WARNING
        message = "init_vectors has %d of the corpus's %d words; %d of them are frozen"
        logger.log(level, message, len(shared), len(words), sum(is_frozen))
        if shared and (left := len(self.index) - len(shared)):
            lacking = (glimpse(word) for word in self.index if word not in words)
            names = ", ".join(islice(lacking, EXAMPLES)) + ", …" * (left > EXAMPLES)
            logger.warning(
                "%d words of init_vectors are not in the model, as the corpus does not have them, "
                "or too rarely: %s. model.wv.merged(init_vectors) has the words of both; to train "
                "them, fit the model on the old and the new text together, or go on with the old "
                "model: partial_fit(corpus)",
                left,
                names,
            )
        if not any(is_frozen):
            return None
        flags = np.zeros(len(W_in), np.uint8)
        flags[rows[is_frozen]] = 1
        return flags


def checked_start(init_vectors: Any, frozen: Any, settings: Settings) -> WarmStart | None:
    """What `Word2Vec.fit` was given to begin with, checked; None if it was given nothing."""
    is_none = isinstance(frozen, (bool, np.bool_)) and not frozen
    if init_vectors is None:
        if is_none:
            return None
        raise ValueError(
            f"frozen is {glimpse(frozen)} without init_vectors; only given vectors can be kept"
        )
    refuse_pmi(settings, "there are init_vectors to begin with")
    index, vectors = (getattr(init_vectors, name, None) for name in ("key_to_index", "vectors"))
    if not isinstance(index, Mapping) or not isinstance(vectors, np.ndarray):
        hint = "; give its .wv" if hasattr(type(init_vectors), "wv") else ""
        raise TypeError(
            f"init_vectors is a {type(init_vectors).__name__}; it must be a KeyedVectors{hint}"
        )
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise ValueError(
            f"init_vectors has vectors of shape {vectors.shape} and type {vectors.dtype}; they "
            "must be (n, d) floats"
        )
    if vectors.shape[1] != settings.vector_size:
        raise ValueError(
            f"init_vectors has vectors of {vectors.shape[1]} numbers and vector_size is "
            f"{settings.vector_size}; they must be the same"
        )
    rows = index.values()
    if not all(is_integer(row) and 0 <= row < len(vectors) for row in rows):
        raise ValueError(f"init_vectors names rows that its {len(vectors)} vectors do not have")
    return WarmStart(index, vectors, checked_frozen(frozen, init_vectors))


def checked_frozen(frozen: Any, known: Any) -> frozenset[Hashable] | bool:
    """The words whose vectors stay as they are, True for all that are known; False is none.

    `known` has `key_to_index`; UnknownWordError names a word that is not in it.
    """
    if isinstance(frozen, (bool, np.bool_)):
        return bool(frozen)
    if isinstance(frozen, (str, bytes)) or not isinstance(frozen, Iterable):
        raise TypeError(
            f"frozen is {glimpse(frozen)}; it must be True, False or an iterable of words"
        )
    words = [as_python(word) for word in frozen]
    for word in words:
        try:
            is_known = word in known.key_to_index
        except TypeError:
            is_known = False  # not hashable
        if not is_known:
            raise UnknownWordError(word, vocabulary=known)
    return frozenset(words)
