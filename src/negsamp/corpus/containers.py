"""Containers of other libraries as corpora: which are one, and their items as Python's own.

A column of texts or of token lists is a corpus, be it of pandas, Polars, pyarrow, Hugging Face or
Dask. A table, a mapping and a set are none: their items are names, or have no order. Objects are
known by the methods that they have; no such library is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import numpy as np

from negsamp.corpus.token_kinds import is_missing, kind_of, python_value, without
from negsamp.errors import CorpusError

__all__ = [
    "SETS",
    "check_column",
    "check_corpus",
    "is_mapping",
    "items_of",
    "listing_code",
    "names_of",
    "tokens_of",
]

ROWS_AT_ONCE = 1 << 10  # made Python's own together
BYTES = (bytes, bytearray, memoryview)
SETS = (set, frozenset)
# What makes a list of a column or an array: NumPy, pandas and torch; pyarrow; Polars
LISTING = ("tolist", "to_pylist", "to_list")
# What leaves missing rows out of a column: pandas and Dask; Polars; pyarrow
DROPPING = ("dropna", "drop_nulls", "drop_null")
MUST_BE = "it must be a sequence of tokens"


def check_corpus(corpus: Any) -> None:
    """Raise a CorpusError for a container that is no corpus, with the code that makes one of it."""
    what = way = ""
    ndim = corpus.ndim if _has(corpus, "ndim") else 1
    if _has(corpus, "tocsr"):  # its rows would be taken for tokens
        what = ", a sparse matrix"
    elif isinstance(corpus, SETS):
        what, way = ", which has no order", "; sorted(corpus) has one"
    elif is_mapping(corpus):
        what, way = ", a mapping", _part_of_mapping(corpus)
    elif (names := names_of(corpus)) is not None:
        what, way = ", a table", _column_of_table(corpus, names)
    elif _has(corpus, "is_multigraph"):
        what, way = ", a graph", "; random_walks(corpus) gives sentences of its nodes"
    elif _has(corpus, "ngroups"):
        names = names_of(corpus.obj)
        column = "" if names is None else f"[{_column_of_text(corpus.obj, names)!r}]"
        what, way = ", groups of a table", f"; corpus{column}.agg(list) has a list of each"
    elif ndim == 0 or (ndim > 1 and _has(corpus, "to_delayed")):
        what, way = f" of {ndim} dimensions", "; corpus.compute() can be read" * (ndim > 0)
    elif isinstance(corpus, Iterable) and not isinstance(corpus, BYTES):
        return
    raise CorpusError(
        f"corpus is a {kind_of(corpus)}{what}; it must be a path or an iterable of token lists{way}"
    )


def check_column(name: str, column: Any) -> None:
    """Raise a TypeError for a container that is no column: its items have no order or are names."""
    if isinstance(column, SETS):
        way = f", which has no order; sorted({name}) has one"
    elif (names := names_of(column)) is not None:
        way = f", a table{_column_of_table(column, names, name)}"
    elif is_mapping(column):
        way = f", a mapping; {name}.values() are its values"
    else:
        return
    raise TypeError(f"{name} is a {kind_of(column)}{way}")


def items_of(corpus: Iterable[Any]) -> Iterator[Any]:
    """Return the items of a corpus; those of a column are made Python's own some at a time."""
    if _has(corpus, "to_delayed"):  # Dask's, of which one part is in memory
        return chain.from_iterable(part.compute() for part in corpus.to_delayed())  # type: ignore[attr-defined]
    make = _listing(corpus)
    if make and _has(corpus, "slice"):
        pieces = range(0, len(corpus), ROWS_AT_ONCE)  # type: ignore[arg-type]
        return chain.from_iterable(
            getattr(corpus.slice(at, ROWS_AT_ONCE), make)()  # type: ignore[attr-defined]
            for at in pieces
        )
    return iter(corpus)


def tokens_of(sentence: Any, number: int, corpus: Any) -> list[Any]:
    """Return a sentence as a new list: the caller may use its object again for the next one."""
    if isinstance(sentence, str):
        return sentence.split()
    if type(sentence) in (list, tuple):
        return list(sentence)
    if isinstance(sentence, np.ndarray) and sentence.ndim == 1:
        return sentence.tolist()
    make = None
    if not _is_plain(sentence.__class__):
        if _has(sentence, "as_py"):
            return tokens_of(python_value(sentence), number, corpus)
        fault = _fault_of(sentence, number, corpus)
        if fault:
            raise CorpusError(f"sentence {number} is {fault}")
        make = _listing(sentence)
    try:
        return getattr(sentence, make)() if make else list(sentence)
    except Exception as error:
        raise CorpusError(f"sentence {number} raised {type(error).__name__}: {error}") from error


@lru_cache(maxsize=256)
def _is_plain(kind: Any) -> bool:
    """Whether objects of a type are sentences, and `list` makes lists of them."""
    others = (*BYTES, *SETS, Mapping, tuple)
    marks = ("as_py", "ndim", "dtype", "column_names", "columns", *LISTING)
    is_other = issubclass(kind, others) or any(hasattr(kind, name) for name in marks)
    return issubclass(kind, Iterable) and not is_other


def listing_code(corpus: Any) -> str:
    """Return the code that gives the sentences of a corpus, with None for what is missing."""
    return "corpus.to_pylist()" if _has(corpus, "to_pylist") else "corpus"


