"""Numbers of a text are those that `float` reads, and what is written comes back bit for bit."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negsamp import VectorFileError
from negsamp.vectors.formats.reading import Source
from negsamp.vectors.formats.text_rows import format_rows, parse_rows

WHOLE = st.integers(0, 10**9).map(str) | st.integers(0, 10**30).map(str) | st.just("")
FRACTION = st.integers(0, 10**8).map(str) | st.integers(0, 10**20).map("{:017}".format)
NUMBERS = st.one_of(
    st.tuples(st.sampled_from(["", "-"]), st.integers(0, 99).map(str), st.just("."), FRACTION),
    st.tuples(
        st.sampled_from(["", "-", "+"]),
        WHOLE,
        st.just("."),
        FRACTION,
        st.sampled_from(["", "e5", "E-12", "e+0"]),
    ),
    st.tuples(st.integers(-(10**20), 10**20).map(str)),
    st.tuples(st.floats(allow_nan=False, allow_infinity=False).map(repr)),
).map("".join)


def parsed(rows, d, separator=" "):
    """Numbers of rows that begin at line 1 of a file."""
    return parse_rows(rows, d, Source(io.BytesIO(), "v.txt", 0, False), 1, separator)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.integers(1, 4))
def test_numbers_are_those_of_float(numbers, d):
    numbers += ["0"] * (-len(numbers) % d)
    rows = [" ".join(numbers[i : i + d]).encode() for i in range(0, len(numbers), d)]
    values = parsed(rows, d)
    assert values.dtype == np.float64
    assert values.shape == (len(rows), d)
    expected = np.array([float(number) for number in numbers])
    assert values.tobytes() == expected.tobytes(), "bits, so that −0 counts"


@pytest.mark.parametrize(
    "number",
    [
        *["0.1", "-0.1", "-0.0", "12345678.1", "0.9007199254740993", "9007199.254740993"],
        *["99999999.9999999999", "0.0000000000000001", "123456789.5", "1.", ".5", "+1.5", "5"],
        *["1e5", "-1E-05", "1.5e+300", "4.9e-324", "2.2250738585072014e-308", "-7", "00000000.50"],
        *["0" * 2000 + "1.5", "0." + "3" * 2000],
    ],
)
def test_odd_and_plain_numbers_stand_side_by_side(number):
    values = parsed([f"1.25\t{number}".encode(), f"{number}\t-3.5".encode()], 2, "\t")
    expected = [1.25, float(number), float(number), -3.5]
    assert values.tobytes() == np.array(expected).tobytes()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"1.5 nan", "number 2 is 'nan'; numbers must be finite"),
        (b"-inf 1.5", "number 1 is '-inf'; numbers must be finite"),
        (b"1.5 1e999", "number 2 is '1e999', out of range"),
        (b"1.5 1.2.3", "number 2 is '1.2.3', which is no decimal"),
        (b"1.5 1_0.5", "number 2 is '1_0.5', which is no decimal"),
        (b"1.5 1.5-", "number 2 is '1.5-', which is no decimal"),
        (b"1.5 -", "number 2 is '-', which is no decimal"),
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
def test_bad_row_is_named(row, message):
    with pytest.raises(VectorFileError, match=f"'v.txt', line 3: .*{message}") as caught:
        parsed([b"0.5 0.25", b"1e1 2", row, b"0.5 x"], 2)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("rows", [[b""], [b"1.5", b""], [b"", b"", b""]])
def test_empty_rows_are_not_skipped(rows):
    with pytest.raises(VectorFileError, match=r"line \d: it has 0 numbers; 1 are needed"):
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
    back = parsed([row.encode() for row in format_rows(rows)], 4)
    assert back.astype(dtype).tobytes() == rows.tobytes()
