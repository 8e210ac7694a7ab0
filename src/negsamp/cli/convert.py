"""``negsamp convert``: `open_vectors` and `save_vectors`."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np

from negsamp.cli.options import add_option, values_of
from negsamp.cli.usage import check_output
from negsamp.vectors.formats import WITH_COUNTS, open_vectors, saver_for

DESCRIPTION = (
    "Read vectors and write them in another format. Suffixes name the formats: .txt or .vec is "
    "word2vec's text (which is also read without its header, as GloVe writes it), .bin is its "
    "binary form, and .glove is text without a header, each with or without .gz; further .npz, "
    ".safetensors, and .projector for a folder that the TensorBoard projector loads. The "
    "folder of a saved model can be read too."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", type=Path, help="file or folder to read")
    parser.add_argument("output", metavar="OUT", type=Path, help="file or folder to write")
    add_option(parser, open_vectors, "limit", "read the first N words (default: all)")
    text = "encoding of the words in a text or .bin file"
    add_option(parser, open_vectors, "encoding", text, metavar="NAME")
    text = "what to do with words in another encoding: strict, ignore or replace"
    add_option(parser, open_vectors, "errors", text, metavar="HOW")
    text = "what to do with a word that comes again: refuse the file or keep the first"
    add_option(parser, open_vectors, "on_duplicate", text, choices=("error", "first"))
    text = (
        "what to do with a row that cannot be read: refuse the file, or leave it out and count it"
    )
    add_option(parser, open_vectors, "on_error", text, choices=("raise", "skip"))
    text = "write keys that are not strings, such as a graph's integers, as text"
    parser.add_argument("--keys", choices=("str",), help=text)
    text = "round the numbers to half precision, which .npz and .safetensors keep"
    parser.add_argument(
        "--float16", dest="datatype", action="store_const", const=np.float16, help=text
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is a file")


def run(arguments: argparse.Namespace) -> None:
    output = arguments.output
    save = saver_for(output)
    check_output(output, arguments.force, is_text=False)
    names = ("limit", "encoding", "errors", "on_duplicate", "on_error", "datatype")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        kv = open_vectors(arguments.input, **values_of(arguments, names))
    for warning in caught:
        print(f"warning: {warning.message}", file=sys.stderr)
    save(kv, output, keys=str if arguments.keys else None)
    is_lost = kv.counts is not None and output.suffix.lower() not in WITH_COUNTS
    left_out = ", without their counts" if is_lost else ""
    print(f"{output}: {len(kv):,} words, {kv.vector_size} dimensions{left_out}")
