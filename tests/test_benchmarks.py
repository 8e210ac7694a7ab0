"""The smaller benchmark scripts run and print their tables. No timing is checked."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from negsamp import Word2Vec

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(script, *arguments):
    command = [sys.executable, BENCHMARKS / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rows_of(shown):
    """Rows of the tables in a text, headings included."""
    return [line for line in shown.splitlines() if line.startswith("|") and set(line) - set("|:- ")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a corpus, plain and packed, word pairs and a model."""
    home = tmp_path_factory.mktemp("home")
    words = np.random.default_rng(0).choice([f"w{i}" for i in range(40)], size=(200, 10))
    text = "\n".join(" ".join(line) for line in words).encode()
    (home / "corpus").write_bytes(text)
    (home / "corpus.gz").write_bytes(gzip.compress(text))
    (home / "eval").mkdir()
    (home / "eval" / "pairs.tsv").write_text("w1\tw2\t1\nw3\tw4\t2\nw5\tw6\t3\n")
    model = Word2Vec(vector_size=8, min_count=1, epochs=1, workers=1, seed=1, progress=False)
    model.fit(words.tolist()).save(home / "model")
    return home


SETTINGS = {"optimizer": 4, "window": 2}


@pytest.mark.parametrize(
    ("command", "n_rows"),
    [
        ("phases.py HOME/corpus", 8),
        ("shares.py HOME/corpus", 2),
        ("reading.py HOME/corpus HOME/corpus.gz --rounds 1", 12),
        ("memory.py HOME/corpus --times 1 3", 3),
        ("scaling.py window length racing --rounds 1 --tokens 5000", 12),
        ("interrupt.py --quick --rounds 1", 6),
        ("streams.py HOME/corpus --eval-dir HOME/eval --sample 0 --pieces 2 --seeds 1 2", 4),
        ("pictures.py HOME/model --methods pca negtsne", 3),
        (
            "post_processing.py HOME/corpus --eval-dir HOME/eval --seeds 1 2 --epochs 1"
            " --vector-size 8 --warm-start",
            2,
        ),
        *[
            (f"settings.py HOME/corpus --eval-dir HOME/eval --vary {vary}", 1 + n)
            for vary, n in SETTINGS.items()
        ],
    ],
)
def test_script_prints_its_tables(home, command, n_rows):
    if "interrupt" in command and sys.platform == "win32":
        pytest.skip("it sends itself a signal")
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
    assert f"all: {len(runs)} settings, {len(runs)} of them finite; 0 ended in an error" in shown
    assert (tmp_path / "stability.md").read_text() == shown


CLAIM_ROWS = {
    "cost": 10,
    "recovery": 24,
    "normalizer": 3,
    "constant": 8,
    "pmi": 4,
    "analogies": 16,
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
