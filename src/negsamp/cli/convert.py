"""``negsamp convert``: `open_vectors` and `save_vectors`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.cli.usage import UsageError, default_of
from negsamp.vectors.formats import WITH_COUNTS, open_vectors, saver_for

__all__ = ["add"]


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "convert",
        allow_abbrev=False,
        help="read vectors of one format and write another",
        description="Read vectors and write them in another format. Suffixes say which: .txt or "
        ".vec for word2vec's text (read without its header too, as GloVe writes it), .bin for its "
        "binary form, .glove for text without a header, each with or without .gz; .npz; "
        ".safetensors; .projector for a folder that the TensorBoard projector loads. A folder of "
        "a saved model can be read.",
    )
    parser.add_argument("input", metavar="IN", type=Path, help="file or folder to read")
    parser.add_argument("output", metavar="OUT", type=Path, help="file or folder to write")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="read the first N words (default: all)"
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        default=default_of(open_vectors, "encoding"),
        help="encoding of the words in a text or .bin file (default: %(default)s)",
    )
    parser.add_argument(
        "--errors",
        metavar="HOW",
        default=default_of(open_vectors, "errors"),
        help="words not in this encoding: strict, ignore or replace (default: %(default)s)",
    )
    parser.add_argument(
        "--on-duplicate",
        choices=("error", "first"),
        default=default_of(open_vectors, "on_duplicate"),
        help="words that come again: refuse the file or keep the first (default: %(default)s)",
    )
    parser.add_argument(
        "--float16",
        dest="datatype",
        action="store_const",
        const=np.float16,
        help="round the numbers to half precision, which .npz and .safetensors keep as such",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is a file")
    parser.set_defaults(run=_convert)


def _convert(arguments: argparse.Namespace) -> None:
    output = arguments.output
    save = saver_for(output)
    if output.exists() and (output.is_dir() or not arguments.force):
        hint = "choose another name" if output.is_dir() else "--force replaces it"
        raise UsageError(f"output {str(output)!r} is there already; {hint}")
    kv = open_vectors(
        arguments.input,
        limit=arguments.limit,
        encoding=arguments.encoding,
        errors=arguments.errors,
        on_duplicate=arguments.on_duplicate,
        datatype=arguments.datatype,
    )
    save(kv, output)
    is_lost = kv.counts is not None and output.suffix.lower() not in WITH_COUNTS
    left_out = ", without their counts" if is_lost else ""
    print(f"{output}: {len(kv):,} words, {kv.vector_size} dimensions{left_out}")
