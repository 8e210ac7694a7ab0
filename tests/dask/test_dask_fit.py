"""Runs on a cluster give an ordinary model, the same bytes on any number of workers."""

import copy
import logging
import os
import re
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same

import negsamp.dask
from negsamp import (
    CheckpointError,
    CorpusError,
    Objective,
    TrainingDivergedError,
    TrainingInterrupted,
    Word2Vec,
)
from negsamp.core.objectives import OBJECTIVES
from negsamp.errors import TeamError
from negsamp.training.checkpoints import read_latest

distributed = pytest.importorskip("distributed")

RUN = {key: value for key, value in SMALL_RUN.items() if key != "workers"}


def fit(client, corpus, params=None, **how):
    how = {"partitions": 3, "rounds": 5, **how}
    return negsamp.dask.fit(Word2Vec(**{**RUN, **(params or {})}), corpus, client=client, **how)


@pytest.fixture(scope="module")
def reference(cluster, texts):
    """What a run on two workers gives."""
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        return fit(client, texts)


def test_fit_returns_the_model_itself_an_ordinary_one(client, texts, reference, tmp_path):
    model = Word2Vec(**RUN)
    assert negsamp.dask.fit(model, texts, client=client, partitions=3, rounds=5) is model
    assert_same(model, reference)
    one = Word2Vec(**RUN).fit(texts)
    assert model.wv.index_to_key == one.wv.index_to_key
    assert model.vocabulary_.counts.tolist() == one.vocabulary_.counts.tolist()
    assert model.raw_words_ == one.raw_words_ == 3 * 200 * 12
    assert len(model.loss_history_) == 3
    # it learns what one machine learns
    assert model.loss_history_[-1] < model.loss_history_[0]
    assert abs(model.loss_history_[-1] - one.loss_history_[-1]) < 0.3
    model.save(tmp_path / "model")
    assert_same(Word2Vec.load(tmp_path / "model"), model)
    assert np.isfinite(model.score(texts))
    assert {*model.fit_seconds_} == {"read", "train"}


@pytest.mark.parametrize("n", [1, 4])
def test_fit_gives_the_same_bytes_on_any_number_of_workers(workers, texts, reference, n):
    assert_same(fit(workers(n), texts), reference)


def test_fit_gives_the_same_bytes_on_workers_of_several_cores(make_cluster, texts, reference):
    with make_cluster(1, threads=2) as cluster, distributed.Client(cluster) as client:
        patch = "import negsamp.dask.{0} as m; m.TOKENS_WORTH_A_CORE = 1"
        for name in ("rounds", "worker"):
            client.run(exec, patch.format(name), {})
        note = (
            "import negsamp.dask.rounds as m; own = m.run_team; m.teams = []\n"
            "m.run_team = lambda *args: [m.teams.append(args[1]), own(*args)][1]"
        )
        client.run(exec, note, {})
        assert_same(fit(client, texts), reference)
        teams = client.run(eval, "__import__('negsamp.dask.rounds').dask.rounds.teams")
        assert [*teams.values()] == [[2] * 15]  # of each partition and round


def test_fit_gives_other_bytes_for_other_seeds_partitions_and_rounds(client, texts, reference):
    for params, how in (({"seed": 2}, {}), ({}, {"partitions": 2}), ({}, {"rounds": 4})):
        other = fit(client, texts, params, **how)
        assert other.vectors_.tobytes() != reference.vectors_.tobytes()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_fit_trains_every_objective(client, texts, objective):
    model, same = (fit(client, texts, {"objective": objective}) for _ in range(2))
    assert_same(model, same)
    assert model.loss_history_[-1] < model.loss_history_[0]


@pytest.mark.parametrize("normalizer", ["global", "center", "fixed"])
def test_fit_learns_normalizers(client, texts, normalizer):
    params = {"objective": "nce", "nce_normalizer": normalizer}
    log_z = fit(client, texts, params).nce_log_z_
    one = Word2Vec(**RUN, **params).fit(texts).nce_log_z_
    assert np.shape(log_z) == np.shape(one)
    assert np.mean(np.abs(log_z - one)) < 0.5
    assert (np.ptp(log_z) > 0) == (normalizer == "center")


