"""Skip-gram word vectors with negative sampling, in pure NumPy."""

__version__ = "0.1.0"

from negsamp.agreement import Stability, stability
from negsamp.checkpoint import CheckpointError
from negsamp.corpus import CorpusError
from negsamp.datasets import docs_corpus, text8
from negsamp.diagnosis import Diagnosis
from negsamp.evaluation import evaluate_word_analogies, evaluate_word_pairs
from negsamp.fitting import TrainingInterrupted
from negsamp.formats import (
    VectorFileError,
    load_glove_format,
    load_npz,
    load_projector,
    load_safetensors,
    load_word2vec_format,
    open_vectors,
    save_glove_format,
    save_npz,
    save_projector,
    save_safetensors,
    save_vectors,
    save_word2vec_format,
)
from negsamp.pairs import skipgram_pairs
from negsamp.phrases import Phrases
from negsamp.sampling import AliasTable, keep_probabilities, noise_probabilities
from negsamp.state import TrainingDivergedError
from negsamp.storage import SavedModelError
from negsamp.vectors import KeyedVectors, UnknownWordError
from negsamp.vocabulary import TokenStream, Vocabulary, read_corpus
from negsamp.walks import random_walks
from negsamp.word2vec import NotFittedError, Word2Vec

__all__ = [
    "AliasTable",
    "CheckpointError",
    "CorpusError",
    "Diagnosis",
    "KeyedVectors",
    "NotFittedError",
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
    "docs_corpus",
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
