"""Word similarity and word analogies: the two figures that word vectors are compared by.

Files and figures are those of word2vec's compute-accuracy and of gensim: the same vectors and the
same file give the same numbers.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from typing import Any

import numpy as np

from negsamp.files.reading import open_file
from negsamp.vectors.cosines import three_cos_mul, unit_rows
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.word_vectors import first_rows

__all__ = [
    "METHODS",
    "AnalogiesResult",
    "AnalogyCount",
    "WordPairsResult",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "has_sections",
]

logger = logging.getLogger(__name__)

_LONGEST_LINE = 1 << 16  # characters; the longest of the published files has 80
_LARGEST_SCORE = 1e100  # whose square is a number
# Entries of one (questions, rows) array of scores: 16 MB of float32. Some seven are alive at once.
_CHUNK_SCORES = 2**22

# How the scores of all rows follow from their cosines with the words a, b and c of a question.
METHODS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "add": lambda a, b, c: b - a + c,
    "mul": lambda a, b, c: three_cos_mul([b, c], [a]),
}


@dataclass(frozen=True)
class WordPairsResult:
    """How well cosines agree with human judgements of similarity.

    Rank and linear correlation, over a number of `pairs`, have two-sided p-values against none; the
    four are nan where fewer than two pairs could be compared or one side is constant. `oov` counts
    pairs with a word out of vocabulary; `oov_ratio` is in percent of all pairs, as in gensim.
    `skipped_lines` has the numbers, from 1, of the lines that could not be read.
    """

    spearman: float
    pearson: float
    spearman_pvalue: float
    pearson_pvalue: float
    pairs: int
    oov: int
    oov_ratio: float
    skipped_lines: tuple[int, ...]


@dataclass(frozen=True)
class AnalogyCount:
    """Right answers and questions whose four words are known, of one section or of several."""

    name: str
    correct: int
    questions: int

    @property
    def accuracy(self) -> float:
        """Share of right answers, in [0, 1]; nan where no question was in the vocabulary."""
        return self.correct / self.questions if self.questions else math.nan


@dataclass(frozen=True)
class AnalogiesResult:
    """Answers to analogy questions, counted by section.

    `oov` counts the questions left out because one of their words is out of vocabulary;
    `skipped_lines` has the numbers, from 1, of the lines that could not be read.
    """

    sections: tuple[AnalogyCount, ...]
    oov: int
    skipped_lines: tuple[int, ...]

    @property
    def semantic(self) -> AnalogyCount:
        """Sum of the sections whose name does not start with ``gram``."""
        return self._sum("semantic", [s for s in self.sections if not s.name.startswith("gram")])

    @property
    def syntactic(self) -> AnalogyCount:
        """Sum of the sections whose name starts with ``gram``."""
        return self._sum("syntactic", [s for s in self.sections if s.name.startswith("gram")])

    @property
    def total(self) -> AnalogyCount:
        """Sum of all sections."""
        return self._sum("total", self.sections)

    @staticmethod
    def _sum(name: str, counts: Sequence[AnalogyCount]) -> AnalogyCount:
        return AnalogyCount(name, sum(c.correct for c in counts), sum(c.questions for c in counts))

    @property
    def accuracy(self) -> float:
        """Share of right answers over all sections, in [0, 1]; nan without a question."""
        return self.total.accuracy


def evaluate_word_pairs(
    kv: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    restrict_vocab: int | None = 300_000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> WordPairsResult:
    """Correlate the cosines of word pairs with human judgements.

    If no pair is in the vocabulary, they are nan and a warning is logged. (gensim raises.)

    Parameters
    ----------
    kv : KeyedVectors
        Vectors, most frequent words first.
    path : path-like
        UTF-8 text, a line ``word1 word2 score``, separated by tabs or, in a line without tabs, by
        any whitespace; lines that start with ``#`` and empty ones do not count. The files of
        WordSim-353 [1]_ and SimLex-999 [2]_ come in this form.
    restrict_vocab : int or None
        Use this number of the first words only; None uses all.
    case_insensitive : bool
        Compare words in upper case; of a word's spellings the first, the most frequent, is used.
    dummy4unknown : bool
        Give a pair with an unknown word the cosine 0 instead of leaving it out.

    Raises
    ------
    OSError, ValueError
        If `path` cannot be read or is no file, no line of it can be used, a line has more than
        65 536 characters or a NUL, a vector is not finite, or `restrict_vocab` is out of range.

    References
    ----------
    .. [1] L. Finkelstein et al., "Placing Search in Context: The Concept Revisited", ACM
       Transactions on Information Systems 20(1), 2002, section 4.
    .. [2] F. Hill, R. Reichart, A. Korhonen, "SimLex-999: Evaluating Semantic Models with (Genuine)
       Similarity Estimation", Computational Linguistics 41(4), 2015.
    """
    from scipy import stats  # takes longer to import than all the rest of negsamp

    vectors, norms = first_rows(kv, restrict_vocab)
    rows = _rows_by_form(kv, restrict_vocab, case_insensitive)
    known, unknown, odd = _read(path, _parse_pair, rows, case_insensitive, "'word1 word2 score'")
    left, right = (
        unit_rows(vectors[words], norms[words])
        for words in np.array([pair for pair, _ in known], np.intp).reshape(-1, 2).T
    )
    cosines = np.einsum("ij,ij->i", left, right)
    judged = [score for _, score in known]
    if dummy4unknown:
        judged += unknown
        cosines = np.append(cosines, np.zeros(len(unknown), dtype=cosines.dtype))
    spearman = pearson = spearman_p = pearson_p = math.nan
    if len(judged) > 1 and np.ptp(judged) > 0 and np.ptp(cosines) > 0:
        spearman, spearman_p = map(float, stats.spearmanr(judged, cosines))
        pearson, pearson_p = map(float, stats.pearsonr(judged, cosines))
    oov_ratio = len(unknown) / (len(known) + len(unknown)) * 100
    figures = (spearman, pearson, spearman_p, pearson_p)
    return WordPairsResult(*figures, len(judged), len(unknown), oov_ratio, odd)


def _parse_pair(line: str) -> tuple[list[str], float] | None:
    """Return the words and the score of a line, no words of a comment, or None if it is odd."""
    if line.startswith("#"):
        return [], 0
    fields = [field.strip() for field in line.split("\t")] if "\t" in line else line.split()
    if len(fields) != 3 or not all(fields) or "\ufffd" in line:
        return None
    try:
        score = float(fields[2])
    except ValueError:
        return None
    return (fields[:2], score) if abs(score) <= _LARGEST_SCORE else None


def evaluate_word_analogies(
    kv: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    restrict_vocab: int | None = 300_000,
    method: str = "add",
    case_insensitive: bool = True,
) -> AnalogiesResult:
    """Answer questions "a is to b as c is to …" and count the right answers.

    The answer is the best-scored of the first `restrict_vocab` words that is none of a, b and c, in
    any spelling. (gensim looks at the five best only, and so gives up where five spellings of the
    question's own words come first.)

    Parameters
    ----------
    kv, restrict_vocab, case_insensitive
        As in `evaluate_word_pairs`; word2vec's compute-accuracy is usually run with 30 000 words.
    path : path-like
        UTF-8 text: headers ``: section`` and, below each, questions of four words a line, as in
        questions-words.txt [1]_.
    method : {"add", "mul"}
        3CosAdd, ``cos(x, b) − cos(x, a) + cos(x, c)``, as in `KeyedVectors.most_similar`, or
        3CosMul, ``cos(x, b) · cos(x, c) / (cos(x, a) + 1e−6)`` on cosines shifted to [0, 1], as in
        `KeyedVectors.most_similar_cosmul`.

    Raises
    ------
    OSError, ValueError
        As `evaluate_word_pairs`; ValueError if there is no such `method`.

    References
    ----------
    .. [1] T. Mikolov, K. Chen, G. Corrado, J. Dean, "Efficient Estimation of Word Representations
       in Vector Space", 2013, section 4.1.
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r:.60}; it must be one of {sorted(METHODS)}")
    units = unit_rows(*first_rows(kv, restrict_vocab))
    rows = _rows_by_form(kv, restrict_vocab, case_insensitive)
    names: list[str] = []

    def parse(line: str) -> tuple[list[str], int] | None:
        words = line.split()
        if words[0] == ":":
            names.append(" ".join(words[1:]))
            return [], 0
        is_question = names and len(words) == 4 and "\ufffd" not in line
        return (words, len(names) - 1) if is_question else None

    form = "': section' or four words below one"
    known, unknown, odd = _read(path, parse, rows, case_insensitive, form)
    questions = np.array([words for words, _ in known], np.intp).reshape(-1, 4)
    section_of = np.array([section for _, section in known], np.intp)
    right = _right_answers(units, questions, rows, method)
    asked, correct = (
        np.bincount(sections, minlength=len(names)).tolist()
        for sections in (section_of, section_of[right])
    )
    sections = tuple(map(AnalogyCount, names, correct, asked))
    return AnalogiesResult(sections, len(unknown), odd)


