"""Huffman's tree over a vocabulary, as arrays.

References
----------
.. [1] D. A. Huffman, "A Method for the Construction of Minimum-Redundancy Codes", Proceedings of
   the IRE 40(9), 1952.
"""

from __future__ import annotations

from heapq import heappop, heapreplace
from typing import Any

import numpy as np

__all__ = ["HuffmanTree"]


class HuffmanTree:
    """The code of each word, and the inner nodes on the way to it.

    The two lightest nodes are joined until one is left; of equal weights, words go before inner
    nodes and the later word before the earlier. A word's expected number of bits is then the least
    that any prefix code has [1]_.

    Parameters
    ----------
    counts : array_like, shape (V,)
        Weights of the words, above 0, in falling order; V at least 2.

    Attributes
    ----------
    offsets : ndarray, shape (V + 1,) int64
        The path of word w is ``nodes[offsets[w] : offsets[w + 1]]``.
    nodes : ndarray, shape (offsets[V],) int32
        Inner nodes from the root to the word's parent, 0 … V − 2 in the order in which they were
        made; the root is V − 2.
    signs : ndarray, shape (offsets[V],) int8
        1 where the path goes on to the lighter child (bit 0), −1 to the heavier (bit 1).

    Raises
    ------
    ValueError
        If there are fewer than two words, or the counts are not above 0 and falling.
    """

    def __init__(self, counts: Any) -> None:
        weights = np.asarray(counts)
        if weights.ndim != 1 or len(weights) < 2:
            raise ValueError(f"counts has shape {weights.shape}; it must be (V,), V at least 2")
        if not (weights > 0).all() or (np.diff(weights) > 0).any():
            raise ValueError("counts must be above 0 and in falling order")
        parent, heavier = _join(weights[::-1].tolist())
        V = len(weights)
        # climb from all words at once, a level at a time
        at = np.arange(V)[::-1]  # the lightest word is leaf 0
        lengths, levels = np.zeros(V, np.int64), []
        while (climbing := np.flatnonzero(at < 2 * V - 2)).size:
            below = at[climbing]
            at[climbing] = parent[below]
            lengths[climbing] += 1
            levels.append((climbing, parent[below] - V, heavier[below]))
        self.offsets = np.concatenate([[0], np.cumsum(lengths)])
        self.nodes = np.empty(self.offsets[-1], np.int32)
        self.signs = np.empty(self.offsets[-1], np.int8)
        for step, (words, nodes, second) in enumerate(levels, 1):
            places = self.offsets[words + 1] - step
            self.nodes[places] = nodes
            self.signs[places] = 1 - 2 * second

    @classmethod
    def from_arrays(cls, offsets: np.ndarray, nodes: np.ndarray, signs: np.ndarray) -> HuffmanTree:
        """Make a tree of arrays that are there already."""
        tree = cls.__new__(cls)
        tree.offsets, tree.nodes, tree.signs = offsets, nodes, signs
        return tree

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Bits of each word's code, (V,) int64."""
        return np.diff(self.offsets)


def _join(weights: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Parent of each node, and whether it is the heavier child, for weights in rising order.

    Leaves are 0 … V − 1, and inner nodes follow in the order in which they are made.
    """
    V = len(weights)
    parent, heavier = np.zeros(2 * V - 1, np.int64), np.zeros(2 * V - 1, np.int8)
    heap = [(weight, leaf) for leaf, weight in enumerate(weights)]  # rising, and so a heap
    for node in range(V, 2 * V - 1):
        light, first = heappop(heap)
        heavy, second = heap[0]
        heapreplace(heap, (light + heavy, node))
        parent[first] = parent[second] = node
        heavier[second] = 1
    return parent, heavier
