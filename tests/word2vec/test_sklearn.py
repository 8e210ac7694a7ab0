"""`Word2Vec` among scikit-learn's tools, which negsamp itself never imports."""

import copy
import logging
import pickle
import subprocess
import sys

import numpy as np
import pytest

from negsamp import CorpusError, NotFittedError, Word2Vec
from negsamp.core.objectives import OBJECTIVES

SETTINGS = {
    "vector_size": 8,
    "min_count": 1,
    "sample": 0,  # of a dozen words all are frequent
    "epochs": 8,
    "alpha": 0.1,
    "batch_size": 64,
    "workers": 1,
    "seed": 1,
}
TOPICS = (
    ("cat", "dog", "horse", "mouse", "cow", "pig"),
    ("red", "green", "blue", "yellow", "black", "white"),
)
SHARED_WORDS = ("the", "a", "of")


def toy(n=160):
    """Texts of two topics, half of whose words belong to neither, and their topics."""
    rng = np.random.default_rng(0)
    topics = np.arange(n) % 2
    texts = [
        " ".join(rng.permutation([*rng.choice(TOPICS[t], 4), *rng.choice(SHARED_WORDS, 4)]))
        for t in topics
    ]
    return texts, topics


TEXTS, LABELS = toy()


@pytest.fixture(scope="module")
def fitted():
    return Word2Vec(**SETTINGS).fit(TEXTS)


# --- without scikit-learn


def test_nothing_imports_sklearn_unasked():
    code = (
        "import sys; from negsamp import Word2Vec; texts = ['a b c', 'b c a'] * 20; "
        "m = Word2Vec(min_count=1, sample=0, workers=1).fit(texts); m.transform(texts); "
        "m.score(texts); m.get_feature_names_out(); repr(m); sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_transform_gives_the_mean_of_the_known_words(fitted, caplog):
    with caplog.at_level(logging.WARNING, "negsamp"):
        found = fitted.transform([["cat", "red", "cat", "zebra"], "blue", "zebra", []])
    assert (found.shape, found.dtype) == ((4, 8), np.float32)
    wv = fitted.wv
    np.testing.assert_allclose(found[0], (2 * wv["cat"] + wv["red"]) / 3, rtol=1e-5)
    np.testing.assert_allclose(found[1], wv["blue"])
    assert not found[2:].any()
    [record] = caplog.records
    assert record.getMessage() == "2 of 4 documents have no known word; their vectors are zeros"
    fitted.transform(TEXTS)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "form",
    [
        lambda: TEXTS,
        lambda: [text.split() for text in TEXTS],
        lambda: np.array(TEXTS, dtype=object),
        lambda: (iter(text.split()) for text in TEXTS),
    ],
    ids=["texts", "lists", "objects", "generators"],
)
def test_fit_transform_is_fit_and_transform(fitted, form):
    m = Word2Vec(**SETTINGS)
    found = m.fit_transform(form(), LABELS)
    np.testing.assert_array_equal(found, fitted.transform(TEXTS))
    np.testing.assert_array_equal(m.vectors_, fitted.vectors_)


@pytest.mark.parametrize("method", ["transform", "fit_transform"])
def test_a_single_text_is_no_list_of_documents(fitted, method, tmp_path):
    for text in ("cat dog", tmp_path / "corpus.txt"):
        with pytest.raises(CorpusError, match=r"documents is .*; it must be an iterable of doc"):
            getattr(copy.copy(fitted), method)(text)


def test_y_is_no_place_for_other_arguments():
    with pytest.raises(TypeError, match="y is 'ignore', but it is not used; give other arguments"):
        Word2Vec().fit("corpus.txt", "ignore")


@pytest.mark.parametrize("method", ["transform", "score", "score_samples"])
def test_a_model_that_is_not_fitted_transforms_and_scores_nothing(method):
    def untouchable():
        raise AssertionError("the documents were read")
        yield

    with pytest.raises(NotFittedError, match=r"call fit\(corpus\)"):
        getattr(Word2Vec(), method)(untouchable())
    with pytest.raises(NotFittedError):
        Word2Vec().get_feature_names_out()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_score_is_that_of_the_training_loss_on_the_training_text(objective):
    m = Word2Vec(**{**SETTINGS, "objective": objective}).fit(TEXTS)
    # both are measured over all pairs, the loss before each update
    assert -m.score(TEXTS) == pytest.approx(m.loss_history_[-1], rel=0.03)


