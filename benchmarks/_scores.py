"""Scores of a model's vectors on the evaluation sets of folders, under the names of the docs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import mean

from negsamp import KeyedVectors, evaluate_word_analogies, evaluate_word_pairs

NAMES = {
    "simlex999": "SimLex-999",
    "EN-SIMLEX-999": "SimLex-999",
    "wordsim353": "WordSim-353",
    "EN-WS-353-ALL": "WordSim-353",
    "EN-MEN-TR-3k": "MEN",
    "EN-RW-STANFORD": "RW",
    "EN-SimVerb-3500": "SimVerb",
    "questions-words semantic": "semantic",
    "questions-words syntactic": "syntactic",
    "questions-words total": "all analogies",
}
# The sets of many pairs, whose mean is compared, and others, which nothing was chosen by.
MANY = "SimLex-999", "WordSim-353", "MEN", "RW", "SimVerb", "MTurk-771"
OTHERS = "MTurk-287", "WS-REL", "WS-SIM", "VERB-143", "RG-65"


def shown(name: str) -> str:
    """Return what the docs call a set, by the name of its file."""
    return NAMES.get(name, name.removeprefix("EN-").replace("WS-353-", "WS-"))


def scores(wv: KeyedVectors, *folders: Path | None) -> dict[str, float]:
    """Return Spearman's ρ × 100 for word pairs and right answers in per cent for analogies."""
    found = {}
    for path in (path for folder in folders if folder for path in sorted(folder.iterdir())):
        if path.read_text("utf-8").startswith(":"):
            result = evaluate_word_analogies(wv, path, restrict_vocab=30_000)
            found["semantic"] = 100 * result.semantic.accuracy
            found["syntactic"] = 100 * result.syntactic.accuracy
            found["all analogies"] = 100 * result.total.accuracy
        else:
            found[shown(path.stem)] = 100 * evaluate_word_pairs(wv, path).spearman
    return found


def without_total(found: Mapping[str, float]) -> dict[str, float]:
    """Return scores without those of all analogies together."""
    return {name: score for name, score in found.items() if name != "all analogies"}


def mean_of(found: Mapping[str, float], names: tuple[str, ...] = MANY) -> float:
    """Return the mean of those sets of word pairs that there are, nan of none."""
    there = [found[name] for name in names if name in found]
    return mean(there) if there else float("nan")
