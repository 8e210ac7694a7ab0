"""A folder appears whole or not at all, replaces only its like, and is read as it was saved."""

import errno
import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from test_model_folder import FILES, assert_holds, write

from negsamp.errors import SavedModelError
from negsamp.files.folder import check_is_target
from negsamp.files.model_folder import MODEL, read_model


def test_folder_may_be_new_empty_deep_or_relative(tmp_path, monkeypatch):
    assert check_is_target(tmp_path / "a" / "b", MODEL) == tmp_path / "a" / "b"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    for folder in ("new", "empty", "a/b/c"):
        write(tmp_path / folder)
        assert_holds(str(tmp_path / folder))
    monkeypatch.chdir(tmp_path / "a")
    write("../new", ["z"])
    assert_holds(tmp_path / "new", ["z"])
    assert sorted(os.listdir(tmp_path)) == ["a", "empty", "new"]


def test_older_model_is_replaced_with_all_its_files(tmp_path):
    folder = write(tmp_path / "model", ["needs words.json", 5, ()])
    write(folder, ["plain", "words"], seed=1)
    assert_holds(folder, ["plain", "words"], seed=1)
    assert sorted(os.listdir(folder)) == sorted(set(FILES) - {"words.json"})
    assert os.listdir(tmp_path) == ["model"]


def test_folder_is_made_beside_its_place(tmp_path, monkeypatch):
    # a folder elsewhere may lie on another file system, from where it cannot be renamed
    renamed, real = [], os.rename

    def rename(source, target):
        renamed.append((source, target))
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    for _ in range(2):
        write(tmp_path / "model")
    assert len(renamed) == 3
    assert all(tmp_path in path.parents for pair in renamed for path in pair)


def test_link_to_an_older_model_stays_a_link(tmp_path):
    write(tmp_path / "real")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    except OSError:
        pytest.skip("this system has no symbolic links")
    write(tmp_path / "link", ["z"])
    assert (tmp_path / "link").is_symlink()
    assert_holds(tmp_path / "real", ["z"])


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def put(folder, name="model.json", content=b"", **change):
    """Put a file into a folder, or a model whose record is changed."""
    if change:
        write(folder)
        content = json.dumps({**json.loads((folder / name).read_bytes()), **change}).encode()
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)


def put_folder_of_that_name(folder):
    write(folder)
    (folder / "vectors.npy").unlink()
    put(folder / "vectors.npy", "notes.txt")


CONTENTS = {
    "notes": lambda folder: put(folder, "notes.txt"),
    "model and notes": lambda folder: (write(folder), put(folder, "notes.txt")),
    "array": lambda folder: put(folder, "vectors.npy"),
    "another format": lambda folder: put(folder, format="another program"),
    "no JSON": lambda folder: put(folder, content=b"\xff\xfe"),
    "folder": put_folder_of_that_name,
    "folder for the record": lambda folder: (folder / "model.json").mkdir(parents=True),
}


@pytest.mark.parametrize("fill", CONTENTS.values(), ids=CONTENTS)
def test_folder_that_holds_something_else_is_left_alone(tmp_path, fill):
    fill(tmp_path / "folder")
    before = tree(tmp_path)
    for attempt in (write, lambda folder: check_is_target(folder, MODEL)):
        with pytest.raises(FileExistsError, match=r"folder' holds something that is not a model"):
            attempt(tmp_path / "folder")
    assert tree(tmp_path) == before


def test_what_else_a_folder_holds_is_named(tmp_path):
    write(tmp_path / "folder")
    put(tmp_path / "folder", "notes.txt")
    with pytest.raises(FileExistsError, match=r"not a model: 'notes.txt' is no part of it; choose"):
        write(tmp_path / "folder")


def test_folder_in_that_of_a_model_is_refused(tmp_path):
    # the model could not be saved there again
    write(tmp_path / "folder")
    before = tree(tmp_path)
    with pytest.raises(FileExistsError, match="would lie in that of a saved model") as caught:
        write(tmp_path / "folder" / "vectors")
    assert tree(tmp_path) == before
    [beside] = re.findall("such as '(.*)'", str(caught.value))
    write(Path(beside))
    put(tmp_path / "other")  # another program's model.json
    write(tmp_path / "other" / "vectors")


def test_folder_that_is_a_file_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("text")
    for attempt in (write, lambda folder: check_is_target(folder, MODEL)):
        with pytest.raises(FileExistsError, match=r"file' is a file; choose another name"):
            attempt(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "text"


# Failures midway


def fail(monkeypatch, owner, name, calls):
    """Let some calls of a function fail, counted from 1, as on a full disk."""
    real, made = getattr(owner, name), []

    def failing(*args, **kwargs):
        made.append(args)
        if len(made) in calls:
            raise OSError(errno.ENOSPC, "no space left")
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, failing)


