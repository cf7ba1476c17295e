"""Partition SHAP: Owen values by walking every order that keeps the groups whole, and what a budget leaves."""

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.methods.attribution.partition_shap import partition_shap
from tests.methods.attribution.game import TARGET, Game, additive, mean_gain, tangled


def orders_of(start: int, stop: int) -> list[tuple[int, ...]]:
    """Every order of these features in which no group of the tree is broken up."""
    if stop - start == 1:
        return [(start,)]
    middle = (start + stop + 1) // 2
    firsts, seconds = orders_of(start, middle), orders_of(middle, stop)
    pairs = [(a, b) for a in firsts for b in seconds]
    return [a + b for a, b in pairs] + [b + a for a, b in pairs]


@pytest.mark.parametrize("features", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("at_once", [1, 64])
def test_a_budget_for_all_groups_gives_the_owen_values(features, at_once):
    game = tangled(features, seed=features, outputs=2)
    found = partition_shap(game, game.text, TARGET, budget=1000, at_once=at_once)
    np.testing.assert_allclose(found["attribution"], mean_gain(game, orders_of(0, features)), atol=1e-9)
    assert found.attrs["notes"] == ()


def test_equals_the_orders_on_a_model(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film", "partition_shap", unit="word")
    value = demo_sentiment.value(why.text, why.target)
    np.testing.assert_allclose(why.data["attribution"], mean_gain(value, orders_of(0, 5)), atol=1e-4)


@pytest.mark.parametrize("budget", [2, 4, 10, 33, 60])
def test_credits_add_up_and_the_budget_holds(budget):
    game = tangled(11, seed=4, outputs=3)
    found = partition_shap(game, game.text, TARGET, budget=budget)
    ends = game(np.array([[True] * 11, [False] * 11]))
    np.testing.assert_allclose(found["attribution"].sum("input"), ends[0] - ends[1], atol=1e-9)
    assert budget - 2 < game.forwards <= budget
    assert "shared equally" in found.attrs["notes"][0]


def test_the_largest_part_is_split_first():
    """The one feature that matters is found with two forwards a level and context, without asking elsewhere."""
    weights = np.zeros(64)
    weights[37] = 1
    game = additive(weights)
    found = partition_shap(game, game.text, TARGET, budget=128, at_once=1)["attribution"].values[0]
    np.testing.assert_allclose(found, weights, atol=1e-12)


def test_equal_features_in_one_group_get_the_same_and_a_dummy_nothing():
    game = Game(4, lambda m: np.maximum(m[:, 0], m[:, 1]) * m[:, 2])
    found = partition_shap(game, game.text, TARGET)["attribution"].values[0]
    assert found[0] == pytest.approx(found[1])
    assert found[3] == pytest.approx(0)
    assert found[2] != pytest.approx(0)


def test_refuses_no_budget():
    game = tangled(4)
    with pytest.raises(BadOption, match="a budget is at least 2"):
        partition_shap(game, game.text, TARGET, budget=1)
    with pytest.raises(BadOption, match="at_once at least 1"):
        partition_shap(game, game.text, TARGET, at_once=0)
