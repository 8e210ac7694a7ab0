"""Word pairs and analogies in the forms of published files, in lists and in tables."""

import bz2
import csv
import gzip
import logging
import lzma
from decimal import Decimal

import numpy as np
import pytest
from test_evaluation import ROYALS

from negsamp import KeyedVectors
from negsamp.vectors.evaluation import (
    AnalogyAnswer,
    WordPairAnswer,
    evaluate_word_analogies,
    evaluate_word_pairs,
    has_sections,
)

KV = KeyedVectors(["old", "new", "smart", "hard"], np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]]))
PAIRS = [("old", "new", 1.58), ("smart", "hard", 9.2), ("new", "hard", 8.77)]
QUESTIONS = [("man", "woman", "king", "queen"), ("man", "king", "woman", "crown")]

SIMLEX = (
    "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\tSD(SimLex)\n"
)
FORMS = {
    "simlex": SIMLEX + "{0}\t{1}\tA\t{2}\t2.72\t2.81\t2\t7.25\t1\t0.41\n",
    "simlex without its header": "{0}\t{1}\tA\t{2}\t2.72\t2.81\t2\t7.25\t1\t0.41\n",
    "wordsim": "Word 1,Word 2,Human (mean)\n{0},{1},{2}\n",
    "wordsim in quotes": '"Word 1","Word 2","Human (mean)"\n"{0}","{1}","{2}"\n',
    "wordsim with tabs": "Word 1\tWord 2\tHuman (mean)\n{0}\t{1}\t{2}\n",
    "wordsim by subject": "Word 1,Word 2,Human (mean),1,2,3\n{0},{1},{2},9,8,7\n",
    "commas and spaces": "{0}, {1}, {2}\n",
    "men": "{0} {1} {2}00000\n",
    "men by lemma": "{0}-j {1}-n {2}00000\n",
    "tags of treebanks": "{0}_NN {1}_VB {2}\n",
    "rare words": "{0}\t{1}\t{2}\t7\t7\t6\t1\t4\t7\t8\t9\t6\t5\n",
    "simverb": "{0}\t{1}\tV\t{2}\tSYNONYMS\n",
    "semicolons": "{0};{1};{2}\n",
    "score first": "score;word1;word2\n{2};{0};{1}\n",
    "score in another order": "source,mean,target\n{0},{2},{1}\n",
    "columns beside": "id,noun_1,noun_2,rating,comment\n7,{0},{1},{2},none\n",
    "a line of comment": "# made up\n\n{0} {1} {2}\n",
    "Windows": "Word 1\tWord 2\tHuman (mean)\r\n{0}\t{1}\t{2}\r\n",
}


def written(form, pairs=PAIRS):
    """Pairs in a form of which the last line is that of a pair."""
    *head, line = form.splitlines(keepends=True)
    return "".join(head) + "".join(line.format(*pair) for pair in pairs)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_pairs_are_read_as_they_come(write, form, caplog):
    result = evaluate_word_pairs(KV, write(written(form)), answers=True)
    assert [(*answer.words, answer.score) for answer in result.answers] == [
        tuple(form.splitlines()[-1].format(*pair).split()[:2]) + pair[2:]
        if "{0}-" in form or "{0}_" in form
        else pair
        for pair in PAIRS
    ]
    assert (result.pairs, result.oov, result.skipped_lines) == (3, 0, ())
    assert result.spearman == evaluate_word_pairs(KV, PAIRS).spearman
    assert caplog.messages == []


def test_pairs_keep_tags_that_the_vocabulary_has(write):
    kv = KeyedVectors(["old-j", "new-j", "old", "new"], np.eye(4))
    path = write("old-j new-j 3\nnew-j old-j 4\nsmart-j old-j 1\n")
    assert evaluate_word_pairs(kv, path).pairs == 2
    plain = write("T-shirt e-mail 3\nold new 4\nx-n y-n 1\n")
    assert evaluate_word_pairs(kv, plain).oov == 2, "not all of the words have a tag"


def test_pairs_with_decimal_commas(write):
    for text in ("old;new;1,58\nsmart;hard;9,2\nnew;hard;8,77\n", "old\tnew\t1,58\n"):
        result = evaluate_word_pairs(KV, write(text), answers=True)
        assert result.answers[0].score == 1.58
        assert result.skipped_lines == ()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
