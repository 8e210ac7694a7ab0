"""``negsamp evaluate``: its figures are those of the library, in columns."""

import math

import numpy as np
import pytest
from test_cli import assert_one_line

from negsamp import KeyedVectors
from negsamp.cli import main
from negsamp.vectors.evaluation import evaluate_word_analogies, evaluate_word_pairs

# king = man + royal and queen = woman + royal, up to length; Woman is another spelling.
WORDS = ["man", "woman", "king", "queen", "crown", "Woman"]
ROWS = [[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [0, 0, 1], [0, 1, 0.2]]
QUESTIONS = (
    ": family\nman woman king queen\nWoman man queen king\nman woman crown king\n"
    ": nothing known\nman woman cat dog\n"
    ": gram1-made-up\nman king woman queen\n"
)
PAIRS = "# made up\nman\tking\t8\nqueen\tcrown\t7.5\nman\twoman\t1\nking cat 2\n"


@pytest.fixture
def folder(tmp_path):
    KeyedVectors(WORDS, np.array(ROWS, np.float32)).save(tmp_path / "vectors")
    return str(tmp_path / "vectors")


@pytest.fixture
def files(tmp_path):
    """Both kinds, under names that say nothing of them."""
    for name, text in (("a.txt", QUESTIONS), ("b.txt", PAIRS)):
        (tmp_path / name).write_text(text)
    return str(tmp_path / "a.txt"), str(tmp_path / "b.txt")


def table(text):
    """The cells of each line, by the line's name."""
    rows = [line.split("  ") for line in text.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    return {name: more for name, *more in filter(None, cells)}


def test_evaluate_prints_tables_in_the_order_of_the_files(folder, files, capsys):
    result = evaluate_word_pairs(KeyedVectors.load(folder), files[1])
    pairs = [
        files[1],
        f"  spearman             0.8660  p {result.spearman_pvalue:.1e}",
        f"  pearson              {result.pearson:.4f}  p {result.pearson_pvalue:.1e}",
        "  pairs                     3",
        "  out of vocabulary         1  25.0 %",
    ]
    analogies = [
        files[0],
        "  family               66.7 %  2 of 3",
        "  nothing known             -  0 of 0",
        "  gram1-made-up       100.0 %  1 of 1",
        "  semantic             66.7 %  2 of 3",
        "  syntactic           100.0 %  1 of 1",
        "  total                75.0 %  3 of 4",
        "  out of vocabulary         1",
    ]
    assert main(["evaluate", folder, files[1], files[0], files[1]]) == 0
    assert capsys.readouterr().out.splitlines() == [*pairs, "", *analogies, "", *pairs]


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        ("--restrict-vocab 3", {"restrict_vocab": 3}),
        ("--case-sensitive --restrict-vocab 5", {"case_insensitive": False, "restrict_vocab": 5}),
    ],
)
def test_evaluate_hands_the_options_over(folder, files, capsys, options, keywords):
    assert main(["evaluate", folder, *files, *options.split()]) == 0
    analogies, pairs = map(table, capsys.readouterr().out.split("\n\n"))
    kv = KeyedVectors.load(folder)
    expected = evaluate_word_analogies(kv, files[0], **keywords)
    total = expected.total
    assert analogies["total"][1] == f"{total.correct} of {total.questions}"
    assert analogies["out of vocabulary"] == [str(expected.oov)]
    expected = evaluate_word_pairs(kv, files[1], **keywords)
    assert pairs["out of vocabulary"] == [str(expected.oov), f"{expected.oov_ratio:.1f} %"]
    assert pairs["pairs"] == [str(expected.pairs)]


def test_evaluate_answers_by_the_method(tmp_path, capsys):
    # as in test_evaluation: the sum prefers extreme, the product balanced
    rows = [[0, 0.9, 0.1, math.sqrt(0.18)], [0, 0.45, 0.45, math.sqrt(0.595)]]
    words = ["a", "b", "c", "extreme", "balanced"]
    KeyedVectors(words, np.vstack([np.eye(4)[:3], rows])).save(tmp_path / "vectors")
    (tmp_path / "file").write_text(": s\na b c balanced\n")
    for options, right in (([], 0), (["--method", "add"], 0), (["--method", "mul"], 1)):
        main(["evaluate", str(tmp_path / "vectors"), str(tmp_path / "file"), *options])
        assert table(capsys.readouterr().out)["total"][1] == f"{right} of 1"


