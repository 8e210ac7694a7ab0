"""Runs that begin with the pointwise mutual information, and those that do not."""

import mmap
from types import SimpleNamespace

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same

from negsamp import KeyedVectors, Word2Vec
from negsamp.training import initial_vectors
from negsamp.training.initial_vectors import pmi_start
from negsamp.training.settings import Settings

GROUPS, SIZE = 12, 8
RUN = {**SMALL_RUN, "batch_size": None, "vector_size": 16}


def baskets(seed=0, n=600, noise=0.4):
    """Items of one group, and some of any."""
    rng = np.random.default_rng(seed)
    items = np.array([rng.permutation(SIZE)[:4] for _ in range(n)])
    items += SIZE * rng.integers(GROUPS, size=(n, 1))
    wrong = rng.random(items.shape) < noise
    items[wrong] = rng.integers(GROUPS * SIZE, size=int(wrong.sum()))
    return [[f"w{i}" for i in basket] for basket in items]


def of_the_group(wv):
    """The share of the five nearest that are of a word's group."""
    near = wv.most_similar_batch(list(wv), topn=5)
    same = [
        int(word[1:]) // SIZE == int(other[1:]) // SIZE
        for word, answers in zip(wv, near, strict=True)
        for other, _ in answers
    ]
    return np.mean(same)


@pytest.fixture
def begun(monkeypatch):
    """The arguments of each beginning with the mutual information."""
    calls, add = [], initial_vectors.add_pmi_vectors

    def noted(*args):
        calls.append(args)
        add(*args)

    monkeypatch.setattr(initial_vectors, "add_pmi_vectors", noted)
    return calls


@pytest.mark.parametrize(("sample", "is_told"), [(1e-4, True), (1e-3, False), (0, False)])
def test_narrower_windows_are_logged(sample, is_told, caplog):
    with caplog.at_level("INFO", "negsamp"):
        Word2Vec(**{**RUN, "epochs": 1, "sample": sample}).fit(baskets())
    # of 96 words that are equally frequent, √(96 t) + 96 t
    told = "windows are of 1.32 tokens, not 5: sample takes out more than 1e-3 would"
    assert (told in caplog.text) == is_told


def test_one_epoch_is_enough_for_groups():
    random, pmi = (
        of_the_group(Word2Vec(**{**RUN, "epochs": 1, "init": init}).fit(baskets()).wv)
        for init in ("random", "pmi")
    )
    assert random < 0.6
    assert pmi > 0.95


@pytest.mark.parametrize("epochs", [1, 5])
def test_number_of_workers_makes_no_difference(epochs, worth_a_worker):
    sizes = {"epochs": epochs, "batch_size": 512}
    one, three = (
        Word2Vec(**{**RUN, **sizes, "workers": workers}).fit(baskets()) for workers in (1, 3)
    )
    assert_same(three, one)


@pytest.mark.parametrize(
    ("params", "kept_tokens", "begins"),
    [
        ({}, 1_000, True),
        ({"epochs": 5}, 4e6, True),
        ({"epochs": 10}, 1_000, True),
        ({"epochs": 11}, 1_000, False),
        ({"epochs": 1}, 21e6, False),
        ({"epochs": 2}, 11e6, False),
        ({"epochs": 50, "init": "pmi"}, 21e6, True),
        ({"init": "random"}, 1_000, False),
        ({"shift": 0}, 1_000, True),
        ({"objective": "nce"}, 1_000, False),
        ({"objective": "infonce"}, 1_000, False),
        ({"objective": "softmax"}, 1_000, False),
        ({"objective": "hierarchical"}, 1_000, False),
    ],
)
def test_few_epochs_of_little_text_begin_with_pmi(params, kept_tokens, begins):
    settings = Settings.checked(Word2Vec(**params).get_params())
    schedule = SimpleNamespace(settings=settings, kept_tokens=kept_tokens)
    assert (pmi_start(schedule, np.ones(3) / 3) is not None) == begins


@pytest.mark.parametrize("workers", [1, 2])
def test_vectors_begin_where_workers_share_them(workers, begun, worth_a_worker):
    # else the output vectors, which were zeros, would be in memory twice
    Word2Vec(**{**RUN, "batch_size": 256, "workers": workers}).fit(baskets())
    [(into, *_)] = begun
    is_shared = [isinstance(array.base, mmap.mmap) for array in (into.W_in, into.W_out)]
    assert is_shared == [workers > 1] * 2


def test_products_and_scale_follow_the_loss_and_the_epochs(begun):
    for epochs, shift, K in ((1, None, 5), (4, 0, 2)):
        Word2Vec(**{**RUN, "epochs": epochs, "shift": shift, "negative": K}).fit(baskets())
    (*_, first, scale, _, _), (*_, other, small, _, _) = begun
    assert (first, scale) == (pytest.approx(1), 1)
    assert (other, small) == (pytest.approx(-np.log(2)), 0.25)


def test_what_is_held_out_is_not_looked_at(begun):
    text = baskets()
    Word2Vec(**RUN).fit(text, validation=0.2)
    [(_, (ids, offsets, left_out), *_)] = begun
    assert np.diff(left_out).sum() == pytest.approx(0.2 * len(ids), rel=0.1)
    assert np.isin(left_out, offsets).all()
    Word2Vec(**RUN).fit(text)
    assert begun[1][1][2].shape == (0, 2)


