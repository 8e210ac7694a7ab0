"""Windows and pairs against nested loops, wherever sentences, runs and reads end.

Tokens are numbered 1, 2, 3, … so that an id says where it stood; 0 is what a last run is filled
with. Chi-square tests have a fixed seed: they pass always or never.
"""

import itertools
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from negsamp.core import windows
from negsamp.core.windows import iter_windows, skipgram_pairs, token_pieces, window_weights
from negsamp.corpus.stream import TokenStream
from negsamp.errors import CorpusError

LENGTHS = st.lists(st.integers(0, 9), max_size=8)  # of sentences, in tokens
WINDOWS = st.integers(1, 7)
SIZES = st.integers(1, 25)


def numbered(lengths):
    """Sentences of the lengths given."""
    ends = np.cumsum([0, *lengths]).tolist()
    return [list(range(a + 1, b + 1)) for a, b in itertools.pairwise(ends)]


def stream_of(sentences):
    ids = np.array(list(itertools.chain(*sentences)), dtype=np.int32)
    return ids, np.cumsum([0, *map(len, sentences)], dtype=np.int64)


def naive_pairs(sentences, window):
    found = []
    for sentence in sentences:
        for i, center in enumerate(sentence):
            for j in range(max(i - window, 0), min(i + window + 1, len(sentence))):
                if j != i:
                    found.append((center, sentence[j]))
    return found


@contextmanager
def reading(size):
    """Let `iter_windows` read so many tokens at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "READ_AT_ONCE", size)
        yield


def listed(chunks):
    """What `skipgram_pairs` gives, as a list of pairs."""
    found = []
    for centers, contexts in chunks:
        assert (centers.dtype, contexts.dtype) == (np.int32, np.int32)
        assert len(centers) == len(contexts) > 0
        found += zip(centers.tolist(), contexts.tolist(), strict=True)
    return found


def by_center(runs):
    """Every center of some runs, with its contexts before and after it."""
    for run in runs:
        for i, (left, right) in enumerate(zip(run.left, run.right, strict=True), run.window):
            before, after = run.tokens[i - left : i], run.tokens[i + 1 : i + 1 + right]
            yield int(run.tokens[i]), before.tolist(), after.tolist()


def assert_windows_of(centers, sentences, window, shrink_windows):
    """The centers are all tokens in order, each with the contexts of one radius that is allowed."""
    centers = list(centers)
    for sentence in sentences:
        for i, token in enumerate(sentence):
            center, before, after = centers.pop(0)
            assert center == token
            allowed = [
                (sentence[max(i - radius, 0) : i], sentence[i + 1 : i + 1 + radius])
                for radius in range(1 if shrink_windows else window, window + 1)
            ]
            assert (before, after) in allowed
    assert set(map(str, centers)) <= {"(0, [], [])"}, "only what fills up is left"


# Windows


@given(
    lengths=LENGTHS,
    window=WINDOWS,
    size=SIZES,
    read=st.integers(1, 13),
    shrink_windows=st.booleans(),
    chances=st.sampled_from([[1.0], [0.0, 0.5, 1.0]]).map(st.sampled_from),
    data=st.data(),
)
@settings(max_examples=600)
def test_iter_windows_equals_loops_over_kept_tokens(
    lengths, window, size, read, shrink_windows, chances, data
):
    sentences = numbered(lengths)
    ids, offsets = stream_of(sentences)
    keep = np.array([0.0, *data.draw(st.lists(chances, min_size=len(ids), max_size=len(ids)))])
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    with reading(read):
        runs = list(
            iter_windows(token_pieces(ids, offsets), window, size, rng, shrink_windows, keep)
        )
    centers = list(by_center(runs))
    kept = {center for center, _, _ in centers} - {0}
    assert set(np.flatnonzero(keep == 1)) <= kept <= set(np.flatnonzero(keep > 0))
    assert len(runs) == -(-len(kept) // size)
    for run in runs:
        assert run.window == window
        assert len(run.left) == len(run.right) == size
        assert run.tokens.dtype == run.left.dtype == run.right.dtype == np.int32
        assert not np.shares_memory(run.left, run.right)
    shorter = [[token for token in sentence if token in kept] for sentence in sentences]
    assert_windows_of(centers, shorter, window, shrink_windows)


def test_iter_windows_keeps_each_token_with_its_probability():
    keep = np.array([0.0, 0.1, 0.5, 0.9, 1.0], dtype=np.float32)
    ids = np.tile(np.arange(1, 5, dtype=np.int32), 20_000)
    offsets = np.array([0, len(ids)])
    runs = iter_windows(token_pieces(ids, offsets), 2, 1000, np.random.default_rng(30), keep=keep)
    counts = np.bincount([center for center, _, _ in by_center(runs)], minlength=5)
    assert counts[4] == 20_000
    for token in (1, 2, 3):
        assert stats.binomtest(counts[token], 20_000, keep[token]).pvalue > 1e-3


def radii(lengths, window, size=64, seed=31):
    """How far each center's window reaches before and after it."""
    ids, offsets = stream_of(numbered(lengths))
    runs = iter_windows(token_pieces(ids, offsets), window, size, np.random.default_rng(seed))
    reach = [(len(before), len(after)) for _, before, after in by_center(runs)]
    return np.array(reach[: len(ids)])


