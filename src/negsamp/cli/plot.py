"""``negsamp plot``: words on a map, or the loss of a run, as a picture."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from negsamp.cli.usage import check_at_least
from negsamp.files.atomic import check_file_target, writing
from negsamp.pictures.plotting import SUFFIXES, draw_loss, draw_map, picture
from negsamp.pictures.projection import METHODS, project
from negsamp.vectors.formats import open_vectors
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.labels import label_of
from negsamp.vectors.word_vectors import most_frequent
from negsamp.word2vec.model import Word2Vec

__all__ = ["add"]

TOP = 100


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "plot",
        allow_abbrev=False,
        help="draw words as a map, or the loss of a run",
        description="Draw words as a map in which labels do not overlap, or the loss of each "
        "epoch. Needs matplotlib.",
    )
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of a saved model, or a file of vectors"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="a name in .png, .svg or .pdf"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--words", metavar="WORD", nargs="+", help="words to draw")
    what.add_argument(
        "--top",
        type=int,
        metavar="N",
        default=TOP,
        help="draw the most frequent words (default: %(default)s)",
    )
    what.add_argument("--loss", action="store_true", help="draw the loss of each epoch")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="pca",
        help="principal components; or what keeps neighbours together: Neg-t-SNE, or t-SNE, which "
        "needs scikit-learn (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        default=0,
        help="where the random numbers of a method start (default: %(default)s)",
    )
    parser.set_defaults(run=_plot)


def _plot(arguments: argparse.Namespace) -> None:
    target = check_file_target(arguments.output, SUFFIXES)
    check_at_least("top", arguments.top, 1)
    check_at_least("seed", arguments.seed, 0)
    if arguments.loss:
        figure = draw_loss(Word2Vec.load(arguments.folder).loss_history_)
    else:
        kv = open_vectors(arguments.folder)
        rows = _rows(kv, arguments.words, arguments.top)
        points = project(kv.vectors[rows], arguments.method, arguments.seed)
        figure = draw_map([label_of(kv.index_to_key[row]) for row in rows], points)
    with writing(target) as file:
        file.write(picture(figure, target.suffix))


def _rows(kv: KeyedVectors, words: list[str] | None, top: int) -> np.ndarray:
    """Rows of the words, each once, or of the most frequent."""
    if words is not None:
        return np.array([kv.row(word) for word in dict.fromkeys(words)], dtype=np.intp)
    return most_frequent(kv, top)
