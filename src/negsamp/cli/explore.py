"""``negsamp explore``: a page to look at words with, one HTML file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from negsamp.cli.usage import check_at_least, default_of
from negsamp.files.atomic import check_file_target, writing
from negsamp.pictures.explore import explorer_page
from negsamp.pictures.projection import METHODS
from negsamp.vectors.formats import open_vectors

__all__ = ["add"]


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "explore",
        allow_abbrev=False,
        help="make a page with a map of the words, their neighbours and analogies",
        description="Write one HTML file with a map of the most frequent words, a search, nearest "
        "neighbours and analogies. Any browser opens it, without a server or a network.",
    )
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of a saved model, or a file of vectors"
    )
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="a name in .html")
    parser.add_argument(
        "--top",
        type=int,
        metavar="N",
        default=default_of(explorer_page, "top"),
        help="words on the map, the most frequent (default: %(default)s)",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=default_of(explorer_page, "method"),
        help="how vectors become points: principal components; Neg-t-SNE, which keeps neighbours "
        "together; or t-SNE, which needs scikit-learn and minutes (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        default=default_of(explorer_page, "seed"),
        help="where the random numbers of a method start (default: %(default)s)",
    )
    parser.add_argument("--title", help="heading of the page (default: the name of FOLDER)")
    parser.set_defaults(run=_explore)


def _explore(arguments: argparse.Namespace) -> None:
    target = check_file_target(arguments.output, (".html", ".htm"))
    check_at_least("top", arguments.top, 1)
    check_at_least("seed", arguments.seed, 0)
    kv = open_vectors(arguments.folder)
    title = arguments.title or Path(arguments.folder).resolve().name
    page = explorer_page(kv, title, arguments.top, arguments.method, arguments.seed)
    with writing(target) as file:
        file.write(page)
    print(f"{arguments.output}: {min(arguments.top, len(kv)):,} words, {len(page) / 1e6:.1f} MB")
