"""Turns: whoever is late, killed or off its core, all rows move once, along the same gradients."""

import itertools
import os
import random
import signal
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same

from negsamp import TrainingInterrupted, Word2Vec
from negsamp.core.blocks import BlockShape
from negsamp.core.kernels.pairs import PairBlock, PairKernel, pair_layout
from negsamp.core.kernels.sampled import BlockKernel
from negsamp.core.objectives import OBJECTIVES
from negsamp.core.objectives.nce import NCE
from negsamp.core.optimizers import SGD, Gradients
from negsamp.errors import TeamError
from negsamp.training import run, turns
from negsamp.training.epochs import train_epochs
from negsamp.training.turns import Turns, turns_layout
from negsamp.training.workers import Mutex, Team

G, L, N, D = 8, 4, 3, 5
PIECES = 4  # of two members

NEEDS_FLOCK = pytest.mark.skipif(os.name != "posix", reason="turns need the locks of POSIX")


def schedule_of(**changes):
    parts = {
        "members": 2,
        "shape": BlockShape(G, L, 1, N),
        "reach": 0,
        "blocks_a_run": 4,
        "settings": SimpleNamespace(vector_size=D),
        "limits": SimpleNamespace(max_seconds=None),
    }
    return SimpleNamespace(**{**parts, **changes})


GRADIENTS = pair_layout((G, L, N), D)


@pytest.fixture(autouse=True)
def _many_cores(monkeypatch):
    monkeypatch.setattr(turns, "available_cores", lambda: 8)


@pytest.mark.parametrize(
    "changes",
    [
        {"members": 1},
        {"members": 9},
        {"reach": 16},
        {"limits": SimpleNamespace(max_seconds=60.0)},
        {"settings": SimpleNamespace(vector_size=2**20)},
    ],
)
def test_runs_that_never_go_by_turns_share_nothing_for_them(changes):
    assert turns_layout(schedule_of(), GRADIENTS)
    assert turns_layout(schedule_of(**changes), GRADIENTS) == {}
    assert turns_layout(schedule_of(), {**GRADIENTS, "output_rows": ((7,), np.int32)}) == {}


# --- members in one process


class Kernel:
    """Instead of gradients, who took a piece; a member may be disturbed while it takes one."""

    def __init__(self, rank=0, disturb=lambda piece: None):
        self.rank, self.disturb = rank, disturb

    def beside(self, groups, into):
        return SimpleNamespace(gradients=lambda W_in, W_out, part: self.disturb(part.noise[0, 0]))


def block_of(groups=G):
    """A block whose first noise word in a group is the number of the group."""
    centers, noise = np.zeros((groups, L), np.int32), np.zeros((groups, N), np.int32)
    noise[:, 0] = np.arange(groups)
    return PairBlock(centers, centers, np.ones((groups, L), np.float32), noise, 5)


@pytest.fixture
def members():
    def members(*kernels, size=2):
        layout = turns_layout(schedule_of(members=size), GRADIENTS)
        shared = {name: np.zeros(*spec) for name, spec in layout.items()}
        control, mutex = np.zeros(1 + size, np.int64), threading.Lock()
        kernels = kernels or [Kernel()] * size
        return [
            Turns(Team(rank, size, control, mutex=mutex), shared, G, kernel)
            for rank, kernel in enumerate(kernels)
        ]

    return members


def train(member, blocks=1):
    """Train on some blocks alone."""
    moved = []
    for _ in range(blocks):
        member.take_pieces(block_of(), None, None, None, 0)
        moved += member.take_shares()
    return moved


def test_piece_that_its_member_does_not_finish_is_taken_again(members):
    taken = []

    def come_late(group):
        if not taken:
            other.take_pieces(block_of(), None, None, None, 0)

    late, other = members(Kernel(disturb=come_late), Kernel(disturb=taken.append))
    late.take_pieces(block_of(), None, None, None, 0)
    assert sorted(taken) == [0, 2, 4, 6]  # the first group of each piece
    assert list(late._who)[:PIECES] == [1] * PIECES  # what comes late counts for nothing


