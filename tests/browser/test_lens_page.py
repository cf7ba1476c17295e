"""A lens in the browser: any text, by pointer and by keys, and under the page's one cursor."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.accessible import violations
from tests.view.make import TEXTS, characters, why
from tests.view.test_lens import changed, lens_why

TEXT = "The city of"
LAST = len(TEXT) - 1


def at(layer: int, position: int) -> str:
    return f"[data-at='{layer} {position}']"


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("name", [name for name in TEXTS if name != "long word"])
def test_any_text_has_a_column_for_each_position(opened, name, scheme):
    page = opened(lens_why(TEXTS[name]))
    assert page.locator(".lens-grid th[scope=col]").count() == len(TEXTS[name])
    assert page.locator(".lens-grid [data-at]").count() == 3 * len(TEXTS[name])
    assert not violations(page)


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("candidates", [1, 5])
def test_one_layer_one_position_one_candidate(opened, layers, candidates):
    page = opened(lens_why("x", layers, candidates, against=False))
    assert page.locator("[data-at]").count() == layers
    assert page.locator(".lens-here tbody").first.locator("tr").count() == candidates
    assert not violations(page)


def test_the_last_layer_is_on_top_and_says_what_it_would_say(opened):
    page = opened(lens_why(TEXT))
    assert page.locator(".lens-grid th[scope=row]").all_inner_texts() == ["layer 2", "layer 1", "layer 0"]
    tokens = lens_why(TEXT).data["candidate_token"].values[:, :, 0]
    for layer in range(3):
        said = [page.locator(at(layer, j)).inner_text() for j in range(len(TEXT))]
        assert said == [token.strip() for token in tokens[layer]]


def test_cells_are_coloured_by_probability_whatever_the_largest_is(opened):
    candidates = np.zeros((3, len(TEXT), 2))
    candidates[:, :, 0] = [[0.0], [0.5], [1.0]]
    dims = ("layer", "position", "candidate")
    page = opened(changed(lens_why(TEXT), candidate_probability=(dims, candidates)))
    for layer, css in enumerate(["z", "p5", "p9"]):
        classes = page.locator(at(layer, 0)).get_attribute("class").split()
        assert css in classes or (css == "p5" and "p4" in classes)


def test_colours_can_be_of_the_answer(opened):
    page = opened(lens_why(TEXT))
    page.get_by_role("button", name="Rome").click()
    assert all(
        "p2" in page.locator(at(layer, 0)).get_attribute("class").split() for layer in range(3)
    )  # 0.25 of 9 steps
    assert "probability of “Rome”" in page.locator(".lens-ramp").inner_text()


def test_where_the_likeliest_is_the_answer_the_cell_says_so_without_colour(opened):
    page = opened(lens_why(TEXT))
    marked = page.locator(".lens-grid .says")
    assert marked.count() == len(TEXT)  # in the last layer alone
    assert page.locator(at(2, 0)).evaluate("e => getComputedStyle(e).textDecorationStyle") == "solid"


def test_pointing_shows_the_likeliest_tokens_with_their_probabilities(opened):
    page = opened(lens_why(TEXT, candidates=5))
    page.locator(at(1, 4)).hover()
    here = page.locator(".lens-here")
    assert "layer 1 at “c”" in here.inner_text()
    there = lens_why(TEXT, candidates=5).data.isel(layer=1, position=4)
    shown = here.locator("tbody").first.locator("tr .number").all_inner_texts()
    np.testing.assert_allclose([float(n) for n in shown], there["candidate_probability"], rtol=0.01)
    widths = (
        here.locator("tbody").first.locator(".bar").evaluate_all("e => e.map(b => parseFloat(b.style.width))")
    )
    np.testing.assert_allclose(widths, 100 * there["candidate_probability"], rtol=0.01)
    ranks = here.locator(".followed .rank").all_inner_texts()
    assert ranks == ["11", "12"]
    assert here.locator(".followed th").all_inner_texts() == ["␣Paris", "␣Rome"]
    label = page.locator(at(1, 4)).get_attribute("aria-label")
    assert page.locator(".tip").inner_text().split("\n") == label.split("; ")


def test_arrows_walk_enter_pins_and_escape_lets_go(opened):
    page = opened(lens_why(TEXT))
    page.locator(at(2, LAST)).focus()  # Tab leads to where the answer is said
    assert page.locator(".lens-grid [tabindex='0']").count() == 1
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.at") == f"2 {LAST - 2}"
    page.keyboard.press("Enter")
    assert page.locator(".pinned").get_attribute("data-at") == f"2 {LAST - 2}"
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.dataset.at") == "2 0"
    page.locator("summary").last.focus()
    assert f"at “{TEXT[LAST - 2].strip() or '␣'}”" in page.locator(".lens-here").inner_text()
    page.locator(at(2, 0)).focus()
    page.keyboard.press("Escape")
    assert page.locator(".pinned").count() == 0


def test_in_a_text_from_right_to_left_columns_and_arrows_run_left(opened):
    page = opened(lens_why(TEXTS["hebrew"]))
    first, second = (page.locator(at(0, j)).bounding_box() for j in (0, 1))
    assert second["x"] < first["x"]
    page.locator(at(0, 0)).focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.at") == "0 1"


def test_one_cursor_with_a_highlighted_text(opened):
    page = opened([why(TEXT, characters(TEXT)), lens_why(TEXT)])
    page.locator(at(1, 4)).hover()
    assert page.locator(".text .lit").get_attribute("data-mark") == "4"
    page.locator(".text [data-mark='6']").hover()
    assert page.locator(".lens-grid th[scope=col].lit").inner_text() == TEXT[6]
    assert f"at “{TEXT[6]}”" in page.locator(".lens-here").inner_text()
    page.locator("h1").hover()
    page.locator(at(2, 0)).click()
    page.locator("h1").hover()
    assert page.locator(".text .lit").get_attribute("data-mark") == "0"
    page.locator(at(2, 0)).click()
    page.locator("h1").hover()
    assert page.locator(".text .lit").count() == 0


def test_ranks_and_probabilities_are_lines_through_the_layers(opened):
    page = opened(lens_why(TEXT))
    rank, probability = page.locator(".line-chart svg").all()
    assert "Rank of “Paris” and “Rome” at “f”" in rank.get_attribute("aria-label")
    labels = rank.locator("[data-point]").evaluate_all("e => e.map(p => p.getAttribute('aria-label'))")
    assert labels == [
        *(f"layer {i}: Paris {n}" for i, n in enumerate(["21.0", "11.0", "1.00"])),
        *(f"layer {i}: Rome {n}" for i, n in enumerate(["22.0", "12.0", "2.00"])),
    ]
    heights = [p.bounding_box()["y"] for p in rank.locator("[data-point^='0 ']").all()]
    assert heights == sorted(heights, reverse=True)  # 1 is at the top
    assert (
        rank.locator(".series.s1 .stroke").first.evaluate("e => getComputedStyle(e).strokeDasharray")
        != "none"
    )
    assert [name.text_content() for name in probability.locator("text.name").all()] == ["Paris", "Rome"]


def test_a_layer_chosen_in_a_chart_is_that_of_the_table(opened):
    page = opened(lens_why(TEXT))
    page.locator(".line-chart [data-point='0 1']").first.focus()
    assert page.locator(".lens-grid .now").get_attribute("data-at") == f"1 {LAST}"


def test_numbers_of_a_position_are_a_table_too(opened):
    page = opened(lens_why(TEXT))
    page.get_by_text("as a table").click()
    page.locator(".lens-numbers tbody tr").first.wait_for()
    rows = page.locator(".lens-numbers tbody tr").all_inner_texts()
    assert [row.split()[1] for row in rows] == ["2", "1", "0"]
    assert rows[0].split()[-1] == "2"


def test_what_has_no_number_says_so(opened):
    missing = np.full((3, len(TEXT), 2), np.nan)
    places = ("layer", "position")
    page = opened(
        changed(
            lens_why(TEXT),
            candidate_probability=((*places, "candidate"), missing),
            probability=(places, missing[..., 0]),
            rank=(places, missing[..., 0]),
        )
    )
    assert page.locator(".lens-grid td.x").count() == 3 * len(TEXT)
    assert "no number" in page.locator(at(0, 0)).get_attribute("aria-label")
    assert "no number" in page.locator(".live .legend").inner_text()
    assert not violations(page)


def test_of_a_long_text_only_what_is_seen_is_there_and_keys_reach_the_rest(opened):
    page = opened(lens_why("word " * 400, layers=4))
    there = page.locator(".lens-grid [data-at]")
    assert there.count() < 4 * 60
    assert page.locator(".lens-grid").get_attribute("aria-colcount") == "2001"
    page.locator(".lens-grid [tabindex='0']").focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.activeElement.dataset.at?.endsWith(' 1999')")
    assert page.locator(at(0, 1999)).is_visible()
    assert there.count() < 4 * 60
    page.keyboard.press("Home")
    page.wait_for_function("() => document.activeElement.dataset.at?.endsWith(' 0')")
    left = page.locator(at(0, 0)).bounding_box()["x"]
    head = page.locator(".lens-grid th[scope=row]").first.bounding_box()
    assert left >= head["x"] + head["width"] - 1  # not under the names of the layers


def test_names_of_layers_stay_while_a_long_text_scrolls(opened):
    page = opened(lens_why("word " * 400))
    head = page.locator(".lens-grid th[scope=row]").first
    before = head.bounding_box()["x"]
    page.locator(".lens-scroll").evaluate("e => { e.scrollLeft = 5000 }")
    assert head.bounding_box()["x"] == pytest.approx(before, abs=2)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.lens-grid th[data-j]')].every(e => e.dataset.j > 50)"
    )
