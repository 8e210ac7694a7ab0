"""Runs that were stopped, however they were, end with the bytes of those that were not."""

import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same

from negsamp import CheckpointError, TrainingInterrupted, Word2Vec
from negsamp.core.kernels.sampled import BlockKernel
from negsamp.core.objectives import OBJECTIVES
from negsamp.core.optimizers import SGD
from negsamp.training import checkpoints as checkpoint


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    words = np.random.default_rng(0).zipf(1.5, size=6000) % 60
    lines = [" ".join(f"w{i}" for i in line) for line in words.reshape(-1, 12)]
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    path.write_text("\n".join(lines))
    return path


def fit(corpus, **how):
    params = {k: how.pop(k) for k in [*how] if k in Word2Vec().get_params()}
    model = Word2Vec(**{**SMALL_RUN, **params})
    return model.fit(corpus, **how)


@pytest.fixture(scope="module")
def whole(corpus):
    """The model of a run that nothing stopped."""
    return fit(corpus)


@pytest.mark.parametrize("stopped_after", [1, 2, 30])  # in the first epoch and the next
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("worth_a_worker")
def test_stopped_run_goes_on_to_the_same_bytes(
    corpus, whole, tmp_path, stopped, stopped_after, workers
):
    how = {"workers": workers, "checkpoint": tmp_path, "checkpoint_every": 0}
    message = r"stopped in epoch \d of 3, .*Word2Vec\.res"
    stopped(stopped_after, lambda: fit(corpus, **how), message)
    seen = []
    model = Word2Vec.resume(
        tmp_path, workers=3 - workers, callbacks=[lambda m, epoch: seen.append(epoch)]
    )
    assert_same(model, whole)
    assert model.workers == 3 - workers
    assert seen == list(range(4 - len(seen), 4))


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("optimizer", ["adagrad", "sgd"])
def test_every_objective_goes_on(corpus, tmp_path, stopped, objective, optimizer):
    settings = {"objective": objective, "optimizer": optimizer}
    settings |= {"nce_normalizer": "center"} if objective == "nce" else {}
    expected = fit(corpus, **settings)
    stopped(5, lambda: fit(corpus, **settings, checkpoint=tmp_path, checkpoint_every=0))
    model = Word2Vec.resume(tmp_path)
    assert_same(model, expected)
    if objective == "nce":
        assert model.nce_log_z_.tobytes() == expected.nce_log_z_.tobytes()


@pytest.fixture
def _ctrl_c():
    """Where pytest runs in the background, this process is born deaf to the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c", "worth_a_worker")
@pytest.mark.parametrize("moment", ["gradients", "additions"])
@pytest.mark.parametrize("workers", [1, 2])
def test_signal_at_any_moment_leaves_whole_updates(
    corpus, whole, tmp_path, monkeypatch, moment, workers
):
    owner, name = (BlockKernel, "gradients") if moment == "gradients" else (SGD, "apply")
    original, calls = getattr(owner, name), []

    def interrupted(*args, **kwargs):
        calls.append(args)
        if len(calls) == 30:
            signal.raise_signal(signal.SIGINT)
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, interrupted)
        with pytest.raises(TrainingInterrupted):
            fit(corpus, workers=workers, checkpoint=tmp_path / "run")
    assert_same(Word2Vec.resume(tmp_path / "run"), whole)


RUN = """
import sys
from negsamp import CheckpointError, Word2Vec
corpus, folder, settings = sys.argv[1], sys.argv[2], eval(sys.argv[3])
print("ready", flush=True)
try:
    model = Word2Vec.resume(folder, checkpoint_every=0)
except (FileNotFoundError, CheckpointError) as error:
    assert "had not come so far" in str(error) or "is not a folder" in str(error), error
    model = Word2Vec(**settings).fit(corpus, checkpoint=folder, checkpoint_every=0)
