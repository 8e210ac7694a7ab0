"""``negsamp similar``: `KeyedVectors.most_similar`."""

from __future__ import annotations

import argparse

from negsamp.cli.options import add_option, add_vectors
from negsamp.vectors.formats import open_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors

SUMMARY = "show the words nearest to a word"
DESCRIPTION = (
    "Show the words whose vectors are nearest to those of the given words, with their cosines. "
    "Several words are several queries, each under its own heading."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_vectors(parser)
    parser.add_argument("words", metavar="WORD", nargs="+", help="word whose neighbours to show")
    add_option(parser, KeyedVectors.most_similar, "topn", "number of answers to each query")
    text = "ask a single query, the mean of all the words"
    parser.add_argument("--together", action="store_true", help=text)
    text = "words to subtract, which makes one query of all: FOLDER king woman --negative man"
    parser.add_argument("--negative", metavar="WORD", nargs="+", default=[], help=text)


def run(arguments: argparse.Namespace) -> None:
    words, negative = arguments.words, arguments.negative
    kv = open_vectors(arguments.folder)
    queries = [words] if arguments.together or negative else [[word] for word in words]
    answers = [kv.most_similar(query, negative, arguments.topn) for query in queries]
    for number, (query, found) in enumerate(zip(queries, answers, strict=True)):
        if len(queries) > 1:
            print("\n" * (number > 0) + query[0])
        # the number first: columns line up in any script, however wide its characters are
        for word, cosine in found:
            print(f"{cosine:7.4f}  {word}")
