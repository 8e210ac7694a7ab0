"""What a training run would be like: the corpus as the model would see it, the memory and the time
that the run would take, and what to change before it starts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import glimpse, is_real
from negsamp.core.sampling import keep_probabilities
from negsamp.core.vocabulary import Vocabulary
from negsamp.core.windows import iter_windows
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.reading import read_beginning
from negsamp.corpus.stream import StreamBuilder, TokenStream, spill_folder
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.corpus.token_kinds import advice_on_tokens
from negsamp.errors import EncodingError
from negsamp.training.reading import Encoded, machine_memory
from negsamp.training.run import Run
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings
from negsamp.training.timing import expected_seconds
from negsamp.word2vec.advice import advice_on_memory, advice_on_parameters, advice_on_words
from negsamp.word2vec.diagnosis_report import Diagnosis
from negsamp.word2vec.footprint import Footprint, training_footprint

__all__ = ["Diagnosis", "diagnose"]

AT_ONCE = 1 << 18  # sentences or centers
LONGEST_USUAL = 100_000  # tokens; no window is as wide


def diagnose(
    settings: Settings,
    corpus: Any,
    errors: str = "strict",
    seconds: float = 1.0,
    encoding: str = "utf-8",
) -> Diagnosis:
    """Read a corpus, try to train on it for a moment, and say what a whole run would be like."""
    if not is_real(seconds) or seconds < 0:
        raise ValueError(f"seconds is {glimpse(seconds)}; it must be a finite number, 0 or more")
    with spill_folder() as folder:
        return _diagnose(settings, corpus, errors, seconds, encoding, folder)


def _diagnose(
    settings: Settings, corpus: Any, errors: str, seconds: float, encoding: str, folder: Path
) -> Diagnosis:
    began = time.perf_counter()
    files = text_files(corpus)
    advice = [*_advice_on_bytes(files, encoding)]
    reading = errors, encoding, folder
    vocabulary, stream = _read(settings, files or corpus, *reading, advice)
    read_seconds = time.perf_counter() - began
    min_count = max(settings.min_count, 1)
    single_before = _sentences_of_one_token(stream)
    most = settings.max_final_vocab
    kept, stream = _most_frequent(vocabulary, stream, min_count, most, folder)
    advice += advice_on_tokens(kept, strict=True)
    found = Diagnosis(
        raw_words=vocabulary.raw_words,
        words_seen=len(vocabulary),
        words_once=int((vocabulary.counts == 1).sum()),
        words_kept=len(kept),
        share_kept=float(kept.counts.sum() / vocabulary.raw_words),
        sentences=stream.n_sentences,
        single=_sentences_of_one_token(stream),
        usual_sentence=_usual_sentence(stream),
        longest_sentence=stream.longest_sentence,
        read_seconds=read_seconds,
        epochs=settings.epochs,
        min_count=min_count,
    )
    advice += advice_on_words(vocabulary, files is not None)
    counts = vocabulary.counts
    del vocabulary
    if found.longest_sentence >= 2:
        found = _with_training(found, settings, kept, stream, seconds)
    advice += found.advice
    advice += advice_on_parameters(found, settings, counts, single_before, files is not None)
    return replace(found, advice=tuple(advice))


def _advice_on_bytes(files: TextFiles | None, encoding: str) -> Iterator[str]:
    """Say what the first bytes of a file show if it is no text."""
    if files is None or not files.are_regular:
        return
    beginning = read_beginning(files, 1 << 16, encoding)[0]
    if b"\0" in beginning:
        yield (
            f"the file has a NUL in its first {len(beginning)} bytes, which no text has: is it a "
            "file of another kind?"
        )


def _read(
    settings: Settings, corpus: Any, errors: str, encoding: str, folder: Path, advice: list[str]
) -> tuple[Vocabulary, TokenStream]:
    """Read a corpus with all its words, even if its bytes are wrong, on which there is advice."""
    bound, workers = settings.max_vocab_size, settings.processes
    try:
        return read_corpus(corpus, 1, bound, errors, workers, folder, encoding=encoding)
    except EncodingError as error:
        if not corpus.are_regular:
            raise  # a pipe cannot be read again
        advice.append(str(error))
        return read_corpus(corpus, 1, bound, "replace", workers, folder, encoding=encoding)


def _most_frequent(
    vocabulary: Vocabulary, stream: TokenStream, min_count: int, most: int | None, folder: Path
) -> tuple[Vocabulary, TokenStream]:
    """Leave the words out that `min_count` or `max_final_vocab` does, as `read_corpus` does."""
    V = int((vocabulary.counts >= min_count).sum())  # counts fall
    V = V if most is None else min(V, most)
    if V == len(vocabulary):
        return vocabulary, stream
    (folder / "frequent").mkdir()
    builder = StreamBuilder(folder / "frequent")
    for ids, starts in stream.pieces():
        builder.add(ids, np.diff(starts, prepend=0, append=len(ids)), True)
    rows = np.arange(len(vocabulary), dtype=np.int32)
    rows[V:] = -1
    kept = Vocabulary(vocabulary.words[:V], vocabulary.counts[:V], vocabulary.raw_words)
    return kept, builder.build(rows)


def _sentences_of_one_token(stream: TokenStream) -> int:
    pieces = range(0, stream.n_sentences, AT_ONCE)
    return sum(int((np.diff(stream.offsets[i : i + AT_ONCE + 1]) == 1).sum()) for i in pieces)


def _usual_sentence(stream: TokenStream) -> int:
    """The length that 99 of 100 sentences do not exceed."""
    lengths = np.zeros(LONGEST_USUAL + 1, np.int64)  # how many sentences have each
    for i in range(0, stream.n_sentences, AT_ONCE):
        some = np.diff(stream.offsets[i : i + AT_ONCE + 1])
        lengths += np.bincount(np.minimum(some, LONGEST_USUAL), minlength=len(lengths))
    return int(np.searchsorted(np.cumsum(lengths), 0.99 * stream.n_sentences))


def _with_training(
    found: Diagnosis,
    settings: Settings,
    vocabulary: Vocabulary,
    stream: TokenStream,
    seconds: float,
) -> Diagnosis:
    """Add what a run is expected to take; the seed makes no difference to the time."""
    keep = keep_probabilities(vocabulary.counts, settings.sample)
    settings = replace(settings, seed=0, progress=False)
    in_memory = sum(a.nbytes for a in (stream.ids, stream.offsets) if not isinstance(a, np.memmap))
    spelling = sum(map(sys.getsizeof, vocabulary.words))

    def expected_of(vector_size: int) -> tuple[Schedule, Footprint]:
        of = replace(settings, vector_size=vector_size)
        schedule = Schedule.of_corpus(of, vocabulary.counts, found.longest_sentence, keep, 0)
        return schedule, training_footprint(schedule, len(vocabulary), in_memory, spelling)

    size, memory = settings.vector_size, machine_memory()
    schedule, footprint = expected_of(size)
    runs = iter_windows(
        stream.pieces(), schedule.reach, AT_ONCE, np.random.default_rng(0), False, keep
    )
    found = replace(
        found,
        tokens_an_epoch=round(schedule.kept_tokens),
        pairs_an_epoch=sum(int(run.left.sum()) + int(run.right.sum()) for run in runs),
        updates_an_epoch=schedule.blocks_an_epoch,
        block_shape=schedule.shape,
        footprint=footprint,
    )
    if memory is not None and footprint.total > memory:
        while size and expected_of(size)[1].total > memory:
            size //= 2
        return replace(found, advice=(advice_on_memory(memory, size),))
    if seconds == 0:
        return found
    with Run(settings, Encoded(vocabulary, stream)) as run:
        began = time.perf_counter()
        run.begin()
        first = time.perf_counter() - began
        expected, measured = expected_seconds(run.train, schedule, stream, keep, seconds)
    return replace(found, train_seconds=first + expected, measured_seconds=first + measured)
