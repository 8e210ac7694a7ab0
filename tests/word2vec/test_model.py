"""The public class: parameters, errors, fitted attributes, saving and loading."""

import datetime
import gzip
import inspect
import json
import os
import pickle

import numpy as np
import pytest
from runs import assert_same

import negsamp
from negsamp import CorpusError, KeyedVectors, NotFittedError, SavedModelError, Word2Vec
from negsamp.training.settings import available_cores

SENTENCES = [["cats", "chase", "mice"], ["dogs", "chase", "cats"], ["mice", "eat", "cheese"]] * 20


def model(**params):
    settings = {"vector_size": 8, "min_count": 1, "sample": 0, "epochs": 2}
    settings |= {"workers": 1, "seed": 1}
    return Word2Vec(**{**settings, **params})


@pytest.fixture(scope="module")
def fitted():
    return model().fit(SENTENCES)


# --- what fit accepts


def test_fit_returns_the_model_with_its_attributes(fitted):
    assert isinstance(fitted, Word2Vec)
    assert isinstance(fitted.wv, KeyedVectors)
    assert fitted.vectors_.shape == fitted.context_vectors_.shape == (6, 8)
    assert fitted.vectors_.dtype == fitted.context_vectors_.dtype == np.float32
    assert fitted.vectors_.flags.c_contiguous
    assert fitted.vocabulary_.words == ["cats", "chase", "mice", "cheese", "dogs", "eat"]
    assert fitted.vocabulary_.counts.tolist() == [40, 40, 40, 20, 20, 20]
    assert len(fitted.loss_history_) == 2
    assert fitted.raw_words_ == 180
    assert set(fitted.fit_seconds_) == {"read", "train"}
    assert fitted.wv.index_to_key == fitted.vocabulary_.words
    np.testing.assert_array_equal(fitted.wv["mice"], fitted.vectors_[2])


@pytest.mark.parametrize("as_path", [str, lambda path: path])
@pytest.mark.parametrize("suffix", [".txt", ".txt.gz"])
def test_a_file_gives_the_same_bytes_as_its_sentences(fitted, tmp_path, as_path, suffix):
    text = "\n".join(" ".join(sentence) for sentence in SENTENCES)
    path = tmp_path / f"corpus{suffix}"
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    assert model().fit(as_path(path)).vectors_.tobytes() == fitted.vectors_.tobytes()


def test_tokens_may_be_any_hashable_and_are_never_row_numbers():
    walks = [[3, ("node", 7), frozenset({1})], [3, 0, ("node", 7)]] * 20
    wv = model().fit(walks).wv
    assert wv.index_to_key[0] in (3, ("node", 7))
    assert len(wv) == 4
    np.testing.assert_array_equal(wv[3], wv.vectors[wv.key_to_index[3]])
    assert 1 not in wv
    with pytest.raises(negsamp.UnknownWordError, match="1 is not among the 4 words"):
        wv.similarity(1, 3)


def test_a_sentence_of_any_length_is_trained_whole():
    # the last word stands only behind the place where gensim cuts a sentence
    sentence = ["a", "b"] * 10_000 + ["end", "b"] * 50
    wv = model(sample=0).fit([sentence]).wv
    assert np.linalg.norm(wv["end"]) > 0.3


def test_workers_default_to_the_cores_of_the_process():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
    assert model(workers=None).fit(SENTENCES).vectors_.shape == (6, 8)


def test_fit_again_starts_anew(fitted):
    again = model().fit([["x", "y"]] * 50)
    assert again.wv.index_to_key == ["x", "y"]
    assert_same(again.fit(SENTENCES), fitted)


def test_a_callback_that_cannot_be_called_is_named():
    with pytest.raises(TypeError, match="callbacks holds 3"):
        model().fit(SENTENCES, callbacks=[3])


