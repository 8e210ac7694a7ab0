"""`Word2Vec`: parameters in, vectors out. No mathematics here."""

from __future__ import annotations

import difflib
import math
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import negsamp
from negsamp.corpus import CorpusError
from negsamp.objectives import OBJECTIVES
from negsamp.sampling import AliasTable, keep_probabilities, noise_probabilities
from negsamp.storage import SavedModelError, read_model, write_model
from negsamp.team import start_children
from negsamp.training import Trainer, choose_block_shape, training_arrays
from negsamp.updates import OPTIMIZERS
from negsamp.vectors import KeyedVectors
from negsamp.vocabulary import TokenStream, Vocabulary, read_corpus

__all__ = ["NotFittedError", "Word2Vec"]

# What users of gensim, older gensim or other libraries may write, and what it is called here.
OTHER_NAMES = {
    "size": "vector_size",
    "dim": "vector_size",
    "embedding_dim": "vector_size",
    "iter": "epochs",
    "n_epochs": "epochs",
    "lr": "alpha",
    "learning_rate": "alpha",
    "batch_words": "batch_size",
    "threads": "workers",
    "n_jobs": "workers",
    "random_state": "seed",
    "subsample": "sample",
    "compute_loss": None,
    "sentences": "fit(corpus)",
    "corpus_file": "fit(path)",
    "corpus_iterable": "fit(corpus)",
    "callbacks": "fit(corpus, callbacks=…)",
}


class NotFittedError(AttributeError, ValueError):
    """Something was asked of a model that is not trained yet."""


