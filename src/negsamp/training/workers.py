"""Processes that run one program in step, on arrays in shared memory.

Every member runs the same program and does its share of the work between two barriers; nothing is
sent while they work. Members are plain child processes that import the program by name, so that a
user's script needs no ``__main__`` guard, and a notebook works too. Whatever stops one stops all.
"""

from __future__ import annotations

import mmap
import os
import pickle
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import numpy as np

from negsamp.errors import TeamError
from negsamp.training.shared_memory import Layout, open_arrays, shared_arrays

if sys.platform != "win32":
    import fcntl

__all__ = ["Mutex", "Team", "can_start_children", "run_team", "start_children"]

# What a child runs: it takes over the parent's path, as negsamp may not be installed, imports what
# takes time, and waits for its task. It leaves it to the parent to warn of an unusual SciPy.
CHILD = (
    "import pickle, sys, warnings\n"
    "sys.path[:] = pickle.load(sys.stdin.buffer)\n"
    "warnings.filterwarnings('ignore', 'SciPy .* training takes', RuntimeWarning)\n"
    "import negsamp.training.epochs\n"
    "from negsamp.training.workers import _child\n"
    "_child()\n"
)
SPINS, YIELDS = 2000, 2000  # about 0.2 ms and some ms of waiting before a member sleeps
LONGEST_SPIN = 0.02  # seconds: another program may have a core for a while

Program = Callable[["Team", dict[str, np.ndarray], Any], None]


class _Stopped(BaseException):
    """Another member stopped the team; says nothing to the user."""


class Mutex:
    """What one process has at a time, and none that has ended: a lock of the system on a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file  # opened by this process: the lock belongs to who opened it

    def __enter__(self) -> None:
        if sys.platform != "win32":
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: Any) -> None:
        if sys.platform != "win32":
            fcntl.flock(self._file, fcntl.LOCK_UN)


@contextmanager
def _mutex(path: str) -> Iterator[Mutex | None]:
    """None on Windows, where shared memory is no file."""
    if sys.platform == "win32":
        yield None
    else:
        with open(path, "rb") as file:
            yield Mutex(file)


class Team:
    """One member's view of a team: its rank, 0 … size − 1, and the size.

    `control`, (1 + size,) int64, is shared: 1 once the team is stopped, then how many barriers each
    member has reached. `is_alive` raises if a member that others wait for is gone. `mutex` is None
    where there is none.
    """

    def __init__(
        self,
        rank: int = 0,
        size: int = 1,
        control: np.ndarray | None = None,
        is_alive: Callable[[], None] = lambda: None,
        mutex: Mutex | None = None,
    ) -> None:
        self.rank, self.size, self.mutex = rank, size, mutex
        # a memoryview reads one number four times as fast as an array does
        shared = np.zeros(1 + size, dtype=np.int64) if control is None else control
        self._control = shared.data.cast("B").cast("q")
        self._is_alive = is_alive
        self._barriers = 0
        self._fence = threading.Lock()

    def barrier(self) -> None:
        """Wait until every member is here; what each wrote before, all can read after."""
        if self.size == 1:
            return
        with self._fence:  # taking a lock orders this processor's writes before the next one
            self._barriers += 1
        self._control[1 + self.rank] = self._barriers
        for other in range(self.size):
            waits = 0
            while self._control[1 + other] < self._barriers:
                waits += 1
                if waits > SPINS:
                    self._wait(waits)
        if self._control[0]:
            raise _Stopped
        self.fence()

    def fence(self) -> None:
        """Read from here on what others wrote before what was read last."""
        with self._fence:
            pass

    def wait_until(self, is_so: Callable[[], bool], until: float) -> bool:
        """Wait until something is so, or until a time of `perf_counter`; return whether it is so.

        A member that left its core meanwhile would have it back later than that.
        """
        began = time.perf_counter()
        while not is_so():
            if self._control[0]:
                raise _Stopped
            now = time.perf_counter()
            if now > until:
                return False
            if now > began + LONGEST_SPIN:
                self._is_alive()
                time.sleep(0.0005)
        return True

    def stop(self) -> None:
        """Let every member leave at its next barrier."""
        self._control[0] = 1

    def share(self, n: int) -> slice:
        """This member's part of n things: consecutive, and nearly as many as any other's."""
        return slice(self.rank * n // self.size, (self.rank + 1) * n // self.size)

    def rows_to_move(self, rank: int) -> tuple[tuple[int, ...], tuple[int, int]]:
        """The matrices, 0 and 1, of which a member moves rows, and its `share` of these.

        Of an even team one half moves the rows of W_in and the other those of W_out.
        """
        if self.size % 2:
            return (0, 1), (rank, self.size)
        return (rank % 2,), (rank // 2, self.size // 2)

    def _wait(self, waits: int) -> None:
        if self._control[0]:
            raise _Stopped
        if waits < SPINS + YIELDS and hasattr(os, "sched_yield"):
            os.sched_yield()
        else:
            self._is_alive()
            time.sleep(0.0005)


def run_team(
    program: Program,
    size: int,
    arrays: dict[str, np.ndarray],
    job: Any,
    scratch: dict[str, tuple[tuple[int, ...], Any]],
    children: Sequence[subprocess.Popen[bytes]] = (),
    begin: Callable[[dict[str, np.ndarray]], None] | None = None,
) -> dict[str, np.ndarray]:
    """Run a program in `size` processes, this one (rank 0) among them; return the shared arrays.

    The program is a function of a module, so that it can be imported. Each array is copied to
    shared memory and taken out of the dict, so that it is not in memory twice; zeros take no memory
    before a member writes to them. Each member maps what maps a file. The job is pickled for each
    child, and this process passes on the object itself. `scratch` has shapes and dtypes of further
    shared arrays, zero at first. Children that are lacking are started. `begin` may change the
    shared arrays in place before members do.

    What a member raises is raised here after the others have ended; its cause is a TeamError with
    the traceback of its process. A child that dies without an exception is a TeamError.
    """
    in_files: dict[str, Any] = {
        name: array
        for name, array in arrays.items()
        if isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap)
    }
    for name in in_files:
        del arrays[name]
    layout: Layout = {name: (array.shape, array.dtype.str) for name, array in arrays.items()}
    layout |= {name: (shape, np.dtype(dtype).str) for name, (shape, dtype) in scratch.items()}
    layout["_control"] = ((1 + size,), np.dtype(np.int64).str)
    with shared_arrays(layout) as (shared_name, shared), _mutex(shared_name) as mutex:
        while arrays:
            name, array = arrays.popitem()
            if array.any():
                shared[name][...] = array
            del array
        shared |= in_files
        if begin is not None:
            begin(shared)
        files = {name: (a.filename, a.dtype.str, a.shape, a.offset) for name, a in in_files.items()}
        task = (program, size, layout, shared_name, files, pickle.dumps(job))
        children = children[: size - 1]
        with start_children(size - 1 - len(children)) as more:
            others = [*children, *more]
            for rank, child in enumerate(others, 1):
                _send(child, (rank, os.getpid(), *task))

            def are_alive() -> None:
                if any(child.poll() is not None for child in others):
                    raise _Stopped

            team = Team(0, size, shared["_control"], are_alive, mutex)
            try:
                program(team, shared, job)
            except _Stopped:
                team.stop()
                reason = _reason(others)
                raise reason from reason.__cause__
            except BaseException:
                team.stop()
                raise
            if any([child.wait() for child in others]):
                raise _reason(others)
    return shared


def can_start_children() -> bool:
    """Whether this process's program is a Python that runs other code too.

    An application with Python in it would start itself again.
    """
    name = os.path.basename(sys.executable or "").lower()
    is_python = name.startswith(("python", "pypy", "graalpy")) and os.path.isfile(sys.executable)
    return is_python and not getattr(sys, "frozen", False)


@contextmanager
def start_children(n: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start processes, in half a second, that wait for `run_team`; the context ends them.

    Only where `can_start_children`.
    """
    children: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(n):
            children.append(
                subprocess.Popen(
                    [sys.executable, "-c", CHILD],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    **_apart(),
                )
            )
            _send(children[-1], sys.path)
        yield children
    finally:
        for child in children:
            _end(child)


