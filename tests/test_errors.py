"""Exceptions: what they are for other packages, and in copies."""

import copy
import pickle
import subprocess
import sys

import pytest

from negsamp import NotFittedError, Phrases, Word2Vec


def raised(ask):
    with pytest.raises(NotFittedError) as error:
        ask()
    return error.value


ASKED = {
    "wv": lambda: Word2Vec().wv,
    "transform": lambda: Word2Vec().transform([["a"]]),
    "score": lambda: Word2Vec().score([["a", "b"]]),
    "phrases": lambda: Phrases().phrases_,
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_not_fitted_is_that_of_sklearn_where_it_is_loaded(ask):
    theirs = pytest.importorskip("sklearn.exceptions").NotFittedError
    error = raised(ask)
    for kind in (theirs, NotFittedError, AttributeError, ValueError):
        assert isinstance(error, kind)
        with pytest.raises(kind):
            ask()
    assert type(error).__name__ == "NotFittedError"
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert isinstance(copied, theirs)
        assert isinstance(copied, NotFittedError)
        assert str(copied) == str(error)
    assert type(raised(ask)) is type(error)


def test_check_is_fitted_knows_the_model():
    validation = pytest.importorskip("sklearn.utils.validation")
    exceptions = pytest.importorskip("sklearn.exceptions")
    with pytest.raises(exceptions.NotFittedError):
        validation.check_is_fitted(Word2Vec())
    model = Word2Vec(vector_size=2, min_count=1, sample=0, epochs=1, workers=1).fit([["a", "b"]])
    validation.check_is_fitted(model)
    assert not hasattr(Word2Vec(), "wv")


def test_not_fitted_without_sklearn_is_plain_and_its_pickle_becomes_both():
    script = (
        "import sys, pickle\n"
        "from negsamp import NotFittedError, Word2Vec\n"
        "try: Word2Vec().wv\n"
        "except NotFittedError as error: pickled, plain = pickle.dumps(error), type(error)\n"
        "assert plain is NotFittedError and 'sklearn' not in sys.modules\n"
        "class Own(NotFittedError): pass\n"
        "assert type(Own('x')) is Own\n"
        "try: import sklearn.exceptions\n"
        "except ImportError: sys.exit()\n"
        "assert isinstance(pickle.loads(pickled), sklearn.exceptions.NotFittedError)\n"
        "assert isinstance(Own('x'), (Own, sklearn.exceptions.NotFittedError))\n"
        "assert type(pickle.loads(pickle.dumps(Own('x')))).__name__ == 'Own'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
