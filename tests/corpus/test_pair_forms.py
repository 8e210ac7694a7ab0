"""Pairs in tables, mappings and sparse matrices are those in tuples."""

from collections import Counter, defaultdict

import numpy as np
import pytest
import scipy.sparse

from negsamp import CorpusError
from negsamp.corpus.pair_forms import GivenPairs
from negsamp.corpus.pairs import read_pairs

USERS, ITEMS = ["ann", "bob", "ann", "cid"], ["tea", "soap", "soap", "tea"]
TIMES = [3, 1, 2, 5]
PAIRS = [*zip(USERS, ITEMS, strict=True)]


def spelled(centers, contexts=None, weights=None, min_count=0, **more):
    data = read_pairs(GivenPairs(centers, contexts, weights, **more), min_count)
    words = data.center_words.words, data.context_words.words
    found = Counter()
    rows = zip(data.centers.tolist(), data.contexts.tolist(), data.weights.tolist(), strict=True)
    for c, o, w in rows:
        found[words[0][c], words[1][o]] += w
    return dict(found)


WEIGHTED = spelled(USERS, ITEMS, TIMES)
PLAIN = spelled(USERS, ITEMS)


def columns(library, *values):
    names = ("user", "item", "times")[: len(values)]
    return library.DataFrame(dict(zip(names, map(list, values), strict=True)))


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_tables_and_their_columns(package):
    library = pytest.importorskip(package)
    table = columns(library, USERS, ITEMS, TIMES)
    assert spelled(table) == spelled(table["user"], table["item"], table["times"]) == WEIGHTED
    assert spelled(table[["user", "item"]]) == PLAIN
    with pytest.raises(ValueError, match=r"a table of pairs has two, .*'user'\], centers\['item'"):
        spelled(
            table[["user", "item", "times", "times"]]
            if package == "pandas"
            else table.with_columns(a=1)
        )
    lazy = table.lazy() if package == "polars" else None
    if lazy is not None:
        with pytest.raises(TypeError, match=r"centers\.collect\(\) is a table"):
            spelled(lazy)
        assert spelled(lazy.collect()) == WEIGHTED


def test_faults_of_tables_are_named_by_column():
    pandas = pytest.importorskip("pandas")
    table = columns(pandas, USERS, ITEMS, TIMES)
    table.loc[2, "item"] = None
    with pytest.raises(CorpusError, match=r"centers\['item'\]\[2\] is (None|nan); a word may not"):
        spelled(table)
    assert spelled(table.dropna()) == {pair: WEIGHTED[pair] for pair in PAIRS if pair != PAIRS[2]}
    table = columns(pandas, USERS, ITEMS, [1.0, 2.0, -3.0, 4.0])
    with pytest.raises(ValueError, match=r"centers\['times'\]\[2\] is -3\.0; it must be finite"):
        spelled(table)
    with pytest.raises(ValueError, match=r"centers\['word'\] holds what is no number"):
        spelled(pandas.DataFrame({"a": ["x"], "b": ["y"], "word": ["z"]}))
    with pytest.raises(ValueError, match="of 1 columns; a table of pairs has two, center and con"):
        spelled(table[["user"]])


def test_table_with_a_weight_in_each_cell_becomes_a_matrix():
    pandas = pytest.importorskip("pandas")
    users, items = [*map(str, range(6))], [*"abcdef"]
    centers = pandas.crosstab(pandas.Series(users, name="u"), pandas.Series(items, name="i"))
    with pytest.raises(ValueError, match="of 6 columns") as refused:
        spelled(centers)
    code = str(refused.value).partition("fit_pairs(scipy")[2].partition(") takes")[0]
    given = eval(f"dict(centers=scipy{code})", {"scipy": scipy, "centers": centers})
    assert spelled(**given) == dict.fromkeys(zip(users, items, strict=True), 1.0)


def test_counts_of_pandas_are_pairs():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"user": USERS + USERS[:1], "item": ITEMS + ITEMS[:1]})
    expected = {**PLAIN, PAIRS[0]: 2.0}
    assert spelled(table.groupby(["user", "item"]).size()) == expected
    assert spelled(table.value_counts()) == expected


def test_arrow_and_datasets_are_tables():
    pyarrow = pytest.importorskip("pyarrow")
    columns = {"user": USERS, "item": ITEMS, "times": TIMES}
    assert spelled(pyarrow.table(columns)) == WEIGHTED
    assert spelled(pytest.importorskip("datasets").Dataset.from_dict(columns)) == WEIGHTED


def test_arrays_of_two_or_three_columns():
    rows = np.array([[1, 2], [3, 2], [1, 2]])
    assert spelled(rows) == {(1, 2): 2.0, (3, 2): 1.0}
    assert spelled(np.array([[1, 2, 7], [3, 2, 0]])) == {(1, 2): 7.0}
    assert spelled(np.array(PAIRS)) == spelled(np.array(PAIRS, object)) == PLAIN
    mixed = np.array([*zip(USERS, ITEMS, TIMES, strict=True)], object)
    assert spelled(mixed) == WEIGHTED
    fields = [("user", "U4"), ("item", "U4"), ("times", float)]
    assert spelled(np.array([*zip(USERS, ITEMS, TIMES, strict=True)], fields)) == WEIGHTED
    with pytest.raises(ValueError, match=r"shape \(3, 4\); .*give scipy\.sparse\.csr_array\(cen"):
        spelled(np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"centers has shape \(2, 2, 2\)"):
        spelled(np.ones((2, 2, 2)))


