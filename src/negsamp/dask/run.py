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
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
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
from negsamp.dask.tasks import Tasks, WorkersLost
from negsamp.errors import TeamError, TrainingInterrupted
from negsamp.training.arrays import TextArrays
from negsamp.training.checkpoints import Saved, check_options
from negsamp.training.initial_vectors import WarmStart
from negsamp.training.interrupts import Interrupts
from negsamp.training.limits import NO_LIMITS, Limits
from negsamp.training.progress import Observer, progress_bar
from negsamp.training.reading import Text, check_size
from negsamp.training.run import Run
from negsamp.training.settings import Settings

__all__ = ["DaskRun"]

Merged = tuple[list[work.Told], Changes]

logger = logging.getLogger(__name__)

ATTEMPTS = 20  # at one round, while workers come and go
# What a round that lost a worker may end in: parameters that none has, data that is lost, no answer
LOST = (work.LacksParameters, WorkersLost, CancelledError, asyncio.CancelledError, OSError)


@dataclass(frozen=True)
class _Elsewhere(TokenStream):
    """A text that is on the workers, of which the client knows how long it is."""

    n_sentences: int = 0
    longest_sentence: int = 0


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
        limits: Limits = NO_LIMITS,
        saved: Saved | None = None,
    ) -> None:
        if checkpoint:
            settings.record()  # refuses an objective that a checkpoint cannot name
        check_options(None, None, checkpoint, checkpoint_every)
        # no process has the whole text
        settings = replace(settings, init="random")
        s, began = settings, time.perf_counter()
        named, before = named_files(corpus), saved.model.about["dask"] if saved else {}
        workers, memory = check_workers(client), on_all(client, work.memory_limit)
        self.settings, self._client, self._tasks = s, client, Tasks(client)
        self._corpus = c = read_on_workers(
            *(client, self._tasks, workers, corpus, named, before.get("partitions", partitions)),
            *(s, errors, encoding),
        )
        self.vocabulary = c.vocabulary
        nothing = np.zeros(0, np.int32), np.zeros(1, np.int64)
        text = Text(self.vocabulary, _Elsewhere(*nothing, c.sentences, c.longest))
        check_size(s, text, is_file=named is not None)
        V, d = len(self.vocabulary), s.vector_size
        check_memory(memory, V, d, s.objective.working_bytes(V, d))
        path = named[0] if named and len(named) == 1 else named
        self.corpus = {"path": path, "errors": errors, "encoding": encoding, "cache": None}
        self.corpus |= {"sha256": c.sha256}
        entropy, self.done = self._begin(began, saved), before.get("round", 0)
        self._prepare(text, entropy, limits, None, start, None, saved)
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
        self._gone = 0.0  # the share of `max_time` when the last round began
        self._keep_checkpoints(checkpoint, checkpoint_every)
        for advice in () if saved else advice_on_tokens(self.vocabulary):
            logger.warning("%s", advice)

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
                    merged = self._round(self.done, self._in_time(self.plan[self.done]))
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

    def _time_gone(self) -> float:
        """The share of `max_time` that is gone; 0 without one."""
        self._note_time()
        limit = self.schedule.limits.max_seconds
        return self.fit_seconds["train"] / limit if limit else 0.0

    def _in_time(self, round_: Round) -> Round:
        """A round at the rate of the time that is gone, if that is a larger share than its text."""
        before, gone = self._gone, self._time_gone()
        self._gone = gone
        begin, end = round_.place
        # it will take as long as the last one
        place = max(begin, min(gone, 1.0)), max(end, min(2 * gone - before, 1.0))
        return round_._replace(place=place)

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
            except TeamError as error:
                raise self._lost(str(error)) from error
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
        self._holds = {worker: hold for worker, hold in self._holds.items() if worker in held}
        if lacking := [worker for worker in sorted(held) if held[worker] != number]:
            try:
                # to one of them; others get it from those that have it. `broadcast=True` sends it
                # for ever to a worker that is killed meanwhile.
                [data] = self._client.scatter([self.arrays.as_dict()], workers=lacking)
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
        if is_time_up := self._time_gone() >= 1:
            logger.info("max_time: the time is up %s", self._place())
        is_last = self.done == len(self.plan) or is_time_up
        if is_last or self.plan[self.done].epoch > p.epoch:
            p.end_epoch()
            p.finished = is_last

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
        partitions: Any = self._corpus.pieces or len(self._owners)
        about = {"round": self.done, "rounds": self.rounds, "partitions": partitions}
        return {**super()._record(), "dask": about}
