"""Arguments of a wrong kind are refused by name, before anything is done with them."""

import enum
from pathlib import Path

import numpy as np
import pytest

from negsamp import (
    KeyedVectors,
    Phrases,
    UnknownWordError,
    Vocabulary,
    Word2Vec,
    encode_corpus,
    evaluate_word_analogies,
    evaluate_word_pairs,
    load_glove_format,
    load_npz,
    load_projector,
    load_safetensors,
    load_word2vec_format,
    open_vectors,
    read_corpus,
    save_vectors,
    skipgram_pairs,
    stability,
)
from negsamp.checks import check_flags, check_path, checked_counts

KV = KeyedVectors(["king", "queen", "apple"], [[2.0, 0, 1], [2, 1, 0], [0, 0, -1]])
PAIRS = [("king", "queen", 9), ("king", "apple", 1), ("queen", "apple", 2)]
ANALOGIES = [("king", "queen", "apple", "king")]


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


# Flags

FLAGS = [
    ("norm", lambda flag: KV.get_vector("king", norm=flag)),
    ("pre_normalize", lambda flag: KV.get_mean_vector(["king"], pre_normalize=flag)),
    ("post_normalize", lambda flag: KV.get_mean_vector(["king"], post_normalize=flag)),
    ("ignore_missing", lambda flag: KV.n_similarity(["king"], ["apple"], ignore_missing=flag)),
    ("ignore_missing", lambda flag: KV.subset(["king"], ignore_missing=flag)),
    ("replace", lambda flag: KV.merged(KV, replace=flag)),
    ("use_norm", lambda flag: KV.rank_by_centrality(["king", "queen"], use_norm=flag)),
    ("case_insensitive", lambda flag: evaluate_word_pairs(KV, PAIRS, case_insensitive=flag)),
    ("dummy4unknown", lambda flag: evaluate_word_analogies(KV, ANALOGIES, dummy4unknown=flag)),
    ("answers", lambda flag: evaluate_word_pairs(KV, PAIRS, answers=flag)),
    ("shrink_windows", lambda flag: Word2Vec(shrink_windows=flag).fit([["a", "b"]])),
    ("shrink_windows", lambda flag: list(skipgram_pairs([[0, 1]], shrink_windows=flag))),
]


@pytest.mark.parametrize("flag", [None, 1, "no", [], np.array([1, 2])], ids=repr)
@pytest.mark.parametrize(("name", "use"), FLAGS)
def test_what_is_neither_true_nor_false_is_no_flag(name, use, flag):
    with pytest.raises(ValueError, match=rf"^{name} is .*; it must be True or False$"):
        use(flag)


def test_flags_of_numpy_are_flags():
    check_flags(first=True, second=np.False_)
    assert np.isclose(np.linalg.norm(KV.get_vector("king", norm=np.True_)), 1)


# Paths


@pytest.mark.parametrize("path", [None, True, 3, ["x"], b"x", KV], ids=repr)
@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("path", open_vectors),
        ("path", load_word2vec_format),
        ("path", load_glove_format),
        ("path", load_npz),
        ("path", load_safetensors),
        ("folder", load_projector),
        ("path", lambda path: save_vectors(KV, path)),
        ("folder", KV.save),
        ("folder", KeyedVectors.load),
        ("checkpoint", lambda path: Word2Vec(min_count=1).fit([["a", "b"]], checkpoint=path)),
        ("checkpoint", Word2Vec.resume),
        ("path", lambda path: Phrases(min_count=1, threshold=1).fit(["a b"] * 9).save(path)),
    ],
)
def test_what_is_no_path_is_named(tmp_path, monkeypatch, name, use, path):
    monkeypatch.chdir(tmp_path)
    if name == "checkpoint" and path is None and use is not Word2Vec.resume:
        pytest.skip("None is no checkpoint")
    with pytest.raises(TypeError, match=rf"^{name} is .*; it must be a path, as a str or Path$"):
        use(path)
    assert list(tmp_path.iterdir()) == []


def test_paths_of_two_kinds_pass():
    for path in ("x", Path("x")):
        check_path(path)


# Counts


@pytest.mark.parametrize(
    "counts", [[3, 1], (3, 1), np.array([3, 1], np.uint8), [3.0, 1.0], np.array([3, 1], object)]
)
def test_counts_are_integers(counts):
    found = checked_counts(counts, 2)
    assert found.dtype == np.int64
    assert found.tolist() == [3, 1]
    assert checked_counts([], 0).shape == (0,)
    given = np.array([3, 1])
    assert not np.shares_memory(checked_counts(given, 2), given)


