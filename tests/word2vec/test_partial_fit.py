"""A model goes on with more text, from exactly where it was."""

import copy
import itertools
import pickle
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import SMALL_RUN, assert_same

from negsamp import CorpusError, Objective, UnknownWordError, Word2Vec
from negsamp.core import rare_words
from negsamp.core.objectives import OBJECTIVES
from negsamp.training import schedule

GOLDEN = Path(__file__).parents[1] / "golden"
GROWING = [name for name, objective in OBJECTIVES.items() if objective.grows]
SETTINGS = {**SMALL_RUN, "min_count": 2, "epochs": 2}
SETTINGS.pop("batch_size")


def text_of(seed, n=60, words=80):
    """Sentences of words that are drawn by Zipf's law, more of them where the seed is larger."""
    drawn = np.random.default_rng(seed).zipf(1.3, size=(n, 10)) % (words + 20 * seed)
    return [[f"w{i}" for i in sentence] for sentence in drawn]


TEXTS = [text_of(seed) for seed in range(3)]


def model_of(**params):
    return Word2Vec(**{**SETTINGS, **params})


def grown(*texts, model=None, how=None, **params):
    model = model_of(**params) if model is None else model
    for text in texts:
        model.partial_fit(text, **(how or {}))
    return model


def state_of(model):
    """All that a later call depends on, as plain values."""
    learned = model._learned
    sums = learned.sums and {name: array.tobytes() for name, array in learned.sums.items()}
    vocabulary = learned.vocabulary
    log_z = learned.needs.log_z
    return (
        *(learned.W_in.tobytes(), learned.W_out.tobytes(), sums, learned.calls),
        *(list(vocabulary.words), vocabulary.counts.tolist(), dict(vocabulary.index)),
        *(vocabulary.raw_words, dict(vocabulary.rare.counts), learned.loss_history),
        *(learned.validation_loss_history, None if log_z is None else log_z.tobytes()),
    )


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def workers(request, monkeypatch):
    monkeypatch.setattr(schedule, "TOKENS_WORTH_A_WORKER", 1)
    return request.param


# --- what a call comes to


@pytest.mark.parametrize("objective", GROWING)
def test_first_call_is_fit(objective):
    fitted = model_of(objective=objective).fit(TEXTS[0])
    first = grown(TEXTS[0], objective=objective)
    assert state_of(first) == state_of(fitted)
    assert_same(first, fitted)


def test_later_call_goes_on_after_fit_as_after_a_first_call():
    fitted = model_of().fit(TEXTS[0])
    assert state_of(grown(TEXTS[1], model=fitted)) == state_of(grown(*TEXTS[:2]))


def test_fit_begins_anew():
    model = grown(*TEXTS)
    assert state_of(model.fit(TEXTS[1])) == state_of(model_of().fit(TEXTS[1]))


@given(
    texts=st.lists(
        st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=6), max_size=4
    ),
    min_count=st.integers(1, 5),
)
@settings(max_examples=60)
def test_counts_are_those_of_all_texts(texts, min_count):
    texts = [[["a", "b"]] * 5, *texts]
    model, seen, rows = model_of(min_count=min_count, epochs=1), Counter(), {}
    for text in texts:
        model.partial_fit(text)
        seen.update(itertools.chain.from_iterable(text))
        vocabulary = model.vocabulary_
        assert dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True)) == {
            word: n for word, n in seen.items() if n >= min_count
        }
        assert vocabulary.rare.counts == {word: n for word, n in seen.items() if n < min_count}
        assert vocabulary.index == {word: row for row, word in enumerate(vocabulary.words)}
        assert rows.items() <= vocabulary.index.items()
        assert model.raw_words_ == seen.total()
        assert len(model.vectors_) == len(model.context_vectors_) == len(vocabulary)
        rows = dict(vocabulary.index)


def test_new_words_stand_behind_the_others_in_order_of_falling_count():
    model = grown([["a", "b"]] * 3 + [["x", "z"]], [["c", "y", "x", "z", "y"], ["c", "z", "y"]])
    assert model.wv.index_to_key == ["a", "b", "y", "z", "c", "x"]
    assert model.wv.counts.tolist() == [3, 3, 3, 3, 2, 2]
    assert model.wv.index_to_key == model.context_wv.index_to_key


def test_later_call_reads_files_as_lists(tmp_path):
    path = tmp_path / "more.txt"
    path.write_text("\n".join(map(" ".join, TEXTS[1])))
    assert state_of(grown(TEXTS[0], path)) == state_of(grown(*TEXTS[:2]))


