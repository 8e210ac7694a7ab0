"""The example runs as its reader would run it, and what it prints is true."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import negsamp
from negsamp import Word2Vec

SOURCES = str(Path(negsamp.__file__).parents[1].absolute())
EXAMPLE = Path(__file__).parents[1] / "examples" / "train_text8.py"
TOPICS = (
    ("king", "queen", "france", "london", "war", "church"),
    ("computer", "python", "file", "string", "matrix", "function"),
)
QUICK = "--vector-size 8 --epochs 2 --workers 1 --seed 1".split()


def run(folder, *arguments, **variables):
    """The example in a folder, as a program of its own, where a warning is an error too."""
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), *map(str, arguments)],
        cwd=folder,
        # the search path may be relative to the folder that pytest runs in
        env={**os.environ, "COLUMNS": "1000", "PYTHONPATH": SOURCES, **variables},
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with `corpus.txt`: 200 sentences of royalty and 200 of computing."""
    folder = tmp_path_factory.mktemp("home")
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(words, size=10)) for words in TOPICS * 200]
    (folder / "corpus.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def evaluation(home):
    """A folder of files to score on, one of which cannot be read as either kind."""
    folder = home / "evaluation"
    folder.mkdir()
    pairs = ["king\tqueen\t9", "king\tfile\t1", "python\tcomputer\t8", "war\tunknown\t5"]
    questions = [": royals", "king queen file string", "king queen london unknown"]
    (folder / "pairs.tsv").write_text("\n".join(pairs), encoding="utf-8")
    (folder / "questions.txt").write_text("\n".join(questions), encoding="utf-8")
    (folder / "notes.md").write_text("Where these come from.\n", encoding="utf-8")
    (folder / "folder").mkdir()
    return folder


@pytest.fixture(scope="module")
def trained(home, evaluation):
    result = run(home, "--corpus", "corpus.txt", "--eval-dir", evaluation, *QUICK)
    assert result.returncode == 0
    # a dozen words make up the whole corpus
    assert re.fullmatch(r"sample=0.001 keeps about .* sample=0 keeps all of them\n", result.stderr)
    return result.stdout


def test_example_saves_below_vectors_under_the_name_of_the_corpus(home, trained):
    model = Word2Vec.load(home / "vectors" / "corpus")
    assert sorted(model.wv.index_to_key) == sorted(TOPICS[0] + TOPICS[1])
    chosen = {"vector_size": 8, "epochs": 2, "workers": 1, "seed": 1}
    assert model.get_params() == Word2Vec(**chosen).get_params()
    losses = " ".join(f"{loss:.3f}" for loss in model.loss_history_)
    assert f"by epoch: {losses}\n" in trained
    rate = r"^12 words, 4,000 tokens, [\d.]+ s of training, [\d,]+ words/s\.$"
    assert re.search(rate, trained, re.MULTILINE)


def test_example_shows_neighbours(home, trained):
    kv = Word2Vec.load(home / "vectors" / "corpus").wv
    table = trained.split("cosines:\n")[1].split("\n\n")[0].splitlines()
    assert table[0].split()[0] == "king"
    for line in table:
        word, *shown = line.split()
        expected = (f"{cosine:.2f} {near}" for near, cosine in kv.most_similar(word, topn=4))
        assert " ".join(shown) == " ".join(expected)
        assert len(line) < 80


def test_example_scores_on_each_file_that_it_recognises(trained):
    scores = trained.split("Scores on the files in ")[1].split("\n\n")[0].splitlines()[1:]
    assert [line.split()[0] for line in scores] == ["notes.md", "pairs.tsv", "questions.txt"]
    notes, pairs, questions = scores
    assert notes.endswith("neither word pairs nor analogies")
    assert re.search(r" -?[01]\.\d{3} Spearman over 3 pairs, 1 unknown$", pairs)
    assert re.search(r" [\d.]+% of 1 analogies, 1 unknown$", questions)


def test_example_prints_code_that_loads_the_vectors_without_us(home, trained):
    code = trained.split("with NumPy alone:\n\n")[1]
    assert code.startswith("import numpy as np\n")
    assert code.count("\n") == 4
    assert "negsamp" not in code
    code += "np.save('shown.npy', vectors[words == 'king'])"
    options = ["-W", "error", "-I", "-c"]
    result = subprocess.run(
        [sys.executable, *options, code], cwd=home, capture_output=True, encoding="utf-8"
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("[[")
    expected = Word2Vec.load(home / "vectors" / "corpus").wv[["king"]]
    np.testing.assert_array_equal(np.load(home / "shown.npy"), expected)


def test_example_without_a_network_says_so_and_trains_on_the_docs(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    # every download goes to a port at which nobody listens, and no corpus is in the cache
    no_network = {"http_proxy": f"http://127.0.0.1:{port}", "no_proxy": ""}
    result = run(
        tmp_path, *QUICK, "--epochs", "1", NEGSAMP_CACHE=str(tmp_path / "cache"), **no_network
    )
    assert (result.returncode, result.stderr) == (0, "")
    first, second, *_ = result.stdout.splitlines()
    assert first.startswith("No text8 (cannot download http://mattmahoney.net/dc/text8.zip: ")
    assert first.endswith("): taking the documentation of Python, NumPy and SciPy.")
    assert second == "Training Word2Vec(vector_size=8, epochs=1, workers=1, seed=1) on docs."
    assert "array" in Word2Vec.load(tmp_path / "vectors" / "docs").wv
    assert os.listdir(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--corpus", "missing.txt"], "'missing.txt', which does not exist"),
        (["--corpus", "missing.txt", "--output", "."], "holds something that is not a model"),
        (["--corpus", "corpus.txt", "--window", "0"], "window is 0; it must be"),
        (["--corpus", "corpus.txt", "--min-count", "9999"], "9999"),
    ],
)
def test_example_ends_in_one_line_where_an_argument_is_wrong(home, arguments, expected):
    result = run(home, *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert expected in result.stderr


def test_read_me_first_prints_what_it_learned(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE.with_name("read_me_first.py"))],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": SOURCES},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    seen, unseen = re.findall(r"score of .*: ([-+][\d.]+)", done.stdout)
    assert float(seen) > float(unseen) + 1
    assert "near king: queen" in done.stdout
    assert "near dog: cat" in done.stdout


def stream(folder, lines, *arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE.with_name("stream.py")), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": SOURCES},
        input="\n".join(lines),
        capture_output=True,
        encoding="utf-8",
    )


def test_stream_goes_on_from_where_it_was(home, tmp_path):
    lines = (home / "corpus.txt").read_text("utf-8").splitlines()
    # the first lines are too few to begin with
    how = "--vector-size 8 --batch 4 --every 3 --min-count 8 --watch king nowhere".split()
    first = stream(tmp_path, lines[:100], *how)
    assert first.returncode == 0
    assert first.stderr.count("\n") == first.stderr.count("sample=0 keeps all of them")
    assert first.stdout.startswith("Batch 1: waiting for more, as no word is seen min_count=8")
    assert "  king (" in first.stdout
    assert "nowhere" not in first.stdout
    assert first.stdout.endswith("Saved as vectors/stream.\n")
    assert Word2Vec.load(tmp_path / "vectors" / "stream").raw_words_ == 1000
    again = stream(tmp_path, ["king emperor"] * 40, *how)
    assert again.stdout.startswith("Going on from vectors/stream: 12 words.\n")
    model = Word2Vec.load(tmp_path / "vectors" / "stream")
    assert model.raw_words_ == 1080
    assert model.wv.index_to_key[12:] == ["emperor"]
    expected = Word2Vec(8, min_count=8, epochs=1, seed=1)
    assert model.get_params() == expected.get_params()


def test_stream_that_ends_at_once_says_so(tmp_path):
    done = stream(tmp_path, ["too little"])
    assert done.returncode == 1
    assert done.stderr == "error: the stream ended before there was enough to train on\n"
    assert os.listdir(tmp_path) == []
