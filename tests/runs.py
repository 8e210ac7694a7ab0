"""Small runs of training, and what makes two of them the same."""

SMALL_RUN = {
    "vector_size": 8,
    "min_count": 1,
    "epochs": 3,
    "seed": 1,
    "sample": 0,
    "batch_size": 256,
    "workers": 1,
    "progress": False,
}


def assert_same(model, expected):
    assert model.vectors_.tobytes() == expected.vectors_.tobytes()
    assert model.context_vectors_.tobytes() == expected.context_vectors_.tobytes()
    assert model.loss_history_ == expected.loss_history_
    assert model.validation_loss_history_ == expected.validation_loss_history_
    assert model.wv.index_to_key == expected.wv.index_to_key