def test_member_that_comes_late_finds_blocks_over_and_moves_nothing(members):
    moved, taken = [], []

    def come_late(group):
        taken.append(group)
        if not moved:
            moved.extend(train(other, 3))

    late, other = members(Kernel(disturb=come_late), Kernel())
    assert train(late, 3) == []
    assert moved == [1, 0] * 3
    assert taken == [0]
    assert train(late) == [0, 1]


def test_loss_is_that_of_who_has_measured_it_in_time(members):
    def measure():
        other.take_pieces(block_of(), None, None, lambda: 1.5, 3)
        return 7.0  # by then, rows have moved

    late, other = members()
    late.take_pieces(block_of(), None, None, measure, 3)
    assert list(late.losses) == [0, 0, 0, 1.5]


@pytest.mark.parametrize("size", [2, 3, 4, 8])
def test_each_share_is_moved_once_and_after_all_pieces(members, size):
    blocks, moves, errors = 40, [], []

    def sleep(rng):
        if rng.random() < 0.2:
            time.sleep(rng.choice([0, 0.0001, 0.001]))

    def follow(member, rng):
        try:
            for n in range(blocks):
                sleep(rng)
                member.take_pieces(block_of(), None, None, lambda: 0.0, 0)
                for share in member.take_shares():
                    assert min(member._done) == n + 1
                    sleep(rng)
                    moves.append((n, share))
                assert min(member._moved) >= n + 1
        except BaseException as error:
            errors.append(error)
            member.team.stop()

    rngs = [random.Random(rank) for rank in range(size)]
    team = members(*(Kernel(disturb=lambda group, r=r: sleep(r)) for r in rngs), size=size)
    threads = [threading.Thread(target=follow, args=both) for both in zip(team, rngs, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(moves) == [*itertools.product(range(blocks), range(size))]


@pytest.mark.parametrize("groups", [8, 7, 3, 1])
def test_gradients_of_pairs_are_put_together_from_those_who_took_them(members, groups):
    rng = np.random.default_rng(groups)
    W_in, W_out = rng.normal(size=(2, 20, D)).astype(np.float32)
    log_z = rng.normal(size=(20, 1)).astype(np.float32)
    kernel = PairKernel(NCE(), (G, L, N), D, log_z=log_z)
    block = PairBlock(
        *rng.integers(20, size=(2, groups, L), dtype=np.int32),
        rng.random((groups, L), dtype=np.float32),
        rng.integers(20, size=(groups, N), dtype=np.int32),
        5,
    )
    first, second = members(kernel, kernel)
    for member in (first, second):
        for i in range(PIECES):
            member._begun[i] = member._done[i] = 0
        member.take_pieces(block, W_in, W_out, None, 0)
    for who in itertools.product(range(2), repeat=PIECES):
        for i, rank in enumerate(who):
            first._who[i] = rank
        assert_same_gradients(first.gradients(block), kernel.gradients(W_in, W_out, block))
    for array in filter(lambda a: a is not None, first._gradients[1][0]):
        array[...] = np.nan
    assert np.isnan(first.gradients(block).log_z).any() == (groups >= PIECES)


def assert_same_gradients(found, expected):
    for name in Gradients._fields:
        one, other = getattr(found, name), getattr(expected, name)
        if other is None:
            assert one is None
        else:
            one = np.concatenate(one) if isinstance(one, list) else one
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("core", "blocks", "seconds", "expected"),
    [
        (1.0, 20, 0.002, False),
        (0.9, 20, 0.002, False),
        (0.6, 20, 0.002, True),
        (0.6, 20, 0.2, False),  # blocks longer than a member is away
        (0.6, 4, 0.002, False),  # too few to tell
    ],
)
@pytest.mark.parametrize("rank", [0, 1])
def test_turns_are_wanted_once_a_member_has_less_than_a_core(
    monkeypatch, members, rank, core, blocks, seconds, expected
):
    now = [0.0, 0.0]
    monkeypatch.setattr(turns, "perf_counter", lambda: now[0])
    monkeypatch.setattr(turns, "thread_time", lambda: now[1])
    team = members()
    for member in (team[rank], team[1 - rank]):  # first the one that has less
        member.begin_run()
        now = [now[0] + blocks * seconds, now[1] + blocks * seconds * core]
        member.end_run(blocks)
        core = 1.0
    if rank == 0:  # which has not seen the other's time yet, and does not need to
        assert team[0].are_wanted == expected
    else:
        assert team[0].are_wanted == team[1].are_wanted == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux can keep a core")
@pytest.mark.parametrize(("cores", "chosen"), [({3, 5}, 5), ({1, 2, 3}, None)])
def test_member_stays_on_a_core_while_turns_are_wanted_and_none_is_free(
    monkeypatch, members, cores, chosen
):
    asked = []
    monkeypatch.setattr(turns.os, "sched_getaffinity", lambda pid: cores)
    monkeypatch.setattr(turns.os, "sched_setaffinity", lambda pid, some: asked.append(some))
    first, second = members()
    with second:
        second.begin_run()
        assert asked == []
        first._wanted[0] = 1
        for _ in range(2):
            second.begin_run()
            assert asked == [{chosen}] * (chosen is not None)
    assert asked == [{chosen}, cores] * (chosen is not None)
    second.begin_run()
    first._wanted[0] = 0
    second.begin_run()
    assert asked == [{chosen}, cores] * (chosen is not None) * 2


# --- processes


def words(n=600):
    """Some seventy blocks of 256 centers, in 17 runs of them."""
    rng = np.random.default_rng(0)
    p = np.arange(1, 101.0) ** -1
    return rng.choice(100, size=(n, 30), p=p / p.sum()).tolist()


def fit(workers, how=None, **params):
    settings = {**SMALL_RUN, "epochs": 2, "workers": workers, **params}
    return Word2Vec(**settings).fit(words(), **(how or {}))


@pytest.fixture
def by_turns(monkeypatch, worth_a_worker):
    """Let runs go by turns as often as is said; the list has the blocks that did."""

    def by_turns(share=1.0):
        seen, rng, take_pieces = [], random.Random(0), Turns.take_pieces

        def end_run(self, blocks):
            self._wanted[0] = rng.random() < share

        def note(self, *arguments):
            seen.append(self._block)
            take_pieces(self, *arguments)

        monkeypatch.setattr(Turns, "end_run", end_run)
        monkeypatch.setattr(Turns, "take_pieces", note)
        return seen

    return by_turns


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("workers", [2, 3, 4])
@NEEDS_FLOCK
def test_turns_make_no_difference_to_the_bytes(by_turns, workers, share):
    seen = by_turns(share)
    params = {"batch_size": 512, "optimizer": "sgd" if workers == 3 else "adagrad"}
    assert_same(fit(workers, **params), fit(1, **params))
    assert len(seen) in ([0], range(5, 35), [35])[round(2 * share)]


@pytest.mark.parametrize("name", list(OBJECTIVES))
@NEEDS_FLOCK
def test_every_objective_trains_the_same_by_turns(by_turns, name):
    seen = by_turns()
    how = {"validation": 0.2, "patience": 1}
    assert_same(fit(3, how, objective=name), fit(1, how, objective=name))
    assert bool(seen) == (name not in ("hierarchical", "softmax"))


@NEEDS_FLOCK
def test_pairs_train_the_same_by_turns(by_turns, monkeypatch):
    monkeypatch.setattr("negsamp.training.pairs.PAIRS_WORTH_A_WORKER", 1)
    seen = by_turns()
    pairs = np.random.default_rng(0).integers(50, size=(20_000, 2)).tolist()
    models = [
        Word2Vec(**{**SMALL_RUN, "workers": n, "batch_size": 320}).fit_pairs(pairs) for n in (1, 3)
    ]
    assert_same(*models)
    assert seen


@pytest.mark.parametrize("params", [{"window": 16}, {"vector_size": 300}, {"window": 1}])
@NEEDS_FLOCK
def test_other_shapes_train_the_same_by_turns(by_turns, params):
    by_turns()
    assert_same(fit(2, **params), fit(1, **params))


def disturbed_epochs(team, shared, job):
    """The program of workers of whom one or all sleep, or die, where ``DISTURBED`` says."""
    who, where, what = os.environ["DISTURBED"].split()
    owner, name = {
        "piece": (BlockKernel, "gradients"),
        "share": (Turns, "gradients"),  # which only a member that has a share asks for
        "rows": (SGD, "apply"),
        "mutex": (Mutex, "__enter__"),
    }[where]
    method, rng, calls = getattr(owner, name), random.Random(team.rank), itertools.count()

    def disturbed(*args, **kwargs):
        for is_after in range(2):
            if what == "kill":
                if next(calls) == 60:
                    os.kill(os.getpid(), signal.SIGKILL)
            elif rng.random() < 0.1:
                time.sleep(rng.choice([0, 0.001, 0.01]))
            if not is_after:
                found = method(*args, **kwargs)
        return found

    setattr(owner, name, disturbed if who in ("all", str(team.rank)) else method)
    try:
        train_epochs(team, shared, job)
    finally:
        setattr(owner, name, method)


@pytest.fixture
def disturbed(monkeypatch, by_turns):
    def disturbed(who, where, what="sleep"):
        by_turns()
        monkeypatch.setenv("DISTURBED", f"{who} {where} {what}")
        monkeypatch.setattr(run.Run, "program", staticmethod(disturbed_epochs))

    return disturbed


@pytest.mark.parametrize("where", ["piece", "share", "rows", "mutex"])
@pytest.mark.parametrize(("who", "workers"), [("0", 2), ("1", 2), ("all", 4)])
@NEEDS_FLOCK
def test_workers_that_sleep_give_the_same_bytes(disturbed, who, workers, where):
    params = {"objective": "nce", "batch_size": 512}
    expected = fit(1, **params)
    disturbed(who, where)
    assert_same(fit(workers, **params), expected)


@pytest.mark.parametrize("where", ["piece", "share", "mutex"])
@NEEDS_FLOCK
def test_worker_that_is_killed_by_turns_ends_the_run(disturbed, where):
    def fit_often():
        for _ in range(10):  # where the machine is busy, the others may do all the work of a run
            fit(3, epochs=20)

    disturbed("1", where, "kill")
    with pytest.raises(TeamError, match="ended by signal 9 before the work was done"):
        fit_often()


@NEEDS_FLOCK
def test_error_by_turns_ends_the_run(by_turns, monkeypatch):
    by_turns()

    def fail(self):
        raise RuntimeError("by turns")

    monkeypatch.setattr(Turns, "take_shares", fail)
    with pytest.raises(RuntimeError, match="by turns"):
        fit(2)


@pytest.mark.parametrize("moment", [3, 20, 77])
@NEEDS_FLOCK
def test_ctrl_c_by_turns_leaves_whole_updates(disturbed, monkeypatch, tmp_path, moment):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    expected = fit(1)
    disturbed("1", "share")
    calls, take_pieces = itertools.count(), Turns.take_pieces

    def interrupted(self, *arguments):
        if next(calls) == moment:
            os.kill(os.getpid(), signal.SIGINT)
        take_pieces(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Turns, "take_pieces", interrupted)
        with pytest.raises(TrainingInterrupted):
            fit(2, {"checkpoint": tmp_path / "run"})
    signal.signal(signal.SIGINT, before)
    assert_same(Word2Vec.resume(tmp_path / "run", words()), expected)
