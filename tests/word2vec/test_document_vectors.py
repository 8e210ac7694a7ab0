"""Mean vectors of documents: which words count, how often, and what is refused."""

import numpy as np
import pytest

from negsamp import CorpusError, Vocabulary
from negsamp.corpus import reading
from negsamp.word2vec.document_vectors import document_vectors

WORDS = ["cat", "dog", 7]
VOCABULARY = Vocabulary(WORDS, [3, 2, 1])
VECTORS = np.array([[1, 2], [3, -4], [0.5, 8]], np.float32)


def mean(*words):
    return np.mean([VECTORS[WORDS.index(word)] for word in words], axis=0)


MEANS = [
    (["cat", "dog"], mean("cat", "dog")),
    ("dog  dog\ncat bird", mean("dog", "dog", "cat")),
    ([], [0, 0]),
    (("bird", "7"), [0, 0]),  # the word is a number
    (np.array([7]), mean(7)),
    (["cat"] * 3, mean("cat")),
]


@pytest.mark.parametrize("size", [1, 1000])
def test_document_vectors_are_means_of_known_words(monkeypatch, size):
    monkeypatch.setattr(reading, "TOKENS_PER_CHUNK", size)
    documents, means = zip(*MEANS, strict=True)
    found, n_unknown = document_vectors(VOCABULARY, VECTORS, iter(documents))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, means, rtol=1e-6)
    assert n_unknown == 2


def test_document_vectors_of_none_are_an_empty_matrix():
    found, n_unknown = document_vectors(VOCABULARY, VECTORS, [])
    assert (found.shape, found.dtype, n_unknown) == ((0, 2), np.float32, 0)


def test_document_vectors_of_a_long_document_are_as_exact_as_float32():
    # a sum token by token would be wrong by one in a thousand
    vectors = np.full((3, 2), 0.1, np.float32)
    found, _ = document_vectors(VOCABULARY, vectors, [["cat", "dog"] * 200_000])
    np.testing.assert_allclose(found[0], [0.1, 0.1], rtol=1e-6)


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ("cat dog", "documents is 'cat dog'; it must be an iterable of documents"),
        (b"cat", "corpus is a bytes"),
        (None, "corpus is a NoneType"),
        ([["cat"], 3], "sentence 1 is the int 3"),
        ([["cat"], ["dog", ["cat"]]], "token 1 of sentence 1 is .* not hashable"),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_document_vectors_refuse_what_is_no_document(monkeypatch, documents, message, size):
    monkeypatch.setattr(reading, "TOKENS_PER_CHUNK", size)
    with pytest.raises(CorpusError, match=message):
        document_vectors(VOCABULARY, VECTORS, documents)
