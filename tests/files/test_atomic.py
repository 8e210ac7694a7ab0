"""A file is there whole or not at all, and what was there before stays until then."""

import os
import stat
from contextlib import suppress

import pytest

from negsamp.files.atomic import check_file_target, writing, writing_folder


def test_writing_writes_and_replaces(tmp_path):
    path = tmp_path / "map.html"
    for content in (b"first", b"second, longer"):
        with writing(path) as file:
            file.write(content)
        assert path.read_bytes() == content
        assert os.listdir(tmp_path) == ["map.html"]


def test_writing_leaves_the_older_file_and_nothing_else_on_failure(tmp_path, monkeypatch):
    path = tmp_path / "map.html"
    path.write_bytes(b"older")

    def fail(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"), writing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["map.html"]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_writing_gives_the_permissions_of_any_new_file(tmp_path):
    with writing(tmp_path / "a.png") as file:
        file.write(b"x")
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


def test_writing_replaces_a_file_when_the_new_one_is_whole(tmp_path):
    target, link = tmp_path / "deep" / "file", tmp_path / "link"
    with writing(target) as file:
        file.write(b"first")
    link.symlink_to(target)
    with writing(link) as file:
        file.write(b"second")
        assert target.read_bytes() == b"first"
    assert target.read_bytes() == b"second"
    assert link.is_symlink()
    with suppress(KeyboardInterrupt), writing(target) as file:
        file.write(b"third")
        raise KeyboardInterrupt
    assert target.read_bytes() == b"second"
    assert os.listdir(target.parent) == ["file"]
    (tmp_path / "plain").write_bytes(b"")
    assert target.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_writing_replaces_only_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, error in ((tmp_path / "pipe", ValueError), (tmp_path, IsADirectoryError)):
        with pytest.raises(error), writing(path):
            raise AssertionError("it was opened")
    assert os.listdir(tmp_path) == ["pipe"]


def test_writing_folder_takes_its_name_when_it_is_whole(tmp_path):
    target = tmp_path / "deep" / "folder"
    for content in (b"first", b"second"):
        with writing_folder(target, replace=True) as new:
            (new / "file").write_bytes(content)
            assert content == b"first" or (target / "file").read_bytes() == b"first"
        assert (target / "file").read_bytes() == content
    with suppress(KeyboardInterrupt), writing_folder(target, replace=True) as new:
        (new / "file").write_bytes(b"third")
        raise KeyboardInterrupt
    assert (target / "file").read_bytes() == b"second"
    assert os.listdir(target.parent) == ["folder"]


def test_writing_folder_lets_a_folder_stay_that_was_faster(tmp_path):
    def write(content, hurry=lambda: None):
        with writing_folder(tmp_path / "folder") as new:
            (new / "file").write_bytes(content)
            hurry()

    with pytest.raises(FileExistsError, match="folder' is there already; choose another name"):
        write(b"slower", lambda: write(b"faster"))
    assert (tmp_path / "folder" / "file").read_bytes() == b"faster"
    assert os.listdir(tmp_path) == ["folder"]
