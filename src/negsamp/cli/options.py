"""Options that several commands have: a text, and the parameters of `Word2Vec`."""

from __future__ import annotations

import argparse
from typing import Any, get_args, get_type_hints

from negsamp.cli.usage import default_of
from negsamp.core.objectives import NORMALIZERS, OBJECTIVES
from negsamp.core.optimizers import OPTIMIZERS
from negsamp.word2vec.model import Word2Vec

__all__ = ["add_corpus", "add_parameters", "model_of"]

# What each parameter of Word2Vec is; a default of None is put in words, others are added.
HELP = {
    "vector_size": "dimensions of the vectors",
    "window": "largest distance between a center and a context, in tokens",
    "min_count": "leave out words seen less often",
    "sample": "subsampling threshold of frequent words, a share of all tokens; 0 keeps every token",
    "negative": "noise words a pair",
    "ns_exponent": "noise words are drawn in proportion to their count to this power",
    "objective": "what is minimised",
    "optimizer": "how the vectors follow the gradient",
    "alpha": "learning rate per pair at the first token",
    "min_alpha": "learning rate per pair at the last token",
    "epochs": "passes over the corpus",
    "workers": "processes (default: one a core)",
    "seed": "where random numbers start; the same seed gives the same bytes (default: a new one)",
    "max_vocab_size": "bound on the words counted at one time; rare ones go first (default: none)",
    "batch_size": "centers in one update (default: chosen for the corpus)",
    "nce_normalizer": "normaliser of nce: one number, one a center, or fixed (default: one number)",
}
CHOICES = {
    "objective": tuple(OBJECTIVES),
    "optimizer": tuple(OPTIMIZERS),
    "nce_normalizer": NORMALIZERS,
}
METAVARS = {int: "N", float: "X"}


def add_corpus(parser: argparse.ArgumentParser) -> None:
    """The text that a command reads."""
    parser.add_argument(
        "corpus",
        metavar="CORPUS",
        help="UTF-8 text, plain or gzip: a sentence a line, white space between tokens",
    )


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """The parameters of `Word2Vec` that a command line can give, and how bytes are read."""
    types = get_type_hints(Word2Vec.__init__)
    defaults = Word2Vec().get_params()
    for name, text in HELP.items():
        kind = (get_args(types[name]) or (types[name],))[0]  # `int | None` is read as int
        parser.add_argument(
            "--" + name.replace("_", "-"),
            type=kind,
            choices=CHOICES.get(name),
            metavar=METAVARS.get(kind),
            default=defaults[name],
            help=text if defaults[name] is None else f"{text} (default: %(default)s)",
        )
    parser.add_argument(
        "--no-shrink-windows",
        dest="shrink_windows",
        action="store_false",
        help="weigh all contexts of a window alike; by default the nearer weigh more",
    )
    parser.add_argument(
        "--errors",
        metavar="HOW",
        default=default_of(Word2Vec.fit, "errors"),
        help="bytes that are not UTF-8: strict, ignore or replace (default: %(default)s)",
    )


def model_of(arguments: argparse.Namespace) -> Word2Vec:
    """The model that the options ask for."""
    given: dict[str, Any] = {
        name: getattr(arguments, name, None) for name in Word2Vec().get_params()
    }
    return Word2Vec(**given)
