"""Infidelity: 0 of a linear model, 1 of credits that explain nothing, and the paper's expectation in between."""

import numpy as np
import pytest

from pellucid.metrics.faithfulness.infidelity import infidelity
from tests.metrics.linear import MaskModel, explained, linear

WEIGHTS = np.random.default_rng(5).normal(size=8)


def test_the_weights_of_a_linear_model_miss_nothing_in_any_unit():
    for factor in (1, 100):
        found = infidelity(explained(factor * WEIGHTS), linear(WEIGHTS))
        assert found.value == pytest.approx(0, abs=1e-12)
        assert found.interval == pytest.approx((0, 0), abs=1e-12)
    assert infidelity(explained(100 * WEIGHTS), linear(WEIGHTS), scaled=False).value == pytest.approx(99**2)


def test_the_opposite_explains_nothing():
    assert infidelity(explained(-WEIGHTS), linear(WEIGHTS)).value == pytest.approx(1)


@pytest.mark.parametrize("scaled", [True, False])
def test_equals_the_expectation_over_what_it_removed(scaled):
    model = MaskModel(lambda masks: masks @ WEIGHTS - 3.0 * masks[:, 0] * masks[:, 1])
    found = infidelity(explained(WEIGHTS), model, samples=100, scaled=scaled)
    whole, *changed = model.function(model.masks)
    sums, falls = (~model.masks[1:]) @ WEIGHTS, whole - np.array(changed)
    scales = np.linspace(0, 3, 30001) if scaled else [1.0]
    slow = min(float(np.mean((scale * sums - falls) ** 2)) for scale in scales) / np.mean(falls**2)
    assert found.value == pytest.approx(slow, abs=1e-6)
    assert found.interval[0] < found.value < found.interval[1]


def test_sets_are_of_every_size_and_none_is_empty():
    model = linear(WEIGHTS)
    infidelity(explained(WEIGHTS), model, samples=2000, draws=1)
    sizes = (~model.masks[1:]).sum(1)
    counts = np.bincount(sizes, minlength=9)
    assert counts[0] == 0
    assert counts[1:] == pytest.approx(250, abs=80)
