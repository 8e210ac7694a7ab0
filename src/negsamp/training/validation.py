"""Which part of a corpus is held out, and what stands there.

The units are sentences; one of more than `LONGEST_STRETCH` tokens, such as an endless line, is cut
into stretches. Of each 1 / share consecutive units, one is drawn to be held out, so that the
held-out part comes from everywhere. No window reaches from one part into the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from negsamp.corpus.stream import TokenStream, forget_pages
from negsamp.errors import CorpusError

__all__ = ["HeldOut", "choose_held_out", "has_pair_left", "held_out_stream", "hold_out"]

# Tokens of a stretch: few beside what is held out, and many beside a window.
SHORTEST_STRETCH, LONGEST_STRETCH = 50, 1000
STRETCHES = 20  # wanted at least
SENTENCES_AT_ONCE = 1 << 17


class HeldOut(NamedTuple):
    """What is held out of a corpus."""

    parts: np.ndarray  # (n, 2) int64: begin and end of each unit, in tokens; rising, no overlap
    stream: TokenStream  # what stands there, subsampled
    counts: np.ndarray  # (V,) int64: occurrences of each word that are not trained


def hold_out(stream: TokenStream, share: float, keep: np.ndarray, seed: int) -> HeldOut:
    """Hold out a share of the units of a corpus, and subsample them by the probabilities `keep`."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2**31, 2**31)))
    parts = choose_held_out(stream, share, rng)
    held, counts = held_out_stream(stream, parts, keep, rng)
    is_held = held.longest_sentence > 1
    if not is_held or not has_pair_left(stream, parts):
        is_sampled = not is_held and bool((np.diff(parts) > 1).any())
        raise CorpusError(
            f"validation is {share}, and of the {len(stream)} tokens of the corpus no pair would "
            f"be {'left to train on' if is_held else 'held out'}"
            + "; sample takes out frequent words, and sample=0 keeps all of them"
            * is_sampled
        )
    return HeldOut(parts, held, counts)


def choose_held_out(stream: TokenStream, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the parts that are held out; a CorpusError if there is only one unit."""
    wanted = share * len(stream) / STRETCHES
    stretch = int(np.clip(wanted, SHORTEST_STRETCH, LONGEST_STRETCH))
    n_units = sum(int(pieces.sum()) for _, pieces in _units(stream, stretch))
    if n_units < 2:
        raise CorpusError(
            f"validation is {share}, but the corpus is one sentence of {len(stream)} tokens; to "
            f"hold out a part takes two, or one of more than {stretch} tokens"
        )
    n = max(1, round(share * n_units))
    edges = np.arange(n + 1) * n_units // n
    drawn = edges[:-1] + (rng.random(n) * np.diff(edges)).astype(np.int64)
    found, before = [], 0
    for offsets, pieces in _units(stream, stretch):
        ends = before + np.cumsum(pieces)
        some = drawn[np.searchsorted(drawn, before) : np.searchsorted(drawn, ends[-1])]
        before = int(ends[-1])
        sentence = np.searchsorted(ends, some, side="right")
        number = some - ends[sentence] + pieces[sentence]
        start, length = offsets[sentence], np.diff(offsets)[sentence]
        parts = (number + k for k in (0, 1))
        found.append(np.column_stack([start + part * length // pieces[sentence] for part in parts]))
    return np.concatenate(found)


def _units(stream: TokenStream, stretch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Where some sentences at a time begin and end, and into how many units each is cut."""
    for at in range(0, stream.n_sentences, SENTENCES_AT_ONCE):
        offsets = np.array(stream.offsets[at : at + SENTENCES_AT_ONCE + 1], dtype=np.int64)
        forget_pages(stream.offsets)
        yield offsets, -(-np.diff(offsets) // stretch)


def held_out_stream(
    stream: TokenStream, held_out: np.ndarray, keep: np.ndarray, rng: np.random.Generator
) -> tuple[TokenStream, np.ndarray]:
    """What is held out, subsampled once for all epochs, and the counts before that."""
    counts = np.zeros(len(keep), np.int64)
    pieces, lengths = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    for at in range(0, len(held_out), SENTENCES_AT_ONCE):
        begin, end = held_out[at : at + SENTENCES_AT_ONCE].T
        size = end - begin
        first = np.cumsum(size) - size
        ids = stream.ids[np.repeat(begin - first, size) + np.arange(size.sum())].astype(np.int32)
        forget_pages(stream.ids)
        counts += np.bincount(ids, minlength=len(keep))
        stays = rng.random(len(ids), dtype=np.float32) < keep[ids]
        kept_before = np.concatenate([[0], np.cumsum(stays)])
        pieces.append(ids[stays])
        lengths.append(kept_before[first + size] - kept_before[first])
    sizes = np.concatenate(lengths)
    offsets = np.concatenate([[0], np.cumsum(sizes[sizes > 0])])
    return TokenStream(np.concatenate(pieces), offsets), counts


def has_pair_left(stream: TokenStream, held_out: np.ndarray) -> bool:
    """Whether two tokens in a row stand outside what is held out, in one sentence."""
    if stream.n_sentences > SENTENCES_AT_ONCE or len(stream) > 2**24:
        return True  # of so many units half are left, and some of them are longer
    inside = np.zeros(len(stream) + 1, bool)
    starts = np.zeros(len(stream) + 1, bool)
    starts[stream.offsets] = True
    for begin, end in held_out.tolist():
        inside[begin:end] = True
    return bool((~inside[:-2] & ~inside[1:-1] & ~starts[1:-1]).any())
