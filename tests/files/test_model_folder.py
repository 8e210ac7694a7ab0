"""A model comes back the same; arrays that do not fit are refused by the name of their file."""

import hashlib
import json
import os

import numpy as np
import pytest
from oracles import fix_digests

from negsamp.errors import SavedModelError
from negsamp.files.model_folder import read_model, write_model

ABOUT = {"parameters": {"vector_size": 3}, "loss_history": [1.5, 1.25]}
FILES = ("vectors.npy", "context_vectors.npy", "vocabulary.txt", "words.json", "model.json")


def arrays_of(n, seed=0):
    values = np.random.default_rng(seed).normal(size=(2, n, 3)).astype(np.float32)
    return dict(zip(("vectors", "context_vectors"), values, strict=True))


def write(folder, words=("a", "b c", 7), seed=0, about=ABOUT):
    counts = np.arange(len(words), 0, -1)
    write_model(folder, words, counts, arrays_of(len(words), seed), about)
    return folder


def assert_holds(folder, words=("a", "b c", 7), seed=0):
    read, counts, arrays, about, rare, _ = read_model(folder)
    assert rare is None
    assert repr(read) == repr(list(words)), "repr tells 1 from 1.0 and True, and 0.0 from -0.0"
    assert counts.tolist() == list(range(len(words), 0, -1))
    assert counts.dtype == np.int64
    assert set(arrays) == {"vectors", "context_vectors"}
    for name, array in arrays_of(len(words), seed).items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == np.float32
    assert about["parameters"] == {"vector_size": 3}
    assert about["loss_history"] == [1.5, 1.25]


def test_words_and_counts_must_be_as_many(tmp_path):
    with pytest.raises(ValueError, match="zip"):
        write_model(tmp_path / "model", ["a", "b"], np.ones(1, int), arrays_of(2), ABOUT)
    assert list(tmp_path.iterdir()) == []


# Files that others can read


@pytest.mark.parametrize("change", [np.asfortranarray, lambda array: np.repeat(array, 2, 0)[::2]])
def test_arrays_that_are_not_contiguous_come_back_the_same_without_us_too(tmp_path, change):
    arrays = {name: change(array) for name, array in arrays_of(2).items()}
    write_model(tmp_path / "model", ["a", "b"], np.ones(2, int), arrays, ABOUT)
    for name, array in read_model(tmp_path / "model")[2].items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.flags.c_contiguous
        mapped = np.load(tmp_path / "model" / f"{name}.npy", mmap_mode="r")
        np.testing.assert_array_equal(mapped, array)


def test_model_json_holds_versions_and_digests(tmp_path):
    folder = write(tmp_path / "model")
    about = json.loads((folder / "model.json").read_text("utf-8"))
    assert about["format"] == "negsamp model 1"
    assert about["versions"]["numpy"] == np.__version__
    assert set(about["versions"]) == {"python", "numpy", "scipy"}
    assert about["sha256"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in set(FILES) - {"model.json"}
    }
    assert sorted(os.listdir(folder)) == sorted(FILES)
    (tmp_path / "plain").mkdir()
    assert folder.stat().st_mode == (tmp_path / "plain").stat().st_mode, "as of any new folder"


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in FILES:
        first, second = (write(tmp_path / folder) / name for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "model")


@pytest.mark.parametrize("name", ["vectors", "context_vectors"])
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((2, 3), np.float32), r"has shape \(2, 3\)|must have shape \(2, 3\)"),
        (np.ones((3, 4), np.float32), r"has shape \(3, 4\)|must have shape \(3, 4\)"),
        (np.ones((3, 0), np.float32), r"has shape \(3, 0\)"),
        (np.ones((3, 3, 1), np.float32), r"has shape \(3, 3, 1\)"),
        (np.float32(1), r"has shape \(\)"),
        (np.ones((3, 3)), "type float64"),
        (np.full((3, 3), "x"), "type '<U1'"),
    ],
)
def test_array_that_does_not_fit_is_named(folder, name, array, message):
    np.save(folder / f"{name}.npy", array)
    fix_digests(folder)
    with pytest.raises(SavedModelError, match=f"vectors.npy' .*({message})"):
        read_model(folder)


@pytest.mark.parametrize(
    ("name", "like", "shape", "allowed"),
    [
        ("log_z", "float32", (2, 1), r"\(3, 1\) or \(1, 1\)"),
        ("noise", "float64", (1, 1), r"\(3, 1\)"),
        ("frozen", "uint8", (3, 2), r"\(3, 1\)"),
        ("best_vectors", "float32", (3, 2), r"\(3, 3\)"),
        ("best_log_z", "float32", (1, 1), " and"),  # there is no log_z
    ],
)
def test_array_of_another_shape_is_not_written(tmp_path, name, like, shape, allowed):
    arrays = {**arrays_of(3), name: np.ones(shape, like)}
    message = rf"'{name}.npy' has shape .* must have shape {allowed}.* type {like}, as .* 3 rows"
    with pytest.raises(ValueError, match=message):
        write_model(tmp_path / "model", ["a", "b", "c"], np.ones(3, int), arrays, ABOUT)
    assert list(tmp_path.iterdir()) == []


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_array_of_objects_is_refused_and_not_loaded(folder):
    np.save(folder / "vectors.npy", np.array([[Bomb()] * 3] * 3), allow_pickle=True)
    fix_digests(folder)
    with pytest.raises(SavedModelError, match=r"vectors.npy' is damaged: .* type '.O'"):
        read_model(folder)


# Words without a row


def test_rare_words_are_those_that_files_hold(tmp_path):
    rare = ["x", "y z", 7, frozenset("a"), (1, "b"), None], [1, 1, 2, 1, 3, 1]
    write_model(tmp_path, ["a"], np.ones(1, int), arrays_of(1), ABOUT, rare)
    assert (tmp_path / "rare_words.txt").read_text().startswith("x 1\n")
    words, counts = read_model(tmp_path).rare()
    assert repr(words) == "['x', 'y z', 7, (1, 'b')]"
    assert counts.tolist() == [1, 1, 2, 3]
    write_model(tmp_path, ["a"], np.ones(1, int), arrays_of(1), ABOUT, ([object()], [1]))
    assert "rare_words.txt" not in os.listdir(tmp_path)
    assert read_model(tmp_path).rare is None


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"x 1\nx 1\n", "holds 'x' more than once"), (b"x 0\n", "row 0 is 0"), (b"x\n", "line 1")],
)
def test_damaged_rare_words_are_named_when_they_are_needed(folder, content, message):
    write_model(folder, ["a"], np.ones(1, int), arrays_of(1), ABOUT, (["x"], [1]))
    (folder / "rare_words.txt").write_bytes(content)
    with pytest.raises(SavedModelError, match=r"rare_words.txt' is not the file that was saved"):
        read_model(folder)
    fix_digests(folder)
    rare = read_model(folder).rare
    with pytest.raises(SavedModelError, match=f"rare_words.txt' .*{message}"):
        rare()
