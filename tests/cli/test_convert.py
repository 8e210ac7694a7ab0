"""``negsamp convert``: suffixes say what is read and written, and nothing is lost on the way."""

import os
import re

import numpy as np
import pytest

from negsamp import KeyedVectors, Word2Vec, open_vectors, save_vectors
from negsamp.cli import main

WORDS = ["the", "größe", "고양이", "1.5"]
FILES = ["v.txt", "v.bin", "v.glove", "v.npz", "v.safetensors", "v.projector", "v.txt.gz"]


@pytest.fixture
def kv():
    vectors = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    return KeyedVectors(WORDS, vectors, [4, 3, 2, 1])


@pytest.fixture
def run(capsys):
    """Run a command; returns its status, output and errors."""

    def run(*arguments):
        status = main(["convert", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.mark.parametrize("output", FILES)
@pytest.mark.parametrize("source", ["v.txt", "v.bin", "v.npz", "v.projector"])
def test_convert_keeps_words_and_numbers(tmp_path, kv, run, source, output):
    save_vectors(kv, tmp_path / "in" / source)
    target = tmp_path / "out" / output
    status, said, complaints = run(tmp_path / "in" / source, target)
    assert (status, complaints) == (0, "")
    has_counts = source in ("v.npz", "v.projector")
    keeps = output in ("v.npz", "v.projector", "v.safetensors")
    lost = ", without their counts" if has_counts and not keeps else ""
    assert said == f"{target}: 4 words, 3 dimensions{lost}\n"
    back = open_vectors(target)
    assert back.index_to_key == WORDS
    assert back.vectors.tobytes() == kv.vectors.tobytes()
    assert (back.counts is not None) == (has_counts and keeps)


def test_convert_reads_a_model(tmp_path, run):
    model = Word2Vec(vector_size=3, min_count=1, epochs=1, workers=1, seed=1, sample=0)
    model.fit([["a", "b"]] * 5).save(tmp_path / "model")
    assert run(tmp_path / "model", tmp_path / "v.npz")[0] == 0
    back = open_vectors(tmp_path / "v.npz")
    assert back.vectors.tobytes() == model.wv.vectors.tobytes()
    assert back.counts.tolist() == [5, 5]


def test_convert_options_go_to_the_reader(tmp_path, run):
    (tmp_path / "v.txt").write_bytes(b"4 1\na 0.1\na 2\n\xff 3\nb x\n")
    options = "--limit 3 --errors replace --on-duplicate first --float16".split()
    status, said, _ = run(tmp_path / "v.txt", tmp_path / "v.npz", *options)
    assert (status, said.split(": ")[-1]) == (0, "2 words, 1 dimensions\n")
    back = open_vectors(tmp_path / "v.npz")
    assert back.index_to_key == ["a", "\ufffd"]
    assert back.vectors.dtype == np.float16
    assert back.vectors.tolist() == [[np.float16(0.1)], [3]]
    assert run(tmp_path / "v.txt", tmp_path / "w.npz", "--limit", 3, *options[4:5])[0] == 2
    (tmp_path / "v.txt").write_bytes("1 1\ncafé 1.5\n".encode("latin-1"))
    assert run(tmp_path / "v.txt", tmp_path / "w.npz", "--encoding", "latin-1")[0] == 0
    assert open_vectors(tmp_path / "w.npz").index_to_key == ["café"]


def test_convert_replaces_a_file_only_with_force(tmp_path, kv, run):
    save_vectors(kv, tmp_path / "v.npz")
    (tmp_path / "v.txt").write_text("older")
    status, said, complaints = run(tmp_path / "v.npz", tmp_path / "v.txt")
    assert (status, said) == (2, "")
    assert re.search(r"output '.*v\.txt' exists; --force replaces it", complaints)
    assert (tmp_path / "v.txt").read_text() == "older"
    assert run(tmp_path / "v.npz", tmp_path / "v.txt", "--force")[0] == 0
    assert open_vectors(tmp_path / "v.txt").index_to_key == WORDS
    assert run(tmp_path / "v.txt", tmp_path / "v.txt", "--force")[0] == 0
    assert open_vectors(tmp_path / "v.txt").vectors.tobytes() == kv.vectors.tobytes()
    (tmp_path / "v.projector").mkdir()
    status, _, complaints = run(tmp_path / "v.npz", tmp_path / "v.projector", "--force")
    assert status == 2
    assert "is a folder; choose another name" in complaints


@pytest.mark.parametrize(
    ("content", "output", "message"),
    [
        (b"1 1\na 1.5\n", "v.xyz", "path is '.*v.xyz', whose suffix is unknown; known are"),
        (b"1 1\na 1.5\n", "model", "whose suffix is unknown"),
        (b"1 1\na x\n", "v.npz", "v.txt', line 2: number 1 is 'x'"),
        (None, "v.npz", "there is no file or folder '.*v.txt'"),
        (b"1 1\nnew york 1.5\n", "v.bin", r"the word 'new york' \(row 0\) holds ' '"),
    ],
)
def test_convert_failure_is_one_line_and_leaves_nothing(tmp_path, run, content, output, message):
    if content is not None:
        (tmp_path / "v.txt").write_bytes(content)
    status, said, complaints = run(tmp_path / "v.txt", tmp_path / output)
    assert (status, said) == (2, "")
    assert re.fullmatch(f"negsamp: error: .*{message}.*\n", complaints)
    assert os.listdir(tmp_path) == ["v.txt"] * (content is not None)


def test_convert_leaves_out_rows_and_writes_keys_as_text(tmp_path, run):
    (tmp_path / "v.txt").write_text("3 2\na 1 2\nb 1\nc 3 4\n")
    status, out, err = run(tmp_path / "v.txt", tmp_path / "v.bin", "--on-error", "skip")
    assert status == 0
    assert "2 words" in out
    assert err.startswith("warning: ")
    assert "skipped 1 row: line 3: it has 1 numbers; 2 are needed" in err
    KeyedVectors([10, 11], np.eye(2, dtype=np.float32)).save(tmp_path / "nodes")
    assert run(tmp_path / "nodes", tmp_path / "nodes.txt")[0] != 0
    assert run(tmp_path / "nodes", tmp_path / "nodes.txt", "--keys", "str")[0] == 0
    assert open_vectors(tmp_path / "nodes.txt", keys=int).index_to_key == [10, 11]
