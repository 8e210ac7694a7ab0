"""How much memory a training run takes, from its sizes alone."""

from __future__ import annotations

from typing import NamedTuple

from negsamp.core.windows import READ_AT_ONCE
from negsamp.training.schedule import Schedule

__all__ = ["Footprint", "training_footprint"]

# Python with NumPy and SciPy: what each process has for itself, and the libraries that all of them
# map once. Measured with CPython 3.11, NumPy 2.4 and SciPy 1.17 on Linux.
PROCESS, LIBRARIES = 36_000_000, 24_000_000
# A word in a list and in a dict, beside the `str`: two pointers, a cell of the dict and an int.
WORD = 8 + 104 + 28
# Of a run of centers: ids, sentence ends of each (int64), radii; of tokens as they are read: id,
# random number, whether and where it is kept.
RUN, READ = 48, 24


class Footprint(NamedTuple):
    """Memory of a run, in bytes.

    Attributes
    ----------
    matrices : int
        The two of (V, d) float32.
    corpus : int
        Its ids and sentence ends; 0 where they lie in files.
    words : int
        The vocabulary.
    state : int
        What else is kept for each word: sums of squares, probabilities, the tree.
    gradients : int
        Of one update, all processes together.
    each_process : int
        Python, its libraries' own data and buffers, in each process.
    processes : int
    total : int
        All of it, with the libraries once.
    """

    matrices: int
    corpus: int
    words: int
    state: int
    gradients: int
    each_process: int
    processes: int
    total: int


def training_footprint(schedule: Schedule, V: int, d: int, corpus: int, spelling: int) -> Footprint:
    """Memory that `Run.train` needs.

    Parameters
    ----------
    schedule : Schedule
    V, d : int
        Words and dimensions.
    corpus : int
        Bytes of the token stream in memory.
    spelling : int
        Bytes of the words themselves.

    Returns
    -------
    Footprint
        An estimate: what Python and the system keep for later is not in it.
    """
    shape, w = schedule.shape, schedule.reach
    state = V * (2 * 8 + 4 + 4 + 4)
    gradients, buffers, occurrences = schedule.settings.objective.update_bytes(shape, w, V, d)
    run = min(
        shape.batch_size * schedule.blocks_a_run, int(schedule.kept_tokens) + shape.batch_size
    )
    read = min(READ_AT_ONCE, int(corpus / 4) + 1) if corpus else READ_AT_ONCE
    own = 2 * 8 * V + buffers + RUN * run + READ * read + 60 * occurrences
    each = PROCESS + int(own)
    matrices, words = 2 * 4 * V * d, V * WORD + spelling
    shared = matrices + corpus + state + gradients
    total = LIBRARIES + words + shared + schedule.members * each
    return Footprint(matrices, corpus, words, state, gradients, each, schedule.members, total)
