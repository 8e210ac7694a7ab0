"""Held-out loss, patience and time: what they show, what they end, and that workers agree."""

import json
import logging
import shutil

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same
from scipy.special import log_expit

from negsamp import CheckpointError, CorpusError, Word2Vec
from negsamp.core.objectives import OBJECTIVES
from negsamp.core.optimizers import SGD
from negsamp.core.sampling import noise_probabilities
from negsamp.core.windows import window_weights
from negsamp.training import epochs, validation
from negsamp.training.limits import is_exhausted


def sentences(n=400, length=12, V=60):
    words = np.random.default_rng(0).zipf(1.5, size=(n, length)) % V
    return words.tolist()


def fit(corpus=None, callbacks=(), how=None, **params):
    model = Word2Vec(**{**SMALL_RUN, **params})
    return model.fit(sentences() if corpus is None else corpus, callbacks=callbacks, **(how or {}))


@pytest.fixture
def chosen(monkeypatch):
    """What was held out, by run."""
    choose, seen = validation.choose_held_out, []

    def note(*given):
        seen.append(choose(*given))
        return seen[-1]

    monkeypatch.setattr(validation, "choose_held_out", note)
    return seen


# --- the held-out loss


@pytest.mark.parametrize("as_one_line", [False, True])
def test_it_is_the_loss_of_what_is_held_out(chosen, as_one_line):
    """Against brute force, with noise words in expectation in place of a draw."""
    corpus, window = sentences(800), 3
    tokens = [token for sentence in corpus for token in sentence]
    corpus = [tokens] if as_one_line else corpus
    model = fit(corpus, how={"validation": 0.2}, window=window, shift=0)
    index, weights = model.vocabulary_.index, window_weights(window)
    noise = noise_probabilities(model.vocabulary_.counts)
    S = (model.vectors_ @ model.context_vectors_.T).astype(float)
    of_noise = 5 * (log_expit(-S) @ noise)
    total, pairs = 0.0, 0.0
    for begin, end in chosen[0].tolist():
        ids = [index[token] for token in tokens[begin:end]]
        for i, c in enumerate(ids):
            for j in range(max(0, i - window), min(len(ids), i + window + 1)):
                total -= weights[j - i + window] * (log_expit(S[c, ids[j]]) + of_noise[c])
                pairs += weights[j - i + window]
    assert len(model.validation_loss_history_) == 3
    # 16 noise words are drawn for each 64 centers
    np.testing.assert_allclose(model.validation_loss_history_[-1], total / pairs, rtol=0.02)
    assert model.validation_loss_history_[-1] < model.validation_loss_history_[0]
    assert model.validation_loss_history_[-1] < 0.9 * 6 * np.log(2)


