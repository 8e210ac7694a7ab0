"""Show how many neighbours maps and rounded vectors keep: python benchmarks/pictures.py MODEL

MODEL is the folder of a saved model, or a text, on which one is trained. For each method, the table
has the share of a word's 15 nearest by cosine that are among its 15 nearest on the map, among the
`--top` most frequent words, and the seconds. For the page of `negsamp explore`, it has the share of
the 10 nearest that stay the same when vectors are rounded to int8.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from _environment import environment
from scipy.spatial import cKDTree

from negsamp import KeyedVectors, Word2Vec
from negsamp.pictures.explore import quantize
from negsamp.pictures.projection import METHODS, nearest_neighbors, project

LABELS = {
    "pca": ("principal components", ""),
    "negtsne": ("Neg-t-SNE (the default of `explore`)", ""),
    "tsne": ("t-SNE", "scikit-learn"),
}
ON_MAP, IN_PAGE = 15, 10
ASKED = 2000  # words, drawn at random


def share_in_common(found: np.ndarray, expected: np.ndarray) -> float:
    pairs = zip(found.tolist(), expected.tolist(), strict=True)
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs]))


def nearest_on_map(points: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Return the n points nearest to each of these rows, without itself, (len(rows), n)."""
    found = cKDTree(points).query(points[rows], n + 1)[1]
    lines = zip(rows, found, strict=True)
    others = [[other for other in line if other != row] for row, line in lines]
    return np.array([line[:n] for line in others])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path, help="folder of a saved model, or a text")
    parser.add_argument("--top", type=int, default=20_000, help="words (default: %(default)s)")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    arguments = parser.parse_args()
    path = arguments.model
    kv = (Word2Vec.load(path) if path.is_dir() else Word2Vec(progress=False).fit(path)).wv
    vectors = kv.vectors[: arguments.top]
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(len(vectors), min(ASKED, len(vectors)), replace=False))

    print("| `--method` | neighbours kept | seconds | needs |")
    print("|:--|--:|--:|:--|")
    expected = nearest_neighbors(vectors, ON_MAP)[rows]
    for method in arguments.methods:
        begin = time.perf_counter()
        points = project(vectors, method, seed=0)
        seconds = time.perf_counter() - begin
        share = share_in_common(nearest_on_map(points, rows, ON_MAP), expected)
        label, needs = LABELS[method]
        print(f"| `{method}`, {label} | {share:.1%} | {seconds:,.1f} | {needs} |", flush=True)

    words = range(len(vectors))
    both = [KeyedVectors(words, m) for m in (vectors, quantize(vectors).astype(np.float32))]
    exact, rounded = (
        np.array([[word for word, _ in kv.most_similar(int(row), topn=IN_PAGE)] for row in rows])
        for kv in both
    )
    is_same = (exact[:, 0] == rounded[:, 0]).mean()
    print(f"\n= rounded, the {IN_PAGE} nearest: {100 * share_in_common(rounded, exact):.1f}")
    print(f"= rounded, the nearest: {100 * is_same:.1f}")
    print(f"\n{json.dumps(environment())}")


if __name__ == "__main__":
    main()
