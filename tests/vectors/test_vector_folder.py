"""Vectors without a model come back the same, read or mapped, or are refused by a file's name."""

import json
import os
import pickle
import shutil
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from oracles import fix_digests
from test_golden import GOLDEN

from negsamp import KeyedVectors, SavedModelError, Word2Vec
from negsamp.files.word_list import read_words
from negsamp.vectors import vector_folder as vectorfolder

KEYS = ["the", "new york", 7, ("a", 1), "고양이", b"\xff"]
DTYPES = [np.float16, np.float32, np.float64, ">f4", np.int8, np.uint64]
MMAP = pytest.mark.parametrize("mmap", [False, True])


def vectors_of(n=6, dtype=np.float32):
    return np.abs(20 * np.random.default_rng(0).normal(size=(n, 4))).astype(dtype)


@pytest.fixture
def folder(tmp_path):
    KeyedVectors(KEYS, vectors_of(), [5, 9, 0, 1, 1, 3]).save(tmp_path / "vectors")
    return tmp_path / "vectors"


@pytest.fixture
def model(tmp_path):
    return shutil.copytree(GOLDEN / "sgns", tmp_path / "model")


def assert_same(kv, other):
    assert repr(kv.index_to_key) == repr(other.index_to_key), "repr tells 1 from 1.0 and True"
    assert kv.key_to_index == other.key_to_index
    assert kv.vectors.tobytes() == other.vectors.tobytes()
    assert kv.vectors.dtype == other.vectors.dtype
    assert (kv.counts is None) == (other.counts is None)
    if kv.counts is not None:
        assert kv.counts.tolist() == other.counts.tolist()
        assert kv.counts.dtype == np.int64
    for array in (kv.vectors, kv[kv.index_to_key[0]]):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


# There and back


@MMAP
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("counts", [None, [5, 9, 0, 1, 1, 2**62]])
def test_vectors_come_back_the_same(tmp_path, mmap, dtype, counts):
    kv = KeyedVectors(KEYS, vectors_of(dtype=dtype), counts)
    kv.save(tmp_path / "vectors")
    again = KeyedVectors.load(tmp_path / "vectors", mmap=mmap)
    assert isinstance(again.vectors, np.memmap) == mmap
    if not mmap:  # which turns the bytes round
        kv = KeyedVectors(KEYS, kv.vectors.astype(np.dtype(dtype).newbyteorder("=")), counts)
    assert_same(again, kv)
    for key in KEYS[1:]:
        assert again.most_similar([key]) == kv.most_similar([key])
        assert again.get_vector(key, norm=True).tolist() == kv.get_vector(key, norm=True).tolist()
    again.save(tmp_path / "again")
    kv.save(tmp_path / "vectors")
    for name in ("vectors.npy", "vocabulary.txt", "words.json"):
        files = [tmp_path / place / name for place in ("vectors", "again")]
        assert len({file.read_bytes() for file in files}) == 1


@MMAP
@pytest.mark.parametrize("name", ["sgns", "nce"])
def test_vectors_of_a_model_are_its_wv(mmap, name):
    kv = KeyedVectors.load(GOLDEN / name, mmap=mmap)
    assert_same(kv, Word2Vec.load(GOLDEN / name).wv)
    assert kv.most_similar("cat") == Word2Vec.load(GOLDEN / name).wv.most_similar("cat")


@MMAP
def test_context_vectors_are_not_read(model, mmap):
    expected = Word2Vec.load(model).wv
    for change in (lambda path: path.write_bytes(b"damaged"), os.unlink):
        change(model / "context_vectors.npy")
        assert_same(KeyedVectors.load(model, mmap=mmap), expected)
    with pytest.raises(SavedModelError, match=r"lacks the file context_vectors\.npy"):
        Word2Vec.load(model)


def test_files_are_those_that_others_can_read(folder):
    assert {*os.listdir(folder)} == {"model.json", "vectors.npy", "vocabulary.txt", "words.json"}
    about = json.loads((folder / "model.json").read_text("utf-8"))
    assert set(about) == {"format", "versions", "sha256"}
    assert about["format"] == "negsamp vectors 1"
    np.testing.assert_array_equal(np.load(folder / "vectors.npy", mmap_mode="r"), vectors_of())
    lines = (folder / "vocabulary.txt").read_text("utf-8").splitlines()
    assert lines[0] == "the 5"
    assert lines[4] == "고양이 1"


# Mapped


