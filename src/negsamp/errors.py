"""The exceptions of the library."""

from __future__ import annotations

import difflib
import sys
import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

__all__ = [
    "CheckpointError",
    "CorpusError",
    "DatasetError",
    "DownloadError",
    "EmptyCorpusError",
    "EncodingError",
    "NotFittedError",
    "SavedModelError",
    "TeamError",
    "TrainingDivergedError",
    "TrainingInterrupted",
    "UnknownWordError",
    "VectorFileError",
    "near_spelling",
]


class CorpusError(ValueError):
    """A corpus that cannot be trained on; the message says what and where.

    Examples
    --------
    >>> from negsamp import CorpusError, Word2Vec
    >>> try:
    ...     Word2Vec().fit([["too", "short"]])
    ... except CorpusError as error:
    ...     print(error)
    no word is seen min_count=5 times: the most frequent of 2 is seen 1 times; ...
    """


class EmptyCorpusError(CorpusError):
    """A corpus that holds no token."""


class EncodingError(CorpusError):
    """Bytes that are not in the encoding that was named, or UTF-8."""


class UnknownWordError(KeyError):
    """Words that the vocabulary does not have; the message names a near spelling.

    The spelling is looked for when the message is asked for, and only while the vocabulary is in
    use elsewhere: the error neither keeps it nor is pickled with it.

    Parameters
    ----------
    *keys : object
        The words; `args` has the first five.
    vocabulary : object, optional
        Whatever has `key_to_index`.

    Examples
    --------
    >>> from negsamp import KeyedVectors, UnknownWordError
    >>> kv = KeyedVectors(["river", "sea"], [[1, 2], [3, 4]])
    >>> try:
    ...     kv["rivr"]
    ... except UnknownWordError as error:
    ...     print(error)
    'rivr' is not among the 2 words of the vocabulary; the nearest spelling is 'river'
    """

    def __init__(self, *keys: Any, vocabulary: Any = None) -> None:
        super().__init__(*keys[:5])
        self._others = len(keys[5:])
        self._words = 0 if vocabulary is None else len(vocabulary.key_to_index)
        self._message: str | None = None
        self._vocabulary: Callable[[], Any] = lambda: None
        with suppress(TypeError):  # None, and what takes no weak references
            self._vocabulary = weakref.ref(vocabulary)

    def __str__(self) -> str:
        if self._message is None:
            self._message = self._composed()
        return self._message

    def _composed(self) -> str:
        names = ", ".join(_shown(key) for key in self.args)
        if self._others:
            names += f" and {self._others} more"
        verb = "is" if len(self.args) == 1 else "are"
        hint = ""
        vocabulary = self._vocabulary()
        for key in self.args:
            if not isinstance(key, Hashable):
                hint = f"; a {type(key).__name__} cannot be a key"
            elif vocabulary is not None and (near := near_spelling(key, vocabulary.key_to_index)):
                of_which = "" if verb == "is" else f" of {_shown(key)}"
                hint = f"; the nearest spelling{of_which} is {_shown(near)}"
            if hint:
                break
        return f"{names} {verb} not among the {self._words} words of the vocabulary{hint}"

    def __reduce__(self) -> Any:
        # what cannot be a key may be large
        keys = [key if isinstance(key, Hashable) else _shown(key) for key in self.args]
        return _restored, (type(self), keys, str(self))


def _shown(key: Any) -> str:
    return f"{key!r:.60}".replace("\n", " ")


def _restored(kind: type[UnknownWordError], keys: list[Any], message: str) -> UnknownWordError:
    error = kind(*keys)
    error._message = message
    return error


