"""``negsamp diagnose``: `Word2Vec.diagnose`."""

from __future__ import annotations

import argparse

from negsamp.cli import options
from negsamp.word2vec.model import Word2Vec

DESCRIPTION = (
    "Tell what training on a text would be like: its words, pairs, memory and time, and advice "
    "on what to change. The text is read once, and training is tried for a moment."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_corpus(parser)
    options.add_parameters(parser)
    text = "how long training is tried; 0 leaves the trial out"
    options.add_option(parser, Word2Vec.diagnose, "seconds", text)


def run(arguments: argparse.Namespace) -> None:
    model = options.model_of(arguments)
    reading = options.values_of(arguments, (*options.READING, "seconds"))
    found = model.diagnose(options.corpus_of(arguments), **reading)
    print(arguments.wording(str(found)))
