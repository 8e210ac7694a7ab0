"""Queries against loops over all rows in float64."""

import difflib
import math
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negsamp.errors import UnknownWordError
from negsamp.vectors.keyed_vectors import KeyedVectors

WORDS = ["king", "queen", "man", "woman", "royal", "crown", "apple", "pear", "plum", "fig"]


def random_vectors(dtype=np.float32, seed=0, size=6):
    values = np.random.default_rng(seed).normal(size=(len(WORDS), size))
    return values.astype(dtype)


@pytest.fixture
def kv():
    return KeyedVectors(WORDS, random_vectors(), range(10, 0, -1))


def cosine(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return float(sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b))


def naive_most_similar(kv, positive, negative=()):
    """All cosines, largest first, of the keys that are not in the query."""
    rows = dict(zip(kv.index_to_key, kv.vectors.astype(np.float64), strict=True))
    query = np.zeros(kv.vector_size)
    for sign, terms in ((1, positive), (-1, negative)):
        for term in terms:
            vector = term.astype(np.float64) if isinstance(term, np.ndarray) else rows[term]
            query += sign * vector / math.hypot(*vector)
    asked = [term for term in (*positive, *negative) if not isinstance(term, np.ndarray)]
    answers = [(key, cosine(row, query)) for key, row in rows.items() if key not in asked]
    return sorted(answers, key=lambda answer: -answer[1])


def assert_same_answers(answers, expected):
    assert [key for key, _ in answers] == [key for key, _ in expected]
    # float32 sums of a few products of numbers up to 1
    np.testing.assert_allclose(
        [value for _, value in answers], [value for _, value in expected], atol=1e-6
    )
    assert all(type(value) is float for _, value in answers)


# Rows by key


def test_getitem_gives_the_row_of_a_key(kv):
    for row, word in enumerate(WORDS):
        np.testing.assert_array_equal(kv[word], random_vectors()[row])
        np.testing.assert_array_equal(kv.get_vector(word), random_vectors()[row])
    np.testing.assert_array_equal(kv[["man", "king", "man"]], random_vectors()[[2, 0, 2]])
    assert kv[[]].shape == (0, 6)


def test_sizes_and_names(kv):
    assert (len(kv), kv.vector_size) == (10, 6)
    assert kv.index_to_key == WORDS
    assert kv.key_to_index == {word: row for row, word in enumerate(WORDS)}
    assert KeyedVectors(WORDS, random_vectors()).counts is None
    assert repr(kv) == "KeyedVectors(10 words, 6 dimensions)"


def test_contains(kv):
    assert "king" in kv
    assert "kin" not in kv
    assert 0 not in kv


def test_get_vector_norm_has_length_1(kv):
    for word, row in zip(WORDS, random_vectors().astype(np.float64), strict=True):
        # divided in float32
        np.testing.assert_allclose(
            kv.get_vector(word, norm=True), row / math.hypot(*row), rtol=3e-7
        )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_norms_are_those_of_the_rows(dtype):
    vectors = (10 * random_vectors(np.float64)).astype(dtype)
    kv = KeyedVectors(WORDS, vectors)
    expected = [math.hypot(*row.tolist()) for row in vectors]
    np.testing.assert_allclose(kv.norms, expected, rtol=1e-7)  # rounded to float32
    assert kv.norms.dtype == kv.unit_vectors.dtype == np.result_type(dtype, np.float32)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_norms_of_float32_neither_overflow_nor_vanish(size):
    kv = KeyedVectors(["a", "b", "c"], np.float32(size) * np.array([[3, 4], [4, 3], [-3, -4]], "f"))
    np.testing.assert_allclose(kv.norms, np.float32(5 * size), rtol=1e-6)
    assert kv.similarity("a", "b") == pytest.approx(0.96)
    assert kv.similarity("a", "c") == pytest.approx(-1)


def test_integer_keys_are_never_row_numbers():
    kv = KeyedVectors([3, 2, 10], np.eye(3))
    assert kv[3].tolist() == [1, 0, 0]
    assert kv[np.int64(2)].tolist() == [0, 1, 0]
    assert kv[[10, 3]].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert 0 not in kv
    for key in (0, 1, -1):
        with pytest.raises(UnknownWordError, match=f"^{key} is not among the 3 words"):
            kv[key]
    assert {key for key, _ in kv.most_similar(3)} == {2, 10}
    with pytest.raises(UnknownWordError, match=r"^0 is not among"):
        kv.most_similar(0)


