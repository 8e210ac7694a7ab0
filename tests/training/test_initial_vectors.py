"""Training that begins with given vectors, and leaves some of them alone."""

import logging

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same

from negsamp import KeyedVectors, UnknownWordError, Word2Vec
from negsamp.core.optimizers import OPTIMIZERS
from negsamp.errors import CheckpointError

D = SMALL_RUN["vector_size"]


def sentences(seed=0, n=3000):
    ids = np.random.default_rng(seed).zipf(1.5, size=n) % 40
    return [[f"w{i}" for i in line] for line in ids.reshape(-1, 10)]


def given(words=("w1", "w3", "w7", "elsewhere"), d=D, dtype=np.float32):
    return KeyedVectors(words, np.random.default_rng(5).normal(size=(len(words), d)).astype(dtype))


def fit(how=None, **params):
    return Word2Vec(**{**SMALL_RUN, **params}).fit(sentences(), **(how or {}))


def first_vectors(monkeypatch, **how):
    """The arrays as training begins with them."""
    seen = []

    def train(self, observer):
        seen.append(self.arrays)
        raise RuntimeError("enough")

    with monkeypatch.context() as patch:
        patch.setattr("negsamp.training.run.Run.train", train)
        with pytest.raises(RuntimeError, match="enough"):
            fit(how)
    return seen[0]


def test_words_that_both_have_begin_where_they_are_given(monkeypatch, caplog):
    start, plain = given(), first_vectors(monkeypatch)
    with caplog.at_level(logging.INFO, "negsamp"):
        warm = first_vectors(monkeypatch, init_vectors=start)
    index = fit().vocabulary_.index
    rows = [index[word] for word in ("w1", "w3", "w7")]
    np.testing.assert_array_equal(warm.W_in[rows], start.vectors[:3])
    others = np.setdiff1d(np.arange(len(index)), rows)
    np.testing.assert_array_equal(warm.W_in[others], plain.W_in[others])
    assert not warm.W_out.any()
    assert warm.frozen is None
    assert f"init_vectors has 3 of the corpus's {len(index)} words; 0 of them are fr" in caplog.text


