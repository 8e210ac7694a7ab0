"""The parameters of a model, as scikit-learn's estimators keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, Self, TypeVar, cast

from negsamp.checks import glimpse
from negsamp.core.objectives import Objective
from negsamp.training.settings import Settings, refuse, refuse_corpus
from negsamp.word2vec.diagnosis import Diagnosis, diagnose
from negsamp.word2vec.other_names import OtherModelNames

__all__ = ["PARAMETERS", "Parameters"]

PARAMETERS = tuple(field.name for field in fields(Settings))


Init = TypeVar("Init", bound=Callable[..., None])


def _without_corpus(init: Init) -> Init:
    """Let ``Word2Vec(sentences, vector_size=100)``, as in gensim, say what to write."""

    @wraps(init)
    def checked(self: Any, *args: Any, **params: Any) -> None:
        refuse_corpus(args, params, PARAMETERS)
        init(self, *args, **params)

    return cast(Init, checked)


class Parameters(OtherModelNames):
    """Parameters that are kept as they are given, and checked when they are used."""

    @_without_corpus
    def __init__(
        self,
        vector_size: int = 100,
        window: int = 5,
        min_count: int = 5,
        sample: float | None = None,
        negative: int = 5,
        ns_exponent: float = 0.75,
        objective: str | Objective = "sgns",
        optimizer: str = "adagrad",
        alpha: float = 0.025,
        min_alpha: float = 1e-4,
        epochs: int = 5,
        workers: int | None = None,
        seed: int | None = None,
        shrink_windows: bool = True,
        max_vocab_size: int | None = None,
        batch_size: int | None = None,
        progress: bool | None = None,
        noise: Any = None,
        nce_normalizer: str | None = None,
        max_final_vocab: int | None = None,
        shift: float | None = None,
        init: str | None = None,
        **others: Any,
    ) -> None:
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.sample = sample
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.objective = objective
        self.optimizer = optimizer
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.epochs = epochs
        self.workers = workers
        self.seed = seed
        self.shrink_windows = shrink_windows
        self.max_vocab_size = max_vocab_size
        self.batch_size = batch_size
        self.progress = progress
        self.noise = noise
        self.nce_normalizer = nce_normalizer
        self.max_final_vocab = max_final_vocab
        self.shift = shift
        self.init = init
        refuse(others, PARAMETERS)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, for scikit-learn.

        Parameters
        ----------
        deep : bool
            It makes no difference, as no parameter is a model.

        Returns
        -------
        dict
            The parameters as they were given.

        Examples
        --------
        >>> model.get_params()["vector_size"], model.set_params(epochs=1).epochs
        (10, 1)
        """
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Parameters
        ----------
        **params
            Values by name; if one is unknown, a TypeError is raised and nothing is set.

        Returns
        -------
        Word2Vec
            The model itself.
        """
        refuse({k: v for k, v in params.items() if k not in PARAMETERS}, PARAMETERS)
        for name in params.keys() & set(PARAMETERS):  # gensim's sg=1 is none
            setattr(self, name, params[name])
        return self

    def __repr__(self) -> str:
        defaults = Parameters().get_params()
        # compared as they are shown: arrays are equal element by element
        shown = {name: glimpse(value) for name, value in self.get_params().items()}
        changed = [f"{k}={v}" for k, v in shown.items() if v != glimpse(defaults[k])]
        return f"Word2Vec({', '.join(changed)})"

    def diagnose(
        self,
        corpus: Any,
        *,
        errors: str = "strict",
        encoding: str = "utf-8",
        seconds: float = 1.0,
    ) -> Diagnosis:
        """Say what `fit` would be like on a corpus: words, pairs, memory, time, and advice.

        The corpus is read once, and training is tried for a moment; the model stays as it is.

        Parameters
        ----------
        corpus, errors, encoding
            As in `fit`. Bytes that are not in the encoding are reported.
        seconds : float
            How long training is tried, two updates at least, to know how fast it is; 0 does
            not try.

        Returns
        -------
        Diagnosis
            `print` shows it.

        Raises
        ------
        ValueError, TypeError, CorpusError, FileNotFoundError
            If a parameter is out of range, before anything is read; if the corpus is empty or
            cannot be read.

        Examples
        --------
        >>> diagnosis = model.diagnose(50 * (animals + cars), seconds=0)
        >>> diagnosis.raw_words, diagnosis.words_kept
        (600, 8)
        """
        return diagnose(self._settings(), corpus, errors, seconds, encoding)

    def _settings(self) -> Settings:
        return Settings.checked(self.get_params())
