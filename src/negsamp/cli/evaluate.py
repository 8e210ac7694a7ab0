"""``negsamp evaluate``: `evaluate_word_analogies` and `evaluate_word_pairs`, file by file."""

from __future__ import annotations

import argparse
import math
from typing import Any

from negsamp.cli.usage import default_of
from negsamp.vectors.evaluation import (
    METHODS,
    AnalogiesResult,
    AnalogyCount,
    WordPairsResult,
    evaluate_word_analogies,
    evaluate_word_pairs,
    has_sections,
)
from negsamp.vectors.formats import open_vectors

__all__ = ["add"]


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        allow_abbrev=False,
        help="score vectors by word pairs and analogies",
        description="Score word vectors by files of analogies (': section' lines, and below each "
        "four words a line) and of word pairs (two words and a score a line). The figures are "
        "those of word2vec's compute-accuracy and of gensim.",
    )
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of a saved model, or a file of vectors"
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="analogies or word pairs")
    parser.add_argument(
        "--restrict-vocab",
        type=int,
        metavar="N",
        default=default_of(evaluate_word_analogies, "restrict_vocab"),
        help="know only the first, most frequent words (default: %(default)s)",
    )
    parser.add_argument(
        "--method",
        choices=tuple(METHODS),
        default=default_of(evaluate_word_analogies, "method"),
        help="how analogies are answered: 3CosAdd or 3CosMul (default: %(default)s)",
    )
    parser.add_argument(
        "--case-sensitive",
        action="store_true",
        help="tell upper case from lower; by default all is compared in upper case",
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    are_analogies = [has_sections(file) for file in arguments.files]
    kv = open_vectors(arguments.folder)
    tables = []
    for file, is_analogies in zip(arguments.files, are_analogies, strict=True):
        options: dict[str, Any] = {
            "restrict_vocab": arguments.restrict_vocab,
            "case_insensitive": not arguments.case_sensitive,
        }
        if is_analogies:
            found = evaluate_word_analogies(kv, file, method=arguments.method, **options)
            tables.append((file, _analogies(found)))
        else:
            tables.append((file, _pairs(evaluate_word_pairs(kv, file, **options))))
    for number, (file, rows) in enumerate(tables):
        print("\n" * (number > 0) + file)
        width = max(len(name) for name, *_ in rows)
        for name, figure, *more in rows:
            print("  ".join([f"  {name:{width}}", f"{figure:>8}", *more]))


def _analogies(result: AnalogiesResult) -> list[tuple[str, ...]]:
    counts = [*result.sections, result.semantic, result.syntactic, result.total]
    width = len(str(result.total.questions))
    rows = [(count.name, _percent(count), _of(count, width)) for count in counts]
    return [*rows, ("out of vocabulary", str(result.oov)), *_skipped(result)]


def _pairs(result: WordPairsResult) -> list[tuple[str, ...]]:
    return [
        ("spearman", _figure(result.spearman), f"p {result.spearman_pvalue:.1e}"),
        ("pearson", _figure(result.pearson), f"p {result.pearson_pvalue:.1e}"),
        ("pairs", str(result.pairs)),
        ("out of vocabulary", str(result.oov), f"{result.oov_ratio:.1f} %"),
        *_skipped(result),
    ]


def _percent(count: AnalogyCount) -> str:
    return "-" if math.isnan(count.accuracy) else f"{100 * count.accuracy:.1f} %"


def _of(count: AnalogyCount, width: int) -> str:
    return f"{count.correct:{width}} of {count.questions:{width}}"


def _figure(correlation: float) -> str:
    return "-" if math.isnan(correlation) else f"{correlation:.4f}"


def _skipped(result: AnalogiesResult | WordPairsResult) -> list[tuple[str, ...]]:
    """A row for lines that were odd, if there were; the log names the first."""
    return [("lines skipped", str(len(result.skipped_lines)))] if result.skipped_lines else []
