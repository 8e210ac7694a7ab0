"""A training run, from a corpus to the last update: what `Word2Vec.fit` and `resume` do."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from negsamp.core.sampling import (
    AliasTable,
    keep_probabilities,
    noise_weights,
    subsampling_threshold,
)
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.cache import read_cached
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.stream import TokenStream, spill_folder
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.corpus.token_kinds import advice_on_tokens
from negsamp.errors import CheckpointError, CorpusError, TrainingInterrupted
from negsamp.training.arrays import Arrays, TextArrays
from negsamp.training.checkpoints import Checkpoints, Saved, check_options, model_record
from negsamp.training.epochs import Job, scratch_layout, train_epochs
from negsamp.training.initial_vectors import WarmStart, initial_vectors
from negsamp.training.interrupts import Interrupts
from negsamp.training.limits import NO_LIMITS, Limits
from negsamp.training.progress import (
    Observer,
    Progress,
    explain_empty_epochs,
    losses_to_json,
    progress_bar,
    show_loss,
)
from negsamp.training.schedule import Schedule
from negsamp.training.settings import Settings
from negsamp.training.validation import hold_out
from negsamp.training.workers import Team, can_start_children, run_team, start_children

__all__ = ["LARGE_FILE", "Encoded", "Run", "machine_memory"]

logger = logging.getLogger(__name__)

# Bytes of a text that is trained for longer than worker processes take to start.
LARGE_FILE = 8_000_000
# Subsampling keeps about six tokens in ten of ordinary text at the default, and a quarter of a text
# of thirty words that are alike.
FEW_SAMPLED = 0.25


class Encoded(NamedTuple):
    """A corpus that is read already, and needs no reading again."""

    vocabulary: Vocabulary
    stream: TokenStream


class Run(Observer):
    """A training run, which owns its worker processes, temporary files, checkpoints, clock and bar.

    It is a context: what it owns ends with it. The corpus, which may be `Encoded`, is read when the
    run is made, after its options are checked. `saved` is a checkpoint to continue from; the other
    arguments are those of `Word2Vec.fit`.
    """

    arrays: Arrays | None
    program: Any = staticmethod(train_epochs)
    unit = " words"
    # Of the contexts, where they are other words than the centers
    contexts: Vocabulary | None = None
    context_noise: np.ndarray | None = None

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
            if isinstance(corpus, Encoded):
                self.vocabulary, stream = corpus
            else:
                s = settings
                reading = max(s.min_count, 1), s.max_vocab_size, errors, s.processes
                most = s.max_final_vocab
                if cache is not None and files is not None and files.are_regular:
                    found = read_cached(files, cache, *reading, encoding, most)
                else:
                    found = read_corpus(
                        files or corpus,
                        *reading,
                        folder,
                        encoding=encoding,
                        max_final_vocab=most,
                    )
                self.vocabulary, stream = found
            self._check_corpus(files, stream)
            if not isinstance(corpus, Encoded):
                for advice in advice_on_tokens(self.vocabulary):
                    logger.warning("%s", advice)
            self.corpus = {
                "path": None if files is None else files.recorded,
                "errors": errors,
                "encoding": encoding,
                "cache": None if cache is None else os.path.abspath(cache),
                "sha256": stream.digest() if checkpoint else None,
            }
            entropy = self._begin(began, saved)
            self._prepare(stream, entropy, limits, start, saved)
            self._keep_checkpoints(checkpoint, checkpoint_every)
            self._owned = owned.pop_all()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: Any) -> None:
        self.arrays = None  # they may map files of the folder
        self._owned.__exit__(*error)

    def _open(self, owned: ExitStack, is_large: bool) -> Path:
        """Make a temporary folder and, before reading, the processes that a large run needs."""
        folder = owned.enter_context(spill_folder())
        n = self.settings.processes - 1 if is_large and can_start_children() else 0
        self._children = owned.enter_context(start_children(n))
        return folder

    def _begin(self, began: float, saved: Saved | None) -> int:
        """Note how long reading took and where the run is; return what its seed comes to."""
        self.seconds = {"read": time.perf_counter() - began, "train": 0.0}
        self.seconds_before, self.progress = {"read": 0.0, "train": 0.0}, Progress()
        seed = self.settings.seed
        if saved:
            self._check_same_corpus(saved)
            about = saved.model.about
            self.seconds_before, self.progress = about["fit_seconds"], saved.progress
            seed = about["entropy"]
        entropy = np.random.SeedSequence(seed).entropy
        assert isinstance(entropy, int)
        return entropy

    def _keep_checkpoints(self, folder: Path | None, minutes: float) -> None:
        self._checkpoints: Checkpoints | None = None
        if folder:
            self._checkpoints = Checkpoints(folder, minutes, self.vocabulary, self.contexts)

    def _prepare(
        self,
        stream: TokenStream,
        entropy: int,
        limits: Limits,
        start: WarmStart | None,
        saved: Saved | None,
    ) -> None:
        """Make the schedule and the arrays of the corpus."""
        s, counts = self.settings, self.vocabulary.counts
        self._keep = keep = keep_probabilities(counts, s.sample)
        noise = s.noise_distribution(counts)
        table = AliasTable(noise)
        extras = s.objective.extras(counts, noise, s.negative)
        held, left = None, counts
        if limits.validation is not None:
            held = hold_out(stream, limits.validation, keep, entropy)
            left = counts - held.counts
        self.schedule = Schedule.of_corpus(s, left, stream.longest_sentence, keep, entropy, limits)
        V, d = len(counts), s.vector_size
        arrays = TextArrays(
            **vars(extras),
            W_in=initial_vectors(V, d, entropy),
            W_out=np.zeros((V, d), np.float32),
            squares_in=np.zeros(V),
            squares_out=np.zeros(V),
            squares_log_z=None if extras.log_z is None else np.zeros(len(extras.log_z)),
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
        self._set_up(arrays, start, saved)

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

    def train(self, observer: Observer | None = None) -> None:
        """Train to the end; the observer finds the attributes up to date.

        In the end the arrays share no memory with other processes.
        """
        assert self.arrays is not None
        self._observer = observer or Observer()
        self._began = time.perf_counter()
        arrays, self.arrays = self.arrays.as_dict(), None  # several workers move them
        self._bar_size = self._epoch_size * self.settings.epochs
        show = self.settings.progress
        self._bar = progress_bar(self._bar_size, self.unit, show, self._bar_done())
        try:
            with ExitStack() as last, self._bar, Interrupts() as interrupts:
                last.callback(self.on_stop)
                before = self.seconds_before["train"]
                job = Job(self.schedule, self.progress, self, interrupts, before)
                if (members := self.schedule.members) == 1:
                    arrays |= {name: np.zeros(*spec) for name, spec in self._scratch.items()}
                    self.program(Team(), arrays, job)
                else:
                    run_team(self.program, members, arrays, job, self._scratch, self._children)
        except KeyboardInterrupt as error:
            if self.arrays is None:
                raise  # nothing was learned yet
            folder = self._checkpoints.folder if self._checkpoints and self._write() else None
            raise TrainingInterrupted(self.schedule.place(self.progress), folder) from error
        self._write()

    def warn_of_few_tokens(self) -> None:
        """Log before training that subsampling leaves little of the corpus, if it does."""
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
        if message:
            warnings.warn(message, RuntimeWarning, stacklevel + 1)

    @property
    def fit_seconds(self) -> dict[str, float]:
        """Seconds of reading and training, those before the checkpoint included."""
        return {name: self.seconds[name] + self.seconds_before[name] for name in self.seconds}

    def on_start(self, arrays: Arrays, progress: Progress) -> None:
        if self._checkpoints:  # at once, so that a folder that cannot be written is known
            self._checkpoints.write(self._files(arrays), self._record())
        self.arrays = arrays
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

    @property
    def _epoch_size(self) -> int:
        """What the bar counts in an epoch."""
        return self.vocabulary.raw_words

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
        losses = p.losses, p.validation_losses
        record = model_record(self.settings, raw_words, *losses, self.fit_seconds)
        record |= {"entropy": self.schedule.seed, "corpus": self.corpus}
        if self.schedule.limits != NO_LIMITS:
            record["limits"] = self.schedule.limits.record()
        return {**record, "progress": {**asdict(p), "losses": losses_to_json(p.losses)}}

    def _check_corpus(self, files: TextFiles | None, stream: TokenStream) -> None:
        """Refuse before anything is trained what the corpus is too small or too large for."""
        s, V = self.settings, len(self.vocabulary)
        if stream.longest_sentence < 2:
            total = self.vocabulary.raw_words
            left_out = total - int(self.vocabulary.counts.sum())
            raise CorpusError(
                f"the corpus has no pair: none of its {stream.n_sentences} sentences has two words "
                "that are frequent enough"
                + f"; {left_out} of {total} tokens are too rare: with {_all_words(s)} all are kept"
                * bool(left_out)
                + "; a single sentence is a list in a list" * (not files and not left_out)
            )
        objective, memory = s.objective, machine_memory()
        if V < objective.least_words:
            raise CorpusError(
                f"objective {objective.name!r} needs two words or more; the corpus has one"
            )
        needed = objective.working_bytes(V, s.vector_size)
        if memory is not None and needed > memory:
            raise ValueError(
                f"objective {objective.name!r} needs {needed / 1e9:.1f} GB for the scores and "
                f"gradients of {V} words, and this machine has {memory / 1e9:.1f} GB; a larger "
                "min_count or another objective needs less"
            )

    def _check_same_corpus(self, saved: Saved) -> None:
        path, model = self.corpus["path"], saved.model
        now, before = (
            (self.vocabulary, self.contexts),
            ((model.words, model.counts), model.contexts),
        )
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


def _all_words(settings: Settings) -> str:
    """The parameters that keep all words, where others do not."""
    return "min_count=1" + " and max_final_vocab=None" * (settings.max_final_vocab is not None)


def machine_memory() -> int | None:
    """Bytes of this machine's memory, or None if it does not say."""
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
