"""Documents in, vectors out: means of word vectors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.encoding import document_rows
from negsamp.errors import CorpusError

__all__ = ["check_documents", "document_vectors", "known_ids"]


def check_documents(documents: Any) -> None:
    """Raise a CorpusError for paths, and for a string, whose characters would be documents."""
    first = documents[0] if isinstance(documents, (list, tuple)) and documents else None
    if isinstance(documents, (str, os.PathLike)) or isinstance(first, os.PathLike):
        raise CorpusError(
            f"documents is {str(documents)[:60]!r}; it must be an iterable of documents, each a "
            "sequence of tokens or a str, such as path.read_text()"
        )


def document_vectors(
    vocabulary: Vocabulary, vectors: np.ndarray, documents: Any
) -> tuple[np.ndarray, int]:
    """Average the vectors of each document's known words, as `Word2Vec.transform` says.

    Return the means, (n, d) float32, and how many documents have no known word.
    """
    check_documents(documents)
    V, d = vectors.shape
    means, n_unknown = [np.zeros((0, d), np.float32)], 0
    for ids, lengths in document_rows(vocabulary, documents):
        is_known = ids < V
        known_before = np.append(0, np.cumsum(is_known))
        offsets = known_before[np.append(0, np.cumsum(lengths))]
        ones = np.ones(offsets[-1], np.float32)
        counts = csr_matrix((ones, ids[is_known], offsets), shape=(len(lengths), V))
        counts.sum_duplicates()  # so that rounding follows the words, not the tokens
        n_known = np.diff(offsets)
        n_unknown += int((n_known == 0).sum())
        means.append(counts @ vectors / np.maximum(n_known, 1).astype(np.float32)[:, None])
    return np.concatenate(means), n_unknown


def known_ids(vocabulary: Vocabulary, documents: Any) -> Iterator[np.ndarray]:
    """Yield the ids of each document's known tokens, (n,) int32."""
    check_documents(documents)
    for ids, lengths in document_rows(vocabulary, documents):
        for end, length in zip(np.cumsum(lengths).tolist(), lengths.tolist(), strict=True):
            document = ids[end - length : end]
            yield document[document < len(vocabulary)]
