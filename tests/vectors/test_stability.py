"""Neighbours that models share, against a loop over `most_similar`."""

from itertools import combinations

import numpy as np
import pytest

from negsamp import KeyedVectors, NotFittedError, UnknownWordError, Word2Vec, stability
from negsamp.vectors import cosines


@pytest.fixture
def models():
    """Three noisy copies of the same vectors, each without some of the words, in its own order."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 5))
    found = []
    for number in range(3):
        rows = rng.permutation(60)[: 57 - number]
        noisy = vectors[rows] + rng.normal(size=(len(rows), 5)) * 0.4
        found.append(KeyedVectors([f"w{row}" for row in rows], noisy))
    return found


def sets_of(kv, common, word, topn):
    near = [key for key, _ in kv.most_similar(word, topn=len(kv)) if key in common]
    return set(near[:topn])


@pytest.mark.parametrize("topn", [1, 5, 10])
@pytest.mark.parametrize("at_once", [1, 200, 1 << 22])
def test_stability_equals_loops(models, monkeypatch, topn, at_once):
    monkeypatch.setattr(cosines, "_PAIRS", at_once)
    found = stability(iter(models), topn=topn)
    common = [key for key in models[0].index_to_key if key in models[1] and key in models[2]]
    assert found.words == common
    pairs = np.eye(3)
    for place, word in enumerate(common):
        sets = [sets_of(kv, common, word, topn) for kv in models]
        for i, j in combinations(range(3), 2):
            pairs[i, j] += len(sets[i] & sets[j]) / topn / len(common)
        overlaps = [len(a & b) / topn for a, b in combinations(sets, 2)]
        jaccards = [len(a & b) / len(a | b) for a, b in combinations(sets, 2)]
        assert found.overlaps[place] == pytest.approx(np.mean(overlaps))
        assert found.jaccards[place] == pytest.approx(np.mean(jaccards))
    np.testing.assert_allclose(found.pairs, np.triu(pairs) + np.triu(pairs, 1).T)
    assert found.mean == pytest.approx(found.overlaps.mean())
    assert found.mean_jaccard == pytest.approx(found.jaccards.mean())
    assert 0.1 < found.mean < 0.9


def test_words_are_compared_among_all(models):
    whole = stability(models)
    some = stability(models, words=whole.words[7:3:-1])
    assert some.words == whole.words[7:3:-1]
    np.testing.assert_array_equal(some.overlaps, whole.overlaps[7:3:-1])


def test_least_and_most(models):
    found = stability(models)
    by_overlap = sorted(found.overlaps)
    assert [overlap for _, overlap in found.least(4)] == by_overlap[:4]
    assert [overlap for _, overlap in found.most(4)] == by_overlap[::-1][:4]
    for word, overlap in [*found.least(), *found.most()]:
        assert found.overlaps[found.words.index(word)] == overlap
    assert len(found.least(1000)) == len(found.words)
    assert repr(found).startswith(f"Stability(mean={found.mean:.3f}, mean_jaccard=0.")
    with pytest.raises(ValueError, match="n is 0; it must be an integer, 1 or more"):
        found.most(0)
    with pytest.raises(AttributeError):
        found.topn = 5


def test_a_model_agrees_with_itself_whatever_its_ties():
    rng = np.random.default_rng(1)
    rows = rng.integers(-1, 2, size=(40, 2))  # many equal cosines, and zero vectors
    kv = KeyedVectors(range(40), rows)
    turned = KeyedVectors(range(40), rows[:, ::-1] * 3)
    found = stability([kv, turned], topn=7)
    assert found.mean == found.mean_jaccard == 1
    nearest = [key for key, _ in kv.most_similar(3, topn=7)]
    first = KeyedVectors([3, *nearest], kv[[3, *nearest]])
    assert stability([kv, first], words=[3], topn=7).mean == 1


def test_seeds_of_a_model_agree_in_part():
    rng = np.random.default_rng(0)
    corpus = [[f"{topic}{i}" for i in rng.integers(0, 8, 10)] for topic in "ab" * 100]
    models = [
        Word2Vec(8, min_count=1, sample=0, epochs=3, workers=1, seed=seed).fit(corpus)
        for seed in (1, 2)
    ]
    found = stability([models[0], models[1].wv], topn=7)
    assert found.mean > 0.9  # the seven others of the topic, whatever the seed
    assert stability([models[0], models[0]]).mean == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"topn": 0}, ValueError, "topn is 0; it must be an integer, 1 or more"),
        ({"topn": 2.0}, ValueError, "topn is 2.0"),
        ({"topn": 3}, ValueError, "topn is 3; it must be less than the number of words .*, 3"),
        ({"models": [KeyedVectors(["a"], [[1.0]])]}, ValueError, "models has 1 .*; two or more"),
        ({"models": ["model", "model"]}, TypeError, "models holds a str; it must hold Keyed"),
        ({"models": [Word2Vec()] * 2}, NotFittedError, "no wv yet"),
        ({"words": []}, ValueError, "words is empty"),
        ({"words": "a"}, TypeError, "words is 'a'; it must be a list"),
        ({"words": ["a", "d"]}, UnknownWordError, "'d' is not among the 3 words"),
    ],
)
def test_bad_input_is_refused(arguments, error, message):
    a = KeyedVectors(["a", "b", "c", "d"], np.eye(4))
    b = KeyedVectors(["c", "b", "a"], np.eye(3))
    with pytest.raises(error, match=message):
        stability(**{"models": [a, b], "topn": 1, **arguments})