def test_mappings_from_pair_or_from_center():
    counts = Counter(dict(zip(PAIRS, TIMES, strict=True)))
    nested = defaultdict(Counter)
    for (user, item), times in counts.items():
        nested[user][item] += times
    assert spelled(counts) == spelled(dict(counts)) == spelled(nested) == WEIGHTED
    for wrong in ({"ann": 3}, {"ann": ["tea"]}, {("a", "b", "c"): 1}, {"user": USERS}):
        with pytest.raises(ValueError, match=r"centers has the key .* is \{\(center, context\): "):
            spelled(wrong)
    with pytest.raises(ValueError, match=r"weights\[1\] is -1\.0"):
        spelled({("a", "b"): 1, ("c", "d"): -1})


def test_edges_of_a_graph_are_pairs():
    networkx = pytest.importorskip("networkx")
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from(zip(USERS, ITEMS, TIMES, strict=True))
    assert spelled(graph.edges(data="weight", default=1)) == WEIGHTED
    assert spelled(graph.edges) == PLAIN
    with pytest.raises(TypeError, match="its edges are pairs") as refused:
        spelled(graph)
    code = str(refused.value).partition("pairs: ")[2]
    assert spelled(eval(code, {"centers": graph})) == WEIGHTED


# --- matrices

FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]
MATRIX = scipy.sparse.coo_array(
    ([3.0, 1, 2, 5], ([0, 1, 0, 2], [0, 1, 1, 0])), shape=(4, 3)
)  # the users and items above, a user and an item without any pair
NAMES = {"index": ["ann", "bob", "cid", "dan"], "columns": ("tea", "soap", "rice")}


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8])
def test_matrices_of_any_format(kind, form, dtype):
    matrix = getattr(scipy.sparse, f"{form}_{kind}")(MATRIX.astype(dtype))
    assert spelled(matrix, **NAMES) == WEIGHTED
    rows = {
        (NAMES["index"].index(c), NAMES["columns"].index(o)): w for (c, o), w in WEIGHTED.items()
    }
    found = spelled(matrix)
    assert found == rows
    assert {type(word) for pair in found for word in pair} == {int}


def test_cells_of_a_matrix_add_up_and_zeros_are_none():
    twice = scipy.sparse.coo_array(([3.0, -1, 0, 2], ([0, 0, 1, 1], [0, 0, 1, 0])), shape=(2, 2))
    before = twice.data.copy()
    assert spelled(twice) == {(0, 0): 2.0, (1, 0): 2.0}
    assert (twice.data == before).all()
    of_rows = scipy.sparse.csr_array((twice.data, [0, 0, 1, 0], [0, 2, 4]))  # with repeated cells
    assert spelled(of_rows) == {(0, 0): 2.0, (1, 0): 2.0}
    assert of_rows.nnz == 4
    assert spelled(scipy.sparse.csr_array([[True, False], [True, True]])) == dict.fromkeys(
        [(0, 0), (1, 0), (1, 1)], 1.0
    )
    one = scipy.sparse.csr_array([[0.0, 2, 1]])
    assert spelled(one) == {(0, 1): 2.0, (0, 2): 1.0}


def test_names_may_be_anything_in_order():
    pandas = pytest.importorskip("pandas")
    for names in (pandas.Index(NAMES["index"]), np.array(NAMES["index"]), iter(NAMES["index"])):
        assert spelled(MATRIX, index=names, columns=NAMES["columns"]) == WEIGHTED
    # rows of one name are one center
    assert spelled(MATRIX, index=["ann", "bob", "ann", "x"], columns=NAMES["columns"]) == {
        ("ann", "tea"): 8.0,
        ("ann", "soap"): 2.0,
        ("bob", "soap"): 1.0,
    }


@pytest.mark.parametrize(
    ("matrix", "names", "error", "message"),
    [
        (MATRIX, {"index": ["ann"]}, ValueError, r"index has 1 names, .*shape \(4, 3\); .*have 4"),
        (MATRIX, {"columns": [*"abcd"]}, ValueError, "columns has 4 names, .*must have 3"),
        (MATRIX, {"columns": "abc"}, TypeError, "columns is 'abc'; it must be an iterable"),
        (MATRIX, {"columns": {"a", "b", "c"}}, TypeError, r"no order; sorted\(columns\)"),
        (MATRIX, {"columns": ["a", None, "c"]}, CorpusError, r"columns\[1\] is None; a word may"),
        (MATRIX, {"index": np.zeros((2, 2))}, ValueError, r"index has shape \(2, 2\); .*\(4,\)"),
        (-MATRIX, NAMES, ValueError, r"weight of \('ann', 'tea'\) is -3\.0; it must be finite"),
        (MATRIX * np.nan, {}, ValueError, r"the weight of \(0, 0\) is nan"),
        (MATRIX * np.inf, {}, ValueError, r"the weight of \(0, 0\) is inf"),
        (MATRIX * 1j, {}, TypeError, "weights of type complex128; they must be real numbers"),
        (MATRIX * 0, {}, CorpusError, "no pair to train on: the weights of all 4 are 0"),
        (scipy.sparse.csr_array((3, 2)), {}, CorpusError, "no pair to train on: none is given"),
        (scipy.sparse.csr_array((0, 0)), {}, CorpusError, "no pair to train on: none is given"),
        (PAIRS, NAMES, ValueError, "index is given, but centers is no sparse matrix"),
    ],
)
def test_matrix_that_cannot_be_trained_is_refused(matrix, names, error, message):
    with pytest.raises(error, match=message):
        spelled(matrix, **names)


def test_min_count_is_of_weights_in_a_matrix_too():
    assert spelled(MATRIX, min_count=4, **NAMES) == {
        ("ann", "tea"): 3.0,
        ("cid", "tea"): 5.0,
    }
