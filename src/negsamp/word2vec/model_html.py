"""A model as HTML, which notebooks show."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from negsamp.checks import glimpse

__all__ = ["model_html"]

TABLE = "margin: 0.5em 1.5em; color: inherit; font-size: inherit"
CELL = "padding: 0 1.5em 0 0; text-align: left; border: none"


def model_html(
    name: str, state: str, params: Mapping[str, Any], defaults: Mapping[str, Any]
) -> str:
    """A line with the name, the parameters that are not defaults, and the state of a model.

    All parameters unfold below it. It brings no style sheet and no script, and takes the colours
    of the page.
    """
    shown = {param: glimpse(value) for param, value in params.items()}
    changed = {k: v for k, v in shown.items() if v != glimpse(defaults[k])}
    call = f"{name}({', '.join(f'{k}={v}' for k, v in changed.items())})"
    rows = "".join(
        f"<tr><td style='{CELL}'>{_bold(param, param in changed)}</td>"
        f"<td style='{CELL}'><code>{escape(value)}</code></td></tr>"
        for param, value in shown.items()
    )
    return (
        f"<details class='negsamp-model'><summary style='cursor: pointer'><code>{escape(call)}"
        f"</code> <small>{escape(state)}</small></summary><table style='{TABLE}'>"
        f"{rows}</table></details>"
    )


def _bold(text: str, is_bold: bool) -> str:
    return f"<b>{escape(text)}</b>" if is_bold else escape(text)
