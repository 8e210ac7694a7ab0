"""Show what small corpora and wide windows need: python benchmarks/small.py NAME … [--text TEXT]

steps-and-epochs, patience: baskets from planted groups, with some items that are random; the score
is the share of the ten nearest neighbours of an item that are of its group. validation: some words
are split into two at random; the score is the mean of 1 / rank of one half among the neighbours of
the other. beginnings: both scores, from random vectors and from the mutual information.
neighbours: the share of the ten nearest that models of two seeds have in common. wide-windows:
seconds of an epoch on baskets and on long lists. The news are those of gensim's tests; `--text`
names a file for the others, such as text8.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _environment import environment
from _summary import table
from claims import noise_shared
from settings import changed

from negsamp import KeyedVectors, Word2Vec
from negsamp.core.optimizers import RowAdaGrad
from negsamp.training import epochs as training
from negsamp.training.settings import INITS

GROUPS, SIZE, NEAREST = 55, 15, 10
Sentences = list[list[str]]


@contextmanager
def constant_steps() -> Iterator[None]:
    """Let steps not depend on the number of epochs."""
    with changed(RowAdaGrad, EPOCHS=1e9):
        yield


def replaced(items: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Replace a share of the items by any, in place, and return them."""
    wrong = rng.random(len(items)) < noise
    items[wrong] = rng.integers(GROUPS * SIZE, size=int(wrong.sum()))
    return items


def baskets(seed: int, noise: float, n: int, low: int = 2, high: int = 8) -> Sentences:
    """Draw baskets of a group's items each, of which a share is replaced by any."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(n):
        group, size = rng.integers(GROUPS), rng.integers(low, high + 1)
        items = rng.choice(SIZE, size, replace=False) + group * SIZE
        found.append([str(item) for item in replaced(items, noise, rng)])
    return found


def bought(seed: int, noise: float, n: int, each: int = 12) -> tuple[list[str], list[str]]:
    """Draw so many items of his group for each of n users, of which a share is replaced by any."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(rng.integers(GROUPS, size=n), each)
    items = groups * SIZE + rng.integers(SIZE, size=len(groups))
    users = [f"user {k // each}" for k in range(n * each)]
    return users, [str(item) for item in replaced(items, noise, rng)]


