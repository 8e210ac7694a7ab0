"""The benchmark scripts run and print the tables of the documentation. No timing is checked."""

import gzip
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))
results = importlib.import_module("_results")
runner = importlib.import_module("all")
tables = importlib.import_module("tables")


def run(script, *arguments):
    command = [sys.executable, BENCHMARKS / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rows_of(shown):
    """Rows of the tables in a text, headings included."""
    return [line for line in shown.splitlines() if line.startswith("|") and set(line) - set("|:- ")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a corpus, plain and packed, sets of word pairs and analogies, and tables."""
    home, rng = tmp_path_factory.mktemp("home"), np.random.default_rng(0)
    # words that are neighbours, so that there is something to learn
    starts = rng.integers(0, 60, 600)
    lines = [" ".join(f"w{(start + step) % 60}" for step in range(10)) for start in starts]
    (home / "corpus").write_text("\n".join(lines))
    (home / "corpus.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    pairs = "".join(f"w{i}\tw{(i + 7 * i % 11) % 60}\t{i}\n" for i in range(1, 30))
    for folder, names in SETS.items():
        (home / folder).mkdir()
        for name in names:
            (home / folder / name).write_text(pairs)
    questions = ": family\nw1 w2 w3 w4\n: gram1\nw5 w6 w7 w8\n"
    (home / "eval" / "questions-words.txt").write_text(questions)
    sold = [(i, rng.choice(10, 4, replace=False) + 100 * (i % 10)) for i in range(600)]
    rows = [f"{i},{item},{i}" for i, items in sold for item in items]
    (home / "shop.csv").write_text("\n".join(["basket_id,product_id,transaction_timestamp", *rows]))
    films = [row.replace(",", "\t") for row in rows]
    (home / "films").write_text(
        "\n".join(["user_id:token\titem_id:token\ttimestamp:float", *films])
    )
    return home


SETS = {
    "eval": ["simlex999.txt", "wordsim353.tsv"],
    "sets": [
        f"EN-{name}.txt" for name in ("MEN-TR-3k", "RW-STANFORD", "SimVerb-3500", "MTurk-771")
    ],
}
PLACES = {
    **dict.fromkeys(("corpus", "lines", "small", "korean"), "HOME/corpus"),
    **{"eval": "HOME/eval", "sets": "HOME/sets", "out": "HOME/out", "rivals": ""},
    **{"held_out": "--held-out HOME/corpus", "baskets": "HOME/shop.csv", "films": "HOME/films"},
}
MARKS = [
    mark
    for path in tables.DOCUMENTS
    for mark in re.findall(r"<!-- table: ([\w-]+)(?: (\d+))? -->", path.read_text("utf-8"))
]
NEEDS = {
    "rivals.py": ["gensim"],
    "rival_settings.py": ["gensim"],
    "small.py": ["gensim"],
    "recommending.py": ["gensim", "pandas"],
    "clusters.py": ["distributed", "psutil"],
    "partitions.py": ["distributed"],
    "rounds.py": ["distributed"],
    "pictures.py": ["sklearn"],
    "claims.py analogies": ["gensim"],
    "claims.py noise-words": ["gensim"],
    "claims.py subsampling": ["gensim"],
}


STEPS = {step.name: step for step in runner.STEPS}


def needed(name):
    """The modules beside negsamp that a step needs."""
    every = (NEEDS[script] for script in NEEDS if STEPS[name].command.startswith(script))
    return next(every, [])


def shown_with_needs(name):
    return "-".join([name, *(f"needs-{module}" for module in needed(name))])


@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in MARKS), ids=shown_with_needs)
def test_a_step_fills_the_tables_that_the_documentation_has_of_it(home, name):
    for module in needed(name):
        pytest.importorskip(module)
    step = STEPS[name]
    if name == "interrupt" and sys.platform == "win32":
        pytest.skip("it sends itself a signal")
    places = {place: where.replace("HOME", str(home)) for place, where in PLACES.items()}
    made = results.read_output(run(*runner.expand(step, places, True)))["tables"]
    published = tables.load(BENCHMARKS / "results", name)["runs"][-1]["tables"]
    for number in (int(n or 1) - 1 for which, n in MARKS if which == name):
        assert cells_of(made[number][0]) == cells_of(published[number][0])
        assert len(made[number]) > 2


def cells_of(row):
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize(
    ("command", "n_rows"),
    [
        ("reading.py HOME/corpus.gz --rounds 1", 6),
        ("settings.py HOME/corpus --eval-dir HOME/eval --vary optimizer", 5),
        ("post_processing.py HOME/corpus --eval-dir HOME/eval --seeds 1 2 --vector-size 8", 5),
    ],
)
def test_script_prints_its_table(home, command, n_rows):
    assert len(rows_of(run(*command.replace("HOME", str(home)).split()))) == n_rows


@pytest.mark.parametrize(("options", "n_rows"), [("", 9), ("--no-gensim --last-item", 7)])
def test_recommending_finds_what_goes_together(tmp_path, options, n_rows):
    pytest.importorskip("pandas")
    if "--no-gensim" not in options:
        pytest.importorskip("gensim")
    rng = np.random.default_rng(0)
    baskets = [rng.choice(10, 4, replace=False) + 100 * (i % 10) for i in range(600)]
    rows = [f"{i},{item}" for i, basket in enumerate(baskets) for item in basket]
    (tmp_path / "shop.csv").write_text("\n".join(["basket,item", *rows]))
    options = f"--group basket --item item --seeds 1 --epochs 10 {options}".split()
    shown = rows_of(run("recommending.py", tmp_path / "shop.csv", *options))
    assert len(shown) == n_rows
    hits = {
        name.strip(): float(hits) for _, name, hits, *_ in (row.split("|") for row in shown[1:])
    }
    assert hits["the most frequent items"] < 30
    for name in ("counted: cosines of items", "negsamp, `recommend`", "negsamp, `wv.most_similar`"):
        assert hits[name] > 90


def test_stability_prints_and_writes_its_runs(tmp_path):
    shown = run("stability.py", "--quick", "--corners", 2, "--out", tmp_path)
    runs = json.loads((tmp_path / "stability.json").read_text())["runs"]
    found = results.read_output(shown)["figures"]
    assert found["all, settings"] == found["all, finite"] == str(len(runs))
    assert found["all, ended in an error"] == "0"
    losses = {run["setting"].get("shift"): run["zero loss"] for run in runs}
    assert losses[0.0] == pytest.approx(6 * np.log(2))
    assert losses[2.0] == pytest.approx(np.log1p(np.exp(2)) + 5 * np.log1p(np.exp(-2)))
    assert (tmp_path / "stability.md").read_text() == shown


CLAIM_ROWS = {
    "cost": 10,
    "recovery": 24,
    "normalizer": 3,
    "constant": 8,
    "pmi": 4,
    "analogies": 14,
    "alpha": 2,
    "noise-words": 12,
    "sharing": 4,
    "optimizers": 8,
}


def test_each_claim_keeps_its_runs_and_draws_its_figure(tmp_path):
    pytest.importorskip("matplotlib", reason="figures need the extra plot")
    pytest.importorskip("gensim")
    # words that are neighbours, so that there is something to learn
    starts = np.random.default_rng(0).integers(0, 60, 1500)
    words = [f"w{(start + step) % 60}" for start in starts for step in range(4)]
    (tmp_path / "text.txt").write_text(" ".join(words))
    (tmp_path / "eval").mkdir()
    pairs = "".join(f"w{i}\tw{(i + 7 * i % 11) % 60}\t{i}\n" for i in range(1, 30))
    (tmp_path / "eval" / "pairs.tsv").write_text(pairs)
    where = ["--eval-dir", tmp_path / "eval", "--out", tmp_path / "out"]
    small = ["--quick", "--seeds", 1, 2, "--epochs", 1]
    command = ["claims.py", *CLAIM_ROWS, "--corpus", tmp_path / "text.txt", *where, *small]
    shown = run(*command)
    kept = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert run(*command) == shown
    assert kept == {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    run("claim_figures.py", tmp_path / "out", "--out", tmp_path / "drawn")
    tables = shown.split("\n\n")[1::2]
    for (claim, n_rows), table in zip(CLAIM_ROWS.items(), tables, strict=False):
        assert len(rows_of(table)) == 1 + n_rows, claim
        assert all("±" in row for row in rows_of(table)[1:])
        assert "nan" not in table
        assert (tmp_path / "drawn" / f"{claim}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([6.931], "6.93"),
        ([6.9301, 6.9319], "6.931 ± 0.001"),
        ([41.2, 43.2], "42.2 ± 1.4"),
        ([0.5, 0.5], "0.5000 ± 0.0000"),
        ([0.5, 0.5 + 1e-9], "0.5000 ± 0.0000"),
    ],
)
def test_a_standard_deviation_is_shown_to_one_digit_at_least(values, shown):
    assert importlib.import_module("claims").plus_minus(values) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("AMD EPYC", "AMD EPYC (family 26, model 2)"),
        ("AMD EPYC 9B14", "AMD EPYC 9B14"),
    ],
)
def test_a_processor_whose_name_says_little_is_told_by_its_family(tmp_path, name, shown):
    info = f"vendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: {name}\n"
    (tmp_path / "cpuinfo").write_text(info)
    assert importlib.import_module("_environment").cpu_model(tmp_path / "cpuinfo") == shown
