"""Saliency against plain autograd, one output and one norm at a time."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from tests.methods.attribution.plain import CASES, opened, plain_of, texts


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("unit", ["token", "word"])
def test_equals_the_norm_of_a_plain_gradient(request, name, unit):
    text, target = texts(name)
    why = pellucid.explain(opened(request, name), text, "saliency", target=target, unit=unit)
    plain = plain_of(request, name, why)
    slow = np.sqrt(plain.by_feature(plain.gradient(plain.inputs).square().sum(-1)))
    np.testing.assert_allclose(why.credit(), slow, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_each_row_is_the_gradient_of_one_output(request, name):
    text, target = texts(name)
    model = opened(request, name)
    why = pellucid.explain(model, text, "saliency", target=target, norm="l1", per_output=True)
    plain = plain_of(request, name, why)
    rows = why.data["attribution"]
    assert rows.dims == ("output", "input")
    assert len(rows) == len(why.target.ids)
    gradients = [plain.gradient(plain.inputs, output) for output in range(len(rows))]
    slow = np.array([plain.by_feature(g.abs().sum(-1)) for g in gradients])
    # Not row by row: where an answer is certain, its slope is the rounding error of 1 - p.
    np.testing.assert_allclose(rows, slow, atol=1e-3 * slow.max())


def test_the_matrix_costs_one_forward(demo_lm):
    text, target = texts("demo_lm")
    why = pellucid.explain(demo_lm, text, "saliency", target=target, per_output=True)
    assert len(why.target.ids) > 1
    cost = why.provenance
    assert (cost.forwards, cost.backwards, cost.calls) == (1, len(why.target.ids), 1)


def test_is_the_steepest_slope_and_has_no_sign(demo_sentiment):
    """Along its own direction a step of length d changes the target by d times the norm."""
    why = pellucid.explain(demo_sentiment, "a warm and funny film", "saliency", target="POSITIVE")
    gradients = demo_sentiment.gradients(why.text, why.target)
    _, slope = gradients(gradients.inputs[None])
    step = 1e-2
    for feature, credit in enumerate(why.credit()):
        moved = gradients.inputs.clone()
        moved[1 + feature] += step * slope[0, 1 + feature] / slope[0, 1 + feature].norm()
        ends = gradients.values(moved[None]).sum() - gradients.values(gradients.inputs[None]).sum()
        assert ends / step == pytest.approx(credit, rel=0.05)
    assert (why.credit() >= 0).all()
    assert why.data.attrs["signed"] is False


def test_an_unknown_norm_is_refused(demo_sentiment):
    with pytest.raises(BadOption, match="Norms: l1, l2"):
        pellucid.explain(demo_sentiment, "a warm film", "saliency", norm="max")
