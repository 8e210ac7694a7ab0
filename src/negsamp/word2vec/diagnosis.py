"""What a training run would be like, said before it: the corpus as the model would see it, how much
memory and time it would take, and what had better be changed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import is_real
from negsamp.core.blocks import BlockShape
from negsamp.core.sampling import keep_probabilities
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.reading import is_path, read_beginning
from negsamp.corpus.stream import StreamBuilder, TokenStream, forget_pages
from negsamp.errors import EncodingError
from negsamp.training.run import Encoded, Run, machine_memory
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings
from negsamp.training.timing import expected_seconds
from negsamp.word2vec.footprint import Footprint, training_footprint

__all__ = ["Diagnosis", "diagnose"]

TOKENS_AT_ONCE = 1 << 18
# When advice is given. The shares are where ordinary text is far from: it keeps more than nine
# tokens in ten of min_count=5 and six in ten of sample=1e-3, and half of its words occur once.
FEW_TOKENS = 100_000
FEW_KEPT, FEW_SAMPLED, MANY_ONCE, MANY_SINGLE = 0.5, 0.25, 0.75, 0.5
LONG_LINE = 10_000  # tokens
WIDTH = 88  # of the lines that are shown


@dataclass(frozen=True)
class Diagnosis:
    """What a training run would be like.

    Attributes
    ----------
    raw_words : int
        Tokens read.
    words_seen, words_once : int
        Different words, and those that occur once.
    words_kept : int
        V, those that `min_count` keeps; 0 if none is.
    share_kept : float
        Share of the tokens that these are, 0 … 1.
    sentences, single : int
        Sentences (of a text file: lines) that have a word left, and those that have one only.
    longest_sentence : int
        In tokens that are kept.
    tokens_an_epoch, pairs_an_epoch : int
        Tokens after subsampling, and pairs of a center and a context in its window, in one epoch as
        it was drawn.
    updates_an_epoch : int
        Updates expected.
    block_shape : BlockShape or None
        How the centers of an update are arranged; None, as all below, where nothing can be trained.
    footprint : Footprint or None
        Memory expected, in bytes.
    read_seconds : float
        Time that it took to read the corpus.
    train_seconds : float or None
        Time expected for all epochs, with the machine as busy as it was; None if it was not
        measured.
    measured_seconds : float
        How long training was tried for that.
    epochs : int
    min_count : int
    advice : tuple of str
        What had better be changed, the worst first.
    """

    raw_words: int
    words_seen: int
    words_once: int
    words_kept: int
    share_kept: float
    sentences: int
    single: int
    longest_sentence: int
    tokens_an_epoch: int
    pairs_an_epoch: int
    updates_an_epoch: int
    block_shape: BlockShape | None
    footprint: Footprint | None
    read_seconds: float
    train_seconds: float | None
    measured_seconds: float
    epochs: int
    min_count: int
    advice: tuple[str, ...]

    def __str__(self) -> str:
        rows = [(name, text) for name, text in self._rows()]
        rows += [
            ("" if number else "advice", f"- {text}") for number, text in enumerate(self.advice)
        ]
        return "\n".join(
            textwrap.fill(
                text,
                WIDTH,
                initial_indent=f"{name:<12}",
                subsequent_indent=" " * (14 if text.startswith("- ") else 12),
            )
            for name, text in rows
        )

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "corpus", _count(self.raw_words, "token")
        kept = f"{self.words_kept:,} of them {self.min_count:,} times or more"
        share = f"{100 * self.share_kept:.1f} % of the tokens"
        words = f"{_count(self.words_seen, 'word')}, {self.words_once:,} of them seen once"
        yield "vocabulary", f"{words}, {kept}: {share}"
        longest = f"the longest has {_count(self.longest_sentence, 'token')}"
        yield "sentences", f"{self.sentences:,}, {self.single:,} of them of one word; {longest}"
        if self.block_shape is None or self.footprint is None:
            return
        tokens = f"{_count(self.tokens_an_epoch, 'token')} after subsampling"
        pairs = _count(self.pairs_an_epoch, "pair")
        yield "an epoch", f"{tokens}, {pairs}, {_count(self.updates_an_epoch, 'update')}"
        G, L, H, N = self.block_shape
        noise = f" in {_count(H, 'part')} with {_count(N, 'noise word')} each" if N else ""
        yield "an update", f"{_count(G, 'group')} of {_count(L, 'center')}{noise}"
        f = self.footprint
        ids = _bytes(f.corpus) if f.corpus else "in files"
        words = f"words {_bytes(f.words + f.state)}, gradients {_bytes(f.gradients)}"
        processes = f"{_count(f.processes, 'process', 'es')} of {_bytes(f.each_process)}"
        matrices = f"about {_bytes(f.total)}: matrices {_bytes(f.matrices)}"
        yield "memory", f"{matrices}, ids {ids}, {words}, {processes}"
        read = f"{_duration(self.read_seconds)} to read"
        if self.train_seconds is None:
            yield "time", f"{read}; training was not tried"
        else:
            epochs = f"about {_duration(self.train_seconds)} for {_count(self.epochs, 'epoch')}"
            measured = f"estimated from {_duration(self.measured_seconds)} of training"
            yield "time", f"{epochs}, {measured}; {read}"


def diagnose(
    params: Mapping[str, Any], corpus: Any, errors: str = "strict", seconds: float = 1.0
) -> Diagnosis:
    """Read a corpus, try to train on it for a moment, and say what a whole run would be like.

    Parameters
    ----------
    params : mapping
        Those of `Word2Vec`, checked.
    corpus, errors
        As in `Word2Vec.fit`.
    seconds : float
        How long to train, two updates at least; 0 does not.

    Returns
    -------
    Diagnosis

    Raises
    ------
    CorpusError, OSError
        If the corpus cannot be read or is empty.
    ValueError
        If `seconds` is not a number, 0 or more.
    """
    if not is_real(seconds) or seconds < 0:
        raise ValueError(f"seconds is {seconds!r}; it must be a finite number, 0 or more")
    with tempfile.TemporaryDirectory(prefix="negsamp-", ignore_cleanup_errors=True) as folder:
        began = time.perf_counter()
        advice = [*_looks_of_file(corpus)]
        vocabulary, stream, more = _read(params, corpus, errors, Path(folder))
        advice += more
        read_seconds = time.perf_counter() - began
        min_count = max(int(params["min_count"]), 1)
        kept, kept_stream = _frequent(vocabulary, stream, min_count, Path(folder))
        del stream
        found = Diagnosis(
            raw_words=vocabulary.raw_words,
            words_seen=len(vocabulary),
            words_once=int((vocabulary.counts == 1).sum()),
            words_kept=len(kept),
            share_kept=float(kept.counts.sum() / vocabulary.raw_words),
            sentences=kept_stream.n_sentences,
            single=_sentences_of_one(kept_stream),
            longest_sentence=kept_stream.longest_sentence,
            tokens_an_epoch=0,
            pairs_an_epoch=0,
            updates_an_epoch=0,
            block_shape=None,
            footprint=None,
            read_seconds=read_seconds,
            train_seconds=None,
            measured_seconds=0.0,
            epochs=int(params["epochs"]),
            min_count=min_count,
            advice=(),
        )
        if found.longest_sentence >= 2:
            del vocabulary
            found = _tried(found, params, kept, kept_stream, seconds)
        else:
            highest = int(vocabulary.counts.max())
            if not len(kept):
                advice.append(
                    f"no word is seen min_count={min_count} times: the most frequent is seen "
                    f"{highest} times; a min_count of {highest} or less keeps some"
                )
            else:
                advice.append(
                    "no sentence has two words that are frequent enough, so there is no pair to "
                    "train on"
                    + ("" if is_path(corpus) else "; a single sentence is a list in a list")
                )
        return replace(found, advice=(*advice, *_advice(found, params)))


def _looks_of_file(corpus: Any) -> Iterator[str]:
    """What the first bytes of a file say against its being a text."""
    if is_path(corpus) and os.path.isfile(corpus):
        text, _ = read_beginning(corpus, 1 << 16)
        if b"\0" in text:
            yield (
                f"the file has a NUL in its first {len(text)} bytes, which no text has: is it "
                "UTF-8, and not UTF-16 or a file of another kind?"
            )


def _read(
    params: Mapping[str, Any], corpus: Any, errors: str, folder: Path
) -> tuple[Vocabulary, TokenStream, list[str]]:
    """The corpus with all its words, and what is wrong with its bytes."""
    how = params["max_vocab_size"], errors, Settings.checked(params).processes
    (folder / "all").mkdir()
    try:
        return *read_corpus(corpus, 1, *how, folder=folder / "all"), []
    except EncodingError as error:
        if not os.path.isfile(corpus):
            raise  # a pipe has no beginning to go back to
        (folder / "again").mkdir()
        how = params["max_vocab_size"], "replace", Settings.checked(params).processes
        return *read_corpus(corpus, 1, *how, folder=folder / "again"), [str(error)]


def _frequent(
    vocabulary: Vocabulary, stream: TokenStream, min_count: int, folder: Path
) -> tuple[Vocabulary, TokenStream]:
    """What `min_count` leaves of a corpus that was read whole."""
    V = int((vocabulary.counts >= min_count).sum())  # counts fall
    if V == len(vocabulary):
        return vocabulary, stream
    (folder / "frequent").mkdir()
    builder = StreamBuilder(folder / "frequent")
    for ids, ends, is_open in _pieces(stream):
        builder.add(ids, np.diff(ends, prepend=0), is_open)
    rows = np.arange(len(vocabulary), dtype=np.int32)
    rows[V:] = -1
    words = vocabulary.words[:V]
    return Vocabulary(words, vocabulary.counts[:V], vocabulary.raw_words), builder.build(rows)


def _pieces(stream: TokenStream) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """A stream in pieces: ids, int32; where sentences end in them, with the piece's own end last;
    and whether a sentence goes on beyond that.
    """
    for begin in range(0, len(stream), TOKENS_AT_ONCE):
        ids = np.array(stream.ids[begin : begin + TOKENS_AT_ONCE], np.int32)
        end = begin + len(ids)
        first, last = np.searchsorted(stream.offsets, [begin, end], side="right")
        ends = stream.offsets[first:last] - begin
        is_open = not len(ends) or int(ends[-1]) < len(ids)
        yield ids, np.append(ends, len(ids)) if is_open else ends, is_open
        forget_pages(stream.ids)
        forget_pages(stream.offsets)


def _sentences_of_one(stream: TokenStream) -> int:
    single = 0
    for first in range(0, stream.n_sentences, TOKENS_AT_ONCE):
        lengths = np.diff(stream.offsets[first : first + TOKENS_AT_ONCE + 1])
        single += int((lengths == 1).sum())
    return single


def _drawn(stream: TokenStream, keep: np.ndarray, window: int) -> tuple[int, int]:
    """Tokens and pairs of one epoch: what is left is drawn, as in training."""
    rng = np.random.default_rng(0)
    tokens = pairs = carried = 0
    for ids, ends, is_open in _pieces(stream):
        stays = np.append(0, np.cumsum(rng.random(len(ids), dtype=np.float32) < keep[ids]))
        lengths = np.diff(stays[ends], prepend=0)
        tokens += int(stays[-1])
        lengths[0] += carried
        carried = int(lengths[-1]) if is_open else 0
        pairs += _pairs(lengths[:-1] if is_open else lengths, window)
    return tokens, pairs


def _pairs(lengths: np.ndarray, window: int) -> int:
    """Pairs within a window in sentences of n tokens, Σ 2 (n − δ) over distances δ < n."""
    reach = np.clip(lengths - 1, 0, window)
    return int((2 * lengths * reach - reach * (reach + 1)).sum())


def _tried(
    found: Diagnosis,
    params: Mapping[str, Any],
    vocabulary: Vocabulary,
    stream: TokenStream,
    seconds: float,
) -> Diagnosis:
    """With what a run is expected to take."""
    keep = keep_probabilities(vocabulary.counts, params["sample"])
    settings = Settings.checked(params)
    schedule = Schedule.of_corpus(settings, vocabulary.counts, found.longest_sentence, keep, 0)
    tokens, pairs = _drawn(stream, keep, schedule.reach)
    in_memory = sum(a.nbytes for a in (stream.ids, stream.offsets) if not isinstance(a, np.memmap))
    spelling = sum(map(sys.getsizeof, vocabulary.words))
    V, d = len(vocabulary), int(params["vector_size"])
    footprint = training_footprint(schedule, V, d, in_memory, spelling)
    found = replace(
        found,
        tokens_an_epoch=tokens,
        pairs_an_epoch=pairs,
        updates_an_epoch=schedule.blocks_an_epoch,
        block_shape=schedule.shape,
        footprint=footprint,
    )
    memory = machine_memory()
    if seconds == 0 or (memory is not None and footprint.total > memory):
        return found
    # the seed makes no difference to the time
    settings = replace(settings, seed=0, progress=False)
    with Run(settings, Encoded(vocabulary, stream)) as run:
        expected, measured = expected_seconds(run.train, schedule, stream, keep, seconds)
    return replace(found, train_seconds=expected, measured_seconds=measured)


def _advice(found: Diagnosis, params: Mapping[str, Any]) -> Iterator[str]:
    """What had better be changed."""
    memory = machine_memory()
    if found.footprint and memory is not None and found.footprint.total > memory:
        yield (
            f"this machine has {_bytes(memory)} of memory, less than it would take; a larger "
            "min_count or a smaller vector_size takes less"
        )
    if found.words_kept and found.share_kept < FEW_KEPT:
        yield (
            f"min_count={found.min_count} leaves out {100 * (1 - found.share_kept):.0f} % of the "
            "tokens; a smaller one keeps more of the text"
        )
    kept = found.raw_words * found.share_kept
    if found.block_shape and found.tokens_an_epoch < FEW_SAMPLED * kept:
        yield (
            f"sample={params['sample']} keeps {100 * found.tokens_an_epoch / kept:.1f} % of the "
            "tokens, as a few words make up most of the corpus; sample=0 keeps all"
        )
    if found.words_once > MANY_ONCE * found.words_seen:
        yield (
            f"{100 * found.words_once / found.words_seen:.0f} % of the words occur once: are "
            "tokens split as they should be?"
        )
    if found.single > MANY_SINGLE * found.sentences:
        yield (
            f"{found.single:,} of {found.sentences:,} sentences have one word, and so no pair: is "
            "each line a sentence?"
        )
    if found.sentences == 1 and found.longest_sentence > LONG_LINE:
        yield (
            "the corpus is one line: windows reach across the ends of its sentences; a sentence a "
            "line tells them apart"
        )
    if not found.block_shape:
        return
    if found.raw_words < FEW_TOKENS:
        yield (
            f"{found.raw_words:,} tokens are few: word vectors want millions; more epochs make up "
            "for some of them"
        )
    if params["vector_size"] > found.words_kept:
        yield (
            f"vector_size={params['vector_size']} is more than the {found.words_kept:,} words: "
            "fewer dimensions tell them apart as well"
        )
    if params["window"] >= found.longest_sentence:
        yield (
            f"window={params['window']} reaches beyond every sentence: the longest has "
            f"{found.longest_sentence} tokens"
        )


def _count(n: int, what: str, plural: str = "s") -> str:
    return f"{n:,} {what}{plural * (n != 1)}"


def _bytes(n: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if n >= size:
            return f"{n / size:,.{1 if n < 10 * size else 0}f} {unit}"
    return f"{n / 1e3:.0f} kB"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.{2 if seconds < 1 else 1}f} s"
    return f"{seconds / 60:,.1f} minutes" if seconds < 6000 else f"{seconds / 3600:,.1f} hours"
