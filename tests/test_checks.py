"""Checks accept what they should, and say the name, the value and what is allowed."""

import numpy as np
import pytest

from negsamp import checks
from negsamp.checks import check_choice, check_integer, class_only, first_row_not_finite


@pytest.mark.parametrize("value", [2, np.int8(5), 5])
def test_integers_in_range_pass(value):
    check_integer("n", value, 2, 5)
    check_integer("n", None, 2, 5, optional=True)
    check_integer("n", 10**30, 2)


@pytest.mark.parametrize("value", [1, 6, 2.0, True, "2", None])
def test_other_values_are_named_with_what_is_allowed(value):
    with pytest.raises(ValueError, match=rf"^n is {value!r}; it must be an integer, from 2 to 5$"):
        check_integer("n", value, 2, 5)


def test_bound_that_nobody_reaches_is_not_mentioned():
    for high in (None, 2**31 - 1, 2**62):
        with pytest.raises(ValueError, match=r"^n is 0; it must be an integer, 1 or more$"):
            check_integer("n", 0, 1, high)
    with pytest.raises(ValueError, match=r"1 or more, or None$"):
        check_integer("n", 2**62 + 1, 1, 2**62, optional=True)


class Silent:
    """An object that cannot be shown."""

    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("mean", "'mean'"),
        ("", "''"),
        (["first"], "['first']"),
        (None, "None"),
        (Silent(), "<Silent instance at "),
        (np.array(["first", "best"]), "array("),
    ],
)
def test_value_that_is_no_choice_is_named_with_all_choices(value, shown):
    for choices in (("first", "best"), {"first": 1, "best": 2}):
        check_choice("how", "best", choices)
        with pytest.raises(ValueError, match=r"it must be one of 'first', 'best'$") as error:
            check_choice("how", value, choices)
        assert str(error.value).startswith(f"how is {shown}")


@pytest.mark.parametrize("at_once", [1 << 20, 7])
@pytest.mark.parametrize("shape", [(10,), (10, 3), (10, 2, 2)])
def test_first_row_not_finite_is_found(monkeypatch, at_once, shape):
    monkeypatch.setattr(checks, "NUMBERS_AT_ONCE", at_once)
    array = np.ones(shape)
    assert first_row_not_finite(array) is None
    array[8:] = np.nan
    assert first_row_not_finite(array) == 8
    array.reshape(10, -1)[5, -1] = -np.inf
    assert first_row_not_finite(array) == 5


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,)])
def test_arrays_without_numbers_are_finite(shape):
    assert first_row_not_finite(np.ones(shape)) is None


def test_numbers_that_another_type_cannot_hold_are_not_finite_in_it():
    array = np.array([[1.0], [1e39]])
    assert first_row_not_finite(array) is None
    assert first_row_not_finite(array, np.float32) == 1


def test_class_only_method_is_refused_on_an_object():
    class Made:
        @class_only
        def load(cls, path):
            """Docs."""
            return cls, path

    class Other(Made):
        pass

    assert Made.load("x") == (Made, "x")
    assert Other.load(path="x") == (Other, "x")
    assert Made.load.__doc__ == "Docs."
    with pytest.raises(TypeError, match=r"leaves this one as it is; write new = Other\.load\("):
        Other().load("x")