class Word2Vec:
    """Skip-gram word vectors, trained with negative sampling.

    Parameters
    ----------
    vector_size : int
        Dimensions d of the vectors, 1 or more.
    window : int
        Largest distance between a center and a context, in tokens, 1 … 10 000.
    min_count : int
        Words seen less often are left out.
    sample : float
        Subsampling threshold t of frequent words, a share of all tokens; 0 keeps every token.
    negative : int
        K, noise words a pair, 1 or more.
    ns_exponent : float
        Noise words are drawn in proportion to count^`ns_exponent`: 1 as they occur, 0 all alike,
        below 0 the rare ones more often.
    objective : str
        What is minimised: ``"sgns"``.
    optimizer : str
        ``"adagrad"``, with a rate for each row, or ``"sgd"``, with one for all.
    alpha, min_alpha : float
        Learning rate per pair at the first token; it falls linearly to `min_alpha` at the last.
    epochs : int
        Passes over the corpus.
    workers : int, optional
        Processes; None takes as many as there are cores that this process may use. A small corpus
        takes fewer.
    seed : int, optional
        The same seed gives the same bytes, whatever the number of workers; None takes a new one
        each time.
    shrink_windows : bool
        Weigh contexts at distance δ by (`window` + 1 − δ) / `window`: how often word2vec, which
        draws each center's window from 1 … `window`, trains them. Else all weigh 1.
    max_vocab_size : int, optional
        Bound on the words counted at one time; rare ones are forgotten when it is passed.
    batch_size : int, optional
        Centers in one update; None follows the corpus: up to 8 192, fewer where the corpus is
        small or a few words make up most of it.
    progress : bool, optional
        Show a progress bar; None shows it on a terminal only.

    Attributes
    ----------
    wv : KeyedVectors
        The words and their vectors.
    vectors_, context_vectors_ : ndarray, shape (V, d) float32
        Input vectors, one for each word as a center, and output vectors, as a context.
    vocabulary_ : Vocabulary
    loss_history_ : list of float
        Mean loss in nats per pair of each epoch, as measured before the update on blocks spread
        evenly over it (all of them in a small corpus).
    raw_words_ : int
        Tokens read, rare ones included.
    fit_seconds_ : dict
        Seconds spent on ``"read"`` and ``"train"``.

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
       Compositionality", NIPS 2013.

    Examples
    --------
    >>> model = Word2Vec(vector_size=10, min_count=1, epochs=2, workers=1, seed=1)
    >>> model = model.fit([["cats", "chase", "mice"], ["dogs", "chase", "cats"]])
    >>> model.wv["cats"].shape
    (10,)
    """

    vectors_: np.ndarray
    context_vectors_: np.ndarray
    vocabulary_: Vocabulary
    loss_history_: list[float]
    raw_words_: int
    fit_seconds_: dict[str, float]

    def __init__(
        self,
        vector_size: int = 100,
        window: int = 5,
        min_count: int = 5,
        sample: float = 1e-3,
        negative: int = 5,
        ns_exponent: float = 0.75,
        objective: str = "sgns",
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
        _refuse(others)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as scikit-learn's `clone` and `GridSearchCV` ask for them."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **params: Any) -> Word2Vec:
        """Set parameters by name.

        Raises
        ------
        TypeError
            If there is no such parameter; nothing is set then.
        """
        _refuse({name: value for name, value in params.items() if name not in PARAMETERS})
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = Word2Vec().get_params()
        changed = {k: v for k, v in self.get_params().items() if v != defaults[k]}
        return f"Word2Vec({', '.join(f'{name}={value!r}' for name, value in changed.items())})"

    def fit(
        self,
        corpus: Any,
        *,
        errors: str = "strict",
        callbacks: Iterable[Callable[[Word2Vec, int], Any]] = (),
    ) -> Word2Vec:
        """Learn vectors from a corpus.

        Parameters
        ----------
        corpus : str, path, or iterable of token sequences
            A path names a UTF-8 text file, plain or gzip, with a sentence a line (or one endless
            line) and white space between tokens. Tokens of an iterable are any hashable. The
            corpus is read once, so that a generator serves as well as a list.
        errors : str
            What happens to bytes that are not UTF-8: ``"strict"``, ``"ignore"``, ``"replace"``.
        callbacks : iterable of callable
            Called as ``callback(model, epoch)`` after each epoch, epochs counted from 1, with the
            attributes of the model as they are then.

        Returns
        -------
        Word2Vec
            The model itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter is out of range; before anything is read.
        CorpusError, FileNotFoundError
            If the corpus cannot be read or has nothing to train on; before anything is trained,
            and the model stays as it was.
        TrainingDivergedError
            If the loss is not finite.
        TeamError
            If a worker process dies.
        """
        self._validate()
        callbacks = list(callbacks)
        for callback in callbacks:
            if not callable(callback):
                raise TypeError(f"callbacks holds {callback!r}, which is not callable")
        with start_children(self._children_worth_starting(corpus)) as children:
            self._fit(corpus, errors, callbacks, children)
        return self

    def _fit(
        self,
        corpus: Any,
        errors: str,
        callbacks: list[Callable[[Word2Vec, int], Any]],
        children: list[Any],
    ) -> None:
        started = time.perf_counter()
        vocabulary, stream = read_corpus(
            corpus, max(self.min_count, 1), self.max_vocab_size, errors, self._workers()
        )
        _check_has_pairs(stream)
        read = time.perf_counter()
        keep = keep_probabilities(vocabulary.counts, self.sample)
        noise = AliasTable(noise_probabilities(vocabulary.counts, self.ns_exponent))
        trainer = self._trainer(vocabulary, stream, keep)
        arrays = training_arrays(
            *self._initial_vectors(len(vocabulary), trainer.seed), stream, keep, noise
        )
        del stream  # several workers move it, which they cannot while it has another name

        def on_start(W_in: np.ndarray, W_out: np.ndarray) -> None:
            self.vocabulary_, self.raw_words_ = vocabulary, vocabulary.raw_words
            self.loss_history_ = []
            self.fit_seconds_ = {"read": read - started, "train": 0.0}
            self._set_vectors(W_in, W_out)

        def on_epoch_end(epoch: int, loss: float) -> None:
            self.__dict__.pop("_wv", None)
            self.loss_history_.append(loss)
            self.fit_seconds_["train"] = time.perf_counter() - read
            for callback in callbacks:
                callback(self, epoch + 1)

        trained = trainer.train(
            arrays, vocabulary.raw_words, on_start, on_epoch_end, self.progress, children
        )
        self._set_vectors(*trained)
        self.fit_seconds_["train"] = time.perf_counter() - read

    def _set_vectors(self, vectors: np.ndarray, context_vectors: np.ndarray) -> None:
        self.__dict__.pop("_wv", None)
        self.vectors_, self.context_vectors_ = vectors, context_vectors

    def _children_worth_starting(self, corpus: Any) -> int:
        """Worker processes to start before reading: those of a file that is sure to need them."""
        if not isinstance(corpus, (str, os.PathLike)) or not os.path.isfile(corpus):
            return 0
        return self._workers() - 1 if os.path.getsize(corpus) > LARGE_FILE else 0

    def _workers(self) -> int:
        return available_cores() if self.workers is None else int(self.workers)

    @property
    def wv(self) -> KeyedVectors:
        """The words and their vectors (V, d), ready for questions."""
        cached = self.__dict__.get("_wv")
        if cached is None:
            vectors, vocabulary = self.vectors_, self.vocabulary_
            cached = self._wv = KeyedVectors(vocabulary.words, vectors, vocabulary.counts)
        return cached

    def __getattr__(self, name: str) -> Any:
        # called only for what is not there: a fitted attribute before fit
        if name in FITTED:
            raise NotFittedError(
                f"this Word2Vec has no {name} yet: call fit(corpus) or load(folder)"
            )
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model to a folder of plain files.

        ``vectors.npy`` and ``context_vectors.npy`` (`numpy.load` reads them, memory-mapped too),
        ``vocabulary.txt`` (a word and its count a line, in the order of their rows) and
        ``model.json``. The folder appears complete or not at all.

        Raises
        ------
        NotFittedError
            If the model is not trained.
        FileExistsError
            If the folder holds something that is not a model; an older model is replaced.
        ValueError
            If a word is of a kind that cannot be written and read back.
        """
        arrays = {"vectors": self.vectors_, "context_vectors": self.context_vectors_}
        about = {
            "negsamp": negsamp.__version__,
            "parameters": _plain(self.get_params()),
            "raw_words": self.raw_words_,
            "loss_history": self.loss_history_,
            "fit_seconds": self.fit_seconds_,
        }
        write_model(folder, self.vocabulary_.words, self.vocabulary_.counts, arrays, about)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Word2Vec:
        """Read a model that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        SavedModelError
            If a file is missing or damaged, or if the parts do not agree.
        """
        words, counts, arrays, about = read_model(folder)
        try:
            model = cls(**about["parameters"])
            model.raw_words_ = int(about["raw_words"])
            model.loss_history_ = [float(loss) for loss in about["loss_history"]]
            model.fit_seconds_ = dict(about["fit_seconds"])
            model.vocabulary_ = Vocabulary(words, counts, model.raw_words_)
        except (KeyError, TypeError, ValueError) as error:
            raise SavedModelError(
                f"model.json in {os.fspath(folder)!r} is damaged: {error}"
            ) from error
        model.vectors_, model.context_vectors_ = arrays["vectors"], arrays["context_vectors"]
        return model

    def _validate(self) -> None:
        for name, (low, high, optional) in INTEGERS.items():
            value = getattr(self, name)
            if optional and value is None:
                continue
            if not _is_integer(value) or not low <= value <= high:
                allowed = f"from {low} to {high}" if high < 2**31 else f"{low} or more"
                raise _bad(name, value, f"an integer, {allowed}" + ", or None" * optional)
        for name, (allowed, accepts) in NUMBERS.items():
            value = getattr(self, name)
            if not _is_number(value) or not accepts(value):
                raise _bad(name, value, allowed)
        for name, choices in (("objective", OBJECTIVES), ("optimizer", OPTIMIZERS)):
            value = getattr(self, name)
            if not isinstance(value, str) or value not in choices:
                raise _bad(name, value, "one of " + ", ".join(map(repr, choices)))
        if self.min_alpha > self.alpha:
            raise _bad("min_alpha", self.min_alpha, f"at most alpha, {self.alpha}")
        if not isinstance(self.shrink_windows, (bool, np.bool_)):
            raise _bad("shrink_windows", self.shrink_windows, "True or False")

    def _trainer(self, vocabulary: Vocabulary, stream: TokenStream, keep: np.ndarray) -> Trainer:
        # no window reaches further than the longest sentence, however wide it may be
        reach = min(int(self.window), int(np.diff(stream.offsets).max()) - 1)
        kept = vocabulary.counts * keep.astype(np.float64)
        seed = None if self.seed is None else int(self.seed)
        return Trainer(
            window=int(self.window),
            reach=reach,
            negative=int(self.negative),
            shrink_windows=bool(self.shrink_windows),
            shape=choose_block_shape(
                kept.sum(),
                kept.max() / kept.sum(),
                window=reach,
                negative=int(self.negative),
                vector_size=int(self.vector_size),
                batch_size=self.batch_size,
            ),
            optimizer=self.optimizer,
            alpha=float(self.alpha),
            min_alpha=float(self.min_alpha),
            epochs=int(self.epochs),
            workers=self._workers(),
            seed=int(np.random.SeedSequence(seed).entropy),  # type: ignore[arg-type]
            kept_tokens=float(kept.sum()),
        )

    def _initial_vectors(self, V: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Small random input vectors and zero output vectors, as in word2vec, (V, d) each."""
        d = int(self.vector_size)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2**31,)))
        W_in = rng.random((V, d), dtype=np.float32)
        W_in -= np.float32(0.5)
        W_in /= np.float32(d)
        return W_in, np.zeros((V, d), dtype=np.float32)


