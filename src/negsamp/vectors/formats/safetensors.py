"""Safetensors: eight bytes with the length of a JSON header, the header, the arrays' bytes.

The tensors are the arrays of `negsamp.vectors.formats.word_arrays`. The ``safetensors`` package
reads them, and is not needed here.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from negsamp.files.atomic import writing
from negsamp.files.reading import open_file
from negsamp.files.strict_json import parse_json
from negsamp.vectors.formats.reading import check_options
from negsamp.vectors.formats.word_arrays import arrays_of, check_arrays, explaining, vectors_of
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["is_safetensors", "load_safetensors", "save_safetensors"]

LENGTH = 8  # bytes, little-endian
LONGEST_HEADER = 1 << 16  # bytes; ours has 400
MOST_CONTAINERS, MOST_ITEMS = 100, 1000
FORMAT = "negsamp vectors 1"
DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "|u1"}
NAMES = {np.dtype(code).newbyteorder("="): name for name, code in DTYPES.items()}


def load_safetensors(
    path: str | os.PathLike[str],
    *,
    on_error: str = "raise",
    keys: Callable[[str], Any] | None = None,
) -> KeyedVectors:
    """Read what `save_safetensors` wrote, or the ``safetensors`` package with the same tensors.

    Parameters
    ----------
    path : path
        The file.
    on_error, keys
        As in `load_npz`.

    Returns
    -------
    KeyedVectors
        The vectors have the type that they had, and their counts.

    Raises
    ------
    OSError, VectorFileError, ValueError, MemoryError
        As `open_vectors`.

    Examples
    --------
    >>> from negsamp import KeyedVectors, load_safetensors, save_safetensors
    >>> kv = KeyedVectors(["tea", "rice"], np.float16([[0.5, 2], [3, 0.25]]))
    >>> save_safetensors(kv, "kv.safetensors")
    >>> load_safetensors("kv.safetensors").vectors.dtype
    dtype('float16')
    """
    options = check_options(on_error=on_error, keys=keys)
    with explaining(path, "safetensors file of vectors"), open_file(path) as file:
        tensors = _read_header(file)
        check_arrays({name: (dtype, shape) for name, (dtype, shape, _) in tensors.items()})
        arrays = {}
        for name, (dtype, shape, place) in tensors.items():
            file.seek(place)
            array = np.fromfile(file, dtype, math.prod(shape)).reshape(shape)
            arrays[name] = array.astype(dtype.newbyteorder("="), copy=False)
        return vectors_of(arrays, os.fspath(path), options)


def save_safetensors(
    kv: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    keys: Callable[[Any], str] | None = None,
) -> None:
    """Write vectors, words and counts as tensors.

    Parameters
    ----------
    kv : KeyedVectors
        Its keys must be str.
    path : path
        The file, which replaces an older one.
    keys : callable, optional
        Makes text of the keys that are not str, as in `save_vectors`.

    Raises
    ------
    OSError, TypeError, ValueError
        As `save_vectors`.

    Examples
    --------
    See `load_safetensors`; the package ``safetensors`` reads the file too.

    >>> from negsamp import KeyedVectors, save_safetensors
    >>> save_safetensors(KeyedVectors(["tea", "rice"], [[0.5, 2], [3, 0.25]]), "kv.safetensors")
    """
    # by name, which is from wide to narrow, so that each begins at a multiple of its numbers' size
    arrays = sorted(arrays_of(kv, keys).items())
    header: dict[str, Any] = {"__metadata__": {"format": FORMAT}}
    end = 0
    for name, array in arrays:
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": NAMES[array.dtype.newbyteorder("=")],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    content = json.dumps(header, separators=(",", ":")).encode()
    content += b" " * (-len(content) % LENGTH)
    with writing(path) as file:
        file.write(len(content).to_bytes(LENGTH, "little") + content)
        for name, array in arrays:
            file.write(np.ascontiguousarray(array, DTYPES[header[name]["dtype"]]).data)


def is_safetensors(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins with the length of a header and a JSON object."""
    with open_file(path) as file:
        length = int.from_bytes(file.read(LENGTH), "little")
        return 2 <= length <= LONGEST_HEADER and file.read(1) == b"{"


def _read_header(file: BinaryIO) -> dict[str, tuple[np.dtype, tuple[int, ...], int]]:
    """Return type, shape and place of each tensor, whose bytes are there."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(LENGTH), "little")
    start = LENGTH + length
    if not 2 <= length <= LONGEST_HEADER or start > size:
        raise ValueError(
            f"its header has {length} bytes, and the file {size}; {LONGEST_HEADER} are allowed"
        )
    content = file.read(length)
    if not content.startswith(b"{"):
        raise ValueError("its header is no JSON object")
    header = parse_json(content, MOST_CONTAINERS, MOST_ITEMS)
    header.pop("__metadata__", None)
    parsed = {name: _parse_tensor(name, about) for name, about in header.items()}
    tensors = {}
    end = 0
    for name, (dtype, shape, offsets) in sorted(parsed.items(), key=lambda item: item[1][2]):
        begin, end = end, end + math.prod(shape) * dtype.itemsize
        if offsets != [begin, end]:
            raise ValueError(
                f"{name!r:.60} has shape {shape} and type {dtype} and stands at "
                f"{offsets!r:.60}; it must stand at {[begin, end]}"
            )
        tensors[name] = dtype, shape, start + begin
    if start + end != size:
        raise ValueError(f"its tensors have {end} bytes, and {size - start} are there")
    return tensors


def _parse_tensor(name: str, about: Any) -> tuple[np.dtype, tuple[int, ...], list[int]]:
    if not isinstance(about, dict) or set(about) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name!r:.60} must have dtype, shape and data_offsets")
    code, shape, offsets = about["dtype"], about["shape"], about["data_offsets"]
    if not isinstance(code, str) or code not in DTYPES:
        raise ValueError(
            f"{name!r:.60} has the dtype {code!r:.60}; it must be of {', '.join(DTYPES)}"
        )
    for field, numbers in (("shape", shape), ("data_offsets", offsets)):
        if not isinstance(numbers, list) or not all(
            type(number) is int and 0 <= number < 2**59 for number in numbers
        ):
            raise ValueError(f"{name!r:.60} has the {field} {numbers!r:.60}")
    return np.dtype(DTYPES[code]), tuple(shape), offsets
