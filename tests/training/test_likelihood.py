"""Held-out log-likelihood: the mean of the objective over every pair of a text, counted here one by
one with the noise in expectation.
"""

import numpy as np
import pytest
from scipy.special import log_expit, logsumexp

from negsamp import CorpusError, Word2Vec
from negsamp.core.objectives import OBJECTIVES, Extras, Trained, objective_of
from negsamp.corpus.stream import TokenStream
from negsamp.training import likelihood
from negsamp.training.likelihood import mean_log_likelihood
from negsamp.training.settings import Settings

V, D, WINDOW, K = 9, 5, 3, 2
RNG = np.random.default_rng(3)
COUNTS = np.sort(RNG.integers(1, 60, V))[::-1]
NOISE = COUNTS**0.75 / (COUNTS**0.75).sum()
W_IN, W_OUT = RNG.normal(size=(2, V, D)).astype(np.float32)


def stream_of(sentences):
    ids = np.concatenate([np.zeros(0, np.int32), *sentences]).astype(np.int32)
    return TokenStream(ids, np.cumsum([0, *map(len, sentences)], dtype=np.int64))


def random_stream(n_sentences):
    rng = np.random.default_rng(5)
    return stream_of([rng.integers(V, size=rng.integers(1, 30)) for _ in range(n_sentences)])


def extras_of(objective):
    normalizer = "center" if objective == "nce" else None
    extras = objective_of(objective, normalizer).extras(COUNTS, NOISE, K)
    if objective == "nce":
        extras.log_z = np.linspace(-1, 1, V, dtype=np.float32)[:, None]
    return extras


def settings_of(**params):
    return Settings.checked(Word2Vec(**{"shift": 0, **params}).get_params())


def score(stream, objective="sgns", window=WINDOW, **params):
    settings = settings_of(**{"objective": objective, "window": window, "negative": K, **params})
    trained = Trained(W_IN, W_OUT, extras_of(objective), NOISE, K)
    return mean_log_likelihood(settings, trained, stream)


def pair_losses(objective):
    """Expected loss of each (center, context), (V, V)."""
    s, extras = W_IN.astype(float) @ W_OUT.T.astype(float), extras_of(objective)
    if objective == "sgns":
        return -log_expit(s) - K * (log_expit(-s) @ NOISE)[:, None]
    if objective == "nce":
        a = s - extras.log_z - np.log(K * NOISE)
        return -log_expit(a) - K * (log_expit(-a) @ NOISE)[:, None]
    if objective == "infonce":  # every set of K = 2 noise words
        a = s - np.log(NOISE)
        sets = np.logaddexp(a[:, :, None], a[:, None, :])
        losses = np.logaddexp(0, sets[:, None] - a[:, :, None, None])
        return np.einsum("coij,i,j->co", losses, NOISE, NOISE)
    if objective == "softmax":
        return logsumexp(s, axis=1)[:, None] - s
    centers = np.arange(V)
    return -OBJECTIVES[objective].log_probabilities(Trained(W_IN, W_OUT, extras, NOISE, K), centers)


def expected(stream, objective, window=WINDOW, shrink_windows=True):
    losses, total, weights = pair_losses(objective), 0.0, 0.0
    for sentence in stream:
        for distance in range(1, window + 1):
            weight = (window + 1 - distance) / window if shrink_windows else 1.0
            first, second = sentence[:-distance], sentence[distance:]
            total += weight * (losses[first, second].sum() + losses[second, first].sum())
            weights += 2 * weight * len(first)
    return -total / weights


@pytest.mark.parametrize("shrink_windows", [True, False])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_likelihood_is_the_mean_over_every_pair(objective, shrink_windows):
    stream = random_stream(2000)
    found = score(stream, objective, shrink_windows=shrink_windows)
    # 30 blocks of 16 · 64 noise words, that count K times: of σ about 2, so 0.01 for their mean
    tolerance = 0.04 if OBJECTIVES[objective].draws_noise else 1e-5
    wanted = expected(stream, objective, shrink_windows=shrink_windows)
    assert found == pytest.approx(wanted, abs=tolerance)
    assert score(stream, objective, shrink_windows=shrink_windows) == found


@pytest.mark.parametrize("objective", [n for n in OBJECTIVES if OBJECTIVES[n].draws_noise])
def test_likelihood_comes_closer_the_more_noise_is_drawn(monkeypatch, objective):
    stream = random_stream(100)
    monkeypatch.setattr(likelihood, "NOISE_WORDS", 1 << 12)
    # as above, of 24 groups of 4096
    assert score(stream, objective) == pytest.approx(expected(stream, objective), abs=0.015)


@pytest.mark.parametrize("objective", ["softmax", "hierarchical"])
@pytest.mark.parametrize("sentences", [[[1, 2]], [[3], [0, 4, 4], [5]], [[1, 1]] * 2000])
def test_likelihood_of_few_or_short_sentences(objective, sentences):
    stream = stream_of(sentences)
    wanted = expected(stream, objective, window=10)
    assert score(stream, objective, window=10) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("negative", [1, 5, 64, 100])
def test_likelihood_counts_k_noise_words_however_many_are_drawn(negative):
    # with vectors of no length every σ is ½
    zeros = np.zeros((V, D), np.float32)
    for objective, nats in (("sgns", 1 + negative), ("infonce", None)):
        settings = settings_of(objective=objective, window=2, negative=negative)
        stream = random_stream(20)
        trained = Trained(zeros, zeros, Extras(), NOISE, negative)
        found = mean_log_likelihood(settings, trained, stream)
        loss = np.log(1 + negative) if nats is None else nats * np.log(2)
        assert found == pytest.approx(-loss)


@pytest.mark.parametrize("sentences", [[], [[1], [2]]])
def test_likelihood_without_a_pair_says_so(sentences):
    with pytest.raises(CorpusError, match=f"no pair to score: none of the {len(sentences)} sent"):
        score(stream_of(sentences))
