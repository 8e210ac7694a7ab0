"""Every question against loops in float64, and against gensim's answers on the same vectors."""

import math
import tracemalloc
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negsamp import KeyedVectors, UnknownWordError
from negsamp.vectors import cosines

WORDS = [f"w{i}" for i in range(60)]
ROWS = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
VECTOR = np.random.default_rng(1).normal(size=8)


@pytest.fixture(scope="module")
def kv():
    return KeyedVectors(WORDS, ROWS, range(60, 0, -1))


@pytest.fixture(scope="module")
def theirs():
    kv = pytest.importorskip("gensim.models", reason="needs gensim").KeyedVectors(8)
    kv.add_vectors(WORDS, ROWS)
    return kv


# The oracle: Python's own floats, a word at a time.


def vector(term):
    found = ROWS[WORDS.index(term)] if isinstance(term, str) else term
    return [float(x) for x in found]


def scaled(numbers):
    length = math.hypot(*numbers)
    return [x / length for x in numbers]


def cosine(a, b):
    return math.fsum(x * y for x, y in zip(scaled(vector(a)), scaled(vector(b)), strict=True))


def mean(terms, weights, normalize):
    rows = [scaled(vector(term)) if normalize else vector(term) for term in terms]
    total = sum(map(abs, weights))
    return (np.array(weights) @ np.array(rows) / total).tolist()


def best(score, asked, topn, restrict_vocab=None):
    found = [(word, score(word)) for word in WORDS[:restrict_vocab] if word not in asked]
    return sorted(found, key=lambda answer: -answer[1])[:topn]


def assert_same_answers(answers, expected, rtol=1e-12, atol=0):
    assert [word for word, _ in answers] == [word for word, _ in expected]
    np.testing.assert_allclose([s for _, s in answers], [s for _, s in expected], rtol, atol)
    assert all(type(score) is float for _, score in answers)


# Most similar


# Vectors of any length, but no rows: two rows would be equally near to their mean.
OTHERS = np.random.default_rng(2).normal(size=(4, 8)) * np.arange(1, 5)[:, None]
TERMS = st.sampled_from(WORDS[:12]) | st.integers(0, 3).map(lambda i: OTHERS[i])
RESTRICT = st.none() | st.integers(1, 80)


@given(st.lists(TERMS, min_size=1, max_size=3), st.lists(TERMS, max_size=2), RESTRICT)
@settings(max_examples=60)
def test_most_similar_cosmul_equals_loops(positive, negative, restrict_vocab):
    kv = KeyedVectors(WORDS, ROWS)

    def score(word):
        above, below = (
            math.prod((1 + cosine(word, term)) / 2 for term in terms)
            for terms in (positive, negative)
        )
        return above / (below + 1e-6)

    asked = [term for term in positive + negative if isinstance(term, str)]
    answers = kv.most_similar_cosmul(positive, negative, 7, restrict_vocab)
    # a denominator is near 1e-6 at least, where float64 leaves ten digits
    assert_same_answers(answers, best(score, asked, 7, restrict_vocab), rtol=1e-9)


@given(
    st.lists(st.tuples(TERMS, st.floats(-2, 2)), max_size=3),
    st.lists(st.tuples(TERMS, st.floats(-2, 0)), max_size=2),
    st.booleans(),
    st.integers(1, 70),
    RESTRICT,
)
@settings(max_examples=200)
def test_most_similar_equals_loops(positive, negative, is_weighted, topn, restrict_vocab):
    kv = KeyedVectors(WORDS, ROWS)
    assume(positive or negative)
    terms, weights = zip(*positive, *negative, strict=True)
    if not is_weighted:
        weights = [1] * len(positive) + [-1] * len(negative)
        positive, negative = ([term for term, _ in pairs] for pairs in (positive, negative))
    assume(np.abs(weights).sum() > 1e-3)
    query = mean(terms, weights, True)
    assume(math.hypot(*query) > 1e-3)
    asked = [term for term in terms if isinstance(term, str)]
    answers = kv.most_similar(positive, negative, topn, restrict_vocab)
    expected = best(lambda word: cosine(word, query), asked, topn, restrict_vocab)
    assert_same_answers(answers, expected, rtol=0, atol=1e-12)


