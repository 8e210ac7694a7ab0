"""Show how training is divided among workers, and what more of them would bring.

python benchmarks/shares.py CORPUS

Everything is measured in one process, in nanoseconds of its processor's time per kept token, at the
defaults: what each of n workers does for itself, its share of the gradients and of the additions,
and its two barriers an update without the waiting. The last columns are what follows for n cores of
their own, and the same where divided work takes longer, since workers share memory and wait for
each other: by as much as two workers lose, who are `--two` times as fast as one. No more workers
are started than a block has groups.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from _environment import environment
from phases import DIMENSIONS, EPOCHS, NEGATIVE, WINDOW
from threadpoolctl import threadpool_limits

from negsamp import AliasTable, keep_probabilities, noise_probabilities, read_corpus
from negsamp.core.blocks import BlockShape, block_run, choose_block_shape
from negsamp.core.kernels.sampled import BlockKernel
from negsamp.core.objectives.sgns import SGNS
from negsamp.core.optimizers import RowAdaGrad
from negsamp.core.windows import iter_windows, window_weights
from negsamp.training.workers import Team

WORKERS = 1, 2, 4, 8, 16
BLOCKS, ROUNDS = 32, 15
TWO = 1.57  # measured by scaling.py


def fastest(cases: dict[Any, Callable[[], Any]]) -> dict[Any, float]:
    """The processor's time of each case's fastest round, in nanoseconds; cases take turns."""
    found = dict.fromkeys(cases, float("inf"))
    for _ in range(ROUNDS):
        for name, work in cases.items():
            begin = time.process_time_ns()
            work()
            found[name] = min(found[name], time.process_time_ns() - begin)
    return found


def pass_barriers(size: int) -> None:
    """Pass the barriers of all blocks, which all others have reached."""
    control = np.full(1 + size, 2 * BLOCKS, np.int64)
    control[0] = 0
    team = Team(0, size, control)
    for _ in range(2 * BLOCKS):
        team.barrier()


def measure(corpus: str) -> tuple[BlockShape, float, dict[int, list[float]]]:
    """The shape of a block, words read for each kept token, and the parts in ns a token."""
    vocabulary, stream = read_corpus(corpus)
    keep = keep_probabilities(vocabulary.counts, 1e-3)
    noise = AliasTable(noise_probabilities(vocabulary.counts))
    kept = vocabulary.counts * keep
    shape = choose_block_shape(kept.sum(), kept.max() / kept.sum(), epochs=EPOCHS)
    rng, weights, V = np.random.default_rng(0), window_weights(WINDOW), len(vocabulary)
    tokens = shape.batch_size * BLOCKS
    W_in, W_out = (rng.normal(0, 0.3, (V, DIMENSIONS)).astype(np.float32) for _ in "io")

    def draw() -> list[Any]:
        run = next(iter_windows(stream.pieces(), WINDOW, tokens, rng, False, keep))
        return list(block_run(run, shape, NEGATIVE, noise, rng, weights))

    blocks = draw()
    g = BlockKernel(SGNS(), shape, WINDOW, DIMENSIONS).gradients(W_in, W_out, blocks[0])
    rules = RowAdaGrad(V, 2.0), RowAdaGrad(V, 2.0)

    def compute(kernel: BlockKernel) -> None:
        for block in blocks:
            kernel.gradients(W_in, W_out, block)

    def apply(team: Team) -> None:
        sides, share = team.rows_to_move(team.rank)
        for block in blocks:
            if 0 in sides:
                rows, squares = block.center_rows, g.center_squares
                rules[0].apply(W_in, rows, g.centers, squares, 1e-9, share=share)
            if 1 in sides:
                rows, squares = block.output_rows, g.output_squares
                rules[1].apply(W_out, rows, g.outputs, squares, 1e-9, share=share)

    cases: dict[Any, Callable[[], Any]] = {"alone": draw}
    numbers = [n for n in WORKERS if n <= shape.groups]
    for n in numbers:
        groups = slice(-(-shape.groups // n))  # of the busiest
        kernel = BlockKernel(SGNS(), shape, WINDOW, DIMENSIONS, groups=groups)
        cases["gradients", n] = partial(compute, kernel)
        cases["additions", n] = partial(apply, Team(n - 1, n))  # the last one has W_out
        cases["barriers", n] = partial(pass_barriers, n)
    found = {name: spent / tokens for name, spent in fastest(cases).items()}
    parts = ("gradients", "additions", "barriers")
    of = {n: [found["alone"], *(found[part, n] for part in parts)] for n in numbers}
    return shape, vocabulary.raw_words / float(kept.sum()), of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("--two", type=float, default=TWO)
    arguments = parser.parse_args()
    print(json.dumps(environment()))
    with threadpool_limits(1):
        shape, words_a_token, found = measure(arguments.corpus)
    print(f"\na block has {shape.groups} groups, and so work for as many workers\n")
    columns = "workers", "alone", "gradients", "additions", "barriers", "all", "times one"
    print(f"| {' | '.join((*columns, 'expected', 'expected words/s'))} |\n|{'--:|' * 9}")
    one, longer = sum(found[1]), 1.0
    if 2 in found:  # blocks of a small text may have one group
        alone, gradients, additions, barriers = found[2]
        longer = (one / arguments.two - alone - barriers) / (gradients + additions)
    for n, parts in found.items():
        divided = (longer if n > 1 else 1.0) * (parts[1] + parts[2])
        shared = parts[0] + divided + parts[3]
        numbers = [f"{part:.0f}" for part in (*parts, sum(parts))]
        numbers += [f"{one / sum(parts):.2f}", f"{one / shared:.2f}"]
        print(f"| {n} | {' | '.join(numbers)} | {1e9 * words_a_token / shared:,.0f} |")
    print(f"= longer: {longer:.2f}")


if __name__ == "__main__":
    main()
