"""`Diagnosis`: what a training run would be like, and how that is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from negsamp.core.blocks import BlockShape
from negsamp.word2vec.footprint import Footprint

__all__ = ["Diagnosis", "spell_bytes", "spell_count", "spell_duration"]

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
    usual_sentence, longest_sentence : int
        In tokens that are kept: 99 of 100 sentences are not longer than the first.
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

    Examples
    --------
    >>> from negsamp import Diagnosis, Word2Vec
    >>> corpus = 50 * ["cats eat fish", "dogs eat fish"]
    >>> diagnosis = Word2Vec(min_count=1, workers=1, seed=1).diagnose(corpus, seconds=0)
    >>> isinstance(diagnosis, Diagnosis), diagnosis.raw_words, diagnosis.words_kept
    (True, 300, 4)
    >>> print(diagnosis.advice[0])
    sample=0.001 keeps 6.7 % of the tokens, as a few words make up most of the corpus; ...
    """

    raw_words: int
    words_seen: int
    words_once: int
    words_kept: int
    share_kept: float
    sentences: int
    single: int
    usual_sentence: int
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
        yield "corpus", spell_count(self.raw_words, "token")
        kept = f"{self.words_kept:,} of them {self.min_count:,} times or more"
        share = f"{100 * self.share_kept:.1f} % of the tokens"
        words = f"{spell_count(self.words_seen, 'word')}, {self.words_once:,} of them seen once"
        yield "vocabulary", f"{words}, {kept}: {share}"
        if not self.sentences:
            return
        longest = f"99 % have at most {spell_count(self.usual_sentence, 'token')}, the longest "
        longest += f"{self.longest_sentence:,}"
        yield "sentences", f"{self.sentences:,}, {self.single:,} of them of one word; {longest}"
        if self.block_shape is None or self.footprint is None:
            return
        tokens = f"{spell_count(self.tokens_an_epoch, 'token')} after subsampling"
        pairs = spell_count(self.pairs_an_epoch, "pair")
        yield "an epoch", f"{tokens}, {pairs}, {spell_count(self.updates_an_epoch, 'update')}"
        G, L, H, N = self.block_shape
        noise = (
            f" in {spell_count(H, 'part')} with {spell_count(N, 'noise word')} each" if N else ""
        )
        yield "an update", f"{spell_count(G, 'group')} of {spell_count(L, 'center')}{noise}"
        f = self.footprint
        ids = spell_bytes(f.corpus) if f.corpus else "in files"
        words = f"words {spell_bytes(f.words + f.state)}, gradients {spell_bytes(f.gradients)}"
        processes = f"{spell_count(f.processes, 'process', 'es')} of {spell_bytes(f.each_process)}"
        matrices = f"about {spell_bytes(f.total)}: matrices {spell_bytes(f.matrices)}"
        yield "memory", f"{matrices}, ids {ids}, {words}, {processes}"
        read = f"{spell_duration(self.read_seconds)} to read"
        if self.train_seconds is None:
            yield "time", f"{read}; training was not tried"
        else:
            whole = f"about {spell_duration(self.train_seconds)}"
            measured = f"estimated from {spell_duration(self.measured_seconds)} of training"
            yield "time", f"{whole} for {spell_count(self.epochs, 'epoch')}, {measured}; {read}"


def spell_count(n: int, what: str, plural: str = "s") -> str:
    return f"{n:,} {what}{plural * (n != 1)}"


def spell_bytes(n: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if n >= size:
            return f"{n / size:,.{1 if n < 10 * size else 0}f} {unit}"
    return f"{n / 1e3:.0f} kB"


def spell_duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.{2 if seconds < 1 else 1}f} s"
    return f"{seconds / 60:,.1f} minutes" if seconds < 6000 else f"{seconds / 3600:,.1f} hours"
