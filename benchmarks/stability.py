"""Does training ever diverge? Show norms and losses over ordinary and extreme settings and texts.

python benchmarks/stability.py [--quick] [--seed N] [--corners N] [--out FOLDER]

First one setting at a time is varied, and the others are the defaults of `Word2Vec`. Then texts are
drawn at random among the extremes, with default parameters, and then both texts and parameters.
Words follow Zipf's law, and each word of the vocabulary stands in the text at least once, where the
kind of sentences allows it.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _environment import environment

from negsamp import (
    AliasTable,
    TrainingDivergedError,
    Word2Vec,
    keep_probabilities,
    noise_probabilities,
)
from negsamp.core.huffman import HuffmanTree
from negsamp.core.objectives import objective_of

SENTENCE = 20
TEXT = {"vocabulary": 10_000, "exponent": 1.0, "tokens": 300_000, "sentences": "of 20 words"}


# --- texts


def topics(rng: np.random.Generator, ids: np.ndarray, V: int) -> list[np.ndarray]:
    """Each sentence keeps to the words of one topic of ten: those with the same remainder."""
    sentences = _cut(ids, SENTENCE)
    kinds = min(10, max(1, V // 2))
    chosen = rng.integers(kinds, size=len(sentences))
    return [s - s % kinds + t for s, t in zip(sentences, chosen, strict=True)]


def chain(rng: np.random.Generator, ids: np.ndarray, V: int) -> list[np.ndarray]:
    """Each second word is the one that always comes after the word before it."""
    ids[1::2] = (ids[: len(ids) - len(ids) % 2 : 2] + 1) % V
    return _cut(ids, SENTENCE)


def half(rng: np.random.Generator, ids: np.ndarray, V: int) -> list[np.ndarray]:
    """Half of the text is one word."""
    ids[rng.random(len(ids)) < 0.5] = 0
    return _cut(ids, SENTENCE)


def repeated(rng: np.random.Generator, ids: np.ndarray, V: int) -> list[np.ndarray]:
    """One sentence is repeated; it has as many words as there are, up to a hundred."""
    sentence = rng.permutation(min(V, 100)).astype(np.int32)
    return [sentence] * max(2, len(ids) // len(sentence))


def _cut(ids: np.ndarray, length: int) -> list[np.ndarray]:
    return [ids[at : at + length] for at in range(0, len(ids), length)]


SENTENCES: dict[str, Callable[[np.random.Generator, np.ndarray, int], list[np.ndarray]]] = {
    "of 20 words": lambda rng, ids, V: _cut(ids, SENTENCE),
    "of 2 words": lambda rng, ids, V: _cut(ids, 2),
    "one": lambda rng, ids, V: [ids],
    "of a topic": topics,
    "chains": chain,
    "half one word": half,
    "one repeated": repeated,
}


def draw_text(text: dict[str, Any], rng: np.random.Generator) -> Iterator[list[int]]:
    """Yield the sentences of a drawn text.

    Words 0 … V − 1 stand once each in places of their own, and the other places are drawn from
    p(word) ∝ (1 + word)^−exponent.
    """
    V, tokens = text["vocabulary"], max(text["tokens"], text["vocabulary"] + 2)
    p = np.arange(1.0, V + 1) ** -text["exponent"]
    ids = AliasTable(p).draw(rng, (tokens,))
    ids[rng.permutation(tokens)[:V]] = np.arange(V)
    for sentence in SENTENCES[text["sentences"]](rng, ids, V):
        yield sentence.tolist()


# --- what is varied

VALUES: dict[str, list[Any]] = {
    "vocabulary": [2, 3, 10, 100, 1000, 10**4, 10**5, 10**6],
    "exponent": [0.0, 0.5, 1.0, 1.5, 2.0],
    "tokens": [20, 1000, 10_000, 100_000, 3_000_000],
    "sentences": list(SENTENCES),
    "sample": [None, 1e-5, 0],
    "vector_size": [1, 2, 10, 100, 300, 1000],
    "window": [1, 2, 5, 10, 20],
    "negative": [1, 2, 5, 15, 50],
    "ns_exponent": [0.75, 1.0, 0.0],
    "objective": ["sgns", "nce", "infonce", "softmax", "hierarchical"],
    "nce_normalizer": ["global", "center", "fixed"],
    "shift": [0.0, 2.0, 10.0],
    "optimizer": ["adagrad", "sgd"],
    "alpha": [0.025, 0.05, 0.1],
    "epochs": [1, 5, 50],
    "batch_size": [None, 16, 256, 8192, 65_536],
    "shrink_windows": [True, False],
}
# What must be set with a value: only NCE has a normaliser, the full softmax takes time in
# proportion to the vocabulary, and the vocabulary must suit the number of tokens.
WITH: dict[tuple[str, Any], dict[str, Any]] = {
    **{("nce_normalizer", value): {"objective": "nce"} for value in VALUES["nce_normalizer"]},
    **{("objective", value): {"vocabulary": 1000} for value in ("softmax", "hierarchical")},
    ("tokens", 20): {"vocabulary": 10},
    ("tokens", 1000): {"vocabulary": 100},
    ("tokens", 10_000): {"vocabulary": 1000},
    ("vocabulary", 10**6): {"tokens": 3_000_000},
}
EXTREMES: dict[str, list[Any]] = {
    "vocabulary": [2, 10, 100, 1000, 10**5],
    "exponent": [0.0, 1.0, 2.0],
    "tokens": [20, 1000, 30_000, 500_000],
    "sentences": list(SENTENCES),
    "sample": [None, 0],
    "vector_size": [1, 2, 100, 1000],
    "window": [1, 5, 20],
    "negative": [1, 5, 50],
    "ns_exponent": [0.75, 0.0],
    "objective": VALUES["objective"],
    "optimizer": VALUES["optimizer"],
    "alpha": [0.025, 0.1],
    "epochs": [1, 5, 50],
    "batch_size": [None, 256, 8192, 65_536],
    "shrink_windows": [True, False],
}
# The number of multiplications of vector entries in a run; they take a few seconds.
WORK = 1e10


def one_at_a_time() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, values in VALUES.items():
        for value in values:
            yield name, {**WITH.get((name, value), {}), name: value}


def corners(varied: list[str], n: int, seed: int, most: float) -> list[dict[str, Any]]:
    """Draw different settings among the extremes, none with more work than `most`."""
    rng = np.random.default_rng(seed)
    found: list[dict[str, Any]] = []
    while len(found) < n:
        setting = {key: EXTREMES[key][rng.integers(len(EXTREMES[key]))] for key in varied}
        if work(setting) < most and setting not in found:
            found.append(setting)
    return found


def work(setting: dict[str, Any]) -> float:
    s = {**Word2Vec().get_params(), **TEXT, **setting}
    tokens, V = max(s["tokens"], s["vocabulary"]) * s["epochs"], s["vocabulary"]
    outputs = {"softmax": V, "hierarchical": 20 * s["window"]}
    some = outputs.get(s["objective"], s["negative"] * s["window"] ** 0.5)
    # the last update of an epoch is padded to a whole block
    tokens += s["epochs"] * (s["batch_size"] or 0)
    return (tokens * (2 * s["window"] + some) + 10 * V * s["epochs"]) * (20 + s["vector_size"])


# --- a run


def zero_loss(model: Word2Vec) -> float:
    """Return the loss of zero vectors, in nats per pair: that before training."""
    p = model.get_params()
    counts, K = model.vocabulary_.counts, p["negative"]
    kept = counts * keep_probabilities(counts, p["sample"])
    if p["objective"] == "softmax":
        return float(np.log(len(counts)))
    if p["objective"] == "hierarchical":
        return float(np.log(2) * np.average(HuffmanTree(counts).lengths, weights=kept))
    objective = objective_of(p["objective"], p["nce_normalizer"], p["shift"], K)
    noise = noise_probabilities(counts, p["ns_exponent"])
    shift = objective.row_shift(noise, K)
    if shift is None:
        shift = np.zeros(len(counts))
    if p["objective"] == "nce" and p["nce_normalizer"] != "fixed":
        shift += np.log(len(counts))
    rng = np.random.default_rng(0)
    contexts, noise_words = (AliasTable(kept).draw(rng, (10_000,)), AliasTable(noise))
    negatives = noise_words.draw(rng, (10_000, K))
    return float(objective.loss(-shift[contexts], -shift[negatives], 1.0).mean())


def measure(setting: dict[str, Any], seed: int) -> dict[str, Any]:
    """Train with a setting; return norms, losses, and whether everything is finite."""
    text = {**TEXT, **{key: value for key, value in setting.items() if key in TEXT}}
    params = {key: value for key, value in setting.items() if key not in TEXT}
    model = Word2Vec(min_count=1, workers=1, seed=seed, progress=False, **params)
    found: dict[str, Any] = {"finite": True, "error": None}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            model.fit(draw_text(text, np.random.default_rng(seed)))
        except TrainingDivergedError as error:
            found["error"] = str(error)
    found["warnings"] = sorted({str(warning.message) for warning in told})
    learned = [model.vectors_, model.context_vectors_]
    if model.objective == "nce":
        learned.append(np.atleast_1d(model.nce_log_z_))
    # nan is the loss of an epoch from which subsampling left no pair
    losses = [loss for loss in model.loss_history_ if not np.isnan(loss)]
    found["finite"] = all(np.isfinite(values).all() for values in [*learned, losses])
    found |= {
        "vocabulary": len(model.vocabulary_),
        "tokens": model.raw_words_,
        "norm in": largest_norm(model.vectors_),
        "norm out": largest_norm(model.context_vectors_),
        "zero loss": zero_loss(model),
        "first loss": losses[0] if losses else float("nan"),
        "last loss": losses[-1] if losses else float("nan"),
        "seconds": model.fit_seconds_["train"],
    }
    return found


def largest_norm(matrix: np.ndarray) -> float:
    return float(np.sqrt(np.einsum("vd,vd->v", matrix, matrix).max()))


# A loss is measured on drawn noise, so it varies a little.
ABOVE = 1.01


def rose(run: dict[str, Any]) -> bool:
    """Return whether the loss ends above that of zero vectors."""
    return run["last loss"] > ABOVE * run["zero loss"]


def is_empty(run: dict[str, Any]) -> bool:
    """Return whether subsampling has left no pair to train on."""
    return bool(np.isnan(run["last loss"]))


# --- tables

COLUMNS = ("zero loss", "first loss", "last loss", "norm in", "norm out")


def header(name: str) -> str:
    heads = [name, "words", "tokens", *COLUMNS, "finite"]
    return "\n".join([f"| {' | '.join(heads)} |", "|:--|" + "--:|" * (len(heads) - 1)])


def line(name: str, run: dict[str, Any]) -> str:
    setting, remarks = run["setting"], [*run["warnings"]]
    label = setting[name] if name in setting else _label(setting)
    if rose(run):
        remarks.insert(0, "loss rose")
    if run["error"]:
        remarks.insert(0, run["error"])
    numbers = [f"{run[column]:.2f}" for column in COLUMNS]
    finite = "; ".join(["yes" if run["finite"] else "no", *remarks])
    cells = [label, f"{run['vocabulary']:,}", f"{run['tokens']:,}", *numbers, finite]
    return f"| {' | '.join(map(str, cells))} |"


def _label(setting: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in setting.items())


def summary(name: str, runs: list[dict[str, Any]]) -> str:
    largest = max(runs, key=_norm)
    counts = {
        "settings": len(runs),
        "finite": sum(run["finite"] for run in runs),
        "ended in an error": sum(bool(run["error"]) for run in runs),
        "had nothing to train on": sum(map(is_empty, runs)),
        "ended above the loss of zero vectors": sum(map(rose, runs)),
    }
    lines = [f"= {name}, {what}: {n}" for what, n in counts.items()]
    lines += [f"= {name}, largest norm: {_norm(largest):.1f}"]
    return "\n".join([*lines, f"{name}: the largest norm is at {_label(largest['setting'])}"])


def _norm(run: dict[str, Any]) -> float:
    return np.nan_to_num(max(run["norm in"], run["norm out"]), nan=np.inf)


def settings(quick: bool, n: int, seed: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the settings to try, each with the name of what is varied."""
    of_texts, most = [key for key in EXTREMES if key in TEXT], WORK
    found = [*one_at_a_time()]
    if quick:
        most /= 5000
        found = [(name, setting) for name, setting in found if work(setting) < most]
    found += [("texts", setting) for setting in corners(of_texts, n, seed, most)]
    # at the extremes each multiplication takes longer, in short rows or in updates of few centers
    found += [("corners", setting) for setting in corners(list(EXTREMES), n, seed + 1, most / 5)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small texts only, to try the script")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of what is varied, only these")
    parser.add_argument("--corners", type=int, default=100, help="random settings of either kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write the tables there, too")
    arguments = parser.parse_args()
    if arguments.quick:
        TEXT.update(vocabulary=20, tokens=100)
    chosen = settings(arguments.quick, arguments.corners, arguments.seed)
    names = list(dict.fromkeys(name for name, _ in chosen))
    if unknown := set(arguments.only or []) - set(names):
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(names)}")

    shown: list[str] = []
    runs: list[dict[str, Any]] = []

    def show(text: str) -> None:
        print(text, flush=True)
        shown.append(text)
        if arguments.out:
            arguments.out.mkdir(parents=True, exist_ok=True)
            (arguments.out / "stability.md").write_text("\n".join(shown) + "\n", "utf-8")
            written = json.dumps({"environment": about, "runs": runs}, indent=1, default=str)
            (arguments.out / "stability.json").write_text(written, "utf-8")

    about = {**environment(), "command": sys.argv}
    show(json.dumps(about))
    for name in arguments.only or names:
        show("\n" + header(name))
        for _, setting in [pair for pair in chosen if pair[0] == name]:
            run = {"varied": name, "setting": setting, **measure(setting, arguments.seed)}
            runs.append(run)
            show(line(name, run))
    one = [run for run in runs if run["varied"] in VALUES]
    kinds = {"one varied": one}
    kinds |= {name: [run for run in runs if run["varied"] == name] for name in ("texts", "corners")}
    show("")
    for kind, some in {**kinds, "all": runs}.items():
        if some:
            show(f"{summary(kind, some)}\n")


if __name__ == "__main__":
    main()
