"""Figures against cases worked out by hand, and against gensim's on the same vectors and files."""

import dataclasses
import logging
import math
import os
import tracemalloc

import numpy as np
import pytest

from negsamp import KeyedVectors, Word2Vec
from negsamp.vectors import evaluation
from negsamp.vectors.evaluation import evaluate_word_analogies, evaluate_word_pairs, has_sections

EVALUATE = [evaluate_word_pairs, evaluate_word_analogies]
# Unit rows at known cosines: love·like = 0.8, love·hate = 0, like·hate = 0.6.
EMOTIONS = KeyedVectors(["love", "like", "hate"], np.array([[2, 0], [0.8, 0.6], [0, 3]]))
# king = man + royal and queen = woman + royal, up to length.
ROYALS = KeyedVectors(
    ["man", "woman", "king", "queen", "crown"],
    np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [0, 0, 1]], dtype=np.float32),
)


# Word pairs


@pytest.mark.parametrize("separator", ["\t", " ", "   ", " \t "])
def test_word_pairs_by_hand(write, separator):
    lines = [("love", "like", "3"), ("like", "hate", "1"), ("hate", "love", "2")]
    path = write("# comment\n\n" + "".join(separator.join(line) + "\n" for line in lines))
    result = evaluate_word_pairs(EMOTIONS, path)
    # Ranks 3, 1, 2 against 3, 2, 1: 1 − 6·2 / (3·8). Deviations (1, −1, 0) and (5, 2, −7)/15.
    assert result.spearman == pytest.approx(0.5)
    assert result.pearson == pytest.approx((3 / 15) / math.sqrt(2 * 78 / 225))
    assert (result.pairs, result.oov, result.oov_ratio, result.skipped_lines) == (3, 0, 0, ())
    spaced = KeyedVectors(["new york", "new", "york"], np.eye(3))
    pairs = write("new york\tnew\t1\nnew york\tyork\t2\n")
    assert evaluate_word_pairs(spaced, pairs).pairs == 2, "tabs separate words with spaces"


@pytest.mark.parametrize(("dummy", "pairs", "spearman"), [(False, 2, 1.0), (True, 3, 0.5)])
def test_word_pairs_count_unknown_words(write, dummy, pairs, spearman):
    path = write("love like 2\nlike hate 1\nlove spite 1.5\n")
    result = evaluate_word_pairs(EMOTIONS, path, dummy4unknown=dummy)
    assert (result.pairs, result.oov) == (pairs, 1)
    assert result.oov_ratio == pytest.approx(100 / 3)
    assert result.spearman == pytest.approx(spearman)
    assert evaluate_word_pairs(EMOTIONS, path, restrict_vocab=2).oov == 2
    assert evaluate_word_pairs(EMOTIONS, path, restrict_vocab=None).oov == 1


def test_word_pairs_fold_case_onto_the_first_spelling(write):
    kv = KeyedVectors(["Love", "love", "like", "hate"], [[1, 0], [-1, 0], [0.8, 0.6], [0, 1]])
    path = write("LOVE like 2\nlove hate 1\n")
    assert evaluate_word_pairs(kv, path).spearman == pytest.approx(1)
    assert evaluate_word_pairs(kv, path, case_insensitive=False).oov == 1


def test_word_pairs_skip_and_report_odd_lines(write, caplog):
    odd = ["love like", "love like 3 4", "love like much", "love like nan", "love\t\t3"]
    odd += ["l\xff k 1", "love hate 1e308"]
    good = ["love like 1e100", "like hate -1e100"]  # whose squares are numbers
    path = write("\n".join([good[0], *odd, good[1]]), "latin-1")
    with caplog.at_level(logging.WARNING):
        result = evaluate_word_pairs(EMOTIONS, path)
    assert result.skipped_lines == (2, 3, 4, 5, 6, 7, 8)
    assert (result.pairs, result.oov) == (2, 0)
    assert math.isfinite(result.pearson)
    (record,) = caplog.records
    assert f"{path}: skipped 7 line(s)" in record.getMessage()
    assert record.getMessage().endswith("2, 3, 4, 5, 6, …")


