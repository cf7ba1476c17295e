"""A graph of edges in the browser: its slider, its parts by pointer and by keys, many edges and odd names."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.core.figure import Figure
from pellucid.view.parts.flow import flow
from tests.browser.accessible import violations

COMMON = {"signed": True, "units": "logit"}
NASTY = ("</script>", "<b>x</b>", "בית 1", "a\u202eb", "", "东京", "x" * 300, "&lt;")
SLIDER = ".live input[type=range]"
SAID = ".live output.flow-said"
DRAWN = ".live .flow-edges .reach"


def model(layers: int, heads: int) -> tuple[list[str], list[str], np.ndarray]:
    """The names of a model's parts, and a number for each edge that it has."""
    sources, dests, before, stands = ["embed"], [], [], [0]
    for layer in range(layers):
        for port in "qkv":
            dests += [f"{layer}.h{head} {port}" for head in range(heads)]
            before += [2 * layer] * heads
        dests.append(f"mlp {layer}")
        before.append(2 * layer + 1)
        sources += [*(f"{layer}.h{head}" for head in range(heads)), f"mlp {layer}"]
        stands += [*[2 * layer + 1] * heads, 2 * layer + 2]
    values = np.random.default_rng(0).normal(size=(len(sources), len(dests) + 1)) ** 3
    there = np.array(stands)[:, None] <= np.array([*before, 2 * layers])[None]
    return sources, [*dests, "logits"], np.where(there, values, np.nan)


def figure(sources, dests, values) -> Figure:
    return Figure("Edges", (flow(sources, dests, np.asarray(values, float), COMMON, (), "Edges"),))


def small() -> Figure:
    return figure(["embed", "0.h0", "mlp 0"], ["0.h0 v", "mlp 0", "logits"],
                  [[4, np.nan, 1], [np.nan, -3, np.nan], [np.nan, np.nan, 2]])  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
def test_the_slider_is_moved_by_keys_and_says_how_many_edges_there_are(opened):
    page = opened(small())
    assert page.locator(DRAWN).count() == 4
    assert page.locator(SAID).inner_text() == "edges of at least 1.00: 4 of 4"
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(DRAWN).count() == 3
    assert page.locator(SLIDER).get_attribute("aria-valuetext") == "edges of at least 2.00: 3 of 4"
    page.keyboard.press("Home")
    assert page.locator(DRAWN).count() == 1
    assert page.locator(".live [data-node]").count() == 2  # the others fade
    assert not violations(page)


def test_pointing_at_a_part_lights_its_edges_and_lists_them(opened):
    page = opened(small())
    page.locator(".live [data-node]", has_text="0.h0").hover()
    assert page.locator(".live .flow-lit path").count() == 2
    rows = page.locator(".live .flow-list tr").all_inner_texts()
    assert [[cell.strip() for cell in row.split("\t")] for row in rows] == [
        ["embed → v", "+4.00"],
        ["mlp 0", "-3.00"],
    ]
    assert "from embed (v) +4.00" in page.locator(".tip").inner_text()
    page.locator("h1").hover()
    assert page.locator(".live .flow-lit path").count() == 0


def test_a_click_pins_and_escape_lets_go(opened):
    page = opened(small())
    node = page.locator(".live [data-node]", has_text="mlp 0")
    node.click()
    page.locator("h1").hover()
    page.locator("summary").first.focus()
    assert node.get_attribute("aria-pressed") == "true"
    assert page.locator(".live .flow-lit path").count() == 2
    page.locator(".live .flow-list tr").first.hover()  # a list that is pinned can be pointed at
    assert page.locator(".live .flow-list h3").inner_text() == "mlp 0"
    node.focus()
    page.keyboard.press("Escape")
    assert node.get_attribute("aria-pressed") == "false"


def test_arrows_walk_from_part_to_part_with_one_stop_for_tab(opened):
    page = opened(small())
    assert page.locator(".live [data-node][tabindex='0']").count() == 1
    page.locator(".live [data-node]", has_text="embed").focus()
    labels = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "Home"):
        page.keyboard.press(key)
        labels.append(page.evaluate("document.activeElement.textContent"))
    assert labels == ["0.h0", "mlp 0", "logits", "mlp 0", "embed"]
    assert page.locator(".live [data-node][tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"


def test_an_edge_says_its_number_and_its_sign_is_seen_without_its_colour(opened):
    page = opened(small())
    against = page.locator(".live .flow-edges .against")
    assert against.count() == 1
    assert against.evaluate("path => getComputedStyle(path).strokeDasharray") != "none"
    page.locator(f"{DRAWN}[data-edge='1']").dispatch_event("pointerover")
    assert page.locator(".tip").inner_text() == "0.h0 → mlp 0: -3.00"


def test_thousands_of_edges_are_drawn_some_hundred_at_a_time(opened):
    page = opened(figure(*model(12, 12)))
    page.locator(SLIDER).focus()
    spent = page.evaluate(
        """async () => {
            const slider = document.querySelector('.live input[type=range]');
            const start = performance.now();
            slider.value = slider.max;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame));
            return performance.now() - start;
        }"""
    )
    assert spent < 3000
    assert page.locator(DRAWN).count() == 600
    assert "600 of " in page.locator(SAID).inner_text()
    assert "no more are drawn at once" in page.locator(SAID).inner_text()
    assert "the 4,000 strongest of" in page.locator(".live h2").inner_text()
    page.locator(".live details summary").click()
    assert page.locator(".live .virtual table").get_attribute("aria-rowcount") == "4001"
    assert page.locator(".live .virtual tbody tr").count() < 60
    assert not violations(page)


def test_any_name_is_shown_as_it_is(opened):
    page = opened(figure(NASTY, ("one", "two"), np.random.default_rng(0).normal(size=(len(NASTY), 2))))
    labels = page.locator(".live [data-node] text").all_text_contents()
    assert "<b>x</b>" in labels
    assert "</script>" in labels
    assert any(label.endswith("…") for label in labels)
    assert page.locator(".live .flow b b, .live .flow img").count() == 0
    assert not violations(page)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[5.0]], "edges of at least 5.00: 1 of 1"),
        ([[0.0, 0.0]], "Every edge is 0."),
        ([[np.nan]], "There is no edge."),
    ],
)
def test_one_edge_or_none_is_said(opened, values, said):
    page = opened(figure(["embed"], ["mlp 0", "logits"][: len(values[0])], values))
    assert page.locator(".live .flow-said").inner_text() == said
    assert page.locator(SLIDER).count() == 0
    assert not violations(page)
