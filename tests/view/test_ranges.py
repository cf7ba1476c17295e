"""Numbers of a table on one scale."""

from __future__ import annotations

import math

from pellucid.core.figure import Figure, Range, Table
from pellucid.view.html import html
from pellucid.view.in_browser.ranges import Strip, strips
from pellucid.view.terminal import terminal
from tests.view.page import parse

ROWS = (Range(1.0, 0.0, 2.0), Range(3.0, 2.0, 4.0, chance=True))


def test_all_are_on_the_scale_that_holds_them():
    assert strips(ROWS) == [Strip(25.0, 0.0, 50.0, None, False), Strip(75.0, 50.0, 100.0, None, True)]


def test_zero_is_there_where_numbers_lie_on_both_sides():
    assert [strip.zero for strip in strips([Range(-1.0, -1.0, -1.0), Range(3.0, 3.0, 3.0)]) if strip] == [
        25.0,
        25.0,
    ]


def test_without_an_interval_it_is_a_dot():
    [strip, other] = strips([Range(1.0, math.nan, math.nan), Range(2.0, 1.0, 2.0)])
    assert strip is not None
    assert strip.low == strip.at == strip.high == 0.0
    assert other is not None


def test_a_row_without_a_number_and_equal_numbers_are_no_fault():
    assert strips([None, Range(0.0, 0.0, 0.0)]) == [None, Strip(0.0, 0.0, 0.0, None, False)]
    assert strips([]) == []


def test_a_page_draws_them_and_a_terminal_has_the_words():
    table = Table(("a", "b"), (("x", "1"), ("y", "3"), ("z", "")), frozenset({1}), "", (*ROWS, None))
    page = parse(html(Figure("t", (table,))))
    dots = [
        value for tag, name, value in page.attributes if tag == "i" and name == "class" and value == "dot"
    ]
    assert len(dots) == 2
    assert [v for tag, name, v in page.attributes if name == "class" and "range" in v.split()] == [
        "range",
        "range chance",
    ]
    assert terminal(Figure("t", (table,)), colour=False, width=60).split("\n")[-1].split() == ["z"]