def test_score_reads_what_fit_reads(fitted, tmp_path):
    path = tmp_path / "heldout.txt"
    path.write_text("\n".join([*TEXTS, "zebra zebra"]))
    expected = fitted.score([text.split() for text in TEXTS])
    assert fitted.score(path) == fitted.score(TEXTS, LABELS) == expected
    path.write_text("\n".join(TEXTS), "utf-16")
    assert fitted.score([path], encoding="utf-16") == expected


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_score_samples_is_the_score_of_each_text(objective):
    m = Word2Vec(**{**SETTINGS, "objective": objective}).fit(TEXTS)
    found = m.score_samples(TEXTS)
    assert (found.shape, found.dtype) == ((len(TEXTS),), np.float64)
    # with other noise words, where there are any
    exact = m._settings().objective.draws_noise is False
    alone = [m.score([text]) for text in TEXTS[:20]]
    np.testing.assert_allclose(found[:20], alone, atol=1e-5 if exact else 0.3)
    assert found.mean() == pytest.approx(m.score(TEXTS), abs=0.1)
    # texts of eight words each have as many pairs
    if exact:
        assert found.mean() == pytest.approx(m.score(TEXTS), abs=1e-5)


def test_score_samples_of_a_text_depends_on_no_other(fitted):
    found = fitted.score_samples(TEXTS)
    np.testing.assert_array_equal(fitted.score_samples(TEXTS[::-1]), found[::-1])
    np.testing.assert_array_equal(fitted.score_samples(iter(TEXTS[5:9])), found[5:9])
    np.testing.assert_array_equal(fitted.score_samples([TEXTS[3].split()]), found[3:4])
    long = " ".join(TEXTS)
    np.testing.assert_array_equal(fitted.score_samples([long, TEXTS[3]])[1], found[3])
    assert fitted.score_samples([long])[0] == pytest.approx(fitted.score([long]), abs=0.1)


def test_score_samples_tells_texts_of_the_corpus_from_others(fitted):
    mixed = [" ".join([*a[:3], *b[:3]]) for a, b in [TOPICS, TOPICS[::-1]]]
    of_topics = [" ".join(topic) for topic in TOPICS]
    assert fitted.score_samples(of_topics).min() > fitted.score_samples(mixed).max()


def test_score_samples_without_a_pair_is_nan(fitted, caplog):
    with caplog.at_level(logging.WARNING, "negsamp"):
        found = fitted.score_samples(["cat dog", "cat", "zebra cat", [], "cat zebra dog", ""])
    assert np.isnan(found).tolist() == [False, True, True, True, False, True]
    assert found[0] == found[4], "an unknown word is left out"
    [record] = caplog.records
    assert record.getMessage().startswith("4 of 6 texts have no two known words; their log-lik")
    assert fitted.score_samples([]).shape == (0,)


def test_score_samples_refuses_what_it_cannot_score(fitted, tmp_path):
    for texts in ("cat dog", tmp_path / "corpus.txt"):
        with pytest.raises(CorpusError, match=r"documents is .*; it must be an iterable of doc"):
            fitted.score_samples(texts)
    pairs = Word2Vec(**SETTINGS).fit_pairs([("a", "b")])
    with pytest.raises(ValueError, match="score_samples takes the pairs of a text, and "):
        pairs.score_samples(["a b"])


def test_feature_names_are_those_of_the_columns(fitted):
    names = fitted.get_feature_names_out()
    assert names.dtype == object
    assert names.tolist() == [f"word2vec{k}" for k in range(8)]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_says_the_same_and_is_apart(fitted, copied):
    nearest = fitted.wv.most_similar("cat")
    again = copied(fitted)
    assert again.get_params() == fitted.get_params()
    assert again.wv.most_similar("cat") == nearest
    assert again.score(TEXTS) == fitted.score(TEXTS)
    assert not np.shares_memory(again.vectors_, fitted.vectors_)
    again.vectors_[:] = 0
    assert fitted.vectors_.any()
    unfitted = copied(Word2Vec(window=3))
    assert unfitted.window == 3
    assert not hasattr(unfitted, "vectors_")


def test_a_pickle_holds_the_vectors_once():
    m = Word2Vec(**SETTINGS).fit(TEXTS)
    before = len(pickle.dumps(m))
    assert "cat" in m.wv
    assert len(pickle.dumps(m)) == before


