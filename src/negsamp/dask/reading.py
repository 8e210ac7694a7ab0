"""The corpus on the workers: read once where it is, and kept there as ids."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any

from negsamp.core.vocabulary import Vocabulary
from negsamp.dask import worker as work
from negsamp.dask.cluster import files_seen_by
from negsamp.dask.partitions import Piece, cut_files
from negsamp.dask.tasks import Tasks
from negsamp.dask.words import Part, choose, merge_words
from negsamp.training.settings import Settings

__all__ = ["Corpus", "read_on_workers"]

logger = logging.getLogger(__name__)


@dataclass
class Corpus:
    """A corpus in partitions, whose ids are on the workers."""

    vocabulary: Vocabulary
    pieces: list[list[Piece]] | None  # of files, that each partition consists of
    parts: list[Any]  # futures of `Part`
    tokens: list[int]  # of each
    sentences: int
    longest: int  # tokens in the longest sentence
    are_mapped: list[bool]  # whether the ids of each are on its worker's disk
    sha256: str
    kept: Any  # a future of the words, without which all would be counted again


def read_on_workers(
    client: Any,
    tasks: Tasks,
    workers: Sequence[str],
    corpus: Any,
    named: list[str] | None,
    partitions: int | list[list[Piece]] | None,
    settings: Settings,
    errors: str,
    encoding: str,
) -> Corpus:
    """Read and encode a corpus, files that are `named` or else a collection of Dask's.

    The partitions may be given, as those of a run before.
    """
    s = settings
    pieces: list[list[Piece]] | None = None
    how = s.max_vocab_size, errors, encoding
    if named is not None:
        if isinstance(partitions, list):
            pieces = partitions
        else:
            pieces = _cut(client, tasks, named, partitions or len(workers), encoding)
        reads = [
            tasks.make(work.read_files, "read", part, some, *how)
            for part, some in enumerate(pieces)
        ]
    else:
        assert not isinstance(partitions, list)
        delayed = corpus.to_delayed()
        n = min(partitions or len(workers), len(delayed))
        edges = [part * len(delayed) // n for part in range(n + 1)]
        groups = [[*delayed[a:b]] for a, b in pairwise(edges)]
        reads = [
            tasks.make(work.read_documents, "read", part, group, *how)
            for part, group in enumerate(groups)
        ]
    words, level = [tasks.make(itemgetter(0), "words", p, read) for p, read in enumerate(reads)], 0
    while len(words) > 1 or not level:
        words = [
            tasks.make(merge_words, "merge-words", f"{level}-{at}", *words[at : at + 2])
            for at in range(0, len(words), 2)
        ]
        level += 1
    kept = tasks.make(choose, "choose", 0, words[0], max(s.min_count, 1), s.max_final_vocab)
    parts = [tasks.make(work.encode_part, "encode", p, read, kept) for p, read in enumerate(reads)]
    about = [tasks.make(Part.about, "about", p, part) for p, part in enumerate(parts)]
    kept, *futures = tasks.compute([kept, *parts, *about])
    words, *found = tasks.gather([kept, *futures[len(parts) :]])
    tokens, sentences, longest, are_mapped, digests = map(list, zip(*found, strict=True))
    return Corpus(
        vocabulary=Vocabulary(*words),
        pieces=pieces,
        parts=futures[: len(parts)],
        tokens=tokens,
        sentences=sum(sentences),
        longest=max(longest),
        are_mapped=are_mapped,
        sha256=hashlib.sha256("".join(digests).encode()).hexdigest(),
        kept=kept,
    )


def _cut(client: Any, tasks: Tasks, named: list[str], n: int, encoding: str) -> list[list[Piece]]:
    files = files_seen_by(client, named)
    [found] = tasks.gather(tasks.compute([tasks.make(cut_files, "cut", 0, files, n, encoding)]))
    if empty := sum(not pieces for pieces in found):
        logger.warning(
            "%d of %d partitions are empty, as packed files are not cut: more files, or plain ones "
            "give each something to do",
            *(empty, n),
        )
    return found
