"""Numbers of a text are those that `float` reads, and what is written comes back bit for bit."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negsamp import VectorFileError
from negsamp.vectors.formats.reading import Skipped
from negsamp.vectors.formats.text_rows import parse_rows, write_text_rows

NUMBERS = st.from_regex(
    r"[+-]?([0-9]{1,25}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,2})?", fullmatch=True
)
EDGES = ["-0.0", "0.9007199254740993", "1.", ".5", "+1.5", "1.5e+300", "4.9e-324", "00000000.50"]
EDGES += ["2.2250738585072014e-308", "0" * 2000 + "1.5", "0." + "3" * 2000]


def parsed(rows, d, separator=" "):
    """Numbers of rows that begin at line 1 of a file."""
    places = [*range(1, len(rows) + 1)]
    _, numbers = parse_rows(Skipped("v.txt", "raise"), rows, d, places, separator)
    return numbers


@given(
    st.lists(NUMBERS | st.sampled_from(EDGES), min_size=1, max_size=20),
    st.integers(1, 4),
    st.sampled_from(" \t"),
)
def test_numbers_are_those_of_float(numbers, d, separator):
    numbers += ["0"] * (-len(numbers) % d)
    rows = [separator.join(numbers[i : i + d]).encode() for i in range(0, len(numbers), d)]
    values = parsed(rows, d, separator)
    assert values.dtype == np.float64
    assert values.shape == (len(rows), d)
    expected = np.array([float(number) for number in numbers])
    assert values.tobytes() == expected.tobytes(), "bits, so that −0 counts"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"1.5 nan", "number 2 is 'nan'; numbers must be finite"),
        (b"-inf 1.5", "number 1 is '-inf'; numbers must be finite"),
        (b"1.5 1e999", "number 2 is '1e999', out of range"),
        (b"1.5 1.2.3", "number 2 is '1.2.3', which is no decimal"),
        (b"1.5 1_0.5", "number 2 is '1_0.5', which is no decimal"),
        (b"1.5 .", "number 2 is '.', which is no decimal"),
        (b"1.5 0x1p3", "which is no decimal"),
        (b"1.5 1.\0005", "which is no decimal"),
        (b"1.5 1.\xef\xbc\x95", "which is no decimal"),
        (b"1.5\t1.5 2.5", r"number 1 is '1.5\\t1.5'"),
        (b"1.5 \r", "which is no decimal"),
        (b"1.5 1.5\v", "which is no decimal"),
        (b"1.5 1.5#2.5", "which is no decimal"),
        (b'1.5 "2.5"', "which is no decimal"),
        (b"1.5 " + b"1" * 1001, "out of range"),
        (b"1.5", "it has 1 numbers; 2 are needed"),
        (b"1.5 2.5 3.5", "it has 3 numbers; 2 are needed"),
        (b"1.5 ", "number 2 is missing"),
        (b" 1.5", "number 1 is missing"),
        (b"", "it has 0 numbers; 2 are needed"),
    ],
)
@pytest.mark.parametrize("after", [[], [b"0.5 x"]])
def test_bad_row_is_named(row, message, after):
    with pytest.raises(VectorFileError, match=f"'v.txt', line 3: .*{message}") as caught:
        parsed([b"0.5 0.25", b"1e1 2", row, *after], 2)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("rows", "found"), [([b""], 0), ([b"1.5", b""], 0), ([b"", b""], 0), ([b"1 2", b"3 4"], 2)]
)
def test_rows_are_as_long_as_they_must_be(rows, found):
    with pytest.raises(VectorFileError, match=rf"line \d: it has {found} numbers; 1 are needed"):
        parsed(rows, 1)


def bits_of(dtype):
    size = np.dtype(dtype).itemsize
    bits = np.random.default_rng(0).integers(0, 256, (2000, size), dtype=np.uint8)
    values = bits.view(dtype).ravel()
    edges = np.finfo(dtype)
    powers = np.ldexp(np.ones(200, dtype), np.arange(-100, 100)) if size > 2 else []
    near = [np.nextafter(x, y) for x in powers for y in (-np.inf, np.inf)]
    extra = [0, -0.0, edges.max, edges.tiny, edges.smallest_subnormal, -1, 1, *powers, *near]
    values = np.append(values, np.array(extra, dtype))
    return values[np.isfinite(values)]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_written_comes_back_bit_for_bit(dtype):
    values = bits_of(dtype)
    rows = values[: len(values) // 4 * 4].reshape(-1, 4)
    file = io.BytesIO()
    write_text_rows(file, [b""] * len(rows), rows)
    back = parsed(file.getvalue().splitlines(), 4)
    assert back.astype(dtype).tobytes() == rows.tobytes()
