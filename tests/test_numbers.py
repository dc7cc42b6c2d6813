"""Numbers as people read them: one sign for minus, and none for what is 0."""

import math

import pytest

from dirigiste import numbers
from dirigiste.results.text import tables


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-5.03e-10, "−5.03e−10"),
        (1.52418428, "1.52"),
        (math.nan, "–"),
        (1e9, "1e+09"),
    ],
)
def test_significant_digits(value, text):
    assert numbers.significant(value, 3) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-2e-9, "goods", "−2.000e−09"),
        (-1234.5, "goods", "−1234.5"),
        (0.0635, "per year", "6.35 % a year"),
        (None, "goods", "–"),
    ],
)
def test_numbers_of_tables_have_a_true_minus_sign(value, unit, text):
    assert tables.number(value, unit) == text


def test_changes_that_round_to_nothing_have_no_sign():
    assert numbers.signed(-0.001, 2) == "0.00"
    assert numbers.signed(-0.5, 1) == "−0.5"
