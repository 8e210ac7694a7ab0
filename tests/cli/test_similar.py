"""``negsamp similar``: its lines are the answers of `KeyedVectors.most_similar`."""

import pytest
from test_cli import run

from negsamp import Word2Vec
from negsamp.cli import main


@pytest.fixture
def kv(model):
    return Word2Vec.load(model).wv


def lines_of(answers):
    return "".join(f"{cosine:7.4f}  {word}\n" for word, cosine in answers)


def test_similar_lines_ten_cosines_and_words_up(model, kv, capsys):
    assert main(["similar", str(model), "red"]) == 0
    text = capsys.readouterr().out
    assert text == lines_of(kv.most_similar("red"))
    assert text.count("\n") == 10
    # a sign takes a place of its own, so that the columns stay
    assert {line[7:9] for line in text.splitlines()} == {"  "}


def test_similar_asks_for_each_word_under_its_heading(model, kv, capsys):
    assert main(["similar", str(model), "red", "cat", "--topn", "2"]) == 0
    red, cat = (lines_of(kv.most_similar(word, topn=2)) for word in ("red", "cat"))
    assert capsys.readouterr().out == f"red\n{red}\ncat\n{cat}"


@pytest.mark.parametrize(
    ("options", "negative"),
    [
        (["--together"], []),
        (["--negative", "dog"], ["dog"]),
        (["--negative", "dog", "cow"], ["dog", "cow"]),
    ],
)
def test_similar_combines_words_into_one_query(model, kv, capsys, options, negative):
    assert main(["similar", str(model), "red", "cat", *options, "--topn", "3"]) == 0
    assert capsys.readouterr().out == lines_of(kv.most_similar(["red", "cat"], negative, topn=3))


def test_similar_prints_words_that_the_terminal_lacks(model):
    result = run("similar", model, "cat", "--topn", "11", PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "gr\\xf6\\xdfe" in result.stdout


def test_similar_prints_keys_that_are_not_strings(tmp_path, capsys):
    sentences = [["word", 5, ("a", "b")]] * 10
    Word2Vec(4, sample=0, epochs=1, workers=1, seed=1).fit(sentences).save(tmp_path / "model")
    assert main(["similar", str(tmp_path / "model"), "word"]) == 0
    words = {line[9:] for line in capsys.readouterr().out.splitlines()}
    assert words == {"5", "('a', 'b')"}