@pytest.mark.parametrize("bad", ["numpy", "", 1, True])
def test_set_output_refuses_what_there_is_not(bad):
    with pytest.raises(ValueError, match=rf"transform is {bad!r}; it must be 'default', 'pandas'"):
        Word2Vec().set_output(transform=bad)


def test_set_output_says_what_is_not_installed(monkeypatch):
    monkeypatch.setattr("negsamp.word2vec.transform_output.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"transform is 'polars', .* pip install polars"):
        Word2Vec().set_output(transform="polars")


def test_set_output_gives_tables_with_named_columns(fitted):
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    texts = pd.Series(TEXTS, index=np.arange(160)[::-1])
    model, expected = copy.copy(fitted), fitted.transform(TEXTS)
    for _ in range(2):
        frame = model.set_output(transform="pandas").transform(texts)
        assert isinstance(frame, pd.DataFrame)
        assert frame.columns.tolist() == [f"word2vec{k}" for k in range(8)]
        assert frame.index.tolist() == texts.index.tolist()
        np.testing.assert_array_equal(frame.to_numpy(), expected)
        assert set(frame.dtypes) == {np.dtype(np.float32)}
        assert model.set_output().transform(TEXTS).index.tolist() == list(range(160))
        refitted = model.fit_transform(texts)
        assert refitted.equals(frame)
        frame = model.set_output(transform="polars").transform(texts)
        assert isinstance(frame, pl.DataFrame)
        assert frame.columns == [f"word2vec{k}" for k in range(8)]
        assert frame.dtypes == [pl.Float32] * 8
        np.testing.assert_array_equal(frame.to_numpy(), expected)
        model = pickle.loads(pickle.dumps(model))
    assert type(model.set_output(transform="default").transform(TEXTS)) is np.ndarray
    assert model.transform([]).shape == (0, 8)
    assert model.set_output(transform="pandas").transform([]).shape == (0, 8)


def test_set_output_imports_nothing_before_a_table_is_made():
    code = (
        "import sys; from negsamp import Word2Vec; texts = ['a b c', 'b c a'] * 20; "
        "m = Word2Vec(min_count=1, sample=0, workers=1).set_output(transform='default'); "
        "m.fit_transform(texts); sys.exit(bool({'sklearn', 'pandas', 'polars'} & {*sys.modules}))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


# --- with it

sklearn = pytest.importorskip("sklearn", minversion="1.6")

from sklearn.base import clone  # noqa: E402
from sklearn.compose import make_column_transformer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline, make_union  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils import estimator_checks  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402


def classifier(**params):
    return make_pipeline(Word2Vec(**{**SETTINGS, **params}), LogisticRegression())


def test_clone_has_the_parameters_and_nothing_learned(fitted):
    noise = np.arange(1.0, 4.0)
    given = fitted.set_params(noise=noise)
    again = clone(given)
    fitted.set_params(noise=None)
    assert again is not given
    np.testing.assert_array_equal(again.noise, noise)
    assert clone(fitted).get_params() == fitted.get_params()
    assert not hasattr(again, "vectors_")
    check_is_fitted(fitted)
    with pytest.raises(ValueError, match="not fitted yet"):
        check_is_fitted(again)


def test_tags_are_those_of_a_transformer_of_texts():
    tags = sklearn.utils.get_tags(Word2Vec())
    assert tags.input_tags.string
    assert tags.input_tags.one_d_array
    assert not tags.input_tags.two_d_array
    assert not tags.target_tags.required
    assert tags.requires_fit
    assert tags.transformer_tags.preserves_dtype == []


def test_a_pipeline_tells_two_topics_apart():
    texts, topics = toy(300)
    pipeline = classifier().fit(texts[:160], topics[:160])
    assert pipeline.score(texts[160:], topics[160:]) > 0.9
    # what it learned from is where words stand: the same words by chance tell nothing
    assert pipeline.predict(["cat dog pig", ["red", "blue"]]).tolist() == [0, 1]
    names = pipeline[:-1].get_feature_names_out()
    assert names[0] == "word2vec0"
    assert "Word2Vec(" in repr(pipeline)
    assert "Word2Vec" in pipeline._repr_html_()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_pipeline_gives_tables(library):
    kind = pytest.importorskip(library).DataFrame
    columns = [f"word2vec{k}" for k in range(8)]
    pipeline = make_pipeline(Word2Vec(**SETTINGS), StandardScaler()).set_output(transform=library)
    assert isinstance(pipeline.fit_transform(TEXTS), kind)
    assert list(pipeline.transform(TEXTS).columns) == columns
    assert isinstance(clone(pipeline).fit(TEXTS).transform(TEXTS), kind)
    with sklearn.config_context(transform_output=library):
        assert isinstance(Word2Vec(**SETTINGS).fit_transform(TEXTS), kind)
    both = make_union(Word2Vec(**SETTINGS), Word2Vec(**SETTINGS)).set_output(transform=library)
    assert both.fit_transform(TEXTS).shape == (160, 16)


def test_a_column_transformer_takes_a_column_of_texts():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"text": TEXTS, "n": range(160)}, index=range(3, 163))
    parts = make_column_transformer((Word2Vec(**SETTINGS), "text"), (StandardScaler(), ["n"]))
    found = parts.set_output(transform="pandas").fit_transform(table)
    assert found.shape == (160, 9)
    assert found.index.equals(table.index)
    with pytest.raises(CorpusError, match=r"corpus is a pandas DataFrame, a table; .*\['text'\]"):
        make_column_transformer((Word2Vec(**SETTINGS), ["text"])).fit_transform(table)
    search = GridSearchCV(classifier(), {"word2vec__window": [2]}, cv=2, error_score="raise")
    assert search.fit(table["text"], LABELS).best_score_ > 0.9


