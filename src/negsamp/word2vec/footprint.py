"""How much memory a training run takes, estimated from its sizes alone."""

from __future__ import annotations

from typing import NamedTuple

from negsamp.core.pmi import pmi_bytes
from negsamp.core.windows import READ_AT_ONCE
from negsamp.training.schedule import Schedule

__all__ = ["Footprint", "training_footprint"]

# Bytes of Python with NumPy and SciPy: what each process has for itself, and the libraries that all
# of them share. Measured with CPython 3.11, NumPy 2.4 and SciPy 1.17 on Linux.
PROCESS, LIBRARIES = 36_000_000, 24_000_000
# Bytes of a word in a list and in a dict, beside its `str`; of its sums of squares, probabilities
# and places in an update; of a center that waits in a run of blocks; of a token that is being read.
WORD, STATE, CENTER, TOKEN = 140, 44, 56, 24


class Footprint(NamedTuple):
    """Memory of a run, in bytes."""

    matrices: int  # the two of (V, d) float32
    corpus: int  # its ids and sentence ends; 0 where they lie in files
    words: int  # the vocabulary
    state: int  # what else is kept for each word
    gradients: int  # of one update, all processes together
    each_process: int  # Python and buffers, in each process
    processes: int
    total: int  # all of it, with the libraries once; more if what comes before takes more


def training_footprint(schedule: Schedule, V: int, corpus: int, spelling: int) -> Footprint:
    """Estimate the memory that `Run.train` needs for V words, at most at one time.

    `corpus` and `spelling` are the bytes of the token stream in memory and of the words themselves.
    """
    shape, s = schedule.shape, schedule.settings
    d = s.vector_size
    gradients, buffers = s.objective.update_bytes(shape, schedule.reach, V, d)
    centers = shape.batch_size * schedule.blocks_a_run
    each = PROCESS + buffers + CENTER * centers + TOKEN * READ_AT_ONCE
    matrices, words, state = 2 * 4 * V * d, WORD * V + spelling, STATE * V
    shared = matrices + corpus + words + state + gradients
    total = LIBRARIES + shared + schedule.members * each
    if s.pmi_offset(schedule.kept_tokens) is not None:
        # there are no gradients and other processes yet
        start = pmi_bytes(V, d, schedule.kept_tokens, schedule.weights)
        total = max(total, LIBRARIES + PROCESS + shared - gradients + start)
    return Footprint(matrices, corpus, words, state, gradients, each, schedule.members, total)
