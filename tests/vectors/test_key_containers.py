"""Several keys in whatever container holds them, against the same keys in a list."""

import datetime
import enum
from collections import Counter, UserList, deque

import numpy as np
import pytest

from negsamp import KeyedVectors, UnknownWordError, Vocabulary, Word2Vec, stability

WORDS = ["king", "queen", "man", "woman", "royal", "crown"]
ROWS = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
ASKED = ["woman", "king", "crown"]


class Rank(enum.Enum):
    FIRST = 1
    SECOND = 2


@pytest.fixture
def kv():
    return KeyedVectors(WORDS, ROWS, range(6, 0, -1))


def pandas(make):
    return lambda keys: make(pytest.importorskip("pandas"), keys)


def polars(make):
    return lambda keys: make(pytest.importorskip("polars"), keys)


def pyarrow(make):
    return lambda keys: make(pytest.importorskip("pyarrow"), keys)


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "deque": deque,
    "UserList": UserList,
    "generator": lambda keys: (key for key in keys),
    "map": lambda keys: map(lambda key: key, keys),
    "dict.keys": lambda keys: dict.fromkeys(keys).keys(),
    "dict.values": lambda keys: dict(enumerate(keys)).values(),
    "KeyedVectors": lambda keys: KeyedVectors(keys, np.eye(len(keys))),
    "Vocabulary": lambda keys: Vocabulary(keys, [1] * len(keys)),
    "str array": np.array,
    "object array": lambda keys: np.array(keys, object),
    "masked array": np.ma.array,
    "np.str_": lambda keys: [np.asarray(key)[()] for key in keys],
    "0-d": lambda keys: [np.asarray(key) for key in keys],
    "Series": pandas(lambda pd, keys: pd.Series(keys)),
    "Series odd index": pandas(lambda pd, keys: pd.Series(keys, index=[7, 7, 9][: len(keys)])),
    "Series string": pandas(lambda pd, keys: pd.Series(keys).convert_dtypes()),
    "Series category": pandas(lambda pd, keys: pd.Series(keys, dtype="category")),
    "Index": pandas(lambda pd, keys: pd.Index(keys)),
    "pd.array": pandas(lambda pd, keys: pd.array(keys)),
    "Categorical": pandas(lambda pd, keys: pd.Categorical(keys)),
    "polars": polars(lambda pl, keys: pl.Series(keys)),
    "polars column": polars(lambda pl, keys: pl.DataFrame({"word": keys})["word"]),
    "pyarrow": pyarrow(lambda pa, keys: pa.array(keys)),
    "pyarrow chunked": pyarrow(lambda pa, keys: pa.chunked_array([keys[:1], keys[1:]])),
    "pyarrow dictionary": pyarrow(lambda pa, keys: pa.array(keys).dictionary_encode()),
    "Hugging Face": lambda keys: pytest.importorskip("datasets").Dataset.from_dict({"word": keys})[
        "word"
    ],
    "pyarrow scalars": pyarrow(lambda pa, keys: list(pa.array(keys))),
}
ANY = pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)

# Every place that takes several keys, as a function of them.
PLACES = {
    "[]": lambda kv, keys: kv[keys],
    "subset": lambda kv, keys: kv.subset(keys).vectors,
    "get_mean_vector": lambda kv, keys: kv.get_mean_vector(keys),
    "n_similarity-1": lambda kv, keys: kv.n_similarity(keys, "man"),
    "n_similarity-2": lambda kv, keys: kv.n_similarity("man", keys),
    "positive": lambda kv, keys: kv.most_similar(keys),
    "negative": lambda kv, keys: kv.most_similar(negative=keys),
    "among": lambda kv, keys: kv.most_similar("man", among=keys),
    "among-all": lambda kv, keys: kv.most_similar("man", topn=None, among=keys),
    "batch": lambda kv, keys: kv.most_similar_batch(keys),
    "batch-query": lambda kv, keys: kv.most_similar_batch([keys]),
    "batch-among": lambda kv, keys: kv.most_similar_batch(["man"], among=keys),
    "cosmul": lambda kv, keys: kv.most_similar_cosmul(keys),
    "cosmul-negative": lambda kv, keys: kv.most_similar_cosmul("man", keys),
    "by_word-among": lambda kv, keys: kv.similar_by_word("man", among=keys),
    "distances": lambda kv, keys: kv.distances("man", keys),
    "most_similar_to_given": lambda kv, keys: kv.most_similar_to_given("man", keys),
    "doesnt_match": lambda kv, keys: kv.doesnt_match(keys),
    "rank_by_centrality": lambda kv, keys: kv.rank_by_centrality(keys),
}
EVERYWHERE = pytest.mark.parametrize("ask", PLACES.values(), ids=PLACES)


