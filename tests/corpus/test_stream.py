"""Pieces of ids become the stream and the counts of the whole."""

import shutil
import sys
import tempfile
import weakref
from pathlib import Path

import fake_windows
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negsamp.corpus import stream
from negsamp.corpus.stream import StreamBuilder, spill_folder

SENTENCES = st.lists(st.lists(st.integers(0, 6), max_size=9), max_size=9)


@given(
    pieces=st.lists(st.tuples(SENTENCES, st.booleans()), max_size=6),
    rows=st.lists(st.sampled_from([-1, -1, 0, 1, 2]), min_size=7, max_size=7),
    segment=st.integers(1, 20),
    step=st.integers(1, 30),
    where=st.sampled_from(["memory", "memory unless large", "files"]),
)
@settings(max_examples=150, deadline=None)
def test_build_equals_loops(pieces, rows, segment, step, where):
    whole, is_open = [], False
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as name:
        folder = None if where == "memory" else Path(name)
        patch.setattr(stream, "SEGMENT", segment)
        patch.setattr(stream, "SEGMENTS_IN_MEMORY", 2)
        patch.setattr(stream, "STEP", step)
        builder = StreamBuilder(folder, keep=where == "files")
        for sentences, continues in [*pieces, ([[]], False)]:
            sentences = sentences or [[]]
            ids = [token for sentence in sentences for token in sentence]
            lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
            before = lengths.copy()
            builder.add(np.array(ids, dtype=np.int32), lengths, continues)
            assert lengths.tolist() == before.tolist(), "the caller's array was changed"
            first, *others = sentences
            whole[-1:] = [whole[-1] + first] if is_open else [*whole[-1:], first]
            whole += others
            is_open = continues
            counts = builder.counts()
            seen = np.bincount([t for s in whole for t in s] or np.zeros(0, int))
            assert counts.tolist() == seen.tolist()
        assert builder.n_tokens == sum(map(len, whole))
        built = builder.build(np.array(rows, dtype=np.int32))
        kept = [[rows[t] for t in sentence if rows[t] >= 0] for sentence in whole]
        kept = [sentence for sentence in kept if sentence]
        assert [ids.tolist() for ids in built] == kept
        assert built.offsets.tolist() == np.cumsum([0, *map(len, kept)]).tolist()
        assert built.longest_sentence == max(map(len, kept), default=0)
        assert built.offsets.dtype == np.int64
        tokens = sum(map(len, whole))
        in_files = where == "files" or (folder and tokens > 2 * segment)
        if in_files:
            assert isinstance(built.ids, np.memmap) or not len(built)
            assert sorted(path.name for path in folder.iterdir()) == ["ids.npy", "offsets.npy"]
            assert built.ids.dtype == np.uint16
        elif where == "memory":
            assert built.ids.flags.owndata
            assert built.ids.dtype == np.int32
        del built  # Windows removes no file that is mapped


def test_wide_vocabularies_go_to_files_as_int32(tmp_path):
    builder = StreamBuilder(tmp_path, keep=True)
    builder.add(np.arange(3, dtype=np.int32), np.array([3]))
    built = builder.build(np.array([0, 65_536, 5], dtype=np.int32))
    assert built.ids.dtype == np.int32
    assert built.ids.tolist() == [0, 65_536, 5]


def test_disk_without_room_is_named_before_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "SEGMENT", 10)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=79))
    builder = StreamBuilder(tmp_path)
    builder.add(np.zeros(40, dtype=np.int32), np.array([40]))
    with pytest.raises(OSError, match=r"this part of the corpus takes 80 bytes in .*, where 79"):
        builder.add(np.zeros(1, dtype=np.int32), np.array([1]))


def test_build_forgets_each_segment_behind_it(monkeypatch):
    monkeypatch.setattr(stream, "SEGMENT", 10)
    monkeypatch.setattr(stream, "STEP", 4)
    builder = StreamBuilder()
    builder.add(np.arange(95, dtype=np.int32), np.array([95]))
    segments = [weakref.ref(segment) for segment in builder._ids._segments]
    alive = []
    for piece in builder._ids.pieces(4, forget=True):
        del piece
        alive.append(sum(segment() is not None for segment in segments))
    assert alive[:4] == [10, 10, 10, 9]
    assert alive[-1] == 1


def test_stream_without_sentences():
    empty = stream.TokenStream(np.empty(0, np.int32), np.zeros(1, np.int64))
    assert (len(empty), empty.n_sentences, empty.longest_sentence, list(empty)) == (0, 0, 0, [])


@pytest.mark.usefixtures("files_in_use_stay")
def test_spill_folder_is_removed_after_an_error_too(monkeypatch):
    def fail(folder):
        mapped = np.memmap(folder / "ids", np.uint8, "w+", shape=(10,))
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise ValueError(mapped.shape) from error

    monkeypatch.setattr(stream, "sys", fake_windows.Like(sys, platform="win32"))
    with pytest.raises(ValueError, match="10"), spill_folder() as folder:
        fail(folder)
    assert not folder.exists()
