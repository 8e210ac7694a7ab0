"""What is written comes back the same; what is not whole is refused by the name of its file."""

import datetime
import errno
import hashlib
import json
import os
import re
import shutil
import stat
from collections import namedtuple
from enum import Enum, IntEnum

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from negsamp.errors import SavedModelError
from negsamp.files.model_folder import check_target, read_model, write_model

ABOUT = {"parameters": {"vector_size": 3}, "loss_history": [1.5, 1.25]}
FILES = ("vectors.npy", "context_vectors.npy", "vocabulary.txt", "words.json", "model.json")


def arrays_of(n, seed=0):
    values = np.random.default_rng(seed).normal(size=(2, n, 3)).astype(np.float32)
    return dict(zip(("vectors", "context_vectors"), values, strict=True))


def write(folder, words=("a", "b c", 7), seed=0, about=ABOUT):
    counts = np.arange(len(words), 0, -1)
    write_model(folder, words, counts, arrays_of(len(words), seed), about)
    return folder


def assert_holds(folder, words=("a", "b c", 7), seed=0):
    read, counts, arrays, about = read_model(folder)
    assert repr(read) == repr(list(words)), "repr tells 1 from 1.0 and True, and 0.0 from -0.0"
    assert counts.tolist() == list(range(len(words), 0, -1))
    assert counts.dtype == np.int64
    assert set(arrays) == {"vectors", "context_vectors"}
    for name, array in arrays_of(len(words), seed).items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == np.float32
    assert about["parameters"] == {"vector_size": 3}
    assert about["loss_history"] == [1.5, 1.25]


# There and back

SPELLINGS = st.text(
    st.integers(0, 0x10FFFF).map(chr)  # lone surrogates are among them
    | st.sampled_from(
        'ab \n\r\t\0\x1c\x85\xa0\u2028\u3000\u200f\u0627\ufeff"\\{}😀\ud83d\ude00\udcff'
    ),
    max_size=6,
)
WORDS = st.recursive(
    SPELLINGS
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.binary(max_size=5),
    lambda words: st.lists(words, max_size=3).map(tuple),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model"


@given(words=st.lists(WORDS, max_size=12, unique=True))
@example(words=["", " ", "\n", "\r", "a\nb", "a\rb", "\0", "a 1", "1", 1, "1 1", "True", "1.0"])
@example(words=["שלום", "مرحبا", "\u202eabc", "😀", "e\u0301", "é", "\ufeff", "ß", "한국"])
@example(words=["\ud83d\ude00", "😀", "\udcff", ("\ud83d\ude00", "\udc00")])
@example(words=[b"", b"\xff\n", (), ((),), ("a", (1, (2.5, b"b"))), -0.0, 1e300, 10**100, True])
@example(words=['{"tuple":[]}', '""', "\\u0020", '{"tuple":[1]}', (1,)])
@example(words=[])
@settings(max_examples=200)
def test_words_come_back_the_same(module_folder, words):
    write(module_folder, words)
    assert_holds(module_folder, words)
    lines = (module_folder / "vocabulary.txt").read_bytes().decode().split("\n")
    assert len(lines) == len(words) + 1
    assert all(len(line.split()) == 2 for line in lines[:-1])


def test_ordinary_words_are_lines_that_anyone_can_read(tmp_path):
    folder = write(tmp_path / "model", ["the", "지미", "naïve", "\ufeffx", "a\0b"])
    text = (folder / "vocabulary.txt").read_text("utf-8")
    assert text == "the 5\n지미 4\nnaïve 3\n\ufeffx 2\na\0b 1\n"
    assert not (folder / "words.json").exists()


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        (np.str_("new york"), "new york"),
        (np.str_("york"), "york"),
        (np.int8(-3), -3),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.bool_(True), True),
        (np.bytes_(b"x"), b"x"),
        ((np.int64(1), np.str_("a")), (1, "a")),
    ],
    ids=repr,
)
def test_words_of_numpy_come_back_as_pythons_own(tmp_path, word, plain):
    assert_holds(write(tmp_path / "model", ["first", word]), ["first", plain])


class Spelling(str):
    __slots__ = ()

    def __format__(self, _):
        return "what format makes of it"