def test_most_similar_takes_one_term_or_many(kv):
    expected = kv.most_similar(["w1"])
    assert len(expected) == 10
    assert kv.most_similar("w1") == kv.most_similar(("w1",)) == expected
    assert kv.most_similar(positive="w1", negative="w2") == kv.most_similar(["w1"], ["w2"])
    assert kv.most_similar(ROWS[:2]) == kv.most_similar([ROWS[0], ROWS[1]])
    assert kv.most_similar(ROWS[0])[0][0] == "w0", "a vector leaves no key out"
    assert len(kv.most_similar(["w1", "w1"], topn=100)) == 59
    assert kv.most_similar(WORDS) == []
    weighted = kv.most_similar([("w1", 1), ("w2", np.float32(1))], [("w3", -1.0)])
    assert weighted == kv.most_similar(["w1", "w2"], ["w3"])


@pytest.mark.parametrize("method", ["most_similar", "most_similar_cosmul"])
def test_most_similar_names_a_vector_without_direction(method):
    ask = getattr(KeyedVectors(["zero", "one"], np.array([[0, 0], [1, 2]])), method)
    for terms in ("zero", ["one", "zero"]):
        with pytest.raises(ValueError, match=r"the vector of 'zero' is the zero vector"):
            ask(terms)
    with pytest.raises(ValueError, match="a query vector is the zero vector"):
        ask("one", np.zeros(2))
    for terms in ([], None):
        with pytest.raises(ValueError, match="empty"):
            ask(terms)
    assert ask("one", None) == ask("one")


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
    "vector", [np.ones(7), np.ones((2, 4)), np.array(3.0), np.full(8, np.nan), np.array(["x"] * 8)]
)
def test_most_similar_refuses_a_bad_vector(kv, vector):
    for ask in (kv.most_similar, kv.doesnt_match, kv.most_similar_cosmul):
        with pytest.raises(ValueError, match=r"query vector of shape .* must be \(8,\) and finite"):
            ask(["w1", vector])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f4"])
@pytest.mark.parametrize("method", ["most_similar", "most_similar_cosmul"])
def test_most_similar_needs_no_second_matrix(dtype, method):
    # neither unit rows nor, for a float64 query, wider ones
    vectors = np.random.default_rng(0).normal(size=(50_000, 100)).astype(dtype)
    kv = KeyedVectors(range(50_000), vectors)
    tracemalloc.start()
    getattr(kv, method)(vectors[0].astype(np.float64))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 10_000_000, "the matrix has 10 or 20 million bytes"


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf, 10**400])
def test_most_similar_refuses_a_weight_out_of_range(kv, weight):
    with pytest.raises(ValueError, match=r"the weight of 'w1' is .*; it must be finite$"):
        kv.most_similar([("w1", weight)])
    for below in (weight, abs(weight), 0.5):
        with pytest.raises(ValueError, match=r"weight of 'w1' is .* and 0 or less in negative$"):
            kv.most_similar("w2", [("w1", below)])


@pytest.mark.parametrize("pair", [("w1", "w2"), ("w1", True), ("w1", 1, 2), ("w1",), ()])
def test_most_similar_takes_another_tuple_for_a_key(kv, pair):
    with pytest.raises(UnknownWordError) as error:
        kv.most_similar([pair])
    assert error.value.args == (pair,)


def test_most_similar_takes_no_tuple_for_a_weight_where_tuples_are_keys():
    kv = KeyedVectors([3, 4, (3, 4), (3, 5)], np.random.default_rng(0).normal(size=(4, 5)))
    assert kv[3, 4].tolist() == kv.vectors[2].tolist()
    assert dict(kv.most_similar([(3, 4)])).keys() == {3, 4, (3, 5)}
    with pytest.raises(UnknownWordError, match=r"\(3, 6\) is not among"):
        kv.most_similar([(3, 6)])
    assert kv.similar_by_word((3, 4)) == kv.most_similar([(3, 4)])
    assert kv.similarity((3, 4), 3) == pytest.approx(kv.similarity(3, (3, 4)))
    assert kv.most_similar((3, 4)) == kv.most_similar([(3, 4)]) != kv.most_similar([3, 4])


