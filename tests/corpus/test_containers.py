"""Containers of other libraries: columns are corpora, and what is none says what to write."""

import re
from collections import Counter, OrderedDict, namedtuple

import numpy as np
import pytest

from negsamp import Phrases, Word2Vec
from negsamp.corpus import containers
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.pair_forms import GivenPairs
from negsamp.corpus.pairs import read_pairs
from negsamp.corpus.reading import read_chunks
from negsamp.errors import CorpusError

TEXTS = ["the cat sat", "a cat", "", "the dog sat"]
LISTS = [text.split() for text in TEXTS]
TABLE = {"id": [1, 2, 3, 4], "text": TEXTS, "tokens": LISTS}
WITH_GAP = ["a b", None, "a c"]
Row = namedtuple("Row", "id text")
UNREADABLE = CorpusError, TypeError, ValueError


def sentences_of(corpus):
    return [sentence for chunk in read_chunks(corpus) for sentence in chunk]


# Each library, imported where its columns are made


def pandas_columns():
    pd = pytest.importorskip("pandas")
    text, tokens = pd.Series(TEXTS, index=[7, 3, 5, 3]), pd.Series(LISTS)
    yield from (text, text.astype(object), text.astype("category"), text.astype("string"))
    yield from (tokens, tokens.map(tuple), tokens.map(np.array), tokens.map(pd.Series))
    yield from (tokens.array, tokens.values, pd.Index(TEXTS), text.str.split())
    pa = pytest.importorskip("pyarrow")
    yield from (text.astype("string[pyarrow]"), text.astype(pd.ArrowDtype(pa.large_string())))
    yield tokens.astype(pd.ArrowDtype(pa.list_(pa.string())))


def polars_columns():
    pl = pytest.importorskip("polars")
    text = pl.Series(TEXTS)
    yield from (text, text.cast(pl.Categorical), text.str.split(" "), pl.Series(LISTS))
    yield [pl.Series(sentence, dtype=pl.String) for sentence in LISTS]


def pyarrow_columns():
    pa = pytest.importorskip("pyarrow")
    kinds = pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())
    kinds += pa.list_(pa.string()), pa.large_list(pa.string())
    for kind in kinds:
        of = LISTS if "list" in str(kind) else TEXTS
        yield from (pa.array(of, kind), pa.chunked_array([of[:1], of[1:]], kind))
    yield from (
        list(pa.array(TEXTS)),
        list(pa.array(LISTS)),
        [*map(pa.array, LISTS[:2]), [], LISTS[3]],
    )


def dataset_columns():
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict(TABLE)
    for name in ("text", "tokens"):
        yield from (table[name], table.to_iterable_dataset()[name])
        for form in ("numpy", "arrow"):
            yield table.with_format(form)[name]


def dask_columns():
    bag = pytest.importorskip("dask.bag")
    texts = bag.from_sequence(TEXTS, npartitions=2)
    yield from (texts, texts.map(str.split))


COLUMNS = [pandas_columns, polars_columns, pyarrow_columns, dataset_columns, dask_columns]


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("at_once", [1, 3, 1024])
def test_column_gives_its_rows_as_python_values(monkeypatch, columns, at_once):
    monkeypatch.setattr(containers, "ROWS_AT_ONCE", at_once)
    for column in columns():
        found = [[token for token in tokens if token] for tokens in sentences_of(column)]
        assert found == LISTS, type(column)
        assert {type(token) for tokens in found for token in tokens} == {str}, type(column)