def test_questions_in_another_encoding(write, encoding):
    kv = KeyedVectors(["größe", "maß", "a", "b"], [[1, 0], [1, 0.1], [0, 1], [1, 1]])
    path = write("größe\tmaß\t3\ngröße\ta\t1\n", encoding)
    result = evaluate_word_pairs(kv, path, encoding=encoding)
    assert (result.pairs, result.oov, result.skipped_lines) == (2, 0, ())
    path = write(": s\ngröße maß a b\n", encoding)
    assert evaluate_word_analogies(kv, path, encoding=encoding).oov == 0
    assert has_sections(path, encoding)


@pytest.mark.parametrize("evaluate", [evaluate_word_pairs, evaluate_word_analogies])
def test_another_encoding_is_named(write, evaluate, caplog):
    with pytest.raises(ValueError, match="it is UTF-16; encoding='utf-16' reads it"):
        evaluate(KV, write("old new 3\n", "utf-16"))
    for encoding in ("klingon", "hex", 5, None):
        with pytest.raises(ValueError, match=r"encoding is .*; it must be one that Python knows"):
            evaluate(KV, write("old new 3\n"), encoding=encoding)
    text = "old new 1\nold new 2\ngröße new 3\n: s\nold new smart hard\ngröße new smart hard\n"
    evaluate(KV, write(text, "latin-1"))
    assert "(encoding='latin-1' may read them): " in caplog.messages[0]


@pytest.mark.parametrize("evaluate", [evaluate_word_pairs, evaluate_word_analogies])
@pytest.mark.parametrize("pack", [gzip, bz2, lzma])
def test_a_packed_file_is_named(tmp_path, evaluate, pack):
    path = tmp_path / "file.txt"
    path.write_bytes(pack.compress(b"old new 3\n" * 100))
    with pytest.raises(ValueError, match=r"file.txt': it is packed by .*z.*; unpack it first"):
        evaluate(KV, path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a b c d\n", "4 columns, ['a', 'b', 'c', 'd'], and evaluate_word_analogies reads questi"),
        (": s\na b c d\n", "evaluate_word_analogies reads questions of four words"),
        ("a b 3 4\n", "4 columns, ['a', 'b', '3', '4']; a first line that calls two columns word1"),
        ("1\tbank\tn\tmoney\tn\tcontext\tcontext\t5.0\n", "it begins with 8 columns, ['1', 'bank'"),
        ("one two\n", "it begins with 2 columns, ['one', 'two']"),
        ("a|b|3\n", "it begins with 1 columns, ['a|b|3']"),
        ("word1,word2,pos,likeness\na,b,n,\n", "it begins with 4 columns"),
    ],
)
def test_pairs_of_another_form_are_named(write, text, found):
    with pytest.raises(ValueError, match="it has no line of the form 'word1 word2 score'") as error:
        evaluate_word_pairs(KV, write(text))
    assert found in str(error.value)


def test_advice_on_the_form_of_pairs_works(write):
    rows = "old new 3 4\nnew hard 1 2\n"
    with pytest.raises(ValueError, match="a first line that calls two columns word1 and word2 and"):
        evaluate_word_pairs(KV, write(rows))
    assert evaluate_word_pairs(KV, write("word1 word2 score sd\n" + rows)).pairs == 2
    listed = [(a, b, score) for a, b, score, _ in map(str.split, rows.splitlines())]
    assert evaluate_word_pairs(KV, listed).pairs == 2
    piped = write(rows.replace(" ", "|").replace("|4", "").replace("|2", ""))
    assert evaluate_word_pairs(KV, piped, delimiter="|").pairs == 2
    for delimiter in ("", "--", 5):
        with pytest.raises(ValueError, match=r"delimiter is .*; it must be one character, or None"):
            evaluate_word_pairs(KV, piped, delimiter=delimiter)
    with pytest.raises(ValueError, match="evaluate_word_pairs reads words with a score"):
        evaluate_word_analogies(KV, write("old new 3\n"))


def pandas_table(names, rows):
    return pytest.importorskip("pandas").DataFrame(rows, columns=names)


def polars_table(names, rows):
    return pytest.importorskip("polars").DataFrame(rows, schema=names, orient="row")


def arrow_table(names, rows):
    dicts = [dict(zip(names, row, strict=True)) for row in rows]
    return pytest.importorskip("pyarrow").Table.from_pylist(dicts)


