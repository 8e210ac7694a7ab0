"""``negsamp similar``: `KeyedVectors.most_similar`."""

from __future__ import annotations

import argparse
from typing import Any

from negsamp.cli.options import add_option, add_vectors, key_of
from negsamp.cli.wording import report
from negsamp.errors import UnknownWordError
from negsamp.vectors.evaluation import METHODS, evaluate_word_analogies
from negsamp.vectors.formats import open_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.labels import label_of

DESCRIPTION = (
    "Show the words whose vectors are nearest to those of the given words, with their cosines. "
    "Several words are several queries, each under its own heading; one that is not in the "
    "vocabulary is an error, and the others are answered."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_vectors(parser)
    parser.add_argument("words", metavar="WORD", nargs="+", help="word whose neighbours to show")
    add_option(parser, KeyedVectors.most_similar, "topn", "number of answers to each query")
    text = "ask a single query, the mean of all the words"
    parser.add_argument("--together", action="store_true", help=text)
    text = "words to subtract, which makes one query of all: FOLDER king woman --negative man"
    parser.add_argument("--negative", metavar="WORD", nargs="+", default=[], help=text)
    text = "answer with the first N words only, the most frequent ones (default: all)"
    add_option(parser, KeyedVectors.most_similar, "restrict_vocab", text)
    text = "how words are combined: 3CosAdd or 3CosMul"
    add_option(parser, evaluate_word_analogies, "method", text, choices=tuple(METHODS))


def run(arguments: argparse.Namespace) -> int:
    kv = open_vectors(arguments.folder)
    words, negative = (
        [key_of(kv, w) for w in some] for some in (arguments.words, arguments.negative)
    )
    queries = [words] if arguments.together or negative else [[word] for word in words]
    ask = kv.most_similar if arguments.method == "add" else kv.most_similar_cosmul
    answers: list[list[tuple[Any, float]] | UnknownWordError] = []
    for query in queries:
        try:
            answers.append(ask(query, negative, arguments.topn, arguments.restrict_vocab))
        except UnknownWordError as error:
            answers.append(error)
    answered = 0
    for query, found in zip(queries, answers, strict=True):
        if isinstance(found, UnknownWordError):
            print(end="", flush=True)
            report(found, arguments.wording)
            continue
        if len(queries) > 1:
            print("\n" * (answered > 0) + label_of(query[0]))
        answered += 1
        # the number first: columns line up in any script, however wide its characters are
        for word, cosine in found:
            print(f"{cosine:7.4f}  {word}")
    return 0 if answered == len(queries) else 2
