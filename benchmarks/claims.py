"""Check what the literature says of these objectives, with a figure and a table for each claim.

python benchmarks/claims.py NAME … | all --corpus PATH [--words N] [--eval-dir DIR] [--out FOLDER]

Each training's result is written to FOLDER/claims-NAME-runs.json as soon as it has ended, and is
not measured again. `claim_figures.py` draws them, and docs/claims.md says what came out.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from _results import Results, Run
from _scores import mean_of, scores, without_total
from _summary import table
from scipy.special import log_softmax, logsumexp
from scipy.stats import linregress

from negsamp import KeyedVectors, TokenStream, Word2Vec, noise_probabilities, read_corpus
from negsamp.core.blocks import choose_block_shape
from negsamp.core.objectives import OBJECTIVES
from negsamp.core.objectives.sgns import SGNS
from negsamp.core.vocabulary import Vocabulary
from negsamp.core.windows import window_weights
from negsamp.training import schedule
from negsamp.training.progress import Observer
from negsamp.training.reading import Encoded
from negsamp.training.run import Run as TrainingRun
from negsamp.training.settings import INITS, Settings

WINDOW = 5
# A center meets w + 1 pairs on average, by the weights of windows, and so that many times K words.
PAIRS = WINDOW + 1


@dataclass(frozen=True)
class Setup:
    """The text and settings that a claim may use, and where its results are kept."""

    tokens: list[str]
    eval_dirs: list[Path]
    seeds: list[int]
    epochs: int
    workers: int
    quick: bool
    results: Results

    def fit(self, tokens: Any = None, **params: Any) -> Word2Vec:
        """Train on some of the text, or on sentences of the claim's own."""
        text = [self.tokens] if tokens is None else tokens
        defaults = {"epochs": self.epochs, "workers": self.workers, "progress": False}
        defaults |= {"shift": 0, "init": "random"}  # the loss of the texts, and their start
        return Word2Vec(**{**defaults, **params}).fit(text)


Train = Callable[[Setup, int], KeyedVectors]