# --- bad input: an error before any work, and nothing lost


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("vector_size", 0, "an integer, from 1 to 100000"),
        ("vector_size", 1.5, "an integer"),
        ("vector_size", [["a"]], "a corpus goes to fit"),
        ("window", 0, "an integer, from 1 to 10000"),
        ("min_count", -1, "an integer, 0 or more"),
        ("negative", 0, "an integer, from 1"),
        ("epochs", 0, "an integer, from 1"),
        ("workers", 0, "an integer, from 1 to 1024, or None"),
        ("seed", -1, "or None"),
        ("seed", "x", "or None"),
        ("max_vocab_size", 0, "or None"),
        ("max_final_vocab", 0, "an integer, 1 or more, or None"),
        ("max_final_vocab", 2.5, "or None"),
        ("batch_size", 0, "or None"),
        ("shift", "log K", "a finite number from −50 to 50, or None"),
        ("shift", 51, "a finite number from −50 to 50"),
        ("init", "svd", "one of 'pmi', 'random', or None"),
        ("init", 1, "or None"),
        ("shift", float("nan"), "a finite number from −50 to 50"),
        ("sample", -1e-3, "a finite number, 0 or more, or None"),
        ("sample", "auto", "a finite number, 0 or more, or None"),
        ("sample", float("nan"), "a finite number"),
        ("ns_exponent", float("inf"), "a finite number"),
        ("alpha", 0, "above 0"),
        ("alpha", "0.1", "above 0"),
        ("alpha", 11, "at most 10"),
        ("alpha", 10**400, "at most 10"),
        ("sample", 10**400, "a finite number"),
        ("progress", "no", "True, False or None"),
        ("min_alpha", -1, "0 or more"),
        ("min_alpha", 0.03, "at most alpha, 0.025"),
        ("objective", "cbow", "one of 'sgns'"),
        ("objective", ["sgns"], "one of 'sgns'"),
        ("optimizer", "adam", "one of 'adagrad', 'sgd'"),
        ("shrink_windows", "yes", "True or False"),
    ],
)
def test_a_parameter_out_of_range_is_named_before_the_corpus_is_touched(name, value, allowed):
    def untouchable():
        raise AssertionError("the corpus was read")
        yield

    with pytest.raises((ValueError, TypeError), match=f"^{name} is .*{allowed}"):
        model(**{name: value}).fit(untouchable())


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("size", 100, "write vector_size"),
        ("iter", 5, "write epochs"),
        ("sg", 0, "leave sg out"),
        ("hs", 1, "objective="),
        ("sentences", [], r"write fit\(corpus\)"),
        ("corpus_file", "x", r"write fit\(path\)"),
        ("vectorsize", 100, "did you mean vector_size"),
        ("learning_rate", 0.1, "write alpha"),
        ("callbacks", [], r"write fit\(corpus, callbacks"),
        ("compute_loss", True, "leave it out: loss_history_"),
        ("sorted_vocab", 1, "leave it out"),
        ("trim_rule", print, "leave it out: take the words out of the corpus"),
        ("patience", 3, r"write fit\(corpus, patience="),
        ("init_vectors", None, r"write fit\(corpus, init_vectors="),
        ("max_features", 9, "write max_final_vocab"),
        ("vector_siez", 9, "did you mean vector_size"),
        ("zzz", 1, "there are vector_size, window"),
    ],
)
def test_other_names_say_what_to_write_instead(name, value, hint):
    with pytest.raises(TypeError, match=hint):
        Word2Vec(**{name: value})
    with pytest.raises(TypeError, match=hint):
        Word2Vec().set_params(**{name: value})


CORPUS = [["cats", "chase", "mice"]] * 10


