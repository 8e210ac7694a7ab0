"""Measure words/s against workers, vocabulary, dimensions, window, noise words and corpus length.

python benchmarks/scaling.py [workers vocabulary dimensions window negative length]

Text is drawn from Zipf's law, so that it can have any size, and the time to read it is left out.
One setting is varied; the others are the defaults of `Word2Vec` with 100 000 words and 10 million
tokens, from random vectors, so that nothing is timed but an epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from statistics import median

import numpy as np
from _environment import environment

from negsamp import AliasTable, Word2Vec
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.stream import TokenStream
from negsamp.training.reading import Encoded
from negsamp.training.run import Run
from negsamp.training.settings import Settings
from negsamp.training.workers import start_children

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
DEFAULTS = {
    "words": 100_000,
    "tokens": 10_000_000,
    "workers": CORES,
    "dimensions": 100,
    "window": 5,
    "negative": 5,
}
VALUES = {
    "workers": [n for n in (1, 2, 4, 8, 16, 32) if n <= CORES],
    "vocabulary": [10**3, 10**4, 10**5, 10**6],
    "dimensions": [50, 100, 200, 300, 500, 1000],
    "window": [1, 2, 5, 10, 20],
    "negative": [1, 5, 10, 15, 20],
    "length": [10**6, 10**7, 10**8, 2 * 10**8],
}
PARAMETER = {"vocabulary": "words", "length": "tokens"}


def words_per_second(
    words: int,
    tokens: int,
    dimensions: int,
    window: int,
    negative: int,
    workers: int,
) -> float:
    """Train one epoch on a drawn corpus; processes start before the clock, as `fit` does it."""
    rng = np.random.default_rng(0)
    p = 1 / np.arange(1.0, words + 1)
    text = AliasTable(p).draw(rng, tokens)
    counts = np.bincount(text, minlength=words)
    kinds = np.flatnonzero(counts)  # of a million words some are not drawn
    rows = np.cumsum(counts > 0, dtype=np.int32) - 1
    order = np.argsort(-counts[kinds], kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    vocabulary = Vocabulary(order.tolist(), counts[kinds][order])
    stream = TokenStream(rank[rows[text]].astype(np.int32), np.array([0, tokens]))
    del text
    model = Word2Vec(
        vector_size=dimensions,
        window=window,
        negative=negative,
        workers=workers,
        epochs=1,
        init="random",
        seed=0,
        progress=False,
    )
    with (
        start_children(workers - 1) as children,
        Run(Settings.checked(model.get_params()), Encoded(vocabulary, stream)) as run,
    ):
        run._children = children
        if workers > 1 and tokens >= 10**6:  # a smaller text only tries the script
            time.sleep(2)  # the children import
        begin = time.perf_counter()
        run.train()
        return tokens / (time.perf_counter() - begin)


def measure(name: str, rounds: int, tokens: int | None) -> list[tuple[str, float]]:
    """Return each value's words/s, the median of several rounds in which the values take turns."""
    base = DEFAULTS | ({"tokens": tokens, "workers": 1} if tokens else {})
    key = PARAMETER.get(name, name)
    values = [tokens // 2, tokens] if name == "length" and tokens else VALUES[name]
    cases = {
        f"{value:,}": lambda value=value: words_per_second(**{**base, key: value})
        for value in values
    }
    found: dict[str, list[float]] = {label: [] for label in cases}
    for _ in range(rounds):
        for label, case in cases.items():
            found[label].append(case())
    return [(label, median(rates)) for label, rates in found.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "vary", nargs="*", metavar="NAME", help=f"{', '.join(VALUES)}; default: all"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, help="a smaller corpus, for one worker, to try this")
    arguments = parser.parse_args()
    if unknown := set(arguments.vary) - set(VALUES):
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(VALUES)}")
    print(json.dumps(environment()))
    for name in arguments.vary or VALUES:
        print(f"\n| {name} | words/s | times the first |\n|--:|--:|--:|")
        found = measure(name, arguments.rounds, arguments.tokens)
        for label, rate in found:
            print(f"| {label} | {rate:,.0f} | {rate / found[0][1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
