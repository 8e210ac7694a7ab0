"""Word vectors and the questions that are asked of them.

In a question a word stands for its vector, and an array of shape (d,) for itself. Names and
defaults are gensim's; where an answer differs from gensim's, the docstring says so. Each term is
looked up once (`query_terms`), `cosines` finds the rows, and rows become words again here.
`similarities` has the questions about given words, which need no search.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from negsamp.checks import check_integer
from negsamp.vectors.candidates import Candidates, candidates
from negsamp.vectors.cosines import nearest, nearest_by_product, queries_at_once
from negsamp.vectors.key_containers import queries_in, terms_in
from negsamp.vectors.query_terms import look_up, query_of
from negsamp.vectors.similarities import Similarities

__all__ = ["KeyedVectors"]


class KeyedVectors(Similarities):
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
        How often each word was seen.
    vector_size : int
        d.
    norms : ndarray, shape (V,)
        The Euclidean norm of each row; read-only, computed when first asked for.
    unit_vectors : ndarray, shape (V, d)
        The rows scaled to norm 1 (zero rows stay zero); read-only, computed when first asked for.

    Raises
    ------
    ValueError
        If the shapes do not agree, a key appears twice, `vectors` holds no real numbers, or
        `counts` no integers of 0 or more.

    Notes
    -----
    Each method raises `UnknownWordError`, which names the nearest spelling, for a key that is not
    in the vocabulary. It raises ValueError if a number is out of range, a list that it needs terms
    of is empty, an array is not d finite numbers, or a vector that it scales has a norm that is not
    finite. A search by a zero vector, which has no direction, raises ValueError too; other cosines
    with a zero vector are 0.

    Examples
    --------
    >>> from negsamp import KeyedVectors
    >>> words = ["man", "woman", "king", "queen", "apple"]
    >>> vectors = [[0, 1, 1], [0, -1, 1], [2, 1, 1], [2, -1, 1], [0, 0, -1]]
    >>> kv = KeyedVectors(words, vectors, counts=[9, 8, 5, 4, 3])
    >>> kv
    KeyedVectors(5 words, 3 dimensions)
    >>> kv["king"]
    array([2, 1, 1])
    >>> kv[["king", "man"]].shape, "prince" in kv, len(kv)
    ((2, 3), False, 5)
    >>> kv.index_to_key[0], kv.key_to_index["king"], kv.counts.tolist()
    ('man', 2, [9, 8, 5, 4, 3])
    >>> kv.vector_size, kv.norms.shape, kv.unit_vectors.shape
    (3, (5,), (5, 3))

    Words come from a file with `open_vectors`, and from a model as its ``wv``.
    """

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

        Examples
        --------
        >>> kv.most_similar("king", topn=1)[0][0]
        'queen'
        >>> kv.most_similar(positive=["king", "woman"], negative=["man"], topn=1)[0][0]
        'queen'
        >>> kv.most_similar("king", among=["queen", "apple"], topn=1)[0][0]
        'queen'
        >>> kv.most_similar("king", topn=None).shape
        (5,)
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

        Returns
        -------
        list of list of (key, float), or list of ndarray, shape (n,)
            What `most_similar` returns, for each query.

        Examples
        --------
        >>> [answers[0][0] for answers in kv.most_similar_batch(["king", "woman"], topn=1)]
        ['queen', 'queen']
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
        """Answer as `most_similar`, with the scores of 3CosMul [1]_, which are 0 or more.

        A score is ``Π cos(x, positive) / (Π cos(x, negative) + 1e−6)`` on cosines shifted to
        [0, 1], so that no large cosine outweighs the others, as it may in a sum.

        Parameters
        ----------
        positive, negative, topn, restrict_vocab, among
            As in `most_similar`, but without weights, and with one positive term or more. (gensim
            neither scales vectors here nor uses `restrict_vocab`.)

        Returns
        -------
        list of (key, float), or ndarray, shape (n,)
            As `most_similar` does, with scores in place of cosines.

        References
        ----------
        .. [1] O. Levy, Y. Goldberg, "Linguistic Regularities in Sparse and Explicit Word
           Representations", CoNLL 2014, equation 4 and footnote 7.

        Examples
        --------
        >>> kv.most_similar_cosmul(positive=["king", "woman"], negative=["man"], topn=1)[0][0]
        'queen'
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
        """Find the words nearest to one key, which may be a tuple.

        Parameters
        ----------
        word : hashable
            A key.
        topn, restrict_vocab, among
            As in `most_similar`.

        Returns
        -------
        list of (key, float), or ndarray, shape (n,)
            As `most_similar` does.

        Examples
        --------
        >>> kv.similar_by_word("king", topn=1) == kv.similar_by_key("king", topn=1)
        True
        >>> kv.similar_by_vector([2, 1, 1], topn=1)[0][0]
        'king'
        """
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
        """Do what `similar_by_word` does, by another name of gensim's.

        Parameters
        ----------
        key, topn, restrict_vocab, among
            As in `similar_by_word`.

        Returns
        -------
        list of (key, float), or ndarray, shape (n,)
            As `most_similar` does.
        """
        return self.similar_by_word(key, topn, restrict_vocab, among=among)

    def similar_by_vector(
        self,
        vector: Any,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        among: Any = None,
    ) -> Any:
        """Find the words nearest to one vector; no key is left out.

        Parameters
        ----------
        vector : array_like, shape (d,)
            It is scaled to norm 1.
        topn, restrict_vocab, among
            As in `most_similar`.

        Returns
        -------
        list of (key, float), or ndarray, shape (n,)
            As `most_similar` does.
        """
        return self.most_similar([np.asarray(vector)], None, topn, restrict_vocab, among=among)

    def relative_cosine_similarity(self, wa: Any, wb: Any, topn: int = 10) -> float:
        """Divide the `similarity` of two words by the sum over the words nearest to the first.

        Above 1 / `topn` the two are more alike than the nearest are on average [1]_.

        Parameters
        ----------
        wa, wb : key or vector
            The two words.
        topn : int
            How many of the words nearest to `wa` are added up.

        Returns
        -------
        float
            ``cos(wa, wb) / Σ cos(wa, its nearest)``.

        Raises
        ------
        ValueError
            If the sum is 0.

        References
        ----------
        .. [1] A. Leeuwenberg et al., "A Minimally Supervised Approach for Synonym Extraction with
           Word Embeddings", Prague Bulletin of Mathematical Linguistics 105, 2016, equation 1.

        Examples
        --------
        >>> round(kv.relative_cosine_similarity("king", "queen", topn=2), 3)
        0.536
        """
        check_integer("topn", topn, 1)
        total = sum(cosine for _, cosine in self.most_similar([wa], None, topn))
        if total == 0:
            raise ValueError(f"the {topn} words nearest to {wa!r:.60} have cosines whose sum is 0")
        return self.similarity(wa, wb) / total
