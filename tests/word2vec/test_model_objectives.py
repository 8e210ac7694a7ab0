"""Every objective through `Word2Vec`: what it learns, what it says of pairs, what it refuses."""

import numpy as np
import pytest
from scipy.special import logsumexp

from negsamp import CorpusError, UnknownWordError, Word2Vec
from negsamp.core.objectives import OBJECTIVES
from negsamp.core.objectives.sgns import SGNS
from negsamp.core.sampling import noise_probabilities
from negsamp.training import reading

V, K = 8, 5
SAMPLED = [name for name, objective in OBJECTIVES.items() if objective.draws_noise]
NORMALIZED = ("infonce", "softmax", "hierarchical")
VARIANTS = [
    *({"objective": name} for name in OBJECTIVES),
    {"objective": "nce", "nce_normalizer": "center"},
    {"objective": "nce", "nce_normalizer": "fixed"},
    {"objective": "sgns", "shift": 2.0},
]
EVERY = pytest.mark.parametrize(
    "variant", VARIANTS, ids=lambda each: "-".join(map(str, each.values()))
)


def known_corpus():
    """Pairs of words drawn from a joint distribution, and how often each pair was drawn."""
    rng = np.random.default_rng(0)
    joint = rng.gamma(1.0, size=(V, V))
    joint += joint.T + 0.2
    draws = rng.choice(V * V, size=20_000, p=(joint / joint.sum()).ravel())
    sentences = np.column_stack([draws // V, draws % V])
    n = np.zeros((V, V))
    np.add.at(n, tuple(sentences.T), 1)
    return sentences, n + n.T


def fit(sentences, **params):
    settings = {"min_count": 1, "sample": 0, "vector_size": 16, "workers": 1, "seed": 1}
    return Word2Vec(**{**settings, **params}).fit(sentences)


def all_scores(model):
    """`score_pairs` of every center with every context, in the order of the words' numbers."""
    centers, contexts = np.divmod(np.arange(V * V), V)
    return model.score_pairs(centers.tolist(), contexts.tolist()).reshape(V, V)


@EVERY
def test_an_objective_learns_what_it_says(variant):
    """PMI less log K for sgns, log p(context | center) for the others, as it was observed."""
    sentences, n = known_corpus()
    model = fit(sentences, window=1, epochs=30, **variant, negative=K)
    log_p = np.log(n / n.sum(axis=1, keepdims=True))
    noise = noise_probabilities(n.sum(axis=0))
    observed = log_p - np.log(noise) - np.log(K) if variant["objective"] == "sgns" else log_p
    learnt = all_scores(model)
    if variant["objective"] == "infonce":  # up to a number for each center
        learnt -= logsumexp(learnt, axis=1, keepdims=True)
    assert np.sqrt(np.mean((learnt - observed) ** 2)) < 0.03
    assert observed.std() > 0.4

    # and the probabilities that follow are the same for all
    for word in range(V):
        ranked = model.predict_context([word], topn=V)
        assert [word for word, _ in ranked] == list(np.argsort(-np.array(predicted(model, word))))
        np.testing.assert_allclose(predicted(model, word), log_p[word], atol=0.12)
        if variant["objective"] in NORMALIZED:
            assert logsumexp(predicted(model, word)) == pytest.approx(0, abs=1e-9)


def predicted(model, word):
    return [log_p for _, log_p in sorted(model.predict_context([word], topn=V))]


@pytest.mark.parametrize("normalizer", ["global", "center"])
def test_the_normalizer_of_nce_is_learnt(normalizer):
    sentences, _ = known_corpus()
    model = fit(sentences, window=1, epochs=20, objective="nce", nce_normalizer=normalizer)
    log_z = model.nce_log_z_
    if normalizer == "global":
        assert isinstance(log_z, float)
    else:
        assert log_z.shape == (V,)
    assert np.abs(log_z - np.log(V)).max() > 0.01  # it moved
    sums = logsumexp(model.vectors_ @ model.context_vectors_.T, axis=1)
    np.testing.assert_allclose(sums, log_z, atol=0.1)


def test_other_normalizers_are_zero_or_none():
    model = fit(known_corpus()[0], epochs=1, objective="nce", nce_normalizer="fixed")
    assert model.nce_log_z_ == 0.0
    with pytest.raises(AttributeError, match="'sgns' has no normaliser"):
        _ = fit([["a", "b"]] * 10).nce_log_z_


@EVERY
def test_the_same_seed_gives_the_same_bytes_for_any_number_of_workers(monkeypatch, variant):
    monkeypatch.setattr("negsamp.training.schedule.TOKENS_WORTH_A_WORKER", 1)
    rng = np.random.default_rng(0)
    corpus = rng.zipf(1.5, (300, 30)).clip(max=50).tolist()
    models = [
        fit(
            corpus,
            epochs=2,
            batch_size=512,
            **variant,
            workers=workers,
        )
        for workers in (1, 2)
    ]
    for name in ("vectors_", "context_vectors_"):
        one, two = (getattr(model, name) for model in models)
        assert one.tobytes() == two.tobytes()
        assert np.linalg.norm(one, axis=1).max() < 15
    assert models[0].loss_history_[-1] < models[0].loss_history_[0]
    if variant["objective"] == "nce":
        np.testing.assert_array_equal(models[0].nce_log_z_, models[1].nce_log_z_)


@EVERY
def test_save_and_load_keep_what_the_objective_says(tmp_path, variant):
    custom = {"noise": np.arange(1.0, V + 1)} if variant["objective"] in SAMPLED else {}
    model = fit(known_corpus()[0], epochs=2, **variant, **custom)
    for _ in range(2):  # over itself too
        model.save(tmp_path / "model")
    again = Word2Vec.load(tmp_path / "model")
    np.testing.assert_array_equal(all_scores(again), all_scores(model))
    assert again.predict_context([3, 5]) == model.predict_context([3, 5])
    if variant["objective"] == "nce":
        np.testing.assert_array_equal(again.nce_log_z_, model.nce_log_z_)


# --- noise


def test_noise_of_ones_own_replaces_the_exponent():
    sentences, _ = known_corpus()
    usual = fit(sentences, epochs=2)
    same = fit(sentences, epochs=2, noise=lambda counts: counts**0.75)
    np.testing.assert_allclose(same.vectors_, usual.vectors_, atol=1e-5)
    uniform = fit(sentences, epochs=2, noise=np.ones(V))
    np.testing.assert_array_equal(
        uniform.vectors_, fit(sentences, epochs=2, ns_exponent=0).vectors_
    )
    assert np.abs(uniform.vectors_ - usual.vectors_).max() > 0.001


def test_pairs_are_scored_without_the_noise():
    calls = []
    model = fit(known_corpus()[0], epochs=1, noise=lambda counts: calls.append(1) or counts)
    n = len(calls)
    model.score_pairs([0, 1], [2, 3])
    assert len(calls) == n
    model.predict_context([0])  # which needs it
    assert len(calls) == n + 1


def test_a_word_that_is_never_noise_is_never_pushed_away():
    sentences, _ = known_corpus()
    noise = np.ones(V)
    noise[0] = 0
    for objective in SAMPLED:
        model = fit(sentences, epochs=3, objective=objective, noise=noise)
        assert np.isfinite(model.vectors_).all()
        assert np.isfinite(model.context_vectors_).all()


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        ([1.0, -1.0], r"noise\[1\] is -1.0; it must be 0 or more"),
        ([1.0, np.nan], r"noise\[1\] is nan; it must be finite"),
        ([np.inf, 1.0], r"noise\[0\] is inf; it must be finite"),
        ([0.0, 0.0], "noise is 0 for every word"),
        ([[1.0, 1.0]], "noise has shape"),
        ("unigram", "noise is 'unigram'; it must be an array of numbers"),
        ([1.0, 2.0, 3.0], "noise has 3 numbers; it must have one for each of the 2 words"),
        (lambda counts: counts[:1], r"noise\(counts\) has 1 numbers"),
        (lambda counts: -counts, r"noise\(counts\)\[0\] is -\d+.0; it must be 0 or more"),
    ],
)
def test_bad_noise_is_named(noise, message):
    with pytest.raises(ValueError, match=message):
        fit([["a", "b"]] * 10, noise=noise)