def test_words_may_be_of_any_kind():
    texts = [[[1, ("a", 2)]] * 3, [[1, b"x", True, 2.5]] * 2]
    assert grown(*texts).wv.index_to_key == [1, ("a", 2), b"x", 2.5]


@pytest.mark.parametrize("objective", GROWING)
@pytest.mark.parametrize("optimizer", ["adagrad", "sgd"])
def test_all_that_is_learned_goes_on(objective, optimizer):
    how = {"objective": objective, "optimizer": optimizer}
    how |= {"nce_normalizer": "center"} if objective == "nce" else {}
    model = grown(TEXTS[0], **how)
    V, before = len(model.vocabulary_), copy.deepcopy(model._learned)
    model.set_params(alpha=1e-9, min_alpha=1e-9)
    grown(TEXTS[1], model=model)
    after = model._learned
    assert len(after.vocabulary) > V
    np.testing.assert_allclose(after.W_in[:V], before.W_in, atol=1e-6)
    np.testing.assert_allclose(after.W_out[:V], before.W_out, atol=1e-6)
    for name, sums in before.sums.items():
        assert (after.sums[name][:V] >= sums).all()
        assert optimizer == "sgd" or (after.sums[name][:V] > sums).any()
    if objective == "nce":
        assert model.nce_log_z_.shape == (len(after.vocabulary),)


def test_losses_and_seconds_go_on(monkeypatch):
    model = grown(TEXTS[0])
    first, seconds = [*model.loss_history_], dict(model.fit_seconds_)
    grown(TEXTS[1], model=model, how={"validation": 0.2})
    assert model.loss_history_[:2] == first
    assert (len(model.loss_history_), len(model.validation_loss_history_)) == (4, 2)
    assert all(model.fit_seconds_[name] > seconds[name] for name in ("read", "train"))
    monkeypatch.setattr("negsamp.training.run.LONGEST_HISTORY", 3)
    assert len(grown(TEXTS[2], model=model).loss_history_) == 3


def test_noise_and_subsampling_follow_all_texts():
    seen = []
    model = grown(*TEXTS[:2], noise=lambda counts: seen.append(counts) or counts)
    assert seen[-1].tolist() == model.vocabulary_.counts.tolist()


def test_each_call_draws_its_own_random_numbers():
    one, other = grown(TEXTS[0], TEXTS[0]), grown(TEXTS[0])
    other._learned = copy.copy(other._learned)
    object.__setattr__(other._learned, "calls", 7)
    other.partial_fit(TEXTS[0])
    assert one.vectors_.tobytes() != other.vectors_.tobytes()


# --- the learning rate


def rates(monkeypatch, text, model=None, **how):
    """The model after a call, and the learning rates of its updates."""
    seen, model = [], model or model_of(epochs=2)
    learning_rate = schedule.Schedule.learning_rate
    with monkeypatch.context() as patch:
        patch.setattr(
            schedule.Schedule,
            "learning_rate",
            lambda self, done: seen.append(learning_rate(self, done)) or seen[-1],
        )
        model.partial_fit(text, **how)
    return model, seen


@pytest.mark.parametrize(
    ("how", "first", "last"),
    [
        ({}, 0.025, 1e-4),
        ({"alpha": 0.1}, 0.1, 1e-4),
        ({"min_alpha": 0.02}, 0.025, 0.02),
        ({"alpha": 0.1, "min_alpha": 0.1}, 0.1, 0.1),
    ],
)
def test_rate_of_the_first_call_falls(monkeypatch, how, first, last):
    model, seen = rates(monkeypatch, TEXTS[0], **how)
    assert seen[0] == first
    assert seen[-1] == pytest.approx(last, abs=(first - last) / 20)
    assert seen == sorted(seen, reverse=True)
    assert model.get_params() == model_of(epochs=2).get_params()


@pytest.mark.parametrize(
    ("how", "first", "last"),
    [
        ({}, 0.025, 0.025),
        ({"alpha": 0.1}, 0.1, 0.1),
        ({"min_alpha": 0}, 0.025, 0),
        ({"alpha": 0.02, "min_alpha": 0.01}, 0.02, 0.01),
        ({"alpha": 0, "min_alpha": 0}, 0, 0),
    ],
)
def test_rate_of_later_calls_stays_at_first_or_is_their_own(monkeypatch, how, first, last):
    _, seen = rates(monkeypatch, TEXTS[1], grown(TEXTS[0]), **how)
    assert seen[0] == first
    assert seen[-1] == pytest.approx(last, abs=(first - last) / 20)
    assert seen == sorted(seen, reverse=True)


