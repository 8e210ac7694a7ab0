"""`Word2Vec`: parameters in, vectors out. No mathematics here."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import is_integer
from negsamp.core.objectives import Objective, objective_of
from negsamp.core.sampling import noise_weights
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.encoding import encode_corpus
from negsamp.corpus.pairs import read_pairs
from negsamp.corpus.reading import read_chunks
from negsamp.errors import NotFittedError, SavedModelError, TrainingInterrupted
from negsamp.files.model_folder import read_model, write_model
from negsamp.training.checkpoints import Saved, check_unused, read_latest
from negsamp.training.initial_vectors import checked_start
from negsamp.training.likelihood import mean_log_likelihood
from negsamp.training.limits import checked_limits
from negsamp.training.pairs import PairRun, check_pair_parameters
from negsamp.training.run import How, model_record, noise_of, read_run
from negsamp.training.settings import check_parameters, refuse
from negsamp.training.state import Progress, Watch, extras_of, objective_arrays
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.diagnosis import Diagnosis, diagnose
from negsamp.word2vec.document_vectors import (
    check_documents,
    document_vectors,
    transformer_tags,
)
from negsamp.word2vec.model_json import check_model, parse_record

__all__ = ["Word2Vec"]

logger = logging.getLogger(__name__)


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
        What is minimised: ``"sgns"``, negative sampling; ``"nce"``, noise-contrastive estimation;
        ``"infonce"``, a softmax over the context and noise words; ``"softmax"``, the full one, in
        time that grows with the vocabulary; ``"hierarchical"``, Huffman-coded softmax. The last two
        draw no noise, and train in one process.
    optimizer : str
        ``"adagrad"``, with a rate for each row, or ``"sgd"``, with one for all.
    alpha, min_alpha : float
        Learning rate per pair at the first token; it falls linearly to `min_alpha` at the last.
    epochs : int
        Passes over the corpus.
    workers : int, optional
        Processes; None takes as many as there are cores that this process may use. A small corpus
        takes fewer. Where scikit-learn's `n_jobs` runs several fits side by side, 1 is best.
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
    noise : array_like, shape (V,), or callable, optional
        Noise distribution of your own, in place of `ns_exponent`: weights of the words in the order
        of the vocabulary (by falling count), or a function that makes them of the counts.
    nce_normalizer : str, optional
        Of ``"nce"``, γ, the logarithm of the partition function: ``"global"``, one number for all
        centers, learned (what None means); ``"center"``, one for each; ``"fixed"``, 0.

    Attributes
    ----------
    wv, context_wv : KeyedVectors
        The words with their input vectors, and with their output vectors.
    vectors_, context_vectors_ : ndarray, shape (V, d) float32
        Input vectors, one for each word as a center, and output vectors, as a context. After
        ``"hierarchical"`` the output vectors are those of the V − 1 inner nodes of the tree, and a
        row of zeros.
    vocabulary_ : Vocabulary
    loss_history_ : list of float
        Mean loss in nats per pair of each epoch, as measured before the update on blocks spread
        evenly over it (all of them in a small corpus).
    validation_loss_history_ : list of float
        Mean loss after each epoch of what ``fit(validation=…)`` held out; empty if nothing was.
    nce_log_z_ : float or ndarray, shape (V,) float32
        γ after ``"nce"``: one number, or one for each center.
    raw_words_ : int
        Tokens read, rare ones included.
    fit_seconds_ : dict
        Seconds spent on ``"read"`` and ``"train"``.

    Notes
    -----
    It is a transformer of texts to scikit-learn: `clone`, `Pipeline`, `GridSearchCV` and
    `cross_val_score` take it, with documents that are lists of tokens or strings.

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
    validation_loss_history_: list[float]
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
        noise: Any = None,
        nce_normalizer: str | None = None,
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
        refuse(others, PARAMETERS)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as scikit-learn's `clone` and `GridSearchCV` ask for them.

        `deep` makes no difference: no parameter is an estimator.
        """
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **params: Any) -> Word2Vec:
        """Set parameters by name.

        Raises
        ------
        TypeError
            If there is no such parameter; nothing is set then.
        """
        refuse({k: v for k, v in params.items() if k not in PARAMETERS}, PARAMETERS)
        for name in params.keys() & set(PARAMETERS):  # gensim's sg=1 is none
            setattr(self, name, params[name])
        return self

    def __repr__(self) -> str:
        defaults = Word2Vec().get_params()
        # compared as they are shown: arrays are equal element by element
        changed = {k: v for k, v in self.get_params().items() if repr(v) != repr(defaults[k])}
        return f"Word2Vec({', '.join(f'{name}={value!r}' for name, value in changed.items())})"

    def fit(
        self,
        corpus: Any,
        y: Any = None,
        *,
        errors: str = "strict",
        callbacks: Iterable[Callable[[Word2Vec, int], Any]] = (),
        cache: str | os.PathLike[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 10.0,
        init_vectors: KeyedVectors | None = None,
        frozen: bool | Iterable[Any] = False,
        validation: float | None = None,
        patience: int | None = None,
        max_time: float | str | None = None,
    ) -> Word2Vec:
        """Learn vectors from a corpus.

        A model that was fitted before begins anew, as scikit-learn's do; to go on from its vectors,
        give them as `init_vectors`.

        Parameters
        ----------
        corpus : str, path, or iterable of token sequences or str
            A path names a UTF-8 text file, plain or gzip, with a sentence a line (or one endless
            line) and white space between tokens. Tokens of an iterable are any hashable; a sentence
            or document that is a str is split at white space. The corpus is read once, so that a
            generator serves as well as a list.
        y : object, optional
            Not used; scikit-learn's pipelines hand it to every step.
        errors : str
            What happens to bytes that are not UTF-8: ``"strict"``, ``"ignore"``, ``"replace"``.
        callbacks : iterable of callable
            Called as ``callback(model, epoch)`` after each epoch, epochs counted from 1, with the
            attributes of the model as they are then. One that raises ends the training, and the
            model has what was learned until then.
        cache : path, optional
            A folder in which a text file's ids are kept: the next run on the same text, read in the
            same way, maps them and begins at once. A text of more than 33 million tokens is trained
            from files in any case, so that it need not fit into memory; without a cache they are
            temporary.
        checkpoint : path, optional
            A folder in which the run is written down, so that `resume` can go on from there after
            whatever stopped it. It must not hold those of another run.
        checkpoint_every : float
            Minutes from one checkpoint to the next.
        init_vectors : KeyedVectors, optional
            Input vectors to begin with, of `vector_size` numbers: words of the corpus that are
            among its keys begin there, the others at random, as without it. Output vectors and the
            optimizer's sums begin with 0 in any case. gensim's KeyedVectors serve as well. The log
            says how many words were found, at level INFO.
        frozen : bool or iterable of hashable
            Words of `init_vectors` whose input vectors stay as they are, to the bit, while all else
            is trained around them; True for all that were given. Those that the corpus does not
            have are of no account. They stay frozen when the run is resumed.
        validation : float, optional
            Share of the sentences that is held out and never trained on, above 0, at most 0.5; of
            very long ones, as of one endless line, stretches. Their words are counted with the
            rest. Which they are follows from `seed`. After each epoch their loss goes to
            `validation_loss_history_`: all their pairs, subsampled as in training, with noise words
            that are the same each time.
        patience : int, optional
            End the training when the held-out loss has not been lower for so many epochs, 1 or
            more; in any case the vectors are in the end those of the epoch with the lowest. The
            learning rate falls as if all `epochs` ran: it has not come to `min_alpha` where
            training ends early.
        max_time : float or str, optional
            Longest time of training, reading not counted: seconds, or as "90s", "10min", "1h30m".
            The learning rate falls with the share of the tokens or of the time that is gone,
            whichever is larger, so that it is at `min_alpha` when the time is up; training ends
            with the update in which that is, and the epoch that it is in counts as one. `epochs` is
            the most that are trained. Such a run does not give the same bytes twice. When it is
            resumed, the time that it took before counts.

        Returns
        -------
        Word2Vec
            The model itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter is out of range; before anything is read.
        UnknownWordError
            If a word of `frozen` is not in `init_vectors`; before anything is read.
        FileExistsError
            If the folder for checkpoints holds some already; before anything is read.
        CorpusError, FileNotFoundError
            If the corpus cannot be read or has nothing to train on; before anything is trained,
            and the model stays as it was.
        OSError
            If there is no room for the corpus, for what workers share or for a first checkpoint.
        TrainingDivergedError
            If numbers are no longer finite; the model has those of the last good update.
        TrainingInterrupted
            After Ctrl-C, a KeyboardInterrupt; the model has what was learned until then.
        TeamError
            If a worker process dies; what was learned may then lack a part of the last update.
        """
        if isinstance(y, str):
            raise TypeError(f"y is {y!r}, but it is not used; give other arguments by name")
        check_parameters(self.get_params())
        callbacks = _checked_callbacks(callbacks)
        folder = None if checkpoint is None else check_unused(checkpoint)
        start = checked_start(init_vectors, frozen, int(self.vector_size))
        limits = checked_limits(validation, patience, max_time)
        how = How(errors, cache, folder, checkpoint_every, start, limits)
        how.check(corpus)
        self._train(corpus, how, callbacks)
        return self

    def fit_pairs(
        self,
        centers: Iterable[Any],
        contexts: Iterable[Any] | None = None,
        weights: Any = None,
        *,
        callbacks: Iterable[Callable[[Word2Vec, int], Any]] = (),
    ) -> Word2Vec:
        """Learn vectors from explicit (center, context) pairs, with negative sampling.

        For contexts that are no neighbours in a text: words with their syntactic relation [1]_,
        what was clicked after what, edges of a weighted graph. Minimises over the pairs (c, o)

            Σ weight · (−log σ(u_o · v_c) − K · E_noise log σ(−u_k · v_c))

        Centers and contexts have vocabularies of their own: `.wv` has the centers, `.context_wv`
        the contexts, and a word that is both has a row in each. Pairs are in memory, about 40 bytes
        each, and are trained in one process; the same seed gives the same bytes.

        Parameters
        ----------
        centers, contexts : iterable of hashable, length P
            A pair a place. Or `centers` alone, an iterable of tuples (center, context), or of
            tuples (center, context, weight).
        weights : array_like, shape (P,), optional
            Weight of each pair, finite, 0 or more; 1 if None. Only their ratios matter to what is
            learned. A pair of weight 2 is as good as two of weight 1; one of weight 0 as good as
            none.
        callbacks : iterable of callable
            As in `fit`.

        Returns
        -------
        Word2Vec
            The model itself; `score_pairs` and `predict_context` take its contexts. It cannot be
            saved whole, since a saved model has one vocabulary.

        Raises
        ------
        ValueError, TypeError
            If a parameter is out of range, if there are not as many centers as contexts or weights,
            or if a weight is negative or not finite; the model stays as it was.
        CorpusError
            If a word is None, NaN or not hashable, or if no pair is left to train on; likewise.
        TrainingDivergedError, TrainingInterrupted
            As in `fit`.

        Notes
        -----
        A word's count is the sum of the weights of its pairs: `min_count` leaves out the centers
        and contexts below it, once, with their pairs; noise words are contexts, drawn in proportion
        to count^`ns_exponent` or by `noise`, in the order of ``context_wv``. `batch_size` is pairs
        in one update. `window`, `shrink_windows`, `sample`, `max_vocab_size` and `workers` are of
        no account: pairs are trained as they are given. `raw_words_` is the weight of all pairs.

        References
        ----------
        .. [1] O. Levy, Y. Goldberg, "Dependency-Based Word Embeddings", ACL 2014.

        Examples
        --------
        >>> model = Word2Vec(vector_size=10, min_count=1, epochs=2, seed=1)
        >>> model = model.fit_pairs([("cats", "chase_subj"), ("mice", "chase_obj")])
        >>> model.wv["cats"].shape, "chase_obj" in model.context_wv
        ((10,), True)
        """
        params = self.get_params()
        check_parameters(params)
        check_pair_parameters(params)
        callbacks = _checked_callbacks(callbacks)
        began = time.perf_counter()
        data = read_pairs(centers, contexts, weights, params["min_count"])
        run = PairRun(params, data)
        read = time.perf_counter()

        def update() -> None:
            self.vocabulary_, self._context_vocabulary = data.center_words, data.context_words
            self.raw_words_ = data.given
            self._set_learned({"W_in": run.W_in, "W_out": run.W_out}, {"context_noise": run.noise})
            self.loss_history_, self.validation_loss_history_ = [*run.losses], []
            self.fit_seconds_ = {"read": read - began, "train": time.perf_counter() - read}

        def on_epoch_end() -> None:
            update()
            for callback in callbacks:
                callback(self, run.epoch)

        try:
            run.train(on_epoch_end, self.progress)
        except KeyboardInterrupt as error:
            raise TrainingInterrupted(run.place) from error
        finally:
            update()
        return self

    def diagnose(self, corpus: Any, *, errors: str = "strict", seconds: float = 1.0) -> Diagnosis:
        """Say what `fit` would be like on a corpus: words, pairs, memory, time, and advice.

        The corpus is read once, and training is tried for a moment; the model stays as it is.

        Parameters
        ----------
        corpus, errors
            As in `fit`. Bytes that are not UTF-8 are reported.
        seconds : float
            How long training is tried, two updates at least, to know how fast it is; 0 does
            not try.

        Returns
        -------
        Diagnosis
            `print` shows it.

        Raises
        ------
        ValueError, TypeError
            If a parameter is out of range; before anything is read.
        CorpusError, FileNotFoundError
            If the corpus cannot be read or is empty.
        """
        check_parameters(self.get_params())
        return diagnose(self.get_params(), corpus, errors, seconds)

    @classmethod
    def resume(
        cls,
        checkpoint: str | os.PathLike[str],
        corpus: Any = None,
        *,
        workers: int | None = None,
        progress: bool | None = None,
        callbacks: Iterable[Callable[[Word2Vec, int], Any]] = (),
        checkpoint_every: float = 10.0,
    ) -> Word2Vec:
        """Go on with a run from its last checkpoint, and finish it.

        The result has the same bytes as if nothing had stopped the run.

        Parameters
        ----------
        checkpoint : path
            The folder that was given to `fit`.
        corpus : object, optional
            The run's corpus. None takes the file that `fit` was given; where it was no file, the
            same sentences must be given again.
        workers, progress, callbacks, checkpoint_every
            As in `Word2Vec` and `fit`; they may be others than at first.

        Returns
        -------
        Word2Vec
            The fitted model. Of a run that was finished, the model that it ended with.

        Raises
        ------
        FileNotFoundError, CheckpointError
            If the folder holds no whole checkpoint, or if the corpus is not that of the run.
        ValueError
            If a corpus must be given.
        """
        saved = read_latest(checkpoint)
        model = cls._from_files(saved.path, saved.words, saved.counts, saved.files, saved.about)
        model.set_params(workers=workers, progress=progress)
        check_parameters(model.get_params())
        callbacks = _checked_callbacks(callbacks)
        if saved.progress.finished or saved.progress.epoch == model.epochs:
            return model
        record = saved.about["corpus"]
        if corpus is None and record["path"] is None:
            raise ValueError("corpus is None, but the run's corpus was no file: give it again")
        corpus = record["path"] if corpus is None else corpus
        cache = record["cache"] if corpus == record["path"] else None
        folder = Path(checkpoint).resolve()
        how = How(record["errors"], cache, folder, checkpoint_every, limits=saved.limits)
        how.check(corpus)
        model._train(corpus, how, callbacks, saved)
        return model

    def _train(
        self,
        corpus: Any,
        how: How,
        callbacks: list[Callable[[Word2Vec, int], Any]],
        saved: Saved | None = None,
    ) -> None:
        with read_run(self.get_params(), corpus, how, saved) as (run, children):

            def on_start(state: dict[str, np.ndarray], progress: Progress) -> None:
                self.vocabulary_, self.raw_words_ = run.vocabulary, run.vocabulary.raw_words
                self.__dict__.pop("_context_vocabulary", None)  # of pairs that were fitted before
                update(progress)

            def update(progress: Progress) -> None:
                self._set_learned(run.state, run.about)
                self.loss_history_ = [*progress.losses]
                self.validation_loss_history_ = [*progress.validation_losses]
                self.fit_seconds_ = run.fit_seconds

            def on_epoch_end(progress: Progress) -> None:
                update(progress)
                for callback in callbacks:
                    callback(self, progress.epoch)

            def on_stop(state: dict[str, np.ndarray]) -> None:
                update(run.progress)

            watch = Watch(on_start=on_start, on_epoch_end=on_epoch_end, on_stop=on_stop)
            run.train(watch, self.progress, children)

    def _set_learned(self, learned: dict[str, np.ndarray], about: dict[str, np.ndarray]) -> None:
        self.__dict__.pop("_wv", None)
        self.__dict__.pop("_context_wv", None)
        self.vectors_, self.context_vectors_ = learned["W_in"], learned["W_out"]
        self._about = {**about, **{k: v for k, v in learned.items() if k == "log_z"}}

    @property
    def _objective(self) -> Objective:
        return objective_of(self.objective, self.nce_normalizer)

    @property
    def nce_log_z_(self) -> float | np.ndarray:
        """γ: a float, or one for each center, (V,) float32."""
        about = self._about  # not there before fit
        if not self._objective.has_normalizer:
            raise AttributeError  # which __getattr__ puts in words
        log_z = about.get("log_z", np.zeros((1, 1)))
        return float(log_z[0, 0]) if len(log_z) == 1 else log_z[:, 0]

    def transform(self, documents: Any) -> np.ndarray:
        """Mean vectors of documents.

        Parameters
        ----------
        documents : iterable of token sequences or str
            As in `fit`, but no path.

        Returns
        -------
        ndarray, shape (n_documents, d) float32
            The mean of the vectors of a document's known words, each as often as it occurs; zeros
            where no word is known, of which the log has a warning.

        Raises
        ------
        NotFittedError
            If the model is not trained.
        CorpusError
            If `documents` is a str or a path, if a document is no sequence of tokens, or if a token
            is not hashable.
        """
        means, n_unknown = document_vectors(self.vocabulary_, self.vectors_, documents)
        if n_unknown:
            logger.warning(
                "%d of %d documents have no known word; their vectors are zeros",
                n_unknown,
                len(means),
            )
        return means

    def fit_transform(self, documents: Any, y: Any = None, **fit_params: Any) -> np.ndarray:
        """`fit` and `transform` of the same documents, which may be a generator.

        Parameters
        ----------
        documents, y
            As there.
        **fit_params
            Other arguments of `fit`.

        Returns
        -------
        ndarray, shape (n_documents, d) float32
        """
        check_documents(documents)
        read = [document for chunk in read_chunks(documents) for document in chunk]
        return self.fit(read, y, **fit_params).transform(read)

    def score(self, corpus: Any, y: Any = None) -> float:
        """Mean log-likelihood of a held-out text, by the objective's own account.

        Parameters
        ----------
        corpus : str, path, or iterable of token sequences or str
            As in `fit`. Words that are not known are left out, as rare ones are in training; no
            token is subsampled.
        y : object, optional
            Not used.

        Returns
        -------
        float
            Minus the mean loss in nats per pair, so higher is better. Noise words come from a fixed
            seed: the same model and text give the same number.

        Raises
        ------
        NotFittedError
            If the model is not trained.
        CorpusError, FileNotFoundError
            If the text cannot be read, or has no two known words in a sentence.

        Notes
        -----
        It compares models of one objective and vocabulary, of different `vector_size`, `alpha` or
        `epochs` for instance. `window`, `negative`, the noise distribution and `min_count` change
        what a pair is or what it costs: choose these by what the vectors are for, say the score of
        the classifier at the end of a pipeline.
        """
        vocabulary = self.vocabulary_
        if "_context_vocabulary" in self.__dict__:
            raise ValueError(
                "score takes the pairs of a text, and the contexts of this model are those of "
                "fit_pairs; score_pairs takes pairs"
            )
        return mean_log_likelihood(
            self.get_params(),
            self.vectors_,
            self.context_vectors_,
            encode_corpus(vocabulary, corpus),
            noise_of(self.get_params(), vocabulary.counts),
            self._about,
        )

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of `transform`, ``word2vec0`` and so on, (d,) object.

        `input_features` is not used: a text has none.
        """
        names = [f"{type(self).__name__.lower()}{k}" for k in range(self.vectors_.shape[1])]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return "vectors_" in self.__dict__

    def __sklearn_tags__(self) -> Any:
        return transformer_tags()

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: `wv` and `context_wv` are made again when asked for."""
        made = "_wv", "_context_wv"
        return {name: value for name, value in self.__dict__.items() if name not in made}

    def score_pairs(self, centers: Iterable[Any], contexts: Iterable[Any]) -> np.ndarray:
        """What the objective says of (center, context) pairs.

        Parameters
        ----------
        centers, contexts : iterable of hashable, length P
            Words, in pairs.

        Returns
        -------
        ndarray, shape (P,) float64
            For ``"sgns"`` u·v, the pointwise mutual information log p(c, o) / (p(c) p_noise(o))
            less log K; for ``"nce"`` u·v − γ, an estimate of log p(context | center); for
            ``"infonce"`` u·v, the same up to a number that belongs to the center; for ``"softmax"``
            and ``"hierarchical"`` log p(context | center).

        Raises
        ------
        UnknownWordError
            If a word is not in the vocabulary.
        ValueError, TypeError
            If there are not as many centers as contexts, or one is a single string.
        """
        rows = self._rows("centers", centers)
        columns = self._rows("contexts", contexts, is_context=True)
        if len(rows) != len(columns):
            raise ValueError(
                f"centers has {len(rows)} words and contexts {len(columns)}; they come in pairs"
            )
        W_in, W_out = self.vectors_, self.context_vectors_
        extras = extras_of(self._about)
        return self._objective.pair_scores(W_in, W_out, rows, columns, extras)

    def predict_context(self, words: Iterable[Any], topn: int = 10) -> list[tuple[Any, float]]:
        """The most probable contexts of words, by the model's own account.

        Parameters
        ----------
        words : iterable of hashable, or str
            One center or several.
        topn : int
            How many contexts, 1 or more.

        Returns
        -------
        list of (word, float)
            By falling log p(context | center), in nats; the mean of several centers. After
            ``"sgns"`` and ``"nce"`` probabilities sum to about 1, after the others exactly.

        Raises
        ------
        UnknownWordError
            If a word is not in the vocabulary.
        ValueError
            If `words` is empty, or `topn` is less than 1.
        """
        if not is_integer(topn) or topn < 1:
            raise ValueError(f"topn is {topn!r}; it must be an integer, 1 or more")
        rows = self._rows("words", [words] if isinstance(words, str) else words)
        if not len(rows):
            raise ValueError("words is empty; a context is predicted from one word or more")
        noise = self._about.get("context_noise")
        if noise is None:
            noise = noise_of(self.get_params(), self.vocabulary_.counts)
        log_p = self._objective.log_probabilities(
            self.vectors_,
            self.context_vectors_,
            rows,
            extras_of(self._about),
            noise,
            int(self.negative),
        ).mean(axis=0)
        best = np.argsort(-log_p, kind="stable")[: int(topn)]
        contexts = self.__dict__.get("_context_vocabulary", self.vocabulary_)
        return [(contexts.words[row], float(log_p[row])) for row in best]

    def _rows(self, name: str, words: Any, is_context: bool = False) -> np.ndarray:
        if isinstance(words, str):
            raise TypeError(f"{name} is {words!r}; it must be a list of words")
        of_pairs = is_context and "_context_vocabulary" in self.__dict__
        wv = self.context_wv if of_pairs else self.wv
        return np.array([wv.row(word) for word in words], dtype=np.intp)

    @property
    def wv(self) -> KeyedVectors:
        """The words and their vectors (V, d), ready for questions."""
        cached = self.__dict__.get("_wv")
        if cached is None:
            vectors, vocabulary = self.vectors_, self.vocabulary_
            cached = self._wv = KeyedVectors(vocabulary.words, vectors, vocabulary.counts)
        return cached

    @property
    def context_wv(self) -> KeyedVectors:
        """The contexts and their output vectors (V', d): after `fit` the same words as `wv`."""
        cached = self.__dict__.get("_context_wv")
        if cached is None:
            vectors = self.context_vectors_  # not there before fit
            if not self._objective.outputs_are_words:
                raise AttributeError  # which __getattr__ puts in words
            words = self.__dict__.get("_context_vocabulary", self.vocabulary_)
            cached = self._context_wv = KeyedVectors(words.words, vectors, words.counts)
        return cached

    def __getattr__(self, name: str) -> Any:
        # called only for what is not there: a fitted attribute before fit
        if name == "nce_log_z_" and "_about" in self.__dict__:
            raise AttributeError(f"objective {self.objective!r} has no normaliser; 'nce' has")
        if name == "context_wv" and "_about" in self.__dict__:
            raise AttributeError("the output vectors of objective 'hierarchical' are no words'")
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
        ValueError, TypeError
            If a word is of a kind that cannot be written and read back, if a vector is not finite,
            or if a parameter was set after training that such a model cannot have.
        """
        contexts = self.__dict__.get("_context_vocabulary")
        if contexts is not None:
            raise ValueError(
                f"the model has {len(self.wv)} centers and {len(contexts)} contexts of fit_pairs; "
                "a saved model has one vocabulary: save wv and context_wv, each by its own save"
            )
        arrays = {"vectors": self.vectors_, "context_vectors": self.context_vectors_}
        if "log_z" in self._about:
            arrays["log_z"] = self._about["log_z"]
        if self.noise is not None:
            arrays["noise"] = noise_weights(self.noise, self.vocabulary_.counts)[:, None]
        check_model(self.get_params(), arrays)
        about = model_record(
            self.get_params(),
            self.raw_words_,
            self.loss_history_,
            self.fit_seconds_,
            self.validation_loss_history_,
        )
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
        OSError, MemoryError
            If a file cannot be read, or is larger than the memory.
        """
        return cls._from_files(folder, *read_model(folder))

    @classmethod
    def _from_files(
        cls,
        folder: str | os.PathLike[str],
        words: list[Any],
        counts: np.ndarray,
        arrays: dict[str, np.ndarray],
        about: dict[str, Any],
    ) -> Word2Vec:
        """A fitted model from what `read_model` returns."""
        try:
            record = parse_record(about, PARAMETERS, counts, arrays)
            model = cls(**record.parameters)
            check_model(model.get_params(), arrays)
            model.raw_words_, model.loss_history_ = record.raw_words, record.loss_history
            model.fit_seconds_ = record.fit_seconds
            model.validation_loss_history_ = record.validation_loss_history
            model.vocabulary_ = Vocabulary(words, counts, model.raw_words_)
            about_objective = objective_arrays(
                model._objective,
                counts,
                noise_of(model.get_params(), counts),
                model.negative,
            )
        except (TypeError, ValueError) as error:
            raise SavedModelError(
                f"model.json in {os.fspath(folder)!r} is damaged: {error}"
            ) from error
        learned = {"W_in": arrays["vectors"], "W_out": arrays["context_vectors"]}
        if "log_z" in arrays:
            learned["log_z"] = arrays["log_z"]
        model._set_learned(learned, about_objective)
        return model


PARAMETERS = tuple(
    name
    for name in Word2Vec.__init__.__code__.co_varnames[1 : Word2Vec.__init__.__code__.co_argcount]
)
FITTED = (
    "wv",
    "context_wv",
    "vectors_",
    "context_vectors_",
    "_about",
    "vocabulary_",
    "loss_history_",
    "validation_loss_history_",
    "raw_words_",
    "fit_seconds_",
)


def _checked_callbacks(
    callbacks: Iterable[Callable[[Word2Vec, int], Any]],
) -> list[Callable[[Word2Vec, int], Any]]:
    callbacks = list(callbacks)
    for callback in callbacks:
        if not callable(callback):
            raise TypeError(f"callbacks holds {callback!r}, which is not callable")
    return callbacks
