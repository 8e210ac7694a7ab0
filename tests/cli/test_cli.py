"""The command line: in this process for what it says, in another for pipes, signals and bytes."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import negsamp
from negsamp import TrainingDivergedError, Word2Vec
from negsamp.cli import COMMANDS, main
from negsamp.training.run import Run

ANIMALS = ("cat", "dog", "horse", "mouse", "cow", "größe")
COLOURS = ("red", "green", "blue", "yellow", "black", "white")
# Small, and alike in every run. All words are frequent here: none may be sampled away.
QUICK = "--vector-size 8 --epochs 2 --sample 0 --workers 1 --seed 1".split()
NAMES = [command.__name__.rpartition(".")[2] for command in COMMANDS]
MODEL_BYTES = ("vectors.npy", "context_vectors.npy", "vocabulary.txt")

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes and signals")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """200 sentences of animals and 200 of colours."""
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(words, size=10)) for words in (ANIMALS, COLOURS) * 200]
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(corpus, tmp_path_factory):
    """Folder of a model trained on the corpus."""
    folder = tmp_path_factory.mktemp("models") / "model"
    assert main(["train", str(corpus), "-o", str(folder), *QUICK, "--quiet"]) == 0
    return folder


@pytest.fixture
def kv(model):
    return Word2Vec.load(model).wv


@pytest.fixture
def training_raises(monkeypatch):
    """Let training end in an exception, after the corpus is read."""

    def arrange(error):
        def train(self, *args):
            raise error

        monkeypatch.setattr(Run, "train", train)

    return arrange


def run(*arguments, stdout=subprocess.PIPE, **variables):
    """`python -m negsamp` in a process of its own, where a warning is an error too."""
    command = [sys.executable, "-W", "error", "-m", "negsamp", *map(str, arguments)]
    # output is held back as it is for users, whatever this process was told to do
    environment = {**os.environ, "PYTHONUNBUFFERED": "", **variables}
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    )


def help_of(capsys, monkeypatch, *command):
    """Each option of a command and its help, on one line whatever the width of the terminal."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    # wide as the terminal may be, argparse starts a new line after a long option
    text = re.sub(r"\n {20,}", " ", text)
    return text, {line.split()[0]: line for line in text.splitlines() if line.startswith("  -")}


def assert_one_line(captured, expected):
    """Nothing on stdout, and on stderr one line of the form of all our errors."""
    assert captured.out == ""
    assert captured.err.startswith("negsamp: error: ")
    assert captured.err.endswith("\n")
    assert captured.err.count("\n") == 1
    assert expected in captured.err


# Help


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"negsamp {negsamp.__version__}\n"


def test_help_names_the_commands(capsys, monkeypatch):
    text, _ = help_of(capsys, monkeypatch)
    assert re.search(r"^ +train +\w", text, re.MULTILINE)
    assert re.search(r"^ +similar +\w", text, re.MULTILINE)
    assert re.search(r"^ +convert +\w", text, re.MULTILINE)
    assert re.search(r"^ +diagnose +\w", text, re.MULTILINE)


@pytest.mark.parametrize("command", ["train", "diagnose"])
def test_help_shows_the_defaults_of_the_library(capsys, monkeypatch, command):
    _, options = help_of(capsys, monkeypatch, command)
    for name, default in Word2Vec().get_params().items():
        if name == "progress":
            assert ("--quiet" in options) == (command == "train")
        elif name == "noise":  # an array or a function
            assert "--noise" not in options
        elif default is True:
            assert "--no-" + name.replace("_", "-") in options
        else:
            shown = "[a-z ]+" if default is None else re.escape(str(default))
            line = options["--" + name.replace("_", "-")]
            assert re.search(rf"\(default: {shown}\)$", line), line
    assert options["--errors"].endswith("(default: strict)")


def test_similar_help_shows_the_default_of_the_library(capsys, monkeypatch):
    text, options = help_of(capsys, monkeypatch, "similar")
    assert options["--topn"].endswith("(default: 10)")
    assert "Several words are several queries" in text
    assert {"--together", "--negative"} <= set(options)