def test_mapped_vectors_read_their_words_when_they_are_needed(folder, monkeypatch):
    calls = []

    def noted(*args, **options):
        read = read_words(*args, **options)
        return lambda: [calls.append(1), read()][1]

    monkeypatch.setattr(vectorfolder, "read_words", noted)
    kv = KeyedVectors.load(folder, mmap=True)
    assert (len(kv), kv.vector_size) == (6, 4)
    assert repr(kv) == "KeyedVectors(6 words, 4 dimensions)"
    assert kv.norms.shape == (6,)
    assert calls == []
    # what is in memory is read, though the folder has gone
    shutil.rmtree(folder)
    assert kv.index_to_key == KEYS
    assert kv.get_count("new york") == 9
    assert kv.key_to_index["the"] == 0
    assert calls == [1]


def test_mapped_vectors_serve_threads(folder):
    expected = KeyedVectors.load(folder).most_similar("the")
    for _ in range(20):
        kv = KeyedVectors.load(folder, mmap=True)
        start = threading.Barrier(4)

        def ask(kv=kv, start=start):
            start.wait()
            return kv.most_similar("the")

        with ThreadPoolExecutor(4) as pool:
            answers = [pool.submit(ask) for _ in range(4)]
            assert all(answer.result() == expected for answer in answers)


@pytest.mark.parametrize("is_read", [False, True])
def test_mapped_vectors_survive_pickling(folder, is_read):
    kv = KeyedVectors.load(folder, mmap=True)
    if is_read:
        kv.most_similar("the")
    assert pickle.loads(pickle.dumps(kv)).most_similar("the") == kv.most_similar("the")


def test_mapped_vectors_take_no_memory_for_the_matrix(tmp_path):
    n, d = 20_000, 100
    vectors = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    KeyedVectors(range(n), vectors).save(tmp_path / "vectors")
    tracemalloc.start()
    kv = KeyedVectors.load(tmp_path / "vectors", mmap=True)
    loaded = tracemalloc.get_traced_memory()[1]
    kv.most_similar(vectors[5])
    tracemalloc.reset_peak()
    kv.most_similar(vectors[5])
    asked = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert loaded < 4_000_000, "the matrix has 8 million bytes"
    assert asked[1] - asked[0] < 4_000_000


def test_mapped_vectors_may_be_saved_over_themselves(folder):
    kv = KeyedVectors.load(folder, mmap=True)
    kv[:3].save(folder)
    assert KeyedVectors.load(folder).index_to_key == KEYS[:3]
    assert kv.vectors.tobytes() == vectors_of().tobytes()


def test_mapped_vectors_are_not_looked_at(folder):
    vectors = vectors_of()
    vectors[4, 1] = np.nan
    np.save(folder / "vectors.npy", vectors)
    with pytest.raises(SavedModelError, match=r"vectors\.npy' is not the file that was saved"):
        KeyedVectors.load(folder)
    kv = KeyedVectors.load(folder, mmap=True)
    assert kv["the"].tolist() == vectors[0].tolist()
    with pytest.raises(ValueError, match="the vector of '고양이' has the norm nan"):
        kv.most_similar("the")


# Where they may be written


def tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_older_vectors_are_replaced(folder):
    KeyedVectors(["a"], [[1.0]]).save(folder)
    assert KeyedVectors.load(folder).index_to_key == ["a"]
    assert sorted(os.listdir(folder)) == ["model.json", "vectors.npy", "vocabulary.txt"]
    assert os.listdir(folder.parent) == ["vectors"]


def test_a_model_is_not_replaced_by_its_vectors(model):
    # whose context vectors would be lost
    before = tree(model)
    with pytest.raises(FileExistsError, match=r"vectors alone: .* KeyedVectors.load reads"):
        Word2Vec.load(model).wv.save(model)
    assert tree(model) == before


def test_vectors_are_not_replaced_by_a_model(folder, model):
    before = tree(folder)
    with pytest.raises(FileExistsError, match="is not a model: it is 'negsamp vectors 1'; choose"):
        Word2Vec.load(model).save(folder)
    assert tree(folder) == before
    with pytest.raises(SavedModelError, match="says 'negsamp vectors 1' as its format; it must"):
        Word2Vec.load(folder)


def with_counts(counts):
    kv = KeyedVectors("ab", [[1.0], [1]])
    kv.counts = np.array(counts)  # which nothing checks
    return kv


