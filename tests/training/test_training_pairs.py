"""Training on explicit pairs: what is learnt, and how it ends."""

import signal

import numpy as np
import pytest
from runs import assert_same
from scipy.special import log_expit

from negsamp import CorpusError, TrainingDivergedError, TrainingInterrupted, Word2Vec
from negsamp.core.kernels.pairs import PairBlock, PairKernel
from negsamp.core.objectives.sgns import SGNS
from negsamp.core.optimizers import OPTIMIZERS, RowAdaGrad
from negsamp.core.sampling import noise_probabilities
from negsamp.core.windows import window_weights
from negsamp.corpus.pair_forms import GivenPairs
from negsamp.training.epochs import Job
from negsamp.training.pair_entries import split_weights
from negsamp.training.pairs import PairRun, _PairWorker, choose_pair_shape
from negsamp.training.progress import Progress
from negsamp.training.settings import Settings
from negsamp.training.workers import Team

SETTINGS = {"vector_size": 8, "min_count": 1, "sample": 0, "epochs": 2, "seed": 1}
SETTINGS |= {"progress": False}


def fit(centers, contexts=None, weights=None, callbacks=(), **params):
    model = Word2Vec(**{**SETTINGS, **params})
    return model.fit_pairs(centers, contexts, weights, callbacks=callbacks)


