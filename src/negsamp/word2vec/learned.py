"""What a model has learned: one object, which is there after training and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from negsamp.core.objectives import Extras, Objective, Trained
from negsamp.core.vocabulary import Vocabulary
from negsamp.training.arrays import Arrays
from negsamp.training.pairs import PairRun
from negsamp.training.progress import Observer, Progress
from negsamp.training.run import Run
from negsamp.training.settings import Settings
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["KeepLearned", "Learned", "checked_callbacks"]

Callback = Callable[[Any, int], Any]  # of the model and the number of the epoch


@dataclass(frozen=True, eq=False)
class Learned:
    """What a model has learned, as `Word2Vec` documents it."""

    vocabulary: Vocabulary
    vectors: np.ndarray  # (V, d) float32
    context_vectors: np.ndarray  # (V', d) float32
    raw_words: int
    loss_history: list[float]
    validation_loss_history: list[float]
    fit_seconds: dict[str, float]
    objective: Objective
    extras: Extras  # what it needs besides the vectors
    # Of the contexts, after `Word2Vec.fit_pairs`; else they are the words of `vocabulary`
    context_vocabulary: Vocabulary | None = None
    context_noise: np.ndarray | None = None  # their noise distribution, (V',) float64

    @classmethod
    def of_run(cls, run: Run) -> Learned:
        """What a run has learned until now."""
        assert run.arrays is not None
        return cls(
            run.vocabulary,
            run.arrays.W_in,
            run.arrays.W_out,
            run.vocabulary.raw_words,
            [*run.progress.losses],
            [*run.progress.validation_losses],
            run.fit_seconds,
            run.settings.objective,
            run.arrays.extras,
        )

    @classmethod
    def of_pairs(cls, run: PairRun, read_seconds: float) -> Learned:
        """What a run on pairs has learned until now."""
        return cls(
            run.data.center_words,
            run.W_in,
            run.W_out,
            run.data.given,
            [*run.progress.losses],
            [],
            {"read": read_seconds, "train": run.train_seconds},
            run.settings.objective,
            Extras(),
            run.data.context_words,
            run.noise,
        )

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

    def __getstate__(self) -> dict[str, Any]:
        # wv and context_wv are made again when they are asked for
        return {field.name: getattr(self, field.name) for field in fields(self)}


class KeepLearned(Observer):
    """Keeps in a model what a run has learned, and calls the callbacks after each epoch."""

    def __init__(
        self, model: Any, learned: Callable[[], Learned], callbacks: Iterable[Callback]
    ) -> None:
        self._model, self._learned, self._callbacks = model, learned, callbacks

    def on_start(self, arrays: Arrays, progress: Progress) -> None:
        self.on_stop()

    def on_epoch_end(self, progress: Progress) -> None:
        self.on_stop()
        for callback in self._callbacks:
            callback(self._model, progress.epoch)

    def on_stop(self) -> None:
        self._model._learned = self._learned()


def checked_callbacks(callbacks: Iterable[Callback]) -> list[Callback]:
    callbacks = list(callbacks)
    for callback in callbacks:
        if not callable(callback):
            raise TypeError(f"callbacks holds {callback!r}, which is not callable")
    return callbacks
