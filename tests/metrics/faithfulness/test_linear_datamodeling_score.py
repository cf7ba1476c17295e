"""The linear datamodeling score: 1 of a linear model, its correlation by another hand, and its interval."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import pellucid
from pellucid.metrics.faithfulness.linear_datamodeling_score import linear_datamodeling_score
from tests.metrics.linear import MaskModel, explained, linear

WEIGHTS = np.random.default_rng(5).normal(size=8)


def test_the_weights_of_a_linear_model_score_one_on_any_scale_of_theirs():
    for factor in (1, 100):
        found = linear_datamodeling_score(explained(factor * WEIGHTS), linear(WEIGHTS))
        assert found.value == pytest.approx(1)
        assert found.interval == pytest.approx((1, 1))
    assert linear_datamodeling_score(explained(-WEIGHTS), linear(WEIGHTS)).value == pytest.approx(-1)


def test_equals_the_correlation_of_the_ablations_it_drew():
    model = MaskModel(lambda masks: masks @ WEIGHTS - 3.0 * masks[:, 0] * masks[:, 1])
    found = linear_datamodeling_score(explained(WEIGHTS), model)
    sums, real = model.masks @ WEIGHTS, model.function(model.masks)
    assert found.value == pytest.approx(spearmanr(np.round(sums, 9), np.round(real, 9)).statistic, abs=1e-6)
    assert found.interval[0] < found.value < found.interval[1]
    assert model.masks.shape == (64, 8)
    assert abs(model.masks.mean() - 0.5) < 0.1


def test_more_ablations_say_it_more_surely():
    model = MaskModel(lambda masks: masks @ WEIGHTS - 3.0 * masks[:, 0] * masks[:, 1])
    few, many = (
        linear_datamodeling_score(explained(WEIGHTS), model, samples=n, draws=1).interval for n in (20, 500)
    )
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_sizes_count_and_not_only_the_order():
    right = linear_datamodeling_score(explained([8, 4, 2, 1]), linear([8, 4, 2, 1])).value
    order = linear_datamodeling_score(explained([4, 3, 2, 1]), linear([8, 4, 2, 1])).value
    assert order < right == pytest.approx(1)


def test_what_was_fitted_is_tested_on_other_ablations(demo_lm):
    """context_cite draws halves of the text from the same seed: they must not come back as the test."""
    why = pellucid.explain(demo_lm, "The city of Rome is in", "context_cite", target=" Italy", seed=0)
    from pellucid.metrics._agreement import stream

    drawn = np.random.default_rng(0).random((64, 6)) < 0.5
    assert (stream(0).random((64, 6)) < 0.5).tolist() != drawn.tolist()
    (score,) = pellucid.evaluate(why, demo_lm, "linear_datamodeling_score", seed=0)
    assert score.value > 0.5
    assert score.beats("random ranking")
