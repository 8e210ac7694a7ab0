"""A text is encoded once, taken again only if it is the same, and a damaged cache is made anew."""

import gzip
import json
import multiprocessing
import os
import shutil

import numpy as np
import pytest

from negsamp.corpus import cache as corpuscache
from negsamp.corpus.cache import read_cached
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.text_files import text_files
from negsamp.errors import CorpusError

TEXT = "to be or not to be\nthat is the question\n\nwhether tis nobler to be\n" * 5


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def assert_same(found, expected):
    (vocabulary, stream), (words, ids) = found, expected
    assert vocabulary.words == words.words
    assert vocabulary.counts.tolist() == words.counts.tolist()
    assert vocabulary.raw_words == words.raw_words
    assert stream.ids.tolist() == ids.ids.tolist()
    assert stream.offsets.tolist() == ids.offsets.tolist()


def forbid_reading(monkeypatch):
    def read(*_):
        raise AssertionError("the text was read again")

    monkeypatch.setattr(corpuscache, "read_corpus", read)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.usefixtures("files_in_use_stay")
def test_second_time_maps_what_the_first_wrote(text, tmp_path, monkeypatch, packed):
    if packed:
        text = tmp_path / "text.gz"
        text.write_bytes(gzip.compress(TEXT.encode()))
    expected = read_corpus(text, 2)
    assert_same(read_cached(text, tmp_path / "cache", 2), expected)
    forbid_reading(monkeypatch)
    again = tmp_path / "the same under another name"
    shutil.copy(text, again)
    found = read_cached(again, tmp_path / "cache", 2)
    assert_same(found, expected)
    assert isinstance(found[1].ids, np.memmap)
    assert found[1].ids.dtype == np.uint16


@pytest.mark.parametrize(
    "change",
    [{"min_count": 3}, {"max_vocab_size": 4}, {"max_final_vocab": 2}, {"errors": "replace"}, {}],
)
def test_other_text_or_settings_are_read_anew(text, tmp_path, change):
    read_cached(text, tmp_path / "cache", 2)
    if not change:
        text.write_text(TEXT.replace("nobler", "poorer"))
    settings = {"min_count": 2, **change}
    assert_same(read_cached(text, tmp_path / "cache", **settings), read_corpus(text, **settings))
    assert len(list((tmp_path / "cache").iterdir())) == 2


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number, line in enumerate(TEXT.splitlines()[:4]):
        (folder / f"{number}.txt").write_text(line)
    return folder


def test_cache_of_several_files_is_taken_again(folder, tmp_path, monkeypatch):
    expected = read_corpus(folder, 1)
    assert_same(read_cached(folder, tmp_path / "cache", 1), expected)
    forbid_reading(monkeypatch)
    for again in (
        sorted(folder.iterdir()),
        str(folder / "*"),
        shutil.copytree(folder, tmp_path / "other"),
    ):
        assert_same(read_cached(again, tmp_path / "cache", 1), expected)


FILE_CHANGES = {
    "changed": lambda folder: (folder / "3.txt").write_text("whether tis poorer to be"),
    "added": lambda folder: (folder / "4.txt").write_text("that"),
    "added in a folder": lambda folder: shutil.copytree(folder, folder / "a"),
    "removed": lambda folder: (folder / "0.txt").unlink(),
    "in another order": lambda folder: (folder / "0.txt").rename(folder / "9.txt"),
    "cut elsewhere": lambda folder: [
        (folder / "0.txt").write_text("to be or not"),
        (folder / "1.txt").write_text("to be\nthat is the question"),
    ],
}


@pytest.mark.parametrize("change", FILE_CHANGES.values(), ids=FILE_CHANGES)
def test_cache_of_several_files_notices_each_change(folder, tmp_path, change):
    read_cached(folder, tmp_path / "cache", 1)
    change(folder)
    assert_same(read_cached(folder, tmp_path / "cache", 1), read_corpus(folder, 1))
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_cache_is_of_one_encoding(text, tmp_path):
    text.write_text("für alle\n" * 3, "latin-1")
    for encoding in ("latin-1", "cp1251", "ISO-8859-1"):
        found = read_cached(text, tmp_path / "cache", 1, encoding=encoding)
        assert_same(found, read_corpus(text, 1, encoding=encoding))
    assert len(list((tmp_path / "cache").iterdir())) == 2