model.save(folder + "-model")
"""
KILLS = int(os.environ.get("NEGSAMP_KILLS", "12"))


def start_run(corpus, folder, settings):
    command = [sys.executable, "-c", RUN, str(corpus), str(folder), repr(settings)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def test_run_that_is_killed_dozens_of_times_ends_with_the_same_bytes(corpus, tmp_path):
    settings = {**SMALL_RUN, "epochs": 6}
    expected = fit(corpus, **settings)
    rng, kills, runs = random.Random(0), 0, 0
    while kills < KILLS:
        folder = tmp_path / f"run{runs}"
        runs += 1
        for _ in range(KILLS):
            with start_run(corpus, folder, settings) as process:
                # sometimes while it reads, most often while it trains and writes
                time.sleep(rng.uniform(0, 0.3))
                process.kill()
            if process.returncode == 0:
                break
            kills += 1
        else:
            with start_run(corpus, folder, settings) as process:
                pass
            assert process.returncode == 0
        assert_same(Word2Vec.load(f"{folder}-model"), expected)
        assert len(list(folder.glob("checkpoint-*"))) <= 2


def checkpoints(folder):
    return sorted(path.name for path in folder.iterdir())


def test_last_two_are_kept_and_each_is_a_model(corpus, tmp_path):
    model = fit(corpus, checkpoint=tmp_path, checkpoint_every=0, epochs=1)
    # one at the beginning, one after each of 24 blocks, one at the end
    assert checkpoints(tmp_path) == ["checkpoint-000025", "checkpoint-000026"]
    assert_same(Word2Vec.load(tmp_path / "checkpoint-000026"), model)
    assert Word2Vec.load(tmp_path / "checkpoint-000025").wv["w1"].shape == (8,)


def test_minutes_pass_between_checkpoints(corpus, tmp_path, monkeypatch):
    clock = iter(range(0, 10**9, 7))  # seven seconds from one look at the clock to the next
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: next(clock))
    fit(corpus, checkpoint=tmp_path, checkpoint_every=2)
    # 72 blocks take 8 minutes 24 seconds, a checkpoint another 7
    assert checkpoints(tmp_path)[-1] == "checkpoint-000006"


def test_finished_run_gives_its_model_without_the_corpus(corpus, tmp_path):
    other = tmp_path / "other.txt"
    shutil.copy(corpus, other)
    expected = fit(other, checkpoint=tmp_path / "run")
    other.unlink()
    assert_same(Word2Vec.resume(tmp_path / "run"), expected)


@pytest.fixture
def stopped_run(stopped):
    """Stop a run after three checkpoints."""

    def stopped_run(corpus, folder, **how):
        stopped(3, lambda: fit(corpus, checkpoint=folder, checkpoint_every=0, **how))

    return stopped_run


def test_earlier_seconds_count(corpus, tmp_path, stopped_run):
    stopped_run(corpus, tmp_path)
    before = Word2Vec.load(max(tmp_path.iterdir())).fit_seconds_
    after = Word2Vec.resume(tmp_path).fit_seconds_
    assert after["read"] > before["read"] > 0
    assert after["train"] > before["train"] > 0


DAMAGES = {
    "vectors": lambda folder: (folder / "vectors.npy").write_bytes(b"nothing"),
    "no file": lambda folder: (folder / "squares_in.npy").unlink(),
    "record": lambda folder: (folder / "model.json").write_text("{}"),
    "no record": lambda folder: (folder / "model.json").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_checkpoint_gives_way_to_the_one_before(
    corpus, whole, tmp_path, stopped_run, damage
):
    stopped_run(corpus, tmp_path)
    _, last = sorted(tmp_path.iterdir())
    damage(last)
    assert_same(Word2Vec.resume(tmp_path), whole)
    for folder in tmp_path.iterdir():
        damage(folder)
    with pytest.raises(CheckpointError, match=r"holds no whole checkpoint: .*; "):
        Word2Vec.resume(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("progress", {"epoch": -1}),
        ("progress", {"epoch": 1, "losses": [1.0], "bloch": 3}),
        ("progress", {"epoch": 1}),
        ("progress", {"loss": float("nan")}),
        ("progress", {"run": 1.5}),
        ("progress", [1]),
        ("entropy", "1"),
        ("corpus", None),
        ("fit_seconds", {"read": 1}),
    ],
)
def test_odd_record_is_refused(corpus, tmp_path, stopped_run, name, value):
    stopped_run(corpus, tmp_path)
    first, last = sorted(tmp_path.iterdir())
    shutil.rmtree(first)
    record = json.loads((last / "model.json").read_text())
    (last / "model.json").write_text(json.dumps({**record, name: value}))
    with pytest.raises(CheckpointError, match=r"is no checkpoint|is damaged|is not JSON"):
        Word2Vec.resume(tmp_path)


def test_folder_of_another_run_is_refused_before_reading(corpus, tmp_path):
    fit(corpus, checkpoint=tmp_path)
    before = checkpoints(tmp_path)
    with pytest.raises(FileExistsError, match="holds checkpoints of an earlier run"):
        fit("no such corpus", checkpoint=tmp_path)
    assert checkpoints(tmp_path) == before
    with pytest.raises(FileExistsError, match="a file, not a folder"):
        fit(corpus, checkpoint=corpus)


def test_resume_needs_a_folder_with_a_checkpoint(corpus, whole, tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        Word2Vec.resume(tmp_path / "none")
    with pytest.raises(CheckpointError, match="holds no checkpoint: the run had not come so far"):
        Word2Vec.resume(tmp_path)
    whole.save(tmp_path / "checkpoint-000001")
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        Word2Vec.resume(tmp_path)


def test_another_corpus_is_refused(corpus, whole, tmp_path, stopped_run):
    stopped_run(corpus, tmp_path / "run")
    lines = corpus.read_text().splitlines()
    same_counts = tmp_path / "turned round.txt"
    same_counts.write_text("\n".join(lines[::-1]))
    with pytest.raises(CheckpointError, match=r"turned round.txt' is not the one that this run"):
        Word2Vec.resume(tmp_path / "run", same_counts)
    moved = tmp_path / "moved.txt"
    shutil.copy(corpus, moved)
    assert_same(Word2Vec.resume(tmp_path / "run", moved), whole)


@pytest.fixture
def folder(corpus, tmp_path):
    """The corpus in three files."""
    lines = corpus.read_text().splitlines()
    (tmp_path / "texts").mkdir()
    for number in range(3):
        path = tmp_path / "texts" / f"{number}.txt"
        path.write_text("\n".join(lines[200 * number : 200 * (number + 1)]))
    return tmp_path / "texts"


def naming(folder):
    """Ways to name all files of a folder."""
    return {"folder": folder, "pattern": f"{folder}/*.txt", "list": sorted(folder.iterdir())}


@pytest.mark.parametrize("named", ["folder", "pattern", "list"])
def test_run_on_several_files_goes_on(
    corpus, whole, folder, tmp_path, stopped_run, named, monkeypatch
):
    monkeypatch.chdir(folder.parent)
    given = naming(folder.relative_to(folder.parent))[named]
    stopped_run(given, tmp_path / "run", cache=tmp_path / "cache")
    monkeypatch.chdir("/")
    assert_same(Word2Vec.resume(tmp_path / "run"), whole)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("named", ["folder", "pattern", "list"])
@pytest.mark.parametrize("change", ["changed", "added", "removed", "in another order"])
def test_run_on_several_files_notices_each_change(folder, tmp_path, stopped_run, named, change):
    stopped_run(naming(folder)[named], tmp_path / "run")
    if change == "changed":
        (folder / "1.txt").write_text("w1 w2 w3\n" * 5)
    elif change == "added":
        shutil.copy(folder / "1.txt", folder / "1b.txt")
    elif change == "removed":
        (folder / "1.txt").unlink()
    else:
        (folder / "0.txt").rename(folder / "new.txt")
        (folder / "1.txt").rename(folder / "0.txt")
        (folder / "new.txt").rename(folder / "1.txt")
    if named == "list" and change == "added":
        return  # the list is what it was
    with pytest.raises((CheckpointError, FileNotFoundError)) as error:
        Word2Vec.resume(tmp_path / "run")
    assert "is not the one that this run began with" in str(error.value) or change == "removed"


def test_encoding_is_that_of_the_run(corpus, whole, tmp_path, stopped_run):
    path = tmp_path / "corpus.txt"
    path.write_text(corpus.read_text(), "utf-16")
    stopped_run(path, tmp_path / "run", encoding="utf-16")
    assert_same(Word2Vec.resume(tmp_path / "run"), whole)


def test_corpus_that_was_no_file_is_given_again(corpus, whole, tmp_path, stopped_run):
    sentences = [line.split() for line in corpus.read_text().splitlines()]
    stopped_run(iter(sentences), tmp_path)
    with pytest.raises(ValueError, match="the run's corpus was no file: give it again"):
        Word2Vec.resume(tmp_path)
    assert_same(Word2Vec.resume(tmp_path, sentences), whole)


def test_own_noise_and_cache_go_on(corpus, tmp_path, stopped_run):
    settings = {"noise": lambda counts: counts**0.3, "cache": tmp_path / "cache"}
    expected = fit(corpus, **settings)
    stopped_run(corpus, tmp_path / "run", **settings)
    assert_same(Word2Vec.resume(tmp_path / "run"), expected)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "often", None, True])
def test_checkpoint_every_is_checked(corpus, tmp_path, bad):
    with pytest.raises(ValueError, match=r"checkpoint_every is .*; it must be minutes, 0 or more"):
        fit(corpus, checkpoint=tmp_path, checkpoint_every=bad)


def test_first_checkpoint_that_cannot_be_written_stops_the_run(corpus, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        fit(corpus, checkpoint=tmp_path / "file" / "run")

    def write(self, *state):
        raise OSError("the disk is full")

    monkeypatch.setattr(checkpoint.Checkpoints, "write", write)
    model = Word2Vec(**SMALL_RUN)
    with pytest.raises(OSError, match="the disk is full"):
        model.fit(corpus, checkpoint=tmp_path / "run")
    assert not hasattr(model, "vectors_")  # it is as it was


LIMITED = """
import resource, signal, sys
from negsamp import Word2Vec
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit(model, epoch):
    if epoch == 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, -1))