@pytest.mark.parametrize("command", [[], *([name] for name in NAMES)])
def test_help_is_readable_in_any_terminal(capsys, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    text = capsys.readouterr().out
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert "%(" not in text


# Before training


def test_diagnose_shows_what_training_would_be(capsys, corpus):
    assert main(["diagnose", str(corpus), *QUICK, "--seconds", "0.01"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith("corpus      4,000 tokens\n")
    assert "12 words, 0 of them seen once, 12 of them 5 times or more" in shown.out
    assert re.search(r"^time +about .* for 2 epochs, estimated from", shown.out, re.MULTILINE)


def test_diagnose_hands_every_parameter_over(capsys, monkeypatch):
    asked = []

    def diagnose(self, corpus, *, errors, seconds=7.0):
        asked.append((self.get_params(), corpus, errors, seconds))
        return "nothing to say"

    monkeypatch.setattr(Word2Vec, "diagnose", diagnose)
    chosen = {"window": 3, "alpha": 0.5, "objective": "nce", "nce_normalizer": "center"}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in chosen.items()]
    more = ["--no-shrink-windows", "--errors", "ignore", "--seconds", "0"]
    assert main(["diagnose", "text.txt", *options, *more]) == 0
    assert capsys.readouterr().out == "nothing to say\n"
    expected = {**Word2Vec().get_params(), **chosen, "shrink_windows": False}
    assert asked == [(expected, "text.txt", "ignore", 0.0)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["no-such-file"], "corpus names the file 'no-such-file', which does not exist"),
        (["no-such-file", "--window", "0"], "window is 0"),
        (["no-such-file", "--seconds", "-1"], "seconds is -1.0; it must be"),
        (["no-such-file", "--cache", "x"], "unrecognized arguments"),
    ],
)
def test_diagnose_refuses_in_one_line(capsys, arguments, expected):
    assert main(["diagnose", *arguments]) == 2
    assert_one_line(capsys.readouterr(), expected)


# Training


def test_train_hands_every_parameter_over(corpus, tmp_path):
    chosen = {
        "vector_size": 7,
        "window": 3,
        "min_count": 2,
        "sample": 0.01,
        "negative": 4,
        "ns_exponent": -0.5,
        "objective": "nce",
        "optimizer": "sgd",
        "alpha": 0.02,
        "min_alpha": 0.001,
        "epochs": 3,
        "workers": 1,
        "seed": 9,
        "max_vocab_size": 1000,
        "batch_size": 64,
        "nce_normalizer": "center",
    }
    options = [f"--{name.replace('_', '-')}={value}" for name, value in chosen.items()]
    folder = tmp_path / "model"
    flags = ["--no-shrink-windows", "--quiet"]
    assert main(["train", str(corpus), "--output", str(folder), *options, *flags]) == 0
    params = Word2Vec.load(folder).get_params()
    # a noise distribution is an array or a function, which no option can carry
    assert params == {**chosen, "shrink_windows": False, "progress": False, "noise": None}
    defaults = Word2Vec().get_params()
    assert {name for name in params if params[name] == defaults[name]} == {"noise"}


def test_train_without_options_is_the_library_without_arguments(corpus, tmp_path):
    assert main(["train", str(corpus), "-o", str(tmp_path / "model")]) == 0
    assert Word2Vec.load(tmp_path / "model").get_params() == Word2Vec().get_params()


def test_train_prints_one_line(corpus, tmp_path, capsys):
    folder = tmp_path / "model"
    assert main(["train", str(corpus), "-o", str(folder), *QUICK]) == 0
    out, err = capsys.readouterr()
    loss = Word2Vec.load(folder).loss_history_[-1]
    summary = r": 12 words, 4,000 tokens, [\d.]+ s, [\d,]+ words/s, loss "
    assert re.fullmatch(re.escape(str(folder)) + summary + f"{loss:.3f}\n", out)
    assert err == ""  # no progress bar, for this is no terminal


def test_train_counts_the_words_of_every_epoch(corpus, tmp_path, capsys, monkeypatch):
    def save(self, folder):
        self.fit_seconds_["train"] = 0.5

    monkeypatch.setattr(Word2Vec, "save", save)
    main(["train", str(corpus), "-o", str(tmp_path / "model"), *QUICK])
    assert "0.5 s, 16,000 words/s" in capsys.readouterr().out  # 4 000 · 2 / 0.5