@pytest.mark.parametrize("window", [1, 2, 5, 10])
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_radius_is_uniform_from_1_to_the_window(window, size):
    reach = radii([8_000], window, size)[window:-window]
    assert (reach[:, 0] == reach[:, 1]).all(), "one radius for both sides"
    observed = np.bincount(reach[:, 0], minlength=window + 1)
    assert observed[0] == 0
    assert len(observed) == window + 1
    if window > 1:
        assert stats.chisquare(observed[1:]).pvalue > 1e-3


def test_radius_is_independent_of_the_neighbours():
    reach = radii([40_001], 4)[4:-4, 0]
    table = np.zeros((4, 4), dtype=int)
    np.add.at(table, (reach[:-1] - 1, reach[1:] - 1), 1)
    assert stats.chi2_contingency(table).pvalue > 1e-3


# Pairs


@given(lengths=LENGTHS, window=WINDOWS, chunk_size=SIZES, read=st.integers(1, 13))
@settings(max_examples=300)
def test_skipgram_pairs_equal_three_loops(lengths, window, chunk_size, read):
    sentences = numbered(lengths)
    with reading(read):
        chunks = skipgram_pairs(sentences, window, shrink_windows=False, chunk_size=chunk_size)
        assert listed(chunks) == naive_pairs(sentences, window)


@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        iter,
        lambda sentences: map(np.array, sentences),
        lambda sentences: [np.array(sentence, dtype=np.uint16) for sentence in sentences],
        lambda sentences: TokenStream(*stream_of(sentences)),
    ],
    ids=["tuple", "iterator", "arrays", "uint16", "stream"],
)
def test_skipgram_pairs_take_sentences_of_any_kind(kind):
    sentences = numbered([3, 1, 4])
    chunks = skipgram_pairs(kind(sentences), 2, shrink_windows=False)
    assert listed(chunks) == naive_pairs(sentences, 2)


@pytest.mark.parametrize("empty", [[], [[]], [[], []], TokenStream(*stream_of([]))])
def test_skipgram_pairs_of_nothing(empty):
    assert listed(skipgram_pairs(empty, 3)) == []


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        ("half", r"^keep is 'half'; it must be \(V,\) probabilities, from 0 to 1$"),
        ([[0.5, 0.5]], r"^keep is \[\[0.5, 0.5\]\]; it must be \(V,\)"),
        ([0.5, 1.5], r"^keep is \[0.5, 1.5\]; it must be .* from 0 to 1$"),
        ([0.5, -0.1], "from 0 to 1$"),
        ([0.5, float("nan")], "from 0 to 1$"),
    ],
)
def test_skipgram_pairs_say_what_keep_must_be(keep, says):
    with pytest.raises(ValueError, match=says):
        next(skipgram_pairs([[0, 1]], 1, keep=keep))


