"""A call of `partial_fit` that is stopped ends with the same bytes when it is resumed."""

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same

from negsamp import CheckpointError, Word2Vec
from negsamp.training import schedule

HOW = {"validation": 0.2, "patience": 2}


def text_of(seed):
    drawn = np.random.default_rng(seed).zipf(1.4, (90, 10)) % (60 + 30 * seed)
    return [[f"w{i}" for i in line] for line in drawn]


TEXTS = [text_of(seed) for seed in range(3)]


def grown(*texts, model=None, **params):
    model = Word2Vec(**{**SMALL_RUN, "min_count": 2, **params}) if model is None else model
    for text in texts:
        model.partial_fit(text, **HOW)
    return model


def assert_all_the_same(model, expected):
    assert_same(model, expected)
    assert model.vocabulary_.rare.counts == expected.vocabulary_.rare.counts
    assert model.raw_words_ == expected.raw_words_
    assert model.nce_log_z_.tobytes() == expected.nce_log_z_.tobytes()


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def workers(request, monkeypatch):
    monkeypatch.setattr(schedule, "TOKENS_WORTH_A_WORKER", 1)
    return request.param


@pytest.mark.parametrize("stopped_after", [1, 9])
@pytest.mark.parametrize(
    ("from_file", "rates"),
    [(False, {}), (True, {"alpha": 0.1, "min_alpha": 0.02})],
    ids=["lists", "file, rates"],
)
def test_stopped_call_goes_on(stopped, tmp_path, stopped_after, from_file, rates, workers):
    text = TEXTS[1]
    if from_file:
        text = tmp_path / "text.txt"
        text.write_text("\n".join(map(" ".join, TEXTS[1])))
    params = {"objective": "nce", "nce_normalizer": "center"}
    expected = grown(TEXTS[0], **params).partial_fit(text, **HOW, **rates)
    grown(TEXTS[2], model=expected)
    model = grown(TEXTS[0], workers=workers, **params)
    folder = tmp_path / "run"
    how = {**HOW, "checkpoint": folder, "checkpoint_every": 0, **rates}
    stopped(stopped_after, lambda: model.partial_fit(text, **how))
    others = [["w1", "w2"]] * 90
    with pytest.raises(CheckpointError, match="is not the one that this run began with"):
        Word2Vec.resume(folder, others)
    resumed = Word2Vec.resume(folder, None if from_file else text)
    assert resumed.fit_seconds_["train"] > 0
    for model in (resumed, Word2Vec.resume(folder)):
        assert_all_the_same(grown(TEXTS[2], model=model), expected)
