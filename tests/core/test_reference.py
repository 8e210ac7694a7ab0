"""The plain loops learn what the fast road learns: scores, and who is near whom."""

import numpy as np
import pytest

from negsamp import Word2Vec
from negsamp.core import reference


def fast(sentences, **params):
    settings = {"min_count": 1, "sample": 0, "workers": 1, "seed": 1, "progress": False}
    return Word2Vec(**{**settings, **params}).fit(sentences)


def test_train_and_fit_learn_the_same_scores():
    # pairs of five words from a joint distribution: both learn their PMI, less log K
    rng, V, K = np.random.default_rng(0), 5, 2
    joint = rng.gamma(1.0, size=(V, V))
    joint += joint.T + 0.2
    draws = rng.choice(V * V, size=1000, p=(joint / joint.sum()).ravel())
    sentences = np.column_stack([draws // V, draws % V]).tolist()
    n = np.zeros((V, V))
    np.add.at(n, tuple(np.transpose(sentences)), 1)
    n += n.T
    noise = n.sum(axis=0) ** 0.75
    observed = np.log(n / n.sum(axis=1, keepdims=True)) - np.log(noise / noise.sum()) - np.log(K)

    plain = {"window": 1, "negative": K}
    W_in, W_out = reference.train(sentences, V, 8, epochs=20, sample=0, alpha=0.2, seed=1, **plain)
    model = fast(sentences, vector_size=8, epochs=30, **plain)
    centers, contexts = np.divmod(np.arange(V * V), V)
    scores = model.score_pairs(centers.tolist(), contexts.tolist()).reshape(V, V)
    assert observed.std() > 0.4
    # noise of single draws at the last learning rates in the one, none to speak of in the other
    assert np.sqrt(np.mean((W_in @ W_out.T - observed) ** 2)) < 0.1
    assert np.sqrt(np.mean((W_in @ W_out.T - scores) ** 2)) < 0.1


def nearest(vectors, topics):
    """Share of the nearest nine of each word that are of its own topic."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T - 2 * np.eye(len(unit))
    near = np.argsort(-cosines, axis=1)[:, :9]
    return np.mean(topics[near] == topics[:, None])


def test_train_and_fit_find_the_same_neighbours():
    rng = np.random.default_rng(1)
    topics = np.repeat([0, 1, 2], 10)
    sentences = [(rng.integers(10, size=8) + 10 * (i % 3)).tolist() for i in range(150)]
    W_in, _ = reference.train(sentences, 30, 10, epochs=6, alpha=0.2, sample=0, seed=1)
    model = fast(sentences, vector_size=10, epochs=20)
    order = [model.wv.key_to_index[word] for word in range(30)]
    assert nearest(W_in, topics) > 0.99
    assert nearest(model.vectors_[order], topics) > 0.99


@pytest.mark.parametrize("seed", [1, 2])
def test_train_gives_the_same_again(seed):
    sentences = [[0, 1, 2, 1], [2, 0]]
    first, again = (reference.train(sentences, 3, 4, seed=seed) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.isfinite(first).all()
