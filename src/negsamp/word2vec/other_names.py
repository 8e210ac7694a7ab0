"""Names that gensim's model has, and what to write for them here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.other_names import OF_VECTORS, OtherNames

__all__ = ["OtherModelNames"]

FIT = "write model.fit(corpus), which counts the words and trains"
GO_ON = "write model.partial_fit(corpus), which counts on and goes on training"
OF_MODELS = {
    "add_null_word": FIT,
    "build_vocab": f"{FIT}; with update=True, model.partial_fit(corpus)",
    "build_vocab_from_freq": FIT,
    "corpus_total_words": "write model.raw_words_",
    "create_binary_tree": FIT,
    "docvecs": "write model.transform(texts)",
    "dv": "write model.transform(texts)",
    "estimate_memory": "write model.diagnose(corpus)",
    "get_latest_training_loss": "write model.loss_history_",
    "infer_vector": "write model.transform(texts)",
    "init_weights": FIT,
    "iter": "write model.epochs",
    "layer1_size": "write model.vector_size",
    "make_cum_table": FIT,
    "predict_output_word": "write model.predict_context(words)",
    "prepare_vocab": FIT,
    "prepare_weights": FIT,
    "raw_vocab": "write model.vocabulary_",
    "reset_from": FIT,
    "running_training_loss": "write model.loss_history_",
    "scan_vocab": FIT,
    "size": "write model.vector_size",
    "syn1": "write model.context_vectors_",
    "syn1neg": "write model.context_vectors_",
    "total_train_time": "write model.fit_seconds_['train']",
    "train": f"{FIT}; to go on, model.partial_fit(corpus)",
    "update_weights": GO_ON,
}


class OtherModelNames(OtherNames):
    """gensim's names of models, and the questions that its older models answered themselves."""

    _other_names: ClassVar[Mapping[str, str]] = {
        **{k: f"write model.wv.{k}" for k in dir(KeyedVectors) if not k.startswith("_")},
        **{name: re.sub(r"\bkv\b", "model.wv", hint) for name, hint in OF_VECTORS.items()},
        **OF_MODELS,
    }
