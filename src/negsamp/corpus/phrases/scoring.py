"""How pairs of neighbours are scored: by a formula on arrays, or by a function of the user's."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from negsamp.checks import is_real

__all__ = ["SCORINGS", "SavedScoring", "check_scoring", "score_pairs", "scoring_name"]

SCORINGS = ("default", "npmi")
COUNTS = (
    "worda_count",
    "wordb_count",
    "bigram_count",
    "len_vocab",
    "min_count",
    "corpus_word_count",
)


class SavedScoring:
    """Stands for a function of which a file has the name only; it scores nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<scoring function {self.name}, not loaded>"

    def __call__(self, **counts: float) -> NoReturn:
        raise ValueError(
            f"scoring is {self.name!r}, a function of which the file has the name only; give it "
            "again before fit: phrases.set_params(scoring=function)"
        )


def check_scoring(scoring: Any) -> None:
    """Check a name or a function; ValueError if it is another, or does not take the counts."""
    if callable(scoring):
        try:
            inspect.signature(scoring).bind(**dict.fromkeys(COUNTS, 1))
        except TypeError as error:
            raise ValueError(
                f"scoring is {scoring_name(scoring)}, which must take {', '.join(COUNTS)}: {error}"
            ) from None
        except ValueError:  # written in C, without a signature
            pass
    elif not isinstance(scoring, str) or scoring not in SCORINGS:
        raise ValueError(
            f"scoring is {scoring!r:.60}; it must be 'default' or 'npmi', or a function of "
            f"{', '.join(COUNTS)}"
        )


def scoring_name(scoring: str | Callable[..., float]) -> str:
    """The name of a scoring; of a function, with its module."""
    if isinstance(scoring, str):
        return scoring
    if isinstance(scoring, SavedScoring):
        return scoring.name
    named = scoring if hasattr(scoring, "__qualname__") else type(scoring)
    return f"{named.__module__}.{named.__qualname__}"


def score_pairs(
    scoring: str | Callable[..., float],
    left: np.ndarray,
    right: np.ndarray,
    pairs: np.ndarray,
    n_different: int,
    min_count: int,
    n_tokens: int,
) -> np.ndarray:
    """Scores of P pairs, (P,) float64.

    `left`, `right` and `pairs`, (P,) int64, say how often the words and the pairs occur.
    """
    if scoring == "default":
        return (pairs - min_count) / (left * right) * n_different
    if scoring == "npmi":
        p = pairs / n_tokens
        return np.log(p / (left / n_tokens * (right / n_tokens))) / -np.log(p)
    assert callable(scoring)
    scores = np.empty(len(pairs))
    rows = zip(left.tolist(), right.tolist(), pairs.tolist(), strict=True)
    for i, counts in enumerate(rows):
        given = (*counts, n_different, min_count, n_tokens)
        score = scoring(**dict(zip(COUNTS, given, strict=True)))
        if not is_real(score, finite=False) or not score < math.inf:  # NaN is refused too
            told = ", ".join(f"{k}={v}" for k, v in zip(COUNTS, given, strict=True))
            raise ValueError(
                f"scoring is {scoring_name(scoring)}, which returned {score!r:.60} for {told}; it "
                "must return a number, −inf for what is no phrase"
            )
        scores[i] = score
    return scores
