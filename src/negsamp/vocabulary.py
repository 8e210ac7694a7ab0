"""Count tokens, keep the frequent ones, and write the corpus as integer ids: one pass.

A token gets a provisional id where it is first met, so counting is `np.bincount` on ids and the
encoded corpus exists as soon as the counts do. Nothing is read twice: what is trained is what was
counted, and a generator serves as well as a list. A file's tokens stay bytes until the words of the
vocabulary are known; the ids are those of the same tokens in lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress, count, islice
from typing import Any, NamedTuple

import numpy as np

from negsamp.corpus import CorpusError, is_path, read_blocks, read_chunks
from negsamp.tokens import pad, split_blocks
from negsamp.wordtable import WordTable

__all__ = ["TokenStream", "Vocabulary", "read_corpus"]


@dataclass(frozen=True)
class TokenStream:
    """A corpus as ids.

    Attributes
    ----------
    ids : ndarray, shape (n_tokens,) int32
        Vocabulary rows, sentence after sentence.
    offsets : ndarray, shape (n_sentences + 1,) int64
        Sentence i is ``ids[offsets[i]:offsets[i + 1]]`` and has at least one token.
    """

    ids: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_sentences(self) -> int:
        """Number of sentences that kept at least one token."""
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[np.ndarray]:
        """Sentences, each an array of ids."""
        for start, stop in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield self.ids[start:stop]


class Vocabulary:
    """Words by falling count, words of equal count in order of the words.

    Parameters
    ----------
    words : sequence of hashable
        Each word once, the most frequent first.
    counts : array_like, shape (V,) int64
        How often each was seen, falling.
    raw_words : int, optional
        Tokens read in all, those that are not in `words` included.

    Attributes
    ----------
    words : list
    counts : ndarray, shape (V,) int64
    index : dict
        Each word's row.
    raw_words : int
    """

    def __init__(
        self, words: Sequence[Hashable], counts: Any, raw_words: int | None = None
    ) -> None:
        self.words = list(words)
        self.counts = np.array(counts, dtype=np.int64)
        self.index = {word: row for row, word in enumerate(self.words)}
        if self.counts.shape != (len(self.words),):
            raise ValueError(
                f"counts has shape {self.counts.shape}; {len(self.words)} words need as many counts"
            )
        if len(self.index) != len(self.words):
            raise ValueError("words holds a word more than once")
        self.raw_words = int(self.counts.sum()) if raw_words is None else int(raw_words)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: Hashable) -> bool:
        return word in self.index

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words, {self.counts.sum()} of {self.raw_words} tokens)"

    def encode(self, corpus: Any, errors: str = "strict") -> TokenStream:
        """Write another corpus as this vocabulary's ids; unknown tokens are left out.

        Parameters
        ----------
        corpus, errors
            As in `Word2Vec.fit`.

        Returns
        -------
        TokenStream
        """
        encoded: list[np.ndarray] = []
        lengths = _Lengths()
        if is_path(corpus):
            table, rows = self._table()
            for block in split_blocks(read_blocks(corpus, errors)):
                places = block.starts, block.lengths
                found = table.find(block.buffer, *places)
                encoded.append(table.look_up(block.text, *places, found))
                lengths.add(block.line_lengths, block.continues)
            return _translate(encoded, rows, lengths)
        unknown = len(self)
        look_up = defaultdict(lambda: unknown, self.index)
        for chunk in read_chunks(corpus):
            encoded.append(_ids(chunk, look_up.__getitem__, lengths.sentences))
            lengths.add(_lengths(chunk))
            if len(look_up) > 2 * len(self):  # the unknown words met, kept only for their speed
                look_up = defaultdict(lambda: unknown, self.index)
        rows = np.append(np.arange(len(self), dtype=np.int32), np.int32(-1))
        return _translate(encoded, rows, lengths)

    def _table(self) -> tuple[WordTable, np.ndarray]:
        """The words that a text can hold, and the id of each of the table's rows."""
        ids = [i for i, word in enumerate(self.words) if isinstance(word, str) and word]
        spelled = [str.encode(self.words[i], "utf-8", "surrogatepass") for i in ids]
        text = b"".join(spelled)
        lengths = np.fromiter(map(len, spelled), np.int64, len(spelled))
        places = np.cumsum(lengths) - lengths, lengths
        table = WordTable()
        table.add(text, *places, table.find(pad(text), *places))
        return table, np.array([-1, *ids], dtype=np.int32)

    def decode(self, ids: Any) -> list[Any]:
        """Words of some ids, a list as long as `ids`.

        Raises
        ------
        IndexError
            If an id is no row of this vocabulary; −1 is none.
        """
        rows = np.asarray(ids).ravel().tolist()
        for row in rows:
            if not 0 <= row < len(self):
                raise IndexError(f"ids holds {row}; it must hold rows from 0 to {len(self) - 1}")
        return [self.words[row] for row in rows]


