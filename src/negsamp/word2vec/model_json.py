"""What ``model.json`` says of a model, held against the model's arrays.

`negsamp.files.model_folder` reads and writes files, and knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from negsamp.checks import glimpse, is_integer, is_real
from negsamp.training.progress import losses_of_json
from negsamp.training.settings import Settings

__all__ = ["check_model", "parse_record"]


def check_model(settings: Settings, arrays: Mapping[str, np.ndarray]) -> None:
    """Check that the parameters of `Word2Vec` and the arrays of a model folder belong together."""
    objective = settings.objective
    V, d = arrays["vectors"].shape
    if d != settings.vector_size:
        raise ValueError(f"vector_size is {settings.vector_size}, and the vectors have {d} numbers")
    if V < 1:
        raise ValueError("there is no word")
    if V < objective.least_words:
        raise ValueError(
            f"objective is {objective.name!r}, which needs two words or more; there is {V}"
        )
    needed, found = objective.n_normalizers(V), len(arrays.get("log_z", ()))
    if found != needed:
        raise ValueError(
            f"objective is {objective.name!r} and nce_normalizer "
            f"{glimpse(settings.nce_normalizer)}, which has {needed} normalisers; there are {found}"
        )
    if ("noise" in arrays) != (settings.noise is not None):
        raise ValueError("noise is not where the parameter says")


def parse_record(
    about: Mapping[str, Any],
    known: Sequence[str],
    counts: np.ndarray,
    arrays: Mapping[str, np.ndarray],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the parameters of a model and, by the names in `Learned`, what else ``model.json`` says.

    `known` are the names of all parameters; that of the noise has the array where there is one. A
    part that is missing, or of a kind or value that no model has, is a ValueError or TypeError.
    """
    params = _part(about, "parameters", dict, "an object")
    params = {"max_final_vocab": None, "shift": 0.0, "init": "random", **params}  # older ones
    for name in params:
        if name not in known:
            raise ValueError(f"there is no parameter {glimpse(name)}")
    for name in sorted(known):
        if name not in params:
            raise ValueError(f"the parameter {glimpse(name)} is missing")
    if params["noise"] is not None:
        raise ValueError(
            f"noise is {glimpse(params['noise'])}; it must be null, and be in noise.npy"
        )
    if "noise" in arrays:
        params = {**params, "noise": arrays["noise"][:, 0]}
    raw_words: Any = about.get("raw_words")
    # what pairs weigh is rounded, and of each word at least 1
    least = 0 if "context_noise" in arrays else sum(counts.tolist())
    if not is_integer(raw_words) or not least <= raw_words < 2**63:
        raise ValueError(
            f"raw_words is {glimpse(raw_words)}; it must be an integer, {least} or more, as the "
            "counts sum to that"
        )
    calls = about.get("calls", 1)  # absent from older models
    if not is_integer(calls) or not 1 <= calls < 2**63:
        raise ValueError(f"calls is {glimpse(calls)}; it must be an integer, 1 or more")
    about = {"validation_loss_history": [], **about}  # absent where nothing was held out
    losses, held_out = (
        _part(about, name, list, "a list of numbers")
        for name in ("loss_history", "validation_loss_history")
    )
    seconds = _part(about, "fit_seconds", dict, "an object of numbers, 0 or more")
    spent = _numbers("fit_seconds", seconds.values(), least=0)
    return params, {
        "raw_words": raw_words,
        "loss_history": _numbers("loss_history", losses, or_null=True),
        "validation_loss_history": _numbers("validation_loss_history", held_out),
        "fit_seconds": dict(zip(seconds, spent, strict=True)),
        "calls": calls,
    }


def _part(about: Mapping[str, Any], name: str, kind: type, allowed: str) -> Any:
    value = about.get(name)
    if not isinstance(value, kind):
        raise ValueError(f"{name} is {glimpse(value)}; it must be {allowed}")
    return value


def _numbers(
    name: str, values: Iterable[Any], least: float = -np.inf, or_null: bool = False
) -> list[float]:
    for value in (values := [*values]):
        if value is None and or_null:
            continue
        if not is_real(value) or value < least:
            raise ValueError(f"{name} holds {glimpse(value)}, which is no such number")
    return losses_of_json(values)
