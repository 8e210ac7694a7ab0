"""Show where a worker's time goes: nanoseconds per kept token, phase by phase.

python benchmarks/phases.py CORPUS [--vector-size D]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
from _environment import environment

from negsamp import AliasTable, keep_probabilities, noise_probabilities, read_corpus
from negsamp.core.blocks import block_run, choose_block_shape
from negsamp.core.kernels.sampled import BlockKernel
from negsamp.core.objectives.sgns import SGNS
from negsamp.core.optimizers import RowAdaGrad
from negsamp.core.windows import iter_windows, window_weights

WINDOW, NEGATIVE, DIMENSIONS, EPOCHS = 5, 5, 100, 5
BLOCKS = 64


def seconds(work: Callable[[], Any], rounds: int = 3) -> float:
    """Return the time of the fastest round."""
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def sgemm_peak() -> float:
    """Return the operations a second of a large product, on as many threads as BLAS has."""
    a = np.ones((1024, 1024), np.float32)
    return 2 * 1024**3 / seconds(lambda: a @ a, 20)


def measure(corpus: str, vector_size: int) -> dict[str, float]:
    vocabulary, stream = read_corpus(corpus)
    keep = keep_probabilities(vocabulary.counts, None)
    noise = AliasTable(noise_probabilities(vocabulary.counts))
    kept = vocabulary.counts * keep
    shape = choose_block_shape(
        kept.sum(), kept.max() / kept.sum(), vector_size=vector_size, epochs=EPOCHS
    )
    rng = np.random.default_rng(0)
    tokens = shape.batch_size * BLOCKS

    def windows() -> Any:
        runs = iter_windows(stream.pieces(), WINDOW, tokens, rng, False, keep)
        return list(islice(runs, 2))

    run, *more = windows()
    weights = window_weights(WINDOW)
    V = len(vocabulary)
    W_in, W_out = (rng.normal(0, 0.3, (V, vector_size)).astype(np.float32) for _ in "io")
    rules = RowAdaGrad(V, 2.0), RowAdaGrad(V, 2.0)
    kernel = BlockKernel(SGNS(), shape, WINDOW, vector_size)
    blocks = list(block_run(run, shape, NEGATIVE, noise, rng, weights))
    apply_seconds = 0.0

    def apply_all() -> None:
        nonlocal apply_seconds
        for block in blocks:
            g = kernel.gradients(W_in, W_out, block)
            begin = time.perf_counter()
            rules[0].apply(W_in, block.center_rows, g.centers, g.center_squares, 0.01)
            rules[1].apply(W_out, block.output_rows, g.outputs, g.output_squares, 0.01)
            apply_seconds += time.perf_counter() - begin

    products = 0.0
    matmul = np.matmul

    def timed(*arguments: Any, **options: Any) -> Any:
        nonlocal products
        begin = time.perf_counter()
        result = matmul(*arguments, **options)
        products += time.perf_counter() - begin
        return result

    found = {
        "windows": seconds(windows) / (1 + len(more)),
        "noise draws": seconds(lambda: list(block_run(run, shape, NEGATIVE, noise, rng, weights))),
        "gradients": seconds(lambda: [kernel.gradients(W_in, W_out, block) for block in blocks]),
    }
    apply_all()
    found["additions"] = apply_seconds
    found["all"] = sum(found.values())
    np.matmul = timed  # type: ignore[assignment]
    for block in blocks:
        kernel.gradients(W_in, W_out, block)
    np.matmul = matmul
    found["of which products"] = products
    found = {name: 1e9 * spent / tokens for name, spent in found.items()}
    flops = 3 * 2 * vector_size * (2 * WINDOW + shape.noise_words)
    peak = sgemm_peak()
    found["products at sgemm peak"] = 1e9 * flops / peak
    at_peak = found["products at sgemm peak"]
    print(f"= operations: {flops:,}".replace(",", " "))
    print(f"= peak: {peak / 1e9:.0f}")
    print(f"= products: {100 * at_peak / found['of which products']:.0f}")
    print(f"= loop: {100 * at_peak / found['all']:.0f}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("--vector-size", type=int, default=DIMENSIONS)
    arguments = parser.parse_args()
    print(json.dumps(environment()))
    found = measure(arguments.corpus, arguments.vector_size)
    print("\n| phase | ns per kept token |\n|---|---|")
    for name, value in found.items():
        print(f"| {name} | {value:.0f} |")


if __name__ == "__main__":
    main()