def dataset(names, rows):
    dicts = [dict(zip(names, row, strict=True)) for row in rows]
    return pytest.importorskip("datasets").Dataset.from_list(dicts)


def dicts(names, rows):
    return [dict(zip(names, row, strict=True)) for row in rows]


TABLES = [pandas_table, polars_table, arrow_table, dataset, dicts]


@pytest.mark.parametrize(
    "given",
    [
        lambda: PAIRS,
        lambda: [list(pair) for pair in PAIRS],
        lambda: iter(PAIRS),
        lambda: (pair for pair in PAIRS),
        lambda: np.array(PAIRS),
        lambda: np.array(PAIRS, dtype=object),
        lambda: {(a, b): score for a, b, score in PAIRS},
        lambda: [f"{a} {b} {score}" for a, b, score in PAIRS],
        lambda: csv.DictReader(["word1,word2,score", *(f"{a},{b},{s}" for a, b, s in PAIRS)]),
        lambda: zip(*zip(*PAIRS, strict=True), strict=True),
    ],
)
def test_pairs_from_a_list(given):
    result = evaluate_word_pairs(KV, given(), answers=True)
    assert [(*answer.words, answer.score) for answer in result.answers] == PAIRS
    assert result.answers[0] == WordPairAnswer(("old", "new"), 1.58, pytest.approx(0.8))


@pytest.mark.parametrize("table", TABLES)
def test_pairs_from_a_table(table):
    expected = evaluate_word_pairs(KV, PAIRS)
    assert evaluate_word_pairs(KV, table(["left", "right", "how"], PAIRS)) == expected
    more = [(score, "x", b, a) for a, b, score in PAIRS]
    named = table(["SimLex999", "POS", "word2", "word1"], more)
    assert evaluate_word_pairs(KV, named) == expected
    unclear = table(["a", "b", "c", "d"], more)
    with pytest.raises(
        ValueError, match=r"path has the columns \['a', 'b', 'c', 'd'\]; give those"
    ):
        evaluate_word_pairs(KV, unclear)


class Ambiguous:
    """Neither true nor false when it is compared, as `pandas.NA`."""

    __hash__ = object.__hash__

    def __eq__(self, other):
        return self

    def __bool__(self):
        raise TypeError("ambiguous")


def test_pairs_whose_words_are_names_of_columns():
    rows = [("score", "rating", 5), ("word1", "word2", Decimal("0.5")), ("score", "word1", "3")]
    kv = KeyedVectors(["score", "rating", "word1", "word2"], np.eye(4))
    assert evaluate_word_pairs(kv, rows).pairs == 3


def test_pairs_from_a_list_skip_and_report_odd_rows(caplog):
    rows = [*PAIRS, ("old", "new"), ("old", "new", None), (["x"], "y", 1), 5, ("a", "b", True)]
    rows += [
        ("a", Ambiguous(), 2),
        ("a", float("nan"), 2),
        ("a", "b", "much"),
        b"old new 3",
        ("", "b", 1),
    ]
    result = evaluate_word_pairs(KV, rows)
    assert (result.pairs, result.skipped_lines) == (3, tuple(range(4, 14)))
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("a list: skipped 10 line(s)")
    numbers = KeyedVectors([1, (2, 3), "x"], np.eye(3))
    assert evaluate_word_pairs(numbers, [(1, (2, 3), 4), (1, "X", 5)]).oov == 0


@pytest.mark.parametrize("evaluate", [evaluate_word_pairs, evaluate_word_analogies])
def test_evaluation_refuses_what_is_no_source(evaluate):
    for source in (5, None, b"file.txt", 2.5):
        with pytest.raises(ValueError, match=r"path is .*; it must be the path of a file, a list"):
            evaluate(KV, source)
    for source in ([], {}, [[]], ["x" * 1_000_000], ["x" * 9999] * 3):
        with pytest.raises(ValueError, match=r"path is a .*: it has no line of the form") as error:
            evaluate(KV, source)
        assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "man woman king queen\nman king woman crown\n",
        "# made up\n\nman\twoman\tking\tqueen\nman\tking\twoman\tcrown\n",
        "man,woman,king,queen\nman,king,woman,crown\n",
        "man; woman; king; queen\nman; king; woman; crown\n",
    ],
)
def test_analogies_without_a_section(write, text, caplog):
    path = write(text)
    assert has_sections(path)
    result = evaluate_word_analogies(ROYALS, path)
    [section] = result.sections
    assert (section.name, section.correct, section.questions) == ("questions", 1, 2)
    assert (result.skipped_lines, caplog.messages) == ((), [])