def of_the_group(wv: KeyedVectors) -> float:
    """Return the share of the neighbours that are of the right group."""
    words = list(wv)
    near = wv.most_similar_batch(words, topn=NEAREST)
    pairs = zip(words, near, strict=True)
    return float(
        np.mean([int(w) // SIZE == int(x) // SIZE for w, answers in pairs for x, _ in answers])
    )


def ours(text: Sentences, **params: Any) -> Word2Vec:
    return Word2Vec(workers=1, progress=False, **params).fit(text)


def gensim(text: Sentences, **params: Any) -> KeyedVectors:
    from gensim.models import Word2Vec as Gensim

    wv = Gensim(text, sg=1, workers=1, **params).wv
    return KeyedVectors(wv.index_to_key, wv.vectors)


WIDE: dict[str, Any] = {"window": 8, "shrink_windows": False, "sample": 0, "min_count": 1}
QUICK: dict[str, Any] = {"vector_size": 8}  # and, of ours, small blocks
BLOCK = {"batch_size": 16}


def steps_and_epochs(arguments: argparse.Namespace) -> list[list[str]]:
    n, tried = 20 if arguments.quick else 2_000, (5, 10, 20, 50)
    how = {**WIDE, **(QUICK if arguments.quick else {})}
    block = BLOCK if arguments.quick else {}
    rows = [["", *(f"{20 * k} %: {e}" if e == 5 else str(e) for k in (1, 2) for e in tried)]]

    def before(text: Sentences, **params: Any) -> KeyedVectors:
        with constant_steps():
            return now(text, init="random", **params)

    def now(text: Sentences, **params: Any) -> KeyedVectors:
        return ours(text, **params, **block).wv

    ways = {"negsamp": now, "before": before}
    for name, fit in {**ways, "gensim": gensim}.items():
        rows.append([name])
        for noise in (0.2, 0.4):
            for epochs in tried:
                found = [
                    of_the_group(fit(baskets(seed, noise, n), seed=seed, epochs=epochs, **how))
                    for seed in arguments.seeds
                ]
                rows[-1].append(f"{np.mean(found):.3f}")
    return rows


def patience(arguments: argparse.Namespace) -> list[list[str]]:
    n, last = (60, 5) if arguments.quick else (2_000, 50)
    found: dict[str, list[tuple[int | None, float]]] = {}
    for seed in arguments.seeds:
        text = baskets(seed, 0.4, n)
        params = {"epochs": last, "seed": seed, "workers": 1, "progress": False, **WIDE}

        def note(label: str, epochs: int | None, score: float) -> None:
            found.setdefault(label, []).append((epochs, score))

        with changed(training, are_words_alike=lambda *_: False):
            model = Word2Vec(**params).fit(text, validation=0.1, patience=2)
        label = "`patience=2`, every epoch counted"
        note(label, len(model.loss_history_), of_the_group(model.wv))
        model = Word2Vec(**params).fit(text, validation=0.1, patience=2)
        note("`patience=2`", len(model.loss_history_), of_the_group(model.wv))
        curve: list[float] = []
        Word2Vec(**params).fit(
            text,
            validation=0.1,
            callbacks=lambda model, epoch, curve=curve: curve.append(of_the_group(model.wv)),
        )
        note("the best of all epochs", int(np.argmax(curve)) + 1, max(curve))
        note(f"all {last} epochs", None, curve[-1])
        whole = of_the_group(Word2Vec(**params).fit(text).wv)
        note(f"all {last} epochs, nothing held out", None, whole)
    rows = [["", "ends after", "neighbours"]]
    for label, several in found.items():
        ends = [str(epochs) for epochs, _ in several if epochs is not None]
        rows.append([label, f"{', '.join(ends)} epochs" if ends else ""])
        rows[-1].append(", ".join(f"{score:.2f}" for _, score in several))
    return rows


def news() -> Sentences:
    """Return 300 lines of news, in lower case."""
    from gensim.test.utils import datapath
    from gensim.utils import simple_preprocess

    lines = Path(datapath("lee_background.cor")).read_text("utf-8").splitlines()
    return [simple_preprocess(line) for line in lines]


def of_text(path: Path, tokens: int | None, length: int) -> Sentences:
    words = path.read_text("utf-8").split()[:tokens]
    return [words[at : at + length] for at in range(0, len(words), length)]


def halved(text: Sentences, step: int) -> tuple[Sentences, list[str]]:
    """Split some frequent words into two at random; return the text and these words."""
    counts = Counter(word for sentence in text for word in sentence).most_common()
    chosen = [word for word, count in counts[50:400:step] if count >= 10]
    rng, some = np.random.default_rng(7), set(chosen)
    halves = {w: iter(rng.permutation(np.arange(n) % 2)) for w, n in counts if w in some}
    split = [[f"{w}_b" if w in some and next(halves[w]) else w for w in line] for line in text]
    return split, chosen


def of_halves(wv: KeyedVectors, chosen: list[str]) -> float:
    there = [word for word in chosen if word in wv and f"{word}_b" in wv]
    return float(np.mean([1 / wv.rank(word, f"{word}_b") for word in there] or [0]))


def validation(arguments: argparse.Namespace) -> list[list[str]]:
    tried = (5, 10, 20, 50)
    texts: dict[str, tuple[Sentences, int, dict[str, float]]] = {
        "Lee's news, 60 000 tokens, a tenth held out": (news(), 7, {"validation": 0.1})
    }
    for n in (20_000, 50_000, 100_000):
        texts[f"text8, first {n // 1000} 000 tokens"] = (of_text(arguments.text, n, 500), 5, {})
    rows = [["epochs", *map(str, tried)]]
    how: dict[str, Any] = {"workers": 1, "progress": False}
    how |= QUICK | BLOCK if arguments.quick else {}
    for label, (text, step, options) in texts.items():
        split, chosen = halved(text[:5] if arguments.quick else text, step)
        rows.append([label])
        for epochs in tried:
            models = [
                Word2Vec(seed=seed, epochs=epochs, **how).fit(split, **options)
                for seed in arguments.seeds
            ]
            rows[-1].append(f"{np.mean([of_halves(m.wv, chosen) for m in models]):.2f}")
    return rows


def beginnings(arguments: argparse.Namespace) -> list[list[str]]:
    """Return what epochs come to from random vectors, and from the mutual information."""
    tried, how = (1, 2, 5, 10, 20), QUICK | BLOCK if arguments.quick else {}
    n = 20 if arguments.quick else 2_000
    texts = {"300 lines of news": (news()[: n // 4], 7)}
    texts |= {
        f"text8, first {n // 1000} 000 tokens": (of_text(arguments.text, n, 500), 5)
        for n in ([] if arguments.quick else [20_000, 50_000, 100_000])
    }

    def of_baskets(noise: float, seed: int, params: dict[str, Any]) -> float:
        return of_the_group(ours(baskets(seed, noise, n), seed=seed, **params, **WIDE).wv)

    def of_pairs(noise: float, seed: int, params: dict[str, Any]) -> float:
        return of_the_group(
            Word2Vec(workers=1, progress=False, min_count=1, seed=seed, **params)
            .fit_pairs(*bought(seed, noise, n))
            .context_wv
        )

    def of_words(split: tuple[Sentences, list[str]], seed: int, params: dict[str, Any]) -> float:
        return of_halves(ours(split[0], seed=seed, **params).wv, split[1])

    ways: dict[str, Callable[[int, dict[str, Any]], float]] = {
        label: partial(of_words, halved(*text)) for label, text in texts.items()
    }
    ways |= {f"baskets, {k} % random": partial(of_baskets, k / 100) for k in (20, 40)}
    ways |= {f"users × items, {k} % random": partial(of_pairs, k / 100) for k in (20, 40, 60)}
    rows = [["", "`init`", *map(str, tried)]]
    for label, measure in ways.items():
        for init in reversed(INITS):
            found = [
                np.mean(
                    [measure(seed, {"epochs": e, "init": init, **how}) for seed in arguments.seeds]
                )
                for e in tried
            ]
            rows.append([label, f"`{init}`", *(f"{value:.2f}" for value in found)])
    return rows


RANGES = {"rows 0–200": (0, 200), "1 000–1 500": (1_000, 1_500), "10 000–10 500": (10_000, 10_500)}


def in_common(models: list[KeyedVectors], begin: int, end: int | None) -> float:
    """Return the share of the nearest of some words that two models have in common."""
    words = models[0].index_to_key[begin:end]
    if not words:
        return float("nan")
    near = [
        [{word for word, _ in answers} for answers in wv.most_similar_batch(words, topn=NEAREST)]
        for wv in models[:2]
    ]
    return float(np.mean([len(a & b) / NEAREST for a, b in zip(*near, strict=True)]))


def neighbours(arguments: argparse.Namespace) -> list[list[str]]:
    short = 20 if arguments.quick else None
    texts = {"news": (news()[:short], 20), "text8": (of_text(arguments.text, None, 10_000), 5)}

    def fitted(shared: dict[str, tuple[int, int]], constant: bool, name: str) -> list[KeyedVectors]:
        text, epochs = texts[name]
        with ExitStack() as stack:
            if shared:
                stack.enter_context(noise_shared(*shared[name]))
            if constant:
                stack.enter_context(constant_steps())
            init = "random" if shared or constant else None
            return [ours(text, epochs=epochs, seed=seed, init=init).wv for seed in (1, 2)]

    def of_gensim(name: str) -> list[KeyedVectors]:
        text, epochs = texts[name]
        return [gensim(text, epochs=epochs, seed=seed) for seed in (1, 2)]

    few = dict.fromkeys(texts, (64, 16))
    more = {"news": (128, 96), "text8": (128, 64)}
    many = {"news": (128, 144), "text8": (128, 80)}
    most = {"news": (128, 256), "text8": (128, 112)}
    ways: dict[str, Callable[[str], list[KeyedVectors]]] = {
        "16 for 64 centers, and steps that do not depend on the epochs": partial(fitted, few, True),
        "96 and 64 for 128 centers": partial(fitted, more, False),
        "144 and 80 for 128 centers": partial(fitted, many, False),
        "256 and 112 for 128 centers": partial(fitted, most, False),
        "256, and of text8 80 after a beginning with `pmi`, the default": partial(
            fitted, {}, False
        ),
        "gensim": of_gensim,
    }
    rows = [["", "news", *(f"text8, {name}" for name in RANGES)]]
    for label, fit in ways.items():
        of_news, of_text8 = fit("news"), fit("text8")
        found = [in_common(of_news, 0, None), *(in_common(of_text8, *r) for r in RANGES.values())]
        rows.append([label, *(f"{share:.3f}" for share in found)])
    return rows


def wide_windows(arguments: argparse.Namespace) -> list[list[str]]:
    rng = np.random.default_rng(0)
    times = 100 if arguments.quick else 1
    many = [rng.integers(1_000, size=rng.integers(2, 9)) for _ in range(4_000 // times)]
    long, longer = rng.permutation(1_500 // times), rng.permutation(4_000 // times)
    corpora = {
        "4 000 baskets of 2–8 items": (8, many),
        "the same and one of 1 500 items": (1_500, [*many, long]),
        "one list of 4 000 items": (4_000, [longer]),
    }
    rows = [["corpus", "`window`", "negsamp", "gensim"]]
    for label, (window, lists) in corpora.items():
        text = [[str(item) for item in items] for items in lists]
        params = {"window": window, "min_count": 1, "sample": 0, "epochs": 1, "seed": 1}
        found: dict[str, list[float]] = {"negsamp": [], "gensim": []}
        for _ in arguments.seeds:
            found["negsamp"].append(seconds_of_ours(text, params))
            found["gensim"].append(seconds_of_gensim(text, params))
        medians = [f"{statistics.median(some):.2f}" for some in found.values()]
        rows.append([label, f"{window:,}".replace(",", " "), *medians])
    return rows


def seconds_of_ours(text: Sentences, params: dict[str, Any]) -> float:
    model = Word2Vec(workers=2, progress=False, **params).fit(text)
    return model.fit_seconds_["train"]


def seconds_of_gensim(text: Sentences, params: dict[str, Any]) -> float:
    from gensim.models import Word2Vec as Gensim

    model = Gensim(sg=1, workers=2, **params)
    model.build_vocab(text)
    begin = time.perf_counter()
    model.train(text, total_examples=len(text), epochs=1)
    return time.perf_counter() - begin


TABLES = {
    "steps-and-epochs": steps_and_epochs,
    "patience": patience,
    "validation": validation,
    "beginnings": beginnings,
    "neighbours": neighbours,
    "wide-windows": wide_windows,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=TABLES, metavar="NAME")
    parser.add_argument("--text", type=Path, help="text, white space between words")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the script")
    arguments = parser.parse_args()
    print(json.dumps(environment(("negsamp", "gensim", "numpy", "scipy"))))
    for name in arguments.names:
        print("\n" + "\n".join(table(TABLES[name](arguments))), flush=True)


if __name__ == "__main__":
    main()
