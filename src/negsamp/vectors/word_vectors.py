"""Words and their matrix, with a row for each word.

The matrix is read-only, so that the norms of its rows are computed once. It may lie in a file; its
words are then read when they are first needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from negsamp.checks import check_integer, checked_counts, class_only, glimpse
from negsamp.errors import UnknownWordError
from negsamp.vectors.cosines import row_norms, unit_rows
from negsamp.vectors.key_containers import as_python, keys_in, keys_of_rows
from negsamp.vectors.other_names import OtherNames
from negsamp.vectors.vector_folder import read_vectors, write_vectors

__all__ = ["WordVectors", "check_keyed_vectors", "first_rows", "most_frequent", "some_rows"]


class WordVectors(OtherNames):
    """Words, their vectors and their counts; `KeyedVectors` adds the questions."""

    # Reads words and counts that are not needed yet; None when they are known.
    _unread: Callable[[], tuple[list[Any], np.ndarray | None]] | None = None
    # The norms of the first rows, as many as a question has needed.
    _norms: np.ndarray | None = None

    def __init__(
        self,
        keys: Sequence[Hashable],
        vectors: Any,
        counts: Sequence[int] | np.ndarray | None = None,
    ) -> None:
        matrix = np.asanyarray(vectors).view()
        self.index_to_key = keys_of_rows(keys)
        if matrix.ndim != 2 or len(matrix) != len(self.index_to_key):
            raise ValueError(
                f"vectors has shape {matrix.shape}; {len(self.index_to_key)} keys need "
                f"({len(self.index_to_key)}, vector_size)"
            )
        if matrix.dtype.kind not in "biuf":
            raise ValueError(f"vectors has type {matrix.dtype}; it must be of real numbers")
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        if len(self.key_to_index) != len(self.index_to_key):
            twice = next(k for i, k in enumerate(self.index_to_key) if self.key_to_index[k] != i)
            raise ValueError(
                f"keys holds {twice!r:.60} more than once; each key may stand for one row"
            )
        self.counts = None if counts is None else checked_counts(counts, len(matrix))
        matrix.flags.writeable = False
        self.vectors: np.ndarray = matrix

    def save(
        self, folder: str | os.PathLike[str], *, keys: Callable[[Any], str] | None = None
    ) -> None:
        """Write words, vectors and counts to a folder of plain files.

        These are ``vectors.npy``, which `numpy.load` reads, ``vocabulary.txt`` with a word and its
        count on each line (0 without counts), and ``model.json`` with the digests of the two. The
        folder appears complete or not at all; it must be a new one, an empty one, or one of older
        vectors, which is replaced. `Word2Vec.save` keeps what training needs too.

        Parameters
        ----------
        folder : path
            Where to write.
        keys : callable, optional
            Makes text of the keys that are not str, as in `save_vectors`. Without it keys are str,
            int, float, bool, bytes and tuples of these, which come back as they are.

        Raises
        ------
        FileExistsError
            If the folder holds anything else, a trained model too.
        ValueError
            If a word cannot be written and read back, a count is below 0, a vector is not finite,
            or the matrix has no columns, more than 100 000, or a type that no file has.

        Examples
        --------
        >>> kv.save("vectors")
        >>> KeyedVectors.load("vectors", mmap=True)
        KeyedVectors(5 words, 3 dimensions)
        """
        write_vectors(folder, self.index_to_key, self.counts, self.vectors, keys)

    @class_only
    def load(cls, folder: str | os.PathLike[str], mmap: bool = False) -> Self:
        """Read what `KeyedVectors.save` wrote, or the vectors of what `Word2Vec.save` wrote.

        `open_vectors` reads files of vectors. These are new vectors: called on others, which would
        stay as they are, it raises TypeError.

        Parameters
        ----------
        folder : path
            What `save` wrote.
        mmap : bool
            Map the matrix, read-only, instead of reading it, and parse the words when one is first
            needed: a million vectors are loaded at once, and processes share them. Sizes and the
            words' digest are checked as always, but not the matrix's digest or numbers.

        Raises
        ------
        OSError
            If a file cannot be read: FileNotFoundError if there is no such folder.
        SavedModelError
            If a file is missing or damaged, or if the parts do not agree.
        """
        vectors, words_and_counts = read_vectors(folder, mmap)
        if not mmap:
            words, counts = words_and_counts()
            return cls(words, vectors, counts)
        kv = cls.__new__(cls)
        kv.vectors, kv._unread = vectors, words_and_counts
        return kv

    @cached_property
    def index_to_key(self) -> list[Any]:
        return self._with_words().index_to_key

    @cached_property
    def key_to_index(self) -> dict[Any, int]:
        return self._with_words().key_to_index

    @cached_property
    def counts(self) -> np.ndarray | None:
        return self._with_words().counts

    def _with_words(self) -> Self:
        """Return the vectors themselves, with words that have been read and set."""
        unread = self._unread
        if unread is not None:  # another thread may have come first
            words, self.counts = unread()
            self.index_to_key, self.key_to_index = words, {key: i for i, key in enumerate(words)}
            self._unread = None
        return self

    @cached_property
    def key_types(self) -> frozenset[type]:
        """The types that keys have."""
        return frozenset(map(type, self.index_to_key))

    @property
    def has_tuple_keys(self) -> bool:
        """Whether a tuple is among the keys; a question's tuples are then keys, too."""
        return any(issubclass(kind, tuple) for kind in self.key_types)

    @property
    def vector_size(self) -> int:
        """Number of dimensions d."""
        return int(self.vectors.shape[1])

    @property
    def norms(self) -> np.ndarray:
        """Euclidean norm of each row, (V,), read-only."""
        return self._norms_of_first(len(self))

    def _norms_of_first(self, n: int) -> np.ndarray:
        norms = self._norms  # another thread may put fewer in its place
        if norms is None or len(norms) < n:
            norms = row_norms(self.vectors[:n])
            norms.flags.writeable = False
            self._norms = norms
        return norms[:n]

    @cached_property
    def unit_vectors(self) -> np.ndarray:
        """The rows scaled to norm 1 (zero rows stay zero), (V, d), read-only."""
        unit = unit_rows(*first_rows(self, None))
        unit.flags.writeable = False
        return unit

    def __len__(self) -> int:
        return len(self.vectors)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.index_to_key)

    def __contains__(self, key: Hashable) -> bool:
        return key in self.key_to_index

    def __getitem__(self, key: Any) -> Any:
        """Vector of a key, (d,); of several keys, (n, d); of a slice of rows, `KeyedVectors`.

        Keys may stand in any container: a list, an array, a column of a table, a generator. A tuple
        is one key where tuples are among the keys. A set's vectors come in the order of the rows.
        ``kv[:n]`` has the first n words, the most frequent ones after `Word2Vec.fit`, and copies no
        vector.
        """
        if isinstance(key, slice):
            counts = None if self.counts is None else self.counts[key]
            return type(self)(self.index_to_key[key], self.vectors[key], counts)
        keys = keys_in(self, "the key", key)
        return self.vectors[self.row(key) if keys is None else self.rows(keys)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} words, {self.vector_size} dimensions)"

    def __reduce__(self) -> Any:
        # A copy is made anew, so that its matrix is read-only too.
        return type(self), (self.index_to_key, np.asarray(self.vectors), self.counts)

    def row(self, key: Any) -> int:
        """Return the row of a key.

        Parameters
        ----------
        key : hashable
            A word.

        Returns
        -------
        int
            From 0 to V − 1.

        Examples
        --------
        >>> kv.row("king"), kv.rows(["king", "man"]), kv.get_index("prince", default=-1)
        (2, [2, 0], -1)
        """
        try:
            return self.key_to_index[key]
        except (KeyError, TypeError):
            pass  # an error that is raised here would keep the vocabulary as its context
        [row] = self.rows([key])
        return row

    def rows(self, keys: Sequence[Any]) -> list[int]:
        """Return the rows of some keys; the error names all that are not in the vocabulary.

        Parameters
        ----------
        keys : sequence of hashable
            The n words.

        Returns
        -------
        list of int
            As long as `keys`.
        """
        index = self.key_to_index
        try:
            return [index[key] for key in keys]
        except (KeyError, TypeError):
            if not isinstance(keys, Iterable):
                raise TypeError(f"keys is {glimpse(keys)}; it must be a list of words") from None
            plain = [as_python(key) for key in keys]
        unknown = [key for key in plain if not _holds(index, key)]
        if unknown:
            once = {key if isinstance(key, Hashable) else id(key): key for key in unknown}
            raise UnknownWordError(*once.values(), vocabulary=self)
        return [index[key] for key in plain]

    def get_index(self, key: Any, default: Any = None) -> Any:
        """Return the row of a key, or something else where there is no such key.

        Parameters
        ----------
        key : hashable
            A word. An integer is a key like any other. (gensim takes one that is no key for a row.)
        default : object, optional
            What is returned for an unknown key; None raises `UnknownWordError`.

        Returns
        -------
        int
            The row, or `default`.
        """
        try:
            return self.row(key)
        except UnknownWordError:
            if default is None:
                raise
            return default

    def get_count(self, key: Any) -> int:
        """Return how often a word was seen.

        Parameters
        ----------
        key : hashable
            A word.

        Returns
        -------
        int
            1 or more, or 0 where a file says so.

        Raises
        ------
        ValueError
            If the vectors have no counts.

        Examples
        --------
        >>> kv.get_count("king")
        5
        """
        if self.counts is None:
            raise ValueError("these vectors have no counts")
        return int(self.counts[self.row(key)])


