"""Draw seconds against quality: one point for each library and number of epochs.

python benchmarks/frontier.py RUNS.json … --out FIGURE.png

The files are those of rivals.py, of one machine; of a further file, libraries count that those
before it have not. Seconds are those of whole processes, in the median over seeds; a
panel shows the mean of the sets of word pairs, and the other all analogies.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from _summary import RIVALS, summarise
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

TOTAL = "questions-words total"
PARTS = ("semantic", "syntactic", "total")


def points(runs: list[dict[str, Any]]) -> dict[str, list[tuple[int, float, float, float]]]:
    """Return epochs, seconds, mean score of word pairs and of analogies, by library."""
    found: dict[str, list[tuple[int, float, float, float]]] = {}
    for row in summarise(runs):
        means = {name: score["mean"] for name, score in row["scores"].items()}
        pairs = [mean for name, mean in means.items() if not name.endswith(PARTS)]
        point = (row["epochs"], row["total_seconds"], float(np.mean(pairs)), means[TOTAL])
        found.setdefault(row["rival"], []).append(point)
    return {rival: sorted(several) for rival, several in found.items()}


def of_new_libraries(files: list[Path]) -> list[dict[str, Any]]:
    """Return the runs of the files, without those of libraries that a file before has."""
    found: list[dict[str, Any]] = []
    for path in files:
        known = {run["rival"] for run in found}
        runs = json.loads(path.read_text("utf-8"))["runs"]
        found += [run for run in runs if run["rival"] not in known]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+", help="rivals-runs.json of rivals.py")
    parser.add_argument("--out", type=Path, required=True, help="PNG, SVG or PDF")
    arguments = parser.parse_args()
    runs = of_new_libraries(arguments.results)
    figure, panels = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for rival, several in points(runs).items():
        epochs, seconds, *scores = np.array(several).T
        print(f"| {rival} |", " | ".join(f"{s:.0f} s" for s in seconds), "|")
        for axes, values in zip(panels, scores, strict=True):
            axes.plot(seconds, values, "o-", label=RIVALS.get(rival, rival))
            for n, x, y in zip(epochs, seconds, values, strict=True):
                axes.annotate(f"{n:.0f}", (x, y), (4, -11), textcoords="offset points", fontsize=8)
    titles = "word pairs, mean ρ × 100", "analogies, per cent"
    for axes, title in zip(panels, titles, strict=True):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("seconds, end to end; numbers are epochs")
        axes.set_title(title, fontsize=10)
        axes.grid(alpha=0.3)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(arguments.out, dpi=130)


if __name__ == "__main__":
    main()
