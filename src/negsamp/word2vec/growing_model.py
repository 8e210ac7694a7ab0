"""Going on with a model: more text for the words that it has, and words that it has not."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from functools import partial
from typing import Any, Self

import numpy as np

from negsamp.checks import glimpse, is_real
from negsamp.core.objectives import Objective
from negsamp.training.checkpoints import check_unused
from negsamp.training.initial_vectors import checked_frozen, checked_start
from negsamp.training.limits import checked_limits
from negsamp.training.run import Run
from negsamp.training.settings import LARGEST_ALPHA, Settings, refusal
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.learned import (
    STAYS,
    Callbacks,
    KeepLearned,
    Learned,
    checked_callbacks,
    what_stays,
)
from negsamp.word2vec.pair_model import PairModel

__all__ = ["GrowingModel"]


class GrowingModel(PairModel):
    """A model that can go on with more text."""

    def partial_fit(
        self,
        corpus: Any,
        y: Any = None,
        *,
        alpha: float | None = None,
        min_alpha: float | None = None,
        errors: str = "strict",
        encoding: str = "utf-8",
        callbacks: Callbacks = (),
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 10.0,
        init_vectors: KeyedVectors | None = None,
        frozen: bool | Iterable[Any] = False,
        validation: float | None = None,
        patience: int | None = None,
        max_time: float | str | None = None,
    ) -> Self:
        """Go on with more text, which is counted on top of what was read before.

        The first call is `fit`. Later ones, and those after `fit` or `load`, keep all words and
        their rows, give rows to words that now reach `min_count`, behind the others, and train the
        model on the new text alone, from where it was: vectors, output vectors and the optimizer's
        sums. Noise and subsampling follow the counts of all texts.

        Parameters
        ----------
        corpus, y, errors, encoding, callbacks, checkpoint, checkpoint_every
            As in `fit`; `resume` goes on with this call. A later corpus may be empty, or have no
            pair to train on: then it is counted.
        alpha, min_alpha : float, optional
            Learning rates at the first and the last token of this call, between which the rate
            falls linearly; with `alpha` alone, it stays in a later call. Without them, the first
            call has those of the model. Later ones have the model's `alpha` until a million tokens
            have been read; from then on the rate falls slowly, with the square root of the tokens
            read in all, to three tenths of `alpha`, where it stays; docs/streams.md has what other
            rates come to.
        init_vectors : KeyedVectors, optional
            As in `fit`, of the first call only.
        frozen : bool or iterable of hashable
            In the first call as in `fit`. In a later one, words of the model whose input vectors
            stay as they are in this call, to the bit; True for all, so that new words find their
            places among the old ones.
        validation, patience, max_time
            As in `fit`, of the new text.

        Returns
        -------
        Word2Vec
            The model itself.

        Raises
        ------
        ValueError, TypeError, UnknownWordError
            Besides the errors of `fit`, if the model was trained with another `vector_size`,
            `window`, `objective` or another setting on which the meaning of its vectors depends; if
            the objective is ``"hierarchical"`` or `noise` an array, neither of which can grow; if
            the model is one of pairs; if a word of `frozen` is not in the model. The model stays as
            it was.
        CorpusError, OSError, TrainingDivergedError, TrainingInterrupted, TeamError
            As in `fit`.

        Warns
        -----
        RuntimeWarning
            If the model was saved without the optimizer's sums, which begin with 0 then, so that
            its words move as far as new ones do.

        Notes
        -----
        Of the words that have no row, a million are remembered with their counts, those that were
        seen last, or `max_vocab_size` less the number of words that have one. With
        `max_final_vocab`, words get rows as long as there is room; none is ever dropped.

        ``loss_history_``, ``validation_loss_history_``, ``fit_seconds_`` and ``raw_words_`` go on,
        too; of the losses, the last 100 000 are kept. Words stand in the order in which they got
        their rows, and those of one call in order of falling count; ``wv.counts`` tells how often
        each was seen. An array or `KeyedVectors` that was taken from the model before does not
        change; it takes a copy of the matrix, so it is best to take none between small batches.

        A text need not be kept, nor be of any size: each call takes the time to train it and some
        10 ms more, and does not copy the model. docs/streams.md has what a stream wants.

        Examples
        --------
        >>> from negsamp import Word2Vec
        >>> model = Word2Vec(vector_size=10, min_count=2, sample=0, workers=1, seed=1)
        >>> model = model.partial_fit(50 * [["cats", "eat", "fish"]] + [["emus", "eat", "seeds"]])
        >>> "emus" in model.wv
        False
        >>> model.partial_fit([["emus", "drink"]]).wv.index_to_key
        ['eat', 'cats', 'fish', 'emus']
        """
        if isinstance(y, str):
            raise TypeError(f"y is {glimpse(y)}, but it is not used; give other arguments by name")
        settings, learned = self._settings(), self._learned
        _check_grows(settings)
        callbacks = checked_callbacks(callbacks)
        limits = checked_limits(validation, patience, max_time)
        rates = _checked_rates(settings, alpha, min_alpha, is_first=learned is None)
        start, past = None, None
        if learned is None:
            start = checked_start(init_vectors, frozen, settings)
        else:
            _check_same(settings, learned)
            if init_vectors is not None:
                raise ValueError(
                    "init_vectors is given, but the model has vectors of its own, with which "
                    "partial_fit goes on; fit(corpus, init_vectors=…) begins anew"
                )
            past = learned.past(self._frozen(frozen))
        with Run(
            settings,
            corpus,
            errors=errors,
            encoding=encoding,
            checkpoint=None if checkpoint is None else check_unused(checkpoint),
            checkpoint_every=checkpoint_every,
            start=start,
            limits=limits,
            past=past,
            rates=rates,
        ) as run:
            if learned is not None and learned.sums is None and settings.optimizer != "sgd":
                warnings.warn(
                    "the model was saved without the optimizer's sums and the counts of rare "
                    "words: partial_fit begins them with 0, so that its words move as far as new "
                    "ones; a model that this version saves has them",
                    RuntimeWarning,
                    stacklevel=2,
                )
            self._train(run, callbacks)
        return self

    def _frozen(self, frozen: Any) -> frozenset[Any] | bool:
        """The words that stay as they are, which must be words of the model."""
        if isinstance(frozen, (bool, np.bool_)):
            return bool(frozen)
        return checked_frozen(frozen, self.wv)

    def _train(self, run: Run, callbacks: list[Any]) -> None:
        run.warn_of_few_tokens()
        run.train(KeepLearned(self, partial(Learned.of_run, run), callbacks))
        run.warn_of_empty_epochs(stacklevel=3)


def _check_grows(settings: Settings) -> None:
    """Refuse what cannot have more words."""
    objective = settings.objective
    if not objective.grows:
        raise ValueError(
            f"objective is {objective.name!r}, whose tree is made of the counts, and would be "
            "another one with each text: fit all texts together, or choose objective='sgns'"
        )
    if settings.noise is not None and not callable(settings.noise):
        raise ValueError(
            f"noise is {glimpse(settings.noise)}, weights of so many words, and partial_fit adds "
            "words; give a function of the counts, such as noise=lambda counts: counts**0.5"
        )


def _checked_rates(
    settings: Settings, alpha: Any, min_alpha: Any, is_first: bool
) -> tuple[float, float] | None:
    """The first and last learning rate of a call; None for what it has by itself."""
    given = {"alpha": alpha, "min_alpha": min_alpha}
    for name, rate in given.items():
        if rate is not None and (not is_real(rate) or not 0 <= rate <= LARGEST_ALPHA):
            raise refusal(name, rate, f"a finite number from 0 to {LARGEST_ALPHA}, or None")
    if alpha is None and min_alpha is None:
        return None
    first = float(settings.alpha if alpha is None else alpha)
    last = min_alpha if min_alpha is not None else settings.min_alpha if is_first else first
    if last > first:
        raise refusal("min_alpha", last, f"at most alpha, {first}")
    return first, float(last)


def _check_same(settings: Settings, learned: Learned) -> None:
    """Refuse settings that the model was not trained with, and a model of pairs."""
    if learned.context_vocabulary is not None:
        raise ValueError(
            "the model was fitted to pairs, and partial_fit goes on with text; fit(corpus) begins "
            "anew"
        )
    now, then = what_stays(settings), learned.trained_with or {}
    for name in STAYS:
        if name in then and not _are_alike(now[name], then[name]):
            was, is_now = (_shown(values[name]) for values in (then, now))
            raise ValueError(
                f"{name} is {is_now}, and the model was trained with {was}: partial_fit goes on "
                f"with set_params({name}={was}), and fit begins anew"
            )


def _are_alike(one: Any, other: Any) -> bool:
    if isinstance(one, Objective):  # a class of the user's own need not compare
        return type(one) is type(other) and vars(one) == vars(other)
    return bool(one == other)


def _shown(value: Any) -> str:
    return glimpse(getattr(value, "name", value))
