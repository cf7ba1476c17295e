"""Tables are written from the figures that are kept, into their places in the page, and nowhere else."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import STUDIES, tables
from benchmarks.report import README, markdown, renewed
from benchmarks.results import RESULTS, keep, kept


def test_numbers_stand_on_the_right():
    assert markdown(("work", "seconds"), [("a", "1")], words=1).splitlines() == [
        "| work | seconds |",
        "| --- | --: |",
        "| a | 1 |",
    ]


def test_a_table_is_put_between_its_marks_and_the_rest_stays():
    page = "before\n<!-- one -->\nold\n<!-- /one -->\nbetween\n<!-- two -->\n<!-- /two -->\nafter\n"
    new = renewed(page, {"one": "| 1 |", "two": r"back\slash \1"})
    assert new == (
        "before\n<!-- one -->\n\n| 1 |\n\n<!-- /one -->\nbetween\n"
        "<!-- two -->\n\nback\\slash \\1\n\n<!-- /two -->\nafter\n"
    )
    assert renewed(new, {"one": "| 1 |"}) == new


def test_a_page_without_the_place_is_refused():
    with pytest.raises(LookupError, match="0 places"):
        renewed("nothing here", {"one": "| 1 |"})


def test_the_page_shows_the_figures_that_are_kept():
    page = README.read_text(encoding="utf-8")
    assert renewed(page, tables(RESULTS)) == page


def test_every_study_has_its_place_and_its_words():
    for study in STUDIES:
        assert study.NAME in tables(RESULTS)
        assert study.TITLE


def test_figures_are_kept_by_name(tmp_path):
    assert kept(tmp_path, "Peak memory") is None
    keep(tmp_path / "new", "Peak memory", {"study": "peak memory"})
    assert kept(tmp_path / "new", "peak memory") == {"study": "peak memory"}
