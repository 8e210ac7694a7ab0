"""``negsamp phrases``: `Phrases.fit` and `Phrases.write`."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from negsamp.cli.options import (
    READING,
    add_corpus,
    add_errors,
    add_option,
    add_output,
    corpus_of,
    values_of,
)
from negsamp.cli.usage import UsageError, check_output
from negsamp.corpus.phrases.phrase_detection import Phrases
from negsamp.corpus.phrases.phrase_parameters import (
    JOININGS,
    PARAMETERS,
    check_text_delimiter,
)
from negsamp.corpus.phrases.scoring import SCORINGS
from negsamp.corpus.text_files import text_files

DESCRIPTION = (
    "Find words that stand together more often than by chance, such as new york, and write the "
    "text with them joined, as new_york."
)
SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_corpus(parser)
    text = "text file to write; it is compressed if its name ends in .gz"
    add_output(parser, "FILE", text, Path)
    text = "what is subtracted from a pair's count; rarer pairs are never joined"
    add_option(parser, Phrases.__init__, "min_count", text)
    text = "join pairs whose score is above this; several, one for each pass, with commas: 200,100"
    add_option(parser, Phrases.__init__, "threshold", text, type=numbers, metavar="X")
    text = "text to put between the words of a phrase"
    add_option(parser, Phrases.__init__, "delimiter", text, metavar="SIGN")
    text = (
        "how often phrases are looked for; 2 finds phrases of up to four words "
        "(default: 1, or one for each threshold)"
    )
    add_option(parser, Phrases.__init__, "passes", text)
    text = "most words counted at one time; the rarest go first"
    add_option(parser, Phrases.__init__, "max_vocab_size", text)
    text = "Mikolov's score, or normalised pointwise mutual information"
    add_option(parser, Phrases.__init__, "scoring", text, choices=SCORINGS)
    text = "which of two pairs that overlap is joined: the left one, or that with the higher score"
    add_option(parser, Phrases.__init__, "joining", text, choices=JOININGS)
    text = "words that phrases may contain, but not begin or end with: of the (default: none)"
    parser.add_argument("--connector-words", metavar="WORD", nargs="+", default=[], help=text)
    add_errors(parser, Phrases.fit)
    parser.add_argument("--force", action="store_true", help="replace FILE if there is one")


def numbers(text: str) -> float | list[float]:
    """A number, or several with commas between them."""
    values = [float(value) for value in text.split(",")]
    return values if len(values) > 1 else values[0]


def run(arguments: argparse.Namespace) -> None:
    phrases = Phrases(**values_of(arguments, PARAMETERS))
    check_text_delimiter(phrases.delimiter)
    check_output(arguments.output, arguments.force)
    corpus, output = text_files(corpus_of(arguments)), arguments.output
    assert corpus is not None
    if not corpus.are_regular:
        raise UsageError("argument CORPUS: it is a pipe or device, but is read twice")
    corpus.check_apart("argument --output", output)
    reading = values_of(arguments, READING)
    phrases.fit(corpus, **reading)
    phrases.write(corpus, output, **reading)
    print(f"{output}: {len(phrases.phrases_):,} phrases")
    for phrase, score in islice(phrases.phrases_.items(), SHOWN):
        # the numbers first: columns line up in any script, however wide its characters are
        print(f"{phrases.counts_[phrase]:11,} {score:11.4g}  {phrase}")
