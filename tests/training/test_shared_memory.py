"""Memory that processes share: how what they learned leaves it."""

import mmap
import os
import signal
from itertools import pairwise

import numpy as np
import pytest

from negsamp import Word2Vec
from negsamp.training import run as run_module
from negsamp.training import schedule, shared_memory
from negsamp.training.shared_memory import moved_out, shared_arrays

PAGE = mmap.PAGESIZE


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("piece", [100, PAGE, 3 * PAGE + 1, 1 << 26])
def test_moved_out_copies_and_leaves_neighbours_alone(monkeypatch, piece, order):
    monkeypatch.setattr(shared_memory, "MOVED_AT_ONCE", piece)
    names = ["before", "W_in", "empty", "after"]
    sizes = [(PAGE // 8 + 3,), (7, PAGE // 4 + 5), (0, 3), (2, PAGE)]
    layout = {name: (size, "<f4") for name, size in zip(names, sizes, strict=True)}
    rng = np.random.default_rng(5)
    wanted = {name: rng.random(size, np.float32) for name, (size, _) in layout.items()}
    with shared_arrays(layout) as (_, shared):
        for name, array in wanted.items():
            shared[name][...] = array
        moved = {}
        for name, following in pairwise([*names[::order], None]):
            moved[name] = moved_out(shared[name])
            if following:
                np.testing.assert_array_equal(shared[following], wanted[following])
    for name, array in wanted.items():
        np.testing.assert_array_equal(moved[name], array)
        assert moved[name].base is None


@pytest.mark.skipif(not hasattr(mmap, "MADV_REMOVE"), reason="the system cannot give back parts")
def test_moved_out_gives_back_the_memory(monkeypatch):
    monkeypatch.setattr(shared_memory, "MOVED_AT_ONCE", 5 * PAGE)
    with shared_arrays({"W_in": ((64, PAGE // 4), "<f4")}) as (name, shared):
        shared["W_in"][...] = 1
        full = os.stat(name).st_blocks
        assert moved_out(shared["W_in"]).all()
        assert os.stat(name).st_blocks < full / 8


def test_moved_out_keeps_arrays_that_are_not_shared():
    own = np.arange(5.0)
    assert moved_out(own) is not own
    np.testing.assert_array_equal(moved_out(own), own)
    np.testing.assert_array_equal(own, np.arange(5.0))


def test_moved_out_leaves_files_as_they_are(tmp_path):
    np.save(tmp_path / "W_in.npy", np.ones((64, PAGE // 4), np.float32))
    before = (tmp_path / "W_in.npy").read_bytes()
    mapped = np.load(tmp_path / "W_in.npy", mmap_mode="r+")
    moved = moved_out(mapped)
    assert moved.all()
    assert not isinstance(moved, np.memmap)
    assert (tmp_path / "W_in.npy").read_bytes() == before


def test_an_interrupt_waits_until_all_is_moved(monkeypatch):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    moved = []

    def interrupted(array):
        moved.append(len(array))
        signal.raise_signal(signal.SIGINT)
        return moved_out(array)

    monkeypatch.setattr(run_module, "moved_out", interrupted)
    monkeypatch.setattr(schedule, "TOKENS_WORTH_A_WORKER", 100)
    model = Word2Vec(vector_size=8, min_count=1, sample=0, workers=2, batch_size=1024, seed=1)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit([["a", "b", "c", "d", "e"] * 20] * 40)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(moved) >= 4
    assert np.isfinite(model.vectors_).all()
    assert model.vectors_.any(axis=1).all()
    assert model.context_vectors_.any(axis=1).all()