def test_a_pipeline_hands_fit_its_arguments():
    epochs = []
    classifier().fit(TEXTS, LABELS, word2vec__callbacks=[lambda model, epoch: epochs.append(epoch)])
    assert len(epochs) == 8


def test_grid_search_goes_through_vector_size_and_window():
    grid = {"word2vec__vector_size": [2, 4], "word2vec__window": [1, np.int64(4)]}
    search = GridSearchCV(classifier(), grid, cv=2, error_score="raise").fit(TEXTS, LABELS)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ > 0.9
    best = search.best_estimator_[0]
    assert best.vectors_.shape == (15, search.best_params_["word2vec__vector_size"])


def test_grid_search_in_two_processes_finds_the_same():
    grid = {"word2vec__vector_size": [2, 4]}
    one, two = (
        GridSearchCV(classifier(), grid, cv=2, error_score="raise", n_jobs=n).fit(TEXTS, LABELS)
        for n in (1, 2)
    )
    assert (
        one.cv_results_["mean_test_score"].tolist() == two.cv_results_["mean_test_score"].tolist()
    )
    vectors = [search.best_estimator_[0].vectors_ for search in (one, two)]
    assert vectors[0].tobytes() == vectors[1].tobytes()


def test_grid_search_without_labels_goes_by_the_score():
    documents = [text.split() for text in TEXTS]
    search = GridSearchCV(Word2Vec(**SETTINGS), {"alpha": [1e-3, 0.1]}, cv=2, error_score="raise")
    search.fit(documents)
    assert search.best_params_ == {"alpha": 0.1}
    assert search.best_estimator_.wv["cat"].shape == (8,)


# --- its own checks

# They give rows of numbers, which are documents of numbers as tokens here: a check that is about
# what an estimator is and does applies, one that is about matrices of numbers does not.
NOT_OF_TEXTS = {
    "check_do_not_raise_errors_in_init_or_set_params": "**others takes what other libraries call "
    "the parameters, and says what to write instead",
    "check_n_features_in_after_fitting": "a document may have any number of tokens",
    "check_n_features_in": "a document may have any number of tokens",
    "check_transformer_general": "a document may have any number of tokens",
    "check_complex_data": "a complex number is a token like any other hashable",
    "check_dtype_object": "a token that is not hashable is refused in words of our own",
    "check_estimators_empty_data_messages": "an empty corpus is refused in words of our own",
    "check_fit2d_1feature": "sentences of one word are refused in words of our own",
    "check_fit2d_predict1d": "a list of numbers is refused in words of our own",
    "check_estimators_nan_inf": "fit refuses NaN, but transform knows it no more than other words",
    "check_transformer_data_not_an_array": "an object that is no iterable has no documents",
}


class OfRows(Word2Vec):
    """The same, said to take matrices, without which scikit-learn runs no check at all."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = tags.input_tags.string = False
        return tags


@estimator_checks.parametrize_with_checks(
    [OfRows(vector_size=4, min_count=1, sample=0, epochs=1, workers=1, seed=1)],
    expected_failed_checks=lambda _: NOT_OF_TEXTS,
)
def test_a_check_of_sklearn_passes_where_it_applies(estimator, check):
    check(estimator)