@pytest.mark.parametrize(
    "counts",
    [[1.5, 2], [np.nan, 1], [1, -1], [True, False], ["1", "2"], [None, 1], [[1], [1, 2]], "ab",
     [2**70, 1], [1j, 2], np.array([1, np.inf]), np.array([0.5, 1], object)],
    ids=repr,
)  # fmt: skip
def test_what_is_no_count_is_refused(counts):
    for make in (lambda: KeyedVectors(["a", "b"], np.ones((2, 3)), counts),
                 lambda: Vocabulary(["a", "b"], counts)):  # fmt: skip
        with pytest.raises(ValueError, match=r"^counts is .*; it must hold integers, 0 or more$"):
            make()


def test_counts_are_as_many_as_words():
    with pytest.raises(
        ValueError, match=r"^counts has shape \(3,\); it must be \(2,\), one a word$"
    ):
        Vocabulary(["a", "b"], [1, 2, 3])
    for raw_words in (-1, 2.5, "7", True):
        with pytest.raises(
            ValueError, match=r"^raw_words is .*; it must be an integer, 0 or more, or"
        ):
            Vocabulary(["a", "b"], [1, 2], raw_words=raw_words)


# Keys that are enums


def test_member_of_an_enum_is_one_key():
    kv = KeyedVectors([Colour.RED, "x"], np.eye(2))
    assert kv[Colour.RED].tolist() == [1, 0]
    for ask in (kv.__getitem__, kv.most_similar, kv.get_mean_vector, kv.subset, KV.most_similar):
        with pytest.raises((UnknownWordError, ValueError), match=r"<Colour\.BLUE: 2>"):
            ask(Colour.BLUE)
    with pytest.raises(TypeError, match=r"^keys is <Colour.RED: 1>; it must hold a key for each"):
        KeyedVectors(Colour.RED, np.eye(2))
    members = KeyedVectors(Colour, np.eye(2))  # the class has an order
    assert members.index_to_key == [Colour.RED, Colour.BLUE]


# Corpora, vocabularies and models


@pytest.mark.parametrize("vocabulary", [KV, ["the", "cat"], {"the": 0}, None, "the"], ids=repr)
@pytest.mark.parametrize("corpus", [["the old cat"], "text.txt"])
def test_corpus_is_encoded_by_a_vocabulary(tmp_path, monkeypatch, vocabulary, corpus):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("the old cat\n")
    with pytest.raises(TypeError, match=r"^vocabulary is .*; it must be a negsamp\.Vocabulary$"):
        encode_corpus(vocabulary, corpus)


def test_files_that_are_kept_need_a_folder(tmp_path):
    with pytest.raises(ValueError, match=r"^keep is True, but folder is None"):
        read_corpus(["a b"], min_count=1, keep=True)
    _, stream = read_corpus(["a b"], min_count=1, keep=True, folder=tmp_path)
    assert len(stream.ids) == 2
    assert (tmp_path / "ids.npy").exists()


def test_lists_are_lists():
    with pytest.raises(TypeError, match=r"^keys is 3; it must be a list of words$"):
        KV.rows(3)
    with pytest.raises(TypeError, match=r"^words is None; it must hold a word for each count$"):
        Vocabulary(None, [1])


def test_one_model_is_no_list_of_models():
    for models in (KV, 3, None):
        with pytest.raises(TypeError, match=r"^models is .*; it must be a list of two or more$"):
            stability(models)


@pytest.mark.parametrize("sentences", [None, 3, 1.5, object], ids=repr)
def test_what_holds_no_sentences_has_no_pairs(sentences):
    with pytest.raises(ValueError, match=r"^sentences is .*; it must hold arrays of integer ids$"):
        next(skipgram_pairs(sentences))


@pytest.mark.parametrize("value", [np.array(["a", "b"]), [], 3, None], ids=repr)
@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("by", lambda value: trained().predict_context("a", by=value)),
        ("method", lambda value: evaluate_word_analogies(KV, ANALOGIES, method=value)),
        ("on_error", lambda value: open_vectors("x", on_error=value)),
        ("on_duplicate", lambda value: open_vectors("x", on_duplicate=value)),
        ("datatype", lambda value: open_vectors("x", datatype=value)),
    ],
)
def test_what_is_none_of_the_choices_is_named(name, use, value):
    if name == "datatype" and value is None:
        pytest.skip("None is the file's own")
    with pytest.raises(ValueError, match=rf"^{name} is .*; it must be "):
        use(value)


def trained():
    corpus = [["a", "b", "c", "d"]] * 40
    params = {"vector_size": 4, "min_count": 1, "sample": 0, "epochs": 1, "workers": 1}
    return Word2Vec(**params, progress=False, seed=1).fit(corpus)
