"""Vectors from the pointwise mutual information: each step against a plain one, and the whole."""

import itertools
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from negsamp.core import pmi
from negsamp.core.pmi import Start, add_pair_vectors, add_pmi_vectors
from negsamp.core.windows import window_weights

NOTHING = np.zeros((0, 2), np.int64)
WORDS, GROUP = 60, 6


def stream_of(sentences):
    ids = np.array(list(itertools.chain(*sentences)), np.int32)
    return ids, np.cumsum([0, *map(len, sentences)])


def planted(seed=0, n=3000, noise=0.0):
    """Sentences of words of one group, or of any; frequent words have small numbers."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(n):
        group = rng.integers(WORDS // GROUP)
        some = rng.permutation(GROUP)[:4] * (WORDS // GROUP) + group
        wrong = rng.random(4) < noise
        some[wrong] = rng.integers(WORDS, size=int(wrong.sum()))
        found.append(some)
    return found


def fill(sentences, V=WORDS, d=16, seed=1, threads=1, left_out=NOTHING, **options):
    ids, offsets = stream_of(sentences)
    start = Start(*(np.zeros((V, d), np.float32) for _ in "io"), *(np.zeros(V) for _ in "io"))
    how = {
        "keep": np.ones(V, np.float32),
        "kept": len(ids),
        "weights": window_weights(3),
        "noise": np.full(V, 1 / V),
        "offset": 1.0,
        "scale": 1.0,
    } | options
    rng = np.random.default_rng(seed)
    add_pmi_vectors(start, (ids, offsets, left_out), **how, rng=rng, threads=threads)
    return start


def of_one_group(start):
    """Mean products of pairs of one group, and of pairs of two."""
    products = start.W_in @ start.W_out.T
    group = np.arange(WORDS) % (WORDS // GROUP)
    same = (group[:, None] == group) & ~np.eye(WORDS, dtype=bool)
    return products[same].mean(), products[group[:, None] != group].mean()


def test_products_are_the_pmi_of_words_that_are_met_together():
    near, far = of_one_group(fill(planted()))
    # 5 of 60 words stand beside one of a group, and the sixth, it itself, never does
    assert near == pytest.approx((np.log(60 / 5) + 1) * 5 / 6, rel=0.03)
    assert abs(far) < 0.2


def test_offset_and_scale_are_those_of_the_products():
    plain = of_one_group(fill(planted()))[0]
    assert of_one_group(fill(planted(), offset=2.0))[0] == pytest.approx(plain + 5 / 6, rel=0.03)
    assert of_one_group(fill(planted(), scale=0.5))[0] == pytest.approx(plain / 4, rel=1e-4)


def test_what_is_there_is_added_to():
    empty, start = fill(planted()), fill(planted())
    ids, offsets = stream_of(planted())
    text = ids, offsets, NOTHING
    how = np.ones(WORDS, np.float32), len(ids), window_weights(3), np.full(WORDS, 1 / WORDS)
    add_pmi_vectors(start, text, *how, 1.0, 1.0, np.random.default_rng(1))
    for twice, once in zip(start, empty, strict=True):
        assert_allclose(twice, 2 * once, rtol=1e-6)


def test_components_of_chance_come_to_nothing():
    rng = np.random.default_rng(0)
    chance = fill(rng.integers(WORDS, size=(3000, 4)))
    group = fill(planted(noise=0.3))
    # beside the part that all words have in common
    lengths = [np.linalg.norm(s.W_in - s.W_in.mean(axis=0), axis=1).mean() for s in (chance, group)]
    assert lengths[0] < 0.3 * lengths[1]


def test_noise_is_what_a_word_is_compared_with():
    noise = np.full(WORDS, 1 / WORDS)
    noise[7] *= 4
    plain, other = fill(planted()), fill(planted(), noise=noise / noise.sum())
    change = (other.W_in @ other.W_out.T - plain.W_in @ plain.W_out.T)[17, [7, 27]]
    assert change[0] - change[1] == pytest.approx(-np.log(4), abs=0.4)


def test_word_that_is_no_noise_is_no_context():
    noise = np.full(WORDS, 1 / (WORDS - 1))
    noise[7] = 0
    start = fill(planted(), noise=noise, offset=8.0)
    assert np.isfinite(start.W_in).all()
    assert np.isfinite(start.W_out).all()
    assert np.linalg.norm(start.W_out[7]) < 1e-3 < np.linalg.norm(start.W_in[7])


def test_rare_words_stand_where_their_neighbours_do(monkeypatch):
    monkeypatch.setattr(pmi, "FREQUENT", 40)
    start = fill(planted())
    near, far = of_one_group(start)
    assert near > 2
    assert abs(far) < 0.3
    group = np.arange(WORDS) % (WORDS // GROUP)
    products = start.W_in[40:] @ start.W_out[40:].T  # of rare words with each other
    same = group[40:, None] == group[40:]
    assert products[same].mean() > 2 > 0.3 > abs(products[~same].mean())


def test_sums_of_squares_are_those_of_the_tokens():
    sentences = planted()
    start, n = fill(sentences), np.bincount(np.concatenate(sentences), minlength=WORDS)
    assert_allclose(start.squares_in, pmi.SQUARES_IN * n)
    assert_allclose(start.squares_out, pmi.SQUARES_OUT * n)


@pytest.mark.parametrize(
    ("sentences", "V", "d"),
    [
        ([], 3, 4),
        ([[0]], 1, 4),
        ([[0], [1], [2]], 3, 4),  # no pair
        ([[0, 1]], 2, 4),
        ([[0, 0, 0, 0]], 1, 4),
        ([[0, 1, 2]] * 50, 3, 8),
        ([[0, 1, 2]] * 50, 3, 1),
    ],
)
def test_text_may_be_of_any_size(sentences, V, d):
    start = fill(sentences, V, d, noise=np.full(V, 1 / V))
    for array in start:
        assert np.isfinite(array).all()
        assert array.max(initial=0) < 1e4


# --- explicit pairs

USERS, ITEMS = 200, WORDS


def planted_pairs(seed=0, n=8000, noise=0.0):
    """Pairs of a user and an item of the user's group, or any."""
    rng = np.random.default_rng(seed)
    users = rng.integers(USERS, size=n)
    items = rng.integers(GROUP, size=n) * (WORDS // GROUP) + users % (WORDS // GROUP)
    wrong = rng.random(n) < noise
    items[wrong] = rng.integers(ITEMS, size=int(wrong.sum()))
    return np.stack([users, items], axis=1).astype(np.int32)


def fill_pairs(pairs, weights=None, sizes=(USERS, ITEMS), d=16, threads=1, **options):
    start = Start(*(np.zeros((V, d), np.float32) for V in sizes), *map(np.zeros, sizes))
    how = {"noise": np.full(sizes[1], 1 / sizes[1]), "offset": 1.0, "scale": 1.0} | options
    add_pair_vectors(start, pairs, weights, **how, rng=np.random.default_rng(1), threads=threads)
    return start


def of_one_side(start):
    """Mean products of users and items of one group, and of two."""
    products, groups = start.W_in @ start.W_out.T, WORDS // GROUP
    same = np.arange(USERS)[:, None] % groups == np.arange(ITEMS) % groups
    return products[same].mean(), products[~same].mean()


@pytest.mark.parametrize("frequent", [4096, 50])
def test_products_of_pairs_are_their_pmi(monkeypatch, frequent):
    monkeypatch.setattr(pmi, "FREQUENT", frequent)
    near, far = of_one_side(fill_pairs(planted_pairs()))
    # each pair is met 3.3 times in a half, which shortens it
    assert near == pytest.approx((np.log(WORDS / GROUP) + 1) * 3.3 / 4.3, rel=0.12)
    assert abs(far) < 0.2
    assert of_one_side(fill_pairs(planted_pairs(), offset=2.0))[0] > near + 0.5
    assert of_one_side(fill_pairs(planted_pairs(), scale=0.5))[0] == pytest.approx(near / 4, 1e-3)


def test_weight_of_a_pair_is_how_often_it_was_met():
    pairs = planted_pairs(n=20_000)
    near, _ = of_one_side(fill_pairs(pairs))
    different, n = np.unique(pairs, axis=0, return_counts=True)
    other, far = of_one_side(fill_pairs(different, n.astype(np.float32)))
    assert other == pytest.approx(near, rel=0.25)
    assert abs(far) < 0.2


def test_pairs_of_chance_come_to_nothing():
    rng = np.random.default_rng(0)
    chance = rng.integers((USERS, ITEMS), size=(8000, 2), dtype=np.int32)
    found = [fill_pairs(pairs) for pairs in (chance, planted_pairs(noise=0.3))]
    lengths = [np.linalg.norm(s.W_in - s.W_in.mean(axis=0), axis=1).mean() for s in found]
    assert lengths[0] < 0.3 * lengths[1]


def test_context_that_is_no_noise_gets_no_vector():
    noise = np.full(ITEMS, 1 / (ITEMS - 1))
    noise[7] = 0
    start = fill_pairs(planted_pairs(), noise=noise, offset=8.0)
    assert all(np.isfinite(array).all() for array in start)
    assert np.linalg.norm(start.W_out[7]) < 1e-3 < np.linalg.norm(start.W_out[8])


def test_sums_of_squares_are_those_of_pairs():
    pairs = planted_pairs()
    weights = np.random.default_rng(0).random(len(pairs)).astype(np.float32)
    start = fill_pairs(pairs, weights)
    totals = (
        np.bincount(side, weights, n) for side, n in zip(pairs.T, (USERS, ITEMS), strict=True)
    )
    for squares, total, each in zip(start[2:], totals, (1, 61 / 36), strict=True):
        assert_allclose(squares, each * total, rtol=1e-5)


def test_pairs_are_drawn_where_there_are_many(monkeypatch):
    pairs, weights = planted_pairs(n=40_000), np.ones(40_000, np.float32)
    monkeypatch.setattr(pmi, "PIECE", 1000)
    monkeypatch.setattr(pmi, "PAIRS", 10_000)
    start = fill_pairs(pairs, weights)
    assert start.squares_in.sum() == pytest.approx(10_000, rel=0.05)
    near, far = of_one_side(start)
    assert near > 2 > 0.3 > abs(far)


@pytest.mark.parametrize("threads", [2, 5])
@pytest.mark.parametrize(("filled", "known"), [(fill, planted), (fill_pairs, planted_pairs)])
def test_number_of_threads_makes_no_difference(monkeypatch, filled, known, threads):
    monkeypatch.setattr(pmi, "FREQUENT", 40)
    monkeypatch.setattr(pmi, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(pmi, "DRAWN_AT_ONCE", 700)
    one, several = filled(known()), filled(known(), threads=threads)
    for a, b in zip(one, several, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize(
    ("pairs", "weights", "sizes", "d"),
    [
        ([(0, 0)], None, (1, 1), 4),
        ([(0, 0), (0, 1)], [1, 1e-30], (1, 2), 4),
        ([(0, 0)] * 50 + [(1, 0)], None, (2, 1), 4),
        ([(k % 7, k % 3) for k in range(99)], None, (7, 3), 8),
        ([(k % 3, k % 7) for k in range(99)], None, (3, 7), 8),
        ([(k % 3, k % 7) for k in range(99)], None, (3, 7), 1),
    ],
)
@pytest.mark.filterwarnings("error")
def test_pairs_may_be_of_any_number(monkeypatch, pairs, weights, sizes, d):
    weights = None if weights is None else np.array(weights, np.float32)
    for frequent in (4096, 2):
        monkeypatch.setattr(pmi, "FREQUENT", frequent)
        for array in fill_pairs(np.array(pairs, np.int32), weights, sizes, d):
            assert np.isfinite(array).all()
            assert array.max(initial=0) < 1e3


# --- the steps


def sampled(sentences, share=1.0, left_out=NOTHING, keep=None, V=1000, reach=5):
    ids, offsets = stream_of(sentences)
    keep = np.ones(V, np.float32) if keep is None else keep
    return pmi._sample(ids, offsets, left_out, keep, share, reach, np.random.default_rng(3))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.data())
@settings(max_examples=60, deadline=None)
def test_segments_end_where_sentences_and_left_out_parts_do(lengths, data):
    ends = np.cumsum([0, *lengths])
    T = int(ends[-1])
    sentences = [range(a, b) for a, b in itertools.pairwise(ends.tolist())]
    edges = sorted(data.draw(st.sets(st.integers(0, T), max_size=6)))
    left_out = np.array(edges[: len(edges) // 2 * 2], np.int64).reshape(-1, 2)
    keep = (np.arange(T) % data.draw(st.integers(2, 5)) > 0).astype(np.float32)
    tokens, segments = sampled(sentences, left_out=left_out, keep=keep)
    inside = {place for begin, end in left_out.tolist() for place in range(begin, end)}
    assert tokens.tolist() == [t for t in range(T) if keep[t] and t not in inside]
    cuts = {*ends.tolist(), *left_out.ravel().tolist()}
    for (a, b), (one, other) in zip(
        itertools.pairwise(tokens.tolist()), itertools.pairwise(segments.tolist()), strict=True
    ):
        assert (one == other) == cuts.isdisjoint(range(a + 1, b + 1))
        assert one <= other


@pytest.mark.parametrize(
    ("window", "shrink", "kept", "expected"),
    [
        (5, True, 9e6, 2),  # 32 million pairs
        (5, True, 3.4e6, 2),  # 12.2
        (5, True, 3.3e6, 3),
        (5, True, 2e6, 5),  # 12.0
        (5, True, 100, 5),
        (5, True, 0, 5),
        (5, False, 9e6, 5),
        (1, True, 9e6, 1),
        (2, True, 9e6, 2),
        (40, True, 1e6, 7),  # 12.6, and 11.0 in windows of 6
    ],
)
def test_pairs_are_of_the_nearest_words_that_are_enough(window, shrink, kept, expected):
    weights = window_weights(window, shrink)
    found = pmi._nearest(weights, kept)
    assert_array_equal(found, window_weights(window, shrink, expected))


@pytest.mark.parametrize(("kept", "are_met"), [(1e5, True), (1e7, False)])
def test_words_that_are_met_far_apart_are_so_where_near_ones_are_few(kept, are_met):
    rng = np.random.default_rng(0)
    group = rng.integers(10, size=6000)
    sentences = rng.integers(20, 60, (6000, 4))
    for place in (0, 3):  # a group has two words, and they meet at this distance alone
        sentences[:, place] = group + 10 * rng.integers(2, size=6000)
    start = fill(sentences, kept=kept, weights=window_weights(5), noise=np.full(WORDS, 1 / WORDS))
    products = start.W_in[:10] @ start.W_out[10:20].T
    same = np.diag(products).mean()
    other = products[~np.eye(10, dtype=bool)].mean()
    assert (same > other + 0.5) == are_met


def test_sample_is_of_all_of_a_long_text():
    T = 64_000
    tokens, segments = sampled([range(T)], share=0.1, V=T)
    assert len(tokens) == pytest.approx(T / 10, rel=0.02)
    assert tokens[0] < T / 50
    assert tokens[-1] > T * 0.98
    assert segments[-1] == pmi.PARTS
    assert all(np.diff(tokens)[np.diff(segments) == 0] == 1)


def test_parts_of_a_long_text_are_longer_than_wide_windows():
    T = 64_000
    for reach, parts in ((10, 64), (400, 2), (10_000, 1)):
        tokens, segments = sampled([range(T)], share=0.1, V=T, reach=reach)
        assert (len(tokens), segments[-1]) == (pytest.approx(T / 10, rel=0.02), parts)


def test_no_pairs_are_drawn_at_distances_that_there_are_not():
    tokens, segments = sampled([[0, 1, 2]] * 3)
    drawn, rng = [], np.random.default_rng(0)

    def random(n, dtype):
        drawn.append(n)
        return rng.random(n, dtype=dtype)

    pmi._halves(tokens, segments, np.ones(10_000), (3, 3), SimpleNamespace(random=random))
    assert drawn == [8, 7]


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=8), min_size=1, max_size=8),
    st.integers(1, 6),
    st.integers(1, 9),
)
@settings(max_examples=60, deadline=None)
def test_both_halves_have_each_pair_of_the_windows_once(sentences, C, at_once):
    tokens, segments = sampled(sentences, V=6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pmi, "DRAWN_AT_ONCE", at_once)
        halves = pmi._halves(tokens, segments, np.ones(3), (6, C), np.random.default_rng(0))
    expected, totals = Counter(), np.zeros(6, int)
    for sentence in sentences:
        for i, a in enumerate(sentence):
            for b in sentence[i + 1 : i + 4]:
                totals[[a]] += 1
                totals[[b]] += 1
                if min(a, b) < C:
                    expected[max(a, b), min(a, b)] += 1
    found = Counter((k // C, k % C) for half in halves for k in half.keys.tolist())
    assert found == expected
    assert_array_equal(halves[0].totals + halves[1].totals, totals)


def test_pairs_weigh_what_their_distance_says():
    n, weights = 40_000, np.array([1.0, 0.5, 0.25])
    tokens, segments = np.arange(n, dtype=np.int32), np.zeros(n, np.int32)
    halves = pmi._halves(tokens, segments, weights, (n, n), np.random.default_rng(0))
    distances = [np.bincount(half.keys // n - half.keys % n, minlength=4) / n for half in halves]
    assert_allclose(distances, [[0, 0.5, 0.25, 0.125]] * 2, atol=0.01)


@given(st.integers(1, 8), st.integers(0, 200), st.floats(-3, 3), st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_matrix_is_the_pmi_of_counted_pairs(C, n, offset, seed):
    V = 8
    rng = np.random.default_rng(seed)
    pairs = rng.integers(V, size=(n, 2)) ** 2 // V
    counts, totals = np.zeros((V, V)), np.zeros(V, int)
    for a, b in pairs:
        counts[a, b] += 1
        counts[b, a] += 1
        totals[[a]] += 1
        totals[[b]] += 1
    larger, smaller = pairs.max(axis=1), pairs.min(axis=1)
    keys = (larger * C + smaller)[smaller < C].astype(np.int32)
    noise = rng.dirichlet(np.ones(V))
    found = pmi._positive_pmi(pmi.Half(keys, totals), np.log(noise) - offset, C)
    assert found.contexts is found.centers  # pairs count both ways
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.log(counts / totals[:, None] / noise) + offset
        expected = np.clip(np.nan_to_num(expected, neginf=0), 0, pmi.HIGHEST)
    expected *= counts / (counts + 1)
    pieces = [found.centers(slice(at, at + 3)).toarray() for at in range(0, V - C, 3)]
    dense = np.vstack([found.frequent.toarray(), *pieces])
    assert_allclose(dense, expected[:, :C], rtol=1e-4, atol=1e-4)


def test_components_are_those_of_the_dense_decomposition():
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((50, 50)))[0] for _ in "uv")
    M = (U * 0.8 ** np.arange(50)) @ V.T
    held = M + 0.01 * rng.standard_normal((50, 50))
    matrices = (csr_matrix(each.astype(np.float32)) for each in (M, held))
    left, right, S, T = pmi._components(*matrices, 8, rng, lambda matrix, vectors: matrix @ vectors)
    assert_allclose(S, 0.8 ** np.arange(8), rtol=1e-3)
    assert_allclose(np.abs(np.sum(left * U[:, :8], axis=0)), 1, rtol=1e-2)
    assert_allclose(np.abs(np.sum(right * V[:, :8], axis=0)), 1, rtol=1e-2)
    assert_allclose(T, S, atol=0.05)


def test_components_that_the_other_half_does_not_have_are_worth_nothing():
    from scipy.sparse import csr_matrix

    M, other = np.diag([3.0, 2.0, 1.0]), np.diag([3.0, 0.0, 1.0])
    matrices = (csr_matrix(each.astype(np.float32)) for each in (M, other))
    apply = lambda matrix, vectors: matrix @ vectors  # noqa: E731
    *_, S, T = pmi._components(*matrices, 3, np.random.default_rng(0), apply)
    assert_allclose(S, [3, 2, 1], rtol=1e-4)
    assert_allclose(T, [3, 0, 1], atol=1e-4)
