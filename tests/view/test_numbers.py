from __future__ import annotations

import math

import pytest

from pellucid.core.figure import Mark
from pellucid.view.numbers import aligned, fixed, matrix_cell, plain, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (26.19, "26.2"), (-0.00036, "-0.000360"), (1234.5, "1234"), (1e6, "1.00e+06"), (1e-7, "1.00e-07"),
     (math.nan, "no number"), (math.inf, "infinity"), (-math.inf, "-infinity"), (0.9999, "1.00"), (999.96, "1000")],
)  # fmt: skip
def test_three_digits_that_count(value, text):
    assert plain(value) == text


def test_signed_puts_a_plus_only_where_there_is_a_sign():
    assert [signed(v) for v in (1.0, -1.0, 0.0, math.nan, math.inf)] == [
        "+1.00", "-1.00", "0", "no number", "+infinity",
    ]  # fmt: skip


def test_what_rounds_to_zero_has_no_sign():
    assert [fixed(v, 2, sign=True) for v in (-0.001, 0.001, -0.006, 0.006)] == [
        "0.00",
        "0.00",
        "-0.01",
        "+0.01",
    ]


def test_a_column_shares_its_decimals():
    marks = [Mark(0, 1, 26.19, 0.5), Mark(1, 2, -0.004), Mark(2, 3, math.nan)]
    assert aligned(marks, sign=True) == ["+26.19 ± 0.50", "0.00", "no number"]
    assert aligned([Mark(0, 1, 3e-9)], sign=False) == ["3.00e-09"]
    assert aligned([], sign=True) == []


def test_cells_share_their_decimals():
    assert [matrix_cell(v, 26.0, sign=True) for v in (26.0, -0.5, 0.01, math.nan)] == [
        "+26.0",
        "-0.5",
        "0.0",
        "?",
    ]
    assert matrix_cell(-3e-9, 3e-9, sign=True) == "-3.0e-09"
    assert matrix_cell(0.0, 0.0, sign=True) == "0"