def _holds(index: dict[Any, int], key: Any) -> bool:
    try:
        return key in index
    except TypeError:  # not hashable
        return False


def check_keyed_vectors(name: str, value: Any) -> None:
    """TypeError if a parameter is no `negsamp.KeyedVectors`; a model has one in ``wv``."""
    if not isinstance(value, WordVectors):
        is_model = hasattr(type(value), "wv")
        hint = "; give its .wv" if is_model else ", as negsamp.KeyedVectors(words, vectors) makes"
        raise TypeError(f"{name} is a {type(value).__name__}; it must be a KeyedVectors{hint}")


def first_rows(kv: WordVectors, n: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the first n rows (all for None) and their norms; ValueError if one is not finite."""
    check_integer("restrict_vocab", n, 1, optional=True)
    return some_rows(kv, range(len(kv.vectors[:n])))


def some_rows(kv: WordVectors, rows: range | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return some rows, a view where they are consecutive, and their norms, as `first_rows`."""
    if isinstance(rows, range):
        vectors = kv.vectors[rows.start : rows.stop]
        norms = kv._norms_of_first(rows.stop)[rows.start :]
    else:
        vectors = kv.vectors[rows]
        norms = row_norms(vectors)
    bad = np.flatnonzero(~np.isfinite(norms))
    if len(bad):
        raise ValueError(
            f"the vector of {kv.index_to_key[rows[bad[0]]]!r:.60} has the norm {norms[bad[0]]}; "
            "it must be finite"
        )
    return vectors, norms


def most_frequent(kv: WordVectors, n: int) -> np.ndarray:
    """Return the rows of the n most frequent words, or the first n rows where none was counted."""
    if kv.counts is None:
        return np.arange(min(n, len(kv)))
    return np.argsort(-kv.counts, kind="stable")[:n]
