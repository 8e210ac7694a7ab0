"""Options that are read from a function's parameters, and arguments that several commands have."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from negsamp.cli.usage import UsageError
from negsamp.core.objectives import NORMALIZERS, OBJECTIVES
from negsamp.core.optimizers import OPTIMIZERS
from negsamp.pictures.explore import explorer_page
from negsamp.pictures.projection import METHODS
from negsamp.training.settings import INITS
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.model import Word2Vec

__all__ = [
    "READING",
    "add_corpus",
    "add_errors",
    "add_layout",
    "add_option",
    "add_output",
    "add_parameters",
    "add_vectors",
    "corpus_of",
    "key_of",
    "model_of",
    "values_of",
]

# What each parameter of Word2Vec is; a default of None is put in words, others are added.
HELP = {
    "vector_size": "dimensions of the vectors",
    "window": "largest distance between a center and a context, in tokens",
    "min_count": "leave out words seen less often",
    "sample": "subsampling threshold of frequent words, a share of all tokens; 0 keeps every token "
    "(default: follows the size of the text)",
    "negative": "noise words for each pair",
    "ns_exponent": "noise words are drawn in proportion to their count to this power",
    "objective": "the loss that is minimised",
    "shift": "subtracted from the scores of sgns (default: follows the number of noise words)",
    "init": "what sgns begins with (default: pmi for few epochs of a text that is not large)",
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
    "init": INITS,
    "nce_normalizer": NORMALIZERS,
}
READING = ("encoding", "errors")  # how a text is read
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
    """Add the texts that a command reads."""
    text = (
        "text with a sentence on each line and white space between tokens; plain, gzip, bz2, xz, "
        "zip or zstd; a folder or a pattern names several files"
    )
    parser.add_argument("corpus", metavar="CORPUS", nargs="+", help=text)


def corpus_of(arguments: argparse.Namespace) -> str | list[Path]:
    """The corpus that a command reads, as `Word2Vec.fit` takes it."""
    names = arguments.corpus
    if "" in names:  # as a path it would be the working folder
        raise UsageError("argument CORPUS: it is ''; it must name a file, a folder or a pattern")
    return names[0] if len(names) == 1 else [*map(Path, names)]


def add_errors(parser: argparse.ArgumentParser, function: Callable[..., Any]) -> None:
    """Add how a function that reads a text reads its bytes."""
    add_option(parser, function, "encoding", "encoding of the text", metavar="NAME")
    text = "what to do with bytes that are not in the encoding: strict, ignore or replace"
    add_option(parser, function, "errors", text, metavar="HOW")


def add_vectors(parser: argparse.ArgumentParser) -> None:
    """Add the vectors that a command reads."""
    text = "folder of a saved model, or a file of vectors"
    parser.add_argument("folder", metavar="FOLDER", help=text)


def key_of(kv: KeyedVectors, word: str) -> Any:
    """The key that a word on the command line means: itself, or what it is in Python."""
    if word not in kv:
        try:
            key = ast.literal_eval(word)
            return key if key in kv else word
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            pass
    return word


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
