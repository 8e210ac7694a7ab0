"""Compare negsamp and gensim at other settings and sizes, by `rivals.py`, one row for each.

python benchmarks/rival_settings.py settings | large CORPUS [--eval-dir DIR]

settings: one setting is another one than in the long comparison. large: a text drawn from Zipf's
law with a million words, in 300 dimensions, and the corpus four times.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _results import HERE
from _summary import show, show_ratio, summarise, table

from negsamp import AliasTable

BEGINNING = 20_000_000  # bytes
ONE = ["--rounds", "1"]
SETTINGS: dict[str, list[str]] = {
    "Haswell kernel": ONE,
    "1 worker": [*ONE, "--workers", "1"],
    "K = 15": [*ONE, "--negative", "15"],
    "window 10": [*ONE, "--window", "10"],
    "300 dimensions": [*ONE, "--vector-size", "300"],
    "first 20 MB, 1 epoch": ["--rounds", "3"],
    "first 20 MB, 2 epochs": ["--rounds", "3", "--epochs", "2"],
}


def compare(corpus: Path, options: list[str], eval_dir: Path | None, haswell: bool = False) -> Any:
    """Return what `_summary.summarise` says of negsamp and of gensim."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, str(HERE / "rivals.py"), str(corpus), "--epochs", "1"]
        command += ["--seeds", "1", "--workers", "2", "--gensim-input", "file"]
        command += ["--only", "negsamp,gensim", "--out", out, *options]
        command += ["--eval-dir", str(eval_dir)] if eval_dir else []
        variables = {"OPENBLAS_CORETYPE": "Haswell"} if haswell else {}
        subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, **variables})
        runs = json.loads((Path(out) / "rivals-runs.json").read_text("utf-8"))["runs"]
    return summarise(runs)


def settings(arguments: argparse.Namespace, folder: Path) -> list[list[str]]:
    heads = ["", "negsamp, words/s", "gensim, words/s", "training", "end to end"]
    rows = [[*heads, "negsamp's scores", "gensim's"]]
    beginning = folder / "beginning.txt"
    with open(arguments.corpus, "rb") as file:
        beginning.write_bytes(file.read(BEGINNING).rpartition(b" ")[0])
    chosen = list(SETTINGS)[-1:] if arguments.quick else SETTINGS
    for label, options in ((label, SETTINGS[label]) for label in chosen):
        corpus = beginning if label.startswith("first") else arguments.corpus
        pair = compare(corpus, options, arguments.eval_dir, label == "Haswell kernel")
        ratios = pair[1]["first_faster"]
        parts = [
            "/".join(
                show(score["mean"], ".1f")
                for name, score in row["scores"].items()
                if not name.endswith(" total")
            )
            for row in pair
        ]
        speeds = [show(row["words_per_second"], ",.0f") for row in pair]
        faster = [show_ratio(ratios[key]) for key in ("words_per_second", "total_seconds")]
        rows.append([label, *speeds, *faster, *parts])
    return rows


def large(arguments: argparse.Namespace, folder: Path) -> list[list[str]]:
    words, tokens = (100, 2_000) if arguments.quick else (10**6, 13_000_000)
    drawn, four = folder / "drawn.txt", folder / "four.txt"
    ids = AliasTable(1 / np.arange(1.0, words + 1)).draw(np.random.default_rng(0), (tokens,))
    ids[:words] = np.arange(words)  # each word is there
    drawn.write_text(" ".join(f"w{i}" for i in ids.tolist()), "utf-8")
    with open(four, "wb") as file:
        file.writelines(4 * [arguments.corpus.read_bytes() + b" "])
    cases = {
        "10⁶ words, 300 dimensions, 13 M tokens by Zipf's law": (
            drawn,
            ["--vector-size", "300", "--min-count", "1"],
        ),
        f"{arguments.corpus.stem} four times, 100 dimensions": (four, []),
    }
    three = ["words/s", "end to end", "peak memory"]
    of_each = [f"{name}: {three[0]}" for name in ("negsamp", "gensim")]
    rows = [["", of_each[0], *three[1:], of_each[1], *three[1:]]]
    for label, (corpus, options) in cases.items():
        rows.append([label])
        for row in compare(corpus, [*ONE, *options], None):
            rows[-1] += [
                show(row["words_per_second"], ",.0f"),
                show(row["total_seconds"], ".1f", " s"),
                show(row["peak_mb"], ",.0f", " MB"),
            ]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("settings", "large"))
    parser.add_argument("corpus", type=Path, help="plain text: one endless line")
    parser.add_argument("--eval-dir", type=Path)
    parser.add_argument("--quick", action="store_true", help="less, to try the script")
    arguments = parser.parse_args()
    make = {"settings": settings, "large": large}[arguments.what]
    with tempfile.TemporaryDirectory() as folder:
        rows = make(arguments, Path(folder))
    print("\n" + "\n".join(table(rows)))


if __name__ == "__main__":
    main()
