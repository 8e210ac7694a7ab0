"""Files of phrases: what is saved comes back, and nothing else is read."""

import json
import os
import re

import numpy as np
import pytest
from test_phrase_detection import random_text

from negsamp import Phrases, SavedModelError


def test_save_and_load(tmp_path):
    odd = {"w50": "[{größe", "w51": '"\\\ud800', "the": "b c"}
    sentences = [[odd.get(word, word) for word in sentence] for sentence in random_text()]
    path = tmp_path / "new" / "phrases.json"
    phrases = Phrases(
        np.int64(3), np.float32(1.5), connector_words=["of", "b c"], passes=2, max_vocab_size=None
    ).fit(sentences)
    assert any("[" in name for name in phrases.phrases_)
    phrases.save(path)
    phrases.save(path)
    assert os.listdir(path.parent) == ["phrases.json"]
    loaded = Phrases.load(path)
    assert list(loaded.phrases_.items()) == list(phrases.phrases_.items())
    assert loaded.counts_ == phrases.counts_
    assert list(loaded.transform(sentences)) == list(phrases.transform(sentences))
    assert vars(loaded).keys() == vars(phrases).keys()
    assert (loaded.connector_words, loaded.passes) == ({"of", "b c"}, 2)
    assert loaded.save(tmp_path / "again") is None
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_save_and_load_many_brackets(tmp_path):
    corpus = [[f"[{i}", f"{{{i}"] for i in range(300)] * 2
    phrases = Phrases(1, 0.1, delimiter="{[" * 200).fit(corpus)
    phrases.save(tmp_path / "phrases.json")
    assert len(Phrases.load(tmp_path / "phrases.json").phrases_) == 300


def test_save_and_load_thresholds_and_joining(tmp_path):
    path = tmp_path / "phrases.json"
    thresholds = (np.float32(0.5), 0.25)
    phrases = Phrases(1, thresholds, joining="best").fit([["a", "b", "c", "d"], ["b", "c"]])
    phrases.save(path)
    loaded = Phrases.load(path)
    assert (loaded.threshold, loaded.passes, loaded.joining) == ([0.5, 0.25], None, "best")
    assert loaded[["a", "b", "c", "d"]] == phrases[["a", "b", "c", "d"]] != ["a_b", "c_d"]
    record = json.loads(path.read_text())
    del record["parameters"]["joining"]  # as older files are
    path.write_text(json.dumps(record))
    assert Phrases.load(path).joining == "first"


def test_save_writes_the_parameters_of_the_fit(tmp_path):
    phrases = Phrases(1, 0.1, passes=2).fit([["a", "b", "c"]] * 2)
    found = phrases.phrases_
    phrases.set_params(delimiter="~", passes=1)
    assert phrases[["a", "b", "c"]] == ["a_b_c"]
    phrases.save(tmp_path / "phrases.json")
    loaded = Phrases.load(tmp_path / "phrases.json")
    assert (loaded.delimiter, loaded.phrases_) == ("_", found)
    assert phrases.fit([["a", "b", "c"]] * 2)[["a", "b", "c"]] == ["a~b", "c"]


@pytest.fixture
def record(tmp_path):
    """Contents of a file that can be loaded."""
    sentences = [["a", "of", "b", "c", "d"]] * 5
    phrases = Phrases(1, 0.1, connector_words=["of"], passes=2).fit(sentences)
    phrases.save(tmp_path / "phrases.json")
    return json.loads((tmp_path / "phrases.json").read_text())


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["format"], "negsamp phrases 2", "does not say 'negsamp phrases 1'"),
        (["parameters"], [], "its parameters must be min_count, "),
        (["parameters", "passes"], KeyError, "its parameters must be min_count, "),
        (["parameters", "min_count"], 0, "min_count is 0"),
        (["parameters", "connector_words"], "of", "its connector_words must be a list"),
        (["parameters", "connector_words"], [["of"]], "connector_words is [['of']]"),
        (["parameters", "passes"], 1, "it must have 1 to 1 passes"),
        (["passes"], {}, "it must have 1 to 2 passes"),
        (["passes"], [], "it must have 1 to 2 passes"),
        (["passes", 0], [], "pass 0 must have first, between"),
        (["passes", 0, "first"], KeyError, "pass 0 must have first, between"),
        (["passes", 0, "first", 0], 5, "first of pass 0 must be a list of str"),
        (["passes", 0, "counts", 0], True, "counts of pass 0 must be a list of int"),
        (["passes", 0, "counts", 0], 0, "counts of pass 0 must be 1 or more"),
        (["passes", 0, "scores"], [1.0], "scores of pass 0 has another length"),
        (["passes", 0, "last", 0], "", "pass 0 has '', which is no word"),
        (["passes", 0, "last", 0], "of", "pass 0 has 'of', a connector word, at an end"),
        (["passes", 0, "between", 0], "x", "pass 0 has 'x', which is no row of connector words"),
        (["passes", 0, "between", 0], "of" + "_of" * 8, "which is no row of connector words"),
    ],
)
def test_load_refuses_what_save_does_not_write(tmp_path, record, path, value, message):
    *parents, last = path
    inner = record
    for key in parents:
        inner = inner[key]
    if value is KeyError:
        del inner[last]
    else:
        inner[last] = value
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(record))
    with pytest.raises(SavedModelError, match=re.escape(message)) as raised:
        Phrases.load(file)
    assert str(file) in str(raised.value)


def test_two_ways_to_a_phrase_are_one(tmp_path, record):
    rows = [[("a", "b"), ("b", "c")], [("a_b", "c"), ("a", "b_c")]]
    for number, pairs in enumerate(rows):
        first, last = map(list, zip(*pairs, strict=True))
        record["passes"][number] = {
            "first": first,
            "between": ["", ""],
            "last": last,
            "counts": [3, 5],
            "scores": [2.5, 1.5],
        }
    (tmp_path / "two.json").write_text(json.dumps(record))
    phrases = Phrases.load(tmp_path / "two.json")
    assert phrases.phrases_ == {"a_b_c": 2.5, "b_c": 1.5, "a_b": 2.5}
    assert phrases.counts_ == {"a_b_c": 8, "b_c": 5, "a_b": 3}
    assert list(phrases.transform([["a", "b", "c"]])) == [["a_b_c"]]


def test_load_refuses_other_files_and_a_phrase_twice(tmp_path, record):
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError):
        Phrases.load(path)
    record["passes"][0] = {key: [*row, row[0]] for key, row in record["passes"][0].items()}
    for content, message in (
        ("", "Expecting value"),
        ("[[" * 200, "are allowed"),
        (json.dumps(record), "pass 0 has a phrase twice"),
    ):
        path.write_text(content)
        with pytest.raises(SavedModelError, match=message):
            Phrases.load(path)
