"""The stories of the gallery run without a network, and what they tell is true."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import negsamp

SOURCES = str(Path(negsamp.__file__).parents[1].absolute())
GALLERY = Path(__file__).parents[1] / "examples" / "gallery"
SCRIPTS = sorted(path.stem for path in GALLERY.glob("plot_*.py"))


def first_vectors(said):
    assert re.search(r"^matrix .*matrices", said, re.MULTILINE)
    assert "['column', " in said
    assert said.endswith("\nfile\n")


def recommender(said):
    rules, model, sales = map(float, re.findall(r"hit rate at 10: ([\d.]+)", said))
    assert 2 * sales < model
    assert 0.85 * rules < model < rules + 0.02


def graph(said):
    members, nodes = map(int, re.findall(r"^(\d+) of \d+ ", said, re.MULTILINE))
    assert members >= 31
    assert nodes >= 540


def mathematics(said):
    correlation, slope = map(
        float, re.search(r"correlation ([\d.]+), slope ([\d.]+)", said).groups()
    )
    assert correlation > 0.97
    assert slope == pytest.approx(1, abs=0.05)


CHECKS = dict(zip(SCRIPTS, (first_vectors, recommender, graph, mathematics), strict=True))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_story_is_true(name, tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("networkx")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(GALLERY / f"{name}.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": SOURCES, "MPLBACKEND": "agg", "http_proxy": "nowhere"},
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    CHECKS[name](done.stdout)
