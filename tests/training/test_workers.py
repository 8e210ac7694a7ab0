"""Processes in step: what they share, and that whatever ends one ends all."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import fake_windows
import numpy as np
import pytest

from negsamp.core import optimizers
from negsamp.errors import TeamError
from negsamp.files.npy import read_array, write_array
from negsamp.training import shared_memory
from negsamp.training import workers as team
from negsamp.training.workers import Team, can_start_children, run_team, start_children

# The programs that the children import stand in this file.


def count_up(member, arrays, rounds):
    """Each round every member adds its rank to the cells that the next member wrote before."""
    cells = arrays["cells"]
    for _ in range(rounds):
        mine = cells[(member.rank + 1) % member.size] + member.rank
        member.barrier()
        cells[member.rank] = mine
        member.barrier()


def count_in_turns(member, arrays, rounds):
    """Without the mutex, members would write the same number now and then."""
    for _ in range(rounds):
        with member.mutex:
            found = int(arrays["count"][0])
            time.sleep(0)
            arrays["count"][0] = found + 1
    member.barrier()


def look_at_arrays(member, arrays, names):
    assert isinstance(arrays["map"], np.memmap)
    for place, name in enumerate(names):
        dtype = arrays[name].dtype
        arrays["seen"][member.rank, place] = dtype is np.dtype(dtype.type)
    arrays["seen"][member.rank, -1] = arrays["map"].sum()
    member.barrier()


def warn_in_child(member, arrays, _):
    if member.rank:
        optimizers.csc_matvecs = None
        optimizers.SGD(3)
        warnings.warn("of the child alone", RuntimeWarning, stacklevel=1)
    member.barrier()


def fail_in_child(member, arrays, kind):
    member.barrier()
    if member.rank == member.size - 1:
        if kind == "exception":
            raise ValueError("the child's own words")
        if kind == "cannot be pickled":
            raise type("Local", (Exception,), {})("only its text travels")
        if kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(7)
    for _ in range(3):
        member.barrier()


def fail_in_lead(member, arrays, error):
    member.barrier()
    if member.rank == 0:
        raise error
    for _ in range(3):
        member.barrier()


def print_much(member, arrays, _):
    sys.stdout.write("x" * 200_000)
    sys.stdout.flush()
    member.barrier()


def wait_forever(member, arrays, _):
    member.barrier()
    if not member.rank:
        sys.stdout.write("all are here\n")
        sys.stdout.flush()
    while True:
        member.barrier()


def expected_cells(size, rounds):
    cells = np.zeros(size, dtype=np.int64)
    for _ in range(rounds):
        cells = np.roll(cells, -1) + np.arange(size)
    return cells


KILLED = "ended by signal 9 before the work was done"
NEEDS_SIGNALS = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def litter(pid):
    folders = [Path("/dev/shm"), Path(tempfile.gettempdir())]
    return [path for folder in folders for path in folder.glob(f"negsamp-{pid}-*")]


@pytest.fixture(autouse=True)
def _no_litter():
    yield
    assert litter(os.getpid()) == []


def test_shared_file_has_a_name_where_open_files_have_none(monkeypatch):
    monkeypatch.setattr(shared_memory, "OPEN_FILES", "/no such folder")
    shared = run_team(count_up, 2, {"cells": np.zeros(2, np.int64)}, 3, {})
    np.testing.assert_array_equal(shared["cells"], expected_cells(2, 3))


@pytest.mark.parametrize("size", [2, 8])
def test_members_take_every_step_together(platform, size):
    cells = np.zeros(size, dtype=np.int64)
    arrays = {"cells": cells}
    shared = run_team(count_up, size, arrays, 200, {})
    np.testing.assert_array_equal(shared["cells"], expected_cells(size, 200))
    assert not cells.any()  # the caller's array is copied
    assert not arrays  # and need not stay in memory


@pytest.mark.skipif(os.name != "posix", reason="Windows has none")
def test_one_member_has_the_mutex_at_a_time():
    shared = run_team(count_in_turns, 4, {}, 2000, {"count": ((1,), np.int64)})
    assert shared["count"].tolist() == [8000]


def test_arrays_keep_their_shapes_types_and_values_in_each_member(platform, tmp_path):
    """Some of NumPy's functions have a slow path for an instance of a dtype that was pickled."""
    write_array(tmp_path / "map.npy", np.arange(5, dtype=np.uint16))
    arrays = {
        "map": read_array(tmp_path / "map.npy", mmap=True),
        "matrix": np.arange(15, dtype=np.float32).reshape(3, 5),
        "bytes": np.arange(7, dtype=np.uint8),
        "empty": np.empty((0, 4)),
    }
    scratch = {"ids": ((5,), np.int32), "seen": ((2, 6), np.float64)}
    shared = run_team(look_at_arrays, 2, dict(arrays), [*arrays, "ids"], scratch)
    assert shared["seen"].tolist() == [[1, 1, 1, 1, 1, 10]] * 2
    for name, array in arrays.items():
        assert shared[name].dtype == array.dtype
        np.testing.assert_array_equal(shared[name], array)
    np.testing.assert_array_equal(shared["ids"], np.zeros(5))
    assert isinstance(shared["map"], np.memmap)
    assert str(shared["map"].filename) == str(tmp_path / "map.npy")


