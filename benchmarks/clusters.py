"""What a round on Dask's workers costs: training, merging, moving, and bytes a token.

Each cluster is one of processes on this machine, given as WORKERSxCORES, and takes turns with one
machine. A last run has many short rounds, and shows how much memory the client and the scheduler,
which are one process, take.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections import defaultdict
from typing import Any

import psutil
from _environment import environment
from distributed import Client, LocalCluster
from distributed.utils import key_split

import negsamp.dask
from negsamp import Word2Vec

PHASES = {
    "training": ("negsamp-train", "compute"),
    "merging": ("negsamp-shard negsamp-merge negsamp-take", "compute"),
    "moving": ("", "transfer deserialize"),
}
RATIO = "words/s, to one machine's with two workers"
COLUMNS = {
    "words a round and partition": ",.0f",
    RATIO: ".2f",
    "s a round": ".2f",
    **dict.fromkeys(PHASES, ".2f"),
    "the rest": ".2f",
    "bytes a token": ".0f",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text")
    parser.add_argument("--clusters", nargs="*", default=["1x2", "2x1"], metavar="WORKERSxCORES")
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--rounds", type=int, nargs="+", help="in a run; default: as by fit")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--flat", type=int, default=0, help="rounds of the run for memory")
    args = parser.parse_args()
    kernels = {pool.get("architecture") for pool in environment()["threadpools"]}
    print(f"{environment()['machine']}, kernel {kernels}\n")
    params = {"epochs": args.epochs, "vector_size": args.vector_size, "seed": 1, "progress": False}
    params["init"] = "random"  # a cluster knows no other
    rows: dict[tuple[int | None, str], list[dict[str, float]]] = {}
    digests: dict[int | None, set[str]] = defaultdict(set)
    for rounds in args.rounds or [None]:
        for _ in range(args.repeat):
            alone = one(Word2Vec(**params), args.text)
            print(f"one machine with two workers: {alone:,.0f} words/s", flush=True)
            for shape in args.clusters:
                found, digest = on_cluster(shape, Word2Vec(**params), args, rounds)
                rows.setdefault((rounds, shape), []).append({**found, RATIO: found[RATIO] / alone})
                digests[rounds].add(digest)
                print(f"{shape}: {found}", flush=True)
    assert all(len(some) == 1 for some in digests.values()), f"other bytes: {digests}"
    heads = ["cluster", *COLUMNS]
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for (_, shape), several in rows.items():
        cells = [
            ", ".join(dict.fromkeys(f"{found[name]:{form}}" for found in several))
            for name, form in COLUMNS.items()
        ]
        print(f"| {label(shape)} | {' | '.join(cells)} |")
    if args.flat:
        flat(args)


def cluster_of(shape: str) -> LocalCluster:
    workers, cores = map(int, shape.split("x"))
    return LocalCluster(
        n_workers=workers, threads_per_worker=cores, processes=True, dashboard_address=":0"
    )


def label(shape: str) -> str:
    workers, cores = map(int, shape.split("x"))
    return f"{workers} worker{'s' * (workers > 1)} with {cores} core{'s' * (cores > 1)}"


def one(model: Word2Vec, text: str) -> float:
    """Words a second of one machine with two workers."""
    model.set_params(workers=2).fit(text)
    return model.raw_words_ * model.epochs / model.fit_seconds_["train"]


def on_cluster(
    shape: str, model: Word2Vec, args: Any, rounds: int | None
) -> tuple[dict[str, float], str]:
    """What the columns have, but words a second, and the digest of the vectors."""
    with cluster_of(shape) as cluster, Client(cluster) as client:
        client.get_task_stream(count=1)  # from here on, tasks are noted
        before = sent(client)
        negsamp.dask.fit(model, args.text, client=client, partitions=args.partitions, rounds=rounds)
        moved = sum(sent(client).values()) - sum(before.values())
        tasks = client.get_task_stream(count=10**6)
    spans: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    trained = {
        task["key"].split("-")[3] for task in tasks if key_split(task["key"]).endswith("train")
    }
    for task in tasks:
        name = key_split(task["key"])
        if name.rpartition("-")[2] not in ("train", "shard", "merge", "take"):
            continue
        for phase, (names, actions) in PHASES.items():
            for span in task["startstops"]:
                if (not names or name in names.split()) and span["action"] in actions.split():
                    spans[phase, task["worker"]].append((span["start"], span["stop"]))
    n = len(trained)
    whole = model.fit_seconds_["train"] / n
    each = dict.fromkeys(PHASES, 0.0)  # seconds a round, the mean of the workers
    for (phase, _), some in spans.items():
        each[phase] += covered(some) / n / int(shape.split("x")[0])
    words = model.raw_words_ * model.epochs
    found = {
        "words a round and partition": words / n / args.partitions,
        RATIO: words / model.fit_seconds_["train"],
        "s a round": whole,
        **each,
        "the rest": whole - sum(each.values()),
        "bytes a token": moved / words,
    }
    return found, hashlib.sha256(model.vectors_.tobytes()).hexdigest()[:8]


def covered(spans: list[tuple[float, float]]) -> float:
    """The time that some spans cover; those of several threads overlap."""
    total, end = 0.0, 0.0
    for start, stop in sorted(spans):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def sent(client: Client) -> dict[str, int]:
    return client.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total)


def flat(args: Any) -> None:
    """Train many short rounds, and note the memory of this process and the tasks it knows."""
    epochs, seen = 20, []

    def note(model: Word2Vec, epoch: int) -> None:
        size = psutil.Process().memory_info().rss
        tasks = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
        seen.append((size, tasks))

    with cluster_of("2x1") as cluster, Client(cluster) as client:
        began = time.perf_counter()
        model = Word2Vec(epochs=epochs, vector_size=args.vector_size, seed=1, progress=False)
        negsamp.dask.fit(
            model, args.text, client=client, partitions=4, rounds=args.flat, callbacks=note
        )
        took = time.perf_counter() - began
    print(f"\nmemory in {args.flat} rounds, which took {took:.0f} s:\n\n| epoch | MB | tasks |")
    print("|---|---|---|")
    for epoch in range(0, epochs, 3):
        print(f"| {epoch + 1} | {seen[epoch][0] / 1e6:.0f} | {seen[epoch][1]} |")
    half = statistics.mean(size for size, _ in seen[epochs // 2 :]) / 1e6
    print(f"\nmean of the second half: {half:.0f} MB")


if __name__ == "__main__":
    main()
