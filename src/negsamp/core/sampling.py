"""Which tokens are kept, which words are noise, and how noise is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from negsamp.checks import glimpse, is_real

__all__ = [
    "AliasTable",
    "checked_noise",
    "custom_noise",
    "keep_probabilities",
    "noise_probabilities",
    "noise_weights",
    "share_of_usual",
    "subsampling_threshold",
]

# Where a threshold is not given, words are thinned out that are seen so often, within these bounds:
# those of word2vec.c for a short text, and of the paper for 10^9 words. Measured, see
# docs/performance.md.
THINNED_FROM, LOWEST, HIGHEST = 2000, 1e-5, 1e-3


def subsampling_threshold(counts: Any, sample: float | None) -> float:
    """The threshold t of `keep_probabilities`: `sample`, or what follows the corpus if it is None.

    A word that is met often enough teaches little when it is met again, and takes as much time, so
    that t follows the number of tokens T of the corpus: 2000 / T, but from 1e-5 to 1e-3.
    """
    if sample is not None:
        return float(sample)
    return float(np.clip(THINNED_FROM / np.sum(counts), LOWEST, HIGHEST))


def keep_probabilities(counts: Any, sample: float | None) -> np.ndarray:
    """Probability that an occurrence of each word is kept, √(t/f) + t/f, at most 1.

    With f the word's share of all tokens and t = `sample`. This is what word2vec.c computes;
    the paper prints √(t/f) [1]_.

    Parameters
    ----------
    counts : array_like, shape (V,)
        Occurrences of each word, 1 or more.
    sample : float, optional
        Threshold t; 0 keeps everything, and None takes what `Word2Vec` takes by default: 2000 / T,
        but from 1e-5 to 1e-3, for a corpus of T tokens.

    Returns
    -------
    ndarray, shape (V,) float32
        In (0, 1].

    Raises
    ------
    ValueError
        If `counts` holds a number below 1, or `sample` is negative or not finite.

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
       Compositionality", NIPS 2013, equation 5.

    Examples
    --------
    >>> from negsamp import keep_probabilities
    >>> keep_probabilities([9000, 900, 100], sample=0.01).astype(float).round(3).tolist()
    [0.117, 0.444, 1.0]
    """
    counts = _checked_counts(counts)
    if sample is not None and (not is_real(sample) or sample < 0):
        raise ValueError(
            f"sample is {glimpse(sample)}; it must be a finite number, 0 or more, or None"
        )
    sample = subsampling_threshold(counts, sample)
    if sample == 0 or sample >= 1:  # no word's share is above 1
        return np.ones(len(counts), dtype=np.float32)
    ratio = sample * counts.sum() / counts
    return np.minimum(np.sqrt(ratio) + ratio, 1).astype(np.float32)


def share_of_usual(counts: np.ndarray, sample: float | None) -> float:
    """The tokens that `sample` keeps, over those that word2vec's 1e-3 does, but at most 1.

    Words with a count of 0 are left out.
    """
    met = counts[counts > 0]
    kept, usual = (np.dot(met, keep_probabilities(met, t)) for t in (sample, HIGHEST))
    return min(float(kept / usual), 1.0)


def noise_probabilities(counts: Any, ns_exponent: float = 0.75) -> np.ndarray:
    """Noise distribution, proportional to count^α, where α is `ns_exponent`.

    Parameters
    ----------
    counts : array_like, shape (V,)
        Occurrences of each word, 1 or more.
    ns_exponent : float
        0 gives the uniform distribution, 1 the unigram; negative values favour rare words. The
        paper found 0.75 best [1]_.

    Returns
    -------
    ndarray, shape (V,) float64
        Sums to 1.

    Raises
    ------
    ValueError
        If `counts` holds a number below 1, or `ns_exponent` is not finite.

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed Representations of Words and Phrases and their
       Compositionality", NIPS 2013, section 2.2.

    Examples
    --------
    >>> from negsamp import noise_probabilities
    >>> noise_probabilities([81, 16, 1]).round(3).tolist()
    [0.75, 0.222, 0.028]
    """
    counts = _checked_counts(counts)
    if not is_real(ns_exponent):
        raise ValueError(f"ns_exponent is {glimpse(ns_exponent)}; it must be a finite number")
    # through the logarithm of count/maximum, so that no exponent overflows
    log = min(max(float(ns_exponent), -1e300), 1e300) * np.log(counts)
    weights = np.exp(log - log.max())
    return weights / weights.sum()


def custom_noise(noise: Any, counts: np.ndarray) -> np.ndarray:
    """Return the distribution of `noise_weights`, which sums to 1, (V,) float64."""
    weights = noise_weights(noise, counts)
    weights = weights / weights.max()  # so that the sum does not overflow
    return weights / weights.sum()


def noise_weights(noise: Any, counts: np.ndarray) -> np.ndarray:
    """Return the caller's own weights, an array or a function of `counts`, as (V,) float64."""
    name = "noise(counts)" if callable(noise) else "noise"
    weights = checked_noise(noise(counts.copy()) if callable(noise) else noise, name)
    if len(weights) != len(counts):
        raise ValueError(
            f"{name} has {len(weights)} numbers; it must have one for each of the {len(counts)} "
            "words, in the order of the vocabulary"
        )
    return weights