def test_unknown_words_alone_give_nan_and_a_warning(write, caplog):
    result = evaluate_word_pairs(EMOTIONS, write("cat dog 3\ncat mouse 1\n"))
    assert math.isnan(result.spearman)
    assert math.isnan(result.pearson)
    assert (result.pairs, result.oov, result.oov_ratio) == (0, 2, 100)
    assert "all 2 entries have a word out of vocabulary" in caplog.text
    answers = evaluate_word_analogies(ROYALS, write(": s\ncat cats dog dogs\n"))
    assert math.isnan(answers.accuracy)
    assert (answers.total.questions, answers.oov) == (0, 1)
    assert "all 1 entries have a word out of vocabulary" in caplog.text


@pytest.mark.parametrize(
    "text", ["love like 3", "love like 3\nhate like 3", "love hate 1\nhate love 2"]
)
def test_word_pairs_without_variation_are_nan(write, text):
    result = evaluate_word_pairs(EMOTIONS, write(text))
    assert math.isnan(result.spearman)
    assert math.isnan(result.pearson_pvalue)


# Word analogies


def test_word_analogies_by_hand(write):
    path = write(
        ": family\n"
        "man woman king queen\n"
        "woman man queen king\n"
        "man king woman crown\n"  # the answer is queen
        "\n"
        ": empty\n"
        ": gram1\n"
        "man king woman queen\n"
        "man king woman princess\n"
        ": gram2-empty\n"
    )
    result = evaluate_word_analogies(ROYALS, path)
    sections = [dataclasses.astuple(section) for section in result.sections]
    assert sections == [("family", 2, 3), ("empty", 0, 0), ("gram1", 1, 1), ("gram2-empty", 0, 0)]
    assert dataclasses.astuple(result.semantic) == ("semantic", 2, 3)
    assert dataclasses.astuple(result.syntactic) == ("syntactic", 1, 1)
    assert dataclasses.astuple(result.total) == ("total", 3, 4)
    assert result.accuracy == 0.75
    assert math.isnan(result.sections[1].accuracy)
    assert (result.oov, result.skipped_lines) == (1, ())


@pytest.mark.parametrize(
    ("method", "right", "wrong"),
    [
        # Cosines with b and c: 0.9 and 0.1, sum 1, product 1.9 · 1.1 = 2.09 before the halving;
        # twice 0.45, sum 0.9, product 1.45² = 2.1025.
        ("add", [0, 0.9, 0.1, math.sqrt(0.18)], [0, 0.45, 0.45, math.sqrt(0.595)]),
        ("mul", [0, 0.45, 0.45, math.sqrt(0.595)], [0, 0.9, 0.1, math.sqrt(0.18)]),
        # Shifted: 1.5² / 0.7 beats 1.9 · 1.1 / 1. As they are: 0.5² / −0.3 is behind 0.09 / 1e−6.
        ("mul", [-0.3, 0.5, 0.5, math.sqrt(0.41)], [0, 0.9, 0.1, math.sqrt(0.18)]),
    ],
)
def test_word_analogies_methods_by_hand(write, method, right, wrong):
    kv = KeyedVectors(["a", "b", "c", "right", "wrong"], [*np.eye(4)[:3], right, wrong])
    assert evaluate_word_analogies(kv, write(": s\na b c right\n"), method=method).accuracy == 1


@pytest.mark.parametrize("method", ["add", "mul"])
def test_word_analogies_never_answer_with_a_word_of_the_question(write, method):
    # woman scores best, then its other spelling, then queen.
    keys = [*ROYALS.index_to_key, "Woman"]
    kv = KeyedVectors(keys, np.vstack([ROYALS.vectors, [0, 2, 0.1]]))
    path = write(": s\nman woman woman queen\nman woman king king\n")
    assert evaluate_word_analogies(kv, path, method=method).total.correct == 1
    path = write(": s\nman woman woman Woman\n")
    options = {"method": method, "case_insensitive": False}
    assert evaluate_word_analogies(kv, path, **options).total.correct == 1


def test_word_analogies_accept_any_spelling_of_the_answer(write):
    kv = KeyedVectors(
        ["man", "woman", "king", "queen", "Queen"],
        np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [1, 0, 0.1], [0, 1, 1]]),
    )
    path = write(": s\nMan Woman King queen\n")
    assert evaluate_word_analogies(kv, path).total.correct == 1
    assert evaluate_word_analogies(kv, path, case_insensitive=False).oov == 1


