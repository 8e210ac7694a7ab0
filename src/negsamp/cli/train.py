"""``negsamp train``: `Word2Vec.fit`, `fit_pairs` or `resume`, and `Word2Vec.save`."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from negsamp.cli import options
from negsamp.cli.usage import (
    Terminated,
    UsageError,
    check_can_make,
    check_output,
    is_one_of,
    without_suffix,
)
from negsamp.core.sampling import keep_probabilities
from negsamp.errors import TrainingInterrupted
from negsamp.files.folder import check_is_target
from negsamp.files.model_folder import MODEL
from negsamp.training.checkpoints import has_checkpoints, read_latest
from negsamp.training.limits import checked_limits
from negsamp.training.progress import explain_empty_epochs
from negsamp.vectors.formats import SAVERS, open_vectors, save_vectors, saver_for
from negsamp.vectors.formats.reading import suffix_of
from negsamp.word2vec.model import Word2Vec

DESCRIPTION = "Learn word vectors from a text, or from pairs, and save them as a folder of files."
# Parameters in which a run that goes on may differ from its beginning.
MAY_CHANGE = ("workers", "progress", "noise")
EMPTY_EPOCHS = "(nothing was trained|.* epochs had no pair)"  # a warning of `fit`
FIT_OPTIONS = {
    "cache": ("FOLDER", "keep the text as ids there; the next run on this text begins at once"),
    "checkpoint": ("FOLDER", "save the run there now and then, so that it can be resumed"),
    "checkpoint_every": ("MINUTES", "time from one checkpoint to the next"),
    "validation": ("SHARE", "hold out a share of the sentences and compute its loss each epoch"),
    "patience": ("N", "end after N epochs without a lower held-out loss; keep the best epoch"),
}
PAIR_OPTIONS = ("delimiter", "header")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_corpus(parser)
    text = (
        "folder to save the model in, where an older model is replaced; or a file that ends in "
        ".txt, .vec, .bin, .glove, .npz or .safetensors, for the vectors alone"
    )
    options.add_output(parser, "FOLDER", text, Path)
    text = "replace the file of --output if there is one"
    parser.add_argument("--force", action="store_true", help=text)
    text = (
        "CORPUS holds pairs: on each line a center, a context and perhaps a weight, between tabs, "
        "commas or white space; options of windows and subsampling mean nothing"
    )
    parser.add_argument("--pairs", action="store_true", help=text)
    text = "the character between the columns of --pairs (default: found out)"
    parser.add_argument("--delimiter", metavar="CHAR", help=text)
    text = "leave out the first line of each file of --pairs"
    parser.add_argument("--header", action="store_true", help=text)
    options.add_parameters(parser)
    for name, (metavar, text) in FIT_OPTIONS.items():
        options.add_option(parser, Word2Vec.fit, name, text, metavar=metavar)
    text = "longest time of training, as 90s, 10min or 1h30m; the learning rate falls with it"
    parser.add_argument("--max-time", metavar="TIME", help=text)
    text = "begin with the vectors of a saved model, or of a file that negsamp convert can read"
    parser.add_argument("--init-vectors", metavar="FOLDER", help=text)
    text = "leave the vectors of --init-vectors as they are and train the others around them"
    parser.add_argument("--frozen", action="store_true", help=text)
    text = "go on with the run in the --checkpoint folder; if it holds none, begin a new one"
    parser.add_argument("--resume", action="store_true", help=text)
    text = "show no progress bar and no summary"
    parser.add_argument("--quiet", dest="progress", action="store_const", const=False, help=text)


def run(arguments: argparse.Namespace) -> None:
    model = options.model_of(arguments)
    checkpoint = arguments.checkpoint
    if arguments.resume and checkpoint is None:
        raise UsageError("argument --resume: it needs --checkpoint FOLDER")
    save = _save_for(arguments)
    if arguments.frozen and arguments.init_vectors is None:
        raise UsageError("argument --frozen: it needs --init-vectors FOLDER")
    corpus = options.corpus_of(arguments)
    _check_pairs(arguments)
    with _ended_by_sigterm(), warnings.catch_warnings():
        try:
            warnings.filterwarnings("ignore", EMPTY_EPOCHS, RuntimeWarning)  # told in our own words
            if arguments.resume and has_checkpoints(checkpoint):
                _check_resumes(model, arguments)
                model = Word2Vec.resume(
                    checkpoint,
                    corpus,
                    workers=model.workers,
                    progress=model.progress,
                    checkpoint_every=arguments.checkpoint_every,
                )
            else:
                begin, vectors = arguments.init_vectors, None
                if begin is not None:
                    vectors = open_vectors(begin, errors=arguments.errors)
                names = [*FIT_OPTIONS, *options.READING, "frozen", "max_time"]
                fit: Any = model.fit
                if arguments.pairs:
                    fit = model.fit_pairs
                    names = [name for name in names if name != "cache"] + [*PAIR_OPTIONS]
                fit(corpus, init_vectors=vectors, **options.values_of(arguments, names))
        except TrainingInterrupted as stopped:
            _save_what_was_learned(model, arguments, stopped, save)
            raise
    _check_trained(model)
    save(model, arguments.output)
    if arguments.progress is not False:
        _print_summary(model, arguments)


def _check_pairs(arguments: argparse.Namespace) -> None:
    """Refuse options of text with pairs, and those of pairs without."""
    if arguments.delimiter == r"\t":  # as it is typed in a shell
        arguments.delimiter = "\t"
    if arguments.pairs and arguments.cache is not None:
        raise UsageError("argument --cache: it keeps a text, and --pairs has none; leave it out")
    for name in PAIR_OPTIONS:
        if not arguments.pairs and getattr(arguments, name):
            raise UsageError(f"argument --{name}: it needs --pairs")


def _check_trained(model: Word2Vec) -> None:
    """Refuse a model that nothing was trained of, and warn of epochs in which nothing was."""
    losses, counts = model.loss_history_, model.vocabulary_.counts
    keep = keep_probabilities(counts, model.sample)
    message = explain_empty_epochs(losses, counts, keep, model.sample)
    if message is None:
        return
    message = message.replace(" sample=", " --sample ")
    if np.isnan(losses).all():
        raise UsageError(message)
    print(f"negsamp: warning: {message}", file=sys.stderr)


def _print_summary(model: Word2Vec, arguments: argparse.Namespace) -> None:
    seconds, losses = model.fit_seconds_["train"], model.loss_history_
    told = f"{len(model.wv):,} words, {model.raw_words_:,} tokens, {seconds:.1f} s,"
    if arguments.pairs:
        told = f"{len(model.wv):,} centers, {len(model.context_wv):,} contexts, {seconds:.1f} s,"
    elif not arguments.max_time:
        # of an epoch that time cut short, nobody knows how many words were trained
        told += f" {model.raw_words_ * len(losses) / seconds:,.0f} words/s,"
    held_out = "".join(f", held-out {loss:.3f}" for loss in model.validation_loss_history_[-1:])
    of_centers = " of the centers" * arguments.pairs
    alone = f"; the vectors{of_centers} alone, without counts" * _is_file(arguments.output)
    print(f"{arguments.output}: {told} loss {losses[-1]:.3f}{held_out}{alone}")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """What ends a program politely does what Ctrl-C does."""

    def end(number: int, frame: Any) -> NoReturn:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is told of signals
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_resumes(model: Word2Vec, arguments: argparse.Namespace) -> None:
    """Refuse options that are not those that the run began with."""
    latest = read_latest(arguments.checkpoint)
    limits = checked_limits(arguments.validation, arguments.patience, arguments.max_time)
    began = {**latest.model.about["parameters"], **latest.limits.record()}
    defaults = Word2Vec().get_params()
    for name, value in {**model.get_params(), **limits.record()}.items():
        if name in MAY_CHANGE or value in (defaults.get(name), began.get(name)):
            continue
        option = "max-time" if name == "max_seconds" else name.replace("_", "-")
        raise UsageError(
            f"argument --{option}: it is {value}, but the run in {arguments.checkpoint!r} began "
            f"with {began.get(name)}; leave it out to go on"
        )


def _save_what_was_learned(
    model: Word2Vec,
    arguments: argparse.Namespace,
    stopped: TrainingInterrupted,
    save: Callable[[Word2Vec, Path], None],
) -> None:
    """Without checkpoints, the vectors so far are all there is; an older model stays."""
    if arguments.checkpoint is not None:
        goes_on = "the same command with --resume goes on from the last checkpoint"
    else:
        folder = arguments.output
        if folder.exists():
            name = folder.name
            is_file = _is_file(folder)
            folder = folder.with_name(f"interrupted-{name}" if is_file else f"{name}-interrupted")
        save(model, folder)
        goes_on = f"the vectors learned until then are in {folder}"
    print(f"negsamp: training was stopped {stopped.place}; {goes_on}", file=sys.stderr)


def _is_file(output: Path) -> bool:
    """Whether a name asks for a file of vectors, not for a model's folder."""
    suffix, _ = suffix_of(output)
    return suffix in SAVERS


def _save_for(arguments: argparse.Namespace) -> Callable[[Word2Vec, Path], None]:
    """Return what saves a model as the output's name says.

    An output that cannot be written after the work is done is refused before it.
    """
    output = arguments.output
    if _is_file(output):
        saver_for(output)
        check_output(output, arguments.force, is_text=False)
        corpora = arguments.corpus if isinstance(arguments.corpus, list) else [arguments.corpus]
        if is_one_of(output, corpora):
            raise UsageError(f"argument --output: {str(output)!r} is the corpus itself")
    elif (name := without_suffix(output)) is not None:
        folder, text = (shlex.quote(str(output.with_name(n))) for n in (name, f"{name}.txt"))
        raise UsageError(
            f"argument --output: {str(output)!r} has the suffix of a file of another kind; write "
            f"-o {folder} for a folder with the whole model, or -o {text} for the vectors as text "
            "(.vec, .bin, .glove, .npz and .safetensors are known too)"
        )
    else:
        check_can_make(check_is_target(output, MODEL))
    if _is_file(output):
        return lambda model, path: save_vectors(model.wv, path)
    return lambda model, path: model.save(path)