PARAMETERS = tuple(
    name
    for name in Word2Vec.__init__.__code__.co_varnames[1 : Word2Vec.__init__.__code__.co_argcount]
)
FITTED = (
    "wv",
    "vectors_",
    "context_vectors_",
    "vocabulary_",
    "loss_history_",
    "raw_words_",
    "fit_seconds_",
)
# Bytes of a text that is trained for longer than worker processes take to start.
LARGE_FILE = 8_000_000
# name: (lowest, highest, whether None is allowed)
INTEGERS = {
    "vector_size": (1, 100_000, False),
    "window": (1, 10_000, False),
    "min_count": (0, 2**63, False),
    "negative": (1, 10_000, False),
    "epochs": (1, 1_000_000, False),
    "workers": (1, 1024, True),
    "seed": (0, 2**128, True),
    "max_vocab_size": (1, 2**63, True),
    "batch_size": (1, 1 << 20, True),
}
NUMBERS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "sample": ("a finite number, 0 or more", lambda value: value >= 0),
    "ns_exponent": ("a finite number", lambda value: True),
    "alpha": ("a finite number above 0, at most 10", lambda value: 0 < value <= 10),
    "min_alpha": ("a finite number, 0 or more", lambda value: value >= 0),
}


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_has_pairs(stream: TokenStream) -> None:
    if not (np.diff(stream.offsets) > 1).any():
        raise CorpusError(
            f"the corpus has no pair: none of its {stream.n_sentences} sentences has two words "
            "that are frequent enough"
        )


