"""Options that are read from a function's parameters, and arguments that several commands have."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, get_args, get_type_hints

from negsamp.core.objectives import NORMALIZERS, OBJECTIVES
from negsamp.core.optimizers import OPTIMIZERS
from negsamp.pictures.explore import explorer_page
from negsamp.pictures.projection import METHODS
from negsamp.word2vec.model import Word2Vec

__all__ = [
    "add_corpus",
    "add_errors",
    "add_layout",
    "add_option",
    "add_output",
    "add_parameters",
    "add_vectors",
    "model_of",
    "values_of",
]

# What each parameter of Word2Vec is; a default of None is put in words, others are added.
HELP = {
    "vector_size": "dimensions of the vectors",
    "window": "largest distance between a center and a context, in tokens",
    "min_count": "leave out words seen less often",
    "sample": "subsampling threshold of frequent words, a share of all tokens; 0 keeps every token",
    "negative": "noise words for each pair",
    "ns_exponent": "noise words are drawn in proportion to their count to this power",
    "objective": "the loss that is minimised",
    "optimizer": "how the vectors follow the gradient",
    "alpha": "learning rate per pair at the first token",
    "min_alpha": "learning rate per pair at the last token",
    "epochs": "passes over the corpus",
    "workers": "number of processes (default: one for each core)",
    "seed": "where random numbers start; the same seed gives the same bytes (default: a new one)",
    "max_vocab_size": "most words counted at one time; the rarest go first (default: no bound)",
    "max_final_vocab": "keep only so many of the most frequent words (default: no bound)",
    "batch_size": "centers in one update (default: chosen for the corpus)",
    "nce_normalizer": "normaliser of nce: one number, one for each center, or fixed "
    "(default: one number)",
}
CHOICES = {
    "objective": tuple(OBJECTIVES),
    "optimizer": tuple(OPTIMIZERS),
    "nce_normalizer": NORMALIZERS,
}
METAVARS = {int: "N", float: "X"}

_signature, _type_hints = cache(inspect.signature), cache(get_type_hints)


def add_option(
    parser: Any, function: Callable[..., Any], name: str, text: str, **settings: Any
) -> None:
    """Add the option of a function's parameter, with its name, type and default.

    A default that is not None is added to the help, `text`; `settings` go to `add_argument`.
    """
    hint = _type_hints(function).get(name, str)
    kind = (get_args(hint) or (hint,))[0]  # `int | None` is read as int
    default = _signature(function).parameters[name].default
    if default is not None:
        text += " (default: %(default)s)"
    settings = {"type": kind, "default": default, "metavar": METAVARS.get(kind), **settings}
    parser.add_argument("--" + name.replace("_", "-"), help=text, **settings)


def add_corpus(parser: argparse.ArgumentParser) -> None:
    """Add the text that a command reads."""
    text = "UTF-8 text, plain or gzip: a sentence on each line, white space between tokens"
    parser.add_argument("corpus", metavar="CORPUS", help=text)


def add_errors(parser: argparse.ArgumentParser, function: Callable[..., Any]) -> None:
    """Add what a function that reads a text does with bytes that are not UTF-8."""
    text = "what to do with bytes that are not UTF-8: strict, ignore or replace"
    add_option(parser, function, "errors", text, metavar="HOW")


def add_vectors(parser: argparse.ArgumentParser) -> None:
    """Add the vectors that a command reads."""
    text = "folder of a saved model, or a file of vectors"
    parser.add_argument("folder", metavar="FOLDER", help=text)


def add_output(parser: argparse.ArgumentParser, metavar: str, text: str, kind: type = str) -> None:
    """Add where a command writes to."""
    parser.add_argument("-o", "--output", metavar=metavar, type=kind, required=True, help=text)


def add_layout(parser: argparse.ArgumentParser) -> None:
    """Add how words are laid out in the plane: a method and a seed."""
    text = (
        "how vectors become points: principal components; Neg-t-SNE, which keeps neighbours "
        "together; or t-SNE, which does so too, but is slow and needs scikit-learn"
    )
    add_option(parser, explorer_page, "method", text, choices=METHODS)
    add_option(parser, explorer_page, "seed", "where the random numbers of a method start")


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Add the parameters of `Word2Vec` that a command line can give, and how bytes are read."""
    for name, text in HELP.items():
        add_option(parser, Word2Vec.__init__, name, text, choices=CHOICES.get(name))
    text = "weigh all contexts of a window alike; by default the nearer ones weigh more"
    parser.add_argument(
        "--no-shrink-windows", dest="shrink_windows", action="store_false", help=text
    )
    add_errors(parser, Word2Vec.fit)


def model_of(arguments: argparse.Namespace) -> Word2Vec:
    """The model that the options ask for."""
    return Word2Vec(**values_of(arguments, Word2Vec().get_params()))


def values_of(arguments: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """The values of some options; None for those that a command does not have."""
    return {name: getattr(arguments, name, None) for name in names}