def test_rate_of_later_calls_falls_with_all_that_was_read(monkeypatch):
    monkeypatch.setattr("negsamp.training.past.SLOWER_FROM", 300)
    model, seen = rates(monkeypatch, TEXTS[1], grown(TEXTS[0]))
    assert model.raw_words_ == 1200
    assert seen[0] == pytest.approx(0.025 * 0.5**0.5)
    assert seen[-1] == pytest.approx(0.025 * 0.5, rel=0.1)
    model.alpha = 0.5
    model, seen = rates(monkeypatch, TEXTS[2] * 10, model)
    assert seen[0] == pytest.approx(0.25)
    assert seen[-1] == pytest.approx(0.5 * 0.3, rel=0.1)
    assert {*rates(monkeypatch, TEXTS[1], model)[1]} == {0.15}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"alpha": -0.1}, "alpha is -0.1; it must be a finite number from 0 to 10, or None"),
        ({"alpha": 11}, "alpha is 11; it must be"),
        ({"min_alpha": float("nan")}, "min_alpha is nan; it must be"),
        ({"alpha": 0.01, "min_alpha": 0.02}, "min_alpha is 0.02; it must be at most alpha, 0.01"),
        ({"min_alpha": 0.5}, "min_alpha is 0.5; it must be at most alpha, 0.0"),
    ],
)
def test_rates_are_checked_before_anything_is_read(is_first, how, message):
    model = model_of() if is_first else grown(TEXTS[0])
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        model.partial_fit(itertools.repeat("never read"), **how)
    with pytest.raises(TypeError, match=r"alpha is \[0.1"):
        model.partial_fit(itertools.repeat("never read"), alpha=[0.1])


# --- a stream has such batches


@pytest.mark.parametrize(
    "text",
    [[], [[]], [["w2"]], [["new", "words"]], [["w2"], ["new"]], [["w1", "w2"]]],
    ids=str,
)
@pytest.mark.parametrize("how", [{}, {"validation": 0.1, "patience": 2}, {"max_time": 9}])
def test_text_without_a_pair_is_counted(text, how):
    text = [*text]
    if how and text == [["w1", "w2"]]:
        pytest.skip("a pair, of which none can be held out")
    model = grown(TEXTS[0])
    vectors, counts, n = model.vectors_.copy(), Counter(), model.raw_words_
    counts.update(dict(zip(model.wv.index_to_key, model.wv.counts.tolist(), strict=True)))
    grown(text, model=model, how=how, sample=1e-9)
    counts.update(w for w in itertools.chain.from_iterable(text) if w in counts)
    assert dict(zip(model.wv.index_to_key, model.wv.counts.tolist(), strict=True)) == counts
    assert model.raw_words_ == n + sum(map(len, text))
    if text != [["w1", "w2"]]:
        assert model.vectors_.tobytes() == vectors.tobytes()
        assert len(model.loss_history_) == 2
    grown(TEXTS[1], model=model)


def test_word_that_stands_alone_gets_a_row():
    model = grown(TEXTS[0], [["x"], ["x"]])
    assert model.wv.get_count("x") == 2
    assert 0 < np.linalg.norm(model.wv["x"]) < 1
    assert not model.context_wv["x"].any()


def test_first_text_must_have_something_to_train_on():
    with pytest.raises(CorpusError, match="no word is seen min_count=2 times"):
        grown([["a", "b"]])


def test_stream_of_small_batches_copies_no_matrix():
    model, rooms = grown(TEXTS[0], epochs=1), []
    for seed in range(10):
        grown(text_of(seed, n=5), model=model)
        rooms.append({id(a.base) for a in (model._learned.W_in, model._learned.W_out)})
    assert all(room == rooms[0] for room in rooms)
    assert model._learned.sums["squares_in"].base is not None


def test_rare_words_are_remembered_up_to_a_bound(monkeypatch):
    monkeypatch.setattr("negsamp.corpus.counting.REMEMBERED", 4)
    model = grown([["a", "b"]] * 3 + [["c", "d", "e", "f", "g"]])
    assert len(model.vocabulary_.rare.counts) == 4
    grown([["x", "y"]], model=model)
    assert [*model.vocabulary_.rare.counts][-2:] == ["x", "y"]
    assert len(model.vocabulary_.rare.counts) == 4
    grown([["x"], [*"hijk"]], model=model)
    assert "x" in model.wv
    assert "y" not in model.vocabulary_.rare.counts
    assert rare_words.REMEMBERED >= 100_000


