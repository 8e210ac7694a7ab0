"""The order of a vocabulary: by falling count, words of equal count in order of the words."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from negsamp.corpus.token_dict import TokenDict
from negsamp.corpus.token_table import WordTable

__all__ = ["rank_words"]


def rank_words(
    table: WordTable | TokenDict, rows: np.ndarray, counts: np.ndarray
) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """Sort the words of some rows of a table.

    Parameters
    ----------
    table : WordTable or TokenDict
    rows : ndarray of int, shape (V,)
    counts : ndarray, shape (n,)
        Of all rows of the table.

    Returns
    -------
    words : list
    rows : ndarray of int, shape (V,)
        Their rows.
    ranks : ndarray, shape (n,) int32
        The rank of each row's word, from 0; −1 for a row that is not in `rows`.
    """
    words = table.words(rows)
    places = range(len(words))
    try:
        by_word = sorted(places, key=words.__getitem__)
    except TypeError:  # kinds that do not compare, or not with each other
        by_word = sorted(places, key=lambda i: (type(words[i]).__qualname__, _text(words[i])))
    order = np.array(by_word, np.intp)
    order = order[np.argsort(-counts[rows[order]], kind="stable")]
    ranks = np.full(len(counts), -1, dtype=np.int32)
    ranks[rows[order]] = np.arange(len(order), dtype=np.int32)
    return [words[i] for i in order.tolist()], rows[order], ranks


def _text(word: Hashable) -> str:
    """Return a word's repr, or nothing if that is an address, which differs from run to run."""
    return "" if type(word).__repr__ is object.__repr__ else repr(word)
