"""What the parameters of `Word2Vec` may be, and what is said when they are not."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from negsamp.checks import is_integer, is_real
from negsamp.core.objectives import OBJECTIVES, Objective, objective_of
from negsamp.core.optimizers import OPTIMIZERS
from negsamp.core.sampling import checked_noise

__all__ = ["check_parameters", "refuse"]

# What users of gensim, older gensim or other libraries may write, and what it is called here.
OTHER_NAMES = {
    "size": "vector_size",
    "dim": "vector_size",
    "embedding_dim": "vector_size",
    "iter": "epochs",
    "n_epochs": "epochs",
    "lr": "alpha",
    "learning_rate": "alpha",
    "batch_words": "batch_size",
    "threads": "workers",
    "n_jobs": "workers",
    "random_state": "seed",
    "subsample": "sample",
    "compute_loss": None,
    "sentences": "fit(corpus)",
    "corpus_file": "fit(path)",
    "corpus_iterable": "fit(corpus)",
    "callbacks": "fit(corpus, callbacks=…)",
}
# name: (lowest, highest, whether None is allowed)
INTEGERS = {
    "vector_size": (1, 100_000, False),
    "window": (1, 10_000, False),
    "min_count": (0, 2**63, False),
    "negative": (1, 10_000, False),
    "epochs": (1, 1_000_000, False),
    "workers": (1, 1024, True),
    "seed": (0, 2**128, True),
    "max_vocab_size": (1, 2**63, True),
    "batch_size": (1, 1 << 20, True),
}
NUMBERS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "sample": ("a finite number, 0 or more", lambda value: value >= 0),
    "ns_exponent": ("a finite number", lambda value: True),
    "alpha": ("a finite number above 0, at most 10", lambda value: 0 < value <= 10),
    "min_alpha": ("a finite number, 0 or more", lambda value: value >= 0),
}


def check_parameters(params: Mapping[str, Any]) -> None:
    """Check the values of all parameters.

    Raises
    ------
    ValueError, TypeError
        That names the parameter, its value and what is allowed.
    """
    for name, (low, high, optional) in INTEGERS.items():
        value = params[name]
        if optional and value is None:
            continue
        if not is_integer(value) or not low <= value <= high:
            allowed = f"from {low} to {high}" if high < 2**31 else f"{low} or more"
            raise _bad(name, value, f"an integer, {allowed}" + ", or None" * optional)
    for name, (allowed, accepts) in NUMBERS.items():
        value = params[name]
        if not is_real(value) or not accepts(value):
            raise _bad(name, value, allowed)
    for name, choices in (("objective", OBJECTIVES), ("optimizer", OPTIMIZERS)):
        value = params[name]
        if name == "objective" and isinstance(value, Objective):
            continue
        if not isinstance(value, str) or value not in choices:
            raise _bad(name, value, "one of " + ", ".join(map(repr, choices)))
    noise = params["noise"]
    objective = objective_of(params["objective"], params["nce_normalizer"])
    if noise is not None:
        if not objective.draws_noise:
            raise ValueError(f"noise is given, but objective {objective.name!r} draws none")
        if not callable(noise):
            checked_noise(noise)
    min_alpha, alpha, shrink = params["min_alpha"], params["alpha"], params["shrink_windows"]
    if min_alpha > alpha:
        raise _bad("min_alpha", min_alpha, f"at most alpha, {alpha}")
    if not isinstance(shrink, (bool, np.bool_)):
        raise _bad("shrink_windows", shrink, "True or False")
    progress = params["progress"]
    if progress is not None and not isinstance(progress, (bool, np.bool_)):
        raise _bad("progress", progress, "True, False or None")


def refuse(others: Mapping[str, Any], known: Sequence[str]) -> None:
    """Say what to write instead of a parameter that is not one of those known.

    Raises
    ------
    TypeError
    """
    for name, value in others.items():
        if (name == "sg" and value == 1) or (name == "hs" and value == 0):
            continue  # what gensim calls this very model
        if name == "sg":
            raise TypeError(f"sg={value!r} asks for CBOW; negsamp trains skip-gram: leave sg out")
        if name == "hs":
            raise TypeError(
                f"hs={value!r} asks for hierarchical softmax; choose by objective=: "
                + ", ".join(map(repr, OBJECTIVES))
            )
        if name in OTHER_NAMES:
            instead = OTHER_NAMES[name]
            hint = f"write {instead}" if instead else "leave it out: loss_history_ is always kept"
        else:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise TypeError(f"Word2Vec has no parameter {name!r}; {hint}")


def _bad(name: str, value: Any, allowed: str) -> Exception:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    hint = "; a corpus goes to fit()" if name == "vector_size" and np.ndim(value) else ""
    kind = ValueError if is_real(value, finite=False) or isinstance(value, str) else TypeError
    return kind(f"{name} is {shown}; it must be {allowed}{hint}")