def test_what_is_held_out_is_not_trained(chosen):
    corpus = [[f"only{i}", *line] for i, line in enumerate(sentences())]
    model = fit(corpus, how={"validation": 0.1}, shift=0)
    held = {int(begin) // 13 for begin in chosen[0][:, 0]}
    assert len(held) == 40
    for i in range(len(corpus)):
        moved = np.abs(model.wv[f"only{i}"]).max() > 0.5 / SMALL_RUN["vector_size"]
        assert moved == (i not in held)
    assert model.vocabulary_.counts.sum() == 13 * 400  # they are counted with the rest


def test_nothing_is_held_out_unless_asked():
    model = fit()
    assert model.validation_loss_history_ == []
    assert_same(fit(how={"validation": None, "patience": None, "max_time": None}), model)


def test_its_noise_is_the_same_each_time(monkeypatch):
    apply, calls = SGD.apply, []

    def move_in_the_first_epoch(self, *given, **how):
        calls.append(1)
        if len(calls) < 20:
            apply(self, *given, **how)

    monkeypatch.setattr(SGD, "apply", move_in_the_first_epoch)
    model = fit(how={"validation": 0.1})
    first, second, third = model.validation_loss_history_
    assert first == second == third < 6 * np.log(2)
    assert len(set(model.loss_history_)) == 3  # that of training is not


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_gives_the_same_bytes(worth_a_worker, workers):
    how = {"validation": 0.2, "patience": 1}
    settings = {"sample": 1e-2, "alpha": 0.5, "epochs": 8, "how": how}
    one, several = fit(**settings), fit(workers=workers, **settings)
    assert_same(several, one)
    assert len(one.loss_history_) < 8


@pytest.mark.parametrize("end", ["\n", " "], ids=["lines", "one line"])
def test_a_corpus_that_is_mapped_from_files_gives_the_same_bytes(tmp_path, end):
    text = end.join(" ".join(f"w{i}" for i in line) for line in sentences(200))
    (tmp_path / "text").write_text(text)
    how = {"validation": 0.1, "patience": 2}
    expected = fit(tmp_path / "text", how=how)
    assert_same(fit(tmp_path / "text", how={**how, "cache": tmp_path / "cache"}), expected)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_has_one(objective):
    # two topics, so that there is something to learn, and else independent words, so that what is
    # held out is like the rest
    corpus = [[2 * word + k % 2 for word in line] for k, line in enumerate(sentences(200))]
    model = fit(corpus, how={"validation": 0.3, "patience": 2}, objective=objective)
    first, *_, last = model.validation_loss_history_
    assert last < 0.97 * first
    np.testing.assert_allclose(last, model.loss_history_[-1], rtol=0.2)


def test_it_is_saved_with_the_model(tmp_path):
    for name, model in (("validated", fit(how={"validation": 0.1})), ("plain", fit())):
        model.save(tmp_path / name)
        assert_same(Word2Vec.load(tmp_path / name), model)
    assert "validation" not in (tmp_path / "plain" / "model.json").read_text()


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ([["a", "b", "c"]], "the corpus is one sentence of 3 tokens"),
        ([["a"], ["b"], ["a", "b"]], "no pair would be"),
        ([["a", "b"], ["b"]], "no pair would be"),
    ],
)
def test_what_leaves_no_pair_is_refused(corpus, message):
    def fit_often():
        for seed in range(20):  # whichever is drawn
            fit(corpus, how={"validation": 0.5}, seed=seed)

    with pytest.raises(CorpusError, match=message):
        fit_often()


# --- patience


def topics(n, length, kinds, noise):
    """Sentences of one topic each, of ten words; a share is replaced by words of any topic."""
    rng, shape = np.random.default_rng(0), (n, length)
    words = rng.integers(kinds, size=(n, 1)) * 10 + rng.integers(10, size=shape)
    return np.where(rng.random(shape) < noise, rng.integers(10 * kinds, size=shape), words).tolist()


def memorised():
    """Few enough to be learned by heart."""
    return topics(60, 10, kinds=6, noise=0.3)


OVERFIT = {"alpha": 0.03, "min_alpha": 0.03, "epochs": 12, "vector_size": 30, "batch_size": 32}
OVERFIT |= {"shift": 0}  # with the default it is learned by heart later


@pytest.mark.parametrize("patience", [1, 3, 100])
def test_the_best_epoch_is_kept(patience):
    seen, corpus = [], memorised()

    def note(model, epoch):
        seen.append((model.vectors_.copy(), model.context_vectors_.copy()))

    every = fit(corpus, [note], how={"validation": 0.3}, **OVERFIT)
    losses = every.validation_loss_history_
    best = int(np.argmin(losses))
    assert best < 9, "the corpus is not overfitted: the test says nothing"
    assert losses[-1] > 1.02 * losses[best]
    np.testing.assert_array_equal(every.vectors_, seen[-1][0])  # nobody asked for the best
    model = fit(corpus, how={"validation": 0.3, "patience": patience}, **OVERFIT)
    worse = [e for e in range(12) if e - int(np.argmin(losses[: e + 1])) >= patience]
    last = worse[0] if worse else 11
    assert model.validation_loss_history_ == losses[: last + 1]
    assert model.loss_history_ == every.loss_history_[: last + 1]
    kept = int(np.argmin(losses[: last + 1]))
    np.testing.assert_array_equal(model.vectors_, seen[kept][0])
    np.testing.assert_array_equal(model.context_vectors_, seen[kept][1])


