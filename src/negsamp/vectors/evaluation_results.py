"""What evaluations find: correlations with human judgements, and right answers by section."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "AnalogiesResult",
    "AnalogyAnswer",
    "AnalogyCount",
    "WordPairAnswer",
    "WordPairsResult",
]


@dataclass(frozen=True)
class WordPairAnswer:
    """A pair of words as it was given, its human score and its cosine; None if one is unknown."""

    words: tuple[Any, Any]
    score: float
    cosine: float | None


@dataclass(frozen=True)
class WordPairsResult:
    """How well cosines agree with human judgements of similarity.

    Rank and linear correlation, over a number of `pairs`, have two-sided p-values against none; the
    four are nan where fewer than two pairs could be compared or one side is constant. `oov` counts
    pairs with a word out of vocabulary; `oov_ratio` is in percent of all pairs, as in gensim.
    `skipped_lines` has the numbers, from 1, of the lines or rows that could not be read. `answers`
    has all pairs in their order, if they were asked for.
    """

    spearman: float
    pearson: float
    spearman_pvalue: float
    pearson_pvalue: float
    pairs: int
    oov: int
    oov_ratio: float
    skipped_lines: tuple[int, ...]
    answers: tuple[WordPairAnswer, ...] = field(default=(), repr=False)


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
class AnalogyAnswer:
    """A question (a, b, c, d) as it was given, and the key that was found in the place of d.

    `rank` is 1 where that is d, else 1 + the number of keys that score above d; it is None where d
    is one of a, b and c. It and `answer` are None where a word is out of vocabulary, and the answer
    where no other word is left.
    """

    section: str
    question: tuple[Any, Any, Any, Any]
    answer: Any
    rank: int | None
    correct: bool


@dataclass(frozen=True)
class AnalogiesResult:
    """Answers to analogy questions, counted by section.

    `oov` counts the questions with a word out of vocabulary; `skipped_lines` has the numbers, from
    1, of the lines or rows that could not be read. `answers` has all questions in their order, if
    they were asked for.
    """

    sections: tuple[AnalogyCount, ...]
    oov: int
    skipped_lines: tuple[int, ...]
    answers: tuple[AnalogyAnswer, ...] = field(default=(), repr=False)

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
