"""A cluster of processes on this machine, for the tests of `negsamp.dask`."""

import random
import time

import pytest


@pytest.fixture(scope="session")
def make_cluster():
    """Make a cluster of so many workers, processes that are restarted when they end."""
    distributed = pytest.importorskip("distributed")
    import dask

    def make_cluster(n, threads=1):
        return distributed.LocalCluster(
            n_workers=n,
            threads_per_worker=threads,
            processes=True,
            dashboard_address=":0",
            worker_dashboard_address=":0",
            memory_limit=0,
            silence_logs=50,
        )

    # else a worker is given up that is away, once more, 15 seconds after it died
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"}):
        yield make_cluster


@pytest.fixture(scope="session")
def cluster(make_cluster):
    """A cluster that all tests share; it grows and shrinks as they ask for `workers`."""
    with make_cluster(2) as cluster:
        yield cluster


@pytest.fixture
def workers(cluster):
    """Give the cluster so many workers, and a client to it."""
    import distributed

    clients = []

    def workers(n):
        cluster.scale(n)
        clients.append(client := distributed.Client(cluster))
        client.wait_for_workers(n)
        while len(client.nthreads()) != n:
            time.sleep(0.01)
        return client

    yield workers
    for client in clients:
        client.close()


@pytest.fixture
def client(workers):
    return workers(2)


@pytest.fixture(scope="session")
def texts(tmp_path_factory):
    """A folder of three texts, 600 lines of some words of which each tells of the next."""
    rng, folder = random.Random(1), tmp_path_factory.mktemp("texts")
    for number in range(3):
        lines = []
        for _ in range(200):
            word = rng.randrange(60)
            line = [word := (word * 7 + rng.randrange(4)) % 60 for _ in range(12)]
            lines.append(" ".join(f"w{word}" for word in line))
        (folder / f"{number}.txt").write_text("\n".join(lines) + "\n")
    return folder
