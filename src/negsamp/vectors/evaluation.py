"""Word similarity and word analogies: the two figures that word vectors are compared by.

Files and figures are those of word2vec's compute-accuracy and of gensim: the same vectors and the
same file give the same numbers. Reading a file, looking its words up and scoring are kept apart.
What is not here: the files themselves, and vectors for words that are not in the vocabulary.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper

import numpy as np

from negsamp.files.npy import open_file
from negsamp.vectors.cosines import three_cos_mul, unit_rows
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.terms import check_restrict_vocab, searched

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


@dataclass(frozen=True)
class WordPairsResult:
    """How well cosines agree with human judgements of similarity.

    Attributes
    ----------
    spearman, pearson : float
        Rank and linear correlation, in [−1, 1]; nan where fewer than two pairs could be compared
        or one side is constant.
    spearman_pvalue, pearson_pvalue : float
        Two-sided p-values of the two against no correlation.
    pairs : int
        Pairs that the correlations are taken over.
    oov : int
        Pairs with a word out of vocabulary.
    oov_ratio : float
        `oov` in percent of all pairs of the file, as gensim gives it.
    skipped_lines : tuple of int
        Numbers, from 1, of the lines that could not be read.
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
    """Answers counted over one section of a file, or over several.

    Attributes
    ----------
    name : str
        The section's name, or what the sections have in common.
    correct, questions : int
        Right answers, and questions with all four words in the vocabulary.
    """

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

    Attributes
    ----------
    sections : tuple of AnalogyCount
        One a section, in the order of the file.
    oov : int
        Questions left out because one of their four words is out of vocabulary.
    skipped_lines : tuple of int
        Numbers, from 1, of the lines that could not be read.
    """

    sections: tuple[AnalogyCount, ...]
    oov: int
    skipped_lines: tuple[int, ...]

    @property
    def semantic(self) -> AnalogyCount:
        """Sum of the sections whose name does not start with ``gram``."""
        return _sum("semantic", [s for s in self.sections if not s.name.startswith("gram")])

    @property
    def syntactic(self) -> AnalogyCount:
        """Sum of the sections whose name starts with ``gram``."""
        return _sum("syntactic", [s for s in self.sections if s.name.startswith("gram")])

    @property
    def total(self) -> AnalogyCount:
        """Sum of all sections."""
        return _sum("total", self.sections)

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

    Parameters
    ----------
    kv : KeyedVectors
        Vectors, most frequent words first.
    path : path-like
        UTF-8 text, a line ``word1 word2 score``, separated by tabs or, in a line without tabs, by
        any whitespace; lines that start with ``#`` and empty ones do not count. The files of
        WordSim-353 [1]_ and SimLex-999 [2]_ come in this form.
    restrict_vocab : int or None
        Only the first so many words are known; None for all.
    case_insensitive : bool
        Compare words in upper case; of a word's spellings the first row, the most frequent, is
        taken.
    dummy4unknown : bool
        Give a pair with an unknown word the cosine 0 instead of leaving it out.

    Returns
    -------
    WordPairsResult
        With nan for the correlations, and a logged warning, where no pair is in the vocabulary.
        (gensim raises there.)

    Raises
    ------
    OSError
        If `path` cannot be read: FileNotFoundError if there is no such file.
    ValueError
        If no line of `path` can be used, one has more than 65 536 characters or a NUL, `path` is
        a pipe or device, a vector is not finite, or `restrict_vocab` is out of range.

    References
    ----------
    .. [1] L. Finkelstein et al., "Placing Search in Context: The Concept Revisited", ACM
       Transactions on Information Systems 20(1), 2002, section 4.
    .. [2] F. Hill, R. Reichart, A. Korhonen, "SimLex-999: Evaluating Semantic Models with (Genuine)
       Similarity Estimation", Computational Linguistics 41(4), 2015.
    """
    from scipy import stats  # takes longer to import than all the rest of negsamp

    rows = _rows_by_form(kv, restrict_vocab, case_insensitive)
    compared: list[tuple[int, int]] = []
    judged: list[float] = []
    judged_unknown: list[float] = []
    odd: list[int] = []
    for number, line in _lines(path):
        if line.startswith("#"):
            continue
        pair = _parse_pair(line)
        if pair is None:
            odd.append(number)
            continue
        first, second = (rows.get(_form(word, case_insensitive)) for word in pair[:2])
        if first and second:
            compared.append((first[0], second[0]))
            judged.append(pair[2])
        else:
            judged_unknown.append(pair[2])
    oov, in_file = len(judged_unknown), len(judged) + len(judged_unknown)
    _report_lines(path, odd, in_file, len(judged), "'word1 word2 score'")

    vectors, norms = searched(kv, restrict_vocab)
    left, right = (
        unit_rows(vectors[rows], norms[rows])
        for rows in np.array(compared, dtype=np.intp).reshape(-1, 2).T
    )
    cosines = np.einsum("ij,ij->i", left, right)
    if dummy4unknown:
        judged += judged_unknown
        cosines = np.append(cosines, np.zeros(oov, dtype=cosines.dtype))
    spearman, spearman_pvalue = _correlate(stats.spearmanr, judged, cosines)
    pearson, pearson_pvalue = _correlate(stats.pearsonr, judged, cosines)
    return WordPairsResult(
        spearman=spearman,
        pearson=pearson,
        spearman_pvalue=spearman_pvalue,
        pearson_pvalue=pearson_pvalue,
        pairs=len(judged),
        oov=oov,
        oov_ratio=oov / in_file * 100,
        skipped_lines=tuple(odd),
    )


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
    kv : KeyedVectors
        Vectors, most frequent words first.
    path : path-like
        UTF-8 text: headers ``: section`` and, below each, questions of four words a line, as in
        questions-words.txt [1]_.
    restrict_vocab : int or None
        Questions are asked, and answers looked for, among the first so many words; None for all.
        word2vec's compute-accuracy is usually run with 30 000.
    method : {"add", "mul"}
        3CosAdd, ``cos(x, b) − cos(x, a) + cos(x, c)`` [2]_, or 3CosMul,
        ``cos(x, b) · cos(x, c) / (cos(x, a) + 1e−6)`` on cosines shifted to [0, 1] [3]_.
    case_insensitive : bool
        Compare words in upper case; of a word's spellings the first row, the most frequent, is
        asked with.

    Returns
    -------
    AnalogiesResult
        With a logged warning where no question is in the vocabulary.

    Raises
    ------
    OSError
        If `path` cannot be read: FileNotFoundError if there is no such file.
    ValueError
        If no line of `path` can be used, one has more than 65 536 characters or a NUL, `path` is
        a pipe or device, a vector is not finite, or `restrict_vocab` or `method` is out of range.

    References
    ----------
    .. [1] T. Mikolov, K. Chen, G. Corrado, J. Dean, "Efficient Estimation of Word Representations
       in Vector Space", 2013, section 4.1.
    .. [2] T. Mikolov, W. Yih, G. Zweig, "Linguistic Regularities in Continuous Space Word
       Representations", NAACL 2013, section 4.
    .. [3] O. Levy, Y. Goldberg, "Linguistic Regularities in Sparse and Explicit Word
       Representations", CoNLL 2014, equation 4 and footnote 7.
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; it must be one of {sorted(METHODS)}")
    rows = _rows_by_form(kv, restrict_vocab, case_insensitive)
    names: list[str] = []
    section_of: list[int] = []
    known: list[list[int]] = []
    odd: list[int] = []
    oov = 0
    for number, line in _lines(path):
        words = line.split()
        if words[0] == ":":
            names.append(" ".join(words[1:]))
        elif not names or len(words) != 4 or "\ufffd" in line:
            odd.append(number)
        else:
            found = [rows.get(_form(word, case_insensitive)) for word in words]
            question = [spellings[0] for spellings in found if spellings]
            if len(question) < 4:
                oov += 1
                continue
            known.append(question)
            section_of.append(len(names) - 1)
    _report_lines(path, odd, len(known) + oov, len(known), "': section' or four words below one")

    questions = np.array(known, dtype=np.intp).reshape(-1, 4)
    units = unit_rows(*searched(kv, restrict_vocab))
    right = _right_answers(units, questions, rows, METHODS[method])
    asked = np.bincount(section_of, minlength=len(names))
    correct = np.bincount(np.array(section_of, dtype=np.intp)[right], minlength=len(names))
    counts = zip(names, correct.tolist(), asked.tolist(), strict=True)
    return AnalogiesResult(tuple(AnalogyCount(*count) for count in counts), oov, tuple(odd))