def test_children_leave_it_to_the_parent_to_warn_of_scipy(capfd):
    run_team(warn_in_child, 2, {}, None, {})
    said = capfd.readouterr().err
    assert "of the child alone" in said
    assert "csc_matvecs: training takes" not in said


@pytest.mark.parametrize(("n", "size"), [(16, 2), (5, 3), (2, 4), (0, 2)])
def test_shares_cover_everything_once(n, size):
    shares = [
        list(range(n))[Team(rank, size, np.zeros(1 + size, np.int64)).share(n)]
        for rank in range(size)
    ]
    assert [i for share in shares for i in share] == list(range(n))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(
    ("size", "kind", "error", "message"),
    [
        (2, "exception", ValueError, "^the child's own words$"),
        (8, "exception", ValueError, "^the child's own words$"),
        (3, "cannot be pickled", TeamError, "^Local: only its text travels$"),
        pytest.param(2, "killed", TeamError, KILLED, marks=NEEDS_SIGNALS),
        pytest.param(4, "killed", TeamError, KILLED, marks=NEEDS_SIGNALS),
        pytest.param(8, "killed", TeamError, KILLED, marks=NEEDS_SIGNALS),
        (3, "leaves", TeamError, "ended with status 7 before the work was done"),
    ],
)
def test_what_ends_a_child_is_raised_in_the_caller(platform, size, kind, error, message):
    with pytest.raises(error, match=message) as caught:
        run_team(fail_in_child, size, {}, kind, {})
    if kind in ("exception", "cannot be pickled"):
        assert "in fail_in_child" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("size", "error"), [(3, ValueError("in the lead")), (8, KeyboardInterrupt())]
)
def test_what_ends_the_lead_ends_the_children(monkeypatch, size, error):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        team.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    with pytest.raises(type(error)):
        run_team(fail_in_lead, size, {}, error, {})
    assert len(started) == size - 1
    assert all(child.returncode is not None for child in started)


@pytest.mark.parametrize("size", [2, 8])
def test_children_end_when_the_parent_is_killed(platform, size):
    code = f"{fake_windows.SETUP}"
    code += "fake_windows.install()\n" * (platform == "windows")
    code += f"from test_workers import *; run_team(wait_forever, {size}, {{}}, None, {{}})"
    place = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], env=place, **pipes) as parent:
        assert parent.stdout.readline() == "all are here\n"
        parent.kill()
        said = parent.communicate(timeout=60)[1]  # children have its stderr until they end
    assert said == ""
    if Path(shared_memory.OPEN_FILES).is_dir():
        assert litter(parent.pid) == []
    for path in litter(parent.pid):  # SIGKILL gives the parent no time to tidy up
        path.unlink()


def test_what_children_print_is_no_answer(platform, capfd):
    run_team(print_much, 3, {}, None, {})
    said, error = capfd.readouterr()
    assert [said.count("x"), error.count("x")] == [200_000, 400_000]


@pytest.mark.parametrize(
    ("name", "frozen", "expected"),
    [
        ("python3.13", None, True),
        ("Python", None, True),
        ("pythonw.exe", None, True),
        ("pypy3", None, True),
        ("python.exe", True, False),
        ("blender", None, False),
        ("missing/python", None, False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_only_a_python_can_start_others(monkeypatch, tmp_path, name, frozen, expected):
    program = name and str(tmp_path / name)
    if name and "/" not in name:
        Path(program).touch()
    monkeypatch.setattr(sys, "executable", program)
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    assert can_start_children() == expected


def test_children_started_ahead_are_used_or_end(platform):
    with start_children(2) as children:
        shared = run_team(count_up, 2, {"cells": np.zeros(2, np.int64)}, 3, {}, children)
        np.testing.assert_array_equal(shared["cells"], expected_cells(2, 3))
        assert children[0].wait(10) == 0
        assert children[1].poll() is None
    assert children[1].returncode == 0


def test_no_room_is_an_error_before_any_child_starts(platform, monkeypatch):
    monkeypatch.setattr(team, "start_children", None)
    if platform == "windows":
        told = "Windows has no room for them in memory and paging file"
    else:
        told = r".* has no room: \d+ are free"
    told = rf"workers share 288230376151\d+ bytes, and {told}.*; workers=1 shares none"
    with pytest.raises(OSError, match=told):
        run_team(count_up, 2, {}, 0, {"huge": ((2**58,), np.uint8)})


def test_a_child_finds_what_the_parent_imports(tmp_path):
    # a module in a folder that only this process has on its path, and no __main__ guard
    (tmp_path / "only_here.py").write_text(
        "def program(team, arrays, job):\n"
        "    team.barrier()\n"
        "    arrays['ranks'][team.rank] = team.rank + job\n"
        "    team.barrier()\n"
    )
    (tmp_path / "script.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import only_here\n"
        "from negsamp.training.workers import run_team\n"
        "print(run_team(only_here.program, 2, {}, 5, {'ranks': ((2,), int)})['ranks'].tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(team.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[5, 6]\n"