def test_analogies_with_headers_of_other_forms(write):
    text = ":family\nman woman king queen\n:  other  words \nman\tking\twoman\tcrown\n"
    result = evaluate_word_analogies(ROYALS, write(text))
    assert [section.name for section in result.sections] == ["family", "other words"]


@pytest.mark.parametrize(
    "given",
    [
        lambda: {"first": QUESTIONS[:1], "second": QUESTIONS[1:]},
        lambda: {"first": [" ".join(QUESTIONS[0])], "second": np.array(QUESTIONS[1:])},
        lambda: [": first", QUESTIONS[0], ": second", " ".join(QUESTIONS[1])],
        lambda: pandas_table(
            ["section", *"abcd"], [("first", *QUESTIONS[0]), ("second", *QUESTIONS[1])]
        ),
        lambda: {"first": pandas_table(list("abcd"), QUESTIONS[:1]), "second": QUESTIONS[1:]},
    ],
)
def test_analogies_by_section_from_a_list(given):
    result = evaluate_word_analogies(ROYALS, given())
    found = [(count.name, count.correct, count.questions) for count in result.sections]
    assert found == [("first", 1, 1), ("second", 0, 1)]


@pytest.mark.parametrize("given", [lambda names, rows: rows, *TABLES])
def test_analogies_from_a_list(given):
    result = evaluate_word_analogies(ROYALS, given(list("abcd"), QUESTIONS))
    assert [count.name for count in result.sections] == ["questions"]
    assert (result.total.correct, result.total.questions) == (1, 2)


@pytest.mark.parametrize("method", ["add", "mul"])
def test_analogies_answers_by_question(method):
    unknown = ("man", "woman", "uncle", "aunt")
    own = ("man", "king", "Woman", "king")
    asked = {"s": [*QUESTIONS, unknown], "t": [own]}
    result = evaluate_word_analogies(ROYALS, asked, method=method, answers=True)
    right, wrong, not_known, no_right = result.answers
    assert right == AnalogyAnswer("s", QUESTIONS[0], "queen", 1, True)
    assert (wrong.answer, wrong.rank, wrong.correct) == ("queen", 2, False)
    assert not_known == AnalogyAnswer("s", unknown, None, None, False)
    assert no_right == AnalogyAnswer("t", own, "queen", None, False)
    plain = evaluate_word_analogies(ROYALS, asked, method=method)
    assert plain.answers == ()
    assert (plain.sections, plain.oov) == (result.sections, result.oov)


def test_analogies_ranks_agree_with_the_answers():
    rng = np.random.default_rng(0)
    words = [f"{case}{n}" for n in range(30) for case in "wW"]
    kv = KeyedVectors(words, rng.integers(-2, 3, size=(60, 2)) + 0.5)  # of which many are equal
    questions = [tuple(rng.choice(words, 4)) for _ in range(500)]
    for case_insensitive in (True, False):
        options = {"case_insensitive": case_insensitive, "answers": True}
        answers = evaluate_word_analogies(kv, questions, **options).answers
        assert any(answer.correct for answer in answers)
        assert all((answer.rank == 1) == answer.correct for answer in answers)


def test_analogies_dummy_counts_unknown_words_as_wrong():
    asked = {"s": QUESTIONS[:1], "t": [("man", "woman", "uncle", "aunt")]}
    result = evaluate_word_analogies(ROYALS, asked, dummy4unknown=True)
    assert [(count.correct, count.questions) for count in result.sections] == [(1, 1), (0, 1)]
    assert (result.oov, result.accuracy) == (1, 0.5)
    assert evaluate_word_analogies(ROYALS, asked).accuracy == 1


def test_pairs_answers_say_which_are_unknown():
    rows = [("Old", "new", 1), ("old", "newt", 2)]
    known, unknown = evaluate_word_pairs(KV, rows, answers=True).answers
    assert known.cosine == pytest.approx(0.8)
    assert unknown == WordPairAnswer(("old", "newt"), 2.0, None)
    dummy = evaluate_word_pairs(KV, rows, answers=True, dummy4unknown=True).answers[1]
    assert dummy.cosine == 0
    assert evaluate_word_pairs(KV, rows).answers == ()
