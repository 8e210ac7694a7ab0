"""What callbacks are given and what they answer, with one process and with several."""

import copy
import pickle

import numpy as np
import pytest
from runs import assert_same

from negsamp import Word2Vec
from negsamp.training import schedule

RNG = np.random.default_rng(0)
SENTENCES = RNG.integers(0, 30, size=(200, 10)).tolist()
# of two topics, so that a word's own vector tells what is held out
TOPICS = (RNG.integers(0, 15, size=(80, 10)) + 15 * (np.arange(80) % 2)[:, None]).tolist()
SETTINGS = {"vector_size": 6, "min_count": 1, "sample": 0, "seed": 1, "epochs": 4}


@pytest.fixture(params=[1, 2])
def fit(request, monkeypatch):
    """Train on text, in one process or two."""
    monkeypatch.setattr(schedule, "TOKENS_WORTH_A_WORKER", 1)

    def fit(callbacks=(), how=None, corpus=SENTENCES, **params):
        model = Word2Vec(**{**SETTINGS, "workers": request.param, "batch_size": 256, **params})
        return model.fit(corpus, callbacks=callbacks, **(how or {}))

    return fit


@pytest.fixture(params=[1, 2, "pairs"])
def train(request, monkeypatch):
    """Train on text, in one process or two, or on pairs."""
    monkeypatch.setattr(schedule, "TOKENS_WORTH_A_WORKER", 1)

    def train(callbacks=()):
        if request.param == "pairs":
            centers, contexts = np.array(SENTENCES)[:, :2].T
            return Word2Vec(**SETTINGS).fit_pairs(centers, contexts, callbacks=callbacks)
        model = Word2Vec(**SETTINGS, workers=request.param, batch_size=256)
        return model.fit(SENTENCES, callbacks=callbacks)

    return train


# --- what a callback takes from the model

TAKEN = {
    "wv": lambda m: m.wv,
    "context_wv": lambda m: m.context_wv,
    "vectors_": lambda m: m.vectors_,
    "context_vectors_": lambda m: m.context_vectors_,
    "loss_history_": lambda m: m.loss_history_,
    "vocabulary_": lambda m: m.vocabulary_,
    "fit_seconds_": lambda m: m.fit_seconds_,
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda m: pickle.loads(pickle.dumps(m)),
}


def numbers(taken):
    """All that can be asked of something that was taken, as bytes or plain values."""
    if isinstance(taken, Word2Vec):
        return [numbers(take(taken)) for take in [*TAKEN.values()][:7]]
    if hasattr(taken, "most_similar"):
        return taken.vectors.tobytes(), [taken.most_similar(key, topn=5) for key in (1, 2)]
    if isinstance(taken, np.ndarray):
        return taken.tobytes()
    return repr(taken)


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_what_a_callback_keeps_does_not_change(train, take):
    kept, then = [], []

    def keep(model, epoch):
        kept.append(take(model))
        then.append(numbers(kept[-1]))

    train(keep)
    assert [numbers(taken) for taken in kept] == then


def test_what_was_kept_and_not_asked_before_training_went_on_is_that_of_its_epoch(fit):
    kept, then = [], []
    fit(lambda m, _: kept.append((m.wv, m.context_wv)))
    fit(lambda m, _: then.append([numbers(m.wv), numbers(m.context_wv)]))
    assert [[numbers(wv) for wv in pair] for pair in kept] == then


def test_what_a_copy_was_never_asked_is_that_of_its_epoch(fit):
    kept, then = [], []
    fit([lambda m, _: kept.append(copy.copy(m)), lambda m, _: then.append(m.vectors_)])
    assert [m.vectors_.tobytes() for m in kept] == [vectors.tobytes() for vectors in then]
    assert len({m.vectors_.tobytes() for m in kept}) == 4


@pytest.mark.parametrize("normalizer", ["global", "center"])
def test_a_normalizer_that_a_callback_keeps_does_not_change(fit, normalizer):
    kept, then = [], []

    def keep(model, epoch):
        kept.append(model.nce_log_z_)
        then.append(np.copy(kept[-1]))

    fit(keep, objective="nce", nce_normalizer=normalizer)
    np.testing.assert_array_equal(kept, then)
    assert (np.diff(then, axis=0) != 0).any()


def test_one_epoch_makes_one_copy_that_cannot_be_written_to(fit):
    shares, writes = [], []

    def look(model, epoch):
        shares.append(np.shares_memory(model.wv.vectors, model.vectors_))
        shares.append(model.wv is model.wv)
        with pytest.raises(ValueError, match="read-only"):
            model.vectors_[:] = 0
        writes.append(epoch)

    model = fit(look)
    assert all(shares)
    assert len(writes) == 4
    model.vectors_[0] = 1  # after training it is the caller's


def test_a_callback_that_only_reads_losses_copies_no_matrix(fit, monkeypatch):
    seen = []
    fit(lambda m, _: seen.append({"vectors", "context_vectors"} & set(vars(m._learned))))
    assert seen == [set()] * 4


# --- what a callback answers


