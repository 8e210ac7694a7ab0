"""Recommend a held-out item of each basket or user, and count how often it is among the first ten.

python benchmarks/recommending.py TABLE --group BASKET --item ITEM [--order TIME] [--last-item]

TABLE is a CSV, TSV or Parquet file that pandas reads, with one row for each item of a basket. The
last tenth of the baskets is held out: of each, one item drawn at random is asked for, and the
others are the history. With `--last-item` (a user's items instead of a basket's) the last item of
each is held out, and the others are trained on as well as asked with; then pairs of a user and an
item are trained, too, and the user is asked.

MRR is the mean of 1/rank, where the rank is among all items that are not in the history.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _environment import environment
from _summary import table
from scipy.sparse import csr_array, diags_array
from scipy.special import logsumexp

from negsamp import KeyedVectors, Word2Vec

Score = Callable[[Any, list[Any]], np.ndarray]  # of all items, for a group and its history
Tests = list[tuple[Any, list[Any], Any]]  # groups, histories, and the items to be found


def baskets_of(arguments: argparse.Namespace) -> dict[Any, list[Any]]:
    """Return the different items of each group, in the order of `--order`, or of the rows."""
    path = arguments.table
    if path.suffix == ".parquet":
        rows = pd.read_parquet(path)
    else:
        rows = pd.read_csv(path, sep="," if path.suffix == ".csv" else "\t")
    if arguments.order:
        rows = rows.sort_values(arguments.order, kind="stable")
    rows = rows.drop_duplicates([arguments.group, arguments.item])
    return rows.groupby(arguments.group, sort=False)[arguments.item].agg(list).to_dict()


def split(
    baskets: dict[Any, list[Any]], last_item: bool, rng: np.random.Generator
) -> tuple[dict[Any, list[Any]], Tests]:
    """Return what is trained on, and what is asked for."""
    if last_item:
        return {g: b[:-1] for g, b in baskets.items()}, [
            (g, b[:-1], b[-1]) for g, b in baskets.items()
        ]
    groups = [*baskets]
    n = len(groups) - len(groups) // 10
    held_out = [(g, [*rng.permutation(np.array(baskets[g], object))]) for g in groups[n:]]
    return {g: baskets[g] for g in groups[:n]}, [(g, b[:-1], b[-1]) for g, b in held_out]


def by_popularity(baskets: list[list[Any]], items: list[Any]) -> Score:
    counts = Counter(item for basket in baskets for item in basket)
    scores = np.array([counts[item] for item in items], float)
    return lambda group, history: scores


def by_counting(baskets: list[list[Any]], items: list[Any]) -> Score:
    """Σ_h n(h, j) / √(n(h) n(j)): the cosines of the baskets that two items are in."""
    place = {item: i for i, item in enumerate(items)}
    known = [[place[item] for item in basket if item in place] for basket in baskets]
    offsets = np.append(0, np.cumsum([len(rows) for rows in known]))
    rows = np.concatenate([np.array(rows, np.intp) for rows in known])
    is_in = csr_array((np.ones(len(rows)), rows, offsets), shape=(len(baskets), len(items)))
    together = (is_in.T @ is_in).tocsr()
    scale = diags_array(1 / np.sqrt(together.diagonal()))
    cosines = (scale @ together @ scale).tocsr()
    return lambda group, history: cosines[[place[item] for item in history]].sum(axis=0)


def by_negsamp(baskets: list[list[Any]], items: list[Any], params: dict) -> dict[str, Score]:
    model = Word2Vec(**params, progress=False).fit(baskets)
    of_contexts = [model.context_wv.key_to_index[item] for item in items]
    wv = model.wv
    rows = [wv.key_to_index[item] for item in items]
    discount = 0.25 * np.log(model.context_wv.counts)
    return {
        "negsamp, `recommend`": lambda g, h: model.recommend(h, topn=None)[of_contexts],
        "negsamp, less 0.25 log count": lambda g, h: (model.recommend(h, topn=None) - discount)[
            of_contexts
        ],
        "negsamp, `wv.most_similar`": lambda g, h: wv.most_similar(h, topn=None)[rows],
    }


def by_pairs(baskets: dict[Any, list[Any]], items: list[Any], params: dict) -> Score:
    """Train pairs of groups and items; groups have other keys than items, whatever both are."""
    params = {**params, "min_count": 1}
    del params["window"], params["shrink_windows"], params["sample"]
    pairs = [(("group", group), item) for group, basket in baskets.items() for item in basket]
    model = Word2Vec(**params, progress=False).fit_pairs(pairs)
    rows = [model.context_wv.key_to_index[item] for item in items]
    return lambda group, history: model.recommend([("group", group)], topn=None)[rows]


def by_gensim(baskets: list[list[Any]], items: list[Any], params: dict) -> dict[str, Score]:
    from gensim.models import Word2Vec as Item2Vec

    text = [[str(item) for item in basket] for basket in baskets]
    model = Item2Vec(text, sg=1, **params)
    rows = [model.wv.key_to_index[str(item)] for item in items]
    W_in, W_out = model.wv.vectors[rows], model.syn1neg[rows]
    wv, place = KeyedVectors(items, W_in), {item: i for i, item in enumerate(items)}
    counts = np.array([model.wv.get_vecattr(str(item), "count") for item in items], float)
    log_noise = model.ns_exponent * np.log(counts)

    def predicted(group: Any, history: list[Any]) -> np.ndarray:
        return W_out @ W_in[[place[item] for item in history]].mean(axis=0)

    def recommended(group: Any, history: list[Any]) -> np.ndarray:
        chosen = W_in[[place[item] for item in history]]
        return logsumexp(chosen @ W_out.T, axis=0) + log_noise

    return {
        "gensim, `wv.most_similar`": lambda g, h: wv.most_similar(h, topn=None),
        "gensim, `predict_output_word`": predicted,
        "gensim, by the equation of `recommend`": recommended,
    }


def ranks(score: Score, tests: Tests, items: list[Any]) -> Iterator[float]:
    """Yield the rank of each item that is to be found, the mean one of those that score alike."""
    place = {item: i for i, item in enumerate(items)}
    for group, history, item in tests:
        scores = np.array(score(group, history), float)
        scores[[place[other] for other in history]] = -np.inf
        found = scores[place[item]]
        yield 1 + (scores > found).sum() + ((scores == found).sum() - 1) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--group", required=True, help="column of the baskets or users")
    parser.add_argument("--item", required=True, help="column of the items")
    parser.add_argument("--order", help="column that rows are sorted by")
    parser.add_argument("--last-item", action="store_true", help="hold out each group's last item")
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--alpha", type=float, default=0.025)
    parser.add_argument("--gensim-alpha", type=float, default=0.025)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--tests", type=int, default=2000, help="at most so many are asked for")
    parser.add_argument("--no-gensim", action="store_true")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    groups, tests = split(baskets_of(arguments), arguments.last_item, rng)
    baskets = [*groups.values()]
    counts = Counter(item for basket in baskets for item in basket)
    items = [item for item, n in counts.most_common() if n >= arguments.min_count]
    known = set(items)
    tests = [(g, [i for i in h if i in known], item) for g, h, item in tests if item in known]
    tests = [test for test in tests if test[1]]
    tests = [tests[i] for i in rng.permutation(len(tests))[: arguments.tests]]
    print(
        f"{len(baskets):,} baskets of {sum(counts.values()):,} items; {len(items):,} different "
        f"ones are in {arguments.min_count} baskets or more; {len(tests):,} are asked for, after "
        f"{np.mean([len(history) for _, history, _ in tests]):.1f} others on average.\n"
    )
    found: dict[str, list[tuple[float, float]]] = {}

    def judge(name: str, score: Score) -> None:
        r = np.fromiter(ranks(score, tests, items), float)
        found.setdefault(name, []).append((100 * float((r <= 10).mean()), float((1 / r).mean())))

    judge("the most frequent items", by_popularity(baskets, items))
    judge("counted: cosines of items", by_counting(baskets, items))
    for seed in arguments.seeds:
        params = {
            "window": max(map(len, baskets)),
            "shrink_windows": False,
            "sample": 0,
            "min_count": arguments.min_count,
            "epochs": arguments.epochs,
            "alpha": arguments.alpha,
            "seed": seed,
            "workers": 1,
        }
        scores = by_negsamp(baskets, items, params)
        if arguments.last_item:
            scores["negsamp, `fit_pairs`, `recommend`"] = by_pairs(groups, items, params)
        if not arguments.no_gensim:
            scores |= by_gensim(baskets, items, {**params, "alpha": arguments.gensim_alpha})
        for name, score in scores.items():
            judge(name, score)
    rows = [["", "hit rate@10 (%)", "MRR"]]
    for name, runs in found.items():
        (hits, mrr), (of_hits, of_mrr) = np.mean(runs, axis=0), np.std(runs, axis=0)
        spread = [f" ± {of_hits:.1f}", f" ± {of_mrr:.4f}"] if len(runs) > 1 else ["", ""]
        rows.append([name, f"{hits:.1f}{spread[0]}", f"{mrr:.4f}{spread[1]}"])
    print("\n".join(table(rows)))
    print(f"\n{json.dumps(environment(('negsamp', 'numpy', 'scipy', 'gensim')))}")


if __name__ == "__main__":
    main()
