"""Scores of a model's vectors on the evaluation sets of a folder."""

from __future__ import annotations

from pathlib import Path

from negsamp import KeyedVectors, evaluate_word_analogies, evaluate_word_pairs


def scores(wv: KeyedVectors, folder: Path | None) -> dict[str, float]:
    """Return Spearman's ρ × 100 for word pairs and right answers in per cent for analogies."""
    found = {}
    for path in sorted(folder.iterdir()) if folder else []:
        if path.read_text("utf-8").startswith(":"):
            result = evaluate_word_analogies(wv, path, restrict_vocab=30_000)
            found["semantic"] = 100 * result.semantic.accuracy
            found["syntactic"] = 100 * result.syntactic.accuracy
        else:
            found[path.stem] = 100 * evaluate_word_pairs(wv, path).spearman
    return found
