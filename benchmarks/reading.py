"""Measure how fast a text file becomes a vocabulary and ids, in MB (1e6 bytes of text) per second.

python benchmarks/reading.py CORPUS [CORPUS ...]
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _environment import environment

from negsamp import read_corpus
from negsamp.corpus.reading import read_blocks
from negsamp.corpus.token_table import WordTable
from negsamp.corpus.tokenizing import split_blocks


def seconds(work: Callable[[], Any], rounds: int) -> float:
    """Return the time of the fastest round."""
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def text_size(path: Path) -> int:
    """Return the number of bytes of a file's uncompressed text."""
    with open(path, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return path.stat().st_size
    with gzip.open(path) as file:
        return file.seek(0, 2)


def add_all(path: Path) -> None:
    table = WordTable()
    for block in split_blocks(read_blocks(path)):
        table.add(block, table.find(block))


def measure(path: Path, rounds: int) -> dict[str, float]:
    """Return seconds for one worker up to the end of each phase, and for all with one and two."""
    phases: dict[str, Callable[[], Any]] = {
        "read, check UTF-8": lambda: deque(read_blocks(path), maxlen=0),
        "… find tokens": lambda: deque(split_blocks(read_blocks(path)), maxlen=0),
        "… look words up": lambda: add_all(path),
        "all, 1 worker": lambda: read_corpus(path, workers=1),
        "all, 2 workers": lambda: read_corpus(path, workers=2),
    }
    return {name: seconds(work, rounds) for name, work in phases.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", metavar="CORPUS", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=5, help="the fastest of them counts")
    arguments = parser.parse_args()
    print(json.dumps(environment()))
    for path in arguments.corpora:
        vocabulary, stream = read_corpus(path)
        size = text_size(path)
        print(
            f"\n{path.name}: {size} bytes, {vocabulary.raw_words} tokens, {len(vocabulary)} words "
            f"seen 5 times or more, {stream.n_sentences} sentences"
        )
        print("\n| up to here | ms | MB/s |\n|:--|--:|--:|")
        for name, spent in measure(path, arguments.rounds).items():
            print(f"| {name} | {1e3 * spent:.0f} | {size / 1e6 / spent:.0f} |")


if __name__ == "__main__":
    main()
