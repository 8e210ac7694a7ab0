"""Skip-gram word vectors with negative sampling, in pure NumPy."""

__version__ = "0.1.0"

from negsamp.checkpoint import CheckpointError
from negsamp.corpus import CorpusError
from negsamp.datasets import docs_corpus, text8
from negsamp.diagnosis import Diagnosis
from negsamp.evaluation import evaluate_word_analogies, evaluate_word_pairs
from negsamp.fitting import TrainingInterrupted
from negsamp.pairs import skipgram_pairs
from negsamp.sampling import AliasTable, keep_probabilities, noise_probabilities
from negsamp.state import TrainingDivergedError
from negsamp.storage import SavedModelError
from negsamp.vectors import KeyedVectors, UnknownWordError
from negsamp.vocabulary import TokenStream, Vocabulary, read_corpus
from negsamp.word2vec import NotFittedError, Word2Vec

__all__ = [
    "AliasTable",
    "CheckpointError",
    "CorpusError",
    "Diagnosis",
    "KeyedVectors",
    "NotFittedError",
    "SavedModelError",
    "TokenStream",
    "TrainingDivergedError",
    "TrainingInterrupted",
    "UnknownWordError",
    "Vocabulary",
    "Word2Vec",
    "docs_corpus",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "keep_probabilities",
    "noise_probabilities",
    "read_corpus",
    "skipgram_pairs",
    "text8",
]
