"""Graphs of other kinds are the same matrices, and labels name each node by another name."""

import re
from collections import defaultdict

import numpy as np
import pytest
import scipy.sparse

from negsamp import Word2Vec, random_walks
from negsamp.corpus.graphs import read_graph

DENSE = np.array([[0, 2.0, 0, 1], [1, 0.5, 0, 0], [0, 0, 0, 0], [3, 0, 0, 0]])
NODES = ["d", "a", "c", "b"]
OPTIONS = {"num_walks": 3, "walk_length": 6, "q": 0.5, "seed": 1}


def walks_on(graph, **options):
    return [list(walk) for walk in random_walks(graph, **OPTIONS, **options)]


EXPECTED = walks_on(scipy.sparse.csr_array(DENSE), labels=NODES)
BY_NODE = {
    v: {NODES[j]: DENSE[i, j] for j in np.flatnonzero(DENSE[i])} for i, v in enumerate(NODES)
}
THREE = scipy.sparse.csr_array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])


# networkx


def networkx_graphs():
    nx = pytest.importorskip("networkx")
    kinds = nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph
    for kind in kinds:
        graph = kind()
        graph.add_nodes_from([11, "isolated", 10, (1, 2), 12])
        graph.add_edge(10, 11)
        graph.add_edge(10, (1, 2), weight=2.5)
        graph.add_edge((1, 2), 10, weight=3)
        graph.add_edge(12, 12, weight=4)
        graph.add_edge("late", 10, weight=0.0)
        yield graph
        yield nx.freeze(graph).subgraph([10, 11, "isolated"])
        if kind is nx.Graph:
            yield nx.subgraph_view(graph, filter_node=lambda node: node != 11)
    yield nx.karate_club_graph()
    yield nx.path_graph(3, create_using=nx.MultiDiGraph)


def test_networkx_graph_is_its_matrix_with_its_nodes():
    nx = pytest.importorskip("networkx")
    for graph in networkx_graphs():
        weights, nodes = read_graph(graph)
        assert nodes == list(graph)
        np.testing.assert_array_equal(weights.toarray(), nx.to_numpy_array(graph))
        matrix = nx.to_scipy_sparse_array(graph)
        assert walks_on(graph) == walks_on(matrix, labels=list(graph))
        names = {node: str(node) for node in graph}
        assert walks_on(graph, labels=names) == walks_on(matrix, labels=list(map(str, graph)))


def test_networkx_graph_may_be_walked_on_from_some_nodes():
    nx = pytest.importorskip("networkx")
    graph = nx.Graph([("b", "a"), ("a", "c")])
    graph.add_node("alone")
    found = walks_on(graph, nodes=["alone", "a"])
    assert sorted({walk[0] for walk in found}) == ["a", "alone"]
    assert [walk for walk in found if walk[0] == "alone"] == [["alone"]] * 3
    found = walks_on(
        graph,
        nodes=np.array(["a"]),
        labels={**dict.fromkeys("xyz"), **dict(zip(graph, "BACL", strict=True))},
    )
    assert {walk[0] for walk in found} == {"A"}
    for bad in (["z"], ["a", ["b"]], [0]):
        with pytest.raises(ValueError, match=r"nodes holds .*, which is no node of the graph"):
            random_walks(graph, nodes=bad)
    for bad in ("a", 3, {"a", "b"}):
        with pytest.raises(TypeError, match=r"nodes is .*(must be a list of nodes|has no order)"):
            random_walks(graph, nodes=bad)


def test_networkx_graph_trains_vectors_of_its_nodes():
    nx = pytest.importorskip("networkx")
    graph = nx.barbell_graph(6, 0)
    graph.add_node("alone")
    walks = random_walks(graph, num_walks=20, walk_length=10, seed=1)
    model = Word2Vec(8, min_count=1, sample=0, window=3, epochs=20, workers=1, seed=1).fit(walks)
    assert set(model.wv.index_to_key) == set(graph)
    assert all(node < 6 for node, _ in model.wv.most_similar(0, topn=4))


@pytest.mark.parametrize("weight", ["2", None, 1j, [1], True])
@pytest.mark.parametrize("kind", ["Graph", "MultiDiGraph"])
def test_networkx_weight_that_is_no_number_is_named(kind, weight):
    nx = pytest.importorskip("networkx")
    graph = getattr(nx, kind)([("a", "b", {"weight": 2}), ("b", "c", {"weight": weight})])
    with pytest.raises(
        TypeError, match=r"the weight .* from node 'b' to node 'c'; it must be a num"
    ):
        random_walks(graph)


