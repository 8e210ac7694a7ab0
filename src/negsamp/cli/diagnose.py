"""``negsamp diagnose``: `Word2Vec.diagnose`."""

from __future__ import annotations

import argparse
from typing import Any

from negsamp.cli.options import add_corpus, add_parameters, model_of
from negsamp.cli.usage import default_of
from negsamp.word2vec.model import Word2Vec

__all__ = ["add"]


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "diagnose",
        allow_abbrev=False,
        help="say what training on a text would be like",
        description="Say what training on a text would be like: words, pairs, memory, time, and "
        "what had better be changed. The text is read once, and training is tried for a moment.",
    )
    add_corpus(parser)
    add_parameters(parser)
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="X",
        default=default_of(Word2Vec.diagnose, "seconds"),
        help="how long training is tried; 0 does not (default: %(default)s)",
    )
    parser.set_defaults(run=_diagnose)


def _diagnose(arguments: argparse.Namespace) -> None:
    model = model_of(arguments)
    print(model.diagnose(arguments.corpus, errors=arguments.errors, seconds=arguments.seconds))
