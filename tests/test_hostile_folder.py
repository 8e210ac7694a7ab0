"""Folders made to harm: links that lead out, pipes, sizes that are lies, words made to be slow."""

import hashlib
import json
import os
import shutil
import time
import tracemalloc

import numpy as np
import pytest
from oracles import fix_digests
from test_golden import GOLDEN

from negsamp import SavedModelError, Word2Vec
from negsamp.files import model_folder as storage
from negsamp.files import word_list as wordfile
from negsamp.files.model_folder import check_target, read_model, write_model

NAMES = ["model.json", "vocabulary.txt", "vectors.npy", "words.json"]


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(GOLDEN / "sgns", tmp_path / "model")


def refused(folder):
    """The message of what is refused soon and without memory."""
    started = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises(SavedModelError) as raised:
            Word2Vec.load(folder)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - started < 20
    return str(raised.value)


def link(path, target):
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("this system has no symbolic links")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", ["absolute", "relative", "device", "below"])
def test_link_that_leads_out_of_the_folder_is_refused(folder, tmp_path, name, target):
    (folder / "below").mkdir()
    places = {
        "absolute": tmp_path / "outside",
        "relative": os.path.join("..", "outside"),
        "device": os.devnull,
        "below": os.path.join("below", "file"),
    }
    for copy in (tmp_path / "outside", folder / "below" / "file"):
        shutil.copy(folder / name, copy)
    (folder / name).unlink()
    link(folder / name, places[target])
    assert f"{name}' leads out of the folder" in refused(folder)


@pytest.mark.parametrize("name", NAMES)
def test_link_that_leads_nowhere_is_refused(folder, name):
    (folder / name).unlink()
    link(folder / name, "nowhere")
    assert refused(folder).endswith(f"lacks the file {name}")
    (folder / name).unlink()
    link(folder / name, name)
    assert name in refused(folder)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_file_is_refused(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()
    assert f"{name}' is a folder, pipe or device" in refused(folder)
    if hasattr(os, "mkfifo"):
        (folder / name).rmdir()
        os.mkfifo(folder / name)
        assert f"{name}' is a folder, pipe or device" in refused(folder)


@pytest.mark.parametrize("name", NAMES)
def test_file_of_a_terabyte_is_refused_unread(folder, name):
    try:
        os.truncate(folder / name, 1 << 40)  # a hole, which takes no room on the disk
    except OSError:
        pytest.skip("this file system has no holes")
    assert name in refused(folder)


def test_arrays_of_a_terabyte_need_the_words(folder):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({1 << 36}, 4), }}\n"
    for name in ("vectors.npy", "context_vectors.npy"):
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
        (folder / name).write_bytes(start)
        try:
            os.truncate(folder / name, len(start) + (1 << 40))
        except OSError:
            pytest.skip("this file system has no holes")
    assert "vocabulary.txt' has 15 lines, and 'vectors.npy' has 68719476736 rows" in refused(folder)
    header = header.replace(f"({1 << 36}, 4)", f"(15, {1 << 36})")
    for name in ("vectors.npy", "context_vectors.npy"):
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
        (folder / name).write_bytes(start)
        os.truncate(folder / name, len(start) + 15 * (1 << 38))
    assert "vectors have 1 to 100000 numbers" in refused(folder)


def test_model_json_of_many_parts_is_refused(folder):
    record = folder / "model.json"
    text = record.read_text()
    record.write_text(text.replace('"raw_words"', '"x": [' + "[]," * 2000 + '[]], "raw_words"'))
    assert "it has 2008 of '[{'; 1000 are allowed" in refused(folder)
    record.write_text("[" * 100_000)
    assert "1000 are allowed" in refused(folder)
    record.write_text(text.replace('"raw_words"', '"raw_words": 1, "raw_words"'))
    assert "it has the key 'raw_words' twice" in refused(folder)
    assert "twice" in refused(folder)


def test_hostile_model_json_is_no_model_to_replace(folder):
    for content in (b"[" * 200_000, b'{"format": NaN}', b"9" * 5000):
        (folder / "model.json").write_bytes(content)
        with pytest.raises(FileExistsError, match="not a model"):
            check_target(folder)


