"""``negsamp phrases``: `Phrases.fit` and `Phrases.write`."""

from __future__ import annotations

import argparse
import os
from itertools import islice
from pathlib import Path
from typing import Any

from negsamp.cli.usage import UsageError, default_of
from negsamp.corpus.phrases.model import SCORINGS, Phrases

__all__ = ["add"]

SHOWN = 10
# What each parameter of Phrases is, and its type.
HELP: dict[str, tuple[Any, str, str]] = {
    "min_count": (int, "N", "what is subtracted from a pair's count; rarer pairs are no phrases"),
    "threshold": (float, "X", "join pairs whose score is above it"),
    "delimiter": (str, "SIGN", "what is put between words"),
    "passes": (int, "N", "times that phrases are looked for; 2 finds some of four words"),
    "max_vocab_size": (int, "N", "bound on the words counted at one time; rare ones go first"),
}


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "phrases",
        allow_abbrev=False,
        help="join words of a text that stand together into phrases",
        description="Find words that stand together oftener than chance, new york, and write the "
        "text with them joined, new_york.",
    )
    parser.add_argument(
        "corpus",
        metavar="CORPUS",
        help="UTF-8 text, plain or gzip: a sentence a line, white space between tokens",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help="text file to write; packed if its name ends in .gz",
    )
    for name, (kind, metavar, text) in HELP.items():
        parser.add_argument(
            "--" + name.replace("_", "-"),
            type=kind,
            metavar=metavar,
            default=default_of(Phrases, name),
            help=f"{text} (default: %(default)s)",
        )
    parser.add_argument(
        "--scoring",
        choices=SCORINGS,
        default=default_of(Phrases, "scoring"),
        help="Mikolov's score or normalised pointwise mutual information (default: %(default)s)",
    )
    parser.add_argument(
        "--connector-words",
        metavar="WORD",
        nargs="+",
        default=[],
        help="words that phrases may contain, but not begin or end with: of the (default: none)",
    )
    parser.add_argument(
        "--errors",
        metavar="HOW",
        default=default_of(Phrases.fit, "errors"),
        help="bytes that are not UTF-8: strict, ignore or replace (default: %(default)s)",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace the output if there is such a file"
    )
    parser.set_defaults(run=_phrases)


def _phrases(arguments: argparse.Namespace) -> None:
    names = (*HELP, "scoring", "connector_words")
    phrases = Phrases(**{name: getattr(arguments, name) for name in names})
    corpus, output = arguments.corpus, arguments.output
    if os.path.exists(corpus) and not os.path.isfile(corpus) and not os.path.isdir(corpus):
        raise UsageError(f"argument CORPUS: {corpus!r} is no file; it is read twice")
    if output.is_dir():
        raise IsADirectoryError(f"output {str(output)!r} is a folder; it must be a file")
    if output.exists() and not arguments.force:
        raise FileExistsError(f"output {str(output)!r} exists; --force replaces it")
    if output.exists() and os.path.exists(corpus) and os.path.samefile(output, corpus):
        raise UsageError(f"argument --output: {str(output)!r} is the corpus itself")
    phrases.fit(corpus, errors=arguments.errors)
    phrases.write(corpus, output, errors=arguments.errors)
    print(f"{output}: {len(phrases.phrases_):,} phrases")
    for phrase, score in islice(phrases.phrases_.items(), SHOWN):
        # the numbers first: they line up in any script, of whatever width
        print(f"{phrases.counts_[phrase]:11,} {score:11.4g}  {phrase}")
