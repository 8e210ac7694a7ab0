"""Who the workers are: that there are some, that they have this negsamp and see the same files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from negsamp.checks import glimpse
from negsamp.dask.partitions import Files, files_or_fault
from negsamp.errors import CorpusError, TeamError
from negsamp.version import __version__

__all__ = [
    "PATIENCE",
    "check_memory",
    "check_workers",
    "client_of",
    "files_seen_by",
    "no_worker",
    "on_all",
]

Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)

PATIENCE = 120  # seconds to wait for a worker where none is left

# asked as text, which needs no negsamp on the worker
VERSION = "__import__('negsamp.version').version.__version__"
# Times that both matrices are in a worker's memory: as they are, as they are trained, what has
# changed, and what is merged and sent
COPIES = 4


def client_of(client: Any) -> Any:
    """The client that was given, or the one that there is; ValueError if there is none."""
    try:
        import distributed
    except ImportError as error:
        raise ImportError(
            "negsamp.dask needs dask.distributed: pip install 'negsamp[dask]'"
        ) from error
    if client is None:
        try:
            client = distributed.default_client()
        except ValueError:
            raise ValueError(
                "client is None, and there is none yet: client = dask.distributed.Client() starts "
                "workers on this machine, and Client('tcp://host:8786') finds those of a scheduler"
            ) from None
    if not isinstance(client, distributed.Client):
        raise TypeError(f"client is {glimpse(client)}; it must be a dask.distributed.Client")
    if client.asynchronous:
        raise TypeError("client is asynchronous; a Client without asynchronous=True is needed")
    if client.status != "running":
        raise ValueError(f"client is {client.status}; make a new one: dask.distributed.Client()")
    return client


def check_workers(client: Any) -> list[str]:
    """The addresses of the workers, which have this version of negsamp; TeamError if not."""
    found = _answers(client, eval, VERSION)
    if not found:
        raise TeamError(
            "the client has no workers: start some, and wait for them with "
            "client.wait_for_workers(1)"
        )
    for worker, version in sorted(found.items()):
        if version == __version__:
            continue
        fault = f"has negsamp {version}, and the client {__version__}"
        if isinstance(version, BaseException):
            fault = f"cannot import negsamp ({version})"
        raise TeamError(f"worker {worker} {fault}: install negsamp=={__version__} where it runs")
    return sorted(found)


def on_all(client: Any, what: Callable[..., Answer], *args: Any) -> dict[str, Answer]:
    """Ask all workers, and return what those say that are there; wait for one if none is."""
    while not (found := _answers(client, what, *args)):
        logger.warning("no worker is left; waiting for one")
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise no_worker() from None
    for said in found.values():
        if isinstance(said, BaseException):
            raise said
    return found


def no_worker() -> TeamError:
    """The error for a cluster that has lost its workers."""
    return TeamError(f"no worker has been there for {PATIENCE} seconds")


def _answers(client: Any, what: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """What the workers that are there answer, or raise."""
    found = client.run(what, *args, on_error="return")
    return {worker: said for worker, said in found.items() if not isinstance(said, OSError)}


def files_seen_by(client: Any, names: Sequence[str]) -> Files:
    """The files that paths and patterns name, which all workers must see alike.

    FileNotFoundError or CorpusError names a worker and a path that it does not see.
    """
    found = on_all(client, files_or_fault, names)
    seen = {worker: files for worker, files in found.items() if isinstance(files, Files)}
    way = "all workers must see all files, and by the same names"
    for worker, fault in sorted(found.items()):
        if not isinstance(fault, Files):
            is_missing, what = fault
            kind = FileNotFoundError if is_missing else CorpusError
            raise kind(f"worker {worker}: {what}; {way}")
    (other, most), *others = seen.items()
    for worker, files in others:
        here, there = dict(zip(*files, strict=True)), dict(zip(*most, strict=True))
        for path in {**there, **here}:
            sizes = here.get(path), there.get(path)
            if sizes[0] != sizes[1]:
                one, two = ("does not see" if n is None else f"sees {n} bytes of" for n in sizes)
                raise CorpusError(
                    f"worker {worker} {one} {path!r}, and worker {other} {two} it; {way}"
                )
    return most


def check_memory(limits: Mapping[str, int], V: int, vector_size: int, more: int) -> None:
    """Check that the parameters fit into each worker's memory, with so many bytes more.

    ValueError, with the figure and what would fit, if they do not.
    """
    worker, limit = min(limits.items(), key=lambda each: each[1])
    size = 2 * 4 * V * COPIES  # a number of a vector
    needed = size * vector_size + more
    if needed <= limit:
        return
    fits = (limit - more) // size
    way = f"vector_size={fits} fits, and " if fits > 0 else ""
    raise ValueError(
        f"{V} words of vector_size={vector_size} need about {needed / 1e9:.3g} GB on each worker, "
        f"and worker {worker} has {limit / 1e9:.3g} GB; {way}a larger min_count or a "
        "max_final_vocab needs less"
    )
