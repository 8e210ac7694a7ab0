"""Run all benchmarks unattended, the important ones first, and keep what they print.

python benchmarks/all.py --corpus TEXT --eval-dir DIR [--pword2vec PATH --word2vec-c PATH] -o FOLDER

Each step's tables and figures go to FOLDER/STEP.json, with the command, the commit, the machine and
the kernel of BLAS. A step whose file stands, of the same library, machine, texts and options, is
skipped, so that the command may be given again after an interruption. `tables.py` makes the tables
of the documentation from the folder.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _results import HERE, Results, read_output

HASWELL = {"OPENBLAS_CORETYPE": "Haswell"}
QUICK_BYTES = 2_000_000


@dataclass(frozen=True)
class Step:
    """A command, what it takes on two quiet cores, and how it is tried."""

    name: str
    minutes: float
    command: str  # {names} are of `places`; what is in [ ] is for the long run, in ( ) for a trial
    environment: dict[str, str] | None = None
    needs: str = ""  # a place without which there is nothing to measure


def claims(name: str, minutes: float, words: str = "") -> Step:
    options = f"--corpus {{corpus}} --eval-dir {{eval}} --out {{out}} {words}"
    trial = "(--quick --seeds 1 --epochs 1)"
    return Step(f"claims-{name}", minutes, f"claims.py {name} {options} {trial}")


def rivals(name: str, more: str, runs: str = "--epochs 5 3 2 1 --seeds 1 2 3") -> str:
    where = "rivals.py {corpus} --eval-dir {eval}"
    how = "--rounds 1 --workers 2 --gensim-input file --out {out}"
    return f"{where} [{runs}](--epochs 1 --seeds 1) {how} --name {name}-runs {more}"


KILLS = "-m pytest -q tests/training/test_checkpoints.py -k killed_dozens"
FUZZ = "-m pytest -q tests/test_hostile.py tests/test_faults.py"
SETTINGS = "settings.py {corpus} --eval-dir {eval} [--seeds 1 2](--seeds 1) --vary "
SETS = "--eval-dir {eval} {sets} [--seeds 1 2 3](--seeds 1 2)"
STREAMS = "streams.py {lines} --eval-dir {eval} {sets} (--pieces 3) --seeds 1 "
SMALL = "small.py {name} --text {{small}} (--seeds 1 --quick)"
WITH_SETS = " --corpus {corpus} --eval-dir {eval} {sets} --out {out} --workers 2 "
HALF = "[--words 4300000](--words 50000)"
EIGHT = "[--words 8000000](--words 50000)"
BASKETS = "--group basket_id --item product_id --order transaction_timestamp [--min-count 100]"
FILMS = "--group user_id:token --item item_id:token --order timestamp:float --last-item"

STEPS = [
    Step("rivals", 80, rivals("rivals", "{rivals}")),
    Step(
        "rivals-haswell",
        30,
        rivals("rivals-haswell", "--only negsamp,gensim"),
        HASWELL,
    ),
    # one seed, as word2vec takes ten times as long
    Step("rivals-four", 17, rivals("rivals-four", "{rivals}", "--epochs 1 3 --seeds 1")),
    Step("memory", 4, "memory.py {corpus} [--times 1 4 8](--times 1 2)"),
    Step("interrupt", 8, "interrupt.py [--rounds 20](--quick --rounds 1)"),
    Step("reading", 1, "reading.py {corpus} {korean} [--rounds 5](--rounds 1)", needs="korean"),
    Step("scaling", 25, "scaling.py [--rounds 3](--rounds 1 --tokens 5000)"),
    Step("phases", 1, "phases.py {corpus}", {"OPENBLAS_NUM_THREADS": "1"}),
    Step("phases-300", 1, "phases.py {corpus} --vector-size 300", {"OPENBLAS_NUM_THREADS": "1"}),
    Step("phases-haswell", 1, "phases.py {corpus}", {"OPENBLAS_NUM_THREADS": "1", **HASWELL}),
    Step("shares", 3, "shares.py {corpus}"),
    Step("rounds", 5, "rounds.py (--quick)"),
    Step("large-vocabularies", 12, "rival_settings.py large {corpus} (--quick)"),
    Step("rivals-settings", 20, "rival_settings.py settings {corpus} --eval-dir {eval} (--quick)"),
    Step(
        "distributed",
        15,
        "clusters.py {lines} [--epochs 2 --rounds 2 160 --clusters 2x1 1x2 --repeat 3 "
        "--flat 200](--rounds 2 --flat 2 --clusters 2x1)",
    ),
    Step(
        "dask-quality",
        30,
        "partitions.py {lines} {held_out} --eval-dir {eval} {sets} "
        "[--seeds 1 2 3](--seeds 1 --epochs 1 --partitions 1 2 --rounds 2)",
    ),
    Step("stability", 20, "stability.py [--corners 40](--quick --corners 2)"),
    Step("faults-kills", 15, KILLS + " (--collect-only)", {"NEGSAMP_KILLS": "200"}),
    Step("faults-mutations", 30, FUZZ + " (--collect-only)", {"NEGSAMP_FUZZ": "1500"}),
    *(
        Step(f"settings-{name}", minutes, SETTINGS + name)
        for name, minutes in {
            "noise": 8,
            "batch": 3,
            "window": 2,
            "spread": 2,
            "floor": 3,
            "reference": 3,
            "max-step": 4,
        }.items()
    ),
    *(
        Step(name, minutes, SMALL.format(name=name), needs="small")
        for name, minutes in {
            "neighbours": 10,
            "steps-and-epochs": 6,
            "patience": 4,
            "validation": 3,
            "beginnings": 10,
            "wide-windows": 1,
        }.items()
    ),
    Step("products", 1, "operations.py products [--rounds 50](--rounds 1)"),
    Step("adding-rows", 1, "operations.py adding-rows [--rounds 31](--quick --rounds 1)"),
    Step(
        "subsampling",
        35,
        "claims.py subsampling" + WITH_SETS + "[--seeds 1 2](--quick --seeds 1 --epochs 1)",
    ),
    Step(
        "shift",
        20,
        "claims.py shift" + WITH_SETS + "[--seeds 1 2 3](--quick --seeds 1 --epochs 1)",
    ),
    Step(
        "init",
        10,
        "claims.py init" + WITH_SETS + "[--seeds 1 2](--quick --seeds 1 --epochs 1)",
    ),
    Step(
        "post-processing",
        12,
        f"post_processing.py {{corpus}} {SETS} [--epochs 3](--epochs 1)",
    ),
    Step(
        "post-processing-small",
        6,
        f"post_processing.py {{small}} {SETS} [--epochs 3](--epochs 1)",
        needs="small",
    ),
    Step(
        "warm-start",
        8,
        "post_processing.py {small} --eval-dir {eval} {sets} --seeds 1 "
        "--warm-start [1 3 10](1 --vector-size 8)",
        {"OPENBLAS_NUM_THREADS": "1"},  # what waits in threads would count
        needs="small",
    ),
    Step(
        "streams",
        25,
        STREAMS + '[2 3] --run fit partial_fit planned ["each falls" 1 gensim]',
    ),
    Step(
        "streams-small",
        20,
        STREAMS + "--megabytes 40 --run fit planned partial_fit "
        '["partial_fit/200" "each falls" roots 1 0.5 0.25 gensim]',
    ),
    Step(
        "recommending-baskets",
        20,
        f"recommending.py {{baskets}} {BASKETS} --tests 1000 [--seeds 1 2](--seeds 1)",
        needs="baskets",
    ),
    Step(
        "recommending-films",
        5,
        f"recommending.py {{films}} {FILMS} --seeds 1 2 3",
        needs="films",
    ),
    Step("pictures", 25, "pictures.py {corpus} (--top 50)"),
    claims("recovery", 45),
    claims("constant", 15, HALF),
    claims("sharing", 16, HALF + " [--seeds 1 2]"),
    claims("optimizers", 17, "[--seeds 1 2]"),
    claims("alpha", 20, EIGHT),
    claims("normalizer", 6, EIGHT),
    claims("pmi", 20, "[--words 2150000](--words 50000)"),  # the full softmax takes most of it
    claims("cost", 12, "--words 1000"),
    claims("analogies", 60, "[--seeds 1]"),
    claims("noise-words", 55, HALF + " [--seeds 1]"),
]


def expand(step: Step, places: dict[str, str], quick: bool) -> list[str]:
    """Return the arguments of a step's command, for the long run or for a trial."""
    left_out = r"\[.*?\]" if quick else r"\(.*?\)"
    text = re.sub(r"[\[\]()]", "", re.sub(left_out, "", step.command))
    return shlex.split(text.format(**places))