class Doubled(SGNS):
    """The same loss twice, which trains something else."""

    def turn(self, scores):
        super().turn(scores)
        scores.contexts[...] *= 2
        scores.noise[...] *= 2


def test_an_objective_of_the_callers_own_keeps_its_class_and_its_shift():
    sentences, _ = known_corpus()
    plain, shifted = (fit(sentences, epochs=1, shift=c).vectors_ for c in (0, 2))
    assert not np.array_equal(fit(sentences, epochs=1, objective=Doubled()).vectors_, plain)
    own = fit(sentences, epochs=1, objective=Doubled(), shift=2).vectors_
    assert not np.array_equal(own, shifted)
    np.testing.assert_array_equal(fit(sentences, epochs=1, objective=SGNS(2.0)).vectors_, shifted)


def test_a_shift_that_is_not_given_follows_the_number_of_noise_words():
    sentences, _ = known_corpus()
    for K in (1, 5):
        model = fit(sentences, epochs=1, negative=K)
        same = fit(sentences, epochs=1, negative=K, shift=1 + np.log(K))
        np.testing.assert_array_equal(model.vectors_, same.vectors_)
        assert model.score(sentences) == same.score(sentences)
        assert model.get_params()["shift"] is None
    as_published = fit(sentences, epochs=1, shift=0).vectors_
    np.testing.assert_array_equal(fit(sentences, epochs=1, objective=SGNS()).vectors_, as_published)
    assert not np.array_equal(fit(sentences, epochs=1).vectors_, as_published)
    nce, zero = (fit(sentences, epochs=1, objective="nce", shift=c).vectors_ for c in (None, 0))
    np.testing.assert_array_equal(nce, zero)


