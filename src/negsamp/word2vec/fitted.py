"""What a fitted model answers: its vectors, scores, predictions and files."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from negsamp.checks import glimpse, is_integer
from negsamp.core.sampling import noise_weights
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.encoding import encode_corpus
from negsamp.corpus.transformer import transformer_tags
from negsamp.errors import NotFittedError, SavedModelError
from negsamp.files.model_folder import read_model, write_model
from negsamp.training.checkpoints import model_record
from negsamp.training.likelihood import mean_log_likelihood
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.document_vectors import document_vectors
from negsamp.word2vec.learned import Learned
from negsamp.word2vec.model_html import model_html
from negsamp.word2vec.model_json import check_model, parse_record
from negsamp.word2vec.parameters import PARAMETERS, Parameters
from negsamp.word2vec.transform_output import as_output, check_output

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
        return self._fitted("vocabulary_").vocabulary

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
        """γ: a float, or one for each center, (V,) float32."""
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

    def transform(self, documents: Any) -> Any:
        """Mean vectors of documents.

        Parameters
        ----------
        documents : iterable of token sequences or str
            As in `fit`, but no path.

        Returns
        -------
        ndarray, shape (n_documents, d) float32
            The mean of the vectors of a document's known words, each as often as it occurs; zeros
            where no word is known, of which the log has a warning. Or a table of these, see
            `set_output`.

        Raises
        ------
        NotFittedError
            If the model is not trained, here and in the other methods.
        CorpusError
            If `documents` is a str or a path, if a document is no sequence of tokens, or if a token
            is not hashable.
        """
        return self._output(self._means(documents), documents)

    def _means(self, documents: Any) -> np.ndarray:
        means, n_unknown = document_vectors(self.vocabulary_, self.vectors_, documents)
        if n_unknown:
            logger.warning(
                "%d of %d documents have no known word; their vectors are zeros",
                n_unknown,
                len(means),
            )
        return means

    def _output(self, means: np.ndarray, documents: Any) -> Any:
        config = getattr(self, "_sklearn_output_config", {})
        return as_output(config, means, self.get_feature_names_out(), documents)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose what `transform` and `fit_transform` return, as in scikit-learn.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, optional
            An array, or a DataFrame whose columns are named by `get_feature_names_out`; that of
            pandas has the index of the documents if these are a Series. None leaves what is set.

        Returns
        -------
        The model itself.

        Raises
        ------
        ValueError, ImportError
            If `transform` is something else, or the library is not installed.
        """
        if transform is not None:
            check_output(transform)
            self._sklearn_output_config = {"transform": transform}  # where `clone` looks for it
        return self

    def score(self, corpus: Any, y: Any = None) -> float:
        """Mean log-likelihood of a held-out text under the objective.

        Parameters
        ----------
        corpus, y
            As in `fit`. Words that are not known are left out, as rare ones are in training; no
            token is subsampled.

        Returns
        -------
        float
            Minus the mean loss in nats per pair, so higher is better. Noise words come from a fixed
            seed: the same model and text give the same number.

        Raises
        ------
        CorpusError, FileNotFoundError
            If the text cannot be read, or has no two known words in a sentence.

        Notes
        -----
        It compares models of one objective and vocabulary, of different `vector_size`, `alpha` or
        `epochs` for instance. `window`, `negative`, the noise and `min_count` change what a pair is
        or what it costs: choose these by the task, say by the classifier at a pipeline's end.
        """
        learned = self._fitted("vectors_")
        if learned.context_vocabulary is not None:
            raise ValueError(
                "score takes the pairs of a text, and the contexts of this model are those of "
                "fit_pairs; score_pairs takes pairs"
            )
        settings, stream = self._settings(), encode_corpus(learned.vocabulary, corpus)
        return mean_log_likelihood(settings, learned.trained(settings), stream)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of `transform`, ``word2vec0`` and so on; no argument is used."""
        names = [f"{type(self).__name__.lower()}{k}" for k in range(self.vectors_.shape[1])]
        return np.array(names, dtype=object)

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

    def __sklearn_is_fitted__(self) -> bool:
        return self._learned is not None

    def __sklearn_tags__(self) -> Any:
        return transformer_tags()

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
        UnknownWordError, ValueError, TypeError
            If a word is not in the vocabulary, if there are not as many centers as contexts, or if
            one of the two is a single string.
        """
        rows, columns = self._rows("centers", centers), self._rows("contexts", contexts, True)
        if len(rows) != len(columns):
            raise ValueError(
                f"centers has {len(rows)} words and contexts {len(columns)}; they come in pairs"
            )
        learned = self._fitted("vectors_")
        return learned.objective.pair_scores(learned.trained(), rows, columns)

    def predict_context(self, words: Iterable[Any], topn: int = 10) -> list[tuple[Any, float]]:
        """The contexts that are most probable around words, for this model.

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
        UnknownWordError, ValueError
            If a word is not in the vocabulary, if `words` is empty, or `topn` is less than 1.
        """
        if not is_integer(topn) or topn < 1:
            raise ValueError(f"topn is {glimpse(topn)}; it must be an integer, 1 or more")
        rows = self._rows("words", [words] if isinstance(words, str) else words)
        if not len(rows):
            raise ValueError("words is empty; a context is predicted from one word or more")
        learned = self._fitted("vectors_")
        trained = learned.trained(self._settings())
        log_p = learned.objective.log_probabilities(trained, rows).mean(axis=0)
        best = np.argsort(-log_p, kind="stable")[: int(topn)]
        return [(learned.contexts.words[row], float(log_p[row])) for row in best]

    def _rows(self, name: str, words: Any, is_context: bool = False) -> np.ndarray:
        if isinstance(words, str):
            raise TypeError(f"{name} is {glimpse(words)}; it must be a list of words")
        learned = self._fitted("wv")
        of_pairs = is_context and learned.context_vocabulary is not None
        wv = learned.context_wv if of_pairs else learned.wv
        return np.array([wv.row(word) for word in words], dtype=np.intp)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model to a folder of plain files.

        ``vectors.npy`` and ``context_vectors.npy`` (`numpy.load` reads them, memory-mapped too),
        ``vocabulary.txt`` (a word and its count a line, in the order of their rows) and
        ``model.json``. The folder appears complete or not at all.

        Raises
        ------
        FileExistsError
            If the folder holds something that is not a model; an older model is replaced.
        ValueError, TypeError
            If a word is of a kind that cannot be written and read back, if a vector is not finite,
            or if a parameter was set after training that such a model cannot have.
        """
        learned = self._fitted("vectors_")
        vocabulary, contexts = learned.vocabulary, learned.context_vocabulary
        if contexts is not None:
            raise ValueError(
                f"the model has {len(vocabulary)} centers and {len(contexts)} contexts of "
                "fit_pairs; a saved model has one vocabulary: save wv and context_wv, each by its "
                "own save"
            )
        arrays = {"vectors": learned.vectors, "context_vectors": learned.context_vectors}
        if learned.extras.log_z is not None:
            arrays["log_z"] = learned.extras.log_z
        if self.noise is not None:
            arrays["noise"] = noise_weights(self.noise, vocabulary.counts)[:, None]
        settings = self._settings()
        check_model(settings, arrays)
        about = model_record(
            settings,
            learned.raw_words,
            learned.loss_history,
            learned.validation_loss_history,
            learned.fit_seconds,
        )
        write_model(folder, vocabulary.words, vocabulary.counts, arrays, about)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote.

        Raises
        ------
        FileNotFoundError, SavedModelError
            If there is no such folder; if a file is missing or damaged, or the parts do not agree.
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
    ) -> Self:
        try:
            parameters, told = parse_record(about, PARAMETERS, counts, arrays)
            model = cls(**parameters)
            s = model._settings()
            check_model(s, arrays)
            extras = s.objective.extras(counts, s.noise_distribution(counts), s.negative)
            vocabulary = Vocabulary(words, counts, told["raw_words"])
        except (TypeError, ValueError) as error:
            name = os.fspath(folder)
            raise SavedModelError(f"model.json in {name!r} is damaged: {error}") from error
        extras.log_z = arrays.get("log_z")
        W_in, W_out = arrays["vectors"], arrays["context_vectors"]
        model._learned = Learned(
            vocabulary, W_in, W_out, objective=s.objective, needs=extras, **told
        )
        return model