def folder_of(cache):
    (folder,) = cache.iterdir()
    return folder


def damage_record(folder):
    record = json.loads((folder / "corpus.json").read_text())
    (folder / "corpus.json").write_text(json.dumps({**record, "raw_words": "many"}))


def change_numbers(name, place, value):
    def damage(folder):
        numbers = np.load(folder / name, mmap_mode="r+")
        numbers[place] = value
        numbers.flush()

    return damage


DAMAGES = {
    "no record": lambda folder: (folder / "corpus.json").unlink(),
    "no ids": lambda folder: (folder / "ids.npy").unlink(),
    "record": damage_record,
    "not JSON": lambda folder: (folder / "corpus.json").write_text("{"),
    "words": lambda folder: (folder / "words.txt").write_bytes(b"\xff"),
    "short": lambda folder: os.truncate(folder / "ids.npy", 140),
    "id too large": change_numbers("ids.npy", 7, 60_000),
    "another id": change_numbers("ids.npy", 0, 1),
    "no offsets": lambda folder: np.save(folder / "offsets.npy", np.zeros(0, np.int64)),
    "offset too large": change_numbers("offsets.npy", -1, 10**6),
    "offset below 0": change_numbers("offsets.npy", 0, -5),
    "offsets that fall": change_numbers("offsets.npy", 3, 1),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("at_once", [1 << 20, 7])
@pytest.mark.usefixtures("files_in_use_stay")
def test_damaged_cache_is_made_anew(text, tmp_path, monkeypatch, damage, at_once):
    monkeypatch.setattr(corpuscache, "CHECK_AT_ONCE", at_once)
    cache = tmp_path / "cache"
    read_cached(text, cache, 2)
    damage(folder_of(cache))
    assert_same(read_cached(text, cache, 2), read_corpus(text, 2))
    forbid_reading(monkeypatch)
    assert_same(read_cached(text, cache, 2), read_corpus(text, 2))


def test_text_that_changes_while_it_is_read_is_refused(text, tmp_path, monkeypatch):
    def read(path, *settings):
        found = read_corpus(path, *settings)
        text.write_text(TEXT + "and more")
        return found

    monkeypatch.setattr(corpuscache, "read_corpus", read)
    with pytest.raises(CorpusError, match="was changed while it was read"):
        read_cached(text, tmp_path / "cache", 2)
    assert list((tmp_path / "cache").iterdir()) == []


def test_text_that_changes_after_its_digest_is_refused(folder, tmp_path, monkeypatch):
    digest_of = corpuscache.digest_of

    def digest(path):
        found = digest_of(path)
        (folder / "0.txt").write_text(TEXT)
        return found

    monkeypatch.setattr(corpuscache, "digest_of", digest)
    with pytest.raises(CorpusError, match=r"0\.txt' was changed while it was read"):
        read_cached(folder, tmp_path / "cache", 1)


def test_disk_without_room_is_named_before_reading(text, tmp_path, monkeypatch):
    forbid_reading(monkeypatch)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=10))
    with pytest.raises(OSError, match=r"this corpus as ids takes 600 bytes in .* 10 are free"):
        read_cached(text, tmp_path / "cache", 2)


def test_expected_tokens_are_about_those_of_the_text(tmp_path):
    rng = np.random.default_rng(0)
    text = " ".join(rng.choice([f"word{i}" for i in range(1000)], 400_000)).encode()
    path = tmp_path / "text"
    for content, expected in ((text, 400_000), (gzip.compress(text), 400_000), (b"", 0)):
        path.write_bytes(content)
        assert corpuscache._expected_tokens(text_files(path), "utf-8") == pytest.approx(
            expected, rel=0.2
        )


def read_in_process(text, cache, barrier, results):
    barrier.wait()
    vocabulary, stream = read_cached(text, cache, 2)
    results.put((vocabulary.words, stream.ids.tolist()))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_share_a_cache(text, tmp_path, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {method}")
    context = multiprocessing.get_context(method)
    barrier, results = context.Barrier(3), context.Queue()
    arguments = text, tmp_path / "cache", barrier, results
    processes = [context.Process(target=read_in_process, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    vocabulary, stream = read_corpus(text, 2)
    for _ in processes:
        assert results.get(timeout=60) == (vocabulary.words, stream.ids.tolist())
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(list((tmp_path / "cache").iterdir())) == 1
