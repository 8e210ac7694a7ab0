"""The parameters of `Phrases`, checked when they are given, and kept as scikit-learn wants them."""

from __future__ import annotations

import difflib
import os
import reprlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, Self

import numpy as np

from negsamp.checks import check_choice, check_integer, is_real
from negsamp.corpus.phrases.bigrams import MOST_CONNECTOR_WORDS
from negsamp.corpus.phrases.scoring import check_scoring, scoring_name

__all__ = ["JOININGS", "MOST_PASSES", "PARAMETERS", "PhraseParameters", "check_text_delimiter"]

MOST_PASSES = 20  # of which a phrase of a million words could come
JOININGS = ("first", "best")
SEPARATORS = "\n\r\t"  # between the lines and tokens of a text
OTHER_NAMES = {
    "sentences": "a corpus goes to fit: Phrases().fit(sentences)",
    "common_terms": "write connector_words",
    "progress_per": "leave it out",
}


@dataclass(repr=False, eq=False)
class PhraseParameters:
    """What `Phrases` documents."""

    min_count: int = 5
    threshold: float | Sequence[float] = 10.0
    scoring: str | Callable[..., float] = "default"
    delimiter: str = "_"
    connector_words: Iterable[str] = frozenset()
    max_vocab_size: int | None = 40_000_000
    passes: int | None = None
    joining: str = "first"

    def __post_init__(self) -> None:
        words = self.connector_words
        is_list = isinstance(words, Iterable) and not isinstance(words, str)
        if is_list and not isinstance(words, frozenset):  # clones compare by identity
            words = list(words)
        if not is_list or not all(isinstance(word, Hashable) for word in words):
            raise TypeError(f"connector_words is {words!r:.60}; it must be a list of words")
        self.connector_words = frozenset(words)
        self._check()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, for scikit-learn.

        Parameters
        ----------
        deep : bool
            It makes no difference, as no parameter is a model.

        Returns
        -------
        dict
            The parameters as they were given.

        Examples
        --------
        >>> phrases.set_params(passes=2).get_params()["passes"], phrases.thresholds()
        (2, [0.3, 0.3])
        """
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; what was found stays as it was until `fit` is called again.

        Parameters
        ----------
        **params
            Values by name; if one is unknown or out of range, nothing is set and an error raised.

        Returns
        -------
        Phrases
            The object itself.
        """
        changed = PhraseParameters(**{**self.get_params(), **params})
        for name in params:
            setattr(self, name, getattr(changed, name))
        return self

    def __repr__(self) -> str:
        found = f", {len(self.phrases_)} phrases" if hasattr(self, "phrases_") else ""
        name = scoring_name(self.scoring)
        return f"Phrases(threshold={self.threshold}, scoring={name!r}{found})"

    def set_output(self, *, transform: str | None = None) -> Self:
        """Change nothing, as sentences are lists in any case; scikit-learn's pipelines call it.

        Parameters
        ----------
        transform : str, optional
            Not used.

        Returns
        -------
        Phrases
            The object itself.

        Examples
        --------
        >>> phrases.set_output(transform="pandas").get_feature_names_out().tolist()
        ['phrases']
        """
        return self

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name what `transform` returns.

        Parameters
        ----------
        input_features : object, optional
            Not used.

        Returns
        -------
        ndarray, shape (1,) of object
            The name ``phrases``.
        """
        return np.array(["phrases"], dtype=object)

    def thresholds(self) -> list[float]:
        """Return the threshold of each pass.

        Returns
        -------
        list of float
            As many as there are passes.
        """
        if isinstance(self.threshold, (list, tuple, np.ndarray)):
            return [float(value) for value in self.threshold]
        return [float(self.threshold)] * (1 if self.passes is None else int(self.passes))  # type: ignore[arg-type]

    def _check(self) -> None:
        check_integer("min_count", self.min_count, 1, 2**62)
        check_integer("passes", self.passes, 1, MOST_PASSES, optional=True)
        check_integer("max_vocab_size", self.max_vocab_size, 1, 2**62, optional=True)
        check_scoring(self.scoring)
        self._check_threshold()
        check_choice("joining", self.joining, JOININGS)
        delimiter = self.delimiter
        if not isinstance(delimiter, str) or not delimiter or set(delimiter) & set(SEPARATORS):
            raise ValueError(
                f"delimiter is {delimiter!r:.60}; it must be a string, not empty and without line "
                "ends and tabs"
            )
        connectors = frozenset(self.connector_words)
        if len(connectors) > MOST_CONNECTOR_WORDS:
            raise ValueError(
                f"connector_words has {len(connectors)} words; {MOST_CONNECTOR_WORDS} are allowed"
            )
        for word in connectors:
            if not isinstance(word, str) or not word or delimiter in word:
                raise ValueError(
                    f"connector_words holds {word!r:.60}; it must hold strings, not empty and "
                    f"without the delimiter {delimiter!r:.60}"
                )

    def _check_threshold(self) -> None:
        threshold, passes = self.threshold, self.passes
        values: Sequence[Any] = [threshold]
        if isinstance(threshold, (list, tuple, np.ndarray)):
            values = list(threshold)
            if not 1 <= len(values) <= MOST_PASSES or passes not in (None, len(values)):
                raise ValueError(
                    f"threshold has {len(values)} values and passes is {passes}; it must be one "
                    f"number, or one for each pass, at most {MOST_PASSES}"
                )
        for value in values:
            is_finite, of = is_real(value), ""
            if self.scoring == "npmi":
                is_allowed, allowed = is_finite and -1 <= value <= 1, "from −1 to 1"
                of = "of 'npmi' "
            elif self.scoring == "default":
                is_allowed, allowed = is_finite and value > 0, "a finite number above 0"
            else:
                is_allowed, allowed = is_finite, "a finite number"
            if not is_allowed:
                raise ValueError(
                    f"threshold is {threshold!r:.60}; {of}it must be {allowed}, or a list of such "
                    "numbers, one for each pass"
                )


PARAMETERS = tuple(field.name for field in fields(PhraseParameters))


def check_text_delimiter(delimiter: str) -> None:
    """Raise a ValueError for a delimiter at which a text would be split again."""
    if delimiter.split() != [delimiter]:
        raise ValueError(
            f"delimiter is {delimiter!r:.60}, and a text is split at white space, so its phrases "
            "cannot be written; transform(corpus) gives them as lists"
        )


def _refusing_corpora(init: Callable[..., None]) -> Callable[..., None]:
    """Answer what users of gensim write, before it becomes `min_count`."""

    @wraps(init)
    def checked(self: Any, *args: Any, **params: Any) -> None:
        if args and isinstance(args[0], (Iterable, os.PathLike)):
            code = {k: repr(v) if len(repr(v)) <= 30 else k for k, v in params.items()}
            given = ", ".join(f"{name}={value}" for name, value in code.items())
            shown = " ".join(reprlib.repr(args[0]).split())[:60]
            raise TypeError(
                f"min_count is {shown}; it must be an integer, and a corpus goes to fit: "
                f"Phrases({given}).fit(corpus)"
            )
        for name in params.keys() - set(PARAMETERS):
            near = difflib.get_close_matches(name, PARAMETERS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(PARAMETERS)}"
            raise TypeError(f"Phrases has no parameter {name!r}; {OTHER_NAMES.get(name, hint)}")
        init(self, *args, **params)

    return checked


PhraseParameters.__init__ = _refusing_corpora(PhraseParameters.__init__)  # type: ignore[method-assign]
