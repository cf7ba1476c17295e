"""Python and the bundle write the same number the same way: both are held to one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pellucid.view.colour import Scale
from pellucid.view.html import css_of
from pellucid.view.numbers import matrix_cell, plain, signed

CASES = json.loads((Path(__file__).parents[3] / "ui" / "test" / "numbers.json").read_text(encoding="utf-8"))


def number(value: float | None) -> float:
    return float("nan") if value is None else value


@pytest.mark.parametrize("case", CASES["numbers"], ids=str)
def test_numbers(case):
    assert [plain(number(case["value"])), signed(number(case["value"]))] == [case["plain"], case["signed"]]


@pytest.mark.parametrize("case", CASES["cells"], ids=str)
def test_cells(case):
    assert matrix_cell(number(case["value"]), case["limit"], sign=case["sign"]) == case["cell"]


@pytest.mark.parametrize("case", CASES["steps"], ids=str)
def test_steps(case):
    assert css_of(Scale(case["limit"]).step(number(case["value"]))) == case["css"]
