"""Rounds cover the run once, and a piece is trained as a function of what it is given."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negsamp import Word2Vec
from negsamp.core.sampling import AliasTable, keep_probabilities
from negsamp.corpus.counting import read_corpus
from negsamp.corpus.stream import TokenStream
from negsamp.dask import rounds as module
from negsamp.dask.rounds import PieceSchedule, default_rounds, piece_of, plan_rounds, train_piece
from negsamp.training.arrays import TextArrays
from negsamp.training.initial_vectors import initial_vectors
from negsamp.training.schedule import Schedule
from negsamp.training.workers import start_children


@given(st.integers(1, 20), st.integers(1, 200))
def test_plan_rounds_covers_each_epoch_once(epochs, rounds):
    plan = plan_rounds(epochs, rounds)
    assert len(plan) == max(epochs, rounds)
    for epoch in range(epochs):
        ends = [end for round_ in plan if round_.epoch == epoch for end in round_.part]
        assert ends[0] == 0
        assert ends[-1] == 1
        assert ends[1:-1:2] == ends[2::2]
        assert ends == sorted(ends)
    assert [round_.epoch for round_ in plan] == sorted(round_.epoch for round_ in plan)
    assert plan[0].place[0] == 0
    assert plan[-1].place[1] == 1


def test_plan_rounds_are_alike():
    sizes = [end - begin for _, _, (begin, end) in plan_rounds(3, 80)]
    assert max(sizes) < 1.05 * min(sizes)


def test_default_rounds_follow_the_corpus_and_the_matrices():
    assert default_rounds(17_000, 5, 4, 1000 * 100) == module.FEWEST
    few = default_rounds(17_000_000, 5, 4, 82_000 * 100)
    assert few == default_rounds(17_000_000, 3, 8, 82_000 * 100) == module.ENOUGH
    assert module.FEWEST < default_rounds(3_000_000, 5, 4, 82_000 * 100) < module.ENOUGH
    many = default_rounds(17_000_000_000, 5, 4, 82_000 * 100)
    assert many > 10 * few
    assert default_rounds(17_000_000_000, 5, 4, 1_000_000 * 300) < many


@st.composite
def streams(draw):
    lengths = draw(st.lists(st.integers(1, 30), max_size=20))
    offsets = np.cumsum([0, *lengths])
    return TokenStream(np.arange(offsets[-1], dtype=np.int32), offsets)


@given(streams(), st.lists(st.floats(0, 1), max_size=5), st.sampled_from([1, 5, 10_000]))
def test_piece_of_takes_each_token_once(stream, cuts, near):
    edges = [0.0, *sorted(cuts), 1.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "NEAR", near)
        pieces = [piece_of(stream, part) for part in pairwise(edges)]
    assert np.concatenate([piece.ids for piece in pieces]).tolist() == stream.ids.tolist()
    starts = {*stream.offsets.tolist()}
    for piece in pieces:
        assert piece.offsets[0] == 0
        assert piece.offsets[-1] == len(piece)
        assert (np.diff(piece.offsets) > 0).all()
        if near == 10_000 and len(piece):  # then no sentence is cut
            assert {*(piece.ids[0] + piece.offsets).tolist()} <= starts


TEXT = [[f"w{(i * i + j) % 50}" for j in range(20)] for i in range(400)]


def parameters(**params):
    model = Word2Vec(**{"vector_size": 12, "sample": 0, "seed": 1, "min_count": 1, **params})
    s = model._settings()
    vocabulary, stream = read_corpus(TEXT, 1)
    counts, V, d = vocabulary.counts, len(vocabulary), s.vector_size
    keep, noise = keep_probabilities(counts, s.sample), s.noise_distribution(counts)
    table, extras = AliasTable(noise), s.objective.extras(counts, noise, s.negative)
    arrays = TextArrays(
        **vars(extras),
        W_in=initial_vectors(V, d, 1),
        W_out=np.zeros((V, d), np.float32),
        squares_in=np.zeros(V),
        squares_out=np.zeros(V),
        squares_log_z=None if extras.log_z is None else np.zeros(len(extras.log_z)),
        ids=stream.ids[:0],
        offsets=stream.offsets[:1],
        keep=keep,
        threshold=table.threshold,
        alias=table.alias,
    )
    return Schedule.of_corpus(s, counts, stream.longest_sentence, keep, 1), arrays, stream


OBJECTIVES = ["sgns", "nce", "infonce", "softmax", "hierarchical"]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_train_piece_is_a_function_of_its_arguments(objective):
    schedule, arrays, stream = parameters(objective=objective, epochs=3)
    before = {name: array.copy() for name, array in arrays.as_dict().items()}
    runs = [train_piece(schedule, arrays, stream, (0.25, 0.5), (7, 1)) for _ in range(2)]
    other = train_piece(schedule, arrays, stream, (0.25, 0.5), (7, 2))
    for name, array in arrays.as_dict().items():
        assert array.tobytes() == before[name].tobytes()
    one, two = (run.arrays for run in runs)
    assert one.W_in.tobytes() == two.W_in.tobytes() != arrays.W_in.tobytes()
    assert one.W_out.tobytes() == two.W_out.tobytes()
    if schedule.settings.objective.draws_noise:  # as no token is subsampled
        assert one.W_in.tobytes() != other.arrays.W_in.tobytes()
    assert runs[0].loss == runs[1].loss > 0
    assert runs[0].pairs > 0
    assert runs[0].tokens == len(stream)


@pytest.mark.parametrize("cores", [2, 3])
def test_train_piece_has_the_same_bytes_on_any_number_of_cores(cores, monkeypatch):
    monkeypatch.setattr(module, "TOKENS_WORTH_A_CORE", 1)
    schedule, arrays, stream = parameters(objective="nce", batch_size=1024)
    one = train_piece(schedule, arrays, stream, (0, 1), (0, 0)).arrays
    with start_children(cores - 1) as helpers:
        several = train_piece(schedule, arrays, stream, (0, 1), (0, 0), helpers).arrays
        assert [helper.wait() for helper in helpers] == [0] * len(helpers)  # they have helped
    for name, array in one.learned().items():
        assert array.tobytes() == several.learned()[name].tobytes()


@pytest.mark.parametrize("n", [0, 1])
def test_train_piece_of_nothing(n):
    schedule, arrays, stream = parameters()
    piece = TokenStream(stream.ids[:n], np.unique([0, n]))
    assert train_piece(schedule, arrays, piece, (0, 1), (0, 0)) == (None, 0.0, 0.0, n)


def test_piece_schedule_has_the_rates_of_its_place():
    schedule, _, _ = parameters(epochs=4, alpha=0.1, min_alpha=0.02)
    own = PieceSchedule(*vars(schedule).values(), span=(0.5, 0.75))
    begin = 3 * own.kept_tokens
    rates = [own.learning_rate(begin + share * own.kept_tokens) for share in (0, 0.5, 1, 1.2)]
    np.testing.assert_allclose(rates, [0.06, 0.05, 0.04, 0.04])
    whole = replace(schedule, settings=replace(schedule.settings, epochs=1))
    np.testing.assert_allclose(
        [PieceSchedule(*vars(whole).values()).learning_rate(x) for x in (0.0, whole.kept_tokens)],
        [whole.learning_rate(x) for x in (0.0, whole.kept_tokens)],
    )


@pytest.mark.parametrize("blocks", [0.2, 1, 40, 40.3, 64.5, 130])
def test_piece_schedule_has_runs_that_its_tokens_fill(blocks):
    schedule, _, _ = parameters(batch_size=1000)
    size = schedule.shape.batch_size
    own = PieceSchedule(*vars(replace(schedule, kept_tokens=blocks * size)).values())
    runs = -(-blocks // own.blocks_a_run)
    assert own.blocks_a_run <= module.MOST_BLOCKS_A_RUN
    assert runs * own.blocks_a_run - blocks < 1 + runs