@pytest.mark.parametrize("wrong", [3, -1])
def test_skipgram_pairs_say_which_id_has_no_probability(wrong):
    says = f"^sentences has the id {wrong}; keep has 3 probabilities, from id 0 on$"
    with pytest.raises(CorpusError, match=says):
        next(skipgram_pairs([[0, 1], [2, wrong]], 1, keep=np.ones(3)))


def test_skipgram_pairs_keep_brings_tokens_together():
    chunks = skipgram_pairs([[1, 9, 2, 9, 9, 3]], 1, keep=np.array([1] * 9 + [0]))
    assert listed(chunks) == [(1, 2), (2, 1), (2, 3), (3, 2)]


def test_skipgram_pairs_come_in_bounded_chunks():
    chunks = list(skipgram_pairs(numbered([1000]), 3, shrink_windows=False, chunk_size=50))
    assert len(chunks) == 20
    assert max(len(centers) for centers, _ in chunks) == 2 * 3 * 50


def test_skipgram_pairs_depend_on_the_seed_alone():
    sentences = numbered([50, 50])
    first, second, other = (listed(skipgram_pairs(sentences, 5, rng=seed)) for seed in (1, 1, 2))
    assert first == second == listed(skipgram_pairs(sentences, 5, rng=np.random.default_rng(1)))
    assert first != other


@pytest.mark.parametrize("name", ["window", "chunk_size"])
@pytest.mark.parametrize("value", [0, -1, 2.0, "5", None])
def test_skipgram_pairs_refuse_a_size_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; it must be an integer, 1 or more"):
        list(skipgram_pairs([[1, 2]], **{name: value}))


@pytest.mark.parametrize("bad", [["a", "b"], [0.5, 1.0], [[1, 2], [3, 4]], 7, "words", [True]])
def test_skipgram_pairs_refuse_sentences_that_are_not_ids(bad):
    with pytest.raises(CorpusError, match="sentence 1 must be a sequence of integer ids"):
        list(skipgram_pairs([[1, 2], bad]))


# Weights


@pytest.mark.parametrize("window", [1, 2, 5, 30])
def test_window_weights_are_what_a_random_radius_gives_on_average(window):
    weights = window_weights(window)
    radii = np.arange(1, window + 1)
    for place in range(-window, window + 1):
        covered = np.mean(radii >= abs(place)) if place else 0
        assert weights[place + window] == pytest.approx(covered)
    full = window_weights(window, shrink_windows=False)
    assert full.tolist() == [1] * window + [0] + [1] * window


@pytest.mark.parametrize("shrink_windows", [True, False])
@pytest.mark.parametrize("reach", [1, 3, 5])
def test_window_weights_within_reach_are_a_part_of_all(reach, shrink_windows):
    part = window_weights(5, shrink_windows, reach)
    np.testing.assert_array_equal(part, window_weights(5, shrink_windows)[5 - reach : 6 + reach])


def test_a_window_between_two_integers_weighs_the_farthest_least():
    np.testing.assert_allclose(window_weights(2.5), [0.2, 0.6, 1, 0, 1, 0.6, 0.2])


def test_skipgram_pairs_shrink_windows_unless_told_otherwise():
    sentence = [np.arange(1000)]

    def n_pairs(**options):
        return sum(len(centers) for centers, _ in skipgram_pairs(sentence, 5, rng=0, **options))

    assert n_pairs(shrink_windows=False) == 10 * 1000 - 2 * 15
    # a radius of 3 in the mean of 1 … 5
    assert 0.55 < n_pairs() / n_pairs(shrink_windows=False) < 0.65
