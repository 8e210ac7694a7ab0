"""Vectors that are changed after training, against the equations by other routes."""

import numpy as np
import pytest

from negsamp import KeyedVectors, NotFittedError, Word2Vec, all_but_the_top, wv_plus_context
from negsamp.vectors import post_processing

SETTINGS = {"vector_size": 6, "min_count": 1, "sample": 0, "epochs": 2, "workers": 1, "seed": 1}
SENTENCES = [["a", "b", "c", "d"], ["b", "c", "d", "a"], ["c", "d", "e", "a"]] * 4


def vectors(V=50, d=7, dtype=np.float64):
    rng = np.random.default_rng(0)
    matrix = (5 * rng.normal(size=(V, d)) @ rng.normal(size=(d, d)) + 20).astype(dtype)
    return KeyedVectors([f"w{i}" for i in range(V)], matrix, np.arange(V, 0, -1))


@pytest.mark.parametrize("at_once", [1, 7, 1 << 12])
@pytest.mark.parametrize("D", [0, 1, 3, 6])
def test_all_but_the_top_is_the_part_that_svd_leaves(monkeypatch, D, at_once):
    monkeypatch.setattr(post_processing, "ROWS_AT_ONCE", at_once)
    kv = vectors()
    found = all_but_the_top(kv, D)
    centred = kv.vectors - kv.vectors.mean(axis=0)
    U, s, Vt = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(found.vectors, (U[:, D:] * s[D:]) @ Vt[D:], atol=1e-9)
    np.testing.assert_allclose(found.vectors.mean(axis=0), 0, atol=1e-12)
    assert np.linalg.matrix_rank(found.vectors, tol=1e-6) == 7 - D


@pytest.mark.parametrize(("d", "D"), [(2, 1), (49, 1), (100, 1), (160, 2), (300, 3)])
def test_all_but_the_top_removes_a_direction_of_a_hundred(d, D):
    kv = vectors(2 * d, d)
    np.testing.assert_array_equal(all_but_the_top(kv).vectors, all_but_the_top(kv, D).vectors)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("f2", "f4"), ("f4", "f4"), (">f4", "f4"), ("f8", "f8"), ("i4", "f8"), ("u1", "f4")],
)
def test_all_but_the_top_keeps_words_counts_and_precision(dtype, expected):
    kv = vectors(dtype=dtype)
    before = kv.vectors.copy()
    found = all_but_the_top(kv)
    assert found.index_to_key == kv.index_to_key
    np.testing.assert_array_equal(found.counts, kv.counts)
    assert found.vectors.dtype == expected
    assert not found.vectors.flags.writeable
    np.testing.assert_array_equal(kv.vectors, before)
    assert all_but_the_top(KeyedVectors(list(kv), kv.vectors)).counts is None


def test_all_but_the_top_takes_vectors_that_lie_in_a_file(tmp_path):
    kv = vectors(dtype=np.float32)
    kv.save(tmp_path / "kv")
    mapped = KeyedVectors.load(tmp_path / "kv", mmap=True)
    np.testing.assert_array_equal(all_but_the_top(mapped).vectors, all_but_the_top(kv).vectors)


def test_all_but_the_top_takes_equal_vectors():
    assert not all_but_the_top(KeyedVectors("abcd", np.ones((4, 3)))).vectors.any()


@pytest.mark.parametrize("D", [-1, 1.0, True, "1", 10**400])
def test_all_but_the_top_refuses_what_is_no_number_of_components(D):
    with pytest.raises(ValueError, match=r"^n_components is "):
        all_but_the_top(vectors(), D)


@pytest.mark.parametrize(
    ("V", "d", "D"), [(50, 7, 7), (50, 7, 8), (5, 7, 4), (2, 7, None), (1, 7, 0), (50, 1, None)]
)
def test_all_but_the_top_leaves_something(V, d, D):
    message = rf"^n_components is {D}, and \d components would leave nothing of {V} vectors of {d} "
    with pytest.raises(ValueError, match=message):
        all_but_the_top(vectors(V, d), D)


def test_all_but_the_top_refuses_what_are_no_vectors():
    with pytest.raises(TypeError, match=r"^kv is a ndarray; .*, as negsamp\.Keyed"):
        all_but_the_top(np.ones((5, 3)))
    kv = KeyedVectors("abcd", [[1.0, 2], [3, 4], [np.nan, 0], [4, 4]])
    with pytest.raises(ValueError, match="the vector of 'c' has the norm nan; it must be finite"):
        all_but_the_top(kv)


@pytest.mark.parametrize("objective", ["sgns", "nce", "infonce", "softmax"])
def test_wv_plus_context_adds_the_two_vectors_of_each_word(objective):
    model = Word2Vec(**SETTINGS, objective=objective).fit(SENTENCES)
    found = wv_plus_context(model)
    assert found.index_to_key == model.wv.index_to_key
    np.testing.assert_array_equal(found.counts, model.wv.counts)
    np.testing.assert_array_equal(found.vectors, model.vectors_ + model.context_vectors_)


def test_wv_plus_context_goes_by_words_where_contexts_have_rows_of_their_own():
    model = Word2Vec(**SETTINGS).fit_pairs([("a", "b"), ("a", "b"), ("b", "a"), ("a", "b")])
    assert [*model.wv] == ["a", "b"]
    assert [*model.context_wv] == ["b", "a"]
    expected = model.wv["b"] + model.context_wv["b"]
    np.testing.assert_array_equal(wv_plus_context(model)["b"], expected)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "b"), ("b", "a"), ("c", "a")], "^'c' is a center "),
        ([("a", "b"), ("b", "a"), ("a", "d")], "^'d' is a context "),
    ],
)
def test_wv_plus_context_refuses_other_contexts(pairs, message):
    with pytest.raises(ValueError, match=message):
        wv_plus_context(Word2Vec(**SETTINGS).fit_pairs(pairs))


def test_wv_plus_context_refuses_what_has_no_contexts():
    with pytest.raises(TypeError, match=r"^model is a KeyedVectors; it must be a fitted Word2Vec$"):
        wv_plus_context(vectors())
    with pytest.raises(NotFittedError):
        wv_plus_context(Word2Vec())
    with pytest.raises(AttributeError, match="output vectors of objective 'hierarchical' are no"):
        wv_plus_context(Word2Vec(**SETTINGS, objective="hierarchical").fit(SENTENCES))