@pytest.mark.parametrize(
    ("kv", "message"),
    [
        (KeyedVectors([None], [[1.0]]), "the word None is a NoneType, which cannot be saved"),
        (with_counts([1, -1]), "the count of row 1 is -1; counts are 0 or mo"),
        (KeyedVectors("ab", [[1.0], [np.inf]]), r"row 1 of 'vectors\.npy' is not finite"),
        (KeyedVectors("a", np.ones((1, 0))), r"has shape \(1, 0\) and type float64; it must have"),
        (KeyedVectors("a", np.ones((1, 100_001), np.int8)), "vectors of 1 to 100000 numbers"),
        (KeyedVectors("a", np.ones((1, 2), bool)), "type bool; .* integers or floats of at most 8"),
        (KeyedVectors("a", np.ones((1, 2), np.longdouble)), "it must have two dimensions of integ"),
    ],
    ids=["word", "count", "inf", "empty", "wide", "bool", "longdouble"],
)
def test_what_cannot_be_read_back_is_not_written(tmp_path, kv, message):
    if kv.vectors.dtype == np.longdouble and kv.vectors.dtype.itemsize == 8:
        pytest.skip("long double is double here")
    with pytest.raises(ValueError, match=message):
        kv.save(tmp_path / "vectors")
    assert os.listdir(tmp_path) == []


# What is not whole


@MMAP
@pytest.mark.parametrize("name", ["model.json", "vectors.npy", "vocabulary.txt", "words.json"])
def test_missing_or_changed_file_is_named_at_once(folder, mmap, name):
    content = (folder / name).read_bytes()
    for changed in (content[:-1], content[:2] + b"?" + content[3:]):
        (folder / name).write_bytes(changed)
        with pytest.raises(SavedModelError, match=name):
            KeyedVectors.load(folder, mmap=mmap)
    (folder / name).unlink()
    with pytest.raises(SavedModelError, match=rf"lacks the file {name}$"):
        KeyedVectors.load(folder, mmap=mmap)


def test_another_format_is_refused(folder):
    (folder / "model.json").write_text("[1]")
    message = "says None as its format; it must be 'negsamp vectors 1' or 'negsamp model 1'"
    with pytest.raises(SavedModelError, match=message):
        KeyedVectors.load(folder)


@MMAP
@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"a 1\n", "has 1 lines, and 'vectors.npy' has 2 rows"),
        (b"a 1\nb 01\n", "is damaged: line 2 is not 'word count'"),
        (b"a 1\na 0\n", "holds 'a' more than once"),
    ],
)
def test_damaged_words_are_refused_when_they_are_read(tmp_path, mmap, lines, message):
    folder = tmp_path / "vectors"
    KeyedVectors(["a", "b"], vectors_of(2)).save(folder)
    (folder / "vocabulary.txt").write_bytes(lines)
    fix_digests(folder)
    with pytest.raises(SavedModelError, match=f"vocabulary.txt' {message}"):
        KeyedVectors.load(folder, mmap=mmap).index_to_key  # noqa: B018


def test_counts_of_vectors_may_be_0_and_those_of_a_model_may_not(folder, model):
    assert KeyedVectors.load(folder).counts.tolist() == [5, 9, 0, 1, 1, 3]
    content = (GOLDEN / "sgns" / "vocabulary.txt").read_bytes()
    (model / "vocabulary.txt").write_bytes(content[: content.rindex(b" ") + 1] + b"0\n")
    fix_digests(model)
    for mmap in (False, True):
        with pytest.raises(SavedModelError, match="the count of row 14 is 0"):
            KeyedVectors.load(model, mmap=mmap).counts  # noqa: B018


@MMAP
@pytest.mark.parametrize(
    "array",
    [
        *[np.ones(6, "f"), np.ones((6, 4, 1), "f"), np.ones((6, 0), "f"), np.ones((6, 4), "?")],
        *[np.ones((7, 4), "f"), np.ones((5, 4), "f"), np.ones((6, 100_001), "i1")],
    ],
    ids=lambda array: f"{array.shape}{array.dtype}",
)
def test_array_that_does_not_fit_is_refused(folder, mmap, array):
    np.save(folder / "vectors.npy", array)
    fix_digests(folder)
    with pytest.raises(SavedModelError, match=r"vectors\.npy'"):
        KeyedVectors.load(folder, mmap=mmap)


@MMAP
def test_model_has_vectors_of_float32(model, mmap):
    np.save(model / "vectors.npy", np.load(model / "vectors.npy").astype(np.float64))
    fix_digests(model)
    with pytest.raises(SavedModelError, match="type float64; it must have two dimensions of float"):
        KeyedVectors.load(model, mmap=mmap)
