"""A model of pairs is a model: saved, loaded, pickled, and asked afterwards."""

import copy
import json
import pickle

import numpy as np
import pytest

from negsamp import KeyedVectors, NotFittedError, Objective, SavedModelError, Word2Vec

SETTINGS = {"vector_size": 6, "min_count": 1, "epochs": 2, "seed": 1, "progress": False}
CENTERS = ["ann", "bob", "ann", ("c", 1), "bob", "with space"]
CONTEXTS = ["tea", "soap", 7, "tea", "tea", "ann"]
WEIGHTS = [0.25, 2.0, 1.5, 1.0, 3.0, 1.0]


def fit(**params):
    return Word2Vec(**{**SETTINGS, "min_count": 0, **params}).fit_pairs(CENTERS, CONTEXTS, WEIGHTS)


def assert_same_model(found, expected):
    assert found.vectors_.tobytes() == expected.vectors_.tobytes()
    assert found.context_vectors_.tobytes() == expected.context_vectors_.tobytes()
    for wv, other in ((found.wv, expected.wv), (found.context_wv, expected.context_wv)):
        assert wv.index_to_key == other.index_to_key
        assert [*map(type, wv.index_to_key)] == [*map(type, other.index_to_key)]
        assert wv.counts.tolist() == other.counts.tolist()
    assert found.loss_history_ == expected.loss_history_
    assert found.raw_words_ == expected.raw_words_
    assert found.fit_seconds_ == expected.fit_seconds_
    for by in ("probability", "pmi"):
        predicted = expected.predict_context(["ann", "bob"], by=by)
        assert found.predict_context(["ann", "bob"], by=by) == predicted
    scores = expected.score_pairs(CENTERS, CONTEXTS)
    assert found.score_pairs(CENTERS, CONTEXTS).tobytes() == scores.tobytes()
    if expected.objective == "nce":
        np.testing.assert_array_equal(found.nce_log_z_, expected.nce_log_z_)


PARAMS = [
    {},
    {"objective": "infonce", "ns_exponent": 0.5},
    {"objective": "nce"},
    {"objective": "nce", "nce_normalizer": "center"},
    {"objective": "nce", "nce_normalizer": "fixed"},
    {"noise": lambda counts: counts**0.3},
    {"noise": [1.0, 2.0, 0.0, 4.0]},
]


@pytest.mark.parametrize("params", PARAMS, ids=" ".join)
@pytest.mark.parametrize("mmap", [False, True])
def test_saved_model_of_pairs_comes_back(tmp_path, params, mmap):
    model = fit(**params)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model", mmap=mmap)
    assert_same_model(loaded, model)
    loaded.save(tmp_path / "again")
    assert_same_model(Word2Vec.load(tmp_path / "again"), model)
    vectors = KeyedVectors.load(tmp_path / "model")
    assert vectors.index_to_key == model.wv.index_to_key
    assert sorted(file.name for file in (tmp_path / "again").glob("*.txt")) == [
        "contexts.txt",
        "vocabulary.txt",
    ]


@pytest.mark.parametrize("params", [PARAMS[0], PARAMS[3], PARAMS[6]])
def test_copies_and_pickles_of_a_model_of_pairs_are_the_same(params):
    model = fit(**params)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        assert_same_model(other, model)


def test_a_loaded_model_of_pairs_can_be_fitted_again(tmp_path):
    fit().save(tmp_path / "model")
    model = Word2Vec.load(tmp_path / "model").fit_pairs(CENTERS, CONTEXTS, WEIGHTS)
    assert model.vectors_.tobytes() == fit().vectors_.tobytes()
    model.set_params(min_count=1, sample=0).fit([["a", "b", "c"]] * 20)
    model.save(tmp_path / "model")  # in the place of the other
    assert Word2Vec.load(tmp_path / "model").context_wv.index_to_key == model.wv.index_to_key


def test_model_of_pairs_is_saved_with_keys_made_text(tmp_path):
    days = [frozenset([k]) for k in range(3)]
    model = Word2Vec(**SETTINGS).fit_pairs(days, days[::-1])
    with pytest.raises(ValueError, match="is a frozenset, which cannot be saved"):
        model.save(tmp_path / "model")
    model.save(tmp_path / "model", keys=lambda day: str(*day))
    loaded = Word2Vec.load(tmp_path / "model")
    assert sorted(loaded.context_wv.index_to_key) == sorted(loaded.wv.index_to_key) == [*"012"]


