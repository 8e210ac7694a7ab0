"""Count tokens, keep the frequent ones, and write the corpus as integer ids: one pass.

A token gets a provisional id where it is first met, so counting is `np.bincount` on ids and the
encoded corpus exists as soon as the counts do. Nothing is read twice: what is trained is what was
counted, and a generator serves as well as a list. A file's tokens stay bytes until the words of the
vocabulary are known; the ids are those of the same tokens in lists.
"""

from __future__ import annotations

import logging
import os
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import compress, count, islice
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.core.vocabulary import Vocabulary, sort_words
from negsamp.corpus.encoding import located, sentence_lengths, token_ids
from negsamp.corpus.reading import is_path, read_blocks, read_chunks
from negsamp.corpus.stream import StreamBuilder, TokenStream
from negsamp.corpus.token_table import Found, WordTable
from negsamp.corpus.tokenizing import Tokens, split_blocks
from negsamp.errors import CorpusError

__all__ = ["read_corpus"]

logger = logging.getLogger(__name__)

BLOCKS_AHEAD = 2  # one being looked at and one waiting
WordsOf = Callable[[np.ndarray], list[Any]]  # the words of some provisional ids


def read_corpus(
    corpus: Any,
    min_count: int = 5,
    max_vocab_size: int | None = None,
    errors: str = "strict",
    workers: int = 1,
    folder: str | os.PathLike[str] | None = None,
    keep: bool = False,
) -> tuple[Vocabulary, TokenStream]:
    """Count and encode a corpus in one pass.

    Parameters
    ----------
    corpus : str, path, or iterable of token sequences
        See `negsamp.corpus.reading.read_blocks` and `negsamp.corpus.reading.read_chunks`.
    min_count : int
        Words seen less often are left out, as if they did not stand in the text.
    max_vocab_size : int, optional
        Bound on the words counted from one chunk of the corpus to the next: half a megabyte of a
        file, a quarter of a million tokens of an iterable. Where it is passed, the rarest are
        forgotten, of equal ones those met last; a word that comes again starts from 0, so the
        counts of rare words are too low. The log says when that begins.
    errors : str
        How to treat bytes that are not UTF-8.
    workers : int
        With 2 or more, a second thread helps to read a file, unless `max_vocab_size` is given. It
        changes nothing but the time that takes.
    folder : path, optional
        An empty folder, in which a corpus of more than 33 million tokens lies in files while it is
        read and after: ``ids.npy`` and ``offsets.npy``, which the stream maps. None has it in
        memory.
    keep : bool
        Write these two files however small the corpus is.

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
    OSError
        If the folder's disk has no room.
    """
    bounds = [("min_count", min_count, 0)]
    if max_vocab_size is not None:
        bounds.append(("max_vocab_size", max_vocab_size, 1))
    for name, value, low in bounds:
        if not isinstance(value, (int, np.integer)) or value < low:
            raise ValueError(f"{name} is {value!r}; it must be an integer, {low} or more")
    builder = StreamBuilder(None if folder is None else Path(folder), keep)
    with closing(builder):
        if is_path(corpus):
            rows, words_of = _count_file(builder, corpus, max_vocab_size, errors, workers)
        else:
            rows, words_of = _count_iterable(builder, corpus, max_vocab_size)
        return _finish(builder, rows, words_of, min_count)


def _count_file(
    builder: StreamBuilder, path: Any, max_vocab_size: int | None, errors: str, workers: int
) -> tuple[np.ndarray, WordsOf]:
    """Add a file by provisional ids; return those that are words, and what tells the words."""
    table = WordTable()
    rows = np.zeros(0, dtype=np.int64)
    looked_at = 1  # row 0 is no word
    # words that are forgotten must not have been found ahead
    ahead = workers if max_vocab_size is None else 1
    for block, found in _found(table, split_blocks(read_blocks(path, errors)), ahead):
        ids = table.add(block.text, block.starts, block.lengths, found)
        builder.add(ids, block.line_lengths, block.continues)
        if max_vocab_size is not None and len(table) > max_vocab_size:
            rows = np.concatenate([rows, np.arange(looked_at, table.n_rows)])
            looked_at = table.n_rows
            is_first = not table.has_forgotten
            rows = rows[_most_frequent(builder.counts()[rows], max_vocab_size)]
            table.forget_all_but(rows)
            _log_forgetting(is_first, max_vocab_size)
    return np.concatenate([rows, np.arange(looked_at, table.n_rows)]), table.words


