"""What a model has learned: one object, which is there after training and not before."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from negsamp.checks import glimpse
from negsamp.core.objectives import Extras, Objective, Trained
from negsamp.core.vocabulary import Vocabulary
from negsamp.training.arrays import GOES_ON, LEARNED, Arrays
from negsamp.training.past import Before, Past
from negsamp.training.progress import Observer, Progress
from negsamp.training.run import Run
from negsamp.training.settings import Settings
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = [
    "STAYS",
    "SUMS",
    "Callbacks",
    "KeepLearned",
    "Learned",
    "checked_callbacks",
    "what_stays",
]

SUMS = [name for name in GOES_ON if name not in LEARNED]
# What a vector means depends on these; an objective also on those before it.
STAYS = (
    *("vector_size", "window", "negative", "nce_normalizer", "shift", "objective", "optimizer"),
    *("ns_exponent", "shrink_windows"),
)

Callback = Callable[[Any, int], Any]  # of the model and the number of the epoch
Callbacks = Callback | Iterable[Callback] | None


@dataclass(frozen=True, eq=False)
class Learned:
    """What a model has learned, as `Word2Vec` documents it."""

    vocabulary: Vocabulary
    W_in: np.ndarray  # (V, d) float32
    W_out: np.ndarray  # (V', d) float32
    raw_words: int
    loss_history: list[float]
    validation_loss_history: list[float]
    fit_seconds: dict[str, float]
    objective: Objective
    needs: Extras  # what it needs besides the vectors
    # Of the contexts, after `Word2Vec.fit_pairs`; else they are the words of `vocabulary`
    context_vocabulary: Vocabulary | None = None
    context_noise: np.ndarray | None = None  # their noise distribution, (V',) float64
    # What `Word2Vec.partial_fit` goes on from: the optimizer's sums, calls until now, and the
    # settings that must stay
    sums: Mapping[str, np.ndarray] | None = None
    calls: int = 1
    trained_with: Mapping[str, Any] | None = None
    goes_on: bool = False  # training changes the arrays; copies are given out

    @classmethod
    def of_run(cls, run: Run) -> Learned:
        """What a run has learned until now."""
        assert run.arrays is not None
        arrays = run.arrays.as_dict()
        return cls(
            run.vocabulary,
            run.arrays.W_in,
            run.arrays.W_out,
            run.vocabulary.raw_words,
            run.losses,
            run.validation_losses,
            run.fit_seconds,
            run.settings.objective,
            run.arrays.extras,
            run.contexts,
            run.context_noise,
            sums={name: arrays[name] for name in SUMS if name in arrays},
            calls=run.calls,
            trained_with=what_stays(run.settings),
        )

    @cached_property
    def vectors(self) -> np.ndarray:
        """Input vectors, (V, d) float32."""
        return self._lasting(self.W_in)

    @cached_property
    def context_vectors(self) -> np.ndarray:
        """Output vectors, (V', d) float32."""
        return self._lasting(self.W_out)

    @cached_property
    def extras(self) -> Extras:
        """What the objective needs besides the vectors."""
        log_z = self.needs.log_z
        return self.needs if log_z is None else replace(self.needs, log_z=self._lasting(log_z))

    def trained(self, settings: Settings | None = None) -> Trained:
        """What the objective is asked about; noise and K only with settings, where they matter."""
        noise, negative = np.ones(1), 1
        if settings is not None:
            own, negative = self.context_noise, settings.negative
            noise = settings.noise_distribution(self.vocabulary.counts) if own is None else own
        return Trained(self.vectors, self.context_vectors, self.extras, noise, negative)

    @property
    def contexts(self) -> Vocabulary:
        """The words of the contexts."""
        return self.vocabulary if self.context_vocabulary is None else self.context_vocabulary

    @cached_property
    def wv(self) -> KeyedVectors:
        return KeyedVectors(self.vocabulary.words, self.vectors, self.vocabulary.counts)

    @cached_property
    def context_wv(self) -> KeyedVectors:
        return KeyedVectors(self.contexts.words, self.context_vectors, self.contexts.counts)

    def lasting(self) -> Learned:
        """The same, which training does not change any more."""
        vocabulary = self.given_vocabulary()
        W_in, W_out, needs = self.vectors, self.context_vectors, self.extras
        if not self.goes_on:
            vars(self)["are_sums_given"] = True
            return self
        sums = self.sums and {name: array.copy() for name, array in self.sums.items()}
        return replace(
            self,
            vocabulary=vocabulary,
            W_in=W_in,
            W_out=W_out,
            needs=needs,
            sums=sums,
            goes_on=False,
        )

    def given_vocabulary(self) -> Vocabulary:
        """The words, for others who may keep them."""
        self.vocabulary.is_shared = True
        return self.vocabulary

    def past(self, frozen: frozenset[Any] | bool = False) -> Past:
        """What a run goes on from; of what others may have, it is a copy."""
        sums = self.sums
        if sums is None:
            V, log_z = len(self.vocabulary), self.needs.log_z
            sums = {"squares_in": np.zeros(V), "squares_out": np.zeros(V)}
            sums |= {} if log_z is None else {"squares_log_z": np.zeros(len(log_z))}
        are_given = "are_sums_given" in vars(self)
        arrays = {name: array.copy() if are_given else array for name, array in sums.items()}
        for name, array, given in (
            ("W_in", self.W_in, "vectors"),
            ("W_out", self.W_out, "context_vectors"),
            ("log_z", self.needs.log_z, "extras"),
        ):
            if array is not None:
                # what was asked for is kept under the name of the property
                is_given = given in vars(self) or not array.flags.writeable
                arrays[name] = array.copy() if is_given else array
        vocabulary = self.vocabulary.copy() if self.vocabulary.is_shared else self.vocabulary
        before = Before(self.loss_history, self.validation_loss_history, self.fit_seconds)
        return Past(vocabulary, arrays, self.calls, before, frozen)

    def __getstate__(self) -> dict[str, Any]:
        # what is cached is made again when it is asked for
        lasting = self.lasting()
        return {field.name: getattr(lasting, field.name) for field in fields(self)}

    def _lasting(self, array: np.ndarray) -> np.ndarray:
        """An array as it is; while training goes on, a copy, whose change would change nothing."""
        if self.goes_on:
            array = array.copy()
            array.flags.writeable = False
        return array


def what_stays(settings: Settings) -> dict[str, Any]:
    """The settings that later calls of `Word2Vec.partial_fit` must have, too."""
    return {name: getattr(settings, name) for name in STAYS}


class KeepLearned(Observer):
    """Keeps in a model what a run has learned, and calls the callbacks after each epoch."""

    def __init__(
        self, model: Any, learned: Callable[[], Learned], callbacks: Iterable[Callback]
    ) -> None:
        self._model, self._learned, self._callbacks = model, learned, callbacks

    def on_start(self, arrays: Arrays, progress: Progress) -> None:
        self.on_stop()

    def on_epoch_end(self, progress: Progress) -> bool:
        self._model._learned = replace(self._learned(), goes_on=True)
        answers = [callback(self._model, progress.epoch) for callback in self._callbacks]
        return any(isinstance(answer, (bool, np.bool_)) and answer for answer in answers)

    def on_stop(self) -> None:
        self._model._learned = self._learned()


def checked_callbacks(callbacks: Any) -> list[Callback]:
    """The callbacks that were given, one function or several; a TypeError names what is none."""
    if callable(callbacks) or not isinstance(callbacks, Iterable):
        callbacks = [] if callbacks is None else [callbacks]
    callbacks = [*callbacks]
    for callback in callbacks:
        fault = _fault(callback)
        if fault:
            raise TypeError(f"callbacks holds {glimpse(callback)}, which {fault}")
    return callbacks


def _fault(callback: Any) -> str | None:
    """What keeps an object from being called as a callback, and what to write instead."""
    method = getattr(callback, "on_epoch_end", None)
    if callable(method) and (not callable(callback) or isinstance(callback, type)):
        # gensim's methods take the model, Keras's the epoch
        takes_epoch = "epoch" in getattr(getattr(method, "__code__", None), "co_varnames", ())
        argument = "epoch" if takes_epoch else "model"
        return (
            "has methods for events: of an instance of it, callback, give "
            f"callbacks=lambda model, epoch: callback.on_epoch_end({argument})"
        )
    if not callable(callback):
        return "is not callable: a callback is a function of the model and the epoch"
    try:
        inspect.signature(callback).bind(None, 1)
    except ValueError:  # a function of C that does not say what it takes
        return None
    except TypeError as error:
        return f"cannot be called as callback(model, epoch): {error}"
    return None
