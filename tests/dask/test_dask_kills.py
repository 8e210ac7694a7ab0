"""A worker that is killed with SIGKILL, wherever it is, changes no byte of the result."""

import os
import random
import signal
import subprocess
import sys
import threading

import pytest
from runs import SMALL_RUN, assert_same

import negsamp.dask
from negsamp import Word2Vec

distributed = pytest.importorskip("distributed")

KILLS = int(os.environ.get("NEGSAMP_KILLS", 3))
RUN = {key: value for key, value in SMALL_RUN.items() if key != "workers"}
# Where a worker dies: what `negsamp.dask.worker` calls by these names
STAGES = ["read_part", "encode", "train_piece", "find_changes", "merge", "apply"]
FATAL = """
import os, signal
import negsamp.dask.worker as w
own = w.{name}
def fatal(*args, **more):
    try:
        os.rename({flag!r}, {flag!r} + "-" + str(os.getpid()))  # only one can
    except FileNotFoundError:
        return own(*args, **more)
    os.kill(os.getpid(), signal.SIGKILL)
w.{name} = fatal
"""


def fit(client, texts, **how):
    how = {"partitions": 3, "rounds": 7, **how}
    return negsamp.dask.fit(Word2Vec(**RUN), texts, client=client, **how)


@pytest.fixture(scope="module")
def reference(cluster, texts):
    with distributed.Client(cluster) as client:
        client.wait_for_workers(1)
        return fit(client, texts)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_worker_changes_no_byte(workers, texts, reference, tmp_path, stage, n):
    if n == 1 and stage not in ("train_piece", "apply") and KILLS < len(STAGES):
        pytest.skip("NEGSAMP_KILLS=6 kills the only worker at each stage")
    client, flag = workers(n), tmp_path / "kill"
    client.run(exec, FATAL.format(name=stage, flag=str(flag)), {})

    def kill_next(model, epoch):
        if epoch == 1:
            flag.touch()

    if stage in ("read_part", "encode"):
        flag.touch()
    model = fit(client, texts, callbacks=kill_next)
    assert len([*tmp_path.glob("kill-*")]) == 1  # it was killed
    assert_same(model, reference)


def test_workers_killed_at_any_time_change_no_byte(workers, texts):
    params = {**RUN, "epochs": 4 + KILLS}
    how = {"partitions": 3, "rounds": 40 + 10 * KILLS}
    client = workers(2)
    expected = negsamp.dask.fit(Word2Vec(**params), texts, client=client, **how)
    rng, killed, is_over = random.Random(KILLS), [], threading.Event()

    def kill():
        while len(killed) < KILLS and not is_over.wait(rng.uniform(0.2, 1.2)):
            for pid in client.run(os.getpid, on_error="return").values():
                if isinstance(pid, int):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    break

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        model = negsamp.dask.fit(Word2Vec(**params), texts, client=client, **how)
    finally:
        is_over.set()
        thread.join()
    assert killed
    assert_same(model, expected)


def test_a_worker_that_nobody_restarts_changes_no_byte(texts, reference, tmp_path):
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard"]
    command += ["--nthreads", "1", "--local-directory", str(tmp_path / "workers")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
    ):
        processes = [
            subprocess.Popen(
                [*command, cluster.scheduler_address], env=environment, stderr=subprocess.DEVNULL
            )
            for _ in range(2)
        ]
        try:
            client.wait_for_workers(2)
            flag = tmp_path / "kill"
            client.run(exec, FATAL.format(name="train_piece", flag=str(flag)), {})
            model = fit(
                client, texts, callbacks=lambda _, epoch: epoch == 2 or (flag.touch() and None)
            )
            left = client.nthreads()
        finally:
            for process in processes:
                process.kill()
                process.wait()
    assert len(left) == 1
    assert len(model.loss_history_) == 2
    assert model.loss_history_ == reference.loss_history_[:2]