def _has(container: Any, name: str) -> bool:
    """Whether a kind of container has a method; objects may seem to have any (Dask's Delayed)."""
    return hasattr(type(container), name)


def _listing(container: Any) -> str | None:
    return next((name for name in LISTING if _has(container, name)), None)


def _fault_of(sentence: Any, number: int, corpus: Any) -> str | None:
    """Say why something is no sentence, and what to write, or None if it is one."""
    at = way = ""
    if isinstance(sentence, os.PathLike):
        path = repr(os.fspath(sentence))[:60]
        return f"the path {path}, no sequence of tokens; files go in as a list: sorted(paths)"
    if isinstance(sentence, BYTES):
        way = f"; decode it first: [bytes(s).decode() for s in {listing_code(corpus)}]"
    elif isinstance(sentence, SETS):
        way = "; it has no order, and [sorted(s) for s in corpus] has one"
    elif is_mapping(sentence):
        key = _name_of_text(sentence.items())
        if key is not None:
            way = f"; [row[{key!r}] for row in corpus] takes an entry of each"
            first = None if isinstance(sentence[key], str) else _first_of(sentence[key])
            if " " in str(first) or isinstance(first, list):  # rows, as tables are read in parts
                way = f"; [t for rows in corpus for t in rows[{key!r}]] takes their column"
    elif isinstance(sentence, tuple) and _has(sentence, "_fields"):
        name = _name_of_text(sentence._asdict().items())  # type: ignore[attr-defined]
        way = f"; [row.{name} for row in corpus] takes a field of each" * (name is not None)
    elif (names := names_of(sentence)) is not None:
        name = _column_of_text(sentence, names) if names else "text"
        way = f"; [t for rows in corpus for t in rows[{name!r}]] takes their column"
        return f"a {kind_of(sentence)}, a table; {MUST_BE}{way}"
    elif isinstance(sentence, Iterable):
        ndim = getattr(sentence, "ndim", 1)
        return None if ndim == 1 else f"a {kind_of(sentence)} of {ndim} dimensions; {MUST_BE}"
    elif is_missing(sentence):
        drop = next((f"corpus.{name}()" for name in DROPPING if _has(corpus, name)), None)
        drop = drop or f"[s for s in {listing_code(corpus)} if {without(sentence, 's')}]"
        label = corpus.index[number] if _has(corpus, "iloc") else number
        at = f" (index {label!r})" * (label != number)
        way = f"; {drop} leaves such rows out"
    elif not number:
        way = "; a single sentence is a list in a list: [corpus]"
    return f"the {kind_of(sentence)} {sentence!r:.60}{at}; {MUST_BE}{way}"


def is_mapping(container: Any) -> bool:
    """Whether a container has keys and values; networkx's views of edges are sets of edges, too."""
    return isinstance(container, Mapping) and not isinstance(container, Set)


def names_of(container: Any) -> list[Any] | None:
    """Return the names of a table's columns, or None for what is no table."""
    if _has(container, "collect_schema"):  # Polars, whose LazyFrame warns of `columns`
        return list(container.collect_schema().names())
    fields = getattr(container.dtype, "names", None) if _has(container, "dtype") else None
    if fields:  # of a structured array
        return list(fields)
    for name in ("column_names", "columns"):
        is_table = _has(container, name) and _has(container, "__getitem__")
        if is_table and getattr(container, "ndim", 2) == 2:  # a series of Dask has `columns` too
            names = getattr(container, name)
            return [] if names is None else list(names)
    return None


def _column_of_text(table: Any, names: list[Any]) -> Any:
    """Return the name of a column that holds texts, by its values if the table is in memory."""
    likely = "text" if "text" in names else names[0]
    if _has(table, "to_delayed") or not _has(table, "__len__"):
        return likely
    found = _name_of_text((name, _first_of(table[name])) for name in names)
    return likely if found is None else found


def _column_of_table(table: Any, names: list[Any], code: str = "corpus") -> str:
    if not names:
        return ""
    code += ".collect()" * _has(table, "collect")
    return f"; {code}[{_column_of_text(table, names)!r}] is one of its columns"


def _part_of_mapping(mapping: Mapping[Any, Any]) -> str:
    for key, value in islice(mapping.items(), 1):
        if (names := names_of(value)) is not None:
            return _column_of_table(value, names, f"corpus[{key!r}]")
        if isinstance(value, str):
            return "; corpus.values() are its texts"
        if not isinstance(value, Iterable):
            return "; list(corpus) is a list of its keys"
        found = _name_of_text((name, _first_of(column)) for name, column in mapping.items())
        key = key if found is None else found
        return f"; corpus[{key!r}] is one of its entries, and corpus.values() are all of them"
    return ""


def _first_of(column: Any) -> Any:
    """Return the first item of a column that is not missing, among a few."""
    try:
        return next(item for item in islice(items_of(column), 10) if not is_missing(item))
    except Exception:
        return None


def _name_of_text(values: Iterable[tuple[Any, Any]]) -> Any:
    """Return the name of the value that is most like a sentence: a str, or else a list; or None."""
    texts, others = [], []
    for name, value in values:
        is_list = isinstance(value, Iterable) and not isinstance(value, (*BYTES, Mapping))
        if isinstance(value, str) or (is_list and isinstance(_first_of(value), (str, list))):
            texts.append(name)
        others += [name] * is_list
    return "text" if "text" in texts else next(iter(texts or others), None)
