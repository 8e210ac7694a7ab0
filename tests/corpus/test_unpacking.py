"""A file is known by its first bytes: it is read as what it is, or named for what it is."""

import bz2
import gzip
import importlib
import io
import lzma
import os
import pickle
import random
import subprocess
import sys
import tarfile
import zipfile
from functools import partial

import numpy as np
import pytest

from negsamp import read_corpus
from negsamp.cli import main
from negsamp.corpus import unpacking
from negsamp.corpus.reading import read_beginning, read_blocks
from negsamp.errors import CorpusError

TEXT = b"to be or not to be\nthat is the question\n" * 3000
ZSTD = ("compression.zstd", "backports.zstd", "zstandard")
EMPTY_ZSTD = bytes.fromhex("28b52ffd2000010000")
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\0\0\0none"


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return content.getvalue()


def zstd(text):
    return pytest.importorskip("backports.zstd").compress(text)


PACKERS = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda text: lzma.compress(text, lzma.FORMAT_ALONE),
    "zstd": zstd,
    "zip": lambda text: zipped(("text", text)),
}
STREAMS = [kind for kind in PACKERS if kind not in ("zip", "lzma")]  # of which a file has several


def read(path, **options):
    return b"".join(read_blocks(path, **options))


@pytest.fixture
def written(tmp_path):
    def write(content, name="corpus.txt"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(params=ZSTD)
def only_zstd(request, monkeypatch):
    """Let one package only be there to unpack zstd."""
    pytest.importorskip(request.param)

    def import_module(name):
        if name in ZSTD and name != request.param:
            raise ImportError(name)
        return importlib.import_module(name)

    monkeypatch.setattr(unpacking, "import_module", import_module)


# Packed texts


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("text", [b"", b"a", b"\xef\xbb\xbfa b\n", TEXT], ids=[0, 1, 7, len(TEXT)])
def test_text_is_unpacked_whatever_its_name(written, kind, text):
    for name in ("corpus.txt", "corpus.gz", "corpus"):
        assert read(written(PACKERS[kind](text), name)) == text.removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("between", [b"", b"\0" * 8, b"\0" * 200_000])
def test_streams_one_after_the_other_are_one_text(written, kind, between):
    pack = PACKERS[kind]
    content = between.join([pack(b"a b\nc"), pack(b""), pack(b"d\n"), pack(TEXT)]) + between
    assert read(written(content)) == b"a b\ncd\n" + TEXT


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("after", [b"x", b"\0\0\0\0x", b"more text\n"])
def test_bytes_after_the_last_stream_are_not_lost_in_silence(written, kind, after):
    with pytest.raises(CorpusError, match=rf"corpus\.txt' is not a whole {kind} file: "):
        read(written(PACKERS[kind](TEXT) + after))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("kept", [-9, -5, -1, 0.9, 0.5])
def test_file_that_is_cut_is_damaged(written, kind, kept):
    packed = PACKERS[kind](random.Random(0).randbytes(2000).hex().encode())
    packed = packed[: kept if isinstance(kept, int) else int(kept * len(packed))]
    with pytest.raises(CorpusError, match=rf"corpus\.txt' is not a whole {kind} file: "):
        read(written(packed))


@pytest.mark.parametrize("kind", ["gzip", "bz2", "xz", "zip"])  # which have a checksum
def test_file_with_another_byte_is_damaged(written, kind):
    packed = PACKERS[kind](random.Random(0).randbytes(2000).hex().encode())
    packed = bytearray(packed)
    packed[len(packed) // 2] ^= 0x10
    with pytest.raises(CorpusError, match=rf"corpus\.txt' is not a whole {kind} file: "):
        read(written(bytes(packed)))


@pytest.mark.parametrize("kind", PACKERS)
def test_beginning_and_its_share(written, monkeypatch, kind):
    for name in ("HEAD", "CHUNK"):
        monkeypatch.setattr(unpacking, name, 1000)
    text = random.Random(0).randbytes(200_000).hex().encode()
    pack = partial(bz2.compress, compresslevel=1) if kind == "bz2" else PACKERS[kind]
    path = written(pack(text))
    beginning, share = read_beginning(path, 100_000)
    assert beginning == text[:100_000]
    assert share == pytest.approx(0.25, abs=0.4)  # some blocks are read ahead
    assert read_beginning(path, 500_000) == (text, 1)


@pytest.mark.parametrize("text", [b"", b"a b\n", TEXT, b"0" * 5_000_000])
def test_zstd_by_each_package(written, only_zstd, text):
    packed = zstd(text)
    path = written(packed)
    assert read(path) == text
    content = b"".join([SKIPPABLE, EMPTY_ZSTD, packed, packed, SKIPPABLE])
    assert read(written(content)) == text * 2
    for damaged in (packed[:-1], packed + packed[:-1], packed + b"x", SKIPPABLE[:-1]):
        with pytest.raises(CorpusError, match="is not a whole zstd file: "):
            read(written(damaged))


def test_zstd_without_a_package_says_what_to_install(written, monkeypatch, capsys):
    path = written(zstd(TEXT))

    def import_module(name):
        raise ImportError(name)

    monkeypatch.setattr(unpacking, "import_module", import_module)
    with pytest.raises(ImportError, match=r"zstd is .* pip install backports\.zstd$"):
        read_corpus(path)
    assert main(["diagnose", str(path)]) == 2
    assert "pip install backports.zstd" in capsys.readouterr().err


# Zip files


def test_zip_has_a_text_in_each_member(written, caplog):
    content = zipped(
        ("b/z.txt", b"5\n"),
        ("c.txt", b"6"),
        ("a.txt", b"1 2\n"),
        ("b/", b""),
        ("b/a", b"\xef\xbb\xbf3 4"),
        ("b-c", b""),
        (".DS_Store", b"\0\1"),
        ("__MACOSX/._a.txt", b"\0\5"),
        ("b/.x/y", b"x"),
    )
    assert read(written(content)) == b"1 2\n3 4\n5\n6"
    assert "3 hidden members of the zip file are left out" in caplog.text


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_members_may_be_packed_in_other_ways(written, method):
    assert read(written(zipped(("a", TEXT), ("b", b"c"), method=method))) == TEXT + b"c"


def changed(content, places, byte):
    content = bytearray(content)
    for place in places:
        content[place] |= byte
    return bytes(content)


ONE = zipped(("a.txt", TEXT))
HEADERS = [0, ONE.index(b"PK\1\2")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped(), "is a zip file that holds no text"),
        (zipped(("a/", b"")), "is a zip file that holds no text"),
        (zipped((".a", b"x")), "is a zip file that holds no text"),
        (zipped(("a", b"x"), ("b.zip", ONE)), "'b.zip' in .* is packed twice, as zip in zip; unp"),
        (zipped(("b.gz", gzip.compress(b"a"))), "'b.gz' in .* is packed twice, as gzip in zip; un"),
        (zipped(("b.npy", b"\x93NUMPY\1")), "'b.npy' in .* is a NumPy array and no text; load it"),
        (zipped(("b", b"a \xff")), r"'b' in '.*' is not UTF-8 at byte 2 \(line 1\)"),
        (
            changed(ONE, [HEADERS[0] + 6, HEADERS[1] + 8], 1),
            "'a.txt' in .* is encrypted; unpack it first, with its password",
        ),
        (
            changed(ONE, [HEADERS[0] + 8, HEADERS[1] + 10], 0x41),
            "'a.txt' in .* is packed in a way that is not known; unpack it first",
        ),
        (changed(ONE, [40], 0xFF), "is not a whole zip file: "),
        (zipped(("[Content_Types].xml", b"<")), "is an Office document and no text; write its tex"),
        (zipped(("mimetype", b"app")), "is an OpenDocument or EPUB file and no text; write its t"),
        (zipped(("META-INF/MANIFEST.MF", b"a")), "is a Java archive and no text"),
    ],
)
def test_zip_without_texts_is_refused(written, content, message):
    path = written(content)
    for errors in ("strict", "ignore"):
        with pytest.raises(CorpusError, match=message) as error:
            read(path, errors=errors)
        assert "errors=" not in str(error.value) or "UTF-8" in message
        if "UTF-8" in message:
            break


