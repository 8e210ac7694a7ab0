"""Keys as text: readable ones as they are, others as Python writes them."""

import pytest

from negsamp.vectors.labels import label_of

WORDS = ["größe", "</script>", "שלום", "👩‍🔬", "می‌خواهم", "two words", "'"]


@pytest.mark.parametrize(
    ("key", "label"),
    [
        *zip(WORDS, WORDS, strict=True),
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
def test_label_of_a_key_can_be_shown(key, label):
    assert label_of(key) == label
