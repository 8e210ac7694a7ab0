"""Whatever holds pairs becomes ids of words that are met, and weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from negsamp.checks import glimpse, is_integer
from negsamp.corpus.containers import check_column, is_mapping, items_of, names_of
from negsamp.corpus.counting import rank_words
from negsamp.corpus.pair_files import PairFormat, read_pair_files
from negsamp.corpus.stream import SEGMENT, Spool
from negsamp.corpus.text_files import TextFiles, text_files
from negsamp.corpus.token_dict import TokenDict
from negsamp.corpus.token_kinds import kind_of

__all__ = ["LARGEST", "GivenPairs", "Side", "Weights", "read_given"]

AT_ONCE = 1 << 16  # pairs encoded together
LARGEST = 2.0**62  # count of a word, and of all
UTF_8 = PairFormat()


@dataclass(frozen=True)
class GivenPairs:
    """What `Word2Vec.fit_pairs` was given."""

    centers: Any
    contexts: Any = None
    weights: Any = None
    index: Any = None
    columns: Any = None
    how: PairFormat = UTF_8

    @cached_property
    def files(self) -> TextFiles | None:
        """The files that hold the pairs, if files do."""
        return text_files(self.centers) if self.contexts is None else None

    @property
    def size(self) -> int:
        """The number of pairs, or 0 where it is not known before they are read."""
        if isinstance(self.centers, (list, tuple, dict)):
            return len(self.centers)
        shape = getattr(self.centers, "shape", None)
        size = getattr(self.centers, "nnz", shape[0] if isinstance(shape, tuple) and shape else 0)
        return size if is_integer(size) else 0


class Side:
    """The words of one side, by provisional ids in the order in which they are met."""

    def __init__(self, name: str, folder: Path | None) -> None:
        self.name, self.table = name, TokenDict()
        self.ids = Spool(np.int32, _inside(folder, name), SEGMENT)

    def encode(self, words: list[Any], first: int = 0) -> np.ndarray:
        """Provisional ids of words, of which the first has a number, (n,) int32."""
        named = ((f"{self.name}[{at}]", word) for at, word in enumerate(words, first))
        return self.table.add(words, len(words), named, kind="word")

    def add(self, words: list[Any]) -> None:
        """Add the words of the next pairs."""
        self.ids.append(self.encode(words, self.ids.size))

    def ranked(self, sums: np.ndarray) -> tuple[list[Any], np.ndarray, np.ndarray, np.ndarray]:
        """Words by falling weight, their counts, the row of each provisional id, and weights."""
        words, rows, ranks = rank_words(self.table, np.flatnonzero(sums), sums)
        counts = np.maximum(np.rint(np.minimum(sums[rows], LARGEST)), 1).astype(np.int64)
        return words, counts, ranks, sums[rows]


class Weights:
    """The weights of pairs; none is added where all are 1."""

    def __init__(self, folder: Path | None) -> None:
        self.spool, self.are_given = Spool(np.float64, _inside(folder, "weights"), SEGMENT), False

    def add(self, weights: Any, n: int, where: Callable[[int], str]) -> None:
        """Add those of the next n pairs; an error names a place."""
        self.are_given = True
        try:
            checked = np.array(weights, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{where(-1)} holds what is no number") from None
        if checked.shape != (n,):
            raise ValueError(
                f"{where(-1)} has shape {checked.shape}; it must be ({n},), one a pair"
            )
        is_bad = ~(np.isfinite(checked) & (checked >= 0))
        if is_bad.any():
            place = int(is_bad.argmax())
            raise ValueError(f"{where(place)} is {checked[place]}; it must be finite, 0 or more")
        self.spool.append(checked)


def _inside(folder: Path | None, name: str) -> Callable[[], Path] | None:
    if folder is None:
        return None
    own = folder / name
    own.mkdir()
    return lambda: own


def read_given(given: GivenPairs, sides: tuple[Side, Side], weights: Weights) -> None:
    """Read what is given, whatever holds it."""
    pairs = given.centers
    is_matrix = given.contexts is None and hasattr(type(pairs), "tocsr")
    for name in ("index", "columns"):
        if getattr(given, name) is not None and not is_matrix:
            raise ValueError(f"{name} is given, but centers is no sparse matrix with rows to name")
    if given.contexts is not None:
        _read_columns(pairs, given.contexts, given.weights, sides, weights)
        return
    if given.weights is not None:
        raise ValueError("weights is given without contexts; tuples hold their own weights")
    if given.files is not None:
        for centers, contexts, w in read_pair_files(given.files, given.how):
            sides[0].add(centers)
            sides[1].add(contexts)
            if w is not None:
                weights.add(w, len(w), "weights[{}]".format)
    elif is_matrix:
        _read_matrix(given, sides, weights)
    elif (columns := _columns_of(pairs)) is not None:
        names, values = columns
        for side, name in zip(sides, names, strict=False):
            side.name = f"centers[{name}]"
        w = values[2] if len(values) == 3 else None
        _read_columns(values[0], values[1], w, sides, weights, f"centers[{names[-1]}]")
    elif is_mapping(pairs) or getattr(getattr(pairs, "index", None), "nlevels", 1) == 2:
        _read_tuples(_items_of_mapping(pairs), sides, weights)
    else:
        check_column("centers", pairs)
        if isinstance(pairs, bytes) or not isinstance(pairs, Iterable):
            raise TypeError(
                f"centers is {glimpse(pairs)}; without contexts it must be an iterable of tuples, "
                "a table of two or three columns, a dict from pair to weight, a SciPy sparse "
                "matrix, or the path of a file"
            )
        if hasattr(type(pairs), "is_multigraph"):
            raise TypeError(
                f"centers is a {kind_of(pairs)}, a graph; its edges are pairs: "
                "centers.edges(data='weight', default=1)"
            )
        _read_tuples(pairs, sides, weights)


def _read_columns(
    centers: Any,
    contexts: Any,
    given_weights: Any,
    sides: tuple[Side, Side],
    weights: Weights,
    name: str = "weights",
) -> None:
    columns = [
        _words(side.name, words) for side, words in zip(sides, (centers, contexts), strict=True)
    ]
    while any(chunks := [list(islice(column, AT_ONCE)) for column in columns]):
        for side, chunk in zip(sides, chunks, strict=True):
            side.add(chunk)
    n, n_contexts = (side.ids.size for side in sides)
    if n != n_contexts:
        raise ValueError(f"centers has {n} words and contexts {n_contexts}; they come in pairs")
    if given_weights is None:
        return
    check_column(name, given_weights)
    if not isinstance(given_weights, (np.ndarray, list, tuple)):
        if isinstance(given_weights, (str, bytes)) or not isinstance(given_weights, Iterable):
            raise TypeError(
                f"{name} is {glimpse(given_weights)}; it must be an array of numbers, or None"
            )
        given_weights = list(items_of(given_weights))
    weights.add(given_weights, n, lambda at: name if at < 0 else f"{name}[{at}]")


def _words(name: str, given: Any) -> Iterator[Any]:
    check_column(name, given)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{name} is {glimpse(given)}; it must be an iterable of words")
    if isinstance(given, np.ndarray):
        if given.ndim != 1:
            raise ValueError(f"{name} has shape {given.shape}; it must be (P,)")
        # Python's own numbers and strings, some at a time
        pieces = range(0, len(given), AT_ONCE)
        return chain.from_iterable(given[at : at + AT_ONCE].tolist() for at in pieces)
    return items_of(given)


def _read_tuples(pairs: Iterable[Any], sides: tuple[Side, Side], weights: Weights) -> None:
    source, size, done = iter(pairs), 0, 0
    while chunk := list(islice(source, AT_ONCE)):
        for at, pair in enumerate(chunk, done):
            length = len(pair) if isinstance(pair, (tuple, list)) else 0
            size = size or length
            if length not in (2, 3) or length != size:
                raise ValueError(
                    f"pair {at} is {glimpse(pair)}; all must be (center, context), or all "
                    "(center, context, weight)"
                )
        columns = list(zip(*chunk, strict=True))
        for side, column in zip(sides, columns, strict=False):
            side.add(list(column))
        if size == 3:
            weights.add(columns[2], len(chunk), _place_after(done))
        done += len(chunk)


def _place_after(done: int) -> Callable[[int], str]:
    return lambda at: "weights" if at < 0 else f"weights[{done + at}]"


def _columns_of(table: Any) -> tuple[list[str], list[Any]] | None:
    """The names and values of the columns of a table or array of pairs; None if it is neither."""
    if isinstance(table, np.ndarray) and table.dtype.names is None:
        if table.ndim == 1:
            return None  # of tuples, perhaps
        if table.ndim != 2 or table.shape[1] not in (2, 3):
            raise ValueError(
                f"centers has shape {table.shape}; an array of pairs has two or three columns, and "
                "of a matrix with a weight for each row and column give scipy.sparse."
                "csr_array(centers)"
            )
        return [f":, {at}" for at in range(table.shape[1])], list(table.T)
    if (names := names_of(table)) is None:
        return None
    if hasattr(type(table), "collect"):
        raise TypeError(f"centers is a {kind_of(table)}; centers.collect() is a table")
    if len(names) not in (2, 3):
        code = ", ".join(f"centers[{name!r}]" for name in names[:2])
        way = f"; fit_pairs({code}) takes two of its columns" * (len(names) > 3)
        if hasattr(table, "iloc") and len(names) > 3:
            way += (
                ", and where it has a weight in each cell, fit_pairs(scipy.sparse.csr_array("
                "centers), index=centers.index, columns=centers.columns) takes these"
            )
        raise ValueError(
            f"centers is a {kind_of(table)} of {len(names)} columns; a table of pairs has two, "
            f"center and context, or a weight too{way}"
        )
    return [repr(name) for name in names], [table[name] for name in names]


def _items_of_mapping(pairs: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield center, context and weight of a mapping from pair to weight, or from center to one."""
    for key, value in pairs.items():
        if isinstance(value, Mapping):
            yield from ((key, context, weight) for context, weight in value.items())
        elif isinstance(key, tuple) and len(key) == 2:
            yield (*key, value)
        else:
            raise ValueError(
                f"centers has the key {glimpse(key)} with {glimpse(value)}; a dict of pairs is "
                "{(center, context): weight} or {center: {context: weight}}"
            )


