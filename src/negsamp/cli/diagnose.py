"""``negsamp diagnose``: `Word2Vec.diagnose`."""

from __future__ import annotations

import argparse

from negsamp.cli.options import add_corpus, add_option, add_parameters, model_of
from negsamp.word2vec.model import Word2Vec

SUMMARY = "tell what training on a text would be like"
DESCRIPTION = (
    "Tell what training on a text would be like: its words, pairs, memory and time, and advice "
    "on what to change. The text is read once, and training is tried for a moment."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_corpus(parser)
    add_parameters(parser)
    text = "how long training is tried; 0 leaves the trial out"
    add_option(parser, Word2Vec.diagnose, "seconds", text)


def run(arguments: argparse.Namespace) -> None:
    model = model_of(arguments)
    found = model.diagnose(arguments.corpus, errors=arguments.errors, seconds=arguments.seconds)
    print(arguments.wording(str(found)))
