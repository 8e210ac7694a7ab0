"""``negsamp explore``: `explorer_page`, written to one HTML file."""

from __future__ import annotations

import argparse
from pathlib import Path

from negsamp.cli.options import add_layout, add_option, add_output, add_vectors
from negsamp.cli.usage import check_picture
from negsamp.files.atomic import writing
from negsamp.pictures.explore import explorer_page
from negsamp.vectors.formats import open_vectors

DESCRIPTION = (
    "Write one HTML file with a map of the most frequent words, a search, nearest neighbours "
    "and analogies. Any browser opens it, without a server or a network."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_vectors(parser)
    add_output(parser, "FILE", "file to write, whose name ends in .html")
    add_option(parser, explorer_page, "top", "number of words on the map, the most frequent ones")
    add_layout(parser)
    parser.add_argument("--title", help="heading of the page (default: the name of FOLDER)")


def run(arguments: argparse.Namespace) -> None:
    target = check_picture(arguments, (".html", ".htm"))
    kv = open_vectors(arguments.folder)
    title = arguments.title or Path(arguments.folder).resolve().name
    page = explorer_page(kv, title, arguments.top, arguments.method, arguments.seed)
    with writing(target) as file:
        file.write(page)
    print(f"{arguments.output}: {min(arguments.top, len(kv)):,} words, {len(page) / 1e6:.1f} MB")
