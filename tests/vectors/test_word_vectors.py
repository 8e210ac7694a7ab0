"""Words, rows and norms: what goes in comes out, cannot be written to, and is named when wrong."""

import difflib
import math
import pickle

import numpy as np
import pytest

from negsamp import KeyedVectors, UnknownWordError, Word2Vec
from negsamp.vectors import word_vectors
from negsamp.vectors.word_vectors import first_rows, most_frequent

WORDS = ["king", "queen", "man", "woman", "royal", "crown", "apple", "pear", "plum", "fig"]
ROWS = np.random.default_rng(0).normal(size=(10, 6)).astype(np.float32)
VECTOR = np.arange(1.0, 7)


@pytest.fixture
def kv():
    return KeyedVectors(WORDS, ROWS, range(10, 0, -1))


# Rows by key


def test_words_and_rows_are_those_given(kv):
    for row, word in enumerate(WORDS):
        np.testing.assert_array_equal(kv[word], ROWS[row])
        np.testing.assert_array_equal(kv.get_vector(word), ROWS[row])
    np.testing.assert_array_equal(kv[["man", "king", "man"]], ROWS[[2, 0, 2]])
    assert kv[[]].shape == (0, 6)
    assert (len(kv), kv.vector_size) == (10, 6)
    assert kv.index_to_key == WORDS
    assert kv.key_to_index == {word: row for row, word in enumerate(WORDS)}
    assert ["king" in kv, "kin" in kv, 0 in kv] == [True, False, False]
    assert repr(kv) == "KeyedVectors(10 words, 6 dimensions)"


def test_get_index_and_count(kv):
    assert [kv.get_index(word) for word in WORDS] == list(range(10))
    assert kv.get_index("quen", 5) == kv.get_index(["unhashable"], 5) == 5
    assert kv.get_index("queen", 5) == 1
    assert [kv.get_count(word) for word in WORDS] == list(range(10, 0, -1))
    assert type(kv.get_count("king")) is int
    uncounted = KeyedVectors(WORDS, ROWS)
    assert uncounted.counts is None
    with pytest.raises(ValueError, match="these vectors have no counts"):
        uncounted.get_count("king")


def test_most_frequent_words_are_the_first_of_equal_counts():
    kv = KeyedVectors("abcd", np.eye(4), [1, 3, 3, 2])
    assert most_frequent(kv, 3).tolist() == [1, 2, 3]
    assert most_frequent(kv, 9).tolist() == [1, 2, 3, 0]
    assert most_frequent(KeyedVectors("abcd", np.eye(4)), 3).tolist() == [0, 1, 2]


# Norms


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_norms_are_those_of_the_rows(dtype):
    vectors = (10 * ROWS).astype(dtype)
    kv = KeyedVectors(WORDS, vectors)
    expected = [math.hypot(*row.tolist()) for row in vectors]
    np.testing.assert_allclose(kv.norms, expected, rtol=1e-7)  # rounded to float32
    assert kv.norms.dtype == kv.unit_vectors.dtype == np.result_type(dtype, np.float32)
    for word, row in zip(WORDS, vectors.astype(np.float64), strict=True):
        # divided in float32
        np.testing.assert_allclose(kv.get_vector(word, norm=True), row / math.hypot(*row), 3e-7)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_norms_of_float32_neither_overflow_nor_vanish(size):
    kv = KeyedVectors(["a", "b", "c"], np.float32(size) * np.array([[3, 4], [4, 3], [-3, -4]], "f"))
    np.testing.assert_allclose(kv.norms, np.float32(5 * size), rtol=1e-6)
    assert kv.similarity("a", "b") == pytest.approx(0.96)
    assert kv.similarity("a", "c") == pytest.approx(-1)


def test_norms_are_computed_of_the_first_rows_only_and_once(monkeypatch):
    seen = []
    real = word_vectors.row_norms
    monkeypatch.setattr(word_vectors, "row_norms", lambda v: [seen.append(len(v)), real(v)][1])
    kv = KeyedVectors(WORDS, ROWS)
    for n, expected in ((4, [4]), (3, [4]), (4, [4]), (6, [4, 6]), (None, [4, 6, 10]), (5, seen)):
        vectors, norms = first_rows(kv, n)
        np.testing.assert_array_equal(vectors, ROWS[:n])
        np.testing.assert_array_equal(norms, real(ROWS)[:n])
        assert seen == expected
    assert len(kv.norms) == 10


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_not_finite_is_named(bad):
    # its cosines are no numbers, and would hide the answers after it
    vectors = ROWS.copy()
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
    plain = KeyedVectors(WORDS, ROWS)
    assert kv.similarity("king", "man") == plain.similarity("king", "man")
    assert kv.most_similar("king", restrict_vocab=3) == plain.most_similar("king", restrict_vocab=3)


# Unknown words