@pytest.mark.parametrize(
    ("args", "params", "line"),
    [
        ([CORPUS], {"vector_size": 100}, "Word2Vec(vector_size=100).fit(sentences)"),
        ([CORPUS], {}, "Word2Vec().fit(sentences)"),
        ([CORPUS, None, 100], {}, "Word2Vec().fit(sentences)"),
        ([None], {"vector_size": 9}, "Word2Vec(vector_size=9).fit(sentences)"),
        (["corpus.txt"], {"min_count": 1}, "Word2Vec(min_count=1).fit('corpus.txt')"),
        ([iter(CORPUS)], {"sg": 1, "hs": 0}, "Word2Vec().fit(sentences)"),
        ([np.array(CORPUS)], {"window": 3}, "Word2Vec(window=3).fit(sentences)"),
        ([], {"sentences": CORPUS, "size": 9}, "Word2Vec(vector_size=9).fit(sentences)"),
        ([], {"corpus_file": "corpus.txt"}, "Word2Vec().fit('corpus.txt')"),
        ([], {"corpus_iterable": CORPUS, "iter": 3}, "Word2Vec(epochs=3).fit(sentences)"),
        (
            [CORPUS],
            {"callbacks": [print], "compute_loss": True, "vector_size": 9},
            "Word2Vec(vector_size=9).fit(sentences, callbacks=callbacks)",
        ),
        ([CORPUS], {"noise": np.ones(3)}, "Word2Vec(noise=noise).fit(sentences)"),
        ([CORPUS * 10_000], {"vectorsize": 9}, "Word2Vec(vectorsize=9).fit(sentences)"),
        (["x y " * 100_000], {}, "Word2Vec().fit(sentences)"),
    ],
)
def test_a_corpus_given_to_the_constructor_says_the_line_to_write(args, params, line, tmp_path):
    with pytest.raises(TypeError, match=r"write (fit\(\w+\): )?Word2Vec\(") as error:
        Word2Vec(*args, **params)
    message = str(error.value)
    assert message.endswith(line)
    assert "cats" not in message
    assert len(message) < 200
    if "vectorsize" not in line and "'" not in line:
        variables = {"Word2Vec": model, "sentences": CORPUS, **params}
        assert len(eval(line, variables).wv) == 3


@pytest.mark.parametrize(("name", "value"), [("sg", 0), ("hs", 1)])
def test_another_model_is_refused_before_the_corpus_is(name, value):
    with pytest.raises(TypeError, match=f"^{name}={value} asks for"):
        Word2Vec(CORPUS, **{name: value})


def test_numbers_without_a_name_and_the_signature_stay():
    assert Word2Vec(8, 3).get_params() == Word2Vec(vector_size=8, window=3).get_params()
    assert list(inspect.signature(Word2Vec).parameters)[:2] == ["vector_size", "window"]


def test_what_gensim_calls_this_model_is_accepted(fitted):
    assert model(sg=1, hs=0).fit(SENTENCES).vectors_.tobytes() == fitted.vectors_.tobytes()


def broken():
    yield from SENTENCES
    raise OSError("the disk is gone")


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ([], "empty"),
        ([["a"], ["b"], ["a"]], "no pair"),
        (["cats", "chase", "mice"], "no pair.*; a single sentence is a list in a list"),
        ("the quick brown fox", "does not exist"),
        ([["a", "b"], b"c d"], "sentence 1 is the bytes.*decode it first"),
        ([["a", ["b"]]], "token 1 of sentence 0 is .*not hashable"),
        (7, "corpus is a int"),
        (broken(), "OSError after 60 sentences: the disk is gone"),
    ],
)
def test_a_corpus_that_cannot_be_trained_on_is_named(corpus, message):
    kept = model().fit(SENTENCES)
    before = kept.vectors_.copy()
    with pytest.raises((CorpusError, FileNotFoundError), match=message):
        kept.fit(corpus)
    np.testing.assert_array_equal(kept.vectors_, before)
    assert kept.wv.index_to_key[0] == "cats"


@pytest.mark.parametrize(
    "name", ["wv", "context_wv", "vectors_", "context_vectors_", "vocabulary_", "nce_log_z_"]
)
def test_a_model_that_is_not_fitted_says_so_and_is_not_saved(name, tmp_path):
    with pytest.raises(NotFittedError, match=rf"has no {name} yet: call fit\(corpus\)"):
        getattr(Word2Vec(), name)
    assert not hasattr(Word2Vec(), name)
    assert not hasattr(Word2Vec(), "vocab")
    with pytest.raises(NotFittedError):
        Word2Vec().save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


# --- parameters


