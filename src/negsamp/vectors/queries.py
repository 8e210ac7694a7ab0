"""Questions asked of word vectors: each public function here is a method of `KeyedVectors`.

In a question a word stands for its vector, and an array of shape (d,) for itself. Names and
defaults are gensim's; where an answer differs from gensim's, the docstring says so. Terms become
vectors here, and rows become words again; between the two stands `negsamp.vectors.cosines`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

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
from negsamp.vectors.terms import (
    as_list,
    check_at_least_1,
    direction,
    is_vector,
    matrix_of,
    question_of,
    rows_among,
    searched,
    unit_terms,
)

__all__ = [
    "closer_than",
    "distance",
    "distances",
    "doesnt_match",
    "get_mean_vector",
    "most_similar",
    "most_similar_batch",
    "most_similar_cosmul",
    "n_similarity",
    "rank",
    "relative_cosine_similarity",
    "similar_by_vector",
    "similar_by_word",
    "similarity",
]


def most_similar(
    kv: Any,
    positive: Any = (),
    negative: Any = (),
    topn: int = 10,
    restrict_vocab: int | None = None,
) -> list[tuple[Any, float]]:
    """Keys whose vectors point most nearly where the query does.

    The query is the sum of the unit vectors of `positive` and of the negated unit vectors of
    `negative` (3CosAdd [1]_); the keys of the query are never an answer.

    Parameters
    ----------
    positive, negative : key or vector, or list of these
        A vector is an array of shape (d,); it is scaled to norm 1 like the others (gensim
        leaves its length). A pair (term, weight) in a list is a term with a weight: 1 by
        default, and −1 in `negative`, where it must not be above 0 (gensim would add what it
        should subtract). Where tuples are among the keys, a tuple is always a key.
    topn : int
        How many answers, at least 1; where the vocabulary has fewer, all of them come back.
    restrict_vocab : int, optional
        Look for answers among the first so many words only, the most frequent ones.

    Returns
    -------
    list of (key, float)
        The answers and their cosines, the nearest first, equal cosines in row order.

    Raises
    ------
    UnknownWordError
        If a key is not in the vocabulary.
    ValueError
        If there is no query, if it or one of its vectors is zero, if a vector or weight is not
        finite, or if `topn` or `restrict_vocab` is out of range.

    References
    ----------
    .. [1] T. Mikolov, W. Yih, G. Zweig, "Linguistic Regularities in Continuous Space Word
       Representations", NAACL 2013, section 4.
    """
    question = question_of(kv, positive, negative)
    return _nearest(kv, [question], topn, restrict_vocab)[0]


def most_similar_batch(
    kv: Any, positives: Iterable[Any], topn: int = 10, restrict_vocab: int | None = None
) -> list[list[tuple[Any, float]]]:
    """`most_similar` of many queries, a matrix product for some hundred of them at a time.

    Parameters
    ----------
    positives : list, or ndarray of shape (n, d)
        Each item is what `most_similar` takes as `positive`: a key, a vector, or a list.
    topn, restrict_vocab
        As in `most_similar`.

    Returns
    -------
    list of list of (key, float)
        To each query, in order, exactly the answers of `most_similar`.

    Raises
    ------
    UnknownWordError, ValueError
        As `most_similar`; ValueError if `positives` is a single key.
    """
    if isinstance(positives, np.ndarray) and positives.ndim != 2:
        raise ValueError(f"positives has shape {positives.shape}; it must be (n, {kv.vector_size})")
    if isinstance(positives, (str, bytes)) or not isinstance(positives, Iterable):
        raise ValueError(f"positives is {positives!r:.60}; it must be a list of queries")
    questions = [question_of(kv, positive) for positive in positives]
    return _nearest(kv, questions, topn, restrict_vocab)


def most_similar_cosmul(
    kv: Any,
    positive: Any = (),
    negative: Any = (),
    topn: int = 10,
    restrict_vocab: int | None = None,
) -> list[tuple[Any, float]]:
    """As `most_similar`, with the scores of 3CosMul [1]_.

    ``Π cos(x, positive) / (Π cos(x, negative) + 1e−6)`` on cosines shifted to [0, 1]: no large
    cosine outweighs the others, as it does in a sum.

    Parameters
    ----------
    positive, negative, topn, restrict_vocab
        As in `most_similar`, but without weights, and with one positive term or more. (gensim
        does not scale vectors here, nor heed `restrict_vocab`.)

    Returns
    -------
    list of (key, float)
        The answers and their scores, 0 or more, the best first, equal ones in row order.

    Raises
    ------
    UnknownWordError, ValueError
        As `most_similar`; ValueError if `positive` is empty.

    References
    ----------
    .. [1] O. Levy, Y. Goldberg, "Linguistic Regularities in Sparse and Explicit Word
       Representations", CoNLL 2014, equation 4.
    """
    above, below = as_list(positive), as_list(negative)
    if not above:
        raise ValueError("positive is empty; most_similar_cosmul needs a word there")
    check_at_least_1("topn", topn)
    vectors, norms = searched(kv, restrict_vocab)
    terms = above + below
    asked, units = rows_among(kv, terms, len(vectors)), unit_terms(kv, terms)
    n = len(above)
    found = nearest_by_product(vectors, norms, units[:n], units[n:], asked, int(topn))
    return _answers(kv, *found)


def similar_by_word(
    kv: Any, word: Any, topn: int = 10, restrict_vocab: int | None = None
) -> list[tuple[Any, float]]:
    """`most_similar` of one key, which may be a tuple."""
    kv.row(word)
    return kv.most_similar([word], (), topn, restrict_vocab)


def similar_by_vector(
    kv: Any, vector: Any, topn: int = 10, restrict_vocab: int | None = None
) -> list[tuple[Any, float]]:
    """`most_similar` of one vector, array_like of shape (d,); no key is left out."""
    return kv.most_similar([np.asarray(vector)], (), topn, restrict_vocab)


def similarity(kv: Any, w1: Any, w2: Any) -> float:
    """Cosine of the angle between two vectors, in [−1, 1]; 0 where one is zero.

    Raises
    ------
    UnknownWordError
        If one of the two is not in the vocabulary.
    ValueError
        If the norm of one is not finite.
    """
    return _cosine(*unit_terms(kv, [w1, w2], zeros=True))


def distance(kv: Any, w1: Any, w2: Any) -> float:
    """1 − `similarity`, in [0, 2]."""
    return 1 - kv.similarity(w1, w2)


def n_similarity(kv: Any, ws1: Any, ws2: Any) -> float:
    """Cosine of the angle between the means of two lists of vectors, which count as they are.

    Raises
    ------
    UnknownWordError
        If a key is not in the vocabulary. (gensim leaves it out.)
    ValueError
        If one of the lists is empty.
    """
    means = [_mean(kv, words, None, False, False) for words in (ws1, ws2)]
    return _cosine(*unit_terms(kv, means, zeros=True))


def distances(kv: Any, word_or_vector: Any, other_words: Any = None) -> np.ndarray:
    """1 − the cosines of one vector with many.

    Parameters
    ----------
    word_or_vector : key or vector
    other_words : list of keys or vectors, optional
        None stands for all words, by row. (An empty list does so in gensim.)

    Returns
    -------
    ndarray, shape (V,) or (n,)
        1 where one of the two is zero.

    Raises
    ------
    UnknownWordError
        If a key is not in the vocabulary.
    ValueError
        If the norm of a vector is not finite.
    """
    query = unit_terms(kv, [word_or_vector], zeros=True)
    if other_words is None:
        [cosines] = cosines_of_each(*searched(kv, None), query)
    else:
        others = unit_terms(kv, as_list(other_words), zeros=True)
        cosines = exact_cosines(others, np.arange(len(others)), query)[0]
    return (1 - cosines).astype(working_dtype(kv.vectors), copy=False)


def closer_than(kv: Any, key1: Any, key2: Any) -> list[Any]:
    """Keys, in row order, that are nearer to `key1` than `key2` is; not `key1` itself.

    Raises
    ------
    UnknownWordError
        If one of the two is not in the vocabulary.
    ValueError
        If `key1` is zero or the norm of a vector is not finite.
    """
    return [kv.index_to_key[row] for row in _closer(kv, key1, key2)]


def rank(kv: Any, key1: Any, key2: Any) -> int:
    """1 + the number of keys that are nearer to `key1` than `key2` is; as `closer_than`."""
    return len(_closer(kv, key1, key2)) + 1


def _closer(kv: Any, key1: Any, key2: Any) -> np.ndarray:
    """Rows of the keys of `closer_than`."""
    query = unit_terms(kv, [key1])
    [[cosine]] = exact_cosines(matrix_of(kv, [key2]), np.arange(1), query)
    rows = closer_rows(*searched(kv, None), query[0], float(cosine))
    return rows[~np.isin(rows, rows_among(kv, [key1]))]


def doesnt_match(kv: Any, words: Any) -> Any:
    """The one of some words whose vector points away most from the mean of all.

    Of equal ones the first. Words that are not in the vocabulary are an error; gensim leaves
    them out, though they may be what does not match.

    Parameters
    ----------
    words : list of keys or vectors

    Raises
    ------
    UnknownWordError
        If a key is not in the vocabulary.
    ValueError
        If `words` is empty or no list, or the norm of a vector is not finite.
    """
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise ValueError(f"words is {words!r:.60}; it must be a list of words")
    terms = list(words)
    if not terms:
        raise ValueError("words is empty; there is no word to choose")
    units = unit_terms(kv, terms, zeros=True)
    mean = units.mean(axis=0, keepdims=True)
    return terms[int(exact_cosines(units, np.arange(len(units)), mean)[0].argmin())]


def relative_cosine_similarity(kv: Any, wa: Any, wb: Any, topn: int = 10) -> float:
    """`similarity` of two words over the sum of those of the `topn` words nearest to `wa`.

    Above 1 / `topn` the two are more alike than the nearest are on average [1]_.

    Raises
    ------
    UnknownWordError
        If one of the two is not in the vocabulary.
    ValueError
        If `wa` is zero, `topn` is out of range, or the sum is 0.

    References
    ----------
    .. [1] A. Leeuwenberg, M. Vela, J. Dehdari, J. van Genabith, "A Minimally Supervised
       Approach for Synonym Extraction with Word Embeddings", Prague Bulletin of Mathematical
       Linguistics 105, 2016, equation 1.
    """
    total = sum(cosine for _, cosine in kv.most_similar([wa], (), topn))
    if total == 0:
        raise ValueError(f"the {topn} words nearest to {wa!r:.60} have cosines whose sum is 0")
    return kv.similarity(wa, wb) / total


def get_mean_vector(
    kv: Any,
    keys: Any,
    weights: Any = None,
    pre_normalize: bool = True,
    post_normalize: bool = False,
    ignore_missing: bool = True,
) -> np.ndarray:
    """Weighted mean of some vectors.

    Parameters
    ----------
    keys : key or vector, or list of these
    weights : array_like, shape (n,), optional
        One a key, 1 by default. The sum is divided by that of their absolute values.
    pre_normalize : bool
        Scale each vector to norm 1 before; arrays too, which gensim leaves as they are.
    post_normalize : bool
        Scale the mean to norm 1.
    ignore_missing : bool
        Leave out keys that are not in the vocabulary, with their weights.

    Returns
    -------
    ndarray, shape (d,)

    Raises
    ------
    UnknownWordError
        If a key is not in the vocabulary and `ignore_missing` is false.
    ValueError
        If no key is left or their weights are all 0 (where gensim returns zeros), `weights` is
        of another length or not finite, or a vector's norm is not finite.
    """
    mean = _mean(kv, keys, weights, pre_normalize, ignore_missing)
    if post_normalize:
        mean = unit_rows(mean[None], row_norms(mean[None]))[0]
    return mean.astype(working_dtype(kv.vectors))


def _mean(
    kv: Any, keys: Any, weights: Any, pre_normalize: bool, ignore_missing: bool
) -> np.ndarray:
    """As `get_mean_vector`, in float64."""
    terms = as_list(keys)
    factors = np.ones(len(terms)) if weights is None else np.asarray(weights, np.float64)
    if factors.shape != (len(terms),) or not np.isfinite(factors).all():
        raise ValueError(
            f"weights has shape {factors.shape}; it must be ({len(terms)},), one a key, and finite"
        )
    if ignore_missing:
        known = [
            i for i, term in enumerate(terms) if is_vector(term) or kv.get_index(term, -1) >= 0
        ]
        terms, factors = [terms[i] for i in known], factors[known]
    if not np.abs(factors).sum() > 0:
        raise ValueError("keys leaves no vector with a weight to take the mean of")
    vectors = unit_terms(kv, terms, zeros=True)  # which names what is not finite
    if not pre_normalize:
        vectors = matrix_of(kv, terms)
    return factors @ vectors / np.abs(factors).sum()


def _nearest(
    kv: Any, questions: list[tuple[list[Any], list[float]]], topn: int, restrict_vocab: int | None
) -> list[list[tuple[Any, float]]]:
    check_at_least_1("topn", topn)
    vectors, norms = searched(kv, restrict_vocab)
    answers = []
    step = queries_at_once(len(vectors))
    for start in range(0, len(questions), step):
        part = questions[start : start + step]
        found = nearest(
            vectors,
            norms,
            np.array([direction(kv, *question) for question in part]),
            [rows_among(kv, terms, len(vectors)) for terms, _ in part],
            int(topn),
        )
        answers += [_answers(kv, *rows_and_cosines) for rows_and_cosines in found]
    return answers


def _answers(kv: Any, rows: np.ndarray, scores: np.ndarray) -> list[tuple[Any, float]]:
    return [(kv.index_to_key[row], score) for row, score in zip(rows, scores.tolist(), strict=True)]


def _cosine(unit1: np.ndarray, unit2: np.ndarray) -> float:
    return float(np.clip(unit1 @ unit2, -1, 1))
