"""Messages name options as they are typed, whatever is wrong and wherever it is found out."""

import argparse
import logging
import re
import warnings

import numpy as np
import pytest
from test_cli import NAMES

from negsamp import KeyedVectors
from negsamp.cli import _parser, main
from negsamp.cli.wording import telling

[_subparsers] = [a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction)]
PARSERS = _subparsers.choices
BAD = ["", "-1", "0", "nan", "1e400", "abc", "9" * 30, "x" * 5000, "None", "1.5"]


def wording_of(command):
    return PARSERS[command].get_default("wording")


@pytest.mark.parametrize(
    ("command", "message", "expected"),
    [
        ("train", "vector_size is 0; it must be", "--vector-size is 0; it must be"),
        ("train", "window is 0; it must", "--window is 0; it must"),
        (
            "train",
            "a.txt is not UTF-8; errors='ignore' reads on",
            "a.txt is not UTF-8; --errors ignor",
        ),
        (
            "train",
            "x: errors='replace' or 'ignore' reads on",
            "x: --errors replace or --errors ignore reads on",
        ),
        ("train", 'errors="ignore" reads on', "--errors ignore reads on"),
        ("train", "no pair is left; sample=0 keeps all", "no pair is left; --sample 0 keeps all"),
        ("train", "shrink_windows=False", "--no-shrink-windows"),
        ("train", "shrink_windows=True", "no --no-shrink-windows"),
        ("train", "progress=False is quiet", "--quiet is quiet"),
        ("train", "frozen=True keeps", "--frozen keeps"),
        ("train", "sample is 1e-5 and batch_size 64", "--sample is 1e-5 and --batch-size 64"),
        (
            "train",
            "min_alpha is 1; it must be at most alpha",
            "--min-alpha is 1; it must be at most",
        ),
        (
            "train",
            "smaller ones or optimizer='adagrad' may",
            "smaller ones or --optimizer adagrad may",
        ),
        ("train", "ns_exponent=-0.5 draws", "--ns-exponent=-0.5 draws"),
        (
            "train",
            "seed is 'a'; an integer, 0 or more, or None",
            "--seed is 'a'; an integer, 0 or more, o",
        ),
        ("diagnose", "min_count=5 leaves out 90 %", "--min-count 5 leaves out 90 %"),
        ("phrases", "use delimiter='~'", "use --delimiter '~'"),
        ("phrases", "threshold is nan; it must", "--threshold is nan; it must"),
        ("similar", "topn is 0; it must", "--topn is 0; it must"),
        (
            "similar",
            "errors='replace' or 'ignore' reads on",
            "negsamp convert with --errors replace or -",
        ),
        ("plot", "on_duplicate='first' leaves", "negsamp convert with --on-duplicate first leaves"),
        ("convert", "on_duplicate='first' leaves", "--on-duplicate first leaves"),
        ("convert", "in binary form (binary=True)", "in binary form (a name that ends in .bin)"),
        (
            "evaluate",
            "it is UTF-16; encoding='utf-16' reads",
            "it is UTF-16; --encoding utf-16 reads",
        ),
        ("explore", "method is 'x'", "--method is 'x'"),
        # what is no parameter stays as it is
        (
            "train",
            "'sample=0' and 'vector_size' are words",
            "'sample=0' and 'vector_size' are words",
        ),
        ("train", "the window is small, a sample of it", "the window is small, a sample of it"),
        ("train", "word2vec's vector_size, gensim's", "word2vec's --vector-size, gensim's"),
        ("train", "/tmp/my-window=3/x.alpha=3", "/tmp/my-window=3/x.alpha=3"),
        ("train", "the --vector-size is 3", "the --vector-size is 3"),
    ],
)
def test_wording_types_options(command, message, expected):
    assert wording_of(command)(message).startswith(expected)