def test_defaults_are_gensims_but_for_what_follows_the_corpus():
    params = Word2Vec().get_params()
    expected = {
        "vector_size": 100,
        "window": 5,
        "min_count": 5,
        "sample": None,
        "negative": 5,
        "ns_exponent": 0.75,
        "alpha": 0.025,
        "min_alpha": 1e-4,
        "epochs": 5,
        "shrink_windows": True,
        "max_vocab_size": None,
        "max_final_vocab": None,
    }
    assert {name: params[name] for name in expected} == expected


def test_get_and_set_params_are_inverse():
    params = Word2Vec(window=3, seed=4).get_params()
    assert Word2Vec().set_params(**params).get_params() == params
    assert repr(Word2Vec(window=3, seed=4)) == "Word2Vec(window=3, seed=4)"
    odd = Word2Vec(noise=np.ones(2), alpha=np.ones(2), window=7)
    assert repr(odd) == "Word2Vec(window=7, alpha=array([1., 1.]), noise=array([1., 1.]))"
    assert "sg" not in vars(Word2Vec().set_params(sg=1, window=3))


def test_set_params_sets_nothing_when_one_is_unknown():
    m = Word2Vec()
    with pytest.raises(TypeError, match="size"):
        m.set_params(window=9, size=3)
    assert m.window == 5


# --- files


