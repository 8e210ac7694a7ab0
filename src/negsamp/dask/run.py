"""A run on Dask's workers, driven by the client.

The client keeps the parameters as they are after each round, and so does every worker. A round is
one graph: each partition trains its piece, the changes are merged by shards of rows, and every
worker and the client take what came of it. Nothing of a round is left when it is over, so that
Dask's memory does not grow. If a worker is lost in a round, Dask computes anew what it had; where
no worker has the parameters for that, the round begins anew from the client's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from distributed import KilledWorker

from negsamp.corpus.stream import TokenStream
from negsamp.corpus.token_kinds import advice_on_tokens
from negsamp.dask import worker as work
from negsamp.dask.cluster import check_memory, check_workers, on_all
from negsamp.dask.merging import Changes, apply
from negsamp.dask.partitions import named_files
from negsamp.dask.reading import read_on_workers
from negsamp.dask.rounds import Round, default_rounds, plan_rounds
from negsamp.dask.tasks import PATIENCE, Tasks, WorkersLost
from negsamp.errors import CorpusError, TeamError, TrainingInterrupted
from negsamp.training.arrays import TextArrays
from negsamp.training.checkpoints import Saved, model_record
from negsamp.training.initial_vectors import WarmStart
from negsamp.training.interrupts import Interrupts
from negsamp.training.limits import NO_LIMITS
from negsamp.training.progress import Observer, losses_to_json, progress_bar
from negsamp.training.reading import Text
from negsamp.training.run import Run
from negsamp.training.settings import Settings

__all__ = ["DaskRun"]

Merged = tuple[list[work.Told], Changes]

logger = logging.getLogger(__name__)

ATTEMPTS = 20  # at one round, while workers come and go
# What a round that lost a worker may end in: parameters that none has, data that is lost, no answer
LOST = (work.LacksParameters, WorkersLost, asyncio.CancelledError, OSError)


@dataclass(frozen=True)
class _Elsewhere(TokenStream):
    """A text that is on the workers, of which the client knows the longest sentence."""

    longest: int = 0

    @property
    def longest_sentence(self) -> int:
        return self.longest


class DaskRun(Run):
    """A run on Dask's workers; the corpus is read and encoded when it is made.

    The arguments are those of `negsamp.dask.fit`; `saved` is a checkpoint to go on from.
    """

    arrays: TextArrays  # which have no text

    def __init__(
        self,
        client: Any,
        settings: Settings,
        corpus: Any,
        *,
        partitions: int | None = None,
        rounds: int | None = None,
        errors: str = "strict",
        encoding: str = "utf-8",
        checkpoint: Path | None = None,
        checkpoint_every: float = 10.0,
        start: WarmStart | None = None,
        saved: Saved | None = None,
    ) -> None:
        s, began = settings, time.perf_counter()
        named, before = named_files(corpus), saved.model.about["dask"] if saved else {}
        workers = check_workers(client)
        self.settings, self._client, self._tasks = s, client, Tasks(client)
        self._corpus = c = read_on_workers(
            *(client, self._tasks, workers, corpus, named, before.get("partitions", partitions)),
            *(s, errors, encoding),
        )
        self.vocabulary = c.vocabulary
        self._check()
        path = named[0] if named and len(named) == 1 else named
        self.corpus = {"path": path, "errors": errors, "encoding": encoding, "cache": None}
        self.corpus |= {"sha256": c.sha256}
        entropy, self.done = self._begin(began, saved), before.get("round", 0)
        no_text = _Elsewhere(np.zeros(0, np.int32), np.zeros(1, np.int64), c.longest)
        text = Text(self.vocabulary, no_text)
        self._prepare(text, entropy, NO_LIMITS, None, start, None, saved)
        n = default_rounds(sum(c.tokens), s.epochs, len(c.parts), self.arrays.W_in.size)
        self.rounds = before.get("rounds", rounds or n)
        self.plan = plan_rounds(s.epochs, self.rounds)
        longest = max(c.tokens) * s.epochs / len(self.plan)
        share = self.schedule.kept_tokens / max(1, sum(c.tokens))
        self._piece_tokens = share * longest  # of the longest, after subsampling
        self._owners: list[str] = [""] * len(c.parts)
        self._holds: dict[str, Any] = {}
        self._sent: dict[str, int] = {}
        self.moved = 0  # bytes that workers sent
        self._keep_checkpoints(checkpoint, checkpoint_every)
        for advice in () if saved else advice_on_tokens(self.vocabulary):
            logger.warning("%s", advice)

    def _check(self) -> None:
        """Refuse before anything is trained what the corpus is too small or too large for."""
        s, V = self.settings, len(self.vocabulary)
        if self._corpus.longest < 2:
            raise CorpusError(
                "the corpus has no pair: none of its sentences has two words that are frequent "
                f"enough; min_count is {s.min_count}, and min_count=1 keeps all"
            )
        if V < s.objective.least_words:
            raise CorpusError(
                f"objective {s.objective.name!r} needs two words or more; the corpus has one"
            )
        limits = on_all(self._client, work.memory_limit)
        check_memory(limits, V, s.vector_size, s.objective.working_bytes(V, s.vector_size))

    # --- training

    def train(self, observer: Observer | None = None) -> None:
        """Train to the end; the observer finds the attributes up to date."""
        p, s, observer = self.progress, self.settings, observer or Observer()
        self._began = time.perf_counter()
        total = self.vocabulary.raw_words * s.epochs
        words = [round(total * round_.place[1]) for round_ in self.plan]
        bar = progress_bar(total, " words", s.progress, words[self.done - 1] if self.done else 0)
        if self._checkpoints:  # at once, so that a folder that cannot be written is known
            self._checkpoints.write(self._files(self.arrays), self._record())
        try:
            with bar, Interrupts() as interrupts:
                observer.on_start(self.arrays, p)
                while self.done < len(self.plan) and not p.finished:
                    merged = self._round(self.done, self.plan[self.done])
                    with interrupts.held():
                        self._take(merged)
                    bar.set_postfix_str(self._postfix(), refresh=False)
                    bar.update(words[self.done - 1] - bar.n)
                    if p.run == 0 and observer.on_epoch_end(p):
                        p.finished = True
                    if self._checkpoints and self._checkpoints.is_due and not p.finished:
                        self._write()
        except KeyboardInterrupt as error:
            folder = self._checkpoints.folder if self._checkpoints and self._write() else None
            raise TrainingInterrupted(self._place(), folder, "negsamp.dask.resume") from error
        finally:
            self._note_time()
            observer.on_stop()
            self._holds.clear()
        self._write()

    def _round(self, number: int, round_: Round) -> list[Merged]:
        """What a round came to on all partitions, in shards."""
        for attempt in range(ATTEMPTS):
            try:
                self._settle(number, attempt)
                return self._attempt(number, attempt, round_)
            except LOST as error:
                if self._client.status != "running":
                    raise self._lost("the scheduler is gone") from error
                logger.info("round %d begins anew: %r", number + 1, error)
                reason = error
            except KilledWorker as error:
                raise self._lost(
                    "several workers died of one piece, perhaps as their memory was full"
                ) from error
        raise self._lost(f"a round was lost {ATTEMPTS} times") from reason

    def _lost(self, what: str) -> TeamError:
        goes_on = "the model has what was learned until then"
        if self._checkpoints:
            goes_on = f"negsamp.dask.resume({str(self._checkpoints.folder)!r}) goes on"
        return TeamError(f"{what} {self._place()}; {goes_on}")

    def _settle(self, number: int, attempt: int) -> None:
        """Give each partition a worker, and the parameters to those that lack them."""
        held = on_all(self._client, work.held_number, self._tasks.run)
        if not held:
            logger.warning("no worker is left; waiting for one")
            try:
                self._client.wait_for_workers(1, timeout=PATIENCE)
            except TimeoutError as error:
                raise self._lost("no worker is left") from error
            held = on_all(self._client, work.held_number, self._tasks.run)
        self._holds = {worker: hold for worker, hold in self._holds.items() if worker in held}
        if lacking := [worker for worker in sorted(held) if held[worker] != number]:
            try:
                [data] = self._client.scatter(
                    [self.arrays.as_dict()], workers=lacking, broadcast=True
                )
            except (KeyError, ValueError) as error:  # one of them is gone, or all are
                raise WorkersLost from error
            holds = {
                worker: self._tasks.make(
                    work.hold,
                    "hold",
                    f"{number}-{attempt}-{worker}",
                    *(self._tasks.run, number, data, self.schedule, self._piece_tokens),
                    near=worker,
                )
                for worker in lacking
            }
            futures = self._tasks.compute([*holds.values()])
            self._holds |= dict(zip(holds, futures, strict=True))
            self._tasks.finish(futures, lacking)
        self._share_out(sorted(held))

    def _share_out(self, workers: Sequence[str]) -> None:
        """Give the partitions of workers that are gone to others, and new workers some."""
        parts = range(len(self._owners))
        if not any(self._owners):  # each is where it was encoded
            has = self._client.who_has(self._corpus.parts)
            holders = [[*has.get(part.key, ())] for part in self._corpus.parts]
            self._owners = [next(iter(sorted(some)), "") for some in holders]
        loads = Counter({worker: 0 for worker in workers})
        loads.update(owner for owner in self._owners if owner in loads)
        for part in parts:
            least = min(workers, key=loads.__getitem__)
            owner = self._owners[part]
            is_gone = owner not in loads
            if is_gone or (loads[owner] > loads[least] + 1 and not self._corpus.are_mapped[part]):
                self._owners[part] = least
                loads[least] += 1
                loads[owner] -= not is_gone

    def _attempt(self, number: int, attempt: int, round_: Round) -> list[Merged]:
        """Compute the graph of a round; its tasks are gone when this returns."""
        make, run, workers = self._tasks.make, self._tasks.run, [*self._holds]
        shards = min(len(workers), len(self._owners))  # which makes no difference to the result
        which = f"{number + 1}-{attempt}"
        trained = [
            make(
                *(work.train, "train", f"{which}-{part}"),
                *(run, number, self._corpus.parts[part], part, round_, shards),
                near=owner,
            )
            for part, owner in enumerate(self._owners)
        ]
        merged = []
        for shard in range(shards):
            some = [
                make(work.shard_of, "shard", f"{which}-{shard}-{part}", each, shard)
                for part, each in enumerate(trained)
            ]
            merged.append(make(work.merge_shard, "merge", f"{which}-{shard}", *some))
        taken = [
            make(work.take, "take", f"{which}-{worker}", run, number, *merged, near=worker)
            for worker in workers
        ]
        found = self._tasks.gather(self._tasks.compute([*merged, *taken]), workers)
        for worker, sent in found[shards:]:
            self.moved += sent - self._sent.get(worker, sent)
            self._sent[worker] = sent
        return found[:shards]

    def _take(self, merged: Sequence[Merged]) -> None:
        """Take what a round came to into the client's parameters and progress."""
        p, told = self.progress, merged[0][0]
        for _, changes in merged:
            apply(vars(self.arrays), changes)
        p.loss += sum(each.loss for each in told)
        p.pairs += sum(each.pairs for each in told)
        p.run += 1
        self.done += 1
        self._note_time()
        if self.done == len(self.plan) or self.plan[self.done].epoch > p.epoch:
            p.end_epoch()
            p.finished = self.done == len(self.plan)

    # --- what is told of it

    def _place(self) -> str:
        epochs = self.settings.epochs
        share = self.plan[self.done - 1].place[1] * epochs if self.done else 0.0
        return self.progress.place(epochs, share - self.progress.epoch)

    def _postfix(self) -> str:
        p = self.progress
        loss = p.mean_loss if p.pairs else p.losses[-1] if p.losses else float("nan")
        size = f"{self.moved / 1e6:.0f} MB" if self.moved < 1e9 else f"{self.moved / 1e9:.1f} GB"
        return f"loss {loss:.3f}, round {self.done} of {len(self.plan)}, {size} moved"

    def _record(self) -> dict[str, Any]:
        p = self.progress
        record = model_record(
            *(self.settings, self.vocabulary.raw_words, p.losses, p.validation_losses),
            *(self.fit_seconds, self.calls),
        )
        partitions: Any = self._corpus.pieces or len(self._owners)
        return {
            **record,
            "entropy": self.schedule.seed,
            "corpus": self.corpus,
            "progress": {**asdict(p), "losses": losses_to_json(p.losses)},
            "dask": {"round": self.done, "rounds": self.rounds, "partitions": partitions},
        }
