"""Known phrases are joined in sentences or in the bytes of a text, as either streams through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise, repeat
from typing import Any, NamedTuple

import numpy as np

from negsamp.corpus.phrases.bigrams import Connectors, Joiner, JoinTable, Units
from negsamp.corpus.token_table import table_of
from negsamp.corpus.tokenizing import Tokens
from negsamp.errors import CorpusError

__all__ = ["Pass", "Phrasing", "as_text", "lines_of"]

NEW_LINE, SPACE, DELIMITER = 0, 1, 2  # what stands before a token


class Pass(NamedTuple):
    """The phrases that one pass joins, a list entry each: `first`, `between` and `last` become one.

    Attributes
    ----------
    first, last : list of str
        Words, or phrases of earlier passes.
    between : list of str
        Connector words with delimiters, or nothing.
    counts : list of int
    scores : list of float
    """

    first: list[str]
    between: list[str]
    last: list[str]
    counts: list[int]
    scores: list[float]

    def names(self, delimiter: str) -> list[str]:
        """The phrases, joined."""
        parts = zip(self.first, self.between, self.last, strict=True)
        return [delimiter.join(filter(None, words)) for words in parts]


class Phrasing:
    """Phrases by the ids of their words, 0 for all words that are in none.

    Parameters
    ----------
    passes : sequence of Pass
    delimiter : str
    connector_words : iterable of str
    """

    def __init__(
        self, passes: Iterable[Pass], delimiter: str, connector_words: Iterable[str]
    ) -> None:
        passes = list(passes)
        joined = [found.names(delimiter) for found in passes]
        phrases = set(chain.from_iterable(joined))
        sides = chain.from_iterable((*found.first, *found.last) for found in passes)
        # sorted, so that equal phrases have equal ids in every process
        words = dict.fromkeys(
            chain(sorted(connector_words), (w for w in sides if w not in phrases))
        )
        self._id = {word: i for i, word in enumerate(words, 1)}
        unit = {name: i for i, name in enumerate(sorted(phrases), len(words) + 1)}
        self._names = np.array(["", *words, *unit], dtype=object)
        self._delimiter = delimiter
        unit.update(self._id)
        self._connectors = Connectors([unit[word] for word in connector_words])
        code = {between: self._code(between, unit) for found in passes for between in found.between}
        self._tables = [
            JoinTable(
                len(self._names),
                np.array([unit[word] for word in found.first], dtype=np.int64),
                np.array([unit[word] for word in found.last], dtype=np.int64),
                np.array([code[between] for between in found.between], dtype=np.int64),
                np.array([unit[name] for name in names], dtype=np.int64),
            )
            for found, names in zip(passes, joined, strict=True)
        ]

    def _code(self, between: str, unit: dict[str, int]) -> int:
        words = between.split(self._delimiter) if between else []
        return self._connectors.code([unit[word] for word in words])

    def _joiners(self) -> list[Joiner]:
        return [Joiner(table, self._connectors) for table in self._tables]

    def sentences(self, chunks: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """Join the phrases in sentences, lists of tokens; tokens that are no strings stay.

        Raises
        ------
        CorpusError
            If a token is not hashable.
        """
        joiners = self._joiners()
        for chunk in chunks:
            tokens = np.fromiter(chain.from_iterable(chunk), object, sum(map(len, chunk)))
            try:
                found = map(self._id.get, tokens, repeat(0))
                ids = np.fromiter(found, dtype=np.int64, count=len(tokens))
            except TypeError as error:
                raise CorpusError(f"the corpus has a token that is no word: {error}") from None
            lengths = np.fromiter(map(len, chunk), dtype=np.int64, count=len(chunk))
            ends = np.cumsum(lengths)
            begins = np.zeros(len(tokens) + 1, dtype=bool)
            begins[ends - lengths] = True
            units = Units(ids, begins[:-1], np.ones(len(tokens), dtype=np.int64))
            for joiner in joiners:
                units = joiner.feed(units, is_last=True)
            places = np.cumsum(units.sizes) - units.sizes
            words = tokens[places]
            is_phrase = units.sizes > 1
            words[is_phrase] = self._names[units.ids[is_phrase]]
            cuts = np.searchsorted(places, np.concatenate([[0], ends])).tolist()
            joined = words.tolist()
            yield from (joined[a:b] for a, b in pairwise(cuts))

    def text(self, blocks: Iterable[Tokens]) -> Iterator[bytes]:
        """Join the phrases in the blocks of a text.

        Yields
        ------
        bytes
            The tokens with a space, a delimiter or, where a sentence ended, ``\\n`` before each;
            nothing before the first, and after the last ``\\n``.
        """
        table, places = table_of(self._id)
        ids_of_rows = places.astype(np.int64) + 1
        joiners = self._joiners()
        held = b""  # tokens that may be joined with what follows
        held_starts = held_lengths = np.zeros(0, dtype=np.int64)
        begins_next = is_first = True
        for block in blocks:
            ids = ids_of_rows[table.look_up(block)]
            begins = np.zeros(len(ids) + 1, dtype=bool)
            begins[0] = begins_next
            begins[np.cumsum(block.line_lengths[:-1])] = True
            begins_next = bool(begins[-1])
            units = Units(ids, begins[:-1], np.ones(len(ids), dtype=np.int64))
            for joiner in joiners:
                units = joiner.feed(units, is_last=not block.continues)
            text = held + block.text
            starts = np.concatenate([held_starts, block.starts + len(held)])
            lengths = np.concatenate([held_lengths, block.lengths])
            n = int(units.sizes.sum())
            before = np.full(n, DELIMITER)
            before[np.cumsum(units.sizes) - units.sizes] = np.where(units.begins, NEW_LINE, SPACE)
            piece = self._spelled(text, starts[:n], lengths[:n], before)
            held, held_starts, held_lengths = b"", starts[n:], lengths[n:]
            if len(held_starts):
                held = text[held_starts[0] : held_starts[-1] + held_lengths[-1]]
                held_starts = held_starts - held_starts[0]
            if n:
                yield piece[int(is_first) :]
                is_first = False
        if not is_first:
            yield b"\n"

    def _spelled(
        self, text: bytes, starts: np.ndarray, lengths: np.ndarray, before: np.ndarray
    ) -> bytes:
        """Tokens of a text, (n,) int64, each with what stands before it."""
        signs = [b"\n", b" ", self._delimiter.encode("utf-8", "surrogatepass")]
        sizes = np.array([len(sign) for sign in signs])
        places = np.cumsum(sizes) - sizes
        source = np.frombuffer(b"".join([*signs, text]), dtype=np.uint8)
        # pieces of the source: sign, token, sign, token, …
        pieces = np.stack([places[before], starts + sizes.sum()], axis=1).ravel()
        lengths = np.stack([sizes[before], lengths], axis=1).ravel()
        ends = np.cumsum(lengths)
        shifts = pieces - ends + lengths
        n = int(ends[-1]) if len(ends) else 0
        return source[np.repeat(shifts, lengths) + np.arange(n)].tobytes()


def lines_of(pieces: Iterable[bytes]) -> Iterator[list[str]]:
    """The sentences of a text that comes in pieces, each of whole tokens."""
    line: list[str] = []
    for piece in pieces:
        first, *others = piece.decode("utf-8", "surrogatepass").split("\n")
        line.append(first)
        for other in others:
            yield "".join(line).split(" ")
            line = [other]


def as_text(sentences: Iterable[list[Any]]) -> Iterator[bytes]:
    """Sentences as lines of text; empty ones have none.

    Raises
    ------
    CorpusError
        If a token would not come back from the text as it is.
    """
    for number, sentence in enumerate(sentences):
        try:
            line = " ".join(sentence)
            content = (line + "\n").encode("utf-8") if sentence else b""
        except (TypeError, UnicodeEncodeError) as error:
            raise CorpusError(f"sentence {number} cannot be written as text: {error}") from None
        if line.split() != sentence:
            token = next(token for token in sentence if token.split() != [token])
            raise CorpusError(
                f"sentence {number} has the token {token!r:.60}, which cannot be written as text: "
                "a token must not be empty or contain white space"
            )
        yield content