@pytest.mark.parametrize("method", ["most_similar", "most_similar_cosmul", "similar_by_word"])
@pytest.mark.parametrize("value", [0, -3, 1.5, True, "5"])
def test_questions_refuse_numbers_out_of_range(kv, method, value):
    if value != 0:
        with pytest.raises(ValueError, match=f"topn is {value!r}; it .*, 0 or more, or None$"):
            getattr(kv, method)("w1", topn=value)
    with pytest.raises(ValueError, match=f"restrict_vocab is {value!r}; it .* 1 or more, or N"):
        getattr(kv, method)("w1", restrict_vocab=value)


def test_most_similar_cosmul_near_the_pole():
    # 1 + cos is nearly 0 for the opposite of the negative term, and exactly for itself
    kv = KeyedVectors("abcd", np.array([[1, 0], [-1, 1e-4], [-1, 0], [0.5, 1]], dtype="f"))
    (first, score), (second, lower), *_ = kv.most_similar_cosmul(["d"], ["a"])
    assert (first, second) == ("c", "b")
    # 1 + cos = sin² / (1 + |cos|) = 5e-9 in the denominator of b
    tail = (1 + (-0.5 + 1e-4) / math.hypot(0.5, 1) / math.hypot(1, 1e-4)) / 2
    assert lower == pytest.approx(tail / (2.5e-9 + 1e-6), rel=1e-6)
    assert score == pytest.approx((1 - 0.5 / math.hypot(0.5, 1)) / 2 / 1e-6)
    with pytest.raises(ValueError, match="positive is empty; most_similar_cosmul needs a word"):
        kv.most_similar_cosmul([], ["a"])


# Many at once


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4", np.int16])
@pytest.mark.parametrize("scores", [1, 150, 10**6])
def test_most_similar_batch_is_exactly_the_single_call(monkeypatch, dtype, scores):
    monkeypatch.setattr(cosines, "_SCORES", scores)
    monkeypatch.setattr(cosines, "_NUMBERS", 40)
    rng = np.random.default_rng(3)
    rows = (9 * rng.normal(size=(60, 8))).astype(dtype)
    kv = KeyedVectors(WORDS, rows)
    queries = ["w3", rng.normal(size=8), ["w1", "w2"], ("w1", "w2"), [("w9", 0.5), VECTOR], "w3"]
    for options in ({}, {"topn": 100}, {"topn": 3, "restrict_vocab": 20}):
        answers = kv.most_similar_batch(queries, **options)
        assert answers == [kv.most_similar(query, **options) for query in queries]
    whole = np.asarray(rows, np.float64)
    assert kv.most_similar_batch(whole) == [kv.similar_by_vector(row) for row in whole]
    assert kv.most_similar_batch(iter(WORDS)) == [kv.similar_by_word(word) for word in WORDS]
    assert kv.most_similar_batch([]) == []


def test_most_similar_batch_takes_bounded_memory(monkeypatch):
    monkeypatch.setattr(cosines, "_SCORES", 60 * 5)
    matmul = Mock(wraps=np.matmul)
    monkeypatch.setattr(cosines.np, "matmul", matmul)
    KeyedVectors(WORDS, ROWS).most_similar_batch(WORDS)
    assert [call.kwargs["out"].shape for call in matmul.call_args_list] == [(5, 60)] * 12


@pytest.mark.parametrize(
    ("queries", "message"),
    [(queries, rf"is {queries!r}; it must be a list of queries") for queries in ("w1", b"w1", 7)]
    + [(np.ones(shape), r"has shape \(.*\); it must be \(n, 8\)") for shape in (8, (2, 2, 8), ())],
)
def test_most_similar_batch_refuses_what_is_no_list(kv, queries, message):
    with pytest.raises(ValueError, match=f"positives {message}"):
        kv.most_similar_batch(queries)


# Single figures


