"""Neighbours are those that loops find, however the corpus is cut."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negsamp.corpus.phrases import bigrams
from negsamp.corpus.phrases.bigrams import Connectors, Joiner, Units, count_bigrams
from negsamp.corpus.stream import TokenStream

N_UNITS = 6
CORPORA = st.lists(st.lists(st.integers(0, N_UNITS - 1), min_size=1, max_size=12), max_size=8)
CONNECTORS = st.lists(st.integers(0, N_UNITS - 1), max_size=3, unique=True)
PAIR = st.tuples(st.integers(0, N_UNITS - 1), st.integers(0, N_UNITS - 1))


def neighbours(sentence, connectors, most):
    """Places of neighbours, as word2phrase and gensim go through a sentence."""
    before = None
    for place, unit in enumerate(sentence):
        if unit not in connectors:
            if before is not None and place - before - 1 <= most:
                yield before, place
            before = place


def joined(sentence, table, connectors, most, scores=None):
    """A sentence after one pass, as pairs of (unit, size); without scores from left to right."""
    hits = [
        (a, b)
        for a, b in neighbours(sentence, connectors, most)
        if tuple(sentence[a : b + 1]) in table
    ]
    if scores is not None:
        hits.sort(key=lambda hit: -scores[tuple(sentence[hit[0] : hit[1] + 1])])
    found, taken = {}, set()
    for a, b in hits:
        if not taken & {a, b}:
            found[a] = b
            taken |= {a, b}
    place, out = 0, []
    while place < len(sentence):
        end = found.get(place)
        if end is not None:
            key = tuple(sentence[place : end + 1])
            out.append((table[key], end + 1 - place))
            place = end + 1
        else:
            out.append((sentence[place], 1))
            place += 1
    return out


def stream_of(sentences):
    ids = np.array([unit for sentence in sentences for unit in sentence], dtype=np.int32)
    return TokenStream(ids, np.cumsum([0, *map(len, sentences)], dtype=np.int64))


@pytest.fixture(scope="module")
def sizes():
    """Set the sizes of pieces for one example."""
    with pytest.MonkeyPatch.context() as patch:

        def set_sizes(**values):
            for name, value in values.items():
                patch.setattr(bigrams, name, value)

        yield set_sizes


@given(
    sentences=CORPORA,
    connectors=CONNECTORS,
    min_count=st.integers(1, 3),
    most=st.integers(1, 3),
    read=st.integers(1, 9),
    keys=st.integers(1, 9),
)
@settings(max_examples=80)
def test_counts_equal_loops(sizes, sentences, connectors, min_count, most, read, keys):
    sizes(MOST_CONNECTORS=most, READ_AT_ONCE=read, KEYS_AT_ONCE=keys)
    stream = stream_of(sentences)
    counts = np.bincount(stream.ids, minlength=N_UNITS)
    table = Connectors(connectors)
    found = count_bigrams(stream, counts, table, min_count)
    expected = Counter(
        tuple(sentence[left : right + 1])
        for sentence in sentences
        for left, right in neighbours(sentence, connectors, most)
    )
    rows = zip(found.left, found.codes, found.right, found.counts, strict=True)
    counted = {(a, *table.spell(int(code)), b): n for a, code, b, n in rows}
    assert counted == {pair: n for pair, n in expected.items() if n >= min_count}
    assert len(counted) == len(found.left)
    assert found.distinct == len(expected)


@given(
    sentences=CORPORA,
    connectors=CONNECTORS,
    pairs=st.dictionaries(
        st.tuples(PAIR, st.lists(st.integers(0, N_UNITS - 1), max_size=3).map(tuple)),
        st.integers(0, N_UNITS - 1),
        max_size=20,
    ),
    most=st.integers(1, 3),
    cuts=st.lists(st.integers(0, 100), max_size=9),
    scores=st.none() | st.lists(st.integers(-3, 3), min_size=20, max_size=20),
)
@settings(max_examples=300)
def test_joined_equals_loops_however_it_is_cut(
    sizes, sentences, connectors, pairs, most, cuts, scores
):
    sizes(MOST_CONNECTORS=most)
    table = {
        (a, *between, b): unit
        for ((a, b), between), unit in pairs.items()
        if not {a, b} & set(connectors) and set(between) <= set(connectors)
    }
    words = Connectors(connectors)
    left, right = ([key[i] for key in table] for i in (0, -1))
    codes = [words.code(key[1:-1]) for key in table]
    rows = [left, right, codes, list(table.values())]
    if scores is not None:
        scores = dict(zip(table, map(float, scores), strict=False))
    joiner = Joiner(N_UNITS, rows, words, None if scores is None else list(scores.values()))
    stream = stream_of(sentences)
    begins = np.zeros(len(stream), dtype=bool)
    begins[stream.offsets[:-1]] = True
    whole = Units(stream.ids.astype(np.int64), begins, np.ones(len(stream), dtype=np.int64))
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    pieces = [
        joiner.feed(whole.part(slice(start, stop)), is_last=number == len(edges) - 1)
        for number, (start, stop) in enumerate(pairwise(edges), 1)
    ]
    out = Units(*map(np.concatenate, zip(*pieces, strict=True)))
    expected = [joined(sentence, table, connectors, most, scores) for sentence in sentences]
    flat = [pair for sentence in expected for pair in sentence]
    assert list(zip(out.ids.tolist(), out.sizes.tolist(), strict=True)) == flat
    starts = np.cumsum([0, *map(len, expected)])[:-1] if expected else []
    assert np.flatnonzero(out.begins).tolist() == list(starts)


def test_joiner_holds_back_no_more_than_it_must(sizes):
    sizes(MOST_CONNECTORS=2)
    joiner = Joiner(3, [[0], [1], [0], [2]], Connectors([2]))
    n = 1000
    ids = np.full(n, 2)
    ids[0] = 0
    units = Units(ids, np.arange(n) == 0, np.ones(n, dtype=np.int64))
    assert len(joiner.feed(units).ids) == n  # a connector too many: the first word stands alone
    assert len(joiner.feed(units.part(slice(3))).ids) == 0


@pytest.mark.parametrize(
    ("last", "first", "rest"), [(3.0, [10, 2, 13], [5, 6]), (9.0, [10], [12, 14, 6])]
)
def test_best_pair_waits_for_what_may_be_better(last, first, rest):
    units = Units(np.arange(7), np.arange(7) == 0, np.ones(7, dtype=np.int64))
    pairs = [[0, 1, 2, 3, 4], [1, 2, 3, 4, 5], [0] * 5, [10, 11, 12, 13, 14]]
    joiner = Joiner(20, pairs, Connectors([]), [5.0, 4.0, 6.0, 7.0, last])
    assert joiner.feed(units.part(slice(0, 5))).ids.tolist() == first
    assert joiner.feed(units.part(slice(5, None)), is_last=True).ids.tolist() == rest


def test_codes_of_connectors_come_back():
    words = Connectors([7, 3, 5])
    for row in ([], [3], [7, 7], [5, 3, 7, 3], [7] * 8):
        assert words.spell(words.code(row)) == row
    most = Connectors(range(bigrams.MOST_CONNECTOR_WORDS))
    row = [bigrams.MOST_CONNECTOR_WORDS - 1] * 8
    assert most.spell(most.code(row)) == row


def test_counts_are_of_any_number_of_units(sizes):
    """Keys of (left, code, right) fit into 63 bits although those of all units would not."""
    sizes(READ_AT_ONCE=1 << 18, KEYS_AT_ONCE=1 << 23, MOST_CONNECTORS=8)
    n = (1 << 20) + 3
    stream = stream_of([[n - 1, n - 2, n - 1, n - 2]])
    counts = np.zeros(n, dtype=np.int64)
    counts[-2:] = 2
    found = count_bigrams(stream, counts, Connectors([]), 1)
    assert (found.left.tolist(), found.right.tolist()) == ([n - 2, n - 1], [n - 1, n - 2])
    assert found.counts.tolist() == [1, 2]
    width = 1 << 60
    cuts = list(bigrams._ranges(np.ones(30, dtype=np.int64), width))
    assert all((high - low) * width < 2**63 for low, high in cuts)
    assert [low for low, _ in cuts] == [0, *(high for _, high in cuts[:-1])]
    assert cuts[-1][1] == 30
