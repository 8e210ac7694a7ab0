"""Word vectors as one HTML page with a map, and with neighbours and analogies to ask for.

The page needs no server and no network: words, points and vectors are in it, and its policy lets a
browser load nothing else. `page.html`, `page.css`, `vectors.js`, `map.js` and `page.js` are its
parts, in this folder.

Vectors are rounded to int8, each row by its own scale, on which cosines do not depend. Of the 10
nearest of a word among 20 000 of Wikipedia (100 dimensions, 5 epochs), 9.9 stay among them on
average, and the nearest stays the same for 99 words in 100 (docs/pictures.md).
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources

import numpy as np

from negsamp.checks import check_integer, glimpse
from negsamp.pictures.projection import METHODS, project
from negsamp.vectors.keyed_vectors import KeyedVectors
from negsamp.vectors.labels import label_of
from negsamp.vectors.word_vectors import check_keyed_vectors, most_frequent

__all__ = ["TOP", "explorer_page", "quantize"]

TOP = 20_000
LARGEST_INT8, LARGEST_UINT16 = 127, 65_535
NAMES = dict(zip(METHODS, ("principal components", "Neg-t-SNE", "t-SNE"), strict=True))
SCRIPTS = ("vectors.js", "map.js", "page.js")


def explorer_page(
    kv: KeyedVectors,
    title: str = "Word vectors",
    top: int = TOP,
    method: str = "negtsne",
    seed: int | None = 0,
) -> bytes:
    """Return one self-contained HTML page with a map of words, in UTF-8.

    It needs neither a server nor a network. Its neighbours and analogies are 3CosAdd among the N
    words of the map, as in `KeyedVectors.most_similar`. It takes about 1.4 N (d + 15) bytes.

    Parameters
    ----------
    kv : KeyedVectors
        Vectors, (V, d).
    title : str
        What stands above the map.
    top : int
        The number of words, N: the most frequent ones, or the first where there are no counts.
    method : {"negtsne", "pca", "tsne"}
        How words become points of the plane: Neg-t-SNE [1]_, the principal components of vectors of
        norm 1, or t-SNE, which needs scikit-learn.
    seed : int, optional
        Where the random numbers of ``"negtsne"`` and ``"tsne"`` start; None takes new ones.

    Returns
    -------
    bytes
        The page.

    Raises
    ------
    TypeError
        If `kv` is no KeyedVectors, or `title` no str.
    ValueError
        If `top` is not an integer, 1 or more, or `seed` none, 0 or more, or there is no such
        `method`.
    ImportError
        If `method` is ``"tsne"`` and scikit-learn is not installed.

    References
    ----------
    .. [1] S. Damrich, N. Böhm, F. Hamprecht, D. Kobak, "From t-SNE to UMAP with contrastive
       learning", ICLR 2023, section 5.

    Examples
    --------
    >>> from negsamp import KeyedVectors, explorer_page
    >>> rng = np.random.default_rng(0)
    >>> kv = KeyedVectors(["red", "blue", "one", "two"], rng.normal(size=(4, 8)))
    >>> page = explorer_page(kv, title="Four words", method="pca")
    >>> page.startswith(b"<!doctype html>"), b"Four words" in page
    (True, True)
    """
    check_keyed_vectors("kv", kv)
    if not isinstance(title, str):
        raise TypeError(f"title is {glimpse(title)}; it must be a str")
    check_integer("top", top, 1)
    check_integer("seed", seed, 0, optional=True)
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
    shown = f"{len(rows):,} of " if len(rows) < len(kv) else ""
    words = "word" if len(kv) == 1 else "words"
    dimensions = "dimension" if kv.vector_size == 1 else "dimensions"
    style = _part("page.css")
    script = "".join(_part(name) for name in SCRIPTS)
    parts = {
        "title": html.escape(title),
        "about": f"{shown}{len(kv):,} {words} · {kv.vector_size} {dimensions}",
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
    """Round finite rows to (N, d) int8, the largest number of each in absolute value to 127.

    Zero rows stay zero. The scales are not kept: cosines do not depend on them.
    """
    rows = vectors.astype(np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return np.rint(LARGEST_INT8 * (rows / np.where(largest > 0, largest, 1))).astype(np.int8)


def _in_square(points: np.ndarray) -> np.ndarray:
    """Points in the square from 0 to 65 535, in its middle, one scale for both axes."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = LARGEST_UINT16 / ((high - low).max() or 1)
    return np.rint((points - (low + high) / 2) * scale + LARGEST_UINT16 / 2).astype("<u2")


def _part(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _digest(text: str) -> str:
    """What allows this very text in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _json_in_html(value: object) -> str:
    """JSON without "<": a script element ends at the first "</script", even within a word."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