class Squares(Objective):
    def loss(self, positive, negative, weight=1.0):
        return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)

    def score_gradients(self, positive, negative, weight=1.0):
        return -2 * (1 - positive), weight * 2 * negative


# each parameter but those of RUN, at another value than the default
PARAMS = {
    "vector_size": 5,
    "window": 2,
    "min_count": 115,
    "sample": 1e-3,
    "negative": 2,
    "ns_exponent": 0.5,
    "optimizer": "sgd",
    "alpha": 0.01,
    "min_alpha": 0.02,
    "epochs": 2,
    "workers": 1,
    "seed": 2,
    "shrink_windows": False,
    "max_vocab_size": 50,
    "batch_size": 64,
    "progress": True,
    "noise": np.arange(1, 61),
    "max_final_vocab": 40,
    "shift": 1.5,
    "init": "random",
}
SAME = {"workers", "progress", "init"}  # which make no difference to the bytes


@pytest.fixture(scope="module")
def short(cluster, texts):
    """What three rounds give."""
    with distributed.Client(cluster) as client:
        client.wait_for_workers(1)
        return fit(client, texts, rounds=3)


def test_every_parameter_is_tried():
    assert {*PARAMS, "objective", "nce_normalizer"} == {*Word2Vec().get_params()}


@pytest.mark.parametrize("name", PARAMS)
def test_fit_takes_the_parameters_of_the_model(client, texts, short, name):
    model = fit(client, texts, {name: PARAMS[name]}, rounds=3)
    one = Word2Vec(**{**RUN, name: PARAMS[name]}).fit(texts)
    if name != "max_vocab_size":  # which bounds the words of each partition
        assert model.vectors_.shape == one.vectors_.shape
        assert model.wv.index_to_key == one.wv.index_to_key
    assert len(model.loss_history_) == model.epochs
    assert abs(model.loss_history_[-1] - one.loss_history_[-1]) < 0.5
    assert (model.vectors_.tobytes() == short.vectors_.tobytes()) == (name in SAME)


@pytest.mark.parametrize("noise", [lambda counts: counts**0.5, [1.0] * 60])
def test_fit_takes_noise(client, texts, noise):
    assert len(fit(client, texts, {"noise": noise, "objective": "infonce"}).loss_history_) == 3


def test_fit_takes_an_objective_of_the_users(client, texts):
    model = fit(client, texts, {"objective": Squares()})
    assert 0 < model.loss_history_[-1] < model.loss_history_[0]


def test_fit_begins_with_vectors_and_keeps_frozen_ones(client, texts, reference):
    kept = ["w3", "w5"]
    model = fit(client, texts, init_vectors=reference.wv, frozen=kept)
    for word in kept:
        assert model.wv[word].tobytes() == reference.wv[word].tobytes()
    assert model.wv["w7"].tobytes() != reference.wv["w7"].tobytes()
    assert model.loss_history_[0] < reference.loss_history_[0]
    with pytest.raises(ValueError, match="frozen is True without init_vectors"):
        fit(client, texts, frozen=True)


def test_fit_reads_bags_and_columns(client, texts, reference):
    bag = pytest.importorskip("dask.bag")
    lines = [line for path in sorted(texts.iterdir()) for line in path.read_text().splitlines()]
    model = fit(client, bag.from_sequence(lines, npartitions=3), rounds=3)
    assert model.wv.index_to_key == reference.wv.index_to_key
    frame, pandas = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    for corpus in (
        bag.from_sequence([line.split() for line in lines], npartitions=3),
        bag.from_sequence(lines, npartitions=6),  # these are put together
        bag.read_text(sorted(map(str, texts.iterdir()))),
        frame.from_pandas(pandas.DataFrame({"text": lines}), npartitions=3)["text"],
    ):
        assert_same(fit(client, corpus, rounds=3), model)
    few = fit(client, bag.from_sequence(lines, npartitions=2), rounds=3)
    assert few.wv.index_to_key == reference.wv.index_to_key


