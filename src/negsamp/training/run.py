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

from negsamp.core.sampling import (
    AliasTable,
    keep_probabilities,
    noise_weights,
    subsampling_threshold,
)
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.stream import spill_folder
from negsamp.corpus.text_files import text_files
from negsamp.errors import CheckpointError, TrainingInterrupted
from negsamp.training.arrays import Arrays, TextArrays
from negsamp.training.checkpoints import Checkpoints, Saved, check_options, model_record
from negsamp.training.epochs import Job, scratch_layout, train_epochs
from negsamp.training.initial_vectors import WarmStart, initial_vectors, pmi_start
from negsamp.training.interrupts import Interrupts
from negsamp.training.limits import NO_LIMITS, Limits
from negsamp.training.past import NO_SECONDS, NOTHING, Before, Past, entropy_of, later_rate
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
from negsamp.training.shared_memory import moved_out
from negsamp.training.validation import hold_out
from negsamp.training.workers import Team, can_start_children, run_team, start_children

__all__ = ["LARGE_FILE", "Run"]

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
    _take_back: Callable[[], None]  # undoes the growth of the vocabulary
    program: Any = staticmethod(train_epochs)
    unit = " words"
    # Of the contexts, where they are other words than the centers
    contexts: Vocabulary | None = None
    context_noise: np.ndarray | None = None
    calls = 1  # of `fit` and `partial_fit`, this one included
    _improve: Callable[[Any], None] | None = None  # what makes more of random vectors, once

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
        check_options(files, cache, checkpoint, checkpoint_every)
        self.settings = settings
        with ExitStack() as owned:
            folder = self._open(owned, files is not None and files.size > LARGE_FILE)
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
            entropy = self._begin(began, saved, past.before if past else NOTHING)
            if saved:
                rates = saved.rates
            elif past and rates is None:
                before, alpha = self.vocabulary.raw_words, settings.alpha
                rates = later_rate(alpha, before), later_rate(alpha, before + text.raw_words)
            self._prepare(text, entropy, limits, rates, start, past, saved)
            self._n_read = text.raw_words
            owned.callback(lambda: self._take_back())
            if text.growth:
                self._take_back = self.vocabulary.grow(text.growth)
            self._keep_checkpoints(checkpoint, checkpoint_every)
            self._owned = owned.pop_all()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: Any) -> None:
        self.arrays = None  # they may map files of the folder
        self._owned.__exit__(*error)

    def _open(self, owned: ExitStack, is_large: bool) -> Callable[[], Path]:
        """Start, before reading, the processes that a large run needs.

        Return what makes a temporary folder when it is first called.
        """
        spilled = owned.enter_context(ExitStack())  # it ends after the children
        n = self.settings.processes - 1 if is_large and can_start_children() else 0
        self._children = owned.enter_context(start_children(n))
        return cached(lambda: spilled.enter_context(spill_folder()))

    def _begin(self, began: float, saved: Saved | None, before: Before = NOTHING) -> int:
        """Note how long reading took and where the run is; return what its seed comes to."""
        self.seconds = {"read": time.perf_counter() - began, "train": 0.0}
        self.progress, self._seconds_before_stop, self.before = Progress(), NO_SECONDS, before
        self._take_back = lambda: None
        if not saved:
            return entropy_of(self.settings.seed, self.calls)
        self._check_same_corpus(saved)
        self.progress, self.before = saved.progress, saved.before
        so_far, earlier = saved.model.about["fit_seconds"], self.before.seconds
        self._seconds_before_stop = {name: so_far[name] - earlier[name] for name in NO_SECONDS}
        return int(saved.model.about["entropy"])

    def _keep_checkpoints(self, folder: Path | None, minutes: float) -> None:
        self._checkpoints: Checkpoints | None = None
        if folder:
            self._checkpoints = Checkpoints(folder, minutes, self.vocabulary, self.contexts)

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
        arrays = TextArrays(
            **rest,
            **learned,
            ids=stream.ids,
            offsets=stream.offsets,
            keep=keep,
            threshold=table.threshold,
            alias=table.alias,
        )
        if held is not None:
            arrays.held_out = held.parts
            arrays.held_ids, arrays.held_offsets = held.stream.ids, held.stream.offsets
        self._scratch = scratch_layout(self.schedule, arrays)
        if past is None and start is None and saved is None and not is_empty:
            self._improve = pmi_start(self.schedule, noise, None if held is None else held.parts)
        self._set_up(arrays, start, saved)
        if past and not saved:
            arrays.frozen = past.frozen_rows(V)

    def _set_up(self, arrays: Arrays, start: WarmStart | None, saved: Saved | None) -> None:
        """Take the arrays, with what a checkpoint or the caller has to begin with."""
        self.arrays = arrays
        if self.schedule.limits.patience is not None:
            for name, array in arrays.learned().items():
                setattr(arrays, f"best_{name}", np.zeros_like(array))
        if saved:
            arrays.take_from_files(saved.model.arrays)
        elif start is not None:
            arrays.frozen = start.fill(self.vocabulary.index, arrays.W_in)

    def begin(self, arrays: Arrays | None = None) -> None:
        """Make the vectors that training begins with, in arrays given, if no call before has."""
        if self._improve:
            self._improve(self.arrays if arrays is None else arrays)
            self._improve = None

    def train(self, observer: Observer | None = None) -> None:
        """Train to the end; the observer finds the attributes up to date.

        In the end the arrays share no memory with other processes.
        """
        assert self.arrays is not None
        self._observer = observer or Observer()
        self._began = time.perf_counter()
        kind, settings = type(self.arrays), self.settings
        arrays, self.arrays = self.arrays.as_dict(), None  # several workers move them
        self._bar_size = self._n_read * settings.epochs
        self._bar = progress_bar(self._bar_size, self.unit, settings.progress, self._bar_done())
        try:
            with ExitStack() as last, self._bar, Interrupts() as interrupts:
                last.callback(self.on_stop)
                before = self._seconds_before_stop["train"]
                job = Job(self.schedule, self.progress, self, interrupts, before)
                if (members := self.schedule.members) == 1:
                    arrays |= {name: np.zeros(*spec) for name, spec in self._scratch.items()}
                    self.begin(kind.of_dict(arrays))
                    self.program(Team(), arrays, job)
                else:
                    # output vectors are zeros when they are copied, and take no memory
                    more = self._scratch, self._children, lambda a: self.begin(kind.of_dict(a))
                    run_team(self.program, members, arrays, job, *more)
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
        with Interrupts() as interrupts, interrupts.held():  # half moved, arrays would be lost
            if self.schedule.members > 1:
                self.arrays = self.arrays.apart(moved_out)
            self._observer.on_stop()

    def _note_time(self) -> None:
        self.seconds["train"] = time.perf_counter() - self._began

    def _bar_done(self) -> int:
        return round(self._bar_size * self.schedule.share_done(self.progress))

    def _advance_bar(self) -> None:
        self._bar.update(self._bar_done() - self._bar.n)

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
        path, model = self.corpus["path"], saved.model
        now = self.vocabulary, self.contexts
        before = (model.words, model.counts), model.contexts
        is_same = all(map(_is_vocabulary, now, before))
        if not is_same or self.corpus["sha256"] != model.about["corpus"]["sha256"]:
            name = "" if path is None else f" {path!r:.200}"
            raise CheckpointError(f"the corpus{name} is not the one that this run began with")


def _is_vocabulary(vocabulary: Vocabulary | None, listed: Any) -> bool:
    """Whether a vocabulary has these words and counts; both may be None."""
    if vocabulary is None or listed is None:
        return vocabulary is listed
    words, counts = listed
    return vocabulary.words == words and bool((vocabulary.counts == counts).all())
