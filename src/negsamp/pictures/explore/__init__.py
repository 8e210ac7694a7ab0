"""Word vectors as one HTML page: a map to look at, neighbours and analogies to ask for.

The page needs no server, no network and nothing from elsewhere: words, points and vectors are in
it, and its policy lets a browser load nothing more. `page.html`, `page.css`, `vectors.js`,
`map.js` and `page.js` are its parts, in this folder.

Vectors are rounded to int8, each row by its own scale, which cosines do not see. Of a word's 10
nearest among 20 000 of Wikipedia (100 dimensions, 5 epochs), 9.9 are still among the 10 nearest in
the mean, and the nearest is the same for 99 words in 100 (docs/pictures.md).
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources

import numpy as np

from negsamp.checks import is_integer
from negsamp.pictures.projection import METHODS, project
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.labels import label_of
from negsamp.vectors.word_vectors import most_frequent

__all__ = ["TOP", "explorer_page", "quantize"]

TOP = 20_000
LARGEST_INT8, LARGEST_UINT16 = 127, 65_535
NAMES = dict(zip(METHODS, ("principal components", "Neg-t-SNE", "t-SNE"), strict=True))
SCRIPTS = ("vectors.js", "map.js", "page.js")
AT_ONCE = 1 << 14  # rows


def explorer_page(
    kv: KeyedVectors,
    title: str = "Word vectors",
    top: int = TOP,
    method: str = "negtsne",
    seed: int | None = 0,
) -> bytes:
    """One self-contained HTML page of the most frequent words.

    Parameters
    ----------
    kv : KeyedVectors
        Any keys; those that are no strings, or blank, are shown as Python writes them.
    title : str
        Heading of the page.
    top : int
        How many words N, 1 or more: the first rows by falling count, or as they are where counts
        are not known. The page takes about 1.4 N (d + 15) bytes.
    method : str
        How words become points, see `negsamp.pictures.projection.project`.
    seed : int, optional
        Where random numbers start; None takes a new one each time.

    Returns
    -------
    bytes
        UTF-8. Neighbours and analogies of the page are 3CosAdd among its N words, as in
        `KeyedVectors.most_similar`.

    Raises
    ------
    ImportError
        If the method needs a package that is not installed.
    ValueError
        If `top` is less than 1, if there is no such method, or if there are no words or numbers
        that are not finite.
    """
    if not is_integer(top) or top < 1:
        raise ValueError(f"top is {top!r}; it must be an integer, 1 or more")
    rows = most_frequent(kv, top)
    vectors = kv.vectors[rows]
    points = project(vectors, method, seed)
    content = {
        "words": [label_of(kv.index_to_key[row]) for row in rows],
        "counts": None if kv.counts is None else kv.counts[rows].tolist(),
        "dimensions": kv.vector_size,
        "points": _base64(_in_square(points)),
        "vectors": _base64(quantize(vectors)),
    }
    shown = f"{len(rows):,}" if len(rows) == len(kv) else f"{len(rows):,} of {len(kv):,}"
    words, dimensions = _counted(len(kv), "word"), _counted(kv.vector_size, "dimension")
    style = _part("page.css")
    script = "".join(_part(name) for name in SCRIPTS)
    parts = {
        "title": html.escape(title),
        "about": f"{shown} {words} · {kv.vector_size} {dimensions}",
        "layout": NAMES[method],
        "policy": f"default-src 'none'; img-src data:; style-src {_digest(style)}; "
        f"script-src {_digest(script)}",
        "style": style,
        "script": script,
        "data": _json_in_html(content),
    }
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _part("page.html"))
    return page.encode()


def quantize(vectors: np.ndarray) -> np.ndarray:
    """Rows rounded to int8, the largest number of each in absolute value to 127.

    Parameters
    ----------
    vectors : ndarray, shape (N, d)
        Finite.

    Returns
    -------
    ndarray, shape (N, d) int8
        Zero rows stay zero. The scales are not kept: cosines do not depend on them.
    """
    rounded = np.empty(vectors.shape, dtype=np.int8)
    for start in range(0, len(vectors), AT_ONCE):
        some = vectors[start : start + AT_ONCE].astype(np.float64)
        largest = np.abs(some).max(axis=1, keepdims=True)
        some /= np.where(largest > 0, largest, 1)
        rounded[start : start + AT_ONCE] = np.rint(LARGEST_INT8 * some)
    return rounded


def _in_square(points: np.ndarray) -> np.ndarray:
    """Points in the square from 0 to 65 535, in its middle, one scale for both axes."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = LARGEST_UINT16 / ((high - low).max() or 1)
    return np.rint((points - (low + high) / 2) * scale + LARGEST_UINT16 / 2).astype("<u2")


def _counted(number: int, noun: str) -> str:
    return noun if number == 1 else noun + "s"


def _part(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _digest(text: str) -> str:
    """A source for Content-Security-Policy: this very text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _json_in_html(value: object) -> str:
    """JSON that no word can end: a script element ends at the first </script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