@pytest.mark.parametrize("name", ["vectors.npy", "context_vectors.npy", "noise.npy", "log_z.npy"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_array_that_is_not_finite_is_refused(tmp_path, name, value):
    folder = shutil.copytree(GOLDEN / "nce", tmp_path / "model")
    array = np.load(folder / name)
    array[3, -1] = value
    np.save(folder / name, array)
    fix_digests(folder)
    assert f"row 3 of '{name}' is not finite" in refused(folder)


@pytest.mark.parametrize(("name", "dtype"), [("vectors.npy", ">f4"), ("noise.npy", ">f8")])
def test_array_of_another_byte_order_is_the_same(tmp_path, name, dtype):
    folder = shutil.copytree(GOLDEN / "nce", tmp_path / "model")
    before = Word2Vec.load(folder)
    np.save(folder / name, np.load(folder / name).astype(dtype))
    fix_digests(folder)
    again = Word2Vec.load(folder)
    assert again.vectors_.tobytes() == before.vectors_.tobytes()
    assert again.noise.tobytes() == before.noise.tobytes()
    assert again.vectors_.dtype == np.float32


def test_array_that_changes_while_it_is_read_is_refused(folder, monkeypatch):
    real = storage.read_array
    for change in (lambda array: array[:-1], np.ravel, np.float64):
        monkeypatch.setattr(storage, "read_array", lambda path, change=change: change(real(path)))
        assert "has changed while it was read" in refused(folder)


# Words

ARRAYS = {name: np.ones((3, 2), np.float32) for name in ("vectors", "context_vectors")}


def written(folder, words):
    n = len(words)
    arrays = {name: np.ones((n, 2), np.float32) for name in ARRAYS}
    write_model(folder, words, np.ones(n, int), arrays, {})
    return folder


def test_line_that_is_too_long_is_neither_written_nor_read(tmp_path, monkeypatch):
    folder = written(tmp_path / "model", ["short", "x" * 5000, "y"])
    monkeypatch.setattr(wordfile, "LONGEST_LINE", 5000)
    monkeypatch.setattr(wordfile, "BLOCK", 5)
    with pytest.raises(SavedModelError, match="line 2 has more than the 5000 bytes allowed"):
        read_model(folder)
    with pytest.raises(ValueError, match=r"the word 'x.* takes 5003 bytes; 5000 can be saved"):
        written(tmp_path / "other", ["x" * 5000])
    monkeypatch.setattr(wordfile, "BLOCK", 1 << 20)
    with pytest.raises(SavedModelError, match="line 2 of"):
        read_model(folder)
    monkeypatch.setattr(wordfile, "LONGEST_LINE", 5003)
    assert read_model(folder)[0] == ["short", "x" * 5000, "y"]


def test_words_json_that_is_too_long_is_refused(folder):
    with open(folder / "words.json", "ab") as file:
        file.write(b" " * 2000)
    fix_digests(folder)
    assert "words.json' is longer than such words need" in refused(folder)


@pytest.mark.parametrize(
    "words",
    [
        [10**100 + i for i in range(50)],
        [(i, " " * i, (True, 1.5, b"\xff" * i)) for i in range(50)],
        ["\ud800" * i for i in range(1, 50)],
        [" " * i for i in range(50)],
    ],
)
def test_words_json_is_never_too_long_for_words_that_were_saved(tmp_path, words):
    assert read_model(written(tmp_path / "model", words))[0] == words


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('"b"', '"c"'),
        ("1", "true"),
        ("1", "1.0"),
        ('"b"', '{"characters": [98]}'),
        ('{"bytes":"FF"}', '{"bytes": "FF"}'),
        ('{"tuple":"ab"}', '{"tuple": "ab"}'),
        ('{"tuple":{"a":1}}', '{"tuple": {"a": 1}}'),
        ('{"characters":[true]}', '{"characters": [true]}'),
    ],
)
def test_words_whose_two_files_differ_are_refused(tmp_path, line, value):
    folder = written(tmp_path / "model", ["a", 7, "c"])
    (folder / "vocabulary.txt").write_text(f"a 1\n{line} 1\nc 1\n")
    (folder / "words.json").write_text(f'{{"1": {value}}}')
    fix_digests(folder)
    with pytest.raises(SavedModelError, match=r"words.json' is damaged: "):
        read_model(folder)


@pytest.mark.parametrize("key", ["01", "+1", " 1", "1_0", "١", "1.0", "-0", "", "9" * 5000])
def test_words_json_with_a_key_that_is_no_row(tmp_path, key):
    folder = written(tmp_path / "model", ["a", 7, "c"])
    (folder / "words.json").write_text(json.dumps({key: 7}))
    most = wordfile.most_apart((folder / "vocabulary.txt").stat().st_size, 3)
    fix_digests(folder)
    with pytest.raises(SavedModelError, match="there is no row" if len(key) < most else "longer"):
        read_model(folder)


def test_tuples_are_written_and_read_to_a_depth(tmp_path):
    word = ()
    for _ in range(wordfile.DEEPEST_TUPLE - 1):
        word = (word,)
    folder = written(tmp_path / "model", [word, "b", "c"])
    assert read_model(folder)[0][0] == word
    with pytest.raises(ValueError, match="a tuple 51 levels deep, which cannot be saved; 50 can"):
        written(tmp_path / "other", [(word,)])
    for levels in (51, 5000):
        value = '{"tuple":[' * levels + "]}" * levels
        (folder / "vocabulary.txt").write_text(f"{value} 1\nb 1\nc 1\n")
        (folder / "words.json").write_text(f'{{"0": {value}}}')
        fix_digests(folder)
        with pytest.raises(SavedModelError, match=r"words.json' is damaged: "):
            read_model(folder)


def test_integers_are_written_and_read_to_a_length(tmp_path):
    words = [10**4299, -(10**4300 - 1), (10**4299,)]
    assert read_model(written(tmp_path / "model", words))[0] == words
    for word in (10**4300, -(10**5000), (10**4300,)):
        with pytest.raises(ValueError, match="an integer of more than 4300 digits, which cannot"):
            written(tmp_path / "other", [word])


def test_words_of_one_hash_are_refused_before_they_are_compared(tmp_path):
    step = 2**61 - 1  # what Python divides integers by to hash them
    words = [i * step for i in range(1, 2001)]
    lines = "".join(f"{word} 1\n" for word in words)
    apart = json.dumps({str(row): word for row, word in enumerate(words)})
    folder = written(tmp_path / "model", [str(i) for i in range(2000)])
    (folder / "vocabulary.txt").write_text(lines)
    (folder / "words.json").write_text(apart)
    record = folder / "model.json"
    about = json.loads(record.read_text())
    for name in ("vocabulary.txt", "words.json"):
        about["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    record.write_text(json.dumps(about))
    with pytest.raises(SavedModelError, match="more than 100 of its words have the same hash"):
        read_model(folder)
