"""Recommendations: what is named exists, figures are those that were measured, and what is asked narrows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pellucid
from benchmarks.gold.__main__ import MODELS, PACKAGED, RESULTS
from benchmarks.gold.packaged import packaged
from pellucid.core.errors import BadOption, UnknownName
from pellucid.core.registry import find, names
from pellucid.verbs import recommend
from pellucid.verbs._goals import GOALS


def test_the_packaged_figures_are_those_that_were_measured():
    models = [json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in MODELS]
    assert json.loads(PACKAGED.read_text(encoding="utf-8")) == packaged(models), (
        "run: make table, or its --only-tables"
    )
    assert Path(recommend.__file__).parent == PACKAGED.parent


@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_names_methods_that_there_are_and_what_they_cannot_do(goal):
    found = pellucid.recommend(goal)
    assert found.choices
    for choice in found.choices:
        assert choice.name in names("method")
        assert (choice.access, choice.cost) == (
            find("method", choice.name).access,
            find("method", choice.name).cost,
        )
        assert choice.cannot.endswith(".")
    assert found.left_out == ()


def test_figures_come_from_the_table_and_order_the_methods():
    found = pellucid.recommend("words")
    table = json.loads((RESULTS / "demo-sentiment.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in table["rows"]}
    by_name = {c.name: c for c in found.choices}
    seen = next(m for m in by_name["lrp"].measured if m.model == "demo-sentiment")
    assert seen.found == pytest.approx(rows["lrp"]["precision"]["mean"], abs=1e-3)
    assert seen.random == pytest.approx(rows["random ranking"]["precision"]["mean"], abs=1e-3)
    whole = [sum(m.found for m in c.measured) for c in found.choices if len(c.measured) == len(MODELS)]
    assert whole == sorted(whole, reverse=True)
    assert not by_name["attention_rollout"].measured
    assert found.choices[-1].name == "attention_rollout"
    assert "not what it used" in by_name["attention_rollout"].cannot


def test_access_leaves_out_what_needs_more():
    found = pellucid.recommend("words", access="grey")
    assert {c.access for c in found.choices} == {"GreyBox"}
    assert dict(found.left_out)["lrp"] == "needs WhiteBox access"
    assert not pellucid.recommend("circuits", access="grey").choices
    assert any(
        "every method needs scores" in note for note in pellucid.recommend("words", access="black").notes
    )


def test_a_budget_leaves_out_what_took_more():
    found = pellucid.recommend("words", budget=30)
    assert all(m.passes <= 30 for c in found.choices for m in c.measured)
    assert "set it lower" in dict(found.left_out)["kernel_shap"]
    assert "leave_one_out" in {c.name for c in found.choices}


def test_units_of_which_there_are_few_put_removal_first():
    assert [c.access for c in pellucid.recommend("documents", unit="segment").choices] == [
        "GreyBox", "GreyBox", "GreyBox", "WhiteBox",
    ]  # fmt: skip
    assert any("not of segments" in note for note in pellucid.recommend("words", unit="segment").notes)


def test_who_reads_it():
    assert not pellucid.recommend("inside", audience="lay").choices
    audited = pellucid.recommend("words", audience="auditor")
    assert all(m.beats_random for c in audited.choices for m in c.measured)
    assert dict(audited.left_out)["attention_rollout"] == "was not measured here"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"access": "pink"}, "Possible: black, grey, white"),
        ({"unit": "letter"}, "Possible: token, word, sentence, segment"),
        ({"audience": "cat"}, "Possible: researcher, lay, auditor"),
        ({"budget": 0}, "from 1 on"),
    ],
)
def test_what_is_refused(options, words):
    with pytest.raises(BadOption, match=words):
        pellucid.recommend("words", **options)
    with pytest.raises(UnknownName, match="circuits"):
        pellucid.recommend("circuit")