def _apart() -> dict[str, Any]:
    """What keeps Ctrl-C in a terminal from children: it is the parent's to answer."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _reason(children: list[subprocess.Popen[bytes]]) -> BaseException:
    """Why a child stopped: the exception that it sent, or how it ended."""
    codes = []
    for child in children:
        assert child.stdout is not None
        sent = child.stdout.read()
        if sent:
            error, where = pickle.loads(sent)  # from our own child, over a pipe of its own
            error.__cause__ = TeamError(f"in a worker process:\n{where}")
            return error
        codes.append(child.wait())
    ended = next((code for code in codes if code), 0)
    how = f"by signal {-ended}" if ended < 0 else f"with status {ended}"
    return TeamError(f"a worker process ended {how} before the work was done")


def _send(child: subprocess.Popen[bytes], message: Any) -> None:
    assert child.stdin is not None
    # a pipe that is broken belongs to a dead child, which the first barrier will notice; Windows
    # calls it invalid
    with suppress(OSError):
        pickle.dump(message, child.stdin)
        child.stdin.flush()


def _end(child: subprocess.Popen[bytes]) -> None:
    """Let a child finish, or make it; one without a task sees that none will come."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _child() -> None:
    """Run the program as the member that the parent says."""
    answers = _answers()
    try:
        rank, parent, program, size, layout, shared_name, files, job = pickle.load(sys.stdin.buffer)
    except EOFError:
        return  # not needed
    shared = open_arrays(shared_name, layout)
    for name, (path, dtype, shape, offset) in files.items():
        shared[name] = np.memmap(path, dtype, "r", offset, shape)
    try:
        with _mutex(shared_name) as mutex:
            team = Team(rank, size, shared["_control"], _watch(parent), mutex)
            program(team, shared, pickle.loads(job))
    except _Stopped:
        pass
    except BaseException as error:
        # sent before the team is stopped, so that it is there when the parent looks
        with suppress(OSError), answers:  # the parent may have ended first
            answers.write(_pickled(error))
        team.stop()
        os._exit(1)


def _answers() -> BinaryIO:
    """The pipe to the parent; from now on, what the program prints goes to stderr instead."""
    pipe = os.fdopen(os.dup(1), "wb")
    no_stderr = sys.stderr is None  # where the parent has no console
    os.dup2(os.open(os.devnull, os.O_WRONLY) if no_stderr else 2, 1)
    return pipe


def _watch(parent: int) -> Callable[[], None]:
    """A function that raises once the parent has ended."""
    if sys.platform == "win32":
        # A process there keeps its parent's number for ever, and in a virtual environment its
        # parent is a launcher.
        import _winapi

        process = _winapi.OpenProcess(_winapi.SYNCHRONIZE, False, parent)

        def is_alive() -> None:
            if _winapi.WaitForSingleObject(process, 0) == _winapi.WAIT_OBJECT_0:
                raise _Stopped
    else:

        def is_alive() -> None:
            if os.getppid() != parent:
                raise _Stopped

    return is_alive


def _pickled(error: BaseException) -> bytes:
    where = "".join(traceback.format_exception(error))
    try:
        sent = pickle.dumps((error, where))
        pickle.loads(sent)
    except Exception:
        return pickle.dumps((TeamError(f"{type(error).__name__}: {error}"), where))
    return sent
