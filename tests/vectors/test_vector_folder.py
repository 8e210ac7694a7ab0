"""Vectors without a model come back the same, read or mapped, or are refused by a file's name."""

import hashlib
import json
import os
import pickle
import shutil
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from oracles import fix_digests
from test_golden import GOLDEN
from test_model_folder import WORDS as ANY_WORDS

from negsamp import KeyedVectors, SavedModelError, Word2Vec
from negsamp.files.model_folder import words_of
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
@given(words=ANY_WORDS.map(lambda word: [word, "other"] if word != "other" else [word]))
@settings(max_examples=30)
def test_words_of_any_kind_come_back_the_same(tmp_path_factory, mmap, words):
    folder = tmp_path_factory.mktemp("words") / "vectors"
    KeyedVectors(words, vectors_of(len(words))).save(folder)
    assert repr(KeyedVectors.load(folder, mmap=mmap).index_to_key) == repr(words)
    shutil.rmtree(folder.parent)


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


@MMAP
@pytest.mark.parametrize("n", [0, 1])
def test_few_words_come_back_too(tmp_path, mmap, n):
    KeyedVectors(KEYS[:n], vectors_of(n)).save(tmp_path / "vectors")
    again = KeyedVectors.load(tmp_path / "vectors", mmap=mmap)
    assert (len(again), again.vector_size, again.index_to_key) == (n, 4, KEYS[:n])


def test_files_are_those_that_others_can_read(folder):
    assert sorted(os.listdir(folder)) == [
        *["model.json", "vectors.npy", "vocabulary.txt", "words.json"]
    ]
    about = json.loads((folder / "model.json").read_text("utf-8"))
    assert set(about) == {"format", "versions", "sha256"}
    assert about["format"] == "negsamp vectors 1"
    assert about["sha256"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("vectors.npy", "vocabulary.txt", "words.json")
    }
    np.testing.assert_array_equal(np.load(folder / "vectors.npy", mmap_mode="r"), vectors_of())
    lines = (folder / "vocabulary.txt").read_text("utf-8").splitlines()
    assert lines[0] == "the 5"
    assert lines[4] == "고양이 1"


# Mapped


def test_mapped_vectors_read_their_words_when_they_are_needed(folder, monkeypatch):
    calls = []

    def noted(*args, **options):
        read = words_of(*args, **options)
        return lambda: [calls.append(1), read()][1]

    monkeypatch.setattr(vectorfolder, "words_of", noted)
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
    with pytest.raises(FileExistsError, match="something that is not word vectors alone; choose"):
        Word2Vec.load(model).wv.save(model)
    assert tree(model) == before


def test_vectors_are_not_replaced_by_a_model(folder, model):
    before = tree(folder)
    with pytest.raises(FileExistsError, match="something that is not a model; choose"):
        Word2Vec.load(model).save(folder)
    assert tree(folder) == before
    with pytest.raises(SavedModelError, match=r"not say 'negsamp model 1' .* 'negsamp vectors 1'$"):
        Word2Vec.load(folder)


@pytest.mark.parametrize(
    ("kv", "message"),
    [
        (KeyedVectors([None], [[1.0]]), "the word None is a NoneType, which cannot be saved"),
        (KeyedVectors("ab", [[1.0], [1]], [1, -1]), "the count of row 1 is -1; counts are 0 or mo"),
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


def test_failure_midway_leaves_the_older_vectors(folder, monkeypatch):
    before = tree(folder.parent)

    def write(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", write)
    with pytest.raises(OSError, match="No space left"):
        KeyedVectors(["a"], [[1.0]]).save(folder)
    assert tree(folder.parent) == before


# What is not whole


@MMAP
def test_missing_folder(tmp_path, mmap):
    with pytest.raises(FileNotFoundError, match=r"nowhere' is not a folder, so it holds no"):
        KeyedVectors.load(tmp_path / "nowhere", mmap=mmap)


@MMAP
@pytest.mark.parametrize("name", ["model.json", "vectors.npy", "vocabulary.txt", "words.json"])
def test_missing_or_cut_file_is_named(folder, mmap, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1])
    with pytest.raises(SavedModelError, match=name):
        KeyedVectors.load(folder, mmap=mmap)
    (folder / name).unlink()
    with pytest.raises(SavedModelError, match=rf"lacks the file {name}$"):
        KeyedVectors.load(folder, mmap=mmap)


@MMAP
@pytest.mark.parametrize("name", ["vocabulary.txt", "words.json"])
def test_altered_words_are_refused_at_once(folder, mmap, name):
    content = bytearray((folder / name).read_bytes())
    content[2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(SavedModelError, match=f"{name}' is not the file that was saved: its SHA"):
        KeyedVectors.load(folder, mmap=mmap)


@MMAP
@pytest.mark.parametrize("value", ["negsamp vectors 2", None, 5, ["negsamp vectors 1"], "x" * 999])
def test_another_format_is_refused(folder, mmap, value):
    about = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**about, "format": value}))
    with pytest.raises(SavedModelError, match=r"as its format; it must be 'negsamp vectors 1' or"):
        KeyedVectors.load(folder, mmap=mmap)
    (folder / "model.json").write_text("[1]")
    with pytest.raises(SavedModelError, match="says None as its format"):
        KeyedVectors.load(folder, mmap=mmap)