def test_tuple_keys():
    kv = KeyedVectors([("new", "york"), "new", "york"], np.array([[3.0, 4], [1, 0], [0, 1]]))
    assert kv["new", "york"].tolist() == [3, 4]
    assert kv.similarity(("new", "york"), "new") == pytest.approx(0.6)
    assert kv.most_similar([("new", "york")])[0] == ("york", pytest.approx(0.8))
    # a tuple of terms stands for its items
    assert kv.most_similar(("new", "york")) == [(("new", "york"), pytest.approx(1.4 / 2**0.5))]


def test_keys_of_an_array_are_found_by_pythons_own():
    kv = KeyedVectors(np.array(["a", "b"]), np.eye(2))
    assert kv["b"].tolist() == [0, 1]


# Similarity


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_similarity_equals_the_cosine(dtype):
    kv = KeyedVectors(WORDS, random_vectors(dtype))
    for a in WORDS:
        for b in WORDS:
            assert kv.similarity(a, b) == pytest.approx(cosine(kv[a], kv[b]), abs=1e-6)
            assert type(kv.similarity(a, b)) is float


def test_similarity_of_a_zero_vector_is_0():
    kv = KeyedVectors(["zero", "one"], np.array([[0, 0], [1, 2]]))
    assert kv.similarity("zero", "one") == kv.similarity("zero", "zero") == 0
    assert kv.get_vector("zero", norm=True).tolist() == [0, 0]


def test_similarity_stays_within_1():
    # rounding alone takes the product of a unit vector with itself above 1
    kv = KeyedVectors(range(200), np.random.default_rng(0).normal(size=(200, 30)).astype("f"))
    assert (np.einsum("ij,ij->i", kv.unit_vectors, kv.unit_vectors) > 1).any()
    for key in range(200):
        assert abs(kv.similarity(key, key)) <= 1
        assert kv.most_similar(kv[key], topn=1)[0][1] <= 1


# Most similar


@given(data=st.data(), seed=st.integers(0, 1000))
@settings(max_examples=200)
def test_most_similar_equals_loops(data, seed):
    kv = KeyedVectors(WORDS, random_vectors(seed=seed))
    other = np.random.default_rng(seed + 1).normal(size=(2, 6))
    terms = st.sampled_from(WORDS) | st.integers(0, 1).map(lambda i: other[i])
    positive = data.draw(st.lists(terms, min_size=1, max_size=3))
    negative = data.draw(st.lists(st.sampled_from(WORDS), max_size=2))
    if len(set(map(id, positive + negative))) < len(positive + negative):
        positive, negative = positive[:1], []  # so that the query is not zero
    topn = data.draw(st.integers(1, 12))
    answers = kv.most_similar(positive, negative, topn)
    assert_same_answers(answers, naive_most_similar(kv, positive, negative)[:topn])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_most_similar_of_other_types(dtype):
    kv = KeyedVectors(WORDS, random_vectors(dtype))
    assert_same_answers(kv.most_similar("king"), naive_most_similar(kv, ["king"]))
    assert_same_answers(
        kv.most_similar(kv["king"], topn=3), naive_most_similar(kv, [kv["king"]])[:3]
    )


def test_most_similar_by_hand():
    kv = KeyedVectors(
        ["man", "woman", "king", "queen"], np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1.0]])
    )
    # king − man + woman: (1, 0, 1)/√2 − (1, 0, 0) + (0, 1, 0) = (0.7071 − 1, 1, 0.7071)
    a = 0.5**0.5
    [(key, value)] = kv.most_similar(["king", "woman"], ["man"])
    assert key == "queen"
    assert value == pytest.approx((1 + a) * a / math.hypot(a - 1, 1, a))


def test_most_similar_takes_one_term_or_many(kv):
    expected = kv.most_similar(["king"])
    assert kv.most_similar("king") == kv.most_similar(("king",)) == expected
    assert kv.most_similar(positive="king", negative="man") == kv.most_similar(["king"], ["man"])
    vectors = random_vectors()[:2]
    assert kv.most_similar(vectors) == kv.most_similar([vectors[0], vectors[1]])
    assert len(kv.most_similar(vectors[0])) == 10, "a vector leaves no key out"


def test_most_similar_of_negative_terms_alone(kv):
    assert_same_answers(kv.most_similar(negative=["king"]), naive_most_similar(kv, [], ["king"]))


def test_most_similar_weighs_terms_alike_whatever_their_length():
    vectors = random_vectors()
    kv = KeyedVectors(WORDS, vectors * np.arange(1, 11)[:, None])
    unit = KeyedVectors(WORDS, vectors)
    assert_same_answers(kv.most_similar(["king", "fig"]), unit.most_similar(["king", "fig"]))
    # of three, for two are equally near to their mean
    terms = [kv["king"], kv["fig"], kv["pear"]]
    assert_same_answers(kv.most_similar([100 * terms[0], *terms[1:]]), unit.most_similar(terms))