def _read_matrix(given: GivenPairs, sides: tuple[Side, Side], weights: Weights) -> None:
    """Read a sparse matrix: rows are centers, columns contexts, and values weights."""
    matrix = given.centers
    if getattr(matrix, "ndim", 2) != 2:
        raise ValueError(f"centers has shape {matrix.shape}; a matrix of pairs has two dimensions")
    if np.dtype(matrix.dtype).kind not in "biuf":
        raise TypeError(f"centers has weights of type {matrix.dtype}; they must be real numbers")
    rows = scipy.sparse.csr_array(matrix, dtype=np.float64, copy=True)
    rows.sum_duplicates()
    found = rows.tocoo()
    named = []
    for side, names, name, n in zip(
        sides, (given.index, given.columns), ("index", "columns"), rows.shape, strict=True
    ):
        if names is None:
            names = range(n)
        elif isinstance(names, np.ndarray) and names.ndim != 1:
            raise ValueError(f"{name} has shape {names.shape}; it must be ({n},)")
        side.name = name
        names = list(_words(name, names))
        if len(names) != n:
            raise ValueError(
                f"{name} has {len(names)} names, and the matrix has shape {rows.shape}; it must "
                f"have {n}"
            )
        named.append(names)
        side.ids.append(side.encode(names)[found.coords[side is sides[1]]])

    def where(at: int) -> str:
        ends = ", ".join(glimpse(n[c[at]]) for n, c in zip(named, found.coords, strict=True))
        return f"the weight of ({ends})"

    weights.add(found.data, len(found.data), where)
