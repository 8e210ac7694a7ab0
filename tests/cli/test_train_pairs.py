"""``negsamp train --pairs``: files of pairs, resuming, and what is printed."""

import gzip
import re

import numpy as np
import pytest

from negsamp import Word2Vec, open_vectors
from negsamp.cli import main


@pytest.fixture
def pairs(tmp_path):
    """A file of 600 pairs with weights."""
    rng = np.random.default_rng(0)
    rows = zip(
        rng.integers(0, 9, 600), rng.integers(0, 7, 600), rng.integers(1, 5, 600), strict=True
    )
    path = tmp_path / "pairs.tsv.gz"
    path.write_bytes(gzip.compress("".join(f"u{c}\ti{o}\t{w}\n" for c, o, w in rows).encode()))
    return path


def expected_of(source, **how):
    params = {"vector_size": 8, "epochs": 2, "workers": 1, "seed": 1, "sample": 0}
    return Word2Vec(**params, progress=False).fit_pairs(source, **how)


@pytest.mark.parametrize("order", ["before", "after"])
def test_pairs_of_a_file_are_trained_and_saved(pairs, tmp_path, quick, capsys, order):
    output = tmp_path / "model"
    files = ["--pairs", str(pairs)] if order == "before" else [str(pairs), "--pairs"]
    assert main(["train", *files, "-o", str(output), *quick]) == 0
    shown = capsys.readouterr()
    assert re.fullmatch(
        rf"{output}: 9 centers, 7 contexts, \d+\.\d s, loss \d\.\d+\n", shown.out
    ), shown.out
    model, expected = Word2Vec.load(output), expected_of(pairs)
    assert model.vectors_.tobytes() == expected.vectors_.tobytes()
    assert model.context_wv.index_to_key == expected.context_wv.index_to_key


def test_delimiter_header_encoding_and_several_files(tmp_path, quick):
    for name, words in (("a.csv", "é b"), ("b.csv", "b c")):
        lines = ["center|context", *(f"{c}|{o}" for c in words.split() for o in "xyz"), ""]
        (tmp_path / name).write_text("\n".join(lines * 6), encoding="latin-1")
    files = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    how = "--pairs --delimiter | --encoding latin-1 --min-count 1 --quiet".split()
    assert main(["train", *files, "-o", str(tmp_path / "m"), *how, *quick]) == 0
    with_heading = Word2Vec.load(tmp_path / "m").wv
    assert main(["train", *files, "-o", str(tmp_path / "m"), *how, *quick, "--header"]) == 0
    model = Word2Vec.load(tmp_path / "m")
    assert set(model.wv.index_to_key) == {"é", "b", "c", "center"}
    assert with_heading.counts.sum() == model.wv.counts.sum() + 2


def test_tab_is_typed_as_it_is_in_a_shell(tmp_path, quick):
    path = tmp_path / "pairs.txt"
    path.write_text("a,b\tc\n" * 9)
    options = ["--pairs", "--delimiter", r"\t", "--quiet", *quick]
    assert main(["train", str(path), "-o", str(tmp_path / "m"), *options]) == 0
    assert Word2Vec.load(tmp_path / "m").wv.index_to_key == ["a,b"]


def test_vectors_of_centers_alone_can_be_written(pairs, tmp_path, quick, capsys):
    output = tmp_path / "users.txt"
    assert main(["train", str(pairs), "--pairs", "-o", str(output), *quick]) == 0
    assert "; the vectors of the centers alone, without counts" in capsys.readouterr().out
    assert open_vectors(output).index_to_key == expected_of(pairs).wv.index_to_key


def test_run_on_pairs_is_resumed(pairs, tmp_path, quick, monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        fit_pairs(*args, **kwargs, callbacks=lambda model, epoch: stop())

    def stop():
        raise KeyboardInterrupt

    fit_pairs, run = Word2Vec.fit_pairs, ["--checkpoint", str(tmp_path / "run"), "--resume"]
    command = ["train", "--pairs", str(pairs), "-o", str(tmp_path / "m"), *quick, "--quiet", *run]
    command += ["--validation", "0.2"]
    with monkeypatch.context() as patch:
        patch.setattr(Word2Vec, "fit_pairs", interrupted)
        assert main(command) == 130
    assert "goes on from the last checkpoint" in capsys.readouterr().err
    assert main(command) == 0
    model, expected = Word2Vec.load(tmp_path / "m"), expected_of(pairs, validation=0.2)
    assert model.vectors_.tobytes() == expected.vectors_.tobytes()
    assert model.validation_loss_history_ == expected.validation_loss_history_


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pairs", "--cache", "c"], "argument --cache: it keeps a text, and --pairs has none"),
        (["--delimiter", ","], "argument --delimiter: it needs --pairs"),
        (["--header"], "argument --header: it needs --pairs"),
        (["--pairs", "--delimiter", "::"], "--delimiter is '::'; it must be one character"),
        (["--pairs", "--objective", "softmax"], "softmax', which draws no noise words"),
        (["--pairs", "--validation", "0.9"], "--validation is 0.9; it must be a share"),
    ],
)
def test_options_that_do_not_belong_together(pairs, tmp_path, capsys, options, message):
    assert main(["train", str(pairs), "-o", str(tmp_path / "m"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_bad_line_is_one_line_on_stderr(tmp_path, capsys):
    path = tmp_path / "pairs.csv"
    path.write_text("a,b,1\nc,d,much\n")
    assert main(["train", str(path), "--pairs", "-o", str(tmp_path / "m")]) == 2
    assert capsys.readouterr().err == (
        f"negsamp: error: line 2 of {str(path)!r} has the weight 'much'; it must be a finite "
        "number, 0 or more\n"
    )
