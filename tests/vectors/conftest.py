"""What the tests of vectors share."""

import pytest


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "file.txt"
        path.write_bytes(text.encode(encoding))
        return path

    return write
