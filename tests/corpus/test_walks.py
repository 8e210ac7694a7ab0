"""Walks follow node2vec's law, which the tests write out for each step."""

import numpy as np
import pytest
import scipy.sparse
from scipy.stats import chi2

from negsamp import Word2Vec, random_walks
from negsamp.corpus import walks

# Directed, weighted: a triangle, a loop at 1, an edge that has no way back (2 → 3), a leaf (5).
WEIGHTS = np.array(
    [
        [0, 1, 2, 0, 4, 0],
        [1, 3, 1, 0, 0, 0],
        [2, 5, 0, 1, 0, 0],
        [1, 0, 0, 0, 1, 0],
        [1, 1, 0, 2, 0, 3],
        [0, 0, 0, 0, 7, 0],
    ]
)
FOLLOWS = [(1, 1), (0.25, 4), (4, 0.25), (0.5, 1), (1, 3), (200, 300)]


def law(weights, t, v, p, q):
    """Probabilities of the next node after t and v; t is None at the first step."""
    masses = [
        weight * (1 if t is None else 1 / p if x == t else 1 if weights[t, x] else 1 / q)
        for x, weight in enumerate(weights[v])
    ]
    return np.array(masses) / sum(masses)


def followed(weights, p, q):
    """How often each node was the second, and the third in a row: (n, n) and (n, n, n)."""
    n, graph = len(weights), scipy.sparse.csr_array(weights)
    starts = np.repeat(np.arange(n), 500)
    walks = random_walks(graph, num_walks=1, nodes=starts, walk_length=25, p=p, q=q, seed=1)
    walks = np.array(list(walks))
    assert walks.shape == (n * 500, 25)
    pairs, triples = np.zeros((n, n)), np.zeros((n, n, n))
    np.add.at(pairs, (walks[:, 0], walks[:, 1]), 1)
    np.add.at(triples, (walks[:, :-2], walks[:, 1:-1], walks[:, 2:]), 1)
    return pairs, triples


def p_values(weights, p, q, pairs, triples):
    """Of the hypotheses that these counts follow the law of p and q."""
    n = len(weights)
    ways = np.argwhere(triples.sum(axis=2))
    assert len(ways) == np.count_nonzero(weights)
    found = np.array([triples[t, v] for t, v in ways])
    return (
        p_value_of(pairs, np.array([law(weights, None, v, p, q) for v in range(n)])),
        p_value_of(found, np.array([law(weights, t, v, p, q) for t, v in ways])),
    )


def p_value_of(found, probabilities):
    """Of the hypothesis that (P, n) counts are draws by (P, n) probabilities."""
    expected = found.sum(axis=1, keepdims=True) * probabilities
    assert not found[probabilities == 0].any(), "there is no such edge"
    square = ((found - expected)[expected > 0] ** 2 / expected[expected > 0]).sum()
    return chi2.sf(square, np.count_nonzero(probabilities) - len(found))


@pytest.mark.parametrize("how", ["as it comes", "proposals only", "whole distributions"])
@pytest.mark.parametrize("weights", [WEIGHTS, 1 * (WEIGHTS > 0)], ids=["weighted", "not weighted"])
@pytest.mark.parametrize(("p", "q"), FOLLOWS)
def test_steps_follow_the_law(monkeypatch, p, q, weights, how):
    if how == "proposals only":
        if max(p, q) > 100:
            pytest.skip("they would take long")
        monkeypatch.setattr(walks, "FEWEST_PROPOSALS", 1 << 30)
    elif how == "whole distributions":  # after a first proposal
        monkeypatch.setattr(walks, "MOST_PROPOSALS", 1)
        monkeypatch.setattr(walks, "FEWEST_PROPOSALS", 1)
        monkeypatch.setattr(walks, "EDGES_AT_ONCE", 1000)
    assert min(p_values(weights, p, q, *followed(weights, p, q))) > 1e-3


@pytest.mark.parametrize(("p", "q"), [(1.2, 1), (1, 1.2), (1 / 1.2, 1), (1, 1 / 1.2)])
def test_another_law_is_seen(p, q):
    """The test above can fail, and by little."""
    assert min(p_values(WEIGHTS, 1, 1, *followed(WEIGHTS, p, q))) < 1e-6