def test_max_vocab_size_bounds_what_is_remembered():
    model = grown([["a", "b"]] * 3 + [[*"cdefg"]], max_vocab_size=5)
    assert len(model.vocabulary_.rare.counts) <= 3
    grown([[*"hijklm"], ["a"]], model=model)
    assert len(model.vocabulary_.rare.counts) <= 3
    assert model.wv.get_count("a") == 4


def test_words_of_the_model_are_never_forgotten_while_a_text_is_read(monkeypatch):
    monkeypatch.setattr("negsamp.corpus.reading.TOKENS_PER_CHUNK", 8)
    model = grown([["a", "b", "c"]] * 3, max_vocab_size=3)
    grown([["a", "b", "c"], *([f"r{i}"] * 3 + ["a"] for i in range(9))], model=model)
    assert [model.wv.get_count(word) for word in "abc"] == [13, 4, 4]


def test_max_final_vocab_leaves_room_or_none():
    model = grown([["a", "b"]] * 3, max_final_vocab=3)
    grown([["c", "d", "c", "d", "d"]], model=model)
    assert model.wv.index_to_key == ["a", "b", "d"]
    assert model.vocabulary_.rare.counts == {"c": 2}
    model.max_final_vocab = 1
    grown([["c", "d"]], model=model)
    assert model.wv.index_to_key == ["a", "b", "d"]
    model.max_final_vocab = None
    grown([["c"]], model=model)
    assert model.wv.get_count("c") == 4


# --- the same from wherever it goes on


@pytest.mark.parametrize(
    "pause",
    [
        lambda model, folder: pickle.loads(pickle.dumps(model)),
        lambda model, folder: copy.deepcopy(model),
        lambda model, folder: model.save(folder) or Word2Vec.load(folder),
        lambda model, folder: model.save(folder) or Word2Vec.load(folder, mmap=True),
    ],
    ids=["pickle", "deepcopy", "save", "mmap"],
)
@pytest.mark.parametrize("objective", GROWING)
def test_model_goes_on_after_a_pause(pause, objective, tmp_path):
    expected = grown(*TEXTS, objective=objective)
    model = grown(*TEXTS[:2], objective=objective)
    again = pause(model, tmp_path / "model")
    for paused in (model, again):
        grown(TEXTS[2], model=paused)
        assert state_of(paused) == state_of(expected)


def test_any_number_of_workers_gives_the_same(workers):
    expected = grown(*TEXTS, workers=1)
    assert state_of(grown(*TEXTS, workers=workers)) == state_of(expected)
    model = grown(TEXTS[0], workers=3 - workers).set_params(workers=workers)
    assert state_of(grown(*TEXTS[1:], model=model)) == state_of(expected)


def test_empty_call_with_a_checkpoint_is_finished(tmp_path):
    model = grown(TEXTS[0])
    model.partial_fit([["new"]], checkpoint=tmp_path / "run")
    assert state_of(Word2Vec.resume(tmp_path / "run")) == state_of(model)


# --- what others have stays as it is

TAKEN = {
    "wv": lambda m: m.wv,
    "context_wv": lambda m: m.context_wv,
    "vectors_": lambda m: m.vectors_,
    "context_vectors_": lambda m: m.context_vectors_,
    "vocabulary_": lambda m: m.vocabulary_,
    "loss_history_": lambda m: m.loss_history_,
    "nce_log_z_": lambda m: m.nce_log_z_,
    "copy": copy.copy,
    "of a callback": lambda m: m.kept,
}


def value_of(taken):
    if isinstance(taken, Word2Vec):
        return state_of(taken)
    if hasattr(taken, "most_similar"):
        return taken.vectors.tobytes(), taken.index_to_key, taken.counts.tolist()
    if hasattr(taken, "words"):
        return taken.words, taken.counts.tolist(), taken.index, taken.rare.counts
    return taken.tobytes() if isinstance(taken, np.ndarray) else taken


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_what_was_taken_stays_as_it_is(take):
    def keep(model, epoch):
        model.kept = copy.copy(model)

    expected = grown(*TEXTS, objective="nce", nce_normalizer="center")
    model = grown(*TEXTS[:2], objective="nce", nce_normalizer="center", how={"callbacks": keep})
    taken = take(model)
    before = copy.deepcopy(value_of(taken))
    grown(TEXTS[2], model=model)
    assert value_of(taken) == before
    assert state_of(model) == state_of(expected)
    if isinstance(taken, Word2Vec):
        grown(TEXTS[2], model=taken)
        assert state_of(model) == state_of(expected)


