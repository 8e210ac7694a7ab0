"""Check what the literature says of these objectives, with a figure and a table for each claim.

python benchmarks/claims.py NAME … | all --corpus PATH [--words N] [--eval-dir DIR] [--out FOLDER]

Each claim writes FOLDER/NAME.png and FOLDER/NAME.md; docs/claims.md says what came out. Error bars
are standard deviations over seeds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from _environment import environment
from _scores import scores
from matplotlib.figure import Figure
from scipy.special import log_softmax, logsumexp
from scipy.stats import linregress

from negsamp import TokenStream, Word2Vec, noise_probabilities, read_corpus
from negsamp.core.objectives import OBJECTIVES
from negsamp.core.vocabulary import Vocabulary
from negsamp.core.windows import window_weights
from negsamp.training.reading import Encoded
from negsamp.training.run import Run
from negsamp.training.settings import Settings


@dataclass(frozen=True)
class Setup:
    """The text and settings that a claim may use."""

    tokens: list[str]
    eval_dir: Path | None
    seeds: list[int]
    epochs: int
    quick: bool

    def fit(self, tokens: Any = None, **params: Any) -> Word2Vec:
        """Train on some of the text, or on sentences of the claim's own."""
        text = [self.tokens] if tokens is None else tokens
        return Word2Vec(**{"epochs": self.epochs, "progress": False, **params}).fit(text)


Rows = list[dict[str, Any]]


