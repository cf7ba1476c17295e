"""Figures in any place: narrow, wide, touched, and where the host takes colours away; pins go at Escape everywhere."""

from __future__ import annotations

import pytest

from pellucid.view.html import html
from tests.browser.kinds import case
from tests.view.make import TEXTS

BEYOND = """() => [...document.querySelectorAll('.live *')].filter((element) => {
    const inside = element.closest('.scroll, .window, .flow-scroll, .head-grid, .virtual, .stretches, bdi, svg *');
    return !inside && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
}).map((element) => element.outerHTML.slice(0, 90))"""


@pytest.fixture
def placed(browser, tmp_path):
    """A case with every kind of figure, in a browser of the given properties."""
    contexts = []

    def open_(text: str, **properties):
        file = tmp_path / "page.html"
        file.write_text(html(case(TEXTS[text])), encoding="utf-8")
        contexts.append(browser.new_context(offline=True, **properties))
        page = contexts[-1].new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-live=yes]", state="attached")
        page.wait_for_selector(".head-grid[data-painted=yes]")
        return page

    yield open_
    for context in contexts:
        context.close()


def view(width: int) -> dict[str, dict[str, int]]:
    return {"viewport": {"width": width, "height": 900}}


@pytest.mark.parametrize("text", ["plain", "arabic", "long word"])
@pytest.mark.parametrize("width", [340, 820])
def test_nothing_stands_beyond_the_edge_of_the_page(placed, text, width):
    page = placed(text, **view(width))
    assert page.evaluate(BEYOND) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_figures_fit_the_place_that_they_are_in_however_wide_the_screen_is(placed):
    page = placed("plain", **view(1900))
    columns = "() => getComputedStyle(document.querySelector('.gauge')).gridTemplateColumns.split(' ').length"
    graph = "() => document.querySelector('.live svg.flow').clientWidth"
    wide = page.evaluate(columns), page.evaluate(graph)
    page.add_style_tag(content="main.pellucid { max-width: 420px !important }")
    page.wait_for_timeout(100)
    assert (page.evaluate(columns), wide[0]) == (2, 4)
    assert page.evaluate(graph) < wide[1]
    overhang = (
        "() => [...document.querySelectorAll('section')].every((s) => s.scrollWidth <= s.clientWidth + 1)"
    )
    assert page.evaluate(overhang)


def test_where_colours_are_forced_strength_is_still_seen(placed):
    page = placed("plain", **view(1100), forced_colors="active")
    look = "(css) => getComputedStyle(document.querySelector('.live ' + css)).backgroundColor"
    none = {
        page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor"),
        "rgba(0, 0, 0, 0)",
    }
    steps = [page.evaluate(look, f".ramp .{css}") for css in ("n9", "n5", "p2", "p9")]
    assert len({*steps, *none}) == len(steps) + len(none)
    assert page.evaluate(look, ".bar.p") not in none
    pressed, other = page.locator(".heads-live .choice button").all()[:2]
    ground = "(button) => getComputedStyle(button).backgroundColor"
    assert pressed.evaluate(ground) != other.evaluate(ground)
    drawn = """() => { const c = document.querySelector('.head-grid canvas');
        return new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size; }"""
    assert page.evaluate(drawn) > 2


def test_a_pin_is_let_go_of_wherever_the_keys_are(placed):
    page = placed("plain", **view(1100))
    pressed = page.locator(".live [data-mark][aria-pressed=true]")
    page.locator(".live .matrix td[data-at='0 3']").first.click()
    assert pressed.count() == 2  # the same word, in two texts
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    assert page.locator(".live .t.lit").count() > 1
    page.keyboard.press("Escape")
    assert pressed.count() == page.locator(".live .t.lit").count() == 0


def test_what_is_pinned_stays_marked_while_another_is_pointed_at(placed):
    page = placed("plain", **view(1100))
    text = page.locator(".live .text").first
    text.locator("[data-mark='1']").click()
    text.locator("[data-mark='4']").hover()
    assert text.locator("[aria-pressed=true]").get_attribute("data-mark") == "1"
    assert text.locator(".lit").get_attribute("data-mark") == "4"


def test_a_cell_is_called_what_its_tooltip_says(placed):
    page = placed("plain", **view(1100))
    cell = page.locator(".live .matrix td[data-at='1 2']").first
    cell.hover()
    assert cell.get_attribute("aria-label") == page.locator(".tip:visible").text_content()


def test_a_touch_pins_and_another_lets_go(placed):
    page = placed("plain", **view(400), has_touch=True)
    token = page.locator(".live .text").first.locator("[data-mark='2']")
    token.tap()
    assert token.get_attribute("aria-pressed") == "true"
    assert page.locator(".tip:visible").inner_text() == token.get_attribute("aria-label")
    token.tap()
    assert token.get_attribute("aria-pressed") == "false"
    assert "lit" not in token.get_attribute("class").split()


def test_a_token_from_right_to_left_turns_no_number_round(placed):
    page = placed("arabic", **view(1100))
    label = page.locator(".live [data-mark='1']").first.get_attribute("aria-label")
    assert label.startswith("\u2068")
    assert "\u2069, " in label
    plain = placed("plain", **view(1100)).locator(".live [data-mark='1']").first.get_attribute("aria-label")
    assert plain.startswith("Eiffel, ")


def test_captions_are_below_the_chapters_that_they_are_in(placed):
    page = placed("plain", **view(1100))
    assert {h.get_attribute("aria-level") for h in page.locator(".live h2").all()} == {"3"}
    assert page.locator("h2.chapter[aria-level]").count() == 0
