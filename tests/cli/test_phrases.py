"""``negsamp phrases``: it writes what the library does, and refuses before it reads."""

import gzip
import os

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
    options += "--connector-words of the --max-vocab-size 1000"
    assert main(["phrases", str(text), "-o", str(output), *options.split()]) == 0
    phrases = Phrases(3, 0.2, "npmi", "~", ["of", "the"], 1000, 2).fit(text)
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "nan"], "threshold is nan"),
        (["--delimiter", ""], "delimiter is ''"),
        ([], "exists; --force replaces it"),
        (["-o", "IN", "--force"], "is the corpus itself"),
        (["-o", "."], "is a folder"),
    ],
)
def test_command_refuses_before_it_reads(tmp_path, text, capsys, monkeypatch, options, message):

    def fit(self, corpus, *, errors="strict"):
        raise AssertionError("it was read")

    monkeypatch.setattr(Phrases, "fit", fit)
    output = tmp_path / "out.txt"
    output.write_text("before")
    options = [str(text) if option == "IN" else option for option in options]
    assert main(["phrases", str(text), "-o", str(output), *options]) == 2
    assert message in capsys.readouterr().err
    assert output.read_text() == "before"
    assert text.read_text().startswith("in new york")


def test_command_forced_replaces(tmp_path, text):
    output = tmp_path / "out.txt"
    output.write_text("before")
    assert main(["phrases", str(text), "-o", str(output), "--force", "--threshold=.1"]) == 0
    assert output.read_text().startswith("in_new york")
    assert main(["phrases", str(tmp_path / "none"), "-o", str(tmp_path / "new")]) == 2
    assert sorted(os.listdir(tmp_path)) == ["in.txt", "out.txt"]