@pytest.mark.parametrize("init", [None, "pmi"])
def test_first_text_of_a_stream_begins_with_pmi_and_later_ones_go_on(begun, init):
    model = Word2Vec(**RUN, init=init).partial_fit(baskets())
    fitted = Word2Vec(**RUN, init=init).fit(baskets())
    assert model.vectors_.tobytes() == fitted.vectors_.tobytes()
    assert len(begun) == 2
    model.partial_fit(baskets(seed=1))
    fitted.set_params(init="random").partial_fit(baskets(seed=1))
    assert model.vectors_.tobytes() == fitted.vectors_.tobytes()
    assert len(begun) == 2


def test_run_that_goes_on_does_not_begin_again(begun, stopped, tmp_path):
    whole = Word2Vec(**RUN).fit(baskets())
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, baskets())))
    folder = tmp_path / "run"
    stopped(3, lambda: Word2Vec(**RUN).fit(text, checkpoint=folder, checkpoint_every=0))
    n = len(begun)
    assert_same(Word2Vec.resume(folder), whole)
    assert len(begun) == n == 2


def test_given_vectors_come_before(begun):
    vectors = KeyedVectors(["w1"], np.ones((1, RUN["vector_size"]), np.float32))
    Word2Vec(**RUN).fit(baskets(), init_vectors=vectors)
    assert begun == []
    with pytest.raises(ValueError, match="init is 'pmi', but there are init_vectors to begin with"):
        Word2Vec(**RUN, init="pmi").fit(baskets(), init_vectors=vectors)


def bought(seed=0, n=3000, noise=0.4):
    """Users and items of one group, or of any."""
    rng = np.random.default_rng(seed)
    users = rng.integers(400, size=n)
    items = SIZE * (users % GROUPS) + rng.integers(SIZE, size=n)
    wrong = rng.random(n) < noise
    items[wrong] = rng.integers(GROUPS * SIZE, size=int(wrong.sum()))
    return users.tolist(), [f"w{i}" for i in items]


@pytest.fixture
def paired(monkeypatch):
    """The arguments of each beginning with pairs."""
    calls, add = [], initial_vectors.add_pair_vectors
    noted = lambda *args: (calls.append(args), add(*args))  # noqa: E731
    monkeypatch.setattr(initial_vectors, "add_pair_vectors", noted)
    return calls


def test_one_epoch_is_enough_for_groups_of_pairs():
    random, pmi = (
        of_the_group(Word2Vec(**{**RUN, "epochs": 1, "init": i}).fit_pairs(*bought()).context_wv)
        for i in ("random", "pmi")
    )
    assert random < 0.5
    assert pmi > 0.95


@pytest.mark.parametrize(
    ("params", "n"),
    [({}, 1), ({"init": "pmi", "epochs": 30}, 1), ({"init": "random"}, 0), ({"epochs": 11}, 0)],
)
def test_few_epochs_of_few_pairs_begin_with_pmi(paired, params, n):
    model = Word2Vec(**{**RUN, **params}).fit_pairs(*bought(n=50))
    assert len(paired) == n
    for *_, offset, scale, _, _ in paired:
        assert (offset, scale) == (pytest.approx(1), 1 / model.epochs)


def test_pairs_that_are_held_out_are_not_looked_at(paired):
    Word2Vec(**RUN).fit_pairs(*bought(), validation=0.2)
    [(_, pairs, *_)] = paired
    assert len(pairs) == pytest.approx(0.8 * 3000, rel=0.01)


def test_number_of_workers_makes_no_difference_to_pairs(monkeypatch):
    monkeypatch.setattr("negsamp.training.pairs.PAIRS_WORTH_A_WORKER", 1)
    one, three = (Word2Vec(**{**RUN, "workers": w}).fit_pairs(*bought()) for w in (1, 3))
    assert_same(three, one)


def test_run_of_pairs_that_goes_on_does_not_begin_again(paired, stopped, tmp_path):
    table = tmp_path / "pairs.tsv"
    table.write_text("".join(f"{user}\t{item}\n" for user, item in zip(*bought(), strict=True)))
    whole = Word2Vec(**RUN).fit_pairs(table)
    folder = tmp_path / "run"
    stopped(3, lambda: Word2Vec(**RUN).fit_pairs(table, checkpoint=folder, checkpoint_every=0))
    assert_same(Word2Vec.resume_pairs(folder), whole)
    assert len(paired) == 2


def test_vectors_given_to_pairs_come_before(paired):
    vectors = KeyedVectors(["w1"], np.ones((1, RUN["vector_size"]), np.float32))
    Word2Vec(**RUN).fit_pairs(*bought(), init_vectors=vectors)
    assert paired == []


def test_other_objectives_refuse_it():
    message = "init is 'pmi', but vectors of objective 'softmax' do not tell the pointwise mutual"
    with pytest.raises(ValueError, match=message):
        Word2Vec(init="pmi", objective="softmax").fit(baskets())