def test_fit_reads_documents_of_other_tokens(client):
    bag = pytest.importorskip("dask.bag")
    corpus = [[i % 7, (i * 3) % 11, ("a", i % 3)] * 3 for i in range(200)]
    model = fit(client, bag.from_sequence(corpus, npartitions=3))
    one = Word2Vec(**RUN, workers=1).fit(corpus)
    assert model.wv.index_to_key == one.wv.index_to_key
    assert model.vocabulary_.counts.tolist() == one.vocabulary_.counts.tolist()


def test_fit_reads_packed_files(client, texts, tmp_path, reference):
    import gzip

    for path in sorted(texts.iterdir()):
        (tmp_path / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    model = fit(client, str(tmp_path / "*.txt.gz"))
    assert model.wv.index_to_key == reference.wv.index_to_key
    assert model.vocabulary_.counts.tolist() == reference.vocabulary_.counts.tolist()


def test_fit_of_empty_partitions(client, tmp_path, caplog):
    text = tmp_path / "text"
    text.write_text("a b c a b c\n" * 40)
    model = fit(client, text, partitions=5)
    for name in ("one", "two", "three"):
        (tmp_path / name).touch()
    assert_same(fit(client, sorted(tmp_path.iterdir()), partitions=5), model)
    import gzip

    (tmp_path / "packed").write_bytes(gzip.compress(text.read_bytes()))
    with caplog.at_level(logging.WARNING):
        fit(client, tmp_path / "packed", partitions=3)
    assert "2 of 3 partitions are empty, as packed files are not cut" in caplog.text


def test_fit_calls_callbacks_and_shows_a_bar(client, texts, reference, capsys):
    seen, kept = [], []

    def callback(model, epoch):
        seen.append(epoch)
        kept.append(copy.deepcopy(model))
        return epoch == 2

    model = fit(client, texts, callbacks=callback, progress=True)
    assert seen == [1, 2]
    assert len(model.loss_history_) == 2
    assert model.loss_history_ == reference.loss_history_[:2]
    assert kept[0].loss_history_ == reference.loss_history_[:1]
    assert_same(kept[1], model)
    shown = capsys.readouterr().err
    assert "words/s" in shown
    assert re.search("round [23] of 5", shown)
    assert "MB moved" in shown
    assert "loss " in shown


def test_fit_gives_tasks_names(client, texts):
    client.get_task_stream(count=1)  # from here on they are noted
    fit(client, texts)
    names = {distributed.utils.key_split(task["key"]) for task in client.get_task_stream(count=500)}
    assert {"negsamp-read", "negsamp-train", "negsamp-merge", "negsamp-take"} <= names


def test_fit_leaves_nothing_behind(client, texts):
    """Neither tasks nor parameters; nor does a round, or the graph would grow."""

    def tasks(dask_scheduler):
        return len(dask_scheduler.tasks)

    counts = []

    def count(*_):  # what a round has done with is given back while the next one runs
        for _ in range(100):
            left = client.run_on_scheduler(tasks)
            if counts and left < counts[0] + 5:
                break
            threading.Event().wait(0.05 if counts else 0.005)
        counts.append(left)

    fit(client, texts, {"epochs": 4}, rounds=20, callbacks=count)
    # a round has more tasks than that, and there are five in an epoch
    assert max(counts[1:]) < counts[0] + 5
    held = "len(__import__('negsamp.dask.worker').dask.worker._held)"
    for _ in range(100):
        if client.run_on_scheduler(tasks) == 0 == sum(client.run(eval, held).values()):
            break
        threading.Event().wait(0.05)
    assert client.run_on_scheduler(tasks) == 0
    assert {*client.run(eval, held).values()} == {0}


# --- what stops a run


def test_resume_gives_the_same_bytes(workers, texts, reference, tmp_path):
    folder = tmp_path / "run"

    def stop(model, epoch):
        if epoch == 2:
            raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError, match="the power is gone"):
        fit(workers(2), texts, checkpoint=folder, checkpoint_every=0, callbacks=stop)
    saved = read_latest(folder)
    assert 0 < saved.model.about["dask"]["round"] < 5
    client = workers(1)
    with pytest.raises(CheckpointError, match=r"negsamp\.dask\.resume\(.*\) goes on"):
        Word2Vec.resume(folder)
    with pytest.raises(FileExistsError, match=r"go on with negsamp\.dask\.resume"):
        fit(client, texts, checkpoint=folder)
    resumed = negsamp.dask.resume(folder, client=client, checkpoint_every=0)
    assert_same(resumed, reference)
    assert resumed.fit_seconds_["train"] > 0
    assert_same(negsamp.dask.resume(folder, client=client), reference)  # it is finished


