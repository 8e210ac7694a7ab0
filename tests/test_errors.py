"""Exceptions: small, the same in copies and wherever they are read, and known to other packages."""

import copy
import difflib
import gc
import pickle
import subprocess
import sys
import weakref
from unittest.mock import Mock

import numpy as np
import pytest

from negsamp import KeyedVectors, NotFittedError, Phrases, UnknownWordError, Word2Vec, stability
from negsamp.cli import main
from negsamp.errors import near_spelling


def vectors(words):
    return KeyedVectors(words, np.zeros((len(words), 2), np.float16))


def error_of(kv, key):
    with pytest.raises(UnknownWordError) as caught:
        kv.get_vector(key)
    return caught.value.with_traceback(None)


COPIES = [
    copy.copy,
    copy.deepcopy,
    lambda error: pickle.loads(pickle.dumps(error)),
    lambda error: pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error)))),
]


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("is_read", [False, True])
def test_unknown_word_is_small_and_says_the_same_when_copied(copied, is_read):
    kv = vectors([f"word{i}" for i in range(20_000)])
    error = error_of(kv, "wrd19999")
    if is_read:
        str(error)
    again = copied(error)
    assert len(pickle.dumps(error)) < 500
    assert again.args == ("wrd19999",)
    assert type(again) is UnknownWordError
    message = str(again)
    assert message.endswith("20000 words of the vocabulary; the nearest spelling is 'word19999'")
    del kv
    gc.collect()
    assert str(again) == str(error) == message


def test_unknown_word_does_not_keep_the_vocabulary():
    kv = vectors(["king", "queen"])
    error, is_alive = error_of(kv, "kin"), weakref.ref(kv)
    del kv
    gc.collect()
    assert is_alive() is None
    assert str(error) == "'kin' is not among the 2 words of the vocabulary"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_unknown_word_of_a_container_is_small():
    kv = vectors(["king", "queen"])
    error = error_of(kv, ["king"] * 10_000)
    assert str(error).startswith("['king', 'king', 'king'")
    assert str(error).endswith(
        " is not among the 2 words of the vocabulary; a list cannot be a key"
    )
    assert len(str(error)) < 200
    assert len(pickle.dumps(error)) < 500
    assert len(str(error_of(kv, "x" * 10_000))) < 200
    assert "\n" not in str(error_of(kv, np.eye(9)))


def test_unknown_words_are_named_together():
    kv = vectors(["king", "queen"])
    for keys, message in (
        (
            ["kin", "king", "quen"],
            "'kin', 'quen' are not .* 2 .*; the nearest .* of 'kin' is 'king'",
        ),
        (["kin", "kin"], "'kin' is not among the 2 words of .*; the nearest spelling is 'king'"),
        (
            ["zz", "quen"],
            "'zz', 'quen' are not among .*; the nearest spelling of 'quen' is 'queen'",
        ),
        ([*range(9)], "0, 1, 2, 3, 4 and 4 more are not among the 2 words of the vocabulary"),
    ):
        with pytest.raises(UnknownWordError, match=f"^{message}$"):
            kv[keys]


def test_unknown_words_of_the_library_all_name_a_near_spelling(tmp_path, capsys):
    model = Word2Vec(4, min_count=1, epochs=1, sample=0, workers=1, seed=1)
    model.fit([["king", "queen", "man"]] * 9)
    path = tmp_path / "vectors"
    model.wv.save(path)
    mapped = KeyedVectors.load(path, mmap=True)
    for ask in (
        lambda: model.predict_context(["quen"]),
        lambda: model.score_pairs(["king"], ["quen"]),
        lambda: model.fit([["king", "man"]], init_vectors=model.wv, frozen=["quen"]),
        lambda: stability([model, model], ["quen"], topn=1),
        lambda: mapped["quen"],
        lambda: model.context_wv["quen"],
    ):
        with pytest.raises(UnknownWordError) as caught:
            ask()
        assert str(caught.value) == (
            "'quen' is not among the 3 words of the vocabulary; the nearest spelling is 'queen'"
        )
    assert main(["similar", str(path), "quen"]) == 2
    assert capsys.readouterr().err.endswith("; the nearest spelling is 'queen'\n")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("wrod39999", "word39999"),
        ("word3999", "word399"),  # the first of those that are one letter away
        ("xword39999", "word39999"),
        ("Word39999", "word39999"),
        ("WORD39999", "word39999"),
        ("word39999 ", "word39999"),
        ("wxrd39x", "word39"),
        ("wxrd3999x", "word399"),
        ("zzzzz", None),
        ("", None),
        ("x" * 200, None),
        (7, None),
        (b"word1", None),
        (("word1",), None),
    ],
)
def test_near_spelling_compares_few_of_many_words(monkeypatch, word, near):
    index = {f"word{i}": i for i in range(40_000) if i != 3999}
    compare = Mock(wraps=difflib.get_close_matches)
    monkeypatch.setattr(difflib, "get_close_matches", compare)
    assert near_spelling(word, index) == near
    assert all(len(call.args[1]) <= 500 for call in compare.call_args_list)


def test_near_spelling_knows_the_letters_of_any_script():
    index = {word: row for row, word in enumerate(["왕", "여왕", "남자", "Straße", 7, ("king",)])}
    assert near_spelling("여완", index) is None  # half of two letters
    assert near_spelling("여왕님", index) == "여왕"
    assert near_spelling("남", index) == "남자"
    assert near_spelling("Strasse", index) == "Straße"
    assert near_spelling("king", index) is None


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
