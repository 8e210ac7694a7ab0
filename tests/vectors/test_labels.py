"""Keys as text: readable ones as they are, others as Python writes them."""

import pytest

from negsamp.vectors.labels import label_of


@pytest.mark.parametrize(
    "word", ["größe", "</script>", "שלום", "👩‍🔬", "می‌خواهم", "two words", "'"]
)
def test_label_of_a_readable_string_is_the_string(word):
    assert label_of(word) == word


@pytest.mark.parametrize(
    ("key", "label"),
    [
        (7, "7"),
        (1.5, "1.5"),
        (("a", 1), "('a', 1)"),
        (b"\xff", r"b'\xff'"),
        ("", "''"),
        ("  ", "'  '"),
        ("a\nb", r"'a\nb'"),
        ("a\x00", r"'a\x00'"),
        ("a\u2028", r"'a\u2028'"),
        ("half \ud800", r"'half \ud800'"),
    ],
)
def test_label_of_other_keys_is_as_python_writes_them(key, label):
    assert label_of(key) == label
