"""Kendall's tau-b with leave-one-out against the definition, pair by pair."""

import math
from itertools import combinations

import numpy as np
import pytest

import pellucid
from pellucid.metrics.faithfulness.loo_agreement import loo_agreement
from tests.metrics.linear import MaskModel, explained, linear


def slow_tau(a, b):
    """The definition, a pair at a time."""
    concordant = discordant = tied_a = tied_b = 0
    for i, j in combinations(range(len(a)), 2):
        x, y = np.sign(a[i] - a[j]), np.sign(b[i] - b[j])
        concordant += x * y > 0
        discordant += x * y < 0
        tied_a += x == 0 and y != 0
        tied_b += y == 0 and x != 0
    both = concordant + discordant
    return (concordant - discordant) / math.sqrt((both + tied_a) * (both + tied_b))


def test_equals_the_definition_with_ties():
    weights, credit = [3.0, 1.0, 1.0, 0.0, -2.0, -2.0], [2.0, 2.0, 1.0, -1.0, 0.0, -3.0]
    found = loo_agreement(explained(credit), linear(weights))
    assert found.value == pytest.approx(slow_tau(credit, weights))
    assert found.parts["fall"] == pytest.approx(weights)


def test_leave_one_out_agrees_with_itself_and_less_under_another_removal(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film that I loved", ablate="mask")
    same, other = (
        pellucid.evaluate(why, demo_sentiment, "loo_agreement", ablate=ablate)[0]
        for ablate in ("mask", "delete")
    )
    assert same.value == pytest.approx(1)
    assert other.value < 1


def test_an_answer_that_any_feature_carries_alone_ranks_none():
    """OR of all features: without one of them nothing is lost."""
    either = MaskModel(lambda masks: np.where(masks.any(1), 0.0, -1.0))
    assert "does not move" in loo_agreement(explained([1, 2, 3]), either).reason
    every = MaskModel(lambda masks: np.where(masks.all(1), 0.0, -1.0))
    assert "worth the same" in loo_agreement(explained([1, 2, 3]), every).reason


def test_it_is_of_the_scale_that_was_explained(demo_lm):
    why = pellucid.explain(demo_lm, "The city of Rome is in", target=" Italy", scale="entropy")
    (score,) = pellucid.evaluate(why, demo_lm, "loo_agreement")
    assert score.value == pytest.approx(1)
