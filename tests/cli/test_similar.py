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


@pytest.mark.parametrize(
    ("words", "answered", "unknown"),
    [
        (["cat", "cta"], ["cat"], ["cta"]),
        (["cta", "cat"], ["cat"], ["cta"]),
        (["cat", "cta", "red", "rde"], ["cat", "red"], ["cta", "rde"]),
        (["cta", "rde"], [], ["cta", "rde"]),
    ],
)
def test_similar_answers_the_words_that_are_known(model, kv, capsys, words, answered, unknown):
    assert main(["similar", str(model), *words, "--topn", "2"]) == 2
    said, complaints = capsys.readouterr()
    assert said == "\n".join(f"{w}\n{lines_of(kv.most_similar(w, topn=2))}" for w in answered)
    lines = complaints.splitlines()
    for line, word in zip(lines, unknown, strict=True):
        assert line.startswith(f"negsamp: error: {word!r} is not among the 12 words")


def test_similar_writes_errors_and_answers_in_the_order_of_the_words(model, command):
    result = command("similar", model, "cat", "cta", "red", "--topn", "1")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert [line for line in result.stdout.splitlines() if line in ("cat", "red")] == ["cat", "red"]


def test_similar_hands_its_options_over(model, kv, capsys):
    options = ["--negative", "dog", "--method", "mul", "--restrict-vocab", "6", "--topn", "3"]
    assert main(["similar", str(model), "red", "cat", *options]) == 0
    found = kv.most_similar_cosmul(["red", "cat"], ["dog"], 3, 6)
    assert capsys.readouterr().out == lines_of(found)


def test_similar_takes_keys_that_are_not_strings(tmp_path, capsys):
    sentences = [["word", 5, ("a", "b"), "7"]] * 10
    Word2Vec(4, sample=0, epochs=1, workers=1, seed=1).fit(sentences).save(tmp_path / "model")
    kv = Word2Vec.load(tmp_path / "model").wv
    words = ["5", "('a', 'b')", "7"]
    assert main(["similar", str(tmp_path / "model"), *words]) == 0
    answers = [kv.most_similar([key]) for key in (5, ("a", "b"), "7")]
    blocks = (f"{word}\n{lines_of(found)}" for word, found in zip(words, answers, strict=True))
    assert capsys.readouterr().out == "\n".join(blocks)
    for word in ("6", "()", "[", "[1]", "(" * 500, "9" * 5000):
        assert main(["similar", str(tmp_path / "model"), word]) == 2
        assert len(capsys.readouterr().err) < 1100
