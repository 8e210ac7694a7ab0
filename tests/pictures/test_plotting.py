"""Pictures: labels that do not overlap, characters of any script, and files of the right kind."""

import warnings

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra plot")

from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg

from negsamp.pictures import plotting
from negsamp.pictures.plotting import draw_loss, draw_map, picture, place_labels


def overlaps(low, high, other_low, other_high):
    """Whether boxes overlap, each with each, (n, m)."""
    return ((low[:, None] < other_high) & (high[:, None] > other_low)).all(axis=2)


def labels_shown(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_place_labels_leaves_no_overlap():
    rng = np.random.default_rng(0)
    dots, sizes = rng.normal(300, 60, size=(100, 2)), rng.uniform([15, 9], [70, 14], size=(100, 2))
    places = place_labels(dots, sizes, (600, 600))
    is_placed = np.isfinite(places).all(axis=1)
    assert 40 < is_placed.sum() < 100  # crowded: some find no place
    low, high = places[is_placed] - sizes[is_placed] / 2, places[is_placed] + sizes[is_placed] / 2
    assert overlaps(low, high, low, high).sum() == is_placed.sum()  # each with itself
    assert not overlaps(low, high, dots, dots).any()
    assert (low >= 0).all()
    assert (high <= 600).all()


def test_place_labels_prefers_the_right_and_keeps_off_the_edge():
    dots, sizes = np.array([[50.0, 50], [195, 50]]), np.array([[30.0, 10], [30, 10]])
    places = place_labels(dots, sizes, (200, 100))
    np.testing.assert_allclose(places[0], [50 + 15 + 1.5 + 1.5, 50])
    assert places[1][0] < 195
    assert np.isnan(place_labels(dots[:1], np.array([[300.0, 10]]), (200, 100))).all()


def test_draw_map_labels_do_not_overlap_as_they_are_drawn():
    rng = np.random.default_rng(1)
    words = ["".join(rng.choice(list("abcdefgh"), size=rng.integers(2, 12))) for _ in range(60)]
    figure = draw_map(words, rng.normal(size=(60, 2)) * [3, 1])
    figure.set_dpi(150)  # as it is saved, not as places were looked for
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert len(boxes) > 40
    low, high = np.array([b.min for b in boxes]), np.array([b.max for b in boxes])
    assert overlaps(low, high, low, high).sum() == len(boxes)


def crowd(n, seed=0):
    """Words, and points of which most lie in the middle."""
    rng = np.random.default_rng(seed)
    letters = list("abcdefghijkl")
    words = ["".join(rng.choice(letters, size=rng.integers(2, 11))) for _ in range(n)]
    return words, rng.normal(size=(n, 2))


@pytest.mark.parametrize(("n", "share"), [(50, 0.9), (300, 0.9), (3000, 0.3)])
def test_draw_map_grows_until_most_labels_have_a_place(n, share):
    figure = draw_map(*crowd(n))
    assert len(labels_shown(figure)) >= share * n
    width, height = figure.get_size_inches()
    assert (width, height) == (9, 7) if n == 50 else 9 < width <= 36
    assert width / height == pytest.approx(9 / 7)


@pytest.mark.parametrize("size", [(3, 2), (9, 7), (20, 30), np.array([12.5, 1])])
def test_draw_map_keeps_a_size_that_is_given(size):
    figure = draw_map(*crowd(60), size=size)
    assert figure.get_size_inches().tolist() == list(size)
    assert 0 < len(labels_shown(figure)) <= 60


def test_draw_map_lines_cross_no_label_and_no_other_line():
    figure = draw_map(*crowd(200), size=(9, 7))
    [_, lines] = figure.axes[0].collections
    ends = [figure.axes[0].transData.transform(line) for line in lines.get_segments()]
    assert len(ends) > 5
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    low, high = np.array([b.min for b in boxes]), np.array([b.max for b in boxes])
    steps = np.linspace(0, 1, 400)[:, None]
    for start, end in ends:
        points = start + steps * (end - start)
        assert not overlaps(low, high, points, points).any()
    distances = [
        np.hypot(*(a[0] + steps * (a[1] - a[0]) - b).T).min()
        for a in ends
        for other in ends
        if other is not a
        for b in other[0] + steps[20:] * (other[1] - other[0])
    ]
    assert min(distances) > 0.2


def test_draw_map_shows_the_beginning_of_a_long_label():
    figure = draw_map(["x" * 40, "y" * 41, "z" * 100_000], np.eye(3)[:, :2])
    assert labels_shown(figure) == ["x" * 40, "y" * 39 + "…", "z" * 39 + "…"]


def test_draw_map_says_how_many_labels_it_left_out(caplog):
    figure = draw_map([f"word{n}" for n in range(40)], np.zeros((40, 2)))
    shown = len(labels_shown(figure))
    assert 0 < shown < 40
    assert caplog.messages == [f"{40 - shown} of 40 labels found no place on the map"]


def test_draw_map_takes_words_for_words_not_for_formulas():
    words = ["$x^2$", r"$\nonsense$", "$broken_", "a_b", "<b>"]
    figure = draw_map(words, np.arange(10.0).reshape(5, 2))
    assert labels_shown(figure) == words
    assert picture(figure, ".png").startswith(b"\x89PNG")


def test_draw_map_finds_fonts_that_have_the_characters(monkeypatch):
    # a font without most letters comes first; another that is installed has them
    monkeypatch.setattr(plotting, "FONT", "cmsy10")
    families = plotting._families(["größe", "дом"])
    assert families[0] == "cmsy10"
    has = set()
    for name in families:
        has |= plotting._characters(font_manager.findfont(name))
    assert set(map(ord, "größedом")) <= has


def test_draw_map_names_the_characters_that_no_font_has(caplog):
    unassigned = "\U000e0fff"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = picture(draw_map(["a", unassigned], np.eye(2)), ".png")
    assert content.startswith(b"\x89PNG")
    [message] = caplog.messages
    assert message.startswith("no installed font has these characters")
    assert message.endswith(unassigned)


@pytest.mark.parametrize("suffix", plotting.SUFFIXES)
def test_picture_has_its_kind_and_the_same_bytes_again(suffix):
    beginning = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    first, second = (picture(draw_map(["a", "b"], np.eye(2)), suffix) for _ in range(2))
    assert first.startswith(beginning)
    assert first == second


def test_draw_loss_shows_each_epoch():
    [axes] = draw_loss([3.5, 3.25, 3.0]).axes
    [line] = axes.lines
    np.testing.assert_array_equal(line.get_xydata(), [[1, 3.5], [2, 3.25], [3, 3.0]])
    assert axes.get_ylabel() == "loss, nats per pair"


def test_drawing_refuses():
    with pytest.raises(ValueError, match="there are 1 labels and 2 points"):
        draw_map(["a"], np.eye(2))
    with pytest.raises(ValueError, match="there are 0 labels and 0 points"):
        draw_map([], np.empty((0, 2)))
    for size in [(9,), (9, 0.5), (51, 9), (9, float("nan")), (True, 2), (1, 2, 3), "97"]:
        with pytest.raises(ValueError, match=r"size is .*; it must be a width and a height"):
            draw_map(["a"], np.eye(2)[:1], size)
    with pytest.raises(ValueError, match="losses is empty"):
        draw_loss([])
