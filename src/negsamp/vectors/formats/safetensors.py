"""Safetensors: eight bytes with the length of a JSON header, the header, the arrays' bytes.

The tensors are the arrays of `negsamp.vectors.formats.word_arrays`. The ``safetensors`` package
reads them, and is not needed here.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any, BinaryIO

import numpy as np

from negsamp.errors import VectorFileError
from negsamp.files.atomic import writing
from negsamp.files.npy import open_file
from negsamp.files.strict_json import parse_json
from negsamp.vectors.formats.word_arrays import arrays_of, check_arrays, vectors_of
from negsamp.vectors.formats.writing import row_chunks
from negsamp.vectors.keyed_vectors import KeyedVectors

__all__ = ["load_safetensors", "save_safetensors"]

LENGTH = 8  # bytes, little-endian
LONGEST_HEADER = 1 << 16  # bytes; ours has 400
MOST_CONTAINERS, MOST_ITEMS = 100, 1000
MOST_DIMENSIONS = 8
FORMAT = "negsamp vectors 1"
DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "|u1"}
NAMES = {np.dtype(code).newbyteorder("="): name for name, code in DTYPES.items()}


def load_safetensors(path: str | os.PathLike[str]) -> KeyedVectors:
    """Read what `save_safetensors` wrote, or the ``safetensors`` package with the same tensors.

    Returns
    -------
    KeyedVectors
        With their type and counts.

    Raises
    ------
    OSError
        If the file cannot be read.
    VectorFileError
        If it is not such a file or is damaged.
    MemoryError
        If the file is whole and the machine has no room for its vectors.
    """
    name = os.fspath(path)
    try:
        with open_file(path) as file:
            tensors, start = _read_header(file)
            check_arrays({name: (dtype, shape) for name, (dtype, shape, _) in tensors.items()})
            arrays = {}
            for tensor, (dtype, shape, offset) in tensors.items():
                file.seek(start + offset)
                size = math.prod(shape)
                array = np.fromfile(file, dtype, size)
                if len(array) < size:
                    raise ValueError(f"it ends within {tensor!r}: it is being written")
                arrays[tensor] = array.reshape(shape).astype(dtype.newbyteorder("="), copy=False)
            return vectors_of(arrays)
    except ValueError as error:
        raise VectorFileError(
            f"{name!r} is no safetensors file of vectors: {error!s:.500}"
        ) from error


def save_safetensors(kv: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors, words and counts as tensors.

    Parameters
    ----------
    kv : KeyedVectors
        Its keys must be str and not empty.
    path : path
        An older file of that name is replaced when the new one is complete.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError
        If `kv` is not a `KeyedVectors`.
    ValueError
        If the format cannot carry a key or a vector; nothing has been written then.
    """
    # by name, which is from wide to narrow, so that each begins at a multiple of its numbers' size
    arrays = sorted(arrays_of(kv).items())
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
            dtype = np.dtype(DTYPES[header[name]["dtype"]])
            for _, rows in row_chunks(array.reshape(len(array), math.prod(array.shape[1:]))):
                file.write(rows.astype(dtype, copy=False).tobytes())


def _read_header(file: BinaryIO) -> tuple[dict[str, tuple[np.dtype, tuple[int, ...], int]], int]:
    """Return type, shape and place of each tensor, and where they begin; their bytes are there."""
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
    tensors = {name: _parse_tensor(name, about) for name, about in header.items()}
    end = 0
    for name in sorted(tensors, key=lambda name: tensors[name][2]):
        dtype, shape, _ = tensors[name]
        wanted = [end, end + math.prod(shape) * dtype.itemsize]
        if header[name]["data_offsets"] != wanted:
            raise ValueError(
                f"{name!r:.60} has shape {shape} and type {dtype} and stands at "
                f"{header[name]['data_offsets']}; it must stand at {wanted}"
            )
        end = wanted[1]
    if start + end != size:
        raise ValueError(f"its tensors have {end} bytes, and {size - start} are there")
    return tensors, start


def _parse_tensor(name: str, about: Any) -> tuple[np.dtype, tuple[int, ...], int]:
    if not isinstance(about, dict) or set(about) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name!r:.60} must have dtype, shape and data_offsets")
    code, shape, offsets = about["dtype"], about["shape"], about["data_offsets"]
    if not isinstance(code, str) or code not in DTYPES:
        raise ValueError(
            f"{name!r:.60} has the dtype {code!r:.60}; it must be of {', '.join(DTYPES)}"
        )
    for field, numbers in (("shape", shape), ("data_offsets", offsets)):
        are_numbers = isinstance(numbers, list) and all(
            type(number) is int and 0 <= number < 2**59 for number in numbers
        )
        if not are_numbers or len(numbers) > MOST_DIMENSIONS:
            raise ValueError(f"{name!r:.60} has the {field} {numbers!r:.60}")
    if len(offsets) != 2:
        raise ValueError(f"{name!r:.60} has the data_offsets {offsets!r:.60}; it must have two")
    return np.dtype(DTYPES[code]), tuple(shape), offsets[0]
