"""What a notebook shows of a model."""

from html.parser import HTMLParser

import numpy as np
import pytest

from negsamp import Word2Vec

VOID = {"br"}


class Checked(HTMLParser):
    """Text of a piece of HTML whose elements are all closed in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        assert tag not in ("script", "style", "link", "img")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_html_has_all_parameters_and_the_state():
    model = Word2Vec(window=3, min_count=1, sample=0, epochs=2, workers=1, seed=1)
    text = Checked(model._repr_html_()).text
    assert "Word2Vec(window=3, min_count=1, sample=0, epochs=2, workers=1, seed=1)" in text
    assert "not fitted" in text
    for name, value in model.get_params().items():
        assert text[text.index(name) + 1] == repr(value)
    text = " ".join(Checked(model.fit([["a", "b", "c"]] * 20)._repr_html_()).text)
    assert f"fitted: 3 words, 2 epochs, loss {model.loss_history_[-1]:.3f}" in text


@pytest.mark.parametrize("value", ["<script>", "'\"&", np.ones(90_000), "x" * 500_000])
def test_html_escapes_and_cuts_values(value):
    html = Word2Vec(noise=value)._repr_html_()
    assert len(html) < 8000
    text = Checked(html).text
    assert "noise" in text


def test_a_subclass_has_its_name():
    class Mine(Word2Vec):
        pass

    assert "Mine()" in Checked(Mine()._repr_html_()).text


def test_a_pipeline_shows_the_model():
    pipeline = pytest.importorskip("sklearn.pipeline")
    html = pipeline.make_pipeline(Word2Vec(window=3))._repr_html_()
    assert "Word2Vec(window=3)" in html
