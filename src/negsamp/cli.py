"""The command line: arguments only.

``negsamp train`` is `Word2Vec.fit` and `Word2Vec.save`, ``negsamp similar`` is
`KeyedVectors.most_similar`. Names, types and defaults of the options are read from there; only the
help is written here. Whatever goes wrong is one line on stderr.
"""

from __future__ import annotations

import argparse
import inspect
import io
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, get_args, get_type_hints

import negsamp
from negsamp.checkpoint import has_checkpoints, read_latest
from negsamp.fitting import TrainingInterrupted
from negsamp.objectives import OBJECTIVES
from negsamp.parameters import NORMALIZERS
from negsamp.state import TrainingDivergedError
from negsamp.storage import check_target
from negsamp.team import TeamError
from negsamp.updates import OPTIMIZERS
from negsamp.vectors import KeyedVectors, UnknownWordError
from negsamp.word2vec import Word2Vec

__all__ = ["main"]

# What each parameter of Word2Vec is; a default of None is put in words, others are added.
HELP = {
    "vector_size": "dimensions of the vectors",
    "window": "largest distance between a center and a context, in tokens",
    "min_count": "leave out words seen less often",
    "sample": "subsampling threshold of frequent words, a share of all tokens; 0 keeps every token",
    "negative": "noise words a pair",
    "ns_exponent": "noise words are drawn in proportion to their count to this power",
    "objective": "what is minimised",
    "optimizer": "how the vectors follow the gradient",
    "alpha": "learning rate per pair at the first token",
    "min_alpha": "learning rate per pair at the last token",
    "epochs": "passes over the corpus",
    "workers": "processes (default: one a core)",
    "seed": "where random numbers start; the same seed gives the same bytes (default: a new one)",
    "max_vocab_size": "bound on the words counted at one time; rare ones go first (default: none)",
    "batch_size": "centers in one update (default: chosen for the corpus)",
    "nce_normalizer": "normaliser of nce: one number, one a center, or fixed (default: one number)",
}
CHOICES = {
    "objective": tuple(OBJECTIVES),
    "optimizer": tuple(OPTIMIZERS),
    "nce_normalizer": NORMALIZERS,
}
METAVARS = {int: "N", float: "X"}


class _UsageError(Exception):
    """Arguments that argparse or a check refuses."""


class _Terminated(KeyboardInterrupt):
    """SIGTERM came."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse would print the usage, eight lines for `train`, above the one that matters
        raise _UsageError(f"{message}; see {self.prog} --help")


# What the user can put right (status 2), and what the machine or the numbers did (status 1).
# ValueError covers bad parameters, CorpusError and SavedModelError.
WRONG_INPUT = (
    _UsageError,
    ValueError,
    UnknownWordError,
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    PermissionError,
)
FAILURES = (OSError, MemoryError, TeamError, TrainingDivergedError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; None takes those of the process.

    Returns
    -------
    int
        The exit status: 0; 1 for a failure such as a full disk; 2 for arguments, files or words
        that are wrong; 130 after Ctrl-C; 141 where the reader of the output has gone; 143 after
        SIGTERM.

    Raises
    ------
    SystemExit
        With status 0, after ``--help`` and ``--version``.
    """
    try:
        try:
            _run(argv)
        finally:
            _flush_output()
    except KeyboardInterrupt as error:
        if not isinstance(error, TrainingInterrupted):
            print("negsamp: interrupted", file=sys.stderr)
        is_terminated = isinstance(error, _Terminated) or isinstance(error.__cause__, _Terminated)
        return 143 if is_terminated else 130
    except BrokenPipeError:
        return 141
    except WRONG_INPUT as error:
        return _report(error, 2)
    except FAILURES as error:
        return _report(error, 1)
    return 0


def _run(argv: Sequence[str] | None) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a word that the terminal's encoding lacks must not end the output
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    arguments.run(arguments)


