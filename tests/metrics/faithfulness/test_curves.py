"""Deletion and insertion: areas known by hand, and on a language model."""

import numpy as np
import pytest

import pellucid
from pellucid.metrics.faithfulness.deletion_auc import deletion_auc
from pellucid.metrics.faithfulness.insertion_auc import insertion_auc
from tests.metrics.linear import explained, linear

WEIGHTS = np.log([8.0, 2.0])  # p of both is 1, of the first alone 1/2, of the second alone 1/8, of none 1/16


def test_areas_are_trapezoids():
    gone = deletion_auc(explained([2, 1]), linear(WEIGHTS))
    assert gone.parts["probability"] == pytest.approx((1, 1 / 8, 1 / 16))
    assert gone.parts["share"] == (0, 0.5, 1)
    assert gone.value == pytest.approx(0.5 * (1 + 1 / 8) / 2 + 0.5 * (1 / 8 + 1 / 16) / 2)
    came = insertion_auc(explained([2, 1]), linear(WEIGHTS))
    assert came.parts["probability"] == pytest.approx((1 / 16, 1 / 2, 1))
    assert came.value == pytest.approx(0.5 * (1 / 16 + 1 / 2) / 2 + 0.5 * (1 / 2 + 1) / 2)


def test_deleting_a_ranking_is_inserting_its_reverse():
    weights = np.random.default_rng(0).normal(size=9)
    forwards, backwards = explained(weights), explained(-weights)
    assert deletion_auc(forwards, linear(weights)).value == pytest.approx(
        insertion_auc(backwards, linear(weights)).value
    )


def test_a_long_text_takes_so_many_steps():
    weights = np.random.default_rng(0).random(100) / 10
    found = deletion_auc(explained(weights), linear(weights), draws=1)
    assert len(found.parts["share"]) == 21
    assert (found.parts["share"][0], found.parts["share"][-1]) == (0, 1)
    assert len(deletion_auc(explained(weights), linear(weights), steps=4, draws=1).parts["share"]) == 5


def test_the_ends_are_the_whole_text_and_none(demo_lm):
    why = pellucid.explain(demo_lm, "The city of Rome is in", target=" Italy")
    gone, came = pellucid.evaluate(why, demo_lm, ("deletion_auc", "insertion_auc"))
    ends = np.exp(demo_lm.value(why.text, why.target).total(np.repeat([[True], [False]], 6, axis=1)))
    for curve in (gone.parts["probability"], came.parts["probability"][::-1]):
        assert (curve[0], curve[-1]) == pytest.approx(tuple(ends), abs=1e-6)
    assert gone.value < came.value
