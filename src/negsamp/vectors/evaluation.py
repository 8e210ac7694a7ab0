"""Word similarity and word analogies: the two figures that word vectors are compared by.

Files and figures are those of word2vec's compute-accuracy and of gensim: the same vectors and the
same file give the same numbers.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np

from negsamp.checks import check_choice, check_flags
from negsamp.vectors.cosines import three_cos_mul, unit_rows
from negsamp.vectors.evaluation_results import (
    AnalogiesResult,
    AnalogyAnswer,
    AnalogyCount,
    WordPairAnswer,
    WordPairsResult,
)
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.question_files import (
    Questions,
    has_sections,
    read_analogies,
    read_pairs,
    without_tags,
)
from negsamp.vectors.word_vectors import check_keyed_vectors, first_rows

__all__ = [
    "METHODS",
    "AnalogiesResult",
    "AnalogyAnswer",
    "AnalogyCount",
    "WordPairAnswer",
    "WordPairsResult",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "has_sections",
]

logger = logging.getLogger(__name__)

# Entries of one (questions, rows) array of scores: 16 MB of float32. Some seven are alive at once.
_CHUNK_SCORES = 2**22

# How the scores of all rows follow from their cosines with the words a, b and c of a question.
METHODS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "add": lambda a, b, c: b - a + c,
    "mul": lambda a, b, c: three_cos_mul([b, c], [a]),
}


def evaluate_word_pairs(
    kv: KeyedVectors,
    path: Any,
    *,
    restrict_vocab: int | None = 300_000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    answers: bool = False,
) -> WordPairsResult:
    """Correlate the cosines of word pairs with human judgements.

    Parameters
    ----------
    kv : KeyedVectors
        Vectors, most frequent words first.
    path : path-like, list of (word1, word2, score), DataFrame or dict
        A text file, a line ``word1 word2 score``; or such rows, a table with such columns, or
        scores by pair. Lines that start with ``#`` and empty ones do not count. The files of
        WordSim-353 [1]_, MEN, RG-65, SimLex-999 [2]_ (three columns or its own ten), SimVerb-3500
        and the rare words (RW) are read as they come: a first line that calls two columns
        ``word1`` and ``word2`` and one ``score``, ``Human (mean)`` or the like says which they are,
        and without it the number of columns does. Where each word of a file has its part of speech
        (``sun-n``), and the vocabulary has no such word, the words are taken without.
    restrict_vocab : int or None
        Use this number of the first words only; None uses all.
    case_insensitive : bool
        Compare words in upper case; of a word's spellings the first, the most frequent, is used.
    dummy4unknown : bool
        Give a pair with an unknown word the cosine 0 instead of leaving it out.
    delimiter : str, optional
        The character between columns. By default it is found out: tabs, semicolons, commas (in the
        last two, quotes are CSV's), or white space.
    encoding : str
        Of the file.
    answers : bool
        Keep each pair's cosine in the result's `answers`.

    Returns
    -------
    WordPairsResult
        With ``spearman`` and ``pearson``, the correlations over a number of ``pairs``, and their
        two-sided p-values ``spearman_pvalue`` and ``pearson_pvalue``; ``oov``, the pairs with a
        word out of vocabulary, and ``oov_ratio``, the same in percent of all pairs, as in gensim;
        ``skipped_lines``, the numbers of lines that could not be read; and ``answers``. If no pair
        is in the vocabulary, the correlations are nan and a warning is logged; gensim raises.

    Raises
    ------
    OSError, TypeError, ValueError
        If `kv` is no KeyedVectors, `path` cannot be read or is no file, no line of it can be used,
        a line has more than 65 536 characters or a NUL, a vector is not finite, or a parameter is
        out of range.

    References
    ----------
    .. [1] L. Finkelstein et al., "Placing Search in Context: The Concept Revisited", ACM
       Transactions on Information Systems 20(1), 2002, section 4.
    .. [2] F. Hill, R. Reichart, A. Korhonen, "SimLex-999: Evaluating Semantic Models with (Genuine)
       Similarity Estimation", Computational Linguistics 41(4), 2015.

    Examples
    --------
    >>> from negsamp import KeyedVectors, evaluate_word_pairs
    >>> kv = KeyedVectors(["cup", "mug", "sea"], [[4, 1], [4, 2], [-1, 3]])
    >>> judged = [("cup", "mug", 9), ("mug", "sea", 2), ("cup", "sea", 1), ("cup", "tea", 6)]
    >>> result = evaluate_word_pairs(kv, judged)
    >>> round(result.spearman, 3), result.pairs, result.oov
    (1.0, 3, 1)
    """
    check_keyed_vectors("kv", kv)
    check_flags(case_insensitive=case_insensitive, dummy4unknown=dummy4unknown, answers=answers)
    from scipy import stats  # takes longer to import than all the rest of negsamp

    vectors, norms = first_rows(kv, restrict_vocab)
    rows = _rows_by_form(kv, restrict_vocab, case_insensitive)
    asked = read_pairs(path, delimiter, encoding)
    entries, is_known, odd = _looked_up(asked, rows, case_insensitive)
    left, right = (
        unit_rows(vectors[words], norms[words])
        for words in np.array([found for _, _, found in entries if found], np.intp).reshape(-1, 2).T
    )
    cosines = np.zeros(len(entries), dtype=left.dtype)
    cosines[is_known] = np.einsum("ij,ij->i", left, right)
    is_used = is_known | dummy4unknown
    judged = np.array([score for _, score, _ in entries])[is_used]
    spearman = pearson = spearman_p = pearson_p = math.nan
    if len(judged) > 1 and np.ptp(judged) > 0 and np.ptp(cosines[is_used]) > 0:
        spearman, spearman_p = map(float, stats.spearmanr(judged, cosines[is_used]))
        pearson, pearson_p = map(float, stats.pearsonr(judged, cosines[is_used]))
    oov = int((~is_known).sum())
    figures = (spearman, pearson, spearman_p, pearson_p, len(judged), oov)
    each: tuple[WordPairAnswer, ...] = ()
    if answers:
        found = zip(entries, cosines.tolist(), is_used.tolist(), strict=True)
        each = tuple(
            WordPairAnswer((words[0], words[1]), score, cosine if is_there else None)
            for (words, score, _), cosine, is_there in found
        )
    return WordPairsResult(*figures, oov / len(entries) * 100, odd, each)


def evaluate_word_analogies(
    kv: KeyedVectors,
    path: Any,
    *,
    restrict_vocab: int | None = 300_000,
    method: str = "add",
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    answers: bool = False,
) -> AnalogiesResult:
    """Answer questions "a is to b as c is to …" and count the right answers.

    The answer is the best-scored of the first `restrict_vocab` words that is none of a, b and c, in
    any spelling. (gensim looks at the five best only, and so gives up where five spellings of the
    question's own words come first.)

    Parameters
    ----------
    kv, restrict_vocab, case_insensitive, delimiter, encoding
        As in `evaluate_word_pairs`; word2vec's compute-accuracy is usually run with 30 000 words.
    path : path-like, list of (a, b, c, d), DataFrame, or dict of these by section
        A text file: headers ``: section`` and, below each, questions of four words a line, as in
        questions-words.txt [1]_; or such rows. Without a header all are in one section,
        ``questions``. A table may have a fifth column, ``section``.
    method : {"add", "mul"}
        3CosAdd, ``cos(x, b) − cos(x, a) + cos(x, c)``, as in `KeyedVectors.most_similar`, or
        3CosMul, ``cos(x, b) · cos(x, c) / (cos(x, a) + 1e−6)`` on cosines shifted to [0, 1], as in
        `KeyedVectors.most_similar_cosmul`.
    dummy4unknown : bool
        Count a question with an unknown word as answered wrongly instead of leaving it out.
    answers : bool
        Keep each question's answer and rank in the result's `answers`.

    Returns
    -------
    AnalogiesResult
        With ``accuracy``, the share of right answers in [0, 1]; ``sections``, whose items have
        ``name``, ``correct``, ``questions`` and ``accuracy``, and the sums of some of them:
        ``semantic``, ``syntactic`` (names that start with ``gram``) and ``total``; ``oov``, the
        questions with a word out of vocabulary; ``skipped_lines``, the numbers of lines that could
        not be read; and ``answers``, if they were asked for.

    Raises
    ------
    OSError, ValueError
        As `evaluate_word_pairs`; ValueError if there is no such `method`.

    References
    ----------
    .. [1] T. Mikolov, K. Chen, G. Corrado, J. Dean, "Efficient Estimation of Word Representations
       in Vector Space", 2013, section 4.1.

    Examples
    --------
    >>> from negsamp import KeyedVectors, evaluate_word_analogies
    >>> words = ["man", "woman", "king", "queen", "sea"]
    >>> kv = KeyedVectors(words, [[0, 1, 1], [0, -1, 1], [2, 1, 1], [2, -1, 1], [0, 0, -1]])
    >>> questions = {"family": [("man", "king", "woman", "queen"), ("man", "boy", "woman", "girl")]}
    >>> result = evaluate_word_analogies(kv, questions)
    >>> result.accuracy, result.total.questions, result.oov
    (1.0, 1, 1)
    """
    check_keyed_vectors("kv", kv)
    check_flags(case_insensitive=case_insensitive, dummy4unknown=dummy4unknown, answers=answers)
    check_choice("method", method, METHODS)
    units = unit_rows(*first_rows(kv, restrict_vocab))
    rows = _rows_by_form(kv, restrict_vocab, case_insensitive)
    asked = read_analogies(path, delimiter, encoding)
    entries, is_known, odd = _looked_up(asked, rows, case_insensitive)
    questions = np.array([found for _, _, found in entries if found], np.intp).reshape(-1, 4)
    right = np.zeros(len(entries), dtype=bool)
    right[is_known], best, ranks = _answers(units, questions, rows, method, answers)
    section_of = np.array([section for _, section, _ in entries], np.intp)
    is_asked = is_known | dummy4unknown
    n_asked, correct = (
        np.bincount(section_of[which], minlength=len(asked.sections)).tolist()
        for which in (is_asked, right)
    )
    sections = tuple(map(AnalogyCount, asked.sections, correct, n_asked))
    each = []
    if answers:
        found = iter(zip(best, ranks, strict=True))
        for (words, section, _), is_there, is_right in zip(entries, is_known, right, strict=True):
            row, rank = next(found) if is_there else (None, None)
            answer = None if row is None else kv.index_to_key[row]
            name = asked.sections[section]
            each.append(AnalogyAnswer(name, tuple(words), answer, rank, bool(is_right)))
    return AnalogiesResult(sections, int((~is_known).sum()), odd, tuple(each))


def _answers(
    units: np.ndarray,
    questions: np.ndarray,
    rows: dict[Hashable, list[int]],
    method: str,
    ranked: bool,
) -> tuple[np.ndarray, list[int | None], list[int | None]]:
    """Answer questions (Q, 4) of first rows by units (n, d).

    Returns which are answered rightly, (Q,) bool, and, if they are to be `ranked`, the rows of the
    answers and the ranks of the right ones. A chunk's questions share many words: their cosines are
    computed once, in one product.
    """
    spellings = {same[0]: same for same in rows.values()}
    first_row = np.empty(len(units), dtype=np.intp)
    for row, same in spellings.items():
        first_row[same] = row
    # A question that asks for one of its own words has no right answer.
    right = (questions[:, 3:] != questions[:, :3]).all(axis=1)
    answers: list[int | None] = []
    ranks: list[int | None] = []
    size = max(1, _CHUNK_SCORES // max(1, len(units)))
    for start in range(0, len(questions), size):
        asked, expected = questions[start : start + size, :3], questions[start : start + size, 3]
        words, place = np.unique(asked, return_inverse=True)
        cosines = units[words] @ units.T  # (U, n)
        a, b, c = place.reshape(asked.shape).T
        scores = METHODS[method](cosines[a], cosines[b], cosines[c])  # (Q, n)
        for word in words:
            scores[np.ix_((asked == word).any(axis=1), spellings[word])] = -np.inf
        best = scores.argmax(axis=1)
        right[start : start + size] &= first_row[best] == expected
        if ranked:
            for row, answer, of_all in zip(expected, best, scores, strict=True):
                answers.append(int(answer) if of_all[answer] > -np.inf else None)
                ranks.append(_rank(of_all, spellings[row]))
    return right, answers, ranks


def _rank(scores: np.ndarray, same: list[int]) -> int | None:
    """1 + how many scores (n,) come before the best of the rows `same`; None if that is -inf."""
    score = scores[same].max()
    if score == -np.inf:
        return None
    # equal ones come in the order of rows, as in argmax
    row = same[int(scores[same].argmax())]
    return 1 + int((scores > score).sum() + (scores[:row] == score).sum())


def _rows_by_form(
    kv: KeyedVectors, restrict_vocab: int | None, case_insensitive: bool
) -> dict[Hashable, list[int]]:
    """Return the rows of each word, ascending; spellings are one word in upper case."""
    rows: dict[Hashable, list[int]] = {}
    for row, key in enumerate(kv.index_to_key[:restrict_vocab]):
        rows.setdefault(_form(key, case_insensitive), []).append(row)
    return rows


def _form(key: Any, case_insensitive: bool) -> Any:
    return key.upper() if case_insensitive and isinstance(key, str) else key


def _looked_up(
    asked: Questions, rows: Mapping[Hashable, list[int]], case_insensitive: bool
) -> tuple[list[tuple[list[Any], Any, list[int]]], np.ndarray, tuple[int, ...]]:
    """Return entries with their words' first rows, which are known, and the odd lines.

    An entry has its words as they were given, its value, and the rows, none if a word is unknown.
    """
    odd = tuple(number for number, entry in asked.entries if entry is None)
    given = [entry for _, entry in asked.entries if entry is not None]
    forms = {word: _form(word, case_insensitive) for words, _ in given for word in words}
    if plain := without_tags(forms.values(), rows):
        forms = {word: plain[form] for word, form in forms.items()}
    entries = []
    for words, value in given:
        found = [rows[forms[word]][0] for word in words if forms[word] in rows]
        entries.append((words, value, found if len(found) == len(words) else []))
    is_known = np.array([bool(found) for _, _, found in entries])
    name, form = asked.name.strip("'"), asked.form
    if odd:
        some = ", ".join(map(str, odd[:5])) + (", …" if len(odd) > 5 else "")
        logger.warning("%s: skipped %d line(s) not of the form %s: %s", name, len(odd), form, some)
    if not is_known.any():
        logger.warning("%s: all %d entries have a word out of vocabulary", name, len(entries))
    return entries, is_known, odd
