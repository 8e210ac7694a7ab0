"""Skip-gram word vectors with negative sampling, in pure NumPy."""

__version__ = "0.1.0"
