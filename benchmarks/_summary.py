"""Turn the runs of a session into medians, ratios and Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import mean, median, stdev
from typing import Any


def summarise(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Aggregate runs by number of epochs and rival.

    Medians are over all runs, and ratios are to the first rival within a turn. Scores are averaged
    within a seed; the summary has their mean and sample standard deviation over seeds.
    """
    first = runs[0]["rival"] if runs else None
    turns = {(r["epochs"], r["round"], r["seed"]): r for r in runs if r["rival"] == first}
    summary = []
    for epochs, rival in dict.fromkeys((r["epochs"], r["rival"]) for r in runs):
        mine = [r for r in runs if (r["epochs"], r["rival"]) == (epochs, rival)]
        row: dict[str, Any] = {"epochs": epochs, "rival": rival, "runs": len(mine)}
        for key in ("words_per_second", "read_seconds", "train_seconds", "total_seconds"):
            row[key] = median_of(r.get(key) for r in mine)
        row["peak_mb"] = median_of(r.get("peak_mb") for r in mine)
        for key in ("vocabulary", "largest_norm", "largest_entry"):
            row[key] = max((r[key] for r in mine if r[key] is not None), default=None)
        row["first_faster"] = {}
        if rival != first:
            both = [(turns[r["epochs"], r["round"], r["seed"]], r) for r in mine]
            trained = [(a, b) for a, b in both if "train_seconds" in a and "train_seconds" in b]
            row["first_faster"] = {
                "words_per_second": spread(
                    a["words_per_second"] / b["words_per_second"] for a, b in trained
                ),
                "total_seconds": spread(b["total_seconds"] / a["total_seconds"] for a, b in both),
            }
        row["scores"] = {name: over_seeds(mine, name) for name in mine[0]["scores"]}
        summary.append(row)
    return summary


def median_of(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are not None."""
    there = [value for value in values if value is not None]
    return median(there) if there else None


def spread(values: Iterable[float]) -> dict[str, float] | None:
    """Return the median, the smallest and the largest value."""
    there = list(values)
    return {"median": median(there), "min": min(there), "max": max(there)} if there else None


def over_seeds(runs: list[dict[str, Any]], name: str) -> dict[str, float | None]:
    """Return the mean and the sample standard deviation of a score over seeds."""
    by_seed: dict[int, list[float]] = {}
    for run in runs:
        if run["scores"][name] is not None:
            by_seed.setdefault(run["seed"], []).append(run["scores"][name])
    means = [mean(scores) for scores in by_seed.values()]
    return {
        "mean": mean(means) if means else None,
        "sd": stdev(means) if len(means) > 1 else None,
    }


def markdown(results: dict[str, Any]) -> str:
    """Return two tables, of speed and of vectors, and notes on what they were measured on."""
    summary = results["summary"]
    first = summary[0]["rival"]
    faster = f"{first} is faster by"
    speed = [["", "epochs", "words/s", faster, "end to end", faster, "peak memory"]]
    names = list(summary[0]["scores"])
    vectors = [["", "epochs", "vocabulary", "largest norm", "largest entry", *names]]
    for row in summary:
        head = [row["rival"], str(row["epochs"])]
        ratios = row["first_faster"]
        speed.append(
            [
                *head,
                show(row["words_per_second"], ",.0f"),
                show_ratio(ratios.get("words_per_second")),
                show(row["total_seconds"], ",.1f", " s"),
                show_ratio(ratios.get("total_seconds")),
                show(row["peak_mb"], ",.0f", " MB"),
            ]
        )
        sizes = (
            (row["vocabulary"], ","),
            (row["largest_norm"], ".2f"),
            (row["largest_entry"], ".2f"),
        )
        vectors.append(
            [
                *head,
                *(show(value, form) for value, form in sizes),
                *(
                    show(score["mean"], ".1f") + show(score["sd"], ".1f", before=" ± ", none="")
                    for score in row["scores"].values()
                ),
            ]
        )
    return "\n".join([*table(speed), "", *table(vectors), "", *notes(results), ""])


def table(rows: list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table, whose head is the first row; numbers stand right."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|:--|" + "--:|" * (len(rows[0]) - 1), *lines[1:]]


def show(value: float | None, form: str, after: str = "", before: str = "", none: str = "—") -> str:
    return none if value is None else f"{before}{value:{form}}{after}"


def show_ratio(ratio: dict[str, float] | None) -> str:
    if ratio is None:
        return "—"
    return f"{ratio['median']:.2f}× ({ratio['min']:.2f}–{ratio['max']:.2f})"


def notes(results: dict[str, Any]) -> list[str]:
    """Say what the tables are medians of, and where they come from."""
    env, options = results["environment"], results["options"]
    machine, blas = env["machine"], env["blas"]
    settings = ", ".join(f"{name}={value}" for name, value in options["settings"].items())
    pools = ", ".join(
        f"{p.get('prefix', '')} {p.get('version', '')} {p.get('architecture', '')} × "
        f"{p['num_threads']} threads"
        for p in env["threadpools"]
    )
    variables = " ".join(f"{name}={value}" for name, value in env["variables"].items())
    packages = ", ".join(f"{name} {value}" for name, value in env["packages"].items() if value)
    runs, corpus = results["runs"], results["corpus"]
    tokens = max((run.get("raw_words", 0) for run in runs), default=0)
    reader = results["gensim_reader"]
    return [
        f"Medians over {options['rounds']} rounds × seeds {options['seeds']}, {len(runs)} runs in "
        "all, taken in turns. Ratios: median (smallest–largest) over neighbouring runs. Scores: "
        "mean ± standard deviation over seeds of Spearman × 100 and of right answers in percent.",
        "",
        f"- corpus: {corpus['name']}, {corpus['bytes']:,} bytes, {tokens:,} tokens"
        + (f"; gensim reads it by {reader}" if reader else ""),
        f"- settings: {settings}, workers={options['workers']}",
        f"- machine: {machine['cpu']}, {machine['usable_cores']} of {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}",
        f"- BLAS: {blas.get('name', 'unknown')} {blas.get('version', '')}; loaded: "
        f"{pools or 'unknown'}; environment: {variables or 'no thread variable set'}",
        f"- versions: {env['python']}, {packages}",
        f"- date and command: {env['date']}, `{results['command']}`",
    ]
