"""The smaller benchmark scripts run and print their tables. No times."""

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


def test_phases_prints_every_phase(corpus):
    shown = run("phases.py", corpus)
    rows = [line.split("|")[1].strip() for line in shown.splitlines() if line.startswith("|")]
    assert rows[2:] == [
        "windows",
        "noise draws",
        "gradients",
        "additions",
        "all",
        "of which products",
        "products at sgemm peak",
    ]


def test_reading_prints_every_phase_of_each_file(corpus):
    packed = corpus.with_suffix(".gz")
    packed.write_bytes(gzip.compress(corpus.read_bytes()))
    shown = run("reading.py", corpus, packed, "--rounds", 1)
    size = corpus.stat().st_size
    assert shown.count(f": {size} bytes, 2000 tokens, 30 words seen 5 times or more, 200 sent") == 2
    rows = [line.split("|")[1].strip() for line in shown.splitlines() if line.startswith("|")]
    assert rows == 2 * [
        "up to here",
        ":--",
        "read, check UTF-8",
        "… find tokens",
        "… look words up",
        "all, 1 worker",
        "all, 2 workers",
    ]


@pytest.mark.parametrize(
    ("vary", "rows"),
    [("optimizer", 4), ("spread", 2), ("batch", 4), ("window", 2), ("floor", 5), ("max-step", 5)],
)
def test_settings_changes_one_setting_at_a_time(corpus, tmp_path, vary, rows):
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "pairs.tsv").write_text("w1\tw2\t1\nw3\tw4\t2\nw5\tw6\t3\n")
    shown = run("settings.py", corpus, "--eval-dir", tmp_path / "eval", "--vary", vary)
    lines = [line for line in shown.splitlines() if line.startswith("|")]
    assert lines[0].endswith("| pairs |")
    assert len(lines) == 2 + rows
    if vary in ("optimizer", "floor"):  # the others need a corpus of several blocks
        assert len({line.split("|", 2)[2] for line in lines[2:]}) > 1


def test_scaling_prints_a_table_for_each_setting(corpus):
    shown = run("scaling.py", "window", "length", "racing", "--rounds", 1, "--tokens", 20_000)
    rows = [line.split("|")[1:3] for line in shown.splitlines() if line.startswith("|")]
    labels = [label.strip() for label, _ in rows]
    assert [name for name in labels if name.isalpha()] == ["window", "length", "racing"]
    assert labels[2:7] == ["1", "2", "5", "10", "20"]
    assert all(
        float(rate.replace(",", "")) > 0 for label, rate in rows if label.strip()[0].isdigit()
    )


def test_memory_prints_a_row_for_each_length(corpus):
    shown = run("memory.py", corpus, "--times", 1, 3)
    rows = [line.split("|") for line in shown.splitlines() if line.startswith("|")][2:]
    assert [row[3].strip() for row in rows] == ["30", "30"]
    assert all(float(row[4]) > 10 for row in rows)


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself a signal")
def test_interrupt_prints_a_row_for_each_setting():
    shown = run("interrupt.py", "--quick", "--rounds", 1)
    rows = [line.split("|") for line in shown.splitlines() if line.startswith("|")][2:]
    assert [row[1].strip() for row in rows][3:] == ["hierarchical", "softmax, 20 000 words"]
    assert all(float(row[2]) >= 0 for row in rows)


def test_stability_prints_a_table_for_each_setting_and_sums_up(tmp_path):
    shown = run("stability.py", "--quick", "--corners", 2, "--out", tmp_path / "out")
    heads = [line.split("|")[1].strip() for line in shown.splitlines() if "zero loss" in line]
    assert {"vocabulary", "exponent", "alpha", "negative", "texts", "corners"} <= set(heads)
    runs = json.loads((tmp_path / "out" / "stability.json").read_text())["runs"]
    assert f"all: {len(runs)} settings, {len(runs)} of them finite; 0 ended in an error" in shown
    assert (tmp_path / "out" / "stability.md").read_text() == shown


@pytest.fixture
def claims_corpus(tmp_path):
    """Words that are neighbours, so that there is something to learn."""
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 60, 1500)
    words = [f"w{(start + step) % 60}" for start in starts for step in range(4)]
    path = tmp_path / "text.txt"
    path.write_text(" ".join(words))
    (tmp_path / "eval").mkdir()
    pairs = "".join(f"w{i}\tw{(i + 7 * i % 11) % 60}\t{i}\n" for i in range(1, 30))
    (tmp_path / "eval" / "pairs.tsv").write_text(pairs)
    return path


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
def test_each_claim_writes_its_figure_and_its_table(claims_corpus, tmp_path, claim):
    pytest.importorskip("matplotlib", reason="figures need the extra plot")
    where = ["--eval-dir", tmp_path / "eval", "--out", tmp_path / "out"]
    small = ["--quick", "--seeds", 1, 2, "--epochs", 1]
    run("claims.py", claim, "--corpus", claims_corpus, *where, *small)
    assert (tmp_path / "out" / f"{claim}.png").read_bytes().startswith(b"\x89PNG")
    shown = (tmp_path / "out" / f"{claim}.md").read_text("utf-8")
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + CLAIM_ROWS[claim]
    assert all("±" in row for row in rows[2:])
    assert "nan" not in shown


def test_claims_page_has_a_section_and_a_figure_for_each():
    page = (BENCHMARKS.parent / "docs" / "claims.md").read_text("utf-8")
    for claim in CLAIM_ROWS:
        assert f"](figures/{claim}.png)" in page
        assert (BENCHMARKS.parent / "docs" / "figures" / f"{claim}.png").is_file()


def test_pictures_prints_a_row_for_each_method(tmp_path):
    rows = np.random.default_rng(0).integers(40, size=(99, 9))
    sentences = [[f"w{n}" for n in row] for row in rows]
    model = Word2Vec(vector_size=8, min_count=1, epochs=1, workers=1, seed=1, progress=False)
    model.fit(sentences).save(tmp_path / "model")
    shown = run("pictures.py", tmp_path / "model", "--methods", "pca", "negtsne")
    rows = [line.split("|")[1].strip() for line in shown.splitlines() if line.startswith("|")]
    assert rows[2:] == ["pca", "negtsne"]
    share = float(re.search(r"int8: ([\d.]+)% of the 10 nearest are the same", shown)[1])
    assert 80 < share <= 100
