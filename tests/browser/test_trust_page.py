"""How far to trust an explanation, in the browser: no number without what chance has, nothing by colour alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pellucid.core.score import Control
from pellucid.core.verdict import Trial, Verdict, state_of
from pellucid.view.parts.scores import sentence
from tests.browser.accessible import violations
from tests.view.make import MADE, TEXTS, no_score, score, why

LOW = Control("random ranking", tuple(i / 198 for i in range(99)))
HIGH = Control("position-matched", tuple(0.4 + i / 330 for i in range(99)))
SCORES = [
    score(value=0.95, controls=(LOW, HIGH), interval=(0.9, 0.99)),
    score("sufficiency", 0.2, "lower", controls=(LOW, HIGH)),
    score("aopc", 0.55, controls=(LOW, HIGH)),
    score("infidelity", 123.4, "lower", controls=(Control("random ranking", (100.0, 130.0, 150.0)),),
          bounds=(0.0, math.inf)),
    score("gini", 0.8, controls=(), bounds=(0.0, 1.0)),
    no_score(),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
def test_every_score_has_its_judgement_in_words(opened):
    page = opened([why(TEXTS["plain"]), *SCORES])
    said = [text.split("\n")[0:2] for text in page.locator(".live .gauge .state").all_inner_texts()]
    assert said == [
        ["✓", "beats chance"], ["~", "beats position-matched only"], ["~", "beats random rankings only"],
        ["✗", "not clearly better than chance"], ["–", "not compared with chance"],
        ["–", "does not apply: there is no rationale to compare with"],
    ]  # fmt: skip
    assert page.locator(".live .gauge").first.inner_text().count("p\u00a0=\u00a00.01") == 2
    assert not violations(page)


def test_a_strip_says_what_it_shows_to_those_who_do_not_see_it(opened):
    page = opened([why(TEXTS["plain"]), *SCORES])
    labels = [strip.get_attribute("aria-label") for strip in page.locator(".live .strip svg").all()]
    assert labels == [sentence(s, why(TEXTS["plain"]).target) for s in SCORES if s.applies]
    page.locator(".live .trust-words summary").click()
    assert page.locator(".live .trust-words p").all_inner_texts()[-1] == sentence(no_score())


def test_a_strip_puts_numbers_where_they_are_on_its_scale(opened):
    page = opened(SCORES[:1])
    at = page.evaluate(
        """() => {
            const box = (css) => document.querySelector('.live .strip ' + css).getBoundingClientRect();
            const [scale, dot, band] = [box('.scale'), box('.value'), box('.band rect')];
            const share = (x) => (x - scale.left) / scale.width; // from 0 to 1: none of its numbers is below 0
            return [share(dot.left + dot.width / 2), share(band.left), share(band.right)];
        }"""
    )
    low, high = LOW.interval()
    assert at == pytest.approx([0.95, low, high], abs=0.02)


def test_the_two_kinds_of_chance_are_told_apart_without_colour(opened):
    page = opened(SCORES[:1])
    assert page.locator(".live .strip .band.filled").count() == 1
    assert page.locator(".live .strip .band.hatched path").count() == 1
    key = page.locator(".live .trust-key").inner_text()
    assert "95% of random rankings" in key
    assert "95% of position-matched rankings" in key


@pytest.mark.parametrize("word", ["use", "use with care", "do not use", "cannot tell"])
def test_a_verdict_is_its_word_its_sentence_and_its_tests(opened, word):
    judged = [replace(s, provenance=MADE) for s in SCORES[:2]]
    trials = tuple(Trial(s, by, state_of(s)) for by in ("mask", "attention") for s in judged)
    page = opened(Verdict(word, "What it comes to <b>.", 0.01, 0.02, trials, MADE))
    assert page.locator(".live .chip").inner_text().split("\n")[-1].endswith(word)
    assert page.locator(".live .trust-whole p").inner_text() == "What it comes to <b>."
    assert page.locator(".live .trust-group h3").all_inner_texts() == [
        "removed by mask",
        "removed by attention",
    ]
    assert page.locator(".live .gauge").count() == 4
    assert not violations(page)


def test_on_a_narrow_page_nothing_is_cut(page, opened):
    page.set_viewport_size({"width": 380, "height": 800})
    opened([why(TEXTS["plain"]), *SCORES])
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