def test_similar_by_word_and_vector_are_most_similar(kv):
    assert kv.similar_by_word("w4", 3, 20) == kv.most_similar("w4", topn=3, restrict_vocab=20)
    assert kv.similar_by_key("w4") == kv.similar_by_word("w4")
    assert kv.similar_by_vector(VECTOR.tolist(), 3, 20) == kv.most_similar([VECTOR], (), 3, 20)


@pytest.mark.parametrize(
    ("a", "b"), [("w1", "w2"), ("w1", VECTOR), (VECTOR, ROWS[7]), ("w5", "w5")]
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_similarity_and_distance_equal_loops(dtype, a, b):
    kv = KeyedVectors(WORDS, ROWS.astype(dtype))
    rounding = 1e-3 if dtype == np.float16 else 1e-14
    assert kv.similarity(a, b) == pytest.approx(cosine(a, b), abs=rounding)
    assert type(kv.similarity(a, b)) is float
    assert kv.similarity(a, b) == kv.similarity(b, a)
    assert kv.distance(a, b) == pytest.approx(1 - cosine(a, b), abs=rounding)


@pytest.mark.parametrize("a", ["w1", VECTOR])
def test_distances_equal_loops(kv, a):
    expected = [1 - cosine(a, word) for word in WORDS]
    found = kv.distances(a)
    assert (found.shape, found.dtype) == ((60,), np.float32)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # of a float32 product
    some = kv.distances(a, ["w4", VECTOR, "w1"])
    expected = [1 - cosine(a, other) for other in ("w4", VECTOR, "w1")]
    np.testing.assert_allclose(some, expected, atol=1e-7)  # rounded to float32
    assert kv.distances(a, "w4").tolist() == kv.distances(a, ["w4"]).tolist()
    assert kv.distances(a, []).shape == (0,)


def test_cosines_stay_within_1():
    # rounding alone takes the product of a unit vector with itself above 1
    rows = np.random.default_rng(0).normal(size=(200, 30)).astype("f")
    kv = KeyedVectors(range(200), rows)
    assert (np.einsum("ij,ij->i", kv.unit_vectors, kv.unit_vectors) > 1).any()
    for key in range(200):
        assert abs(kv.similarity(key, key)) <= 1
        assert kv.most_similar(kv[key], topn=1)[0][1] <= 1
    found = np.array([kv.distances(sign * row) for row in rows[:50] for sign in (1, -1)])
    assert found.min() == 0
    assert found.max() == 2


def test_cosines_of_a_zero_vector_are_0():
    kv = KeyedVectors(["zero", "one"], np.array([[0, 0], [1, 2]]))
    assert kv.similarity("zero", "one") == kv.similarity("zero", "zero") == 0
    assert kv.get_vector("zero", norm=True).tolist() == [0, 0]
    assert kv.distances("zero").tolist() == kv.distances("zero", ["one", "zero"]).tolist() == [1, 1]


@pytest.mark.parametrize(("a", "b"), [("w1", "w2"), ("w1", "w1"), ("w3", VECTOR), (VECTOR, "w3")])
def test_closer_than_and_rank_equal_loops(kv, a, b):
    asked = {a} if isinstance(a, str) else set()
    closer = [] if a is b else [w for w in WORDS if cosine(w, a) > cosine(b, a)]
    closer = [word for word in closer if word not in asked]
    assert kv.closer_than(a, b) == closer
    assert kv.rank(a, b) == len(closer) + 1
    answers = [word for word, _ in kv.most_similar([a], topn=60)]
    assert [kv.rank(a, word) for word in answers] == list(range(1, len(answers) + 1))


@pytest.mark.parametrize("terms", [["w1", "w2", "w3", "w4"], ["w1", VECTOR, "w9"], ["w1"]])
def test_doesnt_match_equals_loops(kv, terms):
    center = mean(terms, [1] * len(terms), True)
    expected = min(terms, key=lambda term: cosine(term, center))
    assert kv.doesnt_match(terms) is expected


def test_doesnt_match_needs_a_list_of_words(kv):
    for words, message in (("w1", "it must be a list"), (5, "it must be a list"), ([], "empty")):
        with pytest.raises(ValueError, match=rf"^words is .*{message}"):
            kv.doesnt_match(words)
    assert kv.doesnt_match(word for word in ["w1"]) == "w1"


@pytest.mark.parametrize("a", [["w1", "w2"], ["w5"], "w5", [VECTOR, "w1"]])
def test_n_similarity_equals_loops(kv, a):
    b = ["w7", "w8", "w9"]
    terms = a if isinstance(a, list) else [a]
    expected = cosine(mean(terms, [1] * len(terms), False), mean(b, [1] * 3, False))
    assert kv.n_similarity(a, b) == kv.n_similarity(b, a) == pytest.approx(expected, abs=1e-14)


def test_n_similarity_leaves_out_unknown_words_if_told(kv):
    expected = kv.n_similarity(["w1", "w2"], ["w3"])
    some = kv.n_similarity(["w1", "x", "w2"], ["y", "w3"], ignore_missing=True)
    assert some == expected
    # keys of several kinds, duplicates and vectors of other vocabularies are terms like any other
    other = KeyedVectors(["a", "b"], ROWS[1:3])
    assert kv.n_similarity(["w2", "w1"], other[["b"]]) == kv.n_similarity(other[["a", "b"]], "w2")
    assert kv.n_similarity(["w1", "w1", "w2"], "w3") == kv.n_similarity(["w2", "w1", "w1"], "w3")
    mixed = KeyedVectors([1, "w1", ("a", 2)], ROWS[:3])
    assert mixed.n_similarity([1, "w1"], [("a", 2), ROWS[4]]) == pytest.approx(
        cosine(ROWS[0] + ROWS[1], ROWS[2] + ROWS[4]), abs=1e-6
    )
    with pytest.raises(UnknownWordError, match=r"^'x', 7 are not among the 60 words"):
        kv.n_similarity(["w1", "x", 7], ["w2"])
    with pytest.raises(ValueError, match=r"^ws2 leaves no vector .*: 'y' is not in the vocabulary"):
        kv.n_similarity(["w1"], ["y", "z"], ignore_missing=True)


def test_most_similar_to_given_equals_loops(kv):
    for keys in (WORDS[5:20], ["w3", "w1", "w4"], ["w9", VECTOR], ["w9"]):
        expected = max(keys, key=lambda term: cosine(term, "w1"))
        assert kv.most_similar_to_given("w1", keys) is expected
    assert kv.most_similar_to_given(key1="w1", keys_list=["w2", "w1"]) == "w1"
    assert kv.most_similar_to_given(ROWS[7], WORDS) == "w7"
    assert KeyedVectors("abc", np.ones((3, 2))).most_similar_to_given("a", ["c", "b"]) == "c"


@pytest.mark.parametrize("use_norm", [True, False])
def test_rank_by_centrality_equals_loops(kv, use_norm):
    terms = ["w1", VECTOR, "w9", "w4", "w1"]
    center = scaled(mean(terms, [1] * 5, use_norm))
    rows = [scaled(vector(term)) if use_norm else vector(term) for term in terms]
    scores = [math.fsum(x * y for x, y in zip(row, center, strict=True)) for row in rows]
    expected = sorted(zip(scores, terms, strict=True), key=lambda pair: -pair[0])
    found = kv.rank_by_centrality(terms, use_norm)
    assert all(a is b for (_, a), (_, b) in zip(found, expected, strict=True))
    np.testing.assert_allclose([s for s, _ in found], [s for s, _ in expected], atol=1e-12)
    if use_norm:
        assert found[-1][1] is kv.doesnt_match(terms)
    with pytest.raises(ValueError, match="words is 'w1'; it must be a list of words"):
        kv.rank_by_centrality("w1")
    with pytest.raises(UnknownWordError, match="'x'"):
        kv.rank_by_centrality(["w1", "x"])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, int])
