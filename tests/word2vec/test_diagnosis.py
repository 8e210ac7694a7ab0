"""What is said of a corpus before training: figures counted here one by one, and advice."""

import collections
import gzip
import re
import time

import numpy as np
import pytest

from negsamp import CorpusError, Diagnosis, Word2Vec, skipgram_pairs
from negsamp.core import windows
from negsamp.errors import EncodingError
from negsamp.training.reading import machine_memory
from negsamp.training.run import Run
from negsamp.word2vec import diagnosis
from negsamp.word2vec.diagnosis_report import spell_bytes, spell_duration


def sentences(n=3000, V=3000, length=20, seed=0):
    """Of words about as frequent as those of a text."""
    rng = np.random.default_rng(seed)
    words = [f"w{k}" for k in range(V)]
    ranks = rng.zipf(1.3, (n, length)) % V
    lengths = rng.integers(1, length + 1, n)
    return [[words[k] for k in row[:size]] for row, size in zip(ranks, lengths, strict=True)]


CORPUS = sentences(300)


def diagnose(corpus, errors="strict", seconds=0, **params):
    return Word2Vec(**{"workers": 1, **params}).diagnose(corpus, errors=errors, seconds=seconds)


def counted(corpus, min_count):
    """Counts of all words, and the sentences that the frequent ones make."""
    counts = collections.Counter(word for sentence in corpus for word in sentence)
    kept = [[word for word in s if counts[word] >= min_count] for s in corpus]
    return counts, [s for s in kept if s]


@pytest.mark.parametrize("at_once", [1, 7, 1 << 18])
@pytest.mark.parametrize("min_count", [1, 5])
def test_diagnosis_counts(monkeypatch, at_once, min_count):
    monkeypatch.setattr(diagnosis, "AT_ONCE", at_once)
    monkeypatch.setattr(windows, "READ_AT_ONCE", at_once)
    found = diagnose(CORPUS, min_count=min_count, sample=0, window=4)
    counts, kept = counted(CORPUS, min_count)
    assert found.raw_words == sum(counts.values())
    assert found.words_seen == len(counts)
    assert found.words_once == sum(n == 1 for n in counts.values())
    assert found.words_kept == sum(n >= min_count for n in counts.values())
    assert found.share_kept == pytest.approx(sum(map(len, kept)) / found.raw_words)
    assert found.sentences == len(kept)
    assert found.single == sum(len(s) == 1 for s in kept)
    assert found.longest_sentence == max(map(len, kept))
    usual = found.usual_sentence
    assert (
        sum(len(s) <= usual for s in kept) >= 0.99 * len(kept) > sum(len(s) < usual for s in kept)
    )
    assert found.tokens_an_epoch == sum(map(len, kept))
    ids = [np.zeros(len(s), np.int32) for s in kept]
    pairs = skipgram_pairs(ids, window=4, shrink_windows=False)
    assert found.pairs_an_epoch == sum(len(centers) for centers, _ in pairs)


def test_diagnosis_draws_what_subsampling_leaves():
    whole, found = (diagnose(CORPUS, min_count=1, window=4, sample=t) for t in (0, 0.01))
    counts, _ = counted(CORPUS, 1)
    n = np.array(sorted(counts.values()))
    keep = np.minimum(np.sqrt(0.01 * n.sum() / n) + 0.01 * n.sum() / n, 1)
    assert abs(found.tokens_an_epoch - (n * keep).sum()) < 1
    share = found.tokens_an_epoch / whole.tokens_an_epoch
    assert share < 0.9
    # sentences become shorter
    assert share**2 < found.pairs_an_epoch / whole.pairs_an_epoch < share


def test_diagnosis_is_of_what_fit_trains(monkeypatch):
    runs, train = [], Run.train
    monkeypatch.setattr(Run, "train", lambda self, *args: (runs.append(self), train(self, *args)))
    m = Word2Vec(vector_size=8, epochs=1, workers=1, seed=1)
    found = m.diagnose(CORPUS, seconds=0)
    assert not runs
    m.fit(CORPUS)
    schedule = runs[0].schedule
    assert found.words_kept == len(m.vocabulary_)
    assert found.raw_words == m.raw_words_
    assert found.block_shape == schedule.shape
    assert found.updates_an_epoch == schedule.blocks_an_epoch
    assert found.footprint.processes == schedule.members
    assert found.footprint.matrices == m.vectors_.nbytes + m.context_vectors_.nbytes


def test_diagnosis_tries_training_and_leaves_the_model_alone():
    m = Word2Vec(vector_size=8, epochs=1000, workers=1)
    before = dict(vars(m))
    found = m.diagnose(iter(CORPUS), seconds=0.05)
    assert isinstance(found, Diagnosis)
    assert vars(m) == before
    assert 0.05 <= found.measured_seconds < found.train_seconds
    assert found.epochs == 1000


def test_what_is_tried_is_what_fit_trains(monkeypatch):
    runs, train = [], Run.train
    monkeypatch.setattr(Run, "train", lambda self, *args: (runs.append(self), train(self, *args)))
    corpus = sentences(9000)
    for init in (None, "random"):
        found = diagnose(corpus, seconds=0.01, sample=0, init=init)
        assert runs[-1].schedule.shape == found.block_shape
    assert runs[0].schedule.shape != runs[1].schedule.shape