class Colour(str, Enum):
    RED = "red"
    PALE = "pale red"


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        (Spelling("a"), "a"),
        (Spelling("a b"), "a b"),
        (Colour.RED, "red"),
        (Colour.PALE, "pale red"),
        ((Colour.RED,), ("red",)),
    ],
)
def test_words_that_are_a_kind_of_str_come_back_as_an_equal_str(tmp_path, word, plain):
    assert word == plain
    assert_holds(write(tmp_path / "model", ["first", word]), ["first", plain])


Point = namedtuple("Point", "x y")
Size = IntEnum("Size", "S M")


@pytest.mark.parametrize(
    "word",
    [
        None,
        object(),
        1j,
        float("inf"),
        float("nan"),
        frozenset("a"),
        datetime.date(2000, 1, 1),
        np.datetime64("2000-01-01"),
        Point(1, 2),
        Size.S,
        Enum("Kind", "A").A,
        range(3),
    ],
    ids=lambda word: re.sub(" at 0x.*", "", repr(word)),
)
def test_words_of_other_kinds_are_named_before_anything_is_written(tmp_path, word):
    for bad in (word, ("a", (word,))):
        with pytest.raises(
            ValueError, match=r"^the word .* is an? \w+, which cannot be saved; str,"
        ):
            write(tmp_path / "new" / "model", ["a", "b c", bad])
    assert list(tmp_path.iterdir()) == []


def test_words_and_counts_must_be_as_many(tmp_path):
    with pytest.raises(ValueError, match="zip"):
        write_model(tmp_path / "model", ["a", "b"], np.ones(1, int), arrays_of(2), ABOUT)
    assert list(tmp_path.iterdir()) == []


# Files that others can read