def test_train_quiet_prints_nothing(corpus, tmp_path, capsys):
    assert main(["train", str(corpus), "-o", str(tmp_path / "model"), *QUICK, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_train_saves_what_numpy_reads(model, kv):
    vectors = np.load(model / "vectors.npy")
    words = np.loadtxt(model / "vocabulary.txt", dtype=str, usecols=0, encoding="utf-8")
    assert sorted(words) == sorted(ANIMALS + COLOURS)
    np.testing.assert_array_equal(vectors[words == "cat"][0], kv["cat"])


def test_train_learns_the_two_topics(model, kv):
    nearest = [word for word, _ in kv.most_similar("red", topn=5)]
    assert set(nearest) == set(COLOURS) - {"red"}


def test_train_with_the_same_seed_gives_the_same_bytes(corpus, tmp_path):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        result = run("train", corpus, "-o", folder, *QUICK)
        assert (result.returncode, result.stderr) == (0, "")
    for name in MODEL_BYTES:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_train_replaces_an_older_model(corpus, tmp_path):
    for size in (4, 6):
        options = [*QUICK, "--vector-size", str(size)]
        assert main(["train", str(corpus), "-o", str(tmp_path / "model"), *options]) == 0
    assert Word2Vec.load(tmp_path / "model").wv.vector_size == 6
    assert os.listdir(tmp_path) == ["model"]


def test_train_makes_the_folders_above(corpus, tmp_path):
    folder = tmp_path / "one" / "two" / "model"
    assert main(["train", str(corpus), "-o", str(folder), *QUICK]) == 0
    assert len(Word2Vec.load(folder).wv) == 12


def test_train_reads_on_over_bad_bytes_when_told(tmp_path):
    path = tmp_path / "latin1.txt"
    path.write_bytes(b"caf\xe9 au lait\n" * 20)
    folder = str(tmp_path / "model")
    assert main(["train", str(path), "-o", folder, *QUICK, "--errors", "ignore"]) == 0
    assert sorted(Word2Vec.load(folder).wv.index_to_key) == ["au", "caf", "lait"]


# Questions


def test_similar_lines_cosines_and_words_up(model, kv, capsys):
    assert main(["similar", str(model), "red", "--topn", "11"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{cosine:7.4f}  {word}" for word, cosine in kv.most_similar("red", topn=11)]
    # a sign takes a place of its own, so that the columns stay
    assert {line[7:9] for line in lines} == {"  "}


def test_similar_gives_ten_answers_by_default(model, capsys):
    assert main(["similar", str(model), "red"]) == 0
    assert capsys.readouterr().out.count("\n") == 10


def test_similar_asks_for_each_word_under_its_heading(model, kv, capsys):
    assert main(["similar", str(model), "red", "cat", "--topn", "2"]) == 0
    red, cat = (
        "".join(f"{cosine:7.4f}  {answer}\n" for answer, cosine in kv.most_similar(word, topn=2))
        for word in ("red", "cat")
    )
    assert capsys.readouterr().out == f"red\n{red}\ncat\n{cat}"


@pytest.mark.parametrize(
    ("options", "negative"),
    [(["--together"], []), (["--negative", "dog"], ["dog"]), (["--negative", "dog", "cow"], None)],
)
def test_similar_combines_words_into_one_query(model, kv, capsys, options, negative):
    negative = options[1:] if negative is None else negative
    assert main(["similar", str(model), "red", "cat", *options, "--topn", "3"]) == 0
    answers = kv.most_similar(["red", "cat"], negative, topn=3)
    shown = "".join(f"{cosine:7.4f}  {word}\n" for word, cosine in answers)
    assert capsys.readouterr().out == shown


def test_similar_prints_words_that_the_terminal_lacks(model):
    result = run("similar", model, "cat", "--topn", "11", PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "gr\\xf6\\xdfe" in result.stdout


def test_similar_prints_keys_that_are_not_strings(tmp_path, capsys):
    sentences = [["word", 5, ("a", "b")]] * 10
    Word2Vec(vector_size=4, epochs=1, workers=1, seed=1).fit(sentences).save(tmp_path / "model")
    assert main(["similar", str(tmp_path / "model"), "word"]) == 0
    words = {line[9:] for line in capsys.readouterr().out.splitlines()}
    assert words == {"5", "('a', 'b')"}


# What the user gave wrongly: status 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "arguments are required: COMMAND; see negsamp --help"),
        (["trian"], "invalid choice: 'trian'"),
        (["train"], "arguments are required: CORPUS, -o/--output; see negsamp train --help"),
        (["train", "{corpus}"], "arguments are required: -o/--output"),
        (["train", "{corpus}", "-o", "{new}", "--size", "9"], "unrecognized arguments: --size"),
        (["train", "{corpus}", "-o", "{new}", "--epoch", "9"], "unrecognized arguments: --epoch"),
        (["train", "{corpus}", "-o", "{new}", "--epochs", "1e3"], "--epochs: invalid int value"),
        (["train", "{corpus}", "-o", "{new}", "--optimizer", "adam"], "invalid choice: 'adam'"),
        (["train", "{corpus}", "-o", "{new}", "--objective", "x"], "invalid choice: 'x'"),
        (["train", "{corpus}", "-o", "{new}", "--vector-size", "0"], "vector_size is 0; it must"),
        (["train", "{corpus}", "-o", "{new}", "--alpha", "nan"], "alpha is nan; it must be"),
        (["train", "{corpus}", "-o", "{new}", "--seed", "-1"], "seed is -1; it must be"),
        (["train", "{corpus}", "-o", "{new}", "--errors", "no"], "errors is 'no'; it must be"),
        (["train", "{corpus}", "-o", "{new}", "--min-count", "9999"], "9999"),
        (["train", "{missing}", "-o", "{new}"], "missing', which does not exist"),
        (["train", "{other}", "-o", "{new}"], "other', which is a folder"),
        (["train", "{latin1}", "-o", "{new}"], "is not UTF-8 at byte 3 (line 1)"),
        (["train", "{pairless}", "-o", "{new}"], "the corpus has no pair"),
        (["train", "{empty}", "-o", "{new}"], "corpus"),
        (["similar"], "arguments are required: FOLDER, WORD; see negsamp similar --help"),
        (["similar", "{model}"], "arguments are required: WORD"),
        (["similar", "{missing}", "cat"], "there is no file or folder"),
        (["similar", "{other}", "cat"], "lacks the file model.json"),
        (["similar", "{damaged}", "cat"], "its SHA-256 differs"),
        (["similar", "{model}", "gren"], "'gren' is not among the 12 words"),
        (["similar", "{model}", "gren"], "the nearest spelling is 'green'"),
        (["similar", "{model}", "cat", "--negative", "gren"], "'gren' is not among the 12 words"),
        (["similar", "{model}", "cat", "gren"], "'gren' is not among the 12 words"),
        (["similar", "{model}", "cat", "--negative", "cat"], "the query is the zero vector"),
        (["similar", "{model}", "cat", "--topn", "0"], "topn is 0; it must be"),
        (["similar", "{model}", "cat", "--topn", "all"], "--topn: invalid int value: 'all'"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments, expected, corpus, model, tmp_path, capsys):
    files = {"latin1": b"caf\xe9 " * 20, "pairless": b"one\ntwo\n" * 9, "empty": b""}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for name in ("other", "damaged"):
        (tmp_path / name).mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    for file in model.iterdir():
        (tmp_path / "damaged" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "damaged" / "vocabulary.txt").write_bytes(b"cat 1\n")
    names = [*files, "other", "damaged", "missing", "new"]
    places = {name: tmp_path / name for name in names} | {"corpus": corpus, "model": model}
    status = main([argument.format(**places) for argument in arguments])
    assert_one_line(capsys.readouterr(), expected)
    assert status == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("other", "holds something that is not a model"),
        ("file", "is a file; choose another name"),
        ("file/model", "file': Not a directory"),
        ("file/deep/model", "file': Not a directory"),
    ],
)
def test_train_checks_the_output_before_it_trains(output, expected, corpus, tmp_path, capsys):
    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    # reading a corpus that is not there would be the error if it came first
    assert main(["train", "missing.txt", "-o", str(tmp_path / output)]) == 2
    assert_one_line(capsys.readouterr(), expected)


def test_train_refuses_a_parent_that_is_read_only(tmp_path, capsys):
    parent = tmp_path / "parent"
    parent.mkdir(mode=0o555)
    if os.access(parent, os.W_OK):
        pytest.skip("needs a user whom permissions bind")
    assert main(["train", "missing.txt", "-o", str(parent / "model")]) == 2
    assert_one_line(capsys.readouterr(), "parent': Permission denied")


def test_train_leaves_nothing_beside_an_output_it_checked(tmp_path, capsys):
    assert main(["train", str(tmp_path / "missing.txt"), "-o", str(tmp_path / "a" / "b")]) == 2
    assert_one_line(capsys.readouterr(), "missing.txt', which does not exist")
    assert os.listdir(tmp_path) == []


def test_similar_prints_nothing_if_one_word_is_unknown(model, capsys):
    main(["similar", str(model), "cat", "dog", "unknown"])
    assert_one_line(capsys.readouterr(), "'unknown' is not among")


def test_missing_permission_names_the_file(corpus, tmp_path, capsys, training_raises):
    training_raises(PermissionError(13, "Permission denied", "some/file"))
    assert main(["train", str(corpus), "-o", str(tmp_path / "model")]) == 2
    assert capsys.readouterr().err == "negsamp: error: Permission denied: 'some/file'\n"


# What the machine or the numbers did: status 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TrainingDivergedError("the loss is nan in epoch 1"), "the loss is nan in epoch 1"),
        (MemoryError(), "MemoryError"),
        (MemoryError("Unable to allocate\n9 GiB"), "Unable to allocate 9 GiB"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_failures_are_one_line_and_status_1(
    error, expected, corpus, tmp_path, capsys, training_raises
):
    training_raises(error)
    assert main(["train", str(corpus), "-o", str(tmp_path / "model")]) == 1
    assert capsys.readouterr().err == f"negsamp: error: {expected}\n"


def test_our_own_mistakes_keep_their_traceback(corpus, tmp_path, training_raises):
    training_raises(TypeError("a bug"))
    with pytest.raises(TypeError, match="a bug"):
        main(["train", str(corpus), "-o", str(tmp_path / "model")])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_on_a_full_disk_is_one_line(model):
    with open("/dev/full", "w") as full:
        result = run("similar", model, "cat", stdout=full)
    assert (result.returncode, result.stderr) == (1, "negsamp: error: No space left on device\n")


# Ctrl-C and pipes


def test_interrupt_is_quiet_and_status_130(corpus, tmp_path, capsys, training_raises):
    training_raises(KeyboardInterrupt())
    assert main(["train", str(corpus), "-o", str(tmp_path / "model")]) == 130
    assert capsys.readouterr() == ("", "negsamp: interrupted\n")
    assert os.listdir(tmp_path) == []


@needs_posix
def test_interrupt_ends_a_process(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # where pytest runs in the background, children are born deaf to the signal
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from negsamp.cli import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "train", pipe, "-o", tmp_path / "model"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        writer = None
        while writer is None and process.poll() is None:
            try:
                # an error until the other side has opened the pipe too, where it waits for text
                writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        if writer is not None:
            # a signal just before a read does not end it, the end of the file does
            os.close(writer)
        error = process.stderr.read()
    assert process.returncode == 130
    assert error == "negsamp: interrupted\n"
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.fixture
def long_corpus(tmp_path):
    """Text that is trained for minutes."""
    words = np.random.default_rng(0).zipf(1.3, size=300_000) % 2000
    path = tmp_path / "long.txt"
    path.write_text(" ".join(f"w{i}" for i in words))
    return path


def stop_training(number, *command):
    """Run a command until it trains, and send it a signal; status and what it said."""
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
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout.readline() == "trains\n"
        process.send_signal(number)
        return process.wait(60), process.stderr.read()


SIGNALS = pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)


@needs_posix
@SIGNALS
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


@needs_posix
@SIGNALS
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


def test_resume_refuses_other_options(corpus, tmp_path, capsys):
    options = ["train", str(corpus), "-o", str(tmp_path / "model"), "--quiet", "--resume"]
    options += ["--checkpoint", str(tmp_path / "run"), "--vector-size", "4"]
    small = ["--min-count", "1", "--sample", "0"]
    assert main([*options, *small, "--epochs", "2"]) == 0
    assert main([*options, *small, "--workers", "1"]) == 0
    assert main([*options, *small, "--epochs", "3"]) == 2
    assert "argument --epochs: it is 3, but the run in" in capsys.readouterr().err


def test_resume_needs_a_folder(corpus, tmp_path, capsys):
    assert main(["train", str(corpus), "-o", str(tmp_path / "model"), "--resume"]) == 2
    assert "argument --resume: it needs --checkpoint FOLDER" in capsys.readouterr().err


def test_limits_and_vectors_to_begin_with_are_handed_over(corpus, model, tmp_path, capsys):
    options = "--validation 0.2 --patience 1 --max-time 1h --frozen".split()
    command = ["train", str(corpus), "-o", str(tmp_path / "model"), *QUICK, *options]
    assert main([*command, "--init-vectors", str(model), "--epochs", "9"]) == 0
    said = capsys.readouterr().out
    assert re.search(r" s, loss \d\.\d{3}, held-out \d\.\d{3}\n$", said)
    trained, before = Word2Vec.load(tmp_path / "model"), Word2Vec.load(model)
    assert trained.vectors_.tobytes() == before.vectors_.tobytes()
    assert trained.context_vectors_.tobytes() != before.context_vectors_.tobytes()
    assert len(trained.validation_loss_history_) == len(trained.loss_history_)


def test_frozen_needs_vectors(corpus, tmp_path, capsys):
    assert main(["train", str(corpus), "-o", str(tmp_path / "model"), "--frozen"]) == 2
    assert "argument --frozen: it needs --init-vectors FOLDER" in capsys.readouterr().err


def test_resume_refuses_other_limits(corpus, tmp_path, capsys):
    options = ["train", str(corpus), "-o", str(tmp_path / "model"), "--quiet", "--resume"]
    options += ["--checkpoint", str(tmp_path / "run"), *QUICK, "--validation", "0.1"]
    assert main(options) == 0
    assert main(options) == 0
    assert main([*options, "--max-time", "1h"]) == 2
    assert "argument --max-time: it is another than the run in" in capsys.readouterr().err
    assert main([*options, "--validation", "0.2"]) == 2
    assert "argument --validation: it is another than the run in" in capsys.readouterr().err
    assert main([*options, "--max-time", "soon"]) == 2
    assert "max_time is 'soon'; it must be seconds above 0" in capsys.readouterr().err


def test_cache_is_used(corpus, tmp_path):
    options = ["train", str(corpus), "-o", str(tmp_path / "model"), "--quiet", "--min-count", "1"]
    assert main([*options, "--cache", str(tmp_path / "cache")]) == 0
    assert len(os.listdir(tmp_path / "cache")) == 1


@needs_posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_reader_that_has_gone_is_no_error(model, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as output:
        result = run("similar", model, "cat", stdout=output, PYTHONUNBUFFERED=unbuffered)
    assert (result.returncode, result.stderr) == (141, "")


@needs_posix
def test_reader_of_the_help_may_go():
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as output:
        result = run("train", "--help", stdout=output)
    assert (result.returncode, result.stderr) == (141, "")


# As a program


def test_program_trains_and_answers(corpus, tmp_path):
    trained = run("train", corpus, "-o", tmp_path / "model", *QUICK)
    assert (trained.returncode, trained.stderr) == (0, "")
    assert "12 words, 4,000 tokens" in trained.stdout
    asked = run("similar", tmp_path / "model", "red", "--topn", "5")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert {line.split()[1] for line in asked.stdout.splitlines()} == set(COLOURS) - {"red"}


def test_program_exits_with_the_status(tmp_path):
    result = run("similar", tmp_path / "missing", "cat")
    assert (result.returncode, result.stdout) == (2, "")
    assert re.fullmatch(r"negsamp: error: there is no file or folder '.*missing'\n", result.stderr)