def cost(setup: Setup, figure: Figure) -> tuple[Rows, str]:
    """Time a pair against V: the full softmax linear, hierarchical log V, sampled flat."""
    sizes = [100, 300] if setup.quick else [10**3, 10**4, 10**5, 10**6]
    axes = figure.subplots()
    rows: Rows = []
    slopes = {}
    for objective in OBJECTIVES:
        times = []
        for V in sizes:
            tokens = 2_000 if setup.quick else 100_000  # for a second or so
            if objective == "softmax":
                tokens = max(2_000, min(tokens, 10**8 // V))
            each = [1e6 * seconds_per_pair(objective, V, tokens, seed) for seed in setup.seeds]
            times.append((np.mean(each), np.std(each)))
            rows.append({"objective": objective, "V": V, "µs a pair": plus_minus(*times[-1], 3)})
        mean, sd = np.array(times).T
        axes.errorbar(sizes, mean, sd, fmt="o-", capsize=3, label=objective)
        slopes[objective] = linregress(np.log(sizes), np.log(mean)).slope
    axes.set(xscale="log", yscale="log")
    axes.set(xlabel="words in the vocabulary, V", ylabel="µs a pair, one worker")
    return rows, "time ∝ V^a, a = " + ", ".join(f"{v:.2f} {k}" for k, v in slopes.items())


def seconds_per_pair(objective: str, V: int, tokens: int, seed: int) -> float:
    """Train on words drawn from Zipf's law, in one process, in batches of 1 024."""
    rng = np.random.default_rng(seed)
    counts = np.maximum(10**8 / np.arange(1, V + 1), 5).astype(np.int64)
    p = counts / counts.sum()
    # the words of the vocabulary are numbered by falling count
    ids = rng.choice(V, size=tokens, p=p).astype(np.int32)
    corpus = Encoded(Vocabulary(range(V), counts), TokenStream(ids, np.array([0, tokens])))
    params = {"sample": 0, "batch_size": 1024, "epochs": 1, "workers": 1, "progress": False}
    model = Word2Vec(objective=objective, seed=seed, **params)
    with Run(Settings.checked(model.get_params()), corpus) as run:
        run.schedule = replace(run.schedule, kept_tokens=float(tokens))
        begin = time.perf_counter()
        run.train()
        return (time.perf_counter() - begin) / tokens / (2 * model.window)


def recovery(setup: Setup, figure: Figure) -> tuple[Rows, str]:
    """NCE recovers p(c | w) for any K, and sooner the larger K is."""
    rng = np.random.default_rng(0)
    V = 20
    joint = rng.gamma(0.7, size=(V, V)) + 0.05
    joint = (joint + joint.T) / (joint + joint.T).sum()
    axes = figure.subplots()
    draws = rng.choice(V * V, size=5_000 if setup.quick else 100_000, p=joint.ravel())
    sentences = np.column_stack(np.divmod(draws, V))
    n = np.zeros((V, V))
    np.add.at(n, tuple(sentences.T), 1)
    n += n.T
    p = n / n.sum(axis=1, keepdims=True)
    off = np.abs(p - joint / joint.sum(axis=1, keepdims=True)).sum(axis=1).mean() / 2
    epochs = 3 if setup.quick else 40
    rows: Rows = []
    for K in (1, 5, 25, 100):
        curves = []
        for seed in setup.seeds:
            curve: list[float] = []

            def note(model: Word2Vec, epoch: int, curve: list[float] = curve) -> None:
                centers, contexts = np.divmod(np.arange(V * V), V)
                log_p = model.score_pairs(centers.tolist(), contexts.tolist()).reshape(V, V)
                difference = np.exp(log_p) - p
                curve.append(float(np.abs(difference).sum(axis=1).mean() / 2))

            Word2Vec(
                objective="nce",
                negative=K,
                window=1,
                vector_size=2 * V,
                min_count=1,
                sample=0,
                epochs=epochs,
                seed=seed,
                workers=1,
                progress=False,
            ).fit(sentences, callbacks=[note])
            curves.append(curve)
        mean, sd = np.mean(curves, axis=0), np.std(curves, axis=0)
        axes.errorbar(np.arange(1, epochs + 1), mean, sd, label=f"K = {K}")
        rows += [
            {"K": K, "epoch": e + 1, "total variation": plus_minus(mean[e], sd[e], 4)}
            for e in sorted({0, epochs // 8, epochs // 2, epochs - 1})
        ]
    axes.axhline(off, ls=":", color="grey", label="sample to the distribution it is from")
    axes.set(xlabel="epoch", ylabel="total variation between exp(s − γ) and p(c | w)", yscale="log")
    return rows, f"the sample itself is {off:.4f} from the distribution that it was drawn from"


def plus_minus(mean: float, sd: float, digits: int = 1) -> str:
    return f"{mean:.{digits}f} ± {sd:.{digits}f}"


def normalizer(setup: Setup, figure: Figure) -> tuple[Rows, str]:
    """A normaliser fixed at 0 does no harm: held-out likelihood, and Σ exp(s − γ) near 1."""
    cut = len(setup.tokens) * 19 // 20
    rows: Rows = []
    axes = figure.subplots()
    spreads = {}
    for kind in ("global", "center", "fixed"):
        found = []
        for seed in setup.seeds:
            model = setup.fit([setup.tokens[:cut]], objective="nce", nce_normalizer=kind, seed=seed)
            log_z = np.log(1.0) + np.zeros(len(model.wv)) + model.nce_log_z_
            held_out = [w for w in setup.tokens[cut:] if w in model.wv][:20_000]
            ids = np.array([model.wv.row(w) for w in held_out])
            kinds, place = np.unique(ids, return_inverse=True)
            s = model.vectors_[kinds] @ model.context_vectors_.T
            normal = log_softmax(s, axis=1)
            own = s - log_z[kinds][:, None]
            sums = logsumexp(own, axis=1)
            normal_p, own_p = [], []
            for shift in (-2, -1, 1, 2):
                center, context = place[2:-2], ids[2 + shift : len(ids) - 2 + shift]
                normal_p.append(normal[center, context].mean())
                own_p.append(own[center, context].mean())
            spreads[kind] = sums[place]
            found.append((np.mean(normal_p), np.mean(own_p), sums[place].mean(), sums[place].std()))
        mean, sd = np.mean(found, axis=0), np.std(found, axis=0)
        names = ("log p, normalised", "log p, as it is", "mean of log Σ", "spread of log Σ")
        cells = {k: plus_minus(*v, 3) for k, *v in zip(names, mean, sd, strict=True)}
        rows.append({"γ": kind, **cells})
    axes.hist(list(spreads.values()), bins=40, label=list(spreads), density=True)
    axes.set(xlabel="log Σ exp(s − γ) of held-out centers", ylabel="density")
    return rows, "; ".join(f"{r['γ']}: {r['log p, normalised']}" for r in rows)


def pmi(setup: Setup, figure: Figure) -> tuple[Rows, str]:
    """SGNS learns shifted PMI; softmax and hierarchical softmax learn log p(c | w) instead."""
    K, window = 5, 5
    size = 50 if setup.quick else 1_000
    vocabulary, _ = read_corpus([setup.tokens], 1)
    words = vocabulary.words[:size]
    kept = [w for w in setup.tokens if w in set(words)] if setup.quick else filtered(setup, words)
    row = {w: i for i, w in enumerate(words)}
    ids = np.array([row[w] for w in kept])
    n = np.zeros((size, size))
    for distance, weight in enumerate(window_weights(window)[window + 1 :], 1):
        np.add.at(n, (ids[:-distance], ids[distance:]), weight)
        np.add.at(n, (ids[distance:], ids[:-distance]), weight)
    log_p = np.log(np.maximum(n, 1e-9) / n.sum(axis=1, keepdims=True))
    frequent = np.argwhere(n >= (20 if setup.quick else 100))
    a, b = frequent.T
    there, back_there = ([words[i] for i in column] for column in frequent.T)
    learns, symmetry = figure.subplots(1, 2)
    rows: Rows = []
    for objective, exponent in (("sgns", 0.75), ("sgns", 1.0), ("softmax", 0), ("hierarchical", 0)):
        found = []
        for seed in setup.seeds:
            model = setup.fit(
                [kept],
                objective=objective,
                vector_size=20 if setup.quick else 200,
                negative=K,
                ns_exponent=exponent,
                window=window,
                min_count=1,
                sample=0,
                seed=seed,
            )
            said = model.score_pairs(there, back_there)
            back = model.score_pairs(back_there, there)
            noise = noise_probabilities(np.bincount(ids, minlength=size), exponent)
            wanted = log_p[a, b] - (np.log(noise[b] * K) if objective == "sgns" else 0)
            fitted = linregress(wanted, said)
            asymmetry = linregress(log_p[b, a] - log_p[a, b], back - said)
            error = np.sqrt(np.mean((said - wanted) ** 2))
            found.append((fitted.slope, fitted.rvalue, error, asymmetry.slope))
        name = f"sgns, α = {exponent}" if objective == "sgns" else objective
        learns.plot(wanted[::7], said[::7], ".", ms=1, label=name)
        shown = slice(None, None, 7)
        symmetry.plot((log_p[b, a] - log_p[a, b])[shown], (back - said)[shown], ".", ms=1)
        mean, sd = np.mean(found, axis=0), np.std(found, axis=0)
        names = ("slope", "correlation", "root mean square off", "slope of the asymmetry")
        cells = {k: plus_minus(*v, 3) for k, *v in zip(names, mean, sd, strict=True)}
        rows.append({"objective": name, **cells})
    learns.set(xlabel="counted log p(c | w), for sgns less log K·U(c)", ylabel="score_pairs(w, c)")
    symmetry.set(xlabel="log p(w | c) − log p(c | w)", ylabel="score_pairs(c, w) − (w, c)")
    return rows, f"{len(frequent)} pairs of {size} words, from {len(kept)} tokens"


def filtered(setup: Setup, words: list[str]) -> list[str]:
    """Return the text with only these words."""
    known = set(words)
    return [w for w in setup.tokens if w in known]


def analogies(setup: Setup, figure: Figure) -> tuple[Rows, str]:
    """Negative sampling beats hierarchical softmax on analogies."""
    runs = {
        "sgns, K = 5": {"negative": 5},
        "sgns, K = 15": {"negative": 15},
        "hierarchical": {"objective": "hierarchical"},
    }
    return two_sizes(setup, figure, "objective", runs)


def alpha(setup: Setup, figure: Figure) -> tuple[Rows, str]:
    """Noise ∝ count^0.75 is best; it turns 100 : 1 into 31.6 : 1."""
    values = [0.75, 1.0] if setup.quick else [-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    runs = {value: {"ns_exponent": value} for value in values}
    frequent, rare = noise_probabilities([100, 1])
    rows = sweep(setup, figure.subplots(), "α", runs)
    return rows, f"100 : 1 becomes {frequent / rare:.1f} : 1"


def noise_words(setup: Setup, figure: Figure) -> tuple[Rows, str]:
    """K of 5 to 20 for small corpora, 2 to 5 for large ones."""
    values = [1, 5] if setup.quick else [1, 2, 5, 10, 15, 20]
    return two_sizes(setup, figure, "K", {value: {"negative": value} for value in values})


def two_sizes(setup: Setup, figure: Figure, name: str, runs: dict) -> tuple[Rows, str]:
    """Return scores on an eighth of the text and on all of it."""
    rows: Rows = []
    for axes, part in zip(figure.subplots(1, 2), (8, 1), strict=True):
        tokens = setup.tokens[: len(setup.tokens) // part]
        rows += [
            {"words": len(tokens), **row}
            for row in sweep(replace(setup, tokens=tokens), axes, name, runs)
        ]
        axes.set_title(f"{len(tokens):,} words")
    return rows, ""


def sweep(setup: Setup, axes: Any, name: str, runs: dict[Any, dict[str, Any]]) -> Rows:
    """Return the scores of several settings of `Word2Vec`."""
    rows: Rows = []
    found = []
    for label, params in runs.items():
        each = [scores(setup.fit(seed=seed, **params).wv, setup.eval_dir) for seed in setup.seeds]
        found.append({k: (np.mean(v), np.std(v)) for k, v in transposed(each).items()})
        rows.append({name: label, **{k: plus_minus(*v) for k, v in found[-1].items()}})
    is_scale = not isinstance(rows[0][name], str)
    at = list(runs) if is_scale else range(len(runs))
    for key in found[0]:
        mean, sd = np.array([each[key] for each in found]).T
        axes.errorbar(at, mean, sd, fmt="o-" if is_scale else "o", label=key, capsize=3)
    if not is_scale:
        axes.set_xticks(at, list(runs))
        axes.set_xmargin(0.2)
    axes.set(xlabel=name, ylabel="Spearman's ρ × 100, right answers in %")
    return rows


def transposed(dicts: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return the values of each key in several dicts with the same keys."""
    return {key: [each[key] for each in dicts] for key in dicts[0]}


CLAIMS: dict[str, Callable[[Setup, Figure], tuple[Rows, str]]] = {
    "cost": cost,
    "recovery": recovery,
    "normalizer": normalizer,
    "pmi": pmi,
    "analogies": analogies,
    "alpha": alpha,
    "noise-words": noise_words,
}


def table(rows: Rows) -> str:
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    for row in rows:
        cells = (f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values())
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=[*CLAIMS, "all"], metavar="NAME")
    parser.add_argument(
        "--corpus", type=Path, required=True, help="text, white space between words"
    )
    parser.add_argument("--words", type=int, help="of the text, from its start; all if not given")
    parser.add_argument("--eval-dir", type=Path, help="folder of similarity and analogy sets")
    parser.add_argument("--out", type=Path, default=Path("claims"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the script")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    tokens = arguments.corpus.read_text("utf-8").split()[: arguments.words]
    print(json.dumps(environment()))
    options = arguments.eval_dir, arguments.seeds, arguments.epochs, arguments.quick
    for name in CLAIMS if "all" in arguments.names else arguments.names:
        figure = plt.figure(figsize=(9, 4.5), layout="constrained")
        rows, found = CLAIMS[name](Setup(tokens, *options), figure)
        for axes in figure.axes:
            axes.grid(alpha=0.3)
        figure.axes[0].legend(fontsize="small", markerscale=8 if name == "pmi" else 1)
        figure.savefig(arguments.out / f"{name}.png", dpi=110)
        plt.close(figure)
        doc = (CLAIMS[name].__doc__ or "").splitlines()[0]
        text = f"## {name}: {doc}\n\n{found}\n\n{table(rows)}\n"
        (arguments.out / f"{name}.md").write_text(text, encoding="utf-8")
        print("\n" + text, flush=True)


if __name__ == "__main__":
    main()
