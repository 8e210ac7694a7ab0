"""Train negsamp and its rivals side by side on one corpus: speed, memory and scores.

Every training is a process of its own (`_training.py`). A session alternates between the libraries
(A B A B), so that a slow minute of the machine falls on all of them, and compares only neighbouring
runs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from _results import Results
from _summary import markdown, show, summarise

from negsamp import KeyedVectors, evaluate_word_analogies, evaluate_word_pairs

RIVALS = ("negsamp", "gensim")  # and compiled programs, where an option names one
SETTINGS = ("vector_size", "window", "negative", "sample", "min_count", "alpha")
# A longer line, in bytes, is taken for a corpus without sentences, as text8 is.
ENDLESS_LINE = 1 << 20


def plan(
    rivals: Iterable[str], epochs: Iterable[int], rounds: int, seeds: Iterable[int]
) -> list[dict[str, Any]]:
    """Return the runs in order: the rivals take turns before anything else changes."""
    return [
        {"epochs": n, "round": r, "seed": seed, "rival": rival}
        for n in epochs
        for r in range(1, rounds + 1)
        for seed in seeds
        for rival in rivals
    ]


def measure(run: dict[str, Any], scratch: Path, files: list[Path]) -> dict[str, Any]:
    """Do one run in a new process, then score its vectors in this one."""
    record = {key: run[key] for key in ("epochs", "round", "seed", "rival")}
    if hasattr(os, "getloadavg"):
        record["load_average"] = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        (folder / "run.json").write_text(json.dumps(run))
        training = Path(__file__).with_name("_training.py")
        command = [sys.executable, str(training), str(folder / "run.json")]
        begin = time.perf_counter()
        status = subprocess.run(command).returncode
        if status:
            raise SystemExit(f"{run['rival']} ended with status {status}; see its error above")
        report = json.loads((folder / "report.json").read_text())
        record |= {"total_seconds": report.pop("finished") - begin, **report}
        if "train_seconds" in record:
            words = record["raw_words"] * run["epochs"]
            record["words_per_second"] = words / record["train_seconds"]
        return record | describe(*read_vectors(folder), files)


def read_vectors(folder: Path) -> tuple[list[str], np.ndarray]:
    """Return the words and the matrix (V, d) float32 of a finished run."""
    if (folder / "vectors.npy").exists():
        return json.loads((folder / "words.json").read_text()), np.load(folder / "vectors.npy")
    # word2vec's binary format: "V d\n", then V times: the word, a space, d float32, "\n".
    data = (folder / "vectors.bin").read_bytes()
    start = data.index(b"\n") + 1
    size, dimensions = map(int, data[:start].split())
    words, rows = [], []
    for _ in range(size):
        space = data.index(b" ", start)
        # word2vec cuts words at 99 bytes, also within a character.
        words.append(data[start:space].lstrip(b"\n").decode("utf-8", errors="surrogateescape"))
        rows.append(np.frombuffer(data, "<f4", dimensions, space + 1))
        start = space + 1 + 4 * dimensions
    return words, np.array(rows)


def describe(words: list[str], vectors: np.ndarray, files: list[Path]) -> dict[str, Any]:
    """Return sizes and scores of vectors; scores are in per cent, or None if nothing counts."""
    kv = KeyedVectors(words, vectors)
    scores: dict[str, float | None] = {}
    coverage: dict[str, dict[str, int]] = {}
    for file in files:
        if is_analogies(file):
            answers = evaluate_word_analogies(kv, file, restrict_vocab=30_000)
            for count in (answers.semantic, answers.syntactic, answers.total):
                scores[f"{file.stem} {count.name}"] = finite(100 * count.accuracy)
            coverage[file.stem] = {"used": answers.total.questions, "oov": answers.oov}
        else:
            pairs = evaluate_word_pairs(kv, file)
            scores[file.stem] = finite(100 * pairs.spearman)
            coverage[file.stem] = {"used": pairs.pairs, "oov": pairs.oov}
    return {
        "vocabulary": len(kv),
        "largest_norm": finite(kv.norms.max()),
        "largest_entry": finite(np.abs(vectors).max()),
        "scores": scores,
        "coverage": coverage,
    }


def finite(value: Any) -> float | None:
    """Return a float that JSON can hold, or None."""
    return float(value) if math.isfinite(value) else None


def is_analogies(path: Path) -> bool:
    """Return whether an evaluation file starts with a section's header."""
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        return next((line for line in file if line.strip()), "").startswith(":")


def gensim_input(corpus: Path, how: str, folder: Path) -> dict[str, str]:
    """Choose gensim's reader, so that no token is lost, and write the file that it may need."""
    endless = longest_line(corpus) > ENDLESS_LINE
    if how == "iterable":
        return {"reader": "Text8Corpus" if endless else "LineSentence", "path": str(corpus)}
    if not endless:
        return {"reader": "corpus_file", "path": str(corpus)}
    from gensim.models.word2vec import Text8Corpus

    # Workers share a corpus_file by lines.
    path = folder / "lines.txt"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(" ".join(line) + "\n" for line in Text8Corpus(str(corpus), 1_000))
    return {"reader": "corpus_file", "path": str(path)}


