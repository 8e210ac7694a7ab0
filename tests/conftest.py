"""What several test files need."""

import gzip
import os
from pathlib import Path

import fake_windows
import hypothesis
import pytest

# A shared machine may stall for seconds; that says nothing about the code.
hypothesis.settings.register_profile("negsamp", deadline=None)
hypothesis.settings.load_profile("negsamp")

SHARED = Path(__file__).parents[2] / "shared"


def pytest_make_parametrize_id(val):
    """No bytes in names: packed ones hold the time, and each worker of a run has its own."""
    return "bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk():
    """Let files be written without `os.fsync`: no test cuts the power, and most wait for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture
def shared():
    """Path of a file in ../shared, the texts and question sets beside the checkout."""

    def path(name):
        file = SHARED / name
        if not file.is_file():
            pytest.skip(f"{name} is not beside the checkout, in ../shared")
        return file

    return path


@pytest.fixture
def worth_a_worker(monkeypatch):
    """Small corpora have several workers too."""
    monkeypatch.setattr("negsamp.training.schedule.TOKENS_WORTH_A_WORKER", 1)


@pytest.fixture
def files_in_use_stay(monkeypatch):
    """A file that is open or mapped cannot be removed, nor renamed, as on Windows."""
    if Path("/proc/self/maps").exists():
        fake_windows.refuse_files_in_use(monkeypatch.setattr)


@pytest.fixture(scope="session")
def write_bytes(tmp_path_factory):
    """Write one file, plain or gzip, and give its path; each call replaces the file before.

    Its scope is the session, so that a property may call it for each of its examples.
    """
    folder = tmp_path_factory.mktemp("written")

    def write(content, packed=False):
        path = folder / ("corpus.gz" if packed else "corpus.txt")
        path.write_bytes(gzip.compress(content, 1) if packed else content)
        return path

    return write