def test_it_says_when_no_word_is_found(caplog):
    fit({"init_vectors": given(["elsewhere"])}, epochs=1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "init_vectors has 0 of" in caplog.text


def test_vectors_of_other_kinds_and_of_a_map_serve(tmp_path):
    start = given(dtype=np.float64)
    expected = fit({"init_vectors": start})
    np.save(tmp_path / "v.npy", start.vectors)
    mapped = KeyedVectors(start.index_to_key, np.load(tmp_path / "v.npy", mmap_mode="r"))

    class OfAnotherLibrary:
        key_to_index, vectors = dict(start.key_to_index), start.vectors.copy()

    for other in (mapped, OfAnotherLibrary()):
        assert_same(fit({"init_vectors": other}), expected)
    assert fit().vectors_.tobytes() != expected.vectors_.tobytes()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.usefixtures("worth_a_worker")
def test_frozen_rows_stay_to_the_bit_and_workers_agree(optimizer, workers):
    start = given()
    start = KeyedVectors(start.index_to_key, np.where(start.vectors > 1, -0.0, start.vectors))
    how = {"init_vectors": start, "frozen": ["w3", "w7", "elsewhere"]}
    model = fit(how, workers=workers, optimizer=optimizer)
    for word in ("w3", "w7"):
        assert model.wv[word].tobytes() == start[word].astype(np.float32).tobytes()
    assert (model.wv["w1"] != start["w1"]).all()
    assert (model.wv["w2"] != fit(optimizer=optimizer).wv["w2"]).any()
    # the frozen words are contexts as any others
    assert model.context_vectors_[model.vocabulary_.index["w3"]].any()
    assert_same(model, fit(how, optimizer=optimizer))


@pytest.mark.parametrize("objective", ["nce", "infonce", "softmax", "hierarchical"])
def test_every_objective_freezes(objective):
    start = given()
    model = fit({"init_vectors": start, "frozen": True}, objective=objective, epochs=1)
    np.testing.assert_array_equal(model.wv[["w1", "w3", "w7"]], start.vectors[:3])
    assert model.context_vectors_.any()


def test_true_freezes_all_and_false_none():
    start = given()
    all_of_them = fit({"init_vectors": start, "frozen": list(start.index_to_key)})
    assert_same(fit({"init_vectors": start, "frozen": True}), all_of_them)
    none = fit({"init_vectors": start})
    for frozen in (False, [], iter(())):
        assert_same(fit({"init_vectors": start, "frozen": frozen}), none)


def test_resumed_run_keeps_what_is_frozen_and_ends_with_the_same_bytes(stopped, tmp_path):
    how = {"init_vectors": given(), "frozen": ["w3"]}
    stopped(7, lambda: fit({**how, "checkpoint": tmp_path / "run", "checkpoint_every": 0}))
    model = Word2Vec.resume(tmp_path / "run", sentences())
    assert_same(model, fit(how))
    # a checkpoint is a model too, and a model says nothing of what was frozen
    model.save(tmp_path / "model")
    assert not (tmp_path / "model" / "frozen.npy").exists()
    assert Word2Vec.load(max((tmp_path / "run").iterdir())).vectors_.shape == model.vectors_.shape


def test_a_checkpoint_with_other_flags_is_refused(monkeypatch, stopped, tmp_path):
    how = {"init_vectors": given(), "checkpoint": tmp_path, "checkpoint_every": 0}
    fill = lambda self, words, W_in: np.full(len(W_in), 2, np.uint8)  # noqa: E731
    monkeypatch.setattr("negsamp.training.initial_vectors.WarmStart.fill", fill)
    stopped(7, lambda: fit(how))
    with pytest.raises(CheckpointError, match=r"'frozen.npy' holds other numbers than 0 and 1"):
        Word2Vec.resume(tmp_path, sentences())


class OddRows:
    key_to_index, vectors = {"w1": 7}, np.zeros((3, D), np.float32)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"init_vectors": given(d=5)}, ValueError, "vectors of 5 numbers and vector_size is 8"),
        ({"init_vectors": "model"}, TypeError, "init_vectors is a str; it must be a KeyedVectors$"),
        ({"init_vectors": Word2Vec()}, TypeError, "is a Word2Vec; .* KeyedVectors; give its .wv"),
        ({"init_vectors": np.zeros((3, D))}, TypeError, "init_vectors is a ndarray; it must be"),
        ({"init_vectors": KeyedVectors("ab", np.zeros((2, D), int))}, ValueError, r"\(n, d\) flo"),
        ({"init_vectors": OddRows()}, ValueError, "rows that its 3 vectors do not have"),
        ({"frozen": True}, ValueError, "frozen is True without init_vectors"),
        ({"frozen": ["w1"]}, ValueError, r"frozen is \['w1'\] without init_vectors"),
        ({"init_vectors": given(), "frozen": "w1"}, TypeError, "frozen is 'w1'; it must be True"),
        ({"init_vectors": given(), "frozen": 3}, TypeError, "frozen is 3; it must be True"),
        ({"init_vectors": given(), "frozen": [["w1"]]}, UnknownWordError, "not among the 4 words"),
        (
            {"init_vectors": given(), "frozen": ["elsewhre"]},
            UnknownWordError,
            "'elsewhre' is not among the 4 words .* the nearest spelling is 'elsewhere'",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_reading(how, error, message):
    def corpus():
        raise AssertionError("it was read")
        yield

    with pytest.raises(error, match=message):
        Word2Vec(**SMALL_RUN).fit(corpus(), **how)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_vectors_that_are_not_finite_are_refused_by_word(value):
    start = given(dtype=np.float64)
    vectors = start.vectors.copy()
    vectors[3, 2] = value  # of a word that the corpus does not have: nobody looks at it
    fit({"init_vectors": KeyedVectors(start.index_to_key, vectors)}, epochs=1)
    vectors[1, 2] = value
    with pytest.raises(ValueError, match="init_vectors holds a vector of 'w3' that is not finite"):
        fit({"init_vectors": KeyedVectors(start.index_to_key, vectors)})


@pytest.mark.parametrize(
    ("more", "names"),
    [
        (["gone"], "'gone'."),
        ([f"w{i}" for i in range(7)], "'w0', 'w1', 'w2', 'w3', 'w4', …."),
        ([("a", 1), 7, "x" * 500_000], f"('a', 1), 7, '{'x' * 59}…."),
    ],
)
def test_old_words_that_the_corpus_lacks_are_counted_and_named(caplog, more, names):
    corpus = [["a", "b", "c"]] * 20
    old = KeyedVectors([*more, "a", "b", "c"], np.ones((len(more) + 3, 4), np.float32))
    model = Word2Vec(vector_size=4, min_count=1, sample=0, epochs=1, workers=1, seed=1)
    model.fit(corpus, init_vectors=old)
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith(f"{len(more)} words of init_vectors are not in the model")
    assert f", or too rarely: {names} model.wv.merged" in record.message
    assert len(record.message) < 600
    # what it says to do has the words of both
    model.fit([*corpus, *[[word, "a"] for word in more]], init_vectors=old)
    assert set(model.wv.index_to_key) == set(old.index_to_key)
    assert len(caplog.records) == 1