def texts(arguments: argparse.Namespace, work: Path) -> dict[str, str]:
    """Return where everything is, and write the text by lines and, for a trial, its beginning."""
    work.mkdir(parents=True, exist_ok=True)
    given = {"corpus": arguments.corpus, "small": arguments.small, "korean": arguments.korean}
    if arguments.quick:
        for name, path in given.items():
            if path:
                with open(path, "rb") as whole:
                    begin = whole.read(QUICK_BYTES).rpartition(b" ")[0]
                given[name] = work / f"quick-{name}.txt"
                given[name].write_bytes(begin)
    lines = work / "lines.txt"
    if not lines.exists() or lines.stat().st_mtime < given["corpus"].stat().st_mtime:
        words = given["corpus"].read_text("utf-8").split()
        some = (" ".join(words[at : at + 1_000]) for at in range(0, len(words), 1_000))
        lines.write_text("\n".join(some) + "\n", "utf-8")
    others = {"baskets": arguments.baskets, "films": arguments.films}
    programs = {"--pword2vec": arguments.pword2vec, "--word2vec-c": arguments.word2vec_c}
    places = {name: str(path.resolve()) if path else "" for name, path in (given | others).items()}
    places |= {"lines": str(lines.resolve()), "eval": str(arguments.eval_dir.resolve())}
    places["sets"] = str(arguments.sets.resolve()) if arguments.sets else ""
    held = arguments.held_out
    places["held_out"] = f"--held-out {held.resolve()}" if held else ""
    places["out"] = str(arguments.out.resolve())
    places["rivals"] = " ".join(f"{o} {p.resolve()}" for o, p in programs.items() if p)
    return places


