"""Gini and entropy: known shares, bounds, and that a shuffle changes nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid.metrics.complexity.entropy import entropy
from pellucid.metrics.complexity.gini import gini
from tests.metrics.linear import explained, linear


def of(metric, credit):
    return metric(explained(credit), linear(credit)).value


def slow_gini(credit):
    """Half the mean absolute difference of two features, as a share of the mean."""
    sizes = np.abs(credit)
    return np.abs(sizes[:, None] - sizes).mean() / (2 * sizes.mean())


def test_known_shares():
    assert of(gini, [2, -2, 2, 2]) == pytest.approx(0)
    assert of(gini, [0, 0, -3, 0]) == pytest.approx(3 / 4)
    assert of(gini, [1, 3]) == pytest.approx(1 / 4)
    assert of(entropy, [2, -2, 2, 2]) == pytest.approx(math.log(4))
    assert of(entropy, [0, 0, -3, 0]) == pytest.approx(0)
    assert of(entropy, [1, 3]) == pytest.approx(math.log(4) - 3 / 4 * math.log(3))


@settings(max_examples=1000)
@given(
    st.lists(st.floats(-1e300, 1e300, allow_subnormal=False), min_size=2, max_size=9).filter(any),
    st.randoms(use_true_random=False),
)
def test_bounds_and_shuffles(credit, random):
    why, shuffled = explained(credit), explained(random.sample(credit, len(credit)))
    model = linear(credit)
    for metric, highest in ((gini, 1 - 1 / len(credit)), (entropy, math.log(len(credit)))):
        found = metric(why, model).value
        assert -1e-12 <= found <= highest + 1e-12
        assert found == pytest.approx(metric(shuffled, model).value, abs=1e-12)
    if max(map(abs, credit)) < 1e100:
        assert gini(why, model).value == pytest.approx(slow_gini(np.array(credit)), abs=1e-9)


@pytest.mark.parametrize("metric", [gini, entropy])
def test_says_why_not(metric):
    assert "All credits are 0" in metric(explained([0, 0]), linear([0, 0])).reason
    assert "one feature" in metric(explained([1]), linear([1])).reason
    assert "not numbers" in metric(explained([math.inf, 1]), linear([1, 1])).reason


def test_sparse_methods_are_sparser_and_no_forward_is_spent(demo_lm):
    text = "The Eiffel Tower is located in the city of"
    sparse = pellucid.explain(demo_lm, text, "context_cite", target=" Paris", penalty=0.5)
    dense = pellucid.explain(demo_lm, text, "context_cite", target=" Paris", penalty=0.0)
    (a, b), (c, d) = (pellucid.evaluate(why, demo_lm, ("gini", "entropy")) for why in (sparse, dense))
    assert a.value > c.value
    assert b.value < d.value
    assert a.controls == ()
    assert a.provenance.forwards == 0
