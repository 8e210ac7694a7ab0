"""Each advice of `diagnose` is taken, by its own words, and helps."""

import ast
import csv
import io
import re

import numpy as np
import pytest

from negsamp import Word2Vec
from negsamp.word2vec import diagnosis


def found_in(corpus, **params):
    return Word2Vec(**{"workers": 1, **params}).diagnose(corpus, seconds=0)


def advice_like(pattern, found):
    return next((text for text in found.advice if re.search(pattern, text)), None)


def advised_parameter(text):
    """The last ``name=value`` before a comma or the end of what an advice says to do."""
    name, value = re.search(r"; (?:[^;]*, )?(\w+)=([\w.]+)", text).groups()
    return {name: ast.literal_eval(value)}


WIDE = [[f"w{k}" for k in range(i, i + 20)] for i in range(600)] * 10
BASKETS = [[f"{k % 50}-{i}" for i in range(4)] for k in range(900)]
ONCE = [["a", "a", *map(str, range(k, k + 9))] for k in range(0, 900, 9)]
COLUMN = [[f"w{k % 30}"] for k in range(3000)]


def test_advice_is_not_given_on_ordinary_text():
    rng = np.random.default_rng(0)
    ranks, lengths = rng.zipf(1.3, (700, 20)) % 3000, rng.integers(1, 21, 700)
    corpus = [[f"w{k}" for k in row[:n]] for row, n in zip(ranks, lengths, strict=True)] * 20
    assert found_in(corpus, vector_size=50, sample=0).advice == ()


