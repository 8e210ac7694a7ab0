"""Pieces of ids become the stream and the counts of the whole."""

import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negsamp import stream
from negsamp.stream import StreamBuilder

SENTENCES = st.lists(st.lists(st.integers(0, 6), max_size=9), max_size=9)


@given(
    pieces=st.lists(st.tuples(SENTENCES, st.booleans()), max_size=6),
    rows=st.lists(st.sampled_from([-1, -1, 0, 1, 2]), min_size=7, max_size=7),
    segment=st.integers(1, 20),
    step=st.integers(1, 30),
)
@settings(max_examples=300)
def test_build_equals_loops(pieces, rows, segment, step):
    whole, is_open = [], False
    builder = StreamBuilder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "SEGMENT", segment)
        patch.setattr(stream, "STEP", step)
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
            assert builder.n_sentences == len(whole) - is_open
        assert builder.n_tokens == sum(map(len, whole))
        built = builder.build(np.array(rows, dtype=np.int32))
    kept = [[rows[t] for t in sentence if rows[t] >= 0] for sentence in whole]
    kept = [sentence for sentence in kept if sentence]
    assert [ids.tolist() for ids in built] == kept
    assert built.offsets.tolist() == np.cumsum([0, *map(len, kept)]).tolist()
    assert (built.ids.dtype, built.offsets.dtype) == (np.int32, np.int64)
    assert built.ids.flags.owndata


def test_build_forgets_each_segment_behind_it(monkeypatch):
    monkeypatch.setattr(stream, "SEGMENT", 10)
    monkeypatch.setattr(stream, "STEP", 4)
    builder = StreamBuilder()
    builder.add(np.arange(95, dtype=np.int32), np.array([95]))
    segments = [weakref.ref(segment) for segment in builder._segments]
    alive = []
    for piece in builder._pieces(0, 4, forget=True):
        del piece
        alive.append(sum(segment() is not None for segment in segments))
    assert alive[:4] == [10, 10, 10, 9]
    assert alive[-1] == 1