@pytest.mark.parametrize("name", ["vectors", "context_vectors"])
def test_arrays_can_be_memory_mapped_without_us(tmp_path, name):
    folder = write(tmp_path / "model")
    mapped = np.load(folder / f"{name}.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, arrays_of(3)[name])


@pytest.mark.parametrize("change", [np.asfortranarray, lambda array: np.repeat(array, 2, 0)[::2]])
def test_arrays_that_are_not_contiguous_come_back_the_same(tmp_path, change):
    arrays = {name: change(array) for name, array in arrays_of(2).items()}
    write_model(tmp_path / "model", ["a", "b"], np.ones(2, int), arrays, ABOUT)
    for name, array in read_model(tmp_path / "model")[2].items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.flags.c_contiguous


def test_model_json_holds_versions_and_digests(tmp_path):
    folder = write(tmp_path / "model")
    about = json.loads((folder / "model.json").read_text("utf-8"))
    assert about["format"] == "negsamp model 1"
    assert about["versions"]["numpy"] == np.__version__
    assert set(about["versions"]) == {"python", "numpy", "scipy"}
    assert about["sha256"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in set(FILES) - {"model.json"}
    }
    assert sorted(os.listdir(folder)) == sorted(FILES)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in FILES:
        first, second = (write(tmp_path / folder) / name for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_folder_has_the_permissions_of_any_new_folder(tmp_path):
    write(tmp_path / "model")
    (tmp_path / "plain").mkdir()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("model", "plain")]
    assert modes[0] == modes[1]


# Where it may be written


def test_folder_may_be_new_empty_or_deep(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("new", "empty", "a/b/c"):
        write(tmp_path / folder)
        assert_holds(tmp_path / folder)
    write(str(tmp_path / "text"))
    assert_holds(str(tmp_path / "text"))
    assert sorted(os.listdir(tmp_path)) == ["a", "empty", "new", "text"]


def test_folder_may_be_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("model")
    assert_holds("model")
    monkeypatch.chdir("model")
    write("../model", ["z"])
    assert_holds(tmp_path / "model", ["z"])


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


def put_notes(folder):
    folder.mkdir()
    (folder / "notes.txt").write_text("years of work")


def put_model_and_notes(folder):
    write(folder)
    (folder / "notes.txt").write_text("years of work")


def put_foreign_model(folder):
    folder.mkdir()
    (folder / "model.json").write_text('{"format": "another program"}')


def put_foreign_json(folder):
    folder.mkdir()
    (folder / "model.json").write_text("[1, 2]")


def put_bytes(folder):
    folder.mkdir()
    (folder / "model.json").write_bytes(b"\xff\xfe")


def put_vectors_alone(folder):
    folder.mkdir()
    np.save(folder / "vectors.npy", np.ones(3))


def put_folder_of_that_name(folder):
    write(folder)
    (folder / "vectors.npy").unlink()
    put_notes(folder / "vectors.npy")


def put_folder_for_json(folder):
    folder.mkdir()
    put_notes(folder / "model.json")


@pytest.mark.parametrize(
    "put",
    [
        put_notes,
        put_model_and_notes,
        put_foreign_model,
        put_foreign_json,
        put_bytes,
        put_vectors_alone,
        put_folder_of_that_name,
        put_folder_for_json,
    ],
)
def test_folder_that_holds_something_else_is_left_alone(tmp_path, put):
    put(tmp_path / "folder")
    before = tree(tmp_path)
    for attempt in (write, check_target):
        with pytest.raises(FileExistsError, match=r"folder' holds something that is not a model"):
            attempt(tmp_path / "folder")
    assert tree(tmp_path) == before


def test_folder_that_is_a_file_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("text")
    for attempt in (write, check_target):
        with pytest.raises(FileExistsError, match=r"file' is a file; choose another name"):
            attempt(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "text"


def test_check_target_writes_nothing(tmp_path):
    assert check_target(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert list(tmp_path.iterdir()) == []


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
    (os, "chmod", {1}),
    (os, "rename", {1}),
    (hashlib, "sha256", {2}),
]


@pytest.mark.parametrize(("owner", "name", "calls"), FAILURES)
def test_failure_midway_leaves_no_new_folder(tmp_path, monkeypatch, owner, name, calls):
    with monkeypatch.context() as patch:
        fail(patch, owner, name, calls)
        with pytest.raises(OSError, match="no space left"):
            write(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("owner", "name", "calls"), [*FAILURES, (os, "rename", {2})])
def test_failure_midway_leaves_the_older_model(tmp_path, monkeypatch, owner, name, calls):
    write(tmp_path / "model")
    before = tree(tmp_path)
    with monkeypatch.context() as patch:
        fail(patch, owner, name, calls)
        with pytest.raises(OSError, match="no space left"):
            write(tmp_path / "model", ["z"], seed=1)
    assert tree(tmp_path) == before
    assert_holds(tmp_path / "model")


def test_failure_to_bring_the_older_model_back_does_not_delete_it(tmp_path, monkeypatch):
    write(tmp_path / "model")
    with monkeypatch.context() as patch:
        fail(patch, os, "rename", {2, 3})
        with pytest.raises(OSError, match="no space left"):
            write(tmp_path / "model", ["z"])
    [aside] = tmp_path.iterdir()
    assert_holds(aside / "model")


def test_failure_of_the_interpreter_is_one_too(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "write_array", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_parameters_that_are_not_json_leave_nothing(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        write(tmp_path / "model", about={"parameters": object()})
    assert list(tmp_path.iterdir()) == []


# Models that are not whole


def put(folder, name, content):
    """Change a file of a model, and its digest with it."""
    (folder / name).write_bytes(content)
    about = json.loads((folder / "model.json").read_bytes())
    about["sha256"][name] = hashlib.sha256(content).hexdigest()
    (folder / "model.json").write_text(json.dumps(about))


def saved_array(folder, array, **options):
    path = folder / "scratch.npy"
    np.save(path, array, **options)
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "model")


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere' is not a folder, so it holds no model"):
        read_model(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match=r"file' is not a folder"):
        read_model(tmp_path / "file")


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(SavedModelError, match=f"lacks the file {name}$"):
        read_model(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "change", [lambda b: b[:-1], lambda b: b"", lambda b: b[:10], lambda b: b + b"x"]
)
def test_cut_file_is_named(folder, name, change):
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    with pytest.raises(SavedModelError, match=name):
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


@pytest.mark.parametrize(
    "change",
    [
        lambda about: [],
        lambda about: {**about, "format": "negsamp model 2"},
        lambda about: {key: value for key, value in about.items() if key != "format"},
    ],
)
def test_model_json_of_another_format(folder, change):
    about = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps(change(about)))
    with pytest.raises(SavedModelError, match=r"model.json' does not say 'negsamp model 1'"):
        read_model(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"not json"])
def test_model_json_that_is_not_json(folder, content):
    (folder / "model.json").write_bytes(content)
    with pytest.raises(SavedModelError, match=r"model.json' is not JSON"):
        read_model(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda digests: None,
        lambda digests: list(digests),
        lambda digests: {},
        lambda digests: {**digests, "../x": "0" * 64},
        lambda digests: {**digests, "/etc/passwd": "0" * 64},
        lambda digests: {**digests, "notes.txt": "0" * 64},
        *(
            lambda digests, name=name: {n: d for n, d in digests.items() if n != name}
            for name in ("vectors.npy", "context_vectors.npy", "vocabulary.txt")
        ),
    ],
)
def test_model_json_with_digests_of_other_files(folder, change):
    (folder.parent / "x").write_text("outside")
    about = json.loads((folder / "model.json").read_bytes())
    about["sha256"] = change(about["sha256"])
    (folder / "model.json").write_text(json.dumps(about))
    with pytest.raises(
        SavedModelError, match=r"model.json' must have the digests of vocabulary.txt"
    ):
        read_model(folder)


@pytest.mark.parametrize("digest", [None, 5, "", "0" * 64])
def test_model_json_with_a_digest_that_is_none(folder, digest):
    about = json.loads((folder / "model.json").read_bytes())
    about["sha256"]["vocabulary.txt"] = digest
    (folder / "model.json").write_text(json.dumps(about))
    with pytest.raises(SavedModelError, match=r"vocabulary.txt' is not the file that was saved"):
        read_model(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"apple 3\nb 2\nc\n", "line 3 of .*vocabulary.txt' is not 'word count'"),
        (b"apple 3\n\nc 1\n", "line 2 of"),
        (b"a 3\nb 2\nc 10", "line 3 of"),
        (b"a 3\nb 2\r\nc 1\n", "line 2 of"),
        (b"a 3\nb  2\nc 1\n", "line 2 of"),
        (b"a 3\n b 2\nc 1\n", "line 2 of"),
        (b"a 3\nb 02\nc 1\n", "line 2 of"),
        (b"a 3\nb +2\nc 1\n", "line 2 of"),
        (b"a 3\nb 2_0\nc 1\n", "line 2 of"),
        ("a 3\nb ٢\nc 1\n".encode(), "line 2 of"),
        (b"a 3\nb 2\nc 0\n", "line 3 of"),
        (b"a 9223372036854775808\nb 2\nc 1\n", "line 1 of"),
        (b"a 3\nb 4\nc 1\n", "vocabulary.txt' is damaged: the count of row 1 is 4; counts are"),
        (b"a 3\nb two\nc 1\n", "line 2 of"),
        (b"a 3\nb 2.5\nc 1\n", "line 2 of"),
        (b"a 3\nb -2\nc 1\n", "line 2 of"),
        (b"a 3 3\nb 2\nc 1\n", "line 1 of"),
        (b"a 99999999999999999999\nb 2\nc 1\n", "line 1 of"),
        (b"\xff 3\nb 2\nc 1\n", "line 1 of"),
        (b"apple 3\nb 20\n", "vocabulary.txt' has 2 lines, and 'vectors.npy' has 3 rows"),
        (
            b"a 3\nb 2\nc 1\nd 1\n",
            "vocabulary.txt' is damaged: it has more lines than there are vec",
        ),
        (b"a 3\nb 2\nc 1\nd", "vocabulary.txt' is damaged: it has more lines than"),
        (b"", "vocabulary.txt' has 0 lines, and 'vectors.npy' has 3 rows"),
        (b"a 3\nb 2\na 1\n", "vocabulary.txt' holds 'a' more than once"),
    ],
)
def test_vocabulary_that_is_damaged(tmp_path, content, message):
    folder = write(tmp_path / "model", ["a", "b", "c"])
    put(folder, "vocabulary.txt", content)
    with pytest.raises(SavedModelError, match=message):
        read_model(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"3",
        b'{"3": "x"}',
        b'{"-1": "x"}',
        b'{"one": "x"}',
        b'{"1": null}',
        b'{"1": ["x"]}',
        b'{"1": {}}',
        b'{"1": {"bytes": "0g"}}',
        b'{"1": {"bytes": 3}}',
        b'{"1": {"tuple": 3}}',
        b'{"1": {"tuple": [null]}}',
        b'{"1": {"tuple": [], "bytes": ""}}',
        b'{"1": {"pickle": ""}}',
        b'{"1": {"characters": [-1]}}',
        b'{"1": {"characters": [99999999999999999999]}}',
        b'{"1": {"characters": ["a"]}}',
    ],
)
def test_words_json_that_is_damaged(folder, content):
    put(folder, "words.json", content)
    with pytest.raises(SavedModelError, match=r"words.json' is damaged: "):
        read_model(folder)


