"""Files of other programs are named for what they are, with a line that helps."""

import re

import numpy as np
import pytest

from negsamp import (
    KeyedVectors,
    VectorFileError,
    Word2Vec,
    load_glove_format,
    load_npz,
    load_safetensors,
    load_word2vec_format,
    open_vectors,
)
from negsamp.files.kinds import BEGINNING, foreign_kind

LOADERS = [
    load_word2vec_format,
    load_glove_format,
    load_npz,
    load_safetensors,
    open_vectors,
    KeyedVectors.load,
    Word2Vec.load,
]
PICKLED = b"\x80\x04\x95\x10\0\0\0\0\0\0\0"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xba\x16\x4f\x2f\x0c\0\0\0\x64", r"fastText's own binary form .* the \.vec file"),
        (
            PICKLED + b"\x8c\x18gensim.models.word2vec\x94\x8c\x08Word2Vec",
            r"Word2Vec\.load\(.*\)\.wv",
        ),
        (
            PICKLED + b"gensim.models.keyedvectors KeyedVectors",
            r"gensim\.models\.KeyedVectors\.load",
        ),
        (PICKLED + b"builtins list", "a pickle, which may run any code"),
        (b"\x80\x02}q\x00", "a pickle, which may run any code"),
        (b"\x93NUMPY\x01\0", r"array without words .* KeyedVectors\(words, numpy\.load\("),
        (b"\x28\xb5\x2f\xfd", "packed by zstd"),
        (b"x" * 257 + b"ustar\0", "a tar archive"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"PAR1\x15\x04", "a Parquet file"),
        ("a 1 2\n".encode("utf-16"), "text in UTF-16"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS"),
        (b"\n<!doctype html>\n<html>", "a web page"),
    ],
)
@pytest.mark.parametrize("load", LOADERS)
def test_foreign_file_is_named_by_every_loader(tmp_path, load, content, message):
    path = tmp_path / "v.bin"
    path.write_bytes(content)
    with pytest.raises((VectorFileError, NotADirectoryError), match=f"it is .*{message}") as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500 + 3 * len(str(path))


@pytest.mark.parametrize(
    "content",
    [b"", b"3 2\n", b"the 0.1\n", b"<html> 0.1 0.2\n", b"\x80 1\n", b"\x80\x02 1\n", b"BZh 1"],
)
def test_word_that_begins_like_a_kind_is_none(content):
    assert foreign_kind(content[:BEGINNING], "v") is None


def run_line(message, **names):
    """Run the line of code that a message gives, in gensim."""
    [line] = re.findall(r"(gensim\.models\..*\.save_word2vec_format\('[a-z.]+'\))", message)
    exec(line, names)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["Word2Vec", "Doc2Vec", "FastText", "wv", "FastText.wv", "bin"])
def test_line_for_gensims_files_makes_one_that_is_read(tmp_path, monkeypatch, kind):
    gensim = pytest.importorskip("gensim")
    from gensim.models import fasttext  # noqa: F401

    monkeypatch.chdir(tmp_path)
    corpus = [["rain", "falls", "in", "spain"]] * 5
    options = {"vector_size": 4, "min_count": 1, "epochs": 1, "workers": 1}
    name = kind.partition(".")[0]
    name = {"wv": "Word2Vec", "bin": "FastText"}.get(name, name)
    if kind == "Doc2Vec":
        corpus = [gensim.models.doc2vec.TaggedDocument(words, [0]) for words in corpus]
    model = getattr(gensim.models, name)(corpus, **options)
    if kind == "bin":
        gensim.models.fasttext.save_facebook_model(model, "saved")
    else:
        (model.wv if "wv" in kind else model).save("saved")
    with pytest.raises(VectorFileError, match="it is ") as caught:
        open_vectors("saved")
    run_line(str(caught.value), gensim=gensim)
    [path] = tmp_path.glob("vectors.*")
    kv = open_vectors(path)
    assert sorted(kv.index_to_key) == ["falls", "in", "rain", "spain"]
    assert np.allclose(kv["rain"], model.wv["rain"], atol=1e-6)