@ANY
def test_keys_in_a_container_are_those_in_a_list(kv, make):
    for place, ask in PLACES.items():
        np.testing.assert_equal(ask(kv, make(ASKED)), ask(kv, ASKED), place)


NUMBERS = {
    name: make for name, make in CONTAINERS.items() if name not in ("str array", "Series category")
}


@pytest.mark.parametrize("make", NUMBERS.values(), ids=NUMBERS)
def test_integers_in_a_container_are_keys_and_no_rows(make):
    keys = [30, 10, 20, 50, 40, "man"]
    kv = KeyedVectors(keys, ROWS)
    for place, ask in PLACES.items():
        np.testing.assert_equal(ask(kv, make([20, 30, 40])), ask(kv, [20, 30, 40]), place)
        if place != "get_mean_vector":
            with pytest.raises(UnknownWordError, match=r"^0 is not among"):
                ask(kv, make([20, 30, 0]))


@EVERYWHERE
@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_is_in_the_order_of_the_rows(kv, ask, kind):
    np.testing.assert_equal(ask(kv, kind(ASKED)), ask(kv, ["king", "woman", "crown"]))


NEED_A_LIST = ("batch", "doesnt_match", "rank_by_centrality")


@pytest.mark.parametrize("place", sorted(PLACES.keys() - {"[]", *NEED_A_LIST}))
@pytest.mark.parametrize("key", ["woman", np.str_("woman"), np.array("woman")], ids=repr)
def test_a_scalar_is_one_key(kv, place, key):
    np.testing.assert_equal(PLACES[place](kv, key), PLACES[place](kv, ["woman"]))
    assert kv[key].tolist() == kv.get_vector(key).tolist() == ROWS[3].tolist()
    assert kv.get_index(key) == 3
    assert kv.similarity("man", key) == kv.similarity("man", "woman")


@ANY
def test_unknown_keys_of_a_container_are_named(kv, make):
    for place, ask in PLACES.items():
        if place == "get_mean_vector":
            np.testing.assert_equal(ask(kv, make(["king", "x"])), ask(kv, ["king"]))
            continue
        with pytest.raises(
            UnknownWordError, match=r"^'(x' is not|x', 'y' are not) among the 6 wor"
        ):
            ask(kv, make(["king", "x", "y"]))


# Keys that are containers themselves


@EVERYWHERE
@pytest.mark.parametrize(
    "keys",
    [
        [("a", "b"), ("b", 1), "a", "b", ()],
        [frozenset("ab"), frozenset("b"), "a", "b", ("a",)],
        [range(2), range(3), 0, 1, 2],
        [datetime.date(2020, 1, 1), Rank.FIRST, Rank.SECOND, None, 1.5],
    ],
)
def test_a_key_that_holds_others_is_one_key_where_such_are_keys(ask, keys):
    kv = KeyedVectors([*keys, "man"], ROWS)
    np.testing.assert_equal(ask(kv, iter(keys[:2])), ask(kv, keys[:2]))
    if ask not in [PLACES[place] for place in ("[]", *NEED_A_LIST)]:
        np.testing.assert_equal(ask(kv, keys[0]), ask(kv, [keys[0]]))
    assert kv[keys[0]].tolist() == ROWS[0].tolist()
    assert kv[keys[:3]].tolist() == ROWS[:3].tolist()
    unknown = {tuple: ("b", "a"), frozenset: frozenset("c"), range: range(9)}.get(type(keys[0]))
    if unknown is not None:
        with pytest.raises(UnknownWordError) as caught:
            kv[unknown]
        assert caught.value.args == (unknown,)


def test_an_enum_holds_its_members():
    kv = KeyedVectors([Rank.FIRST, "a", Rank.SECOND], np.eye(3))
    assert kv[Rank].tolist() == [[1, 0, 0], [0, 0, 1]]


# What is refused, or means something else


