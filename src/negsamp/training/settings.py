"""The parameters of `Word2Vec`, checked once."""

from __future__ import annotations

import difflib
import numbers
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from negsamp.checks import check_flags, glimpse, is_integer, is_real
from negsamp.core.objectives import OBJECTIVES, Objective, objective_of
from negsamp.core.optimizers import OPTIMIZERS
from negsamp.core.sampling import checked_noise, custom_noise, noise_probabilities

__all__ = [
    "INITS",
    "LARGEST_ALPHA",
    "Settings",
    "available_cores",
    "refusal",
    "refuse",
    "refuse_corpus",
    "refuse_pmi",
]

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
    "max_features": "max_final_vocab",
    "verbose": "progress",
}
CORPORA = {
    "sentences": "fit(corpus)",
    "corpus_file": "fit(path)",
    "corpus_iterable": "fit(corpus)",
    "corpus": "fit(corpus)",
}
LEAVE_OUT = {
    "compute_loss": "loss_history_ is always kept",
    "sorted_vocab": "fit puts words in order of falling count",
    "cbow_mean": "it belongs to CBOW",
    "hashfxn": "the same seed always gives the same vectors",
    "null_word": "no such word is needed",
    "comment": "nothing keeps it",
    "trim_rule": "take the words out of the corpus, or set min_count or max_final_vocab",
}
OF_FIT = (
    *("callbacks", "errors", "cache", "checkpoint", "checkpoint_every", "init_vectors", "frozen"),
    *("validation", "patience", "max_time"),
)
INITS = "pmi", "random"
# Epochs, and tokens of all of them after subsampling, up to which vectors from the pointwise mutual
# information are better in the end than random ones. Measured, see docs/performance.md.
FEW_EPOCHS, FEW_TOKENS = 10, 20e6
OF_OBJECTIVE = "objective", "nce_normalizer", "shift", "negative"
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
    "max_final_vocab": (1, 2**63, True),
    "batch_size": (1, 1 << 20, True),
}
FOLLOWS = "sample", "shift"  # None follows the corpus, or K
LARGEST_ALPHA = 10
LARGEST_SHIFT = 50  # e⁵⁰ is far beyond any K or vocabulary
NUMBERS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "sample": ("a finite number, 0 or more, or None", lambda value: value >= 0),
    "ns_exponent": ("a finite number", lambda value: True),
    "alpha": (
        f"a finite number above 0, at most {LARGEST_ALPHA}",
        lambda value: 0 < value <= LARGEST_ALPHA,
    ),
    "min_alpha": ("a finite number, 0 or more", lambda value: value >= 0),
    "shift": (
        f"a finite number from −{LARGEST_SHIFT} to {LARGEST_SHIFT}, or None",
        lambda value: abs(value) <= LARGEST_SHIFT,
    ),
}


@dataclass(frozen=True)
class Settings:
    """All parameters of `Word2Vec`, which documents them.

    Numbers are Python's own, and the objective is an object that has its normaliser.
    """

    vector_size: int
    window: int
    min_count: int
    sample: float | None
    negative: int
    ns_exponent: float
    objective: Objective
    optimizer: str
    alpha: float
    min_alpha: float
    epochs: int
    workers: int | None
    seed: int | None
    shrink_windows: bool
    max_vocab_size: int | None
    batch_size: int | None
    progress: bool | None
    noise: Any
    nce_normalizer: str | None
    max_final_vocab: int | None
    shift: float | None
    init: str | None

    @classmethod
    def checked(cls, params: Mapping[str, Any]) -> Settings:
        """Check the parameters that `Word2Vec.get_params` gives."""
        _check(params)
        given = {field.name: params[field.name] for field in fields(cls)}
        plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in given.items()}
        objective = objective_of(*(plain[name] for name in OF_OBJECTIVE))
        return cls(**{**plain, "objective": objective})

    @property
    def processes(self) -> int:
        """The number of processes that `workers` asks for."""
        return available_cores() if self.workers is None else self.workers

    def noise_distribution(self, counts: np.ndarray) -> np.ndarray:
        """The noise distribution, (V,) float64; a ValueError if `noise` does not fit the words."""
        if self.noise is None:
            return noise_probabilities(counts, self.ns_exponent)
        return custom_noise(self.noise, counts)

    def pmi_offset(self, kept_tokens: float) -> float | None:
        """What u · v is above the mutual information that a run begins with; None if with no such.

        `kept_tokens` are those of an epoch after subsampling.
        """
        is_long = self.epochs > FEW_EPOCHS or kept_tokens * self.epochs > FEW_TOKENS
        if self.init == "random" or (self.init is None and is_long):
            return None
        return self.objective.pmi_offset(self.negative)

    def record(self) -> dict[str, Any]:
        """The parameters as ``model.json`` has them; a noise distribution has its own file."""
        objective = self.objective
        named = None
        if objective.name in OBJECTIVES:
            given = self.nce_normalizer, self.shift, self.negative
            named = objective_of(objective.name, *given)
        if type(named) is not type(objective) or vars(named) != vars(objective):
            raise ValueError(
                f"objective is {glimpse(objective)}, and a saved model or checkpoint names one of "
                f"{', '.join(map(repr, OBJECTIVES))}: train it without checkpoint, and save wv and "
                "context_wv, each by its own save"
            )
        return {**vars(self), "objective": objective.name, "noise": None}