def read_corpus(
    corpus: Any,
    min_count: int = 5,
    max_vocab_size: int | None = None,
    errors: str = "strict",
) -> tuple[Vocabulary, TokenStream]:
    """Count and encode a corpus in one pass.

    Parameters
    ----------
    corpus : str, path, or iterable of token sequences
        See `negsamp.corpus.read_blocks` and `negsamp.corpus.read_chunks`.
    min_count : int
        Words seen less often are left out, as if they did not stand in the text.
    max_vocab_size : int, optional
        Bound on the words counted from one chunk of the corpus to the next: half a megabyte of a
        file, a quarter of a million tokens of an iterable. Where it is passed, the rarest are
        forgotten, of equal ones those met last; a word that comes again starts from 0, so the
        counts of rare words are too low.
    errors : str
        How to treat bytes that are not UTF-8.

    Returns
    -------
    Vocabulary
    TokenStream
        Its ids are counted exactly: ``np.bincount(stream.ids) == vocabulary.counts``.

    Raises
    ------
    ValueError
        If `min_count` or `max_vocab_size` is out of range.
    CorpusError
        If a token is None, NaN or not hashable, if nothing is left to train on, or for what
        `read_blocks` and `read_chunks` name.
    """
    bounds = [("min_count", min_count, 0)]
    if max_vocab_size is not None:
        bounds.append(("max_vocab_size", max_vocab_size, 1))
    for name, value, low in bounds:
        if not isinstance(value, (int, np.integer)) or value < low:
            raise ValueError(f"{name} is {value!r}; it must be an integer, {low} or more")
    count_all = _count_file if is_path(corpus) else _count_iterable
    counted = count_all(corpus, max_vocab_size, errors)
    return _finish(counted, min_count)


