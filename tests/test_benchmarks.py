"""The smaller benchmark scripts run and print their tables. No timing is checked."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from negsamp import Word2Vec

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def corpus(tmp_path):
    words = np.random.default_rng(0).choice([f"w{i}" for i in range(30)], size=(200, 10))
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(" ".join(line) for line in words))
    return path


def run(script, *arguments):
    command = [sys.executable, BENCHMARKS / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rows_of(shown):
    """The cells of each row of the tables in a text, headings included."""
    lines = [line for line in shown.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if not set("".join(row)) <= set(":-")]


def test_phases_prints_every_phase(corpus):
    names = [row[0] for row in rows_of(run("phases.py", corpus))]
    assert names[1:5] == ["windows", "noise draws", "gradients", "additions"]
    assert names[5:] == ["all", "of which products", "products at sgemm peak"]


def test_reading_prints_every_phase_of_each_file(corpus):
    packed = corpus.with_suffix(".gz")
    packed.write_bytes(gzip.compress(corpus.read_bytes()))
    shown = run("reading.py", corpus, packed, "--rounds", 1)
    size = corpus.stat().st_size
    assert shown.count(f": {size} bytes, 2000 tokens, 30 words seen 5 times or more, 200 sent") == 2
    phases = ["read, check UTF-8", "… find tokens", "… look words up"]
    one_file = ["up to here", *phases, "all, 1 worker", "all, 2 workers"]
    assert [row[0] for row in rows_of(shown)] == 2 * one_file


@pytest.mark.parametrize(
    ("vary", "count"),
    [("optimizer", 4), ("spread", 2), ("batch", 4), ("window", 2), ("floor", 5), ("max-step", 5)],
)
def test_settings_changes_one_setting_at_a_time(corpus, tmp_path, vary, count):
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "pairs.tsv").write_text("w1\tw2\t1\nw3\tw4\t2\nw5\tw6\t3\n")
    rows = rows_of(run("settings.py", corpus, "--eval-dir", tmp_path / "eval", "--vary", vary))
    assert rows[0][-1] == "pairs"
    assert len(rows) == 1 + count
    if vary in ("optimizer", "floor"):  # the others need a corpus of several blocks
        assert len({tuple(row[1:]) for row in rows[1:]}) > 1


def test_scaling_prints_a_table_for_each_setting(corpus):
    shown = run("scaling.py", "window", "length", "racing", "--rounds", 1, "--tokens", 20_000)
    names = [row[0] for row in rows_of(shown)]
    assert [name for name in names if name.isalpha()] == ["window", "length", "racing"]
    assert names[1:6] == ["1", "2", "5", "10", "20"]


def test_memory_prints_a_row_for_each_length(corpus):
    rows = rows_of(run("memory.py", corpus, "--times", 1, 3))
    assert [row[2] for row in rows[1:]] == ["30", "30"]
    assert all(float(row[3]) > 10 for row in rows[1:])


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself a signal")
def test_interrupt_prints_a_row_for_each_setting():
    rows = rows_of(run("interrupt.py", "--quick", "--rounds", 1))
    assert [row[0] for row in rows[4:]] == ["hierarchical", "softmax, 20 000 words"]


def test_stability_prints_a_table_for_each_setting_and_sums_up(tmp_path):
    shown = run("stability.py", "--quick", "--corners", 2, "--out", tmp_path / "out")
    heads = {row[0] for row in rows_of(shown) if "zero loss" in row}
    assert {"vocabulary", "exponent", "alpha", "negative", "texts", "corners"} <= heads
    runs = json.loads((tmp_path / "out" / "stability.json").read_text())["runs"]
    assert f"all: {len(runs)} settings, {len(runs)} of them finite; 0 ended in an error" in shown
    assert (tmp_path / "out" / "stability.md").read_text() == shown


CLAIM_ROWS = {
    "cost": 10,
    "recovery": 12,
    "normalizer": 3,
    "pmi": 4,
    "analogies": 6,
    "alpha": 2,
    "noise-words": 4,
}


@pytest.mark.parametrize("claim", CLAIM_ROWS)
def test_each_claim_writes_its_figure_and_its_table(tmp_path, claim):
    pytest.importorskip("matplotlib", reason="figures need the extra plot")
    # words that are neighbours, so that there is something to learn
    starts = np.random.default_rng(0).integers(0, 60, 1500)
    words = [f"w{(start + step) % 60}" for start in starts for step in range(4)]
    (tmp_path / "text.txt").write_text(" ".join(words))
    (tmp_path / "eval").mkdir()
    pairs = "".join(f"w{i}\tw{(i + 7 * i % 11) % 60}\t{i}\n" for i in range(1, 30))
    (tmp_path / "eval" / "pairs.tsv").write_text(pairs)
    where = ["--eval-dir", tmp_path / "eval", "--out", tmp_path / "out"]
    small = ["--quick", "--seeds", 1, 2, "--epochs", 1]
    run("claims.py", claim, "--corpus", tmp_path / "text.txt", *where, *small)
    assert (tmp_path / "out" / f"{claim}.png").read_bytes().startswith(b"\x89PNG")
    shown = (tmp_path / "out" / f"{claim}.md").read_text("utf-8")
    assert len(rows_of(shown)) == 1 + CLAIM_ROWS[claim]
    assert all("±" in "".join(row) for row in rows_of(shown)[1:])
    assert "nan" not in shown
    assert f"](figures/{claim}.png)" in (BENCHMARKS.parent / "docs" / "claims.md").read_text(
        "utf-8"
    )


def test_pictures_prints_a_row_for_each_method(tmp_path):
    rows = np.random.default_rng(0).integers(40, size=(99, 9))
    sentences = [[f"w{n}" for n in row] for row in rows]
    model = Word2Vec(vector_size=8, min_count=1, epochs=1, workers=1, seed=1, progress=False)
    model.fit(sentences).save(tmp_path / "model")
    shown = run("pictures.py", tmp_path / "model", "--methods", "pca", "negtsne")
    assert [row[0] for row in rows_of(shown)[1:]] == ["pca", "negtsne"]
    share = float(re.search(r"int8: ([\d.]+)% of the 10 nearest are the same", shown)[1])
    assert 80 < share <= 100
