"""What a run reads: a corpus, or a further text for what earlier calls have learned."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, NamedTuple

import numpy as np

from negsamp.core.vocabulary import Growth, Vocabulary
from negsamp.corpus.cache import read_cached
from negsamp.corpus.counting import read_corpus, read_more
from negsamp.corpus.encoding import encode_corpus
from negsamp.corpus.stream import Folder, TokenStream
from negsamp.corpus.text_files import TextFiles
from negsamp.corpus.token_kinds import advice_on_tokens
from negsamp.errors import CorpusError
from negsamp.training.settings import Settings

__all__ = ["Encoded", "Text", "check_size", "machine_memory", "read_text"]

logger = logging.getLogger(__name__)


class Encoded(NamedTuple):
    """A corpus that is read already, and needs no reading again."""

    vocabulary: Vocabulary
    stream: TokenStream


class Text(NamedTuple):
    """A text as ids, and the vocabulary, which has not yet grown by it."""

    vocabulary: Vocabulary
    stream: TokenStream
    growth: Growth | None = None  # of a further text
    is_first: bool = True

    @property
    def counts(self) -> np.ndarray:
        """How often each word was seen in all texts, (V,) int64."""
        return self.vocabulary.counts if self.growth is None else self.growth.counts

    @property
    def own_counts(self) -> np.ndarray:
        """How often each word stands in this text, (V,) int64."""
        return self.counts if self.is_first else self.stream.counts(len(self.counts))

    @property
    def raw_words(self) -> int:
        """The tokens of this text, rare ones included, as far as it is known."""
        before, growth = self.vocabulary.raw_words, self.growth
        return (
            growth.raw_words - before if growth else before if self.is_first else len(self.stream)
        )

    @property
    def new_words(self) -> Vocabulary:
        """The words that have a row since this text."""
        v, V = self.vocabulary, len(self.vocabulary)
        return Vocabulary(self.growth.words, self.growth.counts[V:]) if self.growth else v


def read_text(
    settings: Settings,
    corpus: Any,
    files: TextFiles | None,
    folder: Folder,
    errors: str,
    encoding: str,
    cache: str | os.PathLike[str] | None = None,
    grows: Vocabulary | None = None,
    known: Vocabulary | None = None,
) -> Text:
    """Read a corpus, which may be `Encoded`, and log advice on its words.

    It is a further text of the vocabulary that `grows`, or one of which all words are `known`, or
    else the first. CorpusError or ValueError for what is too small or too large to train.
    """
    s = settings
    least, most, reading = max(s.min_count, 1), s.max_final_vocab, (s.max_vocab_size, errors)
    if isinstance(corpus, Encoded):
        text = Text(*corpus)
    elif grows is not None:
        more = read_more(
            grows, files or corpus, least, *reading, s.processes, folder, encoding, most
        )
        text = Text(grows, more[1], more[0], is_first=False)
    elif known is not None:
        stream = encode_corpus(known, files or corpus, errors, encoding, folder)
        text = Text(known, stream, is_first=False)
    elif cache is not None and files is not None and files.are_regular:
        text = Text(*read_cached(files, cache, least, *reading, s.processes, encoding, most))
    else:
        read = read_corpus(
            files or corpus,
            least,
            *reading,
            s.processes,
            folder,
            encoding=encoding,
            max_final_vocab=most,
        )
        text = Text(*read)
    if text.is_first:
        check_size(s, text, is_file=files is not None)
    _check_memory(s, len(text.counts))
    if not isinstance(corpus, Encoded):
        for advice in advice_on_tokens(text.new_words):
            logger.warning("%s", advice)
    return text


def check_size(settings: Settings, text: Text, is_file: bool) -> None:
    """Refuse a corpus that is too small to train."""
    vocabulary, stream, objective = text.vocabulary, text.stream, settings.objective
    if stream.longest_sentence < 2:
        total = vocabulary.raw_words
        left_out = total - int(vocabulary.counts.sum())
        all_words = "min_count=1"
        if settings.max_final_vocab is not None:
            all_words += " and max_final_vocab=None"
        raise CorpusError(
            f"the corpus has no pair: none of its {stream.n_sentences} sentences has two words "
            "that are frequent enough"
            + f"; {left_out} of {total} tokens are too rare: with {all_words} all are kept"
            * bool(left_out)
            + "; a single sentence is a list in a list" * (not is_file and not left_out)
        )
    if len(vocabulary) < objective.least_words:
        raise CorpusError(
            f"objective {objective.name!r} needs two words or more; the corpus has one"
        )


def _check_memory(settings: Settings, V: int) -> None:
    """Refuse before anything is trained what is too large for this machine."""
    objective, memory = settings.objective, machine_memory()
    needed = objective.working_bytes(V, settings.vector_size)
    if memory is not None and needed > memory:
        raise ValueError(
            f"objective {objective.name!r} needs {needed / 1e9:.1f} GB for the scores and "
            f"gradients of {V} words, and this machine has {memory / 1e9:.1f} GB; a larger "
            "min_count or another objective needs less"
        )


def machine_memory() -> int | None:
    """Bytes of this machine's memory, or None if it does not say."""
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
