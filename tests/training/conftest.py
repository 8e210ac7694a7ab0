"""What several tests of runs need."""

import pytest

from negsamp import TrainingInterrupted
from negsamp.training.checkpoints import Checkpoints


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