def test_resume_of_a_bag_must_be_given_the_bag(client, texts, tmp_path):
    bag = pytest.importorskip("dask.bag")
    lines = [line for path in sorted(texts.iterdir()) for line in path.read_text().splitlines()]
    corpus, folder = bag.from_sequence(lines, npartitions=3), tmp_path / "run"

    def stop(model, epoch):
        raise KeyboardInterrupt

    expected = fit(client, corpus)
    with pytest.raises(TrainingInterrupted, match=r"negsamp\.dask\.resume\('.*run'\) goes on"):
        fit(client, corpus, checkpoint=folder, callbacks=stop)
    with pytest.raises(ValueError, match="was no file: give it again"):
        negsamp.dask.resume(folder, client=client)
    with pytest.raises(CheckpointError, match="not the one that this run began with"):
        negsamp.dask.resume(folder, bag.from_sequence(lines[1:], npartitions=3), client=client)
    assert_same(negsamp.dask.resume(folder, corpus, client=client), expected)


def test_resume_refuses_another_corpus(client, texts, tmp_path):
    text, folder = tmp_path / "text", tmp_path / "run"
    text.write_bytes(b"".join(path.read_bytes() for path in sorted(texts.iterdir())))

    def stop(model, epoch):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fit(client, text, checkpoint=folder, callbacks=stop, checkpoint_every=0)
    with pytest.raises(ValueError, match="was files: leave corpus out"):
        negsamp.dask.resume(folder, text, client=client)
    text.write_bytes(text.read_bytes().replace(b"w1 ", b"w2 ", 1))
    with pytest.raises(CheckpointError, match="not the one that this run began with"):
        negsamp.dask.resume(folder, client=client)


def test_resume_refuses_a_run_of_one_machine(client, texts, tmp_path):
    Word2Vec(**RUN).fit(texts, checkpoint=tmp_path / "run")
    with pytest.raises(CheckpointError, match=r"Word2Vec\.resume\(.*\) goes on with it"):
        negsamp.dask.resume(tmp_path / "run", client=client)


def test_ctrl_c_keeps_what_was_learned(client, texts):
    model, at = Word2Vec(**{**RUN, "epochs": 1000}), []

    def callback(model, epoch):
        if epoch == 2:
            at.append(epoch)
            timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()

    # where tests run in the background, the signal is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(TrainingInterrupted, match=r"in epoch \d+ of 1000, after \d+ %"):
        negsamp.dask.fit(model, texts, client=client, partitions=2, rounds=3000, callbacks=callback)
    signal.signal(signal.SIGINT, before)
    assert at == [2]
    assert len(model.loss_history_) >= 2
    assert np.isfinite(model.vectors_).all()
    assert model.wv.most_similar("w1")
    assert fit(client, texts).wv  # the cluster can be used again


def test_fit_ends_when_the_time_is_up(client, texts, tmp_path, caplog):
    how = {"rounds": 3000, "params": {"epochs": 1000, "min_alpha": 0}, "checkpoint": tmp_path / "a"}
    with caplog.at_level(logging.INFO, "negsamp"):
        model = fit(client, texts, max_time="2s", **how)
    assert "max_time: the time is up in epoch" in caplog.text
    assert 1 <= len(model.loss_history_) < 1000
    assert 2 <= model.fit_seconds_["train"]
    assert_same(negsamp.dask.resume(tmp_path / "a", client=client), model)  # it is finished


