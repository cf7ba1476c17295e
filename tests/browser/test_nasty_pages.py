"""Every kind of figure, of every nasty text and of numbers that are none: live, still, and on paper."""

from __future__ import annotations

import pytest

from pellucid.core.figure import Figure, Highlight, Mark
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.tokens import lines
from tests.browser.accessible import violations
from tests.browser.kinds import case, every_kind, missing, some_missing, spread, zeros
from tests.view.make import TEXTS, why

both = pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
FILLS = [spread, zeros, missing, some_missing]


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_in_every_kind_of_figure(opened, name):
    page = opened(case(TEXTS[name]))
    for highlight in page.locator(".highlight .live .text").all():
        assert bare(highlight.inner_text()) == bare(shown(TEXTS[name]))
    assert_every_part_is_drawn(page)
    assert not violations(page)


@both
@pytest.mark.parametrize("fill", FILLS, ids=lambda fill: fill.__name__)
def test_any_numbers_in_every_kind_of_figure(opened, fill):
    page = opened(case(TEXTS["plain"], fill))
    assert_every_part_is_drawn(page)
    assert not violations(page)
    words = page.locator("main").inner_text()
    assert "NaN" not in words
    assert "undefined" not in words


@pytest.mark.parametrize(
    "figure",
    [
        Figure("", (Highlight("", (), True, ""),)),
        Figure("nothing is marked", (Highlight("a b", (), True, ""),)),
        Figure("no number", (Highlight("a", (Mark(0, 1, float("nan")),), True, ""),)),
    ],
    ids=["empty", "unmarked", "unknown"],
)
def test_texts_with_hardly_anything(opened, figure):
    page = opened(figure)
    assert page.locator(".live .text").count() == 1
    assert not violations(page)


@pytest.mark.parametrize("name", ["plain", "arabic", "script", "blanks"])
def test_without_script_the_page_says_the_same(browser, watch, tmp_path, name):
    """The text, every number of it, and every other part are there; nothing is hidden, and nothing is asked for."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    watch.over(page)
    file = tmp_path / "page.html"
    file.write_text(html(case(TEXTS[name])), encoding="utf-8")
    page.goto(file.as_uri())
    parts = draw(case(TEXTS[name])).parts
    assert page.locator(".static").count() == page.locator(".static:visible").count() == len(parts)
    assert page.locator(".live").count() == 0
    first = page.locator(".static .text").first
    assert bare(first.inner_text()) == bare(shown(TEXTS[name]))
    labels = first.locator("[aria-label]").evaluate_all(
        "found => found.map(e => e.getAttribute('aria-label'))"
    )
    assert len(labels) == len(why(TEXTS[name]).text.features)
    page.locator("nav a").last.click()
    assert page.url.startswith(file.as_uri() + "#part-")
    context.close()
    assert [url for url in watch.requests if not url.startswith(file.as_uri())] == []


def test_on_paper_the_static_form_is_seen(opened):
    page = opened(case(TEXTS["plain"]))
    page.emulate_media(media="print")
    assert page.locator(".static:visible").count() == page.locator(".static").count()
    assert page.locator(".live:visible").count() == 0
    page.emulate_media(media="screen")
    assert page.locator(".is-live > .static:visible").count() == 0


def test_every_kind_of_part_is_among_them():
    """So that a new kind of part has to be given a nasty text too."""
    from pellucid.core import figure

    there = {type(part) for found in every_kind("a b") for part in found.figure().parts}
    there |= {type(part) for part in draw(case("a b")).parts}
    kinds = {figure.Highlight, figure.Heatmap, figure.Table, figure.Prose, figure.Heading, figure.Record, figure.Heads,
             figure.Lens, figure.Flow, figure.Curve, figure.Strand, figure.Trust}  # fmt: skip
    assert kinds == there


def assert_every_part_is_drawn(page) -> None:
    sections = page.locator("section[data-part]").all()
    assert len(sections) > 10
    for section in sections:
        box = section.bounding_box()
        assert box["height"] > 5, section.get_attribute("class")
        assert box["width"] <= 1100


def shown(text: str) -> str:
    [highlight] = why(text).figure().parts[:1]
    return "".join(f.shown for line in lines(highlight) for f in line)


def bare(words: str) -> str:
    return "".join(words.split())
