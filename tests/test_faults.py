"""What goes wrong while training leaves a whole model and says what it was."""

import os
import signal
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from negsamp import TrainingDivergedError, Word2Vec, read_corpus
from negsamp.core.kernels.sampled import BlockKernel
from negsamp.corpus import stream
from negsamp.training.interrupts import Interrupts

pytestmark = pytest.mark.usefixtures("worth_a_worker")
WORKERS = pytest.mark.parametrize("workers", [1, 2])


@pytest.fixture(scope="module")
def corpus():
    return (np.random.default_rng(0).zipf(1.5, size=(500, 12)) % 60).tolist()


def make(**params):
    settings = {"vector_size": 8, "min_count": 1, "epochs": 3, "seed": 1, "sample": 0}
    return Word2Vec(**{**settings, "batch_size": 256, "progress": False, **params})


@WORKERS
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_gradient_that_is_not_finite_stops_before_it_is_added(corpus, monkeypatch, workers, value):
    gradients, calls, before = BlockKernel.gradients, [], []

    def spoiled(self, W_in, W_out, *others):
        g = gradients(self, W_in, W_out, *others)
        calls.append(1)
        if len(calls) == 35:
            before.extend([W_in.tobytes(), W_out.tobytes()])
            g.outputs[7, 3] = value
            with np.errstate(over="ignore"):
                g.output_squares[7] = g.outputs[7] @ g.outputs[7]
        return g

    monkeypatch.setattr(BlockKernel, "gradients", spoiled)  # in this process, not in the other
    model = make(workers=workers)
    message = r"diverged in epoch 2 of 3, after \d+ % of it: a gradient is not finite.*is 0\.025"
    with pytest.raises(TrainingDivergedError, match=message):
        model.fit(corpus)
    assert [model.vectors_.tobytes(), model.context_vectors_.tobytes()] == before
    assert len(model.loss_history_) == 1
    assert np.isfinite(model.wv[0]).all()


@WORKERS
def test_callback_that_raises_leaves_the_model_of_its_epoch(corpus, workers):
    seen = []

    def fail(model, epoch):
        seen.append(model.vectors_.copy())
        if epoch == 2:
            raise RuntimeError("the callback's own words")

    model = make(workers=workers)
    with pytest.raises(RuntimeError, match="the callback's own words"):
        model.fit(corpus, callbacks=[fail])
    assert len(model.loss_history_) == 2
    assert model.vectors_.tobytes() == seen[1].tobytes()
    assert model.vectors_.base is None  # and holds no memory that workers shared


def test_held_signal_waits_for_the_end():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append("handled"))
    try:
        with Interrupts() as interrupts:
            with interrupts.held():
                signal.raise_signal(signal.SIGINT)
                seen.append("held")
            assert seen == ["held", "handled"]
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert seen == ["held", "handled", "handled", "handled"]
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_signal_while_an_object_is_deleted_comes_again():
    class Deleted:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)  # an error that it raised here would be ignored

    def work():
        with Interrupts():
            Deleted()
            for _ in range(500):
                time.sleep(0.01)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.signal(signal.SIGINT, before)


def test_handlers_are_given_back():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(ValueError, match="own"), Interrupts():
        raise ValueError("own")
    assert {number: signal.getsignal(number) for number in before} == before
    other = lambda *_: None  # noqa: E731
    with Interrupts():
        signal.signal(signal.SIGINT, other)
    assert signal.getsignal(signal.SIGINT) is other
    signal.signal(signal.SIGINT, before[signal.SIGINT])


def test_training_in_a_thread_has_no_signals(corpus):
    with ThreadPoolExecutor(1) as pool:
        model = pool.submit(make(workers=1).fit, corpus).result()
    assert model.vectors_.tobytes() == make(workers=1).fit(corpus).vectors_.tobytes()


def test_queries_from_threads_while_another_model_trains(corpus):
    wv = make(workers=1).fit(corpus).wv
    words = wv.index_to_key[:20]
    expected = [wv.most_similar(word, topn=5) for word in words]
    trained = make(workers=1, seed=2).fit(corpus).vectors_
    done = threading.Event()

    def ask():
        answers = []
        while not done.is_set() or not answers:
            answers.append([wv.most_similar(word, topn=5) for word in words])
        return answers

    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        again = pool.submit(make(workers=1, seed=2).fit, corpus).result()
        done.set()
        for answers in asked:
            assert all(answer == expected for answer in answers.result())
    assert again.vectors_.tobytes() == trained.tobytes()


@WORKERS
@pytest.mark.parametrize("as_file", [True, False])
@pytest.mark.usefixtures("files_in_use_stay")
def test_corpus_in_files_gives_the_same_bytes(corpus, tmp_path, monkeypatch, workers, as_file):
    words = [[f"w{i}" for i in sentence] for sentence in corpus]
    text = tmp_path / "text.txt"
    text.write_text("\n".join(" ".join(sentence) for sentence in words))
    expected = make(workers=1).fit(words)
    spilled = []
    spill = stream.Spool._spill
    monkeypatch.setattr(stream, "SEGMENT", 1000)
    monkeypatch.setattr(stream.Spool, "_spill", lambda self: [spilled.append(1), spill(self)])
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    model = make(workers=workers).fit(text if as_file else iter(words))
    assert len(spilled) > 4
    assert model.vectors_.tobytes() == expected.vectors_.tobytes()
    assert os.listdir(tmp_path) == ["text.txt"]


def test_cache_is_for_files(corpus, tmp_path):
    with pytest.raises(ValueError, match=r"cache is .*, but the corpus is no file"):
        make().fit(corpus, cache=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match=r"cache is .*, a file; it must be a folder"):
        make().fit(tmp_path / "file", cache=tmp_path / "file")
    with pytest.raises(TypeError, match="cache is 3; it must name a folder"):
        make().fit(tmp_path / "file", cache=3)


def test_reading_takes_no_more_memory_for_a_longer_corpus(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "SEGMENT", 10_000)
    monkeypatch.setattr(stream, "STEP", 10_000)
    monkeypatch.setattr("negsamp.corpus.reading.TOKENS_PER_CHUNK", 10_000)

    def peak(n):
        (tmp_path / str(n)).mkdir()
        sentences = ([i % 50] * 1000 for i in range(n))
        tracemalloc.start()
        _, found = read_corpus(sentences, folder=tmp_path / str(n))
        assert len(found.digest()) == 64
        assert len(found) == 1000 * n
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(50)
    # a million tokens more would take 4 MB; free-threaded Python differs by 0.1 MB of its own
    assert peak(1100) - peak(100) < 400_000
