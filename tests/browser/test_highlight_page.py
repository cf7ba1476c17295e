"""A highlighted text in the browser: any text, by pointer and by keys."""

from __future__ import annotations

import pytest

from pellucid.view.tokens import lines
from tests.browser.accessible import violations
from tests.view.make import TEXTS, bytes_as_tokens, why


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_is_shown_whole(opened, name):
    page = opened(why(TEXTS[name]))
    [highlight] = why(TEXTS[name]).figure().parts[:1]
    shown = "".join(f.shown for line in lines(highlight) for f in line)
    assert "".join(page.locator(".live .text").inner_text().split()) == "".join(shown.split())
    assert not violations(page)


@pytest.mark.parametrize("name", ["emoji family", "arabic", "chinese"])
def test_bytes_of_one_character_keep_their_scores(opened, name):
    page = opened(why(TEXTS[name], bytes_as_tokens(TEXTS[name])))
    assert page.locator(".live [data-mark]").count() == len(bytes_as_tokens(TEXTS[name]))


def test_arrows_walk_and_enter_pins(opened):
    page = opened(why(TEXTS["plain"]))
    page.locator(".live [data-mark='0']").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.mark") == "2"
    page.keyboard.press("Enter")
    assert page.locator(".live [data-mark='2']").get_attribute("aria-pressed") == "true"
    page.locator("h1").hover()
    assert page.locator(".live .lit[data-mark='2']").count() == 1
    page.locator(".live [data-mark='2']").focus()
    page.keyboard.press("Escape")
    page.locator("summary").first.focus()
    assert page.locator(".live .text .lit").count() == 0