def test_word_analogies_restrict_vocab_bounds_questions_and_answers(write):
    kv = KeyedVectors(
        ["man", "woman", "king", "queen", "empress"],
        np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0.5, 1], [0, 1, 1]]),
    )
    left = evaluate_word_analogies(kv, write(": s\nman woman king man\n"), restrict_vocab=3)
    assert (left.total.correct, left.total.questions) == (0, 1), "no word is left to answer with"
    path = write(": s\nman woman king queen\nman woman king empress\n")
    everything = evaluate_word_analogies(kv, path)
    assert (everything.total.correct, everything.total.questions, everything.oov) == (1, 2, 0)
    first = evaluate_word_analogies(kv, path, restrict_vocab=4)
    assert (first.total.correct, first.total.questions, first.oov) == (1, 1, 1)
    numbered = KeyedVectors([*ROYALS.index_to_key, 7], np.vstack([ROYALS.vectors, [-0.3, 1, 0.7]]))
    result = evaluate_word_analogies(numbered, write(": s\nman woman king queen\n7 man man king\n"))
    assert (result.total.correct, result.oov) == (0, 1), "7 is a key, and no word of a question"


def test_word_analogies_do_not_depend_on_the_chunk(write, monkeypatch):
    rng = np.random.default_rng(4)
    words = [f"w{i}" for i in range(40)]
    kv = KeyedVectors(words, rng.normal(size=(40, 3)))
    questions = [" ".join(rng.choice(words, 4, replace=False)) for _ in range(900)]
    path = write(": s\n" + "\n".join(questions))
    whole = evaluate_word_analogies(kv, path)
    assert 0 < whole.total.correct < 900
    for scores in (1, 40 * 7):
        monkeypatch.setattr(evaluation, "_CHUNK_SCORES", scores)
        assert evaluate_word_analogies(kv, path) == whole


def test_word_analogies_skip_and_report_odd_lines(write, caplog):
    lines = ["a b c d", ": s", "man woman king", "man woman king queen", "m\xff w k q", "a b c d e"]
    path = write("\n".join(lines), "latin-1")
    with caplog.at_level(logging.WARNING):
        result = evaluate_word_analogies(ROYALS, path)
    assert result.skipped_lines == (1, 3, 5, 6)
    assert (result.total.questions, result.oov) == (1, 0)
    (record,) = caplog.records
    assert f"{path}: skipped 4 line(s)" in record.getMessage()


# Both


def test_has_sections_tells_analogies_from_pairs(write):
    for text in (": s\na b c d\n", "a b 3\n: s\n", "\n\n  :  s t\n", ":\na b c d", "\ufeff: s\n"):
        assert has_sections(write(text)) is True
    for text in ("a b 3\n", "# : s\na b 3\n", ":) :( 3\n", "a : 3\n", ""):
        assert has_sections(write(text)) is False


