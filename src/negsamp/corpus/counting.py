"""Count tokens, sort those that are frequent, and write the corpus as integer ids: one pass.

A token gets a provisional id, its row in a table, where it is first met, so counting is
`np.bincount` on ids and the encoded corpus exists as soon as the counts do. Nothing is read twice:
what is trained is what was counted, and a generator serves as well as a list. A file's tokens stay
bytes until the words of the vocabulary are known; the ids are those of the same tokens in lists.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from negsamp.checks import check_flags, check_integer
from negsamp.core.rare_words import REMEMBERED, RareWords
from negsamp.core.vocabulary import Growth, Vocabulary
from negsamp.corpus.containers import listing_code
from negsamp.corpus.decoding import check_encoding
from negsamp.corpus.reading import read_blocks, read_chunks
from negsamp.corpus.stream import Folder, StreamBuilder, TokenStream
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.corpus.token_dict import TokenDict, named_tokens
from negsamp.corpus.token_kinds import text_of
from negsamp.corpus.token_table import Found, WordTable
from negsamp.corpus.tokenizing import Tokens, split_blocks
from negsamp.errors import CorpusError, EmptyCorpusError

__all__ = ["choose_words", "rank_words", "read_corpus", "read_more"]

logger = logging.getLogger(__name__)

BLOCKS_AHEAD = 2  # one that is being looked at, and one that waits
Piece = tuple[np.ndarray, np.ndarray, bool]  # as `StreamBuilder.add` takes it


def read_corpus(
    corpus: Any,
    min_count: int = 5,
    max_vocab_size: int | None = None,
    errors: str = "strict",
    workers: int = 1,
    folder: Folder | None = None,
    keep: bool = False,
    encoding: str = "utf-8",
    max_final_vocab: int | None = None,
) -> tuple[Vocabulary, TokenStream]:
    """Count and encode a corpus in one pass.

    Parameters
    ----------
    corpus : str, path, list of paths, or iterable of token sequences
        A text file, folder or pattern, or a list of paths, as in `Word2Vec.fit`, with a sentence a
        line and white space between tokens; or sequences of hashable tokens, of which a `str` is
        split at white space.
    min_count : int
        Words that are seen less often are left out, as if they did not stand in the text.
    max_vocab_size : int, optional
        Bound on the words counted from one chunk of the corpus to the next: half a megabyte of
        files, a quarter of a million tokens of an iterable. Where it is passed, the rarest are
        forgotten, of equal ones those met last; a word that comes again starts from 0, so the
        counts of rare words are too low. The log says when that begins.
    errors : str
        What happens to bytes that are not in the encoding, as in `bytes.decode`.
    workers : int
        With 2 or more, a second thread helps to read files, unless `max_vocab_size` is given. This
        changes nothing but the time that it takes.
    folder : path or callable, optional
        An empty folder, or a function that makes one when it is first called, for the files of a
        corpus of more than 33 million tokens, while it is read and after: ``ids.npy`` and
        ``offsets.npy``, which the stream maps. Without it, the corpus is in memory.
    keep : bool
        Write these two files however small the corpus is.
    encoding : str
        The encoding of all files, of those that Python knows.
    max_final_vocab : int, optional
        Of the words that `min_count` keeps, only so many of the most frequent stay. They are chosen
        when all are counted, so that counts are right, unlike those of `max_vocab_size`.

    Returns
    -------
    Vocabulary
        The words that are kept.
    TokenStream
        Its ids are counted exactly: ``np.bincount(stream.ids) == vocabulary.counts``.

    Raises
    ------
    ValueError
        If `min_count`, `max_vocab_size` or `max_final_vocab` is out of range, `errors` or
        `encoding` unknown, or files are to be kept without a `folder`.
    CorpusError
        If a file is no text, damaged or not in the encoding, a folder has no file, a sentence is no
        sequence, the iterable raises, a token is None, NaN, not hashable or longer than 16 MiB, or
        nothing is left to train on.
    OSError, ImportError
        If a file is not there or cannot be read, no package is there that unpacks zstd, or the
        folder's disk has no room.

    Examples
    --------
    >>> from negsamp import read_corpus
    >>> vocabulary, stream = read_corpus(["the cat sat", "the cat ran"], min_count=2)
    >>> vocabulary.words, vocabulary.counts.tolist(), stream.ids.tolist()
    (['cat', 'the'], [2, 2], [1, 0, 1, 0])
    """
    check_integer("min_count", min_count, 0)
    check_integer("max_final_vocab", max_final_vocab, 1, optional=True)
    check_flags(keep=keep)
    if keep and folder is None:
        raise ValueError("keep is True, but folder is None; name one for the files")
    with closing(StreamBuilder(folder, keep)) as builder:
        table = _count(builder, corpus, max_vocab_size, errors, workers, encoding)
        found = builder.counts(), builder.n_tokens
        vocabulary, ranks = choose_words(table, *found, min_count, max_final_vocab, max_vocab_size)
        return vocabulary, builder.build(ranks)


def read_more(
    known: Vocabulary,
    corpus: Any,
    min_count: int = 5,
    max_vocab_size: int | None = None,
    errors: str = "strict",
    workers: int = 1,
    folder: Folder | None = None,
    encoding: str = "utf-8",
    max_final_vocab: int | None = None,
) -> tuple[Growth, TokenStream]:
    """Count and encode a further text of a vocabulary, which stays as it is.

    A word that is not in it is added where it was seen `min_count` times, in this text and before,
    as far as that is remembered; those are added in order of falling count, and only as many as
    `max_final_vocab` leaves room for. `max_vocab_size` bounds the words of this text, but for those
    that have a row, and afterwards the rare words that are remembered; None remembers `REMEMBERED`
    of them. A text without any token has nothing to add. The rest is as in `read_corpus`.
    """
    with closing(StreamBuilder(folder)) as builder:
        table = _count(builder, corpus, max_vocab_size, errors, workers, encoding, known.index)
        counts, rows, V = builder.counts(), table.rows(), len(known)
        words, seen = table.words(rows), counts[rows]
        places = np.fromiter((known.index.get(word, -1) for word in words), np.int32, len(words))
        old, others = places >= 0, np.flatnonzero(places < 0).tolist()
        ranks = np.full(len(counts), -1, np.int32)
        ranks[rows[old]] = places[old]
        known_counts = known.counts.copy()
        known_counts[places[old]] += seen[old]
        before, totals = known.rare.counts, np.zeros(len(counts), np.int64)
        rare = {
            words[i]: n + before.get(words[i], 0)
            for i, n in zip(others, seen[others].tolist(), strict=True)
        }
        totals[rows[others]] = [*rare.values()]
        new = rows[totals[rows] >= min_count]
        added, provisional, _ = rank_words(table, new, totals)
        if max_final_vocab is not None:
            added = added[: max(0, max_final_vocab - V)]
        provisional = provisional[: len(added)]
        ranks[provisional] = np.arange(V, V + len(added))
        rare |= dict.fromkeys(added, 0)
        most = _most_rare(V + len(added), max_vocab_size)
        all_counts = np.append(known_counts, totals[provisional])
        # the rarest of a text are forgotten first
        rare = dict(sorted(rare.items(), key=itemgetter(1)))
        growth = Growth(added, all_counts, known.raw_words + builder.n_tokens, rare, most)
        return growth, builder.build(ranks)


def _most_rare(V: int, max_vocab_size: int | None) -> int:
    """The rare words that are remembered beside V others."""
    return REMEMBERED if max_vocab_size is None else max(0, max_vocab_size - V)


def _count(
    builder: StreamBuilder,
    corpus: Any,
    max_vocab_size: int | None,
    errors: str,
    workers: int,
    encoding: str,
    known: Mapping[Any, int] | None = None,
) -> WordTable | TokenDict:
    """Read a corpus into a builder; words that are `known` are not forgotten."""
    check_integer("max_vocab_size", max_vocab_size, 1, optional=True)
    check_encoding(encoding)
    table: WordTable | TokenDict
    files = text_files(corpus)
    if files is not None:
        table = WordTable()
        # words that are forgotten must not have been found ahead
        ahead = workers if max_vocab_size is None else 1
        pieces = _pieces_of_files(table, files, errors, encoding, ahead)
    else:
        table = TokenDict()
        pieces = _pieces_of_iterable(table, corpus)
    is_told, stays = False, np.zeros(0, bool)
    for ids, lengths, continues in pieces:
        builder.add(ids, lengths, continues)
        if max_vocab_size is None or len(table) <= max_vocab_size:
            continue
        if not is_told:
            logger.warning(
                "the corpus has more than max_vocab_size=%d different words; the rarest "
                "are forgotten from now on, and the counts of rare words will be too low",
                max_vocab_size,
            )
        is_told = True
        rows, counts = table.rows(), builder.counts()
        rank = -counts[rows]
        if known is not None:
            new = rows[rows >= len(stays)]
            stays = np.append(stays, np.zeros(len(counts) - len(stays), bool))
            stays[new] = [word in known for word in table.words(new)]
            rank[stays[rows]] = -builder.n_tokens
        most = max(max_vocab_size, int(stays[rows].sum()) if known else 0)
        table.forget_all_but(rows[np.argsort(rank, kind="stable")[:most]])
    return table


def _pieces_of_files(
    table: WordTable, files: TextFiles, errors: str, encoding: str, workers: int
) -> Iterator[Piece]:
    """Yield the ids and line lengths of files."""
    blocks = split_blocks(read_blocks(files, errors, encoding))
    for block, found in _looked_up(table, blocks, workers):
        yield table.add(block, found), block.line_lengths, block.continues


def _looked_up(
    table: WordTable, blocks: Iterable[Tokens], workers: int
) -> Iterator[tuple[Tokens, Found]]:
    """Yield blocks in order, with what a first look at their tokens tells.

    Given a second worker, a thread looks while this one reads on and adds words. What it misses
    meanwhile, `add` finds, so the rows do not depend on who was faster.
    """
    if workers == 1:
        for block in blocks:
            yield block, table.find(block)
        return
    waiting: deque[tuple[Tokens, Future[Found]]] = deque()
    with ThreadPoolExecutor(1) as pool:  # a third thread finds little left to do
        for block in blocks:
            waiting.append((block, pool.submit(table.find, block)))
            if len(waiting) > BLOCKS_AHEAD:
                block, looking = waiting.popleft()
                yield block, looking.result()
        for block, looking in waiting:
            yield block, looking.result()


def _pieces_of_iterable(table: TokenDict, corpus: Any) -> Iterator[Piece]:
    """Yield the ids and sentence lengths of an iterable."""
    done, code = 0, listing_code(corpus)
    for sentences in read_chunks(corpus):
        lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
        tokens, n = chain.from_iterable(sentences), int(lengths.sum())
        ids = table.add(tokens, n, named_tokens(sentences, done), corpus=code)
        yield ids, lengths, False
        done += len(sentences)


def choose_words(
    table: WordTable | TokenDict,
    counts: np.ndarray,
    raw_words: int,
    min_count: int,
    most: int | None,
    max_vocab_size: int | None = None,
) -> tuple[Vocabulary, np.ndarray]:
    """Choose the words that are frequent enough, of `raw_words` tokens.

    `counts`, (n,), are those of the rows of the table. The array has the rank of each row's word,
    (n,) int32, −1 for one that is left out; the vocabulary remembers these as `max_vocab_size` says
    in `read_more`. CorpusError if there is none.
    """
    if raw_words == 0:
        raise EmptyCorpusError("the corpus is empty: it holds no token")
    rows = table.rows()
    frequent = rows[counts[rows] >= min_count]
    if not len(frequent):
        raise CorpusError(
            f"no word is seen min_count={min_count} times: the most frequent of {len(rows)} is "
            f"seen {counts.max()} times; min_count=1 keeps all of them"
        )
    words, provisional, ranks = rank_words(table, frequent, counts)
    if most is not None:
        words, provisional = words[:most], provisional[:most]
        ranks[ranks >= most] = -1
    others = rows[ranks[rows] < 0]
    others = others[np.argsort(counts[others], kind="stable")]
    others = others[max(0, len(others) - _most_rare(len(words), max_vocab_size)) :]
    rare = RareWords.of(table.words(others), counts[others])
    return Vocabulary(words, counts[provisional], raw_words, rare), ranks


def rank_words(
    table: WordTable | TokenDict, rows: np.ndarray, counts: np.ndarray
) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """Sort words by falling count, those of equal count in order of the words.

    Words that do not compare are in order of their kinds, those of a kind in order of their text,
    or, where that may differ from run to run, as they were met.

    `rows` has the words' rows in the table, and `counts`, (n,), the counts of all its rows. The
    words are returned with their rows, and the rank of each row's word, (n,) int32, which is −1
    for a row that is not in `rows`.
    """
    words = table.words(rows)
    places = range(len(words))
    try:
        by_word = sorted(places, key=words.__getitem__)
    except TypeError:  # kinds that do not compare, or not with each other
        by_word = sorted(places, key=lambda i: (type(words[i]).__qualname__, text_of(words[i])))
    order = np.array(by_word, np.intp)
    order = order[np.argsort(-counts[rows[order]], kind="stable")]
    ranks = np.full(len(counts), -1, dtype=np.int32)
    ranks[rows[order]] = np.arange(len(order), dtype=np.int32)
    return [words[i] for i in order.tolist()], rows[order], ranks
