"""The measured tables and figures of the documentation are those of the folder of results."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))
tables = importlib.import_module("tables")
results = importlib.import_module("_results")
runner = importlib.import_module("all")

RESULTS = BENCHMARKS / "results"
NUMBER = re.compile(r"[*≥~−+-]*\d")
MARKS = ("<!-- table: ", "<!-- past: ", "<!-- unmeasured -->")


def is_measured(lines):
    """Half of the cells beside the first column begin with a number."""
    cells = [cell.strip() for line in lines[2:] for cell in line.strip("|").split("|")[1:]]
    return 2 * sum(bool(NUMBER.match(cell)) for cell in cells) >= max(len(cells), 1)


def unmarked(text):
    """The first lines of the measured tables that have no mark above them."""
    found, lines = [], text.splitlines()
    for at, line in enumerate(lines):
        before = lines[at - 1] if at else ""
        if line.startswith("|") and not before.startswith("|"):
            table = [line]
            for other in lines[at + 1 :]:
                if not other.startswith("|"):
                    break
                table.append(other)
            if is_measured(table) and not before.startswith(MARKS):
                found.append(line)
    return found


@pytest.mark.parametrize("path", tables.DOCUMENTS, ids=lambda path: path.name)
def test_a_document_has_what_the_results_have(path):
    text = path.read_text("utf-8")
    assert tables.fill(text, RESULTS) == text, "python benchmarks/tables.py makes it anew"


@pytest.mark.parametrize("path", tables.DOCUMENTS, ids=lambda path: path.name)
def test_no_measured_table_is_typed_by_hand(path):
    text = path.read_text("utf-8")
    assert unmarked(text) == []
    # Markdown takes the rest of such a line for HTML
    assert not re.search(r"^ *<!--=", text, re.MULTILINE)


def test_a_table_of_numbers_without_a_mark_is_found():
    numbers = "| library | words/s |\n|---|---|\n| negsamp | **3 120 000** |\n"
    assert unmarked(numbers) == ["| library | words/s |"]
    assert unmarked(f"<!-- table: rivals -->\n{numbers}<!-- end -->\n") == []
    assert unmarked("| name | what it is |\n|---|---|\n| `core/` | the paper |\n") == []


def test_each_table_of_results_has_its_place():
    """No result is kept of which nothing is shown, but for single runs."""
    text = "".join(path.read_text("utf-8") for path in tables.DOCUMENTS)
    named = set(re.findall(r"<!--(?: table: | past: | about: |=(?=\w))([\w-]+)", text))
    kept = {path.stem for path in RESULTS.glob("*.json") if not path.stem.endswith("-runs")}
    assert named <= kept
    assert kept - named <= {step.name for step in runner.STEPS}


def test_each_table_has_a_step_that_measures_it():
    """`test_benchmarks.py` compares the columns."""
    text = "".join(path.read_text("utf-8") for path in tables.DOCUMENTS)
    steps = {step.name for step in runner.STEPS}
    assert set(re.findall(r"<!-- table: ([\w-]+)", text)) <= steps
    assert set(re.findall(r"<!-- past: ([\w-]+)", text)).isdisjoint(steps)


def test_fill_replaces_tables_figures_and_what_was_run(tmp_path):
    kept = {
        "published": "By hand.",
        "runs": [{"tables": [["| a |", "|---|"], ["| b |", "|---|"]], "figures": {"x": "6.8"}}],
    }
    (tmp_path / "some.json").write_text(json.dumps(kept))
    text = "<!-- table: some 2 -->\n<!-- end -->\nis <!--=some: x-->7<!--=--> times\n"
    text += "<!-- about: some -->\nnobody\n<!-- end -->\n"
    made = tables.fill(text, tmp_path)
    assert made == (
        "<!-- table: some 2 -->\n| b |\n|---|\n<!-- end -->\nis <!--=some: x-->6.8<!--=--> times\n"
        "<!-- about: some -->\nBy hand.\n<!-- end -->\n"
    )
    assert tables.fill(made, tmp_path) == made
    with pytest.raises(SystemExit, match="no figure 'y'; it has x"):
        tables.fill("<!--=some: y-->7<!--=-->", tmp_path)
    with pytest.raises(SystemExit, match="has 2 tables, and no number 3"):
        tables.fill("<!-- table: some 3 -->\n<!-- end -->", tmp_path)
    with pytest.raises(SystemExit, match=r"other\.json is missing"):
        tables.fill("<!-- table: other -->\n<!-- end -->", tmp_path)


def test_read_output_finds_tables_and_figures():
    shown = '{"date": 1}\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n= x y: 6.8\nelse\n| c |\n|---|\n'
    assert results.read_output(shown) == {
        "tables": [["| a | b |", "|---|--:|", "| 1 | 2 |"], ["| c |", "|---|"]],
        "figures": {"x y": "6.8"},
        "output": ["else"],
    }


def test_results_keep_runs_unless_the_library_is_another_one(tmp_path, monkeypatch):
    measured = []

    def session(tree, **about):
        monkeypatch.setattr(results, "library", lambda: {"commit": "c", "tree": tree})
        kept = results.Results(tmp_path, "some", **about)
        kept.run(lambda: {"value": measured.append(tree) or len(measured)}, seed=1)
        return kept.runs[0]["value"]

    assert [session("a"), session("a"), session("b"), session("b", corpus="x")] == [1, 1, 2, 3]


@pytest.mark.parametrize("step", runner.STEPS, ids=lambda step: step.name)
def test_each_step_has_a_long_command_and_a_trial(step):
    names = "corpus small korean lines eval sets out rivals held_out baskets films".split()
    places = {name: name.upper() for name in names}
    long, quick = (runner.expand(step, places, is_quick) for is_quick in (False, True))
    assert not set("[](){}") & set("".join(long + quick))
    assert long[0] == "-m" or (BENCHMARKS / long[0]).exists()
