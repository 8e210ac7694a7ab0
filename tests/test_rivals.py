"""The benchmark against other libraries: its order, arithmetic and files. No timing is checked."""

import importlib
import itertools
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))
rivals = importlib.import_module("rivals")
summary = importlib.import_module("_summary")
training = importlib.import_module("_training")


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    words = np.random.default_rng(3).choice([f"w{i}" for i in range(40)], size=(300, 12))
    path.write_text("".join(" ".join(line) + "\n" for line in words))
    return path


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("# comment\nw1\tw2\t3\nw3\tw4\t1\nw5\tw6\t2\n")
    return path


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text(": one\nw1 w2 w3 w4\n: gram-two\nw5 w6 w7 w8\nw5 w6 w7 unknown\n")
    return path


def made_up(rival, seed, speed=None, total=10.0, score=10.0, **others):
    run = {"rival": rival, "seed": seed, "epochs": 1, "round": 1, "total_seconds": total}
    run |= {"peak_mb": 100.0, "vocabulary": 40, "largest_norm": 2.5, "largest_entry": 1.25}
    if speed is not None:
        run |= {"words_per_second": speed, "train_seconds": 1.0, "read_seconds": 0.5}
    return {**run, "scores": {"pairs": score}, **others}


def test_plan_takes_turns():
    runs = rivals.plan(["A", "B"], epochs=[1, 5], rounds=2, seeds=[7, 8])
    assert [(run["epochs"], run["round"], run["seed"], run["rival"]) for run in runs] == list(
        itertools.product([1, 5], [1, 2], [7, 8], "AB")
    )


def test_gensim_input_cuts_an_endless_line_without_loss(tmp_path):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    words = [f"w{i}" for i in range(200_000)]
    path = tmp_path / "endless.txt"
    path.write_text(" ".join(words))
    chosen = rivals.gensim_input(path, "iterable", tmp_path)
    assert chosen == {"reader": "Text8Corpus", "path": str(path)}
    pieces = list(word2vec.Text8Corpus(str(path), training.GENSIM_SENTENCE))
    assert [word for piece in pieces for word in piece] == words
    assert max(map(len, pieces)) == 10_000
    lines = Path(rivals.gensim_input(path, "file", tmp_path)["path"]).read_text().splitlines()
    assert " ".join(lines).split() == words
    assert {len(line.split()) for line in lines} == {1_000}


def test_read_vectors_of_word2vec(tmp_path):
    # As word2vec writes it, with characters cut in two and a row that looks like white space.
    words, rows = [b"</s>", "né".encode(), b"n\xc3", b"n\xc4"], np.eye(4, 2, dtype="<f4")
    rows[1] = np.frombuffer(b" \n \n\n\n  ", "<f4")
    body = b"".join(w + b" " + row.tobytes() + b"\n" for w, row in zip(words, rows, strict=True))
    (tmp_path / "vectors.bin").write_bytes(b"4 2\n" + body)
    read_words, vectors = rivals.read_vectors(tmp_path)
    assert read_words[:2] == ["</s>", "né"]
    assert len(set(read_words)) == 4
    np.testing.assert_array_equal(vectors, rows)


def test_describe_scores_in_percent(pairs, questions):
    rows = np.zeros((8, 4), dtype=np.float32)
    rows[0], rows[1] = [1, 0, 0, 0], [0.8, 0.6, 0, 0]
    rows[2], rows[3] = [0, 0, 1, 0], [-0.2, 0.6, 1, 0]  # w4 = w2 − w1 + w3
    rows[4], rows[5] = [0, 0, 0, 1], [0, 0.75**0.5, 0, 0.5]
    rows[6], rows[7] = [0, 0, -3, 0], [0, 0, 1, 0]
    record = rivals.describe([f"w{i}" for i in range(1, 9)], rows, [pairs, questions])
    # Cosines 0.8, 1/√1.4 and 0.5 for the judgements 3, 1 and 2: ρ = 1 − 6·6 / (3·8).
    assert record["scores"]["pairs"] == pytest.approx(-50)
    assert [record["scores"][f"questions {part}"] for part in ("semantic", "total")] == [100, 50]
    assert record["scores"]["questions syntactic"] == 0
    assert record["coverage"]["questions"] == {"used": 2, "oov": 1}
    assert record["vocabulary"] == 8
    assert (record["largest_norm"], record["largest_entry"]) == (3, 3)
    unknown = rivals.describe(["a"], np.ones((1, 2), np.float32), [pairs, questions])
    assert set(unknown["scores"].values()) == {None}


