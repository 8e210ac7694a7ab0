"""Draw docs/figures/block.png: what the kernel multiplies. ``python docs/figures/block.py``"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

INK, CENTER, CONTEXT, NOISE, PALE = "#222222", "#2a6f97", "#e07a2f", "#7b5ea7", "#eeece7"
TOKENS = "the queen of spain met the king of france in".split()
WINDOW = 2


def cell(axes, x, y, color=PALE, text="", width=1.0, height=1.0):
    """One square of a matrix, with what stands in it."""
    axes.add_patch(Rectangle((x, y), width, height, facecolor=color, edgecolor="white", lw=1.2))
    dark = color not in (PALE, "white")
    axes.text(
        x + width / 2,
        y + height / 2,
        text,
        ha="center",
        va="center",
        fontsize=8,
        color="white" if dark else INK,
    )


def draw_view(axes):
    """O: the window of a token is a run of rows."""
    middle = 4
    for row, word in enumerate(TOKENS):
        near = 0 < abs(row - middle) <= WINDOW
        axes.text(-0.3, row + 0.5, word, ha="right", va="center", fontsize=9, color=INK)
        for column in range(5):
            cell(axes, column, row, CENTER if row == middle else PALE, height=0.92)
            cell(axes, column + 6.2, row, CONTEXT if near else PALE, height=0.92)
    axes.add_patch(
        Rectangle((6.1, middle - WINDOW), 5.2, 2 * WINDOW + 0.95, fill=False, edgecolor=INK, lw=1.5)
    )
    axes.text(2.5, -0.6, "C: input vectors", ha="center", fontsize=9, color=INK)
    axes.text(8.7, -0.6, "O: output vectors", ha="center", fontsize=9, color=INK)
    axes.set_title("1  A window is a view of O", fontsize=10.5, loc="left", pad=14)


def draw_band(axes):
    """S: a row is a token as a center, a skewed line the same token as a context."""
    middle, columns = 4, 2 * WINDOW + 1
    for row in range(len(TOKENS)):
        for column in range(columns):
            context = row + column - WINDOW
            color = PALE
            if column == WINDOW:
                color = "white"
            elif row == middle:
                color = CENTER
            elif context == middle:
                color = CONTEXT
            cell(axes, column, row, color, height=0.92)
    for column in range(columns):
        offset = column - WINDOW
        label = f"{offset:+d}".replace("-", "−") if offset else ""
        axes.text(column + 0.5, -0.6, label, ha="center", fontsize=9, color=INK)
    axes.annotate(
        "as a center", (columns, middle + 0.5), (columns + 0.6, middle + 0.5), fontsize=9,
        va="center", color=CENTER,
    )  # fmt: skip
    axes.annotate(
        "as a context", (columns, middle - 1.5), (columns + 0.6, middle - 1.5), fontsize=9,
        va="center", color=CONTEXT,
    )  # fmt: skip
    axes.set_title("2  Scores: a band of 2w + 1", fontsize=10.5, loc="left", pad=14)


def draw_noise(axes):
    """128 centers by N noise words: one small product."""
    for row in range(8):
        for column in range(3):
            cell(axes, column, row + 1, CENTER, height=0.92)
        for column in range(5):
            cell(axes, column + 4.4, row + 1, "#b9a8d3", height=0.92)
    for row in range(3):
        for column in range(5):
            cell(axes, column + 4.4, row - 2.6, NOISE, height=0.92)
    axes.text(1.5, 9.7, "128 centers × d", ha="center", fontsize=9, color=CENTER)
    axes.text(6.9, 9.7, "128 × N scores", ha="center", fontsize=9, color=INK)
    axes.text(9.7, -1.1, "Zᵀ: d × N\nnoise", ha="left", va="center", fontsize=9, color=NOISE)
    axes.set_title("3  Noise is shared by 128 centers", fontsize=10.5, loc="left", pad=14)


def main() -> None:
    """Draw the three parts side by side."""
    figure, parts = plt.subplots(1, 3, figsize=(11, 3.9), width_ratios=(12.5, 9.5, 12.5))
    for axes, draw in zip(parts, (draw_view, draw_band, draw_noise), strict=True):
        draw(axes)
        axes.set_aspect("equal", anchor="N")
        axes.axis("off")
    parts[0].set_xlim(-2.6, 11.6)
    parts[1].set_xlim(-0.2, 9.4)
    parts[2].set_xlim(-0.2, 12.6)
    for axes in parts:
        axes.set_ylim(10.4, -3.0)
    figure.tight_layout()
    figure.savefig(Path(__file__).with_name("block.png"), dpi=130, facecolor="white")


if __name__ == "__main__":
    main()
