"""A training run, from a corpus to the last update: what `Word2Vec.fit` and `resume` do."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache as cached
from pathlib import Path
from typing import Any

import numpy as np

from negsamp.checks import check_path, glimpse, is_real
from negsamp.core.sampling import (
    AliasTable,
    keep_probabilities,
    noise_weights,
    subsampling_threshold,
)
from negsamp.corpus.stream import spill_folder
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.errors import CheckpointError, TrainingInterrupted
from negsamp.training.arrays import Arrays
from negsamp.training.checkpoints import Checkpoints, Saved, model_record
from negsamp.training.epochs import Job, scratch_layout, train_epochs
from negsamp.training.initial_vectors import WarmStart, initial_vectors
from negsamp.training.interrupts import Interrupts
from negsamp.training.limits import NO_LIMITS, Limits
from negsamp.training.past import NO_SECONDS, NOTHING, Past, entropy_of, later_rate
from negsamp.training.progress import (
    Observer,
    Progress,
    explain_empty_epochs,
    losses_to_json,
    progress_bar,
    show_loss,
)
from negsamp.training.reading import Encoded, Text, read_text
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings
from negsamp.training.validation import hold_out
from negsamp.training.workers import Team, can_start_children, run_team, start_children

__all__ = ["Run"]

logger = logging.getLogger(__name__)

# Bytes of a text that is trained for longer than worker processes take to start.
LARGE_FILE = 8_000_000
LONGEST_HISTORY = 100_000  # epochs, of which a stream has no end
# Subsampling keeps about six tokens in ten of ordinary text at the default, and a quarter of a text
# of thirty words that are alike.
FEW_SAMPLED = 0.25


class Run(Observer):
    """A training run, which owns its worker processes, temporary files, checkpoints, clock and bar.

    It is a context: what it owns ends with it. The corpus, which may be `Encoded`, is read when the
    run is made, after its options are checked. `past` is what earlier calls learned, `rates` are
    the first and the last learning rate where they are not those of the settings, and `saved` is a
    checkpoint to continue from; the other arguments are those of `Word2Vec.fit`.
    """

    arrays: Arrays | None

    def __init__(
        self,
        settings: Settings,
        corpus: Any,
        *,
        errors: str = "strict",
        encoding: str = "utf-8",
        cache: str | os.PathLike[str] | None = None,
        checkpoint: Path | None = None,
        checkpoint_every: float = 10.0,
        start: WarmStart | None = None,
        limits: Limits = NO_LIMITS,
        past: Past | None = None,
        rates: tuple[float, float] | None = None,
        saved: Saved | None = None,
    ) -> None:
        if checkpoint:
            settings.record()  # refuses an objective that a checkpoint cannot name
        files = None if isinstance(corpus, Encoded) else text_files(corpus)
        _check_options(files, cache, checkpoint, checkpoint_every)
        self.settings = settings
        with ExitStack() as owned:
            spilled = owned.enter_context(ExitStack())  # it ends after the children
            folder = cached(lambda: spilled.enter_context(spill_folder()))
            # Before reading: a large file is sure to need them
            is_large = files is not None and files.size > LARGE_FILE and can_start_children()
            children = start_children(settings.processes - 1 if is_large else 0)
            self._children = owned.enter_context(children)
            began = time.perf_counter()
            self.calls = past.calls + 1 if past else saved.calls if saved else 1
            text = read_text(
                settings,
                corpus,
                files,
                *(folder, errors, encoding, cache),
                grows=past.vocabulary if past else None,
                known=saved.vocabulary if saved and self.calls > 1 else None,
            )
            self.vocabulary = text.vocabulary
            self.corpus = {
                "path": None if files is None else files.recorded,
                "errors": errors,
                "encoding": encoding,
                "cache": None if cache is None else os.path.abspath(cache),
                "sha256": text.stream.digest() if checkpoint else None,
            }
            self.seconds = {"read": time.perf_counter() - began, "train": 0.0}
            self.progress, self._seconds_before_stop = Progress(), NO_SECONDS
            self.before = past.before if past else NOTHING
            entropy = entropy_of(settings.seed, self.calls)
            if saved:
                self._check_same_corpus(saved)
                self.progress, self.before = saved.progress, saved.before
                so_far = saved.model.about["fit_seconds"]
                self._seconds_before_stop = _less(so_far, self.before.seconds)
                entropy = saved.model.about["entropy"]
                rates = saved.rates
            elif past and rates is None:
                before, alpha = self.vocabulary.raw_words, settings.alpha
                rates = later_rate(alpha, before), later_rate(alpha, before + text.raw_words)
            self._prepare(text, entropy, limits, rates, start, past, saved)
            self._n_read = text.raw_words
            self._take_back: Callable[[], None] = lambda: None
            owned.callback(lambda: self._take_back())
            if text.growth:
                self._take_back = self.vocabulary.grow(text.growth)
            self._checkpoints: Checkpoints | None = None
            if checkpoint:
                self._checkpoints = Checkpoints(checkpoint, checkpoint_every, self.vocabulary)
            self._owned = owned.pop_all()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: Any) -> None:
        self.arrays = None  # they may map files of the folder
        self._owned.__exit__(*error)

    def _prepare(
        self,
        text: Text,
        entropy: int,
        limits: Limits,
        rates: tuple[float, float] | None,
        start: WarmStart | None,
        past: Past | None,
        saved: Saved | None,
    ) -> None:
        """Make the schedule and the arrays."""
        s, stream, counts = self.settings, text.stream, text.counts
        V, d = len(counts), s.vector_size
        self._keep = keep = keep_probabilities(counts, s.sample)
        noise = s.noise_distribution(counts)
        table = AliasTable(noise)
        extras = s.objective.extras(counts, noise, s.negative)
        of_text = text.own_counts
        is_empty = stream.longest_sentence < 2
        if is_empty:  # a later text may be, and the schedule is not used
            self.progress.finished, of_text = True, np.eye(1, V, dtype=np.int64)[0]
        held, left = None, of_text
        if limits.validation is not None and not is_empty:
            held = hold_out(stream, limits.validation, keep, entropy)
            left = of_text - held.counts
        longest = max(stream.longest_sentence, 2)
        of_all = None if text.is_first else counts
        self.schedule = Schedule.of_corpus(s, left, longest, keep, entropy, limits, of_all, rates)
        n = V - len(past.vocabulary) if past else V
        learned: dict[str, np.ndarray] = {
            "W_in": initial_vectors(n, d, entropy),
            "W_out": np.zeros((n, d), np.float32),
            "squares_in": np.zeros(n),
            "squares_out": np.zeros(n),
        }
        if (log_z := extras.log_z) is not None:
            learned["log_z"] = log_z[V - n :]
            learned["squares_log_z"] = np.zeros(len(log_z[V - n :]))
        if past:
            learned = past.extended(learned)
        rest = {name: value for name, value in vars(extras).items() if name not in learned}
        self.arrays = Arrays(
            **rest,
            **learned,
            ids=stream.ids,
            offsets=stream.offsets,
            keep=keep,
            threshold=table.threshold,
            alias=table.alias,
        )
        if held is not None:
            self.arrays.held_out = held.parts
            self.arrays.held_ids, self.arrays.held_offsets = held.stream.ids, held.stream.offsets
        if limits.patience is not None:
            for name, array in self.arrays.learned().items():
                setattr(self.arrays, f"best_{name}", np.zeros_like(array))
        if saved:
            self.arrays.take_from_files(saved.model.arrays)
        elif start is not None:
            self.arrays.frozen = start.fill(self.vocabulary.index, self.arrays.W_in)
        elif past:
            self.arrays.frozen = past.frozen_rows(V)

    def train(self, observer: Observer | None = None) -> None:
        """Train to the end; the observer finds the attributes up to date.

        In the end the arrays share no memory with other processes.
        """
        assert self.arrays is not None
        self._observer = observer or Observer()
        self._began = time.perf_counter()
        scratch = scratch_layout(self.schedule, self.arrays)
        arrays, self.arrays = self.arrays.as_dict(), None  # several workers move them
        self._words = self._n_read * self.settings.epochs
        show = self.settings.progress
        self._bar = progress_bar(self._words, " words", show, self._words_done())
        try:
            with ExitStack() as last, self._bar, Interrupts() as interrupts:
                last.callback(self.on_stop)
                before = self._seconds_before_stop["train"]
                job = Job(self.schedule, self.progress, self, interrupts, before)
                if (members := self.schedule.members) == 1:
                    arrays |= {name: np.zeros(*spec) for name, spec in scratch.items()}
                    train_epochs(Team(), arrays, job)
                else:
                    run_team(train_epochs, members, arrays, job, scratch, self._children)
        except KeyboardInterrupt as error:
            if self.arrays is None:
                raise  # nothing was learned yet
            folder = self._checkpoints.folder if self._checkpoints and self._write() else None
            raise TrainingInterrupted(self.schedule.place(self.progress), folder) from error
        self._write()

    def warn_of_few_tokens(self) -> None:
        """Log before training that subsampling leaves little of the corpus, if it does.

        Later texts, which may be small, are not looked at, here and after training.
        """
        if self.calls > 1:
            return
        counts = self.vocabulary.counts
        total, sample = int(counts.sum()), subsampling_threshold(counts, self.settings.sample)
        share = float(counts @ self._keep) / total
        if share < FEW_SAMPLED:
            logger.warning(
                "sample=%g keeps about %.1f %% of the %d tokens, as a few words make up most of "
                "the corpus; sample=0 keeps all of them",
                *(sample, 100 * share, total),
            )

    def warn_of_empty_epochs(self, stacklevel: int) -> None:
        """Warn after training of epochs that had no pair, if there were any."""
        s, counts = self.settings, self.vocabulary.counts
        message = explain_empty_epochs(self.progress.losses, counts, self._keep, s.sample)
        if message and self.calls == 1:
            warnings.warn(message, RuntimeWarning, stacklevel + 1)

    @property
    def fit_seconds(self) -> dict[str, float]:
        """Seconds of reading and training, those of earlier calls included."""
        parts = self.before.seconds, self._seconds_before_stop, self.seconds
        return {name: sum(part[name] for part in parts) for name in NO_SECONDS}

    @property
    def losses(self) -> list[float]:
        """Mean losses of the epochs, those of earlier calls included."""
        return [*self.before.losses, *self.progress.losses][-LONGEST_HISTORY:]

    @property
    def validation_losses(self) -> list[float]:
        """Mean held-out losses after the epochs, those of earlier calls included."""
        both = *self.before.validation_losses, *self.progress.validation_losses
        return [*both][-LONGEST_HISTORY:]

    def on_start(self, arrays: Arrays, progress: Progress) -> None:
        if self._checkpoints:  # at once, so that a folder that cannot be written is known
            self._checkpoints.write(self._files(arrays), self._record())
        self.arrays = arrays
        self._take_back = lambda: None
        self._observer.on_start(arrays, progress)

    def on_block(self, progress: Progress, alpha: float) -> None:
        if self._checkpoints and self._checkpoints.is_due:
            self._note_time()
            self._write()
        if progress.block == self.schedule.blocks_a_run:
            self._advance_bar()
            show_loss(self._bar, progress, alpha)
        self._observer.on_block(progress, alpha)

    def on_epoch_end(self, progress: Progress) -> bool:
        self._note_time()
        self._advance_bar()
        return self._observer.on_epoch_end(progress)

    def on_stop(self) -> None:
        if self.arrays is None:
            return  # it had not begun
        self._note_time()
        if self.schedule.members > 1:
            self.arrays = self.arrays.apart()
        self._observer.on_stop()

    def _note_time(self) -> None:
        self.seconds["train"] = time.perf_counter() - self._began

    def _words_done(self) -> int:
        return round(self._words * self.schedule.share_done(self.progress))

    def _advance_bar(self) -> None:
        self._bar.update(self._words_done() - self._bar.n)

    def _write(self) -> bool:
        """Whether a checkpoint could be written; a full disk does not end the run."""
        if self._checkpoints is None or self.arrays is None:
            return False
        return self._checkpoints.try_to_write(self._files(self.arrays), self._record())

    def _files(self, arrays: Arrays) -> dict[str, np.ndarray]:
        noise = self.settings.noise
        if noise is None:
            return arrays.to_files()
        return {**arrays.to_files(), "noise": noise_weights(noise, self.vocabulary.counts)[:, None]}

    def _record(self) -> dict[str, Any]:
        p, raw_words = self.progress, self.vocabulary.raw_words
        losses = self.losses, self.validation_losses
        record = model_record(self.settings, raw_words, *losses, self.fit_seconds, self.calls)
        record |= {"entropy": self.schedule.seed, "corpus": self.corpus}
        if self.calls > 1:
            record["seconds_before"] = self.before.seconds
        if self.schedule.rates is not None:
            record["rates"] = self.schedule.rates
        if self.schedule.limits != NO_LIMITS:
            record["limits"] = self.schedule.limits.record()
        return {**record, "progress": {**asdict(p), "losses": losses_to_json(p.losses)}}

    def _check_same_corpus(self, saved: Saved) -> None:
        vocabulary, path, model = self.vocabulary, self.corpus["path"], saved.model
        is_same = vocabulary.words == model.words and (vocabulary.counts == model.counts).all()
        if not is_same or self.corpus["sha256"] != model.about["corpus"]["sha256"]:
            name = "" if path is None else f" {path!r:.200}"
            raise CheckpointError(f"the corpus{name} is not the one that this run began with")


def _less(seconds: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: seconds[name] - before[name] for name in NO_SECONDS}


def _check_options(
    files: TextFiles | None,
    cache: str | os.PathLike[str] | None,
    checkpoint: Path | None,
    checkpoint_every: float,
) -> None:
    if cache is not None:
        if not isinstance(cache, (str, os.PathLike)):
            raise TypeError(f"cache is {glimpse(cache)}; it must name a folder, or be None")
        check_path(cache)
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