def test_cosine_similarities_equal_loops(dtype):
    rows = (9 * ROWS).astype(dtype)
    expected = [cosine(np.asarray(row, float), VECTOR) for row in rows]
    found = KeyedVectors.cosine_similarities(VECTOR, rows)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # rounded to float32
    assert found.dtype == np.result_type(dtype, np.float32)
    assert KeyedVectors.cosine_similarities(np.zeros(8), rows).tolist() == [0] * 60
    assert KeyedVectors.cosine_similarities([3, 4], [[3, 4], [0, 0], [-6, -8]]).tolist() == [
        1,
        0,
        -1,
    ]
    for shapes in (((8, 1), (60, 8)), ((7,), (60, 8)), ((8,), (8,))):
        with pytest.raises(ValueError, match=r"vector_1 has shape .* must be \(d,\) and \(n, d\)"):
            KeyedVectors.cosine_similarities(*map(np.ones, shapes))


def test_relative_cosine_similarity_equals_loops(kv):
    near = best(lambda word: cosine(word, "w1"), ["w1"], 4)
    expected = cosine("w1", "w2") / sum(score for _, score in near)
    assert kv.relative_cosine_similarity("w1", "w2", topn=4) == pytest.approx(expected)
    total = sum(kv.relative_cosine_similarity("w1", word) for word, _ in kv.most_similar("w1"))
    assert total == pytest.approx(1)
    apart = KeyedVectors("abc", np.eye(3))
    with pytest.raises(ValueError, match="the 10 words nearest to 'a' have cosines whose sum is 0"):
        apart.relative_cosine_similarity("a", "b")


