"""Checkpoints of a run: folders ``checkpoint-000001`` and so on, of which the last two are kept.

Each is a saved model with the optimizer's sums of squares and the progress of the run. It appears
complete or not at all, so that the last one is whole, whatever stops a run.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import check_path, glimpse, is_real
from negsamp.core.rare_words import RareWords
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.text_files import TextFiles
from negsamp.errors import CheckpointError, SavedModelError
from negsamp.files.model_folder import ModelFiles, read_model, write_model
from negsamp.training.arrays import LEARNED, SAVED
from negsamp.training.limits import NO_LIMITS, Limits, read_limits
from negsamp.training.past import NO_SECONDS, Before
from negsamp.training.progress import Progress, losses_of_json, losses_to_json
from negsamp.training.settings import Settings
from negsamp.version import __version__

__all__ = [
    "Checkpoints",
    "Saved",
    "check_options",
    "check_unused",
    "has_checkpoints",
    "model_record",
    "read_latest",
]

logger = logging.getLogger(__name__)

NAME = re.compile(r"checkpoint-(\d{6,12})")
KEPT = 2


class Saved(NamedTuple):
    """What a checkpoint holds: what `read_model` reads, and where the run was."""

    path: Path
    model: ModelFiles
    progress: Progress
    limits: Limits = NO_LIMITS

    @property
    def vocabulary(self) -> Vocabulary:
        """The words with their counts."""
        m = self.model
        return Vocabulary(m.words, m.counts, m.about["raw_words"], RareWords(m.rare))

    @property
    def calls(self) -> int:
        """Calls of `fit` and `partial_fit` until this run, and this one."""
        return int(self.model.about.get("calls", 1))

    @property
    def rates(self) -> tuple[float, float] | None:
        """The first and last learning rate, if they are not those of the parameters."""
        return tuple(self.model.about["rates"]) if "rates" in self.model.about else None

    @property
    def before(self) -> Before:
        """What the calls before this run came to."""
        about, p = self.model.about, self.progress
        losses = losses_of_json(about["loss_history"])
        held_out = about.get("validation_loss_history", [])
        return Before(
            losses[: len(losses) - len(p.losses)],
            held_out[: len(held_out) - len(p.validation_losses)],
            about.get("seconds_before", NO_SECONDS),
        )

    def is_finished(self, epochs: int) -> bool:
        """Whether the run has come to its end."""
        return self.progress.finished or self.progress.epoch == epochs

    def paths(self, lacking: str) -> str | list[Path]:
        """The paths of the files that were trained, as `text_files` takes them.

        A ValueError with the message `lacking` says that it was no file.
        """
        path = self.model.about["corpus"]["path"]
        if path is None:
            raise ValueError(lacking)
        return [*map(Path, path)] if isinstance(path, list) else path


class Checkpoints:
    """The checkpoints of one run, in a folder that is made if it does not exist.

    One is due so many minutes after the last; with 0 minutes, after every update.
    """

    def __init__(
        self,
        folder: Path,
        minutes: float,
        vocabulary: Vocabulary,
        contexts: Vocabulary | None = None,
    ) -> None:
        self.folder = folder
        self._seconds = 60 * minutes
        self._vocabularies = vocabulary, contexts
        self._written = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        self._numbers = _numbers(folder)
        for unfinished in folder.glob(".checkpoint-*"):  # of a run that was killed
            shutil.rmtree(unfinished, ignore_errors=True)

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next one."""
        return time.monotonic() - self._written >= self._seconds

    def write(self, files: dict[str, np.ndarray], record: dict[str, Any]) -> None:
        """Write the next one, and remove all but the last two; after an OSError these are there."""
        number = max(self._numbers, default=0) + 1
        try:
            v, contexts = self._vocabularies
            rare = v.rare.counts
            rare_words = [*rare], [*rare.values()]
            others = None if contexts is None else (contexts.words, contexts.counts)
            write_model(self._path(number), v.words, v.counts, files, record, rare_words, others)
        finally:
            self._written = time.monotonic()
        self._numbers.append(number)
        for old in self._numbers[:-KEPT]:
            shutil.rmtree(self._path(old), ignore_errors=True)
        self._numbers = self._numbers[-KEPT:]

    def try_to_write(self, files: dict[str, np.ndarray], record: dict[str, Any]) -> bool:
        """Write the next one if possible; a full disk is logged and does not end the run."""
        try:
            self.write(files, record)
        except OSError as error:
            logger.warning("no checkpoint in %s: %s; the last one stays", self.folder, error)
            return False
        return True

    def _path(self, number: int) -> Path:
        return self.folder / f"checkpoint-{number:06}"


def model_record(
    settings: Settings,
    raw_words: int,
    losses: Sequence[float],
    validation_losses: Sequence[float],
    fit_seconds: dict[str, float],
    calls: int,
) -> dict[str, Any]:
    """What ``model.json`` says of a model."""
    held_out = {"validation_loss_history": [*validation_losses]} if validation_losses else {}
    return {
        "negsamp": __version__,
        "parameters": settings.record(),
        "raw_words": raw_words,
        "loss_history": losses_to_json(losses),
        **held_out,
        "fit_seconds": fit_seconds,
        "calls": calls,
    }


