"""`Word2Vec`: parameters in, vectors out. No mathematics here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from negsamp.checks import class_only, glimpse
from negsamp.corpus.reading import read_chunks
from negsamp.corpus.text_files import text_files
from negsamp.errors import CheckpointError
from negsamp.training.checkpoints import check_unused, read_latest
from negsamp.training.initial_vectors import checked_start
from negsamp.training.limits import checked_limits
from negsamp.training.run import Run
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.document_vectors import check_documents
from negsamp.word2vec.growing_model import GrowingModel
from negsamp.word2vec.learned import Callbacks, checked_callbacks

__all__ = ["Word2Vec"]


class Word2Vec(GrowingModel):
    """Skip-gram word vectors, trained with negative sampling.

    Parameters
    ----------
    vector_size : int
        Dimensions d of the vectors, 1 or more.
    window : int
        Largest distance between a center and a context, in tokens, 1 … 10 000.
    min_count : int
        Words that are seen less often are left out.
    sample : float, optional
        Subsampling threshold t of frequent words, a share of all tokens. None follows the corpus:
        2000 / T for T tokens, but from 1e-5 to 1e-3, so that words are thinned out that are seen
        2 000 times or more. 0 keeps all, which is right for a few dozen words; None leaves few.
    negative : int
        K, the number of noise words for each pair, 1 or more.
    ns_exponent : float
        Noise words are drawn in proportion to ``count^ns_exponent``: 1 as they occur, 0 all alike,
        below 0 the rare ones more often.
    objective : str or Objective
        What is minimised: ``"sgns"``, negative sampling; ``"nce"``, noise-contrastive estimation;
        ``"infonce"``, a softmax over the context and noise words; ``"softmax"``, the full one, in
        time that grows with the vocabulary; ``"hierarchical"``, Huffman-coded softmax. The last two
        draw no noise. A `negsamp.Objective` of your own is taken too.
    optimizer : str
        ``"adagrad"``, with a rate for each row, or ``"sgd"``, with one for all.
    alpha, min_alpha : float
        Learning rate per pair at the first token; it falls linearly to `min_alpha` at the last.
        ``"adagrad"`` makes its steps smaller where there are more epochs, so that the same value
        serves for one and for fifty.
    epochs : int
        Passes over the corpus.
    workers : int, optional
        Processes; None takes as many as there are cores that this process may use. A small corpus
        takes fewer, and a program with Python in it that is no Python itself takes one. 1 is best
        where scikit-learn's `n_jobs` runs several fits side by side.
    seed : int, optional
        The same seed gives the same bytes for any number of workers; None takes a new one a time.
    shrink_windows : bool
        Weigh contexts at distance δ by (`window` + 1 − δ) / `window`: how often word2vec, which
        draws each center's window from 1 … `window`, trains them. Else all weigh 1.
    max_vocab_size : int, optional
        Bound on the number of words that are counted at one time; rare ones are forgotten when it
        is passed. It saves memory; what bounds the vocabulary is `max_final_vocab`.
    batch_size : int, optional
        Centers in one update; None follows the corpus: up to 4 096, fewer where the corpus is
        small or a few words make up most of it.
    progress : bool, optional
        Show a progress bar; None shows it on a terminal only.
    noise : array_like, shape (V,), or callable, optional
        Noise distribution of your own, in place of `ns_exponent`: weights of the words in the order
        of the vocabulary (by falling count), or a function that makes them of the counts, which
        `partial_fit` needs.
    nce_normalizer : str, optional
        Of ``"nce"``, γ, the logarithm of the partition function: ``"global"``, one number for all
        centers, learned (what None means); ``"center"``, one for each; ``"fixed"``, 0.
    max_final_vocab : int, optional
        Of the words that are seen `min_count` times or more, keep only so many of the most
        frequent; of those that are seen equally often, the first.
    shift : float, optional
        Of ``"sgns"``, what is subtracted from the product of two vectors: the score of a pair is
        u · v − `shift`. None takes 1 + log K, and u · v becomes the pointwise mutual information
        plus 1; the papers have 0, and with it u · v becomes the mutual information less log K
        [2]_, eq. 10. That is the same loss of vectors that have one more number each, 1 in v and
        −`shift` in u, which is held. Vectors are better so, see docs/performance.md.
    init : str, optional
        What ``"sgns"`` begins with: ``"pmi"``, the mutual information of some pairs (what
        None means for 10 epochs and 20 million tokens or pairs in all), or ``"random"``, as in
        `negsamp.dask.fit`. With ``"pmi"``, `window` is less by what `sample` takes out more than
        1e-3 would: 3.82 for 5 in 17 million words.
    **others
        None. The error for a name of gensim's that is no parameter here says what to write.

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
        evenly over it (all of them in a small corpus); nan for an epoch without a pair.
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
    A column of a table is a corpus, as in ``fit(df["text"])``: of pandas, Polars, pyarrow, Hugging
    Face datasets or Dask, of texts or of token lists. The table itself is none.

    scikit-learn takes it as a transformer of texts, with documents that are lists of tokens or
    strings: so do `clone`, `Pipeline`, `GridSearchCV` and `cross_val_score`.

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
       Compositionality", NIPS 2013.
    .. [2] O. Levy, Y. Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NIPS
       2014.

    Examples
    --------
    >>> from negsamp import Word2Vec
    >>> animals = [["cats", "eat", "fish"], ["dogs", "eat", "fish"]]
    >>> cars = [["cars", "need", "fuel"], ["trucks", "need", "fuel"]]
    >>> model = Word2Vec(vector_size=10, min_count=1, sample=0, workers=1, seed=1)
    >>> model = model.fit(50 * (animals + cars))
    >>> model.wv["cats"].shape
    (10,)
    >>> model.wv.most_similar("cats", topn=1)[0][0]
    'dogs'
    """

    def fit(
        self,
        corpus: Any,
        y: Any = None,
        *,
        errors: str = "strict",
        encoding: str = "utf-8",
        callbacks: Callbacks = (),
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

        A model that was fitted before begins anew, as scikit-learn's do; to go on, call
        `partial_fit`, or give its vectors as `init_vectors`.

        Parameters
        ----------
        corpus : str, path, list of paths, or iterable of token sequences or str
            A path names a text file with one sentence in each line (or one endless line) and white
            space between tokens; a folder, for all files in it and in its folders, in order of
            their names, but for hidden ones, which the log names; or else a pattern, as in `glob`.
            A list of `pathlib.Path` names one file after the other. Files are plain, gzip, bz2, xz,
            zstd (Python 3.14, or the package backports.zstd or zstandard), or zip, each member a
            text, in order of their names; the first bytes tell which. They are read as if they were
            one file, and the end of each is the end of a sentence. Tokens of an iterable may be any
            hashable; a sentence or document that is a str is split at white space. The corpus is
            read once, so that a generator may be given as well as a list.
        y : object, optional
            Not used; scikit-learn's pipelines give it to every step.
        errors : str
            What happens to bytes that are not in the encoding: ``"strict"``, ``"ignore"``,
            ``"replace"``.
        encoding : str
            The encoding of all files, of those that Python knows. Marks at their beginning are left
            out.
        callbacks : callable or iterable of callable
            Called as ``callback(model, epoch)`` after each epoch, counted from 1, when the model
            has what was learned until then. What it takes from the model, ``model.wv`` for
            instance, is a copy that may be kept, and so is a copy or pickle of the model. If a
            callback returns True, training ends with this epoch, as by `patience`; other values
            mean nothing. What a callback raises ends the training too, and comes out of `fit`.
        cache : path, optional
            A folder that keeps the ids of text files: the next run on the same texts, read in the
            same way, begins at once. More than 33 million tokens are trained from files in any
            case, and need not fit into memory; without a cache these are temporary.
        checkpoint : path, optional
            A folder in which the run is written down, so that `resume` can go on from there after
            whatever stopped it. It must not hold those of another run.
        checkpoint_every : float
            Minutes from one checkpoint to the next.
        init_vectors : KeyedVectors, optional
            Input vectors of `vector_size` numbers, gensim's too: words of the corpus that are among
            its keys begin there, the others at random. Output vectors and the optimizer's sums
            begin with 0 in any case. The model has the words of the corpus alone: a warning in the
            log counts those of `init_vectors` that it lacks. It says at INFO how many were found.
        frozen : bool or iterable of hashable
            Words of `init_vectors` whose input vectors stay as they are, to the bit, also when the
            run is resumed; True for all. Words that the corpus does not have are ignored.
        validation : float, optional
            Share of the sentences (or stretches of very long ones) that is held out and never
            trained on, above 0, at most 0.5; `seed` chooses them. Their words are counted with the
            rest. After each epoch their loss goes to `validation_loss_history_`: all their pairs,
            subsampled as in training, with noise words that are the same each time.
        patience : int, optional
            End the training when the held-out loss has not been lower for so many epochs, 1 or
            more; in any case the vectors are in the end those of the epoch with the lowest. Epochs
            do not count in which the words' own vectors predict no better, by 1 % of the loss, than
            their mean would; of these the last may be kept. The learning rate falls as if all
            `epochs` ran, so it may not have come to `min_alpha`. This saves time; for what the
            held-out loss does not know about neighbours, see docs/how-it-works.md.
        max_time : float or str, optional
            Longest time of training, without reading: seconds, or as "90s", "10min", "1h30m". The
            learning rate falls with the share of the tokens or of the time that is gone, whichever
            is larger, to `min_alpha` when the time is up. Training ends with that update, and its
            epoch counts as one; no more than `epochs` are trained. Such a run does not give the
            same bytes twice. When it is resumed, the time that it took before counts.

        Returns
        -------
        Word2Vec
            The model itself.

        Raises
        ------
        ValueError, TypeError, UnknownWordError, FileExistsError
            If a parameter is out of range, if a word of `frozen` is not in `init_vectors`, or if
            the folder for checkpoints holds some already; before anything is read.
        CorpusError, FileNotFoundError, ImportError
            If the corpus cannot be read or has nothing to train on; if no package is there that
            unpacks zstd; before anything is trained,
            and the model stays as it was.
        OSError
            If there is no room for the corpus, for what workers share or for a first checkpoint.
        TrainingDivergedError
            If numbers are no longer finite; the model has those of the last good update.
        TrainingInterrupted
            After Ctrl-C, a KeyboardInterrupt; the model has what was learned until then.
        TeamError
            If a worker process dies; what was learned may then lack a part of the last update.

        Warns
        -----
        RuntimeWarning
            If epochs had no pair to train on, since subsampling left none of a very small corpus.

        Examples
        --------
        >>> def stop(model, epoch):
        ...     return model.loss_history_[-1] < 3.0
        >>> corpus = 50 * (animals + cars)
        >>> model = model.fit(corpus, callbacks=stop, validation=0.1, max_time="10min")
        >>> len(model.loss_history_) == len(model.validation_loss_history_) <= model.epochs
        True
        """
        if isinstance(y, str):
            raise TypeError(f"y is {glimpse(y)}, but it is not used; give other arguments by name")
        settings = self._settings()
        callbacks = checked_callbacks(callbacks)
        with Run(
            settings,
            corpus,
            errors=errors,
            encoding=encoding,
            cache=cache,
            checkpoint=None if checkpoint is None else check_unused(checkpoint),
            checkpoint_every=checkpoint_every,
            start=checked_start(init_vectors, frozen, settings),
            limits=checked_limits(validation, patience, max_time),
        ) as run:
            self._train(run, callbacks)
        return self

    def fit_transform(self, documents: Any, y: Any = None, **fit_params: Any) -> Any:
        """Call `fit` and `transform` with the same documents, which may be a generator.

        Parameters
        ----------
        documents : iterable of token sequences or str
            As in `transform`.
        y : object, optional
            Not used; scikit-learn's pipelines give it to every step.
        **fit_params
            Other arguments of `fit`.

        Returns
        -------
        ndarray, shape (n_documents, d) float32, or DataFrame
            As `transform`.

        Examples
        --------
        >>> model.fit_transform(50 * animals).shape
        (100, 10)
        """
        check_documents(documents)
        read = [document for chunk in read_chunks(documents) for document in chunk]
        self.fit(read, y, **fit_params)
        return self._output(self._means(read), documents)

    @class_only
    def resume(
        cls,
        checkpoint: str | os.PathLike[str],
        corpus: Any = None,
        *,
        workers: int | None = None,
        progress: bool | None = None,
        callbacks: Callbacks = (),
        checkpoint_every: float = 10.0,
    ) -> Word2Vec:
        """Continue a run from its last checkpoint, and finish it.

        The result has the same bytes as if nothing had stopped the run.

        Parameters
        ----------
        checkpoint : path
            The folder that was given to `fit`, or to `fit_pairs`; for the latter there is
            `resume_pairs`, too.
        corpus : object, optional
            The run's corpus. None takes the paths that `fit` was given, with the files that they
            name now; where it was no file, the same sentences must be given again. A file that was
            changed, added or removed since then is refused.
        workers, progress, callbacks, checkpoint_every
            As in `Word2Vec` and `fit`; they may be others than at first.

        Returns
        -------
        Word2Vec
            The fitted model. Of a run that was finished, the model that it ended with.

        Raises
        ------
        FileNotFoundError, CheckpointError, ValueError
            If the folder holds no whole checkpoint, if the corpus is not that of the run, or if it
            must be given; else as in `fit`.

        Examples
        --------
        >>> corpus = 50 * (animals + cars)
        >>> model = model.fit(corpus, checkpoint="run")
        >>> again = Word2Vec.resume("run", corpus)  # here it was finished
        >>> bool((again.vectors_ == model.vectors_).all())
        True
        """
        saved = read_latest(checkpoint)
        if "dask" in saved.model.about:
            raise CheckpointError(
                f"{os.fspath(checkpoint)!r} holds a run of negsamp.dask.fit: "
                f"negsamp.dask.resume({os.fspath(checkpoint)!r}) goes on with it"
            )
        if saved.model.contexts is not None:
            return cls.resume_pairs(
                checkpoint,
                corpus,
                workers=workers,
                progress=progress,
                callbacks=callbacks,
                checkpoint_every=checkpoint_every,
            )
        model = cls._from_files(saved.path, saved.model)
        model.set_params(workers=workers, progress=progress)
        settings = model._settings()
        callbacks = checked_callbacks(callbacks)
        if saved.is_finished(settings.epochs):
            return model
        record = saved.model.about["corpus"]
        if corpus is None:
            lacking = "corpus is None, but the run's corpus was no file: give it again"
            corpus = saved.paths(lacking)
        files = text_files(corpus)
        is_cached = files is not None and files.recorded == record["path"]
        with Run(
            settings,
            files or corpus,
            errors=record["errors"],
            encoding=record.get("encoding", "utf-8"),
            cache=record["cache"] if is_cached else None,
            checkpoint=Path(checkpoint).resolve(),
            checkpoint_every=checkpoint_every,
            limits=saved.limits,
            saved=saved,
        ) as run:
            model._train(run, callbacks)
        return model