def test_most_similar_gives_equal_cosines_in_row_order():
    kv = KeyedVectors("abcdefgh", np.array([[1, 0], [0, 1]] * 4))
    for topn in range(1, 8):
        assert [key for key, _ in kv.most_similar("c", topn=topn)] == list("aegbdfh")[:topn]


@pytest.mark.parametrize("topn", [9, 10, 1000, np.int64(50)])
def test_most_similar_gives_all_where_there_are_no_more(kv, topn):
    assert len(kv.most_similar("king", topn=topn)) == 9
    assert "king" not in dict(kv.most_similar("king", topn=topn))


def test_most_similar_of_all_keys_leaves_none(kv):
    assert kv.most_similar(WORDS) == []
    assert len(kv.most_similar(["king", "king"])) == 9


def test_most_similar_default_topn_is_10():
    kv = KeyedVectors(range(30), np.random.default_rng(0).normal(size=(30, 4)))
    assert len(kv.most_similar(0)) == 10


@pytest.mark.parametrize("topn", [0, -1, 2.5, None, "5"])
def test_most_similar_refuses_a_topn_out_of_range(kv, topn):
    with pytest.raises(ValueError, match=f"topn is {topn!r}; it must be an integer, 1 or more"):
        kv.most_similar("king", topn=topn)


def test_most_similar_refuses_to_do_without_a_query(kv):
    with pytest.raises(ValueError, match="positive and negative are both empty"):
        kv.most_similar()
    with pytest.raises(ValueError, match="positive and negative are both empty"):
        kv.most_similar([], [])


@pytest.mark.parametrize("most_similar", ["most_similar", "most_similar_cosmul"])
def test_most_similar_names_a_vector_without_direction(most_similar):
    kv = KeyedVectors(["zero", "one"], np.array([[0, 0], [1, 2]]))
    for terms in ("zero", ["one", "zero"]):
        with pytest.raises(ValueError, match=r"the vector of 'zero' is the zero vector"):
            getattr(kv, most_similar)(terms)
    with pytest.raises(ValueError, match="a query vector is the zero vector"):
        getattr(kv, most_similar)("one", np.zeros(2))


def test_most_similar_refuses_a_query_that_cancels():
    vector = np.random.default_rng(0).normal(size=50)
    kv = KeyedVectors(["a", "b"], np.array([vector, 7 * vector]))
    vectors = [vector, -7 * vector]
    left = np.add(*(v / np.linalg.norm(v) for v in vectors))
    assert 0 < np.linalg.norm(left) < 1e-15, "rounding leaves a direction that means nothing"
    for positive, negative in ((vectors, ()), ("a", "a"), ("a", "b"), ([("a", 0)], ())):
        with pytest.raises(ValueError, match="the query is the zero vector; it has no direction"):
            kv.most_similar(positive, negative)


@pytest.mark.parametrize(
    "vector", [np.ones(5), np.ones((2, 3)), np.array(3.0), np.full(6, np.nan), np.full(6, np.inf)]
)
def test_most_similar_refuses_a_bad_vector(kv, vector):
    with pytest.raises(ValueError, match=r"a query vector of shape .* must be \(6,\) and finite"):
        kv.most_similar([vector])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f4"])
@pytest.mark.parametrize("most_similar", ["most_similar", "most_similar_cosmul"])
def test_most_similar_needs_no_second_matrix(dtype, most_similar):
    # neither unit rows nor, for a float64 query, wider ones
    vectors = np.random.default_rng(0).normal(size=(50_000, 100)).astype(dtype)
    kv = KeyedVectors(range(50_000), vectors)
    tracemalloc.start()
    getattr(kv, most_similar)(vectors[0].astype(np.float64))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 10_000_000, "the matrix has 10 or 20 million bytes"


# Unknown words


