"""Another corpus as the ids of a vocabulary that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.reading import is_path, read_blocks, read_chunks
from negsamp.corpus.stream import StreamBuilder, TokenStream
from negsamp.corpus.token_table import WordTable
from negsamp.corpus.tokenizing import pad, split_blocks
from negsamp.errors import CorpusError

__all__ = ["document_rows", "encode_corpus", "located", "sentence_lengths", "token_ids"]


def encode_corpus(vocabulary: Vocabulary, corpus: Any, errors: str = "strict") -> TokenStream:
    """Write another corpus as a vocabulary's ids; unknown tokens are left out.

    Parameters
    ----------
    corpus, errors
        As in `Word2Vec.fit`.

    Returns
    -------
    TokenStream
    """
    builder = StreamBuilder()
    if is_path(corpus):
        table, rows = _token_table(vocabulary)
        for block in split_blocks(read_blocks(corpus, errors)):
            places = block.starts, block.lengths
            found = table.find(block.buffer, *places)
            ids = table.look_up(block.text, *places, found)
            builder.add(ids, block.line_lengths, block.continues)
        return builder.build(rows)
    for ids, lengths in document_rows(vocabulary, corpus):
        builder.add(ids, lengths)
    return builder.build(np.append(np.arange(len(vocabulary), dtype=np.int32), np.int32(-1)))


def document_rows(
    vocabulary: Vocabulary, documents: Any
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Look up the tokens of an iterable, some documents at a time.

    Parameters
    ----------
    documents : iterable of token sequences or str
        As in `Word2Vec.fit`.

    Yields
    ------
    ids : ndarray, shape (n,) int32
        The row of each token; V, the number of words, for one that is not known.
    lengths : ndarray, shape (n_documents,) int64
        Tokens of each document, empty ones included.

    Raises
    ------
    CorpusError
        If a document is no sequence of tokens, or a token is not hashable.
    """
    unknown, done = len(vocabulary), 0
    look_up = defaultdict(lambda: unknown, vocabulary.index)
    for chunk in read_chunks(documents):
        yield token_ids(chunk, look_up.__getitem__, done), sentence_lengths(chunk)
        done += len(chunk)
        if len(look_up) > 2 * len(vocabulary):  # the unknown words met, kept only for their speed
            look_up = defaultdict(lambda: unknown, vocabulary.index)


def _token_table(vocabulary: Vocabulary) -> tuple[WordTable, np.ndarray]:
    """The words that a text can hold, and the id of each of the table's rows."""
    words = {i: word for i, word in enumerate(vocabulary.words) if isinstance(word, str) and word}
    spelled = [str.encode(word, "utf-8", "surrogatepass") for word in words.values()]
    text = b"".join(spelled)
    lengths = np.fromiter(map(len, spelled), np.int64, len(spelled))
    places = np.cumsum(lengths) - lengths, lengths
    table = WordTable()
    table.add(text, *places, table.find(pad(text), *places))
    return table, np.array([-1, *words], dtype=np.int32)


def sentence_lengths(sentences: list[Any]) -> np.ndarray:
    return np.fromiter(map(len, sentences), np.int64, len(sentences))


def token_ids(chunk: list[Any], look_up: Callable[[Any], int], first_sentence: int) -> np.ndarray:
    size = sum(map(len, chunk))
    try:
        return np.fromiter(map(look_up, chain.from_iterable(chunk)), np.int32, size)
    except TypeError:
        for where, token in located(chunk, first_sentence):
            try:
                hash(token)
            except TypeError:
                raise CorpusError(
                    f"{where} is {token!r:.60}, which is not hashable; a token must be"
                ) from None
        raise


def located(chunk: list[Any], first_sentence: int) -> Iterator[tuple[str, Any]]:
    for number, sentence in enumerate(chunk, first_sentence):
        for place, token in enumerate(sentence):
            yield f"token {place} of sentence {number}", token
