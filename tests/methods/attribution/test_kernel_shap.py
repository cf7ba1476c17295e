"""Kernel SHAP: exact where it can be, the axioms where it cannot, and the coverage of its intervals."""

from math import comb

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.methods.attribution._coalitions import coalitions, every_subset
from pellucid.methods.attribution.kernel_shap import kernel_shap
from tests.methods.attribution.game import TARGET, Game, covered, exact_shapley, tangled

SEEDS = 50


@pytest.mark.parametrize("features", [1, 2, 3, 6, 8])
def test_all_subsets_give_the_shapley_values(features):
    game = tangled(features, seed=features, outputs=2)
    found = kernel_shap(game, game.text, TARGET, samples=2**features)
    np.testing.assert_allclose(found["attribution"], exact_shapley(game), atol=1e-9)
    assert not found["standard_error"].values.any()
    assert game.forwards == 2**features


def test_equals_enumeration_on_a_model(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film, not dull", "kernel_shap", unit="word")
    exact = exact_shapley(demo_sentiment.value(why.text, why.target))
    np.testing.assert_allclose(why.data["attribution"], exact, atol=1e-4)


@pytest.mark.parametrize("samples", [42, 80, 160])
def test_credits_add_up_exactly_for_every_sample(samples):
    game = tangled(12, seed=4, outputs=3)
    found = kernel_shap(game, game.text, TARGET, samples=samples)
    ends = game(np.array([[True] * 12, [False] * 12]))
    np.testing.assert_allclose(found["attribution"].sum("input"), ends[0] - ends[1], atol=1e-9)
    assert game.forwards <= samples


def test_an_additive_game_is_found_without_error():
    weights = np.arange(12.0)
    game = Game(12, lambda m: m @ weights + 5)
    found = kernel_shap(game, game.text, TARGET, samples=60)
    np.testing.assert_allclose(found["attribution"][0], weights, atol=1e-9)
    np.testing.assert_allclose(found["standard_error"], 0, atol=1e-9)


def test_the_fit_is_linear_in_the_game():
    one, other = tangled(11, seed=5), tangled(11, seed=6)
    both = Game(11, lambda m: 2 * one._play(m) - other._play(m))

    def credit(game: Game) -> np.ndarray:
        return kernel_shap(game, game.text, TARGET, samples=80)["attribution"].values

    np.testing.assert_allclose(credit(both), 2 * credit(one) - credit(other), atol=1e-9)


@pytest.mark.parametrize("samples", [44, 80, 160])
def test_intervals_cover_the_exact_values_as_often_as_they_say(samples):
    game = tangled(10, seed=1, outputs=2)
    exact = exact_shapley(game)
    found = [kernel_shap(game, game.text, TARGET, samples=samples, seed=s) for s in range(SEEDS)]
    assert 0.90 <= np.mean([covered(f, exact) for f in found]) <= 0.98


def test_sampled_and_whole_sizes_weigh_as_the_kernel_says():
    """Worth by size alone, and not evenly: the fit is pulled aside if some sizes weigh too much."""
    game = Game(12, lambda m: m[:, 0] * np.exp(-((m.sum(1) - 1) ** 2)) + m[:, 1] * m[:, 2])
    exact = exact_shapley(game)
    found = [
        kernel_shap(game, game.text, TARGET, samples=300, seed=s)["attribution"].values for s in range(20)
    ]
    np.testing.assert_allclose(np.mean(found, axis=0), exact, atol=4 * np.std(found, axis=0).max() / 20**0.5)


def test_outer_sizes_are_whole_and_pairs_are_complements():
    chosen = coalitions(12, 700, seed=0)
    sizes = chosen.fixed.sum(1)
    assert not chosen.fixed[0].any()
    assert chosen.fixed[-1].all()
    for size in set(sizes.tolist()):
        assert (sizes == size).sum() == comb(12, size)
        assert chosen.chance[size] == 0
    assert {1, 2, 10, 11} <= set(sizes.tolist())
    np.testing.assert_array_equal(chosen.drawn[:, 0], ~chosen.drawn[:, 1])
    drawn = np.bincount(chosen.drawn[:, 0].sum(1), minlength=13)
    assert not drawn[chosen.chance == 0].any()
    assert len(chosen.fixed) + 2 * len(chosen.drawn) <= 700
    assert chosen.chance.sum() == pytest.approx(1)


def test_every_subset_is_there_once():
    masks = every_subset(5)
    assert len({tuple(m) for m in masks.tolist()}) == 32
    assert not masks[0].any()
    assert masks[-1].all()


def test_refuses_too_few_samples():
    game = tangled(12)
    with pytest.raises(BadOption, match="samples=20: at least 42 subsets are needed"):
        kernel_shap(game, game.text, TARGET, samples=20)
