"""Several keys in one argument, whatever holds them: a list, an array, a table's column, a set.

A value is one key if it is among the keys, or of a type that keys have: a tuple holds several keys,
unless tuples are keys. Columns of pandas, polars and pyarrow are known by what they can do, so none
of these is imported.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["as_python", "keys_in", "keys_of_rows", "queries_in", "several_in", "terms_in"]


def keys_in(kv: Any, name: str, value: Any) -> list[Any] | None:
    """Return the keys that a container holds, in its order, or None if it is one key itself.

    A set has no order; its keys come in the order of their rows. A mapping holds its keys.

    Parameters
    ----------
    kv : WordVectors
    name : str
        What the value is called in messages.

    Raises
    ------
    TypeError, ValueError
        If the value is a table, or an array of bools or of several dimensions.
    """
    held = _held(kv, name, value)
    if isinstance(held, np.ndarray):
        if held.ndim != 1:
            raise ValueError(f"{name} has shape {held.shape}; keys stand in one dimension")
        return _listed(value)
    return held


def terms_in(kv: Any, name: str, value: Any, weighs: bool = False) -> list[Any]:
    """Return keys and vectors: those that a container holds, or the value alone.

    Floats in one dimension are a vector and in two several. Integers are a vector, unless they are
    keys.

    Parameters
    ----------
    kv, name
        As in `keys_in`.
    weighs : bool
        Whether keys may have weights, so that a mapping could be meant to say them.

    Raises
    ------
    TypeError, ValueError
        As in `keys_in`; also if integers could be a vector as well as keys, or for a mapping where
        keys may have weights.
    """
    if value is None:
        return []
    if weighs and isinstance(value, Mapping):
        of_them = "" if name == "keys" else f", and list({name}.items()) its keys with weights"
        raise TypeError(f"{name} is a {type(value).__name__}; list({name}) has its keys{of_them}")
    held = _held(kv, name, value)
    if isinstance(held, np.ndarray):
        if held.ndim != 1 or not len(held):
            return list(held)
        return _listed(value) if _are_keys(kv, name, held, value) else [held]
    return [value] if held is None else held


def several_in(
    kv: Any, name: str, value: Any, of_what: str = "words", weighs: bool = False
) -> list[Any]:
    """Return what `terms_in` does for a container; a ValueError for a single term."""
    if isinstance(value, (str, bytes)) or not _can_hold(value):
        raise ValueError(f"{name} is {value!r:.60}; it must be a list of {of_what}")
    return terms_in(kv, name, list(value) if isinstance(value, tuple) else value, weighs)


def queries_in(kv: Any, value: Any) -> list[Any]:
    """Return the queries of `KeyedVectors.most_similar_batch`."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "iufc" and value.ndim != 2:
        are_keys = value.dtype.kind in "iu" and int in kv.key_types
        if value.ndim != 1 or (len(value) and not are_keys):
            raise ValueError(f"positives has shape {value.shape}; it must be (n, {kv.vector_size})")
    queries = several_in(kv, "positives", value, "queries", True)
    return [[query] if query is None else query for query in queries]


def keys_of_rows(keys: Any) -> list[Any]:
    """Return the keys of a matrix's rows, in their order, as Python's own values.

    Raises
    ------
    TypeError
        If they have no order, stand in more than one dimension, or cannot be keys.
    """
    if not _can_hold(keys):
        raise TypeError(f"keys is {keys!r:.60}; it must hold a key for each row of vectors")
    if isinstance(keys, (set, frozenset)):
        raise TypeError(f"keys is a {type(keys).__name__}, which has no order that rows could have")
    if hasattr(type(keys), "__array__") and np.ndim(keys) != 1:
        raise TypeError(
            f"keys is a {type(keys).__name__} of {np.ndim(keys)} dimensions; keys have one"
        )
    listed = _listed(keys)
    kinds = set(map(type, listed))
    for kind in kinds:
        if not issubclass(kind, Hashable):
            raise TypeError(f"keys holds a {kind.__name__}, which cannot be a key")
    if any(issubclass(kind, np.generic) or hasattr(kind, "as_py") for kind in kinds):
        return [as_python(key) for key in listed]
    return listed


def as_python(value: Any) -> Any:
    """Return a scalar of NumPy or pyarrow as Python's own value, and others as they are."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        # of dates it could be a number
        return value if value.dtype.kind in "mM" else value.item()
    return value.as_py() if hasattr(type(value), "as_py") else value


def _held(kv: Any, name: str, value: Any) -> list[Any] | np.ndarray | None:
    """Return what a container holds, numbers as an array; None if the value is one key."""
    if isinstance(value, (str, bytes, bytearray)) or not _can_hold(value) or _is_key(kv, value):
        return None
    if isinstance(value, (set, frozenset)):
        rows = kv.key_to_index
        # unknown ones last, in an order that no hash decides
        return sorted(
            value, key=lambda key: (rows[key], "") if key in rows else (len(rows), repr(key))
        )
    if not hasattr(type(value), "__array__"):
        items = list(value)
        _refuse_mask(kv, name, bool(items) and isinstance(items[0], (bool, np.bool_)))
        return items
    array = np.asarray(value)
    if array.ndim == 0:
        return None
    _refuse_mask(kv, name, array.dtype.kind == "b")
    if array.dtype.kind in "iufc":
        return array
    if array.ndim > 1:
        raise TypeError(
            f"{name} is a {type(value).__name__} of shape {array.shape}; give one column of it, "
            "such as df['word']"
        )
    return _listed(value)


def _refuse_mask(kv: Any, name: str, is_mask: bool) -> None:
    if is_mask and bool not in kv.key_types:  # True would find the key 1
        raise ValueError(
            f"{name} holds bools, which are no keys: give the keys themselves, such as "
            "[key for key, is_chosen in zip(kv, mask) if is_chosen]"
        )


def _can_hold(value: Any) -> bool:
    if isinstance(value, np.generic):
        return False
    # the class of an enum's member can be iterated over, and the member cannot
    return isinstance(value, Iterable) or hasattr(type(value), "__array__")


def _is_key(kv: Any, value: Any) -> bool:
    try:
        if value in kv.key_to_index:
            return True
    except (TypeError, ValueError):  # not hashable; a memoryview may raise the second
        return False
    if isinstance(value, tuple):
        return len(value) > 0 and kv.has_tuple_keys
    return type(value) in kv.key_types


def _are_keys(kv: Any, name: str, array: np.ndarray, value: Any) -> bool:
    """Return whether numbers (n,) are keys, and not a vector; a ValueError if they may be both."""
    is_long_enough, is_numpy = len(array) == kv.vector_size, array is value
    if array.dtype.kind not in "iu":
        return not is_numpy and not is_long_enough
    if not is_long_enough:
        return int in kv.key_types
    if not any(key in kv.key_to_index for key in array.tolist()):
        return False
    if is_numpy:
        raise ValueError(
            f"{name} has {len(array)} integers, which may be keys or a vector; write "
            f"{name}.tolist() for keys, and {name}.astype(float) for a vector"
        )
    return True


def _listed(value: Any) -> list[Any]:
    """Return the items of an array or a column as Python's own values."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "mM":
        return list(value)  # its tolist could give numbers
    for method in ("to_pylist", "tolist"):
        if hasattr(type(value), method):
            return list(getattr(value, method)())
    return list(value)