@pytest.mark.parametrize("p", [1, 0.5])
def test_the_same_seed_gives_the_same_walks(p):
    graph = scipy.sparse.random(50, 50, 0.1, random_state=1)

    def some(seed):
        return [walk.tolist() for walk in random_walks(graph, num_walks=2, p=p, seed=seed)]

    assert some(3) == some(3) == some(np.random.default_rng(3))
    assert some(3) != some(4)
    assert some(None) != some(None)


def test_walks_begin_at_each_node_in_each_round(monkeypatch):
    monkeypatch.setattr(walks, "STEPS_AT_ONCE", 12)
    graph = scipy.sparse.csr_array(WEIGHTS)
    found = list(random_walks(graph, num_walks=4, walk_length=5, seed=1))
    begins = [int(walk[0]) for walk in found]
    rounds = [begins[at : at + 6] for at in range(0, 24, 6)]
    assert all(sorted(order) == list(range(6)) for order in rounds)
    assert len({tuple(order) for order in rounds}) > 1
    assert {(walk.dtype, len(walk)) for walk in found} == {(np.dtype(np.int32), 5)}
    some = random_walks(graph, num_walks=2, nodes=[3, 3, 1], walk_length=1, seed=1)
    assert sorted(walk.tolist() for walk in some) == [[1], [1], [3], [3], [3], [3]]
    assert list(random_walks(graph, nodes=[])) == []


@pytest.mark.parametrize("q", [1, 2])
def test_walks_stop_at_sinks(q):
    graph = scipy.sparse.coo_array(([1, 2, 0.5, 0], ([0, 1, 2, 3], [1, 2, 2, 4])), shape=(5, 5))
    found = {
        int(walk[0]): walk.tolist() for walk in random_walks(graph, num_walks=1, q=q, walk_length=4)
    }
    # node 2 has nothing but a loop; the edge of node 3 has no weight; node 4 has no edge
    assert found == {0: [0, 1, 2, 2], 1: [1, 2, 2, 2], 2: [2] * 4, 3: [3], 4: [4]}
    none = scipy.sparse.csr_matrix((3, 3))
    assert sorted(w.tolist() for w in random_walks(none, num_walks=1)) == [[0], [1], [2]]


def test_labels_name_the_nodes():
    graph = scipy.sparse.csr_array([[0, 1], [1, 0]])
    for labels in (["a", (1, 2)], [(1, 2), (3, 4)], np.array(["a", "b"])):
        walk, _ = random_walks(graph, num_walks=1, walk_length=3, nodes=[0, 0], labels=labels)
        assert walk == [labels[0], labels[1], labels[0]]
        assert type(walk) is list


def test_the_graph_may_come_in_any_form_and_stays_as_it_was():
    # unsorted, one edge in two parts, a zero that is written down
    parts = (np.array([1.0, 2, 3, 0, 4]), np.array([2, 1, 2, 0, 0]), np.array([0, 4, 5, 5]))
    rows = scipy.sparse.csr_array(parts, shape=(3, 3))
    before = [part.copy() for part in (rows.data, rows.indices, rows.indptr)]
    dense = np.array([[0, 2, 4], [4, 0, 0], [0, 0, 0]])
    forms = [rows, scipy.sparse.csc_matrix(dense), scipy.sparse.coo_array(dense.astype(np.uint8))]
    forms += [scipy.sparse.lil_matrix(dense / 7), scipy.sparse.csr_array(dense * 4e307)]
    found = [[w.tolist() for w in random_walks(g, q=0.5, walk_length=9, seed=5)] for g in forms]
    assert all(walks == found[0] for walks in found)
    for part, old in zip((rows.data, rows.indices, rows.indptr), before, strict=True):
        np.testing.assert_array_equal(part, old)