def test_words_json_that_names_a_word_twice(folder):
    put(folder, "vocabulary.txt", b'a 3\n"a" 2\n7 1\n')
    put(folder, "words.json", b'{"1": "a", "2": 7}')
    with pytest.raises(SavedModelError, match="holds 'a' more than once"):
        read_model(folder)


@pytest.mark.parametrize("name", ["vectors.npy", "context_vectors.npy"])
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((2, 3), np.float32), r"has shape \(2, 3\)"),
        (np.ones((4, 3), np.float32), r"has shape \(4, 3\)"),
        (np.ones(3, np.float32), r"has shape \(3,\)"),
        (np.float32(1), r"has shape \(\)"),
        (np.ones((3, 3, 1), np.float32), r"has shape \(3, 3, 1\)"),
        (np.ones((3, 3), dtype=int), "type int64"),
        (np.ones((3, 3)), "type float64"),
        (np.ones((3, 0), np.float32), r"has shape \(3, 0\)"),
        (np.full((3, 3), "x"), "type '<U1'"),
    ],
)
def test_array_that_does_not_fit_is_named(folder, name, array, message):
    put(folder, name, saved_array(folder, array))
    with pytest.raises(SavedModelError, match=f"{name}' .*{message}"):
        read_model(folder)


def test_arrays_of_different_width(folder):
    put(folder, "context_vectors.npy", saved_array(folder, np.ones((3, 4), np.float32)))
    with pytest.raises(SavedModelError, match=r"shape \(3, 3\) and 'context_.* shape \(3, 4\)"):
        read_model(folder)


