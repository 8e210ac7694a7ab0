"""No message shows more than a glimpse of a value, whatever is given to whatever parameter."""

import inspect
from functools import partial

import numpy as np
import pytest
import scipy.sparse

import negsamp
from negsamp import KeyedVectors, UnknownWordError, Word2Vec
from negsamp.checks import check_path, glimpse, random_generator

SENTENCES = [["a", "b", "c", "d"], ["b", "c", "d", "a"]] * 5
SETTINGS = {"vector_size": 4, "min_count": 1, "sample": 0, "epochs": 1, "workers": 1, "seed": 1}
LONGEST = 700  # a message with several values and names


class Loud:
    def __repr__(self):
        return "L\n" * 250_000


class Broken:
    def __repr__(self):
        raise RuntimeError("no")


LARGE = {
    "text": "ab cd " * 80_000,
    "lines": "ab\n" * 160_000,
    "bytes": b"\xff" * 500_000,
    "list": [f"word{i}" for i in range(6_000)],
    "tuple": tuple(range(9_000)),
    "set": set(range(9_000)),
    "dict": {i: i for i in range(50_000)},
    "array": np.arange(60_000.0),
    "strings": np.array(["x" * 9000] * 55),
    "deep": [[["x" * 500_000]]],
    "loud": Loud(),
    "several loud": [Loud()],
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_glimpse_is_one_short_line(value):
    shown = glimpse(value)
    assert len(shown) <= 61
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ab", "'ab'"),
        ("a\nb", r"'a\nb'"),
        (b"ab", "b'ab'"),
        (None, "None"),
        (1.5, "1.5"),
        (["a", ("b", 1)], "['a', ('b', 1)]"),
        ({"a": [1]}, "{'a': [1]}"),
        (np.ones(2), "array([1., 1.])"),
        (np.float32(0.5), repr(np.float32(0.5))),
        (np.ones((9, 8)), "a ndarray of shape (9, 8)"),
        (scipy.sparse.csr_array((9, 8)), "a csr_array of shape (9, 8)"),
        ("x" * 100, f"'{'x' * 59}…"),
        (10**5000, "a int"),  # which Python does not show
    ],
    ids=lambda value: type(value).__name__,
)
def test_glimpse_shows_small_values_whole(value, expected):
    assert glimpse(value) == expected


def test_glimpse_survives_an_object_that_cannot_be_shown():
    assert glimpse(Broken()).startswith("<Broken instance at")


def test_glimpse_of_a_table_is_its_shape():
    pandas = pytest.importorskip("pandas")
    assert glimpse(pandas.DataFrame(np.ones((40, 3)))) == "a DataFrame of shape (40, 3)"
    assert "\n" not in glimpse(pandas.DataFrame(np.ones((4, 3))))


def test_a_path_that_is_a_text_is_shown_by_its_beginning(tmp_path):
    with pytest.raises(OSError, match=r"too long: 'ab cd .*…'$"):
        check_path(LARGE["text"])
    check_path(tmp_path)


def test_what_is_no_seed_is_named():
    for seed in ("x", -1, 1.5, [LARGE["text"]]):
        with pytest.raises(TypeError, match=r"^rng is .*; it must be an integer, 0 or more"):
            random_generator("rng", seed)


# --- every parameter


def fit_with(name, value):
    return Word2Vec(**{**SETTINGS, name: value}).fit(SENTENCES)


@pytest.fixture(scope="module")
def callables(tmp_path_factory):
    """Functions by name, each with arguments that it takes."""
    folder = tmp_path_factory.mktemp("glimpses")
    model = Word2Vec(**SETTINGS).fit(SENTENCES)
    model.save(folder / "model")
    kv = model.wv
    negsamp.save_vectors(kv, folder / "v.txt")
    negsamp.save_npz(kv, folder / "v.npz")
    negsamp.save_safetensors(kv, folder / "v.safetensors")
    negsamp.save_projector(kv, folder / "projector")
    negsamp.save_glove_format(kv, folder / "v.glove")
    (folder / "pairs.txt").write_text("a\tb\t1\nb\tc\t2\nc\td\t3\n")
    (folder / "analogies.txt").write_text(": x\na b c d\n")
    given = {
        "corpus": SENTENCES,
        "documents": SENTENCES,
        "texts": SENTENCES,
        "sentences": [np.array([0, 1])],
        "checkpoint": folder / "run",
        "centers": ["a"],
        "contexts": ["b"],
        "words": ["a", "b"],
        "keys": ["a", "b"],
        "ws1": ["a"],
        "ws2": ["b"],
        "positives": ["a"],
        "vector": np.ones(4),
        "vectors": np.ones((2, 4)),
        "kv": kv,
        "wv": kv,
        "other": kv,
        "models": [model, model],
        "vocabulary": model.vocabulary_,
        "graph": scipy.sparse.csr_array(np.ones((4, 4))),
        "counts": np.array([2, 1]),
        "probabilities": np.ones(2),
        "sample": 1e-3,
        "objective": "sgns",
    }
    paths = {
        "load_npz": "v.npz",
        "load_safetensors": "v.safetensors",
        "load_glove_format": "v.glove",
        "load_projector": "projector",
        "load": "model",
        "evaluate_word_pairs": "pairs.txt",
        "evaluate_word_analogies": "analogies.txt",
        "save_npz": "o.npz",
        "save_safetensors": "o.safetensors",
        "save_projector": "o",
        "save": "saved",
    }
    found = {}

    def add(name, function):
        arguments = {}
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            value = given.get(parameter.name, "a")
            if parameter.name in ("path", "folder"):
                value = folder / paths.get(name.rpartition(".")[2], "v.txt")
            default = parameter.default
            arguments[parameter.name] = value if default is parameter.empty else default
        found[name] = function, arguments

    for name in negsamp.__all__:
        function = getattr(negsamp, name)
        if inspect.isfunction(function) and name not in ("text8", "docs_corpus"):
            add(name, function)
    add("AliasTable", negsamp.AliasTable)
    add("Vocabulary", negsamp.Vocabulary)
    add("KeyedVectors", KeyedVectors)
    for kind, owner in {"new": Word2Vec(**SETTINGS), "fitted": model, "vectors": kv}.items():
        for name, method in inspect.getmembers(owner, inspect.ismethod):
            # trained on what is large, it would ask for each item beside each
            if not name.startswith("_") and (kind, name) != ("new", "recommend"):
                add(f"{kind}.{name}", method)
    for name in Word2Vec().get_params():
        found[f"Word2Vec({name})"] = partial(fit_with, name), {"value": SETTINGS.get(name)}
    for name in ("sentences", "sg", "hs", "zzz"):
        found[f"Word2Vec({name})"] = partial(fit_with, name), {"value": None}
    found["Word2Vec"] = Word2Vec, {"vector_size": 8}
    found["fit(validation=…)"] = (
        lambda patience: Word2Vec(**SETTINGS).fit(SENTENCES, validation=0.3, patience=patience),
        {"patience": None},
    )
    return found


@pytest.mark.parametrize("large", LARGE)
def test_a_large_value_of_any_parameter_gives_a_short_message(
    callables, large, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    told = {}
    for name, (function, arguments) in callables.items():
        for parameter in arguments:
            try:
                answer = function(**{**arguments, parameter: LARGE[large]})
                if inspect.isgenerator(answer):
                    next(answer, None)
            except UnknownWordError:
                pass  # test_errors
            except Exception as error:
                if len(str(error)) > LONGEST:
                    told[name, parameter] = str(error)[:100]
    assert told == {}
