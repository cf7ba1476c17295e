"""Soft sufficiency and comprehensiveness against their definition, and on models whose truth is known."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.metrics.faithfulness.soft_comprehensiveness import soft_comprehensiveness
from pellucid.metrics.faithfulness.soft_sufficiency import soft_sufficiency
from tests.metrics.linear import explained

BOTH = (soft_sufficiency, soft_comprehensiveness)
WIDTH = 64
FILM = "it is a wonderful film that they made in the autumn of that year in a small town"


class Embedded:
    """A model whose answer's probability is .05 + .9 x what is left of each word's ones, by weights that sum to 1.

    A special token stands on each side.
    """

    def __init__(self, weights: list[float], at_once: int = 7) -> None:
        self.weights, self.at_once = torch.tensor([0.0, *weights, 0.0]), at_once
        self.seen: list[Tensor] = []

    def gradients(self, text: Text, target: Target) -> SimpleNamespace:
        positions = len(self.weights)
        owner = np.array([-1, *range(positions - 2), -1])
        inputs = torch.ones(positions, WIDTH)
        return SimpleNamespace(inputs=inputs, feature_of=owner, at_once=self.at_once, values=self.values)

    def values(self, points: Tensor) -> np.ndarray:
        assert len(points) <= max(2, self.at_once)
        self.seen.append(points)
        return (0.05 + 0.9 * (points.mean(-1) @ self.weights)).log().double().numpy()[:, None]


def test_hand_computed() -> None:
    """Shares of 0 and 1 leave nothing to chance: one word stays, or one goes."""
    why, model = explained([5.0, -1.0, -1.0]), Embedded([0.5, 0.3, 0.2])
    suff, comp = (metric(why, model, draws=3) for metric in BOTH)  # type: ignore[operator]
    # p(x) = .95, p(0) = .05: of the fall of .9 all but .45 is left with word 1, and .45 goes without it.
    assert suff.value == pytest.approx(0.5, abs=1e-6)
    assert comp.value == pytest.approx(0.5, abs=1e-6)
    assert suff.parts["whole"] + suff.parts["empty"] == pytest.approx((0.95, 0.05), abs=1e-6)
    assert suff.interval == pytest.approx((0.5, 0.5), abs=1e-6)


def test_a_number_is_kept_with_its_share_and_special_tokens_always() -> None:
    why, model = explained([0.0, 1.0, 4.0]), Embedded([0.5, 0.3, 0.2])
    soft_sufficiency(why, model, samples=200, draws=1)  # type: ignore[arg-type]
    kept = torch.cat([some[:1] for some in model.seen[1:]]).mean((0, 2))
    np.testing.assert_allclose(kept, [1, 0, 0.25, 1, 1], atol=0.02)
    model.seen.clear()
    soft_comprehensiveness(why, model, samples=200, draws=1)  # type: ignore[arg-type]
    kept = torch.cat([some[:1] for some in model.seen[1:]]).mean((0, 2))
    np.testing.assert_allclose(kept, [1, 1, 0.75, 0, 1], atol=0.02)


@pytest.mark.parametrize("metric", BOTH)
def test_the_right_ranking_beats_chance_and_its_reverse(metric: Any) -> None:
    """In the published code the reverse wins."""
    weights = [0.5, 0.25, 0.1, 0.07, 0.04, 0.02, 0.01, 0.01]
    right, wrong = (metric(explained(credit), Embedded(weights)) for credit in (weights, weights[::-1]))
    chance = right.controls[0]
    assert right.value > chance.interval()[1] > chance.mean > chance.interval()[0] > wrong.value
    assert chance.p_value(right.value, "higher") == 0.01


def test_a_mean_over_draws_has_its_interval() -> None:
    why, model = explained([0.1, 0.5, 0.4, 0.3]), Embedded([0.4, 0.3, 0.2, 0.1])
    few, many = (soft_sufficiency(why, model, samples=n, draws=1) for n in (10, 250))  # type: ignore[arg-type]
    assert few.interval is not None
    assert many.interval is not None
    assert few.interval[0] < many.value < few.interval[1]
    widths = [high - low for low, high in (few.interval, many.interval)]
    assert widths[0] / widths[1] == pytest.approx(5 * 2.262 / 1.97, rel=0.6)
    assert few.value == pytest.approx(np.mean(few.parts["draws"]))


def test_batches_change_nothing() -> None:
    why = explained([0.1, 0.5, 0.4, 0.3])
    found = [soft_sufficiency(why, Embedded([0.4, 0.3, 0.2, 0.1], at_once=n), draws=9) for n in (2, 100)]  # type: ignore[arg-type]
    assert found[0].value == pytest.approx(found[1].value)
    assert found[0].controls[1].values == pytest.approx(found[1].controls[1].values)


numbers = st.floats(-5, 5, width=32)


@settings(max_examples=500)  # each for two metrics
@given(st.integers(2, 6).flatmap(lambda n: st.tuples(*[st.lists(numbers, min_size=n, max_size=n)] * 2)))
def test_bounds(drawn: tuple[list[float], list[float]]) -> None:
    credit, weights = drawn
    total = sum(map(abs, weights)) or 1.0
    for metric in BOTH:
        model = Embedded([abs(w) / total for w in weights])
        found = metric(explained(credit), model, samples=2, draws=1)  # type: ignore[operator]
        assert math.isnan(found.value) or 0 <= found.value <= 1.0001


@pytest.mark.parametrize("metric", BOTH)
def test_says_why_it_does_not_apply(metric: Any) -> None:
    constant = metric(explained([1.0, 2.0]), Embedded([0.0, 0.0]))
    assert "no less probable when all features' embeddings are zero" in constant.reason

    class Twice(Embedded):
        def gradients(self, text: Text, target: Target) -> SimpleNamespace:
            raise TargetImpossible("It reads the text twice.")

    assert metric(explained([1.0, 2.0]), Twice([1.0, 0.0])).reason == "It reads the text twice."
    assert metric(explained([1.0, 1.0]), Embedded([1.0, 0.0])).reason.startswith("All features have the same")
    with pytest.raises(BadOption, match="samples=1"):
        metric(explained([1.0, 2.0]), Embedded([1.0, 0.0]), samples=1)


def test_on_a_model(demo_sentiment: Any) -> None:
    """As by forwards of embeddings put together here."""
    why = pellucid.explain(demo_sentiment, FILM, "shapley_sampling", target="POSITIVE", samples=20)
    found = {s.metric: s for s in pellucid.evaluate(why, demo_sentiment, [m.__name__ for m in BOTH], draws=9)}
    embed = demo_sentiment.module.get_input_embeddings()
    ids = torch.tensor(demo_sentiment.tokenizer(FILM)["input_ids"])
    credit = why.credit()
    share = torch.from_numpy((credit - credit.min()) / np.ptp(credit)).float()
    rng, falls = np.random.default_rng(0), {metric.__name__: [] for metric in BOTH}

    def probability(states: Tensor) -> float:
        with torch.no_grad():
            return float(demo_sentiment.module(inputs_embeds=states[None]).logits[0].double().softmax(-1)[1])

    with torch.no_grad():
        states = embed(ids)
    empty = states.clone()
    empty[1:-1] = 0
    whole, room = probability(states), probability(states) - probability(empty)
    for _ in range(10):
        noise = torch.from_numpy(rng.random(states.shape)).float()
        for name, keep in (("soft_sufficiency", share), ("soft_comprehensiveness", 1 - share)):
            thin = states.clone()
            thin[1:-1] *= noise[1:-1] < keep[:, None]
            falls[name].append(max(0, whole - probability(thin)) / room)
    assert found["soft_sufficiency"].value == pytest.approx(1 - np.mean(falls["soft_sufficiency"]), abs=1e-4)
    assert found["soft_comprehensiveness"].value == pytest.approx(
        np.mean(falls["soft_comprehensiveness"]), abs=1e-4
    )
