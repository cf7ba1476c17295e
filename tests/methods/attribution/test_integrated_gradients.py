"""Integrated gradients: completeness within the reported gap, and a plain Riemann sum as the slow twin."""

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption

TEXTS = [
    ("demo_lm", "The Eiffel Tower is located in the city of", " Paris"),
    ("demo_lm", "When Mary and John went to the store, John gave a drink to", " Mary"),
    ("demo_sentiment", "A stirring, funny and finally transporting film.", None),
    ("demo_sentiment", "the plot was not very good, but I liked it despite the silly ending", None),
]


@pytest.mark.parametrize(("name", "text", "target"), TEXTS)
def test_credits_add_up_within_the_tolerance(request, name, text, target):
    model = request.getfixturevalue(name)
    why = pellucid.explain(model, text, "integrated_gradients", target=target)
    gap, difference = float(why.data["completeness_gap"]), float(why.data["difference"])
    assert why.credit().sum() - difference == pytest.approx(gap, abs=1e-9)
    assert abs(gap) <= 0.01 * max(abs(difference), 0.1 * np.abs(why.credit()).sum())
    assert why.provenance.notes == ()


def test_the_difference_is_the_value_functions(demo_sentiment):
    """With the mask token as baseline, f(input) - f(baseline) is v(all) - v(none)."""
    why = pellucid.explain(demo_sentiment, "a warm and funny film", "integrated_gradients", target="POSITIVE")
    value = demo_sentiment.value(why.text, why.target, "mask")
    ends = value.total(np.array([[True] * value.features, [False] * value.features]))
    assert float(why.data["difference"]) == pytest.approx(ends[0] - ends[1], abs=1e-4)


def test_equals_a_fine_riemann_sum(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film", "integrated_gradients", target="POSITIVE")
    gradients = demo_sentiment.gradients(why.text, why.target)
    start = gradients.baseline("mask")
    way = gradients.inputs - start
    steps = 400
    slow = np.zeros(len(why.text.features))
    for k in range(steps):
        _, gradient = gradients((start + (k + 0.5) / steps * way)[None])
        slow += gradients.per_feature((gradient * way).sum(-1))[0] / steps
    np.testing.assert_allclose(why.credit(), slow, atol=0.02 * np.abs(slow).max())


def test_doubling_equals_starting_with_that_many_steps(demo_sentiment):
    text = "a warm and funny film"
    doubled = pellucid.explain(demo_sentiment, text, "integrated_gradients")
    steps = doubled.provenance.options["steps"]
    fixed = pellucid.explain(demo_sentiment, text, "integrated_gradients", steps=steps)
    np.testing.assert_allclose(doubled.credit(), fixed.credit(), atol=1e-5)


def test_too_few_steps_show_in_the_gap(demo_lm):
    text = "When Mary and John went to the store, John gave a drink to"
    coarse = pellucid.explain(demo_lm, text, "integrated_gradients", target=" Mary", steps=2)
    fine = pellucid.explain(demo_lm, text, "integrated_gradients", target=" Mary")
    assert abs(float(coarse.data["completeness_gap"])) > 10 * abs(float(fine.data["completeness_gap"]))


def test_an_integral_that_does_not_settle_says_so(demo_lm, monkeypatch):
    from pellucid.methods.attribution import _path_integral as module

    monkeypatch.setattr(module, "GAP", 0.0)
    monkeypatch.setattr(module, "MOST_STEPS", 32)
    why = pellucid.explain(demo_lm, "The city of Rome is in", "integrated_gradients", target=" Italy")
    assert "did not settle in 32 steps" in why.provenance.notes[0]


def test_rows_of_the_answer_add_up_to_the_sum(demo_lm):
    text = "The city of Rome is in"
    whole = pellucid.explain(demo_lm, text, "integrated_gradients", answer_tokens=2, steps=16)
    rows = pellucid.explain(
        demo_lm, text, "integrated_gradients", target=whole.target, steps=16, per_output=True
    )
    np.testing.assert_allclose(rows.credit(), whole.credit(), atol=1e-4)


def test_refuses_what_it_cannot_do(demo_lm):
    with pytest.raises(BadOption, match="no mask token"):
        pellucid.explain(demo_lm, "Rome is in", "integrated_gradients", baseline="mask")
    with pytest.raises(BadOption, match="Baselines: mask, zero, pad, mean"):
        pellucid.explain(demo_lm, "Rome is in", "integrated_gradients", baseline="blur")
    with pytest.raises(BadOption, match="at least one step"):
        pellucid.explain(demo_lm, "Rome is in", "integrated_gradients", steps=0)
