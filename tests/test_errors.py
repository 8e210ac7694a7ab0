"""The error of an unknown word: small, lazy, and the same wherever it is read."""

import copy
import difflib
import gc
import pickle
import weakref
from unittest.mock import Mock

import numpy as np
import pytest

from negsamp import KeyedVectors, UnknownWordError, Word2Vec, stability
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
