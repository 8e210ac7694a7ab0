"""Partitions are read once: their words are counted where they are, and their tokens become ids.

The words of all partitions are merged in a tree. As those of a partition are in the order in which
they are met, the vocabulary is that of one machine, to the last tie.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from negsamp.corpus.counting import choose_words, read_corpus
from negsamp.corpus.stream import StreamBuilder, TokenStream
from negsamp.corpus.token_dict import TokenDict
from negsamp.errors import EmptyCorpusError

__all__ = ["Part", "Words", "choose", "encode", "merge_words", "read_part"]


class Words(NamedTuple):
    """Words, how often each was seen, and how many tokens were read in all."""

    words: list[Any]
    counts: np.ndarray  # (n,) int64
    raw_words: int


class Part:
    """A partition as ids, in memory or, where it is large, in a folder of its worker.

    The folder is removed with the object. What is sent to another worker is in memory there.
    """

    def __init__(self, stream: TokenStream, folder: _Folder | None = None) -> None:
        self.stream, self._folder = stream, folder

    @property
    def is_mapped(self) -> bool:
        return isinstance(self.stream.ids, np.memmap)

    def about(self) -> tuple[int, int, int, bool, str]:
        """Tokens, sentences, tokens of the longest, whether it is on a disk, and its digest."""
        s = self.stream
        return len(s), s.n_sentences, s.longest_sentence, self.is_mapped, s.digest()

    def __sizeof__(self) -> int:  # for Dask: what is mapped takes no memory
        return 1000 + (not self.is_mapped) * (self.stream.ids.nbytes + self.stream.offsets.nbytes)

    def __reduce__(self) -> Any:
        return Part, (TokenStream(*(np.array(a) for a in (self.stream.ids, self.stream.offsets))),)


def read_part(
    corpus: Any,
    max_vocab_size: int | None,
    errors: str,
    encoding: str,
    workers: int = 1,
    scratch: str | None = None,
) -> tuple[Words, Part]:
    """Read a partition once: its words in the order in which they are met, and their ids."""
    folder = _Folder(scratch)
    try:
        vocabulary, stream = read_corpus(
            corpus, 1, max_vocab_size, errors, workers, folder.path, encoding=encoding
        )
    except EmptyCorpusError:
        return Words([], np.zeros(0, np.int64), 0), Part(TokenStream(_empty(), np.zeros(1, int)))
    words, counts = vocabulary.words, vocabulary.counts
    if not all(isinstance(word, str) for word in words):  # only of others the order may matter
        met, first = np.unique(stream.ids, return_index=True)
        order = met[np.argsort(first)]
        ranks = np.empty(len(words), np.int32)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        words, counts = [words[i] for i in order.tolist()], counts[order]
        stream = TokenStream(ranks[stream.ids], stream.offsets)
    return Words(words, counts, vocabulary.raw_words), Part(stream, folder)


def merge_words(*some: Words) -> Words:
    """Merge the words of consecutive parts, in the order in which they are met."""
    table = TokenDict()
    found = table.add(
        chain.from_iterable(one.words for one in some), sum(len(one.words) for one in some), ()
    )
    counts = np.zeros(len(table), np.int64)
    np.add.at(counts, found, np.concatenate([one.counts for one in some]))
    return Words(table.words(table.rows()), counts, sum(one.raw_words for one in some))


def choose(words: Words, min_count: int, most: int | None) -> Words:
    """The words of the vocabulary, in its order, as `read_corpus` chooses them."""
    table = TokenDict()
    table.add(words.words, len(words.words), ())
    vocabulary, _ = choose_words(table, words.counts, words.raw_words, min_count, most)
    return Words(vocabulary.words, vocabulary.counts, vocabulary.raw_words)


def encode(read: tuple[Words, Part], vocabulary: Words, scratch: str | None = None) -> Part:
    """Write a partition as the ids of the vocabulary; other tokens are left out."""
    words, part = read
    index = {word: row for row, word in enumerate(vocabulary.words)}
    rows = np.fromiter((index.get(word, -1) for word in words.words), np.int32, len(words.words))
    folder = _Folder(scratch)
    builder = StreamBuilder(folder.path)
    for ids, starts in part.stream.pieces():
        builder.add(ids, np.diff(starts, prepend=0, append=len(ids)), True)
    return Part(builder.build(rows), folder)


class _Folder:
    """A folder that is removed when nobody needs it any more."""

    def __init__(self, inside: str | None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="negsamp-", dir=inside))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def _empty() -> np.ndarray:
    return np.zeros(0, np.int32)
