"""Every kind of figure where there is no browser: no line too wide for a narrow terminal, and nothing left out."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from pellucid.view.terminal import terminal
from tests.browser.kinds import case, every_kind, missing, some_missing, spread, zeros
from tests.view.make import TEXTS


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_line_of_any_kind_is_wider_than_asked(text, width):
    for found in [case(text), *every_kind(text)]:
        drawn = terminal(found, colour=False, width=width)
        assert max(map(cell_len, drawn.split("\n"))) <= width
        assert not [c for c in drawn if ord(c) < 32 and c != "\n"]


@pytest.mark.parametrize("fill", [spread, zeros, missing, some_missing], ids=lambda fill: fill.__name__)
def test_numbers_that_are_none_are_said_to_be(fill):
    drawn = terminal(case("a b c", fill), colour=False, width=60)
    assert max(map(cell_len, drawn.split("\n"))) <= 60
    assert "nan" not in drawn.lower()


def test_a_case_says_each_of_its_explanations():
    drawn = terminal(case("a b c"), colour=False, width=60)
    assert all(f"\n{found.method}\n" in drawn for found in every_kind("a b c"))
