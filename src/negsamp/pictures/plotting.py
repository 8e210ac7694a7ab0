"""Pictures by Matplotlib: a map of words, and the loss of a run."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SUFFIXES", "draw_loss", "draw_map", "picture", "place_labels"]

SUFFIXES = (".png", ".svg", ".pdf")
INK, MUTED, ACCENT = "#1f2430", "#a3a9b8", "#3b5bb5"
FONT = "DejaVu Sans"  # which comes with matplotlib
FONT_SIZE = 9.0  # points, as all lengths here
DOT = 3.0  # diameter
MARGIN = 1.0  # around a label
# How far from its dot a label may stand: beside it, or at the end of a line.
DISTANCES = (1.5, 9, 16, 24, 34, 46, 60)
DIRECTIONS = 16
CLEAR = 4.0  # between a label on a line and any dot

logger = logging.getLogger(__name__)


def draw_map(labels: Sequence[str], points: np.ndarray) -> Figure:
    """Draw a map of words: a dot for each of the points (V, 2), and labels that do not overlap.

    Labels that come first are placed first. One with no place beside its dot stands at the end of a
    short line; one with no place there is left out, which is logged.
    """
    _need_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if len(labels) != len(points) or not len(labels):
        raise ValueError(f"there are {len(labels)} labels and {len(points)} points")
    figure = Figure(figsize=(9, 7), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set_axis_off()
    axes.set_aspect("equal", adjustable="datalim")
    axes.scatter(points[:, 0], points[:, 1], s=DOT**2, color=ACCENT, linewidths=0, zorder=2)
    axes.margins(0.06)
    axes.apply_aspect()  # from here on pixels are final

    scale = figure.dpi / 72  # pixels a point
    font: dict[str, Any] = {"family": _families(labels), "size": FONT_SIZE, "color": INK}
    middle: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": False}
    texts = [axes.text(0, 0, label, **font, **middle) for label in labels]
    with _silent_on_glyphs():
        renderer = canvas.get_renderer()
        extents = [text.get_window_extent(renderer) for text in texts]
    sizes = np.array([(e.width, e.height) for e in extents]) + 2 * MARGIN * scale
    dots = axes.transData.transform(points)
    places = place_labels(dots, sizes, (figure.bbox.width, figure.bbox.height), scale)
    # in data coordinates: a picture of another resolution has other pixels
    to_data = axes.transData.inverted().transform
    for text, dot, size, place in zip(texts, dots, sizes, places, strict=True):
        if np.isnan(place).any():
            text.remove()
            continue
        text.set_position(tuple(to_data(place)))
        end = np.clip(dot, place - size / 2, place + size / 2)
        if np.hypot(*(end - dot)) > (DISTANCES[0] + DISTANCES[1]) / 2 * scale:
            axes.plot(*to_data([dot, end]).T, color=MUTED, linewidth=0.6, zorder=1)
    if n_left_out := np.isnan(places[:, 0]).sum():
        logger.warning("%d of %d labels found no place on the map", n_left_out, len(labels))
    return figure


def place_labels(
    dots: np.ndarray, sizes: np.ndarray, room: tuple[float, float], scale: float = 1.0
) -> np.ndarray:
    """Find places for labels such that none overlaps another, a dot, a line or the edge.

    One after the other, labels take the first free place beside their dots, then those that found
    none the first that a line reaches. Dots are (n, 2); `sizes` (n, 2) and `room` are widths and
    heights, of the labels and of the whole; `scale` is a typographic point in these units. What
    comes back are the centers of the labels (n, 2), NaN for those without a place.
    """
    steps = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    order = np.argsort(np.arange(DIRECTIONS) % (DIRECTIONS // 4), kind="stable")  # right, up, …
    directions = np.stack([np.cos(steps), np.sin(steps)], axis=1)[order]
    # corner to corner, so that a label in the diagonal touches its dot as one at the side does
    reach = np.clip(directions * np.sqrt(2), -1, 1)
    half_dot = DOT / 2 * scale
    low, high = [dots - half_dot], [dots + half_dot]
    places = np.full(dots.shape, np.nan)
    # first all that have room beside their dots; a label on a line keeps away from other dots
    for distances, clear in ((DISTANCES[:1], 0.0), (DISTANCES[1:], CLEAR * scale)):
        for n in np.flatnonzero(np.isnan(places[:, 0])):
            dot, size = dots[n], sizes[n]
            away = half_dot + np.array(distances)[:, None, None] * scale
            centers = (dot + reach * size / 2 + directions * away).reshape(-1, 2)
            first, last = centers - size / 2, centers + size / 2
            is_free = ((first >= 0) & (last <= room)).all(axis=1)
            is_free &= ~_hits(first - clear, last + clear, dots, dots).any(axis=1)
            others = np.concatenate(low), np.concatenate(high)
            is_free &= ~_hits(first, last, *others).any(axis=1)
            for way in np.flatnonzero(is_free):
                line = _line(dot, np.clip(dot, first[way], last[way]), half_dot)
                hits = _hits(line, line, *others)
                if not (hits & ~hits[0]).any():  # the line starts at its own dot
                    places[n] = centers[way]
                    # as wide as its points are apart, so that no other line slips through
                    low += [first[way : way + 1], line - half_dot / 2]
                    high += [last[way : way + 1], line + half_dot / 2]
                    break
    return places


def _hits(low: np.ndarray, high: np.ndarray, low2: np.ndarray, high2: np.ndarray) -> np.ndarray:
    """Which of n boxes overlap which of m others, (n, m) bool."""
    return np.all((low[:, None] < high2) & (high[:, None] > low2), axis=2)


def _line(start: np.ndarray, end: np.ndarray, step: float) -> np.ndarray:
    """Points on a line from start to end, `step` apart or less, (m, 2)."""
    steps = int(np.ceil(np.hypot(*(end - start)) / step)) + 1
    return start + np.linspace(0, 1, steps + 1)[:, None] * (end - start)


def draw_loss(losses: Sequence[float]) -> Figure:
    """Draw the loss of each epoch, `Word2Vec.loss_history_`, in nats per pair."""
    _need_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    if not len(losses):
        raise ValueError("losses is empty; a curve needs an epoch at least")
    figure = Figure(figsize=(6.4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    epochs = np.arange(1, len(losses) + 1)
    axes.plot(epochs, losses, color=ACCENT, linewidth=1.8, marker="o", markersize=4)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss, nats per pair")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=MUTED, alpha=0.35, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def picture(figure: Figure, suffix: str) -> bytes:
    """Return a figure as a file of one of `SUFFIXES`; the same figure gives the same bytes."""
    import matplotlib

    kind = suffix.lstrip(".").lower()
    no_date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "negsamp"}), _silent_on_glyphs():
        figure.savefig(file, format=kind, dpi=150, metadata=no_date)
    return file.getvalue()


def _need_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "pictures need the package matplotlib: pip install matplotlib, or negsamp[plot]"
        ) from error


@contextmanager
def _silent_on_glyphs() -> Iterator[None]:
    """Matplotlib warns of each character without a glyph; `_families` logs them once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def _families(labels: Iterable[str]) -> list[str]:
    """Fonts that together have all characters, as far as there are such fonts."""
    from matplotlib import font_manager

    families = [FONT]
    missing = {ord(c) for label in labels for c in label if not c.isspace()}
    missing -= _characters(font_manager.findfont(FONT))
    if not missing:
        return families
    fonts = {
        font.name: font.fname
        for font in font_manager.fontManager.ttflist
        # Last Resort comes with Matplotlib and draws a box for any character
        if font.style == "normal" and not font.name.startswith("Last Resort")
    }
    has = {name: _characters(path) & missing for name, path in sorted(fonts.items())}
    while missing:
        best = max(has, key=lambda name: len(has[name] & missing))
        if not has[best] & missing:
            shown = " ".join(map(chr, sorted(missing)[:10])) + " …" * (len(missing) > 10)
            logger.warning(
                "no installed font has these characters, which are drawn as boxes: %s", shown
            )
            break
        families.append(best)
        missing -= has[best]
    return families


def _characters(path: str) -> set[int]:
    """Code points that a font has glyphs for; none if it cannot be drawn."""
    from matplotlib import font_manager

    try:
        font = font_manager.get_font(path)
        return set(font.get_charmap()) if font.scalable else set()
    except (OSError, RuntimeError):
        return set()
