"""A verdict on a model that is known: what is right is used, what is random or reversed is not."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, MismatchedModel
from pellucid.core.figure import Trust
from pellucid.core.score import Control, Score
from pellucid.core.verdict import MATCHED, RANDOM, Trial, Verdict, joint_p, state_of
from pellucid.verbs.verdict import verdict
from pellucid.view.html import html
from pellucid.view.terminal import terminal
from tests.metrics.linear import MaskModel, explained, linear
from tests.view.make import MADE, why

WEIGHTS = [0.1, 3, -0.3, 0.2, 1.5, 0, -1, 0.4, 2, 0.1, -0.2, 0.3]  # of twelve words


def score(value: float, draws: list[float], better: str = "higher") -> Score:
    controls = (Control(RANDOM, tuple(draws)), Control(MATCHED, tuple(draws)))
    return Score("comprehensiveness", value, better, (-1, 1), MADE, controls)  # type: ignore[arg-type]


def test_the_right_credits_are_used_and_the_reversed_ones_are_not() -> None:
    model = linear(WEIGHTS)
    right = verdict(explained(WEIGHTS), model)
    assert (right.word, right.p_random) == ("use", 0.01)
    assert str(right).startswith("Use it: ")
    assert {trial.ablate for trial in right.trials} == {"delete", "mask"}
    for seed in range(5):
        wrong = verdict(explained([-w for w in WEIGHTS]), model, seed=seed)
        assert wrong.word == "do not use"
        assert wrong.p_random > 0.9


def test_random_numbers_are_not_used_in_95_of_100_cases() -> None:
    """One joint test: the best of ten would pass by chance far more often."""
    model = linear(WEIGHTS)
    words = [
        verdict(explained(np.random.default_rng(seed).normal(size=12).tolist()), model, seed=seed).word
        for seed in range(100)
    ]
    assert words.count("do not use") >= 95


def test_knowing_only_where_is_used_with_care() -> None:
    """Words of the first quarter decide, in no order among themselves, and the credits know no more."""
    weights = [2.0, 2.0, 2.0, *[0.0] * 9]
    credit = [3.1, 3.0, 2.9, *np.linspace(0.5, 0, 9)]
    assert verdict(explained(credit), linear(weights)).word == "use with care"


def test_a_model_that_says_the_same_whatever_it_reads_tells_nothing() -> None:
    silent = MaskModel(lambda masks: np.zeros(len(masks)))
    found = verdict(explained(WEIGHTS), silent)
    assert found.word == "cannot tell"
    assert math.isnan(found.p_random)
    assert "the answer does not move" in str(found)
    assert {trial.state for trial in found.trials} == {"not measured"}
    assert "Not measured" in terminal(found, width=100, colour=False)


def test_a_short_text_has_too_few_rankings() -> None:
    found = verdict(explained([1.0, 0.5, 0.2]), linear([1.0, 0.5, 0.2]))
    assert found.word == "cannot tell"
    assert "3 features has too few rankings" in str(found)


def test_the_joint_chance_is_that_of_the_sums() -> None:
    rng = np.random.default_rng(0)
    own, draws = rng.normal(size=3), rng.normal(size=(3, 50))
    scores = [
        score(float(value), row.tolist(), better)
        for value, row, better in zip(own, draws, ("higher", "lower", "higher"), strict=True)
    ]
    every = np.column_stack([own, draws]) * np.array([[1], [-1], [1]])
    sums = ((every - every.mean(1, keepdims=True)) / every.std(1, keepdims=True)).sum(0)
    assert joint_p(scores, RANDOM) == pytest.approx((sums >= sums[0]).mean())
    unmeasured = replace(scores[0], value=math.nan, reason="none")
    assert joint_p([unmeasured, *scores[1:]], RANDOM) == joint_p(scores[1:], RANDOM)
    assert math.isnan(joint_p([unmeasured], RANDOM))


def test_the_joint_chance_of_chance_is_even() -> None:
    """Of explanations that are draws like the others, a share of p has a chance of at most p."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(400):
        common = rng.normal(size=100)  # the tests have most in common
        rows = [common + 0.3 * rng.normal(size=100) for _ in range(4)]
        found.append(joint_p([score(float(row[0]), row[1:].tolist()) for row in rows], RANDOM))
    shares = [np.mean(np.array(found) <= level) for level in (0.05, 0.25, 0.5, 0.75)]
    np.testing.assert_allclose(shares, (0.05, 0.25, 0.5, 0.75), atol=0.06)
    assert all(a <= b for a, b in pairwise(shares))


def test_a_test_ends_by_how_many_controls_it_beats() -> None:
    low = [0.0] * 99
    assert state_of(score(1, low)) == "pass"
    assert state_of(score(0, low)) == "fail"
    half = Score(
        "x", 1, "higher", (-1, 1), MADE, (Control(RANDOM, tuple(low)), Control(MATCHED, (2.0,) * 99))
    )
    assert state_of(half) == "weak"
    assert state_of(replace(half, value=math.nan, reason="none")) == "not measured"


def test_a_real_explanation_of_a_real_model(demo_sentiment) -> None:
    text = "It is a wonderful film that they made in the autumn of that year, and the cast is great."
    why = pellucid.explain(demo_sentiment, text, "leave_one_out", unit="word")
    found = pellucid.verdict(why, demo_sentiment)
    assert found.word in ("use", "use with care")
    assert {trial.ablate for trial in found.trials} == {"mask", "delete"}
    said = terminal([why, found], width=100, colour=False)
    assert str(found).split(":")[0] in said
    assert "✓ pass" in said
    assert "comprehensiveness" in html(found)
    assert found.as_dict()["verdict"] == found.word


def test_a_score_that_is_a_test_of_the_verdict_is_drawn_once() -> None:
    tested, other = score(0.9, [0.1] * 99), replace(score(0.4, [0.1] * 99), metric="gini")
    judged = Verdict("use", "Use it.", 0.01, 0.01, (Trial(tested, "delete", "pass"),), MADE)
    assert judged.further([tested, other]) == [other]
    trusts = [
        part for part in pellucid.show(why("a b"), judged, tested, other).parts if isinstance(part, Trust)
    ]
    assert [[gauge.metric for gauge in part.gauges] for part in trusts] == [["comprehensiveness"], ["gini"]]
    several = pellucid.show(why("a b"), why("a b"), judged, tested)  # it may be of the other one
    assert sum(isinstance(part, Trust) for part in several.parts) == 2


def test_a_test_without_controls_has_no_chances() -> None:
    alone = replace(score(0.9, []), controls=())
    judged = Verdict(
        "cannot tell", "It cannot be told.", math.nan, math.nan, (Trial(alone, "mask", "not measured"),), MADE
    )
    [row] = pellucid.show(judged).parts[0].plain[1].rows
    assert row == ("comprehensiveness", "mask", "0.900", "", "", "", "–")


def test_refusals(demo_lm) -> None:
    with pytest.raises(BadOption, match="at least 99"):
        verdict(explained(WEIGHTS), linear(WEIGHTS), draws=20)
    with pytest.raises(MismatchedModel):
        verdict(explained(WEIGHTS), demo_lm)
