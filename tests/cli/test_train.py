"""``negsamp train`` and ``negsamp diagnose``: parameters, what is printed, signals and resuming."""

import functools
import os
import re
import shlex
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from test_cli import assert_one_line, run

from negsamp import Word2Vec, open_vectors, save_vectors
from negsamp.cli import main
from negsamp.errors import TrainingInterrupted


def test_diagnose_shows_what_training_would_be(capsys, corpus, quick):
    assert main(["diagnose", str(corpus), *quick, "--seconds", "0.01"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith("corpus      4,000 tokens\n")
    assert "12 words, 0 of them seen once, 12 of them 5 times or more" in shown.out
    assert re.search(r"^time +about .* for 2 epochs, estimated from", shown.out, re.MULTILINE)


def test_diagnose_hands_every_parameter_over(capsys, monkeypatch):
    asked = []

    def diagnose(self, corpus, *, errors, encoding, seconds: float = 7.0):
        asked.append((self.get_params(), corpus, errors, encoding, seconds))
        return "nothing to say"

    monkeypatch.setattr(Word2Vec, "diagnose", diagnose)
    options = "--window 3 --alpha 0.5 --no-shrink-windows --errors ignore --seconds 0".split()
    assert main(["diagnose", "text.txt", *options, "--encoding", "latin-1"]) == 0
    assert capsys.readouterr().out == "nothing to say\n"
    chosen = {"window": 3, "alpha": 0.5, "shrink_windows": False}
    expected = {**Word2Vec().get_params(), **chosen}
    assert asked == [(expected, "text.txt", "ignore", "latin-1", 0.0)]


@pytest.mark.parametrize(
    "of_objective",
    [
        "--objective=nce --nce-normalizer=center --shift=0.0 --init=random",
        "--objective=sgns --shift=1.5 --init=pmi",
    ],
)
def test_train_hands_every_parameter_over_and_quiet_prints_nothing(
    corpus, tmp_path, capsys, of_objective
):
    options = (
        "--vector-size=7 --window=3 --min-count=2 --sample=0.01 --negative=4 --ns-exponent=-0.5 "
        "--optimizer=sgd --alpha=0.02 --min-alpha=0.001 --epochs=3 --workers=1 --seed=9 "
        f"--max-vocab-size=1000 --max-final-vocab=11 --batch-size=64 {of_objective}"
    ).split()
    folder = tmp_path / "model"
    flags = ["--no-shrink-windows", "--quiet"]
    assert main(["train", str(corpus), "--output", str(folder), *options, *flags]) == 0
    assert capsys.readouterr() == ("", "")
    params = Word2Vec.load(folder).get_params()
    # a noise distribution is an array or a function, which no option can carry
    others = {"shrink_windows": False, "progress": False, "noise": None}
    given = [f"--{name.replace('_', '-')}={params[name]}" for name in params if name not in others]
    if params["nce_normalizer"] is None:
        given.remove("--nce-normalizer=None")
    assert (sorted(given), {name: params[name] for name in others}) == (sorted(options), others)
    defaults = Word2Vec().get_params()
    left = {name for name in params if params[name] == defaults[name]}
    assert left in ({"noise"}, {"noise", "objective", "nce_normalizer"})


def test_train_prints_one_line(corpus, quick, tmp_path, capsys, monkeypatch):
    def save(self, folder):
        self.fit_seconds_["train"] = 0.5
        trained.append(self)

    trained = []
    monkeypatch.setattr(Word2Vec, "save", save)
    assert main(["train", str(corpus), "-o", str(tmp_path / "model"), *quick]) == 0
    # 16 000 words/s are 4 000 words of 2 epochs; no progress bar, for this is no terminal
    summary = "model: 12 words, 4,000 tokens, 0.5 s, 16,000 words/s, loss "
    expected = f"{tmp_path}{os.sep}{summary}{trained[0].loss_history_[-1]:.3f}\n"
    assert capsys.readouterr() == (expected, "")


def test_train_makes_the_folders_above_and_replaces_an_older_model(corpus, quick, tmp_path):
    folder = tmp_path / "one" / "two" / "model"
    for size in (4, 6):
        options = [*quick, "--vector-size", str(size)]
        assert main(["train", str(corpus), "-o", str(folder), *options]) == 0
    assert Word2Vec.load(folder).wv.vector_size == 6
    assert os.listdir(folder.parent) == ["model"]


def test_train_refuses_a_parent_that_is_read_only(tmp_path, capsys):
    parent = tmp_path / "parent"
    parent.mkdir(mode=0o555)
    if os.access(parent, os.W_OK):
        pytest.skip("needs a user whom permissions bind")
    assert main(["train", "missing.txt", "-o", str(parent / "model")]) == 2
    assert_one_line(capsys.readouterr(), "parent': Permission denied")


def test_train_reads_on_over_bad_bytes_and_keeps_a_cache(quick, tmp_path):
    path, cache = tmp_path / "latin1.txt", tmp_path / "cache"
    path.write_bytes(b"caf\xe9 au lait\n" * 20)
    options = [*quick, "--errors", "ignore", "--cache", str(cache)]
    assert main(["train", str(path), "-o", str(tmp_path / "model"), *options]) == 0
    assert sorted(Word2Vec.load(tmp_path / "model").wv.index_to_key) == ["au", "caf", "lait"]
    assert len(os.listdir(cache)) == 1


def test_limits_and_vectors_to_begin_with_are_handed_over(corpus, model, quick, tmp_path, capsys):
    options = "--validation 0.2 --patience 1 --max-time 1h --frozen --epochs 9".split()
    command = ["train", str(corpus), "-o", str(tmp_path / "model"), *quick, *options]
    assert main([*command, "--init-vectors", str(model)]) == 0
    said = capsys.readouterr().out
    assert re.search(r" s, loss \d\.\d{3}, held-out \d\.\d{3}\n$", said)
    trained, before = Word2Vec.load(tmp_path / "model"), Word2Vec.load(model)
    assert trained.vectors_.tobytes() == before.vectors_.tobytes()
    assert trained.context_vectors_.tobytes() != before.context_vectors_.tobytes()
    assert len(trained.validation_loss_history_) == len(trained.loss_history_)


@pytest.mark.parametrize(
    "name", ["v.vec", "v.txt", "v.bin.gz", "v.glove", "v.npz", "v.safetensors"]
)
def test_init_vectors_may_have_any_format(corpus, model, quick, tmp_path, name):
    vectors = Word2Vec.load(model).wv
    save_vectors(vectors, tmp_path / name)
    command = ["train", str(corpus), "-o", str(tmp_path / "model"), *quick, "--quiet", "--frozen"]
    assert main([*command, "--init-vectors", str(tmp_path / name)]) == 0
    assert Word2Vec.load(tmp_path / "model").vectors_.tobytes() == vectors.vectors.tobytes()


def test_init_vectors_that_cannot_be_read_are_one_line(corpus, quick, tmp_path, capsys):
    (tmp_path / "v.txt").write_bytes(b"1 8\ncaf\xe9 1 2 3 4 5 6 7 8\n")
    (tmp_path / "w.txt").write_text("1 2\nred 1 2\n")
    command = ["train", str(corpus), "-o", str(tmp_path / "model"), *quick, "--quiet"]
    for name, message in (
        ("missing", "there is no file or folder"),
        ("v.txt", "--errors replace or --errors ignore reads on"),
        ("w.txt", "--init-vectors has vectors of 2 numbers and --vector-size is 8"),
    ):
        assert main([*command, "--init-vectors", str(tmp_path / name)]) == 2
        assert_one_line(capsys.readouterr(), message)
    assert main([*command, "--init-vectors", str(tmp_path / "v.txt"), "--errors", "replace"]) == 0


@pytest.mark.parametrize("name", ["v.bin", "v.TXT", "v.vec.gz", "v.glove", "v.npz", "v.projector"])
def test_train_writes_the_vectors_that_a_suffix_names(corpus, model, quick, tmp_path, capsys, name):
    output = tmp_path / "new" / name
    assert main(["train", str(corpus), "-o", str(output), *quick]) == 0
    assert capsys.readouterr().out.endswith("; the vectors alone, without counts\n")
    assert output.is_file() == (name != "v.projector")
    trained = open_vectors(output)
    assert trained.index_to_key == Word2Vec.load(model).wv.index_to_key
    assert trained.vectors.tobytes() == Word2Vec.load(model).wv.vectors.tobytes()
    assert main(["train", str(corpus), "-o", str(output), *quick]) == 2
    message = "exists; --force replaces it" if output.is_file() else "is a folder; choose another"
    assert_one_line(capsys.readouterr(), message)
    if output.is_file():
        assert main(["train", str(corpus), "-o", str(output), *quick, "--force", "--quiet"]) == 0


@pytest.mark.parametrize(
    "name", ["v.csv", "v.PKL", "v.gz", "a b.npy", "v.bz2", "v.tar.gz", "v.npz.gz"]
)
def test_train_refuses_the_suffix_of_another_file(corpus, quick, tmp_path, capsys, name):
    command = ["train", str(corpus), *quick, "--quiet"]
    assert main([*command, "-o", str(tmp_path / name)]) == 2
    captured = capsys.readouterr()
    assert_one_line(captured, name)
    assert os.listdir(tmp_path) == []
    for advice in re.findall(r"-o ('[^']*'|\S+) for", captured.err):
        assert main([*command, "-o", shlex.split(advice)[0]]) == 0


def test_train_does_not_write_over_its_corpus(corpus, quick, tmp_path, capsys):
    text = corpus.read_bytes()
    for force, message in ([], "--force replaces it"), (["--force"], "is the corpus itself"):
        assert main(["train", str(corpus), "-o", str(corpus), *quick, *force]) == 2
        assert_one_line(capsys.readouterr(), message)
    # as another spelling on a file system that does not tell capitals from small letters
    other = corpus.with_name("CORPUS.TXT")
    if not other.exists():
        os.link(corpus, other)
    assert main(["train", str(corpus), "-o", str(other), *quick, "--force"]) == 2
    assert_one_line(capsys.readouterr(), "is the corpus itself")
    assert corpus.read_bytes() == text


@pytest.mark.parametrize("name", ["word2vec.model", "model-1.0", "v2.final"])
def test_train_makes_a_folder_of_any_other_name(corpus, quick, tmp_path, name):
    assert main(["train", str(corpus), "-o", str(tmp_path / name), *quick, "--quiet"]) == 0
    assert len(Word2Vec.load(tmp_path / name).wv) == 12


def test_resume_refuses_other_options(corpus, quick, tmp_path, capsys):
    options = ["train", str(corpus), "-o", str(tmp_path / "model"), "--quiet", "--resume", *quick]
    options += ["--checkpoint", str(tmp_path / "run"), "--validation", "0.1"]
    for more in ([], [], ["--workers", "2"]):
        assert main([*options, *more]) == 0
    for more, message in (
        ("--epochs 3", "argument --epochs: it is 3, but the run in '.*run' began with 2; leave"),
        ("--max-time 1h", "argument --max-time: it is 3600.0, but the run in '.*' began with None"),
        ("--validation 0.2", "argument --validation: it is 0.2, but the run in '.*' began wi"),
        ("--max-time soon", "--max-time is 'soon'; it must be seconds above 0"),
    ):
        assert main([*options, *more.split()]) == 2
        assert re.search(message, capsys.readouterr().err)


def test_interrupt_saves_the_vectors_in_the_format_of_the_suffix(
    corpus, quick, tmp_path, capsys, monkeypatch
):
    fit = Word2Vec.fit

    @functools.wraps(fit)
    def stopped(self, *args, **kwargs):
        fit(self, *args, **kwargs)
        raise TrainingInterrupted("in epoch 1")

    monkeypatch.setattr(Word2Vec, "fit", stopped)
    command = ["train", str(corpus), "-o", str(tmp_path / "v.bin"), *quick, "--quiet", "--force"]
    for name in ("v.bin", "interrupted-v.bin"):
        assert main(command) == 130
        assert capsys.readouterr().err.endswith(f"{name}\n")
        assert len(open_vectors(tmp_path / name)) == 12


# Signals


def test_train_runs_in_another_thread(corpus, quick, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        command = ["train", str(corpus), "-o", str(tmp_path / "model"), *quick]
        assert pool.submit(main, command).result() == 0


@pytest.fixture
def long_corpus(tmp_path):
    """Text that is trained for minutes."""
    words = np.random.default_rng(0).zipf(1.3, size=300_000) % 2000
    path = tmp_path / "long.txt"
    path.write_text(" ".join(f"w{i}" for i in words))
    return path


def stop_training(number, *command, has_terminal=False):
    """Run a command until it trains, and send a signal to it, or to all that a terminal does."""
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from negsamp import cli\nfrom negsamp.training import epochs as training\n"
        "step, calls = training._Worker._step, []\n"
        "def note(*arguments):\n"
        "    step(*arguments)\n"
        "    calls.append(1)\n"
        "    if len(calls) == 3: print('trains', flush=True)\n"
        "training._Worker._step = note\n"
        "sys.exit(cli.main())"
    )
    command = [sys.executable, "-c", code, "train", *map(str, command), "--quiet"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, start_new_session=has_terminal, **pipes) as process:
        assert process.stdout.readline() == "trains\n"
        if has_terminal:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        return process.wait(60), process.stderr.read()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_saves_what_was_learned(long_corpus, tmp_path, number, status):
    output = tmp_path / "model"
    options = [long_corpus, "-o", output, "--epochs", 1000, "--workers", 1]
    place = r"negsamp: training was stopped in epoch \d+ of 1000, after \d+ % of it; the vectors "
    found, error = stop_training(number, *options)
    assert found == status
    assert re.fullmatch(place + rf"learned until then are in {output}\n", error)
    first = Word2Vec.load(output).vectors_
    assert np.isfinite(first).all()
    # an older model stays as it is
    found, error = stop_training(number, *options)
    assert error.endswith(f"are in {output}-interrupted\n")
    assert Word2Vec.load(output).vectors_.tobytes() == first.tobytes()
    assert len(Word2Vec.load(f"{output}-interrupted").wv) == len(first)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_leaves_a_checkpoint_to_go_on_from(long_corpus, tmp_path, number, status):
    options = [long_corpus, "-o", tmp_path / "model", "--checkpoint", tmp_path / "run"]
    options += ["--epochs", 3, "--seed", 1, "--vector-size", 10, "--resume"]
    found, error = stop_training(number, *options)
    assert found == status
    assert error.endswith("the same command with --resume goes on from the last checkpoint\n")
    assert not (tmp_path / "model").exists()
    assert run("train", *map(str, options), "--quiet").returncode == 0
    expected = Word2Vec(vector_size=10, epochs=3, seed=1, progress=False).fit(long_corpus)
    assert Word2Vec.load(tmp_path / "model").vectors_.tobytes() == expected.vectors_.tobytes()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_in_a_terminal_ends_all_workers(long_corpus, tmp_path):
    options = [long_corpus, "-o", tmp_path / "model", "--epochs", 1000, "--workers", 8]
    options += ["--batch-size", 4096]
    status, error = stop_training(signal.SIGINT, *options, has_terminal=True)
    assert status == 130
    assert re.fullmatch(r"negsamp: training was stopped in epoch .*\n", error)
    assert np.isfinite(Word2Vec.load(tmp_path / "model").vectors_).all()


def test_train_and_diagnose_read_several_files_in_an_encoding(corpus, quick, tmp_path, capsys):
    words = corpus.read_text().split()
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(4):
        text = " ".join(words[1000 * number : 1000 * (number + 1)]) + "\n"
        (folder / f"{number}.txt").write_text(text, "utf-16")
    whole = tmp_path / "whole.txt"
    whole.write_text("".join(path.read_text("utf-16") for path in sorted(folder.iterdir())))
    options = [*quick, "--seed", "1", "--quiet", "-o"]
    assert main(["train", str(whole), *options, str(tmp_path / "model")]) == 0
    expected = Word2Vec.load(tmp_path / "model").vectors_
    options = ["--encoding", "utf-16", *options]
    for names in ([folder], [folder / "*.txt"], [folder / "[0-1].txt", folder / "[23].txt"]):
        names = [*map(str, names)]
        assert main(["train", *names, *options, str(tmp_path / "model")]) == 0
        assert (Word2Vec.load(tmp_path / "model").vectors_ == expected).all()
        found = ["diagnose", *names, "--encoding", "utf-16", "--seconds", "0"]
        assert main(found) == 0
        assert "4,000 tokens" in capsys.readouterr().out
    output = tmp_path / "joined.txt"
    assert main(["phrases", str(folder), "--encoding", "utf-16", "-o", str(output)]) == 0
    assert len(output.read_text("utf-8").splitlines()) == 4
    capsys.readouterr()
    assert main(["phrases", str(folder), "-o", str(folder / "out.txt")]) == 2
    assert "argument --output is '" in capsys.readouterr().err


# Epochs without a pair


def toy(tmp_path, times):
    text = tmp_path / "toy.txt"
    text.write_text("cats chase mice\ndogs chase cats\n" * times)
    return text, ["--min-count", "1", "--epochs", "8", "--workers", "1", "--seed", "1"]


def test_train_fails_where_nothing_was_trained_and_the_option_that_it_names_helps(
    tmp_path, command
):
    text, options = toy(tmp_path, 1)
    for more in ([], ["--quiet"], ["--checkpoint", tmp_path / "run"]):
        failed = command("train", text, "-o", tmp_path / "model", *options, *more)
        assert (failed.returncode, failed.stdout) == (2, "")
        last = failed.stderr.splitlines()[-1]
        assert last.startswith("negsamp: error: nothing was trained: no epoch had a pair")
        assert "--sample 0 keeps all" in last
        assert not (tmp_path / "model").exists()
    again = command("train", text, "-o", tmp_path / "model", *options, *more, "--resume")
    assert again.returncode == 2  # a run that had ended has nothing to save either
    trained = command("train", text, "-o", tmp_path / "model", *options, "--sample", "0")
    assert (trained.returncode, trained.stderr) == (0, "")
    assert "nan" not in trained.stdout


def test_train_warns_of_epochs_without_a_pair(tmp_path, command):
    text, options = toy(tmp_path, 10)
    trained = command("train", text, "-o", tmp_path / "model", *options)
    assert trained.returncode == 0
    last = trained.stderr.splitlines()[-1]
    assert re.match(r"negsamp: warning: [1-7] of 8 epochs had no pair .*: --sample 0 keeps", last)
