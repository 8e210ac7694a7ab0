"""JSON that may come from strangers and has one reading or none."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["parse_json"]


def parse_json(
    content: bytes, most_containers: int | None = None, most_items: int | None = None
) -> Any:
    """Parse JSON whose numbers Python can hold and whose objects have each key once.

    Parameters
    ----------
    content : bytes
        UTF-8.
    most_containers, most_items : int, optional
        How many arrays and objects it may have, and how many commas. Both are counted before
        anything is built; those in strings count too.

    Raises
    ------
    ValueError
        If it is no such JSON.
    """
    for signs, most in ((b"[{", most_containers), (b",", most_items)):
        found = sum(map(content.count, signs))
        if most is not None and found > most:
            raise ValueError(f"it has {found} of {signs.decode()!r}; {most} are allowed")
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key, value in pairs:
        if key in built:
            raise ValueError(f"it has the key {key!r:.60} twice")
        built[key] = value
    return built


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"it has the number {digits:.60}, which is not finite")
    return value