# --- what is refused


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"objective": "cbow"}, "'sgns', 'nce', 'infonce', 'softmax', 'hierarchical'"),
        ({"nce_normalizer": "global"}, "nce_normalizer is 'global' with objective 'sgns'"),
        ({"objective": "nce", "shift": 1.5}, "shift is 1.5 with objective 'nce'; .* leave it None"),
        ({"objective": "infonce", "shift": -1}, "shift is -1 with objective 'infonce'"),
        ({"objective": "nce", "nce_normalizer": "one"}, "'global', 'center', 'fixed', or None"),
        ({"objective": "softmax", "noise": np.ones(2)}, "objective 'softmax' draws none"),
    ],
)
def test_settings_that_do_not_go_together_are_named_before_reading(params, message):
    def unread():
        raise AssertionError("the corpus was touched")
        yield

    with pytest.raises(ValueError, match=message):
        fit(unread(), **params)


def test_a_softmax_that_would_not_fit_in_memory_says_so_before_training(monkeypatch):
    monkeypatch.setattr(reading, "machine_memory", lambda: 1000)
    with pytest.raises(
        ValueError, match=r"needs 0\.\d GB .* 2 words, and this machine has 0\.0 GB"
    ):
        fit([["a", "b"]] * 10, objective="softmax")
    fit([["a", "b"]] * 10)  # the others do not ask


def test_hierarchical_softmax_needs_two_words():
    with pytest.raises(CorpusError, match="needs two words"):
        fit([["a", "a"]] * 10, objective="hierarchical")


# --- questions


def test_questions_about_unknown_words_are_refused():
    model = fit([["a", "b"]] * 10)
    with pytest.raises(UnknownWordError):
        model.score_pairs(["a"], ["c"])
    with pytest.raises(UnknownWordError):
        model.predict_context(["c"])
    assert model.predict_context("a") == model.predict_context(["a"])


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda m: m.score_pairs("a", ["b"]), TypeError, "centers is 'a'; it must be a list"),
        (
            lambda m: m.score_pairs(["a", "b"], ["b"]),
            ValueError,
            "centers has 2 words and contexts 1",
        ),
        (lambda m: m.predict_context([]), ValueError, "words is empty"),
        (lambda m: m.predict_context(["a"], topn=0), ValueError, "topn is 0"),
    ],
)
def test_bad_questions_are_named(ask, error, message):
    with pytest.raises(error, match=message):
        ask(fit([["a", "b"]] * 10))


def test_many_pairs_are_scored_in_parts(monkeypatch):
    model = fit(known_corpus()[0], epochs=1, objective="softmax")
    whole = all_scores(model)
    monkeypatch.setattr("negsamp.core.objectives.base.SCORES_AT_ONCE", 2 * V)
    np.testing.assert_allclose(all_scores(model), whole, rtol=1e-12)