def test_the_learning_rate_follows_the_time(client, texts, monkeypatch):
    """A run that has time for a part of its text learns at the rates of the whole run."""
    from negsamp.dask.run import DaskRun

    seen, seconds = [], iter(range(100))
    attempt = DaskRun._attempt
    monkeypatch.setattr(
        DaskRun,
        "_attempt",
        lambda run, *args: [seen.append(args[-1].place), attempt(run, *args)][1],
    )
    # it is asked for twice in a round
    monkeypatch.setattr(DaskRun, "_time_gone", lambda run: next(seconds) // 2 / 4)
    model = fit(client, texts, rounds=12, max_time=1)
    assert np.round(seen, 3).tolist() == [[0, 0.083], [0.25, 0.5], [0.5, 0.75], [0.75, 1], [1, 1]]
    assert len(model.loss_history_) == 2


class Endless(Squares):
    def loss(self, positive, negative, weight=1.0):
        return np.inf * positive


def test_fit_that_diverges_keeps_the_last_round(client, texts):
    model = Word2Vec(**{**RUN, "objective": Endless()})
    with pytest.raises(TrainingDivergedError, match=r"after 0\.\d % of the run: the loss"):
        negsamp.dask.fit(model, texts, client=client, partitions=2)
    assert np.isfinite(model.vectors_).all()


# --- errors


@pytest.mark.parametrize(
    ("params", "how", "message"),
    [
        ({"alpha": -1}, {}, "alpha is -1"),
        ({"init": "pmi"}, {}, "init is 'pmi', but negsamp.dask.fit begins with random vectors"),
        ({}, {"partitions": 0}, "partitions is 0; it must be an integer"),
        ({}, {"rounds": 1.5}, "rounds is 1.5; it must be an integer"),
        ({}, {"max_time": 0}, "max_time is 0; it must be seconds above 0"),
        ({}, {"validation": 0.1}, r"validation is 0\.1, but a run on Dask holds nothing out"),
        ({}, {"patience": 2}, "patience is 2, but a run on Dask holds nothing out"),
        ({}, {"encoding": "latin-99"}, "encoding is 'latin-99'"),
        ({}, {"errors": "hide"}, "errors is 'hide'"),
        ({}, {"checkpoint_every": -1}, "checkpoint_every is -1; it must be minutes"),
        ({}, {"callbacks": [3]}, "callbacks holds 3"),
        ({}, {"progress": "yes"}, "progress is 'yes'"),
        ({}, {"client": "tcp://host:8786"}, "client is 'tcp://host:8786'; it must be a dask"),
        ({"objective": Squares()}, {"checkpoint": "run"}, "objective is .*names one of"),
    ],
)
def test_fit_refuses_bad_arguments(client, texts, params, how, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fit(**{"client": client, "corpus": texts, "params": params, **how})


def test_a_callback_may_do_what_patience_does(client, texts, tmp_path):
    """What the message says that refuses `validation`."""
    (tmp_path / "held-out.txt").write_text("w1 w7 w50 w52 w5\n" * 20)
    held_out, scores = tmp_path / "held-out.txt", []

    def callback(model, epoch):
        scores.append(model.score(held_out))
        return scores[-1] > -20

    assert len(fit(client, texts, callbacks=callback).loss_history_) == len(scores) == 1


def test_fit_refuses_what_is_no_model(client, texts):
    with pytest.raises(TypeError, match=r"model is .*; it must be a negsamp\.Word2Vec"):
        negsamp.dask.fit(texts, Word2Vec(), client=client)


def test_fit_takes_the_client_that_there_is(client, texts, reference):
    assert_same(fit(None, texts), reference)


def test_fit_without_a_client(texts):
    with pytest.raises(ValueError, match=r"client = dask\.distributed\.Client\(\) starts"):
        fit(None, texts)


def test_fit_refuses_corpora_in_memory(client):
    with pytest.raises(CorpusError, match=r"dask\.bag\.from_sequence\(corpus, npartitions=4\)"):
        fit(client, [["a", "b"]])
    bag = pytest.importorskip("dask.bag")
    corpus = [["a", "b"]] * 20
    assert len(fit(client, bag.from_sequence(corpus, npartitions=4)).wv) == 2


@pytest.mark.parametrize("text", ["", " \n \n", "a\nb\n"])
def test_fit_of_no_words_or_pairs(client, tmp_path, text):
    (tmp_path / "text").write_text(text)
    message = "has no pair" if text.strip() else "the corpus is empty"
    with pytest.raises(CorpusError, match=message):
        fit(client, tmp_path / "text")


def test_fit_names_the_worker_that_does_not_see_a_path(client, texts):
    path = Path("/nowhere/part-1.txt")
    with pytest.raises(
        FileNotFoundError, match=r"worker tcp://.*'/nowhere/part-1\.txt'.*all workers"
    ):
        fit(client, [path])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "paths=found.paths[:2], sizes=found.sizes[:2]",
            r"worker {other} does not see '.*2\.txt', and worker {one} sees \d+ bytes of it",
        ),
        (
            "sizes=(*found.sizes[:2], 5)",
            r"worker {other} sees 5 bytes of '.*2\.txt', and worker {one} sees \d{{4}} bytes",
        ),
    ],
)
def test_fit_names_the_worker_that_sees_another_file(client, texts, change, message):
    one, other = sorted(client.nthreads())
    patch = (
        "import negsamp.dask.partitions as p\n"
        "own = p.list_files\n"
        "def list_files(names):\n"
        "    p.list_files = own\n"
        "    found = own(names)\n"
        f"    return found._replace({change})\n"
        "p.list_files = list_files\n"
    )
    client.run(exec, patch, {}, workers=[other])
    with pytest.raises(CorpusError, match=message.format(one=one, other=other)):
        fit(client, texts)