def failing(text):
    yield from text
    raise OSError("the line is dead")


FAULTS = {
    "the corpus": (CorpusError, "the line is dead", lambda: {"corpus": failing(TEXTS[1])}),
    "a token": (CorpusError, "None", lambda: {"corpus": [*TEXTS[1], [None]]}),
    "too little to hold out": (
        CorpusError,
        "validation is 0.5",
        lambda: {"corpus": [["w2", "w1", "new", "new"]], "validation": 0.5},
    ),
    "the noise": (ValueError, "must be 0 or more", lambda: {"noise": lambda counts: -counts}),
    "a frozen word": (UnknownWordError, "'nowhere'", lambda: {"frozen": ["nowhere"]}),
    "frozen": (TypeError, "frozen is 'w2'", lambda: {"frozen": "w2"}),
    "a callback": (TypeError, "callbacks holds 7", lambda: {"callbacks": 7}),
    "y": (TypeError, "y is 'latin-1'", lambda: {"y": "latin-1"}),
    "a path": (FileNotFoundError, "nowhere.txt", lambda: {"corpus": "nowhere.txt"}),
    "memory": (MemoryError, "no room", lambda: {"noise": no_room}),
}


def no_room(counts):
    raise MemoryError("no room")


@pytest.mark.parametrize(("kind", "message", "how"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("is_taken", [False, True])
def test_failed_call_leaves_the_model_as_it_was(kind, message, how, is_taken):
    model, how = grown(TEXTS[0]), how()
    before = copy.deepcopy(state_of(model))
    kept = model.wv if is_taken else None
    text = how.pop("corpus", TEXTS[1])
    model.noise = how.pop("noise", None)
    with pytest.raises(kind, match=re.escape(message)):
        model.partial_fit(text, **how)
    assert state_of(model) == before
    model.noise = None
    del kept
    assert state_of(grown(TEXTS[1], model=model)) == state_of(grown(*TEXTS[:2]))


def test_call_that_cannot_begin_leaves_the_model_as_it_was(tmp_path, monkeypatch):
    model = grown(TEXTS[0])
    before = copy.deepcopy(state_of(model))
    monkeypatch.setattr("negsamp.training.checkpoints.write_model", no_room)
    with pytest.raises(TypeError):
        model.partial_fit(TEXTS[1], checkpoint=tmp_path / "run")
    assert state_of(model) == before


def test_interrupted_call_has_what_it_learned():
    def stop(model, epoch):
        raise KeyboardInterrupt

    model = grown(TEXTS[0])
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(TEXTS[1], callbacks=stop)
    assert len(model.loss_history_) == 3
    assert len(model.vectors_) == len(model.vocabulary_)
    grown(TEXTS[2], model=model)


def test_callback_that_returns_true_ends_the_call():
    model = grown(*TEXTS[:2], how={"callbacks": lambda model, epoch: True})
    assert len(model.loss_history_) == 2


@pytest.mark.parametrize("objective", GROWING)
@pytest.mark.parametrize("frozen", [True, ["w1", "w2"], {"w3": 1}, np.array(["w1"])])
def test_frozen_words_keep_their_vectors(objective, frozen):
    model = grown(TEXTS[0], objective=objective)
    before = {word: model.wv[word].tobytes() for word in model.wv}
    grown(TEXTS[1], model=model, how={"frozen": frozen})
    words = before if frozen is True else [*frozen]
    assert all(model.wv[word].tobytes() == before[word] for word in words)
    moved = [word for word in before if model.wv[word].tobytes() != before[word]]
    assert (len(moved) == 0) == (frozen is True)
    grown(TEXTS[1], model=model)
    assert model.wv["w1"].tobytes() != before["w1"]


def test_first_call_takes_vectors_to_begin_with_and_later_ones_do_not():
    first = model_of().fit(TEXTS[0]).wv
    model = model_of().partial_fit(TEXTS[1], init_vectors=first, frozen=True)
    assert model.wv["w1"].tobytes() == first["w1"].tobytes()
    with pytest.raises(ValueError, match="init_vectors is given, but the model has vectors"):
        model.partial_fit(TEXTS[1], init_vectors=first)


# --- what is refused, before anything is read


class Mine(Objective):
    def __init__(self, k=1):
        self.k = k

    def loss(self, positive, negative, weight=1.0):
        return (1 - positive) ** 2 + weight * (negative**2).sum(axis=-1)

    def score_gradients(self, positive, negative, weight=1.0):
        return -2 * (1 - positive), weight * 2 * negative


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("vector_size", 9), ("window", 3), ("objective", "nce"), ("optimizer", "sgd")],
        *[("negative", 7), ("ns_exponent", 0.5), ("shrink_windows", False), ("objective", Mine())],
    ],
)
def test_settings_on_which_the_vectors_depend_must_stay(name, value, tmp_path):
    first = grown(TEXTS[0])
    first.save(tmp_path / "model")
    for model in (first, Word2Vec.load(tmp_path / "model")):
        before, was = copy.deepcopy(state_of(model)), getattr(model, name)
        model.set_params(**{name: value})
        with pytest.raises(ValueError, match=f"^{name} is .*, and the model was tr") as caught:
            model.partial_fit(itertools.repeat("never read"))
        advice = re.search(r"set_params\(.*\)", str(caught.value))[0].split(",")[0]
        assert state_of(model) == before
        eval(f"model.{advice}")
        assert getattr(model, name) == was
        model.partial_fit(TEXTS[1])