def test_save_and_load_keep_everything(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = Word2Vec.load(tmp_path / "model")
    assert again.get_params() == fitted.get_params()
    assert_same(again, fitted)
    assert again.vocabulary_.counts.tolist() == fitted.vocabulary_.counts.tolist()
    assert again.raw_words_ == fitted.raw_words_
    assert again.fit_seconds_ == fitted.fit_seconds_
    assert again.wv.most_similar("cats", topn=3) == fitted.wv.most_similar("cats", topn=3)


@pytest.mark.parametrize("objective", ["sgns", "nce", "hierarchical"])
def test_a_model_may_be_mapped(tmp_path, objective):
    options = {"vector_size": 8, "min_count": 1, "epochs": 1, "workers": 1, "seed": 1, "sample": 0}
    corpus = [["cats", "chase", "mice"], ["dogs", "chase", "cats"]] * 20
    fitted = Word2Vec(objective=objective, **options).fit(corpus)
    fitted.save(tmp_path / "model")
    model = Word2Vec.load(tmp_path / "model", mmap=True)
    assert isinstance(model.vectors_, np.memmap)
    assert isinstance(model.context_vectors_, np.memmap)
    for matrix in (model.vectors_, model.context_vectors_, model.wv.vectors):
        with pytest.raises(ValueError, match="read-only"):
            matrix[0] = 0
    assert_same(model, fitted)
    assert model.wv.most_similar("cats") == fitted.wv.most_similar("cats")
    assert model.score(corpus) == fitted.score(corpus)
    assert model.predict_context("cats") == fitted.predict_context("cats")
    assert model.score_pairs(["cats"], ["mice"]) == fitted.score_pairs(["cats"], ["mice"])
    assert model.transform(corpus[:2]).tobytes() == fitted.transform(corpus[:2]).tobytes()
    assert_same(pickle.loads(pickle.dumps(model)), fitted)
    model.save(tmp_path / "copy")
    assert_same(Word2Vec.load(tmp_path / "copy"), fitted)
    Word2Vec(objective=objective, **options).fit(corpus, init_vectors=model.wv)
    assert_same(model.fit(corpus), fitted)


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be replaced on Windows")
def test_a_mapped_model_is_saved_over_its_own_folder(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    model = Word2Vec.load(tmp_path / "model", mmap=True)
    model.save(tmp_path / "model")
    assert_same(Word2Vec.load(tmp_path / "model"), fitted)
    assert_same(model, fitted)


def test_a_mapped_model_has_the_sizes_of_its_record(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    path = tmp_path / "model" / "context_vectors.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SavedModelError, match=r"context_vectors\.npy' is damaged"):
        Word2Vec.load(tmp_path / "model", mmap=True)


def test_loading_on_a_model_is_refused(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    for call in (fitted.load, fitted.resume, fitted.wv.load):
        with pytest.raises(TypeError, match=r"leaves this one as it is; write new = \w+\.\w+\("):
            call(tmp_path / "model")


def test_words_of_any_kind_are_saved_as_text(tmp_path):
    days = [datetime.date(2024, 5, day) for day in (1, 2, 3)]
    model = Word2Vec(vector_size=4, min_count=1, epochs=1, workers=1, sample=0).fit([days] * 5)
    with pytest.raises(ValueError, match=r"is a date, which cannot be saved; .*keys=str"):
        model.save(tmp_path / "model")
    model.save(tmp_path / "model", keys=str)
    again = Word2Vec.load(tmp_path / "model")
    assert again.wv.index_to_key == [str(day) for day in model.wv.index_to_key]
    assert again.vectors_.tobytes() == model.vectors_.tobytes()


def test_saved_arrays_open_with_plain_numpy(fitted, tmp_path):
    fitted.save(str(tmp_path / "model"))
    mapped = np.load(tmp_path / "model" / "vectors.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, fitted.vectors_)
    lines = (tmp_path / "model" / "vocabulary.txt").read_text().splitlines()
    assert lines[0] == "cats 40"
    about = json.loads((tmp_path / "model" / "model.json").read_text())
    assert about["parameters"]["vector_size"] == 8
    assert about["negsamp"] == negsamp.__version__


def test_numpy_numbers_as_parameters_are_saved(tmp_path):
    m = model(vector_size=np.int64(8), alpha=np.float32(0.025), seed=np.uint32(1))
    m.fit(SENTENCES).save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").vector_size == 8


# --- max_final_vocab


def zipf_sentences(V=300):
    ids = np.random.default_rng(0).zipf(1.3, size=6000) % V
    return [[f"w{i}" for i in line] for line in ids.reshape(-1, 12)]


@pytest.mark.parametrize(("most", "min_count"), [(20, 1), (20, 30), (1000, 1), (1000, 4)])
def test_max_final_vocab_agrees_with_gensim_but_for_equal_counts(most, min_count):
    gensim = pytest.importorskip("gensim").models
    corpus = zipf_sentences()
    params = {"vector_size": 4, "min_count": min_count, "max_final_vocab": most, "epochs": 1}
    theirs = gensim.Word2Vec(corpus, workers=1, **params).wv
    ours = Word2Vec(**params, workers=1, seed=1).fit(corpus).wv
    n = len(theirs)
    assert set(theirs.index_to_key) == set(ours.index_to_key[:n])
    assert [theirs.get_vecattr(word, "count") for word in theirs.index_to_key] == list(
        ours.counts[:n]
    )
    # where gensim drops all words of one count, as many stay as there is room for
    assert n <= len(ours) <= most
    assert len(set(ours.counts[n:].tolist())) <= 1


def test_max_final_vocab_is_saved_resumed_cloned_and_cached(tmp_path):
    text = tmp_path / "corpus.txt"
    text.write_text("\n".join(map(" ".join, zipf_sentences())))
    params = {"max_final_vocab": 25}
    first = model(**params).fit(text, cache=tmp_path / "ids", checkpoint=tmp_path / "run")
    assert len(first.wv) == 25
    assert_same(model(**params).fit(text, cache=tmp_path / "ids"), first)
    assert len(model().fit(text, cache=tmp_path / "ids").wv) > 25
    assert_same(Word2Vec.resume(tmp_path / "run"), first)
    first.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").max_final_vocab == 25
    found = model(**params).diagnose(text, seconds=0)
    assert found.words_kept == 25
    assert found.share_kept == first.vocabulary_.counts.sum() / first.raw_words_


def test_max_final_vocab_that_leaves_no_pair_is_named():
    corpus = [["a", "b"], ["a", "c"], ["a", "d"]]
    advice = "3 of 6 tokens are too rare: with min_count=1 and max_final_vocab=None all are kept"
    with pytest.raises(CorpusError, match=advice):
        model(max_final_vocab=1).fit(corpus)
    assert len(model(max_final_vocab=None).fit(corpus).wv) == 4