class _Lengths:
    """Sentence lengths in tokens, gathered a chunk at a time; a sentence may span chunks."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.sentences = 0  # finished ones
        self.open = 0  # tokens so far of the one that is not

    def add(self, lengths: np.ndarray, continues: bool = False) -> None:
        lengths[:1] += self.open
        self.open = 0
        if continues:
            self.open, lengths = int(lengths[-1]), lengths[:-1]
        self.pieces.append(lengths)
        self.sentences += len(lengths)

    def offsets(self) -> np.ndarray:
        return np.concatenate([[0], *self.pieces]).cumsum(dtype=np.int64)


class _Counted(NamedTuple):
    """A corpus by provisional ids: counts (n,) int64 of each, and the words of some of them."""

    encoded: list[np.ndarray]
    lengths: _Lengths
    counts: np.ndarray
    rows: np.ndarray  # those that have a word
    words: Callable[[np.ndarray], list[Any]]


def _count_file(corpus: Any, max_vocab_size: int | None, errors: str) -> _Counted:
    table = WordTable()
    rows = counts = np.zeros(0, dtype=np.int64)
    encoded: list[np.ndarray] = []
    lengths = _Lengths()
    for block in split_blocks(read_blocks(corpus, errors)):
        places = block.starts, block.lengths
        found = table.find(block.buffer, *places)
        encoded.append(table.add(block.text, *places, found))
        lengths.add(block.line_lengths, block.continues)
        new = np.arange(len(counts) or 1, table.n_rows)  # row 0 is no word
        rows = np.concatenate([rows, new])
        counts = _add(counts, encoded[-1], table.n_rows)
        if max_vocab_size is not None and len(table) > max_vocab_size:
            rows = rows[_most_frequent(counts[rows], max_vocab_size)]
            table.forget_all_but(rows)
    return _Counted(encoded, lengths, counts, rows, table.words)


def _count_iterable(corpus: Any, max_vocab_size: int | None, errors: str) -> _Counted:
    rows: dict[Hashable, int] = defaultdict(count().__next__)
    counts = np.zeros(0, dtype=np.int64)
    encoded: list[np.ndarray] = []
    lengths = _Lengths()
    met = 0
    for chunk in read_chunks(corpus):
        known = len(rows)
        ids = _ids(chunk, rows.__getitem__, lengths.sentences)
        _check_new_tokens(islice(rows, known, None), chunk, lengths.sentences)
        met += len(rows) - known
        counts = _add(counts, ids, met)
        encoded.append(ids)
        lengths.add(_lengths(chunk))
        if max_vocab_size is not None and len(rows) > max_vocab_size:
            provisional = np.fromiter(rows.values(), np.int64, len(rows))
            is_kept = _most_frequent(counts[provisional], max_vocab_size)
            # what is met after them gets rows that were never used
            rows = defaultdict(count(met).__next__, compress(rows.items(), is_kept))
    words = dict(zip(rows.values(), rows, strict=True))
    return _Counted(
        encoded,
        lengths,
        counts,
        np.fromiter(words, np.int64, len(words)),
        lambda some: [words[row] for row in some.tolist()],
    )


def _lengths(sentences: list[Any]) -> np.ndarray:
    return np.fromiter(map(len, sentences), np.int64, len(sentences))


def _ids(chunk: list[Any], look_up: Callable[[Any], int], first_sentence: int) -> np.ndarray:
    size = sum(map(len, chunk))
    try:
        return np.fromiter(map(look_up, chain.from_iterable(chunk)), np.int32, size)
    except TypeError:
        for where, token in _located(chunk, first_sentence):
            try:
                hash(token)
            except TypeError:
                raise CorpusError(
                    f"{where} is {token!r:.60}, which is not hashable; a token must be"
                ) from None
        raise


def _check_new_tokens(new: Iterator[Any], chunk: list[Any], first_sentence: int) -> None:
    """Only a token met for the first time can be a bad one, so this costs next to nothing."""
    if all(token is not None and token == token for token in new):
        return
    where, token = next(
        (where, token)
        for where, token in _located(chunk, first_sentence)
        if token is None or token != token
    )
    raise CorpusError(f"{where} is {token!r}; a token may not be None or NaN")


def _located(chunk: list[Any], first_sentence: int) -> Iterator[tuple[str, Any]]:
    for number, sentence in enumerate(chunk, first_sentence):
        for place, token in enumerate(sentence):
            yield f"token {place} of sentence {number}", token


def _add(counts: np.ndarray, ids: np.ndarray, size: int) -> np.ndarray:
    total = np.bincount(ids, minlength=size)
    total[: len(counts)] += counts
    return total


def _most_frequent(counts: np.ndarray, size: int) -> np.ndarray:
    """Which are the highest counts, of equal ones the first, (n,) bool with `size` true."""
    is_kept = np.zeros(len(counts), dtype=bool)
    is_kept[np.argsort(-counts, kind="stable")[:size]] = True
    return is_kept


def _finish(counted: _Counted, min_count: int) -> tuple[Vocabulary, TokenStream]:
    """Sort the words that are frequent enough and give the provisional ids their final value."""
    encoded, lengths, counts, rows, words_of = counted
    raw_words = sum(map(len, encoded))
    if raw_words == 0:
        raise CorpusError("the corpus is empty: it holds no token")
    frequent = rows[counts[rows] >= min_count]
    if not len(frequent):
        raise CorpusError(
            f"no word is seen min_count={min_count} times: the most frequent of {len(rows)} is "
            f"seen {counts.max()} times"
        )
    row_of = dict(zip(words_of(frequent), frequent.tolist(), strict=True))
    words = _sorted(list(row_of))
    provisional = np.fromiter((row_of[word] for word in words), np.int64, len(words))
    order = np.argsort(-counts[provisional], kind="stable")
    provisional = provisional[order]
    vocabulary = Vocabulary([words[i] for i in order], counts[provisional], raw_words)
    final = np.full(len(counts), -1, dtype=np.int32)
    final[provisional] = np.arange(len(provisional), dtype=np.int32)
    return vocabulary, _translate(encoded, final, lengths)


def _sorted(words: list[Hashable]) -> list[Any]:
    try:
        return sorted(words)
    except TypeError:  # kinds that do not compare, or not with each other
        return sorted(words, key=lambda word: (type(word).__qualname__, _text(word)))


def _text(word: Hashable) -> str:
    """Its repr, unless that is an address, which would differ from run to run."""
    return "" if type(word).__repr__ is object.__repr__ else repr(word)


def _translate(encoded: list[np.ndarray], rows: np.ndarray, lengths: _Lengths) -> TokenStream:
    """Map ids, drop those without a row (−1), and the sentences that this empties.

    Takes `encoded` apart as it goes, so that the corpus is in memory about once.
    """
    offsets = lengths.offsets()
    kept_before = np.zeros(len(offsets), dtype=np.int64)
    pieces: list[np.ndarray] = []
    start = kept = 0
    encoded.reverse()
    while encoded:
        ids = rows[encoded.pop()]
        is_kept = ids >= 0
        first, last = np.searchsorted(offsets, [start, start + len(ids)], side="right")
        running = np.cumsum(is_kept)
        inside = offsets[first:last] - start
        kept_before[first:last] = kept + running[inside - 1]
        pieces.append(ids[is_kept])
        start += len(ids)
        kept += len(pieces[-1])
    return TokenStream(np.concatenate(pieces), np.unique(kept_before))
