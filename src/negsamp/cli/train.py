"""``negsamp train``: `Word2Vec.fit`, or `Word2Vec.resume`, and `Word2Vec.save`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from negsamp.cli.options import add_corpus, add_parameters, model_of
from negsamp.cli.usage import Terminated, UsageError, default_of
from negsamp.errors import TrainingInterrupted
from negsamp.files.model_folder import check_target
from negsamp.training.checkpoints import has_checkpoints, read_latest
from negsamp.training.limits import checked_limits
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.word2vec.model import Word2Vec

__all__ = ["add"]

OPTIONS = {"validation": "validation", "patience": "patience", "max_seconds": "max-time"}


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        allow_abbrev=False,
        help="learn vectors from a text and save them",
        description="Learn word vectors from a text and save them as a folder of plain files.",
    )
    add_corpus(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        type=Path,
        required=True,
        help="folder that the model goes to; an older model there is replaced",
    )
    add_parameters(parser)
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
        default=default_of(Word2Vec.fit, "checkpoint_every"),
        help="time from one checkpoint to the next (default: %(default)s)",
    )
    parser.add_argument(
        "--validation",
        type=float,
        metavar="SHARE",
        help="hold out a share of the sentences and take its loss after each epoch",
    )
    parser.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="end when the held-out loss has not been lower for N epochs, and keep the best epoch",
    )
    parser.add_argument(
        "--max-time",
        metavar="TIME",
        help="longest time of training, as 90s, 10min or 1h30m; the learning rate falls with it",
    )
    parser.add_argument(
        "--init-vectors",
        metavar="FOLDER",
        help="begin with the vectors of the model that was saved there",
    )
    parser.add_argument(
        "--frozen",
        action="store_true",
        help="leave the vectors of --init-vectors as they are and train the others around them",
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


def _train(arguments: argparse.Namespace) -> None:
    model = model_of(arguments)
    if arguments.resume and arguments.checkpoint is None:
        raise UsageError("argument --resume: it needs --checkpoint FOLDER")
    _check_output(arguments.output)
    if arguments.frozen and arguments.init_vectors is None:
        raise UsageError("argument --frozen: it needs --init-vectors FOLDER")
    every = arguments.checkpoint_every
    with _ended_by_sigterm():
        try:
            if arguments.resume and has_checkpoints(arguments.checkpoint):
                _check_resumes(model, arguments)
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
                    init_vectors=_vectors_of(arguments.init_vectors),
                    frozen=arguments.frozen,
                    validation=arguments.validation,
                    patience=arguments.patience,
                    max_time=arguments.max_time,
                )
        except TrainingInterrupted as stopped:
            _save_what_was_learned(model, arguments, stopped)
            raise
    model.save(arguments.output)
    if arguments.progress is not False:
        seconds, epochs = model.fit_seconds_["train"], len(model.loss_history_)
        words_per_second = model.raw_words_ * epochs / seconds
        # of an epoch that time cut short, nobody knows how many words were trained
        speed = "" if arguments.max_time else f" {words_per_second:,.0f} words/s,"
        held_out = "".join(f", held-out {loss:.3f}" for loss in model.validation_loss_history_[-1:])
        print(
            f"{arguments.output}: {len(model.wv):,} words, {model.raw_words_:,} tokens, "
            f"{seconds:.1f} s,{speed} loss {model.loss_history_[-1]:.3f}{held_out}"
        )


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """What ends a program politely does what Ctrl-C does."""

    def end(number: int, frame: Any) -> NoReturn:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _vectors_of(folder: str | None) -> KeyedVectors | None:
    return None if folder is None else Word2Vec.load(folder).wv


def _check_resumes(model: Word2Vec, arguments: argparse.Namespace) -> None:
    """Refuse options that are not those that the run began with."""
    checkpoint = arguments.checkpoint
    latest = read_latest(checkpoint)
    wanted = checked_limits(arguments.validation, arguments.patience, arguments.max_time).record()
    for name, value in wanted.items():
        if value is not None and value != latest.limits.record()[name]:
            raise UsageError(
                f"argument --{OPTIONS[name]}: it is another than the run in {checkpoint!r} began "
                "with; leave it out to go on"
            )
    saved, defaults = latest.about["parameters"], Word2Vec().get_params()
    for name, value in model.get_params().items():
        may_change = name in ("workers", "progress", "noise")
        if not may_change and value != defaults[name] and value != saved.get(name):
            raise UsageError(
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
        raise UsageError(
            f"output is {str(folder)!r}; no folder can be made in {str(above)!r}: {error.strerror}"
        ) from error
