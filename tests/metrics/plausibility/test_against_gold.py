"""Metrics against a rationale: the definitions, scikit-learn's numbers, ties, bounds, direction and chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score, f1_score, jaccard_score, precision_recall_curve

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.registry import find
from tests.metrics.linear import explained, linear

NAMES = ("token_f1", "token_iou", "auprc", "average_precision")


def area(gold, credit):
    precision, recall, _ = precision_recall_curve(gold, credit)
    return auc(recall, precision)


def of_top(score):
    def measure(gold, credit):
        top = np.zeros(len(gold), bool)
        top[np.argsort(-credit)[: gold.sum()]] = True
        return score(gold, top)

    return measure


SKLEARN = {
    "token_f1": of_top(f1_score),
    "token_iou": of_top(jaccard_score),
    "auprc": area,
    "average_precision": average_precision_score,
}


def rationale(why, gold):
    return tuple((f.start, f.end) for f, is_gold in zip(why.text.features, gold, strict=True) if is_gold)


def measured(name, credit, gold, **options):
    why = explained(credit)
    return find("metric", name).function(why, linear(credit), rationale=rationale(why, gold), **options)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=1000)
@given(seed=st.integers(0, 2**32 - 1))
def test_equals_scikit_learn_and_stays_in_its_bounds(name, seed):
    random = np.random.default_rng(seed)
    features = int(random.integers(2, 9))
    gold = random.permutation(np.arange(features) < random.integers(1, features + 1))
    tied = name in ("auprc", "average_precision") and random.random() < 0.5
    credit = random.integers(0, 3, features) if tied else random.normal(size=features)
    found = measured(name, credit, gold, draws=1)
    if gold.all():
        assert "whole text" in found.reason
    elif np.ptp(credit) == 0:
        assert "same credit" in found.reason
    else:
        assert found.value == pytest.approx(SKLEARN[name](gold, credit), abs=1e-12)
        assert all(0 <= n <= 1 + 1e-12 for n in (found.value, *(c.values[0] for c in found.controls)))


@pytest.mark.parametrize("name", NAMES)
def test_perfect_is_one_and_beats_chance_and_its_reverse(name):
    gold = np.arange(12) % 4 == 1
    credit = gold + np.linspace(0, 0.1, 12)
    right, wrong = measured(name, credit, gold), measured(name, -credit, gold)
    assert right.value == pytest.approx(1)
    assert right.controls[0].p_value(right.value, "higher") <= 0.05
    assert wrong.value < right.controls[0].mean < right.value
    assert wrong.controls[0].p_value(wrong.value, "higher") > 0.5


def test_hand_computed():
    credit, gold = np.array([4.0, 3, 2, 1]), np.array([True, False, True, False])
    assert measured("token_f1", credit, gold).value == pytest.approx(1 / 2)
    assert measured("token_iou", credit, gold).value == pytest.approx(1 / 3)
    assert measured("average_precision", credit, gold).value == pytest.approx((1 + 2 / 3) / 2)
    assert measured("auprc", credit, gold).value == pytest.approx(1 / 2 + (1 / 2 + 2 / 3) / 2 / 2)


def test_ties_at_the_border_count_by_their_expected_value():
    """One of two places is sure; for the other, one of the three that tie is gold."""
    credit, gold = np.array([1.0, 0, 0, 0]), np.array([True, False, True, False])
    assert measured("token_f1", credit, gold).value == pytest.approx((1 / 3) * 1 + (2 / 3) * (1 / 2))
    assert measured("token_iou", credit, gold).value == pytest.approx((1 / 3) * 1 + (2 / 3) * (1 / 3))


@pytest.mark.parametrize("name", NAMES)
def test_by_size_what_speaks_against_counts_too(name):
    credit, gold = np.array([-9.0, 1, 2, 3]), np.array([True, False, False, False])
    assert measured(name, credit, gold, rank="size").value == pytest.approx(1)
    assert measured(name, credit, gold).value < 1


@pytest.mark.parametrize("name", NAMES)
def test_says_why_not(name):
    with pytest.raises(BadOption, match="There is no rationale"):
        find("metric", name).function(explained([1, 2]), linear([1, 2]))
    assert "not numbers" in measured(name, [1, math.nan], np.array([True, False])).reason


def test_on_a_model_with_a_word_that_decides(demo_sentiment):
    text = "it is a wonderful film that they made in the autumn of that year in a small town"
    start = text.index("wonderful")
    why = pellucid.explain(demo_sentiment, text, "shapley_sampling", target="POSITIVE", unit="word")
    for score in pellucid.evaluate(why, demo_sentiment, NAMES, rationale=((start, start + 9),)):
        assert score.value == pytest.approx(1)
        assert score.provenance.forwards == 0
        assert score.provenance.options["rationale"] == [[start, start + 9]]
