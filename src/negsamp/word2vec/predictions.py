"""The contexts that a model expects around words."""

from __future__ import annotations

from typing import Any

import numpy as np

from negsamp.checks import check_integer
from negsamp.training.settings import Settings
from negsamp.vectors.key_containers import keys_in
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.learned import Learned

__all__ = ["predicted_contexts", "rows_of"]

RANKINGS = ("probability", "pmi")


def predicted_contexts(
    learned: Learned, settings: Settings, words: Any, topn: int, by: str, ignore_missing: bool
) -> list[tuple[Any, float]]:
    """Return `Word2Vec.predict_context`."""
    check_integer("topn", topn, 1)
    if by not in RANKINGS:
        raise ValueError(f"by is {by!r:.60}; it must be one of {', '.join(map(repr, RANKINGS))}")
    wv = learned.wv
    keys = keys_in(wv, "words", words)
    keys = [words] if keys is None else keys
    if not keys:
        raise ValueError("words is empty; a context is predicted from one word or more")
    known = [key for key in keys if wv.get_index(key, -1) >= 0]
    rows = np.array(wv.rows(known if known and ignore_missing else keys), np.intp)
    trained = learned.trained(settings)
    values = learned.objective.log_probabilities(trained, rows).mean(axis=0)
    if by == "pmi":
        is_drawn = trained.noise > 0  # other words have no PMI, and come last
        values[~is_drawn] = -np.inf
        values[is_drawn] -= np.log(trained.noise[is_drawn])
    best = np.argsort(-values, kind="stable")[: int(topn)]
    return [(learned.contexts.words[row], float(values[row])) for row in best]


def rows_of(wv: KeyedVectors, name: str, words: Any) -> np.ndarray:
    """Return the rows of words that stand in an order, (n,) intp; a TypeError if they do not."""
    if isinstance(words, (str, set, frozenset)):
        raise TypeError(f"{name} is {words!r:.60}; it must be a list of words")
    keys = keys_in(wv, name, words)
    return np.array(wv.rows([words] if keys is None else keys), np.intp)
