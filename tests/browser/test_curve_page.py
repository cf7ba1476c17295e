"""A curve in the browser: its points by pointer and by keys, and its numbers as a table."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.core.explanation import Explanation
from tests.browser.accessible import violations
from tests.view.make import MADE, TEXTS
from tests.view.test_curve import circuit_curve, curve_why

ODD = {
    "all zero": [0.0, 0.0, 0.0],
    "no number": [np.nan] * 3,
    "a gap": [1.0, np.nan, 2.0, 3.0],
    "one": [7.0],
    "below zero": [-1.0, -2.0],
    "infinity": [np.inf, 1.0, -np.inf],
}


def focused(page) -> str:
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("name", ODD)
def test_any_numbers_are_points(opened, name, scheme):
    page = opened(curve_why(ODD[name]))
    assert page.locator("[data-point]").count() == np.sum(~np.isnan(ODD[name]))
    page.locator("summary", has_text="As a table").click()
    assert page.locator(".live details tbody tr").count() == len(ODD[name])
    assert not violations(page)


def test_a_gap_parts_the_line(opened):
    page = opened(curve_why([1.0, 2.0, np.nan, 3.0, 4.0]))
    assert page.locator(".series .stroke").get_attribute("d").count("M") == 2


def test_arrows_walk_along_a_line_and_from_line_to_line(opened):
    page = opened(curve_why([[0.1, 0.9], [0.3, 0.7], [0.6, 0.5]], level=[0, 1, 2], dims=("level", "variant")))
    page.locator("[data-point][tabindex='0']").focus()
    assert focused(page) == "level 0: variant 0 0.100"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "level 1: variant 0 0.300"
    assert page.locator(".tip").inner_text().split("\n") == ["level 1", "variant 0 0.300", "variant 1 0.700"]
    page.keyboard.press("ArrowDown")
    assert focused(page) == "level 1: variant 1 0.700"
    page.keyboard.press("End")
    assert focused(page) == "level 2: variant 1 0.500"
    assert page.locator("[data-point][tabindex='0']").count() == 1


def test_pointing_tells_the_nearest_point(opened):
    page = opened(curve_why([0.1, 0.5, 0.9], level=[0, 5, 10]))
    box = page.locator(".line-chart svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + 20)
    assert page.locator(".tip").inner_text() == "level 5\neffect 0.500"
    page.locator("h1").hover()
    assert page.locator(".tip").is_hidden()


def test_lines_are_told_apart_without_colour_and_named_where_they_end(opened):
    values = np.array([[0.1, 0.9, 0.5], [0.5, 0.5, 0.5], [0.5, 0.501, 0.502]])
    made = curve_why(values, dims=("level", "variant"))
    names = ["insertion", "deletion", "random order"]
    named = made.data.assign_coords(variant_text=("variant", names))
    page = opened(Explanation(named, made.text, made.target, MADE))
    dashes = page.locator(".series > .stroke").evaluate_all(
        "e => e.map(p => getComputedStyle(p).strokeDasharray)"
    )
    assert len(set(dashes)) == 3
    shown = page.locator("text.name")
    assert sorted(name.text_content() for name in shown.all()) == sorted(names)
    tops = sorted(name.bounding_box()["y"] for name in shown.all())
    assert min(np.diff(tops)) >= 12  # names of lines that end together do not cover each other


@pytest.mark.parametrize("name", TEXTS)
def test_lines_may_have_any_name(opened, name):
    made = curve_why([[0.1, 0.9], [0.5, 0.5]], dims=("level", "variant"))
    named = made.data.assign_coords(variant_text=("variant", [TEXTS[name], "x"]))
    page = opened(Explanation(named, made.text, made.target, MADE))
    assert page.locator("text.name").count() == 2
    assert not violations(page)


def test_a_circuit_curve_has_its_interval_its_reference_and_both_scales(opened):
    found = circuit_curve([[0, 0, 500, 800], [0, 0, 900, 1200]], [800, 1200], [0, 0], (0, 3, 40, 3000))
    page = opened(found)
    assert page.locator("path.band").count() == 1
    assert page.locator(".reference-name").text_content() == "the whole effect"
    at = "e => e.map(p => Number(p.getAttribute('cx')))"
    log = page.locator("[data-point]").evaluate_all(at)
    page.get_by_role("button", name="even").click()
    even = page.locator("[data-point]").evaluate_all(at)
    assert log[1] > even[1] + 20
    assert log == sorted(log)
    assert page.locator("[data-point]").nth(2).get_attribute("aria-label") == (
        "edges kept 40: faithfulness 0.700 (0.625 to 0.750)"
    )
    assert not violations(page)


def test_a_narrow_page_has_room_for_it(opened):
    page = opened(curve_why([0.1, 0.5, 0.9]))
    page.set_viewport_size({"width": 360, "height": 700})
    page.wait_for_function("() => document.querySelector('.line-chart svg').clientWidth < 360")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