def test_objective_of_ones_own_goes_on():
    model = grown(TEXTS[0], objective=Mine())
    model.objective = Mine()
    grown(TEXTS[1], model=model)
    model.objective = Mine(2)
    with pytest.raises(
        ValueError, match="objective is 'mine', and the model was trained with 'mine'"
    ):
        grown(TEXTS[1], model=model)


def test_other_settings_may_change():
    model = grown(TEXTS[0])
    model.set_params(epochs=1, alpha=0.01, min_alpha=0.01, min_count=1, sample=1e-3, seed=None)
    grown([["y", "w1"]], model=model)
    assert "y" in model.wv
    assert len(model.loss_history_) == 3


def test_tree_of_counts_cannot_grow():
    fitted = model_of(objective="hierarchical").fit(TEXTS[0])
    for model in (fitted, model_of(objective="hierarchical")):
        with pytest.raises(ValueError, match=r"'hierarchical', whose tree .* objective='sgns'"):
            model.partial_fit(itertools.repeat("never read"))


def test_noise_must_be_a_function_where_words_are_added():
    for model in (model_of(noise=np.ones(3)), grown(TEXTS[0]).set_params(noise=[1.0])):
        with pytest.raises(ValueError, match="give a function of the counts") as caught:
            model.partial_fit(itertools.repeat("never read"))
        advice = re.search(r"noise=lambda .*", str(caught.value))[0]
        eval(f"model.set_params({advice})").partial_fit(TEXTS[1])


def test_model_of_pairs_is_refused():
    model = model_of(min_count=1).fit_pairs([("a", "b"), ("b", "a")])
    with pytest.raises(ValueError, match="fitted to pairs"):
        model.partial_fit(TEXTS[1])


def test_model_without_sums_begins_them_anew_and_says_so():
    model = Word2Vec.load(GOLDEN / "sgns")
    words = model.wv.index_to_key
    with pytest.warns(RuntimeWarning, match="saved without the optimizer's sums") as caught:
        model.partial_fit([["cat", "dog", "new"]] * 5)
    assert caught[0].filename == __file__
    assert model.wv.index_to_key == [*words, "new"]
    model.partial_fit([["cat", "dog"]])


@pytest.mark.parametrize("keys", [None, str])
def test_rare_words_that_no_file_holds_are_left_out(tmp_path, keys):
    odd, texts = frozenset("x"), [["a", "b"], ["a", "b"], ["c d", 7, "\ud800"]]
    model = grown([*texts, [odd]])
    model.save(tmp_path / "model", keys=keys)
    again = Word2Vec.load(tmp_path / "model")
    kept = again.vocabulary_.rare.counts
    expected = {"c d": 1, 7: 1, "\ud800": 1}
    if keys:
        expected = {"c d": 1, "7": 1, "\ud800": 1, str(odd): 1}
    assert kept == expected
    grown([["c d"]], model=again)
    assert "c d" in again.wv