@pytest.mark.parametrize("evaluate", EVALUATE)
def test_evaluation_errors_name_path_and_parameter(write, evaluate, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.txt"):
        evaluate(ROYALS, tmp_path / "absent.txt")
    for text in ("", "# nothing\n", "one two\n: s\n"):
        with pytest.raises(ValueError, match=r"path is .*file\.txt"):
            evaluate(ROYALS, write(text))
    for value in (0, -3, 2.5, "all"):
        with pytest.raises(ValueError, match=rf"restrict_vocab is {value!r}; it must be"):
            evaluate(ROYALS, write("man king 1\n"), restrict_vocab=value)
    for text in (": love\nlove \0", "\0l\0o\0v\0e"):
        with pytest.raises(ValueError, match=r"file\.txt': line \d holds a NUL, so it is no text"):
            evaluate(EMOTIONS, write(text))
    with pytest.raises(TypeError, match=r"kv is a Word2Vec; .* a KeyedVectors; give its \.wv"):
        evaluate(Word2Vec(), write("man king 1\n"))
    with pytest.raises(ValueError, match=r"method is 'cos'; it must be one of 'add', 'mul'"):
        evaluate_word_analogies(ROYALS, write(": s\nman woman king queen\n"), method="cos")


@pytest.mark.parametrize("evaluate", EVALUATE)
def test_evaluation_names_a_line_that_is_too_long(tmp_path, evaluate):
    path = tmp_path / "long.txt"
    path.write_bytes(b": love\nlove like love hate\n" + b"x" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"long\.txt': line 3 has more than the 65536 characters"):
        evaluate(EMOTIONS, path)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    path.write_bytes(b"#" * 65_535 + b"\nlove like 3\n: love\nlove like love hate\n")
    evaluate(EMOTIONS, path)


@pytest.mark.parametrize("evaluate", EVALUATE)
def test_evaluation_does_not_wait_for_what_is_no_file(tmp_path, evaluate):
    with pytest.raises(IsADirectoryError):
        evaluate(EMOTIONS, tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="pipe' is a pipe, device or socket"):
            evaluate(EMOTIONS, tmp_path / "pipe")


# Against gensim, on files that lie beside the checkout


def both(words, vectors):
    """The same words and vectors here and in gensim."""
    gensim_vectors = pytest.importorskip("gensim.models").KeyedVectors(vectors.shape[1])
    gensim_vectors.add_vectors(words, vectors)
    return KeyedVectors(words, vectors), gensim_vectors


def spellings(words, rng):
    """Most of the words, half of them in other cases too, shuffled."""
    kept = [word for word in sorted(words) if rng.random() < 0.85]
    more = [change(w) for change in (str.upper, str.title, str.lower) for w in kept]
    more = [word for word in more if rng.random() < 0.5]
    return rng.permutation(sorted({*kept, *more})).tolist()


@pytest.mark.parametrize("name", ["wordsim353.tsv", "simlex999.txt"])
@pytest.mark.parametrize("case_insensitive", [True, False])
@pytest.mark.parametrize("dummy", [True, False])
@pytest.mark.parametrize("restrict_vocab", [None, 400])
def test_word_pairs_equal_gensim(shared, name, case_insensitive, dummy, restrict_vocab):
    path = shared(f"eval/{name}")
    rng = np.random.default_rng(1)
    entries = [line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line]
    words = spellings({word for entry in entries[1:] for word in entry[:2]}, rng)
    ours, theirs = both(words, rng.normal(size=(len(words), 20)).astype(np.float32))
    options = {"case_insensitive": case_insensitive, "dummy4unknown": dummy}
    options["restrict_vocab"] = restrict_vocab
    result = evaluate_word_pairs(ours, path, **options)
    pearson, spearman, oov_ratio = theirs.evaluate_word_pairs(str(path), **options)
    assert 0 < result.oov_ratio < 100
    assert result.oov_ratio == oov_ratio
    # Only the rounding of float32 cosines may differ; gensim prints four decimals.
    assert (result.spearman, result.pearson) == pytest.approx((spearman[0], pearson[0]), abs=2e-6)
    pvalues = (result.spearman_pvalue, result.pearson_pvalue)
    assert pvalues == pytest.approx((spearman[1], pearson[1]), abs=2e-5)


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")
@pytest.mark.parametrize("case_insensitive", [True, False])
@pytest.mark.parametrize("restrict_vocab", [None, 700])
def test_word_analogies_equal_gensim(shared, write, case_insensitive, restrict_vocab):
    rng = np.random.default_rng(2)
    lines = shared("eval/questions-words.txt").read_text("utf-8").splitlines()
    lines = [line for i, line in enumerate(lines) if line.startswith(":") or i % 11 == 0]
    path = write("\n".join([*lines, "an odd line"]))
    words = spellings({word for line in lines if line[0] != ":" for word in line.split()}, rng)
    row = {word: i for i, word in enumerate(words)}
    first = {word.upper(): i for i, word in reversed(list(enumerate(words)))}
    vectors = rng.normal(size=(len(words), 20)).astype(np.float32)
    # d = b − a + c + noise, for words as they are and folded, so that some answers are right.
    for line in (line for line in lines if line[0] != ":"):
        for find, text in ((row.get, line), (first.get, line.upper())):
            a, b, c, d = map(find, text.split())
            if None not in (a, b, c, d):
                vectors[d] = vectors[b] - vectors[a] + vectors[c] + rng.normal(0, 0.3, 20)
    ours, theirs = both(words, vectors)
    options = {"restrict_vocab": restrict_vocab, "case_insensitive": case_insensitive}
    result = evaluate_word_analogies(ours, path, **options)
    accuracy, sections = theirs.evaluate_word_analogies(str(path), **options)
    expected = [
        (s["section"], len(s["correct"]), len(s["correct"]) + len(s["incorrect"])) for s in sections
    ]
    assert [dataclasses.astuple(section) for section in result.sections] == expected[:-1]
    assert dataclasses.astuple(result.total)[1:] == expected[-1][1:]
    assert result.accuracy == accuracy
    assert result.oov > 0
    assert 0.1 < accuracy < 0.9
