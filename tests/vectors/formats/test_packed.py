"""Packed files are read by what they are, whatever they are called."""

import bz2
import gzip
import io
import lzma
import re
import zipfile

import numpy as np
import pytest

from negsamp import (
    KeyedVectors,
    VectorFileError,
    load_glove_format,
    load_word2vec_format,
    open_vectors,
    save_vectors,
)

TEXT = b"2 2\na 1.5 2\nb 3 -4\n"
GLOVE = TEXT[4:]
BINARY = (
    b"2 2\na " + np.array([1.5, 2], "<f4").tobytes() + b"b " + np.array([3, -4], "<f4").tobytes()
)


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return file.getvalue()


PACKINGS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zip": lambda content: zipped(v=content),
}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("content", [TEXT, GLOVE, BINARY])
@pytest.mark.parametrize("name", ["v{form}{packing}", "v{packing}", "v{form}", "v.dat", "V"])
def test_packed_vectors_are_read(tmp_path, name, content, packing):
    form = {TEXT: ".txt", GLOVE: ".glove", BINARY: ".bin"}[content]
    path = tmp_path / name.format(form=form, packing=packing)
    path.write_bytes(PACKINGS[packing](content))
    loads = [open_vectors, load_glove_format if content == GLOVE else load_word2vec_format]
    for load in loads:
        kv = load(path)
        assert kv.index_to_key == ["a", "b"]
        assert kv.vectors.tolist() == [[1.5, 2], [3, -4]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(TEXT)[:-9], "is not a whole gzip file"),
        (bz2.compress(TEXT)[:-3], "is not a whole bzip2 file"),
        (bz2.compress(TEXT)[:20] + b"\0" * 20, "is not a whole bzip2 file"),
        (lzma.compress(TEXT)[:-3], "is not a whole xz file"),
        (lzma.compress(TEXT)[:30] + b"\0" * 40, "is not a whole xz file"),
        (zipped(v=TEXT)[:-9], "is not a whole zip file"),
        (zipped(v=TEXT).replace(b"\xff", b"\xfe").replace(b"PK\1\2", b"PK\1\3"), "not a whole zip"),
        (zipped(), "a zip archive without a file in it"),
        (zipped(a_npy=b"x", b=b"x"), "it is a NumPy archive, which load_npz reads"),
        (zipped(v=gzip.compress(TEXT)), "packed twice, by zip and gzip; unpack it once"),
        (gzip.compress(b"\xba\x16\x4f\x2f"), "fastText's own binary form"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # packed files have the time in them
)
@pytest.mark.parametrize("load", [load_word2vec_format, load_glove_format])
def test_damaged_or_odd_packing_is_named(tmp_path, load, content, message):
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    with pytest.raises(VectorFileError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_zip_of_several_files_names_them_and_how_to_unpack_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    members = {f"glove_{d}d_txt": b"a" + b" 1.5" * d + b"\n" for d in (50, 100, 200)}
    (tmp_path / "glove.zip").write_bytes(zipped(**members))
    for load in (load_glove_format, open_vectors):
        with pytest.raises(
            VectorFileError, match=r"3 files, 'glove.50d.txt', 'glove.100d"
        ) as caught:
            load("glove.zip")
    [line] = re.findall(r"zipfile\.ZipFile.*\)", str(caught.value))
    exec(line, {"zipfile": zipfile})
    assert load_glove_format("glove.50d.txt").vectors.shape == (1, 50)


def test_folders_in_a_zip_and_what_macos_adds_do_not_count(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("vectors/", b"")
        archive.writestr("vectors/v.txt", TEXT)
        archive.writestr("__MACOSX/vectors/._v.txt", b"\0\5")
    (tmp_path / "v.zip").write_bytes(file.getvalue())
    assert open_vectors(tmp_path / "v.zip").index_to_key == ["a", "b"]


def test_bomb_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("negsamp.vectors.formats.packed.FREE_UNPACKED", 1 << 16)
    bomb = b"".join(b"w%d%s\n" % (i, b" 0" * 2000) for i in range(300))
    for packing in PACKINGS.values():
        (tmp_path / "v").write_bytes(packing(bomb))
        with pytest.raises(VectorFileError, match=r"goes on beyond the \d+ bytes allowed"):
            load_glove_format(tmp_path / "v")


@pytest.mark.parametrize("name", ["v.txt.bz2", "v.txt.xz", "v.zip", "v.npz.gz"])
def test_only_gzip_is_written(tmp_path, name):
    with pytest.raises(ValueError, match=r"suffix is unknown; known are .* without \.gz"):
        save_vectors(KeyedVectors(["a"], np.ones((1, 2))), tmp_path / name)