FAILURES = [
    (np.lib.format, "write_array", {1}),
    (np.lib.format, "write_array", {2}),
    (os, "fsync", {1}),
    (os, "fsync", {4}),
    (os, "rename", {1}),
    (hashlib, "file_digest", {2}),
]


@pytest.mark.parametrize(("owner", "name", "calls"), FAILURES)
@pytest.mark.parametrize("has_older", [False, True])
def test_failure_midway_leaves_what_was_there(tmp_path, monkeypatch, owner, name, calls, has_older):
    if has_older:
        write(tmp_path / "model")
    before = tree(tmp_path)
    fail(monkeypatch, owner, name, calls)
    with pytest.raises(OSError, match="no space left"):
        write(tmp_path / "model", ["z"], seed=1)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("calls", [{2}, {2, 3}])
def test_failure_to_take_the_older_ones_place_does_not_delete_it(tmp_path, monkeypatch, calls):
    write(tmp_path / "model")
    fail(monkeypatch, os, "rename", calls)
    with pytest.raises(OSError, match="no space left"):
        write(tmp_path / "model", ["z"])
    [folder] = tmp_path.iterdir()
    assert (folder.name == "model") == (calls == {2}), "it is brought back, if that can be done"
    assert_holds(folder)


def test_what_cannot_be_recorded_leaves_nothing(tmp_path):
    for value, error, message in (
        (object(), TypeError, "not JSON serializable"),
        (float("nan"), ValueError, "not JSON compliant"),
        ([[]] * 1000, ValueError, "it has 1004 of '\\[{'; 1000 are allowed"),
    ):
        with pytest.raises(error, match=message):
            write(tmp_path / "model", about={"parameters": value})
    assert list(tmp_path.iterdir()) == []


# Folders that are not whole


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "model")


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere' is not a folder, so it holds no model"):
        read_model(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    message = r"file' is a file, and a saved model is a folder; open_vectors reads files of vectors"
    with pytest.raises(NotADirectoryError, match=message):
        read_model(tmp_path / "file")


@pytest.mark.parametrize("name", FILES)
def test_missing_or_cut_file_is_named(folder, name):
    content = (folder / name).read_bytes()
    for changed in (content[:-1], b"", content[:10], content + b"x"):
        (folder / name).write_bytes(changed)
        with pytest.raises(SavedModelError, match=name):
            read_model(folder)
    (folder / name).unlink()
    with pytest.raises(SavedModelError, match=f"lacks the file {name}$"):
        read_model(folder)


@pytest.mark.parametrize("name", sorted(set(FILES) - {"model.json"}))
def test_altered_file_is_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    for place in {0, len(content) // 2, len(content) - 1}:
        altered = content.copy()
        altered[place] ^= 1
        (folder / name).write_bytes(altered)
        what = "is not the file that was saved: its"
        if name.endswith(".npy") and place < 128:  # a header is looked at before all is read
            what = "is damaged: it"
        with pytest.raises(SavedModelError, match=rf"{name}' {what}"):
            read_model(folder)


def change_record(folder, **change):
    about = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps({**about, **change}))
    return about["sha256"]


@pytest.mark.parametrize("named", ["negsamp model 2", None, ["negsamp model 1"], "x" * 999])
def test_another_format_is_refused(folder, named):
    change_record(folder, format=named)
    with pytest.raises(SavedModelError, match="as its format; it must be 'negsamp model 1'"):
        read_model(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"not json"])
def test_record_that_is_not_json(folder, content):
    (folder / "model.json").write_bytes(content)
    with pytest.raises(SavedModelError, match=r"model.json' is not JSON"):
        read_model(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda digests: None,
        lambda digests: list(digests),
        lambda digests: {},
        *(lambda digests, name=n: {**digests, name: "0" * 64} for n in ("../x", "/x", "notes.txt")),
        *(
            lambda digests, name=name: {n: d for n, d in digests.items() if n != name}
            for name in ("vectors.npy", "context_vectors.npy", "vocabulary.txt")
        ),
    ],
)
def test_record_with_digests_of_other_files(folder, change):
    (folder.parent / "x").write_text("outside")
    change_record(folder, sha256=change(change_record(folder)))
    with pytest.raises(SavedModelError, match=r"must have the digests of vocabulary.txt, vectors"):
        read_model(folder)


@pytest.mark.parametrize("digest", [None, 5, "", "0" * 64])
def test_record_with_a_digest_that_is_none(folder, digest):
    change_record(folder, sha256={**change_record(folder), "vocabulary.txt": digest})
    with pytest.raises(SavedModelError, match=r"vocabulary.txt' is not the file that was saved"):
        read_model(folder)
