"""Phrases as a file of JSON, written whole or not at all; it may come from a stranger.

Each pass is five lists side by side, so that the brackets of a file are few and can be counted
before anything is built.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from negsamp.corpus.phrases.bigrams import MOST_CONNECTORS
from negsamp.corpus.phrases.joining import Pass
from negsamp.corpus.phrases.phrase_parameters import MOST_PASSES
from negsamp.corpus.phrases.scoring import SCORINGS, SavedScoring, scoring_name
from negsamp.files.atomic import writing
from negsamp.files.reading import read_bytes
from negsamp.files.strict_json import parse_json

__all__ = ["checked_passes", "read_phrases", "write_phrases"]

FORMAT = "negsamp phrases 1"
LARGEST_FILE = 1 << 30  # bytes


def write_phrases(
    path: str | os.PathLike[str], parameters: Mapping[str, Any], passes: Iterable[Pass]
) -> None:
    """Write parameters and passes; ValueError if the file would be too large to be read."""
    plain = {name: _plain(value) for name, value in parameters.items()}
    plain["connector_words"] = sorted(parameters["connector_words"])
    plain["scoring"] = scoring_name(parameters["scoring"])
    objects = ",".join(_object(found._asdict()) for found in passes)
    lines = [f'"format": "{FORMAT}"', f'"parameters": {_object(plain)}', f'"passes": [{objects}]']
    content = f"{{{','.join(lines)}}}".encode("ascii")
    if len(content) > LARGEST_FILE:
        raise ValueError(f"the phrases take {len(content)} bytes; {LARGEST_FILE} are allowed")
    with writing(path) as file:
        file.write(content)


def _plain(value: Any) -> Any:
    """A parameter without NumPy's numbers, and without tuples and arrays."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _object(values: Mapping[str, Any]) -> str:
    """JSON of lists and of single values, a line each."""
    lines = [
        f'"{name}": {_flat(value) if isinstance(value, list) else _flat([value])[1:-1]}'
        for name, value in values.items()
    ]
    return "{" + ",\n".join(lines) + "}"


def _flat(values: list[Any]) -> str:
    """A list of strings or numbers as JSON in which no bracket but its own stands."""
    inner = json.dumps(values, allow_nan=False)[1:-1]
    return f"[{inner.replace('[', chr(92) + 'u005b').replace('{', chr(92) + 'u007b')}]"


def read_phrases(path: str | os.PathLike[str], names: Sequence[str]) -> tuple[dict[str, Any], Any]:
    """Parameters of these names, and what the file has for passes, for `checked_passes`.

    ValueError if the file is not of the form that `write_phrases` writes.
    """
    record = parse_json(read_bytes(path, LARGEST_FILE), 10 + 10 * MOST_PASSES)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError(f"it does not say {FORMAT!r} as its format")
    parameters = record.get("parameters")
    if isinstance(parameters, dict):
        parameters = {"joining": "first", **parameters}  # older files have none
    if not isinstance(parameters, dict) or set(parameters) != set(names):
        raise ValueError(f"its parameters must be {', '.join(names)}")
    if not isinstance(parameters["connector_words"], list):
        raise ValueError("its connector_words must be a list")
    scoring = parameters["scoring"]
    if isinstance(scoring, str) and scoring not in SCORINGS and "." in scoring:
        parameters["scoring"] = SavedScoring(scoring)
    return parameters, record.get("passes")


def checked_passes(passes: Any, delimiter: str, connector_words: Set[str], most: int) -> list[Pass]:
    """The passes of a file; ValueError if `Phrases.fit` would not find such phrases."""
    if not isinstance(passes, list) or not 1 <= len(passes) <= most:
        raise ValueError(f"it must have 1 to {most} passes")
    checked: list[Pass] = []
    for number, record in enumerate(passes):
        if not isinstance(record, dict) or set(record) != set(Pass._fields):
            raise ValueError(f"pass {number} must have {', '.join(Pass._fields)}")
        found = Pass(**record)
        for name, values in record.items():
            kind = {"counts": int, "scores": float}.get(name, str)
            if not isinstance(values, list) or any(type(value) is not kind for value in values):
                raise ValueError(f"{name} of pass {number} must be a list of {kind.__name__}")
            if len(values) != len(found.first):
                raise ValueError(f"{name} of pass {number} has another length than first")
        for word in (*found.first, *found.last):
            if not word:
                raise ValueError(f"pass {number} has {word!r}, which is no word")
            if word in connector_words:
                raise ValueError(f"pass {number} has {word!r:.60}, a connector word, at an end")
        for between in set(found.between) - {""}:
            words = between.split(delimiter)
            if len(words) > MOST_CONNECTORS or not connector_words >= set(words):
                raise ValueError(
                    f"pass {number} has {between!r:.60}, which is no row of connector words"
                )
        if any(not 1 <= count < 2**62 for count in found.counts):
            raise ValueError(f"counts of pass {number} must be 1 or more, below 2^62")
        if len(set(zip(found.first, found.between, found.last, strict=True))) < len(found.first):
            raise ValueError(f"pass {number} has a phrase twice")
        checked.append(found)
    return checked