@pytest.mark.parametrize(
    ("corpus", "params", "pattern"),
    [
        (WIDE, {"min_count": 300}, "no word is seen min_count=300 times, the most frequent 200"),
        (ONCE, {}, "min_count=5 leaves out 82 % of the tokens"),
        (
            [["a", f"b{k}"] for k in range(99)],
            {"min_count": 3, "sample": 0},
            "min_count=3 leaves out 50 %|one w",
        ),
        ([["a", "b", f"c{k}"] for k in range(99)], {"min_count": 200}, "no word is seen min_count"),
        ([["a", f"b{k % 40}"] for k in range(99)], {}, "min_count=5 leaves 99 of 99 sentences one"),
        (["a b c d", "b c d a"] * 9000, {}, "sample=0.001 keeps 6.\\d % of the tokens"),
        ([["a", "b", "c"], ["a", "c", "b"]], {"min_count": 1}, "sample=0.001 keeps"),
        (WIDE, {"vector_size": 700}, "vector_size=700 is more than there are words"),
        (WIDE, {"window": 20}, "window=20 reaches beyond every sentence: the longest has 20"),
        ([*BASKETS, ["x"] * 900], {"window": 900}, "window=900 is much longer .* at most 4 token"),
        (BASKETS, {"epochs": 5, "init": "random"}, "3,600 tokens are few, .* epochs=20"),
        (BASKETS, {"epochs": 15}, "3,600 tokens are few, .* epochs=20"),
        (WIDE[:4000], {"epochs": 5, "init": "random"}, "80,000 tokens are few, .* epochs=12"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_advised_parameter_helps(corpus, params, pattern):
    before = found_in(corpus, **params)
    text = advice_like(pattern, before)
    assert text, before.advice
    advised = advised_parameter(text)
    after = found_in(corpus, **{**params, **advised})
    left = advice_like(pattern, after)
    assert left is None or not any(f"; {name}=" in left for name in advised)
    assert after.pairs_an_epoch > 0
    assert after.pairs_an_epoch >= before.pairs_an_epoch or "window" in advised
    if "window" in advised:
        assert after.footprint.total < before.footprint.total
    Word2Vec(**{"workers": 1, "vector_size": 5, "sample": 0, **params, **advised, "epochs": 1}).fit(
        corpus
    )


def as_lines(corpus, mark=" "):
    return [mark.join(map(str, sentence)) for sentence in corpus]


def pieces(sentences, n):
    [sentence] = sentences
    return [sentence[i : i + n] for i in range(0, len(sentence), n)]


@pytest.mark.parametrize(
    ("corpus", "pattern", "taken"),
    [
        ([w for [w] in COLUMN], r"have one; .* \[corpus\] is that text as one", lambda c: [c]),
        (COLUMN, "have one; if these are the words of one text", lambda c: [[w for [w] in c]]),
        (
            ["".join(line) for line in np.random.default_rng(0).choice([*"水火木金土"], (200, 20))],
            "100 % of the words occur once: .* give lists",
            lambda c: [list(line) for line in c],
        ),
        (
            [[w for s in WIDE for w in s]],
            "one line, .* put each sentence on",
            lambda c: pieces(c, 9),
        ),
        (
            [line.split(" ") for line in io.StringIO("\n".join(as_lines(WIDE)))],
            r"at their ends, such as 'w100\\n'.* line.split\(\) without",
            lambda c: [" ".join(s).split() for s in c],
        ),
        (as_lines(WIDE, ","), r"commas or .*; csv.reader\(", csv.reader),
        (as_lines(WIDE, ";"), r"\(delimiter=';'", lambda c: csv.reader(c, delimiter=";")),
        ([*map(repr, WIDE)], r"in quotes, .*; ast.literal_eval\(line\)", lambda c: map(eval, c)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_advice_on_the_text_helps(corpus, pattern, taken):
    before = found_in(corpus, min_count=1, sample=0)
    assert advice_like(pattern, before), before.advice
    after = found_in(list(taken(corpus)), min_count=1, sample=0)
    assert advice_like(pattern, after) is None
    assert after.pairs_an_epoch > 0


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be"])
def test_advice_on_utf_16_helps(tmp_path, code):
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(as_lines(WIDE[:50])), encoding=code)
    corpus = open(path, encoding="latin-1")
    with corpus:
        text = advice_like("hold a NUL", found_in(corpus, min_count=1))
    assert code in text
    with eval(re.search(r"open\(.*?\)", text)[0].replace("utf-16", code)) as corpus:
        assert found_in(corpus, min_count=1).words_seen == 69


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it is not closed
def test_advice_on_one_word_a_line_helps(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(word for [word] in COLUMN))
    text = advice_like("no sentence has two words", found_in(path))
    corpus = eval(re.search(r"\[.*\]", text)[0])
    assert found_in(corpus).pairs_an_epoch > 0


def test_advice_on_memory_helps(monkeypatch):
    monkeypatch.setattr(diagnosis, "machine_memory", lambda: 150_000_000)
    params = {"vector_size": 20_000}
    text = advice_like("this machine has 150 MB", found_in(WIDE, **params))
    after = found_in(WIDE, **advised_parameter(text))
    assert advice_like("this machine", after) is None
    assert 75_000_000 < after.footprint.total < 150_000_000
    monkeypatch.setattr(diagnosis, "machine_memory", lambda: 1_000_000)
    text = advice_like("this machine has 1.0 MB", found_in(WIDE, **params))
    assert "vector_size" not in text


def baskets(noise):
    """1 000 baskets of one group each of 40, of 10 items, a share of which is replaced."""
    rng, shape = np.random.default_rng(0), (1000, 5)
    items = rng.integers(40, size=(1000, 1)) * 10 + rng.integers(10, size=shape)
    return np.where(rng.random(shape) < noise, rng.integers(400, size=shape), items).tolist()


@pytest.mark.parametrize("noise", [0.1, 0.4])
def test_advice_on_epochs_helps_and_ends_where_more_would_harm(noise):
    corpus = baskets(noise)
    params = {"min_count": 1, "sample": 0, "window": 4, "shrink_windows": False, "vector_size": 20}
    params["init"] = "random"

    def share_of_right_neighbours(**more):
        wv = Word2Vec(seed=1, workers=1, **params, **more).fit(corpus).wv
        near = [near // 10 == w // 10 for w in range(400) for near, _ in wv.most_similar(w, topn=5)]
        return np.mean(near)

    text = advice_like("tokens are few", found_in(corpus, epochs=5, **params))
    advised = advised_parameter(text)
    better = share_of_right_neighbours(**advised)
    assert better > share_of_right_neighbours(epochs=5)
    for epochs in (advised["epochs"], 50):
        assert "epochs=" not in " ".join(found_in(corpus, epochs=epochs, **params).advice)
    del params["init"]  # with which five are enough
    assert share_of_right_neighbours(epochs=5) > better - 0.03
    assert "stability" in advice_like("tokens are few", found_in(corpus, epochs=5, **params))


def test_advice_on_shrinking_windows_helps():
    # the partner of an item is as often at the other end of a basket as beside it
    text = advice_like("if their order means nothing", found_in(BASKETS, window=4))
    assert re.search("shrink_windows=False", text)
    after = found_in(BASKETS, window=4, shrink_windows=False)
    assert advice_like("order means nothing", after) is None