@pytest.mark.parametrize("columns", COLUMNS)
def test_column_is_a_corpus_wherever_one_is_taken(columns):
    model = Word2Vec(4, min_count=1, sample=0, epochs=1, workers=1, seed=1).fit(LISTS)
    phrases = Phrases(min_count=1, threshold=1e-3).fit(LISTS)
    for column in columns():
        if any("" in sentence for sentence in sentences_of(column)):
            continue
        again = Word2Vec(4, min_count=1, sample=0, epochs=1, workers=1, seed=1).fit(column)
        assert (again.vectors_ == model.vectors_).all(), type(column)
        assert (model.transform(column) == model.transform(LISTS)).all()
        assert model.score(column) == model.score(LISTS)
        assert model.diagnose(column, seconds=0).raw_words == 8
        assert Phrases(min_count=1, threshold=1e-3).fit(column).phrases_ == phrases.phrases_
        assert list(phrases.transform(column)) == list(phrases.transform(LISTS))


def test_column_of_dask_dataframe_and_array():
    pd = pytest.importorskip("pandas")
    dataframe, array = (pytest.importorskip(f"dask.{name}") for name in ("dataframe", "array"))
    table = dataframe.from_pandas(pd.DataFrame({"text": TEXTS}), npartitions=2)
    assert sentences_of(table["text"]) == LISTS
    assert sentences_of(array.from_array(np.array(TEXTS), chunks=3)) == LISTS
    with pytest.raises(CorpusError, match=r"dask DataFrame, a table; .*corpus\['text'\]"):
        read_chunks(table)
    with pytest.raises(CorpusError, match=r"2 dimensions; .*corpus.compute\(\) can be read"):
        read_chunks(array.ones((2, 2)))


def test_column_of_dask_is_computed_a_part_at_a_time():
    bag = pytest.importorskip("dask.bag")
    computed = []
    parts = bag.from_sequence(TEXTS, npartitions=4).map(lambda t: computed.append(t) or t)
    for done, _ in enumerate(containers.items_of(parts), 1):
        assert len(computed) == done


# Containers that are no corpus


def tables():
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    datasets = pytest.importorskip("datasets")
    frame, table = pd.DataFrame(TABLE), pa.table(TABLE)
    rows = datasets.Dataset.from_dict(TABLE)
    parts = datasets.DatasetDict(train=rows, test=rows)
    yield from (frame, frame[["tokens"]], pl.DataFrame(TABLE), pl.LazyFrame(TABLE))
    yield from (table, table.to_batches()[0], rows, rows[:3], parts, {"train": frame})
    yield from (rows.to_iterable_dataset(), frame.rename(columns={"text": 0, "tokens": ("a", 1)}))
    yield from (frame.groupby("id"), frame.groupby("id")["text"])
    yield frame[["id", "text"]].to_records(index=False)[["text"]]


def mappings():
    yield from ({"a b": 1, "c d": 2}, Counter(["a b", "c d"]), OrderedDict(one="a b", two="c d"))
    yield from ({"id": [1, 2], "text": ["a b", "c d"]}, {0: ["a", "b"], 1: ["c"]})
    yield from ({"a b", "c d"}, frozenset([("a", "b"), ("c", "d")]))


CODE = re.compile(r"sorted\(corpus\)|list\(corpus\)|\[[^;]* for [^;]*\]|\[corpus\]|corpus[.\[]\S+")


def code_in(error):
    """The code that a message says to write."""
    return CODE.search(str(error))[0]


@pytest.mark.parametrize("kind", [tables, mappings])
def test_corpus_that_is_a_table_mapping_or_set_says_what_to_write(kind):
    for corpus in kind():
        for take in (Word2Vec(min_count=1).fit, Phrases().fit, read_corpus):
            with pytest.raises(CorpusError, match=r"corpus is a .*; it must be a path") as error:
                take(corpus)
            assert len(str(error.value)) < 300
        assert len(read_corpus(eval(code_in(error.value)), 1)[0]), error.value


def test_transform_and_score_refuse_tables_and_mappings():
    pd = pytest.importorskip("pandas")
    model = Word2Vec(4, min_count=1, epochs=1, sample=0, workers=1).fit(LISTS)
    for corpus in (pd.DataFrame(TABLE), TABLE, {"a b"}):
        for take in (model.transform, model.score, model.diagnose, model.fit_transform):
            with pytest.raises(
                CorpusError, match=r"corpus is a (pandas DataFrame, a t|dict, a m|set,)"
            ):
                take(corpus)