def near_spelling(word: Any, index: Mapping[Any, int]) -> str | None:
    """Return a word that is spelt nearly like another, None if there is none; in bounded time.

    It is the first word that differs in case only or by one letter that is left out, added,
    exchanged or swapped with its neighbour; or else the most alike of the first 500 words.

    Parameters
    ----------
    word : object
        A key that is no str, or has more than 100 characters, has no spelling near to it.
    index : mapping
        The row of each word, in the order of rows.
    """
    if not isinstance(word, str) or len(word) > 100:
        return None
    first = [key for key in islice(index, 500) if isinstance(key, str)]
    letters = [*dict.fromkeys("".join([word, *first]))][: 4000 // (len(word) + 1)]
    cases = {word.lower(), word.upper(), word.capitalize()}
    near = [other for other in cases if other in index]
    near += [
        other
        for other in _one_edit_away(word, letters)
        if other in index and difflib.SequenceMatcher(None, word, other).ratio() >= 0.6
    ]
    if near:
        return min(near, key=index.__getitem__)
    return next(iter(difflib.get_close_matches(word, first, n=1, cutoff=0.6)), None)


def _one_edit_away(word: str, letters: Sequence[str]) -> Iterator[str]:
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in letters:
            yield before + letter + after
            yield before + letter + after[1:]


class VectorFileError(ValueError):
    """A file of vectors that is damaged or of another format; the message says where and how.

    Examples
    --------
    >>> from negsamp import VectorFileError, open_vectors
    >>> with open("broken.vec", "w") as file:
    ...     print("2 3", file=file)  # two words are promised
    ...     print("the 0.5 1 0", file=file)
    >>> try:
    ...     open_vectors("broken.vec")
    ... except VectorFileError as error:
    ...     print(error)
    'broken.vec', line 1: the header promises 2 vectors of 3 numbers; ...
    """


class SavedModelError(ValueError):
    """A folder that does not hold a whole model; the message says what is wrong with it.

    Examples
    --------
    >>> import os
    >>> from negsamp import SavedModelError, Word2Vec
    >>> os.mkdir("model")
    >>> try:
    ...     Word2Vec.load("model")
    ... except SavedModelError as error:
    ...     print(error)
    'model' lacks the file model.json
    """


class CheckpointError(ValueError):
    """A folder from which no run can be resumed; the message says why.

    Examples
    --------
    >>> import os
    >>> from negsamp import CheckpointError, Word2Vec
    >>> os.mkdir("run")
    >>> try:
    ...     Word2Vec.resume("run")
    ... except CheckpointError as error:
    ...     print(error)
    'run' holds no checkpoint: the run had not come so far, so start it anew
    """


class NotFittedError(ValueError, AttributeError):
    """A model that is not trained yet was asked for something that training gives it.

    Where scikit-learn is loaded, it is a `sklearn.exceptions.NotFittedError` as well.

    Examples
    --------
    >>> from negsamp import NotFittedError, Word2Vec
    >>> try:
    ...     Word2Vec().wv
    ... except NotFittedError as error:
    ...     print(error)
    this Word2Vec has no wv yet: call fit(corpus) or load(folder)
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
    """Numbers are not finite any more; the vectors are those of the last good update.

    Examples
    --------
    >>> from negsamp import Objective, TrainingDivergedError, Word2Vec
    >>> class Lost(Objective):
    ...     def loss(self, positive, negative, weight=1.0):
    ...         return positive + np.nan
    ...
    ...     def score_gradients(self, positive, negative, weight=1.0):
    ...         return np.ones_like(positive), np.ones_like(negative)
    >>> model = Word2Vec(10, min_count=1, sample=0, workers=1, objective=Lost())
    >>> try:
    ...     model.fit(50 * ["cats eat fish"])
    ... except TrainingDivergedError as error:
    ...     print(error)
    training diverged in epoch 1 of 5, after 0 % of it: the loss is not finite, ...
    """


class TrainingInterrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C or a signal; the model has what was learned until then.

    Attributes
    ----------
    place : str
        Where training was stopped, in words.
    checkpoint : pathlib.Path or None
        The folder whose last checkpoint was written at that moment.

    Examples
    --------
    >>> from negsamp import TrainingInterrupted, Word2Vec
    >>> def press(model, epoch):
    ...     raise KeyboardInterrupt  # as Ctrl-C does
    >>> model = Word2Vec(10, min_count=1, sample=0, workers=1)
    >>> try:
    ...     model.fit(50 * ["cats eat fish"], callbacks=press)
    ... except KeyboardInterrupt as error:
    ...     print(isinstance(error, TrainingInterrupted), model.wv)
    True KeyedVectors(3 words, 10 dimensions)
    """

    def __init__(
        self, place: str, checkpoint: Path | None = None, resume: str = "Word2Vec.resume"
    ) -> None:
        self.place, self.checkpoint = place, checkpoint
        goes_on = "the model has what was learned until then"
        if checkpoint is not None:
            goes_on = f"{resume}({str(checkpoint)!r}) goes on from there"
        super().__init__(f"training was stopped {place}; {goes_on}")


class TeamError(RuntimeError):
    """A worker process ended without an error that says why, or there is none on a cluster.

    The system may have killed it, as the memory was full.

    Examples
    --------
    >>> from negsamp import TeamError, Word2Vec
    >>> model = Word2Vec(10, min_count=1, sample=0)
    >>> try:
    ...     model.fit(50 * ["cats eat fish"], checkpoint="run")
    ... except TeamError:
    ...     model = Word2Vec.resume("run")
    Word2Vec(vector_size=10, min_count=1, sample=0)
    """


class DatasetError(RuntimeError):
    """A data set that is not as it should be; the message says what was expected.

    Examples
    --------
    >>> from pathlib import Path
    >>> from negsamp import DatasetError, text8
    >>> half = Path("half.zip").absolute()
    >>> half.write_bytes(b"PK")
    2
    >>> try:
    ...     text8("corpora", url=half.as_uri())
    ... except DatasetError as error:
    ...     print(error)
    file:///...half.zip is truncated: expected 31344016 bytes, got 2
    """


class DownloadError(DatasetError):
    """A data set that cannot be fetched: no network, no such host, or a server that refuses.

    Examples
    --------
    >>> from negsamp import DownloadError, text8
    >>> try:
    ...     text8("corpora", url="file:///nowhere/text8.zip")
    ... except DownloadError as error:
    ...     print(error)
    cannot download file:///nowhere/text8.zip: ...
    """