def test_summarise_medians_ratios_and_scores():
    runs = [
        made_up("A", 1, speed=300, total=10, score=40.0, peak_mb=80),
        made_up("B", 1, speed=100, total=20, score=30.0),
        made_up("A", 2, speed=400, total=10, score=44.0, peak_mb=90),
        made_up("B", 2, speed=100, total=40, score=None),
        made_up("A", 1, speed=800, total=10, score=42.0, peak_mb=70, round=2, largest_norm=9.0),
        made_up("B", 1, speed=400, total=30, score=32.0, round=2),
    ]
    a, b = summary.summarise(runs)
    assert (a["rival"], a["words_per_second"], a["peak_mb"], a["largest_norm"]) == ("A", 400, 80, 9)
    assert a["first_faster"] == {}
    assert b["total_seconds"] == 30
    assert b["first_faster"]["words_per_second"] == {"median": 3, "min": 2, "max": 4}
    assert b["first_faster"]["total_seconds"] == {"median": 3, "min": 2, "max": 4}
    # Seed 1 has 40 and 42, seed 2 has 44: means 41 and 44.
    assert a["scores"]["pairs"] == {"mean": 42.5, "sd": pytest.approx(1.5 * 2**0.5)}
    assert b["scores"]["pairs"] == {"mean": 31, "sd": None}
    shown = summary.figures([a, b | {"words_per_second": None}])
    assert [line for line in shown if "minutes" in line] == [
        "= A 1 minutes for 10¹⁰ words: 416667"  # 10¹⁰ / 400 / 60
    ]


def test_figures_hold_five_epochs_of_gensim_against_fewer_of_the_first():
    totals = {("A", 5): 30, ("gensim", 5): 240, ("A", 2): 12, ("gensim", 2): 96, ("A", 1): 8}
    rows = summary.summarise(
        [made_up(name, 1, 100, total, 4, epochs=n) for (name, n), total in totals.items()]
    )
    shown = [line for line in summary.figures(rows) if " to " in line]
    assert shown == ["= gensim 5 to A 2: 20.0", "= gensim 5 to A 1: 30.0"]
    others = [row for row in rows if (row["rival"], row["epochs"]) != ("gensim", 5)]
    assert not any(" to " in line for line in summary.figures(others))


def test_the_first_rival_leads_others_and_not_its_variants():
    runs = [made_up(name, 1, 100, 10, score) for name, score in (("A", 4), ("A x", 5), ("B", 3))]
    _, *rows = summary.short(summary.summarise(runs))
    assert [row[-1] for row in rows] == ["**4.0**", "5.0", "3.0"]
    runs[2]["scores"]["pairs"] = 4.5
    assert summary.short(summary.summarise(runs))[1][-1] == "4.0"