@EVERYWHERE
def test_tables_and_masks_are_no_keys(kv, ask):
    pd, pl, pa = map(pytest.importorskip, ("pandas", "polars", "pyarrow"))
    table = {"word": ["king", "queen"], "n": ["1", "2"]}
    for frame in (pd.DataFrame(table), pl.DataFrame(table), pa.table(table), np.array([["king"]])):
        with pytest.raises(
            TypeError, match=r"is a \w+ of shape .*; give one column of it, such as"
        ):
            ask(kv, frame)
    mask = np.array([True, False, True, False, False, False])
    numbers = KeyedVectors([0, 1, 2, "man"], ROWS[:4])
    for keys in (mask, pd.Series(mask), pl.Series(mask), mask.tolist(), list(mask), pa.array(mask)):
        for each in (kv, numbers):
            with pytest.raises(ValueError, match="holds bools, which are no keys: give the keys"):
                ask(each, keys)
    # the advice
    chosen = [key for key, is_chosen in zip(kv, mask, strict=True) if is_chosen]
    assert kv[chosen].tolist() == ROWS[[0, 2]].tolist()
    np.testing.assert_equal(ask(kv, pd.DataFrame(table)["word"]), ask(kv, ["king", "queen"]))


@pytest.mark.parametrize("mapping", [dict, Counter])
def test_a_mapping_holds_keys_but_where_it_could_hold_weights(kv, mapping):
    weights = mapping({"king": 2, "woman": 1})
    for place in ("[]", "subset", "among", "distances", "doesnt_match", "most_similar_to_given"):
        np.testing.assert_equal(PLACES[place](kv, weights), PLACES[place](kv, list(weights)))
    for place in ("positive", "negative", "batch", "get_mean_vector", "n_similarity-1"):
        with pytest.raises(TypeError, match=rf"^\w+ is a {mapping.__name__}; list\(\w+\) has its"):
            PLACES[place](kv, weights)
    # the advice
    assert kv.most_similar(list(weights.items())) == kv.most_similar([("king", 2), "woman"])
    assert kv.get_mean_vector(list(weights)) is not None