def test_patience_waits_until_words_are_told_apart():
    corpus = topics(1000, 5, kinds=40, noise=0.4)
    settings = {"epochs": 60, "vector_size": 20, "batch_size": None, "window": 4, "shift": 0}
    model = fit(corpus, how={"validation": 0.2, "patience": 2}, shrink_windows=False, **settings)
    losses = model.validation_loss_history_
    # while the words are learned only by how frequent they are, the loss rises for three epochs
    assert is_exhausted(losses[:11], 2)
    assert 30 < len(losses) < 60
    neighbours = [model.wv.most_similar(word, topn=1)[0][0] for word in range(400)]
    same_topic = np.mean([near // 10 == word // 10 for word, near in enumerate(neighbours)])
    assert same_topic > 0.7  # 0.1 after the ninth epoch, 0.82 after all 60


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_loss_of_one_vector_for_all_words(monkeypatch, objective):
    of_rows, seen = epochs._Worker._held_out_loss, []

    def note(self, W_in):
        if len(W_in) == 1:
            seen.append((of_rows(self, W_in), of_rows(self, np.tile(W_in, (len(self.W_in), 1)))))
        return of_rows(self, W_in)

    monkeypatch.setattr(epochs._Worker, "_held_out_loss", note)
    model = fit(memorised(), how={"validation": 0.3, "patience": 3}, objective=objective)
    assert len(seen) == 3
    assert all(one == tiled for one, tiled in seen)
    assert seen[-1][0] != model.validation_loss_history_[-1]


def test_normalisers_go_back_with_the_vectors():
    settings = {**OVERFIT, "objective": "nce", "nce_normalizer": "center"}
    seen = []
    how = {"validation": 0.3}
    every = fit(memorised(), [lambda m, _: seen.append(m.nce_log_z_.copy())], how=how, **settings)
    model = fit(memorised(), how={**how, "patience": 50}, **settings)
    best = int(np.argmin(every.validation_loss_history_))
    assert best < 11
    np.testing.assert_array_equal(model.nce_log_z_, seen[best])


@pytest.fixture
def stopped_run(stopped):
    def stopped_run(folder, n, corpus=None, **settings):
        how = {**settings.pop("how"), "checkpoint": folder, "checkpoint_every": 0}
        stopped(n, lambda: fit(corpus, how=how, **settings))

    return stopped_run


@pytest.mark.parametrize("stopped_after", [1, 9, 20, 33])
def test_stopped_run_goes_on_to_the_same_bytes(stopped_run, tmp_path, stopped_after):
    settings = {**OVERFIT, "how": {"validation": 0.3, "patience": 3}}
    expected = fit(memorised(), **settings)
    assert len(expected.loss_history_) < 12
    stopped_run(tmp_path, stopped_after, memorised(), **settings)
    assert_same(Word2Vec.resume(tmp_path, memorised()), expected)
    # and is finished now, though not all its epochs are trained: no corpus is read
    assert_same(Word2Vec.resume(tmp_path, checkpoint_every=0), expected)


def change_limits(record, **changes):
    record["limits"].update(changes)


DAMAGES = {
    "no best": lambda folder, record: record["sha256"].pop("best_vectors.npy"),
    "patience gone": lambda folder, record: change_limits(record, patience=None),
    "odd share": lambda folder, record: change_limits(record, validation=7),
    "no limits": lambda folder, record: record.pop("limits"),
    "losses": lambda folder, record: record["progress"].update(validation_losses=[1.0] * 9),
    "no number": lambda folder, record: record["progress"].update(validation_losses=["x"]),
    "finished": lambda folder, record: record["progress"].update(finished=1),
    "alike": lambda folder, record: record["progress"].update(alike=9),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_odd_checkpoints_are_refused(stopped_run, tmp_path, damage):
    how = {"validation": 0.3, "patience": 3}
    stopped_run(tmp_path, 20, memorised(), **OVERFIT, how=how)
    first, last = sorted(tmp_path.iterdir())
    shutil.rmtree(first)
    record = json.loads((last / "model.json").read_text())
    damage(last, record)
    (last / "model.json").write_text(json.dumps(record))
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        Word2Vec.resume(tmp_path, memorised())


# --- time


class Clock:
    """Seconds that pass by one at each look."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr("negsamp.training.epochs.perf_counter", Clock())


@pytest.fixture
def rates(monkeypatch):
    """Learning rates of the updates."""
    seen, apply = [], SGD.apply

    def note(self, matrix, rows, gradients, squares, alpha, **how):
        seen.append(alpha)
        return apply(self, matrix, rows, gradients, squares, alpha, **how)

    monkeypatch.setattr(SGD, "apply", note)
    return seen


def test_it_ends_when_the_time_is_up_at_the_lowest_rate(clock, rates, caplog):
    # 4 800 tokens are 19 updates an epoch, one a second
    with caplog.at_level(logging.INFO, "negsamp"):
        model = fit(how={"max_time": 30}, epochs=50)
    rates = rates[::2]  # of both matrices
    assert len(rates) == 30
    expected = 0.025 + (1e-4 - 0.025) * np.arange(1, 31) / 30
    np.testing.assert_allclose(rates, expected, rtol=1e-12)
    # the second epoch is cut short, and counts
    assert len(model.loss_history_) == 2
    assert model.loss_history_[1] < model.loss_history_[0]
    assert "max_time: the time is up in epoch 2 of 50, after 58 % of it" in caplog.text


def test_rate_follows_the_tokens_where_these_are_gone_sooner(clock, rates):
    expected = fit()
    plain = [*rates]
    rates.clear()
    model = fit(how={"max_time": "100s"})
    assert len(rates) == len(plain)
    # when the third begins, more of the tokens is gone, 2 of 57 updates, than of the time, 3 of 100
    np.testing.assert_allclose(rates[4:], plain[4:], rtol=1e-12)
    assert rates[0] < plain[0]
    assert len(model.loss_history_) == len(expected.loss_history_)


def test_time_is_the_same_for_all_workers(clock, worth_a_worker):
    how = {"max_time": 30, "validation": 0.1}
    one = fit(how=how, epochs=50)
    assert len(one.loss_history_) == len(one.validation_loss_history_) == 2
    for workers in (2, 3):
        assert_same(fit(workers=workers, how=how, epochs=50), one)


def test_time_before_a_checkpoint_counts(monkeypatch, stopped_run, tmp_path):
    settings = {"how": {"max_time": "1h"}, "epochs": 50}
    stopped_run(tmp_path, 10, **settings)
    for record in tmp_path.glob("*/model.json"):
        about = json.loads(record.read_text())
        about["fit_seconds"]["train"] = 3580.0
        record.write_text(json.dumps(about))
    monkeypatch.setattr("negsamp.training.epochs.perf_counter", Clock())
    model = Word2Vec.resume(tmp_path, sentences())
    # 9 updates before it stopped and 20 seconds after it: in the second epoch of 19 updates
    assert len(model.loss_history_) == 2
    assert_same(Word2Vec.resume(tmp_path), model)  # it is finished


def test_real_time_is_kept():
    model = fit(how={"max_time": 0.05}, epochs=100_000)
    assert 1 <= len(model.loss_history_) < 100_000
    assert model.fit_seconds_["train"] >= 0.05