@pytest.mark.parametrize("true", [True, np.float64(2) > 1])
@pytest.mark.parametrize("as_list", [False, True])
def test_true_ends_training_with_that_epoch(train, true, as_list):
    def stop(model, epoch):
        return true if epoch == 2 else None

    kept = []
    callbacks = [stop, lambda m, _: kept.append(m.vectors_)] if as_list else stop
    model = train(callbacks)
    assert len(model.loss_history_) == 2
    if as_list:  # all of them are called
        assert len(kept) == 2
        assert model.vectors_.tobytes() == kept[-1].tobytes()
    whole = []
    train(lambda m, epoch: whole.append(m.vectors_))
    assert model.vectors_.tobytes() == whole[1].tobytes()
    assert model.score_pairs([1], [2]).shape == (1,)


def test_other_answers_mean_nothing(train):
    answers = [None, 1, 2.5, "yes", [1], False, np.False_, np.ones(3), 0]
    callbacks = [lambda m, epoch, answer=answer: answer for answer in answers]
    assert len(train(callbacks).loss_history_) == 4


def test_true_after_the_last_epoch_or_patience_changes_nothing(fit):
    assert_same(fit(lambda m, epoch: epoch == 4), fit())
    how, params = {"validation": 0.3, "patience": 2}, {"epochs": 40, "alpha": 0.1}
    early = fit(how=how, corpus=TOPICS, **params)
    n = len(early.loss_history_)
    assert n < 40
    assert_same(fit(lambda m, epoch: epoch == n, how, TOPICS, **params), early)


def test_true_with_patience_leaves_the_best_epoch(fit):
    how, taken = {"validation": 0.3, "patience": 5}, []

    def stop(model, epoch):
        taken.append(model.vectors_)
        losses = model.validation_loss_history_
        return losses.index(min(losses)) < len(losses) - 1

    model = fit(stop, how, TOPICS, epochs=40, alpha=0.1)
    losses = model.validation_loss_history_
    assert 1 < len(losses) < 40
    assert model.vectors_.tobytes() == taken[losses.index(min(losses))].tobytes()


def test_a_run_that_a_callback_ended_is_finished_for_resume(fit, tmp_path):
    how = {"checkpoint": tmp_path / "run", "checkpoint_every": 0}
    model = fit(lambda m, epoch: epoch == 2, how)
    again = Word2Vec.resume(tmp_path / "run", SENTENCES)
    assert_same(again, model)
    model.save(tmp_path / "model")
    assert_same(Word2Vec.load(tmp_path / "model"), model)


def test_a_callback_ends_a_resumed_run(fit, tmp_path):
    def fail(model, epoch):
        if epoch == 2:
            raise RuntimeError

    how = {"checkpoint": tmp_path / "run", "checkpoint_every": 0}
    with pytest.raises(RuntimeError):
        fit(fail, how)
    resumed = Word2Vec.resume(tmp_path / "run", SENTENCES, callbacks=lambda m, epoch: epoch == 3)
    assert_same(resumed, fit(lambda m, epoch: epoch == 3))


class Own(Exception):
    pass


@pytest.mark.parametrize(
    "error", [Own("why"), StopIteration("why"), SystemExit(3), KeyError("why")]
)
def test_an_exception_of_a_callback_keeps_its_type(train, error):
    def fail(model, epoch):
        models.append(model)
        raise error

    models = []
    with pytest.raises(type(error)) as raised:
        train(fail)
    assert raised.value is error
    assert len(models[-1].loss_history_) == 1


# --- what is no callback


class OfGensim:
    """As gensim's CallbackAny2Vec."""

    epochs = 0

    def on_train_begin(self, model):
        pass

    def on_epoch_end(self, model):
        self.epochs += len(model.loss_history_)


class OfKeras:
    epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += epoch


@pytest.mark.parametrize("kind", [OfGensim, OfKeras])
@pytest.mark.parametrize("wrap", [list, lambda callbacks: callbacks[0]])
def test_an_object_with_methods_for_events_gets_a_line_that_works(kind, wrap):
    for given in (kind(), kind):
        with pytest.raises(TypeError, match="has methods for events") as error:
            Word2Vec(**SETTINGS).fit(SENTENCES, callbacks=wrap([given]))
    line = str(error.value).rpartition("give callbacks=")[2]
    callback = kind()
    advised = eval(line, {"callback": callback})
    Word2Vec(**SETTINGS).fit(SENTENCES, callbacks=advised)
    assert callback.epochs == 1 + 2 + 3 + 4


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (3, "callbacks holds 3, which is not callable: a callback is a function of the model and"),
        ("print", "callbacks holds 'p', which is not callable"),
        ([None], "callbacks holds None, which is not callable"),
        ({"a": print}, "callbacks holds 'a', which is not callable"),
        (lambda model: None, r"cannot be called as callback\(model, epoch\): too many"),
        ([lambda a, b, c: None], r"cannot be called as callback\(model, epoch\): missing"),
        (lambda *, model, epoch: None, "cannot be called"),
    ],
)
def test_what_is_no_callback_is_named_before_anything_is_read(callbacks, message):
    def untouchable():
        raise AssertionError("the corpus was read")
        yield

    with pytest.raises(TypeError, match=message):
        Word2Vec(**SETTINGS).fit(untouchable(), callbacks=callbacks)
    with pytest.raises(TypeError, match=message):
        Word2Vec(**SETTINGS).fit_pairs(untouchable(), callbacks=callbacks)


@pytest.mark.parametrize("callbacks", [None, (), [], print, [print], iter([print]), (print,)])
def test_callbacks_may_be_none_one_or_several(callbacks, capsys):
    model = Word2Vec(**SETTINGS).fit(SENTENCES, callbacks=callbacks)
    assert len(model.loss_history_) == 4
