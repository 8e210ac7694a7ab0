"""Show what a text in pieces comes to, beside the whole at once and beside gensim.

python benchmarks/streams.py CORPUS --eval-dir DIR --run fit partial_fit planned gensim

The corpus has lines, of which a piece has a tenth. Every run sees each line once. `fit` has all of
them at once; `partial_fit` has a piece a call, as it is by default; `planned` lets the learning
rate fall over all calls, as where their number is known; `each falls` and `roots` let it fall in
each call, from alpha and from alpha / √k in the k-th; a number is a learning rate that stays, as a
share of alpha. `NAME/200` has 200 pieces. gensim's model takes each piece by
``build_vocab(update=True)`` and ``train``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from _environment import environment
from _scores import MANY, mean_of, scores, without_total

from negsamp import KeyedVectors, Word2Vec

WATCHED, AMONG, NEAREST = 1000, 20_000, 10  # the most frequent words of the first piece


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--eval-dir", type=Path, nargs="+", default=[])
    parser.add_argument("--run", nargs="+", default=["fit", "partial_fit", "planned"])
    parser.add_argument("--pieces", type=int, default=10)
    parser.add_argument("--megabytes", type=float, help="of the corpus, from its start")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file to which results are appended, as JSON")
    options = parser.parse_args()
    print(json.dumps(environment(("negsamp", "numpy", "scipy", "gensim"))), flush=True)
    text = options.corpus.read_text("utf-8")
    lines = (text[: int(1e6 * options.megabytes)] if options.megabytes else text).splitlines()
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in options.seeds:
        for name in options.run:
            found = measure(name, lines, seed, options)
            rows.setdefault(name, []).append({**found, "seed": seed})
            print(name, seed, json.dumps(found), flush=True)
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps({"run": name, "seed": seed, **found}) + "\n")
    print(table(rows, options.pieces))


def measure(name: str, lines: list[str], seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Scores at the end, and which share of neighbours each piece keeps."""
    name, _, number = name.partition("/")
    pieces = 1 if name == "fit" else int(number or options.pieces)
    edges = [len(lines) * k // pieces for k in range(pieces + 1)]
    texts = ([line.split() for line in lines[a:b]] for a, b in pairwise(edges))
    train = gensim_pieces if name == "gensim" else our_pieces
    began, before, kept = time.perf_counter(), None, []
    watched: list[str] = []
    among: list[str] = []
    how = {"seed": seed, "workers": options.workers, "epochs": 1}
    for wv in train(name, texts, pieces, how):
        watched = watched or by_count(wv)[:WATCHED]
        among = among or by_count(wv)[:AMONG]
        if pieces <= 20:  # or else this would take longer than training
            near = wv.subset(among).most_similar_batch(watched, topn=NEAREST)
            now = [{word for word, _ in answers} for answers in near]
            if before is not None:
                kept.append(
                    np.mean([len(a & b) for a, b in zip(before, now, strict=True)]) / NEAREST
                )
            before = now
    seconds = time.perf_counter() - began
    found = without_total(scores(wv.subset(by_count(wv)), *options.eval_dir))
    drift = {"kept, 2nd": 100 * kept[0], "kept, last": 100 * kept[-1]} if kept else {}
    return {**found, "mean": mean_of(found), **drift, "words": len(wv), "seconds": seconds}


def by_count(wv: KeyedVectors) -> list[str]:
    return sorted(wv, key=lambda word: -wv.get_count(word))


def our_pieces(
    name: str, texts: Iterator[list[list[str]]], pieces: int, how: dict[str, Any]
) -> Iterator[KeyedVectors]:
    model = Word2Vec(**how)
    for k, text in enumerate(texts):
        if name == "fit":
            model.fit(text)
        else:
            model.partial_fit(text, **rates_of(name, model, k, pieces))
        yield model.wv


def rates_of(name: str, model: Word2Vec, k: int, pieces: int) -> dict[str, float]:
    """Learning rates of a call, the k-th from 0."""
    if name == "planned":
        low, span = model.min_alpha, model.alpha - model.min_alpha
        return {
            "alpha": low + span * (1 - k / pieces),
            "min_alpha": low + span * (1 - (k + 1) / pieces),
        }
    if name in ("each falls", "roots"):
        alpha = model.alpha / (k + 1 if name == "roots" else 1) ** 0.5
        return {"alpha": alpha, "min_alpha": model.min_alpha}
    if name == "partial_fit" or not k:
        return {}
    return {"alpha": float(name) * model.alpha}


def gensim_pieces(
    name: str, texts: Iterator[list[list[str]]], pieces: int, how: dict[str, Any]
) -> Iterator[KeyedVectors]:
    from gensim.models import Word2Vec as Gensim

    model = Gensim(sg=1, negative=5, vector_size=100, **how)
    for k, text in enumerate(texts):
        model.build_vocab(text, update=k > 0)
        model.train(text, total_examples=len(text), epochs=1)
        wv = model.wv
        counts = [wv.get_vecattr(word, "count") for word in wv.index_to_key]
        yield KeyedVectors(wv.index_to_key, wv.vectors.copy(), counts)


LABELS = {
    "fit": "`fit` of the whole",
    "planned": "planned: one fall over {} calls",
    "partial_fit": "**{} calls, as they are by default**",
    "each falls": "the rate falls to `min_alpha` in each call",
    "roots": "the same, from `alpha` / √k in the k-th",
    "gensim": "gensim, `build_vocab(update=True)` and `train`",
}
COLUMNS = ("semantic", "syntactic", *MANY, "mean", "kept, 2nd", "kept, last", "words")


def table(rows: dict[str, list[dict[str, Any]]], pieces: int) -> str:
    """Means over the seeds, with standard deviations where there are several."""
    there = {name for found in rows.values() for name in found[0]}
    columns = [name for name in COLUMNS if name in there]
    lines = [f"| run | seeds | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for run, found in rows.items():
        cells = []
        for column in columns:
            values = [row[column] for row in found if column in row]
            form = ",.0f" if column == "words" else ".1f"
            spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 and form == ".1f" else ""
            cells.append(f"{np.mean(values):{form}}{spread}" if values else "–")
        name, _, number = run.partition("/")
        label = LABELS.get(name, f"the rate stays: {name} of `alpha`").format(number or pieces)
        seeds = ", ".join(str(row["seed"]) for row in found)
        lines.append(f"| {label} | {seeds} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