@contextmanager
def noise_shared(centers: int, noise_words: int) -> Iterator[None]:
    """Let so many centers share so many noise words, in updates of the usual size."""

    def chosen(*arguments: Any, **options: Any) -> Any:
        shape = choose_block_shape(*arguments, **options)
        parts = max(1, shape.group_size // centers)
        return shape._replace(parts=parts, noise_words=noise_words)

    schedule.choose_block_shape = chosen
    try:
        yield
    finally:
        schedule.choose_block_shape = choose_block_shape


def ours(**params: Any) -> Train:
    """With the noise words that the library chooses."""
    return lambda setup, seed: setup.fit(seed=seed, **params).wv


def shared(centers: int, noise_words: int, **params: Any) -> Train:
    """With noise words for so many centers."""

    def train(setup: Setup, seed: int) -> KeyedVectors:
        with noise_shared(centers, noise_words):
            return setup.fit(seed=seed, **params).wv

    return train


def independent(negative: int) -> Train:
    """With as many noise words of its own for each center as K words for each pair are."""
    return shared(1, PAIRS * negative, negative=negative)


def gensim(**params: Any) -> Train:
    """With gensim, which draws K words for each pair."""

    def train(setup: Setup, seed: int) -> KeyedVectors:
        from gensim.models import Word2Vec as Gensim

        text = [setup.tokens[at : at + 1_000] for at in range(0, len(setup.tokens), 1_000)]
        how = {"sg": 1, "vector_size": 100, "epochs": setup.epochs, "workers": setup.workers}
        wv = Gensim(text, seed=seed, **{**how, **params}).wv
        return KeyedVectors(wv.index_to_key, wv.vectors)

    return train


Choose = Callable[[dict[str, float]], dict[str, float]]


def sweep(
    setup: Setup,
    name: str,
    trains: dict[Any, Train],
    words: list[int],
    choose: Choose = without_total,
) -> None:
    """Score several ways to train on the beginnings of a text, all of one seed first."""
    for seed in setup.seeds:
        for n in words:
            some = replace(setup, tokens=setup.tokens[:n])
            for label, train in trains.items():

                def measure(train: Train = train, some: Setup = some, seed: int = seed) -> Run:
                    begin = time.process_time()
                    wv = train(some, seed)
                    cpu = time.process_time() - begin
                    found = choose(scores(wv, *some.eval_dirs))
                    return {**found, "cpu_seconds": round(cpu, 1)}

                key = {"words": len(some.tokens), "epochs": setup.epochs, name: label, "seed": seed}
                setup.results.run(measure, **key)


def cost(setup: Setup) -> None:
    """Time a pair against V: the full softmax linear, hierarchical log V, sampled flat."""
    sizes = [100, 300] if setup.quick else [10**3, 10**4, 10**5, 10**6]
    for objective in OBJECTIVES:
        for V in sizes:
            tokens = 2_000 if setup.quick else 100_000  # for a second or so
            if objective == "softmax":
                tokens = max(2_000, min(tokens, 10**8 // V))
            for seed in setup.seeds:
                one = (objective, V, tokens, seed)
                setup.results.run(
                    lambda one=one: {"µs a pair": 1e6 * seconds_per_pair(*one)},
                    objective=objective,
                    V=V,
                    seed=seed,
                )


class Clock(Observer):
    """When training began and when each epoch ended."""

    def on_start(self, arrays: Any, progress: Any) -> None:
        self.times = [time.perf_counter()]

    def on_epoch_end(self, progress: Any) -> bool:
        self.times.append(time.perf_counter())
        return False


def seconds_per_pair(objective: str, V: int, tokens: int, seed: int) -> float:
    """Train on words drawn from Zipf's law, in one process, in batches of 1 024.

    The second epoch is timed: in the first, the system finds memory for the rows that are touched.
    """
    rng = np.random.default_rng(seed)
    counts = np.maximum(10**8 / np.arange(1, V + 1), 5).astype(np.int64)
    p = counts / counts.sum()
    # the words of the vocabulary are numbered by falling count
    ids = rng.choice(V, size=tokens, p=p).astype(np.int32)
    corpus = Encoded(Vocabulary(range(V), counts), TokenStream(ids, np.array([0, tokens])))
    params: dict[str, Any] = {"sample": 0, "batch_size": 1024, "epochs": 2, "workers": 1}
    params |= {"shift": 0, "init": "random", "progress": False}
    model = Word2Vec(objective=objective, seed=seed, **params)
    clock = Clock()
    with TrainingRun(Settings.checked(model.get_params()), corpus) as run:
        run.schedule = replace(run.schedule, kept_tokens=float(tokens))
        run.train(clock)
    _, begin, end = clock.times
    return (end - begin) / tokens / (2 * model.window)


def recovery(setup: Setup) -> None:
    """NCE recovers p(c | w) for any K, and sooner the larger K is."""
    rng = np.random.default_rng(0)
    V = 20
    joint = rng.gamma(0.7, size=(V, V)) + 0.05
    joint = (joint + joint.T) / (joint + joint.T).sum()
    draws = rng.choice(V * V, size=5_000 if setup.quick else 100_000, p=joint.ravel())
    sentences = np.column_stack(np.divmod(draws, V))
    n = np.zeros((V, V))
    np.add.at(n, tuple(sentences.T), 1)
    n += n.T
    p = n / n.sum(axis=1, keepdims=True)
    off = float(np.abs(p - joint / joint.sum(axis=1, keepdims=True)).sum(axis=1).mean() / 2)
    epochs = 3 if setup.quick else 40
    noise = {"shared": lambda K: nullcontext(), "K for each pair": lambda K: noise_shared(1, K)}

    def measure(K: int, seed: int, how: str) -> Run:
        curve: list[float] = []

        def note(model: Word2Vec, epoch: int) -> None:
            centers, contexts = np.divmod(np.arange(V * V), V)
            log_p = model.score_pairs(centers.tolist(), contexts.tolist()).reshape(V, V)
            curve.append(round(float(np.abs(np.exp(log_p) - p).sum(axis=1).mean() / 2), 5))

        params = {"window": 1, "vector_size": 2 * V, "min_count": 1, "sample": 0, "workers": 1}
        model = Word2Vec(objective="nce", negative=K, epochs=epochs, seed=seed, **params)
        with noise[how](K):
            model.set_params(progress=False).fit(sentences, callbacks=[note])
        return {"total variation": curve, "of the sample": off}

    for seed in setup.seeds:
        for how in noise:
            for K in (1, 5, 25, 100):
                key = {"noise": how, "K": K, "seed": seed}
                setup.results.run(
                    lambda key=key: measure(key["K"], key["seed"], key["noise"]), **key
                )


def normalizer(setup: Setup) -> None:
    """A normaliser fixed at 0 does no harm: held-out likelihood, and Σ exp(s − γ) near 1."""
    cut = len(setup.tokens) * 19 // 20

    def measure(kind: str, seed: int) -> Run:
        model = setup.fit([setup.tokens[:cut]], objective="nce", nce_normalizer=kind, seed=seed)
        log_z = np.zeros(len(model.wv)) + model.nce_log_z_
        held_out = [w for w in setup.tokens[cut:] if w in model.wv][:20_000]
        ids = np.array([model.wv.row(w) for w in held_out])
        kinds, place = np.unique(ids, return_inverse=True)
        s = model.vectors_[kinds] @ model.context_vectors_.T
        normal = log_softmax(s, axis=1)
        own = s - log_z[kinds][:, None]
        sums = logsumexp(own, axis=1)[place]
        normal_p, own_p = [], []
        for shift in (-2, -1, 1, 2):
            center, context = place[2:-2], ids[2 + shift : len(ids) - 2 + shift]
            normal_p.append(normal[center, context].mean())
            own_p.append(own[center, context].mean())
        heights, edges = np.histogram(sums, 40, density=True)
        return {
            "log p, normalised": float(np.mean(normal_p)),
            "log p, as it is": float(np.mean(own_p)),
            "mean of log Σ": float(sums.mean()),
            "spread of log Σ": float(sums.std()),
            "histogram": [heights.round(4).tolist(), edges.round(4).tolist()],
        }

    for seed in setup.seeds:
        for kind in ("global", "center", "fixed"):
            key = {"words": len(setup.tokens), "γ": kind, "seed": seed}
            setup.results.run(lambda kind=kind, seed=seed: measure(kind, seed), **key)


class WithConstant(SGNS):
    """SGNS whose scores are less a constant, which is learned."""

    has_normalizer = True

    def n_normalizers(self, V: int) -> int:
        return 1


def constant(setup: Setup) -> None:
    """γ as a learned constant goes to about 0."""

    def measure(objective: Any, negative: int, seed: int) -> Run:
        curve: list[float] = []

        def note(model: Word2Vec, epoch: int) -> None:
            given = getattr(objective, "shift", 0.0)
            curve.append(round(float(getattr(model, "nce_log_z_", given)), 4))

        params = {"objective": objective, "negative": negative, "seed": seed, "workers": 1}
        model = Word2Vec(epochs=setup.epochs, init="random", progress=False, **params)
        model.fit([setup.tokens], callbacks=[note])
        found = without_total(scores(model.wv, *setup.eval_dirs))
        places = {"first": 0, "halfway": len(curve) // 2, "last": -1}
        learned = {f"learned γ, {name}": curve[at] for name, at in places.items()}
        return {"log V": float(np.log(len(model.wv))), **found, **learned, "learned γ": curve}

    objectives = {
        "sgns": SGNS(),
        "sgns less 2": SGNS(2.0),
        "sgns with a constant": WithConstant(),
        "nce": "nce",
    }
    for seed in setup.seeds:
        for name, objective in objectives.items():
            for K in (5, 15):
                one = (objective, K, seed)
                key = {"words": len(setup.tokens), "objective": name, "K": K, "seed": seed}
                setup.results.run(lambda one=one: measure(*one), **key)


def pmi(setup: Setup) -> None:
    """SGNS learns shifted PMI; softmax and hierarchical softmax learn log p(c | w) instead."""
    K = 5
    size = 50 if setup.quick else 1_000
    vocabulary, _ = read_corpus([setup.tokens], 1)
    words = vocabulary.words[:size]
    row = {w: i for i, w in enumerate(words)}
    kept = [w for w in setup.tokens if w in row]
    ids = np.array([row[w] for w in kept])
    n = np.zeros((size, size))
    for distance, weight in enumerate(window_weights(WINDOW)[WINDOW + 1 :], 1):
        np.add.at(n, (ids[:-distance], ids[distance:]), weight)
        np.add.at(n, (ids[distance:], ids[:-distance]), weight)
    log_p = np.log(np.maximum(n, 1e-9) / n.sum(axis=1, keepdims=True))
    frequent = np.argwhere(n >= (20 if setup.quick else 100))
    a, b = frequent.T
    there, back_there = ([words[i] for i in column] for column in frequent.T)

    def measure(objective: str, exponent: float, seed: int) -> Run:
        model = setup.fit(
            [kept],
            objective=objective,
            vector_size=20 if setup.quick else 200,
            negative=K,
            ns_exponent=exponent,
            window=WINDOW,
            min_count=1,
            sample=0,
            seed=seed,
            epochs=2 * setup.epochs,
        )
        said = model.score_pairs(there, back_there)
        back = model.score_pairs(back_there, there)
        noise = noise_probabilities(np.bincount(ids, minlength=size), exponent)
        wanted = log_p[a, b] - (np.log(noise[b] * K) if objective == "sgns" else 0)
        turned, change = log_p[b, a] - log_p[a, b], back - said
        fitted = linregress(wanted, said)
        some = slice(None, None, max(1, len(a) // 400))
        return {
            "slope": float(fitted.slope),
            "correlation": float(fitted.rvalue),
            "root mean square off": float(np.sqrt(np.mean((said - wanted) ** 2))),
            "slope of the asymmetry": float(linregress(turned, change).slope),
            "points": [v[some].round(2).tolist() for v in (wanted, said, turned, change)],
            "pairs": len(frequent),
            "tokens": len(kept),
        }

    kinds = ("sgns", 0.75), ("sgns", 1.0), ("softmax", 0.0), ("hierarchical", 0.0)
    for seed in setup.seeds:
        for objective, exponent in kinds:
            name = f"sgns, α = {exponent}" if objective == "sgns" else objective
            one = (objective, exponent, seed)
            setup.results.run(lambda one=one: measure(*one), objective=name, seed=seed)


def analogies(setup: Setup) -> None:
    """Negative sampling beats hierarchical softmax on analogies."""
    trains = {
        "sgns, K = 5": ours(negative=5),
        "sgns, K = 15": ours(negative=15),
        "hierarchical": ours(objective="hierarchical"),
        "sgns, 5 for each pair": independent(5),
        "gensim, K = 5": gensim(negative=5),
        "gensim, K = 15": gensim(negative=15),
        "gensim, hierarchical": gensim(hs=1, negative=0),
    }
    sweep(setup, "objective", trains, [len(setup.tokens) // 8, len(setup.tokens)])


def alpha(setup: Setup) -> None:
    """Noise ∝ count^0.75 is best; it turns 100 : 1 into 31.6 : 1."""
    values = [0.75, 1.0] if setup.quick else [-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    trains = {value: ours(ns_exponent=value) for value in values}
    sweep(setup, "α", trains, [len(setup.tokens)])


def noise_words(setup: Setup) -> None:
    """K of 5 to 20 for small corpora, 2 to 5 for large ones."""
    values = [1, 5] if setup.quick else [1, 2, 5, 10, 15, 20]
    kinds: dict[str, Callable[[int], Train]] = {
        "shared": lambda K: ours(negative=K),
        "for each pair": independent,
        "gensim": lambda K: gensim(negative=K),
    }
    trains = {f"{K}, {kind}": make(K) for K in values for kind, make in kinds.items()}
    sweep(setup, "K", trains, [len(setup.tokens) // 8, len(setup.tokens)])


def sharing(setup: Setup) -> None:
    """What it does to scores that n centers share their noise words."""
    centers = [1, 64] if setup.quick else [1, 2, 4, 8, 16, 32, 64, 128, 256]
    trains = {f"{n}, N = {N}": shared(n, N) for N in (5, 30) for n in centers}
    sweep(setup, "shared by", trains, [len(setup.tokens)])


def optimizers(setup: Setup) -> None:
    """AdaGrad by row learns more in an epoch than plain SGD."""
    trains = {"adagrad, 0.025": ours()} | {
        f"sgd, {rate}": ours(optimizer="sgd", alpha=rate) for rate in (0.025, 0.05, 0.1)
    }
    for epochs in (1, 2) if setup.quick else (1, 3, 5):
        sweep(replace(setup, epochs=epochs), "optimizer", trains, [len(setup.tokens)])


def subsampling(setup: Setup) -> None:
    """Words that are met often learn little when they are met again."""
    values = [1e-3] if setup.quick else [1e-3, 2e-4, 1e-4, 5e-5]
    trains = {f"{t:g}": ours(sample=t) for t in values} | {"gensim, 0.001": gensim(sample=1e-3)}

    for epochs in (1, 2) if setup.quick else (2, 3, 5):
        words = [len(setup.tokens)]
        sweep(replace(setup, epochs=epochs), "sample", trains, words, with_mean)


def shift(setup: Setup) -> None:
    """Vectors of scores less a constant need no part in common."""
    values = {"0": 0, "1.6": 1.6, "1 + log K": None, "3": 3}
    if setup.quick:
        del values["1.6"], values["3"]
    trains = {label: ours(shift=c) for label, c in values.items()}
    for epochs in (1, 2) if setup.quick else (1, 2, 3, 5):
        words = [len(setup.tokens)]
        sweep(replace(setup, epochs=epochs), "shift", trains, words, with_mean)


def init(setup: Setup) -> None:
    """What a run begins with matters most where there is little text."""
    trains = {name: ours(shift=None, init=name) for name in INITS}
    for epochs in (1, 2) if setup.quick else (1, 2, 3, 5):
        words = [len(setup.tokens) // 8, len(setup.tokens)]
        sweep(replace(setup, epochs=epochs), "init", trains, words, with_mean)


def with_mean(found: dict[str, float]) -> dict[str, float]:
    """Choose the scores of some sets, and the mean of six."""
    names = "semantic", "syntactic", "all analogies", "SimLex-999", "WordSim-353", "RW"
    mean = {"mean of six sets": mean_of(found)}
    return {name: found[name] for name in names if name in found} | mean


def summary(runs: list[Run]) -> list[str]:
    """Return a table of means and standard deviations over seeds.

    What all runs have in common has no column. A list is a curve, of which the beginning, the end
    and two points between have a row.
    """
    keys = [name for name in runs[0] if name in KEYS and len({run[name] for run in runs}) > 1]
    measured = [
        name
        for name, value in runs[0].items()
        if (isinstance(value, float) and name not in (*KEYS, *UNSHOWN))
        or (isinstance(value, list) and name in CURVES)
    ]
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(run[key] for key in keys), []).append(run)
    curves = [name for name in measured if isinstance(runs[0][name], list)]
    rows = [[*keys, *(["epoch"] if curves else []), *measured]]
    for key, some in groups.items():
        n = len(some[0][curves[0]]) if curves else 1
        for at in sorted({0, n // 8, n // 2, n - 1}):
            cells = []
            for name in measured:
                values = [run[name][at] if name in curves else run[name] for run in some]
                cells.append(plus_minus(values))
            rows.append([*map(str, key), *([str(at + 1)] if curves else []), *cells])
    return table(rows)


KEYS = (
    "words",
    "epochs",
    "objective",
    "noise",
    "shared by",
    "optimizer",
    "sample",
    "shift",
    "init",
    "α",
    "γ",
    "K",
    "V",
)
CURVES = ("total variation",)
UNSHOWN = ("log V", "cpu_seconds", "of the sample")


def plus_minus(values: list[float]) -> str:
    """Return the mean and, over several seeds, the standard deviation, to a digit of it."""
    size, spread = abs(np.mean(values)), np.std(values, ddof=1) if len(values) > 1 else 0.0
    digits = 1 if size >= 10 else 2 if size >= 1 else 4
    if spread > 0:
        digits = max(digits, min(4, -math.floor(math.log10(spread))))
    shown = f" ± {spread:.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{shown}"


CLAIMS: dict[str, Callable[[Setup], None]] = {
    "analogies": analogies,
    "noise-words": noise_words,
    "sharing": sharing,
    "recovery": recovery,
    "optimizers": optimizers,
    "subsampling": subsampling,
    "shift": shift,
    "init": init,
    "constant": constant,
    "alpha": alpha,
    "normalizer": normalizer,
    "pmi": pmi,
    "cost": cost,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=[*CLAIMS, "all"], metavar="NAME")
    parser.add_argument(
        "--corpus", type=Path, required=True, help="text, white space between words"
    )
    parser.add_argument("--words", type=int, help="of the text, from its start; all if not given")
    parser.add_argument("--eval-dir", type=Path, nargs="+", default=[], help="folders of sets")
    parser.add_argument("--out", type=Path, help="folder of results (default: benchmarks/results)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the script")
    arguments = parser.parse_args()
    tokens = arguments.corpus.read_text("utf-8").split()[: arguments.words]
    options = (arguments.seeds, arguments.epochs, arguments.workers, arguments.quick)
    for name in CLAIMS if "all" in arguments.names else arguments.names:
        results = Results(arguments.out, f"claims-{name}-runs", corpus=arguments.corpus.name)
        CLAIMS[name](Setup(tokens, arguments.eval_dir, *options, results))
        print(f"{name}: {(CLAIMS[name].__doc__ or '').strip()}\n")
        print("\n".join(summary(results.runs)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
