"""Show what post-processing, and a start from PPMI + SVD, do to the scores of vectors.

python benchmarks/post_processing.py CORPUS --eval-dir DIR … [--warm-start N …]

For each set of questions, the table has the score of the vectors as they were trained, and what
each change adds to it, as the mean over seeds and the standard deviation of one seed's difference.
With `--warm-start`, it has instead the scores of the start alone, and of so many epochs without it
and from it, with the processor's time for all of it, as means over seeds.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _environment import environment
from _scores import MANY, scores, shown, without_total
from _summary import table
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.linalg import svds

from negsamp import (
    KeyedVectors,
    Word2Vec,
    all_but_the_top,
    keep_probabilities,
    noise_probabilities,
    read_corpus,
    wv_plus_context,
)

CHANGES = {
    "mean removed": lambda model: all_but_the_top(model.wv, 0),
    "all_but_the_top": lambda model: all_but_the_top(model.wv),
    "the same, D = 2": lambda model: all_but_the_top(model.wv, 2),
    "wv_plus_context": wv_plus_context,
    "both": lambda model: all_but_the_top(wv_plus_context(model)),
}
TOKENS_AT_ONCE = 1 << 22
WARM = ("semantic", "syntactic", *MANY)
LARGE = 300  # pairs of a set that counts in the mean; those of smaller ones vary a lot


def counted(ids: np.ndarray, sentences: np.ndarray, V: int, window: int) -> csr_array:
    """Count the pairs in windows, weighted by nearness as in training, (V, V), symmetric."""
    counts = csr_array((V, V))
    for distance in range(1, window + 1):
        weight = (window + 1 - distance) / window
        for start in range(0, len(ids) - distance, TOKENS_AT_ONCE):
            end = min(start + TOKENS_AT_ONCE, len(ids) - distance)
            left, right = slice(start, end), slice(start + distance, end + distance)
            is_pair = sentences[left] == sentences[right]
            pairs = ids[left][is_pair], ids[right][is_pair]
            counts += coo_array((np.full(len(pairs[0]), weight), pairs), shape=(V, V)).tocsr()
    return counts + counts.T


def ppmi_svd(corpus: Path, params: dict[str, Any]) -> KeyedVectors:
    """Return U √Σ of the positive PMI, which SGNS factorises implicitly, shifted by nothing.

    PMI is log #(w, c) #(·) / (#(w) #(·) p_noise(c)), of the counts that subsampling leaves on
    average (Levy & Goldberg, NIPS 2014, equation 10; Levy, Goldberg & Dagan, TACL 2015; as the
    start of SGNS, Fonarev et al., ACL 2017).
    """
    model = Word2Vec(**params)
    vocabulary, stream = read_corpus(corpus, min_count=model.min_count)
    sentences = np.repeat(np.arange(stream.n_sentences), np.diff(stream.offsets))
    ids = np.asarray(stream.ids, np.int32)
    counts = counted(ids, sentences, len(vocabulary), model.window)
    kept = diags_array(keep_probabilities(vocabulary.counts, model.sample).astype(float))
    counts = (kept @ counts @ kept).tocoo()
    of_words = np.asarray(counts.sum(axis=1)).ravel()
    noise = noise_probabilities(vocabulary.counts, model.ns_exponent)
    pmi = np.log(counts.data) - np.log(of_words[counts.row]) - np.log(noise[counts.col])
    pmi = coo_array((np.maximum(pmi, 0), (counts.row, counts.col)), shape=counts.shape).tocsr()
    U, sigma, _ = svds(pmi, k=model.vector_size, random_state=0)
    return KeyedVectors(vocabulary.words, (U * np.sqrt(sigma)).astype(np.float32))


def warm_start(
    corpus: Path,
    arguments: argparse.Namespace,
    params: dict[str, Any],
    judged: Callable[[KeyedVectors], dict[str, float]],
) -> list[str]:
    """Return a table of epochs without and with a start from PPMI + SVD, and with the library's."""
    begin = time.process_time()
    start = ppmi_svd(corpus, params)
    to_start = time.process_time() - begin
    names = [name for name in WARM if name in judged(start)]
    rows = [["", "CPU", *names]]

    def add(label: str, seconds: float, found: list[dict[str, float]]) -> None:
        means = [np.mean([one[name] for one in found]) for name in names]
        rows.append([label, f"{seconds:.0f} s", *(f"{mean:.1f}" for mean in means)])

    add("PPMI + SVD alone", to_start, [judged(start)])
    for epochs in arguments.warm_start:
        label = f"{epochs} epoch{'s' * (epochs > 1)}"
        ways = ("", "random", None), (" from PPMI + SVD", "random", start), (", `pmi`", "pmi", None)
        for more, init, vectors in ways:
            begin = time.process_time()
            how = {**params, "epochs": epochs, "workers": 1, "init": init}
            models = [
                Word2Vec(**how, seed=seed).fit(corpus, init_vectors=vectors)
                for seed in arguments.seeds
            ]
            spent = (time.process_time() - begin) / len(models) + (to_start if vectors else 0)
            add(label + more, spent, [judged(model.wv) for model in models])
    return table(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--eval-dir", type=Path, nargs="+", required=True, help="folders of sets")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--models", type=Path, help="folder that keeps models for another time")
    parser.add_argument("--warm-start", type=int, nargs="+", metavar="EPOCHS")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)  # sets have words that vectors do not have
    params = {
        "epochs": arguments.epochs,
        "vector_size": arguments.vector_size,
        "workers": arguments.workers,
        "shift": 0,  # the loss of the texts
        "init": "random",
        "progress": False,
    }

    sets = [path for folder in arguments.eval_dir for path in folder.iterdir()]
    lines = {shown(path.stem): len(path.read_text("utf-8").splitlines()) for path in sets}
    large = {name for name, n in lines.items() if n >= LARGE}

    def judged(wv: KeyedVectors) -> dict[str, float]:
        found = without_total(scores(wv, *arguments.eval_dir))
        of_large = [found[name] for name in large & found.keys()]
        return found | ({"mean of the large": float(np.mean(of_large))} if of_large else {})

    if arguments.warm_start:
        print("\n".join(warm_start(arguments.corpus, arguments, params, judged)))
        print(f"\n{json.dumps(environment())}")
        return
    found: dict[str, list[dict[str, float]]] = {}
    for seed in arguments.seeds:
        saved = arguments.models and arguments.models / f"{arguments.corpus.stem}-{seed}"
        if saved and saved.exists():
            model = Word2Vec.load(saved)
        else:
            model = Word2Vec(**params, seed=seed).fit(arguments.corpus)
            if saved:
                model.save(saved)
        changed = {"as trained": model.wv, **{name: f(model) for name, f in CHANGES.items()}}
        for name, wv in changed.items():
            found.setdefault(name, []).append(judged(wv))

    plain = found.pop("as trained")
    rows = [["", "as trained", *found]]
    for name in plain[0]:
        before = np.array([row[name] for row in plain])
        rows.append([name, f"{before.mean():.1f} ± {before.std(ddof=1):.1f}"])
        for each in found.values():
            gain = np.array([row[name] for row in each]) - before
            rows[-1].append(f"{gain.mean():+.1f} ± {gain.std(ddof=1):.1f}")
    print("\n".join(table(rows)))
    print(f"\n{json.dumps(environment())}")


if __name__ == "__main__":
    main()
