"""Tables in the browser: sorted by their headings, filtered, and very long ones quick."""

from __future__ import annotations

import numpy as np

from pellucid.core.figure import Figure, Range, Table
from tests.browser.accessible import violations

HEADS = ("place", "mean", "95% interval")


def table(count: int) -> Table:
    values = np.random.default_rng(0).normal(size=count) * 10.0 ** np.random.default_rng(1).integers(
        -6, 3, count
    )
    rows = [(f"3.h{i}", f"{v:+.3g}", f"{v - 1:.2f} to {v + 1:.2f}") for i, v in enumerate(values)]
    rows[2] = ("<b>n</b>", "n/a", "")
    return Table(HEADS, tuple(rows), frozenset({1, 2}), "Numbers")


def column(page, number: int) -> list[str]:
    return page.locator(f".live tbody tr:not([aria-hidden]) td:nth-child({number})").all_inner_texts()


def test_a_heading_sorts_its_numbers_as_numbers(opened):
    drawn = table(30)
    page = opened(Figure("T", (drawn,)))
    mean = page.get_by_role("button", name="mean")
    mean.focus()
    page.keyboard.press("Enter")
    numbers = [row[1] for row in drawn.rows if row[1] != "n/a"]
    assert column(page, 2) == [*sorted(numbers, key=float, reverse=True), "n/a"]
    assert page.locator(".live th[aria-sort]").all_inner_texts() == ["mean↓"]
    assert page.locator(".live th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.keyboard.press("Enter")
    assert column(page, 2) == [*sorted(numbers, key=float), "n/a"]
    page.keyboard.press("Enter")
    assert column(page, 2) == [row[1] for row in drawn.rows]
    assert page.locator(".live th[aria-sort]").count() == 0
    assert page.locator(".live [type=search]").count() == 0
    assert not violations(page)


def test_a_long_table_is_filtered_in_any_column_or_one(opened):
    drawn = table(60)
    page = opened(Figure("T", (drawn,)))
    box = page.locator(".live [type=search]")
    box.fill("3.H1")
    assert column(page, 1) == [row[0] for row in drawn.rows if "3.h1" in row[0]]
    assert page.locator(".live .table-count").inner_text() == "11 of 60 rows"
    page.locator(".live select").select_option("1")
    assert column(page, 1) == [row[0] for row in drawn.rows if "3.h1" in row[1]]
    assert not violations(page)


def test_of_a_very_long_table_only_what_is_seen_is_there(opened):
    drawn = table(5000)
    page = opened(Figure("T", (drawn,)))
    assert page.locator(".live tbody tr").count() < 60
    assert page.locator(".live table").get_attribute("aria-rowcount") == "5001"
    page.get_by_role("button", name="mean").click()
    numbers = sorted((row[1] for row in drawn.rows if row[1] != "n/a"), key=float)
    assert column(page, 2)[0] == numbers[-1]
    page.locator(".live .virtual").evaluate("box => box.scrollTop = box.scrollHeight")
    page.wait_for_function(
        "() => document.querySelector('.live tbody tr:last-child').ariaRowIndex === '5001'"
    )
    assert column(page, 2)[-2:] == [numbers[0], "n/a"]
    page.locator(".live [type=search]").fill("<b>")
    assert column(page, 1) == ["<b>n</b>"]
    assert not violations(page)


def test_short_tables_and_rows_that_go_on_stay_as_they_are(opened):
    rows = tuple(("a" if i % 2 == 0 else "", str(i), "") for i in range(20))
    page = opened(
        Figure("T", (Table(HEADS, rows, frozenset({1})), Table(HEADS, rows[:1] * 7, frozenset({1}))))
    )
    assert page.locator(".live").count() == 0
    assert page.locator(".static table:visible").count() == 2


def test_very_many_rows_that_go_on_are_quick_but_not_sorted(opened):
    rows = tuple(("a" if i % 2 == 0 else "", str(i), "") for i in range(300))
    page = opened(Figure("T", (Table(HEADS, rows, frozenset({1})),)))
    assert page.locator(".live tbody tr").count() < 60
    assert page.locator(".live th button, .live [type=search]").count() == 0


def test_a_row_keeps_its_range_when_the_order_changes(opened):
    ranges = tuple(Range(float(i), i - 0.5, i + 0.5, chance=i == 9) for i in range(10))
    rows = tuple((f"row {i}", str(i)) for i in range(10))
    page = opened(Figure("t", (Table(("name", "number"), rows, frozenset({1}), "", ranges),)))
    dots = "els => els.map(el => Math.round(parseFloat(el.style.left)))"
    before = page.locator(".live .dot").evaluate_all(dots)
    assert before == sorted(before)
    page.locator(".live .sorts", has_text="number").click()
    assert page.locator(".live .dot").evaluate_all(dots) == before[::-1]
    assert page.locator(".live tbody tr").first.locator(".range.chance").count() == 1
