"""What files of other programs are, known by their first bytes, and how their vectors come over."""

from __future__ import annotations

import os
import re

from negsamp.files.reading import open_file

__all__ = ["BEGINNING", "foreign_kind", "kind_of_file"]

BEGINNING = 512  # bytes that are looked at
PICKLE = re.compile(rb"\x80[\x02-\x05][\x95c}\](\x8c]")
GENSIM = re.compile(
    rb"gensim\.models\.\w+[^A-Za-z]{1,4}"
    rb"(FastTextKeyedVectors|KeyedVectors|FastText|Word2Vec|Doc2Vec)"
)
UNPACK = "unpack it and read what is in it"
KINDS = (
    (re.compile(rb"\x28\xb5\x2f\xfd"), "packed by zstd; unpack it with `zstd -d` first"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), f"a 7z archive; {UNPACK}"),
    (re.compile(rb"Rar!\x1a\x07"), f"a rar archive; {UNPACK}"),
    (re.compile(rb".{257}ustar", re.DOTALL), f"a tar archive; {UNPACK}"),
    (re.compile(rb"\x89HDF\r\n\x1a\n"), "an HDF5 file, which this library does not read"),
    (re.compile(rb"SQLite format 3\0"), "an SQLite database, which this library does not read"),
    (re.compile(rb"PAR1[\x00-\x1f]"), "a Parquet file, which pandas.read_parquet reads"),
    (re.compile(rb"FiFu[\x00-\x0f]"), "a file of finalfusion, which this library does not read"),
    (re.compile(rb"\xff\xfe|\xfe\xff"), "text in UTF-16; write it anew in UTF-8"),
    (
        re.compile(rb"version https://git-lfs\.github\.com/"),
        "a pointer of Git LFS; `git lfs pull` fetches the file",
    ),
    (
        re.compile(rb"\s*<(?:!doctype html|html[\s>]+<|\?xml)", re.IGNORECASE),
        "a web page, and not the file that it may lead to",
    ),
)


def foreign_kind(beginning: bytes, name: str) -> str | None:
    """Return what a file is whose first bytes no reader of vectors takes, or None.

    `beginning` has `BEGINNING` bytes, or the whole of a shorter file; `name` is the file's, for the
    line of code that brings its vectors over.
    """
    if beginning.startswith(b"\xba\x16\x4f\x2f"):
        return (
            "fastText's own binary form (.bin), with the model's n-grams; the .vec file that "
            "fastText writes beside it can be read, or one that gensim makes: "
            f"gensim.models.fasttext.load_facebook_vectors({name!r})"
            ".save_word2vec_format('vectors.vec')"
        )
    if PICKLE.match(beginning):
        saved = GENSIM.search(beginning)
        if saved is None:
            return "a pickle, which may run any code and is never read here"
        name_in = saved[1].decode()
        room = "fasttext." if name_in == "FastTextKeyedVectors" else ""
        vectors = "" if name_in.endswith("KeyedVectors") else ".wv"
        return (
            f"a pickle that gensim's {name_in}.save wrote, and pickles are never read here; in "
            f"gensim, gensim.models.{room}{name_in}.load({name!r}){vectors}"
            ".save_word2vec_format('vectors.txt') writes what open_vectors reads"
        )
    if beginning.startswith(b"\x93NUMPY"):
        return (
            "a NumPy array without words (gensim writes such files beside its pickles); "
            f"KeyedVectors(words, numpy.load({name!r})) takes it and a list of words"
        )
    return next((what for pattern, what in KINDS if pattern.match(beginning)), None)


def kind_of_file(path: str | os.PathLike[str]) -> str | None:
    """Return the `foreign_kind` of a file."""
    with open_file(path) as file:
        return foreign_kind(file.read(BEGINNING), os.fspath(path))