@pytest.mark.parametrize("weight", [-1, np.nan, np.inf])
def test_networkx_weight_out_of_range_is_named(weight):
    nx = pytest.importorskip("networkx")
    graph = nx.DiGraph([("a", "b", {"weight": weight})])
    with pytest.raises(ValueError, match=r"from node 'a' to node 'b'; weights must be finite"):
        random_walks(graph)
    with pytest.raises(ValueError, match="graph has 0 nodes"):
        random_walks(nx.Graph())


# Neighbours by node


@pytest.mark.parametrize(
    "graph",
    [
        BY_NODE,
        defaultdict(dict, BY_NODE),
        {v: {x: {"weight": w, "kind": 1} for x, w in row.items()} for v, row in BY_NODE.items()},
        {v: {x: np.float32(w) for x, w in row.items()} for v, row in BY_NODE.items()},
        {v: row for v, row in BY_NODE.items()},
    ],
)
def test_dict_of_neighbours_is_its_matrix(graph):
    assert walks_on(graph) == EXPECTED


def test_dict_of_neighbours_without_weights():
    graph = {"a": ["b", "c", "b"], "b": ("a",), "d": {"a"}, "e": []}
    weights, nodes = read_graph(graph)
    assert nodes == ["a", "b", "d", "e", "c"]  # what is no key comes behind
    assert weights.toarray().tolist() == [
        [0, 2, 0, 0, 1],
        [1, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [0] * 5,
        [0] * 5,
    ]
    nx = pytest.importorskip("networkx")
    for graph in networkx_graphs():
        assert walks_on(nx.to_dict_of_dicts(graph.copy())) == walks_on(graph.copy())
    path = nx.path_graph(4)
    assert walks_on(nx.to_dict_of_lists(path)) == walks_on(path)


@pytest.mark.parametrize(
    ("graph", "error", "message"),
    [
        ({"a": "bc"}, TypeError, r"graph\['a'\] is 'bc'; it must be a list of neighbours, or a d"),
        ({"a": 1}, TypeError, r"graph\['a'\] is 1; it must be"),
        ({"a": None}, TypeError, r"graph\['a'\] is None; it must be"),
        ({"a": {"b": "1"}}, TypeError, "the weight '1' from node 'a' to node 'b'; it must be a n"),
        ({"a": {"b": -1}}, ValueError, "the weight -1.0 from node 'a' to node 'b'; weights must"),
        ({"a": {"b", "a"}}, ValueError, r"graph\['a'\] is a set, with the node 'b', .*\{'b': \[\]"),
        ({}, ValueError, "graph has 0 nodes"),
    ],
)
def test_dict_that_is_no_graph_is_refused(graph, error, message):
    with pytest.raises(error, match=message):
        random_walks(graph)


# Other kinds


class Igraph:
    """What igraph's graphs have."""

    def get_adjacency_sparse(self):
        return scipy.sparse.csr_matrix([[0, 1], [1, 0]])


def others():
    nx = pytest.importorskip("networkx")
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    edges = {"from": ["a", "b"], "to": ["b", "c"], "weight": [1.0, 2.0]}
    yield from (np.array([[0, 1], [1, 0]]), np.array([[0, 1.0], [1, 0]]).view(np.matrix), Igraph())
    yield from ([("a", "b"), ("b", "c")], (("a", "b", 2.0),), np.array([[0, 1], [1, 2], [2, 3]]))
    yield nx.Graph([("a", "b"), ("b", "c")]).edges
    yield pd.DataFrame([[0, 2, 1], [2, 0, 0], [1, 0, 0]], index=list("abc"), columns=list("abc"))
    yield from (
        pd.DataFrame(edges),
        pl.DataFrame(edges),
        pd.DataFrame(edges).drop(columns="weight"),
    )


def test_other_graphs_say_what_to_write():
    nx = pytest.importorskip("networkx")
    for graph in others():
        with pytest.raises(
            TypeError, match=r"graph is a .*; it must be a matrix or array"
        ) as error:
            random_walks(graph)
        code = re.search(r"; ((scipy|graph|networkx)\..*?) makes one", str(error.value))[1]
        made = eval(code, {"graph": graph, "networkx": nx, "scipy": scipy})
        assert len(walks_on(made)) >= 6, error.value
        if "'weight'" in code:
            assert read_graph(made)[0].max() == 2
    for graph in ("edges.txt", None, 3, [], [1, 2]):
        with pytest.raises(
            TypeError, match=r"graph is a .*, or a dict of the neighbours of each node$"
        ):
            random_walks(graph)


# Labels


@pytest.mark.parametrize(
    "labels",
    [
        {2: "z", 0: "x", 1: "y"},
        {np.int64(0): "x", 1: "y", 2: "z", 3: "of another graph"},
        ["x", "y", "z"],
        ("x", "y", "z"),
        "xyz",
        np.array(["x", "y", "z"]),
        dict.fromkeys("xyz").keys(),
    ],
)
def test_labels_are_a_mapping_or_in_the_order_of_nodes(labels):
    found = walks_on(THREE, labels=labels)
    assert found == [["xyz"[node] for node in walk] for walk in walks_on(THREE)]
    assert {type(name) for walk in found for name in walk} == {str}


def test_labels_may_be_a_series():
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    expected = walks_on(THREE, labels="xyz")
    assert walks_on(THREE, labels=pd.Series(["z", "x", "y"], index=[2, 0, 1])) == expected
    assert walks_on(THREE, labels=pd.Series(list("xyz"))) == expected
    assert walks_on(THREE, labels=pl.Series(list("xyz"))) == expected
    with pytest.raises(
        ValueError, match=r"labels has no name of node 0; .* and begin with 1, 2, 3"
    ):
        random_walks(THREE, labels=pd.Series(list("xyz"), index=[1, 2, 3]))


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (
            {10: "x", 11: "y", 12: "z"},
            ValueError,
            "no name of node 0; its keys must be the numbers ",
        ),
        ({0: "x", 1: "y"}, ValueError, "labels has no name of node 2"),
        ({"0": "x", "1": "y", "2": "z"}, ValueError, "node 0; .*, and begin with '0', '1', '2'"),
        (
            ["x", "x", "z"],
            ValueError,
            "gives node 1 the name 'x', which node 0 has; each node needs",
        ),
        ({0: "x", 1: "y", 2: "x"}, ValueError, "gives node 2 the name 'x', which node 0 has"),
        ([1, True, 2], ValueError, "gives node 1 the name True, which node 0 has"),
        (["x", "y"], ValueError, "labels has 2 names; the graph has 3 nodes"),
        (list("wxyz"), ValueError, "labels has 4 names; the graph has 3 nodes"),
        (["x", ["y"], "z"], TypeError, r"gives node 1 the name \['y'\], which is not hashable"),
        (np.ones((3, 2)), TypeError, "gives node 0 the name .*, which is not hashable"),
        (["x", None, "z"], ValueError, "gives node 1 the name None, which may not be None or NaN"),
        (["x", float("nan"), "z"], ValueError, "the name nan, which may not be None or NaN"),
        (
            {"x", "y", "z"},
            TypeError,
            "labels is .*; it must be a list of names in the order of the",
        ),
        (3, TypeError, "labels is 3; it must be a list of names"),
    ],
)
def test_labels_that_do_not_name_each_node_are_refused(labels, error, message):
    with pytest.raises(error, match=message):
        random_walks(THREE, labels=labels)


def test_labels_of_a_networkx_graph_are_by_its_nodes():
    nx = pytest.importorskip("networkx")
    graph = nx.Graph([(10, 11), (11, 12)])
    assert walks_on(nx.to_scipy_sparse_array(graph), labels=graph.nodes) == walks_on(graph)
    found = walks_on(graph, labels={10: "x", 11: "y", 12: "z"})
    assert found == walks_on(THREE, labels="xyz")
    with pytest.raises(ValueError, match="no name of node 10; its keys must be the graph's nodes"):
        random_walks(graph, labels={0: "x", 1: "y", 2: "z"})


# The order of roots


def test_roots_are_drawn_by_their_place_among_the_nodes():
    nx = pytest.importorskip("networkx")
    rows = [int(walk[0]) for walk in random_walks(THREE, **OPTIONS)]
    assert all(sorted(rows[at : at + 3]) == [0, 1, 2] for at in (0, 3, 6))
    for nodes in ("abc", "cab"):
        graph = nx.path_graph(list(nodes))
        assert [walk[0] for walk in walks_on(graph)] == [nodes[row] for row in rows]
        assert [walk[0] for walk in walks_on(THREE, labels=nodes)] == [nodes[row] for row in rows]
