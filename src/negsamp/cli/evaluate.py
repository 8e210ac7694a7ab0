"""``negsamp evaluate``: `evaluate_word_analogies` and `evaluate_word_pairs`, file by file."""

from __future__ import annotations

import argparse
import csv
import io
import math
from typing import Any

from negsamp.cli.options import add_option, add_vectors, values_of
from negsamp.cli.usage import UsageError, is_one_of
from negsamp.files.atomic import check_file_target, writing
from negsamp.vectors.evaluation import (
    METHODS,
    AnalogiesResult,
    WordPairsResult,
    evaluate_word_analogies,
    evaluate_word_pairs,
    has_sections,
)
from negsamp.vectors.formats import open_vectors

DESCRIPTION = (
    "Score word vectors by files of analogies (lines of four words, most often below ': section' "
    "lines) and of word pairs (lines of two words and a score; those of WordSim-353, SimLex-999, "
    "MEN, RW and SimVerb are read as they come). The figures are those of word2vec's "
    "compute-accuracy and of gensim."
)

# Columns of --answers: of a pair, expected is the human score and found the cosine.
ANSWERS = ["file", "section", "a", "b", "c", "expected", "found", "rank", "right"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_vectors(parser)
    parser.add_argument("files", metavar="FILE", nargs="+", help="analogies or word pairs")
    text = "use the first N words only, the most frequent ones"
    add_option(parser, evaluate_word_analogies, "restrict_vocab", text)
    text = "how analogies are answered: 3CosAdd or 3CosMul"
    add_option(parser, evaluate_word_analogies, "method", text, choices=tuple(METHODS))
    text = "tell upper case from lower; by default all words are compared in upper case"
    parser.add_argument("--case-sensitive", action="store_true", help=text)
    text = "take pairs with an unknown word for unlike, and such analogies for wrong"
    parser.add_argument("--dummy4unknown", action="store_true", help=text)
    text = "character between the columns of a file (default: it is found out)"
    add_option(parser, evaluate_word_pairs, "delimiter", text, metavar="SIGN")
    add_option(parser, evaluate_word_pairs, "encoding", "of the files", metavar="NAME")
    text = "write what was found for each pair and question, as .csv or .tsv"
    parser.add_argument("--answers", metavar="FILE", help=text)


def run(arguments: argparse.Namespace) -> None:
    target = None
    if arguments.answers is not None:
        try:
            target = check_file_target(arguments.answers, (".csv", ".tsv"))
        except ValueError as error:
            raise UsageError(
                str(error).replace("output is", "argument --answers: it is")
            ) from error
        if is_one_of(target, (arguments.folder, *arguments.files)):
            raise UsageError(f"argument --answers: {arguments.answers!r} is one of the inputs")
    are_analogies = [has_sections(file, arguments.encoding) for file in arguments.files]
    kv = open_vectors(arguments.folder)
    options: dict[str, Any] = {
        **values_of(arguments, ("restrict_vocab", "dummy4unknown", "delimiter", "encoding")),
        "case_insensitive": not arguments.case_sensitive,
        "answers": target is not None,
    }
    tables, answers = [], []
    for file, is_analogies in zip(arguments.files, are_analogies, strict=True):
        if is_analogies:
            found = evaluate_word_analogies(kv, file, method=arguments.method, **options)
            tables.append(_analogies(found))
            for one in found.answers:
                row = [one.section, *one.question, one.answer, one.rank, int(one.correct)]
                answers.append([file, *row])
        else:
            judged = evaluate_word_pairs(kv, file, **options)
            tables.append(_pairs(judged))
            for pair in judged.answers:
                answers.append([file, "", *pair.words, "", pair.score, pair.cosine, "", ""])
    if target is not None:
        text = io.StringIO()
        mark = "," if target.suffix.lower() == ".csv" else "\t"
        writer = csv.writer(text, delimiter=mark, lineterminator="\n")
        writer.writerows([ANSWERS, *answers])
        with writing(target) as output:
            output.write(text.getvalue().encode("utf-8", "backslashreplace"))
    for number, (file, rows) in enumerate(zip(arguments.files, tables, strict=True)):
        print("\n" * (number > 0) + file)
        width = max(len(name) for name, *_ in rows)
        for name, figure, *more in rows:
            print("  ".join([f"  {name:{width}}", f"{figure:>8}", *more]))


def _analogies(result: AnalogiesResult) -> list[tuple[str, ...]]:
    counts = [*result.sections, result.semantic, result.syntactic, result.total]
    width = len(str(result.total.questions))
    rows: list[tuple[str, ...]] = [
        (
            count.name,
            "-" if math.isnan(count.accuracy) else f"{100 * count.accuracy:.1f} %",
            f"{count.correct:{width}} of {count.questions:{width}}",
        )
        for count in counts
    ]
    return [*rows, ("out of vocabulary", str(result.oov)), *_skipped(result)]


def _pairs(result: WordPairsResult) -> list[tuple[str, ...]]:
    correlations = [
        ("spearman", result.spearman, result.spearman_pvalue),
        ("pearson", result.pearson, result.pearson_pvalue),
    ]
    return [
        *(
            (name, "-" if math.isnan(r) else f"{r:.4f}", f"p {p:.1e}")
            for name, r, p in correlations
        ),
        ("pairs", str(result.pairs)),
        ("out of vocabulary", str(result.oov), f"{result.oov_ratio:.1f} %"),
        *_skipped(result),
    ]


def _skipped(result: AnalogiesResult | WordPairsResult) -> list[tuple[str, ...]]:
    """A row for the lines of another form, if there were any; the log names the first."""
    return [("lines skipped", str(len(result.skipped_lines)))] if result.skipped_lines else []
