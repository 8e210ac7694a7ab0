"""Which neighbours of a corpus are phrases, pass by pass.

Here are words and their spelling; `bigrams` counts and joins ids, and `scoring` scores them.
"""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.corpus.counting import read_corpus
from negsamp.corpus.phrases import bigrams
from negsamp.corpus.phrases.joining import Pass
from negsamp.corpus.phrases.phrase_parameters import PhraseParameters
from negsamp.corpus.phrases.scoring import score_pairs
from negsamp.corpus.stream import StreamBuilder, TokenStream, spill_folder
from negsamp.errors import CorpusError

__all__ = ["find_passes"]

logger = logging.getLogger(__name__)


def find_passes(
    parameters: PhraseParameters, corpus: Any, errors: str, encoding: str
) -> list[Pass]:
    """The phrases of a corpus, which is read once, as `Phrases.fit` says."""
    with spill_folder() as folder:
        return _find_passes(parameters, corpus, errors, encoding, folder)


def _find_passes(
    parameters: PhraseParameters, corpus: Any, errors: str, encoding: str, folder: Path
) -> list[Pass]:
    bound = parameters.max_vocab_size
    vocabulary, stream = read_corpus(corpus, 1, bound, errors, folder=folder, encoding=encoding)
    finder = _Finder(parameters, vocabulary.words)
    if len(stream.offsets) > len(stream):
        logger.warning(
            "every sentence has one token, so no words stand together; a single sentence is a list "
            "in a list"
        )
    return finder.passes(stream, vocabulary.counts, folder)


class _Finder:
    """The words of a corpus, to which phrases are added pass by pass."""

    def __init__(self, parameters: PhraseParameters, words: list[Any]) -> None:
        self._parameters, self._words = parameters, words
        delimiter, connector_words = parameters.delimiter, parameters.connector_words
        others, connectors = [], []
        self._rows: dict[str, int] = {}
        for i, word in enumerate(words):
            if not isinstance(word, str) or not word:
                others.append(i)
            elif delimiter in word:  # a phrase may be spelled so: they are one unit then
                self._rows[word] = i
            elif word in connector_words:
                connectors.append(i)
        self._joined_before = frozenset(self._rows)
        self._others = np.array(others, dtype=np.int64)
        self._connectors = bigrams.Connectors(connectors)
        if not others:
            return
        shown = f"{words[others[0]]!r:.60}"
        if len(others) == len(words):
            raise CorpusError(
                f"the corpus has tokens such as {shown} and no word, a string that is not empty; "
                "for strings: fit([[str(token) for token in sentence] for sentence in corpus])"
            )
        logger.warning(
            "%d of %d different tokens are in no phrase, such as %s: they are empty or no strings",
            len(others),
            len(words),
            shown,
        )

    def passes(self, stream: TokenStream, counts: np.ndarray, folder: Path) -> list[Pass]:
        """What is found in a stream with `counts` (U,) of its units."""
        parameters = self._parameters
        thresholds = parameters.thresholds()
        found: list[Pass] = []
        clashes: set[str] = set()
        for number, threshold in enumerate(thresholds):
            best, scores = self._best(stream, counts, threshold)
            joined = self._spelled(best, scores)
            found.append(joined)
            names = joined.names(parameters.delimiter)
            clashes |= self._joined_before.intersection(names)
            later = thresholds[number + 1 :]
            if not later or (not names and min(later) >= threshold):
                break
            for name in names:
                if self._rows.setdefault(name, len(self._words)) == len(self._words):
                    self._words.append(name)
            joiner = bigrams.Joiner(
                len(self._words),
                [best.left, best.right, best.codes, [self._rows[name] for name in names]],
                self._connectors,
                scores if parameters.joining == "best" else None,
            )
            spill = folder / str(len(found))
            spill.mkdir()
            stream, counts = _joined_stream(stream, joiner, len(self._words), spill)
        if clashes:
            logger.warning(
                "%d phrases are spelled as words of the corpus, such as %.60r; each is one word "
                "with it (another delimiter keeps them apart)",
                len(clashes),
                min(clashes),
            )
        return found

    def _best(
        self, stream: TokenStream, counts: np.ndarray, threshold: float
    ) -> tuple[bigrams.Bigrams, np.ndarray]:
        """The pairs of a stream that become phrases, and their scores, (P,) float64."""
        parameters, connectors = self._parameters, self._connectors
        pairs = bigrams.count_bigrams(stream, counts, connectors, int(parameters.min_count))
        n_words = np.count_nonzero(counts) - np.count_nonzero(counts[connectors.ids])
        scores = score_pairs(
            parameters.scoring,
            counts[pairs.left],
            counts[pairs.right],
            pairs.counts,
            int(n_words) + pairs.distinct,
            int(parameters.min_count),
            len(stream),
        )
        is_phrase = scores > threshold
        for side in (pairs.left, pairs.right):
            if len(self._others):
                is_phrase &= ~np.isin(side, self._others)
        best = np.flatnonzero(is_phrase)
        left, right, codes, seen = (column[best] for column in pairs[:4])
        return bigrams.Bigrams(left, right, codes, seen, pairs.distinct), scores[best]

    def _spelled(self, pairs: bigrams.Bigrams, scores: np.ndarray) -> Pass:
        """Pairs as words."""
        words = self._words
        between = (self._connectors.spell(code) for code in pairs.codes.tolist())
        return Pass(
            [words[i] for i in pairs.left.tolist()],
            [self._parameters.delimiter.join(words[i] for i in row) for row in between],
            [words[i] for i in pairs.right.tolist()],
            pairs.counts.tolist(),
            scores.tolist(),
        )


def _joined_stream(
    stream: TokenStream, joiner: bigrams.Joiner, n_units: int, folder: Path
) -> tuple[TokenStream, np.ndarray]:
    """A stream after a pass, and how often each unit is in it, (n_units,) int64."""
    with closing(StreamBuilder(folder)) as builder:
        for piece, is_last in bigrams.stream_units(stream):
            units = joiner.feed(piece, is_last)
            # the first is the rest of a sentence that began before
            lengths = np.diff(np.flatnonzero(units.begins), prepend=0, append=len(units.ids))
            builder.add(units.ids.astype(np.int32), lengths, continues=True)
        seen = builder.counts()
        counts = np.pad(seen, (0, n_units - len(seen)))
        return builder.build(np.arange(n_units, dtype=np.int32)), counts
