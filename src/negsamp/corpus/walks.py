"""Random walks on a graph: sentences of nodes, so that nodes get vectors as words do.

All walkers of a chunk take each step together, by node2vec's law of a step. `Word2Vec.fit` trains
on the walks as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from negsamp.checks import check_integer, is_integer, is_real
from negsamp.corpus.graphs import checked_labels, checked_nodes, read_graph

__all__ = ["random_walks"]

STEPS_AT_ONCE = 1 << 22  # of all walkers together; as many nodes are in memory
EDGES_AT_ONCE = 1 << 20
# A step is drawn from its whole distribution after so many proposals in vain, or as many as there
# are neighbours, if that is more; this is looked at when the number is a power of two.
FEWEST_PROPOSALS = 8
MOST_PROPOSALS = 1 << 12


def random_walks(
    graph: Any,
    *,
    num_walks: int = 10,
    walk_length: int = 80,
    p: float = 1.0,
    q: float = 1.0,
    nodes: Iterable[Any] | None = None,
    seed: int | np.random.Generator | None = None,
    labels: Mapping[Any, Any] | Iterable[Any] | None = None,
) -> Iterator[Any]:
    """Walk on a graph at random, as node2vec does.

    A walker that came from node t to node v goes on to x with a probability in proportion to
    w(v, x) · α(t, x), where α is 1/p if x is t, 1 if there is an edge from t to x, and 1/q
    otherwise ([1]_, section 3.2.2). Its first step is in proportion to w(v, x) alone; so are all if
    p = q = 1, which makes it DeepWalk. Steps are exact: they are proposed by weight and accepted in
    proportion to α, or drawn from all neighbours where that takes long.

    Parameters
    ----------
    graph : scipy.sparse matrix or array, shape (n, n), networkx graph, or dict
        Entry (v, x) is the weight of the edge from v to x, finite and 0 or more; 0 is no edge. An
        undirected graph has both (v, x) and (x, v). Weights of one edge are added. Or a graph of
        networkx of any kind; edges without ``"weight"`` have the weight 1. Or a dict from a node to
        a list of its neighbours, or to a dict from neighbour to weight; edges go one way.
    num_walks, walk_length : int
        Walks from each node, and nodes in a walk, 1 or more. A walk that comes to a node without
        outgoing edges ends there.
    p, q : float
        Return and in-out parameter, above 0: a low p keeps walks near where they began, a low q
        leads them away.
    nodes : iterable, optional
        Where to begin: numbers of rows, or nodes of networkx or of the dict; all nodes if None. A
        node that is named twice has twice as many walks.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same walks.
    labels : dict, Series or iterable of hashable, optional
        Names of the nodes, each another one: a dict from node to name (a Series of pandas goes by
        its index), or n names in the order of the nodes.

    Returns
    -------
    iterator of ndarray, shape (at most walk_length,) int32
        The walks: `num_walks` rounds, each with a walk from every root, in an order that is drawn
        anew. They are lists of names if there are `labels`, and lists of nodes for a graph of
        networkx or a dict.
        After ``Word2Vec(min_count=1, sample=0).fit(walks)``, ``wv[5]`` is the vector of node 5.

    Raises
    ------
    TypeError, ValueError
        If the graph is none of these, if labels repeat, are missing or not hashable, or if a
        parameter is out of range; before any walk is taken.

    Notes
    -----
    What a seed draws goes by the numbers of the nodes: the rows of the matrix, the order of
    ``list(graph)`` for networkx, and of the keys of the dict, with neighbours that are no keys
    behind them. So walks on a graph G are those on ``networkx.to_scipy_sparse_array(G)`` with
    ``labels=list(G)``, and nodes that are added in another order give other walks. For walks in the
    order of their roots, sort them by their first nodes.

    The authors' program asks for an edge from x to t where the paper has the distance from t to x;
    they differ for directed graphs. This is the paper's.

    References
    ----------
    .. [1] A. Grover, J. Leskovec, "node2vec: Scalable Feature Learning for Networks",
       KDD 2016, section 3.2.2.
    .. [2] K. Yang et al., "KnightKing: A Fast Distributed Graph Random Walk Engine", SOSP 2019,
       section 4, for proposals that are accepted or not.

    Examples
    --------
    >>> import scipy.sparse
    >>> from negsamp import random_walks
    >>> path = scipy.sparse.csr_array([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    >>> for walk in random_walks(path, num_walks=1, nodes=[0], labels=["a", "b", "c"]):
    ...     print(walk)
    ['a', 'b', 'c']
    """
    check_integer("num_walks", num_walks, 1, 2**31 - 1)
    check_integer("walk_length", walk_length, 1, 2**31 - 1)
    for name, number in (("p", p), ("q", q)):
        if not is_real(number) or not 1e-100 <= number <= 1e100:
            raise ValueError(f"{name} is {number!r:.60}; it must be a number from 1e-100 to 1e100")
    is_seed = seed is None or isinstance(seed, np.random.Generator)
    if not is_seed and not (is_integer(seed) and seed >= 0):  # type: ignore[operator]
        raise ValueError(f"seed is {seed!r:.60}; it must be an integer, 0 or more, or a Generator")
    weights, found = read_graph(graph)
    names = checked_labels(labels, found, weights.shape[0])
    walker = _Walker(weights, float(p), float(q), np.random.default_rng(seed))
    starts = checked_nodes(nodes, found, walker.n)
    walks = walker.walks(starts, int(num_walks), int(walk_length))
    if names is None:
        return walks
    by_node = np.fromiter(names, dtype=object, count=walker.n)
    return (by_node[walk].tolist() for walk in walks)


class _Walker:
    """Many walkers on a graph of n nodes; an edge is its place in the graph's sorted rows."""

    def __init__(self, weights: Any, p: float, q: float, rng: np.random.Generator) -> None:
        self.p, self.q, self.rng = p, q, rng
        self.n = weights.shape[0]
        self.first = weights.indptr[:-1].astype(np.int64)
        self.degree = np.diff(weights.indptr).astype(np.int64)
        self.to = weights.indices.astype(np.int32)
        row = np.repeat(np.arange(self.n), self.degree)
        self._keys = row * self.n + self.to  # rising
        # shares of the largest weight of the row, as a sum of weights may be too large
        largest = np.zeros(self.n)
        np.maximum.at(largest, row, weights.data)
        self.weights = weights.data / largest[row]
        self._is_uniform = bool((self.weights == 1).all())
        total = np.bincount(row, self.weights, minlength=self.n)
        cumulated = np.cumsum(self.weights / total[row])
        before = np.append(0.0, cumulated)[self.first]
        # row v rises from v to v + 1
        self._cumulated = cumulated - before[row] + row

    def walks(self, starts: np.ndarray, num_walks: int, walk_length: int) -> Iterator[np.ndarray]:
        """Yield the walks, round by round, each round in an order of its own."""
        at_once = max(1, STEPS_AT_ONCE // walk_length)
        rounds = max(1, at_once // max(1, len(starts)))  # of a small graph, together
        for done in range(0, num_walks, rounds):
            n = min(rounds, num_walks - done)
            order = np.concatenate([self.rng.permutation(starts) for _ in range(n)])
            for at in range(0, len(order), at_once):
                walks, lengths = self._walk(order[at : at + at_once], walk_length)
                for walk, length in zip(walks, lengths.tolist(), strict=True):
                    yield walk[:length]

    def _walk(self, starts: np.ndarray, walk_length: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a walk from each node, (k, walk_length) int32, and its length in nodes, (k,)."""
        walks = np.empty((len(starts), walk_length), dtype=np.int32)
        lengths = np.ones(len(starts), dtype=np.int64)
        walks[:, 0] = before = here = starts
        active = np.arange(len(starts))
        for place in range(1, walk_length):
            goes_on = self.degree[here] > 0
            active, before, here = active[goes_on], before[goes_on], here[goes_on]
            if not len(active):
                break
            if place == 1 or self.p == self.q == 1:
                before, here = here, self.first_order(here)
            else:
                before, here = here, self.second_order(before, here)
            walks[active, place] = here
            lengths[active] += 1
        return walks, lengths

    def first_order(self, here: np.ndarray) -> np.ndarray:
        """Return where walkers go by the weights alone, (k,) int32; none is at a sink."""
        first, degree = self.first[here], self.degree[here]
        drawn = self.rng.random(len(here))
        if self._is_uniform:
            edges = first + (drawn * degree).astype(np.int64)
        else:
            edges = _search(self._cumulated, here + drawn)
        # sums and products are rounded
        return self.to[np.clip(edges, first, first + degree - 1)]

    def second_order(self, before: np.ndarray, here: np.ndarray) -> np.ndarray:
        """Return where walkers go who came from one node to another, (k,) int32."""
        p, q = self.p, self.q
        there = np.empty(len(here), dtype=np.int32)
        left = np.arange(len(here))
        most = max(1.0, 1 / p, 1 / q)
        tries = 0
        while len(left):
            there[left] = to = self.first_order(here[left])
            level = self.rng.random(len(left)) * most  # α is above it with probability α / most
            is_return = to == before[left]
            taken = level < np.where(is_return, 1 / p, min(1.0, 1 / q))
            # only of these the answer depends on whether there is an edge
            open_ = np.flatnonzero(~(taken | is_return) & (level < max(1.0, 1 / q)))
            has_edge = self._has_edges(before[left[open_]], to[open_])
            taken[open_] = level[open_] < np.where(has_edge, 1.0, 1 / q)
            left = left[~taken]
            tries += 1
            if tries >= FEWEST_PROPOSALS and not tries & (tries - 1):
                # when it ends depends on no proposal, and so leaves the law of a step as it is
                ends = (self.degree[here[left]] <= tries) | (tries >= MOST_PROPOSALS)
                which, left = left[ends], left[~ends]
                total = np.append(0, np.cumsum(self.degree[here[which]]))
                cuts = np.searchsorted(total, np.arange(EDGES_AT_ONCE, total[-1], EDGES_AT_ONCE))
                for part in filter(len, np.split(which, cuts)):  # so that their edges fit in memory
                    there[part] = self._draw(before[part], here[part])
        return there

    def _has_edges(self, before: np.ndarray, to: np.ndarray) -> np.ndarray:
        """Return whether there are edges between pairs of nodes, (k,) bool."""
        keys = before.astype(np.int64) * self.n + to
        place = _search(self._keys, keys) - 1  # −1, the last key, where all are larger
        return self._keys[place] == keys

    def _draw(self, before: np.ndarray, here: np.ndarray) -> np.ndarray:
        """Return what `second_order` does, drawn from the whole distribution of each step."""
        degree = self.degree[here]
        ends = np.cumsum(degree)
        edges = np.arange(ends[-1]) + np.repeat(self.first[here] - ends + degree, degree)
        to = self.to[edges]
        came_from = np.repeat(before, degree)
        near = np.where(self._has_edges(came_from, to), 1.0, 1 / self.q)
        masses = self.weights[edges] * np.where(to == came_from, 1 / self.p, near)
        masses /= np.repeat(np.add.reduceat(masses, ends - degree), degree)
        # those of walker i rise from i to i + 1
        drawn = np.arange(len(here)) + self.rng.random(len(here))
        place = np.searchsorted(np.cumsum(masses), drawn, side="right")
        return to[np.clip(place, ends - degree, ends - 1)]


def _search(rising: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return how many of the rising numbers are at most each value, (k,) int64.

    `searchsorted` goes through sorted values in a small part of the time: each search ends near the
    one before, where memory is in the cache.
    """
    order = np.argsort(values)
    found = np.empty(len(values), dtype=np.int64)
    found[order] = np.searchsorted(rising, values[order], side="right")
    return found
