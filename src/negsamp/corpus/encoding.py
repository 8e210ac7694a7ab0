"""Another corpus as the ids of a vocabulary that is known."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from negsamp.checks import glimpse
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.reading import read_blocks, read_chunks
from negsamp.corpus.stream import Folder, StreamBuilder, TokenStream
from negsamp.corpus.text_files import text_files
from negsamp.corpus.token_dict import look_up, named_tokens
from negsamp.corpus.token_kinds import python_value
from negsamp.corpus.token_table import table_of
from negsamp.corpus.tokenizing import split_blocks

__all__ = ["document_rows", "encode_corpus"]


def encode_corpus(
    vocabulary: Vocabulary,
    corpus: Any,
    errors: str = "strict",
    encoding: str = "utf-8",
    folder: Folder | None = None,
) -> TokenStream:
    """Write a corpus as the ids of a vocabulary; unknown tokens are left out.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words.
    corpus, errors, encoding
        As in `Word2Vec.fit`.
    folder : path or callable, optional
        An empty folder for the files of a large corpus, as in `read_corpus`.

    Returns
    -------
    TokenStream
        Without the sentences that have no known token.

    Raises
    ------
    TypeError
        If `vocabulary` is something else.
    CorpusError, FileNotFoundError
        If the corpus cannot be read.

    Examples
    --------
    >>> from negsamp import Vocabulary, encode_corpus
    >>> vocabulary = Vocabulary(["the", "cat"], [2, 2])
    >>> encode_corpus(vocabulary, ["the old cat", "a dog"]).ids.tolist()
    [0, 1]
    """
    if not isinstance(vocabulary, Vocabulary):
        raise TypeError(f"vocabulary is {glimpse(vocabulary)}; it must be a negsamp.Vocabulary")
    builder = StreamBuilder(folder)
    files = text_files(corpus)
    if files is not None:
        table, rows = table_of(vocabulary.words)
        for block in split_blocks(read_blocks(files, errors, encoding)):
            builder.add(table.look_up(block), block.line_lengths, block.continues)
    else:
        rows = np.append(np.arange(len(vocabulary), dtype=np.int32), np.int32(-1))
        for ids, lengths in document_rows(vocabulary, corpus):
            builder.add(ids, lengths)
    return builder.build(rows)


def document_rows(
    vocabulary: Vocabulary, documents: Any
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Look up the tokens of an iterable, as in `Word2Vec.fit`, some documents at a time.

    Yield the row of each token, (n,) int32, which is V for an unknown one, and the number of
    tokens of each document, (n_documents,) int64, empty ones included.
    """
    row_of, done = _KnownRows(vocabulary), 0
    for chunk in read_chunks(documents):
        lengths = np.fromiter(map(len, chunk), np.int64, len(chunk))
        tokens, n = chain.from_iterable(chunk), int(lengths.sum())
        yield look_up(row_of.__getitem__, tokens, n, named_tokens(chunk, done)), lengths
        done += len(chunk)
        if len(row_of) > 2 * len(vocabulary):  # the unknown words met, kept only for their speed
            row_of = _KnownRows(vocabulary)


class _KnownRows(dict[Hashable, int]):
    """The rows of a vocabulary, and V for the unknown tokens that are met."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary.index)
        self._unknown = len(vocabulary)

    def __missing__(self, token: Any) -> int:
        row = self[token] = self.get(python_value(token), self._unknown)
        return row
