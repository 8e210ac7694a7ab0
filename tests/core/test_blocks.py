"""Blocks against loops over what they mean, the noise that they draw, and their shape."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from test_windows import LENGTHS, WINDOWS, numbered, stream_of

from negsamp.core.blocks import Block, block_run, choose_block_shape
from negsamp.core.sampling import AliasTable
from negsamp.core.windows import Windows, iter_windows, token_pieces, window_weights

NOISE = AliasTable([4, 3, 2, 1])


@st.composite
def runs_and_shapes(draw):
    """A run of n·G·L centers, and its (G, L, H, N)."""
    n, G, part, H, N = (draw(st.integers(1, 4)) for _ in range(5))
    L = H * part
    window = draw(WINDOWS)
    ids, offsets = stream_of(numbered(draw(LENGTHS.filter(any))))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    run = next(
        iter_windows(token_pieces(ids, offsets), window, n * G * L, rng, draw(st.booleans()))
    )
    return run, (G, L, H, N)


@given(example=runs_and_shapes())
@settings(max_examples=200)
def test_blocks_cover_every_pair_of_the_run_once(example):
    run, shape = example
    # in place of ids, positions in the run
    run = Windows(np.arange(len(run.tokens), dtype=np.int32), run.left, run.right)
    blocks = list(block_run(run, shape, 5, NOISE, np.random.default_rng(0)))
    assert len(blocks) == len(run.left) // (shape[0] * shape[1])
    centers, contexts = run.pair_slots()
    found = Counter()
    for block in blocks:
        assert block.window == run.window
        explicit = block.pairs()
        assert block.pair_weight == len(explicit.centers) == len(explicit.contexts)
        found.update(zip(explicit.centers.tolist(), explicit.contexts.tolist(), strict=True))
    assert found == Counter(zip((centers + run.window).tolist(), contexts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("window", "reach", "kept"),
    [(15, 0, 15), (16, 0, 8), (16, 8, 8), (16, 9, 16), (40, 8, 8), (40, 17, 40), (200, 17, 32)],
)
def test_a_narrowed_block_has_the_same_pairs(window, reach, kept):
    rng, (G, L, H, N) = np.random.default_rng(0), (2, 6, 2, 3)
    tokens = rng.integers(0, 9, (G, L + 2 * window)).astype(np.int32)
    left, right = rng.integers(0, reach + 1, (2, G, L))
    right[1, 2] = reach
    block = Block(tokens, left, right, window_weights(window), rng.integers(0, 9, (G, H, N)), 5)
    narrow = block.narrowed()
    assert narrow.window == kept
    assert narrow.tokens.flags.c_contiguous
    for a, b in zip(narrow.pairs()[:6], block.pairs()[:6], strict=True):
        np.testing.assert_array_equal(a, b)


@given(example=runs_and_shapes())
@settings(max_examples=200)
def test_block_pairs_equal_three_loops(example):
    run, (G, L, H, N) = example
    weights = window_weights(run.window)
    for block in block_run(run, (G, L, H, N), 3, NOISE, np.random.default_rng(0), weights):
        w, width, found, p = block.window, L + 2 * block.window, block.pairs(), 0
        rows = block.output_rows.tolist()
        for g in range(G):
            for i in range(L):
                for j in range(i - block.left[g, i], i + block.right[g, i] + 1):
                    if j == i:
                        continue
                    part = i // (L // H)
                    assert found.centers[p] == block.tokens[g, w + i] == block.centers[g, i]
                    assert found.contexts[p] == block.tokens[g, w + j]
                    assert found.negatives[p].tolist() == block.noise[g, part].tolist()
                    assert found.weights[p] == pytest.approx((w + 1 - abs(i - j)) / w)
                    assert found.center_slots[p] == g * L + i
                    assert found.context_slots[p] == g * width + w + j
                    slots = [found.context_slots[p], *(G * width + found.noise_slots[p])]
                    assert [rows[k] for k in slots] == [found.contexts[p], *found.negatives[p]]
                    p += 1
        assert p == len(found.centers)
        assert found.negatives.shape == found.noise_slots.shape == (p, N)
        assert len(rows) == G * width + G * H * N
        assert found.noise_weight == 3 / N
        assert block.pair_weight == pytest.approx(found.weights.sum())


def test_block_groups_come_from_all_over_the_run():
    run = Windows(np.arange(24 + 4, dtype=np.int32), *np.full((2, 24), 2))
    blocks = list(block_run(run, (3, 4, 1, 1), 5, NOISE, np.random.default_rng(0)))
    assert [block.centers[:, 0].tolist() for block in blocks] == [[2, 10, 18], [6, 14, 22]]
    assert blocks[1].tokens[2].tolist() == list(range(20, 28))


@given(example=runs_and_shapes(), cut=st.integers(0, 4))
@settings(max_examples=100)
def test_block_parts_hold_the_pairs_of_their_groups(example, cut):
    run, (G, *sizes) = example
    for block in block_run(run, (G, *sizes), 3, NOISE, np.random.default_rng(0)):
        whole = block.pairs()
        slices = [slice(cut), slice(cut, None)] if 0 < cut < G else [slice(None)]
        parts = [block.part(groups).pairs() for groups in slices]
        for name in ("centers", "contexts", "negatives", "weights"):
            joined = np.concatenate([getattr(part, name) for part in parts])
            np.testing.assert_array_equal(joined, getattr(whole, name))
        assert {part.noise_weight for part in parts} == {whole.noise_weight}


def test_block_noise_follows_the_table():
    run = Windows(np.zeros(4000 + 2, dtype=np.int32), *np.ones((2, 4000), dtype=int))
    blocks = list(block_run(run, (2, 20, 2, 50), 5, NOISE, np.random.default_rng(32)))
    noise = np.array([block.noise for block in blocks])
    assert noise.shape == (100, 2, 2, 50)
    assert noise.dtype == np.int32
    expected = noise.size * np.array([0.4, 0.3, 0.2, 0.1])
    assert stats.chisquare(np.bincount(noise.ravel()), expected).pvalue > 1e-3
    parts = noise.reshape(400, 50)
    assert len(np.unique(parts, axis=0)) == 400, "each part draws its own"


# The shape of blocks


@pytest.mark.parametrize("kept", [1, 10, 1e3, 1e5, 1e7, 1e10])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.05, 1e-3])
@pytest.mark.parametrize("batch_size", [None, 1, 16, 100, 2048, 10_000])
def test_block_shape_is_one_the_kernel_can_do(kept, share, batch_size):
    shape = choose_block_shape(kept, share, batch_size=batch_size)
    assert shape.group_size % shape.parts == 0
    assert shape.groups >= 1
    assert shape.group_size // shape.parts <= 128
    assert 16 <= shape.noise_words <= 256
    assert shape.noise_words % 16 == 0
    if batch_size is None:
        assert shape.groups == 1 or shape.groups % 2 == 0  # two workers have equal shares
    if batch_size is not None:
        assert shape.batch_size >= batch_size


def test_block_shape_follows_the_corpus():
    large = choose_block_shape(6e7, 0.005)
    assert large == (8, 512, 4, 48)
    assert large.batch_size == 4096
    assert choose_block_shape(3e4, 0.01).batch_size <= 256
    assert choose_block_shape(6e7, 0.5).batch_size <= 160
    wide = choose_block_shape(6e7, 0.005, window=10)
    assert wide.batch_size == large.batch_size
    assert large.noise_words < wide.noise_words
    long = choose_block_shape(6e7, 0.005, vector_size=300)
    assert long.batch_size * 300 == pytest.approx(2**20, rel=0.2)
    assert choose_block_shape(6e7, 0.005, vector_size=10_000).batch_size == 1024


def test_updates_on_a_further_text_are_like_those_on_all_texts():
    whole = choose_block_shape(6e7, 0.005)
    assert choose_block_shape(6e7, 0.005, text_tokens=1e6) == whole
    for tokens in (100, 2000, 10_000):
        some = choose_block_shape(6e7, 0.005, text_tokens=tokens)
        assert tokens / 8 <= some.batch_size <= tokens / 2
        assert some.noise_words == whole.noise_words
    assert choose_block_shape(3e4, 0.01, text_tokens=3e4) == choose_block_shape(3e4, 0.01)


def test_noise_words_follow_what_they_stand_for():
    def words(kept_tokens=6e7, **how):
        return choose_block_shape(kept_tokens, 0.005, **how).noise_words

    assert words(negative=20) == 2 * words()
    assert words(window=23) == 2 * words()
    assert words(6e7 / 16) == 2 * words()
    assert words(6e7 / 256) == 4 * 44
    assert words(1e5) == words(2e4, epochs=5) > words(1e5, epochs=5)
    assert words(1e3) == words(negative=1000) == 256
    assert words(1e12) == words(negative=1, window=1) == 16
    weak = {"noise_is_weak": True}
    assert words(6e7 / 256, **weak) == words(6e7 / 512, epochs=1, **weak) == words()
    assert words(6e7 / 256, epochs=2, **weak) < words(6e7 / 256, epochs=3, **weak)
    assert words(1e6, epochs=5, **weak) > words(1e6, epochs=5) > words(1e6, epochs=3, **weak)
    assert words(1e8, epochs=5, **weak) == words(1e8, epochs=5) < words(1e8, epochs=1, **weak)
    assert words(1e6, epochs=5, **weak, begins_well=True) == words(1e6, epochs=5)
    assert words(noise_multiple=5) == 50
    assert words(noise_multiple=0) == 0