@pytest.mark.parametrize(
    ("corpus", "shown"),
    [
        (np.array("a b"), "ndarray of 0 dimensions"),
        (np.float64(2), "float64 of 0 dimensions"),
        (memoryview(b"a"), "memoryview"),
        (2.5, "float"),
        ({}, "dict, a mapping"),
    ],
)
def test_corpus_that_is_a_scalar_or_bytes_is_refused(corpus, shown):
    with pytest.raises(CorpusError, match=f"^corpus is a {shown}; it must be a path or an iter"):
        read_chunks(corpus)


# Rows that are no sentences


@pytest.mark.parametrize(
    "corpus",
    [
        [None, ["a", "b"]],
        ["a b", float("nan")],
        np.array(["a b", np.nan, "b"], dtype=object),
        [["a", None], ["b"]],
        [["a"], [float("nan"), "b"]],
        [b"a b", bytearray(b"c"), memoryview(b"d")],
        [{"a", "b"}, frozenset("c")],
        [{"id": 1, "text": "a b"}, {"id": 2, "text": "c"}],
        [Row(1, "a b"), Row(2, "c")],
        [1, 2, 1],
        np.arange(3),
        range(3),
    ],
)
def test_row_that_is_no_sentence_says_what_to_write(corpus):
    with pytest.raises(CorpusError) as error:
        read_corpus(corpus, 1)
    assert len(read_corpus(eval(code_in(error.value)), 1)[0]), error.value


def columns_with_gaps():
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    datasets, bag = pytest.importorskip("datasets"), pytest.importorskip("dask.bag")
    text, nested = pd.Series(WITH_GAP, index=list("xyz")), [["a", None], ["b", "a"]]
    for dtype in (None, object, "string", "category", "string[pyarrow]"):
        yield text if dtype is None else text.astype(dtype)
    yield from (pd.Series(["a", pd.NA], dtype=object), ["a", pd.NA], ["a", pd.NaT], [["a", pd.NA]])
    yield from (pl.Series(WITH_GAP), pa.array(WITH_GAP), pa.chunked_array([WITH_GAP]))
    yield from (bag.from_sequence(WITH_GAP), datasets.Dataset.from_dict({"text": WITH_GAP})["text"])
    yield from (pd.Series(nested), pl.Series(nested), pa.array(nested), pa.chunked_array([nested]))
    yield from (bag.from_sequence(nested), datasets.Dataset.from_dict({"t": nested})["t"])
    yield pd.DataFrame({"first": ["x", None], "second": ["y", "x"]}).values


def test_row_that_is_missing_says_what_to_write():
    for corpus in columns_with_gaps():
        with pytest.raises(CorpusError, match=r"leaves (it|such rows) out") as error:
            read_corpus(corpus, 1)
        names = {"corpus": corpus, "pandas": pytest.importorskip("pandas")}
        code = re.search(r"; ([^;]*) leaves", str(error.value))[1]
        assert len(read_corpus(eval(code, names), 1)[0]), error.value


def test_row_that_is_missing_is_named_by_its_index():
    pd = pytest.importorskip("pandas")
    series = pd.Series(WITH_GAP, index=list("xyz"))
    with pytest.raises(CorpusError, match=r"^sentence 1 is the \S+ \S+ \(index 'y'\); it must"):
        read_corpus(series, 1)
    with pytest.raises(CorpusError, match=r"^sentence 1 is the \S+ \S+; it must"):
        read_corpus(series.reset_index(drop=True), 1)


