"""Time single operations of the kernels and ways to do without them, in turns in one process.

python benchmarks/operations.py products | adding-rows [--rounds N]

products: nanoseconds a token for the three products of a window's scores and gradients, for tiles
of several centers, by OpenBLAS's kernels. adding-rows: how many times as long as SciPy's private
`csc_matvecs` other ways take to add scaled rows to a matrix, and whether the bytes are the same.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from _environment import environment
from _summary import table
from scipy.linalg.blas import saxpy
from scipy.sparse import csc_array, csr_array
from threadpoolctl import threadpool_limits

from negsamp import AliasTable
from negsamp.core.optimizers import add_rows

WINDOW, DIMENSIONS = 5, 100
TILES = ((1, 12), (4, 16), (6, 16), (8, 20), (12, 24), (16, 28))  # centers, tokens around them
KERNELS = "SkylakeX", "Haswell"
TOKENS = 4_096  # about, in a call


def nanoseconds(rounds: int) -> list[float]:
    """Return the nanoseconds a token of each kind of tile, of the fastest of some rounds."""
    rng, cases = np.random.default_rng(0), []
    for centers, tokens in TILES:
        n = 64  # tiles, whose numbers stay in the cache
        sizes = ((centers, DIMENSIONS), (tokens, DIMENSIONS), (centers, tokens))
        C, T, S = (rng.random((n, *size), dtype=np.float32) for size in sizes)
        into = np.empty_like(S), np.empty_like(C)

        def work(C: Any = C, T: Any = T, S: Any = S, into: Any = into) -> None:
            np.matmul(C, T.swapaxes(1, 2), out=into[0])  # scores
            for _ in ("centers", "contexts"):  # gradients, see `negsamp.core.kernels.tiles`
                np.matmul(S, T, out=into[1])

        cases.append((work, n * centers))
    best = [float("inf")] * len(cases)
    for _ in range(rounds):
        for number, (work, tokens) in enumerate(cases):
            work()
            begin = time.perf_counter_ns()
            for _ in range(calls := max(1, TOKENS // tokens)):
                work()
            spent = (time.perf_counter_ns() - begin) / (calls * tokens)
            best[number] = min(best[number], spent)
    return best


def products(rounds: int, quick: bool) -> list[list[str]]:
    columns = []
    for kernel in KERNELS:
        code = f"import json, operations; print(json.dumps(operations.nanoseconds({rounds})))"
        variables = {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": "1"}
        here = os.path.dirname(os.path.abspath(__file__))
        shown = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **variables},
            cwd=here,
            stdout=subprocess.PIPE,
            check=True,
        )
        columns.append(json.loads(shown.stdout))
    rows = [["centers, and tokens around them", *KERNELS]]
    for (centers, tokens), *found in zip(TILES, *columns, strict=True):
        vector = ": a matrix-vector product" * (centers == 1)
        rows.append([f"{centers}, {tokens}{vector}", *(f"{value:.0f}" for value in found)])
    return rows


Way = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]


def private(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    add_rows(M, rows, values, scale)


def public(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    add_rows(M, rows, values, scale, fast=False)


def public_by_rows(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    order = np.argsort(rows, kind="stable")
    changed, starts = np.unique(rows[order], return_index=True)
    k, n = len(changed), len(rows)
    own = starts + np.arange(k)  # the changed row itself comes before its gradients
    entries, columns = np.empty(k + n, scale.dtype), np.empty(k + n, np.int64)
    others = np.delete(np.arange(k + n), own)
    entries[own], columns[own] = 1, np.arange(k)
    entries[others], columns[others] = scale[order], k + order
    sparse = csr_array((entries, columns, np.append(own, k + n)), shape=(k, k + n))
    M[changed] = sparse @ np.concatenate([M[changed], values])


def by_occurrence(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    order = np.argsort(rows, kind="stable")
    by_row = rows[order]
    first = np.flatnonzero(np.append(True, by_row[1:] != by_row[:-1]))
    number = np.arange(len(rows)) - np.repeat(first, np.diff(np.append(first, len(rows))))
    for k in range(number.max() + 1):
        some = order[number == k]
        M[rows[some]] += scale[some, None] * values[some]


def add_at_flat(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    d = M.shape[1]
    flat = (rows[:, None].astype(np.intp) * d + np.arange(d)).ravel()
    np.add.at(M.reshape(-1), flat, (scale[:, None] * values).ravel())


def loop(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    for row, value in zip(rows.tolist(), scale[:, None] * values, strict=True):
        M[row] += value


def add_at_rows(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    np.add.at(M, rows, scale[:, None] * values)


def summed(kind: Any) -> Way:
    """The changed rows' sums by a sparse product, then added."""

    def way(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
        changed, places = np.unique(rows, return_inverse=True)
        entries = scale, (places, np.arange(len(rows)))
        M[changed] += kind(entries, shape=(len(changed), len(rows))) @ values

    return way


def by_saxpy(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    for row, value, a in zip(rows.tolist(), values, scale.tolist(), strict=True):
        saxpy(value, M[row], a=a)


def by_reduceat(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    order = np.argsort(rows, kind="stable")
    changed, starts = np.unique(rows[order], return_index=True)
    M[changed] += np.add.reduceat(scale[order, None] * values[order], starts)


def by_bincount(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    changed, places = np.unique(rows, return_inverse=True)
    d = M.shape[1]
    flat = (places[:, None] * d + np.arange(d)).ravel()
    sums = np.bincount(flat, (scale[:, None] * values).ravel(), len(changed) * d)
    M[changed] += sums.reshape(-1, d)


def whole(M: np.ndarray, rows: np.ndarray, values: np.ndarray, scale: np.ndarray) -> None:
    entries = scale, (rows, np.arange(len(rows)))
    M += csc_array(entries, shape=(len(M), len(rows))) @ values


BASE = "`csc_matvecs`"
WAYS: dict[str, Way] = {
    BASE: private,
    "`csc_array @`, in which the changed rows of the matrix come first, with scale 1": public,
    "the same with `csr_array`, after a sort by row": public_by_rows,
    "first occurrences of all rows together, then second ones, …": by_occurrence,
    "`np.add.at` on flat indices": add_at_flat,
    "a loop over the rows in Python": loop,
    "`np.add.at` on rows": add_at_rows,
    "`csr_array @` for the changed rows, then added to them": summed(csr_array),
    "`csc_array @` for the changed rows, then added to them": summed(csc_array),
    "`scipy.linalg.blas.saxpy` for each row": by_saxpy,
    "`np.add.reduceat` after a sort by row, then added": by_reduceat,
    "`np.bincount` on flat indices, then added": by_bincount,
    "`csc_array @` for all rows of the matrix, then added": whole,
}


def adding_rows(rounds: int, quick: bool) -> list[list[str]]:
    sizes, n, V = (100, 300), 500 if quick else 8_500, 1_000 if quick else 100_000
    cells: dict[str, list[str]] = {name: [] for name in WAYS}
    same = dict.fromkeys(WAYS, True)
    rng = np.random.default_rng(0)
    rows = AliasTable(1 / np.arange(1.0, V + 1)).draw(rng, (n,))
    for d in sizes:
        start, values = (rng.normal(size=(m, d)).astype(np.float32) for m in (V, n))
        scale = rng.random(n).astype(np.float32)
        wanted = start.copy()
        private(wanted, rows, values, scale)
        spent: dict[str, list[float]] = {name: [] for name in WAYS}
        for number in range(rounds):
            for name, way in WAYS.items():
                M = start.copy()
                begin = time.perf_counter()
                way(M, rows, values, scale)
                spent[name].append(time.perf_counter() - begin)
                if not number:
                    same[name] &= M.tobytes() == wanted.tobytes()
                    assert np.allclose(M, wanted, atol=1e-4), name
        base = median(spent[BASE])
        for name, several in spent.items():
            ratio = median(several) / base
            cells[name].append(f"1 ({1e3 * base:.2f} ms)" if name == BASE else f"{ratio:.1f}")
    found = [["way", "same bytes", *(f"{d} dimensions" for d in sizes)]]
    for name, ratios in cells.items():
        is_same = "–" if name == BASE else "yes" if same[name] else "no"
        found.append([name, is_same, *ratios])
    return found


TABLES = {"products": products, "adding-rows": adding_rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=TABLES)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="little, to try the script")
    arguments = parser.parse_args()
    print(json.dumps(environment()))
    with threadpool_limits(1):
        print("\n" + "\n".join(table(TABLES[arguments.what](arguments.rounds, arguments.quick))))


if __name__ == "__main__":
    main()
