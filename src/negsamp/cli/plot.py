"""``negsamp plot``: `draw_map` or `draw_loss`, written as a picture."""

from __future__ import annotations

import argparse

from negsamp.cli.options import add_layout, add_output, add_vectors, key_of
from negsamp.cli.usage import check_picture
from negsamp.files.atomic import writing
from negsamp.pictures.plotting import SUFFIXES, check_size, draw_loss, draw_map, picture
from negsamp.pictures.projection import project
from negsamp.vectors.formats import open_vectors
from negsamp.vectors.labels import label_of
from negsamp.vectors.word_vectors import most_frequent
from negsamp.word2vec.model import Word2Vec

DESCRIPTION = (
    "Draw words as a map in which labels do not overlap, or the loss of each epoch. This needs "
    "matplotlib."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_vectors(parser)
    add_output(parser, "FILE", "file to write, whose name ends in .png, .svg or .pdf")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--words", metavar="WORD", nargs="+", help="words to draw")
    text = "draw the N most frequent words (default: %(default)s)"
    what.add_argument("--top", type=int, metavar="N", default=100, help=text)
    what.add_argument("--loss", action="store_true", help="draw the loss of each epoch")
    text = "inches (default: 9 7, or up to four times as much for most labels to have a place)"
    parser.add_argument("--size", metavar=("WIDTH", "HEIGHT"), nargs=2, type=float, help=text)
    add_layout(parser)
    parser.set_defaults(method="pca")


def run(arguments: argparse.Namespace) -> None:
    target = check_picture(arguments, SUFFIXES)
    if arguments.size is not None:
        check_size(arguments.size)
    if arguments.loss:
        figure = draw_loss(Word2Vec.load(arguments.folder).loss_history_)
    else:
        kv = open_vectors(arguments.folder)
        if arguments.words is None:
            rows = most_frequent(kv, arguments.top).tolist()
        else:
            rows = [kv.row(key_of(kv, word)) for word in dict.fromkeys(arguments.words)]
        points = project(kv.vectors[rows], arguments.method, arguments.seed)
        labels = [label_of(kv.index_to_key[row]) for row in rows]
        figure = draw_map(labels, points, arguments.size)
    with writing(target) as file:
        file.write(picture(figure, target.suffix))