def test_more_contexts_than_centers_and_weights_of_any_size_are_saved(tmp_path):
    model = Word2Vec(**{**SETTINGS, "min_count": 0})
    model.fit_pairs([("a", f"o{i}", 10.0 ** (30 * i)) for i in range(9)])
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.context_wv.index_to_key == model.context_wv.index_to_key
    assert loaded.vectors_.shape, loaded.context_vectors_.shape == ((1, 6), (9, 6))
    assert loaded.raw_words_ == model.raw_words_


def test_light_pairs_are_saved_though_each_word_counts_one(tmp_path):
    model = Word2Vec(**{**SETTINGS, "min_count": 0}).fit_pairs([("a", "x", 0.1), ("b", "x", 0.1)])
    assert model.wv.counts.tolist() == [1, 1]
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").raw_words_ == model.raw_words_ == 0


def edited(folder, change):
    """Change the record of a folder."""
    about = json.loads((folder / "model.json").read_text())
    change(about)
    (folder / "model.json").write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "contexts.txt").unlink(), "lacks the file contexts.txt"),
        (lambda f: (f / "context_noise.npy").unlink(), "lacks the file context_noise.npy"),
        (lambda f: (f / "contexts.txt").write_text("tea 1\n"), "contexts.txt' is not the file"),
        (
            lambda f: edited(f, lambda about: about["sha256"].pop("context_noise.npy")),
            "'context_noise.npy' belongs to the words in contexts.txt",
        ),
        (
            lambda f: edited(f, lambda about: about["sha256"].pop("contexts.txt")),
            "'context_noise.npy' belongs to the words in contexts.txt",
        ),
        (lambda f: edited(f, lambda about: about.update(raw_words=-1)), "raw_words is -1"),
    ],
)
def test_damaged_model_of_pairs_is_refused(tmp_path, damage, message):
    fit().save(tmp_path / "model")
    damage(tmp_path / "model")
    with pytest.raises(SavedModelError, match=message):
        Word2Vec.load(tmp_path / "model")


def test_number_of_contexts_must_be_that_of_their_rows(tmp_path):
    model = fit()
    model.save(tmp_path / "model")
    wrong = model.context_wv.index_to_key[:-1]
    with pytest.raises(ValueError, match=r"there are 3 words, and 'context_vectors\.npy' has 4"):
        _save_with(model, tmp_path / "other", wrong)


def _save_with(model, folder, contexts):
    from negsamp.files.model_folder import write_model

    arrays = {"vectors": model.vectors_, "context_vectors": model.context_vectors_}
    arrays["context_noise"] = np.full((4, 1), 0.25)
    counts = np.ones(len(contexts), int)
    words = model.wv.index_to_key
    write_model(folder, words, np.ones(len(words), int), arrays, {}, contexts=(contexts, counts))


def test_model_of_pairs_with_an_own_objective_keeps_its_vectors(tmp_path):
    class Own(Objective):
        def loss(self, positive, negative, weight=1.0):
            return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)

        def score_gradients(self, positive, negative, weight=1.0):
            return -2 * (1 - positive), weight * 2 * negative

    model = fit(objective=Own())
    assert np.isfinite(model.vectors_).all()
    with pytest.raises(ValueError, match="a saved model or checkpoint names one of"):
        model.save(tmp_path / "model")
    model.context_wv.save(tmp_path / "contexts")


def test_callbacks_see_a_model_of_pairs_that_can_be_saved(tmp_path):
    def keep(model, epoch):
        model.save(tmp_path / str(epoch))
        copies.append(pickle.loads(pickle.dumps(model)))

    copies = []
    model = Word2Vec(**{**SETTINGS, "min_count": 0})
    model.fit_pairs(CENTERS, CONTEXTS, WEIGHTS, callbacks=keep)
    assert_same_model(Word2Vec.load(tmp_path / "2"), copies[1])
    assert copies[1].vectors_.tobytes() == model.vectors_.tobytes()
    first = Word2Vec.load(tmp_path / "1")
    assert first.vectors_.tobytes() == copies[0].vectors_.tobytes() != model.vectors_.tobytes()


def test_a_model_of_pairs_says_what_it_cannot_do():
    with pytest.raises(NotFittedError):
        Word2Vec(**SETTINGS).score_pairs(["a"], ["b"])
    model = fit()
    for ask in (lambda: model.score([["ann", "bob"]]), lambda: model.score_samples([["ann"]])):
        with pytest.raises(ValueError, match="score_pairs takes pairs"):
            ask()
    assert model.transform([["ann", "bob"]]).shape == (1, 6)