@pytest.mark.parametrize("weights", [None, [1, 2.5, -0.5]])
@pytest.mark.parametrize("pre_normalize", [True, False])
@pytest.mark.parametrize("post_normalize", [True, False])
def test_get_mean_vector_equals_loops(kv, weights, pre_normalize, post_normalize):
    terms = ["w1", VECTOR, "w9"]
    expected = mean(terms, weights or [1, 1, 1], pre_normalize)
    found = kv.get_mean_vector(terms, weights, pre_normalize, post_normalize)
    # rounded to float32
    np.testing.assert_allclose(found, scaled(expected) if post_normalize else expected, rtol=1e-6)
    assert found.dtype == np.float32
    assert found.flags.writeable


def test_get_mean_vector_takes_weights_in_any_container(kv):
    expected = kv.get_mean_vector(["w1", "w2"], [1, 2]).tolist()
    for weights in ((1, 2), np.array([1, 2]), iter([1, 2]), {"w1": 1, "w2": 2}.values()):
        assert kv.get_mean_vector(["w1", "w2"], weights).tolist() == expected


def test_get_mean_vector_ignores_unknown_words_unless_told(kv):
    some = kv.get_mean_vector(["w1", "unknown", None, math.nan, "w2"], [1, 9, 9, 9, 3])
    assert some.tolist() == kv.get_mean_vector(["w1", "w2"], [1, 3]).tolist()
    with pytest.raises(UnknownWordError, match="'unknown'"):
        kv.get_mean_vector(["w1", "unknown"], ignore_missing=False)
    with pytest.raises(UnknownWordError, match=r"^\['w2'\] is not .*; a list cannot be a key$"):
        kv.get_mean_vector(["w1", ["w2"]])


def test_get_mean_vector_of_nothing_and_by_bad_weights_is_an_error(kv):
    for keys, weights in (([], None), (["unknown"], None), (["w1", "w2"], [0, 0]), ("w1", [-0.0])):
        with pytest.raises(ValueError, match="keys leaves no vector with a weight"):
            kv.get_mean_vector(keys, weights)
    for lists in (([], ["w1"]), (["w1"], [])):
        with pytest.raises(ValueError, match=r"ws[12] leaves no vector .* mean of: it is empty$"):
            kv.n_similarity(*lists)
    for weights in ({"w1": 1, "w2": 2}, {1, 2}, 1.0, "12", ["x", 1], [None, [1]]):
        with pytest.raises(TypeError, match=r"weights is .*; it must hold a number for each key$"):
            kv.get_mean_vector(["w1", "w2"], weights)
    for weights in ([1], [1, 2, 3], np.array(1.0), [[1, 2]], [1, np.nan], [np.inf, 1]):
        with pytest.raises(ValueError, match=r"weights has shape .*; it must be \(2,\), one a key"):
            kv.get_mean_vector(["w1", "w2"], weights)