ASK = {
    "getitem": lambda kv, key: kv[key],
    "getitem-list": lambda kv, key: kv[["king", key]],
    "get_vector": lambda kv, key: kv.get_vector(key),
    "get_index": lambda kv, key: kv.get_index(key),
    "get_count": lambda kv, key: kv.get_count(key),
    "get_mean_vector": lambda kv, key: kv.get_mean_vector([key], ignore_missing=False),
    "similarity-1": lambda kv, key: kv.similarity(key, "king"),
    "similarity-2": lambda kv, key: kv.similarity("king", key),
    "positive": lambda kv, key: kv.most_similar(["king", key]),
    "negative": lambda kv, key: kv.most_similar("king", [key]),
    "batch": lambda kv, key: kv.most_similar_batch(["king", key]),
    "cosmul": lambda kv, key: kv.most_similar_cosmul("king", [key]),
    "similar_by_word": lambda kv, key: kv.similar_by_word(key),
    "distance": lambda kv, key: kv.distance("king", key),
    "distances-1": lambda kv, key: kv.distances(key),
    "distances-2": lambda kv, key: kv.distances("king", ["man", key]),
    "n_similarity": lambda kv, key: kv.n_similarity(["king"], ["man", key]),
    "closer_than": lambda kv, key: kv.closer_than("king", key),
    "rank": lambda kv, key: kv.rank(key, "king"),
    "doesnt_match": lambda kv, key: kv.doesnt_match(["king", "man", key]),
    "relative": lambda kv, key: kv.relative_cosine_similarity("king", key),
}


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_unknown_word_names_the_nearest_spelling(kv, ask):
    with pytest.raises(
        UnknownWordError,
        match=r"^'quen' is not among the 10 words of the vocabulary; the nearest .* is 'queen'$",
    ):
        ask(kv, "quen")


@pytest.mark.parametrize("key", ["zzzzzz", 7, None, ("king", "man"), 1.5, b"king"])
def test_unknown_word_without_a_near_one(kv, key):
    with pytest.raises(UnknownWordError) as error:
        kv.get_vector(key)
    assert str(error.value) == f"{key!r} is not among the 10 words of the vocabulary"
    assert isinstance(error.value, KeyError)


@pytest.mark.parametrize("key", [{"king"}, {"king": 1}, bytearray(b"king")])
def test_unknown_word_that_is_not_hashable(kv, key):
    with pytest.raises(UnknownWordError, match="is not among the 10 words"):
        kv[key]


def test_unknown_word_near_keys_of_other_kinds():
    kv = KeyedVectors([7, ("king",), "kingdom", "kings"], np.eye(4))
    with pytest.raises(UnknownWordError, match=r"vocabulary; the nearest spelling is 'kings'$"):
        kv["king"]


def test_unknown_word_is_compared_only_if_the_message_is_read(kv, monkeypatch):
    def compare(*_, **__):
        pytest.fail("half a second in a vocabulary of 100 000 words")

    monkeypatch.setattr(difflib, "get_close_matches", compare)
    with pytest.raises(KeyError) as error:
        kv["quen"]
    assert error.value.args == ("quen",)


def test_unknown_word_error_survives_pickling(kv):
    with pytest.raises(UnknownWordError) as error:
        kv["quen"]
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


# What goes in


def test_vectors_cannot_be_written_to(kv):
    for array in (kv.vectors, kv["king"], kv.norms, kv.unit_vectors, kv.get_vector("king", True)):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_vectors_of_the_caller_stay_writable():
    vectors, counts = random_vectors(), np.arange(10, 0, -1)
    kv = KeyedVectors(WORDS, vectors, counts)
    assert np.shares_memory(kv.vectors, vectors), "no copy of a large matrix"
    vectors[0] = 7
    counts[0] = 99
    assert kv["king"].tolist() == [7] * 6
    assert kv.counts.tolist() == list(range(10, 0, -1))


def test_keys_of_the_caller_are_copied():
    keys = ["a", "b"]
    kv = KeyedVectors(keys, np.eye(2))
    keys[0] = "c"
    assert kv.index_to_key == ["a", "b"]


def test_vectors_may_be_memory_mapped(tmp_path):
    np.save(tmp_path / "vectors.npy", random_vectors())
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    kv = KeyedVectors(WORDS, mapped)
    assert isinstance(kv.vectors, np.memmap)
    assert np.shares_memory(kv.vectors, mapped)
    plain = KeyedVectors(WORDS, random_vectors())
    assert kv.most_similar("king") == plain.most_similar("king")
    assert kv.similarity("king", "man") == plain.similarity("king", "man")
    np.testing.assert_array_equal(kv["pear"], plain["pear"])


def test_vectors_may_be_a_list_of_lists():
    assert KeyedVectors(["a"], [[1, 2]])["a"].tolist() == [1, 2]


@pytest.mark.parametrize("shape", [(9, 6), (11, 6), (10,), (10, 6, 1), ()])
def test_vectors_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"vectors has shape \(.*\); 10 keys need \(10, vector_s"):
        KeyedVectors(WORDS, np.zeros(shape))


@pytest.mark.parametrize(
    ("keys", "twice"), [(["a", "b", "a"], "'a'"), ([1, 2, True], "1|True"), ([(1,), 2, (1,)], "")]
)
def test_keys_that_appear_twice_are_refused(keys, twice):
    with pytest.raises(ValueError, match=rf"keys holds ({twice}|\(1,\)) more than once"):
        KeyedVectors(keys, np.eye(3))


