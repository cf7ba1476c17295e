"""Heads in the browser: the grid, one head by pointer and by keys, the cursor, and large attention in little room."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import xarray as xr

from pellucid.core.explanation import Explanation, label
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.view.html import html
from tests.browser.accessible import violations
from tests.view.make import MADE, TEXTS, bytes_as_tokens, why
from tests.view.test_heads import attention, looking

WORDS = ["The", "cat", "saw", "the", "dog", "today"]
MATRIX = ".live canvas[role=application]"
SAID = "today → saw: 0.953 ± 0.004"  # 121 of 127 steps, for 0.95
GRID = ".live .head-grid[data-painted=yes]"


def some() -> Explanation:
    values = attention(2, 3, 6)
    values[1, 2, :4] = np.eye(4, 6) * 0.8 + [0.2, 0, 0, 0, 0, 0]
    values[1, 2, 5] = [0.05, 0, 0.95, 0, 0, 0]
    values[1, 2, 4] = [0.2, 0.7, 0, 0, 0.1, 0]
    return looking(values, WORDS)


def grid_of(page: Any) -> Any:
    page.wait_for_selector(GRID)
    page.wait_for_selector(MATRIX)
    return page


def pixels(page: Any, selector: str) -> list[int]:
    """The colours of a canvas, each as one number."""
    return page.locator(selector).evaluate(
        """canvas => {
            const pen = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
            pen.drawImage(canvas, 0, 0);
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            return [...Array(data.length / 4).keys()].map((i) =>
                (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2]);
        }"""
    )


def test_thumbnails_have_the_colours_of_their_numbers(opened):
    page = grid_of(opened(some()))
    colours = page.evaluate(
        """() => [...document.querySelectorAll(".live .ramp i")].map((step) => {
            const own = getComputedStyle(step.className === "z" ? step.closest(".pellucid") : step);
            const [red, green, blue] = own.backgroundColor.match(/\\d+/g).map(Number);
            return (red << 16) | (green << 8) | blue; })"""
    )
    values = some().primary.values[1, 2].reshape(-1)
    steps = [math.floor(np.rint(value * 15) / 15 * 9 + 0.5) for value in values]
    assert pixels(page, ".live canvas[data-of='1 2']") == [colours[step] for step in steps]
    assert len(set(steps)) > 4


def test_the_grid_is_one_stop_arrows_walk_and_enter_opens(opened):
    page = grid_of(opened(some()))
    assert page.locator(".live .head-grid [tabindex='0']").count() == 1
    page.locator(".live [data-head='0 0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.head") == "1 2"
    assert page.locator(".live .head-grid [tabindex='0']").count() == 1
    said = page.evaluate("document.activeElement.ariaLabel")
    assert said.startswith("1.h2, strongest: today → saw 0.950")
    assert page.locator(".tip").inner_text().split("\n") == said.split(", ")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_selector("h3:has-text('1.h0')")
    assert page.locator(".live [aria-selected=true]").get_attribute("data-head") == "1 0"


def test_the_mean_over_heads_is_one_more_head(opened):
    page = grid_of(opened(some()))
    page.locator(".live [data-head='1 -1']").click()
    page.wait_for_selector("h3:has-text('layer 1, mean of 3 heads')")
    page.locator(MATRIX).focus()
    for key in ["End", *["ArrowDown"] * 5, "ArrowLeft", "ArrowLeft", "ArrowLeft"]:
        page.keyboard.press(key)
    said = page.locator(".live .readout").inner_text()
    assert said.startswith("today → saw: ")
    mean = some().primary.values[1].mean(0)[5, 2]
    assert float(said.split(": ")[1].split(" ")[0]) == pytest.approx(mean, abs=0.006)


def test_arrows_walk_the_matrix_and_what_it_says_is_read_out(opened):
    page = grid_of(opened(some()))
    page.locator(".live [data-head='1 2']").click()
    page.wait_for_selector("h3:has-text('1.h2')")
    page.locator(MATRIX).focus()
    for key in [*["ArrowDown"] * 5, "ArrowRight", "ArrowRight"]:
        page.keyboard.press(key)
    said = page.locator(".live .readout").inner_text()
    assert said == page.locator(".tip").inner_text() == SAID
    page.keyboard.press("Enter")
    assert page.locator(".live [data-token='5']").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert page.locator(".live [data-token='5']").get_attribute("aria-pressed") == "false"


def test_pointing_at_a_token_shows_its_looks_and_lights_every_figure(opened):
    page = grid_of(opened([some(), why(" ".join(WORDS))]))
    page.locator(".live [data-head='1 2']").click()
    page.wait_for_selector("h3:has-text('1.h2')")
    page.locator(".live [data-token='4']").hover()
    rows = page.locator(".token-looks .bars tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == ["cat", "The", "dog"]
    assert "p6" in (page.locator(".live [data-token='1']").get_attribute("class") or "")
    assert page.locator(".live .lit[data-mark]").all_inner_texts() == ["dog"]
    page.get_by_role("button", name="is looked at by").click()
    page.locator(".live [data-token='2']").hover()
    assert page.locator(".token-looks .bars tr").first.inner_text().startswith("today")


def test_a_token_of_another_figure_chooses_whose_looks_are_shown(opened):
    page = grid_of(opened([some(), why(" ".join(WORDS))]))
    page.locator(".live [data-mark='4']").hover()
    assert page.locator(".live .chosen").get_attribute("data-token") == "4"
    assert "dog" in page.locator(".token-looks caption").inner_text()
    before = pixels(page, MATRIX)
    page.locator(".live [data-mark='1']").hover()
    page.wait_for_timeout(50)
    assert pixels(page, MATRIX) != before


def test_a_pinned_token_stays_and_others_say_what_it_looks_at(opened):
    page = grid_of(opened(some()))
    page.locator(".live [data-head='1 2']").click()
    page.wait_for_selector("h3:has-text('1.h2')")
    page.locator(".live [data-token='5']").click()
    page.locator(".live [data-token='2']").hover()
    assert page.locator(".live .chosen").get_attribute("data-token") == "5"
    assert page.locator(".tip").inner_text() == SAID


def test_each_its_own_scale_shows_what_one_scale_hides(opened):
    values = attention(2, 1, 6)[:, 0]
    values[0] *= 1e-3
    page = grid_of(opened(looking(values, WORDS)))
    assert len(set(pixels(page, ".live canvas[data-of='0 0']"))) == 1
    page.get_by_role("button", name="each its own").click()
    page.wait_for_timeout(50)
    assert len(set(pixels(page, ".live canvas[data-of='0 0']"))) > 1


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
def test_axe_finds_nothing(opened):
    page = grid_of(opened(some()))
    assert not violations(page)
    page.locator(".live [data-token='3']").click()
    assert not violations(page)


def test_a_change_of_theme_draws_the_canvases_again(opened):
    page = grid_of(opened(some()))
    before = pixels(page, ".live canvas[data-of='1 2']")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(100)
    assert pixels(page, ".live canvas[data-of='1 2']") != before


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_has_its_tokens(opened, name):
    features = bytes_as_tokens(TEXTS[name])[:40]
    text = Text(TEXTS[name]).with_features("token", features)
    tokens = [text.slice(f) for f in features]
    data = xr.Dataset(
        {"attention": (("layer", "query", "key"), attention(1, 1, len(tokens))[0])},
        attrs={"primary": "attention", "signed": False, "units": ""},
    )
    target = Target("yes", scale="logit", ids=(1,))
    made = Explanation(
        label(data, text, target, lambda: tokens, lambda: range(len(tokens))), text, target, MADE
    )
    page = grid_of(opened(made))
    assert page.locator(".live [data-token]").count() == len(tokens)
    assert not violations(page)


def test_what_is_no_number_has_its_own_colour_and_says_so(opened):
    values = attention(1, 2, 6)
    values[0, 1, 3, 1] = np.nan
    page = grid_of(opened(looking(values, WORDS)))
    page.locator(".live [data-head='0 1']").click()
    page.wait_for_selector("h3:has-text('0.h1')")
    page.locator(MATRIX).focus()
    for key in ["ArrowDown"] * 3 + ["ArrowRight"]:
        page.keyboard.press(key)
    assert page.locator(".live .readout").inner_text() == "the → cat: no number"
    assert page.locator(".live .legend").first.inner_text().endswith("no number")


def test_a_large_matrix_is_a_canvas_with_the_same_words(opened):
    made = why(" ".join(f"w{i}" for i in range(90)), outputs=tuple(f" o{i}" for i in range(40)), signed=True)
    page = opened(made)
    page.wait_for_selector(MATRIX)
    assert page.locator(".live .matrix").count() == 0
    page.locator(MATRIX).focus()
    for key in ["PageDown", "ArrowDown", "ArrowRight", "ArrowRight"]:
        page.keyboard.press(key)
    value = float(made.primary.values[2, 11])
    words, number = page.locator(".live .readout").inner_text().split(": ")
    assert words == "w11 × o2"
    assert float(number) == pytest.approx(value, rel=1e-2)
    assert "lit" in (page.locator(".live [data-mark='11']").get_attribute("class") or "")
    page.get_by_role("button", name="near").click()
    page.locator(MATRIX).focus()
    for _ in range(8):
        page.keyboard.press("PageDown")
    assert page.locator(".live .readout").inner_text().startswith("w89 × o2")
    assert page.locator(".live .canvas-matrix .window").evaluate("w => w.scrollTop") > 0
    assert not violations(page)


def large(kind: str) -> Explanation:
    """512 tokens, 12 layers of 12 heads: a sink, a diagonal, columns that all look at; or hardly any shape at all."""
    rng = np.random.default_rng(0)
    tokens, off = 512, np.subtract.outer(np.arange(512), np.arange(512))
    values = np.empty((12, 12, tokens, tokens), np.float32)
    for at in np.ndindex(12, 12):
        scores = rng.normal(0, 0.1 if kind == "noise" else 1, (tokens, tokens)).astype(np.float32)
        if kind != "noise":
            scores[:, 0] += rng.uniform(2, 9)
            scores[off == rng.integers(0, 4)] += rng.uniform(0, 7)
            scores[:, rng.integers(0, tokens, 12)] += rng.uniform(0, 4, 12).astype(np.float32)
        if kind == "causal":
            scores[off < 0] = -np.inf
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        values[at] = weights / weights.sum(-1, keepdims=True)
    return looking(values, [f"w{i}" for i in range(tokens)])


SLOW = 6000  # milliseconds: 2 s are asked for, and a busy machine is given three times that
TIMED = """
addEventListener("DOMContentLoaded", () => {
  const look = () => document.querySelector(".head-grid[data-painted=yes]")
    ? requestAnimationFrame(() => setTimeout(() => (document.documentElement.dataset.paintedAt = performance.now())))
    : requestAnimationFrame(look);
  look();
});
"""


@pytest.mark.parametrize("kind", ["causal", "both ways", "noise"])
def test_512_tokens_of_144_heads_open_in_little_room_and_time(page, tmp_path, kind):
    written = html(large(kind))
    assert len(written.encode()) < 1.5e6
    file = tmp_path / "page.html"
    file.write_text(written, encoding="utf-8")
    page.add_init_script(TIMED)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-painted-at]", state="attached")
    assert (
        page.evaluate("Number(document.documentElement.dataset.paintedAt)") < 6000
    )  # 2 s are asked for; a busy machine is given three times that
    for head in ["0 0", "5 11", "11 3"]:
        page.locator(f".live [data-head='{head}']").click()
        page.wait_for_selector(f"h3:has-text('{head.replace(' ', '.h')}')")
    assert page.evaluate("performance.memory.usedJSHeapSize") < 300e6
    said = page.locator(".live .exactness").inner_text()
    assert said.startswith("Each number is shown to within")
    assert ("are shown as 0" in said) is (kind == "noise")