def _right_answers(
    units: np.ndarray, questions: np.ndarray, rows: dict[Hashable, list[int]], method: str
) -> np.ndarray:
    """Return which questions (Q, 4) of first rows are answered rightly by units (n, d), (Q,) bool.

    A chunk's questions share many words: their cosines are computed once, in one product.
    """
    spellings = {same[0]: same for same in rows.values()}
    first_row = np.empty(len(units), dtype=np.intp)
    for row, same in spellings.items():
        first_row[same] = row
    # A question that asks for one of its own words has no right answer.
    right = (questions[:, 3:] != questions[:, :3]).all(axis=1)
    size = max(1, _CHUNK_SCORES // max(1, len(units)))
    for start in range(0, len(questions), size):
        asked, expected = questions[start : start + size, :3], questions[start : start + size, 3]
        words, place = np.unique(asked, return_inverse=True)
        cosines = units[words] @ units.T  # (U, n)
        a, b, c = place.reshape(asked.shape).T
        scores = METHODS[method](cosines[a], cosines[b], cosines[c])  # (Q, n)
        for word in words:
            scores[np.ix_((asked == word).any(axis=1), spellings[word])] = -np.inf
        right[start : start + size] &= first_row[scores.argmax(axis=1)] == expected
    return right


def has_sections(path: str | os.PathLike[str]) -> bool:
    """Return whether a file has a header ``: section``: it asks analogies and lists no pairs."""
    return any(line.split(None, 1)[0] == ":" for _, line in _lines(path))


def _rows_by_form(
    kv: KeyedVectors, restrict_vocab: int | None, case_insensitive: bool
) -> dict[Hashable, list[int]]:
    """Return the rows of each word, ascending; spellings are one word in upper case."""
    rows: dict[Hashable, list[int]] = {}
    for row, key in enumerate(kv.index_to_key[:restrict_vocab]):
        form = key.upper() if case_insensitive and isinstance(key, str) else key
        rows.setdefault(form, []).append(row)
    return rows


def _read(
    path: str | os.PathLike[str],
    parse: Callable[[str], tuple[list[str], Any] | None],
    rows: dict[Hashable, list[int]],
    case_insensitive: bool,
    form: str,
) -> tuple[list[tuple[list[int], Any]], list[Any], tuple[int, ...]]:
    """Return known entries as rows and a value, the values of unknown ones, and the odd lines.

    `parse` returns a line's words and value, no words if it is no entry, or None if it is odd.
    """
    known, unknown, odd = [], [], []
    for number, line in _lines(path):
        entry = parse(line)
        if entry is None:
            odd.append(number)
        elif entry[0]:
            words, value = entry
            found = [rows.get(word.upper() if case_insensitive else word) for word in words]
            first = [same[0] for same in found if same]
            if len(first) == len(words):
                known.append((first, value))
            else:
                unknown.append(value)
    name = os.fspath(path)
    if not known and not unknown:
        raise ValueError(f"path is {name!r}: it has no line of the form {form} in UTF-8")
    if odd:
        some = ", ".join(map(str, odd[:5])) + (", …" if len(odd) > 5 else "")
        logger.warning("%s: skipped %d line(s) not of the form %s: %s", name, len(odd), form, some)
    if not known:
        logger.warning("%s: all %d entries have a word out of vocabulary", name, len(unknown))
    return known, unknown, tuple(odd)


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    name = os.fspath(path)
    # utf-8-sig: a byte-order mark would make the first header or comment an odd line.
    with TextIOWrapper(open_file(path), encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(iter(partial(file.readline, _LONGEST_LINE + 1), ""), 1):
            if len(line) > _LONGEST_LINE:
                raise ValueError(
                    f"path is {name!r}: line {number} has more than the {_LONGEST_LINE} characters "
                    "allowed"
                )
            if "\0" in line:
                raise ValueError(f"path is {name!r}: line {number} holds a NUL, so it is no text")
            if line.strip():
                yield number, line
