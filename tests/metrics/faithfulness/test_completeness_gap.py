"""The completeness gap: known sums, methods with a gap of their own, and credits that are no shares."""

import math

import pytest

import pellucid
from pellucid.metrics.faithfulness.completeness_gap import completeness_gap
from tests.metrics.linear import MaskModel, explained, linear


def test_shares_of_a_linear_model_add_up():
    found = completeness_gap(explained([3, -1, 0.5]), linear([3, -1, 0.5]))
    assert found.value == pytest.approx(0)
    assert found.controls == ()
    assert found.interval is None


def test_the_gap_is_a_share_of_the_difference():
    found = completeness_gap(explained([3, 2]), linear([3, 1]))
    assert found.value == pytest.approx(1 / 4)
    assert (found.parts["gap"], found.parts["whole"]) == (pytest.approx((1,)), pytest.approx((4,)))


def test_a_difference_near_zero_does_not_make_every_gap_large():
    found = completeness_gap(explained([5, -4.5]), linear([1, -1]))
    assert found.value == pytest.approx(0.5 / 0.95)


def test_a_method_is_taken_at_its_word():
    model = linear([3, 1])
    found = completeness_gap(explained([3, 2], completeness_gap=0.5), model)
    assert found.value == pytest.approx(0.5 / 4.5)
    assert model.calls == 0
    known = completeness_gap(explained([3, 2], conservation_gap=-0.5, entered=10.0), model)
    assert known.value == pytest.approx(0.05)


def test_says_when_credits_add_up_to_nothing():
    other = completeness_gap(explained([3, 1], units="logodds"), linear([3, 1]))
    assert math.isnan(other.value)
    assert "logodds" in other.reason
    assert "logprob" in other.reason
    still = MaskModel(lambda masks: masks[:, 0] * 0.0)
    assert "nothing to share out" in completeness_gap(explained([0, 0]), still).reason
    assert "not numbers" in completeness_gap(explained([math.nan, 0]), still).reason


@pytest.mark.parametrize(
    ("method", "options", "limit"),
    [
        ("shapley_sampling", {"ablate": "mask"}, 1e-4),
        ("partition_shap", {"ablate": "mask"}, 1e-4),
        ("integrated_gradients", {}, 0.01),
        ("attn_lrp", {}, math.inf),
    ],
)
def test_of_methods_that_share_out(demo_sentiment, method, options, limit):
    why = pellucid.explain(demo_sentiment, "a warm and funny film", method, target="POSITIVE", **options)
    (score,) = pellucid.evaluate(why, demo_sentiment, "completeness_gap", **options)
    assert 0 <= score.value <= limit


def test_attention_is_no_share(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film", "attention_rollout")
    (score,) = pellucid.evaluate(why, demo_sentiment, "completeness_gap")
    assert not score.applies
