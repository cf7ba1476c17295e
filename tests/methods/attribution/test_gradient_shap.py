"""Gradient SHAP against a loop over the same draws; its errors cover what more draws find."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from tests.methods.attribution.plain import CASES, opened, plain_of, texts

SAMPLES = 6


@pytest.mark.parametrize("name", CASES)
def test_equals_a_loop_over_the_same_draws(request, name):
    text, target = texts(name)
    why = pellucid.explain(
        opened(request, name), text, "gradient_shap", target=target, baselines=("zero", "mean"),
        samples=SAMPLES, seed=5, unit="word",
    )  # fmt: skip
    plain = plain_of(request, name, why)
    starts = [plain.baseline(vector) for vector in (plain.inputs.new_zeros(()), vocabulary_mean(plain))]
    rng, slow = np.random.default_rng(5), []
    for start in starts:
        way = plain.inputs - start
        for part in range(SAMPLES // 2):
            for _ in range(2):
                u = (part + rng.uniform()) / (SAMPLES // 2)
                gradient = plain.gradient(start + u**2 * way)
                slow.append(2 * u * plain.by_feature((gradient * way).sum(-1)))
    close = 2e-3 * np.abs(slow).max()
    np.testing.assert_allclose(why.credit(), np.mean(slow, 0), atol=close)
    pairs = np.reshape(slow, (SAMPLES, 2, -1))  # two baselines with SAMPLES / 2 pairs each
    of_pairs = pairs.std(1, ddof=1) / np.sqrt(2)
    error = np.sqrt((of_pairs**2).sum(0)) / SAMPLES
    np.testing.assert_allclose(why.data["standard_error"], error, atol=close)
    difference = plain.total(plain.inputs) - np.mean([plain.total(start) for start in starts])
    assert float(why.data["difference"]) == pytest.approx(difference, abs=1e-3)
    assert float(why.data["completeness_gap"]) == pytest.approx(
        np.sum(slow) / (2 * SAMPLES) - difference, abs=1e-2
    )


def vocabulary_mean(plain):
    return plain.embed.weight.detach().mean(0)


def test_the_gap_is_as_large_as_its_standard_error_says(demo_sentiment):
    found = [
        pellucid.explain(demo_sentiment, "a warm and funny film", "gradient_shap", seed=s).data
        for s in range(8)
    ]
    gap = np.array([float(data["completeness_gap"]) for data in found])
    said = np.array([float(data["gap_standard_error"]) for data in found])
    assert 0.5 < np.sqrt((gap**2).mean() / (said**2).mean()) < 1.7
    assert abs(gap.mean()) < 3 * gap.std(ddof=1) / np.sqrt(len(gap))


def test_one_baseline_and_many_draws_are_integrated_gradients(demo_sentiment):
    text = "a warm and funny film"
    exact = pellucid.explain(demo_sentiment, text, "integrated_gradients", baseline="mask")
    drawn = pellucid.explain(demo_sentiment, text, "gradient_shap", baselines=("mask",), samples=64)
    off = np.abs(drawn.credit() - exact.credit()) / drawn.data["standard_error"].values
    assert off.max() < 4
    assert drawn.credit() != pytest.approx(exact.credit(), abs=1e-6)


def test_same_seed_same_numbers_other_seed_others(demo_sentiment):
    def credit(seed: int) -> np.ndarray:
        return pellucid.explain(
            demo_sentiment, "a warm and funny film", "gradient_shap", samples=4, seed=seed
        ).credit()

    np.testing.assert_array_equal(credit(1), credit(1))
    assert not np.array_equal(credit(1), credit(2))


def test_says_which_baselines_it_took(demo_lm, demo_sentiment):
    said = [
        pellucid.explain(model, "a warm film", "gradient_shap", samples=2).provenance.options["baselines"]
        for model in (demo_lm, demo_sentiment)
    ]
    assert said == [["zero", "mean"], ["mask", "mean"]]


def test_refusals(demo_lm):
    with pytest.raises(BadOption, match="an even number"):
        pellucid.explain(demo_lm, "Rome is in", "gradient_shap", samples=3)
    with pytest.raises(BadOption, match="no mask token"):
        pellucid.explain(demo_lm, "Rome is in", "gradient_shap", baselines=("zero", "mask"))
