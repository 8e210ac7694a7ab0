"""gensim's names are not there, and their errors say what to write: each advice is followed."""

import copy
import inspect
import pickle
import pydoc
import re

import numpy as np
import pytest

import negsamp
from negsamp import KeyedVectors, NotFittedError, Word2Vec
from negsamp.vectors.other_names import OF_VECTORS
from negsamp.word2vec.other_names import OF_MODELS, OtherModelNames

CORPUS = [["king", "queen", "man"], ["woman", "man"]] * 20
EVERY = OtherModelNames._other_names
SETTINGS = {"vector_size": 4, "min_count": 1, "sample": 0, "epochs": 1, "workers": 1, "seed": 1}


@pytest.fixture(scope="module")
def model():
    return Word2Vec(**SETTINGS).fit(CORPUS)


@pytest.fixture
def follow(tmp_path, model):
    """Write what a message says."""
    (tmp_path / "pairs").write_text("king queen 3\nman woman 2\n")
    (tmp_path / "analogies").write_text(": one\nking queen man woman\n")
    negsamp.save_word2vec_format(model.wv, tmp_path / "word2vec_format.txt")
    names = {
        **{name: getattr(negsamp, name) for name in negsamp.__all__},
        "kv": model.wv,
        "model": copy.deepcopy(model),
        "corpus": CORPUS,
        "texts": ["king queen"],
        "words": ["king", "unknown"],
        "keys": ["king", "man"],
        "others": ["woman"],
        "key": "king",
        "other": "man",
        "vectors": np.ones((2, 4)),
        "vector": np.ones(4),
        "counts": range(4),
    }

    def follow(message):
        [path] = [p for p in tmp_path.iterdir() if p.stem in message] or [None]
        for code in re.findall(
            r"(?:write|vectors,|here;) (.+?)(?:, which| compares|; to|$)", message
        ):
            eval(code, {**names, "path": path})

    return follow


@pytest.mark.parametrize("name", OF_VECTORS)
def test_names_of_vectors_say_what_to_write(model, follow, name):
    kv = model.wv
    assert not hasattr(kv, name)
    assert getattr(kv, name, 7) == 7
    with pytest.raises(
        AttributeError, match=rf"^KeyedVectors has no attribute '{name}'; "
    ) as error:
        getattr(kv, name)
    follow(str(error.value))


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"wv", "vector_size", "save", "load"}))
def test_names_of_models_say_what_to_write(model, follow, name):
    for each in (model, Word2Vec()):
        assert not hasattr(each, name)
        with pytest.raises(
            AttributeError, match=rf"^Word2Vec has no attribute '{name}'; "
        ) as error:
            getattr(each, name)
    assert not isinstance(error.value, NotFittedError)
    if name not in OF_MODELS and name in dir(KeyedVectors) and name not in OF_VECTORS:
        assert str(error.value).endswith(f"; write model.wv.{name}")
        assert hasattr(model.wv, name)
    else:
        follow(str(error.value))


def test_every_public_name_of_gensim_is_there_or_says_what_to_write(model):
    gensim = pytest.importorskip("gensim.models")
    theirs = gensim.Word2Vec(CORPUS, min_count=1, vector_size=4)
    internal = {"add_lifecycle_event", "lifecycle_events", "mapfile_path", "next_index"}
    internal |= {"log_accuracy", "log_evaluate_word_pairs", "seeded_vector"}
    # attributes that hold parameters of gensim's, which the page on coming over names
    parameters = set(inspect.signature(gensim.Word2Vec).parameters)
    state = {"comment", "cum_table", "min_alpha_yet_reached", "null_word", "random", "train_count"}
    state |= {"corpus_count", "effective_min_count"}
    for ours, of_them, names in ((model.wv, theirs.wv, OF_VECTORS), (model, theirs, EVERY)):
        public = {name for name in dir(of_them) if not name.startswith("_")}
        public -= internal | parameters | state
        assert {name for name in public if not hasattr(ours, name)} <= names.keys()


def test_loaders_of_classes_say_what_to_write(follow):
    for kind in (KeyedVectors, Word2Vec):
        assert not hasattr(kind, "load_word2vec_format")
        message = (
            f"^{kind.__name__} has no attribute 'load_word2vec_format'; write load_word2vec_fo"
        )
        with pytest.raises(AttributeError, match=message) as error:
            kind.load_word2vec_format("vectors.bin", binary=True)
        follow(str(error.value))
        assert "class KeyedVectors" in pydoc.render_doc(KeyedVectors)
        inspect.getmembers(kind)


def test_errors_of_properties_stay_what_they_are(model):
    for name in ("wv", "vectors_", "loss_history_", "context_wv"):
        with pytest.raises(NotFittedError, match=f"this Word2Vec has no {name} yet"):
            getattr(Word2Vec(), name)
    with pytest.raises(AttributeError, match="objective 'sgns' has no normaliser"):
        _ = model.nce_log_z_
    for each in (model, model.wv):
        kind = type(each).__name__
        for name in ("nonsense", "_ipython_display_", "__nonsense__", "predict"):
            with pytest.raises(
                AttributeError, match=f"^'{kind}' object has no attribute '{name}'$"
            ):
                getattr(each, name)


def test_copies_and_tools_see_no_difference(model):
    wv = model.wv
    for each in (copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))):
        assert each(model).wv.most_similar("king") == wv.most_similar("king")
        assert each(wv).most_similar("king") == wv.most_similar("king")
    sklearn = pytest.importorskip("sklearn.base")
    assert sklearn.clone(model).get_params() == model.get_params()
    joblib = pytest.importorskip("joblib")
    assert joblib.hash(model) == joblib.hash(copy.copy(model))
    # attributes of one's own are set as before
    wv = copy.copy(wv)
    wv.vocab = 3
    assert wv.vocab == 3
