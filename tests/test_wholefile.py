"""A file is there whole or not at all, and what was there before stays until then."""

import os
import stat

import pytest

from negsamp import wholefile
from negsamp.wholefile import check_file_target, write_whole


def test_write_whole_writes_and_replaces(tmp_path):
    path = tmp_path / "map.html"
    for content in (b"first", b"second, longer"):
        write_whole(path, content)
        assert path.read_bytes() == content
        assert os.listdir(tmp_path) == ["map.html"]


def test_write_whole_leaves_the_older_file_and_nothing_else_on_failure(tmp_path, monkeypatch):
    path = tmp_path / "map.html"
    path.write_bytes(b"older")

    def fail(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(wholefile, "flush_to_disk", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["map.html"]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_write_whole_gives_the_permissions_of_any_new_file(tmp_path):
    write_whole(tmp_path / "a.png", b"x")
    (tmp_path / "b.png").write_bytes(b"x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.png", "b.png")}
    assert len(modes) == 1


def test_check_file_target_gives_the_file_and_leaves_nothing(tmp_path):
    assert check_file_target(tmp_path / "a.PNG", (".png", ".svg")) == tmp_path / "a.PNG"
    assert os.listdir(tmp_path) == []


def test_check_file_target_refuses(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ValueError, match=r"must end in \.png, \.svg or \.pdf"):
        check_file_target(tmp_path / "a.gif", (".png", ".svg", ".pdf"))
    with pytest.raises(ValueError, match=r"must end in \.html$"):
        check_file_target(tmp_path / "a", (".html",))
    with pytest.raises(IsADirectoryError):
        check_file_target(tmp_path / "folder.png", (".png",))
    with pytest.raises(FileNotFoundError):
        check_file_target(tmp_path / "none" / "a.png", (".png",))
    with pytest.raises(NotADirectoryError):
        check_file_target(tmp_path / "file" / "a.png", (".png",))
