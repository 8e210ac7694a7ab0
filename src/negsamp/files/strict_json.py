"""JSON that may come from strangers: one reading or none."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

__all__ = ["LONGEST_INTEGER", "parse_json"]

LONGEST_INTEGER = 4300  # digits, as many as Python itself reads; its time grows with the square


def parse_json(
    content: bytes, most_containers: int | None = None, most_items: int | None = None
) -> Any:
    """Read JSON whose numbers Python can hold and whose objects have each key once.

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
        If it is not such JSON.
    """
    for signs, most in ((b"[{", most_containers), (b",", most_items)):
        found = sum(content.count(sign) for sign in signs) if most is not None else 0
        if most is not None and found > most:
            raise ValueError(f"it has {found} of {signs.decode()!r}; {most} are allowed")
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore
        raise ValueError(f"it has the key {twice!r:.60} twice")
    return built


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_INTEGER:
        raise ValueError(
            f"it has an integer of {len(digits)} digits; {LONGEST_INTEGER} are allowed"
        )
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"it has the number {digits:.60}, which is out of range")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"it has {name}, which is no number of JSON")