def has_sections(path: str | os.PathLike[str]) -> bool:
    """Whether a file has a header ``: section``, so that it asks analogies and lists no pairs.

    Raises
    ------
    OSError
        If `path` cannot be read: FileNotFoundError if there is no such file.
    ValueError
        If a line has more than 65 536 characters or a NUL, or `path` is a pipe or device.
    """
    return any(line.split(None, 1)[0] == ":" for _, line in _lines(path))


def _three_cos_add(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return b - a + c


def _three_cos_mul(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return three_cos_mul([b, c], [a])


METHODS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "add": _three_cos_add,
    "mul": _three_cos_mul,
}


def _right_answers(
    units: np.ndarray,
    questions: np.ndarray,
    rows: dict[Hashable, list[int]],
    combine: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Which questions (Q, 4) of first rows are answered rightly by rows of units (n, d): (Q,) bool.

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
        scores = combine(cosines[a], cosines[b], cosines[c])  # (Q, n)
        for word in words:
            scores[np.ix_((asked == word).any(axis=1), spellings[word])] = -np.inf
        right[start : start + size] &= first_row[scores.argmax(axis=1)] == expected
    return right


def _sum(name: str, counts: Sequence[AnalogyCount]) -> AnalogyCount:
    return AnalogyCount(name, sum(c.correct for c in counts), sum(c.questions for c in counts))


def _form(word: Hashable, case_insensitive: bool) -> Hashable:
    """What two spellings of a word have in common; upper case, as in compute-accuracy."""
    return word.upper() if case_insensitive and isinstance(word, str) else word


def _rows_by_form(
    kv: KeyedVectors, restrict_vocab: int | None, case_insensitive: bool
) -> dict[Hashable, list[int]]:
    """Rows of each form among the first words, ascending: the first is the one that is used."""
    check_restrict_vocab(restrict_vocab)
    rows: dict[Hashable, list[int]] = {}
    for row, key in enumerate(kv.index_to_key[:restrict_vocab]):
        rows.setdefault(_form(key, case_insensitive), []).append(row)
    return rows


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1."""
    name = os.fspath(path)
    # utf-8-sig, for a byte-order mark would make the first header or comment an odd line.
    with TextIOWrapper(open_file(path), encoding="utf-8-sig", errors="replace") as file:
        number = 0
        while line := file.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise ValueError(
                    f"path is {name!r}: line {number} has more than the {_LONGEST_LINE} characters "
                    "allowed"
                )
            if "\0" in line:
                raise ValueError(f"path is {name!r}: line {number} holds a NUL, so it is no text")
            if line.strip():
                yield number, line


def _parse_pair(line: str) -> tuple[str, str, float] | None:
    """The two words and the score of a line, None if it is odd."""
    fields = [field.strip() for field in line.split("\t")] if "\t" in line else line.split()
    if len(fields) != 3 or not all(fields) or "\ufffd" in line:
        return None
    try:
        score = float(fields[2])
    except ValueError:
        return None
    return (fields[0], fields[1], score) if abs(score) <= _LARGEST_SCORE else None


def _report_lines(
    path: str | os.PathLike[str], odd: list[int], usable: int, known: int, form: str
) -> None:
    """Warn of odd lines and of a file without a known word, raise if no line can be used."""
    name = os.fspath(path)
    if not usable:
        raise ValueError(f"path is {name!r}: it has no line of the form {form} in UTF-8")
    if odd:
        first = ", ".join(map(str, odd[:5])) + (", …" if len(odd) > 5 else "")
        logger.warning("%s: skipped %d line(s) not of the form %s: %s", name, len(odd), form, first)
    if not known:
        logger.warning("%s: all %d entries have a word out of vocabulary", name, usable)


def _correlate(
    test: Callable[..., tuple[float, float]], judged: list[float], cosines: np.ndarray
) -> tuple[float, float]:
    """A correlation and its p-value, nan where it has no meaning."""
    if len(judged) < 2 or np.ptp(judged) == 0 or np.ptp(cosines) == 0:
        return math.nan, math.nan
    statistic, pvalue = test(judged, cosines)
    return float(statistic), float(pvalue)
