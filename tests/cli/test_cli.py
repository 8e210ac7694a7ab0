"""The command line as a whole: help, one line for each error, statuses, pipes and processes."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import negsamp
from negsamp import TrainingDivergedError, Word2Vec
from negsamp.cli import COMMANDS, main

NAMES = [*COMMANDS]


def run(*arguments, stdout=subprocess.PIPE, **variables):
    """`python -m negsamp` in a process of its own, where a warning is an error too."""
    command = [sys.executable, "-W", "error", "-m", "negsamp", *map(str, arguments)]
    # output is held back as it is for users, whatever this process was told to do
    environment = {**os.environ, "PYTHONUNBUFFERED": "", **variables}
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    )


def help_of(capsys, monkeypatch, *command, width="1000"):
    """The help, and each of its options on one line if the terminal is wide."""
    monkeypatch.setenv("COLUMNS", width)
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    # wide as the terminal may be, argparse starts a new line after a long option
    lines = re.sub(r"\n {20,}", " ", text).splitlines()
    return text, {line.split()[0]: line for line in lines if line.startswith("  -")}


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
    assert re.findall(r"^ {4}(\w+) +\w", text, re.MULTILINE) == NAMES


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


@pytest.mark.parametrize(
    ("command", "option", "default"),
    [
        ("train", "--checkpoint-every", "10.0"),
        ("phrases", "--threshold", "10.0"),
        ("similar", "--topn", "10"),
        ("evaluate", "--restrict-vocab", "300000"),
        ("evaluate", "--method", "add"),
        ("convert", "--encoding", "utf-8"),
        ("plot", "--method", "pca"),
        ("explore", "--method", "negtsne"),
    ],
)
def test_help_shows_the_default_of_an_option(capsys, monkeypatch, command, option, default):
    _, options = help_of(capsys, monkeypatch, command)
    assert options[option].endswith(f"(default: {default})")


@pytest.mark.parametrize("command", [[], *([name] for name in NAMES)])
def test_help_is_readable_in_any_terminal(capsys, monkeypatch, command):
    text, _ = help_of(capsys, monkeypatch, *command, width="80")
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert "%(" not in text


# What the user gave wrongly: status 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "arguments are required: COMMAND; see negsamp --help"),
        (["trian"], "invalid choice: 'trian'"),
        (["train"], "arguments are required: CORPUS, -o/--output; see negsamp train --help"),
        (["train", "{corpus}", "-o", "{new}", "--epoch", "9"], "unrecognized arguments: --epoch"),
        (["train", "{corpus}", "-o", "{new}", "--epochs", "1e3"], "--epochs: invalid int value"),
        (["train", "{corpus}", "-o", "{new}", "--objective", "x"], "invalid choice: 'x'"),
        (["train", "{corpus}", "-o", "{new}", "--vector-size", "0"], "--vector-size is 0; it must"),
        (["train", "{corpus}", "-o", "{new}", "--resume"], "--resume: it needs --checkpoint FOLD"),
        (["train", "{corpus}", "-o", "{new}", "--frozen"], "--frozen: it needs --init-vectors FO"),
        (["train", "{missing}", "-o", "{new}"], "missing', which does not exist"),
        (["train", "{corpus}", "{missing}", "-o", "{new}"], "missing', which does not exist"),
        (["train", "{corpus}", "", "-o", "{new}"], "CORPUS: it is ''; it must name a file"),
        (["train", "", "-o", "{new}"], "CORPUS: it is ''; it must name a file"),
        (["train", "{corpus}", "-o", "{new}", "--encoding", "x"], "encoding is 'x'; it must be"),
        (["train", "{latin1}", "-o", "{new}"], "is not UTF-8 at byte 3 (line 1)"),
        # reading a corpus that is not there would be the error if it came first
        (["train", "{missing}", "-o", "{other}"], "holds something that is not a model"),
        (["train", "{missing}", "-o", "{empty}"], "is a file; choose another name"),
        (["train", "{missing}", "-o", "{empty}/model"], "empty': Not a directory"),
        (["diagnose", "{missing}", "--seconds", "-1"], "--seconds is -1.0; it must be"),
        (["diagnose", "{missing}", "--cache", "x"], "unrecognized arguments"),
        (["similar"], "arguments are required: FOLDER, WORD; see negsamp similar --help"),
        (["similar", "{missing}", "cat"], "there is no file or folder"),
        (["similar", "{damaged}", "cat"], "its SHA-256 differs"),
        (["similar", "{model}", "gren"], "among the 12 words of the vocabulary; the nearest spel"),
        (["similar", "{model}", "cat", "--negative", "gren"], "'gren' is not among the 12 words"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments, expected, corpus, model, tmp_path, capsys):
    files = {"latin1": b"caf\xe9 " * 20, "empty": b""}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for name in ("other", "damaged"):
        (tmp_path / name).mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    for file in model.iterdir():
        (tmp_path / "damaged" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "damaged" / "vocabulary.txt").write_bytes(b"cat 1\n")
    before = sorted(os.listdir(tmp_path))
    places = {name: tmp_path / name for name in (*before, "missing", "new")}
    places |= {"corpus": corpus, "model": model}
    status = main([argument.format(**places) for argument in arguments])
    assert_one_line(capsys.readouterr(), expected)
    assert status == 2
    assert sorted(os.listdir(tmp_path)) == before


# What the machine or the numbers did


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (TrainingDivergedError("the loss is nan in epoch 1"), 1, "the loss is nan in epoch 1"),
        (MemoryError(), 1, "MemoryError"),
        (MemoryError("Unable to allocate\n9 GiB"), 1, "Unable to allocate 9 GiB"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (PermissionError(13, "Permission denied", "a/file"), 2, "Permission denied: 'a/file'"),
    ],
)
def test_failures_are_one_line(error, status, expected, corpus, tmp_path, capsys, training_raises):
    training_raises(error)
    assert main(["train", str(corpus), "-o", str(tmp_path / "model")]) == status
    assert capsys.readouterr().err == f"negsamp: error: {expected}\n"


def test_our_own_mistakes_keep_their_traceback(corpus, tmp_path, training_raises):
    training_raises(TypeError("a bug"))
    with pytest.raises(TypeError, match="a bug"):
        main(["train", str(corpus), "-o", str(tmp_path / "model")])


def test_interrupt_is_quiet_and_status_130(corpus, tmp_path, capsys, training_raises):
    training_raises(KeyboardInterrupt())
    assert main(["train", str(corpus), "-o", str(tmp_path / "model")]) == 130
    assert capsys.readouterr() == ("", "negsamp: interrupted\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_on_a_full_disk_is_one_line(model):
    with open("/dev/full", "w") as full:
        result = run("similar", model, "cat", stdout=full)
    assert (result.returncode, result.stderr) == (1, "negsamp: error: No space left on device\n")


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize(("word", "closed", "status"), [("cat", ">&-", 0), ("cta", "2>&-", 2)])
def test_closed_output_is_no_error(model, word, closed, status):
    command = shlex.join([sys.executable, "-m", "negsamp", "similar", str(model), word])
    result = subprocess.run(f"{command} {closed}", shell=True, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (status, "", "")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder where none can write")
@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "{corpus}", "-o", "/proc/x"],
        ["train", "{corpus}", "-o", "/proc/x.bin"],
        ["convert", "{missing}", "/proc/x.bin"],
        ["phrases", "{missing}", "-o", "/proc/x.txt"],
        ["explore", "{missing}", "-o", "/proc/x.html"],
        ["plot", "{missing}", "-o", "/proc/x.png"],
        ["evaluate", "{missing}", "{missing}", "--answers", "/proc/x.csv"],
    ],
)
def test_folder_that_cannot_be_written_to_is_named_first(corpus, capsys, arguments):
    places = {"corpus": corpus, "missing": "missing"}
    assert main([argument.format(**places) for argument in arguments]) == 2
    assert_one_line(capsys.readouterr(), "'/proc'")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes")
@pytest.mark.parametrize(
    ("arguments", "unbuffered"),
    [(["similar", "{model}", "cat"], ""), (["similar", "{model}", "cat"], "1"), (["--help"], "")],
)
def test_reader_that_has_gone_is_no_error(model, arguments, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [argument.format(model=model) for argument in arguments]
    with open(writer, "w") as output:
        result = run(*arguments, stdout=output, PYTHONUNBUFFERED=unbuffered)
    assert (result.returncode, result.stderr) == (141, "")


def test_program_trains_and_answers(corpus, quick, tmp_path):
    trained = run("train", corpus, "-o", tmp_path / "model", *quick)
    assert (trained.returncode, trained.stderr) == (0, "")
    assert "12 words, 4,000 tokens" in trained.stdout
    asked = run("similar", tmp_path / "model", "red", "--topn", "5")
    assert (asked.returncode, asked.stderr) == (0, "")
    near = {line.split()[1] for line in asked.stdout.splitlines()}
    assert near == {"green", "blue", "yellow", "black", "white"}
    failed = run("similar", tmp_path / "missing", "cat")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert re.fullmatch(r"negsamp: error: there is no file or folder '.*missing'\n", failed.stderr)