# What is no text


def tarred(mode):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"a b"))
    return content.getvalue()


def numpy_file():
    content = io.BytesIO()
    np.save(content, np.zeros(9))
    return content.getvalue()


def parquet():
    pa = pytest.importorskip("pyarrow")
    content = io.BytesIO()
    importlib.import_module("pyarrow.parquet").write_table(pa.table({"text": ["a b"]}), content)
    return content.getvalue()


def arrow(stream):
    pa = pytest.importorskip("pyarrow")
    content, table = io.BytesIO(), pa.table({"text": ["a b"]})
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(content, table.schema) as writer:
        writer.write_table(table)
    return content.getvalue()


OTHERS = {
    "a tar archive": lambda: tarred("w"),
    "a tar archive ": lambda: tarred("w:gz"),
    "a tar archive  ": lambda: tarred("w:xz"),
    "packed twice, as gzip in bz2": lambda: bz2.compress(gzip.compress(b"a b")),
    "a 7z archive": lambda: b"7z\xbc\xaf\x27\x1c\0\4",
    "a RAR archive": lambda: b"Rar!\x1a\x07\x01\0",
    "packed by lz4": lambda: b"\x04\x22\x4d\x18d@",
    "packed by compress": lambda: b"\x1f\x9d\x90a",
    "packed by lzip": lambda: b"LZIP\x01\x0c",
    "a Parquet file": parquet,
    "an Arrow file": lambda: arrow(False),
    "an Arrow file ": lambda: arrow(True),
    "an HDF5 file": lambda: b"\x89HDF\r\n\x1a\n\0",
    "an SQLite database": lambda: b"SQLite format 3\0\x10\0",
    "a pickle": lambda: pickle.dumps([["a", "b"]]),
    "a pickle ": lambda: pickle.dumps([["a", "b"]], 2),
    "a NumPy array": numpy_file,
    "a PDF document": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "an RTF document": lambda: b"{\\rtf1\\ansi a b}",
    "an Office document": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0",
    "a picture": lambda: b"\x89PNG\r\n\x1a\n\0",
    "a model of fastText": lambda: b"\xba\x16\x4f\x2f\x0c\0\0\0",
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("options", [{}, {"errors": "ignore"}, {"encoding": "latin-1"}])
def test_other_kinds_of_file_are_named_and_refused(written, kind, options):
    path = written(OTHERS[kind]())
    with pytest.raises(CorpusError, match=rf"corpus\.txt' is {kind.strip()}") as error:
        read(path, **options)
    assert "errors" not in str(error.value)


def test_advice_on_other_kinds_of_file_helps(written, tmp_path):
    path = written(tarred("w:gz"))
    with pytest.raises(CorpusError, match="unpack it into a folder, and give the folder"):
        read(path)
    with tarfile.open(path) as archive:
        (tmp_path / "texts").mkdir()
        archive.extractall(tmp_path / "texts", filter="data")
    assert read(tmp_path / "texts") == b"a b"
    path = written(parquet())
    with pytest.raises(CorpusError, match="load it, and give the column that has the texts"):
        read(path)
    column = pytest.importorskip("pandas").read_parquet(path)["text"]
    assert read_corpus(column, 1)[0].words == ["a", "b"]


@pytest.mark.parametrize(
    "text", [b"7z", b"PK", b"BZh9 a", b"PAR1 b", b"%PDF", b"GIF8", b"Rar!", b"]"]
)
def test_text_that_begins_as_other_files_is_a_text(written, text):
    assert read(written(text)) == text


# Pipes


def read_from_pipe(content):
    code = (
        "import sys; from negsamp import read_corpus; print(read_corpus('/dev/stdin', 1)[0].words)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True)
    return (done.stdout or done.stderr).decode()


@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="this system has no /dev/stdin")
def test_pipe_is_read_packed_or_not():
    for pack in (bytes, bz2.compress, lzma.compress, zstd):
        assert read_from_pipe(pack(b"a b a\n")) == "['a', 'b']\n"
    assert "is a zip file in a pipe, and its list is at its end; unpack it" in read_from_pipe(ONE)
