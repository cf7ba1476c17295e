"""A comparison as a figure: each metric's order, what methods cost, the frontier, and what was not measured."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.core.figure import Prose, Record, Table
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.notebook import notebook
from pellucid.view.parts.comparison import compared as figure
from pellucid.view.terminal import terminal
from tests.core.test_comparison import NAN, compared
from tests.view.page import parse


@pytest.fixture
def found():
    rng = np.random.default_rng(0)
    value = rng.normal(size=(4, 2, 12)) * 0.1 + np.array([0.1, 0.5, 0.3, 0.0])[:, None, None]
    value[2, 1] = NAN
    return compared(value, [3, 2, 1, 0], better=("higher", "lower"), baselines=1)


def column(table: Table, heading: str) -> list[str]:
    return [row[table.headings.index(heading)] for row in table.rows]


def test_the_best_stands_first_and_chance_last(found) -> None:
    one, other, costs, words, missing, record = figure(found).parts
    assert [type(p) for p in (one, other, costs, words, missing, record)] == [Table] * 3 + [
        Prose,
        Table,
        Record,
    ]
    assert column(one, "method") == ["b", "c", "a", "d"]
    assert column(one, "rank") == ["1 (1 to 1)", "2 (2 to 2)", "3 (3 to 3)", ""]
    assert column(one, "behind the best")[0] == "–"
    assert "↑ higher is better" in one.caption
    assert column(other, "method") == ["a", "b", "c", "d"]
    assert column(other, "mean")[2] == "n/a"
    assert "best is b; better than any other, each at 95%." in words.words
    assert missing.rows == (("c", "m1", "12 of 12", "It does not apply."),)


def test_the_frontier_is_marked_by_metric(found) -> None:
    costs = figure(found).parts[2]
    assert column(costs, "method") == ["c", "b", "a"]  # the quickest first, without chance
    assert column(costs, "frontier") == ["m0", "every metric", "m1"]
    for metric, names in (("m0", {"c", "b"}), ("m1", {"b", "a"})):
        assert set(found.pareto(metric)) == names


def test_of_one_text_nothing_is_said_of_how_sure_it_is() -> None:
    drawn = figure(compared([[[0.4]], [[0.2]]]))
    assert "interval" not in " ".join(drawn.parts[0].headings)
    assert column(drawn.parts[0], "rank") == ["1", "2"]
    assert column(drawn.parts[0], "behind the best") == ["0.000", "0.200"]
    assert "One text" in drawn.parts[2].words
    assert "“text 0”" in drawn.title


def test_of_few_texts_no_difference_is_called_clear() -> None:
    said = figure(compared([[[0.4, 0.5]], [[0.2, 0.1]]])).parts[2].words
    assert "best is a, on 2 texts." in said
    assert "rough" in said


def test_what_is_near_the_best_is_named() -> None:
    easy = np.random.default_rng(0).normal(size=20)
    noise = np.random.default_rng(1).normal(size=20)
    said = figure(compared([[easy], [easy + noise - noise.mean() - 0.01], [easy - 9]])).parts[2].words
    assert said == "m0: best is a; not clearly better than b."


def test_chance_that_a_metric_is_not_beside_has_no_row() -> None:
    one, other, *_ = figure(
        compared([[[1, 2], [1, 2]], [[0, 0], [NAN, NAN]]], better=("higher",) * 2, baselines=1)
    ).parts
    assert column(one, "method") == ["a", "b"]
    assert column(other, "method") == ["a"]


def test_it_draws_everywhere(found) -> None:
    for width in (40, 60, 80, 120):
        drawn = terminal(found, colour=False, width=width)
        assert max(map(len, drawn.splitlines())) <= width
        assert "frontier" in drawn
    assert str(found) == terminal(found)
    page = parse(html(found))
    assert not page.problems
    assert "It does not apply." in page.words
    bundle = notebook(found)
    assert set(bundle) == {"text/plain", "text/html"}
    assert set(found._repr_mimebundle_()) == set(bundle)
    assert draw([found]) == found.figure() == figure(found)
