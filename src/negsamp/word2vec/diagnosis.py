"""What a training run would be like: the corpus as the model would see it, the memory and the time
that the run would take, and what to change before it starts.
"""

from __future__ import annotations

import os
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import glimpse, is_real
from negsamp.core.blocks import BlockShape
from negsamp.core.sampling import keep_probabilities
from negsamp.core.vocabulary import Vocabulary
from negsamp.core.windows import iter_windows
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.reading import is_path, read_beginning
from negsamp.corpus.stream import StreamBuilder, TokenStream
from negsamp.corpus.token_kinds import advice_on_tokens
from negsamp.errors import EncodingError
from negsamp.training.run import Encoded, Run, machine_memory
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings
from negsamp.training.timing import expected_seconds
from negsamp.word2vec.footprint import Footprint, training_footprint

__all__ = ["Diagnosis", "diagnose"]

AT_ONCE = 1 << 18  # sentences or centers
# When advice is given. The shares are far from those of ordinary text, which keeps more than nine
# tokens in ten of min_count=5 and six in ten of sample=1e-3, and half of whose words occur once.
FEW_TOKENS = 100_000
FEW_KEPT, FEW_SAMPLED, MANY_ONCE, MANY_SINGLE = 0.5, 0.25, 0.75, 0.5
LONG_LINE = 10_000  # tokens
WIDTH = 88  # of the lines that are shown


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What a training run would be like.

    Attributes
    ----------
    raw_words, words_seen, words_once : int
        Tokens read, different words, and those that occur once.
    words_kept, share_kept : int, float
        V, the words that `min_count` keeps, 0 if none; and which share of the tokens they are.
    sentences, single : int
        Sentences (of a text file: lines) that have a word left, and those that have only one.
    longest_sentence : int
        In tokens that are kept.
    tokens_an_epoch, updates_an_epoch : int
        Tokens expected after subsampling, and updates.
    pairs_an_epoch : int
        Pairs of a center and a context in its window, in one epoch that was drawn.
    block_shape, footprint : BlockShape, Footprint
        How the centers of an update are arranged, and the memory expected, in bytes; None where
        nothing can be trained.
    read_seconds : float
        Time that it took to read the corpus.
    train_seconds, measured_seconds : float
        Time expected for all epochs, with the machine as busy as it was, or None if it was not
        measured; and how long training was tried for that.
    epochs, min_count : int
        As in `Word2Vec`.
    advice : tuple of str
        What to change, the most important first.
    """

    raw_words: int
    words_seen: int
    words_once: int
    words_kept: int
    share_kept: float
    sentences: int
    single: int
    longest_sentence: int
    tokens_an_epoch: int = 0
    pairs_an_epoch: int = 0
    updates_an_epoch: int = 0
    block_shape: BlockShape | None = None
    footprint: Footprint | None = None
    read_seconds: float
    train_seconds: float | None = None
    measured_seconds: float = 0.0
    epochs: int
    min_count: int
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = [(head, text, 12) for head, text in self._rows()]
        rows += [("" if n else "advice", f"- {text}", 14) for n, text in enumerate(self.advice)]
        return "\n".join(
            textwrap.fill(text, WIDTH, initial_indent=f"{head:<12}", subsequent_indent=" " * indent)
            for head, text, indent in rows
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
    settings: Settings, corpus: Any, errors: str = "strict", seconds: float = 1.0
) -> Diagnosis:
    """Read a corpus, try to train on it for a moment, and say what a whole run would be like."""
    if not is_real(seconds) or seconds < 0:
        raise ValueError(f"seconds is {glimpse(seconds)}; it must be a finite number, 0 or more")
    with tempfile.TemporaryDirectory(prefix="negsamp-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        began = time.perf_counter()
        advice = [*_advice_on_bytes(corpus)]
        vocabulary, stream = _read(settings, corpus, errors, folder, advice)
        read_seconds = time.perf_counter() - began
        min_count = max(settings.min_count, 1)
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
            longest_sentence=stream.longest_sentence,
            read_seconds=read_seconds,
            epochs=settings.epochs,
            min_count=min_count,
        )
        highest = int(vocabulary.counts[0])
        del vocabulary
        if found.longest_sentence >= 2:
            found = _with_training(found, settings, kept, stream, seconds)
        elif not len(kept):
            advice.append(
                f"no word is seen min_count={min_count} times: the most frequent is seen {highest} "
                f"times; a min_count of {highest} or less keeps some"
            )
        else:
            hint = "" if is_path(corpus) else "; a single sentence is a list in a list"
            advice.append(
                "no sentence has two words that are frequent enough, so there is no pair to "
                f"train on{hint}"
            )
        return replace(found, advice=(*advice, *_advice(found, settings)))


def _advice_on_bytes(corpus: Any) -> Iterator[str]:
    """Say what the first bytes of a file show if it is no text."""
    is_file = is_path(corpus) and os.path.isfile(corpus)
    beginning = read_beginning(corpus, 1 << 16)[0] if is_file else b""
    if b"\0" in beginning:
        yield (
            f"the file has a NUL in its first {len(beginning)} bytes, which no text has: is it "
            "UTF-8, and not UTF-16 or a file of another kind?"
        )


def _read(
    settings: Settings, corpus: Any, errors: str, folder: Path, advice: list[str]
) -> tuple[Vocabulary, TokenStream]:
    """Read a corpus with all its words, even if its bytes are wrong, on which there is advice."""
    bound, workers = settings.max_vocab_size, settings.processes
    try:
        return read_corpus(corpus, 1, bound, errors, workers, folder)
    except EncodingError as error:
        if not os.path.isfile(corpus):
            raise  # a pipe cannot be read again
        advice.append(str(error))
        return read_corpus(corpus, 1, bound, "replace", workers, folder)


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
    schedule = Schedule.of_corpus(settings, vocabulary.counts, found.longest_sentence, keep, 0)
    runs = iter_windows(
        stream.pieces(), schedule.reach, AT_ONCE, np.random.default_rng(0), False, keep
    )
    in_memory = sum(a.nbytes for a in (stream.ids, stream.offsets) if not isinstance(a, np.memmap))
    spelling = sum(map(sys.getsizeof, vocabulary.words))
    footprint = training_footprint(schedule, len(vocabulary), in_memory, spelling)
    found = replace(
        found,
        tokens_an_epoch=round(schedule.kept_tokens),
        pairs_an_epoch=sum(int(run.left.sum()) + int(run.right.sum()) for run in runs),
        updates_an_epoch=schedule.blocks_an_epoch,
        block_shape=schedule.shape,
        footprint=footprint,
    )
    if seconds == 0 or _is_too_large(footprint):
        return found
    with Run(settings, Encoded(vocabulary, stream)) as run:
        expected, measured = expected_seconds(run.train, schedule, stream, keep, seconds)
    return replace(found, train_seconds=expected, measured_seconds=measured)


def _is_too_large(footprint: Footprint) -> bool:
    memory = machine_memory()
    return memory is not None and footprint.total > memory


def _advice(found: Diagnosis, settings: Settings) -> Iterator[str]:
    """Say what to change about parameters and text, the most important first."""
    if found.footprint and _is_too_large(found.footprint):
        yield (
            f"this machine has {_bytes(machine_memory() or 0)} of memory, less than it would take; "
            "a larger min_count or a smaller vector_size takes less"
        )
    if found.words_kept and found.share_kept < FEW_KEPT:
        yield (
            f"min_count={found.min_count} leaves out {100 * (1 - found.share_kept):.0f} % of the "
            "tokens; a smaller one keeps more of the text"
        )
    kept = found.raw_words * found.share_kept
    if found.block_shape and found.tokens_an_epoch < FEW_SAMPLED * kept:
        yield (
            f"sample={settings.sample} keeps {100 * found.tokens_an_epoch / kept:.1f} % of the "
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
            "the corpus is one line: windows reach across the ends of its sentences; put each "
            "sentence on a line of its own"
        )
    if not found.block_shape:
        return
    if found.raw_words < FEW_TOKENS:
        yield (
            f"{found.raw_words:,} tokens are few: word vectors need millions; more epochs make up "
            "for a part of them"
        )
    if settings.vector_size > found.words_kept:
        yield (
            f"vector_size={settings.vector_size} is more than the {found.words_kept:,} words: "
            "fewer dimensions tell them apart as well"
        )
    if settings.window >= found.longest_sentence:
        yield (
            f"window={settings.window} reaches beyond every sentence: the longest has "
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
