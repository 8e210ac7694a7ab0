"""``negsamp similar``: `KeyedVectors.most_similar`."""

from __future__ import annotations

import argparse
from typing import Any

from negsamp.cli.usage import default_of
from negsamp.vectors.formats import open_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["add"]


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "similar",
        allow_abbrev=False,
        help="show the words nearest to a word",
        description="Show the words whose vectors are nearest to those of the given words, with "
        "their cosines. Several words are several queries, each under its own heading.",
    )
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of a saved model, or a file of vectors"
    )
    parser.add_argument("words", metavar="WORD", nargs="+", help="word to look for")
    parser.add_argument(
        "--topn",
        type=int,
        metavar="N",
        default=default_of(KeyedVectors.most_similar, "topn"),
        help="answers a query (default: %(default)s)",
    )
    parser.add_argument(
        "--together",
        action="store_true",
        help="ask one query, the mean of all the words",
    )
    parser.add_argument(
        "--negative",
        metavar="WORD",
        nargs="+",
        default=[],
        help="words to subtract, which makes one query of all: FOLDER king woman --negative man",
    )
    parser.set_defaults(run=_similar)


def _similar(arguments: argparse.Namespace) -> None:
    words, negative = arguments.words, arguments.negative
    kv = open_vectors(arguments.folder)
    queries = [words] if arguments.together or negative else [[word] for word in words]
    answers = [kv.most_similar(query, negative, arguments.topn) for query in queries]
    for number, (query, found) in enumerate(zip(queries, answers, strict=True)):
        if len(queries) > 1:
            print("\n" * (number > 0) + query[0])
        # the number first: it lines up in any script, of whatever width
        for word, cosine in found:
            print(f"{cosine:7.4f}  {word}")
