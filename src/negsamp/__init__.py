"""Skip-gram word vectors with negative sampling, in pure NumPy."""

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
    NotFittedError,
    SavedModelError,
    TrainingDivergedError,
    TrainingInterrupted,
    UnknownWordError,
    VectorFileError,
)
from negsamp.vectors.evaluation import evaluate_word_analogies, evaluate_word_pairs
from negsamp.vectors.formats import open_vectors, save_vectors
from negsamp.vectors.formats.glove import load_glove_format, save_glove_format
from negsamp.vectors.formats.npz import load_npz, save_npz
from negsamp.vectors.formats.projector import load_projector, save_projector
from negsamp.vectors.formats.safetensors import load_safetensors, save_safetensors
from negsamp.vectors.formats.word2vec import load_word2vec_format, save_word2vec_format
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.stability import Stability, stability
from negsamp.version import __version__ as __version__
from negsamp.word2vec.diagnosis import Diagnosis
from negsamp.word2vec.model import Word2Vec

__all__ = [
    "AliasTable",
    "CheckpointError",
    "CorpusError",
    "Diagnosis",
    "KeyedVectors",
    "NotFittedError",
    "Objective",
    "Phrases",
    "SavedModelError",
    "Stability",
    "TokenStream",
    "TrainingDivergedError",
    "TrainingInterrupted",
    "UnknownWordError",
    "VectorFileError",
    "Vocabulary",
    "Word2Vec",
    "check_gradients",
    "docs_corpus",
    "encode_corpus",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
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
]
