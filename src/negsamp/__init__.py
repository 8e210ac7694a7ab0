"""Skip-gram word vectors with negative sampling, in pure NumPy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from negsamp.version import __version__ as __version__

if TYPE_CHECKING:
    from negsamp.core.gradient_check import check_gradients
    from negsamp.core.objectives import Objective
    from negsamp.core.sampling import AliasTable, keep_probabilities, noise_probabilities
    from negsamp.core.vocabulary import Vocabulary
    from negsamp.core.windows import skipgram_pairs
    from negsamp.corpus.counting import read_corpus
    from negsamp.corpus.datasets import docs_corpus, text8
    from negsamp.corpus.encoding import encode_corpus
    from negsamp.corpus.phrases.phrase_detection import Phrases
    from negsamp.corpus.stream import TokenStream
    from negsamp.corpus.walks import random_walks
    from negsamp.errors import (
        CheckpointError,
        CorpusError,
        DatasetError,
        DownloadError,
        NotFittedError,
        SavedModelError,
        TeamError,
        TrainingDivergedError,
        TrainingInterrupted,
        UnknownWordError,
        VectorFileError,
    )
    from negsamp.pictures.explore import explorer_page
    from negsamp.vectors.evaluation import evaluate_word_analogies, evaluate_word_pairs
    from negsamp.vectors.formats import open_vectors, save_vectors
    from negsamp.vectors.formats.glove import load_glove_format, save_glove_format
    from negsamp.vectors.formats.npz import load_npz, save_npz
    from negsamp.vectors.formats.projector import load_projector, save_projector
    from negsamp.vectors.formats.safetensors import load_safetensors, save_safetensors
    from negsamp.vectors.formats.word2vec import load_word2vec_format, save_word2vec_format
    from negsamp.vectors.keyed_vectors import KeyedVectors
    from negsamp.vectors.post_processing import all_but_the_top, wv_plus_context
    from negsamp.vectors.stability import Stability, stability
    from negsamp.word2vec.diagnosis import Diagnosis
    from negsamp.word2vec.model import Word2Vec

__all__ = [
    "AliasTable",
    "CheckpointError",
    "CorpusError",
    "DatasetError",
    "Diagnosis",
    "DownloadError",
    "KeyedVectors",
    "NotFittedError",
    "Objective",
    "Phrases",
    "SavedModelError",
    "Stability",
    "TeamError",
    "TokenStream",
    "TrainingDivergedError",
    "TrainingInterrupted",
    "UnknownWordError",
    "VectorFileError",
    "Vocabulary",
    "Word2Vec",
    "all_but_the_top",
    "check_gradients",
    "docs_corpus",
    "encode_corpus",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "explorer_page",
    "keep_probabilities",
    "load_glove_format",
    "load_npz",
    "load_projector",
    "load_safetensors",
    "load_word2vec_format",
    "noise_probabilities",
    "open_vectors",
    "random_walks",
    "read_corpus",
    "save_glove_format",
    "save_npz",
    "save_projector",
    "save_safetensors",
    "save_vectors",
    "save_word2vec_format",
    "skipgram_pairs",
    "stability",
    "text8",
    "wv_plus_context",
]

# Where each name is. A module is imported when one of its names is used first, so that programs and
# processes that need one thing do not wait for the rest.
_PLACES = {
    name: module
    for module, names in {
        "core.gradient_check": "check_gradients",
        "core.objectives": "Objective",
        "core.sampling": "AliasTable keep_probabilities noise_probabilities",
        "core.vocabulary": "Vocabulary",
        "core.windows": "skipgram_pairs",
        "corpus.counting": "read_corpus",
        "corpus.datasets": "docs_corpus text8",
        "corpus.encoding": "encode_corpus",
        "corpus.phrases.phrase_detection": "Phrases",
        "corpus.stream": "TokenStream",
        "corpus.walks": "random_walks",
        "errors": "CheckpointError CorpusError DatasetError DownloadError NotFittedError "
        "SavedModelError TeamError TrainingDivergedError TrainingInterrupted UnknownWordError "
        "VectorFileError",
        "pictures.explore": "explorer_page",
        "vectors.evaluation": "evaluate_word_analogies evaluate_word_pairs",
        "vectors.formats": "open_vectors save_vectors",
        "vectors.formats.glove": "load_glove_format save_glove_format",
        "vectors.formats.npz": "load_npz save_npz",
        "vectors.formats.projector": "load_projector save_projector",
        "vectors.formats.safetensors": "load_safetensors save_safetensors",
        "vectors.formats.word2vec": "load_word2vec_format save_word2vec_format",
        "vectors.keyed_vectors": "KeyedVectors",
        "vectors.post_processing": "all_but_the_top wv_plus_context",
        "vectors.stability": "Stability stability",
        "word2vec.diagnosis": "Diagnosis",
        "word2vec.model": "Word2Vec",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