# Against gensim, on the same float32 vectors


QUESTIONS = {
    "most_similar-words": lambda kv: kv.most_similar(["w1", "w2"], ["w3"], topn=30),
    "most_similar-negative": lambda kv: kv.most_similar(negative=["w3"]),
    "most_similar-weights": lambda kv: kv.most_similar([("w1", 0.3), "w2"], [("w3", -2.0)]),
    "most_similar-minus": lambda kv: kv.most_similar([("w1", 1.0), ("w2", -0.5)]),
    "most_similar-restricted": lambda kv: kv.most_similar("w40", restrict_vocab=20, topn=30),
    "cosmul-many": lambda kv: kv.most_similar_cosmul(["w1", "w2", "w5"], ["w3", "w4"]),
    "similar_by_vector": lambda kv: kv.similar_by_vector(ROWS[4], 5, 30),
    "similarity": lambda kv: kv.similarity("w1", "w2"),
    "distance": lambda kv: kv.distance("w1", "w2"),
    "n_similarity": lambda kv: kv.n_similarity(["w1", "w2"], ["w3", "w4", "w5"]),
    "distances": lambda kv: kv.distances("w1"),
    "distances-some": lambda kv: kv.distances("w1", ["w2", "w3"]),
    "closer_than": lambda kv: kv.closer_than("w1", "w9"),
    "rank": lambda kv: [kv.rank("w1", word) for word in WORDS],
    "doesnt_match": lambda kv: [kv.doesnt_match(WORDS[i : i + 5]) for i in range(50)],
    "rank_by_centrality": lambda kv: [(w, s) for s, w in kv.rank_by_centrality(WORDS[:9])],
    "rank_by_centrality-raw": lambda kv: [
        (w, s) for s, w in kv.rank_by_centrality(WORDS[:9], False)
    ],
    "cosine_similarities": lambda kv: kv.cosine_similarities(ROWS[3], ROWS),
    "most_similar_to_given": lambda kv: [kv.most_similar_to_given(w, WORDS[:5]) for w in WORDS],
    "most_similar-all": lambda kv: kv.most_similar(["w1", "w2"], ["w3"], topn=None),
    "most_similar-none": lambda kv: kv.most_similar("w1", topn=0),
    "most_similar-clipped": lambda kv: kv.most_similar("w8", clip_start=5, clip_end=25),
    "most_similar-clipped-all": lambda kv: kv.most_similar("w8", topn=None, clip_start=45),
    "cosmul-none": lambda kv: kv.most_similar_cosmul("w1", topn=0),
    "similar_by_key": lambda kv: kv.similar_by_key(key="w1", topn=3),
    "n_similarity-mixed": lambda kv: kv.n_similarity(["w1", ROWS[3]], [ROWS[4]]),
    "get_vector-norm": lambda kv: kv.get_vector("w1", norm=True),
    "get_index": lambda kv: [kv.get_index("w7"), kv.get_index("none", 3), kv.get_index("w7", 3)],
    "get_mean_vector": lambda kv: kv.get_mean_vector(["w1", "w2", "none"]),
    "get_mean_vector-raw": lambda kv: kv.get_mean_vector(["w1", ROWS[2]], None, False),
    "get_mean_vector-unit": lambda kv: kv.get_mean_vector(["w1", "w2"], post_normalize=True),
    "relative": lambda kv: kv.relative_cosine_similarity("w1", "w2", 4),
}


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")
@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_answers_equal_gensim(kv, theirs, ask):
    ours, expected = ask(kv), ask(theirs)
    if isinstance(expected, list) and expected and isinstance(expected[0], tuple):
        assert [word for word, _ in ours] == [word for word, _ in expected]
        ours, expected = ([score for _, score in answers] for answers in (ours, expected))
    if not isinstance(expected, int) and np.ravel(expected)[:1].dtype.kind == "f":
        # gensim computes in float32; a score of 3CosMul may be far above 1
        np.testing.assert_allclose(ours, expected, rtol=2e-6, atol=1e-6)
    else:
        assert ours == expected
