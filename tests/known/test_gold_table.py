"""The table of methods on gold rationales: its score, its intervals, its texts and its Markdown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.gold import measure
from benchmarks.gold.figures import kept_rows
from benchmarks.gold.table import long_table, renewed, short_table
from pellucid.core.registry import find
from pellucid.metrics.gold import precision_at_k
from pellucid.truth.bundled import verified
from pellucid.truth.items import chosen
from pellucid.truth.results import interval


def test_precision_is_the_share_of_gold_at_the_top():
    gold = np.array([True, False, True, False])
    assert precision_at_k(np.array([4.0, 3, 2, 1]), gold) == 0.5
    assert precision_at_k(np.array([4.0, 1, 3, 2]), gold) == 1
    assert precision_at_k(np.array([-4.0, 2, -3, 1]), gold) == 0


def test_equal_credits_count_as_if_drawn():
    gold = np.array([True, False, True, False])
    assert precision_at_k(np.zeros(4), gold) == 0.5
    assert precision_at_k(np.array([1.0, 0, 0, 0]), gold) == pytest.approx((1 + 1 / 3) / 2)


def test_the_interval_holds_the_mean():
    values = np.random.default_rng(1).normal(3, 1, 200).tolist()
    low, high = interval(values)
    assert low < np.mean(values) < high
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(200), rel=0.2)


def test_a_sample_takes_every_kind_in_turn():
    items = verified("demo-lm")
    some = chosen(items, 18, 0)
    assert len({item.kind for item in some}) == len({item.kind for item in items}) == 18
    assert some == chosen(items, 18, 0) != chosen(items, 18, 1)


def test_rows_and_tables(demo_sentiment: Any, monkeypatch: pytest.MonkeyPatch):
    """Leaving out one word finds the words that decide, more of them than chance; a method of pairs has no line."""
    two = [find("method", by) for by in ("leave_one_out", "shapley_interactions")]
    monkeypatch.setattr(measure, "catalogue", lambda _: two)
    true = verified("demo-sentiment")
    assert 100 < len(true) < 190
    items = chosen(true, 6, 0)
    rows = kept_rows(list(measure.measured(demo_sentiment, items)))
    first, pairs, random, *_ = rows
    assert first["precision"]["mean"] > random["precision"]["mean"]
    assert first["precision"]["beats_random"]
    assert first["forwards"] > 5
    assert "refused" in pairs
    model = {"model": "demo-sentiment", "items": 6, "verified": len(true), "rows": rows}
    assert "`leave_one_out`" in short_table([model])
    assert "`shapley_interactions` has no line" in long_table(model)
    assert short_table([model]).splitlines()[2].startswith("| `leave_one_out` |")


def test_a_table_is_put_between_its_marks():
    assert renewed("a\n<!-- x -->\nold\n<!-- /x -->\nb", "x", "new") == "a\n<!-- x -->\nnew\n<!-- /x -->\nb"
    with pytest.raises(LookupError):
        renewed("a", "x", "new")
