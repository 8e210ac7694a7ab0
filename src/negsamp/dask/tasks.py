"""Tasks of Dask's with names that say what they do."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

import dask
from distributed import wait

from negsamp.dask.cluster import PATIENCE, no_worker

__all__ = ["Tasks", "WorkersLost"]

POLL = 1.0  # seconds after which it is looked whether the workers are there


class WorkersLost(Exception):
    """All the workers that tasks were made for are gone."""


class Tasks:
    """Makes the tasks of one run, which the dashboard shows as ``negsamp-train`` and so on."""

    def __init__(self, client: Any) -> None:
        self._client = client
        # a name in letters would be taken for a part of what the task does
        self.run = f"0{uuid.uuid4().hex}"

    def make(
        self, function: Callable[..., Any], what: str, which: Any, *args: Any, near: str = ""
    ) -> Any:
        """A task, which is not computed yet; `near` is the worker that it had better run on."""
        key = f"negsamp-{what}-{self.run}-{which}"
        pin = {"workers": [near], "allow_other_workers": True} if near else {}
        with dask.annotate(**pin):
            return dask.delayed(function, pure=False, traverse=True)(*args, dask_key_name=key)

    def compute(self, wanted: Sequence[Any]) -> list[Any]:
        """Futures of tasks, of which Dask computes what they need."""
        return self._client.compute([*wanted], optimize_graph=False)

    def gather(self, futures: Sequence[Any], workers: Collection[str] = ()) -> list[Any]:
        """Results of tasks, as `finish` finishes them."""
        self.finish(futures, workers)
        return self._client.gather([*futures])

    def finish(self, futures: Sequence[Any], workers: Collection[str] = ()) -> None:
        """Wait for tasks, and raise what one raised; `WorkersLost` if all of some workers are gone.

        Dask gives what a lost worker had to do to the others. Where all are lost at once, it leaves
        tasks that were made for one of them alone, even when new ones have come.
        """
        polls = 0  # in a row that met no worker; a clock would count while a laptop sleeps
        while True:
            try:
                wait([*futures], timeout=POLL)
                break
            except TimeoutError:
                there = self._client.nthreads()
                polls = 0 if there else polls + 1
                if workers and not there.keys() & {*workers}:
                    raise WorkersLost from None
                if polls * POLL > PATIENCE:
                    raise no_worker() from None
        for future in futures:
            if future.status == "error":
                future.result()
