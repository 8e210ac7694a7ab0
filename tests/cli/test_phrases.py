"""``negsamp phrases``: it writes what the library does, and refuses before it reads."""

import gzip
import os
from pathlib import Path

import pytest

from negsamp import Phrases
from negsamp.cli import main


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("in new york city\nin new york\nnew house of york and of wales\n" * 9)
    return path


def test_command_writes_what_the_library_does(tmp_path, text, capsys):
    output = tmp_path / "out.txt.gz"
    options = "--min-count=3 --threshold=.2 --scoring=npmi --passes=2 --delimiter=~ "
    options += "--joining best --connector-words of the --max-vocab-size 1000"
    assert main(["phrases", str(text), "-o", str(output), *options.split()]) == 0
    phrases = Phrases(3, 0.2, "npmi", "~", ["of", "the"], 1000, 2, "best").fit(text)
    lines = [line.split() for line in gzip.decompress(output.read_bytes()).decode().splitlines()]
    assert lines == list(phrases.transform(text))
    out, err = capsys.readouterr()
    head, *shown = out.splitlines()
    assert head == f"{output}: {len(phrases.phrases_)} phrases"
    assert [line.split()[2] for line in shown] == list(phrases.phrases_)[:10]
    assert len(shown) > 2
    for count, score, phrase in map(str.split, shown):
        assert int(count) == phrases.counts_[phrase]
        assert float(score) == pytest.approx(phrases.phrases_[phrase], rel=1e-3)
    assert err == ""


@pytest.mark.parametrize("name", ["x.bin", "x.npz", "x.zip", "x.txt.bz2", "x.bin.gz", "x.csv"])
def test_command_refuses_the_suffix_of_another_file(tmp_path, text, capsys, name):
    assert main(["phrases", str(text), "-o", str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert "has the suffix of a file of another kind, and text is written; write -o" in said
    assert os.listdir(tmp_path) == ["in.txt"]
    assert main(["phrases", str(text), "-o", said.split("-o ")[1].strip()]) == 0
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "nan"], "threshold is nan"),
        (["--threshold", "2,x"], "argument --threshold: invalid numbers value: '2,x'"),
        (["--threshold", "2,1", "--passes", "3"], "threshold has 2 values and "),
        (["--delimiter", ""], "delimiter is ''"),
        (["--delimiter", " "], "delimiter is ' ', and a text is split at white space"),
        (["--connector-words", "o_f"], " holds 'o_f'; it must hold strings"),
        ([], "exists; --force replaces it"),
        (["-o", "IN", "--force"], "the corpus itself"),
        (["-o", "."], "is a folder"),
    ],
)
def test_command_refuses_before_it_reads(tmp_path, text, capsys, monkeypatch, options, message):

    def fit(self, corpus, *, errors="strict", encoding="utf-8"):
        raise AssertionError("it was read")

    monkeypatch.setattr(Phrases, "fit", fit)
    output = tmp_path / "out.txt"
    output.write_text("before")
    options = [str(text) if option == "IN" else option for option in options]
    assert main(["phrases", str(text), "-o", str(output), *options]) == 2
    assert message in capsys.readouterr().err
    assert output.read_text() == "before"
    assert text.read_text().startswith("in new york")


def test_second_command_is_a_second_pass(tmp_path, text, capsys):
    """As word2phrase's demo has it, with a lower threshold."""
    once, twice, both = (str(tmp_path / name) for name in ("once.txt", "twice.txt", "both.txt"))
    assert main(["phrases", str(text), "-o", once, "--threshold", ".3"]) == 0
    assert main(["phrases", once, "-o", twice, "--threshold", ".05"]) == 0
    assert main(["phrases", "--threshold", ".3,.05", str(text), "-o", both]) == 0
    written = [Path(path).read_text() for path in (once, twice, both)]
    assert written[0] != written[1] == written[2]
    assert "in_new_york" in written[1]
    assert capsys.readouterr().err == ""


def test_command_forced_replaces(tmp_path, text):
    output = tmp_path / "out.txt"
    output.write_text("before")
    assert main(["phrases", str(text), "-o", str(output), "--force", "--threshold=.1"]) == 0
    assert output.read_text().startswith("in_new york")
    assert main(["phrases", str(tmp_path / "none"), "-o", str(tmp_path / "new")]) == 2
    assert sorted(os.listdir(tmp_path)) == ["in.txt", "out.txt"]