corpus, folder, settings = sys.argv[1], sys.argv[2], eval(sys.argv[3])
Word2Vec(**settings).fit(corpus, checkpoint=folder, checkpoint_every=0, callbacks=[limit])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are of Unix")
def test_full_disk_neither_ends_the_run_nor_harms_the_last_checkpoint(corpus, whole, tmp_path):
    command = [sys.executable, "-c", LIMITED, str(corpus), str(tmp_path), repr(SMALL_RUN)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.count("no checkpoint in") > 40
    assert "File too large" in done.stderr
    assert all(name.startswith("checkpoint-") for name in checkpoints(tmp_path))
    assert_same(Word2Vec.resume(tmp_path), whole)


def test_folder_that_becomes_read_only_is_logged(corpus, whole, tmp_path, monkeypatch, caplog):
    def mkdir(*_, **__):
        raise OSError(30, "Read-only file system")

    def forbid(model, epoch):
        monkeypatch.setattr("os.mkdir", mkdir)

    with caplog.at_level(logging.WARNING):
        fit(corpus, checkpoint=tmp_path, checkpoint_every=0, callbacks=[forbid])
    assert "Read-only file system; the last one stays" in caplog.text
    monkeypatch.undo()
    assert_same(Word2Vec.resume(tmp_path), whole)


def test_what_a_killed_run_left_half_written_is_removed(corpus, tmp_path, stopped_run):
    stopped_run(corpus, tmp_path)
    (tmp_path / ".checkpoint-000004-abc").mkdir()
    (tmp_path / ".checkpoint-000004-abc" / "vectors.npy").write_text("half")
    Word2Vec.resume(tmp_path)
    assert all(name.startswith("checkpoint-") for name in checkpoints(tmp_path))
