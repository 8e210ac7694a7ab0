"""Give tokens that are Python objects rows, and name the ones that cannot have any."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import count
from typing import Any

import numpy as np

from negsamp.corpus.token_kinds import is_missing, python_value, without
from negsamp.errors import CorpusError

__all__ = ["TokenDict", "look_up", "named_tokens"]

Named = Iterable[tuple[str, Any]]  # where each token stands, in words, and the token


class TokenDict:
    """Hashable tokens by row, in the order in which they are met."""

    def __init__(self) -> None:
        self._rows = _Rows()

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        tokens: Iterable[Any],
        n: int,
        named: Named,
        kind: str = "token",
        corpus: str | None = None,
    ) -> np.ndarray:
        """Return the row of each of n tokens, new ones having the next rows: (n,) int32.

        A token may not be None, NaN or not hashable. Other parameters are as in `look_up`; `corpus`
        is the code that gives the sentences, for the advice on how to leave such tokens out.
        """
        try:
            return look_up(self._rows.__getitem__, tokens, n, named, kind)
        except _MissingError:
            where, token = next(each for each in named if is_missing(python_value(each[1])))
            missing = python_value(token)
            way = f"; [[t for t in s if {without(missing, 't')}] for s in {corpus}] leaves it out"
            raise CorpusError(
                f"{where} is {missing!r}; a {kind} may not be None or NaN{way if corpus else ''}"
            ) from None

    def rows(self) -> np.ndarray:
        """Return the rows of all tokens, rising: (n_tokens,) int64."""
        return np.fromiter(self._rows.values(), np.int64, len(self._rows))

    def forget_all_but(self, rows: np.ndarray) -> None:
        """Forget all tokens but those of these rows; the rows of the others are not used again."""
        kept = set(rows.tolist())
        rest = ((token, row) for token, row in self._rows.items() if row in kept)
        self._rows = _Rows(rest, self._rows.next_row)

    def words(self, rows: np.ndarray) -> list[Any]:
        """Return the tokens of some rows, (n,) of int."""
        words = dict(zip(self._rows.values(), self._rows, strict=True))
        return [words[row] for row in rows.tolist()]


class _MissingError(Exception):
    """A token is None or NaN."""


class _Rows(dict[Hashable, int]):
    """Rows by token; a token that is met for the first time gets the next."""

    def __init__(
        self, rows: Iterable[tuple[Hashable, int]] = (), next_row: Callable[[], int] | None = None
    ) -> None:
        super().__init__(rows)
        self.next_row = next_row or count().__next__

    def __missing__(self, token: Any) -> int:
        if type(token) is str:
            row = self[token] = self.next_row()
            return row
        value = python_value(token)
        if value is not token and value in self:
            return self[value]
        if is_missing(value):
            raise _MissingError
        row = self[value] = self.next_row()
        return row


def look_up(
    row_of: Callable[[Any], int], tokens: Iterable[Any], n: int, named: Named, kind: str = "token"
) -> np.ndarray:
    """Return the row of each of n tokens, (n,) int32, as `row_of` gives it.

    An error names a token that is not hashable by `named`, which is read for that only, and calls
    it a `kind`.
    """
    try:
        return np.fromiter(map(row_of, tokens), np.int32, n)
    except TypeError:
        for where, token in named:
            try:
                hash(token), hash(python_value(token))
            except TypeError:
                raise CorpusError(
                    f"{where} is {token!r:.60}, which is not hashable; a {kind} must be"
                ) from None
        raise


def named_tokens(sentences: list[Any], first_sentence: int) -> Iterator[tuple[str, Any]]:
    """Yield where each token stands, in words, and the token."""
    for number, sentence in enumerate(sentences, first_sentence):
        for place, token in enumerate(sentence):
            yield f"token {place} of sentence {number}", token
