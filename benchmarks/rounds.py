"""Work out what rounds on many machines take, from parts that are measured on this one.

python benchmarks/rounds.py

In a round each machine trains its piece, finds what this has changed, merges its share of what all
machines have changed, and takes what came of that. Each of these is measured with a vocabulary of a
million words, all rows of which move: training with two workers, the others on one core. Two things
are not measured. Both matrices go through the network twice, to be merged and when they are merged,
and a machine receives all of them but its own share. Training on eight cores is said to be `FASTER`
times as fast as on two.
"""

from __future__ import annotations

import argparse
import json
import timeit
from collections.abc import Callable
from itertools import product
from statistics import median

import numpy as np
from _environment import environment
from _summary import table
from scaling import DEFAULTS, words_per_second
from threadpoolctl import threadpool_limits

from negsamp.dask.merging import Change, apply, find_changes, merge

MACHINES = 16
FASTER = 2.81  # what shares.py expects of eight workers, to two
BYTES_A_SECOND = 10e9 / 8  # 10 Gbit/s
WORDS, TOKENS = 10**6, 3 * 10**7
DIMENSIONS, ROUNDS = (100, 300), (240, 80)
SIZES = {"10⁹": 10**9, "10¹⁰": 10**10, "10¹¹": 10**11}  # tokens × epochs
PARTS = "finding", "merging", "moving", "taking"
TIMES = "a round", "of which training", f"{MACHINES} machines", "one of them", "ratio"


def fastest(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of three calls; in the first, memory has to be found."""
    return min(timeit.repeat(work, number=1, repeat=3))


def parts_of_a_round(words: int, dimensions: int) -> list[float]:
    """Return the seconds of `PARTS`."""
    rng = np.random.default_rng(0)
    shapes = {"W_in": (words, dimensions), "W_out": (words, dimensions)}
    shapes |= {"squares_in": (words,), "squares_out": (words,)}
    before, after = (
        {name: rng.random(shape, np.float32) for name, shape in shapes.items()} for _ in range(2)
    )
    shards = find_changes(before, after, MACHINES)
    finding = fastest(lambda: find_changes(before, after, MACHINES))
    taking = fastest(lambda: [apply(before, shard) for shard in shards])
    of_all = [
        {name: Change(of.rows, of.steps.copy()) for name, of in shards[0].items()}
        for _ in range(MACHINES)
    ]
    merging = fastest(lambda: merge(of_all))
    received = 2 * sum(4 * np.prod(shape) for shape in shapes.values()) * (1 - 1 / MACHINES)
    return [finding, merging, received / BYTES_A_SECOND, taking]


def duration(seconds: float) -> str:
    minutes = seconds / 60
    if minutes >= 120:
        return f"{minutes / 60:.1f} h"
    return f"{minutes:.0f} min" if minutes >= 10 else f"{minutes:.1f} min"


def on_paper(rate: float, size: int, rounds: int, beside: float) -> list[str]:
    """Return a round's seconds, those of its training, the whole time, one machine's, the ratio."""
    alone = size / (rate * FASTER)
    training = alone / rounds / MACHINES
    whole = rounds * (training + beside)
    times = [f"{training + beside:.1f} s", f"{training:.1f} s", duration(whole), duration(alone)]
    return [*times, f"{alone / whole:.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small vocabulary, to try this")
    quick = parser.parse_args().quick
    words, tokens, workers = (1_000, 10_000, 1) if quick else (WORDS, TOKENS, 2)
    print(json.dumps(environment()))
    parts = [["dimensions", "words/s", *PARTS, "all but training"]]
    paper = [["tokens × epochs", "dimensions", "rounds", *TIMES]]
    for dimensions in DIMENSIONS:
        sizes = {"words": words, "tokens": tokens, "dimensions": dimensions, "workers": workers}
        rate = median(words_per_second(**DEFAULTS | sizes) for _ in range(3))
        with threadpool_limits(1):
            seconds = parts_of_a_round(words, dimensions)
        shown = [f"{part:.2f} s" for part in (*seconds, sum(seconds))]
        parts.append([str(dimensions), f"{rate:,.0f}", *shown])
        for (name, size), rounds in product(SIZES.items(), ROUNDS):
            times = on_paper(rate, size, rounds, sum(seconds))
            paper.append([name, str(dimensions), str(rounds), *times])
    print("\n".join(["", *table(parts), "", *table(paper)]))


if __name__ == "__main__":
    main()
