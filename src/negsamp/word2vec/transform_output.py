"""What `transform` returns: an array, or a table of pandas or Polars, as scikit-learn asks for it.

None of these libraries is imported before a table of it is made.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

__all__ = ["as_output", "check_output"]

OUTPUTS = ("default", "pandas", "polars")


def check_output(transform: Any) -> None:
    """Check the argument of `set_output`: ValueError for an unknown one, ImportError if absent."""
    if not isinstance(transform, str) or transform not in OUTPUTS:
        raise ValueError(
            f"transform is {transform!r:.60}; it must be 'default', 'pandas', 'polars', or None to "
            "leave what is set"
        )
    if transform != "default" and find_spec(transform) is None:
        raise ImportError(
            f"transform is {transform!r}, which is not installed: pip install {transform}"
        )


def as_output(
    config: Mapping[str, str], means: np.ndarray, names: np.ndarray, documents: Any
) -> Any:
    """Return the means of documents in the container that was chosen, with named columns.

    `config` has the model's own choice, if there is one; else that of `sklearn.set_config` holds. A
    pandas table has the index of `documents` if these are a series.
    """
    sklearn = sys.modules.get("sklearn")
    chosen = "default" if sklearn is None else sklearn.get_config()["transform_output"]
    chosen = config.get("transform", chosen)
    if chosen == "default":
        return means
    library = importlib.import_module(chosen)
    if chosen == "polars":
        return library.DataFrame(means, schema=list(names), orient="row")
    index = documents.index if isinstance(documents, library.Series) else None
    return library.DataFrame(means, index=index, columns=names)