def test_diagnosis_times_the_vectors_that_training_begins_with(monkeypatch):
    monkeypatch.setattr("negsamp.training.run.pmi_start", lambda *_: lambda arrays: time.sleep(1))
    found = diagnose(CORPUS, seconds=0.01)
    assert 1 <= found.measured_seconds < found.train_seconds + 1e-9


def test_diagnosis_of_a_file_is_that_of_its_sentences(tmp_path):
    path = tmp_path / "corpus.txt.gz"
    path.write_bytes(gzip.compress("\n".join(map(" ".join, CORPUS)).encode()))
    one, two = diagnose(path), diagnose(CORPUS)
    for name in set(vars(one)) - {"read_seconds"}:
        assert getattr(one, name) == getattr(two, name), name


def test_diagnosis_with_two_workers(monkeypatch):
    monkeypatch.setattr("negsamp.training.schedule.TOKENS_WORTH_A_WORKER", 1)
    found = diagnose(sentences(1000), seconds=0.02, workers=2, epochs=100, batch_size=512)
    assert found.footprint.processes == 2
    assert found.train_seconds > found.measured_seconds


# --- advice


def advice_of(corpus, **how):
    return " | ".join(diagnose(corpus, **how).advice)


def test_diagnosis_of_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"a b c\nb c \xff a\n" * 50)
    found = diagnose(path, min_count=1)
    assert re.search(r"not UTF-8 at byte 10 \(line 2\): invalid start byte", found.advice[0])
    assert found.raw_words == 350
    path.write_bytes(b"a\0 b c\n" * 50)
    assert re.search("NUL in its first 350 bytes", advice_of(path, min_count=1))
    path.write_text("a b c\n" * 50, "utf-16")
    with pytest.raises(EncodingError, match="encoding='utf-16' reads it"):
        diagnose(path, errors="replace", min_count=1)
    found = Word2Vec(min_count=1, workers=1).diagnose(path, encoding="utf-16", seconds=0)
    assert found.raw_words == 150
    path.write_bytes(b"a b c\nb c a\n" * 50)
    assert not re.search("NUL|UTF", advice_of(path, min_count=1))


def test_diagnosis_of_too_little_memory_does_not_try(monkeypatch):
    assert machine_memory() is None or machine_memory() > 10**8
    monkeypatch.setattr(diagnosis, "machine_memory", lambda: 50_000_000)
    found = diagnose(CORPUS, seconds=1)
    assert found.train_seconds is None
    assert re.search("this machine has 50 MB of memory, less than it would take", found.advice[0])


# --- errors


def untouchable():
    raise AssertionError("the corpus was read")
    yield


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "1", None, True])
def test_diagnosis_refuses_seconds_before_reading(seconds):
    with pytest.raises(ValueError, match=r"seconds is .*; it must be a finite number, 0 or more"):
        diagnose(untouchable(), seconds=seconds)
    with pytest.raises(ValueError, match="window is 0"):
        diagnose(untouchable(), window=0)
    with pytest.raises(CorpusError, match="empty"):
        diagnose([])
    with pytest.raises(FileNotFoundError, match="does not exist"):
        diagnose("no such file")


# --- what is shown


def test_diagnosis_is_shown_in_aligned_lines():
    text = str(diagnose(CORPUS, seconds=0.01, vector_size=8000))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 88
    assert text.isascii()
    heads = [line[:12].strip() for line in lines]
    names = [head for head in heads if head]
    assert names == "corpus|vocabulary|sentences|an epoch|an update|memory|time|advice".split("|")
    assert all(line[11] == " " and line[12] != " " for line in lines if line[:1] != " ")
    assert "for 5 epochs, estimated from" in text.replace("\n            ", " ")
    assert "- vector_size=8000 is more than" in text


def test_diagnosis_without_a_pair_shows_no_memory_or_time():
    lines = str(diagnose([["a"], ["b"]], min_count=1)).splitlines()
    heads = [line[:12].strip() for line in lines]
    assert [h for h in heads if h] == ["corpus", "vocabulary", "sentences", "advice"]


def test_numbers_are_shown_with_two_figures_in_fitting_units():
    sizes = [spell_bytes(n) for n in (0, 1500, 2.5e6, 25e6, 1.25e9)]
    assert sizes == ["0 kB", "2 kB", "2.5 MB", "25 MB", "1.2 GB"]
    times = [spell_duration(seconds) for seconds in (0.123, 9.96, 90, 7200)]
    assert times == ["0.12 s", "10.0 s", "1.5 minutes", "2.0 hours"]


@pytest.mark.usefixtures("files_in_use_stay")
def test_diagnosis_removes_the_files_of_a_large_corpus(monkeypatch, tmp_path):
    expected = diagnose(CORPUS)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("negsamp.corpus.stream.SEGMENT", 100)
    made = []
    folder = diagnosis.spill_folder
    monkeypatch.setattr(diagnosis, "spill_folder", lambda: made.append(1) or folder())
    found = diagnose(CORPUS, seconds=0.01)
    assert made
    assert not any(tmp_path.iterdir())
    assert found.pairs_an_epoch == expected.pairs_an_epoch
