"""Graphs as sparse matrices: those of SciPy and networkx, and neighbours by node.

networkx is not imported: its graphs are known by the methods that they have.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from itertools import islice
from typing import Any

import numpy as np
import scipy.sparse

from negsamp.checks import is_real
from negsamp.corpus.containers import SETS, is_mapping, names_of
from negsamp.corpus.token_kinds import is_missing, kind_of, python_value

__all__ = ["checked_labels", "checked_nodes", "read_graph"]

MOST_NODES = 2**31 - 1  # as int32 counts them; edges are then numbers of 62 bits
Neighbours = Iterable[tuple[Hashable, Any]]  # with weights, or attributes that may have one


def read_graph(graph: Any) -> tuple[Any, list[Hashable] | None]:
    """Return the weights of a graph, and its nodes in the order of the rows, or None for numbers.

    The weights are a copy in CSR, (n, n) float64, sorted, without zeros, no edge twice.
    """
    if scipy.sparse.issparse(graph):
        return _checked_weights(graph, None), None
    if hasattr(type(graph), "adjacency") and hasattr(type(graph), "is_multigraph"):
        total = _sum_of_weights if graph.is_multigraph() else _weight_of
        matrix, nodes = _matrix_of(((v, row.items()) for v, row in graph.adjacency()), graph, total)
    elif is_mapping(graph):
        matrix, nodes = _matrix_of(_listed(graph), graph, _total_of)
    else:
        raise TypeError(
            f"graph is a {kind_of(graph)}; it must be a matrix or array of scipy.sparse, a graph "
            f"of networkx, or a dict of the neighbours of each node{_way_to_graph(graph)}"
        )
    return _checked_weights(matrix, nodes), nodes


def checked_labels(labels: Any, nodes: list[Hashable] | None, n: int) -> list[Hashable] | None:
    """Return a name for each row, each another one, or None for numbers.

    `labels` are in the order of the rows, or a mapping from the nodes; None names nodes as they
    are.
    """
    if labels is None:
        return nodes
    if isinstance(labels, SETS) or not isinstance(labels, Iterable):
        raise TypeError(
            f"labels is {labels!r:.60}; it must be a list of names in the order of the nodes, or a "
            "dict from node to name"
        )
    if hasattr(labels, "iloc") and hasattr(labels, "to_dict"):
        labels = labels.to_dict()  # a Series goes by its index
    rows = range(n) if nodes is None else nodes
    if is_mapping(labels):
        for node in rows:
            if node not in labels:
                keys = ", ".join(f"{key!r:.20}" for key in islice(labels, 3))
                its = f"the numbers from 0 to {n - 1}" if nodes is None else "the graph's nodes"
                raise ValueError(
                    f"labels has no name of node {node!r:.60}; its keys must be {its}, and begin "
                    f"with {keys}"
                )
        names = [labels[node] for node in rows]
    else:
        names = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    if len(names) != n:
        raise ValueError(f"labels has {len(names)} names; the graph has {n} nodes")
    names = [python_value(name) for name in names]
    first: dict[Hashable, Hashable] = {}
    for node, name in zip(rows, names, strict=True):
        try:
            other = first.setdefault(name, node)
        except TypeError:
            raise TypeError(
                f"labels gives node {node!r:.60} the name {name!r:.60}, which is not hashable"
            ) from None
        if other is not node or is_missing(name):
            fault = "may not be None or NaN" if is_missing(name) else f"node {other!r:.60} has"
            raise ValueError(
                f"labels gives node {node!r:.60} the name {name!r:.60}, which {fault}; each node "
                "needs a name of its own"
            )
    return names


def checked_nodes(given: Any, nodes: list[Hashable] | None, n: int) -> np.ndarray:
    """Return the rows of some nodes, (k,) int32; of all, in their order, if `given` is None."""
    if given is None:
        return np.arange(n, dtype=np.int32)
    if isinstance(given, SETS):
        raise TypeError(f"nodes is {given!r:.60}, which has no order; sorted(nodes) has one")
    if nodes is None:
        starts = np.asarray(given)
        if starts.ndim != 1 or (starts.size and starts.dtype.kind not in "iu"):
            raise ValueError(f"nodes is {given!r:.60}; it must be a list of node numbers")
        bad = starts[(starts < 0) | (starts >= n)]
        if len(bad):
            raise ValueError(f"nodes holds {bad[0]}; the graph has nodes from 0 to {n - 1}")
        return starts.astype(np.int32)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"nodes is {given!r:.60}; it must be a list of nodes of the graph")
    row_of = {node: row for row, node in enumerate(nodes)}
    rows = []
    for node in given:
        if not isinstance(node, Hashable) or node not in row_of:
            raise ValueError(f"nodes holds {node!r:.60}, which is no node of the graph")
        rows.append(row_of[node])
    return np.array(rows, dtype=np.int32)


def _listed(graph: Mapping[Any, Any]) -> Iterator[tuple[Hashable, Neighbours]]:
    """Yield the nodes of a mapping, each with its neighbours and their weights."""
    for node, neighbours in graph.items():
        if isinstance(neighbours, Mapping):
            yield node, neighbours.items()
        elif isinstance(neighbours, Iterable) and not isinstance(neighbours, (str, bytes)):
            for other in neighbours if isinstance(neighbours, SETS) else ():
                if other not in graph:  # the order of nodes must not be that of hashes
                    raise ValueError(
                        f"graph[{node!r:.60}] is a set, with the node {other!r:.60}, which is no "
                        f"key of the graph; {{{other!r:.60}: []}} makes it one"
                    )
            yield node, ((other, 1) for other in neighbours)
        else:
            raise TypeError(
                f"graph[{node!r:.60}] is {neighbours!r:.60}; it must be a list of neighbours, or a "
                "dict from neighbour to weight"
            )


def _matrix_of(
    rows: Iterable[tuple[Hashable, Neighbours]], graph: Iterable[Hashable], weight_of: Any
) -> tuple[Any, list[Hashable]]:
    """Return the matrix of nodes and their neighbours, and the nodes in the order of its rows.

    These are the items of `graph`, and behind them the neighbours that are none of them.
    """
    number = {node: i for i, node in enumerate(graph)}
    tails, heads, weights = [], [], []
    for node, neighbours in rows:
        for other, data in neighbours:
            weight = weight_of(data)
            if not is_real(weight, finite=False):
                raise TypeError(
                    f"graph has the weight {weight!r:.60} from node {node!r:.60} to node "
                    f"{other!r:.60}; it must be a number"
                )
            tails.append(number[node])
            heads.append(number.setdefault(other, len(number)))
            weights.append(float(weight))
    shape = len(number), len(number)
    return scipy.sparse.coo_array((weights, (tails, heads)), shape=shape), list(number)


def _weight_of(data: Any) -> Any:
    return data.get("weight", 1) if isinstance(data, Mapping) else data


def _total_of(data: Any) -> Any:
    """The weight of an edge, or of parallel ones, as `networkx.to_dict_of_dicts` writes them."""
    if isinstance(data, Mapping) and data and all(isinstance(x, Mapping) for x in data.values()):
        return _sum_of_weights(data)
    return _weight_of(data)


def _sum_of_weights(parallel: Mapping[Any, Any]) -> Any:
    total = 0.0
    for data in parallel.values():
        weight = _weight_of(data)
        if not is_real(weight, finite=False):
            return weight
        total += weight
    return total


def _checked_weights(graph: Any, nodes: list[Hashable] | None) -> Any:
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1]:
        raise ValueError(f"graph has shape {graph.shape}; it must be (n, n)")
    if not 1 <= graph.shape[0] <= MOST_NODES:
        raise ValueError(f"graph has {graph.shape[0]} nodes; it must have 1 to {MOST_NODES}")
    if graph.dtype.kind not in "biuf":
        raise TypeError(f"graph has weights of type {graph.dtype}; they must be real numbers")
    weights = scipy.sparse.csr_matrix(graph, dtype=np.float64, copy=True)
    weights.sum_duplicates()
    bad = np.flatnonzero(~(np.isfinite(weights.data) & (weights.data >= 0)))
    if len(bad):
        row = int(np.searchsorted(weights.indptr, bad[0], side="right")) - 1
        ends = [row, int(weights.indices[bad[0]])]
        tail, head = ends if nodes is None else [nodes[end] for end in ends]
        raise ValueError(
            f"graph has the weight {weights.data[bad[0]]} from node {tail!r:.60} to node "
            f"{head!r:.60}; weights must be finite and 0 or more"
        )
    weights.eliminate_zeros()
    return weights


def _way_to_graph(graph: Any) -> str:
    """Say as code how to make a graph of another kind of object."""
    if hasattr(type(graph), "get_adjacency_sparse"):
        return (
            "; graph.get_adjacency_sparse() makes one of a graph of igraph, with "
            "labels=graph.vs['name']"
        )
    names = names_of(graph) or []
    if names and hasattr(graph, "iloc") and list(graph.index) == names:
        code = "networkx.from_pandas_adjacency(graph, create_using=networkx.DiGraph)"
        return f"; {code} makes one of a table of weights"
    if len(names) > 1:
        columns = [*names[:2], *(["weight"] if "weight" in names[2:] else [])]
        zipped = ", ".join(f"graph[{name!r}]" for name in columns)
        return _way_of_edges(f"zip({zipped})", len(columns))
    shape = getattr(graph, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2 and shape[0] == shape[1]:
        return "; scipy.sparse.csr_array(graph) makes one of a dense matrix"
    first = next(iter(graph), None) if isinstance(graph, (list, tuple, np.ndarray, Set)) else None
    size = len(first) if isinstance(first, (list, tuple, np.ndarray)) else 0
    return _way_of_edges("graph", size) if size in (2, 3) else ""


def _way_of_edges(edges: str, size: int) -> str:
    edge = "(a, b) for a, b" if size == 2 else "(a, b, {'weight': w}) for a, b, w"
    return (
        f"; networkx.Graph([{edge} in {edges}]) makes one of edges that go both ways, "
        "networkx.DiGraph one of those that do not"
    )
