"""Which features a rationale names, and how many of them the top of a ranking holds."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from pellucid.core.errors import BadOption
from pellucid.core.text import Text
from pellucid.metrics.gold import gold_at_top, gold_features, precision_at_k

TEXT = Text("a warm and funny film").cut("word")


def test_a_feature_that_touches_a_range_is_gold():
    assert gold_features(TEXT, ((2, 6),)).tolist() == [False, True, False, False, False]
    assert gold_features(TEXT, ((5, 12), (17, 21))).tolist() == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("rationale", "says"),
    [
        ((), "--rationale 4:10,12:20"),
        (((2, 60),), "not inside a text of 21 characters"),
        (((6, 2),), "not inside"),
        (((-3, 2),), "not inside"),
        (((2, 6), (1, 2)), "touches no feature"),
        ((2, 6), "give ranges of characters"),
        (((1, 2, 3),), "give ranges of characters"),
    ],
)
def test_a_rationale_that_names_nothing_is_refused(rationale, says):
    with pytest.raises(BadOption, match=says):
        gold_features(TEXT, rationale)


def test_what_is_frozen_is_no_feature():
    with pytest.raises(BadOption, match="or frozen"):
        gold_features(TEXT.freeze("warm"), ((2, 6),))


@pytest.mark.parametrize("credit", [[2, 2, 2, 2, 2], [3, 1, 1, 1, 0], [1, 2, 3, 4, 5], [0, 0, 5, 0, 0]])
def test_ties_count_by_their_expected_value(credit):
    """The mean over every order that the features could have stood in."""
    gold = np.array([True, False, True, False, True])
    orders = [sorted(order, key=lambda i: -credit[i]) for order in permutations(range(5))]
    found = np.array([gold[order[:3]].sum() for order in orders])
    counts, chance = gold_at_top(np.array(credit, float), gold)
    for count in range(4):
        assert chance[counts == count].sum() == pytest.approx((found == count).mean())
    assert precision_at_k(np.array(credit, float), gold) == pytest.approx(found.mean() / 3)
