"""Runs on pairs are runs: every sampled objective, held-out pairs, checkpoints, files."""

import logging

import numpy as np
import pytest
import scipy.sparse
from runs import assert_same
from scipy.special import log_expit

from negsamp import CheckpointError, CorpusError, KeyedVectors, Objective, Word2Vec
from negsamp.core.kernels.pairs import PairKernel
from negsamp.corpus import pair_forms, pairs, stream
from negsamp.training import pair_entries

SETTINGS = {"vector_size": 8, "min_count": 1, "epochs": 3, "seed": 1, "progress": False}
SETTINGS |= {"batch_size": 256, "workers": 1}
SAMPLED = ["sgns", "nce", "infonce"]


class Own(Objective):
    """Negative sampling, with the two equations alone."""

    def loss(self, positive, negative, weight=1.0):
        return -log_expit(positive) - weight * log_expit(-negative).sum(axis=-1)

    def score_gradients(self, positive, negative, weight=1.0):
        return -np.exp(log_expit(-positive)), weight * np.exp(log_expit(negative))


def random_pairs(n=4000, V=12, V_out=9, seed=0):
    rng = np.random.default_rng(seed)
    joint = rng.gamma(0.7, size=(V, V_out)) + 0.05
    cells = rng.choice(joint.size, n, p=(joint / joint.sum()).ravel())
    centers, contexts = [f"c{i}" for i in cells // V_out], [f"o{i}" for i in cells % V_out]
    return centers, contexts, rng.pareto(1.0, n) + 0.1


def fit(*given, **how):
    params = {k: how.pop(k) for k in [*how] if k in Word2Vec().get_params()}
    return Word2Vec(**{**SETTINGS, **params}).fit_pairs(*given, **how)


@pytest.fixture
def worth_a_pair_worker(monkeypatch):
    monkeypatch.setattr("negsamp.training.pairs.PAIRS_WORTH_A_WORKER", 1)


# --- objectives


@pytest.mark.usefixtures("worth_a_pair_worker")
@pytest.mark.parametrize("objective", SAMPLED)
def test_every_sampled_objective_gives_the_same_bytes_with_any_number_of_workers(objective):
    given = random_pairs()
    settings = {"objective": objective, "epochs": 2}
    settings |= {"nce_normalizer": "center"} if objective == "nce" else {}
    one = fit(*given, **settings)
    for workers in (2, 3):
        several = fit(*given, **settings, workers=workers)
        assert_same(several, one)
        if objective == "nce":
            assert several.nce_log_z_.tobytes() == one.nce_log_z_.tobytes()
            assert one.nce_log_z_.shape == (12,)


@pytest.mark.parametrize("normalizer", ["global", "center", "fixed"])
@pytest.mark.parametrize("objective", SAMPLED)
def test_probabilities_of_contexts_come_to_those_of_the_weights(objective, normalizer):
    if objective != "nce" and normalizer != "global":
        pytest.skip("only nce has one")
    V, V_out = 6, 8
    joint = np.random.default_rng(0).gamma(1.0, size=(V, V_out)) + 0.1
    joint /= joint.sum()
    cells = np.repeat(np.arange(joint.size), 100)
    how = {"nce_normalizer": normalizer} if objective == "nce" else {}
    model = fit(
        cells // V_out,
        cells % V_out,
        joint.ravel()[cells],
        **{"objective": objective, "epochs": 30, "min_count": 0, "batch_size": None, **how},
    )
    for center in range(V):
        log_p = dict(model.predict_context([center], topn=V_out))
        p = np.exp([log_p[o] for o in range(V_out)])
        np.testing.assert_allclose(p, joint[center] / joint[center].sum(), atol=0.05)
    assert model.loss_history_[-1] < model.loss_history_[0]


def test_objective_of_ones_own_trains_on_pairs():
    given = random_pairs(1000)
    own, plain = fit(*given, objective=Own()), fit(*given, shift=0, init="random")
    np.testing.assert_allclose(own.vectors_, plain.vectors_, rtol=1e-3, atol=1e-5)


# --- held-out pairs, time and beginnings


@pytest.mark.usefixtures("worth_a_pair_worker")
@pytest.mark.parametrize("objective", SAMPLED)
def test_held_out_pairs_are_not_trained_and_their_loss_is_measured(monkeypatch, objective):
    centers, contexts, _ = random_pairs(4000)
    weights = np.resize([1.0, 2.0, 6.0], 4000)  # none of which makes up a share of the loss
    seen, gradients = set(), PairKernel.gradients

    def note(self, W_in, W_out, block):
        seen.update(zip(block.centers.ravel().tolist(), block.contexts.ravel(), strict=True))
        return gradients(self, W_in, W_out, block)

    how = {"objective": objective, "validation": 0.25, "epochs": 4}
    with monkeypatch.context() as patch:
        patch.setattr(PairKernel, "gradients", note)
        # each pair only once, so that what is held out is not seen
        unique = [*map(str, range(1000))]
        one = fit(unique, unique, weights[:1000], min_count=0, **how)
    assert len(seen) == 750
    assert len(one.validation_loss_history_) == 4
    assert len(one.wv) == 1000
    model = fit(centers, contexts, weights, **how)
    assert_same(fit(centers, contexts, weights, **how, workers=2), model)
    held_out = model.validation_loss_history_
    assert held_out[-1] < held_out[0]
    np.testing.assert_allclose(held_out[-1], model.loss_history_[-1], rtol=0.1)


def test_patience_ends_a_run_on_pairs_with_its_best_epoch():
    rng = np.random.default_rng(0)
    given = rng.integers(0, 40, 500), rng.integers(0, 40, 500)  # nothing to learn but by heart
    model = fit(*given, validation=0.3, patience=3, epochs=200, alpha=0.5, batch_size=None)
    losses = model.validation_loss_history_
    assert len(losses) < 200
    best = fit(
        *given,
        validation=0.3,
        epochs=200,
        alpha=0.5,
        batch_size=None,
        callbacks=lambda m, epoch: epoch == len(losses) - 3,
    )
    assert model.vectors_.tobytes() == best.vectors_.tobytes()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_validation_needs_a_pair_on_both_sides(n):
    given = [*zip("abc", "xyz", strict=True)][:n]
    if n == 1:
        with pytest.raises(CorpusError, match=r"validation is 0\.5, and of the 1 pairs none"):
            fit(given, validation=0.5)
    else:
        assert len(fit(given, validation=0.5).validation_loss_history_) == 3


def test_time_ends_a_run_on_pairs(caplog):
    caplog.set_level(logging.INFO, "negsamp")
    model = fit(*random_pairs(), epochs=1_000_000, max_time=0.3)
    assert 1 <= len(model.loss_history_) < 1_000_000
    assert "max_time: the time is up" in caplog.text


def test_pairs_begin_with_given_vectors_and_some_stay():
    given = random_pairs()
    start = KeyedVectors(["c0", "c1", "new"], np.eye(3, 8, dtype=np.float32))
    model = fit(*given, init_vectors=start, frozen=["c1"])
    assert (model.wv["c1"] == start["c1"]).all()
    assert not (model.wv["c0"] == start["c0"]).all()
    assert "new" not in model.wv
    again = fit(*given, init_vectors=fit(*given).wv, frozen=True)
    assert again.vectors_.tobytes() == fit(*given).vectors_.tobytes()


# --- checkpoints


@pytest.mark.usefixtures("worth_a_pair_worker")
@pytest.mark.parametrize("stopped_after", [1, 2, 17, 30])
@pytest.mark.parametrize("objective", SAMPLED)
def test_stopped_run_on_pairs_goes_on_to_the_same_bytes(
    tmp_path, stopped, stopped_after, objective
):
    given, settings = random_pairs(3000), {"objective": objective, "optimizer": "adagrad"}
    how = {"validation": 0.1, "patience": 2} if stopped_after == 17 else {}
    expected = fit(*given, **settings, **how)
    how |= {"workers": 2, "checkpoint": tmp_path, "checkpoint_every": 0}
    stopped(stopped_after, lambda: fit(*given, **settings, **how))
    with pytest.raises(ValueError, match="centers is None, but the run's pairs were in no file"):
        Word2Vec.resume_pairs(tmp_path)
    model = Word2Vec.resume_pairs(tmp_path, *given, workers=1)
    assert_same(model, expected)
    assert model.predict_context(["c0"]) == expected.predict_context(["c0"])
    assert Word2Vec.resume(tmp_path).vectors_.tobytes() == expected.vectors_.tobytes()  # finished


@pytest.mark.parametrize("form", ["file", "files", "tuples", "matrix", "noise"])
def test_pairs_of_any_form_are_resumed(tmp_path, stopped, form):
    centers, contexts, weights = random_pairs(2000)
    tuples = [*zip(centers, contexts, weights.tolist(), strict=True)]
    again, params = {"centers": tuples}, {}
    if form in ("file", "files"):
        file = tmp_path / "pairs.csv"
        file.write_text("c;o;w\n" + "".join(f"{c};{o};{w!r}\n" for c, o, w in tuples), "latin-1")
        again = {"centers": file if form == "file" else [file]}
        again |= {"delimiter": ";", "header": True, "encoding": "latin-1"}
    elif form == "matrix":
        cells = np.random.default_rng(0).integers(0, 5, (20, 30))
        again = {"centers": scipy.sparse.csr_array(cells), "index": [f"u{i}" for i in range(20)]}
    elif form == "noise":
        params = {"noise": lambda counts: counts**0.3}
    expected = fit(**again, **params)
    how = {"checkpoint": tmp_path / "run", "checkpoint_every": 0}
    stopped(2, lambda: fit(**again, **params, **how))
    given = {} if form in ("file", "files") else again
    assert_same(Word2Vec.resume_pairs(tmp_path / "run", **given), expected)


def test_resume_takes_pairs_of_one_argument_too(tmp_path, stopped):
    tuples = [*zip(*random_pairs(1000)[:2], strict=True)]
    expected = fit(tuples)
    stopped(2, lambda: fit(tuples, checkpoint=tmp_path, checkpoint_every=0))
    assert_same(Word2Vec.resume(tmp_path, tuples), expected)


def test_other_pairs_are_not_the_run(tmp_path, stopped):
    centers, contexts, weights = random_pairs(1000)
    stopped(2, lambda: fit(centers, contexts, weights, checkpoint=tmp_path, checkpoint_every=0))
    swapped = centers[1:] + centers[:1]
    more = np.where(np.arange(1000) == 500, 1e-9 + weights, weights)
    renamed = [[f"new {word}" for word in words] for words in (centers, contexts)]
    for other in (
        (swapped, contexts, weights),
        (centers, contexts),
        (centers, contexts, more),
        (renamed[0], contexts, weights),
        (centers, renamed[1], weights),
    ):
        with pytest.raises(CheckpointError, match="is not the one that this run began with"):
            Word2Vec.resume_pairs(tmp_path, *other)
    text = tmp_path / "text"
    Word2Vec(**SETTINGS, sample=0).fit([["a", "b"]] * 50, checkpoint=text)
    with pytest.raises(
        CheckpointError, match=r"holds a run on a text: go on with Word2Vec\.resume"
    ):
        Word2Vec.resume_pairs(text, centers, contexts)


def test_checkpoint_of_pairs_cannot_hold_an_objective_of_ones_own(tmp_path):
    with pytest.raises(ValueError, match="a saved model or checkpoint names one of"):
        fit(*random_pairs(), objective=Own(), checkpoint=tmp_path / "run")
    (tmp_path / "pairs.txt").write_text("a\tb\n")
    with pytest.raises(ValueError, match=r"checkpoint is '.*', in the corpus's folder"):
        fit(tmp_path, checkpoint=tmp_path / "run")


# --- more pairs than fit into memory


@pytest.fixture
def small_memory(monkeypatch):
    """Pairs go to files from some hundred on, and are shuffled some hundred at a time."""
    monkeypatch.setattr(stream, "SEGMENTS_IN_MEMORY", 1)
    monkeypatch.setattr(pair_forms, "SEGMENT", 300)
    monkeypatch.setattr(pair_forms, "AT_ONCE", 128)
    monkeypatch.setattr(pairs, "PIECE", 90)
    monkeypatch.setattr(pair_entries, "PIECE", 50)
    monkeypatch.setattr(pair_entries, "PART", 500)


@pytest.mark.usefixtures("small_memory", "worth_a_pair_worker")
@pytest.mark.parametrize("weighted", [False, True])
def test_large_pairs_are_trained_as_often_as_they_weigh(monkeypatch, weighted):
    centers, contexts, weights = random_pairs(2500)
    given = (centers, contexts, weights) if weighted else (centers, contexts)
    seen, orders, gradients = {}, [], PairKernel.gradients

    def note(self, W_in, W_out, block):
        columns = [a.ravel().tolist() for a in (block.centers, block.contexts, block.weights)]
        orders.append(columns[:2])
        for c, o, w in zip(*columns, strict=True):
            seen[c, o] = seen.get((c, o), 0.0) + w
        return gradients(self, W_in, W_out, block)

    with monkeypatch.context() as patch:
        patch.setattr(PairKernel, "gradients", note)
        model = fit(*given, epochs=2)
    index = model.wv.key_to_index, model.context_wv.key_to_index
    expected = {}
    for c, o, w in zip(centers, contexts, weights if weighted else np.ones(2500), strict=True):
        pair = index[0][c], index[1][o]
        expected[pair] = expected.get(pair, 0.0) + w
    ratios = np.array([seen[pair] / w for pair, w in expected.items()])
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-4)
    half = len(orders) // 2
    assert orders[0] != orders[half]  # epochs come in another order
    # the words are those of the same pairs in memory, and so is what is learned, about
    with monkeypatch.context() as patch:
        patch.setattr(stream, "SEGMENTS_IN_MEMORY", 100)
        in_memory = fit(*given, epochs=2)
    assert in_memory.wv.index_to_key == model.wv.index_to_key
    np.testing.assert_allclose(in_memory.loss_history_, model.loss_history_, rtol=0.06)
    assert in_memory.vectors_.tobytes() != model.vectors_.tobytes()
    assert_same(fit(*given, epochs=2, workers=2), model)


@pytest.mark.usefixtures("small_memory")
def test_large_pairs_are_held_out_and_resumed(tmp_path, stopped):
    file = tmp_path / "pairs.tsv"
    rows = zip(*random_pairs(2500), strict=True)
    file.write_text("".join(f"{c}\t{o}\t{w}\n" for c, o, w in rows))
    how = {"validation": 0.2}
    expected = fit(file, **how)
    assert len(expected.validation_loss_history_) == 3
    stopped(14, lambda: fit(file, **how, checkpoint=tmp_path / "run", checkpoint_every=0))
    assert_same(Word2Vec.resume(tmp_path / "run"), expected)


@pytest.mark.usefixtures("small_memory")
def test_large_pairs_drop_rare_words():
    centers, contexts, _ = random_pairs(2000)
    model = fit([*centers, "rare"] * 1, [*contexts, "o0"], min_count=2)
    assert "rare" not in model.wv
    with pytest.raises(CorpusError, match="no pair is left with min_count=5000"):
        fit(centers, contexts, min_count=5000)
