"""Which part of a corpus is held out."""

import numpy as np
import pytest

from negsamp.core import windows as pairs
from negsamp.core.windows import iter_windows
from negsamp.corpus.stream import TokenStream
from negsamp.training import validation as holdout
from negsamp.training.validation import choose_held_out, has_pair_left, held_out_stream


def stream_of(lengths, V=1000):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return TokenStream(np.arange(offsets[-1], dtype=np.int32) % V, offsets)


def choose(stream, share, seed=0):
    return choose_held_out(stream, share, np.random.default_rng(seed))


STREAMS = {
    "sentences": stream_of(np.random.default_rng(0).integers(1, 30, 2000)),
    "one endless line": stream_of([200_000]),
    "long and short": stream_of([30_000, 1, 5, 12_000, 2, 700] * 5),
    "two words each": stream_of([2] * 500),
}


@pytest.mark.parametrize("at_once", [7, 1 << 17])
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("name", STREAMS)
def test_units_come_from_everywhere(monkeypatch, name, share, at_once):
    monkeypatch.setattr(holdout, "SENTENCES_AT_ONCE", at_once)
    stream = STREAMS[name]
    held_out = choose(stream, share)
    begin, end = held_out.T
    assert (begin < end).all()
    assert (end[:-1] <= begin[1:]).all()
    assert end.max() <= len(stream)
    assert end[-1] - begin[0] > (1 - 2 / len(begin)) * len(stream)
    held = (end - begin).sum() / len(stream)
    assert 0.5 * share < held < 1.7 * share
    # no unit reaches over the end of a sentence, and none is longer than a stretch
    sentence = np.searchsorted(stream.offsets, begin, side="right")
    assert (end <= stream.offsets[sentence]).all()
    assert (end - begin).max() <= 1000
    if name == "sentences":  # short ones are held out whole
        assert np.isin(held_out, stream.offsets).all()
        assert len(held_out) == share * 2000
    assert has_pair_left(stream, held_out)


def test_choice_follows_the_seed_and_not_the_pieces(monkeypatch):
    stream = STREAMS["long and short"]
    expected = choose(stream, 0.1)
    assert (choose(stream, 0.1, seed=1) != expected).any()
    monkeypatch.setattr(holdout, "SENTENCES_AT_ONCE", 3)
    np.testing.assert_array_equal(choose(stream, 0.1), expected)


def test_each_unit_is_as_likely_as_the_others():
    stream, counts = stream_of([3] * 10), np.zeros(10)
    for seed in range(600):
        counts[choose(stream, 0.3, seed)[:, 0] // 3] += 1
    # 3 of 10, in strata of 3, 3 and 4; each is met 180 times, give or take four times 12
    np.testing.assert_allclose(counts, [200] * 6 + [150] * 4, atol=50)


@pytest.mark.parametrize("at_once", [3, 1 << 17])
def test_what_is_held_out_is_taken_whole(monkeypatch, at_once):
    stream = STREAMS["long and short"]
    held_out = choose(stream, 0.2)
    monkeypatch.setattr(holdout, "SENTENCES_AT_ONCE", at_once)
    keep = np.ones(1000, np.float32)
    held, counts = held_out_stream(stream, held_out, keep, np.random.default_rng(0))
    assert [s.tolist() for s in held] == [stream.ids[b:e].tolist() for b, e in held_out.tolist()]
    np.testing.assert_array_equal(counts, np.bincount(held.ids, minlength=1000))


def test_what_is_held_out_is_subsampled_once():
    stream = STREAMS["two words each"]
    held_out, keep = choose(stream, 0.5), np.full(1000, 0.5, np.float32)
    held, counts = held_out_stream(stream, held_out, keep, np.random.default_rng(0))
    assert counts.sum() == 500
    assert 200 < len(held) < 300
    assert np.diff(held.offsets).min() == 1  # sentences that lost both words are gone
    assert held.offsets[-1] == len(held)


def windows_of(stream, held_out, size=16, window=3, keep=None):
    """The (center, context) places of all windows."""
    rng = np.random.default_rng(0)
    found = []
    for run in iter_windows(stream.pieces(), window, size, rng, False, keep, held_out=held_out):
        centers, contexts = run.pair_slots()
        found += zip(
            run.tokens[centers + window].tolist(), run.tokens[contexts].tolist(), strict=True
        )
    return found


@pytest.mark.parametrize("at_once", [5, 64, 1 << 18])
@pytest.mark.parametrize("lengths", [[400], [7] * 60, [150, 3, 1, 1, 2, 90, 153]], ids=str)
@pytest.mark.parametrize("with_keep", [True, False])
def test_no_window_reaches_what_is_held_out_nor_over_it(monkeypatch, lengths, at_once, with_keep):
    monkeypatch.setattr(pairs, "READ_AT_ONCE", at_once)
    monkeypatch.setattr(holdout, "SHORTEST_STRETCH", 10)
    stream = stream_of(lengths)
    held_out = np.concatenate([choose(stream, 0.2), choose(stream, 0.2, seed=1)])
    held_out = np.unique(held_out, axis=0)  # some of them touch
    inside = np.zeros(len(stream), bool)
    for begin, end in held_out.tolist():
        inside[begin:end] = True
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    piece = np.cumsum(np.diff(inside, prepend=False)) * 1000 + sentence
    expected = [
        (i, j)
        for i in range(len(stream))
        for j in range(max(0, i - 3), min(len(stream), i + 4))
        if i != j and piece[i] == piece[j] and not inside[i]
    ]
    keep = np.ones(1000, np.float32) if with_keep else None
    assert windows_of(stream, held_out, keep=keep) == expected


def test_subsampling_is_the_same_whatever_is_held_out():
    stream = stream_of([400])
    held_out = np.array([[100, 140]])
    keep = np.full(1000, 0.5, np.float32)
    all_of_it = {c for c, _ in windows_of(stream, None, keep=keep)}
    left = {c for c, _ in windows_of(stream, held_out, keep=keep)}
    assert left == {c for c in all_of_it if not 100 <= c < 140}
