"""Show what a text in pieces comes to, beside the whole at once and beside gensim.

python benchmarks/streams.py CORPUS --eval-dir DIR --run fit partial_fit planned gensim

The corpus has lines, of which a piece has a tenth. Every run sees each line once. `fit` has all of
them at once; `partial_fit` has a piece a call, as it is by default; `planned` lets the learning
rate fall over all calls, as where their number is known; a number is a learning rate that stays,
as a share of alpha. gensim's model takes each piece by ``build_vocab(update=True)`` and ``train``.
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
from _scores import scores

from negsamp import KeyedVectors, Word2Vec

WATCHED, AMONG, NEAREST = 1000, 20_000, 10  # the most frequent words of the first piece


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--eval-dir", type=Path)
    parser.add_argument("--run", nargs="+", default=["fit", "partial_fit", "planned"])
    parser.add_argument("--pieces", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--sample", type=float, help="of all runs; gensim's default is 1e-3")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file to which results are appended, as JSON")
    options = parser.parse_args()
    print(json.dumps(environment(("negsamp", "numpy", "scipy", "gensim"))), flush=True)
    lines = options.corpus.read_text("utf-8").splitlines()
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in options.seeds:
        for name in options.run:
            found = measure(name, lines, seed, options)
            rows.setdefault(name, []).append(found)
            print(name, seed, json.dumps(found), flush=True)
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps({"run": name, "seed": seed, **found}) + "\n")
    print(table(rows))


def measure(name: str, lines: list[str], seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Scores at the end, and which share of neighbours each piece keeps."""
    pieces = 1 if name == "fit" else options.pieces
    edges = [len(lines) * k // pieces for k in range(pieces + 1)]
    texts = ([line.split() for line in lines[a:b]] for a, b in pairwise(edges))
    train = gensim_pieces if name == "gensim" else our_pieces
    began, before, kept = time.perf_counter(), None, []
    watched: list[str] = []
    among: list[str] = []
    how = {"seed": seed, "workers": options.workers, "epochs": 1}
    if options.sample is not None:
        how["sample"] = options.sample
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
    found = scores(wv.subset(by_count(wv)), options.eval_dir)
    pairs = [found[column] for column in found if column not in ("semantic", "syntactic")]
    drift = {"kept at first": 100 * kept[0], "kept at last": 100 * kept[-1]} if kept else {}
    more = {"mean of pairs": float(np.mean(pairs or [0])), **drift, "words": len(wv)}
    return {**found, **more, "seconds": seconds, "kept": kept}


def by_count(wv: KeyedVectors) -> list[str]:
    return sorted(wv, key=lambda word: -wv.get_count(word))


def our_pieces(
    name: str, texts: Iterator[list[list[str]]], pieces: int, how: dict[str, Any]
) -> Iterator[KeyedVectors]:
    model = Word2Vec(**how)
    for k, text in enumerate(texts):
        rates = rates_of(name, model, k, pieces)
        model.partial_fit(text, **rates)
        yield model.wv


def rates_of(name: str, model: Word2Vec, k: int, pieces: int) -> dict[str, float]:
    """Learning rates of a call, the k-th from 0."""
    if name == "planned":
        low, span = model.min_alpha, model.alpha - model.min_alpha
        return {
            "alpha": low + span * (1 - k / pieces),
            "min_alpha": low + span * (1 - (k + 1) / pieces),
        }
    if name == "each falls":
        return {"alpha": model.alpha, "min_alpha": model.min_alpha}
    if name in ("fit", "partial_fit") or not k:
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


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Means over the seeds, with standard deviations where there are several."""
    every = [name for found in rows.values() for name in found[0]]
    columns = [name for name in dict.fromkeys(every) if name != "kept"]
    lines = ["| run | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, found in rows.items():
        cells = []
        for column in columns:
            values = [row[column] for row in found if column in row]
            spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.2f}{spread}" if values else "–")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