def longest_line(path: Path) -> int:
    """Return the length of a file's longest line in bytes, without its newline."""
    longest = current = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            first, *others = map(len, block.split(b"\n"))
            current += first
            longest = max(longest, current, *others)
            if others:
                current = others[-1]
    return longest


# The command line


def parse(argv: list[str]) -> argparse.Namespace:
    """Read and check the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path, help="plain text, one sentence a line or one line")
    parser.add_argument("--eval", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--eval-dir", type=Path, metavar="DIR", help="its *.txt and *.tsv")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--sample", type=float, help="default: each library's own")
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--alpha", type=float, help="default: each library's own")
    parser.add_argument("--shift", metavar="X", help="train negsamp with this shift, too")
    parser.add_argument("--gensim-input", choices=("iterable", "file"), default="iterable")
    parser.add_argument("--word2vec-c", type=Path, metavar="PATH", help="a compiled word2vec")
    parser.add_argument("--pword2vec", type=Path, metavar="PATH", help="a compiled pWord2Vec")
    parser.add_argument("--only", help="rivals, by commas; the first is what ratios refer to")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: benchmarks/results")
    parser.add_argument("--name", default="rivals-runs", help="of the file of runs there")
    args = parser.parse_args(argv)

    programs = {"word2vec-c": args.word2vec_c, "pword2vec": args.pword2vec}
    args.programs = {name: path.resolve() for name, path in programs.items() if path}
    every = (*RIVALS, *args.programs, *([f"negsamp shift={args.shift}"] if args.shift else []))
    args.rivals = args.only.split(",") if args.only else list(every)
    for rival in args.rivals:
        if rival not in every:
            parser.error(f"--only has {rival!r}; it may have {', '.join(every)}")
    if "gensim" in args.rivals and importlib.util.find_spec("gensim") is None:
        parser.error("gensim is not installed; --only negsamp goes without it")
    for name in ("rivals", "seeds", "epochs"):
        values = getattr(args, name)
        if len(set(values)) < len(values):
            parser.error(f"--{name.replace('rivals', 'only')} has {values}; each may be there once")
    if args.eval_dir is not None:
        if not args.eval_dir.is_dir():
            parser.error(f"--eval-dir: {args.eval_dir} is not a directory")
        args.eval += sorted(p for p in args.eval_dir.glob("*") if p.suffix in {".txt", ".tsv"})
    for path in (args.corpus, *args.eval, *args.programs.values()):
        if not path.is_file():
            parser.error(f"{path} is not a file")
    if len({path.stem for path in args.eval}) < len(args.eval):
        parser.error("--eval and --eval-dir: two files have the same name, or one is given twice")
    with open(args.corpus, "rb") as file:
        if file.read(2) == b"\x1f\x8b":
            parser.error(f"{args.corpus} is compressed; not every library reads that")
    if args.rounds < 1 or args.workers < 1:
        parser.error("--rounds and --workers must be 1 or more")
    given = {name: getattr(args, name) for name in SETTINGS}
    args.settings = {name: value for name, value in given.items() if value is not None}
    return args


def main(argv: list[str]) -> None:
    """Train, measure, write each run as it ends, and print tables of all."""
    args = parse(argv)
    shared = {k: getattr(args, k) for k in ("rounds", "workers", "settings")}
    corpus = {"name": args.corpus.name, "bytes": args.corpus.stat().st_size}
    how = args.gensim_input if "gensim" in args.rivals else None
    results = Results(args.out, args.name, **shared, corpus=corpus, gensim_input=how)
    runs = plan(args.rivals, args.epochs, args.rounds, args.seeds)
    with tempfile.TemporaryDirectory() as scratch:
        gensim = None
        if "gensim" in args.rivals:  # before any clock runs
            gensim = gensim_input(args.corpus.resolve(), args.gensim_input, Path(scratch))
        for number, turn in enumerate(runs, start=1):
            run = {
                **turn,
                "corpus": str(args.corpus.resolve()),
                "settings": args.settings,
                "workers": args.workers,
                "gensim": gensim,
                "programs": {name: str(path) for name, path in args.programs.items()},
            }
            record = results.run(lambda run=run: measure(run, Path(scratch), args.eval), **turn)
            print(
                f"{number}/{len(runs)} {turn['rival']}, {turn['epochs']} epochs, seed "
                f"{turn['seed']}: {show(record.get('words_per_second'), ',.0f')} words/s, "
                f"{record['total_seconds']:.1f} s, {record['peak_mb']:.0f} MB",
                flush=True,
            )
    chosen = [results.find(**turn) for turn in runs]
    text = markdown(summarise([run for run in chosen if run]), results.head)
    print(f"\n{text}\nwritten to {results.path}")


if __name__ == "__main__":
    main(sys.argv[1:])
