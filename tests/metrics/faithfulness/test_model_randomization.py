"""Randomised models: the curve of a cascade by hand, on models, and over many texts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import pellucid
from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.core.explanation import Explanation
from pellucid.metrics.faithfulness.model_randomization import model_randomization
from pellucid.models.bundled import BUNDLED
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.metrics.linear import explained

FILM = "it is a wonderful film that they made in the autumn of that year in a small town"
QUICK = ("leave_one_out", "saliency", "input_x_gradient", "lrp")
FALL: dict[str, dict[str, Any]] = {
    **{by: {} for by in (*QUICK, "attn_lrp", "attention_x_gradient")},
    "lime": {"samples": 100},
    "integrated_gradients": {"steps": 16},
}
STAY: dict[str, dict[str, Any]] = {"alti": {}, "attention_flow": {}}


class Forgets:
    """A model of two blocks whose explanation hangs on how many of its blocks are shuffled, and by which seed."""

    def __init__(self, *credits: list[float] | np.ndarray) -> None:
        self.credits, self.level, self.asked = credits, 0, []
        self.blocks = {"": [None, None]}

    @contextmanager
    def randomized(self, blocks: int, *, seed: int = 0) -> Iterator[None]:
        self.level = blocks
        self.asked.append((blocks, seed))
        yield
        self.level = -1

    def explain(self, *_: Any, **__: Any) -> Explanation:
        assert self.level >= 0, "asked outside of the with"
        return explained(self.credits[self.level])


def test_the_curve_by_hand() -> None:
    own = [4.0, -3.0, 2.0, 1.0]
    model = Forgets([-40, 30, 20, 10], [4, 3, 1, 2], [1, 2, 3, 4])
    found = model_randomization(explained(own), model, model.explain, runs=2)  # type: ignore[arg-type]
    assert found.parts["blocks"] == (0, 1, 2)
    assert found.parts["agreement"] == pytest.approx((1, 0.8, -1))
    assert found.value == pytest.approx(-1)
    assert found.interval == pytest.approx((-1, -1))
    assert found.controls == ()
    assert len({seed for _, seed in model.asked}) == 2
    assert len(model.asked) == 6


def test_chance_is_what_random_rankings_agree_with_the_last() -> None:
    rng = np.random.default_rng(0)
    last = rng.normal(size=12)
    model = Forgets(last, last, last)
    found = model_randomization(explained(rng.normal(size=12)), model, model.explain, runs=1)  # type: ignore[arg-type]
    assert len(found.parts["chance"]) == len(found.parts["position-matched"]) == 99
    assert np.mean(found.parts["chance"]) == pytest.approx(0, abs=0.1)
    assert np.std(found.parts["chance"]) == pytest.approx(1 / math.sqrt(11), rel=0.3)
    assert found.interval is None


credits_of_some = st.lists(st.floats(-5, 5), min_size=4, max_size=4)


@settings(max_examples=500)
@given(credits_of_some, credits_of_some)
def test_bounds_and_numbers(own: list[float], last: list[float]) -> None:
    model = Forgets(last, last, last)
    found = model_randomization(explained(own), model, model.explain, runs=2, levels=1, draws=1)  # type: ignore[arg-type]
    assert model.asked == [] or {blocks for blocks, _ in model.asked} == {2}
    assert -1 - 1e-9 <= found.value <= 1 + 1e-9 or found.reason
    sizes = [np.round(np.abs(c) / np.abs(c).max(), 6) if np.any(c) else np.zeros(4) for c in (own, last)]
    if not found.reason:
        assert found.value == pytest.approx(spearmanr(*sizes).statistic, abs=1e-9)


def test_says_why_it_does_not_apply() -> None:
    flat = Forgets([1, 1], [1, 1], [1, 1])
    found = model_randomization(explained([1.0, 2.0]), flat, flat.explain)  # type: ignore[arg-type]
    assert found.reason == "With its weights shuffled the model gives all features the same credit."
    same = model_randomization(explained([1.0, -1.0]), flat, flat.explain)  # type: ignore[arg-type]
    assert same.reason.startswith("All features have the same credit")

    class Shared(Forgets):
        @contextmanager
        def randomized(self, blocks: int, *, seed: int = 0) -> Iterator[None]:
            raise UnsupportedModel("shared", "blocks")
            yield

    shared = Shared([1, 2])
    found = model_randomization(explained([1.0, 2.0]), shared, shared.explain)  # type: ignore[arg-type]
    assert 'Cannot use "shared"' in found.reason
    with pytest.raises(BadOption, match="runs=0"):
        model_randomization(explained([1.0, 2.0]), flat, flat.explain, runs=0)  # type: ignore[arg-type]


def test_on_a_model_it_is_the_twin_by_hand(demo_sentiment: HuggingFaceModel) -> None:
    why = pellucid.explain(demo_sentiment, FILM, "saliency", target="POSITIVE")
    (score,) = pellucid.evaluate(why, demo_sentiment, "model_randomization", runs=2, levels=2)
    deep = len(demo_sentiment.blocks[""])
    assert score.parts["blocks"] == (0, deep)
    assert score.provenance.backwards == 4
    again = []
    for seed in np.random.default_rng([0, 2]).integers(2**31, size=2).tolist():
        with demo_sentiment.randomized(deep, seed=seed):
            other = pellucid.explain(demo_sentiment, FILM, "saliency", target="POSITIVE")
        assert other.provenance.fingerprint != why.provenance.fingerprint
        again.append(spearmanr(why.credit(), other.credit()).statistic)
    assert score.value == pytest.approx(np.mean(again), abs=1e-3)
    assert score.provenance.fingerprint == why.provenance.fingerprint
    (same,) = pellucid.evaluate(why, demo_sentiment, "model_randomization", runs=2, levels=2)
    assert (same.value, same.parts) == (score.value, score.parts)


def test_what_does_not_look_at_the_weights_stays(demo_sentiment: HuggingFaceModel) -> None:
    """An explanation that is the length of each word."""
    why = pellucid.explain(demo_sentiment, FILM, "saliency", target="POSITIVE")
    lengths = [float(len(why.text.slice(f))) for f in why.text.features]
    blind = type(why)(why.data.assign(attribution=("input", lengths)), why.text, why.target, why.provenance)
    found = model_randomization(blind, demo_sentiment, lambda *_, **__: blind, runs=2)  # type: ignore[arg-type]
    assert found.value == pytest.approx(1)
    assert found.value > np.quantile(found.parts["chance"], 0.99)


def agreements(
    model: HuggingFaceModel, methods: dict[str, dict[str, Any]], texts: int
) -> tuple[dict[str, float], float]:
    """For each method the mean correlation of sizes with those of wholly shuffled models, over texts of every kind.

    And its standard error for rankings that know nothing of each other: of N features the variance is 1 / (N - 1).
    """
    lines = (BUNDLED["demo-sentiment"] / "evaluation.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:: len(lines) // texts][:texts]]
    found: dict[str, list[float]] = {by: [] for by in methods}
    variances = []
    for seed, row in enumerate(rows):

        def explained_by(by: str, row: dict[str, Any] = row) -> np.ndarray:
            why = pellucid.explain(model, row["prompt"], by, target=row["answer"], **methods[by])
            return np.abs(why.credit())

        before = {by: explained_by(by) for by in methods}
        with model.randomized(len(model.blocks[""]), seed=seed):
            after = {by: explained_by(by) for by in methods}
        for by in methods:
            found[by].append(spearmanr(before[by], after[by]).statistic)
        variances.append(1 / (len(before[next(iter(methods))]) - 1))
    means = {by: float(np.mean(numbers)) for by, numbers in found.items()}
    error = math.sqrt(sum(variances)) / texts
    return means, error


def test_methods_fall_to_chance(demo_sentiment: HuggingFaceModel) -> None:
    means, error = agreements(demo_sentiment, {by: FALL[by] for by in QUICK}, texts=20)
    assert all(abs(mean) < 4 * error for mean in means.values()), means


@pytest.mark.full
def test_methods_that_fall_to_chance_and_those_that_do_not(demo_sentiment: HuggingFaceModel) -> None:
    """Whatever removes words or takes gradients falls; what follows attention and mixing hangs on the shape too."""
    means, error = agreements(demo_sentiment, FALL | STAY, texts=100)
    assert all(abs(means[by]) < 4 * error for by in FALL), means
    assert all(abs(means[by]) > 4 * error for by in STAY), means
