"""Show what partitions of `negsamp.dask.fit` cost in quality, beside one machine.

python benchmarks/partitions.py TEXT --eval-dir DIR … [--held-out TEXT]

The workers are two processes of this machine; how many there are makes no difference to what is
learned. The held-out loss is that of another text, in nats per pair.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
from _environment import environment
from _scores import OTHERS, mean_of, scores
from _summary import table
from distributed import Client, LocalCluster

import negsamp.dask
from negsamp import Word2Vec

ANALOGIES = "semantic", "syntactic", "all analogies"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", help="by lines, of which a partition has some")
    parser.add_argument("--eval-dir", type=Path, nargs="+", required=True, help="folders of sets")
    parser.add_argument("--held-out", type=Path, help="another text")
    parser.add_argument("--partitions", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--rounds", type=int, help="default: as by fit")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)  # sets have words that vectors do not have
    print(json.dumps(environment()))
    rows = [["partitions", "mean of pairs", "other pairs", *ANALOGIES, "held-out loss"]]
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        for partitions in arguments.partitions:
            found = []
            for seed in arguments.seeds:
                model = Word2Vec(epochs=arguments.epochs, seed=seed, progress=False)
                if partitions == 1:
                    model.fit(arguments.text)
                else:
                    how = {"partitions": partitions, "rounds": arguments.rounds}
                    negsamp.dask.fit(model, arguments.text, client=client, **how)
                of_sets = scores(model.wv, *arguments.eval_dir)
                one = [mean_of(of_sets), mean_of(of_sets, OTHERS)]
                one += [of_sets.get(name, np.nan) for name in ANALOGIES]
                one += [-model.score(arguments.held_out)] if arguments.held_out else [np.nan]
                found.append(one)
                print(partitions, seed, one, flush=True)
            means, spreads = np.mean(found, axis=0), np.std(found, axis=0, ddof=len(found) > 1)
            cells = [f"{mean:.1f} ± {sd:.1f}" for mean, sd in zip(means, spreads, strict=True)]
            label = f"{partitions}{' (`Word2Vec.fit`)' * (partitions == 1)}"
            rows.append([label, *cells[:-1], f"{means[-1]:.3f}"])
    print("\n" + "\n".join(table(rows)))


if __name__ == "__main__":
    main()
