"""What a fitted model has learned, what it says of words, and its files."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

from negsamp.checks import class_only
from negsamp.core.rare_words import RareWords
from negsamp.core.sampling import noise_weights
from negsamp.core.vocabulary import Vocabulary
from negsamp.errors import NotFittedError, SavedModelError
from negsamp.files.model_folder import ModelFiles, read_model, write_model
from negsamp.files.word_list import some_texts_of, texts_of
from negsamp.training.checkpoints import model_record
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.learned import SUMS, Learned, what_stays
from negsamp.word2vec.model_html import model_html
from negsamp.word2vec.model_json import check_model, parse_record
from negsamp.word2vec.parameters import PARAMETERS, Parameters
from negsamp.word2vec.predictions import predicted_contexts, recommended, rows_of

__all__ = ["FittedModel"]

logger = logging.getLogger(__name__)


class FittedModel(Parameters):
    """A model with its parameters and, once it is fitted, what it has learned."""

    _learned: Learned | None = None

    @property
    def wv(self) -> KeyedVectors:
        """The words and their vectors (V, d), ready for questions."""
        return self._fitted("wv").wv

    @property
    def context_wv(self) -> KeyedVectors:
        """The contexts and their output vectors (V', d): after `fit` the same words as `wv`."""
        learned = self._fitted("context_wv")
        if not learned.objective.outputs_are_words:
            name = learned.objective.name
            raise AttributeError(f"the output vectors of objective {name!r} are no words'")
        return learned.context_wv

    @property
    def vectors_(self) -> np.ndarray:
        """Input vectors, (V, d) float32."""
        return self._fitted("vectors_").vectors

    @property
    def context_vectors_(self) -> np.ndarray:
        """Output vectors, (V', d) float32."""
        return self._fitted("context_vectors_").context_vectors

    @property
    def vocabulary_(self) -> Vocabulary:
        """The words and how often each was seen."""
        return self._fitted("vocabulary_").given_vocabulary()

    @property
    def loss_history_(self) -> list[float]:
        """Mean loss of each epoch, in nats per pair."""
        return self._fitted("loss_history_").loss_history

    @property
    def validation_loss_history_(self) -> list[float]:
        """Mean held-out loss after each epoch, in nats per pair; empty if nothing was held out."""
        return self._fitted("validation_loss_history_").validation_loss_history

    @property
    def raw_words_(self) -> int:
        """Tokens read, rare ones included."""
        return self._fitted("raw_words_").raw_words

    @property
    def fit_seconds_(self) -> dict[str, float]:
        """Seconds spent on ``"read"`` and ``"train"``."""
        return self._fitted("fit_seconds_").fit_seconds

    @property
    def nce_log_z_(self) -> float | np.ndarray:
        """The γ of ``"nce"``: a float, or one for each center, (V,) float32."""
        learned = self._fitted("nce_log_z_")
        objective, log_z = learned.objective, learned.extras.log_z
        if not objective.has_normalizer:
            raise AttributeError(f"objective {objective.name!r} has no normaliser; 'nce' has")
        if log_z is None:
            return 0.0
        return float(log_z[0, 0]) if len(log_z) == 1 else log_z[:, 0]

    def _fitted(self, name: str) -> Learned:
        """What was learned, for the attribute of this name."""
        if self._learned is None:
            raise NotFittedError(
                f"this Word2Vec has no {name} yet: call fit(corpus) or load(folder)"
            )
        return self._learned

    def _repr_html_(self) -> str:
        state, learned = "not fitted", self._learned
        if learned is not None:
            epochs = len(learned.loss_history)
            state = f"fitted: {len(learned.vocabulary):,} words, {epochs} epochs"
            if epochs:
                state += f", loss {learned.loss_history[-1]:.3f}"
        defaults = Parameters().get_params()
        return model_html(type(self).__name__, state, self.get_params(), defaults)

    def __getstate__(self) -> dict[str, Any]:
        # a copy that a callback makes is not changed by the training that goes on
        state = vars(self).copy()
        if self._learned is not None:
            state["_learned"] = self._learned.lasting()
        return state

    def score_pairs(self, centers: Iterable[Any], contexts: Iterable[Any]) -> np.ndarray:
        """What the objective says of (center, context) pairs.

        Parameters
        ----------
        centers, contexts : iterable of hashable, length P
            Words, in pairs.

        Returns
        -------
        ndarray, shape (P,) float64
            For ``"sgns"`` u·v − `shift`, the pointwise mutual information
            log p(c, o) / (p(c) p_noise(o)) less log K; for ``"nce"`` u·v − γ, an estimate of
            log p(context | center); for ``"infonce"`` u·v, the same up to a number that belongs to
            the center; for ``"softmax"`` and ``"hierarchical"`` log p(context | center).

        Raises
        ------
        UnknownWordError, ValueError, TypeError
            If a word is not in the vocabulary, if there are not as many centers as contexts, or if
            one of the two is a single string.

        Examples
        --------
        >>> seen, unseen = model.score_pairs(["cats", "cats"], ["fish", "fuel"])
        >>> bool(seen > unseen)
        True
        """
        learned = self._fitted("vectors_")
        rows = rows_of(learned.wv, "centers", centers)
        has_own = learned.context_vocabulary is not None
        columns = rows_of(learned.context_wv if has_own else learned.wv, "contexts", contexts)
        if len(rows) != len(columns):
            raise ValueError(
                f"centers has {len(rows)} words and contexts {len(columns)}; they come in pairs"
            )
        return learned.objective.pair_scores(learned.trained(), rows, columns)

    def predict_context(
        self,
        words: Any,
        topn: int = 10,
        by: str = "probability",
        ignore_missing: bool = True,
    ) -> list[tuple[Any, float]]:
        """Find the contexts that are most probable around words, for this model.

        Parameters
        ----------
        words : hashable, or container of hashable
            One center or several.
        topn : int
            How many contexts, 1 or more.
        by : str
            ``"probability"`` ranks by log p(context | center), where frequent words come first, and
            ``"pmi"`` by pointwise mutual information, log p(context | center) / p_noise(context),
            where they do not: for ``"sgns"`` the order of gensim's `predict_output_word`.
        ignore_missing : bool
            Leave out words that are not in the vocabulary, unless there is no other.

        Returns
        -------
        list of (word, float)
            The largest first, in nats; the mean of several centers. After ``"sgns"`` and ``"nce"``
            probabilities sum to about 1, after the others exactly.

        Raises
        ------
        UnknownWordError, ValueError
            If no word is in the vocabulary, or one is not and is not to be left out; if `words` is
            empty, `topn` is less than 1, or `by` is something else.

        Examples
        --------
        >>> sorted(word for word, _ in model.predict_context("cats", topn=2))
        ['eat', 'fish']
        """
        learned = self._fitted("vectors_")
        return predicted_contexts(learned, self._settings(), words, topn, by, ignore_missing)

    def recommend(self, history: Any, topn: int | None = 10, exclude: Any = None) -> Any:
        """Find the items that go best with those of a history, without these, for this model.

        For a model whose words are items that were bought, played or read together: see
        docs/recipes.md. An item's score is the probability that it is the context of an item drawn
        from the history at random::

            log 1/n Σ_h p(item | h)

        Parameters
        ----------
        history : hashable, or container of hashable
            The n items, in any order. One that is there twice weighs twice; items that are not in
            the vocabulary are left out, unless there is no other.
        topn : int, optional
            How many items; all there are, if there are fewer. 0 for none, and None for the scores
            of all items, those of the history too.
        exclude : hashable, or container of hashable, optional
            Items that are no answer either, sold out for instance; unknown ones are ignored.
            (`predict_context` leaves out nothing.)

        Returns
        -------
        list of (item, float), or ndarray, shape (V',) float64
            The items and their scores in nats, the largest first, equal ones in the order of rows.
            Where `topn` is None, the scores alone, in the order of ``context_wv``.

        Raises
        ------
        UnknownWordError, ValueError, TypeError
            If no item of the history is in the vocabulary; if `history` is empty or `topn` is less
            than 0; if an item is not hashable.

        Examples
        --------
        >>> [item for item, _ in model.recommend(["cats", "eat"], topn=1, exclude=["dogs"])]
        ['fish']
        """
        learned = self._fitted("vectors_")
        return recommended(learned, self._settings(), history, topn, exclude)

    def save(
        self, folder: str | os.PathLike[str], *, keys: Callable[[Any], str] | None = None
    ) -> None:
        """Write the model to a folder of plain files.

        ``vectors.npy`` and ``context_vectors.npy`` (`numpy.load` reads them, memory-mapped too),
        ``vocabulary.txt`` (a word and its count a line, in the order of their rows) and
        ``model.json``; after `fit_pairs` ``contexts.txt`` too. The folder appears complete or not
        at all.

        Parameters
        ----------
        folder : path
            Where to write.
        keys : callable, optional
            Makes text of the words that are not str, as in `save_vectors`. Without it words are
            str, int, float, bool, bytes and tuples of these, which come back as they are.

        Raises
        ------
        FileExistsError
            If the folder holds something that is not a model; an older model is replaced.
        ValueError, TypeError
            If a word is of a kind that cannot be written and read back, if a vector is not finite,
            or if a parameter was set after training that such a model cannot have.

        Examples
        --------
        >>> model.save("model")
        >>> model = Word2Vec.load("model", mmap=True)
        >>> np.load("model/vectors.npy", mmap_mode="r").shape
        (8, 10)
        """
        learned = self._fitted("vectors_")
        vocabulary, contexts = learned.vocabulary, learned.context_vocabulary
        arrays = {"vectors": learned.vectors, "context_vectors": learned.context_vectors}
        if learned.extras.log_z is not None:
            arrays["log_z"] = learned.extras.log_z
        own_noise = self.noise is not None
        if (noise := learned.context_noise) is not None:
            arrays["context_noise"] = noise[:, None]
        elif own_noise:
            noise = noise_weights(self.noise, vocabulary.counts)
        if own_noise and noise is not None:
            arrays["noise"] = noise[:, None]
        arrays |= {name: sums[:, None] for name, sums in (learned.sums or {}).items()}
        settings = self._settings()
        check_model(settings, arrays)
        about = model_record(
            settings,
            learned.raw_words,
            learned.loss_history,
            learned.validation_loss_history,
            learned.fit_seconds,
            learned.calls,
        )
        words = texts_of(vocabulary.words, keys)
        rare: tuple[list[Any], list[int]] = [], []
        if learned.sums is not None:
            rare = some_texts_of(vocabulary.rare.counts, keys, {*words} if keys else ())
        others = None
        if contexts is not None:
            others = texts_of(contexts.words, keys), contexts.counts
        write_model(folder, words, vocabulary.counts, arrays, about, rare, others)

    @class_only
    def load(cls, folder: str | os.PathLike[str], mmap: bool = False) -> Self:
        """Read a model that `save` wrote.

        It is a new one: called on a model, which would stay as it is, it raises TypeError.

        Parameters
        ----------
        folder : path
            What `save` wrote.
        mmap : bool
            Map the two matrices, read-only, instead of reading them, so that processes share them
            and only what is asked for is read. Sizes and the other files are checked as always, but
            not the matrices' digests or numbers. `fit` begins anew and reads none of them; a copy
            or a pickle of the model has them in memory. On Windows the folder cannot be replaced or
            removed while a model is mapped from it.

        Raises
        ------
        FileNotFoundError, SavedModelError
            If there is no such folder; if a file is missing or damaged, or the parts do not agree.
        OSError, MemoryError
            If a file cannot be read, or is larger than the memory.
        """
        return cls._from_files(folder, read_model(folder, mmap))

    @classmethod
    def _from_files(cls, folder: str | os.PathLike[str], files: ModelFiles) -> Self:
        arrays, noise, contexts = files.arrays, None, None
        try:
            parameters, told = parse_record(files.about, PARAMETERS, files.counts, arrays)
            model = cls(**parameters)
            s = model._settings()
            check_model(s, arrays)
            if files.contexts is None:
                of_words = s.noise_distribution(files.counts)
            else:
                of_words = noise = arrays["context_noise"][:, 0]
                contexts = Vocabulary(*files.contexts)
            extras = s.objective.extras(files.counts, of_words, s.negative)
            rare = RareWords(files.rare)
            vocabulary = Vocabulary(files.words, files.counts, told["raw_words"], rare)
        except (TypeError, ValueError) as error:
            name = os.fspath(folder)
            raise SavedModelError(f"model.json in {name!r} is damaged: {error}") from error
        extras.log_z = arrays.get("log_z")
        needed = SUMS if "log_z" in arrays else SUMS[:2]
        has_sums = {*needed} <= {*arrays}
        sums = {name: arrays[name][:, 0] for name in needed} if has_sums else None
        model._learned = Learned(
            vocabulary,
            arrays["vectors"],
            arrays["context_vectors"],
            objective=s.objective,
            needs=extras,
            context_vocabulary=contexts,
            context_noise=noise,
            sums=sums,
            trained_with=what_stays(s),
            **told,
        )
        return model