@pytest.mark.parametrize(
    "kind", [list, tuple, set, iter, lambda _: np.array([], str), np.array, dict.keys]
)
def test_an_empty_container_has_no_keys(kv, kind):
    empty = kind([] if kind is np.array else {})
    assert kv[empty].shape == (0, 5)
    assert len(kv.subset(empty)) == 0
    assert kv.most_similar("king", among=empty) == []
    assert kv.most_similar("king", topn=None, among=empty).shape == (0,)
    assert kv.distances("king", empty).shape == (0,)
    assert kv.most_similar_batch(empty) == []
    for place, message in (
        ("positive", "positive and negative are both empty"),
        ("get_mean_vector", "keys leaves no vector .*: it is empty"),
        ("n_similarity-2", "ws2 leaves no vector .*: it is empty"),
        ("cosmul", "positive is empty"),
        ("doesnt_match", "words is empty"),
        ("rank_by_centrality", "words is empty"),
        ("most_similar_to_given", "keys_list is empty"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            PLACES[place](kv, empty)


@pytest.mark.parametrize("place", sorted(PLACES.keys() - {"get_mean_vector"}))
def test_missing_values_are_named(kv, place):
    pd = pytest.importorskip("pandas")
    for column in (
        ["king", None],
        ["king", float("nan")],
        pd.Series(["king", None]),
        pd.Series(["king", None], dtype="string"),
        np.array(["king", np.nan], object),
        pytest.importorskip("polars").Series(["king", None]),
        pytest.importorskip("pyarrow").array(["king", None]),
    ):
        with pytest.raises(UnknownWordError, match=r"^(None|nan|<NA>) is not among the 6 words"):
            PLACES[place](kv, column)


def test_weights_follow_no_set(kv):
    with pytest.raises(TypeError, match="keys is a set, which has no order that weights could"):
        kv.get_mean_vector({"king", "man"}, weights=[1, 2])


def test_an_array_of_integers_is_keys_or_a_vector():
    kv = KeyedVectors([10, 20, 30, 40, 50, 60], ROWS)
    np.testing.assert_equal(kv[np.array([20, 10])], ROWS[[1, 0]])
    assert kv.most_similar(np.array([20, 10])) == kv.most_similar([20, 10])
    assert kv.most_similar(np.arange(5)) == kv.most_similar(np.arange(5.0))
    with pytest.raises(UnknownWordError, match=r"^7 is not among"):
        kv.most_similar(np.array([7]))
    # as many as a vector has numbers
    ids = np.array([10, 20, 30, 40, 50])
    for place in ("positive", "get_mean_vector", "distances", "doesnt_match"):
        with pytest.raises(
            ValueError, match=r"has 5 integers, which may be keys or a vector; writ"
        ):
            PLACES[place](KeyedVectors([*ids.tolist(), "man"], ROWS), ids)
    assert kv.most_similar(ids.tolist()) == kv.most_similar([10, 20, 30, 40, 50])
    assert kv.most_similar(ids.astype(float)) == kv.most_similar([ids])
    assert kv[ids].shape == (5, 5)
    assert len(kv.subset(ids)) == 5
    # a column is no vector
    pd = pytest.importorskip("pandas")
    assert kv.most_similar(pd.Series(ids)) == kv.most_similar(ids.tolist())


def test_a_row_of_a_table_is_a_vector(kv):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(ROWS, index=WORDS)
    assert kv.most_similar(table.loc["man"]) == kv.most_similar(ROWS[2])
    assert kv.most_similar(["king", table.loc["man"]]) == kv.most_similar(["king", ROWS[2]])
    assert kv.most_similar_batch(table) == kv.most_similar_batch(ROWS)
    assert kv.similarity("king", table.loc["man"]) == kv.similarity("king", ROWS[2])
    found = kv.get_mean_vector(["king", table.loc["man"]])
    np.testing.assert_array_equal(found, kv.get_mean_vector(["king", ROWS[2]]))


@pytest.mark.parametrize("keys", [["king", ["man"]], [["king"]], ["king", {"man"}]])
@EVERYWHERE
def test_a_container_in_a_list_is_no_key(kv, ask, keys):
    if ask is PLACES["batch"]:
        pytest.skip("each item is a query, which may be a list")
    with pytest.raises(UnknownWordError, match=r"is not among .*; a (list|set) cannot be a key$"):
        ask(kv, keys)


# The keys of the rows


@ANY
@pytest.mark.parametrize("keys", [ASKED, [20, 30, 10]], ids=["words", "numbers"])
def test_keys_of_rows_are_pythons_own_values(make, keys):
    if make in (CONTAINERS["0-d"], CONTAINERS["KeyedVectors"], CONTAINERS["Vocabulary"]):
        pytest.skip("made of another matrix, or not hashable")
    kv = KeyedVectors(make(keys), np.eye(3))
    assert kv.index_to_key == keys
    assert {type(key) for key in kv} == {type(keys[0])}
    assert kv[keys[1]].tolist() == [0, 1, 0]
    np.testing.assert_array_equal(
        kv.get_mean_vector(np.array(keys[:2])), kv.get_mean_vector(keys[:2])
    )


def test_keys_of_rows_keep_dates():
    days = np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]")
    kv = KeyedVectors(days, np.eye(2))
    assert kv[days].tolist() == kv.vectors.tolist()
    assert kv[days[1]].tolist() == [0, 1]


def test_keys_of_rows_can_be_keys():
    for keys, message in (
        (100, "keys is 100; it must hold a key for each row of vectors"),
        (None, "keys is None; it must hold a key"),
        ([["a"], ["b"]], "keys holds a list, which cannot be a key"),
        (["a", {"b"}], "keys holds a set, which cannot be a key"),
    ):
        with pytest.raises(TypeError, match=message):
            KeyedVectors(keys, np.eye(2))


def test_keys_of_rows_stand_in_an_order_and_one_dimension():
    for keys in ({"a", "b"}, frozenset("ab")):
        with pytest.raises(TypeError, match=r"keys is a (frozen)?set, which has no order"):
            KeyedVectors(keys, np.eye(2))
    for keys in (
        np.array([["a", "b"]]),
        pytest.importorskip("pandas").DataFrame({"w": ["a", "b"]}),
    ):
        with pytest.raises(TypeError, match=r"keys is a \w+ of 2 dimensions; keys have one"):
            KeyedVectors(keys, np.eye(2))


@ANY
def test_other_functions_take_words_in_any_container(make):
    kv, other = KeyedVectors(WORDS, ROWS), KeyedVectors(WORDS[::-1], ROWS)
    assert stability([kv, other], make(ASKED), topn=2).words == ASKED
    corpus = [WORDS] * 9
    model = Word2Vec(5, min_count=1, epochs=1, sample=0, workers=1, seed=1)
    if make not in (CONTAINERS["0-d"],):
        model.fit(corpus, init_vectors=kv, frozen=make(ASKED))
        assert [model.wv[w].tolist() == kv[w].tolist() for w in WORDS] == [
            w in ASKED for w in WORDS
        ]
