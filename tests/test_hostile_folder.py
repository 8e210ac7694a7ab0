"""Folders made to harm: links that lead out, pipes, sizes that are lies."""

import math
import os
import shutil
import time

import numpy as np
import pytest
from oracles import allocating, fix_digests
from test_golden import GOLDEN

from negsamp import KeyedVectors, SavedModelError, Word2Vec
from negsamp.files.model_folder import check_target

NAMES = ["model.json", "vocabulary.txt", "vectors.npy", "words.json"]


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(GOLDEN / "sgns", tmp_path / "model")


def refused(folder):
    """The message of what is refused soon and without memory, as vectors to be mapped too."""
    started = time.perf_counter()
    with allocating(4 << 20):
        with pytest.raises(SavedModelError):
            KeyedVectors.load(folder, mmap=True)
        with pytest.raises(SavedModelError) as raised:
            Word2Vec.load(folder)
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


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1 << 36, 4), "vocabulary.txt' has 15 lines, and 'vectors.npy' has 68719476736 rows"),
        ((15, 1 << 36), "vectors of 1 to 100000 numbers"),
    ],
)
def test_arrays_of_a_terabyte_are_refused_unread(folder, shape, message):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    for name in ("vectors.npy", "context_vectors.npy"):
        (folder / name).write_bytes(start)
        try:
            os.truncate(folder / name, len(start) + 4 * math.prod(shape))
        except OSError:
            pytest.skip("this file system has no holes")
    assert message in refused(folder)


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
    with pytest.raises(SavedModelError, match=f"row 3 of '{name}' is not finite"):
        Word2Vec.load(folder)


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
