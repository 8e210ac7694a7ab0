"""Ready corpora: downloads from a loopback server that can misbehave, and the installed docs."""

import hashlib
import http.server
import importlib.util
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from negsamp.corpus import datasets
from negsamp.corpus.datasets import DatasetError, DownloadError, docs_corpus, text8

# Several chunks long, so that a failure can come in the middle.
TEXT = " ".join(hashlib.sha256(b"%d" % i).hexdigest() for i in range(16_000)).encode()


def zipped(name: str, content: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def described(name: str, content: bytes, algorithm: str) -> datasets._File:
    return datasets._File(
        name, len(content), algorithm, hashlib.new(algorithm, content).hexdigest()
    )


BODY = zipped("small", TEXT, zipfile.ZIP_DEFLATED)
SMALL = described("small", TEXT, "md5")
SMALL_ZIP = described("small.zip", BODY, "sha256")


class Server(http.server.ThreadingHTTPServer):
    """Serves `body` to every request, as if it were `announced` bytes long."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/small.zip"
        self.body = BODY
        self.announced: int | None = None
        self.requests = 0
        self.stalled: threading.Event | None = None  # after the body, wait for it
        self.together: threading.Barrier | None = None  # before the body, wait for the others


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        server.requests += 1
        if self.path != "/small.zip":
            self.send_error(404)
            return
        if server.together:
            server.together.wait(timeout=10)
        announced = len(server.body) if server.announced is None else server.announced
        self.send_response(200)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        try:
            self.wfile.write(server.body)
            if server.stalled:
                server.stalled.wait(timeout=10)
        except ConnectionError:
            pass  # a client that has heard enough hangs up

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that sends these bytes to one client and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        listening.settimeout(10)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

        served = pool.submit(serve)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/small.zip"
        served.result()


def fetch(url, folder, text=SMALL, archive=SMALL_ZIP, progress=False, timeout=30.0) -> Path:
    return datasets._fetch(text, archive, url, folder, progress, timeout)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_fetch_downloads_once_and_keeps_the_text_only(server, tmp_path):
    path = fetch(server.url, tmp_path / "new" / "cache")
    assert path == tmp_path / "new" / "cache" / "small"
    assert path.read_bytes() == TEXT
    assert names(path.parent) == ["small"]
    assert fetch("http://127.0.0.1:9/unused", path.parent) == path
    assert server.requests == 1


@pytest.mark.parametrize("is_broken", [False, True])
def test_fetch_uses_a_zip_file_in_the_cache_if_it_is_intact(server, tmp_path, caplog, is_broken):
    content = BODY[:-1] + b"\x01" if is_broken else BODY
    (tmp_path / "small.zip").write_bytes(content)
    assert fetch(server.url, tmp_path).read_bytes() == TEXT
    assert server.requests == is_broken
    assert ("small.zip is broken" in caplog.text) == is_broken
    assert names(tmp_path) == ["small", "small.zip"]
    assert (tmp_path / "small.zip").read_bytes() == content  # the user's own file


def test_fetch_replaces_a_cached_copy_of_the_wrong_length(server, tmp_path, caplog):
    (tmp_path / "small").write_bytes(TEXT[:-1])
    assert fetch(server.url, tmp_path).read_bytes() == TEXT
    assert f"expected {len(TEXT)} bytes, got {len(TEXT) - 1}" in caplog.text


@pytest.mark.parametrize(
    ("body", "announced", "message"),
    [
        (BODY[:-9], len(BODY), f"truncated: expected {len(BODY)} bytes, got {len(BODY) - 9}"),
        (BODY[:-9], len(BODY) - 9, f"truncated: expected {len(BODY)} bytes, got {len(BODY) - 9}"),
        (b"", 0, f"truncated: expected {len(BODY)} bytes, got 0"),
        (BODY[:-1] + b"\x01", None, f"broken: expected sha256 {SMALL_ZIP.digest}, got "),
        (BODY + b"\x00", None, f"too long: expected {len(BODY)} bytes, got more"),
    ],
    ids=["hung-up", "short", "empty", "same-length", "long"],
)
def test_fetch_names_what_is_wrong_and_leaves_nothing(server, tmp_path, body, announced, message):
    server.body, server.announced = body, announced
    with pytest.raises(DatasetError, match=re.escape(f"{server.url} is {message}")) as caught:
        fetch(server.url, tmp_path)
    assert not isinstance(caught.value, DownloadError)
    assert names(tmp_path) == []


def test_fetch_stops_at_the_first_byte_too_many(server, tmp_path):
    # The server sends no end: only a client that stops by itself returns before the timeout.
    server.body, server.announced = BODY * 2, 1 << 40
    server.stalled = threading.Event()
    with pytest.raises(DatasetError, match="too long"):
        fetch(server.url, tmp_path, timeout=5.0)
    server.stalled.set()
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped("other", TEXT), "cannot read small in .*: .*no item named 'small'"),
        (b"this is not a zip file", "cannot read small in .*: File is not a zip file"),
        (zipped("small", TEXT[:-1]), f"small in .* is truncated: expected {len(TEXT)} bytes"),
        (zipped("small", TEXT + b"a"), f"small in .* is too long: expected {len(TEXT)} bytes"),
        (zipped("small", TEXT[:-1] + b"!"), f"small in .* is broken: expected md5 {SMALL.digest}"),
        (zipped("small", TEXT).replace(TEXT[:9], b"_" * 9), "cannot read small in .*: Bad CRC-32"),
        # The data follow 30 bytes of header and the name; 0xff is no beginning of a deflate block.
        (BODY[:35] + b"\xff" + BODY[36:], "cannot read small in .*: .* invalid block type"),
    ],
    ids=["no-member", "no-zip", "short", "long", "same-length", "bad-crc", "bad-deflate"],
)
def test_fetch_checks_the_text_inside(server, tmp_path, content, message):
    server.body = content
    with pytest.raises(DatasetError, match=message) as caught:
        fetch(server.url, tmp_path, archive=described("small.zip", content, "sha256"))
    assert server.url in str(caught.value)
    assert names(tmp_path) == []


def test_fetch_names_the_zip_file_of_the_cache_when_its_text_is_wrong(tmp_path):
    (tmp_path / "small.zip").write_bytes(BODY)
    with pytest.raises(DatasetError, match=r"small in .*small\.zip is broken"):
        fetch("http://127.0.0.1:9/unused", tmp_path, text=replace(SMALL, digest="0" * 32))
    assert names(tmp_path) == ["small.zip"]


def test_fetch_http_error_is_a_download_error_of_one_line(server, tmp_path):
    url = server.url + "-is-elsewhere"
    with pytest.raises(DownloadError, match=r"elsewhere: HTTP Error 404: Not Found\Z") as caught:
        fetch(url, tmp_path)
    assert caught.value.__cause__.closed  # an error that is kept does not keep the connection
    assert names(tmp_path) == []


def test_fetch_refused_connection_is_a_download_error_of_one_line(tmp_path):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # taken, but nobody listens
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/small.zip"
        with pytest.raises(DownloadError, match=rf"\Acannot download {re.escape(url)}: .*\Z"):
            fetch(url, tmp_path)
    assert names(tmp_path) == []


def test_fetch_answer_that_is_not_http_is_a_download_error(tmp_path):
    with (
        answering(b"220 mail.example ESMTP\r\n") as url,
        pytest.raises(DownloadError, match="220 mail"),
    ):
        fetch(url, tmp_path)


def test_fetch_truncated_body_in_chunks_is_named(tmp_path):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY)
    with (
        answering(head + BODY[:-9]) as url,
        pytest.raises(DatasetError, match=rf"truncated: expected {len(BODY)} bytes, got \d+\Z"),
    ):
        fetch(url, tmp_path)
    assert names(tmp_path) == []


def test_fetch_server_that_falls_silent_is_a_download_error(server, tmp_path):
    server.body, server.announced = BODY[:-9], len(BODY)
    server.stalled = threading.Event()
    with pytest.raises(DownloadError, match="timed out"):
        fetch(server.url, tmp_path, timeout=0.2)
    server.stalled.set()
    assert names(tmp_path) == []


def test_fetch_interrupted_leaves_nothing_and_can_be_repeated(server, tmp_path, monkeypatch):
    seen = []

    class Interrupted(datasets.tqdm):
        def update(self, n=1):
            seen.append(names(tmp_path))
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(datasets, "tqdm", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(server.url, tmp_path)
    [[scratch]] = seen
    assert scratch.startswith("small-")  # it was under way
    assert names(tmp_path) == []
    assert fetch(server.url, tmp_path).read_bytes() == TEXT


def test_fetch_from_several_threads_at_once(server, tmp_path):
    server.together = threading.Barrier(3)  # all three download: none waits for another's copy
    with ThreadPoolExecutor(3) as pool:
        paths = [pool.submit(fetch, server.url, tmp_path) for _ in range(3)]
    assert {path.result() for path in paths} == {tmp_path / "small"}
    assert (tmp_path / "small").read_bytes() == TEXT
    assert names(tmp_path) == ["small"]


def test_fetch_accepts_the_copy_of_another_process_that_is_in_use(server, tmp_path, monkeypatch):
    # As on Windows, where a file that is being read cannot be replaced.
    def replace_in_use(source, target):
        Path(target).write_bytes(content)
        raise PermissionError(13, "in use", str(target))

    monkeypatch.setattr(os, "replace", replace_in_use)
    content = TEXT[:-1]
    with pytest.raises(DatasetError, match="in use"):
        fetch(server.url, tmp_path)
    content = TEXT
    assert fetch(server.url, tmp_path).read_bytes() == TEXT


@pytest.mark.parametrize("inside", [".", "folder"])
def test_fetch_cache_folder_that_is_a_file_is_named(server, tmp_path, inside):
    (tmp_path / "taken").write_text("mine")
    folder = tmp_path / "taken" / inside
    message = re.escape(f"cache_dir: cannot keep files in {str(folder)!r}: ")
    with pytest.raises(DatasetError, match=message) as caught:
        fetch(server.url, folder)
    assert isinstance(caught.value.__cause__, OSError)
    assert not isinstance(caught.value, DownloadError)
    assert (tmp_path / "taken").read_text() == "mine"


def test_fetch_full_disk_is_not_blamed_on_the_connection(server, tmp_path):
    resource = pytest.importorskip("resource", reason="needs a limit on the size of files")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(BODY) // 2, limits[1]))
    try:
        with pytest.raises(DatasetError, match="cache_dir: cannot keep files in") as caught:
            fetch(server.url, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not isinstance(caught.value, DownloadError)
    assert names(tmp_path) == []


def test_fetch_shows_progress_if_asked(server, tmp_path, capsys):
    fetch(server.url, tmp_path / "quiet")
    assert capsys.readouterr() == ("", "")
    fetch(server.url, tmp_path / "shown", progress=True)
    output, errors = capsys.readouterr()
    assert output == ""
    assert "small.zip: 100%" in errors


def test_text8_rejects_what_is_no_timeout_and_no_url(tmp_path):
    for timeout in (0, -1.0, float("nan")):
        with pytest.raises(ValueError, match=f"timeout must be a positive .*, got {timeout}"):
            text8(tmp_path, timeout=timeout)
    with pytest.raises(ValueError, match=r"text8\.zip"):
        text8(tmp_path, url="text8.zip")


def test_text8_expects_the_published_archive(server, tmp_path):
    with pytest.raises(DatasetError, match="expected 31344016 bytes"):
        text8(str(tmp_path), url=server.url, progress=False)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("platform", "variable", "folder"),
    [
        ("linux", "NEGSAMP_CACHE", "."),
        ("linux", "XDG_CACHE_HOME", "negsamp"),
        ("linux", "HOME", ".cache/negsamp"),
        ("darwin", "NEGSAMP_CACHE", "."),
        ("darwin", "HOME", "Library/Caches/negsamp"),
        ("win32", "NEGSAMP_CACHE", "."),
        ("win32", "LOCALAPPDATA", "negsamp"),
    ],
)
def test_text8_looks_in_the_cache_folder_of_the_platform(
    tmp_path, monkeypatch, platform, variable, folder
):
    for other in ("NEGSAMP_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(variable, str(tmp_path))
    cached = tmp_path / folder / "text8"
    cached.parent.mkdir(parents=True, exist_ok=True)
    with open(cached, "wb") as file:
        file.truncate(100_000_000)  # sparse: the length alone is looked at
    assert text8(url="http://127.0.0.1:9/unused") == cached


# Loads the module from its file, apart from the package, whose other modules import NumPy.
DOCS_CORPUS_ALONE = """
import hashlib, importlib.util, json, sys
spec = importlib.util.spec_from_file_location("datasets", sys.argv[1])
sys.modules["datasets"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
corpus = module.docs_corpus()
print(json.dumps({
    "imported": sorted({name.partition(".")[0] for name in sys.modules} & {"numpy", "scipy"}),
    "sha256": hashlib.sha256(json.dumps(corpus).encode()).hexdigest(),
    "first": corpus[:20],
    "paragraphs": len(corpus),
}))
"""


def docs_corpus_alone(**environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DOCS_CORPUS_ALONE, datasets.__file__],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def corpus():
    return docs_corpus()


def test_docs_corpus_imports_nothing_and_is_the_same_in_another_process(corpus):
    alone = docs_corpus_alone(PYTHONHASHSEED="1")
    assert alone["imported"] == []
    assert alone["sha256"] == hashlib.sha256(json.dumps(corpus).encode()).hexdigest()


def test_docs_corpus_is_words_enough_to_learn_from(corpus):
    assert all(corpus)
    counts = Counter(word for part in corpus for word in part)
    assert [word for word in counts if not re.fullmatch("[a-z]+", word)] == []
    # 1.03 million tokens in NumPy 2.4 with SciPy 1.17
    assert 800_000 < counts.total() < 2_000_000
    assert 5_000 < sum(count >= 5 for count in counts.values()) < 15_000
    assert 10 < counts.total() / len(corpus) < 50
    # of docstrings of functions and classes, add_newdoc in SciPy and in NumPy, and help topics
    for word in ("eigenvalues", "kurtosis", "orthogonal", "strides", "metaclass", "the"):
        assert counts[word] >= 5, word


def test_docs_corpus_reads_every_kind_of_documentation_once(tmp_path):
    files = {
        "numpy/__init__.py": '"""Package."""\nraise ImportError("must not be imported")\n',
        "numpy/b.py": (
            '"""Module b,\n\n    Don\'t   stop.\n\n---\n"""\n'
            'class C:\n    "Class c"\n    async def f(self):\n        "Method f"\n'
            'note = "not documentation"\n'
        ),
        "numpy/a/deep.py": (
            'add_newdoc("pkg.mod", "name", """One text.""")\n'
            'add_newdoc("pkg", "name", [("x", "Two texts."), ("y", dedent("""Three texts."""))])\n'
            'add_newdoc("pkg", "name", ("z", """Fo\u00fcr {}""".format("and five")))\n'
            'other("not documentation either")\n'
            'def f():\n    "\\escape 1e-3 snake_case"\n'
        ),
        "numpy/broken.py": '"""Unparsable."""\n{% template %}\n',
        "numpy/null.py": '"""Null byte."""\n\0',
        "numpy/tests/test_a.py": '"""A test."""\n',
        "scipy/__init__.py": '"""PACKAGE."""\nraise ImportError("must not be imported")\n',
        "scipy/c.py": '"""Package."""\n"""A second string."""\n',
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    from pydoc_data.topics import topics

    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    found = docs_corpus_alone(PYTHONPATH=path, PYTHONIOENCODING="utf-8")
    first_topic = re.findall("[a-z]+", next(iter(topics.values())).partition("\n\n")[0].lower())
    assert found["first"][:13] == [
        ["package"],
        ["escape", "e", "snake", "case"],
        ["one", "text"],
        ["two", "texts"],
        ["three", "texts"],
        ["and", "five"],
        ["fo", "r"],
        ["module", "b"],
        ["don", "t", "stop"],
        ["class", "c"],
        ["method", "f"],
        ["package"],
        first_topic,
    ]


def test_docs_corpus_names_a_package_that_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="'numpy' is not installed as files"):
        docs_corpus()