def random_pairs(n=4000, V=12, V_out=9, seed=0):
    rng = np.random.default_rng(seed)
    joint = rng.gamma(0.7, size=(V, V_out)) + 0.05
    cells = rng.choice(joint.size, n, p=(joint / joint.sum()).ravel())
    return [f"c{i}" for i in cells // V_out], [f"o{i}" for i in cells % V_out]


def scores(model, centers, contexts):
    """Scores of all pairs of these words."""
    W_in, W_out = model.wv[list(centers)], model.context_wv[list(contexts)]
    return (W_in @ W_out.T).astype(float)


# --- the mathematics


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_scores_come_to_the_shifted_pmi_of_the_weights(optimizer, weighted):
    """u·v → log p(c, o) / (p(c) p_noise(o)) − log K for the joint distribution of the weights.

    Every cell is given, so that there is no sampling error: what remains is what the optimizer
    leaves and the noise that it draws.
    """
    V, V_out, K = 6, 8, 5
    joint = np.random.default_rng(0).gamma(1.0, size=(V, V_out)) + 0.1
    joint /= joint.sum()
    if weighted:
        cells = np.repeat(np.arange(joint.size), 100)
        weights = joint.ravel()[cells]
    else:
        copies = np.rint(10_000 * joint.ravel()).astype(int)
        cells, weights = np.repeat(np.arange(joint.size), copies), None
        joint = (copies / copies.sum()).reshape(joint.shape)
    settings = {"optimizer": optimizer, "negative": K, "epochs": 20, "min_count": 0, "shift": 0}
    model = fit(cells // V_out, cells % V_out, weights, **settings)
    noise = joint.sum(axis=0) ** 0.75
    noise /= noise.sum()
    expected = np.log(joint / joint.sum(axis=1, keepdims=True) / noise) - np.log(K)
    learnt = scores(model, range(V), range(V_out))
    # measured: 0.04 to 0.055, and half of that after 100 epochs
    assert np.sqrt(np.mean((learnt - expected) ** 2)) < 0.08
    assert expected.std() > 0.5  # and the test has power
    log_p = dict(model.predict_context([2], topn=V_out))
    np.testing.assert_allclose(
        [np.exp(log_p[o]) for o in range(V_out)], joint[2] / joint[2].sum(), atol=0.03
    )
    np.testing.assert_allclose(model.score_pairs([2, 3], [1, 0]), learnt[[2, 3], [1, 0]], rtol=1e-5)


def exact_loss(S, centers, contexts, weights, noise, K=5):
    of_noise = K * (log_expit(-S) @ noise)
    losses = log_expit(S[centers, contexts]) + of_noise[centers]
    return -(weights * losses).sum() / weights.sum()


def test_pairs_of_a_text_teach_as_much_as_the_text():
    rng = np.random.default_rng(0)
    V, length, window = 60, 20, 3
    p, topics = 1 / np.arange(1, V + 1.0), np.arange(V) % 4
    likely = [np.where(topics == t, p, p / 8) for t in range(4)]
    text = np.array([rng.choice(V, length, p=q / q.sum()) for q in likely for _ in range(250)])
    rng.shuffle(text)
    weights = window_weights(window)
    pairs = [
        (text[:, i], text[:, j], np.full(len(text), weights[j - i + window]))
        for i in range(length)
        for j in range(max(0, i - window), min(length, i + window + 1))
        if i != j
    ]
    centers, contexts, w = (np.concatenate(column) for column in zip(*pairs, strict=True))
    settings = {"epochs": 3, "window": window, "sample": 0, "workers": 1, "shift": 0}
    by_pairs = fit(centers, contexts, w, **settings)
    by_text = Word2Vec(**{**SETTINGS, **settings}).fit(text)
    noise = noise_probabilities(np.bincount(text.ravel(), minlength=V))
    of_text, of_pairs = (
        exact_loss(scores(m, range(V), range(V)), centers, contexts, w, noise)
        for m in (by_text, by_pairs)
    )
    assert of_pairs < 1.01 * of_text < 0.9 * 6 * np.log(2)
    # measured on the way, so a little behind the end
    np.testing.assert_allclose(by_pairs.loss_history_[-1], of_pairs, rtol=0.03)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("max_step", [2.0, 1e-3])
def test_one_entry_of_weight_two_moves_as_two_entries_do(monkeypatch, optimizer, max_step):
    monkeypatch.setattr("negsamp.training.epochs.MAX_STEP", max_step)
    # so that the sums of three updates count, and steps do not all reach the bound
    monkeypatch.setattr(RowAdaGrad, "FLOOR", 0.1)
    monkeypatch.setattr(RowAdaGrad, "REFERENCE", 0.1)
    moved = []
    for entries, weights in (([0, 1], [2, 1]), ([0, 0, 1], [1, 1, 1])):
        params = Word2Vec(**SETTINGS, optimizer=optimizer, alpha=0.3).get_params()
        pairs = GivenPairs(["a", "b", "b"], ["x", "y", "z"])
        with PairRun(Settings.checked(params), pairs) as run:
            shared = run.arrays.as_dict() | {n: np.zeros(*s) for n, s in run._scratch.items()}
            worker = _PairWorker(Team(), shared, Job(run.schedule, Progress()))
        rng = np.random.default_rng(0)
        for W in (worker.W_in, worker.W_out):
            W[...] = rng.normal(size=W.shape)
        before = worker.W_in.copy()
        for _ in range(3):
            rows = worker.arrays.pairs[[entries]]
            block = PairBlock(
                rows[:, :, 0],
                rows[:, :, 1],
                np.array([weights], np.float32),
                np.array([[0, 1, 2, 2]], np.int32),
                5,
            )
            kernel = PairKernel(SGNS(), (1, len(entries), 4), 8)
            g = kernel.gradients(worker.W_in, worker.W_out, block)
            worker._step(block, g, 0.0)
        assert np.abs(worker.W_in - before).max() > 1e-4
        moved.append((worker.W_in, worker.W_out))
    np.testing.assert_allclose(moved[0][0], moved[1][0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(moved[0][1], moved[1][1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 0.5, 3.0, 1e200])
def test_only_ratios_of_weights_matter(scale):
    centers, contexts = random_pairs(500)
    weights = np.random.default_rng(0).integers(1, 9, 500) * 1.0
    expected = fit(centers, contexts, weights, min_count=0)
    model = fit(centers, contexts, scale * weights, min_count=0)
    np.testing.assert_allclose(model.vectors_, expected.vectors_, rtol=1e-3, atol=1e-5)
    equal = fit(centers, contexts, np.full(500, scale), min_count=0)
    assert equal.vectors_.tobytes() == fit(centers, contexts).vectors_.tobytes()


def test_pairs_of_weight_zero_are_as_good_as_none():
    centers, contexts = random_pairs(600)
    expected = fit(centers[:500], contexts[:500])
    weights = np.arange(600) < 500
    model = fit([*centers, "never"], [*contexts, "never"], np.append(weights, 0.0))
    assert model.vectors_.tobytes() == expected.vectors_.tobytes()
    assert "never" not in model.wv


def test_one_heavy_pair_neither_breaks_nor_hides():
    centers, contexts = random_pairs(2000)
    weights = np.ones(2001)
    weights[-1] = 2000.0
    model = fit([*centers, "c0"], [*contexts, "new"], weights, epochs=10)
    assert np.isfinite(model.vectors_).all()
    assert np.linalg.norm(model.context_vectors_, axis=1).max() < 9
    # half of all weight: log (1/2) / (p(c0) p_noise(new)) − log 5, above all other scores
    assert dict(model.predict_context(["c0"], topn=1)).keys() == {"new"}
    other = scores(model, ["c1"], ["o0", "new"])
    assert other[0, 0] > other[0, 1]


@pytest.mark.parametrize("seed", range(3))
def test_entries_are_exact_and_none_is_heavy(seed):
    rng = np.random.default_rng(seed)
    weights = rng.pareto(0.7, 1000) + 1e-6
    copies, each = split_weights(weights)
    each = each * copies.sum() / (copies * each).sum()
    assert copies.sum() < 1.25 * len(weights) + 1
    np.testing.assert_allclose(copies * each / weights, (copies * each / weights)[0], rtol=1e-6)
    np.testing.assert_allclose((copies * each).sum() / copies.sum(), 1.0, rtol=1e-6)
    assert each.max() < 5.01


# --- the loop


def test_every_pair_is_trained_as_often_as_it_weighs(monkeypatch):
    centers, contexts = random_pairs(333)
    weights = np.random.default_rng(0).integers(0, 40, 333) * 1.0
    weights[0] = 5000.0
    seen = {}
    gradients = PairKernel.gradients

    def note(self, W_in, W_out, block):
        columns = (a.ravel() for a in (block.centers, block.contexts, block.weights))
        for c, o, w in zip(*columns, strict=True):
            seen[c, o] = seen.get((c, o), 0.0) + w
        return gradients(self, W_in, W_out, block)

    monkeypatch.setattr(PairKernel, "gradients", note)
    model = fit(centers, contexts, weights, batch_size=100, epochs=2)
    index = model.vocabulary_.index, model.context_wv.key_to_index
    expected = {}
    for c, o, w in zip(centers, contexts, weights, strict=True):
        if w:
            key = index[0][c], index[1][o]
            expected[key] = expected.get(key, 0.0) + w
    assert {key for key, w in seen.items() if w} == set(expected)
    ratios = np.array([seen[key] / expected[key] for key in expected])
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-5)


@pytest.mark.parametrize(("workers", "optimizer"), [(2, "sgd"), (3, "adagrad"), (4, "adagrad")])
def test_any_number_of_workers_gives_the_same_bytes(monkeypatch, workers, optimizer):
    monkeypatch.setattr("negsamp.training.pairs.PAIRS_WORTH_A_WORKER", 1)
    how = {"batch_size": 320, "optimizer": optimizer, "epochs": 3}
    weights = np.random.default_rng(1).pareto(1.0, 4000) + 0.1
    seen = []
    keep = [lambda m, epoch: seen.append((m.wv, m.loss_history_)) and epoch == 2]
    one, several = (
        fit(*random_pairs(), weights, workers=n, callbacks=keep, **how) for n in (1, workers)
    )
    assert_same(one, several)
    for (wv, losses), (other, others) in zip(seen[:3], seen[3:], strict=True):
        assert wv.vectors.tobytes() == other.vectors.tobytes()
        assert losses == others


@pytest.mark.usefixtures("worth_a_pair_worker")
def test_a_callback_ends_the_run_of_all_workers():
    how = {"batch_size": 320, "epochs": 30, "workers": 2}
    model = fit(*random_pairs(), callbacks=[lambda m, epoch: epoch == 3], **how)
    assert len(model.loss_history_) == 3
    assert np.isfinite(model.vectors_).all()


@pytest.mark.usefixtures("worth_a_pair_worker")
def test_what_workers_meet_stops_them_all(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(PairKernel, "loss", lambda *_: np.nan)
        with pytest.raises(TrainingDivergedError, match="the loss is not finite"):
            fit(*random_pairs(), workers=2, batch_size=320)
    with pytest.raises(KeyError, match="the callback's own"):
        fit(*random_pairs(), workers=2, batch_size=320, callbacks=[raise_own])


def raise_own(model, epoch):
    raise KeyError("the callback's own")


@pytest.fixture
def worth_a_pair_worker(monkeypatch):
    monkeypatch.setattr("negsamp.training.pairs.PAIRS_WORTH_A_WORKER", 1)


def test_same_seed_gives_the_same_bytes_whatever_the_form():
    centers, contexts = random_pairs()
    expected = fit(centers, contexts)
    assert_same(fit(zip(centers, contexts, strict=True)), expected)
    assert fit(centers, contexts, seed=2).vectors_.tobytes() != expected.vectors_.tobytes()


def test_fitted_attributes_are_those_of_pairs():
    centers, contexts = random_pairs()
    seen = []
    model = fit(centers, contexts, callbacks=[lambda m, e: seen.append((e, len(m.loss_history_)))])
    assert seen == [(1, 1), (2, 2)]
    assert model.vectors_.shape == (12, 8)
    assert model.context_vectors_.shape == (9, 8)
    assert model.wv.index_to_key == model.vocabulary_.words
    assert set(model.context_wv.index_to_key) == set(contexts)
    np.testing.assert_array_equal(model.context_wv.vectors, model.context_vectors_)
    assert model.raw_words_ == 4000
    assert set(model.fit_seconds_) == {"read", "train"}
    assert model.loss_history_[1] < model.loss_history_[0] < 6 * np.log(2)
    assert model.vectors_.dtype == model.context_vectors_.dtype == np.float32


def test_own_noise_is_of_the_contexts():
    centers, contexts = random_pairs()
    seen = []

    def noise(counts):
        seen.append(counts)
        return np.where(np.arange(len(counts)) == 0, 1.0, 0.0)

    model = fit(centers, contexts, noise=noise, epochs=5)
    assert seen[0].tolist() == model.context_wv.counts.tolist()
    # only the most frequent context is noise, so only its scores are held down
    S = scores(model, model.wv.index_to_key, model.context_wv.index_to_key)
    assert S[:, 1:].min() > S[:, 0].max()


def test_fit_after_fit_pairs_has_one_vocabulary_again(tmp_path):
    model = fit(*random_pairs())
    with pytest.raises(ValueError, match="score takes the pairs of a text"):
        model.score([["c0", "c1"]])
    before = model.vectors_.tobytes()
    with pytest.raises(CorpusError):
        model.fit_pairs([], [])
    assert model.vectors_.tobytes() == before  # what was refused changed nothing
    model.fit([["a", "b", "c"]] * 20)
    assert model.context_wv.index_to_key == model.wv.index_to_key
    assert len(model.score_pairs(["a"], ["b"])) == 1
    assert len(model.predict_context(["a"])) == 3
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").context_wv.index_to_key == model.wv.index_to_key


def test_output_vectors_of_inner_nodes_have_no_words():
    model = Word2Vec(**SETTINGS, objective="hierarchical").fit([["a", "b", "c"]] * 20)
    with pytest.raises(AttributeError, match="'hierarchical' are no words"):
        _ = model.context_wv


@pytest.mark.parametrize("objective", ["softmax", "hierarchical"])
def test_objectives_without_noise_are_refused_before_reading(objective):
    with pytest.raises(ValueError, match=f"objective is '{objective}', which draws no noise words"):
        Word2Vec(objective=objective).fit_pairs(3)


def test_ctrl_c_keeps_what_was_learned(monkeypatch):
    calls, gradients = [], PairKernel.gradients

    def interrupted(self, *args):
        calls.append(1)
        if len(calls) == 30:
            raise KeyboardInterrupt
        return gradients(self, *args)

    monkeypatch.setattr(PairKernel, "gradients", interrupted)
    model = Word2Vec(**{**SETTINGS, "batch_size": 200})
    with pytest.raises(TrainingInterrupted, match="in epoch 2 of 2, after 81 % of it"):
        model.fit_pairs(*random_pairs())
    assert model.context_vectors_.any()
    assert len(model.loss_history_) == 1


def test_ctrl_c_between_epochs_waits_until_the_epoch_is_noted(monkeypatch):
    end_epoch = Progress.end_epoch
    # where tests run in the background, the signal is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(self):
        signal.raise_signal(signal.SIGINT)
        end_epoch(self)

    monkeypatch.setattr(Progress, "end_epoch", interrupted)
    model = Word2Vec(**SETTINGS)
    with pytest.raises(TrainingInterrupted, match="in epoch 2 of 2, after 0 % of it"):
        model.fit_pairs(*random_pairs())
    signal.signal(signal.SIGINT, before)
    assert len(model.loss_history_) == 1


def test_numbers_that_are_not_finite_stop_it(monkeypatch):
    monkeypatch.setattr(PairKernel, "loss", lambda *_: np.nan)
    with pytest.raises(TrainingDivergedError, match=r"in epoch 1 of 2, .* the loss is not finite"):
        fit(*random_pairs())
    monkeypatch.setattr("negsamp.core.kernels.sampled.BlockKernel.loss", lambda *_: np.nan)
    with pytest.raises(TrainingDivergedError, match=r"in epoch 1 of 2, .* the loss is not finite"):
        Word2Vec(**SETTINGS).fit([["a", "b"]] * 20)


def test_progress_bar_shows_pairs(capsys):
    fit(*random_pairs(), progress=True)
    assert "pairs/s" in capsys.readouterr().err


@pytest.mark.parametrize("entries", [1, 50, 10**4, 10**8])
@pytest.mark.parametrize("batch_size", [None, 1, 70, 5000])
def test_shape_is_one_the_kernel_can_do(entries, batch_size):
    G, L, N = choose_pair_shape(entries, 0.01, 100, 5, batch_size)
    assert G >= 1
    assert 1 <= L <= 64
    assert N == 16
    assert batch_size is None or batch_size <= G * L < batch_size + 64
    assert choose_pair_shape(10**8, 1.0, 100, 5, None)[0] * 64 <= 384
    assert choose_pair_shape(10**8, 1e-4, 100, 20, None) == (128, 64, 32)