def test_weights_of_any_size_are_kept_apart():
    """A node whose weights are tiny walks as one whose weights are large."""
    weights = np.array([[0, 3, 1], [3e-300, 0, 1e-300], [3e300, 1e300, 0]])
    graph = scipy.sparse.csr_array(weights)
    found = np.array(list(random_walks(graph, num_walks=1, nodes=[0, 1, 2] * 100, seed=2)))
    follows = np.zeros((3, 3))
    np.add.at(follows, (found[:, :-1], found[:, 1:]), 1)
    expected = np.array([[0, 0.75, 0.25], [0.75, 0, 0.25], [0.75, 0.25, 0]])
    assert p_value_of(follows, expected) > 1e-3


@pytest.mark.parametrize("p", [1e-100, 1e100])
@pytest.mark.parametrize("q", [1e-100, 1e100])
def test_extreme_parameters_end(p, q):
    rng = np.random.default_rng(0)
    graph = scipy.sparse.csr_array((rng.random((40, 40)) < 0.3).astype(float))
    n_nodes = sum(map(len, random_walks(graph, num_walks=1, walk_length=20, p=p, q=q, seed=1)))
    assert n_nodes == 40 * 20


ONE = scipy.sparse.csr_array([[1.0]])
# one edge in two parts, whose sum is no number
TOO_LARGE = scipy.sparse.csr_array(([1e308, 1e308], [0, 0], [0, 2]), shape=(1, 1))


def weighing(*weights):
    return scipy.sparse.csr_array(np.array([[0, weights[0]], [weights[-1], 0]]))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"graph": np.eye(2)}, TypeError, "graph is a ndarray; it must be a matrix or array of sc"),
        ({"graph": scipy.sparse.csr_array((2, 3))}, ValueError, r"shape \(2, 3\); it must be \(n"),
        ({"graph": scipy.sparse.csr_matrix((0, 0))}, ValueError, "graph has 0 nodes"),
        ({"graph": weighing(1j)}, TypeError, "weights of type complex128"),
        ({"graph": weighing(1, -2)}, ValueError, "the weight -2.0 from node 1 to node 0; weights"),
        ({"graph": weighing(np.nan, 1)}, ValueError, "the weight nan from node 0 to node 1"),
        ({"graph": weighing(np.inf)}, ValueError, "the weight inf"),
        ({"graph": TOO_LARGE}, ValueError, "the weight inf from node 0 to node 0"),
        ({"p": 0}, ValueError, "p is 0; it must be a number from 1e-100 to 1e100"),
        ({"p": np.nan}, ValueError, "p is nan"),
        ({"q": -1.0}, ValueError, "q is -1.0"),
        ({"q": "1"}, ValueError, "q is '1'"),
        ({"num_walks": 0}, ValueError, "num_walks is 0; it must be an integer, 1 or more"),
        ({"walk_length": 2.0}, ValueError, "walk_length is 2.0"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"seed": "x"}, ValueError, "seed is 'x'"),
        ({"nodes": [0, 1]}, ValueError, "nodes holds 1; the graph has nodes from 0 to 0"),
        ({"nodes": [-1]}, ValueError, "nodes holds -1"),
        ({"nodes": ["a"]}, ValueError, r"nodes is \['a'\]; it must be a list of node numbers"),
        ({"nodes": 0}, ValueError, "nodes is 0"),
        ({"labels": ["a", "b"]}, ValueError, "labels has 2 names; the graph has 1 nodes"),
    ],
)
def test_bad_input_is_refused_at_once(arguments, error, message):
    with pytest.raises(error, match=message):
        random_walks(**{"graph": ONE, **arguments})


def test_communities_come_out_as_neighbours():
    rng = np.random.default_rng(0)
    block = np.arange(40) % 2
    edges = rng.random((40, 40)) < np.where(block[:, None] == block, 0.4, 0.02)
    graph = scipy.sparse.csr_array(np.triu(edges, 1) + np.triu(edges, 1).T)
    model = Word2Vec(8, window=3, min_count=1, sample=0, epochs=5, workers=1, seed=1)
    model.fit(random_walks(graph, num_walks=10, walk_length=20, q=0.5, seed=1))
    nearest = [
        block[other] == block[node]
        for node in range(40)
        for other, _ in model.wv.most_similar(node, topn=10)
    ]
    assert np.mean(nearest) > 0.95  # of 0.5 by chance
