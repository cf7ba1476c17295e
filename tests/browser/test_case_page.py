"""A case file in the browser: several explanations of one prediction under one cursor."""

from __future__ import annotations

import pytest

from tests.browser.accessible import violations
from tests.browser.kinds import case
from tests.view.make import TEXTS

both = pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
TEXT = TEXTS["plain"]


@both
def test_what_is_pointed_at_in_one_lights_up_in_all(opened):
    page = opened(case(TEXT))
    texts = page.locator(".highlight .live .text")
    assert texts.count() == 2
    texts.first.locator("[data-mark='2']").hover()
    for text in texts.all():
        assert text.locator(".lit").all_inner_texts() == ["Tower"]
    matrix = page.locator(".heatmap .live .matrix th.lit")
    assert set(matrix.all_inner_texts()) == {"Tower"}
    page.mouse.move(2, 2)
    assert page.locator(".live .text .lit").count() == 0


def test_a_column_of_a_matrix_lights_its_part_of_the_text(opened):
    page = opened(case(TEXT))
    page.locator(".heatmap .live td[data-at='1 4']").last.hover()
    assert page.locator(".highlight .live .text .lit").all_inner_texts() == ["located"] * 2


def test_a_pin_stays_from_one_figure_to_the_next(opened):
    page = opened(case(TEXT))
    first, second = page.locator(".highlight .live .text").all()
    first.locator("[data-mark='1']").focus()
    page.keyboard.press("Enter")
    page.locator(".contents a").last.focus()
    assert second.locator(".lit").all_inner_texts() == ["Eiffel"]
    assert second.locator(".lit").get_attribute("aria-pressed") == "true"


def test_the_contents_lead_to_every_explanation(opened):
    page = opened(case(TEXT))
    links = page.locator(".contents a")
    headings = page.locator("h2.chapter:visible").all_inner_texts()
    assert links.all_inner_texts() == headings
    links.nth(headings.index("graph")).click()
    box = page.locator("section.heading:target").bounding_box()
    assert 0 <= box["y"] < 900
    assert page.locator("section.heading:target h2:visible").inner_text() == "graph"


@both
def test_it_is_accessible_with_something_pinned(opened):
    page = opened(case(TEXT))
    page.locator(".highlight .live [data-mark='1']").first.click()
    page.locator(".live details summary").first.click()
    assert not violations(page)
