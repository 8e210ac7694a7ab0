"""A process that is killed with SIGKILL, wherever it is, changes no byte of the result."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial, wraps

import pytest
from runs import SMALL_RUN, assert_same

import negsamp.dask
from negsamp import Word2Vec
from negsamp.errors import TeamError
from negsamp.training.checkpoints import read_latest

distributed = pytest.importorskip("distributed")

KILLS = int(os.environ.get("NEGSAMP_KILLS", 3))
RUN = {key: value for key, value in SMALL_RUN.items() if key != "workers"}
# Where a worker dies: what `negsamp.dask.worker` calls by these names
STAGES = ["read_part", "encode", "train_piece", "find_changes", "merge", "apply"]
SETTLING = ["before_fetch", "before_send"]  # when workers get the parameters


class Fatal(distributed.WorkerPlugin):
    """Of all workers, later ones too, the one dies that next comes to a stage that has a flag.

    A flag is a file with the name of the stage, which that worker renames.
    """

    def __init__(self, flags):
        self.flags = flags

    def setup(self, worker):
        import negsamp.dask.worker as tasks

        for stage in STAGES:
            setattr(tasks, stage, partial(fatal, getattr(tasks, stage), self.flags / stage))
        # one that gets the parameters from another, in two ways, and one that is asked for them
        worker.gather_dep = partial(fatal, worker.gather_dep, self.flags / "fetch")
        for name, flag in ("gather", "fetch"), ("get_data", "send"):
            own = worker.handlers[name]
            worker.handlers[name] = wraps(own)(partial(fatal, own, self.flags / flag))
        for flag in "fetch", "send":
            before, after = self.flags / f"before_{flag}", self.flags / flag
            tasks.held_number = partial(renaming, tasks.held_number, before, after)


def fatal(own, flag, *args, **more):
    try:
        flag.rename(flag.with_suffix(".taken"))  # of several processes, one can
    except FileNotFoundError:
        return own(*args, **more)
    os.kill(os.getpid(), signal.SIGKILL)


def renaming(own, flag, next_flag, *args):
    with suppress(FileNotFoundError):
        flag.rename(next_flag)
    return own(*args)


def fit(client, texts, **how):
    how = {"partitions": 3, "rounds": 7, **how}
    return negsamp.dask.fit(Word2Vec(**RUN), texts, client=client, **how)


def fit_with_a_kill(client, texts, flag):
    """Fit, while a worker dies at the stage of a flag: there at first, or in the second epoch."""
    assert not flag.exists()

    def raise_flag(model, epoch):
        if epoch == 1:
            flag.touch()

    if flag.name in ("read_part", "encode", *SETTLING):
        flag.touch()
        raise_flag = None
    model = fit(client, texts, callbacks=raise_flag)
    last = flag.with_name(flag.name.removeprefix("before_"))
    assert not flag.exists()
    assert not last.exists()  # a worker died
    return model


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A machine may be so busy that a worker takes minutes to start."""
    for module in ("cluster", "tasks"):
        monkeypatch.setattr(f"negsamp.dask.{module}.PATIENCE", 1200)


@pytest.fixture(scope="module")
def reference(cluster, texts):
    with distributed.Client(cluster) as client:
        client.wait_for_workers(1)
        return fit(client, texts)


@pytest.fixture(scope="module", params=[1, 2], ids="{} workers".format)
def doomed(request, make_cluster, tmp_path_factory):
    """The number of workers of a cluster, a client to it, and the folder of flags."""
    flags = tmp_path_factory.mktemp("flags")
    with make_cluster(request.param) as cluster, distributed.Client(cluster) as client:
        client.register_plugin(Fatal(flags))
        yield request.param, client, flags