ASK = {
    "getitem": lambda kv, key: kv[key],
    "getitem-list": lambda kv, key: kv[["king", key]],
    "get_vector": lambda kv, key: kv.get_vector(key),
    "get_index": lambda kv, key: kv.get_index(key),
    "get_count": lambda kv, key: kv.get_count(key),
    "get_mean_vector": lambda kv, key: kv.get_mean_vector([key], ignore_missing=False),
    "similarity-1": lambda kv, key: kv.similarity(key, "king"),
    "positive": lambda kv, key: kv.most_similar(["king", key]),
    "negative": lambda kv, key: kv.most_similar("king", [key]),
    "batch": lambda kv, key: kv.most_similar_batch(["king", key]),
    "cosmul": lambda kv, key: kv.most_similar_cosmul("king", [key]),
    "similar_by_word": lambda kv, key: kv.similar_by_word(key),
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
    # an integer is a key like any other, and no row
    numbers = KeyedVectors([10, 7, "king", "man"], ROWS[:4], [4, 3, 2, 1])
    for key in (0, -1, np.int64(2)):
        with pytest.raises(UnknownWordError, match=r"[02-]1?\)? is not among the 4 words"):
            ask(numbers, key)
    assert ask(numbers, 7) is not None


@pytest.mark.parametrize(
    "key", ["zzzzzz", 7, None, ("king", "man"), 1.5, b"king", {"king"}, {"king": 1}]
)
def test_unknown_word_without_a_near_one(kv, key):
    with pytest.raises(UnknownWordError) as error:
        kv.get_vector(key)
    hint = f"; a {type(key).__name__} cannot be a key" * isinstance(key, (set, dict))
    assert str(error.value) == f"{key!r} is not among the 10 words of the vocabulary{hint}"
    assert isinstance(error.value, KeyError)
    others = KeyedVectors([7, ("king",), "kingdom", "kings"], np.eye(4))
    with pytest.raises(UnknownWordError, match=r"vocabulary; the nearest spelling is 'kings'$"):
        others["king"]


def test_unknown_word_is_compared_only_if_the_message_is_read(kv, monkeypatch):
    def compare(*_, **__):
        pytest.fail("half a second in a vocabulary of 100 000 words")

    with pytest.raises(KeyError) as error:
        kv["quen"]
    assert error.value.args == ("quen",)
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
    monkeypatch.setattr(difflib, "get_close_matches", compare)
    with pytest.raises(KeyError):
        kv["quen"]


# What goes in


def test_vectors_cannot_be_written_to(kv):
    again = pickle.loads(pickle.dumps(kv))
    arrays = [kv.vectors, kv["king"], kv.norms, kv.unit_vectors, kv.get_vector("king", True)]
    for array in (*arrays, again.vectors):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_arrays_of_the_caller_stay_as_they_are(tmp_path):
    keys, vectors, counts = np.array(WORDS), ROWS.copy(), np.arange(10, 0, -1)
    kv = KeyedVectors(keys, vectors, counts)
    assert np.shares_memory(kv.vectors, vectors), "no copy of a large matrix"
    keys[0] = "none"
    vectors[0] = 7
    counts[0] = 99
    assert kv.index_to_key == WORDS
    assert kv["king"].tolist() == [7] * 6
    assert kv.counts.tolist() == list(range(10, 0, -1))
    np.save(tmp_path / "vectors.npy", ROWS)
    mapped = KeyedVectors(WORDS, np.load(tmp_path / "vectors.npy", mmap_mode="r"))
    assert isinstance(mapped.vectors, np.memmap)
    assert mapped.most_similar("king") == KeyedVectors(WORDS, ROWS).most_similar("king")


@pytest.mark.parametrize(
    ("keys", "vectors", "counts", "message"),
    [
        *(
            (WORDS, np.zeros(shape), None, r"vectors has shape \(.*\); 10 keys need \(10, vector_s")
            for shape in ((9, 6), (11, 6), (10,), (10, 6, 1), ())
        ),
        (["a"], [["a", "b"]], None, r"vectors has type .*; it must be of real numbers"),
        (["a"], [[1j, 2]], None, r"vectors has type complex128; it must be of real numbers"),
        (["a"], [[None, 1]], None, r"vectors has type object; it must be of real numbers"),
        (["a", "b", "a"], np.eye(3), None, "keys holds 'a' more than once"),
        ([1, 2, True], np.eye(3), None, "keys holds (1|True) more than once"),
        ([(1,), 2, (1,)], np.eye(3), None, r"keys holds \(1,\) more than once"),
        (["a", "b"], np.eye(2), [3, 2, 1], r"counts has shape \(3,\); it must be \(2,\)"),
    ],
)
def test_parts_that_do_not_agree_are_refused(keys, vectors, counts, message):
    with pytest.raises(ValueError, match=message):
        KeyedVectors(keys, vectors, counts)


def test_no_words_at_all_have_no_answers():
    kv = KeyedVectors([], np.empty((0, 5)))
    assert len(kv) == 0
    assert kv.most_similar(np.ones(5)) == kv.most_similar_cosmul(np.ones(5)) == []
    assert kv.most_similar_batch(np.ones((2, 5))) == [[], []]
    assert kv.distances(np.ones(5)).shape == (0,)
    with pytest.raises(UnknownWordError, match=r"^'a' is not among the 0 words"):
        kv["a"]


# Parts


@pytest.mark.parametrize("rows", [slice(0), slice(2, 7), slice(99), slice(None, None, -1)])
def test_slice_has_the_rows_of_both(kv, rows):
    part = kv[rows]
    assert isinstance(part, KeyedVectors)
    assert part.index_to_key == WORDS[rows]
    assert part.vectors.tolist() == ROWS[rows].tolist()
    assert part.counts.tolist() == [*range(10, 0, -1)][rows]
    assert np.shares_memory(part.vectors, kv.vectors) or not part.vectors.size
    if len(part) > 1:
        expected = [answer for answer in kv.most_similar(VECTOR) if answer[0] in part]
        assert part.most_similar(VECTOR) == expected
    assert KeyedVectors(WORDS, ROWS)[rows].counts is None
    with pytest.raises(TypeError, match="slice indices must be integers"):
        kv["king":"man"]


def test_iteration_is_over_the_keys_in_row_order(kv):
    assert list(kv) == [*iter(kv)] == WORDS
    assert dict(zip(kv, kv.vectors, strict=True))["man"].tolist() == kv["man"].tolist()
    assert sorted(kv, key=kv.get_count) == WORDS[::-1]
    keys = [2, 0, (1, 2), "a"]
    assert list(KeyedVectors(keys, np.eye(4))) == keys


@pytest.mark.parametrize("words", [["man", "king", "fig"], [], ["plum", "king", "plum"], "king"])
def test_subset_has_the_rows_and_counts_of_some_words(kv, words):
    part = kv.subset(words)
    expected = ["king"] if words == "king" else list(dict.fromkeys(words))
    rows = [WORDS.index(word) for word in expected]
    assert type(part) is KeyedVectors
    assert part.index_to_key == expected
    assert part.vectors.tolist() == ROWS[rows].tolist()
    assert part.vectors.dtype == np.float32
    assert part.counts.tolist() == [10 - row for row in rows]
    assert not np.shares_memory(part.vectors, kv.vectors)
    assert not part.vectors.flags.writeable
    assert KeyedVectors(WORDS, ROWS).subset(words).counts is None
    assert kv.subset([*words, "x"] if words != "king" else "king", True).index_to_key == expected


def test_subset_names_unknown_words(kv):
    with pytest.raises(UnknownWordError, match=r"^'kin', 7 are not .* of 'kin' is 'king'$"):
        kv.subset(["man", "kin", 7])
    assert len(kv.subset(["kin", 7], ignore_missing=True)) == 0
    with pytest.raises(UnknownWordError, match=r"^\['man'\] is not"):
        kv.subset([["man"]])


OTHER_ROWS = np.random.default_rng(1).normal(size=(3, 6))


@pytest.mark.parametrize("replace", [False, True])
def test_merged_has_the_words_of_both(kv, replace):
    other = KeyedVectors(["new", "man", 7], OTHER_ROWS, [5, 6, 7])
    both = kv.merged(other, replace=replace)
    assert type(both) is KeyedVectors
    assert both.index_to_key == [*WORDS, "new", 7]
    assert both.vectors.dtype == np.float64, "which holds both kinds of numbers"
    for word in both:
        of = other if word in ("new", 7) or (replace and word == "man") else kv
        assert both[word].tolist() == of[word].tolist()
        assert both.get_count(word) == of.get_count(word)
    assert not both.vectors.flags.writeable
    assert kv["man"].tolist() == ROWS[2].tolist()
    assert len(kv) == 10
    for one, two in ((kv, other[:]), (kv[:], other)):
        uncounted = KeyedVectors(list(two), two.vectors) if one is kv else two
        one = one if one is kv else KeyedVectors(WORDS, ROWS)
        assert one.merged(uncounted, replace).counts is None


def test_merged_with_itself_or_nothing_is_the_same(kv):
    nothing = KeyedVectors([], np.empty((0, 6), np.float32), [])
    for both in (kv.merged(kv), kv.merged(kv, True), kv.merged(nothing), nothing.merged(kv)):
        assert both.index_to_key == WORDS
        assert both.vectors.tolist() == ROWS.tolist()
        assert both.counts.tolist() == kv.counts.tolist()


@pytest.mark.parametrize(
    ("other", "error", "message"),
    [
        (
            KeyedVectors(["a"], np.eye(1)),
            ValueError,
            "other has vectors of 1 numbers, and .* 6; th",
        ),
        (
            {"a": ROWS[0]},
            TypeError,
            r"is a dict; it .*, as negsamp\.KeyedVectors\(words, vectors\) makes",
        ),
        (Word2Vec(), TypeError, r"other is a Word2Vec; it must be a KeyedVectors; give its \.wv$"),
        (None, TypeError, "other is a NoneType; it must be a KeyedVectors"),
    ],
)
def test_merged_refuses_what_does_not_fit(kv, other, error, message):
    with pytest.raises(error, match=message):
        kv.merged(other)
