"""Word vectors and the questions that are asked of them.

In a question a word stands for its vector, and an array of shape (d,) for itself. Names and
defaults are gensim's; where an answer differs from gensim's, the docstring says so. Each term is
looked up once (`query_terms`), `cosines` finds the rows, and rows become words again here.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from negsamp.checks import check_integer
from negsamp.vectors.candidates import Candidates, candidates
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
from negsamp.vectors.key_containers import queries_in, several_in, terms_in
from negsamp.vectors.query_terms import look_up, mean_of, query_of
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
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        clip_start: int = 0,
        clip_end: int | None = None,
        among: Any = None,
    ) -> Any:
        """Keys whose vectors point most nearly where the query does.

        The query is the sum of the unit vectors of `positive` and the negated ones of `negative`
        (3CosAdd [1]_); its keys are never an answer.

        Parameters
        ----------
        positive, negative : key or vector, or several of these in a list or another container
            A vector is an array of shape (d,); it is scaled to norm 1 like the others (gensim
            keeps its length). A pair (term, weight) in a list is a term with a weight: 1 by
            default, and −1 in `negative`, where it must not be above 0 (gensim would add what it
            should subtract). Where tuples are among the keys, a tuple is always a key.
        topn : int, optional
            How many answers; all there are, if there are fewer. 0 for none, and None for the
            cosines of all candidates, those of the query's keys too.
        restrict_vocab : int, optional
            Look for answers among this number of the first words only, the most frequent ones where
            words are in order of their counts, as they are after `Word2Vec.fit`.
        clip_start, clip_end : int, optional
            Look for answers among the rows from `clip_start` to before `clip_end`.
        among : container of hashable, optional
            Look for answers among these keys only.

        Returns
        -------
        list of (key, float), or ndarray, shape (n,)
            The answers and their cosines, the nearest first, equal cosines in row order. Where
            `topn` is None, the n cosines alone: one for each row, or for each key of `among`, in
            its order (a set's in the order of the rows).

        References
        ----------
        .. [1] T. Mikolov, W. Yih, G. Zweig, "Linguistic Regularities in Continuous Space Word
           Representations", NAACL 2013, section 4.
        """
        some = candidates(self, restrict_vocab, clip_start, clip_end, among)
        [answers] = self._nearest([(positive, negative)], topn, some)
        return answers

    def most_similar_batch(
        self,
        positives: Any,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        among: Any = None,
    ) -> list[Any]:
        """Exactly the answers of `most_similar` to each of many queries, by few matrix products.

        Parameters
        ----------
        positives : container, or ndarray of shape (n, d)
            Each item is what `most_similar` takes as `positive`: a key, a vector, or a list.
            ValueError is raised if `positives` itself is a single key.
        topn, restrict_vocab, among
            As in `most_similar`.
        """
        some = candidates(self, restrict_vocab, among=among)
        return self._nearest([(query, None) for query in queries_in(self, positives)], topn, some)

    def _nearest(
        self, questions: list[tuple[Any, Any]], topn: int | None, some: Candidates
    ) -> list[Any]:
        check_integer("topn", topn, 0, optional=True)
        answers: list[Any] = []
        step = queries_at_once(len(some.vectors))
        for start in range(0, len(questions), step):
            part = [query_of(self, *question) for question in questions[start : start + step]]
            if topn is None:
                answers += [some.cosines(query) for query, _ in part]
                continue
            queries, asked = zip(*part, strict=True)
            excluded = map(some.places, asked)
            found = nearest(some.vectors, some.norms, np.array(queries), excluded, int(topn))
            answers += [self._answers(some, *places_and_cosines) for places_and_cosines in found]
        return answers

    def _answers(
        self, some: Candidates, places: np.ndarray, scores: np.ndarray
    ) -> list[tuple[Any, float]]:
        keys = (self.index_to_key[some.rows[place]] for place in places.tolist())
        return list(zip(keys, scores.tolist(), strict=True))

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        among: Any = None,
    ) -> Any:
        """As `most_similar`, with the scores of 3CosMul [1]_, which are 0 or more.

        A score is ``Π cos(x, positive) / (Π cos(x, negative) + 1e−6)`` on cosines shifted to
        [0, 1], so that no large cosine outweighs the others, as it may in a sum.

        Parameters
        ----------
        positive, negative, topn, restrict_vocab, among
            As in `most_similar`, but without weights, and with one positive term or more. (gensim
            neither scales vectors here nor uses `restrict_vocab`.)

        References
        ----------
        .. [1] O. Levy, Y. Goldberg, "Linguistic Regularities in Sparse and Explicit Word
           Representations", CoNLL 2014, equation 4 and footnote 7.
        """
        above = terms_in(self, "positive", positive)
        below = terms_in(self, "negative", negative)
        if not above:
            raise ValueError("positive is empty; most_similar_cosmul needs a word there")
        check_integer("topn", topn, 0, optional=True)
        some = candidates(self, restrict_vocab, among=among)
        query = look_up(self, above + below)
        positive, negative = np.split(query.units(), [len(above)])
        if topn is None:
            return some.cos_mul(positive, negative)
        excluded = some.places(query.rows)
        found = nearest_by_product(
            some.vectors, some.norms, positive, negative, excluded, int(topn)
        )
        return self._answers(some, *found)

    def similar_by_word(
        self,
        word: Any,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        among: Any = None,
    ) -> Any:
        """`most_similar` of one key, which may be a tuple."""
        self.row(word)
        return self.most_similar([word], None, topn, restrict_vocab, among=among)

    def similar_by_key(
        self,
        key: Any,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        among: Any = None,
    ) -> Any:
        """`similar_by_word`, by another name."""
        return self.similar_by_word(key, topn, restrict_vocab, among=among)

    def similar_by_vector(
        self,
        vector: Any,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        among: Any = None,
    ) -> Any:
        """`most_similar` of one vector, array_like of shape (d,); no key is left out."""
        return self.most_similar([np.asarray(vector)], None, topn, restrict_vocab, among=among)

    def most_similar_to_given(self, key1: Any, keys_list: Any) -> Any:
        """Key of a list that is nearest to one term, of equal ones the first.

        It may be `key1` itself, if that is in the list; ``most_similar(key1, among=keys_list)``
        leaves it out, and gives several answers with their cosines.
        """
        found = look_up(self, terms_in(self, "keys_list", keys_list))
        if not found.terms:
            raise ValueError("keys_list is empty; there is no key to choose")
        unit = look_up(self, [key1]).units(zeros=True)
        [cosines] = exact_cosines(found.vectors, np.arange(len(found.terms)), unit)
        return found.terms[int(cosines.argmax())]

    def similarity(self, w1: Any, w2: Any) -> float:
        """Cosine of the angle between two vectors, in [−1, 1]; 0 where one is zero."""
        unit1, unit2 = look_up(self, [w1, w2]).units(zeros=True)
        return float(np.clip(unit1 @ unit2, -1, 1))

    def distance(self, w1: Any, w2: Any) -> float:
        """1 − `similarity`, in [0, 2]."""
        return 1 - self.similarity(w1, w2)

    def n_similarity(self, ws1: Any, ws2: Any, ignore_missing: bool = False) -> float:
        """Cosine of the means of the unscaled vectors of two lists.

        ``ignore_missing=True`` leaves out keys that are not in the vocabulary, as gensim does.
        """
        lists = {"ws1": ws1, "ws2": ws2}
        means = (mean_of(self, k, v, None, False, ignore_missing) for k, v in lists.items())
        return self.similarity(*means)

    def distances(self, word_or_vector: Any, other_words: Any = None) -> np.ndarray:
        """1 − the cosines of one term with a list of n others, (n,), or with all words, (V,).

        (gensim compares with all words if the list is empty, too.)
        """
        query = look_up(self, [word_or_vector]).units(zeros=True)
        if other_words is None:
            [cosines] = cosines_of_each(*first_rows(self, None), query)
        else:
            others = look_up(self, terms_in(self, "other_words", other_words)).units(zeros=True)
            [cosines] = exact_cosines(others, np.arange(len(others)), query)
        return (1 - cosines).astype(working_dtype(self.vectors), copy=False)

    @staticmethod
    def cosine_similarities(vector_1: Any, vectors_all: Any) -> np.ndarray:
        """Cosines of a vector, (d,), with the rows of a matrix, (n, d); (n,), 0 for a zero vector.

        They are float64 for float64 rows, and else float32.
        """
        query, rows = np.asarray(vector_1), np.asarray(vectors_all)
        if query.ndim != 1 or rows.ndim != 2 or rows.shape[1] != len(query):
            raise ValueError(
                f"vector_1 has shape {query.shape} and vectors_all {rows.shape}; they must be "
                "(d,) and (n, d)"
            )
        unit = unit_rows(query[None], row_norms(query[None])).astype(np.float64)
        [cosines] = exact_cosines(rows, np.arange(len(rows)), unit)
        return cosines.astype(working_dtype(rows), copy=False)

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
        terms, scores = self._centrality(words, True)
        return terms[int(scores.argmin())]

    def rank_by_centrality(self, words: Any, use_norm: bool = True) -> list[tuple[float, Any]]:
        """Cosines of the terms of a list with the mean of their unit vectors, the largest first.

        ``use_norm=False`` takes the vectors as they are, for the mean and for the product with
        it, scaled to norm 1. Words that are not in the vocabulary are an error; gensim leaves
        them out.
        """
        terms, scores = self._centrality(words, use_norm)
        order = np.argsort(-scores, kind="stable").tolist()
        return [(float(scores[i]), terms[i]) for i in order]

    def _centrality(self, words: Any, use_norm: bool) -> tuple[list[Any], np.ndarray]:
        found = look_up(self, several_in(self, "words", words))
        if not found.terms:
            raise ValueError("words is empty; there is no word to choose")
        units = found.units(zeros=True)
        vectors = units if use_norm else found.vectors
        mean = vectors.mean(axis=0, keepdims=True)
        [scores] = exact_cosines(vectors, np.arange(len(vectors)), mean)
        if not use_norm:
            scores *= row_norms(vectors)
        return found.terms, scores / max(np.linalg.norm(mean), np.finfo(float).tiny)

    def relative_cosine_similarity(self, wa: Any, wb: Any, topn: int = 10) -> float:
        """`similarity` of two words over the sum of those of the `topn` words nearest to `wa`.

        Above 1 / `topn` the two are more alike than the nearest are on average [1]_. ValueError is
        raised if the sum is 0.

        References
        ----------
        .. [1] A. Leeuwenberg et al., "A Minimally Supervised Approach for Synonym Extraction with
           Word Embeddings", Prague Bulletin of Mathematical Linguistics 105, 2016, equation 1.
        """
        check_integer("topn", topn, 1)
        total = sum(cosine for _, cosine in self.most_similar([wa], None, topn))
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
        keys : key or vector, or several of these in a list or another container
        weights : array_like, shape (n,), optional
            One a key, finite, 1 by default. The sum is divided by that of their absolute values.
        pre_normalize, post_normalize : bool
            Scale each vector to norm 1 before (arrays too, which gensim leaves as they are), and
            the mean after.
        ignore_missing : bool
            Leave out keys that are not in the vocabulary, with their weights.
        """
        mean = mean_of(self, "keys", keys, weights, pre_normalize, ignore_missing)
        if post_normalize:
            [mean] = unit_rows(mean[None], row_norms(mean[None]))
        return mean.astype(working_dtype(self.vectors))