def available_cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check(params: Mapping[str, Any]) -> None:
    for name, (low, high, optional) in INTEGERS.items():
        value = params[name]
        if optional and value is None:
            continue
        if not is_integer(value) or not low <= value <= high:
            allowed = f"from {low} to {high}" if high < 2**31 else f"{low} or more"
            raise refusal(name, value, f"an integer, {allowed}" + ", or None" * optional)
    for name, (allowed, accepts) in NUMBERS.items():
        value = params[name]
        if name in FOLLOWS and value is None:
            continue
        if not is_real(value) or not accepts(value):
            raise refusal(name, value, allowed)
    for name, choices, other, kind in (
        ("objective", OBJECTIVES, ", or an object of a subclass of negsamp.Objective", Objective),
        ("optimizer", OPTIMIZERS, "", ()),
        ("init", INITS, ", or None", type(None)),
    ):
        value = params[name]
        if not isinstance(value, kind) and not (isinstance(value, str) and value in choices):
            raise refusal(name, value, "one of " + ", ".join(map(repr, choices)) + other)
    objective = objective_of(*(params[name] for name in OF_OBJECTIVE))
    if params["init"] == "pmi" and objective.pmi_offset(params["negative"]) is None:
        raise ValueError(
            f"init is 'pmi', but vectors of objective {objective.name!r} do not tell the pointwise "
            "mutual information; it must be 'random' or None"
        )
    noise = params["noise"]
    if noise is not None:
        if not objective.draws_noise:
            raise ValueError(f"noise is given, but objective {objective.name!r} draws none")
        if not callable(noise):
            checked_noise(noise)
    min_alpha, alpha = params["min_alpha"], params["alpha"]
    if min_alpha > alpha:
        raise refusal("min_alpha", min_alpha, f"at most alpha, {alpha}")
    check_flags(shrink_windows=params["shrink_windows"])
    progress = params["progress"]
    if progress is not None and not isinstance(progress, (bool, np.bool_)):
        raise refusal("progress", progress, "True, False or None")


def refuse(others: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise a TypeError that says what to write instead of a parameter that is not known."""
    for name, value in others.items():
        if is_integer(value) and (name, int(value)) in (("sg", 1), ("hs", 0)):
            continue  # what gensim calls this very model
        if name == "sg":
            raise TypeError(
                f"sg={glimpse(value)} asks for CBOW; negsamp trains skip-gram: leave sg out"
            )
        if name == "hs":
            raise TypeError(
                f"hs={glimpse(value)} asks for hierarchical softmax; choose by objective=: "
                f"{', '.join(map(repr, OBJECTIVES))}: objective='hierarchical' instead of hs=1"
            )
        if name in OTHER_NAMES:
            hint = f"write {OTHER_NAMES[name]}"
        elif name in CORPORA:
            hint = f"write {CORPORA[name]}"
        elif name in LEAVE_OUT:
            hint = f"leave it out: {LEAVE_OUT[name]}"
        elif name in OF_FIT:
            hint = f"write fit(corpus, {name}=…)"
        else:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise TypeError(f"Word2Vec has no parameter {glimpse(name)}; {hint}")


def refuse_pmi(settings: Settings, instead: str) -> None:
    """Raise a ValueError if a run that begins otherwise is to begin with ``init="pmi"``."""
    if settings.init == "pmi":
        raise ValueError(f"init is 'pmi', but {instead}; leave init None")


def refuse_corpus(first: Sequence[Any], params: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise a TypeError with the line to write if `Word2Vec` itself is given a corpus.

    `first` are its arguments without a name, of which a corpus is the first, as in gensim.
    """
    named = [name for name in CORPORA if name in params]
    has_corpus = bool(first) and not isinstance(first[0], numbers.Number)
    if not has_corpus and not named:
        return
    refuse({name: params[name] for name in ("sg", "hs") if name in params}, known)
    says = "Word2Vec takes parameters, and fit the corpus: write "
    if named:
        says = f"Word2Vec has no parameter {named[0]!r}; write {CORPORA[named[0]]}: "
    corpus = first[0] if has_corpus else params[named[0]]
    of_model, of_fit = [], [_code("sentences", corpus)]
    for name, value in params.items():
        if name in OF_FIT:
            of_fit.append(f"{name}={_code(name, value)}")
        elif name not in (*CORPORA, *LEAVE_OUT, "sg", "hs"):
            of_model.append(f"{OTHER_NAMES.get(name, name)}={_code(name, value)}")
    raise TypeError(f"{says}Word2Vec({', '.join(of_model)}).fit({', '.join(of_fit)})")


def _code(name: str, value: Any) -> str:
    """A short value as code, or the name of a variable that has it."""
    is_plain = isinstance(value, (bool, int, float, str))
    return repr(value) if is_plain and len(glimpse(value)) <= 30 else name


def refusal(name: str, value: Any, allowed: str) -> Exception:
    """The error that says what a parameter is and what it must be."""
    is_corpus = name == "vector_size" and isinstance(value, Iterable)
    hint = "; a corpus goes to fit()" * is_corpus
    kind = ValueError if is_real(value, finite=False) or isinstance(value, str) else TypeError
    return kind(f"{name} is {glimpse(value)}; it must be {allowed}{hint}")
