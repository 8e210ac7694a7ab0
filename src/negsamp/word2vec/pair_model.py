"""Training on explicit pairs, which `Word2Vec` has beside training on text."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Self

from negsamp.checks import class_only, glimpse
from negsamp.corpus.pair_files import PairFormat
from negsamp.corpus.pair_forms import GivenPairs
from negsamp.errors import CheckpointError
from negsamp.training.checkpoints import check_unused, read_latest
from negsamp.training.initial_vectors import checked_start
from negsamp.training.limits import checked_limits
from negsamp.training.pairs import PairRun
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.learned import Callbacks, KeepLearned, Learned, checked_callbacks
from negsamp.word2vec.text_model import TextModel

__all__ = ["PairModel"]


class PairModel(TextModel):
    """A model that can be fitted to pairs."""

    def fit_pairs(
        self,
        centers: Any,
        contexts: Iterable[Any] | None = None,
        weights: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        errors: str = "strict",
        encoding: str = "utf-8",
        delimiter: str | None = None,
        header: bool = False,
        callbacks: Callbacks = (),
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 10.0,
        init_vectors: KeyedVectors | None = None,
        frozen: bool | Iterable[Any] = False,
        validation: float | None = None,
        patience: int | None = None,
        max_time: float | str | None = None,
    ) -> Self:
        """Learn vectors from explicit (center, context) pairs, with negative sampling.

        For contexts that are not neighbours in a text: words with their syntactic relation [1]_,
        what was clicked after what, users and what they bought, edges of a weighted graph. With
        ``"sgns"`` this minimises over the pairs (c, o)

            Σ weight · (−log σ(u_o · v_c) − K · E_noise log σ(−u_k · v_c))

        `.wv` has the centers and `.context_wv` the contexts, two vocabularies: a word that is both
        has a row in each. All workers train; the same seed gives the same bytes for any number of
        them. `save`, `load`, pickles and checkpoints are those of every model.

        Parameters
        ----------
        centers, contexts : iterable of hashable, length P
            The two words of each pair: lists, arrays or columns of a table. Or `centers` alone is
            all pairs, which are

            - an iterable of tuples (center, context) or (center, context, weight);
            - a table of two or three columns, in this order, or an array of shape (P, 2) or (P, 3);
            - a dict from pair to weight, such as a Counter, or from center to one from context to
              weight; so is what counts pairs in pandas, ``df.groupby(["user", "item"]).size()``;
            - a SciPy sparse matrix of any format: rows are centers, columns contexts, and values
              weights;
            - a path, list of paths, folder or pattern as in `fit`, plain or packed: of text files
              with a pair in each line, in two or three columns between tabs or commas, or else
              white space. Words are str. Lines of white space are left out.
        weights : array_like, shape (P,), optional
            Weight of each pair, finite, 0 or more; 1 if None. Only their ratios matter to what is
            learned. A pair of weight 2 counts as two of weight 1, and one of weight 0 as none; the
            weights of a pair that is given more than once add up.
        index, columns : iterable of hashable, optional
            Names of the rows and of the columns of a matrix, as in ``pandas.DataFrame``; by default
            their numbers, int from 0.
        errors, encoding
            How files are read, as in `fit`.
        delimiter : str, optional
            The character between the columns of files. None finds it out: a tab if the first line
            has one, or else a comma, or else white space. Fields between tabs are taken as they
            are; in others, quotes are those of CSV.
        header : bool
            Whether the first line of each file is left out.
        callbacks, checkpoint, checkpoint_every, patience, max_time
            As in `fit`; `resume_pairs` goes on from a checkpoint.
        init_vectors, frozen
            As in `fit`, for the centers.
        validation : float, optional
            Share of the pairs, one of each so many in a row, that is held out and never trained on;
            the rest is as in `fit`. Their words are counted with the rest.

        Returns
        -------
        Word2Vec
            The model itself; `score_pairs` and `predict_context` take its contexts.

        Raises
        ------
        ValueError, TypeError, CorpusError
            Besides the errors of `fit`, if there are not as many centers as contexts or weights, if
            a weight is negative or not finite, if a word is None, NaN or not hashable, if a line of
            a file is no pair, or if no pair is left to train on; the model stays as it was.

        Notes
        -----
        A word's count is the sum of the weights of its pairs: `min_count` leaves out the centers
        and contexts below it, once, with their pairs; noise words are contexts, drawn in proportion
        to ``count^ns_exponent`` or by `noise`, in the order of ``context_wv``. `batch_size` counts
        pairs in an update. `window`, `shrink_windows`, `sample`, `max_vocab_size` and
        `max_final_vocab` are ignored: pairs are trained as they are given. `raw_words_` is the
        weight of all pairs.

        Pairs take about 60 bytes of memory each; more than 33 million are trained from temporary
        files, 28 bytes each, and need not fit into memory. ``"softmax"`` and ``"hierarchical"``
        draw no noise and are for text.

        References
        ----------
        .. [1] O. Levy, Y. Goldberg, "Dependency-Based Word Embeddings",
           ACL 2014.

        Examples
        --------
        >>> from negsamp import Word2Vec
        >>> model = Word2Vec(vector_size=10, min_count=1, epochs=2, seed=1)
        >>> model = model.fit_pairs([("cats", "chase_subj"), ("mice", "chase_obj")])
        >>> model.wv["cats"].shape, "chase_obj" in model.context_wv
        ((10,), True)

        Users and items, with how often each was bought:

        >>> from scipy.sparse import csr_array
        >>> bought = csr_array([[3, 0, 1], [0, 2, 2]])
        >>> model = model.fit_pairs(bought, index=["ann", "bob"], columns=["tea", "soap", "rice"])
        >>> model.context_wv["tea"].shape
        (10,)
        """
        settings = self._settings()
        if not settings.objective.draws_noise:
            raise ValueError(
                f"objective is {glimpse(self.objective)}, which draws no noise words; fit_pairs "
                "trains 'sgns', 'nce', 'infonce', or an objective of your own that draws them"
            )
        callbacks = checked_callbacks(callbacks)
        with PairRun(
            settings,
            GivenPairs(
                centers,
                contexts,
                weights,
                index,
                columns,
                PairFormat(encoding, errors, delimiter, header),
            ),
            checkpoint=None if checkpoint is None else check_unused(checkpoint),
            checkpoint_every=checkpoint_every,
            start=checked_start(init_vectors, frozen, settings),
            limits=checked_limits(validation, patience, max_time),
        ) as run:
            run.train(KeepLearned(self, partial(Learned.of_run, run), callbacks))
        return self

    @class_only
    def resume_pairs(
        cls,
        checkpoint: str | os.PathLike[str],
        centers: Any = None,
        contexts: Iterable[Any] | None = None,
        weights: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        workers: int | None = None,
        progress: bool | None = None,
        callbacks: Callbacks = (),
        checkpoint_every: float = 10.0,
    ) -> Self:
        """Continue a run of `fit_pairs` from its last checkpoint, and finish it.

        The result has the same bytes as if nothing had stopped the run.

        Parameters
        ----------
        checkpoint : path
            The folder that was given to `fit_pairs`.
        centers, contexts, weights, index, columns
            The run's pairs, as they were given. If `centers` is None, the files are read that the
            run was given; others are refused if they are changed.
        workers, progress, callbacks, checkpoint_every
            As in `Word2Vec.resume`.

        Returns
        -------
        Word2Vec
            As from `Word2Vec.resume`.

        Raises
        ------
        FileNotFoundError, CheckpointError, ValueError
            As from `Word2Vec.resume`; else as in `fit_pairs`.

        Examples
        --------
        >>> pairs = [("cats", "chase_subj"), ("mice", "chase_obj")]
        >>> model = model.fit_pairs(pairs, checkpoint="pairs-run")
        >>> Word2Vec.resume_pairs("pairs-run", pairs).wv.index_to_key
        ['cats', 'mice']
        """
        saved = read_latest(checkpoint)
        if saved.model.contexts is None:
            raise CheckpointError(
                f"{os.fspath(checkpoint)!r} holds a run on a text: go on with Word2Vec.resume"
            )
        model = cls._from_files(saved.path, saved.model)
        model.set_params(workers=workers, progress=progress)
        settings = model._settings()
        callbacks = checked_callbacks(callbacks)
        if saved.is_finished(settings.epochs):
            return model
        record = saved.model.about["corpus"]
        how = PairFormat(*(record[name] for name in PairFormat._fields))
        if centers is None:
            centers = saved.paths(
                "centers is None, but the run's pairs were in no file: give them again: "
                "Word2Vec.resume_pairs(checkpoint, centers, contexts, weights)"
            )
        with PairRun(
            settings,
            GivenPairs(centers, contexts, weights, index, columns, how),
            checkpoint=Path(checkpoint).resolve(),
            checkpoint_every=checkpoint_every,
            limits=saved.limits,
            saved=saved,
        ) as run:
            run.train(KeepLearned(model, partial(Learned.of_run, run), callbacks))
        return model
