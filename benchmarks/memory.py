"""Measure how much memory training takes as the corpus grows: python benchmarks/memory.py CORPUS

The text is repeated 1, 4 and 8 times (`--times`). Each copy is trained in a process of its own, and
`min_count` grows with the text, so that the vocabulary stays the same.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _environment import environment

TRAIN = """
import json, sys
sys.path.append(sys.argv[3])
from _training import TreeMemory, peak_mb
from negsamp import Word2Vec
with TreeMemory() as tree:
    settings = {"workers": int(sys.argv[2]), "min_count": 5 * int(sys.argv[4])}
    model = Word2Vec(epochs=1, seed=1, progress=False, **settings).fit(sys.argv[1])
memory = max(peak_mb(), tree.peak_mb)
print(json.dumps([memory, len(model.wv), model.raw_words_, model.fit_seconds_]))
"""


def repeat(corpus: Path, times: int, copy: Path) -> None:
    """Write a text, plain or gzip, several times in a row."""
    opened = gzip.open if corpus.suffix == ".gz" else open
    with open(copy, "wb") as whole:
        for _ in range(times):
            with opened(corpus, "rb") as text:
                shutil.copyfileobj(text, whole, 1 << 20)
            whole.write(b" ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print(json.dumps(environment()))
    print("| text, MB | million tokens | words | peak memory, MB | read, s | train, s |")
    print("|" + 6 * "---|")
    with tempfile.TemporaryDirectory(prefix="negsamp-") as folder:
        copy = Path(folder) / "copy.txt"
        for times in arguments.times:
            repeat(arguments.corpus, times, copy)
            here = str(Path(__file__).parent)
            how = [str(arguments.workers), here, str(times)]
            command = [sys.executable, "-c", TRAIN, str(copy), *how]
            shown = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            peak, V, words, seconds = json.loads(shown.stdout)
            size = copy.stat().st_size / 1e6
            print(
                f"| {size:.0f} | {words / 1e6:.1f} | {V} | {peak:.0f} | {seconds['read']:.1f} | "
                f"{seconds['train']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
