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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from negsamp.corpus import datasets
from negsamp.corpus.datasets import DatasetError, DownloadError, docs_corpus, text8

# Several chunks long, so that a failure can come in the middle.
TEXT = " ".join(hashlib.sha256(b"%d" % i).hexdigest() for i in range(16_000)).encode()


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small", content)
    return file.getvalue()


BODY = zipped(TEXT)
SMALL = datasets._Archive("small", len(TEXT), len(BODY), hashlib.sha256(BODY).hexdigest())


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


def fetch(url: str, folder: Path, progress=False, timeout=30.0) -> Path:
    return datasets._fetch(SMALL, url, folder, progress, timeout)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_fetch_downloads_unpacks_and_keeps_the_text_only(server, tmp_path):
    path = fetch(server.url, tmp_path / "new" / "cache")
    assert path == tmp_path / "new" / "cache" / "small"
    assert path.read_bytes() == TEXT
    assert names(path.parent) == ["small"]
    assert fetch("http://127.0.0.1:9/unused", path.parent) == path


def test_fetch_prefers_an_intact_zip_file_in_the_cache(server, tmp_path):
    (tmp_path / "small.zip").write_bytes(BODY)
    assert fetch(server.url, tmp_path).read_bytes() == TEXT
    assert server.requests == 0
    assert names(tmp_path) == ["small", "small.zip"]


def test_fetch_replaces_what_is_broken_in_the_cache(server, tmp_path, caplog):
    broken = BODY[:-1] + b"\x01"
    (tmp_path / "small.zip").write_bytes(broken)
    (tmp_path / "small").write_bytes(TEXT[:-1])
    assert fetch(server.url, tmp_path).read_bytes() == TEXT
    assert server.requests == 1
    assert (tmp_path / "small.zip").read_bytes() == broken  # the user's own file
    assert "small.zip is broken" in caplog.text
    assert f"expected {len(TEXT)} bytes, got {len(TEXT) - 1}" in caplog.text


@pytest.mark.parametrize(
    ("body", "announced", "message"),
    [
        (BODY[:-9], len(BODY), f"truncated: expected {len(BODY)} bytes, got {len(BODY) - 9}"),
        (BODY[:-9], len(BODY) - 9, f"truncated: expected {len(BODY)} bytes, got {len(BODY) - 9}"),
        (b"", 0, f"truncated: expected {len(BODY)} bytes, got 0"),
        (BODY[:-1] + b"\x01", None, f"broken: expected sha256 {SMALL.sha256}, got "),
        (BODY + b"\x00", None, f"too long: expected {len(BODY)} bytes, got {len(BODY) + 1}"),
    ],
    ids=["hung-up", "short", "empty", "same-length", "long"],
)
def test_fetch_names_what_is_wrong_and_leaves_nothing(server, tmp_path, body, announced, message):
    server.body, server.announced = body, announced
    with pytest.raises(DatasetError, match=re.escape(f"{server.url} is {message}")) as caught:
        fetch(server.url, tmp_path)
    assert not isinstance(caught.value, DownloadError)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "timeout", "error", "message"),
    [
        # the server sends no end: only a client that stops by itself returns before the timeout
        (BODY * 2, 5.0, DatasetError, "too long"),
        (BODY[:-9], 0.2, DownloadError, "timed out"),
    ],
    ids=["first-byte-too-many", "silent"],
)
def test_fetch_from_a_server_that_does_not_end(server, tmp_path, body, timeout, error, message):
    server.body, server.announced = body, 1 << 40
    server.stalled = threading.Event()
    with pytest.raises(error, match=message):
        fetch(server.url, tmp_path, timeout=timeout)
    server.stalled.set()
    assert names(tmp_path) == []


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


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"220 mail.example ESMTP\r\n", "220 mail"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY[:-9],
            "IncompleteRead",
        ),
    ],
    ids=["not-http", "cut-chunk"],
)
def test_fetch_answer_that_is_not_whole_http_is_a_download_error(tmp_path, answer, message):
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        listening.settimeout(10)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

        served = pool.submit(serve)
        with pytest.raises(DownloadError, match=message):
            fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/small.zip", tmp_path)
        served.result()
    assert names(tmp_path) == []


def test_fetch_interrupted_leaves_nothing_and_can_be_repeated(server, tmp_path, monkeypatch):
    class Interrupted(datasets.tqdm):
        def update(self, n=1):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(datasets, "tqdm", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(server.url, tmp_path)
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


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        *[({"timeout": t}, f"must be a positive .*, got {t}") for t in (0, -1.0, float("nan"))],
        ({"url": "text8.zip"}, r"text8\.zip"),
    ],
)
def test_text8_rejects_what_is_no_timeout_or_url(tmp_path, argument, message):
    with pytest.raises(ValueError, match=message):
        text8(tmp_path, **argument)


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


@pytest.fixture(scope="module")
def corpus():
    return docs_corpus()


def test_docs_corpus_is_the_same_in_another_process():
    script = (
        "import hashlib, json\nfrom negsamp.corpus.datasets import _docstrings\n"
        "print(hashlib.sha256(json.dumps([*_docstrings('numpy')]).encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    texts = json.dumps([*datasets._docstrings("numpy")])
    assert done.stdout.strip() == hashlib.sha256(texts.encode()).hexdigest()


def test_docs_corpus_is_large_enough_to_learn_from(corpus):
    assert all(corpus)
    counts = Counter(word for part in corpus for word in part)
    assert [word for word in counts if not re.fullmatch("[a-z]+", word)] == []
    # 1.03 million tokens in NumPy 2.4 with SciPy 1.17
    assert 800_000 < counts.total() < 2_000_000
    assert 5_000 < sum(count >= 5 for count in counts.values()) < 15_000
    assert 10 < counts.total() / len(corpus) < 50
    # of docstrings of functions and classes, add_newdoc in SciPy and in NumPy, and help topics
    for word in ("eigenvalues", "kurtosis", "orthogonal", "strides", "metaclass"):
        assert counts[word] >= 5, word


def test_docs_corpus_reads_every_kind_of_documentation_once(tmp_path, monkeypatch):
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

    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: SimpleNamespace(submodule_search_locations=[tmp_path / name]),
    )
    found = docs_corpus()
    first_topic = re.findall("[a-z]+", next(iter(topics.values())).partition("\n\n")[0].lower())
    expected = ["package", "escape e snake case", "one text", "two texts", "three texts"]
    expected += ["and five", "fo r", "module b", "don t stop", "class c", "method f", "package"]
    assert found[:13] == [*map(str.split, expected), first_topic]


def test_docs_corpus_names_a_package_that_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="'numpy' is not installed as files"):
        docs_corpus()
