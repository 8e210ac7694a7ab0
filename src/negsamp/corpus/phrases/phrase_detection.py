"""`Phrases`: words that stand together more often than by chance are joined, as in word2phrase.

Here are words, their spelling and files; `bigrams` counts and joins ids.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import check_integer, is_real
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.phrases import bigrams, phrase_file
from negsamp.corpus.phrases.joining import Pass, PhraseJoiner, as_text, lines_of
from negsamp.corpus.reading import is_path, read_blocks, read_chunks
from negsamp.corpus.stream import StreamBuilder, TokenStream
from negsamp.corpus.tokenizing import split_blocks
from negsamp.errors import CorpusError, NotFittedError, SavedModelError
from negsamp.files.atomic import writing

__all__ = ["PARAMETERS", "SCORINGS", "Phrases"]

SCORINGS = ("default", "npmi")


@dataclass(repr=False, eq=False)
class Phrases:
    """Finds phrases in a corpus and joins them into words, as word2phrase and gensim do.

    With n(a), n(b) and n(ab) occurrences of a, of b and of a followed by b, a phrase's score is

    - ``"default"``: (n(ab) − `min_count`) / (n(a) · n(b)) · M, equation 6 of [1]_ multiplied, as in
      gensim, by M, the number of different words and different pairs of neighbours together
      (word2phrase takes the number of tokens);
    - ``"npmi"``: log(p(ab) / (p(a) · p(b))) / −log p(ab), in [−1, 1] [2]_, p being shares of all
      tokens; pairs seen less than `min_count` times are left out.

    Pairs whose score is above `threshold` are joined, from left to right: of "new york times", with
    both pairs above it, comes ``new_york times``, and in a second pass perhaps ``new_york_times``.
    Counts are exact: unlike in gensim and word2phrase, no pair is forgotten on the way.

    Parameters
    ----------
    min_count : int
        δ, 1 or more.
    threshold : float
        Above 0 for ``"default"``, where a larger corpus needs a higher one; from −1 to 1 for
        ``"npmi"``.
    scoring : str
        ``"default"`` or ``"npmi"``.
    delimiter : str
        Text between the words of a phrase. No word of the corpus may contain it.
    connector_words : iterable of str
        Words such as "of" and "the", at most 200, that a phrase may contain, up to eight in a row,
        but not begin or end with. They count for the number of tokens, not for the score.
    max_vocab_size : int, optional
        Bound on the words counted at one time, see `read_corpus`. Pairs need no bound.
    passes : int
        How often phrases are looked for, each time in the text as joined before: 2 gives phrases of
        up to four words.

    Attributes
    ----------
    phrases_, counts_ : dict
        The score of each phrase of all passes, and how often it was seen (overlaps count for both);
        the most frequent first, equal ones by score.

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
       Compositionality", NIPS 2013, section 4, equation 6.
    .. [2] G. Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction", GSCL
       2009, section 4.

    Examples
    --------
    >>> corpus = [["new", "york", "is", "large"], ["in", "new", "york"], ["large", "new"]] * 5
    >>> phrases = Phrases(threshold=0.3).fit(corpus)
    >>> phrases.phrases_
    {'new_york': 0.3333333333333333}
    >>> next(phrases.transform(corpus))
    ['new_york', 'is', 'large']
    """

    min_count: int = 5
    threshold: float = 10.0
    scoring: str = "default"
    delimiter: str = "_"
    connector_words: Iterable[str] = frozenset()
    max_vocab_size: int | None = 40_000_000
    passes: int = 1

    def __post_init__(self) -> None:
        words = self.connector_words
        if isinstance(words, str) or not isinstance(words, Iterable):
            raise TypeError(f"connector_words is {words!r:.60}; it must be a list of words")
        self.connector_words = frozenset(words)
        self._check()

    def __repr__(self) -> str:
        found = f", {len(self.phrases_)} phrases" if hasattr(self, "_passes") else ""
        return f"Phrases(threshold={self.threshold}, scoring={self.scoring!r}{found})"

    def _check(self) -> None:
        check_integer("min_count", self.min_count, 1, 2**62)
        check_integer("passes", self.passes, 1, phrase_file.MOST_PASSES)
        check_integer("max_vocab_size", self.max_vocab_size, 1, 2**62, optional=True)
        threshold, delimiter = self.threshold, self.delimiter
        if self.scoring not in SCORINGS:
            raise ValueError(f"scoring is {self.scoring!r}; it must be 'default' or 'npmi'")
        if self.scoring == "npmi":
            if not is_real(threshold) or not -1 <= threshold <= 1:
                raise ValueError(f"threshold is {threshold!r}; of 'npmi' it must be from −1 to 1")
        elif not is_real(threshold) or not threshold > 0:
            raise ValueError(f"threshold is {threshold!r}; it must be a finite number above 0")
        if not isinstance(delimiter, str) or delimiter.split() != [delimiter]:
            raise ValueError(
                f"delimiter is {delimiter!r}; it must be a string without white space, not empty"
            )
        connectors, most = frozenset(self.connector_words), bigrams.MOST_CONNECTOR_WORDS
        if len(connectors) > most:
            raise ValueError(f"connector_words has {len(connectors)} words; {most} are allowed")
        for word in connectors:
            if not isinstance(word, str) or not word or delimiter in word:
                raise ValueError(
                    f"connector_words holds {word!r}; it must hold strings, not empty and without "
                    f"the delimiter {delimiter!r}"
                )

    def fit(self, corpus: Any, *, errors: str = "strict") -> Phrases:
        """Find the phrases of a corpus.

        Parameters
        ----------
        corpus, errors
            As in `Word2Vec.fit`, but tokens must be strings. The corpus is read once.

        Returns
        -------
        Phrases
            The object itself.

        Raises
        ------
        ValueError
            If a parameter is out of range; before anything is read.
        CorpusError, OSError
            If the corpus cannot be read, is empty, has a token that is no string or holds the
            delimiter, or if there is no room for its ids.
        """
        self._check()
        # Windows cannot remove what is still mapped
        with tempfile.TemporaryDirectory(prefix="negsamp-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            vocabulary, stream = read_corpus(corpus, 1, self.max_vocab_size, errors, folder=folder)
            for word in vocabulary.words:
                if not isinstance(word, str) or not word:
                    raise CorpusError(
                        f"the corpus has the token {word!r:.60}; phrases are made of words"
                    )
                if self.delimiter in word:
                    raise CorpusError(
                        f"the corpus has the word {word!r:.60}, which contains the delimiter "
                        f"{self.delimiter!r}; choose a delimiter= that no word contains"
                    )
            self._set_passes(self._find(vocabulary.words, vocabulary.counts, stream, folder))
        return self

    def _find(
        self, words: list[Any], counts: np.ndarray, stream: TokenStream, folder: Path
    ) -> list[Pass]:
        """What the passes find; phrases are added to `words`."""
        connectors = bigrams.Connectors(
            [i for i, word in enumerate(words) if word in self.connector_words]
        )
        phrase_rows: dict[str, int] = {}
        found: list[Pass] = []
        while True:
            pairs = bigrams.count_bigrams(stream, counts, connectors, int(self.min_count))
            n_words = np.count_nonzero(counts) - np.count_nonzero(counts[connectors.ids])
            scores = self._scores(pairs, counts, int(n_words) + pairs.distinct, len(stream))
            best = np.flatnonzero(scores > self.threshold)
            left, right, codes = (column[best] for column in pairs[:3])
            between = (connectors.spell(code) for code in codes.tolist())
            joined = Pass(
                [words[i] for i in left.tolist()],
                [self.delimiter.join(words[i] for i in row) for row in between],
                [words[i] for i in right.tolist()],
                pairs.counts[best].tolist(),
                scores[best].tolist(),
            )
            found.append(joined)
            if len(found) == self.passes or not len(best):
                return found
            names = joined.names(self.delimiter)
            for name in names:
                if phrase_rows.setdefault(name, len(words)) == len(words):
                    words.append(name)
            becomes = [phrase_rows[name] for name in names]
            joiner = bigrams.Joiner(len(words), [left, right, codes, becomes], connectors)
            spill = folder / str(len(found))
            spill.mkdir()
            stream, counts = _joined_stream(stream, joiner, len(words), spill)

    def _scores(
        self, pairs: bigrams.Bigrams, counts: np.ndarray, n_different: int, n_tokens: int
    ) -> np.ndarray:
        """Scores of pairs, (P,) float64."""
        left, right = counts[pairs.left], counts[pairs.right]
        if self.scoring == "default":
            return (pairs.counts - int(self.min_count)) / (left * right) * n_different
        p = pairs.counts / n_tokens
        return np.log(p / (left / n_tokens * (right / n_tokens))) / -np.log(p)

    def _set_passes(self, passes: list[Pass]) -> None:
        scores: dict[str, float] = {}
        counts: Counter[str] = Counter()
        for found in passes:
            # two ways to the same phrase are one phrase, with the better of the scores
            names = found.names(self.delimiter)
            for name, count, score in zip(names, found.counts, found.scores, strict=True):
                counts[name] += count
                scores[name] = max(scores.get(name, score), score)
        order = sorted(scores, key=lambda name: (-counts[name], -scores[name], name))
        self._passes = passes
        self.phrases_ = {name: scores[name] for name in order}
        self.counts_ = {name: counts[name] for name in order}

    def __getattr__(self, name: str) -> Any:
        if name in ("phrases_", "counts_", "_passes"):
            raise NotFittedError(f"Phrases have no {name} yet: call fit(corpus) or load(path)")
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def transform(self, corpus: Any, *, errors: str = "strict") -> Iterator[list[Any]]:
        """Join the phrases of a corpus, which may be another one.

        Parameters
        ----------
        corpus, errors
            As in `Word2Vec.fit`. A sentence is in memory whole; for a text of one endless line,
            `write` needs less.

        Returns
        -------
        iterator of list of str
            The sentences in order. Empty lines of a file are left out; an empty sentence of an
            iterable stays, and so do tokens that are no strings.

        Raises
        ------
        NotFittedError
            If no phrases are known yet, in all methods but `fit`.
        CorpusError, OSError
            If the corpus cannot be read; raised by the iterator if it shows only there.
        """
        joiner = PhraseJoiner(self._passes, self.delimiter, self.connector_words)
        if is_path(corpus):
            return lines_of(joiner.text(split_blocks(read_blocks(corpus, errors))))
        return joiner.sentences(read_chunks(corpus))

    def write(self, corpus: Any, path: str | os.PathLike[str], *, errors: str = "strict") -> None:
        """Write a corpus as text with its phrases joined: a sentence a line, a space between words.

        Parameters
        ----------
        corpus, errors
            As in `Word2Vec.fit`. One endless line of a file stays one line, and takes no more
            memory.
        path : path
            The file to write or replace, which appears whole or not at all; gzip if its name ends
            in ``.gz``.

        Raises
        ------
        CorpusError, OSError
            If the corpus cannot be read or has a token that a text cannot hold, or the file cannot
            be written.
        ValueError
            If `path` is the corpus.
        """
        joiner = PhraseJoiner(self._passes, self.delimiter, self.connector_words)
        if is_path(corpus):
            if Path(path).exists() and Path(corpus).exists() and os.path.samefile(path, corpus):
                raise ValueError(f"path is {os.fspath(path)!r}, the corpus itself; choose another")
            pieces = joiner.text(split_blocks(read_blocks(corpus, errors)))
        else:
            pieces = as_text(joiner.sentences(read_chunks(corpus)))
        with writing(path) as file:
            for piece in pieces:
                file.write(piece)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write parameters and phrases to a file, as JSON; it appears whole or not at all.

        Raises
        ------
        ValueError, OSError
            If the file would be larger than `load` reads, 1 GiB, or cannot be written.
        """
        parameters = {name: getattr(self, name) for name in PARAMETERS}
        phrase_file.write_phrases(path, parameters, self._passes)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Phrases:
        """Read what `save` wrote.

        Raises
        ------
        SavedModelError, OSError
            If the file is damaged or something else, or cannot be read.
        """
        try:
            parameters, passes = phrase_file.read_phrases(path, PARAMETERS)
            phrases = cls(**parameters)
            connectors = frozenset(phrases.connector_words)
            phrases._set_passes(
                phrase_file.checked_passes(passes, phrases.delimiter, connectors, phrases.passes)
            )
        except (TypeError, ValueError) as error:
            raise SavedModelError(f"{os.fspath(path)!r} holds no phrases: {error}") from error
        return phrases


PARAMETERS = tuple(field.name for field in fields(Phrases))


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