@pytest.mark.parametrize("name", ["vectors.npy", "context_vectors.npy"])
@pytest.mark.parametrize("kept", [0, 4, 20, 100, -1])
def test_array_that_is_cut_is_named(folder, name, kept):
    put(folder, name, (folder / name).read_bytes()[:kept])
    with pytest.raises(SavedModelError, match=f"{name}' is damaged: "):
        read_model(folder)


def test_array_that_is_an_archive_is_named(folder):
    np.savez(folder / "scratch.npz", np.ones((3, 3)))
    content = (folder / "scratch.npz").read_bytes()
    (folder / "scratch.npz").unlink()
    put(folder, "vectors.npy", content)
    with pytest.raises(SavedModelError, match=r"vectors.npy' is damaged: "):
        read_model(folder)


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize("name", ["vectors.npy", "context_vectors.npy"])
def test_array_of_objects_is_refused_and_not_loaded(folder, name):
    bombs = np.array([[Bomb()] * 3] * 3)
    put(folder, name, saved_array(folder, bombs, allow_pickle=True))
    with pytest.raises(SavedModelError, match=f"{name}' is damaged: its header says type '.O'"):
        read_model(folder)


def test_array_of_objects_is_not_written(tmp_path):
    arrays = {**arrays_of(1), "vectors": np.array([[object()]])}
    with pytest.raises(ValueError, match=r"'vectors.npy' has shape .1, 1. and type object"):
        write_model(tmp_path / "model", ["a"], np.ones(1, int), arrays, ABOUT)
    assert list(tmp_path.iterdir()) == []


def test_model_can_be_copied(tmp_path):
    shutil.copytree(write(tmp_path / "model"), tmp_path / "copy")
    assert_holds(tmp_path / "copy")