def test_fit_names_the_worker_with_another_version(client, texts):
    other = sorted(client.nthreads())[1]
    version = "import negsamp.version as v; v.before = v.__version__; v.__version__ = {}"
    client.run(exec, version.format("'0.0.7'"), {}, workers=[other])
    try:
        with pytest.raises(TeamError, match=rf"worker {other} has negsamp 0\.0\.7, and the client"):
            fit(client, texts)
    finally:
        back = f"import negsamp.version as v; v.__version__ = {negsamp.__version__!r}"
        client.run(exec, back, {}, workers=[other])


def test_fit_names_the_worker_without_negsamp(client, texts):
    other = sorted(client.nthreads())[1]
    names = "import sys; m = sys.modules; name = 'negsamp.version'; "
    client.run(exec, names + "m['hidden'] = m[name]; m[name] = None", {}, workers=[other])
    try:
        with pytest.raises(TeamError, match=rf"worker {other} cannot import negsamp .*: install"):
            fit(client, texts)
    finally:
        client.run(exec, names + "m[name] = m.pop('hidden')", {}, workers=[other])


def test_fit_without_workers(texts):
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", processes=False) as cluster,
        distributed.Client(cluster) as client,
        pytest.raises(TeamError, match=r"no workers.*client\.wait_for_workers\(1\)"),
    ):
        fit(client, texts)


def test_fit_refuses_what_does_not_fit_into_a_worker(client, texts):
    limit = "import negsamp.dask.worker as w; w.MEMORY_LIMIT = {}"
    client.run(exec, limit.format(1_000_000), {})
    message = r"GB on each worker, and worker tcp.* has 0\.001 GB; vector_size=\d+ fits"
    try:
        with pytest.raises(ValueError, match=message) as error:
            fit(client, texts, {"vector_size": 5000})
        fits = int(str(error.value).partition("; vector_size=")[2].split()[0])
        assert fit(client, texts, {"vector_size": fits, "epochs": 1}).vectors_.shape[1] == fits
    finally:
        client.run(exec, limit.format(2**40), {})
