"""The contexts that a model expects around words, and the items that it recommends."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from negsamp.checks import check_choice, check_flags, check_integer, glimpse
from negsamp.core.objectives.base import SCORES_AT_ONCE
from negsamp.training.settings import Settings
from negsamp.vectors.key_containers import as_python, keys_in
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.learned import Learned

__all__ = ["predicted_contexts", "recommended", "rows_of"]

RANKINGS = ("probability", "pmi")


def predicted_contexts(
    learned: Learned, settings: Settings, words: Any, topn: int, by: str, ignore_missing: bool
) -> list[tuple[Any, float]]:
    """Return `Word2Vec.predict_context`."""
    check_integer("topn", topn, 1)
    check_flags(ignore_missing=ignore_missing)
    check_choice("by", by, RANKINGS)
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


def recommended(
    learned: Learned, settings: Settings, history: Any, topn: int | None, exclude: Any
) -> list[tuple[Any, float]] | np.ndarray:
    """Return `Word2Vec.recommend`."""
    check_integer("topn", topn, 0, optional=True)
    wv, contexts = learned.wv, learned.context_wv
    asked = _items(wv, "history", history)
    left_out = [] if exclude is None else _items(contexts, "exclude", exclude)
    if not asked:
        raise ValueError(
            "history is empty; it needs an item or more. For the most frequent items, write "
            "model.context_wv.index_to_key[:10]"
        )
    known = [item for item in asked if item in wv]
    rows, times = np.unique(wv.rows(known or asked), return_counts=True)
    trained = learned.trained(settings)
    scores = np.full(len(contexts), -np.inf)
    step = max(1, SCORES_AT_ONCE // len(contexts))
    for at in range(0, len(rows), step):
        some = learned.objective.log_probabilities(trained, rows[at : at + step])
        top = some.max()  # so that no exponential is above 1
        sums = times[at : at + step] / len(known) @ np.exp(some - top)
        with np.errstate(divide="ignore"):
            np.logaddexp(scores, np.log(sums) + top, out=scores)
    if topn is None:
        return scores
    is_out = np.zeros(len(contexts), bool)
    is_out[[contexts.key_to_index[item] for item in asked + left_out if item in contexts]] = True
    best = np.argsort(np.where(is_out, np.inf, -scores), kind="stable")
    best = best[: min(int(topn), len(contexts) - int(is_out.sum()))]
    return [(contexts.index_to_key[row], float(scores[row])) for row in best]


def _items(kv: KeyedVectors, name: str, items: Any) -> list[Any]:
    """Return items in a container, or one alone; a TypeError names one that can be no key."""
    keys = keys_in(kv, name, items)
    keys = [as_python(key) for key in ([items] if keys is None else keys)]
    for key in keys:
        if not isinstance(key, Hashable):
            raise TypeError(f"{name} holds {glimpse(key)}; it must hold items, each hashable")
    return keys


def rows_of(wv: KeyedVectors, name: str, words: Any) -> np.ndarray:
    """Return the rows of words that stand in an order, (n,) intp; a TypeError if they do not."""
    if isinstance(words, (str, set, frozenset)):
        raise TypeError(f"{name} is {words!r:.60}; it must be a list of words")
    keys = keys_in(wv, name, words)
    return np.array(wv.rows([words] if keys is None else keys), np.intp)