def test_evaluate_counts_odd_lines_and_prints_figures_that_there_are_not(folder, tmp_path, command):
    (tmp_path / "odd.txt").write_text(PAIRS + "one\nman king much\n")
    result = command("evaluate", folder, tmp_path / "odd.txt")
    assert result.returncode == 0
    assert table(result.stdout)["lines skipped"] == ["2"]
    assert result.stderr.endswith("skipped 2 line(s) not of the form 'word1 word2 score': 6, 7\n")
    (tmp_path / "unknown.txt").write_text("cat dog 3\ncat mouse 1\n")
    found = table(command("evaluate", folder, tmp_path / "unknown.txt").stdout)
    assert (found["spearman"], found["pairs"]) == (["-", "p nan"], ["0"])


@pytest.mark.parametrize(("name", "mark"), [("a.tsv", "\t"), ("a.CSV", ",")])
def test_evaluate_writes_the_answer_to_each_question(folder, files, tmp_path, name, mark):
    assert main(["evaluate", folder, *files, "--answers", str(tmp_path / name)]) == 0
    lines = (tmp_path / name).read_text().splitlines()
    rows = [line.split(mark) for line in lines]
    assert rows[0] == ["file", "section", "a", "b", "c", "expected", "found", "rank", "right"]
    assert len(rows) == 1 + 5 + 4
    assert rows[1][1:] == ["family", "man", "woman", "king", "queen", "queen", "1", "1"]
    assert rows[3][1:] == ["family", "man", "woman", "crown", "king", "queen", "2", "0"]
    assert rows[4][1:] == ["nothing known", "man", "woman", "cat", "dog", "", "", "0"]
    assert rows[6][:6] == [files[1], "", "man", "king", "", "8.0"]
    assert float(rows[6][6]) == pytest.approx(math.sqrt(0.5))
    assert rows[9][5:] == ["2.0", "", "", ""]


def test_evaluate_reads_other_forms_and_encodings(tmp_path, capsys):
    KeyedVectors(["größe", "b", "c", "d"], np.eye(4)[:, :3]).save(tmp_path / "v")
    (tmp_path / "a").write_text("größe b c d\n", encoding="utf-16")
    (tmp_path / "b").write_text("größe|b|3\nc|d|1\nc|x|1\n", encoding="utf-16")
    files = [str(tmp_path / "a"), str(tmp_path / "b")]
    options = ["--encoding", "utf-16", "--dummy4unknown"]
    assert main(["evaluate", str(tmp_path / "v"), files[0], *options]) == 0
    assert table(capsys.readouterr().out)["total"][1] == "1 of 1"
    assert main(["evaluate", str(tmp_path / "v"), files[1], *options, "--delimiter", "|"]) == 0
    assert table(capsys.readouterr().out)["pairs"] == ["3"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["{folder}"], "arguments are required: FILE; see negsamp evaluate --help"),
        (["{missing}", "{a}"], "there is no file or folder"),
        (["{folder}", "{a}", "{missing}"], "No such file or directory: "),
        (["{folder}", "{folder}"], "vectors' is a folder; it must be a file"),
        (["{folder}", "{a}", "{empty}"], "it has no line of the form 'word1 word2 score' in UTF-8"),
        (["{folder}", "{header}"], "it has no line of the form ': section' or four words below"),
        (["{folder}", "{a}", "--restrict-vocab", "0"], "--restrict-vocab is 0; it must be an"),
        (["{folder}", "{a}", "--answers", "{folder}.txt"], "its name must end in .csv or .tsv"),
        (["{missing}", "{csv}", "--answers", "{csv}"], "pairs.csv' is one of the inputs"),
        (["{missing}", "{a}", "--answers", "{missing}/a.csv"], "No such file or directory"),
        (["{folder}", "{a}", "--method", "cos"], "--method: invalid choice: 'cos'"),
    ],
)
def test_evaluate_reports_wrong_input_in_one_line(
    folder, files, tmp_path, capsys, arguments, expected
):
    (tmp_path / "empty").touch()
    (tmp_path / "header").write_text(": s\n")
    places = {name: tmp_path / name for name in ("missing", "empty", "header")}
    places |= {"folder": folder, "a": files[0], "csv": tmp_path / "pairs.csv"}
    assert main(["evaluate", *(argument.format(**places) for argument in arguments)]) == 2
    assert_one_line(capsys.readouterr(), expected)
