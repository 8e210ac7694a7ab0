"""Measure how long Ctrl-C takes to end training: python benchmarks/interrupt.py [--rounds N]

The text is drawn from Zipf's law. The signal comes at a random moment of the training, and the
clock stops when `fit` has raised, with the vectors in the model.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time

import numpy as np
from _environment import environment

from negsamp import TrainingInterrupted, Word2Vec

# Words in the text, and parameters.
SETTINGS = {
    "defaults, two workers": (1_000_000, {"workers": 2}),
    "d = 1000": (300_000, {"vector_size": 1000}),
    "window 20, K = 50": (300_000, {"window": 20, "negative": 50}),
    "hierarchical": (300_000, {"objective": "hierarchical"}),
    "softmax, 20 000 words": (100_000, {"objective": "softmax"}),
}


def seconds_to_stop(tokens: list[str], params: dict, after: float) -> float:
    """Train, send the signal some seconds after the first update, and wait for the exception."""
    sent: list[float] = []

    def send() -> None:
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    settings = {"min_count": 1, "sample": 0, "epochs": 1000, "workers": 1, "progress": False}
    timer = threading.Timer(after, send)
    timer.start()
    try:
        Word2Vec(**{**settings, **params}).fit([tokens])
    except TrainingInterrupted:
        return time.perf_counter() - sent[0]
    except KeyboardInterrupt:  # it was still reading
        return seconds_to_stop(tokens, params, after + 1)
    raise AssertionError("training ended by itself")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="little text, to try the script")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(json.dumps(environment()))
    print("| setting | median, s | longest, s |\n|---|---|---|")
    rng = np.random.default_rng(0)
    for name, (n, params) in SETTINGS.items():
        n = n // 50 if arguments.quick else n
        tokens = [f"w{i}" for i in rng.zipf(1.2, n) % 20_000]
        moments = rng.uniform(1, 3, arguments.rounds) / (4 if arguments.quick else 1)
        found = [seconds_to_stop(tokens, params, after) for after in moments]
        print(f"| {name} | {np.median(found):.3f} | {max(found):.3f} |", flush=True)


if __name__ == "__main__":
    main()