def run_session(corpus, tmp_path, *options):
    """Run rivals.py as a user does; its results.json."""
    command = [sys.executable, BENCHMARKS / "rivals.py", corpus, "--out", tmp_path / "out"]
    command += ["--epochs", "2", "--rounds", "1", "--vector-size", "8", "--min-count", "2"]
    done = subprocess.run(
        [*map(str, command), "--workers", "1", *map(str, options)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "| negsamp is faster by |" in done.stdout or "--only" in options
    return json.loads((tmp_path / "out" / "rivals-runs.json").read_text("utf-8"))


def check_session(results, rivals_in_turn, raw_words=3600):
    assert [run["rival"] for run in results["runs"]] == rivals_in_turn
    for run in results["runs"]:
        assert run["vocabulary"] == 40
        assert run["coverage"] == {
            "pairs": {"used": 3, "oov": 0},
            "questions": {"used": 2, "oov": 1},
        }
        assert run["raw_words"] == raw_words
        assert run["words_per_second"] == pytest.approx(raw_words * 2 / run["train_seconds"])
        assert run["peak_mb"] > 10
        assert 0 < run["largest_entry"] <= run["largest_norm"]


def test_rivals_trains_negsamp(corpus, pairs, questions, tmp_path):
    results = run_session(
        corpus, tmp_path, "--only", "negsamp", "--eval", pairs, questions, "--seeds", 1, 2
    )
    check_session(results, ["negsamp"] * 2)
    assert all(run["loss_history"] for run in results["runs"])
    assert results["runs"][0]["largest_norm"] != results["runs"][1]["largest_norm"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["rivals-runs.json"]
    again = run_session(
        corpus, tmp_path, "--only", "negsamp", "--eval", pairs, questions, "--seeds", 1, 2, 3
    )
    assert again["runs"][:2] == results["runs"]  # they stand, and only the third was measured
    assert len(again["runs"]) == 3


def test_rivals_trains_negsamp_with_a_shift_too(corpus, tmp_path):
    names = ["negsamp", "negsamp shift=3"]
    options = ["--shift", "3", "--only", ",".join(names), "--seeds", 1]
    plain, shifted = run_session(corpus, tmp_path, *options)["runs"]
    assert [plain["rival"], shifted["rival"]] == names
    assert plain["loss_history"] != shifted["loss_history"]


@pytest.mark.parametrize("how", ["iterable", "file"])
def test_rivals_trains_gensim(corpus, pairs, questions, tmp_path, how):
    pytest.importorskip("gensim")
    options = ["--only", "gensim", "--gensim-input", how, "--alpha", "0.05", "--seeds", 1]
    results = run_session(corpus, tmp_path, *options, "--eval", pairs, questions)
    check_session(results, ["gensim"])
    assert results["about"]["gensim_input"] == how
    assert results["about"]["settings"]["alpha"] == 0.05


def make_program(path, corpus, window, largest, **others):
    """Write a script that takes the options of a compiled rival and writes one row of vectors."""
    options = {"-binary": "1", "-size": "8", "-min-count": "2", "-negative": "5", "-iter": "2"}
    options |= {"-threads": "1", "-window": window, "-train": str(corpus)}
    options |= {f"-{name.replace('_', '-')}": value for name, value in others.items()}
    path.write_text(
        f"#!{sys.executable}\n"
        "import sys, struct\n"
        "options = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        "output = options.pop('-output')\n"
        f"assert options == {options}, options\n"
        "print('Progress', end='')\n"
        f"row = b'w1 ' + struct.pack('<8f', *[0] * 7, {largest}) + b'\\n'\n"
        "open(output, 'wb').write(b'1 8\\n' + row)\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.skipif(os.name == "nt", reason="a script is no program there")
@pytest.mark.parametrize("window", ["5", "3"])
def test_rivals_runs_compiled_programs(corpus, tmp_path, window):
    word2vec = make_program(tmp_path / "word2vec", corpus, window, 7, cbow="0", hs="0")
    batch = str(2 * int(window) + 1)
    pword2vec = make_program(tmp_path / "pword2vec", corpus, window, 9, batch_size=batch)
    options = ["--only", "pword2vec,word2vec-c", "--seeds", 1, "--window", window]
    options += ["--word2vec-c", word2vec, "--pword2vec", pword2vec]
    runs = run_session(corpus, tmp_path, *options)["runs"]
    assert [run["rival"] for run in runs] == ["pword2vec", "word2vec-c"]
    assert [run["largest_entry"] for run in runs] == [9, 7]
    for run in runs:
        assert run["vocabulary"] == 1
        assert "words_per_second" not in run
        assert run["peak_mb"] > 1


def test_rivals_knows_the_programs_that_it_was_given(corpus, capsys):
    options = [str(corpus), "--pword2vec", str(corpus), "--only"]
    assert rivals.parse([*options, "pword2vec,negsamp"]).rivals == ["pword2vec", "negsamp"]
    with pytest.raises(SystemExit):
        rivals.parse([*options, "word2vec-c"])
    assert "it may have negsamp, gensim, pword2vec" in capsys.readouterr().err


def test_frontier_draws_each_library_and_number_of_epochs(tmp_path):
    frontier = importlib.import_module("frontier")
    runs = []
    for rival, epochs, total, analogies in (("A", 5, 9.0, 30), ("A", 1, 2.0, 10), ("B", 1, 8.0, 5)):
        scores = {"q total": 0, "questions-words total": analogies, "simlex": 20, "ws": 40}
        for seed in (1, 2):
            runs.append({**made_up(rival, seed, total=total + seed), "epochs": epochs})
            runs[-1]["scores"] = {name: score + seed for name, score in scores.items()}
    assert frontier.points(runs) == {
        "A": [(1, 3.5, 31.5, 11.5), (5, 10.5, 31.5, 31.5)],
        "B": [(1, 9.5, 31.5, 6.5)],
    }
    results, more, figure = (tmp_path / name for name in ("some.json", "more.json", "figure.png"))
    results.write_text(json.dumps({"runs": runs}))
    added = {**runs[0], "rival": "C"}
    more.write_text(json.dumps({"runs": [{**runs[0], "total_seconds": 99.0}, added]}))
    assert frontier.of_new_libraries([results, more]) == [*runs, added]
    command = [sys.executable, BENCHMARKS / "frontier.py", results, more, "--out", figure]
    subprocess.run(command, check=True)
    assert figure.read_bytes().startswith(b"\x89PNG")
