"""A training run, from a corpus to the last update: what `Word2Vec.fit` and `resume` do."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import is_real
from negsamp.core.blocks import choose_block_shape
from negsamp.core.objectives import objective_of
from negsamp.core.sampling import (
    AliasTable,
    custom_noise,
    keep_probabilities,
    noise_probabilities,
    noise_weights,
)
from negsamp.core.vocabulary import Vocabulary
from negsamp.corpus.cache import read_cached
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.reading import is_path
from negsamp.corpus.stream import TokenStream
from negsamp.errors import CheckpointError, CorpusError, TrainingInterrupted
from negsamp.training.checkpoints import Checkpoints, Saved
from negsamp.training.epochs import Trainer
from negsamp.training.initial_vectors import WarmStart
from negsamp.training.limits import Limits
from negsamp.training.state import (
    LEARNED,
    Progress,
    Watch,
    initial_vectors,
    objective_arrays,
    training_arrays,
)
from negsamp.training.validation import choose_held_out, has_pair_left, held_out_stream
from negsamp.training.workers import start_children
from negsamp.version import __version__

__all__ = [
    "Encoded",
    "How",
    "Run",
    "available_cores",
    "machine_memory",
    "model_record",
    "noise_of",
    "read_run",
    "trainer_of",
    "workers_of",
]

# Bytes of a text that is trained for longer than worker processes take to start.
LARGE_FILE = 8_000_000


@dataclass(frozen=True)
class How:
    """How a corpus is read, what a run begins with, where it is written down and what may end it;
    see `Word2Vec.fit`.
    """

    errors: str = "strict"
    cache: str | os.PathLike[str] | None = None
    checkpoint: Path | None = None
    checkpoint_every: float = 10.0
    start: WarmStart | None = None
    limits: Limits = field(default_factory=Limits)

    def check(self, corpus: Any) -> None:
        """Refuse what cannot be done, before anything is."""
        if self.cache is not None:
            if not isinstance(self.cache, (str, os.PathLike)):
                raise TypeError(f"cache is {self.cache!r}; it must name a folder, or be None")
            if Path(self.cache).exists() and not Path(self.cache).is_dir():
                raise FileExistsError(f"cache is {str(self.cache)!r}, a file; it must be a folder")
            if not is_path(corpus):
                raise ValueError(
                    f"cache is {str(self.cache)!r}, but the corpus is no file: nothing would tell "
                    "whether it is the same next time"
                )
        every = self.checkpoint_every
        if not is_real(every) or not 0 <= every < float("inf"):
            raise ValueError(f"checkpoint_every is {every!r}; it must be minutes, 0 or more")


class Encoded(NamedTuple):
    """A corpus that is read already, and needs no reading again."""

    vocabulary: Vocabulary
    stream: TokenStream


class Run:
    """A run: what it trains on, with what, and how far it has come.

    Parameters
    ----------
    params : mapping
        Those of `Word2Vec`.
    corpus : object
        As in `Word2Vec.fit`, or `Encoded`.
    how : How
    spill : path
        Folder for the files of a corpus that is too large for memory.
    saved : Saved, optional
        Where to go on; the beginning if None.

    Raises
    ------
    CheckpointError
        If the corpus is not that of the saved run.
    """

    def __init__(
        self,
        params: Mapping[str, Any],
        corpus: Any,
        how: How,
        spill: Path,
        saved: Saved | None = None,
    ) -> None:
        self.params = params
        self.started = time.perf_counter()
        self.vocabulary, stream = _read(params, corpus, how, spill)
        longest = stream.longest_sentence
        if longest < 2:
            raise CorpusError(
                f"the corpus has no pair: none of its {stream.n_sentences} sentences has two words "
                "that are frequent enough"
                + ("" if is_path(corpus) else "; a single sentence is a list in a list")
            )
        _check_objective_fits(params, len(self.vocabulary))
        self.corpus = {
            "path": os.path.abspath(corpus) if is_path(corpus) else None,
            "errors": how.errors,
            "cache": None if how.cache is None else os.path.abspath(how.cache),
            "sha256": stream.digest() if how.checkpoint else None,
        }
        if saved:
            _check_same(self.vocabulary, self.corpus, saved)
        self.seconds = {"read": time.perf_counter() - self.started, "train": 0.0}
        self.seconds_before = saved.about["fit_seconds"] if saved else {"read": 0.0, "train": 0.0}
        self.progress = saved.progress if saved else Progress()
        given = params["seed"] if saved is None else saved.about["entropy"]
        seed = np.random.SeedSequence(None if given is None else int(given)).entropy
        assert isinstance(seed, int)

        counts = self.vocabulary.counts
        keep = keep_probabilities(counts, params["sample"])
        self.noise = noise_of(params, counts)
        self.about = objective_arrays(
            objective_of(params["objective"], params["nce_normalizer"]),
            counts,
            self.noise,
            int(params["negative"]),
        )
        self.limits = how.limits
        held_out = _hold_out(params, stream, keep, seed, how.limits.validation)
        left = counts - held_out.pop("held_counts", 0)
        self.trainer = replace(
            trainer_of(params, left, longest, keep, seed),
            patience=how.limits.patience,
            max_seconds=how.limits.max_seconds,
            seconds_before=self.seconds_before["train"],
        )
        W_in, W_out = initial_vectors(len(counts), int(params["vector_size"]), self.trainer.seed)
        self._arrays = training_arrays(
            W_in, W_out, stream, keep, AliasTable(self.noise), self.about
        )
        self._arrays |= held_out
        if how.limits.patience is not None:
            best = [name for name in LEARNED if name in self._arrays]
            self._arrays |= {f"best_{name}": np.zeros_like(self._arrays[name]) for name in best}
        if saved:
            self._arrays |= saved.state
        elif how.start is not None:
            frozen = how.start.fill(self.vocabulary.index, W_in)
            self._arrays |= {} if frozen is None else {"frozen": frozen}
        self.state: dict[str, np.ndarray] = {}
        self.checkpoints: Checkpoints | None = None
        if how.checkpoint:
            self.checkpoints = Checkpoints(
                how.checkpoint, how.checkpoint_every, self.vocabulary.words, counts
            )

    def train(self, watch: Watch, show_bar: bool | None, children: Sequence[Any]) -> None:
        """Train to the end.

        Parameters
        ----------
        watch : Watch
            Who is told, the run's own attributes being up to date then.
        show_bar, children
            As in `Trainer.train`.

        Raises
        ------
        TrainingInterrupted
            After Ctrl-C.
        """
        began = time.perf_counter()

        def note_time() -> None:
            self.seconds["train"] = time.perf_counter() - began

        def on_start(state: dict[str, np.ndarray], progress: Progress) -> None:
            self.state, self.progress = state, progress
            if self.checkpoints:  # at once, so that a folder that cannot be written is known
                self.checkpoints.write(*self._checkpoint())
            watch.on_start(state, progress)

        def on_block(progress: Progress) -> None:
            if self.checkpoints and self.checkpoints.is_due:
                note_time()
                self.checkpoints.try_to_write(*self._checkpoint())
            watch.on_block(progress)

        def on_epoch_end(progress: Progress) -> None:
            note_time()
            watch.on_epoch_end(progress)

        def on_stop(state: dict[str, np.ndarray]) -> None:
            note_time()
            self.state = state
            watch.on_stop(state)

        told = replace(
            watch, on_start=on_start, on_block=on_block, on_epoch_end=on_epoch_end, on_stop=on_stop
        )
        arrays, self._arrays = self._arrays, {}  # several workers move them
        try:
            raw_words = self.vocabulary.raw_words
            self.trainer.train(arrays, raw_words, told, self.progress, show_bar, children)
        except KeyboardInterrupt as error:
            if not self.state:
                raise  # nothing was learned yet
            checkpoints = self.checkpoints
            is_written = checkpoints and checkpoints.try_to_write(*self._checkpoint())
            folder = checkpoints.folder if checkpoints and is_written else None
            raise TrainingInterrupted(self.trainer.place(self.progress), folder) from error
        if self.checkpoints:
            self.checkpoints.try_to_write(*self._checkpoint())

    @property
    def fit_seconds(self) -> dict[str, float]:
        """Seconds of reading and training, those before the checkpoint included."""
        return {name: self.seconds[name] + self.seconds_before[name] for name in self.seconds}

    def _checkpoint(self) -> tuple[dict[str, np.ndarray], dict[str, Any], Progress]:
        counts = self.vocabulary.counts
        record = model_record(
            self.params,
            self.vocabulary.raw_words,
            self.progress.losses,
            self.fit_seconds,
            self.progress.validation_losses,
        )
        about = {**record, "entropy": self.trainer.seed, "corpus": self.corpus}
        if self.limits != Limits():
            about["limits"] = self.limits.record()
        noise = self.params["noise"]
        own_noise = {} if noise is None else {"noise": noise_weights(noise, counts)[:, None]}
        state = {k: v[:, None] if v.ndim == 1 else v for k, v in self.state.items()}
        return {**state, **own_noise}, about, self.progress


@contextmanager
def read_run(
    params: Mapping[str, Any], corpus: Any, how: How, saved: Saved | None = None
) -> Iterator[tuple[Run, Sequence[Any]]]:
    """A run and worker processes for it, which end with the context, as do its files."""
    with (
        # Windows cannot remove what is still mapped
        tempfile.TemporaryDirectory(prefix="negsamp-", ignore_cleanup_errors=True) as spill,
        start_children(_children_worth_starting(params, corpus)) as children,
    ):
        yield Run(params, corpus, how, Path(spill), saved), children


def model_record(
    params: Mapping[str, Any],
    raw_words: int,
    losses: list[float],
    seconds: dict[str, float],
    validation_losses: Sequence[float] = (),
) -> dict[str, Any]:
    """What ``model.json`` says of a model; a noise distribution is in a file of its own."""
    plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in params.items()}
    held_out = {"validation_loss_history": [*validation_losses]} if validation_losses else {}
    return {
        "negsamp": __version__,
        "parameters": {**plain, "noise": None},
        "raw_words": raw_words,
        "loss_history": losses,
        **held_out,
        "fit_seconds": seconds,
    }


def noise_of(params: Mapping[str, Any], counts: np.ndarray) -> np.ndarray:
    """The noise distribution, (V,) float64."""
    if params["noise"] is None:
        return noise_probabilities(counts, params["ns_exponent"])
    return custom_noise(params["noise"], counts)


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers_of(params: Mapping[str, Any]) -> int:
    """Processes that parameters ask for."""
    return available_cores() if params["workers"] is None else int(params["workers"])


def _children_worth_starting(params: Mapping[str, Any], corpus: Any) -> int:
    """Worker processes to start before reading: those of a file that is sure to need them."""
    if not is_path(corpus) or not os.path.isfile(corpus):
        return 0
    return workers_of(params) - 1 if os.path.getsize(corpus) > LARGE_FILE else 0


def _read(
    params: Mapping[str, Any], corpus: Any, how: How, spill: Path
) -> tuple[Vocabulary, TokenStream]:
    if isinstance(corpus, Encoded):
        return corpus
    reading = max(params["min_count"], 1), params["max_vocab_size"], how.errors, workers_of(params)
    if how.cache is not None and os.path.isfile(corpus):
        return read_cached(corpus, how.cache, *reading)
    return read_corpus(corpus, *reading, folder=spill)


def _check_same(vocabulary: Vocabulary, corpus: Mapping[str, Any], saved: Saved) -> None:
    """Refuse to go on with another corpus."""
    before = saved.about["corpus"]
    is_same = vocabulary.words == saved.words and (vocabulary.counts == saved.counts).all()
    if not is_same or corpus["sha256"] != before["sha256"]:
        name = "" if corpus["path"] is None else f" {corpus['path']!r}"
        raise CheckpointError(f"the corpus{name} is not the one that this run began with")


def _check_objective_fits(params: Mapping[str, Any], V: int) -> None:
    """Say before anything is trained that an objective cannot do a vocabulary."""
    objective = objective_of(params["objective"], params["nce_normalizer"])
    if V < objective.least_words:
        raise CorpusError(
            f"objective {objective.name!r} needs two words or more; the corpus has one"
        )
    needed, memory = objective.working_bytes(V, int(params["vector_size"])), machine_memory()
    if memory is not None and needed > memory:
        raise ValueError(
            f"objective {objective.name!r} needs {needed / 1e9:.1f} GB for the scores and "
            f"gradients of {V} words, and this machine has {memory / 1e9:.1f} GB; a larger "
            "min_count or another objective needs less"
        )


def machine_memory() -> int | None:
    """Bytes of this machine's memory, None where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _hold_out(
    params: Mapping[str, Any],
    stream: TokenStream,
    keep: np.ndarray,
    seed: int,
    share: float | None,
) -> dict[str, np.ndarray]:
    """What is held out of a corpus, as `Trainer.train` wants it; nothing if no share is given.

    Returns
    -------
    dict of ndarray
        ``"held_out"`` (n, 2) int64, ``"held_ids"`` and ``"held_offsets"``, subsampled, and
        ``"held_counts"`` (V,) int64, the occurrences of each word that are not trained.
    """
    if share is None:
        return {}
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2**31, 2**31)))
    held_out = choose_held_out(stream, share, rng)
    held, counts = held_out_stream(stream, held_out, keep, rng)
    if not len(held) or held.longest_sentence < 2 or not has_pair_left(stream, held_out):
        raise CorpusError(
            f"validation is {share}, and of the {len(stream)} tokens of the corpus no pair would "
            f"be {'left to train on' if len(held) > 1 else 'held out'}"
        )
    return {
        "held_out": held_out,
        "held_ids": held.ids,
        "held_offsets": held.offsets,
        "held_counts": counts,
    }


