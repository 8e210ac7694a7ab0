"""What a model says of texts, as scikit-learn asks for it: mean vectors and likelihoods."""

from __future__ import annotations

import logging
from typing import Any, Self

import numpy as np

from negsamp.corpus.encoding import encode_corpus
from negsamp.corpus.transformer import transformer_tags
from negsamp.training.likelihood import mean_log_likelihood, text_log_likelihoods
from negsamp.word2vec.document_vectors import document_vectors, known_ids
from negsamp.word2vec.fitted import FittedModel
from negsamp.word2vec.learned import Learned
from negsamp.word2vec.transform_output import as_output, check_output

__all__ = ["TextModel"]

logger = logging.getLogger(__name__)


class TextModel(FittedModel):
    """A fitted model that transforms and scores texts."""

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

        Examples
        --------
        >>> vectors = model.transform(["cats eat fish", ["trucks", "unknown"]])
        >>> vectors.shape, bool((vectors[1] == model.wv["trucks"]).all())
        ((2, 10), True)
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
        Word2Vec
            The model itself.

        Raises
        ------
        ValueError, ImportError
            If `transform` is something else, or the library is not installed.

        Examples
        --------
        >>> type(model.set_output(transform="default").transform(["cats eat"])).__name__
        'ndarray'
        """
        if transform is not None:
            check_output(transform)
            self._sklearn_output_config = {"transform": transform}  # where `clone` looks for it
        return self

    def score(
        self, corpus: Any, y: Any = None, *, errors: str = "strict", encoding: str = "utf-8"
    ) -> float:
        """Mean log-likelihood of a held-out text under the objective.

        Parameters
        ----------
        corpus, y, errors, encoding
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

        Examples
        --------
        >>> model.score(["cats eat fish"]) > model.score(["cats need wheels and fuel"])
        True
        """
        learned = self._of_texts("score")
        settings = self._settings()
        stream = encode_corpus(learned.vocabulary, corpus, errors, encoding)
        return mean_log_likelihood(settings, learned.trained(settings), stream)

    def score_samples(self, texts: Any) -> np.ndarray:
        """Mean log-likelihood of each of some texts, as `score` has it of all together.

        Parameters
        ----------
        texts : iterable of token sequences or str
            As in `transform`; each is one sentence, and words that are not known are left out.

        Returns
        -------
        ndarray, shape (n_texts,) float64
            Minus the mean loss in nats per pair of each text, so that texts of any length compare;
            it does not depend on the other texts. nan where a text has no two known words, of which
            the log has a warning. gensim's `score` has the sum of a sentence's pairs.

        Raises
        ------
        CorpusError
            As in `transform`.

        Examples
        --------
        >>> np.isnan(model.score_samples(["cats eat fish", "cats"])).tolist()
        [False, True]
        """
        learned = self._of_texts("score_samples")
        settings = self._settings()
        known = known_ids(learned.vocabulary, texts)
        found = text_log_likelihoods(settings, learned.trained(settings), known)
        if n_empty := int(np.isnan(found).sum()):
            message = "%d of %d texts have no two known words; their log-likelihood is nan"
            logger.warning(message, n_empty, len(found))
        return found

    def _of_texts(self, name: str) -> Learned:
        """What was learned from texts, for the method of this name."""
        learned = self._fitted("vectors_")
        if learned.context_vocabulary is not None:
            raise ValueError(
                f"{name} takes the pairs of a text, and the contexts of this model are those of "
                "fit_pairs; score_pairs takes pairs"
            )
        return learned

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the columns of `transform`, as scikit-learn does.

        Parameters
        ----------
        input_features : object, optional
            Not used.

        Returns
        -------
        ndarray, shape (d,) of object
            ``word2vec0`` and so on.

        Examples
        --------
        >>> model.get_feature_names_out()[:2].tolist()
        ['word2vec0', 'word2vec1']
        """
        names = [f"{type(self).__name__.lower()}{k}" for k in range(self.vectors_.shape[1])]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return self._learned is not None

    def __sklearn_tags__(self) -> Any:
        return transformer_tags()
