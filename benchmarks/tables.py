"""Make the measured tables and figures of README.md and docs/*.md from a folder of results.

python benchmarks/tables.py [RESULTS] [--check]

The documents say where each belongs, on lines of their own for the first four:

    <!-- table: NAME 2 -->    the second table of NAME.json, up to the line <!-- end -->
    <!-- past: NAME 2 -->     the same of what no step of all.py can measure any more
    <!-- about: NAME -->      the command, the machine and the versions, in the same way
    <!-- unmeasured -->       the table below has no measurements
    <!--=NAME: FIGURE-->6.8<!--=-->    a figure in a sentence
"""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(<!-- (table|past|about): ([\w-]+)(?: (\d+))? -->\n).*?(<!-- end -->)", re.DOTALL
)
FIGURE = re.compile(r"(<!--=([\w-]+): ([^>]+?)-->).*?(<!--=-->)")


def load(folder: Path, name: str) -> dict[str, Any]:
    """Return what a step left."""
    path = folder / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{path} is missing; benchmarks/all.py --only {name} measures it")
    return json.loads(path.read_text("utf-8"))


def about(result: dict[str, Any]) -> str:
    """Say in one paragraph what was run, where and when."""
    if "published" in result:
        text = result["published"]
    else:
        env, library = result["environment"], result["library"]
        packages = {**env["packages"], "Python": env["python"].split()[-1]}
        versions = ", ".join(f"{k} {v}" for k, v in packages.items() if v and k != "negsamp")
        n = env["machine"]["usable_cores"]
        cores = f"{n} core{'s' * (n > 1)} of {env['machine']['cpu']}"
        commit = (library["commit"] or "")[:10]
        text = (
            f"Measured by `{result['command']}` on {cores} (OpenBLAS kernel "
            f"{', '.join(result['kernels'])}) with {versions}, at {env['date'][:10]}, "
            f"commit {commit or 'unknown'}."
        )
    return "\n".join(textwrap.wrap(text, 118, break_long_words=False, break_on_hyphens=False))


def fill(text: str, folder: Path) -> str:
    """Return a document with its tables and figures as they are in the folder."""

    def block(match: re.Match[str]) -> str:
        begin, kind, name, number, end = match.groups()
        result = load(folder, name)
        if kind == "about":
            return f"{begin}{about(result)}\n{end}"
        tables = result["runs"][-1]["tables"]
        n = int(number or 1)
        if n > len(tables):
            raise SystemExit(f"{name}.json has {len(tables)} tables, and no number {n}")
        return begin + "\n".join(tables[n - 1]) + "\n" + end

    def figure(match: re.Match[str]) -> str:
        begin, name, which, end = match.groups()
        figures = load(folder, name)["runs"][-1]["figures"]
        if which not in figures:
            raise SystemExit(f"{name}.json has no figure {which!r}; it has {', '.join(figures)}")
        return begin + figures[which] + end

    return FIGURE.sub(figure, BLOCK.sub(block, text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", default=HERE / "results")
    parser.add_argument("--check", action="store_true", help="change nothing, and say what differs")
    arguments = parser.parse_args()
    stale = []
    for path in DOCUMENTS:
        text = path.read_text("utf-8")
        made = fill(text, arguments.results)
        if made != text:
            stale.append(path.name)
            if not arguments.check:
                path.write_text(made, "utf-8")
    if stale:
        print(f"{'would change' if arguments.check else 'changed'}: {', '.join(stale)}")
        raise SystemExit(int(arguments.check))


if __name__ == "__main__":
    main()
