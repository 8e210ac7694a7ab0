"""JSON has one reading or none."""

import json

import pytest
from oracles import allocating

from negsamp.files.strict_json import parse_json


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        10**4299,
        -(10**4299),
        1e308,
        5e-324,
        -0.0,
        "한\ud800\n",
        [],
        {},
        {"a": [1, {"b": ""}]},
    ],
    ids=lambda value: repr(value)[:20],
)
def test_json_comes_back_as_it_was(value):
    assert repr(parse_json(json.dumps(value).encode())) == repr(value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Expecting value"),
        (b"\xff", "utf-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"{} {}", "Extra data"),
        (b"NaN", "it has the number NaN, which is not finite"),
        (b"[Infinity]", "it has the number Infinity"),
        (b'{"a": -Infinity}', "it has the number -Infinity"),
        (b"[1e400]", "it has the number 1e400, which is not finite"),
        (b"-1" + b"0" * 400 + b".5", "is not finite"),
        (b"1" * 4301, "limit .4300 digits. for integer string conversion"),
        (b'{"a": 1, "b": 2, "a": 1}', "it has the key 'a' twice"),
        (b'[{"a": {"x": 1, "x": 2}}]', "it has the key 'x' twice"),
        (b"[" * 200_000, "it is nested too deeply"),
        (b'{"a":' * 200_000, "it is nested too deeply"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_json_of_no_or_two_readings_is_refused(content, message):
    with pytest.raises(ValueError, match=message) as raised:
        parse_json(content)
    assert len(str(raised.value)) < 300


def test_json_is_counted_before_it_is_built():
    content = b"[" + b"[]," * 300_000 + b"[]]"
    with allocating(100_000):
        with pytest.raises(ValueError, match=r"it has 300002 of '\[{'; 1000 are allowed"):
            parse_json(content, most_containers=1000)
        with pytest.raises(ValueError, match="it has 300000 of ','; 1000 are allowed"):
            parse_json(content, most_items=1000)
    assert parse_json(b'["[,", {}]', most_containers=3, most_items=2) == ["[,", {}]
