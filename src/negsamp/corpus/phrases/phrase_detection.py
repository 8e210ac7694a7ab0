"""`Phrases`: words that stand together more often than by chance are joined, as in word2phrase.

`finding` finds them, and `joining` joins them.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from negsamp.corpus.phrases import phrase_file
from negsamp.corpus.phrases.finding import find_passes
from negsamp.corpus.phrases.joining import JoinedSentences, Pass, PhraseJoiner, as_text
from negsamp.corpus.phrases.phrase_parameters import (
    PARAMETERS,
    PhraseParameters,
    check_text_delimiter,
)
from negsamp.corpus.phrases.scoring import SavedScoring
from negsamp.corpus.reading import read_blocks, read_chunks
from negsamp.corpus.text_files import text_files
from negsamp.corpus.tokenizing import split_blocks
from negsamp.corpus.transformer import transformer_tags
from negsamp.errors import CorpusError, NotFittedError, SavedModelError
from negsamp.files.atomic import writing

__all__ = ["Phrases"]

logger = logging.getLogger(__name__)

LEARNED = ("phrases_", "counts_", "_passes", "_joiner", "_fitted_params")
# What gensim's Phrases have, and what it is here.
OTHER_NAMES = {
    "export_phrases": "phrases_ has the phrases and their scores",
    "phrasegrams": "phrases_ has the phrases and their scores",
    "vocab": "counts_ has how often each phrase was seen",
    "find_phrases": "of a corpus: {w: phrases.phrases_[w] for s in phrases.transform(corpus) for w "
    "in s if w in phrases.phrases_}",
    "analyze_sentence": "phrases[sentence] is the joined sentence, and phrases_ has the scores",
    "freeze": "there is nothing to freeze: after fit only the phrases are kept",
    "add_vocab": "Phrases are found by fit(corpus) in one corpus, which may be an iterable over "
    "several: itertools.chain(old, new)",
}


class Phrases(PhraseParameters):
    """Finds phrases in a corpus and joins them into words, as word2phrase and gensim do.

    With n(a), n(b) and n(ab) occurrences of a, of b and of a followed by b, a phrase's score is

    - ``"default"``: (n(ab) − `min_count`) / (n(a) · n(b)) · M, equation 6 of [1]_ multiplied, as in
      gensim, by M, the number of different words and different pairs of neighbours together
      (word2phrase takes the number of tokens);
    - ``"npmi"``: log(p(ab) / (p(a) · p(b))) / −log p(ab), in [−1, 1] [2]_, p being shares of all
      tokens; pairs seen less than `min_count` times are left out.

    Pairs whose score is above `threshold` are joined. A word belongs to one pair at most: of "new
    york times", with both pairs above it, comes ``new_york times``, and in a second pass perhaps
    ``new_york_times``. Counts are exact: unlike in gensim and word2phrase, no pair is forgotten.

    A phrase may be spelled as a word of the corpus is, as where a text was joined before; the two
    are one word from then on, and the log has a warning with the number of such phrases.

    Parameters
    ----------
    min_count : int
        The discount δ, 1 or more. Pairs that are seen less often are no phrases.
    threshold : float or list of float
        Above 0 for ``"default"``, where a larger corpus needs a higher one; from −1 to 1 for
        ``"npmi"``. A list, tuple or array has one for each pass, such as [200, 100].
    scoring : str or callable
        ``"default"``, ``"npmi"``, or a function with gensim's keyword arguments `worda_count`,
        `wordb_count`, `bigram_count`, `len_vocab` (M), `min_count` and `corpus_word_count` (the
        number of tokens) that returns a number. A file has the name of such a function only.
    delimiter : str
        Text between the words of a phrase, without line ends and tabs. With a space in it, phrases
        can be used, but not written to a text.
    connector_words : iterable of str
        Words such as "of" and "the", at most 200, that a phrase may contain, up to eight in a row,
        but not begin or end with. They count for the number of tokens, not for the score.
    max_vocab_size : int, optional
        Bound on the words counted at one time, see `read_corpus`. Pairs need no bound.
    passes : int, optional
        How often phrases are looked for, each time in the text as joined before: 2 gives phrases of
        up to four words. None is once, or once for each threshold.
    joining : str
        Which of two pairs that overlap is joined: ``"first"``, the left one, as in gensim and
        word2phrase, or ``"best"``, the one with the higher score.

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
    >>> from negsamp import Phrases
    >>> corpus = [["new", "york", "is", "large"], ["in", "new", "york"], ["large", "new"]] * 5
    >>> phrases = Phrases(threshold=0.3).fit(corpus)
    >>> phrases.phrases_
    {'new_york': 0.3333333333333333}
    >>> phrases[["york", "is", "in", "new", "york"]]
    ['york', 'is', 'in', 'new_york']
    >>> list(phrases.transform(corpus))[0]
    ['new_york', 'is', 'large']
    """

    def fit(
        self, corpus: Any, y: Any = None, *, errors: str = "strict", encoding: str = "utf-8"
    ) -> Phrases:
        """Find the phrases of a corpus.

        Parameters
        ----------
        corpus, errors, encoding
            As in `Word2Vec.fit`. Phrases are made of strings that are not empty; other tokens are
            in no phrase, and the log has a warning with their number. The corpus is read once.
        y : object, optional
            Not used; scikit-learn's pipelines give it to every step.

        Returns
        -------
        Phrases
            The object itself.

        Raises
        ------
        ValueError
            If a parameter is out of range; before anything is read. Or if the function `scoring`
            returns what is no number.
        CorpusError, OSError
            If the corpus cannot be read, is empty or has no string, or if there is no room for its
            ids.
        """
        self._check()
        if isinstance(self.scoring, SavedScoring):
            self.scoring()  # says what to do
        self._set_passes(find_passes(self, corpus, errors, encoding))
        return self

    def fit_transform(
        self, corpus: Any, y: Any = None, *, errors: str = "strict", encoding: str = "utf-8"
    ) -> Any:
        """Find the phrases of a corpus and join them: `fit`, then `transform`.

        Parameters
        ----------
        corpus, y, errors, encoding
            As in `fit`.

        Returns
        -------
        iterable of list of str
            As `transform`.

        Raises
        ------
        CorpusError
            If the corpus is an iterator, since it is read more than once; else as `fit`.

        Examples
        --------
        >>> next(iter(Phrases(threshold=0.3).fit_transform(corpus)))
        ['new_york', 'is', 'large']
        """
        if isinstance(corpus, Iterator):
            raise CorpusError(
                f"corpus is a {type(corpus).__name__}, which can be gone through only once; give "
                "a path, list(corpus), or an object whose __iter__ begins anew"
            )
        return self.fit(corpus, errors=errors, encoding=encoding).transform(
            corpus, errors=errors, encoding=encoding
        )

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
        self._fitted_params = self.get_params()
        self._joiner = PhraseJoiner(
            passes, self.delimiter, self.connector_words, self.joining == "best"
        )
        self.phrases_ = {name: scores[name] for name in order}
        self.counts_ = {name: counts[name] for name in order}

    def __getattr__(self, name: str) -> Any:
        if name in LEARNED:
            name = "phrases" if name.startswith("_") else name
            raise NotFittedError(f"Phrases have no {name} yet: call fit(corpus) or load(path)")
        hint = f"; {OTHER_NAMES[name]}" if name in OTHER_NAMES else ""
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}{hint}")

    def __getitem__(self, sentence: Any) -> Any:
        """Join the phrases of one sentence, or of a corpus, as gensim does.

        Parameters
        ----------
        sentence : iterable of str, or corpus
            A corpus, as in `transform`, if the first item is a sequence, and no str; else the
            tokens of a sentence.

        Returns
        -------
        list of str
            The sentence; of a corpus, what `transform` returns.
        """
        joiner = self._joiner
        if isinstance(sentence, (str, os.PathLike)) or not isinstance(sentence, Iterable):
            return self.transform(sentence)
        items = iter(sentence)
        head = list(islice(items, 1))
        whole = chain(head, items) if items is sentence else sentence
        is_sequence = any(isinstance(item, (Iterable, os.PathLike)) for item in head)
        if is_sequence and not isinstance(head[0], str):
            return self.transform(whole)
        return next(joiner.sentences(read_chunks([whole])))

    __iter__ = None  # or `phrases[0]`, `phrases[1]` … would be tried

    def transform(self, corpus: Any, *, errors: str = "strict", encoding: str = "utf-8") -> Any:
        """Join the phrases of a corpus, which may be another one.

        Parameters
        ----------
        corpus, errors, encoding
            As in `Word2Vec.fit`: a str in a list is a sentence, which is split at white space.
            ``phrases[words]`` joins a single sentence. A sentence is in memory whole; for a text of
            one endless line, `write` needs less.

        Returns
        -------
        iterable of list of str
            The sentences in order, read and joined anew in each iteration; of a corpus that is an
            iterator, an iterator. Empty lines of a file are left out; an empty sentence of an
            iterable stays, and so do tokens that are no strings.

        Raises
        ------
        NotFittedError
            If no phrases are known yet, in all methods but `fit`.
        CorpusError, OSError
            If the corpus cannot be read; raised by the iterator if it shows only there.
        """
        joined = JoinedSentences(self._joiner, corpus, errors, encoding)
        if isinstance(corpus, (list, tuple)) and len(corpus) > 1 and all(map(_is_token, corpus)):
            logger.warning(
                "corpus is a %s of %d strings without white space, each a sentence of one word; "
                "phrases[words] joins the words of one sentence",
                type(corpus).__name__,
                len(corpus),
            )
        return iter(joined) if isinstance(corpus, Iterator) else joined

    def __sklearn_is_fitted__(self) -> bool:
        return "_passes" in vars(self)

    def __sklearn_tags__(self) -> Any:
        return transformer_tags()

    def write(
        self,
        corpus: Any,
        path: str | os.PathLike[str],
        *,
        errors: str = "strict",
        encoding: str = "utf-8",
    ) -> None:
        """Write a corpus as text with its phrases joined: a sentence a line, a space between words.

        Parameters
        ----------
        corpus, errors, encoding
            As in `Word2Vec.fit`. One endless line of a file stays one line, and takes no more
            memory.
        path : path
            The file to write or replace, in UTF-8, which appears whole or not at all; gzip if its
            name ends in ``.gz``.

        Raises
        ------
        CorpusError, OSError
            If the corpus cannot be read or has a token that a text cannot hold, or the file cannot
            be written.
        ValueError
            If `path` is the corpus or in its folder, or `delimiter` has white space, at which a
            text is split.

        Examples
        --------
        >>> phrases.write(corpus[:2], "joined.txt")
        >>> print(open("joined.txt").read(), end="")
        new_york is large
        in new_york
        """
        joiner = self._joiner
        check_text_delimiter(self._fitted_params["delimiter"])
        files = text_files(corpus)
        if files is not None:
            files.check_apart("path", path)
            pieces = joiner.text(split_blocks(read_blocks(files, errors, encoding)))
        else:
            pieces = as_text(joiner.sentences(read_chunks(corpus)))
        with writing(path) as file:
            for piece in pieces:
                file.write(piece)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write parameters and phrases to a file, as JSON; it appears whole or not at all.

        Parameters
        ----------
        path : path
            The file to write or replace.

        Raises
        ------
        ValueError, OSError
            If the file would be larger than `load` reads, 1 GiB, or cannot be written.

        Examples
        --------
        >>> phrases.save("phrases.json")
        >>> Phrases.load("phrases.json").phrases_ == phrases.phrases_
        True
        """
        phrase_file.write_phrases(path, self._fitted_params, self._passes)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Phrases:
        """Read what `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Phrases
            With what it had found.

        Raises
        ------
        SavedModelError, OSError
            If the file is damaged or something else, or cannot be read.
        """
        try:
            parameters, passes = phrase_file.read_phrases(path, PARAMETERS)
            phrases = cls(**parameters)
            most = len(phrases.thresholds())
            connectors, delimiter = frozenset(phrases.connector_words), phrases.delimiter
            checked = phrase_file.checked_passes(passes, delimiter, connectors, most)
            phrases._set_passes(checked)
        except (TypeError, ValueError) as error:
            raise SavedModelError(f"{os.fspath(path)!r} holds no phrases: {error}") from error
        return phrases


def _is_token(text: Any) -> bool:
    """Whether a text has no white space, and something else."""
    return isinstance(text, str) and text.split() == [text]