@MMAP
def test_digests_of_other_files_are_refused(folder, mmap):
    about = json.loads((folder / "model.json").read_text())
    for digests in (None, {}, {**about["sha256"], "context_vectors.npy": "0" * 64}):
        (folder / "model.json").write_text(json.dumps({**about, "sha256": digests}))
        with pytest.raises(
            SavedModelError,
            match=r"digests of vocabulary\.txt, vectors\.npy, and of words\.json if there are such",
        ):
            KeyedVectors.load(folder, mmap=mmap)


@MMAP
@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"a 1\n", "vocabulary.txt' has 1 lines, and 'vectors.npy' has 2 rows"),
        (b"a 1\nb 1\nc 1\n", "more lines than there are vectors, 2"),
        (b"a 1\nb 01\n", "line 2 of .*vocabulary.txt' is not 'word count'"),
        (b"a 1\nb 00\n", "line 2 of"),
        (b"a 1\nb -1\n", "line 2 of"),
        (b"a 1 b\n2\n", "line 1 of"),
        ("a\u3000b 1\nc 2\n".encode(), "line 1 of"),
        ("\u3000 1\nc d 2\n".encode(), "line 1 of"),
        (b"a 1\nb 9223372036854775808\n", "line 2 of"),
        (b"a 1\na 0\n", "vocabulary.txt' holds 'a' more than once"),
    ],
)
def test_damaged_words_are_refused_when_they_are_read(tmp_path, mmap, lines, message):
    folder = tmp_path / "vectors"
    KeyedVectors(["a", "b"], vectors_of(2)).save(folder)
    (folder / "vocabulary.txt").write_bytes(lines)
    fix_digests(folder)
    with pytest.raises(SavedModelError, match=message):
        KeyedVectors.load(folder, mmap=mmap).index_to_key  # noqa: B018


def test_counts_of_vectors_may_be_0_and_rise_and_those_of_a_model_may_not(folder, model):
    assert KeyedVectors.load(folder).counts.tolist() == [5, 9, 0, 1, 1, 3]
    for count, message in ((b"0", "line 15 of"), (b"5", "the count of row 14 is 5")):
        content = (GOLDEN / "sgns" / "vocabulary.txt").read_bytes()
        (model / "vocabulary.txt").write_bytes(content[: content.rindex(b" ") + 1] + count + b"\n")
        fix_digests(model)
        for mmap in (False, True):
            with pytest.raises(SavedModelError, match=message):
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
    with pytest.raises(SavedModelError, match=r"vectors\.npy'|than there are vectors, 5$"):
        KeyedVectors.load(folder, mmap=mmap)


@MMAP
def test_model_has_vectors_of_float32(model, mmap):
    np.save(model / "vectors.npy", np.load(model / "vectors.npy").astype(np.float64))
    fix_digests(model)
    with pytest.raises(SavedModelError, match="type float64; it must have two dimensions of float"):
        KeyedVectors.load(model, mmap=mmap)


def test_vectors_that_are_not_finite_are_refused(folder):
    vectors = vectors_of()
    vectors[3, 1] = np.inf
    np.save(folder / "vectors.npy", vectors)
    fix_digests(folder)
    with pytest.raises(SavedModelError, match=r"row 3 of 'vectors\.npy' is not finite"):
        KeyedVectors.load(folder)


@MMAP
def test_array_that_changes_while_it_is_read_is_refused(folder, monkeypatch, mmap):
    real = vectorfolder.read_array
    monkeypatch.setattr(vectorfolder, "read_array", lambda *args: real(*args)[:-1])
    with pytest.raises(SavedModelError, match="has changed while it was read"):
        KeyedVectors.load(folder, mmap=mmap)


@MMAP
@pytest.mark.parametrize("name", ["model.json", "vectors.npy", "vocabulary.txt", "words.json"])
def test_links_out_of_the_folder_and_huge_files_are_refused(folder, tmp_path, mmap, name):
    content = (folder / name).read_bytes()
    try:
        os.truncate(folder / name, 1 << 40)  # a hole, which takes no room on the disk
    except OSError:
        pytest.skip("this file system has no holes")
    tracemalloc.start()
    with pytest.raises(SavedModelError, match=name):
        KeyedVectors.load(folder, mmap=mmap)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
    (folder / name).unlink()
    (tmp_path / "outside").write_bytes(content)
    try:
        (folder / name).symlink_to(tmp_path / "outside")
    except OSError:
        pytest.skip("this system has no symbolic links")
    with pytest.raises(SavedModelError, match=f"{name}' leads out of the folder"):
        KeyedVectors.load(folder, mmap=mmap)