def _refuse(others: dict[str, Any]) -> None:
    """Say what to write instead of a parameter that is not one of ours."""
    for name, value in others.items():
        if (name == "sg" and value == 1) or (name == "hs" and value == 0):
            continue  # what gensim calls this very model
        if name == "sg":
            raise TypeError(f"sg={value!r} asks for CBOW; negsamp trains skip-gram: leave sg out")
        if name == "hs":
            raise TypeError(
                f"hs={value!r} asks for hierarchical softmax; choose by objective=: "
                + ", ".join(map(repr, OBJECTIVES))
            )
        if name in OTHER_NAMES:
            instead = OTHER_NAMES[name]
            hint = f"write {instead}" if instead else "leave it out: loss_history_ is always kept"
        else:
            near = difflib.get_close_matches(name, PARAMETERS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(PARAMETERS)}"
        raise TypeError(f"Word2Vec has no parameter {name!r}; {hint}")


def _bad(name: str, value: Any, allowed: str) -> Exception:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    hint = "; a corpus goes to fit()" if name == "vector_size" and np.ndim(value) else ""
    kind = ValueError if _is_number(value, finite=False) or isinstance(value, str) else TypeError
    return kind(f"{name} is {shown}; it must be {allowed}{hint}")


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _is_number(value: Any, finite: bool = True) -> bool:
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        return False
    return not finite or math.isfinite(value)


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """NumPy scalars as Python's own, for JSON."""
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in params.items()}
