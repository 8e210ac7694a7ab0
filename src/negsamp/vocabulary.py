"""Count tokens, keep the frequent ones, and write the corpus as integer ids: one pass.

A token gets a provisional id where it is first met, so counting is `np.bincount` on ids and the
encoded corpus exists as soon as the counts do. Nothing is read twice: what is trained is what was
counted, and a generator serves as well as a list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress, count, islice
from typing import Any

import numpy as np

from negsamp.corpus import Chunk, CorpusError, read_chunks

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
        sentences: list[np.ndarray] = []
        lengths = _Lengths()
        unknown = len(self)
        look_up = defaultdict(lambda: unknown, self.index)
        for chunk in read_chunks(corpus, errors):
            sentences.append(_ids(chunk, look_up.__getitem__, lengths.sentences))
            lengths.add(chunk)
            if len(look_up) > 2 * len(self):  # the unknown words met, kept only for their speed
                look_up = defaultdict(lambda: unknown, self.index)
        rows = np.append(np.arange(len(self), dtype=np.int32), np.int32(-1))
        return _translate(sentences, rows, lengths)

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
        See `negsamp.corpus.read_chunks`.
    min_count : int
        Words seen less often are left out, as if they did not stand in the text.
    max_vocab_size : int, optional
        Bound on the words counted from one chunk of the text to the next. Where it is passed, the
        rarest are forgotten, of equal ones those met last; a word that comes again starts from 0,
        so the counts of rare words are too low.
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
        `read_chunks` names.
    """
    bounds = [("min_count", min_count, 0)]
    if max_vocab_size is not None:
        bounds.append(("max_vocab_size", max_vocab_size, 1))
    for name, value, low in bounds:
        if not isinstance(value, (int, np.integer)) or value < low:
            raise ValueError(f"{name} is {value!r}; it must be an integer, {low} or more")
    rows: dict[Hashable, int] = defaultdict(count().__next__)
    counts = np.zeros(0, dtype=np.int64)
    encoded: list[np.ndarray] = []
    lengths = _Lengths()
    met = 0
    for chunk in read_chunks(corpus, errors):
        known = len(rows)
        ids = _ids(chunk, rows.__getitem__, lengths.sentences)
        _check_new_tokens(islice(rows, known, None), chunk, lengths.sentences)
        met += len(rows) - known
        counts = _add(counts, ids, met)
        encoded.append(ids)
        lengths.add(chunk)
        if max_vocab_size is not None and len(rows) > max_vocab_size:
            rows = _most_frequent(rows, counts, max_vocab_size)
    return _finish(rows, counts, encoded, lengths, min_count)


class _Lengths:
    """Sentence lengths in tokens, gathered a chunk at a time; a sentence may span chunks."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.sentences = 0  # finished ones
        self.open = 0  # tokens so far of the one that is not

    def add(self, chunk: Chunk) -> None:
        lengths = np.fromiter(map(len, chunk.sentences), np.int64, len(chunk.sentences))
        lengths[:1] += self.open
        self.open = 0
        if chunk.continues:
            self.open, lengths = int(lengths[-1]), lengths[:-1]
        self.pieces.append(lengths)
        self.sentences += len(lengths)

    def offsets(self) -> np.ndarray:
        return np.concatenate([[0], *self.pieces]).cumsum(dtype=np.int64)


def _ids(chunk: Chunk, look_up: Callable[[Any], int], first_sentence: int) -> np.ndarray:
    size = sum(map(len, chunk.sentences))
    try:
        return np.fromiter(map(look_up, chain.from_iterable(chunk.sentences)), np.int32, size)
    except TypeError:
        for where, token in _located(chunk, first_sentence):
            try:
                hash(token)
            except TypeError:
                raise CorpusError(
                    f"{where} is {token!r:.60}, which is not hashable; a token must be"
                ) from None
        raise


def _check_new_tokens(new: Iterator[Any], chunk: Chunk, first_sentence: int) -> None:
    """Only a token met for the first time can be a bad one, so this costs next to nothing."""
    if all(token is not None and token == token for token in new):
        return
    where, token = next(
        (where, token)
        for where, token in _located(chunk, first_sentence)
        if token is None or token != token
    )
    raise CorpusError(f"{where} is {token!r}; a token may not be None or NaN")


def _located(chunk: Chunk, first_sentence: int) -> Iterator[tuple[str, Any]]:
    for number, sentence in enumerate(chunk.sentences, first_sentence):
        for place, token in enumerate(sentence):
            yield f"token {place} of sentence {number}", token


def _add(counts: np.ndarray, ids: np.ndarray, size: int) -> np.ndarray:
    total = np.bincount(ids, minlength=size)
    total[: len(counts)] += counts
    return total


def _most_frequent(rows: dict[Hashable, int], counts: np.ndarray, size: int) -> dict[Hashable, int]:
    """The most frequent words; what is met after them gets rows that were never used."""
    provisional = np.fromiter(rows.values(), np.int64, len(rows))
    is_kept = np.zeros(len(rows), dtype=bool)
    is_kept[np.argsort(-counts[provisional], kind="stable")[:size]] = True
    return defaultdict(count(len(counts)).__next__, compress(rows.items(), is_kept))


def _finish(
    rows: dict[Hashable, int],
    counts: np.ndarray,
    encoded: list[np.ndarray],
    lengths: _Lengths,
    min_count: int,
) -> tuple[Vocabulary, TokenStream]:
    """Sort the words that are frequent enough and give the provisional ids their final value."""
    raw_words = sum(map(len, encoded))
    if raw_words == 0:
        raise CorpusError("the corpus is empty: it holds no token")
    words = [word for word, row in rows.items() if counts[row] >= min_count]
    if not words:
        raise CorpusError(
            f"no word is seen min_count={min_count} times: the most frequent of {len(rows)} is "
            f"seen {counts.max()} times"
        )
    words = _sorted(words)
    provisional = np.fromiter((rows[word] for word in words), np.int64, len(words))
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
