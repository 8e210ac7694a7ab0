"""What ``model.json`` says of a model, held against the model's arrays.

`storage` knows files and no models; here is what a saved model must be so that it was one before.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from negsamp.checks import is_integer
from negsamp.training.settings import Settings

__all__ = ["Record", "check_model", "parse_record"]

# A model says all of these. What later versions add may be absent, and has its default then.
FIRST_PARAMETERS = frozenset(
    "vector_size window min_count sample negative ns_exponent objective optimizer alpha min_alpha "
    "epochs workers seed shrink_windows max_vocab_size batch_size progress noise "
    "nce_normalizer".split()
)


class Record(NamedTuple):
    """The parts of ``model.json`` that make a model."""

    parameters: dict[str, Any]
    raw_words: int
    loss_history: list[float]
    validation_loss_history: list[float]
    fit_seconds: dict[str, float]


def check_model(params: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Check that a model's parameters and arrays belong together.

    Parameters
    ----------
    params : mapping
        All parameters of `Word2Vec`.
    arrays : mapping
        As `negsamp.files.model_folder.write_model` takes them.

    Raises
    ------
    ValueError, TypeError
        That names what does not fit.
    """
    settings = Settings.checked(params)
    V, d = arrays["vectors"].shape
    if d != params["vector_size"]:
        raise ValueError(
            f"vector_size is {params['vector_size']}, and the vectors have {d} numbers"
        )
    objective = settings.objective
    if V < objective.least_words and V > 0:
        raise ValueError(
            f"objective is {objective.name!r}, which needs two words or more; there is {V}"
        )
    if V < 1:
        raise ValueError("there is no word")
    rows = objective.n_normalizers(V)
    found = len(arrays.get("log_z", ()))
    if found != rows:
        raise ValueError(
            f"objective is {params['objective']!r} and nce_normalizer "
            f"{params['nce_normalizer']!r}, which has {rows} normalisers; there are {found}"
        )
    if ("noise" in arrays) != (params["noise"] is not None):
        raise ValueError("noise is not where the parameter says")


def parse_record(
    about: Mapping[str, Any],
    known: Sequence[str],
    counts: np.ndarray,
    arrays: Mapping[str, np.ndarray],
) -> Record:
    """Read what ``model.json`` says of a model.

    Parameters
    ----------
    about : mapping
        All that it says.
    known : sequence of str
        The parameters that there are.
    counts : ndarray, shape (V,) int64
    arrays : mapping
        As `negsamp.files.model_folder.read_model` returns them.

    Returns
    -------
    Record
        ``parameters["noise"]`` is the array where there is one.

    Raises
    ------
    ValueError, TypeError
        If a part is missing, or is of a kind or a value that no model has.
    """
    params = _part(about, "parameters", dict, "an object")
    for name in params:
        if name not in known:
            raise ValueError(f"there is no parameter {name!r:.60}")
    missing = sorted(FIRST_PARAMETERS - set(params))
    if missing:
        raise ValueError(f"the parameter {missing[0]!r} is missing")
    if params["noise"] is not None:
        raise ValueError(f"noise is {params['noise']!r:.60}; it must be null, and be in noise.npy")
    if "noise" in arrays:
        params = {**params, "noise": arrays["noise"][:, 0]}
    raw_words = _part(about, "raw_words", int, "an integer")
    least = sum(counts.tolist())
    if not is_integer(raw_words) or not least <= raw_words < 2**63:
        raise ValueError(
            f"raw_words is {raw_words!r:.60}; it must be an integer, {least} or more, as the "
            "counts sum to that"
        )
    losses = _part(about, "loss_history", list, "a list of numbers")
    held_out = []  # of a run without a held-out part, whose record says nothing of it
    if "validation_loss_history" in about:
        held_out = _part(about, "validation_loss_history", list, "a list of numbers")
    seconds = _part(about, "fit_seconds", dict, "an object of numbers, 0 or more")
    for name, values, low in (
        ("loss_history", losses, -np.inf),
        ("validation_loss_history", held_out, -np.inf),
        ("fit_seconds", [*seconds.values()], 0),
    ):
        for value in values:
            if not _is_finite(value) or value < low:
                raise ValueError(f"{name} holds {value!r:.60}, which is no such number")
    return Record(
        params,
        raw_words,
        [float(loss) for loss in losses],
        [float(loss) for loss in held_out],
        {name: float(value) for name, value in seconds.items()},
    )


def _part(about: Mapping[str, Any], name: str, kind: type, allowed: str) -> Any:
    value = about.get(name)
    if not isinstance(value, kind):
        raise ValueError(f"{name} is {value!r:.60}; it must be {allowed}")
    return value


def _is_finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -sys.float_info.max <= value <= sys.float_info.max
