"""Training as a whole: what is learnt, how it ends, what stops it."""

import math
import subprocess

import numpy as np
import pytest
from runs import assert_same
from threadpoolctl import threadpool_info, threadpool_limits

from negsamp import Word2Vec
from negsamp.core import sampling
from negsamp.core.blocks import choose_block_shape
from negsamp.core.kernels.sampled import BlockKernel
from negsamp.core.sampling import keep_probabilities, noise_probabilities
from negsamp.core.windows import window_weights
from negsamp.errors import TeamError
from negsamp.training import run
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings


def zipf_corpus(n_sentences, length, V, exponent, seed=0):
    """Sentences of independent words whose frequencies fall as rank^−exponent."""
    rng = np.random.default_rng(seed)
    p = np.arange(1, V + 1.0) ** -exponent
    return rng.choice(V, size=(n_sentences, length), p=p / p.sum()).tolist()


def fit(corpus, callbacks=(), **params):
    settings = {"min_count": 1, "sample": 0, "vector_size": 16, "workers": 1, "seed": 1}
    return Word2Vec(**{**settings, **params}).fit(corpus, callbacks=callbacks)


# --- the mathematics


@pytest.mark.parametrize("shift", [0, None])
@pytest.mark.parametrize("optimizer", ["adagrad", "sgd"])
def test_scores_come_to_shifted_pmi(optimizer, shift):
    """u·v − shift → log p(w, c) / (p(w) p_noise(c)) − log K, within the sampling error.

    With n(w, c) observed pairs, log n(w, c) has the variance 1 / n(w, c) to first order, and twice
    that on the diagonal, where each draw counts as two pairs of the same kind. log n(w) and the
    noise distribution add at most 1 / n(w) + 1 / n(c). On top comes what the optimizer leaves,
    measured as 0.010 (root mean square) against the observed frequencies.
    """
    V, K = 8, 5
    rng = np.random.default_rng(0)
    joint = rng.gamma(1.0, size=(V, V))
    joint += joint.T + 0.2
    joint /= joint.sum()
    draws = rng.choice(V * V, size=20_000, p=joint.ravel())
    sentences = np.column_stack([draws // V, draws % V])
    model = fit(sentences, window=1, negative=K, epochs=60, optimizer=optimizer, shift=shift)

    order = np.array(model.vocabulary_.words)
    n = np.zeros((V, V))
    np.add.at(n, tuple(sentences.T), 1)
    n = (n + n.T)[np.ix_(order, order)]
    joint = joint[np.ix_(order, order)]
    noise = noise_probabilities(model.vocabulary_.counts)
    learnt = model.vectors_ @ model.context_vectors_.T
    if shift is None:
        learnt -= 1 + np.log(K)
    observed = np.log(n / n.sum(axis=1, keepdims=True) / noise) - np.log(K)
    true = np.log(joint / joint.sum(axis=1, keepdims=True) / noise) - np.log(K)

    assert np.sqrt(np.mean((learnt - observed) ** 2)) < 0.03
    variance = (1 + np.eye(V)) / n + 1 / n.sum(axis=1)[:, None] + 1 / n.sum(axis=0)
    # 64 cells within 4 standard deviations, plus seven times what the optimizer leaves
    assert (np.abs(learnt - true) < 4 * np.sqrt(variance) + 0.07).all()
    # and the test has power: the values spread far wider than the errors allowed
    assert learnt.std() > 5 * np.sqrt(variance.mean())


# --- stability


CORPORA = {
    "two words": [["a", "b"]] * 3000,
    "two words, once": [["a", "b"]],
    "one word repeated": [["a"] * 50] * 40,
    "one long sentence": zipf_corpus(1, 10_000, 500, 1.0),
    "sentences of two": zipf_corpus(20_000, 2, 1000, 1.0),
    "uniform, ten words": zipf_corpus(500, 50, 10, 0.0),
    "steep Zipf": zipf_corpus(500, 50, 1000, 2.0),
    "each word once": [[f"w{i}" for i in range(s, s + 20)] for s in range(0, 4000, 20)],
    "bursts": [[f"village{i // 50}", "is", "a", f"place{i // 50}"] for i in range(4000)],
}


@pytest.mark.parametrize("optimizer", ["adagrad", "sgd"])
@pytest.mark.parametrize("name", CORPORA)
def test_any_corpus_trains_without_wild_norms(name, optimizer):
    corpus = CORPORA[name]
    model = fit(corpus, optimizer=optimizer, epochs=5, vector_size=50)
    for matrix in (model.vectors_, model.context_vectors_):
        assert np.isfinite(matrix).all()
        # pair-by-pair SGD reaches 1 to 3 on these corpora; a blow-up passes 100 at once
        assert np.linalg.norm(matrix, axis=1).max() < 9
    assert model.loss_history_[-1] < 6 * np.log(2)  # the loss of zero scores
    assert model.loss_history_[-1] < model.loss_history_[0]


@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_a_large_learning_rate_and_batch_stay_finite(alpha):
    corpus = CORPORA["bursts"]
    model = fit(corpus, alpha=alpha, batch_size=4096, epochs=20)
    assert np.isfinite(model.vectors_).all()
    assert np.linalg.norm(model.vectors_, axis=1).max() < 50


def three_words():
    """The batches of these few words are shortened all the time."""
    rng = np.random.default_rng(0)
    return rng.choice(3, size=(200, 20), p=[0.7, 0.2, 0.1]).tolist()


@pytest.mark.parametrize(("objective", "longest"), [("infonce", 2.0), ("softmax", 1.0)])
def test_what_all_output_vectors_share_does_not_grow(monkeypatch, objective, longest):
    monkeypatch.setattr("negsamp.training.epochs.LONGEST_MEAN", longest)
    settings = {"objective": objective, "optimizer": "sgd", "alpha": 0.1, "batch_size": 128}
    means, corpus = [], three_words()
    model = fit(
        corpus,
        **settings,
        epochs=20,
        callbacks=[lambda m, _: means.append(np.linalg.norm(m.context_vectors_.mean(axis=0)))],
    )
    assert max(means) <= longest  # several times as long where nothing holds it
    # nothing is lost: independent words, whose frequencies the model knows
    kinds, counts = np.unique(corpus, return_counts=True)
    known = dict(model.predict_context([0], topn=3))
    np.testing.assert_allclose(
        np.exp([known[kind] for kind in kinds]), counts / counts.sum(), atol=0.05
    )


def test_the_mean_is_taken_off_alike_by_any_number_of_workers(worth_a_worker):
    settings = {"objective": "infonce", "optimizer": "sgd", "alpha": 0.1, "batch_size": 128}
    one, two = (fit(three_words(), epochs=20, workers=n, **settings) for n in (1, 2))
    assert np.linalg.norm(one.context_vectors_, axis=1).max() < 15
    assert two.context_vectors_.tobytes() == one.context_vectors_.tobytes()


# --- the loop


def test_the_seed_alone_makes_the_result():
    corpus = zipf_corpus(400, 30, 200, 1.0)
    first, second, other, new, newer = (
        fit(corpus, sample=1e-2, seed=seed) for seed in (7, 7, 8, None, None)
    )
    assert_same(first, second)
    for one, two in ((first, other), (new, newer)):
        assert (one.vectors_ != two.vectors_).any()


@pytest.mark.parametrize(
    ("objective", "workers", "optimizer"),
    [
        ("sgns", 2, "sgd"),
        ("sgns", 3, "adagrad"),
        ("hierarchical", 2, "adagrad"),
        ("hierarchical", 3, "sgd"),
        ("softmax", 2, "sgd"),
        ("softmax", 3, "adagrad"),
        ("sgns", 4, "adagrad"),
        ("sgns", 8, "adagrad"),
        ("hierarchical", 8, "adagrad"),
    ],
)
@pytest.mark.usefixtures("worth_a_worker")
def test_any_number_of_workers_gives_the_same_bytes(objective, workers, optimizer):
    corpus = zipf_corpus(1000, 30, 100, 1.0)
    settings = {"epochs": 2, "sample": 1e-2, "optimizer": optimizer, "vector_size": 20}
    settings["objective"] = objective
    settings["batch_size"] = 512 if workers < 8 else 4096  # 4 groups or 8: work for all
    one, several = (fit(corpus, workers=n, **settings) for n in (1, workers))
    assert_same(several, one)


@pytest.mark.usefixtures("worth_a_worker")
def test_workers_on_another_platform_give_the_same_bytes(platform, tmp_path, monkeypatch):
    text = tmp_path / "text.txt"
    text.write_text("\n".join(" ".join(map(str, s)) for s in zipf_corpus(1000, 30, 100, 1.0)))
    sizes = []
    run_team = run.run_team
    monkeypatch.setattr(run, "run_team", lambda *a: sizes.append(a[1]) or run_team(*a))
    settings = {"vector_size": 16, "batch_size": 512, "seed": 1}
    one, several = (Word2Vec(workers=n, **settings) for n in (1, 3))
    several.fit(text, cache=tmp_path / "cache")  # whose files the workers map
    assert sizes == [3]
    assert_same(several, one.fit(text))


@pytest.mark.parametrize("workers", [4, 8])
@pytest.mark.parametrize("corpus", [[["a", "b"]], [["a", "b", "c"]] * 3, [[*"abcde"] * 40]])
@pytest.mark.usefixtures("worth_a_worker")
def test_more_workers_than_there_is_text_for_give_the_same_bytes(corpus, workers):
    settings = {"epochs": 2, "batch_size": 4096}
    assert_same(fit(corpus, workers=workers, **settings), fit(corpus, **settings))


def test_a_small_corpus_starts_no_process(monkeypatch):
    monkeypatch.setattr("negsamp.training.workers.subprocess.Popen", None)
    assert np.isfinite(fit(zipf_corpus(1000, 30, 100, 1.0), workers=8).vectors_).all()


@pytest.mark.usefixtures("worth_a_worker")
def test_a_program_that_is_no_python_does_not_start_itself_again(monkeypatch, caplog, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("a b c d\n" * 1000)
    monkeypatch.setattr("negsamp.training.workers.subprocess.Popen", None)
    monkeypatch.setattr("negsamp.training.run.LARGE_FILE", -1)
    monkeypatch.setattr("sys.frozen", True, raising=False)
    with caplog.at_level("INFO"):
        assert np.isfinite(fit(text, workers=8, batch_size=512).vectors_).all()
    assert "is no Python that could start others" in caplog.text


def test_learning_rate_falls_linearly_to_min_alpha():
    settings = Settings.checked(Word2Vec(min_alpha=0.001, epochs=4).get_params())
    schedule = Schedule(settings, 2, choose_block_shape(1000, 0.1), 1000.0, seed=0)
    assert schedule.learning_rate(0) == 0.025
    assert schedule.learning_rate(2000) == pytest.approx(0.013)
    assert schedule.learning_rate(4000) == pytest.approx(0.001)
    assert schedule.learning_rate(4100) == pytest.approx(0.001)  # more kept than expected


def test_every_center_is_trained_once_an_epoch(monkeypatch):
    seen, rates = [], []
    gradients, learning_rate = BlockKernel.gradients, Schedule.learning_rate

    def note_centers(self, W_in, W_out, block):
        seen.append(block.centers[(block.left + block.right) > 0])
        return gradients(self, W_in, W_out, block)

    def note_rate(self, done):
        rates.append(done)
        return learning_rate(self, done)

    monkeypatch.setattr(BlockKernel, "gradients", note_centers)
    monkeypatch.setattr(Schedule, "learning_rate", note_rate)
    fit([[*range(10)] * 100], window=2, epochs=2)
    assert np.bincount(np.concatenate(seen), minlength=10).tolist() == [200] * 10
    assert rates == sorted(rates)
    assert rates[0] == 0
    assert 1900 < rates[-1] < 2100


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_each_worker_keeps_to_its_core(monkeypatch):
    if not blas_threads():
        pytest.skip("threadpoolctl knows no BLAS library that is loaded here")
    seen = []
    gradients = BlockKernel.gradients

    def note_threads(self, W_in, W_out, block):
        seen.append(blas_threads())
        return gradients(self, W_in, W_out, block)

    monkeypatch.setattr(BlockKernel, "gradients", note_threads)
    with threadpool_limits(2, user_api="blas"):
        fit([[*range(10)] * 100], epochs=1)
        assert max(blas_threads()) == 2  # the caller's setting is back
    assert seen
    assert {n for threads in seen for n in threads} == {1}


def test_a_worker_that_is_killed_is_an_error_and_loses_nothing(monkeypatch, worth_a_worker):
    started = []
    popen = subprocess.Popen

    def start(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("negsamp.training.workers.subprocess.Popen", start)

    def kill(model, epoch):
        started[0].kill()

    model = Word2Vec(vector_size=16, min_count=1, epochs=5, workers=2, batch_size=256, seed=1)
    with pytest.raises(TeamError, match="signal 9"):
        model.fit(zipf_corpus(500, 30, 100, 1.0), callbacks=[kill])
    assert model.vectors_.shape == (100, 16)
    assert np.isfinite(model.vectors_).all()


def test_callbacks_of_several_workers_see_what_is_learnt(worth_a_worker):
    corpus, seen = zipf_corpus(500, 30, 100, 1.0), {1: [], 2: []}
    for workers, vectors in seen.items():
        model = Word2Vec(
            vector_size=16, min_count=1, epochs=3, workers=workers, batch_size=512, seed=1
        )
        epochs = []
        model.fit(
            corpus,
            callbacks=[
                lambda m, epoch, e=epochs: e.append((epoch, len(m.loss_history_))),
                lambda m, _, v=vectors: v.append(m.vectors_.copy()),
            ],
        )
        assert epochs == [(1, 1), (2, 2), (3, 3)]
        assert (vectors[-1] == model.vectors_).all()
    np.testing.assert_array_equal(seen[1], seen[2])
    assert (seen[1][0] != seen[1][1]).any()


def test_progress_bar_shows_rate_loss_and_learning_rate(capsys):
    fit(zipf_corpus(400, 30, 100, 1.0), progress=True)
    shown = capsys.readouterr().err
    assert "words/s" in shown
    assert "loss 2." in shown
    assert "alpha 0.0" in shown
    assert "100%" in shown
    fit(zipf_corpus(40, 30, 100, 1.0), progress=False)
    fit(zipf_corpus(40, 30, 100, 1.0), progress=None)  # not a terminal
    assert capsys.readouterr().err == ""


def test_noise_words_that_pull_little_are_fewer_in_few_epochs_and_more_in_many():
    counts, keep = np.full(1000, 1000), np.ones(1000)

    def words(**params):
        settings = Settings.checked(Word2Vec(**params).get_params())
        return Schedule.of_corpus(settings, counts, 100, keep, 1).shape.noise_words

    assert words(epochs=1) == words(epochs=1, shift=1) < words(epochs=1, shift=0.9)
    assert words(epochs=1, shift=0) == words(epochs=1, objective="nce") == words(epochs=1, shift=-3)
    assert words(epochs=5, init="random") > words(epochs=5, shift=0)
    assert words(epochs=5) == words(epochs=5, shift=0)  # vectors begin well


def test_windows_of_few_tokens_reach_as_far_as_with_the_sample_of_word2vec():
    counts = np.repeat([1_000_000, 10_000], [2, 200])

    def schedule(longest=100, **params):
        settings = Settings.checked(Word2Vec(**params).get_params())
        keep = keep_probabilities(counts, settings.sample)
        return Schedule.of_corpus(settings, counts, longest, keep, 1)

    few = schedule(epochs=1)
    share = few.kept_tokens / schedule(epochs=1, sample=1e-3).kept_tokens
    assert 0.6 < share < 0.8
    np.testing.assert_allclose(few.weights, window_weights(5 * share))
    assert few.reach == math.ceil(5 * share) == 4
    assert schedule(longest=3, epochs=1).weights.tolist() == few.weights[2:7].tolist()
    assert schedule(epochs=1, sample=2000 / counts.sum()).weights.tolist() == few.weights.tolist()
    others = {"sample": 0}, {"init": "random"}, {"epochs": 11}, {"objective": "nce"}
    for params in others:
        assert schedule(**{"epochs": 1, **params}).weights.tolist() == window_weights(5).tolist()
    alike = schedule(epochs=1, shrink_windows=False)
    assert alike.weights.tolist() == window_weights(5, False).tolist()
    assert few.shape == schedule(epochs=1, shrink_windows=False).shape


def test_a_window_wider_than_all_sentences_costs_nothing():
    # the weights of a wide window are nearly equal: those of 10 000 as good as all 1
    corpus = zipf_corpus(300, 12, 40, 1.0)
    slow = {"alpha": 0.005, "shift": 0, "init": "random"}
    wide = fit(corpus, window=10_000, **slow)
    exact = fit(corpus, window=11, shrink_windows=False, **slow)
    np.testing.assert_allclose(wide.vectors_, exact.vectors_, atol=0.01)
    assert (wide.vectors_ != exact.vectors_).any()
    shrunk = fit(corpus, window=11, **slow)
    assert np.abs(shrunk.vectors_ - exact.vectors_).max() > 0.05


def test_subsampling_follows_the_corpus_unless_it_is_given(monkeypatch, tmp_path):
    corpus = [["the", "cat", "the", "mat"], ["the", "dog", "the", "bone"]] * 300
    settings = {"vector_size": 4, "min_count": 1, "epochs": 1, "workers": 1, "seed": 1}
    monkeypatch.setattr(sampling, "THINNED_FROM", 100)
    monkeypatch.setattr(sampling, "HIGHEST", 1.0)
    models = [Word2Vec(**settings, sample=t).fit(corpus) for t in (None, 100 / 2400, 1)]
    followed, same, other = (model.vectors_.tobytes() for model in models)
    assert followed == same
    assert followed != other
    models[0].save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").sample is None