def check_options(
    files: TextFiles | None,
    cache: str | os.PathLike[str] | None,
    checkpoint: Path | None,
    checkpoint_every: float,
) -> None:
    """Check where a run on these files, None if it is on none, may write, and how often."""
    if cache is not None:
        if not isinstance(cache, (str, os.PathLike)):
            raise TypeError(f"cache is {glimpse(cache)}; it must name a folder, or be None")
        check_path(cache, "cache")
        if Path(cache).exists() and not Path(cache).is_dir():
            raise FileExistsError(f"cache is {str(cache)!r}, a file; it must be a folder")
        if files is None:
            raise ValueError(
                f"cache is {str(cache)!r}, but the corpus is no file: nothing would tell "
                "whether it is the same next time"
            )
        files.check_apart("cache", cache)
    if files is not None and checkpoint is not None:
        files.check_apart("checkpoint", checkpoint)
    if not is_real(checkpoint_every) or not 0 <= checkpoint_every < float("inf"):
        raise ValueError(
            f"checkpoint_every is {glimpse(checkpoint_every)}; it must be minutes, 0 or more"
        )


def check_unused(folder: str | os.PathLike[str], way_on: str = "Word2Vec.resume") -> Path:
    """The path of a folder; a FileExistsError if it is a file or holds checkpoints already."""
    check_path(folder, "checkpoint")
    path = Path(folder).resolve()
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"checkpoint names {str(path)!r}, which is a file, not a folder")
    if has_checkpoints(path):
        raise FileExistsError(
            f"checkpoint names {str(path)!r}, which holds checkpoints of an earlier run: go on "
            f"with {way_on}, or choose another folder"
        )
    return path


def has_checkpoints(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder exists and holds checkpoints, whole or not."""
    return Path(folder).is_dir() and bool(_numbers(Path(folder)))


def read_latest(folder: str | os.PathLike[str]) -> Saved:
    """Read the newest checkpoint that is whole; a CheckpointError if there is none."""
    check_path(folder, "checkpoint")
    path = Path(folder)
    if not path.is_dir():
        raise FileNotFoundError(f"{str(path)!r} is not a folder, so it holds no checkpoint")
    faults = []
    for number in reversed(_numbers(path)):
        try:
            return _read(path / f"checkpoint-{number:06}")
        except (SavedModelError, CheckpointError) as error:
            faults.append(str(error))
    if faults:
        raise CheckpointError(f"{str(path)!r} holds no whole checkpoint: {'; '.join(faults)}")
    raise CheckpointError(
        f"{str(path)!r} holds no checkpoint: the run had not come so far, so start it anew"
    )


def _read(path: Path) -> Saved:
    model = read_model(path)
    files, about = model.arrays, model.about
    try:
        progress = _checked_progress(about["progress"])
        path_before, seconds = about["corpus"]["path"], about["fit_seconds"]
        paths = path_before if isinstance(path_before, list) else [path_before]
        is_named = path_before is None or all(isinstance(path, str) for path in paths)
        if not is_named or type(about["entropy"]) is not int:
            raise ValueError("its corpus or entropy are of another type")
        before = about.get("seconds_before", NO_SECONDS)
        if not all(np.isfinite(s[name]) for s in (seconds, before) for name in NO_SECONDS):
            raise ValueError("its seconds are no numbers")
        first, last = about.get("rates", (1, 0))
        if not is_real(first) or not is_real(last) or not 0 <= last <= first:
            raise ValueError(f"rates are {glimpse(about['rates'])}")
        needed = {"squares_in", "squares_out"} | ({"squares_log_z"} if "log_z" in files else set())
        if lacking := sorted(needed - set(files)):
            raise ValueError(f"it lacks the file {lacking[0]}.npy")
        limits = read_limits(about)
        best = {f"best_{SAVED[name]['file']}" for name in LEARNED if SAVED[name]["file"] in files}
        if best & set(files) != (best if limits.patience is not None else set()):
            raise ValueError("it lacks the vectors of a best epoch, or should have none")
        if len(progress.validation_losses) != (limits.validation is not None) * progress.epoch:
            raise ValueError(f"{len(progress.validation_losses)} held-out losses")
        if "frozen" in files and files["frozen"].max() > 1:
            raise ValueError("'frozen.npy' holds other numbers than 0 and 1")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{str(path)!r} is no checkpoint: {error!r:.200}") from error
    return Saved(path, model, progress, limits)


def _checked_progress(record: dict[str, Any]) -> Progress:
    progress = Progress(**record)
    progress.losses = losses_of_json(progress.losses)
    for name in ("epoch", "run", "block", "alike"):
        if type(value := getattr(progress, name)) is not int or value < 0:
            raise ValueError(f"{name} is {glimpse(value)}")
    if progress.alike > progress.epoch:
        raise ValueError(f"alike is {progress.alike} after {progress.epoch} epochs")
    sums = progress.loss, progress.pairs, *progress.validation_losses
    if not np.isfinite(sums).all() or np.isinf(progress.losses).any():
        raise ValueError("a loss is not finite")
    if type(progress.finished) is not bool:
        raise ValueError(f"finished is {glimpse(progress.finished)}")
    if len(progress.losses) != progress.epoch:
        raise ValueError(f"{progress.epoch} epochs with {len(progress.losses)} losses")
    return progress


def _numbers(folder: Path) -> list[int]:
    """Numbers of the checkpoints in a folder, rising."""
    matches = (NAME.fullmatch(entry.name) for entry in folder.iterdir() if entry.is_dir())
    return sorted(int(match[1]) for match in matches if match)
