"""Memory expected against memory that NumPy asks for while it trains."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg.lapack import dgesdd_lwork

from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.stream import TokenStream
from negsamp.training.progress import Observer
from negsamp.training.reading import Encoded
from negsamp.training.run import Run
from negsamp.training.settings import Settings
from negsamp.word2vec.footprint import LIBRARIES, PROCESS, training_footprint
from negsamp.word2vec.model import Word2Vec


class Stop(Exception):
    pass


def encoded(V, n_tokens):
    """A corpus of V words, each at least once."""
    rng = np.random.default_rng(0)
    ids = np.concatenate([np.arange(V), (V * rng.random(n_tokens - V) ** 3).astype(int)])
    counts = np.bincount(ids, minlength=V)
    order = np.argsort(-counts, kind="stable")
    row = np.empty(V, np.int32)
    row[order] = np.arange(V)
    offsets = np.arange(0, n_tokens + 1, 50, dtype=np.int64)
    stream = TokenStream(row[ids], offsets)
    return Encoded(Vocabulary([f"w{k}" for k in range(V)], counts[order]), stream)


class StopInTheThirdBlock(Observer):
    def on_block(self, progress, alpha):
        if progress.block == 2:
            raise Stop


def run_of(corpus, **params):
    given = {"seed": 0, "sample": 0, "workers": 1, "progress": False, "init": "random", **params}
    return Run(Settings.checked(Word2Vec(**given).get_params()), corpus)


@pytest.mark.parametrize(
    ("V", "params"),
    [
        (20_000, {}),
        (200, {"window": 2}),
        (100_000, {"vector_size": 2}),
        (5_000, {"vector_size": 300, "window": 10, "negative": 10}),
        (20_000, {"objective": "nce", "vector_size": 20}),
        (5_000, {"window": 60, "batch_size": 32}),
        (1_000, {"objective": "softmax", "vector_size": 50}),
        (5_000, {"objective": "softmax", "vector_size": 50}),
        (5_000, {"objective": "hierarchical", "vector_size": 50, "batch_size": 2048}),
    ],
)
def test_footprint_is_near_what_training_takes(V, params):
    corpus = encoded(V, 300_000)
    tracemalloc.start()
    try:
        with run_of(corpus, **params) as run, pytest.raises(Stop):
            run.train(StopInTheThirdBlock())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    in_memory = corpus.stream.ids.nbytes + corpus.stream.offsets.nbytes
    found = training_footprint(run.schedule, V, in_memory, 0)
    expected = found.total - found.words - LIBRARIES - PROCESS
    # rather too much than too little; some versions of SciPy's logsumexp take less than others
    most = 1.8 if params.get("objective") == "softmax" else 1.25
    assert 0.97 * (peak + in_memory) < expected < most * (peak + in_memory)


def lapack_bytes(m, n):
    """What NumPy takes for LAPACK to decompose a matrix: a copy, the result and room to work."""
    k, room = min(m, n), int(dgesdd_lwork(m, n, full_matrices=0)[0])
    return 8 * (m * n + m * k + k * n + 9 * k + room)


@pytest.fixture
def all_is_traced(monkeypatch):
    """Let tracemalloc see what LAPACK works in, which is not seen before NumPy 2.5."""
    tracemalloc.start()
    np.linalg.svd(np.eye(300, dtype=np.float32))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if peak > lapack_bytes(300, 300):
        return
    svd = np.linalg.svd

    def with_room(matrix, **how):
        room = np.empty(lapack_bytes(*matrix.shape), np.uint8)
        found = svd(matrix, **how)
        del room
        return found

    monkeypatch.setattr(np.linalg, "svd", with_room)


@pytest.mark.usefixtures("all_is_traced")
@pytest.mark.parametrize(
    ("V", "params"),
    [
        (20_000, {"workers": 2}),
        (200, {"window": 8}),
        (5_000, {"vector_size": 300, "window": 10, "negative": 10}),
        (5_000, {"window": 40}),
        (1_000, {"vector_size": 1_000, "batch_size": 64}),
    ],
)
def test_footprint_is_near_what_a_run_begins_with(V, params):
    corpus = encoded(V, 300_000)
    with run_of(corpus, init="pmi", **params) as run:
        t = run.schedule
        without = replace(t, settings=replace(t.settings, init="random"))
        found, plain = (training_footprint(each, V, 0, 0) for each in (t, without))
        tracemalloc.start()
        try:
            run.begin()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    there = found.matrices + found.words + found.state + LIBRARIES + PROCESS
    assert max(plain.total, there + 0.9 * peak) <= found.total
    assert found.total <= max(plain.total, there + 1.6 * peak)


def test_footprint_adds_up():
    corpus = encoded(1000, 300_000)
    with run_of(corpus, epochs=50, workers=2) as run:
        f = training_footprint(run.schedule, 1000, 77, 5000)
    assert f.processes == 2
    assert f.matrices == 2 * 4 * 1000 * 100
    assert f.corpus == 77
    parts = f.matrices + f.corpus + f.words + f.state + f.gradients
    assert f.total == LIBRARIES + parts + 2 * f.each_process


@pytest.mark.parametrize("objective", ["sgns", "hierarchical"])
def test_a_window_as_wide_as_a_long_sentence_takes_little_memory(objective):
    # scores of all tokens with all tokens around them would take a gigabyte
    corpus = [[f"w{k * k % 997}" for k in range(4000)]]
    model = Word2Vec(
        window=4000, objective=objective, epochs=1, vector_size=16, workers=1, progress=False
    )
    tracemalloc.start()
    try:
        model.fit(corpus)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6
    assert np.isfinite(model.loss_history_).all()