def checked_noise(weights: Any, name: str = "noise") -> np.ndarray:
    """Return weights, finite, 0 or more and not all 0, as float64; ValueError if they are not."""
    try:
        checked = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {glimpse(weights)}; it must be an array of numbers") from None
    if checked.ndim != 1:
        raise ValueError(f"{name} has shape {checked.shape}; it must be (V,)")
    for is_right, allowed in ((np.isfinite(checked), "finite"), (checked >= 0, "0 or more")):
        if not is_right.all():
            row = int(is_right.argmin())
            raise ValueError(f"{name}[{row}] is {checked[row]}; it must be {allowed}")
    if not checked.any():
        raise ValueError(f"{name} is 0 for every word; one must be above 0")
    return checked


def _checked_counts(counts: Any) -> np.ndarray:
    try:
        checked = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        checked = np.zeros(0)
    if checked.ndim != 1 or not len(checked) or not ((checked >= 1) & (checked < np.inf)).all():
        raise ValueError(
            f"counts is {glimpse(counts)}; it must be (V,) finite numbers, 1 or more, V at least 1"
        )
    return checked


class AliasTable:
    """Draws from a discrete distribution in constant time a draw, by Walker's method [1]_.

    Cell i is drawn with probability 1/V; it yields i with probability ``threshold[i]`` and
    ``alias[i]`` otherwise.

    Parameters
    ----------
    probabilities : array_like, shape (V,)
        Finite weights, 0 or more and not all 0; they need not sum to 1.

    Attributes
    ----------
    threshold : ndarray, shape (V,) float32
        The probability that a cell yields its own number.
    alias : ndarray, shape (V,) int32
        What it yields otherwise.

    Raises
    ------
    ValueError
        If the weights are not one-dimensional, are negative or not finite, or are all zero.

    Notes
    -----
    The usual construction hands the surplus of one large cell at a time to the small cells, and
    goes on to the next large cell when the surplus turns into a deficit, which that next cell then
    fills. Deficits laid end to end (D) and surpluses laid end to end (E) show where each change
    falls, so that two `searchsorted` replace the loop. D begins with 0, where a large cell
    without surplus stays as it is.

    References
    ----------
    .. [1] A. J. Walker, "An Efficient Method for Generating Discrete Random Variables with General
       Distributions", ACM TOMS 3(3), 1977.

    Examples
    --------
    >>> from negsamp import AliasTable, noise_probabilities
    >>> table = AliasTable(noise_probabilities([81, 16, 1]))
    >>> ids = table.draw(np.random.default_rng(0), shape=10_000)
    >>> bool(abs(np.bincount(ids) / 10_000 - table.probabilities()).max() < 0.02)
    True
    """

    def __init__(self, probabilities: Any) -> None:
        try:
            p = np.asarray(probabilities, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"probabilities is {glimpse(probabilities)}; it must be (V,) numbers"
            ) from None
        if p.ndim != 1 or not len(p):
            raise ValueError(f"probabilities has shape {p.shape}; it must be (V,), V at least 1")
        if not np.isfinite(p).all() or p.min() < 0 or p.max() == 0:
            raise ValueError("probabilities must be finite, 0 or more, and not all 0")
        p = p / p.max()  # so that the sum does not overflow
        p *= len(p) / p.sum()
        small, large = np.flatnonzero(p < 1), np.flatnonzero(p >= 1)
        D, E = np.cumsum(np.append(0, 1 - p[small])), np.cumsum(p[large] - 1)
        threshold, alias = np.ones(len(p)), np.arange(len(p), dtype=np.int32)
        if len(small) and len(large):
            last = len(large) - 1
            filler = np.searchsorted(E, D[:-1], side="right")
            threshold[small] = p[small]
            alias[small] = large[np.minimum(filler, last)]
            emptied = np.searchsorted(D, E[:-1], side="left")  # the deficit that empties each
            overdrawn = D[np.minimum(emptied, len(D) - 1)] - E[:-1]
            threshold[large[:-1]] = 1 - np.clip(overdrawn, 0, 1)
            alias[large[:-1]] = large[1:]
        self.threshold, self.alias = threshold.astype(np.float32), alias

    @classmethod
    def from_table(cls, threshold: np.ndarray, alias: np.ndarray) -> AliasTable:
        """Make a table of two arrays that are there already, say in shared memory.

        Parameters
        ----------
        threshold, alias : ndarray, shape (V,)
            Those of another table.

        Returns
        -------
        AliasTable
            It copies neither.

        Examples
        --------
        >>> len(AliasTable.from_table(table.threshold, table.alias))
        3
        """
        table = cls.__new__(cls)
        table.threshold, table.alias = threshold, alias
        return table

    def __len__(self) -> int:
        return len(self.alias)

    def draw(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> np.ndarray:
        """Draw independently.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        shape : int or tuple of int
            How many.

        Returns
        -------
        ndarray of this shape, int32
            Ids from 0 to V − 1.
        """
        cells = rng.integers(len(self.alias), size=shape, dtype=np.int32)
        own = rng.random(shape, dtype=np.float32) < self.threshold[cells]
        return np.where(own, cells, self.alias[cells])

    def probabilities(self) -> np.ndarray:
        """Compute the distribution that the table draws from.

        Returns
        -------
        ndarray, shape (V,) float64
            Sums to 1.
        """
        own = self.threshold.astype(np.float64)
        rest = np.bincount(self.alias, weights=1 - own, minlength=len(own))
        return (own + rest) / len(own)