def trainer_of(
    params: Mapping[str, Any],
    counts: np.ndarray,
    longest_sentence: int,
    keep: np.ndarray,
    seed: int,
) -> Trainer:
    """The settings of a run on a corpus.

    Parameters
    ----------
    params : mapping
        Those of `Word2Vec`.
    counts : ndarray, shape (V,)
    longest_sentence : int
        Tokens, 2 or more.
    keep : ndarray, shape (V,) float32
        From `keep_probabilities`.
    seed : int
        Entropy of every random number.
    """
    # no window reaches further than the longest sentence, however wide it may be
    reach = min(int(params["window"]), longest_sentence - 1)
    kept = counts * keep.astype(np.float64)
    objective = objective_of(params["objective"], params["nce_normalizer"])
    return Trainer(
        window=int(params["window"]),
        reach=reach,
        negative=int(params["negative"]),
        shrink_windows=bool(params["shrink_windows"]),
        shape=choose_block_shape(
            kept.sum(),
            kept.max() / kept.sum(),
            window=reach,
            negative=int(params["negative"]),
            vector_size=int(params["vector_size"]),
            batch_size=params["batch_size"],
            noise_multiple=objective.noise_multiple(int(params["negative"])),
        ),
        optimizer=params["optimizer"],
        alpha=float(params["alpha"]),
        min_alpha=float(params["min_alpha"]),
        epochs=int(params["epochs"]),
        workers=workers_of(params),
        seed=seed,
        kept_tokens=float(kept.sum()),
        objective=objective,
    )
