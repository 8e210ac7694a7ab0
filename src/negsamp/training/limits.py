"""What may end a run before its last epoch: a held-out loss that no longer falls, and time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from negsamp.checks import glimpse, is_integer, is_real
from negsamp.training.settings import refusal

__all__ = [
    "NO_LIMITS",
    "Limits",
    "are_words_alike",
    "best_epoch",
    "checked_limits",
    "is_exhausted",
    "parse_duration",
    "read_limits",
]

LARGEST_SHARE = 0.5
# Two held-out losses that differ by less are those of the same knowledge; see docs/how-it-works.md.
LITTLE = 0.01
UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
NUMBER = r"(\d+(?:\.\d+)?)"
DURATION = re.compile(
    " ?".join(rf"(?:{NUMBER} ?{unit})?" for unit in ("d", "h", "m(?:in)?", "s(?:ec)?")), re.ASCII
)


@dataclass(frozen=True)
class Limits:
    """The limits of a run; see `Word2Vec.fit`."""

    validation: float | None = None  # share of the corpus that is held out
    patience: int | None = None
    max_seconds: float | None = None

    def record(self) -> dict[str, Any]:
        """As JSON values, which `read_limits` reads."""
        return asdict(self)


NO_LIMITS = Limits()


def checked_limits(validation: Any, patience: Any, max_time: Any) -> Limits:
    """The limits that `Word2Vec.fit` was given; an error names the argument and what is allowed."""
    if validation is not None and (not is_real(validation) or not 0 < validation <= LARGEST_SHARE):
        raise refusal(
            "validation", validation, f"a share above 0, at most {LARGEST_SHARE}, or None"
        )
    if patience is not None:
        if not is_integer(patience) or patience < 1:
            raise refusal("patience", patience, "an integer, 1 or more, or None")
        if validation is None:
            raise ValueError(
                f"patience is {glimpse(patience)} without validation; it counts epochs in which "
                "the held-out loss does not improve"
            )
    return Limits(
        None if validation is None else float(validation),
        None if patience is None else int(patience),
        None if max_time is None else parse_duration(max_time),
    )


def read_limits(about: Mapping[str, Any]) -> Limits:
    """The limits in a checkpoint's record; a ValueError or TypeError if they are damaged."""
    if "limits" not in about:
        return NO_LIMITS
    record = about["limits"]
    if not isinstance(record, dict) or set(record) != set(NO_LIMITS.record()):
        raise ValueError(f"limits is {glimpse(record)}")
    return checked_limits(record["validation"], record["patience"], record["max_seconds"])


def parse_duration(value: Any) -> float:
    """The seconds of a duration: a number above 0, or as "90s", "10min", "1h30m", "2 d 12 h"."""
    seconds = value
    if isinstance(value, str):
        spelled = value.strip().lower()
        match = DURATION.fullmatch(spelled)
        if re.fullmatch(NUMBER, spelled, re.ASCII):
            seconds = float(spelled)
        elif match:
            parts = zip(match.groups(), UNITS.values(), strict=True)
            seconds = sum(float(n) * unit for n, unit in parts if n is not None)
        else:
            seconds = None
    if not is_real(seconds) or not seconds > 0:
        allowed = "seconds above 0, or as '90s', '10min' or '1h30m', or None"
        raise refusal("max_time", value, allowed)
    return float(seconds)


def are_words_alike(losses: list[float], of_mean: float) -> bool:
    """Whether the words' own vectors say as yet no more than one vector for all of them would.

    `losses` are those of the epochs until now, and `of_mean` is the last of them if each center had
    the mean of all input vectors. At first a run learns how frequent the words are. Then the loss
    stays for some epochs, in which it may even rise a little, and falls again when the words tell
    their contexts. A loss that has risen far is another matter.
    """
    return (1 - LITTLE) * of_mean <= losses[-1] <= (1 + LITTLE) * min(losses)


def best_epoch(losses: list[float], alike: int = 0) -> int:
    """The epoch with the lowest loss, counted from 1; of the first `alike`, only the last counts.

    0 if there is no epoch yet.
    """
    counted = losses[max(alike - 1, 0) :]
    return len(losses) - len(counted) + counted.index(min(counted)) + 1 if counted else 0


def is_exhausted(losses: list[float], patience: int | None, alike: int = 0) -> bool:
    """Whether the best of the epochs is `patience` epochs ago."""
    return patience is not None and len(losses) - best_epoch(losses, alike) >= patience
