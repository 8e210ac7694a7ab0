"""Draw the figures of docs/claims.md from the runs of claims.py.

python benchmarks/claim_figures.py [RESULTS] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from _results import HERE
from matplotlib.figure import Figure

Runs = list[dict[str, Any]]
SCORES = "semantic", "syntactic", "SimLex-999", "WordSim-353"


def grouped(runs: Runs, *keys: str) -> Iterator[tuple[Any, Runs]]:
    """Yield the runs that have the same values of some keys, in the order of the first of each."""
    values = [tuple(run[key] for key in keys) for run in runs]
    for value in dict.fromkeys(values):
        some = [run for run, own in zip(runs, values, strict=True) if own == value]
        yield (value[0] if len(keys) == 1 else value), some


def spread(runs: Runs, name: str) -> tuple[Any, Any]:
    """Return the mean and standard deviation over seeds, of numbers or of curves."""
    values = [run[name] for run in runs]
    return np.mean(values, axis=0), np.std(values, axis=0, ddof=1) if len(values) > 1 else 0.0


def cost(runs: Runs, figure: Figure) -> None:
    axes = figure.subplots()
    for objective, some in grouped(runs, "objective"):
        points = [(V, *spread(own, "µs a pair")) for V, own in grouped(some, "V")]
        V, mean, sd = np.array(points).T
        axes.errorbar(V, mean, sd, fmt="o-", capsize=3, label=objective)
    axes.set(xscale="log", yscale="log")
    axes.set(xlabel="words in the vocabulary, V", ylabel="µs a pair, one worker")


def recovery(runs: Runs, figure: Figure) -> None:
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (noise, of_noise) in zip(panels, grouped(runs, "noise"), strict=False):
        for K, some in grouped(of_noise, "K"):
            mean, sd = spread(some, "total variation")
            axes.errorbar(np.arange(1, len(mean) + 1), mean, sd, label=f"K = {K}")
        axes.axhline(runs[0]["of the sample"], ls=":", color="grey", label="sample to its source")
        axes.set(xlabel="epoch", yscale="log", title=noise)
    panels[0].set_ylabel("total variation between exp(s − γ) and p(c | w)")


def constant(runs: Runs, figure: Figure) -> None:
    axes = figure.subplots()
    for (objective, K), some in grouped(runs, "objective", "K"):
        mean, sd = spread(some, "learned γ")
        axes.errorbar(np.arange(1, len(mean) + 1), mean, sd, label=f"{objective}, K = {K}")
    axes.set(xlabel="epoch", ylabel="γ", ylim=(0, None))


def normalizer(runs: Runs, figure: Figure) -> None:
    axes = figure.subplots()
    for kind, some in grouped(runs, "γ"):
        heights, edges = some[-1]["histogram"]
        axes.stairs(heights, edges, label=kind)
    axes.set(xlabel="log Σ exp(s − γ) of held-out centers", ylabel="density")


def pmi(runs: Runs, figure: Figure) -> None:
    learns, symmetry = figure.subplots(1, 2)
    for objective, some in grouped(runs, "objective"):
        wanted, said, turned, change = some[-1]["points"]
        learns.plot(wanted, said, ".", ms=2, label=objective)
        symmetry.plot(turned, change, ".", ms=2)
    learns.set(xlabel="counted log p(c | w), for sgns less log K·U(c)", ylabel="score_pairs(w, c)")
    symmetry.set(xlabel="log p(w | c) − log p(c | w)", ylabel="score_pairs(c, w) − (w, c)")


def by_label(name: str) -> Callable[[Runs, Figure], None]:
    """One panel a number of words or epochs, and one place on the axis for each setting."""

    def draw(runs: Runs, figure: Figure) -> None:
        parts = [*grouped(runs, "words", "epochs")]
        for axes, ((words, epochs), some) in zip(
            np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True
        ):
            labels = [*dict.fromkeys(str(run[name]) for run in some)]
            for key in SCORES:
                if key in some[0]:
                    values = [spread(own, key) for _, own in grouped(some, name)]
                    mean, sd = np.array(values).T
                    axes.errorbar(range(len(labels)), mean, sd, fmt="o", label=key, capsize=3)
            axes.set_xticks(range(len(labels)), labels, rotation=35, ha="right", fontsize=7)
            plural = "s" * (epochs != 1)
            axes.set_title(f"{words:,} words, {epochs} epoch{plural}", fontsize=9)
        figure.axes[0].set_ylabel("Spearman's ρ × 100, right answers in %")

    return draw


def curves(name: str) -> Callable[[Runs, Figure], None]:
    """One panel a score, and a line for each kind of setting: labels are “NUMBER, KIND”."""

    def draw(runs: Runs, figure: Figure) -> None:
        for axes, key in zip(figure.subplots(1, len(SCORES)), SCORES, strict=True):
            lines: dict[str, list[tuple[float, float, float]]] = {}
            for (label, words), some in grouped(runs, name, "words"):
                number, _, kind = str(label).partition(", ")
                if key in some[0]:
                    line = lines.setdefault(f"{words:,} words {kind}".strip(), [])
                    line.append((float(number), *spread(some, key)))
            for label, points in lines.items():
                x, mean, sd = np.array(sorted(points)).T
                axes.errorbar(x, mean, sd, fmt="o-", ms=3, capsize=2, label=label)
            axes.set_title(key, fontsize=9)
            if name == "shared by":
                axes.set_xscale("log", base=2)
            axes.set_xlabel("centers that share the words" if name == "shared by" else name)

    return draw


FIGURES: dict[str, Callable[[Runs, Figure], None]] = {
    "cost": cost,
    "recovery": recovery,
    "constant": constant,
    "normalizer": normalizer,
    "pmi": pmi,
    "analogies": by_label("objective"),
    "optimizers": by_label("optimizer"),
    "subsampling": by_label("sample"),
    "shift": by_label("shift"),
    "init": by_label("init"),
    "alpha": curves("α"),
    "noise-words": curves("K"),
    "sharing": curves("shared by"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", default=HERE / "results")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "figures")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        path = arguments.results / f"claims-{name}-runs.json"
        if not path.exists():
            continue
        runs = json.loads(path.read_text("utf-8"))["runs"]
        figure = plt.figure(figsize=(10, 4.5), layout="constrained")
        draw(runs, figure)
        for axes in figure.axes:
            axes.grid(alpha=0.3)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        longest = max(map(len, labels), default=0)
        columns = max(1, 120 // (8 + longest))  # as many as the figure is wide
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize="small")
        figure.savefig(arguments.out / f"{name}.png", dpi=110)
        plt.close(figure)
        print(arguments.out / f"{name}.png")


if __name__ == "__main__":
    main()
