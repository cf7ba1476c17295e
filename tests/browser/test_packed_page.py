"""What reaches the browser packed says there what it said in Python."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.core.figure import Figure, Heatmap
from pellucid.view.in_browser.arrays import LARGE
from tests.browser.accessible import violations
from tests.view.test_lens import changed, lens_why

MATRIX = ".live canvas[role=application]"


def test_every_number_of_a_matrix_is_at_its_place(opened):
    values = np.random.default_rng(0).normal(size=(160, 150)) * np.logspace(-4, 3, 150)
    values[2, 0] = np.nan
    assert values.size > LARGE
    names = [tuple(f"{side}{i}" for i in range(n)) for side, n in (("r", 160), ("c", 150))]
    page = opened(
        Figure("Large", (Heatmap(tuple(map(tuple, values.tolist())), *names, "from", "to", True, ""),))
    )
    page.wait_for_selector(MATRIX)
    assert page.locator(".static .matrix").is_hidden()
    page.locator(MATRIX).focus()
    at = [0, 0]
    for key, step in [
        ("ArrowRight", (0, 1)),
        ("ArrowDown", (1, 0)),
        ("End", (0, 148)),
        ("Home", (0, -149)),
        ("PageDown", (10, 0)),
    ]:
        page.keyboard.press(key)
        at = [a + b for a, b in zip(at, step, strict=True)]
        words, number = page.locator(".live .readout").inner_text().split(": ")
        assert words == f"r{at[0]} × c{at[1]}"
        value = values[tuple(at)]
        assert float(number) == pytest.approx(value, rel=0.006)  # as three digits say it
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowDown")
    assert page.locator(".live .readout").inner_text() == "r2 × c0: no number"
    assert not violations(page)


def test_a_long_lens_says_its_words_probabilities_and_ranks(opened):
    made = lens_why("abcde " * 250, candidates=5)
    ranks = np.random.default_rng(1).integers(0, 128_000, (3, 1500)).astype(float)
    ranks[1, 7] = np.nan
    made = changed(made, rank=(("layer", "position"), ranks))
    assert made.data["candidate_probability"].size > LARGE
    page = opened(made)
    page.locator(".lens-grid [tabindex='0']").focus()
    page.keyboard.press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    there = made.data.isel(layer=1, position=7)
    here = page.locator(".lens-here tbody")
    said = here.first.locator("th bdi").all_inner_texts()
    assert said == [str(word).strip() for word in there["candidate_token"].values]
    shown = [float(n) for n in here.first.locator(".number").all_inner_texts()]
    np.testing.assert_allclose(shown, there["candidate_probability"], rtol=0.006)
    assert here.nth(1).locator(".rank").first.inner_text() == "?"
    page.keyboard.press("ArrowRight")
    assert here.nth(1).locator(".rank").first.inner_text() == f"{int(ranks[1, 8]) + 1:,}"
