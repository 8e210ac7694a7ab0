"""Word vectors and the questions that are asked of them.

In a question a word stands for its vector, and an array of shape (d,) for itself. Names and
defaults are gensim's; where an answer differs from gensim's, the docstring says so. Each term is
looked up once (`query_terms`), `cosines` finds the rows, and rows become words again here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from negsamp.checks import check_integer
from negsamp.vectors.cosines import (
    closer_rows,
    cosines_of_each,
    exact_cosines,
    nearest,
    nearest_by_product,
    queries_at_once,
    row_norms,
    unit_rows,
    working_dtype,
)
from negsamp.vectors.query_terms import as_list, look_up, mean_of, query_of
from negsamp.vectors.word_vectors import WordVectors, first_rows

__all__ = ["KeyedVectors"]


class KeyedVectors(WordVectors):
    """Word vectors that answer questions.

    Parameters
    ----------
    keys : sequence of hashable
        One key a row, without repetition. A key is never taken for a row number.
    vectors : array_like, shape (V, d)
        Real numbers, one row a key. The array is not copied (a memory map stays one).
    counts : array_like, shape (V,) int64, optional
        How often each word was seen.

    Attributes
    ----------
    index_to_key, key_to_index : list, dict
        The keys by row, and each key's row.
    vectors : ndarray, shape (V, d)
        A read-only view.
    counts : ndarray, shape (V,) int64, or None

    Raises
    ------
    ValueError
        If the shapes do not agree, a key appears twice, or `vectors` holds no real numbers.

    Notes
    -----
    Each method raises `UnknownWordError`, which names the nearest spelling, for a key that is not
    in the vocabulary. It raises ValueError if a number is out of range, a list that it needs terms
    of is empty, an array is not d finite numbers, or a vector that it scales has a norm that is not
    finite. A search by a zero vector, which has no direction, raises ValueError too; other cosines
    with a zero vector are 0.
    """

    def get_vector(self, key: Hashable, norm: bool = False) -> np.ndarray:
        """Vector of `key`, (d,) read-only, scaled to norm 1 with ``norm=True``."""
        if not norm:
            return self.vectors[self.row(key)]
        [unit] = look_up(self, [key]).units(zeros=True).astype(working_dtype(self.vectors))
        unit.flags.writeable = False
        return unit

    def most_similar(
        self,
        positive: Any = (),
        negative: Any = (),
        topn: int = 10,
        restrict_vocab: int | None = None,
    ) -> list[tuple[Any, float]]:
        """Keys whose vectors point most nearly where the query does.

        The query is the sum of the unit vectors of `positive` and the negated ones of `negative`
        (3CosAdd [1]_); its keys are never an answer.

        Parameters
        ----------
        positive, negative : key or vector, or list of these
            A vector is an array of shape (d,); it is scaled to norm 1 like the others (gensim
            keeps its length). A pair (term, weight) in a list is a term with a weight: 1 by
            default, and −1 in `negative`, where it must not be above 0 (gensim would add what it
            should subtract). Where tuples are among the keys, a tuple is always a key.
        topn : int
            How many answers, at least 1; all there are, if the vocabulary has fewer words.
        restrict_vocab : int, optional
            Look for answers among this number of the first words only, the most frequent ones.

        Returns
        -------
        list of (key, float)
            The answers and their cosines, the nearest first, equal cosines in row order.

        References
        ----------
        .. [1] T. Mikolov, W. Yih, G. Zweig, "Linguistic Regularities in Continuous Space Word
           Representations", NAACL 2013, section 4.
        """
        [answers] = self._nearest([(positive, negative)], topn, restrict_vocab)
        return answers

    def most_similar_batch(
        self, positives: Iterable[Any], topn: int = 10, restrict_vocab: int | None = None
    ) -> list[list[tuple[Any, float]]]:
        """Exactly the answers of `most_similar` to each of many queries, by few matrix products.

        Parameters
        ----------
        positives : list, or ndarray of shape (n, d)
            Each item is what `most_similar` takes as `positive`: a key, a vector, or a list.
            ValueError is raised if `positives` itself is a single key.
        topn, restrict_vocab
            As in `most_similar`.
        """
        if isinstance(positives, np.ndarray) and positives.ndim != 2:
            raise ValueError(
                f"positives has shape {positives.shape}; it must be (n, {self.vector_size})"
            )
        if isinstance(positives, (str, bytes)) or not isinstance(positives, Iterable):
            raise ValueError(f"positives is {positives!r:.60}; it must be a list of queries")
        return self._nearest([(positive, ()) for positive in positives], topn, restrict_vocab)

    def _nearest(
        self, questions: list[tuple[Any, Any]], topn: int, restrict_vocab: int | None
    ) -> list[list[tuple[Any, float]]]:
        check_integer("topn", topn, 1)
        vectors, norms = first_rows(self, restrict_vocab)
        answers = []
        step = queries_at_once(len(vectors))
        for start in range(0, len(questions), step):
            part = [query_of(self, *question) for question in questions[start : start + step]]
            queries, asked = zip(*part, strict=True)
            found = nearest(vectors, norms, np.array(queries), asked, int(topn))
            answers += [self._answers(*rows_and_cosines) for rows_and_cosines in found]
        return answers

    def _answers(self, rows: np.ndarray, scores: np.ndarray) -> list[tuple[Any, float]]:
        return [(self.index_to_key[i], s) for i, s in zip(rows, scores.tolist(), strict=True)]

    def most_similar_cosmul(
        self,
        positive: Any = (),
        negative: Any = (),
        topn: int = 10,
        restrict_vocab: int | None = None,
    ) -> list[tuple[Any, float]]:
        """As `most_similar`, with the scores of 3CosMul [1]_, which are 0 or more.

        A score is ``Π cos(x, positive) / (Π cos(x, negative) + 1e−6)`` on cosines shifted to
        [0, 1], so that no large cosine outweighs the others, as it may in a sum.

        Parameters
        ----------
        positive, negative, topn, restrict_vocab
            As in `most_similar`, but without weights, and with one positive term or more. (gensim
            neither scales vectors here nor uses `restrict_vocab`.)

        References
        ----------
        .. [1] O. Levy, Y. Goldberg, "Linguistic Regularities in Sparse and Explicit Word
           Representations", CoNLL 2014, equation 4 and footnote 7.
        """
        above, below = as_list(positive), as_list(negative)
        if not above:
            raise ValueError("positive is empty; most_similar_cosmul needs a word there")
        check_integer("topn", topn, 1)
        vectors, norms = first_rows(self, restrict_vocab)
        query = look_up(self, above + below)
        positive, negative = np.split(query.units(), [len(above)])
        found = nearest_by_product(vectors, norms, positive, negative, query.rows, int(topn))
        return self._answers(*found)

    def similar_by_word(
        self, word: Any, topn: int = 10, restrict_vocab: int | None = None
    ) -> list[tuple[Any, float]]:
        """`most_similar` of one key, which may be a tuple."""
        self.row(word)
        return self.most_similar([word], (), topn, restrict_vocab)

    similar_by_key = similar_by_word

    def similar_by_vector(
        self, vector: Any, topn: int = 10, restrict_vocab: int | None = None
    ) -> list[tuple[Any, float]]:
        """`most_similar` of one vector, array_like of shape (d,); no key is left out."""
        return self.most_similar([np.asarray(vector)], (), topn, restrict_vocab)

    def similarity(self, w1: Any, w2: Any) -> float:
        """Cosine of the angle between two vectors, in [−1, 1]; 0 where one is zero."""
        unit1, unit2 = look_up(self, [w1, w2]).units(zeros=True)
        return float(np.clip(unit1 @ unit2, -1, 1))

    def distance(self, w1: Any, w2: Any) -> float:
        """1 − `similarity`, in [0, 2]."""
        return 1 - self.similarity(w1, w2)

    def n_similarity(self, ws1: Any, ws2: Any) -> float:
        """Cosine of the means of two lists of unscaled vectors; gensim leaves unknown keys out."""
        return self.similarity(*(mean_of(self, words, None, False, False) for words in (ws1, ws2)))

    def distances(self, word_or_vector: Any, other_words: Any = None) -> np.ndarray:
        """1 − the cosines of one term with a list of n others, (n,), or with all words, (V,).

        (gensim compares with all words if the list is empty, too.)
        """
        query = look_up(self, [word_or_vector]).units(zeros=True)
        if other_words is None:
            [cosines] = cosines_of_each(*first_rows(self, None), query)
        else:
            others = look_up(self, as_list(other_words)).units(zeros=True)
            [cosines] = exact_cosines(others, np.arange(len(others)), query)
        return (1 - cosines).astype(working_dtype(self.vectors), copy=False)

    def closer_than(self, key1: Any, key2: Any) -> list[Any]:
        """Keys, in row order, that are nearer to `key1` than `key2` is; not `key1` itself."""
        return [self.index_to_key[row] for row in self._closer(key1, key2)]

    def rank(self, key1: Any, key2: Any) -> int:
        """1 + the number of keys of `closer_than`."""
        return len(self._closer(key1, key2)) + 1

    def _closer(self, key1: Any, key2: Any) -> np.ndarray:
        query = look_up(self, [key1])
        unit = query.units()
        [[cosine]] = exact_cosines(look_up(self, [key2]).vectors, np.arange(1), unit)
        rows = closer_rows(*first_rows(self, None), unit[0], float(cosine))
        return rows[~np.isin(rows, query.rows)]

    def doesnt_match(self, words: Any) -> Any:
        """Term of a list whose vector has the smallest cosine with the mean of the unit vectors.

        Of equal ones it is the first. Words that are not in the vocabulary are an error; gensim
        leaves them out, though they may be what does not match.
        """
        if isinstance(words, str) or not isinstance(words, Iterable):
            raise ValueError(f"words is {words!r:.60}; it must be a list of words")
        terms = list(words)
        if not terms:
            raise ValueError("words is empty; there is no word to choose")
        units = look_up(self, terms).units(zeros=True)
        mean = units.mean(axis=0, keepdims=True)
        return terms[int(exact_cosines(units, np.arange(len(units)), mean)[0].argmin())]

    def relative_cosine_similarity(self, wa: Any, wb: Any, topn: int = 10) -> float:
        """`similarity` of two words over the sum of those of the `topn` words nearest to `wa`.

        Above 1 / `topn` the two are more alike than the nearest are on average [1]_. ValueError is
        raised if the sum is 0.

        References
        ----------
        .. [1] A. Leeuwenberg et al., "A Minimally Supervised Approach for Synonym Extraction with
           Word Embeddings", Prague Bulletin of Mathematical Linguistics 105, 2016, equation 1.
        """
        total = sum(cosine for _, cosine in self.most_similar([wa], (), topn))
        if total == 0:
            raise ValueError(f"the {topn} words nearest to {wa!r:.60} have cosines whose sum is 0")
        return self.similarity(wa, wb) / total

    def get_mean_vector(
        self,
        keys: Any,
        weights: Any = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> np.ndarray:
        """Weighted mean of some vectors, (d,).

        ValueError is raised if no key is left or all weights are 0. (gensim returns zeros.)

        Parameters
        ----------
        keys : key or vector, or list of these
        weights : array_like, shape (n,), optional
            One a key, finite, 1 by default. The sum is divided by that of their absolute values.
        pre_normalize, post_normalize : bool
            Scale each vector to norm 1 before (arrays too, which gensim leaves as they are), and
            the mean after.
        ignore_missing : bool
            Leave out keys that are not in the vocabulary, with their weights.
        """
        mean = mean_of(self, keys, weights, pre_normalize, ignore_missing)
        if post_normalize:
            [mean] = unit_rows(mean[None], row_norms(mean[None]))
        return mean.astype(working_dtype(self.vectors))