def run(step: Step, command: list[str], out: Path, about: dict[str, Any]) -> bool | None:
    """Run a step and keep what it printed; return whether it ended well, or None if it stands."""
    results = Results(out, step.name, step.environment, **about, step=step.command)
    if results.runs:
        return None
    script = command[0] != "-m"
    whole = [sys.executable, *([str(HERE / command[0]), *command[1:]] if script else command)]
    begin = time.perf_counter()
    done = subprocess.run(
        whole,
        env={**os.environ, **(step.environment or {})},
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        print(done.stdout[-2000:])
        return False
    shown = [f"benchmarks/{command[0]}" if script else command[0], *command[1:]]
    variables = [f"{name}={value}" for name, value in (step.environment or {}).items()]
    # the names of texts, and not where they are
    plain = [Path(word).name if os.path.isabs(word) else word for word in shown]
    results.head["command"] = " ".join([*variables, shlex.join(["python", *plain])])
    seconds = round(time.perf_counter() - begin, 1)
    results.run(lambda: {"seconds": seconds, **read_output(done.stdout)}, step=step.name)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, help="plain text: one endless line")
    parser.add_argument("--eval-dir", type=Path, help="SimLex, WordSim and questions-words")
    parser.add_argument("--sets", type=Path, help="folder of more sets of word pairs")
    parser.add_argument("--small", type=Path, help="a smaller text, such as the start of text8")
    parser.add_argument("--korean", type=Path, help="a text with many kinds of words, by lines")
    parser.add_argument("--held-out", type=Path, help="another text, for its loss")
    parser.add_argument("--baskets", type=Path, help="a table of The Complete Journey")
    parser.add_argument("--films", type=Path, help="the table of MovieLens 100K, ml-100k.inter")
    parser.add_argument("--pword2vec", type=Path, help="a compiled pWord2Vec")
    parser.add_argument("--word2vec-c", type=Path, help="a compiled word2vec")
    parser.add_argument("-o", "--out", type=Path, default=HERE / "results")
    parser.add_argument("--work", type=Path, default=Path("benchmarks-work"), help="for texts")
    parser.add_argument("--only", nargs="+", metavar="STEP")
    parser.add_argument("--skip", nargs="+", metavar="STEP", default=[])
    parser.add_argument("--quick", action="store_true", help="a trial with 2 MB of text")
    parser.add_argument("--list", action="store_true", help="show steps and minutes, and end")
    arguments = parser.parse_args()
    names = [step.name for step in STEPS]
    if unknown := {*(arguments.only or []), *arguments.skip} - {*names}:
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(names)}")
    chosen = [s for s in STEPS if s.name in (arguments.only or names)]
    chosen = [s for s in chosen if s.name not in arguments.skip]
    if arguments.list:
        for step in chosen:
            print(f"{step.minutes:5.0f} min  {step.name}")
        print(f"{sum(step.minutes for step in chosen):5.0f} min  all")
        return
    if not arguments.corpus or not arguments.eval_dir:
        parser.error("--corpus and --eval-dir are needed")
    places = texts(arguments, arguments.work)
    about = {"corpus": arguments.corpus.name, "quick": arguments.quick}
    failed = []
    for step in chosen:
        if step.needs and not places[step.needs]:
            print(f"{step.name}: left out, as --{step.needs} was not given", flush=True)
            continue
        print(f"{time.strftime('%H:%M:%S')} {step.name}: {step.minutes:g} minutes", flush=True)
        ended = run(step, expand(step, places, arguments.quick), arguments.out, about)
        if ended is None:
            print(f"{step.name}: stands", flush=True)
        elif not ended:
            failed.append(step.name)
            print(f"{step.name}: FAILED", flush=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}; the same command tries them again")


if __name__ == "__main__":
    main()
