"""Training on explicit pairs, which `Word2Vec` has beside training on text."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial
from typing import Any, Self

from negsamp.checks import glimpse
from negsamp.corpus.pairs import read_pairs
from negsamp.training.pairs import PairRun
from negsamp.word2vec.learned import Callbacks, KeepLearned, Learned, checked_callbacks
from negsamp.word2vec.text_model import TextModel

__all__ = ["PairModel"]


class PairModel(TextModel):
    """A model that can be fitted to pairs."""

    def fit_pairs(
        self,
        centers: Iterable[Any],
        contexts: Iterable[Any] | None = None,
        weights: Any = None,
        *,
        callbacks: Callbacks = (),
    ) -> Self:
        """Learn vectors from explicit (center, context) pairs, with negative sampling.

        For contexts that are not neighbours in a text: words with their syntactic relation [1]_,
        what was clicked after what, edges of a weighted graph. This minimises over the pairs (c, o)

            Σ weight · (−log σ(u_o · v_c) − K · E_noise log σ(−u_k · v_c))

        `.wv` has the centers and `.context_wv` the contexts, two vocabularies: a word that is both
        has a row in each. Pairs are kept in memory, about 40 bytes each, and are trained by
        all workers; the same seed gives the same bytes for any number of them.

        Parameters
        ----------
        centers, contexts : iterable of hashable, length P
            The two words of each pair. Or `centers` alone, an iterable of tuples
            (center, context) or (center, context, weight).
        weights : array_like, shape (P,), optional
            Weight of each pair, finite, 0 or more; 1 if None. Only their ratios matter to what is
            learned. A pair of weight 2 counts as two of weight 1, and one of weight 0 as none.
        callbacks
            As in `fit`.

        Returns
        -------
        Word2Vec
            The model itself; `score_pairs` and `predict_context` take its contexts. It cannot be
            saved whole, since a saved model has one vocabulary.

        Raises
        ------
        ValueError, TypeError, CorpusError
            Besides the errors of `fit`, if there are not as many centers as contexts or weights, if
            a weight is negative or not finite, if a word is None, NaN or not hashable, or if no
            pair is left to train on; the model stays as it was.

        Notes
        -----
        A word's count is the sum of the weights of its pairs: `min_count` leaves out the centers
        and contexts below it, once, with their pairs; noise words are contexts, drawn in proportion
        to count^`ns_exponent` or by `noise`, in the order of ``context_wv``. `batch_size` is pairs
        in one update. `window`, `shrink_windows`, `sample`, `max_vocab_size` and `max_final_vocab`
        are ignored: pairs are trained as they are given. `raw_words_` is the weight of all pairs.

        References
        ----------
        .. [1] O. Levy, Y. Goldberg, "Dependency-Based Word Embeddings", ACL 2014.

        Examples
        --------
        >>> from negsamp import Word2Vec
        >>> model = Word2Vec(vector_size=10, min_count=1, epochs=2, seed=1)
        >>> model = model.fit_pairs([("cats", "chase_subj"), ("mice", "chase_obj")])
        >>> model.wv["cats"].shape, "chase_obj" in model.context_wv
        ((10,), True)
        """
        settings = self._settings()
        if not settings.objective.trains_pairs:
            raise ValueError(
                f"objective is {glimpse(self.objective)}; fit_pairs trains 'sgns' only"
            )
        callbacks = checked_callbacks(callbacks)
        began = time.perf_counter()
        run = PairRun(settings, read_pairs(centers, contexts, weights, settings.min_count))
        learned = partial(Learned.of_pairs, run, time.perf_counter() - began)
        run.train(KeepLearned(self, learned, callbacks))
        return self
