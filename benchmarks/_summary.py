"""Turn the runs of a session into medians, ratios and Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import mean, median, stdev
from typing import Any

from _scores import shown

RIVALS = {"pword2vec": "pWord2Vec", "word2vec-c": "word2vec.c"}
ANALOGIES = "semantic", "syntactic"


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


def markdown(summary: list[dict[str, Any]], head: dict[str, Any]) -> str:
    """Return tables of speed, of vectors and of both in short, and figures for sentences."""
    first = summary[0]["rival"]
    faster = f"{first} is faster by"
    speed = [["", "epochs", "words/s", faster, "end to end", faster, "peak memory"]]
    names = list(summary[0]["scores"])
    vectors = [["", "epochs", "largest norm", *map(shown, names)]]
    for row in summary:
        begin = [RIVALS.get(row["rival"], row["rival"]), str(row["epochs"])]
        ratios = row["first_faster"]
        speed.append(
            [
                *begin,
                show(row["words_per_second"], ",.0f"),
                show_ratio(ratios.get("words_per_second")),
                show(row["total_seconds"], ",.1f", " s"),
                show_ratio(ratios.get("total_seconds")),
                show(row["peak_mb"], ",.0f", " MB"),
            ]
        )
        vectors.append(
            [
                *begin,
                show(row["largest_norm"], ".2f"),
                *(
                    show(score["mean"], ".1f") + show(score["sd"], ".1f", before=" ± ", none="")
                    for score in row["scores"].values()
                ),
            ]
        )
    lines = [*table(speed), "", *table(vectors), "", *table(short(summary)), ""]
    return "\n".join([*lines, *figures(summary), "", *notes(head), ""])


def short(summary: list[dict[str, Any]]) -> list[list[str]]:
    """Return the rows of a table with what matters most; where the first rival leads is bold."""
    by_name = {shown(name): name for name in summary[0]["scores"] if shown(name) != "all analogies"}
    both = [by_name.pop(name) for name in ANALOGIES if name in by_name]
    heads = [f"analogies: {', '.join(map(shown, both))}"] if both else []
    rows = [["", "epochs", "words/s", "end to end", "peak memory", *heads, *by_name]]
    for row in summary:
        name = RIVALS.get(row["rival"], row["rival"])
        each = {
            n: best(row, summary, lambda r, n=n: r["scores"][n]["mean"], ".1f")
            for n in row["scores"]
        }
        cells = [
            f"**{name}**" if row["rival"] == summary[0]["rival"] else name,
            str(row["epochs"]),
            best(row, summary, lambda r: r["words_per_second"], ",.0f"),
            best(row, summary, lambda r: r["total_seconds"], ".1f", " s", is_less=True),
            best(row, summary, lambda r: r["peak_mb"], ",.0f", " MB", is_less=True),
            *([", ".join(each[n] for n in both)] if both else []),
            *(each[n] for n in by_name.values()),
        ]
        rows.append(cells)
    return rows


def best(
    row: dict[str, Any],
    summary: list[dict[str, Any]],
    get: Callable[[dict[str, Any]], float | None],
    form: str,
    after: str = "",
    is_less: bool = False,
) -> str:
    """Return a cell, in bold where the first rival leads the others of as many epochs.

    Its variants, whose names begin with its own, are no others.
    """
    variant = f"{summary[0]['rival']} "
    rows = [other for other in summary if other["epochs"] == row["epochs"]]
    rows = [other for other in rows if other is row or not other["rival"].startswith(variant)]
    said = {other["rival"]: show(get(other), form) for other in rows}
    numbers = {rival: float(v.replace(",", "")) for rival, v in said.items() if v != "—"}
    own, text = numbers.pop(row["rival"], None), said[row["rival"]]
    if own is None:
        return text
    others = numbers.values()
    is_best = others and (own < min(others) if is_less else own > max(others))
    return f"**{text}{after}**" if is_best and row["rival"] == summary[0]["rival"] else text + after


def figures(summary: list[dict[str, Any]]) -> list[str]:
    """Return lines ``= name: figure`` for the sentences of the documentation."""
    first = summary[0]["rival"]
    lines = []
    for row in summary:
        name = f"{row['rival']} {row['epochs']}"
        if row["total_seconds"]:
            lines.append(f"= {name} seconds: {row['total_seconds']:.1f}")
        if row["words_per_second"]:
            lines.append(
                f"= {name} minutes for 10¹⁰ words: {1e10 / row['words_per_second'] / 60:.0f}"
            )
        for key, ratio in row["first_faster"].items():
            what = {"words_per_second": "slower", "total_seconds": "longer"}[key]
            if ratio:
                lines.append(f"= {name} {what}: {ratio['median']:.1f}")
        for score, value in row["scores"].items():
            lines.append(f"= {name} {score}: {show(value['mean'], '.1f')}")
    mine = {row["epochs"]: row["total_seconds"] for row in summary if row["rival"] == first}
    other = {row["epochs"]: row["total_seconds"] for row in summary if row["rival"] == "gensim"}
    if 5 in other:
        lines += [f"= gensim 5 to {first} {n}: {other[5] / mine[n]:.1f}" for n in mine if n < 5]
    return lines


def table(rows: list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table, whose head is the first row; numbers stand right."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|:--|" + "--:|" * (len(rows[0]) - 1), *lines[1:]]


def show(value: float | None, form: str, after: str = "", before: str = "", none: str = "—") -> str:
    return none if value is None else f"{before}{value:{form}}{after}"


def show_ratio(ratio: dict[str, float] | None) -> str:
    if ratio is None:
        return "—"
    spread = f" ({ratio['min']:.2f}–{ratio['max']:.2f})" if ratio["min"] < ratio["max"] else ""
    return f"{ratio['median']:.2f}×{spread}"


def notes(head: dict[str, Any]) -> list[str]:
    """Say what the tables are medians of, and where they come from."""
    env, about = head["environment"], head["about"]
    machine, corpus = env["machine"], about["corpus"]
    settings = ", ".join(f"{name}={value}" for name, value in about["settings"].items())
    packages = ", ".join(f"{name} {value}" for name, value in env["packages"].items() if value)
    return [
        f"Medians over {about['rounds']} rounds and all seeds, taken in turns. Ratios: median "
        "(smallest–largest) over neighbouring runs. Scores: mean ± standard deviation over seeds "
        "of Spearman × 100 and of right answers in percent.",
        "",
        f"- corpus: {corpus['name']}, {corpus['bytes']:,} bytes",
        f"- settings: {settings}, workers={about['workers']}; gensim's input: "
        f"{about['gensim_input']}",
        f"- machine: {machine['cpu']}, {machine['usable_cores']} of {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}; kernel {', '.join(head['kernels'])}",
        f"- versions: {env['python']}, {packages}",
        f"- date and command: {env['date']}, `{head['command']}`",
    ]
