"""Huffman's tree against a textbook's example, a heap, and what makes a code optimal."""

import heapq
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negsamp.core.huffman import HuffmanTree

COUNTS = st.lists(st.integers(1, 50), min_size=2, max_size=200).map(
    lambda counts: sorted(counts, reverse=True)
)


def codes_of(tree):
    """The bits of each word's code, from the root on."""
    bits = "".join("0" if sign > 0 else "1" for sign in tree.signs)
    return [bits[first:last] for first, last in itertools.pairwise(tree.offsets)]


def heap_cost(counts):
    """Bits of the whole text under Huffman's code: the sum of all joined weights."""
    heap, cost = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        cost += joined
        heapq.heappush(heap, joined)
    return cost


def test_codes_of_a_textbook():
    # Cormen, Leiserson, Rivest, Stein, "Introduction to Algorithms", figure 16.5: a, c, b, d, f, e
    # in the order of their weights
    tree = HuffmanTree([45, 16, 13, 12, 9, 5])
    assert codes_of(tree) == ["0", "111", "101", "100", "1101", "1100"]


@given(COUNTS)
def test_code_is_as_short_as_a_heap_makes_it(counts):
    assert (HuffmanTree(counts).lengths * counts).sum() == heap_cost(counts)


@given(COUNTS)
def test_code_is_a_whole_prefix_code(counts):
    codes = sorted(codes_of(HuffmanTree(counts)))
    assert not any(b.startswith(a) for a, b in itertools.pairwise(codes))
    assert sum(2.0 ** -len(code) for code in codes) == 1  # Kraft: no leaf is missing


@given(COUNTS)
def test_paths_lead_from_the_root_to_the_words(counts):
    tree, V = HuffmanTree(counts), len(counts)
    assert len(tree) == V
    child = {}
    for word in range(V):
        steps = slice(tree.offsets[word], tree.offsets[word + 1])
        nodes, signs = tree.nodes[steps].tolist(), tree.signs[steps].tolist()
        assert nodes[0] == V - 2
        for node, sign, below in zip(nodes, signs, [*nodes[1:], ("leaf", word)], strict=True):
            assert child.setdefault((node, sign), below) == below
    assert len(child) == 2 * (V - 1)  # each inner node has two children


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([3], "at least 2"),
        ([], "at least 2"),
        ([[3, 2]], "at least 2"),
        ([2, 3], "falling"),
        ([2, 0], "above 0"),
    ],
)
def test_bad_counts_are_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        HuffmanTree(counts)
