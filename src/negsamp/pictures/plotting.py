"""Pictures by Matplotlib: a map of words, and the loss of a run."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from negsamp.checks import is_real

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SUFFIXES", "check_size", "draw_loss", "draw_map", "picture", "place_labels"]

SUFFIXES = (".png", ".svg", ".pdf")
INK, MUTED, ACCENT = "#1f2430", "#a3a9b8", "#3b5bb5"
FONT = "DejaVu Sans"  # which comes with matplotlib
FONT_SIZE = 9.0  # points, as all lengths here
DOT = 3.0  # diameter
MARGIN = 1.0  # around a label
# How far from its dot a label may stand: beside it, or at the end of a line.
DISTANCES = (1.5, 9, 16, 24, 34, 46, 60)
CLEAR = 4.0  # between a label on a line and any dot
CELL = 0.5  # places are looked for on a raster of this width
SIZE = np.array([9.0, 7.0])  # inches
GROWTH = 2.0 ** np.arange(0, 2.5, 0.5)  # how many times as wide a map may become
LARGEST_SHARE = 0.4  # of a map that is covered by all labels
ENOUGH = 0.9  # share of the labels that are placed

LONGEST = 40  # characters of a label that are shown

_angles = np.arange(32) * (2 * np.pi / 32)
# Unit vectors to where a label may stand: right, up, left, down, then what is between them.
DIRECTIONS = np.stack([np.cos(_angles), np.sin(_angles)], axis=1)
DIRECTIONS = DIRECTIONS[np.argsort(np.arange(32) % 8, kind="stable")]
# Corner to corner, so that a label in the diagonal touches its dot as one at the side does.
REACH = np.clip(DIRECTIONS * np.sqrt(2), -1, 1)

logger = logging.getLogger(__name__)


def draw_map(
    labels: Sequence[str], points: np.ndarray, size: Sequence[float] | None = None
) -> Figure:
    """Draw a map of words: a dot for each of the points (V, 2), and labels that do not overlap.

    Labels that come first are placed first. One with no place beside its dot stands at the end of a
    short line; one with no place there is left out, which is logged. Of a label longer than 40
    characters the beginning is shown.

    `size` is the width and the height in inches, each from 1 to 50. By default they are 9 and 7,
    and up to four times as much until nine in ten labels have a place.
    """
    _need_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    if len(labels) != len(points) or not len(labels):
        raise ValueError(f"there are {len(labels)} labels and {len(points)} points")
    if size is not None:
        check_size(size)
    figure = Figure(dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set_axis_off()
    axes.set_aspect("equal", adjustable="datalim")
    axes.scatter(points[:, 0], points[:, 1], s=DOT**2, color=ACCENT, linewidths=0, zorder=2)
    axes.margins(0.06)

    scale = figure.dpi / 72  # pixels a point
    font: dict[str, Any] = {"family": _families(labels), "size": FONT_SIZE, "color": INK}
    middle: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": False}
    shown = [label if len(label) <= LONGEST else label[: LONGEST - 1] + "…" for label in labels]
    texts = [axes.text(0, 0, label, **font, **middle) for label in shown]
    with _silent_on_glyphs():
        renderer = canvas.get_renderer()
        extents = [text.get_window_extent(renderer) for text in texts]
    sizes = np.array([(e.width, e.height) for e in extents]) + 2 * MARGIN * scale
    needed = sizes.prod(axis=1).sum() / LARGEST_SHARE
    for inches in [SIZE * factor for factor in GROWTH] if size is None else [np.asarray(size)]:
        room = inches * figure.dpi
        if size is None and room.prod() < needed and inches[0] < SIZE[0] * GROWTH[-1]:
            continue
        figure.set_size_inches(*inches)
        axes.apply_aspect()  # from here on pixels are final
        dots = axes.transData.transform(points)
        places = place_labels(dots, sizes, tuple(room), scale)
        is_placed = np.isfinite(places[:, 0])
        if is_placed.mean() >= ENOUGH:
            break
    # in data coordinates: a picture of another resolution has other pixels
    to_data = axes.transData.inverted().transform
    lines = []
    for n, text in enumerate(texts):
        if not is_placed[n]:
            text.remove()
            continue
        text.set_position(tuple(to_data(places[n])))
        end = np.clip(dots[n], places[n] - sizes[n] / 2, places[n] + sizes[n] / 2)
        if np.hypot(*(end - dots[n])) > (DISTANCES[0] + DISTANCES[1]) / 2 * scale:
            lines.append(to_data([dots[n], end]))
    axes.add_collection(LineCollection(lines, colors=MUTED, linewidths=0.6, zorder=1))
    if n_left_out := len(labels) - is_placed.sum():
        logger.warning("%d of %d labels found no place on the map", n_left_out, len(labels))
    return figure


def check_size(size: Sequence[float]) -> None:
    """Check a width and a height in inches; ValueError if they are not two numbers, 1 to 50."""
    if len(size) != 2 or not all(is_real(side) and 1 <= side <= 50 for side in size):
        raise ValueError(
            f"size is {size!r:.60}; it must be a width and a height in inches, each from 1 to 50"
        )


def place_labels(
    dots: np.ndarray, sizes: np.ndarray, room: tuple[float, float], scale: float = 1.0
) -> np.ndarray:
    """Find places for labels such that none overlaps another, a dot, a line or the edge.

    One after the other, labels take the first free place beside their dots, then those that found
    none the first that a line reaches. Dots are (n, 2); `sizes` (n, 2) and `room` are widths and
    heights, of the labels and of the whole; `scale` is a typographic point in these units. What
    comes back are the centers of the labels (n, 2), NaN for those without a place.
    """
    half_dot, cell = DOT / 2 * scale, CELL * scale
    last_cell = np.ceil(np.asarray(room) / cell).astype(int)
    # what a line must not meet, and what a label must not cover: cells (row, column)
    for_lines, for_labels = np.zeros((2, *(last_cell[::-1] + 1)), dtype=bool)
    for box in _boxes(dots - half_dot, dots + half_dot, cell):
        for_lines[box] = True
    places = np.full(dots.shape, np.nan)
    # first all that have room beside their dots; a label on a line keeps away from other dots
    for distances, clear in ((DISTANCES[:1], half_dot), (DISTANCES[1:], CLEAR * scale)):
        for box in _boxes(dots - clear, dots + clear, cell):
            for_labels[box] = True
        away = half_dot + np.array(distances)[:, None, None] * scale
        for n in np.flatnonzero(np.isnan(places[:, 0])):
            centers = (dots[n] + REACH * sizes[n] / 2 + DIRECTIONS * away).reshape(-1, 2)
            first, last = centers - sizes[n] / 2, centers + sizes[n] / 2
            is_inside = ((first >= 0) & (last <= room)).all(axis=1)
            centers, first, last = centers[is_inside], first[is_inside], last[is_inside]
            boxes = _boxes(first, last, cell)
            free = np.array([w for w, box in enumerate(boxes) if not for_labels[box].any()], int)
            ends = np.clip(dots[n], first, last)
            for step in (8 * cell, cell):  # few points of a line tell mostly that it is not free
                if len(free):
                    line = _lines(dots[n], ends[free], DOT * scale, step) / cell
                    x, y = np.clip(line, 0, last_cell - 1).astype(int).T  # (m, k)
                    free = free[~for_lines[y, x].any(axis=0)]
            if not len(free):
                continue
            places[n] = centers[free[0]]
            line = _lines(dots[n], ends[free[:1]], DOT * scale, cell) / cell
            x, y = np.clip(line[0], 0, last_cell - 1).astype(int).T
            for raster in (for_lines, for_labels):
                raster[boxes[free[0]]] = True
                # two cells wide, so that no other line slips through diagonally
                raster[y, x] = raster[y, x + 1] = True
    return places


def _boxes(low: np.ndarray, high: np.ndarray, cell: float) -> list[tuple[slice, slice]]:
    """The cells that each of n boxes touches, as slices of rows and of columns."""
    cells = np.concatenate([np.floor(low / cell), np.ceil(high / cell)], axis=1)
    sides = np.maximum(cells, 0).astype(int).tolist()
    return [(slice(top, bottom), slice(left, right)) for left, top, right, bottom in sides]


def _lines(dot: np.ndarray, ends: np.ndarray, gap: float, step: float) -> np.ndarray:
    """Points on the lines from a dot, but for a gap, to k ends, `step` apart or less, (k, m, 2)."""
    lengths = np.maximum(np.hypot(*(ends - dot).T), gap)[:, None]
    distances = np.minimum(gap + np.arange(0, lengths.max() - gap + step, step), lengths)  # (k, m)
    return dot + (distances / lengths)[:, :, None] * (ends - dot)[:, None]


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
