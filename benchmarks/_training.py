"""Train one library once, in a process of its own: ``python _training.py run.json``.

`rivals.py` writes run.json and reads the report.json that appears beside it. Nothing heavy is
imported at the top, because what a library imports is part of its time and of its memory.
"""

from __future__ import annotations

import json
import mmap
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

# gensim truncates longer sentences; its readers yield them in pieces, so that nothing is lost.
GENSIM_SENTENCE = 10_000


def train_one(path: Path) -> None:
    """Do the run that a JSON file describes, and write what was measured beside it."""
    run = json.loads(path.read_text())
    trainers = {"negsamp": train_negsamp, "gensim": train_gensim}
    rival, _, shift = run["rival"].partition(" shift=")
    if shift:
        run["settings"]["shift"] = float(shift)
    train = trainers.get(rival, train_compiled)
    with TreeMemory() as tree:
        report, wv = train(run, path.parent)
        report["finished"] = time.perf_counter()  # system-wide, so that the parent can subtract
    report["peak_mb"] = max(peak_mb(of_child=train is train_compiled), tree.peak_mb)
    if wv is not None:
        import numpy as np

        np.save(path.parent / "vectors.npy", wv.vectors)
        (path.parent / "words.json").write_text(json.dumps(list(wv.index_to_key)))
    (path.parent / "report.json").write_text(json.dumps(report))


def train_negsamp(run: dict[str, Any], folder: Path) -> tuple[dict[str, Any], Any]:
    """Fit and save ``negsamp.Word2Vec``."""
    from negsamp import Word2Vec

    model = Word2Vec(
        **run["settings"],
        epochs=run["epochs"],
        workers=run["workers"],
        seed=run["seed"],
        progress=False,
    ).fit(run["corpus"])
    model.save(folder / "model")
    report = {
        "read_seconds": model.fit_seconds_["read"],
        "train_seconds": model.fit_seconds_["train"],
        "raw_words": int(model.raw_words_),
        "loss_history": [float(loss) for loss in model.loss_history_],
    }
    return report, model.wv


def train_gensim(run: dict[str, Any], folder: Path) -> tuple[dict[str, Any], Any]:
    """Fit and save ``gensim.models.Word2Vec``, from the input that `gensim_input` chose."""
    from gensim.models import word2vec

    reader, path = run["gensim"]["reader"], run["gensim"]["path"]
    if reader == "corpus_file":
        corpus = {"corpus_file": path}
    else:
        corpus = {"corpus_iterable": getattr(word2vec, reader)(path, GENSIM_SENTENCE)}
    model = word2vec.Word2Vec(
        **run["settings"],
        sg=1,
        hs=0,
        epochs=run["epochs"],
        workers=run["workers"],
        seed=run["seed"],
    )
    begin = time.perf_counter()
    model.build_vocab(**corpus)
    read = time.perf_counter()
    model.train(
        **corpus,
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=model.epochs,
    )
    trained = time.perf_counter()
    model.save(str(folder / "model"))
    report = {
        "read_seconds": read - begin,
        "train_seconds": trained - read,
        "raw_words": model.corpus_total_words,
    }
    return report, model.wv


def train_compiled(run: dict[str, Any], folder: Path) -> tuple[dict[str, Any], None]:
    """Run a compiled word2vec or pWord2Vec; they have no seed and report no training time."""
    options = {
        "train": run["corpus"],
        "output": folder / "vectors.bin",
        "binary": 1,
        "threads": run["workers"],
        "iter": run["epochs"],
    }
    if run["rival"] == "pword2vec":
        # A window's pairs are one batch. The default of 11 is that of a window of 5.
        options["batch-size"] = 2 * run["settings"]["window"] + 1
    else:
        options |= {"cbow": 0, "hs": 0}
    names = {"vector_size": "size", "min_count": "min-count"}
    options |= {names.get(name, name): value for name, value in run["settings"].items()}
    command = [run["programs"][run["rival"]]]
    for name, value in options.items():
        command += [f"-{name}", str(value)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return {}, None


class TreeMemory:
    """Watch the memory of this process and its children; it is 0 where /proc is missing."""

    INTERVAL = 0.2  # seconds

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> TreeMemory:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._done.wait(self.INTERVAL):
            self.peak_mb = max(self.peak_mb, tree_mb())


def tree_mb() -> float:
    """Return the memory of this process and its children now, in MB of 1e6 bytes.

    What each has for itself is added up. What they may share counts once, as the largest amount
    that one of them has. (Exact shares are in smaps_rollup, but reading it slows the processes
    down.)
    """
    own, shared = [0], [0]
    for pid in ["self", *children_of("self")]:
        try:
            _, resident, common, *_ = map(int, Path(f"/proc/{pid}/statm").read_text().split())
        except (OSError, ValueError):
            continue  # it has ended, or there is no /proc
        own.append(resident - common)
        shared.append(common)
    return (sum(own) + max(shared)) * mmap.PAGESIZE / 1e6


def children_of(pid: str) -> list[str]:
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    try:
        return [child for file in listed for child in file.read_text().split()]
    except OSError:
        return []


def peak_mb(of_child: bool = False) -> float:
    """Return the largest resident memory so far of this process or its children, in MB (1e6 B)."""
    status = Path("/proc/self/status")
    if not of_child and status.exists():
        # On Linux ru_maxrss is inherited: it starts at the size of the parent. VmHWM does not.
        found = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024 / 1e6
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN if of_child else resource.RUSAGE_SELF)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


if __name__ == "__main__":
    train_one(Path(sys.argv[1]))