def _flush_output() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        # what is still in the buffer goes nowhere, or Python would try again at exit and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _report(error: BaseException, status: int) -> int:
    message = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        message = ": ".join([error.strerror, *([repr(error.filename)] if error.filename else [])])
    print("negsamp: error:", " ".join(message.splitlines()), file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="negsamp",
        description="Skip-gram word vectors with negative sampling.",
        epilog="negsamp COMMAND --help shows the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"negsamp {negsamp.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_train(commands)
    _add_similar(commands)
    return parser


def _add_train(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        allow_abbrev=False,
        help="learn vectors from a text and save them",
        description="Learn word vectors from a text and save them as a folder of plain files.",
    )
    parser.add_argument(
        "corpus",
        metavar="CORPUS",
        help="UTF-8 text, plain or gzip: a sentence a line, white space between tokens",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        type=Path,
        required=True,
        help="folder that the model goes to; an older model there is replaced",
    )
    types = get_type_hints(Word2Vec.__init__)
    defaults = Word2Vec().get_params()
    for name, text in HELP.items():
        kind = (get_args(types[name]) or (types[name],))[0]  # `int | None` is read as int
        parser.add_argument(
            "--" + name.replace("_", "-"),
            type=kind,
            choices=CHOICES.get(name),
            metavar=METAVARS.get(kind),
            default=defaults[name],
            help=text if defaults[name] is None else f"{text} (default: %(default)s)",
        )
    parser.add_argument(
        "--no-shrink-windows",
        dest="shrink_windows",
        action="store_false",
        help="weigh all contexts of a window alike; by default the nearer weigh more",
    )
    parser.add_argument(
        "--errors",
        metavar="HOW",
        default=_default(Word2Vec.fit, "errors"),
        help="bytes that are not UTF-8: strict, ignore or replace (default: %(default)s)",
    )
    parser.add_argument(
        "--cache",
        metavar="FOLDER",
        help="keep the text's ids there, so that the next run on the same text begins at once",
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="write the run down there, so that it can go on after whatever stopped it",
    )
    parser.add_argument(
        "--checkpoint-every",
        type=float,
        metavar="MINUTES",
        default=_default(Word2Vec.fit, "checkpoint_every"),
        help="time from one checkpoint to the next (default: %(default)s)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in the --checkpoint folder; without one there, begin",
    )
    parser.add_argument(
        "--quiet",
        dest="progress",
        action="store_const",
        const=False,
        help="no progress bar, no summary",
    )
    parser.set_defaults(run=_train)


def _add_similar(commands: Any) -> None:
    parser = commands.add_parser(
        "similar",
        allow_abbrev=False,
        help="show the words nearest to a word",
        description="Show the words whose vectors are nearest to those of the given words, with "
        "their cosines. Several words are several queries, each under its own heading.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="folder of a saved model")
    parser.add_argument("words", metavar="WORD", nargs="+", help="word to look for")
    parser.add_argument(
        "--topn",
        type=int,
        metavar="N",
        default=_default(KeyedVectors.most_similar, "topn"),
        help="answers a query (default: %(default)s)",
    )
    parser.add_argument(
        "--together",
        action="store_true",
        help="ask one query, the mean of all the words",
    )
    parser.add_argument(
        "--negative",
        metavar="WORD",
        nargs="+",
        default=[],
        help="words to subtract, which makes one query of all: FOLDER king woman --negative man",
    )
    parser.set_defaults(run=_similar)


def _default(function: Callable[..., Any], name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def _train(arguments: argparse.Namespace) -> None:
    names = [name for name in Word2Vec().get_params() if name != "noise"]
    model = Word2Vec(**{name: getattr(arguments, name) for name in names})
    if arguments.resume and arguments.checkpoint is None:
        raise _UsageError("argument --resume: it needs --checkpoint FOLDER")
    _check_output(arguments.output)
    every = arguments.checkpoint_every
    with _ended_by_sigterm():
        try:
            if arguments.resume and has_checkpoints(arguments.checkpoint):
                _check_resumes(model, arguments.checkpoint)
                model = Word2Vec.resume(
                    arguments.checkpoint,
                    arguments.corpus,
                    workers=model.workers,
                    progress=model.progress,
                    checkpoint_every=every,
                )
            else:
                model.fit(
                    arguments.corpus,
                    errors=arguments.errors,
                    cache=arguments.cache,
                    checkpoint=arguments.checkpoint,
                    checkpoint_every=every,
                )
        except TrainingInterrupted as stopped:
            _save_what_was_learned(model, arguments, stopped)
            raise
    model.save(arguments.output)
    if arguments.progress is not False:
        seconds = model.fit_seconds_["train"]
        words_per_second = model.raw_words_ * model.epochs / seconds
        print(
            f"{arguments.output}: {len(model.wv):,} words, {model.raw_words_:,} tokens, "
            f"{seconds:.1f} s, {words_per_second:,.0f} words/s, loss {model.loss_history_[-1]:.3f}"
        )


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """What ends a program politely does what Ctrl-C does."""

    def end(number: int, frame: Any) -> NoReturn:
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_resumes(model: Word2Vec, checkpoint: str) -> None:
    """Refuse options that are not those that the run began with."""
    saved, defaults = read_latest(checkpoint).about["parameters"], Word2Vec().get_params()
    for name, value in model.get_params().items():
        may_change = name in ("workers", "progress", "noise")
        if not may_change and value != defaults[name] and value != saved.get(name):
            raise _UsageError(
                f"argument --{name.replace('_', '-')}: it is {value}, but the run in "
                f"{checkpoint!r} began with {saved.get(name)}; leave it out to go on"
            )


def _save_what_was_learned(
    model: Word2Vec, arguments: argparse.Namespace, stopped: TrainingInterrupted
) -> None:
    """Without checkpoints, the vectors so far are all there is; an older model stays."""
    if arguments.checkpoint is not None:
        goes_on = "the same command with --resume goes on from the last checkpoint"
    else:
        folder = arguments.output
        if folder.exists():
            folder = folder.with_name(folder.name + "-interrupted")
        model.save(folder)
        goes_on = f"the vectors learned until then are in {folder}"
    print(f"negsamp: training was stopped {stopped.place}; {goes_on}", file=sys.stderr)


def _check_output(folder: Path) -> None:
    """Refuse, before the work is done, a folder that cannot be written after it."""
    above = next(parent for parent in check_target(folder).parents if parent.exists())
    try:
        # os.access knows nothing of read-only file systems and lets root pass
        tempfile.TemporaryDirectory(dir=above).cleanup()
    except OSError as error:
        raise _UsageError(
            f"output is {str(folder)!r}; no folder can be made in {str(above)!r}: {error.strerror}"
        ) from error


def _similar(arguments: argparse.Namespace) -> None:
    words, negative = arguments.words, arguments.negative
    kv = Word2Vec.load(arguments.folder).wv
    queries = [words] if arguments.together or negative else [[word] for word in words]
    answers = [kv.most_similar(query, negative, arguments.topn) for query in queries]
    for number, (query, found) in enumerate(zip(queries, answers, strict=True)):
        if len(queries) > 1:
            print("\n" * (number > 0) + query[0])
        # the number first: it lines up in any script, of whatever width
        for word, cosine in found:
            print(f"{cosine:7.4f}  {word}")
