"""The exceptions of the library."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Hashable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "CheckpointError",
    "CorpusError",
    "EncodingError",
    "NotFittedError",
    "SavedModelError",
    "TeamError",
    "TrainingDivergedError",
    "TrainingInterrupted",
    "UnknownWordError",
    "VectorFileError",
]


class CorpusError(ValueError):
    """A corpus that cannot be trained on; the message says what and where."""


class EncodingError(CorpusError):
    """Bytes that are not UTF-8."""


class UnknownWordError(KeyError):
    """A word that the vocabulary does not have; the message names the nearest spelling."""

    def __init__(self, key: Any, words: Sequence[Hashable] = ()) -> None:
        super().__init__(key)
        self.words = words

    def __str__(self) -> str:
        # compared only here: it takes long, and code that catches the error does not read it
        key = self.args[0]
        near: list[str] = []
        if isinstance(key, str):
            spellings = [word for word in self.words if isinstance(word, str)]
            near = difflib.get_close_matches(key, spellings, n=1, cutoff=0.6)
        hint = "".join(f"; the nearest spelling is {word!r}" for word in near)
        return f"{key!r} is not among the {len(self.words)} words of the vocabulary{hint}"


class VectorFileError(ValueError):
    """A file of vectors that is damaged or of another format; the message says where and how."""


class SavedModelError(ValueError):
    """A folder that does not hold a whole model; the message says what is wrong with it."""


class CheckpointError(ValueError):
    """A folder from which no run can be resumed; the message says why."""


class NotFittedError(ValueError, AttributeError):
    """A model that is not trained yet was asked for something that training gives it.

    Where scikit-learn is loaded, it is a `sklearn.exceptions.NotFittedError` as well.
    """

    def __new__(cls, *args: Any) -> NotFittedError:
        theirs = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", None)
        kind = cls if theirs is None else _joined(cls, theirs)  # type: ignore[arg-type]
        return super().__new__(kind, *args)

    def __reduce__(self) -> Any:
        # a class that was made here has no name to be found by
        return getattr(self, "_own", type(self)), self.args, vars(self)


@cache
def _joined(own: type, theirs: type) -> type:
    """A class that is both, under the name of our own."""
    if issubclass(own, theirs):
        return own
    names = {"__module__": own.__module__, "__qualname__": own.__qualname__, "_own": own}
    return type(own.__name__, (own, theirs), names)


class TrainingDivergedError(ArithmeticError):
    """Numbers are not finite any more; the vectors are those of the last good update."""


class TrainingInterrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C or a signal; the model has what was learned until then.

    Attributes
    ----------
    place : str
        Where training was stopped, in words.
    checkpoint : pathlib.Path or None
        The folder whose last checkpoint was written at that moment.
    """

    def __init__(self, place: str, checkpoint: Path | None = None) -> None:
        self.place, self.checkpoint = place, checkpoint
        goes_on = "the model has what was learned until then"
        if checkpoint is not None:
            goes_on = f"Word2Vec.resume({str(checkpoint)!r}) goes on from there"
        super().__init__(f"training was stopped {place}; {goes_on}")


class TeamError(RuntimeError):
    """A worker process ended without an error that says why."""
