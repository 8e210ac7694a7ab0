"""Phrases as a step of scikit-learn's pipelines, and without scikit-learn."""

import subprocess
import sys

import numpy as np
import pytest

from negsamp import CorpusError, Phrases, Word2Vec


def toy(n=60):
    """Texts of two topics, strings and lists of tokens, and the topics."""
    texts = []
    for i in range(n):
        texts += [f"red wine w{i % 7} new york w{i % 5}", f"old town w{i % 5} cat mouse w{i % 7}"]
    return [text.split() if i % 3 else text for i, text in enumerate(texts)], [0, 1] * n


def step(**params):
    return Phrases(**{"min_count": 2, "threshold": 0.4, **params})


def vectors(**params):
    options = {"vector_size": 8, "min_count": 1, "sample": 0, "workers": 1, "seed": 1}
    return Word2Vec(**{**options, **params})


def test_nothing_imports_sklearn_unasked():
    code = (
        "import sys; from negsamp import Phrases; p = Phrases(1, .1); c = [['a', 'b']] * 9; "
        "list(p.fit_transform(c)); p.set_params(min_count=2).get_params(); p.set_output(); repr(p);"
        "sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_fit_transform_is_fit_and_transform():
    texts, _ = toy()
    expected = list(step().fit(texts).transform(texts))
    assert list(step().fit_transform(texts)) == expected
    assert list(step().fit_transform(texts, None, errors="ignore")) == expected
    with pytest.raises(CorpusError, match=r"generator, which .* once; give a path, list\(corpus\)"):
        step().fit_transform(text for text in texts)


# --- with it

sklearn = pytest.importorskip("sklearn", minversion="1.6")

from sklearn.base import clone  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.utils import estimator_html_repr, get_tags  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402


def test_a_pipeline_trains_vectors_of_phrases():
    texts, _ = toy()
    pipeline = make_pipeline(step(), vectors()).fit(texts)
    assert "new_york" in pipeline[-1].wv
    alone = vectors().fit(step().fit(texts).transform(texts))
    np.testing.assert_array_equal(pipeline[-1].wv.vectors, alone.wv.vectors)
    assert pipeline.transform(texts[:5]).shape == (5, 8)
    assert np.isfinite(pipeline.score(texts))
    assert list(make_pipeline(step()).fit(texts).transform(["old town"])) == [["old_town"]]
    assert list(make_pipeline(step()).fit_transform(texts)) == list(step().fit_transform(texts))


def test_cross_validation_and_a_grid():
    texts, topics = toy()
    pipeline = make_pipeline(step(), vectors(), LogisticRegression())
    assert cross_val_score(pipeline, texts, topics, cv=2).min() > 0.9
    grid = {"phrases__threshold": [0.4, [9, 0.4]], "phrases__joining": ["first", "best"]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=1).fit(texts, topics)
    assert search.best_score_ > 0.9
    assert list(search.predict(["red wine", ["cat", "mouse"]])) == [0, 1]


def test_clone_keeps_the_parameters_alone():
    texts, _ = toy()
    given = step(connector_words=["in"], threshold=[0.2, 0.1], joining="best").fit(texts)
    again = clone(given)
    assert again.get_params() == given.get_params()
    assert again is not given
    with pytest.raises(ValueError, match=r"call fit\(corpus\)"):
        again.transform(texts)
    with pytest.raises(sklearn.exceptions.NotFittedError):
        check_is_fitted(again)
    check_is_fitted(given)


@pytest.mark.parametrize("kind", ["default", "pandas"])
def test_set_output_is_harmless(kind):
    if kind == "pandas":
        pytest.importorskip("pandas")
    texts, _ = toy()
    phrases = step().set_output(transform=kind).fit(texts)
    assert list(make_pipeline(phrases).set_output(transform=kind).fit(texts).transform(texts))
    assert phrases[["new", "york"]] == ["new_york"]
    assert make_pipeline(phrases).get_feature_names_out().tolist() == ["phrases"]


def test_a_pipeline_is_shown():
    pipeline = make_pipeline(step(), vectors())
    assert "Phrases(threshold=0.4" in repr(pipeline)
    assert "Phrases" in estimator_html_repr(pipeline)
    tags = get_tags(step())
    assert tags.input_tags.string
    assert not tags.target_tags.required
