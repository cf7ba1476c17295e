"""The page of the benchmark of known truth: a table for each study, between its marks."""

from __future__ import annotations

from pathlib import Path

import pytest

import pellucid
from benchmarks.truth import PAGE, page
from pellucid.truth.planted import KINDS
from pellucid.truth.rationales import MODELS


def test_a_study_has_its_table_between_its_marks(tmp_path: Path):
    found = pellucid.benchmark(["kernel_shap", "gradient_shap"], only="known", items=2, cache=tmp_path)
    text = page(
        "before\n<!-- games -->\nold\n<!-- /games -->\nbehind\n<!-- transformer -->\nold\n<!-- /transformer -->",
        found,
    )
    assert text.startswith("before\n<!-- games -->\nExact Shapley values: games, 2 questions")
    assert "| `kernel_shap` | " in text
    assert "| *equal shares* | " in text
    assert "gradient_shap has no line: gradient_shap needs WhiteBox access" in text
    assert "old" not in text
    with pytest.raises(LookupError):
        page("a page without marks", found)


def test_the_page_has_a_place_for_every_study():
    text = PAGE.read_text(encoding="utf-8")
    for study in (*KINDS, *MODELS, "games", "transformer", "clinic"):
        assert text.count(f"<!-- {study} -->") == text.count(f"<!-- /{study} -->") == 1
