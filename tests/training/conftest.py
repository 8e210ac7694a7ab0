"""What several tests of runs need."""

import os

import fake_windows
import pytest

from negsamp import TrainingInterrupted
from negsamp.training.checkpoints import Checkpoints


@pytest.fixture(params=["here", "windows"])
def platform(request, monkeypatch, tmp_path):
    """What this system has for workers, and what Windows has."""
    if request.param == "windows":
        if not hasattr(os, "pidfd_open"):
            pytest.skip("what Windows has is made from what Linux has")
        fake_windows.install(monkeypatch.setattr, monkeypatch.setitem)
        monkeypatch.setenv("NEGSAMP_NAMED_MEMORY", str(tmp_path))
    return request.param


@pytest.fixture
def stopped(monkeypatch):
    """Train until so many checkpoints are written, when Ctrl-C is pressed."""

    def stopped(checkpoints, train, match=None):
        write, written = Checkpoints.try_to_write, []

        def try_to_write(self, *state):
            written.append(write(self, *state))
            if len(written) == checkpoints:
                raise KeyboardInterrupt
            return written[-1]

        with monkeypatch.context() as patch:
            patch.setattr(Checkpoints, "try_to_write", try_to_write)
            with pytest.raises(TrainingInterrupted, match=match):
                train()

    return stopped