def test_counts_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"counts has shape \(3,\); it must be \(2,\)"):
        KeyedVectors(["a", "b"], np.eye(2), [3, 2, 1])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_not_finite_is_named(bad):
    # its cosines are no numbers, and would hide the answers after it
    vectors = random_vectors()
    vectors[3, 2] = bad
    kv = KeyedVectors(WORDS, vectors)
    np.testing.assert_array_equal(kv["woman"], vectors[3])
    assert not np.isfinite(kv.norms[3])
    asks = [
        lambda: kv.most_similar("king"),
        lambda: kv.most_similar("woman", restrict_vocab=1),
        lambda: kv.most_similar_batch(["king"]),
        lambda: kv.most_similar_cosmul("king"),
        lambda: kv.similarity("king", "woman"),
        lambda: kv.distances("king"),
        lambda: kv.closer_than("king", "man"),
        lambda: kv.doesnt_match(["king", "man", "woman"]),
        lambda: kv.get_vector("woman", norm=True),
        lambda: kv.get_mean_vector(["king", "woman"]),
        lambda: kv.n_similarity(["king", "man"], ["woman"]),
        lambda: kv.unit_vectors,
    ]
    for ask in asks:
        with pytest.raises(ValueError, match=r"'woman' has the norm (nan|inf); it must be finite"):
            ask()
    # what does not look at that row
    plain = KeyedVectors(WORDS, random_vectors())
    assert kv.similarity("king", "man") == plain.similarity("king", "man")
    assert kv.most_similar("king", restrict_vocab=3) == plain.most_similar("king", restrict_vocab=3)


def test_no_words_at_all():
    kv = KeyedVectors([], np.empty((0, 5)))
    assert len(kv) == 0
    assert kv.most_similar(np.ones(5)) == []
    with pytest.raises(UnknownWordError, match=r"^'a' is not among the 0 words"):
        kv["a"]


def test_no_words_at_all_have_no_answers():
    kv = KeyedVectors([], np.empty((0, 5)))
    assert kv.most_similar_batch(np.ones((2, 5))) == [[], []]
    assert kv.most_similar_cosmul(np.ones(5)) == []
    assert kv.distances(np.ones(5)).shape == (0,)


@pytest.mark.parametrize("vectors", [[["a", "b"]], [[1j, 2]], [[None, 1]]])
def test_vectors_of_no_real_numbers_are_refused(vectors):
    with pytest.raises(ValueError, match=r"vectors has type .*; it must be of real numbers"):
        KeyedVectors(["a"], vectors)


# Parts


@pytest.mark.parametrize(
    "rows", [slice(3), slice(0), slice(2, 7), slice(None), slice(99), slice(None, None, -1)]
)
def test_slice_has_the_rows_of_both(kv, rows):
    part = kv[rows]
    assert isinstance(part, KeyedVectors)
    assert part.index_to_key == WORDS[rows]
    assert part.vectors.tolist() == random_vectors()[rows].tolist()
    assert part.counts.tolist() == [*range(10, 0, -1)][rows]
    assert np.shares_memory(part.vectors, kv.vectors) or not part.vectors.size
    if len(part) > 1:
        expected = [answer for answer in kv.most_similar(VECTOR) if answer[0] in part]
        assert part.most_similar(VECTOR) == expected
    assert KeyedVectors(WORDS, random_vectors())[rows].counts is None


VECTOR = np.arange(1.0, 7)


def test_slice_of_a_slice_asks_as_a_restriction(kv):
    assert kv[:8][:5].most_similar(VECTOR) == kv.most_similar(VECTOR, restrict_vocab=5)


@pytest.mark.parametrize("rows", [slice("king", "man"), slice(1.5), slice(None, None, "a")])
def test_slice_of_keys_is_refused(kv, rows):
    with pytest.raises(TypeError, match=r"slice\(.*\) is no slice of rows; its bounds must be int"):
        kv[rows]


def test_get_index_and_count(kv):
    assert [kv.get_index(word) for word in WORDS] == list(range(10))
    assert kv.get_index("quen", 5) == kv.get_index(["unhashable"], 5) == 5
    assert kv.get_index("queen", 5) == 1
    assert [kv.get_count(word) for word in WORDS] == list(range(10, 0, -1))
    assert type(kv.get_count("king")) is int
    with pytest.raises(ValueError, match="these vectors have no counts"):
        KeyedVectors(WORDS, random_vectors()).get_count("king")