def test_row_that_is_a_table_says_what_to_write():
    pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    datasets = pytest.importorskip("datasets")
    frame, rows = pd.DataFrame(TABLE), datasets.Dataset.from_dict(TABLE)
    for parts in (
        [frame[:2], frame[2:]],
        pa.table(TABLE).to_batches(max_chunksize=2),
        list(rows.iter(batch_size=2)),
        list(rows.select_columns(["id", "tokens"]).iter(batch_size=2)),
        frame.to_dict("records"),
        list(frame.itertuples()),
        list(rows),
    ):
        with pytest.raises(
            CorpusError, match=r"^sentence 0 is (a|the) .*; it must be a seq"
        ) as error:
            read_corpus(parts, 1)
        code = re.search(r"\[[^;]* in corpus\b[^;]*\]", str(error.value))[0]
        assert sentences_of(eval(code, {"corpus": parts})) == LISTS, error.value


def test_row_of_bytes_in_a_column_says_what_to_write():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    for corpus in (pl.Series([b"a b", b"c"]), pa.array([b"a b", b"c"])):
        with pytest.raises(
            CorpusError, match=r"^sentence 0 is the bytes b'a b'; .*; decode it"
        ) as e:
            read_corpus(corpus, 1)
        assert sentences_of(eval(code_in(e.value), {"corpus": corpus})) == [["a", "b"], ["c"]]


def test_corpus_that_is_a_graph_says_what_to_write():
    nx = pytest.importorskip("networkx")
    with pytest.raises(
        CorpusError, match=r"a networkx Graph, a graph; .*random_walks\(corpus\) giv"
    ):
        read_corpus(nx.path_graph("abc"))


def test_row_of_many_dimensions_is_refused():
    with pytest.raises(CorpusError, match=r"^sentence 0 is a ndarray of 2 dimensions"):
        read_corpus(np.zeros((2, 2, 2)), 1)


# Pairs


def test_pairs_come_from_columns():
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    table = {"center": ["a", "b", "a"], "context": ["x", "y", "y"], "weight": [1.0, 2, 3]}
    expected = read_pairs(GivenPairs(*table.values()), 0)
    for kind in (pd.DataFrame, pl.DataFrame, pa.table):
        columns = [kind(table)[name] for name in table]
        for found in (read_pairs(GivenPairs(*some), 0) for some in (columns, [kind(table)])):
            assert found.center_words.words == expected.center_words.words
            assert found.context_words.words == expected.context_words.words
            assert found.weights.tolist() == expected.weights.tolist()


def test_pairs_and_sentences_are_edges_of_networkx():
    nx = pytest.importorskip("networkx")
    graph = nx.DiGraph([("a", "b", {"weight": 2.0}), ("b", "c", {"weight": 0.5})])
    assert read_pairs(GivenPairs(graph.edges), 0).weights.tolist() == [1, 1]
    assert read_pairs(GivenPairs(graph.edges(data="weight")), 0).weights.tolist() == [2, 0.5]
    assert sentences_of(graph.edges) == [["a", "b"], ["b", "c"]]
    assert sentences_of([graph.nodes]) == [["a", "b", "c"]]


@pytest.mark.parametrize("bad", [{"a", "b"}, frozenset("ab"), {"a": 1, "b": 2}])
@pytest.mark.parametrize("name", ["centers", "contexts", "weights"])
def test_pairs_refuse_sets_and_mappings(name, bad):
    given = {"centers": ["a", "b"], "contexts": ["x", "y"], "weights": None, name: bad}
    with pytest.raises(TypeError, match=rf"{name} is a .*(sorted\({name}\)|{name}.values\(\))"):
        read_pairs(GivenPairs(**given), 0)


def test_column_goes_on_from_a_checkpoint(tmp_path):
    pd = pytest.importorskip("pandas")
    column = pd.Series(TEXTS * 9)

    def stop(model, epoch):
        if epoch == 1:
            raise KeyboardInterrupt

    model = Word2Vec(4, min_count=1, sample=0, epochs=2, workers=1, seed=1)
    with pytest.raises(KeyboardInterrupt):
        model.fit(column, checkpoint=tmp_path / "run", checkpoint_every=0, callbacks=[stop])
    again = Word2Vec.resume(tmp_path / "run", column)
    assert (again.vectors_ == model.fit(column).vectors_).all()