def _found(
    table: WordTable, blocks: Iterable[Tokens], workers: int
) -> Iterator[tuple[Tokens, Found]]:
    """Blocks in order, with what a first look at their tokens tells.

    Given a second worker, a thread looks while this one reads on and adds words. What it misses
    meanwhile, `add` finds, so the rows do not depend on who was faster.
    """
    if workers == 1:
        for block in blocks:
            yield block, table.find(block.buffer, block.starts, block.lengths)
        return
    waiting: deque[tuple[Tokens, Future[Found]]] = deque()
    with ThreadPoolExecutor(1) as pool:  # a third thread finds little left to do
        for block in blocks:
            looking = pool.submit(table.find, block.buffer, block.starts, block.lengths)
            waiting.append((block, looking))
            if len(waiting) > BLOCKS_AHEAD:
                block, looking = waiting.popleft()
                yield block, looking.result()
        for block, looking in waiting:
            yield block, looking.result()


def _count_iterable(
    builder: StreamBuilder, corpus: Any, max_vocab_size: int | None
) -> tuple[np.ndarray, WordsOf]:
    """As `_count_file`."""
    rows: dict[Hashable, int] = defaultdict(count().__next__)
    met = 0
    for chunk in read_chunks(corpus):
        known = len(rows)
        ids = token_ids(chunk, rows.__getitem__, builder.n_sentences)
        _check_new_tokens(islice(rows, known, None), chunk, builder.n_sentences)
        met += len(rows) - known
        builder.add(ids, sentence_lengths(chunk))
        if max_vocab_size is not None and len(rows) > max_vocab_size:
            provisional = np.fromiter(rows.values(), np.int64, len(rows))
            is_kept = _most_frequent(builder.counts()[provisional], max_vocab_size)
            _log_forgetting(met == len(rows), max_vocab_size)
            # what is met after them gets rows that were never used
            rows = defaultdict(count(met).__next__, compress(rows.items(), is_kept))
    words = dict(zip(rows.values(), rows, strict=True))
    provisional = np.fromiter(words, np.int64, len(words))
    return provisional, lambda some: [words[row] for row in some.tolist()]


def _log_forgetting(is_first: bool, max_vocab_size: int) -> None:
    if is_first:
        logger.warning(
            "the corpus has more than max_vocab_size=%d different words; the rarest are forgotten "
            "from now on, and the counts of rare words will be too low",
            max_vocab_size,
        )


def _check_new_tokens(new: Iterator[Any], chunk: list[Any], first_sentence: int) -> None:
    """Only a token met for the first time can be a bad one, so this costs next to nothing."""
    if all(token is not None and token == token for token in new):
        return
    where, token = next(
        (where, token)
        for where, token in located(chunk, first_sentence)
        if token is None or token != token
    )
    raise CorpusError(f"{where} is {token!r}; a token may not be None or NaN")


def _most_frequent(counts: np.ndarray, size: int) -> np.ndarray:
    """Which are the highest counts, of equal ones the first, (n,) bool with `size` true."""
    is_kept = np.zeros(len(counts), dtype=bool)
    is_kept[np.argsort(-counts, kind="stable")[:size]] = True
    return is_kept


def _finish(
    builder: StreamBuilder, rows: np.ndarray, words_of: WordsOf, min_count: int
) -> tuple[Vocabulary, TokenStream]:
    """Sort the words that are frequent enough and give the provisional ids their final value."""
    if builder.n_tokens == 0:
        raise CorpusError("the corpus is empty: it holds no token")
    counts = builder.counts()
    frequent = rows[counts[rows] >= min_count]
    if not len(frequent):
        raise CorpusError(
            f"no word is seen min_count={min_count} times: the most frequent of {len(rows)} is "
            f"seen {counts.max()} times"
        )
    words = words_of(frequent)
    order = sort_words(words, counts[frequent])
    provisional = frequent[order]
    vocabulary = Vocabulary(
        [words[i] for i in order.tolist()], counts[provisional], builder.n_tokens
    )
    final = np.full(len(counts), -1, dtype=np.int32)
    final[provisional] = np.arange(len(provisional), dtype=np.int32)
    return vocabulary, builder.build(final)
