"""What negsamp uses on Windows, made from what Linux has, for this process and for its workers."""

import mmap
import os
import select
import shutil
import subprocess
import sys
import types
from pathlib import Path

from negsamp.corpus import stream
from negsamp.training import shared_memory, workers

NEW_GROUP = 0x200
SETUP = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r}); import fake_windows\n"


class Like:
    """A module with some other attributes, and without some."""

    def __init__(self, module, lacking=(), **others):
        self._module, self._lacking = module, lacking
        vars(self).update(others)

    def __getattr__(self, name):
        if name in self._lacking:
            raise AttributeError(name)
        return getattr(self._module, name)


def named_memory(fileno, length, tagname):
    """Memory with a name is a file in the folder that the environment names."""
    assert fileno == -1
    path = os.path.join(os.environ["NEGSAMP_NAMED_MEMORY"], tagname)
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    os.ftruncate(file, length)
    with open(file, "r+b"):
        return mmap.mmap(file, length)


def popen(*arguments, creationflags, **others):
    assert creationflags == NEW_GROUP
    return subprocess.Popen(*arguments, start_new_session=True, **others)


def has_ended(process, milliseconds):
    return 0 if select.select([process], [], [], milliseconds / 1000)[0] else 258


WINAPI = types.SimpleNamespace(
    SYNCHRONIZE=0x100000,
    WAIT_OBJECT_0=0,
    OpenProcess=lambda access, inherit, number: os.pidfd_open(number),
    WaitForSingleObject=has_ended,
)


def install(setattr=setattr, setitem=lambda there, name, value: there.update({name: value})):
    """Let workers do what they do on Windows; monkeypatch's functions undo it."""
    windows = Like(sys, platform="win32")
    for module in (shared_memory, workers, stream):
        setattr(module, "sys", windows)
    setattr(shared_memory, "mmap", Like(mmap, mmap=named_memory))
    setattr(
        workers, "subprocess", Like(subprocess, Popen=popen, CREATE_NEW_PROCESS_GROUP=NEW_GROUP)
    )
    # a parent's number says nothing there
    setattr(workers, "os", Like(os, ("sched_yield", "getppid")))
    setitem(sys.modules, "_winapi", WINAPI)
    first, last = workers.CHILD.rsplit("\n_child()", 1)
    setattr(workers, "CHILD", f"{first}\n{SETUP}fake_windows.install()\n_child(){last}")


def refuse_files_in_use(setattr):
    """Let no file be removed or renamed, and no folder with it, that this process has open."""

    def refusing(function):
        def refuses(path, *others, **named):
            place = os.path.realpath(path)
            used = Path("/proc/self/maps").read_text().splitlines()
            links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
            used += [f" {link.readlink()}" for link in links]
            if os.path.isfile(place) and function is rmdir:
                raise NotADirectoryError(path)
            if any(f" {place}" == line[-len(place) - 1 :] or f" {place}/" in line for line in used):
                raise PermissionError(13, "it is in use", os.fspath(path))
            return function(path, *others, **named)

        return refuses

    rmdir = os.rmdir
    for name in ("unlink", "rename", "replace", "rmdir"):
        setattr(os, name, refusing(getattr(os, name)))
    setattr(shutil, "_use_fd_functions", False)
