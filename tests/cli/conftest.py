"""A text of two topics and a model of it, which most commands are tried on."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest

from negsamp.cli import main

ANIMALS = ("cat", "dog", "horse", "mouse", "cow", "größe")
COLOURS = ("red", "green", "blue", "yellow", "black", "white")


@pytest.fixture(scope="session")
def quick():
    """Options of small vectors, alike in every run; all words are frequent and none is skipped."""
    return "--vector-size 8 --epochs 2 --sample 0 --workers 1 --seed 1".split()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """200 sentences of animals and 200 of colours."""
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(words, size=10)) for words in (ANIMALS, COLOURS) * 200]
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def model(corpus, quick, tmp_path_factory):
    """Folder of a model trained on the corpus."""
    folder = tmp_path_factory.mktemp("models") / "model"
    assert main(["train", str(corpus), "-o", str(folder), *quick, "--quiet"]) == 0
    return folder


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command in this process, and give what `subprocess.run` gives of one of its own."""
    # handlers of pytest would take what is logged
    monkeypatch.setattr(logging.getLogger("negsamp"), "hasHandlers", lambda: False)

    def run(*arguments):
        status = main([*map(str, arguments)])
        out, err = capsys.readouterr()
        return SimpleNamespace(returncode=status, stdout=out, stderr=err)

    return run


@pytest.fixture
def training_raises(monkeypatch):
    """Let training end in an exception, after the corpus is read."""

    def arrange(error):
        def train(self, *args):
            raise error

        monkeypatch.setattr("negsamp.training.run.Run.train", train)

    return arrange