def test_wording_leaves_out_none():
    message = "seed is 'a'; it must be an integer, 0 or more, or None"
    assert wording_of("train")(message).endswith("0 or more, or be left out")


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wording")
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(list("abcdefgh"), 10)) for _ in range(30)]
    (folder / "corpus.txt").write_text("\n".join(lines))
    KeyedVectors(list("abcdefgh"), rng.normal(size=(8, 4))).save(folder / "kv")
    (folder / "q.txt").write_text("a b c d\n")
    (folder / "p.txt").write_text("a b 3\nc d 1\n")
    return folder


COMMANDS = {
    "train": "corpus.txt -o out --vector-size 4 --epochs 1 --workers 1 --quiet",
    "diagnose": "corpus.txt --vector-size 4 --seconds 0",
    "phrases": "corpus.txt -o out.txt --force",
    "similar": "kv a",
    "evaluate": "kv q.txt p.txt",
    "convert": "kv out.npz --force",
    "plot": "kv -o out.svg --top 3",
    "explore": "kv -o out.html --top 3",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_bad_values_of_any_option_are_one_line(places, monkeypatch, capsys, name):
    if name == "plot":
        pytest.importorskip("matplotlib", reason="pictures need the extra plot")
    monkeypatch.chdir(places)
    refused = 0
    for action in PARSERS[name]._actions:
        if action.nargs == 0 or action.dest == "output":
            continue
        for value in BAD:
            words = [name, *COMMANDS[name].split()]
            if not action.option_strings:
                before = [a.dest for a in PARSERS[name]._actions if not a.option_strings]
                words[1 + before.index(action.dest)] = value
            elif action.nargs is None:
                words.append(f"{max(action.option_strings, key=len)}={value}")
            else:
                n = action.nargs if isinstance(action.nargs, int) else 1
                words += [max(action.option_strings, key=len), *[value] * n]
            status = main(words)
            complaint = capsys.readouterr().err
            if status == 0:
                continue
            refused += 1
            assert complaint.startswith("negsamp: error: "), words
            assert complaint.count("\n") == 1, words
            assert len(complaint) < 1100, words
            unquoted = re.sub(r"(?<!\w)'[^']*'", "''", complaint)
            assert not re.search(r"\b[a-z]\w*=", unquoted), complaint
            assert not re.search(r"(?<![\w-])[a-z]+_[a-z_]+\b", unquoted), complaint
    assert refused > 10


def test_warnings_and_logs_are_lines_of_the_command_line(capsys, monkeypatch):
    logger = logging.getLogger("negsamp.somewhere")
    monkeypatch.setattr(logging.getLogger("negsamp"), "hasHandlers", lambda: False)
    with warnings.catch_warnings(), telling(wording_of("train")):
        warnings.simplefilter("always")
        warnings.warn("nothing\nwas trained; sample=0 keeps all", RuntimeWarning, stacklevel=1)
        logger.warning("min_count=%d is much", 5)
        logger.info("not shown")
    assert capsys.readouterr().err.splitlines() == [
        "negsamp: warning: nothing was trained; --sample 0 keeps all",
        "negsamp: warning: --min-count 5 is much",
    ]
    assert logging.getLogger("negsamp").handlers == []


def test_log_of_a_command_is_one_line(places, command):
    (places / "odd.txt").write_bytes(b"a b 3\nc d 1\ncaf\xe9 b 1\n")
    result = command("evaluate", places / "kv", places / "odd.txt")
    assert result.returncode == 0
    assert result.stderr.startswith(
        f"negsamp: warning: {places / 'odd.txt'}: skipped 1 line(s) not"
    )
    assert "(--encoding latin-1 may read them)" in result.stderr
    again = command("evaluate", places / "kv", places / "odd.txt", "--encoding", "latin-1")
    assert (again.returncode, again.stderr) == (0, "")


def test_report_shows_a_glimpse_of_a_long_message(capsys, monkeypatch, places):
    def fail(*_, **__):
        raise ValueError("corpus is " + "x y " * 100_000 + "; it must be a path")

    monkeypatch.setattr("negsamp.cli.evaluate.open_vectors", fail)
    assert main(["evaluate", str(places / "kv"), str(places / "p.txt")]) == 2
    said = capsys.readouterr().err
    assert len(said) < 1100
    assert said.endswith("; it must be a path\n")
