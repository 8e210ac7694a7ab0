"""Known phrases are joined in sentences or in the bytes of a text, as either streams through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from itertools import chain, pairwise, repeat
from typing import Any, NamedTuple

import numpy as np

from negsamp.corpus.phrases.bigrams import Connectors, Joiner, Units
from negsamp.corpus.reading import read_blocks, read_chunks
from negsamp.corpus.text_files import text_files
from negsamp.corpus.token_table import table_of
from negsamp.corpus.tokenizing import Tokens, split_blocks
from negsamp.errors import CorpusError

__all__ = ["JoinedSentences", "Pass", "PhraseJoiner", "as_text"]

NEW_LINE, SPACE, DELIMITER = 0, 1, 2  # what stands before a token


class Pass(NamedTuple):
    """The phrases that one pass joins, a list entry each: `first`, `between` and `last` become one.

    At the ends are words, or phrases of earlier passes; between are connector words with
    delimiters, or nothing.
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


class PhraseJoiner:
    """Joins the phrases of some passes; words that are in no phrase have the id 0.

    Of pairs that overlap the first is joined, or the best.
    """

    def __init__(
        self,
        passes: Sequence[Pass],
        delimiter: str,
        connector_words: Iterable[str],
        best_first: bool = False,
    ) -> None:
        joined = [found.names(delimiter) for found in passes]
        phrases = dict.fromkeys(chain.from_iterable(joined))
        sides = chain.from_iterable((*found.first, *found.last) for found in passes)
        words = dict.fromkeys(chain(connector_words, (w for w in sides if w not in phrases)))
        # a phrase may stand in the corpus as a word: then it is the same unit
        unit = {name: i for i, name in enumerate(chain(words, phrases), 1)}
        self._unit = unit
        self._names = np.array(["", *unit], dtype=object)
        self._delimiter = delimiter
        connectors = Connectors([unit[word] for word in connector_words])
        code = {"": 0}
        for between in chain.from_iterable(found.between for found in passes):
            if between not in code:
                code[between] = connectors.code([unit[word] for word in between.split(delimiter)])
        self._joiners = [
            Joiner(
                len(self._names),
                [
                    [unit[word] for word in found.first],
                    [unit[word] for word in found.last],
                    [code[between] for between in found.between],
                    [unit[name] for name in names],
                ],
                connectors,
                found.scores if best_first else None,
            )
            for found, names in zip(passes, joined, strict=True)
        ]

    def sentences(self, chunks: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """Join the phrases in sentences, lists of tokens; tokens that are no strings stay."""
        for chunk in chunks:
            tokens = np.fromiter(chain.from_iterable(chunk), object, sum(map(len, chunk)))
            try:
                found = map(self._unit.get, tokens, repeat(0))
                ids = np.fromiter(found, dtype=np.int64, count=len(tokens))
            except TypeError as error:
                raise CorpusError(f"the corpus has a token that is no word: {error}") from None
            ends = np.cumsum([0, *map(len, chunk)])
            begins = np.zeros(len(tokens) + 1, dtype=bool)
            begins[ends[:-1]] = True
            units = _joined(self._joiners, ids, begins[:-1], is_last=True)
            places = np.cumsum(units.sizes) - units.sizes
            words = tokens[places]
            is_phrase = units.sizes > 1
            words[is_phrase] = self._names[units.ids[is_phrase]]
            joined = words.tolist()
            yield from (joined[a:b] for a, b in pairwise(np.searchsorted(places, ends).tolist()))

    def text(self, blocks: Iterable[Tokens], space: bytes = b" ") -> Iterator[bytes]:
        """Join the phrases in the blocks of a text, and yield it with ``\\n`` after each sentence.

        A `space` or a delimiter is between the tokens of a sentence.
        """
        joiners = [copy(joiner) for joiner in self._joiners]  # each text has a rest of its own
        delimiter = self._delimiter.encode("utf-8", "surrogatepass")
        table, places = table_of(self._unit)
        ids_of_rows = places.astype(np.int64) + 1
        held = b""  # tokens that may be joined with what follows
        held_starts = held_lengths = np.zeros(0, dtype=np.int64)
        begins_next = is_first = True
        for block in blocks:
            ids = ids_of_rows[table.look_up(block)]
            begins = np.zeros(len(ids) + 1, dtype=bool)
            begins[0] = begins_next
            begins[np.cumsum(block.line_lengths[:-1])] = True
            begins_next = bool(begins[-1])
            units = _joined(joiners, ids, begins[:-1], is_last=not block.continues)
            text = held + block.text
            starts = np.concatenate([held_starts, block.starts + len(held)])
            lengths = np.concatenate([held_lengths, block.lengths])
            n = int(units.sizes.sum())
            before = np.full(n, DELIMITER)
            before[np.cumsum(units.sizes) - units.sizes] = np.where(units.begins, NEW_LINE, SPACE)
            signs = [b"\n", space, delimiter]
            piece = _spelled(signs, text, starts[:n], lengths[:n], before)
            held, held_starts, held_lengths = b"", starts[n:], lengths[n:]
            if len(held_starts):
                held = text[held_starts[0] : held_starts[-1] + held_lengths[-1]]
                held_starts = held_starts - held_starts[0]
            if n:
                yield piece[int(is_first) :]
                is_first = False
        if not is_first:
            yield b"\n"


def _joined(joiners: Iterable[Joiner], ids: np.ndarray, begins: np.ndarray, is_last: bool) -> Units:
    """A piece of a corpus after all passes, as far as it is settled."""
    units = Units(ids, begins, np.ones(len(ids), dtype=np.int64))
    for joiner in joiners:
        units = joiner.feed(units, is_last)
    return units


def _spelled(
    signs: Sequence[bytes], text: bytes, starts: np.ndarray, lengths: np.ndarray, before: np.ndarray
) -> bytes:
    """Tokens of a text, (n,) int64, each with the sign that stands before it."""
    sizes = np.array([len(sign) for sign in signs])
    places = np.cumsum(sizes) - sizes
    source = np.frombuffer(b"".join([*signs, text]), dtype=np.uint8)
    # pieces of the source: sign, token, sign, token, …
    pieces = np.stack([places[before], starts + sizes.sum()], axis=1).ravel()
    lengths = np.stack([sizes[before], lengths], axis=1).ravel()
    ends = np.cumsum(lengths)
    shifts = pieces - ends + lengths
    return source[np.repeat(shifts, lengths) + np.arange(lengths.sum())].tobytes()


class JoinedSentences:
    """A corpus with its phrases joined, as lists of tokens; each iteration reads it anew."""

    def __init__(self, joiner: PhraseJoiner, corpus: Any, errors: str, encoding: str) -> None:
        self._joiner, self._corpus = joiner, corpus
        self._reading = errors, encoding
        iter(self)  # a corpus that is none is refused at once

    def __iter__(self) -> Iterator[list[Any]]:
        files = text_files(self._corpus)
        if files is not None:
            blocks = split_blocks(read_blocks(files, *self._reading))
            return _lines(self._joiner.text(blocks, space=b"\t"))
        return self._joiner.sentences(read_chunks(self._corpus))


def _lines(pieces: Iterable[bytes]) -> Iterator[list[str]]:
    """The sentences of a text that comes in pieces of whole tokens, with tabs between them."""
    line: list[str] = []
    for piece in pieces:
        first, *others = piece.decode("utf-8", "surrogatepass").split("\n")
        line.append(first)
        for other in others:
            yield "".join(line).split("\t")
            line = [other]


def as_text(sentences: Iterable[list[Any]]) -> Iterator[bytes]:
    """Sentences as lines of text, empty ones left out; CorpusError if a token would be lost."""
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