@pytest.mark.parametrize("stage", [*STAGES, *SETTLING])
def test_a_killed_worker_changes_no_byte(doomed, texts, reference, stage):
    n, client, flags = doomed
    if n == 1 and stage in SETTLING:
        pytest.skip("a worker alone gets the parameters from the client")
    if n == 1 and stage not in ("train_piece", "apply") and KILLS < len(STAGES):
        pytest.skip("NEGSAMP_KILLS=6 kills the only worker at each stage")
    client.wait_for_workers(n, timeout=600)
    assert_same(fit_with_a_kill(client, texts, flags / stage), reference)


def test_workers_killed_at_any_time_change_no_byte(make_cluster, texts, reference):
    """One or, while they train, now and then both; the next when two are there again."""
    rng, killed = random.Random(KILLS), []
    is_training, is_over = threading.Event(), threading.Event()

    def kill(client):
        while len(killed) < KILLS and not is_over.wait(rng.uniform(0, 1)):
            pids = [*client.run(os.getpid, on_error="return").values()]
            if len(pids) < 2 or not all(isinstance(pid, int) for pid in pids):
                continue
            both = is_training.is_set() and rng.random() < 0.3
            for pid in pids if both else pids[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    with make_cluster(2) as cluster, distributed.Client(cluster) as client:
        thread = threading.Thread(target=kill, args=(client,))
        thread.start()
        try:
            while len(killed) < KILLS:
                client.wait_for_workers(2, timeout=600)
                model = fit(client, texts, callbacks=lambda *_: is_training.set())
                is_training.clear()
                assert_same(model, reference)
        finally:
            is_over.set()
            thread.join()


class Processes:
    """Dask's own commands as processes, which nobody restarts."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "scheduler.json"
        self._running = []

    def start(self, command, *options):
        python = [sys.executable, "-m", f"distributed.cli.dask_{command}", "--no-dashboard"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(
            [*python, "--scheduler-file", str(self.file), *options],
            env=environment,
            cwd=self.folder,
            stderr=subprocess.DEVNULL,
        )
        self._running.append(process)
        return process

    def start_worker(self):
        return self.start("worker", "--no-nanny", "--nthreads", "1")

    def end(self):
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture
def processes(tmp_path):
    """A scheduler and two workers without nannies, and a client to them."""
    processes = Processes(tmp_path)
    processes.scheduler = processes.start("scheduler", "--port", "0", "--host", "127.0.0.1")
    for _ in range(2):
        processes.start_worker()
    try:
        while not processes.file.exists():
            assert processes.scheduler.poll() is None
            time.sleep(0.01)
        # for so long, the client looks for a scheduler that is gone
        with distributed.Client(scheduler_file=str(processes.file), timeout=5) as client:
            client.wait_for_workers(2)
            yield processes, client
    finally:
        processes.end()


def test_a_worker_that_nobody_restarts_changes_no_byte(processes, texts, reference, tmp_path):
    processes, client = processes
    client.register_plugin(Fatal(tmp_path))
    for stage in STAGES if KILLS >= len(STAGES) else ["train_piece"]:
        model = fit_with_a_kill(client, texts, tmp_path / stage)
        assert len(client.nthreads()) == 1
        assert_same(model, reference)
        processes.start_worker()
        client.wait_for_workers(2)


def test_a_killed_scheduler_costs_what_came_after_the_checkpoint(
    processes, cluster, texts, reference, tmp_path
):
    processes, client = processes
    model, folder = Word2Vec(**RUN), tmp_path / "run"

    def kill(model, epoch):
        if epoch == 2:
            processes.scheduler.kill()

    how = {"partitions": 3, "rounds": 7, "checkpoint": folder, "checkpoint_every": 0}
    with pytest.raises(
        TeamError, match=r"the scheduler is gone in epoch 3 of 3.*resume\('.*run'\)"
    ):
        negsamp.dask.fit(model, texts, client=client, callbacks=kill, **how)
    assert model.loss_history_ == reference.loss_history_[:2]
    assert 0 < read_latest(folder).model.about["dask"]["round"] < 7
    with distributed.Client(cluster) as client:
        assert_same(negsamp.dask.resume(folder, client=client), reference)
