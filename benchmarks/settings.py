"""Show what the trainer's measured constants do: one is varied, the others keep their defaults.

python benchmarks/settings.py CORPUS --eval-dir DIR --vary batch | floor | max-step | noise | …
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from _environment import environment
from _scores import scores, without_total

from negsamp import Word2Vec
from negsamp.core.blocks import BlockShape
from negsamp.core.optimizers import RowAdaGrad
from negsamp.training import epochs, schedule
from negsamp.training.schedule import Schedule


@contextmanager
def changed(owner: object, **values: object) -> Iterator[None]:
    """Change attributes of a module or class for a while."""
    kept = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(owner, name, value)


def shape(*sizes: int) -> tuple[object, dict[str, object]]:
    """Return a change that gives blocks this shape, whatever the corpus."""
    return schedule, {"choose_block_shape": lambda *_, **__: BlockShape(*sizes)}


# vary: [(label, what is changed, parameters of Word2Vec)]
SETTINGS = {
    "optimizer": [
        (f"{rule}, batch {size}", [], {"optimizer": rule, "batch_size": size})
        for rule in ("adagrad", "sgd")
        for size in (512, 2048)
    ],
    "spread": [
        ("groups from all over a run", [], {}),
        ("groups side by side", [(Schedule, {"blocks_a_run": 1})], {}),
    ],
    "batch": [(f"{g} groups of 512", [shape(g, 512, 4, 48)], {}) for g in (4, 8, 16)],
    "noise": [
        (f"{n} noise words for {part}", [shape(8, 512, 512 // part, n)], {})
        for part, n in (
            *((128, n) for n in (16, 24, 32, 48, 64, 96)),
            *((64, n) for n in (16, 32, 64)),
            *((256, n) for n in (64, 128)),
        )
    ],
    "noise-negative": [
        (f"{n} noise words, 15 a pair", [shape(8, 512, 4, n)], {"negative": 15})
        for n in (48, 80, 128)
    ],
    "noise-window": [
        (f"{n} noise words, window 10", [shape(4, 1024, 8, n)], {"window": 10})
        for n in (48, 64, 96)
    ],
    "window": [
        ("contexts weighed by nearness", [], {}),
        ("all contexts alike", [], {"shrink_windows": False}),
    ],
    "floor": [
        (f"floor {floor}", [(RowAdaGrad, {"FLOOR": float(floor)})], {})
        for floor in (800, 2400, 7200)
    ],
    "reference": [
        (f"reference {value}", [(RowAdaGrad, {"REFERENCE": float(value)})], {})
        for value in (31_000, 62_000, 124_000)
    ],
    "epochs": [
        (f"e = (c + epochs) / (c + 1), c = {c}", [(RowAdaGrad, {"EPOCHS": float(c)})], {})
        for c in (2, 7, 20, 1e9)
    ],
    "max-step": [
        (f"max step {step}", [(epochs, {"MAX_STEP": step})], {})
        for step in (0.5, 1.0, 2.0, 4.0, np.inf)
    ],
}


def measure(corpus: Path, eval_dir: Path | None, changes: list, params: dict) -> dict[str, float]:
    with ExitStack() as stack:
        for owner, values in changes:
            stack.enter_context(changed(owner, **values))
        model = Word2Vec(init="random", progress=False, **params).fit(corpus)
    return {
        "loss": model.loss_history_[-1],
        "largest norm in": model.wv.norms.max(),
        "largest norm out": np.linalg.norm(model.context_vectors_, axis=1).max(),
        **without_total(scores(model.wv, eval_dir)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--eval-dir", type=Path)
    parser.add_argument("--vary", choices=SETTINGS, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    print(json.dumps(environment()))
    header: list[str] = []
    for label, changes, params in SETTINGS[arguments.vary]:
        runs = []
        for seed in arguments.seeds:
            fixed = {"epochs": arguments.epochs, "workers": 1, "seed": seed}
            runs.append(measure(arguments.corpus, arguments.eval_dir, changes, {**fixed, **params}))
        if not header:
            header = list(runs[0])
            print("| setting |", " | ".join(header), "|")
            print("|---|" + "---|" * len(header))
        means = {name: np.mean([run[name] for run in runs]) for name in header}
        cells = [f"{mean:,.0f}" if mean > 1000 else f"{mean:.2f}" for mean in means.values()]
        print("|", label, "|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
