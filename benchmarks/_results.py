"""A folder of results: one JSON file for each benchmark, with all of its runs.

Each run is written as soon as it has ended, so that a session can be stopped at any time. A run
that stands is not measured again, unless the library, the machine or the kernel of BLAS is another
one by now. `tables.py` makes the tables of the documentation from these files.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from _environment import environment

HERE = Path(__file__).parent

Run = dict[str, Any]


def library() -> dict[str, str | None]:
    """Return the commit, and the hash of the library's source, which docs do not change."""
    tree = git("rev-parse", "HEAD:src")
    if tree and git("status", "--porcelain", "--", "src"):
        tree += "+changed"
    return {"commit": git("rev-parse", "HEAD"), "tree": tree}


def git(*arguments: str) -> str | None:
    """Return what git says of the checkout, or None."""
    try:
        shown = subprocess.run(["git", *arguments], cwd=HERE.parent, capture_output=True, text=True)
    except OSError:
        return None
    return shown.stdout.strip() if shown.returncode == 0 else None


def kernels(variables: dict[str, str] | None = None) -> tuple[dict[str, Any], list[str]]:
    """Return the environment and the kernels of BLAS in a process with these variables."""
    if variables:
        code = "import json, _results; print(json.dumps(_results.kernels()))"
        command = [sys.executable, "-c", code]
        shown = subprocess.run(
            command, cwd=HERE, env={**os.environ, **variables}, stdout=subprocess.PIPE, check=True
        )
        env, names = json.loads(shown.stdout)
        return env, names
    env = environment(("negsamp", "gensim", "numpy", "scipy"))
    return env, sorted({p["architecture"] for p in env["threadpools"] if "architecture" in p})


def read_output(text: str) -> Run:
    """Return the Markdown tables, the lines ``= name: figure`` and all of what a script printed."""
    tables: list[list[str]] = []
    figures, before = {}, ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                tables.append([])
            tables[-1].append(line)
        elif line.startswith("= "):
            name, _, figure = line[2:].partition(": ")
            figures[name] = figure
        before = line
    others = [line for line in text.splitlines() if not line.startswith(("|", "= ", '{"'))]
    return {"tables": tables, "figures": figures, "output": [line for line in others if line]}


class Results:
    """The runs of one benchmark, kept in a JSON file.

    Parameters
    ----------
    folder : Path, optional
        ``benchmarks/results`` if None.
    name : str
        Of the file, without ``.json``.
    variables : dict, optional
        Of the environment in which the runs are.
    **about
        What all runs have in common, such as the corpus; plain data.
    """

    def __init__(
        self,
        folder: Path | None,
        name: str,
        variables: dict[str, str] | None = None,
        **about: Any,
    ) -> None:
        env, names = kernels(variables)
        path = (folder or HERE / "results") / f"{name}.json"
        self.path: Path = path
        self.runs: list[Run] = []
        self.head = {
            "command": shlex.join(
                ["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]
            ),
            "library": library(),
            "kernels": names,
            "environment": env,
            "about": json.loads(json.dumps(about, default=str)),
        }
        if path.exists():
            kept = json.loads(path.read_text("utf-8"))
            if self._is_same(kept):
                self.runs = kept["runs"]
            else:
                print(f"{path} is of another library, machine or text: all is measured again")

    def _is_same(self, kept: dict[str, Any]) -> bool:
        mine = self.head
        return (
            "published" not in kept
            and kept["library"]["tree"] == mine["library"]["tree"]
            and kept["environment"]["machine"]["cpu"] == mine["environment"]["machine"]["cpu"]
            and kept["kernels"] == mine["kernels"]
            and kept["about"] == mine["about"]
        )

    def find(self, **key: Any) -> Run | None:
        """Return the run with this key, if it stands."""
        key = json.loads(json.dumps(key))
        return next((run for run in self.runs if run.items() >= key.items()), None)

    def run(self, measure: Callable[[], Run], **key: Any) -> Run:
        """Return the run with this key, which is measured and written if there is none."""
        found = self.find(**key)
        if found is None:
            found = {**key, **measure(), "date": datetime.now(UTC).isoformat(timespec="seconds")}
            self.runs.append(found)
            self.write()
        return found

    def write(self) -> None:
        """Replace the file at once, so that a broken session leaves the last whole one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".part")
        text = json.dumps({**self.head, "runs": self.runs}, indent=1, ensure_ascii=False)
        draft.write_text(text + "\n", "utf-8")
        os.replace(draft, self.path)
