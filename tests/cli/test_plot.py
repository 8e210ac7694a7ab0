"""``negsamp plot`` and ``negsamp explore``, from a saved model to a file."""

import os
import sys

import numpy as np
import pytest
from test_cli import assert_one_line

from negsamp import Word2Vec
from negsamp.cli import main, plot
from negsamp.pictures.explore import explorer_page

pytest.importorskip("matplotlib", reason="pictures need the extra plot")

WORDS = ("cat", "dog", "horse", "mouse", "größe", "$x$", "red", "green", "blue", "black")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Folder of a model of ten words, of two epochs."""
    rng = np.random.default_rng(0)
    sentences = [list(rng.choice(WORDS, size=10)) for _ in range(30)]
    folder = tmp_path_factory.mktemp("models") / "cats & dogs"
    params = {"vector_size": 4, "epochs": 2, "sample": 0, "workers": 1, "seed": 1}
    Word2Vec(**params, progress=False).fit(sentences).save(folder)
    return str(folder)


@pytest.fixture
def drawn(monkeypatch):
    """The labels and points of each map that is drawn."""
    calls = []
    draw = plot.draw_map
    monkeypatch.setattr(plot, "draw_map", lambda *args: calls.append(args) or draw(*args))
    return calls


@pytest.mark.parametrize(("name", "beginning"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml")])
def test_plot_writes_a_map_of_words(model, tmp_path, drawn, name, beginning):
    output = tmp_path / name
    assert main(["plot", model, "-o", str(output), "--words", "größe", "$x$", "red", "red"]) == 0
    assert output.read_bytes().startswith(beginning)
    [(labels, points, size)] = drawn
    assert size is None
    assert labels == ["größe", "$x$", "red"]
    kv = Word2Vec.load(model).wv
    rows = np.stack([kv.get_vector(word, norm=True) for word in labels])
    distances = [np.linalg.norm(matrix[0] - matrix[1]) for matrix in (points, rows)]
    np.testing.assert_allclose(*distances, rtol=1e-5)  # three rows span a plane


@pytest.mark.parametrize("method", ["pca", "negtsne"])
def test_plot_top_takes_the_most_frequent(model, tmp_path, drawn, method):
    arguments = ["--top", "4", "--method", method]
    assert main(["plot", model, "-o", str(tmp_path / "a.png"), *arguments]) == 0
    assert drawn[0][0] == Word2Vec.load(model).wv.index_to_key[:4]


def test_plot_has_the_size_that_is_asked_for(model, tmp_path, drawn):
    output = tmp_path / "a.svg"
    assert main(["plot", model, "-o", str(output), "--size", "4", "3.5"]) == 0
    assert 'width="288pt" height="252pt"' in output.read_text()


def test_plot_loss_draws_the_history(model, tmp_path, monkeypatch):
    calls = []
    draw = plot.draw_loss
    monkeypatch.setattr(plot, "draw_loss", lambda losses: calls.append(losses) or draw(losses))
    assert main(["plot", model, "-o", str(tmp_path / "a.png"), "--loss"]) == 0
    assert calls == [Word2Vec.load(model).loss_history_]
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_explore_writes_the_page_of_a_model(model, tmp_path, capsys):
    output = tmp_path / "map.html"
    assert main(["explore", model, "-o", str(output), "--top", "3", "--method", "pca"]) == 0
    kv = Word2Vec.load(model).wv
    assert output.read_bytes() == explorer_page(kv, "cats & dogs", top=3, method="pca")
    assert capsys.readouterr().out == f"{output}: 3 words, 0.0 MB\n"


@pytest.mark.parametrize(
    ("options", "message", "lacking"),
    [
        ("plot -o {}/a.gif", "its name must end in .png, .svg or .pdf", ""),
        ("explore -o {}/a.png", "its name must end in .html or .htm", ""),
        ("plot -o {}/none/a.png", "none'\n", ""),
        ("explore -o {}/none/a.html", "none'\n", ""),
        ("plot -o {}/none/a.png", "No such file or directory", ""),
        ("plot -o {}/a.png --words cat unicorn", "'unicorn' is not among the 10 words", ""),
        ("plot -o {}/a.png --top 0", "argument --top: it is 0; it must be 1 or more", ""),
        ("plot -o {}/a.png --size 9 0", "it must be a width and a height in inches, each from", ""),
        ("explore -o {}/a.html --seed -1", "argument --seed: it is -1; it must be 0 or more", ""),
        ("plot -o {}/a.png --loss --top 3", "not allowed with argument", ""),
        ("plot -o {}/a.png --method umap", "invalid choice: 'umap'", ""),
        ("plot -o {}/a.png", "pip install matplotlib", "matplotlib"),
        ("plot -o {}/a.png --loss", "pip install matplotlib", "matplotlib"),
        ("plot -o {}/a.png --method tsne", "pip install scikit-learn", "sklearn.manifold"),
        ("explore -o {}/a.html --method tsne", "pip install scikit-learn", "sklearn.manifold"),
    ],
)
def test_pictures_refuse_and_write_nothing(
    model, tmp_path, capsys, monkeypatch, options, message, lacking
):
    if lacking:
        monkeypatch.setitem(sys.modules, lacking, None)
    command, *others = options.format(tmp_path).split()
    assert main([command, model, *others]) == 2
    assert_one_line(capsys.readouterr(), message)
    assert os.listdir(tmp_path) == []
