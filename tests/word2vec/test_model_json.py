"""What model.json may say of a model, each part by itself."""

import json
import shutil

import numpy as np
import pytest
from test_golden import GOLDEN

from negsamp import SavedModelError, Word2Vec


@pytest.fixture
def sgns(tmp_path):
    return shutil.copytree(GOLDEN / "sgns", tmp_path / "sgns")


def change(folder, part=None, **values):
    """Set keys of model.json, or of one of its parts."""
    record = folder / "model.json"
    about = json.loads(record.read_text())
    (about if part is None else about[part]).update(values)
    record.write_text(json.dumps(about))


def refused(folder):
    with pytest.raises(SavedModelError) as raised:
        Word2Vec.load(folder)
    assert "model.json" in str(raised.value)
    assert len(str(raised.value)) < 800
    return str(raised.value)


PARTS = ["parameters", "raw_words", "loss_history", "validation_loss_history", "fit_seconds"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", [None, True, "x", [[]], [None], {"x": "y"}, -1, 1.5])
def test_part_of_another_kind_is_named(sgns, part, value):
    if part == "loss_history" and value == [None]:
        return  # an epoch without a pair
    change(sgns, **{part: value})
    assert part in refused(sgns) or "there is no parameter 'x'" in refused(sgns)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("raw_words", 119, "raw_words is 119; it must be an integer, 120 or more"),
        ("raw_words", 2**63, "raw_words is 9223372036854775808"),
        ("raw_words", 120.0, "raw_words is 120.0"),
        ("loss_history", ["1.5"], "loss_history holds '1.5'"),
        ("loss_history", [1.5, True], "loss_history holds True"),
        ("loss_history", [10**400], "loss_history holds 1000"),
        ("validation_loss_history", ["1.5"], "validation_loss_history holds '1.5'"),
        ("fit_seconds", {"read": -0.5}, "fit_seconds holds -0.5"),
        ("fit_seconds", {"read": [0.5]}, "fit_seconds holds [0.5]"),
    ],
)
def test_number_that_no_model_has_is_named(sgns, part, value, message):
    change(sgns, **{part: value})
    assert message in refused(sgns)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400", "-1e400"])
def test_number_that_is_not_finite_is_refused(sgns, text):
    record = sgns / "model.json"
    record.write_text(record.read_text().replace('"raw_words": 120', f'"raw_words": {text}'))
    assert text in refused(sgns)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vector_size", 5),
        ("vector_size", 4.0),
        ("window", 10**400),
        ("sample", 10**400),
        ("negative", [5]),
        ("objective", ["sgns"]),
        ("optimizer", {}),
        ("alpha", [[0.5], [0.5, 1]]),
        ("min_alpha", "0"),
        ("seed", 1.5),
        ("shrink_windows", 1),
        ("progress", "yes"),
        ("noise", [1.0] * 15),
        ("nce_normalizer", "center"),
        ("nce_normalizer", []),
    ],
)
def test_parameter_that_no_model_has_is_named(sgns, name, value):
    change(sgns, "parameters", **{name: value})
    assert name in refused(sgns)


def test_parameter_that_there_is_not_is_named(sgns):
    change(sgns, "parameters", x=1)
    assert "there is no parameter 'x'" in refused(sgns)
    change(sgns, "parameters", **{"y" * 10_000: 1})
    refused(sgns)


@pytest.mark.parametrize(
    "name", sorted(Word2Vec().get_params().keys() - {"max_final_vocab", "shift", "init"})
)
def test_parameter_that_is_missing_is_named(sgns, name):
    record = sgns / "model.json"
    about = json.loads(record.read_text())
    del about["parameters"][name]
    record.write_text(json.dumps(about))
    assert f"the parameter '{name}' is missing" in refused(sgns)


def test_ns_exponent_of_any_size_is_read(sgns):
    for value in (1e308, -1e308, 10**300):
        change(sgns, "parameters", ns_exponent=value)
        assert Word2Vec.load(sgns).ns_exponent == value


@pytest.mark.parametrize(
    ("model", "values", "message"),
    [
        ("nce", {"objective": "sgns", "nce_normalizer": None}, "has 0 normalisers; there are 7"),
        ("nce", {"nce_normalizer": "fixed"}, "has 0 normalisers; there are 7"),
        ("nce", {"nce_normalizer": "global"}, "has 1 normalisers; there are 7"),
        ("nce", {"nce_normalizer": None}, "has 1 normalisers; there are 7"),
        ("nce", {"nce_normalizer": None, "objective": "softmax"}, "noise is given, but objective"),
        ("nce", {"noise": [1.0] * 7}, "noise is [1.0, 1.0"),
        ("sgns", {"objective": "nce"}, "has 1 normalisers; there are 0"),
    ],
)
def test_parameters_that_do_not_fit_the_arrays_are_refused(tmp_path, model, values, message):
    folder = shutil.copytree(GOLDEN / model, tmp_path / model)
    change(folder, "parameters", **values)
    assert message in refused(folder)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    corpus = [["a", "b"], ["b", "c"]] * 5
    for params in ({"vector_size": 5}, {"negative": 0}, {"objective": "nce"}):
        model = Word2Vec(vector_size=4, min_count=1, sample=0, epochs=1, workers=1).fit(corpus)
        model.set_params(**params)
        with pytest.raises(ValueError, match=next(iter(params))):
            model.save(tmp_path / "model")
    model.set_params(objective="sgns")
    for name in ("vectors_", "context_vectors_"):
        getattr(model, name)[1, 2] = np.nan
        with pytest.raises(ValueError, match=r"row 1 of '\w+.npy' is not finite"):
            model.save(tmp_path / "model")
        getattr(model, name)[1, 2] = 0
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").get_params() == model.get_params()
