"""Steps of reasoning in the browser: walked, pinned, and tied by arcs."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.core.figure import Figure
from pellucid.view.parts.strand import strand_of
from tests.browser.accessible import violations
from tests.view.make import TEXTS
from tests.view.test_strand import examples_why, strand_part, strand_why

LINKS = ((0, 1, 0.5), (0, 2, -0.9), (1, 2, 0.25))


def linked(links=LINKS) -> Figure:
    part = strand_part(strand_why())
    return Figure(
        "Which steps carry the answer?", (strand_of(part.steps, links, signed=True, units="logit"),)
    )


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("name", TEXTS)
def test_any_words_are_steps(opened, name, scheme):
    page = opened(strand_why(words=(TEXTS[name], "x", ""), values=(np.nan, 0.0, 0.0)))
    assert page.locator(".step").count() == 3
    assert page.locator(".step .number").all_inner_texts() == ["no number", "0", "0"]
    assert not violations(page)


def test_numbers_are_bars_from_the_middle_where_some_count_against(opened):
    page = opened(strand_why())
    bars = page.locator(".step .bar")
    middle = page.locator(".step .track").first.evaluate(
        "e => e.getBoundingClientRect().left + e.clientWidth / 2"
    )
    assert bars.nth(0).bounding_box()["x"] == pytest.approx(middle, abs=1)
    against = bars.nth(1).bounding_box()
    assert against["x"] + against["width"] == pytest.approx(middle, abs=1)
    assert against["width"] == pytest.approx(bars.nth(0).bounding_box()["width"] / 2, abs=1)
    assert "n" in bars.nth(1).get_attribute("class").split()


def test_badges_stand_beside_their_steps(opened):
    page = opened(strand_why())
    assert page.locator(".step .badge").all_inner_texts() == ["load-bearing", "decorative"]


def test_every_link_is_an_arc_and_those_against_are_dashed(opened):
    page = opened(linked())
    assert page.locator(".arcs path").count() == 3
    dashed = page.locator(".arcs path.n").evaluate_all("e => e.map(p => getComputedStyle(p).strokeDasharray)")
    assert len(dashed) == 1
    assert dashed[0] != "none"
    assert not violations(page)


def test_arrows_walk_and_a_step_shows_its_own_arcs_alone(opened):
    page = opened(linked())
    page.locator(".step[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".arcs path").count() == 2
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label == "Step 2: Then.; -0.250; from step 1 +0.500; to step 3 +0.250"
    page.keyboard.press("Enter")
    page.locator("h1").hover()
    page.evaluate("document.activeElement.blur()")
    assert page.locator(".arcs path").count() == 2
    page.locator(".step[aria-current]").focus()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    assert page.locator(".arcs path").count() == 3


def test_of_many_links_the_strongest_are_drawn_and_it_says_so(opened):
    page = opened(linked(tuple((0, 1, float(i)) for i in range(1, 60))))
    assert page.locator(".arcs path").count() == 24
    assert "24 strongest of 59 links" in page.locator(".live .legend").inner_text()


def test_arcs_stand_where_their_steps_do(opened):
    page = opened(linked(((0, 2, 1.0),)))
    d = page.locator(".arcs path").get_attribute("d")
    top = page.locator(".arcs").bounding_box()["y"]
    from_y = float(d.split("C")[0].split(",")[1])
    to_y = float(d.split(",")[-1])
    for step, y in ((0, from_y), (2, to_y)):
        bead = page.locator(".step .bead").nth(step).bounding_box()
        assert top + y == pytest.approx(bead["y"] + bead["height"] / 2, abs=4)


def test_examples_of_a_data_set_are_a_table(opened):
    page = opened(examples_why())
    assert page.locator(".plain-table tbody tr").count() >= 3
    assert not violations(page)
